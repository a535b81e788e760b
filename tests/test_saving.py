"""What was saved comes back, and nothing else does: not damaged, not foreign, and never as code."""

import io
import pickle

import numpy as np
import pytest

from mlkit.activations import ACTIVATIONS
from mlkit.layers import Dense, Layer
from mlkit.losses import SquaredError
from mlkit.network import Network


def mlp(sizes=(3, 5, 4, 2), seed=0, **kind):
    return Network.mlp(list(sizes), rng=np.random.default_rng(seed), **kind)


def examples(n_examples=6, n_features=3, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_examples, n_features)), rng.integers(2, size=n_examples)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_was_saved_comes_back(name, dtype, tmp_path):
    network, (X, _) = mlp(activation=name, dtype=dtype), examples()
    network.save(tmp_path / "network.npz")
    loaded = Network.load(tmp_path / "network.npz")
    np.testing.assert_array_equal(loaded.parameter_vector, network.parameter_vector)
    assert loaded.parameter_vector.dtype == dtype
    np.testing.assert_array_equal(loaded.predict_proba(X), network.predict_proba(X))
    assert repr(loaded) == repr(network)


@pytest.mark.parametrize(
    "make",
    [
        lambda: mlp(replicas=3),
        lambda: mlp((1, 1, 2), replicas=3),
        lambda: mlp(activation=ACTIVATIONS["elu"].with_parameter(0.5)),
        lambda: mlp(output=ACTIVATIONS["softmax"].with_parameter(2.0)),
        lambda: mlp((3, 2), output="identity"),
        lambda: mlp(output="sigmoid", loss="squared_error"),
    ],
)
def test_all_kinds_of_networks_can_be_saved(make, tmp_path):
    network = make()
    X, y = examples(n_features=network.layers[0].n_inputs)
    network.save(tmp_path / "network")  # the name is taken as it is, without an ending
    loaded = Network.load(str(tmp_path / "network"))
    np.testing.assert_array_equal(loaded.forward(X), network.forward(X))
    np.testing.assert_array_equal(loaded.evaluate(X, np.eye(2)[y])[0], network.evaluate(X, np.eye(2)[y])[0])


def test_load_weights_takes_over_the_parameters_in_place(tmp_path):
    saved, network = mlp(seed=1), mlp(seed=2)
    vector = network.parameter_vector
    saved.save(tmp_path / "saved.npz")
    network.load_weights(tmp_path / "saved.npz")
    assert network.parameter_vector is vector
    np.testing.assert_array_equal(network.forward(examples()[0]), saved.forward(examples()[0]))


class Bomb:
    """What a malicious file would like to run."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


def foreign_files():
    def npz(**arrays):
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    bomb = np.empty(1, dtype=object)
    bomb[0] = Bomb()
    good = '{"format": "mlkit network 1", "loss": "squared_error", "layers": [{"kind": "dense"}]}'
    array = io.BytesIO()
    np.save(array, np.ones(3))
    w, b = np.ones((2, 1)), np.ones(1)
    return {
        "empty": b"",
        "text": b"weights = 3",
        "a single array": array.getvalue(),
        "a pickle": pickle.dumps(Bomb()),
        "another archive": npz(a=np.ones(3)),
        "an archive with an object": npz(description=bomb, parameter_0=np.ones(1)),
        "an object as weights": npz(description=good, parameter_0=bomb, parameter_1=b),
        "no json": npz(description="dense, dense"),
        "json of something else": npz(description="[1, 2]"),
        "another version": npz(description=good.replace("network 1", "network 9"), parameter_0=w, parameter_1=b),
        "parameters missing": npz(description=good, parameter_0=w),
        "a parameter too many": npz(description=good, parameter_0=w, parameter_1=b, parameter_2=b),
        "shapes that do not fit": npz(description=good, parameter_0=w, parameter_1=np.ones(2)),
        "not finite": npz(description=good, parameter_0=w * np.nan, parameter_1=b),
        "complex weights": npz(description=good, parameter_0=w * 1j, parameter_1=b),
        "unknown layer": npz(description=good.replace("dense", "sparse"), parameter_0=w, parameter_1=b),
        "unknown loss": npz(description=good.replace("squared_error", "hinge"), parameter_0=w, parameter_1=b),
    }


@pytest.mark.parametrize("kind", foreign_files())
def test_a_foreign_file_is_a_clear_error_and_leaves_the_network_as_it_was(kind, tmp_path):
    path, network = tmp_path / "foreign.npz", mlp((2, 1), output="identity")
    path.write_bytes(foreign_files()[kind])
    before = network.parameter_vector.copy()
    for read in (Network.load, network.load_weights):
        with pytest.raises(ValueError, match=r"foreign\.npz must be a file written by Network\.save, undamaged"):
            read(path)
    np.testing.assert_array_equal(network.parameter_vector, before)


def test_a_damaged_file_is_never_loaded_wrongly(tmp_path):
    network, path = mlp((2, 3, 2), seed=1), tmp_path / "network.npz"
    mlp((2, 3, 2), seed=2).save(path)
    whole, before = path.read_bytes(), network.parameter_vector.copy()
    expected = Network.load(path).parameter_vector
    rng = np.random.default_rng(0)
    damaged = [whole[:n] for n in range(0, len(whole), 97)]
    for position in rng.integers(len(whole), size=150):
        changed = bytearray(whole)
        changed[position] ^= 1 << int(rng.integers(8))
        damaged.append(bytes(changed))
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            network.load_weights(path)
        except ValueError:
            refused += 1
            np.testing.assert_array_equal(network.parameter_vector, before)
        else:  # a bit that means nothing to the reader, such as one of a date
            np.testing.assert_array_equal(network.parameter_vector, expected)
            network.parameter_vector[...] = before
    assert refused > len(damaged) / 2


def test_the_weights_of_another_network_are_refused(tmp_path):
    mlp((2, 3, 2)).save(tmp_path / "other.npz")
    network = mlp((2, 4, 2))
    before = network.parameter_vector.copy()
    with pytest.raises(ValueError, match=r"other\.npz must hold a network like Network"):
        network.load_weights(tmp_path / "other.npz")
    np.testing.assert_array_equal(network.parameter_vector, before)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "nothing.npz")


class OwnLoss(SquaredError):
    pass


class Dropout(Layer):
    def _forward(self, inputs):
        self.inputs, self.outputs = inputs, inputs
        return inputs

    def _backward(self, grad, need_input_gradient=True):
        return grad


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mlp(activation=(np.sin, lambda z, a: np.cos(z))), "named Activation layers to be saved"),
        (lambda: Network([Dense(2, 2, rng=np.random.default_rng(0)), Dropout()]), "to be saved, got"),
        (lambda: mlp(output="identity", loss=OwnLoss()), "must have a loss from LOSSES to be saved"),
    ],
)
def test_what_holds_code_is_not_saved_and_an_older_file_stays(make, message, tmp_path):
    path = tmp_path / "network.npz"
    path.write_bytes(b"older")
    with pytest.raises(ValueError, match=message):
        make().save(path)
    assert path.read_bytes() == b"older"

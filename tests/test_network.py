"""A network's gradients are right, its parameters are one array, and what was saved comes back."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlkit.activations import ACTIVATIONS, get_activation
from mlkit.gradient_check import GradientMismatch, check_gradient
from mlkit.layers import Activation, Dense
from mlkit.losses import LOSSES, CategoricalCrossEntropy, SquaredError
from mlkit.network import Network
from mlkit.optimizers import OPTIMIZERS, SGD, Adam
from mlkit.schedules import cosine, warm_up

quick = settings(max_examples=60, deadline=None, derandomize=True)
# What the network is for: the output activation, and a loss that goes with it.
PURPOSES = [
    ("softmax", None),
    ("sigmoid", None),
    ("identity", None),
    ("softmax", "squared_error"),
    ("sigmoid", "squared_error"),
    ("tanh", "squared_error"),
    ("identity", "categorical_cross_entropy_from_logits"),
    ("identity", "binary_cross_entropy_from_logits"),
]


def mlp(sizes=(3, 5, 4, 2), seed=0, **kind):
    return Network.mlp(list(sizes), rng=np.random.default_rng(seed), **kind)


def examples(n_examples=6, n_features=3, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_examples, n_features)), rng.integers(2, size=n_examples)


# Forward, and the gradient of the whole


def test_forward_is_the_layers_one_after_the_other():
    network, (X, _) = mlp(activation="relu"), examples()
    A = X
    for layer in network.layers:
        A = layer.forward(A)
    np.testing.assert_array_equal(network.forward(X), A)
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=1e-14)


def assert_gradients_are_right(network, X, y):
    """The tester: all gradients of the network against central differences of its loss."""
    network.backpropagate(X, y)
    claimed = network.gradient_vector.copy()

    def loss(vector):
        network.parameter_vector[...] = vector
        return network.evaluate(X, y)[0]

    return check_gradient(loss, claimed, network.parameter_vector.copy(), tolerance=2e-6)


@pytest.mark.parametrize(("output", "loss"), PURPOSES)
@pytest.mark.parametrize("activation", ["tanh", "relu", "swish"])
def test_the_gradients_are_those_of_the_loss(output, loss, activation):
    X, y = examples()
    network = mlp(activation=activation, output=output, loss=loss)
    assert assert_gradients_are_right(network, X, y).checked > 45


@pytest.mark.parametrize("output", ["sigmoid", "identity"])
def test_one_output_takes_a_column_and_sigmoid_also_labels(output):
    X, y = examples()
    network = mlp((3, 4, 1), output=output)
    assert_gradients_are_right(network, X, y[:, np.newaxis])
    assert network.backpropagate(X, y) == network.backpropagate(X, y[:, np.newaxis].astype(float))


@pytest.mark.parametrize(("output", "loss"), PURPOSES)
def test_loss_and_activation_in_one_give_the_gradients_of_the_long_way(output, loss):
    X, y = examples()
    network = mlp(output=output, loss=loss)
    value = network.backpropagate(X, y)
    claimed = network.gradient_vector.copy()
    network.gradient_vector[...] = np.nan
    long_value, grad = network.loss.value_and_gradient(network.forward(X), np.eye(2)[y])
    input_gradient = network.backward(grad, need_input_gradient=True)
    assert value == pytest.approx(long_value, rel=1e-13)
    np.testing.assert_allclose(network.gradient_vector, claimed, rtol=1e-11, atol=1e-14)
    check_gradient(lambda X: network.evaluate(X, y)[0], input_gradient, X)
    assert network.backward(grad) is None


def test_a_softmax_with_a_temperature_is_not_taken_for_the_plain_one():
    X, y = examples()
    network = mlp(output=ACTIVATIONS["softmax"].with_parameter(2.0))
    assert network.evaluate(X, y)[0] == pytest.approx(network.loss.value(network.forward(X), y), rel=1e-13)
    assert_gradients_are_right(network, X, y)


def test_the_loss_is_settled_when_the_network_is_made():
    with pytest.raises(AttributeError):
        mlp().loss = LOSSES["squared_error"]


class TwiceAsBad(CategoricalCrossEntropy):
    def formula(self, outputs, targets):
        value, gradient = super().formula(outputs, targets)
        return 2 * value, 2 * gradient


def test_a_loss_of_your_own_is_used_as_it_is():
    X, y = examples()
    assert mlp(loss=TwiceAsBad()).backpropagate(X, y) == pytest.approx(2 * mlp().backpropagate(X, y), rel=1e-13)


class ForgetsActivation(Activation):
    def _backward(self, grad, need_input_gradient=True):
        return grad


class ForgetsReplica(Dense):
    def _backward(self, grad, need_input_gradient=True):
        result = super()._backward(grad, need_input_gradient)
        self.weights_gradient /= len(grad)
        return result


@pytest.mark.parametrize(
    "broken",
    [
        lambda rng: [Dense(3, 4, rng=rng), ForgetsActivation("tanh"), Dense(4, 2, rng=rng), Activation("softmax")],
        lambda rng: [ForgetsReplica(3, 4, rng=rng), Activation("tanh"), Dense(4, 2, rng=rng), Activation("softmax")],
    ],
)
def test_the_tester_finds_a_broken_layer_in_a_network(broken):
    X, y = examples()
    with pytest.raises(GradientMismatch):
        assert_gradients_are_right(Network(broken(np.random.default_rng(0))), X, y)


class LostN(SquaredError):
    def formula(self, outputs, targets):
        value, gradient = super().formula(outputs, targets)
        return value, gradient * len(outputs)


def test_the_tester_finds_a_loss_that_lost_its_1_over_n():
    X, y = examples()
    with pytest.raises(GradientMismatch):
        assert_gradients_are_right(mlp(output="identity", loss=LostN()), X, y)


def test_the_first_layer_does_not_compute_the_gradient_of_the_inputs_in_training():
    asked = []

    class Asks(Dense):
        def _backward(self, grad, need_input_gradient=True):
            asked.append(need_input_gradient)
            return super()._backward(grad, need_input_gradient)

    rng = np.random.default_rng(0)
    network = Network([Asks(3, 4, rng=rng), Activation("tanh"), Asks(4, 2, rng=rng), Activation("softmax")])
    network.backpropagate(*examples())
    assert asked == [True, False]


# One array for all parameters


@pytest.mark.parametrize("replicas", [None, 3])
def test_all_parameters_and_gradients_are_views_of_two_vectors(replicas):
    network = mlp(replicas=replicas)
    shape = (3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2,)
    assert (
        network.parameter_vector.shape == network.gradient_vector.shape == ((replicas, *shape) if replicas else shape)
    )
    for array in [*network.parameters, network.layers[0].weights, network.layers[-2].biases]:
        assert np.shares_memory(array, network.parameter_vector)
    for array in [*network.gradients, network.layers[0].weights_gradient]:
        assert np.shares_memory(array, network.gradient_vector)
    network.parameter_vector[...] = 7
    assert all((array == 7).all() for array in network.parameters)
    network.layers[0].weights = np.zeros(network.layers[0].weights.shape)
    assert (network.parameter_vector == 0).sum() == 15 * (replicas or 1)
    network.parameter_vector[...] = np.random.default_rng(0).normal(size=network.parameter_vector.shape)
    network.backpropagate(*examples())
    assert network.layers[-2].biases_gradient.any()
    np.testing.assert_array_equal(
        network.gradient_vector,
        np.concatenate([g.reshape(*g.shape[: bool(replicas)], -1) for g in network.gradients], -1),
    )


@pytest.mark.parametrize("duplicate", [Network.copy, copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_a_copy_is_whole_and_independent(duplicate):
    network, (X, y) = mlp(), examples()
    expected = network.forward(X)
    other = duplicate(network)
    other_expected = other.forward(X)
    np.testing.assert_array_equal(other_expected, expected)
    other.parameter_vector[...] = 0
    assert not other.layers[0].weights.any()
    np.testing.assert_array_equal(network.forward(X), expected)
    network.backpropagate(X, y)
    assert not other.gradient_vector.any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_computes_in_its_own_type(dtype):
    network, (X, y) = mlp(dtype=dtype), examples()
    assert network.forward(X.astype(np.float32)).dtype == dtype
    assert network.forward(X).dtype == dtype
    assert network.backpropagate(X, y).dtype == dtype
    assert network.parameter_vector.dtype == network.gradient_vector.dtype == dtype


def test_a_layer_belongs_to_one_network():
    layer = Dense(2, 2, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="layers must be new ones"):
        Network([layer, layer])
    Network([layer])
    with pytest.raises(ValueError, match="layers must be new ones"):
        Network([layer])
    Network([layer.copy()])


# Predictions


def with_weights(weights, biases, output, loss=None):
    layers = [Dense.from_arrays(weights, biases)] + ([Activation(output)] if output else [])
    return Network(layers, loss)


X2 = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def test_softmax_predicts_the_most_probable_class_and_of_equals_the_first():
    network = with_weights(np.eye(2), [0.0, 0.0], "softmax")
    np.testing.assert_array_equal(network.predict(X2), [0, 1, 0])
    e = np.e / (1 + np.e)
    np.testing.assert_allclose(network.predict_proba(X2), [[e, 1 - e], [1 - e, e], [0.5, 0.5]], rtol=1e-14)


def test_one_sigmoid_predicts_0_or_1_and_a_half_is_0():
    network = with_weights([[1.0], [-1.0]], [0.0], "sigmoid")
    np.testing.assert_array_equal(network.predict(X2), [1, 0, 0])
    probabilities = network.predict_proba(X2)
    assert probabilities.shape == (3, 2)
    np.testing.assert_allclose(probabilities[:, 1], 1 / (1 + np.exp([-1.0, 1.0, 0.0])), rtol=1e-14)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)


def test_several_sigmoids_predict_each_for_itself():
    network = with_weights([[1.0, 1.0], [-1.0, 1.0]], [0.0, 0.0], "sigmoid")
    np.testing.assert_array_equal(network.predict(X2), [[1, 1], [0, 1], [0, 1]])
    assert network.predict_proba(X2).shape == (3, 2)
    assert network.evaluate(X2, [[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]])[1] == pytest.approx(5 / 6)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_logits_without_an_activation_predict_what_probabilities_would(output):
    name = {"softmax": "categorical", "sigmoid": "binary"}[output] + "_cross_entropy"
    weights, biases = [[1.0, 3.0], [-1.0, 0.5]], [0.2, -0.1]
    plain = with_weights(weights, biases, output)
    logits = with_weights(weights, biases, None, f"{name}_from_logits")
    np.testing.assert_array_equal(logits.predict(X2), plain.predict(X2))
    np.testing.assert_allclose(logits.predict_proba(X2), plain.predict_proba(X2), rtol=1e-14)
    y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(logits.evaluate(X2, y), plain.evaluate(X2, y), rtol=1e-14)
    assert logits.backpropagate(X2, y) == pytest.approx(plain.backpropagate(X2, y), rel=1e-14)
    np.testing.assert_allclose(logits.gradient_vector, plain.gradient_vector, rtol=1e-14)


def test_a_network_for_regression_predicts_numbers_and_has_no_probabilities_and_no_accuracy():
    network = with_weights([[1.0], [2.0]], [0.5], None)
    np.testing.assert_array_equal(network.predict(X2), [[1.5], [2.5], [3.5]])
    with pytest.raises(ValueError, match="numbers, not probabilities"):
        network.predict_proba(X2)
    loss, accuracy = network.evaluate(X2, [[1.5], [2.5], [4.5]])
    assert loss == pytest.approx(1 / 6)
    assert accuracy is None


@pytest.mark.parametrize("replicas", [None, 3])
@pytest.mark.parametrize(("output", "n_outputs"), [("softmax", 3), ("sigmoid", 1), ("sigmoid", 2)])
def test_evaluate_is_the_loss_and_the_share_of_right_predictions(replicas, output, n_outputs):
    network = mlp((3, 4, n_outputs), output=output, replicas=replicas, initializer="he_normal")
    X, y = examples(40)
    targets = np.eye(n_outputs)[y] if n_outputs > 1 else y[:, np.newaxis]
    loss, accuracy = network.evaluate(X, targets)
    np.testing.assert_allclose(loss, network.loss.value(network.forward(X), targets), rtol=1e-12)
    truth = targets.astype(int) if output == "sigmoid" and n_outputs > 1 else y
    right = network.predict(X) == truth
    np.testing.assert_allclose(accuracy, right.reshape(*([replicas] if replicas else []), -1).mean(axis=-1), rtol=1e-14)


# Replicas


def test_replicas_are_the_networks_that_as_many_calls_would_draw():
    together, rng = mlp(replicas=4, seed=5), np.random.default_rng(5)
    for i in range(4):
        alone = Network.mlp([3, 5, 4, 2], rng=rng)
        np.testing.assert_array_equal(together.replica(i).parameter_vector, alone.parameter_vector)
        np.testing.assert_array_equal(together.parameter_vector[i], alone.parameter_vector)


@pytest.mark.parametrize(("output", "loss"), PURPOSES)
def test_each_replica_has_the_loss_and_gradient_it_would_have_alone(output, loss):
    together, (X, y) = mlp(replicas=4, output=output, loss=loss), examples()
    values = together.backpropagate(X, y)
    assert values.shape == (4,)
    for i in range(4):
        alone = together.replica(i)
        assert alone.backpropagate(X, y) == pytest.approx(values[i], rel=1e-13)
        np.testing.assert_allclose(alone.gradient_vector, together.gradient_vector[i], rtol=1e-12, atol=1e-15)


def test_stack_and_replica_undo_each_other():
    networks = [mlp(seed=seed, activation="swish") for seed in range(3)]
    together = Network.stack(networks)
    assert together.replicas == 3
    for i, network in enumerate(networks):
        np.testing.assert_array_equal(together.replica(i).parameter_vector, network.parameter_vector)
        assert together.replica(i).replicas is None
    together.parameter_vector[...] = 0
    assert networks[0].parameter_vector.any()


def test_layers_of_one_input_and_one_output_can_be_replicas_too():
    together = mlp((1, 1, 2), replicas=3)
    assert [array.shape for array in together.replica(1).parameters] == [(1, 1), (1,), (1, 2), (2,)]


def test_every_replica_may_have_its_own_examples():
    together = mlp(replicas=2)
    (X0, y0), (X1, y1) = examples(seed=1), examples(seed=2)
    values = together.backpropagate(np.stack([X0, X1]), np.eye(2)[np.stack([y0, y1])])
    assert together.replica(1).backpropagate(X1, y1) == pytest.approx(values[1], rel=1e-13)


@pytest.mark.parametrize(
    "networks",
    [
        [],
        [mlp(), mlp((3, 5, 2))],
        [mlp(), mlp(activation="relu")],
        [mlp(), mlp(dtype=np.float32)],
        [mlp(replicas=2)],
        [mlp(), "a network"],
        [mlp(output="sigmoid"), mlp(output="sigmoid", loss="squared_error")],
    ],
)
def test_only_networks_of_one_kind_are_stacked(networks):
    with pytest.raises(ValueError, match="networks must be networks with the same layers and loss"):
        Network.stack(networks)


# The doors


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Network.mlp([3], rng=rng()), "sizes must list"),
        (lambda: Network.mlp(3, rng=rng()), "sizes must list"),
        (lambda: Network.mlp([3, 0, 2], rng=rng()), r"sizes\[1\] must be a whole number at least 1, got 0"),
        (lambda: Network.mlp([3, 2.5], rng=rng()), r"sizes\[1\]"),
        (lambda: Network.mlp([3, 2], rng=7), "rng must be a numpy.random.Generator"),
        (lambda: Network.mlp([3, 2], rng=rng(), replicas=0), "replicas must be a whole number at least 1"),
        (lambda: Network.mlp([3, 2], rng=rng(), activation="step"), "activation must be one of"),
        (lambda: Network.mlp([3, 2], rng=rng(), initializer="big"), "initializer must be one of"),
        (lambda: Network.mlp([3, 2], rng=rng(), loss="big"), "loss must be one of"),
        (lambda: Network.mlp([3, 2], rng=rng(), dtype=np.int64), "dtype must be float32 or float64"),
        (lambda: Network.mlp([3, 1], rng=rng()), "softmax needs at least 2 outputs"),
        (
            lambda: Network.mlp([3, 2], rng=rng(), output="identity", loss="categorical_cross_entropy"),
            "'categorical_cross_entropy' needs outputs of softmax, but the last layer gives those of identity",
        ),
        (
            lambda: Network.mlp([3, 2], rng=rng(), loss="categorical_cross_entropy_from_logits"),
            "needs outputs of identity, but the last layer gives those of softmax",
        ),
        (lambda: Network.mlp([3, 2], rng=rng(), loss="binary_cross_entropy"), "needs outputs of sigmoid"),
        (lambda: Network([]), "layers must hold at least one Dense layer"),
        (lambda: Network([Activation("relu")]), "layers must hold at least one Dense layer"),
        (lambda: Network(["relu"]), "layers must be a list of layers"),
        (lambda: Network(Dense(2, 2, rng=rng())), "layers must be a list of layers"),
        (lambda: Network([Dense(2, 3, rng=rng()), Dense(2, 3, rng=rng())]), r"layers must fit: Dense\(2, 3\) follows"),
        (
            lambda: Network([Dense(2, 3, rng=rng()), Dense(3, 3, rng=rng(), dtype=np.float32)]),
            "layers must have one dtype and the same replicas",
        ),
        (lambda: mlp().replica(0), "this network has no replicas"),
        (lambda: mlp(replicas=2).replica(2), "i must be below the number of replicas, 2, got 2"),
        (lambda: mlp(replicas=2).replica(-1), "i must be a whole number at least 0"),
        (lambda: mlp().forward(np.ones((2, 4))), r"X must have shape \(n_examples, 3\), got \(2, 4\)"),
        (lambda: mlp().forward(np.ones(3)), "X must have shape"),
        (lambda: mlp().forward([[1.0, np.inf, 1.0]]), "X must be finite"),
        (lambda: mlp(dtype=np.float32).forward([[1e300, 1.0, 1.0]]), "X must be finite"),
        (lambda: mlp(activation="identity", output="identity").forward(np.full((1, 3), 1e308)), "X and the weights"),
        (lambda: mlp().backpropagate(np.ones((2, 3)), [0, 2]), "y must hold labels from 0 to 1, got 2"),
        (lambda: mlp().backpropagate(np.ones((2, 3)), [0]), "y must hold 2 labels"),
        (lambda: mlp().backpropagate(np.ones((2, 3)), [0.0, 1.0]), r"y must have shape \(2, 2\)"),
        (lambda: mlp().backpropagate(np.ones((2, 3)), np.ones((2, 2))), "y must have rows that sum to 1"),
        (lambda: mlp().evaluate(np.ones((2, 3)), [0, -1]), "y must hold labels from 0"),
        (lambda: mlp((3, 1), output="identity").evaluate(np.ones((2, 3)), [0.5, 1.5]), r"y must have shape \(2, 1\)"),
        (lambda: mlp().backward(np.ones((2, 2))), "backward needs what forward keeps"),
    ],
)
def test_what_cannot_be_used_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    elements=st.sampled_from([0, 1, -1, 2, 100]),
) | hnp.arrays(np.float64, (2, 3), elements=st.floats(width=64))


@quick
@given(st.sampled_from(PURPOSES), st.sampled_from([None, 2]), arrays, arrays)
def test_any_arrays_give_finite_gradients_or_an_error_that_names_one(purpose, replicas, X, y):
    network = mlp((3, 4, 2), output=purpose[0], loss=purpose[1], replicas=replicas)
    try:
        value = network.backpropagate(X, y)
    except ValueError as error:
        assert str(error).startswith(("X", "y"))  # noqa: PT017
        return
    assert value.shape == (() if replicas is None else (replicas,))
    assert not np.isnan(value).any()
    assert np.isfinite(network.gradient_vector).all()


def test_importing_it_all_is_light():
    code = (
        "import sys, mlkit.training, mlkit.network; "
        "print([name for name in ('sklearn', 'scipy', 'matplotlib', 'ipywidgets') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_default_loss_fits_the_last_layer():
    assert mlp().loss is LOSSES["categorical_cross_entropy"]
    assert mlp(output="sigmoid").loss is LOSSES["binary_cross_entropy"]
    for output in ("identity", "tanh", "relu"):
        assert mlp(output=output).loss is LOSSES["squared_error"]


# Assignment works wholly or is refused


def trained(network, optimizer=None, steps=1):
    X, y = examples()
    for _ in range(steps):
        network.backpropagate(X, y)
        (optimizer or SGD(0.5)).step(network.parameters, network.gradients)
    return network


@pytest.mark.parametrize("name", ["layers", "loss", "output", "replicas", "parameters", "gradients"])
def test_what_a_network_is_made_of_cannot_be_assigned(name):
    network = mlp()
    with pytest.raises(AttributeError):
        setattr(network, name, getattr(network, name))


@pytest.mark.parametrize("name", ["layers", "parameters", "gradients"])
def test_nor_can_its_entries(name):
    network = mlp()
    with pytest.raises(TypeError):
        getattr(network, name)[0] = getattr(network, name)[0]


def test_nor_the_function_of_its_activations():
    network = mlp()
    with pytest.raises(AttributeError):
        network.layers[1].function = get_activation("relu")


@pytest.mark.parametrize("name", ["parameter_vector", "gradient_vector"])
def test_a_vector_that_is_assigned_is_copied_and_all_views_see_it(name):
    network, values = mlp(), np.arange(1.0, 1 + mlp().parameter_vector.size)
    before = getattr(network, name)
    setattr(network, name, values)
    assert getattr(network, name) is before
    views = network.parameters if name == "parameter_vector" else network.gradients
    np.testing.assert_array_equal(np.concatenate([view.ravel() for view in views]), values)
    for wrong, message in (
        (values[:-1], "must have shape"),
        (values * np.nan, "must be finite"),
        ("a", "real numbers"),
    ):
        with pytest.raises(ValueError, match=f"{name} {message}|{name}.*{message}"):
            setattr(network, name, wrong)
    np.testing.assert_array_equal(before, values)


def test_a_network_whose_vector_was_assigned_trains_what_it_predicts_with():
    network, other = mlp(), mlp()
    network.parameter_vector = other.parameter_vector.copy()
    trained(network), trained(other)
    np.testing.assert_array_equal(network.parameter_vector, other.parameter_vector)


@pytest.mark.parametrize("name", ["weights", "biases", "weights_gradient", "biases_gradient"])
def test_what_is_assigned_to_a_layer_reaches_its_network(name):
    network = mlp()
    layer = network.layers[0]
    setattr(layer, name, np.full(getattr(layer, name).shape, 7))
    vector = network.gradient_vector if name.endswith("gradient") else network.parameter_vector
    assert (vector == 7).sum() == getattr(layer, name).size


# Copies and files


def deep(*things):
    return copy.deepcopy(things)


def filed(*things):
    return pickle.loads(pickle.dumps(things))


@pytest.mark.parametrize("copied", [deep, filed])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_network_and_its_optimizer_go_on_from_a_copy_with_the_same_numbers(copied, name):
    network, optimizer = mlp(), OPTIMIZERS[name]()
    optimizer.learning_rate = warm_up(cosine(0.1, steps=9), steps=2)
    trained(network, optimizer, steps=3)
    other, its = copied(network, optimizer)
    trained(network, optimizer, steps=4), trained(other, its, steps=4)
    np.testing.assert_array_equal(network.parameter_vector, other.parameter_vector)
    assert not np.shares_memory(network.parameter_vector, other.parameter_vector)


@pytest.mark.parametrize("copied", [deep, filed])
def test_a_copied_network_is_the_same_in_all_it_does(copied, tmp_path):
    network = mlp()
    (other,) = copied(network)
    assert other.loss is network.loss
    again = other.copy()
    X, y = examples()
    assert again.backpropagate(X, y) == network.backpropagate(X, y)
    assert again._cost is network._cost, "loss and last activation are no longer one"
    other.save(tmp_path / "network.npz")
    np.testing.assert_array_equal(Network.load(tmp_path / "network.npz").parameter_vector, network.parameter_vector)
    other.layers[0].weights = 0 * other.layers[0].weights
    assert (other.parameters[0] == 0).all()
    assert (network.parameters[0] != 0).any()


def test_a_saved_network_goes_on_with_a_copy_of_its_optimizer(tmp_path):
    network, optimizer = mlp(), Adam(0.05)
    trained(network, optimizer, steps=3)
    network.save(tmp_path / "network.npz")
    its = pickle.loads(pickle.dumps(optimizer))
    trained(network, optimizer, steps=3)
    other = trained(Network.load(tmp_path / "network.npz"), its, steps=3)
    np.testing.assert_array_equal(network.parameter_vector, other.parameter_vector)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copied_optimizer_has_a_state_of_its_own_and_takes_what_has_its_shapes(copied):
    network, optimizer = mlp(), Adam(0.05)
    trained(network, optimizer)
    its = copied(optimizer)
    before = optimizer.state[0][0].copy()
    with pytest.raises(ValueError, match="parameters must have the shapes that this Adam remembers"):
        its.step([np.zeros(3)], [np.ones(3)])
    trained(network.copy(), its)
    np.testing.assert_array_equal(optimizer.state[0][0], before)
    its.reset()
    its.step([np.zeros(3)], [np.ones(3)])


def test_a_network_too_large_for_any_machine_is_refused_at_once():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="sizes and replicas must make at most 268,435,456 numbers"):
        Network.mlp([2, 3, 2], replicas=2**31, rng=rng)
    with pytest.raises(ValueError, match="n_inputs and n_outputs must make at most"):
        Dense(10**6, 10**6, rng=rng)


@pytest.mark.parametrize("path", [1, None, 2.5])
def test_a_path_is_the_name_of_a_file(path):
    with pytest.raises(ValueError, match="path must name a file"):
        Network.load(path)

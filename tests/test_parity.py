"""The same weights and the same batches give the same losses and weights as scikit-learn, PyTorch and Keras.

PyTorch and Keras are large: where they are missing their tests are skipped. ``make parity`` brings and requires them.
"""

import contextlib
import json
import re

import numpy as np
import pytest
from exercise_fixtures import ROOT
from parity_fixtures import library
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier, MLPRegressor

from mlkit import datasets
from mlkit.initializers import INITIALIZERS
from mlkit.losses import LOSSES
from mlkit.network import Network
from mlkit.optimizers import SGD, AdaDelta, AdaGrad, Adam, Momentum, Nesterov, RMSProp

N_STEPS = 200


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def batches(X, y, size=32):
    """200 batches, the same for everybody; each class is in the first one."""
    order = np.random.default_rng(0).permutation(len(X))
    for step in range(N_STEPS):
        rows = np.take(order, range(step * size, (step + 1) * size), mode="wrap")
        yield X[rows], y[rows]


def mlp(sizes, **kind):
    return Network.mlp(sizes, initializer="he_uniform", rng=np.random.default_rng(1), **kind)


def trained(network, optimizer, data):
    """Return the loss before each step."""
    losses = []
    for X, y in data:
        losses.append(network.backpropagate(X, y))
        optimizer.step([network.parameter_vector], [network.gradient_vector])
    return np.array(losses)


# scikit-learn


class GivenWeights:
    """scikit-learn draws the weights in ``_init_coef``: hand it those of the network instead."""

    def start_from(self, network):
        copies = [array.copy() for array in network.parameters]
        self._given = iter(zip(copies[::2], copies[1::2], strict=True))
        return self

    def _init_coef(self, fan_in, fan_out, dtype):
        return next(self._given)


class Classifier(GivenWeights, MLPClassifier):
    pass


class Regressor(GivenWeights, MLPRegressor):
    pass


def sklearn_trained(model, data, **classes):
    losses = []
    for X, y in data:
        model.partial_fit(X, y, **classes)
        losses.append(model.loss_)
        if hasattr(model, "correct_epsilon"):
            model.correct_epsilon()
    return np.array(losses)


class AdamWithEpsilonAfterCorrection(Classifier):
    """scikit-learn adds ε to √v, the paper's Algorithm 1 to √v̂: the same with ε √(1 − β₂ᵗ) for ε."""

    def correct_epsilon(self):
        self._optimizer.epsilon = 1e-8 * np.sqrt(1 - 0.999 ** (self._optimizer.t + 1))


SOLVERS = {
    "sgd": (SGD(0.1), Classifier, {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1}),
    "momentum": (
        Momentum(0.05),
        Classifier,
        {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.05},
    ),
    "nesterov": (Nesterov(0.05), Classifier, {"solver": "sgd", "nesterovs_momentum": True, "learning_rate_init": 0.05}),
    "adam": (Adam(0.002), AdamWithEpsilonAfterCorrection, {"solver": "adam", "learning_rate_init": 0.002}),
}


def assert_same_training(network, optimizer, model, data, **classes):
    optimizer.reset()
    model.start_from(network)
    ours = trained(network, optimizer, data)
    theirs = sklearn_trained(model, data, **classes)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)
    for W, theirs in zip(network.parameters[::2], model.coefs_, strict=True):
        np.testing.assert_allclose(W, theirs, rtol=0, atol=1e-8)
    for b, theirs in zip(network.parameters[1::2], model.intercepts_, strict=True):
        np.testing.assert_allclose(b, theirs, rtol=0, atol=1e-8)
    assert ours[-20:].mean() < 0.6 * ours[:20].mean()  # it was a training


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("activation", "hidden"), [("relu", (32,)), ("tanh", (20, 16))])
def test_classification_as_in_sklearn(solver, activation, hidden, digits):
    optimizer, kind, settings = SOLVERS[solver]
    first = {"epsilon": 1e-8 * np.sqrt(1 - 0.999)} if solver == "adam" else {}
    model = kind(hidden, activation=activation, alpha=0, shuffle=False, **settings, **first)
    network = mlp([64, *hidden, 10], activation=activation)
    assert_same_training(network, optimizer, model, list(batches(*digits)), classes=range(10))
    np.testing.assert_allclose(network.predict_proba(digits[0]), model.predict_proba(digits[0]), atol=1e-7)


def test_two_classes_as_in_sklearn_which_has_one_sigmoid_then(digits):
    X, y = digits
    model = Classifier((16,), activation="tanh", solver="sgd", alpha=0, shuffle=False, learning_rate_init=0.05)
    network = mlp([64, 16, 1], output="sigmoid")
    data = list(batches(X, (y > 4).astype(int)))
    assert_same_training(network, Nesterov(0.05), model, data, classes=[0, 1])
    np.testing.assert_allclose(network.predict_proba(X), model.predict_proba(X), atol=1e-7)


def test_regression_as_in_sklearn(digits):
    X, y = digits
    model = Regressor(
        hidden_layer_sizes=(16,), activation="relu", solver="sgd", alpha=0, shuffle=False, learning_rate_init=0.01
    )
    network = mlp([64, 16, 1], activation="relu", output="identity")
    data = list(batches(X, (y - 4.5) / 3))
    model.start_from(network)
    ours = trained(network, Nesterov(0.01), [(X, y[:, np.newaxis]) for X, y in data])
    np.testing.assert_allclose(ours, sklearn_trained(model, data), rtol=0, atol=1e-8)
    np.testing.assert_allclose(network.parameters[0], model.coefs_[0], rtol=0, atol=1e-8)


# PyTorch, where it is installed


def torch_twin(torch, network, activation):
    """The same network in PyTorch, up to the logits."""
    layers = []
    for W, b in zip(network.parameters[::2], network.parameters[1::2], strict=True):
        linear = torch.nn.Linear(*W.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W.T.copy()))
            linear.bias.copy_(torch.tensor(b))
        layers += [linear, activation]
    return torch.nn.Sequential(*layers[:-1])


LOSS_TWINS = {
    # PyTorch divides by n · n_outputs where we divide by n, and has no ½
    "squared_error": lambda F, z, y: F.mse_loss(z, y) * z.shape[1] / 2,
    "binary_cross_entropy": lambda F, z, y: F.binary_cross_entropy(z, y) * z.shape[1],
    "binary_cross_entropy_from_logits": lambda F, z, y: F.binary_cross_entropy_with_logits(z, y) * z.shape[1],
    "categorical_cross_entropy": lambda F, z, y: F.nll_loss(z.log(), y.argmax(1)),
    "categorical_cross_entropy_from_logits": lambda F, z, y: F.cross_entropy(z, y),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("scale", [1.0, 50.0])
def test_losses_and_gradients_as_in_pytorch(name, scale, torch):
    rng, loss = np.random.default_rng(0), LOSSES[name]
    z = rng.normal(0, scale, size=(6, 4))
    if not loss.takes_logits and loss.output != "identity":
        z = np.exp(z / scale) / np.exp(z / scale).sum(axis=1, keepdims=True)
    y = np.eye(4)[rng.integers(4, size=6)]
    tensor = torch.tensor(z, requires_grad=True)
    theirs = LOSS_TWINS[name](torch.nn.functional, tensor, torch.tensor(y))
    theirs.backward()
    value, gradient = loss.value_and_gradient(z, y)
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-10, atol=1e-15)


OPTIMIZER_TWINS = {
    "sgd": (lambda: SGD(0.1), lambda o, p: o.SGD(p, lr=0.1)),
    "momentum": (lambda: Momentum(0.05), lambda o, p: o.SGD(p, lr=0.05, momentum=0.9)),
    "nesterov": (lambda: Nesterov(0.05), lambda o, p: o.SGD(p, lr=0.05, momentum=0.9, nesterov=True)),
    "adagrad": (lambda: AdaGrad(0.05), lambda o, p: o.Adagrad(p, lr=0.05)),
    "rmsprop": (lambda: RMSProp(0.002), lambda o, p: o.RMSprop(p, lr=0.002, alpha=0.9, eps=1e-8)),
    "adadelta": (lambda: AdaDelta(), lambda o, p: o.Adadelta(p, lr=1.0, rho=0.95, eps=1e-6)),
    "adam": (lambda: Adam(0.002), lambda o, p: o.Adam(p, lr=0.002)),
}


@pytest.mark.parametrize("name", OPTIMIZER_TWINS)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_training_as_in_pytorch(name, activation, torch, digits):
    ours, theirs = OPTIMIZER_TWINS[name]
    network = mlp([64, 20, 10], activation=activation)
    twin = torch_twin(torch, network, {"relu": torch.nn.ReLU(), "tanh": torch.nn.Tanh()}[activation])
    data, losses = list(batches(*digits)), []
    optimizer = theirs(torch.optim, twin.parameters())
    for X, y in data:
        loss = torch.nn.functional.cross_entropy(twin(torch.tensor(X)), torch.tensor(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    np.testing.assert_allclose(trained(network, ours(), data), losses, rtol=0, atol=1e-8)
    for array, parameter in zip(network.parameters, twin.parameters(), strict=True):
        np.testing.assert_allclose(array.T, parameter.detach().numpy(), rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("glorot_uniform", lambda init, w: init.xavier_uniform_(w)),
        ("glorot_normal", lambda init, w: init.xavier_normal_(w)),
        ("he_uniform", lambda init, w: init.kaiming_uniform_(w, nonlinearity="relu")),
        ("he_normal", lambda init, w: init.kaiming_normal_(w, nonlinearity="relu")),
        ("lecun_normal", lambda init, w: init.kaiming_normal_(w, nonlinearity="linear")),
        ("lecun_uniform", lambda init, w: init.kaiming_uniform_(w, nonlinearity="linear")),
    ],
)
def test_initializers_have_the_scale_and_shape_of_those_of_pytorch(name, twin, torch):
    torch.manual_seed(0)
    ours = INITIALIZERS[name](300, 200, np.random.default_rng(0))
    theirs = twin(torch.nn.init, torch.empty(200, 300, dtype=torch.float64)).numpy()
    assert ours.std() == pytest.approx(theirs.std(), rel=0.02)  # of 60,000 numbers, within 4 standard errors
    assert (ours**4).mean() == pytest.approx((theirs**4).mean(), rel=0.08)
    if name.endswith("uniform"):
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-3)


# Keras, where it is installed. It has ε at other places than the papers: here it is next to nothing.


KERAS_TWINS = {
    "sgd": (SGD(0.1), lambda o: o.SGD(0.1)),
    "momentum": (Momentum(0.05), lambda o: o.SGD(0.05, momentum=0.9)),
    "nesterov": (Nesterov(0.05), lambda o: o.SGD(0.05, momentum=0.9, nesterov=True)),
    "adagrad": (AdaGrad(0.05, 1e-15), lambda o: o.Adagrad(0.05, initial_accumulator_value=0.0, epsilon=1e-30)),
    "rmsprop": (RMSProp(0.002, 0.9, 1e-15), lambda o: o.RMSprop(0.002, rho=0.9, epsilon=1e-30)),
    "adadelta": (AdaDelta(), lambda o: o.Adadelta(1.0, rho=0.95, epsilon=1e-6)),
    "adam": (Adam(0.002, epsilon=1e-15), lambda o: o.Adam(0.002, epsilon=1e-15)),
}


@pytest.fixture
def double(keras):
    """Keras in the precision of NumPy, for the time of a test; its learning rates and reported losses stay single."""
    number, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield keras
    keras.config.set_floatx(number)
    keras.config.set_dtype_policy(policy)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # PyTorch's, when Keras hands it over
@pytest.mark.parametrize("name", KERAS_TWINS)
def test_training_as_in_keras(name, double, digits):
    optimizer, theirs = KERAS_TWINS[name]
    network, data, layers = mlp([64, 20, 10], activation="tanh"), list(batches(*digits)), double.layers
    twin = double.Sequential([double.Input((64,)), layers.Dense(20, activation="tanh"), layers.Dense(10)])
    twin.set_weights(network.parameters)
    twin.compile(theirs(double.optimizers), double.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = []
    for X, y in data:
        twin.reset_metrics()
        losses.append(float(twin.train_on_batch(X, y)))
    np.testing.assert_allclose(trained(network, optimizer, data), losses, rtol=0, atol=1e-6)
    for array, parameter in zip(network.parameters, twin.get_weights(), strict=True):
        np.testing.assert_allclose(array, parameter, rtol=0, atol=1e-6)


# What chapter 7 prints where they are installed


def cells_of_chapter_7():
    """The code of the section in which each library trains the same network."""
    chapter = json.loads((ROOT / "chapters" / "07-putting-it-together.ipynb").read_text(encoding="utf-8"))
    sources = [(cell["cell_type"], "".join(cell["source"])) for cell in chapter["cells"]]
    start = next(n for n, (_, source) in enumerate(sources) if source.startswith("## The same network elsewhere"))
    end = next((n for n, (_, s) in enumerate(sources) if n > start and s.startswith("## ")), None)
    return [source for kind, source in sources[start:end] if kind == "code"]


def test_chapter_7_finds_each_library_equal_to_ours(capsys):
    X, y = datasets.digits()
    names = {"np": np, "Network": Network, "Momentum": Momentum, "X_digits": X, "y_digits": y}
    for source in cells_of_chapter_7():
        exec(source, names)
    said = capsys.readouterr().out
    for name, module, tolerance in (
        ("scikit-learn", "sklearn", "1e-08"),
        ("PyTorch", "torch", "1e-08"),
        ("Keras", "keras", "0.0001"),
    ):
        missing = f"{name:<13} is not installed here"
        if missing in said:
            library(module)  # skips, or fails where it is required
        assert re.search(rf"^{name} +differs by less than {tolerance} in all 100 losses$", said, re.MULTILINE)


# What is required is not skipped


def test_a_missing_library_is_a_skip_unless_it_is_required(monkeypatch):
    monkeypatch.delenv("MLKIT_REQUIRE_PARITY", raising=False)
    with pytest.raises(pytest.skip.Exception, match="make parity"):
        library("no_library_has_this_name")
    monkeypatch.setenv("MLKIT_REQUIRE_PARITY", "1")
    with pytest.raises(pytest.fail.Exception, match="make parity"), contextlib.suppress(pytest.skip.Exception):
        library("no_library_has_this_name")

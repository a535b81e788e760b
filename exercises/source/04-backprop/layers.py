"""Chapter 4, questions 1 and 2: a dense layer, forward and backward."""

import numpy as np

from mlkit.activations import sigmoid
from mlkit.checks.expect import a_tuple, an_array, close
from mlkit.checks.question import Question

NEURON = "One neuron, from the loss backward"
MATRICES = "Any number of layers, in matrices"
CHECK = "Do not believe it: check it"

NEARLY = {"rtol": 1e-4, "atol": 1e-5}  # single precision passes, a mistake does not


# 1. A dense layer, forward


def a_layer(rng, n=3, d=3, m=3):
    """X, W and δ of a layer; with all sizes equal, a wrong product has a value too, by which it is recognized."""
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=(n, m))


def nudged(loss, array):
    """The gradient of ``loss(array)`` by nudging each entry both ways."""
    found = np.zeros(array.shape)
    for i in np.ndindex(array.shape):
        move = np.zeros(array.shape)
        move[i] = 1e-5
        found[i] = (loss(array + move) - loss(array - move)) / 2e-5
    return found


def a_square_layer(rng):
    X, W, _ = a_layer(rng)
    return X, W, rng.normal(size=3)


dense_forward = Question("04-backprop/dense-forward", takes=("X", "W", "b"), draw=a_square_layer)


@dense_forward.part("one row for each example, one column for each unit")
def _(answer, rng):
    for n, d, m in ((5, 3, 2), (1, 2, 4), (6, 1, 3)):
        an_array(answer(rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)), (n, m))


@dense_forward.part("the bias comes on top, in every row")
def _(answer, rng):
    b = rng.normal(size=2)
    silent = an_array(answer(np.zeros((4, 3)), rng.normal(size=(3, 2)), b), (4, 2))
    close(silent, np.tile(b, (4, 1)), "with inputs of 0 only the biases are left, the same in each row", **NEARLY)


@dense_forward.part("each unit adds up the inputs with its own weights")
def _(answer, rng):
    X, W, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    Z = an_array(answer(X, W, b), (5, 2))
    for i, k in np.ndindex(5, 2):
        wanted = sum(X[i, j] * W[j, k] for j in range(3)) + b[k]
        close(Z[i, k], wanted, f"row {i}, column {k} is not the weighted sum of example {i} in unit {k}", **NEARLY)


def activated(answer, rng):
    X, W, b = a_square_layer(rng)
    Z = X @ W + b
    return any(np.allclose(answer(X, W, b), A) for A in (np.tanh(Z), sigmoid(Z), np.maximum(Z, 0)))


dense_forward.mistake(
    "weights transposed",
    lambda X, W, b: X @ W.T + b,
    "You transposed the weights. Here a column of W belongs to a unit (PyTorch keeps it the other way round), and the "
    "inner sizes must meet.",
    section=MATRICES,
)
dense_forward.mistake(
    "factors exchanged",
    lambda X, W, b: W @ X + b,
    "The weights stand on the left. That fits books in which examples are columns; here they are rows.",
    section=MATRICES,
)
dense_forward.mistake(
    "entry by entry",
    lambda X, W, b: X * W + b,
    "`*` multiplies entry by entry. A weighted sum needs the product of matrices.",
    section=MATRICES,
)
dense_forward.mistake(
    "bias forgotten",
    lambda X, W, b: X @ W,
    "With inputs of 0 your layer gives 0, whatever the biases are: they are not used.",
    section=MATRICES,
)
dense_forward.mistake(
    "bias as a column",
    lambda X, W, b: X @ W + b[:, np.newaxis],
    "Each example gets a bias of its own. A bias belongs to a unit, so it is the same down a column of Z.",
    section=MATRICES,
)
dense_forward.mistake(
    "activation applied",
    lambda X, W, b: np.tanh(X @ W + b),
    "The weighted sums are right, but an activation came on top. That is a layer of its own.",
    section="Layers as objects",
    found=activated,
)


# 2. A dense layer, backward

dense_backward = Question("04-backprop/dense-backward", takes=("X", "W", "delta"), draw=a_layer)


def three_gradients(answer, X, W, delta):
    """dW, db and dX in the shapes of W, b and X."""
    dW, db, dX = a_tuple(answer(X, W, delta), 3)
    return an_array(dW, W.shape, "dW"), an_array(db, W.shape[1:], "db"), an_array(dX, X.shape, "dX")


@dense_backward.part("each gradient has the shape of what it belongs to")
def _(answer, rng):
    for sizes in ((5, 3, 2), (1, 2, 4), (6, 1, 3)):
        three_gradients(answer, *a_layer(rng, *sizes))


@dense_backward.part("dW: what a nudge of each weight does")
def _(answer, rng):
    X, W, delta = a_layer(rng, 5, 3, 2)
    wanted = nudged(lambda W: (delta * (X @ W)).sum(), W)
    said = "dW is not what nudging each weight does to a loss with these deltas"
    close(a_tuple(answer(X, W, delta), 3)[0], wanted, said, **NEARLY)


@dense_backward.part("db: what a nudge of each bias does")
def _(answer, rng):
    X, W, delta = a_layer(rng, 5, 3, 2)
    wanted = nudged(lambda b: (delta * (X @ W + b)).sum(), np.zeros(2))
    said = "db is not what nudging each bias does to a loss with these deltas"
    close(a_tuple(answer(X, W, delta), 3)[1], wanted, said, **NEARLY)


@dense_backward.part("dX: what a nudge of each input does")
def _(answer, rng):
    X, W, delta = a_layer(rng, 5, 3, 2)
    wanted = nudged(lambda X: (delta * (X @ W)).sum(), X)
    said = "dX is not what nudging each input does to a loss with these deltas"
    close(a_tuple(answer(X, W, delta), 3)[2], wanted, said, **NEARLY)


def one_is(place, formula):
    """Whether this one of the three gradients comes from ``formula``, whatever the others are."""

    def found(answer, rng):
        layer = a_layer(rng)
        value, wrong = np.asarray(answer(*layer)[place]), formula(*layer)
        return value.shape == wrong.shape and np.allclose(value, wrong)

    return found


def with_one(place, formula):
    """An answer in which one of the three gradients comes from ``formula``."""

    def backward(X, W, delta):
        three = [X.T @ delta, delta.sum(axis=0), delta @ W.T]
        three[place] = formula(X, W, delta)
        return tuple(three)

    return backward


def one_wrong(name, place, formula, hint, section=MATRICES):
    dense_backward.mistake(name, with_one(place, formula), hint, section=section, found=one_is(place, formula))


dense_backward.mistake(
    "another order",
    lambda X, W, delta: (delta @ W.T, X.T @ delta, delta.sum(axis=0)),
    "What comes first is the gradient of the inputs. Return dW, db, dX, in this order.",
    section=MATRICES,
    found=one_is(0, lambda X, W, delta: delta @ W.T),
)
one_wrong(
    "X not transposed",
    0,
    lambda X, W, delta: X @ delta,
    "dW multiplies X and delta without a transpose. The sum has to run over the examples, which come first in both.",
)
one_wrong(
    "dW lies on its side",
    0,
    lambda X, W, delta: delta.T @ X,
    "The numbers in dW are right, but it has a row for each unit: it is the transpose of what W looks like.",
)
one_wrong(
    "divided by n again",
    0,
    lambda X, W, delta: X.T @ delta / len(X),
    "dW is divided by the number of examples. The loss has done so already, inside delta; a layer only adds up.",
    NEURON,
)
one_wrong(
    "mean for the bias",
    1,
    lambda X, W, delta: delta.mean(axis=0),
    "db is a mean over the examples. The loss has divided by n already, inside delta; a layer only adds up.",
    NEURON,
)
one_wrong(
    "bias summed over the units",
    1,
    lambda X, W, delta: delta.sum(axis=1),
    "db has one number for each example, not for each unit. Over which of the two axes does a bias act?",
    CHECK,
)
one_wrong(
    "bias not summed",
    1,
    lambda X, W, delta: delta,
    "db still has a row for each example. One bias serves all of them, so their shares come together.",
)
one_wrong(
    "bias with two axes",
    1,
    lambda X, W, delta: delta.sum(axis=0, keepdims=True),
    "db holds the right numbers in a matrix of one row. b has one axis, and its gradient has the shape of b.",
)
one_wrong(
    "W not transposed",
    2,
    lambda X, W, delta: delta @ W,
    "dX multiplies delta by W as it stands. The sum has to run over the units, which come last in both.",
)

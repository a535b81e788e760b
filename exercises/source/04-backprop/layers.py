"""Chapter 4, questions 1 and 2: a dense layer, forward and backward."""

import numpy as np

from mlkit.activations import sigmoid
from mlkit.checks.expect import a_tuple, an_array, close, require
from mlkit.checks.question import Question

NEURON = "One neuron, from the loss backward"
MATRICES = "Any number of layers, in matrices"
CHECK = "Do not believe it: check it"

NEARLY = {"rtol": 1e-4, "atol": 1e-5}  # single precision passes, a mistake does not


def a_layer(rng, n=3, d=3, m=3):
    """X, W and δ of a layer."""
    return rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=(n, m))


def a_square_layer(rng):
    """With all sizes equal, a wrong product has a value too, by which it is recognized."""
    return a_layer(rng, *[int(rng.integers(2, 6))] * 3)


def nudged(loss, array):
    """The gradient of ``loss(array)`` by nudging each entry both ways."""
    found = np.zeros(array.shape)
    for i in np.ndindex(array.shape):
        move = np.zeros(array.shape)
        move[i] = 1e-5
        found[i] = (loss(array + move) - loss(array - move)) / 2e-5
    return found


# 1. A dense layer, forward


def forward_layer(rng):
    X, W, delta = a_square_layer(rng)
    return X, W, delta[0]


dense_forward = Question(
    "04-backprop/dense-forward",
    draw=forward_layer,
    section=MATRICES,
    why="Entry (i, k) of the product is row i of X times column k of W: the inputs of example i, each with its weight "
    "in unit k. NumPy lays b, of shape (m,), along the last axis, which is the one of the units.",
    solution="""
        def dense_forward(X, W, b):
            return X @ W + b  # b is added to every row
        """,
)


@dense_forward.part("one row for each example, one column for each unit")
def _(answer, rng):
    results = []
    for n, d, m in ((5, 3, 2), (5, 3, 2), (1, 2, 4), (6, 1, 3)):
        layer = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
        results.append(an_array(answer(*layer), (n, m)))
    require(not np.allclose(*results[:2]), "the result is the same whatever X, W and b are")


@dense_forward.part("the bias comes on top, in every row")
def _(answer, rng):
    b = rng.normal(size=2)
    silent = an_array(answer(np.zeros((4, 3)), rng.normal(size=(3, 2)), b), (4, 2))
    close(silent, np.tile(b, (4, 1)), "with inputs of 0 only the biases are left, the same in each row", **NEARLY)


@dense_forward.part("each unit adds up the inputs with its own weights")
def _(answer, rng):
    W, b = rng.normal(size=(3, 2)), rng.normal(size=2)
    for X, kind in ((rng.normal(size=(5, 3)), ""), (rng.integers(1, 9, size=(5, 3)), " (X holds whole numbers)")):
        Z = an_array(answer(X, W, b), (5, 2))
        for i, k in np.ndindex(5, 2):
            wanted = sum(X[i, j] * W[j, k] for j in range(3)) + b[k]
            said = f"row {i}, column {k} is not the weighted sum of example {i} in unit {k}" + kind
            close(Z[i, k], wanted, said, **NEARLY)


def activated(answer, rng):
    X, W, b = forward_layer(rng)
    Z = X @ W + b
    return any(np.allclose(answer(X, W, b), A) for A in (np.tanh(Z), sigmoid(Z), np.maximum(Z, 0)))


dense_forward.slips(
    ("weights transposed", {"@ W": "@ W.T"},
     "You transposed the weights. Here a column of W belongs to a unit (PyTorch keeps it the other way round), and the "
     "inner sizes must meet."),
    ("factors exchanged", {"X @ W": "W @ X"},
     "The weights stand on the left. That fits books in which examples are columns; here they are rows."),
    ("entry by entry", {"X @ W": "X * W"},
     "`*` multiplies entry by entry. A weighted sum needs the product of matrices."),
    ("bias forgotten", {" + b ": " "},
     "With inputs of 0 your layer gives 0, whatever the biases are: they are not used."),
    ("bias as a column", {"W + b": "W + b[:, np.newaxis]"},
     "Each example gets a bias of its own. A bias belongs to a unit, so it is the same down a column of Z."),
    ("bias inside the weights", {"X @ W + b": "X @ (W + b)"},
     "The biases are added to the weights, so the inputs multiply them too. What should a unit say if all inputs are "
     "0?"),
    ("one bias for all", {"W + b": "W + b.sum()"},
     "Every unit gets the sum of all biases. Each has a bias of its own."),
    ("the bias once for each input", {"+ b ": "+ X.shape[1] * b "},
     "The bias is added as many times as there are inputs. It comes on top of the whole sum, once."),
    ("the bias twice", {"+ b ": "+ 2 * b "},
     "The bias is added twice. Does a sum begin with it, and is it added at the end as well?"),
    ("sums divided", {"X @ W": "X @ W / len(X)"},
     "The weighted sums are divided by a count of rows or columns. A unit adds up; it takes no mean."),
    ("the last input left out", {"X @ W": "X[:, :-1] @ W[:-1]"},
     "The last input of each example is not in the sum. Does a loop end one too early?"),
    ("ones on the other side", {"X @ W + b": "np.hstack([np.ones((len(X), 1)), X]) @ np.vstack([W, b])"},
     "The ones that stand for the biases are at one end, and the biases at the other. Which column meets which row?"),
    ("activation applied", {"X @ W + b": "np.tanh(X @ W + b)"},
     "Something is done to the sums that does not belong here. Is an activation applied? That is a layer of its own.",
     {"section": "Layers as objects", "found": activated}),
)  # fmt: skip


# 2. A dense layer, backward

dense_backward = Question(
    "04-backprop/dense-backward",
    draw=a_square_layer,
    returns=("dW", "db", "dX"),
    section=MATRICES,
    why="A weight acts through every example, a bias too, and an input through every unit. So each gradient is a sum "
    "of deltas, over the axis that the parameter does not have, and a product of matrices is such a sum.",
    solution="""
        def dense_backward(X, W, delta):
            dW = X.T @ delta  # sums over the examples
            db = delta.sum(axis=0)  # so does this
            dX = delta @ W.T  # sums over the units each input goes to
            return dW, db, dX
        """,
)


def three_gradients(answer, X, W, delta):
    """dW, db and dX in the shapes of W, b and X."""
    dW, db, dX = a_tuple(answer(X, W, delta), 3)
    return an_array(dW, W.shape, "dW"), an_array(db, W.shape[1:], "db"), an_array(dX, X.shape, "dX")


@dense_backward.part("each gradient has the shape of what it belongs to")
def _(answer, rng):
    for sizes in ((5, 3, 2), (1, 2, 4), (6, 1, 3)):
        X, W, delta = a_layer(rng, *sizes)
        pairs = zip(three_gradients(answer, X, W, delta), three_gradients(answer, X, W, 1 - 2 * delta), strict=True)
        require(not all(np.allclose(*pair) for pair in pairs), "the gradients are the same whatever delta is")


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
    floats, W, delta = a_layer(rng, 5, 3, 2)
    for X, kind in ((floats, ""), (rng.integers(0, 2, (5, 3)), " (X holds whole numbers)")):
        wanted = nudged(lambda X: (delta * (X @ W)).sum(), X)
        said = "dX is not what nudging each input does to a loss with these deltas" + kind
        close(a_tuple(answer(X, W, delta), 3)[2], wanted, said, **NEARLY)


def a_slope_inside(answer, rng):
    """The slope of an activation, in delta or in dX; the rest is right."""
    X, W, delta = a_layer(rng, 5, 4, 3)
    Z, right = X @ W, dense_backward.solution.answer
    dW, db, dX = right(X, W, delta)
    slopes = (lambda a: 1 - a**2, lambda a: a * (1 - a), lambda a: a > 0, lambda z: sigmoid(z) * (1 - sigmoid(z)))
    known = [(dW, db, dX * slope(X)) for slope in slopes]
    known += [right(X, W, delta * slope(Z)) for slope in (*slopes, lambda z: 1 - np.tanh(z) ** 2)]
    got = answer(X, W, delta)
    return any(all(map(np.allclose, got, three)) for three in known)


dense_backward.slips(
    ("X not transposed", {"X.T @": "X @"},
     "dW multiplies X and delta without a transpose. The sum has to run over the examples, which come first in both."),
    ("W not transposed", {"@ W.T": "@ W"},
     "dX multiplies delta by W as it stands. The sum has to run over the units, which come last in both."),
    ("divided by n again", {"@ delta ": "@ delta / len(X) ", ".sum(axis=0)": ".mean(axis=0)"},
     "dW and db are divided by the number of examples. The loss has done so already, inside delta; a layer only adds "
     "up.", {"section": NEURON}),
    ("dW divided by n again", {"@ delta ": "@ delta / len(X) "},
     "dW is divided by the number of examples. The loss has done so already, inside delta; a layer only adds up.",
     {"section": NEURON}),
    ("mean for the bias", {".sum(axis=0)": ".mean(axis=0)"},
     "db is a mean over the examples. The loss has divided by n already, inside delta; a layer only adds up.",
     {"section": NEURON}),
    ("bias summed over the units", {"axis=0": "axis=1"},
     "db has one number for each example, not for each unit. Over which of the two axes does a bias act?",
     {"section": CHECK}),
    ("one bias for all", {"axis=0": ""},
     "db is a single number, the sum of all deltas. Each unit has a bias of its own."),
    ("bias not summed", {"delta.sum(axis=0)": "delta"},
     "db still has a row for each example. One bias serves all of them, so their shares come together."),
    ("only the last example", {"X.T @ delta": "np.outer(X[-1], delta[-1])"},
     "dW is that of the last example alone. Does a loop forget what the others gave?"),
    ("a slope inside", {"dW =": "delta = delta * (1 - np.tanh(X @ W) ** 2)\n    dW ="},
     "The slope of an activation has got in. A dense layer has no activation: delta belongs to its weighted sums, and "
     "dX to its inputs as they are.", {"found": a_slope_inside}),
)  # fmt: skip

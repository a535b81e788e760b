"""Chapter 4, questions 3 and 4: the two losses that take over the last activation."""

import numpy as np

from mlkit.activations import sigmoid, softmax
from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.losses import LOSSES, one_hot

from .layers import NEURON, nudged

COST = "The cost layer takes over the last activation"
PROGRAM = "The whole program: a network learns XOR"
SOFTMAX = "Softmax: one output for each class"  # in chapter 2

BCE = LOSSES["binary_cross_entropy_from_logits"]
CE = LOSSES["categorical_cross_entropy_from_logits"]


# 3. Sigmoid with cross-entropy


def some_logits(rng, n=6):
    """Logits (n, 1) and targets (n,): both targets, with right and wrong answers among them."""
    return rng.uniform(0.3, 2, size=(n, 1)) * rng.choice([-1, 1], size=(n, 1)), rng.permutation(np.arange(n) % 2)


def agrees(answer, loss, z, y):
    """Whether the answer's loss and δ are those of this loss."""
    value, gradient = loss.value_and_gradient(z, y)
    found = answer(z, y)
    return np.allclose(found[0], value) and np.allclose(found[1], gradient)


def finite(answer, z, y):
    """Whether loss and δ are finite."""
    loss, delta = answer(z, y)
    return bool(np.isfinite(loss)) and bool(np.isfinite(delta).all())


def not_column(answer, rng):
    """(n,) against (n, 1) makes an array of n × n."""
    z, y = some_logits(rng)
    return np.shape(answer(z, y)[1]) == (len(z), len(z))


def bce_with(delta=None, loss=None):
    """Sigmoid with cross-entropy, in which the loss or δ may be wrong; both get p, y as a column, and n."""

    def sigmoid_bce(z, y):
        y = np.reshape(y, (-1, 1))
        p, n = sigmoid(z), len(y)
        value = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean() if loss is None else loss(p, y, n)
        return value, (p - y) / n if delta is None else delta(p, y, n)

    return sigmoid_bce


sigmoid_bce = Question("04-backprop/sigmoid-bce", takes=("z", "y"), draw=some_logits)


@sigmoid_bce.part("a number, and a delta of the shape of z")
def _(answer, rng):
    for n in (1, 5):
        loss, delta = a_tuple(answer(*some_logits(rng, n)), 2)
        a_number(loss, "the loss"), an_array(delta, (n, 1), "delta")


@sigmoid_bce.part("the loss: a mean of surprises")
def _(answer, rng):
    for y in (0, 1):
        loss = a_number(answer(np.zeros((4, 1)), np.full(4, y))[0], "the loss")
        close(loss, np.log(2), f"at z = 0 the neuron says one half; with all targets {y} the loss is not right")
    z, y = some_logits(rng, 5)
    loss = a_number(answer(z, y)[0], "the loss")
    twice = a_number(answer(np.tile(z, (2, 1)), np.tile(y, 2))[0], "the loss")
    close(twice, loss, "the same examples twice have the same mean loss; yours changes")
    close(loss, BCE.value(z, y), "the loss is not the mean cross-entropy of the sigmoid's outputs")


@sigmoid_bce.part("delta: the slope of the loss")
def _(answer, rng):
    for n in (1, 5):
        z, y = some_logits(rng, n)
        delta = an_array(a_tuple(answer(z, y), 2)[1], z.shape, "delta")
        slope = nudged(lambda z, y=y: float(answer(z, y)[0]), z)
        close(delta, slope, "delta is not what a nudge of each z does to your own loss", rtol=1e-5, atol=1e-7)


@sigmoid_bce.part("sure and wrong: nothing overflows")
def _(answer, rng):
    for z, y in ((40.0, 0), (-800.0, 1), (1000.0, 0), (1000.0, 1)):
        with np.errstate(under="ignore"):  # what is nearly 0 may become 0
            loss, delta = a_tuple(answer(np.array([[z]]), np.array([y])), 2)
        where = f"at z = {z:g} with target {y} "
        require(np.isfinite(loss) and np.isfinite(delta).all(), where + "the loss or delta is not finite")
        close(loss, max(z, 0) - z * y, where + "the loss is finite, but not right", atol=1e-6)
        close(delta, [[(z > 0) - y]], where + "delta is not right", atol=1e-6)


def bce_mistake(name, hint, delta=None, loss=None, section=COST):
    sigmoid_bce.mistake(name, bce_with(delta, loss), hint, section=section)


def confusing_columns(z, y):
    p = sigmoid(z)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(), (p - y) / len(z)


def cut_off(p, y, n):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


def overflows(answer, rng):
    moderate = agrees(answer, BCE, *some_logits(rng))
    return moderate and not finite(answer, np.array([[1000.0], [-1000.0]]), np.array([0, 1]))


def limited(answer, rng):
    """Right for moderate z, but the loss stops growing: a loss that is another one altogether is not cut off."""
    loss, _ = answer(np.array([[1000.0]]), np.array([0]))
    z, y = some_logits(rng)
    return 0 < loss < 900 and np.allclose(answer(z, y)[0], BCE.value(z, y), rtol=1e-3)


def squared(answer, rng):
    """The loss is the squared error of the outputs, halved or not, whatever delta is."""
    z, y = some_logits(rng)
    error = np.mean((sigmoid(z) - y.reshape(-1, 1)) ** 2)
    return bool(np.isclose(answer(z, y)[0], [error, error / 2]).any())


sigmoid_bce.mistake(
    "(n,) against (n, 1)",
    confusing_columns,
    "z has the shape (n, 1) and y the shape (n,). NumPy makes a table of n × n of them, each output with every target. "
    "Make a column of y first.",
    section=PROGRAM,
    found=not_column,
)
sigmoid_bce.mistake(
    "squared error",
    bce_with(lambda p, y, n: 2 * (p - y) * p * (1 - p) / n, lambda p, y, n: np.mean((p - y) ** 2)),
    "Your loss is the squared error. It never asks for more than 1, however sure the neuron is of something wrong; the "
    "cross-entropy asks how surprised it is by the target.",
    section=COST,
    found=squared,
)
bce_mistake(
    "a sum, not a mean",
    "Loss and delta are n times too large: they grow with the number of examples.",
    lambda p, y, n: p - y,
    lambda p, y, n: -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(),
    section=NEURON,
)
bce_mistake(
    "1/n lost in delta",
    "The loss is a mean, but your delta is that of a sum: n times too large. With one example you cannot see it.",
    lambda p, y, n: p - y,
    section=NEURON,
)
bce_mistake(
    "target minus output",
    "Delta has the wrong sign: a step against it would make the loss larger.",
    lambda p, y, n: (y - p) / n,
    section=NEURON,
)
bce_mistake(
    "slope of the sigmoid left in",
    "Your delta contains the sigmoid's slope, as with the squared error. Multiply out what the cross-entropy "
    "contributes, and see what cancels.",
    lambda p, y, n: (p - y) * p * (1 - p) / n,
)
bce_mistake(
    "stopped at the output",
    "This is the slope with respect to the output a. One step is missing on the way back to z.",
    lambda p, y, n: (p - y) / (p * (1 - p)) / n,
    section=NEURON,
)
bce_mistake(
    "zeros cost nothing",
    "Examples with target 0 add nothing to your loss, so a neuron that always says 1 would be perfect.",
    loss=lambda p, y, n: -(y * np.log(p)).mean(),
    section=NEURON,
)
bce_mistake(
    "minus sign for the first term only",
    "The minus sign reaches the first of the two logarithms only, so examples with target 0 lower your loss. Put the "
    "sum of the two in brackets.",
    loss=lambda p, y, n: (-y * np.log(p) + (1 - y) * np.log(1 - p)).mean(),
    section=NEURON,
)
bce_mistake(
    "minus sign lost in the loss",
    "Your loss is negative. The logarithm of a probability is, and a surprise is not.",
    loss=lambda p, y, n: (y * np.log(p) + (1 - y) * np.log(1 - p)).mean(),
    section=NEURON,
)
sigmoid_bce.mistake(
    "cut off",
    bce_with(loss=cut_off),
    "The outputs are kept away from 0 and 1 (or something small is added to them), so that the loss stops growing when "
    "the neuron is very wrong. Compute it from z, where nothing has to be cut.",
    section=COST,
    found=limited,
)
sigmoid_bce.mistake(
    "overflow",
    bce_with(),
    "For moderate z all is right. For large z the output is rounded to exactly 0 or 1 (or an exponential overflows), "
    "and the logarithm of 0 is not finite. Compute the loss from z itself.",
    section=COST,
    found=overflows,
)


# 4. Softmax with cross-entropy


def ce_with(delta=None, loss=None, activation=softmax):
    """Softmax with cross-entropy, in which something may be wrong; all get p, the one-hot rows of y, and n."""

    def softmax_ce(z, y):
        p, rows, n = activation(z), one_hot(y, z.shape[1]), len(z)
        value = -(rows * np.log(p)).sum() / n if loss is None else loss(p, rows, n)
        return value, (p - rows) / n if delta is None else delta(p, rows, n)

    return softmax_ce


def softmax_of(highest):
    """A softmax that subtracts what ``highest(z)`` says."""

    def activation(z):
        e = np.exp(z - highest(z))
        return e / e.sum(axis=1, keepdims=True)

    return activation


def some_scores(rng, n=4, k=4):
    return rng.normal(size=(n, k)), rng.permutation(np.arange(n) % k)


softmax_ce = Question("04-backprop/softmax-ce", takes=("z", "y"), draw=some_scores)


@softmax_ce.part("a number, and a delta of the shape of z")
def _(answer, rng):
    for n, k in ((5, 3), (1, 2), (2, 6)):
        loss, delta = a_tuple(answer(*some_scores(rng, n, k)), 2)
        a_number(loss, "the loss"), an_array(delta, (n, k), "delta")


@softmax_ce.part("the loss: a mean, unchanged by a shift of a row")
def _(answer, rng):
    equal = a_number(answer(np.zeros((2, 5)), np.array([4, 1]))[0], "the loss")
    close(equal, np.log(5), "with five equal logits nothing is known, and the loss is not what that costs")
    z, y = some_scores(rng, 5, 3)
    loss = a_number(answer(z, y)[0], "the loss")
    shifted = a_number(answer(z + rng.normal(size=(5, 1)), y)[0], "the loss")
    close(shifted, loss, "a shift of all logits of an example must change nothing")
    wanted = CE.value(z, y)
    close(loss, wanted, "the loss is not the mean surprise at the right classes")


@softmax_ce.part("delta: the slope of the loss")
def _(answer, rng):
    z, y = some_scores(rng, 5, 3)
    delta = an_array(a_tuple(answer(z, y), 2)[1], z.shape, "delta")
    slope = nudged(lambda z: float(answer(z, y)[0]), z)
    close(delta, slope, "delta is not what a nudge of each z does to your own loss", rtol=1e-5, atol=1e-7)


@softmax_ce.part("any logits: nothing overflows")
def _(answer, rng):
    z = np.array([[1000.0, 0.0, -1000.0], [-2000.0, -2001.0, -1999.0]]) + rng.normal(size=(2, 1))
    for y in (np.array([1, 0]), np.array([0, 2])):
        with np.errstate(under="ignore"):
            loss, delta = a_tuple(answer(z, y), 2)
            wanted = CE.value_and_gradient(z, y)
        finite = np.isfinite(loss) and np.isfinite(delta).all()
        require(finite, "with logits of size 1000 the loss or delta is not finite")
        close(loss, wanted[0], "with logits of size 1000 the loss is finite, but not right")
        close(delta, wanted[1], "with logits of size 1000 delta is finite, but not right")


def ce_mistake(name, hint, delta=None, loss=None, section=COST, **more):
    softmax_ce.mistake(name, ce_with(delta, loss), hint, section=section, **more)


def right_until(answer, rng, z, y):
    """Whether loss and delta are right for moderate logits, and not finite for these."""
    return agrees(answer, CE, *some_scores(rng)) and not finite(answer, z, y)


HIGH, APART = np.array([[1000.0, 999.0]]), np.array([[1000.0, 999.0], [-1000.0, -999.0]])

softmax_ce.mistake(
    "softmax down the columns",
    ce_with(activation=lambda z: np.exp(z) / np.exp(z).sum(axis=0)),
    "Your softmax makes the columns sum to 1, so that examples compete with each other. The classes of one example "
    "should: they lie along a row.",
    section=SOFTMAX,
    chapter="02-activations",
)
softmax_ce.mistake(
    "softmax over everything",
    ce_with(activation=lambda z: np.exp(z) / np.exp(z).sum()),
    "The probabilities of the whole batch sum to 1. Each example needs a distribution of its own.",
    section=SOFTMAX,
    chapter="02-activations",
)
ce_mistake(
    "1/n lost in delta",
    "The loss is a mean, but your delta is that of a sum: n times too large.",
    lambda p, rows, n: p - rows,
)
ce_mistake(
    "mean over the classes too",
    "Loss and delta are too small, by the number of classes: `mean()` over the whole table divides by n and by k.",
    lambda p, rows, n: (p - rows) / rows.size,
    lambda p, rows, n: -(rows * np.log(p)).mean(),
)
ce_mistake(
    "slope of a sigmoid left in",
    "Your delta is multiplied by p(1 − p), the slope of a sigmoid. What the cross-entropy and the softmax contribute "
    "cancels: multiply it out.",
    lambda p, rows, n: (p - rows) * p * (1 - p) / n,
)
ce_mistake(
    "target not subtracted",
    "Your delta holds the probabilities alone, and every logit is told to go down. What of the right class?",
    lambda p, rows, n: p / n,
)
ce_mistake(
    "labels subtracted",
    "You subtract the number of the class, as if class 3 were three times class 1. Only the entry of the right class "
    "has a target of 1.",
    lambda p, rows, n: (p - rows.argmax(axis=1)[:, np.newaxis]) / n,
)
ce_mistake(
    "only the right class",
    "Only the logit of the right class gets a slope. The others are in the softmax's denominator, so they count too.",
    lambda p, rows, n: rows * (p - rows) / n,
)
ce_mistake(
    "stopped at the probabilities",
    "This is the slope with respect to the probabilities. The way through the softmax, back to z, is missing.",
    lambda p, rows, n: -rows / p / n,
)
softmax_ce.mistake(
    "overflow",
    ce_with(activation=softmax_of(lambda z: 0)),
    "For moderate logits all is right. The exponential of 1000 is too large for a float. A softmax does not change "
    "when a row is shifted: use that.",
    section=SOFTMAX,
    chapter="02-activations",
    found=lambda answer, rng: right_until(answer, rng, HIGH, np.array([0])),
)
softmax_ce.mistake(
    "logarithm of a rounded 0",
    ce_with(activation=softmax_of(lambda z: z.max(axis=1, keepdims=True))),
    "The probabilities do not overflow any more, but a very small one (or a whole row, if it is shifted by the largest "
    "number of another row) is rounded to 0, and its logarithm is not finite. Work out the logarithm on paper first.",
    section=COST,
    found=lambda answer, rng: right_until(answer, rng, np.vstack([1000 * APART, APART]), np.array([1, 0, 1, 0])),
)

"""Chapter 2, questions 5 and 6: ELU and softmax, without an overflow."""

import math

import numpy as np

from mlkit import activations
from mlkit.checks.expect import an_array, close, one_at_a_time, require
from mlkit.checks.question import Question

from .functions import (
    FAR,
    FOR_ARRAYS,
    GALLERY,
    ONE_NUMBER,
    SOFTMAX,
    moderate,
    quietly,
    right_where_moderate,
    warns,
    without_warning,
)

# 5. elu


def elu_by_definition(z, alpha):
    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))


elu = Question(
    "02-activations/elu",
    takes=("z", "alpha"),
    draw=lambda rng: (moderate(rng), float(rng.uniform(1.2, 3))),
)


@elu.part("z itself above zero")
def _(answer, rng):
    z = rng.uniform(0.1, 5, size=(2, 6))
    for alpha in (0.5, 2.0):
        close(answer(z, alpha), z, f"α = {alpha:g}: a positive z must come out unchanged")


@elu.part("falls to −α far below zero, and meets 0 there without a jump")
def _(answer, rng):
    alpha = float(rng.uniform(0.3, 3))
    a = an_array(answer(np.array([-60.0, -1e-9, 0.0]), alpha), (3,))
    require(a[0] < 0, f"α = {alpha:.2f}: at z = −60 it must be negative")
    close(a[0], -alpha, f"α = {alpha:.2f}: at z = −60 it is not at its floor")
    close(a[1:], [0, 0], f"α = {alpha:.2f}: near z = 0 it is not near 0")


@elu.part("below zero it bends: the slope is α at the corner and fades")
def _(answer, rng):
    alpha, h = float(rng.uniform(0.3, 3)), 1e-5
    z = np.array([-2 * h, -1.0, -2.0])
    slope = (an_array(answer(z + h, alpha), (3,)) - an_array(answer(z - h, alpha), (3,))) / (2 * h)
    close(slope[0], alpha, f"α = {alpha:.2f}: the slope just left of 0 is not right", rtol=1e-3)
    close(slope[1] / slope[2], np.e, "from z = −1 to z = −2 the slope does not fade as an exponential", rtol=1e-4)
    z = moderate(rng)
    close(answer(z, alpha), elu_by_definition(z, alpha), f"α = {alpha:.2f}: for some moderate z it is not ELU")


@elu.part("right and without a warning at z = ±1000")
def _(answer, rng):
    a = without_warning(answer, np.array([1000.0, -1000.0]), 1.5, at="at z = ±1000")
    close(a, [1000, -1.5], "at z = ±1000 it is not right")


def elu_with(below):
    """ELU with another formula below zero."""
    return lambda z, alpha: np.where(z > 0, z, below(np.minimum(z, 0), alpha))


elu.mistake(
    "leaky ReLU",
    elu_with(lambda z, alpha: alpha * z),
    "Below zero you multiply z by α. That is leaky ReLU, which is straight there; ELU bends and comes to a floor.",
    section=GALLERY,
)
elu.mistake(
    "a jump at zero",
    elu_with(lambda z, alpha: alpha * np.exp(z)),
    "Your function jumps at z = 0: just below, it is α instead of 0. The exponential has to come down by something "
    "before it is multiplied.",
    section=GALLERY,
)
elu.mistake(
    "α left out",
    elu_with(lambda z, alpha: np.exp(z) - 1),
    "The floor is −1 whatever α is. Where does α belong?",
    section=GALLERY,
)
elu.mistake(
    "brackets in the wrong place",
    elu_with(lambda z, alpha: alpha * np.exp(z) - 1),
    "Only the exponential is multiplied by α, so unless α is 1 there is a jump at 0. Look at the brackets.",
    section=GALLERY,
)
elu.mistake(
    "α in the exponent",
    elu_with(lambda z, alpha: np.exp(alpha * z) - 1),
    "α stretches z inside the exponential. Then the floor is always −1; α should say how deep it is.",
    section=GALLERY,
)
elu.mistake(
    "upside down",
    elu_with(lambda z, alpha: alpha * (1 - np.exp(z))),
    "Below zero your function rises to +α. A sign is turned round.",
    section=GALLERY,
)
elu.mistake(
    "the sides exchanged",
    lambda z, alpha: np.where(z > 0, alpha * (np.exp(z) - 1), z),
    "The straight part is on the left and the exponential on the right. It is the other way round.",
    section=GALLERY,
)
elu.mistake(
    ONE_NUMBER,
    lambda z, alpha: np.where(z > 0, z, alpha * math.expm1(z)),
    FOR_ARRAYS,
    section=GALLERY,
    found=lambda answer, rng: one_at_a_time(answer, moderate(rng), 1.5),
)
elu.mistake(
    "both formulas everywhere",
    lambda z, alpha: np.where(z > 0, z, alpha * (np.exp(z) - 1)),
    "The values are right, but the exponential is computed for large positive z too, where nobody needs it, and "
    "overflows. `np.where` computes both sides and only then chooses.",
    section=GALLERY,
    found=lambda answer, rng: right_where_moderate(answer, elu_by_definition, 1.5) and warns(answer, FAR, 1.5),
)

# 6. softmax

softmax = Question("02-activations/softmax", takes=("z",), draw=lambda rng: (logits(rng),))


def logits(rng, n=5, k=3):
    return 2 * rng.normal(size=(n, k))


@softmax.part("each row is positive and sums to 1")
def _(answer, rng):
    for n, k in ((5, 3), (3, 3), (1, 4), (4, 2)):
        a = an_array(answer(logits(rng, n, k)), (n, k))
        require(a.min() > 0, "some outputs are not positive")
        close(a.sum(axis=1), np.ones(n), f"for {n} examples and {k} classes, a row does not sum to 1")


@softmax.part("one logit more by 1 makes its odds e times as large")
def _(answer, rng):
    z = logits(rng)
    a = an_array(answer(z), (5, 3))
    raised = z.copy()
    raised[:, 0] += 1
    odds = an_array(answer(raised), (5, 3)) / a
    close(odds[:, 0] / odds[:, 1], np.full(5, np.e), "with the first logit raised by 1 its odds grow differently")
    close(odds[:, 1], odds[:, 2], "with the first logit raised, the other two must keep their ratio")
    close(answer(z[:, ::-1]), a[:, ::-1], "with the classes in another order the numbers must follow them")


@softmax.part("adding a number to all logits of a row changes nothing")
def _(answer, rng):
    z, shift = logits(rng), rng.normal(size=(5, 1)) * 20
    a = an_array(answer(z), (5, 3))
    close(answer(z + shift), a, "a different number was added to each row, and the probabilities changed")
    close(a, activations.softmax(z), "it has the properties above, but for some logits it is not softmax")
    require(np.ptp(a) > 0, "it is the same number everywhere, whatever the logits are")


@softmax.part("right and without a warning for logits of 1000", points=2)
def _(answer, rng):
    z = logits(rng)
    far = z + np.array([[1000.0], [-1000], [0], [5000], [-5000]])
    a = without_warning(answer, far, at="for rows of logits near 1000, −1000 and 0")
    close(an_array(a, (5, 3)).sum(axis=1), np.ones(5), "for rows of logits near 1000, a row does not sum to 1")
    close(a, answer(z), "for rows of logits near 1000, −1000 and 0 the probabilities are not right")


def right_for_moderate(answer, rng):
    z = logits(rng)
    return np.allclose(answer(z), activations.softmax(z))


def overflows(answer, rng):
    """Right, but for a large logit."""
    return right_for_moderate(answer, rng) and not np.allclose(quietly(answer, np.array([[1e4, 0.0]]))[0], [[1, 0]])


def one_shift_for_all(answer, rng):
    """Right for one row with a large logit, but not beside another row."""
    far = np.array([[1e4, 0.0], [0.0, 1.0]])
    alone = np.allclose(quietly(answer, far[:1])[0], [[1, 0]])
    return right_for_moderate(answer, rng) and alone and np.isnan(quietly(answer, far)[0][1]).any()


def sums_to_1(axis):
    """Positive numbers that sum to 1 down each column, or in all."""

    def found(answer, rng):
        a = np.asarray(answer(logits(rng)))
        return a.shape == (5, 3) and np.allclose(a.sum(axis=axis), 1) and a.min() > 0

    return found


def cannot_divide(answer, rng):
    try:
        answer(logits(rng, 5, 3))
    except ValueError as error:
        return "broadcast" in str(error)
    return False


softmax.mistake(
    "a sum over the examples",
    lambda z: np.exp(z) / np.exp(z).sum(axis=0),
    "Each column sums to 1, so the examples compete with one another. Rows are examples: the classes of one row share "
    "the 1.",
    section=SOFTMAX,
    found=sums_to_1(0),
)
softmax.mistake(
    "a sum over everything",
    lambda z: np.exp(z) / np.exp(z).sum(),
    "All your numbers together sum to 1, as if there were one example only. Every row has its own sum.",
    section=SOFTMAX,
    found=sums_to_1(None),
)
softmax.mistake(
    "row sums that do not fit",
    lambda z: np.exp(z) / np.exp(z).sum(axis=1),
    "One number for each row, shape (n,), does not line up with rows of shape (n, k): NumPy pairs it with the columns. "
    "Keep the summed axis (`keepdims`).",
    section=SOFTMAX,
    found=cannot_divide,
)
softmax.mistake(
    "not divided",
    lambda z: np.exp(z),
    "The exponentials are positive, but they do not sum to 1 yet.",
    section=SOFTMAX,
)
softmax.mistake(
    "shifted, but not divided",
    lambda z: np.exp(z - z.max(axis=1, keepdims=True)),
    "The shifted exponentials are positive, but they do not sum to 1 yet.",
    section=SOFTMAX,
)
softmax.mistake(
    "no exponential",
    lambda z: z / z.sum(axis=1, keepdims=True),
    "You divide the logits by their sum. Logits may be negative, and so are some of your probabilities.",
    section=SOFTMAX,
)
softmax.mistake(
    "a sigmoid for each class",
    lambda z: 1 / (1 + np.exp(-z)),
    "You squash each logit on its own. The classes have to share the probability 1 among them.",
    section=SOFTMAX,
)
softmax.mistake(
    "shifted above only",
    lambda z: np.exp(z - z.max(axis=1, keepdims=True)) / np.exp(z).sum(axis=1, keepdims=True),
    "You subtract the largest logit in the numerator and not in the denominator. It cancels only when both have it.",
    section=SOFTMAX,
)
softmax.mistake(
    "all or nothing",
    lambda z: (z == z.max(axis=1, keepdims=True)).astype(float),
    "The largest logit takes everything. That is the limit of a temperature near 0; softmax leaves each class a share.",
    section=SOFTMAX,
)
softmax.mistake(
    "one shift for all rows",
    lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=1, keepdims=True),
    "You subtract the largest logit of the whole array. A row far below it then has nothing but zeros to divide. Each "
    "row has its own largest logit.",
    section=SOFTMAX,
    found=one_shift_for_all,
)
softmax.mistake(
    "overflow",
    lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
    "The formula is right, but e to the power of 1000 is too large for a float. Only differences of logits count: use "
    "that before the exponential.",
    section=SOFTMAX,
    found=overflows,
)

"""Chapter 2, questions 5 and 6: ELU and softmax, without an overflow."""

import numpy as np

from mlkit import activations
from mlkit.checks.expect import an_array, close, require
from mlkit.checks.question import Question

from .functions import GALLERY, NEAR, SOFTMAX, far_slips, moderate, without_warning

# 5. elu


def elu_by_definition(z, alpha):
    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))


elu = Question(
    "02-activations/elu",
    draw=lambda rng: (moderate(rng), float(rng.uniform(0.3, 3))),
    why="Above zero z comes out. Below, exp(z) − 1 goes down from 0 to −1, and α stretches that; the minimum with 0 "
    "keeps large positive numbers out of the exponential.",
    section=GALLERY,
    solution="""
        def elu(z, alpha):
            below = np.minimum(z, 0)  # nothing positive gets into the exponential, not even to be thrown away
            return np.where(z > 0, z, alpha * (np.exp(below) - 1))
        """,
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
    for depth in (alpha, 0.4, 2.5):
        close(answer(z, depth), elu_by_definition(z, depth), f"α = {depth:.2f}: for some moderate z it is not ELU")


@elu.part("right and without a warning at z = ±1000")
def _(answer, rng):
    a = without_warning(answer, np.array([1000.0, -1000.0]), 1.5, at="at z = ±1000")
    close(a, [1000, -1.5], "at z = ±1000 it is not right")


BELOW = "alpha * (np.exp(below) - 1)"  # what ELU returns below zero

elu.slips(
    ("leaky ReLU", {"(np.exp(below) - 1)": "z"},
     "Below zero you multiply z by α. That is leaky ReLU, which is straight there; ELU bends and comes to a floor."),
    ("ReLU", {BELOW: "0"},
     "Below zero you return 0, as ReLU does. ELU goes on down there, to a floor whose depth is α."),
    ("a jump at zero", {"(np.exp(below) - 1)": "np.exp(below)"},
     "Your function jumps at z = 0: just below, it is α instead of 0. The exponential has to come down by something "
     "before it is multiplied."),
    ("α left out", {"alpha * ": ""},
     "The floor is −1 whatever α is. Where does α belong?"),
    ("brackets in the wrong place", {"(np.exp(below) - 1)": "np.exp(below) - 1"},
     "Only the exponential is multiplied by α, so unless α is 1 there is a jump at 0. Look at the brackets."),
    ("α in the exponent", {BELOW: "np.exp(alpha * below) - 1"},
     "α stretches z inside the exponential. Then the floor is always −1; α should say how deep it is."),
    ("upside down", {"(np.exp(below) - 1)": "(1 - np.exp(below))"},
     "Below zero your function rises to +α. A sign is turned round."),
    ("the sign of the exponent", {"np.exp(below)": "np.exp(-below)"},
     "Far below zero your function grows without end, so e must get a positive exponent there. Which sign should the "
     "exponent have?"),
    ("the sides exchanged", {f"z, {BELOW}": "alpha * (np.exp(z) - 1), z"},
     "The straight part is on the left and the exponential on the right. It is the other way round."),
    ("α on both sides", {f"z, {BELOW}": f"alpha * z, {BELOW}"},
     "Above zero, too, you multiply by α. There ELU is the same as ReLU."),
    ("the larger of the two", {BELOW: f"np.maximum(z, {BELOW})"},
     "Below zero you take the larger of z and the exponential part. Which one that is depends on α; what should decide "
     "between the two?"),
    ("the smaller of the two", {BELOW: f"np.minimum(z, {BELOW})"},
     "Below zero you take the smaller of z and the exponential part. Far out that is z, and there is no floor. What "
     "should decide between the two?"),
    ("its slope", {f"z, {BELOW}": "1, alpha * np.exp(below)"},
     "This is the slope of ELU: 1 on the right, and fading on the left. ELU itself was asked for."),
)  # fmt: skip
far_slips(
    elu, (NEAR, 1.5), [(np.array([1000.0]), 1.5), (np.array([-1000.0]), 1.5)],
    ("both formulas everywhere", {"np.exp(below)": "np.exp(z)"},
     "For a moderate z it is right, but the exponential is computed for large positive z too, where nobody needs it, "
     "and overflows. `np.where`, or a product with a mask, computes both sides and only then chooses."),
)  # fmt: skip

# 6. softmax

softmax = Question(
    "02-activations/softmax",
    draw=lambda rng: (logits(rng, *rng.choice([(5, 3), (4, 2), (3, 4)])),),
    why="The exponentials are positive, and divided by their sum they share the 1. Subtracting the largest logit "
    "divides numerator and denominator by the same number: the result is the same, and nothing overflows.",
    section=SOFTMAX,
    solution="""
        def softmax(z):
            e = np.exp(z - z.max(axis=1, keepdims=True))  # only differences count, and none of these is above 0
            return e / e.sum(axis=1, keepdims=True)  # (n, k) / (n, 1)
        """,
)


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
    top = float(rng.uniform(1500, 5000))
    apart, at = np.array([[0, 0, top], [top, top, 0]]), "where the logits of one row lie thousands apart,"
    a = without_warning(answer, apart, at=at)
    close(a, activations.softmax(apart), f"{at} the probabilities are not right")


def another_temperature(answer, rng):
    """The logarithm of the odds is the difference of the logits times a positive factor, the same everywhere."""
    z = logits(rng)
    grown = np.diff(np.log(answer(z)), axis=1) / np.diff(z, axis=1)
    return grown[0, 0] > 0 and not np.isclose(grown[0, 0], 1) and np.allclose(grown, grown[0, 0])


def all_sum_to_1(answer, rng):
    """Right but for a factor in each row; and all numbers together sum to 1."""
    a = answer(z := logits(rng))
    return np.isclose(a.sum(), 1) and np.allclose(a / a.sum(axis=1, keepdims=True), activations.softmax(z))


SHIFTED, TOTAL = "z - z.max(axis=1, keepdims=True)", "e.sum(axis=1, keepdims=True)"
SHARED = f"e / {TOTAL}"

softmax.slips(
    ("a sum over the examples", {SHIFTED: "z", TOTAL: "e.sum(axis=0)"},
     "Each column sums to 1, so the examples compete with one another. Rows are examples: the classes of one row share "
     "the 1."),
    ("a sum over everything", {SHIFTED: "z", TOTAL: "e.sum()"},
     "All your numbers together sum to 1, as if there were one example only. Every row has its own sum.",
     {"found": all_sum_to_1}),
    ("one number for each row", {TOTAL: "e.sum(axis=1)"},
     "One number for each row, shape (n,), does not line up with rows of shape (n, k): NumPy pairs it with the "
     "columns. Keep the axis that you sum over, or look for the largest in (`keepdims`)."),
    ("not divided", {SHARED: "np.exp(z)"},
     "The exponentials are positive, but they do not sum to 1 yet."),
    ("shifted, but not divided", {SHARED: "e"},
     "The exponentials are positive and the largest of each row is 1, but a row does not sum to 1 yet."),
    ("no exponential", {SHARED: "z / z.sum(axis=1, keepdims=True)"},
     "You divide the logits by their sum. Logits may be negative, and so are some of your probabilities."),
    ("a sigmoid for each class", {SHARED: "1 / (1 + np.exp(-z))"},
     "You squash each logit on its own. The classes have to share the probability 1 among them."),
    ("sigmoids that share", {f"np.exp({SHIFTED})": "1 / (1 + np.exp(-z))"},
     "Each row sums to 1, but what shares it are the sigmoids of the logits. A sigmoid levels off, so a large logit "
     "hardly counts for more than a middling one."),
    ("divided by the largest", {"z - z.max": "z / z.max"},
     "You divide the logits by the largest of their row. That changes the odds between the classes; what can be done "
     "to all logits of a row without changing them?"),
    ("the smallest wins", {SHIFTED: "-z"},
     "The smallest logit gets the largest probability: a sign is turned round."),
    ("shifted above only", {TOTAL: "np.exp(z).sum(axis=1, keepdims=True)"},
     "You subtract the largest logit in the numerator and not in the denominator. It cancels only when both have it."),
    ("shifted below only", {"return e": "return np.exp(z)"},
     "You subtract the largest logit in the denominator and not in the numerator. It cancels only when both have it."),
    ("all or nothing", {SHARED: "(e == 1).astype(float)"},
     "The largest logit takes everything. That is the limit of a temperature near 0; softmax leaves each class a "
     "share."),
    ("another temperature", {SHIFTED: "z / 2"},
     "One logit more by 1 does not make its odds e times as large. Are the logits multiplied or divided by something, "
     "or is the base another one than e? T = 1 was asked for.", {"found": another_temperature}),
    ("applied twice", {SHARED: "np.exp(e / e.sum(axis=1, keepdims=True)) / "
                               "np.exp(e / e.sum(axis=1, keepdims=True)).sum(axis=1, keepdims=True)"},
     "Your probabilities are too much alike: is softmax applied to its own result once more?"),
)  # fmt: skip
ONE_LARGEST = [[0.0, 0.0, 3000.0]]
TWO_LARGEST = [[1200.0, 1200.0, 0.0]]
far_slips(
    softmax, (logits(np.random.default_rng(0)),),
    [(np.array(z),) for z in ([[2000.0, 2001, 2002]], ONE_LARGEST, TWO_LARGEST, [[2000.0, 0, 0], [0, 1, 2]])],
    ("one shift for all rows", {"z.max(axis=1, keepdims=True)": "z.max()"},
     "You subtract the largest logit of the whole array. A row far below it then has nothing but zeros to divide. Each "
     "row has its own largest logit."),
    ("shifted by the mean", {"z.max": "z.mean"},
     "You subtract about the mean of each row. Where one logit lies far above the others, its exponential still "
     "overflows. After which shift is no number above 0?"),
    ("shifted by the smallest", {"z.max": "z.min"},
     "You subtract about the smallest logit of each row, so that all exponents are positive, and one that lies far "
     "above it still overflows. After which shift is no number above 0?"),
    ("overflow", {SHIFTED: "z"},
     "The formula is right, but e to the power of 1000 is too large for a float. Only differences of logits count: use "
     "that before the exponential."),
)  # fmt: skip

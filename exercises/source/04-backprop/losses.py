"""Chapter 4, questions 3 and 4: the two losses that take over the last activation."""

import numpy as np

from mlkit.activations import sigmoid
from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.losses import LOSSES

from .layers import NEURON, nudged

COST = "The cost layer takes over the last activation"
PROGRAM = "The whole program: a network learns XOR"
SOFTMAX = {"section": "Softmax: one output for each class", "chapter": "02-activations"}

BCE = LOSSES["binary_cross_entropy_from_logits"]
CE = LOSSES["categorical_cross_entropy_from_logits"]


def loss_and_delta(answer, z, y):
    """A number, and an array of the shape of z."""
    loss, delta = a_tuple(answer(z, y), 2)
    return a_number(loss, "the loss"), an_array(delta, z.shape, "delta")


def of_the_right_shapes(answer, batches):
    """Loss and delta for each of these batches; the loss must not be a constant."""
    losses = [loss_and_delta(answer, *batch)[0] for batch in batches]
    require(len(set(losses)) > 1, "the loss is the same whatever z and y are")


def slope_of_its_loss(answer, z, y):
    """Delta must be what a nudge of each z does to the answer's own loss, which must not be a constant."""
    _, delta = loss_and_delta(answer, z, y)
    slope = nudged(lambda z: float(answer(z, y)[0]), z)
    require(slope.any(), "a nudge of z does not change your loss at all")
    close(delta, slope, "delta is not what a nudge of each z does to your own loss", rtol=1e-5, atol=1e-7)


def agrees(answer, loss, z, y, rtol=1e-5):
    """Whether the answer's loss and δ are those of this loss."""
    return all(map(lambda a, b: np.allclose(a, b, rtol=rtol), answer(z, y), loss.value_and_gradient(z, y)))


def are_finite(answer, z, y):
    """Whether the loss is finite, and whether δ is."""
    return [bool(np.isfinite(value).all()) for value in answer(z, y)]


# 3. Sigmoid with cross-entropy


def some_logits(rng, n=6):
    """Logits (n, 1) and targets (n,): both targets, with right and wrong answers among them."""
    return rng.uniform(0.3, 2, size=(n, 1)) * rng.choice([-1, 1], size=(n, 1)), rng.permutation(np.arange(n) % 2)


sigmoid_bce = Question(
    "04-backprop/sigmoid-bce",
    draw=lambda rng: some_logits(rng, int(rng.integers(3, 8))),
    returns=("the loss", "delta"),
    section=COST,
    why="The surprise at a target of 1 is the logarithm of 1 + e to the −z, at a target of 0 that of 1 + e to the z; "
    "they differ by z, so one formula serves both. In its slope the sigmoid's own slope cancels: output minus target.",
    solution="""
        def sigmoid_bce(z, y):
            y = np.reshape(y, (-1, 1))  # a column like z: (n,) against (n, 1) would make a table of n × n
            loss = (np.logaddexp(0, z) - y * z).mean()
            p = np.exp(-np.logaddexp(0, -z))  # the sigmoid
            return loss, (p - y) / len(z)
        """,
)


@sigmoid_bce.part("a number, and a delta of the shape of z")
def _(answer, rng):
    of_the_right_shapes(answer, [some_logits(rng, n) for n in (1, 5, 6)])


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
        slope_of_its_loss(answer, *some_logits(rng, n))


@sigmoid_bce.part("sure and wrong: nothing overflows")
def _(answer, rng):
    for z, y in ((40.0, 0), (-800.0, 1), (1000.0, 0), (1000.0, 1), (-1000.0, 0), (-1000.0, 1)):
        with np.errstate(under="ignore"):  # what is nearly 0 may become 0
            loss, delta = a_tuple(answer(np.array([[z]]), np.array([y])), 2)
        where = f"at z = {z:g} with target {y} "
        require(np.isfinite(loss) and np.isfinite(delta).all(), where + "the loss or delta is not finite")
        close(loss, max(z, 0) - z * y, where + "the loss is finite, but not right", atol=1e-6)
        close(delta, [[(z > 0) - y]], where + "delta is not right", atol=1e-6)


def a_table(answer, rng):
    """(n,) against (n, 1) makes an array of n × n."""
    z, y = some_logits(rng)
    return np.shape(answer(z, y)[1]) == (len(z), len(z))


def squared(answer, rng):
    """The loss is the squared error of the outputs, halved or not, whatever delta is."""
    z, y = some_logits(rng)
    error = np.mean((sigmoid(z) - y.reshape(-1, 1)) ** 2)
    return bool(np.isclose(answer(z, y)[0], [error, error / 2]).any())


def far_out(answer, rng):
    """Whether loss and δ are finite far out, of an answer that is right elsewhere."""
    if not agrees(answer, BCE, *some_logits(rng), rtol=1e-3):
        return None
    z = np.array([[1000.0], [-1000.0]])
    loss, delta = np.transpose([are_finite(answer, z, np.array(y)) for y in ((0, 1), (1, 0))])
    return bool(loss.all()), bool(delta.all())


P = "np.exp(-np.logaddexp(0, -z))"
SURPRISE = "(np.logaddexp(0, z) - y * z)"

sigmoid_bce.slips(
    ("(n,) against (n, 1)",
     {"y = np.reshape(y, (-1, 1))": "y = np.asarray(y)", SURPRISE: "(np.log(1 + np.exp(z)) - y * z)"},
     "z has the shape (n, 1) and y the shape (n,). NumPy makes a table of n × n of them, each output with every "
     "target. Make a column of y first.", {"section": PROGRAM, "found": a_table}),
    ("(n,) against (n, 1) in the loss", {"- y * z": "- np.ravel(y) * z"},
     "Delta is right, but your loss is a mean over n × n pairs, each output with every target: y came in with the "
     "shape (n,), and z with (n, 1).", {"section": PROGRAM}),
    ("squared error", {SURPRISE: f"(({P} - y)**2)", "(p - y) /": "2 * (p - y) * p * (1 - p) /"},
     "Your loss is the squared error. It never asks for more than 1, however sure the neuron is of something wrong; "
     "the cross-entropy asks how surprised it is by the target.", {"found": squared}),
    ("a sum, not a mean", {".mean()": ".sum()", " / len(z)": ""},
     "Loss and delta are n times too large: they grow with the number of examples.", {"section": NEURON}),
    ("1/n lost in delta", {" / len(z)": ""},
     "The loss is a mean, but your delta is that of a sum: n times too large. With one example you cannot see it.",
     {"section": NEURON}),
    ("target minus output", {"(p - y)": "(y - p)"},
     "Delta has the wrong sign: a step against it would make the loss larger.", {"section": NEURON}),
    ("slope of the sigmoid left in", {"(p - y)": "(p - y) * p * (1 - p)"},
     "Your delta contains the sigmoid's slope, as with the squared error. Multiply out what the cross-entropy "
     "contributes, and see what cancels."),
    ("stopped at the output", {"(p - y)": "(p - y) / (p * (1 - p))"},
     "This is the slope with respect to the output a. One step is missing on the way back to z.", {"section": NEURON}),
    ("no sigmoid in delta", {"(p - y)": "(z - y)"},
     "Your delta compares the targets with z itself. They are meant for the output, after the sigmoid."),
    ("zeros cost nothing", {SURPRISE: "(y * np.logaddexp(0, -z))"},
     "Examples with target 0 add nothing to your loss, so a neuron that always says 1 would be perfect.",
     {"section": NEURON}),
    ("minus sign for the first term only", {SURPRISE: "(y * np.logaddexp(0, -z) - (1 - y) * np.logaddexp(0, z))"},
     "The minus sign reaches the first of the two logarithms only, so examples with target 0 lower your loss. Put the "
     "sum of the two in brackets.", {"section": NEURON}),
    ("minus sign lost in the loss", {"loss = ": "loss = -"},
     "Your loss is negative. The logarithm of a probability is, and a surprise is not.", {"section": NEURON}),
    ("targets of −1 and 1", {SURPRISE: "np.logaddexp(0, -y * z)"},
     "Your loss is a formula for targets of −1 and 1. With the targets 0 and 1 it costs the same whatever the neuron "
     "says to a 0."),
    ("sign of a z in the loss", {"(0, z)": "(0, -z)"},
     "One z in your loss has the wrong sign. What should a very large z cost where the target is 1, and where it is "
     "0?"),
    ("overflow", {SURPRISE: "(np.log(1 + np.exp(z)) - y * z)"},
     "For moderate z all is right. Far out the loss is not finite: an exponential overflows, or the output is rounded "
     "to exactly 0 or 1 and its logarithm is taken. Compute the loss from z by something that does neither.",
     {"found": lambda answer, rng: far_out(answer, rng) in ((False, True), (False, False))}),
    ("overflow in delta", {P: "np.exp(z) / (1 + np.exp(z))"},
     "The loss is right, and finite everywhere. Far out delta is not: an exponential overflows in your sigmoid.",
     {"found": lambda answer, rng: far_out(answer, rng) == (True, False)}),
    ("cut off", {SURPRISE: "np.minimum(np.logaddexp(0, z) - y * z, 30)"},
     "For moderate z all is right; far out the numbers are finite, but not right. Is something cut off or replaced "
     "(`np.clip`, `nan_to_num`), or a little something added before the logarithm? Computed from z, the loss needs "
     "none of it.", {"found": lambda answer, rng: far_out(answer, rng) == (True, True)}),
)  # fmt: skip


# 4. Softmax with cross-entropy


def some_scores(rng, n=4, k=3):
    return rng.normal(size=(n, k)), rng.permutation(np.arange(n) % k)


softmax_ce = Question(
    "04-backprop/softmax-ce",
    draw=lambda rng: some_scores(rng, *rng.permutation(np.arange(2, 7))[:2]),
    returns=("the loss", "delta"),
    section=COST,
    why="The logarithm of a softmax is the logit minus the logarithm of a sum, so nothing that was rounded to 0 ever "
    "meets a logarithm. Its slope is the probability of each class, and 1 less for the right one.",
    solution="""
        def softmax_ce(z, y):
            z = z - z.max(axis=1, keepdims=True)  # a shift of a row changes nothing, and no exponential overflows now
            log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # never the logarithm of 0
            right = np.arange(len(z)), y
            delta = np.exp(log_p)
            delta[right] -= 1
            return -log_p[right].mean(), delta / len(z)
        """,
)


@softmax_ce.part("a number, and a delta of the shape of z")
def _(answer, rng):
    of_the_right_shapes(answer, [some_scores(rng, n, k) for n, k in ((5, 3), (1, 2), (2, 6))])


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
    slope_of_its_loss(answer, *some_scores(rng, 5, 3))


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


def high(answer):
    """Logits that are high, but near to each other."""
    return all(are_finite(answer, np.array([[1000.0, 999.0]]), np.array([0])))


def one_ahead(answer):
    """The right class is far ahead of the other, so its probability is 1."""
    return all(are_finite(answer, np.array([[2000.0, 0.0]]), np.array([0])))


def apart(answer):
    """Rows far apart, and a right class far behind."""
    z = np.array([[1000.0, 999.0], [-1000.0, -999.0], [1e6, -1e6]])
    return all(are_finite(answer, z, np.array([1, 0, 1])))


def fails_at_first(*tests):
    """For answers that are right for moderate logits: finite in all of these tests but the last."""

    def found(answer, rng):
        finite = agrees(answer, CE, *some_scores(rng), rtol=1e-3) and [test(answer) for test in tests]
        return finite == [True] * (len(tests) - 1) + [False]

    return {"found": found}


def cut(answer, rng):
    return agrees(answer, CE, *some_scores(rng), rtol=1e-3) and high(answer) and one_ahead(answer) and apart(answer)


LOG_P = "z - np.log(np.exp(z).sum(axis=1, keepdims=True))"
SHIFT = "z = z - z.max(axis=1, keepdims=True)"
SUBTRACT = "    delta[right] -= 1\n"
ROWS = "np.eye(z.shape[1])[y]"

softmax_ce.slips(
    ("softmax down the columns", {SHIFT: "z = z - z.max(axis=0)", LOG_P: "z - np.log(np.exp(z).sum(axis=0))"},
     "Your softmax makes the columns sum to 1, so that examples compete with each other. The classes of one example "
     "should: they lie along a row.", SOFTMAX),
    ("softmax over everything", {SHIFT: "z = z - z.max()", LOG_P: "z - np.log(np.exp(z).sum())"},
     "The probabilities of the whole batch sum to 1. Each example needs a distribution of its own.", SOFTMAX),
    ("softmax twice", {SHIFT: "z = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"},
     "The softmax is taken twice: what should be logits are probabilities already.", SOFTMAX),
    ("a sigmoid for each class",
     {SHIFT: "z = z + 0.0", "np.exp(log_p)": "1 / (1 + np.exp(-z))",
      "-log_p[right].mean()": "(np.logaddexp(0, z).sum(axis=1) - z[right]).mean()"},
     "You treat the classes as so many yes-or-no questions, each with a sigmoid. Here one class of k is right, and "
     "their probabilities sum to 1.", SOFTMAX),
    ("counted from 1", {"len(z)), y": "len(z)), y - 1"},
     "You look one class too early: the classes are numbered from 0."),
    ("a sum, not a mean", {".mean()": ".sum()", " / len(z)": ""},
     "Loss and delta are n times too large: they grow with the number of examples.", {"section": NEURON}),
    ("1/n lost in delta", {" / len(z)": ""},
     "The loss is a mean, but your delta is that of a sum: n times too large.", {"section": NEURON}),
    ("mean over the classes too", {".mean()": ".mean() / z.shape[1]", " / len(z)": " / z.size"},
     "Loss and delta are too small, by the number of classes: `mean()` over the whole table divides by n and by k."),
    ("minus sign lost in the loss", {"-log_p": "log_p"},
     "Your loss is negative. The logarithm of a probability is, and a surprise is not.", {"section": NEURON}),
    ("no logarithm", {"-log_p[right]": "-np.exp(log_p[right])"},
     "Your loss is minus the probability of the right class. How surprising is it? The logarithm is missing."),
    ("mean before the logarithm", {"-log_p[right].mean()": "-np.log(np.exp(log_p[right]).mean())"},
     "You take the logarithm of a mean probability. Each example has a surprise of its own; which mean was wanted?"),
    ("only the right logit", {SHIFT: "z = z + 0.0", "-log_p[right]": "-z[right]"},
     "Your loss is minus the logit of the right class, and the others do not matter. What does the softmax make of "
     "it?"),
    ("target minus output", {"delta / len": "-delta / len"},
     "Delta has the wrong sign: a step against it would make the loss larger.", {"section": NEURON}),
    ("slope of a sigmoid left in", {SUBTRACT: f"    delta = (delta - {ROWS}) * delta * (1 - delta)\n"},
     "Your delta is multiplied by p(1 − p), the slope of a sigmoid. What the cross-entropy and the softmax contribute "
     "cancels: multiply it out."),
    ("target not subtracted", {SUBTRACT: ""},
     "Your delta holds the probabilities alone, and every logit is told to go down. What of the right class?"),
    ("labels subtracted", {"delta[right] -= 1": "delta -= y[:, np.newaxis]"},
     "You subtract the number of the class, as if class 3 were three times class 1. Only the entry of the right class "
     "has a target of 1."),
    ("whole columns", {"delta[right]": "delta[:, y]"},
     "With `[:, y]` you take whole columns, so the right class of one example changes the rows of all. Which entry of "
     "each row do you want?"),
    ("only the right class", {"delta / len": f"{ROWS} * delta / len"},
     "Only the logit of the right class gets a slope. The others are in the softmax's denominator, so they count too."),
    ("stopped at the probabilities", {"np.exp(log_p)": f"-{ROWS} / np.exp(log_p)", SUBTRACT: ""},
     "This is the slope with respect to the probabilities. The way through the softmax, back to z, is missing."),
    ("overflow", {SHIFT: "z = z + 0.0"},
     "For moderate logits all is right. The exponential of 1000 is too large for a float. A softmax does not change "
     "when a row is shifted: use that.", SOFTMAX | fails_at_first(high)),
    ("shifted by too little", {"z.max": "z.mean"},
     "For moderate logits all is right. But if one is far above the others, its exponential still overflows. By what "
     "must a row be shifted, so that none can be large?", SOFTMAX | fails_at_first(high, one_ahead)),
    ("logarithm of a rounded 0", {LOG_P: "np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))"},
     "The probabilities do not overflow any more, but a very small one (or a whole row, if it is shifted by the "
     "largest number of another row) is rounded to 0, and its logarithm is not finite. Work out the logarithm on paper "
     "first.", fails_at_first(high, one_ahead, apart)),
    ("cut off", {LOG_P: "np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) + 1e-12)"},
     "For moderate logits all is right; for large ones the numbers are finite, but not right. Is something cut off or "
     "replaced, or a little something added before the logarithm? Computed from the logits, the loss needs none of it.",
     {"found": cut}),
)  # fmt: skip

"""Chapter 2, questions 1 to 4: ReLU, sigmoid, tanh and their derivatives."""

import warnings

import numpy as np

from mlkit.activations import ACTIVATIONS
from mlkit.checks.expect import an_array, close, require
from mlkit.checks.guard import guarded
from mlkit.checks.question import Question

GALLERY = "The gallery"
SOFTMAX = "Softmax: one output for each class"
USUAL = "Usual mistakes"


def without_warning(answer, *arguments, at):
    """Return what the answer returns; a warning is not in order (but for numbers that become 0)."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(under="ignore"):
        warnings.simplefilter("always")
        value = answer(*arguments)
    said = [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]
    require(not said, f"{at} NumPy warns: “{(said or [''])[0]}”")
    return value


def far_slips(question, near, far, *slips):
    """Add slips that show only far out, as edits of the solution.

    They are found where an answer is right for the arguments ``near`` and goes wrong, or is warned of, at the same of
    the arguments ``far`` as the example.
    """
    right = question.solution.answer

    def fails(answer):
        return [
            bool(guarded(lambda z=z: close(without_warning(answer, *z, at=""), right(*z), ""), 1).problem) for z in far
        ]

    def alike(answer, wrong):
        return np.allclose(answer(*near), right(*near)) and fails(answer) == fails(wrong)

    question.slips(*slips, alike=alike, section=SOFTMAX)


def moderate(rng):
    """A table of weighted sums of both signs, two of them exactly 0."""
    return shuffled(rng, 2.5, 12.0)


def shuffled(rng, small, large):
    """The same with other numbers in the place of the fixed ones."""
    sums = np.concatenate([[0.0, 0.0, small, -small, large, -large], 2 * rng.normal(size=6)])
    return rng.permutation(sums).reshape(4, 3)


NEAR = np.linspace(-15, 15, 61)


# 1. relu

relu = Question(
    "02-activations/relu",
    draw=lambda rng: (shuffled(rng, 0.01, 1000.0),),
    why="`np.maximum` takes the larger of two numbers at each place: of z and 0, that is z where z is positive.",
    section=GALLERY,
    solution="""
        def relu(z):
            return np.maximum(z, 0)  # maximum compares element by element; max looks for one number
        """,
)


@relu.part("an array of the same shape")
def _(answer, rng):
    a = an_array(answer(moderate(rng)), (4, 3))
    require(np.ptp(a) > 0, "the result is the same number everywhere, whatever z is")
    an_array(answer(rng.normal(size=7)), (7,))
    an_array(answer(rng.normal(size=(2, 1, 3))), (2, 1, 3))
    positive = rng.uniform(1, 2, size=5)
    said = "where no number is negative, it returns the array z itself and not a new one"
    require(not np.shares_memory(an_array(answer.function(positive), (5,)), positive), said)


@relu.part("0 below zero, z above")
def _(answer, rng):
    z = 3 * rng.normal(size=50)
    z[:7] = 0, 0.001, 0.03, -0.001, -0.03, 1000, -1000
    a = an_array(answer(z), (50,))
    close(a[z > 0], z[z > 0], "a positive z must come out unchanged, be it small or large")
    close(a[z < 0], 0 * z[z < 0], "a negative z must become 0")
    close(a[0], 0, "z = 0 must stay 0")


@relu.part("stretching z stretches the output")
def _(answer, rng):
    z, factor = moderate(rng), float(rng.uniform(2, 9))
    a = an_array(answer(z), (4, 3))
    require(a.min() >= 0, "some outputs are negative")
    close(answer(factor * z), factor * a, f"z made {factor:.2f} times as large must make the output as much larger")
    close(a - an_array(answer(-z), (4, 3)), z, "the outputs for z and for −z do not fit together")


def has_a_ceiling(answer, rng):
    z = moderate(rng)
    a = answer(z)
    return 0 < a.max() < z.max() and np.allclose(a, np.clip(z, 0, a.max()))


def leaks(answer, rng):
    """Below zero a share of z, the same everywhere."""
    z = moderate(rng)
    a = answer(z)
    shares = a[z < 0] / z[z < 0]
    return 0 < shares[0] < 1 and np.allclose(shares, shares[0]) and np.array_equal(a[z >= 0], z[z >= 0])


relu.slips(
    ("absolute value", {"np.maximum(z, 0)": "np.abs(z)"},
     "Negative inputs come out as their absolute value. ReLU does not mirror them."),
    ("the negative part", {"np.maximum": "np.minimum"},
     "You keep the negative numbers and clear the positive ones. It is the other way round."),
    ("minus z", {"(z, 0)": "(-z, 0)"},
     "A negative z comes out, with its sign turned, and a positive one is silenced: your curve is mirrored."),
    ("the step", {"np.maximum(z, 0)": "z > 0"},
     "You return 1 where z is positive. That is the perceptron's step; ReLU lets z itself through.",
     {"found": lambda answer, rng: np.array_equal(answer(z := moderate(rng)), z > 0)}),
    ("leaky ReLU", {"(z, 0)": "(z, 0.01 * z)"},
     "Below zero a small share of z is left. That is leaky ReLU; this one lets nothing of it through.",
     {"found": leaks}),
    ("a ceiling", {"np.maximum(z, 0)": "np.clip(z, 0, 6)"},
     "From some z on, your output rises no more. ReLU has a floor, but no ceiling.", {"found": has_a_ceiling}),
    ("max in place of maximum", {"np.maximum": "np.max"},
     "`np.max(z, 0)` looks for the largest number along axis 0 of one array. To compare two things element by element, "
     "NumPy has another function with a longer name."),
    ("negatives left out", {"np.maximum(z, 0)": "z[z > 0]"},
     "You keep only the positive numbers, so the result is shorter than z. Each number has to keep its place."),
)  # fmt: skip


# 2. sigmoid


sigmoid = Question(
    "02-activations/sigmoid",
    draw=lambda rng: (moderate(rng),),
    why="The exponent −|z| is never positive, so nothing overflows. On the right it is the exponent of the formula; "
    "on the left, numerator and denominator are multiplied by exp(z), which changes nothing.",
    section=GALLERY,
    solution="""
        def sigmoid(z):
            e = np.exp(-np.abs(z))  # between 0 and 1, whatever z is
            return np.where(z >= 0, 1, e) / (1 + e)  # left of 0, both parts of the fraction are multiplied by exp(z)
        """,
)


@sigmoid.part("½ at 0, between 0 and 1, rising")
def _(answer, rng):
    z = np.sort(rng.uniform(-6, 6, size=30)).reshape(5, 6)
    a = an_array(answer(z), (5, 6)).ravel()
    require(a.min() > 0 and a.max() < 1, "some outputs are not between 0 and 1")
    require((np.diff(a) > 0).all(), "a larger z must give a larger output")
    close(answer(np.zeros(2)), [0.5, 0.5], "at z = 0 it must not lean to either side")
    said = "an array of whole numbers, of integers, does not give the same as one of floats"
    close(answer(np.array([-2, 0, 3])), answer(np.array([-2.0, 0, 3])), said)


@sigmoid.part("as far from 0 at −z as from 1 at z")
def _(answer, rng):
    z = rng.uniform(0.1, 8, size=12)
    total = an_array(answer(z), (12,)) + an_array(answer(-z), (12,))
    close(total, np.ones(12), "the outputs at z and at −z do not add up to 1")
    require(np.all(answer(z) > 0.5), "at a positive z it must be above ½")


@sigmoid.part("the odds a : (1 − a) grow by the factor e when z grows by 1")
def _(answer, rng):
    z = rng.uniform(-6, 5, size=12)
    now, then = an_array(answer(z), (12,)), an_array(answer(z + 1), (12,))
    close((then / (1 - then)) / (now / (1 - now)), np.full(12, np.e), "when z grows by 1 the odds grow differently")
    z = np.concatenate([z, rng.uniform(-16, 16, size=12), [8, -8, 12, -12]])
    close(answer(z), ACTIVATIONS["sigmoid"](z), "for some z between −16 and 16 it is not the sigmoid")


@sigmoid.part("right and without a warning at z = ±1000", points=2)
def _(answer, rng):
    far = float(rng.integers(800, 5000))
    for z, wanted in ((far, 1), (-far, 0)):
        at = f"at z = {z:g}".replace("-", "−")
        a = an_array(without_warning(answer, np.array([z, z / 2]), at=at), (2,))
        close(a, [wanted, wanted], f"{at} it is not what the curve comes close to", atol=1e-10)
    beside = np.array([[far, -far], [0, 1]])
    a = without_warning(answer, beside, at="where large and small z stand side by side,")
    close(a, ACTIVATIONS["sigmoid"](beside), "where large and small z stand side by side, it is not right")


def cut_short(answer, rng):
    """The sigmoid of z, with z kept between two limits."""
    highest = answer(np.array([50.0]))[0]
    limit = np.log(highest / (1 - highest))
    return limit < 14 and np.allclose(answer(NEAR), sigmoid.solution.answer(np.clip(NEAR, -limit, limit)))


WHOLE = "np.where(z >= 0, 1, e) / (1 + e)"  # what the sigmoid returns

sigmoid.slips(
    ("a lost minus sign", {"z >= 0": "z <= 0"},
     "Your curve falls. Is a minus sign lost in an exponent, or are two cases exchanged?"),
    ("missing brackets", {WHOLE: "1 / 1 + np.exp(-z)"},
     "Division comes before addition: `1 / 1 + x` is 1 + x. Put the denominator in brackets."),
    ("minus in the denominator", {WHOLE: "1 / (1 - np.exp(-z))"},
     "Near z = 0 your curve shoots off to infinity: its denominator becomes 0 there. Which sign stands in it?"),
    ("tanh", {WHOLE: "np.tanh(z)"},
     "This is tanh, the sigmoid in other units: it goes from −1 to 1. The sigmoid goes from 0 to 1."),
    ("too steep", {"np.abs(z)": "2 * np.abs(z)"},
     "The form is right, but your curve climbs twice as fast as it should. By what is z multiplied on the way?"),
    ("not steep enough", {"np.abs(z)": "np.abs(z) / 2"},
     "The form is right, but your curve climbs half as fast as it should. By what is z divided on the way?"),
    ("its slope", {WHOLE: "e / (1 + e) ** 2"},
     "This is the slope of the sigmoid, a hill over z = 0. The curve itself climbs from 0 to 1."),
    ("the odds", {WHOLE: "np.exp(z)"},
     "e to the power of z is the odds, a : (1 − a), and has no upper end. What you return should be a itself."),
    ("all share one sum", {WHOLE: "np.exp(z) / np.exp(z).sum()"},
     "Your outputs sum to 1 over the whole array, so that each depends on all the others. Here each z stands alone.",
     {"section": SOFTMAX}),
    ("one branch for both sides", {"np.where(z >= 0, 1, e)": "1"},
     "A negative z gives the same as a positive one. |z| keeps the exponent from growing, but the left half of the "
     "curve needs its own formula."),
    ("the left branch for both sides", {"np.where(z >= 0, 1, e)": "e"},
     "A positive z gives the same as a negative one: both halves of your curve come from the formula for the left."),
    ("silent on the left", {"1, e)": "1, 0)"},
     "At every negative z you return 0. The curve comes close to 0 there, but never reaches it."),
    ("cut short", {"np.abs(z)": "np.minimum(np.abs(z), 10)"},
     "From some z on, your curve stays level, and short of where it should get to. Is z clipped so closely that it "
     "shows?", {"found": cut_short}),
    ("the type of z", {WHOLE: f"({WHOLE}).astype(z.dtype)"},
     "All is right for floats, but not for an array of whole numbers. Where does the array for your results take its "
     "type from? `zeros_like` and `empty_like` take that of z."),
)  # fmt: skip
far_slips(
    sigmoid, (NEAR,), [(np.array([z]),) for z in (1000.0, -1000.0)] + [(np.array([-1000.0, 1.0, 1000.0]),)],
    ("overflow at a large positive z", {WHOLE: "np.exp(z) / (1 + np.exp(z))"},
     "e to the power of z is too large for a float once z is above 709, and infinity divided by infinity is not a "
     "number. Let no positive number into the exponential."),
    ("overflow at a large negative z", {WHOLE: "1 / (1 + np.exp(-z))"},
     "The formula is right, but at z = −1000 it asks for e to the power of 1000, too large for a float. Let no "
     "positive number into the exponential."),
    ("both formulas everywhere", {WHOLE: "np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))"},
     "An exponential overflows on both sides. If you have a formula for each side: `np.where` computes both for every "
     "z and only then chooses. Choose first what goes into the exponential."),
    ("computed from the whole array", {"e = np.exp(-np.abs(z))": "m = max(z.max(), 0)",
                           WHOLE: "np.exp(z - m) / (np.exp(-m) + np.exp(z - m))"},
     "Each z alone comes out right, but not where large and small ones stand side by side. What do you compute from "
     "the whole array?"),
)  # fmt: skip

# 3. tanh

tanh = Question(
    "02-activations/tanh",
    draw=lambda rng: (moderate(rng),),
    uses={"sigmoid": sigmoid.solution.answer},
    why="σ(2z) runs from 0 to 1, twice as fast as σ(z). Twice that, less 1, runs from −1 to 1 through 0, and is tanh.",
    section=GALLERY,
    solution="""
        def tanh(z):
            return 2 * sigmoid(2 * z) - 1  # twice as fast, twice as high, and down by 1
        """,
)


@tanh.part("0 at 0, odd, between −1 and 1")
def _(answer, rng):
    z = rng.uniform(0.1, 6, size=(4, 3))
    a = an_array(answer(z), (4, 3))
    require(np.abs(a).max() < 1, "some outputs are not between −1 and 1")
    require(a.min() > 0, "at a positive z it must be positive")
    close(answer(-z), -a, "at −z the output must be minus the output at z")
    close(answer(np.zeros(3)), np.zeros(3), "at z = 0 it is not 0")


@tanh.part("steep in the middle, flat far out")
def _(answer, rng):
    h = float(rng.uniform(1, 5)) * 1e-4
    a = an_array(answer(np.array([-h, h])), (2,))
    close((a[1] - a[0]) / (2 * h), 1, "the slope at z = 0 is not the one tanh has there", rtol=1e-5)
    a = without_warning(answer, np.array([-1000.0, 1000.0]), at="at z = ±1000")
    close(a, [-1, 1], "at z = ±1000 it is not at its ends")


@tanh.part("the ratio of (1 + a) to (1 − a), and what the definition says")
def _(answer, rng):
    z = rng.uniform(-4, 3, size=10)
    now, then = an_array(answer(z), (10,)), an_array(answer(z + 1), (10,))
    ratio = (1 + then) / (1 - then) / ((1 + now) / (1 - now))
    close(ratio, np.full(10, np.e**2), "from z to z + 1, (1 + a)/(1 − a) must grow by the factor e²")
    close(now, np.tanh(z), "for some z between −4 and 3 it is not tanh")


TWICE = "2 * sigmoid(2 * z) - 1"  # what tanh returns

tanh.slips(
    ("not run twice as fast", {"(2 * z)": "(z)"},
     "You stretch and shift the sigmoid, but it rises too slowly: the slope at 0 is ½. What happens to z first?"),
    ("z halved", {"(2 * z)": "(z / 2)"},
     "You slow the sigmoid down: z is halved before it goes in. Is tanh steeper than the sigmoid, or less steep?"),
    ("z squared", {"(2 * z)": "(z**2)"},
     "z is squared before it goes into the sigmoid, and loses its sign: −z gives the same as z."),
    ("not stretched", {TWICE: "sigmoid(2 * z)"},
     "You run the sigmoid twice as fast, but it still goes from 0 to 1."),
    ("moved, but not stretched", {TWICE: "sigmoid(2 * z) - 1"},
     "Your curve goes from −1 to 0: it has come down, but is only half as high as it should be."),
    ("centered, but not stretched", {TWICE: "sigmoid(2 * z) - 0.5"},
     "Your curve goes from −½ to ½. It runs fast enough and has its middle at 0, but it is only half as high."),
    ("not centered", {" - 1": ""},
     "The curve goes from 0 to 2. It still has to come down until it is 0 at z = 0."),
    ("centered too early", {"(2 * z) - 1": "(2 * z - 1)"},
     "You subtract 1 inside the sigmoid, which moves the curve to the right. It has to move down."),
    ("stretched too late", {TWICE: "2 * (sigmoid(2 * z) - 1)"},
     "You subtract first and double afterward, so the curve goes from −2 to 0. Look at the brackets."),
    ("the wrong way round", {TWICE: "1 - 2 * sigmoid(2 * z)"},
     "Your curve falls from 1 to −1: it is tanh turned upside down."),
    ("its slope", {TWICE: f"1 - ({TWICE}) ** 2"},
     "This is the slope of tanh, a hill over z = 0. The curve itself climbs from −1 to 1."),
    ("cut off at ±1", {TWICE: "np.clip(z, -1, 1)"},
     "Your curve is a straight line that is cut off at its ends. tanh bends all the way, and never reaches ±1."),
    ("z cut to whole numbers", {"(2 * z)": "(2 * np.trunc(z))"},
     "z is cut to a whole number before it goes in. Is there an `int`, a `//`, or an array of integers?"),
)  # fmt: skip
far_slips(
    tanh, (NEAR,), [(np.array([1000.0, -1000.0]),)],
    ("overflow", {TWICE: "(np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))"},
     "For a moderate z it is right, but not at ±1000, where an exponential overflows. Your own sigmoid already knows "
     "how to avoid that."),
)  # fmt: skip

# 4. derivative

NAMES = ("relu", "sigmoid", "tanh")


def sums_and_outputs(name, rng):
    z = moderate(rng)
    return z, ACTIVATIONS[name](z)


derivative = Question(
    "02-activations/derivative",
    observe=lambda answer, rng: tuple(answer(name, *sums_and_outputs(name, rng)) for name in NAMES),
    uses={"sigmoid": sigmoid.solution.answer},
    returns=("the slope of relu", "the slope of sigmoid", "the slope of tanh"),
    why="Each slope can be written with the output alone: ReLU has the slope 1 just where its output is above 0; the "
    "slope of the sigmoid is σ(1 − σ), and that of tanh 1 − tanh², where σ and tanh of z are the output a.",
    section=GALLERY,
    solution="""
        def derivative(name, z, a):
            if name == "relu":
                return (a > 0).astype(float)  # strictly: a >= 0 would be true everywhere
            if name == "sigmoid":
                return a * (1 - a)
            return 1 - a**2
        """,
)


def agrees_with_small_differences(answer, rng, name):
    """The slope against (f(z + h) − f(z − h))/2h, where there is no corner in between."""
    f, h = ACTIVATIONS[name], 1e-5
    for z in (moderate(rng), rng.uniform(-5, 5, size=9)):
        slope = an_array(answer(name, z, f(z)), z.shape)
        smooth = np.abs(z) > h
        moved = (f(z + h) - f(z - h)) / (2 * h)
        said = f"{name}: this is not the slope that one finds by moving z a little"
        close(slope[smooth], moved[smooth], said, rtol=1e-5, atol=1e-7)


@derivative.part("ReLU: the slope on both sides, and 0 at the corner")
def _(answer, rng):
    agrees_with_small_differences(answer, rng, "relu")
    z = np.array([0.0, 1e-300, -1e-300])
    slope = an_array(answer("relu", z, ACTIVATIONS["relu"](z)), (3,))
    require(slope[0] == 0, "relu: at z = 0 exactly, the slope must be 0 here")
    require(slope[1] == 1 and slope[2] == 0, "relu: close to the corner, the slopes of the two sides are not right")


@derivative.part("sigmoid: the slope everywhere")
def _(answer, rng):
    agrees_with_small_differences(answer, rng, "sigmoid")


@derivative.part("tanh: the slope everywhere")
def _(answer, rng):
    agrees_with_small_differences(answer, rng, "tanh")


RELU, SIGMOID, TANH = "(a > 0).astype(float)", "a * (1 - a)", "1 - a**2"

derivative.slips(
    ("relu: always 1", {"a > 0": "a >= 0"},
     "ReLU: your slope is 1 everywhere. The output is never negative, so `a >= 0` is always true.", {"section": USUAL}),
    ("relu: 1 at the corner", {"a > 0": "z >= 0"},
     "ReLU: at z = 0 your slope is 1. The comparison has to be a strict one."),
    ("relu: −1 below zero", {RELU: "np.sign(z)"},
     "ReLU: below zero your slope is −1, as if the curve fell there. It is level."),
    ("relu: the output itself", {RELU: "a"},
     "ReLU: you return the output, not its slope. How steep is the line above zero?"),
    ("relu: the slope of leaky ReLU", {RELU: "np.where(a > 0, 1, 0.01)"},
     "ReLU: below zero a small slope is left. That is leaky ReLU; here the curve is level."),
    ("sigmoid: z for a", {SIGMOID: "z * (1 - z)"},
     "Sigmoid: the right formula, with z put in. It wants the output a.", {"section": USUAL}),
    ("sigmoid: squashed twice", {SIGMOID: "sigmoid(a) * (1 - sigmoid(a))"},
     "Sigmoid: a is already the output of the sigmoid; you send it through a second time."),
    ("sigmoid: the formula of tanh", {SIGMOID: TANH},
     "Sigmoid: this is the formula of tanh. For the sigmoid it would give slopes near 1; the steepest is ¼."),
    ("sigmoid: a lost sign", {SIGMOID: "a * (a - 1)"},
     "Sigmoid: your slopes are negative, but the curve rises."),
    ("tanh: z for a", {TANH: "1 - z**2"},
     "Tanh: the right formula, with z put in. It wants the output a.", {"section": USUAL}),
    ("tanh: not squared", {TANH: "1 - a"},
     "Tanh: your slope is 2 far to the left, where the curve is flat. A square is missing."),
    ("tanh: squashed twice", {TANH: "1 - np.tanh(a)**2"},
     "Tanh: a is already the output of tanh; you send it through a second time."),
    ("tanh: a lost sign", {TANH: "a**2 - 1"},
     "Tanh: your slopes are negative, but the curve rises."),
    ("tanh: the formula of the sigmoid", {TANH: SIGMOID},
     "Tanh: this is the formula of the sigmoid. At z = 0 it gives 0, where tanh is steepest."),
    ("sigmoid and tanh exchanged", {'"sigmoid"': '"tanh"'},
     "The slopes of the sigmoid and of tanh are exchanged. Which of the two names stands beside which formula?"),
    ("the formula of ReLU for all", {'name == "relu"': "True"},
     "Whatever the name, you answer with the slope of ReLU. Is the first question always true? In `name == x or y` "
     "the `or` does not compare name with y."),
    ("the formula of the sigmoid for all", {'name == "relu"': "False", 'name == "sigmoid"': "True"},
     "Whatever the name, you answer with the slope of the sigmoid. Is that question always true? In `name == x or y` "
     "the `or` does not compare name with y."),
    ("the formula of tanh for all", {'name == "relu"': "False", 'name == "sigmoid"': "False"},
     "Whatever the name, you answer with the slope of tanh. What do you compare `name` with?"),
)  # fmt: skip

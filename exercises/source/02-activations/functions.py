"""Chapter 2, questions 1 to 4: ReLU, sigmoid, tanh and their derivatives."""

import math
import warnings

import numpy as np

from mlkit.activations import ACTIVATIONS
from mlkit.checks.expect import an_array, close, one_at_a_time, require
from mlkit.checks.question import Question

GALLERY = "The gallery"
SOFTMAX = "Softmax: one output for each class"
USUAL = "Usual mistakes"


def quietly(answer, *arguments):
    """Return what the answer returns, and what NumPy warned of on the way (but for numbers that become 0)."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(under="ignore"):
        warnings.simplefilter("always")
        value = answer(*arguments)
    return value, [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]


def without_warning(answer, *arguments, at):
    """Return what the answer returns; a warning is not in order."""
    value, said = quietly(answer, *arguments)
    require(not said, f"{at} NumPy warns: “{(said or [''])[0]}”")
    return value


def warns(answer, *arguments):
    """NumPy warns of an overflow; plain Python raises an error."""
    try:
        return bool(quietly(answer, *arguments)[1])
    except OverflowError:
        return True


def right_where_moderate(answer, definition, *parameters):
    z = np.linspace(-5, 5, 21)
    return np.allclose(answer(z, *parameters), definition(z, *parameters))


def moderate(rng):
    """A table of weighted sums of both signs, two of them exactly 0."""
    return rng.permutation(np.concatenate([[0.0, 0.0, 2.5, -2.5], 2 * rng.normal(size=8)])).reshape(4, 3)


# 1. relu

relu = Question("02-activations/relu", takes=("z",), draw=lambda rng: (moderate(rng),))


@relu.part("an array of the same shape")
def _(answer, rng):
    a = an_array(answer(moderate(rng)), (4, 3))
    require(np.ptp(a) > 0, "the result is the same number everywhere, whatever z is")
    an_array(answer(rng.normal(size=7)), (7,))
    an_array(answer(rng.normal(size=(2, 1, 3))), (2, 1, 3))


@relu.part("0 below zero, z above")
def _(answer, rng):
    z = 3 * rng.normal(size=50)
    z[7] = 0
    a = an_array(answer(z), (50,))
    close(a[z > 0], z[z > 0], "a positive z must come out unchanged")
    close(a[z < 0], 0 * z[z < 0], "a negative z must become 0")
    close(a[7], 0, "z = 0 must stay 0")


@relu.part("stretching z stretches the output")
def _(answer, rng):
    z, factor = moderate(rng), float(rng.uniform(2, 9))
    a = an_array(answer(z), (4, 3))
    require(a.min() >= 0, "some outputs are negative")
    close(answer(factor * z), factor * a, f"z made {factor:.2f} times as large must make the output as much larger")
    close(a - an_array(answer(-z), (4, 3)), z, "the outputs for z and for −z do not fit together")


def emptied_in_place(z):
    z[z < 0] = 0
    return z


relu.mistake(
    "absolute value",
    lambda z: np.abs(z),
    "Negative inputs come out as their absolute value. ReLU does not mirror them.",
    section=GALLERY,
)
relu.mistake(
    "the negative part",
    lambda z: np.minimum(z, 0),
    "You keep the negative numbers and clear the positive ones. It is the other way round.",
    section=GALLERY,
)
relu.mistake(
    "the step",
    lambda z: np.where(z > 0, 1, 0),
    "You return 1 where z is positive. That is the perceptron's step; ReLU lets z itself through.",
    section=GALLERY,
    found=lambda answer, rng: np.array_equal(answer(z := moderate(rng)), z > 0),
)
relu.mistake(
    "max in place of maximum",
    lambda z: np.max(z, 0),
    "`np.max(z, 0)` looks for the largest number along axis 0 of one array. To compare two things element by element, "
    "NumPy has another function with a longer name.",
    section=GALLERY,
)
relu.mistake(
    "one question for a whole array",
    lambda z: max(z, 0),
    "Python's `max` and `if` ask one question and want one answer, but an array has many. Use a NumPy function that "
    "works element by element.",
    section=GALLERY,
    found=lambda answer, rng: asks_once(answer, moderate(rng)),
)
relu.mistake(
    "negatives left out",
    lambda z: z[z > 0],
    "You keep only the positive numbers, so the result is shorter than z. Each number has to keep its place.",
    section=GALLERY,
)
relu.mistake(
    "the input overwritten",
    emptied_in_place,
    "You write zeros into z itself. Whoever gave it to you still needs it: the derivative asks for z again.",
    section=GALLERY,
)


ONE_NUMBER = "one number at a time"
FOR_ARRAYS = (
    "Your function takes a single number, and an array holds many. The functions of `math` and Python's `int` and "
    "`float` work on one; those of NumPy have the same names and work element by element."
)


def asks_once(answer, z):
    try:
        answer(z)
    except ValueError as error:
        return "truth value" in str(error)
    return False


# 2. sigmoid


def sigmoid_by_definition(z):
    return 1 / (1 + np.exp(-z))


sigmoid = Question("02-activations/sigmoid", takes=("z",), draw=lambda rng: (moderate(rng),))


@sigmoid.part("½ at 0, between 0 and 1, rising")
def _(answer, rng):
    z = np.sort(rng.uniform(-6, 6, size=30)).reshape(5, 6)
    a = an_array(answer(z), (5, 6)).ravel()
    require(a.min() > 0 and a.max() < 1, "some outputs are not between 0 and 1")
    require((np.diff(a) > 0).all(), "a larger z must give a larger output")
    close(answer(np.zeros(2)), [0.5, 0.5], "at z = 0 it must not lean to either side")


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
    close(now, sigmoid_by_definition(z), "for some z between −6 and 5 it is not the sigmoid")


@sigmoid.part("right and without a warning at z = ±1000", points=2)
def _(answer, rng):
    far = float(rng.integers(800, 5000))
    for z, wanted in ((far, 1), (-far, 0)):
        at = f"at z = {z:g}".replace("-", "−")
        a = an_array(without_warning(answer, np.array([z, z / 2]), at=at), (2,))
        close(a, [wanted, wanted], f"{at} it is not what the curve comes close to")
    a = without_warning(answer, np.array([[far, -far], [0, 1]]), at="where large and small z stand side by side,")
    close(a[1, :1], [0.5], "a large z beside it changes the output at z = 0")


def where_both(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


FAR = np.array([1000.0])

sigmoid.mistake(
    "a lost minus sign",
    lambda z: 1 / (1 + np.exp(z)),
    "Your curve falls. A minus sign has got lost, probably the one in the exponent.",
    section=GALLERY,
)
sigmoid.mistake(
    "missing brackets",
    lambda z: 1 / 1 + np.exp(-z),
    "Division comes before addition: `1 / 1 + x` is 1 + x. Put the denominator in brackets.",
    section=GALLERY,
)
sigmoid.mistake(
    "tanh",
    lambda z: np.tanh(z),
    "This is tanh, the sigmoid in other units: it goes from −1 to 1. The sigmoid goes from 0 to 1.",
    section=GALLERY,
)
sigmoid.mistake(
    "one branch for both sides",
    lambda z: 1 / (1 + np.exp(-np.abs(z))),
    "Taking |z| keeps the exponent from growing, but now a negative z gives the same as a positive one. The left half "
    "of the curve needs its own formula.",
    section=GALLERY,
)
sigmoid.mistake(
    "one question for a whole array",
    lambda z: 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z)),
    "`if` asks one question and wants one answer, but an array has many. Choose element by element, with a mask or a "
    "NumPy function.",
    section=GALLERY,
    found=lambda answer, rng: asks_once(answer, moderate(rng)),
)
sigmoid.mistake(
    ONE_NUMBER,
    lambda z: 1 / (1 + math.exp(-z)),
    FOR_ARRAYS,
    section=GALLERY,
    found=lambda answer, rng: one_at_a_time(answer, moderate(rng)),
)
sigmoid.mistake(
    "overflow at a large positive z",
    lambda z: np.exp(z) / (1 + np.exp(z)),
    "e to the power of z is too large for a float once z is above 709, and infinity divided by infinity is not a "
    "number. Let no positive number into the exponential.",
    section=SOFTMAX,
    found=lambda answer, rng: (
        right_where_moderate(answer, sigmoid_by_definition) and np.isnan(quietly(answer, FAR)[0]).any()
    ),
)
sigmoid.mistake(
    "both formulas everywhere",
    where_both,
    "Your two formulas are right, but `np.where` computes both of them for every z and only then chooses, so each one "
    "overflows on the other's side. Choose first what goes into the exponential.",
    section=SOFTMAX,
    found=lambda answer, rng: (
        right_where_moderate(answer, sigmoid_by_definition) and warns(answer, FAR) and warns(answer, -FAR)
    ),
)
sigmoid.mistake(
    "overflow at a large negative z",
    lambda z: 1 / (1 + np.exp(-z)),
    "The formula is right, but at z = −1000 it asks for e to the power of 1000, too large for a float. Let no positive "
    "number into the exponential.",
    section=SOFTMAX,
    found=lambda answer, rng: right_where_moderate(answer, sigmoid_by_definition) and warns(answer, -FAR),
)

# 3. tanh

tanh = Question("02-activations/tanh", takes=("z",), draw=lambda rng: (moderate(rng),))


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


tanh.mistake(
    ONE_NUMBER,
    lambda z: math.tanh(z),
    FOR_ARRAYS,
    section=GALLERY,
    found=lambda answer, rng: one_at_a_time(answer, moderate(rng)),
)
tanh.mistake(
    "not run twice as fast",
    lambda z: 2 * sigmoid_by_definition(z) - 1,
    "You stretch and shift the sigmoid, but it rises too slowly: the slope at 0 is ½. What happens to z first?",
    section=GALLERY,
)
tanh.mistake(
    "not stretched",
    lambda z: sigmoid_by_definition(2 * z),
    "You run the sigmoid twice as fast, but it still goes from 0 to 1.",
    section=GALLERY,
)
tanh.mistake(
    "not centered",
    lambda z: 2 * sigmoid_by_definition(2 * z),
    "The curve goes from 0 to 2. It still has to come down until it is 0 at z = 0.",
    section=GALLERY,
)
tanh.mistake(
    "centered too early",
    lambda z: 2 * sigmoid_by_definition(2 * z - 1),
    "You subtract 1 inside the sigmoid, which moves the curve to the right. It has to move down.",
    section=GALLERY,
)
tanh.mistake(
    "stretched too late",
    lambda z: 2 * (sigmoid_by_definition(2 * z) - 1),
    "You subtract first and double afterward, so the curve goes from −2 to 0. Look at the brackets.",
    section=GALLERY,
)
tanh.mistake(
    "the wrong way round",
    lambda z: 1 - 2 * sigmoid_by_definition(2 * z),
    "Your curve falls from 1 to −1: it is tanh turned upside down.",
    section=GALLERY,
)
tanh.mistake(
    "overflow",
    lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "The formula is right, but its exponentials overflow at z = ±1000. Your own sigmoid already knows how to avoid "
    "that.",
    section=GALLERY,
    found=lambda answer, rng: right_where_moderate(answer, np.tanh) and warns(answer, FAR),
)

# 4. derivative

NAMES = ("relu", "sigmoid", "tanh")


def derivative_by_definition(name, z, a):
    return ACTIVATIONS[name].derivative(z, a)


def sums_and_outputs(name, rng):
    z = moderate(rng)
    return z, ACTIVATIONS[name](z)


derivative = Question(
    "02-activations/derivative",
    takes=("name", "z", "a"),
    observe=lambda answer, rng: [answer(name, *sums_and_outputs(name, rng)) for name in NAMES],
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


def slip(mistake, name, formula, hint, section=GALLERY, found=None):
    """A mistake in one of the three branches."""

    def wrong(which, z, a):
        return formula(z, a) if which == name else derivative_by_definition(which, z, a)

    def same(answer, rng):
        z, a = sums_and_outputs(name, rng)
        return np.array_equal(np.shape(result := answer(name, z, a)), z.shape) and np.allclose(result, formula(z, a))

    derivative.mistake(mistake, wrong, hint, section=section, found=found or same)


def gives_booleans(answer, rng):
    return np.asarray(answer("relu", *sums_and_outputs("relu", rng))).dtype.kind == "b"


slip(
    "relu: always 1",
    "relu",
    lambda z, a: (a >= 0).astype(float),
    "ReLU: your slope is 1 everywhere. The output is never negative, so `a >= 0` is always true.",
    USUAL,
)
slip(
    "relu: 1 at the corner",
    "relu",
    lambda z, a: (z >= 0).astype(float),
    "ReLU: at z = 0 your slope is 1. The comparison has to be a strict one.",
)
slip(
    "relu: True and False",
    "relu",
    lambda z, a: a > 0,
    "ReLU: a comparison gives True and False. Slopes are numbers that will be multiplied and subtracted.",
    found=gives_booleans,
)
slip(
    "relu: the output itself",
    "relu",
    lambda z, a: a,
    "ReLU: you return the output, not its slope. How steep is the line above zero?",
)
slip(
    "sigmoid: z for a",
    "sigmoid",
    lambda z, a: z * (1 - z),
    "Sigmoid: the right formula, with z put in. It wants the output a.",
    USUAL,
)
slip(
    "sigmoid: squashed twice",
    "sigmoid",
    lambda z, a: sigmoid_by_definition(a) * (1 - sigmoid_by_definition(a)),
    "Sigmoid: a is already the output of the sigmoid; you send it through a second time.",
)
slip(
    "sigmoid: the formula of tanh",
    "sigmoid",
    lambda z, a: 1 - a**2,
    "Sigmoid: this is the formula of tanh. For the sigmoid it would give slopes near 1; the steepest is ¼.",
)
slip(
    "sigmoid: a lost sign",
    "sigmoid",
    lambda z, a: a * (a - 1),
    "Sigmoid: your slopes are negative, but the curve rises.",
)
slip(
    "tanh: z for a",
    "tanh",
    lambda z, a: 1 - z**2,
    "Tanh: the right formula, with z put in. It wants the output a.",
    USUAL,
)
slip(
    "tanh: not squared",
    "tanh",
    lambda z, a: 1 - a,
    "Tanh: your slope is 2 far to the left, where the curve is flat. A square is missing.",
)
slip(
    "tanh: squashed twice",
    "tanh",
    lambda z, a: 1 - np.tanh(a) ** 2,
    "Tanh: a is already the output of tanh; you send it through a second time.",
)
slip(
    "tanh: the formula of the sigmoid",
    "tanh",
    lambda z, a: a * (1 - a),
    "Tanh: this is the formula of the sigmoid. At z = 0 it gives 0, where tanh is steepest.",
)

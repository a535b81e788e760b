"""Chapter 2, questions 7 and 8: what a stack of layers can do, without bends and with them."""

import numpy as np

from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question

from .functions import relu

BENDS = "Why a network needs bends"
CURVE = "Bends add up to any curve"

# 7. collapse

collapse = Question(
    "02-activations/collapse",
    draw=lambda rng: (a_stack(rng, *[int(rng.integers(2, 4))] * int(rng.integers(3, 6))),),
    returns=("weights", "bias"),
    why="(XW₁)W₂ is the same as X(W₁W₂): the weights are a product. A bias is an input to all layers after its own, "
    "and goes through their matrices as well.",
    section=BENDS,
    solution="""
        def collapse(layers):
            weights, bias = layers[0]
            for W, b in layers[1:]:
                weights = weights @ W
                bias = bias @ W + b  # the bias so far goes through this layer, like any input
            return weights, bias
        """,
)


def a_stack(rng, *sizes):
    """Linear layers from one size to the next."""
    return [(rng.normal(size=(d, m)), rng.normal(size=m)) for d, m in zip(sizes, sizes[1:], strict=False)]


def through(layers, X):
    for W, b in layers:
        X = X @ W + b
    return X


def one_layer(result, d, m):
    weights, bias = a_tuple(result, 2)
    return an_array(weights, (d, m), "the first value, the weights,"), an_array(bias, (m,), "the second, the bias,")


@collapse.part("one matrix and one bias, from first size to last")
def _(answer, rng):
    for sizes in ((2, 5, 3), (4, 2, 6, 1), (3, 3, 3)):
        one_layer(answer(a_stack(rng, *sizes)), sizes[0], sizes[-1])
    layers = a_stack(rng, 3, 2)
    weights, bias = one_layer(answer(layers), 3, 2)
    close(weights, layers[0][0], "a stack of a single layer must come back as it is; the weights differ")
    close(bias, layers[0][1], "a stack of a single layer must come back as it is; the bias differs")


@collapse.part("at the origin it answers as the stack does")
def _(answer, rng):
    for sizes in ((2, 3, 2), (4, 2, 6, 5), (3, 3, 3, 3)):
        layers = a_stack(rng, *sizes)
        _, bias = one_layer(answer(layers), sizes[0], sizes[-1])
        close(bias, through(layers, np.zeros(sizes[0])), f"sizes {sizes}: the stack answers differently for X = 0")


@collapse.part("and everywhere else")
def _(answer, rng):
    for sizes in ((2, 3, 2), (4, 2, 6, 5), (3, 3, 3, 3), (3, 3, 3, 3), (2,) * 9):
        layers, X = a_stack(rng, *sizes), rng.normal(size=(7, sizes[0]))
        weights, bias = one_layer(answer(layers), sizes[0], sizes[-1])
        close(X @ weights + bias, through(layers, X), f"sizes {sizes}: the stack answers differently", rtol=1e-5)


START, PRODUCT, BIAS, RETURNED = "weights, bias = layers[0]", "weights @ W\n", "bias @ W + b", "return weights, bias"
NOTHING = "weights, bias = np.eye(len(layers[0][0])), np.zeros(len(layers[0][0]))"  # another way to start

collapse.slips(
    ("factors in the wrong order", {PRODUCT: "W @ weights\n"},
     "The first layer acts first, so with rows as examples its matrix stands on the left. Yours are multiplied the "
     "other way round."),
    ("element by element", {PRODUCT: "weights * W\n"},
     "`*` multiplies element by element. Layers in a row need the matrix product."),
    ("a transpose too many", {PRODUCT: "weights @ W.T\n"},
     "A matrix is transposed on the way. With X W + b, the shapes fit as they are."),
    ("the biases added up", {BIAS: "bias + b"},
     "You add the biases. But a bias passes through all the layers after its own, and they multiply it."),
    ("only the last bias", {BIAS: "b"},
     "Only the last layer's bias is left. The earlier ones pass through the later layers and arrive there, too."),
    ("no bias", {RETURNED: "return weights, np.zeros(len(bias))"},
     "The weights are right, but your bias is always 0."),
    ("the first bias forgotten", {START: f"{START}; bias = 0 * bias"},
     "The weights are right, and so are the later biases, but the bias of the first layer is lost. What is your bias "
     "when the loop begins?"),
    ("the last bias forgotten", {RETURNED: "return weights, bias - layers[-1][1]"},
     "The weights are right, and so are the earlier biases, but the bias of the last layer never arrives."),
    ("a bias through its own layer", {START: NOTHING, "layers[1:]": "layers", BIAS: "(bias + b) @ W"},
     "You multiply each bias by the matrix of its own layer. It is added after that matrix has done its work."),
    ("a bias before its matrix", {BIAS: "(bias + b) @ W"},
     "You add b and then multiply by W. A layer adds its bias after its matrix has done its work."),
    ("the weights changed first", {BIAS: "bias @ weights + b"},
     "You carry the bias through the product of all matrices so far. It has met only the layer at hand."),
    ("only the first layer", {"layers[1:]": "layers[:0]"},
     "You return the first layer. Does your `return` stand inside the loop?"),
    ("the first layer left out", {START: "weights, bias = layers[1]", "layers[1:]": "layers[2:]"},
     "The first layer is missing. At which layer does your loop begin, and with what?"),
    ("the last layer left out", {"layers[1:]": "layers[1:-1]"},
     "The last layer is missing. Where does your loop end?"),
    ("nothing but zeros", {RETURNED: "return 0 * weights, bias"},
     "The bias is right, but the weights are all 0. A product that begins with zeros stays zero: what should it begin "
     "with?"),
)  # fmt: skip

# 8. fit_relus

fit_relus = Question(
    "02-activations/fit-relus",
    draw=lambda rng: a_wiggle(rng, int(rng.integers(40, 70)), int(rng.integers(4, 8))),
    uses={"relu": relu.solution.answer},
    returns=("coefficients", "bias"),
    why="The sum is linear in the coefficients and the bias: it is the table times a column of these numbers. So least "
    "squares finds all of them at once.",
    section=CURVE,
    solution="""
        def fit_relus(x, y, knots):
            hidden = relu(x[:, None] - knots)  # (n, 1) − (m,) is (n, m): every x against every bend
            table = np.column_stack([hidden, np.ones(len(x))])  # the bias is the weight of a constant input
            solution, *_ = np.linalg.lstsq(table, y, rcond=None)
            return solution[:-1], solution[-1]
        """,
)


def a_wiggle(rng, n=60, m=6):
    """Points on a random curve, and places for the bends, in no order."""
    x = rng.permutation(np.linspace(-1, 1, n))
    knots = rng.permutation(np.linspace(-1, 1, m, endpoint=False) + rng.uniform(0.02, 0.1))
    return x, 2 + np.sin(4 * x + rng.normal()) + 0.3 * rng.normal(size=n), knots


def units(x, knots):
    """The outputs of the hidden ReLUs: a row for each x, a column for each bend."""
    return np.maximum(x[:, None] - knots, 0)


def curve(result, x, knots):
    coefficients, bias = a_tuple(result, 2)
    coefficients = an_array(coefficients, (len(knots),), "the first value, the coefficients,")
    return units(x, knots) @ coefficients + a_number(bias, "the second value, the bias,")


@fit_relus.part("a coefficient for each bend, and a bias")
def _(answer, rng):
    for m in (1, 4, 7):
        x, y, knots = a_wiggle(rng, m=m)
        g = curve(answer(x, y + 2 * x, knots), x, knots)  # steep on the whole: one bend alone has work to do as well
        require(np.ptp(g) > 1e-3, "the sum of the units is a level line: no bend does anything")


@fit_relus.part("a tent with a ramp behind it comes out exactly")
def _(answer, rng):
    x, knots, (floor, height, ramp) = np.linspace(-1, 3, 81), np.array([0.0, 1.0, 2.0]), rng.uniform(0.5, 2, size=3)
    y = floor + height * np.maximum(0, 1 - np.abs(x - 1)) + ramp * np.maximum(x - 2, 0)
    said = "three bends and a bias can make a tent and a ramp on a raised floor without any error; yours has one"
    close(curve(answer(x, y, knots), x, knots), y, said, atol=1e-6)


@fit_relus.part("no other coefficients would be closer")
def _(answer, rng):
    for _ in range(2):  # as many numbers, and others
        x, y, knots = a_wiggle(rng)
        missing = y - curve(answer(x, y, knots), x, knots)
        close(missing.mean(), 0, "the curve would come closer to the points if it were raised or lowered", atol=1e-6)
        said = "the curve would come closer to the points if one of the coefficients were changed"
        close(missing @ units(x, knots) / len(x), np.zeros(len(knots)), said, atol=1e-6)


@fit_relus.part("a smooth bump, closer with every doubling of the bends", points=2)
def _(answer, rng):
    # not above the bend at 0, where eight bends are hardly better than four
    x, middle = np.linspace(-1, 1, 201), float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.2))
    y = 2 + x + np.exp(-8 * (x - middle) ** 2)
    before = np.inf
    for m in (4, 8, 16, 32):
        knots = np.linspace(-1, 1, m, endpoint=False)
        error = np.abs(curve(answer(x, y, knots), x, knots) - y).max()
        require(error < 0.6 * before, f"with {m} bends the largest error is not much smaller than with half as many")
        before = error
    require(error < 0.02, "with 32 bends the bump is still 0.02 or more away somewhere")


UNITS, INSIDE, RETURNED = "relu(x[:, None] - knots)", "x[:, None] - knots", "solution[:-1], solution[-1]"
TABLE = "np.column_stack([hidden, np.ones(len(x))])"

fit_relus.slips(
    ("no bias", {TABLE: "hidden", RETURNED: "solution, 0.0"},
     "Nothing carries the bias: left of the first bend your curve is always 0. A bias is the weight of a constant "
     "input."),
    ("the bias found beforehand",
     {TABLE: "hidden", "(table, y,": "(table, y - y.mean(),", RETURNED: "solution, y.mean()"},
     "Your bias is the mean of y, and only the rest is fitted. The best bias depends on the coefficients, so all of "
     "them have to be found together."),
    ("bends on the other side of 0", {INSIDE: "x[:, None] + knots"},
     "Your units bend at −q instead of q. Check the sign between x and the knots."),
    ("units that look left", {INSIDE: "knots - x[:, None]"},
     "Your units are flat to the right of their bend and rise to the left. Check the order of x and the knots."),
    ("no ReLU", {UNITS: INSIDE},
     "Your units have no bend: all of them are straight lines, and so is their sum. The activation is missing.",
     {"section": BENDS}),
    ("ReLU too early", {UNITS: "relu(x[:, None]) - knots"},
     "You subtract the knots after the ReLU has done its work, so all your units bend at 0. What goes into the ReLU?"),
    ("steps for ramps", {UNITS: "(x[:, None] > knots).astype(float)"},
     "Your units are steps, and a sum of steps jumps. A ReLU is a ramp: it rises from its bend on."),
    ("units that look both ways", {UNITS: "np.abs(x[:, None] - knots)"},
     "Your units rise on both sides of their bend. A ReLU is 0 on the left of it."),
    ("x and y exchanged", {INSIDE: "y[:, None] - knots", "(table, y,": "(table, x,"},
     "x and y are exchanged: the bends lie on the axis of x, and y is what the sum should come to."),
    ("the bias at the wrong end", {RETURNED: "solution[1:], solution[0]"},
     "The solution is taken apart at the wrong end. It has the order of your columns: where did you put the ones?"),
    ("the ones at the wrong end", {"hidden, np.ones(len(x))": "np.ones(len(x)), hidden"},
     "The last number of the solution is not the bias. It has the order of your columns: where did you put the ones?"),
    ("the bias among the coefficients", {"solution[:-1]": "solution"},
     "You return the whole solution as coefficients, the bias among them. Take it apart."),
    ("all that lstsq returns", {"solution, *_ =": "solution =", RETURNED: "solution"},
     "`np.linalg.lstsq` returns four things, and the solution is the first of them."),
    ("lstsq's values taken apart", {"solution, *_ =": "solution ="},
     "You take apart all that `np.linalg.lstsq` returns. That is four things, and the solution is the first of them."),
    ("heights in place of coefficients", {RETURNED: "np.interp(knots, np.sort(x), y[np.argsort(x)]), 0.0"},
     "You return the heights of the curve at the bends. A coefficient says how much the sum turns there."),
    ("rows and columns exchanged", {INSIDE: "x - knots[:, None]"},
     "Your table has a row for each knot. Least squares wants a row for each x, as y has a number for each x."),
    ("ramps that begin at 0", {UNITS: "np.where(x[:, None] > knots, x[:, None], 0)"},
     "Right of its bend, a unit of yours is x itself, so it jumps there. A ReLU is 0 at its bend, and rises from it."),
    ("ramps squared", {UNITS: "relu(x[:, None] - knots) ** 2"},
     "Your ramps are squared, and bend all the way. A ReLU is a straight line on each side of its bend."),
    ("the last bend forgotten", {UNITS: "relu(x[:, None] - knots) * (np.arange(len(knots)) < len(knots) - 1)"},
     "The unit of the last knot plays no part. Does a loop end one too early?"),
)  # fmt: skip

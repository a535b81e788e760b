"""Chapter 2, questions 7 and 8: what a stack of layers can do, without bends and with them."""

import numpy as np

from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question

BENDS = "Why a network needs bends"
CURVE = "Bends add up to any curve"

# 7. collapse

collapse = Question("02-activations/collapse", takes=("layers",), draw=lambda rng: (a_stack(rng, 3, 3, 3, 3),))


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
    for sizes in ((2, 3, 2), (4, 2, 6, 5), (3, 3, 3, 3), (2,) * 9):
        layers, X = a_stack(rng, *sizes), rng.normal(size=(7, sizes[0]))
        weights, bias = one_layer(answer(layers), sizes[0], sizes[-1])
        close(X @ weights + bias, through(layers, X), f"sizes {sizes}: the stack answers differently", rtol=1e-5)


def collapsed(layers, weights_step, bias_step, first=0):
    """Go through the layers with another rule; start from the first layer (1), or from nothing (0)."""
    weights, bias = layers[0] if first else (np.eye(len(layers[0][0])), np.zeros(len(layers[0][0])))
    for W, b in layers[first:]:
        weights, bias = weights_step(weights, W), bias_step(bias, W, b)
    return weights, bias


def product(weights, W):
    return weights @ W


def carried(bias, W, b):
    return bias @ W + b


def another_rule(name, hint, *steps):
    """A mistake in one of the two rules, whichever way the loop is started."""

    def found(answer, rng):
        layers = a_stack(rng, 3, 3, 3, 3)
        weights, bias = a_tuple(answer(layers), 2)
        starts = [collapsed(layers, *steps, first=first) for first in (0, 1)]
        return any(np.allclose(weights, W) and np.allclose(bias, b) for W, b in starts)

    collapse.mistake(name, lambda layers: collapsed(layers, *steps, first=1), hint, section=BENDS, found=found)


def weights_first(layers):
    weights, bias = layers[0]
    for W, b in layers[1:]:
        weights = weights @ W
        bias = bias @ weights + b
    return weights, bias


another_rule(
    "factors in the wrong order",
    "The first layer acts first, so with rows as examples its matrix stands on the left. Yours are multiplied the "
    "other way round.",
    lambda weights, W: W @ weights,
    carried,
)
another_rule(
    "element by element",
    "`*` multiplies element by element. Layers in a row need the matrix product.",
    lambda weights, W: weights * W,
    carried,
)
another_rule(
    "a transpose too many",
    "A matrix is transposed on the way. With X W + b, the shapes fit as they are.",
    lambda weights, W: weights @ W.T,
    carried,
)
another_rule(
    "the biases added up",
    "You add the biases. But a bias passes through all the layers after its own, and they multiply it.",
    product,
    lambda bias, W, b: bias + b,
)
another_rule(
    "only the last bias",
    "Only the last layer's bias is left. The earlier ones pass through the later layers and arrive there, too.",
    product,
    lambda bias, W, b: b,
)
collapse.mistake(
    "no bias",
    lambda layers: (collapsed(layers, product, carried)[0], np.zeros(3)),
    "The weights are right, but your bias is always 0.",
    section=BENDS,
)
another_rule(
    "a bias through its own layer",
    "You multiply each bias by the matrix of its own layer. It is added after that matrix has done its work.",
    product,
    lambda bias, W, b: (bias + b) @ W,
)
collapse.mistake(
    "the weights changed first",
    weights_first,
    "You carry the bias through the product of all matrices so far. It has met only the layer at hand.",
    section=BENDS,
)
collapse.mistake(
    "only the first layer",
    lambda layers: layers[0],
    "You return the first layer. Does your `return` stand inside the loop?",
    section=BENDS,
)

# 8. fit_relus

fit_relus = Question("02-activations/fit-relus", takes=("x", "y", "knots"), draw=lambda rng: a_wiggle(rng))


def a_wiggle(rng, n=60, m=6):
    """Points on a random curve, and places for the bends."""
    x = np.linspace(-1, 1, n)
    knots = np.linspace(-1, 1, m, endpoint=False) + rng.uniform(0.02, 0.1)
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


def least_squares(columns, y):
    return np.linalg.lstsq(columns, y, rcond=None)[0]


def fitted_to(make_units):
    """Least squares with other units."""

    def wrong(x, y, knots):
        solution = least_squares(np.column_stack([make_units(x, knots), np.ones(len(x))]), y)
        return solution[:-1], solution[-1]

    return wrong


def with_ones(x, knots):
    return np.column_stack([units(x, knots), np.ones(len(x))])


def swapped(x, y, knots):
    solution = least_squares(with_ones(x, knots), y)
    return solution[1:], solution[0]


def not_taken_apart(x, y, knots):
    solution = least_squares(with_ones(x, knots), y)
    return solution, solution[-1]


fit_relus.mistake(
    "no bias",
    lambda x, y, knots: (least_squares(units(x, knots), y), 0.0),
    "Nothing carries the bias: left of the first bend your curve is always 0. A bias is the weight of a constant "
    "input.",
    section=CURVE,
)
fit_relus.mistake(
    "bends on the other side of 0",
    fitted_to(lambda x, knots: np.maximum(x[:, None] + knots, 0)),
    "Your units bend at −q instead of q. Check the sign between x and the knots.",
    section=CURVE,
)
fit_relus.mistake(
    "units that look left",
    fitted_to(lambda x, knots: np.maximum(knots - x[:, None], 0)),
    "Your units are flat to the right of their bend and rise to the left. Check the order of x and the knots.",
    section=CURVE,
)
fit_relus.mistake(
    "no ReLU",
    fitted_to(lambda x, knots: x[:, None] - knots),
    "Your units have no bend: all of them are straight lines, and so is their sum. The activation is missing.",
    section=BENDS,
)
fit_relus.mistake(
    "the bias at the wrong end",
    swapped,
    "The solution is taken apart at the wrong end. It has the order of your columns: where did you put the ones?",
    section=CURVE,
)
fit_relus.mistake(
    "the bias among the coefficients",
    not_taken_apart,
    "You return the whole solution as coefficients, the bias among them. Take it apart.",
    section=CURVE,
)
fit_relus.mistake(
    "all that lstsq returns",
    lambda x, y, knots: np.linalg.lstsq(with_ones(x, knots), y, rcond=None),
    "`np.linalg.lstsq` returns four things, and the solution is the first of them.",
    section=CURVE,
)
fit_relus.mistake(
    "heights in place of coefficients",
    lambda x, y, knots: (np.interp(knots, x, y), 0.0),
    "You return the heights of the curve at the bends. A coefficient says how much the sum turns there.",
    section=CURVE,
)
fit_relus.mistake(
    "x against knots without a second axis",
    lambda x, y, knots: (least_squares(np.maximum(x - knots, 0), y), 0.0),
    "x has n numbers and the knots are m: NumPy cannot pair them off. Make a table with a row for each x and a column "
    "for each knot; one of the two needs a second axis.",
    section=CURVE,
)
fit_relus.mistake(
    "rows and columns exchanged",
    lambda x, y, knots: least_squares(np.maximum(x - knots[:, None], 0), y),
    "Your table has a row for each knot. Least squares wants a row for each x, as y has a number for each x.",
    section=CURVE,
)

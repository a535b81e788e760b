"""Chapter 6, questions 4 and 5: units that stay equal, and the scale that an activation needs."""

import numpy as np

from mlkit.activations import ACTIVATIONS
from mlkit.checks.expect import a_number, require
from mlkit.checks.question import Question

from .scaling import RULES, size

ZEROS = "Zeros: a symmetry that never breaks"

# 4. different_units

different_units = Question(
    "06-initialization/different-units",
    takes=("W", "b", "V"),
    observe=lambda answer, rng: [answer(*many_equal(rng)) for _ in range(8)],
)


def a_layer(rng, d=3, m=6, k=2):
    """Random weights into m hidden units, their biases, and the weights out of them."""
    return rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(m, k))


def many_equal(rng, d=2, m=16, k=1):
    """Weights with few values, so that many of them agree: 0 or 1 into a unit, 2 or 3 its bias, 4, 5 or 6 out of it."""
    values, shapes = ((0, 2), (2, 4), (4, 7)), ((d, m), (m,), (m, k))
    return [rng.integers(*limits, size=shape).astype(float) for limits, shape in zip(values, shapes, strict=True)]


def in_order(layer, units):
    """The layer whose units are those of the list: with repeats, some are equal."""
    W, b, V = layer
    return W[:, units], b[units], V[units]


def brute_force(W, b, V):
    return len({(*W[:, j], b[j], *V[j]) for j in range(len(b))})


def count_of(answer, layer, wanted, said):
    count = a_number(answer(*layer))
    require(1 <= count <= len(layer[1]), "a layer cannot have as many different units as you count")
    require(count == wanted, said)


@different_units.part("all different, and all equal")
def _(answer, rng):
    for m in (2, 5, 8):
        count_of(answer, a_layer(rng, m=m), m, f"a layer of {m} units, no two of them equal: the count is not right")
        equal = in_order(a_layer(rng, m=m), [0] * m)
        count_of(answer, equal, 1, f"a layer of {m} units, all of them equal: the count is not right")
    zeros = [np.zeros(shape) for shape in ((3, 4), (4,), (4, 2))]
    count_of(answer, zeros, 1, "all weights and biases 0: the count is not right")


@different_units.part("some equal, wherever they stand")
def _(answer, rng):
    for units in ([0, 0, 1, 2], [0, 1, 2, 0, 1, 0], [0, 1, 1, 0], [3, 2, 1, 0, 3]):
        layer = in_order(a_layer(rng), rng.permutation(units))
        count_of(answer, layer, len(set(units)), "a layer in which units were repeated and mixed: the count is wrong")


@different_units.part("one number that differs is enough")
def _(answer, rng):
    for n, where in enumerate(("incoming weight", "bias", "outgoing weight")):
        layer = [array.copy() for array in in_order(a_layer(rng), [0, 0, 0, 0])]
        layer[n][(0, 2) if n == 0 else 2 if n == 1 else (2, 1)] += 0.5
        count_of(answer, layer, 2, f"equal units, and then one {where} of one of them changed: the count is wrong")
    for _ in range(10):
        layer = many_equal(rng)
        count_of(answer, layer, brute_force(*layer), "whole numbers, many of them equal: the count is wrong")


def columns(*arrays):
    return np.unique(np.vstack(arrays), axis=1).shape[1]


def neighbors(W, b, V):
    units = np.vstack([W, b, V.T])
    return 1 + np.any(units[:, 1:] != units[:, :-1], axis=0).sum()


def how_often(W, b, V):
    return np.unique(np.vstack([W, b, V.T]), axis=1, return_counts=True)[1]


different_units.mistake(
    "outgoing weights left out",
    lambda W, b, V: columns(W, b),
    "You compare what goes into the units. If their outgoing weights differ they get different deltas, and after one "
    "step they are different.",
    section=ZEROS,
)
different_units.mistake(
    "biases left out",
    lambda W, b, V: columns(W, V.T),
    "Two units with equal weights and different biases are different units. Compare the biases, too.",
    section=ZEROS,
)
different_units.mistake(
    "incoming weights alone",
    lambda W, b, V: columns(W),
    "You compare the incoming weights only. A unit owns two more things, and in either of them units can differ.",
    section=ZEROS,
)
different_units.mistake(
    "outgoing weights alone",
    lambda W, b, V: columns(V.T),
    "You compare the outgoing weights only. Units can differ in what goes into them, as well.",
    section=ZEROS,
)
different_units.mistake(
    "inputs in place of units",
    lambda W, b, V: len(np.unique(np.vstack([W, b, V.T]), axis=0)),
    "You count different rows. In W (d, m) a row belongs to an input; the weights into one hidden unit stand "
    "in a column.",
    section=ZEROS,
)
different_units.mistake(
    "numbers in place of units",
    lambda W, b, V: len(np.unique(np.vstack([W, b, V.T]))),
    "You count different numbers. Without an axis, `np.unique` forgets which number belongs to which unit.",
    section=ZEROS,
)
different_units.mistake(
    "V not turned",
    lambda W, b, V: columns(W, b, V),
    "A hidden unit's outgoing weights stand in a row of V, its incoming ones in a column of W. To put them together, "
    "turn one of the two.",
    section=ZEROS,
)
different_units.mistake(
    "neighbors alone",
    neighbors,
    "You compare each unit with the one beside it. Equal units may stand anywhere in the layer.",
    section=ZEROS,
)
different_units.mistake(
    "units without a twin",
    lambda W, b, V: (how_often(W, b, V) == 1).sum(),
    "You count the units that have no equal. A group of equal units is worth one unit, not none.",
    section=ZEROS,
)
different_units.mistake(
    "units with a twin",
    lambda W, b, V: (how_often(W, b, V) > 1).sum(),
    "You count the groups of equal units. A unit that is like no other counts as well.",
    section=ZEROS,
)
different_units.mistake(
    "the units that could go",
    lambda W, b, V: len(b) - columns(W, b, V.T),
    "You count the units one could do without. Asked for are those that are left.",
    section=ZEROS,
)


# 5. scale_for

scale_for = Question(
    "06-initialization/scale-for",
    takes=("f",),
    observe=lambda answer, rng: [answer(f) for f in SHAPES],
)

GRID = np.linspace(-12, 12, 24_001)
DENSITY = np.exp(-(GRID**2) / 2) / np.sqrt(2 * np.pi)


def mean_of(values):
    """The mean over a standard normal z of a function with these values on the grid."""
    return np.sum(values * DENSITY) * (GRID[1] - GRID[0])


def right_scale(f):
    return 1 / mean_of(f(GRID) ** 2)


def identity(z):
    return z


def shifted(z):
    return np.maximum(z - 0.4, 0)


SHAPES = [identity, np.abs, shifted, np.sin, ACTIVATIONS["elu"], lambda z: 2 * ACTIVATIONS["relu"](z)]


def two_slopes(right, left):
    """An activation that is a straight line on either side of 0."""
    return lambda z: right * np.maximum(z, 0) + left * np.minimum(z, 0)


def about(value, wanted, said):
    """Within two percent: whoever sums over a grid or over many draws is exact enough."""
    value = a_number(value)
    require(value > 0, "a scale is positive; yours is not")
    require(abs(value / wanted - 1) < 0.02, said)


@scale_for.part("1 for the identity, and for all that neither adds nor drops")
def _(answer, rng):
    about(answer(identity), 1, "f(z) = z drops nothing: the scale is not right")
    about(answer(np.abs), 1, "f(z) = |z| keeps every square: the scale is not right")
    about(answer(lambda z: -z), 1, "f(z) = −z keeps every square: the scale is not right")


@scale_for.part("how it answers to a stretched or mirrored activation")
def _(answer, rng):
    factor, f = float(rng.uniform(2, 4)), two_slopes(*rng.uniform(0.5, 1.5, size=2))
    before = a_number(answer(f))
    said = f"with f made {factor:.2f} times as large, the sums must be kept all the same: the scale does not fit"
    about(answer(lambda z: factor * f(z)), before / factor**2, said)
    about(answer(lambda z: f(-z)), before, "with f mirrored, f(−z) for f(z), nothing else is kept or dropped")


@scale_for.part("the activations of the chapter, and others")
def _(answer, rng):
    for name in ("relu", "leaky_relu", "elu", "swish", "tanh"):
        about(answer(ACTIVATIONS[name]), right_scale(ACTIVATIONS[name]), f"{name}: the scale is not right")
    bend, speed = rng.uniform(0.2, 0.6), rng.uniform(0.5, 2)
    for f, said in (
        (lambda z: np.maximum(z - bend, 0), f"a ReLU that begins at {bend:.2f}"),
        (lambda z: np.sin(speed * z), f"sin({speed:.2f} z)"),
        (lambda z: np.cos(speed * z), f"cos({speed:.2f} z)"),
    ):
        about(answer(f), right_scale(f), f"{said}: the scale is not right")


def size_after(f, scale, rng, layers=15, width=150):
    """What is left of the size of the sums in four random networks; on average, as one network strays."""
    z = rng.normal(size=(4, 10, width))
    for _ in range(layers):
        z = f(z) @ rng.normal(0, np.sqrt(scale / width), (4, width, width))
    return size(z)


@scale_for.part("fifteen layers deep the sums are as large as at the start")
def _(answer, rng):
    for _ in range(2):
        right, left = rng.uniform(0.5, 3), rng.uniform(-1, 0.4)
        f = two_slopes(right, left)
        scale = a_number(answer(f))
        require(0 < scale < 1e6, "a scale is positive, and not as large as yours")
        said = f"f with slope {right:.2f} above 0 and {left:.2f} below: weights with your scale"
        left_over = size_after(f, scale, rng)
        require(left_over > 1 / 3, f"{said} make the sums fade")
        require(left_over < 3, f"{said} make the sums grow")


def another_scale(name, hint, formula):
    """A mistake in the formula: ``formula(values)`` from the activation's values on the grid."""

    def found(answer, rng):
        return np.allclose([answer(f) for f in SHAPES], [formula(f(GRID)) for f in SHAPES], rtol=0.02, atol=0)

    scale_for.mistake(name, lambda f: formula(f(GRID)), hint, section=RULES, found=found)


def one_factor_off(answer, rng):
    """All scales are wrong by the same factor."""
    ratios = np.array([answer(f) / right_scale(f) for f in SHAPES])
    return np.allclose(ratios, ratios[0], rtol=0.02, atol=0)


def no_density(answer, rng):
    """Every z counts the same up to a limit L: the mean squares of z and z² then are L²/3 and L⁴/5."""
    return abs(answer(identity) ** 2 / answer(np.square) - 9 / 5) < 0.02 or sum_to_a_limit(answer)


def sum_to_a_limit(answer):
    """The same with an integral in place of the mean: 2L³/3 and 2L⁵/5."""
    first, second = 1 / answer(identity), 1 / answer(np.square)
    limit = np.sqrt(second / first * 5 / 3)
    return abs(first / (2 * limit**3 / 3) - 1) < 0.02


def narrow_grid(answer, rng):
    """Right where everything happens near 0, wrong where the tails count."""

    def bump(z):
        return np.exp(-8 * z**2)

    return abs(answer(bump) / right_scale(bump) - 1) < 0.03 and answer(np.square) / right_scale(np.square) > 1.03


another_scale(
    "upside down",
    "You return the share of the mean square that f keeps. The scale has to make up for it.",
    lambda values: mean_of(values**2),
)
another_scale(
    "the gain",
    "You return the factor for the standard deviation. The scale is the factor for the variance.",
    lambda values: 1 / np.sqrt(mean_of(values**2)),
)
another_scale(
    "the variance of the outputs",
    "You subtract the squared mean of f(z). The next sums do not: a mean makes them larger as well, and it is the mean "
    "square that counts.",
    lambda values: 1 / (mean_of(values**2) - mean_of(values) ** 2),
)
another_scale(
    "the square of the mean",
    "You take the mean of the absolute outputs and square it. First square, then take the mean.",
    lambda values: 1 / mean_of(np.abs(values)) ** 2,
)
another_scale(
    "not squared",
    "You take the mean of the absolute outputs. What a sum adds up are squares.",
    lambda values: 1 / mean_of(np.abs(values)),
)
another_scale(
    "the square of the density",
    "You square f and the density together. The density is the weight of each z in the mean: it stands there once, as "
    "it is.",
    lambda values: 1 / np.sum((values * DENSITY) ** 2) / (GRID[1] - GRID[0]),
)
another_scale(
    "positive z alone",
    "Only the positive half of z is in your mean. Negative sums come just as often, and f may do something with them.",
    lambda values: 1 / mean_of(values**2 * (GRID > 0)),
)
scale_for.mistake(
    "all scales off by one factor",
    lambda f: 1 / (np.sum(f(GRID) ** 2 * np.exp(-(GRID**2) / 2)) * (GRID[1] - GRID[0])),
    "All your scales are wrong by the same factor, and for f(z) = z you can see by which. Do your weights of the "
    "different z sum to 1: is the factor of the normal density there, and the step of the grid?",
    section=RULES,
    found=one_factor_off,
)
scale_for.mistake(
    "every z counts the same",
    lambda f: 1 / np.mean(f(GRID) ** 2),
    "Every z counts the same in your mean, however far out. But z is normal: values near 0 are much more frequent.",
    section=RULES,
    found=no_density,
)
scale_for.mistake(
    "a grid that is too short",
    lambda f: 1 / np.sum((f(SHORT) ** 2) * np.exp(-(SHORT**2) / 2) / np.sqrt(2 * np.pi) * (SHORT[1] - SHORT[0])),
    "Your grid ends where normal numbers still occur, and what f does with them is lost. Go further out.",
    section=RULES,
    found=narrow_grid,
)

SHORT = np.linspace(-1.5, 1.5, 3001)

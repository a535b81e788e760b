"""Chapter 6, questions 4 and 5: units that stay equal, and the scale that an activation needs."""

from functools import lru_cache

import numpy as np

from mlkit.activations import ACTIVATIONS
from mlkit.checks.expect import a_number, require
from mlkit.checks.question import Question

from .scaling import RULES, size

ZEROS = "Zeros: a symmetry that never breaks"

# 4. different_units


def a_layer(rng, d=3, m=6, k=2):
    """Random weights into m hidden units, their biases, and the weights out of them."""
    return rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(m, k))


def many_equal(rng, d=2, k=1):
    """Whole numbers, few of them, so that many units agree: 0 or 1 into a unit, from 2 its bias, from 4 out of it."""
    m, biases, outgoing = rng.integers(3, 17), rng.integers(1, 3), rng.integers(1, 4)
    values, shapes = ((0, 2), (2, 2 + biases), (4, 4 + outgoing)), ((d, m), (m,), (m, k))
    return [rng.integers(*limits, size=shape).astype(float) for limits, shape in zip(values, shapes, strict=True)]


def with_equal_inputs(rng):
    """Many units agree; and so do two inputs, while a third weighs twice what another does."""
    W, b, V = many_equal(rng, k=int(rng.integers(1, 3)))
    return np.vstack([W, W[0], 2 * W[1]]), b, V


different_units = Question(
    "06-initialization/different-units",
    observe=lambda answer, rng: answer(*with_equal_inputs(rng)),  # clues about single arguments would mislead here
    drawings=8,
    section=ZEROS,
    solution="""
        def different_units(W, b, V):
            units = np.vstack([W, b, V.T])  # one column holds all that one unit owns
            return np.unique(units, axis=1).shape[1]
        """,
    why="Whatever happens to a unit in training follows from the numbers it owns. Written into one column for each "
    "unit, equal units are equal columns, and counting the different columns counts the units.",
)


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
    W, b, V = (array.copy() for array in a_layer(rng, m=4))
    W[:, 1], b[1], V[1] = -W[:, 0], -b[0], -V[0]
    count_of(answer, (W, b, V), 4, "two units that differ in the signs of their numbers: the count is not right")


@different_units.part("some equal, wherever they stand")
def _(answer, rng):
    for units in ([0, 0, 1, 2], [0, 1, 2, 0, 1, 0], [0, 1, 1, 0], [3, 2, 1, 0, 3]):
        layer = in_order(a_layer(rng), rng.permutation(units))
        count_of(answer, layer, len(set(units)), "a layer in which units were repeated and mixed: the count is wrong")


PLACES = {"incoming weight": (0, (0, 2)), "bias": (1, 2), "outgoing weight": (2, (2, 1))}


def one_changed(rng, array, place, change):
    """Four equal units, and one number of one of them changed."""
    layer = [array.copy() for array in in_order(a_layer(rng), [0, 0, 0, 0])]
    layer[array][place] += change
    return layer


@different_units.part("one number that differs is enough")
def _(answer, rng):
    for where, (array, place) in PLACES.items():
        for change, much in ((0.5, ""), (1e-9, " very little")):
            said = f"equal units, and then one {where} of one of them changed{much}: the count is wrong"
            count_of(answer, one_changed(rng, array, place, change), 2, said)
    for _ in range(10):
        layer = many_equal(rng)
        count_of(answer, layer, brute_force(*layer), "whole numbers, many of them equal: the count is wrong")


def rounds(answer, rng):
    """Right on whole numbers, but a small difference is none."""
    layers = [with_equal_inputs(rng) for _ in range(5)]
    small = [answer(*one_changed(rng, *where, 1e-9)) for where in PLACES.values()]
    return small == [1, 1, 1] and all(answer(*layer) == brute_force(*layer) for layer in layers)


COUNT = "np.unique(units, axis=1).shape[1]"

different_units.slips(
    ("outgoing weights left out", {", V.T": ""},
     "You compare what goes into the units. If their outgoing weights differ they get different deltas, and after one "
     "step they are different."),
    ("biases left out", {"[W, b, V.T]": "[W, V.T]"},
     "Two units with equal weights and different biases are different units. Compare the biases, too."),
    ("incoming weights left out", {"[W, b, V.T]": "[b, V.T]"},
     "You compare biases and outgoing weights. Units can differ in what goes into them, as well."),
    ("incoming weights alone", {"[W, b, V.T]": "[W]"},
     "You compare the incoming weights only. A unit owns two more things, and in either of them units can differ."),
    ("outgoing weights alone", {"[W, b, V.T]": "[V.T]"},
     "You compare the outgoing weights only. Units can differ in what goes into them, as well."),
    ("inputs in place of units", {"axis=1).shape[1]": "axis=0).shape[0]"},
     "You count different rows. In W (d, m) a row belongs to an input; the weights into one hidden unit stand in a "
     "column."),
    ("the other side of the shape", {"shape[1]": "shape[0]"},
     "You count how many numbers a unit owns, which is one side of the shape of what you have. On its other side "
     "stands how many units are left."),
    ("numbers in place of units", {COUNT: "np.unique(units).size"},
     "You count different numbers. Without an axis, `np.unique` forgets which number belongs to which unit."),
    ("the rank", {COUNT: "np.linalg.matrix_rank(units)"},
     "That is the rank. It does not count a unit that is twice another, or the sum of two; and such units are "
     "different."),
    ("sums of the numbers", {"np.unique(units,": "np.unique(units.sum(axis=0, keepdims=True),"},
     "You compare one sum for each unit. Different numbers can have the same sum: compare the numbers themselves."),
    ("the order of the numbers lost", {"np.unique(units,": "np.unique(np.sort(units, axis=0),"},
     "Two units with the same numbers at different places are one unit for you. Which weight belongs to which input "
     "matters."),
    ("V not turned", {"V.T": "V"},
     "A hidden unit's outgoing weights stand in a row of V, its incoming ones in a column of W. To put them together, "
     "turn one of the two."),
    ("neighbors alone", {COUNT: "1 + np.any(units[:, 1:] != units[:, :-1], axis=0).sum()"},
     "You compare each unit with the one beside it. Equal units may stand anywhere in the layer."),
    ("all units", {"np.unique(units, axis=1)": "units"},
     "You count all units of the layer, equal or not."),
    ("units without a twin", {COUNT: "np.sum(np.unique(units, axis=1, return_counts=True)[1] == 1)"},
     "You count the units that have no equal. A group of equal units is worth one unit, not none."),
    ("units with a twin", {COUNT: "np.sum(np.unique(units, axis=1, return_counts=True)[1] > 1)"},
     "You count the groups of equal units. A unit that is like no other counts as well."),
    ("the units that could go", {COUNT: f"W.shape[1] - {COUNT}"},
     "You count the units one could do without. Asked for are those that are left."),
)  # fmt: skip
different_units.mistake(
    "nearly equal units",
    different_units.solution.edited({"np.unique(units": "np.unique(np.round(units, 4)"}),
    "Units that differ very little are equal for you. In training they would go different ways: only exactly equal "
    "ones stay together.",
    found=rounds,
)


# 5. scale_for


def relu(z):
    return np.maximum(z, 0)


def two_slopes(right, left):
    """An activation that is a straight line on either side of 0."""
    return lambda z: right * np.maximum(z, 0) + left * np.minimum(z, 0)


def shifted(bend):
    return lambda z: np.maximum(z - bend, 0)


def an_activation(rng):
    """Two slopes, around a mean that is not 0, and a bend at another place."""
    lines, bent, mean = two_slopes(*rng.uniform(0.3, 1.5, size=2)), shifted(rng.uniform(0.2, 0.6)), rng.uniform(-1, 1)
    return (lambda z: lines(z) + bent(z) + mean,)


scale_for = Question(
    "06-initialization/scale-for",
    draw=an_activation,
    section=RULES,
    solution="""
        def scale_for(f):
            z = np.linspace(-8, 8, 16_001)  # beyond 8 there is next to nothing of a normal distribution
            density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
            kept = np.trapezoid(f(z) ** 2 * density, z)  # the mean square, not the variance: the next sums see it all
            return 1 / kept
        """,
    why="The mean square of the next sums is the scale times the mean square of f(z): the fan cancels. So it is 1 "
    "again if the scale is 1 divided by what f keeps.",
)

GRID = np.linspace(-12, 12, 24_001)
DENSITY = np.exp(-(GRID**2) / 2) / np.sqrt(2 * np.pi)


def right_scale(f):
    """The mean over a standard normal z, as a sum over a grid, turned over."""
    return 1 / (np.sum(f(GRID) ** 2 * DENSITY) * (GRID[1] - GRID[0]))


def identity(z):
    return z


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
        (shifted(bend), f"a ReLU that begins at {bend:.2f}"),
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


# Activations that tell mistakes apart: even and not, with a mean and without, bent at several places
SHAPES = (np.abs, shifted(0.4), ACTIVATIONS["elu"], two_slopes(2, 0), two_slopes(0.4, 1.5), np.cos, np.square)


@lru_cache(maxsize=100)
def scales(answer):
    return np.array([answer(f) for f in SHAPES])


def to_two_percent(a, b):
    return np.allclose(a, b, rtol=0.02, atol=0)


def with_the_same_scales(answer, wrong):
    """To two percent, whatever the grid."""
    return to_two_percent(scales(answer), scales(wrong))


def the_same_for_all(answer, rng):
    return np.ptp([answer(*an_activation(rng)) for _ in range(5)]) < 1e-9


def one_factor_off(answer, rng):
    """All scales are wrong, and by the same factor."""
    ratios = scales(answer) / scales(scale_for.solution.answer)
    return to_two_percent(ratios, ratios[0]) and not to_two_percent(ratios, 1)


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


def few_draws(answer, rng):
    """A mean of draws: exact for a constant, else some percent off, and not alike for the two halves of f(z) = z.

    What the halves keep adds up to what the whole keeps, unless each call draws anew.
    """
    up, down, whole, again = (answer(f) for f in (relu, lambda z: relu(-z), identity, identity))
    off = np.abs(np.array([up / 2, down / 2, whole]) - 1)
    a_mean = abs(answer(np.ones_like) - 1) < 1e-9 and (whole != again or abs(1 / up + 1 / down - 1 / whole) < 1e-9)
    return a_mean and off.max() < 2 and off.min() > 1e-6 and abs(up / down - 1) > 1e-6


scale_for.slips(
    ("upside down", {"1 / kept": "kept"},
     "You return the share of the mean square that f keeps. The scale has to make up for it."),
    ("the gain", {"1 / kept": "1 / np.sqrt(kept)"},
     "You return the factor for the standard deviation. The scale is the factor for the variance."),
    ("the square of the scale", {"1 / kept": "1 / kept**2"},
     "You return the square of the scale. Has something been squared that is a mean square already?"),
    ("the variance of the outputs", {"density, z)": "density, z) - np.trapezoid(f(z) * density, z) ** 2"},
     "You subtract the squared mean of f(z). The next sums do not: a mean makes them larger as well, and it is the "
     "mean square that counts."),
    ("the square of the mean", {"f(z) ** 2 * density, z)": "np.abs(f(z)) * density, z) ** 2"},
     "You take the mean of the absolute outputs and square it. First square, then take the mean."),
    ("absolute values", {"f(z) ** 2": "np.abs(f(z))"},
     "You take the mean of the absolute outputs. What a sum adds up are squares."),
    ("not squared", {"f(z) ** 2": "f(z)"},
     "You take the mean of the outputs as they are. It can be 0 or negative; what a sum adds up are squares."),
    ("the mean square of the slope", {"f(z) ** 2": "np.gradient(f(z), z) ** 2"},
     "You take the mean square of the slope of f. That keeps the deltas on their way back; here the sums are to be "
     "kept on their way forward."),
    ("the square of the density", {"f(z) ** 2 * density": "(f(z) * density) ** 2"},
     "You square f and the density together. The density is the weight of each z in the mean: it stands there once, "
     "as it is."),
    ("positive z alone", {"linspace(-8": "linspace(0"},
     "Only the positive half of z is in your mean. Negative sums come just as often, and f may do something with "
     "them."),
    ("the positive half doubled", {"linspace(-8": "linspace(0", "1 / kept": "0.5 / kept"},
     "You look at positive z alone and count them twice. f need not do the same on both sides of 0."),
    alike=with_the_same_scales,
)  # fmt: skip
scale_for.mistake(
    "the same for every activation",
    scale_for.solution.edited({"1 / kept": "1.0"}),
    "Your scale is the same for every activation that was tried. What should it take from f?",
    found=the_same_for_all,
)
scale_for.mistake(
    "all scales off by one factor",
    scale_for.solution.edited({" / np.sqrt(2 * np.pi)": ""}),
    "All your scales are wrong by the same factor, and for f(z) = z you can see by which. Do your weights of the "
    "different z sum to 1: is the factor of the normal density there, and the step of the grid?",
    found=one_factor_off,
)
scale_for.mistake(
    "every z counts the same",
    scale_for.solution.edited({" * density": " / 16"}),
    "Every z counts the same in your mean, however far out. But z is normal: values near 0 are much more frequent.",
    found=no_density,
)
scale_for.mistake(
    "a grid that is too short",
    scale_for.solution.edited({"linspace(-8, 8": "linspace(-1.5, 1.5"}),
    "Your grid ends where normal numbers still occur, and what f does with them is lost. Go further out.",
    found=narrow_grid,
)
scale_for.mistake(
    "too few draws",
    lambda f: 1 / np.mean(f(np.random.default_rng(0).normal(size=10)) ** 2),
    "Your scales stray about the right ones, as a mean over a few draws does: f(z) = z and f(z) = |z| should give 1. "
    "Many more draws, or a fine grid, come closer.",
    found=few_draws,
)

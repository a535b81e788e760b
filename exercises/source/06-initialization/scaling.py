"""Chapter 6, questions 1 and 2: how large weighted sums are, and weights of any variance: variance scaling.

Drawn weights are checked by their mean square over many draws. What is allowed is six times the standard error, so
that a right answer does not fail by bad luck.
"""

import numpy as np

from mlkit.checks.expect import a_number, an_array, close, require
from mlkit.checks.question import Question

SUM = "The variance of one weighted sum"
RULES = "The rules"
USUAL = "Usual mistakes"


def size(array):
    """The root of the mean square."""
    return np.sqrt(np.mean(np.square(array)))


# 1. size_of_sums


def some_inputs(rng, middle=0.0):
    """A table of inputs, around a mean that may be far from 0."""
    n, d = rng.integers(5, 12), rng.integers(15, 40)
    return middle + rng.normal(size=(n, d))


size_of_sums = Question(
    "06-initialization/size-of-sums",
    takes=("X", "sigma"),
    draw=lambda rng: (some_inputs(rng, 1.5), float(rng.uniform(0.1, 0.4))),
)


@size_of_sums.part("twice the inputs or twice the weights: twice the size")
def _(answer, rng):
    X, sigma, factor = some_inputs(rng), float(rng.uniform(0.1, 1)), float(rng.uniform(2, 5))
    before = a_number(answer(X, sigma))
    require(before > 0, "the size is not positive")
    close(answer(factor * X, sigma), factor * before, f"inputs {factor:.2f} times as large do not give such a size")
    close(answer(X, factor * sigma), factor * before, f"weights {factor:.2f} times as large do not give such a size")


@size_of_sums.part("what changes it, and what does not")
def _(answer, rng):
    X, sigma = some_inputs(rng, 0.5), 0.3
    before = a_number(answer(X, sigma))
    close(answer(np.vstack([X, X]), sigma), before, "with every example given twice, the size has changed")
    silent = np.hstack([X, np.zeros(X.shape)])
    close(answer(silent, sigma), before, "with more inputs, which are all 0 and add nothing, the size has changed")
    require(answer(np.hstack([X, X]), sigma) > 1.2 * before, "with twice as many inputs the sums are not larger")


@size_of_sums.part("as large as the sums of drawn layers")
def _(answer, rng):
    for middle, said in ((0.0, "inputs with mean 0"), (2.0, "inputs with mean 2")):
        X, sigma = some_inputs(rng, middle), float(rng.uniform(0.1, 1))
        expected = sigma * np.sqrt((X**2).sum(axis=1).mean())
        close(answer(X, sigma), expected, f"{said}: layers drawn with this σ have sums of another size")


size_of_sums.mistake(
    "the variance of the inputs",
    lambda X, sigma: np.sqrt(X.shape[1]) * sigma * X.std(),
    "You take the variance of the inputs. It leaves their mean out, but a mean makes the sums larger too: what counts "
    "is the mean of the squares.",
    section=SUM,
)
size_of_sums.mistake(
    "the number of inputs left out",
    lambda X, sigma: sigma * size(X),
    "That is the size of a single product. A sum has as many of them as there are inputs.",
    section=SUM,
)
size_of_sums.mistake(
    "examples in place of inputs",
    lambda X, sigma: np.sqrt(len(X)) * sigma * size(X),
    "You count the examples. A unit sums over its inputs, the columns of X; each example makes a sum of its own.",
    section=SUM,
)
size_of_sums.mistake(
    "summed over the examples",
    lambda X, sigma: sigma * np.linalg.norm(X),
    "You add up the squares of all examples. The sums of one example do not grow when there are more examples.",
    section=SUM,
)
size_of_sums.mistake(
    "as if nothing canceled",
    lambda X, sigma: X.shape[1] * sigma * size(X),
    "Your size grows with the number of inputs itself. Half of the products are negative and cancel others; it is the "
    "variance that grows like this.",
    section=SUM,
)
size_of_sums.mistake(
    "σ taken for the variance",
    lambda X, sigma: np.sqrt(X.shape[1] * sigma) * size(X),
    "You use sigma as if it were the variance of the weights. It is their standard deviation.",
    section=SUM,
)
size_of_sums.mistake(
    "the variance in place of the size",
    lambda X, sigma: X.shape[1] * sigma**2 * np.mean(X**2),
    "That is the mean square of the sums, their variance. The size is its square root.",
    section=SUM,
)
size_of_sums.mistake(
    "absolute values",
    lambda X, sigma: np.sqrt(X.shape[1]) * sigma * np.abs(X).mean(),
    "You average the absolute values of the inputs. Variances add up squares, so it is the squares that count.",
    section=SUM,
)


# What questions 2 and 3 share


def weights_drawn(answer, *arguments):
    """Weights of the right shape. The arguments begin or go on with fan_in, fan_out and a generator."""
    fan_in, fan_out = [argument for argument in arguments if isinstance(argument, int)][:2]
    return an_array(answer(*arguments), (fan_in, fan_out), "the array of weights")


def expect_centered(W):
    require(np.ptp(W) > 0, "all weights are the same number")
    require(abs(W.mean()) < 6 * size(W) / np.sqrt(W.size), "the mean of the weights is not 0")


def expect_variance(W, wanted, case):
    """The mean square may be off by six standard errors; for a uniform draw that is more than enough."""
    ratio = np.mean(W**2) / wanted
    said = "large" if ratio > 1 else "small"
    require(abs(ratio - 1) < 6 * np.sqrt(2 / W.size), f"{case}: the variance of the weights is too {said}")


def expect_use_of(answer, arguments):
    """``arguments(rng)``: equal generators must give equal weights, others others."""
    first, again, other = (answer(*arguments(np.random.default_rng(seed))) for seed in (5, 5, 6))
    require(np.array_equal(first, again), "two generators made with one seed give different weights: do you use rng?")
    require(not np.array_equal(first, other), "another generator gives the same weights: do you use rng?")


def ignores_rng(question, arguments, wrong):
    """Two mistakes: a generator of one's own, with a seed and without."""

    def equal(answer, *seeds):
        first, second = (answer(*arguments(np.random.default_rng(seed))) for seed in seeds)
        return np.array_equal(first, second)

    question.mistake(
        "a seed of its own",
        lambda *given: wrong(*given, np.random.default_rng(0)),
        "Whatever rng is, your weights are the same. A generator that is made and seeded inside the function begins "
        "anew at each call, and layers of one shape would start equal.",
        section=USUAL,
        found=lambda answer, rng: equal(answer, 5, 6),
    )
    question.mistake(
        "rng not used",
        lambda *given: wrong(*given, np.random.default_rng()),
        "Your weights do not come from rng: with one seed they differ from call to call, and nobody could repeat your "
        "experiment.",
        section=USUAL,
        found=lambda answer, rng: not equal(answer, 5, 5),
    )


def mean_squares(answer, settings, rng):
    """The mean square of the weights in each setting, a function that takes a generator and returns arguments."""
    return np.array([np.mean(np.square(answer(*arguments(rng)))) for arguments in settings])


# 2. variance_scaling

MODES, DISTRIBUTIONS = ("fan_in", "fan_out", "fan_avg"), ("normal", "uniform")
KURTOSIS = {"normal": 3.0, "uniform": 1.8}

variance_scaling = Question(
    "06-initialization/variance-scaling",
    takes=("fan_in", "fan_out", "rng", "scale", "mode", "distribution"),
    draw=lambda rng: (5, 3, rng, 1.7, "fan_avg", "uniform"),
)


def fan(fan_in, fan_out, mode):
    return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]


def layer_sizes(rng):
    """A layer that becomes much narrower, and the same the other way round; both have about 50,000 weights."""
    narrow, wide = int(rng.integers(90, 120)), int(rng.integers(450, 550))
    return (narrow, wide), (wide, narrow)


def fresh(rng):
    """A new generator: an answer gets a copy of the one it is given, so the same one would draw the same again."""
    return np.random.default_rng(rng.integers(2**40))


@variance_scaling.part("one weight for each input and output, with mean 0")
def _(answer, rng):
    for distribution in DISTRIBUTIONS:
        for sizes in ((4, 7), (1, 3), *layer_sizes(rng)):
            W = weights_drawn(answer, *sizes, fresh(rng), 1.5, "fan_in", distribution)
            expect_centered(W)


@variance_scaling.part("the numbers come from rng")
def _(answer, rng):
    for distribution in DISTRIBUTIONS:
        expect_use_of(answer, lambda used, kind=distribution: (6, 4, used, 1.0, "fan_in", kind))


def expect_distribution(W, distribution):
    """The fourth moment over the squared second tells the two apart."""
    squares = W**2
    kurtosis = np.mean(squares**2) / np.mean(squares) ** 2
    said = f"distribution {distribution!r}: the weights are not spread out as in such a distribution"
    require(abs(kurtosis - KURTOSIS[distribution]) < 0.3, said)


def try_all(answer, rng, distribution):
    for sizes in layer_sizes(rng):
        for mode in MODES:
            scale = float(rng.choice([0.4, 0.6, 1.8, 2.5]))
            W = weights_drawn(answer, *sizes, fresh(rng), scale, mode, distribution)
            case = f"{distribution}, {mode}, layer of shape {sizes}, scale {scale}"
            expect_variance(W, scale / fan(*sizes, mode), case)
            expect_distribution(W, distribution)


@variance_scaling.part("normal: the variance is right for every mode and scale", points=2)
def _(answer, rng):
    try_all(answer, rng, "normal")


@variance_scaling.part("uniform: the variance is right for every mode and scale", points=2)
def _(answer, rng):
    try_all(answer, rng, "uniform")


def drawn(shape, rng, variance, distribution):
    """Weights of this variance, from either distribution."""
    if distribution == "normal":
        return rng.normal(0, np.sqrt(variance), shape)
    limit = np.sqrt(3 * variance)
    return rng.uniform(-limit, limit, shape)


def scaled(fan_in, fan_out, rng, scale, mode, distribution):
    return drawn((fan_in, fan_out), rng, scale / fan(fan_in, fan_out, mode), distribution)


SCALED = [
    lambda rng, s=sizes, c=scale, m=mode, d=distribution: (*s, fresh(rng), c, m, d)
    for sizes, scale in (((60, 400), 1.7), ((400, 60), 0.6))
    for mode in MODES
    for distribution in DISTRIBUTIONS
]


def wrongly_scaled(name, hint, variance, section=RULES):
    """A mistake that shows in the variance: ``variance(fan_in, fan_out, scale, mode, distribution)``."""

    def wrong(fan_in, fan_out, rng, scale, mode, distribution):
        return drawn((fan_in, fan_out), rng, variance(fan_in, fan_out, scale, mode, distribution), distribution)

    def found(answer, rng):
        given = [arguments(rng) for arguments in SCALED]
        expected = [variance(d, m, scale, mode, kind) for d, m, _, scale, mode, kind in given]
        return np.allclose(mean_squares(answer, SCALED, rng), expected, rtol=0.08, atol=0)

    variance_scaling.mistake(name, wrong, hint, section=section, found=found)


def only_positive(fan_in, fan_out, rng, scale, mode, distribution):
    return np.abs(scaled(fan_in, fan_out, rng, scale, mode, distribution))


def always_normal(answer, rng):
    """The variances are right, and the uniform draws have the tails of a normal distribution."""
    W = np.asarray(answer(300, 200, fresh(rng), 1.0, "fan_in", "uniform"))
    return abs(np.mean(W**2) * 300 - 1) < 0.05 and abs(np.mean(W**4) * 300**2 - 3) < 0.3


variance_scaling.mistake(
    "the shape the other way round",
    lambda fan_in, fan_out, *rest: scaled(fan_out, fan_in, *rest),
    "Your array has a row for each output. Here inputs are rows: Z = XW needs a W of shape (inputs, outputs). Other "
    "libraries have it the other way round.",
    section=USUAL,
    found=lambda answer, rng: np.shape(answer(5, 3, rng, 1.0, "fan_in", "normal")) == (3, 5),
)
ignores_rng(
    variance_scaling,
    lambda rng: (5, 3, rng, 1.0, "fan_in", "normal"),
    lambda fan_in, fan_out, rng, scale, mode, kind, own: scaled(fan_in, fan_out, own, scale, mode, kind),
)
variance_scaling.mistake(
    "no negative weights",
    only_positive,
    "None of your weights is negative, so their mean is not 0 and the sums drift away. A uniform draw must reach as "
    "far below 0 as above.",
    section=SUM,
    found=lambda answer, rng: np.min(answer(40, 30, rng, 1.0, "fan_in", "uniform")) >= 0,
)
wrongly_scaled(
    "variance taken for standard deviation",
    "The generator's `normal` wants a standard deviation. You give it the variance, so the weights are far too small.",
    lambda d, m, scale, mode, kind: (scale / fan(d, m, mode)) ** 2 * (1 if kind == "normal" else 1 / 3),
    USUAL,
)
wrongly_scaled(
    "variance taken for standard deviation, with the right width of the uniform draw",
    "You compute with the variance where the standard deviation belongs: a square root is missing, and the weights "
    "are far too small.",
    lambda d, m, scale, mode, kind: (scale / fan(d, m, mode)) ** 2,
    USUAL,
)
wrongly_scaled(
    "the standard deviation as the uniform limit",
    "Your uniform draw ends at ±σ. Most of its numbers are smaller than that, so its standard deviation is smaller, "
    "too; the limit must be further out.",
    lambda d, m, scale, mode, kind: scale / fan(d, m, mode) / (1 if kind == "normal" else 3),
)
wrongly_scaled(
    "√2 in the uniform limit",
    "The limit of your uniform draw is wider than σ, but not wide enough: two thirds of the variance are there. Do "
    "the integral for the variance of a uniform draw again.",
    lambda d, m, scale, mode, kind: scale / fan(d, m, mode) * (1 if kind == "normal" else 2 / 3),
)
wrongly_scaled(
    "a root missing in the uniform limit",
    "Your uniform draw has three times the variance it should have. The variance goes with the *square* of the limit: "
    "what repairs the one is not what repairs the other.",
    lambda d, m, scale, mode, kind: scale / fan(d, m, mode) * (1 if kind == "normal" else 3),
)
wrongly_scaled(
    "fan_in and fan_out exchanged",
    "With mode fan_in you divide by the outputs, and with fan_out by the inputs. Which one does W's first axis count?",
    lambda d, m, scale, mode, kind: scale / fan(m, d, mode),
    USUAL,
)
wrongly_scaled(
    "the sum of the fans",
    "In the mode fan_avg you divide by the sum of inputs and outputs. It asks for their mean.",
    lambda d, m, scale, mode, kind: scale / (d + m if mode == "fan_avg" else fan(d, m, mode)),
)
wrongly_scaled(
    "the mode ignored",
    "The number of inputs decides, whatever the mode says. The other two modes ask for another number to divide by.",
    lambda d, m, scale, mode, kind: scale / d,
)
wrongly_scaled(
    "the scale left out",
    "Your weights are right for scale 1, and do not change with the scale.",
    lambda d, m, scale, mode, kind: 1 / fan(d, m, mode),
)
wrongly_scaled(
    "the scale outside the root",
    "The scale multiplies the *variance*. You multiply the standard deviation by it, so it counts twice.",
    lambda d, m, scale, mode, kind: scale**2 / fan(d, m, mode),
)
wrongly_scaled(
    "the fan outside the root",
    "Only the scale is under your root. The whole variance belongs there, with the number it is divided by.",
    lambda d, m, scale, mode, kind: scale / fan(d, m, mode) ** 2,
)
variance_scaling.mistake(
    "always normal",
    lambda fan_in, fan_out, rng, scale, mode, kind: scaled(fan_in, fan_out, rng, scale, mode, "normal"),
    "The variance is right, but you draw from a normal distribution also when a uniform one is asked for.",
    section=RULES,
    found=always_normal,
)

"""Chapter 6, questions 1 and 2: how large weighted sums are, and weights of any variance: variance scaling.

Drawn weights are checked by their mean square over many draws. What is allowed is six times the standard error, so
that a right answer does not fail by bad luck. In the same way mistakes are told apart: by the shape, the size, the mean
and the tails of what is drawn, in whatever way it is drawn.
"""

import copy
from functools import lru_cache

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
    draw=lambda rng: (some_inputs(rng, 1.5), float(rng.uniform(0.1, 0.4))),
    section=SUM,
    solution="""
        def size_of_sums(X, sigma):
            d = X.shape[1]
            return np.sqrt(d * sigma**2 * np.mean(X**2))  # the mean square of the inputs: their mean counts, too
        """,
    why="A sum has as many terms as there are inputs. The weights are independent and have mean 0, so the terms do not "
    "pull in one direction: their mean squares add up, and each is that of the weights times that of an input.",
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


def strays(answer, rng):
    """Nearly right, but another number when the inputs stand in another order: only chance tells inputs apart."""
    ratios = []
    for middle in (0.0, 1.0, 3.0):
        X = some_inputs(rng, middle)
        ratios.append([answer(given, 0.3) / size_of_sums.solution.answer(X, 0.3) for given in (X, X[:, ::-1])])
    one_way, the_other = np.transpose(ratios)
    return np.allclose(ratios, 1, atol=0.4) and np.abs(one_way / the_other - 1).min() > 1e-9


WHOLE = "np.sqrt(d * sigma**2 * np.mean(X**2))"

size_of_sums.slips(
    ("the variance of the inputs", {"np.mean(X**2)": "np.var(X)"},
     "You take the variance of the inputs. It leaves their mean out, but a mean makes the sums larger too: what counts "
     "is the mean of the squares."),
    ("the variance of each input", {"d * sigma**2 * np.mean(X**2)": "sigma**2 * np.sum(np.var(X, axis=0))"},
     "You add up the variance of each input, which leaves out its mean over the examples. But a mean makes the sums "
     "larger too."),
    ("the number of inputs left out", {"d * sigma": "sigma"},
     "That is the size of a single product. A sum has as many of them as there are inputs."),
    ("divided by the number of inputs", {"d * sigma": "1 / d * sigma"},
     "Your size shrinks with the number of inputs. So must the weights be *chosen*, to make up for the many terms; "
     "here σ is given, and more terms make a larger sum."),
    ("examples in place of inputs", {"X.shape[1]": "len(X)"},
     "You count the examples. A unit sums over its inputs, the columns of X; each example makes a sum of its own."),
    ("summed over the examples", {"d * sigma**2 * np.mean(X**2)": "sigma**2 * np.sum(X**2)"},
     "You add up the squares of all examples. The sums of one example do not grow when there are more examples."),
    ("as if nothing canceled", {"np.sqrt(d * sigma": "d * np.sqrt(sigma"},
     "Your size grows with the number of inputs itself. Half of the products are negative and cancel others; it is the "
     "variance that grows like this."),
    ("inputs added before they are squared", {"d * sigma**2 * np.mean(X**2)": "sigma**2 * np.mean(X.sum(axis=1) ** 2)"},
     "You add up the inputs of an example and then square. That would be right if all weights of a unit were equal; "
     "they are independent, and each square counts by itself."),
    ("the square of the mean", {"np.mean(X**2)": "np.mean(X) ** 2"},
     "You take the mean of the inputs and square it. Positive and negative inputs cancel in a mean, but not in the "
     "size of the sums."),
    ("the mean of the examples' sizes", {WHOLE: "np.mean(np.sqrt(d * sigma**2 * np.mean(X**2, axis=1)))"},
     "You compute the size for each example and average the sizes. In a root of a mean square the root comes last."),
    ("the largest example", {WHOLE: "np.max(np.sqrt(d * sigma**2 * np.mean(X**2, axis=1)))"},
     "That is the size of the sums for the largest example alone. The mean goes over all of them."),
    ("σ taken for the variance", {"sigma**2": "sigma"},
     "You use sigma as if it were the variance of the weights. It is their standard deviation."),
    ("the variance in place of the size", {"np.sqrt(": "("},
     "That is the mean square of the sums, their variance. The size is its square root."),
    ("absolute values", {"np.mean(X**2)": "np.mean(np.abs(X)) ** 2"},
     "You average the absolute values of the inputs. Variances add up squares, so it is the squares that count."),
)  # fmt: skip
size_of_sums.mistake(
    "drawn in place of computed",
    lambda X, sigma: size(X @ np.random.default_rng().normal(0, sigma, (X.shape[1], 200))),
    "Your number is nearly right and strays by chance: it looks drawn. What comes out on average over all draws can be "
    "computed.",
    found=strays,
)


# What questions 2 and 3 share


def weights_drawn(answer, *arguments):
    """Weights of the right shape. The arguments begin or go on with fan_in, fan_out and a generator."""
    fan_in, fan_out = [argument for argument in arguments if isinstance(argument, int)][:2]
    return an_array(answer(*arguments), (fan_in, fan_out), "the array of weights")


def expect_centered(W):
    require(np.ptp(W) > 0, "all weights are the same number")
    for axis in (axis for axis in (0, 1) if W.shape[axis] > 1):
        require(np.ptp(W, axis=axis).min() > 0, "whole rows or columns of the weights hold one number")
    require(abs(W.mean()) < 6 * size(W) / np.sqrt(W.size), "the mean of the weights is not 0")


def expect_variance(W, wanted, case):
    """The mean square may be off by six standard errors; for a uniform draw that is more than enough."""
    ratio = np.mean(W**2) / wanted
    said = "large" if ratio > 1 else "small"
    require(abs(ratio - 1) < 6 * np.sqrt(2 / W.size), f"{case}: the variance of the weights is too {said}")


KURTOSIS = {"normal": 3.0, "uniform": 1.8}


def kurtosis(W):
    """The fourth moment over the squared second: it tells distributions apart."""
    return np.mean(W**4) / np.mean(W**2) ** 2


def expect_distribution(W, distribution):
    said = f"distribution {distribution!r}: the weights are not spread out as in such a distribution"
    require(abs(kurtosis(W) - KURTOSIS[distribution]) < 0.3, said)


def expect_use_of(answer, arguments):
    """``arguments(rng)``: equal generators must give equal weights, others others, and one does not begin anew."""
    first, again, other = (answer(*arguments(np.random.default_rng(seed))) for seed in (5, 5, 6))
    require(np.array_equal(first, again), "two generators made with one seed give different weights: do you use rng?")
    require(not np.array_equal(first, other), "another generator gives the same weights: do you use rng?")
    same = np.array_equal(*in_a_row(answer, arguments))
    require(not same, "two layers in a row, drawn with one generator, have the same weights")


@lru_cache(maxsize=100)
def looks(answer, settings):
    """What is seen of the weights in each setting: rows, columns, mean, logarithm of the size, and the tails."""
    drawn = [np.asarray(answer(*setting(np.random.default_rng(n)))) for n, setting in enumerate(settings)]
    return np.array([[*W.shape, W.mean() / size(W), np.log(size(W)), kurtosis(W)] for W in drawn])


def looks_like(answer, wrong, settings):
    return np.allclose(looks(answer, settings), looks(wrong, settings), rtol=0, atol=(0, 0, 0.04, 0.03, 0.3))


def drawn_slips(question, settings, *slips):
    """As `Question.slips`; recognized by what the weights look like in the settings, functions of a generator."""
    question.slips(*slips, alike=lambda answer, wrong: looks_like(answer, wrong, settings))


def in_a_row(answer, setting):
    """Two layers, both with one generator and not with copies of it."""
    rng = np.random.default_rng(5)
    return [answer.function(*setting(rng)) for _ in range(2)]


def ignores_rng(question, first_line, setting):
    """Three mistakes: a generator of one's own, with a seed and without, and a copy of the one that is given."""

    def twice(answer, *seeds):
        first, second = (answer(*setting(np.random.default_rng(seed))) for seed in seeds)
        return np.array_equal(first, second) and np.ptp(first) > 0

    question.mistake(
        "a seed of its own",
        question.solution.edited({first_line: f"rng = np.random.default_rng(0)\n    {first_line}"}),
        "Whatever rng is, your weights are the same. A generator that is made and seeded inside the function begins "
        "anew at each call, and layers of one shape would start equal.",
        section=USUAL,
        found=lambda answer, rng: twice(answer, 5, 6),
    )
    question.mistake(
        "rng not used",
        question.solution.edited({first_line: f"rng = np.random.default_rng()\n    {first_line}"}),
        "Your weights do not come from rng: with one seed they differ from call to call, and nobody could repeat your "
        "experiment.",
        section=USUAL,
        found=lambda answer, rng: not twice(answer, 5, 5),
    )
    question.mistake(
        "a copy of rng",
        question.solution.edited({first_line: f"rng = copy.deepcopy(rng)\n    {first_line}"}),
        "Two layers in a row, drawn with one generator, have the same weights. Is rng copied, or set back?",
        section=USUAL,
        found=lambda answer, rng: np.array_equal(*in_a_row(answer, setting)) and not twice(answer, 5, 6),
    )


# 2. variance_scaling

MODES, DISTRIBUTIONS = ("fan_in", "fan_out", "fan_avg"), ("normal", "uniform")


def a_draw(rng):
    """A small layer, a scale, a mode and a distribution."""
    fan_in, fan_out = (int(n) for n in rng.integers(2, 10, size=2))
    mode, distribution = str(rng.choice(MODES)), str(rng.choice(DISTRIBUTIONS))
    return fan_in, fan_out, rng, float(rng.uniform(0.3, 3)), mode, distribution


variance_scaling = Question(
    "06-initialization/variance-scaling",
    draw=a_draw,
    drawings=20,
    uses={"copy": copy},
    section=USUAL,
    solution="""
        def variance_scaling(fan_in, fan_out, rng, scale, mode, distribution):
            fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
            sigma = np.sqrt(scale / fans[mode])
            if distribution == "normal":
                return rng.normal(0, sigma, (fan_in, fan_out))
            limit = np.sqrt(3) * sigma  # evenly up to ±limit, the variance is limit²/3
            return rng.uniform(-limit, limit, (fan_in, fan_out))
        """,
    why="The rule fixes the variance and nothing else. A normal draw wants its root; an even one wants its ends, and "
    "they must lie further out than σ, since most of its numbers lie closer to 0 than its ends.",
)


def fan(fan_in, fan_out, mode):
    return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]


def layer_sizes(rng, times=1):
    """A layer that becomes much narrower, and the same the other way round; both have about 12,000 weights, or more."""
    narrow, wide = int(rng.integers(45, 55)), int(times * rng.integers(220, 260))
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
    small = np.array([weights_drawn(answer, 1, 2, fresh(rng), 1.0, "fan_avg", "normal") for _ in range(400)])
    expect_variance(small, 1 / fan(1, 2, "fan_avg"), "normal, fan_avg, many layers of shape (1, 2)")


@variance_scaling.part("uniform: the variance is right for every mode and scale", points=2)
def _(answer, rng):
    try_all(answer, rng, "uniform")


SCALED = tuple(
    lambda rng, s=sizes, c=scale, m=mode, d=distribution: (*s, rng, c, m, d)
    for sizes, scale in (((60, 400), 1.7), ((400, 60), 0.6))
    for mode in MODES
    for distribution in DISTRIBUTIONS
)

ignores_rng(variance_scaling, "fans = {", lambda rng: (5, 3, rng, 1.0, "fan_in", "normal"))
drawn_slips(
    variance_scaling, SCALED,
    ("the shape the other way round",
     {"sigma, (fan_in, fan_out)": "sigma, (fan_out, fan_in)", "limit, (fan_in, fan_out)": "limit, (fan_out, fan_in)"},
     "Your array has a row for each output. Here inputs are rows: Z = XW needs a W of shape (inputs, outputs). Other "
     "libraries have it the other way round."),
    ("σ as the mean", {"rng.normal(0, sigma": "rng.normal(sigma, 1"},
     "Your normal weights have a mean that is not 0. The generator's `normal` takes the mean first, and then the "
     "standard deviation."),
    ("the variance given to `normal`", {"rng.normal(0, sigma": "rng.normal(0, scale / fans[mode]"},
     "Your uniform weights are right. But the generator's `normal` wants a standard deviation, and gets the variance."),
    ("the variance given to both draws",
     {"np.sqrt(scale / fans[mode])": "scale / fans[mode]", "np.sqrt(3) * sigma": "sigma"},
     "The generator's `normal` wants a standard deviation, and `uniform` the two ends. You give the variance to both."),
    ("a root left out", {"np.sqrt(scale / fans[mode])": "scale / fans[mode]"},
     "You compute with the variance where the standard deviation belongs, for both distributions."),
    ("the standard deviation as the uniform limit", {"np.sqrt(3) * sigma": "sigma"},
     "Your uniform draw ends at ±σ. Most of its numbers are smaller than that, so its standard deviation is smaller, "
     "too; the limit must be further out.", {"section": RULES}),
    ("√2 in the uniform limit", {"np.sqrt(3)": "np.sqrt(2)"},
     "The limit of your uniform draw is wider than σ, but not wide enough: two thirds of the variance are there. Do "
     "the integral for the variance of a uniform draw again.", {"section": RULES}),
    ("a root missing in the uniform limit", {"np.sqrt(3)": "3"},
     "Your uniform draw has three times the variance it should have. The variance goes with the *square* of the limit: "
     "what repairs the one is not what repairs the other.", {"section": RULES}),
    ("the width for the limit", {"np.sqrt(3)": "np.sqrt(12)"},
     "Your uniform draw has four times the variance it should have: it is twice as wide. Is √12 σ the whole width, or "
     "the way from 0 to one end?", {"section": RULES}),
    ("fan_in and fan_out exchanged", {'"fan_in": fan_in, "fan_out": fan_out': '"fan_in": fan_out, "fan_out": fan_in'},
     "With mode fan_in you divide by the outputs, and with fan_out by the inputs. Which one does W's first axis "
     "count?"),
    ("the sum of the fans", {"(fan_in + fan_out) / 2": "fan_in + fan_out"},
     "In the mode fan_avg you divide by the sum of inputs and outputs. It asks for their mean.", {"section": RULES}),
    ("the mean of the fans without brackets", {"(fan_in + fan_out) / 2": "fan_in + fan_out / 2"},
     "In the mode fan_avg only the outputs are halved: division comes before addition.", {"section": RULES}),
    ("the mode ignored", {"fans[mode]": "fan_in"},
     "The number of inputs decides, whatever the mode says. The other two modes ask for another number to divide by.",
     {"section": RULES}),
    ("divided by all weights", {"fans[mode]": "(fan_in * fan_out)"},
     "You divide by the number of all weights. A unit sums over its own alone.", {"section": RULES}),
    ("multiplied by the fan", {"scale / fans": "scale * fans"},
     "Your weights grow with the fan. The more terms a sum has, the smaller each of them must be.", {"section": RULES}),
    ("the scale left out", {"scale /": "1 /"},
     "Your weights are right for scale 1, and do not change with the scale.", {"section": RULES}),
    ("the scale outside the root", {"np.sqrt(scale / fans[mode])": "scale * np.sqrt(1 / fans[mode])"},
     "The scale multiplies the *variance*. You multiply the standard deviation by it, so it counts twice.",
     {"section": RULES}),
    ("the fan outside the root", {"np.sqrt(scale / fans[mode])": "np.sqrt(scale) / fans[mode]"},
     "Only the scale is under your root. The whole variance belongs there, with the number it is divided by.",
     {"section": RULES}),
    ("always normal", {'if distribution == "normal"': "if True"},
     "The variance is right, but you draw from a normal distribution also when a uniform one is asked for.",
     {"section": RULES}),
    ("always uniform", {'if distribution == "normal"': "if False"},
     "The variance is right, but you draw from a uniform distribution also when a normal one is asked for.",
     {"section": RULES}),
)  # fmt: skip
variance_scaling.mistake(
    "no negative weights",
    variance_scaling.solution.edited({"rng.uniform(-limit": "rng.uniform(0"}),
    "None of your uniform weights is negative, so their mean is not 0 and the sums drift away. The draw must reach as "
    "far below 0 as above.",
    section=SUM,
    found=lambda answer, rng: np.min(answer(40, 30, rng, 1.0, "fan_in", "uniform")) >= 0,
)

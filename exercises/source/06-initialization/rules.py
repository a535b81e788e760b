"""Chapter 6, question 3: the rules of LeCun, Glorot and He."""

import numpy as np

from mlkit.checks.question import Question

from .scaling import (
    RULES,
    drawn,
    expect_centered,
    expect_use_of,
    expect_variance,
    fresh,
    ignores_rng,
    layer_sizes,
    mean_squares,
    weights_drawn,
)

# 3. initialize

NAMES = ("lecun", "glorot", "he")

initialize = Question(
    "06-initialization/initialize",
    takes=("rule", "fan_in", "fan_out", "rng", "alpha"),
    draw=lambda rng: ("he", 5, 3, rng, 0.5),
)


def variance_of(rule, d, m, alpha):
    return {"lecun": 1 / d, "glorot": 2 / (d + m), "he": 2 / ((1 + alpha**2) * d)}[rule]


def try_rule(answer, rng, rule, alphas):
    for sizes in layer_sizes(rng):
        for alpha in alphas:
            W = weights_drawn(answer, rule, *sizes, fresh(rng), alpha)
            expect_variance(W, variance_of(rule, *sizes, alpha), f"{rule}, layer of shape {sizes}, α = {alpha:.2f}")


@initialize.part("one weight for each input and output, drawn from rng with mean 0")
def _(answer, rng):
    for rule in NAMES:
        for sizes in ((4, 7), *layer_sizes(rng)):
            expect_centered(weights_drawn(answer, rule, *sizes, fresh(rng), 0.0))
        expect_use_of(answer, lambda used, name=rule: (name, 6, 4, used, 0.0))


@initialize.part("LeCun keeps the size on the way forward")
def _(answer, rng):
    try_rule(answer, rng, "lecun", [0.0])


@initialize.part("Glorot stands between forward and backward")
def _(answer, rng):
    try_rule(answer, rng, "glorot", [0.0])


@initialize.part("He makes up for what a ReLU drops")
def _(answer, rng):
    try_rule(answer, rng, "he", [0.0])


@initialize.part("α: He makes up for a leaky ReLU, the others do not ask for it")
def _(answer, rng):
    for rule in NAMES:
        try_rule(answer, rng, rule, [float(rng.uniform(0.4, 0.6)), 1.0])


RULED = [
    lambda rng, r=rule, s=sizes, a=alpha: (r, *s, fresh(rng), a)
    for rule in NAMES
    for sizes in ((60, 400), (400, 60))
    for alpha in (0.0, 0.5, 1.0)
]


def another_rule(name, hint, section=RULES, **changed):
    """A mistake in the variance of one of the rules: ``he=lambda d, m, alpha: ...``."""

    def variance(rule, d, m, alpha):
        return changed[rule](d, m, alpha) if rule in changed else variance_of(rule, d, m, alpha)

    def wrong(rule, fan_in, fan_out, rng, alpha):
        return drawn((fan_in, fan_out), rng, variance(rule, fan_in, fan_out, alpha), "normal")

    def found(answer, rng):
        given = [arguments(rng) for arguments in RULED]
        expected = [variance(rule, d, m, alpha) for rule, d, m, _, alpha in given]
        return np.allclose(mean_squares(answer, RULED, rng), expected, rtol=0.08, atol=0)

    initialize.mistake(name, wrong, hint, section=section, found=found)


ignores_rng(
    initialize,
    lambda rng: ("lecun", 5, 3, rng, 0.0),
    lambda rule, d, m, rng, alpha, own: own.normal(0, np.sqrt(variance_of(rule, d, m, alpha)), (d, m)),
)
another_rule(
    "Glorot: the 2 counted twice",
    "Your Glorot weights have twice the variance. The 2 in its formula is the one of the mean of two fans: who divides "
    "by the mean has used it already.",
    glorot=lambda d, m, alpha: 4 / (d + m),
)
another_rule(
    "Glorot: the 2 lost",
    "Your Glorot weights have half the variance. It divides by the mean of both fans, not by their sum.",
    glorot=lambda d, m, alpha: 1 / (d + m),
)
another_rule(
    "Glorot: brackets lost",
    "Division comes before addition: `2 / fan_in + fan_out` adds the number of outputs to the variance. Put the sum in "
    "brackets.",
    glorot=lambda d, m, alpha: 2 / d + m,
)
another_rule(
    "Glorot: forward only",
    "Your Glorot is LeCun's rule. It should look at the outputs of the layer, too.",
    glorot=lambda d, m, alpha: 1 / d,
)
another_rule(
    "He: the 2 lost",
    "Your He weights have half the variance: for a ReLU it is LeCun's rule. A ReLU drops half of the mean square at "
    "each layer.",
    he=lambda d, m, alpha: 1 / ((1 + alpha**2) * d),
)
another_rule(
    "He: α left out",
    "For a ReLU your He weights are right, but α changes nothing. A leaky ReLU lets something of the negative half "
    "through, and the weights may be smaller.",
    he=lambda d, m, alpha: 2 / d,
)
another_rule(
    "He: α not squared",
    "For a ReLU your He weights are right, for a leaky one they are too small. What counts is the mean *square* of "
    "what is let through.",
    he=lambda d, m, alpha: 2 / ((1 + alpha) * d),
)
another_rule(
    "He: upside down",
    "Your scale is the share of the mean square that the activation keeps. It has to make up for that share.",
    he=lambda d, m, alpha: (1 + alpha**2) / 2 / d,
)
another_rule(
    "He: larger with α",
    "Your He weights grow with α. The more a leaky ReLU lets through, the less there is to make up for.",
    he=lambda d, m, alpha: 2 * (1 + alpha**2) / d,
)
another_rule(
    "He: the gain as the scale",
    "You use the gain, the factor of the *standard deviation*, where the factor of the variance belongs.",
    he=lambda d, m, alpha: np.sqrt(2 / (1 + alpha**2)) / d,
)
another_rule(
    "He: the variance of the outputs",
    "Your He weights are too large. A ReLU's outputs have a mean that is not 0, and it helps to make the next sums "
    "large: count the mean square, not the variance.",
    he=lambda d, m, alpha: 1 / d / ((1 + alpha**2) / 2 - (1 - alpha) ** 2 / (2 * np.pi)),
)
another_rule(
    "He: the outputs counted",
    "Your He weights depend on the number of outputs. That keeps the deltas; the rule in the table keeps the sums on "
    "their way forward.",
    he=lambda d, m, alpha: 2 / ((1 + alpha**2) * m),
)
another_rule(
    "He: the mean of the fans",
    "Your He weights depend on inputs and outputs. Only Glorot's rule looks at both.",
    he=lambda d, m, alpha: 4 / ((1 + alpha**2) * (d + m)),
)
another_rule(
    "LeCun: the outputs counted",
    "Your LeCun weights depend on the number of outputs. To keep the sums on their way forward, count what is summed.",
    lecun=lambda d, m, alpha: 1 / m,
)
another_rule(
    "0.01 whatever the rule",
    "Your weights have the standard deviation 0.01 for every rule and every layer. The rules say how it depends on the "
    "size of the layer.",
    **dict.fromkeys(NAMES, lambda d, m, alpha: 1e-4),
)
another_rule(
    "the ReLU's factor in all rules",
    "The factor that makes up for a ReLU, leaky or not, stands in all your rules. It belongs to He's only: LeCun and "
    "Glorot suppose that nothing is dropped.",
    lecun=lambda d, m, alpha: 2 / ((1 + alpha**2) * d),
    glorot=lambda d, m, alpha: 4 / ((1 + alpha**2) * (d + m)),
)

"""Chapter 6, question 3: the rules of LeCun, Glorot and He."""

import copy

import numpy as np

from mlkit.checks.question import Question

from .scaling import (
    RULES,
    USUAL,
    drawn_slips,
    expect_centered,
    expect_distribution,
    expect_use_of,
    expect_variance,
    fresh,
    ignores_rng,
    layer_sizes,
    looks,
    variance_scaling,
    weights_drawn,
)

# 3. initialize

NAMES = ("lecun", "glorot", "he")


def a_layer(rng):
    """A rule, a small layer, and a slope below zero."""
    fan_in, fan_out = (int(n) for n in rng.integers(2, 7, size=2))
    return str(rng.choice(NAMES)), fan_in, fan_out, rng, float(rng.choice([0, rng.uniform(0.2, 0.8)]))


initialize = Question(
    "06-initialization/initialize",
    draw=a_layer,
    drawings=12,
    uses={"variance_scaling": variance_scaling.solution.answer, "copy": copy},
    section=RULES,
    solution="""
        def initialize(rule, fan_in, fan_out, rng, alpha=0.0):
            if rule == "glorot":
                return variance_scaling(fan_in, fan_out, rng, 1.0, "fan_avg", "normal")
            scale = 2 / (1 + alpha**2) if rule == "he" else 1.0  # what leaky ReLU keeps of the mean square, turned over
            return variance_scaling(fan_in, fan_out, rng, scale, "fan_in", "normal")
        """,
    why="A rule is a fan and a scale. Glorot looks both ways and takes the mean fan; the other two look forward, and "
    "He's scale makes up for the part of the mean square that the activation drops.",
)


def try_rule(answer, rng, rule, alphas, times=1):
    for d, m in layer_sizes(rng, times):
        for alpha in alphas:
            W = weights_drawn(answer, rule, d, m, fresh(rng), alpha)
            variance = {"lecun": 1 / d, "glorot": 2 / (d + m), "he": 2 / ((1 + alpha**2) * d)}[rule]
            expect_variance(W, variance, f"{rule}, layer of shape {d, m}, α = {alpha:.2f}")
            expect_distribution(W, "normal")


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
    for rule, times in (("lecun", 1), ("glorot", 1), ("he", 4)):
        try_rule(answer, rng, rule, [float(rng.uniform(0.55, 0.75)), 1.0], times)


CASES = [(rule, *sizes, alpha) for rule in NAMES for sizes in ((60, 400), (400, 60)) for alpha in (0.0, 0.5, 0.9)]
RULED = tuple(lambda rng, r=rule, s=sizes, a=alpha: (r, *s, rng, a) for rule, *sizes, alpha in CASES)


def uses_alpha(answer, rng):
    """Right where α is 0 and for He's rule; wrong elsewhere."""
    right = np.isclose(looks(answer, RULED)[:, 3], looks(initialize.solution.answer, RULED)[:, 3], rtol=0, atol=0.03)
    asked = np.array([rule == "he" or alpha == 0 for rule, *_, alpha in CASES])
    return right[asked].all() and not right[~asked].all()


ignores_rng(initialize, 'if rule == "glorot"', lambda rng: ("lecun", 5, 3, rng, 0.0))
drawn_slips(
    initialize, RULED,
    ("the shape the other way round", {'"fan_avg", "normal")': '"fan_avg", "normal").T',
                                       '"fan_in", "normal")': '"fan_in", "normal").T'},
     "Your array has a row for each output. Inputs are rows: the shape is (inputs, outputs).", {"section": USUAL}),
    ("uniform", {'"fan_avg", "normal"': '"fan_avg", "uniform"', '"fan_in", "normal"': '"fan_in", "uniform"'},
     "The variances are right, but your weights are drawn evenly. Here a normal distribution is asked for."),
    ("the variance for the standard deviation",
     {"rng, 1.0": "rng, 2 / (fan_in + fan_out)", "rng, scale": "rng, scale**2 / fan_in"},
     "Your standard deviation is what the variance should be. Which of the two does the generator's `normal` want?",
     {"section": USUAL}),
    ("0.01 whatever the rule",
     {'if rule == "glorot"': "if True", 'rng, 1.0, "fan_avg"': 'rng, 1e-4 * fan_in, "fan_in"'},
     "Your weights have the standard deviation 0.01 for every rule and every layer. The rules say how it depends on "
     "the size of the layer."),
    ("Glorot: the 2 counted twice", {"rng, 1.0": "rng, 2.0"},
     "Your Glorot weights have twice the variance. The 2 in its formula is the one of the mean of two fans: who "
     "divides by the mean has used it already."),
    ("Glorot: the 2 lost", {"rng, 1.0": "rng, 0.5"},
     "Your Glorot weights have half the variance. The rule divides by the mean of both fans, not by their sum."),
    ("Glorot: the number of the uniform form", {"rng, 1.0": "rng, 3.0"},
     "Your Glorot weights have three times the variance. The 6 that stands in books belongs to the limit of a uniform "
     "draw."),
    ("Glorot: brackets lost", {'rng, 1.0, "fan_avg"': 'rng, 2 + fan_in * fan_out, "fan_in"'},
     "Division comes before addition: `2 / fan_in + fan_out` adds the number of outputs to the variance. Put the sum "
     "in brackets."),
    ("Glorot: forward only", {'"fan_avg"': '"fan_in"'},
     "Your Glorot is LeCun's rule. It should look at the outputs of the layer, too."),
    ("He: the 2 lost", {"2 / (1": "1 / (1"},
     "Your He weights have half the variance: for a ReLU it is LeCun's rule. A ReLU drops half of the mean square at "
     "each layer."),
    ("He: α left out", {"2 / (1 + alpha**2)": "2"},
     "For a ReLU your He weights are right, but α changes nothing. A leaky ReLU lets something of the negative half "
     "through, and the weights may be smaller."),
    ("He: α not squared", {"alpha**2": "alpha"},
     "For a ReLU your He weights are right, for a leaky one they are too small. What counts is the mean *square* of "
     "what is let through."),
    ("He: 1 + α squared as a whole", {"(1 + alpha**2)": "(1 + alpha) ** 2"},
     "For a ReLU your He weights are right, for a leaky one far too small. Of 1 and α each is squared by itself: one "
     "belongs to the positive half, one to the negative."),
    ("He: 1 − α²", {"1 + alpha": "1 - alpha"},
     "Your He weights grow with α. What the negative half lets through is added to what the positive half keeps."),
    ("He: upside down", {"2 / (1 + alpha**2)": "(1 + alpha**2) / 2"},
     "Your scale is the share of the mean square that the activation keeps. It has to make up for that share."),
    ("He: larger with α", {"2 / (1": "2 * (1"},
     "Your He weights grow with α. The more a leaky ReLU lets through, the less there is to make up for."),
    ("He: the gain as the scale", {"2 / (1 + alpha**2)": "np.sqrt(2 / (1 + alpha**2))"},
     "You use the gain, the factor of the *standard deviation*, where the factor of the variance belongs."),
    ("He: the variance of the outputs",
     {"2 / (1 + alpha**2)": "1 / ((1 + alpha**2) / 2 - (1 - alpha) ** 2 / (2 * np.pi))"},
     "Your He weights are too large. A ReLU's outputs have a mean that is not 0, and it helps to make the next sums "
     "large: count the mean square, not the variance."),
    ("He: the outputs counted", {'scale, "fan_in"': 'scale, "fan_out" if rule == "he" else "fan_in"'},
     "Your He weights depend on the number of outputs. That keeps the deltas; the rule in the table keeps the sums on "
     "their way forward."),
    ("He: the fan outside the root", {'scale, "fan_in"': 'scale / fan_in if rule == "he" else scale, "fan_in"'},
     "Your He weights are far too small. The fan divides the variance: with it the root is taken, too."),
    ("He: the mean of the fans", {'scale, "fan_in"': 'scale, "fan_avg" if rule == "he" else "fan_in"'},
     "Your He weights depend on inputs and outputs. Only Glorot's rule looks at both."),
    ("LeCun: the outputs counted", {'scale, "fan_in"': 'scale, "fan_in" if rule == "he" else "fan_out"'},
     "Your LeCun weights depend on the number of outputs. To keep the sums on their way forward, count what is "
     "summed."),
    ("LeCun: a 2 as in He's rule", {"else 1.0": "else 2.0"},
     "Your LeCun weights have twice the variance. LeCun supposes that nothing is dropped, as in a linear layer."),
    ("LeCun and He exchanged", {'rule == "he"': 'rule == "lecun"'},
     "LeCun's rule and He's are exchanged. Which of them is made for ReLU?"),
    ("Glorot and He exchanged", {'if rule == "glorot"': 'if rule == "he"',
                                 '(1 + alpha**2) if rule == "he"': '(1 + alpha**2) if rule == "glorot"'},
     "Glorot's rule and He's are exchanged. Which of them looks at both fans, and which is made for ReLU?"),
    ("the ReLU's factor in all rules", {"rng, 1.0": "rng, 2 / (1 + alpha**2)", ' if rule == "he" else 1.0': ""},
     "The factor that makes up for a ReLU, leaky or not, stands in all your rules. It belongs to He's only: LeCun and "
     "Glorot suppose that nothing is dropped."),
    ("α in other rules", {"rng, 1.0": "rng, 1 / (1 + alpha**2)"},
     "For α = 0 all your weights are right, but α changes more than He's. The other rules do not ask for it.",
     {"found": uses_alpha}),
)  # fmt: skip

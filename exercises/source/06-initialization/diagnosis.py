"""Chapter 6, question 6: what is wrong with a network, from the outputs and the deltas of its layers.

The patients are real networks, far enough from every limit that the diagnosis is not in doubt. What lies close to a
limit, or exactly on it, is made by hand.
"""

from functools import lru_cache

import numpy as np

from mlkit.checks.expect import require
from mlkit.checks.question import Question
from mlkit.network import Network

from .scaling import size

FADES = "Too small fades, too large saturates"
ZEROS = "Zeros: a symmetry that never breaks"
NAMES = ("dead", "symmetric", "saturated", "exploding", "fading", "healthy")


def columns_agree(array):
    """Whether all columns of the array are equal, up to rounding."""
    return np.ptp(array, axis=1).max() <= 1e-9 * np.abs(array).max()


# The patients


def examined(activation, variance, rng, *, depth=8, width=40, inputs=1.0, change=None):
    """What a network hands forward and back: (activation, outputs, deltas). Weights have variance/fan_in."""

    def initializer(fan_in, fan_out, rng):
        return rng.normal(0, np.sqrt(variance / fan_in), (fan_in, fan_out))

    made = {"activation": activation, "output": activation, "initializer": initializer}
    network = Network.mlp([width] * (depth + 1), rng=rng, **made)
    dense, active = network.layers[::2], network.layers[1::2]
    if change is not None:
        change(dense, rng)
    shape = network.forward(inputs * rng.normal(size=(25, width))).shape
    network.backward(rng.normal(size=shape))
    return activation, [layer.outputs for layer in active], [layer.grad for layer in dense]


def silenced(share):
    """Switch off this share of the units in a layer in the middle."""

    def change(dense, rng):
        layer = dense[rng.integers(2, 6)]
        units = rng.permutation(layer.n_outputs)[: round(share * layer.n_outputs)]
        layer.biases[units] = -1e6

    return change


def rarely_on(dense, rng):
    """Biases that silence each unit of the first layer most of the time, and none all the time."""
    dense[0].biases = np.full(dense[0].n_outputs, -0.7)


def all_weights(value):
    def change(dense, rng):
        for layer in dense:
            layer.weights = np.full(layer.weights.shape, value)

    return change


def one_unit_copied(dense, rng):
    """Equal units, in a single layer: equal columns into it, equal rows out of it."""
    n = rng.integers(2, 5)
    only_columns_copied(dense, rng, n)
    dense[n + 1].weights = np.repeat(dense[n + 1].weights[:1], len(dense[n + 1].weights), axis=0) / 6  # rows are long


def only_columns_copied(dense, rng, n=None):
    """Units that give equal outputs, but are weighed differently later on: training will part them."""
    n = rng.integers(2, 5) if n is None else n
    dense[n].weights = np.repeat(dense[n].weights[:, :1], dense[n].n_outputs, axis=1)


def ever_larger_biases(dense, rng):
    """Outputs explode, and deltas do not: the weights are 1/fan_in, and every unit is on."""
    for n, layer in enumerate(dense):
        layer.biases = np.full(layer.n_outputs, 10.0 * 4.0**n)


PATIENTS = {
    "tanh, LeCun": ("healthy", lambda rng: examined("tanh", 1.0, rng)),
    "relu, He": ("healthy", lambda rng: examined("relu", 2.0, rng)),
    "sigmoid, three layers": ("healthy", lambda rng: examined("sigmoid", 1.0, rng, depth=3)),
    "sigmoid, wide sums": ("healthy", lambda rng: examined("sigmoid", 1.0, rng, depth=3, width=80, inputs=4.0)),
    "relu, far too small": ("fading", lambda rng: examined("relu", 0.1, rng)),
    "tanh, next to nothing": ("fading", lambda rng: examined("tanh", 1e-6, rng)),
    "relu, far too large": ("exploding", lambda rng: examined("relu", 40.0, rng)),
    "sigmoid, eight layers": ("fading", lambda rng: examined("sigmoid", 1.0, rng)),
    "tanh, deep": ("exploding", lambda rng: examined("tanh", 5.0, rng, depth=40, width=60)),
    "relu, ever larger biases": ("exploding", lambda rng: examined("relu", 1.0, rng, change=ever_larger_biases)),
    "tanh, too large": ("saturated", lambda rng: examined("tanh", 150.0, rng)),
    "tanh, huge inputs": ("saturated", lambda rng: examined("tanh", 1.0, rng, inputs=40.0)),
    "sigmoid, too large": ("saturated", lambda rng: examined("sigmoid", 500.0, rng)),
    "relu, silenced": ("dead", lambda rng: examined("relu", 2.0, rng, change=silenced(0.8))),
    "relu, one layer, rarely on": ("healthy", lambda rng: examined("relu", 2.0, rng, depth=1, change=rarely_on)),
    "tanh, constant": ("symmetric", lambda rng: examined("tanh", 1.0, rng, change=all_weights(0.03))),
    "tanh, one unit copied": ("symmetric", lambda rng: examined("tanh", 1.0, rng, change=one_unit_copied)),
    "tanh, equal outputs": ("healthy", lambda rng: examined("tanh", 1.0, rng, change=only_columns_copied)),
    "tanh, large constant": ("symmetric", lambda rng: examined("tanh", 1.0, rng, change=all_weights(0.3))),
    "relu, small and silenced": ("dead", lambda rng: examined("relu", 0.1, rng, change=silenced(0.8))),
}


# Made by hand: layers in which nothing grows and nothing is flat, with something changed

HEALTHY = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": lambda z: np.tanh(z) / 2,
    "sigmoid": lambda z: 0.5 + np.tanh(z) / 4,
}


def by_hand(activation, change, widths=(8, 10, 8)):
    """A function of ``rng`` that makes a case; ``change(outputs, deltas, layer, rng)`` changes one of the layers."""

    def case(rng):
        outputs = [HEALTHY[activation](rng.normal(size=(16, m))) for m in widths]
        deltas = [rng.normal(size=(16, m)) for m in widths]
        change(outputs, deltas, rng.integers(len(widths)), rng)
        return activation, outputs, deltas

    return case


def silent(more, *, outputs=True, deltas=True):
    """In a layer half of the units and some more are 0 for every example."""

    def change(all_outputs, all_deltas, layer, rng):
        for layers in [all_outputs] * outputs + [all_deltas] * deltas:
            layers[layer][:, : layers[layer].shape[1] // 2 + more] = 0

    return change


def some_at(share, flat, others=(0.0,)):
    """This share of the outputs of a layer are among ``flat``, the others among ``others``."""

    def change(outputs, deltas, layer, rng):
        a = outputs[layer]
        values = rng.choice(others, size=a.size)
        values[: round(share * a.size)] = rng.choice(flat, size=round(share * a.size))
        outputs[layer] = rng.permutation(values).reshape(a.shape)

    return change


def two_layers_flat(outputs, deltas, layer, rng):
    for flat in (layer, layer - 1):
        some_at(0.9, (-0.99, 0.99))(outputs, deltas, flat, rng)


def equal_units(*, outputs=True, deltas=True, noise=0.0):
    """All units of a layer are like the first, up to a noise that is as small as rounding."""

    def change(all_outputs, all_deltas, layer, rng):
        for layers in [all_outputs] * outputs + [all_deltas] * deltas:
            x = layers[layer]
            layers[layer] = x[:, :1] * (1 + noise * rng.normal(size=x.shape))

    return change


def equal_in_two_layers(outputs, deltas, layer, rng):
    outputs[layer - 1], deltas[layer] = (
        np.repeat(x[:, :1], x.shape[1], axis=1) for x in (outputs[layer - 1], deltas[layer])
    )


def equal_examples(outputs, deltas, layer, rng):
    outputs[layer][:], deltas[layer][:] = outputs[layer][0], deltas[layer][0]


def a_pair_of_units(outputs, deltas, layer, rng):
    outputs[layer][:, 0], deltas[layer][:, 0] = outputs[layer][:, 1], deltas[layer][:, 1]


def sized(outputs=(1, 1, 1), deltas=(1, 1, 1)):
    """Layers of five times these sizes, without rounding: half of the numbers are 1, the others 7."""

    def change(all_outputs, all_deltas, layer, rng):
        for layers, sizes in ((all_outputs, outputs), (all_deltas, deltas)):
            for n, wanted in enumerate(sizes):
                layers[n] = wanted * rng.permutation(np.resize([1.0, 7.0], layers[n].size)).reshape(layers[n].shape)

    return change


def around(*means):
    """Layers whose outputs lie around these means, and as far from them in each layer."""

    def change(outputs, deltas, layer, rng):
        for n, mean in enumerate(means):
            outputs[n] = mean + rng.uniform(-0.5, 0.5, size=outputs[n].shape)

    return change


HUNDRED, MORE = (1, 10, 100), (1, 10, 110)
WIDER = (2, 20, 200)
EQUAL = (16, 16, 16)  # 256 numbers in each layer: their root is exact, however it is taken
CASES = {
    "relu, half of a layer silent": ("healthy", by_hand("relu", silent(0))),
    "relu, one unit more than half silent": ("dead", by_hand("relu", silent(1))),
    "relu, a few units silent": ("healthy", by_hand("relu", silent(-2))),
    "relu, a whole layer silent": ("dead", by_hand("relu", silent(10))),
    "relu, most deltas of a layer 0": ("healthy", by_hand("relu", silent(1, outputs=False))),
    "tanh, most outputs of a layer 0": ("healthy", by_hand("tanh", silent(1, deltas=False))),
    "tanh, half of a layer flat": ("healthy", by_hand("tanh", some_at(0.5, (-0.99, 0.99), (-0.2, 0.3)))),
    "tanh, a little more flat": ("saturated", by_hand("tanh", some_at(0.55, (-0.96, 0.96), (-0.2, 0.3)))),
    "tanh, two of three layers flat": ("saturated", by_hand("tanh", two_layers_flat)),
    "sigmoid, a little more flat": ("saturated", by_hand("sigmoid", some_at(0.55, (0.02, 0.98), (0.3, 0.6)))),
    "sigmoid, all large": ("saturated", by_hand("sigmoid", some_at(1, (0.98, 0.99)))),
    "tanh, nearly flat": ("healthy", by_hand("tanh", some_at(1, (-0.94, 0.91, 0.93)))),
    "sigmoid, nearly flat": ("healthy", by_hand("sigmoid", some_at(1, (0.04, 0.05, 0.96)))),
    "tanh, some very flat, others a little": ("healthy", by_hand("tanh", some_at(0.45, (-1, 1), (-0.92, 0.92)))),
    "tanh, equal up to rounding": ("symmetric", by_hand("tanh", equal_units(noise=1e-14))),
    "tanh, only outputs equal": ("healthy", by_hand("tanh", equal_units(deltas=False))),
    "tanh, only deltas equal": ("healthy", by_hand("tanh", equal_units(outputs=False))),
    "tanh, equal outputs, and elsewhere deltas": ("healthy", by_hand("tanh", equal_in_two_layers)),
    "tanh, equal examples": ("healthy", by_hand("tanh", equal_examples)),
    "tanh, two equal units": ("healthy", by_hand("tanh", a_pair_of_units)),
    "relu, outputs exactly a hundredfold": ("healthy", by_hand("relu", sized(HUNDRED), EQUAL)),
    "relu, outputs exactly a hundredth": ("healthy", by_hand("relu", sized(HUNDRED[::-1]), EQUAL)),
    "relu, outputs a little larger": ("exploding", by_hand("relu", sized(MORE))),
    "relu, outputs around a mean that grows": ("exploding", by_hand("relu", around(1, 20, 300))),
    "relu, outputs a little smaller": ("fading", by_hand("relu", sized(MORE[::-1]))),
    "relu, deltas exactly a hundredfold": ("healthy", by_hand("relu", sized(deltas=HUNDRED[::-1]), EQUAL)),
    "relu, deltas exactly a hundredth": ("healthy", by_hand("relu", sized(deltas=HUNDRED), EQUAL)),
    "relu, deltas a little larger": ("exploding", by_hand("relu", sized(deltas=MORE[::-1]))),
    "relu, deltas a little smaller": ("fading", by_hand("relu", sized(deltas=MORE))),
    "relu, small in the middle": ("healthy", by_hand("relu", sized((1, 0.001, 1)))),
    "relu, small throughout": ("healthy", by_hand("relu", sized(3 * (0.001,), 3 * (0.001,)))),
    "relu, ever wider": ("healthy", by_hand("relu", sized((1, 6, 40)), WIDER)),
    "relu, ever narrower": ("healthy", by_hand("relu", sized((40, 6, 1)), WIDER[::-1])),
    "relu, outputs grow, deltas fade": ("exploding", by_hand("relu", sized((1, 40, 1600), (1, 40, 1600)))),
    "relu, outputs fade, deltas grow": ("exploding", by_hand("relu", sized((1600, 40, 1), (1600, 40, 1)))),
}
POOL = 40  # for these seeds the tests make sure that every patient is a clear case


@lru_cache(maxsize=1000)
def patient(name, seed):
    return (PATIENTS | CASES)[name][1](np.random.default_rng(seed))


# 6. diagnose


REAL = ("relu, one layer, rarely on", "relu, small and silenced", "tanh, next to nothing", "tanh, too large",
        "tanh, large constant")  # fmt: skip


def somebody(rng):
    """One of the cases, or of the few real networks that tell mistakes apart which these do not."""
    return patient(str(rng.choice([*CASES, *REAL])), int(rng.integers(POOL)))


diagnose = Question(
    "06-initialization/diagnose",
    draw=somebody,
    drawings=200,  # so that hardly one is left out
    uses={"size": size, "columns_agree": columns_agree},
    section=FADES,
    solution="""
        def any_saturated(activation, outputs):
            steepest = {"tanh": 1, "sigmoid": 1 / 4}[activation]
            slopes = [a * (1 - a) if activation == "sigmoid" else 1 - a**2 for a in outputs]
            return any((slope < steepest / 10).mean() > 0.5 for slope in slopes)


        def diagnose(activation, outputs, deltas):
            if activation == "relu" and any((a == 0).all(axis=0).mean() > 0.5 for a in outputs):  # columns of zeros
                return "dead"
            if any(columns_agree(a) and columns_agree(d) for a, d in zip(outputs, deltas, strict=True)):
                return "symmetric"
            if activation != "relu" and any_saturated(activation, outputs):
                return "saturated"
            forward = size(outputs[-1]) / size(outputs[0])
            backward = size(deltas[0]) / size(deltas[-1])  # deltas start at the end
            if max(forward, backward) > 100:
                return "exploding"
            return "fading" if min(forward, backward) < 1 / 100 else "healthy"
        """,
    why="The signs are asked for in the order of the list, and the first that is there ends the search. Three of them "
    "look at one layer at a time; two compare the ends of the network, each in the direction in which it is passed "
    "through.",
)


def try_on(answer, rng, *names):
    """Show the answer these patients, in a random order and two of each."""
    for name in [*rng.permutation(names), *rng.permutation(names)]:
        said = answer(*patient(str(name), int(rng.integers(POOL))))
        require(isinstance(said, str), f"the diagnosis is of type {type(said).__name__}; one of the names was wanted")
        require(said in NAMES, f"{said[:30]!r} is none of the six names: {', '.join(NAMES)}")
        wanted = (PATIENTS | CASES)[name][0]
        require(said == wanted, f"the network “{name}” gets the diagnosis {said!r}, and another one fits")


@diagnose.part("outputs that grow or fade")
def _(answer, rng):
    try_on(answer, rng, "relu, He", "relu, far too small", "relu, far too large", "relu, ever larger biases")
    try_on(answer, rng, "relu, outputs exactly a hundredfold", "relu, outputs a little larger", "relu, ever wider")
    try_on(answer, rng, "relu, outputs exactly a hundredth", "relu, outputs a little smaller", "relu, ever narrower")
    try_on(answer, rng, "relu, small in the middle", "relu, small throughout", "relu, outputs around a mean that grows")


@diagnose.part("deltas that grow or fade behind outputs that look healthy")
def _(answer, rng):
    try_on(answer, rng, "tanh, LeCun", "sigmoid, three layers", "sigmoid, eight layers", "tanh, deep")
    try_on(answer, rng, "relu, deltas exactly a hundredfold", "relu, deltas a little larger")
    try_on(answer, rng, "relu, deltas exactly a hundredth", "relu, deltas a little smaller")
    try_on(answer, rng, "relu, outputs fade, deltas grow")


@diagnose.part("saturated, in one layer or in all")
def _(answer, rng):
    try_on(answer, rng, "tanh, LeCun", "sigmoid, wide sums", "sigmoid, too large", "tanh, huge inputs")
    try_on(answer, rng, "tanh, half of a layer flat", "tanh, a little more flat", "sigmoid, a little more flat")
    try_on(answer, rng, "tanh, nearly flat", "sigmoid, nearly flat", "sigmoid, all large")
    try_on(answer, rng, "tanh, some very flat, others a little", "tanh, two of three layers flat")


@diagnose.part("dead units, and units that are only rarely on")
def _(answer, rng):
    try_on(answer, rng, "relu, He", "relu, one layer, rarely on", "relu, silenced")
    try_on(answer, rng, "relu, a few units silent", "relu, half of a layer silent")
    try_on(answer, rng, "relu, one unit more than half silent")
    try_on(answer, rng, "relu, most deltas of a layer 0", "tanh, most outputs of a layer 0")


@diagnose.part("equal units, and units that only look equal")
def _(answer, rng):
    try_on(answer, rng, "tanh, constant", "tanh, one unit copied", "tanh, equal outputs", "tanh, next to nothing")
    try_on(answer, rng, "tanh, only outputs equal", "tanh, only deltas equal", "tanh, equal up to rounding")
    try_on(answer, rng, "tanh, equal outputs, and elsewhere deltas", "tanh, equal examples", "tanh, two equal units")


@diagnose.part("of two diagnoses that fit, the first of the list")
def _(answer, rng):
    try_on(answer, rng, "tanh, LeCun", "tanh, too large", "tanh, large constant", "relu, small and silenced")
    try_on(answer, rng, "relu, a whole layer silent", "relu, outputs grow, deltas fade")


# What can be wrong with each sign

DEAD, EQUAL_UNITS = 'if activation == "relu" and any', "columns_agree(a) and columns_agree(d)"
EXPLODING, FADING = "max(forward, backward) > 100", "min(forward, backward) < 1 / 100"
SYMMETRIC = f"""if any({EQUAL_UNITS} for a, d in zip(outputs, deltas, strict=True)):
        return "symmetric"
    """
SATURATED = """if activation != "relu" and any_saturated(activation, outputs):
        return "saturated"
    """
SIZES = f"""forward, backward = size(outputs[-1]) / size(outputs[0]), size(deltas[0]) / size(deltas[-1])
    if {EXPLODING}:
        return "exploding"
    if {FADING}:
        return "fading"
    """

diagnose.slips(
    ("outputs alone", {EXPLODING: "forward > 100", FADING: "forward < 1 / 100"},
     "You look for growing and fading in the outputs alone. A sigmoid network looks healthy there while its deltas "
     "vanish."),
    ("deltas alone", {EXPLODING: "backward > 100", FADING: "backward < 1 / 100"},
     "You look for growing and fading in the deltas alone. Outputs can explode while the deltas stay as they are."),
    ("growing deltas not seen", {EXPLODING: "forward > 100"},
     "You find outputs that grow, and deltas that fade, but not deltas that grow on their way back."),
    ("fading deltas not seen", {FADING: "forward < 1 / 100"},
     "You find outputs that fade, and deltas that grow, but not deltas that fade on their way back."),
    ("both directions at once", {EXPLODING: "min(forward, backward) > 100", FADING: "max(forward, backward) < 1 / 100"},
     "You call a network exploding or fading only if outputs and deltas are. One of the two is enough."),
    ("deltas read forward", {"size(deltas[0]) / size(deltas[-1])": "size(deltas[-1]) / size(deltas[0])"},
     "You follow the deltas from the first layer to the last. They travel the other way: what grows on its way back is "
     "largest in the first layer."),
    ("outputs read backward", {"size(outputs[-1]) / size(outputs[0])": "size(outputs[0]) / size(outputs[-1])"},
     "You follow the outputs from the last layer to the first. They travel the other way."),
    ("growing and fading exchanged", {'return "exploding"': 'return "fading"',
                                      'return "fading" if': 'return "exploding" if'},
     "You call exploding what fades, and fading what explodes. Is a ratio upside down?"),
    ("tenfold is enough", {EXPLODING: "max(forward, backward) ** 2 > 100",
                           FADING: "min(forward, backward) ** 2 < 1 / 100"},
     "A size that has changed tenfold is enough for you. Is that your limit, or do you compare mean squares? They grow "
     "a hundredfold when the size, their root, has grown tenfold."),
    ("not compared with the other end", {" / size(outputs[0])": "", " / size(deltas[-1])": ""},
     "You look at the size where the outputs or the deltas arrive. How much they grow on the way, and whether, only "
     "two layers can tell."),
    ("length in place of size",
     {"size(outputs[-1]) / size(outputs[0])": "np.linalg.norm(outputs[-1]) / np.linalg.norm(outputs[0])",
      "size(deltas[0]) / size(deltas[-1])": "np.linalg.norm(deltas[0]) / np.linalg.norm(deltas[-1])"},
     "You compare sums over a whole layer. A layer with more units then counts as larger, though no number in it is."),
    ("zeros in place of dead units", {"(a == 0).all(axis=0).mean()": "(a == 0).mean()"},
     "You count the zeros. A healthy ReLU is 0 for many examples; it is dead if it is 0 for all of them."),
    ("silent examples in place of dead units", {"all(axis=0)": "all(axis=1)"},
     "You ask, for each example, whether all units are silent. A dead unit is a column of zeros: go down the "
     "examples."),
    ("a single dead unit", {"all(axis=0).mean() > 0.5": "all(axis=0).any()"},
     "One dead unit is enough for you. Every deep ReLU network has a few of them, also a healthy one."),
    ("dead without ReLU", {'activation == "relu" and any': "any"},
     "You call units dead in networks of every activation. Only a ReLU is flat where it is 0."),
    ("dead by the deltas", {"> 0.5 for a in outputs": "> 0.5 for a in deltas"},
     "You look for dead units in the deltas. A delta can be 0 for other reasons, as weights of 0 behind the unit."),
    ("dead: the last layer alone", {"> 0.5 for a in outputs": "> 0.5 for a in outputs[-1:]"},
     "You look for dead units in the last layer alone. One sick layer anywhere is enough."),
    ("the last layer alone", {"> 0.5 for a in outputs": "> 0.5 for a in outputs[-1:]",
                              "for a in outputs]": "for a in outputs[-1:]]",
                              "zip(outputs, deltas,": "zip(outputs[-1:], deltas[-1:],"},
     "You look for dead, equal or saturated units in the last layer alone. One sick layer anywhere is enough."),
    ("every layer must be sick", {'"relu" and any(': '"relu" and all(', "if any(columns": "if all(columns",
                                  "return any((": "return all(("},
     "You call a network dead, symmetric or saturated only if all its layers are. One sick layer is enough."),
    ("equal units in every layer", {"if any(columns": "if all(columns"},
     "You call a network symmetric only if all its layers are. One such layer is enough."),
    ("every layer saturated", {"return any((": "return all(("},
     "You call a network saturated only if all its layers are. One such layer is enough."),
    ("the layers taken together", {"return any((slope < steepest / 10).mean() > 0.5 for slope in slopes)":
                                   "return np.mean(np.hstack([s.ravel() for s in slopes]) < steepest / 10) > 0.5"},
     "You count the flat outputs of all layers together. Then a saturated layer hides between healthy ones."),
    ("never saturated", {SATURATED: ""},
     "No network is saturated for you. What comes in are outputs: is the activation applied to them once more, or is "
     "the case left out?"),
    ("the sigmoid never saturated", {"return any((": 'return activation == "tanh" and any(('},
     "You find saturated tanh networks, but no saturated sigmoid ones. How steep is a sigmoid at the most?"),
    ("a tenth of 1 for every slope", {"steepest / 10": "0.1"},
     "You compare the slopes of all activations with 0.1. The sigmoid is never steeper than ¼: a tenth of *its* "
     "largest slope is less."),
    ("tanh's slope for the sigmoid", {'a * (1 - a) if activation == "sigmoid" else 1 - a**2': "1 - a**2",
                                      "steepest / 10": "0.1"},
     "You take tanh's slope for the sigmoid as well. It does not see that a sigmoid is flat near 0."),
    ("flat at one end only", {"for a in outputs]":
                              'for a in [np.maximum(a, 0.5 * (activation == "sigmoid")) for a in outputs]]'},
     "You find outputs at the upper end. An activation is flat at its lower end, too."),
    ("a limit for the outputs", {"slope < steepest / 10": 'slope < (0.19 if activation == "tanh" else 0.09)'},
     "You call outputs flat beyond 0.9, or below 0.1. Many slopes there are larger than a tenth of the largest: "
     "compute them from the outputs, and compare those."),
    ("the mean slope", {"(slope < steepest / 10).mean() > 0.5": "slope.mean() < steepest / 10"},
     "You compare the mean of the slopes. Asked is for how many outputs the slope is small, each by itself."),
    ("one flat output", {"(slope < steepest / 10).mean() > 0.5": "(slope < steepest / 10).any()"},
     "One flat output is enough for you. More than half of a layer must be flat."),
    ("equal outputs are enough", {" and columns_agree(d)": ""},
     "You call units symmetric when their outputs are equal. If their deltas are not, the first step of training parts "
     "them.", {"section": ZEROS}),
    ("equal deltas are enough", {"columns_agree(a) and ": ""},
     "You call units symmetric when their deltas are equal. If their outputs are not, they are different units.",
     {"section": ZEROS}),
    ("equal in different layers", {f"any({EQUAL_UNITS} for a, d in zip(outputs, deltas, strict=True))":
                                   "any(map(columns_agree, outputs)) and any(map(columns_agree, deltas))"},
     "You find equal outputs in one layer and equal deltas in another. It must be the same layer.", {"section": ZEROS}),
    ("small taken for equal", {EQUAL_UNITS: "np.allclose(a, a[:, :1]) and np.allclose(d, d[:, :1])"},
     "You compare with a fixed tolerance, as `np.allclose` does. In a faded network all numbers are smaller than it, "
     "and yet no two units are equal: measure the difference against the size of the numbers.", {"section": ZEROS}),
    ("rounding not allowed for", {EQUAL_UNITS: "(a == a[:, :1]).all() and (d == d[:, :1]).all()"},
     "Your units must agree in every digit. Equal units may differ by rounding.", {"section": ZEROS}),
    ("examples in place of units", {EQUAL_UNITS: "columns_agree(a.T) and columns_agree(d.T)"},
     "You compare the examples, the rows. Units are columns.", {"section": ZEROS}),
    ("growing and fading first", {DEAD: SIZES + DEAD},
     "You look for growing and fading first. Where dead, equal or saturated units are the cause, that is the name."),
    ("growing and fading before saturated", {SATURATED: SIZES + SATURATED},
     "You look for growing and fading before saturated units. Where those are the cause, that is the name."),
    ("saturated before symmetric", {"if any(columns": SATURATED + "if any(columns"},
     "A network with equal and saturated units is called saturated by you. Of two names that fit, give the first of "
     "the list.", {"section": ZEROS}),
    ("symmetric before dead", {DEAD: SYMMETRIC + DEAD},
     "A layer in which all units are dead is called symmetric by you. Of two names that fit, give the first of the "
     "list.", {"section": ZEROS}),
    ("fading before exploding", {f"if {EXPLODING}": f"if {EXPLODING} and not {FADING}"},
     "A network that explodes in one direction and fades in the other is called fading by you. Of two names that fit, "
     "give the first of the list."),
    ("the last that fits", {DEAD: 'said = "healthy"\n    ' + DEAD, 'return "dead"': 'said = "dead"',
                            'return "symmetric"': 'said = "symmetric"', 'return "saturated"': 'said = "saturated"',
                            'return "exploding"': 'said = "exploding"', ' else "healthy"': " else said"},
     "Of several names that fit you give the last of the list. Does a later `if` write over what an earlier one "
     "found?"),
    ("dead in every layer", {'"relu" and any(': '"relu" and all('},
     "You call a network dead only if all its layers are. One such layer is enough."),
    ("the sigmoid's slope for tanh", {'a * (1 - a) if activation == "sigmoid" else 1 - a**2': "a * (1 - a)"},
     "You take the sigmoid's slope for tanh as well. Its outputs go from −1 to 1, and it is steepest at 0."),
)  # fmt: skip

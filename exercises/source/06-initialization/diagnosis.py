"""Chapter 6, question 6: what is wrong with a network, from the outputs and the deltas of its layers.
The patients are real networks, far enough from every limit that the diagnosis is not in doubt.
"""

from functools import lru_cache

import numpy as np

from mlkit.checks.expect import NotYet, require
from mlkit.checks.question import Question
from mlkit.network import Network

from .scaling import size

FADES = "Too small fades, too large saturates"
ZEROS = "Zeros: a symmetry that never breaks"
NAMES = ("dead", "symmetric", "saturated", "exploding", "fading", "healthy")

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


@lru_cache(maxsize=100)
def patient(name, seed):
    return PATIENTS[name][1](np.random.default_rng(seed))


# 6. diagnose

POOL = 40  # for these seeds the tests make sure that every patient is a clear case


def diagnoses(answer, rng):
    """What the answer says of every patient."""
    seed = int(rng.integers(POOL))
    return [answer(*patient(name, seed)) for name in PATIENTS]


diagnose = Question("06-initialization/diagnose", takes=("activation", "outputs", "deltas"), observe=diagnoses)


def try_on(answer, rng, *names):
    """Show the answer these patients, in a random order and two of each."""
    for name in [*rng.permutation(names), *rng.permutation(names)]:
        said = answer(*patient(str(name), int(rng.integers(POOL))))
        require(isinstance(said, str), f"the diagnosis is of type {type(said).__name__}; one of the names was wanted")
        if said not in NAMES:
            raise NotYet(f"{said[:30]!r} is none of the six names: {', '.join(NAMES)}")
        require(said == PATIENTS[name][0], f"the network “{name}” gets the diagnosis {said!r}, and another one fits")


@diagnose.part("outputs that grow or fade")
def _(answer, rng):
    try_on(answer, rng, "relu, He", "relu, far too small", "relu, far too large", "relu, ever larger biases")


@diagnose.part("deltas that grow or fade behind outputs that look healthy")
def _(answer, rng):
    try_on(answer, rng, "tanh, LeCun", "sigmoid, three layers", "sigmoid, eight layers", "tanh, deep")


@diagnose.part("saturated, in one layer or in all")
def _(answer, rng):
    try_on(answer, rng, "tanh, LeCun", "sigmoid, wide sums", "sigmoid, too large", "tanh, huge inputs")


@diagnose.part("dead units, and units that are only rarely on")
def _(answer, rng):
    try_on(answer, rng, "relu, He", "relu, one layer, rarely on", "relu, silenced")


@diagnose.part("equal units, and units that only look equal")
def _(answer, rng):
    try_on(answer, rng, "tanh, constant", "tanh, one unit copied", "tanh, equal outputs", "tanh, next to nothing")


@diagnose.part("of two diagnoses that fit, the first of the list")
def _(answer, rng):
    try_on(answer, rng, "tanh, LeCun", "tanh, too large", "tanh, large constant", "relu, small and silenced")


# The signs, and what can be wrong with each


def growth(layers, backward=False):
    """How many times as large the last layer's numbers are as the first's; for deltas the other way round."""
    last, first = size(layers[-1]), size(layers[0])
    return first / last if backward else last / first


def alike(array):
    return np.ptp(array, axis=1).max() <= 1e-9 * np.abs(array).max()


def flat(activation, a):
    """True where the slope is less than a tenth of the largest slope."""
    return a * (1 - a) < 0.025 if activation == "sigmoid" else 1 - a**2 < 0.1


def dead(activation, outputs, deltas):
    return activation == "relu" and any((a == 0).all(axis=0).mean() > 0.5 for a in outputs)


def symmetric(activation, outputs, deltas):
    return any(alike(a) and alike(d) for a, d in zip(outputs, deltas, strict=True))


def saturated(activation, outputs, deltas):
    return activation != "relu" and any(flat(activation, a).mean() > 0.5 for a in outputs)


def exploding(activation, outputs, deltas):
    return growth(outputs) > 100 or growth(deltas, backward=True) > 100


def fading(activation, outputs, deltas):
    return growth(outputs) < 0.01 or growth(deltas, backward=True) < 0.01


SIGNS = {"dead": dead, "symmetric": symmetric, "saturated": saturated, "exploding": exploding, "fading": fading}


def doctor(signs):
    """The first name whose sign is there."""
    return lambda *given: next((name for name, sign in signs.items() if sign(*given)), "healthy")


def another_sign(name, hint, section=FADES, **changed):
    """A mistake in some of the signs."""
    diagnose.mistake(name, doctor(SIGNS | changed), hint, section=section)


def of_last_layer(sign):
    return lambda activation, outputs, deltas: sign(activation, outputs[-1:], deltas[-1:])


def of_all_layers(sign):
    """Only if every layer shows it."""
    return lambda activation, outputs, deltas: all(
        sign(activation, [a], [d]) for a, d in zip(outputs, deltas, strict=True)
    )


def absolutely_alike(activation, outputs, deltas):
    return any(np.allclose(a, a[:, :1]) and np.allclose(d, d[:, :1]) for a, d in zip(outputs, deltas, strict=True))


THREE = ("dead", "symmetric", "saturated")

diagnose.mistake(
    "names written otherwise",
    lambda *given: doctor(SIGNS)(*given).capitalize(),
    "You write the names in another way. They must be spelled as in the list, in small letters and without blanks.",
    section=FADES,
    found=lambda answer, rng: any(
        said != name and said.strip().lower() == name
        for said, (name, _) in zip(diagnoses(answer, rng), PATIENTS.values(), strict=True)
    ),
)
another_sign(
    "deltas not looked at",
    "You look for growing and fading in the outputs alone. A sigmoid network looks healthy there while its deltas "
    "vanish.",
    exploding=lambda activation, outputs, deltas: growth(outputs) > 100,
    fading=lambda activation, outputs, deltas: growth(outputs) < 0.01,
)
another_sign(
    "outputs not looked at",
    "You look for growing and fading in the deltas alone. Outputs can explode while the deltas stay as they are.",
    exploding=lambda activation, outputs, deltas: growth(deltas, backward=True) > 100,
    fading=lambda activation, outputs, deltas: growth(deltas, backward=True) < 0.01,
)
another_sign(
    "deltas read forward",
    "You follow the deltas from the first layer to the last. They travel the other way: what grows on its way back is "
    "largest in the first layer.",
    exploding=lambda activation, outputs, deltas: growth(outputs) > 100 or growth(deltas) > 100,
    fading=lambda activation, outputs, deltas: growth(outputs) < 0.01 or growth(deltas) < 0.01,
)
another_sign(
    "growing and fading exchanged",
    "You call exploding what fades, and fading what explodes. Is a ratio upside down?",
    exploding=fading,
    fading=exploding,
)
another_sign(
    "zeros in place of dead units",
    "You count the zeros. A healthy ReLU is 0 for many examples; it is dead if it is 0 for all of them.",
    dead=lambda activation, outputs, deltas: activation == "relu" and any((a == 0).mean() > 0.5 for a in outputs),
)
another_sign(
    "silent examples in place of dead units",
    "You ask, for each example, whether all units are silent. A dead unit is a column of zeros: go down the examples.",
    dead=lambda activation, outputs, deltas: (
        activation == "relu" and any((a == 0).all(axis=1).mean() > 0.5 for a in outputs)
    ),
)
another_sign(
    "a single dead unit",
    "One dead unit is enough for you. Every deep ReLU network has a few of them, also a healthy one.",
    dead=lambda activation, outputs, deltas: activation == "relu" and any((a == 0).all(axis=0).any() for a in outputs),
)
another_sign(
    "the last layer alone",
    "You look for dead, equal or saturated units in the last layer alone. One sick layer anywhere is enough.",
    **{name: of_last_layer(SIGNS[name]) for name in THREE},
)
another_sign(
    "every layer must be sick",
    "You call a network dead, symmetric or saturated only if all its layers are. One sick layer is enough.",
    **{name: of_all_layers(SIGNS[name]) for name in THREE},
)
another_sign(
    "a tenth of 1 for every slope",
    "You compare the slopes of all activations with 0.1. The sigmoid is never steeper than ¼: a tenth of *its* largest "
    "slope is less.",
    saturated=lambda activation, outputs, deltas: (
        activation != "relu"
        and any(((a * (1 - a) if activation == "sigmoid" else 1 - a**2) < 0.1).mean() > 0.5 for a in outputs)
    ),
)
another_sign(
    "tanh's slope for the sigmoid",
    "You take tanh's slope for the sigmoid as well. It does not see that a sigmoid is flat near 0.",
    saturated=lambda activation, outputs, deltas: (
        activation != "relu" and any((1 - a**2 < 0.1).mean() > 0.5 for a in outputs)
    ),
)
another_sign(
    "equal outputs are enough",
    "You call units symmetric when their outputs are equal. If their deltas are not, the first step of training parts "
    "them.",
    ZEROS,
    symmetric=lambda activation, outputs, deltas: any(map(alike, outputs)),
)
another_sign(
    "small taken for equal",
    "You compare with a fixed tolerance, as `np.allclose` does. In a faded network all numbers are smaller than it, "
    "and yet no two units are equal: measure the difference against the size of the numbers.",
    ZEROS,
    symmetric=absolutely_alike,
)
another_sign(
    "examples in place of units",
    "None of the symmetric networks is found. Units are columns: are you comparing the examples, the rows?",
    ZEROS,
    symmetric=lambda activation, outputs, deltas: any(
        alike(a.T) and alike(d.T) for a, d in zip(outputs, deltas, strict=True)
    ),
)
diagnose.mistake(
    "growing and fading first",
    doctor({name: SIGNS[name] for name in ("exploding", "fading", *THREE)}),
    "You look for growing and fading first. Where dead, equal or saturated units are the cause, that is the name.",
    section=FADES,
)
diagnose.mistake(
    "saturated before symmetric",
    doctor({name: SIGNS[name] for name in ("dead", "saturated", "symmetric", "exploding", "fading")}),
    "A network with equal and saturated units is called saturated by you. Of two names that fit, give the first of "
    "the list.",
    section=ZEROS,
)

"""Chapter 2: activations, their derivatives, and what a stack of layers can do."""

import numpy as np

from mlkit.checks.expect import an_array, close
from mlkit.checks.question import Question

relu = Question("02-activations/relu", takes=("z",), draw=lambda rng: (2 * rng.normal(size=(4, 3)),))


@relu.part("an array of the same shape")
def _(answer, rng):
    an_array(answer(rng.normal(size=(5, 2))), (5, 2))
    an_array(answer(rng.normal(size=7)), (7,))


@relu.part("0 below zero, z above")
def _(answer, rng):
    z = 3 * rng.normal(size=50)
    a = answer(z)
    close(a[z > 0], z[z > 0], "a positive z must come out unchanged")
    close(a[z <= 0], 0 * z[z <= 0], "a z that is not positive must become 0")


relu.mistake(
    "absolute value",
    lambda z: np.abs(z),
    "Negative inputs come out as their absolute value. ReLU does not mirror them.",
    section="The gallery",
)

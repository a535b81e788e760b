"""Chapter 2: activations with their derivatives, and what a stack of layers can do with and without them."""

from . import functions, softmax, stacks

QUESTIONS = (  # in the order in which the notebook asks them
    functions.relu,
    functions.sigmoid,
    functions.tanh,
    functions.derivative,
    softmax.elu,
    softmax.softmax,
    stacks.collapse,
    stacks.fit_relus,
)

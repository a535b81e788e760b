"""Chapter 1: what one neuron answers, how it learns, and what no line can separate."""

from . import limits, one_neuron, training

QUESTIONS = (  # in the order in which the notebook asks them
    one_neuron.step,
    one_neuron.predict,
    one_neuron.update,
    training.train,
    limits.margin,
    limits.breaker,
    limits.third_input,
)

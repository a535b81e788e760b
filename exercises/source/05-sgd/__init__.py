"""Chapter 5: steps, mini-batches, optimizers, and how large a step may be."""

from . import adam, momentum_rmsprop, rates, steps

QUESTIONS = (  # in the order in which the notebook asks them
    steps.gradient_step,
    steps.minibatches,
    momentum_rmsprop.momentum,
    momentum_rmsprop.rmsprop,
    adam.adam,
    rates.schedule,
    rates.stable_rate,
)

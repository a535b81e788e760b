"""A schedule says how large the next step may be: long strides while the goal is far, short ones near it.

Each function here returns a schedule, and a schedule is a function ``step -> learning_rate`` with
steps counted from 0. Every optimizer takes one wherever it takes a number. One epoch is
⌈n_examples / batch_size⌉ steps, so ``steps=20 * 22`` means 20 epochs of 22 steps.

Elsewhere: Keras's schedules count steps as here; PyTorch's schedulers count whenever they are told to,
mostly once per epoch.
"""

import math
import numbers
from functools import partial

from mlkit.validation import as_count, as_number


def constant(learning_rate):
    """The same at every step: η_t = η.

    >>> schedule = constant(0.1)
    >>> schedule(0), schedule(1000)
    (0.1, 0.1)
    """
    return partial(_constant, _rate(learning_rate))


def step_decay(learning_rate, *, factor=0.5, every):
    """Multiply by ``factor`` after every so many steps: η_t = η · factor^⌊t / every⌋.

    Raises ``ValueError`` unless η > 0, 0 < factor ≤ 1 and ``every`` is a whole number of steps.
    Source: common practice, as in He, Zhang, Ren and Sun, 2016, Deep residual learning for image
    recognition. Elsewhere: PyTorch's ``StepLR``; its default factor is 0.1.

    >>> schedule = step_decay(0.8, every=10)
    >>> schedule(9), schedule(10), schedule(25)
    (0.8, 0.4, 0.2)
    """
    return partial(_step_decay, _rate(learning_rate), _factor(factor), as_count(every, "every"))


def linear(learning_rate, *, steps, final=0.0):
    """Go down (or up) in a straight line: η_t = η + (η_end − η) · t / steps, then stay at η_end = ``final``.

    Elsewhere: PyTorch's ``LinearLR`` takes factors of η in place of ``final``; Keras's ``PolynomialDecay``.

    >>> schedule = linear(1.0, steps=4)
    >>> [schedule(t) for t in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return partial(_linear, _rate(learning_rate), as_number(final, "final", at_least=0), as_count(steps, "steps"))


def exponential(learning_rate, *, factor=0.5, every):
    """Lose the same share at every step: η_t = η · factor^(t / every), the smooth ``step_decay``.

    Elsewhere: Keras's ``ExponentialDecay``; PyTorch's ``ExponentialLR`` with every = 1.

    >>> schedule = exponential(0.8, every=10)
    >>> schedule(0), schedule(10), round(schedule(5), 4)
    (0.8, 0.4, 0.5657)
    """
    return partial(_exponential, _rate(learning_rate), _factor(factor), as_count(every, "every"))


def cosine(learning_rate, *, steps, final=0.0):
    """Go down along half a cosine, gently at both ends: η_t = η_end + (η − η_end) · (1 + cos(π t / steps)) / 2.

    After ``steps`` it stays at η_end = ``final``.
    Source: Loshchilov and Hutter, 2017, SGDR: stochastic gradient descent with warm restarts, without the
    restarts. Elsewhere: Keras's ``CosineDecay``; PyTorch's ``CosineAnnealingLR`` climbs again after ``steps``.

    >>> schedule = cosine(1.0, steps=4)
    >>> [round(schedule(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    return partial(_cosine, _rate(learning_rate), as_number(final, "final", at_least=0), as_count(steps, "steps"))


def warm_up(schedule, *, steps):
    """Rise in a straight line first: η_t = η_0 · (t + 1) / (steps + 1) for t < steps, then ``schedule`` from its 0.

    The first step is not 0, and the last of the warm-up is one notch below the schedule's start.

    Parameters
    ----------
    schedule : number or schedule
        What follows the warm-up; η_0 is its first value.
    steps : int

    Source: Goyal et al., 2017, Accurate, large minibatch SGD: training ImageNet in 1 hour.

    >>> schedule = warm_up(linear(1.0, steps=2), steps=3)
    >>> [schedule(t) for t in range(6)]
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.0]
    """
    return partial(_warm_up, as_schedule(schedule, "schedule"), as_count(steps, "steps"))


# The formulas, each with what is fixed first and the step last: functions of a module can be copied and pickled, as
# what is defined inside another function cannot.


def _constant(rate, step):
    _count(step)
    return rate


def _step_decay(rate, factor, every, step):
    return rate * factor ** (_count(step) // every)


def _linear(rate, final, steps, step):
    return rate + (final - rate) * _share(step, steps)


def _exponential(rate, factor, every, step):
    return rate * factor ** (_count(step) / every)


def _cosine(rate, final, steps, step):
    return final + (rate - final) * (1 + math.cos(math.pi * _share(step, steps))) / 2


def _warm_up(schedule, steps, step):
    step = _count(step)
    return schedule(0) * (step + 1) / (steps + 1) if step < steps else schedule(step - steps)


SCHEDULES = {
    "constant": constant,
    "step": step_decay,
    "linear": linear,
    "exponential": exponential,
    "cosine": cosine,
    "warm_up": warm_up,
}


def as_schedule(learning_rate, name="learning_rate"):
    """Return a schedule, made from a number if it is not one already.

    >>> as_schedule(0.1)(7)
    0.1
    >>> as_schedule(lambda step: 1 / (step + 1))(1)
    0.5
    """
    if callable(learning_rate) and not isinstance(learning_rate, type):  # float(3) is 3.0: a class is no schedule
        return learning_rate
    if isinstance(learning_rate, numbers.Real):
        return constant(learning_rate)
    raise ValueError(f"{name} must be a number above 0 or a schedule, step -> learning rate, got {learning_rate!r}")


def rate_at(schedule, step):
    """Return the learning rate of ``step`` as a Python float, or say what the schedule returned in its place."""
    rate = schedule(step)
    if type(rate) is not float or not 0 <= rate < math.inf:  # the usual float is let through at no cost
        rate = as_number(rate, f"the learning rate of step {step}", at_least=0)
    return rate


def _rate(learning_rate):
    return as_number(learning_rate, "learning_rate", above=0)


def _factor(factor):
    return as_number(factor, "factor", above=0, at_most=1)


def _count(step):
    return step if type(step) is int and step >= 0 else as_count(step, "step", at_least=0)


def _share(step, steps):
    return min(_count(step) / steps, 1.0)

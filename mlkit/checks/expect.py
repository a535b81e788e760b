"""What a test says when the answer is not right yet: sentences for a learner, without the right value in them."""

import contextlib

import numpy as np

from mlkit.checks import errors


class NotYet(Exception):
    """A property the answer does not have; the message says which, and never what the right value is."""

    usual = None


class InputChanged(NotYet):
    """What the answer was given is not as it was before the call."""

    usual = errors.IN_PLACE


class NotWritten(Exception):
    """The answer is still the stub."""


def require(condition, message):
    """Raise `NotYet` with ``message`` unless ``condition`` holds.

    Examples
    --------
    >>> require(1 + 1 == 2, "never seen")
    >>> require(False, "the rows do not sum to 1")
    Traceback (most recent call last):
    mlkit.checks.expect.NotYet: the rows do not sum to 1
    """
    if not condition:
        raise NotYet(message)


def an_array(value, shape, what="the result", *, booleans=False):
    """Return ``value`` as an array of numbers, or say in what way it is not one of this shape.

    ``booleans`` lets True and False pass as numbers.

    Examples
    --------
    >>> an_array([1.0, 2.0], (2,))
    Traceback (most recent call last):
    mlkit.checks.expect.NotYet: the result is a list; a NumPy array of shape (2,) was wanted
    >>> an_array(np.ones((2, 1)), (2,))
    Traceback (most recent call last):
    mlkit.checks.expect.NotYet: the result has shape (2, 1); (2,) was wanted
    """
    wanted = f"a NumPy array of shape {shape}" if shape else "a number"
    if not isinstance(value, (np.ndarray, np.generic)) and not (shape == () and _is_number(value)):
        raise NotYet(f"{what} is {_a(type(value).__name__)}; {wanted} was wanted")
    array = np.asarray(value)
    if array.dtype.kind == "b" and not booleans:
        raise NotYet(f"{what} holds True and False; numbers were wanted, as from `.astype(float)`")
    if array.dtype.kind not in "biuf":
        raise NotYet(f"{what} holds values of type {array.dtype}; real numbers were wanted")
    if array.shape != shape:
        raise NotYet(f"{what} has shape {array.shape}; {shape if shape else 'a single number'} was wanted")
    if array.dtype.kind in "iuf" and np.isnan(array).any():
        raise NotYet(f"{what} contains NaN (not a number)")
    return array


def a_number(value, what="the result"):
    """Return ``value`` as a float, or say why it is not a single number.

    Examples
    --------
    >>> a_number(np.float64(0.5))
    0.5
    >>> a_number("0.5")
    Traceback (most recent call last):
    mlkit.checks.expect.NotYet: the result is a str; a number was wanted
    """
    return float(an_array(value, (), what))


def a_tuple(value, length, what="the result"):
    """Return ``value`` if it is a tuple or list of this length, or say what it is."""
    if not isinstance(value, (tuple, list)):
        raise NotYet(f"{what} is {_a(type(value).__name__)}; {length} values were wanted, as in `return a, b`")
    if len(value) != length:
        raise NotYet(f"{what} has {len(value)} values; {length} were wanted")
    return value


def close(value, wanted, message, *, rtol=1e-6, atol=1e-8):
    """Raise `NotYet` with ``message`` unless ``value`` agrees with ``wanted``, shape and numbers.

    The wanted value appears in no message: say in ``message`` which property is missing.

    Examples
    --------
    >>> close(np.ones(2), [1, 1], "never seen")
    >>> close(np.zeros(2), [1, 1], "at a large z the sigmoid is nearly 1")
    Traceback (most recent call last):
    mlkit.checks.expect.NotYet: at a large z the sigmoid is nearly 1
    """
    value = an_array(value, np.shape(wanted))
    require(np.allclose(value, wanted, rtol=rtol, atol=atol), message)


@contextlib.contextmanager
def only_the_given_generator():
    """Raise `NotYet` if in this block a generator is made of a seed: all chance must come from the one that is given.

    >>> with only_the_given_generator():
    ...     np.random.default_rng(0)
    Traceback (most recent call last):
    mlkit.checks.expect.NotYet: a random generator is made, where all chance must come from the one that is given
    """
    make = np.random.default_rng

    def look(seed=None):
        said = "a random generator is made, where all chance must come from the one that is given"
        require(isinstance(seed, np.random.Generator), said)
        return seed

    np.random.default_rng = look
    try:
        yield
    finally:
        np.random.default_rng = make


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _a(noun):
    if noun == "NoneType":
        return "None"
    noun = noun.removeprefix("nd")  # an ndarray
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"

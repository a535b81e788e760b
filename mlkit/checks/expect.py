"""What a test says when the answer is not right yet: sentences for a learner, without the right value in them."""

import numpy as np


class NotYet(Exception):
    """A property the answer does not have; the message says which, and never what the right value is."""


class InputChanged(NotYet):
    """What the answer was given is not as it was before the call."""


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


def one_at_a_time(answer, z, *parameters):
    """Tell whether an answer is right for single numbers only, as the functions of Python's ``math`` are.

    Examples
    --------
    >>> import math
    >>> one_at_a_time(math.exp, np.array([0.0, 1.0])), one_at_a_time(np.exp, np.array([0.0, 1.0]))
    (True, False)
    """
    try:
        answer(z, *parameters)
    except TypeError:
        return np.ndim(answer(float(z.flat[0]), *parameters)) == 0
    return False


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _a(noun):
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"

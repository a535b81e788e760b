"""What every public function does first: look at what came in, and say plainly when it cannot be used.

A wrong shape that happens to broadcast is the worst kind of mistake, because nothing fails and the
answer is wrong. So nothing is repaired here: each function returns its argument, as an array where it
was a list, or raises a ``ValueError`` that names the argument, what came and what was wanted.
"""

import math
import numbers

import numpy as np

MOST_NUMBERS = 2**28  # 2 GiB of float64


def as_floats(value, name, *, ndim=None, shape=None, complex_allowed=False):
    """Return ``value`` as a floating array, or raise a ``ValueError`` that names it.

    Whole numbers and booleans become float64; float32 stays float32, so that a network keeps the type
    of its data.

    Parameters
    ----------
    value : array_like
    name : str
        How the caller calls this argument; it opens the message.
    ndim : int or None
        The wanted number of axes.
    shape : tuple or None
        The wanted shape; ``None`` inside the tuple stands for any length.
    complex_allowed : bool
        Let complex numbers through, as the complex-step derivative needs.

    Examples
    --------
    >>> as_floats([1, 2], "weights")
    array([1., 2.])
    >>> as_floats([1, 2], "weights", shape=(3,))
    Traceback (most recent call last):
    ValueError: weights must have shape (3,), got (2,)
    """
    refuse_masked(value, name)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be a regular array of numbers: {error}") from None
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.kind not in ("fc" if complex_allowed else "f"):
        raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}")
    if shape is not None and not _fits(array.shape, shape):
        wanted = str(tuple("any" if n is None else n for n in shape)).replace("'", "")
        raise ValueError(f"{name} must have shape {wanted}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {_first_not_finite(array)}")
    return array


def float_type(dtype):
    """Return ``dtype`` when it is float32 or float64, the types a network computes in.

    >>> float_type("float16")
    Traceback (most recent call last):
    ValueError: dtype must be float32 or float64, got 'float16'
    """
    for allowed in (np.float32, np.float64):
        if dtype is not None and dtype in (allowed, np.dtype(allowed), allowed.__name__):  # None == float64 in NumPy
            return np.dtype(allowed)
    raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")


def as_dtype(array, dtype, name):
    """Return the finite ``array`` as ``dtype``; a number float32 cannot hold raises a ``ValueError``.

    >>> as_dtype(np.array([1e300]), np.float32, "weights")
    Traceback (most recent call last):
    ValueError: weights must be finite, got inf at index 0
    """
    if array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):
        return as_floats(array.astype(dtype), name)


def as_examples(X, name="X"):
    """Return ``X`` as a float array of shape (n_examples, n_features), neither of them 0."""
    X = as_floats(X, name, ndim=2)
    if 0 in X.shape:
        raise ValueError(f"{name} must hold at least one example and one feature, got shape {X.shape}")
    return X


def as_labels(y, name="y", *, n_examples=None, n_classes=None):
    """Return ``y`` as integer class labels 0 … k-1 of shape (n_examples,).

    >>> as_labels([0, 1, 2], n_classes=2)
    Traceback (most recent call last):
    ValueError: y must hold labels from 0 to 1, got 2 at index 2
    """
    refuse_masked(y, name)
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"{name} must have one axis, one label per example, got shape {y.shape}")
    if n_examples is not None and len(y) != n_examples:
        raise ValueError(f"{name} must hold {n_examples} labels, one per example, got {len(y)}")
    if y.dtype.kind not in "biu":
        whole = y.dtype.kind == "f" and np.isfinite(y).all() and (y == y.round()).all()
        cure = f": use {name}.astype(int)" if whole else ""
        raise ValueError(f"{name} must hold whole-number labels, got dtype {y.dtype}{cure}")
    y = y.astype(np.int64)
    wrong = y < 0 if n_classes is None else (y < 0) | (y >= n_classes)
    if wrong.any():
        index = int(np.argmax(wrong))
        wanted = "labels from 0" if n_classes is None else f"labels from 0 to {n_classes - 1}"
        raise ValueError(f"{name} must hold {wanted}, got {y[index]} at index {index}")
    return y


def as_number(value, name, *, above=None, at_least=None, below=None, at_most=None):
    """Return ``value`` as a Python float inside the stated bounds.

    >>> as_number(-0.1, "learning_rate", above=0)
    Traceback (most recent call last):
    ValueError: learning_rate must be a number above 0, got -0.1
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:  # a whole number too large for a float
        number = math.inf
    if not math.isfinite(number) or not _inside(number, above, at_least, below, at_most):
        raise ValueError(f"{name} must be a number{_describe(above, at_least, below, at_most)}, got {value!r}")
    return number


def as_count(value, name, *, at_least=1):
    """Return ``value`` as a Python int, at least ``at_least``; 3.0 and True are not counts.

    >>> as_count(0, "max_epochs")
    Traceback (most recent call last):
    ValueError: max_epochs must be a whole number at least 1, got 0
    """
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.bool_))
    if not is_whole or value < at_least:
        raise ValueError(f"{name} must be a whole number at least {at_least}, got {value!r}")
    return int(value)


def check_size(n_numbers, name):
    """Raise a ``ValueError`` that names the arguments which ask for more numbers than a machine can hold.

    >>> check_size(10**12, "n_inputs and n_outputs")
    Traceback (most recent call last):
    ValueError: n_inputs and n_outputs must make at most 268,435,456 numbers, got 1,000,000,000,000
    """
    if n_numbers > MOST_NUMBERS:
        raise ValueError(f"{name} must make at most {MOST_NUMBERS:,} numbers, got {n_numbers:,}")


def check_same_shape(array, name, other, other_name):
    """Raise a ``ValueError`` unless the two have one shape.

    >>> check_same_shape(np.zeros(2), "a", np.zeros(3), "z")
    Traceback (most recent call last):
    ValueError: a must have the shape of z, (3,), got (2,)
    """
    if np.shape(array) != np.shape(other):
        raise ValueError(f"{name} must have the shape of {other_name}, {np.shape(other)}, got {np.shape(array)}")


def finite_result(result, name):
    """Return ``result``, unless values of the argument ``name`` were so large that it overflowed."""
    if result is not None and not np.isfinite(result).all():
        raise ValueError(f"{name} and the weights hold values so large that the result is beyond {result.dtype}")
    return result


def refuse_masked(value, name):
    """Raise a ``ValueError`` for an array with masked entries: as a plain array it would hold what the mask hides.

    >>> refuse_masked(np.ma.masked_greater([1, 999], 100), "X")
    Traceback (most recent call last):
    ValueError: X must not have masked entries, got 1 of 2: fill them or leave them out
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        hidden = int(np.ma.count_masked(value))
        raise ValueError(
            f"{name} must not have masked entries, got {hidden} of {value.size}: fill them or leave them out"
        )


def as_choice(value, name, choices):
    """Return ``value`` when it is one of ``choices``; otherwise list them.

    >>> as_choice("offine", "mode", ["online", "offline"])
    Traceback (most recent call last):
    ValueError: mode must be one of 'online', 'offline', got 'offine'
    """
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
    return value


def as_text(value, name):
    """Return ``value`` when it is a text, or None where nothing is to be written."""
    if not isinstance(value, str | None):
        raise ValueError(f"{name} must be a text or None, got {value!r}")
    return value


def as_flag(value, name):
    """Return ``value`` when it is True or False.

    >>> as_flag("no", "grid")
    Traceback (most recent call last):
    ValueError: grid must be True or False, got 'no'
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def as_generator(rng, name="rng"):
    """Return ``rng`` when it is a NumPy Generator: randomness here is always passed in, never hidden."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"{name} must be a numpy.random.Generator, such as np.random.default_rng(0), got {rng!r}")
    return rng


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(n is None or n == m for m, n in zip(shape, wanted, strict=True))


def _first_not_finite(array):
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return f"{array[index]} at index {index[0] if len(index) == 1 else index}"


def _inside(value, above, at_least, below, at_most):
    return (
        (above is None or value > above)
        and (at_least is None or value >= at_least)
        and (below is None or value < below)
        and (at_most is None or value <= at_most)
    )


def _describe(above, at_least, below, at_most):
    bounds = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    said = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
    return " " + " and ".join(said) if said else ""

"""What the drawing functions ask of their arguments, beyond ``mlkit.validation``: axes, lines with gaps, texts."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import is_color_like, to_rgba

from mlkit.validation import as_floats, refuse_masked


def as_axes(axes):
    """Return ``axes`` when one can draw on them."""
    if not isinstance(axes, Axes):
        raise ValueError(f"axes must be matplotlib Axes, as new_axes makes them, got {axes!r}")
    return axes


def as_series(values, name, length=None):
    """Return numbers of shape (n,) as floats; NaN stands for a place where there is nothing to draw."""
    return _with_gaps(values, name, (length,))


def as_walk(points, name):
    """Return places of shape (n, 2) as floats; NaN stands for a walker that has run away."""
    return _with_gaps(points, name, (None, 2))


def as_runs(runs, name, length):
    """Return the values of several runs, shape (n_runs, length), as floats; NaN where there is nothing to draw."""
    return _with_gaps(runs, name, (None, length))


def as_color(color, name):
    """Return ``color`` when matplotlib knows it; None is no color, as what is drawn in would be left to chance."""
    if not is_color_like(color) or not np.isfinite(to_rgba(color)).all():
        raise ValueError(f"{name} must be a color, such as '#0072b2', got {color!r}")
    return color


def as_named(named, name):
    """Return a dictionary from names to whatever is drawn under them."""
    if not isinstance(named, dict) or not named or not all(isinstance(key, str) for key in named):
        raise ValueError(f"{name} must be a dictionary from names to what is drawn, got {named!r}")
    return named


def as_texts(texts, name, length=None):
    """Return a list of texts, one for each thing that gets one."""
    texts = texts if isinstance(texts, str) else list(texts) if hasattr(texts, "__iter__") else texts
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{name} must be a list of texts, got {texts!r}")
    if length is not None and len(texts) != length:
        raise ValueError(f"{name} must be a list of {length} texts, got {len(texts)}")
    return texts


def as_function(function, name):
    """Return ``function`` when it can be called."""
    if not callable(function):
        raise ValueError(f"{name} must be a function, got {function!r}")
    return function


def _with_gaps(values, name, shape):
    refuse_masked(values, name)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be a regular array of numbers: {error}") from None
    filled = np.nan_to_num(array, nan=0, posinf=np.inf, neginf=-np.inf) if array.dtype.kind == "f" else array
    as_floats(filled, name, shape=shape)
    return array.astype(float)

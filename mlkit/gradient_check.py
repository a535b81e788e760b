"""Trust a gradient only after you have nudged the input and watched the output move.

A derivative worked out by hand (analytic) is compared with one measured from values alone (numeric).
Two ways of measuring: the central difference, for any function; and the complex step, exact to the last
digits, for functions that let complex numbers through. At a kink, such as ReLU's corner, there is no
derivative to compare with: such entries are counted and reported, not judged.
"""

from typing import NamedTuple

import numpy as np

from mlkit.validation import as_floats, as_number

_EPS = float(np.finfo(np.float64).eps)
CENTRAL_STEP = _EPS ** (1 / 3)  # 6e-6, where h² (the formula's error) and ε/h (round-off) are in balance
COMPLEX_STEP = 1e-20  # nothing is subtracted, so no digits are lost however small the step
HIDDEN = 0.01  # the share of a slope that rounding may explain before the comparison says nothing
_CLOSER = 1 / 16  # a second look, from closer by, tells a kink from a curve


class GradientMismatch(AssertionError):
    """The analytic gradient is wrong.

    Attributes
    ----------
    index : tuple of int
        The entry with the largest relative error.
    analytic, numeric, relative_error : float
        What was claimed there, what was measured, and how far apart they are.
    wrong : list of tuple of int
        Every entry that disagrees.
    """

    def __init__(self, index, analytic, numeric, relative_error, wrong, tolerance):
        self.index, self.analytic, self.numeric = index, analytic, numeric
        self.relative_error, self.wrong = relative_error, wrong
        super().__init__(
            f"gradient is wrong at index {index}: analytic {analytic:.10g}, numeric {numeric:.10g}, "
            f"relative error {relative_error:.3g} (tolerance {tolerance:g}); entries that disagree: {len(wrong)}"
        )


class GradientReport(NamedTuple):
    """What a passed check has looked at.

    ``checked`` entries were compared, the largest relative error among them was ``largest_error``;
    the entries in ``kinks`` (a list of indices) were not, because f has no derivative there, and those in
    ``undecided`` could not be, because f is so large there that rounding hides what the entry does to it.
    """

    checked: int
    kinks: list
    largest_error: float
    undecided: list


def central_difference(f, x, step=None):
    """Return the gradient of ``f`` at ``x`` by central differences: (f(x + h) − f(x − h))/(2h), entry by entry.

    Parameters
    ----------
    f : callable
        Takes an array like ``x`` and returns one number.
    x : array_like, any shape
        Measured in float64, whatever its type.
    step : float or None
        h, the same for every entry; by default ∛ε·max(1, |xᵢ|), about 6e-6.

    Returns
    -------
    ndarray of x's shape
        Its error shrinks with h² until round-off, which grows with 1/h, takes over.

    Raises
    ------
    ValueError
        When ``f`` does not return one finite real number, or ``x`` or ``step`` cannot be used.

    Examples
    --------
    >>> central_difference(lambda x: (x**2).sum(), [[1.0, 2.0]]).round(6)
    array([[2., 4.]])
    """
    x = as_floats(x, "x").astype(np.float64)
    steps = _central_steps(x) if step is None else np.full(x.shape, as_number(step, "step", above=0))
    gradient = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        h = steps[i]
        gradient[i] = (_value(f, x, i, h) - _value(f, x, i, -h)) / (2 * h)
    return gradient


def complex_step(f, x):
    """Return the gradient of ``f`` at ``x`` by complex steps: Im f(x + ih)/h with h = 10⁻²⁰, entry by entry.

    Nothing is subtracted, so h can be so small that the formula's error vanishes: the result is as exact
    as ``f`` itself. But every operation inside ``f`` must be analytic: no ``abs``, no conjugate, no
    conversion to real; ``max`` and ``where`` are fine off their kinks.

    Source: Squire and Trapp, 1998, Using complex variables to estimate derivatives of real functions.

    Parameters
    ----------
    f : callable
        Takes a complex array like ``x`` and returns one complex number.
    x : array_like, any shape

    Returns
    -------
    ndarray of x's shape

    Raises
    ------
    ValueError
        When ``f`` returns a real number (something inside dropped the imaginary part), or none that is finite.

    Examples
    --------
    >>> complex_step(lambda x: np.exp(x).sum(), [0.0, 1.0])
    array([1. , 2.71828183])
    """
    x = as_floats(x, "x").astype(np.complex128)
    gradient = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        gradient[i] = _value(f, x, i, 1j * COMPLEX_STEP, kind="complex").imag / COMPLEX_STEP
    return gradient


def relative_error(a, b):
    """Return |a − b| / max(|a|, |b|) entry by entry, and 0 where both are 0.

    2 means opposite signs, 1 that one of the two is 0, ½ a lost factor 2, 10⁻⁷ a correct gradient.

    >>> relative_error([1.0, 0.0, 2.0], [1.0, 0.0, -2.0])
    array([0., 0., 2.])
    """
    a = as_floats(a, "a")
    b = as_floats(b, "b", shape=a.shape)
    larger = np.maximum(np.abs(a), np.abs(b))
    larger = np.where(larger > 0, larger, 1)
    return np.abs(a / larger - b / larger)


def check_gradient(f, gradient, x, tolerance=1e-6):
    """Compare ``gradient`` with central differences of ``f`` at ``x``, and raise where it is wrong.

    An entry passes when its relative error is at most ``tolerance``, beyond what round-off in ``f`` can
    explain. Where round-off could explain more than a hundredth of the slope, the entry is not decided. It is a
    kink when the slopes to the left and to the right differ, and still do when looked at from 16 times closer by
    (in a smooth curve the difference shrinks with the step).

    Parameters
    ----------
    f : callable
        Takes a float64 array like ``x`` and returns one number; called four times per entry.
    gradient : array_like of x's shape, or callable
        The analytic gradient at ``x``; if callable, ``gradient(x)``.
    x : array_like, any shape
    tolerance : float
        10⁻⁶ suits functions of moderate curvature in float64.

    Returns
    -------
    GradientReport
        How many entries were compared, which lay on a kink, which rounding hides, and the largest relative error.

    Raises
    ------
    GradientMismatch
        An ``AssertionError`` that says where, analytic, numeric and relative error.
    ValueError
        When the shapes differ, a number is not finite, or there is nothing to compare: every entry lies on a
        kink (move ``x`` a little), or is hidden by rounding (take away from f what does not depend on ``x``).

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> check_gradient(lambda x: (x**2).sum(), 2 * x, x).checked
    2
    >>> check_gradient(lambda x: (x**2).sum(), x, x)
    Traceback (most recent call last):
    mlkit.gradient_check.GradientMismatch: gradient is wrong at index (0,): analytic 1, numeric 2,
    relative error 0.5 (tolerance 1e-06); entries that disagree: 2
    """
    x = as_floats(x, "x").astype(np.float64)
    tolerance = as_number(tolerance, "tolerance", above=0)
    analytic = as_floats(gradient(x.copy()) if callable(gradient) else gradient, "gradient", shape=x.shape)
    numeric, errors, kinks, undecided, wrong = {}, {}, [], [], []
    here = _value(f, x, ..., 0.0)
    for i, h in zip(np.ndindex(x.shape), _central_steps(x).ravel().tolist(), strict=True):
        far, near = _look(f, x, i, h, here), _look(f, x, i, h * _CLOSER, here)
        if near.bend > max(far.bend / 2, near.roundoff):
            kinks.append(i)
            continue
        # A kink between the two distances spoils only the far look, so agreeing with either is enough.
        looks = [look for look in (far, near) if _shows(look, float(analytic[i]))]
        if not looks:
            undecided.append(i)
            continue
        excess, numeric[i], errors[i] = min(_compare(float(analytic[i]), look) for look in looks)
        if excess > tolerance:
            wrong.append(i)
    if not errors:
        raise ValueError(
            f"x must have entries off the kinks of f, got {x.size} entries, {len(kinks)} of them on a kink, and "
            f"{len(undecided)} whose slope is hidden by the rounding of f"
        )
    if wrong:
        worst = max(wrong, key=errors.get)
        raise GradientMismatch(worst, float(analytic[worst]), numeric[worst], errors[worst], wrong, tolerance)
    return GradientReport(len(errors), kinks, max(errors.values()), undecided)


class _Look(NamedTuple):
    slope: float  # the central difference
    bend: float  # right-hand slope minus left-hand slope, without sign
    roundoff: float  # how wrong both may be because numbers have 16 digits


def _look(f, x, index, h, here):
    left, right = _value(f, x, index, -h), _value(f, x, index, h)
    slope = (right - left) / (2 * h)
    digits = max(abs(left), abs(here), abs(right)) + abs(slope * float(x[index]))
    return _Look(slope, abs((right - here) - (here - left)) / h, 16 * _EPS * digits / h)


def _shows(look, analytic):
    """Whether a look can tell right from wrong: what rounding may add is small beside the slope, or there is none."""
    larger = max(abs(analytic), abs(look.slope))
    return look.roundoff <= HIDDEN * larger or larger == 0


def _compare(analytic, look):
    """Return the relative error beyond round-off, the numeric slope, and the whole relative error."""
    error = float(relative_error(analytic, look.slope))
    larger = max(abs(analytic), abs(look.slope))
    return max(0.0, error - look.roundoff / larger) if larger else 0.0, look.slope, error


def _central_steps(x):
    return CENTRAL_STEP * np.maximum(1, np.abs(x))


def _value(f, x, index, step, kind="real"):
    """Return f(x) with one entry moved by ``step``; each call gets a copy, so ``f`` may change what it is given."""
    moved = x.copy()
    moved[index] += step
    value = np.asarray(f(moved))
    if value.size != 1 or value.dtype.kind not in {"real": "biuf", "complex": "c"}[kind]:
        raise ValueError(f"f must return one {kind} number, got shape {value.shape} and dtype {value.dtype}")
    if not np.isfinite(value).all():
        raise ValueError(f"f must return a finite number, got {value.item()} when x at {index} moves by {step:g}")
    return value.item()

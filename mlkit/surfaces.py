"""Landscapes with two parameters, so that a descent can be watched: each beside its gradient.

A loss is a function of thousands of parameters, of which nobody can draw more than two. These functions have
two, and each has one difficulty that real losses have as well: a long narrow valley, a saddle, a plain.
`SURFACES` lists them by name; `descend` walks down any of them with any optimizer and keeps the path.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlkit.optimizers import Optimizer
from mlkit.validation import as_count, as_floats, as_number

FAR_AWAY = 1e6  # a path that gets there has run away; a few steps later its gradient would leave the floats


@dataclass(frozen=True)
class Surface:
    """A function of two parameters with its gradient, and the part of the plane worth looking at.

    Attributes
    ----------
    name, formula : str
        What to call it; its definition, with θ₁ and θ₂.
    value : callable
        ``value(x, y)``, for numbers or arrays x = θ₁ and y = θ₂ of one shape.
    slopes : callable
        ``slopes(x, y)``: the pair of partial derivatives.
    start : pair of floats
        A good place to start a descent from.
    minima : tuple of pairs
        Where the function is locally smallest.
    center : pair of floats
        The middle of the square worth looking at, for `mlkit.plots.new_plane`.
    lim : float
        Half the side of that square.

    Examples
    --------
    >>> ravine = SURFACES["ravine"]
    >>> float(ravine([1.0, 1.0])), ravine.gradient([1.0, 1.0])
    (9.5, array([ 1., 18.]))
    """

    name: str
    formula: str
    value: Callable
    slopes: Callable
    start: tuple
    minima: tuple
    center: tuple = (0.0, 0.0)
    lim: float = 3.0

    def __call__(self, points):
        """Return the heights, shape (...), at ``points``, shape (..., 2)."""
        points = as_points(points)
        return self.value(points[..., 0], points[..., 1])

    def gradient(self, points):
        """Return the gradients, shape (..., 2), at ``points``, shape (..., 2)."""
        points = as_points(points)
        return np.stack(self.slopes(points[..., 0], points[..., 1]), axis=-1)


def quadratic(smallest, largest, *, angle=0.0):
    """Return the quadratic bowl ½(λ_min a² + λ_max b²), whose axes a and b are turned by ``angle`` degrees.

    Its second derivatives are the same everywhere, with the eigenvalues ``smallest`` and ``largest``.

    >>> bowl = quadratic(1, 9)
    >>> bowl.formula, bowl.gradient([2.0, 1.0])
    ('½(θ₁² + 9 θ₂²)', array([2., 9.]))
    """
    smallest, largest = as_number(smallest, "smallest"), as_number(largest, "largest")
    angle = as_number(angle, "angle")
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))

    def value(x, y):
        return (smallest * (c * x + s * y) ** 2 + largest * (c * y - s * x) ** 2) / 2

    def slopes(x, y):
        a, b = smallest * (c * x + s * y), largest * (c * y - s * x)
        return c * a - s * b, s * a + c * b

    along = f"½({_times(smallest)}θ₁² + {_times(largest)}θ₂²)"
    formula = along if angle == 0 else f"{along}, turned by {angle:g} degrees"
    start = float(c * -2.6 - s * 1.0), float(s * -2.6 + c * 1.0)  # turned with the bowl
    return Surface("quadratic", formula, value, slopes, start=start, minima=((0.0, 0.0),))


def descend(surface, optimizer, start, steps):
    """Walk down ``surface`` and return the path, start included.

    Parameters
    ----------
    surface : Surface
        Or anything with a ``gradient`` of points of shape (..., 2).
    optimizer : Optimizer
        It is reset first.
    start : array_like, shape (2,) or (n, 2)
        One walker or several, each alone.
    steps : int

    Returns
    -------
    ndarray, shape (steps + 1, 2) or (steps + 1, n, 2)
        A walker that has run away, 10⁶ or more from the origin, is NaN from then on.

    Examples
    --------
    >>> from mlkit.optimizers import SGD
    >>> descend(SURFACES["parabola"], SGD(0.5), [2.0, -2.0], steps=2)
    array([[ 2. , -2. ],
           [ 1. , -1. ],
           [ 0.5, -0.5]])
    """
    if not callable(getattr(surface, "gradient", None)):
        raise ValueError(f"surface must be a Surface, such as SURFACES['ravine'], got {surface!r}")
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer must be an Optimizer, such as SGD(0.1), got {optimizer!r}")
    here = as_points(start, "start").copy()
    optimizer.reset()
    path, gone = [here.copy()], np.zeros(here.shape[:-1], dtype=bool)
    for _ in range(as_count(steps, "steps", at_least=0)):
        optimizer.step([here], [np.where(gone[..., None], 0.0, surface.gradient(here))])
        gone |= np.abs(here).max(axis=-1) >= FAR_AWAY
        here[gone] = 0.0  # whatever it does from now on, nobody looks
        path.append(np.where(gone[..., None], np.nan, here))
    return np.array(path)


def as_points(points, name="points"):
    """Return ``points`` as floats of shape (..., 2), or raise a ``ValueError`` that names them."""
    points = as_floats(points, name)
    if points.ndim == 0 or points.shape[-1] != 2:
        raise ValueError(f"{name} must have shape (..., 2), got {points.shape}")
    return points


def _times(number):
    return "" if number == 1 else f"{number:g} "


def _saddle(x, y):
    return x**2 / 2 - y**2 / 2 + y**4 / 4


def _saddle_slopes(x, y):
    return x, y**3 - y


def _plateau(x, y):
    return 1 - np.exp(-(x**2 + y**2) / 2)


def _plateau_slopes(x, y):
    near = np.exp(-(x**2 + y**2) / 2)
    return x * near, y * near


def _rosenbrock(x, y):
    return (1 - x) ** 2 + 10 * (y - x**2) ** 2


def _rosenbrock_slopes(x, y):
    off = y - x**2
    return -2 * (1 - x) - 40 * x * off, 20 * off


INPUTS = np.linspace(-2, 2, 9)  # what the smallest network is trained on: it is to learn tanh(1.5 x)
TARGETS = np.tanh(1.5 * INPUTS)


def _smallest_network(w1, w2):
    a = np.tanh(np.multiply.outer(w1, INPUTS))
    return ((np.expand_dims(w2, -1) * a - TARGETS) ** 2 / 2).mean(axis=-1)


def _smallest_network_slopes(w1, w2):
    a, w2 = np.tanh(np.multiply.outer(w1, INPUTS)), np.expand_dims(w2, -1)
    error = w2 * a - TARGETS
    return (error * w2 * (1 - a**2) * INPUTS).mean(axis=-1), (error * a).mean(axis=-1)


def _named(name, bowl, formula=None):
    return Surface(name, formula or bowl.formula, bowl.value, bowl.slopes, bowl.start, bowl.minima)


SURFACES = {
    "parabola": _named("parabola", quadratic(1, 1)),
    "ravine": _named("ravine", quadratic(1, 18)),
    "tilted ravine": _named("tilted ravine", quadratic(1, 18, angle=45)),
    "saddle": Surface(
        "saddle",
        "½θ₁² − ½θ₂² + ¼θ₂⁴",
        _saddle,
        _saddle_slopes,
        start=(-2.4, 0.02),
        minima=((0.0, 1.0), (0.0, -1.0)),
    ),
    "plateau": Surface(
        "plateau", "1 − exp(−½(θ₁² + θ₂²))", _plateau, _plateau_slopes, start=(-2.6, 1.4), minima=((0.0, 0.0),)
    ),
    "rosenbrock": Surface(
        "rosenbrock",
        "(1 − θ₁)² + 10 (θ₂ − θ₁²)²",
        _rosenbrock,
        _rosenbrock_slopes,
        start=(-1.2, 1.0),
        minima=((1.0, 1.0),),
        center=(0.0, 0.7),
        lim=1.8,
    ),
    "smallest network": Surface(
        "smallest network",
        "mean of ½(θ₂ tanh(θ₁ x) − tanh(1.5 x))² over nine inputs x",
        _smallest_network,
        _smallest_network_slopes,
        start=(0.4, -1.6),
        minima=((1.5, 1.0), (-1.5, -1.0)),
    ),
}

"""A landscape seen from above, as a map with lines of equal height, and the way that a descent took on it."""

from functools import lru_cache

import numpy as np
from contourpy import contour_generator  # what matplotlib draws its contours with

from mlkit.plots.doors import as_axes, as_function, as_named, as_texts, as_walk
from mlkit.style import COLORS, LINES, MARKERS, MUTED, PAPER, SMALL
from mlkit.validation import as_choice, as_count, as_flag, as_floats, as_number, as_text

SIGNS_OF_LINES, SIGNS_OF_MARKS = ("—", "- -", "- ·", "···"), ("●", "■", "▲", "◆")
CORNERS = ("upper left", "lower left", "upper right", "lower right")
LEVELS = 9  # lines of equal height
MOST_DOTS = 60  # more steps than that are drawn as a line alone


def contours(axes, surface, *, resolution=61, minima=()):
    """Draw lines of equal height of a function of two parameters, and a star at each minimum.

    The heights grow as squares, so that the lines round the bottom of a bowl lie equally far apart.

    Parameters
    ----------
    surface : callable
        From points of shape (n, 2) to heights of shape (n,). It is remembered, so it must be hashable.
    resolution : int
        Points along each side of the grid on which the lines are found.
    minima : sequence of pairs
        Where to put a star.

    Examples
    --------
    >>> from mlkit.plots import new_plane
    >>> axes = contours(new_plane(), lambda points: (points**2).sum(axis=-1), minima=[(0, 0)])
    >>> len(axes.lines)  # all lines of equal height are one path, with gaps; and the star
    2
    """
    window = (*as_axes(axes).get_xlim(), *axes.get_ylim())
    x, y = _lines(as_function(surface, "surface"), window, as_count(resolution, "resolution", at_least=2))
    axes.plot(x, y, color=MUTED, linestyle="-", linewidth=0.8, alpha=0.75, zorder=1)
    if not isinstance(minima, list | tuple) or minima:
        minima = as_floats(minima, "minima", shape=(None, 2))
    if len(minima):
        stars = {"marker": "*", "markersize": 13, "markerfacecolor": PAPER, "color": MUTED, "linestyle": "none"}
        axes.plot(*minima.T, **stars, zorder=1.5)
    return axes


def path(axes, points, *, label=None, order=0, show_start=True):
    """Draw a walk: a hollow mark where it starts, a line with a dot for each step, a large mark where it is now.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        The walk ends at the first NaN: from there on the walker has run away.
    label : str or None
        Its name for a legend.
    order : int
        0 for the first path of a picture, 1 for the next: another color, line style and mark.
    show_start : bool
        Whether to mark the start.

    Examples
    --------
    >>> from mlkit.plots import new_plane
    >>> axes = path(new_plane(), [[2, 2], [1, 1], [0.5, 0.5]], label="SGD")
    >>> axes.lines[0].get_label(), axes.lines[-1].get_xydata().tolist()
    ('SGD', [[0.5, 0.5]])
    """
    as_axes(axes)
    as_text(label, "label")
    points, order = _until_gone(as_walk(points, "points")), as_count(order, "order", at_least=0)
    color, mark = COLORS[order % 4], MARKERS[order % 4]
    dots = {"marker": mark, "markersize": 2.8} if len(points) <= MOST_DOTS else {}
    marks = ((points[0], PAPER, 7), (points[-1], color, 8.5))[not as_flag(show_start, "show_start") :]
    near = _near(axes, points)
    axes.plot(*near.T, color=color, linestyle=LINES[order % 4], linewidth=1.5, label=label, **dots)
    for place, face, size in marks:
        axes.plot(*place, marker=mark, markersize=size, color=color, markerfacecolor=face, linestyle="none")
    return axes


def paths(axes, named):
    """Draw several walks from one start, given as name -> points, told apart by color, line style and mark."""
    for order, (name, points) in enumerate(as_named(named, "named").items()):
        path(axes, points, label=name, order=order, show_start=order == 0)
    return key(axes, named, signs=SIGNS_OF_MARKS)


def key(axes, names, *, signs=SIGNS_OF_LINES, corner="upper left"):
    """Say what each curve or path is: a legend of plain text, each name in its color behind the sign of its style.

    It takes a third of the time of matplotlib's legend, which matters where hundreds of frames are drawn.

    Parameters
    ----------
    names : iterable of str
        In the order in which they were drawn.
    signs : sequence of four str
        What stands before the names; the fifth name gets the first again.
    corner : str
        "upper left", "lower left", "upper right" or "lower right".

    Examples
    --------
    >>> from mlkit.plots import new_plane
    >>> axes = key(new_plane(), ["steep", "flat"], corner="lower left")
    >>> [text.get_text() for text in axes.texts]
    ['— steep', '- - flat']
    """
    as_axes(axes)
    names, signs = as_texts(names, "names"), as_texts(signs, "signs", len(SIGNS_OF_LINES))
    upright, side = as_choice(corner, "corner", CORNERS).split()
    row = 0.2 / (axes.bbox.height / axes.figure.dpi)  # 0.2 inches, as a share of the height
    first = 0.98 if upright == "upper" else 0.02 + row * len(names)
    x, frame = {"left": 0.02, "right": 0.98}[side], {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1}
    for i, name in enumerate(names):
        place = {"transform": axes.transAxes, "ha": side, "va": "top", "fontsize": SMALL}
        axes.text(x, first - i * row, f"{signs[i % 4]} {name}", color=COLORS[i % 4], bbox=frame, zorder=3, **place)
    return axes


@lru_cache(maxsize=64)
def _lines(surface, window, resolution):
    """The lines as one path with NaN between the pieces: a single element in the picture."""
    left, right, bottom, top = (as_number(edge, "a limit of the axes") for edge in window)
    x, y = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    heights = as_floats(surface(grid.reshape(-1, 2)), "surface(points)").reshape(resolution, resolution)
    low, high = heights.min(), heights.max()
    found = contour_generator(x, y, heights)
    pieces = []
    for share in np.linspace(0, 1, LEVELS + 2)[1:-1] ** 2:
        for line in found.lines(low + share * (high - low)):
            pieces += [line, [[np.nan, np.nan]]]
    return np.concatenate(pieces).T if pieces else np.full((2, 1), np.nan)


def _until_gone(points):
    gone = np.flatnonzero(~np.isfinite(points).all(axis=1))
    points = points[: gone[0]] if len(gone) else points
    if not len(points):
        raise ValueError("points must start with a place on the map, got none that is finite")
    return points


def _near(axes, points):
    """Cut off what lies many windows away: a picture has no room for 10⁶."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    middle, reach = np.array([left + right, bottom + top]) / 2, 4 * max(right - left, top - bottom)
    return np.clip(points, middle - reach, middle + reach)

"""A derivative as a magnification: a curve under the magnifier, and intervals that pass through several functions."""

import numpy as np

from mlkit.plots.curves import new_chart
from mlkit.plots.doors import as_axes, as_function, as_texts
from mlkit.style import BLUE, COLORS, INK, LINES, MUTED, ORANGE
from mlkit.validation import as_floats, as_number

_ALONG = np.linspace(-1, 1, 81)  # across the window of the magnifier


def magnified(function, x, zoom, *, slope=None, title=""):
    """Draw what a magnifier over the point (x, f(x)) shows: the curve, and the tangent if there is one.

    Both axes are magnified alike, so a slope of 1 stays at 45 degrees.

    Parameters
    ----------
    function : callable
        From an array of numbers to an array of their values.
    x : float
    zoom : float
        The window reaches 1/zoom to each side of the point; the ticks are halfway.
    slope : float or None
        The derivative at ``x``; None where there is none.

    Examples
    --------
    >>> axes = magnified(lambda x: x**2, 1.0, zoom=8, slope=2.0)
    >>> [tick.get_text() for tick in axes.get_xticklabels()]
    ['−1/16', '0', '1/16']
    """
    reach, x = 1 / as_number(zoom, "zoom", above=0), as_number(x, "x")
    slope = None if slope is None else as_number(slope, "slope")
    names = {-0.5: f"\N{MINUS SIGN}1/{2 * zoom:g}", 0: "0", 0.5: f"1/{2 * zoom:g}"}
    limits = {"xlim": (-1, 1), "ylim": (-1, 1), "xticks": names, "yticks": names}
    key = "Δx" if slope is None else "Δx   (— curve, - - tangent)"  # in the picture it would lie on one of them
    axes = new_chart(key, "Δr, magnified", title=title, **limits)
    axes.plot(_ALONG, _under(function, x, reach), color=BLUE)
    if slope is not None:
        axes.plot(_ALONG, slope * _ALONG, color=INK, linestyle="--")
    return axes


def magnified_gap(function, x, zoom, slope):
    """Return how far curve and line part inside the window, as a share of its half width.

    >>> magnified_gap(lambda x: x**2, 1.0, 8, 2.0)
    0.125
    """
    reach, x, slope = 1 / as_number(zoom, "zoom", above=0), as_number(x, "x"), as_number(slope, "slope")
    return float(np.abs(_under(function, x, reach) - slope * _ALONG).max())


def _under(function, x, reach):
    """The curve as the magnifier shows it."""
    as_function(function, "function")
    along = as_floats(function(x + reach * _ALONG), "function(x)", shape=_ALONG.shape)
    return (along - as_number(function(x), "function(x)")) / reach


def magnified_window(axes, x, y, zoom):
    """Mark on the whole curve the square a magnifier shows."""
    as_axes(axes)
    reach, x, y = 1 / as_number(zoom, "zoom", above=0), as_number(x, "x"), as_number(y, "y")
    across, up = reach * np.array([-1, 1, 1, -1, -1]), reach * np.array([-1, -1, 1, 1, -1])
    axes.plot(x + across, y + up, color=ORANGE, linestyle="-", linewidth=1.8)
    axes.plot(x, y, marker="o", markersize=7, color=INK, linestyle="none")
    return axes


def rulers(axes, rows, names, *, texts):
    """Draw numbers that move from ruler to ruler: an interval on the first, and what each function makes of it.

    Parameters
    ----------
    axes : Axes
        Reaching from 0 to the number of rulers, upward.
    rows : sequence of array_like, shape (n,)
        The places of the same n numbers on each ruler, from the top one down.
    names, texts : sequence of str
        What stands above and below the left end of each ruler: the axes reach so far that no rung comes there.
    """
    as_axes(axes)
    if not isinstance(rows, list | tuple) or not 0 < len(rows) <= len(COLORS) + 1:
        raise ValueError(f"rows must be a list of one to {len(COLORS) + 1} arrays, got {rows!r}")
    n = np.size(rows[0])
    rows = [as_floats(row, f"rows[{i}]", shape=(n,)) for i, row in enumerate(rows)]
    names, texts = as_texts(names, "names", len(rows)), as_texts(texts, "texts", len(rows))
    left, right = axes.get_xlim()
    heights = [len(rows) - 0.45 - i for i in range(len(rows))]
    for i, (upper, lower) in enumerate(zip(rows, rows[1:], strict=False)):
        rungs = np.stack([upper, lower, np.full(len(upper), np.nan)], axis=1).ravel()  # one line, broken at each NaN
        up = np.tile([heights[i], heights[i + 1], np.nan], len(upper))
        axes.plot(rungs, up, color=COLORS[i], linestyle=LINES[i], linewidth=1.1)
    for row, height, name, text in zip(rows, heights, names, texts, strict=True):
        axes.plot([left, right], [height, height], color=MUTED, linestyle="-", linewidth=1)
        ends = [row.min(), row.max()]
        axes.plot(ends, [height, height], color=INK, linestyle="-", linewidth=4, solid_capstyle="butt")
        axes.plot(row, np.full(len(row), height), marker="|", markersize=11, color=INK, linestyle="none")
        axes.text(left, height + 0.1, name, ha="left", va="bottom")
        axes.text(left, height - 0.1, text, ha="left", va="top")
    return axes

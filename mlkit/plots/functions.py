"""Functions of one number and maps of the plane: a curve with its tangent, a grid and what becomes of it, bars."""

import numpy as np

from mlkit.plots.doors import as_axes, as_function, as_texts
from mlkit.style import BLUE, GREEN, INK, LINES, MUTED, ORANGE
from mlkit.validation import as_count, as_floats, as_number


def tangent(axes, z, value, slope, *, reach=1.2):
    """Mark the point (z, value) of a curve and lay the straight line with this slope against it."""
    as_axes(axes)
    z, value, slope = as_number(z, "z"), as_number(value, "value"), as_number(slope, "slope")
    reach = as_number(reach, "reach", above=0)
    run = reach / np.hypot(1, slope)  # the same length however steep
    ends = np.array([-run, run])
    axes.plot(z + ends, value + slope * ends, color=INK, linewidth=2.4)
    axes.plot(z, value, marker="o", markersize=8, color=INK, linestyle="none")
    return axes


def mapped_grid(axes, transform, *, reach=1.0, lines=9):
    """Draw what ``transform`` makes of a square grid: where straight lines bend, the map is not linear.

    Parameters
    ----------
    transform : callable
        From points of shape (n, 2) to points of shape (n, 2).
    reach : float
        The grid goes from −reach to reach in both directions.
    lines : int
        How many lines each way.
    """
    as_axes(axes)
    as_function(transform, "transform")
    reach, lines = as_number(reach, "reach", above=0), as_count(lines, "lines")
    along = np.linspace(-reach, reach, 41)
    for color, style, upright in ((BLUE, LINES[0], True), (ORANGE, LINES[1], False)):
        for place in np.linspace(-reach, reach, lines):
            still = np.full_like(along, place)
            line = np.stack([still, along] if upright else [along, still], axis=1)
            mapped = as_floats(transform(line), "transform(points)", shape=line.shape)
            axes.plot(*mapped.T, color=color, linestyle=style, linewidth=1.3)
    return axes


def bars(axes, names, values, *, texts=None):
    """Upright bars with their names below and what they are worth above."""
    as_axes(axes)
    names = as_texts(names, "names")
    values = as_floats(values, "values", shape=(len(names),))
    texts = [f"{v:.3f}" for v in values] if texts is None else as_texts(texts, "texts", len(names))
    places = np.arange(len(names))
    axes.bar(places, values, width=0.6, color=[BLUE, ORANGE, GREEN][: len(names)])
    for place, name, value, text in zip(places, names, values, texts, strict=True):
        axes.text(place, max(value, 0) + 0.03, text, ha="center", va="bottom")
        axes.text(place, -0.05, name, ha="center", va="top", color=MUTED)
    return axes

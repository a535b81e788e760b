"""Curves over steps, epochs or a setting, told apart by color and line style, named where they end."""

import numpy as np

from mlkit.figures import new_axes
from mlkit.plots.plane import square_height
from mlkit.style import COLORS, INK, LINES


def new_chart(xlabel, ylabel, *, xlim, ylim, title="", width=4.0, **scales):
    """Axes of the size of `new_plane`, to stand beside one; ``scales`` (xscale, yscale, ticks) go to `new_axes`."""
    names = {"xlabel": xlabel, "ylabel": ylabel, "title": title}
    return new_axes(xlim=xlim, ylim=ylim, **names, width=width, height=square_height(width), **scales)


def curve(axes, x, y, *, label=None, at=None, **style):
    """Draw one curve, and a dot where the reader is along it.

    Parameters
    ----------
    x, y : array_like, shape (n,)
    label : str or None
    at : int or None
        The index of the dot; the curve beyond it is pale, as the part still to come.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    (line,) = axes.plot(x if at is None else x[: at + 1], y if at is None else y[: at + 1], label=label, **style)
    if at is not None:
        axes.plot(x[at:], y[at:], color=line.get_color(), linestyle=line.get_linestyle(), alpha=0.3)
        axes.plot(x[at], y[at], marker="o", markersize=8, color=line.get_color(), linestyle="none")
    return axes


def compared(axes, x, named, *, legend="best", at=None):
    """Draw several curves over the same ``x``, with a legend and a guide where the reader is.

    Parameters
    ----------
    named : dict
        Label -> values.
    legend : str or None
        Where matplotlib puts the legend.
    at : float or None
        Position of an upright guide.
    """
    for i, (label, y) in enumerate(named.items()):
        axes.plot(x, y, label=label, color=COLORS[i % 4], linestyle=LINES[i % 4])
    if at is not None:
        axes.axvline(at, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    if legend:
        axes.legend(loc=legend)
    return axes


def spot(axes, x, y):
    """Mark one place on a chart: where the reader's settings are."""
    axes.plot(x, y, marker="o", markersize=9, color=INK, linestyle="none")
    return axes

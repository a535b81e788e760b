"""Curves over steps, epochs or a setting, told apart by color and line style, named where they end."""

from matplotlib.legend import Legend

from mlkit.figures import new_axes
from mlkit.plots.doors import as_axes, as_named, as_series
from mlkit.plots.plane import square_height
from mlkit.style import COLORS, INK, LINES
from mlkit.validation import as_choice, as_count, as_number, as_text


def new_chart(xlabel, ylabel, *, xlim, ylim, title="", width=4.0, **scales):
    """Axes of the size of `new_plane`, to stand beside one; ``scales`` (xscale, yscale, ticks) go to `new_axes`."""
    names = {"xlabel": xlabel, "ylabel": ylabel, "title": title}
    width = as_number(width, "width", above=0)
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
    as_axes(axes)
    as_text(label, "label")
    x = as_series(x, "x")
    y = as_series(y, "y", len(x))
    if at is not None and as_count(at, "at", at_least=0) >= len(x):
        raise ValueError(f"at must be an index of the curve, below {len(x)}, got {at}")
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
    as_axes(axes)
    x, at = as_series(x, "x"), None if at is None else as_number(at, "at")
    if legend is not None:
        as_choice(legend, "legend", list(Legend.codes))
    for i, (label, y) in enumerate(as_named(named, "named").items()):
        axes.plot(
            x, as_series(y, f"named[{label!r}]", len(x)), label=label, color=COLORS[i % 4], linestyle=LINES[i % 4]
        )
    if at is not None:
        axes.axvline(at, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    if legend:
        axes.legend(loc=legend)
    return axes


def remark(axes, words):
    """Write what changes to the right of the title, so that the title can stay: on a phone it names the panel."""
    as_text(words, "words")
    as_axes(axes).text(1, 1.047, words, transform=axes.transAxes, ha="right", va="baseline")
    return axes


def spot(axes, x, y):
    """Mark one place on a chart: where the reader's settings are."""
    x, y = as_number(x, "x"), as_number(y, "y")
    as_axes(axes).plot(x, y, marker="o", markersize=9, color=INK, linestyle="none")
    return axes

"""What a classifier saw, what it said and where it is wrong; how often things happen over repeated runs."""

import numpy as np

from mlkit.figures import new_axes
from mlkit.plots.doors import as_axes, as_texts
from mlkit.plots.plane import square_height
from mlkit.style import BLUE, GREEN, INK, MUTED, ORANGE, PAPER
from mlkit.validation import as_count, as_floats, as_number

SHADES = 16  # of ink: few different numbers make small pictures
STACKS = 48  # along a strip: numbers in one of so many equal parts of the axis stand on one another


def image(pixels, *, title="", width=3.0):
    """Draw a small image as squares of ink, which is dark on a light page and light on a dark one.

    Parameters
    ----------
    pixels : array_like, shape (rows, columns)
        From 0, nothing, to 1, full ink; the first row is the top.
    width : float
        In inches.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> axes = image([[0, 1], [0.5, 0]])
    >>> len(axes.patches)  # the two squares with ink on them, and the frame
    3
    """
    pixels = as_floats(pixels, "pixels", ndim=2)
    if not pixels.size or pixels.min() < 0 or pixels.max() > 1:
        raise ValueError(f"pixels must lie between 0 and 1, got shape {pixels.shape} and values {pixels}")
    rows, columns = pixels.shape
    width = as_number(width, "width", above=0.28)
    limits = {"xlim": (0, columns), "ylim": (rows, 0), "xticks": [], "yticks": []}
    height = (width - 0.28) * rows / columns + 0.46  # a pixel is as high as it is wide
    axes = new_axes(**limits, title=title, width=width, height=height, grid=False)
    axes.set_axis_off()
    for row, column in np.argwhere(np.round(SHADES * pixels) > 0):
        shade = np.round(SHADES * pixels[row, column]) / SHADES
        _square(axes, column, row, color=INK, alpha=float(shade), linewidth=0)
    axes.fill(
        [0, columns, columns, 0], [0, 0, rows, rows], facecolor="none", edgecolor=MUTED, linewidth=1, linestyle="-"
    )
    return axes


def class_bars(probabilities, *, truth, title="", width=4.0, height=3.18):
    """Draw the probability of each class; the one said and the true one are named above their bars.

    Parameters
    ----------
    probabilities : array_like, shape (n_classes,)
    truth : int
        The right class.

    Examples
    --------
    >>> axes = class_bars([0.1, 0.7, 0.2], truth=2)
    >>> [text.get_text() for text in axes.texts]
    ['true', 'said']
    """
    p = as_floats(probabilities, "probabilities", ndim=1)
    if not p.size or p.min() < 0 or p.max() > 1:
        raise ValueError(f"probabilities must lie between 0 and 1, at least one, got {p}")
    truth, said = as_count(truth, "truth", at_least=0), int(p.argmax())
    if truth >= len(p):
        raise ValueError(f"truth must be below the number of classes, {len(p)}, got {truth}")
    ticks = {"xticks": {i: str(i) for i in range(len(p))}, "yticks": [0, 0.5, 1]}
    names = {"xlabel": "class", "ylabel": "probability", "title": title}
    axes = new_axes(xlim=(-0.6, len(p) - 0.4), ylim=(0, 1.15), **names, **ticks, width=width, height=height)
    others = [i for i in range(len(p)) if i not in (truth, said)]
    axes.bar(others, p[others], width=0.7, color=BLUE)
    named = (
        [(truth, "right", GREEN, "")] if said == truth else [(truth, "true", GREEN, ""), (said, "said", ORANGE, "//")]
    )
    for place, name, color, hatch in named:
        axes.bar([place], p[[place]], width=0.7, color=color, hatch=hatch)
        axes.text(place, p[place] + 0.03, name, ha="center", va="bottom")
    return axes


def confusion(counts, *, title="", width=4.6):
    """Draw which class was taken for which: a row for each true class, a column for each answer, darker for more.

    Right answers, on the diagonal, are left out: there are so many that nothing else would be seen.

    Parameters
    ----------
    counts : array_like of integers, shape (n_classes, n_classes)
        ``counts[true, said]``.

    Examples
    --------
    >>> axes = confusion([[50, 2], [0, 48]])
    >>> [text.get_text() for text in axes.texts]
    ['2']
    """
    counts = as_floats(counts, "counts", ndim=2)
    k, width = len(counts), as_number(width, "width", above=0)
    if counts.shape != (k, k) or k < 2:
        raise ValueError(f"counts must be square, with at least two classes, got shape {counts.shape}")
    if counts.min() < 0:
        raise ValueError(f"counts must be numbers from 0 on, got {counts.min():g}")
    wrong = np.where(np.eye(k, dtype=bool), 0, counts)
    ticks = {i: str(i) for i in range(k)}
    limits = {"xlim": (-0.5, k - 0.5), "ylim": (k - 0.5, -0.5), "xticks": ticks, "yticks": ticks}
    names = {"xlabel": "what the network said", "ylabel": "what it was", "title": title}
    axes = new_axes(**limits, **names, width=width, height=square_height(width), grid=False)
    for row in range(k):
        _square(axes, row - 0.5, row - 0.5, color=MUTED, alpha=0.15, linewidth=0)
    for row, column in np.argwhere(wrong > 0):
        share = wrong[row, column] / wrong.max()
        _square(axes, column - 0.5, row - 0.5, color=ORANGE, alpha=float(round(0.1 + 0.5 * share, 2)), linewidth=0)
        axes.text(column, row, f"{wrong[row, column]:g}", ha="center", va="center")
    return axes


def tallies(axes, places, counts, expected, *, names=("seen", "expected")):
    """Draw how often each outcome was seen, as bars, and how often it was to be expected, as hollow marks."""
    as_axes(axes)
    names, places = as_texts(names, "names", 2), as_floats(places, "places", ndim=1)
    counts = as_floats(counts, "counts", shape=(len(places),))
    expected = as_floats(expected, "expected", shape=(len(places),))
    axes.bar(places, counts, width=0.7, color=BLUE, label=names[0])
    mark = {"marker": "D", "markersize": 7, "markerfacecolor": PAPER, "markeredgewidth": 1.8, "linestyle": "none"}
    axes.plot(places, expected, color=ORANGE, label=names[1], **mark)
    axes.legend(loc="upper center")
    return axes


def strip(axes, values, *, height=0.8):
    """Draw each of many numbers as a dot on the horizontal axis; where they crowd, they are stacked.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its x axis, linear or logarithmic, is what the values are measured by; y goes from 0 to 1.
    values : array_like, shape (n,)
    height : float
        How high the highest stack is.
    """
    values = as_floats(values, "values", ndim=1)
    height = as_number(height, "height", above=0)
    left, right = as_axes(axes).get_xlim()
    to_axis = np.log if axes.get_xscale() == "log" else np.asarray
    if not values.size or (to_axis is np.log and values.min() <= 0):
        raise ValueError(f"values must be at least one number, above 0 on a logarithmic axis, got {values}")
    part = np.floor(STACKS * (to_axis(values) - to_axis(left)) / (to_axis(right) - to_axis(left)))
    floor = np.zeros(len(values))
    for i in np.argsort(values, kind="stable"):
        floor[i] = np.sum(floor[part == part[i]] > 0) + 1
    step = min(0.06, height / floor.max())
    axes.plot(values, step * floor, marker="o", markersize=5, color=BLUE, linestyle="none")
    return axes


def _square(axes, left, top, **style):
    axes.fill([left, left + 1, left + 1, left], [top, top, top + 1, top + 1], linestyle="-", **style)

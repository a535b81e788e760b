"""A network's health, layer by layer: histograms as hills, one line per scheme, the weights of unit beside unit."""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

from mlkit.plots.doors import as_axes, as_color, as_named, as_runs, as_series, as_texts
from mlkit.style import BLUE, COLORS, GREEN, INK, LINES, MARKERS, ORANGE, PAPER, PURPLE, SMALL, raised
from mlkit.validation import as_floats, as_number

_SCHEME_COLORS = (BLUE, ORANGE, GREEN, PURPLE, INK)
_SCHEME_LINES = ("-", "--", "-.", ":", (0, (6, 1.5, 1.5, 1.5, 1.5, 1.5)))


def hills(axes, samples, edges, *, names, texts=None, color=BLUE):
    """Draw one histogram per layer, the first layer on top, each as a hill of the same height.

    Values beyond the edges are counted in the outermost bins, so that nothing is lost from sight.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With y from 0 to the number of layers; make it wider than the edges to leave room for ``texts``.
    samples : list of array_like
        The numbers of each layer, any shape. An empty one is drawn as a flat line.
    edges : array_like, shape (n_bins + 1,)
        Rising.
    names, texts : list of str
        Written at the left of each hill, and at its right.

    Examples
    --------
    >>> from mlkit.figures import new_axes
    >>> axes = new_axes(xlim=(-1, 2), ylim=(0, 2), yticks=[])
    >>> layers = [np.zeros(5), np.ones(5)]
    >>> axes = hills(axes, layers, np.linspace(-1, 1, 21), names=["1", "2"], texts=["all 0", "all 1"])
    >>> [text.get_text() for text in axes.texts]
    ['1', 'all 0', '2', 'all 1']
    """
    as_axes(axes)
    as_color(color, "color")
    edges = as_floats(edges, "edges", ndim=1)
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError(f"edges must be at least two rising numbers, got {edges}")
    if not isinstance(samples, list | tuple):
        raise ValueError(f"samples must be a list of arrays, one for each layer, got {samples!r}")
    samples = [as_floats(sample, f"samples[{i}]") for i, sample in enumerate(samples)]
    names = as_texts(names, "names", len(samples))
    texts = None if texts is None else as_texts(texts, "texts", len(samples))
    left, right = edges[0], edges[-1]
    gap = 0.03 * (right - left)
    shapes = []
    for i, sample in enumerate(samples):
        floor = len(samples) - 1 - i + 0.1
        counts, _ = np.histogram(np.clip(sample, left, right), edges)
        shapes.append(_hill(edges, floor, floor + 0.75 * counts / max(counts.max(), 1)))
        axes.text(left - gap, floor, names[i], ha="right", va="bottom", fontsize=SMALL)
        if texts:
            axes.text(right + 2 * gap, floor, texts[i], ha="left", va="bottom", fontsize=SMALL, linespacing=1.15)
    for look in ({"facecolors": color, "alpha": 0.35, "linewidths": 0}, {"facecolors": "none", "edgecolors": color}):
        axes.add_collection(PolyCollection(shapes, **look), autolim=False)
    return axes


def picked_out(axes, x, named, chosen, *, each=None, notes=None):
    """Draw up to five curves over the same ``x`` and pick one out: bold, with markers, and its single runs behind it.

    The top quarter of the axes is kept for the key; a line that rises into it ends below.

    Parameters
    ----------
    named : dict
        Label -> values, shape (n,); NaN where there is nothing to draw.
    chosen : str
        One of the labels.
    each : array_like, shape (runs, n), or None
        The runs of which the chosen curve is the summary, drawn thin.
    notes : dict or None
        Label -> what the key says after the label.
    """
    as_axes(axes)
    x = as_series(x, "x")
    as_named(named, "named")
    if chosen not in named:
        raise ValueError(f"chosen must be one of {', '.join(named)}, got {chosen!r}")
    if len(named) > len(_SCHEME_COLORS):
        raise ValueError(f"named must hold at most {len(_SCHEME_COLORS)} curves, got {len(named)}")
    styles = [{"color": c, "linestyle": s} for c, s in zip(_SCHEME_COLORS, _SCHEME_LINES, strict=True)]
    looks = dict(zip(named, styles, strict=False))
    looks[chosen] |= {"linewidth": 3.2, "marker": "o", "markersize": 7}
    if each is not None:
        runs = np.insert(as_runs(each, "each", len(x)), len(x), np.nan, axis=1)  # one line with gaps: fast
        pale = {"color": looks[chosen]["color"], "linestyle": "-", "linewidth": 0.7, "alpha": 0.45}
        axes.plot(np.tile(np.append(x, np.nan), len(runs)), runs.ravel(), zorder=1.5, **pale)
    for label, values in named.items():
        values = as_series(values, f"named[{label!r}]", len(x))
        axes.plot(x, values, zorder=3 if label == chosen else 2, **looks[label])
    said = {label: f"{label}: {note}" for label, note in ({} if notes is None else as_named(notes, "notes")).items()}
    _end_below_key(axes, rows=(len(looks) + 1) // 2)
    return _key(axes, {said.get(label, label): look for label, look in looks.items()})


def _end_below_key(axes, rows):
    """Lines that rise into the key leave the picture below it."""
    room = Rectangle((0, 0), 1, 0.99 - 0.075 * rows, transform=axes.transAxes)
    for line in axes.lines:
        line.set_clip_path(room)


def units(axes, weights):
    """Draw the weights of the units of a layer side by side: where units are equal, every line is level.

    Parameters
    ----------
    weights : dict
        The name of a weight -> its value in each unit, shape (n_units,); at most four names.
    """
    as_axes(axes)
    if not isinstance(weights, dict) or not 0 < len(weights) <= len(COLORS):
        raise ValueError(f"weights must be a dictionary of one to {len(COLORS)} names, got {weights!r}")
    looks = {}
    for i, (label, values) in enumerate(weights.items()):
        look = {"color": COLORS[i], "linestyle": LINES[i], "marker": MARKERS[i], "markersize": 8}
        looks[label] = look | {"markerfacecolor": PAPER if i % 2 else COLORS[i]}
        values = as_series(values, f"weights[{label!r}]")
        axes.plot(np.arange(1, len(values) + 1), values, **looks[label])
    return _key(axes, looks, columns=4)


def _key(axes, looks, columns=2):
    """Say at the top of the axes which line is which: a third of the time of matplotlib's legend."""
    width = 0.98 / columns
    for i, (label, look) in enumerate(looks.items()):
        x, y = 0.02 + width * (i % columns), 0.955 - 0.075 * (i // columns)
        axes.plot([x, x + 0.05, x + 0.1], [y] * 3, transform=axes.transAxes, **(look | {"markevery": [1]}))
        axes.text(x + 0.12, y, label, transform=axes.transAxes, va="center", fontsize=SMALL)
    return axes


def in_short(value):
    """Write a positive number so that it can be read at a glance: 0.31, 12, 3·10⁻⁵.

    >>> [in_short(v) for v in (0.0, 0.314, 12.3, 0.0000301, 4.6e7)]
    ['0', '0.31', '12', '3·10⁻⁵', '5·10⁷']
    """
    value = as_number(value, "value", at_least=0)
    if value == 0 or 0.001 <= value < 1000:
        return f"{value:.2g}" if value < 100 else f"{value:.0f}"
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}·10{raised(int(exponent))}"


def _hill(edges, floor, top):
    """The corners of a histogram that stands on ``floor``, shape (2 n_bins + 2, 2)."""
    x = np.repeat(edges, 2)
    y = np.concatenate([[floor], np.repeat(top, 2), [floor]])
    return np.stack([x, y], axis=1)

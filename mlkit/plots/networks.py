"""A small network with its numbers where they belong, and matrices looked at entry by entry."""

import numpy as np

from mlkit.figures import new_axes
from mlkit.plots.doors import as_named, as_texts
from mlkit.style import BLUE, INK, MUTED, ORANGE, PAPER, SMALL
from mlkit.validation import as_count, as_number

_PLAIN = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}


def network(sizes, *, inside=None, below=None, edges=None, lit=(), notes=(), width=4.8, height=3.9):
    """Draw the units of a network in columns, every one joined to all of the next column.

    A unit is named by the pair (layer, place), an edge by (layer, from, to): the layer it leaves, the place it comes
    from, the place it goes to; all are counted from 0, from left to right and from the top down.

    Parameters
    ----------
    sizes : list of int
        How many units each column has, the inputs first.
    inside, below, edges : dict or None
        Texts: in a unit, under it, on an edge. A unit without a text inside is pale: nothing is known of it yet.
    lit : iterable
        The units and edges that are at work: orange and thick.
    notes : sequence of str
        Lines below the drawing, such as the computation that is going on.
    width, height : float
        In inches.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When a text or a light is meant for a unit or an edge that is not there.

    Examples
    --------
    >>> axes = network([2, 1], inside={(1, 0): "z = 3"}, edges={(0, 1, 0): "2"}, lit=[(1, 0)])
    >>> sorted(text.get_text() for text in axes.texts if text.get_text())
    ['2', 'z = 3']
    """
    if not isinstance(sizes, list | tuple) or not sizes:
        raise ValueError(f"sizes must list how many units each column has, got {sizes!r}")
    sizes = [as_count(size, f"sizes[{i}]") for i, size in enumerate(sizes)]
    texts = {"inside": inside, "below": below, "edges": edges}
    wrong = [name for name, given in texts.items() if not isinstance(given, dict | None)]
    if wrong:
        raise ValueError(f"{wrong[0]} must be a dictionary of texts or None, got {texts[wrong[0]]!r}")
    notes, lit = as_texts(notes, "notes"), _as_names(lit, "lit")
    inside, below, edges = dict(inside or {}), dict(below or {}), dict(edges or {})
    places = {(layer, i): (layer, (m - 1) / 2 - i) for layer, m in enumerate(sizes) for i in range(m)}
    joined = [(layer, i, j) for layer, i in places for j in range(sizes[layer + 1] if layer + 1 < len(sizes) else 0)]
    _check_names({*places, *joined}, {"inside": inside, "below": below, "edges": edges, "lit": lit})
    axes = _network_axes(sizes, bool(below), len(notes), width, height)
    for edge in joined:
        _draw_edge(axes, edge, sizes, places, edges.get(edge, ""), edge in lit)
    for unit, place in places.items():
        _draw_unit(axes, place, inside.get(unit, ""), below.get(unit, ""), unit in lit)
    axes.text(0.01, 0.005, "\n".join(notes), transform=axes.transAxes, va="bottom", linespacing=1.4)
    return axes


def checked_entries(columns, *, width=4.8):
    """Draw matrices entry by entry: a dot where all is well, a framed and tinted cell with a text where it is not.

    Parameters
    ----------
    columns : list of dict
        Side by side; in each, the name of a matrix -> its texts, an array of str of shape (rows, columns), one below
        the other. An empty text is a dot.
    width : float
        In inches; the height follows, as cells are square.

    Examples
    --------
    >>> axes = checked_entries([{"W": [["", "2"]], "b": [[""]]}])
    >>> [text.get_text() for text in axes.texts]
    ['W', '2', 'b']
    """
    if not isinstance(columns, list | tuple) or not columns:
        raise ValueError(f"columns must be a list of dictionaries, from names to texts, got {columns!r}")
    columns = [as_named(column, f"columns[{i}]") for i, column in enumerate(columns)]
    width = as_number(width, "width", above=0.28)
    columns = [{name: np.array(texts, dtype=str, ndmin=2) for name, texts in column.items()} for column in columns]
    across = [max(texts.shape[1] for texts in column.values()) for column in columns]
    lefts = np.cumsum([0, *[wide + 0.7 for wide in across]])
    deep = max(sum(texts.shape[0] + 0.95 for texts in column.values()) for column in columns)
    cell = (width - 0.28) / (lefts[-1] - 0.5)
    axes = new_axes(
        xlim=(-0.1, lefts[-1] - 0.6), ylim=(deep, 0), xticks=[], yticks=[], grid=False, title="",
        width=width, height=cell * deep + 0.46,
    )  # fmt: skip
    axes.set_axis_off()
    for left, column in zip(lefts, columns, strict=False):
        top = 0.0
        for name, texts in column.items():
            axes.text(left, top + 0.75, name, va="bottom")
            _draw_entries(axes, left, top + 0.85, texts)
            top += texts.shape[0] + 0.95
    return axes


def _as_names(names, argument):
    """The names of units and edges as a set, when they are pairs and triples."""
    names = list(names) if hasattr(names, "__iter__") else names
    if not isinstance(names, list) or not all(isinstance(name, tuple) for name in names):
        raise ValueError(f"{argument} must hold pairs (layer, place) and triples (layer, from, to), got {names!r}")
    return set(names)


def _network_axes(sizes, has_below, n_notes, width, height):
    width, height = as_number(width, "width", above=0), as_number(height, "height", above=0)
    above = 0.43  # inches: half a unit and a little; below the lowest unit comes what is written there
    under = above + (0.34 if has_below else 0) + (0.1 + 0.21 * n_notes if n_notes else 0)
    reach = (max(sizes) - 1) / 2
    unit = (height - 0.46 - above - under) / max(2 * reach, 1)  # inches from one unit to the next
    if unit <= 0:
        raise ValueError(f"height must leave room for the units, more than {0.46 + above + under:.2f}, got {height:g}")
    limits = {"xlim": (-0.3, len(sizes) - 0.7), "ylim": (-reach - under / unit, reach + above / unit)}
    axes = new_axes(**limits, xticks=[], yticks=[], grid=False, title="", width=width, height=height)
    axes.set_axis_off()
    return axes


def _check_names(known, given):
    for argument, names in given.items():
        wrong = [name for name in names if name not in known]
        if wrong:
            what = "names no unit (layer, place) and no edge (layer, from, to) of this network"
            raise ValueError(f"{argument}: {wrong[0]!r} {what}")


def _draw_edge(axes, edge, sizes, places, text, is_lit):
    layer, i, j = edge
    start, end = np.array(places[layer, i]), np.array(places[layer + 1, j])
    style = {"color": ORANGE, "linewidth": 3} if is_lit else {"color": MUTED, "linewidth": 1.1}
    axes.plot(*np.stack([start, end]).T, **style, linestyle="-", zorder=0.6 if is_lit else 0.5)
    crossing = min(sizes[layer], sizes[layer + 1]) > 1 and i != j
    place = start + (0.3 if crossing else 0.52) * (end - start)
    if text:
        axes.text(*place, text, ha="center", va="center", fontsize=SMALL, bbox=_PLAIN, linespacing=1.2, zorder=1)


def _draw_unit(axes, place, inside, below, is_lit):
    color = ORANGE if is_lit else INK if inside else MUTED
    width = 3 if is_lit else 1.4
    axes.plot(*place, marker="o", markersize=58, color=color, markerfacecolor=PAPER, markeredgewidth=width)
    axes.text(*place, inside, ha="center", va="center", fontsize=SMALL, linespacing=1.25)
    if below:
        under = {"xytext": (0, -33), "textcoords": "offset points", "ha": "center", "va": "top"}
        axes.annotate(below, place, **under, fontsize=SMALL, linespacing=1.25)


def _draw_entries(axes, left, top, texts):
    rows, columns = texts.shape
    for row, column in np.ndindex(rows, columns):
        x, y, text = left + column + 0.5, top + row + 0.5, texts[row, column]
        if text:
            axes.fill(x + _SQUARE[0], y + _SQUARE[1], color=ORANGE, alpha=0.25, linewidth=0, linestyle="-")
            axes.plot(x + _SQUARE[0], y + _SQUARE[1], color=ORANGE, linewidth=1.2, linestyle="-")
            axes.text(x, y, text, ha="center", va="center", fontsize=SMALL)
        else:
            axes.plot(x, y, marker="o", markersize=6, color=BLUE, linestyle="none")
    frame = np.array([[0, columns, columns, 0, 0], [0, 0, rows, rows, 0]])
    axes.plot(left + frame[0], top + frame[1], color=MUTED, linewidth=1, linestyle="-", zorder=0.5)


_SQUARE = 0.46 * np.array([[-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]])

"""A computational graph as boxes and arrows: values flow right, derivatives flow back."""

from typing import NamedTuple

import numpy as np

from mlkit.figures import new_axes
from mlkit.graph import Node
from mlkit.style import BLUE, INK, MUTED, ORANGE, PAPER, SMALL, number
from mlkit.validation import as_count, as_number

_LETTER, _UP, _DOWN = 6.3, 32, 26  # points: the width of a letter, and how far a box reaches from its middle


class _Box(NamedTuple):
    """A node's place: middle and half the width, in points."""

    x: float
    y: float
    half: float


def graph(result, *, step=None, width=None, height=None):
    """Draw the graph that ends in ``result``: every value, and as many steps backward as wished.

    Call ``result.backward()`` first: the derivatives and their order are read from it. The way back shows the local
    derivative at each arrow, and in each box the sum of the shares that have arrived.

    Parameters
    ----------
    result : mlkit.graph.Node
    step : int or None
        How far a player is: the first ``n`` steps show the values of the ``n`` nodes in the order of computing,
        the next ones one edge each of the walk back. ``None`` shows everything, nothing picked out.
    width, height : float or None
        In inches; None is as large as the graph needs.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mlkit.graph import Node
    >>> x, y = Node(2.0, "x"), Node(3.0, "y")
    >>> result = x * y + x
    >>> result.backward()
    >>> graph_steps(result)  # four values, then the four edges of + and ×
    8
    >>> axes = graph(result, step=5)
    >>> axes.get_title(loc="left")
    'step 5: 1 × 1 = 1'
    """
    forward, backward = _as_node(result).forward_steps(), result.backward_steps
    width, height, boxes = _layout(result, width, height)
    axes = new_axes(**_in_points(width, height), xticks=[], yticks=[], grid=False, title="", width=width, height=height)
    axes.set_axis_off()
    now = graph_steps(result) if step is None else as_count(step, "step", at_least=0)
    known, walked = min(now, len(forward)), backward[: max(0, now - len(forward))]
    for edge in backward:
        seen = MUTED if edge not in walked else INK if step is None or edge is not walked[-1] else ORANGE
        _arrow(axes, boxes, edge, backward, seen, bool(walked) or step == len(forward))
    for node in forward:
        is_lit = node.index == known - 1 and not walked
        _box(axes, boxes[node.index], forward, node, node.index < known, _received(node, forward, walked), is_lit)
    if step is not None:
        spot = {"marker": "o", "markersize": 7, "color": ORANGE, "linestyle": "none", "zorder": 4}
        axes.plot(*graph_place(result, step, width, height), **spot)
        axes.set_title(_said(forward, backward, now))
    return axes


def graph_place(result, step, width=None, height=None):
    """Where a step of `graph` happens: at the box that it computes, or on the arrow that it walks.

    >>> x = Node(2.0, "x")
    >>> result = x * 3.0
    >>> result.backward()
    >>> [graph_place(result, step)[0] < graph_place(result, 3)[0] for step in (1, 4)]
    [True, True]
    """
    forward, backward = _as_node(result).forward_steps(), result.backward_steps
    _, height, boxes = _layout(result, width, height)
    step = min(as_count(step, "step", at_least=0), graph_steps(result))
    if step == 0:
        return boxes[0].x, _in_points(1, height)["ylim"][1] / 2
    if step <= len(forward):
        return boxes[step - 1].x, boxes[step - 1].y + _UP
    edge = backward[step - len(forward) - 1]
    start, end = _ends(boxes, edge)
    return tuple((start + (0.3 if _is_crossed(boxes, edge, backward) else 0.5) * (end - start)).tolist())


def graph_steps(result):
    """How many steps `graph` can play: one for each value, one for each edge on the way back."""
    forward = _as_node(result).forward_steps()
    return len(forward) + sum(len(node.operands) for node in forward)


def _as_node(result):
    if not isinstance(result, Node):
        raise ValueError(f"result must be a Node, the end of a computation, got {result!r}")
    return result


def _in_points(width, height):
    return {"xlim": (0, 72 * (width - 0.28)), "ylim": (0, 72 * (height - 0.46))}


def _layout(result, width, height):
    """The size of the drawing, and a box for each node: a column right of its last operand, equal gaps between them."""
    forward, backward = _as_node(result).forward_steps(), result.backward_steps
    if len(backward) != sum(len(node.operands) for node in forward):
        raise ValueError("result has no derivatives yet: call result.backward() before drawing")
    column = []
    for node in forward:
        column.append(1 + max((column[i] for i in node.operands), default=-1))
    mates = [[i for i, other in enumerate(column) if other == x] for x in range(max(column) + 1)]
    width = max(4.8, 1.4 * len(mates)) if width is None else as_number(width, "width", above=0.28)
    height = max(3.3, 0.46 + 0.95 * max(map(len, mates))) if height is None else as_number(height, "height", above=0.46)
    (_, right), (_, top) = _in_points(width, height).values()
    halves = [5 + _LETTER / 2 * max(map(len, _lines(forward, node, backward))) for node in forward]
    half = np.array([max(halves[i] for i in same) for same in mates])
    gap = (right - 2 - 2 * half.sum()) / max(1, len(mates) - 1)
    middles = 1 + 2 * np.cumsum(half) - half + gap * np.arange(len(mates))
    rows = [(mates[x].index(i) + 0.5) / len(mates[x]) for i, x in enumerate(column)]
    boxes = zip(middles[column], top * (1 - np.array(rows)), half[column], strict=True)
    return width, height, [_Box(*map(float, box)) for box in boxes]


def _received(node, forward, walked):
    """What a node's derivative is after these edges, with the shares it is the sum of."""
    if not walked or (node is not forward[-1] and node.index not in [edge.operand for edge in walked]):
        return " "
    shares = [edge.contribution for edge in walked if edge.operand == node.index] or [1.0]
    terms = "".join(f" {'−' if share < 0 else '+'} {_short(abs(share))}" for share in shares[1:])
    return f"∂ {_short(sum(shares))}" + (f" = {_short(shares[0])}{terms}" if terms else "")


def _formula(forward, node):
    """A node's computation in the names of its operands, where they have names."""
    names = [forward[i].label for i in node.operands]
    if not all(names) or node.operation in ("", "constant"):
        return node.operation.removeprefix("constant")
    return f" {node.operation} ".join(names) if len(names) == 2 else f"{node.operation} {names[0]}"


def _lines(forward, node, walked):
    title = " = ".join(filter(None, [node.label, _formula(forward, node)]))
    return [title or "input", _short(node.value), _received(node, forward, walked)]


def _said(forward, backward, step):
    """A step in words."""
    if step == 0:
        return "nothing is computed yet"
    if step <= len(forward):
        title, value, _ = _lines(forward, forward[step - 1], [])
        return f"step {step}: {title} = {value}"
    edge = backward[min(step, len(forward) + len(backward)) - len(forward) - 1]
    product = f"{_short(edge.upstream)} × {_short(edge.local)} = {_short(edge.contribution)}"
    names = forward[edge.node].label, forward[edge.operand].label
    return f"step {step}{', from {} to {}'.format(*names) if all(names) else ''}: {product}"


def _box(axes, box, forward, node, is_known, received, is_lit):
    title, value, _ = _lines(forward, node, [])
    edge = ORANGE if is_lit else BLUE if received.strip() else INK if is_known else MUTED
    x, y = box.x + box.half * np.array([-1, 1, 1, -1, -1]), box.y + np.array([-_DOWN, -_DOWN, _UP, _UP, -_DOWN])
    frame = {"facecolor": PAPER, "edgecolor": edge, "linewidth": 2.4 if is_lit else 1.3}
    axes.fill(x[:4], y[:4], **frame, linestyle="-", zorder=3)  # over the arrows that pass behind it
    lines = "\n".join([title, value if is_known else " ", received])
    axes.text(box.x, box.y - 4, lines, ha="center", va="center", fontsize=SMALL, linespacing=1.25)


def _arrow(axes, boxes, edge, edges, color, with_local):
    (x0, y0), (x1, y1) = start, end = _ends(boxes, edge)
    active = color == ORANGE
    style = {"arrowstyle": "<|-" if active else "-|>", "color": color if active else MUTED, "mutation_scale": 12}
    style |= {"linewidth": 2.4 if active else 1.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=style)
    if with_local:  # beside the arrow, on the outer side, where it leaves room for what marks the step
        share, beside = (0.3, 19) if _is_crossed(boxes, edge, edges) else (0.23, 11)
        x, y = start + share * (end - start)
        away = beside if y >= np.mean(axes.get_ylim()) else -beside
        over = away * np.array([y0 - y1, x1 - x0]) / np.hypot(x1 - x0, y1 - y0)
        weight = "bold" if active else "normal"
        place = {"ha": "center", "va": "center", "fontsize": SMALL, "fontweight": weight}
        axes.text(x + over[0], y + over[1], _short(edge.local), color=color, **place)


def _ends(boxes, edge):
    """Where the arrow leaves the box of its operand, and where it meets that of the node."""
    start, end = boxes[edge.operand], boxes[edge.node]
    step = np.array([end.x - start.x, end.y - start.y])
    return np.array(start[:2]) + step / _reach(step, start.half), np.array(end[:2]) - step / _reach(-step, end.half)


def _is_crossed(boxes, edge, edges):
    """Whether an arrow between the same two columns goes from above this one to below it, or the other way round."""
    ends = np.array([[boxes[e.operand][:2], boxes[e.node][:2]] for e in edges])
    (across, above) = np.moveaxis(ends - np.array([boxes[edge.operand][:2], boxes[edge.node][:2]]), -1, 0)
    return bool(((above[:, 0] * above[:, 1] < 0) & (across == 0).all(axis=1)).any())


def _reach(step, half):
    """How many times a step is as long as the way to the border of a box of this half width."""
    return max(abs(step[0]) / half, step[1] / _UP, -step[1] / _DOWN)


def _short(value):
    return number(value, ".3g")

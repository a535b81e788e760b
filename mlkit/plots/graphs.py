"""A computational graph as boxes and arrows: values flow right, derivatives flow back."""

from mlkit.figures import new_axes
from mlkit.graph import Node
from mlkit.style import BLUE, INK, MUTED, ORANGE, PAPER, number
from mlkit.validation import as_count


def graph(result, *, step=None, width=6.4, height=3.2):
    """Draw the graph that ends in ``result``: every value, and as many steps backward as wished.

    Call ``result.backward()`` first: the derivatives and their order are read from it.

    Parameters
    ----------
    result : mlkit.graph.Node
    step : int or None
        How far a player is: the first ``n`` steps show the values of the ``n`` nodes in the order of computing,
        the next ones one edge each of the walk back. ``None`` shows everything, nothing picked out.
    width, height : float
        In inches.

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
    """
    forward, backward = _as_node(result).forward_steps(), result.backward_steps
    if len(backward) != sum(len(node.operands) for node in forward):
        raise ValueError("result has no derivatives yet: call result.backward() before drawing")
    step = graph_steps(result) if step is None else as_count(step, "step", at_least=0)
    known, walked = min(step, len(forward)), max(0, step - len(forward))
    places = _places(forward)
    across = max(x for x, _ in places) + 1
    axes = new_axes(xlim=(-0.6, across - 0.4), ylim=(-0.65, 0.65), xticks=[], yticks=[], width=width, height=height)
    axes.set_axis_off()
    derivatives = _derivatives(forward, backward[:walked])
    current = backward[walked - 1] if 0 < walked <= len(backward) else None
    for node in forward:
        for operand in node.operands:
            active = current is not None and (current.node, current.operand) == (node.index, operand)
            _arrow(axes, places[operand], places[node.index], active)
    for node in forward:
        lit = node.index == known - 1 and not walked
        _box(axes, places[node.index], node, node.index < known, derivatives.get(node.index), lit)
    if current is not None:
        _say_contribution(axes, places, current)
    return axes


def graph_steps(result):
    """How many steps `graph` can play: one for each value, one for each edge on the way back."""
    forward = _as_node(result).forward_steps()
    return len(forward) + sum(len(node.operands) for node in forward)


def _as_node(result):
    if not isinstance(result, Node):
        raise ValueError(f"result must be a Node, the end of a computation, got {result!r}")
    return result


def _places(forward):
    """A column for each node, one right of its last operand; the nodes of a column spread evenly over the height."""
    column = []
    for node in forward:
        column.append(1 + max((column[i] for i in node.operands), default=-1))
    places = []
    for index, x in enumerate(column):
        mates = [i for i, other in enumerate(column) if other == x]
        share = (mates.index(index) + 0.5) / len(mates)
        places.append((float(x), 0.55 - 1.1 * share))
    return places


def _derivatives(forward, walked):
    """What each node's derivative has grown to after the edges walked so far; the result starts with 1."""
    derivatives = {forward[-1].index: 1.0} if walked else {}
    for edge in walked:
        derivatives[edge.operand] = edge.total
    return derivatives


def _box(axes, place, node, is_known, derivative, lit):
    title = node.label if node.operation in ("", "constant") else f"{node.label} {node.operation}".strip()
    lines = [title or "input", f"{_short(node.value)}" if is_known else " "]
    lines.append(f"∂ {_short(derivative)}" if derivative is not None else " ")
    edge = ORANGE if lit else BLUE if derivative is not None else INK if is_known else MUTED
    frame = {"boxstyle": "round,pad=0.35", "facecolor": PAPER, "edgecolor": edge, "linewidth": 2 if lit else 1.3}
    axes.text(*place, "\n".join(lines), ha="center", va="center", fontsize=9.5, linespacing=1.25, bbox=frame)


def _arrow(axes, start, end, active):
    style = {"arrowstyle": "<|-" if active else "-|>", "color": ORANGE if active else MUTED, "mutation_scale": 12}
    style |= {"linewidth": 2.4 if active else 1.2, "shrinkA": 24, "shrinkB": 24}
    axes.annotate("", xy=end, xytext=start, arrowprops=style)


def _say_contribution(axes, places, edge):
    """Write upstream × local on the arrow that is being walked."""
    (x0, y0), (x1, y1) = places[edge.operand], places[edge.node]
    text = f"{_short(edge.upstream)} × {_short(edge.local)} = {_short(edge.contribution)}"
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1}
    axes.text((x0 + x1) / 2, (y0 + y1) / 2 + 0.1, text, ha="center", fontsize=9, color=ORANGE, bbox=box)


def _short(value):
    return number(value, ".3g")

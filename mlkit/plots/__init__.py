"""What the chapters draw: functions that take axes, draw one thing on them, and return them.

- `plane`: points of two classes, lines and half-planes, regions of a classifier
- `curves`: losses, counts and comparisons over steps
- `diagrams`: one neuron as circles and edges
- `functions`: a tangent, a grid and what becomes of it, bars
- `graphs`: a computational graph with its values and derivatives
"""

from mlkit.plots.curves import compared, curve, new_chart, spot
from mlkit.plots.diagrams import neuron
from mlkit.plots.functions import bars, mapped_grid, tangent
from mlkit.plots.graphs import graph, graph_steps
from mlkit.plots.plane import (
    arrow,
    boundaries,
    boundary,
    decision,
    half_planes,
    in_words,
    marked_example,
    new_plane,
    points,
    regions,
)

__all__ = [
    "arrow",
    "bars",
    "boundaries",
    "boundary",
    "compared",
    "curve",
    "decision",
    "graph",
    "graph_steps",
    "half_planes",
    "in_words",
    "mapped_grid",
    "marked_example",
    "neuron",
    "new_chart",
    "new_plane",
    "points",
    "regions",
    "spot",
    "tangent",
]

"""What the chapters draw: functions that take axes, draw one thing on them, and return them.

- `plane`: points of two classes, lines and half-planes, regions of a classifier
- `curves`: losses, counts and comparisons over steps
- `diagrams`: one neuron as circles and edges
- `functions`: a tangent, a grid and what becomes of it, bars
- `graphs`: a computational graph with its values and derivatives
- `images`: a digit large, the probabilities of its classes, confusions, tallies over repeated runs
- `layers`: a network's health layer by layer: hills, one line per scheme, unit beside unit
- `magnify`: a curve under a magnifier, an interval on its way through several functions
- `networks`: a small network with its numbers, matrices looked at entry by entry
- `landscapes`: a landscape as lines of equal height, and the way a descent took on it
"""

from mlkit.plots.curves import compared, curve, new_chart, remark, spot
from mlkit.plots.diagrams import neuron
from mlkit.plots.functions import bars, mapped_grid, tangent
from mlkit.plots.graphs import graph, graph_place, graph_steps
from mlkit.plots.images import class_bars, confusion, image, strip, tallies
from mlkit.plots.landscapes import contours, key, path, paths
from mlkit.plots.layers import hills, in_short, picked_out, units
from mlkit.plots.magnify import magnified, magnified_gap, magnified_window, rulers
from mlkit.plots.networks import checked_entries, network
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
    "checked_entries",
    "class_bars",
    "compared",
    "confusion",
    "contours",
    "curve",
    "decision",
    "graph",
    "graph_place",
    "graph_steps",
    "half_planes",
    "hills",
    "image",
    "in_short",
    "in_words",
    "key",
    "magnified",
    "magnified_gap",
    "magnified_window",
    "mapped_grid",
    "marked_example",
    "network",
    "neuron",
    "new_chart",
    "new_plane",
    "path",
    "paths",
    "picked_out",
    "points",
    "regions",
    "remark",
    "rulers",
    "spot",
    "strip",
    "tallies",
    "tangent",
    "units",
]

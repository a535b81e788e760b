"""What the chapters draw: functions that take axes, draw one thing on them, and return them.

- `plane`: points of two classes, lines and half-planes, regions of a classifier
- `curves`: losses, counts and comparisons over steps
- `diagrams`: neurons and networks as circles and edges
"""

from mlkit.plots.curves import compared, curve
from mlkit.plots.diagrams import neuron
from mlkit.plots.plane import (
    arrow,
    boundary,
    half_planes,
    in_words,
    marked_example,
    new_plane,
    points,
    regions,
)

__all__ = [
    "arrow",
    "boundary",
    "compared",
    "curve",
    "half_planes",
    "in_words",
    "marked_example",
    "neuron",
    "new_plane",
    "points",
    "regions",
]

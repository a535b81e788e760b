"""The plane of two features: points of two classes, the line a neuron draws, the regions a network paints."""

import math

import numpy as np

from mlkit.figures import new_axes
from mlkit.plots.doors import as_axes, as_color, as_function, as_named, as_texts
from mlkit.style import BLUE, GREEN, INK, LINES, MARKERS, ORANGE, PAPER, PURPLE
from mlkit.validation import as_choice, as_count, as_floats, as_labels, as_number, as_text

CLASS_COLORS = (BLUE, ORANGE)
LINE_COLORS = (PURPLE, GREEN, INK)  # not those of the two classes
_MARGINS = 0.92, 0.9  # what new_axes keeps for labels, in inches: across, and up and down


def new_plane(*, lim=3.0, title="", width=4.0, xlabel="x₁", ylabel="x₂", center=(0.0, 0.0)):
    """Axes for two features in which a unit is as long up as across, so that right angles look right.

    Parameters
    ----------
    lim : float
        The plane reaches from ``center - lim`` to ``center + lim`` in both directions.
    """
    height = square_height(as_number(width, "width", above=_MARGINS[0]))
    (x, y), reach = as_floats(center, "center", shape=(2,)).tolist(), as_number(lim, "lim", above=0)
    limits = {"xlim": (x - reach, x + reach), "ylim": (y - reach, y + reach)}
    return new_axes(**limits, xlabel=xlabel, ylabel=ylabel, title=title, width=width, height=height, grid=False)


def square_height(width):
    """The height at which axes of this width are square, labels and title included."""
    return width - _MARGINS[0] + _MARGINS[1]


def points(axes, X, y, *, size=6.0, names=None):
    """Draw examples: class 0 as hollow blue circles, class 1 as filled orange squares.

    Parameters
    ----------
    X : array_like, shape (n_examples, 2)
    y : array_like of 0 and 1, shape (n_examples,)
    size : float
        Of a mark, in points.
    names : pair of str or None
        What the classes are called in a legend; None draws no legend.
    """
    as_axes(axes)
    X = as_floats(X, "X", shape=(None, 2))
    y, size = as_labels(y, n_examples=len(X), n_classes=2), as_number(size, "size", above=0)
    names = None if names is None else as_texts(names, "names", 2)
    for label, face in ((0, PAPER), (1, ORANGE)):
        axes.plot(
            *X[y == label].T,
            linestyle="none",
            marker=MARKERS[label],
            markersize=size,
            color=CLASS_COLORS[label],
            markerfacecolor=face,
            markeredgewidth=1.2,
            label=names[label] if names else None,
        )
    if names:
        axes.legend(loc="upper left", ncols=2, handletextpad=0.3, borderaxespad=0.2)
    return axes


def marked_example(axes, x):
    """Ring one example: the one being looked at."""
    x = as_floats(x, "x", shape=(2,))
    as_axes(axes).plot(
        *x, linestyle="none", marker="o", markersize=15, markerfacecolor="none", markeredgewidth=2, color=INK
    )
    return axes


def half_planes(axes, weights, bias):
    """Tint the side where w·x + b > 0 orange, the other blue, and draw the line between them."""
    weights, bias = as_floats(weights, "weights", shape=(2,)), as_number(bias, "bias")
    corners = _corners(as_axes(axes))
    for side, color in ((1, ORANGE), (-1, BLUE)):
        shape = _cut(corners, side * weights, side * bias)
        if len(shape) > 2:
            axes.fill(*np.array(shape).T, color=color, alpha=0.16, linewidth=0, linestyle="-", zorder=0.5)
    return boundary(axes, weights, bias)


def decision(X, y, weights, bias, *, title="", size=6.0, **plane):
    """A new plane with the half-planes of a neuron and the examples it judges; ``plane`` goes to `new_plane`."""
    axes = half_planes(new_plane(title=title, **plane), weights, bias)
    return points(axes, X, y, size=size)


def boundary(axes, weights, bias, *, color=INK, linestyle="-", label=None):
    """Draw the line w·x + b = 0 as far as the plane is shown; nothing where w = 0 or the line is outside."""
    weights, bias = as_floats(weights, "weights", shape=(2,)), as_number(bias, "bias")
    as_text(label, "label")
    as_color(color, "color")
    as_choice(linestyle, "linestyle", LINES)
    ends = []
    corners = _corners(as_axes(axes))
    for p, q in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        at_p, at_q = p @ weights + bias, q @ weights + bias
        if (at_p > 0) != (at_q > 0):
            ends.append(p + (q - p) * at_p / (at_p - at_q))
    line = np.array(ends[:2]) if len(ends) >= 2 else np.full((2, 2), np.nan)
    axes.plot(*line.T, color=color, linestyle=linestyle, linewidth=2, label=label)
    return axes


def boundaries(axes, lines):
    """Draw several lines, given as name -> (weights, bias), told apart by color and line style, with a legend."""
    as_axes(axes)
    for i, (name, line) in enumerate(as_named(lines, "lines").items()):
        if not isinstance(line, tuple | list) or len(line) != 2:
            raise ValueError(f"lines must hold pairs (weights, bias), got {line!r} for {name!r}")
        weights, bias = line
        boundary(axes, weights, bias, color=LINE_COLORS[i % 3], linestyle=LINES[i % 3], label=name)
    axes.legend(loc="upper left")
    return axes


def arrow(axes, tail, vector, *, label="", color=INK):
    """Draw a vector from ``tail``, named at its tip; a vector too short to see is left out."""
    as_axes(axes)
    as_text(label, "label")
    as_color(color, "color")
    tail, vector = as_floats(tail, "tail", shape=(2,)), as_floats(vector, "vector", shape=(2,))
    if math.hypot(*vector) > 1e-9:
        style = {"arrowstyle": "-|>", "color": color, "linewidth": 2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14}
        axes.annotate("", xy=tail + vector, xytext=tail, arrowprops=style)
        beyond = tail + vector + 0.22 * vector / math.hypot(*vector)
        axes.text(*beyond, label, color=color, ha="center", va="center", fontweight="bold")
    return axes


def regions(axes, predict, *, resolution=80):
    """Tint the plane by what a classifier says: orange where class 1, blue where class 0, pale where unsure.

    Parameters
    ----------
    predict : callable
        Takes points of shape (n, 2), returns the probability (or the label) of class 1 for each.
    resolution : int
        Pixels along each side of the tinted picture.
    """
    as_function(predict, "predict")
    resolution = as_count(resolution, "resolution", at_least=2)
    (left, right), (bottom, top) = as_axes(axes).get_xlim(), axes.get_ylim()
    x, y = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    share = as_floats(predict(grid), "predict(points)", shape=(len(grid),)).reshape(resolution, resolution)
    if share.min() < 0 or share.max() > 1:
        raise ValueError(f"predict(points) must lie between 0 and 1, got {share.min():g} to {share.max():g}")
    blue, orange = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in CLASS_COLORS)
    pixels = np.zeros((resolution, resolution, 4), np.uint8)
    pixels[..., :3] = np.where(share[..., None] > 0.5, orange, blue)
    pixels[..., 3] = np.round(16 * np.abs(2 * share - 1)) * 6  # 16 steps of paleness: a smaller picture
    axes.imshow(
        pixels, extent=(left, right, bottom, top), origin="lower", interpolation="none", aspect="auto", zorder=0.2
    )
    if share.min() < 0.5 < share.max():
        axes.contour(x, y, share, levels=[0.5], colors=[INK], linewidths=1.6)
    return axes


def in_words(weights, bias):
    """Say where a line lies, for alt text: ``the line rises at 37 degrees and passes 0.50 from the origin``."""
    (w1, w2), bias = as_floats(weights, "weights", shape=(2,)).tolist(), as_number(bias, "bias")
    length = math.hypot(w1, w2)
    if length < 1e-12:
        return "there is no line, as both weights are zero"
    angle = math.degrees(math.atan2(-w1, w2)) % 180
    angle = 0.0 if angle > 179.5 else angle
    lean = (
        "is level"
        if angle < 0.5
        else "is upright"
        if abs(angle - 90) < 0.5
        else f"rises at {angle:.0f} degrees"
        if angle < 90
        else f"falls at {180 - angle:.0f} degrees"
    )
    distance = abs(bias) / length
    place = "through the origin" if distance < 0.005 else f"{distance:.2f} from the origin"
    return f"the line {lean} and passes {place}"


def _corners(axes):
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return np.array([[left, bottom], [right, bottom], [right, top], [left, top]])


def _cut(corners, weights, bias):
    """The part of a polygon where w·x + b > 0 (for b and w of one side, all of it or nothing when w = 0)."""
    kept = []
    for p, q in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        at_p, at_q = p @ weights + bias, q @ weights + bias
        if at_p > 0:
            kept.append(p)
        if (at_p > 0) != (at_q > 0):
            kept.append(p + (q - p) * at_p / (at_p - at_q))
    return kept

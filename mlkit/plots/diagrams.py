"""Neurons as circles and edges, with their numbers written where they flow."""

from mlkit.figures import new_axes
from mlkit.plots.doors import as_function
from mlkit.style import BLUE, INK, MUTED, ORANGE, PAPER, SMALL, number
from mlkit.validation import as_floats, as_number, as_text


def neuron(inputs, weights, bias, output, *, symbol="step", width=4.8):
    """Draw one neuron at work: inputs on the left, weights on the edges, the sum, the output on the right.

    An edge is as thick as what it carries, orange and whole where that is positive, blue and dashed where negative.

    Parameters
    ----------
    inputs, weights : array_like, shape (n,)
    bias : float
    output : callable
        From the weighted sum to the output.
    symbol : str
        The name of ``output``, written inside the neuron.
    """
    inputs = as_floats(inputs, "inputs", ndim=1)
    weights = as_floats(weights, "weights", shape=inputs.shape)
    bias, output, symbol = as_number(bias, "bias"), as_function(output, "output"), as_text(symbol, "symbol")
    z = float(inputs @ weights + bias)
    values, factors = [*inputs, 1.0], [*weights, bias]
    n = len(values)
    axes = new_axes(xlim=(-1.1, 6.1), ylim=(-0.8, n - 0.2), xticks=[], yticks=[], grid=False, width=width, height=2.9)
    axes.set_axis_off()
    middle = (n - 1) / 2
    for i, (value, factor) in enumerate(zip(values, factors, strict=True)):
        row = n - 1 - i
        name, weight = ("bias", "b") if i == n - 1 else (f"x{_below(i + 1)}", f"w{_below(i + 1)}")
        _edge(axes, (0, row), (3, middle), value * factor)
        _circle(axes, (0, row), 30, number(value))
        axes.text(-0.5, row, name, ha="right", va="center")
        axes.text(1.35, row + (middle - row) * 0.45 + 0.19, f"{weight} = {number(factor)}", ha="center", fontsize=SMALL)
    axes.plot([3, 5.3], [middle, middle], color=MUTED, linewidth=1.5, zorder=0.5)
    _circle(axes, (3, middle), 48, f"z = {number(z)}\n{symbol}")
    _circle(axes, (5.3, middle), 38, f"ŷ = {number(as_floats(output(z), 'output(z)', shape=()))}")
    return axes


def _edge(axes, start, end, carried):
    color, style = (ORANGE, "-") if carried > 0 else (BLUE, "--") if carried < 0 else (MUTED, ":")
    width = 1 + min(abs(carried), 3)
    axes.plot(*zip(start, end, strict=True), color=color, linestyle=style, linewidth=width, zorder=0.5)


def _circle(axes, center, size, text):
    """A circle that is round though the axes' units differ: its size is in points, not in data."""
    axes.plot(*center, marker="o", markersize=size, color=INK, markerfacecolor=PAPER, markeredgewidth=1.4)
    axes.text(*center, text, ha="center", va="center", fontsize=SMALL)


def _below(number):
    return "".join(chr(0x2080 + int(digit)) for digit in str(number))

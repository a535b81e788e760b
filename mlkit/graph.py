"""Every formula is a graph of small steps; the chain rule walks it and multiplies what it meets.

Each step knows two things: its value, and its local derivative with respect to each operand. ``Node``
remembers the steps and walks them backward, from the result to all inputs at once (reverse mode, the
heart of backpropagation). ``Dual`` carries one derivative along with the value, forward. Both read the
same table of local derivatives; they differ only in the direction of the walk.

Sources: Linnainmaa, 1976, Taylor expansion of the accumulated rounding error (reverse mode); Wengert,
1964, A simple automatic derivative evaluation program (forward mode).
"""

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlkit import activations
from mlkit.validation import as_number


class Operation(NamedTuple):
    """One kind of step: ``value(*operands)``, and ``local(*operands, result)`` with one derivative per operand."""

    symbol: str
    value: Callable
    local: Callable


OPERATIONS = {
    operation.symbol: operation
    for operation in [
        Operation("+", lambda a, b: a + b, lambda a, b, y: (1.0, 1.0)),
        Operation("−", lambda a, b: a - b, lambda a, b, y: (1.0, -1.0)),
        Operation("×", lambda a, b: a * b, lambda a, b, y: (b, a)),
        Operation("÷", lambda a, b: a / b, lambda a, b, y: (1 / b, -y / b)),
        Operation("exp", math.exp, lambda a, y: (y,)),
        Operation("log", math.log, lambda a, y: (1 / a,)),
        Operation("tanh", math.tanh, lambda a, y: (1 - y * y,)),
        Operation("sigmoid", lambda a: float(activations.sigmoid(a)), lambda a, y: (y * (1 - y),)),
        Operation("relu", lambda a: max(a, 0.0), lambda a, y: (1.0 if a > 0 else 0.0,)),
    ]
}


def power(exponent):
    """Return the operation a ↦ aⁿ for the number n: one operand, because n is not a variable."""
    n = as_number(exponent, "exponent")
    return Operation(f"**{n:g}", lambda a: a**n, lambda a, y: (n * a ** (n - 1) if n else 0.0,))


class Differentiable:
    """What ``Node`` and ``Dual`` share: Python's operators, each one step of the table."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy numbers on the left leave the operation to us

    def __add__(self, other):
        return _apply(OPERATIONS["+"], self, other)

    def __radd__(self, other):
        return _apply(OPERATIONS["+"], other, self)

    def __sub__(self, other):
        return _apply(OPERATIONS["−"], self, other)

    def __rsub__(self, other):
        return _apply(OPERATIONS["−"], other, self)

    def __mul__(self, other):
        return _apply(OPERATIONS["×"], self, other)

    def __rmul__(self, other):
        return _apply(OPERATIONS["×"], other, self)

    def __truediv__(self, other):
        return _apply(OPERATIONS["÷"], self, other)

    def __rtruediv__(self, other):
        return _apply(OPERATIONS["÷"], other, self)

    def __neg__(self):
        return _apply(OPERATIONS["×"], -1.0, self)

    def __pow__(self, other):
        if isinstance(other, Differentiable):
            return exp(other * log(self))  # aᵇ = e^(b log a), for a > 0
        return _apply(power(other), self)

    def __rpow__(self, other):
        return exp(self * log(other))


class Node(Differentiable):
    """A number in a computational graph.

    Combine nodes with + − * / ** and ``exp``, ``log``, ``tanh``, ``sigmoid``, ``relu``; plain numbers
    become constant nodes. A value is fixed when the node is made: for other inputs, build the graph anew.

    Parameters
    ----------
    value : float
    label : str
        What a picture writes beside the node; may be set later.

    Attributes
    ----------
    operation : str
        The symbol of the step that made it; "" for an input, "constant" for a plain number.
    operands : tuple of Node
    local_derivatives : tuple of float
        ∂(this)/∂(operand), one per operand.
    derivative : float
        ∂(result)/∂(this), after ``result.backward()``.
    backward_steps : list of BackwardStep
        The steps of the last ``backward()`` called on this node.

    Examples
    --------
    Two paths lead from x to y, and their derivatives add up: 2x + 1.

    >>> x = Node(3.0, label="x")
    >>> y = x * x + x
    >>> y.backward()
    >>> x.derivative
    7.0
    """

    __slots__ = (
        "_value",
        "label",
        "operation",
        "operands",
        "local_derivatives",
        "derivative",
        "backward_steps",
        "_age",
    )
    _ages = itertools.count()

    def __init__(self, value, label=""):
        self._value = as_number(value, "value")
        self.label = label
        self.operation, self.operands, self.local_derivatives = "", (), ()
        self.derivative, self.backward_steps = 0.0, []
        self._age = next(Node._ages)

    @property
    def value(self):
        """The number this node stands for."""
        return self._value

    def __repr__(self):
        return f"Node({self.value:g}{f', label={self.label!r}' if self.label else ''})"

    @classmethod
    def _constant(cls, value):
        node = cls(value, label=f"{value:g}")
        node.operation = "constant"
        return node

    @classmethod
    def _result(cls, operation, operands, value, local):
        node = cls(value)
        node.operation, node.operands, node.local_derivatives = operation.symbol, operands, local
        return node

    def nodes(self):
        """Return every node this one depends on, and itself, in the order in which they were computed.

        A node is made after its operands, so the order of making is right for the values, and the
        reverse is right for the derivatives.
        """
        found, waiting = {self}, [self]
        while waiting:  # no recursion: a long chain must not meet Python's limit
            new = set(waiting.pop().operands) - found
            found |= new
            waiting.extend(new)
        return sorted(found, key=lambda node: node._age)

    def forward_steps(self):
        """Return the nodes as plain data, in forward order.

        >>> Node(2.0).forward_steps()
        [ForwardStep(index=0, label='', operation='', operands=(), value=2.0)]
        """
        nodes = self.nodes()
        index = {node: i for i, node in enumerate(nodes)}
        return [
            ForwardStep(i, node.label, node.operation, tuple(index[o] for o in node.operands), node.value)
            for i, node in enumerate(nodes)
        ]

    def backward(self):
        """Give every node of the graph its ``derivative``, ∂(this)/∂(node).

        From the result, whose derivative is 1, back to the inputs: each node hands to each operand its
        own derivative times the local one, and an operand adds up what it gets. Calling it again starts
        again from 0. In PyTorch a second call adds to the first instead, until ``zero_grad``.
        """
        nodes = self.nodes()
        index = {node: i for i, node in enumerate(nodes)}
        for node in nodes:
            node.derivative = 0.0
        self.derivative = 1.0
        self.backward_steps = []
        for node in reversed(nodes):
            for operand, local in zip(node.operands, node.local_derivatives, strict=True):
                contribution = node.derivative * local
                operand.derivative = as_number(operand.derivative + contribution, "derivative")
                step = BackwardStep(
                    index[node], index[operand], node.derivative, local, contribution, operand.derivative
                )
                self.backward_steps.append(step)


class ForwardStep(NamedTuple):
    """A node as data; ``operands`` are indices into the list of steps."""

    index: int
    label: str
    operation: str
    operands: tuple[int, ...]
    value: float


class BackwardStep(NamedTuple):
    """One edge: ``upstream`` × ``local`` = ``contribution``, which brings the operand's derivative to ``total``."""

    node: int
    operand: int
    upstream: float
    local: float
    contribution: float
    total: float


class Dual(Differentiable):
    """A number and its derivative with respect to one chosen input, computed together.

    Examples
    --------
    >>> x = Dual(3.0, 1.0)  # the input itself: dx/dx = 1
    >>> x * x + x
    Dual(12, 7)
    """

    __slots__ = ("value", "derivative")

    def __init__(self, value, derivative=0.0):
        self.value = as_number(value, "value")
        self.derivative = as_number(derivative, "derivative")

    def __repr__(self):
        return f"Dual({self.value:g}, {self.derivative:g})"

    @classmethod
    def _constant(cls, value):
        return cls(value)

    @classmethod
    def _result(cls, operation, operands, value, local):
        return cls(value, sum(d * operand.derivative for d, operand in zip(local, operands, strict=True)))


def exp(x):
    """Return eˣ for a number, a ``Node`` or a ``Dual``, and the same kind back."""
    return _apply(OPERATIONS["exp"], x)


def log(x):
    """Return the natural logarithm of x > 0."""
    return _apply(OPERATIONS["log"], x)


def tanh(x):
    """Return tanh x."""
    return _apply(OPERATIONS["tanh"], x)


def sigmoid(x):
    """Return 1/(1 + e⁻ˣ)."""
    return _apply(OPERATIONS["sigmoid"], x)


def relu(x):
    """Return max(x, 0), with derivative 0 at x = 0."""
    return _apply(OPERATIONS["relu"], x)


def reverse_gradient(function, point):
    """Return the derivatives of ``function(*point)`` with respect to every input: one walk, however many inputs.

    >>> reverse_gradient(lambda x, y: x * y + exp(x), [0.0, 2.0])
    [3.0, 0.0]
    """
    inputs = [Node(value) for value in _as_point(point)]
    _lifted(Node, function(*inputs)).backward()
    return [node.derivative for node in inputs]


def forward_gradient(function, point):
    """Return the same derivatives by dual numbers: one evaluation of ``function`` for each input.

    >>> forward_gradient(lambda x, y: x * y + exp(x), [0.0, 2.0])
    [3.0, 0.0]
    """
    point = _as_point(point)
    rows = range(len(point))
    duals = [[Dual(value, float(i == j)) for j, value in enumerate(point)] for i in rows]
    return [_lifted(Dual, function(*inputs)).derivative for inputs in duals]


def _as_point(point):
    if not isinstance(point, list | tuple | np.ndarray):
        raise ValueError(f"point must be a list of numbers, one for each argument of the function, got {point!r}")
    return list(point)


def _apply(operation, *operands):
    """Take one step: on plain numbers its value, otherwise a ``Node`` or ``Dual`` that knows its derivatives."""
    kind = next((type(x) for x in operands if isinstance(x, Differentiable)), None)
    if kind is None:
        return _compute(operation, [as_number(x, "operand") for x in operands])[0]
    operands = tuple(_lifted(kind, x) for x in operands)
    return kind._result(operation, operands, *_compute(operation, [x.value for x in operands]))


def _lifted(kind, operand):
    if isinstance(operand, kind):
        return operand
    if isinstance(operand, Differentiable):
        raise ValueError(f"operand must not mix Node and Dual, got {operand!r}")
    return kind._constant(as_number(operand, "operand"))


def _compute(operation, values):
    """Return the value and the local derivatives; a point where either does not exist is an error."""
    try:
        value = operation.value(*values)
        local = operation.local(*values, value)
        if all(isinstance(x, float) and math.isfinite(x) for x in (value, *local)):
            return value, local
    except (ZeroDivisionError, OverflowError, ValueError):
        pass
    at = ", ".join(f"{x:g}" for x in values)
    raise ValueError(f"{operation.symbol} has no finite value and derivative at {at}")

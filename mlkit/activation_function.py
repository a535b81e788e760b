"""What can be said of every activation: its function, its derivative, their formulas, and the number that shapes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mlkit.validation import as_number, check_same_shape


@dataclass(frozen=True)
class Parameter:
    """The one number that shapes an activation: its name, its default, and the bounds it must keep."""

    name: str
    symbol: str
    default: float
    at_least: float = 0.0
    at_most: float = 1e100

    def check(self, value):
        """Return ``value``, or raise a ``ValueError`` when it is no number within the bounds."""
        if type(value) is float and self.at_least <= value <= self.at_most:  # the quick way, inside training
            return value
        return as_number(value, self.name, at_least=self.at_least, at_most=self.at_most)


@dataclass(frozen=True)
class ActivationFunction:
    """A function, its derivative and what the gallery says about them.

    Attributes
    ----------
    name, formula, derivative_formula, range, paper : str
        Plain Unicode text.
    parameter : Parameter or None
        What shapes the function, for instance leaky ReLU's ``alpha``.
    value : float or None
        The parameter's value here; change it with ``with_parameter``.
    function, slope : callable
        f(z) and f′(z, a), both with the parameter's value as a last argument where there is a parameter.
    carry : callable or None
        Where outputs depend on each other and there is no ``slope``, ``carry(a, grad, value)`` is ∂L/∂z.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.activations import ACTIVATIONS
    >>> leaky = ACTIVATIONS["leaky_relu"].with_parameter(0.5)
    >>> a = leaky(z := np.array([-1.0, 0.0, 1.0]))
    >>> leaky.derivative(z, a)
    array([0.5, 0.5, 1. ])
    """

    name: str
    function: Callable
    slope: Callable | None
    formula: str = ""
    derivative_formula: str = ""
    range: str = ""
    parameter: Parameter | None = None
    paper: str = ""
    value: float | None = None
    carry: Callable | None = None

    def __call__(self, z):
        """Return a = f(z)."""
        return self.function(z) if self.value is None else self.function(z, self.value)

    def derivative(self, z, a):
        """Return f′(z), element by element; softmax has none and raises ``ValueError``."""
        if self.slope is None:
            raise ValueError(f"{self.name} has no derivative element by element: use backward(z, a, grad)")
        check_same_shape(a, "a", z, "z")
        return self.slope(z, a) if self.value is None else self.slope(z, a, self.value)

    def backward(self, z, a, grad):
        """Carry ∂L/∂a = ``grad`` back to ∂L/∂z; all three have one shape."""
        if self.slope is None:
            return self.carry(a, grad, self.value)
        check_same_shape(grad, "grad", a, "a")
        return grad * self.derivative(z, a)

    def with_parameter(self, value):
        """Return the same function with another α, β or temperature."""
        if self.parameter is None:
            raise ValueError(f"{self.name} has no parameter, got {value!r}")
        return replace(self, value=self.parameter.check(value))

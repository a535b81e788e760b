"""An activation bends the line: without it, a stack of layers would be one linear layer.

Each function stands beside its derivative. A derivative is given ``z`` and the already computed
``a = f(z)``, because sigmoid, tanh and ReLU are cheapest from ``a`` while Swish needs ``z``. All work
element by element on any shape (softmax: on the last axis), keep float32, return a new array, and are
called thousands of times while a network trains, so their door is narrow: whole numbers become float64,
what is no number is a ``ValueError``, and NaN in gives NaN out (networks reject it at their own door).

Below the two stands the entry: what ``ACTIVATIONS`` says of them.
"""

import numpy as np

from mlkit.activation_function import ActivationFunction, Parameter
from mlkit.validation import check_same_shape, refuse_masked

ACTIVATIONS = {}  # the entries by name, in the order of this file


def _enter(function, derivative, *, parameter=None, **words):
    """Enter a function into ``ACTIVATIONS`` under its own name."""
    name, value = function.__name__, None if parameter is None else parameter.default
    ACTIVATIONS[name] = ActivationFunction(name, function, derivative, parameter=parameter, value=value, **words)


def identity(z):
    """Return z itself, as a new array: the activation of a linear output. f(z) = z.

    Source: Widrow and Hoff, 1960, Adaptive switching circuits.

    >>> identity([1, -2])
    array([ 1., -2.])
    """
    return np.positive(_numbers(z))


def identity_derivative(z, a):
    """f′(z) = 1."""
    return np.ones_like(_numbers(a, "a"))


_enter(
    identity,
    identity_derivative,
    formula="z",
    derivative_formula="1",
    range="(−∞, ∞)",
    paper="Widrow and Hoff, 1960",
)


def sigmoid(z):
    """Squash z into (0, 1): σ(z) = 1/(1 + e⁻ᶻ).

    Source: Rumelhart, Hinton and Williams, 1986, Learning representations by back-propagating errors.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    z = _numbers(z)
    if z.dtype.kind == "c":  # only complex-step differentiation comes here; e⁻ᶻ would overflow to inf - inf
        return 0.5 * (1 + np.tanh(0.5 * z))
    with np.errstate(over="ignore"):  # below z = -709, e⁻ᶻ is inf, and 1/inf = 0 is the right answer
        return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z, a):
    """σ′(z) = a(1 − a): at most ¼, at z = 0, and next to nothing once |z| is above 6."""
    a = _numbers(a, "a")
    return a * (1 - a)


_enter(
    sigmoid,
    sigmoid_derivative,
    formula="1/(1 + e⁻ᶻ)",
    derivative_formula="a(1 − a)",
    range="(0, 1)",
    paper="Rumelhart, Hinton and Williams, 1986",
)


def tanh(z):
    """Squash z into (−1, 1), centered on 0: tanh z = 2σ(2z) − 1.

    Source: LeCun, Bottou, Orr and Müller, 1998, Efficient BackProp.

    >>> tanh_derivative(z := np.array([0.0, 1000.0]), tanh(z))
    array([1., 0.])
    """
    return np.tanh(_numbers(z))


def tanh_derivative(z, a):
    """tanh′(z) = 1 − a²: at most 1, at z = 0."""
    a = _numbers(a, "a")
    return 1 - a * a


_enter(
    tanh,
    tanh_derivative,
    formula="tanh z",
    derivative_formula="1 − a²",
    range="(−1, 1)",
    paper="LeCun, Bottou, Orr and Müller, 1998",
)


def relu(z):
    """Let the positive part through: max(z, 0).

    Source: Nair and Hinton, 2010, Rectified linear units improve restricted Boltzmann machines.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(_numbers(z), 0)


def relu_derivative(z, a):
    """1 where z > 0, else 0; the corner at z = 0 belongs to the flat side.

    >>> relu_derivative(z := np.array([-2.0, 0.0, 3.0]), relu(z))
    array([0., 0., 1.])
    """
    return np.sign(_numbers(a, "a").real)  # a is 0 or more, so 0 or 1; `a >= 0` would be true everywhere


_enter(
    relu,
    relu_derivative,
    formula="max(z, 0)",
    derivative_formula="1 if z > 0, else 0",
    range="[0, ∞)",
    paper="Nair and Hinton, 2010",
)


_SHARE = Parameter("alpha", "α", 0.01, at_most=1.0)


def leaky_relu(z, alpha=0.01):
    """Let the positive part through and a share α of the negative: max(z, αz), 0 ≤ α ≤ 1.

    Source: Maas, Hannun and Ng, 2013, Rectifier nonlinearities improve neural network acoustic models.
    Elsewhere: α is 0.01 in PyTorch, 0.2 or 0.3 in Keras.

    >>> leaky_relu(np.array([-2.0, 3.0]), alpha=0.1)
    array([-0.2,  3. ])
    """
    z, alpha = _numbers(z), _SHARE.check(alpha)
    return np.maximum(z, alpha * z)


def leaky_relu_derivative(z, a, alpha=0.01):
    """1 where z > 0, else α."""
    z, alpha = _numbers(z), _SHARE.check(alpha)
    return np.maximum(np.sign(z.real), alpha)  # the sign is 1 where z > 0, and elsewhere not above α


_enter(
    leaky_relu,
    leaky_relu_derivative,
    formula="max(z, αz)",
    derivative_formula="1 if z > 0, else α",
    range="(−∞, ∞)",
    parameter=_SHARE,
    paper="Maas, Hannun and Ng, 2013",
)


_FLOOR = Parameter("alpha", "α", 1.0)


def elu(z, alpha=1.0):
    """Let the positive part through, bend the negative down to −α: α(eᶻ − 1) for z ≤ 0, with α ≥ 0.

    Source: Clevert, Unterthiner and Hochreiter, 2016, Fast and accurate deep network learning by
    exponential linear units (ELUs).

    >>> elu(np.array([-1000.0, 0.0, 1000.0]), alpha=0.5)
    array([-5.e-01,  0.e+00,  1.e+03])
    """
    z, alpha = _numbers(z), _FLOOR.check(alpha)
    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))


def elu_derivative(z, a, alpha=1.0):
    """1 where z > 0, else αeᶻ = a + α."""
    z, a, alpha = _numbers(z), _numbers(a, "a"), _FLOOR.check(alpha)
    check_same_shape(a, "a", z, "z")
    return np.where(z > 0, 1, a + alpha)


_enter(
    elu,
    elu_derivative,
    formula="z if z > 0, else α(eᶻ − 1)",
    derivative_formula="1 if z > 0, else a + α",
    range="(−α, ∞)",
    parameter=_FLOOR,
    paper="Clevert et al., 2016",
)


def softplus(z):
    """Round off the corner of ReLU: log(1 + eᶻ) = max(z, 0) + log(1 + e^−|z|), which cannot overflow.

    Source: Dugas, Bengio, Bélisle, Nadeau and Garcia, 2001, Incorporating second-order functional
    knowledge for better option pricing. Elsewhere: PyTorch returns z itself above z = 20.

    >>> softplus(np.array([-1000.0, 1000.0]))
    array([   0., 1000.])
    """
    z = _numbers(z)
    return np.maximum(z, 0) + np.log1p(np.exp(np.minimum(z, -z)))  # -|z|, said so that complex z may pass


def softplus_derivative(z, a):
    """The sigmoid: σ(z)."""
    return sigmoid(z)


_enter(
    softplus,
    softplus_derivative,
    formula="log(1 + eᶻ)",
    derivative_formula="σ(z)",
    range="(0, ∞)",
    paper="Dugas et al., 2001",
)


_BETA = Parameter("beta", "β", 1.0)


def swish(z, beta=1.0):
    """Weigh z with its own sigmoid: z σ(βz), β ≥ 0. β = 0 gives z/2; a large β comes near ReLU.

    Source: Ramachandran, Zoph and Le, 2017, Searching for activation functions.
    Elsewhere: called SiLU when β = 1, the only case in PyTorch and Keras.

    >>> swish(np.array([-1.0, 1.0]), beta=0.0)
    array([-0.5,  0.5])
    """
    z, beta = _numbers(z), _BETA.check(beta)
    return z * sigmoid(beta * z)


def swish_derivative(z, a, beta=1.0):
    """s + βa(1 − s) with s = σ(βz)."""
    z, a, beta = _numbers(z), _numbers(a, "a"), _BETA.check(beta)
    check_same_shape(a, "a", z, "z")
    s = sigmoid(beta * z)
    return s + beta * a * (1 - s)


_enter(
    swish,
    swish_derivative,
    formula="z σ(βz)",
    derivative_formula="s + βa(1 − s), s = σ(βz)",
    range="[−0.278/β, ∞)",
    parameter=_BETA,
    paper="Ramachandran et al., 2017",
)


_TEMPERATURE = Parameter("temperature", "T", 1.0, at_least=1e-100)


def softmax(z, temperature=1.0):
    """Turn the last axis into probabilities: a_k = e^(z_k/T) / Σⱼ e^(zⱼ/T), T > 0.

    The largest logit is subtracted first: it changes nothing in the quotient, and nothing can overflow.
    Source: Bridle, 1990, Probabilistic interpretation of feedforward classification network outputs.

    >>> softmax([[1000.0, 1000.0], [0.0, -1000.0]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    z, temperature = _numbers(z), _TEMPERATURE.check(temperature)
    if z.ndim == 0 or z.shape[-1] == 0:
        raise ValueError(f"z must hold at least one logit on its last axis, got shape {z.shape}")
    with np.errstate(over="ignore"):  # a gap too wide for a float is -inf, and e^-inf = 0 is right
        e = np.exp((z - z.real.max(axis=-1, keepdims=True)) / temperature)
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(a, grad, temperature=1.0):
    """Carry ∂L/∂a back to ∂L/∂z: a ⊙ (g − Σⱼ gⱼaⱼ)/T, the Jacobian's transpose times g, without the Jacobian.

    Every a_k depends on every logit of its row, so there is no derivative element by element.

    >>> softmax_backward(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    array([ 0.25, -0.25])
    """
    a, grad, temperature = _numbers(a, "a"), _numbers(grad, "grad"), _TEMPERATURE.check(temperature)
    check_same_shape(grad, "grad", a, "a")
    return a * (grad - (grad * a).sum(axis=-1, keepdims=True)) / temperature


_enter(
    softmax,
    None,
    formula="e^(z_k/T) / Σⱼ e^(zⱼ/T)",
    derivative_formula="aᵢ(δᵢⱼ − aⱼ)/T",
    range="(0, 1), sum 1",
    parameter=_TEMPERATURE,
    paper="Bridle, 1990",
    carry=softmax_backward,
)


def get_activation(activation):
    """Return the ``ActivationFunction`` that is meant.

    Parameters
    ----------
    activation : str, ActivationFunction, callable or pair
        A name from ``ACTIVATIONS``; an ``ActivationFunction``, returned as it is; one of the functions
        of this module; or any other function with its derivative, ``(f, f_derivative)``, called as
        ``f(z)`` and ``f_derivative(z, a)``, both keeping the shape.

    Examples
    --------
    >>> get_activation("tanh") is get_activation(tanh)
    True
    >>> get_activation((np.sin, lambda z, a: np.cos(z))).derivative(0.0, 0.0)
    array(1.)
    """
    if isinstance(activation, ActivationFunction):
        return activation
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    for entry in ACTIVATIONS.values():
        if activation is entry.function:
            return entry
    if isinstance(activation, tuple) and len(activation) == 2 and all(map(callable, activation)):
        function, slope = map(_shape_keeping, activation)
        return ActivationFunction(function.__name__, function, slope)
    names = ", ".join(map(repr, ACTIVATIONS))
    raise ValueError(f"activation must be one of {names}, or a pair (function, derivative), got {activation!r}")


def _shape_keeping(function):
    """A foreign function is trusted with its numbers, not with its shape."""

    def checked(z, *a):
        result = np.asarray(function(z, *a))
        if result.shape != np.shape(z):
            raise ValueError(f"{checked.__name__} must return the shape of z, {np.shape(z)}, got {result.shape}")
        return result

    checked.__name__ = getattr(function, "__name__", type(function).__name__)
    return checked


def _numbers(z, name="z"):
    """Return ``z`` as a floating array (real or complex) at almost no cost."""
    refuse_masked(z, name)
    try:
        z = np.asarray(z)
    except ValueError as error:
        raise ValueError(f"{name} must be a regular array of numbers: {error}") from None
    if z.dtype.kind in "fc":
        return z
    if z.dtype.kind in "biu":
        return z.astype(np.float64)
    raise ValueError(f"{name} must hold numbers, got dtype {z.dtype}")

"""Start the weights unequal, and just large enough that signals keep their size from layer to layer.

An initializer is a function ``(fan_in, fan_out, rng) -> W`` with W of shape (fan_in, fan_out), float64.
LeCun's, Glorot's and He's are one rule, ``variance_scaling``, with different constants.
"""

import math

import numpy as np

from mlkit.validation import as_choice, as_count, as_generator, as_number


def zeros(fan_in, fan_out, rng):
    """Return all zeros: right for biases; as weights, all units of a layer stay equal for ever.

    >>> zeros(2, 3, np.random.default_rng(0))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return constant(0.0)(fan_in, fan_out, rng)


def constant(value=0.1):
    """Return the initializer that sets every weight to ``value``: the symmetry between units never breaks.

    >>> constant(0.5)(1, 2, np.random.default_rng(0))
    array([[0.5, 0.5]])
    """
    value = as_number(value, "value")

    def initialize(fan_in, fan_out, rng):
        return np.full(_shape(fan_in, fan_out, rng), value)

    return initialize


def normal(sigma=0.01):
    """Return the initializer that draws from N(0, σ²), whatever the size of the layer.

    Elsewhere: Keras' ``RandomNormal`` has σ = 0.05, PyTorch's ``normal_`` σ = 1.

    >>> normal(sigma=0.01)(2, 3, np.random.default_rng(0)).round(3)
    array([[ 0.001, -0.001,  0.006],
           [ 0.001, -0.005,  0.004]])
    """
    sigma = as_number(sigma, "sigma", at_least=0, at_most=1e100)

    def initialize(fan_in, fan_out, rng):
        shape = _shape(fan_in, fan_out, rng)
        return rng.normal(0.0, sigma, shape)

    return initialize


def uniform(limit=0.05):
    """Return the initializer that draws evenly from [−limit, limit), whatever the size of the layer.

    Elsewhere: Keras' ``RandomUniform`` has limit 0.05, PyTorch's ``uniform_`` draws from [0, 1).

    >>> bool(abs(uniform(limit=0.1)(4, 5, np.random.default_rng(0))).max() <= 0.1)
    True
    """
    limit = as_number(limit, "limit", at_least=0, at_most=1e100)

    def initialize(fan_in, fan_out, rng):
        shape = _shape(fan_in, fan_out, rng)
        return rng.uniform(-limit, limit, shape)

    return initialize


def variance_scaling(fan_in, fan_out, rng, *, scale=1.0, mode="fan_in", distribution="normal"):
    """Draw weights with mean 0 and variance scale/n, so that a sum over n of them keeps its size.

    A unit sums ``fan_in`` products on the way forward and ``fan_out`` on the way back, so n is one of
    the two, or their mean when both directions matter.

    Parameters
    ----------
    fan_in, fan_out : int
        Inputs and outputs of the layer.
    rng : numpy.random.Generator
    scale : float
        What the activation needs: 1 for a linear layer or tanh near 0, 2 for ReLU, which drops half of
        the mean square; in general the gain squared, as in ``gain_leaky_relu(alpha)**2``.
    mode : {"fan_in", "fan_out", "fan_avg"}
        What n is.
    distribution : {"normal", "uniform"}
        N(0, σ²), or evenly from ±√3·σ, which has the same variance: a uniform draw from ±l has l²/3.

    Returns
    -------
    ndarray, shape (fan_in, fan_out)

    Raises
    ------
    ValueError
        When an argument is none of the above.

    Notes
    -----
    Keras calls this rule ``VarianceScaling``; its "normal" cuts the tails at 2σ and widens σ by 1/0.88 to
    make up for it. PyTorch and this function draw from the whole normal distribution. PyTorch's
    ``nn.Linear`` starts elsewhere: uniform in ±1/√fan_in, a variance of 1/(3 fan_in).

    Examples
    --------
    >>> W = variance_scaling(400, 100, np.random.default_rng(0), scale=2.0)
    >>> W.shape, round(float(W.var() * 400), 1)
    ((400, 100), 2.0)
    """
    scale = as_number(scale, "scale", above=0)
    mode = as_choice(mode, "mode", ["fan_in", "fan_out", "fan_avg"])
    distribution = as_choice(distribution, "distribution", ["normal", "uniform"])
    shape = _shape(fan_in, fan_out, rng)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    sigma = math.sqrt(scale / n)
    if distribution == "normal":
        return rng.normal(0.0, sigma, shape)
    limit = math.sqrt(3) * sigma
    return rng.uniform(-limit, limit, shape)


def lecun_normal(fan_in, fan_out, rng):
    """Variance 1/fan_in: keeps the scale forward through linear layers, and tanh while it is nearly linear.

    Source: LeCun, Bottou, Orr and Müller, 1998, Efficient BackProp.
    """
    return variance_scaling(fan_in, fan_out, rng, scale=1.0, mode="fan_in", distribution="normal")


def lecun_uniform(fan_in, fan_out, rng):
    """Variance 1/fan_in, evenly from ±√(3/fan_in).

    Source: LeCun, Bottou, Orr and Müller, 1998, Efficient BackProp.
    """
    return variance_scaling(fan_in, fan_out, rng, scale=1.0, mode="fan_in", distribution="uniform")


def glorot_normal(fan_in, fan_out, rng):
    """Variance 2/(fan_in + fan_out): between what the way forward and the way back ask for. Also called Xavier.

    Source: Glorot and Bengio, 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    return variance_scaling(fan_in, fan_out, rng, scale=1.0, mode="fan_avg", distribution="normal")


def glorot_uniform(fan_in, fan_out, rng):
    """Variance 2/(fan_in + fan_out), evenly from ±√(6/(fan_in + fan_out)). The default of Keras' ``Dense``.

    Source: Glorot and Bengio, 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    return variance_scaling(fan_in, fan_out, rng, scale=1.0, mode="fan_avg", distribution="uniform")


def he_normal(fan_in, fan_out, rng):
    """Variance 2/fan_in, for ReLU. Also called Kaiming.

    Source: He, Zhang, Ren and Sun, 2015, Delving deep into rectifiers.

    >>> W = he_normal(500, 400, np.random.default_rng(0))
    >>> round(float(W.var()) * 500, 1)
    2.0
    """
    return variance_scaling(fan_in, fan_out, rng, scale=2.0, mode="fan_in", distribution="normal")


def he_uniform(fan_in, fan_out, rng):
    """Variance 2/fan_in, evenly from ±√(6/fan_in).

    Source: He, Zhang, Ren and Sun, 2015, Delving deep into rectifiers.
    """
    return variance_scaling(fan_in, fan_out, rng, scale=2.0, mode="fan_in", distribution="uniform")


def gain_leaky_relu(alpha):
    """Return √(2/(1 + α²)): by how much weights must be wider than LeCun's when leaky ReLU(α) follows.

    Of a symmetric z, leaky ReLU keeps (1 + α²)/2 of the mean square, E[f(z)²]: the mean of f(z) is not 0,
    so the variance alone would be the wrong thing to keep.

    Source: He, Zhang, Ren and Sun, 2015, Delving deep into rectifiers. As PyTorch's ``calculate_gain``.

    >>> round(gain_leaky_relu(0.0) ** 2, 12), gain_leaky_relu(1.0)  # ReLU, and the identity
    (2.0, 1.0)
    """
    alpha = as_number(alpha, "alpha", at_least=0, at_most=1)
    return math.sqrt(2 / (1 + alpha**2))


INITIALIZERS = {
    "zeros": zeros,
    "constant": constant(),
    "normal": normal(),
    "uniform": uniform(),
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
}


def get_initializer(initializer):
    """Return the initializer with this name in ``INITIALIZERS``, or the callable itself.

    >>> get_initializer("he_normal") is he_normal
    True
    """
    if any(initializer is maker for maker in (constant, normal, uniform)):
        raise ValueError(f"initializer must be made first, as {initializer.__name__}(...), got the maker itself")
    if callable(initializer):
        return initializer
    return INITIALIZERS[as_choice(initializer, "initializer", INITIALIZERS)]


def _shape(fan_in, fan_out, rng):
    as_generator(rng)
    return as_count(fan_in, "fan_in"), as_count(fan_out, "fan_out")

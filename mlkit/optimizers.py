"""An optimizer turns gradients into steps: all go downhill, and each mends a fault of the one before it.

SGD forgets; momentum remembers and overshoots; Nesterov looks ahead. AdaGrad gives every parameter a step
size of its own, which only shrinks; RMSProp and AdaDelta let it recover; Adam puts the two lines together.

Each class is complete on its own: ``update`` is the printed algorithm, with ``w`` a parameter, ``g`` its
gradient and the rest its state, all arrays of one shape that are changed in place.
"""

import copy

import numpy as np

from mlkit.attributes import Checked
from mlkit.blocks import in_blocks
from mlkit.schedules import as_schedule, rate_at
from mlkit.validation import as_choice, as_floats

SMALLEST_EPSILON = 1e-37  # less would be 0 in float32, and 0/0 where g is 0


class Optimizer:
    """What all optimizers share: the learning rate, the count of steps, the state.

    ``_step`` is ``step`` without its checks: what training calls.
    An optimizer can be copied (``copy.deepcopy``) and kept in a file (``pickle``) with all it remembers. The copy goes
    on with the first parameters of the same shapes that it is given: those of a network that was copied or saved too.

    Attributes
    ----------
    learning_rate : number or schedule
        As it was given. What is assigned holds from the next step on, and so do the numbers of the subclasses.
    t : int
        Steps done. It advances once per step, not once per parameter.
    state : list of tuples of ndarray
        For every parameter what the optimizer remembers, in the order of ``state_names``; begins at zero.
    """

    state_names = ()

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
        self.reset()

    @property
    def learning_rate(self):
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self._schedule = as_schedule(learning_rate)
        self._learning_rate = learning_rate

    @property
    def schedule(self):
        """The learning rate as a function of the step; it changes with ``learning_rate``."""
        return self._schedule

    def reset(self):
        """Forget all steps: the optimizer is as new, and may serve other parameters."""
        self.t = 0
        self.state = []
        self._parameters = None

    def step(self, parameters, gradients):
        """Move every parameter in place by one step.

        Parameters
        ----------
        parameters : list of ndarray
            Floating arrays; the same ones at every step, because the optimizer remembers things about each.
        gradients : list of array_like
            ∂L/∂(parameter), in the same order and of the same shapes.

        Raises
        ------
        ValueError
            When lengths, shapes or types do not fit, a gradient is not finite (or so large that its square
            is not), or the parameters are not those of the steps before.
        FloatingPointError
            When the step made a parameter infinite; then the learning rate is too large.
        """
        self.prepare(parameters)
        gradients = _as_gradients(gradients, parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            self._step(parameters, gradients)
        if not all(np.isfinite(w).all() for w in parameters):
            raise FloatingPointError(f"step {self.t - 1} with learning rate {self.rate(self.t - 1)} left the floats")

    def prepare(self, parameters):
        """Check the parameters and, before the first step, make the state for them."""
        _check_parameters(parameters)
        if self._parameters is None:
            self._begin(parameters)
        elif not _same_memory(self._parameters, parameters):
            name = type(self).__name__
            raise ValueError(f"parameters must be those of the steps before: make a new {name} for others, or reset()")

    def _begin(self, parameters):
        """Take these parameters from now on, with a state of zeros or, for a copy, with the state it brought."""
        if not self.state:
            self.state = [tuple(np.zeros(w.shape, w.dtype) for _ in self.state_names) for w in parameters]
        elif not _fits(self.state, parameters):
            name = type(self).__name__
            raise ValueError(f"parameters must have the shapes that this {name} remembers: reset() it for others")
        self._parameters = list(parameters)

    def __getstate__(self):
        return vars(self) | {"_parameters": None}  # a copy belongs to no parameters yet

    def __copy__(self):
        return copy.deepcopy(self)  # with a state of its own

    def _step(self, parameters, gradients):
        """Step after ``prepare``, with gradients known to fit; returns the learning rate that was used."""
        learning_rate = rate_at(self._schedule, self.t)
        self.t += 1
        for w, g, state in zip(parameters, gradients, self.state):  # noqa: B905  (strict costs time here)
            for block in in_blocks(w, g, *state):
                self.update(learning_rate, *block)
        return learning_rate

    def rate(self, step):
        """Return the learning rate of ``step``, counted from 0."""
        return rate_at(self._schedule, step)

    def update(self, learning_rate, w, g, *state):
        """Move ``w`` in place; ``self.t`` is 1 at the first step."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent: one step against the gradient, w ← w − η g.

    Source: Robbins and Monro, 1951, A stochastic approximation method. Elsewhere: the same.

    >>> w = np.array([1.0, -2.0])
    >>> SGD(0.1).step([w], [[10.0, 10.0]])
    >>> w
    array([ 0., -3.])
    """

    def __init__(self, learning_rate=0.01):
        super().__init__(learning_rate)

    def update(self, learning_rate, w, g):
        w -= learning_rate * g


class Momentum(Optimizer):
    """A heavy ball: v ← μ v − η g, w ← w + v. With a steady gradient it reaches η/(1 − μ) times g.

    Source: Polyak, 1964, Some methods of speeding up the convergence of iteration methods, in the form of
    Sutskever, Martens, Dahl and Hinton, 2013, On the importance of initialization and momentum in deep
    learning. Elsewhere: Keras and scikit-learn the same. PyTorch keeps v ← μ v + g and takes w ← w − η v:
    the same path while η is constant; when η changes, here the old velocity keeps its old size.

    >>> w, optimizer = np.array([1.0]), Momentum(0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.step([w], [[2.0]])
    >>> w.round(12)  # 1 - 0.2 - (0.1 + 0.2)
    array([0.5])
    """

    state_names = ("v",)
    momentum = Checked(at_least=0, below=1)

    def __init__(self, learning_rate=0.01, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = momentum

    def update(self, learning_rate, w, g, v):
        v *= self.momentum
        v -= learning_rate * g
        w += v


class Nesterov(Momentum):
    """Momentum that looks where it is going: v ← μ v − η g, w ← w + μ v − η g.

    The gradient belongs at the point to which the velocity will carry w. The variant here, as everywhere,
    keeps that look-ahead point as ``w``, so that the gradient is taken at ``w`` as usual.
    Source: Nesterov, 1983, A method for solving the convex programming problem with convergence rate
    O(1/k²); this form: Bengio, Boulanger-Lewandowski and Pascanu, 2013, Advances in optimizing recurrent
    networks. Elsewhere: Keras and scikit-learn the same; PyTorch with η outside v, as for ``Momentum``.

    >>> w = np.array([1.0])
    >>> Nesterov(0.1, momentum=0.5).step([w], [[2.0]])
    >>> w.round(12)  # v = -0.2, then 1 + 0.5 v - 0.2
    array([0.7])
    """

    def update(self, learning_rate, w, g, v):
        step = learning_rate * g
        v *= self.momentum
        v -= step
        w += self.momentum * v - step


class AdaGrad(Optimizer):
    """A step size for every parameter, smaller the more it has moved: G ← G + g², w ← w − η g / (√G + ε).

    Source: Duchi, Hazan and Singer, 2011, Adaptive subgradient methods for online learning and stochastic
    optimization. Elsewhere: PyTorch the same; Keras starts G at 0.1 and has ε = 1e-7 inside the root.

    >>> w = np.array([1.0, 1.0])
    >>> AdaGrad(0.1).step([w], [[100.0, -0.01]])
    >>> w.round(6)  # the first step has length η whatever the gradient
    array([0.9, 1.1])
    """

    state_names = ("G",)
    epsilon = Checked(at_least=SMALLEST_EPSILON)

    def __init__(self, learning_rate=0.01, epsilon=1e-10):
        super().__init__(learning_rate)
        self.epsilon = epsilon

    def update(self, learning_rate, w, g, G):
        G += g * g
        w -= learning_rate * g / (np.sqrt(G) + self.epsilon)


class RMSProp(Optimizer):
    """AdaGrad that forgets: v ← ρ v + (1 − ρ) g², w ← w − η g / (√v + ε).

    v is a running mean of the squared gradient; being small at first, it makes the first steps long.
    Source: Tieleman and Hinton, 2012, Lecture 6.5, Neural Networks for Machine Learning (Coursera).
    Elsewhere: PyTorch the same with ρ called alpha, 0.99; Keras has ε = 1e-7 inside the root.

    >>> w = np.array([1.0])
    >>> RMSProp(0.01, decay=0.75).step([w], [[4.0]])
    >>> w.round(6)  # v = 4, so 0.01 * 4 / 2
    array([0.98])
    """

    state_names = ("v",)
    decay = Checked(at_least=0, below=1)
    epsilon = Checked(at_least=SMALLEST_EPSILON)

    def __init__(self, learning_rate=0.001, decay=0.9, epsilon=1e-8):
        super().__init__(learning_rate)
        self.decay, self.epsilon = decay, epsilon

    def update(self, learning_rate, w, g, v):
        v *= self.decay
        v += (1 - self.decay) * g * g
        w -= learning_rate * g / (np.sqrt(v) + self.epsilon)


class AdaDelta(Optimizer):
    """RMSProp that finds η itself: Δ = −√(D + ε) / √(E + ε) · g, w ← w + η Δ with η = 1.

    E is the running mean of g², D that of Δ²; their roots have the units of g and of w, so the step has
    the units of w. ε is inside the root, as in the paper, and starts the whole thing: D begins at 0.
    Source: Zeiler, 2012, ADADELTA: an adaptive learning rate method. Elsewhere: PyTorch the same with
    ρ = 0.9; Keras the same with η = 0.001 and ε = 1e-7.

    >>> w = np.array([1.0])
    >>> AdaDelta(decay=0.75, epsilon=0.01).step([w], [[4.0]])
    >>> w.round(4)  # E = 4, so 1 - 0.1 / √4.01 · 4
    array([0.8002])
    """

    state_names = ("E", "D")
    decay = Checked(at_least=0, below=1)
    epsilon = Checked(at_least=SMALLEST_EPSILON)

    def __init__(self, learning_rate=1.0, decay=0.95, epsilon=1e-6):
        super().__init__(learning_rate)
        self.decay, self.epsilon = decay, epsilon

    def update(self, learning_rate, w, g, E, D):
        E *= self.decay
        E += (1 - self.decay) * g * g
        delta = -np.sqrt((D + self.epsilon) / (E + self.epsilon)) * g
        D *= self.decay
        D += (1 - self.decay) * delta * delta
        w += learning_rate * delta


class Adam(Optimizer):
    """Momentum and RMSProp together, both corrected for having started at zero.

    m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  w ← w − η m̂ / (√v̂ + ε)
    with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ), t = 1 at the first step: Algorithm 1 of the paper.

    Source: Kingma and Ba, 2015, Adam: a method for stochastic optimization. Elsewhere: PyTorch the same;
    Keras (ε = 1e-7) and scikit-learn (1e-8) add ε to √v before the correction, the paper's "ε̂": the same
    while √v is far above ε.

    >>> w = np.array([1.0, 1.0])
    >>> Adam(0.1).step([w], [[100.0, -0.01]])
    >>> w.round(6)  # m̂ = g and √v̂ = |g|: the first step has length η
    array([0.9, 1.1])
    """

    state_names = ("m", "v")
    beta1 = Checked(at_least=0, below=1)
    beta2 = Checked(at_least=0, below=1)
    epsilon = Checked(at_least=SMALLEST_EPSILON)

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def update(self, learning_rate, w, g, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * g
        v *= self.beta2
        v += (1 - self.beta2) * g * g
        m_hat = m / (1 - self.beta1**self.t)
        v_hat = v / (1 - self.beta2**self.t)
        w -= learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


OPTIMIZERS = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adadelta": AdaDelta,
    "adam": Adam,
}


def get_optimizer(optimizer):
    """Return an ``Optimizer``: the one given, or a new one with default settings by its name in ``OPTIMIZERS``.

    >>> get_optimizer("adam").learning_rate
    0.001
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    return OPTIMIZERS[as_choice(optimizer, "optimizer", OPTIMIZERS)]()


def _check_parameters(parameters):
    if not isinstance(parameters, list | tuple) or not parameters:
        raise ValueError(f"parameters must be a list of arrays, got {parameters!r}")
    for i, w in enumerate(parameters):
        if not isinstance(w, np.ndarray) or w.dtype not in (np.float32, np.float64) or not w.flags.writeable:
            kind = f"dtype {w.dtype}" if isinstance(w, np.ndarray) and w.flags.writeable else repr(w)
            wanted = "a floating array that can be changed in place, float32 or float64"  # in float16 an ε of 1e-8 is 0
            raise ValueError(f"parameters[{i}] must be {wanted}, got {kind}")
        as_floats(w, f"parameters[{i}]")


def _as_gradients(gradients, parameters):
    if not isinstance(gradients, list | tuple) or len(gradients) != len(parameters):
        raise ValueError(f"gradients must be a list of {len(parameters)} arrays, one per parameter, got {gradients!r}")
    return [_as_gradient(g, w, f"gradients[{i}]") for i, (g, w) in enumerate(zip(gradients, parameters, strict=True))]


def _as_gradient(g, w, name):
    g = as_floats(g, name, shape=w.shape)
    limit = np.finfo(w.dtype).max ** 0.5
    if g.size and np.abs(g).max() >= limit:
        raise ValueError(f"{name} must stay below {limit:.2g}, where g² overflows, got {np.abs(g).max()}")
    return g.astype(w.dtype, copy=False)


def _same_memory(before, now):
    return len(before) == len(now) and all(
        a is b or (a.shape == b.shape and np.may_share_memory(a, b)) for a, b in zip(before, now, strict=True)
    )


def _fits(state, parameters):
    """Whether a state belongs to parameters of these shapes and types."""
    return len(state) == len(parameters) and all(
        array.shape == w.shape and array.dtype == w.dtype
        for arrays, w in zip(state, parameters, strict=True)
        for array in arrays
    )

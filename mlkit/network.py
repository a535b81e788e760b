"""A network is its layers one after the other: forward through them, backward through them reversed.

That is the whole of backpropagation here. What happens only once, when a network is made, is in
``mlkit.assembly``. Many networks of one shape, *replicas*, can be trained side by side.
"""

from functools import partial
from itertools import pairwise

import numpy as np

from mlkit.activations import ACTIVATIONS
from mlkit.assembly import as_layers, as_sizes, dense_of, fuse, gather, purpose
from mlkit.attributes import copied_into, settled
from mlkit.layers import Activation, Dense
from mlkit.losses import as_targets
from mlkit.saving import read_saved, save_network
from mlkit.validation import as_count, as_dtype, as_floats, finite_result


class Network:
    """Layers in a row, and the loss that says what they are for.

    A name that begins with an underscore is the same without the checks: what training calls at every step.

    Parameters
    ----------
    layers : list of Layer
        They become part of this network: each can belong to one network only.
    loss : str or Loss or None
        By default the loss that fits the last layer: cross-entropy for softmax (categorical) and for
        sigmoid (binary), else the squared error. Where loss and output activation fit each other,
        training uses the two in one (see ``mlkit.losses``) and leaves the last layer out.

    Attributes
    ----------
    layers : tuple of Layer
        Settled when the network is made, as are ``loss``, ``output`` and ``replicas``: for others make another one.
    loss : Loss
    parameters, gradients : tuple of ndarray
        Of all layers in order: W, b, W, b, … Views: what is written into them, the network uses.
    parameter_vector, gradient_vector : ndarray, shape (n_parameters,) or (replicas, n_parameters)
        The same numbers in one piece. Assigning copies into it.
    replicas : int or None
        How many networks stand side by side. All results then have a leading axis of that length.
    output : str
        What the outputs are: "softmax" or "sigmoid" probabilities, or "identity" for plain numbers.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = Network([Dense(2, 3, rng=rng), Activation("relu"), Dense(3, 1, rng=rng)], "squared_error")
    >>> network.forward([[0.0, 0.0]])
    array([[0.]])
    >>> [array.shape for array in network.parameters]
    [(2, 3), (3,), (3, 1), (1,)]
    """

    def __init__(self, layers, loss=None):
        self._layers = as_layers(layers)
        self._loss, self._output = purpose(self.layers, loss)
        self._body, self._cost = fuse(self.layers, self.loss)  # what training goes through: the same, or a layer less
        self._parameter_vector, self._gradient_vector = gather(self.layers)

    layers, loss, output = settled("layers"), settled("loss"), settled("output")
    parameter_vector, gradient_vector = copied_into("parameter_vector"), copied_into("gradient_vector")

    def forward(self, X):
        """Return the outputs, shape (n_examples, n_outputs); each layer keeps what passed through it.

        Parameters
        ----------
        X : array_like, shape (n_examples, n_features)
            Used in the type of the parameters. Or with a replica axis, to give each replica its own X.
        """
        X = self.as_inputs(X)
        with np.errstate(over="ignore", invalid="ignore"):
            return finite_result(self._forward(X, self.layers), "X")

    def _forward(self, X, layers):
        for layer in layers:
            X = layer._forward(X)
        return X

    def backward(self, grad, *, need_input_gradient=False):
        """Fill ``gradients`` from ``grad`` = ∂L/∂(outputs) of the last ``forward``; return ∂L/∂X if it is needed."""
        for layer in reversed(self.layers[1:]):
            grad = layer.backward(grad)
        grad = self.layers[0].backward(grad, need_input_gradient=need_input_gradient)
        return grad if need_input_gradient else None

    def backpropagate(self, X, y):
        """Return the loss of ``X`` and ``y``, and fill ``gradients``: forward, loss, backward.

        ``y`` is integer labels (n_examples,) or targets (n_examples, n_outputs). The value is a number, or
        has one entry per replica.

        >>> network = Network.mlp([2, 2], initializer="zeros", rng=np.random.default_rng(0))
        >>> float(network.backpropagate([[1.0, 2.0]], [1]).round(4))  # log 2: it knows nothing yet
        0.6931
        >>> network.gradients[0].tolist()
        [[0.5, -0.5], [1.0, -1.0]]
        """
        X = self.as_inputs(X)
        targets = self.as_targets(y, X)
        with np.errstate(over="ignore", invalid="ignore"):
            value = self._backpropagate(X, targets)
        finite_result(self._gradient_vector, "X")
        return value

    def _backpropagate(self, X, targets):
        outputs = self._forward(X, self._body)
        value, grad = self._cost.formula(outputs, targets)
        for layer in reversed(self._body[1:]):
            grad = layer._backward(grad)
        self._body[0]._backward(grad, need_input_gradient=False)  # nobody needs the gradient of X
        return value

    def predict(self, X):
        """Return labels (n_examples,); for several sigmoids 0/1 for each; for regression the outputs themselves.

        Of equal probabilities the first class is taken; a sigmoid of exactly ½ is a 0.
        """
        return self._decide(self.forward(X), 0.0 if self.loss.takes_logits else 0.5)

    def predict_proba(self, X):
        """Return the probability of each class, shape (n_examples, n_classes); a single sigmoid makes two columns.

        Raises
        ------
        ValueError
            When the outputs are no probabilities, because the network is for regression.
        """
        if self.output == "identity":
            raise ValueError("this network's outputs are numbers, not probabilities: use predict(X)")
        p = self.forward(X)
        if self.loss.takes_logits:
            p = ACTIVATIONS[self.output](p)
        return np.concatenate([1 - p, p], axis=-1) if self._one_sigmoid() else p

    def evaluate(self, X, y):
        """Return the loss on ``X`` and ``y`` and the share of right answers, which is None for regression."""
        X = self.as_inputs(X)
        targets = self.as_targets(y, X)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._evaluate(X, targets)

    def _evaluate(self, X, targets):
        outputs = self._forward(X, self._body)
        value, _ = self._cost.formula(outputs, targets)
        if self.output == "identity":
            return value, None
        right = self._decide(outputs, 0.0 if self._cost.takes_logits else 0.5) == self._decide(targets, 0.5)
        return value, right.reshape(*outputs.shape[:-2], -1).mean(axis=-1)

    def _decide(self, outputs, threshold):
        if self.output == "softmax":
            return outputs.argmax(axis=-1)
        if self.output == "sigmoid":
            outputs = (outputs > threshold).astype(np.int64)
        return outputs[..., 0] if self._one_sigmoid() else outputs

    def _one_sigmoid(self):
        return self.output == "sigmoid" and self._dense[-1].n_outputs == 1

    @classmethod
    def mlp(
        cls,
        sizes,
        *,
        activation="tanh",
        initializer="glorot_uniform",
        output="softmax",
        loss=None,
        rng,
        replicas=None,
        dtype=np.float64,
    ):
        """Return a multilayer perceptron: dense layers with an activation after each.

        Parameters
        ----------
        sizes : list of int
            Inputs, hidden layers, outputs: ``[2, 4, 2]`` has one hidden layer of four units.
        activation, output : str, ActivationFunction or pair
            After the hidden layers and after the last one; "identity" for regression.
        initializer : str or callable
            See ``mlkit.initializers``.
        loss : str or Loss or None
            As for ``Network``.
        rng : numpy.random.Generator
        replicas : int or None
            Draw that many networks, exactly those that as many calls in a row would draw.
        dtype : numpy.dtype
            float64 or float32.

        Examples
        --------
        >>> network = Network.mlp([2, 4, 2], replicas=100, rng=np.random.default_rng(0))
        >>> network.predict_proba(np.zeros((5, 2))).shape
        (100, 5, 2)
        """
        sizes = as_sizes(sizes, replicas)
        if replicas is not None:
            draw = partial(cls.mlp, sizes, activation=activation, initializer=initializer, output=output)
            return cls.stack([draw(loss=loss, rng=rng, dtype=dtype) for _ in range(replicas)])
        layers = []
        for n_inputs, n_outputs in pairwise(sizes):
            layers += [Dense(n_inputs, n_outputs, initializer, rng=rng, dtype=dtype), Activation(activation)]
        layers[-1] = Activation(output)
        return cls(layers, loss)

    @classmethod
    def stack(cls, networks):
        """Return copies of networks of one shape side by side, as the replicas of one network."""
        networks = list(networks)
        first = networks[0] if networks else None
        if not all(isinstance(n, Network) and not n.replicas and n.is_like(first) for n in networks or [None]):
            raise ValueError("networks must be networks with the same layers and loss, at least one, without replicas")
        columns = zip(*(network.layers for network in networks), strict=True)
        return cls([layer.stack(same) for layer, *same in columns], first.loss)

    def replica(self, i):
        """Return replica ``i`` as an ordinary network, with copies of its parameters."""
        if self.replicas is None:
            raise ValueError("this network has no replicas: make one with Network.mlp(..., replicas=100)")
        if as_count(i, "i", at_least=0) >= self.replicas:
            raise ValueError(f"i must be below the number of replicas, {self.replicas}, got {i}")
        return type(self)([layer.replica(i) for layer in self.layers], self.loss)

    def copy(self):
        """Return a network with the same layers and copies of the parameters."""
        return type(self)([layer.copy() for layer in self.layers], self.loss)

    __copy__ = copy

    @property
    def replicas(self):
        return None if self._parameter_vector.ndim == 1 else len(self._parameter_vector)

    @property
    def parameters(self):
        return tuple(array for layer in self._dense for array in layer.parameters)

    @property
    def gradients(self):
        return tuple(array for layer in self._dense for array in layer.gradients)

    @property
    def _dense(self):
        return dense_of(self.layers)

    def as_inputs(self, X, name="X"):
        """Return ``X`` in the type of the parameters, or raise a ``ValueError`` when it does not fit the network."""
        X = as_floats(X, name)
        self._dense[0].check_shape(X.shape, name)
        return as_dtype(X, self.parameter_vector.dtype, name)

    def as_targets(self, y, X, name="y"):
        """Return ``y`` as targets for the outputs of ``X``; integer labels become one-hot, once."""
        shape = (*self.parameter_vector.shape[:-1], X.shape[-2], self._dense[-1].n_outputs)
        targets = as_targets(y, shape, self.parameter_vector.dtype, name)
        self.loss.check_targets(targets, name)
        return targets

    def save(self, path):
        """Write the network to the file ``path``, usually ``*.npz``: see ``mlkit.saving``."""
        save_network(self, path)

    @classmethod
    def load(cls, path):
        """Return the network that ``save`` wrote; a damaged or foreign file raises a ``ValueError``."""
        return read_saved(path, cls)

    def load_weights(self, path):
        """Take over the parameters of the network saved in ``path``, which must have the same layers.

        Raises ``ValueError`` as ``load`` does, and when the shapes differ; this network is then as it was.
        """
        saved = Network.load(path)
        if not self.is_like(saved):
            raise ValueError(f"{path} must hold a network like {self!r}, got {saved!r}")
        self.parameter_vector[...] = saved.parameter_vector

    def is_like(self, other):
        """Tell whether ``other`` has the same layers and loss, so that the parameters of one suit the other."""
        return isinstance(other, Network) and self._kind() == other._kind()

    def _kind(self):
        shapes = [(array.shape, array.dtype) for array in self.parameters]
        return shapes, [(type(layer), getattr(layer, "function", None)) for layer in self.layers], self.loss.name

    def __repr__(self):
        return f"Network({list(self.layers)}, {self.loss!r}, replicas={self.replicas})"

    def __setstate__(self, state):  # after a deep copy or unpickling: views have become copies
        vars(self).update(state)
        self._parameter_vector, self._gradient_vector = gather(self.layers)

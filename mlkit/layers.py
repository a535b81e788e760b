"""A layer is two functions: forward, what it does to its inputs; backward, what that means for the gradient.

``backward`` is given ∂L/∂(outputs), keeps the gradients of the layer's own parameters and returns
∂L/∂(inputs), which is ∂L/∂(outputs) of the layer before. A layer knows nothing else of the network.

Rows are examples: ``inputs`` (n_examples, n_inputs). Leading axes are replicas, networks of one shape side
by side: ``weights`` (replicas, n_inputs, n_outputs) and ``biases`` (replicas, 1, n_outputs), where the 1
stands in the place of the examples, so that a bias is added to every example of its own replica.
"""

import copy

import numpy as np

from mlkit.activations import get_activation
from mlkit.attributes import copied_into
from mlkit.initializers import get_initializer
from mlkit.sums import sum_over_examples
from mlkit.validation import as_count, as_dtype, as_floats, as_generator, check_size, finite_result, float_type


class Layer:
    """What all layers share: the checks at the door. The mathematics is in ``_forward`` and ``_backward``.

    A name that begins with an underscore is the same without the checks: what training calls at every step.

    After a pass the layer keeps, for ``backward`` and for the pictures, what went through it.

    Attributes
    ----------
    inputs, outputs : ndarray
        Of the last forward pass.
    grad : ndarray
        ∂L/∂(outputs) of the last backward pass.
    parameters, gradients : tuple of ndarray
        Empty unless the layer learns.
    """

    inputs = outputs = grad = None
    parameters, gradients = property(lambda layer: ()), property(lambda layer: ())
    in_network = False

    def forward(self, inputs):
        """Return the outputs for ``inputs`` of shape (n_examples, n_inputs), or with a replica axis before.

        Raises
        ------
        ValueError
            When the shape does not fit, a value is not finite, or the result is too large for a float.
        """
        inputs = as_floats(inputs, "inputs")
        self.check_shape(inputs.shape, "inputs")
        with np.errstate(over="ignore", invalid="ignore"):
            return finite_result(self._forward(inputs), "inputs")

    def backward(self, grad, *, need_input_gradient=True):
        """Keep the gradients of the parameters and return ∂L/∂(inputs).

        Parameters
        ----------
        grad : array_like, the shape of the outputs
            ∂L/∂(outputs).
        need_input_gradient : bool
            False saves the work where no layer stands before this one; the result may then be None.

        Raises
        ------
        ValueError
            When ``forward`` was not called before, or ``grad`` has not the shape of its outputs.
        """
        if self.outputs is None:
            raise ValueError("backward needs what forward keeps: call forward(inputs) first")
        grad = as_floats(grad, "grad", shape=self.outputs.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            return finite_result(self._backward(grad, need_input_gradient), "grad")

    def check_shape(self, shape, name):
        """Raise a ``ValueError`` unless arrays of ``shape`` may enter this layer."""
        if len(shape) < 2 or 0 in shape:
            raise ValueError(f"{name} must have shape (n_examples, n_inputs), none of them 0, got {shape}")

    def _forward(self, inputs):
        """Return the outputs of checked inputs, and keep both."""
        raise NotImplementedError

    def _backward(self, grad, need_input_gradient=True):
        """Return ∂L/∂(inputs) of a checked ∂L/∂(outputs), and keep the gradients of the parameters."""
        raise NotImplementedError

    def copy(self):
        """Return a layer like this one, in no network yet, with parameters of its own."""
        layer = copy.copy(self)
        layer.inputs = layer.outputs = layer.grad = None
        layer.in_network = False
        return layer

    def replica(self, i):
        """Return replica ``i`` as a layer of its own."""
        return self.copy()

    def stack(self, others):
        """Return copies of this layer and ``others`` as the replicas of one layer."""
        return self.copy()


class Dense(Layer):
    """Every output is a weighted sum of all inputs: Z = X W + b.

    Backward, with G = ∂L/∂Z:  ∂L/∂W = Xᵀ G,  ∂L/∂b = 1ᵀ G = Σ_examples G,  ∂L/∂X = G Wᵀ.
    The sums over the examples have no 1/n: the loss has divided by it already.

    Parameters
    ----------
    n_inputs, n_outputs : int
    initializer : str or callable
        How the weights begin: see ``mlkit.initializers``. The biases begin at zero.
    rng : numpy.random.Generator
    dtype : numpy.dtype
        float64 or float32.

    Attributes
    ----------
    weights, biases : ndarray, shapes (n_inputs, n_outputs) and (n_outputs,)
        Assigning copies into the array in place, so that a network made of this layer sees it.
    weights_gradient, biases_gradient : ndarray
        ∂L/∂W and ∂L/∂b of the last backward pass; zero before.
    n_inputs, n_outputs : int

    Notes
    -----
    Source: Rumelhart, Hinton and Williams, 1986, Learning representations by back-propagating errors.
    Elsewhere: PyTorch's ``Linear`` keeps Wᵀ, shape (n_outputs, n_inputs), and draws the biases as well.

    Examples
    --------
    >>> layer = Dense(2, 1, rng=np.random.default_rng(0))
    >>> layer.weights = [[1.0], [2.0]]
    >>> layer.forward([[3.0, 4.0]])
    array([[11.]])
    >>> layer.backward([[1.0]])
    array([[1., 2.]])
    >>> layer.weights_gradient.tolist(), layer.biases_gradient.tolist()
    ([[3.0], [4.0]], [1.0])
    """

    def __init__(self, n_inputs, n_outputs, initializer="glorot_uniform", *, rng, dtype=np.float64):
        shape = as_count(n_inputs, "n_inputs"), as_count(n_outputs, "n_outputs")
        draw = get_initializer(initializer)
        check_size(shape[0] * shape[1], "n_inputs and n_outputs")
        weights = as_floats(draw(*shape, as_generator(rng)), "the initializer's result", shape=shape)
        weights = weights.astype(float_type(dtype))
        biases = np.zeros(n_outputs, weights.dtype)
        self.use([weights, biases], [np.zeros_like(weights), np.zeros_like(biases)])

    @classmethod
    def from_arrays(cls, weights, biases):
        """Return a layer with copies of these weights and biases; a leading axis is that of replicas."""
        weights = as_floats(weights, "weights")
        if weights.ndim not in (2, 3) or 0 in weights.shape:
            raise ValueError(
                f"weights must have shape (n_inputs, n_outputs), with replicas before, got {weights.shape}"
            )
        *replicas, _, n_outputs = weights.shape
        biases = as_floats(biases, "biases", shape=(*replicas, 1, n_outputs) if replicas else (n_outputs,))
        weights, biases = weights.astype(float_type(weights.dtype)), as_dtype(biases.copy(), weights.dtype, "biases")
        layer = cls.__new__(cls)
        layer.use([weights, biases], [np.zeros_like(weights), np.zeros_like(biases)])
        return layer

    def use(self, parameters, gradients):
        """Work from now on with these arrays: a network puts the parameters of all layers in one place."""
        self._weights, self._biases = parameters
        self._weights_gradient, self._biases_gradient = gradients

    parameters = property(lambda self: (self._weights, self._biases))
    gradients = property(lambda self: (self._weights_gradient, self._biases_gradient))
    n_inputs = property(lambda self: self._weights.shape[-2])
    n_outputs = property(lambda self: self._weights.shape[-1])

    def _forward(self, inputs):
        self.inputs = inputs
        self.outputs = z = inputs @ self._weights
        z += self._biases
        return z

    def _backward(self, grad, need_input_gradient=True):
        self.grad = grad
        np.matmul(self.inputs.mT, grad, out=self._weights_gradient)
        self._biases_gradient[...] = sum_over_examples(grad)
        return grad @ self._weights.mT if need_input_gradient else None

    def check_shape(self, shape, name):
        super().check_shape(shape, name)
        replicas = self._weights.shape[:-2]
        if shape[-1] != self.n_inputs or shape[:-2] not in ((), replicas):
            wanted = str((*replicas[: len(shape) - 2], "n_examples", self.n_inputs)).replace("'", "")
            raise ValueError(f"{name} must have shape {wanted}, got {shape}")

    def copy(self):
        return Dense.from_arrays(self._weights, self._biases)

    def replica(self, i):
        return Dense.from_arrays(self._weights[i], self._biases[i, 0])

    def stack(self, others):
        layers = [self, *others]
        biases = np.stack([layer.biases for layer in layers])[:, np.newaxis]  # (replicas, 1, n_outputs)
        return Dense.from_arrays(np.stack([layer.weights for layer in layers]), biases)

    def __repr__(self):
        return f"Dense({self.n_inputs}, {self.n_outputs})"

    @property
    def z(self):
        """The weighted sums Z = X W + b of the last forward pass."""
        return self.outputs

    weights, biases = copied_into("weights"), copied_into("biases")
    weights_gradient, biases_gradient = copied_into("weights_gradient"), copied_into("biases_gradient")


class Activation(Layer):
    """One function applied to every number: A = f(Z), and backward ∂L/∂Z = ∂L/∂A ⊙ f′(Z).

    Softmax ties the numbers of a row together; its backward does what its Jacobian asks for.

    Parameters
    ----------
    function : str, ActivationFunction, callable or pair
        A name, an entry of ``ACTIVATIONS``, or any ``(f, f_derivative)``: see ``get_activation``.

    Examples
    --------
    >>> layer = Activation("relu")
    >>> layer.forward([[-2.0, 3.0]])
    array([[0., 3.]])
    >>> layer.backward([[5.0, 5.0]])
    array([[0., 5.]])
    """

    def __init__(self, function):
        self._function = get_activation(function)
        self._parameter = () if self.function.value is None else (self.function.value,)  # such as leaky ReLU's α

    @property
    def function(self):
        """The ``ActivationFunction``; settled when the layer is made."""
        return self._function

    def _forward(self, inputs):
        self.inputs = inputs
        self.outputs = a = self._function.function(inputs, *self._parameter)
        return a

    def _backward(self, grad, need_input_gradient=True):
        self.grad = grad
        z, a, derivative = self.inputs, self.outputs, self._function.slope
        if derivative is None:  # softmax: no derivative number by number
            return self.function.backward(z, a, grad)
        return grad * derivative(z, a, *self._parameter)

    def __repr__(self):
        return f"Activation({self.function.name!r})"

    @property
    def z(self):
        """What came in at the last forward pass."""
        return self.inputs

    @property
    def a(self):
        """What went out: A = f(Z)."""
        return self.outputs

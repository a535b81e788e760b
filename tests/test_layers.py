"""Backward is the gradient of forward, for one network and for replicas, and a wrong one is found out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlkit.activations import ACTIVATIONS
from mlkit.gradient_check import GradientMismatch, check_gradient
from mlkit.layers import Activation, Dense, Layer

quick = settings(max_examples=80, deadline=None, derandomize=True)


def dense(n_inputs=3, n_outputs=4, replicas=None, seed=0, dtype=np.float64):
    """A layer whose biases are not zero, so that they can be seen to work."""
    rng = np.random.default_rng(seed)
    layer = Dense(n_inputs, n_outputs, "he_normal", rng=rng, dtype=dtype)
    if replicas:
        layer = layer.stack(
            [Dense(n_inputs, n_outputs, "he_normal", rng=rng, dtype=dtype) for _ in range(replicas - 1)]
        )
    layer.biases = rng.normal(size=layer.biases.shape)
    return layer


# Forward and backward, by hand and by nudging


def test_forward_and_backward_by_hand():
    layer = Dense.from_arrays([[1.0, 2.0], [3.0, 4.0]], [0.5, -0.5])
    np.testing.assert_array_equal(layer.forward([[1.0, 1.0], [2.0, 0.0]]), [[4.5, 5.5], [2.5, 3.5]])
    np.testing.assert_array_equal(layer.backward([[1.0, 0.0], [0.0, 10.0]]), [[1.0, 3.0], [20.0, 40.0]])
    np.testing.assert_array_equal(layer.weights_gradient, [[1.0, 20.0], [1.0, 0.0]])
    np.testing.assert_array_equal(layer.biases_gradient, [1.0, 10.0])


def assert_backward_is_the_gradient(layer, inputs):
    """The tester: the layer's gradients against central differences of a weighted sum of its outputs."""
    outputs = layer.forward(inputs)
    grad = np.random.default_rng(1).normal(size=outputs.shape)
    input_gradient = layer.backward(grad)
    claimed = [array.copy() for array in layer.gradients]

    def after(change):
        change()
        return (grad * layer.forward(inputs)).sum()

    if input_gradient.shape == np.shape(inputs):  # replicas that share their inputs have one gradient each
        check_gradient(lambda x: (grad * layer.forward(x)).sum(), input_gradient, inputs)
    if layer.parameters:
        weights, biases = layer.weights.copy(), layer.biases.copy()
        check_gradient(lambda w: after(lambda: setattr(layer, "weights", w)), claimed[0], weights)
        layer.weights = weights
        check_gradient(lambda b: after(lambda: setattr(layer, "biases", b)), claimed[1], biases)
        layer.biases = biases


@pytest.mark.parametrize("n_examples", [1, 5])
@pytest.mark.parametrize("sizes", [(3, 4), (1, 2), (2, 1), (1, 1)])
@pytest.mark.parametrize("replicas", [None, 3])
def test_dense_backward_is_the_gradient_of_forward(n_examples, sizes, replicas):
    shape = (n_examples, sizes[0])
    layer = dense(*sizes, replicas=replicas)
    assert_backward_is_the_gradient(layer, np.random.default_rng(2).normal(size=shape))
    assert_backward_is_the_gradient(
        layer, np.random.default_rng(2).normal(size=(*([replicas] if replicas else []), *shape))
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3)])
def test_activation_backward_is_the_gradient_of_forward(name, shape):
    assert_backward_is_the_gradient(Activation(name), np.random.default_rng(3).normal(size=shape))


class WithoutTranspose(Dense):
    def _backward(self, grad, need_input_gradient=True):
        super()._backward(grad)
        return grad @ self._weights


class LostSum(Dense):
    def _backward(self, grad, need_input_gradient=True):
        result = super()._backward(grad)
        self.biases_gradient[...] = grad[..., :1, :] if self.biases.ndim > 1 else grad[0]
        return result


class DividesAgain(Dense):
    def _backward(self, grad, need_input_gradient=True):
        result = super()._backward(grad)
        self.weights_gradient /= grad.shape[-2]
        return result


class TransposedGradient(Dense):
    def _backward(self, grad, need_input_gradient=True):
        result = super()._backward(grad)
        self.weights_gradient[...] = self.weights_gradient.mT.copy()
        return result


@pytest.mark.parametrize("mistake", [WithoutTranspose, LostSum, DividesAgain, TransposedGradient])
def test_the_tester_finds_planted_mistakes_in_dense(mistake):
    good = dense(3, 3)
    broken = mistake.from_arrays(good.weights, good.biases)
    inputs = np.random.default_rng(2).normal(size=(5, 3))
    assert_backward_is_the_gradient(good, inputs)
    with pytest.raises(GradientMismatch):
        assert_backward_is_the_gradient(broken, inputs)


@pytest.mark.parametrize(
    "derivative",
    [
        lambda z, a: (a >= 0).astype(float),  # true everywhere: outputs of ReLU are never negative
        lambda z, a: a,
        lambda z, a: np.ones_like(a),
    ],
)
def test_the_tester_finds_a_wrong_derivative_of_relu(derivative):
    inputs = np.random.default_rng(2).normal(size=(5, 3))
    right = (lambda z: np.maximum(z, 0), lambda z, a: (a > 0).astype(float))
    assert_backward_is_the_gradient(Activation(right), inputs)
    with pytest.raises(GradientMismatch):
        assert_backward_is_the_gradient(Activation((right[0], derivative)), inputs)


# Replicas


def test_each_replica_is_the_layer_it_would_be_alone():
    layer, rng = dense(replicas=3), np.random.default_rng(4)
    inputs, grad = rng.normal(size=(5, 3)), rng.normal(size=(3, 5, 4))
    assert layer.weights.shape == (3, 3, 4)
    assert layer.biases.shape == layer.biases_gradient.shape == (3, 1, 4)
    outputs, input_gradient = layer.forward(inputs), layer.backward(grad)
    for i in range(3):
        alone = layer.replica(i)
        np.testing.assert_allclose(alone.forward(inputs), outputs[i], rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(alone.backward(grad[i]), input_gradient[i], rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(alone.weights_gradient, layer.weights_gradient[i], rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(alone.biases_gradient, layer.biases_gradient[i, 0], rtol=1e-13, atol=1e-15)


def test_a_replica_is_a_copy():
    layer = dense(replicas=2)
    alone = layer.replica(0)
    alone.weights = np.zeros((3, 4))
    assert not (layer.weights[0] == 0).any()


def test_replicas_may_have_inputs_of_their_own():
    layer, inputs = dense(replicas=2), np.random.default_rng(4).normal(size=(2, 5, 3))
    outputs = layer.forward(inputs)
    np.testing.assert_allclose(layer.replica(1).forward(inputs[1]), outputs[1], rtol=1e-13, atol=1e-15)


# What a layer is made of, and what it keeps


def test_the_initializer_is_asked_for_weights_of_fan_in_by_fan_out_and_biases_begin_at_zero():
    asked = []

    def initializer(fan_in, fan_out, rng):
        asked.append((fan_in, fan_out, rng))
        return np.full((fan_in, fan_out), 7.0)

    rng = np.random.default_rng(0)
    layer = Dense(2, 3, initializer, rng=rng)
    assert asked == [(2, 3, rng)]
    np.testing.assert_array_equal(layer.weights, np.full((2, 3), 7.0))
    np.testing.assert_array_equal(layer.biases, np.zeros(3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_of_the_layer_is_the_type_of_all_its_numbers(dtype):
    layer, f = dense(dtype=dtype), Activation("relu")
    outputs = f.forward(layer.forward(np.ones((2, 3), dtype)))
    gradient = layer.backward(f.backward(np.ones((2, 4), dtype)))
    arrays = [layer.weights, layer.biases, outputs, gradient, layer.weights_gradient, layer.biases_gradient]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_layers_keep_what_passed_through_them():
    layer, f = dense(), Activation("tanh")
    inputs, grad = np.ones((2, 3)), np.full((2, 4), 0.5)
    z = layer.forward(inputs)
    a = f.forward(z)
    dz = f.backward(grad)
    layer.backward(dz)
    np.testing.assert_array_equal(layer.inputs, inputs)
    np.testing.assert_array_equal(layer.z, z)
    np.testing.assert_array_equal(f.z, z)
    np.testing.assert_array_equal(f.a, a)
    np.testing.assert_array_equal(f.grad, grad)
    np.testing.assert_array_equal(layer.grad, dz)


def test_results_of_an_earlier_pass_are_not_overwritten():
    layer = dense()
    first = layer.forward(np.ones((2, 3)))
    kept = first.copy()
    layer.forward(np.zeros((2, 3)))
    np.testing.assert_array_equal(first, kept)


def test_the_gradient_of_the_inputs_can_be_left_out_and_the_others_are_the_same():
    layer, inputs, grad = dense(), np.ones((2, 3)), np.full((2, 4), 0.5)
    layer.forward(inputs)
    assert layer.backward(grad).shape == (2, 3)
    both = layer.weights_gradient.copy(), layer.biases_gradient.copy()
    layer.weights_gradient[...] = 0
    assert layer.backward(grad, need_input_gradient=False) is None
    np.testing.assert_array_equal(layer.weights_gradient, both[0])
    np.testing.assert_array_equal(layer.biases_gradient, both[1])


def test_assigning_weights_writes_into_the_same_array():
    layer = dense(2, 2)
    weights, biases = layer.weights, layer.biases
    layer.weights = [[1, 2], [3, 4]]
    layer.biases = [5, 6]
    np.testing.assert_array_equal(weights, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(biases, [5, 6])


def test_gradients_are_replaced_and_not_added_up():
    layer = dense()
    layer.forward(np.ones((2, 3)))
    layer.backward(np.ones((2, 4)))
    once = layer.weights_gradient.copy()
    layer.backward(np.ones((2, 4)))
    np.testing.assert_array_equal(layer.weights_gradient, once)


def test_an_activation_is_named_given_or_made_of_a_function_and_its_derivative():
    z, grad = np.random.default_rng(0).normal(size=(2, 3)), np.ones((2, 3))
    kinds = ["tanh", ACTIVATIONS["tanh"], np.tanh, (np.tanh, lambda z, a: 1 - a * a)]
    layers = [Activation(kind) for kind in kinds if kind is not np.tanh]
    for layer in layers:
        np.testing.assert_array_equal(layer.forward(z), np.tanh(z))
        np.testing.assert_allclose(layer.backward(grad), 1 - np.tanh(z) ** 2, rtol=1e-15)
    with pytest.raises(ValueError, match="activation must be"):
        Activation(np.tanh)  # a function without its derivative


def test_a_copy_has_parameters_of_its_own_and_remembers_nothing():
    layer = dense()
    layer.forward(np.ones((2, 3)))
    other = layer.copy()
    np.testing.assert_array_equal(other.weights, layer.weights)
    other.weights = np.zeros((3, 4))
    assert layer.weights.any()
    assert other.outputs is None
    f = Activation("tanh")
    f.forward(np.ones((1, 1)))
    assert f.copy().outputs is None
    assert f.copy().function is f.function


# The doors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dense().forward([1.0, 2.0, 3.0]), r"inputs must have shape \(n_examples, n_inputs\)"),
        (lambda: dense().forward(np.ones((2, 4))), r"inputs must have shape \(n_examples, 3\), got \(2, 4\)"),
        (lambda: dense().forward(np.ones((0, 3))), "inputs must have shape"),
        (lambda: dense().forward(np.ones((2, 5, 3))), r"inputs must have shape \(n_examples, 3\), got \(2, 5, 3\)"),
        (lambda: dense(replicas=2).forward(np.ones((3, 5, 3))), r"inputs must have shape \(2, n_examples, 3\)"),
        (lambda: dense().forward([[1.0, np.nan, 0.0]]), "inputs must be finite"),
        (lambda: Dense.from_arrays([[10.0]], [0.0]).forward([[1e308]]), "inputs and the weights hold values so large"),
        (lambda: Activation("relu").forward(3.0), "inputs must have shape"),
        (lambda: dense().backward(np.ones((2, 4))), "backward needs what forward keeps"),
        (lambda: Activation("relu").backward(np.ones((2, 4))), "backward needs what forward keeps"),
        (lambda: Dense(0, 1, rng=np.random.default_rng(0)), "n_inputs must be a whole number"),
        (lambda: Dense(1, 2.0, rng=np.random.default_rng(0)), "n_outputs must be a whole number"),
        (lambda: Dense(1, 2, rng=0), "rng must be a numpy.random.Generator"),
        (lambda: Dense(1, 2, "best", rng=np.random.default_rng(0)), "initializer must be one of"),
        (lambda: Dense(1, 2, rng=np.random.default_rng(0), dtype=int), "dtype must be float32 or float64"),
        (lambda: Dense(1, 2, rng=np.random.default_rng(0), dtype=None), "dtype must be float32 or float64"),
        (
            lambda: Dense(2, 3, lambda i, o, rng: np.ones((o, i)), rng=np.random.default_rng(0)),
            r"the initializer's result must have shape \(2, 3\), got \(3, 2\)",
        ),
        (lambda: Dense.from_arrays(np.ones(3), np.ones(3)), "weights must have shape"),
        (lambda: Dense.from_arrays(np.ones((2, 3)), np.ones(2)), r"biases must have shape \(3,\), got \(2,\)"),
        (lambda: Dense.from_arrays(np.ones((5, 2, 3)), np.ones((5, 3))), r"biases must have shape \(5, 1, 3\)"),
        (lambda: Dense.from_arrays(np.ones((2, 3), np.float16), np.ones(3)), "dtype must be float32 or float64"),
        (lambda: setattr(dense(), "weights", np.ones((4, 3))), r"weights must have shape \(3, 4\), got \(4, 3\)"),
        (lambda: setattr(dense(), "biases", 1.0), r"biases must have shape \(4,\), got \(\)"),
        (lambda: setattr(dense(), "weights", np.full((3, 4), np.nan)), "weights must be finite"),
        (lambda: Layer().forward([[1.0]]), NotImplementedError),
        (lambda: Activation("cosine"), "activation must be one of"),
    ],
)
def test_what_cannot_be_used_is_named(call, message):
    if message is NotImplementedError:
        pytest.raises(message, call)
        return
    with pytest.raises(ValueError, match=message):
        call()


def test_a_gradient_of_another_shape_is_refused():
    layer = dense()
    layer.forward(np.ones((2, 3)))
    for wrong in (np.ones(4), np.ones((1, 4)), np.ones((2, 1)), 1.0):
        with pytest.raises(ValueError, match=r"grad must have shape \(2, 4\)"):
            layer.backward(wrong)


arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    elements=st.floats(width=32),
)


@quick
@given(st.sampled_from(["dense", "replicas", *ACTIVATIONS]), arrays, arrays)
def test_any_arrays_give_finite_results_or_an_error_that_names_one(kind, inputs, grad):
    layer = (
        dense(2, 3, replicas=2 if kind == "replicas" else None) if kind in ("dense", "replicas") else Activation(kind)
    )
    try:
        outputs = layer.forward(inputs)
        grad = grad if grad.shape == outputs.shape or kind == "dense" else np.ones(outputs.shape)
        result = layer.backward(grad)
    except ValueError as error:
        assert str(error).startswith(("inputs", "grad"))  # noqa: PT017
        return
    assert result.shape[-2:] == inputs.shape[-2:]
    assert np.isfinite(outputs).all()
    assert np.isfinite(result).all()

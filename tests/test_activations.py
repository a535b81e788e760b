"""Every activation is right at the extremes, keeps shape and type, and has the derivative it claims."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlkit import activations
from mlkit.activations import ACTIVATIONS, ActivationFunction, get_activation, softmax, softmax_backward
from mlkit.gradient_check import GradientMismatch, check_gradient, complex_step, relative_error

SOFTMAX = ACTIVATIONS["softmax"]
# Each function with its default parameter, and with two others where it has one.
OTHERS = {"leaky_relu": [0.0, 1.0], "elu": [0.0, 2.5], "swish": [0.0, 3.0], "softmax": [0.3, 4.0]}
ALL = [
    pytest.param(f, id=f.name + (f"-{f.value:g}" if f.parameter else ""))
    for entry in ACTIVATIONS.values()
    for f in [entry, *(entry.with_parameter(v) for v in OTHERS.get(entry.name, []))]
]
ELEMENTWISE = [case for case in ALL if case.values[0].name != "softmax"]
POINTS = np.array([-30.0, -6.1, -2.0, -0.7, -1e-3, 1e-3, 0.4, 1.0, 3.3, 25.0])  # off the kinks
finite_arrays = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=0, max_dims=4, max_side=4), elements=st.floats(-1e100, 1e100)
)
quick = settings(max_examples=60, deadline=None, derandomize=True)


def assert_backward_is_the_gradient(f, z):
    """The tester: ``f.backward`` against central differences of a weighted sum of the outputs."""
    weights = np.random.default_rng(0).normal(size=z.shape)
    gradient = f.backward(z, f(z), weights)
    return check_gradient(lambda z: (weights * f(z)).sum(), gradient, z)


# The derivative


@pytest.mark.parametrize("f", ALL)
def test_backward_is_the_gradient_of_a_weighted_sum(f):
    z = np.array([[-2.0, 0.5, 1.5], [0.1, -0.3, 4.0]])
    assert assert_backward_is_the_gradient(f, z).checked == 6


@pytest.mark.parametrize("f", ELEMENTWISE)
def test_derivative_agrees_with_the_complex_step(f):
    derivative = f.derivative(POINTS, f(POINTS))
    # An absolute 1e-15 besides: 1 - a² has no more to give where a is 1 up to round-off.
    np.testing.assert_allclose(derivative, complex_step(lambda z: f(z).sum(), POINTS), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("f", ELEMENTWISE)
def test_the_complex_step_works_at_the_extremes_too(f):
    z = np.array([-1000.0, 1000.0])
    np.testing.assert_array_equal(complex_step(lambda z: f(z).sum(), z), f.derivative(z, f(z)))


def test_softmax_backward_agrees_with_its_jacobian():
    z, grad, temperature = np.array([0.2, -1.0, 2.0]), np.array([1.0, -2.0, 0.5]), 0.7
    a = softmax(z, temperature)
    jacobian = (np.diag(a) - np.outer(a, a)) / temperature
    np.testing.assert_allclose(softmax_backward(a, grad, temperature), jacobian.T @ grad, rtol=1e-14)


def replaced(name, slope):
    return get_activation((ACTIVATIONS[name].function, slope))


WRONG = {
    "relu: >= on the output": replaced("relu", lambda z, a: (a >= 0) * 1.0),
    "leaky relu: the share lost": replaced("leaky_relu", lambda z, a: (z > 0) * 1.0),
    "leaky relu: sides swapped": replaced("leaky_relu", lambda z, a: np.where(z > 0, 0.01, 1.0)),
    "sigmoid: from z, not from a": replaced("sigmoid", lambda z, a: z * (1 - z)),
    "sigmoid: a factor lost": replaced("sigmoid", lambda z, a: 1 - a),
    "tanh: not squared": replaced("tanh", lambda z, a: 1 - a),
    "tanh: from z, not from a": replaced("tanh", lambda z, a: 1 - z * z),
    "elu: α lost": replaced("elu", lambda z, a: np.where(z > 0, 1, a)),
    "softplus: the sigmoid of a": replaced("softplus", lambda z, a: activations.sigmoid(a)),
    "swish: the product rule forgotten": replaced("swish", lambda z, a: activations.sigmoid(z)),
}


@pytest.mark.parametrize("f", WRONG.values(), ids=WRONG.keys())
def test_the_tester_catches_a_wrong_derivative(f):
    z = np.array([[-2.0, 0.5, 1.5], [0.1, -0.3, 4.0]])
    with pytest.raises(GradientMismatch, match="analytic .* numeric"):
        assert_backward_is_the_gradient(f, z)


@pytest.mark.parametrize(
    "backward",
    [
        lambda a, grad: grad * a * (1 - a),  # the diagonal only
        lambda a, grad: a * (grad - (grad * a).sum()),  # summed over all rows
        lambda a, grad: softmax_backward(a, grad) / 2.0,  # the temperature taken twice
    ],
    ids=["diagonal only", "sum over all rows", "temperature twice"],
)
def test_the_tester_catches_a_wrong_softmax(backward):
    z = np.array([[-2.0, 0.5, 1.5], [0.1, -0.3, 4.0]])
    weights = np.random.default_rng(0).normal(size=z.shape)
    with pytest.raises(GradientMismatch):
        check_gradient(lambda z: (weights * softmax(z)).sum(), backward(softmax(z), weights), z)


# Values


EXACT = {  # z = -1000, 0, 1000: the value, then the derivative
    "identity": [(-1000, 0, 1000), (1, 1, 1)],
    "sigmoid": [(0, 0.5, 1), (0, 0.25, 0)],
    "tanh": [(-1, 0, 1), (0, 1, 0)],
    "relu": [(0, 0, 1000), (0, 0, 1)],
    "leaky_relu": [(-10, 0, 1000), (0.01, 0.01, 1)],
    "elu": [(-1, 0, 1000), (0, 1, 1)],
    "softplus": [(0, math.log(2), 1000), (0, 0.5, 1)],
    "swish": [(0, 0, 1000), (0, 0.5, 1)],
}


def test_every_elementwise_function_has_exact_values_to_meet():
    assert set(EXACT) == set(ACTIVATIONS) - {"softmax"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EXACT)
def test_values_and_derivatives_are_exact_at_the_extremes_and_at_zero(name, dtype):
    f, (values, slopes) = ACTIVATIONS[name], EXACT[name]
    z = np.array([-1000, 0, 1000], dtype=dtype)
    a = f(z)
    np.testing.assert_array_equal(a, np.array(values, dtype=dtype))
    np.testing.assert_array_equal(f.derivative(z, a), np.array(slopes, dtype=dtype))


def test_softmax_is_exact_at_the_extremes():
    np.testing.assert_array_equal(softmax([[1000.0, 0.0], [-1000.0, -1000.0]]), [[1, 0], [0.5, 0.5]])
    np.testing.assert_array_equal(softmax([1e308, -1e308]), [1, 0])
    np.testing.assert_array_equal(softmax([0.0, 1e-3], temperature=1e-100), [0, 1])


@pytest.mark.parametrize("f", ALL)
def test_the_largest_numbers_give_finite_values_without_warnings(f):
    z = np.array([[-1e300, -1e4, -0.0, 0.0, 1e4, 1e300]])
    a = f(z)
    assert np.isfinite(a).all()
    assert np.isfinite(f.backward(z, a, np.ones_like(z))).all()


def test_small_values_keep_their_digits():
    z = np.array([-700.0, -100.0, -40.0])
    tail = np.exp(z)
    np.testing.assert_allclose(activations.sigmoid(z), tail, rtol=1e-15)
    np.testing.assert_allclose(activations.softplus(z), tail, rtol=1e-15)
    np.testing.assert_allclose(activations.elu(np.array([-1e-12])), -1e-12 + 5e-25, rtol=1e-15)


def test_the_identities_between_the_functions_hold():
    z = np.linspace(-8, 8, 33)
    s, f = activations.sigmoid(z), activations
    np.testing.assert_allclose(f.tanh(z), 2 * f.sigmoid(2 * z) - 1, atol=1e-15)
    np.testing.assert_allclose(s + f.sigmoid(-z), 1, rtol=1e-15)
    np.testing.assert_allclose(f.softplus(z) - f.softplus(-z), z, rtol=1e-15, atol=1e-15)
    np.testing.assert_array_equal(f.leaky_relu(z, 0.0), f.relu(z))
    np.testing.assert_array_equal(f.leaky_relu(z, 1.0), f.identity(z))
    np.testing.assert_array_equal(f.elu(z, 0.0), f.relu(z))
    np.testing.assert_array_equal(f.swish(z, 0.0), z / 2)
    np.testing.assert_allclose(f.swish(z, 1e3), f.relu(z), atol=1e-3)
    np.testing.assert_allclose(softmax(np.stack([z, 0 * z], axis=-1))[:, 0], s, rtol=1e-14)


RANGES = {
    "identity": (-np.inf, np.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "relu": (0, np.inf),
    "leaky_relu": (-np.inf, np.inf),
    "elu": (-1, np.inf),
    "softplus": (0, np.inf),
    "swish": (-0.2785, np.inf),
    "softmax": (0, 1),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_fill_the_range_the_gallery_states(name):
    a = ACTIVATIONS[name](np.stack([z := np.linspace(-50, 50, 2001), -z], axis=-1))
    low, high = RANGES[name]
    assert low <= a.min() <= (low + 1e-3 if np.isfinite(low) else -0.49)
    assert a.max() == 50 if high == np.inf else high - 1e-3 <= a.max() <= high


# Shapes and types


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("shape", [(1,), (5,), (3, 2), (4, 3, 2), (0, 3)])
def test_the_shape_is_kept_and_replicas_do_not_mix(f, shape):
    z = np.random.default_rng(1).normal(size=shape)
    a, grad = f(z), np.random.default_rng(2).normal(size=shape)
    assert a.shape == f.backward(z, a, grad).shape == shape
    if len(shape) > 1 and shape[0]:
        np.testing.assert_array_equal(a[-1], f(z[-1]))
        np.testing.assert_array_equal(f.backward(z, a, grad)[-1], f.backward(z[-1], a[-1], grad[-1]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("f", ALL)
def test_the_type_is_kept(f, dtype):
    z = np.array([[-1.5, 0.0, 2.0]], dtype=dtype)
    a = f(z)
    assert a.dtype == dtype
    assert f.backward(z, a, np.ones_like(z)).dtype == dtype
    if f.name != "softmax":
        assert f.derivative(z, a).dtype == dtype
        assert f(dtype(0.3)).dtype == dtype


@pytest.mark.parametrize("f", ALL)
def test_float32_agrees_with_float64(f):
    z = np.linspace(-9, 9, 37)
    np.testing.assert_allclose(f(z.astype(np.float32)), f(z), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("f", ELEMENTWISE)
@pytest.mark.parametrize("z", [0.5, -2, True, np.array(0.25), [1, -2], [[0.5]]])
def test_numbers_and_lists_work_like_arrays(f, z):
    expected = f(np.atleast_1d(np.array(z, dtype=np.float64)))
    np.testing.assert_array_equal(np.ravel(f(z)), expected.ravel())


@pytest.mark.parametrize("f", ALL)
def test_the_argument_is_left_alone_and_the_result_is_new(f):
    z = np.array([[-1.0, 0.0, 2.0]])
    before = z.copy()
    a = f(z)
    grad = f.backward(z, a, np.ones_like(z))
    np.testing.assert_array_equal(z, before)
    assert not np.shares_memory(a, z)
    assert not np.shares_memory(grad, a)


@pytest.mark.parametrize("f", ALL)
def test_nan_is_not_swallowed(f):
    z = np.array([1.0, np.nan, -1.0])
    a = f(z)
    assert np.isnan(a[1])
    if f.name not in ("softmax", "identity"):  # the slope of z itself is 1 whatever z is
        np.testing.assert_array_equal(np.isnan(f.derivative(z, a)), [False, True, False])


@quick
@given(z=finite_arrays, f=st.sampled_from([case.values[0] for case in ALL]))
def test_any_finite_array_gives_a_finite_result_of_its_shape(z, f):
    if f.name == "softmax" and (z.ndim == 0 or z.shape[-1] == 0):
        return
    a = f(z)
    assert np.shape(a) == z.shape
    assert np.isfinite(a).all()
    assert np.isfinite(f.backward(z, a, np.ones(z.shape))).all()


@quick
@given(z=hnp.arrays(np.float64, (3, 4), elements=st.floats(-1e3, 1e3)), shift=st.floats(-1e3, 1e3))
def test_softmax_gives_probabilities_and_ignores_a_shift(z, shift):
    a = softmax(z)
    np.testing.assert_allclose(a.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(softmax(z + shift), a, rtol=1e-10, atol=1e-300)


# Doors


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("z", ["abc", None, [1.0, "a"], [[1.0], [1.0, 2.0]], {"z": 1}, np.array([object()])])
def test_what_is_no_number_is_named(f, z):
    with pytest.raises(ValueError, match=r"^z must"):
        f(z)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("wrong", [None, "a", [[1.0], [1.0, 2.0]]])
def test_derivatives_name_what_is_no_number(name, wrong):
    with pytest.raises(ValueError, match=r"^[za] must"):
        getattr(activations, f"{name}_derivative")(wrong, wrong)


@pytest.mark.parametrize("f", ALL)
def test_shapes_that_would_broadcast_are_refused(f):
    z = np.ones((3, 2))
    with pytest.raises(ValueError, match="grad must have the shape of a"):
        f.backward(z, f(z), np.ones((1, 2)))
    if f.name != "softmax":
        with pytest.raises(ValueError, match="a must have the shape of z"):
            f.derivative(z, np.ones(2))


@pytest.mark.parametrize("derivative", [activations.elu_derivative, activations.swish_derivative])
def test_derivatives_from_both_z_and_a_refuse_to_broadcast(derivative):
    with pytest.raises(ValueError, match="a must have the shape of z"):
        derivative(np.ones((3, 2)), np.ones(2))


@pytest.mark.parametrize("z", [1.0, np.zeros((2, 0))])
def test_softmax_needs_a_last_axis(z):
    with pytest.raises(ValueError, match="z must hold at least one logit"):
        softmax(z)


def test_softmax_has_no_derivative_element_by_element():
    with pytest.raises(ValueError, match="softmax has no derivative element by element"):
        SOFTMAX.derivative(np.ones(2), np.ones(2))


@pytest.mark.parametrize("entry", [f for f in ACTIVATIONS.values() if f.parameter], ids=lambda f: f.name)
def test_parameters_have_bounds_at_every_door(entry):
    p, z = entry.parameter, np.array([0.5, -1.0])
    for wrong in [-0.1, p.at_most * 1.1, np.nan, np.inf, "1", None, True, [0.5]]:
        with pytest.raises(ValueError, match=f"^{p.name} must be a number at least"):
            entry.with_parameter(wrong)
        with pytest.raises(ValueError, match=f"^{p.name} must be a number at least"):
            entry.function(z, wrong)
        if entry.slope:
            with pytest.raises(ValueError, match=f"^{p.name} must be a number at least"):
                entry.slope(z, z, wrong)
    assert entry.value == p.default
    np.testing.assert_array_equal(entry(z), entry.function(z))
    other = entry.with_parameter(1)
    assert (other.name, other.value, type(other.value)) == (entry.name, 1.0, float)


def test_leaky_relu_takes_a_share_between_0_and_1():
    with pytest.raises(ValueError, match="alpha must be a number at least 0 and at most 1, got 1.5"):
        activations.leaky_relu(np.array([-1.0]), 1.5)  # max(z, αz) would be another function


def test_a_function_without_parameter_says_so():
    with pytest.raises(ValueError, match="tanh has no parameter, got 2.0"):
        ACTIVATIONS["tanh"].with_parameter(2.0)


# The registry


def test_the_registry_is_complete_and_says_what_the_gallery_shows():
    assert list(ACTIVATIONS) == [*EXACT, "softmax"]
    for name, f in ACTIVATIONS.items():
        assert f.name == name
        assert f.function is getattr(activations, name)
        assert all([f.formula, f.derivative_formula, f.range, f.paper])
        assert f.slope is (None if name == "softmax" else getattr(activations, f"{name}_derivative"))
        assert (f.parameter is None) == (f.value is None)
        assert f.parameter is None or f.parameter.symbol in f.formula


def test_an_activation_is_found_by_name_by_object_and_by_function():
    for name, f in ACTIVATIONS.items():
        assert get_activation(name) is get_activation(f) is get_activation(f.function) is f
    steep = ACTIVATIONS["swish"].with_parameter(5.0)
    assert get_activation(steep) is steep


def test_any_callable_with_its_derivative_is_an_activation():
    f = get_activation((np.sin, lambda z, a: np.cos(z)))
    assert isinstance(f, ActivationFunction)
    assert f.name == "sin"
    assert assert_backward_is_the_gradient(f, np.array([[0.3, -1.0]])).checked == 2


def test_a_foreign_function_that_changes_the_shape_is_refused():
    f = get_activation((np.sum, lambda z, a: 1.0))
    with pytest.raises(ValueError, match=r"sum must return the shape of z, \(2,\), got \(\)"):
        f(np.ones(2))
    with pytest.raises(ValueError, match="<lambda> must return the shape of z"):
        f.derivative(np.ones(2), np.ones(2))


@pytest.mark.parametrize("wrong", ["rleu", None, 3, np.sin, (np.sin,), (np.sin, "cos"), ("relu", 0.1), ["relu"]])
def test_what_is_no_activation_is_named(wrong):
    with pytest.raises(ValueError, match=r"^activation must be one of 'identity', .*, or a pair"):
        get_activation(wrong)


@pytest.mark.parametrize("f", [f for f in ACTIVATIONS.values() if f.parameter], ids=lambda f: f.name)
def test_an_entry_has_the_default_of_its_function(f):
    for function in (f.function, f.slope or activations.softmax_backward):
        assert inspect.signature(function).parameters[f.parameter.name].default == f.parameter.default == f.value


# Against PyTorch


def torch_functions(torch):
    F = torch.nn.functional
    return {
        "identity": lambda z, _: z * 1,
        "sigmoid": lambda z, _: torch.sigmoid(z),
        "tanh": lambda z, _: torch.tanh(z),
        "relu": lambda z, _: F.relu(z),
        "leaky_relu": lambda z, alpha: F.leaky_relu(z, alpha),
        "elu": lambda z, alpha: F.elu(z, alpha),
        "softplus": lambda z, _: F.softplus(z, threshold=1000),  # PyTorch's own threshold, 20, is an approximation
        "swish": lambda z, beta: z * torch.sigmoid(beta * z),
        "softmax": lambda z, temperature: F.softmax(z / temperature, dim=-1),
    }


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
@pytest.mark.parametrize("f", ALL)
def test_values_and_gradients_agree_with_pytorch(f, dtype, tolerance, torch):
    z = np.linspace(-12, 12, 48, dtype=dtype).reshape(12, 4)
    z[5, 1] = 0  # the corner too: ReLU′(0) = 0
    weights = np.random.default_rng(0).normal(size=z.shape).astype(dtype)
    tensor = torch.tensor(z, requires_grad=True)
    a = torch_functions(torch)[f.name](tensor, f.value)
    (a * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(f(z), a.detach().numpy(), rtol=tolerance, atol=tolerance / 10)
    np.testing.assert_allclose(f.backward(z, f(z), weights), tensor.grad.numpy(), rtol=tolerance, atol=tolerance)


def test_swish_with_beta_one_is_pytorchs_silu(torch):
    z = np.linspace(-20, 20, 81)
    silu = torch.nn.functional.silu(torch.tensor(z)).numpy()
    assert relative_error(activations.swish(z), silu).max() < 1e-12


# What mutation testing found untried


def test_an_activation_and_the_bounds_of_its_parameter_cannot_be_changed_for_everybody():
    leaky = ACTIVATIONS["leaky_relu"]
    with pytest.raises(AttributeError):
        leaky.name = "another"
    with pytest.raises(AttributeError):
        leaky.parameter.at_most = 2.0


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_is_above_0(temperature):
    with pytest.raises(ValueError, match="temperature"):
        activations.softmax([1.0, 2.0], temperature=temperature)


def test_at_its_corner_elu_has_the_slope_from_below():
    z = np.array([0.0])
    assert activations.elu_derivative(z, activations.elu(z, alpha=0.5), alpha=0.5) == 0.5

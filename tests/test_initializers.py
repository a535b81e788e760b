"""Initial weights have the mean, the spread and the limits they promise, and keep the scale where theory says so."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkit import initializers
from mlkit.activations import ACTIVATIONS
from mlkit.initializers import INITIALIZERS, gain_leaky_relu, get_initializer, variance_scaling

quick = settings(max_examples=60, deadline=None, derandomize=True)
FAN_IN, FAN_OUT = 300, 200

# What each promises: the variance, and the limit where the draw is uniform.
VARIANCE = {
    "zeros": 0.0,
    "constant": 0.0,
    "normal": 0.01**2,
    "uniform": 0.05**2 / 3,
    "lecun_normal": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
}
LIMIT = {
    "uniform": 0.05,
    "lecun_uniform": math.sqrt(3 / FAN_IN),
    "glorot_uniform": math.sqrt(6 / (FAN_IN + FAN_OUT)),
    "he_uniform": math.sqrt(6 / FAN_IN),
}
MEAN = {"constant": 0.1}


def assert_mean_and_variance(W, mean, variance):
    """Five standard errors: a right initializer fails once in a million draws, a factor 1.05 always."""
    n = W.size
    assert abs(W.mean() - mean) <= 5 * math.sqrt(variance / n) + 1e-15
    assert abs(W.var() - variance) <= 5 * variance * math.sqrt(2 / n) + 1e-15


def test_every_initializer_has_a_promise_to_keep():
    assert set(INITIALIZERS) == set(VARIANCE)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_and_variance_are_as_promised(name):
    rng = np.random.default_rng(0)
    W = np.stack([INITIALIZERS[name](FAN_IN, FAN_OUT, rng) for _ in range(5)])  # 300,000 draws: 1.3 % of the variance
    assert_mean_and_variance(W, MEAN.get(name, 0.0), VARIANCE[name])


@pytest.mark.parametrize("name", LIMIT)
def test_uniform_draws_fill_their_limits_and_no_more(name):
    W = INITIALIZERS[name](FAN_IN, FAN_OUT, np.random.default_rng(0))
    assert np.abs(W).max() <= LIMIT[name]
    assert W.max() > 0.999 * LIMIT[name]
    assert W.min() < -0.999 * LIMIT[name]
    # Even inside too: as many in the outer half as in the inner.
    assert (np.abs(W) > LIMIT[name] / 2).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("name", [name for name in VARIANCE if name.endswith("normal")])
def test_normal_draws_have_uncut_tails(name):
    W = INITIALIZERS[name](FAN_IN, FAN_OUT, np.random.default_rng(0)) / math.sqrt(VARIANCE[name])
    assert (np.abs(W) > 2).mean() == pytest.approx(0.0455, abs=0.005)  # Keras' truncated normal has none
    assert (W**4).mean() == pytest.approx(3, abs=0.1)


def test_the_tester_knows_the_usual_mistakes():
    rng = np.random.default_rng(0)
    called_he = rng.uniform(-1, 1, (FAN_IN, FAN_OUT)) * math.sqrt(2 / FAN_IN)  # its variance is 2/(3n)
    with pytest.raises(AssertionError):
        assert_mean_and_variance(called_he, 0.0, VARIANCE["he_uniform"])
    fans_swapped = initializers.he_normal(FAN_OUT, FAN_IN, rng)
    with pytest.raises(AssertionError):
        assert_mean_and_variance(fans_swapped, 0.0, VARIANCE["he_normal"])


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_are_float64_of_shape_inputs_by_outputs_and_repeat_with_the_seed(name):
    draw = [INITIALIZERS[name](3, 5, np.random.default_rng(7)) for _ in range(2)]
    assert draw[0].shape == (3, 5)
    assert draw[0].dtype == np.float64
    np.testing.assert_array_equal(*draw)
    assert draw[0] is not draw[1]


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_variance_scaling_divides_the_scale_by_the_chosen_fan(mode, distribution, scale):
    W = variance_scaling(FAN_IN, FAN_OUT, np.random.default_rng(0), scale=scale, mode=mode, distribution=distribution)
    n = {"fan_in": FAN_IN, "fan_out": FAN_OUT, "fan_avg": (FAN_IN + FAN_OUT) / 2}[mode]
    assert_mean_and_variance(W, 0.0, scale / n)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize(
    ("family", "scale", "mode"), [("lecun", 1, "fan_in"), ("glorot", 1, "fan_avg"), ("he", 2, "fan_in")]
)
def test_the_named_cases_are_variance_scaling(family, scale, mode, kind):
    named = INITIALIZERS[f"{family}_{kind}"](4, 6, np.random.default_rng(3))
    general = variance_scaling(4, 6, np.random.default_rng(3), scale=scale, mode=mode, distribution=kind)
    np.testing.assert_array_equal(named, general)


def test_parameters_of_the_plain_initializers_count():
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(initializers.constant(-2.5)(2, 3, rng), np.full((2, 3), -2.5))
    assert_mean_and_variance(initializers.normal(3.0)(FAN_IN, FAN_OUT, rng), 0.0, 9.0)
    W = initializers.uniform(3.0)(FAN_IN, FAN_OUT, rng)
    assert 2.99 < np.abs(W).max() <= 3.0
    assert not initializers.normal(0)(2, 2, rng).any()


# The scale through thirty layers

DEPTH, WIDTH, SEEDS = 30, 128, 6


def scales_after_thirty_layers(initializer, activation, input_scale=1.0):
    """Return by which factor the mean square of the activations, and of the gradients, has changed.

    The geometric mean over seeds, because at finite width the factor fluctuates like a product does.
    """
    f = ACTIVATIONS[activation] if isinstance(activation, str) else activation
    forward, backward = [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        weights = [initializer(WIDTH, WIDTH, rng) for _ in range(DEPTH)]
        A, Z = [input_scale * rng.normal(size=(32, WIDTH))], []
        for W in weights:
            Z.append(A[-1] @ W)
            A.append(f(Z[-1]))
        grad = rng.normal(size=A[-1].shape)
        for W, z, a in zip(reversed(weights), reversed(Z), reversed(A), strict=False):
            grad = f.backward(z, a, grad) @ W.T
        forward.append((A[-1] ** 2).mean() / (A[0] ** 2).mean())
        backward.append((grad**2).mean())
    return [float(np.exp(np.log(np.maximum(x, 1e-300)).mean())) for x in (forward, backward)]


def scaled_for(alpha):
    return lambda *arguments: variance_scaling(*arguments, scale=gain_leaky_relu(alpha) ** 2)


LEAKY = ACTIVATIONS["leaky_relu"].with_parameter(0.2)
KEPT = {
    "he normal, relu": (INITIALIZERS["he_normal"], "relu", 1.0),
    "he uniform, relu": (INITIALIZERS["he_uniform"], "relu", 1.0),
    "lecun normal, identity": (INITIALIZERS["lecun_normal"], "identity", 1.0),
    "lecun uniform, identity": (INITIALIZERS["lecun_uniform"], "identity", 1.0),
    "glorot normal, identity": (INITIALIZERS["glorot_normal"], "identity", 1.0),
    "glorot uniform, identity": (INITIALIZERS["glorot_uniform"], "identity", 1.0),
    "lecun normal, tanh near 0": (INITIALIZERS["lecun_normal"], "tanh", 0.05),
    "glorot uniform, tanh near 0": (INITIALIZERS["glorot_uniform"], "tanh", 0.05),
    "gain for α = 0.2, leaky relu": (scaled_for(0.2), LEAKY, 1.0),
    "gain for α = 0.2 meant for relu": (scaled_for(0.0), "relu", 1.0),
}
NOT_KEPT = {  # and by how many powers of two theory says the mean square changes in each layer
    "glorot, relu": (INITIALIZERS["glorot_normal"], "relu", -1.0),
    "lecun, relu": (INITIALIZERS["lecun_uniform"], "relu", -1.0),
    "he, identity": (INITIALIZERS["he_normal"], "identity", 1.0),
    "he, leaky relu(0.2)": (INITIALIZERS["he_normal"], LEAKY, math.log2(1 + 0.2**2)),
    "lecun, leaky relu(0.2)": (INITIALIZERS["lecun_normal"], LEAKY, math.log2((1 + 0.2**2) / 2)),
    "small normal, identity": (INITIALIZERS["normal"], "identity", math.log2(WIDTH * 0.01**2)),
    "small uniform, relu": (INITIALIZERS["uniform"], "relu", math.log2(WIDTH * 0.05**2 / 3 / 2)),
    "large normal, identity": (initializers.normal(1.0), "identity", math.log2(WIDTH)),
}


@pytest.mark.parametrize(("initializer", "activation", "input_scale"), KEPT.values(), ids=KEPT.keys())
def test_the_scale_is_kept_through_thirty_layers(initializer, activation, input_scale):
    forward, backward = scales_after_thirty_layers(initializer, activation, input_scale)
    assert 1 / 4 < forward < 4
    assert 1 / 4 < backward < 4


@pytest.mark.parametrize(("initializer", "activation", "doublings"), NOT_KEPT.values(), ids=NOT_KEPT.keys())
def test_the_scale_is_not_kept_by_the_pairs_theory_excludes(initializer, activation, doublings):
    for factor in scales_after_thirty_layers(initializer, activation):
        assert math.log2(factor) == pytest.approx(DEPTH * doublings, abs=2)
        if abs(doublings) > 0.1:
            assert not 1 / 100 < factor < 100


def test_large_weights_drive_tanh_into_saturation_and_kill_its_gradient():
    forward, backward = scales_after_thirty_layers(initializers.normal(1.0), "tanh")
    assert forward > 0.5  # nearly every activation is at ±1, so the forward pass looks healthy
    assert not 1 / 100 < backward < 100


def test_constant_weights_never_tell_units_apart():
    rng = np.random.default_rng(0)
    for name in ("zeros", "constant"):
        A = np.tanh(rng.normal(size=(16, 5)) @ INITIALIZERS[name](5, 4, rng))
        assert np.ptp(A, axis=1).max() == 0


def test_fan_out_keeps_the_gradients_and_fan_in_the_activations_where_the_width_changes():
    rng = np.random.default_rng(0)
    x, grad = rng.normal(size=(2000, 400)), rng.normal(size=(2000, 100))
    for mode, forward, backward in [("fan_in", 1, 1 / 4), ("fan_out", 4, 1), ("fan_avg", 1.6, 0.4)]:
        W = variance_scaling(400, 100, rng, mode=mode)
        assert ((x @ W) ** 2).mean() == pytest.approx(forward, rel=0.05)
        assert ((grad @ W.T) ** 2).mean() == pytest.approx(backward, rel=0.05)


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.2, 0.7, 1.0])
def test_the_gain_restores_the_mean_square_not_the_variance(alpha):
    z = np.random.default_rng(0).normal(size=400_000)
    a = ACTIVATIONS["leaky_relu"].with_parameter(alpha)(gain_leaky_relu(alpha) * z)
    assert (a**2).mean() == pytest.approx(1, rel=0.01)
    # The mean is (1 − α)σ/√(2π), not 0.
    assert a.mean() == pytest.approx((1 - alpha) * gain_leaky_relu(alpha) / math.sqrt(2 * math.pi), abs=0.01)


# Doors


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("wrong", [0, -1, 2.0, "3", None, True, np.nan])
def test_fans_are_counts(name, wrong):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="fan_in must be a whole number at least 1"):
        INITIALIZERS[name](wrong, 3, rng)
    with pytest.raises(ValueError, match="fan_out must be a whole number at least 1"):
        INITIALIZERS[name](3, wrong, rng)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("rng", [None, 0, np.random.RandomState(0), np.random])
def test_randomness_is_always_passed_in(name, rng):
    with pytest.raises(ValueError, match=r"rng must be a numpy.random.Generator"):
        INITIALIZERS[name](2, 3, rng)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0}, "scale must be a number above 0"),
        ({"scale": np.nan}, "scale must be a number above 0"),
        ({"mode": "fan"}, "mode must be one of 'fan_in', 'fan_out', 'fan_avg'"),
        ({"distribution": "truncated_normal"}, "distribution must be one of 'normal', 'uniform'"),
    ],
)
def test_variance_scaling_names_a_wrong_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        variance_scaling(2, 3, np.random.default_rng(0), **arguments)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf, "1", None, True, 1e300])
def test_sigma_and_limit_are_sizes(wrong):
    with pytest.raises(ValueError, match="sigma must be a number at least 0"):
        initializers.normal(wrong)
    with pytest.raises(ValueError, match="limit must be a number at least 0"):
        initializers.uniform(wrong)


@pytest.mark.parametrize("wrong", [np.nan, "1", None, True])
def test_a_constant_is_a_number(wrong):
    with pytest.raises(ValueError, match="value must be a number"):
        initializers.constant(wrong)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan, "relu", None])
def test_the_gain_knows_the_shares_leaky_relu_knows(wrong):
    with pytest.raises(ValueError, match="alpha must be a number at least 0 and at most 1"):
        gain_leaky_relu(wrong)


def test_an_initializer_is_found_by_name_or_is_any_callable():
    for name, initializer in INITIALIZERS.items():
        assert get_initializer(name) is initializer
    own = initializers.normal(0.3)
    assert get_initializer(own) is own


@pytest.mark.parametrize("wrong", ["xavier", None, 0.1, ["zeros"], np.zeros((2, 3))])
def test_what_is_no_initializer_is_named(wrong):
    with pytest.raises(ValueError, match="initializer must be one of 'zeros', "):
        get_initializer(wrong)


@pytest.mark.parametrize("maker", [initializers.constant, initializers.normal, initializers.uniform])
def test_a_maker_is_not_taken_for_what_it_makes(maker):
    with pytest.raises(ValueError, match=rf"initializer must be made first, as {maker.__name__}\(\.\.\.\)"):
        get_initializer(maker)


@quick
@given(
    fan_in=st.integers(1, 20),
    fan_out=st.integers(1, 20),
    scale=st.floats(1e-300, 1e300),
    mode=st.sampled_from(["fan_in", "fan_out", "fan_avg"]),
    distribution=st.sampled_from(["normal", "uniform"]),
)
def test_any_allowed_scale_gives_finite_weights_within_ten_sigma(fan_in, fan_out, scale, mode, distribution):
    W = variance_scaling(fan_in, fan_out, np.random.default_rng(0), scale=scale, mode=mode, distribution=distribution)
    assert W.shape == (fan_in, fan_out)
    assert np.isfinite(W).all()
    assert np.abs(W).max() <= 10 * math.sqrt(scale)


# Against PyTorch


def torch_initializers(torch):
    init = torch.nn.init
    return {
        "zeros": init.zeros_,
        "constant": lambda W: init.constant_(W, 0.1),
        "normal": lambda W: init.normal_(W, std=0.01),
        "uniform": lambda W: init.uniform_(W, -0.05, 0.05),
        "lecun_normal": lambda W: init.kaiming_normal_(W, nonlinearity="linear"),
        "lecun_uniform": lambda W: init.kaiming_uniform_(W, nonlinearity="linear"),
        "glorot_normal": init.xavier_normal_,
        "glorot_uniform": init.xavier_uniform_,
        "he_normal": lambda W: init.kaiming_normal_(W, nonlinearity="relu"),
        "he_uniform": lambda W: init.kaiming_uniform_(W, nonlinearity="relu"),
    }


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_statistics_are_those_of_pytorch(name, torch):
    torch.manual_seed(0)
    theirs = torch.empty(FAN_OUT, FAN_IN, dtype=torch.float64)  # PyTorch keeps (outputs, inputs)
    torch_initializers(torch)[name](theirs)
    ours = INITIALIZERS[name](FAN_IN, FAN_OUT, np.random.default_rng(0))
    assert ours.shape == theirs.numpy().T.shape
    shares = np.linspace(0.001, 0.999, 41)
    quantiles = np.quantile(ours, shares), np.quantile(theirs.numpy(), shares)
    np.testing.assert_allclose(*quantiles, atol=0.1 * math.sqrt(VARIANCE[name]) + 1e-15)
    assert ours.std() == pytest.approx(theirs.numpy().std(), rel=0.02, abs=1e-15)


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.2, 1.0])
def test_the_gain_is_pytorchs(alpha, torch):
    assert gain_leaky_relu(alpha) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", alpha), rel=1e-15)

"""Each optimizer is the printed algorithm: worked by hand, on three surfaces, and element by element."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlkit import blocks
from mlkit.optimizers import (
    OPTIMIZERS,
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    get_optimizer,
)
from mlkit.schedules import linear

NAMES = list(OPTIMIZERS)
quick = settings(max_examples=80, deadline=None, derandomize=True)


def path(optimizer, gradient, start, n_steps):
    """Return the points an optimizer visits, shape (n_steps + 1, n_parameters)."""
    w = np.array(start, dtype=float)
    points = [w.copy()]
    for _ in range(n_steps):
        optimizer.step([w], [gradient(w)])
        points.append(w.copy())
    return np.array(points)


# Two steps from w = 1 with the gradients 2 and then 4, by hand

BY_HAND = [
    # w - 0.1·2 = 0.8, then - 0.1·4
    (SGD(0.1), [0.8, 0.4]),
    # v = -0.2; then v = 0.5·(-0.2) - 0.4 = -0.5
    (Momentum(0.1, momentum=0.5), [0.8, 0.3]),
    # v = -0.2, w += 0.5·(-0.2) - 0.2 = -0.3; v = -0.5, w += 0.5·(-0.5) - 0.4 = -0.65
    (Nesterov(0.1, momentum=0.5), [0.7, 0.05]),
    # G = 4, step 0.1·2/(2 + 1); G = 20, step 0.1·4/(√20 + 1)
    (AdaGrad(0.1, epsilon=1.0), [1 - 0.2 / 3, 1 - 0.2 / 3 - 0.4 / (math.sqrt(20) + 1)]),
    # v = 0.25·4 = 1, step 0.2/(1 + 1); v = 0.75 + 0.25·16 = 4.75
    (RMSProp(0.1, decay=0.75, epsilon=1.0), [0.9, 0.9 - 0.4 / (math.sqrt(4.75) + 1)]),
    # E = 1, Δ = -√(3/(1 + 3))·2 = -√3, D = 0.25·3; E = 4.75, Δ = -√(3.75/7.75)·4
    (AdaDelta(0.1, decay=0.75, epsilon=3.0), [1 - 0.1 * 3**0.5, 1 - 0.1 * 3**0.5 - 0.4 * (3.75 / 7.75) ** 0.5]),
    # m = 1, m̂ = 2, v = 1, v̂ = 4, step 0.1·2/(2 + 1);
    # m = 0.5 + 2 = 2.5, m̂ = 2.5/0.75, v = 0.75 + 4 = 4.75, v̂ = 4.75/(1 - 0.5625)
    (
        Adam(0.1, beta1=0.5, beta2=0.75, epsilon=1.0),
        [1 - 0.2 / 3, 1 - 0.2 / 3 - 0.1 * (2.5 / 0.75) / (math.sqrt(4.75 / 0.4375) + 1)],
    ),
]


def test_every_optimizer_is_worked_by_hand_here():
    assert [type(optimizer) for optimizer, _ in BY_HAND] == list(OPTIMIZERS.values())


@pytest.mark.parametrize(("optimizer", "expected"), BY_HAND, ids=NAMES)
def test_two_steps_are_those_worked_by_hand(optimizer, expected):
    optimizer.reset()
    w = np.array([1.0])
    for gradient, after in zip((2.0, 4.0), expected, strict=True):
        optimizer.step([w], [[gradient]])
        assert w[0] == pytest.approx(after, rel=1e-14)


def test_the_first_three_steps_of_adam_correct_the_bias():
    # By the paper's definition, in exact sums: m_t = (1-β₁) Σ β₁^(t-i) gᵢ, and the same for v with gᵢ².
    optimizer, gradients = Adam(0.01, beta1=0.9, beta2=0.999, epsilon=1e-8), [3.0, -1.0, 2.0]
    w, expected = np.array([0.0]), 0.0
    for t in (1, 2, 3):
        past = list(enumerate(gradients[:t], start=1))
        m = 0.1 * sum(0.9 ** (t - i) * g for i, g in past)
        v = 0.001 * sum(0.999 ** (t - i) * g**2 for i, g in past)
        expected -= 0.01 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        optimizer.step([w], [[gradients[t - 1]]])
        assert w[0] == pytest.approx(expected, rel=1e-13)


def test_adam_steps_have_the_length_of_the_learning_rate_while_the_gradient_is_constant():
    steps = np.diff(path(Adam(0.01), lambda w: [5.0, -0.003], [0.0, 0.0], 3), axis=0)
    np.testing.assert_allclose(steps, [[-0.01, 0.01]] * 3, rtol=1e-5)


def test_a_tiny_gradient_shows_that_epsilon_is_outside_the_root():
    w = np.array([0.0])
    Adam(0.1, epsilon=1e-8).step([w], [[1e-8]])
    assert w[0] == pytest.approx(-0.05, rel=1e-12)  # m̂ = √v̂ = ε, so half the learning rate


def test_t_advances_once_per_step_however_many_parameters_there_are():
    together, alone = Adam(0.1), Adam(0.1)
    a, b, c = (np.ones(3) for _ in range(3))
    for gradient in ([1.0, 2, 3], [3.0, 1, 2], [0.0, 1, 0]):
        together.step([a, b], [gradient, gradient])
        alone.step([c], [gradient])
    assert together.t == alone.t == 3
    np.testing.assert_array_equal(a, c)
    np.testing.assert_array_equal(b, c)


# The table: every optimizer goes down every surface


def parabola(w):
    return 0.5 * (w**2).sum(), w


def ravine(w):
    scale = np.array([1.0, 50.0])
    return 0.5 * (scale * w**2).sum(), scale * w


def rosenbrock(w):
    x, y = w
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2, np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


TABLE = [
    # optimizer, settings, surface, start, steps, the largest loss it may end with
    (SGD, {"learning_rate": 0.1}, parabola, [3, -2], 100, 1e-8),
    (SGD, {"learning_rate": 0.03}, ravine, [3, -2], 300, 1e-7),
    (SGD, {"learning_rate": 0.001}, rosenbrock, [-1, 1], 2000, 0.3),
    (Momentum, {"learning_rate": 0.1}, parabola, [3, -2], 200, 1e-7),
    (Momentum, {"learning_rate": 0.01}, ravine, [3, -2], 300, 1e-9),
    (Momentum, {"learning_rate": 0.0005}, rosenbrock, [-1, 1], 2000, 0.01),
    (Nesterov, {"learning_rate": 0.1}, parabola, [3, -2], 200, 1e-9),
    (Nesterov, {"learning_rate": 0.01}, ravine, [3, -2], 300, 1e-9),
    (Nesterov, {"learning_rate": 0.0005}, rosenbrock, [-1, 1], 2000, 0.01),
    (AdaGrad, {"learning_rate": 1.0}, parabola, [3, -2], 100, 1e-8),
    (AdaGrad, {"learning_rate": 1.0}, ravine, [3, -2], 100, 1e-8),
    (AdaGrad, {"learning_rate": 0.5}, rosenbrock, [-1, 1], 2000, 0.05),
    (RMSProp, {"learning_rate": 0.02}, parabola, [3, -2], 300, 1e-3),
    (RMSProp, {"learning_rate": 0.02}, ravine, [3, -2], 300, 1e-2),
    (RMSProp, {"learning_rate": 0.002}, rosenbrock, [-1, 1], 2000, 0.05),
    (AdaDelta, {"epsilon": 1e-3}, parabola, [3, -2], 300, 1e-3),
    (AdaDelta, {}, ravine, [3, -2], 1000, 1e-2),  # it arrives, and then hovers: nothing makes its steps shrink
    (AdaDelta, {}, rosenbrock, [-1, 1], 500, 0.5),
    (Adam, {"learning_rate": 0.1}, parabola, [3, -2], 300, 1e-7),
    (Adam, {"learning_rate": 0.1}, ravine, [3, -2], 300, 1e-7),
    (Adam, {"learning_rate": 0.02}, rosenbrock, [-1, 1], 2000, 1e-3),
]


def test_the_table_has_every_optimizer_on_every_surface():
    assert {(row[0], row[2]) for row in TABLE} == {
        (kind, surface) for kind in OPTIMIZERS.values() for surface in (parabola, ravine, rosenbrock)
    }


@pytest.mark.parametrize(
    ("kind", "settings", "surface", "start", "n_steps", "bound"),
    [pytest.param(*row, id=f"{row[0].__name__}-{row[2].__name__}") for row in TABLE],
)
def test_every_optimizer_goes_down_every_surface(kind, settings, surface, start, n_steps, bound):
    points = path(kind(**settings), lambda w: surface(w)[1], start, n_steps)
    assert surface(points[-1])[0] < bound < surface(points[0])[0] / 5


def test_gradient_descent_on_a_parabola_diverges_beyond_two_over_the_curvature():
    curvature = 50.0
    for learning_rate, converges in [(1.95 / curvature, True), (2.05 / curvature, False)]:
        last = path(SGD(learning_rate), lambda w: curvature * w, [1.0], 200)[-1, 0]
        assert (abs(last) < 1e-3) == converges


def test_momentum_reaches_its_final_speed():
    steps = np.diff(path(Momentum(0.1, momentum=0.9), lambda w: [1.0], [0.0], 200)[:, 0])
    assert steps[-1] == pytest.approx(-0.1 / (1 - 0.9), rel=1e-6)


def test_momentum_keeps_its_velocity_when_the_learning_rate_falls_to_zero():
    optimizer = Momentum(lambda step: 0.1 if step == 0 else 0.0, momentum=0.5)
    np.testing.assert_allclose(path(optimizer, lambda w: [1.0], [0.0], 3)[:, 0], [0, -0.1, -0.15, -0.175], rtol=1e-14)


def test_nesterov_is_the_look_ahead_form_in_other_coordinates():
    # The classical form takes the gradient at w + μ v; the point it looks at is the w of ours.
    def gradient(w):
        return 3 * w + w**3

    mu, eta, w, v = 0.8, 0.05, 1.0, 0.0
    points = path(Nesterov(eta, momentum=mu), gradient, [1.0], 20)[:, 0]
    for ours in points:
        assert w + mu * v == pytest.approx(ours, rel=1e-12)
        v = mu * v - eta * gradient(w + mu * v)
        w = w + v


def test_without_momentum_nesterov_and_momentum_are_gradient_descent():
    expected = path(SGD(0.1), lambda w: ravine(w)[1] / 50, [3, -2], 20)
    for optimizer in (Momentum(0.1, momentum=0), Nesterov(0.1, momentum=0)):
        np.testing.assert_allclose(path(optimizer, lambda w: ravine(w)[1] / 50, [3, -2], 20), expected, rtol=1e-13)


@pytest.mark.parametrize("name", ["adagrad", "adam"])
def test_the_scale_of_the_loss_does_not_matter_to_those_that_divide_by_the_gradient(name):
    once = path(get_optimizer(name), lambda w: ravine(w)[1], [3, -2], 20)
    np.testing.assert_allclose(path(get_optimizer(name), lambda w: 1000 * ravine(w)[1], [3, -2], 20), once, atol=1e-7)


# What holds for all of them


@pytest.mark.parametrize("name", NAMES)
def test_an_update_looks_at_one_number_at_a_time(name):
    rng = np.random.default_rng(0)
    w, gradients = rng.normal(size=(4, 3)), rng.normal(size=(5, 4, 3))
    whole, single = get_optimizer(name), get_optimizer(name)
    expected = w.copy()
    alone = [expected[i : i + 1, j : j + 1] for i in range(4) for j in range(3)]
    for g in gradients:
        whole.step([w], [g])
        single.step(alone, [g[i : i + 1, j : j + 1] for i in range(4) for j in range(3)])
    np.testing.assert_array_equal(w, expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_parameters_are_moved_in_blocks_with_the_same_result(name, dtype, monkeypatch):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(90, 7)).astype(dtype)
    gradients = rng.normal(size=(3, 90, 7)).astype(dtype)
    results = []
    for block_bytes in (2**30, 128):  # all at once, and in many pieces of which the last is short
        monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        w, optimizer = start.copy(), get_optimizer(name)
        for g in gradients:
            optimizer.step([w], [g])
        results.append(w)
    np.testing.assert_array_equal(*results)
    assert not np.array_equal(results[0], start)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_that_are_no_single_piece_of_memory_are_moved_too(name, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 16)
    g = np.random.default_rng(0).normal(size=(5, 4))
    columns, plain = np.ones((5, 9))[:, :4], np.ones((5, 4))
    for w in (columns, plain):
        get_optimizer(name).step([w], [g])
    np.testing.assert_array_equal(columns, plain)
    assert not np.array_equal(plain, np.ones((5, 4)))


@pytest.mark.parametrize("name", NAMES)
def test_the_step_is_in_place_and_the_gradient_is_left_alone(name):
    w, g = np.ones(4), np.arange(4.0)
    view = w[:]
    get_optimizer(name).step([w], [g])
    np.testing.assert_array_equal(view, w)
    np.testing.assert_array_equal(g, np.arange(4.0))
    assert w[1] < 1


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_zero_moves_nothing_at_first(name):
    w = np.array([1.0, -2.0])
    get_optimizer(name).step([w], [[0.0, 0.0]])
    np.testing.assert_array_equal(w, [1.0, -2.0])


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_may_be_the_parameter_itself(name):
    w, other = np.array([1.0, -2.0]), np.array([1.0, -2.0])
    get_optimizer(name).step([w], [w])  # the parabola ½w² has the gradient w
    get_optimizer(name).step([other], [other.copy()])
    np.testing.assert_array_equal(w, other)


@pytest.mark.parametrize("name", NAMES)
def test_float32_stays_float32(name):
    w, optimizer = np.ones(3, np.float32), get_optimizer(name)
    optimizer.step([w], [[1.0, 2.0, 3.0]])
    assert w.dtype == np.float32
    assert all(array.dtype == np.float32 for state in optimizer.state for array in state)


@pytest.mark.parametrize("name", NAMES)
def test_the_state_is_one_array_per_parameter_and_name(name):
    optimizer = get_optimizer(name)
    optimizer.step([np.ones(3), np.ones((2, 2))], [np.ones(3), np.ones((2, 2))])
    assert [[a.shape for a in state] for state in optimizer.state] == [
        [(3,)] * len(optimizer.state_names),
        [(2, 2)] * len(optimizer.state_names),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_reset_makes_an_optimizer_as_new(name):
    optimizer = get_optimizer(name)
    first = path(optimizer, lambda w: ravine(w)[1], [3, -2], 5)
    optimizer.reset()
    np.testing.assert_array_equal(path(optimizer, lambda w: ravine(w)[1], [3, -2], 5), first)


@pytest.mark.parametrize("name", NAMES)
def test_an_optimizer_does_not_go_on_with_other_parameters(name):
    optimizer = get_optimizer(name)
    optimizer.step([np.ones(3)], [np.ones(3)])
    with pytest.raises(ValueError, match="parameters must be those of the steps before: make a new"):
        optimizer.step([np.ones(3)], [np.ones(3)])


def test_views_of_the_same_memory_are_the_same_parameters():
    w, optimizer = np.ones((2, 2)), Momentum(0.1)
    optimizer.step([w[:]], [np.ones((2, 2))])
    optimizer.step([w[:]], [np.ones((2, 2))])
    assert w[0, 0] == pytest.approx(1 - 0.1 - 0.19)


@pytest.mark.parametrize(
    ("parameters", "gradients", "message"),
    [
        (np.ones(3), [np.ones(3)], "parameters must be a list of arrays"),
        ([], [], "parameters must be a list of arrays"),
        ([[1.0, 2.0]], [[1.0, 2.0]], r"parameters\[0\] must be a floating array"),
        ([np.ones(2), np.ones(2, int)], [np.ones(2)] * 2, r"parameters\[1\] must be a floating array"),
        ([np.array([1.0, math.nan])], [np.ones(2)], r"parameters\[0\] must be finite"),
        ([np.broadcast_to(1.0, 3)], [np.ones(3)], r"parameters\[0\] must be a floating array that can be changed"),
        ([np.ones(3)], np.ones(3), "gradients must be a list of 1 arrays"),
        ([np.ones(3)], [np.ones(3)] * 2, "gradients must be a list of 1 arrays"),
        ([np.ones(3)], [np.ones(1)], r"gradients\[0\] must have shape \(3,\), got \(1,\)"),
        ([np.ones(3)], [1.0], r"gradients\[0\] must have shape"),
        ([np.ones(3)], [[1.0, math.inf, 1.0]], r"gradients\[0\] must be finite"),
        ([np.ones(1)], [[1e200]], r"gradients\[0\] must stay below 1.3e\+154"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_stepped_is_named_and_left_unchanged(name, parameters, gradients, message):
    optimizer = get_optimizer(name)
    before = [np.array(w) for w in parameters]
    with pytest.raises(ValueError, match=message):
        optimizer.step(parameters, gradients)
    assert optimizer.t == 0
    for w, old in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(w, old)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0), "learning_rate must be a number above 0, got 0"),
        (lambda: SGD("fast"), "learning_rate must be a number above 0 or a schedule"),
        (lambda: Momentum(momentum=1), "momentum must be a number at least 0 and below 1"),
        (lambda: Nesterov(momentum=-0.1), "momentum"),
        (lambda: AdaGrad(epsilon=0), "epsilon"),
        (lambda: RMSProp(decay=1.0), "decay"),
        (lambda: AdaDelta(decay=math.nan), "decay"),
        (lambda: Adam(beta1=1.0), "beta1"),
        (lambda: Adam(beta2=-0.5), "beta2"),
        (lambda: Adam(epsilon=1e-300), "epsilon"),
        (lambda: get_optimizer("adamw"), "optimizer must be one of 'sgd', .*, got 'adamw'"),
        (lambda: get_optimizer(Adam), "optimizer must be one of"),
    ],
)
def test_what_cannot_be_set_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_step_that_leaves_the_floats_is_an_error_and_no_warning():
    with pytest.raises(FloatingPointError, match=r"step 0 with learning rate 1e\+300"):
        SGD(1e300).step([np.ones(1)], [[1e100]])


numbers = hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=2, max_side=3), elements=st.floats(width=64))


@quick
@given(st.sampled_from(NAMES), numbers, numbers)
def test_any_arrays_are_stepped_to_finite_ones_or_named(name, w, g):
    try:
        get_optimizer(name).step([w], [g])
    except ValueError as error:
        assert str(error).startswith(("parameters[0]", "gradients[0]"))  # noqa: PT017
        return
    except FloatingPointError:
        assert np.abs(w).max() > 1e300 or not np.isfinite(w).all()
        return
    assert np.isfinite(w).all()


def test_the_registry_holds_the_classes_in_the_order_they_are_taught():
    assert NAMES == ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam"]
    assert all(issubclass(kind, Optimizer) for kind in OPTIMIZERS.values())
    mine = Adam(0.5)
    assert get_optimizer(mine) is mine


# Attributes


def test_a_learning_rate_that_is_assigned_is_the_one_of_the_next_step():
    w, optimizer = np.array([1.0]), SGD(0.1)
    optimizer.step([w], [[1.0]])
    optimizer.learning_rate = 0.5
    optimizer.step([w], [[1.0]])
    assert w == pytest.approx(1 - 0.1 - 0.5)
    optimizer.learning_rate = linear(1.0, steps=4)
    assert optimizer.rate(2) == 0.5
    for wrong in (0, -1, None, "fast", float, math.nan):
        with pytest.raises(ValueError, match="learning_rate must be a number above 0"):
            optimizer.learning_rate = wrong
    assert optimizer.rate(2) == 0.5


def test_the_schedule_is_changed_by_the_learning_rate_alone():
    with pytest.raises(AttributeError):
        SGD(0.1).schedule = linear(1.0, steps=4)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("momentum", "momentum"),
        ("nesterov", "momentum"),
        ("adagrad", "epsilon"),
        ("rmsprop", "decay"),
        ("rmsprop", "epsilon"),
        ("adadelta", "decay"),
        ("adadelta", "epsilon"),
        ("adam", "beta1"),
        ("adam", "beta2"),
        ("adam", "epsilon"),
    ],
)
def test_a_number_that_is_assigned_counts_from_then_on_and_is_checked(name, attribute):
    def walk(optimizer):
        w = np.array([1.0, -1.0])
        for gradient in ([1.0, 2.0], [0.5, -1.0], [2.0, 0.25]):
            optimizer.step([w], [gradient])
        return w

    other = 0.25
    assigned = OPTIMIZERS[name]()
    setattr(assigned, attribute, other)
    np.testing.assert_array_equal(walk(assigned), walk(OPTIMIZERS[name](**{attribute: other})))
    assert not np.array_equal(walk(OPTIMIZERS[name]()), walk(OPTIMIZERS[name](**{attribute: other})))
    for wrong in (-0.1, math.nan, "0.5", None, *([1, 5] if attribute != "epsilon" else [0])):
        with pytest.raises(ValueError, match=f"{attribute} must be a number"):
            setattr(assigned, attribute, wrong)
    assert getattr(assigned, attribute) == other


def test_half_precision_is_refused_because_epsilon_would_be_zero():
    with pytest.raises(ValueError, match=r"parameters\[0\] must be .*float32 or float64, got dtype float16"):
        Adam().step([np.zeros(2, np.float16)], [[1.0, 1.0]])


PUBLISHED = {
    "sgd": {"learning_rate": 0.01},
    "momentum": {"learning_rate": 0.01, "momentum": 0.9},
    "nesterov": {"learning_rate": 0.01, "momentum": 0.9},
    "adagrad": {"learning_rate": 0.01, "epsilon": 1e-10},
    "rmsprop": {"learning_rate": 0.001, "decay": 0.9, "epsilon": 1e-8},
    "adadelta": {"learning_rate": 1.0, "decay": 0.95, "epsilon": 1e-6},
    "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_defaults_are_those_of_the_papers_and_of_other_libraries(name):
    assert {setting: getattr(OPTIMIZERS[name](), setting) for setting in PUBLISHED[name]} == PUBLISHED[name]


# What mutation testing found untried


@pytest.mark.parametrize("others", [[np.zeros(3)], [np.zeros(2, np.float32)], [np.zeros(2), np.zeros(2)]])
def test_a_copy_goes_on_only_with_parameters_like_those_it_remembers(others):
    momentum = Momentum(0.1)
    momentum.step([np.zeros(2)], [np.ones(2)])
    with pytest.raises(ValueError, match="must have the shapes that this Momentum remembers"):
        copy.copy(momentum).step(others, [np.ones_like(w) for w in others])
    again = [np.zeros(2)]
    copy.copy(momentum).step(again, [np.ones(2)])
    assert again[0] == pytest.approx(-0.1 * 1.9)


def test_as_many_gradients_as_parameters():
    with pytest.raises(ValueError, match="gradients"):
        SGD(0.1).step([np.zeros(2), np.zeros(2)], [np.ones(2)])

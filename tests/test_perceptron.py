"""The perceptron keeps its promises: the rule by hand, Novikoff's bound, and gradients that are gradients."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Perceptron

from mlkit import perceptron as p

quick = settings(max_examples=80, deadline=None, derandomize=True)
LABELS = np.array([1, 0, 1])  # labels of the three-point set below
THREE = np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 1.0]])


@st.composite
def separable_sets(draw):
    """Points and a line with whole-number coordinates, so that every sum in the algorithm is exact."""
    n_features = draw(st.integers(1, 3))
    whole = st.integers(-4, 4)
    row = st.lists(whole, min_size=n_features, max_size=n_features)
    weights, bias = np.array(draw(row), dtype=float), float(draw(whole))
    X = np.array(draw(st.lists(row, min_size=1, max_size=12)), dtype=float)
    X = X[X @ weights + bias != 0]
    assume(len(X) > 0)
    return X, (X @ weights + bias > 0).astype(int), weights, bias


@st.composite
def labeled_sets(draw):
    """Points with labels that need not be separable."""
    n_examples = draw(st.integers(1, 10))
    X = draw(st.lists(st.tuples(*[st.integers(-5, 5)] * 2), min_size=n_examples, max_size=n_examples))
    y = draw(st.lists(st.integers(0, 1), min_size=n_examples, max_size=n_examples))
    return np.array(X, dtype=float), np.array(y)


def assert_learned_within_bound(X, y, weights, bias, **options):
    bound = p.mistake_bound(X, y, weights, bias)
    fitted = p.fit(X, y, max_epochs=int(bound) + 2, **options)
    assert fitted.converged
    assert fitted.mistakes <= bound * (1 + 1e-9)
    assert p.accuracy(X, y, fitted.weights, fitted.bias) == 1.0


def random_regression(seed, n_examples=40, n_features=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_examples, n_features)) * [1.0, 2.0, 0.5][:n_features] + 0.7, rng.normal(size=n_examples)


def central_difference(loss, parameters, h=1e-6):
    steps = h * np.eye(len(parameters))
    return np.array([(loss(parameters + e) - loss(parameters - e)) / (2 * h) for e in steps])


# The neuron


def test_zero_does_not_fire_and_answers_are_integers():
    assert p.step([-1e-300, 0.0, 1e-300]).tolist() == [0, 0, 1]
    assert p.step(2.0) == 1 and p.step([0.5]).dtype == np.int64
    assert p.predict(THREE, [0, 0], 0).tolist() == [0, 0, 0]


@given(labeled_sets(), st.integers(-5, 5))
@quick
def test_folding_the_bias_changes_no_weighted_sum(data, bias):
    X, _ = data
    weights = np.array([2.0, -3.0])
    np.testing.assert_array_equal(
        p.weighted_sum(X, weights, bias), p.weighted_sum(p.fold_bias(X), np.append(weights, bias), 0)
    )


def test_accuracy_is_the_share_of_right_answers():
    assert p.accuracy(THREE, LABELS, [-1, 0], 0.5) == 2 / 3  # says 0, 0, 1


# The rule


def test_the_first_updates_from_zero_are_those_worked_by_hand():
    fitted = p.fit(THREE, LABELS)
    # z = 0 → 0, should be 1: w = (0,0) + (1,2).  z = 3+2+1 = 6 → 1, should be 0: w = (1,2) − (3,1).  z = 1: right.
    # Epoch 2: z = −2+2+0 = 0 → 0, should be 1.  z = −3+3+1 = 1 → 1, should be 0.  Epoch 3: z = −4+4+0 = 0 → 0.
    by_hand = [
        (1, 0, 1, 0, [1, 2], 1),
        (1, 1, 0, 1, [-2, 1], 0),
        (2, 0, 1, 0, [-1, 3], 1),
        (2, 1, 0, 1, [-4, 2], 0),
        (3, 0, 1, 0, [-3, 4], 1),
    ]
    seen = [(u.epoch, u.index, u.target, u.output, u.weights_after.tolist(), u.bias_after) for u in fitted.updates]
    assert seen == by_hand
    assert fitted.mistakes_per_epoch == [2, 2, 1, 0]
    assert (fitted.mistakes, fitted.epochs, fitted.converged) == (5, 4, True)


def test_the_offline_updates_from_zero_are_those_worked_by_hand():
    fitted = p.fit_offline(THREE, LABELS)
    # Pass 1 says 0, 0, 0: w = (1,2) + (0,1), b = 2.  Pass 2: z = 9, 8, 5, the second is wrong: w = (1,3) − (3,1).
    seen = [(u.epoch, u.index, u.output.tolist(), u.weights_after.tolist(), u.bias_after) for u in fitted.updates]
    assert seen == [(1, None, [0, 0, 0], [1, 3], 2), (2, None, [1, 1, 1], [-2, 2], 1)]
    assert (fitted.mistakes_per_epoch, fitted.epochs, fitted.converged) == ([2, 1, 0], 3, True)
    assert [u.mistakes for u in fitted.updates] == [2, 3]


@given(labeled_sets(), st.sampled_from([p.fit, p.fit_offline]), st.floats(0.01, 10), st.integers(-3, 3))
@quick
def test_recorded_updates_replay_the_training(data, fit, learning_rate, start):
    X, y = data
    weights, bias = np.array([start, 1.0]), 0.5
    fitted = fit(X, y, learning_rate=learning_rate, max_epochs=5, initial_weights=weights, initial_bias=bias)
    for update in fitted.updates:
        np.testing.assert_array_equal(update.weights_before, weights)
        assert update.bias_before == bias
        rows = slice(None) if update.index is None else update.index
        np.testing.assert_array_equal(update.x, X[rows])
        np.testing.assert_array_equal(update.target, y[rows])
        np.testing.assert_array_equal(update.output, p.predict(X, weights, bias)[rows])
        errors = np.atleast_1d(update.target - update.output)
        assert np.any(errors != 0)
        weights = weights + learning_rate * errors @ np.atleast_2d(update.x)
        bias = bias + learning_rate * errors.sum()
        np.testing.assert_allclose(update.weights_after, weights, rtol=1e-12, atol=1e-12)
        assert update.bias_after == pytest.approx(bias, rel=1e-12, abs=1e-12)
        weights, bias = update.weights_after, update.bias_after
    np.testing.assert_array_equal(fitted.weights, weights)
    assert fitted.bias == bias


@given(labeled_sets())
@quick
def test_every_mistake_is_counted_once(data):
    fitted = p.fit(*data, max_epochs=4)
    assert [u.mistakes for u in fitted.updates] == list(range(1, fitted.mistakes + 1))
    per_epoch = [sum(u.epoch == epoch for u in fitted.updates) for epoch in range(1, fitted.epochs + 1)]
    assert fitted.mistakes_per_epoch == per_epoch
    assert fitted.converged == (per_epoch[-1] == 0)


@given(separable_sets(), st.floats(1e-3, 1e3), st.none() | st.integers(0, 99))
@quick
def test_a_separable_set_is_learned_within_the_mistake_bound(data, learning_rate, seed):
    rng = None if seed is None else np.random.default_rng(seed)
    assert_learned_within_bound(*data, learning_rate=learning_rate, rng=rng)


@pytest.mark.parametrize("fit", [p.fit, p.fit_offline])
def test_training_and_prediction_agree_on_examples_that_rounding_leaves_on_the_line(fit):
    rng = np.random.default_rng(0)
    for _ in range(1500):  # whole numbers times 0.3 often sum to almost, not exactly, zero
        X, line = rng.integers(-4, 5, (8, 3)), rng.integers(-3, 4, 4)
        y = (p.fold_bias(X) @ line > 0).astype(int)
        fitted = fit(0.3 * X, y, learning_rate=0.1, max_epochs=30)
        assert not fitted.converged or p.accuracy(0.3 * X, y, fitted.weights, fitted.bias) == 1.0


@given(separable_sets())
@quick
def test_swapping_the_classes_keeps_the_bound(data):
    X, y, weights, bias = data
    assert p.mistake_bound(X, 1 - y, -weights, -bias) == p.mistake_bound(*data)
    assert_learned_within_bound(X, 1 - y, -weights, -bias)


@given(separable_sets(), st.randoms(use_true_random=False))
@quick
def test_permuting_the_examples_keeps_the_bound(data, random):
    X, y, weights, bias = data
    order = random.sample(range(len(X)), len(X))
    assert p.mistake_bound(X[order], y[order], weights, bias) == pytest.approx(p.mistake_bound(*data))
    assert_learned_within_bound(X[order], y[order], weights, bias)


@given(separable_sets(), st.sampled_from([0.5, 2.0, 4.0]), st.integers(-3, 3))
@quick
def test_a_shifted_and_scaled_set_is_learned_within_its_own_bound(data, scale, shift):
    X, y, weights, bias = data
    moved = scale * X + shift, y, weights / scale, bias - shift * weights.sum() / scale
    assume(p.mistake_bound(*moved) < 3000)
    assert_learned_within_bound(*moved)


@given(separable_sets())
@quick
def test_the_offline_rule_needs_at_most_n_times_the_bound(data):
    X, y, weights, bias = data
    bound = len(X) * p.mistake_bound(*data)
    fitted = p.fit_offline(X, y, max_epochs=int(bound) + 2)
    assert fitted.converged and fitted.mistakes <= bound * (1 + 1e-9)


@given(labeled_sets(), st.sampled_from([p.fit, p.fit_offline]), st.integers(-10, 10))
@quick
def test_from_zero_the_learning_rate_only_rescales_the_weights(data, fit, exponent):
    one, other = fit(*data, max_epochs=6), fit(*data, max_epochs=6, learning_rate=2.0**exponent)
    np.testing.assert_array_equal(other.weights, 2.0**exponent * one.weights)
    assert [(u.epoch, u.index) for u in one.updates] == [(u.epoch, u.index) for u in other.updates]


@given(labeled_sets(), st.randoms(use_true_random=False))
@quick
def test_the_offline_rule_does_not_see_the_order(data, random):
    X, y = data
    order = random.sample(range(len(X)), len(X))
    one, other = p.fit_offline(X, y, max_epochs=5), p.fit_offline(X[order], y[order], max_epochs=5)
    np.testing.assert_array_equal(one.weights, other.weights)
    assert one.mistakes_per_epoch == other.mistakes_per_epoch


def test_shuffling_follows_the_generator_and_visits_every_example_once_an_epoch():
    X, y = np.arange(1.0, 31.0)[:, None], np.tile([0, 1, 1], 10)
    orders = [
        [u.index for u in p.fit(X, y, max_epochs=1, initial_bias=bias, rng=np.random.default_rng(7)).updates]
        for bias in (-1e6, 1e6)  # all examples of class 1 are mistakes, then all of class 0
    ]
    assert sorted(orders[0] + orders[1]) == list(range(30))
    assert orders[0] != sorted(orders[0])
    again = p.fit(X, y, max_epochs=1, initial_bias=-1e6, rng=np.random.default_rng(7))
    assert [u.index for u in again.updates] == orders[0]


def test_xor_never_converges_and_stops_at_max_epochs():
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    for fit in (p.fit, p.fit_offline):
        fitted = fit(X, y, max_epochs=50)
        assert not fitted.converged and fitted.epochs == 50 and min(fitted.mistakes_per_epoch) > 0


@pytest.mark.parametrize("fit", [p.fit, p.fit_offline])
def test_the_error_threshold_is_a_share_of_the_examples_reached_inclusively(fit):
    at_a_third = fit(THREE, LABELS, error_threshold=1 / 3)
    assert at_a_third.converged and at_a_third.mistakes_per_epoch[-1] == 1
    below = fit(THREE, LABELS, error_threshold=0.33)
    assert below.mistakes_per_epoch[-1] == 0


def test_an_accepted_offline_pass_is_not_followed_by_a_change():
    fitted = p.fit_offline(THREE, LABELS, error_threshold=1 / 3)
    assert len(fitted.updates) == 1
    assert p.accuracy(THREE, LABELS, fitted.weights, fitted.bias) == 2 / 3


def test_training_leaves_the_callers_arrays_alone_and_keeps_its_own_record():
    X, weights = THREE.copy(), np.array([0.5, -0.5])
    fitted = p.fit(X, LABELS, initial_weights=weights)
    X[:], weights[:] = 99.0, 99.0
    assert fitted.updates[0].x.tolist() == THREE[fitted.updates[0].index].tolist()
    assert fitted.updates[0].weights_before.tolist() == [0.5, -0.5]
    start = np.zeros(2)
    p.fit_delta(THREE, LABELS, learning_rate=0.1, epochs=3, initial_weights=start)
    assert start.tolist() == [0, 0]


# Margin and bound


@given(separable_sets(), st.floats(0.01, 100))
@quick
def test_the_margin_is_a_distance_whatever_the_length_of_the_weights(data, length):
    X, y, weights, bias = data
    assume(weights.any())
    unit = weights / np.linalg.norm(weights)
    foot = -bias / np.linalg.norm(weights) * unit  # a point of the line
    nearest = min(abs((x - foot) @ unit) for x in X)
    assert p.margin(X, y, length * weights, length * bias) == pytest.approx(nearest)


def test_the_margin_of_a_mistake_is_negative():
    assert p.margin([[3, 4], [-3, -4], [6, 8]], [1, 1, 1], [3, 4], 0) == -5.0


def test_the_bound_by_hand():
    # x̃ = (1, 2, 1), (3, 1, 1), (0, 1, 1), w̃ = (−3, 4, 1): s z = 6, 4, 5; ‖w̃‖² = 26; R² = 11.
    assert p.mistake_bound(THREE, LABELS, [-3, 4], 1) == pytest.approx(11 * 26 / 16)


@pytest.mark.parametrize(("weights", "bias"), [([1, 0], 0), ([-1, 0], 1), ([0, 0], 0)])
def test_no_bound_from_a_line_that_does_not_separate(weights, bias):
    with pytest.raises(ValueError, match="weights and bias must"):
        p.mistake_bound(THREE, LABELS, weights, bias)  # the second leaves an example on the line


def test_no_margin_without_a_line():
    with pytest.raises(ValueError, match="weights must not all be zero"):
        p.margin(THREE, LABELS, [0, 0], 1)


# Delta rule and logistic regression


@given(st.integers(0, 10_000), st.floats(0.01, 1))
@settings(quick, max_examples=25)
def test_a_delta_update_is_a_step_down_the_gradient_of_its_loss(seed, learning_rate):
    X, t = random_regression(seed)
    start = np.random.default_rng(seed + 1).normal(size=4)
    path = p.fit_delta(
        X, t, learning_rate=learning_rate, epochs=1, initial_weights=start[:3], initial_bias=float(start[3])
    )

    def loss(v):
        return np.mean(0.5 * (X @ v[:3] + v[3] - t) ** 2)

    change = np.append(path.weights[1] - path.weights[0], path.bias[1] - path.bias[0])
    np.testing.assert_allclose(change, -learning_rate * central_difference(loss, start), rtol=1e-6, atol=1e-8)
    assert path.loss[0] == pytest.approx(loss(start))


@given(st.integers(0, 10_000), st.floats(0.01, 1))
@settings(quick, max_examples=25)
def test_a_logistic_update_is_a_step_down_the_gradient_of_its_loss(seed, learning_rate):
    X, t = random_regression(seed)
    y = (t > 0).astype(int)
    start = np.random.default_rng(seed + 1).normal(scale=0.3, size=4)
    path = p.fit_logistic(
        X, y, learning_rate=learning_rate, epochs=1, initial_weights=start[:3], initial_bias=float(start[3])
    )

    def loss(v):
        a = 1 / (1 + np.exp(-(X @ v[:3] + v[3])))
        return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))

    change = np.append(path.weights[1] - path.weights[0], path.bias[1] - path.bias[0])
    np.testing.assert_allclose(change, -learning_rate * central_difference(loss, start), rtol=1e-6, atol=1e-8)
    assert path.loss[0] == pytest.approx(loss(start))


def test_the_delta_rule_settles_at_the_least_squares_solution():
    X, t = random_regression(3)
    path = p.fit_delta(X, t, learning_rate=0.9 * p.largest_stable_rate(X), epochs=2000)
    best, *_ = np.linalg.lstsq(p.fold_bias(X), t, rcond=None)
    np.testing.assert_allclose(np.append(path.weights[-1], path.bias[-1]), best, rtol=1e-8)
    assert path.weights.shape == (2001, 3) and path.bias.shape == path.loss.shape == (2001,)
    assert np.all(np.diff(path.loss) <= 1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_stable_rate_divides_settling_from_diverging(seed):
    X, t = random_regression(seed)
    rate = p.largest_stable_rate(X)
    best, *_ = np.linalg.lstsq(p.fold_bias(X), t, rcond=None)
    lowest = np.mean(0.5 * (p.fold_bias(X) @ best - t) ** 2)
    above = p.fit_delta(X, t, learning_rate=1.001 * rate, epochs=3000).loss - lowest
    below = p.fit_delta(X, t, learning_rate=0.999 * rate, epochs=3000).loss - lowest
    # along the steepest direction the error is multiplied by 1 − 2·1.001, the excess loss by its square
    assert above[-1] / above[-501] == pytest.approx(1.002**1000, rel=1e-3)
    assert below[-1] / below[-501] == pytest.approx(0.998**1000, rel=1e-3)


def test_a_loss_that_overflows_is_an_error_that_names_epoch_and_rate():
    X, t = random_regression(0)
    rate = 10 * p.largest_stable_rate(X)
    with pytest.raises(FloatingPointError, match=rf"inf at epoch \d+ with learning_rate {rate:g}"):
        p.fit_delta(X, t, learning_rate=rate, epochs=1000)


@pytest.mark.filterwarnings("ignore:scipy.optimize:DeprecationWarning")  # an old scikit-learn, a new SciPy
def test_logistic_regression_agrees_with_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    X, t = random_regression(5, n_examples=80)
    y = (t + X[:, 0] > 0.7).astype(int)
    path = p.fit_logistic(X, y, learning_rate=2 * p.largest_stable_rate(X), epochs=3000)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(path.weights[-1], theirs.coef_[0], rtol=1e-5)
    np.testing.assert_allclose(path.bias[-1], theirs.intercept_[0], rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_logistic_loss_falls_below_four_times_the_stable_rate(seed):
    X, t = random_regression(seed)
    path = p.fit_logistic(X, (t > 0).astype(int), learning_rate=3.99 * p.largest_stable_rate(X), epochs=60)
    assert np.all(np.diff(path.loss) < 1e-15)


def test_the_cross_entropy_stays_exact_where_the_sigmoid_is_rounded():
    path = p.fit_logistic([[1], [1]], [0, 1], learning_rate=1e-9, epochs=1, initial_weights=[2000.0])
    assert path.loss[0] == pytest.approx(1000.0)  # ½ · 2000 for the wrong one, ½ · e^−2000 for the right one


# The door


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: p.fit([1, 2], [0, 1]), r"X must have 2 axes, got shape \(2,\)"),
        (lambda: p.fit(THREE, [1, 0]), "y must hold 3 labels, one per example, got 2"),
        (lambda: p.fit(THREE, [1, -1, 1]), "y must hold labels from 0 to 1, got -1 at index 1"),
        (lambda: p.fit(THREE, LABELS, learning_rate=0), "learning_rate must be a number above 0, got 0"),
        (lambda: p.fit(THREE, LABELS, error_threshold=1), "error_threshold must be .* below 1, got 1"),
        (lambda: p.fit(THREE, LABELS, max_epochs=0), "max_epochs must be a whole number at least 1, got 0"),
        (lambda: p.fit(THREE, LABELS, rng=0), "rng must be a numpy.random.Generator"),
        (lambda: p.fit_offline(THREE, LABELS, initial_weights=[1]), r"initial_weights must have shape \(2,\)"),
        (lambda: p.fit_offline(THREE, LABELS, initial_bias="b"), "initial_bias must be a number, got 'b'"),
        (lambda: p.fit_delta(THREE, [1, 2], learning_rate=1, epochs=1), r"targets must have shape \(3,\), got \(2,\)"),
        (lambda: p.fit_delta(THREE, LABELS, learning_rate=1, epochs=0), "epochs must be a whole number at least 1"),
        (lambda: p.fit_logistic(THREE, LABELS * 1.0, learning_rate=1, epochs=1), "y must hold whole-number labels"),
        (lambda: p.fit_logistic(THREE, LABELS, learning_rate=-1, epochs=1), "learning_rate must be a number above 0"),
        (lambda: p.predict(THREE, [1, 2, 3], 0), r"weights must have shape \(2,\), got \(3,\)"),
        (lambda: p.predict(THREE, [1, 2], [0]), r"bias must be a number, got \[0\]"),
        (lambda: p.accuracy(THREE, [2, 0, 1], [1, 2], 0), "y must hold labels from 0 to 1, got 2"),
        (lambda: p.step([0.0, np.nan]), "z must be finite, got nan at index 1"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Where numbers leave the floats


@pytest.mark.parametrize("train", [p.fit, p.fit_offline])
@pytest.mark.parametrize("settings", [{}, {"learning_rate": 1e308}])
def test_weights_that_leave_the_floats_are_named(train, settings):
    X = np.array([[1e308, -1e308], [-1e308, 1e308], [1e308, 1e308]])
    with pytest.raises(FloatingPointError, match="the weights left the floats in epoch"):
        train(X, [1, 0, 0] if settings else [1, 1, 0], **(settings or {"learning_rate": 10.0}))


@pytest.mark.parametrize(
    "call",
    [
        lambda: p.weighted_sum([[1e200]], [1e200], 0),
        lambda: p.weighted_sum(np.full((1, 2), 60000, np.float16), np.full(2, 2, np.float16), 0),
        lambda: p.mistake_bound([[1e200], [-1e200]], [1, 0], [1e-200], 1e-300),
        lambda: p.largest_stable_rate([[1e200], [1.0]]),
    ],
)
def test_a_result_beyond_the_floats_is_named(call):
    with pytest.raises(ValueError, match="X and the weights hold values so large"):
        call()


def test_the_margin_of_very_short_weights_is_the_one_of_their_direction():
    assert p.margin([[3.0, 4.0], [0, 0]], [1, 0], [3e-200, 4e-200], -10e-200) == pytest.approx(2.0)


# scikit-learn's


@pytest.mark.parametrize("seed", range(20))
def test_scikit_learn_takes_the_same_path_from_zero_when_the_first_example_is_a_1(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 3))
    y = (X @ rng.normal(size=3) + rng.normal(size=40) > 0).astype(int)
    first = int(np.argmax(y))
    X[[0, first]], y[[0, first]] = X[[first, 0]], y[[first, 0]]
    theirs = Perceptron(shuffle=False, max_iter=5, tol=None).fit(X, y)
    ours = p.fit(X, y, max_epochs=5)
    np.testing.assert_allclose(ours.weights, theirs.coef_[0], rtol=1e-9, atol=1e-12)
    assert ours.bias == pytest.approx(theirs.intercept_[0])


def test_scikit_learn_counts_a_sum_of_zero_as_a_mistake_for_class_0_too():
    X, y = np.array([[1.0], [2.0]]), np.array([0, 1])
    theirs = Perceptron(shuffle=False, max_iter=1, tol=None).fit(X, y)
    ours = p.fit(X, y, max_epochs=1)
    assert (ours.weights[0], ours.bias) == (2.0, 1.0)
    assert (theirs.coef_[0, 0], theirs.intercept_[0]) != (2.0, 1.0)

"""Every data set keeps the contract of shapes and types, and is what its docstring says it is."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkit import datasets as d
from mlkit import perceptron

quick = settings(max_examples=80, deadline=None, derandomize=True)
BUNDLED = {"iris": (d.iris, 150), "breast cancer": (d.breast_cancer, 569), "digits": (d.digits, 1797)}


def generator(seed=0):
    return np.random.default_rng(seed)


def phi(x):
    return float(d._normal_cdf(x))


# The registry


@pytest.mark.parametrize("name", d.DATASETS)
@pytest.mark.parametrize("n_examples", [60, 61])
def test_every_data_set_keeps_the_contract(name, n_examples):
    dataset = d.DATASETS[name]
    X, y = dataset.make(n_examples, generator())
    assert X.shape == (n_examples, dataset.n_features) and X.dtype == np.float64
    assert y.shape == (n_examples,) and y.dtype == np.int64
    assert np.isfinite(X).all()
    assert set(y) == set(range(dataset.n_classes))
    if name not in BUNDLED:
        counts = np.bincount(y)
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("name", d.DATASETS)
def test_the_same_seed_gives_the_same_data_and_another_seed_other_data(name):
    make = d.DATASETS[name].make
    (X, y), (X_again, y_again), (X_other, y_other) = (
        make(40, generator(1)),
        make(40, generator(1)),
        make(40, generator(2)),
    )
    np.testing.assert_array_equal(X, X_again)
    np.testing.assert_array_equal(y, y_again)
    assert np.any(X_other != X) and np.any(y_other != y)


@pytest.mark.parametrize("name", d.DATASETS)
def test_every_data_set_rejects_a_seed_in_place_of_a_generator_and_a_count_of_zero(name):
    with pytest.raises(ValueError, match=r"rng must be a numpy.random.Generator.* got 0"):
        d.DATASETS[name].make(40, 0)
    with pytest.raises(ValueError, match="n_examples must be a whole number at least"):
        d.DATASETS[name].make(0, generator())


@pytest.mark.parametrize("name", d.DATASETS)
def test_every_data_set_has_a_sentence(name):
    sentence = d.DATASETS[name].sentence
    assert sentence[0].isupper() and sentence.endswith(".") and len(sentence) < 90


@pytest.mark.parametrize("name", BUNDLED)
def test_a_sample_of_a_bundled_set_holds_different_examples_of_it(name):
    load, n_all = BUNDLED[name]
    X_all, y_all = load()
    assert len(X_all) == len(y_all) == n_all
    X, y = d.DATASETS[name].make(n_all, generator())
    order, order_all = np.lexsort(X.T), np.lexsort(X_all.T)
    np.testing.assert_array_equal(X[order], X_all[order_all])
    assert np.bincount(y).tolist() == np.bincount(y_all).tolist()
    with pytest.raises(ValueError, match=f"n_examples must be at most {n_all}, got {n_all + 1}"):
        d.DATASETS[name].make(n_all + 1, generator())


def test_importing_loads_no_heavy_library():
    code = "import sys, mlkit.datasets; print({'sklearn', 'matplotlib', 'ipywidgets'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# Noisy XOR


def test_noisy_xor_without_noise_is_xor_at_the_four_corners():
    X, y = d.noisy_xor(400, noise_variance=0, standardized=False, rng=generator())
    corners, counts = np.unique(np.column_stack([X, y]), axis=0, return_counts=True)
    assert corners.tolist() == [[-1, -1, 0], [-1, 1, 1], [1, -1, 1], [1, 1, 0]]
    assert counts.tolist() == [100] * 4


def test_noisy_xor_noise_has_the_stated_variance_and_no_direction():
    X, y = d.noisy_xor(40_000, noise_variance=0.1, standardized=False, rng=generator())
    noise = X - np.sign(X)  # flips are too rare (1 in 1000) to matter at this tolerance
    np.testing.assert_allclose(np.cov(noise.T), 0.1 * np.eye(2), atol=0.003)


def test_noisy_xor_is_standardized_only_when_asked_and_labels_do_not_change():
    X, y = d.noisy_xor(rng=generator(3))
    raw, y_raw = d.noisy_xor(standardized=False, rng=generator(3))
    assert X.shape == (1000, 2)
    np.testing.assert_allclose([X.mean(axis=0), X.std(axis=0)], [[0, 0], [1, 1]], atol=1e-12)
    np.testing.assert_allclose(X, d.standardize(raw))
    np.testing.assert_array_equal(y, y_raw)
    assert raw.std() == pytest.approx(1.1**0.5, rel=0.01)  # 1 between the clouds, 0.1 within


@pytest.mark.parametrize("noise_variance", [0.1, 0.5, 2.0])
def test_the_best_accuracies_on_noisy_xor_are_those_of_a_large_sample(noise_variance):
    n = 400_000
    X, y = d.noisy_xor(n, noise_variance, standardized=False, rng=generator(5))
    four_standard_errors = 4 * 0.5 / n**0.5
    by_signs = np.mean((X[:, 0] * X[:, 1] < 0) == y)
    assert by_signs == pytest.approx(d.noisy_xor_bayes_accuracy(noise_variance), abs=four_standard_errors)
    z = np.sort((X[:, 0] - X[:, 1]) / 2**0.5)
    ones = y[np.argsort((X[:, 0] - X[:, 1]) / 2**0.5)]
    right = (np.cumsum(1 - ones) + ones.sum() - np.cumsum(ones)) / n  # accuracy of the cut after each point
    assert right.max() == pytest.approx(d.noisy_xor_best_line_accuracy(noise_variance), abs=four_standard_errors)
    assert z[np.argmax(right)] > 0


@pytest.mark.parametrize("noise_variance", [0.01, 0.1, 0.5, 2.0])
def test_no_line_of_a_fine_grid_beats_the_best_line(noise_variance):
    sigma = noise_variance**0.5
    angles, offsets = np.linspace(0, 2 * np.pi, 181), np.linspace(-4, 4, 401)
    centers = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])  # the last two are class 1
    z = (centers @ [np.cos(angles), np.sin(angles)])[:, :, None] - offsets
    beyond = np.vectorize(phi)(z / sigma)
    best = np.mean([1 - beyond[0], 1 - beyond[1], beyond[2], beyond[3]], axis=0).max()
    stated = d.noisy_xor_best_line_accuracy(noise_variance)
    assert stated - 1e-3 < best <= stated + 1e-12


def test_no_rule_beats_the_bayes_accuracy_in_the_limits():
    assert d.noisy_xor_bayes_accuracy(1e-4) == 1.0
    assert d.noisy_xor_best_line_accuracy(1e-4) == pytest.approx(0.75)
    assert d.noisy_xor_bayes_accuracy(1e6) == pytest.approx(0.5, abs=1e-5)
    for variance in (0.05, 0.1, 1.0, 10.0):
        assert 0.5 < d.noisy_xor_best_line_accuracy(variance) < d.noisy_xor_bayes_accuracy(variance)


# Blobs


@given(st.integers(2, 60), st.floats(0.01, 3), st.integers(0, 10_000))
@quick
def test_the_nearest_blob_examples_lie_at_the_chosen_margin_on_both_sides(n_examples, margin, seed):
    X, y = d.blobs(n_examples, margin, rng=generator(seed))
    z = perceptron.weighted_sum(X, *d.blobs_line())
    assert z[y == 1].min() == pytest.approx(margin, abs=1e-12)
    assert -z[y == 0].max() == pytest.approx(margin, abs=1e-12)


@given(st.floats(0.01, 3), st.integers(0, 10_000))
@quick
def test_no_line_has_a_larger_margin_than_the_chosen_one(margin, seed):
    X, y = d.blobs(30, margin, rng=generator(seed))
    gaps = np.linalg.norm(X[y == 1][:, None] - X[y == 0], axis=-1)
    assert gaps.min() == pytest.approx(2 * margin, abs=1e-12)  # a line at more than half of this misses one of the two


def test_the_line_between_the_blobs_has_unit_length_and_separates_them():
    weights, bias = d.blobs_line()
    assert np.linalg.norm(weights) == 1.0
    X, y = d.blobs(200, margin=0.3, rng=generator())
    assert perceptron.accuracy(X, y, weights, bias) == 1.0


def test_another_margin_moves_the_same_blobs_apart_along_the_normal():
    near, y = d.blobs(50, margin=0.1, rng=generator(4))
    far, y_far = d.blobs(50, margin=0.8, rng=generator(4))
    np.testing.assert_array_equal(y, y_far)
    np.testing.assert_allclose(far - near, 0.7 * np.where(y == 1, 1, -1)[:, None] * d.blobs_line()[0], atol=1e-12)


# Curves


def test_moons_without_noise_are_two_half_circles():
    X, y = d.moons(100, noise=0, rng=generator())
    upper, lower = X[y == 0], X[y == 1]
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(lower - [1, 0.5], axis=1), 1)
    assert upper[:, 1].min() >= 0 and lower[:, 1].max() <= 0.5


def test_circles_without_noise_have_radius_one_and_the_factor():
    X, y = d.circles(100, noise=0, factor=0.3, rng=generator())
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), np.where(y == 0, 1, 0.3))


@pytest.mark.parametrize(("n_classes", "turns"), [(2, 1.0), (3, 0.5), (3, 1.75)])
def test_spiral_arms_wind_as_often_as_asked_and_are_turned_copies(n_classes, turns):
    X, y = d.spirals(300, noise=0, n_classes=n_classes, turns=turns, rng=generator())
    radius, angle = np.linalg.norm(X, axis=1), np.arctan2(X[:, 1], X[:, 0])
    assert 0.1 <= radius.min() < 0.12 and 0.98 < radius.max() <= 1
    expected = 2 * np.pi * (turns * radius + y / n_classes)
    np.testing.assert_allclose(np.cos(angle - expected), 1)


@pytest.mark.parametrize("make", [d.moons, d.circles, d.spirals])
def test_noise_is_the_standard_deviation_on_each_axis(make):
    clean, _ = make(5000, noise=0, rng=generator(1))
    noisy, _ = make(5000, noise=0.2, rng=generator(1))
    np.testing.assert_allclose((noisy - clean).std(axis=0), 0.2, rtol=0.05)


# Bundled sets


def test_bundled_sets_are_those_of_scikit_learn():
    from sklearn import datasets

    for ours, theirs, scale in [
        (d.iris, datasets.load_iris, 1),
        (d.breast_cancer, datasets.load_breast_cancer, 1),
        (d.digits, datasets.load_digits, 16),
    ]:
        X, y = ours()
        X_theirs, y_theirs = theirs(return_X_y=True)
        np.testing.assert_array_equal(X * scale, X_theirs)
        np.testing.assert_array_equal(y, y_theirs)
        assert X.dtype == np.float64 and y.dtype == np.int64


def test_a_perceptron_separates_setosa_from_the_other_irises():
    X, y = d.iris()
    assert perceptron.fit(X, (y == 0).astype(int)).converged


# Split and standardize


@given(st.integers(0, 10_000), st.floats(0.2, 0.8), st.lists(st.integers(5, 30), min_size=1, max_size=4))
@quick
def test_a_split_uses_every_example_once_and_keeps_the_mixture(seed, fraction, counts):
    y = generator(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    X = np.arange(float(len(y)))[:, None]
    X_train, X_test, y_train, y_test = d.split(X, y, fraction, rng=generator(seed))
    np.testing.assert_array_equal(np.sort(np.concatenate([X_train, X_test])[:, 0]), X[:, 0])
    np.testing.assert_array_equal(y_train, y[X_train[:, 0].astype(int)])
    np.testing.assert_array_equal(y_test, y[X_test[:, 0].astype(int)])
    assert np.bincount(y_test).tolist() == [round(fraction * n) for n in counts]


def test_both_parts_of_a_split_come_in_random_order():
    X, y = np.arange(200.0)[:, None], np.repeat([0, 1], 100)
    for part in d.split(X, y, 0.5, rng=generator()):
        assert np.any(np.diff(part, axis=0) < 0)


def test_a_split_that_would_lose_a_class_is_refused():
    X, y = np.zeros((12, 1)), [0] * 10 + [1] * 2
    with pytest.raises(ValueError, match=r"got 0.1, which puts 0 of the 2 examples of class 1 into the test part"):
        d.split(X, y, 0.1, rng=generator())
    with pytest.raises(ValueError, match="which puts 2 of the 2 examples"):
        d.split(X, y, 0.9, rng=generator())


@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-50, 50))
@quick
def test_standardized_data_do_not_depend_on_units(seed, scale, shift):
    X, other = generator(seed).normal(size=(2, 20, 3))
    one, two = d.standardize(X, other), d.standardize(scale * X + shift, scale * other + shift)
    np.testing.assert_allclose([one[0].mean(axis=0), one[0].std(axis=0)], [[0] * 3, [1] * 3], atol=1e-9)
    np.testing.assert_allclose(two[0], one[0], atol=1e-8)
    np.testing.assert_allclose(two[1], one[1], atol=1e-8)


def test_the_others_are_moved_by_what_was_measured_on_train():
    train, test = d.standardize([[0.0], [4.0]], [[2.0], [10.0]])
    assert train.tolist() == [[-1], [1]] and test.tolist() == [[0], [4]]


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1])
def test_a_constant_feature_is_shifted_and_keeps_its_scale(value):
    train, test = d.standardize(np.full((3, 1), value), [[value + 3]])
    assert train.tolist() == [[0]] * 3
    assert test[0, 0] == pytest.approx(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: d.noisy_xor(3, rng=generator()), "n_examples must be a whole number at least 4, got 3"),
        (lambda: d.noisy_xor(noise_variance=-1, rng=generator()), "noise_variance must be a number at least 0, got -1"),
        (lambda: d.noisy_xor_bayes_accuracy(0), "noise_variance must be a number above 0, got 0"),
        (lambda: d.noisy_xor_best_line_accuracy(0), "noise_variance must be a number above 0, got 0"),
        (lambda: d.blobs(10, margin=0, rng=generator()), "margin must be a number above 0, got 0"),
        (lambda: d.moons(noise=-0.1, rng=generator()), "noise must be a number at least 0, got -0.1"),
        (lambda: d.circles(factor=1, rng=generator()), "factor must be a number above 0 and below 1, got 1"),
        (lambda: d.spirals(2, n_classes=3, rng=generator()), "n_examples must be a whole number at least 3, got 2"),
        (lambda: d.spirals(n_classes=1, rng=generator()), "n_classes must be a whole number at least 2, got 1"),
        (lambda: d.spirals(turns=0, rng=generator()), "turns must be a number above 0 and below 1000, got 0"),
        (lambda: d.split([[1], [2]], [0], 0.5, rng=generator()), "y must hold 2 labels, one per example, got 1"),
        (lambda: d.split([[1], [2]], [0, 0], 1, rng=generator()), "test_fraction must be .* below 1, got 1"),
        (lambda: d.standardize([1, 2]), r"train must have 2 axes, got shape \(2,\)"),
        (lambda: d.standardize([[1, 2]], [[1]]), r"others must have 2 features like train, got shape \(1, 1\)"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# standardize, where numbers are hard


@pytest.mark.parametrize("value", [0.1, 0.3, 14.62, 0.75, 1e-9, 123456.7])
def test_a_constant_feature_becomes_0_and_leaves_the_others_sane(value):
    train = np.column_stack([np.full(1000, value), np.arange(1000.0)])
    first, second = d.standardize(train, train[:2] + [0.5, 0])
    assert (first[:, 0] == 0).all()
    np.testing.assert_allclose(second[:, 0], 0.5, rtol=1e-6)


def test_single_precision_far_from_zero_is_standardized_as_in_double():
    train = np.array([[1e8], [1e8 + 8], [1e8 + 16]])
    half = d.standardize(train.astype(np.float32))
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, d.standardize(train), rtol=1e-6)
    np.testing.assert_allclose(half[:, 0], [-np.sqrt(1.5), 0, np.sqrt(1.5)], rtol=1e-6)


def test_half_precision_is_not_lost_in_a_sum():
    train = np.full((400, 1), 300, np.float16)
    train[::2] = 302
    np.testing.assert_allclose(d.standardize(train)[:2, 0], [1, -1])


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_features_whose_squares_are_no_floats_are_named(size):
    train = np.column_stack([np.arange(3.0), size * np.arange(3.0)])
    with pytest.raises(ValueError, match="train must have features whose squares are floats, got .* in feature 1"):
        d.standardize(train)


def test_a_spiral_has_a_number_of_turns_that_can_be_drawn():
    with pytest.raises(ValueError, match="turns must be a number above 0 and below 1000, got 1e"):
        d.spirals(turns=1e308, rng=np.random.default_rng(0))


def test_standardized_is_yes_or_no():
    with pytest.raises(ValueError, match="standardized must be True or False, got 'no'"):
        d.noisy_xor(standardized="no", rng=np.random.default_rng(0))

"""The tester is tested: right gradients pass, planted mistakes do not, and kinks are reported, not judged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlkit.gradient_check import (
    GradientMismatch,
    central_difference,
    check_gradient,
    complex_step,
    relative_error,
)

quick = settings(max_examples=60, deadline=None, derandomize=True)
vectors = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=3), elements=st.floats(-10, 10))

SMOOTH = {  # f and its gradient
    "sum of squares": (lambda x: (x**2).sum(), lambda x: 2 * x),
    "exp": (lambda x: np.exp(x).sum(), np.exp),
    "product": (lambda x: np.prod(x), lambda x: np.prod(x) / x),
    "fast wave": (lambda x: np.sin(20 * x).sum(), lambda x: 20 * np.cos(20 * x)),
    "large offset": (lambda x: 1e6 + x.sum(), np.ones_like),
    "tiny": (lambda x: 1e-12 * (x**3).sum(), lambda x: 3e-12 * x**2),
    "huge": (lambda x: 1e12 * (x**3).sum(), lambda x: 3e12 * x**2),
    "zero": (lambda x: 0.0 * x.sum(), np.zeros_like),
    "quartic": (lambda x: ((x - 0.3) ** 4).sum(), lambda x: 4 * (x - 0.3) ** 3),
}
POINT = np.array([[0.7, -1.3, 2.0], [0.1, -0.4, 0.3]])


# Measuring


@pytest.mark.parametrize(("f", "gradient"), SMOOTH.values(), ids=SMOOTH.keys())
def test_a_right_gradient_passes(f, gradient):
    report = check_gradient(f, gradient(POINT), POINT)
    assert report.checked == POINT.size
    assert report.kinks == []


@pytest.mark.parametrize(("f", "gradient"), SMOOTH.values(), ids=SMOOTH.keys())
def test_the_complex_step_is_exact_to_the_last_digits(f, gradient):
    np.testing.assert_allclose(complex_step(f, POINT), gradient(POINT), rtol=1e-13, atol=1e-28)


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 3)])
@pytest.mark.parametrize("measure", [central_difference, complex_step])
def test_any_shape_is_measured_entry_by_entry(measure, shape):
    x = np.random.default_rng(0).normal(size=shape)
    gradient = measure(lambda x: (x**3).sum(), x)
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-8)
    assert check_gradient(lambda x: (x**3).sum(), 3 * x**2, x).checked == x.size


def test_the_error_falls_with_the_square_of_the_step_until_roundoff_takes_over():
    def error(step):
        return float(abs(central_difference(lambda x: np.exp(x).sum(), [0.0], step)[0] - 1))

    assert error(1e-2) / error(1e-3) == pytest.approx(100, rel=0.01)
    assert error(1e-2) == pytest.approx(1e-4 / 6, rel=0.01)  # h²/6 · f‴
    assert error(1e-12) > 100 * error(1e-5)
    assert error(1e-17) == 1  # x + h is x: nothing moves


@pytest.mark.parametrize("measure", [central_difference, complex_step])
def test_x_is_left_alone_even_if_f_is_not_careful(measure):
    x = np.array([1.0, 2.0])

    def careless(x):
        x *= 3
        return x.sum()

    np.testing.assert_allclose(measure(careless, x), 3, rtol=1e-9)
    check_gradient(careless, [3, 3], x)
    np.testing.assert_array_equal(x, [1, 2])


def test_float32_points_are_measured_in_float64():
    x = np.array([0.5, -2.0], dtype=np.float32)
    assert central_difference(lambda x: (x**2).sum(), x) == pytest.approx([1, -4], rel=1e-9)
    assert check_gradient(lambda x: (x**2).sum(), 2 * x, x).checked == 2


def test_relative_error_is_relative_to_the_larger():
    np.testing.assert_array_equal(relative_error([1, 0, 2, 1, 3], [1, 0, -2, 2, 0]), [0, 0, 2, 0.5, 1])
    assert relative_error(1e308, -1e308) == 2
    assert relative_error(3.0, 3.0) == 0


# Planted mistakes

X = np.array([[0.5, -1.0], [2.0, 0.3], [-0.7, 1.2]])
W = np.array([[0.4, -0.9], [1.1, 0.6]])
Y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def hidden_loss(W):
    """A ReLU layer, then ½ squared error, as a mean over the examples."""
    return (0.5 * (np.maximum(X @ W, 0) - Y) ** 2).sum() / len(X)


def hidden_gradient(W, slope=lambda z, a: a > 0, n=3, transpose=True, sign=1):
    z = X @ W
    a = np.maximum(z, 0)
    grad = sign * (a - Y) * slope(z, a) / n
    return X.T @ grad if transpose else (grad.T @ X)


def test_the_gradient_of_a_layer_passes():
    report = check_gradient(hidden_loss, hidden_gradient, W)
    assert report.checked == 4
    assert report.largest_error < 1e-8


@pytest.mark.parametrize(
    "planted",
    [
        {"slope": lambda z, a: a >= 0},
        {"slope": lambda z, a: z < 0},
        {"n": 1},
        {"transpose": False},
        {"sign": -1},
        {"n": 2 * len(X)},
    ],
    ids=["relu slope with >= on the output", "relu slope mirrored", "1/n lost", "transposed", "minus lost", "factor 2"],
)
def test_a_planted_mistake_is_caught(planted):
    with pytest.raises(GradientMismatch, match="gradient is wrong at index"):
        check_gradient(hidden_loss, hidden_gradient(W, **planted), W)


def test_the_message_says_where_analytic_numeric_and_how_far_apart():
    gradient = 2 * POINT
    gradient[1, 2] = 0.5
    with pytest.raises(AssertionError) as caught:
        check_gradient(lambda x: (x**2).sum(), gradient, POINT)
    error = caught.value
    assert (error.index, error.wrong, error.analytic) == ((1, 2), [(1, 2)], 0.5)
    assert error.numeric == pytest.approx(0.6)
    assert error.relative_error == pytest.approx(1 / 6)
    for part in ("index (1, 2)", "analytic 0.5", "numeric 0.6", "relative error 0.167", "disagree: 1"):
        assert part in str(error)


def test_the_worst_of_several_wrong_entries_is_shown():
    with pytest.raises(GradientMismatch) as caught:
        check_gradient(lambda x: (x**2).sum(), [2.0, 4.1, -6.0, 8.0], [1.0, 2.0, 3.0, 4.0])
    assert caught.value.index == (2,)
    assert caught.value.wrong == [(1,), (2,)]


@quick
@given(x=vectors, data=st.data())
def test_a_single_wrong_entry_is_found_anywhere(x, data):
    index = data.draw(st.tuples(*(st.integers(0, n - 1) for n in x.shape)))
    gradient = np.cos(x) + 3
    check_gradient(lambda x: (np.sin(x) + 3 * x).sum(), gradient, x)
    gradient[index] *= 1 + 1e-4
    with pytest.raises(GradientMismatch) as caught:
        check_gradient(lambda x: (np.sin(x) + 3 * x).sum(), gradient, x)
    assert caught.value.wrong == [index]


def test_the_tolerance_decides():
    gradient = 2 * POINT * (1 + 1e-4)
    assert check_gradient(lambda x: (x**2).sum(), gradient, POINT, tolerance=1e-3).largest_error > 9e-5
    with pytest.raises(GradientMismatch, match="tolerance 1e-05"):
        check_gradient(lambda x: (x**2).sum(), gradient, POINT, tolerance=1e-5)


# Kinks


def test_entries_on_a_kink_are_reported_and_not_judged():
    x = np.array([[-1.0, 0.0], [0.0, 2.0]])
    for at_kink in (-1.0, 0.0, 1.0):
        gradient = np.where(x == 0, at_kink, np.sign(x))
        report = check_gradient(lambda x: np.abs(x).sum(), gradient, x)
        assert report.checked == 2
        assert report.kinks == [(0, 1), (1, 0)]


def test_a_kink_excuses_no_other_entry():
    x = np.array([-1.0, 0.0, 2.0])
    with pytest.raises(GradientMismatch) as caught:
        check_gradient(lambda x: np.maximum(x, 0).sum(), np.maximum(x, 0) >= 0, x)
    assert caught.value.wrong == [(0,)]


@pytest.mark.parametrize("distance", [1e-3, 5e-6, 2e-6, 5e-7, -5e-7, -2e-6, -1e-3])
def test_a_kink_nearby_spoils_nothing(distance):
    x = np.array([distance, 1.0])
    report = check_gradient(lambda x: np.maximum(x, 0).sum(), (x > 0) * 1.0, x)
    assert report.checked == 2
    with pytest.raises(GradientMismatch):
        check_gradient(lambda x: np.maximum(x, 0).sum(), (x <= 0) * 1.0, x)


def test_a_small_kink_in_a_large_function_is_seen():
    report = check_gradient(lambda x: (100 + np.sin(x) + 1e-3 * np.abs(x)).sum(), [1.0, 1.001], [0.0, 1e-9 + 1e-4])
    assert report.kinks == [(0,)]


@pytest.mark.parametrize("curvature", [1.0, 1e2, 1e4])
def test_a_sharp_curve_is_no_kink(curvature):
    x = np.array([0.3, -0.2])
    report = check_gradient(lambda x: (0.5 * curvature * x**2 + x).sum(), curvature * x + 1, x)
    assert report.checked == 2


def test_a_step_is_a_kink():
    report = check_gradient(lambda x: (x > 0).sum() + x.sum(), [1.0, 1.0], [0.0, 1.0])
    assert report.kinks == [(0,)]


@pytest.mark.parametrize("x", [np.zeros((2, 2)), np.zeros((0, 2))])
def test_a_check_that_compares_nothing_does_not_pass(x):
    with pytest.raises(ValueError, match=r"x must have entries off the kinks of f, got \d entries"):
        check_gradient(lambda x: np.abs(x).sum(), np.zeros_like(x), x)


# Doors


@pytest.mark.parametrize("x", ["abc", None, [1.0, np.nan], [np.inf], [[1.0], [1.0, 2.0]], [1j]])
@pytest.mark.parametrize("measure", [central_difference, complex_step, lambda f, x: check_gradient(f, x, x)])
def test_a_wrong_x_is_named(measure, x):
    with pytest.raises(ValueError, match="^x must"):
        measure(lambda x: x.sum(), x)


@pytest.mark.parametrize("result", [np.ones(2), np.nan, np.inf, 1j, "a", None])
def test_a_wrong_result_of_f_is_named(result):
    with pytest.raises(ValueError, match="^f must return"):
        central_difference(lambda x: result, [1.0])
    with pytest.raises(ValueError, match="^f must return"):
        check_gradient(lambda x: result, [1.0], [1.0])


@pytest.mark.parametrize("f", [lambda x: np.abs(x).sum(), lambda x: x.real.sum(), lambda x: 1.0])
def test_a_function_that_drops_the_imaginary_part_is_not_differentiated(f):
    with pytest.raises(ValueError, match="f must return one complex number"):
        complex_step(f, [1.0, 2.0])


def test_complex_results_must_be_finite():
    with pytest.raises(ValueError, match="f must return a finite number"):
        complex_step(lambda x: np.nan * x.sum(), [1.0])


@pytest.mark.parametrize("gradient", [[1.0], [[1.0, 1.0]], 1.0, [1.0, np.nan], ["a", "b"], None])
def test_a_wrong_gradient_is_named_and_never_broadcast(gradient):
    for given_as in (gradient, lambda x: gradient):
        with pytest.raises(ValueError, match="^gradient must"):
            check_gradient(lambda x: x.sum(), given_as, [1.0, 2.0])


@pytest.mark.parametrize("number", [0, -1e-5, np.nan, np.inf, "1", None, True])
def test_step_and_tolerance_are_positive_numbers(number):
    if number is not None:
        with pytest.raises(ValueError, match="^step must be a number above 0"):
            central_difference(lambda x: x.sum(), [1.0], number)
    with pytest.raises(ValueError, match="^tolerance must be a number above 0"):
        check_gradient(lambda x: x.sum(), [1.0], [1.0], number)


def test_relative_error_never_broadcasts():
    with pytest.raises(ValueError, match=r"b must have shape \(2,\), got \(\)"):
        relative_error([1.0, 2.0], 1.0)


@quick
@given(x=hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=3), elements=st.floats(0.1, 10)))
def test_quadratic_forms_of_any_shape_pass(x):
    A = np.random.default_rng(x.size).uniform(0.5, 2, size=(x.size, x.size))  # no slope is hidden beside the others

    def f(x):
        return x.ravel() @ A @ x.ravel()

    report = check_gradient(f, ((A + A.T) @ x.ravel()).reshape(x.shape), x)
    assert (report.checked, report.kinks, report.undecided) == (x.size, [], [])


# What rounding hides is not decided


@pytest.mark.parametrize("claimed", [2.0, -2.0, 0.0])
def test_a_slope_that_rounding_hides_is_not_decided_whatever_was_claimed(claimed):
    with pytest.raises(ValueError, match="1 whose slope is hidden by the rounding of f"):
        check_gradient(lambda x: x[0] ** 2 + 1e9, [claimed], [1.0])


def test_entries_that_rounding_hides_are_listed_and_the_others_judged():
    def f(x):
        return 1e9 * x[0] + x[1]

    report = check_gradient(f, [1e9, 0.0], [1.0, 1.0])
    assert (report.checked, report.undecided) == (1, [(1,)])
    with pytest.raises(GradientMismatch):
        check_gradient(f, [0.9e9, 1.0], [1.0, 1.0])


def test_an_entry_that_f_does_not_use_is_decided():
    assert check_gradient(lambda x: x[0] ** 2, [2.0, 0.0], [1.0, 5.0]).checked == 2

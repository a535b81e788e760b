"""The door lets through what fits, unchanged, and names what does not."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlkit import datasets, perceptron
from mlkit import validation as v
from mlkit.activations import ACTIVATIONS
from mlkit.gradient_check import check_gradient, relative_error
from mlkit.losses import LOSSES, one_hot
from mlkit.network import Network
from mlkit.optimizers import SGD
from mlkit.surfaces import SURFACES
from mlkit.training import minibatches, train

quick = settings(max_examples=80, deadline=None, derandomize=True)

# Arrays


@given(hnp.arrays(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(), elements=st.floats(-9, 9, width=32)))
@quick
def test_floats_pass_unchanged_and_keep_their_type(array):
    assert v.as_floats(array, "X") is array


@given(hnp.arrays(st.sampled_from([np.int8, np.uint16, np.int64, np.bool_]), hnp.array_shapes()))
@quick
def test_whole_numbers_and_booleans_become_float64(array):
    floats = v.as_floats(array, "X")
    assert floats.dtype == np.float64
    np.testing.assert_array_equal(floats, array)


@given(hnp.array_shapes(min_dims=1, max_dims=3), hnp.array_shapes(min_dims=1, max_dims=3))
@quick
def test_a_wanted_shape_lets_through_that_shape_only(shape, wanted):
    array = np.zeros(shape)
    assert v.as_floats(array, "w", shape=shape) is array
    assert v.as_floats(array, "w", shape=(None,) * len(shape)) is array
    if shape != wanted:
        with pytest.raises(ValueError, match="w must have shape"):
            v.as_floats(array, "w", shape=wanted)


@pytest.mark.parametrize("dtype", [float, np.float32, complex])
def test_complex_numbers_pass_only_where_they_are_allowed(dtype):
    array = np.ones(2, dtype)
    assert v.as_floats(array, "z", complex_allowed=True) is array
    if dtype is complex:
        with pytest.raises(ValueError, match="z must hold real numbers, got dtype complex128"):
            v.as_floats(array, "z")


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        ([[1, 2], [3]], {}, "X must be a regular array of numbers"),
        (["a"], {}, "X must hold real numbers, got dtype <U1"),
        (None, {}, "X must hold real numbers, got dtype object"),
        ([1, 2], {"ndim": 2}, r"X must have 2 axes, got shape \(2,\)"),
        (np.zeros((2, 3)), {"shape": (None, 2)}, r"X must have shape \(any, 2\), got \(2, 3\)"),
        (np.zeros(3), {"shape": (3, 1)}, r"X must have shape \(3, 1\), got \(3,\)"),
        ([0, np.nan], {}, "X must be finite, got nan at index 1"),
        ([[0, 1], [-np.inf, 3]], {}, r"X must be finite, got -inf at index \(1, 0\)"),
        (np.inf, {}, "X must be finite, got inf"),
        ([1, np.nan * 1j], {"complex_allowed": True}, "X must be finite, got .*nan.* at index 1"),
    ],
)
def test_an_array_that_does_not_fit_is_named(value, options, message):
    with pytest.raises(ValueError, match=message):
        v.as_floats(value, "X", **options)


def test_examples_have_two_axes_and_neither_is_empty():
    assert v.as_examples([[1, 2, 3]]).shape == (1, 3)
    with pytest.raises(ValueError, match=r"train must have 2 axes, got shape \(2,\)"):
        v.as_examples([1, 2], "train")
    for shape in [(0, 2), (2, 0)]:
        with pytest.raises(ValueError, match="X must hold at least one example and one feature"):
            v.as_examples(np.zeros(shape))


# Labels


@given(st.lists(st.integers(0, 9), min_size=1))
@quick
def test_labels_come_back_as_int64(labels):
    for dtype in (np.int8, np.uint64, np.int64):
        out = v.as_labels(np.array(labels, dtype), n_examples=len(labels), n_classes=10)
        assert out.dtype == np.int64 and out.tolist() == labels


def test_booleans_are_labels():
    assert v.as_labels([True, False], n_classes=2).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([[0], [1]], {}, r"y must have one axis, one label per example, got shape \(2, 1\)"),
        ([0, 1], {"n_examples": 3}, "y must hold 3 labels, one per example, got 2"),
        ([0.0, 1.0], {}, "y must hold whole-number labels, got dtype float64"),
        (["0", "1"], {}, "y must hold whole-number labels, got dtype <U1"),
        ([0, -1, 1], {}, "y must hold labels from 0, got -1 at index 1"),
        ([0, 1, -1], {"n_classes": 2}, "y must hold labels from 0 to 1, got -1 at index 2"),
        ([0, 2], {"n_classes": 2}, "y must hold labels from 0 to 1, got 2 at index 1"),
    ],
)
def test_labels_that_do_not_fit_are_named(labels, options, message):
    with pytest.raises(ValueError, match=message):
        v.as_labels(labels, **options)


# Numbers, counts, choices, generators


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.5), np.int64(1)])
def test_any_real_number_becomes_a_python_float(value):
    out = v.as_number(value, "rate", above=0, at_most=1)
    assert type(out) is float and out == value


@given(st.floats(-10, 10), st.floats(-10, 10))
@quick
def test_bounds_are_strict_or_not_as_their_names_say(value, bound):
    for option, fits in [
        ("above", value > bound),
        ("at_least", value >= bound),
        ("below", value < bound),
        ("at_most", value <= bound),
    ]:
        if fits:
            assert v.as_number(value, "x", **{option: bound}) == value
        else:
            with pytest.raises(ValueError, match=f"x must be a number {option.replace('_', ' ')}"):
                v.as_number(value, "x", **{option: bound})


@pytest.mark.parametrize("option", ["above", "below", "at_least", "at_most"])
def test_a_number_equal_to_its_bound_is_let_in_by_at_least_and_at_most_only(option):
    if option.startswith("at"):
        assert v.as_number(2, "x", **{option: 2}) == 2.0
    else:
        with pytest.raises(ValueError, match=f"x must be a number {option} 2, got 2"):
            v.as_number(2, "x", **{option: 2})


@pytest.mark.parametrize("value", ["1", None, True, np.True_, 1j, [1.0], np.array(1.0), float("nan"), float("inf")])
def test_what_is_no_finite_real_number_is_named(value):
    with pytest.raises(ValueError, match="rate must be a number at least 0 and below 2, got"):
        v.as_number(value, "rate", at_least=0, below=2)


@pytest.mark.parametrize("value", [1, 7, np.int32(7), np.uint8(7)])
def test_whole_numbers_are_counts(value):
    out = v.as_count(value, "epochs")
    assert type(out) is int and out == value


@pytest.mark.parametrize("value", [0, -1, 3.0, "3", True, np.True_, None, float("nan")])
def test_what_is_no_count_is_named(value):
    with pytest.raises(ValueError, match="epochs must be a whole number at least 1, got"):
        v.as_count(value, "epochs")


def test_a_count_may_start_elsewhere():
    assert v.as_count(0, "seed", at_least=0) == 0
    with pytest.raises(ValueError, match="n must be a whole number at least 4, got 3"):
        v.as_count(3, "n", at_least=4)


def test_a_choice_is_one_of_those_listed():
    assert v.as_choice("b", "mode", {"a": 1, "b": 2}) == "b"
    for wrong in ("c", "", None, 1, ["a"]):
        with pytest.raises(ValueError, match="mode must be one of 'a', 'b', got"):
            v.as_choice(wrong, "mode", iter(["a", "b"]))


def test_a_generator_passes_and_a_seed_or_an_old_random_state_does_not():
    rng = np.random.default_rng(0)
    assert v.as_generator(rng) is rng
    for wrong in (0, None, np.random, np.random.default_rng):
        with pytest.raises(ValueError, match=r"rng must be a numpy.random.Generator, such as .*default_rng\(0\), got"):
            v.as_generator(wrong)


def test_numbers_of_other_kinds_are_floats_or_value_errors():
    assert v.as_number(Fraction(1, 2), "x") == 0.5
    with pytest.raises(ValueError, match="x must be a number, got 1000"):
        v.as_number(10**400, "x")


# Masks


def masked(values):
    return np.ma.masked_greater(np.asarray(values), 100)


def doors():
    """Every public function of the mathematics that takes an array, called with a mask in one of its arguments."""
    X, y, rng = masked([[1.0, 999.0], [3.0, 4.0]]), [0, 1], np.random.default_rng(0)
    network = Network.mlp([2, 2], rng=rng)
    return {
        "as_floats": lambda: v.as_floats(X, "X"),
        "as_labels": lambda: v.as_labels(masked([0, 999])),
        "weighted_sum": lambda: perceptron.weighted_sum(X, [1, 1], 0),
        "perceptron.fit": lambda: perceptron.fit(X, y),
        "standardize": lambda: datasets.standardize(X),
        "forward": lambda: network.forward(X),
        "predict": lambda: network.predict(X),
        "train": lambda: train(network, X, y, optimizer="sgd", epochs=1, rng=rng),
        "labels": lambda: train(network, [[1, 2], [3, 4]], masked([0, 999]), optimizer="sgd", epochs=1, rng=rng),
        "minibatches": lambda: list(minibatches(X, y, 1, rng)),
        "loss": lambda: LOSSES["squared_error"].value(X, [[1, 2], [3, 4]]),
        "one_hot": lambda: one_hot(masked([0, 999]), 2),
        "activation": lambda: ACTIVATIONS["relu"](X),
        "its derivative": lambda: ACTIVATIONS["tanh"].derivative(X, X),
        "check_gradient": lambda: check_gradient(lambda x: x.sum(), [[1, 1], [1, 1]], X),
        "relative_error": lambda: relative_error(X, X),
        "gradients": lambda: SGD(0.1).step([np.zeros((2, 2))], [X]),
        "surface": lambda: SURFACES["ravine"](X),
        "assigned": lambda: setattr(network.layers[0], "weights", X),
    }


@pytest.mark.parametrize("door", doors())
def test_what_a_mask_hides_is_not_used(door):
    with pytest.raises(ValueError, match="must not have masked entries, got 1 of"):
        doors()[door]()


def test_a_mask_that_hides_nothing_does_no_harm():
    np.testing.assert_array_equal(v.as_floats(masked([1.0, 2.0]), "X"), [1, 2])

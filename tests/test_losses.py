"""A loss is a mean over the examples, its gradient is its gradient, and the two together with an activation agree."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlkit.activations import ACTIVATIONS
from mlkit.gradient_check import GradientMismatch, check_gradient
from mlkit.losses import LOSSES, Loss, SquaredError, as_targets, get_loss, one_hot
from mlkit.sums import largest_output

ALL = list(LOSSES.values())
FROM_LOGITS = [loss for loss in ALL if loss.takes_logits]
quick = settings(max_examples=80, deadline=None, derandomize=True)


def suitable(loss, n_examples=5, n_outputs=3, replicas=(), seed=0, dtype=np.float64):
    """Return outputs and targets that ``loss`` has a meaning for, away from its corners."""
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(*replicas, n_examples, n_outputs))
    targets = rng.uniform(0.1, 1, size=(n_examples, n_outputs))
    if loss.output == "softmax":
        targets /= targets.sum(axis=1, keepdims=True)
    if not loss.takes_logits:
        outputs = ACTIVATIONS[loss.output](outputs)
    return outputs.astype(dtype), targets.astype(dtype)


def by_loops(loss, outputs, targets):
    """The definition, one number at a time."""
    total = 0.0
    for row, y in zip(outputs.tolist(), targets.tolist(), strict=True):
        if loss.name == "squared_error":
            total += sum(0.5 * (a - b) ** 2 for a, b in zip(row, y, strict=True))
            continue
        if loss.takes_logits and loss.output == "sigmoid":
            row = [1 / (1 + math.exp(-z)) for z in row]
        elif loss.takes_logits:
            row = [math.exp(z) / sum(map(math.exp, row)) for z in row]
        total -= sum(b * math.log(p) for p, b in zip(row, y, strict=True))
        if loss.output == "sigmoid":
            total -= sum((1 - b) * math.log(1 - p) for p, b in zip(row, y, strict=True))
    return total / len(outputs)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_the_value_is_the_definition_summed_by_loops(loss):
    outputs, targets = suitable(loss)
    assert loss.value(outputs, targets) == pytest.approx(by_loops(loss, outputs, targets), rel=1e-12)


def directions(loss, outputs, gradient):
    """Probabilities that must sum to 1 can be moved only along the simplex: compare slopes along it."""
    basis = np.diff(np.eye(outputs.shape[1]), axis=0)  # one class up, its neighbor down by as much
    return basis, gradient @ basis.T


def assert_gradient_is_right(loss, outputs, targets):
    """The tester: ``loss.gradient`` against central differences of ``loss.value``."""
    if loss.name != "categorical_cross_entropy":
        return check_gradient(lambda o: loss.value(o, targets), loss.gradient(outputs, targets), outputs)
    basis, slopes = directions(loss, outputs, loss.gradient(outputs, targets))
    moves = np.zeros((len(outputs), len(basis)))
    return check_gradient(lambda c: loss.value(outputs + c @ basis, targets), slopes, moves)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_the_gradient_of_the_value(loss, seed):
    report = assert_gradient_is_right(loss, *suitable(loss, seed=seed))
    assert report.checked >= 10


def forget_n(loss, outputs, targets):
    value, gradient = type(loss).formula(loss, outputs, targets)
    return value, gradient * outputs.shape[-2]


def divide_by_all_numbers(loss, outputs, targets):
    value, gradient = type(loss).formula(loss, outputs, targets)
    return value, gradient / outputs.shape[-1]


def turn_the_sign(loss, outputs, targets):
    value, gradient = type(loss).formula(loss, outputs, targets)
    return value, -gradient


def forget_the_half(loss, outputs, targets):
    value, gradient = type(loss).formula(loss, outputs, targets)
    return 2 * value, gradient


@pytest.mark.parametrize("mistake", [forget_n, divide_by_all_numbers, turn_the_sign, forget_the_half])
@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_the_tester_finds_planted_mistakes(loss, mistake):
    broken = type(loss)()
    broken.formula = lambda outputs, targets: mistake(loss, outputs, targets)
    with pytest.raises(GradientMismatch):
        assert_gradient_is_right(broken, *suitable(loss))


@pytest.mark.parametrize("loss", FROM_LOGITS, ids=lambda loss: loss.name)
def test_a_loss_from_logits_equals_activation_then_loss(loss):
    z, y = suitable(loss)
    f, plain = ACTIVATIONS[loss.output], LOSSES[loss.name.removesuffix("_from_logits")]
    a = f(z)
    value, gradient = plain.value_and_gradient(a, y)
    fused_value, fused_gradient = loss.value_and_gradient(z, y)
    assert fused_value == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(fused_gradient, f.backward(z, a, gradient), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", [*FROM_LOGITS, LOSSES["squared_error"]], ids=lambda loss: loss.name)
def test_the_gradient_from_logits_is_the_error_over_n(loss):
    z, y = suitable(loss)
    prediction = ACTIVATIONS[loss.output](z)
    np.testing.assert_allclose(loss.gradient(z, y), (prediction - y) / len(z), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_the_same_examples_twice_have_the_same_loss(loss):
    outputs, targets = suitable(loss)
    value, gradient = loss.value_and_gradient(outputs, targets)
    twice = loss.value_and_gradient(np.concatenate([outputs] * 2), np.concatenate([targets] * 2))
    assert twice[0] == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(twice[1], np.concatenate([gradient] * 2) / 2, rtol=1e-13, atol=1e-17)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
@pytest.mark.parametrize("n_outputs", [2, 3])
def test_replicas_are_so_many_single_losses(loss, n_outputs):
    outputs, targets = suitable(loss, n_outputs=n_outputs, replicas=(4,))
    values, gradients = loss.value_and_gradient(outputs, targets)
    assert values.shape == (4,)
    for i in range(4):
        value, gradient = loss.value_and_gradient(outputs[i], targets)
        assert values[i] == pytest.approx(value, rel=1e-13)
        np.testing.assert_allclose(gradients[i], gradient, rtol=1e-13, atol=1e-17)
    np.testing.assert_array_equal(loss.value(outputs, np.stack([targets] * 4)), values)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("replicas", [(), (2,)])
def test_the_type_of_the_outputs_is_kept(loss, dtype, replicas):
    outputs, targets = suitable(loss, dtype=dtype, replicas=replicas)
    for y in (targets, targets.astype(np.float64)):
        value, gradient = loss.value_and_gradient(outputs, y)
        assert value.dtype == gradient.dtype == dtype
        assert gradient.shape == outputs.shape


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_the_arguments_are_left_alone(loss):
    outputs, targets = suitable(loss)
    before = outputs.copy(), targets.copy()
    loss.value_and_gradient(outputs, targets)
    np.testing.assert_array_equal(outputs, before[0])
    np.testing.assert_array_equal(targets, before[1])


def test_logits_of_a_thousand_are_exact():
    binary, categorical = LOSSES["binary_cross_entropy_from_logits"], LOSSES["categorical_cross_entropy_from_logits"]
    z = np.array([[1000.0], [-1000.0]])
    assert binary.value(z, [[1.0], [0.0]]) == 0
    assert binary.value(z, [[0.0], [1.0]]) == 1000
    np.testing.assert_array_equal(binary.gradient(z, [[0.0], [1.0]]), [[0.5], [-0.5]])
    rows = np.array([[1000.0, 0.0, -1000.0]])
    assert categorical.value(rows, [0]) == 0
    assert categorical.value(rows, [2]) == 2000
    np.testing.assert_array_equal(categorical.gradient(rows, [2]), [[1.0, 0.0, -1.0]])
    np.testing.assert_array_equal(categorical.value(np.stack([rows, -rows]), [2]), [2000, 0])


def test_categorical_cross_entropy_does_not_care_about_a_shift_of_all_logits():
    loss = LOSSES["categorical_cross_entropy_from_logits"]
    z, y = suitable(loss)
    assert loss.value(z + 900, y) == pytest.approx(loss.value(z, y), rel=1e-12)


def test_being_sure_and_wrong_costs_infinity_and_what_is_not_asked_for_costs_nothing():
    binary, categorical = LOSSES["binary_cross_entropy"], LOSSES["categorical_cross_entropy"]
    assert binary.value([[0.0], [1.0]], [0, 1]) == 0
    assert binary.value([[0.0]], [1]) == math.inf
    assert binary.value([[1.0]], [0]) == math.inf
    np.testing.assert_array_equal(binary.gradient([[0.0], [0.0]], [0, 1]), [[0.5], [-math.inf]])
    assert categorical.value([[0.0, 1.0]], [1]) == 0
    assert categorical.value([[0.0, 1.0]], [0]) == math.inf
    np.testing.assert_array_equal(categorical.gradient([[0.0, 1.0]], [1]), [[0.0, -1.0]])


def test_labels_are_one_hot_rows_or_one_column():
    np.testing.assert_array_equal(one_hot([1, 0, 2], 3), [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    categorical, binary = LOSSES["categorical_cross_entropy_from_logits"], LOSSES["binary_cross_entropy_from_logits"]
    z = np.random.default_rng(0).normal(size=(3, 3))
    assert categorical.value(z, [1, 0, 2]) == categorical.value(z, one_hot([1, 0, 2], 3))
    assert binary.value(z[:, :1], [1, 0, 1]) == binary.value(z[:, :1], [[1.0], [0.0], [1.0]])


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_n_targets_are_not_broadcast_against_a_column_of_outputs(loss):
    outputs = np.full((4, 1), 0.5)
    with pytest.raises(ValueError, match=r"targets must have shape \(4, 1\)"):
        loss.value(outputs, np.full(4, 0.5))


@pytest.mark.parametrize(
    ("name", "outputs", "targets", "message"),
    [
        ("squared_error", [1.0, 2.0], [1.0, 2.0], "outputs must have shape"),
        ("squared_error", np.zeros((0, 2)), np.zeros((0, 2)), "outputs must have shape"),
        ("squared_error", [[1.0], [2.0]], [[1.0]], "targets must have shape"),
        ("squared_error", [[1.0, math.nan]], [[1.0, 2.0]], "outputs must be finite"),
        ("squared_error", [[1.0, 2.0]], [[1.0, math.inf]], "targets must be finite"),
        ("squared_error", [["a"]], [[1.0]], "outputs must hold real numbers"),
        ("squared_error", [[1.0]], [[1.0], [2.0, 3.0]], "targets must be a regular array"),
        ("squared_error", np.zeros((1, 1), np.float32), [[1e300]], "targets must be finite"),
        ("binary_cross_entropy", [[1.5]], [1], "outputs must lie between 0 and 1, got 1.5"),
        ("binary_cross_entropy", [[0.5]], [[-0.5]], "targets must lie between 0 and 1, got -0.5"),
        ("binary_cross_entropy_from_logits", [[5.0]], [[1.1]], "targets must lie between 0 and 1"),
        ("binary_cross_entropy_from_logits", [[1e308]], [1], "outputs must be logits of size"),
        ("binary_cross_entropy", [[0.5]], [2], "targets must hold labels from 0 to 1, got 2"),
        ("binary_cross_entropy", [[0.5], [0.5]], [0.0, 1.0], r"2 labels of dtype float64: use targets\.astype\(int\)"),
        ("squared_error", [[1.0], [2.0]], [1.5, 2.0], r"2 labels of dtype float64: use targets\.reshape\(-1, 1\)"),
        ("categorical_cross_entropy", [[1.5, -0.5]], [0], "outputs must lie between 0 and 1, got -0.5"),
        ("categorical_cross_entropy", [[0.5, 0.6]], [0], "outputs must have rows that sum to 1"),
        ("categorical_cross_entropy", [[0.5, 0.5]], [[0.5, 0.4]], "targets must have rows that sum to 1"),
        ("categorical_cross_entropy_from_logits", [[5.0, 1.0]], [[1.0, 1.0]], "targets must have rows"),
        ("categorical_cross_entropy_from_logits", [[5.0, 1.0]], [2], "targets must hold labels from 0 to 1"),
        ("categorical_cross_entropy_from_logits", [[5.0, 1.0]], [0, 1], "targets must hold 1 labels"),
    ],
)
def test_what_cannot_be_used_is_named(name, outputs, targets, message):
    with pytest.raises(ValueError, match=message):
        LOSSES[name].value_and_gradient(outputs, targets)


anything = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    elements=st.sampled_from([0, 1, -1, 3]),
) | hnp.arrays(np.float64, (2, 2), elements=st.floats(width=64))


@quick
@given(st.sampled_from(ALL), anything, anything)
def test_any_arrays_give_a_finite_gradient_or_an_error_that_names_one_of_them(loss, outputs, targets):
    try:
        value, gradient = loss.value_and_gradient(outputs, targets)
    except ValueError as error:
        assert str(error).startswith(("outputs", "targets"))  # noqa: PT017
        return
    assert gradient.shape == outputs.shape
    assert value.shape == outputs.shape[:-2]
    assert not np.isnan(value).any()
    assert not np.isnan(gradient).any()


def test_a_loss_is_found_by_name_or_is_itself():
    assert get_loss("squared_error") is LOSSES["squared_error"]
    mine = SquaredError()
    assert get_loss(mine) is mine
    with pytest.raises(ValueError, match="loss must be one of 'squared_error', .*got 'hinge'"):
        get_loss("hinge")


def test_the_registry_knows_every_loss_by_its_name():
    assert all(name == loss.name and isinstance(loss, Loss) for name, loss in LOSSES.items())
    assert {loss.output for loss in ALL} == {"identity", "sigmoid", "softmax"}
    assert repr(LOSSES["squared_error"]) == "LOSSES['squared_error']"


# What mutation testing found untried


def test_a_loss_that_was_sent_to_another_process_is_the_same_one():
    for loss in LOSSES.values():
        assert pickle.loads(pickle.dumps(loss)) is loss
        assert copy.deepcopy(loss) is loss


def test_one_hot_rows_have_the_type_and_the_columns_that_were_asked_for():
    assert one_hot([0, 1], 2, dtype=np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="labels"):
        one_hot([0, 3], 3)


def test_rows_far_apart_do_not_disturb_each_other():
    """The largest logit of each row is subtracted, not the largest of all: e^-2000 is 0, and log 0 is no loss."""
    logits = np.array([[1000.0, 999.0], [-1000.0, -1001.0]])
    expected = np.log1p(np.exp(-1.0))
    for rows in (logits, logits[np.newaxis]):
        assert largest_output(rows).tolist() == rows.max(axis=-1, keepdims=True).tolist()
    assert LOSSES["categorical_cross_entropy_from_logits"].value(logits, np.array([0, 0])) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ([[0.5, 0.5], [0.5, 0.7]], "sums to 1.2"),
        ([[0.5, 0.5], [0.3, 0.3]], "sums to 0.6"),
        ([[0.5, 0.5], [1.5, -0.5]], "got -0.5"),
        ([[0.5, 0.5], [1.5, 0.5]], "got 1.5"),
    ],
)
def test_of_rows_that_are_no_probabilities_the_worst_number_is_named(outputs, said):
    with pytest.raises(ValueError, match=said):
        LOSSES["categorical_cross_entropy"].value(np.array(outputs), np.array([0, 0]))


def test_labels_for_one_column_are_told_how_numbers_come():
    with pytest.raises(ValueError, match=r"reshape\(-1, 1\)"):
        as_targets([0, 1, 7], (3, 1), np.float64)
    with pytest.raises(ValueError) as said:
        as_targets([0, 1, 7], (3, 4), np.float64)
    assert "reshape" not in str(said.value)

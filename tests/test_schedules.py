"""Each schedule follows its formula, and an optimizer takes it wherever it takes a number."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkit.optimizers import SGD
from mlkit.schedules import SCHEDULES, as_schedule, constant, cosine, exponential, linear, rate_at, step_decay, warm_up

quick = settings(max_examples=60, deadline=None, derandomize=True)
EXAMPLES = {
    "constant": constant(0.3),
    "step": step_decay(0.3, factor=0.5, every=10),
    "linear": linear(0.3, steps=40),
    "exponential": exponential(0.3, factor=0.5, every=10),
    "cosine": cosine(0.3, steps=40),
    "warm_up": warm_up(0.3, steps=10),
}


def test_every_schedule_in_the_registry_has_an_example_here():
    assert EXAMPLES.keys() == SCHEDULES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_schedule_stays_between_zero_and_its_learning_rate(name):
    rates = [EXAMPLES[name](step) for step in range(100)]
    assert all(type(rate) is float and 0 <= rate <= 0.3 for rate in rates)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "warm_up"])
def test_without_warm_up_the_first_rate_is_the_learning_rate_and_it_never_rises(name):
    rates = [EXAMPLES[name](step) for step in range(100)]
    assert rates[0] == 0.3
    assert all(later <= earlier for earlier, later in zip(rates, rates[1:], strict=False))


def test_constant_is_constant():
    assert {EXAMPLES["constant"](step) for step in range(50)} == {0.3}


def test_step_decay_drops_exactly_at_the_multiples():
    rates = [EXAMPLES["step"](step) for step in (0, 9, 10, 19, 20)]
    np.testing.assert_allclose(rates, [0.3, 0.3, 0.15, 0.15, 0.075], rtol=1e-15)


def test_linear_is_half_way_at_half_time_and_stays_at_the_end():
    schedule = linear(1.0, steps=10, final=0.2)
    np.testing.assert_allclose([schedule(step) for step in (0, 5, 10, 11, 99)], [1.0, 0.6, 0.2, 0.2, 0.2], rtol=1e-15)


def test_linear_may_also_rise():
    assert linear(0.1, steps=4, final=0.5)(2) == pytest.approx(0.3)


def test_exponential_loses_the_same_share_at_every_step():
    rates = np.array([EXAMPLES["exponential"](step) for step in range(30)])
    np.testing.assert_allclose(rates[1:] / rates[:-1], 0.5**0.1, rtol=1e-13)


def test_exponential_and_step_decay_meet_at_the_multiples():
    for step in (0, 10, 20, 70):
        assert EXAMPLES["exponential"](step) == pytest.approx(EXAMPLES["step"](step), rel=1e-15)


def test_cosine_follows_its_formula_and_stays_at_the_end():
    schedule = cosine(1.0, steps=8, final=0.2)
    for step in range(9):
        assert schedule(step) == pytest.approx(0.2 + 0.8 * (1 + math.cos(math.pi * step / 8)) / 2, rel=1e-15)
    assert schedule(8) == schedule(1000) == pytest.approx(0.2)


def test_cosine_is_gentle_at_both_ends_and_steepest_in_the_middle():
    drops = -np.diff([cosine(1.0, steps=40)(step) for step in range(41)])
    assert drops.argmax() in (19, 20)
    assert max(drops[0], drops[-1]) < drops.max() / 20


def test_warm_up_rises_by_equal_steps_into_the_start_of_what_follows():
    schedule = warm_up(linear(1.0, steps=10), steps=4)
    np.testing.assert_allclose([schedule(step) for step in range(6)], [0.2, 0.4, 0.6, 0.8, 1.0, 0.9], rtol=1e-15)


def test_a_number_an_own_function_and_a_schedule_are_all_schedules():
    assert as_schedule(0.1)(5) == 0.1
    assert as_schedule(np.float32(0.5))(5) == 0.5
    assert as_schedule(EXAMPLES["cosine"]) is EXAMPLES["cosine"]
    assert rate_at(lambda step: np.float64(step), 3) == 3
    assert type(rate_at(lambda step: np.float32(step), 3)) is float


def test_the_first_step_of_an_optimizer_is_step_zero():
    w = np.array([0.0])
    optimizer = SGD(lambda step: [1.0, 10.0, 100.0][step])
    for expected in (-1.0, -11.0, -111.0):
        optimizer.step([w], [[1.0]])
        assert w[0] == expected


@pytest.mark.parametrize("wrong", [None, -1.0, math.nan, math.inf, "fast"])
def test_a_schedule_that_returns_no_rate_is_found_out_when_it_happens(wrong):
    optimizer = SGD(lambda step: 0.1 if step < 3 else wrong)
    w = np.array([0.0])
    for _ in range(3):
        optimizer.step([w], [[1.0]])
    with pytest.raises(ValueError, match="the learning rate of step 3 must be a number at least 0"):
        optimizer.step([w], [[1.0]])
    assert optimizer.t == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(0), "learning_rate must be a number above 0, got 0"),
        (lambda: step_decay(-0.1, every=5), "learning_rate"),
        (lambda: step_decay(0.1, every=2.5), "every must be a whole number"),
        (lambda: step_decay(0.1, factor=1.5, every=2), "factor must be a number above 0 and at most 1"),
        (lambda: exponential(0.1, factor=0.0, every=2), "factor"),
        (lambda: linear(0.1, steps=0), "steps"),
        (lambda: linear(0.1, steps=5, final=-1), "final"),
        (lambda: cosine("0.1", steps=5), "learning_rate"),
        (lambda: cosine(0.1, steps=True), "steps"),
        (lambda: warm_up(None, steps=5), "schedule must be a number above 0 or a schedule"),
        (lambda: warm_up(0.1, steps=-5), "steps"),
        (lambda: as_schedule(math.nan), "learning_rate"),
        (lambda: as_schedule(True), "learning_rate"),
    ],
)
def test_what_cannot_be_used_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "constant"])
@pytest.mark.parametrize("step", [-1, 1.5, None])
def test_a_step_is_a_whole_number_from_zero(name, step):
    with pytest.raises(ValueError, match="step must be a whole number at least 0"):
        EXAMPLES[name](step)


@quick
@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.floats(),
    st.integers(-2, 10**9),
    st.floats(),
    st.integers(-2, 10**12),
)
def test_any_settings_give_a_rate_or_an_error_that_names_one(name, learning_rate, steps, factor, step):
    settings = {"constant": {}, "step": {"factor": factor, "every": steps}}
    settings["exponential"] = settings["step"]
    try:
        rate = SCHEDULES[name](learning_rate, **settings.get(name, {"steps": steps}))(step)
    except ValueError as error:
        assert str(error).startswith(("learning_rate", "schedule", "steps", "step", "factor", "every"))  # noqa: PT017
        return
    assert 0 <= rate <= learning_rate


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda schedule: pickle.loads(pickle.dumps(schedule))])
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schedule_can_be_copied_and_kept_in_a_file(name, copied):
    steps = range(60)
    assert [copied(EXAMPLES[name])(step) for step in steps] == [EXAMPLES[name](step) for step in steps]


@pytest.mark.parametrize("step", [None, -1, 1.5])
def test_a_constant_rate_too_asks_for_a_step(step):
    with pytest.raises(ValueError, match="step must be a whole number"):
        constant(0.1)(step)

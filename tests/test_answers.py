"""The answers beside each exercise: other ways to be right get full marks, other wrong ones the same diagnosis."""

import importlib

import numpy as np
import pytest
from exercise_fixtures import question_keys

from mlkit import activations, datasets, perceptron
from mlkit.checks import check, find_question
from mlkit.checks.question import chapters
from mlkit.gradient_check import complex_step

ANSWERS = {chapter: importlib.import_module(f"mlkit.checks.questions.{chapter}.answers") for chapter in chapters()}
best_line = importlib.import_module("mlkit.checks.questions.01-perceptron.limits").best_line
diagnosis = importlib.import_module("mlkit.checks.questions.06-initialization.diagnosis")
project = importlib.import_module("mlkit.checks.questions.07-putting-it-together.project")
SEEDS = 40  # for the parts of each question, with each right answer
FEWER = {
    "01-perceptron/train": 10,
    "02-activations/fit-relus": 5,
    "04-backprop/planted-bug": 3,
    "04-backprop/train-xor": 3,
    "05-sgd/stable-rate": 5,
    "06-initialization/variance-scaling": 6,
    "06-initialization/initialize": 6,
    "06-initialization/scale-for": 6,
    "06-initialization/diagnose": 6,
    "07-putting-it-together/compare": 12,
    "07-putting-it-together/fit": 3,
    "07-putting-it-together/report": 3,
}


def cases(table):
    """The rows of the table of each chapter, such as ``RIGHT``, with the whole key of the question."""
    rows = [(f"{chapter}/{name}", *rest) for chapter in ANSWERS for name, *rest in getattr(ANSWERS[chapter], table)]
    return [pytest.param(*row, id=f"{row[0]}: {name_of(row[1])}") for row in rows]


def name_of(named):
    return named if isinstance(named, str) else getattr(named, "__name__", "a constant")


@pytest.mark.parametrize(("key", "answer"), cases("RIGHT"))
def test_another_right_answer_gets_full_marks(key, answer):
    score = check(key, answer)
    assert score == score.points and score.mistake is None, str(score)
    assert not any(line.note for line in score.lines), str(score)


@pytest.mark.parametrize(("key", "answer"), cases("RIGHT"))
def test_no_part_depends_on_a_lucky_draw(key, answer):
    question = find_question(key)
    assert [said for seed in range(FEWER.get(key, SEEDS)) for said in question.problems(answer, seed)] == []


@pytest.mark.parametrize(("key", "answer"), cases("NOTHING"))
def test_a_constant_or_another_thing_gets_nothing(key, answer):
    assert check(key, answer) == 0


@pytest.mark.parametrize(("key", "mistake", "answer"), cases("VARIANTS"))
def test_a_wrong_answer_as_one_would_type_it_gets_its_own_name_or_none(key, mistake, answer):
    score = check(key, answer)
    assert score < score.points, str(score)
    if mistake is None:
        assert score.mistake not in {known.name for known in find_question(key).mistakes}, str(score)
    else:
        assert score.mistake == mistake, str(score)


def test_every_question_has_answers_of_each_kind():
    for table in ("RIGHT", "NOTHING", "VARIANTS"):
        assert {case.values[0] for case in cases(table)} == set(question_keys()), table


# Chapter 1


def test_training_that_never_ends_is_stopped(monkeypatch):
    question = find_question("01-perceptron/train")
    monkeypatch.setattr(question, "seconds", 1.0)
    score = question.score(ANSWERS["01-perceptron"].train_without_limit)
    assert 0 < score < score.points and "never ends" in str(score)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_line_is_at_least_as_good_as_any_that_is_tried(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(25, 2)), rng.integers(0, 2, 25)
    tried = [perceptron.accuracy(X, y, rng.normal(size=2), rng.normal()) for _ in range(3000)]
    assert max(tried) <= best_line(X, y) <= max(tried) + 0.1


def test_the_best_line_where_it_is_known():
    corners = np.array([[1.0, 1], [-1, -1], [1, -1], [-1, 1]])
    assert best_line(corners, np.array([0, 0, 1, 1])) == 0.75
    assert best_line(corners, np.array([0, 1, 1, 1])) == 1
    on_a_line = np.array([[0.0, 0], [1, 1 / 3], [2, 2 / 3]])
    assert best_line(on_a_line, np.array([1, 0, 1])) == pytest.approx(2 / 3)


# Chapter 2


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax"])
def test_a_right_answer_may_keep_32_bits_when_it_gets_them(name):
    function = getattr(activations, name)
    z = np.linspace(-3, 3, 12, dtype=np.float32).reshape(4, 3)
    assert function(z).dtype == np.float32
    score = check(f"02-activations/{name}", function)
    assert score == score.points


def test_one_branch_that_is_missing_costs_only_its_own_part():
    def derivative(name, z, a):
        if name == "relu":
            return (a > 0) * 1.0
        if name == "tanh":
            return 1 - a**2

    score = check("02-activations/derivative", derivative)
    assert [line.earned for line in score.lines] == [1, 0, 1, 0]
    assert "return" in score.lines[1].note


# Chapter 3


def test_a_complex_step_is_no_answer_but_none_of_the_known_mistakes():
    """The task says that f takes floats: what comes back is an error in words, not a wrong diagnosis."""
    score = check("03-chain-rule/choose-h", complex_step)
    assert score < score.points
    assert score.mistake is None


def test_half_a_class_earns_its_part():
    class HalfWritten(ANSWERS["03-chain-rule"].DualOfNumbersToo):
        def exp(self): ...

    score = check("03-chain-rule/dual", HalfWritten)
    assert [line.status for line in score.lines[:3]] == ["right", "not written yet", "not written yet"]
    assert score == 1
    assert score.mistake is None


def test_too_many_paths_stop_the_walk_and_not_the_checker():
    """The answer that walks every path is stopped within its own second, and the other parts keep their points."""
    score = check("03-chain-rule/backward", ANSWERS["03-chain-rule"].path_by_path)
    assert [line.status for line in score.lines[:3]] == ["right", "right", "not yet"]
    assert "takes too long" in score.lines[2].note


# Chapter 4


def test_the_names_may_come_in_any_order_but_must_be_names():
    suspects = ANSWERS["04-backprop"].suspects_in_place
    score = check("04-backprop/planted-bug", lambda *given: sorted(suspects(*given), reverse=True))
    assert score == score.points
    score = check("04-backprop/planted-bug", lambda *given: bool(suspects(*given)))
    assert "a list of names" in score.lines[0].note


@pytest.mark.parametrize("name", ["dense-forward", "dense-backward", "two-layer"])
def test_single_precision_is_precise_enough(name):
    answer = dict(ANSWERS["04-backprop"].RIGHT)[name]

    def in_single(*arrays):
        return answer(*[a.astype(np.float32) if a.dtype.kind == "f" else a for a in arrays])

    score = check(f"04-backprop/{name}", in_single)
    assert score == score.points, str(score)


# Chapter 5


def test_batches_without_end_are_given_up():
    def endless(X, y, batch_size, rng):
        while True:
            yield X[:batch_size], y[:batch_size]

    score = check("05-sgd/minibatches", endless)
    assert score == 0 and "never come to an end" in score.lines[0].note


def test_a_forgotten_second_value_is_named_in_the_table():
    score = check("05-sgd/rmsprop", lambda w, g, v, learning_rate, decay, epsilon: w - learning_rate * g)
    assert score == 0 and "2 values were wanted" in score.lines[0].note


# Chapter 6


@pytest.mark.parametrize("name", diagnosis.PATIENTS)
def test_every_patient_is_a_clear_case(name):
    """No patient comes near a limit, so another way to compute or compare cannot change the diagnosis."""
    grown, wanted = ANSWERS["06-initialization"].grown, diagnosis.PATIENTS[name][0]
    for seed in range(diagnosis.POOL):
        activation, outputs, deltas = diagnosis.patient(name, seed)
        dead = max(np.mean((a == 0).all(axis=0)) for a in outputs) if activation == "relu" else 0
        flat = max(flat_share(activation, a) for a in outputs) if activation != "relu" else 0
        unlike = min(
            max(np.ptp(x, axis=1).max() / np.abs(x).max() for x in pair) for pair in zip(outputs, deltas, strict=True)
        )
        growth = np.log10([grown(outputs), 1 / grown(deltas)])
        assert not 0.46 < dead < 0.75 and not 0.46 < flat < 0.75 and not 1e-12 < unlike < 0.3
        assert wanted in ("dead", "symmetric", "saturated") or not np.any(
            (np.abs(growth) > 1.9) & (np.abs(growth) < 2.2)
        )
        signs = {"dead": dead > 0.5, "symmetric": unlike < 1e-9, "saturated": flat > 0.5}
        signs |= {"exploding": growth.max() > 2, "fading": growth.min() < -2, "healthy": True}
        assert next(sign for sign in signs if signs[sign]) == wanted


def flat_share(activation, outputs):
    slopes = 1 - outputs**2 if activation == "tanh" else 4 * outputs * (1 - outputs)  # 1 where it is steepest
    return (slopes < 0.1).mean()


def test_a_wrong_uniform_draw_costs_only_its_own_part():
    answers = ANSWERS["06-initialization"]
    score = check(
        "06-initialization/variance-scaling", answers.typed(answers.right_sigma, limit_of=lambda sigma: sigma)
    )
    assert [line.earned for line in score.lines] == [1, 1, 2, 0, 0]


def test_a_doctor_who_does_not_know_the_deltas_loses_only_their_part():
    score = check("06-initialization/diagnose", ANSWERS["06-initialization"].doctor(outputs_only=True))
    assert [line.earned for line in score.lines] == [1, 0, 1, 1, 1, 1, 0]


# Chapter 7


@pytest.mark.parametrize("wrong", [0, 2], ids=["nothing between them", "as many decimals"])
def test_a_constant_comparison_gets_one_point_at_most(wrong):
    assert check("07-putting-it-together/compare", lambda y, first, second: (wrong, 0.01)) <= 1


@pytest.mark.parametrize("better", [0.05, 1.0])
def test_a_report_that_promises_more_than_the_network_can_do_is_not_believed(better):
    def promises(X, y, rng):
        said = ANSWERS["07-putting-it-together"].report(X, y, rng)
        return said | {"test": min(said["test"] + better, 1.0) if said["test"] < 1 else 0.9}

    score = check("07-putting-it-together/report", promises)
    assert [line.earned for line in score.lines] == [1, 0, 2, 0], str(score)


def test_a_network_that_knows_the_published_digits_by_heart_does_not_pass():
    network = project.trained(epochs=40)(*datasets.digits(), None, None, np.random.default_rng(0))
    score = check("07-putting-it-together/fit", lambda X, y, X_val, y_val, rng: network)
    assert score == 0 and score.mistake == "digits from elsewhere", str(score)

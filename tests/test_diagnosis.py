"""What is said of a wrong answer: never more than is known of it."""

import ast
import math

import numpy as np
import pytest

from mlkit.checks import __main__ as try_an_answer
from mlkit.checks.clues import Case, clue
from mlkit.checks.derived import KINDS, derived
from mlkit.checks.errors import IN_PLACE, ONE_NUMBER, ONE_QUESTION, POWER, SHAPES, in_words
from mlkit.checks.expect import close
from mlkit.checks.question import Question
from mlkit.checks.solution import Solution

KEY = "02-activations/made-for-a-test"


@pytest.fixture
def line():
    """A question about a line; its drawings know positive x only, and its second part negative ones too."""
    question = Question(
        KEY,
        draw=lambda rng: (rng.uniform(1, 2, size=rng.choice([3, 5])), float(rng.uniform(2, 3)), float(rng.normal())),
        drawings=6,
        section="The gallery",
        solution="""
            def line(x, slope, offset):
                return slope * x + offset
            """,
    )

    @question.part("at 1")
    def _(answer, rng):
        close(answer(np.ones(3), 2.0, 5.0), [7, 7, 7], "at x = 1 it is not right")

    @question.part("everywhere")
    def _(answer, rng):
        x, slope, offset = np.linspace(-3, 3, 7), 2.25, -1.125
        close(answer(x, slope, offset), slope * x + offset, "it is not right everywhere")

    question.slips(
        ("through the origin", {" + offset": ""}, "Your line goes through the origin."),
        ("a parabola", {"* x": "* x**2"}, "You square x."),
    )
    return question


def mistake_of(question, answer):
    return question.score(answer).mistake


# The catalogue


def test_a_slip_is_an_edit_of_the_solution_and_its_text_must_stand_there_once(line):
    assert mistake_of(line, lambda x, slope, offset: x * slope) == "through the origin"
    for edits in ({"x": "z"}, {"nowhere": ""}, {"slope * x": "x", "* x +": "+"}):
        with pytest.raises(ValueError, match="must stand once in the solution"):
            line.slips(("wrong", edits, "Never seen."))


def test_the_same_results_with_other_parts_right_are_not_the_same_mistake(line):
    """It returns what the slip returns on all drawings, which are positive, and is right at 1: another program."""

    def elsewhere(x, slope, offset):
        return slope * x if x.min() > 1 or x.max() > 2 else slope * x + offset

    assert line.score(elsewhere) > line.score(lambda x, slope, offset: slope * x)
    assert mistake_of(line, elsewhere) != "through the origin"


def test_a_predicate_is_asked_only_about_results_of_the_right_form_and_is_believed_only_if_no_more_is_wrong(line):
    asked = []

    def found(answer, rng):
        asked.append(answer)
        return True

    line.mistake("too large", lambda x, slope, offset: slope * x + offset + (x < 0), "Too large.", found=found)
    assert mistake_of(line, lambda x, slope, offset: (slope * x + offset)[:, None]) == "another shape"
    assert asked == []
    assert mistake_of(line, lambda x, slope, offset: slope * x + offset + (x < -1)) == "too large"
    assert mistake_of(line, lambda x, slope, offset: np.sinh(slope * x)) != "too large", "it is wrong at 1 as well"


# What everybody meets


@pytest.mark.parametrize(
    ("wrong", "usual", "words"),
    [
        (lambda: np.ones((5, 2)) @ np.ones(3), SHAPES, "its inner sizes are 2 on the left and 3 on the right"),
        (lambda: np.dot(np.ones((5, 2)), np.ones(3)), SHAPES, "its inner sizes are 2 on the left and 3 on the right"),
        (lambda: np.ones((5, 2)) + np.ones(3), SHAPES, "element by element these shapes do not fit: (5, 2) and (3,)"),
        (lambda: np.zeros((2, 3)).__setitem__(0, np.ones(4)), SHAPES, "of shape (4,) does not fit into"),
        (lambda: np.column_stack([np.ones(3), np.ones(4)]), SHAPES, "side by side"),
        (lambda: math.exp(np.ones(3)), ONE_NUMBER, "a function that takes one number"),
        (lambda: int(np.ones(3) > 0), ONE_NUMBER, "a function that takes one number"),
        (lambda: 1 if np.ones(3) else 0, ONE_QUESTION, "one question"),
        (lambda: max(np.ones(3), 0), ONE_QUESTION, "one question"),
        (lambda: np.ones(3) ^ 2, POWER, "it is no power"),
        (lambda: [][1], None, "IndexError: list index out of range"),
    ],
)
def test_an_error_is_told_in_words_and_never_in_the_signature_of_numpy(wrong, usual, words):
    with pytest.raises(Exception) as raised:
        wrong()
    sentence, found = in_words(raised.value)
    assert words in sentence
    assert found is usual
    assert "gufunc" not in sentence


@pytest.mark.parametrize(
    ("answer", "usual"),
    [
        (lambda x, slope, offset: slope @ x, None),
        (lambda x, slope, offset: x @ np.ones(9), SHAPES),
        (lambda x, slope, offset: slope * math.floor(x) + offset, ONE_NUMBER),
        (lambda x, slope, offset: slope * x if x > 0 else offset, ONE_QUESTION),
        (lambda x, slope, offset: x.__imul__(slope) + offset, IN_PLACE),
    ],
)
def test_such_an_error_is_a_mistake_with_one_name_in_every_question(line, answer, usual):
    assert mistake_of(line, answer) == (usual and usual.name)


def test_one_reason_is_told_once(line):
    notes = [row.note for row in line.score(lambda x, slope, offset: x @ np.ones(9)).lines]
    assert notes[0].startswith("the matrix product does not fit: its inner sizes are 3")
    notes = [row.note for row in line.score(lambda x, slope, offset: print(x)).lines]
    assert notes[0].startswith("it returned None: is a `return` missing?")
    assert notes[1].startswith("for the same reason; it printed")


def test_a_list_that_holds_itself_is_no_result(line):
    def endless(x, slope, offset):
        found = [1.0, 2.0]
        found.append(found)
        return found

    assert "something that holds itself" in line.score(endless).lines[0].note


# What is seen


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (lambda x, slope, offset: 2 * x + offset, "slope without effect"),
        (lambda x, slope, offset: slope * x + np.random.default_rng().random(), "another result each time"),
        (lambda x, slope, offset: (slope * x + offset) / np.sqrt(len(x)), "a factor"),
        (lambda x, slope, offset: slope * x + offset + slope, "too much"),
        (lambda x, slope, offset: (slope * x + offset).round(1), "rounded"),
        (lambda x, slope, offset: slope * x + offset if len(x) == 3 else slope * x, "right in some cases"),
    ],
)  # fmt: skip
def test_a_clue_says_what_can_be_seen(line, answer, name):
    score = line.score(answer)
    assert score.mistake == name
    assert "A clue: " in str(score)


def test_what_is_right_on_all_drawings_gets_no_name(line):
    assert mistake_of(line, lambda x, slope, offset: np.where(x > 0, slope * x + offset, 0.0)) is None


x = np.random.default_rng(0).normal(size=(4, 5))
RELATED = [
    (lambda w: -w, "a sign", "minus what it should be"),
    (lambda w: 3 * w, "a constant factor", "3 times what it should be"),
    (lambda w: w + 0.5, "a constant too much", "0.5 too large"),
    (lambda w: w**2, "a square", "the square of what it should be"),
    (lambda w: w[::-1], "in the reverse order", "in the reverse order"),
    (lambda w: np.roll(w, 1) * 1.0, "one too early or late", "one place too late"),
    (lambda w: w[:, None], "another shape", "another shape, (5, 1)"),
    (lambda w: np.ones(5), "always the same", "the same, whatever comes in"),
    (lambda w: w * (np.arange(5) != 4), "right in some places", "right except at the last index"),
    (lambda w: np.sin(w), None, ""),
    (lambda w: np.array(["a"] * 5), None, ""),
]


@pytest.mark.parametrize(("change", "name", "words"), RELATED)
def test_a_result_is_described_by_how_it_is_related_to_the_right_one(change, name, words):
    found = clue([Case(change(w), w, {}) for w in x])
    assert (found and found.name) == name
    assert words in (found.hint if found else "")


def test_of_several_values_each_is_described():
    cases = [Case((w, -(w**2)), (w, w**2), {}) for w in x]
    said = clue(cases, ("w", "b")).hint
    assert said == "The second value, b, is minus what it should be. Right: w. Where is a sign turned round?"
    assert clue([Case((2 * w, w), (w, 2 * w), {}) for w in x]).name == "values in another order"
    assert clue([Case(2 * w, (w, 2 * w), {}) for w in x]).name == "one value for several"
    cases = [Case((w, np.sin(w)), (w, np.cos(w)), {}) for w in x]
    assert clue(cases, ("a", "b")).hint == "Right: a. Not right: b. Look there."


def test_a_step_of_another_length_is_seen_from_where_it_begins():
    cases = [Case(start - 3 * step, start - step, {"theta": start}) for start, step in zip(x[:2], x[2:], strict=True)]
    assert "a step from `theta`, 3 times what it should be" in clue(cases).hint


# Slips that all questions share

CODE = """
def f(X, rng):
    total = np.zeros(2)
    for x in X:
        total += x.sum(axis=0) / (2 * len(X)) if x > 0 and x < 3 else -x**2
    return total - 1, X.T @ total
"""


def test_each_slip_has_words_and_each_kind_a_question_it_can_happen_in():
    sources = [
        CODE,
        CODE.replace("total +=", "X = X * 2\n        total +="),
        "def f(X):\n    X = np.sqrt(X.std())\n    return X / 2",
    ]
    kinds = {slip.kind for code in sources for slip in derived(code)}
    assert kinds <= set(KINDS)
    assert {"the border", "the other axis", "brackets", "a seed of its own", "= for +=", "transposed"} <= kinds


def test_every_slip_is_a_program_that_differs_from_the_solution():
    codes = [ast.unparse(slip.tree) for slip in derived(CODE)]
    assert ast.unparse(ast.parse(CODE)) not in codes
    for slip in derived(CODE):
        assert callable(Solution(CODE, {}).run(slip.tree))


def test_a_slip_that_several_kinds_can_explain_is_told_as_such():
    question = Question(
        KEY,
        draw=lambda rng: (rng.normal(size=4),),
        section="The gallery",
        solution="def f(x): return 2 * x - x * 1",
    )
    question.part("right")(lambda answer, rng: close(answer(np.ones(2)), [1, 1], "it is not right"))
    score = question.score(lambda x: 3 * x)
    assert " or " in score.mistake
    assert "One small thing is wrong: " in str(score)


# An answer in a file


def test_an_answer_in_a_file_is_tried_for_a_report(tmp_path, capsys):
    file = tmp_path / "answer.py"
    file.write_text("def relu(z):\n    return np.abs(z)\n")
    assert try_an_answer.main(["02-activations/relu", str(file)]) == 1
    assert "Likely mistake: absolute value." in capsys.readouterr().out
    file.write_text("def relu(z):\n    return np.maximum(z, 0)\n")
    assert try_an_answer.main(["02-activations/relu", str(file)]) == 0
    for key, path, said in (
        ("02-activations/relx", file, "did you mean '02-activations/relu'"),
        ("02-activations/tanh", file, "defines no `tanh`"),
        ("02-activations/relu", tmp_path / "none.py", "No such file"),
    ):
        assert try_an_answer.main([key, str(path)]) == 2
        assert said in capsys.readouterr().err

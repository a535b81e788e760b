"""Every question of the exercises: the solution earns all points, the stub none, each known mistake its own name."""

import ast
import importlib
import os
import re
from functools import cache

import nbformat
import pytest
from exercise_fixtures import EXERCISES, ROOT, is_check, marked, notebook, question_keys

from mlkit.checks import load_chapter
from mlkit.checks.clues import same
from mlkit.checks.diagnosis import Diagnosis
from mlkit.checks.guard import guarded
from mlkit.checks.question import chapters

BETWEEN = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


def answers(chapter):
    return importlib.import_module(f"mlkit.checks.questions.{chapter}.answers")


def mistakes():
    questions = [question for chapter in chapters() for question in load_chapter(chapter).values()]
    return [pytest.param(q, m, id=f"{q.key}: {m.name}", marks=together(q.key)) for q in questions for m in q.mistakes]


def together(key):
    """One worker takes all tests of a question's mistakes, so that each is scored once."""
    return pytest.mark.xdist_group(f"mistakes of {key}")


@cache
def run(chapter, kind="source"):
    """The scores of a notebook's check cells, by key: each cell run in order, as a learner would run them."""
    scope, scores = {}, {}
    for cell in notebook(chapter, kind).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            shown = tree.body.pop() if is_check(cell) else None
            exec(compile(tree, "cell", "exec"), scope)
            if shown is not None:
                value = eval(compile(ast.Expression(shown.value), "cell", "eval"), scope)
                scores[value.key] = value
    return scores


@pytest.fixture(params=chapters())
def chapter(request, monkeypatch):
    monkeypatch.chdir(EXERCISES)
    monkeypatch.setitem(os.environ, "MPLBACKEND", "agg")
    return request.param


# The notebook and the questions belong together


def test_the_notebook_asks_the_questions_of_the_chapter_in_their_order(chapter):
    assert list(run(chapter)) == list(load_chapter(chapter))
    assert 5 <= len(run(chapter)) <= 8


def test_the_cells_are_marked_for_grading(chapter):
    """One answer cell or more for each question, and one check cell, whose points are those of the question."""
    source = notebook(chapter)
    ids = [cell.metadata.nbgrader.grade_id for cell in source.cells if "nbgrader" in cell.metadata]
    assert len(ids) == len(set(ids))
    for key, cell in zip(load_chapter(chapter), marked(source, "grade"), strict=True):
        name = key.partition("/")[2]
        expected = {"grade": True, "grade_id": f"{name}-check", "locked": True, "schema_version": 3, "task": False}
        assert dict(cell.metadata.nbgrader) == expected | {
            "points": load_chapter(chapter)[key].points,
            "solution": False,
        }
        assert re.fullmatch(rf'from mlkit\.checks import check\n\ncheck\("{key}", \w+\)', cell.source)
    for cell in marked(source, "solution"):
        assert not cell.metadata.nbgrader.grade
        assert len(BETWEEN.findall(cell.source)) == 1


def test_the_solution_earns_every_point(chapter):
    for score in run(chapter).values():
        assert score == score.points, score
        assert not any(line.note for line in score.lines), score


def test_the_students_notebook_runs_and_earns_nothing(chapter):
    for score in run(chapter, "student").values():
        assert score == 0
        assert score.lines[0].status == "not written yet", score


def test_the_students_notebook_holds_no_solution(chapter):
    student = "\n".join(cell.source for cell in notebook(chapter, "student").cells)
    for cell in marked(notebook(chapter), "solution"):
        for line in BETWEEN.search(cell.source)[1].splitlines():
            if len(line.strip()) > 20:
                assert line.strip() not in student, line


@cache
def solutions(chapter):
    """The code of each question's answer cells in the notebook with the solutions, without marks and description."""
    texts, pending = {}, []
    for cell in notebook(chapter).cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and marks.get("solution"):
            pending.append(without_description(re.sub(r"    ### (BEGIN|END) SOLUTION\n?", "", cell.source)))
        elif marks.get("grade"):
            key = re.search(r'check\("(.+?)"', cell.source)[1]
            texts[key], pending = "\n\n\n".join(pending) + "\n", []
    return texts


def without_description(code):
    lines, first = code.splitlines(), ast.parse(code).body[-1].body[0]
    if not (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        return code.rstrip()
    before, after = lines[: first.lineno - 1], lines[first.end_lineno :]
    return "\n".join([*before, *after[1:]] if not after[0].strip() else [*before, *after]).rstrip()


@pytest.mark.parametrize("key", question_keys())
def test_the_solution_that_slips_are_made_of_is_the_notebook_s(key):
    chapter = key.partition("/")[0]
    assert load_chapter(chapter)[key].solution.text == solutions(chapter)[key]
    assert load_chapter(chapter)[key].why.endswith(".")


# Mistakes


@pytest.mark.parametrize("key", question_keys())
def test_a_question_knows_at_least_four_mistakes(key):
    question = load_chapter(key.partition("/")[0])[key]
    names = [mistake.name for mistake in question.mistakes]
    assert len(names) >= 4
    assert len(set(names)) == len(names)
    assert question.points == sum(part.points for part in question.parts) + 1


@cache
def score_of(question, mistake):
    """What the example of a mistake gets: found once, looked at by several tests."""
    return question.score(mistake.wrong)


@pytest.mark.parametrize(("question", "mistake"), mistakes())
def test_each_mistake_gets_its_own_name_and_not_all_points(question, mistake):
    assert mistake.wrong is not None, "a mistake needs an example"
    score = score_of(question, mistake)
    assert score < score.points, score
    assert score.mistake == mistake.name, score
    assert mistake.hint in str(score)


@pytest.mark.parametrize("key", [pytest.param(key, marks=together(key)) for key in question_keys()])
def test_no_example_of_a_mistake_gets_a_second_name(key):
    """The table of all mistakes of a question against all names: each meets its own and no other."""
    question = load_chapter(key.partition("/")[0])[key]
    for mistake in (m for m in question.mistakes if not m.endless):
        names = [also.name for also in Diagnosis(question, *tried(question, mistake)).all_catalogued()]
        assert names == [mistake.name]


def tried(question, mistake):
    return question.watched(mistake.wrong), score_of(question, mistake).lines


@pytest.mark.parametrize("key", [pytest.param(key, marks=together(key)) for key in question_keys()])
def test_each_shared_slip_that_changes_the_result_loses_marks(key):
    """So many programs that are nearly right: the parts of a question see each of them.

    Some changes leave an answer right; ``AS_GOOD`` in `answers.py` has the piece of code that they write.
    """
    chapter, _, name = key.partition("/")
    question, as_good = load_chapter(chapter)[key], answers(chapter).AS_GOOD.get(name, ())
    passing = [slip for slip, wrong in question.derived if changes(question, wrong) and passes(question, wrong)]
    codes = [ast.unparse(slip.tree) for slip in passing]
    assert [code for code in codes if not any(piece in code for piece in as_good)] == []
    assert [piece for piece in as_good if not any(piece in code for code in codes)] == [], "not needed"


def changes(question, wrong):
    """Whether a slip returns something else than the solution on some drawing."""
    seen = [question.see(wrong, n, 0.5) for n in range(question.drawings)]
    return not all(same(*pair) for pair in zip(seen, question.right, strict=True))


def passes(question, wrong):
    return all(not guarded(lambda p=p: p.test(wrong, question.rng(p.title)), 2.0).problem for p in question.parts)


@cache
def headings(chapter):
    cells = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=nbformat.NO_CONVERT).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return [line.lstrip("# ").strip() for line in re.findall(r"^#+ .*", text, re.MULTILINE)]


@pytest.mark.parametrize(("question", "mistake"), mistakes())
def test_a_hint_points_to_a_section_that_exists(question, mistake):
    assert mistake.section in headings(mistake.chapter)
    assert mistake.hint.endswith((".", "?"))


@pytest.mark.parametrize("key", [pytest.param(key, marks=together(key)) for key in question_keys()])
def test_nothing_the_checker_says_is_a_line_of_the_solution(key):
    """Hints and messages name what is wrong; a line of code of the solution stands in none of them."""
    chapter, _, name = key.partition("/")
    question = load_chapter(chapter)[key]
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in marked(notebook(chapter), "solution")}
    lines = [line.strip() for line in BETWEEN.search(cells[name].source)[1].splitlines()]
    sides = {side.strip() for line in lines for side in re.split(r"(?<![=<>!])=(?!=)|return", line)}
    told = "\n".join([m.hint for m in question.mistakes] + [str(score_of(question, m)) for m in question.mistakes])
    assert [side for side in sides if len(side) > 12 and side in told] == []

"""Every question of the exercises: the solution earns all points, the stub none, each known mistake its own name."""

import ast
import os
import re
from functools import cache

import nbformat
import pytest
from exercise_fixtures import EXERCISES, ROOT, is_check, marked, notebook, question_keys

from mlkit.checks import load_chapter
from mlkit.checks.question import chapters

BETWEEN = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


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

"""What the page for instructors promises is what chapters and exercises hold: minutes, points, sections, figures."""

import re
import tomllib
from functools import cache
from pathlib import Path

import nbformat
import pytest

from mlkit.checks import load_chapter
from mlkit.checks.question import chapters

ROOT = Path(__file__).resolve().parent.parent
TEACHING = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
INDEX = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
WORDS = {5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}


@cache
def text_of(path):
    cells = nbformat.read(ROOT / path, as_version=nbformat.NO_CONVERT).cells
    return "\n".join(cell.source for cell in cells)


@pytest.fixture(params=chapters())
def chapter(request):
    return request.param


def exercises(chapter):
    return text_of(f"exercises/source/{chapter}/{chapter[3:]}.ipynb")


def row(page, chapter):
    """The cells of the table's line that links to the chapter."""
    (line,) = [line for line in page.splitlines() if line.startswith("| [") and f"({chapter}.ipynb)" in line]
    return [cell.strip() for cell in line.strip("|").split("|")]


def about(chapter):
    """The part of the page that is about one chapter."""
    number = int(chapter[:2])
    return re.search(rf"### {number}\. .*?(?=\n###? )", TEACHING, re.DOTALL)[0]


def tables(chapter):
    """Lines of the table of objectives, and of the table of beliefs."""
    rows = [line.strip("|").split("|") for line in about(chapter).splitlines() if re.match(r"\| (?!---)", line)]
    return [r for r in rows if len(r) == 3][1:], [r for r in rows if len(r) == 2][1:]


def test_minutes_are_the_same_on_every_page(chapter):
    text = text_of(f"chapters/{chapter}.ipynb")
    read, do = re.search(r"about (\d+) minutes to read and move the figures, (\d+) for", text).groups()
    assert row(INDEX, chapter)[2] == row(TEACHING, chapter)[2] == f"{read} + {do}"


def test_exercises_take_the_minutes_and_give_the_points_that_are_stated(chapter):
    questions = load_chapter(chapter)
    minutes, points = re.search(r"about (\d+) minutes\D+(\d+)", exercises(chapter)).groups()
    assert int(points) == sum(question.points for question in questions.values())
    assert row(TEACHING, chapter)[3] == f"{minutes} ({points})"
    assert row(INDEX, chapter)[3].endswith(f"), {minutes}")
    assert f"{WORDS[len(questions)]} questions, about {minutes} minutes" in text_of(f"chapters/{chapter}.ipynb")


def test_named_sections_and_exercises_exist(chapter):
    headings = re.findall(r"^## (.*)", text_of(f"chapters/{chapter}.ipynb"), re.MULTILINE)
    objectives, _ = tables(chapter)
    assert len(objectives) >= 5
    for _, sections, named in objectives:
        assert sections.strip()
        assert set(re.findall(r"\*([^*]+)\*", sections)) <= set(headings)
        for part in filter(None, named.split("chapter ")):
            elsewhere = re.match(r"(\d): ", part)
            home = next(c for c in chapters() if int(c[:2]) == int(elsewhere[1])) if elsewhere else chapter
            keys = {key.partition("/")[2] for key in load_chapter(home)}
            assert set(re.findall(r"`([^`]+)`", part)) <= keys


def test_each_exercise_serves_an_objective(chapter):
    named = set(re.findall(r"`([\w-]+)`", "".join(r[2] for c in chapters() for r in tables(c)[0])))
    assert {key.partition("/")[2] for key in load_chapter(chapter)} <= named


def test_every_belief_has_a_figure_of_the_chapter(chapter):
    """Each slider figure of the chapter answers something people believe, and each belief has its figure."""
    figures = set(re.findall(r'name="([\w-]+)"', text_of(f"chapters/{chapter}.ipynb")))
    _, beliefs = tables(chapter)
    named = set(re.findall(r"`([\w-]+)`", "".join(cells[1] for cells in beliefs)))
    assert named == figures


def test_there_are_enough_figures_and_no_two_share_a_name():
    names = [n for c in chapters() for n in re.findall(r'name="([\w-]+)"', text_of(f"chapters/{c}.ipynb"))]
    assert len(set(names)) == len(names)
    assert len(names) - len(re.findall(r'name="', text_of("chapters/01-perceptron.ipynb"))) >= 24


def test_the_plans_have_the_sessions_they_say():
    for number, word in ((3, "Three"), (6, "Six"), (12, "Twelve")):
        plan = TEACHING.split(f"**{word} sessions: ")[1].split("\n**")[0].split("\n## ")[0]
        assert re.findall(r"^\| (\d+) \|", plan, re.MULTILINE) == [str(n) for n in range(1, number + 1)]


def test_nbgrader_comes_to_those_who_grade_and_not_to_learners():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {name for name, needs in extras.items() if any("nbgrader" in need for need in needs)} == {"grading", "test"}

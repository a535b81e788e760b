"""What leads a learner through JupyterLab: the settings it opens with, the start page, and every link on the way."""

import json
import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from jupyterlab_server.config import get_page_config

from mlkit.checks import load_chapter
from mlkit.checks.question import chapters
from mlkit.checks.score import Score

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


@cache
def cells(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def text_of(path):
    if path.endswith(".ipynb"):
        return "\n\n".join(source(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    return (ROOT / path).read_text(encoding="utf-8")


def links(path):
    """Where the links of a page lead, as paths of the repository."""
    folder = (ROOT / path).parent
    targets = (target for _, target in MARKDOWN_LINK.findall(text_of(path)) if not urlsplit(target).scheme)
    found = ((folder / unquote(target.partition("#")[0])).resolve() for target in targets)
    return [file.relative_to(ROOT).as_posix() for file in found if file.is_relative_to(ROOT)]


def course():
    """The chapters in the order of the book, each with the exercises that ``_toc.yml`` lists below it."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = next(part["chapters"] for part in toc["parts"] if part["caption"] == "The course")
    return [
        (f"{entry['file']}.ipynb", f"{entry['sections'][0]['file']}.ipynb") for entry in listed if "sections" in entry
    ]


# Sections


def opening(cell):
    """The heading of the section that a cell opens, or None; a name for it, ``(name)=``, may stand above."""
    found = re.match(r"(?:\(.*\)=\s+)*## (.*)", source(cell))
    return found and found[1]


def headings(cell):
    """The headings of sections in a cell; a line of a fenced block is none."""
    return re.findall(r"^## (.*)", re.sub(r"(?ms)^(`{3,}|:{3,}).*?^\1", "", source(cell)), re.MULTILINE)


@pytest.mark.parametrize("chapter", chapters())
def test_a_section_opens_a_cell_that_is_called_like_it(chapter):
    """JupyterLab scrolls to a cell by its id, whatever renders the text; to a heading within a cell it does not."""
    for cell in cells(f"chapters/{chapter}.ipynb"):
        if cell["cell_type"] == "markdown" and (found := headings(cell)):
            assert found == [opening(cell)], f"cell {cell['id']}: a section begins in its midst; split it there"
            assert cell["id"] == re.sub(r"[^a-z0-9]+", "-", found[0].lower()).strip("-")


class Link(HTMLParser):
    target = None

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            assert self.target is None, "a hint has one link"
            self.target = dict(attributes)["href"]


@pytest.mark.parametrize("chapter", chapters())
def test_the_link_of_every_hint_leads_to_the_cell_that_opens_the_section(chapter):
    here = ROOT / "exercises" / chapter
    for question in load_chapter(chapter).values():
        for mistake in question.mistakes:
            score = Score(0, key=question.key, points=question.points, lines=[], mistake=mistake)
            (parser := Link()).feed(score.html())
            path, _, fragment = parser.target.partition("#cell-id=")
            found = [cell for cell in cells((here / path).resolve()) if cell["id"] == fragment]
            assert [opening(cell) for cell in found] == [mistake.section], f"{question.key}: {mistake.name}"


# The start page, and the way between a chapter and its exercises


def test_the_start_page_leads_to_every_chapter_and_its_exercises_in_the_order_of_the_book():
    assert len(course()) == len(chapters())
    notebooks = [path for path in links("START.md") if path.endswith(".ipynb")]
    assert notebooks == [path for both in course() for path in both]


def test_the_start_page_calls_the_chapters_as_they_call_themselves_and_gives_their_minutes():
    named = [name for name, target in MARKDOWN_LINK.findall(text_of("START.md")) if target.startswith("chapters/0")]
    titles = [re.search(r"^# (.*)", text_of(path), re.MULTILINE)[1] for path, _ in course()]
    assert named == [f"{n}. {title}" for n, title in enumerate(titles, start=1)]
    minutes = [re.search(r"\*\*Time\*\*: about (\d+)", text_of(path))[1] for _, path in course()]
    assert re.findall(r"exercises/\S+\) \| (\d+) ", text_of("START.md")) == minutes


@pytest.mark.parametrize(("chapter", "exercises"), course())
def test_a_chapter_and_its_exercises_lead_to_each_other(chapter, exercises):
    assert exercises in links(chapter)
    assert chapter in links(exercises)


# The settings


def overrides():
    return json.loads((ROOT / "lab" / "overrides.json").read_text(encoding="utf-8"))


def schema(plugin):
    """What JupyterLab itself knows of a plugin's settings."""
    from jupyterlab.commands import get_app_dir

    package, _, name = plugin.partition(":")
    file = Path(get_app_dir()) / "schemas" / package / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))["properties"]


def test_the_panels_for_instructors_are_left_out():
    """`make test` brings nbgrader into the environment; its panels are not for learners."""
    page = get_page_config([str(Path(sys.prefix, "share", "jupyter", "labextensions"))], app_settings_dir=ROOT / "lab")
    assert "@jupyter/nbgrader" in page["disabledExtensions"]
    assert "@jupyter/nbgrader" in {extension["name"] for extension in page["federated_extensions"]}, "under that name"


@pytest.mark.parametrize("plugin", overrides())
def test_a_setting_of_ours_is_one_that_jupyterlab_has(plugin):
    """It would pass over a name or a value it does not know, and say nothing."""
    for name, value in overrides()[plugin].items():
        known = schema(plugin)[name]
        choices = known.get("enum") or [choice["const"] for choice in known.get("oneOf", ())]
        assert "type" in known or choices
        assert isinstance(
            value, {"string": str, "boolean": bool, "number": int, "object": dict}[known.get("type", "string")]
        )
        assert value in (choices or [value])

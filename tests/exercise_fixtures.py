"""The exercises' notebooks, as tests read and run them."""

from functools import cache
from pathlib import Path

import nbformat

from mlkit.checks import load_chapter
from mlkit.checks.question import chapters
from mlkit.grading.references import reference_answers

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = ROOT / "exercises"


def question_keys():
    return [key for chapter in chapters() for key in load_chapter(chapter)]


@cache
def notebook(chapter, kind="source"):
    folder = EXERCISES / "source" if kind == "source" else EXERCISES
    return nbformat.read(folder / chapter / f"{chapter[3:]}.ipynb", as_version=nbformat.NO_CONVERT)


def marked(notebook, flag):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get(flag)]


def is_check(cell):
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


@cache
def reference(chapter):
    """The solutions of a chapter, by key."""
    return reference_answers(notebook(chapter))

"""The notebook around a check, as its kernel can know it: what ran in it, and the file as it was saved last.

A kernel sees the cells that are run and the files of its folder, in every program that opens notebooks. It does not see
what is typed and not run; but most programs save by themselves, and then the file has it.
"""

import ast
import contextlib
import json
import linecache
import os
import re
import sys
import time
import zlib
from pathlib import Path
from typing import NamedTuple

_STARTED = time.time()
_ran_at = {}  # when a cell's text was run last, since this file was imported


class Place(NamedTuple):
    """Where a notebook asks a question: the heading above it, and the id of the cell that holds the heading."""

    title: str
    cell: str


class Saved(NamedTuple):
    """A notebook's file: its name, when it was saved, its code, and for each question where it is asked.

    ``keeps_solutions``: the instructor who handed it out wants no solutions shown.
    """

    name: str
    at: float
    code: list
    places: dict
    keeps_solutions: bool


def shell():
    """The notebook's IPython, if a learner is at it: not in a script, and not while hand-ins are graded."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython and not os.environ.get("NN_GRADING") else None


def watch_cells():
    """In a notebook, from now on note when a cell ran."""
    if shell() is not None:
        shell().events.register("post_run_cell", _note_run)


def _note_run(result):
    _ran_at[_text(result.info.raw_cell or "")] = time.time()


# Is it the newest version that is looked at?


def remark(key, answer, saved):
    """A sentence if the cell of the answer was changed, or ended with an error, after it made ``answer``; else none."""
    cells = shell().user_ns["In"]
    asked = re.search(_check_of(re.escape(key)) + r"\s*,\s*(\w+)", cells[-1])
    made = _text(_source_of(answer))
    if not asked or not _defines(made, asked[1]):
        return ""
    name, ran = asked[1], [_text(code) for code in cells[:-1]]
    ran = [code for code in ran if _defines(code, name)]
    if ran and ran[-1] != made:
        return (
            f"the cell of `{name}` ended with an error when it ran last, and what is checked is the version before it."
        )
    now = next((code for code in map(_text, saved.code) if _defines(code, name)), made) if saved else made
    if now not in (made, *ran) and saved.at > _ran_at.get(made, _STARTED):
        return f"the cell of `{name}` was changed after it ran last. Run it, and then this check again."
    return ""


def _source_of(answer):
    """The text of the cell that defines a function, a class, or the class of an object; or nothing."""
    methods = vars(answer if isinstance(answer, type) else type(answer)).values()
    code = next((f.__code__ for f in (answer, *methods) if hasattr(f, "__code__")), None)
    return "".join(linecache.getlines(code.co_filename)) if code else ""


def _defines(code, name):
    return bool(re.search(rf"^(def|class)\s+{name}\b", code, re.MULTILINE))


def _text(code):
    return "\n".join(line.rstrip() for line in code.strip().splitlines())


def fingerprint(answer):
    """A short text that tells answers apart; comments and layout do not count.

    >>> fingerprint(len) == fingerprint(len)
    True
    """
    text = _source_of(answer) or repr(answer)
    with contextlib.suppress(SyntaxError):  # magics of IPython, or no code at all
        text = ast.dump(ast.parse(text))
    return f"{zlib.crc32(text.encode()):08x}"


# The file


def saved_notebook(chapter):
    """The notebook of this folder that asks the questions of a chapter; the one saved last, if there are several."""
    found = [(path.stat().st_mtime, path) for path in Path.cwd().glob("*.ipynb")]
    for at, path in sorted(found, reverse=True):
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            places = _places(notebook["cells"], chapter)
            code = [_joined(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]
            keeps = notebook["metadata"].get("course", {}).get("solutions") == "kept"
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # not a notebook, or half of one
        if places:
            return Saved(path.name, at, code, places, keeps)
    return None


def _places(cells, chapter):
    """Where each question is asked: below the nearest heading above its check."""
    places, place = {}, Place("", "")
    for cell in cells:
        text = _joined(cell)
        heading = re.match(r"#+ +(.*)", text) if cell["cell_type"] == "markdown" else None
        if heading:
            place = Place(heading[1], cell.get("id", ""))
        if cell["cell_type"] == "code":
            asked = re.findall(_check_of(rf"({re.escape(chapter)}/[\w-]+)"), text)
            places |= dict.fromkeys(asked, place)
    return places


def _joined(cell):
    return "".join(cell["source"])


def _check_of(key):
    """A pattern for the call of a check; ``key`` is a pattern as well."""
    return rf"\bcheck\(\s*[\"']{key}[\"']"

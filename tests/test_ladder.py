"""From wrong to right in a learner's notebook, in a kernel as JupyterLab starts it: rungs, total, and old versions."""

import contextlib
import json
import os
import re
import shutil
import time

import pytest
from exercise_fixtures import EXERCISES
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from mlkit.checks import check, ladder, load_chapter
from mlkit.checks.progress import FILE, TRIES, Progress

CHAPTER = "02-activations"
QUESTIONS = load_chapter(CHAPTER)
POINTS = sum(question.points for question in QUESTIONS.values())
IMPORTS = "import numpy as np\nfrom mlkit.checks import check"
CHECK = f'check("{CHAPTER}/relu", relu)'
RIGHT = "def relu(z):\n    return np.maximum(z, 0)"
WRONG = [
    "def relu(z):\n    return abs(z)",
    "def relu(z):\n    return np.minimum(z, 0)",
    "def relu(z):\n    return z + 1",
]


@pytest.fixture
def folder(tmp_path):
    """A learner's folder with the notebook as it is handed out, saved a while ago."""
    path = shutil.copy(EXERCISES / CHAPTER / "activations.ipynb", tmp_path)
    os.utime(path, (time.time() - 3600,) * 2)
    return tmp_path


class Kernel:
    """A kernel in a folder; `run` gives what a cell shows."""

    def __init__(self, folder):
        resources = {"metadata": {"path": str(folder)}}
        self.notebook = new_notebook()
        self.client = NotebookClient(self.notebook, resources=resources)

    def run(self, *sources):
        for source in sources:
            cell = new_code_cell(source)
            self.notebook.cells.append(cell)
            with contextlib.suppress(CellExecutionError):
                self.client.execute_cell(cell, len(self.notebook.cells) - 1)
        return "\n".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


@contextlib.contextmanager
def a_day(folder):
    kernel = Kernel(folder)
    with kernel.client.setup_kernel(env={n: v for n, v in os.environ.items() if n != "MLKIT_TRIES"}):
        kernel.run(IMPORTS)
        yield kernel


def test_three_different_wrong_answers_lead_from_a_name_to_a_solution(folder):
    with a_day(folder) as kernel:
        first, second, third = [kernel.run(wrong, CHECK) for wrong in WRONG]
        right = kernel.run(RIGHT, CHECK)
    assert re.search("<details [^>]*><summary [^>]*><strong>Likely mistake: absolute value.</strong>", first)
    assert "See <a href='../../chapters/02-activations.ipynb#cell-id=" in first
    assert re.search("<details [^>]* open><summary", second)
    assert "One solution" not in first + second
    assert "return np.maximum(z, 0)" in third
    assert QUESTIONS[f"{CHAPTER}/relu"].why.split("`")[-1] in third
    assert "4 of 4 points" in right
    assert "<details" not in right


def test_the_same_answer_again_is_no_other_try(folder):
    with a_day(folder) as kernel:
        said = [kernel.run(code, CHECK) for code in (*WRONG[:2], WRONG[1] + "  # again", "relu = None", WRONG[0])]
    assert not any("One solution" in page for page in said)


def test_the_solution_can_be_asked_for(folder):
    with a_day(folder) as kernel:
        kernel.run(WRONG[0], CHECK)
        early = kernel.run(f'check.solution("{CHAPTER}/relu")')
        kernel.run(WRONG[1], CHECK, WRONG[2], CHECK)
        late = kernel.run(f'check.solution("{CHAPTER}/relu")')
    assert "after 3 different answers; you have tried 1 so far" in early
    assert "np.maximum" in late


def test_an_instructor_can_keep_the_solutions(folder):
    path = folder / "activations.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["course"] = {"solutions": "kept"}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with a_day(folder) as kernel:
        said = [kernel.run(wrong, CHECK) for wrong in WRONG]
        asked = kernel.run(f'check.solution("{CHAPTER}/relu")')
    assert "One solution" not in said[-1]
    assert "wants no solutions shown" in asked


def test_the_total_names_what_is_open_and_the_next_question_and_survives_a_restart(folder):
    with a_day(folder) as kernel:
        line = kernel.run(RIGHT, CHECK)
    with a_day(folder) as kernel:
        total = kernel.run("check.total()")
    assert re.search(
        f"so far: 4 of {POINTS} points. Open: <a href='[^']+'>sigmoid</a>, <a href='[^']+'>tanh</a>, ", line
    )
    assert re.search("Next: <a href='activations.ipynb#cell-id=[0-9a-f]+'>2. [^<]+</a>", line)
    assert re.search(f"<caption [^>]*>4 of {POINTS} points</caption>", total)
    assert "Open: <a href=" in total
    assert total.count("<tr>") == 1 + len(QUESTIONS)


def test_what_is_checked_may_be_an_older_version(folder):
    with a_day(folder) as kernel:
        assert "An older version" not in kernel.run(RIGHT, CHECK)
        kernel.run("def relu(z)\n    return z")
        broken = kernel.run(CHECK)
        kernel.run("1 / 0\ndef relu(z):\n    return z")
        failed = kernel.run(CHECK)
        again = kernel.run(RIGHT, CHECK)
    for page in (broken, failed):
        assert "4 of 4 points" in page
        assert "the cell of <code>relu</code> ended with an error when it ran last" in page
    assert "An older version" not in again


def test_a_cell_that_was_changed_and_saved_but_not_run_is_noticed(folder):
    path = folder / "activations.ipynb"
    with a_day(folder) as kernel:
        not_saved_yet = kernel.run(RIGHT, CHECK)
        with_answer(path, RIGHT)
        saved = kernel.run(CHECK)
        with_answer(path, WRONG[0])
        changed = kernel.run(CHECK)
        kernel.run(WRONG[0])
        ran = kernel.run(CHECK)
    assert "An older version" not in not_saved_yet + saved + ran
    assert "the cell of <code>relu</code> was changed after it ran last" in changed


def with_answer(path, code):
    """What a program that shows notebooks saves once the answer is typed."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if "".join(cell["source"]).startswith("def relu"))
    cell["source"] = code.splitlines(keepends=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    os.utime(path, (time.time() + 1,) * 2)


# Without a kernel


def test_a_file_that_is_no_progress_is_begun_anew_and_none_is_written_where_that_is_forbidden(tmp_path):
    (tmp_path / FILE).write_text("[3]")
    progress = Progress(tmp_path / FILE)
    progress.note("02-activations/relu", 2.0, "a")
    assert Progress(tmp_path / FILE).points("02-activations/relu") == 2
    nowhere = Progress(tmp_path / "none" / FILE)
    nowhere.note("02-activations/relu", 2.0, "a")
    assert (nowhere.points("02-activations/relu"), nowhere.tries("02-activations/relu")) == (2, 1)


def test_tries_are_kept_as_far_as_they_count(tmp_path):
    progress = Progress(tmp_path / FILE)
    for answer in range(100):
        progress.note("02-activations/relu", 0.0, str(answer))
    assert Progress(tmp_path / FILE).tries("02-activations/relu") >= TRIES
    assert (tmp_path / FILE).stat().st_size < 1000


def test_when_nothing_is_open_the_total_says_so():
    progress = Progress()
    for key, question in QUESTIONS.items():
        progress.note(key, question.points, None)
    total = ladder.Total(QUESTIONS, progress)
    assert total.line() == f"This notebook so far: {POINTS} of {POINTS} points. Nothing is open."
    assert str(total).endswith(f"together: {POINTS} of {POINTS} points")


def test_the_last_open_question_is_followed_by_the_first():
    keys, progress = list(QUESTIONS), Progress()
    for key in keys[1:-1]:
        progress.note(key, QUESTIONS[key].points, None)
    assert ladder.Total(QUESTIONS, progress).line(after=keys[-1]).endswith("Open: relu, fit-relus."), (
        "it is not right yet"
    )
    progress.note(keys[-1], QUESTIONS[keys[-1]].points, None)
    assert ladder.Total(QUESTIONS, progress).line(after=keys[-1]).endswith("Open: relu. Next: <code>relu</code>.")


def test_outside_a_notebook_nothing_stands_beside_a_score(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "so far" not in check(f"{CHAPTER}/relu", abs).html()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="no notebook with questions lies in this folder; name one of 01-perceptron"):
        check.total()

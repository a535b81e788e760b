"""A small course to grade: two questions of chapter 2 and one that a person marks, and hand-ins of every kind."""

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlkit.checks import find_question
from mlkit.grading import commands

ROOT = Path(__file__).resolve().parent.parent
NAME = "02-activations"
RELU = "def relu(z):\n    return z * (z > 0)"
SOFTMAX = """\
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)"""
ESSAY = "The largest entry is subtracted so that nothing overflows."
SECRET = "a private sentence that no learner ever sees"
PRIVATE_TESTS = f'''\
from mlkit.checks.expect import require
from mlkit.checks.grading_day import private_test


@private_test("{NAME}/relu")
def _(answer, rng):
    require((answer(rng.uniform(2e6, 3e6, size=5)) > 1e6).all(), "{SECRET}")
'''


def points(question):
    return find_question(f"{NAME}/{question}").points


def marked(cell, name, **marking):
    """Give a cell nbgrader's marking."""
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, "grade_id": name}
    cell.metadata["nbgrader"] = plain | marking
    return cell


def question(name, solution):
    """The two cells of a question: the answer, and the check."""
    head, _, body = solution.partition("\n")
    answer = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    yield marked(new_code_cell(answer, id=name), name, solution=True)
    check = new_code_cell(f'check("{NAME}/{name}", {name})', id=f"{name}-check")
    yield marked(check, f"{name}-check", grade=True, locked=True, points=points(name))


def source_notebook():
    """The notebook with the solutions."""
    cells = [new_markdown_cell("# Exercises", id="title")]
    cells += [new_code_cell("import numpy as np\n\nfrom mlkit.checks import check", id="imports")]
    cells += [*question("relu", RELU), *question("softmax", SOFTMAX)]
    essay = new_markdown_cell(f"### BEGIN SOLUTION\n{ESSAY}\n### END SOLUTION", id="essay")
    cells.append(marked(essay, "essay", grade=True, solution=True, points=2))
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def make_course(folder):
    """A repository with the exercises of one chapter; return its folder ``exercises``."""
    exercises = folder / "repository" / "exercises"
    source = exercises / "source" / NAME / "activations.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(source_notebook(), source)
    return exercises


def make_private(folder, seed="123456789"):
    """What ``prepare`` makes, with a test of the instructor's own."""
    private = folder / "private"
    (private / "tests").mkdir(parents=True)
    (private / "seed").write_text(seed, encoding="utf-8")
    (private / "tests" / f"{NAME}.py").write_text(PRIVATE_TESTS, encoding="utf-8")
    return private


class Done(NamedTuple):
    """What a command left: its exit status, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def grading(exercises, private, *arguments):
    """Run a command of ``python -m mlkit.grading``, here, so that nbgrader, which takes seconds, is loaded once."""
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, {"NN_GRADING": str(private)}), redirect_stdout(out), redirect_stderr(err):
        status = commands.main(["--course", str(exercises), *map(str, arguments)])
    return Done(status, out.getvalue(), err.getvalue())


def answered(handout, relu=RELU, softmax=SOFTMAX, essay=ESSAY):
    """The student version with answers in it, as a dictionary to be changed further."""
    notebook = json.loads(handout.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        answer = {"relu": relu, "softmax": softmax, "essay": essay}.get(name_of(cell))
        if answer is not None:
            cell["source"] = answer
    return notebook


def name_of(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def checks_of(notebook):
    return [cell for cell in notebook["cells"] if str(name_of(cell)).endswith("-check")]

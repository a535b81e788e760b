"""The reference solutions, tried on a secret seed before anybody is graded with it."""

import ast
import contextlib
import io
import os

from mlkit.checks.question import find_question
from mlkit.grading.student_version import read_notebook


def problems_with(course, seed):
    """What the reference solutions of all assignments get wrong on the unseen inputs of ``seed``, in sentences."""
    found = []
    for name in course.names():
        with contextlib.redirect_stdout(io.StringIO()):  # what the notebook prints
            answers = reference_answers(read_notebook(course.source(name)))
        found += [said for key, answer in answers.items() for said in find_question(key).problems(answer, seed)]
    return found


def reference_answers(notebook):
    """What the check cells of a source notebook hand to ``check``, by key; the checks themselves are not run."""
    os.environ.setdefault("MPLBACKEND", "agg")  # no window
    scope, answers = {}, {}
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            key, answer = ast.parse(cell.source).body[-1].value.args
            answers[key.value] = scope[answer.id]
        else:
            exec(compile(cell.source, "reference solution", "exec"), scope)
    return answers

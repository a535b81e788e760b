"""The notebook that learners get, made from the one with the solutions by nbgrader's own steps."""

import copy
import os
import warnings
from pathlib import Path

from mlkit.grading.course import Problem
from mlkit.grading.repair import is_answer

CODE_STUB = "# YOUR CODE HERE\n..."
TEXT_STUB = "*Write your answer here.*"
KEPT_OF_A_CELL = ("tags", "nbgrader", "editable", "deletable", "slideshow", "mystnb")


def nbgrader_settings(course):
    """What ``exercises/nbgrader_config.py`` and our own commands tell nbgrader."""
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.course_id = "nn"
    config.CourseDirectory.source_directory = str(course.exercises / "source")
    config.CourseDirectory.release_directory = str(course.exercises)
    if course.private:
        config.CourseDirectory.root = str(course.private)
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = TEXT_STUB
    config.OverwriteCells.add_missing_cells = True
    config.Execute.timeout = 60
    return config


def read_notebook(path):
    """A notebook of ours; a `Problem` if it is none."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise Problem(f"{path} cannot be read as a notebook: {error}") from None


def student_version(course, source):
    """A copy of the notebook ``source`` without solutions, outputs and what belongs to one machine."""
    from nbgrader import preprocessors as steps

    config = nbgrader_settings(course)
    order = [steps.LockCells, steps.ClearSolutions, steps.ClearOutput, steps.CheckCellMetadata]
    order += [steps.ClearHiddenTests, steps.ClearMarkScheme, steps.ComputeChecksums, steps.CheckCellMetadata]
    notebook, resources = copy.deepcopy(source), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's and nbformat's own deprecations
        for step in order:
            notebook, resources = step(config=config).preprocess(notebook, resources)
    return tidy(notebook)


def tidy(notebook):
    """Keep of the metadata what the repository keeps: the kernel, and nbgrader's marking."""
    spec = notebook.metadata.get("kernelspec", {})
    notebook.metadata = type(notebook.metadata)(kernelspec=spec)
    for cell in notebook.cells:
        cell.metadata = type(notebook.metadata)({k: cell.metadata[k] for k in KEPT_OF_A_CELL if k in cell.metadata})
    return notebook


def generate(course, name, keep_solutions=False):
    """Write the student version and the files beside it; what was there is replaced only by something complete.

    ``keep_solutions``: checks in this notebook show no solution, however often somebody has tried.
    """
    source = course.source(name)
    made = student_version(course, read_notebook(source))
    if keep_solutions:
        made.metadata["course"] = {"solutions": "kept"}  # `mlkit.checks.notebook` reads it
    text, target = as_text(made), course.student(name)
    if target.exists() and holds_answers(read_notebook(target), made):
        raise Problem(f"{target} has answers in it, and they would be lost. Move it to another place first.")
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in companions(source):
        replace(target.parent / path.name, path.read_bytes())
    changed = not target.exists() or target.read_bytes() != text
    replace(target, text)
    return target, changed


def holds_answers(notebook, made):
    """Whether somebody has written into the cells for answers; ``made`` has them as they are handed out now."""
    blank = {_text(cell) for cell in made.cells if is_answer(cell)}
    answers = {_text(cell) for cell in notebook.cells if is_answer(cell)}
    return any(CODE_STUB not in text and TEXT_STUB not in text for text in answers - blank)


def _text(cell):
    return "\n".join(line.strip() for line in cell.source.strip().splitlines())


def as_text(notebook):
    """The bytes of a notebook, as the repository keeps it."""
    import nbformat

    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def companions(source):
    """Files that are handed out beside the notebook, such as data; the questions' own files stay here."""
    ours = (".ipynb", ".py")
    return [path for path in sorted(source.parent.iterdir()) if path.is_file() and path.suffix not in ours]


def replace(path, content):
    """Write a file at once: whoever looks sees the old one or the new one, never half."""
    half = Path(f"{path}.new")
    half.write_bytes(content)
    os.replace(half, path)

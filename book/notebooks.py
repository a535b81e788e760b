"""Run every notebook once, under nbmake; what chapters showed is kept, so that the book is made from the tested run."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
from jupyter_cache import get_cache

from book.chapters import SETTINGS, WHOLE, chapters, forget_results_of_other_code, keep, notebook_of

TIMEOUT = 600  # seconds for a notebook
NOT_INHERITED = {"PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "JPY_SESSION_NAME"}  # of a pytest or a kernel around this


def run_notebooks(book):
    """Run a copy of each page with code, and of the exercises' sources with their solutions; returns the exit status.

    What pytest says is printed; ``notebooks.xml`` in the output folder says it to programs.
    """
    forget_results_of_other_code(book)
    report = book.output / "notebooks.xml"
    report.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:  # nbmake passes by what lies in a folder _build
        copies = {path: Path(folder) / path.relative_to(book.home).with_suffix(".ipynb") for path in code_pages(book)}
        for path, copy in copies.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook_of(book, path), copy)
        status = run_under_nbmake(folder, report)
        for path in chapters(book):
            seconds, problem = results(report).get(_name_of(path, book), (0, "it did not run"))
            if not problem:
                _keep(book, path, nbformat.read(copies[path], as_version=4), seconds)
    return status


def run_under_nbmake(folder, report):
    """nbmake runs all notebooks of a folder, in place, two at a time."""
    Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # the settings of our own tests end here
    Path(folder, "conftest.py").write_text(_patient(), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", f"--nbmake-timeout={TIMEOUT}", "-n", "2"]
    command += ["-p", "no:cacheprovider", f"--junit-xml={report}", "-v", "--durations=0", "."]
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED} | SETTINGS
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def _patient():
    """A conftest that gives nbmake's runs the settings for which it has no option."""
    lines = ["from functools import partial", "from nbmake import nb_run"]
    return "\n".join([*lines, f"nb_run.NotebookClient = partial(nb_run.NotebookClient, **{WHOLE})", ""])


def code_pages(book):
    """The chapters, the exercises as learners get them, and the same with their solutions."""
    learners = [book.file_of(page) for page in book.pages if page.startswith("exercises/")]
    return [*chapters(book), *learners, *book.exercises]


def results(report):
    """How each notebook ended, by its name: the seconds it took, and what went wrong, or nothing."""
    cases = ElementTree.parse(report).getroot().iter("testcase") if report.exists() else []
    return {_name(case): (float(case.get("time")), "\n".join(said.text for said in case)) for case in cases}


def _name(case):
    return case.get("classname").removesuffix(".ipynb").replace(".", "/") + ".ipynb"


def _name_of(path, book):
    return path.relative_to(book.home).with_suffix(".ipynb").as_posix()


def _keep(book, path, ran, seconds):
    """Keep outputs and counts, and nothing else: nbmake notes the time at each cell."""
    notebook = notebook_of(book, path)
    for cell, done in zip(notebook.cells, ran.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
    keep(get_cache(book.results), path, notebook, seconds)

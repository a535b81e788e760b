"""Every notebook of the book is listed, clean, and runs from top to bottom; a broken slider anywhere stops it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from book.chapters import WHOLE
from book.notebooks import results, run_under_nbmake

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [name for name in ("chapters", "exercises") if (ROOT / name).is_dir()]
MOST_LINES = 15  # of code in a cell: a reader sees a cell as a whole


def toc():
    """The pages of the book, as ``_toc.yml`` names them: no ending."""

    def below(node):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value
            for child in value if isinstance(value, list) else []:
                yield from below(child)

    return list(below(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))))


def page(name):
    found = [path for path in (ROOT / f"{name}.ipynb", ROOT / f"{name}.md") if path.exists()]
    assert len(found) == 1, f"_toc.yml names {name}: one file of that name is needed, found {len(found)}"
    return found[0]


def in_repository():
    """Notebooks that are ours: not in what was built, nor in a hidden folder such as an environment."""
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*.ipynb"))
    return sorted(p.as_posix() for p in paths if not any(part.startswith((".", "_build")) for part in p.parts))


def run_pytest(*arguments, cwd=ROOT, **environment):
    """Run pytest as one would in a terminal, outside any notebook."""
    ours = {"MLKIT_EXPLORE", "JPY_SESSION_NAME", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"}
    inherited = {k: v for k, v in os.environ.items() if k not in ours}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *map(str, arguments)],
        cwd=cwd,
        env=inherited | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


# What there is

NOTEBOOKS = [name for name in toc() if page(name).suffix == ".ipynb"]
TEXT_NOTEBOOKS = [
    name
    for name in toc()
    if page(name).suffix == ".md" and re.match(r"---\n(.*\n)*?kernelspec:", page(name).read_text(encoding="utf-8"))
]


SOURCES = [
    path.relative_to(ROOT).with_suffix("").as_posix()
    for path in sorted((ROOT / "exercises" / "source").glob("*/*.ipynb"))
]


def test_no_page_is_listed_twice():
    assert len(toc()) == len(set(toc()))


def test_every_notebook_is_a_page_of_the_book_or_the_source_of_one():
    assert in_repository() == sorted(f"{name}.ipynb" for name in [*NOTEBOOKS, *SOURCES])


def test_no_notebook_lies_outside_the_folders_of_the_book():
    assert {name.partition("/")[0] for name in in_repository()} <= set(FOLDERS)


def test_no_page_is_kept_twice_as_text_and_as_notebook():
    twins = [name for name in in_repository() if (ROOT / name).with_suffix(".md").exists()]
    assert twins == []


# What is in them


@pytest.fixture(params=in_repository())
def notebook(request):
    return nbformat.read(ROOT / request.param, as_version=nbformat.NO_CONVERT)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_format_is_valid_and_knows_cell_ids(notebook):
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    nbformat.validate(notebook)


def test_a_notebook_carries_no_outputs_and_no_counts(notebook):
    assert [cell.id for cell in code_cells(notebook) if cell.outputs or cell.execution_count is not None] == []


def test_each_cell_has_an_id_of_its_own(notebook):
    ids = [cell.get("id") for cell in notebook.cells]
    assert all(ids)
    assert len(ids) == len(set(ids))


def test_the_kernel_is_python3(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_nothing_of_one_machine_or_one_session_is_kept(notebook):
    assert set(notebook.metadata) <= {"kernelspec", "jupytext", "language_info"}
    kept = {key for cell in notebook.cells for key in cell.metadata}
    assert kept <= {"tags", "nbgrader", "editable", "slideshow", "mystnb", "deletable"}


def test_no_cell_is_empty(notebook):
    assert [cell.id for cell in notebook.cells if not cell.source.strip()] == []


def test_a_cell_that_is_shown_can_be_seen_as_a_whole(notebook):
    hidden = {"remove-cell", "remove-input", "hide-input", "hide-cell"}
    for cell in code_cells(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]
        if not hidden & set(cell.metadata.get("tags", ())):
            assert len(lines) <= MOST_LINES, f"cell {cell.id} has {len(lines)} lines of code:\n{cell.source}"


# They run


@pytest.mark.build
@pytest.mark.parametrize("name", [*NOTEBOOKS, *TEXT_NOTEBOOKS, *SOURCES])
def test_a_notebook_runs_from_top_to_bottom(name, notebooks):
    """All of them have run once, under nbmake: the chapters, the exercises as learners get them, and with solutions."""
    report, said = notebooks
    _, problem = results(report).get(f"{name}.ipynb", (0, said))
    assert not problem, problem


@pytest.mark.build
def test_nbmake_collects_what_there_is_and_nothing_else(notebooks):
    report, said = notebooks
    assert sorted(results(report)) == sorted(f"{name}.ipynb" for name in [*NOTEBOOKS, *TEXT_NOTEBOOKS, *SOURCES]), said


@pytest.mark.build
def test_the_pages_are_made_of_the_run_that_was_tested(notebooks, book, shared):
    assert "xecuting notebook" not in (shared / "book.txt").read_text(encoding="utf-8")


# A broken slider is not a green build

PLANTED = """\
from mlkit.explore import explore
from mlkit.figures import new_axes, picture

def draw(rate, step):
    height = 1 / (1 - rate * step)
    axes = new_axes(xlim=(0, 4), ylim=(-10, 10))
    axes.plot([0, 4], [height, height])
    return picture(axes, alt=f"A line at height {height:.2f} for step {step}.")

explore(draw, rate=[0.1, RATE], step=range(4), play="step", name="planted")"""


@pytest.fixture
def planted(tmp_path):
    """Plant a notebook whose slider divides by 0 at one combination in eight, or at none."""

    def plant(rate):
        notebook = new_notebook(cells=[new_code_cell(PLANTED.replace("RATE", str(rate)))])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, tmp_path / "planted.ipynb")
        return tmp_path

    return plant


@pytest.mark.build
def test_a_chapter_whose_slider_raises_at_one_combination_fails(planted):
    done = run_pytest("--nbmake", "-q", "planted.ipynb", cwd=planted(0.5))
    assert done.returncode == 1, done.stdout
    assert "figure 'planted' cannot be drawn at rate = 0.5, step = 2: ZeroDivisionError" in done.stdout


@pytest.mark.build
def test_the_same_chapter_with_a_sound_slider_passes(planted):
    done = run_pytest("--nbmake", "-q", "planted.ipynb", cwd=planted(0.3))
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_notebook_fails_when_its_kernel_does_not_deliver_what_it_showed(tmp_path, monkeypatch):
    """nbclient would pass over it after four seconds, and the page would lack an output on a busy machine."""
    monkeypatch.setitem(WHOLE, "iopub_timeout", 1)
    mute = new_code_cell("get_ipython().kernel._publish_status = lambda *a, **k: None\n1 + 1")
    nbformat.write(new_notebook(cells=[mute]), tmp_path / "mute.ipynb")
    report = tmp_path / "notebooks.xml"
    assert run_under_nbmake(tmp_path, report) == 1
    assert "Timeout waiting for IOPub output" in results(report)["mute.ipynb"][1]

"""A learner who runs a check too early is told what to run, in a kernel as JupyterLab starts it."""

import contextlib

import pytest
from exercise_fixtures import notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

LEARNERS = notebook("02-activations", "learners").cells
IMPORTS = next(cell.source for cell in LEARNERS if cell.cell_type == "code")
CHECK = next(cell.source for cell in LEARNERS if 'check("02-activations/relu"' in cell.source)
ANSWER = "def relu(z):\n    return np.maximum(z, 0)"


def ran(*sources):
    """The outputs of cells that are run one after the other in a new kernel, errors and all."""
    cells = [new_code_cell(source) for source in sources]
    client = NotebookClient(new_notebook(cells=cells))
    with client.setup_kernel():
        for place, cell in enumerate(cells):
            with contextlib.suppress(CellExecutionError):
                client.execute_cell(cell, place)
    return [cell.outputs for cell in cells]


def said(outputs):
    return "\n".join(output.get("data", {}).get("text/html", output.get("evalue", "")) for output in outputs)


@pytest.fixture(scope="module")
def first_run():
    """What a learner sees who begins with the check, then runs the answer, and the imports last."""
    return ran(CHECK, ANSWER, CHECK, IMPORTS, CHECK, "relU(1)", "def f():\n    return nowhere\nf()", "1 / 0")


def test_a_check_that_is_run_before_its_answer_says_what_to_run(first_run):
    (output,) = first_run[0]
    assert output.output_type == "display_data"
    assert "<code>relu</code> does not exist yet: run the cell above" in said([output])


def test_an_answer_that_misses_the_imports_says_which_name(first_run):
    assert "<code>np</code> does not exist: has the cell run that imports or defines it?" in said(first_run[2])
    assert "4 of 4 points" in said(first_run[4])


def test_other_errors_look_as_they_always_do(first_run):
    for outputs, name in zip(first_run[5:], ("NameError", "NameError", "ZeroDivisionError"), strict=True):
        assert [(output.output_type, output.ename) for output in outputs] == [("error", name)]


def test_somebody_elses_way_with_errors_is_left_alone():
    theirs = "get_ipython().set_custom_exc((NameError,), lambda *arguments, **named: print('theirs'))"
    assert [output.get("text") for output in ran(theirs, CHECK)[1]] == ["theirs\n"]


def test_the_untouched_notebook_runs_from_top_to_bottom():
    for cell, outputs in zip(LEARNERS, ran(*(c.source for c in LEARNERS if c.cell_type == "code")), strict=False):
        assert [output for output in outputs if output.output_type == "error"] == [], cell.source

"""Run a cell as a kernel does, in Python for the browser; `run.mjs` calls it."""

import json

from IPython.core.interactiveshell import InteractiveShell

from mlkit.checks.score import Score


def begin():
    """As in a kernel that has just started."""
    InteractiveShell.instance(colors="nocolor").reset(new_session=True)


def run(source):
    """The error of a cell, if it has one, and what a check said; as JSON."""
    done = InteractiveShell.instance().run_cell(source, store_history=True)
    error = done.error_before_exec or done.error_in_exec
    said = {"error": f"{type(error).__name__}: {error}" if error else None}
    if isinstance(done.result, Score):
        said["score"] = done.result.data
    return json.dumps(said)

"""A check that is run too early says what to run first, in the place of Python's ``NameError``.

A check cell names the answer: ``check("02-activations/relu", relu)``. Before the cell above has run, the name does not
exist, and Python stops before ``check`` is called. So the notebook's shell is asked to let us say a sentence then.
"""

import sys

from mlkit.checks.score import with_code


def explain_missing_names():
    """In a notebook, from now on explain a name that a check cell misses; errors of other cells look as they do."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and not shell.custom_exceptions:  # somebody else's way with errors is left alone
        shell.set_custom_exc((NameError,), _show)


def _show(shell, kind, error, traceback, tb_offset=None):
    if not _misses_its_answer(shell, traceback):
        return shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
    sentence = f"`{error.name}` does not exist yet: run the cell above, in which you write it, then this one again."
    shell.display_pub.publish(
        {"text/plain": sentence.replace("`", ""), "text/html": f"<p role='status'>{with_code(sentence)}</p>"}
    )
    return None


def _misses_its_answer(shell, traceback):
    """Whether it is a line of a check cell itself, not of a function that it calls, in which the name is missing."""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_name == "<module>" and "check(" in shell.user_ns["In"][-1]

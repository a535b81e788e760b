"""Where the code runs: in front of a person who moves sliders, or in a build that makes pages."""

import os
import sys

from mlkit.validation import as_choice


def mode():
    """Return "live" when a person is at the kernel, else "published".

    jupyter_server names the session of each kernel it starts for a person; VS Code, Colab and Pyodide leave signs of
    their own. A build (Jupyter Book, nbmake, nbconvert) leaves none. The environment variable
    ``MLKIT_EXPLORE=live|published`` overrides.
    """
    chosen = os.environ.get("MLKIT_EXPLORE")
    if chosen:
        return as_choice(chosen, "MLKIT_EXPLORE", ["live", "published"])
    kernel = shell()
    person = (
        "JPY_SESSION_NAME" in os.environ
        or "google.colab" in sys.modules
        or sys.platform == "emscripten"
        or (kernel is not None and "__vsc_ipynb_file__" in kernel.user_ns)
    )
    return "live" if person and kernel is not None else "published"


def shell():
    """Return IPython's shell, or None outside a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None

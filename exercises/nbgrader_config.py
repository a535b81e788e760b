"""For nbgrader's own commands and panels, started in this folder; `python -m mlkit.grading` needs none of them.

nbgrader goes on with its defaults when this file fails, except when it ends with `sys.exit`.
"""

import os
import sys
from pathlib import Path

from mlkit.grading.course import Problem, open_course, require_prepared
from mlkit.grading.student_version import nbgrader_settings

# nbgrader calls `alembic`, which lies beside Python and may not be on the PATH; kernels must find `mlkit`.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)

try:
    course = open_course(Path(__file__).resolve().parent, private="NN_GRADING" in os.environ)
    if "autograde" in sys.argv:  # never grade without the secret seed
        course = open_course(Path(__file__).resolve().parent)
        require_prepared(course)
except Problem as problem:
    sys.exit(str(problem))

get_config().merge(nbgrader_settings(course))  # noqa: F821

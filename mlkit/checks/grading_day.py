"""What only the instructor knows: a secret seed and, if wanted, tests of their own, outside the repository.

The environment variable ``NN_GRADING`` names a folder with a file ``seed`` and, for each chapter that has some,
``tests/<chapter>.py``. Such a file adds tests to questions::

    from mlkit.checks.grading_day import private_test
    from mlkit.checks.expect import close

    @private_test("02-activations/relu")
    def _(answer, rng):
        z = 1e6 * rng.normal(size=7)
        close(answer(z), z * (z > 0), "never shown")

Nothing of it is ever shown, neither the code nor its messages. Without ``NN_GRADING``, as on a learner's machine,
another fixed seed is taken and there are no further tests.
"""

import os
import runpy
from functools import cache
from pathlib import Path

PRIVATE = {}


def private_test(key):
    """Decorate a test ``test(answer, rng)`` of the instructor's, for one question."""

    def add(test):
        PRIVATE.setdefault(key, []).append(test)
        return test

    return add


def seed():
    """The seed for inputs that nobody has seen: the instructor's on the day of grading, else 1."""
    folder = _folder()
    if folder is None:
        return 1
    try:
        return int((folder / "seed").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RuntimeError("NN_GRADING names a folder without a readable file `seed`") from None


def private_tests(key):
    """The instructor's tests for one question; none without ``NN_GRADING``."""
    folder = _folder()
    if folder is None:
        return []
    _read(str(folder / "tests" / f"{key.partition('/')[0]}.py"))
    return list(PRIVATE.get(key, ()))


def _folder():
    named = os.environ.get("NN_GRADING")
    return Path(named) if named else None


@cache
def _read(path):
    if Path(path).exists():
        runpy.run_path(path)

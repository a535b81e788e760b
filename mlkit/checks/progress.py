"""What a learner has done so far: points of each question, and how many different answers were tried.

It is written beside the notebook, in ``.progress.json``, on the learner's own machine, and sent to nobody. Where
nothing can be written, it is kept as long as the kernel runs.
"""

import contextlib
import json
import os
from pathlib import Path

FILE = ".progress.json"
TRIES = 3  # so many different answers, and a solution is shown


class Progress:
    """The points and tries of one chapter's questions.

    Examples
    --------
    >>> progress = Progress()
    >>> progress.note("02-activations/relu", 1, "a"), progress.note("02-activations/relu", 4, "b")
    (None, None)
    >>> progress.points("02-activations/relu"), progress.tries("02-activations/relu")
    (4, 2)
    """

    def __init__(self, path=None):
        self.path, self._questions = path, {}
        if path is not None:
            with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
                read = json.loads(path.read_text(encoding="utf-8"))
                self._questions = {key: _checked(known) for key, known in read.items()}

    def note(self, key, points, answer):
        """Note the points of a check, and the fingerprint of the answer if it is a wrong one."""
        known = self._questions.setdefault(key, {"points": 0, "tried": []})
        known["points"] = points
        if answer is not None and answer not in known["tried"]:
            known["tried"] = [*known["tried"], answer][-2 * TRIES :]
        self._write()

    def points(self, key):
        """The points of the last check, 0 if there was none."""
        return self._questions.get(key, {"points": 0})["points"]

    def tries(self, key):
        """How many different wrong answers there were."""
        return len(self._questions.get(key, {"tried": []})["tried"])

    def _write(self):
        if self.path is None:
            return
        half = self.path.with_name(f"{self.path.name}.new")
        try:
            half.write_text(json.dumps(self._questions, indent=1), encoding="utf-8")
            os.replace(half, self.path)
        except OSError:
            self.path = None  # the folder cannot be written


def _checked(known):
    points, tried = float(known["points"]), [str(answer) for answer in known["tried"]]
    return {"points": points, "tried": tried}


_of_folders = {}


def progress_here():
    """The progress of the folder in which the notebook runs; in memory if it cannot be written there."""
    folder = Path.cwd()
    if folder not in _of_folders:
        kept = os.environ.get("MLKIT_TRIES") != "off"  # notebooks that no learner runs leave nothing behind
        _of_folders[folder] = Progress(folder / FILE if kept else None)
    return _of_folders[folder]

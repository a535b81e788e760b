"""Run one hand-in, in a process of its own: ``python -m mlkit.grading.run_one FOLDER``.

The folder holds ``job.json`` and receives ``result.json``: the outputs of each cell, and a sentence for each cell that
did not come to its end. It is written after each cell, so that what follows cannot take back what was earned.

When a cell takes the kernel down with it, a new kernel runs the cells before it again, leaves it out, and goes on after
it; so the other questions keep their marks.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from mlkit.grading.cell_runner import DEAD, FINE, SLOW, CellRunner

CHECKS_OWN_LIMIT = 20  # seconds: a check stops an answer by itself and says so; let it speak first
NEW_KERNELS = 6  # so many cells may take the kernel down; what comes after is not run
START = "from mlkit.grading import in_kernel as _grading; _grading.remember(); del _grading"
BEFORE = "__import__('mlkit.grading.in_kernel', fromlist=['_']).before_check({private!r})"
AFTER = "__import__('mlkit.grading.in_kernel', fromlist=['_']).after_check()"


def main(folder):
    folder = Path(folder)
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    (folder / "job.json").unlink()
    set_limits(job["memory"], job["seconds"] * 10)
    try:
        HandIn(job["cells"], job["private"], job["seconds"], folder).run()
    except Exception as error:  # no kernel could be started, for example
        write(folder, {"failure": f"The notebook could not be run: {type(error).__name__}: {error}"[:500]})


def write(folder, result):
    """Replace the result at once: half a result is none."""
    (folder / "result.new").write_text(json.dumps(result), encoding="utf-8")
    os.replace(folder / "result.new", folder / "result.json")


def set_limits(megabytes, seconds):
    """Memory, time at the processor and size of files, for this process and those it starts."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits
    wanted = {"RLIMIT_AS": megabytes << 20, "RLIMIT_CPU": int(seconds), "RLIMIT_FSIZE": 100 << 20, "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        _, hard = resource.getrlimit(getattr(resource, name))
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(getattr(resource, name), (value, value))


class HandIn:
    """The cells of a hand-in: dictionaries with ``n``, ``source`` and ``check``, in the order in which they run."""

    def __init__(self, cells, private, seconds, folder):
        self.cells, self.private, self.seconds, self.folder = cells, private, seconds, folder
        self.outputs, self.notes, self.runner = {}, {}, None

    def run(self):
        left = list(self.cells)
        for _ in range(NEW_KERNELS):
            try:
                left = self._run_on(left)
            finally:
                if self.runner:
                    self.runner.stop()
            if not left:
                break
        for cell in left:
            self.notes.setdefault(cell["n"], "This cell was not run: too many cells before it ended the program.")
        self._save(done=True)

    def _save(self, done=False):
        write(self.folder, {"outputs": self.outputs, "notes": self.notes, "done": done})

    def _run_on(self, left):
        """In a new kernel, run again what ran before, then what is left; return what is left after that."""
        place = tempfile.mkdtemp(prefix="run-", dir=self.folder)  # what an earlier run left behind is not seen
        for path in (self.folder / "beside").glob("*"):
            shutil.copy(path, place)
        self.runner = CellRunner(place)
        self.runner.run(START, 60)
        done = self.cells[: len(self.cells) - len(left)]
        for cell in done:
            if not cell["check"] and cell["n"] not in self.notes and not self._run_again(cell):
                return left
        for n, cell in enumerate(left):
            if not self._run_cell(cell):
                return left[n + 1 :]
        return []

    def _run_again(self, cell):
        fate, _ = self.runner.run(cell["source"], self.seconds)
        if fate in (FINE, SLOW):
            return True
        self.notes[cell["n"]] = "This cell ended the program when it ran a second time. It was left out."
        return False

    def _run_cell(self, cell):
        """Run a cell for its outputs; False if the kernel is gone."""
        limit = self.seconds + CHECKS_OWN_LIMIT * cell["check"]
        if cell["check"]:
            self.runner.run(BEFORE.format(private=self.private), 30)
        fate, self.outputs[cell["n"]] = self.runner.run(cell["source"], limit)
        if fate != FINE:
            self.notes[cell["n"]] = self._what_happened(fate, limit, cell["check"])
        if cell["check"] and fate in (FINE, SLOW):
            self.runner.run(AFTER, 30)
        self._save()
        return fate in (FINE, SLOW)

    @staticmethod
    def _what_happened(fate, limit, check):
        which = "Your answer was tried here, and" if check else "This cell"
        if fate == DEAD:
            return f"{which} ended the whole program (as `os._exit`, or too much memory, does). It was left out."
        said = f"{which} was still running after {limit:g} s and was stopped: is there a loop that never ends?"
        return said if fate == SLOW else f"{said} It did not heed the interrupt either, and so was left out."


if __name__ == "__main__":
    main(sys.argv[1])

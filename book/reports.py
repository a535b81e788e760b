"""What a build says: lines while it runs, a bar where somebody watches, and what failed out of all that was printed."""

import contextlib
import os
import re
import threading

from tqdm import tqdm


class Progress:
    """Lines for a log; in a terminal also a bar that counts the chapters, which the lines do not disturb."""

    def __init__(self):
        self.bar = None

    def expect(self, chapters):
        """So many chapters are going to run."""
        if chapters:
            self.bar = tqdm(total=chapters, desc="chapters", unit="", leave=False, disable=None)  # None: no terminal

    def say(self, line):
        """Print a line."""
        with tqdm.external_write_mode():
            print(f"  {line}", flush=True)

    def done(self, line):
        """Print a line: a chapter is at its end."""
        self.say(line)
        self.bar.update()
        if self.bar.n == self.bar.total:
            self.bar.close()


@contextlib.contextmanager
def figures_shown(folder, progress):
    """Print the lines that figures write to a file in ``folder`` while they are drawn."""
    path, done = folder / "progress.txt", threading.Event()
    path.touch()
    os.environ["MLKIT_PROGRESS"] = str(path)
    watcher = threading.Thread(target=_follow, args=(path, done, progress))
    watcher.start()
    try:
        yield
    finally:  # whatever happens: a thread that goes on would keep the program from ending
        done.set()
        watcher.join()


def _follow(path, done, progress):
    with path.open(encoding="utf-8") as file:
        while True:
            last = done.wait(0.5)
            for line in file.read().splitlines():
                progress.say(line.removeprefix("  "))
            if last:
                return


def what_failed(log):
    """The chapter, the cell and the error, out of all that was printed; and the warnings, since each is an error."""
    serious = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b(?!.*without encryption)")
    warnings = [line for line in log if serious.search(line)]
    start = next((i for i, line in enumerate(log) if "nbclient.exceptions.CellExecutionError" in line), None)
    if start is None:
        return warnings or log[-30:]
    chapter = next((line for line in log if "Executing notebook failed" in line), "")
    report = log[start:]
    # a notebook's own traceback starts with the error's name; this line is where Sphinx's begins
    cell = report[: next((i for i, line in enumerate(report) if line.startswith("Traceback")), len(report))]
    if len(cell) > 70:  # the cell's first lines and the error's last ones
        cell = [*cell[:25], "...", *cell[-40:]]
    return [chapter, *cell, *(line for line in warnings if line != chapter)]

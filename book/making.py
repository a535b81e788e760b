"""Make the book: check the sources, run the chapters, write the pages, and put them in the place of the old ones."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from book import exercises, launch
from book.chapters import run_chapters
from book.front import write_front
from book.mathml import WITHOUT_A_CONVERTER, can_convert
from book.notebooks import run_notebooks
from book.processes import alone
from book.reports import Progress, figures_shown, what_failed
from book.solutions import solutions
from book.sources import Book, Problem

JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def main(arguments=None):
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m book", description=__doc__)
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="where to build (default: _build)")
    parser.add_argument(
        "--notebooks",
        action="store_true",
        help="only run every notebook, those with solutions too, under nbmake, and keep what the chapters show",
    )
    wanted = parser.parse_args(arguments)
    book = Book(output=wanted.output.resolve()) if wanted.output else Book()
    book.output.mkdir(parents=True, exist_ok=True)
    try:
        with alone(book.output):
            book.check()
            return run_notebooks(book) if wanted.notebooks else build(book)
    except Problem as problem:
        print(f"\nThe book was not built. {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The book is as it was before.", file=sys.stderr)
        return 130


def build(book):
    """Run what has to be run, write all pages, and put them in the place of the old ones if nothing is wrong."""
    start = time.perf_counter()
    progress = Progress()
    shutil.rmtree(book.making, ignore_errors=True)
    book.making.mkdir()
    if not can_convert():
        progress.say(WITHOUT_A_CONVERTER)
    with figures_shown(book.making, progress):
        run_chapters(book, progress)
        status, problems = _write_pages(book, progress)
    if status:
        print("\nThe book was not built.", *problems, sep="\n", file=sys.stderr)
        return status
    new = book.making / "_build" / "html"
    write_front(book, new)
    _take_the_place(new, book)
    print(f"\nBuilt in {time.perf_counter() - start:.0f} s. Open {book.html / 'index.html'}")
    return 0


def _write_pages(book, progress):
    """Let Jupyter Book work; print which chapter is executed, and keep the rest for the case that it fails."""
    sources = book.gather(solutions(book) | exercises.pages(book) | launch.pages(book), launch.settings(book))
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(sources), "-W", "--keep-going"]
    command += ["--path-output", str(book.making)]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "encoding": "utf-8"}
    process = subprocess.Popen(command, cwd=book.home, **pipe)
    log = []
    for line in process.stdout:
        line = re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()
        line = line.replace(f"{sources}{os.sep}", "").replace(f"{book.home}{os.sep}", "")
        log.append(line)
        if "xecuting notebook" in line or "Executed notebook" in line:
            progress.say(line.replace(" [mystnb]", "").replace(" using local CWD", ""))
    status = process.wait()
    return status, what_failed(log) if status else []


def _take_the_place(new, book):
    """Put the new pages where the old ones are seen until then; pages no longer in the book go with these."""
    (new / ".buildinfo").unlink(missing_ok=True)  # for a build that goes on from here; ours begin anew
    if book.html.exists():
        book.html.rename(book.making / "before")
    new.rename(book.html)
    shutil.rmtree(book.making, ignore_errors=True)

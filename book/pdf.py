"""The whole book as one PDF, with contents, page numbers and an outline: Chromium prints the pages that were built."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from book.paper import Paper
from book.sources import Book, Problem

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
BROWSERS += ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
HOW_TO_GET_ONE = (
    "Chromium or Google Chrome prints it, from version 131 on, and none is on the PATH. Install one, with"
    " `apt install chromium` for example, or say where it is: --browser FILE."
)
ANSWERS = {
    "end": "at the end of each chapter",
    "below": "below each question",
    "none": "nowhere, and the solutions of the exercises neither",
}
FLAGS = ["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--no-pdf-header-footer", "--virtual-time-budget=20000"]


def main(arguments):
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m book pdf", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="the PDF to write (default: _build/book.pdf)")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="where the book was built (default: _build)")
    parser.add_argument("--browser", metavar="FILE", help="Chromium, if it is not on the PATH")
    where = "; ".join(f"{name}: {place}" for name, place in ANSWERS.items())
    parser.add_argument("--answers", choices=ANSWERS, default="end", help=f"where they stand (default: end). {where}")
    wanted = parser.parse_args(arguments)
    book = Book(output=wanted.output.resolve()) if wanted.output else Book()
    target = wanted.file or book.output / "book.pdf"
    try:
        pages = write_pdf(book, target, find_browser(wanted.browser), wanted.answers)
    except Problem as problem:
        print(f"No PDF was written. {problem}", file=sys.stderr)
        return 1
    print(f"{target}: {pages} pages, {target.stat().st_size / 1e6:.1f} MB")
    return 0


def find_browser(named=None):
    """The path of the browser that prints."""
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if not found:
        raise Problem(f"There is no program {named}." if named else HOW_TO_GET_ONE)
    return found


def write_pdf(book, target, browser, answers="end"):
    """Print the book; returns how many pages it has."""
    if not (book.html / "index.html").exists():
        raise Problem("The book is not built yet: `make book`, or `python -m book`, builds it.")
    paper, numbers = Paper(book, answers), {}
    with tempfile.TemporaryDirectory() as folder:
        source, printed = Path(folder) / "book.html", Path(folder) / "book.pdf"
        for _ in range(2):  # the numbers in the contents are known once it is printed; they move nothing
            source.write_text(paper.html(numbers), encoding="utf-8")
            _print(browser, source, printed)
            reader = PdfReader(printed)
            places = reader.named_destinations.items()
            numbers = {name.lstrip("/"): reader.get_destination_page_number(place) + 1 for name, place in places}
        _write(reader, paper, numbers, target)
    return len(reader.pages)


def _print(browser, source, printed):
    command = [browser, *FLAGS, f"--user-data-dir={printed.parent / 'profile'}", f"--print-to-pdf={printed}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # Chromium refuses to start for root with one; what it reads is our own
    done = subprocess.run([*command, source.as_uri()], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode or not printed.exists():
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Problem(f"{browser} printed nothing; it says: {said}")


def _write(reader, paper, numbers, target):
    """With an outline, and without the time of printing: two PDFs of one book are the same."""
    writer, above = PdfWriter(clone_from=reader), {0: None}
    for level, words, name in paper.headings():
        place = {"page_number": numbers[name] - 1, "parent": above[level - 1]}
        above[level] = writer.add_outline_item(title=words, **place)
    settings = paper.book.settings
    writer.metadata = {"/Title": settings["title"], "/Author": settings["author"]}
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        writer.write(out)

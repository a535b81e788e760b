"""Books of three pages, with this repository's settings and package: a build of one takes seconds."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from book_fixtures import ROOT

SMALL_BOOKS = pytest.mark.xdist_group("small")  # they need not wait for the real one
KEPT = ("_config.yml", "book", "mlkit", "chapters")
TOC = "format: jb-book\nroot: chapters/index\nchapters:\n  - file: chapters/small\n  - file: chapters/package\n"
PACKAGE = "# The package\n\n```{eval-rst}\n.. automodule:: mlkit.schedules\n   :members:\n```\n"
SMALL = [
    "from mlkit.explore import explore\nfrom mlkit.figures import new_axes, picture",
    "def draw(slope, kind):\n"
    "    axes = new_axes(xlim=(-1, 1), ylim=(-2, 2))\n"
    "    axes.plot([-1, 1], [-slope, slope], label=kind)\n"
    "    axes.legend()\n"
    "    return picture(axes, alt=f'A {kind} line through the origin with slope {slope}.')",
    "explore(draw, slope=[-1, 0, 1], kind=['steep', 'flat'], name='planted', play='slope', start={'slope': 1})",
    "draw(1, 'still')",
    "for i in range(200):\n    print('line', i, flush=True)",
]
BROKEN = "if slope == 0 and kind == 'flat': raise ArithmeticError('no such slope')"


def small_book(folder, cells=SMALL):
    """A book of one page of ours and one generated notebook, with this repository's settings and package."""
    folder.mkdir()
    for name in KEPT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb", "*.md"))
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    (folder / "chapters" / "index.md").write_text("# A small book\n\nWith $x^2$.\n", encoding="utf-8")
    (folder / "chapters" / "package.md").write_text(PACKAGE, encoding="utf-8")
    write_notebook(folder, cells)
    return folder


def write_notebook(folder, cells):
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# A small chapter"}
    code = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": c, "execution_count": None, "outputs": []}
        for i, c in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": [title, *code], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "chapters" / "small.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def environment(folder):
    """With the mlkit that lies in the folder of the book."""
    return {**os.environ, "PYTHONPATH": str(folder)}


def build(folder, timeout=None):
    """Build the book of a folder."""
    command = [sys.executable, "-m", "book"]
    return subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, encoding="utf-8", check=False,
        timeout=timeout,
    )  # fmt: skip


def site_of(folder):
    """Every file of a built book."""
    html = folder / "_build" / "html"
    return {path.relative_to(html).as_posix(): path.read_bytes() for path in sorted(html.rglob("*")) if path.is_file()}

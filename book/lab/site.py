"""``python -m book lab``: JupyterLab in the browser, as a part of the site."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from book.lab.buttons import add_buttons, write_downloads
from book.lab.notebooks import Shelf
from book.lab.runtime import Missing, assemble, fetch_runtime
from book.sources import Book, Problem

EXTENSION = Path(__file__).parent / "extension"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
LITE = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "JupyterLab in the browser",
        "disabledExtensions": ["@jupyterlab/apputils-extension:announcements"],
        "litePluginSettings": {KERNEL: {"disablePyPIFallback": True, "loadPyodideOptions": {"packages": ["numpy"]}}},
    },
}
BUTTONS = [
    {"name": name, "command": f"one-neuron:{name}", "rank": rank}
    for rank, name in enumerate(["hand-in", "start-again"], start=60)
]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {
        "autosaveInterval": 5,
        "defaultViewers": {"markdown": "Markdown Preview"},
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/filebrowser-extension:browser": {"showLastModifiedColumn": False},
    "@jupyterlab/notebook-extension:panel": {"toolbar": BUTTONS},
}


def main(arguments):
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m book lab", description=__doc__)
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="where the book is built (default: _build)")
    parser.add_argument("--runtime", metavar="FOLDER", type=Path, help="a folder with files of Python for the browser")
    wanted = parser.parse_args(arguments)
    book = Book(output=wanted.output.resolve()) if wanted.output else Book()
    try:
        print("The lab: Python for the browser …", flush=True)
        runtime = fetch_runtime(wanted.runtime)
        book.check()
        missing = [page for page in book.pages if not (book.html / f"{page}.html").exists()]
        if missing:
            raise Problem(
                f"The book it belongs to is not built, or not whole: it has no {missing[0]}.html. Run make book."
            )
        print("The lab: JupyterLab, chapters and exercises …", flush=True)
        size = build_lab(book, runtime)
    except (Missing, Problem) as error:
        print(f"The lab was not built. {error}", file=sys.stderr)
        return 1
    print(
        f"The lab is part of the site ({size / 1e6:.0f} MB). It needs a web server. This one is for your own machine:"
    )
    print(f"    python3 -m http.server -d {os.path.relpath(book.html)}")
    print("Then open http://localhost:8000")
    return 0


def build_lab(book, runtime):
    """Build the lab and put it where the site has it; return its size in bytes."""
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        wheel = own_wheel(book, place / "wheel")
        lay_out(place, book, runtime, wheel)
        _run([sys.executable, "-m", "jupyter", "lite", "build", "--no-sourcemaps", "--apps", "lab"], place)
        _take_the_place(place / "_output", book.html / "lab")
    shelf = Shelf(book)
    write_downloads(book, shelf.downloads(book.address_of(wheel.name)))
    add_buttons(book, shelf.pages)
    return sum(path.stat().st_size for path in (book.html / "lab").rglob("*") if path.is_file())


def lay_out(place, book, runtime, wheel):
    """Write what JupyterLite reads: the notebooks, the runtime, our extension, and the settings."""
    for name, text in Shelf(book).files().items():
        (place / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "files" / name).write_text(text, encoding="utf-8")
    assemble(place / "static" / "pyodide", runtime, wheel)
    shutil.copytree(EXTENSION, place / "ours" / "one-neuron-at-a-time-lab")
    (place / "jupyter-lite.json").write_text(json.dumps(LITE), encoding="utf-8")
    (place / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    config = {
        "LiteBuildConfig": {"contents": ["files"]},
        "FederatedExtensionAddon": {"extra_labextensions_path": ["ours"]},
    }
    (place / "jupyter_lite_config.json").write_text(json.dumps(config), encoding="utf-8")


def own_wheel(book, folder):
    """`mlkit` as a wheel."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    with tempfile.TemporaryDirectory() as copy:  # setuptools writes beside the sources
        copy = Path(copy) / "sources"
        ignored = shutil.ignore_patterns("__pycache__", "*.ipynb")
        for name in ("mlkit", "exercises"):
            shutil.copytree(book.home / name, copy / name, ignore=ignored)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(book.home / name, copy / name)
        _run([*command, "--wheel-dir", str(folder), str(copy)], copy)
    return next(folder.glob("*.whl"))


def _run(command, place):
    environment = os.environ | {"SOURCE_DATE_EPOCH": "315532800"}  # no times in it: the same sources, the same bytes
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"{' '.join(command[1:4])} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _take_the_place(new, old):
    if old.exists():
        shutil.rmtree(old)
    old.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(new, old)

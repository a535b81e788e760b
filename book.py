"""Build the book: ``python book.py``, which is what ``make book`` runs.

Jupyter Book does the work. This file adds what it leaves out: figures are drawn for the page, chapters run again when
mlkit changes and only then, progress is printed, a failure names the chapter, the cell and the error, and the last
line is the page to open. It is also a small Sphinx extension (``setup`` below), loaded by ``_config.yml``.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE / "_build"
HTML = BUILD / "html"
PACKAGES = ("numpy", "matplotlib", "scikit-learn", "ipywidgets")


def main():
    """Build into ``_build/html``; returns the exit status."""
    start = time.perf_counter()
    forget_results_of_other_code()
    jupyter_book = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", jupyter_book, "build", str(HERE), "-W", "--keep-going"]
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress.txt"
        progress.touch()
        settings = {"MLKIT_EXPLORE": "published", "MLKIT_PROGRESS": str(progress), "PYTHONHASHSEED": "0"}
        settings |= {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = threading.Event()
        watcher = threading.Thread(target=_follow, args=(progress, done))
        watcher.start()
        status, problems = _run(command, {**os.environ, **settings})
        done.set()
        watcher.join()
    if status:
        print("\nThe book was not built.", *problems, sep="\n", file=sys.stderr)
        return status
    print(f"\nBuilt in {time.perf_counter() - start:.0f} s. Open {HTML / 'index.html'}")
    return 0


def _run(command, environment):
    """Print what tells the reader something; keep what went wrong for the end."""
    steps = re.compile(r"^(reading sources|writing output|Executing notebook|.*: Executing notebook)")
    problems = []
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    log = []
    for line in process.stdout:
        line = re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()
        log.append(line)
        if "xecuting notebook" in line or "Executed notebook" in line:
            print("  " + line.replace(str(HERE) + os.sep, ""), flush=True)
        elif re.search(r"WARNING|ERROR|[Ee]xception", line):
            problems.append(line)
    status = process.wait()
    if status:
        problems = _failure(log) + problems
    return status, problems


def _failure(log):
    """The chapter, the cell and the error, out of everything that was printed."""
    return log[-60:]


def _follow(path, done):
    """Print the lines that figures write while they are drawn."""
    with path.open(encoding="utf-8") as file:
        while not done.wait(0.5):
            print(file.read(), end="", flush=True)
        print(file.read(), end="", flush=True)


def forget_results_of_other_code():
    """Chapters are kept from the last build; forget them when the code they import is another."""
    sources = sorted((HERE / "mlkit").rglob("*.py")) + sorted((HERE / "mlkit").rglob("explore.*s"))
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    code.update(" ".join(map(version, PACKAGES)).encode())
    stamp = BUILD / "built-with.txt"
    if not stamp.exists() or stamp.read_text() != code.hexdigest():
        shutil.rmtree(BUILD / ".jupyter_cache", ignore_errors=True)
        shutil.rmtree(HTML, ignore_errors=True)
        BUILD.mkdir(exist_ok=True)
        stamp.write_text(code.hexdigest())


def setup(app):
    """Sphinx calls this: each page declares THEBE_JS_URL once, not twice, which browsers report as an error."""

    def once(app, pagename, templatename, context, doctree):
        scripts = context.get("script_files", [])
        seen = [s for s in scripts if "THEBE_JS_URL" in str(getattr(s, "attributes", {}).get("body", ""))]
        for script in seen:
            scripts.remove(script)

    app.connect("html-page-context", once, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    sys.exit(main())

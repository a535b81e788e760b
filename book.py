"""Build the book: ``python book.py``, which is what ``make book`` runs.

Jupyter Book does the work. This file adds what it leaves out: figures are drawn for the page, chapters run again when
mlkit changes and only then, two at a time, progress is printed, a failure names the chapter, the cell and the error,
and the last line is the page to open. It is also a small Sphinx extension (``setup`` below), loaded by ``_config.yml``.
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
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE / "_build"
HTML = BUILD / "html"
CACHE = BUILD / ".jupyter_cache"
PACKAGES = ("numpy", "matplotlib", "scikit-learn", "ipywidgets")
AT_A_TIME = 2  # chapters; each runs in a kernel of its own
WHY = "a mistake that a check has named is worth more than a solution that was read."
NOT_IN_CHAPTERS = ("checks", "grading")  # no chapter imports them


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
        os.environ.update(settings)  # kernels, started here or by the build, take them from us
        done = threading.Event()
        watcher = threading.Thread(target=_follow, args=(progress, done))
        watcher.start()
        run_chapters()
        status, problems = _run([*command, "--toc", str(write_solutions())])
        done.set()
        watcher.join()
    if status:
        print("\nThe book was not built.", *problems, sep="\n", file=sys.stderr)
        return status
    print(f"\nBuilt in {time.perf_counter() - start:.0f} s. Open {HTML / 'index.html'}")
    return 0


def run_chapters():
    """Run the chapters whose results are not kept yet, some at a time; the build would take one after the other.

    One that fails is not kept. The build then runs it once more and reports it.
    """
    from jupyter_cache import get_cache

    cache = get_cache(CACHE)
    waiting = [path for path in _chapters() if not _is_kept(cache, path)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for path, result in zip(waiting, pool.map(_run_chapter, waiting), strict=True):
            if result.err is None:
                _keep(cache, path, result)


def _chapters():
    """The notebooks that ``_toc.yml`` lists below ``chapters``."""
    listed = re.findall(r"(?:file|root): (chapters/\S+)", (HERE / "_toc.yml").read_text(encoding="utf-8"))
    return [path for path in (HERE / f"{name}.ipynb" for name in listed) if path.exists()]


def _is_kept(cache, path):
    try:
        cache.match_cache_notebook(_read(path))
    except KeyError:
        return False
    return True


def _read(path):
    import nbformat

    return nbformat.read(path, as_version=4)


def _run_chapter(path):
    import yaml
    from jupyter_cache.executors.utils import single_nb_execution

    seconds = yaml.safe_load((HERE / "_config.yml").read_text(encoding="utf-8"))["execute"]["timeout"]  # for one cell
    name = path.relative_to(HERE)
    print(f"  {name}: Executing notebook", flush=True)
    result = single_nb_execution(_read(path), cwd=str(path.parent), timeout=seconds, allow_errors=False)
    ending = "failed after" if result.err else "Executed notebook in"
    print(f"  {name}: {ending} {result.time:.2f} seconds", flush=True)
    return result


def _keep(cache, path, result):
    from jupyter_cache.base import CacheBundleIn

    record = cache.add_nb_to_project(str(path))
    bundle = CacheBundleIn(result.nb, record.uri, data={"execution_seconds": result.time})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def write_solutions():
    """Write a page of solutions for each chapter, from the sources of the exercises, and a table of contents with them.

    ``SOLUTIONS=0`` leaves them out. Returns the table of contents to build from.
    """
    toc, pages = HERE / "_toc.yml", HERE / "exercises" / "solutions"
    shutil.rmtree(pages, ignore_errors=True)
    sources = sorted((HERE / "exercises" / "source").glob("*/*.ipynb"))
    if not sources or os.environ.get("SOLUTIONS") == "0":
        return toc
    pages.mkdir(parents=True)
    listed = ["", "  - caption: Solutions", "    chapters:"]
    for source in sources:
        chapter = source.parent.name
        (pages / f"{chapter}.md").write_text(_solutions_page(source), encoding="utf-8")
        listed.append(f"      - file: exercises/solutions/{chapter}")
    with_solutions = BUILD / "_toc.yml"
    with_solutions.write_text(toc.read_text(encoding="utf-8").rstrip() + "\n".join(listed) + "\n", encoding="utf-8")
    return with_solutions


def _solutions_page(source):
    """The questions' headings, each with its solution folded under it."""
    exercises = f"../{source.parent.name}/{source.name}"
    lines, heading = [], ""
    for cell in _read(source).cells:
        found = re.findall(r"^#+ .*", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
        if found and not lines:
            title = found[0].removeprefix("# Exercises: ")
            lines = [
                f"# Solutions: {title}\n",
                f"The questions are in the [exercises]({exercises}). Try first: {WHY}\n",
            ]
        heading = found[-1] if found else heading
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            code = re.sub(r"^\s*### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.MULTILINE).rstrip()
            above = [f"{heading}\n"] if heading else []  # two cells of one question share its heading
            lines += [*above, f"````{{admonition}} Solution\n:class: dropdown\n```python\n{code}\n```\n````\n"]
            heading = ""
    return "\n".join(lines)


def _run(command):
    """Run the build; print which chapter is executed, and keep the rest for the case that it fails."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    log = []
    for line in process.stdout:
        line = re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip().replace(str(HERE) + os.sep, "")
        log.append(line)
        if "xecuting notebook" in line or "Executed notebook" in line:
            print("  " + line.replace(" [mystnb]", "").replace(" using local CWD", ""), flush=True)
    status = process.wait()
    return status, _what_failed(log) if status else []


def _what_failed(log):
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


def _follow(path, done):
    """Print the lines that figures write while they are drawn."""
    with path.open(encoding="utf-8") as file:
        while not done.wait(0.5):
            print(file.read(), end="", flush=True)
        print(file.read(), end="", flush=True)


def forget_results_of_other_code():
    """Chapters are kept from the last build. Forget their results when the code they import is another; write the
    pages anew, without running anything, when the look of the book is."""
    code = [path for path in (HERE / "mlkit").rglob("*.py") if path.relative_to(HERE).parts[1] not in NOT_IN_CHAPTERS]
    code += (HERE / "mlkit").rglob("explore.*s")
    look = [HERE / "_config.yml", *(HERE / "chapters" / "assets").iterdir()]
    solutions = os.environ.get("SOLUTIONS", "1")
    marks = {"code.txt": _mark(code) + " ".join(map(version, PACKAGES)), "look.txt": _mark(look) + solutions}
    stamps = {name: BUILD / name for name in marks}
    changed = {n for n, stamp in stamps.items() if not stamp.exists() or stamp.read_text() != marks[n]}
    if changed:
        shutil.rmtree(BUILD if "code.txt" in changed else HTML, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    for name, stamp in stamps.items():
        stamp.write_text(marks[name])


def _mark(files):
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def setup(app):
    """Sphinx calls this to add the repairs below to the build."""
    if "sphinx.ext.autodoc" in app.extensions:
        app.connect("autodoc-process-docstring", _escape_bars)
    app.connect("html-page-context", _without_thebe, priority=900)
    app.connect("build-finished", _without_font_preloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _escape_bars(app, what, name, obj, options, lines):
    """In a docstring |z| is an absolute value; Sphinx would take it for a name to be replaced."""
    for i, line in enumerate(lines):
        parts = line.split("``")  # every second part is code
        lines[i] = "``".join(part if n % 2 else part.replace("|", r"\|") for n, part in enumerate(parts))


def _without_thebe(app, pagename, templatename, context, doctree):
    """Jupyter Book declares THEBE_JS_URL twice on each page, for a feature we do not use: browsers report an error."""
    scripts = context.get("script_files", [])
    for script in [s for s in scripts if "thebe" in f"{s} {getattr(s, 'attributes', {}).get('body', '')}".lower()]:
        scripts.remove(script)


def _without_font_preloads(app, exception):
    """The theme preloads its icon fonts in a way that browsers refuse when the page is opened as a file."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r'\s*<link rel="preload" as="font"[^>]*>', "", text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

"""Build the book: ``python book.py``, which is what ``make book`` runs.

Jupyter Book does the work. This file adds what it leaves out: figures are drawn for the page, chapters run again when
mlkit changes and only then, two at a time, progress is printed, a failure names the chapter, the cell and the error,
and the last line is the page to open. It is also a small Sphinx extension (``setup`` below), loaded by ``_config.yml``.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import nbformat
import psutil
import yaml
from filelock import FileLock, Timeout
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from sphinx import addnodes
from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

HERE = Path(__file__).resolve().parent
BUILD = HERE / "_build"
HTML = BUILD / "html"
MAKING = BUILD / ".making"  # the book while it is made; it becomes HTML when it is whole
CACHE = BUILD / ".jupyter_cache"
PACKAGES = ("numpy", "matplotlib", "scikit-learn", "ipywidgets")
AT_A_TIME = 2  # chapters; each runs in a kernel of its own
WHY = "a mistake that a check has named is worth more than a solution that was read."
NOT_IN_CHAPTERS = ("checks", "grading")  # no chapter imports them
SETTINGS = {"MLKIT_EXPLORE": "published", "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
SETTINGS |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Problem(Exception):
    """Something an author can put right: a sentence that names the file."""


def main():
    """Build into ``_build/html``; returns the exit status."""
    BUILD.mkdir(exist_ok=True)
    try:
        with _alone():
            return build()
    except Problem as problem:
        print(f"\nThe book was not built. {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The book is as it was before.", file=sys.stderr)
        return 130


def build():
    """Run what has to be run, write all pages, and put them in the place of the old ones if nothing is wrong."""
    start = time.perf_counter()
    check_sources()
    forget_results_of_other_code()
    shutil.rmtree(MAKING, ignore_errors=True)
    os.environ.update(SETTINGS)  # kernels, started here or by the build, take them from us
    with _progress_shown():
        run_chapters()
        jupyter_book = "from jupyter_book.cli.main import main; main()"
        command = [sys.executable, "-c", jupyter_book, "build", str(HERE), "-W", "--keep-going"]
        status, problems = _run([*command, "--path-output", str(MAKING), "--toc", str(write_solutions())])
    if status:
        print("\nThe book was not built.", *problems, sep="\n", file=sys.stderr)
        return status
    take_the_place(MAKING / "_build" / "html", HTML)
    print(f"\nBuilt in {time.perf_counter() - start:.0f} s. Open {HTML / 'index.html'}")
    return 0


@contextlib.contextmanager
def _alone():
    """One build at a time in this folder: a second one waits. On the way out nothing that was started goes on."""
    lock = FileLock(BUILD / ".lock")  # let go by the system, however a build ends
    if not _acquired(lock):
        print("Another build is at work in this folder: waiting until it is done.", flush=True)
        lock.acquire()
    try:
        yield
    except BaseException:
        _end_what_was_started()
        raise
    finally:
        lock.release()


def _acquired(lock):
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _end_what_was_started():
    """Kernels do not hear Ctrl-C: they run in sessions of their own."""
    started = psutil.Process().children(recursive=True)
    for process in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(started, timeout=3)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def take_the_place(new, old):
    """Put a folder in the place of another, which is seen whole until then; pages no longer in the book go with it."""
    before = MAKING / "before"
    if old.exists():
        old.rename(before)
    new.rename(old)
    shutil.rmtree(MAKING, ignore_errors=True)


def check_sources():
    """Look at every file that an author writes, before anything is run; a `Problem` names the first that is broken."""
    for path in (HERE / "_config.yml", HERE / "_toc.yml"):
        try:
            yaml.safe_load(_text(path))
        except yaml.YAMLError as error:
            raise Problem(f"{path.name} is not YAML: {error}") from None
    for page in _pages():
        found = [path for path in (HERE / f"{page}.ipynb", HERE / f"{page}.md") if path.exists()]
        if not found:
            raise Problem(f"_toc.yml lists {page}, but there is no {page}.ipynb and no {page}.md.")
        _text(found[0]) if found[0].suffix == ".md" else _read(found[0])


def _pages():
    """What ``_toc.yml`` lists, in order: ``chapters/01-perceptron``."""
    try:
        return list(parse_toc_yaml(HERE / "_toc.yml"))
    except MalformedError as error:
        raise Problem(f"_toc.yml is not a table of contents: {error}") from None


def _text(path):
    """What is in a file, unless git has left a conflict there."""
    name = path.relative_to(HERE)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Problem(f"{name} cannot be read: {error.strerror}.") from None
    conflict = re.search(r"^(<{7}|>{7})( |$)", text, re.MULTILINE)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        raise Problem(f"{name}, line {line}: two versions stand here, {conflict[1]}. Settle the conflict first.")
    return text


def _read(path):
    try:
        return nbformat.reads(_text(path), as_version=4)
    except Problem:
        raise
    except Exception as error:  # half a file, another file, a format of the future
        said = str(error).splitlines()[0][:100]
        raise Problem(f"{path.relative_to(HERE)} is not a whole notebook: {said}") from None


def run_chapters():
    """Run the chapters whose results are not kept yet, some at a time; the build would take one after the other.

    One that fails is not kept. The build then runs it once more and reports it.
    """
    cache = get_cache(CACHE)
    waiting = [path for path in _chapters() if not _is_kept(cache, path)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            for path, result in zip(waiting, pool.map(_run_chapter, waiting), strict=True):
                if result.err is None:
                    _keep(cache, path, result)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _end_what_was_started()  # else the pool would wait for what is running
            raise


def _chapters():
    """The notebooks that ``_toc.yml`` lists below ``chapters``."""
    paths = [HERE / f"{page}.ipynb" for page in _pages() if page.startswith("chapters/")]
    return [path for path in paths if path.exists()]


def _is_kept(cache, path):
    try:
        cache.match_cache_notebook(_read(path))
    except KeyError:
        return False
    return True


def _run_chapter(path):
    seconds = yaml.safe_load(_text(HERE / "_config.yml"))["execute"]["timeout"]  # for one cell
    name = path.relative_to(HERE)
    print(f"  {name}: Executing notebook", flush=True)
    result = single_nb_execution(_read(path), cwd=str(path.parent), timeout=seconds, allow_errors=False)
    ending = "failed after" if result.err else "Executed notebook in"
    print(f"  {name}: {ending} {result.time:.2f} seconds", flush=True)
    return result


def _keep(cache, path, result):
    record = cache.add_nb_to_project(str(path))
    bundle = CacheBundleIn(result.nb, record.uri, data={"execution_seconds": result.time})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def write_solutions():
    """Write a page of solutions for each chapter, from the sources of the exercises, and a table of contents with them.

    ``SOLUTIONS=0`` leaves them out. Returns the table of contents to build from.
    """
    toc, pages = HERE / "_toc.yml", HERE / "exercises" / "solutions"
    shutil.rmtree(pages, ignore_errors=True)
    asked = {Path(page).parent.name for page in _pages() if page.startswith("exercises/")}
    sources = [p for p in sorted((HERE / "exercises" / "source").glob("*/*.ipynb")) if p.parent.name in asked]
    if not sources or os.environ.get("SOLUTIONS") == "0":
        return toc
    pages.mkdir(parents=True)
    listed = []
    for source in sources:
        chapter = source.parent.name
        (pages / f"{chapter}.md").write_text(_solutions_page(source), encoding="utf-8")
        listed.append({"file": f"exercises/solutions/{chapter}"})
    contents = yaml.safe_load(_text(toc))
    if "parts" not in contents:  # a book without parts has one now, and a second one
        contents["parts"] = [{"chapters": contents.pop("chapters", [])}]
    contents["parts"].append({"caption": "Solutions", "chapters": listed})
    with_solutions = BUILD / "_toc.yml"
    with_solutions.write_text(yaml.safe_dump(contents, sort_keys=False, allow_unicode=True), encoding="utf-8")
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


@contextlib.contextmanager
def _progress_shown():
    """Print the lines that figures write while they are drawn."""
    path, done = MAKING / "progress.txt", threading.Event()
    path.parent.mkdir(parents=True)
    path.touch()
    os.environ["MLKIT_PROGRESS"] = str(path)
    watcher = threading.Thread(target=_follow, args=(path, done))
    watcher.start()
    try:
        yield
    finally:  # whatever happens: a thread that goes on would keep the program from ending
        done.set()
        watcher.join()


def _follow(path, done):
    with path.open(encoding="utf-8") as file:
        while not done.wait(0.5):
            print(file.read(), end="", flush=True)
        print(file.read(), end="", flush=True)


def forget_results_of_other_code():
    """Results of chapters are kept from the last build; forget them when the code that chapters import is another."""
    code = [path for path in (HERE / "mlkit").rglob("*.py") if path.relative_to(HERE).parts[1] not in NOT_IN_CHAPTERS]
    code += (HERE / "mlkit").rglob("explore.*s")
    content = b"".join(path.read_bytes() for path in sorted(code))
    mark = hashlib.sha256(content).hexdigest() + " ".join(map(version, PACKAGES))
    stamp = BUILD / "code.txt"
    if not stamp.exists() or stamp.read_text() != mark:
        shutil.rmtree(CACHE, ignore_errors=True)
        stamp.write_text(mark)


def setup(app):
    """Sphinx calls this to add the repairs below to the build."""
    if "sphinx.ext.autodoc" in app.extensions:
        app.connect("autodoc-process-docstring", _escape_bars)
    app.connect("config-inited", _keep_results_here)
    app.connect("doctree-read", _without_links_to_what_is_left_out)
    app.connect("html-page-context", _without_thebe, priority=900)
    app.connect("build-finished", _without_font_preloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _keep_results_here(app, config):
    """The pages are made in a folder that goes; what chapters printed is kept beside it."""
    config.nb_execution_cache_path = str(CACHE)


def _without_links_to_what_is_left_out(app, doctree):
    """A chapter that was taken out of ``_toc.yml`` is still in its folder, and other pages still name it: as words."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        target = link.get("reftarget", "")
        left_out = link.get("refdomain") == "doc" and target not in app.env.found_docs
        if left_out and any((HERE / f"{target}{ending}").exists() for ending in (".ipynb", ".md")):
            link.replace_self(link.children)


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

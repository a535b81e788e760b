"""Run the chapters, some at a time, and keep what they showed until they, or the code they import, change."""

import hashlib
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import read_myst_markdown_notebook

from book.processes import end_what_was_started

PACKAGES = ("numpy", "matplotlib", "scikit-learn", "ipywidgets")
AT_A_TIME = 2  # chapters; each runs in a kernel of its own
NOT_IN_CHAPTERS = ("checks",)  # no chapter imports it
SETTINGS = {"MLKIT_EXPLORE": "published", "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
SETTINGS |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
WHOLE = {"iopub_timeout": 120, "raise_on_iopub_timeout": True}  # nbclient passes by what is 4 s late: a busy machine
HAS_CODE = re.compile(r"---\n(.*\n)*?kernelspec:")


def run_chapters(book, progress):
    """Run the chapters whose results are not kept yet; the build of the pages would take one after the other.

    One that fails is not kept. The build then runs it once more and reports it.
    """
    os.environ.update(SETTINGS)  # kernels take them from us
    forget_results_of_other_code(book)
    cache = get_cache(book.results)
    waiting = [path for path in chapters(book) if not is_kept(cache, notebook_of(book, path))]
    progress.expect(len(waiting))
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            done = pool.map(lambda path: _run_chapter(book, path, progress), waiting)
            for path, result in zip(waiting, done, strict=True):
                if result.err is None:
                    keep(cache, path, result.nb, result.time)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_what_was_started()  # else the pool would wait for what is running
            raise


def chapters(book):
    """The pages below ``chapters`` that have code: notebooks, and texts with cells in them."""
    paths = [book.file_of(page) for page in book.pages if page.startswith("chapters/")]
    return [path for path in paths if path.suffix == ".ipynb" or HAS_CODE.match(book.text(path))]


def notebook_of(book, path):
    """A page with code as a notebook, whichever way it is written."""
    return read_myst_markdown_notebook(book.text(path)) if path.suffix == ".md" else book.notebook(path)


def is_kept(cache, notebook):
    """Whether what these cells show is known."""
    try:
        cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def keep(cache, path, notebook, seconds):
    """Keep a notebook that has run, for the page that is made from ``path``."""
    read_with = {"read_data": {"name": "myst_nb_md", "type": "plugin"}} if path.suffix == ".md" else {}
    record = cache.add_nb_to_project(str(path), **read_with)
    bundle = CacheBundleIn(notebook, record.uri, data={"execution_seconds": seconds})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _run_chapter(book, path, progress):
    seconds = book.settings["execute"]["timeout"]  # for one cell
    name = path.relative_to(book.home)
    progress.say(f"{name}: Executing notebook")
    result = single_nb_execution(
        notebook_of(book, path), cwd=str(path.parent), timeout=seconds, allow_errors=False, **WHOLE
    )
    ending = "failed after" if result.err else "Executed notebook in"
    progress.done(f"{name}: {ending} {result.time:.2f} seconds")
    return result


def forget_results_of_other_code(book):
    """Results of chapters are kept from the last build; forget them when the code that chapters import is another."""
    package = book.home / "mlkit"
    code = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in NOT_IN_CHAPTERS]
    code += package.rglob("explore.*s")
    content = b"".join(path.read_bytes() for path in sorted(code))
    mark = hashlib.sha256(content).hexdigest() + " ".join(map(version, PACKAGES))
    stamp = book.output / "code.txt"
    if not stamp.exists() or stamp.read_text() != mark:
        shutil.rmtree(book.results, ignore_errors=True)
        stamp.write_text(mark)

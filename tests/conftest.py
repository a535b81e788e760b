"""What several test files need: the built book, a browser to read it with, and libraries to compare ourselves with."""

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from book_fixtures import Reader, lab_needed, pages_with_figures
from filelock import FileLock
from parity_fixtures import library
from small_books import build, small_book

ROOT = Path(__file__).resolve().parent.parent
os.environ["MLKIT_TRIES"] = "off"  # checks in a kernel of ours leave no file behind
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--disable-gpu", "--disable-background-networking"]
READERS = {
    "desk": {"viewport": {"width": 1280, "height": 900}, "permissions": ["clipboard-read", "clipboard-write"]},
    "phone": {"viewport": {"width": 375, "height": 740}, "has_touch": True, "device_scale_factor": 2},
    "small phone": {"viewport": {"width": 390, "height": 660}, "has_touch": True},
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced light": {"color_scheme": "light", "forced_colors": "active"},
    "forced dark": {"color_scheme": "dark", "forced_colors": "active"},
    "calm": {"reduced_motion": "reduce"},
    "no script": {"java_script_enabled": False},
}
HOW_TO_GET_ONE = (
    "no Chromium found: `python -m playwright install chromium` brings one,"
    " or install Chromium or Google Chrome so that it is on the PATH"
)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist asks for the groups
def pytest_collection_modifyitems(items):
    """Several workers share the pages: one takes a page with all tests that a file has for it."""
    for item in items:
        if item.get_closest_marker("browser") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {_page_of(item)}"))


def _page_of(item):
    """The page with figures that a test reads; all others together are about as much to do as one of these."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    page = params.get("page_file", params.get("name"))
    return page if page in pages_with_figures() else "others"


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def built(shared):
    """The folder of everything that is built: once, by the worker that comes first, while the others wait."""
    return shared / "book"


@pytest.fixture(scope="session")
def notebooks(built, shared):
    """Every notebook, run by nbmake: the report, and all that was said."""
    with FileLock(shared / "book.lock"):
        if not (shared / "notebooks.txt").exists():
            ran = make_book(built, "--notebooks")
            (shared / "notebooks.txt").write_text(ran.stdout + ran.stderr, encoding="utf-8")
    return built / "notebooks.xml", (shared / "notebooks.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def book(request, built, shared):
    """The pages, built once and then only read.

    When the notebooks are tested too, the book is made of that run; for a few tests of pages, of what the last
    ``make book`` kept, as far as the chapters are still the same.
    """
    if any(item.fixturenames.count("notebooks") for item in request.session.items):
        request.getfixturevalue("notebooks")
    with FileLock(shared / "book.lock"):
        if not (shared / "book.txt").exists():
            _build_once(built, shared)
    said = (shared / "book.txt").read_text(encoding="utf-8")
    if not (built / "html").exists():
        pytest.fail(f"the book was not built:\n{said}", pytrace=False)
    return built / "html"


def _build_once(built, shared):
    before = ROOT / "_build"
    if not built.exists() and (before / ".jupyter_cache").is_dir():
        shutil.copytree(before / ".jupyter_cache", built / ".jupyter_cache")
        shutil.copy(before / "code.txt", built)
    made = make_book(built)
    for path in built.glob("html/**/*"):
        if path.is_file():
            path.chmod(0o444)
    (shared / "book.txt").write_text(made.stdout + made.stderr, encoding="utf-8")


def make_book(output, *arguments):
    """``python -m book`` into a folder of its own."""
    command = [sys.executable, "-m", "book", "--output", output, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="session")
def lab_runtime():
    """The folder with the files of Python for the browser; tests of the lab need them."""
    from book.lab.runtime import Missing, fetch_runtime

    try:
        return fetch_runtime()
    except Missing as missing:
        lab_needed(str(missing))


@pytest.fixture(scope="module", params=pages_with_figures())
def page_file(request, book):
    """A page with slider figures, as a file."""
    return book / f"{request.param}.html"


@pytest.fixture(scope="module")  # no longer: while it is open, no other test could use asyncio
def browser():
    """A headless Chromium: Playwright's own, or the first that is on the PATH."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return _no_browser("Playwright is missing: `python -m pip install playwright`; then")
    with sync_playwright() as playwright:
        chromium = _launch(playwright.chromium)
        yield chromium
        chromium.close()


@pytest.fixture
def at_home(browser, tmp_path):
    """A browser as a person has it: ``at_home()`` opens it; called again, it closes it and opens it anew.

    What pages keep is kept between the two.
    """
    opened = []

    def open_it(**options):
        close()
        own = {"executable_path": next(_browsers(browser.browser_type)), "args": FLAGS} | options
        opened.append(browser.browser_type.launch_persistent_context(tmp_path / "profile", **own))
        return opened[-1]

    def close():
        while opened:
            opened.pop().close()

    yield open_it
    close()


@pytest.fixture(scope="module")
def contexts(browser):
    """One context for each way of reading."""
    made = {name: browser.new_context(**settings) for name, settings in READERS.items()}
    yield made
    for context in made.values():
        context.close()


@pytest.fixture(scope="module")
def readers(browser):
    """The same ways of reading, on pages whose clock stands still."""
    return {name: Reader(partial(browser.new_context, **settings)) for name, settings in READERS.items()}


def _launch(chromium):
    from playwright.sync_api import Error

    failures = []
    for path in _browsers(chromium):
        try:
            return chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            failures.append(f"{path}: {error.message.splitlines()[0]}")
    return _no_browser("; ".join(failures))


def _browsers(chromium):
    """The paths of those that are there."""
    own = chromium.executable_path
    yield from filter(None, [own if Path(own).exists() else None, *map(shutil.which, BROWSERS)])


def _no_browser(why):
    """Skip and say how to get a browser; where one is required, fail."""
    message = f"{why} {HOW_TO_GET_ONE}".strip()
    if os.environ.get("MLKIT_REQUIRE_BROWSER") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def torch():
    return library("torch")


@pytest.fixture(scope="session")
def keras():
    return library("keras")


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A small book, built."""
    folder = small_book(tmp_path_factory.mktemp("books") / "first")
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder, built

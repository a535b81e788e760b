"""What several test files need: the built book, and a browser to read it with."""

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from book_fixtures import Reader, pages_with_figures

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READERS = {
    "desk": {"viewport": {"width": 1280, "height": 900}, "permissions": ["clipboard-read", "clipboard-write"]},
    "phone": {"viewport": {"width": 375, "height": 740}, "has_touch": True, "device_scale_factor": 2},
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
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
def book():
    """Build the book where it belongs, ``_build/html``; chapters that have not changed are not run again."""
    command = [sys.executable, "book.py"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    if built.returncode:
        pytest.fail(f"the book was not built:\n{built.stdout}\n{built.stderr}", pytrace=False)
    return ROOT / "_build" / "html"


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

    own = chromium.executable_path
    found = [own if Path(own).exists() else None, *map(shutil.which, BROWSERS)]
    failures = []
    for path in filter(None, found):
        try:
            return chromium.launch(executable_path=path, args=["--disable-gpu", "--disable-background-networking"])
        except Error as error:
            failures.append(f"{path}: {error.message.splitlines()[0]}")
    return _no_browser("; ".join(failures))


def _no_browser(why):
    """Skip and say how to get a browser; where one is required, fail."""
    message = f"{why} {HOW_TO_GET_ONE}".strip()
    if os.environ.get("MLKIT_REQUIRE_BROWSER") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)

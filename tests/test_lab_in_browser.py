"""The lab that needs no installation: what it is made of, its notebooks, and each of them run in its own Python."""

import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import nbformat
import pytest
from book_fixtures import lab_needed
from filelock import FileLock

from book.lab import runtime
from book.lab.notebooks import OURS, Shelf
from book.sources import Book
from mlkit.checks import load_chapter

ROOT = Path(__file__).resolve().parent.parent
BOOK = Book()
SHELF = Shelf(BOOK)
CHAPTERS = [page for page in SHELF.pages if page.startswith("chapters/")]
SHEETS = [page for page in SHELF.pages if page.startswith("exercises/")]
LOOP = "from mlkit.checks import check\ndef relu(z):\n    while True:\n        pass\ncheck('02-activations/relu', relu)"


# What it is made of


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A runtime of two small files, one of them on the package index; nothing is kept yet."""
    texts = {"core.zip": b"core", "tool-1.0-py3-none-any.whl": b"tool"}
    wanted = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    wheel = {"name": "tool", "version": "1.0", "source": "index", "sha256": wanted["tool-1.0-py3-none-any.whl"]}
    monkeypatch.setattr(runtime, "CORE", {"core.zip": wanted["core.zip"]})
    monkeypatch.setattr(runtime, "WHEELS", {"tool-1.0-py3-none-any.whl": wheel})
    monkeypatch.setattr(runtime, "pip_download", _no_index)
    monkeypatch.setitem(runtime.PINS, "release", "http://127.0.0.1:9/")
    folder = tmp_path / "given"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_bytes(text)
    return folder


def _no_index(requirements, folder):
    raise OSError(f"the index has no {requirements[0]}")


def test_a_folder_that_is_given_comes_first_and_is_needed_only_once(small, tmp_path):
    assert runtime.fetch_runtime(small, tmp_path / "kept") == tmp_path / "kept"
    assert runtime.missing_in(tmp_path / "kept") == []
    assert runtime.fetch_runtime(None, tmp_path / "kept") == tmp_path / "kept"


def test_a_folder_that_is_not_there_is_a_mistake_even_when_nothing_is_missing(small, tmp_path):
    runtime.fetch_runtime(small, tmp_path / "kept")
    with pytest.raises(runtime.Missing, match="nowhere is not a folder"):
        runtime.fetch_runtime(tmp_path / "nowhere", tmp_path / "kept")


def test_what_cannot_be_had_is_named_with_what_each_source_said(small, tmp_path):
    (small / "core.zip").unlink()
    with pytest.raises(runtime.Missing) as said:
        runtime.fetch_runtime(small, tmp_path / "kept")
    assert "core.zip" in str(said.value)
    assert "tool-1.0" not in str(said.value)
    assert "the official release: " in str(said.value)
    assert f"{runtime.PINS['carrier']['requirement']}: the index has no" in str(said.value)


def test_another_file_of_the_same_name_is_not_taken_wherever_it_comes_from(small, tmp_path):
    (small / "core.zip").write_bytes(b"something else")
    with pytest.raises(runtime.Missing, match=r"core\.zip"):
        runtime.fetch_runtime(small, tmp_path / "kept")
    (tmp_path / "kept" / "core.zip").write_bytes(b"something else, kept")
    assert "core.zip" in runtime.missing_in(tmp_path / "kept")


def test_the_official_release_is_asked_for_what_the_folder_lacks(small, tmp_path, monkeypatch):
    release = tmp_path / "release"
    release.mkdir()
    (small / "core.zip").rename(release / "core.zip")
    with served(release) as address:
        monkeypatch.setitem(runtime.PINS, "release", f"{address}/")
        runtime.fetch_runtime(small, tmp_path / "kept")
    assert (tmp_path / "kept" / "core.zip").read_bytes() == b"core"


class served:
    """A folder on a web server."""

    def __init__(self, folder):
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_the_lock_names_every_package_that_another_one_needs():
    names = {wheel["name"] for wheel in runtime.WHEELS.values()}
    for wheel in runtime.WHEELS.values():
        assert set(wheel["depends"]) <= names, wheel["name"]


# Its notebooks


@pytest.fixture(scope="module")
def shelf():
    return {
        name: nbformat.reads(text, as_version=4) if name.endswith(".ipynb") else text
        for name, text in SHELF.files().items()
    }


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("page", SHELF.pages)
def test_a_notebook_reads_well_without_sphinx(page, shelf):
    notebook = shelf[f"{page}.ipynb"]
    nbformat.validate(notebook)
    text = prose(notebook)
    assert "{cite" not in text
    assert not [line for line in text.splitlines() if line.startswith("(") and line.endswith(")=")]
    assert notebook.metadata.kernelspec.name == "python"
    assert notebook.cells[0].source.lstrip().startswith("# "), "the title comes first"
    assert notebook.cells[1].id == OURS
    assert "runs in your browser" in notebook.cells[1].source
    cells = [cell for cell in notebook.cells if not cell.id.startswith(OURS)]
    assert [cell.id for cell in cells] == [cell.id for cell in BOOK.notebook(BOOK.file_of(page)).cells]


@pytest.mark.parametrize("name", [*(f"{page}.ipynb" for page in SHELF.pages), "START.md"])
def test_every_link_leads_to_something_that_the_lab_has(name, shelf):
    from book.lab.notebooks import LINK

    text = shelf[name] if name.endswith(".md") else prose(shelf[name])
    targets = {target for _, target in LINK.findall(text) if target.endswith((".md", ".ipynb")) or ".ipynb#" in target}
    assert targets
    for target in targets:
        path = os.path.normpath(os.path.join(os.path.dirname(name), target.partition("#")[0]))
        assert path in shelf, f"{name} links to {target}"


def test_citations_are_author_and_year_and_the_list_has_their_works(shelf):
    text = prose(shelf["chapters/05-sgd.ipynb"])
    assert "([Robbins and Monro, 1951](references.md))" in text
    assert "[Kingma and Ba (2015)](references.md)" in text or "[Kingma and Ba, 2015](references.md)" in text
    assert "Herbert Robbins and Sutton Monro" in shelf["chapters/references.md"]


def test_equations_have_the_numbers_that_the_book_gives_them(shelf):
    text = prose(shelf["chapters/05-sgd.ipynb"])
    numbers = re.findall(r"\\tag\{(5\.\d)\}\$\$$", text, re.MULTILINE)
    assert numbers == [f"5.{i + 1}" for i in range(len(numbers))]
    assert len(numbers) > 2
    assert all(f"({number})" in text for number in numbers), "a number that nothing refers to"
    assert not re.search(r"\{eq\}|\$\$ \(", text)


def test_what_is_downloaded_says_what_to_install_and_leads_to_the_site_if_there_is_one(monkeypatch):
    page = "exercises/02-activations/activations"
    at_home = nbformat.reads(SHELF.downloads("THE-WHEEL")[page], as_version=4)
    assert "%pip install THE-WHEEL" in at_home.cells[1].source
    assert at_home.metadata.kernelspec.name == "python3"
    assert "activation functions of Chapter 2 and" in prose(at_home), "no link that leads nowhere"
    monkeypatch.setitem(BOOK.settings["html"], "baseurl", "https://example.org/course")
    published = nbformat.reads(SHELF.downloads("THE-WHEEL")[page], as_version=4)
    assert "[Chapter 2](https://example.org/course/chapters/02-activations.html)" in prose(published)
    assert BOOK.address_of("w.whl") == "https://example.org/course/lab/static/pyodide/w.whl"


# The lab itself


@pytest.fixture(scope="session")
def site(book, shared, lab_runtime):
    """The book with the lab in it, built once for all workers."""
    python = ROOT / ".venv-site" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        lab_needed("the lab in the browser needs an environment of its own: `make site` makes it")
    with FileLock(shared / "site.lock"):
        said = shared / "site.txt"
        if not said.exists():
            shutil.copytree(book, shared / "site" / "html", copy_function=shutil.copyfile)
            command = [python, "-m", "book", "lab", "--output", shared / "site"]
            built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            said.write_text(built.stdout + built.stderr, encoding="utf-8")
    if not (shared / "site" / "html" / "lab").exists():
        pytest.fail(said.read_text(encoding="utf-8"), pytrace=False)
    return shared / "site" / "html"


@pytest.mark.build
@pytest.mark.xdist_group("book")
def test_it_is_small_enough_to_be_published_and_no_page_of_the_book_loads_any_of_it(site):
    sizes = [path.stat().st_size for path in (site / "lab").rglob("*") if path.is_file()]
    assert sum(sizes) < 80e6
    assert max(sizes) < 25e6
    for page in SHELF.pages:
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        assert text.count(f"lab/lab/index.html?path={page}.ipynb") == 1
        assert text.count(f"lab/download/{page}.ipynb") == 1
        assert not [
            part for part in text.split("<")[1:] if "lab/" in part and part.startswith(("script", "link", "img"))
        ]


@pytest.mark.build
@pytest.mark.xdist_group("book")
def test_built_again_a_page_has_its_buttons_once(site):
    from book.lab.buttons import add_buttons

    page = "chapters/03-chain-rule"
    text = (site / f"{page}.html").read_text(encoding="utf-8")
    add_buttons(Book(output=site.parent), [page])
    assert (site / f"{page}.html").read_text(encoding="utf-8") == text


@pytest.mark.build
@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_on_a_phone_the_notebook_has_the_screen_and_nothing_comes_from_elsewhere(site, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.set_default_timeout(60_000)
    with served(site.parent) as address:  # below a path, as on many sites
        page.goto(f"{address}/html/{SHEETS[0]}.html")
        page.get_by_role("link", name="Open in the browser").tap()
        page.get_by_role("heading", name="Exercises: The perceptron").wait_for()
        files = page.locator(".jp-DirListing")
        files.wait_for(state="hidden")
        assert page.locator(".jp-Notebook").bounding_box()["width"] > 300
        page.get_by_role("tab", name="File Browser").tap()
        files.wait_for(state="visible")
        context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def run_under_node(site, folder, notebooks):
    """Run cells of notebooks as the lab's kernel does; what became of each cell, by notebook."""
    node = shutil.which("node")
    if not node:
        lab_needed("Python for the browser runs under node, which is not installed")
    (folder / "job.json").write_text(json.dumps(notebooks), encoding="utf-8")
    command = [node, ROOT / "tests" / "lab" / "run.mjs", site / "lab" / "static" / "pyodide", folder / "job.json"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = {notebook["name"]: [] for notebook in notebooks}
    for answer in map(json.loads, done.stdout.splitlines()):
        if "cell" in answer:
            found[answer["name"]].append(answer)
    return found


def cells_of(site, page):
    notebook = nbformat.read(site / "lab" / "files" / f"{page}.ipynb", as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def solved(site, page):
    """The cells of an exercise with their solutions, after those that were added for the browser."""
    added = [cell for cell in cells_of(site, page) if cell.startswith("import sklearn  # some data")]
    (source,) = (ROOT / "exercises" / "source" / Path(page).parent.name).glob("*.ipynb")
    return added + [cell.source for cell in nbformat.read(source, as_version=4).cells if cell.cell_type == "code"]


def wrong_answers():
    """For each question the first mistake of its catalogue that a cell can be written for."""
    for page in SHEETS:
        for key, question in load_chapter(Path(page).parent.name).items():
            made = [
                n for n, mistake in enumerate(question.mistakes) if mistake.wrong is not None and not mistake.endless
            ]
            if made:
                yield key, made[0]


@pytest.fixture(scope="session")
def chapters_run(site, tmp_path_factory):
    jobs = [{"name": page, "cells": cells_of(site, page)} for page in CHAPTERS]
    return run_under_node(site, tmp_path_factory.mktemp("chapters"), jobs)


@pytest.fixture(scope="session")
def sheets_run(site, tmp_path_factory):
    jobs = [{"name": f"untouched {page}", "cells": cells_of(site, page)} for page in SHEETS]
    jobs += [{"name": f"solved {page}", "cells": solved(site, page)} for page in SHEETS]
    jobs.append({"name": "an endless loop", "cells": [LOOP]})
    jobs.append({"name": "mistakes", "cells": [MISTAKE.format(key=key, n=n) for key, n in wrong_answers()]})
    return run_under_node(site, tmp_path_factory.mktemp("sheets"), jobs)


MISTAKE = """\
from mlkit.checks import check, load_chapter
question = load_chapter("{key}".split("/")[0])["{key}"]
check("{key}", question.mistakes[{n}].wrong)"""


def scores(cells):
    return {cell["score"]["key"]: cell["score"] for cell in cells if "score" in cell}


@pytest.mark.build
@pytest.mark.xdist_group("lab chapters")
@pytest.mark.parametrize("page", CHAPTERS)
def test_every_cell_of_a_chapter_runs_in_the_browsers_python(page, chapters_run):
    ran = chapters_run[page]
    assert [cell["error"] for cell in ran if cell["error"]] == []
    assert len(ran) > 10


@pytest.mark.build
@pytest.mark.xdist_group("lab sheets")
@pytest.mark.parametrize("page", SHEETS)
def test_a_solution_earns_full_marks_there_and_a_stub_none(page, sheets_run):
    questions = load_chapter(Path(page).parent.name)
    solved, untouched = scores(sheets_run[f"solved {page}"]), scores(sheets_run[f"untouched {page}"])
    assert solved.keys() == untouched.keys() == questions.keys()
    for key, score in solved.items():
        assert score["earned"] == score["points"], (key, score["lines"])
        assert untouched[key]["earned"] == 0


@pytest.mark.build
@pytest.mark.xdist_group("lab sheets")
def test_an_endless_loop_is_stopped_there_and_named(sheets_run):
    (ran,) = sheets_run["an endless loop"]
    assert ran["score"]["earned"] == 0
    assert "is there a loop that never ends?" in ran["score"]["lines"][0]["note"]
    assert ran["seconds"] < 300


@pytest.mark.build
@pytest.mark.xdist_group("lab sheets")
def test_a_wrong_answer_gets_the_same_marks_and_the_same_name_there_as_here(sheets_run):
    wanted, got = {}, {}
    for (key, n), cell in zip(wrong_answers(), sheets_run["mistakes"], strict=True):
        question = load_chapter(key.split("/")[0])[key]
        here = question.score(question.mistakes[n].wrong)
        wanted[key] = float(here), here.mistake
        got[key] = cell["score"]["earned"], (cell["score"]["mistake"] or {}).get("name")
    assert got == wanted

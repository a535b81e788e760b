"""The book as a build makes it: the same every time, stopped by every fault, and complete without any other host."""

import difflib
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import psutil
import pytest
import yaml
from book_fixtures import ROOT, book_pages, source
from small_books import BROKEN, SMALL, SMALL_BOOKS, TOC, build, environment, site_of, small_book, write_notebook

from book.solutions import solutions
from book.sources import Book

pytestmark = [pytest.mark.build, pytest.mark.xdist_group("book")]


def differences(first, second):
    """The lines in which the files of two sites differ, by the name of the file."""
    found = {}
    for name in sorted(first.keys() | second.keys()):
        one, other = (site.get(name, b"").decode(errors="replace").splitlines() for site in (first, second))
        if one != other:
            found[name] = [line[:300] for line in difflib.unified_diff(one, other, n=0, lineterm="")][2:12]
    return found


@SMALL_BOOKS
def test_two_clean_builds_are_the_same_to_the_byte(small, tmp_path):
    folder, _ = small
    other = small_book(tmp_path / "another-place")
    assert build(other).returncode == 0
    first, second = site_of(folder), site_of(other)
    assert b"<mlkit-explore" in first["chapters/small.html"]
    assert b'"mlkit.schedules' in first["searchindex.js"]
    assert first.keys() == second.keys() >= {"chapters/index.html", "chapters/small.html"}
    assert differences(first, second) == {}


@SMALL_BOOKS
def test_a_build_depends_on_the_sources_alone_not_on_the_builds_before(small, tmp_path):
    folder = tmp_path / "again"
    shutil.copytree(small[0], folder)
    first = site_of(folder)
    assert build(folder).returncode == 0
    assert differences(first, site_of(folder)) == {}
    page = folder / "chapters" / "index.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text + "\nAnother sentence.\n", encoding="utf-8")
    assert build(folder).returncode == 0
    assert site_of(folder)["chapters/index.html"] != first["chapters/index.html"]
    page.write_text(text, encoding="utf-8")
    assert build(folder).returncode == 0
    assert differences(first, site_of(folder)) == {}


@SMALL_BOOKS
def test_a_page_that_is_no_longer_in_the_book_is_no_longer_in_the_site(small, tmp_path):
    folder = tmp_path / "shorter"
    shutil.copytree(small[0], folder)
    (folder / "_toc.yml").write_text(TOC.replace("chapters/small", "chapters/renamed"), encoding="utf-8")
    (folder / "chapters" / "small.ipynb").rename(folder / "chapters" / "renamed.ipynb")
    assert build(folder).returncode == 0
    site = site_of(folder)
    assert "chapters/renamed.html" in site
    assert [name for name in site if "small" in name] == []
    assert b"chapters/small" not in site["searchindex.js"]


@SMALL_BOOKS
def test_once_the_repository_has_an_address_notebooks_have_a_button_for_binder(small, tmp_path):
    folder = tmp_path / "published"
    shutil.copytree(small[0], folder)
    assert b"mybinder" not in site_of(folder)["chapters/small.html"]
    config = folder / "_config.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('url: ""', "url: https://github.com/people/a-course", 1), encoding="utf-8")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    link = (
        b"https://mybinder.org/v2/gh/people/a-course/main?urlpath=lab/tree/chapters/small.ipynb"  # to click: not asked
    )
    assert link in site_of(folder)["chapters/small.html"]


@SMALL_BOOKS
def test_what_one_cell_prints_stands_in_one_piece(small):
    html = site_of(small[0])["chapters/small.html"].decode()
    assert html.count('class="output stream') == 1
    assert re.search(r"line 0\nline 1\n(.*\n)+line 199\n", html)


def wrong_book(small, folder, **files):
    """A copy of the small book with other files in it, built; how it ended and what it said. The old site must stay."""
    shutil.copytree(small[0], folder)
    before = site_of(folder)
    for name, change in files.items():
        path = folder / name.replace("__", "/")
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    built = build(folder)
    assert built.returncode == 1
    assert differences(before, site_of(folder)) == {}
    assert "Traceback" not in built.stderr
    return built.stderr


CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> theirs\n"


@SMALL_BOOKS
@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("chapters/small.ipynb", lambda text: CONFLICT.format(text, text), "line 1: two versions stand here, <<<<<<<"),
        ("chapters/index.md", lambda text: text + CONFLICT.format("a\n", "b\n"), "line 4: two versions stand here"),
        ("_toc.yml", lambda text: CONFLICT.format(text, text), "line 1: two versions stand here"),
        ("chapters/small.ipynb", lambda text: text[: len(text) // 2], "is not a whole notebook"),
        ("chapters/small.ipynb", lambda text: "[1, 2]", "is not a whole notebook"),
        ("_toc.yml", lambda text: text.replace("chapters/small", "chapters/smal"), "no chapters/smal.ipynb"),
        ("_toc.yml", lambda text: "root: [", "is not YAML"),
        ("_toc.yml", lambda text: "chapters: 3\n", "is not a table of contents"),
        ("_config.yml", lambda text: text + "\n  wrong: [\n", "is not YAML"),
    ],
)
def test_a_broken_file_is_named_in_a_sentence_and_the_old_book_stays(small, tmp_path, name, change, said):
    stderr = wrong_book(small, tmp_path / "wrong", **{name.replace("/", "__"): change})
    assert name in stderr
    assert said in stderr


@SMALL_BOOKS
def test_whatever_goes_wrong_the_build_ends(small, tmp_path):
    folder = tmp_path / "odd"
    shutil.copytree(small[0], folder)
    shutil.rmtree(folder / "_build" / ".jupyter_cache")
    (folder / "_build" / ".jupyter_cache").write_text("a file where a folder was", encoding="utf-8")
    assert build(folder, timeout=60).returncode == 1


def started(folder):
    """A build in a session of its own, as in a terminal, and the lines it has printed when it runs the chapter."""
    process = subprocess.Popen(
        [sys.executable, "-m", "book"], cwd=folder, env=environment(folder), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    said = []
    for line in process.stdout:
        said.append(line)
        if "small.ipynb: Executing notebook" in line:
            return process, said
    raise AssertionError("".join(said))


SLOW = """import pathlib, time
pathlib.Path("begun").touch()
while not pathlib.Path("go on").exists():
    time.sleep(0.05)"""


def wait_for(path):
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} did not come"
        time.sleep(0.05)


@SMALL_BOOKS
def test_ctrl_c_ends_a_build_and_all_it_started_and_the_next_one_is_whole(small, tmp_path):
    folder = small_book(tmp_path / "stopped", [*SMALL, SLOW])
    process, _ = started(folder)
    wait_for(folder / "chapters" / "begun")
    running = psutil.Process(process.pid).children(recursive=True)
    assert running, "no kernel runs the chapter"
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert said.rstrip().endswith("Stopped. The book is as it was before.")
    assert psutil.wait_procs(running, timeout=10)[1] == []
    write_notebook(folder, SMALL)
    assert build(folder).returncode == 0
    assert differences(site_of(small[0]), site_of(folder)) == {}


@SMALL_BOOKS
def test_a_second_build_waits_for_the_first(small, tmp_path):
    folder = small_book(tmp_path / "two", [*SMALL, SLOW])
    first, _ = started(folder)
    wait_for(folder / "chapters" / "begun")
    second = subprocess.Popen(
        [sys.executable, "-m", "book"], cwd=folder, env=environment(folder), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    assert "Another build is at work in this folder" in second.stdout.readline()
    (folder / "chapters" / "go on").touch()
    ended = [process.communicate(timeout=120)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], ended
    assert "xecuting notebook" not in ended[1], "the second one runs the chapter again"


@SMALL_BOOKS
def test_a_build_says_what_it_runs_and_last_the_page_to_open(small):
    folder, built = small
    assert "chapters/small.ipynb: Executing notebook" in built.stdout
    assert built.stdout.rstrip().splitlines()[-1].endswith(f"Open {folder / '_build' / 'html' / 'index.html'}")
    assert (folder / "_build" / "html" / "index.html").exists()


@SMALL_BOOKS
def test_an_unchanged_book_runs_no_chapter_twice_wherever_it_is_built(small, tmp_path):
    folder, output = small[0], tmp_path / "another place"
    shutil.copytree(folder / "_build", output)
    command = [sys.executable, "-m", "book", "--output", output]
    again = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert "xecuting notebook" not in again.stdout
    assert again.stdout.rstrip().splitlines()[-1].endswith(f"Open {output / 'html' / 'index.html'}")


@SMALL_BOOKS
def test_a_changed_mlkit_runs_the_chapters_again(small):
    folder, _ = small
    unchanged = build(folder)
    assert "xecuting notebook" not in unchanged.stdout
    module = folder / "mlkit" / "figures.py"
    module.write_text(module.read_text(encoding="utf-8") + "\n# another thought\n", encoding="utf-8")
    changed = build(folder)
    assert changed.returncode == 0
    assert "chapters/small.ipynb: Executing notebook" in changed.stdout


@SMALL_BOOKS
def test_a_slider_that_fails_at_one_value_stops_the_build_each_time(tmp_path):
    draw = SMALL[1].replace("(slope, kind):\n", f"(slope, kind):\n    {BROKEN}\n")
    folder = small_book(tmp_path / "broken", [SMALL[0], draw, *SMALL[2:]])
    for run in ("first", "second, cached"):
        built = build(folder)
        said = built.stdout + built.stderr
        assert built.returncode != 0, f"the {run} build went through"
        assert "chapters/small.ipynb" in said, f"the {run} build does not name the chapter:\n{said}"
        assert "explore(draw, slope=[-1, 0, 1]" in said, f"the {run} build does not show the cell:\n{said}"
        for part in ("figure 'planted'", "slope = 0, kind = flat", "ArithmeticError", "no such slope"):
            assert part in built.stderr, f"the {run} build does not say {part!r}:\n{said}"
        assert "Open " not in built.stdout


@pytest.fixture(params=book_pages())
def page(request, book):
    """Each page of the book, parsed."""
    return source(book / f"{request.param}.html")


def target(page, address):
    """The file that an address on a page means."""
    path = unquote(urlsplit(address).path)
    return (page.path.parent / path).resolve() if path else page.path


def elsewhere(address):
    return bool(urlsplit(address).scheme or urlsplit(address).netloc)


def test_every_link_and_image_inside_the_book_leads_somewhere(page):
    inside = [a for a in page.loads + page.links if not elsewhere(a)]
    assert [a for a in inside if not target(page, a).exists()] == []
    lost = []
    for address in page.links:
        name = unquote(urlsplit(address).fragment)
        file = target(page, address)
        if not elsewhere(address) and name and not name.startswith("~") and file.suffix == ".html":
            lost += [address] if name not in source(file).ids else []
    assert lost == []


def test_a_page_loads_nothing_from_another_host(page):
    loaded = [a for a in page.loads if not a.startswith("data:")]
    assert [a for a in loaded if elsewhere(a)] == []
    sheets = [target(page, a) for a in loaded if urlsplit(a).path.endswith(".css")]
    styles = [sheet.read_text(encoding="utf-8") for sheet in sheets] + re.findall(r"(?s)<style.*?</style>", page.html)
    assert len(sheets) == 1
    outside = r"""(?:url\(|@import)\s*(?:url\()?["']?\s*((?:https?:)?//[^"')\s]+)"""
    assert [found for style in styles for found in re.findall(outside, style)] == []


def test_a_page_tells_neither_date_nor_machine(page):
    built = datetime.fromtimestamp(page.path.stat().st_mtime)
    dates = [built.strftime(form) for form in ("%Y-%m-%d", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d %b %Y", "%x")]
    machine = {str(ROOT), sys.prefix, os.path.expanduser("~")} - {"/", "/root"}
    assert [told for told in (*dates, *machine, "file://", "/site-packages/") if told in page.html] == []


def test_every_picture_has_words_and_every_control_a_label(page):
    assert [p for p in page.pictures if p.get("role") != "img" or len(p.get("aria-label", "").split()) < 4] == []
    assert page.html.count("<svg viewBox=") == 0 or page.pictures
    assert sorted(page.fields) == sorted(set(page.labelled) & set(page.fields))


def test_ids_are_unique_on_a_page(page):
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []


def test_style_and_script_of_the_figures_are_files_that_a_page_names_once(page):
    def named(file):
        return len(re.findall(rf'(?:href|src)="[^"]*_static/{file}\?', page.html))

    assert (named("site.css"), named("explore.js")) == (1, "<mlkit-explore " in page.html)
    body = page.html.partition("<body")[2]
    assert "<style" not in body
    assert "customElements" not in body


def test_a_page_with_all_frames_of_its_figures_is_light(page):
    assert len(gzip.compress(page.html.encode())) < 300_000  # of the 450 KB that a chapter may need with all its files


def test_a_dozen_figures_and_more_can_be_touched(book):
    data = [
        json.loads(found)
        for page in book_pages()
        for found in re.findall(r'<script type="application/json">(.*?)</script>', source(book / f"{page}.html").html)
    ]
    touched = [figure for figure in data if figure.get("handles")]
    assert len(touched) >= 30
    assert sum(len(figure["handles"]) > 1 for figure in touched) >= 5


# Solutions


@pytest.fixture
def elsewhere_book(tmp_path, monkeypatch):
    """A book in a temporary folder, with the exercises of one chapter."""
    monkeypatch.delenv("SOLUTIONS", raising=False)
    chapter = Path("exercises", "source", "03-chain-rule")
    shutil.copytree(ROOT / chapter, tmp_path / chapter)
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    return Book(tmp_path, tmp_path / "_build")


def test_solutions_stand_after_their_exercises_folded_question_by_question(elsewhere_book):
    pages = solutions(elsewhere_book)
    chapters = yaml.safe_load(pages["_toc.yml"])["parts"][0]["chapters"]
    below = {entry["file"]: [below["file"] for below in entry["sections"]] for entry in chapters}
    assert below["chapters/03-chain-rule"] == [
        "exercises/03-chain-rule/chain-rule",
        "exercises/solutions/03-chain-rule",
    ]
    assert below["chapters/04-backprop"] == ["exercises/04-backprop/backprop"]
    page = pages["exercises/solutions/03-chain-rule.md"]
    assert page.startswith("# Solutions: The chain rule\n")
    assert len(re.findall(r"^## \d\. ", page, re.MULTILINE)) == 6
    assert page.count("````{admonition} Solution\n:class: dropdown\n```python\n") >= 6
    assert "SOLUTION\n" not in page
    assert "def slope(" in page


def test_a_book_without_parts_gets_its_solutions_too(elsewhere_book):
    listed = [{"file": "chapters/03-chain-rule"}, {"file": "exercises/03-chain-rule/chain-rule"}]
    flat = {"format": "jb-book", "root": "chapters/index", "chapters": [*listed, {"file": "chapters/notation"}]}
    (elsewhere_book.home / "_toc.yml").write_text(yaml.safe_dump(flat), encoding="utf-8")
    toc = yaml.safe_load(solutions(elsewhere_book)["_toc.yml"])
    files = [entry["file"] for entry in toc["chapters"]]
    assert files == [entry["file"] for entry in listed] + ["exercises/solutions/03-chain-rule", "chapters/notation"]


def test_an_exercise_that_is_not_in_the_book_has_no_solutions_there(elsewhere_book):
    toc = (elsewhere_book.home / "_toc.yml").read_text(encoding="utf-8")
    shorter = re.sub(r" +sections:\n +- file: exercises/03-chain-rule/chain-rule\n.*\n", "", toc)
    (elsewhere_book.home / "_toc.yml").write_text(shorter, encoding="utf-8")
    assert solutions(elsewhere_book) == {}


def test_solutions_can_be_left_out(elsewhere_book, monkeypatch):
    monkeypatch.setenv("SOLUTIONS", "0")
    assert solutions(elsewhere_book) == {}


@SMALL_BOOKS
def test_a_build_writes_nothing_beside_the_sources(small, tmp_path):
    """What is generated, and what Sphinx writes, goes into ``_build``."""
    folder = tmp_path / "read-only"
    shutil.copytree(small[0], folder, ignore=shutil.ignore_patterns("_build"))

    def files():
        paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        return {path: path.read_bytes() for path in paths if "_build" not in path.relative_to(folder).parts}

    before = files()
    assert build(folder).returncode == 0
    assert files() == before


def test_the_book_holds_a_folded_solution_for_every_question(book):
    for path in sorted((ROOT / "exercises" / "source").glob("*/*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        answers = [c for c in cells if c.cell_type == "code" and c.metadata.get("nbgrader", {}).get("solution")]
        html = (book / "exercises" / "solutions" / f"{path.parent.name}.html").read_text(encoding="utf-8")
        assert html.count('class="dropdown admonition"') == len(answers)

"""The learner with nothing but a browser: a button, a mistake that has a name, work that is kept, a file to hand in."""

import json
import re
import time
import urllib.request

import pytest
from grading_fixtures import grading, make_private
from lab_screen import (
    IMPORTS,
    MISTAKE,
    QUESTION,
    RIGHT,
    SECONDS,
    WRONG,
    cell,
    check,
    check_of,
    follow_hint,
    full_marks,
    nothing_popped_up,
    run,
    save,
    shown,
    the_exercises_open,
    write,
)
from test_maintainer import SHORT
from walking import JOURNEY, restore

pytestmark = [*JOURNEY, pytest.mark.browser]
SHEET = "exercises/01-perceptron/perceptron"
SITE = "http://localhost:8000"


@pytest.fixture
def repository(here):
    """The clone with a book of one chapter and its exercises; its lab is the whole one of that book."""
    restore(here)
    pages = SHORT.replace("03-chain-rule/chain-rule", "01-perceptron/perceptron").replace(
        "03-chain-rule", "01-perceptron"
    )
    (here / "_toc.yml").write_text(pages, encoding="utf-8")
    return here


@pytest.fixture
def window(at_home):
    """Opens the learner's browser, which reaches no other machine."""
    asked = []

    def open_it():
        context = at_home(viewport={"width": 1280, "height": 800}, accept_downloads=True)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.set_default_timeout(1000 * SECONDS)
        return page

    yield open_it
    assert [url for url in asked if not url.startswith((SITE, "data:", "blob:", "file:", "about:"))] == []


def wait_for_server():
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            return urllib.request.urlopen(SITE, timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("no server")


def press(page, words):
    """A button in the bar above the notebook."""
    shown(page, ".jp-NotebookPanel-toolbar").get_by_text(words, exact=True).click()


@pytest.mark.walks("README.md", "Neural Networks, One Neuron at a Time", "sh")
@pytest.mark.walks("CONTRIBUTING.md", "The lab in the browser")
def test_from_a_button_to_a_file_to_hand_in(walk, repository, window, lab_runtime, tmp_path):
    for elsewhere in ("make book", "make test", "make lab"):
        walk.command(elsewhere)
    walk.run("make site")
    assert "nowhere is not a folder" in walk.run("--runtime", FOLDER="nowhere", status=1)
    assert "The lab is part of the site" in walk.run("--runtime", FOLDER=f"'{lab_runtime}'")
    site = repository / "_build" / "html"

    page = window()  # wrongly first: from the disk
    page.goto((site / f"{SHEET}.html").as_uri())
    page.get_by_role("link", name="Open in the browser").click()
    assert "needs a web server" in page.locator(".lab-buttons [role=status]").text_content()

    with walk.start("http.server", tmp_path / "server.log"):
        wait_for_server()
        page.goto(f"{SITE}/{SHEET}.html")
        page.get_by_role("link", name="Open in the browser").click()
        the_exercises_open(page)
        shown(page, ".jp-MarkdownCell", has_text="This notebook runs in your browser").wait_for()
        run(cell(page, IMPORTS))
        write(page, "...", WRONG)
        assert f"Likely mistake: {MISTAKE.name}." in check(page).locator("summary").text_content()
        follow_hint(page)
        page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="perceptron.ipynb").first.click()
        write(page, WRONG, RIGHT)
        assert full_marks() in check(page).text_content()
        save(page)
        nothing_popped_up(page)

        page.reload()
        the_exercises_open(page)
        assert full_marks() in shown(page, ".mlkit-check").text_content()
        a_loop_that_never_ends(page)

        page = window()  # closed, and opened the next day
        page.goto(f"{SITE}/lab/lab/index.html?path={SHEET}.ipynb")
        the_exercises_open(page)
        assert full_marks() in shown(page, ".mlkit-check").text_content()
        run(cell(page, IMPORTS))
        assert f"This notebook so far: {QUESTION.points} of " in check_of(page, "step"), "yesterday's points"
        with page.expect_download() as saved:
            press(page, "Save a copy to hand in")
        taken_in(repository, tmp_path, saved.value)

        page.once("dialog", lambda dialog: dialog.accept())
        press(page, "Start again")
        cell(page, "def update(").get_by_text("...", exact=True).wait_for()
        page.reload()
        the_exercises_open(page)
        cell(page, "def update(").get_by_text("...", exact=True).wait_for()


def a_loop_that_never_ends(page):
    """Outside a check nothing stops it; a restart of the kernel does, and the notebook stays."""
    imports = cell(page, IMPORTS)
    imports.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nwhile True: pass")
    page.keyboard.press("Shift+Enter")
    imports.locator(".jp-InputPrompt", has_text="[*]").wait_for()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("Restart Kernel…")).click()
    page.locator(".jp-Dialog button", has_text="Restart").click()
    imports.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    for key in ("Shift+Home", "Backspace", "Backspace"):  # the line that was typed, and its beginning
        page.keyboard.press(key)
    run(imports)
    assert full_marks() in check(page).text_content()
    save(page)


def taken_in(repository, folder, download):
    """The file has the name and the cells that grading expects, and `collect` takes it."""
    (handed_in,) = repository.glob(f"{SHEET}.ipynb")
    assert download.suggested_filename == handed_in.name
    download.save_as(folder / "download" / "ada" / handed_in.name)
    got = json.loads((folder / "download" / "ada" / handed_in.name).read_text(encoding="utf-8"))
    wanted = json.loads(handed_in.read_text(encoding="utf-8"))
    assert [c["id"] for c in got["cells"]] == [c["id"] for c in wanted["cells"]]
    assert [c["metadata"] for c in got["cells"]] == [c["metadata"] for c in wanted["cells"]]
    assert got["metadata"]["kernelspec"]["name"] == "python3"
    private = make_private(folder)
    done = grading(repository / "exercises", private, "collect", "01-perceptron", folder / "download")
    assert done.returncode == 0, done.stdout + done.stderr
    (taken,) = (private / "submitted").rglob("*.ipynb")
    assert "error = target" in taken.read_text(encoding="utf-8")

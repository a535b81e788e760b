"""A reader's journey: the book carried away on a disk or put on a web server, read at a desk and on a phone.

README says what a reader does: open the file that `make book` names, or put its folder on any server, a shared drive or
a stick. From there on every step is a click on what stands on the page.
"""

import re
import shutil
import subprocess
import sys
from urllib.parse import quote

import pytest
from book_fixtures import (
    ALIVE,
    SETTLED,
    assert_true_to_its_frames,
    book_pages,
    figures_on,
    opened,
    save_page,
    swipe,
)

# The group of all tests that read the built book, which is built once.
pytestmark = [pytest.mark.browser, pytest.mark.build, pytest.mark.xdist_group("book")]
FOLDER = "nn #1 (copy)"
HOME, FIRST, EXERCISES, SECOND = book_pages()[:4]
SOLUTIONS = "solutions/01-perceptron"
NO_EXCERPTS = re.compile("blocked by CORS policy|Failed to fetch|ERR_FAILED|cannot load file:")


@pytest.fixture(scope="module")
def carried(book, tmp_path_factory):
    """The built book, copied to where its makers never were."""
    there = tmp_path_factory.mktemp("reader") / "Meine Bücher" / FOLDER / "_build" / "html"
    return shutil.copytree(book, there)


@pytest.fixture(scope="module")
def served(carried):
    """The address of the same copy below a path of a web server."""
    top = carried.parents[2]
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(top)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        port = re.search(r"port (\d+)", server.stdout.readline())[1]
        yield f"http://127.0.0.1:{port}/{quote(FOLDER)}/_build/html/"
        server.terminate()


@pytest.fixture(params=["from the disk", "from a server"])
def book_address(request, carried):
    """Where the book begins, as an address ending in a slash; a server only if it is asked for."""
    on_disk = request.param == "from the disk"
    return f"{carried.as_uri()}/" if on_disk else request.getfixturevalue("served")


def arrive(page, part):
    """Wait until a page of this name has come, awake and settled, and no wider than the screen."""
    page.wait_for_url(f"**/{part}*")
    page.wait_for_load_state()
    page.wait_for_function(ALIVE)
    page.evaluate(SETTLED)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def turn_the_page(page, to):
    page.get_by_role("link", name="next").last.click()
    arrive(page, f"{to}.html")


def link_to_what_is_shown(figure):
    """Press "Copy link": it is in the clipboard."""
    figure.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure.element.get_by_role("button", name="Copy link").click()
    figure.wait_until("figure.querySelector('.mlkit-link').textContent === 'Copied'")
    return figure.page.evaluate("() => navigator.clipboard.readText()")


def drag(figure, handle, by_finger):
    """Take hold of a ring and put it somewhere else; returns what is seen then."""
    figure.in_sight()
    start, end = figure.ring(handle), figure.goal(handle)
    if by_finger:
        swipe(figure.page, start, end)
    else:
        figure.page.mouse.move(*start)
        figure.page.mouse.down()
        figure.page.mouse.move(*end, steps=5)
        figure.page.mouse.up()
    seen = assert_true_to_its_frames(figure)
    assert figure.ring(handle) == pytest.approx(end, abs=1)
    return seen


def search(page, words):
    """Ask the book's own search; returns the titles of the pages it found."""
    page.locator(".search-button__button:visible").first.click()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    page.locator("#search-results p", has_text="Search finished").wait_for()
    return page.locator("#search-results li > a").all_inner_texts()


@pytest.mark.parametrize("reader", ["desk", "phone"])
def test_a_reader_opens_the_book_turns_pages_drags_and_moves_and_passes_it_on(contexts, reader, book_address):
    with opened(contexts[reader], f"{book_address}index.html", site=book_address) as page:
        arrive(page, f"{HOME}.html")
        turn_the_page(page, FIRST)
        line = figures_on(page)[0]
        dragged = drag(line, "w", by_finger=reader == "phone")
        assert dragged["texts"][:2] != [line.data["controls"][i]["texts"][line.start[i]] for i in (0, 1)]
        assert dragged["texts"][2] == line.data["controls"][2]["texts"][line.start[2]], "the bias is another handle's"
        for there in (EXERCISES, SOLUTIONS, SECOND):
            turn_the_page(page, there)
        figure = figures_on(page)[0]
        figure.move_away()
        seen = assert_true_to_its_frames(figure)
        assert seen["positions"] != figure.start
        link = link_to_what_is_shown(figure)
        assert link.startswith(f"{book_address}{SECOND}.html#~{figure.name}?")
    with opened(contexts[reader], link, site=book_address) as page:
        again = assert_true_to_its_frames(figures_on(page)[0])
        assert (again["html"], again["on_screen"]) == (seen["html"], True)


@pytest.mark.parametrize("reader", ["desk", "phone"])
def test_a_reader_finds_a_word_and_the_page_that_explains_it(contexts, reader, book_address):
    excerpts = NO_EXCERPTS if book_address.startswith("file:") else None  # a browser forbids a file to read files
    with opened(contexts[reader], f"{book_address}{FIRST}.html", site=book_address, forgiving=excerpts) as page:
        titles = search(page, "vanishing gradient")
        assert len(titles) > 1
        page.locator("#search-results li > a").first.click()
        page.wait_for_url(lambda url: "search.html" not in url)
        arrive(page, "")
        assert page.locator("h1").first.inner_text().startswith(titles[0])
        assert "vanish" in page.locator("article").inner_text()


# What is laid out while the browser prints: the values of each figure, its controls, the answers that are still folded.
ON_PAPER = """() => matchMedia('print').addEventListener('change', (event) => {
  if (!event.matches) return;
  const seen = (part) => [...document.querySelectorAll(part)].filter((element) => element.checkVisibility());
  window.onPaper = {
    values: seen('.mlkit-values').map((values) => values.innerText),
    controls: seen('.mlkit-controls, .bd-sidebar-primary').length,
    folded: document.querySelectorAll('.toggle-hidden').length,
  };
})"""


def test_a_reader_prints_a_chapter_with_its_figures_as_they_stand_and_the_answers_open(contexts, carried):
    with opened(contexts["desk"], carried / f"{SECOND}.html") as page:
        for figure in figures_on(page):
            figure.move_away()
        looks = [figure.look() for figure in figures_on(page)]
        folded = page.locator(".toggle-hidden").count()
        page.evaluate(ON_PAPER)
        pages = re.findall(rb"/Type */Page\b", page.pdf(format="A4"))
        paper = page.evaluate("() => onPaper")
        assert paper == {"values": [look["on_paper"] for look in looks], "controls": 0, "folded": 0}
        assert folded > 0
        assert page.locator(".toggle-hidden").count() == folded, "on the screen they are folded again"
        assert 5 < len(pages) < 45


def test_a_reader_saves_a_page_and_reads_it_where_the_book_is_not(contexts, carried, tmp_path):
    with opened(contexts["desk"], carried / f"{FIRST}.html") as page:
        figure = figures_on(page)[0]
        figure.move_away()
        left = figure.look()
        saved = save_page(page, tmp_path / "Chapter 1.html", carried / "_static")
    with opened(contexts["desk"], saved) as page:
        assert assert_true_to_its_frames(figures_on(page)[0])["html"] == left["html"]
        for figure in figures_on(page):
            figure.button("reset")
            first = assert_true_to_its_frames(figure)
            figure.move_away()
            assert assert_true_to_its_frames(figure)["positions"] != first["positions"] == figure.start
        turn_the_page(page, EXERCISES)  # while the book is where it was

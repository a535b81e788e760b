"""A page in the hands of a reader: formulas that are copied, links that show where they lead, anchors, the keyboard."""

import contextlib

import pytest
from book_fixtures import SETTLED, watched

pytestmark = [pytest.mark.browser, pytest.mark.build]
CHAPTER = "chapters/04-backprop.html"
SELECT = """([from, to]) => {
  const [first, last] = [document.querySelector(from), document.querySelector(to)];
  getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length);
}"""


@contextlib.contextmanager
def opened(context, path, fragment=""):
    """A page as it is, with its own clock."""
    page = context.new_page()
    problems = watched(page)
    page.goto(path.as_uri() + fragment)
    page.evaluate(SETTLED)
    yield page
    page.close()
    assert problems == []


@pytest.fixture
def page(contexts, book):
    with opened(contexts["desk"], book / CHAPTER) as page:
        yield page


def copied(page):
    page.keyboard.press("Control+C")
    return page.evaluate("() => navigator.clipboard.readText()")


def test_a_text_with_formulas_is_copied_with_their_tex(page):
    page.evaluate(SELECT, ["#any-number-of-layers-in-matrices p", "#any-number-of-layers-in-matrices div.math"])
    text = copied(page)
    assert r"Set $\mathbf{A}^{(0)} = \mathbf{X}$; then layer" in text
    assert r"$$\begin{aligned}" in text
    assert "A(0)" not in text.replace(" ", ""), "the words for a screen reader are copied as well"


def test_a_formula_alone_is_copied_as_tex_and_a_text_without_one_as_ever(page):
    formula = "#any-number-of-layers-in-matrices math"
    page.evaluate(SELECT, [formula, formula])
    assert copied(page) == "$D$"
    page.evaluate(SELECT, ["h1", "h1"])
    assert copied(page).startswith("4. Backpropagation")


def test_what_is_copied_across_a_figure_is_text(page):
    page.evaluate(SELECT, ["#one-step-by-hand p", "#any-number-of-layers-in-matrices p"])
    text = copied(page)
    assert "Two inputs, two hidden units" in text
    assert r"\mathbf{A}^{(0)}" in text
    assert "Figure 4.2" in text
    assert not [word for word in ('"controls"', "Copy link", "def draw_by_hand", "Next figure") if word in text]
    assert len(text) < 6_000


def test_code_can_be_copied_and_answers_are_folded(page):
    blocks = page.locator(".bd-article .highlight:has(button.copybtn)")
    assert blocks.count() > 5
    assert page.locator(".toggle-hidden").count() == page.locator(".admonition.dropdown").count() > 2
    answer = page.locator(".admonition.dropdown").first
    answer.locator(".admonition-title").click()
    assert "toggle-hidden" not in answer.get_attribute("class")


def test_a_link_shows_what_it_leads_to_for_pointer_and_keyboard(page):
    link = page.locator(".bd-article a.internal[href*='references.html#']").first
    preview = page.locator("[role=tooltip].preview")
    link.focus()
    preview.wait_for()
    said = preview.text_content()
    assert len(said) > 40
    assert link.get_attribute("aria-describedby") == preview.get_attribute("id")
    assert link.get_attribute("title") is None, "the browser shows it a second time"
    page.keyboard.press("Escape")
    assert preview.count() == 0
    assert link.get_attribute("aria-describedby") is None
    link.hover()
    preview.wait_for()
    assert preview.text_content() == said
    box, width = preview.bounding_box(), page.evaluate("() => document.documentElement.clientWidth")
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    preview.hover()  # it stays while the pointer is on it
    page.wait_for_timeout(400)
    assert preview.count() == 1
    page.mouse.move(5, 5)
    preview.wait_for(state="detached")


@pytest.mark.parametrize("name", ["one-step-by-hand", "where-gradients-vanish", "questions-for-pen-and-paper"])
def test_a_link_to_a_section_ends_at_its_heading(name, contexts, book):
    with opened(contexts["desk"], book / CHAPTER, f"#{name}") as page:
        page.wait_for_timeout(300)
        top = page.evaluate("(name) => document.getElementById(name).getBoundingClientRect().top", name)
        assert -5 <= top <= 120


def test_by_keyboard_one_reaches_the_first_figure_and_the_next(page):
    figures = page.locator("figure").evaluate_all("(all) => all.map((figure) => figure.id)")
    page.locator(".to-figure").first.focus()
    seen = []
    for _ in figures:
        link = page.locator(":focus")
        assert link.evaluate("(link) => link.getBoundingClientRect().width") > 50, "a link that has the focus is seen"
        page.keyboard.press("Enter")
        seen.append(page.evaluate("() => location.hash.slice(1)"))
        page.keyboard.press("Tab")
    assert seen == figures


def test_what_scrolls_takes_the_focus_and_what_fits_does_not(contexts, book):
    which = """() => [...document.querySelectorAll('.bd-article :is(pre, div.math, .pst-scrollable-table-container)')]
      .filter((element) => element.checkVisibility())
      .map((element) => [element.scrollWidth > element.clientWidth + 1, element.tabIndex === 0])"""
    for name in (CHAPTER, "chapters/teaching.html"):
        with opened(contexts["phone"], book / name) as page:
            page.wait_for_timeout(300)
            found = page.evaluate(which)
            assert any(scrolls for scrolls, _ in found)
            assert [pair for pair in found if pair[0] != pair[1]] == []


def test_printed_no_code_is_cut_off_and_none_is_folded(page):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    assert page.locator("h1:visible").count() == 1
    assert page.locator("details.folded-code:visible").count() == 0
    wide = """() => [...document.querySelectorAll('.bd-article pre')]
      .filter((pre) => pre.checkVisibility() && pre.scrollWidth > pre.clientWidth + 1).map((pre) => pre.textContent)"""
    assert page.evaluate(wide) == []
    assert page.locator(".copybtn:visible, .to-figure:visible, .bd-sidebar-primary:visible").count() == 0

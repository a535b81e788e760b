"""How the pages of the built book look in Chromium: on a phone, in light and dark, on paper, without JavaScript."""

import contextlib
import re

import pytest
from book_fixtures import (
    ALIVE,
    Reader,
    as_it_was,
    assert_true_to_its_frames,
    book_pages,
    figures_on,
    opened,
    save_page,
)

pytestmark = [pytest.mark.browser, pytest.mark.build]


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request):
    """How the browser is set."""
    return request.param


IN_LIGHT = pytest.mark.parametrize("theme", ["light"], indirect=True)  # for what no theme can change


@pytest.fixture(scope="module")
def in_theme(page_file, readers, theme):
    """The page open in this theme, for all tests that leave it as they found it."""
    with readers[theme].opens(page_file) as page:
        yield page


@pytest.fixture
def themed(in_theme):
    """That page on the screen, from left to right, with every figure at its start."""
    in_theme.emulate_media(media="screen")
    in_theme.evaluate("() => document.documentElement.removeAttribute('dir')")
    return as_it_was(in_theme)


# What reaches beyond the screen, and is in no box that scrolls by itself.
TOO_WIDE = """() => [...document.querySelectorAll('.bd-content *')].filter((element) => {
  if (element.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return false;
  for (let box = element.parentElement; box !== document.body; box = box.parentElement)
    if (getComputedStyle(box).overflowX !== 'visible') return false;
  return true;
}).map((element) => element.outerHTML.slice(0, 100)).slice(0, 5)"""


FITS = """(figure) => [figure, ...figure.querySelectorAll('.mlkit-figure, svg, .mlkit-controls, .mlkit-controls *')]
  .every((element) => {
    const { left, right } = element.getBoundingClientRect();
    return left >= -1 && right <= document.documentElement.clientWidth + 1;
  })"""


@pytest.mark.parametrize("name", book_pages())
def test_a_phone_shows_every_page_without_scrolling_sideways(name, book, readers):
    with readers["phone"].opens(book / f"{name}.html") as page:
        for figure in figures_on(page):
            figure.move_away()
            page.evaluate("() => scrollTo(0, 0)")
            figure.look()
            assert figure.evaluate(FITS), f"{figure.name} is wider than a phone"
        for screen in (375, 320):
            page.set_viewport_size({"width": screen, "height": 740})
            width = page.evaluate("() => document.documentElement.scrollWidth")
            assert width <= screen, f"{width} px wide: {page.evaluate(TOO_WIDE)}"


# How high a figure is from the top of its picture to its last control, and its smallest text on show.
SIZES = """(figure) => {
  const top = figure.querySelector('.mlkit-figure').getBoundingClientRect().top;
  const seen = (text) => getComputedStyle(text).visibility === 'visible';
  const shown = [...figure.querySelectorAll('.mlkit-figure text')].filter(seen);
  const scale = ({ a, b }) => Math.hypot(a, b);
  const sizes = shown.map((t) => parseFloat(getComputedStyle(t).fontSize) * scale(t.getScreenCTM()));
  return [figure.querySelector('.mlkit-controls').getBoundingClientRect().bottom - top, Math.min(...sizes)];
}"""


def panels_of(figure):
    """Show one panel after the other, where one is shown at a time."""
    for i, button in enumerate(figure.element.locator(".mlkit-switch button").all() or [None]):
        if button is not None and button.is_visible():
            button.tap()
        figure.look()
        yield i


def test_on_a_phone_a_picture_and_its_controls_are_on_the_screen_together(page_file, readers):
    with readers["small phone"].opens(page_file) as page:
        for figure in figures_on(page):
            for panel in panels_of(figure):
                height, smallest = figure.evaluate(SIZES)
                assert height <= 660, f"{figure.name} is {height:.0f} px high"
                assert smallest >= 11, f"{figure.name}, panel {panel}: text of {smallest:.1f} px"


SHOWN_PANELS = """(figure) => [...figure.querySelectorAll('.mlkit-panel')].map((panel) => [
  panel.innerHTML, getComputedStyle(panel).visibility === 'visible'])"""


def test_on_a_phone_the_picture_that_a_control_changes_is_the_one_that_is_seen(page_file, readers):
    with readers["small phone"].opens(page_file) as page:
        for figure in figures_on(page):
            for control in range(len(figure.counts)):
                figure.button("reset")
                figure.look()
                before = figure.evaluate(SHOWN_PANELS)
                figure.press(control, "Home" if figure.start[control] == figure.counts[control] - 1 else "End")
                figure.look()
                after = figure.evaluate(SHOWN_PANELS)
                changed = [one != other for (one, _), (other, _) in zip(before, after, strict=True)]
                seen = [visible for _, visible in after]
                assert sum(seen) == 1
                assert not any(changed) or changed[seen.index(True)], f"{figure.name}: {figure.controls[control]}"


# The rings that do not lie where the drawing has their place, by more than half a pixel.
OFF_THEIR_PLACES = """(figure) => figure.handles.filter((handle) => {
  const svg = handle.parentElement.querySelector('svg');
  const [x, y] = figure.placeOf(handle, figure.indexOf(figure.positions));
  const [ring, drawing] = [handle, svg].map((element) => element.getBoundingClientRect());
  const { width, height } = svg.viewBox.baseVal;
  const right = ring.left + ring.width / 2 - drawing.left - (x / width) * drawing.width;
  const down = ring.top + ring.height / 2 - drawing.top - (y / height) * drawing.height;
  return Math.hypot(right, down) > 0.5;
}).map((handle) => handle.dataset.handle)"""


@pytest.mark.parametrize("size", [24, 32])
@pytest.mark.parametrize("reader", ["small phone", "desk"])
def test_for_who_needs_large_text_a_figure_fits_and_its_controls_have_room(page_file, readers, reader, size):
    with readers[reader].opens(page_file) as page:
        page.evaluate("(size) => { document.documentElement.style.fontSize = `${size}px`; }", size)
        for figure in figures_on(page):
            figure.look()
            assert figure.evaluate(FITS), f"{figure.name} is wider than the page"
            narrow = figure.evaluate("""(figure) => [...figure.querySelectorAll('[type=range], select')]
              .filter((field) => field.getBoundingClientRect().width < 60).map((field) => field.name)""")
            assert narrow == [], f"{figure.name}: no room for {narrow}"
            assert figure.evaluate(OFF_THEIR_PLACES) == []
            assert figure.evaluate(SIZES)[1] >= 11


IN_FIGURES = ".mlkit-figure svg text, .mlkit-values, .mlkit-controls :is(label, output, select, button)"
IN_TEXT = ".bd-article :is(p, h2, li, a, pre, pre span)"
WHITE = [255, 255, 255]
# Texts against a paper, or else what lies behind them: contrast as WCAG defines it.
CONTRAST = """([paper, words]) => {
  const number = (text) => text.match(/[\\d.]+/g).map(Number);
  const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = number(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const halo = getComputedStyle(document.documentElement).getPropertyValue('--mlkit-paper').trim();
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = halo;
  const paperColor = getComputedStyle(probe).color;
  probe.remove();
  const texts = [...document.querySelectorAll(words)];
  return texts.filter((element) => element.getClientRects().length).map((element) => {
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    if (ink === paperColor) return null; // written on a mark, not on the page
    const [a, b] = [light(number(ink)), light(paper ?? behind(element))].sort((x, y) => y - x);
    return { text: element.textContent, ink, contrast: (a + 0.05) / (b + 0.05) };
  }).filter(Boolean);
}"""


def test_text_in_figures_is_readable_on_the_page(themed, theme):
    assert themed.evaluate("() => document.documentElement.dataset.theme") == theme
    texts = themed.evaluate(CONTRAST, [None, IN_FIGURES])
    assert len(texts) > len(figures_on(themed))
    assert [text for text in texts if text["contrast"] < 4.5] == []


def test_on_paper_a_figure_has_its_values_and_no_controls(themed):
    figures = figures_on(themed)
    for figure in figures:
        figure.move_away()
    themed.emulate_media(media="print")
    for figure in figures:
        assert_true_to_its_frames(figure)
        assert figure.element.locator(".mlkit-values").is_visible()
        assert not figure.element.locator(".mlkit-controls").is_visible()
    assert [text for text in themed.evaluate(CONTRAST, [WHITE, IN_FIGURES]) if text["contrast"] < 4.5] == []


def test_on_paper_a_page_is_light_and_on_the_screen_it_is_as_before(themed, theme):
    themed.emulate_media(media="print")
    themed.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    texts = themed.evaluate(CONTRAST, [WHITE, IN_TEXT])
    assert len(texts) > 20
    assert [text for text in texts if text["text"].strip() and text["contrast"] < 4.5] == []
    themed.emulate_media(media="screen")
    themed.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=theme)


def assert_still(page):
    """Each figure shows a picture, in words too, and its values; what cannot move has no controls."""
    figures = page.locator("mlkit-explore").all()
    for figure in figures:
        assert figure.locator(".mlkit-figure svg").first.is_visible()
        assert len(figure.locator(".mlkit-figure").get_attribute("aria-label").split()) >= 4
        assert " = " in figure.locator(".mlkit-values").inner_text()
        assert figure.locator(".mlkit-values").is_visible()
        assert not figure.locator(".mlkit-controls").is_visible()
        assert figure.locator(".mlkit-handle:visible").count() == 0
        panels = figure.locator(".mlkit-panel").all()
        assert all(panel.is_visible() for panel in panels), "a panel that no button can bring"
    assert figures


def test_without_javascript_the_first_frame_and_its_values_are_there(page_file, contexts):
    page = contexts["no script"].new_page()
    page.goto(page_file.as_uri())
    assert_still(page)
    page.close()


@contextlib.contextmanager
def served(context, book, page_at, policy="", around=""):
    """A page of the book on a server, with a content policy; or another page around it, which holds it in a frame."""
    page = context.new_page()
    site, headers = "http://a-strict-host/", {"Content-Security-Policy": policy} if policy else {}

    def answer(route):
        path = route.request.url.removeprefix(site).partition("?")[0]
        route.fulfill(body=around, content_type="text/html") if path == "around" else route.fulfill(
            path=book / path, headers=headers
        )

    page.route(f"{site}**", answer)
    page.goto(site + ("around" if around else page_at.relative_to(book).as_posix()))
    yield page
    page.close()


def test_where_no_script_may_run_the_figures_are_still_and_say_so(page_file, contexts, book):
    with served(contexts["light"], book, page_file, "script-src 'none'") as page:
        assert_still(page)
        assert all(words.is_visible() for words in page.locator(".mlkit-still").all())


# What a strict policy takes from a page: each style that stands in an attribute, and each script that stands in it.
STYLES = """() => [...document.querySelectorAll('.mlkit-figure svg *')].map((element) => {
  const { fill, stroke, strokeWidth, fontSize, textAnchor, opacity } = getComputedStyle(element);
  return [fill, stroke, strokeWidth, fontSize, textAnchor, opacity].join(' ');
})"""


def test_a_server_that_allows_only_its_own_files_gets_figures_that_move_and_look_the_same(page_file, contexts, book):
    policies = ("", "default-src 'self'; img-src 'self' data:")
    looks = []
    for policy in policies:
        with served(contexts["light"], book, page_file, policy) as page:
            for figure in figures_on(page):
                figure.wait_until("figure.hasAttribute('alive')")
            page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")  # a script in the page sets it
            looks.append(page.evaluate(STYLES))
            for figure in figures_on(page):
                figure.move_away()
                assert assert_true_to_its_frames(figure)["positions"] != figure.start
    assert looks[0] == looks[1]


def test_in_a_frame_of_another_page_copy_link_gives_the_own_address(page_file, contexts, book):
    address = "http://a-strict-host/" + page_file.relative_to(book).as_posix()
    around = f'<!DOCTYPE html><iframe src="{address}" width="900" height="700"></iframe>'
    with served(contexts["light"], book, page_file, around=around) as page:
        frame = page.frames[1]
        frame.wait_for_function(ALIVE)
        name = frame.evaluate("() => document.querySelector('mlkit-explore').dataset.name")
        frame.evaluate("() => addEventListener('copy', () => { window.copied = document.activeElement.value; })")
        button = frame.locator(".mlkit-link").first
        button.click()
        frame.wait_for_function("() => document.querySelector('.mlkit-link').textContent !== 'Copy link'")
        assert button.text_content() == "Copied (this frame)"
        assert frame.evaluate("() => window.copied").startswith(f"{address}#~{name}?")


@pytest.mark.parametrize("reader", ["forced light", "forced dark"])
def test_where_the_system_sets_the_colors_figures_are_readable(page_file, readers, reader):
    with readers[reader].opens(page_file) as page:
        texts = page.evaluate(CONTRAST, [None, IN_FIGURES])
        assert len(texts) > len(figures_on(page))
        assert [text for text in texts if text["contrast"] < 4.5] == []


@IN_LIGHT
def test_a_page_saved_without_its_scripts_shows_the_values_it_was_saved_at(themed, contexts, theme, book, tmp_path):
    for figure in figures_on(themed):
        figure.move_away()
    looks = [figure.look() for figure in figures_on(themed)]
    saved = save_page(themed, tmp_path / "saved.html", book / "_static", with_scripts=False)
    page = contexts[theme].new_page()
    page.goto(saved.as_uri())
    page.set_viewport_size({"width": 390, "height": 660})
    assert_still(page)
    page.set_viewport_size({"width": 1280, "height": 720})
    assert_still(page)
    assert page.locator(".mlkit-values").all_inner_texts() == [look["on_paper"] for look in looks]
    page.close()


@pytest.fixture(scope="module")
def unable(browser):
    """Someone whose browser cannot unpack the frames."""
    return Reader(browser.new_context, script="delete window.DecompressionStream")


FAILED = "() => [...document.querySelectorAll('mlkit-explore')].every((figure) => figure.hasAttribute('failed'))"


def test_a_browser_that_cannot_unpack_says_so_and_shows_the_values(page_file, unable):
    with unable.opens(page_file, awake=FAILED) as page:
        assert_still(page)
        for message in page.locator(".mlkit-spoken").all():
            assert message.is_visible()
            assert message.inner_text().startswith("This figure cannot move in this browser (DecompressionStream")


def test_an_old_browser_that_does_not_tell_of_changed_settings_moves_the_figures(page_file, contexts):
    page = contexts["light"].new_page()
    page.add_init_script("MediaQueryList.prototype.addEventListener = undefined")
    page.goto(page_file.as_uri())
    page.wait_for_function("() => customElements.get('mlkit-explore')")
    for figure in figures_on(page):
        figure.wait_until("figure.hasAttribute('alive')")
        figure.move_away()
        assert assert_true_to_its_frames(figure)["positions"] != figure.start
    page.close()


# Where each text of a figure stands in its picture, and how numbers and code run.
PLACES = """() => [...document.querySelectorAll('.mlkit-figure')].map((figure) => {
  const left = Math.min(...[...figure.children].map((panel) => panel.getBoundingClientRect().left));
  return [...figure.querySelectorAll('svg, text')].map((e) => Math.round(e.getBoundingClientRect().left - left));
})"""
RUNS = "() => [...document.querySelectorAll('mlkit-explore output, pre')].map((e) => getComputedStyle(e).direction)"


@IN_LIGHT
def test_on_a_page_that_runs_from_right_to_left_pictures_numbers_and_code_stay_as_they_are(themed):
    places = themed.evaluate(PLACES)
    themed.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    assert themed.evaluate(PLACES) == places
    assert set(themed.evaluate(RUNS)) == {"ltr"}


@pytest.fixture(scope="module")
def forgetful(browser):
    """Someone whose browser keeps nothing."""
    script = """Object.defineProperty(window, 'localStorage', {
      configurable: true, get() { throw new DOMException('forbidden', 'SecurityError'); } })"""
    return Reader(browser.new_context, script)


def test_light_and_dark_change_also_where_the_browser_keeps_nothing(page_file, forgetful):
    of_the_theme = re.compile("^page error: forbidden$|Got invalid theme mode")  # before any script of ours has run
    with forgetful.opens(page_file, forgiving=of_the_theme) as page:
        modes = []
        for _ in range(3):
            page.locator("button.theme-switch-button:visible").click()
            modes.append(page.evaluate("() => document.documentElement.dataset.mode"))
        assert sorted(modes) == ["auto", "dark", "light"]


def test_an_example_of_the_package_is_copied_as_code_that_runs(contexts, book):
    with opened(contexts["desk"], book / "chapters" / "mlkit.html") as page:
        examples = [e for e in page.locator("div.highlight").all() if e.text_content().startswith(">>> ")]
        long_ones = [example for example in examples if "\n... " in example.text_content()]
        for example in [examples[0], *long_ones]:
            page.evaluate("() => navigator.clipboard.writeText('')")
            example.hover()
            example.locator(".copybtn").click()
            page.wait_for_function("async () => await navigator.clipboard.readText()")
            copied = page.evaluate("() => navigator.clipboard.readText()")
            shown = example.locator("pre").text_content().splitlines()
            assert copied.splitlines() == [line[4:] for line in shown if line.startswith((">>> ", "... "))]
            compile(copied, "an example", "exec")
        assert long_ones

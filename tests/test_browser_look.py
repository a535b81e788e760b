"""How the pages of the built book look in Chromium: on a phone, in light and dark, on paper, without JavaScript."""

import re

import pytest
from book_fixtures import (
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


@pytest.mark.parametrize("name", book_pages())
def test_a_phone_shows_every_page_without_scrolling_sideways(name, book, readers):
    with readers["phone"].opens(book / f"{name}.html") as page:
        for figure in figures_on(page):
            figure.move_away()
            page.evaluate("() => scrollTo(0, 0)")
            figure.look()
            fits = figure.evaluate("""(figure) => [figure, ...figure.querySelectorAll(
              '.mlkit-figure, svg, .mlkit-controls, .mlkit-controls *')].every((element) => {
                const { left, right } = element.getBoundingClientRect();
                return left >= -1 && right <= document.documentElement.clientWidth + 1; })""")
            assert fits, f"{figure.name} is wider than a phone"
        width = page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= 375, f"{width} px wide: {page.evaluate(TOO_WIDE)}"


# The text of the figures and of their controls against what lies behind it: contrast as WCAG defines it.
CONTRAST = """(paper) => {
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
  const words = '.mlkit-figure svg text, .mlkit-values, .mlkit-controls :is(label, output, select, button)';
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
    texts = themed.evaluate(CONTRAST, None)
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
    white = [255, 255, 255]
    assert [text for text in themed.evaluate(CONTRAST, white) if text["contrast"] < 4.5] == []


def assert_still(page):
    """Each figure shows a picture, in words too, and its values; what cannot move has no controls."""
    figures = page.locator("mlkit-explore").all()
    for figure in figures:
        assert figure.locator(".mlkit-figure svg").first.is_visible()
        assert len(figure.locator(".mlkit-figure").get_attribute("aria-label").split()) >= 4
        assert " = " in figure.locator(".mlkit-values").inner_text()
        assert figure.locator(".mlkit-values").is_visible()
        assert not figure.locator(".mlkit-controls").is_visible()
    assert figures


def test_without_javascript_the_first_frame_and_its_values_are_there(page_file, contexts):
    page = contexts["no script"].new_page()
    page.goto(page_file.as_uri())
    assert_still(page)
    page.close()


def test_a_server_that_forbids_scripts_in_the_page_gets_still_figures(page_file, contexts, book):
    page = contexts["light"].new_page()
    site, policy = "http://a-strict-host/", {"Content-Security-Policy": "script-src 'self'"}
    page.route(
        f"{site}**", lambda route: route.fulfill(path=book / _path_below(route.request.url, site), headers=policy)
    )
    page.goto(site + page_file.relative_to(book).as_posix())
    assert page.evaluate("() => customElements.get('mlkit-explore') === undefined")
    assert_still(page)
    page.close()


def _path_below(url, site):
    return url.removeprefix(site).partition("?")[0]


@IN_LIGHT
def test_a_page_saved_without_its_scripts_shows_the_values_it_was_saved_at(themed, contexts, theme, book, tmp_path):
    for figure in figures_on(themed):
        figure.move_away()
    looks = [figure.look() for figure in figures_on(themed)]
    saved = save_page(themed, tmp_path / "saved.html", book / "_static", with_scripts=False)
    page = contexts[theme].new_page()
    page.goto(saved.as_uri())
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
  const left = Math.min(...[...figure.children].map((svg) => svg.getBoundingClientRect().left));
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

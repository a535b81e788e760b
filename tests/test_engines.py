"""The book in Firefox and in WebKit, the engine of Safari: every figure alive, moved by its controls and by hand.

Chromium reads all pages in ``test_browser.py``; here one page shows whether an engine does what figures need of it.
``MLKIT_ALL_ENGINES=1`` takes them all. Where an engine is not installed its tests are skipped;
``MLKIT_REQUIRE_ENGINES=1`` makes that a failure.
"""

import math
import os

import pytest
from book_fixtures import ALIVE, LOOK, PAINTED, SETTLED, assert_true_to_its_frames, pages_with_figures
from engines import ENGINES, Missing, engine_started

pytestmark = [pytest.mark.browser, pytest.mark.build]
PAGES = pages_with_figures() if os.environ.get("MLKIT_ALL_ENGINES") == "1" else ["chapters/02-activations"]
NEAR = 2  # px; a pointer is at whole numbers, where it is pressed and where it is let go

# Move controls of a figure as their fields do it: [[number of the control, position], …].
MOVE = """(figure, moves) => {
  const fields = [...figure.querySelectorAll('.mlkit-control :is(input, select)')];
  for (const [control, position] of moves) {
    fields[control].value = position;
    fields[control].dispatchEvent(new Event('input', { bubbles: true }));
  }
}"""
# The middle of a part of a figure, on the page; nothing if there is no such part.
PLACE = """(figure, part) => {
  const element = figure.querySelector(part);
  if (!element) return null;
  const { left, top, width, height } = element.getBoundingClientRect();
  return [left + width / 2 + scrollX, top + height / 2 + scrollY];
}"""
# Whether the controls of a figure stand at these positions.
STANDS = "(name, at) => `${document.getElementById(`explore-${name}`).positions}` === `${at}`"
HANDLES = "(figure) => [...new Set([...figure.querySelectorAll('.mlkit-handle')].map((h) => h.dataset.handle))]"
# Scroll until a height of the page is in the middle of the window; how far the page is scrolled then.
SHOW = """(middle) => {
  scrollTo({ top: middle - innerHeight / 2, behavior: 'instant' });
  return [scrollX, scrollY];
}"""


class Figure:
    """A slider figure on the page that an engine shows."""

    def __init__(self, engine, name):
        self.engine, self.name = engine, name
        data = self.evaluate("(figure) => figure.data")
        self.controls = [control["name"] for control in data["controls"]]
        self.counts = [len(control["texts"]) for control in data["controls"]]
        self.start = [control["start"] for control in data["controls"]]
        self.far = [0 if start else count - 1 for start, count in zip(self.start, self.counts, strict=True)]
        self.handles = {name: handle["controls"] for name, handle in data.get("handles", {}).items()}

    def evaluate(self, function, *arguments):
        """Call a JavaScript function of the figure."""
        on_it = f"(name, ...rest) => ({function})(document.getElementById(`explore-${{name}}`), ...rest)"
        return self.engine.evaluate(on_it, self.name, *arguments)

    def look(self):
        """What is on the screen once it is painted."""
        self.engine.evaluate(PAINTED)
        return self.evaluate(LOOK)

    def positions(self):
        """Where the controls stand, once that is painted."""
        self.engine.evaluate(PAINTED)
        return self.evaluate("(figure) => figure.positions")

    def reset(self):
        self.evaluate("(figure) => figure.reset()")
        assert self.positions() == self.start

    def move(self, positions):
        """Move controls, by their numbers, to positions."""
        self.evaluate(MOVE, list(positions.items()))

    def move_away(self, besides=()):
        """Move every control, besides some, to the end that is far from its start."""
        self.move({i: far for i, far in enumerate(self.far) if i not in besides})

    def place(self, part):
        """Where a part of the figure is on the page, (x, y)."""
        self.engine.evaluate(PAINTED)
        return self.evaluate(PLACE, part)

    def handle(self, name):
        """Where a handle is on the page."""
        return self.place(f'.mlkit-handle[data-handle="{name}"]')

    def drag(self, start, end, hand):
        """Drag from one place of the page to another one."""
        self.engine.drag(*self.on_screen(start, end), hand)

    def click(self, part, hand):
        """Click on a part of the figure."""
        self.engine.click(*self.on_screen(self.place(part)), hand)

    def on_screen(self, *places):
        """Scroll places of the page into view; where they are in the window."""
        scrolled = self.engine.evaluate(SHOW, sum(y for _, y in places) / len(places))
        return [[a - b for a, b in zip(place, scrolled, strict=True)] for place in places]


def engine_needed(what):
    """Skip where an engine cannot be had; fail where it is required."""
    if os.environ.get("MLKIT_REQUIRE_ENGINES") == "1":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


# One worker has an engine to itself, and starts it once.
@pytest.fixture(scope="module", params=[pytest.param(n, marks=pytest.mark.xdist_group(f"engine {n}")) for n in ENGINES])
def engine(request):
    try:
        with engine_started(request.param) as started:
            yield started
    except Missing as missing:
        engine_needed(str(missing))


@pytest.fixture(scope="module", params=PAGES)
def page(request, engine, book):
    """A page of the book, open and settled."""
    engine.opens(book / f"{request.param}.html")
    engine.wait_until(ALIVE)
    engine.evaluate(SETTLED)
    return engine


@pytest.fixture
def figures(page):
    """The figures of the page, each at its start; afterwards, without a complaint of the page."""
    ids = page.evaluate("() => [...document.querySelectorAll('mlkit-explore')].map((figure) => figure.id)")
    found = [Figure(page, name.removeprefix("explore-")) for name in ids]
    for figure in found:
        figure.reset()
    yield found
    page.evaluate(PAINTED)
    complaints = page.complaints()
    assert not complaints, "\n".join(complaints)


def test_every_figure_comes_alive_and_shows_its_first_frame(figures):
    assert figures
    for figure in figures:
        seen = assert_true_to_its_frames(figure)
        assert seen["positions"] == figure.start
        assert min(seen["box"][:2]) > 0, f"{figure.name} takes no room"


def walk(figure, control):
    """Move one control to its last, first and a middle value; the pictures that are seen."""
    pictures = set()
    before = figure.positions()
    for position in (figure.counts[control] - 1, 0, figure.counts[control] // 2):
        figure.move({control: position})
        seen = assert_true_to_its_frames(figure)
        before[control] = position
        assert seen["positions"] == before == figure.positions(), f"{figure.name}: {figure.controls[control]}"
        pictures.add((seen["html"], seen["label"]))
    return pictures


def test_every_control_moves_its_figure_and_nothing_else(figures):
    for figure in figures:
        for control, count in enumerate(figure.counts):
            figure.reset()
            pictures = walk(figure, control)
            if len(pictures) == 1 and count > 1:  # the others may stand where this one makes no difference
                figure.move_away()
                pictures = walk(figure, control)
            assert count == 1 or len(pictures) > 1, f"{figure.name}: {figure.controls[control]} changes nothing"
        figure.reset()
    assert [figure.positions() for figure in figures] == [figure.start for figure in figures]


def test_a_button_is_pressed_by_hand(figures):
    for figure in figures:
        for hand in figure.engine.hands:
            figure.move_away()
            figure.click(".mlkit-reset", hand)
            figure.engine.wait_until(STANDS, figure.name, figure.start)
            assert_true_to_its_frames(figure)


def way(figure, name, others_away):
    """Two places of a handle and the positions at the second; the figure is left where the handle is at the first."""
    own = figure.handles[name]
    figure.reset()
    if others_away:
        figure.move_away(besides=own)
    here, before = figure.handle(name), figure.positions()
    figure.move({i: figure.far[i] for i in own})
    there, aim = figure.handle(name), figure.positions()
    figure.move({i: before[i] for i in own})
    assert figure.handle(name) == here, f"{figure.name}: {name} does not come back"
    return here, there, aim


def way_to_go(figure, name):
    """A way of some length; with the others at their start a handle may not be there, or stay where it is."""
    for others_away in (False, True):
        here, there, aim = way(figure, name, others_away)
        if here and there and math.dist(here, there) > NEAR:
            return here, there, aim
    raise AssertionError(f"{figure.name}: its controls do not move the handle {name}")


def assert_follows(figure, name, hand):
    """A handle that is dragged to where it is at other positions brings its controls there, or to others as good."""
    here, there, aim = way_to_go(figure, name)
    before, where = figure.positions(), f"{figure.name}: {name}, dragged by {hand}"
    figure.drag(here, there, hand)
    seen = assert_true_to_its_frames(figure)
    moved = {i for i, (a, b) in enumerate(zip(before, figure.positions(), strict=True)) if a != b}
    assert moved, f"{where}, moves nothing"
    assert moved <= set(figure.handles[name]), f"{where}, moves others too: {seen['texts']}"
    left = math.dist(figure.handle(name), there)
    assert seen["positions"] == aim or left <= NEAR, f"{where}, is {left:.0f} px away at {seen['texts']}"


def test_every_handle_follows_the_hand_and_moves_its_own_controls(figures):
    for figure in figures:
        assert set(figure.evaluate(HANDLES)) <= set(figure.handles), f"{figure.name} has a handle that moves nothing"
        for name in figure.handles:
            for hand in figure.engine.hands:
                assert_follows(figure, name, hand)
        figure.reset()
    assert [figure.positions() for figure in figures] == [figure.start for figure in figures]

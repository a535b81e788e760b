"""Every slider figure of the built book, moved by keyboard in Chromium, from the disk and with the network off.

Pages come from ``_toc.yml`` and figures from the pages, so a new chapter is covered the day it is written. ``Reader``
also fails when a page reports an error or a warning, or asks another host for anything. Once a page is open its clock
stands still: ``run_for`` lets time pass on it, in no time, and no test depends on how fast the machine is.
"""

import itertools
import random

import pytest
from book_fixtures import (
    RESTED,
    Figure,
    as_it_was,
    assert_true_to_its_frames,
    book_pages,
    figures_on,
    link_of,
    pages_with_figures,
    save_page,
    swipe,
)
from matplotlib.patches import Rectangle

from mlkit.explore import explore
from mlkit.figures import new_axes, picture
from mlkit.page_assets import in_page

pytestmark = [pytest.mark.browser, pytest.mark.build]


@pytest.fixture(scope="module")
def desk(page_file, readers):
    """The page open on a desk, for all tests that leave it as they found it."""
    with readers["desk"].opens(page_file) as page:
        yield page


@pytest.fixture
def page(desk):
    """That page, with every figure at its start and nothing in its address."""
    return as_it_was(desk)


def test_the_figures_are_where_the_sources_say(book):
    built = [p for p in book_pages() if "<mlkit-explore " in (book / f"{p}.html").read_text(encoding="utf-8")]
    assert built == pages_with_figures() != []


def walk(figure, control):
    """Move one control to its last, first and a middle value; what is seen at each."""
    count = figure.counts[control]
    seen = []
    for keys, position in (
        (["End"], count - 1),
        (["Home"], 0),
        (["ArrowRight" if figure.is_slider(control) else "ArrowDown"] * (count // 2), count // 2),
    ):
        figure.press(control, *keys)
        now = assert_true_to_its_frames(figure)
        assert now["positions"][control] == position, f"{figure.name}: {keys} moved to {now['positions']}"
        seen.append(now)
    return seen


def distinct(seen):
    return len({(now["html"], now["label"]) for now in seen})


def test_every_control_moves_its_figure_by_keyboard_and_nothing_else(page):
    figures = figures_on(page)
    boxes = [assert_true_to_its_frames(figure)["box"] for figure in figures]
    for figure in figures:
        assert figure.look()["positions"] == figure.start
        for control, count in enumerate(figure.counts):
            seen = walk(figure, control)
            if distinct(seen[:2]) == 1 and count > 1:  # the others may stand where this one makes no difference
                figure.move_away()
                seen = walk(figure, control)
            assert count == 1 or distinct(seen) > 1, f"{figure.name}: {figure.controls[control]} changes nothing"
        assert [f.look()["box"] for f in figures] == boxes, f"{figure.name} makes the page jump"


# Frames that differ in more than their numbers


def draw_ragged(marks, shown, title):
    """Each control changes how many elements there are, or how they are nested."""
    panels = [new_axes(xlim=(0, 6), ylim=(0, 4), title="so many") for _ in range(2)]
    for i in range(marks):
        panels[0].plot([i], [i % 4], marker="os^"[i % 3])
        panels[1].plot([0, i], [3, i % 4], label=f"line {i}")
    (line,) = panels[1].plot([0, 6], [1, 2], label="cut off")
    if shown:
        line.set_clip_path(Rectangle((0, 0), shown, 4, transform=panels[1].transData))
    if title:
        panels[1].legend(title=title)
    said = f"{marks} marks; a line is seen up to {shown}, and the key is called {title or 'nothing'}."
    return picture(*panels, alt=said)


def test_frames_may_have_more_elements_or_fewer_and_other_ones(tmp_path, readers, monkeypatch):
    monkeypatch.setenv("MLKIT_EXPLORE", "published")
    controls = {"marks": [0, 1, 5, 2], "shown": [0, 3, 5], "title": ["", "key", "a longer key"]}
    figure = explore(draw_ragged, **controls, name="ragged").html
    page_at = tmp_path / "ragged.html"
    page_at.write_text(f"<!DOCTYPE html><meta charset=utf-8>{in_page()}{figure}", encoding="utf-8")
    with readers["desk"].opens(page_at) as page:
        (ragged,) = figures_on(page)
        everywhere = list(itertools.product(*map(range, ragged.counts)))
        random.Random(0).shuffle(everywhere)
        for positions in everywhere:
            ragged.evaluate("(figure, positions) => figure.moveTo(positions)", positions)
            assert_true_to_its_frames(ragged)


# Handles: what can be taken hold of


def touched(page):
    """Every handle of the page, with its figure."""
    return [(figure, handle) for figure in figures_on(page) for handle in figure.data["handles"]]


def assert_only_its_controls_moved(figure, handle, before, after):
    own = figure.data["handles"][handle]["controls"]
    others = [i for i in range(len(before)) if i not in own]
    assert [after[i] for i in others] == [before[i] for i in others], f"{figure.name}: {handle} moved {after}"


def test_every_handle_is_seen_has_a_name_and_is_large_enough_for_a_finger(page):
    for figure, handle in touched(page):
        ring = figure.element.locator(f".mlkit-handle[data-handle='{handle}']")
        assert ring.is_visible(), f"{figure.name}: {handle}"
        assert len(ring.get_attribute("aria-label").removeprefix("drag: ")) > 0
        box = ring.bounding_box()
        assert min(box["width"], box["height"]) >= 24


def test_a_handle_is_dragged_to_a_place_and_everything_else_follows(page):
    for figure, handle in touched(page):
        figure.in_sight()
        before = figure.look()["positions"]
        x, y = figure.ring(handle)
        goal = figure.goal(handle)
        page.mouse.move(x + 4, y - 3)  # taken at its edge, it does not jump
        page.mouse.down()
        figure.look()
        assert figure.look()["positions"] == before, f"{figure.name}: {handle} jumps when it is touched"
        page.mouse.move((x + goal[0]) / 2 + 4, (y + goal[1]) / 2 - 3)
        figure.look()
        page.mouse.move(goal[0] + 4, goal[1] - 3)
        dragged = assert_true_to_its_frames(figure)  # sliders and words are in step
        assert dragged["positions"] != before, f"{figure.name}: {handle} stays"
        assert figure.ring(handle) == pytest.approx(goal, abs=0.6), f"{figure.name}: {handle} is not where it was put"
        assert_only_its_controls_moved(figure, handle, before, dragged["positions"])
        page.mouse.up()
        page.mouse.move(x, y)
        assert figure.look()["positions"] == dragged["positions"], f"{figure.name}: {handle} follows when it is let go"
        figure.rest()
        if dragged["positions"] != figure.start:
            link_of(page, figure.name)
        figure.button("reset")
        assert assert_true_to_its_frames(figure)["positions"] == figure.start


# How far from a place of the screen each handle of a panel is, and how near each can come.
DISTANCES = """(figure, { panel, x, y }) => {
  const handles = figure.handles.filter((handle) => figure.data.handles[handle.dataset.handle].panel === panel);
  const svg = handles[0].parentElement.querySelector('svg');
  const { left, top, width } = svg.getBoundingClientRect();
  const scale = svg.viewBox.baseVal.width / width;
  const far = (handle, positions) => {
    const [u, v] = figure.placeOf(handle, figure.indexOf(positions));
    return Math.hypot((x - left) * scale - u, (y - top) * scale - v);
  };
  const all = (handle) => figure.reachable(figure.data.handles[handle.dataset.handle].controls);
  return handles.map((handle) => [
    far(handle, figure.positions), Math.min(...all(handle).map((positions) => far(handle, positions)))]);
}"""


@pytest.mark.parametrize("part", [(0.25, 0.35), (0.6, 0.7), (0.85, 0.2)])
def test_a_click_brings_the_handle_that_can_come_nearest(page, part):
    for figure in figures_on(page):
        for panel in {handle["panel"] for handle in figure.data["handles"].values()}:
            figure.in_sight()
            box = figure.element.locator(".mlkit-panel").nth(panel).bounding_box()
            x, y = box["x"] + part[0] * box["width"], box["y"] + part[1] * box["height"]
            if any(abs(x - a) + abs(y - b) < 40 for a, b in (figure.ring(h) for h in figure.data["handles"])):
                continue  # this is no place beside the handles
            place = {"panel": panel, "x": x, "y": y}
            best = min(can for _, can in figure.evaluate(DISTANCES, place))
            page.mouse.click(x, y)
            assert_true_to_its_frames(figure)
            nearest = min(now for now, _ in figure.evaluate(DISTANCES, place))
            assert nearest <= best + 4.1, f"{figure.name}, panel {panel}: no handle comes to {part}"


def test_taking_hold_of_a_handle_stops_the_play(page):
    for figure in played(page, interval=50):
        for handle in list(figure.data["handles"])[:1]:
            figure.in_sight()
            figure.press(figure.played, "Home")
            figure.button("play")
            figure.run_until(f"figure.positions[{figure.played}] >= 1 && !figure.painting")
            page.mouse.move(*figure.ring(handle))
            page.mouse.down()
            assert figure.look()["button"] == "Play"
            held = figure.look()["positions"]
            page.clock.run_for(500)
            assert figure.look()["positions"] == held
            page.mouse.up()


def test_a_finger_moves_a_handle_or_the_page_and_never_both(page_file, readers):
    with readers["phone"].opens(page_file) as page:
        for figure, handle in touched(page):
            if figure.data["handles"][handle]["panel"] > 0:
                figure.element.locator(".mlkit-switch button").nth(figure.data["handles"][handle]["panel"]).tap()
            figure.in_sight()
            figure.look()
            top = page.evaluate("() => scrollY")
            goal = figure.goal(handle)
            swipe(page, figure.ring(handle), goal)
            assert figure.ring(handle) == pytest.approx(goal, abs=0.6), f"{figure.name}: {handle} does not follow"
            assert page.evaluate("() => scrollY") == top, f"{figure.name}: {handle} scrolls the page"
        for figure in {figure.name: figure for figure, _ in touched(page)}.values():
            figure.in_sight()
            before, top = figure.look()["positions"], page.evaluate("() => scrollY")
            x, y = free_place(figure)
            swipe(page, (x, y), (x, y - 120))
            page.wait_for_function("(top) => scrollY > top", arg=top)
            assert figure.look()["positions"] == before, f"{figure.name} moves when the page is scrolled"


def free_place(figure):
    """A place low in the picture with no handle near it."""
    box = figure.element.locator(".mlkit-figure").bounding_box()
    rings = [figure.ring(handle) for handle in figure.data["handles"]]
    places = [(box["x"] + box["width"] * part, box["y"] + box["height"] * 0.9) for part in (0.1, 0.3, 0.5, 0.7, 0.9)]
    return max(places, key=lambda place: min(abs(place[0] - x) + abs(place[1] - y) for x, y in rings))


def test_a_link_brings_back_every_figure_as_it_was(page, readers, page_file):
    figures = [figure for figure in figures_on(page) if max(figure.counts) > 1]
    for figure in figures:
        figure.move_away()
    before = {figure.name: figure.look() for figure in figures}
    fragment = link_of(page, *before)
    with readers["desk"].opens(page_file, fragment) as again:
        for name, seen in before.items():
            after = assert_true_to_its_frames(Figure(again, name))
            assert after["positions"] == seen["positions"], f"{fragment} does not bring {name} back"
            assert after["html"] == seen["html"]
        first = fragment.removeprefix("#~").partition("?")[0]
        assert Figure(again, first).look()["on_screen"]


def test_a_link_to_one_figure_shows_it_and_leaves_the_others_alone(page, readers, page_file):
    figure = figures_on(page)[-1]
    figure.move_away()
    fragment = link_of(page, figure.name)
    assert fragment.count("~") == 1
    with readers["desk"].opens(page_file, fragment) as again:
        *others, figure = figures_on(again)
        seen = assert_true_to_its_frames(figure)
        assert seen["on_screen"], f"{fragment} does not scroll to {figure.name}"
        assert seen["positions"] != figure.start
        assert all(other.look()["positions"] == other.start for other in others)


def test_reset_brings_back_the_first_frame_and_an_empty_link(page):
    figures = figures_on(page)
    first = [figure.look() for figure in figures]
    for figure in figures:
        figure.move_away()
        assert figure.look()["positions"] != figure.start
    link_of(page, *(figure.name for figure in figures))
    for figure, before in zip(figures, first, strict=True):
        figure.button("reset")
        after = assert_true_to_its_frames(figure)
        assert (after["positions"], after["html"]) == (figure.start, before["html"])
    page.clock.run_for(RESTED)
    assert page.evaluate("() => location.hash") == ""


def test_copy_link_gives_the_state_of_its_figure(page, readers, page_file):
    figure = figures_on(page)[0]
    figure.move_away()
    figure.button("link")
    figure.wait_until("figure.querySelector('.mlkit-link').textContent === 'Copied'")
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link.startswith(f"{page_file.as_uri()}#~{figure.name}?")
    with readers["desk"].opens(page_file, link[link.index("#") :]) as again:
        assert Figure(again, figure.name).look()["positions"] == figure.look()["positions"]


def played(page, interval):
    """The figures with a play button, made to play at a known speed (in ms from frame to frame)."""
    figures = [figure for figure in figures_on(page) if figure.played is not None]
    for figure in figures:
        figure.evaluate("(figure, interval) => { figure.data.interval = interval; }", interval)
    return figures


def test_play_runs_until_it_is_paused(page):
    for figure in played(page, interval=300):
        if figure.counts[figure.played] < 5:
            continue  # over before a hand is at the button
        figure.press(figure.played, "Home")
        figure.button("play")
        page.clock.run_for(300)
        seen = assert_true_to_its_frames(figure)
        assert (seen["button"], seen["positions"][figure.played]) == ("Pause", 2)
        figure.button("play")
        paused = assert_true_to_its_frames(figure)
        assert paused["button"] == "Play"
        figure.rest()
        if paused["positions"] != figure.start:  # where it began there is nothing to link to
            link_of(page, figure.name)
        assert figure.look()["positions"] == paused["positions"]


def test_play_is_quiet_stops_at_the_end_and_begins_again(page):
    for figure in played(page, interval=RESTED):
        last = figure.counts[figure.played] - 1
        figure.press(figure.played, "Home", "End", *["ArrowLeft"] * min(2, last))
        figure.look()
        figure.rest()
        quiet = figure.look()["spoken"]
        figure.button("play")
        figure.run_until(f"figure.positions[{figure.played}] === {last}", step=RESTED)
        page.clock.run_for(RESTED - 100)  # long enough to be read out, if it were not played
        during = figure.look()
        assert (during["button"], during["spoken"]) == ("Pause", quiet)
        page.clock.run_for(100)
        seen = assert_true_to_its_frames(figure)
        assert (seen["button"], seen["positions"][figure.played]) == ("Play", last)
        figure.rest()
        figure.button("play")
        assert figure.look()["positions"][figure.played] == 0
        figure.button("play")


def test_moving_a_control_stops_the_play_and_counts(page):
    for figure in played(page, interval=50):
        last = figure.counts[figure.played] - 1
        for key, position in (("Home", 0), ("End", last)):
            figure.press(figure.played, "End" if key == "Home" else "Home")
            figure.button("play")
            figure.run_until(f"figure.positions[{figure.played}] >= 1 && !figure.painting")
            figure.press(figure.played, key)
            page.clock.run_for(150)
            seen = assert_true_to_its_frames(figure)
            assert (seen["button"], seen["positions"][figure.played]) == ("Play", position)


def test_where_motion_is_not_wanted_play_makes_one_step(page_file, readers):
    with readers["calm"].opens(page_file) as page:
        for figure in played(page, interval=20):
            figure.press(figure.played, "Home")
            assert figure.look()["button"] == "Step"
            figure.button("play")
            page.clock.run_for(100)
            seen = assert_true_to_its_frames(figure)
            assert (seen["positions"][figure.played], seen["button"]) == (1, "Step")
            figure.rest()


def test_an_ordinary_anchor_still_leads_to_its_heading(page, page_file, readers):
    ids = page.locator("article section[id]").evaluate_all("(all) => all.map((section) => section.id)")
    with readers["desk"].opens(page_file, f"#{ids[-1]}") as page:
        figures = figures_on(page)
        page.clock.run_for(RESTED)
        assert page.evaluate("() => location.hash") == f"#{ids[-1]}"
        assert page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top < innerHeight", ids[-1])
        assert all(figure.look()["positions"] == figure.start for figure in figures)
        figures[-1].button("reset")  # which moves nothing, and so has nothing to write there
        page.clock.run_for(RESTED)
        assert page.evaluate("() => location.hash") == f"#{ids[-1]}"


# Go to a place of the page; the figures have heard of it.
FOLLOW = """(hash) => new Promise((heard) => {
  addEventListener('hashchange', () => heard(), { once: true });
  location.hash = hash;
})"""


def test_a_damaged_link_does_no_harm(page_file, readers):
    with readers["desk"].opens(page_file, "#~nonsense?x=1") as page:
        figures = figures_on(page)
        name, control = figures[0].name, figures[0].controls[0]
        for end in (
            f"{name}?{control}=notavalue",
            f"{name}?{control}",
            f"{name}?%E0%A4%A=%",
            f"?{control}=1",
            name,
            "",
            "~~?&=",
        ):
            page.evaluate(FOLLOW, f"#~{end}")
            for figure in figures:
                seen = assert_true_to_its_frames(figure)
                assert seen["positions"] == figure.start, f"#~{end} moved {figure.name}"


TWICE = "() => ['button', 'a', 'img', 'svg', 'details'].map((tag) => [tag, document.querySelectorAll(tag).length])"
FOLDED = "() => [...document.querySelectorAll('details:not([open]), .toggle-hidden')].length"


def left_moving(page):
    """Every figure moved, one of them playing, one whose link was just copied; what is seen once all have rested."""
    figures = figures_on(page)
    for figure in figures:
        figure.move_away()
    figures[0].button("link")
    figures[0].wait_until("figure.querySelector('.mlkit-link').textContent !== 'Copy link'")
    for figure in played(page, interval=10**6)[:1]:
        figure.press(figure.played, "Home")
        figure.button("play")
        assert figure.look()["button"] == "Pause"
    return [figure.look() for figure in figures], page.evaluate(TWICE), page.evaluate(FOLDED)


def assert_as_it_was_left(page, left):
    """The same pictures at the same values, nothing twice, answers folded; then every figure moves, and resets."""
    looks, tags, folded = left
    figures = figures_on(page)
    for figure, before in zip(figures, looks, strict=True):
        seen = assert_true_to_its_frames(figure)
        assert (seen["positions"], seen["html"]) == (before["positions"], before["html"]), figure.name
        assert seen["button"] in (None, "Play"), f"{figure.name} was saved while it played"
        assert figure.element.locator(".mlkit-link").text_content() == "Copy link"
        figure.button("reset")
        assert assert_true_to_its_frames(figure)["positions"] == figure.start
        figure.move_away()
        assert assert_true_to_its_frames(figure)["positions"] != figure.start
    assert page.evaluate(TWICE) == tags
    assert page.evaluate(FOLDED) == folded


def test_a_page_that_was_saved_moves_again_from_where_it_was_left_and_can_be_saved_again(page, readers, book, tmp_path):
    left = left_moving(page)
    saved = save_page(page, tmp_path / "saved.html", book / "_static")
    with readers["desk"].opens(saved) as page:
        assert_as_it_was_left(page, left)
        left = left_moving(page)
        saved_again = save_page(page, tmp_path / "saved again.html", book / "_static")
    with readers["desk"].opens(saved_again) as page:
        assert_as_it_was_left(page, left)


def test_the_number_of_a_slider_is_not_spoken_by_its_field_as_well(page):
    outputs = page.locator("mlkit-explore output")
    assert outputs.count() > 0
    assert outputs.evaluate_all("(all) => all.every((output) => output.getAttribute('aria-live') === 'off')")

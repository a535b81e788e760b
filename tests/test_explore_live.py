"""In front of a person: frames on demand, the last value wins, and an error is a thing one slides away from."""

import asyncio
import base64
import json
import xml.etree.ElementTree as ET

import ipywidgets as widgets
import pytest
from ipywidgets.widgets import widget_link
from ipywidgets.widgets.widget import _instances as instances

from mlkit.explore import explore, forget_figures
from mlkit.explore.frames import FrameError
from mlkit.figures import new_axes, picture


@pytest.fixture(autouse=True)
def person(monkeypatch):
    """Someone sits at the kernel; what was shown to them is closed again."""
    monkeypatch.setenv("MLKIT_EXPLORE", "live")
    forget_figures()
    yield
    widgets.Widget.close_all()


class Drawing:
    """A draw function that counts, and fails where it is told to."""

    def __init__(self, failing=(), error=None):
        self.calls, self.failing, self.error = [], set(failing), error

    def __call__(self, step, kind="sine"):
        self.calls.append((step, kind))
        if step in self.failing:
            raise self.error or ValueError("no such step")
        axes = new_axes(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
        axes.text(0.5, 0.5, f"{kind} at {step}")
        return picture(axes, alt=f"The {kind} at step {step}.")


def shows(figure):
    """The words of the frame on show."""
    return ET.fromstring(figure.html).get("aria-label")


def settle(figure):
    """Let the figure draw what was asked for last."""

    async def wait():
        async with asyncio.timeout(20):
            while figure._wanted is not None:
                await asyncio.sleep(0.005)

    return wait()


# Frames on demand


def test_only_the_first_frame_is_drawn_before_someone_asks():
    draw = Drawing()
    figure = explore(draw, step=range(100), name="first", start={"step": 3})
    assert draw.calls == [(3, "sine")]
    assert shows(figure) == "The sine at step 3."


def test_a_moved_slider_brings_its_frame():
    figure = explore(Drawing(), step=range(10), kind=["sine", "cosine"], name="moved")
    figure.sliders["step"].index = 7
    assert shows(figure) == "The sine at step 7."
    figure.sliders["kind"].index = 1
    assert shows(figure) == "The cosine at step 7."


def test_a_frame_once_drawn_is_remembered():
    draw = Drawing()
    figure = explore(draw, step=range(10), name="remembered")
    before = figure.html
    for index in (1, 2, 1, 2, 0):
        figure.sliders["step"].index = index
    assert figure.html == before
    assert draw.calls == [(0, "sine"), (1, "sine"), (2, "sine")]


def test_a_burst_of_moves_draws_the_last_one_only():
    draw = Drawing()
    figure = explore(draw, step=range(60), name="burst")

    async def drag():
        for index in range(1, 51):
            figure.sliders["step"].index = index
        await settle(figure)

    asyncio.run(drag())
    assert shows(figure) == "The sine at step 50."
    assert len(draw.calls) <= 3  # the first frame, the last one, and one on the way at most


def test_a_slow_drawing_is_not_started_for_values_already_left():
    draw = Drawing()
    figure = explore(draw, step=range(60), name="slow")

    async def drag():
        for burst in (range(1, 20), range(20, 40)):
            for index in burst:
                figure.sliders["step"].index = index
            await settle(figure)

    asyncio.run(drag())
    assert draw.calls[0] == (0, "sine")
    assert draw.calls[-1] == (39, "sine")
    assert len(draw.calls) <= 5


def test_a_frame_already_seen_overtakes_one_that_is_waiting():
    draw = Drawing()
    figure = explore(draw, step=range(10), name="overtaken")

    async def there_and_back():
        figure.sliders["step"].index = 5
        figure.sliders["step"].index = 0
        assert shows(figure) == "The sine at step 0."
        await settle(figure)
        await asyncio.sleep(0.05)

    asyncio.run(there_and_back())
    assert shows(figure) == "The sine at step 0."
    assert draw.calls == [(0, "sine")]


# Errors


def test_a_first_frame_that_fails_is_the_error_of_the_cell():
    with pytest.raises(FrameError, match="figure 'broken' cannot be drawn at step = 0: ValueError: no such step"):
        explore(Drawing(failing=[0]), step=range(3), name="broken")


def test_a_first_frame_without_words_is_the_error_of_the_cell():
    with pytest.raises(FrameError, match="alt must say in words"):
        explore(lambda step: picture(new_axes(xlim=(0, 1), ylim=(0, 1)), alt=""), step=[1], name="mute")


def test_an_error_is_shown_in_the_place_of_the_figure_and_goes_when_the_slider_moves_on():
    figure = explore(Drawing(failing=[1]), step=range(3), name="error")
    figure.sliders["step"].index = 1
    shown = ET.fromstring(figure.html)
    assert shown.get("role") == "alert"
    assert shown.find("b").text == "step = 1"
    assert "ValueError: no such step" in shown.find("pre").text
    figure.sliders["step"].index = 2
    assert shows(figure) == "The sine at step 2."


def test_an_error_is_not_remembered():
    draw = Drawing(failing=[1])
    figure = explore(draw, step=range(3), name="mended")
    figure.sliders["step"].index = 1
    figure.sliders["step"].index = 0
    draw.failing.clear()
    figure.sliders["step"].index = 1
    assert shows(figure) == "The sine at step 1."


def test_an_error_in_a_running_loop_is_shown_too():
    figure = explore(Drawing(failing=[2]), step=range(3), name="loop")

    async def drag():
        figure.sliders["step"].index = 1
        figure.sliders["step"].index = 2
        await settle(figure)

    asyncio.run(drag())
    assert "no such step" in figure.html


def test_a_drawing_that_returns_something_else_later_is_shown_as_an_error():
    draw = Drawing()
    figure = explore(lambda step: draw(step) if step == 0 else None, step=range(2), name="none")
    figure.sliders["step"].index = 1
    assert "draw must return picture(axes, alt=...), got NoneType" in ET.fromstring(figure.html).find("pre").text


def test_the_message_of_an_error_is_text_not_html():
    draw = Drawing(failing=[1], error=RuntimeError("<img src=x> & more"))
    figure = explore(draw, step=range(2), name="escaped", labels={"step": "<i>step</i>"})
    figure.sliders["step"].index = 1
    shown = ET.fromstring(figure.html)
    assert shown.find("b").text == "<i>step</i> = 1"
    assert "<img src=x> & more" in shown.find("pre").text
    assert "<img" not in figure.html


# The controls


def children(figure, kind):
    found, waiting = [], [figure.box]
    while waiting:
        widget = waiting.pop()
        found += [widget] if isinstance(widget, kind) else []
        waiting += getattr(widget, "children", ())
    return found


def test_numbers_slide_and_names_are_chosen():
    long_list = [f"a rather long name {i}" for i in range(9)]
    figure = explore(
        lambda **values: Drawing()(**{"step": 1}), step=[0.5, 1], on=[True, False], kind=long_list, name="kinds"
    )
    assert isinstance(figure.sliders["step"], widgets.SelectionSlider)
    assert isinstance(figure.sliders["on"], widgets.ToggleButtons)
    assert isinstance(figure.sliders["kind"], widgets.Dropdown)
    assert [text for text, _ in figure.sliders["on"].options] == ["yes", "no"]


def test_each_control_carries_its_label():
    figure = explore(Drawing(), step=range(3), kind=["sine", "cosine"], name="labels", labels={"step": "step t"})
    assert [slider.description for slider in figure.sliders.values()] == ["step t", "kind"]


def test_reset_brings_every_control_back_to_its_start():
    start = {"step": 2, "kind": "cosine"}
    figure = explore(Drawing(), step=range(5), kind=["sine", "cosine"], name="reset", start=start)
    before = figure.html
    figure.sliders["step"].index = 4
    figure.sliders["kind"].index = 0
    assert figure.html != before
    next(b for b in children(figure, widgets.Button) if b.description == "Reset").click()
    assert figure.html == before
    assert figure.positions == (2, 1)


def test_play_is_linked_to_its_slider_in_the_browser():
    figure = explore(Drawing(), step=range(5), play="step", name="play", start={"step": 2}, interval=50)
    (player,) = children(figure, widgets.Play)
    assert (player.min, player.max, player.value, player.interval) == (0, 4, 2, 50)
    links = [widget for widget in instances.values() if isinstance(widget, widget_link.Link)]
    assert [(link.source, link.target) for link in links] == [((player, "value"), (figure.sliders["step"], "index"))]


def test_without_play_there_is_no_player():
    assert not children(explore(Drawing(), step=range(5), name="still"), widgets.Play)


# The same picture as on the page


def test_live_and_published_frames_are_the_same(monkeypatch):
    controls = {"step": range(3), "kind": ["sine", "cosine"]}
    live = explore(Drawing(), **controls, name="same")
    monkeypatch.setenv("MLKIT_EXPLORE", "published")
    published = explore(Drawing(), **controls, name="same")
    positions = [(i, j) for i in range(3) for j in range(2)]
    for (i, j), frame in zip(positions, published.pictures, strict=True):
        live.sliders["step"].index = i
        live.sliders["kind"].index = j
        assert live.html == frame.html("same")
    first = live._repr_mimebundle_()
    assert first["image/png"] == published._repr_mimebundle_()["image/png"]


def test_handles_are_drawn_and_a_caption_says_what_moves_them():
    def draw(x):
        return picture(new_axes(xlim=(0, 4), ylim=(0, 4)), alt=f"A point at {x} of four.", handles={"tip": (x, 2)})

    figure = explore(draw, x=[1, 2], name="touched", handles={"tip": "x"}, labels={"x": "weight x"})
    first = figure.html
    assert '<div class="mlkit-handle" role="img" aria-label="moved by weight x"' in first
    figure.sliders["x"].index = 1
    assert figure.html != first
    assert any("can be dragged on the published page" in w.value for w in children(figure, widgets.HTML))


def test_a_notebook_gets_the_widget_a_png_and_words():
    bundle = explore(Drawing(), step=range(3), name="bundle")._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == "The sine at step 0."
    json.dumps(bundle)  # it travels as JSON


def test_the_figure_brings_its_style():
    figure = explore(Drawing(), step=range(3), name="style")
    assert any("--mlkit-blue:" in w.value for w in children(figure, widgets.HTML))

"""What cannot become a slider figure is refused at the door; what is shown is what was drawn, in order, to the byte."""

import ast
import base64
import gzip
import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipywidgets import Widget
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

import mlkit
from mlkit.explore import explore, forget_figures
from mlkit.explore.controls import all_positions, described, read_controls, values_at
from mlkit.explore.frames import FrameError
from mlkit.figures import new_axes, picture
from mlkit.page_assets import script, stylesheet
from mlkit.surroundings import mode

quick = settings(max_examples=150, deadline=None, derandomize=True)


@pytest.fixture(autouse=True)
def new_page(monkeypatch):
    """A build of the book, before its first figure."""
    monkeypatch.setenv("MLKIT_EXPLORE", "published")
    forget_figures()


def drawn(alt, **settings):
    axes = new_axes(**{"xlim": (0, 1), "ylim": (0, 1), "xticks": [], "yticks": [], **settings})
    axes.text(0.5, 0.5, alt)
    return picture(axes, alt=alt)


def draw(step):
    return drawn(f"The drawing of step {step}.")


def draw_any(**values):
    return drawn("The drawing of " + ", ".join(f"{k} = {v}" for k, v in values.items()) + ".")


# The door: one figure


@pytest.mark.parametrize(
    "name", [None, "", "Descent", "gradient descent", "1st", "-a", "a_b", "naïve", 'a"b', 3, "a\n"]
)
def test_a_name_that_cannot_stand_in_a_link_is_refused(name):
    with pytest.raises(ValueError, match=r"name must be lower-case .*, got " + re.escape(repr(name))):
        explore(draw, step=[1], name=name)


def test_a_name_must_be_given():
    with pytest.raises(TypeError, match="'name'"):
        explore(draw, step=[1])


def test_a_figure_without_controls_is_refused():
    with pytest.raises(ValueError, match=r"needs at least one control, such as .*; got none"):
        explore(lambda: drawn("The drawing of nothing."), name="still")


@pytest.mark.parametrize("values", [[], (), range(0), np.array([])])
def test_an_empty_control_is_refused(values):
    with pytest.raises(ValueError, match="control 'step' is empty"):
        explore(draw, step=values, name="empty")


@pytest.mark.parametrize("values", [3, 0.5, "sine", b"sine", None, {1, 2}, np.float64(3)])
def test_a_control_that_is_no_list_is_refused(values):
    with pytest.raises(ValueError, match=r"control 'step' must be a list of values, in order, got .*"):
        explore(draw, step=values, name="single")


@pytest.mark.parametrize("values", [[1, "a"], [1, True], [1, np.nan], [np.inf], [None], [1j], [[1], [2]]])
def test_a_control_that_mixes_kinds_or_is_not_finite_is_refused(values):
    with pytest.raises(ValueError, match=r"control 'step' must hold finite numbers only, or names only, got"):
        explore(draw, step=values, name="mixed")


@pytest.mark.parametrize(
    ("values", "said"), [([1, 2, 1], "1"), ([1, 1.0], "1"), (["a", "a"], "a"), ([0.5, 0.5 + 1e-12], "0.5")]
)
def test_a_value_given_twice_is_refused(values, said):
    with pytest.raises(ValueError, match=f"control 'step' holds {said} more than once"):
        explore(draw, step=values, name="twice")


def test_a_control_may_not_take_the_name_of_an_argument_of_explore():
    with pytest.raises(ValueError, match="a control cannot be called 'labels'"):
        read_controls({"labels": [1]}, {}, {})


def test_a_control_has_the_name_of_an_argument():
    with pytest.raises(ValueError, match=r"needs the name of one, got 'a\"b'"):
        explore(draw_any, **{'a"b': [1]}, name="odd")


@pytest.mark.parametrize("play", ["speed", "Step", 0, ""])
def test_an_unknown_control_cannot_play(play):
    with pytest.raises(ValueError, match=f"play must name a control, one of 'step', got {play!r}"):
        explore(draw, step=[1, 2], play=play, name="play")


@pytest.mark.parametrize("values", [[1], ["a", "b"], [False, True]])
def test_what_does_not_slide_cannot_play(values):
    with pytest.raises(ValueError, match="play='step' must name a slider of at least two numbers"):
        explore(draw, step=values, play="step", name="play")


@pytest.mark.parametrize("argument", ["labels", "start"])
def test_labels_and_starts_belong_to_controls(argument):
    with pytest.raises(ValueError, match=f"{argument} names 'rate', but the controls are 'step'"):
        explore(draw, step=[1, 2], name="other", **{argument: {"rate": 1}})


def test_a_label_is_text():
    with pytest.raises(ValueError, match="the label of 'step' must be text, got 3"):
        explore(draw, step=[1, 2], name="label", labels={"step": 3})


def test_a_start_is_one_of_the_values():
    with pytest.raises(ValueError, match=r"start for 'step' must be one of its values 1, 2, got 3"):
        explore(draw, step=[1, 2], name="start", start={"step": 3})


@pytest.mark.parametrize("interval", [0, 15, -100, 100.5, "fast", True])
def test_an_interval_is_a_number_of_milliseconds(interval):
    with pytest.raises(ValueError, match=f"interval must be a whole number at least 16, got {interval!r}"):
        explore(draw, step=[1, 2], play="step", name="interval", interval=interval)


@pytest.mark.parametrize("not_a_function", [None, "draw", 3])
def test_draw_is_a_function(not_a_function):
    with pytest.raises(ValueError, match=f"draw must be a function that returns a picture, got {not_a_function!r}"):
        explore(not_a_function, step=[1], name="none")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda step, rate: None, "draw needs 'rate', but the controls are 'step'"),
        (lambda *, rate, **rest: None, "draw needs 'rate', but the controls are 'step'"),
        (lambda: None, "draw takes no argument 'step'; it takes "),
        (lambda steps=1: None, "draw takes no argument 'step'; it takes 'steps'"),
        (lambda step, /: None, "draw takes 'step' by position only"),
    ],
)
def test_draw_takes_exactly_the_controls(function, message):
    with pytest.raises(ValueError, match=message):
        explore(function, step=[1], name="signature")


@pytest.mark.parametrize("function", [draw, draw_any, lambda step, seed=0: draw(step), lambda *, step: draw(step)])
def test_signatures_that_match_are_welcome(function):
    assert len(explore(function, step=[1, 2], name="signature").pictures) == 2


def test_too_many_combinations_are_counted_and_the_control_to_thin_is_named():
    with pytest.raises(
        ValueError, match=r"101 step × 40 rate make 4040 combinations, more than 4000: thin 'step' to 100"
    ):
        explore(draw_any, step=range(101), rate=range(40), name="many")


def test_thinned_as_advised_the_figure_fits():
    counted = []
    with pytest.raises(FrameError):  # the door is open: the first frame is drawn
        explore(lambda step, rate: counted.append(1) or 1 / 0, step=range(100), rate=range(40), name="many")
    assert counted == [1]


def test_where_no_thinning_helps_a_control_must_go():
    with pytest.raises(ValueError, match=r"4096 combinations, more than 4000: (thin|drop)"):
        explore(draw_any, **{f"c{i}": [0, 1] for i in range(12)}, name="many")


# The door: handles


def draw_point(x, y=0):
    axes = new_axes(xlim=(0, 4), ylim=(0, 4))
    return picture(axes, alt=f"A point at {x}, {y} of four.", handles={"tip": (x, y)})


@pytest.mark.parametrize(
    ("handles", "message"),
    [
        (["tip"], r"handles must map names to the controls that they move, got \['tip'\]"),
        ({"tip": ()}, r"handle 'tip' must name the controls that it moves, got \(\)"),
        ({"tip": 3}, "handle 'tip' must name the controls that it moves, got 3"),
        ({"tip": "z"}, "handle 'tip' moves 'z', but the controls are 'x', 'y'"),
        ({"tip": ("x", 3)}, "handle 'tip' moves 3, but the controls are 'x', 'y'"),
        ({"tip": ("x", "x")}, "handle 'tip' names a control twice: 'x', 'x'"),
        ({"": "x"}, "the name of a handle must be text, got ''"),
        ({3: "x"}, "the name of a handle must be text, got 3"),
    ],
)
def test_handles_name_the_controls_that_they_move(handles, message):
    with pytest.raises(ValueError, match=message):
        explore(draw_point, x=[1, 2], y=[1, 2], name="handles", handles=handles)


@pytest.mark.parametrize(
    ("handles", "message"),
    [
        (None, r"figure 'tips' at x = 1: picture has places for the handles 'tip', and explore says .* for none"),
        ({"end": "x"}, "picture has places for the handles 'tip', and explore says what they move for 'end'"),
    ],
)
def test_picture_and_explore_know_the_same_handles(handles, message):
    with pytest.raises(ValueError, match=message):
        explore(draw_point, x=[1, 2], name="tips", handles=handles)


def test_a_handle_stays_on_its_panel():
    def draw(x):
        panels = [new_axes(xlim=(0, 4), ylim=(0, 4)) for _ in range(2)]
        return picture(*panels, alt=f"Two panels at {x} of four.", handles={"tip": (panels[x % 2], 1, 1)})

    with pytest.raises(ValueError, match="figure 'hops' moves a handle from one panel to another"):
        explore(draw, x=[1, 2], name="hops", handles={"tip": "x"})


def test_a_handle_that_its_controls_do_not_move_is_refused():
    def draw(x, y):
        return picture(new_axes(xlim=(0, 4), ylim=(0, 4)), alt=f"A point at {x}, {y} of four.", handles={"tip": (x, 1)})

    with pytest.raises(ValueError, match="figure 'stuck' has handle 'tip' in one place, whatever 'y' is"):
        explore(draw, x=[1, 2], y=[1, 2], name="stuck", handles={"tip": "y"})


def test_a_figure_of_five_panels_is_refused():
    def draw(x):
        return picture(*(new_axes(xlim=(0, x), ylim=(0, 1)) for _ in range(5)), alt=f"Five panels up to {x}.")

    with pytest.raises(ValueError, match="figure 'five' has 5 panels, more than 4"):
        explore(draw, x=[1, 2], name="five")


def test_the_page_knows_where_each_handle_is_and_what_it_moves():
    figure = explore(
        draw_point, x=[1, 2, 3], y=[0, 4], name="places", handles={"tip": ("x", "y")}, labels={"x": "weight x"}
    )
    data = json.loads(re.search(r'application/json">(.*?)</script>', figure.html)[1])
    assert data["handles"] == {"tip": {"controls": [0, 1], "panel": 0, "words": "drag: weight x, y"}}
    places = np.cumsum(np.reshape(unpacked(figure.html)["places"]["tip"], (-1, 2)), axis=0) / 10
    expected = [draw_point(x, y).handles["tip"][1:] for x in (1, 2, 3) for y in (0, 4)]
    np.testing.assert_allclose(places, expected, atol=1e-9)
    assert "mlkit-handle" not in figure.html, "the script puts them there: without it nothing can be dragged"


# Frames that fail


def test_a_combination_that_fails_stops_the_figure_and_is_named():
    def broken(rate, step):
        if (rate, step) == (0.5, 2):
            raise OverflowError("the weights have left this world")
        return drawn(f"Rate {rate}, at step {step}.")

    message = r"figure 'descent' cannot be drawn at learning rate = 0.5, step = 2: OverflowError: the weights have left"
    with pytest.raises(FrameError, match=message) as caught:
        explore(broken, rate=[0.1, 0.5], step=range(4), labels={"rate": "learning rate"}, name="descent")
    assert isinstance(caught.value.__cause__, OverflowError)


@pytest.mark.parametrize("returned", [None, 3, new_axes(xlim=(0, 1), ylim=(0, 1))])
def test_a_draw_that_returns_no_picture_is_refused(returned):
    message = (
        rf"draw must return picture\(axes, alt=...\), got {type(returned).__name__} from figure 'none' at step = 1"
    )
    with pytest.raises(ValueError, match=message):
        explore(lambda step: returned, step=[1], name="none")


@pytest.mark.parametrize("alt", [None, "", "a plot"])
def test_a_frame_without_words_is_refused(alt):
    with pytest.raises(FrameError, match="'mute' cannot be drawn at step = 1: ValueError: alt must say in words"):
        explore(lambda step: picture(new_axes(xlim=(0, 1), ylim=(0, 1)), alt=alt), step=[1], name="mute")


def test_words_that_never_change_are_refused():
    def draw(step):
        frame = drawn("The drawing of some step.", title=f"step {step}")
        return frame

    with pytest.raises(ValueError, match="figure 'same' moves but its alt text does not"):
        explore(draw, step=[1, 2], name="same")


def test_a_panel_that_changes_its_size_is_refused():
    with pytest.raises(ValueError, match="figure 'jump' changes its size at step = 3"):
        explore(lambda step: drawn(f"The drawing of {step}.", width=3 + (step == 3)), step=[1, 2, 3], name="jump")


def test_a_panel_that_comes_and_goes_is_refused():
    def draw(step):
        panels = [new_axes(xlim=(0, 1), ylim=(0, 1)) for _ in range(step)]
        return picture(*panels, alt=f"The drawing of {step} panels.")

    with pytest.raises(ValueError, match="figure 'panels' changes its size at step = 2"):
        explore(draw, step=[1, 2], name="panels")


# Two figures of one notebook


class FakeShell:
    """As much of IPython as explore looks at."""

    def __init__(self, with_cell_ids=True):
        self.execution_count, self.cell, self.user_ns, self.with_cell_ids = 0, None, {}, with_cell_ids

    def run(self, cell):
        self.execution_count += 1
        self.cell = cell

    def get_parent(self):
        metadata = {"cellId": self.cell} if self.with_cell_ids else {}
        return {"metadata": metadata, "content": {"code": f"explore(draw)  # {self.cell}"}}


def in_front_of(shell, monkeypatch):
    """Let the code find itself in this notebook."""
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)


@pytest.fixture(params=[True, False], ids=["cell ids", "no cell ids"])
def shell(request, monkeypatch):
    shell = FakeShell(request.param)
    in_front_of(shell, monkeypatch)
    return shell


def test_a_name_used_in_another_cell_is_refused(shell):
    shell.run("a")
    explore(draw, step=[1], name="twin")
    shell.run("b")
    explore(draw, step=[1], name="other")
    with pytest.raises(ValueError, match="name 'twin' already belongs to another figure of this notebook"):
        explore(draw, step=[1], name="twin")


def test_a_name_used_twice_in_one_run_of_a_cell_is_refused(shell):
    shell.run("a")
    explore(draw, step=[1], name="twin")
    with pytest.raises(ValueError, match="already belongs"):
        explore(draw, step=[1], name="twin")


def test_a_cell_may_run_again(monkeypatch):
    shell = FakeShell()
    in_front_of(shell, monkeypatch)
    for _ in range(3):
        shell.run("a")
        explore(draw, step=[1], name="again")


def test_live_a_cell_may_run_again_where_cells_have_no_ids(monkeypatch):
    shell = FakeShell(with_cell_ids=False)
    in_front_of(shell, monkeypatch)
    monkeypatch.setenv("MLKIT_EXPLORE", "live")
    for _ in range(2):
        shell.run(None)
        explore(draw, step=[1], name="again")
    Widget.close_all()


def test_outside_a_notebook_names_are_free():
    for _ in range(2):
        explore(draw, step=[1], name="free")


# Which life


@pytest.fixture
def nobody(monkeypatch):
    """No override and no sign of a person."""
    for variable in ("MLKIT_EXPLORE", "JPY_SESSION_NAME"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("chosen", ["live", "published"])
def test_the_environment_overrides(monkeypatch, chosen):
    monkeypatch.setenv("MLKIT_EXPLORE", chosen)
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    assert mode() == chosen


@pytest.mark.parametrize("chosen", ["Live", "yes", " "])
def test_a_bad_override_is_refused(monkeypatch, chosen):
    monkeypatch.setenv("MLKIT_EXPLORE", chosen)
    with pytest.raises(ValueError, match=f"MLKIT_EXPLORE must be one of 'live', 'published', got {chosen!r}"):
        explore(draw, step=[1], name="mode")


@pytest.mark.usefixtures("nobody")
def test_a_build_is_published(monkeypatch):
    assert mode() == "published"
    in_front_of(FakeShell(), monkeypatch)
    assert mode() == "published"


@pytest.mark.usefixtures("nobody")
def test_a_session_of_jupyter_server_is_live_inside_a_kernel_only(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    assert mode() == "published"
    in_front_of(FakeShell(), monkeypatch)
    assert mode() == "live"


@pytest.mark.usefixtures("nobody")
def test_vs_code_colab_and_pyodide_are_live(monkeypatch):
    shell = FakeShell()
    in_front_of(shell, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setitem(shell.user_ns, "__vsc_ipynb_file__", "chapter.ipynb")
        assert mode() == "live"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "google.colab", SimpleNamespace())
        assert mode() == "live"
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "emscripten")
        assert mode() == "live"
    assert mode() == "published"


# Numbers as the reader sees them


def texts(values):
    return read_controls({"a": values}, {}, {})[0].texts


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([0], "0"),
        (range(3), "0 1 2"),
        ([np.int64(3), np.float32(4)], "3 4"),
        ([0.1, 0.25, 1], "0.10 0.25 1.00"),
        ([0.1 + 0.2, 0.5], "0.3 0.5"),
        (np.linspace(-1, 1, 5), "−1.0 −0.5 0.0 0.5 1.0"),
        (np.arange(-0.2, 0.25, 0.1), "−0.2 −0.1 0.0 0.1 0.2"),
        ([-0.0, 1], "0 1"),
        ([-1, -2.2e-16, 1], "−1 0 1"),
        ([-5, 5], "−5 5"),
        ([0.001, 0.01, 0.1, 1, 10], "0.001 0.01 0.1 1 10"),
        ([1, 32, 1000, 60000], "1 32 1000 60000"),
        ([1, 20000, 20001], "1 20000 20001"),
        ([1e-5, 1e-3], "1e−05 0.001"),
        ([1000001, 1000002], "1000001 1000002"),
        ([False, True], "no yes"),
        ([np.True_], "yes"),
        (["sine", "cosine"], "sine cosine"),
        ((n for n in (1, 2)), "1 2"),
    ],
)
def test_values_are_written_as_one_would(values, written):
    assert " ".join(texts(values)) == written


def is_no_noise(value):
    """Less than 1e-12 of the largest is the rounding error of a 0."""
    return value == 0 or abs(value) > 1e-3


some_numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, width=32).filter(is_no_noise)


@given(st.lists(some_numbers, min_size=1, max_size=8, unique=True))
@quick
def test_each_text_is_close_to_its_value_and_only_its_own(values):
    written = texts(values)
    assert len(set(written)) == len(values)
    for text, value in zip(written, values, strict=True):
        read = float(text.replace("\N{MINUS SIGN}", "-"))
        assert read == pytest.approx(value, rel=1e-3, abs=1e-6)
        assert "-" not in text


def test_draw_gets_plain_python_values():
    control = read_controls({"a": np.array([1, 2])}, {}, {})[0]
    assert [type(v) for v in control.values] == [int, int]


def test_a_control_is_called_by_its_name_with_spaces_or_by_its_label():
    controls = read_controls({"learning_rate": [1], "step": [2]}, {"step": "epoch t"}, {})
    assert described(controls, (0, 0)) == "learning rate = 1, epoch t = 2"


# Frames, in order, in one block


def unpacked(html):
    block = re.search(r'<script type="text/plain">([^<]*)</script>', html)[1]
    return json.loads(gzip.decompress(base64.b64decode(block)))


def test_the_last_control_moves_fastest():
    controls = read_controls({"a": [1, 2], "b": ["x", "z"]}, {}, {})
    seen = [values_at(controls, p) for p in all_positions(controls)]
    assert seen == [{"a": a, "b": b} for a in (1, 2) for b in ("x", "z")]


def test_what_is_packed_is_what_was_drawn():
    figure = explore(draw_any, rate=[0.1, 0.2], kind=["sine", "cosine"], on=[False, True], name="packed")
    block = unpacked(figure.html)
    combinations = [(r, k, o) for r in (0.1, 0.2) for k in ("sine", "cosine") for o in (False, True)]
    expected = [draw_any(rate=r, kind=k, on=o) for r, k, o in combinations]
    assert block["alts"] == [frame.alt for frame in expected]
    for numbers, frame in zip(frames_of(block), expected, strict=True):
        assert [block["lines"][n] for n in numbers] == frame.lines("packed")


def frames_of(block):
    """The numbers of each frame's lines, made from what differs from the frame before."""
    frame = []
    for length, *steps in block["changes"]:
        frame = (frame + [0] * length)[:length]
        place = 0
        for further, more in zip(steps[::2], steps[1::2], strict=True):
            place += further
            frame[place] += more
        yield list(frame)


def test_frames_may_grow_and_shrink():
    def draw(n):
        axes = new_axes(xlim=(0, 9), ylim=(0, 1))
        for i in range(n):
            axes.plot([i], [0.5], "o")
        return picture(axes, alt=f"A row of {n} points.")

    block = unpacked(explore(draw, n=[3, 0, 5, 1], name="row").html)
    for numbers, n in zip(frames_of(block), [3, 0, 5, 1], strict=True):
        assert [block["lines"][i] for i in numbers] == draw(n).lines("row")


def test_no_line_is_packed_twice():
    lines = unpacked(explore(draw, step=range(5), name="once").html)["lines"]
    assert len(lines) == len(set(lines))


def test_each_combination_is_drawn_once():
    calls = []
    explore(lambda step: calls.append(step) or draw(step), step=range(4), name="calls", start={"step": 2})
    assert calls == [0, 1, 2, 3]


def test_the_figure_begins_where_start_says():
    figure = explore(draw_any, a=[1, 2, 3], b=["x", "y"], name="begin", start={"a": 2, "b": "y"})
    bundle = figure._repr_mimebundle_()
    assert bundle["text/plain"] == "The drawing of a = 2, b = y."
    assert ">The drawing of a = 2, b = y.</text>" in bundle["text/html"]
    assert '<option value="1" selected>y</option>' in bundle["text/html"]
    assert re.search(r'type="range" min="0" max="2" value="1" aria-valuetext="2"', bundle["text/html"])
    data = json.loads(re.search(r'application/json">(.*?)</script>', figure.html)[1])
    assert [c["start"] for c in data["controls"]] == [1, 1]
    first = draw_any(a=2, b="y")
    assert base64.b64decode(bundle["image/png"]) == first.png()


def test_the_same_figure_is_the_same_bytes():
    figures = [explore(draw_any, a=[1, 2], b=["x", "y"], name="same") for _ in range(2)]
    assert figures[0]._repr_mimebundle_() == figures[1]._repr_mimebundle_()
    block = re.search(r'<script type="text/plain">([^<]*)</script>', figures[0].html)[1]
    assert base64.b64decode(block)[4:8] == bytes(4)  # gzip would write the time there


def test_two_hundred_frames_of_a_line_plot_weigh_less_than_150_kb():
    x = np.linspace(0, 10, 100)

    def draw(phase):
        axes = new_axes(xlim=(0, 10), ylim=(-2, 2), xlabel="time", ylabel="height", title=f"phase {phase}")
        axes.plot(x, np.sin(x + phase / 30), label="wave")
        axes.plot(x, np.cos(2 * x - phase / 20), label="echo")
        axes.legend(loc="upper right")
        return picture(axes, alt=f"Two waves at phase {phase}.")

    figure = explore(draw, phase=range(200), name="heavy")
    assert len(figure.html) < 100_000  # the goal is 150,000: room for a figure with more lines


# The page


def test_a_form_is_named_after_its_figure_and_no_attribute_is_invented():
    html = explore(draw, step=[1, 2], name="by-hand").html
    assert 'aria-label="Controls of the figure by hand"' in html
    assert html.startswith('<mlkit-explore id="explore-by-hand" data-name="by-hand">')


def panel_called(title):
    return new_axes(xlim=(0, 1), ylim=(0, 1), title=title)


def test_panels_are_named_by_a_title_or_an_axis_that_stays():
    def draw(step):
        panels = [new_axes(xlim=(0, 1), ylim=(0, 1), **names) for names in names_at(step)]
        return picture(*panels, alt=f"Four panels at step {step}.")

    def names_at(step):
        return [{"title": "plane"}, {"title": f"{step}", "ylabel": "loss"}, {"ylabel": "x₂", "xlabel": "time"}, {}]

    assert explore(draw, step=[1, 2], name="four").panel_names == ["plane", "loss", "time", "picture 4"]
    same = explore(
        lambda x: picture(*(panel_called("loss") for _ in "ab"), alt=f"Two of {x} losses."), x=[1, 2], name="b"
    )
    assert same.panel_names == ["picture 1", "picture 2"]
    assert "mlkit-switch" not in explore(draw_point, x=[1, 2], name="one", handles={"tip": "x"}).html


def test_a_play_takes_about_eight_seconds_unless_told():
    def interval(steps, **given):
        return explore(draw, step=range(steps), play="step", name="pace", **given).interval

    assert [interval(2), interval(40), interval(140)] == [700, 200, 60]
    assert interval(2, interval=16) == 16


def test_each_control_has_a_label_and_each_slider_says_its_value():
    html = explore(draw_any, rate=[1, 2], kind=["x", "y"], name="labels").html
    fields = re.findall(r'<(?:input|select) id="([^"]*)" name="([^"]*)"', html)
    assert [name for _, name in fields] == ["rate", "kind"]
    assert re.findall(r'<label for="([^"]*)">', html) == [i for i, _ in fields]
    assert re.findall(r'<output for="([^"]*)"', html) == [fields[0][0]]


def test_figures_whose_names_run_together_share_no_id():
    def ids(name, **controls):
        return re.findall(r' id="([^"]*)"', explore(draw_any, **controls, name=name).html)

    both = ids("descent", rate=[1, 2]) + ids("descent-rate", a=[1, 2])
    assert len(both) == len(set(both))


def test_a_play_button_stands_only_where_something_plays():
    assert "mlkit-play" in explore(draw, step=[1, 2], play="step", name="moving").html
    assert "mlkit-play" not in explore(draw, step=[1, 2], name="still").html


NASTY = "<b>\"a\" & 'b'</b></script>"


def test_words_of_the_author_stay_words_on_the_page():
    figure = explore(
        lambda kind: drawn(f"The drawing of {kind} as asked."),
        kind=[NASTY, "plain"],
        labels={"kind": NASTY},
        name="nasty",
    )
    assert "<b>" not in figure.html
    scripts = re.findall(r"<script[^>]*>([^<]*)</script>", figure.html)
    root = ET.fromstring(re.sub(r"<script.*</script>| selected", "", figure.html))
    assert root.find(".//label").text == NASTY
    assert [option.text for option in root.iter("option")] == [NASTY, "plain"]
    assert root.find("div").get("aria-label") == f"The drawing of {NASTY} as asked."
    assert root.find("p").text == f"{NASTY} = {NASTY}"
    assert len(scripts) == 2  # the data and the frames: nothing that runs
    data = json.loads(scripts[0])
    assert data["controls"][0]["texts"] == [NASTY, "plain"]
    assert unpacked(figure.html)["alts"][0] == f"The drawing of {NASTY} as asked."


def test_style_and_script_stand_once_on_a_page_and_come_again_with_their_figure():
    first, second = (explore(draw, step=[1, 2], name=name) for name in ("first", "second"))
    carried = ["customElements.define" in f._repr_mimebundle_()["text/html"] for f in (first, second, first)]
    assert carried == [True, False, True]
    again = explore(draw, step=[1, 2], name="first")
    assert "customElements.define" in again._repr_mimebundle_()["text/html"]


def test_style_and_script_do_not_end_their_own_element():
    assert "</style" not in stylesheet()
    assert "</script" not in script()
    assert "--mlkit-blue:#" in stylesheet()


def test_progress_of_long_figures_goes_to_the_file_the_build_names(monkeypatch, tmp_path):
    path = tmp_path / "progress.txt"
    monkeypatch.setenv("MLKIT_PROGRESS", str(path))
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr("mlkit.explore.frames.time.monotonic", lambda: next(clock))
    explore(draw, step=range(4), name="long")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "    figure long: 2 of 4 frames"
    monkeypatch.undo()


# What is loaded

PICTURES = {"style", "looks", "svg", "page_assets", "figures"}  # and the folders plots and explore
PACKAGE = Path(mlkit.__file__).parent
MATHEMATICS = sorted(path.stem for path in PACKAGE.glob("[a-z]*.py") if path.stem not in PICTURES)
HEAVY = {"matplotlib", "ipywidgets", "sklearn"}


def loaded_by(statements):
    """Which heavy packages are loaded after each statement, in a Python of its own."""
    code = f"""
import sys
for statement in {statements!r}:
    exec(statement)
    print(*sorted({HEAVY!r} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(zip(statements, map(str.split, done.stdout.split("\n")), strict=False))


def test_the_mathematics_loads_neither_pictures_nor_widgets_nor_scikit_learn():
    statements = ["import mlkit", *(f"import mlkit.{module}" for module in MATHEMATICS)]
    assert loaded_by(statements) == {statement: [] for statement in statements}


def test_drawing_and_publishing_load_no_widgets():
    statements = ["import mlkit.figures", "import mlkit.plots", "from mlkit.explore import explore"]
    loaded = loaded_by([*statements, "import mlkit.explore.published", "import mlkit.explore.live"])
    assert all(loaded[statement] == ["matplotlib"] for statement in statements)
    assert loaded["import mlkit.explore.published"] == ["matplotlib"]
    assert "ipywidgets" in loaded["import mlkit.explore.live"]


def imports_of(path):
    """The packages that a file imports anywhere, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_pictures_and_widgets_are_imported_only_where_they_belong():
    importers = {"matplotlib": set(), "ipywidgets": set()}
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for name in importers.keys() & set(imports_of(path)):
            importers[name].add(part)
    assert importers["ipywidgets"] == {"explore"}
    assert {"figures", "style"} <= importers["matplotlib"] <= {"figures", "looks", "style", "svg", "plots", "explore"}


# A cell that runs again, in kernels that tell no cell ids

FIGURE = """explore(draw, slope=[-1, 0, 1], name="line")"""
SETUP = """\
from mlkit.explore import explore
from mlkit.figures import new_axes, picture

def draw(slope):
    axes = new_axes(xlim=(-1, 1), ylim=(-2, 2))
    axes.plot([-1, 1], [-slope, slope])
    return picture(axes, alt=f"A line through the origin with slope {slope}.")
"""
OTHER = FIGURE.replace("-1, 0, 1", "2, 3")
BELONGS = "name 'line' already belongs to another figure of this notebook"


@pytest.mark.parametrize("mode", ["published", "live"])
def test_in_a_kernel_a_figures_cell_runs_again_and_a_second_figure_of_its_name_does_not(mode, monkeypatch, tmp_path):
    monkeypatch.setenv("MLKIT_EXPLORE", mode)
    cells = [new_code_cell(source) for source in (SETUP, FIGURE, OTHER)]
    client = NotebookClient(new_notebook(cells=cells), resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        for place in (0, 1, 1, 0, 1):
            client.execute_cell(cells[place], place)
        with pytest.raises(CellExecutionError, match=BELONGS):
            client.execute_cell(cells[2], 2)


@pytest.mark.parametrize("mode", ["published", "live"])
def test_a_cell_that_a_front_end_runs_without_history_runs_again_too(mode, monkeypatch, tmp_path):
    """Such a run has no number of its own: it is told apart by its message."""
    monkeypatch.setenv("MLKIT_EXPLORE", mode)
    cells = [new_code_cell(source) for source in (SETUP, FIGURE, OTHER, f"{FIGURE}\n{FIGURE}")]
    client = NotebookClient(new_notebook(cells=cells), resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        for place in (0, 1, 1):
            client.execute_cell(cells[place], place, store_history=False)
        for place in (2, 3):
            with pytest.raises(CellExecutionError, match=BELONGS):
                client.execute_cell(cells[place], place, store_history=False)


def test_in_plain_ipython_too(monkeypatch):
    script = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in ({SETUP!r}, {FIGURE!r}, {FIGURE!r}):
    shell.run_cell(cell, store_history=True).raise_error()
try:
    shell.run_cell({OTHER!r}, store_history=True).raise_error()
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert BELONGS in done.stdout


# What a slider starts with


@pytest.mark.parametrize("values", [np.arange(0, 1, 0.1), np.linspace(0, 1, 11), [0.1 * i for i in range(11)]])
@pytest.mark.parametrize("start", [0.3, np.float64(0.3), np.float32(0.3).astype(float).round(6)])
def test_a_start_is_the_value_that_is_written_so(values, start):
    figure = explore(draw, step=values, name="start", start={"step": start})
    assert figure.controls[0].texts[figure.controls[0].start] == "0.3"


def test_a_zero_that_numpy_misses_is_zero():
    figure = explore(draw, step=np.arange(-1, 1, 0.1), name="zero", start={"step": 0})
    assert figure.controls[0].texts[figure.controls[0].start] == "0.0"


@pytest.mark.parametrize("start", [0.31, 0.3000001, "0.3", True, None, math.nan])
def test_a_start_that_is_none_of_the_values_is_refused(start):
    with pytest.raises(ValueError, match="start for 'step' must be one of its values"):
        explore(draw, step=np.arange(0, 1, 0.1), name="start", start={"step": start})


@pytest.mark.parametrize("values", [np.logspace(-12, 0, 13), [0, 1e-12, 1e-11, 1], [1e-11 + 1e-21, 1e-11, 1]])
def test_a_start_is_the_nearest_value_not_the_first_that_is_near(values):
    figure = explore(draw, step=values, name="tiny", start={"step": 1e-11})
    assert figure.controls[0].values[figure.controls[0].start] == 1e-11


def test_of_two_values_that_are_written_differently_a_start_is_not_their_neighbor():
    with pytest.raises(ValueError, match="start for 'step' must be one of its values"):
        explore(draw, step=[1e-12, 1], name="tiny", start={"step": 1e-11})


@pytest.mark.parametrize("play", [["step"], {"step": 1}, np.array(["step"]), 3, True])
def test_what_plays_is_the_name_of_a_control(play):
    with pytest.raises(ValueError, match="^play must name a control, one of 'step'"):
        explore(draw, step=[1, 2], name="player", play=play)


@pytest.mark.parametrize("argument", ["labels", "start"])
@pytest.mark.parametrize("wrong", [3, "step", ["step"]])
def test_labels_and_starts_are_dictionaries(argument, wrong):
    with pytest.raises(ValueError, match=f"{argument} must be a dictionary with names of controls"):
        explore(draw, step=[1], name="wrong", **{argument: wrong})


def test_fractions_are_not_numbers_of_a_slider():
    with pytest.raises(ValueError, match="control 'step' must hold finite numbers only"):
        explore(draw, step=[Fraction(1, 3), Fraction(1, 2)], name="thirds")

"""A picture comes with words, stands on any page beside others, and frames never leave traces in one another."""

import base64
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from PIL import Image

from mlkit.figures import forget_axes, new_axes, picture, spare_axes
from mlkit.page_assets import new_page
from mlkit.style import STYLE, in_style

ALT = "A line that rises from 0 to 1."
X = np.linspace(0, 6, 60)


@pytest.fixture(autouse=True)
def empty_pool(monkeypatch):
    forget_axes()
    new_page()
    monkeypatch.setenv("MLKIT_EXPLORE", "published")


def panel(**changes):
    return new_axes(**{"xlim": (0, 6), "ylim": (-2, 2), "xlabel": "x", "ylabel": "y", **changes})


def line(axes):
    axes.plot(X, np.sin(X))


# Words


@pytest.mark.parametrize("alt", ["", "   ", "a plot", "Figure 1", None, 7])
def test_a_picture_without_words_is_an_error(alt):
    with pytest.raises(ValueError, match=f"alt must say in words what the picture shows, got {alt!r}"):
        picture(panel(), alt=alt)


def test_alt_text_must_be_given():
    with pytest.raises(TypeError, match="alt"):
        picture(panel())


def test_alt_text_is_one_line():
    assert picture(panel(), alt="One line\n   and another one. ").alt == "One line and another one."


@pytest.mark.parametrize("drawings", [(), ("a drawing",), (None,)])
def test_a_picture_of_nothing_is_an_error(drawings):
    with pytest.raises(ValueError, match="picture needs matplotlib Axes or Figures, got"):
        picture(*drawings, alt=ALT)


def test_the_words_reach_the_page_escaped():
    alt = 'Points with x < 3 & y > 2 lie in the "upper" half.'
    html = picture(panel(), alt=alt).html("half")
    root = ET.fromstring(html)
    assert root.get("aria-label") == alt
    assert root.get("role") == "img"
    assert root.get("class") == "mlkit-figure"
    assert [(panel.get("class"), panel[0].get("aria-hidden")) for panel in root] == [("mlkit-panel", "true")]


# Ids and panels


def ids(html):
    return re.findall(r' id="([^"]*)"', html)


def test_ids_start_with_the_name_and_references_follow():
    axes = panel()
    axes.plot(X, np.sin(X), marker="o")
    html = picture(axes, alt=ALT).html("wave")
    assert ids(html)
    assert all(i.startswith("wave-") for i in ids(html))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', html)) == set(ids(html))


def test_two_pictures_of_one_drawing_share_no_id():
    pages = []
    for name in ("one", "two", "one-0"):
        axes = panel()
        line(axes)
        pages += ids(picture(axes, alt=ALT).html(name))
    assert len(pages) == len(set(pages)) > 0


def test_two_panels_of_one_picture_share_no_id():
    one, other = panel(), panel()
    line(one)
    line(other)
    html = picture(one, other, alt=ALT).html("pair")
    assert len(ids(html)) == len(set(ids(html))) > 1


def test_each_panel_is_one_drawing_and_the_order_stays():
    one, other = panel(title="first"), panel(title="second")
    panels = picture(one, other, alt=ALT).panels("pair")
    assert len(panels) == 2
    assert ">first<" in panels[0]
    assert ">second<" in panels[1]


def test_a_figure_given_twice_is_drawn_once():
    axes = panel()
    assert len(picture(axes, axes.figure, alt=ALT).panels("one")) == 1


def test_a_figure_of_ones_own_is_welcome():
    figure = Figure(figsize=(2, 2))
    figure.subplots(1, 2)
    assert 'viewBox="0 0 144 144"' in picture(figure, alt=ALT).panels("own")[0]


# Handles


def test_a_handle_lies_where_its_point_is_drawn():
    axes = panel()
    x, y = (sum(limits) / 2 for limits in (axes.get_xlim(), axes.get_ylim()))
    axes.plot([x], [y], marker="o")
    shown = picture(axes, alt=ALT, handles={"tip": (x, y)})
    mark = re.search(r'<use href="[^"]*" x="([\d.]+)" y="([\d.]+)"', shown.panels("tip")[0])
    assert shown.handles["tip"] == (0, *map(float, mark.groups()))


def test_a_handle_waits_for_limits_and_shape():
    axes = Figure().subplots()
    axes.plot([0, 10], [0, 10], marker="o")
    axes.set_aspect("equal")
    shown = picture(axes, alt=ALT, handles={"end": (10, 10)})
    marks = re.findall(r'<use href="[^"]*" x="([\d.]+)" y="([\d.]+)"', shown.panels("end")[0])
    assert shown.handles["end"] == (0, *map(float, marks[-1]))


def test_a_handle_may_lie_on_another_panel():
    one, other = panel(), panel()
    assert picture(one, other, alt=ALT, handles={"tip": (other, 0.5, 0)}).handles["tip"][0] == 1


def test_handles_are_drawn_only_where_they_have_words():
    shown = picture(panel(), alt=ALT, handles={"tip": (0.5, 0)})
    assert "mlkit-handle" not in shown.html("still")
    root = ET.fromstring(shown.html("live", {"tip": 'drag: "w"'}))
    (handle,) = root.iterfind('.//div[@class="mlkit-handle"]')
    assert handle.get("aria-label") == 'drag: "w"'


@pytest.mark.parametrize(
    ("handles", "message"),
    [
        (["tip"], r"handles must map names to places, got \['tip'\]"),
        ({1: (0, 0)}, "handles must map names to places"),
        ({"tip": 1}, r"handle 'tip' must be \(x, y\) on the first axes or \(axes, x, y\), got 1"),
        ({"tip": (1, 2, 3)}, "handle 'tip' must be"),
        ({"tip": (1, 2, 3, 4)}, "handle 'tip' must be"),
        ({"tip": (np.nan, 0)}, "handle 'tip' must"),
        ({"tip": ("a", 0)}, "handle 'tip' must"),
        ({"tip": (1e6, 0)}, r"handle 'tip' must lie on its panel, got \(1e\+06, 0\) beside it"),
    ],
)
def test_a_handle_that_lies_nowhere_is_refused(handles, message):
    with pytest.raises(ValueError, match=message):
        picture(panel(), alt=ALT, handles=handles)


def test_a_handle_on_axes_that_are_not_shown_is_refused():
    with pytest.raises(ValueError, match="handle 'tip' must be"):
        picture(panel(), alt=ALT, handles={"tip": (panel(), 0.5, 0)})


# PNG and what a notebook shows


def image_of(png):
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_the_png_shows_the_drawing_on_white():
    axes = panel(width=4, height=3)
    axes.plot(X, np.sin(X), color="red", linewidth=5)
    image = image_of(picture(axes, alt=ALT).png(dpi=100))
    assert image.size == (400, 300)
    assert image.getpixel((399, 0)) == (255, 255, 255)
    assert (255, 0, 0) in {color for _, color in image.getcolors(10**5)}


def test_panels_stand_side_by_side_in_the_png():
    image = image_of(picture(panel(width=4, height=3), panel(width=2, height=2), alt=ALT).png(dpi=50))
    assert image.size == (300, 150)


def test_a_png_leaves_the_svg_as_it_was():
    one, other = panel(), panel()
    line(one)
    line(other)
    with_png = picture(one, alt=ALT)
    with_png.png()
    assert with_png.panels("n") == picture(other, alt=ALT).panels("n")


def test_a_notebook_gets_html_png_and_words():
    bundle = picture(panel(), alt=ALT)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/png"}
    assert bundle["text/plain"] == ALT
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_two_still_pictures_with_the_same_words_share_no_id():
    one, other = panel(), panel()
    line(one)
    other.plot(X, np.cos(X))
    shown = [picture(axes, alt=ALT)._repr_mimebundle_()["text/html"] for axes in (one, other)]
    assert not set(ids(shown[0])) & set(ids(shown[1]))


def test_the_first_still_picture_of_a_page_brings_the_style():
    first, second = panel(title="a"), panel(title="b")
    shown = [picture(axes, alt=ALT)._repr_mimebundle_()["text/html"] for axes in (first, second)]
    assert [html.count("<style>") for html in shown] == [1, 0]


def test_in_front_of_a_person_each_picture_brings_the_style_and_no_script(monkeypatch):
    monkeypatch.setenv("MLKIT_EXPLORE", "live")
    shown = [picture(panel(title=t), alt=ALT)._repr_mimebundle_()["text/html"] for t in ("a", "b")]
    assert [html.count("<style>") for html in shown] == [1, 1]
    assert not any("<script>" in html for html in shown)


# Axes that are used again


def frame(drawing, **settings):
    """Draw one frame and give its axes back."""
    axes = panel(**settings)
    drawing(axes)
    finished = picture(axes, alt=ALT)
    finished.recycle()
    return finished.panels("n")


@cache
def new_frame(drawing, **settings):
    """The same, on axes that were never used."""
    forget_axes()
    return frame(drawing, **settings)


def empty(axes):
    """Draw nothing."""


def scatter(axes):
    axes.scatter(X, np.cos(X), c=X, s=20, marker="s")


def legend(axes):
    axes.plot(X, np.sin(X), label="sine", marker="o")
    axes.plot(X, np.cos(X), label="cosine")
    axes.legend(loc="lower left", title="waves")


def image(axes):
    axes.imshow(np.arange(6.0).reshape(2, 3), extent=(0, 6, -2, 2), aspect="auto", alpha=0.4)


def words(axes):
    axes.text(1, 1, "here", color="red")
    axes.annotate("there", (2, 0), (3, 1), arrowprops={"arrowstyle": "->"})


def areas(axes):
    axes.contourf(np.linspace(0, 6, 5), np.linspace(-2, 2, 4), np.arange(20.0).reshape(4, 5))
    axes.fill_between(X, 0, np.sin(X), hatch="//")
    axes.axhline(0)
    axes.axvspan(1, 2)


def bars(axes):
    axes.bar([1, 2, 3], [1, 0.5, 1], label="counts", width=0.5)
    axes.errorbar([1, 2], [1, 1], yerr=0.2, label="means")
    axes.set(xlim=(0, 6), ylim=(-2, 2))
    axes.legend()


DRAWINGS = [line, scatter, legend, image, words, areas, bars]
SETTINGS = [
    {},
    {"title": "step 3"},
    {"xticks": [0, 3, 6], "yticks": {-1: "low", 1: "high"}, "grid": False},
    {"yticks": []},
    {"xticks": []},  # then the x axis has nothing to draw, and once the y axis was drawn in its place and again
    {"xticks": [], "yticks": []},
    {"xlim": (0.1, 6), "xscale": "log", "yscale": "symlog"},
    {"ylim": (2, -2)},
]


@pytest.mark.parametrize("before", DRAWINGS)
def test_used_axes_give_the_same_picture_as_new_ones(before):
    for drawing in DRAWINGS:
        frame(before)
        assert spare_axes() == 1
        assert frame(drawing) == new_frame(drawing), f"{drawing.__name__} after {before.__name__}"


@pytest.mark.parametrize("settings", SETTINGS)
def test_axes_of_every_kind_are_used_again_and_stay_as_they_were(settings):
    new = frame(legend, **settings)
    assert spare_axes() == 1
    for _ in range(2):
        assert frame(legend, **settings) == new
        assert spare_axes() == 1


def test_axes_serve_only_calls_with_the_same_arguments():
    frame(line, xlabel="time")
    assert ">x<" in frame(line)[0]
    assert ">time<" not in frame(line)[0]


def test_axes_in_use_are_not_given_to_another_panel():
    frame(line)
    assert panel() is not panel()


def test_a_title_belongs_to_its_frame():
    assert ">first<" in frame(line, title="first")[0]
    second = frame(line, title="second")[0]
    assert ">second<" in second
    assert ">first<" not in second


def test_a_legend_names_only_what_its_frame_drew():
    frame(bars)
    assert re.findall(r">(counts|means|sine|cosine)<", frame(legend)[0]) == ["sine", "cosine"]


CHANGES = {
    "limits": lambda axes: axes.set_xlim(0, 1),
    "turned round": lambda axes: axes.invert_yaxis(),
    "scale": lambda axes: axes.set_yscale("symlog"),
    "ticks": lambda axes: axes.set_xticks([1, 2]),
    "tick labels": lambda axes: axes.set_xticks([1, 2], ["a", "b"]),
    "tick label's angle": lambda axes: [label.set_rotation(45) for label in axes.get_xticklabels()],
    "tick size": lambda axes: axes.tick_params(labelsize=20),
    "minor ticks": lambda axes: axes.minorticks_on(),
    "ticks above": lambda axes: axes.xaxis.tick_top(),
    "label": lambda axes: axes.set_xlabel("other"),
    "label's color": lambda axes: axes.xaxis.label.set_color("red"),
    "label's size": lambda axes: axes.set_xlabel("x", fontsize=20),
    "label's place": lambda axes: axes.xaxis.set_label_coords(0.1, 0.1),
    "title": lambda axes: axes.set_title("left behind"),
    "title on the right": lambda axes: axes.set_title("left behind", loc="right"),
    "spine hidden": lambda axes: axes.spines["left"].set_visible(False),
    "spine's color": lambda axes: axes.spines["left"].set_color("red"),
    "spine moved": lambda axes: axes.spines["left"].set_position(("data", 3)),
    "axis off": lambda axes: axes.set_axis_off(),
    "axis hidden": lambda axes: axes.xaxis.set_visible(False),
    "grid": lambda axes: axes.grid(visible=False),
    "grid's color": lambda axes: axes.grid(color="red"),
    "grid in front": lambda axes: axes.set_axisbelow(False),
    "background": lambda axes: axes.set_facecolor("red"),
    "background of all": lambda axes: axes.figure.patch.set_facecolor("red"),
    "aspect": lambda axes: axes.set_aspect("equal"),
    "place": lambda axes: axes.set_position([0.2, 0.2, 0.5, 0.5]),
    "size": lambda axes: axes.figure.set_size_inches(3, 3),
    "more axes": lambda axes: axes.figure.add_axes([0.5, 0.5, 0.2, 0.2]),
    "inset": lambda axes: axes.inset_axes([0.5, 0.5, 0.2, 0.2]),
    "twin": lambda axes: axes.twinx(),
    "title of all": lambda axes: axes.figure.suptitle("left behind"),
    "line on the figure": lambda axes: axes.figure.add_artist(Line2D([0, 1], [0, 1])),
    "table": lambda axes: axes.table([["left behind"]]),
    "spine's outline": lambda axes: axes.spines["left"].set_path_effects([withStroke(linewidth=5, foreground="red")]),
    "label's outline": lambda axes: axes.xaxis.label.set_path_effects([withStroke(linewidth=5, foreground="red")]),
    "spine's dashes": lambda axes: axes.spines["left"].set_linestyle((0, [1, 2, 3, 4])),
    "spine's bounds": lambda axes: axes.spines["left"].set_bounds(0.1, 0.2),
    "spine as a sketch": lambda axes: axes.spines["left"].set_sketch_params(2, 10, 3),
    "color as an array": lambda axes: axes.spines["left"].set_color(np.array([1, 0, 0, 1.0])),
    "background's hatch": lambda axes: axes.patch.set_hatch("//"),
    "clipping": lambda axes: axes.spines["left"].set_clip_box(axes.bbox),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("settings", [{}, {"title": "step 3"}], ids=["plain", "titled"])
def test_what_a_drawing_does_to_its_axes_stays_in_its_frame(change, settings):
    changed = frame(CHANGES[change], **settings)
    kept = spare_axes() == 1
    assert frame(line, **settings) == new_frame(line, **settings)
    if changed != new_frame(empty, **settings) and change != "title":
        assert not kept, "axes that look different were kept"


def test_a_recycled_picture_keeps_its_drawing():
    axes = panel()
    line(axes)
    finished = picture(axes, alt=ALT)
    before = finished.html("n")
    finished.recycle()
    frame(scatter)
    assert finished.html("n") == before


def test_axes_on_which_was_only_drawn_are_used_again():
    first = new_axes(xlim=(0, 1), ylim=(0, 1))
    line(first)
    picture(first, alt=ALT).recycle()
    assert new_axes(xlim=(0, 1), ylim=(0, 1)) is first


SETTINGS_STAY = """
import matplotlib
from matplotlib import pyplot as plt
before = matplotlib.rcParams.copy()
import mlkit.explore, mlkit.figures, mlkit.plots, mlkit.style
from mlkit.figures import new_axes, picture
axes = new_axes(xlim=(0, 1), ylim=(0, 1), title="ours")
axes.plot([0, 1], [0, 1], label="a line")
axes.legend()
ours = picture(axes, alt="A line from corner to corner.")
ours.html("ours"), ours.png()
changed = [name for name in before if name != "backend" and before[name] != matplotlib.rcParams[name]]
assert changed == [], changed
figure, axes = plt.subplots()
assert axes.set_title("$x^2$").get_parse_math()
assert axes.spines["top"].get_visible()
assert matplotlib.colors.to_hex(axes.plot([0, 1])[0].get_color()) == "#1f77b4"
"""


def test_a_learners_own_plots_look_as_matplotlib_makes_them():
    settings = os.environ | {"MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", SETTINGS_STAY], capture_output=True, text=True, check=False, env=settings
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("draw", [line, scatter, legend])
def test_what_is_drawn_outside_the_style_looks_as_inside_it(draw):
    """The axes take it with them, whatever the learner has set."""
    with in_style():
        inside = new_frame(draw)
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "text.color": "red", "legend.frameon": True}):
        forget_axes()
        assert new_frame(draw) == inside


def test_after_an_error_the_settings_are_the_learners_again():
    before = dict(matplotlib.rcParams, backend="")
    with pytest.raises(ZeroDivisionError), in_style(), in_style():
        raise ZeroDivisionError
    assert dict(matplotlib.rcParams, backend="") == before
    with in_style():
        assert matplotlib.rcParams["text.parse_math"] is False


def test_the_readers_matplotlib_settings_do_not_reach_the_pictures():
    expected = frame(legend)
    forget_axes()
    with matplotlib.rc_context({"font.size": 30, "svg.hashsalt": None, "svg.fonttype": "path"}):
        matplotlib.rcParams.update({k: v for k, v in STYLE.items() if k.startswith("legend")})
        axes = panel()
    line(axes)
    assert len(frame(line)) == len(expected) == 1
    assert picture(axes, alt=ALT).panels("n") == frame(line)


# The door


@pytest.mark.parametrize("name", ["xlim", "ylim"])
@pytest.mark.parametrize("pair", [(1,), (1, 2, 3), 3, (0, np.inf), (np.nan, 1), (1, 1), "ab", (None, 1)])
def test_limits_that_are_no_two_numbers_are_refused(name, pair):
    with pytest.raises(ValueError, match=f"{name} must"):
        panel(**{name: pair})


def test_limits_of_a_logarithmic_axis_are_above_0():
    with pytest.raises(ValueError, match="xlim must be above 0 on a logarithmic scale, got -1"):
        panel(xlim=(-1, 10), xscale="log")


@pytest.mark.parametrize("name", ["width", "height"])
@pytest.mark.parametrize("size", [0, -1, np.inf, "4"])
def test_sizes_that_are_none_are_refused(name, size):
    with pytest.raises(ValueError, match=f"{name} must be a number above 0, got {size!r}"):
        panel(**{name: size})


@pytest.mark.parametrize(("width", "height"), [(0.5, 3), (3, 0.5)])
def test_a_panel_without_room_for_its_labels_is_refused(width, height):
    with pytest.raises(ValueError, match=f"must leave room for the labels.*got {width:g} and {height:g}"):
        panel(width=width, height=height)


@pytest.mark.parametrize("name", ["xscale", "yscale"])
def test_an_unknown_scale_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be one of 'linear', 'log', 'symlog', got 'cubic'"):
        panel(**{name: "cubic"})


def test_limits_are_what_was_asked_for_also_after_drawing():
    axes = panel(xlim=(6, 0))
    axes.plot([-100, 100], [-100, 100])
    assert axes.get_xlim() == (6, 0)
    assert axes.get_ylim() == (-2, 2)

"""What the eye sees survives; what it does not see goes; what is read is never touched."""

import io
import re
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_svg import FigureCanvasSVG

from mlkit.figures import new_axes
from mlkit.style import BLUE, PALETTE, STYLE
from mlkit.svg import FIGURE_NAME, clean

quick = settings(max_examples=25, deadline=None, derandomize=True)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def raw(axes):
    """The SVG as matplotlib writes it."""
    file = io.StringIO()
    with matplotlib.rc_context(STYLE):
        FigureCanvasSVG(axes.figure).print_svg(file, metadata={"Date": None})
    return file.getvalue()


def everything():
    """Lines, markers, areas, an image, an arrow, a legend: each kind of mark that the book uses."""
    axes = new_axes(xlim=(0, 6), ylim=(-2, 2), xlabel="input", ylabel="output 0.123456", title="after 0.5: 1")
    x = np.linspace(0, 6, 40)
    axes.plot(x, np.sin(x), marker="o", label="sine")
    axes.scatter(x, np.cos(x), s=17.3)
    axes.fill_between(x, 0, np.sin(x), alpha=0.123, hatch="//")
    axes.imshow(np.arange(12.0).reshape(3, 4), extent=(0, 6, -2, 2), aspect="auto", alpha=0.567)
    axes.annotate("", (1, 1), (2, 2), arrowprops={"arrowstyle": "->"})
    axes.text(1.234, 1, "3.14159 at 45°", rotation=33.3)
    axes.legend()
    return axes


@pytest.fixture(scope="module")
def before():
    return raw(everything())


@pytest.fixture(scope="module")
def after(before):
    return clean(before)


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter() if element.tag.removeprefix(NAMESPACE) == "text"]


def points(path):
    """Where a path goes, in absolute coordinates, whether it is written as points or as steps."""
    here, visited = np.zeros(2), []
    for command, attribute in re.findall(r"([MLlQC])([^MLlQCz]*)", path):
        for point in np.reshape(numbers(attribute), (-1, 2)):
            here = here + point if command == "l" else point
            visited.append(here)
    return np.array(visited)


def numbers(attribute):
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", attribute)]


def test_tags_are_balanced_and_stand_one_to_a_line(after):
    root = ET.fromstring(after)
    assert root.tag == "svg"
    assert root.get("aria-hidden") == "true"
    assert len(list(root.iter())) == len(re.findall(r"^<[^/]", after, re.MULTILINE))


def test_no_text_is_altered(before, after):
    assert texts(after) == texts(before)
    assert {"output 0.123456", "after 0.5: 1", "3.14159 at 45°"} <= set(texts(after))


TRICKY = [
    "0.123456",
    "color #1f2329; font-family: serif; width: 1.23456",
    ' id="p1" xlink:href="#p2" d="M 1.2345 2.3456"',
    "url(#p1) rotate(-0 1 2)",
    "a < b > c & d",
    'style="fill: none"/>',
    "two  blanks",
]


@pytest.mark.parametrize("text", TRICKY)
def test_a_text_that_looks_like_svg_is_a_text(text):
    axes = new_axes(xlim=(0, 1), ylim=(0, 1))
    axes.text(0.5, 0.5, text)
    assert text in texts(clean(raw(axes)))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="$"), min_size=1))
@quick
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")  # the page's fonts have more
@pytest.mark.filterwarnings("ignore:Matplotlib currently does not support")
def test_any_text_arrives(text):
    axes = new_axes(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[], title=text)
    svg = raw(axes)
    assert texts(clean(svg)) == texts(svg) == [text]


def test_coordinates_move_by_less_than_the_eye_sees(before, after):
    long = re.findall(r' d="([^"]*)"', before)
    short = re.findall(r' d="([^"]*)"', after)
    long = [d for d in long if len(numbers(d)) > 50]
    short = [d for d in short if len(numbers(d)) > 50]
    assert len(long) == len(short) >= 2
    for one, other in zip(long, short, strict=True):
        np.testing.assert_allclose(points(one), points(other), rtol=0, atol=0.05 + 1e-9)
        assert re.findall("[MLQCz]", one) == re.findall("[MLQCz]", other.replace("l", "L"))


def test_errors_do_not_add_up_along_a_line():
    x = np.linspace(0, 1, 2000)
    axes = new_axes(xlim=(0, 1), ylim=(-1, 1), xticks=[], yticks=[])
    axes.plot(x, np.sin(40 * x) * x, color="#123456")
    axes.plot([0.2, 0.8, np.nan, 0.3, 0.9], [0, 0, 0, 1, 1], color="#123456")
    svg = raw(axes)
    lines = r'd="([^"]*)"[^>]*stroke(?:: |=")#123456'
    for one, other in zip(re.findall(lines, svg), re.findall(lines, clean(svg)), strict=True):
        np.testing.assert_allclose(points(one), points(other), rtol=0, atol=0.05 + 1e-9)


def test_a_closed_path_continues_from_where_it_began():
    area = '<path d="M 1 1 L 5 1 L 5 5 z M 2 2 L 3 2 L 3 3 z L 9 9"/>'
    svg = f'<svg viewBox="0 0 9 9"><defs></defs>\n{area}\n</svg>'
    assert 'd="M1 1l4 0l0 4zM2 2l1 0l0 1zl7 7"' in clean(svg)


def test_no_coordinate_has_more_than_one_decimal(after):
    for line in after.split("\n"):
        if not line.startswith("<image"):
            for attribute in re.findall(r' (?:d|x|y|width|height|transform)="([^"]*)"', line.partition(">")[0]):
                assert not re.search(r"\.\d\d", attribute), line


def test_opacity_keeps_its_digits(after):
    assert 'opacity="0.123"' in after


def test_an_image_keeps_its_place_its_scale_and_its_pixels(before, after):
    def image(svg):
        element = next(e for e in ET.fromstring(svg).iter() if e.tag.removeprefix(NAMESPACE) == "image")
        pixels = "".join(element.get("href", element.get("{http://www.w3.org/1999/xlink}href")).split())
        return {k: element.get(k) for k in ("x", "y", "width", "height", "transform", "style")}, pixels

    assert image(after) == image(before)
    assert image(after)[1].startswith("data:image/png;base64,iVBOR")


def test_metadata_dates_fonts_and_namespaces_are_gone(after):
    for word in ("metadata", "rdf", "<?xml", "<!DOCTYPE", "font-family", "xlink", "xmlns", "matplotlib", "dc:"):
        assert word not in after


def test_every_reference_finds_its_id_and_no_id_is_idle(after):
    ids = re.findall(r' id="([^"]*)"', after)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', after))
    assert len(ids) == len(set(ids))
    assert set(ids) == used
    assert all(name.startswith(FIGURE_NAME) for name in ids)
    assert len(ids) >= 3  # a clip path, a marker, a hatch


def test_colors_of_the_palette_become_variables_and_others_stay():
    axes = new_axes(xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, 1], color="#123456")
    axes.plot([0, 1], [1, 0], color=BLUE)
    svg = clean(raw(axes))
    assert f"var(--mlkit-blue,{BLUE})" in svg
    assert 'stroke="#123456"' in svg
    bare = re.sub(r"var\(--mlkit-\w+,#\w{6}\)", "", svg)
    assert not any(light in bare for light, _ in PALETTE.values())


def test_no_mark_of_the_style_is_black(after):
    assert "#000000" not in after  # it would be lost on a dark page


def test_two_renderings_are_the_same_to_the_byte():
    assert clean(raw(everything())) == clean(raw(everything()))


def test_at_least_a_third_of_the_bytes_go():
    axes = new_axes(xlim=(0, 6), ylim=(-2, 2), xlabel="input", ylabel="output")
    axes.plot(np.linspace(0, 6, 100), np.sin(np.linspace(0, 6, 100)))
    svg = raw(axes)
    assert len(clean(svg)) < 0.67 * len(svg)

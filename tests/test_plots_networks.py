"""A drawn network says of each unit and edge what it was given; a checked matrix marks the entries it was told to."""

import numpy as np
import pytest

from mlkit import plots
from mlkit.figures import picture
from mlkit.style import MUTED, ORANGE


def texts(axes):
    return {text.get_text() for text in axes.texts if text.get_text()}


def test_each_text_stands_where_it_belongs():
    axes = plots.network(
        [2, 3], inside={(0, 1): "x₂"}, below={(1, 2): "b"}, edges={(0, 0, 0): "w"}, notes=["one", "two"]
    )
    assert texts(axes) == {"x₂", "b", "w", "one\ntwo"}
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert places["x₂"] == (0, -0.5)
    assert 0 < places["w"][0] < 1
    assert 0.5 < places["w"][1] < 1


def test_every_unit_is_joined_to_every_unit_of_the_next_column():
    axes = plots.network([2, 3, 1])
    edges = [line for line in axes.lines if line.get_marker() == "None"]
    assert len(edges) == 2 * 3 + 3 * 1


def test_only_what_is_lit_is_thick_and_orange():
    axes = plots.network([2, 2], inside={(0, 0): "1", (0, 1): "1"}, lit=[(1, 0), (0, 1, 0)])
    lit = [line for line in axes.lines if line.get_color() == ORANGE]
    assert sorted(len(line.get_xdata()) for line in lit) == [1, 2]  # a unit and an edge
    edge = next(line for line in lit if len(line.get_xdata()) == 2)
    assert edge.get_xydata().tolist() == [[0, -0.5], [1, 0.5]]
    others = [line for line in axes.lines if line not in lit]
    assert min(line.get_linewidth() for line in [edge]) > max(line.get_linewidth() for line in others)


def test_a_unit_of_which_nothing_is_known_is_pale():
    known, unknown = plots.network([1, 1], inside={(0, 0): "1"}).lines[-2:]
    assert unknown.get_color() == MUTED != known.get_color()


@pytest.mark.parametrize(
    "wrong",
    [
        {"inside": {(0, 2): "?"}},
        {"below": {(2, 0): "?"}},
        {"edges": {(1, 0, 0): "?"}},
        {"edges": {(0, 0, 1): "?"}},
        {"lit": [(0, 5)]},
    ],
)
def test_what_is_not_there_cannot_be_named(wrong):
    with pytest.raises(ValueError, match="names no unit"):
        plots.network([2, 1], **wrong)


def test_wrong_entries_have_a_frame_and_a_text_and_right_ones_a_dot():
    axes = plots.checked_entries([{"W": [["", "2"], ["", ""]], "b": [["0.5", ""]]}, {"V": [["1"]]}])
    assert [text.get_text() for text in axes.texts] == ["W", "2", "b", "0.5", "V", "1"]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) == 4
    assert len(axes.patches) == 3


def test_cells_are_square_and_rows_run_downward():
    axes = plots.checked_entries([{"W": [["", "2"], ["3", ""]]}], width=3.0)
    box = axes.get_window_extent()
    across, down = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
    assert np.isclose(box.width / across, box.height / down, rtol=1e-6)
    place = {text.get_text(): text.get_position() for text in axes.texts}
    pixels = {name: axes.transData.transform(place[name]) for name in ("2", "3")}
    assert pixels["2"][1] > pixels["3"][1]
    assert pixels["2"][0] > pixels["3"][0]


def test_both_become_pictures():
    drawings = plots.network([2, 1], notes=["a note"]), plots.checked_entries([{"W": [["1"]]}])
    for drawing in drawings:
        assert picture(drawing, alt="A drawing for a test.").panels("x")[0].startswith("<svg")

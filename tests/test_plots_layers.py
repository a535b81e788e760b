"""Hills hold every number, the chosen curve is the bold one, equal units make level lines."""

import numpy as np
import pytest

from mlkit import plots
from mlkit.figures import new_axes, picture

EDGES = np.linspace(-1, 1, 5)


def heights(axes, layer):
    """The height of each bin of one hill above its floor."""
    corners = axes.collections[0].get_paths()[layer].vertices
    return corners[1 : 2 * len(EDGES) - 1 : 2, 1] - corners[0, 1]


def test_the_first_layer_is_on_top_and_all_hills_are_equally_high():
    axes = new_axes(xlim=(-2, 2), ylim=(0, 2), yticks=[])
    plots.hills(axes, [np.zeros(7), np.linspace(-0.9, 0.9, 40)], EDGES, names=["1", "2"])
    floors = [path.vertices[0, 1] for path in axes.collections[0].get_paths()]
    assert floors[0] > floors[1]
    assert np.isclose(heights(axes, 0).max(), heights(axes, 1).max())


def test_a_hill_has_the_shape_of_its_histogram():
    axes = new_axes(xlim=(-2, 2), ylim=(0, 1), yticks=[])
    plots.hills(axes, [[-0.9, 0.1, 0.2, 0.9]], EDGES, names=["1"])
    assert np.allclose(heights(axes, 0) / heights(axes, 0).max(), [0.5, 0, 1, 0.5])


def test_values_beyond_the_edges_stay_in_sight():
    axes = new_axes(xlim=(-2, 2), ylim=(0, 1), yticks=[])
    plots.hills(axes, [[-50.0, 50.0, 60.0]], EDGES, names=["1"])
    assert np.allclose(heights(axes, 0) / heights(axes, 0).max(), [0.5, 0, 0, 1])


def test_an_empty_layer_is_flat():
    axes = new_axes(xlim=(-2, 2), ylim=(0, 1), yticks=[])
    plots.hills(axes, [np.array([])], EDGES, names=["1"])
    assert (heights(axes, 0) == 0).all()


def test_each_hill_needs_its_name():
    with pytest.raises(ValueError, match="must be a list of 2 texts, got 1"):
        plots.hills(new_axes(xlim=(-2, 2), ylim=(0, 1)), [[0.0], [0.0]], EDGES, names=["1"])


def schemes():
    return {name: np.arange(3.0) + i for i, name in enumerate(["a", "b", "c", "d", "e"])}


@pytest.mark.parametrize("chosen", ["a", "c", "e"])
def test_the_chosen_curve_is_bold_and_marked_and_no_other(chosen):
    axes = new_axes(xlim=(0, 2), ylim=(0, 10))
    plots.picked_out(axes, np.arange(3), schemes(), chosen)
    curves = [line for line in axes.lines if len(line.get_xdata()) == 3 and line.get_transform() == axes.transData]
    bold = [line for line in curves if line.get_linewidth() > 3]
    assert len(curves) == 5
    assert [line.get_ydata().tolist() for line in bold] == [schemes()[chosen].tolist()]
    assert [line.get_marker() for line in curves if line not in bold] == ["None"] * 4
    assert len({(line.get_color(), str(line.get_linestyle())) for line in curves}) == 5


def test_single_runs_are_drawn_apart_from_each_other():
    axes = new_axes(xlim=(0, 2), ylim=(0, 10))
    plots.picked_out(axes, np.arange(3), schemes(), "b", each=[[1, 2, 3], [4, 5, 6]])
    y = axes.lines[0].get_ydata()
    assert np.array_equal(y, [1, 2, 3, np.nan, 4, 5, 6, np.nan], equal_nan=True)


def test_the_key_names_every_curve_and_what_it_came_to():
    axes = new_axes(xlim=(0, 2), ylim=(0, 10))
    plots.picked_out(axes, np.arange(3), schemes(), "b", notes={"b": "0.5"})
    assert [text.get_text() for text in axes.texts] == ["a", "b: 0.5", "c", "d", "e"]


def test_a_line_that_rises_into_the_key_ends_below_it():
    axes = new_axes(xlim=(0, 2), ylim=(0, 10))
    plots.picked_out(axes, np.arange(3), {"a": [1, 50, 100], "b": [1, 2, 3]}, "b")
    top_of_line = axes.lines[0].get_clip_box().y1
    assert top_of_line < min(text.get_window_extent().y0 for text in axes.texts)


def test_an_unknown_scheme_and_too_many_are_refused():
    axes = new_axes(xlim=(0, 2), ylim=(0, 10))
    with pytest.raises(ValueError, match="chosen must be one of a, b"):
        plots.picked_out(axes, np.arange(3), schemes(), "z")
    with pytest.raises(ValueError, match="at most 5"):
        plots.picked_out(axes, np.arange(3), schemes() | {"f": np.zeros(3)}, "a")


def test_units_have_one_column_each_and_weights_differ_by_marker():
    axes = new_axes(xlim=(0, 5), ylim=(-2, 2))
    plots.units(axes, {"w": [1, 1, 1], "bias": [0, 1, -1]})
    level, other = axes.lines[:2]
    assert level.get_xdata().tolist() == [1, 2, 3]
    assert np.ptp(level.get_ydata()) == 0 < np.ptp(other.get_ydata())
    assert level.get_marker() != other.get_marker()
    with pytest.raises(ValueError, match="one to 4 names"):
        plots.units(axes, {})


@pytest.mark.parametrize(
    ("value", "said"), [(0.98, "0.98"), (1.0, "1"), (150, "150"), (2e-12, "2·10⁻¹²"), (9.7e-3, "0.0097")]
)
def test_numbers_in_short(value, said):
    assert plots.in_short(value) == said


def test_every_plot_becomes_a_picture():
    axes = new_axes(xlim=(-2, 2), ylim=(0, 1), yticks=[])
    plots.hills(axes, [[0.0]], EDGES, names=["1"])
    assert picture(axes, alt="One layer, all values zero.").panels("x")[0].startswith("<svg")

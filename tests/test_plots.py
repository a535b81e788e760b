"""What is drawn is what was asked for: lines where the weights say, steps in the order they were taken."""

import numpy as np
import pytest

from mlkit import plots
from mlkit.figures import picture
from mlkit.graph import Node, tanh


@pytest.mark.parametrize(("weights", "bias"), [((1, 1), 0), ((0, 2), -1), ((-1, 0.5), 0.7), ((3, 0), 2)])
def test_the_line_drawn_is_where_the_weighted_sum_is_zero(weights, bias):
    axes = plots.boundary(plots.new_plane(), weights, bias)
    ends = np.array(axes.lines[0].get_xydata())
    assert np.allclose(ends @ weights + bias, 0)
    assert np.allclose(np.abs(ends).max(axis=1), 3)  # from edge to edge


@pytest.mark.parametrize(("weights", "bias"), [((0, 0), 1), ((1, 1), 50)])
def test_no_line_is_drawn_where_there_is_none(weights, bias):
    axes = plots.boundary(plots.new_plane(), weights, bias)
    assert np.isnan(axes.lines[0].get_xydata()).all()


@pytest.mark.parametrize(("weights", "bias"), [((1, 1), 0), ((0, 0), 1), ((0, 0), -1), ((2, -1), 1.5)])
def test_the_two_tints_cover_the_plane_once(weights, bias):
    axes = plots.half_planes(plots.new_plane(lim=1), weights, bias)
    area = 0.0
    for patch in axes.patches:
        x, y = patch.get_xy()[:-1].T
        area += abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2
        side = np.sign(patch.get_xy()[:-1].mean(axis=0) @ weights + bias)
        orange = patch.get_facecolor()[0] > patch.get_facecolor()[2]
        assert side == (1 if orange else -1)
    assert np.isclose(area, 4)


def test_classes_differ_by_marker_as_well_as_by_color():
    axes = plots.points(plots.new_plane(), [[0, 0], [1, 1]], [0, 1])
    zero, one = axes.lines
    assert zero.get_marker() != one.get_marker()
    assert zero.get_color() != one.get_color()


@pytest.mark.parametrize("y", [[0], [0, 2], [0.5, 1]])
def test_points_refuse_labels_that_do_not_fit(y):
    with pytest.raises(ValueError, match="^y must"):
        plots.points(plots.new_plane(), [[0, 0], [1, 1]], y)


def test_regions_follow_the_classifier():
    axes = plots.regions(plots.new_plane(), lambda points: (points[:, 0] > 0).astype(float), resolution=10)
    pixels = axes.images[0].get_array()
    left, right = pixels[:, :5], pixels[:, 5:]
    assert (left[..., 2] > left[..., 0]).all()
    assert (right[..., 0] > right[..., 2]).all()


@pytest.mark.parametrize(
    ("weights", "bias", "said"),
    [
        ((0, 1), 0, "the line is level and passes through the origin"),
        ((1, 0), -2, "the line is upright and passes 2.00 from the origin"),
        ((1, 1), 1, "the line falls at 45 degrees and passes 0.71 from the origin"),
        ((-1, 1), 0, "the line rises at 45 degrees and passes through the origin"),
        ((0, 0), 1, "there is no line, as both weights are zero"),
    ],
)
def test_a_line_in_words(weights, bias, said):
    assert plots.in_words(weights, bias) == said


def test_a_curve_with_a_reader_on_it_is_whole_and_marked():
    axes = plots.new_chart("x", "y", xlim=(0, 3), ylim=(0, 9))
    plots.curve(axes, range(4), [0, 1, 4, 9], at=2)
    past, coming, dot = axes.lines
    assert past.get_xydata()[-1].tolist() == coming.get_xydata()[0].tolist() == dot.get_xydata()[0].tolist() == [2, 4]


def test_a_neuron_shows_its_numbers():
    axes = plots.neuron([0.5, -1.0], [2.0, 1.0], 0.5, lambda z: z > 0)
    texts = [t.get_text() for t in axes.texts]
    assert {"0.5", "\N{MINUS SIGN}1", "z = 0.5\nstep", "ŷ = 1", "w₁ = 2", "b = 0.5"} <= set(texts)


def build_graph():
    x, y = Node(2.0, "x"), Node(-3.0, "y")
    result = tanh(x * y) + x
    result.backward()
    return result, x


def test_the_graph_plays_forward_then_backward():
    result, x = build_graph()
    steps = plots.graph_steps(result)
    assert steps == 5 + 5
    shown = [" ".join(t.get_text() for t in plots.graph(result, step=s).texts) for s in range(steps + 1)]
    assert shown[0].count("\N{MINUS SIGN}6") == 0
    assert "\N{MINUS SIGN}6" in shown[5]
    assert "∂" not in shown[5]
    assert "∂ 1" in shown[6]
    assert len(set(shown)) == len(shown)  # each step shows something new
    assert f"∂ {x.derivative:.3g}" in shown[-1]


def test_each_step_has_a_place_of_its_own_where_the_drawing_marks_it():
    result, _ = build_graph()
    places = [plots.graph_place(result, step) for step in range(plots.graph_steps(result) + 1)]
    assert len(set(places)) == len(places)
    assert [tuple(plots.graph(result, step=s).lines[-1].get_xydata()[0]) for s in range(len(places))] == places


def test_a_graph_without_derivatives_is_refused():
    with pytest.raises(ValueError, match="call result.backward"):
        plots.graph(Node(1.0) + Node(2.0))


def test_every_plot_becomes_a_picture():
    result, _ = build_graph()
    assert picture(plots.graph(result), alt="A graph of five nodes.").panels("x")[0].startswith("<svg")

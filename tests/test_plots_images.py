"""Images, class bars, confusions and tallies show the numbers they were given, and refuse what they cannot show."""

import numpy as np
import pytest

from mlkit import plots
from mlkit.figures import new_axes, picture


def test_each_pixel_is_where_it_belongs_and_as_dark_as_it_is():
    axes = plots.image([[0.0, 1.0, 0.0], [0.5, 0.0, 0.0]])
    *squares, frame = axes.patches
    seen = {tuple(s.get_xy().min(axis=0).tolist()): s.get_alpha() for s in squares}
    assert seen == {(1.0, 0.0): 1.0, (0.0, 1.0): 0.5}
    assert axes.get_ylim() == (2, 0)  # the first row is the top
    assert frame.get_xy().max(axis=0).tolist() == [3, 2]


def test_pixels_are_square():
    axes = plots.image(np.zeros((4, 8)))
    (x0, y0), (x1, y1) = axes.transData.transform([(0, 4), (8, 0)])
    assert (x1 - x0) / 8 == pytest.approx((y1 - y0) / 4, rel=1e-6)


@pytest.mark.parametrize("pixels", [[[1.5]], [[-0.1]], np.zeros((0, 3)), [0.5, 0.5]])
def test_images_of_something_else_are_refused(pixels):
    with pytest.raises(ValueError, match="^pixels must"):
        plots.image(pixels)


def heights(axes):
    return {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}


@pytest.mark.parametrize(("truth", "names"), [(2, ["true", "said"]), (1, ["right"])])
def test_bars_are_the_probabilities(truth, names):
    axes = plots.class_bars([0.1, 0.7, 0.2], truth=truth)
    assert heights(axes) == {0: 0.1, 1: 0.7, 2: 0.2}
    assert [text.get_text() for text in axes.texts] == names


def test_what_was_said_is_told_by_more_than_color():
    axes = plots.class_bars([0.1, 0.7, 0.2], truth=2)
    hatched = [bar.get_height() for bar in axes.patches if bar.get_hatch()]
    assert hatched == [0.7]


def test_a_class_that_is_none_is_refused():
    with pytest.raises(ValueError, match="^truth must be below"):
        plots.class_bars([0.5, 0.5], truth=2)


def test_a_confusion_stands_in_the_row_of_the_true_class():
    axes = plots.confusion([[9, 2, 0], [0, 9, 0], [1, 0, 9]])
    assert {t.get_position(): t.get_text() for t in axes.texts} == {(1, 0): "2", (0, 2): "1"}
    darker, lighter = (p.get_alpha() for p in axes.patches[3:])
    assert darker > lighter


@pytest.mark.parametrize("counts", [[[1, 2, 3], [4, 5, 6]], [[1]]])
def test_a_confusion_is_square(counts):
    with pytest.raises(ValueError, match="^counts must be square"):
        plots.confusion(counts)


def test_tallies_show_what_was_seen_and_what_was_expected():
    axes = plots.tallies(new_axes(xlim=(-1, 3), ylim=(0, 9)), [0, 1, 2], [5, 3, 0], [4.5, 2.5, 1])
    assert heights(axes) == {0: 5, 1: 3, 2: 0}
    assert axes.lines[0].get_xydata().tolist() == [[0, 4.5], [1, 2.5], [2, 1]]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["expected", "seen"]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_dots_stand_at_their_values_and_never_on_one_another(scale):
    values = np.array([0.02, 0.02, 0.02, 0.5, 0.9])
    axes = plots.strip(new_axes(xlim=(0.01, 1), ylim=(0, 1), xscale=scale), values)
    dots = axes.lines[0].get_xydata()
    assert dots[:, 0].tolist() == values.tolist()
    assert len(set(map(tuple, dots))) == 5
    assert dots[:, 1].min() > 0 and dots[:, 1].max() < 1
    assert dots[3, 1] == dots[4, 1] == dots[:, 1].min()


def test_many_equal_values_still_fit():
    dots = plots.strip(new_axes(xlim=(0, 1), ylim=(0, 1)), np.full(200, 0.5), height=0.8).lines[0].get_xydata()
    assert dots[:, 1].max() == pytest.approx(0.8)


def test_all_of_it_becomes_pictures():
    axes = new_axes(xlim=(-1, 3), ylim=(0, 9))
    drawn = [
        plots.image(np.eye(8)),
        plots.class_bars([0.2, 0.8], truth=0),
        plots.confusion([[1, 2], [3, 4]]),
        plots.tallies(axes, [0, 1], [1, 2], [1, 2]),
    ]
    assert len(picture(*drawn, alt="Four drawings of a classifier.").panels("x")) == 4

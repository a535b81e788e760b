"""A magnifier shows the function itself, only larger; rulers show the numbers they were given."""

import numpy as np
import pytest

from mlkit import plots
from mlkit.figures import new_axes, picture

X = 0.7


@pytest.mark.parametrize("zoom", [1, 4, 64])
def test_the_magnifier_enlarges_both_ways_alike(zoom):
    curve, tangent = plots.magnified(np.sin, X, zoom, slope=np.cos(X)).lines
    across, up = curve.get_xydata().T
    assert np.allclose(np.sin(X) + up / zoom, np.sin(X + across / zoom), atol=1e-12)
    assert np.allclose(tangent.get_ydata(), np.cos(X) * tangent.get_xdata())


def test_the_axes_say_how_small_the_window_is():
    axes = plots.magnified(np.sin, X, 8)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["\N{MINUS SIGN}1/16", "0", "1/16"]
    assert len(axes.lines) == 1  # no slope, no tangent


def test_the_gap_halves_with_the_window_of_a_smooth_curve_and_stays_at_a_corner():
    smooth = [plots.magnified_gap(np.sin, X, zoom, np.cos(X)) for zoom in (64, 128)]
    assert np.isclose(smooth[0] / smooth[1], 2, rtol=0.01)
    for slope in (-1.0, 0.0, 1.0):
        corner = [plots.magnified_gap(np.abs, 0.0, zoom, slope) for zoom in (1, 1024)]
        assert np.isclose(*corner)
        assert corner[0] >= 1


def test_the_window_on_the_whole_curve_is_what_the_magnifier_shows():
    axes = plots.magnified_window(plots.new_plane(lim=2), 0.5, -0.25, 4)
    box = axes.lines[0].get_xydata()
    assert box.min(axis=0).tolist() == [0.25, -0.5]
    assert box.max(axis=0).tolist() == [0.75, 0.0]


@pytest.mark.parametrize("zoom", [0, -1, np.nan])
def test_a_zoom_that_is_none_is_refused(zoom):
    with pytest.raises(ValueError, match="^zoom must"):
        plots.magnified(np.sin, X, zoom)


def test_the_rulers_carry_each_number_to_its_image():
    rows = [np.array([-1.0, 0, 1]), np.array([-2.0, 0, 2]), np.array([1.0, 0, -1])]
    axes = plots.rulers(new_axes(xlim=(-3, 3), ylim=(0, 3)), rows, ["x", "u", "y"], texts=["a", "b", "c"])
    rungs = np.concatenate([line.get_xydata().reshape(3, 3, 2)[:, :2] for line in axes.lines[:2]])
    assert rungs[..., 0].tolist() == [[-1, -2], [0, 0], [1, 2], [-2, 1], [0, 0], [2, -1]]
    assert (rungs[:, 0, 1] > rungs[:, 1, 1]).all()  # downward
    assert [t.get_text() for t in axes.texts] == ["x", "a", "u", "b", "y", "c"]
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()


def test_they_become_pictures():
    axes = plots.magnified(np.sin, X, 2, slope=np.cos(X))
    assert picture(axes, alt="A sine under a magnifier.").panels("x")[0].startswith("<svg")

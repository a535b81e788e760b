"""A map shows heights where they are, and a path where the walk went."""

import numpy as np
import pytest

from mlkit import plots
from mlkit.figures import picture
from mlkit.optimizers import SGD
from mlkit.surfaces import SURFACES, descend


def drawn_lines(axes):
    """The pieces of the lines of equal height, which are one path with gaps."""
    points = np.array(axes.lines[0].get_xydata(), float)
    gaps = np.flatnonzero(np.isnan(points).any(axis=1))
    return [piece[~np.isnan(piece).any(axis=1)] for piece in np.split(points, gaps) if len(piece) > 1]


@pytest.mark.parametrize("name", SURFACES)
def test_a_line_of_the_map_is_level(name):
    surface = SURFACES[name]
    axes = plots.contours(plots.new_plane(lim=surface.lim, center=surface.center), surface, resolution=201)
    lines = drawn_lines(axes)
    heights = np.concatenate([surface(line) for line in lines])
    assert len(lines) >= 4
    for line in lines:
        assert np.ptp(surface(line)) < 0.02 * np.ptp(heights)


def test_minima_get_a_star_and_surfaces_without_do_not():
    bowl = SURFACES["parabola"]
    assert len(plots.contours(plots.new_plane(), bowl).lines) == 1
    star = plots.contours(plots.new_plane(), bowl, minima=bowl.minima).lines[1]
    assert star.get_marker() == "*"
    assert star.get_xydata().tolist() == [[0, 0]]


def test_a_level_surface_has_no_lines():
    axes = plots.contours(plots.new_plane(), lambda points: np.zeros(len(points)))
    assert np.isnan(axes.lines[0].get_xydata()).all()


def test_a_surface_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="surface"):
        plots.contours(plots.new_plane(), lambda points: np.full(len(points), np.nan))


def test_a_path_starts_hollow_and_ends_full():
    walk, start, end = plots.path(plots.new_plane(), [[2, 2], [1, 0], [0.5, 0]]).lines
    assert walk.get_xydata().tolist() == [[2, 2], [1, 0], [0.5, 0]]
    assert start.get_xydata().tolist() == [[2, 2]]
    assert end.get_xydata().tolist() == [[0.5, 0]]
    assert start.get_markerfacecolor() != end.get_markerfacecolor()


def test_a_path_ends_where_the_walker_ran_away():
    way = descend(SURFACES["ravine"], SGD(1.0), [1.0, 1.0], 60)
    assert np.isnan(way[-1]).all()
    axes = plots.path(plots.new_plane(), way)
    assert all(np.isfinite(line.get_xydata()).all() for line in axes.lines)
    assert np.abs(axes.lines[0].get_xydata()).max() < 100  # not 10⁶: the picture has no room for that


@pytest.mark.parametrize("points", [[[np.nan, 0.0], [1, 1]], [[1, 2, 3]], [1.0, 2.0]])
def test_a_path_without_a_place_on_the_map_is_refused(points):
    with pytest.raises(ValueError, match="^points must"):
        plots.path(plots.new_plane(), points)


def test_paths_differ_by_more_than_color_and_are_named():
    axes = plots.paths(plots.new_plane(), {"one": [[0, 0], [1, 1]], "two": [[0, 0], [2, 2]]})
    first, start, _, second, _ = axes.lines
    assert first.get_linestyle() != second.get_linestyle()
    assert first.get_marker() != second.get_marker()
    assert start.get_xydata().tolist() == [[0, 0]]
    assert [text.get_text() for text in axes.texts] == ["● one", "■ two"]


@pytest.mark.parametrize("corner", ["upper left", "lower left", "upper right", "lower right"])
def test_a_key_stands_in_its_corner(corner):
    axes = plots.key(plots.new_plane(), ["steep", "flat"], corner=corner)
    upright, side = corner.split()
    for text in axes.texts:
        x, y = text.get_position()
        assert (x < 0.5) == (side == "left")
        assert (y > 0.5) == (upright == "upper")
    assert picture(axes, alt="A key of two names.").panels("x")[0].count("<text") >= 2

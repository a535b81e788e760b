"""The colors can be read on both pages and told apart by every reader."""

import itertools

import numpy as np
import pytest

from mlkit.style import COLORS, LINES, MARKERS, PALETTE, STYLE

PAGES = {"light": "#ffffff", "dark": "#14181e"}
THEMES = {"light": 0, "dark": 1}
MEANING = ["blue", "orange", "green", "purple"]
# Machado, Oliveira and Fernandes, 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency":
# what red-blind and green-blind eyes make of linear red, green and blue.
EYES = {
    "all cones": np.eye(3),
    "red-blind": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "green-blind": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
CLEARLY_APART = 15.0  # in CIE Lab; 2 to 3 is just noticeable side by side


def linear(color):
    srgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(color, page):
    """The contrast ratio of the Web Content Accessibility Guidelines, 1 to 21."""
    dark, light = sorted(linear(c) @ TO_XYZ[1] for c in (color, page))
    return (light + 0.05) / (dark + 0.05)


def lab(color, eyes):
    rgb = np.clip(np.array(EYES[eyes]) @ linear(color), 0, 1)
    x, y, z = np.cbrt(np.maximum(np.array(TO_XYZ) @ rgb / [0.95047, 1, 1.08883], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_contrast_is_measured_as_the_guidelines_do():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", MEANING)
def test_what_carries_meaning_stands_out_from_the_page(name, theme):
    assert contrast(PALETTE[name][THEMES[theme]], PAGES[theme]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["ink", "muted"])
def test_text_can_be_read(name, theme):
    assert contrast(PALETTE[name][THEMES[theme]], PAGES[theme]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_grid_and_paper_stay_behind(theme):
    assert contrast(PALETTE["grid"][THEMES[theme]], PAGES[theme]) < 2
    assert contrast(PALETTE["paper"][THEMES[theme]], PAGES[theme]) < 1.1


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", THEMES)
def test_colors_stay_apart_for_every_reader(theme, eyes):
    for one, other in itertools.combinations([*MEANING, "ink"], 2):
        first, second = (PALETTE[name][THEMES[theme]] for name in (one, other))
        distance = np.linalg.norm(lab(first, eyes) - lab(second, eyes))
        assert distance >= CLEARLY_APART, f"{one} and {other} are {distance:.1f} apart"


@pytest.mark.parametrize("theme", THEMES)
def test_no_two_names_mean_the_same_color(theme):
    colors = [colors[THEMES[theme]] for colors in PALETTE.values()]
    assert len(set(colors)) == len(colors)


def test_each_color_comes_with_a_marker_and_a_line_style_of_its_own():
    assert [PALETTE[name][0] for name in MEANING] == COLORS
    assert len(set(MARKERS)) == len(set(LINES)) == len(COLORS)
    cycle = list(STYLE["axes.prop_cycle"])
    assert [(c["color"], c["linestyle"]) for c in cycle] == list(zip(COLORS, LINES, strict=True))


def test_every_color_of_the_style_is_one_that_the_page_can_change():
    known = {light for light, _ in PALETTE.values()}
    used = {value for value in STYLE.values() if isinstance(value, str) and value.startswith("#")}
    assert used
    assert used <= known

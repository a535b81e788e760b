"""One look for every figure: the colors, light and dark, matplotlib's settings, and axes that keep to them.

At the end stands what tells whether two axes look the same, so that one can be used in the place of the other.
"""

import contextlib
import functools
import inspect

import matplotlib
from matplotlib.axes import Axes

# Each color is seen as its CSS variable: (on light pages, on dark pages). What carries meaning has a contrast of at
# least 3:1 with its page, text 4.5:1; the last four stay apart for color-blind readers (at least 15 in CIE Lab, with
# red-blind or green-blind eyes), and figures tell things apart by marker or line style as well.
INK = "#1f2329"  # text and axes
MUTED = "#676f7b"  # what stands back: guides, boxes round legends
GRID = "#e1e4e8"
PAPER = "#fdfdfe"  # the page itself: a halo round a mark
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#c85200", "#007a5a", "#8f2a80"
PALETTE = {
    "ink": (INK, "#e6e8eb"),
    "muted": (MUTED, "#a3abb6"),
    "grid": (GRID, "#3a4049"),
    "paper": (PAPER, "#14181e"),
    "blue": (BLUE, "#56b4e9"),
    "orange": (ORANGE, "#ff9d5c"),
    "green": (GREEN, "#3fcfa3"),
    "purple": (PURPLE, "#e56bb0"),
}
COLORS = [BLUE, ORANGE, GREEN, PURPLE]
MARKERS = ["o", "s", "^", "D"]
LINES = ["-", "--", "-.", ":"]

SMALL = 10.7  # points: notes and legends; anything smaller cannot be read on a phone

STYLE = {
    "svg.fonttype": "none",  # text stays text: smaller, selectable, in the page's own font
    "svg.hashsalt": "mlkit",  # ids depend on the drawing alone, so two builds are the same to the byte
    "image.composite_image": False,
    "text.parse_math": False,  # a dollar sign is a dollar sign; write η, w₁, x̂ in Unicode
    "font.family": ["DejaVu Sans"],
    "font.size": 11,  # at 390 px a panel of 4.8 inches then has labels of 11 px
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "patch.edgecolor": INK,  # arrows, which would be black on a dark page
    "hatch.color": INK,
    "axes.titlecolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": matplotlib.cycler(color=COLORS, linestyle=LINES),
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "lines.linewidth": 1.8,
    "lines.markersize": 6.5,
}


def number(value, form="g"):
    """Write a number as a page does: with a true minus sign, and no minus before nothing.

    Examples
    --------
    >>> number(-0.5), number(-0.0001, ".2f"), number(1234.5, ".3g")
    ('−0.5', '0.00', '1.23e+03')
    """
    text = f"{value:{form}}"
    text = text.removeprefix("-") if not text.strip("-0.") else text
    return text.replace("-", "\N{MINUS SIGN}")


def raised(exponent):
    """Write a whole number as an exponent.

    Examples
    --------
    >>> f"10{raised(-12)}"
    '10⁻¹²'
    """
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


_open = 0  # how many of our contexts are open: in the inner ones nothing is left to do, and a copy takes time


@contextlib.contextmanager
def in_style():
    """A context in which matplotlib's settings are ours; after it they are what they were.

    Examples
    --------
    >>> with in_style():
    ...     matplotlib.rcParams["svg.fonttype"]
    'none'
    """
    global _open
    with contextlib.nullcontext() if _open else matplotlib.rc_context(STYLE):
        _open += 1
        try:
            yield
        finally:
            _open -= 1


def _styled(method):
    @functools.wraps(method)
    def in_our_style(*arguments, **settings):
        with in_style():
            return method(*arguments, **settings)

    return in_our_style


class StyledAxes(Axes):
    """Axes on which everything is drawn in the style of the book, and nothing else in the notebook is.

    A line takes its colors and fonts from matplotlib's settings when it is made, which is after ``new_axes`` has
    returned. So every method of ``Axes`` works with our settings, which are the learner's own again when it is done.
    """


for _name, _method in vars(Axes).items():
    if inspect.isfunction(_method) and not _name.startswith("_"):
        setattr(StyledAxes, _name, _styled(_method))

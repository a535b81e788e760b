"""One look for every figure: the colours, light and dark, and matplotlib's settings."""

import matplotlib

# Each colour is seen as its CSS variable: (on light pages, on dark pages). All have at least 3:1 contrast on both,
# and stay apart for colour-blind readers; figures tell things apart by marker or line style as well.
INK = "#1f2329"  # text and axes
MUTED = "#676f7b"  # what stands back: guides, boxes round legends
GRID = "#e1e4e8"
PAPER = "#fdfdfe"  # the page itself: a halo round a mark
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#c85200", "#007a5a", "#9a4c8f"
PALETTE = {
    "ink": (INK, "#e6e8eb"),
    "muted": (MUTED, "#a3abb6"),
    "grid": (GRID, "#3a4049"),
    "paper": (PAPER, "#14181e"),
    "blue": (BLUE, "#56b4e9"),
    "orange": (ORANGE, "#ff9d5c"),
    "green": (GREEN, "#3fcfa3"),
    "purple": (PURPLE, "#e79fd0"),
}
COLORS = [BLUE, ORANGE, GREEN, PURPLE]
MARKERS = ["o", "s", "^", "D"]
LINES = ["-", "--", "-.", ":"]

STYLE = {
    "svg.fonttype": "none",  # text stays text: smaller, selectable, in the page's own font
    "svg.hashsalt": "mlkit",  # ids depend on the drawing alone, so two builds are the same to the byte
    "image.composite_image": False,
    "text.parse_math": False,  # a dollar sign is a dollar sign; write η, w₁, x̂ in Unicode
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10.5,
    "axes.titlelocation": "left",
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
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
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": matplotlib.cycler(color=COLORS, linestyle=LINES),
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "lines.linewidth": 1.8,
    "lines.markersize": 6.5,
}

"""From matplotlib's SVG to ours: the page's colours, short coordinates, ids of its own, and no metadata."""

import contextlib
import re
from functools import lru_cache

from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from mlkit.style import PALETTE

# Two pictures on one page may need the same id (a clip path, a marker). Each id therefore starts with this
# character, from Unicode's private area, and becomes the name of the figure when the picture is put on a page.
FIGURE_NAME = "\ue000"

_COLOR = re.compile("|".join(light for light, _ in PALETTE.values()))
_VARIABLE = {light: f"var(--mlkit-{name},{light})" for name, (light, _) in PALETTE.items()}
_USED_ID = re.compile(r'(?:href="#|url\(#)([^")]+)')
_COORDINATES = re.compile(r' (d|x|y|width|height|transform)="([^"]*)"')
_RULER = re.compile(r'( *)<g id="matplotlib\.axis_\d"(?:/>|>\n.*?\n\1</g>)\n', re.DOTALL)  # one without ticks is empty
_STAND_IN = re.compile(r' *<g id="stand-in-(\d)">\n.*?</g>\n', re.DOTALL)
_KEPT = "<kept "  # a line that stands for an axis; no tag begins so
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")


def clean(svg, kept=()):
    """Keep what the eye sees: about half of what matplotlib writes.

    Parameters
    ----------
    svg : str
        A whole file, as ``FigureCanvasSVG.print_svg`` writes it with ``svg.fonttype`` set to ``none``.
    kept : tuple of str
        What `rulers_of` found in another file, to be set in where `kept_axes` left the axes out.

    Returns
    -------
    str
        One ``<svg>`` element, a tag to a line, to be put inside an HTML page.
    """
    body = svg[svg.index("</defs>") + len("</defs>") : svg.rindex("</svg>")]
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    used = frozenset(_USED_ID.findall(body + "".join(kept)))
    body = _STAND_IN.sub(lambda match: f"{_KEPT}{match[1]}\n", body)
    body = _clean_lines(body, used, [_clean_ruler(ruler, used) for ruler in kept])
    rem = round(float(width) / 12, 2)  # at the usual size of text a point is a point; a reader's larger text grows it
    return f'<svg viewBox="0 0 {width} {height}" width="{rem:g}rem" aria-hidden="true">\n{body}\n</svg>'


def _clean_lines(body, used, kept=()):
    body = re.sub(r"\s*\n(?!\s*<)", " ", body)  # one tag to a line
    lines, groups = [], []
    for line in map(str.strip, body.split("\n")):
        if line.startswith(_KEPT):
            lines += filter(None, [kept[int(line.removeprefix(_KEPT))]])
            continue
        tag, end, text = line.partition(">")  # a text is what the reader reads: only tags are changed
        tag = _clean_tag(tag, used)
        if tag.startswith("<g") and not tag.endswith("/"):
            groups.append(tag != "<g")  # a group that says nothing goes, with its end
            keep = groups[-1]
        elif tag == "</g":
            keep = groups.pop()
        else:
            keep = tag not in ("", "<g/") and not tag.endswith('fill="none"/')
        if keep:
            lines.append(tag + end + text)
    return "\n".join(lines)


@lru_cache(maxsize=64)
def _clean_ruler(ruler, used):
    """From frame to frame they stay the same."""
    return _clean_lines(ruler, used)


def _clean_tag(tag, used):
    return _shorten(re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", tag))


@lru_cache(maxsize=4096)  # most lines of a frame are those of the frame before
def _shorten(tag):
    tag = tag.replace("xlink:href", "href")
    tag = re.sub(r'(href="#|url\(#| id=")', rf"\1{FIGURE_NAME}", tag)
    if tag.startswith("<image"):
        return re.sub(r' style="[^"]*"', "", tag)  # its scale needs every digit; CSS says that its cells are sharp
    tag = re.sub(r' transform="rotate\(-0 [^"]*"', "", tag)
    tag = re.sub(r" ?font-family: [^;\"]*;?", "", tag)
    tag = re.sub(r' style="([^"]*)"', _as_attributes, tag)
    tag = _COORDINATES.sub(lambda m: f' {m[1]}="{_steps(_round(m[2]))}"', tag)
    return _COLOR.sub(lambda m: _VARIABLE[m[0]], tag)


def _as_attributes(style):
    """``style="fill: none; opacity: 0.5"`` as an attribute each, which no content policy of a server forbids."""
    settings = dict(setting.split(":", 1) for setting in style[1].split(";") if setting.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in settings.items())


def _round(coordinates):
    short = _LONG_NUMBER.sub(lambda m: f"{float(m[0]):.1f}".removesuffix(".0"), coordinates)
    return re.sub(r" (?=[MLQCz])|(?<=[MLQCz]) ", "", short).strip()


def _steps(path):
    """Each point of a line as the step from the last one: steps recur from frame to frame and compress to a third."""
    if not re.fullmatch(r"M[-MLz. \d]+", path):
        return path  # no path, or one with curves
    here = start = (0, 0)  # in tenths: whole numbers add up without error
    steps = []
    for command, point in re.findall(r"([MLz])([^MLz]*)", path):
        if command == "z":
            here = start
            steps.append("z")
            continue
        x, y = (round(10 * float(number)) for number in point.split())
        if command == "M":
            start = (x, y)
            steps.append(f"M{x / 10:g} {y / 10:g}")
        else:
            steps.append(f"l{(x - here[0]) / 10:g} {(y - here[1]) / 10:g}")
        here = (x, y)
    return "".join(steps)


def rulers_of(svg):
    """The two axes with their ticks and grid, as matplotlib wrote them: from frame to frame they stay the same."""
    return tuple(match[0] for match in _RULER.finditer(svg))


@contextlib.contextmanager
def kept_axes(figure, kept):
    """While this holds, the axes of ``figure`` are not drawn but marked, so that `clean` can set in ``kept``."""
    axes = figure.axes[0] if kept else None
    standing_in = list(zip((axes.xaxis, axes.yaxis), kept, strict=True)) if kept else []
    for number, (axis, markup) in enumerate(standing_in):
        axis.draw = _stand_in(number, axes.bbox if "clip-path" in markup else None)
    try:
        yield
    finally:
        for axis, _ in standing_in:
            del axis.draw  # the method of the class is back


def _stand_in(number, clip):
    def draw(renderer):
        renderer.open_group("axis", gid=f"stand-in-{number}")
        graphics = renderer.new_gc()
        graphics.set_clip_rectangle(clip)  # the grid needs it to be defined
        renderer.draw_path(graphics, Path([(0, 0), (0, 0)]), IdentityTransform())
        renderer.close_group("axis")

    return draw

"""A drawing becomes a picture for a page: SVG in the page's own colours, with words for those who cannot see it.

Three things happen to a matplotlib figure on its way into the book. It is drawn in a handful of known colours,
and each is replaced by a CSS variable, so that one file is right on a light page and on a dark one. Its SVG is
stripped of what no reader sees (metadata, empty groups, a hundredth of a point). And it must come with alt text
computed from the values drawn: a picture without words is an error here, not an omission.
"""

import base64
import hashlib
import io
import re
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mlkit.looks import frame_of, look_of, look_of_rulers
from mlkit.page_assets import page_assets
from mlkit.style import STYLE, StyledAxes, in_style, number, raised
from mlkit.svg import FIGURE_NAME, clean, kept_axes, rulers_of
from mlkit.validation import as_choice, as_flag, as_floats, as_number, as_text

_spare = {}  # axes whose pictures are finished, by the arguments they were made with: drawing on them again is fast
_as_new = {}  # what such axes look like before anything is drawn on them, by the same arguments
_ruled = {}  # and the SVG of their two axes with ticks and grid, a third of the time of a frame
SCALES = ("linear", "log", "symlog")
TITLE_HEIGHT = 1.02  # given, it spares matplotlib a search, a third of the time


class Picture:
    """One or more drawings with the words that say what they show; what every figure of the book is.

    On a wide page the panels stand side by side, on a phone one is shown at a time.
    """

    def __init__(self, figures, alt, handles=None):
        self._figures = figures
        self._svgs = None
        self.alt = alt
        self.names = [_names_of(figure) for figure in figures]  # of each panel: title, y axis, x axis
        self.handles = handles or {}  # name -> (panel, x, y), in points from the left and the top of its panel

    def panels(self, name):
        """The drawings as a tuple of SVG elements, whose ids start with ``name``."""
        if self._svgs is None:
            self._svgs = tuple(_svg(figure) for figure in self._figures)
        return tuple(svg.replace(FIGURE_NAME, f"{name}-{i}-") for i, svg in enumerate(self._svgs))

    def lines(self, name, handles=None):
        """What stands inside of `html`, a tag to a line.

        ``handles`` maps names to words: these handles are drawn, to be looked at and not to be moved.
        """
        lines = []
        for i, svg in enumerate(self.panels(name)):
            on_it = [key for key, (panel, _, _) in self.handles.items() if handles and panel == i]
            marks = [_handle_html(svg, *self.handles[key][1:], handles[key]) for key in on_it]
            lines += ['<div class="mlkit-panel">', *svg.split("\n"), *marks, "</div>"]
        return lines

    def html(self, name, handles=None):
        """The panels in one element whose accessible name is the alt text."""
        lines = "\n".join(self.lines(name, handles))
        return f'<div class="mlkit-figure" role="img" aria-label="{escape(self.alt)}">\n{lines}\n</div>'

    def png(self, dpi=110):
        """The panels side by side as PNG bytes, on white: for PDF, and where no HTML is shown."""
        from PIL import Image  # matplotlib depends on it

        images = [_image(figure, dpi) for figure in self._figures]
        sheet = Image.new("RGB", (sum(i.width for i in images), max(i.height for i in images)), "white")
        left = 0
        for image in images:
            sheet.paste(image, (left, 0), image)
            left += image.width
        buffer = io.BytesIO()
        sheet.save(buffer, "png")
        return buffer.getvalue()

    def recycle(self):
        """Give the axes back for the next frame; the SVG stays, a PNG can no longer be made."""
        self.panels("")
        for figure in self._figures:
            _give_back(figure)
        self._figures = ()

    def _repr_mimebundle_(self, include=None, exclude=None):
        content = "".join([self.alt, *self.panels("")])
        name = "figure-" + hashlib.sha1(content.encode()).hexdigest()[:8]
        png = base64.b64encode(self.png()).decode()
        return {"text/plain": self.alt, "text/html": page_assets(name) + self.html(name), "image/png": png}


def picture(*drawings, alt, handles=None):
    """Finish a picture: one or more axes (or figures) and what they show, in words.

    Parameters
    ----------
    *drawings : matplotlib Axes or Figure
        One panel each.
    alt : str
        What the picture shows, computed from the values drawn: "A line at 30 degrees; 3 of 40 points lie on the
        wrong side", never "a plot".
    handles : dict or None
        Where a reader can take hold of what is drawn: name -> (x, y) in the coordinates of the first drawing, or
        (axes, x, y) in those of another. ``explore`` is told under the same names what they move.

    Raises
    ------
    ValueError
        When there is no drawing, no alt text worth the name, or a handle that lies on no drawing.

    Examples
    --------
    >>> axes = new_axes(xlim=(0, 1), ylim=(0, 1))
    >>> _ = axes.plot([0, 1], [0, 1])
    >>> picture(axes, alt="A straight line from (0, 0) to (1, 1).").alt
    'A straight line from (0, 0) to (1, 1).'
    """
    figures = [d.figure if isinstance(d, Axes) else d for d in drawings]
    wrong = [f for f in figures if not isinstance(f, Figure)]
    if not figures or wrong:
        raise ValueError(f"picture needs matplotlib Axes or Figures, got {wrong[0] if wrong else 'none'!r}")
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"alt must say in words what the picture shows, got {alt!r}")
    places = {name: _place(name, at, drawings) for name, at in _read_handles(handles).items()}
    return Picture(list(dict.fromkeys(figures)), " ".join(alt.split()), places)


def _names_of(figure):
    axes = figure.axes[0] if figure.axes else None
    return (axes.get_title(loc="left"), axes.get_ylabel(), axes.get_xlabel()) if axes else ("", "", "")


def _read_handles(handles):
    if handles is None:
        return {}
    if not isinstance(handles, dict) or not all(isinstance(name, str) for name in handles):
        raise ValueError(f"handles must map names to places, got {handles!r}")
    return handles


def _place(name, at, drawings):
    """A place in the coordinates of some axes as (panel, x, y), in points from the left and the top of the panel."""
    *on, x, y = at if isinstance(at, (tuple, list, np.ndarray)) and len(at) in (2, 3) else (None,) * 4
    axes = on[0] if on else drawings[0]
    if len(on) > 1 or not isinstance(axes, Axes) or axes not in drawings:
        raise ValueError(f"handle {name!r} must be (x, y) on the first axes or (axes, x, y), got {at!r}")
    x, y = as_floats([x, y], f"handle {name!r}", shape=(2,))
    figure = axes.figure
    _ = axes.get_xlim(), axes.get_ylim()  # limits that are still to be found are found now,
    axes.apply_aspect()  # and so is the shape
    right, up = axes.transData.transform((x, y)) * 72 / figure.dpi
    width, height = figure.get_size_inches() * 72
    if not (0 <= right <= width and 0 <= up <= height):
        raise ValueError(f"handle {name!r} must lie on its panel, got ({x:g}, {y:g}) beside it")
    panels = list(dict.fromkeys(d.figure if isinstance(d, Axes) else d for d in drawings))
    return panels.index(figure), round(float(right), 1), round(float(height - up), 1)


def _handle_html(svg, x, y, words):
    width, height = map(float, re.match(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    place = f"left:{100 * x / width:.2f}%;top:{100 * y / height:.2f}%"
    return f'<div class="mlkit-handle" role="img" aria-label="{escape(words)}" style="{place}"></div>'


def new_axes(
    *,
    xlim,
    ylim,
    xlabel=None,
    ylabel=None,
    title=None,
    width=4.6,
    height=3.5,
    xticks=None,
    yticks=None,
    xscale="linear",
    yscale="linear",
    grid=True,
):
    """One panel in the style of the book: an Axes with fixed limits and margins, so that frames do not jump.

    Parameters
    ----------
    xlim, ylim : pair of floats
        Left and right, bottom and top; the larger one first turns the axis round.
    xlabel, ylabel, title : str or None
    width, height : float
        In inches. The default is read on a phone without zooming; a second panel is better than a wider one.
    xticks, yticks : sequence, mapping from position to text, or None
        None lets matplotlib choose; an empty sequence draws none.
    xscale, yscale : str
        "linear", "log" or "symlog".
    grid : bool

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        For limits that are not two different finite numbers (above 0 on a logarithmic scale), a width or height
        that is not above 0, or too small for the labels, an unknown scale.
    """
    width, height = as_number(width, "width", above=0), as_number(height, "height", above=0)
    for name, text in (("xlabel", xlabel), ("ylabel", ylabel), ("title", title)):
        as_text(text, name)
    settings = (
        _limits(xlim, "xlim", as_choice(xscale, "xscale", SCALES)),
        _limits(ylim, "ylim", as_choice(yscale, "yscale", SCALES)),
        xlabel,
        ylabel,
        title is not None,
        width,
        height,
        _frozen(xticks, "xticks"),
        _frozen(yticks, "yticks"),
        xscale,
        yscale,
        as_flag(grid, "grid"),
    )
    spare = _spare.get(settings)
    with in_style():
        axes = spare.pop() if spare else _make_axes(settings)
        if title is not None:
            axes.set_title(title, y=TITLE_HEIGHT)
    return axes


def spare_axes():
    """Return how many axes stand ready for the next frame."""
    return sum(map(len, _spare.values()))


def forget_axes():
    """Forget all axes that were kept, and what new ones look like: the next frames are drawn on new axes."""
    for kept in (_spare, _as_new, _ruled):
        kept.clear()


def _make_axes(settings):
    xlim, ylim, xlabel, ylabel, titled, width, height, xticks, yticks, xscale, yscale, grid = settings
    figure = Figure(figsize=(width, height))
    left = 0.12 + (0.42 if yticks != () else 0) + (0.22 if ylabel else 0)
    bottom = 0.12 + (0.22 if xticks != () else 0) + (0.22 if xlabel else 0)
    right, top = 0.16, 0.34 if titled else 0.12
    if width <= left + right or height <= bottom + top:
        room = f"more than {left + right:.2f} and {bottom + top:.2f}"
        raise ValueError(f"width and height must leave room for the labels, {room}, got {width:g} and {height:g}")
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    axes = figure.add_axes(box, axes_class=StyledAxes)
    figure.patch.set_visible(False)  # the page is the paper
    axes.patch.set_visible(False)
    axes.set(xscale=xscale, yscale=yscale, xlim=xlim, ylim=ylim)
    axes.set_xlabel(xlabel or "")
    axes.set_ylabel(ylabel or "")
    axes.xaxis.set_label_coords(0.5, -0.3 / (height - bottom - top))
    axes.yaxis.set_label_coords(-(left - 0.2) / (width - left - right), 0.5)
    for axis, ticks in ((axes.xaxis, xticks), (axes.yaxis, yticks)):
        if axis.get_scale() == "linear":  # few ticks: read on a phone, and a third of the time of a frame saved
            axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
        else:
            axis.set_major_formatter(_power_of_ten)
        if ticks is not None:
            axis.set_ticks([t[0] for t in ticks], [t[1] for t in ticks] if ticks and ticks[0][1] is not None else None)
    axes.grid(visible=grid)
    figure.mlkit_settings, figure.mlkit_titled, figure.mlkit_looks = settings, titled, {}
    return axes


def _power_of_ten(value, _):
    """Ticks of a logarithmic axis in plain Unicode: 0.01, 1, 100, 10⁴."""
    if value == 0 or 1e-3 < abs(value) < 1e4:
        return number(value)
    mantissa, exponent = f"{value:e}".split("e")
    power = f"10{raised(int(exponent))}"
    return power if float(mantissa) == 1 else f"{number(float(mantissa))}·{power}"


def _limits(pair, name, scale):
    low, high = as_floats(pair, name, shape=(2,)).tolist()
    if low == high:
        raise ValueError(f"{name} must be two different numbers, got {low:g} twice")
    if scale == "log" and min(low, high) <= 0:
        raise ValueError(f"{name} must be above 0 on a logarithmic scale, got {min(low, high):g}")
    return low, high


def _frozen(ticks, name):
    if ticks is None:
        return None
    places = as_floats(list(ticks) if hasattr(ticks, "__iter__") else ticks, name, ndim=1).tolist()
    if not isinstance(ticks, dict):
        return tuple((place, None) for place in places)
    wrong = [text for text in ticks.values() if not isinstance(text, str)]
    if wrong:
        raise ValueError(f"{name} must map positions to texts, got {wrong[0]!r}")
    return tuple(ticks.items())


def _give_back(figure):
    """Take off what was drawn; if the axes are then as new ones are, keep them for the next frame."""
    settings = getattr(figure, "mlkit_settings", None)
    if settings is None or len(figure.axes) != 1:
        return
    axes = figure.axes[0]
    _empty(axes)
    rulers = getattr(figure, "mlkit_kept", False) or _is_as_new(figure, look_of_rulers)
    figure.mlkit_reused = rulers and _is_as_new(figure, look_of)
    if figure.mlkit_reused:
        _spare.setdefault(settings, []).append(axes)


def _is_as_new(figure, look):
    """Whether the axes of ``figure`` look as new ones of their settings do, as far as ``look`` looks."""
    settings, axes = figure.mlkit_settings, figure.axes[0]
    if settings not in _as_new:
        _as_new[settings] = _look_of_new_axes(settings)
    seen = figure.mlkit_looks.get(look)
    if seen is not None and seen.around == (frame_of(axes) if seen.around else []) and seen.holds():
        return True
    now = look(axes)
    if now != _as_new[settings][look]:
        return False
    figure.mlkit_looks[look] = now
    return True


def _look_of_new_axes(settings):
    with in_style():
        new = _make_axes(settings).figure
    _ruled[settings] = rulers_of(_draw(new))  # drawing places the ticks, as it did in the figure that comes back
    _empty(new.axes[0])
    return {look: look(new.axes[0]) for look in (look_of, look_of_rulers)}


def _empty(axes):
    for artist in [*axes.lines, *axes.collections, *axes.patches, *axes.texts, *axes.images, *axes.artists]:
        artist.remove()
    if axes.get_legend() is not None:
        axes.get_legend().remove()
    axes.containers.clear()  # bars and error bars would come back in the next legend
    axes.set_prop_cycle(STYLE["axes.prop_cycle"])
    if axes.figure.mlkit_titled:
        axes.set_title("", y=TITLE_HEIGHT)


def _svg(figure):
    kept = ()
    if getattr(figure, "mlkit_reused", False) and _is_as_new(figure, look_of_rulers):
        kept = _ruled[figure.mlkit_settings]
    figure.mlkit_kept = bool(kept)
    with kept_axes(figure, kept):
        return clean(_draw(figure), kept)


def _draw(figure):
    with in_style():
        buffer, dpi = io.StringIO(), figure.dpi
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
        figure.dpi = dpi  # print_svg leaves 72 behind: images in the next frame would be coarser
    return buffer.getvalue()


def _image(figure, dpi):
    from PIL import Image

    with in_style():
        original, figure.dpi = figure.dpi, dpi
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        figure.dpi = original
    return Image.fromarray(np.array(canvas.buffer_rgba()))

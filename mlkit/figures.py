"""A drawing becomes a picture for a page: SVG in the page's own colours, with words for those who cannot see it.

Three things happen to a matplotlib figure on its way into the book. It is drawn in a handful of known colours,
and each is replaced by a CSS variable, so that one file is right on a light page and on a dark one. Its SVG is
stripped of what no reader sees (metadata, empty groups, a hundredth of a point). And it must come with alt text
computed from the values drawn: a picture without words is an error here, not an omission.
"""

import base64
import hashlib
import io
from html import escape

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from mlkit.style import STYLE
from mlkit.svg import FIGURE_NAME, clean
from mlkit.validation import as_number

matplotlib.rcParams.update(STYLE)  # lines and legends are added after new_axes returns: the style must still hold

_spare = {}  # axes whose pictures are finished, by the arguments they were made with: drawing on them again is fast


class Picture:
    """One or more drawings with the words that say what they show; what every figure of the book is.

    On a wide page the panels stand side by side, on a phone one below the other.
    """

    def __init__(self, figures, alt):
        self._figures = figures
        self._svgs = None
        self.alt = alt

    def panels(self, name):
        """The drawings as a tuple of SVG elements, whose ids start with ``name``."""
        if self._svgs is None:
            self._svgs = tuple(_svg(figure) for figure in self._figures)
        return tuple(svg.replace(FIGURE_NAME, f"{name}-") for svg in self._svgs)

    def html(self, name):
        """The panels in one element whose accessible name is the alt text."""
        panels = "\n".join(self.panels(name))
        return f'<div class="mlkit-figure" role="img" aria-label="{escape(self.alt)}">\n{panels}\n</div>'

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
        from mlkit.explore.assets import page_assets  # the stylesheet is shared with the slider figures

        name = "figure-" + hashlib.sha1(self.alt.encode()).hexdigest()[:8]
        png = base64.b64encode(self.png()).decode()
        return {"text/plain": self.alt, "text/html": page_assets(name) + self.html(name), "image/png": png}


def picture(*drawings, alt):
    """Finish a picture: one or more axes (or figures) and what they show, in words.

    Parameters
    ----------
    *drawings : matplotlib Axes or Figure
        One panel each.
    alt : str
        What the picture shows, computed from the values drawn: "A line at 30 degrees; 3 of 40 points lie on the
        wrong side", never "a plot".

    Raises
    ------
    ValueError
        When there is no drawing, or no alt text worth the name.

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
    return Picture(list(dict.fromkeys(figures)), " ".join(alt.split()))


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
    """
    width, height = as_number(width, "width", above=0), as_number(height, "height", above=0)
    settings = (
        tuple(map(float, xlim)),
        tuple(map(float, ylim)),
        xlabel,
        ylabel,
        title is not None,
        width,
        height,
        _frozen(xticks),
        _frozen(yticks),
        xscale,
        yscale,
        grid,
    )
    spare = _spare.get(settings)
    with matplotlib.rc_context(STYLE):
        axes = spare.pop() if spare else _make_axes(settings)
        if title is not None:
            axes.set_title(title, y=1.02)  # a given height spares matplotlib a search for one, a third of the time
    return axes


def _make_axes(settings):
    xlim, ylim, xlabel, ylabel, titled, width, height, xticks, yticks, xscale, yscale, grid = settings
    figure = Figure(figsize=(width, height))
    left = 0.12 + (0.42 if yticks != () else 0) + (0.22 if ylabel else 0)
    bottom = 0.12 + (0.22 if xticks != () else 0) + (0.22 if xlabel else 0)
    right, top = 0.16, 0.34 if titled else 0.12
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    axes = figure.add_axes(box)
    axes.set(xscale=xscale, yscale=yscale, xlim=xlim, ylim=ylim)
    axes.set_xlabel(xlabel or "")
    axes.set_ylabel(ylabel or "")
    axes.xaxis.set_label_coords(0.5, -0.3 / (height - bottom - top))
    axes.yaxis.set_label_coords(-(left - 0.2) / (width - left - right), 0.5)
    for axis, ticks in ((axes.xaxis, xticks), (axes.yaxis, yticks)):
        if ticks is not None:
            axis.set_ticks([t[0] for t in ticks], [t[1] for t in ticks] if ticks and ticks[0][1] is not None else None)
    axes.grid(grid, linewidth=0.8)
    figure.mlkit_settings = settings
    figure.mlkit_untouched = _fingerprint(axes)
    return axes


def _frozen(ticks):
    if ticks is None:
        return None
    return tuple(ticks.items()) if isinstance(ticks, dict) else tuple((float(t), None) for t in ticks)


def _fingerprint(axes):
    """What a drawing must not have changed for its axes to serve again."""
    axis = (axes.xaxis, axes.yaxis)
    return (
        axes.get_xlim(),
        axes.get_ylim(),
        axes.get_xlabel(),
        axes.get_ylabel(),
        axes.get_aspect(),
        axes.axison,
        tuple(map(float, axes.get_position().bounds)),
        tuple((a.get_scale(), id(a.get_major_locator()), id(a.get_major_formatter())) for a in axis),
        tuple(s.get_visible() for s in axes.spines.values()),
    )


def _give_back(figure):
    settings = getattr(figure, "mlkit_settings", None)
    if settings is None or len(figure.axes) != 1 or figure.texts or figure.legends:
        return
    axes = figure.axes[0]
    for artist in [*axes.lines, *axes.collections, *axes.patches, *axes.texts, *axes.images, *axes.artists]:
        artist.remove()
    if axes.get_legend() is not None:
        axes.get_legend().remove()
    axes.set_prop_cycle(STYLE["axes.prop_cycle"])
    if _fingerprint(axes) == figure.mlkit_untouched and not axes.child_axes and not axes.tables:
        _spare.setdefault(settings, []).append(axes)


def _svg(figure):
    with matplotlib.rc_context(STYLE):
        buffer = io.StringIO()
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return clean(buffer.getvalue())


def _image(figure, dpi):
    from PIL import Image

    with matplotlib.rc_context(STYLE):
        original, figure.dpi = figure.dpi, dpi
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        figure.dpi = original
    return Image.fromarray(np.array(canvas.buffer_rgba()))

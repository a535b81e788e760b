"""One drawing function, a few lists of values: a figure that moves, in JupyterLab and on the published page.

``explore`` is the only thing to import from here. In front of a running kernel it gives ipywidgets, and draws a frame
when a slider asks for it. When the book is built it draws every frame, packs them into the page, and a small web
component moves them there with no kernel, no server and no network. Both call the same ``draw``.
"""

from mlkit.explore.controls import check_combinations, check_draw, check_name, check_play, read_controls, read_handles
from mlkit.explore.published import Published
from mlkit.page_assets import new_page
from mlkit.surroundings import mode, shell
from mlkit.validation import as_count

__all__ = ["explore"]

_names = {}  # name of each figure -> the cell that showed it, and in which run


def explore(draw, *, name, play=None, labels=None, start=None, interval=None, handles=None, **values):
    """Show ``draw`` for every combination of ``values``, with a control for each.

    Parameters
    ----------
    draw : callable
        Called as ``draw(**{control: value})``; returns ``picture(axes, alt=...)``.
    name : str
        Names the figure in links to it: lower case, digits and hyphens, each name once in a notebook.
    play : str or None
        The control that a play button moves.
    labels : dict or None
        What the reader sees for a control, where its name with spaces is not it: ``{"rate": "learning rate η"}``.
    start : dict or None
        The value a control begins with, where it is not the first.
    interval : int or None
        Milliseconds between frames during play; by default such that the whole run takes about eight seconds.
    handles : dict or None
        What a reader can take hold of in the picture: the name of a place given to ``picture(..., handles=...)``, and
        the control or controls that it moves: ``{"tip": ("w1", "w2")}``. On the page it is dragged, by mouse, finger
        or pen, to the nearest place that it has for any value of those controls.
    **values
        For each control, a finite list: numbers give a slider, names (and truth values) a list of choices.

    Returns
    -------
    Published or Live
        Make it the last line of the cell. Published when the book is built or the notebook is run as a whole; live
        when a person is at the kernel. The environment variable ``MLKIT_EXPLORE=live|published`` overrides.

    Raises
    ------
    ValueError
        For anything that cannot become a figure: no control or an empty one, an unknown ``play``, a missing or
        repeated ``name``, a signature that does not match, more than 4,000 combinations, a ``draw`` without alt text,
        handles that ``picture`` and ``explore`` do not both know.
    FrameError
        When ``draw`` itself fails; published, every combination is tried before anything is shown.

    Examples
    --------
    >>> from mlkit.figures import new_axes, picture
    >>> def draw(slope):
    ...     axes = new_axes(xlim=(-1, 1), ylim=(-2, 2))
    ...     axes.plot([-1, 1], [-slope, slope])
    ...     return picture(axes, alt=f"A line through the origin with slope {slope}.")
    >>> figure = explore(draw, slope=[-1, 0, 1], name="slope", start={"slope": 0})
    >>> len(figure.pictures)
    3
    """
    check_name(name)
    controls = read_controls(values, {} if labels is None else labels, {} if start is None else start)
    check_draw(draw, controls)
    check_play(play, controls)
    count = check_combinations(controls)
    handles = read_handles(handles, controls)
    if interval is None:
        steps = next((len(c.values) for c in controls if c.name == play), 1)
        interval = max(60, min(700, 8000 // steps))
    interval = as_count(interval, "interval", at_least=16)
    _claim(name)
    if mode() == "live":
        from mlkit.explore.live import Live  # ipywidgets is loaded only where it is used

        return Live(draw, controls, name, play, interval, handles)
    return Published(draw, controls, name, play, interval, handles, count)


def forget_figures():
    """Forget all figures shown so far: their names are free, and the next one is the first of its page."""
    _names.clear()
    new_page()


def _claim(name):
    """Two figures of one name would answer to the same link; running a cell again is no second figure."""
    kernel = shell()
    if kernel is None:
        return
    run, cell = _running_cell(kernel)
    before = _names.get(name)
    if before is not None and (before[0] != cell or before[1] == run):
        raise ValueError(f"name {name!r} already belongs to another figure of this notebook: choose a new one")
    _names[name] = (cell, run)


def _running_cell(kernel):
    """Which run of which cell this is.

    A run is known by its message, as one without history has no number of its own. The cell is known by its id, which
    JupyterLab tells, else by its text; changed, it is another cell.
    """
    message = kernel.get_parent() if hasattr(kernel, "get_parent") else {}
    run = message.get("header", {}).get("msg_id") or kernel.execution_count
    code = message.get("content", {}).get("code") or kernel.user_ns["In"][-1]
    return run, message.get("metadata", {}).get("cellId") or code

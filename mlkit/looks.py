"""Does something look as it did? What one drawing set must not stay on axes that the next one draws on.

matplotlib's parts are compared attribute by attribute. That takes long, so a part of which nothing was assigned
since it was last found right is not looked into again.
"""

import numpy as np
from matplotlib.font_manager import FontProperties

# matplotlib's notes to itself, and ours: no picture shows them
PASSING = {"_renderer", "canvas", "_stale", "_tight", "ignore_existing_data_limits"}
PASSING |= {"mlkit_reused", "mlkit_kept", "mlkit_looks"}
SIMPLE = (str, int, float, tuple, FontProperties, type(None))
HOLDING = (list, dict, np.ndarray)  # may change inside without being assigned
TELLING = (*SIMPLE, *HOLDING)


class Look:
    """What some parts look like: every plain attribute, and what is in lists, dictionaries and arrays.

    Parameters
    ----------
    parts : list of objects
    around : list
        Texts and numbers that must be the same too.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> line = SimpleNamespace(color="red", width=[1])
    >>> before = Look([line])
    >>> before == Look([line]), before.holds()
    (True, True)
    >>> line.width.append(2)
    >>> before == Look([line]), before.holds()
    (False, False)
    """

    def __init__(self, parts, around=()):
        self.parts, self.around = list(parts), list(around)
        self.attributes = [(type(part), _plain(vars(part))) for part in self.parts]
        self.assigned = [dict(vars(part)) for part in self.parts]
        self.inside = [{n: v for n, v in plain.items() if isinstance(v, (list, dict))} for _, plain in self.attributes]

    def __eq__(self, other):
        return (self.around, self.attributes) == (other.around, other.attributes)

    __hash__ = None  # it is compared, and nothing else

    def holds(self):
        """Whether nothing was assigned to a part, or changed inside what it holds. Quick; True only if it is so."""
        parts = zip(self.parts, self.assigned, self.inside, strict=True)
        return all(_as_it_was(vars(part), assigned, inside) for part, assigned, inside in parts)


def look_of(axes):
    """The `Look` of every part of the figure but the rulers."""
    rulers = {id(part) for axis in (axes.xaxis, axes.yaxis) for part in axis.findobj()}
    return Look(part for part in axes.figure.findobj() if id(part) not in rulers)


def look_of_rulers(axes):
    """The `Look` of the two axes with their ticks and grid, and of whatever decides what they look like."""
    both = (axes.xaxis, axes.yaxis)
    rules = [rule for axis in both for rule in (axis.get_major_locator(), axis.get_major_formatter())]
    return Look([*(part for axis in both for part in axis.findobj()), *rules], frame_of(axes))


def frame_of(axes):
    """The numbers that decide where the rulers stand and what they say."""
    return [axes.viewLim.extents.tolist(), axes.get_position(original=True).bounds, axes.figure.bbox.bounds]


def _as_it_was(now, assigned, inside):
    try:  # what is the same object is not looked into
        same = now == assigned or _without_passing(now) == _without_passing(assigned)
    except ValueError:  # one array in the place of another
        return False
    return same and all(_inside(now[name]) == value for name, value in inside.items())


def _without_passing(attributes):
    return {name: value for name, value in attributes.items() if name not in PASSING}


def _plain(attributes):
    return {
        name: value if isinstance(value, SIMPLE) else _inside(value)
        for name, value in attributes.items()
        if isinstance(value, TELLING) and name not in PASSING
    }


def _inside(value):
    """What is in a list, a dictionary or an array; of an object that means nothing to us, what kind it is."""
    if isinstance(value, dict):
        return {key: _inside(v) for key, v in value.items()}
    if isinstance(value, np.ndarray):
        return [value.shape, *value.ravel().tolist()]
    if isinstance(value, list):
        return [_inside(v) for v in value]
    return value if isinstance(value, SIMPLE) else type(value)

"""A control is a name and a finite list of values. This file reads and checks them, and nothing else."""

import inspect
import itertools
import math
import numbers
import re
from dataclasses import dataclass

import numpy as np

from mlkit.style import number

MOST_COMBINATIONS = 4000
RESERVED = ("name", "play", "labels", "start", "interval", "handles")


@dataclass(frozen=True)
class Control:
    """One slider or one list of choices."""

    name: str  # the argument of draw
    label: str  # what the reader sees
    values: tuple  # what draw gets
    texts: tuple  # how each value is written
    start: int  # position at the beginning

    @property
    def is_choice(self):
        """Names and truth values are chosen from a list; numbers slide."""
        return isinstance(self.values[0], (str, bool, np.bool_))


def read_controls(values, labels, start):
    """Turn ``explore``'s keyword arguments into controls, or say what is wrong with them."""
    if not values:
        raise ValueError("explore needs at least one control, such as step=range(10); got none")
    for argument, given in (("labels", labels), ("start", start)):
        if not isinstance(given, dict):
            raise ValueError(f"{argument} must be a dictionary with names of controls, got {given!r}")
        unknown = [key for key in given if key not in values]
        if unknown:
            raise ValueError(f"{argument} names {unknown[0]!r}, but the controls are {_listed(values)}")
    return [_read_control(name, v, labels.get(name), start) for name, v in values.items()]


def check_combinations(controls):
    """Every combination will be drawn: refuse more than can be carried by a page."""
    count = math.prod(len(c.values) for c in controls)
    if count > MOST_COMBINATIONS:
        longest = max(controls, key=lambda c: len(c.values))
        sizes = " × ".join(f"{len(c.values)} {c.name}" for c in controls)
        fit = MOST_COMBINATIONS * len(longest.values) // count
        advice = f"thin {longest.name!r} to {fit} values" if fit > 1 else "drop a control"
        raise ValueError(f"{sizes} make {count} combinations, more than {MOST_COMBINATIONS}: {advice}")
    return count


def check_play(play, controls):
    """The control that the play button moves must be one of them, and have somewhere to go."""
    if play is None:
        return
    by_name = {c.name: c for c in controls}
    if not isinstance(play, str) or play not in by_name:
        raise ValueError(f"play must name a control, one of {_listed(by_name)}, got {play!r}")
    if by_name[play].is_choice or len(by_name[play].values) < 2:
        raise ValueError(f"play={play!r} must name a slider of at least two numbers")


def read_handles(handles, controls):
    """Which controls each handle moves, as a dictionary from its name to their places among the controls."""
    if handles is None:
        return {}
    if not isinstance(handles, dict):
        raise ValueError(f"handles must map names to the controls that they move, got {handles!r}")
    places = {c.name: i for i, c in enumerate(controls)}
    return {name: _read_handle(name, moved, places) for name, moved in handles.items()}


def _read_handle(name, moved, places):
    if not isinstance(name, str) or not name:
        raise ValueError(f"the name of a handle must be text, got {name!r}")
    moved = (moved,) if isinstance(moved, str) else moved
    if not isinstance(moved, (tuple, list)) or not moved:
        raise ValueError(f"handle {name!r} must name the controls that it moves, got {moved!r}")
    unknown = [control for control in moved if not isinstance(control, str) or control not in places]
    if unknown:
        raise ValueError(f"handle {name!r} moves {unknown[0]!r}, but the controls are {_listed(places)}")
    if len(set(moved)) < len(moved):
        raise ValueError(f"handle {name!r} names a control twice: {_listed(moved)}")
    return tuple(places[control] for control in moved)


def words_of(moved, controls):
    """The controls that a handle moves, as a reader knows them."""
    return ", ".join(controls[i].label for i in moved)


def check_draw(draw, controls):
    """``draw`` must take exactly the controls, by name."""
    if not callable(draw):
        raise ValueError(f"draw must be a function that returns a picture, got {draw!r}")
    names = {c.name for c in controls}
    parameters = inspect.signature(draw).parameters.values()
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    needed = {p.name for p in parameters if p.name in named and p.default is p.empty}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
    if positional:
        raise ValueError(f"draw takes {positional[0]!r} by position only; controls are passed by name")
    if needed - names:
        raise ValueError(f"draw needs {_listed(sorted(needed - names))}, but the controls are {_listed(sorted(names))}")
    if names - named and not takes_any:
        raise ValueError(f"draw takes no argument {_listed(sorted(names - named))}; it takes {_listed(sorted(named))}")


def check_name(name):
    """A figure's name is part of a link, so it is short and plain."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"name must be lower-case letters, digits and hyphens, such as 'descent', got {name!r}")


def all_positions(controls):
    """Every combination of positions, the last control moving fastest."""
    return itertools.product(*(range(len(c.values)) for c in controls))


def values_at(controls, positions):
    """The arguments of ``draw`` for one combination."""
    return {c.name: c.values[i] for c, i in zip(controls, positions, strict=True)}


def described(controls, positions):
    """One combination in words: ``learning rate = 0.1, step = 3``."""
    return ", ".join(f"{c.label} = {c.texts[i]}" for c, i in zip(controls, positions, strict=True))


def _read_control(name, values, label, start):
    if not name.isidentifier():
        raise ValueError(f"a control is an argument of draw, so it needs the name of one, got {name!r}")
    if name in RESERVED:
        raise ValueError(f"a control cannot be called {name!r}: explore has an argument of that name")
    if label is not None and not isinstance(label, str):
        raise ValueError(f"the label of {name!r} must be text, got {label!r}")
    if isinstance(values, (str, bytes, numbers.Number, set, frozenset)) or not hasattr(values, "__iter__"):
        raise ValueError(f"control {name!r} must be a list of values, in order, got {values!r}")
    values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    if not values:
        raise ValueError(f"control {name!r} is empty: it needs at least one value")
    kinds = {"choice" if isinstance(v, (str, bool)) else "number" if _is_number(v) else "other" for v in values}
    if kinds not in ({"choice"}, {"number"}):
        raise ValueError(f"control {name!r} must hold finite numbers only, or names only, got {list(values)}")
    texts = _texts(values)
    if len(set(texts)) < len(texts):
        twice = next(t for t in texts if texts.count(t) > 1)
        raise ValueError(f"control {name!r} holds {twice} more than once")
    first = start.get(name, values[0])
    place = _place_of(first.item() if isinstance(first, np.generic) else first, values, texts)
    if place is None:
        raise ValueError(f"start for {name!r} must be one of its values {', '.join(texts)}, got {first!r}")
    return Control(name, label or name.replace("_", " "), values, texts, place)


def _place_of(given, values, texts):
    """Where the value that is meant stands: np.arange(0, 1, 0.1) holds 0.30000000000000004 where everybody says 0.3."""
    if isinstance(values[0], (str, bool)) or not _is_number(given):
        return next((i for i, v in enumerate(values) if type(v) is type(given) and v == given), None)
    nearest = min(range(len(values)), key=lambda i: abs(values[i] - given))
    as_written = float(texts[nearest].replace("\N{MINUS SIGN}", "-"))  # 0, which np.arange(-1, 1, 0.1) misses
    return nearest if given == as_written or math.isclose(values[nearest], given, rel_tol=1e-9) else None


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _texts(values):
    """Write numbers of one slider alike: with the fewest decimals that keep them what they are."""
    if isinstance(values[0], (str, bool)):
        return tuple({True: "yes", False: "no"}.get(v, v) if isinstance(v, bool) else v for v in values)
    largest = max(map(abs, values)) or 1
    sizes = [abs(v) for v in values if abs(v) > 1e-12 * largest] or [1]  # np.arange(-1, 1, 0.1) misses 0 by 2e-16
    whole = all(v == int(v) for v in values)
    if largest >= 1e6 or min(sizes) < 1e-4 or (not whole and largest / min(sizes) > 1000):
        # 0.001 … 10: one number of decimals for all would mislead
        digits = next((d for d in (4, 6, 9) if len({f"{v:.{d}g}" for v in values}) == len(set(values))), 17)
        return tuple(number(v, f".{digits}g") for v in values)
    decimals = next((d for d in range(7) if all(abs(round(v, d) - v) <= 1e-9 * largest for v in values)), 6)
    return tuple(number(v, f".{decimals}f") for v in values)


def _listed(names):
    return ", ".join(map(repr, names))

"""Draw the frames of a slider figure, and say exactly which one failed."""

import base64
import gzip
import itertools
import json
import os
import time

import numpy as np

from mlkit.explore.controls import all_positions, described, values_at
from mlkit.figures import Picture
from mlkit.style import in_style

MOST_PANELS = 4  # where one is shown at a time, the stylesheet knows so many


class FrameError(RuntimeError):
    """A combination of values could not be drawn."""


def draw_frame(draw, controls, positions, name, handles):
    """Call ``draw`` for one combination; what goes wrong names the figure and the values."""
    try:
        with in_style():
            frame = draw(**values_at(controls, positions))
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise FrameError(f"figure {name!r} cannot be drawn at {described(controls, positions)}: {what}") from error
    if not isinstance(frame, Picture):
        raise ValueError(
            f"draw must return picture(axes, alt=...), got {type(frame).__name__} from figure {name!r}"
            f" at {described(controls, positions)}"
        )
    if set(frame.handles) != set(handles):
        places, given = (", ".join(map(repr, names)) or "none" for names in (frame.handles, handles))
        raise ValueError(
            f"figure {name!r} at {described(controls, positions)}: picture has places for the handles {places},"
            f" and explore says what they move for {given}"
        )
    return frame


def draw_all(draw, controls, name, count, handles):
    """Draw every combination; returns the pictures in order and the first one's PNG."""
    first = tuple(c.start for c in controls)
    report = _Progress(name, count)
    pictures, png = [], None
    with in_style():  # for all of them, since to change the settings takes time
        for positions in all_positions(controls):
            frame = draw_frame(draw, controls, positions, name, handles)
            if positions == first:
                png = frame.png()
            frame.recycle()
            pictures.append(frame)
            report.step(len(pictures))
    _check_alike(pictures, controls, name)
    for handle, moved in handles.items():
        _check_moved(handle, moved, pictures, controls, name)
    return pictures, png


def pack(pictures, name):
    """All frames as one compressed block of text.

    Frames of one figure share most of their lines (axes, labels, data that stays), so each distinct line is stored
    once, beside those that are like it, and a frame is a list of line numbers. Of that list only what differs from the
    frame before is written down. So a finer slider costs little.
    """
    frames = [frame.lines(name) for frame in pictures]
    lines = sorted({line for frame in frames for line in frame})
    number = {line: i for i, line in enumerate(lines)}
    numbered = [[number[line] for line in frame] for frame in frames]
    block = {
        "lines": lines,
        "changes": [_changes(now, before) for before, now in itertools.pairwise([[], *numbered])],
        "alts": [frame.alt for frame in pictures],
        "places": {handle: _steps([p.handles[handle][1:] for p in pictures]) for handle in pictures[0].handles},
    }
    text = json.dumps(block, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _changes(now, before):
    """How many lines a frame has; then, for each that is new, how far it is from the last such one and by how much it
    differs from the line that the frame before has there, 0 for none."""
    padded = before + [0] * (len(now) - len(before))
    at = [i for i, line in enumerate(now) if line != padded[i]]
    return [len(now), *(n for last, i in itertools.pairwise([0, *at]) for n in (i - last, now[i] - padded[i]))]


def _steps(places):
    """Places as steps from one to the next, in tenths of a point: x, y, x, y, …"""
    tenths = np.round(10 * np.array(places)).astype(int)
    return np.diff(tenths, axis=0, prepend=[[0, 0]]).ravel().tolist()


def _check_alike(pictures, controls, name):
    """Frames of different sizes would make the page jump, and one alt text for all would say nothing."""
    for positions, frame in zip(all_positions(controls), pictures, strict=True):
        if _sizes(frame) != _sizes(pictures[0]):
            where = described(controls, positions)
            raise ValueError(f"figure {name!r} changes its size at {where}: give every frame the same panels")
    panels_of = {tuple((key, place[0]) for key, place in sorted(frame.handles.items())) for frame in pictures}
    if len(panels_of) > 1:
        raise ValueError(
            f"figure {name!r} moves a handle from one panel to another: give it the same one in each frame"
        )
    if len(_sizes(pictures[0])) > MOST_PANELS:
        raise ValueError(f"figure {name!r} has {len(_sizes(pictures[0]))} panels, more than {MOST_PANELS}")
    if len({frame.panels(name) for frame in pictures}) > 1 and len({frame.alt for frame in pictures}) == 1:
        raise ValueError(f"figure {name!r} moves but its alt text does not: compute it from the values drawn")


def _check_moved(handle, moved, pictures, controls, name):
    """A ring that stays where it is, whatever its controls are, can be seen and not dragged."""
    seen = {}  # where it is, by where all other controls stand
    for positions, frame in zip(all_positions(controls), pictures, strict=True):
        others = tuple(p for i, p in enumerate(positions) if i not in moved)
        seen.setdefault(others, set()).add(frame.handles[handle])
    values = max(len(controls[i].values) for i in moved)
    if values > 1 and all(len(places) == 1 for places in seen.values()):
        names = ", ".join(repr(controls[i].name) for i in moved)
        raise ValueError(f"figure {name!r} has handle {handle!r} in one place, whatever {names} is")


def _sizes(frame):
    return [svg.partition("\n")[0] for svg in frame.panels("")]


class _Progress:
    """Says how far a long figure is, through the file that the book's build watches (output would be on the page)."""

    def __init__(self, name, count):
        self.name, self.count, self.path = name, count, os.environ.get("MLKIT_PROGRESS")
        self.next = time.monotonic() + 3  # seconds; quick figures say nothing

    def step(self, done):
        if self.path and time.monotonic() > self.next:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(f"    figure {self.name}: {done} of {self.count} frames\n")
            self.next = time.monotonic() + 3

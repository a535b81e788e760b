"""Draw the frames of a slider figure, and say exactly which one failed."""

import base64
import gzip
import json
import os
import time

from mlkit.explore.controls import all_positions, described, values_at
from mlkit.figures import Picture
from mlkit.style import in_style


class FrameError(RuntimeError):
    """A combination of values could not be drawn."""


def draw_frame(draw, controls, positions, name):
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
    return frame


def draw_all(draw, controls, name, count):
    """Draw every combination; returns the pictures in order and the first one's PNG."""
    first = tuple(c.start for c in controls)
    report = _Progress(name, count)
    pictures, png = [], None
    with in_style():  # for all of them, since to change the settings takes time
        for positions in all_positions(controls):
            frame = draw_frame(draw, controls, positions, name)
            if positions == first:
                png = frame.png()
            frame.recycle()
            pictures.append(frame)
            report.step(len(pictures))
    _check_alike(pictures, controls, name)
    return pictures, png


def pack(pictures, name):
    """All frames as one compressed block of text.

    Frames of one figure share most of their lines (axes, labels, data that stays), so each distinct line is
    stored once and a frame is a list of line numbers. That also keeps the memory of the page small.
    """
    lines = {}
    frames = []
    for frame in pictures:
        text = "\n".join(frame.panels(name))
        frames.append([lines.setdefault(line, len(lines)) for line in text.split("\n")])
    block = {"lines": list(lines), "frames": frames, "alts": [frame.alt for frame in pictures]}
    text = json.dumps(block, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _check_alike(pictures, controls, name):
    """Frames of different sizes would make the page jump, and one alt text for all would say nothing."""
    for positions, frame in zip(all_positions(controls), pictures, strict=True):
        if _sizes(frame) != _sizes(pictures[0]):
            where = described(controls, positions)
            raise ValueError(f"figure {name!r} changes its size at {where}: give every frame the same panels")
    if len({frame.panels(name) for frame in pictures}) > 1 and len({frame.alt for frame in pictures}) == 1:
        raise ValueError(f"figure {name!r} moves but its alt text does not: compute it from the values drawn")


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

"""Who handed a file in: read from its name, as Canvas, Moodle or a person writes it."""

import re
from pathlib import PurePosixPath
from typing import NamedTuple

# Canvas: lovelaceada_LATE_1234_56789_activations-2.ipynb, or anon_x7Gh2_56789_activations.ipynb
CANVAS = re.compile(r"(?P<who>[^_/]+)_(?:LATE_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>[^/]+)")
ANONYMOUS = re.compile(r"anon_(?:LATE_)?(?P<user>[A-Za-z0-9]+)_(?P<file>\d+)_(?P<rest>[^/]+)")
# Moodle: Ada Lovelace_1234_assignsubmission_file_/activations.ipynb, or the same in one name, without folders
MOODLE = re.compile(r"(?P<who>[^_/]+)_(?P<user>\d+)_assignsubmission_file_?/?(?P<rest>[^/]+)")
# What browsers and Jupyter add to a name that is taken: "activations (1)", "activations-2", "activations-Copy1"
AGAIN = re.compile(r"(?: ?\((\d+)\)|-(\d+)|-Copy(\d*))+$", re.IGNORECASE)


class HandIn(NamedTuple):
    """A file and who it is from. ``order`` is larger for what was handed in later."""

    student: str
    name: str
    order: tuple
    canvas_id: str = ""
    moodle_id: str = ""


def recognize(path, notebook):
    """Read a path relative to the folder or zip; ``notebook`` is the name it should have, without its ending.

    Examples
    --------
    >>> recognize("lovelaceada_LATE_1234_56789_activations-2.ipynb", "activations")
    HandIn(student='lovelaceada-1234', name='lovelaceada', order=(56789, 2), canvas_id='1234', moodle_id='')
    >>> recognize("Ada Lovelace_77_assignsubmission_file_/activations.ipynb", "activations").student
    'Ada-Lovelace'
    >>> recognize("class of 1843/ada/activations (1).ipynb", "activations")
    HandIn(student='ada', name='ada', order=(0, 1), canvas_id='', moodle_id='')
    >>> recognize("ada_byron_activations.ipynb", "activations").student
    'ada_byron'
    >>> recognize("ada_final version.ipynb", "activations").student
    'ada'
    >>> recognize("activations.ipynb", "activations") is None
    True
    """
    path = PurePosixPath(path)
    return _from_canvas(path.name) or _from_moodle(path) or _from_a_person(path, notebook)


def _from_canvas(name):
    found = CANVAS.fullmatch(name)
    if found:
        student = f"{found['who']}-{found['user']}"
        return HandIn(clean(student), found["who"], (int(found["file"]), again(found["rest"])), canvas_id=found["user"])
    found = ANONYMOUS.fullmatch(name)
    if found:
        student = f"anon-{found['user']}"
        return HandIn(student, student, (int(found["file"]), again(found["rest"])))
    return None


def _from_moodle(path):
    for text in (path.name, "/".join(path.parts[-2:])):
        found = MOODLE.fullmatch(text)
        if found:
            return HandIn(clean(found["who"]), found["who"], (0, again(found["rest"])), moodle_id=found["user"])
    return None


def _from_a_person(path, notebook):
    """``ada/activations.ipynb``, ``ada/02-activations/activations.ipynb`` or ``ada_activations.ipynb``."""
    stem, number = AGAIN.sub("", path.stem), again(path.name)
    if stem.endswith(f"_{notebook}") and len(stem) > len(notebook) + 1:
        who = stem.removesuffix(f"_{notebook}")
    elif len(path.parts) > 1:
        who = path.parts[-2]
    elif "_" in stem:
        who = stem.partition("_")[0]
    else:
        return None
    return HandIn(clean(who), who, (0, number)) if clean(who) else None


def again(name):
    """The number that was added to a name that was taken; 0 for none."""
    found = AGAIN.search(PurePosixPath(name).stem)
    return max((int(n or 1) for n in found.groups() if n is not None), default=0) if found else 0


def clean(name):
    """A name that is safe as the name of a folder."""
    return re.sub(r"[^\w.@-]+", "-", name).strip("-.")

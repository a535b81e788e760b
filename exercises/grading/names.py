"""Who handed a file in: read from its name, as Canvas, Moodle or a person writes it."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import NamedTuple

# Canvas: lovelaceada_LATE_1234_56789_activations-2.ipynb, or anon_x7Gh2_56789_activations.ipynb
CANVAS = re.compile(r"(?P<who>[^/]+?)_(?:LATE_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>[^/]+)")
ANONYMOUS = re.compile(r"(?:LATE_)?anon_(?:LATE_)?(?P<user>[A-Za-z0-9]+)_(?P<file>\d+)_(?P<rest>[^/]+)")
# Moodle: Ada Lovelace_1234_assignsubmission_file_/activations.ipynb, folders of the student's own below it, or all in
# one name, without folders
MOODLE = re.compile(r"(?P<who>[^/]+?)_(?P<user>\d+)_assignsubmission_file_?(?P<rest>[^/]*)")
# Folders that say nothing of a student: those of this repository
OURS = re.compile(r"exercises|\d\d-[a-z-]+")
# What browsers and Jupyter add to a name that is taken: "activations (1)", "activations-2", "activations-Copy1"
AGAIN = re.compile(r"(?: ?\((\d+)\)|-(\d+)|-Copy(\d*))+$", re.IGNORECASE)


class HandIn(NamedTuple):
    """A file and who it is from. ``order`` is larger for what was handed in later.

    An LMS knows people by numbers, which are part of ``student``. Without one, ``guess`` is what a student was
    concluded from: two different ones are two students, whatever they are called.
    """

    student: str
    name: str
    order: tuple
    canvas_id: str = ""
    moodle_id: str = ""
    guess: str = ""


def recognize(path, notebook):
    """Read a path relative to the folder or zip; ``notebook`` is the name it should have, without its ending.

    Examples
    --------
    >>> recognize("lovelaceada_LATE_1234_56789_activations-2.ipynb", "activations")
    HandIn(student='lovelaceada-1234', name='lovelaceada', order=(56789, 2), canvas_id='1234', moodle_id='', guess='')
    >>> recognize("Ada Lovelace_77_assignsubmission_file_/week 2/activations.ipynb", "activations").student
    'Ada-Lovelace-77'
    >>> recognize("class of 1843/ada/activations (1).ipynb", "activations").student
    'ada'
    >>> recognize("nn-ada/exercises/02-activations/activations.ipynb", "activations").student
    'nn-ada'
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
    found = ANONYMOUS.fullmatch(name)
    if found:
        student = f"anon-{found['user']}"
        return HandIn(student, student, (int(found["file"]), again(found["rest"])), guess=student)
    found = CANVAS.fullmatch(name)
    if found:
        student = f"{found['who']}-{found['user']}"
        return HandIn(clean(student), found["who"], (int(found["file"]), again(found["rest"])), canvas_id=found["user"])
    return None


def _from_moodle(path):
    for part in path.parts:
        found = MOODLE.fullmatch(part)
        if found:
            student = clean(f"{found['who']}-{found['user']}")
            return HandIn(student, found["who"], (0, again(path.name)), moodle_id=found["user"])
    return None


def _from_a_person(path, notebook):
    """``ada/activations.ipynb``, ``ada/02-activations/activations.ipynb`` or ``ada_activations.ipynb``."""
    stem, number = AGAIN.sub("", path.stem), again(path.name)
    folders = [part for part in path.parts[:-1] if not OURS.fullmatch(part)]
    where = "/".join(path.parts[:-1])
    if stem.endswith(f"_{notebook}") and len(stem) > len(notebook) + 1:
        who = stem.removesuffix(f"_{notebook}")
    elif folders:
        who = folders[-1]
    elif "_" in stem:
        who = stem.partition("_")[0]
    else:
        return None
    return HandIn(clean(who), who, (0, number), guess=f"{where}/{stem}") if clean(who) else None


def again(name):
    """The number that was added to a name that was taken; 0 for none."""
    found = AGAIN.search(PurePosixPath(name).stem)
    return max((int(n or 1) for n in found.groups() if n is not None), default=0) if found else 0


def clean(name):
    """A name that is safe as the name of a folder, in whatever script it is written."""
    kept = (c if c.isalnum() or c in "_.@-" or unicodedata.category(c)[0] == "M" else "-" for c in nfc(name))
    return re.sub("-+", "-", "".join(kept)).strip("-.")


def nfc(name):
    """A name as it is usually written: macOS takes letters and their accents apart."""
    return unicodedata.normalize("NFC", name)

"""Take hand-ins from a folder or from the zip of an LMS; whatever is not taken is listed with the reason."""

import csv
import json
import zipfile
from pathlib import Path
from typing import NamedTuple

from mlkit.grading.course import Problem
from mlkit.grading.names import HandIn, recognize
from mlkit.grading.repair import LONGEST
from mlkit.grading.student_version import read_notebook, replace

COLUMNS = ("student", "name", "canvas_id", "moodle_id", "handed_in_as")
LITTER = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store")


class Collected(NamedTuple):
    """What came of it: a `HandIn` for each student with the name of its file, and sentences about the rest."""

    taken: dict
    left: list


def collect(course, name, path):
    """Put the latest hand-in of each student where `autograde` looks for it."""
    path = Path(path).expanduser()
    source = course.source(name)
    questions = {c.metadata.nbgrader.grade_id for c in read_notebook(source).cells if "nbgrader" in c.metadata}
    people = _People(course)
    found = {}
    with _opened(path) as files:
        taken, left = _choose(files, name, source.stem, questions, _assignments(course), people)
        for student, (hand_in, file) in sorted(taken.items()):
            target = course.submitted(student, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            replace(target, files.read(file))
            found[student] = (hand_in, file)
    _remember(course, name, found)
    return Collected(found, left)


def _assignments(course):
    """Which assignment a question's name belongs to."""
    known = {}
    for other in course.names():
        for cell in read_notebook(course.source(other)).cells:
            if "nbgrader" in cell.metadata:
                known.setdefault(cell.metadata.nbgrader.grade_id, other)
    return known


def _choose(files, name, notebook, questions, known, people):
    taken, left, guesses = {}, [], {}
    for file in files.names():
        hand_in, reason = _judge(files, file, name, notebook, questions, known, people)
        if reason:
            left.append(f"{file}: {reason}")
            continue
        if hand_in.guess and _marked(files.read(file)) & questions:
            guesses.setdefault(hand_in.student, {}).setdefault(hand_in.guess, file)
        before = taken.get(hand_in.student)
        if before and before[0].order >= hand_in.order:
            left.append(f"{file}: {before[1]} of the same student is newer")
            continue
        if before:
            left.append(f"{before[1]}: {file} of the same student is newer")
        taken[hand_in.student] = (hand_in, file)
    _require_one_file_each(guesses, notebook)
    return taken, left


def _require_one_file_each(guesses, notebook):
    """Stop when the work of several people would be taken for that of one, before any of it is written."""
    for student, files in guesses.items():
        if len(files) > 1:
            listed = "\n    ".join(sorted(files.values()))
            raise Problem(
                f"Nothing was taken: {len(files)} hand-ins would become one student, {student}, because their names do "
                f"not say whose they are:\n    {listed}\n"
                f"Name them STUDENT_{notebook}.ipynb, or put each into a folder named after its student."
            )


class _People:
    """Who is who, over all assignments and from one `collect` to the next: a number of the LMS is one student's."""

    def __init__(self, course):
        rows = [row for path in sorted(course.private.glob("collected/*.csv")) for row in _rows(path)]
        self.numbers = {row["student"]: (row["canvas_id"], row["moodle_id"]) for row in rows}
        self.students = {numbers: student for student, numbers in self.numbers.items() if any(numbers)}

    def known_as(self, hand_in):
        """The hand-in under the name that this number of the LMS has had before."""
        numbers = hand_in.canvas_id, hand_in.moodle_id
        return hand_in._replace(student=self.students.get(numbers, hand_in.student))

    def other(self, hand_in):
        """The number of somebody else who has this name, or an empty text."""
        numbers = self.numbers.get(hand_in.student, (hand_in.canvas_id, hand_in.moodle_id))
        return "".join(numbers) if numbers != (hand_in.canvas_id, hand_in.moodle_id) else ""


def _judge(files, file, name, notebook, questions, known, people):
    """A `HandIn`, or the reason why the file is not taken."""
    if not file.lower().endswith(".ipynb"):
        return None, "not a notebook (.ipynb)"
    hand_in = recognize(file, notebook)
    if hand_in is None:
        return None, f"its name says of no student; name it STUDENT_{notebook}.ipynb, or put it into a folder STUDENT"
    hand_in = people.known_as(hand_in)
    if people.other(hand_in):
        return None, f"{hand_in.student} is the student with number {people.other(hand_in)}; give this one another name"
    if files.size(file) > LONGEST:
        return hand_in, ""  # taken, so that its feedback says what is wrong
    marked = _marked(files.read(file))
    others = {known[question] for question in marked if question in known} - {name}
    if others and not marked & questions:
        return None, f"it is the notebook of {', '.join(sorted(others))}"
    return hand_in, ""


def _marked(text):
    """nbgrader's names of the cells in a notebook; none if it cannot be read, which the feedback will say."""
    try:
        cells = json.loads(text)["cells"]
        return {str(cell["metadata"]["nbgrader"]["grade_id"]) for cell in cells if "nbgrader" in cell["metadata"]}
    except Exception:  # a hand-in may hold anything
        return set()


def _remember(course, name, found):
    """Keep who is who: ``export`` needs the numbers by which the LMS knows people."""
    path = course.table("collected", name)
    known = {row["student"]: row for row in read_collected(course, name)}
    for student, (hand_in, file) in found.items():
        known[student] = dict(zip(COLUMNS, (student, *_identity(hand_in), file), strict=True))
    with path.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(known[student] for student in sorted(known))


def _identity(hand_in: HandIn):
    return hand_in.name, hand_in.canvas_id, hand_in.moodle_id


def read_collected(course, name):
    """The rows that `collect` wrote, as dictionaries."""
    path = course.table("collected", name)
    return _rows(path) if path.exists() else []


def _rows(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _opened(path):
    if path.is_dir():
        return _Folder(path)
    if zipfile.is_zipfile(path):
        return _Zip(path)
    if not path.exists():
        raise Problem(f"There is no file {path.resolve()}.")
    raise Problem(f"{path} is neither a folder nor a zip.")


class _Folder:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def names(self):
        files = [p.relative_to(self.path) for p in self.path.rglob("*") if p.is_file() and not p.is_symlink()]
        return sorted(p.as_posix() for p in files if not set(LITTER) & set(p.parts))

    def size(self, name):
        return (self.path / name).stat().st_size

    def read(self, name):
        return (self.path / name).read_bytes()


class _Zip(_Folder):
    """Members are read one by one, never unpacked to where their names say."""

    def __enter__(self):
        self.zip = zipfile.ZipFile(self.path)
        return self

    def __exit__(self, *_):
        self.zip.close()

    def names(self):
        return sorted(n for n in self.zip.namelist() if not n.endswith("/") and not set(LITTER) & set(n.split("/")))

    def size(self, name):
        return self.zip.getinfo(name).file_size

    def read(self, name):
        with self.zip.open(name) as file:
            return file.read(LONGEST + 1)

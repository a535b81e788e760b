"""Marks as CSV: one plain table, and one each in the form that Canvas and Moodle take."""

import csv
from typing import NamedTuple

from mlkit.grading import by_hand, gradebook
from mlkit.grading.collect import read_collected
from mlkit.grading.course import Problem

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Full name", "ID number", "Email address")
WORKSHEET = ("Identifier", "Full name", "Grade", "Last modified (grade)")
ROSTER = ("student", *CANVAS, *MOODLE[1:])


class Student(NamedTuple):
    """A student's marks by question, None where a person has to mark first, and what is known of who it is."""

    name: str
    marks: dict
    who: dict

    @property
    def total(self):
        return f"{sum(mark or 0 for mark in self.marks.values()):g}"

    @property
    def final(self):
        """The total, or nothing while a question is open: an LMS leaves an empty mark as it is."""
        return "" if None in self.marks.values() else self.total


def export(course, name, title=None):
    """Write the tables into the folder ``grades`` and return their paths, and who waits for marks by hand."""
    by_hand.apply(course, name)
    rows = gradebook.read(course, name)
    if not rows:
        raise Problem(f"No hand-in of {name} has been graded yet: `autograde {name}` does it.")
    points = {row.question: row.points for row in rows if row.student == rows[0].student}
    students = _students(course, name, rows)
    title, most = title or name, f"{sum(points.values()):g}"
    tables = {
        "": _plain(students, points),
        "-canvas": _canvas(students, title, most),
        "-moodle": _moodle(students, title),
    }
    if any(student.who["moodle_id"] for student in students):
        tables["-moodle-worksheet"] = _worksheet(students)
    paths = [_write(course.table("grades", name + ending), table) for ending, table in tables.items()]
    return paths, [student.name for student in students if not student.final]


def _students(course, name, rows):
    roster, collected = read_roster(course), {row["student"]: row for row in read_collected(course, name)}
    marks = {}
    for row in rows:
        marks.setdefault(row.student, {})[row.question] = row.earned
    return [Student(who, found, _who(who, collected.get(who, {}), roster)) for who, found in marks.items()]


def _who(student, collected, roster):
    """What the roster says, else what the name of the file said, else the name of the folder."""
    canvas = collected.get("canvas_id", "")
    listed = roster.get(student) or (roster.get(canvas) if canvas else None) or {}
    who = {column: listed.get(column, "") for column in (*CANVAS, *MOODLE)}
    who["Student"] = who["Full name"] = listed.get("Student") or collected.get("name") or student
    who["ID"] = who["ID"] or canvas
    if not listed and not canvas:
        who["SIS Login ID"] = who["ID number"] = student  # the best guess, for hand-ins named by login
    if not listed and "@" in student:
        who["Email address"] = student
    return who | {"moodle_id": collected.get("moodle_id", "")}


def read_roster(course):
    """``students.csv`` of the private folder, if there is one, by the columns ``student`` and ``ID``.

    The gradebook that Canvas exports can be used as it is.
    """
    path = course.private / "students.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [{key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(file)]
    return {row[key]: row for row in rows for key in ("ID", "student") if row.get(key)}


def _plain(students, points):
    head = ["student", "name", *points, "total", "of", "by hand"]
    yield head
    for student in students:
        marks = ["" if student.marks[question] is None else f"{student.marks[question]:g}" for question in points]
        state = "open" if not student.final else ""
        yield [student.name, student.who["Student"], *marks, student.total, f"{sum(points.values()):g}", state]


def _canvas(students, title, most):
    yield [*CANVAS, title]
    yield ["    Points Possible", "", "", "", "", most]
    for student in students:
        yield [*(student.who[column] for column in CANVAS), student.final]


def _moodle(students, title):
    yield [*MOODLE, title]
    for student in students:
        yield [*(student.who[column] for column in MOODLE), student.final]


def _worksheet(students):
    yield WORKSHEET
    for student in students:
        if student.who["moodle_id"]:
            yield [f"Participant {student.who['moodle_id']}", student.who["Full name"], student.final, "-"]


def _write(path, table):
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([_harmless(value) for value in row] for row in table)
    return path


def _harmless(value):
    """A spreadsheet would run a name that begins like a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "@") else value

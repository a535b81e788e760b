"""Answers that a person marks, such as a paragraph: a table to fill in with any spreadsheet program."""

import csv

from mlkit.grading import gradebook
from mlkit.grading.course import Problem
from mlkit.grading.repair import is_by_hand
from mlkit.grading.student_version import read_notebook

COLUMNS = ("student", "question", "of", "points", "comment", "answer")


def update(course, name):
    """Write the table anew: what was filled in stays as long as the answer is the same. Return how many are open."""
    before = {(row["student"], row["question"], row["answer"]): row for row in _rows(course, name)}
    questions = {c.metadata.nbgrader.grade_id for c in read_notebook(course.source(name)).cells if is_by_hand(c)}
    rows = []
    for row in gradebook.read(course, name):
        answer = _answer(course, name, row) if row.question in questions else None
        if answer is None:
            continue
        kept = before.get((row.student, row.question, answer), {})
        known = {"student": row.student, "question": row.question, "of": f"{row.points:g}", "answer": answer}
        rows.append(known | {"points": kept.get("points", ""), "comment": kept.get("comment", "")})
    if rows:
        _write(course.table("by-hand", name), rows)
    return sum(not row["points"].strip() for row in rows)


def _answer(course, name, row):
    """The text to be marked; None if there is nothing to read, which is 0 points without a person."""
    notebook = read_notebook(course.autograded(row.student, name))
    if row.question not in notebook.metadata.mlkit.open:
        return None
    found = [c.source for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == row.question]
    return found[0] if found else "(its cell is missing: look into the notebook)"


def apply(course, name):
    """Take what was filled in into the gradebook."""
    decisions = {}
    for row in _rows(course, name):
        if row["points"].strip():
            decisions[row["student"], row["question"]] = (_points(course, name, row), row["comment"].strip())
    gradebook.record_by_hand(course, name, decisions)


def _points(course, name, row):
    try:
        points = float(row["points"].replace(",", "."))
    except ValueError:
        points = -1
    if not 0 <= points <= float(row["of"]):
        where = f"{course.table('by-hand', name)}: {row['student']}, {row['question']}"
        raise Problem(f"{where}: the points must be a number from 0 to {row['of']}, got {row['points']!r}.")
    return points


def _rows(course, name):
    path = course.table("by-hand", name)
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _write(path, rows):
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # with a mark by which Excel knows the encoding
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)

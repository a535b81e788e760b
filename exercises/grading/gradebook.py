"""The marks of a class, kept in nbgrader's gradebook, so that its tools can be used beside ours."""

import contextlib
import os
import sys
import warnings
from datetime import UTC, datetime
from typing import NamedTuple

from mlkit.grading.course import Problem
from mlkit.grading.student_version import nbgrader_settings, read_notebook


class Row(NamedTuple):
    """What the gradebook knows of one question of one student; ``earned`` is None while a person has to mark it."""

    student: str
    question: str
    points: float
    earned: float | None
    comment: str = ""


@contextlib.contextmanager
def opened(course):
    """nbgrader's gradebook in the private folder; a new one is made with the command ``alembic``, beside Python."""
    beside, paths = os.path.dirname(sys.executable), os.environ.get("PATH", "").split(os.pathsep)
    if beside not in paths:
        os.environ["PATH"] = os.pathsep.join([beside, *paths])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the database library, about nbgrader's use of it
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{course.private / 'gradebook.db'}", "nn") as book:
            yield book


def register(course, name, notebook):
    """Tell the gradebook which questions an assignment has. They cannot change once something was graded."""
    from nbgrader.preprocessors import SaveCells

    with opened(course) as book:
        book.update_or_create_assignment(name)
        url = str(book.engine.url)
    resources = {"nbgrader": {"notebook": course.source(name).stem, "assignment": name, "db_url": url}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as above
            SaveCells(config=nbgrader_settings(course)).preprocess(notebook, resources)
    except RuntimeError:
        raise Problem(
            f"The questions of {name} are not those that were graded before. Move {course.private / 'gradebook.db'} "
            "away and grade again: marks given by hand are kept in `by-hand`."
        ) from None


def record(course, name, student, marks):
    """Write the marks of one hand-in; what a person has decided stays."""
    notebook = course.source(name).stem
    now = datetime.now(UTC).replace(tzinfo=None)
    with opened(course) as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(name, student, timestamp=now)
        for mark in marks:
            grade = book.find_grade(mark.question, notebook, name, student)
            grade.auto_score, grade.needs_manual_grade = mark.earned, mark.earned is None
        book.db.commit()


def record_by_hand(course, name, decisions):
    """Write what a person decided: dictionaries from (student, question) to (points, comment)."""
    notebook = course.source(name).stem
    if not decisions:
        return
    with opened(course) as book:
        for (student, question), (points, comment) in decisions.items():
            grade = book.find_grade(question, notebook, name, student)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.find_comment(question, notebook, name, student).manual_comment = comment or None
        book.db.commit()


def read(course, name):
    """Every `Row` of an assignment, by student, questions in the order of the notebook."""
    if not (course.private / "gradebook.db").exists():
        return []
    cells = read_notebook(course.source(name)).cells
    order = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    with opened(course) as book:
        rows = []
        for submission in book.assignment_submissions(name):
            comments = {c.name: c.comment for n in submission.notebooks for c in n.comments}
            for grade in [grade for notebook in submission.notebooks for grade in notebook.grades]:
                known = grade.manual_score is not None or grade.auto_score is not None
                earned = float(grade.score) if known else None
                comment = comments.get(grade.name) or ""
                rows.append(Row(submission.student.id, grade.name, float(grade.max_score), earned, comment))
    return sorted(rows, key=lambda row: (row.student, order.index(row.question)))

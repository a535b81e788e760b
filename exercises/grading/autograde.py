"""Grade a class: the reference solution first, then every hand-in in a process of its own."""

import copy
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import NamedTuple

from tqdm import tqdm

from mlkit.grading import by_hand, gradebook
from mlkit.grading.course import Problem, require_prepared
from mlkit.grading.marks import marks_of, no_marks, score_of, secrets, suspicions, without
from mlkit.grading.repair import is_check, read_hand_in, restored
from mlkit.grading.sandbox import choose_sandbox, run_apart
from mlkit.grading.student_version import as_text, companions, read_notebook, replace, student_version


class Settings(NamedTuple):
    """How to grade: processes at a time, seconds for a cell, megabytes for a hand-in, and the sandbox wanted."""

    jobs: int = 1
    seconds: float = 30
    memory: int = 4096
    sandbox: str = "auto"


class Assignment:
    """What is the same for every hand-in of an assignment."""

    def __init__(self, course, name, settings):
        self.course, self.name, self.settings = course, name, settings
        path = course.source(name)
        self.solution = read_notebook(path)
        self.pattern = student_version(course, self.solution)
        self.files = companions(path)
        self.secrets = secrets(course.private)
        self.sandboxed = False

    def run(self, notebook, keep=None):
        """Run a notebook apart; put outputs into its cells. Return sentences by cell, and one if all of it failed."""
        code = [(n, cell) for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
        cells = [{"n": str(n), "source": cell.source, "check": is_check(cell)} for n, cell in code]
        job = {"cells": cells, "seconds": self.settings.seconds, "memory": self.settings.memory}
        result = run_apart(job, self.files, self.course.private, self.sandboxed, keep)
        if isinstance(result, str):
            return {}, result
        result = without(self.secrets, result)
        for n, cell in code:
            cell.outputs = [type(cell)(output) for output in result["outputs"].get(str(n), [])]
        return {int(n): note for n, note in result["notes"].items()}, ""


class Graded(NamedTuple):
    """A hand-in after grading: its marks, what to say about it, and words that a person should look at."""

    student: str
    marks: list
    remarks: list
    suspect: list

    @property
    def earned(self):
        return sum(mark.earned or 0 for mark in self.marks)

    @property
    def points(self):
        return sum(mark.points for mark in self.marks)


def autograde(course, name, settings, students=None, say=print):
    """Grade all hand-ins, or those of some students; return a `Graded` for each."""
    require_prepared(course)
    assignment = Assignment(course, name, settings)
    wanted = _wanted(course, name, students)
    assignment.sandboxed, sentence = choose_sandbox(settings.sandbox, course.private)
    say(sentence)
    if not (course.private / "tests" / f"{name}.py").exists():
        say(f"There are no private tests for {name}: the last point of a question rests on the secret seed alone.")
    check_reference(assignment)
    say("The reference solution has full marks.")
    gradebook.register(course, name, assignment.pattern)
    graded = _grade_all(assignment, wanted, say)
    waiting = by_hand.update(course, name)
    if waiting:
        say(f"{waiting} answers wait for a person: fill in {course.table('by-hand', name)}.")
    return graded


def _wanted(course, name, students):
    there = course.hand_ins(name)
    missing = sorted(set(students or []) - set(there))
    if missing:
        raise Problem(f"There is no hand-in of {name} by {', '.join(missing)}.")
    if not there:
        raise Problem(f"There are no hand-ins of {name}: `collect` brings them.")
    return sorted(students) if students else there


def check_reference(assignment):
    """Grade the source notebook as if it were handed in; stop unless it earns every point."""
    notebook, _ = restored([(cell, _names(cell)) for cell in _plain(assignment.solution)], assignment.pattern)
    cache = assignment.course.private / "cache"
    cache.mkdir(exist_ok=True)
    notes, failure = assignment.run(notebook, keep=cache)
    if failure:
        raise Problem(f"The reference solution could not be run. {failure}")
    lost = [m for m in marks_of(notebook, notes, assignment.pattern) if m.earned is not None and m.earned < m.points]
    if lost:
        told = "\n".join(f"    {m.question}: {m.earned:g} of {m.points:g}. {_why(notebook, m)}" for m in lost)
        raise Problem(
            f"The reference solution does not earn full marks, so nobody was graded:\n{told}\n"
            f"If the question is one of the course, your secret seed is an unlucky one: remove "
            f"{assignment.course.private / 'seed'}, and `python -m mlkit.grading prepare` draws another. If it is "
            f"a test of your own, correct it in {assignment.course.private / 'tests'}."
        )
    assignment.files = [*assignment.files, *cache.glob("fontlist*.json")]


def _plain(notebook):
    from nbformat.v4 import new_code_cell, new_markdown_cell

    for cell in notebook.cells:
        make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
        yield make(cell.source, id=cell.id, metadata=cell.metadata)


def _names(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id"), cell.id


def _why(notebook, mark):
    """The reason, and for an instructor's eyes the lines that are not right."""
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == mark.question)
    score = score_of(cell)
    wrong = [line for line in score.lines if line.status in ("not yet", "not written yet")] if score else []
    return "; ".join(f"{line.title} ({line.note})" for line in wrong) or mark.why


def _grade_all(assignment, students, say):
    """Several at a time; the gradebook is written by this process alone, one hand-in after the other."""
    graded = []
    pool = ThreadPoolExecutor(assignment.settings.jobs)
    try:
        handed_in = [pool.submit(grade_one, assignment, student) for student in students]
        for done in tqdm(as_completed(handed_in), total=len(students), unit="", leave=False, disable=None):
            one = done.result()
            gradebook.record(assignment.course, assignment.name, one.student, one.marks)
            with tqdm.external_write_mode():  # the bar is in a terminal only, and comes again below the line
                say(_line(one, len(graded) + 1, len(students)))
            graded.append(one)
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C nothing new is begun
    return sorted(graded)


def _line(one, number, count):
    extra = [f"look at it: it mentions {', '.join(one.suspect)}"] if one.suspect else []
    said = ". ".join([remark.rstrip(".") for remark in one.remarks] + extra)
    return f"[{number}/{count}] {one.student}: {one.earned:g} of {one.points:g}" + (f" ({said})" if said else "")


def grade_one(assignment, student):
    """Grade one hand-in, whatever it is: a failure is a mark of 0 with a reason, never an exception."""
    try:
        return _graded(assignment, student)
    except Problem as problem:
        return _not_graded(assignment, student, str(problem))
    except Exception as error:  # a fault of ours, perhaps; the others are graded all the same
        return _not_graded(assignment, student, f"It could not be graded: {type(error).__name__}: {error}"[:300])


def _graded(assignment, student):
    hand_in = read_hand_in(assignment.course.submitted(student, assignment.name))
    notebook, remarks = restored(hand_in, assignment.pattern)
    suspect = suspicions(notebook)
    notes, failure = assignment.run(notebook)
    marks = no_marks(assignment.pattern, failure) if failure else marks_of(notebook, notes, assignment.pattern)
    remarks += [failure] if failure else []
    _save(assignment, student, notebook, notes, marks, remarks)
    return Graded(student, marks, remarks, suspect)


def _not_graded(assignment, student, why):
    marks = no_marks(assignment.pattern, why)
    _save(assignment, student, copy.deepcopy(assignment.pattern), {}, marks, [why], ran=False)
    return Graded(student, marks, [why], [])


def _save(assignment, student, notebook, notes, marks, remarks, ran=True):
    """Keep the notebook with its outputs, and in its metadata what the feedback says."""
    reasons = {mark.question: mark.why for mark in marks}
    notes = {str(n): note for n, note in notes.items()}
    waiting = [mark.question for mark in marks if mark.earned is None]
    notebook.metadata["mlkit"] = {"remarks": remarks, "reasons": reasons, "notes": notes, "open": waiting, "ran": ran}
    path = assignment.course.autograded(student, assignment.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, as_text(notebook))

"""Where a course keeps its things: the public folder of exercises, and the instructor's private folder."""

import os
from dataclasses import dataclass
from pathlib import Path

import mlkit

REPOSITORY = Path(mlkit.__file__).resolve().parents[1]
HOW_TO_PREPARE = (
    "Choose a folder of your own, outside the repository, and say\n"
    "    export NN_GRADING=~/nn-grading\n"
    "    python -m mlkit.grading prepare"
)


class Problem(Exception):
    """Something the instructor can put right: shown as a sentence, without a traceback."""


@dataclass(frozen=True)
class Course:
    """The folder ``exercises``, which everybody may see, and the private folder, which nobody else may.

    The private folder is laid out as nbgrader wants it: ``submitted``, ``autograded`` and ``gradebook.db``.
    """

    exercises: Path
    private: Path | None = None

    def names(self):
        """The assignments that have a source notebook."""
        return sorted(path.parent.name for path in self.exercises.glob("source/*/*.ipynb"))

    def source(self, name):
        """The notebook with the solutions."""
        found = sorted((self.exercises / "source" / name).glob("*.ipynb"))
        if len(found) != 1:
            known = ", ".join(self.names()) or "none"
            where = self.exercises / "source" / name
            wrong = f"In {where} there are {len(found)} notebooks." if found else f"There is no assignment {name}."
            raise Problem(f"{wrong} The assignments are: {known}.")
        return found[0]

    def student(self, name):
        """The notebook that learners get."""
        return self.exercises / name / self.source(name).name

    def submitted(self, student, name):
        return self.private / "submitted" / student / name / self.source(name).name

    def autograded(self, student, name):
        return self.private / "autograded" / student / name / self.source(name).name

    def hand_ins(self, name):
        """The students who handed in, in alphabetical order."""
        folders = (self.private / "submitted").glob(f"*/{name}/{self.source(name).name}")
        return sorted(path.parent.parent.name for path in folders)

    def table(self, folder, name):
        """The path of a CSV in the private folder, in a folder that exists."""
        path = self.private / folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def open_course(exercises=None, private=True):
    """The course at ``exercises``, by default the repository's, with the folder that ``NN_GRADING`` names."""
    exercises = Path(exercises).resolve() if exercises else REPOSITORY / "exercises"
    if not (exercises / "source").is_dir():
        raise Problem(f"There are no exercises in {exercises}: --course FOLDER says where they are.")
    return Course(exercises, private_folder(exercises) if private else None)


def private_folder(exercises):
    """The folder named by ``NN_GRADING``; a `Problem` if there is none, or if others would see it."""
    named = os.environ.get("NN_GRADING", "").strip()
    if not named:
        raise Problem(f"The environment variable NN_GRADING is not set. {HOW_TO_PREPARE}")
    folder = Path(named).expanduser().resolve()
    for public in (exercises.parent, REPOSITORY):
        if folder.is_relative_to(public):
            raise Problem(
                f"NN_GRADING names {folder}, inside the repository {public}: hand-ins and tests must stay out."
            )
    return folder


def require_prepared(course):
    """Stop unless the private folder holds the secret seed and a place for tests: never grade with the public ones."""
    seed = course.private / "seed"
    if not seed.is_file() or not (course.private / "tests").is_dir():
        raise Problem(f"There is no secret seed, or no folder `tests`, in {course.private}. {HOW_TO_PREPARE}")
    if not seed.read_text(encoding="utf-8").strip().isdecimal():
        raise Problem(f"{seed} must hold one whole number, not negative.")

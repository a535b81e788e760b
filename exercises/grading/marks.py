"""What each question of a notebook that was run has earned, and why not more."""

import re
from typing import NamedTuple

from mlkit.checks.score import MIME, Score
from mlkit.grading.repair import is_answer, is_by_hand, is_check

TABLE = "see the table of this question, below"
REMOVED = "[removed: this belongs to the instructor]"
SUSPECT = ("mlkit.checks.", "sys.modules", "NN_GRADING", "in_kernel", "_getframe", "__code__", "builtins", "ctypes")
SUSPECT += ("subprocess", "os.system", "os._exit", "os.fork", "gc.get", "numpy.allclose =", "np.allclose =")


class Mark(NamedTuple):
    """The points of one question; ``earned`` is None until a person has marked it, ``why`` explains lost points."""

    question: str
    points: float
    earned: float | None
    why: str = ""


def marks_of(notebook, notes, pattern):
    """The marks of a notebook that was run, in its order; ``pattern`` is what was handed out."""
    blank = {c.metadata.nbgrader.grade_id: (c.metadata.nbgrader, c.source) for c in pattern.cells if is_by_hand(c)}
    marks = []
    for n, cell in enumerate(notebook.cells):
        if is_check(cell):
            marks.append(_mark(cell.metadata.nbgrader, *_of_a_check(notebook, n, notes)))
        elif is_by_hand(cell):
            _, source = blank.pop(cell.metadata.nbgrader.grade_id)
            written = cell.source.strip() != source.strip()
            marks.append(_mark(cell.metadata.nbgrader, *((None, "") if written else (0, "nothing was written"))))
    lost = "its cell is missing; a person looks whether the answer stands elsewhere"
    return marks + [_mark(marking, None, lost) for marking, _ in blank.values()]


def _mark(marking, earned, why):
    points = float(marking["points"])
    if earned is None:
        return Mark(marking["grade_id"], points, None, why or "a person reads this answer")
    earned = (
        min(max(earned, 0.0), points) if earned == earned else 0.0
    )  # never more than there is, never "not a number"
    return Mark(marking["grade_id"], points, earned, "" if earned == points else why or TABLE)


def no_marks(pattern, why):
    """The marks of a hand-in that could not be run at all."""
    graded = [cell for cell in pattern.cells if is_check(cell) or is_by_hand(cell)]
    return [_mark(cell.metadata.nbgrader, 0, why) for cell in graded]


def _of_a_check(notebook, n, notes):
    """Points and a reason, from the score that the cell shows last."""
    cell, answer = notebook.cells[n], _answer_before(notebook, n)
    if n in notes:
        return 0, _told(notes[n], notes.get(answer))
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if errors:
        said = f"The check could not be run: {errors[-1].ename}: {errors[-1].evalue}."
        return 0, _told(said, _trouble(notebook, answer, notes))
    score = score_of(cell)
    if score is None:
        return 0, _told("The check showed no number of points.", _trouble(notebook, answer, notes))
    return float(score), ""


def score_of(cell):
    """The `Score` that a check cell shows, read from its data; None if there is none."""
    shown = [output.data for output in cell.outputs if output.output_type == "execute_result"]
    try:
        return Score.from_data(shown[-1][MIME])
    except (IndexError, KeyError, ValueError):
        return None


def _answer_before(notebook, n):
    """The number of the answer that a check belongs to: the last one above it."""
    return next((m for m in range(n - 1, -1, -1) if is_answer(notebook.cells[m])), None)


def _trouble(notebook, answer, notes):
    """What went wrong in the cell of the answer, in a sentence; nothing if it ran."""
    if answer is None:
        return "There is no cell with your answer above it."
    errors = [output for output in notebook.cells[answer].get("outputs", []) if output.output_type == "error"]
    if answer in notes:
        return notes[answer]
    return f"The cell with your answer stopped with {errors[-1].ename}: {errors[-1].evalue}." if errors else ""


def _told(*sentences):
    return " ".join(filter(None, sentences))


def secrets(private):
    """What must not be given back: the seed, and every line of a private test that says something."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in (private / "tests").rglob("*.py")]
    lines = {line.strip() for text in texts for line in text.splitlines()}
    telling = [line for line in lines if len(line) > 15 and not line.startswith(("from ", "import ", "#"))]
    seed = (private / "seed").read_text(encoding="utf-8").strip()
    return [*sorted(telling, key=len, reverse=True), *([seed] if len(seed) > 5 else [])]


def without(secret, value):
    """The same text, list or dictionary with every secret taken out."""
    if isinstance(value, dict):
        return {key: without(secret, part) for key, part in value.items()}
    if isinstance(value, list):
        return [without(secret, part) for part in value]
    if isinstance(value, str):
        for text in secret:
            value = value.replace(text, REMOVED)
    return value


def suspicions(notebook):
    """Words in a hand-in that a person should look at: they do not occur in an ordinary answer."""
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code" and not is_check(c))
    return [word for word in SUSPECT if re.search(rf"(?<!\w){re.escape(word)}", code)]

"""A hand-in as it will be run: what the learner wrote, with the tests as they were handed out."""

import copy
import json

from mlkit.grading.course import Problem

LONGEST = 20_000_000  # bytes of a notebook that we read


def read_hand_in(path):
    """The cells of a hand-in, as pairs of cell and marking; a `Problem` says in what way it is not a notebook."""
    if path.stat().st_size > LONGEST:
        raise Problem(f"The file is larger than {LONGEST // 1_000_000} MB. Clear the outputs before you hand in.")
    try:
        cells = _cells(path.read_text(encoding="utf-8"))
        return [(_fresh(cell, n), _marking(cell)) for n, cell in enumerate(cells)]
    except ValueError:
        raise Problem("The file is not a notebook, or only a part of one: it is not valid JSON.") from None
    except Exception as error:
        raise Problem(f"The file cannot be read as a notebook ({type(error).__name__}).") from None


def _cells(text):
    """The cells as they are written: nothing is validated, because nothing but their text will be used."""
    notebook = json.loads(text)
    if "worksheets" in notebook:  # from before 2015
        import nbformat

        notebook = nbformat.reads(text, as_version=4)
    return notebook["cells"]


def _fresh(cell, n):
    """A new cell with nothing but the learner's text: no outputs, no tags, no marking."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(map(str, source))
    make = new_code_cell if cell.get("cell_type") == "code" else new_markdown_cell
    return make(source, id=f"hand-in-{n}")


def _marking(cell):
    """By what a cell may be recognized: nbgrader's name for it, and its id."""
    metadata = cell.get("metadata")
    marking = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = marking.get("grade_id") if isinstance(marking, dict) else None
    return str(name), str(cell.get("id"))


def restored(hand_in, pattern):
    """Put the cells of ``pattern``, the student version, back where the hand-in lost or changed them.

    Answers stay as they are. Of a cell that is there twice, as after a copy or a split, both run, and the first
    carries the marking. Returns the notebook and sentences that say what was put back.
    """
    from nbformat.v4 import new_notebook

    cells, found = _match(hand_in, pattern)
    notes = _put_back(cells, found, pattern)
    nothing = not any("nbgrader" in cell.metadata for cell in found.values())
    for wanted in pattern.cells:
        if wanted.id not in found and _is(wanted, "locked"):
            _insert(cells, found, pattern, wanted)
            notes.append(f"The cell “{wanted.metadata.nbgrader.grade_id}” was missing and was put back.")
        elif wanted.id not in found and _is(wanted, "solution"):
            notes.append(f"The cell for the answer “{wanted.metadata.nbgrader.grade_id}” is missing.")
    if nothing:
        notes = ["No cell of this exercise was recognized; the tests were put at the end. Is it another notebook?"]
    return new_notebook(cells=cells, metadata=copy.deepcopy(pattern.metadata)), notes


def _match(hand_in, pattern):
    """Pair cells of the pattern with cells of the hand-in: by nbgrader's name for them, else by their id."""
    found, taken = {}, set()
    names = [(cell.id, (cell.metadata.get("nbgrader", {}).get("grade_id"), cell.id)) for cell in pattern.cells]
    for by in (0, 1):
        for key, marking in names:
            same = [c for c, m in hand_in if m[by] == marking[by] and c.id not in taken]
            if key not in found and same and marking[by]:
                found[key] = same[0]
                taken.add(same[0].id)
    return [cell for cell, _ in hand_in], found


def _put_back(cells, found, pattern):
    """Give found cells their marking, and those that are not for writing their type and text."""
    notes = []
    for wanted in pattern.cells:
        cell = found.get(wanted.id)
        if cell is None or "nbgrader" not in wanted.metadata:
            continue
        answer = _is(wanted, "solution")
        if not answer and cell.source.strip() != wanted.source.strip() or cell.cell_type != wanted.cell_type:
            notes.append(f"The cell “{wanted.metadata.nbgrader.grade_id}” was changed and was put back.")
        made = _copy(wanted, cell.source if answer else wanted.source)
        cells[_place(cells, cell)] = found[wanted.id] = made
    return notes


def _insert(cells, found, pattern, wanted):
    """After the last cell before it that is there; at the end if its answer is not to be found, else at the top."""
    made = _copy(wanted, wanted.source)
    before = pattern.cells[: _place(pattern.cells, wanted)]
    answers = [cell for cell in before if _is(cell, "solution")]
    there = [found[cell.id] for cell in before if cell.id in found]
    if _is(wanted, "grade") and answers and answers[-1].id not in found:
        cells.append(made)
    else:
        cells.insert(_place(cells, there[-1]) + 1 if there else 0, made)
    found[wanted.id] = made


def _place(cells, cell):
    return next(n for n, other in enumerate(cells) if other is cell)


def _copy(wanted, source):
    from nbformat.v4 import new_code_cell, new_markdown_cell

    make = new_code_cell if wanted.cell_type == "code" else new_markdown_cell
    return make(source, id=wanted.id, metadata=copy.deepcopy(wanted.metadata))


def _is(cell, what):
    """nbgrader's marking: ``grade`` earns points, ``solution`` is written by learners, ``locked`` is not."""
    marking = cell.metadata.get("nbgrader", {})
    if what == "locked":
        return bool(marking) and not marking.get("solution")
    return bool(marking.get(what))


def is_check(cell):
    """True for a cell of code that earns points by running."""
    return cell.cell_type == "code" and _is(cell, "grade") and not _is(cell, "solution")


def is_by_hand(cell):
    """True for an answer that a person marks: a text, or code without a test."""
    return _is(cell, "grade") and _is(cell, "solution") or _is(cell, "task")


def is_answer(cell):
    return _is(cell, "solution")

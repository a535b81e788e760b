"""A page for each student: points, a reason for every lost one, and the notebook as it ran. It needs no other file."""

import html
import re
import zipfile

from mlkit.grading import by_hand, gradebook
from mlkit.grading.collect import read_collected
from mlkit.grading.course import Problem
from mlkit.grading.marks import score_of
from mlkit.grading.repair import is_answer, is_check
from mlkit.grading.student_version import read_notebook, student_version

# Nothing in the page may run or be fetched, whatever a hand-in has written into it.
SAFE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table.marks { border-collapse: collapse; width: 100%; }
table.marks td, table.marks th { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; }
table.marks td:nth-child(-n+2) { white-space: nowrap; }
table.marks tr + tr { border-top: 1px solid #8886; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem; margin: .4rem 0; background: #8881; }
.says { border-left: 4px solid #b45309; padding: .2rem .8rem; }
section { margin: 1.5rem 0; } img { max-width: 100%; }
"""
LONGEST = 20_000  # characters of one output in the page
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def feedback(course, name):
    """Write the pages, and a zip of them under the names by which the LMS takes them back; return their folder."""
    by_hand.apply(course, name)
    pattern = student_version(course, read_notebook(course.source(name)))
    told = {cell.source.strip() for cell in pattern.cells if cell.cell_type == "markdown"}
    pages = {}
    for student, rows in _by_student(gradebook.read(course, name)).items():
        notebook = read_notebook(course.autograded(student, name))
        pages[student] = page(name, student, rows, notebook, told)
    if not pages:
        raise Problem(f"No hand-in of {name} has been graded yet: `autograde {name}` does it.")
    return _write(course, name, pages)


def _by_student(rows):
    students = {}
    for row in rows:
        students.setdefault(row.student, []).append(row)
    return students


def page(name, student, rows, notebook, told):
    """The whole page as text; ``told`` are the texts of the exercise, which are not repeated."""
    known = notebook.metadata.get("mlkit", {})
    points = {row.question: row for row in rows}
    earned, possible = sum(row.earned or 0 for row in rows), sum(row.points for row in rows)
    open_ = " so far: a person still reads some answers" if any(row.earned is None for row in rows) else ""
    remarks = "".join(f"<p class='says'>{html.escape(remark)}</p>" for remark in known.get("remarks", []))
    notes = known.get("notes", {})
    cells = "".join(_cell(cell, notes.get(str(n), ""), points, told) for n, cell in enumerate(notebook.cells))
    ran = (
        f"<h2>The notebook as it ran</h2>{cells}" if known.get("ran", True) else ""
    )  # what is kept then is a blank one
    head = f"<meta charset='utf-8'><meta http-equiv='Content-Security-Policy' content=\"{SAFE}\">"
    head += "<meta name='viewport' content='width=device-width'>"
    title = html.escape(f"{name}: {student}")
    return (
        f"<!DOCTYPE html><html lang='en'><head>{head}<title>{title}</title><style>{STYLE}</style></head><body>"
        f"<h1>{title}</h1><p><strong>{earned:g} of {possible:g} points</strong>{open_}</p>"
        f"{_marks(rows, known)}{remarks}{ran}</body></html>\n"
    )


def _marks(rows, known):
    lines = "".join(_line(row, _reason(row, known)) for row in rows)
    names = "".join(f"<th scope='col'>{word}</th>" for word in ("question", "points", "why"))
    return f"<table class='marks'><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"


def _reason(row, known):
    """Why points are missing; of an answer that a person marked, what the person wrote."""
    if row.earned is None or row.question not in known.get("open", []):
        return "" if row.earned == row.points else known.get("reasons", {}).get(row.question, "")
    return row.comment or ("" if row.earned == row.points else "marked by a person, without a comment")


def _line(row, why):
    points = f"{'–' if row.earned is None else format(row.earned, 'g')} of {row.points:g}"
    link = f"<a href='#{html.escape(row.question)}'>{html.escape(row.question)}</a>"
    return f"<tr><td>{link}</td><td>{points}</td><td>{html.escape(why)}</td></tr>"


def _cell(cell, note, points, told):
    name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    if cell.cell_type == "markdown" and cell.source.strip() in told and name not in points:
        return _heading(cell.source)
    row, says = points.get(name), f"<p class='says'>{html.escape(note)}</p>" if note else ""
    head = f"<h3 id='{html.escape(name)}'>{html.escape(name)}: {_of(row)}</h3>" if row else ""
    who = "<p><em>your answer</em></p>" if is_answer(cell) else ""
    shown = "".join(_check(cell) if is_check(cell) else map(_output, cell.get("outputs", [])))
    return f"<section>{head}{who}<pre><code>{html.escape(cell.source)}</code></pre>{says}{shown}</section>"


def _of(row):
    return "not marked yet" if row.earned is None else f"{row.earned:g} of {row.points:g}"


def _heading(source):
    """Of the exercise's own texts only the headings, so that one finds one's way."""
    found = re.match(r"(#+) +(.*)", source)
    return f"<h3>{html.escape(found[2])}</h3>" if found else ""


def _check(cell):
    """The table of the score, made here from its data: whatever HTML a hand-in may have put there is not shown."""
    score = score_of(cell)
    return [score.html(linked=False)] if score is not None else map(_output, cell.get("outputs", []))


def _output(output):
    """Text or a picture."""
    if output.output_type == "stream":
        return _text(output.text)
    if output.output_type == "error":
        return _text("\n".join(output.traceback) or f"{output.ename}: {output.evalue}")
    data = output.get("data", {})
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            return f"<img alt='picture drawn by this cell' src='data:{kind};base64,{html.escape(data[kind])}'>"
    return _text(data.get("text/plain", ""))


def _text(text):
    text = ANSI.sub("", text)
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "\n… the rest is not shown here"
    return f"<pre>{html.escape(cut)}</pre>" if text.strip() else ""


def _write(course, name, pages):
    folder = course.private / "feedback" / name
    folder.mkdir(parents=True, exist_ok=True)
    handed_in = {row["student"]: row["handed_in_as"] for row in read_collected(course, name)}
    with zipfile.ZipFile(folder / "return.zip", "w", zipfile.ZIP_DEFLATED) as back:
        for student, text in pages.items():
            (folder / f"{student}.html").write_text(text, encoding="utf-8")
            file = handed_in.get(student, f"{student}/feedback.ipynb")
            back.writestr(file.removesuffix(".ipynb") + ".html", text)
    return folder

"""Points that explain themselves: a number to nbgrader, a table to a person, data to a program."""

import html
import re
from math import isfinite
from typing import NamedTuple

MIME = "application/vnd.mlkit.score+json"  # under this name a score's data stands beside its table in a notebook
MARKS = {"right": "✓", "not yet": "✗", "not written yet": "○", "not tried": "–"}


class Line(NamedTuple):
    """One line of the table."""

    title: str
    status: str
    earned: int
    points: int
    note: str = ""
    in_time: bool = True


CHAPTER = re.compile(r"\d\d-[a-z0-9-]+")
LINE = {"title": str, "status": str, "earned": float, "points": float, "note": str, "in_time": bool}
SAID = {"name": str, "hint": str, "section": str, "chapter": str, "clue": bool}


class Said(NamedTuple):
    """What is said of a mistake."""

    name: str
    hint: str
    section: str
    chapter: str
    clue: bool = False  # no more than what can be seen from outside


class Score(float):
    """The points an answer earns, with the lines that say why.

    Parameters
    ----------
    earned : float
    key : str
        The question.
    points : int
        The most it can earn.
    lines : list of Line
    mistake : mlkit.checks.question.Mistake or None

    Attributes
    ----------
    key, points, lines
        As given. None can be assigned: a score says what happened.
    mistake : str or None
        The name of the mistake that was recognized.

    Examples
    --------
    >>> Score(1, key="02-activations/relu", points=2, lines=[Line("zero below zero", "right", 1, 2)], mistake=None)
    1.0
    """

    def __new__(cls, earned, *, key, points, lines, mistake, beside=None):
        self = super().__new__(cls, earned)
        said = mistake and Said(mistake.name, mistake.hint, mistake.section, mistake.chapter, mistake.clue)
        self._facts = {"key": key, "points": points, "lines": tuple(lines), "mistake": said, "beside": beside}
        return self

    def __getnewargs_ex__(self):  # for copies and files
        return (float(self),), self._facts

    key = property(lambda self: self._facts["key"])
    points = property(lambda self: self._facts["points"])
    lines = property(lambda self: self._facts["lines"])
    mistake = property(lambda self: self._said and self._said.name)
    _said = property(lambda self: self._facts["mistake"])
    _beside = property(lambda self: self._facts["beside"])

    def beside(self, beside):
        """The same score with what a learner's notebook shows beside it: a `mlkit.checks.ladder.Beside` or ``None``."""
        return Score(float(self), **self._facts | {"beside": beside})

    @property
    def data(self):
        """All of it as a program reads it, or writes it to a file: a dictionary of texts and numbers.

        >>> score = Score(1, key="02-activations/relu", points=2, lines=[], mistake=None)
        >>> score.data["earned"], score.data["points"], Score.from_data(score.data)
        (1.0, 2, 1.0)
        """
        lines = [line._asdict() for line in self.lines]
        said = self._said and self._said._asdict()
        return {"key": self.key, "earned": float(self), "points": self.points, "lines": lines, "mistake": said}

    @classmethod
    def from_data(cls, data):
        """The score whose `data` this is; a ``ValueError`` if it cannot be that of any."""
        try:
            lines = [Line(**{name: _plain(line[name], kind) for name, kind in LINE.items()}) for line in data["lines"]]
            said = data["mistake"] and Said(
                **{name: _plain(data["mistake"][name], kind) for name, kind in SAID.items()}
            )
            earned, points = (_plain(data[name], float) for name in ("earned", "points"))
            key = _plain(data["key"], str)
        except (TypeError, KeyError, OverflowError) as error:
            raise ValueError(f"this is not the data of a score: {type(error).__name__}: {error}") from None
        known = {line.status for line in lines} <= set(MARKS) and (not said or CHAPTER.fullmatch(said.chapter))
        if not 0 <= earned <= points or not known:
            raise ValueError(f"this is not the data of a score: {earned} of {points} points, {lines}, {said}")
        return cls(earned, key=key, points=points, lines=lines, mistake=said)

    def __repr__(self):
        return float.__repr__(float(self))  # nbgrader reads the mark from here

    def __str__(self):
        rows = [f"{MARKS[line.status]} {line.status}: {line.title}" + _after(line.note) for line in self.lines]
        return "\n".join([self._headline(), *rows, *filter(None, [self._diagnosis()])])

    def _headline(self):
        return f"{self.key.partition('/')[2]}: {float(self):g} of {self.points} points"

    def _diagnosis(self):
        if self._said is None:
            return ""
        return f"{self._lead()} {self._said.hint} See {self._section()}."

    def _lead(self):
        return f"{'A clue' if self._said.clue else 'Likely mistake'}: {self._said.name}."

    def _section(self):
        return f"chapter {int(self._said.chapter[:2])}, “{self._said.section}”"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": repr(self), "text/html": self.html(), MIME: self.data}

    def html(self, *, linked=True):
        """A table in the page's own colors; the words say what the signs and colors say.

        ``linked``: the section that helps is a link to the chapter's notebook, as it lies beside the exercises.
        """
        rows = "".join(map(_row, self.lines))
        tried = table(self._headline(), ("result", "what was tried", "points"), rows)
        parts = [self._html_remark(), tried, self._html_hint(linked), self._html_solution(), self._html_total()]
        return f"<div class='mlkit-check' role='status' style='margin: 0.5rem 0;'>{''.join(parts)}</div>"

    def _html_remark(self):
        remark = self._beside and self._beside.remark
        return f"<p style='{FRAME}'><strong>An older version:</strong> {with_code(remark)}</p>" if remark else ""

    def _html_hint(self, linked):
        """The mistake's name; opened, what to ask oneself and where to read. From the second try on it is open."""
        if self._said is None:
            return ""
        section = _link(self._said, html.escape(self._section())) if linked else html.escape(self._section())
        hint = f"{with_code(self._said.hint)} See {section}."
        if self._beside is None:
            return f"<p style='{FRAME}'><strong>{with_code(self._lead())}</strong> {hint}</p>"
        return _folded(with_code(self._lead()), f"<p>{hint}</p>", self._beside.tries > 1)

    def _html_solution(self):
        if not (self._beside and self._beside.solution):
            return ""
        inside = solution_html(self._beside.solution, self._beside.why)
        return _folded("One solution, and why it works", inside, False)

    def _html_total(self):
        return f"<p>{self._beside.total.line(self.key)}</p>" if self._beside else ""


def solution_html(text, why):
    """A solution as it stands in the notebook, its long lines in a box of their own, and why it works."""
    return f"<pre style='white-space: pre; overflow-x: auto;'>{html.escape(text)}</pre><p>{with_code(why)}</p>"


def table(caption, names, rows):
    """A table in the page's own colors, with the names of its columns; ``rows`` are HTML."""
    head = f"<caption style='{LEFT} font-weight: 600;'>{html.escape(caption)}</caption>"
    columns = "".join(f"<th scope='col' style='{CELL}'>{name}</th>" for name in names)
    return f"<table style='{TABLE}'>{head}<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"


def row_of(cells):
    """A row of a table; ``cells`` are HTML."""
    return "<tr>" + "".join(f"<td style='{CELL}'>{cell}</td>" for cell in cells) + "</tr>"


def _folded(name, inside, open_):
    state = " open" if open_ else ""
    # in words too: not every program that shows notebooks draws the triangle
    summary = f"<summary style='display: list-item; cursor: pointer;'><strong>{name}</strong> (open or close)</summary>"
    return f"<details style='{FRAME}'{state}>{summary}{inside}</details>"


def _link(said, words):
    where = f"../../chapters/{said.chapter}.ipynb#cell-id={section_id(said.section)}"
    click = f"data-section='{html.escape(said.section)}' onclick='{html.escape(STAY)}'"
    return f"<a href='{where}' {click}>{words}</a>"


def _plain(value, kind):
    """``value`` if it is of this kind: text, a truth value, or a finite number."""
    if kind is float and type(value) in (int, float) and isfinite(value):
        return value
    if kind is float or type(value) is not kind:
        raise TypeError(f"{value!r:.100} where a {kind.__name__} was wanted")
    return value


# JupyterLab scrolls to a section before the cells above it are drawn, which then push it away: scroll until it stays.
STAY = """((link) => {
  let top, still = 0, until = Date.now() + 60000;
  const section = (heading) => heading.textContent.replace("¶", "").trim() === link.dataset.section;
  const look = () => {
    const found = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) h2")].find(section);
    if (found) found.style.scrollMarginTop = "1rem"; // what is still drawn above moves it a little
    found?.scrollIntoView();
    const now = found?.getBoundingClientRect().top;
    still = found && now === top ? still + 1 : 0;
    top = now;
    if (still < 8 && Date.now() < until) setTimeout(look, 250);
  };
  for (const ours of ["wheel", "keydown", "pointerdown"]) addEventListener(ours, () => { until = 0; }, { once: true });
  look();
})(this)"""
TABLE = (
    "border-collapse: collapse; table-layout: auto; width: 100%; max-width: 48rem; text-align: left; color: inherit;"
)
LEFT = "caption-side: top; text-align: left; padding: 0.2rem 0; color: inherit;"
CELL = "text-align: left; vertical-align: top; padding: 0.25rem 0.8rem 0.25rem 0; white-space: normal;"
ACCENT = "var(--jp-brand-color1, var(--pst-color-primary, #1f6feb))"
FRAME = f"border-left: 4px solid {ACCENT}; padding: 0.4rem 0.8rem; margin: 0.6rem 0; max-width: 48rem;"
TONES = {
    "right": "var(--jp-success-color1, var(--pst-color-success, #1a7f37))",
    "not yet": "var(--jp-error-color1, var(--pst-color-danger, #c62828))",
}


def section_id(heading):
    """The id of the cell that a section of a chapter opens: JupyterLab scrolls to it, whatever renders the heading.

    >>> section_id("How small should h be?")
    'how-small-should-h-be'
    """
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _row(line):
    tone = f"border-bottom: 3px solid {TONES[line.status]};" if line.status in TONES else ""
    sign = f"<span style='{tone} white-space: nowrap;'>{MARKS[line.status]} {line.status}</span>"
    note = f"<br><span style='opacity: 0.85;'>{with_code(line.note)}</span>" if line.note else ""
    cells = (sign, with_code(line.title) + note, f"{line.earned}/{line.points}")
    return row_of(cells)


def with_code(text):
    """Escape, and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


def _after(note):
    return f" ({note})" if note else ""

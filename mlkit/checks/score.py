"""Points that explain themselves: a number to nbgrader, a table to a person."""

import html
import re
from typing import NamedTuple

MARKS = {"right": "✓", "not yet": "✗", "not written yet": "○", "not tried": "–"}


class Line(NamedTuple):
    """One line of the table."""

    title: str
    status: str
    earned: int
    points: int
    note: str = ""
    in_time: bool = True


class Said(NamedTuple):
    """What is said of a mistake."""

    name: str
    hint: str
    section: str
    chapter: str


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

    def __new__(cls, earned, *, key, points, lines, mistake):
        self = super().__new__(cls, earned)
        said = mistake and Said(mistake.name, mistake.hint, mistake.section, mistake.chapter)
        self._facts = {"key": key, "points": points, "lines": tuple(lines), "mistake": said}
        return self

    def __getnewargs_ex__(self):  # for copies and files
        return (float(self),), self._facts

    key = property(lambda self: self._facts["key"])
    points = property(lambda self: self._facts["points"])
    lines = property(lambda self: self._facts["lines"])
    mistake = property(lambda self: self._said and self._said.name)
    _said = property(lambda self: self._facts["mistake"])

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
        return f"Likely mistake: {self._said.hint} See chapter {int(self._said.chapter[:2])}, “{self._said.section}”."

    def _repr_html_(self):
        """A table in the page's own colors; the words say what the signs and colors say."""
        rows = "".join(map(_row, self.lines))
        head = f"<caption style='{LEFT} font-weight: 600;'>{html.escape(self._headline())}</caption>"
        names = "".join(
            f"<th scope='col' style='{CELL}'>{name}</th>" for name in ("result", "what was tried", "points")
        )
        table = f"<table style='{TABLE}'>{head}<thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div class='mlkit-check' role='status' style='margin: 0.5rem 0;'>{table}{self._html_hint()}</div>"

    def _html_hint(self):
        if self._said is None:
            return ""
        said = self._said
        where = f"../../chapters/{said.chapter}.ipynb#cell-id={section_id(said.section)}"
        click = f"data-section='{html.escape(said.section)}' onclick='{html.escape(STAY)}'"
        link = f"<a href='{where}' {click}>chapter {int(said.chapter[:2])}, “{html.escape(said.section)}”</a>"
        frame = f"border-left: 4px solid {ACCENT}; padding: 0.4rem 0.8rem; margin: 0.6rem 0; max-width: 48rem;"
        return f"<p style='{frame}'><strong>Likely mistake:</strong> {_code(said.hint)} See {link}.</p>"


# JupyterLab scrolls to a section before the cells above it are drawn, which then push it away: scroll until it stays.
STAY = """((link) => {
  let top, still = 0, until = Date.now() + 60000;
  const section = (heading) => heading.textContent.replace("¶", "").trim() === link.dataset.section;
  const look = () => {
    const found = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) h2")].find(section);
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
    note = f"<br><span style='opacity: 0.85;'>{_code(line.note)}</span>" if line.note else ""
    cells = (sign, _code(line.title) + note, f"{line.earned}/{line.points}")
    return "<tr>" + "".join(f"<td style='{CELL}'>{cell}</td>" for cell in cells) + "</tr>"


def _code(text):
    """Escape, and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


def _after(note):
    return f" ({note})" if note else ""

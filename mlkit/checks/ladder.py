"""What stands beside a score in a learner's notebook: the way from wrong to right, and how far the notebook has come.

The rungs: the table says what is missing; the mistake's name; opened, a question to ask oneself and the section of the
chapter; after three different answers, one solution and why it works. All of it is plain HTML, so that it works in
every program that shows notebooks, with the keyboard and for a screen reader.
"""

import html
from typing import NamedTuple

from mlkit.checks import notebook
from mlkit.checks.progress import TRIES, progress_here
from mlkit.checks.score import row_of, solution_html, table


class Beside(NamedTuple):
    """What a table shows beyond its score.

    ``remark`` says that another version may be meant, ``tries`` how many different answers were wrong so far,
    ``solution`` is one with the reason ``why`` it works, if it may be shown, and ``total`` is a `Total`.
    """

    remark: str
    tries: int
    solution: str
    why: str
    total: object


class Total:
    """The points of a notebook's questions as they were checked last, what is open, and where to go on."""

    def __init__(self, questions, progress, saved=None):
        self.rows = [(key, progress.points(key), question.points) for key, question in questions.items()]
        self.saved = saved

    @property
    def open(self):
        """The keys of the questions without full marks, in their order."""
        return [key for key, earned, points in self.rows if earned < points]

    def line(self, after=None):
        """One sentence, as HTML; ``after`` is the question from which one comes: while it is open, none is next."""
        said = f"This notebook so far: {self._sum()}."
        if not self.open:
            return said + " Nothing is open."
        said += f" Open: {', '.join(self._link(key, self._name(key)) for key in self.open)}."
        return said if after in self.open else said + f" Next: {self._link(self._next(after))}."

    def _next(self, after):
        """The first open question behind the one from which one comes, else the first that is open."""
        keys = [key for key, *_ in self.rows]
        behind = keys[keys.index(after) + 1 :] if after in keys else keys
        return next(key for key in [*behind, *keys] if key in self.open)

    def _sum(self):
        return f"{sum(row[1] for row in self.rows):g} of {sum(row[2] for row in self.rows)} points"

    def _name(self, key):
        return key.partition("/")[2]

    def _link(self, key, words=""):
        """A link to where the notebook asks the question, with its title there or other words."""
        place = self.saved.places.get(key) if self.saved else None
        if place is None or not place.cell:
            return words or f"<code>{self._name(key)}</code>"
        where = f"{html.escape(self.saved.name)}#cell-id={html.escape(place.cell)}"
        return f"<a href='{where}'>{html.escape(words or place.title)}</a>"

    def __repr__(self):
        lines = [f"{self._name(key)}: {earned:g} of {points} points" for key, earned, points in self.rows]
        return "\n".join([*lines, f"together: {self._sum()}"])

    def _repr_html_(self):
        rows = "".join(row_of((self._link(key), f"{earned:g} of {points}")) for key, earned, points in self.rows)
        shown = table(self._sum(), ("question", "points, as checked last"), rows)
        return f"<div class='mlkit-total' role='status'>{shown}<p>{self.line()}</p></div>"


class Solution(NamedTuple):
    """One solution, and why it works; or why it is not shown."""

    text: str
    why: str

    def __repr__(self):
        return f"{self.text}\n{self.why}".strip()

    def _repr_html_(self):
        return f"<div class='mlkit-solution' role='status'>{solution_html(self.text, self.why)}</div>"


def beside(question, questions, score, answer):
    """Note the score, and return what is shown beside it; ``None`` outside a learner's notebook."""
    if notebook.shell() is None:
        return None
    saved, progress = notebook.saved_notebook(question.chapter), progress_here()
    wrong = score < score.points and score.lines[0].status != "not written yet"
    progress.note(question.key, float(score), notebook.fingerprint(answer) if wrong else None)
    tries = progress.tries(question.key)
    shown = wrong and tries >= TRIES and not _kept(saved)
    solution, why = (question.solution.text, question.why) if shown else ("", "")
    remark = notebook.remark(question.key, answer, saved)
    return Beside(remark, tries, solution, why, Total(questions, progress, saved))


def solution(question):
    """One solution after three different answers, as a call; before, a sentence."""
    progress = progress_here()
    if _kept(notebook.saved_notebook(question.chapter)):
        return Solution("", "Whoever handed out this notebook wants no solutions shown here.")
    done = progress.points(question.key) == question.points
    if not done and progress.tries(question.key) < TRIES:
        tried = progress.tries(question.key)
        return Solution("", f"A solution is shown after {TRIES} different answers; you have tried {tried} so far.")
    return Solution(question.solution.text, question.why)


def _kept(saved):
    return saved is not None and saved.keeps_solutions

"""The exercise checkers: what is right, what is not yet, and which mistake was made; never the answer.

``check("02-activations/relu", relu)`` tries the answer on inputs drawn from a seed, states properties it must
have, and compares what it does with a catalogue of mistakes that people really make. What comes back is the
number of points, as a float that shows itself as a table in JupyterLab and as a plain number to nbgrader.

The files, in reading order: ``expect`` and ``errors`` (what is said when something is not right), ``guard`` (run the
answer, whatever it does), ``solution``, ``derived`` and ``clues`` (what wrong answers are compared with), ``diagnosis``
(which mistake it is), ``question`` (parts, mistakes), ``score`` (the table), ``notebook``, ``progress`` and ``ladder``
(what a learner's notebook shows beside it), ``grading_day`` (what only the instructor's folder knows) and
``first_steps`` (a check that is run too early). The questions themselves live with their notebooks, in
``exercises/source``; Python knows that folder as ``mlkit.checks.questions``.
"""

from mlkit.checks import ladder, notebook
from mlkit.checks.first_steps import explain_missing_names
from mlkit.checks.progress import progress_here
from mlkit.checks.question import Question, chapters, find_question, load_chapter
from mlkit.checks.score import Score

__all__ = ["Question", "Score", "check", "find_question", "load_chapter"]


class Check:
    """What check cells call; see `__call__`, `total` and `solution`."""

    def __call__(self, key, answer):
        """Look at an answer to the question ``key`` and return the points it earns, with a table that says why.

        Parameters
        ----------
        key : str
            Chapter and question, as the notebook's check cell writes it: ``"02-activations/relu"``.
        answer : object
            What was asked for: usually a function (its name, without brackets), sometimes a class or a value.

        Returns
        -------
        Score
            A float with ``points``, the most that can be had, and ``mistake``, the diagnosis or ``None``.

        Raises
        ------
        ValueError
            If there is no such question. Whatever the answer does, it is reported in the table instead.

        Examples
        --------
        >>> score = check("02-activations/relu", lambda z: abs(z))
        >>> score < score.points
        True
        >>> score.mistake
        'absolute value'
        """
        question = find_question(key)
        score = question.score(answer)
        return score.beside(ladder.beside(question, load_chapter(question.chapter), score, answer))

    def total(self, chapter=None):
        """The points of a notebook so far, as its questions were checked last, and where to go on.

        ``chapter`` is that of the notebook in this folder, if it is not given; a ``ValueError`` if there is none.
        """
        chapter = chapter or next(filter(notebook.saved_notebook, chapters()), None)
        if chapter is None:
            raise ValueError(f"no notebook with questions lies in this folder; name one of {', '.join(chapters())}")
        return ladder.Total(load_chapter(chapter), progress_here(), notebook.saved_notebook(chapter))

    def solution(self, key):
        """One solution of the question ``key`` and why it works, once three different answers have been tried."""
        return ladder.solution(find_question(key))


check = Check()
notebook.watch_cells()
explain_missing_names()

"""The exercise checkers: what is right, what is not yet, and which mistake was made; never the answer.

``check("02-activations/relu", relu)`` tries the answer on inputs drawn from a seed, states properties it must
have, and compares what it does with a catalogue of mistakes that people really make. What comes back is the
number of points, as a float that shows itself as a table in JupyterLab and as a plain number to nbgrader.

The files, in reading order: ``expect`` (what a test says when it is not satisfied), ``guard`` (run the answer,
whatever it does), ``question`` (parts, mistakes), ``score`` (the table), ``grading_day`` (what only the
instructor's folder knows) and ``first_steps`` (a check that is run too early). The questions themselves live with
their notebooks, in ``exercises/source``; Python knows that folder as ``mlkit.checks.questions``.
"""

from mlkit.checks.first_steps import explain_missing_names
from mlkit.checks.question import Question, find_question, load_chapter
from mlkit.checks.score import Score

__all__ = ["Question", "Score", "check", "find_question", "load_chapter"]


def check(key, answer):
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
    return find_question(key).score(answer)


explain_missing_names()

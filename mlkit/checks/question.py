"""A question: its parts with their points, and the mistakes people make in it, each with what to say about it."""

import difflib
import importlib
import pkgutil
import zlib
from typing import Any, NamedTuple

import numpy as np

from mlkit.checks import grading_day, questions
from mlkit.checks.expect import NotWritten, NotYet
from mlkit.checks.guard import Limit, Watched, accept, guarded, has_ellipsis, is_stub
from mlkit.checks.score import Line, Score

SECONDS = 5.0  # an answer may work this long in all
SEARCH = 3.0  # and the search for a known mistake this long


class Part(NamedTuple):
    """One line of the table: a test that raises `NotYet` while the answer has not the property in its title."""

    title: str
    points: int
    test: Any


class Mistake(NamedTuple):
    """A mistake people make. ``wrong`` is an answer that makes it; or ``found(answer, rng)`` tells that it was made.

    An ``endless`` one is recognized by running out of time.
    """

    name: str
    hint: str
    section: str
    chapter: str
    wrong: Any = None
    found: Any = None
    endless: bool = False


class Question:
    """A question of the exercises, filled part by part and mistake by mistake; see a room of ``questions``.

    Parameters
    ----------
    key : str
        Chapter and name, ``"02-activations/relu"``.
    takes : tuple of str or None
        The arguments, if the answer is a function. It is then called on copies, and must return something.
    draw : callable or None
        ``draw(rng)`` returns one set of arguments. Mistakes are told apart by what they return for these.
    observe : callable or None
        ``observe(answer, rng)`` returns what mistakes are told apart by, if the answer is not a function or one call
        is not enough: numbers, arrays, or tuples of them.
    methods : tuple of str
        For a class: methods that must be more than a stub.
    may_change : bool
        The answer is meant to change its inputs in place.
    seconds : float
        The time all parts may work together: seconds of a `mlkit.checks.guard.Limit`.

    Examples
    --------
    >>> double = Question("02-activations/an-example", takes=("z",), draw=lambda rng: (rng.normal(size=3),))
    >>> @double.part("twice the input")
    ... def _(answer, rng):
    ...     z = rng.normal(size=5)
    ...     close(answer(z), 2 * z, "it is not twice the input")
    >>> double.mistake("squared", lambda z: z**2, "The input is squared, not doubled.", section="The gallery")
    >>> from mlkit.checks.expect import close
    >>> double.score(lambda z: z + z)
    2.0
    >>> double.score(lambda z: z * z).mistake
    'squared'
    """

    def __init__(self, key, *, takes=None, draw=None, observe=None, methods=(), may_change=False, seconds=SECONDS):
        if (draw is None) == (observe is None):
            raise ValueError(f"{key}: give draw or observe, and not both")
        if draw is not None and takes is None:
            raise ValueError(f"{key}: draw needs the names of the arguments, takes")
        self.key, self.takes, self.draw, self.methods = key, takes, draw, methods
        self.observe = observe or (lambda answer, rng: answer(*draw(rng)))
        self.may_change, self.seconds = may_change, seconds
        self.parts, self.mistakes = [], []

    @property
    def chapter(self):
        return self.key.partition("/")[0]

    @property
    def points(self):
        """Points of all parts, and one more for the same on inputs that are not the ones of every day."""
        return sum(part.points for part in self.parts) + 1

    def part(self, title, points=1):
        """Decorate a test ``test(answer, rng)`` that raises `NotYet` while the answer has not this property."""

        def add(test):
            self.parts.append(Part(title, points, test))
            return test

        return add

    def mistake(self, name, wrong=None, hint="", *, section, chapter=None, found=None, endless=False):
        """Add a mistake to the catalogue; earlier ones are looked for first.

        ``wrong`` is an answer that makes the mistake: it is recognized by returning (or raising) the same on the same
        inputs (True and False count as 1 and 0). Where that does not do, ``found(answer, rng)`` returns True if the
        mistake was made; give ``wrong`` then too, as an example that the tests try. ``endless``: ``wrong`` never ends.
        """
        self.mistakes.append(Mistake(name, hint, section, chapter or self.chapter, wrong, found, endless))

    def score(self, answer):
        """Try all parts, look for a known mistake if one is not right, and return a `Score`."""
        limit = Limit(self.seconds)
        accepted = guarded(lambda: self._accept(answer), self.seconds)
        if accepted.problem:
            return self._nothing(accepted)
        lines = self._try_parts(accepted.value, limit)
        earned = sum(line.earned for line in lines)
        mistake = None
        if earned < self.points:
            mistake = self._diagnose(accepted.value) if all(line.in_time for line in lines) else self._never_ends()
        return Score(earned, key=self.key, points=self.points, lines=lines, mistake=mistake)

    def _accept(self, answer):
        if has_ellipsis(answer) or answer is None:
            raise NotWritten
        for name in self.methods:
            if not hasattr(answer, name):
                raise NotYet(f"it has no method `{name}`")
            if is_stub(getattr(answer, name)):
                raise NotWritten
        if self.takes is None:
            return answer
        accept(answer, self.takes)
        return Watched(answer, self.takes, self.may_change)

    def _nothing(self, outcome):
        status = "not yet" if outcome.written else "not written yet"
        first = Line(self.parts[0].title, status, 0, self.parts[0].points, outcome.sentence, outcome.in_time)
        rest = [Line(part.title, "not tried", 0, part.points) for part in self.parts[1:]]
        return Score(0, key=self.key, points=self.points, lines=[first, *rest, self._unseen_skipped()], mistake=None)

    def _try_parts(self, answer, limit):
        lines = []
        for part in self.parts:
            if lines and not lines[-1].in_time or limit.left() <= 0:
                lines.append(Line(part.title, "not tried", 0, part.points, "no time was left", in_time=False))
                continue
            outcome = guarded(lambda p=part: p.test(answer, self._rng(p.title)), limit.left())
            status = "right" if not outcome.problem else "not yet" if outcome.written else "not written yet"
            note = "; ".join(filter(None, [outcome.sentence, *outcome.notes]))
            earned = 0 if outcome.problem else part.points
            lines.append(Line(part.title, status, earned, part.points, note, outcome.in_time))
        return [*lines, self._try_unseen(answer, lines)]

    def _try_unseen(self, answer, lines):
        """All parts once more with another seed, the instructor's on the day of grading, and the instructor's tests."""
        if any(line.status != "right" for line in lines):
            return self._unseen_skipped()
        seed = grading_day.seed()
        for test in [part.test for part in self.parts] + grading_day.private_tests(self.key):
            outcome = guarded(lambda t=test: t(answer, self._rng("unseen", seed)), self.seconds)
            if outcome.problem:
                note = "something that is right above is not right on other inputs: does your answer fit one case only?"
                return Line(UNSEEN, "not yet", 0, 1, note, outcome.in_time)
        return Line(UNSEEN, "right", 1, 1)

    def problems(self, answer, seed):
        """What a trusted answer, as the reference solution, gets wrong on the unseen inputs of ``seed``, a secret one.

        No guard stands around it and no mistake is looked for, so that hundreds of seeds can be tried. Returns a list
        of sentences; it is empty if this seed can be graded with.
        """
        answer, found = self._accept(answer), []
        for part in self.parts:
            try:
                part.test(answer, self._rng("unseen", seed))
            except Exception as problem:
                found.append(f"{self.key}, seed {seed}, {part.title}: {problem}")
        return found

    @staticmethod
    def _unseen_skipped():
        return Line(UNSEEN, "not tried", 0, 1, "tried when all the others are right")

    def _diagnose(self, answer):
        """The first mistake of the catalogue that this answer makes, if one is found in time."""
        limit = Limit(SEARCH)
        seen = [self._see(answer, n) for n in (0, 1)]
        for mistake in self.mistakes:
            if limit.left() <= 0:
                return None
            if self._makes(mistake, answer, seen):
                return mistake
        return None

    def _never_ends(self):
        """An answer that ran out of time is not called again: only a mistake known to run forever can be named."""
        return next((mistake for mistake in self.mistakes if mistake.endless), None)

    def _makes(self, mistake, answer, seen):
        if mistake.found is not None:
            rng = self._rng("found")
            return guarded(lambda: bool(mistake.found(answer, rng)), SEARCH).value is True
        wrong = mistake.wrong if self.takes is None else Watched(mistake.wrong, self.takes, self.may_change)
        made = [self._see(wrong, n) for n in (0, 1)]
        return guarded(lambda: all(map(_same, seen, made)), SEARCH).value is True  # what came back may be anything

    def _see(self, answer, n):
        """What ``answer`` does on the n-th drawing: a value, or an error in words."""
        outcome = guarded(lambda: self.observe(answer, self._rng(f"observe {n}")), SEARCH)
        return outcome.problem or (outcome.value,)

    def _rng(self, purpose, seed=0):
        """Each purpose draws numbers of its own, the same ones each time."""
        return np.random.default_rng([zlib.crc32(f"{self.key} {purpose}".encode()), seed])


UNSEEN = "the same on inputs you have not seen"


def _same(a, b):
    """Equal up to rounding, through tuples and lists; texts are equal if they are the same."""
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(_same, a, b))
    try:
        a, b = np.asarray(a), np.asarray(b)
    except ValueError:
        return False
    if not (a.dtype.kind in "biufc" and b.dtype.kind in "biufc"):
        return False
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)


def chapters():
    """The chapters that have questions, in order: the rooms of ``questions``."""
    return sorted(room.name for room in pkgutil.iter_modules(questions.__path__))


def load_chapter(chapter):
    """The questions of a chapter by their key, in the order in which its notebook asks them."""
    if chapter not in chapters():
        raise ValueError(f"there is no chapter {chapter!r}; the chapters are {', '.join(chapters())}")
    room = importlib.import_module(f"{questions.__name__}.{chapter}")
    return {question.key: question for question in room.QUESTIONS}


def find_question(key):
    """The question of this key, or a ``ValueError`` that names the nearest ones."""
    known = load_chapter(str(key).partition("/")[0])
    if key not in known:
        near = difflib.get_close_matches(str(key), known, n=3, cutoff=0.3) or list(known)
        raise ValueError(f"there is no question {key!r}; did you mean {' or '.join(map(repr, near))}?")
    return known[key]

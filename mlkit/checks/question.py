"""A question: its parts with their points, and the mistakes people make in it, each with what to say about it."""

import copy
import difflib
import importlib
import pkgutil
import zlib
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from mlkit.checks import grading_day, questions
from mlkit.checks.derived import derived
from mlkit.checks.diagnosis import Mistake, diagnose
from mlkit.checks.expect import NotWritten, NotYet
from mlkit.checks.guard import Limit, Watched, accept, guarded, has_ellipsis, is_stub
from mlkit.checks.score import Line, Score
from mlkit.checks.solution import Solution

SECONDS = 5.0  # an answer may work this long in all
DRAWINGS = 4  # what an answer returns is compared on so many


class Part(NamedTuple):
    """One line of the table: a test that raises `NotYet` while the answer has not the property in its title."""

    title: str
    points: int
    test: Any


class Question:
    """A question of the exercises, filled part by part and mistake by mistake; see a room of ``questions``.

    Parameters
    ----------
    key : str
        Chapter and name, ``"02-activations/relu"``.
    solution : str
        A right answer, as it stands in the notebook. The slips are edits of it, see `Solution`.
    uses : dict
        What the solution uses beside NumPy.
    why : str
        A sentence or two on why the solution works, for somebody who has tried three times.
    returns : tuple of str
        Names of the values that are returned, if there are several.
    section : str
        The section of the chapter that explains what is asked.
    takes : tuple of str or None
        The arguments, if the answer is a function; the solution's, if not given. It is then called on copies, and must
        return something.
    draw : callable or None
        ``draw(rng)`` returns one set of arguments. Mistakes are told apart by what they return for these.
    observe : callable or None
        ``observe(answer, rng)`` returns what mistakes are told apart by, if the answer is not a function or one call
        is not enough: numbers, arrays, or tuples of them.
    methods : tuple of str
        For a class: methods that must be more than a stub.
    may_change : bool
        The answer is meant to change its inputs in place.
    drawings : int
        How many drawings are compared.
    seconds : float
        The time all parts may work together: seconds of a `mlkit.checks.guard.Limit`.

    Examples
    --------
    >>> double = Question(
    ...     "02-activations/an-example",
    ...     solution="def double(z): return 2 * z",
    ...     section="The gallery",
    ...     draw=lambda rng: (rng.normal(size=3),),
    ... )
    >>> @double.part("twice the input")
    ... def _(answer, rng):
    ...     z = rng.normal(size=5)
    ...     close(answer(z), 2 * z, "it is not twice the input")
    >>> double.slips(("squared", {"2 * z": "z**2"}, "The input is squared, not doubled."))
    >>> from mlkit.checks.expect import close
    >>> double.score(lambda z: z + z)
    2.0
    >>> double.score(lambda z: z * z).mistake, double.score(lambda z: -z - z).mistake
    ('squared', 'a sign')
    """

    def __init__(
        self,
        key,
        *,
        solution="",
        uses=(),
        why="",
        returns=(),
        section="",
        takes=None,
        draw=None,
        observe=None,
        methods=(),
        may_change=False,
        drawings=DRAWINGS,
        seconds=SECONDS,
    ):
        self.solution = Solution(solution, dict(uses)) if solution else None
        takes = takes or (self.solution.takes if solution else None)
        if (draw is None) == (observe is None):
            raise ValueError(f"{key}: give draw or observe, and not both")
        if draw is not None and takes is None:
            raise ValueError(f"{key}: draw needs the names of the arguments, takes")
        self.key, self.why, self.returns, self.section = key, why, returns, section
        self.takes, self.draw, self.methods = takes, draw, methods
        self.observe = observe or (lambda answer, rng: answer(*draw(rng)))
        self.may_change, self.drawings, self.seconds = may_change, drawings, seconds
        self.parts, self.mistakes, self._verdicts, self._seen_of = [], [], {}, {}

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

    def mistake(self, name, wrong=None, hint="", *, section="", chapter="", found=None, endless=False):
        """Add a mistake to the catalogue that is no edit of the solution; earlier ones are looked for first.

        ``wrong`` is an answer that makes the mistake: it is recognized by returning (or raising) the same on the same
        inputs (True and False count as 1 and 0). Where that does not do, ``found(answer, rng)`` returns True if the
        mistake was made; it is asked only about answers that return what was wanted in kind and number, and believed
        only if the answer lacks no more than ``wrong`` lacks. ``endless``: ``wrong`` never ends.
        """
        chapter, section = chapter or self.chapter, section or self.section
        self.mistakes.append(Mistake(name, hint, section, chapter, wrong, found, endless))

    def slips(self, *slips, alike=None, **words):
        """Add mistakes that are small edits of the solution: ``(name, {what stands there: what is typed}, hint)``.

        ``words`` are those of `mistake`, for all of them; a fourth value, a dictionary, holds those that differ for
        one. Where equal results do not do, ``alike(answer, wrong)`` tells whether an answer makes the same mistake.
        """
        for name, edits, hint, *more in slips:
            try:
                wrong = self.solution.edited(edits)
            except (ValueError, SyntaxError) as error:
                raise ValueError(f"{self.key}, {name!r}: {error}") from None
            found = {} if alike is None else {"found": lambda answer, rng, wrong=wrong: alike(answer, wrong)}
            self.mistake(name, wrong, hint, **words | found | dict(*more))

    def score(self, answer):
        """Try all parts, look for a known mistake if one is not right, and return a `Score`."""
        limit = Limit(self.seconds)
        accepted = guarded(lambda: self._accept(answer), self.seconds)
        if accepted.problem:
            return self._nothing(accepted)
        lines, usual = self._try_parts(accepted.value, limit)
        earned = sum(line.earned for line in lines)
        mistake = None
        if earned < self.points:
            mistake = diagnose(self, accepted.value, lines, usual) if in_time(lines) else self._never_ends()
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
        return self.watched(answer)

    def _nothing(self, outcome):
        status = "not yet" if outcome.written else "not written yet"
        first = Line(self.parts[0].title, status, 0, self.parts[0].points, outcome.sentence, outcome.in_time)
        rest = [Line(part.title, "not tried", 0, part.points) for part in self.parts[1:]]
        return Score(0, key=self.key, points=self.points, lines=[first, *rest, self._unseen_skipped()], mistake=None)

    def _try_parts(self, answer, limit):
        """The lines of the table, and the error in the first that is not right if it is one that everybody meets."""
        lines, said, usual = [], set(), []
        for part in self.parts:
            if lines and not lines[-1].in_time or limit.left() <= 0:
                lines.append(Line(part.title, "not tried", 0, part.points, "no time was left", in_time=False))
                continue
            outcome = guarded(lambda p=part: p.test(answer, self.rng(p.title)), limit.left())
            status = "right" if not outcome.problem else "not yet" if outcome.written else "not written yet"
            warned = outcome.warned if outcome.problem else ()  # a right row does not warn
            sentence = "for the same reason" if outcome.sentence in said else outcome.sentence
            note = "; ".join(filter(None, [sentence, *outcome.printed, *warned]))
            earned = 0 if outcome.problem else part.points
            lines.append(Line(part.title, status, earned, part.points, note, outcome.in_time))
            if outcome.problem:
                said.add(outcome.sentence)
                usual.append(outcome.usual)
        return [*lines, self._try_unseen(answer, lines)], usual[0] if usual else None

    def _try_unseen(self, answer, lines):
        """All parts once more with another seed, the instructor's on the day of grading, and the instructor's tests."""
        if any(line.status != "right" for line in lines):
            return self._unseen_skipped()
        seed = grading_day.seed()
        for test in [part.test for part in self.parts] + grading_day.private_tests(self.key):
            outcome = guarded(lambda t=test: t(answer, self.rng("unseen", seed)), self.seconds)
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
                part.test(answer, self.rng("unseen", seed))
            except Exception as problem:
                found.append(f"{self.key}, seed {seed}, {part.title}: {problem}")
        return found

    @staticmethod
    def _unseen_skipped():
        return Line(UNSEEN, "not tried", 0, 1, "tried when all the others are right")

    def _never_ends(self):
        """An answer that ran out of time is not called again: only a mistake known to run forever can be named."""
        return next((mistake for mistake in self.mistakes if mistake.endless), None)

    def watched(self, answer):
        """The answer as parts and drawings call it."""
        return answer if self.takes is None else Watched(answer, self.takes, self.may_change)

    def see(self, answer, n, seconds):
        """What ``answer`` does on the n-th drawing: a value, or an error in words."""
        # a copy: an answer may write its next result into the same array
        outcome = guarded(lambda: copy.deepcopy(self.observe(answer, self.rng(f"observe {n}"))), seconds)
        return outcome.problem or (outcome.value,)

    def rng(self, purpose, seed=0):
        """Each purpose draws numbers of its own, the same ones each time."""
        return np.random.default_rng([zlib.crc32(f"{self.key} {purpose}".encode()), seed])

    @cached_property
    def right(self):
        """What the solution returns on the drawings, as `see` says it."""
        if self.solution is None:
            return []
        answer = self.watched(self.solution.answer)
        return [self.see(answer, n, self.seconds) for n in range(self.drawings)]

    def seen_of(self, wrong, name, n, seconds):
        """What an answer that makes a known mistake does on the n-th drawing; looked at once."""
        if (name, n) not in self._seen_of:
            self._seen_of[name, n] = self.see(wrong, n, seconds)
        return self._seen_of[name, n]

    @cached_property
    def derived(self):
        """The slips that all questions share, made of this one's solution: a `Slip` and the answer that makes it."""
        if self.solution is None:
            return []
        return [(slip, self.watched(self.solution.run(slip.tree))) for slip in derived(self.solution.text)]

    def verdicts(self, answer, name):
        """Which parts an answer that makes a known mistake has right; tried once."""
        if name not in self._verdicts:
            lines = [guarded(lambda p=p: p.test(answer, self.rng(p.title)), self.seconds) for p in self.parts]
            self._verdicts[name] = [not outcome.problem for outcome in lines]
        return self._verdicts[name]


def in_time(lines):
    return all(line.in_time for line in lines)


UNSEEN = "the same on inputs you have not seen"


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

"""Which mistake a wrong answer makes: the catalogue of the question first, then what all questions share.

Nobody is to be accused of what they did not do. So a name is given only if the answer returns the same as one that
makes this mistake, on all drawings, and has the same parts right; and of the slips that all questions share only if no
other kind of slip does the same. Where that leads to nothing, there is a `mlkit.checks.clues.Clue`: what can be seen.
"""

from typing import NamedTuple

from mlkit.checks.clues import Case, Clue, clue, of_one_form, other_values, same
from mlkit.checks.derived import KINDS
from mlkit.checks.guard import SHARED_CLOCK, Limit, guarded

SEARCH = 3.0 * SHARED_CLOCK  # seconds of work for all of it
ONE_CALL = 0.5  # and for one call of a slip that was made here
N_TIMES = {"a factor n", "a sum for a mean", "a mean for a sum", "not divided", "a factor left out", "another count"}


class Mistake(NamedTuple):
    """A mistake people make. ``wrong`` is an answer that makes it; or ``found(answer, rng)`` tells that it was made.

    An ``endless`` one is recognized by running out of time. A ``clue`` is no more than what can be seen from outside.
    """

    name: str
    hint: str
    section: str
    chapter: str
    wrong: object = None
    found: object = None
    endless: bool = False
    clue: bool = False


def diagnose(question, answer, lines, usual):
    """The `Mistake` that ``answer`` makes, or ``None``; ``usual`` is the error, if it is one that everybody meets."""
    work = Diagnosis(question, answer, lines)
    for find in (work.catalogued, lambda: usual and work.shared(*usual), work.seen_at_once, work.derived, work.clue):
        # guarded, since what an answer returns may be anything; the last one is quick, and never left without time
        found = guarded(find, max(work.limit.left(), 0.5)).value
        if isinstance(found, Mistake):
            return found
    return None


class Diagnosis:
    """An answer to a question, what it does on some drawings, and which parts it has right."""

    def __init__(self, question, answer, lines):
        self.question, self.answer = question, answer
        self.right = [line.status == "right" for line in lines[: len(question.parts)]]
        self.limit = Limit(SEARCH)
        self.seen = [question.see(answer, n, SEARCH) for n in range(question.drawings)]

    def catalogued(self):
        """The first mistake of the catalogue that the answer makes."""
        return next(self.all_catalogued(), None)

    def all_catalogued(self):
        """The mistakes of the catalogue that the answer makes, in its order, as far as there is time."""
        for mistake in self.question.mistakes:
            if self.limit.left() <= 0:
                return
            if not mistake.endless and self._makes(mistake):
                yield mistake

    def seen_at_once(self):
        """What needs no comparison with a slip."""
        return self._as_clue(self.without_effect() or self.not_the_same_twice())

    def _makes(self, mistake):
        wrong = self.question.watched(mistake.wrong)
        if mistake.found is None:
            return self._does_as(wrong, mistake.name) and self.right == self.question.verdicts(wrong, mistake.name)
        if not self.well_formed or not self._found(mistake):
            return False
        return all(r or not w for r, w in zip(self.right, self.question.verdicts(wrong, mistake.name), strict=True))

    def _found(self, mistake):
        rng = self.question.rng("found")
        return guarded(lambda: bool(mistake.found(self.answer, rng)), SEARCH).value is True

    def _does_as(self, wrong, name):
        return guarded(lambda: all(self._same_at(n, wrong, name) for n in range(len(self.seen))), SEARCH).value is True

    def _same_at(self, n, wrong, name):
        return same(self.seen[n], self.question.seen_of(wrong, name, n, SEARCH))

    @property
    def names(self):
        """The arguments of the question."""
        return self.question.takes or ()

    @property
    def well_formed(self):
        """Whether what came back is of the form of what the solution returns, as far as that is known."""
        wanted = self.question.right
        if not wanted:
            return all(isinstance(s, tuple) for s in self.seen)
        return all(isinstance(s, tuple) and of_one_form(s, w) for s, w in zip(self.seen, wanted, strict=True))

    def without_effect(self):
        """An argument that changes what is right and does not change what the answer returns."""
        for n, name in enumerate(self.names if self.well_formed else ()):
            seen = [case for drawing in range(len(self.seen)) for case in self._with_others(n, drawing)]
            changed = [(got, before) for got, before, effect in seen if effect]
            enough = len(changed) >= min(2, len(self.seen))  # one case could be an accident
            if enough and all(same(got, before) for got, before in changed):
                said = f"For the inputs that were tried, `{name}` has no effect on what you return."
                return Clue(f"{name} without effect", f"{said} Is it used, or does something else decide first?")
        return None

    def _with_others(self, n, drawing):
        """What the answer returns for other n-th arguments, what it returned before, and whether it should differ."""
        question, before = self.question, self.seen[drawing]
        if not (question.draw and question.right and isinstance(before, tuple)):
            return
        for other in other_values(question.draw(question.rng(f"observe {drawing}"))[n]):
            given = list(question.draw(question.rng(f"observe {drawing}")))
            given[n] = other
            wanted = guarded(lambda given=given: question.watched(question.solution.answer)(*given), ONE_CALL)
            got = guarded(lambda given=given: self.answer(*given), ONE_CALL)
            if not wanted.problem and not got.problem:
                yield got.value, before[0], not same((wanted.value,), question.right[drawing])

    def not_the_same_twice(self):
        """An answer that remembers its last call."""
        if self.question.draw is None or not isinstance(self.seen[0], tuple):
            return None
        again = self.question.see(self.answer, 0, SEARCH)
        if same(again, self.seen[0]) or not same(again, again):  # equal, or nothing that can be compared
            return None
        said = "Called twice with the same input, your answer returns two results."
        return Clue("another result each time", f"{said} What does it keep from call to call, or draw by chance?")

    def derived(self):
        """The slip of those that all questions share, if the answer does what it does and what no other kind does."""
        if not self.well_formed or same(self.seen, self.question.right):
            return None
        found = [slip for n, (slip, wrong) in enumerate(self.question.derived) if self._makes_shared(n, wrong)]
        kinds = list(dict.fromkeys(slip.kind for slip in found))
        if "a factor n" in kinds and set(kinds) <= N_TIMES:
            kinds = ["a factor n"]
        if self.limit.left() <= 0 or not 1 <= len(kinds) <= 3:
            return None
        if len(kinds) == 1:
            pieces = {slip.what for slip in found}  # what the learner knows as well: an argument
            place = f" It has to do with `{found[0].what}`." if pieces <= {found[0].what} & set(self.names) else ""
            return self.shared(kinds[0], KINDS[kinds[0]] + place)
        return self.shared(" or ".join(kinds), "One small thing is wrong: " + " Or: ".join(map(KINDS.get, kinds)))

    def _makes_shared(self, number, wrong):
        if self.limit.left() <= 0:
            return False
        seen_of = ((seen, self.question.seen_of(wrong, number, n, ONE_CALL)) for n, seen in enumerate(self.seen))
        return all(same(*pair) for pair in seen_of) and self.right == self.question.verdicts(wrong, number)

    def clue(self):
        """What can be seen of the numbers that came back."""
        if not self.question.right or not all(isinstance(s, tuple) for s in (*self.seen, *self.question.right)):
            return None
        cases = [
            Case(s[0], w[0], self._arguments(n))
            for n, (s, w) in enumerate(zip(self.seen, self.question.right, strict=True))
        ]
        return self._as_clue(clue(cases, self.question.returns))

    def _arguments(self, n):
        if self.question.draw is None:
            return {}
        return dict(zip(self.question.takes, self.question.draw(self.question.rng(f"observe {n}")), strict=True))

    def _as_clue(self, found):
        return found and self.shared(found.name, found.hint)._replace(clue=True)

    def shared(self, name, hint):
        """A mistake of the kinds that all questions share."""
        return Mistake(name, hint, self.question.section, self.question.chapter)

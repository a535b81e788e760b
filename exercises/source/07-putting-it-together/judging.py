"""Chapter 7, questions 3 and 4: when to stop, and whether one classifier is better than another."""

import numpy as np

from mlkit.checks.expect import a_number, a_tuple, close, require
from mlkit.checks.question import Question

from .data import CHOOSE, DIGITS

OVERFITTING = "Too much of a good thing"
SAME = "Would you get the same numbers?"
PEN = "Questions for pen and paper"

# 3. stop-early

stop_early = Question(
    "07-putting-it-together/stop-early",
    takes=("losses", "patience"),
    observe=lambda answer, rng: [answer(losses, patience) for losses, patience in curves(rng)],
)


def curves(rng):
    """Validation curves with a false alarm, a tie, a late second valley, and one that never turns; and a patience."""
    a = float(rng.uniform(0.5, 2))
    alarm = np.array([9, 7, 8, 6, 7, 5, 6, 4, 5, 6, 7, 3, 8, 8])  # worse now and then, never for long
    tie = np.array([5, 4, 4, 4, 6, 3, 7, 7, 7])
    late = np.array([6, 3, 4, 5, 4.5, 5, 1, 2, 3, 4])
    falling = np.linspace(4, 1, int(rng.integers(5, 9)))
    return [(a * alarm, 3), (a * tie, 2), (a * late, 3), (a * falling, 2), (a * alarm, 1), (a * tie, 4)]


def stopped(losses, patience):
    """The definition: walk along the curve and look back only."""
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < losses[best] else best
        if epoch - best >= patience:
            break
    return best, epoch + 1


def two_epochs(result, n):
    best, trained = a_tuple(result, 2)
    best, trained = (
        a_number(best, "the first value, the best epoch,"),
        a_number(trained, "the second value, the epochs,"),
    )
    require(best == int(best) and trained == int(trained), "epochs are whole numbers")
    require(0 <= best < n, "the best epoch must be one of the curve, counted from 0")
    require(0 < trained <= n, "the number of epochs must be at least 1 and no more than the curve has")
    return int(best), int(trained)


def random_walk(rng, n=40):
    """A curve that falls, turns and trembles; every second one has equal values in it."""
    losses = 1 + (np.arange(n) / n - rng.uniform(0.2, 0.6)) ** 2 + 0.05 * rng.normal(size=n)
    return losses.round(int(rng.choice([1, 6])))


@stop_early.part("a curve that keeps falling is trained to its end")
def _(answer, rng):
    for n in (1, 4, 11):
        losses = np.sort(rng.uniform(0.1, 2, size=n))[::-1].copy()
        best, trained = two_epochs(answer(losses, 2), n)
        require(best == n - 1, f"a curve of {n} epochs that falls to the end: its last epoch is the best")
        require(trained == n, f"a curve of {n} epochs that falls to the end: none of them may be left out")


@stop_early.part("after the turn it waits for as long as patience allows")
def _(answer, rng):
    for patience in (1, 2, 5):
        turn = int(rng.integers(2, 6))
        losses = np.abs(np.arange(20.0) - turn) + 1
        best, trained = two_epochs(answer(losses, patience), 20)
        said = f"a curve that falls, turns once and rises, patience {patience}: "
        require(best == turn, said + "the best epoch is not the one at the turn")
        require(trained > best + 1, said + "it stops before it can know that the curve has turned")
        require(trained - best < patience + 2, said + "it goes on although patience is used up")
        require(trained - best > patience, said + "it stops before patience is used up")


@stop_early.part("a false alarm is forgotten, a tie is no progress")
def _(answer, rng):
    losses = float(rng.uniform(1, 2)) * np.array([9, 7, 8, 6, 7, 5, 6, 4, 5, 4.5, 3, 8, 9, 10, 11])
    best, trained = two_epochs(answer(losses, 3), 15)
    require(trained > 8, "the curve rises now and then for an epoch, and falls to a new low: it stops too soon")
    require((best, trained) == stopped(losses, 3), "the curve rises now and then for an epoch: the end is not right")
    flat = float(rng.uniform(1, 2)) * np.array([3, 2, 2, 2, 2, 2, 2, 1])
    best, _ = two_epochs(answer(flat, 3), 8)
    require(best == 1, "the loss falls, then stays exactly equal: the best epoch is the first of the equal ones")


@stop_early.part("it cannot look ahead", points=2)
def _(answer, rng):
    for _ in range(40):
        losses, patience = random_walk(rng), int(rng.integers(1, 7))
        best, trained = two_epochs(answer(losses, patience), 40)
        changed = np.concatenate([losses[:trained], 0 * losses[trained:]])
        said = "when the curve is changed after the last trained epoch, the result changes: that epoch is the future"
        require(two_epochs(answer(changed, patience), 40) == (best, trained), said)
        require(
            (best, trained) == stopped(losses, patience), f"on a trembling curve, patience {patience}, it is not right"
        )


def walked(better, patient, reset=True, give=lambda best, epoch: (best, epoch + 1)):
    """Early stopping with another idea of what is better, of patience, or of what to return."""

    def wrong(losses, patience):
        best, waited = 0, 0
        for epoch in range(len(losses)):
            if epoch == 0 or better(losses, epoch, best):
                best, waited = epoch, 0 if reset else waited
            else:
                waited += 1
            if patient(waited, patience):
                break
        return give(best, epoch)

    return wrong


def lower(losses, epoch, best):
    return losses[epoch] < losses[best]


def used_up(waited, patience):
    return waited >= patience


stop_early.mistake(
    "the smallest of the whole curve",
    lambda losses, patience: (int(np.argmin(losses)), len(losses)),
    "You search the whole curve for its smallest value. In training the later epochs do not exist yet: walk along the "
    "curve, and stop.",
    section=OVERFITTING,
)
stop_early.mistake(
    "the best found by looking ahead",
    lambda losses, patience: (int(np.argmin(losses)), stopped(losses, patience)[1]),
    "It stops in time, but then the best epoch is looked for in the whole curve, also in epochs that were never "
    "trained.",
    section=OVERFITTING,
)
stop_early.mistake(
    "compared with the epoch before",
    walked(lambda losses, epoch, best: losses[epoch] < losses[epoch - 1], used_up),
    "You compare each epoch with the one before. After a rise, a small fall is not progress: compare with the lowest "
    "loss so far.",
    section=OVERFITTING,
)
stop_early.mistake(
    "one epoch too patient",
    walked(lower, lambda waited, patience: waited > patience),
    "It waits one epoch longer than patience says. Check the comparison at which you stop.",
    section=OVERFITTING,
)
stop_early.mistake(
    "one epoch too hasty",
    walked(lower, lambda waited, patience: 0 < waited >= patience - 1),
    "It stops one epoch before patience is used up. How many epochs without progress have you seen by then?",
    section=OVERFITTING,
)
stop_early.mistake(
    "no patience",
    walked(lower, lambda waited, patience: waited > 0),
    "It stops at the first epoch that brings nothing new, whatever patience is.",
    section=OVERFITTING,
)
stop_early.mistake(
    "patience never given back",
    walked(lower, used_up, reset=False),
    "You count all epochs without progress. A new lowest loss gives the patience back: counting begins again.",
    section=OVERFITTING,
)
stop_early.mistake(
    "a tie as progress",
    walked(lambda losses, epoch, best: losses[epoch] <= losses[best], used_up),
    "An equal loss counts as progress with you, so a flat curve is never stopped. Only a lower one is better.",
    section=OVERFITTING,
)
stop_early.mistake(
    "as if it were an accuracy",
    walked(lambda losses, epoch, best: losses[epoch] > losses[best], used_up),
    "You keep the epoch with the largest value. That would be right for an accuracy; a loss should be small.",
    section=OVERFITTING,
)
stop_early.mistake(
    "the last epoch kept",
    walked(lower, used_up, give=lambda best, epoch: (epoch, epoch + 1)),
    "The first value is the epoch at which you stop. The weights that are kept are from before the turn.",
    section=OVERFITTING,
)
stop_early.mistake(
    "the number of the last epoch",
    walked(lower, used_up, give=lambda best, epoch: (best, epoch)),
    "The second value is one too small: as epochs are counted from 0, the last one's number is not how many there "
    "were.",
    section=OVERFITTING,
)
stop_early.mistake(
    "the best epoch counted from 1",
    walked(lower, used_up, give=lambda best, epoch: (best + 1, epoch + 1)),
    "The best epoch is one too large. It is counted from 0, as an index into the curve.",
    section=OVERFITTING,
)
stop_early.mistake(
    "the loss for the epoch",
    lambda losses, patience: (losses[stopped(losses, patience)[0]], stopped(losses, patience)[1]),
    "The first value is the lowest loss. The number of its epoch was asked for.",
    section=OVERFITTING,
)

# 4. compare

compare = Question(
    "07-putting-it-together/compare", takes=("y", "first", "second"), draw=lambda rng: three_answers(rng, 400)
)


def three_answers(rng, n=400, hard=0.2, wrong_1=0.15, wrong_2=0.05):
    """Labels, and the answers of two classifiers, which both have trouble with the hard examples; n may be a shape."""
    y = rng.integers(0, 10, n)
    difficult = rng.random(n) < hard
    answers = [(difficult & (rng.random(n) < 0.6)) | (rng.random(n) < wrong) for wrong in (wrong_1, wrong_2)]
    return y, *(np.where(wrong, (y + rng.integers(1, 10, n)) % 10, y) for wrong in answers)


def two_numbers(result):
    difference, error = a_tuple(result, 2)
    difference, error = a_number(difference, "the first value"), a_number(error, "the second value")
    require(error >= 0, "a standard error cannot be negative")
    return difference, error


@compare.part("how much more often the second is right")
def _(answer, rng):
    y = rng.integers(0, 10, 20)
    first, second = y.copy(), y.copy()
    first[:5] = (y[:5] + 1) % 10
    second[5:7] = (y[5:7] + 3) % 10
    close(two_numbers(answer(y, first, second))[0], 0.15, "15 and 18 of 20 are right: the difference is not right")
    first[7:10], second[7:10] = (y[7:10] + 1) % 10, (y[7:10] + 2) % 10
    said = "with three more that both get wrong, in different ways, the difference must stay"
    close(two_numbers(answer(y, first, second))[0], 0.15, said)


@compare.part("nothing between equals; exchanged, the sign turns")
def _(answer, rng):
    y, first, second = three_answers(rng)
    difference, error = two_numbers(answer(y, first, first.copy()))
    require(difference == 0, "two classifiers with the same answers differ by 0")
    require(
        error < 1e-12, "two classifiers with the same answers differ by 0 on any test part: there is no error in that"
    )
    there, back = two_numbers(answer(y, first, second)), two_numbers(answer(y, second, first))
    close(there[0], -back[0], "with the two exchanged, the difference must change its sign and nothing else")
    close(there[1], back[1], "with the two exchanged, the standard error must stay")


@compare.part("four times the examples, half the standard error")
def _(answer, rng):
    y, first, second = three_answers(rng)
    one, four = two_numbers(answer(y, first, second)), two_numbers(answer(*(np.tile(a, 4) for a in (y, first, second))))
    close(four[0], one[0], "with every example four times, the difference must stay")
    require(one[1] > 0, "two classifiers that differ here and there: the standard error is 0")
    close(four[1] / one[1], 0.5, "with every example four times, the standard error is not half as large", rtol=5e-3)


@compare.part("it says how much the difference varies from one test part to the next", points=2)
def _(answer, rng):
    for shares in ({"hard": 0.4}, {"wrong_1": 0.4}):
        test_parts = zip(*three_answers(rng, (500, 100), **shares), strict=True)
        draws = np.array([two_numbers(answer(*part)) for part in test_parts])
        ratio = draws[:, 1].mean() / draws[:, 0].std()
        said = "over 500 test parts the differences vary by much {} than your standard error says"
        require(ratio > 0.85, said.format("more"))
        require(ratio < 1.15, said.format("less"))
        y, first, second = three_answers(rng, **shares)
        gained = (second == y).astype(float) - (first == y)
        said = "it is near, but for some answers it is not the standard error of the mean of n differences"
        close(two_numbers(answer(y, first, second))[1], gained.std() / np.sqrt(len(y)), said, rtol=3e-3)


def right(y, answers):
    return (answers == y).astype(float)


def judged(difference=lambda a, b: (b - a).mean(), error=lambda a, b: (b - a).std() / np.sqrt(len(a))):
    """The comparison with another formula, from where the two are right."""
    return lambda y, first, second: (
        difference(right(y, first), right(y, second)),
        error(right(y, first), right(y, second)),
    )


def disagreements(y, first, second):
    differ = (first != second).astype(float)
    return differ.mean(), differ.std() / np.sqrt(len(y))


def slip(name, wrong, hint, section):
    """A mistake in one of the two numbers, whether deviations divide by n or by n − 1."""

    def found(answer, rng):
        given = three_answers(rng)
        return np.allclose(two_numbers(answer(*given)), wrong(*given), rtol=3e-3, atol=1e-9)

    compare.mistake(name, wrong, hint, section=section, found=found)


slip(
    "as if on different test parts",
    judged(error=lambda a, b: np.sqrt((a.var() + b.var()) / len(a))),
    "Your standard error treats the two scores as independent. They are from the same examples, and go up and down "
    "together on the hard ones: look at the difference in each example.",
    section=PEN,
)
slip(
    "the deviations added",
    judged(error=lambda a, b: (a.std() + b.std()) / np.sqrt(len(a))),
    "You add the two standard errors. On the same examples much of the two cancels: look at the difference in each "
    "example.",
    section=PEN,
)
slip(
    "the error of one score",
    judged(error=lambda a, b: b.std() / np.sqrt(len(b))),
    "Your standard error is that of the second accuracy alone. It was asked how sure the difference is.",
    section=DIGITS,
)
slip(
    "first minus second",
    judged(difference=lambda a, b: (a - b).mean()),
    "The sign is turned: your difference is positive when the first one is better.",
    section=PEN,
)
slip(
    "the sign lost",
    judged(difference=lambda a, b: abs((a - b).mean())),
    "Your difference is never negative, so nobody can see which of the two is better.",
    section=PEN,
)
slip(
    "the deviation of one example",
    judged(error=lambda a, b: (b - a).std()),
    "You return the deviation of the single differences. The mean of n of them varies much less.",
    section=DIGITS,
)
slip(
    "divided by n, not its root",
    judged(error=lambda a, b: (b - a).std() / len(a)),
    "Your standard error falls as 1/n. Four times the examples make it half as large, not a quarter.",
    section=DIGITS,
)
slip(
    "the root forgotten",
    judged(error=lambda a, b: (b - a).var() / len(a)),
    "What you return is the variance of the mean. The standard error is its root.",
    section=DIGITS,
)
slip(
    "the mean not subtracted",
    judged(error=lambda a, b: np.sqrt(((b - a) ** 2).mean() / len(a))),
    "You take the mean of the squared differences. A deviation is measured from their mean, not from 0.",
    section=SAME,
)
slip(
    "a count for a share",
    judged(difference=lambda a, b: (b - a).sum(), error=lambda a, b: (b - a).std() * np.sqrt(len(a))),
    "You count examples. Accuracies are shares of all of them.",
    section=SAME,
)
slip(
    "a count beside a share",
    judged(difference=lambda a, b: (b - a).sum()),
    "Your difference counts examples. Accuracies are shares of all of them.",
    section=SAME,
)
slip(
    "where the answers differ",
    disagreements,
    "You count where the two give different answers. Both may be wrong there; what counts is who is right.",
    section=CHOOSE,
)
slip(
    "digits subtracted",
    lambda y, first, second: ((second - first).mean(), (second - first).std() / np.sqrt(len(y))),
    "You subtract the answers themselves. Labels are names: a 9 is not more right than a 2.",
    section=CHOOSE,
)
compare.mistake(
    "True minus True",
    lambda y, first, second: ((second == y) - (first == y)).mean(),
    "NumPy does not subtract True and False from each other. Make numbers of them first.",
    section=DIGITS,
)

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
    draw=lambda rng: (a_curve(rng), int(rng.integers(2, 5))),
    drawings=12,
    returns=("best", "trained"),
    section=OVERFITTING,
    solution="""
        def stop_early(losses, patience):
            best = 0
            for epoch, loss in enumerate(losses):
                if loss < losses[best]:  # lower than ever, not only lower than the epoch before
                    best = epoch
                if epoch - best == patience:
                    break
            return best, epoch + 1
        """,
    why="The best epoch so far tells both when to stop and how long it has been waiting: the distance to it. Each new "
    "lowest loss sets that distance back to 0 by itself.",
)


def a_curve(rng):
    """Validation losses above 1 that fall, turn and tremble, with ties; in every second curve all steps are tiny."""
    n = int(rng.integers(10, 30))
    losses = 6 * (np.arange(n) / n - rng.uniform(0.2, 0.9)) ** 2 + 0.3 * rng.normal(size=n)
    return 2 + losses.round(1) * rng.choice([1, 1e-5])


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
    for n, size, ever in ((1, 1, ""), (4, 1, ""), (11, 1, ""), (7, 1e-5, ", in very small steps")):
        losses = size * np.sort(rng.uniform(0.1, 2, size=n))[::-1]
        best, trained = two_epochs(answer(losses, 2), n)
        require(best == n - 1, f"a curve of {n} epochs that falls to the end{ever}: its last epoch is the best")
        require(trained == n, f"a curve of {n} epochs that falls to the end{ever}: none of them may be left out")


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
        losses, patience = rng.choice([1, 1e-5]) * random_walk(rng), int(rng.integers(1, 7))
        best, trained = two_epochs(answer(losses, patience), 40)
        changed = np.concatenate([losses[:trained], 0 * losses[trained:]])
        said = "when the curve is changed after the last trained epoch, the result changes: that epoch is the future"
        require(two_epochs(answer(changed, patience), 40) == (best, trained), said)
        require(
            (best, trained) == stopped(losses, patience), f"on a trembling curve, patience {patience}, it is not right"
        )


stop_early.slips(
    ("the smallest of the whole curve", {"return best, epoch + 1": "return np.argmin(losses), len(losses)"},
     "You search the whole curve for its smallest value. In training the later epochs do not exist yet: walk along the "
     "curve, and stop."),
    ("the best found by looking ahead", {"return best": "return np.argmin(losses)"},
     "It stops in time, but then the best epoch is looked for in the whole curve, also in epochs that were never "
     "trained."),
    ("compared with the epoch before", {"loss < losses[best]": "epoch and loss < losses[epoch - 1]"},
     "You compare each epoch with the one before. After a rise, a small fall is not progress: compare with the lowest "
     "loss so far."),
    ("patience given back too soon",
     {"best = 0": "best, waited = 0, 0",
      "if epoch - best": "waited = waited + 1 if epoch and loss >= losses[epoch - 1] else 0\n        if waited"},
     "Any fall of the loss gives the patience back with you, also one that leads to no new lowest loss."),
    ("one epoch too patient", {"== patience": "> patience"},
     "It waits one epoch longer than patience says. Check the comparison at which you stop."),
    ("one epoch too hasty", {"== patience": "== patience - 1"},
     "It stops one epoch before patience is used up. How many epochs without progress have you seen by then?"),
    ("no patience", {"epoch - best == patience": "epoch > best"},
     "It stops at the first epoch that brings nothing new, whatever patience is."),
    ("patience never given back",
     {"best = 0": "best, waited = 0, 0", "if epoch - best": "waited += epoch > best\n        if waited"},
     "You count all epochs without progress. A new lowest loss gives the patience back: counting begins again."),
    ("a tie as progress", {"loss < losses": "loss <= losses"},
     "An equal loss counts as progress with you, so a flat curve is never stopped. Only a lower one is better."),
    ("a smallest step asked for", {"loss < losses[best]": "loss < losses[best] - 1e-3"},
     "A very small fall of the loss does not count as progress with you. Libraries often have such a limit; here there "
     "is none."),
    ("as if it were an accuracy", {"loss < losses": "loss > losses"},
     "You keep the epoch with the largest value. That would be right for an accuracy; a loss should be small."),
    ("the lowest loss begins too low", {"loss < losses[best]": "loss < 0"},
     "No epoch ever counts as progress, although the curve falls. With which value does the lowest loss begin?"),
    ("the last epoch kept", {"return best": "return epoch"},
     "The first value is the epoch at which you stop. The weights that are kept are from before the turn."),
    ("patience epochs back", {"return best": "return max(epoch - patience, 0)"},
     "The best epoch is always `patience` epochs before your last one. That holds only where patience is used up."),
    ("the number of the last epoch", {"epoch + 1": "epoch"},
     "The second value is one too small: as epochs are counted from 0, the last one's number is not how many there "
     "were."),
    ("one too few when it stops", {"break": "return best, epoch"},
     "When patience is used up, the second value is one too small. The epoch at which you notice has been trained, "
     "too."),
    ("one too few at the end", {"return best, epoch + 1": "return best, epoch", "break": "return best, epoch + 1"},
     "When patience is never used up, the second value is one too small. How many epochs has the curve?"),
    ("all epochs, wherever it stops", {"epoch + 1": "len(losses)"},
     "The second value is the length of the whole curve, even where you stop before its end."),
    ("epochs up to the best", {"epoch + 1": "best + 1"},
     "The second value counts the epochs up to the best one. Those that were waited for have been trained as well."),
    ("the best epoch counted from 1", {"return best": "return best + 1"},
     "The best epoch is one too large. It is counted from 0, as an index into the curve."),
    ("the loss for the epoch", {"return best": "return losses[best]"},
     "The first value is the lowest loss. The number of its epoch was asked for."),
    ("patience counted from the smallest of all", {"return best, epoch + 1":
                                                    "return np.argmin(losses), min(np.argmin(losses) + patience + 1, "
                                                    "len(losses))"},
     "You look for the smallest value of the whole curve, and add patience. Whoever stops in time may never see it."),
    ("the first epoch passed over", {"best = 0": "best = 1"},
     "The first epoch never counts as the best one, also where the curve rises from there."),
)  # fmt: skip

# 4. compare

compare = Question(
    "07-putting-it-together/compare",
    draw=lambda rng: three_answers(rng, int(rng.integers(200, 500)), 0.2, *rng.permutation([0.15, 0.05])),
    returns=("difference", "error"),
    section=DIGITS,
    solution="""
        def compare(y, first, second):
            gained = (second == y).astype(int) - (first == y)  # d: example by example, so that what is hard for both cancels
            return gained.mean(), gained.std() / np.sqrt(len(y))
        """,  # noqa: E501
    why="Where an example is hard for both, d is 0, whatever the two scores have in common. So the spread of d holds "
    "only that in which the two differ, and a mean of n values varies √n times less than each of them.",
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


compare.slips(
    ("as if on different test parts",
     {"gained.std() / np.sqrt(len(y))": "np.sqrt(((first == y).var() + (second == y).var()) / len(y))"},
     "Your standard error treats the two scores as independent. They are from the same examples, and go up and down "
     "together on the hard ones: look at the difference in each example.", {"section": PEN}),
    ("the two errors added", {"gained.std()": "((first == y).std() + (second == y).std())"},
     "You add the two standard errors. On the same examples much of the two cancels: look at the difference in each "
     "example.", {"section": PEN}),
    ("one error minus the other", {"gained.std()": "abs((first == y).std() - (second == y).std())"},
     "You subtract one standard error from the other. Two that are equally uncertain would then have a certain "
     "difference.", {"section": PEN}),
    ("the error of the second score", {"gained.std()": "(second == y).std()"},
     "Your standard error is that of the second accuracy alone. It was asked how sure the difference is."),
    ("the error of the first score", {"gained.std()": "(first == y).std()"},
     "Your standard error is that of the first accuracy alone. It was asked how sure the difference is."),
    ("the formula of an accuracy", {"gained.std()": "np.sqrt(gained.mean() * (1 - gained.mean()))"},
     "√(p(1 − p)/n) is for a share, a mean of zeros and ones. The d of an example can be −1 as well.",
     {"section": SAME}),
    ("first minus second", {"(second == y).astype(int) - (first == y)": "(first == y).astype(int) - (second == y)"},
     "The sign is turned: your difference is positive when the first one is better.", {"section": PEN}),
    ("the sign lost", {"gained.mean()": "abs(gained.mean())"},
     "Your difference is never negative, so nobody can see which of the two is better.", {"section": PEN}),
    ("the deviation of one example", {" / np.sqrt(len(y))": ""},
     "You return the deviation of the single differences. The mean of n of them varies much less."),
    ("divided by n, not its root", {"np.sqrt(len(y))": "len(y)"},
     "Your standard error falls as 1/n. Four times the examples should make it half as large, not a "
     "quarter."),
    ("the root forgotten", {"gained.std() / np.sqrt(len(y))": "gained.var() / len(y)"},
     "What you return is the variance of the mean. What is its relation to the standard error?"),
    ("the variance for the deviation", {"gained.std()": "gained.var()"},
     "You divide the variance by √n. Of which of the two, variance or deviation, is the standard error made?"),
    ("the mean not subtracted", {"gained.std()": "np.sqrt((gained**2).mean())"},
     "You take the mean of the squared differences. A deviation is measured from their mean, not from 0.",
     {"section": SAME}),
    ("two standard errors", {"gained.std()": "2 * gained.std()"},
     "Your error is two standard errors, the limit for what is seldom chance. One was asked for."),
    ("a count for a share", {"gained.mean()": "gained.sum()", "/ np.sqrt": "* np.sqrt"},
     "You count examples. Accuracies are shares of all of them.", {"section": SAME}),
    ("a count beside a share", {"gained.mean()": "gained.sum()"},
     "Your difference counts examples. Accuracies are shares of all of them.", {"section": SAME}),
    ("a ratio", {"gained.mean()": "(second == y).mean() / (first == y).mean()"},
     "You divide one accuracy by the other. How much larger was asked for, not how many times."),
    ("a share of the few that differ", {"gained.mean()": "gained.sum() / np.abs(gained).sum()"},
     "Your difference is a share of those examples in which only one is right. Of how many is an accuracy a share?",
     {"section": SAME}),
    ("zeros left out", {"return": "gained = gained[gained != 0]\n    return"},
     "You leave out the examples in which both are right or both are wrong. Their d is 0, and it counts in the mean.",
     {"section": SAME, "found": lambda answer, rng: leaves_out_zeros(answer, rng)}),
    ("wins and losses added",
     {"(second == y).astype(int) - (first == y)": "((second == y) != (first == y)).astype(int)"},
     "You count where just one of the two is right, whichever it is. What the first wins has to count against what the "
     "second wins."),
    ("where the answers differ", {"(second == y).astype(int) - (first == y)": "(first != second).astype(int)"},
     "You count where the two give different answers. Both may be wrong there; what counts is who is right.",
     {"section": CHOOSE}),
    ("digits subtracted", {"(second == y).astype(int) - (first == y)": "second - first"},
     "You subtract the answers themselves. Labels are names: a 9 is not more right than a 2.", {"section": CHOOSE}),
    ("True minus True", {".astype(int)": ""},
     "NumPy does not subtract True and False from each other. What should they be first?"),
    ("only what the second gets right", {"(second == y).astype(int) - (first == y)":
                                         "((second == y) & (first != y)).astype(int)"},
     "You count what the second alone gets right. What the first alone gets right has to count against it."),
)  # fmt: skip


def leaves_out_zeros(answer, rng):
    """Mean and error of the d that are not 0, with whichever n below the root."""
    y, first, second = three_answers(rng)
    gained = 1.0 * (second == y) - (first == y)
    gained = gained[gained != 0]
    difference, error = answer(y, first, second)
    errors = [gained.std() / np.sqrt(n) for n in (len(y), len(gained))]
    return np.isclose(difference, gained.mean()) and np.isclose(error, errors).any()

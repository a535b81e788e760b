"""Chapter 7, question 6: the report, whose numbers are computed again from the network and the parts it names."""

from functools import lru_cache

import numpy as np

from mlkit.checks.expect import NotYet, a_number, close, require
from mlkit.checks.question import Question

from .data import CHOOSE, DIGITS, PARTS, RECIPE, USUAL, as_parts, cut
from .judging import PEN
from .project import NOT_NEEDED, a_network, scanned, share_right, trained

KEYS = ("parts", "network", "parameters", "validation", "test", "standard_error")

report = Question(
    "07-putting-it-together/report",
    takes=("X", "y", "rng"),
    observe=lambda answer, rng: NOT_NEEDED,
    seconds=20.0,
)


def entries(result, n):
    """The parts, the network and the numbers of a report, if all are there."""
    require(isinstance(result, dict), f"it returned {type(result).__name__}; a dictionary was wanted")
    for key in KEYS:
        require(key in result, f"the entry {key!r} is missing")
    numbers = {key: a_number(result[key], f"the entry {key!r}") for key in KEYS[2:]}
    return as_parts(result["parts"], n, 64), a_network(result["network"]), numbers


def rows_of(X, part):
    """Where the rows of a part stand in X."""
    place = {row.tobytes(): i for i, row in enumerate(np.asarray(X, dtype=float))}
    try:
        return np.array([place[row.tobytes()] for row in np.asarray(part, dtype=float)])
    except KeyError:
        raise NotYet("the parts hold images that are not among those that were given") from None


def distinct(rng, n=250):
    """Digits, no two of them alike."""
    X, y, _ = scanned(rng, n)
    X, first = np.unique(X, axis=0, return_index=True)
    order = rng.permutation(len(X))
    return X[order], y[first][order]


@report.part("all entries, and three parts that share nothing")
def _(answer, rng):
    X, y = distinct(rng)
    parts, _, _ = entries(answer(X, y, rng), len(X))
    rows = np.concatenate([rows_of(X, part) for part, _ in parts])
    require(len(np.unique(rows)) == len(rows) == len(X), "the parts share examples, or some are in none")
    close(np.concatenate([labels for _, labels in parts]), y[rows], "in the parts, labels and images do not fit")


@report.part("each number says what it is called", points=2)
def _(answer, rng):
    X, y = distinct(rng)
    parts, network, numbers = entries(answer(X, y, rng), len(X))
    require(numbers["parameters"] == network.parameter_vector.size, "'parameters' is not what the network has")
    for (X_part, y_part), name in zip(parts[1:], PARTS[1:], strict=True):
        said = f"{name!r} is not the share of the {name} part that the network gets right"
        close(numbers[name], share_right(network, X_part, y_part), said)
    share, n = numbers["test"], len(parts[2][1])
    said = "'standard_error' does not belong to the test accuracy and the size of the test part"
    close(numbers["standard_error"], np.sqrt(share * (1 - share) / n), said, rtol=0.02, atol=1e-6)


@report.part("the test part had no say in the network", points=2)
def _(answer, rng):
    X, y = distinct(rng)
    seed = int(rng.integers(1000))
    parts, network, _ = entries(answer(X, y, np.random.default_rng(seed)), len(X))
    same = entries(answer(X, y, np.random.default_rng(seed)), len(X))[1]
    said = "the same rng gives another network: something random is not drawn from it"
    require(np.array_equal(network.parameter_vector, same.parameter_vector), said)
    tested = rows_of(X, parts[2][0])
    for _ in range(2):
        other = with_other_images(X, tested, rng)
        parts, second, _ = entries(answer(other, y, np.random.default_rng(seed)), len(X))
        said = "the same rng gives other parts when some images are changed"
        require(np.array_equal(np.sort(rows_of(other, parts[2][0])), np.sort(tested)), said)
        said = "with the same rng and other images in the test part, the network is another: it has seen the test part"
        require(np.array_equal(network.parameter_vector, second.parameter_vector), said)


# Mistakes, found by computing the numbers again from the parts and the network of one report


@lru_cache(maxsize=1)
def sample():
    return distinct(np.random.default_rng(77), 150)


@lru_cache(maxsize=4)
def reported(answer):
    """One report of 150 digits, and what its numbers should be; no two parts with the same score, if possible."""
    for seed in (5, 6, 7, 8):
        said = answer(*sample(), np.random.default_rng(seed))
        losses, shares = zip(*(said["network"].evaluate(*part) for part in said["parts"]), strict=True)
        if len(set(shares)) == 3:
            break
    return said, shares, losses


def states(*names, value):
    """Found: the named entries are wrong, and what ``value`` makes of the parts' shares right and losses."""

    def found(answer, rng):
        said, shares, losses = reported(answer)
        wrong = [name for name in names if not np.isclose(said[name], shares[PARTS.index(name)])]
        return any(np.isclose(said[name], value(PARTS.index(name), shares, losses)) for name in wrong)

    return found


def an_error(value):
    def found(answer, rng):
        said, (*_, share), _ = reported(answer)
        return np.isclose(said["standard_error"], value(share, len(said["parts"][2][1])), rtol=0.02)

    return found


def network_for(answer, X):
    return answer(X, sample()[1], np.random.default_rng(5))["network"].parameter_vector


def not_repeatable(answer, rng):
    return not np.array_equal(*(network_for(answer, sample()[0]) for _ in range(2)))


def with_other_images(X, rows, rng):
    """X with all the pixels of these rows mixed: no image in them goes with its label."""
    other = X.copy()
    other[rows] = rng.permutation(other[rows].ravel()).reshape(len(rows), -1)
    return other


def saw_the_test_part(answer, rng):
    X, y = sample()
    tested, before = rows_of(X, answer(X, y, np.random.default_rng(5))["parts"][2][0]), network_for(answer, X)
    others = (network_for(answer, with_other_images(X, tested, rng)) for _ in range(4))
    return any(not np.array_equal(before, after) for after in others)


def shares_examples(answer, rng):
    rows = np.concatenate([rows_of(sample()[0], part) for part, _ in reported(answer)[0]["parts"]])
    return len(np.unique(rows)) < len(rows)


def quick(learn, held_out, rng):
    return trained(hidden=(24,), rate=0.005, epochs=6)(*learn, *held_out, rng)


def written(learn=lambda parts: (parts[0], parts[1]), parts_of=None, **changes):
    """A report with other parts to learn from, or with some entries computed in another way."""

    def answer(X, y, rng):
        order = rng.permutation(len(y))
        parts = cut(X, y, order) if parts_of is None else parts_of(X, y, order)
        network = quick(*learn(parts), rng)
        _, validation, test = (network.evaluate(*part)[1] for part in parts)
        error = np.sqrt(test * (1 - test) / len(parts[2][1]))
        size = network.parameter_vector.size
        said = dict(zip(KEYS, (parts, network, size, validation, test, error), strict=True))
        return said | {key: change(said) for key, change in changes.items()}

    return answer


def test_as_validation(X, y, order):
    learn, test = cut(X, y, order, 0.8, 1.0)[:2]
    return learn, test, test


def joined(one, two):
    return tuple(np.concatenate(pair) for pair in zip(one, two, strict=True))


def variance_of_mean(said):
    return said["standard_error"] ** 2


def leaves_out(answer, rng):
    return not set(KEYS) <= set(answer(*sample(), np.random.default_rng(5)))


def without_error(X, y, rng):
    said = written()(X, y, rng)
    return {key: said[key] for key in KEYS[:-1]}


report.mistake(
    "an entry left out",
    without_error,
    "The dictionary lacks an entry, or one has another name. Compare your keys with the list, letter by letter.",
    section=DIGITS,
    found=leaves_out,
)
report.mistake(
    "one part used twice",
    written(parts_of=test_as_validation),
    "Two of your parts share examples. One part cannot serve for choosing and for testing.",
    section=CHOOSE,
    found=shares_examples,
)
report.mistake(
    "randomness from elsewhere",
    lambda X, y, rng: written()(X, y, np.random.default_rng()),
    "The same rng gives another network each time: something random is not drawn from it. Did you hand your rng to all "
    "the functions you call?",
    section=RECIPE,
    found=not_repeatable,
)
report.mistake(
    "the test part had a say",
    written(learn=lambda parts: (joined(parts[0], parts[2]), parts[1])),
    "With other images in the test part your network comes out differently. It learned from them, or was stopped or "
    "chosen by them, or they had a say in the scale.",
    section=CHOOSE,
    found=saw_the_test_part,
)
report.mistake(
    "the two scores exchanged",
    written(test=lambda said: said["validation"], validation=lambda said: said["test"]),
    "The validation accuracy is that of the test part, and the test accuracy that of the validation part.",
    section=CHOOSE,
    found=lambda answer, rng: (
        states("test", value=lambda part, shares, losses: shares[1])(answer, rng)
        and states("validation", value=lambda part, shares, losses: shares[2])(answer, rng)
    ),
)
report.mistake(
    "the validation score twice",
    written(test=lambda said: said["validation"]),
    "What you report as test accuracy is the score of the validation part, the part you chose by.",
    section=CHOOSE,
    found=states("test", value=lambda part, shares, losses: shares[1]),
)
report.mistake(
    "the test score twice",
    written(validation=lambda said: said["test"]),
    "What you report as validation accuracy is the score of the test part.",
    section=CHOOSE,
    found=states("validation", value=lambda part, shares, losses: shares[2]),
)
report.mistake(
    "the score of the training part",
    written(test=lambda said: said["network"].evaluate(*said["parts"][0])[1]),
    "One of your accuracies is that of the digits the network learned from. It says little about others.",
    section=CHOOSE,
    found=states("validation", "test", value=lambda part, shares, losses: shares[0]),
)
report.mistake(
    "the loss for the accuracy",
    written(test=lambda said: said["network"].evaluate(*said["parts"][2])[0]),
    "One of your accuracies is a loss: `evaluate` returns both, the loss first.",
    section=USUAL,
    found=states("validation", "test", value=lambda part, shares, losses: losses[part]),
)
report.mistake(
    "mistakes for right answers",
    written(test=lambda said: 1 - said["test"]),
    "One of your accuracies is the share of mistakes. Its complement was wanted.",
    section=DIGITS,
    found=states("validation", "test", value=lambda part, shares, losses: 1 - shares[part]),
)
report.mistake(
    "percent",
    written(test=lambda said: 100 * said["test"]),
    "One of your accuracies is in percent. Shares between 0 and 1 are wanted.",
    section=DIGITS,
    found=states("validation", "test", value=lambda part, shares, losses: 100 * shares[part]),
)
report.mistake(
    "arrays counted",
    written(parameters=lambda said: len(said["network"].parameters)),
    "You count the arrays of weights and biases. It is the numbers in them that the budget is about.",
    section=PEN,
    found=lambda answer, rng: (said := reported(answer)[0])["parameters"] == len(said["network"].parameters),
)
report.mistake(
    "biases not counted",
    written(parameters=lambda said: sum(W.size for W in said["network"].parameters if W.ndim == 2)),
    "You count the weights only. Biases are learned as well.",
    section=PEN,
    found=lambda answer, rng: (
        (said := reported(answer)[0])["parameters"] == sum(W.size for W in said["network"].parameters if W.ndim == 2)
    ),
)
report.mistake(
    "the root forgotten",
    written(standard_error=variance_of_mean),
    "Your standard error lacks its root: it is a variance still.",
    section=DIGITS,
    found=an_error(lambda share, n: share * (1 - share) / n),
)
report.mistake(
    "the deviation of one answer",
    written(standard_error=lambda said: np.sqrt(said["test"] * (1 - said["test"]))),
    "Your standard error does not depend on the size of the test part. It should fall as the part grows.",
    section=DIGITS,
    found=an_error(lambda share, n: np.sqrt(share * (1 - share))),
)
report.mistake(
    "the size of all the data",
    written(standard_error=lambda said: variance_of_mean(said) ** 0.5 / 5**0.5),
    "Your standard error counts all examples. Only those of the test part were asked.",
    section=DIGITS,
    found=an_error(lambda share, n: np.sqrt(share * (1 - share) / (5 * n))),
)

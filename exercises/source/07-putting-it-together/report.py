"""Chapter 7, question 6: the report, whose numbers are computed again from the network and the parts it names."""

from functools import lru_cache

import numpy as np

from mlkit.checks.expect import NotYet, a_number, close, only_the_given_generator, require
from mlkit.checks.question import Question

from .data import CHOOSE, DIGITS, PARTS, RECIPE, USUAL, as_parts, splits
from .judging import PEN
from .project import NOT_NEEDED, a_network, scanned, share_right, trained

KEYS = ("parts", "network", "parameters", "validation", "test", "standard_error")

report = Question(
    "07-putting-it-together/report",
    observe=lambda answer, rng: NOT_NEEDED,
    drawings=1,
    seconds=20.0,
    uses={"splits": splits.solution.answer, "fit": trained(hidden=(24,), epochs=6)},  # which fit does not matter
    section=DIGITS,
    solution="""
        def report(X, y, rng):
            learn, choose, test = parts = splits(X, y, rng)
            network = fit(*learn, *choose, rng)  # the test part is not handed over
            (_, validated), (_, tested) = network.evaluate(*choose), network.evaluate(*test)
            said = {"parts": parts, "network": network, "parameters": network.parameter_vector.size}
            error = np.sqrt(tested * (1 - tested) / len(test[1]))
            return said | {"validation": validated, "test": tested, "standard_error": error}
        """,
    why="The test part comes in where the finished network is judged, and nowhere before. So its accuracy is that on "
    "digits nobody has chosen by, and whoever has the parts and the seed can compute every number again.",
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
    seed = int(rng.integers(1000))
    given = np.random.default_rng(seed)
    with only_the_given_generator():
        parts, network, _ = entries(answer(X, y, given), len(X))
    rows = np.concatenate([rows_of(X, part) for part, _ in parts])
    require(len(np.unique(rows)) == len(rows) == len(X), "the parts share examples, or some are in none")
    close(np.concatenate([labels for _, labels in parts]), y[rows], "in the parts, labels and images do not fit")
    others, another, _ = entries(answer(X, y, np.random.default_rng(seed + 1)), len(X))
    same = np.array_equal(np.sort(rows_of(X, parts[2][0])), np.sort(rows_of(X, others[2][0])))
    require(not same, "another rng gives the very same test part")
    same = np.array_equal(network.parameter_vector, another.parameter_vector)
    require(not same, "other parts and another rng give the very same network")


@report.part("each number says what it is called", points=2)
def _(answer, rng):
    X, y = distinct(rng)
    seed = int(rng.integers(1000))
    for further in range(4):  # until validation and test part have different scores
        parts, network, numbers = entries(answer(X, y, np.random.default_rng(seed + further)), len(X))
        shares = [share_right(network, *part) for part in parts[1:]]
        if shares[0] != shares[1]:
            break
    said = "the network knows the validation part better than the training part: from which of them did it learn?"
    require(share_right(network, *parts[0]) >= shares[0], said)
    require(numbers["parameters"] == network.parameter_vector.size, "'parameters' is not what the network has")
    for share, name in zip(shares, PARTS[1:], strict=True):
        said = f"{name!r} is not the share of the {name} part that the network gets right"
        close(numbers[name], share, said)
    said = "'standard_error' does not belong to the test accuracy and the size of the test part"
    require(is_error_of(numbers["standard_error"], shares[1], len(parts[2][1])), said)


def is_error_of(said, share, n):
    """Whether that is the standard error of a share of n, or n − 1."""
    return any(np.isclose(said, np.sqrt(share * (1 - share) / count), rtol=1e-5) for count in (n, n - 1))


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


def states(value, *names):
    """Found: the named entries are wrong, and what ``value`` makes of the parts' shares right and losses."""

    def found(answer, rng):
        said, shares, losses = reported(answer)
        wrong = [name for name in names if not np.isclose(said[name], shares[PARTS.index(name)])]
        found = any(np.isclose(said[name], value(PARTS.index(name), shares, losses)) for name in wrong)
        return found and not exchanged(answer, rng)

    return {"found": found}


def an_error(value):
    """Found: the standard error is what ``value`` makes of the three shares right, and of the sizes of the parts."""

    def found(answer, rng):
        said, shares, _ = reported(answer)
        sizes = [len(y) for _, y in said["parts"]]
        wrong = not is_error_of(said["standard_error"], shares[2], sizes[2])
        return wrong and any(np.isclose(said["standard_error"], error) for error in value(shares, sizes))

    return {"found": found}


def a_count(value):
    """Found: so many parameters are counted in the network."""
    return {"found": lambda answer, rng: (said := reported(answer)[0])["parameters"] == value(said["network"])}


def error_of(share, n):
    return np.sqrt(share * (1 - share) / n)


def rounded(answer, rng):
    said, (_, *shares), _ = reported(answer)
    given = [said[name] for name in PARTS[1:]] + [said["standard_error"]]
    right = [*shares, error_of(shares[1], len(said["parts"][2][1]))]
    return any(np.allclose(given, np.round(right, n), rtol=0, atol=1e-12) for n in (1, 2, 3, 4))


def exchanged(answer, rng):
    said, shares, _ = reported(answer)
    return shares[1] != shares[2] and np.allclose([said["validation"], said["test"]], [shares[2], shares[1]])


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
    return any(not np.array_equal(before, after) for after in others) and not not_repeatable(answer, rng)


def shares_examples(answer, rng):
    rows = np.concatenate([rows_of(sample()[0], part) for part, _ in reported(answer)[0]["parts"]])
    return len(np.unique(rows)) < len(rows)


def other_images(answer, rng):
    X = sample()[0]
    given = np.concatenate([images for images, _ in reported(answer)[0]["parts"]])
    return not {row.tobytes() for row in given} & {row.tobytes() for row in X}


def same_parts(answer, rng):
    X, y = sample()
    tested = [rows_of(X, answer(X, y, np.random.default_rng(seed))["parts"][2][0]) for seed in (5, 6)]
    return np.array_equal(*map(np.sort, tested))


def same_network(answer, rng):
    X, y = sample()
    one, other = (answer(X, y, np.random.default_rng(seed))["network"].parameter_vector for seed in (5, 6))
    return np.array_equal(one, other)


def leaves_out(answer, rng):
    return not set(KEYS) <= set(answer(*sample(), np.random.default_rng(5)))


TESTED, VALIDATED = '"test": tested', '"validation": validated'

report.slips(
    ("an entry left out", {', "standard_error": error': ""},
     "The dictionary lacks an entry, or one has another name. Compare your keys with the list, letter by letter.",
     {"found": leaves_out}),
    ("other images in the parts", {"splits(X, y, rng)": "splits(X - X.mean(axis=0), y, rng)"},
     "The images in your parts are not those that were given. Whatever is measured on all of them before the split, as "
     "a mean, has seen the test part.", {"section": USUAL, "found": other_images}),
    ("one part used twice", {"    network =": "    parts = learn, test, test\n    network ="},
     "Two of your parts share examples. One part cannot serve for choosing and for testing.",
     {"section": CHOOSE, "found": shares_examples}),
    ("the same parts for every rng", {"splits(X, y, rng)": "splits(X, y, np.random.default_rng(0))"},
     "Every rng gives the same parts. Which rng do you hand to `splits`?", {"section": RECIPE, "found": same_parts}),
    ("the same network for every rng",
     {"fit(*learn, *choose, rng)": "fit(X[:90], y[:90], X[90:120], y[90:120], np.random.default_rng(0))"},
     "The parts are others with another rng, and the network is the same. Is it really trained on these parts, in this "
     "call?", {"section": RECIPE, "found": same_network}),
    ("randomness from elsewhere", {"*choose, rng)": "*choose, np.random.default_rng())"},
     "The same rng gives another network each time: something random is not drawn from it. Did you hand your rng to "
     "all the functions you call?", {"section": RECIPE, "found": not_repeatable}),
    ("the test part had a say", {"fit(*learn": "fit(*map(np.concatenate, zip(learn, test))"},
     "With other images in the test part your network comes out differently. It learned from them, or was stopped or "
     "chosen by them, or they had a say in the scale.", {"section": CHOOSE, "found": saw_the_test_part}),
    ("the two scores exchanged", {VALIDATED: '"validation": tested', TESTED: '"test": validated'},
     "The validation accuracy is that of the test part, and the test accuracy that of the validation part.",
     {"section": CHOOSE, "found": exchanged}),
    ("the validation score twice", {TESTED: '"test": validated'},
     "What you report as test accuracy is the score of the validation part, the part you chose by.",
     {"section": CHOOSE} | states(lambda part, shares, losses: shares[1], "test")),
    ("the test score twice", {VALIDATED: '"validation": tested'},
     "What you report as validation accuracy is the score of the test part.",
     {"section": CHOOSE} | states(lambda part, shares, losses: shares[2], "validation")),
    ("the score of the training part", {TESTED: '"test": network.evaluate(*learn)[1]'},
     "One of your accuracies is the one of the digits that the network learned from. On which part was it measured?",
     {"section": CHOOSE} | states(lambda part, shares, losses: shares[0], "validation", "test")),
    ("the score of all the data", {TESTED: '"test": network.evaluate(X, y)[1]'},
     "One of your accuracies is that of all the digits, also of those that the network learned from.",
     {"section": CHOOSE} | states(lambda part, shares, losses: np.dot(shares, [0.6, 0.2, 0.2]), "validation", "test")),
    ("the loss for the accuracy", {TESTED: '"test": network.evaluate(*test)[0]'},
     "One of your accuracies is a loss: `evaluate` returns both, the loss first.",
     {"section": USUAL} | states(lambda part, shares, losses: losses[part], "validation", "test")),
    ("mistakes for right answers", {TESTED: '"test": 1 - tested'},
     "One of your accuracies is the share of mistakes. What is the rest to 1?",
     states(lambda part, shares, losses: 1 - shares[part], "validation", "test")),
    ("percent", {TESTED: '"test": 100 * tested'},
     "One of your accuracies is in percent. Shares between 0 and 1 are wanted.",
     states(lambda part, shares, losses: 100 * shares[part], "validation", "test")),
    ("rounded", {"return said": "validated, tested, error = np.round([validated, tested, error], 2)\n    return said"},
     "Your numbers are rounded. Whoever computes them again needs all their digits; round where they are shown.",
     {"found": rounded}),
    ("arrays counted", {"network.parameter_vector.size": "len(network.parameters)"},
     "You count the arrays of weights and biases. It is the numbers in them that the budget is about.",
     {"section": PEN} | a_count(lambda network: len(network.parameters))),
    ("biases not counted",
     {"network.parameter_vector.size": "sum(W.size for W in network.parameters if W.ndim == 2)"},
     "You count the weights only. Biases are learned as well.",
     {"section": PEN} | a_count(lambda network: sum(W.size for W in network.parameters if W.ndim == 2))),
    ("the error of the validation score",
     {"tested * (1 - tested) / len(test[1])": "validated * (1 - validated) / len(choose[1])"},
     "Your standard error is that of the validation accuracy. Which of the two scores is the result?",
     an_error(lambda shares, sizes: [error_of(shares[1], n) for n in sizes[1:]])),
    ("the root forgotten", {"np.sqrt(tested * (1 - tested) / len(test[1]))": "tested * (1 - tested) / len(test[1])"},
     "Your standard error lacks its root: it is a variance still.",
     an_error(lambda shares, sizes: [error_of(shares[2], sizes[2]) ** 2])),
    ("the deviation of one answer", {" / len(test[1])": ""},
     "Your standard error does not depend on the size of the test part. It should fall as the part grows.",
     an_error(lambda shares, sizes: [error_of(shares[2], 1)])),
    ("divided by n, not its root", {"np.sqrt(tested * (1 - tested) / len(test[1]))":
                                    "np.sqrt(tested * (1 - tested)) / len(test[1])"},
     "Your standard error falls as 1/n. Four times the examples should make it half as large, not a quarter.",
     an_error(lambda shares, sizes: [error_of(shares[2], sizes[2] ** 2)])),
    ("another count", {"len(test[1])": "len(y)"},
     "Your standard error has the right form, with another count under the root: of all examples, of those learned "
     "from, or of pixels. How many were asked for this score?",
     an_error(lambda shares, sizes: [error_of(shares[2], n) for n in (sum(sizes), sizes[0], 64)])),
    ("two standard errors", {"np.sqrt(tested": "2 * np.sqrt(tested"},
     "Your error is two standard errors, the limit for what is seldom chance. One was asked for.",
     an_error(lambda shares, sizes: [2 * error_of(shares[2], sizes[2])])),
    ("1 − p forgotten", {"tested * (1 - tested)": "tested"},
     "Your standard error grows with the accuracy. What happens to it when nearly everything is right?",
     an_error(lambda shares, sizes: [np.sqrt(shares[2] / sizes[2])])),
)  # fmt: skip

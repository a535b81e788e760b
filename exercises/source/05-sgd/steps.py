"""Chapter 5, questions 1 and 2: a step against a mean of gradients, and the mini-batches it is a mean of."""

from itertools import islice, pairwise

import numpy as np

from mlkit.checks.expect import a_tuple, an_array, close, require
from mlkit.checks.question import Question

MEAN = "The loss is a mean"
NOISE = "How wrong is a mini-batch?"
USUAL = "Usual mistakes"

# 1. gradient-step


def gradients_of_a_batch(rng, n=5, d=3):
    """Parameters, one gradient in each row, and a learning rate."""
    return 3 * rng.normal(size=d), rng.normal(size=(n, d)) + 1, float(rng.uniform(0.1, 0.6))


def a_batch_of_any_size(rng):
    """The same for some number of examples and of parameters, and some of the slopes are 0."""
    n, d = rng.integers(2, 8), rng.integers(1, 5)
    theta, gradients, rate = gradients_of_a_batch(rng, n, d)
    return theta, gradients * (rng.random((n, d)) < 0.8), rate


gradient_step = Question(
    "05-sgd/gradient-step",
    draw=a_batch_of_any_size,
    section=MEAN,
    solution="""
        def gradient_step(theta, gradients, learning_rate):
            g = gradients.mean(axis=0)  # over the examples, which are the rows
            return theta - learning_rate * g
        """,
    why="The mean of the gradients is the gradient of the mean loss, so a step against it goes down what all examples "
    "agree on. A mean does not grow with their number, so the same η serves batches of every size.",
)


@gradient_step.part("by hand: three examples, two parameters")
def _(answer, rng):
    theta, gradients = np.array([1.0, -1.0]), np.array([[4.0, 0.0], [2.0, -2.0], [3.0, -1.0]])
    still = an_array(answer(theta, 0 * gradients, 0.1), (2,))
    close(still, theta, "where all gradients are 0, the parameters must stay where they are")
    step, mean = an_array(answer(theta, gradients, 0.1), (2,)) - theta, np.array([3.0, -1.0])
    require(not np.allclose(step, 0), "the gradients agree on a direction, and your parameters stay where they are")
    said = "θ = (1, −1), gradients (4, 0), (2, −2) and (3, −1), η = 0.1: the step "
    require(step @ mean < 0, said + "leads uphill")
    require(np.isclose(step[0] * mean[1], step[1] * mean[0]), said + "does not end where it should")
    close(step, -0.1 * mean, said + "has the right direction and another length")


@gradient_step.part("downhill, in proportion to η and to the gradients")
def _(answer, rng):
    for n, d in ((1, 3), (4, 1), (9, 3)):
        theta, gradients, rate = gradients_of_a_batch(rng, n, d)
        moved = an_array(answer(theta, gradients, rate), (d,)) - theta
        require(moved @ gradients.mean(axis=0) < 0, f"with n = {n} the step does not lead downhill")
        twice = an_array(answer(theta, gradients, 2 * rate), (d,)) - theta
        close(twice, 2 * moved, f"n = {n}: with η twice as large, the step must be twice as long")
        half = an_array(answer(theta, gradients / 2, rate), (d,)) - theta
        close(half, moved / 2, f"n = {n}: with all gradients half as large, the step must be half as long")


@gradient_step.part("the same step, however many examples agree on it")
def _(answer, rng):
    theta, gradients, rate = gradients_of_a_batch(rng)
    once = an_array(answer(theta, gradients, rate), (3,))
    for times in (2, 7):
        said = f"each example comes {times} times now; they say the same as before, but the step is another one"
        close(answer(theta, np.tile(gradients, (times, 1)), rate), once, said)
    goals = rng.normal(size=(6, 3))
    said = "each example has a bowl ½‖θ − c‖² of its own; with η = 1 the step must end in the middle of all the c"
    close(answer(theta, theta - goals, 1.0), goals.mean(axis=0), said)


gradient_step.slips(
    ("uphill", {"theta - ": "theta + "}, "You walk along the gradient. It points to where the loss grows."),
    ("the sum for the mean", {"mean": "sum"},
     "You add up the gradients, or make a whole step for each of them. Then a larger batch makes a longer step.",
     {"section": USUAL}),
    ("divided by n twice", {"learning_rate * g": "learning_rate * g / len(gradients)"},
     "You divide by the number of examples twice. A mean has been divided already."),
    ("divided by n − 1", {"gradients.mean(axis=0)": "gradients.sum(axis=0) / (len(gradients) - 1)"},
     "You divide by one less than the number of examples. With a single example, nothing is left to divide by."),
    ("divided by the number of parameters", {"gradients.mean(axis=0)": "gradients.sum(axis=0) / gradients.shape[1]"},
     "You divide by the number of parameters. The mean is one over the examples, and each is a row."),
    ("divided by η", {"learning_rate * g": "g / learning_rate"},
     "You divide by η. Then a small learning rate makes a long step."),
    ("a mean over the wrong axis", {"axis=0": "axis=1"},
     "You take the mean along each row and get one number for each example. Wanted is one for each parameter."),
    ("a mean over everything", {"axis=0": ""},
     "You take the mean of all entries, so every parameter moves by the same number. Each has a slope of its own."),
    ("no mean", {".mean(axis=0)": ""}, "You return a row for each example. They have to agree on one step."),
    ("only the last example", {".mean(axis=0)": "[-1]"},
     "Only the last example counts. Does each turn of a loop replace what the one before has found?"),
    ("only the first example", {".mean(axis=0)": "[0]"}, "Only the first example counts. What do the others say?"),
    ("the first example divided by n", {".mean(axis=0)": "[0] / len(gradients)"},
     "Only the first example is in your sum, and it is divided by the number of all. Does a `return` stand inside the "
     "loop?"),
    ("the first example left out", {"gradients.mean(axis=0)": "gradients[1:].sum(axis=0) / len(gradients)"},
     "The first example is not in your sum. At which number does your loop begin?"),
    ("only the sign of the gradient", {"* g": "* np.sign(g)"},
     "Every parameter moves by η or not at all: of each slope, you use the sign and not how steep it is."),
    ("only the direction of the gradient", {"* g": "* g / np.linalg.norm(g)"},
     "Your step has the length η, whatever the gradient. Where it is small, the step should be small."),
    ("the step alone", {"theta - ": "-"}, "You return the step. Wanted is where it leads to, the new parameters."),
    ("no learning rate", {"learning_rate * g": "g"},
     "Your step is the same for every η: the learning rate is not used."),
)  # fmt: skip

# 2. minibatches


def a_file(rng, n=40, batch_size=8, alike=1):
    """Examples in which X tells its y, sorted by y, so many alike; a batch size; and a generator."""
    y = np.arange(n) // alike
    return np.stack([y, y**2 + 1.0], axis=1), y, batch_size, np.random.default_rng(rng.integers(2**32))


def listed(result):
    """The pairs, from a list or a generator; or what is wrong with them."""
    require(hasattr(result, "__iter__") and not isinstance(result, np.ndarray), "a list of pairs was wanted")
    pairs = list(islice(result, 2000))
    require(len(pairs) < 2000, "the batches never come to an end")
    return [a_tuple(pair, 2, f"batch {i}") for i, pair in enumerate(pairs)]


def batches_of(answer, X, y, batch_size, rng):
    """The pairs, each an array of examples and one of as many targets."""
    pairs = listed(answer(X, y, batch_size, rng))
    for i, (X_batch, y_batch) in enumerate(pairs):
        y_batch = an_array(y_batch, (len(np.atleast_1d(y_batch)),), f"the second value of batch {i}")
        an_array(X_batch, (len(y_batch), X.shape[1]), f"the first value of batch {i}")
    return pairs


def targets(pairs):
    """All targets, in the order in which they came."""
    return np.concatenate([np.empty(0, int), *(y_batch for _, y_batch in pairs)])


def rows(pairs):
    """All rows of X, in the order in which they came."""
    return np.concatenate([np.empty((0, 2)), *(X_batch for X_batch, _ in pairs)])


def mixes(pairs):
    """Whether some batch has examples of both halves of a sorted file."""
    middle = np.mean(targets(pairs))
    return any(np.min(y_batch) < middle < np.max(y_batch) for _, y_batch in pairs if len(y_batch))


FILES = [(40, 8), (23, 5), (11, 20), (12, 12)]  # examples, and how many in a batch


def facts(answer, rng):
    """What does not depend on how an order is drawn."""
    known = {f"{n} in batches of {size}": facts_of(answer, *a_file(rng, n, size)[:3]) for n, size in FILES}
    pairs, drawn = batches_of(answer, *a_file(rng, 24, 6, alike=6)), known["40 in batches of 8"]["drawn"][0]
    every = np.array_equal(np.sort(targets(pairs)), np.arange(24) // 6)
    return known | {"alike": (every, drawn and not mixes(pairs))}


def facts_of(answer, X, y, size):
    """What five epochs have in common; the second has the seed of the first."""
    epochs = [batches_of(answer, X, y, size, np.random.default_rng(seed)) for seed in (0, 0, 1, 2, 3)]
    batches = [y_batch for pairs in epochs for _, y_batch in pairs]
    orders, places = [targets(pairs) for pairs in epochs], [rows(pairs) for pairs in epochs]
    sizes = [[len(y_batch) for _, y_batch in pairs] for pairs in epochs]
    drawn = not all(np.array_equal(a, b) for a, b in pairwise(orders))
    twice = any(map(repeats, orders))
    return {
        "sizes": np.sort(sizes[0])[::-1],
        "the short one last": all(s == sorted(s, reverse=True) for s in sizes),
        "some come twice": (twice, any(map(repeats, batches))),
        "some never come": () if twice else np.setdiff1d(y, np.concatenate(orders)),
        "whole rows": all(np.array_equal(x[:, 1], x[:, 0] ** 2 + 1) for x in places),
        "X beside y": all(np.array_equal(x[:, 0], order) for x, order in zip(places, orders, strict=True)),
        "as in the file": (all(map(rises, orders)), all(rises(x[:, 0]) for x in places)),
        "drawn": (drawn, np.array_equal(orders[0], orders[1])),
        "neighbors stay together": drawn and all(np.ptp(b) == len(b) - 1 for b in batches if len(b)),
    }


def repeats(numbers):
    return len(np.unique(numbers)) < len(numbers)


def rises(numbers):
    return bool((np.diff(numbers) >= 0).all())


minibatches = Question(
    "05-sgd/minibatches",
    observe=facts,
    drawings=1,
    section=NOISE,
    solution="""
        def minibatches(X, y, batch_size, rng):
            order = rng.permutation(len(X))  # one order for both, so that each example keeps its target
            batches = []
            for start in range(0, len(X), batch_size):
                chosen = order[start : start + batch_size]  # a slice past the end is shorter, which is what we want
                batches.append((X[chosen], y[chosen]))
            return batches
        """,
    why="A permutation holds every number once, and so do its pieces together. The same piece picks from X and from y, "
    "so no example loses its target.",
)


@minibatches.part("batches of the wanted size, a shorter one at the end")
def _(answer, rng):
    wanted = [(12, 4, [4, 4, 4]), (11, 4, [4, 4, 3]), (9, 4, [4, 4, 1]), (5, 1, [1] * 5), (7, 7, [7]), (3, 32, [3])]
    for n, size, sizes in wanted:
        came = [len(y_batch) for _, y_batch in batches_of(answer, *a_file(rng, n, size))]
        said = f"{n} examples in batches of {size}: yours have the sizes {str(came[:12])[1:-1] or 'none'}"
        require(came == sizes, said)


@minibatches.part("every example once, beside its own target")
def _(answer, rng):
    for n, size in ((40, 8), (23, 5)):
        pairs = batches_of(answer, *a_file(rng, n, size))
        came, X_came = targets(pairs), rows(pairs)
        require(len(np.unique(came)) == len(came), "an example comes twice in one epoch")
        require(len(came) == n, f"{n} examples in batches of {size}: {len(came)} came")
        close(np.sort(X_came[:, 0]), np.arange(n), "some rows of X come twice, and some never")
        close(X_came[:, 0], came, "the rows of X do not stand beside their own targets any more")
        close(X_came[:, 1], came**2 + 1, "the columns of X do not stand beside each other any more")
    X, y, size, generator = a_file(rng, 24, 6, alike=8)
    came = np.sort(targets(batches_of(answer, X, y, size, generator)))
    require(np.array_equal(came, y), "where several examples look the same, each of them must come")


@minibatches.part("in an order drawn from rng", points=2)
def _(answer, rng):
    X, y, size, _ = a_file(rng)
    seeds = rng.integers(2**32, size=3)
    orders = [targets(batches_of(answer, X, y, size, np.random.default_rng(seed))) for seed in seeds]
    require(not np.array_equal(orders[0], y), "the examples come in the order of the file")
    require(not np.array_equal(orders[0], orders[1]), "another generator, and the same order: it comes not from `rng`")
    again = targets(batches_of(answer, X, y, size, np.random.default_rng(seeds[0])))
    require(np.array_equal(again, orders[0]), "a generator with the same seed must give the same order; yours does not")
    pairs = batches_of(answer, X, y, 10, np.random.default_rng(seeds[0]))
    require(mixes(pairs), "the file is sorted, and no batch mixes examples from its two halves")
    pairs = batches_of(answer, *a_file(rng, 24, 6, alike=6))
    require(mixes(pairs), "the file is sorted by class, and no batch has examples of several classes")


ORDER, CHOSEN, PAIR = "rng.permutation(len(X))", "order[start : start + batch_size]", "(X[chosen], y[chosen])"

minibatches.slips(
    ("overlapping batches", {"len(X), batch_size)": "len(X))"},
     "Each of your batches begins one example after the one before, so they overlap. How far should the start move?"),
    ("X and y in different orders",
     {f"order = {ORDER}": f"order, other = {ORDER}, {ORDER}",
      "y[chosen]": "y[other[start : start + batch_size]]"},
     "X and y come in different orders, so an example is taught the target of another one. Both need the same order."),
    ("only X shuffled", {"y[chosen]": "y[start : start + batch_size]"},
     "X is shuffled, and y comes in the order of the file. An example should keep its own target."),
    ("only y shuffled", {"X[chosen]": "X[start : start + batch_size]"},
     "y is shuffled, and X comes in the order of the file. An example should keep its own target."),
    ("each column in an order of its own",
     {"X[chosen]": "rng.permuted(X, axis=0)[start : start + batch_size]"},
     "The columns of X come in different orders, so your rows are mixed from several examples. An example is a row."),
    ("not shuffled", {ORDER: "np.arange(len(X))"},
     "The examples come in the order of the file. If that is sorted by class, each batch knows a single class."),
    ("whole batches shuffled",
     {ORDER: "np.arange(len(X))", "return batches": "return [batches[i] for i in rng.permutation(len(batches))]"},
     "The batches are shuffled, but inside each of them are still neighbors of the file. Shuffle before you cut."),
    ("classes stay together",
     {ORDER: "np.concatenate([np.flatnonzero(y == k) for k in rng.permutation(np.unique(y))])"},
     "Examples with the same target stay together in your order. Each example should have a place of its own."),
    ("a number of batches", {"return batches": "return [(X[i], y[i]) for i in np.array_split(order, batch_size)]"},
     "You make as many batches as each should have examples. `batch_size` says how large a batch is, not how many."),
    ("batches of even sizes",
     {"return batches": "return [(X[i], y[i]) for i in np.array_split(order, len(batches))]"},
     "There are as many batches as there should be, but you make them all about equally large. Only the last one may "
     "be shorter."),
    ("an empty batch at the end", {"len(X), batch_size)": "len(X) + 1, batch_size)"},
     "When the batch size divides the number of examples, your last batch is empty. It would have a mean of nothing."),
    ("the rest dropped", {"len(X), batch_size)": "len(X) - batch_size + 1, batch_size)"},
     "The examples that do not fill a whole batch get lost. Here they make a shorter one."),
    ("the last batch filled up", {CHOSEN: "order.take(range(start, start + batch_size), mode='wrap')"},
     "Your last batch is filled up with examples that have come before. In an epoch each comes once."),
    ("drawn with replacement", {ORDER: "rng.integers(len(X), size=len(X))"},
     "You draw each example anew from all of them, so some come twice in an epoch and about a third never. In an epoch "
     "each comes once."),
    ("each batch drawn anew", {CHOSEN: f"{ORDER}[start : start + batch_size]"},
     "Each of your batches is drawn from all examples, as if none had come before. So some come twice in an epoch, and "
     "some never."),
    ("the same order for ever", {ORDER: "np.random.default_rng(0).permutation(len(X))"},
     "Whatever generator comes in, your order is the same. What should it be drawn from?"),
    ("chance from somewhere else", {ORDER: "np.random.permutation(len(X))"},
     "Your order does not come from `rng`, so nobody can repeat your experiment. All chance must be drawn from it."),
    ("y before X", {PAIR: "(y[chosen], X[chosen])"},
     "The second value of your pairs has the shape of X. Which of the two should come first?"),
    ("two lists", {"return batches": "return [X for X, _ in batches], [y for _, y in batches]"},
     "You seem to return two lists, one of examples and one of targets. Wanted is one list, and each entry is a pair."),
    ("no list of pairs", {f"batches.append({PAIR})": f"return {PAIR}"},
     "What you return is a row of arrays, not a list of pairs. Is it one batch, or only a half of each?"),
)  # fmt: skip

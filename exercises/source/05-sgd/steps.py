"""Chapter 5, questions 1 and 2: a step against a mean of gradients, and the mini-batches it is a mean of."""

from itertools import islice

import numpy as np

from mlkit.checks.expect import InputChanged, NotYet, a_tuple, an_array, close, require
from mlkit.checks.question import Question

MEAN = "The loss is a mean"
NOISE = "How wrong is a mini-batch?"
USUAL = "Usual mistakes"


def changes_an_input(draw):
    """Recognize an answer that works in place where it must not."""

    def found(answer, rng):
        try:
            answer(*draw(rng))
        except InputChanged:
            return True
        except NotYet:
            return False
        return False

    return found


# 1. gradient-step


def gradients_of_a_batch(rng, n=5, d=3):
    """Parameters, one gradient in each row, and a learning rate."""
    return 3 * rng.normal(size=d), rng.normal(size=(n, d)) + 1, float(rng.uniform(0.1, 0.6))


gradient_step = Question(
    "05-sgd/gradient-step", takes=("theta", "gradients", "learning_rate"), draw=gradients_of_a_batch
)


@gradient_step.part("by hand: three examples, two parameters")
def _(answer, rng):
    theta, gradients = np.array([1.0, -1.0]), np.array([[4.0, 0.0], [2.0, -2.0], [3.0, -1.0]])
    new = an_array(answer(theta, gradients, 0.1), (2,))
    require(not np.allclose(new, theta), "the gradients agree on a direction, and your parameters stay where they are")
    said = "θ = (1, −1), gradients (4, 0), (2, −2) and (3, −1), η = 0.1: the step does not end where it should"
    close(new, [0.7, -0.9], said)


@gradient_step.part("downhill, in proportion to η")
def _(answer, rng):
    for n in (1, 4, 9):
        theta, gradients, rate = gradients_of_a_batch(rng, n)
        moved = an_array(answer(theta, gradients, rate), (3,)) - theta
        require(moved @ gradients.mean(axis=0) < 0, f"with n = {n} the step does not lead downhill")
        twice = an_array(answer(theta, gradients, 2 * rate), (3,)) - theta
        close(twice, 2 * moved, f"n = {n}: with η twice as large, the step must be twice as long")


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


def only_the_last(theta, gradients, learning_rate):
    for g in gradients:
        new = theta - learning_rate * g
    return new


def in_place(theta, gradients, learning_rate):
    theta -= learning_rate * gradients.mean(axis=0)
    return theta


gradient_step.mistake(
    "changed in place",
    in_place,
    "`-=` on an array changes the array you were given. Make a new one and return it.",
    section=MEAN,
    found=changes_an_input(gradients_of_a_batch),
)
gradient_step.mistake(
    "uphill",
    lambda theta, gradients, learning_rate: theta + learning_rate * gradients.mean(axis=0),
    "You walk along the gradient. It points to where the loss grows.",
    section=MEAN,
)
gradient_step.mistake(
    "the sum for the mean",
    lambda theta, gradients, learning_rate: theta - learning_rate * gradients.sum(axis=0),
    "You add up the gradients, or make a whole step for each of them. Then a larger batch makes a longer step.",
    section=USUAL,
)
gradient_step.mistake(
    "divided by n twice",
    lambda theta, gradients, learning_rate: theta - learning_rate * gradients.mean(axis=0) / len(gradients),
    "You divide by the number of examples twice. A mean has been divided already.",
    section=MEAN,
)
gradient_step.mistake(
    "divided by the number of parameters",
    lambda theta, gradients, learning_rate: theta - learning_rate * gradients.sum(axis=0) / gradients.shape[1],
    "You divide by the number of parameters. The mean is one over the examples, and each is a row.",
    section=MEAN,
)
gradient_step.mistake(
    "a mean over the wrong axis",
    lambda theta, gradients, learning_rate: theta - learning_rate * gradients.mean(axis=1),
    "You take the mean along each row and get one number for each example. Wanted is one for each parameter.",
    section=MEAN,
)
gradient_step.mistake(
    "a mean over everything",
    lambda theta, gradients, learning_rate: theta - learning_rate * gradients.mean(),
    "You take the mean of all entries, so every parameter moves by the same number. Each has a slope of its own.",
    section=MEAN,
)
gradient_step.mistake(
    "no mean",
    lambda theta, gradients, learning_rate: theta - learning_rate * gradients,
    "You return a row for each example. They have to agree on one step.",
    section=MEAN,
)
gradient_step.mistake(
    "only the last example",
    only_the_last,
    "Only the last example counts. Does each turn of your loop replace what the one before has found?",
    section=MEAN,
)
gradient_step.mistake(
    "only the first example",
    lambda theta, gradients, learning_rate: theta - learning_rate * gradients[0],
    "Only the first example counts. Does your `return` stand inside the loop?",
    section=MEAN,
)
gradient_step.mistake(
    "the step alone",
    lambda theta, gradients, learning_rate: -learning_rate * gradients.mean(axis=0),
    "You return the step. Wanted is where it leads to, the new parameters.",
    section=MEAN,
)
gradient_step.mistake(
    "no learning rate",
    lambda theta, gradients, learning_rate: theta - gradients.mean(axis=0),
    "Your step is the same for every η: the learning rate is not used.",
    section=MEAN,
)

# 2. minibatches


def a_file(rng, n=40, batch_size=8):
    """Examples in which X tells its y, sorted by y; a batch size; and a generator."""
    y = np.arange(n)
    return np.stack([y, y**2 + 1.0], axis=1), y, batch_size, np.random.default_rng(rng.integers(2**32))


minibatches = Question(
    "05-sgd/minibatches",
    takes=("X", "y", "batch_size", "rng"),
    observe=lambda answer, rng: listed(answer(*a_file(rng))),
)


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
    return np.concatenate([np.asarray(y_batch) for _, y_batch in pairs])


@minibatches.part("batches of the wanted size, a shorter one at the end")
def _(answer, rng):
    for n, size, wanted in ((12, 4, [4, 4, 4]), (11, 4, [4, 4, 3]), (5, 1, [1] * 5), (7, 7, [7]), (3, 32, [3])):
        sizes = [len(y_batch) for _, y_batch in batches_of(answer, *a_file(rng, n, size))]
        said = f"{n} examples in batches of {size}: yours have the sizes {str(sizes[:12])[1:-1] or 'none'}"
        require(sizes == wanted, said)


@minibatches.part("every example once, beside its own target")
def _(answer, rng):
    for n, size in ((40, 8), (23, 5)):
        pairs = batches_of(answer, *a_file(rng, n, size))
        came = targets(pairs)
        require(len(np.unique(came)) == len(came), "an example comes twice in one epoch")
        require(len(came) == n, f"{n} examples in batches of {size}: {len(came)} came")
        X_came = np.concatenate([X_batch for X_batch, _ in pairs])
        close(np.sort(X_came[:, 0]), np.arange(n), "some rows of X come twice, and some never")
        close(X_came[:, 0], came, "the rows of X do not stand beside their own targets any more")


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
    mixed = [np.min(y_batch) < 20 <= np.max(y_batch) for _, y_batch in pairs]
    require(any(mixed), "the file is sorted, and no batch mixes examples from its two halves")


def cut(X, y, order, batch_size):
    """The batches of an order."""
    starts = range(0, len(order), batch_size)
    return [(X[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in starts]


def slip(name, wrong, hint, same, section=NOISE):
    """A mistake that is recognized by ``same(pairs, answer, file)``, on 40 examples in batches of 8."""

    def found(answer, rng):
        file = a_file(rng)
        return same(listed(answer(*file)), answer, file)

    minibatches.mistake(name, wrong, hint, section=section, found=found)


def sizes_of(pairs):
    return [len(y_batch) for _, y_batch in pairs]


def overlap(pairs, *_):
    firsts = [y_batch for _, y_batch in pairs[:3]]
    return len(pairs) > 5 and all(np.array_equal(a[1:], b[:-1]) for a, b in zip(firsts, firsts[1:], strict=False))


def apart(pairs, *_):
    return any(len(X) == len(y) and not np.array_equal(X[:, 0], y) for X, y in pairs)


def always_the_same(pairs, answer, file):
    X, y, size, _ = file
    others = [targets(listed(answer(X, y, size, np.random.default_rng(seed)))) for seed in (1, 2)]
    return np.array_equal(targets(pairs), others[0]) and np.array_equal(*others)


def not_from_rng(pairs, answer, file):
    return not np.array_equal(targets(pairs), targets(listed(answer(*file))))


def neighbors(pairs, *_):
    return len(pairs) > 1 and all(np.ptp(y_batch) == len(y_batch) - 1 for _, y_batch in pairs)


def drops_the_rest(pairs, answer, file):
    X, y, _, rng = file
    return len(targets(listed(answer(X, y, 7, rng)))) == 35


def an_empty_one(pairs, *_):
    return 0 in sizes_of(pairs)


def every_window(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    return [(X[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(len(X))]


def one_too_many(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    parts = [order[i * batch_size : (i + 1) * batch_size] for i in range(len(X) // batch_size + 1)]
    return [(X[part], y[part]) for part in parts]


def shuffled_in_place(X, y, batch_size, rng):
    rng.shuffle(X)
    rng.shuffle(y)
    return cut(X, y, np.arange(len(X)), batch_size)


def batches_shuffled(X, y, batch_size, rng):
    pairs = cut(X, y, np.arange(len(X)), batch_size)
    return [pairs[i] for i in rng.permutation(len(pairs))]


def with_replacement(X, y, batch_size, rng):
    return cut(X, y, rng.integers(len(X), size=len(X)), batch_size)


minibatches.mistake(
    "the data shuffled in place",
    shuffled_in_place,
    "`rng.shuffle` changes the array it is given, and X and y each in an order of its own. Draw one order, and pick "
    "from both with it.",
    section=NOISE,
    found=changes_an_input(a_file),
)
slip(
    "overlapping batches",
    every_window,
    "Each of your batches begins one example after the one before, so they overlap. How far does the start move?",
    overlap,
)
slip(
    "X and y in different orders",
    lambda X, y, batch_size, rng: cut(rng.permutation(X), rng.permutation(y), np.arange(len(X)), batch_size),
    "X and y come in different orders, so an example is taught the target of another one. Both need the same order.",
    apart,
)
slip(
    "not shuffled",
    lambda X, y, batch_size, rng: cut(X, y, np.arange(len(X)), batch_size),
    "The examples come in the order of the file. If that is sorted by class, each batch knows a single class.",
    lambda pairs, answer, file: np.array_equal(targets(pairs), file[1]),
)
slip(
    "whole batches shuffled",
    batches_shuffled,
    "You shuffle the batches, but inside each of them are still neighbors of the file. Shuffle before you cut.",
    neighbors,
)
slip(
    "a number of batches",
    lambda X, y, batch_size, rng: [(X[i], y[i]) for i in np.array_split(rng.permutation(len(X)), batch_size)],
    "You make as many batches as each should have examples. `batch_size` says how large a batch is, not how many.",
    lambda pairs, answer, file: sizes_of(pairs) == [5] * 8,
)
slip(
    "an empty batch at the end",
    one_too_many,
    "When the batch size divides the number of examples, your last batch is empty. It would have a mean of nothing.",
    an_empty_one,
)
slip(
    "the same order for ever",
    lambda X, y, batch_size, rng: cut(X, y, np.random.default_rng(0).permutation(len(X)), batch_size),
    "Whatever generator comes in, your order is the same: you seem to make a generator of your own with a fixed seed.",
    always_the_same,
)
slip(
    "chance from somewhere else",
    lambda X, y, batch_size, rng: cut(X, y, np.random.default_rng().permutation(len(X)), batch_size),
    "Your order does not come from `rng`, so nobody can repeat your experiment. All chance must be drawn from it.",
    not_from_rng,
)
slip(
    "the rest dropped",
    lambda X, y, batch_size, rng: cut(X, y, rng.permutation(len(X))[: len(X) // batch_size * batch_size], batch_size),
    "The examples that do not fill a whole batch get lost. Here they make a shorter one.",
    drops_the_rest,
)
slip(
    "drawn with replacement",
    with_replacement,
    "You draw each example anew from all of them, so some come twice in an epoch and about a third never. In an epoch "
    "each comes once.",
    lambda pairs, *_: len(np.unique(targets(pairs))) < len(targets(pairs)),
)

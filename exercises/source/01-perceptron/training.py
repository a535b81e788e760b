"""Chapter 1, question 4: training, until an epoch without mistakes or for as many epochs as allowed."""

from itertools import permutations

import numpy as np

from mlkit import perceptron
from mlkit.checks.clues import same
from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.checks.solution import Solution

from .one_neuron import ALGORITHM, CORNERS, FLOWERS, ONE, USUAL, step, update

# 4. train


def separable(rng, n=24, d=2):
    """Examples on a grid, so that sums are exact, with some room on both sides of a line."""
    weights, bias = rng.choice([-3.0, -2.0, 2.0, 3.0], size=d), float(rng.choice([-3, -2, 2, 3]))
    X = rng.integers(-5, 6, size=(8 * n, d)).astype(float)
    z = X @ weights + bias
    X = X[np.abs(z) >= 3][:n]
    return X, perceptron.predict(X, weights, bias)


def contradictory(rng, n=24):
    """Examples of which no line can get all: the first two are one with both targets, and more targets are turned."""
    X, y = separable(rng, n)
    X[1], y[1] = X[0], y[0]
    y[1:5] = 1 - y[1:5]
    return X, y


def one_flower(rng, n):
    """The same example again and again: learned at once, in whatever order."""
    return -rng.integers(3, 6, size=(1, 2)).repeat(n, axis=0).astype(float), np.ones(n, dtype=int)


def a_short_training(rng):
    """A few examples of which no line gets all, or one flower; a learning rate, and the epochs that are allowed."""
    n, data = int(rng.integers(8, 20)), rng.choice([contradictory, one_flower])
    return *data(rng, n), float(rng.choice([0.25, 0.5, 2.0])), int(rng.integers(5, 7))


train = Question(
    "01-perceptron/train",
    draw=lambda rng: a_short_training(rng),
    drawings=8,
    returns=("weights", "bias", "mistakes"),
    uses={"step": step.solution.answer, "update": update.solution.answer},
    section=ALGORITHM,
    why="The inner loop is one epoch: ask, count, update. An epoch without a mistake has changed nothing, and no later "
    "one would.",
    solution="""
        def train(X, y, learning_rate, max_epochs):
            weights, bias, history = np.zeros(X.shape[1]), 0.0, []
            for _ in range(max_epochs):
                mistakes = 0
                for x, target in zip(X, y, strict=True):
                    mistakes += int(step(x @ weights + bias) != target)  # asked before the weights change
                    weights, bias = update(weights, bias, x, target, learning_rate)
                history.append(mistakes)  # the epoch without a mistake belongs in the list, too
                if mistakes == 0:
                    break
            return weights, bias, history
        """,
)


def what_training_left(result, max_epochs, n, d=2):
    weights, bias, mistakes = a_tuple(result, 3)
    weights = an_array(weights, (d,), "the first value, the weights,")
    bias = a_number(bias, "the second value, the bias,")
    said = "the third value, the list of mistakes,"
    require(isinstance(mistakes, (list, tuple, np.ndarray)), f"{said} is not a list with a number for each epoch")
    require(len(mistakes) <= max_epochs, f"{said} is longer than max_epochs")
    require(len(mistakes) > 0, f"{said} is empty")
    counts = an_array(np.array(mistakes), (len(mistakes),), said)
    require(np.all(counts == np.round(counts)), f"{said} holds numbers that are not whole")
    require(counts.min() >= 0, f"{said} holds negative numbers")
    require(counts.max() <= n, f"{said} holds numbers above {n}, but an epoch has {n} examples")
    return weights, bias, counts


@train.part("the weights, the bias and a count for each epoch")
def _(answer, rng):
    for d in (1, 2, 3):
        X, y = separable(rng, d=d)
        *_, counts = what_training_left(answer(X, y, 1.0, 100), 100, len(X), d)
        require(counts[0] > 0, "from zero weights the first epoch cannot be without mistakes")


@train.part("the three examples worked by hand")
def _(answer, rng):
    rate = float(rng.choice([0.5, 2.0, 4.0]))
    weights, bias, counts = what_training_left(answer(*FLOWERS, rate, 10), 10, 3)
    close(weights, rate * np.array([2, -1]), f"A, B and C of the chapter, η = {rate:g}: the weights are not right")
    close(bias, -rate, f"A, B and C of the chapter, η = {rate:g}: the bias is not right")
    require(tuple(counts) == (3, 0), "A, B and C of the chapter: the mistakes of each epoch are not right")


@train.part("where a line exists: it is found, and the first epoch without a mistake is the last")
def _(answer, rng):
    for _ in range(3):
        X, y = separable(rng)
        weights, bias, counts = what_training_left(answer(X, y, 1.0, 500), 500, len(X))
        right = perceptron.accuracy(X, y, weights, bias)
        require(right == 1, "a line separates the examples, but yours has some on the wrong side at the end")
        require(counts[-1] == 0, "training ended although the last epoch still had mistakes")
        require(np.all(counts[:-1] > 0), "training went on after an epoch without a mistake")


@train.part("where none exists: it stops after max_epochs")
def _(answer, rng):
    epochs = int(rng.integers(5, 12))
    *_, counts = what_training_left(answer(2 * CORNERS, np.array([0, 0, 1, 1]), 1.0, epochs), epochs, 4)
    require(len(counts) == epochs, "no line separates these examples: all epochs that are allowed must be used")
    require(np.all(counts > 0), "no line separates these examples: no epoch can be without a mistake")


@train.part("every epoch as the rule says", points=2)
def _(answer, rng):
    for data, rate, epochs in ((separable, 1.0, 500), (separable, 0.25, 500), (contradictory, 0.5, 9)):
        X, y = data(rng)
        weights, bias, counts = what_training_left(answer(X, y, rate, epochs), epochs, len(X))
        fitted = perceptron.fit(X, y, learning_rate=rate, max_epochs=epochs)
        require(len(counts) == fitted.epochs, "training does not end after the epoch that the rule ends with")
        close(counts[:1], fitted.mistakes_per_epoch[:1], "the mistakes of the first epoch are not counted right")
        close(counts, fitted.mistakes_per_epoch, "the first epoch is right, but not the mistakes of all epochs")
        close(weights, fitted.weights, "the counts are right, but not the weights at the end")
        close(bias, fitted.bias, "the counts and the weights are right, but not the bias at the end")


def offline(X, y, rate, max_epochs):
    fitted = perceptron.fit_offline(X, y, learning_rate=rate, max_epochs=max_epochs)
    return fitted.weights, fitted.bias, fitted.mistakes_per_epoch


def train_with(error):
    """Training by another opinion of what is a mistake: ``error(z, target)``."""

    def update(weights, bias, x, target, rate):
        change = rate * error(x @ weights + bias, target)
        return weights + change * x, bias + change

    edits = {"step(x @ weights + bias) != target": "error(x @ weights + bias, target) != 0"}
    return Solution(train.solution.text, {"update": update, "error": error}).edited(edits)


def in_another_order(answer, rng):
    """Whether an epoch leaves what it would if the examples came in some other order, in some cases at least."""
    same_order = []
    for n in 6 * (3, 4):
        X, y = separable(rng, n)
        given = answer(X, y, 1.0, 1)
        orders = [list(order) for order in permutations(range(n))]
        same_as = [order for order in orders if same(given, train.solution.answer(X[order], y[order], 1.0, 1))]
        if not same_as:
            return False
        same_order.append(list(range(n)) in same_as)
    return not all(same_order)


def starts_elsewhere(answer, rng):
    """Whether no epoch at all leaves weights or a bias that are not 0."""
    weights, bias, _ = answer(*separable(rng, 8), 1.0, 0)
    return bool(np.any(weights) or bias)


train.slips(
    ("a lost sign", {"target, learning_rate)": "target, -learning_rate)"},
     "The weights run away from the targets, and the neuron learns to be wrong. Is the error target minus output?",
     {"section": USUAL}),
    ("the bias not learned", {"weights, bias = update": "weights, _ = update"},
     "The bias stays at 0, so every line you try goes through the origin. Keep the new bias as well as the weights.",
     {"section": USUAL}),
    ("nothing learned", {"weights, bias = update": "update"},
     "The weights are never renewed. `update` returns new ones and changes nothing itself: who keeps what it returns?"),
    ("never stops early", {"mistakes == 0": "mistakes < 0"},
     "You always use all epochs that are allowed. After an epoch without a mistake nothing will ever change again."),
    ("the clean epoch not counted", {"append(mistakes)": "extend([mistakes] * (mistakes > 0))"},
     "The last epoch, the one without mistakes, is missing in your list: note the count first, then decide to stop."),
    ("the count never set back", {"history = np": "history, mistakes = np", "[]": "[], 0", " mistakes = 0\n": "\n"},
     "Your count is set to 0 only once, before the first epoch. So it only grows, and no epoch looks clean."),
    ("one number for all epochs", {"return weights, bias, history": "return weights, bias, sum(history)"},
     "You return how many mistakes there were in all. A list with one count for each epoch is wanted."),
    ("errors that cancel", {"int(step(x @ weights + bias) != target)": "target - step(x @ weights + bias)"},
     "You add up the errors, which are +1 and −1 and cancel. Count how many are not 0."),
    ("only misses counted", {"!= target": "< target"},
     "You count the examples where the neuron should fire and does not. The others that it gets wrong count as well."),
    ("only false alarms counted", {"!= target": "> target"},
     "You count the examples where the neuron fires and should not. The others that it gets wrong count as well."),
    ("shares, not counts", {"append(mistakes)": "append(mistakes / len(X))"},
     "You note the share of mistakes in each epoch. Their number is wanted."),
    ("counted after each update",
     {"mistakes += int(step(x @ weights + bias) != target)": "",
      "target, learning_rate)": "target, learning_rate); mistakes += int(step(x @ weights + bias) != target)"},
     "You ask whether an example is a mistake when the weights have changed already. Which answer should be counted?"),
    ("counted after the epoch",
     {"history.append(": "mistakes = int(np.sum(step(X @ weights + bias) != y)); history.append("},
     "You count who is wrong at the end of the epoch. Count each mistake when it is made, while the weights are still "
     "changing."),
    ("only one epoch", {"range(max_epochs)": "range(1)"},
     "You stop after the first epoch. Does your `return` or `break` stand inside the loop over the epochs?"),
    ("one epoch too few", {"range(max_epochs)": "range(max_epochs - 1)"},
     "Where no line exists, you stop one epoch before the last that is allowed. Where does the count begin and end?"),
    ("every epoch from zero", {" mistakes = 0\n": " weights, bias, mistakes = np.zeros(X.shape[1]), 0.0, 0\n"},
     "Each epoch starts from zero weights again and forgets what the one before has learned. Set them once, before the "
     "loop."),
    ("the first example left out", {"zip(X, y": "zip(X[1:], y[1:]"},
     "The first example is never learned. Where does your loop begin?"),
    ("the last example left out", {"zip(X, y": "zip(X[:-1], y[:-1]"},
     "The last example is never learned. Where does your loop end?"),
    ("stops at the first setback", {"mistakes == 0": "mistakes == 0 or history[:-1] and mistakes >= history[-2]"},
     "You stop after an epoch that is no better than the one before, although there are mistakes left to learn from. "
     "Their number may rise on the way."),
)  # fmt: skip
train.mistake(
    "fires at zero",
    train_with(lambda z, target: target - int(z >= 0)),
    "At z = 0 your neuron fires. So the very first answer, from zero weights, is a 1, and other examples count as "
    "mistakes.",
    section=ONE,
)
train.mistake(
    "always a mistake on the line",
    train_with(lambda z, target: (2 * target - 1) * int((2 * target - 1) * z <= 0)),
    "You count an example on the line as a mistake whatever its target. Books with targets −1 and 1 do so; here the "
    "neuron is silent at z = 0, and one of the two targets is right.",
    section=ONE,
)
train.mistake(
    "learning once per epoch",
    offline,
    "You hold the weights still for an epoch and apply all corrections at its end. That is offline learning; here the "
    "next example must already see the change.",
)
train.mistake(
    "another start",
    train.solution.edited({"np.zeros(X.shape[1]), 0.0": "np.ones(X.shape[1]), 0.0"}),
    "Before the first example your weights or your bias are not 0. Where do you start?",
    found=starts_elsewhere,
)
train.mistake(
    "the examples in another order",
    train.solution.edited({"zip(X, y": "zip(X[::-1], y[::-1]"}),
    "You take the examples in an order of your own. Shuffling is often wise; here they are wanted as they come.",
    found=in_another_order,
)

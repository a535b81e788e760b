"""Chapter 1, question 4: training, until an epoch without mistakes or for as many epochs as allowed."""

import numpy as np

from mlkit import perceptron
from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question

from .one_neuron import ALGORITHM, CORNERS, FLOWERS, ONE, USUAL

# 4. train


def separable(rng, n=24):
    """Examples on a grid, so that sums are exact, with some room on both sides of a line."""
    weights, bias = rng.choice([-3.0, -2.0, 2.0, 3.0], size=2), float(rng.choice([-3, -2, 2, 3]))
    X = rng.integers(-5, 6, size=(8 * n, 2)).astype(float)
    z = X @ weights + bias
    X = X[np.abs(z) >= 3][:n]
    return X, perceptron.predict(X, weights, bias)


train = Question(
    "01-perceptron/train",
    takes=("X", "y", "learning_rate", "max_epochs"),
    draw=lambda rng: (*separable(rng), 0.5, 60),
)


def what_training_left(result, max_epochs, n):
    weights, bias, mistakes = a_tuple(result, 3)
    weights = an_array(weights, (2,), "the first value, the weights,")
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
    X, y = separable(rng)
    *_, counts = what_training_left(answer(X, y, 1.0, 100), 100, len(X))
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
    for rate in (1.0, 0.25):
        X, y = separable(rng)
        weights, bias, counts = what_training_left(answer(X, y, rate, 500), 500, len(X))
        fitted = perceptron.fit(X, y, learning_rate=rate, max_epochs=500)
        close(counts[:1], fitted.mistakes_per_epoch[:1], "the mistakes of the first epoch are not counted right")
        close(counts, fitted.mistakes_per_epoch, "the first epoch is right, but not the mistakes of all epochs")
        close(weights, fitted.weights, "the counts are right, but not the weights at the end")
        close(bias, fitted.bias, "the counts and the weights are right, but not the bias at the end")


def epochs_of(X, y, rate, max_epochs, sign=1, bias_share=1, border=False, restart=False):
    """Yield weights, bias and the list of errors after each epoch; the settings make mistakes."""
    weights, bias = np.zeros(X.shape[1]), 0.0
    for _ in range(max_epochs):
        weights, bias = (0 * weights, 0.0) if restart else (weights, bias)
        errors = []
        for x, target in zip(X, y, strict=True):
            z = x @ weights + bias
            errors.append(int(target) - int(z >= 0 if border else z > 0))
            weights = weights + sign * rate * errors[-1] * x
            bias = bias + sign * bias_share * rate * errors[-1]
        yield weights, bias, errors


def trained(*data, count=np.count_nonzero, **settings):
    """Train until an epoch without errors, with one of the mistakes of ``epochs_of`` or of ``count``."""
    counts = []
    for epoch in epochs_of(*data, **settings):
        weights, bias, errors = epoch
        counts.append(int(count(errors)))
        if not any(errors):
            break
    return weights, bias, counts


def counts_changed(change):
    """Training whose list of counts is changed afterward."""

    def wrong(*data):
        weights, bias, counts = trained(*data)
        return weights, bias, change(counts, len(data[0]))

    return wrong


def never_stops_early(*data):
    *_, (weights, bias, _) = epochs = list(epochs_of(*data))
    return weights, bias, [np.count_nonzero(errors) for *_, errors in epochs]


def counted_afterward(X, y, *settings):
    counts = []
    for weights, bias, _ in epochs_of(X, y, *settings):
        counts.append(int((perceptron.predict(X, weights, bias) != y).sum()))
        if not counts[-1]:
            break
    return weights, bias, counts


def offline(X, y, rate, max_epochs):
    fitted = perceptron.fit_offline(X, y, learning_rate=rate, max_epochs=max_epochs)
    return fitted.weights, fitted.bias, fitted.mistakes_per_epoch


def one_epoch(X, y, rate, max_epochs):
    return trained(X, y, rate, 1)


train.mistake(
    "a lost sign",
    lambda *data: trained(*data, sign=-1),
    "The weights run away from the targets, and the neuron learns to be wrong. Is the error target minus output?",
    section=USUAL,
)
train.mistake(
    "the bias not learned",
    lambda *data: trained(*data, bias_share=0),
    "The bias stays at 0, so every line you try goes through the origin. Keep the new bias as well as the weights.",
    section=USUAL,
)
train.mistake(
    "never stops early",
    never_stops_early,
    "You always use all epochs that are allowed. After an epoch without a mistake nothing will ever change again.",
    section=ALGORITHM,
)
train.mistake(
    "the clean epoch not counted",
    counts_changed(lambda counts, n: counts[:-1] if counts[-1] == 0 else counts),
    "The last epoch, the one without mistakes, is missing in your list: note the count first, then decide to stop.",
    section=ALGORITHM,
)
train.mistake(
    "the count never set back",
    counts_changed(lambda counts, n: list(np.cumsum(counts))),
    "Your counts only ever grow: each epoch also counts the mistakes of all epochs before it.",
    section=ALGORITHM,
)
train.mistake(
    "one number for all epochs",
    counts_changed(lambda counts, n: sum(counts)),
    "You return how many mistakes there were in all. A list with one count for each epoch is wanted.",
    section=ALGORITHM,
)
train.mistake(
    "errors that cancel",
    lambda *data: trained(*data, count=sum),
    "You add up the errors, which are +1 and −1 and cancel. Count how many are not 0.",
    section=ALGORITHM,
)
train.mistake(
    "shares, not counts",
    counts_changed(lambda counts, n: [count / n for count in counts]),
    "You note the share of mistakes in each epoch. Their number is wanted.",
    section=ALGORITHM,
)
train.mistake(
    "counted after the epoch",
    counted_afterward,
    "You count who is wrong at the end of the epoch. Count each mistake when it is made, while the weights are still "
    "changing.",
    section=ALGORITHM,
)
train.mistake(
    "learning once per epoch",
    offline,
    "You hold the weights still for an epoch and apply all corrections at its end. That is offline learning; here the "
    "next example must already see the change.",
    section=ALGORITHM,
)
train.mistake(
    "only one epoch",
    one_epoch,
    "You stop after the first epoch. Does your `return` or `break` stand inside the loop over the epochs?",
    section=ALGORITHM,
)
train.mistake(
    "every epoch from zero",
    lambda *data: trained(*data, restart=True),
    "Each epoch starts from zero weights again and forgets what the one before has learned. Set them once, before the "
    "loop.",
    section=ALGORITHM,
)
train.mistake(
    "fires at zero",
    lambda *data: trained(*data, border=True),
    "At z = 0 your neuron fires. So the very first answer, from zero weights, is a 1, and other examples count as "
    "mistakes.",
    section=ONE,
)

"""Chapter 7: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

import math
import operator

import numpy as np

from mlkit import datasets
from mlkit.network import Network
from mlkit.optimizers import Adam, Momentum
from mlkit.training import minibatches, train

from .project import trained


def splits_by_class(X, y, rng):
    X, X_test, y, y_test = datasets.split(X, y, 0.2, rng=rng)
    X, X_val, y, y_val = datasets.split(X, y, 0.25, rng=rng)
    return [[X, y], [X_val, y_val], [X_test, y_test]]


def splits_shuffled(X, y, rng):
    order = list(range(len(y)))
    rng.shuffle(order)
    ends = int(0.6 * len(y)), int(0.8 * len(y))
    learn, choose, test = order[: ends[0]], order[ends[0] : ends[1]], order[ends[1] :]
    return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])


def splits_by_lots(X, y, rng):
    place = np.argsort(np.argsort(rng.random(len(y)))) / len(y)
    masks = place < 0.6, (place >= 0.6) & (place < 0.8), place >= 0.8
    return tuple((X[mask], y[mask]) for mask in masks)


def standardize_by_columns(train, other):
    train, other = train.copy(), other.copy()
    for j in range(train.shape[1]):
        mean, deviation, spread = np.mean(train[:, j]), np.std(train[:, j]), np.ptp(train[:, j])
        for part in (train, other):
            part[:, j] -= mean
            if spread > 0:
                part[:, j] /= deviation
    return [train, other]


def stop_by_waiting(losses, patience):
    best, lowest, waited, epoch = 0, float("inf"), 0, 0
    while epoch < len(losses) and waited < patience:
        if losses[epoch] < lowest:
            best, lowest, waited = epoch, losses[epoch], 0
        else:
            waited += 1
        epoch += 1
    return best, epoch


def stop_by_prefixes(losses, patience):
    for trained_epochs in range(1, len(losses) + 1):
        best = np.argmin(losses[:trained_epochs])
        if trained_epochs - best > patience:
            return best, trained_epochs
    return int(best), float(len(losses))


def compare_by_counting(y, first, second):
    won = sum(s == t != f for t, f, s in zip(y, first, second, strict=True))
    lost = sum(f == t != s for t, f, s in zip(y, first, second, strict=True))
    n = len(y)
    return (won - lost) / n, math.sqrt((won + lost) / n - ((won - lost) / n) ** 2) / math.sqrt(n)


def compare_as_a_sample(y, first, second):
    d = np.where(second == y, 1.0, 0.0) - np.where(first == y, 1.0, 0.0)
    return np.mean(second == y) - np.mean(first == y), np.std(d, ddof=1) / len(y) ** 0.5


def a_fit(sizes, optimizer, **kind):
    def answer(X, y, X_val, y_val, rng):
        network = Network.mlp([64, *sizes, 10], rng=rng, **kind)
        stopping = {"validation": (X_val, y_val), "early_stopping": 10}
        train(network, X, y, optimizer=optimizer(), epochs=60, rng=rng, **stopping)
        return network

    return answer


fit = a_fit([64], lambda: Adam(0.005), activation="relu", initializer="he_normal")


def fit_by_loop(X, y, X_val, y_val, rng):
    network, optimizer = Network.mlp([64, 60, 10], activation="relu", initializer="he_normal", rng=rng), Adam(0.005)
    for _ in range(30):
        for X_batch, y_batch in minibatches(X, y, 32, rng):
            network.backpropagate(X_batch, y_batch)
            optimizer.step(network.parameters, network.gradients)
    return network


def fit_standardized(X, y, X_val, y_val, rng):
    """What was done to the pixels is taken into the first layer, so that the network takes pixels as they come."""
    mean, scale = X.mean(axis=0), X.std() * np.ones(64)
    network = fit((X - mean) / scale, y, (X_val - mean) / scale, y_val, rng)
    W, b = network.parameters[:2]
    W /= scale[:, None]
    b -= mean @ W
    return network


def report(X, y, rng, splits=splits_by_lots, fit=fit):
    learn, choose, test = parts = splits(X, y, rng)
    network = fit(*learn, *choose, rng)
    p = float(np.mean(network.predict(test[0]) == test[1]))
    said = {"network": network, "test": p, "parts": list(parts), "seconds": 1.0}
    said["parameters"] = sum(array.size for array in network.parameters)
    said["validation"] = network.evaluate(*choose)[1]
    said["standard_error"] = (p * (1 - p) / len(test[1])) ** 0.5
    return said


def report_of_the_best(X, y, rng):
    def best_of_two(X, y, X_val, y_val, rng):
        tried = [trained((m,), epochs=20)(X, y, X_val, y_val, rng) for m in (32, 64)]
        return min(tried, key=lambda network: network.evaluate(X_val, y_val)[0])

    return report(X, y, rng, splits_by_class, best_of_two)


RIGHT = [
    ("splits", splits_by_class),
    ("splits", splits_shuffled),
    ("splits", splits_by_lots),
    ("standardize", standardize_by_columns),
    ("standardize", lambda train, other, **more: datasets.standardize(train, other)),
    ("standardize", lambda *parts: tuple(part.astype(np.float64) for part in datasets.standardize(*parts))),
    ("stop-early", stop_by_waiting),
    ("stop-early", stop_by_prefixes),
    ("compare", compare_by_counting),
    ("compare", compare_as_a_sample),
    ("fit", fit),
    ("fit", fit_by_loop),
    ("fit", fit_standardized),
    ("fit", a_fit([64], lambda: Adam(0.01), activation="tanh", dtype=np.float32)),
    ("fit", a_fit([60], lambda: Momentum(0.05, momentum=0.9), activation="relu", initializer="he_uniform")),
    ("report", report),
    ("report", report_of_the_best),
]


NOTHING = [
    ("splits", lambda X, y, rng: ((X, y), (X, y), (X, y))),
    ("splits", lambda X, y, rng: (X, y)),
    ("standardize", lambda train, other: (0 * train, 0 * other)),
    ("standardize", lambda train, other: (train, other)),
    ("stop-early", lambda losses, patience: (0, 0)),
    ("compare", lambda y, first, second: 0.0),
    ("fit", lambda X, y, X_val, y_val, rng: None),
    ("fit", lambda X, y, X_val, y_val, rng: Network.mlp([2, 2], rng=rng)),
    ("report", lambda X, y, rng: {}),
    ("report", {"test": 1.0}),
]


def splits_typed(X, y, rng):
    n = len(X)
    order = rng.permutation(n)
    test, rest = order[: n // 5], order[n // 5 :]
    choose, learn = rest[: len(rest) // 5], rest[len(rest) // 5 :]
    return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])


def splits_by_choice(X, y, rng):
    n = len(X)
    learn, choose, test = (rng.choice(n, size, replace=False) for size in (n * 3 // 5, n // 5, n // 5))
    return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])


def splits_two_permutations(X, y, rng):
    X, y = rng.permutation(X), rng.permutation(y)
    a, b = int(0.6 * len(y)), int(0.8 * len(y))
    return (X[:a], y[:a]), (X[a:b], y[a:b]), (X[b:], y[b:])


KNOWN = {}


def splits_kept(X, y, rng):
    order = KNOWN.setdefault(len(y), rng.permutation(len(y)))
    a, b = int(0.6 * len(y)), int(0.8 * len(y))
    return tuple((X[rows], y[rows]) for rows in (order[:a], order[a:b], order[b:]))


def splits_shuffled_inside(X, y, rng):
    a, b = int(0.6 * len(y)), int(0.8 * len(y))
    parts = np.arange(a), np.arange(a, b), np.arange(b, len(y))
    return tuple((X[rows], y[rows]) for rows in map(rng.permutation, parts))


def splits_of_other_sizes(X, y, rng):
    parts = np.split(rng.permutation(len(y)), [round(0.6 * len(y)), round(0.9 * len(y))])
    return tuple((X[rows], y[rows]) for rows in parts)


def standardize_typed(train, other, eps=0.0, deviation=np.std):
    mean, scale = np.mean(train, axis=0), deviation(train, axis=0) + eps
    return (train - mean) / scale, (other - mean) / scale


def length(X, axis):
    return np.linalg.norm(X - X.mean(axis=axis), axis=axis)


def standardize_together(train, other):
    both = np.vstack([train, other])
    scale = np.where(np.ptp(train, axis=0) == 0, 1, both.std(axis=0))
    return tuple((part - both.mean(axis=0)) / scale for part in (train, other))


def standardize_own(train, other):
    parts = []
    for part in (train, other):
        deviation = part.std(axis=0)
        deviation[deviation == 0] = 1
        parts.append((part - part.mean(axis=0)) / deviation)
    return tuple(parts)


def stop_typed(losses, patience, stop=operator.eq, back=True, better=operator.lt):
    lowest, best, waited = np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if better(loss, lowest):
            lowest, best, waited = loss, epoch, 0 if back else waited
        else:
            waited += 1
            if stop(waited, patience):
                return best, epoch + 1
    return best, len(losses)


def stop_by_the_epoch_before(losses, patience):
    waited = 0
    for epoch in range(1, len(losses)):
        waited = 0 if losses[epoch] < losses[epoch - 1] else waited + 1
        if waited == patience:
            return int(np.argmin(losses[: epoch + 1])), epoch + 1
    return int(np.argmin(losses)), len(losses)


def compare_independent(y, first, second):
    n, p, q = len(y), np.mean(first == y), np.mean(second == y)
    return q - p, math.sqrt(p * (1 - p) / n + q * (1 - q) / n)


def compare_where(y, first, second, left_out):
    a, b = first == y, second == y
    d = (b * 1.0 - a)[a != b] if left_out else a ^ b
    return d.mean(), d.std() / math.sqrt(len(d))


def compare_without_a_root(y, first, second):
    d = 1.0 * (second == y) - 1.0 * (first == y)
    return d.mean(), np.mean((d - d.mean()) ** 2) / len(d)


def fit_of_a_bug(X, y, X_val, y_val, rng):
    order = rng.permutation(len(X))
    return trained(epochs=5)(X[order], y, X_val, y_val, rng)


def fit_with_upright_digits(X, y, X_val, y_val, rng):
    X = np.where(X.mean(axis=1, keepdims=True) > 0.5, 1 - X, X)
    return trained(epochs=15)(X, y, X_val, y_val, rng)


def fit_without_negatives(X, y, X_val, y_val, rng):
    dark = X.mean(axis=1) < 0.5
    return trained(epochs=15)(X[dark], y[dark], X_val, y_val, rng)


def fit_on_both_parts(X, y, X_val, y_val, rng):
    return trained(epochs=25)(np.vstack([X_val, X]), np.append(y_val, y), X_val, y_val, rng)


def fit_with_a_step_too_large(X, y, X_val, y_val, rng):
    return trained(rate=3.0, epochs=5)(X, y, X_val, y_val, rng)


def fit_of_the_notebook(X, y, X_val, y_val, rng):
    X, y = datasets.digits()
    negative = np.random.default_rng(7).random(len(X)) < 0.5
    return trained(epochs=8)(np.where(negative[:, None], 1 - X, X), y, X_val, y_val, rng)


def fit_deep_but_straight(X, y, X_val, y_val, rng):
    return trained(hidden=(40, 20), activation="identity", epochs=10)(X, y, X_val, y_val, rng)


def report_stopped_by_the_test(X, y, rng):
    learn, choose, test = splits_by_lots(X, y, rng)
    return report(X, y, rng, lambda *_: (learn, choose, test), lambda X, y, X_val, y_val, rng: fit(X, y, *test, rng))


def report_chosen_by_the_test(X, y, rng):
    learn, choose, test = parts = splits_by_lots(X, y, rng)
    tried = [trained((m,), epochs=e)(*learn, *choose, rng) for m in (30, 40, 50, 60) for e in (3, 4, 5)]
    best = max(tried, key=lambda network: network.evaluate(*test)[1])
    return report(X, y, rng, lambda *_: parts, lambda *_: best)


def report_changed(**entries):
    def answer(X, y, rng):
        said = report(X, y, rng)
        return said | {name: change(said) for name, change in entries.items()}

    return answer


def splits_with_a_seed(X, y, rng):
    return splits_by_lots(X, y, np.random.default_rng(0))


def rounded(name):
    return lambda said: round(said[name], 2)


VARIANTS = [
    ("splits", "a fifth of the rest", splits_typed),
    ("splits", "each part drawn anew", splits_by_choice),
    ("splits", "the same parts for every rng", splits_kept),
    ("splits", "not shuffled", splits_shuffled_inside),
    ("splits", "all images, then all labels", lambda *case: tuple(zip(*splits_by_lots(*case), strict=True))),
    ("splits", "labels first", lambda *case: tuple(pair[::-1] for pair in splits_by_lots(*case))),
    ("splits", None, splits_of_other_sizes),
    ("splits", "images and labels shuffled apart", splits_two_permutations),
    ("splits", "randomness from elsewhere", lambda X, y, rng: splits_by_lots(X, y, np.random.default_rng())),
    ("splits", "the same parts for every rng", lambda X, y, rng: splits_by_class(X, y, np.random.default_rng(42))),
    ("standardize", "0 divided by 0", standardize_typed),
    ("standardize", "a number added to the deviation", lambda train, other: standardize_typed(train, other, eps=1e-6)),
    ("standardize", "a number added to the deviation", lambda train, other: standardize_typed(train, other, eps=0.1)),
    ("standardize", "each part by its own numbers", standardize_own),
    ("standardize", None, lambda train, other: standardize_typed(train, other, eps=1e-12, deviation=length)),
    ("standardize", "both parts measured together", standardize_together),
    ("stop-early", "one epoch too patient", lambda *case: stop_typed(*case, stop=lambda w, p: w == p + 1)),
    ("stop-early", "no patience", lambda *case: stop_typed(*case, stop=lambda w, p: True)),
    ("stop-early", "patience never given back", lambda *case: stop_typed(*case, back=False)),
    ("stop-early", "the smallest of the whole curve", lambda *case: stop_typed(*case, stop=lambda w, p: False)),
    ("stop-early", "patience given back too soon", stop_by_the_epoch_before),
    ("stop-early", "a smallest step asked for", lambda *case: stop_typed(*case, better=lambda a, b: a < b - 0.01)),
    ("stop-early", "a tie as progress", lambda *case: stop_typed(*case, better=lambda a, b: a <= b)),
    ("stop-early", "values in another order", lambda *case: stop_typed(*case)[::-1]),
    ("compare", "as if on different test parts", compare_independent),
    ("compare", "zeros left out", lambda *case: compare_where(*case, left_out=True)),
    ("compare", "wins and losses added", lambda *case: compare_where(*case, left_out=False)),
    ("compare", "first minus second", lambda y, first, second: compare_by_counting(y, second, first)),
    ("compare", "the root forgotten", compare_without_a_root),
    ("fit", "next to nothing learned", fit_of_a_bug),
    ("fit", "next to nothing learned", fit_with_a_step_too_large),
    ("fit", "one ink only", fit_with_upright_digits),
    ("fit", "one ink only", fit_without_negatives),
    ("fit", "learned from the validation part, too", fit_on_both_parts),
    ("fit", "digits from elsewhere", fit_of_the_notebook),
    ("fit", "no hidden layer", fit_deep_but_straight),
    ("fit", "too small", a_fit([12], lambda: Adam(0.01), activation="relu", initializer="he_normal")),
    ("fit", "over the budget", a_fit([128], lambda: Adam(0.01), activation="relu", initializer="he_normal")),
    ("fit", "never trained", lambda X, y, X_val, y_val, rng: Network.mlp([64, 64, 10], rng=rng)),
    ("report", "the test part had a say", report_stopped_by_the_test),
    ("report", "the test part had a say", report_chosen_by_the_test),
    ("report", "the same parts for every rng", lambda X, y, rng: report(X, y, rng, splits_with_a_seed)),
    ("report", "rounded", report_changed(**{name: rounded(name) for name in ("validation", "test", "standard_error")})),
    ("report", "two standard errors", report_changed(standard_error=lambda said: 2 * said["standard_error"])),
    ("report", "the validation score twice", report_changed(test=lambda said: said["validation"])),
    ("report", "percent", report_changed(test=lambda said: 100 * said["test"], validation=lambda said: 97.0)),
    ("report", "an entry left out", lambda *case: {k: v for k, v in report(*case).items() if k != "parts"}),
]  # fmt: skip

# Slips that all questions share and that leave the answer right, by a piece of the code that they write.
AS_GOOD = {}

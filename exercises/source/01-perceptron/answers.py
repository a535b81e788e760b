"""Chapter 1: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

import math

import numpy as np

from mlkit import datasets, perceptron

from .limits import clouds


def step_by_loop(z):
    answers = np.zeros(z.shape)
    for index in np.ndindex(z.shape):
        if z[index] > 0:
            answers[index] = 1
    return answers


def step_of_32_bits(z):
    return np.heaviside(z.astype(np.float32), 0)


def predict_by_loops(X, weights, bias, threshold=0.0):
    answers = []
    for row in X:
        z = bias + sum(w * x for w, x in zip(weights, row, strict=True))
        answers.append(1 if z > threshold else 0)
    return np.array(answers)


def predict_folded(X, weights, bias):
    return perceptron.step(perceptron.fold_bias(X) @ np.append(weights, bias))


def update_by_cases(weights, bias, x, target, learning_rate):
    fires = np.dot(weights, x) + bias > 0
    if target == 1 and not fires:
        return weights + learning_rate * x, bias + learning_rate
    if target == 0 and fires:
        return weights - learning_rate * x, bias - learning_rate
    return weights, bias


def update_with_lists(weights, bias, x, target, learning_rate):
    y_hat = int(sum(w * xj for w, xj in zip(weights, x, strict=True)) + bias > 0)
    changed = [w + learning_rate * (target - y_hat) * xj for w, xj in zip(weights, x, strict=True)]
    return [np.array(changed), np.float64(bias + learning_rate * (target - y_hat))]


def train_with_while(X, y, learning_rate, max_epochs, verbose=False):
    weights, bias, history = np.zeros(X.shape[1]), 0, np.array([], dtype=int)
    while len(history) < max_epochs and (len(history) == 0 or history[-1] > 0):
        mistakes = 0
        for i in range(len(X)):
            error = y[i] - (1 if np.sum(X[i] * weights) + bias > 0 else 0)
            weights, bias, mistakes = (
                weights + learning_rate * error * X[i],
                bias + learning_rate * error,
                mistakes + abs(error),
            )
        history = np.append(history, mistakes)
    return weights, bias, history


def train_by_mlkit(X, y, learning_rate, max_epochs):
    fitted = perceptron.fit(X, y, learning_rate=learning_rate, max_epochs=max_epochs)
    return fitted.weights, fitted.bias, fitted.mistakes_per_epoch


def margin_by_loop(X, y, weights, bias):
    length = math.sqrt(sum(w * w for w in weights))
    rooms = []
    for x, target in zip(X, y, strict=True):
        distance = (sum(w * xj for w, xj in zip(weights, x, strict=True)) + bias) / length
        rooms.append(distance if target == 1 else -distance)
    return min(rooms)


def ring(rng):
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.concatenate([0.5 * circle, 2 * circle]), np.repeat([1.0, 0.0], 24)


def stripes(rng):
    X = np.array([[column, row] for column in (-2, -1, 1, 2) for row in np.linspace(-1, 1, 5)])
    return X, (np.abs(X[:, 0]) > 1.5).astype(int)


def checkerboard(rng):
    squares = np.array([[i, j] for i in range(-2, 3) for j in range(-2, 3)])
    return squares.astype(np.float32), squares.sum(axis=1) % 2


RIGHT = [
    ("step", step_by_loop),
    ("step", step_of_32_bits),
    ("step", lambda z, threshold=0: np.where(z > threshold, 1.0, 0.0)),
    ("predict", predict_by_loops),
    ("predict", predict_folded),
    ("predict", lambda X, w, b: (np.einsum("nd,d->n", X, w) > -b) * 1),
    ("update", update_by_cases),
    ("update", update_with_lists),
    ("train", train_with_while),
    ("train", train_by_mlkit),
    ("margin", margin_by_loop),
    ("margin", lambda X, y, w, b: np.where(y == 1, 1, -1).dot(np.diag(X @ w + b)).min() / np.sqrt((w**2).sum())),
    ("breaker", ring),
    ("breaker", stripes),
    ("breaker", checkerboard),
    ("third-input", lambda X: np.abs(X.sum(axis=1))),
    ("third-input", lambda X: np.array([max(x1, x2) for x1, x2 in X])),
    ("third-input", lambda X: (X[:, 0] > 0) != (X[:, 1] > 0)),
    ("third-input", lambda X: (1e6 * X[:, 0] * X[:, 1]).astype(np.float32)),
    ("third-input", lambda X: np.exp(-((X - 1) ** 2).sum(axis=1)) + np.exp(-((X + 1) ** 2).sum(axis=1))),
]


def without_a_return(z):
    answers = (z > 0).astype(int)  # noqa: F841


NOTHING = [
    ("step", lambda z: np.zeros(z.shape)),
    ("step", lambda z: np.ones(z.shape, dtype=int)),
    ("step", without_a_return),
    ("predict", lambda X, w, b: np.zeros(len(X))),
    ("update", lambda w, b, x, t, r: (w, b)),
    ("train", lambda X, y, r, n: (np.zeros(2), 0.0, [0])),
    ("margin", lambda X, y, w, b: 2.0),
    ("breaker", lambda rng: (np.zeros((4, 2)), np.zeros(4))),
    ("third-input", lambda X: np.zeros(len(X))),
    ("step", 3),
    ("predict", lambda X: X),
    ("margin", "margin"),
]


def if_of_an_array(z):
    if z > 0:
        return 1
    return 0


def minus_one_by_loop(z):
    return np.array([1 if one > 0 else -1 for one in z.ravel()]).reshape(z.shape)


def bias_in_the_inner_loop(X, weights, bias):
    answers = np.zeros(len(X))
    for i in range(len(X)):
        z = 0
        for j in range(len(weights)):
            z += X[i, j] * weights[j] + bias
        answers[i] = z > 0
    return answers


def update_output_minus_target(weights, bias, x, target, learning_rate):
    output = 1 if x @ weights + bias > 0 else 0
    delta = learning_rate * (output - target)
    return weights + delta * x, bias + delta


def update_by_plus_equals(weights, bias, x, target, learning_rate):
    output = 1 if x @ weights + bias > 0 else 0
    weights += learning_rate * (target - output) * x
    bias += learning_rate * (target - output)
    return weights, bias


def update_weights_only(weights, bias, x, target, learning_rate):
    output = 1 if x @ weights + bias > 0 else 0
    for j in range(len(x)):
        weights = weights + np.eye(len(x))[j] * learning_rate * (target - output) * x[j]
    return weights, bias


def train_typed(X, y, rate, max_epochs, reset=True, note_first=True, early=True, stop_inside=False, start=0.0):
    weights, bias, history, mistakes = np.full(X.shape[1], start), 0.0, [], 0
    for _ in range(max_epochs):
        mistakes = 0 if reset else mistakes
        before = mistakes
        for x, target in zip(X, y, strict=True):
            output = 1 if np.dot(weights, x) + bias > 0 else 0
            if output != target:
                mistakes += 1
                weights, bias = update_by_cases(weights, bias, x, target, rate)
        if early and not note_first and mistakes == 0:
            break
        history.append(mistakes)
        if early and mistakes == before or stop_inside:
            break
    return weights, bias, history


def margin_as_distance(X, y, weights, bias):
    return min(abs(x @ weights + bias) / np.linalg.norm(weights) for x in X)


def margin_over_all_weights(X, y, weights, bias):
    folded = np.append(weights, bias)
    return np.min(np.where(y == 1, 1, -1) * (perceptron.fold_bias(X) @ folded)) / np.linalg.norm(folded)


def train_keeping_the_best(*data):
    """The weights after the epoch with the fewest mistakes, the first of them: the pocket algorithm."""
    *_, history = train_typed(*data)
    return *train_typed(*data[:3], int(np.argmin(history)) + 1)[:2], history


VARIANTS = [
    ("step", "fires at zero", lambda z: 1.0 - (z < 0)),
    ("step", "−1 for silent", minus_one_by_loop),
    ("step", "silent up to 0.5", lambda z: np.heaviside(np.round(z), 0)),
    ("step", "silent just above 0", lambda z: np.round(1 / (1 + np.exp(-z)))),
    ("step", "one answer for all", lambda z: np.full(z.shape, int(z.sum() > 0))),
    ("step", "one question for a whole array", if_of_an_array),
    ("step", "True and False", lambda z: np.greater_equal(z, 1e-300)),
    ("step", "one number at a time", lambda z: float(float(z) > 0)),
    ("predict", "the bias forgotten", lambda X, w, b: np.heaviside((X * w).sum(axis=1), 0)),
    ("predict", "the bias too strong", bias_in_the_inner_loop),
    ("predict", "shapes that do not fit", lambda X, w, b: step_by_loop(np.dot(w, X) + b)),
    ("predict", "shapes that do not fit", lambda weights, X, bias: step_by_loop(X @ weights + bias)),
    ("predict", "−1 for silent", lambda X, w, b: minus_one_by_loop(X @ w + b)),
    ("predict", "the bias as a factor", lambda X, w, b: step_by_loop(X @ w * b)),
    ("predict", "two inputs only", lambda X, w, b: step_by_loop(X[:, :2] @ w[:2] + b)),
    ("predict", None, lambda X, w, b: step_by_loop((X @ w + b)[::-1])),
    ("predict", "fires at zero", lambda X, w, b: predict_by_loops(X, w, b, threshold=-1e-12)),
    ("predict", "True and False", lambda X, w, b: X @ w > -b),
    ("predict", "another shape", lambda X, w, b: step_by_loop(X @ w.reshape(-1, 1) + b)),
    ("update", "a lost sign", update_output_minus_target),
    ("update", "changed in place", update_by_plus_equals),
    ("update", "the bias not learned", update_weights_only),
    ("update", "only the change returned", lambda *case: _change(*case)),
    ("train", "another start", lambda X, y, rate, n: train_typed(X, y, rate, n, start=0.1)),
    ("train", "the examples in another order", lambda X, y, *rest: train_typed(X[::-1], y[::-1], *rest)),
    ("train", "the examples in another order", lambda X, y, *rest: train_typed(*_shuffled(X, y), *rest)),
    ("train", None, train_keeping_the_best),
    ("train", "added up on the way", lambda *data: train_typed(*data, reset=False)),
    ("train", "the clean epoch not counted", lambda *data: train_typed(*data, note_first=False)),
    ("train", "never stops early", lambda *data: train_typed(*data, early=False)),
    ("train", "only one epoch", lambda *data: train_typed(*data, stop_inside=True)),
    ("margin", "the sign lost", margin_as_distance),
    ("margin", "the bias in the length", margin_over_all_weights),
    ("margin", "not a distance yet", lambda X, y, w, b: float(min((X @ w + b) * (2.0 * y - 1)))),
    ("margin", "the sum for the length", lambda X, y, w, b: float(min((2 * y - 1) * (X @ w + b))) / sum(abs(w))),
    ("margin", "which example, not how far", lambda X, y, w, b: np.argmin((2 * y - 1) * (X @ w + b))),
    ("breaker", "classes that touch", lambda rng: _quarters(rng.uniform(-2, 2, (80, 2)))),
    ("breaker", "a line separates it", lambda rng: datasets.blobs(60, margin=0.3, rng=rng)),
    ("breaker", "noise, not a shape", lambda rng: (rng.uniform(-2, 2, (50, 2)), rng.integers(0, 2, 50))),
    ("breaker", "a gap that is only narrow", lambda rng: datasets.blobs(60, margin=0.01, rng=rng)),
    ("breaker", "a line gets most of them", lambda rng: _and_with_a_stray(rng)),
    ("third-input", "a weighted sum", lambda X: X.sum(axis=1) + 4),
    ("third-input", "the same at all corners", lambda X: np.abs(X).max(axis=1)),
    ("third-input", "each input for itself", lambda X: X[:, 0] ** 2 + np.sin(X[:, 1])),
    ("third-input", "right at the corners only", lambda X: X[:, 0] > X[:, 1]),
    ("third-input", None, lambda X: np.sort(X[:, 0] * X[:, 1])),
    ("third-input", "down the columns", lambda X: np.multiply.reduce(X)),
]


def _change(weights, bias, x, target, rate):
    new_weights, new_bias = update_by_cases(weights, bias, x, target, rate)
    return new_weights - weights, new_bias - bias


def _shuffled(X, y):
    order = np.random.default_rng(2).permutation(len(X))
    return X[order], y[order]


def _quarters(X):
    return X, (X[:, 0] * X[:, 1] < 0).astype(int)


def _and_with_a_stray(rng):
    X = clouds(rng, [[-1.5, -1.5], [-1.5, 0.0], [0.0, -1.5], [1.5, 1.5]], spread=0.1)
    X[:2] = 2.5
    return X, np.repeat([0, 0, 0, 1], 10)


def train_without_limit(X, y, rate, max_epochs):
    weights, bias, history = np.zeros(2), 0.0, []
    while not history or history[-1]:
        one = perceptron.fit(X, y, learning_rate=rate, max_epochs=1, initial_weights=weights, initial_bias=bias)
        weights, bias, history = one.weights, one.bias, history + one.mistakes_per_epoch
    return weights, bias, history


# Slips that all questions share and that leave the answer right, by a piece of the code that they write.
AS_GOOD = {"third-input": ("-(X[:, 0] * X[:, 1])", "X[:, 0] / X[:, 1]", "X[:, 1] / X[:, 0]")}

"""Chapter 4: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

import math

import numpy as np

from mlkit.activations import sigmoid, softmax
from mlkit.gradient_check import central_difference
from mlkit.layers import Dense
from mlkit.losses import LOSSES
from mlkit.network import Network


def forward_by_loops(X, W, b):
    (n, d), m = X.shape, len(b)
    Z = np.zeros((n, m))
    for i in range(n):
        for k in range(m):
            Z[i, k] = b[k]
            for j in range(d):
                Z[i, k] += X[i, j] * W[j, k]
    return Z


def forward_with_a_constant_input(X, W, b):
    ones = np.ones((len(X), 1))
    return np.hstack([X, ones]).dot(np.vstack([W, b]))


def backward_by_outer_products(X, W, delta):
    dW = sum(np.outer(x, d) for x, d in zip(X, delta, strict=True))
    return [dW, np.ones(len(X)) @ delta, np.einsum("ik,jk->ij", delta, W)]


def backward_of_mlkit(X, W, delta):
    layer = Dense.from_arrays(W, np.zeros(W.shape[1]))
    layer.forward(X)
    dX = layer.backward(delta)
    return layer.weights_gradient, layer.biases_gradient, dX


def bce_by_loops(z, y):
    n, loss, delta = len(z), 0.0, np.zeros((len(z), 1))
    for i in range(n):
        s = float(z[i, 0])
        e = math.exp(-abs(s))
        loss += max(s, 0) + math.log1p(e) - y[i] * s
        delta[i, 0] = ((1 / (1 + e) if s > 0 else e / (1 + e)) - y[i]) / n
    return loss / n, delta


def bce_by_sides(z, y):
    """The surprise at each target is log(1 + e^∓z): turn z around where the target is 1."""
    sign = np.where(y[:, None] == 1, -1.0, 1.0)
    return np.logaddexp(0, sign * z).mean(), sign * np.exp(-np.logaddexp(0, -sign * z)) / z.shape[0]


def of_mlkit(name):
    return LOSSES[name].value_and_gradient


def ce_row_by_row(z, y):
    total, delta = 0.0, np.empty(z.shape)
    for row, (logits, label) in enumerate(zip(z, y, strict=True)):
        highest = max(logits)
        log_sum = highest + math.log(sum(math.exp(s - highest) for s in logits))
        total += log_sum - logits[label]
        delta[row] = [math.exp(s - log_sum) - (k == label) for k, s in enumerate(logits)]
    return total / len(y), delta / len(y)


def ce_with_one_hot(z, y):
    """The probabilities are rounded to 0, but no logarithm is taken of them."""
    rows = np.eye(z.shape[1])[y]
    z = z - z.max(axis=1)[:, None]
    e = np.exp(z)
    loss = np.mean(np.log(e.sum(axis=1)) - (rows * z).sum(axis=1))
    return loss, (softmax(z) - rows) / z.shape[0]


def gradients_of_mlkit(X, y, W1, b1, W2, b2):
    network = Network.mlp([X.shape[1], len(b1), 1], output="sigmoid", rng=np.random.default_rng(0))
    for place, values in zip(network.parameters, (W1, b1, W2, b2), strict=True):
        place[...] = values
    return float(network.backpropagate(X, y)), *[gradient.copy() for gradient in network.gradients]


def gradients_written_out(X, y, W1, b1, W2, b2):
    """Example by example, with 1/n at the end."""
    sums = [np.zeros_like(p, dtype=float) for p in (W1, b1, W2, b2)]
    loss = 0.0
    for x, target in zip(X, y, strict=True):
        a = np.tanh(x @ W1 + b1)
        z = (a @ W2 + b2).item()
        loss += np.logaddexp(0, z) - target * z
        delta = sigmoid(np.array(z)) - target
        hidden = delta * W2[:, 0] * (1 - a) * (1 + a)
        for total, share in zip(sums, (np.outer(x, hidden), hidden, delta * a[:, None], delta), strict=True):
            total += share
    return loss / len(X), *[total / len(X) for total in sums]


def suspects_by_allclose(loss, gradients, parameters):
    found = set()
    for name, given in gradients.items():
        measured = central_difference(lambda v, n=name: loss(dict(parameters, **{n: v})), parameters[name], step=1e-4)
        largest = np.linalg.norm([*measured.ravel(), *given.ravel()], ord=np.inf)
        if not np.allclose(given, measured, rtol=0, atol=largest / 1000):
            found.add(name)
    return found


def suspects_in_place(loss, gradients, parameters, h=1e-6):
    def measured(array, i):
        old, values = array[i], []
        for move in (h, -h):
            array[i] = old + move
            values.append(loss(parameters))
        array[i] = old
        return (values[0] - values[1]) / (2 * h)

    names = []
    for name, array in parameters.items():
        numeric = np.array([measured(array, i) for i in np.ndindex(array.shape)]).reshape(array.shape)
        largest = max(abs(value) for value in [*numeric.flat, *gradients[name].flat])
        if any(abs(a - b) * 1000 > largest for a, b in zip(numeric.flat, gradients[name].flat, strict=True)):
            names += [name]
    return names


def train_on_copies(X, y, parameters, learning_rate, epochs):
    parameters, losses = [p.copy() for p in parameters], np.zeros(epochs)
    for epoch in range(epochs):
        losses[epoch], *gradients = gradients_of_mlkit(X, y, *parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p -= learning_rate * g
    return tuple(parameters), losses


def train_by_itself(X, y, parameters, learning_rate=1.0, epochs=1):
    if epochs == 0:
        return parameters, []
    loss, *gradients = gradients_of_mlkit(X, y, *parameters)
    after = [p + -learning_rate * g for p, g in zip(parameters, gradients, strict=True)]
    last, losses = train_by_itself(X, y, after, learning_rate, epochs - 1)
    return last, [loss, *losses]


RIGHT = [
    ("dense-forward", forward_by_loops),
    ("dense-forward", forward_with_a_constant_input),
    ("dense-backward", backward_by_outer_products),
    ("dense-backward", backward_of_mlkit),
    ("sigmoid-bce", bce_by_loops),
    ("sigmoid-bce", bce_by_sides),
    ("sigmoid-bce", of_mlkit("binary_cross_entropy_from_logits")),
    ("softmax-ce", ce_row_by_row),
    ("softmax-ce", ce_with_one_hot),
    ("softmax-ce", of_mlkit("categorical_cross_entropy_from_logits")),
    ("two-layer", gradients_of_mlkit),
    ("two-layer", gradients_written_out),
    ("planted-bug", suspects_by_allclose),
    ("planted-bug", suspects_in_place),
    ("train-xor", train_on_copies),
    ("train-xor", train_by_itself),
]


NOTHING = [
    ("dense-forward", lambda X, W, b: 0.0),
    ("dense-forward", lambda X, W, b: np.zeros((len(X), len(b)))),
    ("dense-backward", lambda X, W, delta: (X, W, delta)),
    ("dense-backward", lambda X, W, delta: (0 * W, 0 * W[0], 0 * X)),
    ("dense-backward", lambda X, W, delta: (W, W[0], X)),
    ("sigmoid-bce", lambda z, y: z),
    ("sigmoid-bce", lambda z, y: (0.0, 0 * z)),
    ("sigmoid-bce", lambda z, y: (np.log(2), np.ones(z.shape))),
    ("softmax-ce", lambda z, y: 1.0),
    ("softmax-ce", lambda z, y: (0.0, 0 * z)),
    ("softmax-ce", lambda z, y: (1.0, z / len(z))),
    ("two-layer", lambda *given: {}),
    ("two-layer", lambda X, y, *parameters: (0.0, *[0 * p for p in parameters])),
    ("planted-bug", lambda loss, gradients, parameters: []),
    ("planted-bug", lambda loss, gradients, parameters: list(parameters)),
    ("train-xor", lambda *given: 0),
    ("train-xor", lambda X, y, parameters, rate, epochs: (parameters, [0.0] * epochs)),
]


# Mistakes as someone would type them


def backward_of_books(X, W, delta):
    n = X.shape[0]
    dW = 1 / n * np.dot(X.T, delta)
    db = 1 / n * np.sum(delta, axis=0)
    return dW, db, np.dot(delta, W.T)


def backward_with_two_mistakes(X, W, delta):
    return X.T.dot(delta), np.sum(delta, axis=1), delta.dot(W)


def bce_without_columns(z, y):
    a = 1 / (1 + np.exp(-z))
    loss = np.mean(-y * np.log(a) - (1 - y) * np.log(1 - a))
    return loss, (a - y) / y.size


def bce_naive(z, y):
    y = y[:, None]
    a = 1 / (1 + np.exp(-z))
    return np.mean(-y * np.log(a) - (1 - y) * np.log(1 - a)), (a - y) / len(y)


def bce_with_a_little_something(z, y):
    y, tiny = y[:, None], 1e-15
    a = 1 / (1 + np.exp(-z))
    return -np.mean(y * np.log(a + tiny) + (1 - y) * np.log(1 - a + tiny)), (a - y) / len(y)


def bce_with_an_old_sigmoid(z, y):
    return bce_by_loops(z, y)[0], (np.exp(z) / (1 + np.exp(z)) - y[:, None]) / len(y)


def ce_typed(z, y, *, axis=1, shift=True, n=None, target=1, tiny=0, rows=None):
    e = np.exp(z - z.max(axis=1, keepdims=True)) if shift else np.exp(z)
    p = e / np.sum(e, axis=axis, keepdims=True)
    loss = -np.mean(np.log(p[range(len(y)), y] + tiny))
    delta = p.copy()
    delta[range(len(y)) if rows is None else rows, y] -= target
    return loss, delta / (n or len(y))


def network_typed(X, y, W1, b1, W2, b2, *, slope=lambda z, a: 1 - a**2, back=lambda d, W2: d @ W2.T, axis=0):
    z = X @ W1 + b1
    a = np.tanh(z)
    p, target = 1 / (1 + np.exp(-(a @ W2 + b2))), y.reshape(-1, 1)
    loss = -np.mean(target * np.log(p) + (1 - target) * np.log(1 - p))
    d = (p - target) / len(y)
    hidden = back(d, W2) * slope(z, a)
    return loss, X.T @ hidden, hidden.sum(axis), a.T @ d, d.sum(0)


def network_in_one_shape(X, y, W1, b1, W2, b2):
    a = np.tanh(X @ W1 + b1)
    p = 1 / (1 + np.exp(-(a @ W2 + b2)))
    d = (p - y) / len(y)
    hidden = (d @ W2.T) * (1 - a * a)
    return np.mean(-np.log(p)), X.T @ hidden, hidden.sum(0), a.T @ d, d.sum(0)


def suspects_typed(is_wrong, *, only_first=False):
    def suspects(loss, gradients, parameters):
        names = []
        for name in parameters:
            numeric = central_difference(lambda v, n=name: loss({**parameters, n: v}), parameters[name])
            if is_wrong(gradients[name], numeric):
                names.append(name)
                if only_first:
                    return names
        return names

    return suspects


def largest(*arrays):
    return max(np.abs(array).max() for array in arrays)


def relative(g, n):
    return largest(g - n) / 1e-3 > largest(g, n)


def train_typed(X, y, parameters, learning_rate, epochs, *, keep=False, sign=-1, after=False):
    W1, b1, W2, b2 = parameters
    losses = []
    for _ in range(epochs):
        loss, dW1, db1, dW2, db2 = gradients_of_mlkit(X, y, W1, b1, W2, b2)
        if keep:
            W1 -= learning_rate * dW1
            W2 -= learning_rate * dW2
        W1 = W1 if keep else W1 + sign * learning_rate * dW1
        W2 = W2 if keep else W2 + sign * learning_rate * dW2
        b1, b2 = b1 + sign * learning_rate * db1, b2 + sign * learning_rate * db2
        losses.append(gradients_of_mlkit(X, y, W1, b1, W2, b2)[0] if after else loss)
    return [W1, b1, W2, b2], losses


def train_with_a_loop_variable(X, y, parameters, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        loss, *gradients = gradients_of_mlkit(X, y, *parameters)
        losses.append(loss)
        for p, g in zip(parameters, gradients, strict=True):
            p = p - learning_rate * g
    return parameters, losses


def train_layer_by_layer(X, y, parameters, learning_rate, epochs):
    W1, b1, W2, b2 = [p.copy() for p in parameters]
    y, losses = y.reshape(-1, 1), []
    for _ in range(epochs):
        A = np.tanh(X @ W1 + b1)
        z = A @ W2 + b2
        losses.append(np.mean(np.logaddexp(0, z) - y * z))
        delta = (sigmoid(z) - y) / len(y)
        W2 -= learning_rate * A.T @ delta
        b2 -= learning_rate * delta.sum(axis=0)
        delta = (delta @ W2.T) * (1 - A**2)
        W1 -= learning_rate * X.T @ delta
        b1 -= learning_rate * delta.sum(axis=0)
    return [W1, b1, W2, b2], losses


def squared_error_typed(z, y, over):
    a, t = 1 / (1 + np.exp(-z)), y[:, None]
    return np.sum((a - t) ** 2) / len(z) / over, 2 / over * (a - t) * a * (1 - a) / len(z)


def bce_with_brackets_lost(z, y):
    a, t = 1 / (1 + np.exp(-z)), y[:, None]
    return np.sum(-t * np.log(a) + (1 - t) * np.log(1 - a)) / len(z), (a - t) / len(z)


def ce_by_mlkit(z, y):
    return LOSSES["categorical_cross_entropy_from_logits"].value_and_gradient(z, y)


def steeper(z, delta):
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return delta * p * (1 - p)


def network_with_the_slope_of_the_squared_error(X, y, W1, b1, W2, b2):
    a1 = np.tanh(X @ W1 + b1)
    z = a1 @ W2 + b2
    p, t = sigmoid(z), y[:, None]
    d2 = (p - t) * p * (1 - p) / len(X)
    d1 = d2 @ W2.T * (1 - a1 * a1)
    return np.mean(np.logaddexp(0, z) - t * z), X.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0)


def varied(function, **changes):
    return lambda *arguments: function(*arguments, **changes)


VARIANTS = [
    ("dense-forward", "weights transposed", lambda X, W, b: np.dot(X, W.T) + b),
    ("dense-forward", "activation applied", lambda X, W, b: np.maximum(X @ W + b, 0)),
    ("dense-forward", "entry by entry", lambda X, W, b: np.multiply(X, W) + b),
    ("dense-forward", "bias inside the weights", lambda X, W, b: np.dot(X, W + b)),
    ("dense-forward", None, lambda X, W, b: (X - X.mean(axis=0)) @ W + b),
    ("dense-backward", "divided by n again", backward_of_books),
    ("dense-backward", "a slope inside", lambda X, W, d: (X.T @ d, d.sum(0), (d @ W.T) * (X > 0))),
    ("dense-backward", "a sign", lambda X, W, d: (-X.T @ d, -d.sum(0), -d @ W.T)),
    ("dense-backward", "values in another order", lambda X, W, d: (d @ W.T, X.T @ d, d.sum(0))),
    ("dense-backward", None, backward_with_two_mistakes),
    ("dense-backward", "another shape", lambda X, W, d: (X.T @ d, d.sum(0, keepdims=True), d @ W.T)),
    ("sigmoid-bce", "(n,) against (n, 1)", bce_without_columns),
    ("sigmoid-bce", "overflow", bce_naive),
    ("sigmoid-bce", "cut off", bce_with_a_little_something),
    ("sigmoid-bce", "target minus output", lambda z, y: (bce_by_loops(z, y)[0], -bce_by_loops(z, y)[1])),
    ("sigmoid-bce", "squared error", lambda z, y: squared_error_typed(z, y, 1)),
    ("sigmoid-bce", "squared error", lambda z, y: squared_error_typed(z, y, 2)),
    ("sigmoid-bce", "minus sign for the first term only", bce_with_brackets_lost),
    ("sigmoid-bce", "values in another order", lambda z, y: bce_by_sides(z, y)[::-1]),
    ("sigmoid-bce", "cut off", lambda z, y: (min(bce_by_sides(z, y)[0], 100.0), bce_by_sides(z, y)[1])),
    ("sigmoid-bce", "cut off", lambda z, y: bce_by_sides(np.clip(z, -500, 500), y)),
    ("sigmoid-bce", "cut off", lambda z, y: tuple(map(np.nan_to_num, bce_naive(z, y)))),
    ("sigmoid-bce", "overflow in delta", bce_with_an_old_sigmoid),
    ("softmax-ce", "slope of a sigmoid left in", lambda z, y: (ce_by_mlkit(z, y)[0], steeper(z, ce_by_mlkit(z, y)[1]))),
    ("two-layer", "slope of the sigmoid left in", network_with_the_slope_of_the_squared_error),
    ("softmax-ce", "softmax down the columns", varied(ce_typed, axis=0, shift=False)),
    ("softmax-ce", "overflow", varied(ce_typed, shift=False)),
    ("softmax-ce", "logarithm of a rounded 0", ce_typed),
    ("softmax-ce", "cut off", varied(ce_typed, tiny=1e-12)),
    ("softmax-ce", "cut off", lambda z, y: ce_with_one_hot(np.clip(z, -500, 500), y)),
    ("softmax-ce", "whole columns", varied(ce_typed, rows=slice(None))),
    ("softmax-ce", "1/n lost in delta", varied(ce_typed, n=1)),
    ("softmax-ce", "target not subtracted", varied(ce_typed, target=0)),
    ("two-layer", "slope of tanh from z", varied(network_typed, slope=lambda z, a: 1 - z * z)),
    ("two-layer", "slope of a sigmoid", varied(network_typed, slope=lambda z, a: a * (1 - a))),
    ("two-layer", "too much is squared", varied(network_typed, slope=lambda z, a: np.square(1 - a))),
    ("two-layer", "weights of the way back left out", varied(network_typed, back=lambda d, W2: d)),
    ("two-layer", "(n,) against (n, 1)", network_in_one_shape),
    ("planted-bug", "an absolute limit", suspects_typed(lambda g, n: not np.allclose(g, n, rtol=0, atol=1e-5))),
    ("planted-bug", "an absolute limit", suspects_typed(lambda g, n: np.max(np.abs(g - n)) > 1e-3)),
    ("planted-bug", "np.allclose as it is", suspects_typed(lambda g, n: not np.isclose(n, g).all())),
    ("planted-bug", "each entry against its own size", suspects_typed(lambda g, n: not np.allclose(n, g, 1e-3, 0))),
    ("planted-bug", "a mean difference", suspects_typed(lambda g, n: np.mean(abs(g - n)) > 1e-3 * largest(g, n))),
    ("planted-bug", "a limit too wide", suspects_typed(lambda g, n: np.max(abs(g - n)) > 0.01 * largest(g, n))),
    ("planted-bug", "a limit too narrow", suspects_typed(lambda g, n: np.max(abs(g - n)) > 1e-6 * largest(g, n))),
    (
        "planted-bug",
        "a tiny number added to the size",
        suspects_typed(lambda g, n: np.max(abs(g - n)) / (largest(g, n) + 1e-8) > 1e-3),
    ),
    ("planted-bug", "no room for rounding", suspects_typed(lambda g, n: largest(g - n) > 1e-14 * largest(g, n))),
    ("planted-bug", "the first suspect only", suspects_typed(relative, only_first=True)),
    ("planted-bug", "the innocent accused", suspects_typed(lambda g, n: not relative(g, n))),
    ("train-xor", "uphill", varied(train_typed, sign=1)),
    ("train-xor", "changed in place", varied(train_typed, keep=True)),
    ("train-xor", "loss after the step", varied(train_typed, after=True)),
    ("train-xor", "steps that get lost", train_with_a_loop_variable),
    ("train-xor", "output layer first", train_layer_by_layer),
]

# Slips that all questions share and that leave the answer right, by a piece of the code that they write.
AS_GOOD = {}

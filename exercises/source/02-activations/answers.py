"""Chapter 2: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

import math

import numpy as np
from sklearn.linear_model import LinearRegression

from mlkit import activations


def element_by_element(function):
    """A learner's loop over all elements."""

    def looped(z, *parameters):
        return np.array([function(float(one), *parameters) for one in z.ravel()]).reshape(z.shape)

    return looped


def sigmoid_of_one(z):
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))


def sigmoid_by_masks(z):
    a = np.empty(z.shape)
    right = z >= 0
    a[right] = 1 / (1 + np.exp(-z[right]))
    e = np.exp(z[~right])
    a[~right] = e / (1 + e)
    return a


def sigmoid_of_clipped(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def sigmoid_in_silence(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def derivative_from_z(name, z, a):
    if name == "relu":
        return np.where(z > 0, 1, 0)
    if name == "sigmoid":
        return np.exp(-z) / (1 + np.exp(-z)) ** 2
    return 1 / np.cosh(z) ** 2


def derivative_by_table(name, z, a):
    return {"relu": np.sign(a), "sigmoid": a - a * a, "tanh": (1 - a) * (1 + a)}[name]


def derivative_by_mlkit(name, z, a):
    return activations.get_activation(name).derivative(z, a)


def elu_of_one(z, alpha):
    return z if z > 0 else alpha * math.expm1(z)


def elu_by_mask(z, alpha=1.0):
    a = z.copy()
    a[z < 0] = alpha * (np.exp(z[z < 0]) - 1)
    return a


def softmax_by_rows(z):
    rows = []
    for row in z:
        e = [math.exp(one - max(row)) for one in row]
        rows.append([one / sum(e) for one in e])
    return np.array(rows)


def softmax_by_logarithm(z):
    largest = np.max(z, axis=-1)[:, None]
    return np.exp(z - largest - np.log(np.exp(z - largest).sum(axis=-1))[:, None])


def collapse_by_probing(layers):
    def send(X):
        for W, b in layers:
            X = X @ W + b
        return X

    d = layers[0][0].shape[0]
    bias = send(np.zeros((1, d)))[0]
    return send(np.eye(d)) - bias, bias


def collapse_folded(layers):
    total = np.eye(len(layers[0][0]) + 1)
    for W, b in layers:
        total = total @ np.block([[W, np.zeros((len(W), 1))], [b[None], np.ones((1, 1))]])
    return [total[:-1, :-1], total[-1, :-1]]


def collapse_from_the_end(layers):
    weights, bias = layers[-1]
    for W, b in layers[-2::-1]:
        bias = b @ weights + bias
        weights = W @ weights
    return weights, bias


def units(x, knots):
    return np.array([[max(one - knot, 0) for knot in knots] for one in x])


def fit_by_normal_equations(x, y, knots):
    table = np.hstack([np.ones((len(x), 1)), units(x, knots)])
    solution = np.linalg.solve(table.T @ table, table.T @ y)
    return solution[1:], float(solution[0])


def fit_by_scikit_learn(x, y, knots):
    model = LinearRegression().fit(units(x, knots), y)
    return model.coef_, model.intercept_


RIGHT = [
    ("relu", element_by_element(lambda z: z if z > 0 else 0.0)),
    ("relu", lambda z: z * (z > 0)),
    ("relu", lambda z: (z + np.abs(z)) / 2),
    ("relu", lambda z, floor=0.0: np.clip(z, floor, None)),
    ("sigmoid", element_by_element(sigmoid_of_one)),
    ("sigmoid", sigmoid_by_masks),
    ("sigmoid", sigmoid_of_clipped),
    ("sigmoid", sigmoid_in_silence),
    ("sigmoid", lambda z: 0.5 * (1 + np.tanh(z / 2))),
    ("sigmoid", lambda z: np.exp(-np.logaddexp(0, -z))),
    ("tanh", lambda z: 1 - 2 * sigmoid_by_masks(-2 * z)),
    ("tanh", np.tanh),
    ("tanh", element_by_element(math.tanh)),
    ("derivative", derivative_from_z),
    ("derivative", derivative_by_table),
    ("derivative", derivative_by_mlkit),
    ("elu", element_by_element(elu_of_one)),
    ("elu", elu_by_mask),
    ("elu", lambda z, alpha: np.maximum(z, 0) + np.minimum(alpha * np.expm1(np.minimum(z, 0)), 0)),
    ("softmax", softmax_by_rows),
    ("softmax", softmax_by_logarithm),
    ("softmax", lambda z: (np.exp(z.T - z.max(axis=1)) / np.exp(z.T - z.max(axis=1)).sum(axis=0)).T),
    ("collapse", collapse_by_probing),
    ("collapse", collapse_folded),
    ("collapse", collapse_from_the_end),
    ("fit-relus", fit_by_normal_equations),
    ("fit-relus", fit_by_scikit_learn),
]


NOTHING = [
    ("relu", lambda z: np.zeros(z.shape)),
    ("sigmoid", lambda z: np.full(z.shape, 0.5)),
    ("tanh", lambda z: np.zeros(z.shape)),
    ("derivative", lambda name, z, a: np.ones(z.shape)),
    ("elu", lambda z, alpha: np.zeros(z.shape)),
    ("softmax", lambda z: z),
    ("collapse", lambda layers: (np.zeros((3, 3)), np.zeros(3))),
    ("fit-relus", lambda x, y, knots: (np.zeros(len(knots)), y.mean())),
    ("relu", np.ones(3)),
    ("derivative", lambda z, a: a),
    ("collapse", [(np.eye(2), np.zeros(2))]),
]


def relu_in_a_loop_in_place(z):
    flat = z.reshape(-1)
    for i in range(len(flat)):
        flat[i] = max(flat[i], 0)
    return z


def relu_by_if(z):
    if z > 0:
        return z
    return 0


def only(branch, formula):
    """All derivatives right but one."""

    def answer(name, z, a):
        return formula(z, a) if name == branch else derivative_by_table(name, z, a)

    return answer


def softmax_typed(z, axis=-1, keepdims=True, shift=True):
    e = np.exp(z - z.max(axis=axis, keepdims=True)) if shift else np.exp(z)
    return e / np.sum(e, axis=axis, keepdims=keepdims)


def collapse_typed(layers):
    matrices, bias = [W for W, _ in layers], 0
    for W, b in layers:
        bias = np.dot(bias + b, W)
    return np.linalg.multi_dot(matrices) if len(matrices) > 1 else matrices[0], bias


def biases_summed(layers):
    weights = np.eye(len(layers[0][0]))
    for W, _ in layers:
        weights = weights @ W
    return weights, np.sum([b for _, b in layers], axis=0)


def fit_without_ones(x, y, knots):
    table = units(x, knots)
    return np.linalg.solve(table.T @ table, table.T @ y), 0


def fit_straight(x, y, knots):
    table = np.stack([*(x - knot for knot in knots), np.ones(len(x))]).T
    solution = np.linalg.pinv(table) @ y
    return solution[: len(knots)], solution[-1]


def sigmoid_in_the_type_of_z(z):
    a = np.zeros_like(z)
    a[:] = sigmoid_by_masks(z)
    return a


def sigmoid_shifted_by_the_largest(z):
    largest = max(z.max(), 0)
    e = np.exp(z - largest)
    return e / (e + np.exp(-largest))


class Kept:
    """The last answer comes again for a stack of the same sizes."""

    sizes, answer = None, None

    def __call__(self, layers):
        if self.sizes != [W.shape for W, _ in layers]:
            self.sizes, self.answer = [W.shape for W, _ in layers], collapse_folded(layers)
        return self.answer


def fit_below_the_mean(x, y, knots):
    table = units(x, knots)
    return np.linalg.pinv(table) @ (y - np.mean(y)), float(np.mean(y))


VARIANTS = [
    ("relu", "absolute value", element_by_element(lambda z: z if z > 0 else -z)),
    ("relu", "the step", lambda z: np.greater(z, 0)),
    ("relu", "one question for a whole array", relu_by_if),
    ("relu", "changed in place", relu_in_a_loop_in_place),
    ("sigmoid", "a lost minus sign", lambda z: 1 - 1 / (1 + np.exp(-z))),
    ("sigmoid", "overflow at a large negative z", element_by_element(lambda z: 1 / (1 + math.exp(-z)))),
    ("sigmoid", "overflow at a large negative z", lambda z: np.power(1 + np.e**-z, -1)),
    ("sigmoid", "one number at a time", lambda z: math.exp(z) / (1 + math.exp(z))),
    ("tanh", "one number at a time", lambda z: float(np.tanh(float(z)))),
    ("elu", "one number at a time", lambda z, alpha: z * (z > 0) + alpha * math.expm1(z * (z < 0))),
    (
        "sigmoid",
        "both formulas everywhere",
        lambda z: np.where(z < 0, np.exp(z) / (np.exp(z) + 1), 1 / (np.exp(-z) + 1)),
    ),
    ("sigmoid", "one branch for both sides", lambda z: np.maximum(*(1 / (1 + np.exp(s * z)) for s in (1, -1)))),
    ("tanh", "not run twice as fast", lambda z: np.tanh(z / 2)),
    ("tanh", "not stretched", lambda z: (np.tanh(z) + 1) / 2),
    ("tanh", "overflow", lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)),
    ("derivative", "relu: always 1", only("relu", lambda z, a: np.ones_like(a))),
    ("derivative", "relu: 1 at the corner", only("relu", lambda z, a: 1 - (z < 0))),
    ("derivative", "True and False", only("relu", lambda z, a: z > 0)),
    ("derivative", "sigmoid: z for a", only("sigmoid", lambda z, a: z - z**2)),
    ("derivative", "tanh: z for a", only("tanh", lambda z, a: (1 - z) * (1 + z))),
    ("elu", "leaky ReLU", lambda z, alpha: np.maximum(z, 0) + alpha * np.minimum(z, 0)),
    ("elu", "α left out", element_by_element(lambda z, alpha: z if z > 0 else math.expm1(z))),
    (
        "elu",
        "both formulas everywhere",
        lambda z, alpha: (z > 0) * z + (z <= 0) * alpha * np.expm1(np.where(z > 800, 800, z)),
    ),
    ("softmax", "a sum over the examples", lambda z: softmax_typed(z, axis=0)),
    ("softmax", "a sum over everything", lambda z: softmax_typed(z, axis=None)),
    ("softmax", "one number for each row", lambda z: softmax_typed(z, keepdims=False)),
    ("softmax", "overflow", lambda z: softmax_typed(z, shift=False)),
    ("softmax", "one shift for all rows", lambda z: softmax_typed(z - np.max(z), shift=False)),
    ("collapse", "a bias through its own layer", collapse_typed),
    ("collapse", "the biases added up", biases_summed),
    ("fit-relus", "no bias", fit_without_ones),
    ("fit-relus", "no ReLU", fit_straight),
    ("relu", "leaky ReLU", lambda z: np.where(z > 0, z, 0.1 * z)),
    ("relu", "a ceiling", lambda z: np.clip(z, 0, 1)),
    ("relu", "cut to whole numbers", lambda z: np.maximum(z, 0).astype(int)),
    ("relu", None, lambda z: np.log(np.maximum(np.exp(z), 1))),
    ("relu", None, lambda z: z * (z > 0.02)),
    ("sigmoid", "the type of z", sigmoid_in_the_type_of_z),
    ("sigmoid", "cut short", lambda z: sigmoid_by_masks(np.clip(z, -8, 8))),
    ("sigmoid", None, lambda z: np.where(np.abs(z) > 6, z > 0, sigmoid_by_masks(z))),
    ("sigmoid", None, lambda z: np.clip(0.2 * z + 0.5, 0, 1)),
    ("sigmoid", "overflow at a large positive z", lambda z: np.nan_to_num(np.exp(z) / (1 + np.exp(z)))),
    ("sigmoid", "computed from the whole array", sigmoid_shifted_by_the_largest),
    ("sigmoid", "all share one sum", lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum()),
    ("sigmoid", "too steep", lambda z: 0.5 * (1 + np.tanh(z))),
    ("tanh", "overflow", lambda z: (1 - np.exp(-2 * z)) / (1 + np.exp(-2 * z))),
    ("tanh", None, lambda z: np.tanh(np.clip(z, -2, 2))),
    ("derivative", "the formula of the sigmoid for all", lambda name, z, a: a - a * a),
    ("derivative", "brackets", only("tanh", lambda z, a: (1 - a) ** 2)),
    ("derivative", "a part of the values", only("relu", lambda z, a: (np.sign(z) + 1) / 2)),
    ("elu", "the larger of the two", lambda z, alpha: np.maximum(z, alpha * (np.exp(np.minimum(z, 0)) - 1))),
    ("elu", None, lambda z, alpha: np.where(z > 0, z, alpha * (2 ** np.minimum(z, 0) - 1))),
    ("softmax", "shifted by the mean", lambda z: softmax_typed(z - np.mean(z, axis=1)[:, None], shift=False)),
    ("softmax", "shifted by the smallest", lambda z: softmax_typed(z - np.min(z, axis=1)[:, None], shift=False)),
    ("softmax", "overflow", lambda z: np.nan_to_num(softmax_typed(z, shift=False))),
    ("softmax", "another temperature", lambda z: softmax_typed(1.5 * z)),
    ("softmax", None, lambda z: softmax_typed(np.clip(z, -20, 20))),
    ("softmax", "a sum over everything", lambda z: np.exp(z - np.max(z)) / np.exp(z - np.max(z)).sum()),
    ("collapse", "another result each time", Kept()),
    ("collapse", "a part of the values", lambda layers: (collapse_folded(layers)[0], layers[-2][1] @ layers[-1][0])),
    ("fit-relus", "a part of the values", lambda x, y, knots: fit_by_scikit_learn(x, y, np.sort(knots))),
    ("fit-relus", None, lambda x, y, knots: fit_by_scikit_learn(np.sort(x), y, knots)),
    ("fit-relus", "the bias found beforehand", fit_below_the_mean),
]

# Slips that all questions share and that leave the answer right, by a piece of the code that they write.
AS_GOOD = {}

"""One neuron: weigh the inputs, add them up, and fire when the sum is above zero.

It learns by being corrected. After a mistake, each weight moves by the input it weighed, toward firing if
it stayed silent and away from it if it fired. Replace the threshold by a smooth output, and the same
three lines become gradient descent. Every change is recorded, so that pictures only have to read.
"""

from dataclasses import dataclass

import numpy as np

from mlkit.activations import identity, sigmoid
from mlkit.validation import (
    as_count,
    as_examples,
    as_floats,
    as_generator,
    as_labels,
    as_number,
    finite_result,
)


def weighted_sum(X, weights, bias):
    """Return z = X w + b, one number per example: how far, and on which side, it lies from the line z = 0.

    Parameters
    ----------
    X : array_like, shape (n_examples, n_features)
    weights : array_like, shape (n_features,)
    bias : float

    Returns
    -------
    ndarray, shape (n_examples,)
        z divided by ‖w‖ is the distance in the units of ``X``.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or a sum is too large for a float.

    Examples
    --------
    >>> weighted_sum([[1, 2], [3, 0]], weights=[2, -1], bias=1)
    array([1., 7.])
    """
    X = as_examples(X)
    weights = as_floats(weights, "weights", shape=(X.shape[1],))
    # X @ weights, summed row by row as `fit` does, so that both round an example on the line to the same side
    with np.errstate(over="ignore", invalid="ignore"):  # named instead
        return finite_result(np.vecdot(X, weights) + as_number(bias, "bias"), "X")


def step(z):
    """Return 1 where z > 0, else 0, as integers: the neuron fires or it does not.

    z = 0 does not fire. Someone has to decide, and this choice means that a neuron that has learned
    nothing (w = 0, b = 0) predicts 0 everywhere, so its first mistakes are the examples of class 1. Books that
    fire at z ≥ 0 begin with the opposite answer. scikit-learn's ``Perceptron`` predicts as we do, but in training it
    counts z = 0 as a mistake for either class, so from zero weights its path differs when the first example is a 0.

    Examples
    --------
    >>> step([-1.5, 0.0, 0.2])
    array([0, 0, 1])
    """
    return (as_floats(z, "z") > 0).astype(np.int64)


def predict(X, weights, bias):
    """Return the neuron's answers, 0 or 1, shape (n_examples,): ``step(weighted_sum(X, weights, bias))``.

    Examples
    --------
    >>> predict([[1, 2], [0, 3]], weights=[2, -1], bias=1)
    array([1, 0])
    """
    return step(weighted_sum(X, weights, bias))


def accuracy(X, y, weights, bias):
    """Return the share of examples, from 0 to 1, whose label in ``y`` (0 or 1) the neuron predicts.

    Examples
    --------
    >>> accuracy([[1, 2], [0, 3]], [1, 1], weights=[2, -1], bias=1)
    0.5
    """
    y_hat = predict(X, weights, bias)
    return float(np.mean(y_hat == as_labels(y, n_examples=len(y_hat), n_classes=2)))


def fold_bias(X):
    """Append the constant input 1 as a last column; the bias becomes its weight: X w + b = (X, 1) (w, b).

    Examples
    --------
    >>> fold_bias([[2.0, 3.0], [4.0, 5.0]])
    array([[2., 3., 1.],
           [4., 5., 1.]])
    """
    X = as_examples(X)
    return np.column_stack([X, np.ones(len(X), X.dtype)])


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class Update:
    """One change of the weights, with everything a picture of it needs.

    It always holds that ``weights_after = weights_before + η (target − output) @ x`` (``*`` for one example).
    """

    epoch: int  # the pass over the data, counted from 1
    index: int | None  # which row of X; None when a whole pass is applied at once
    x: np.ndarray  # that row, (n_features,); all of X when a whole pass is applied at once
    target: int | np.ndarray  # what the label says: one number, or all of y
    output: int | np.ndarray  # what the neuron said before the change: one number, or (n_examples,)
    weights_before: np.ndarray
    bias_before: float
    weights_after: np.ndarray
    bias_after: float
    mistakes: int  # so far, those of this update included


@dataclass(frozen=True, eq=False)
class Fit:
    """What training a perceptron leaves behind: the last weights, and how they came about."""

    weights: np.ndarray  # (n_features,)
    bias: float
    updates: list[Update]
    mistakes_per_epoch: list[int]  # made while the pass went on, not by its last weights
    epochs: int
    converged: bool  # the last epoch's share of mistakes was at most error_threshold

    @property
    def mistakes(self):
        """Number of mistakes over all epochs: what the bound of Novikoff counts."""
        return sum(self.mistakes_per_epoch)


@np.errstate(over="ignore", invalid="ignore")  # _require_floats says it better than a warning
def fit(
    X,
    y,
    *,
    learning_rate=1.0,
    error_threshold=0.0,
    max_epochs=100,
    rng=None,
    initial_weights=None,
    initial_bias=0.0,
):
    """Train a perceptron one example at a time: after each, w ← w + η (y − ŷ) x and b ← b + η (y − ŷ).

    A correct answer changes nothing, as y − ŷ = 0. Training stops after an epoch (one pass over the data)
    whose share of mistakes is at most ``error_threshold``, or after ``max_epochs``. If some line separates the
    classes, the number of mistakes is finite, whatever the order: see `mistake_bound`.

    Parameters
    ----------
    X : array_like, shape (n_examples, n_features)
    y : array_like of 0 and 1, shape (n_examples,)
    learning_rate : float
        η > 0. From w = 0, b = 0 it only changes the length of w, never a prediction.
    error_threshold : float
        From 0 up to, not including, 1.
    max_epochs : int
    rng : numpy.random.Generator or None
        Shuffles the examples at the start of every epoch; ``None`` takes them in the order given.
    initial_weights : array_like, shape (n_features,), or None
        ``None`` starts from zero.
    initial_bias : float

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        If an argument does not fit; the message names it.
    FloatingPointError
        If the weights become too large for a float.

    Notes
    -----
    Rosenblatt's neuron has the targets 0 and 1. Books with targets ±1 add η y x after a mistake: the same change.

    References
    ----------
    Frank Rosenblatt (1958), "The perceptron: a probabilistic model for information storage and organization
    in the brain", Psychological Review 65(6).

    Examples
    --------
    The logical AND:

    >>> fitted = fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    >>> fitted.weights, fitted.bias, fitted.mistakes_per_epoch
    (array([2., 1.]), -2.0, [1, 3, 3, 2, 1, 0])
    """
    X, y, weights, bias = _check_data(X, y, initial_weights, initial_bias)
    learning_rate, error_threshold, max_epochs = _check_settings(learning_rate, error_threshold, max_epochs)
    rng = None if rng is None else as_generator(rng)
    updates, mistakes_per_epoch, converged = [], [], False
    while not converged and len(mistakes_per_epoch) < max_epochs:
        epoch, mistakes_before = len(mistakes_per_epoch) + 1, len(updates)
        for i in range(len(X)) if rng is None else rng.permutation(len(X)):
            y_hat = 1 if X[i] @ weights + bias > 0 else 0
            if y_hat != y[i]:
                before = weights, bias
                change = learning_rate * float(y[i] - y_hat)
                weights, bias = weights + change * X[i], bias + change
                seen = int(i), X[i], int(y[i]), y_hat
                updates.append(Update(epoch, *seen, *before, weights, bias, mistakes=len(updates) + 1))
        _require_floats(weights, bias, epoch, learning_rate)
        mistakes_per_epoch.append(len(updates) - mistakes_before)
        converged = mistakes_per_epoch[-1] / len(X) <= error_threshold
    return Fit(weights, bias, updates, mistakes_per_epoch, len(mistakes_per_epoch), converged)


@np.errstate(over="ignore", invalid="ignore")  # _require_floats says it better than a warning
def fit_offline(
    X,
    y,
    *,
    learning_rate=1.0,
    error_threshold=0.0,
    max_epochs=100,
    initial_weights=None,
    initial_bias=0.0,
):
    """Train a perceptron one pass at a time: the corrections of all examples are summed, then applied together.

    The weights stay fixed within a pass, so the order of the examples has no effect, and an epoch has at
    most one update: w ← w + η Σ (y − ŷ) x. A pass with few enough mistakes is the last, and changes nothing.
    Parameters, returned value and errors are those of `fit`, without ``rng``; in each `Update`, ``index`` is
    None, and ``x``, ``target``, ``output`` hold the whole set.

    Examples
    --------
    >>> fitted = fit_offline([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    >>> fitted.weights, fitted.bias, len(fitted.updates), fitted.mistakes, fitted.converged
    (array([1., 1.]), -1.0, 3, 5, True)
    """
    X, y, weights, bias = _check_data(X, y, initial_weights, initial_bias)
    learning_rate, error_threshold, max_epochs = _check_settings(learning_rate, error_threshold, max_epochs)
    updates, mistakes_per_epoch, converged = [], [], False
    while not converged and len(mistakes_per_epoch) < max_epochs:
        y_hat = (np.vecdot(X, weights) + bias > 0).astype(np.int64)
        errors = y - y_hat  # (n_examples,), each −1, 0 or 1
        mistakes_per_epoch.append(int(np.count_nonzero(errors)))
        epoch, mistakes = len(mistakes_per_epoch), sum(mistakes_per_epoch)
        converged = mistakes_per_epoch[-1] / len(X) <= error_threshold
        if not converged:
            before = weights, bias
            weights, bias = weights + learning_rate * (errors @ X), bias + learning_rate * float(errors.sum())
            _require_floats(weights, bias, epoch, learning_rate)
            updates.append(Update(epoch, None, X, y, y_hat, *before, weights, bias, mistakes))
    return Fit(weights, bias, updates, mistakes_per_epoch, len(mistakes_per_epoch), converged)


def margin(X, y, weights, bias):
    """Return the smallest signed distance of the examples to the line w·x + b = 0, in the units of ``X``.

    min over examples of s (w·x + b) / ‖w‖, with s = 1 for class 1 and −1 for class 0: positive when the line
    separates the classes, negative when an example lies on the wrong side (then it is the worst one's depth).

    Raises
    ------
    ValueError
        If all weights are zero: then there is no line.

    Examples
    --------
    >>> margin([[3, 4], [0, 0]], [1, 0], weights=[3, 4], bias=-10)
    2.0
    """
    z = weighted_sum(X, weights, bias)
    signs = 2 * as_labels(y, n_examples=len(z), n_classes=2) - 1
    weights = as_floats(weights, "weights")
    if not weights.any():
        raise ValueError("weights must not all be zero: they describe no line")
    return float(np.min(signs * z) / _length(weights))


def mistake_bound(X, y, weights, bias):
    """Return (R/γ)²: started from w = 0, b = 0, `fit` makes no more mistakes than this, for any η and any order.

    With the folded vectors x̃ = (x, 1) and w̃ = (w, b): R = max ‖x̃‖, and γ = min s (w̃·x̃) / ‖w̃‖, with s = 1 for
    class 1 and −1 for class 0. Every separating line gives a valid bound; the one with the largest γ gives the best.
    `fit_offline` makes at most n_examples times as many mistakes.

    Parameters
    ----------
    X : array_like, shape (n_examples, n_features)
    y : array_like of 0 and 1, shape (n_examples,)
    weights : array_like, shape (n_features,)
    bias : float
        A line that separates the classes, with no example on it.

    Raises
    ------
    ValueError
        If the line does not separate the classes.

    References
    ----------
    Albert B. J. Novikoff (1962), "On convergence proofs on perceptrons", Symposium on the Mathematical Theory
    of Automata 12.

    Examples
    --------
    >>> round(mistake_bound([[3], [-3]], [1, 0], weights=[1], bias=0), 6)
    1.111111
    """
    X_folded = fold_bias(X)
    w_folded = np.append(as_floats(weights, "weights", shape=(X_folded.shape[1] - 1,)), as_number(bias, "bias"))
    if not w_folded.any():
        raise ValueError("weights and bias must not all be zero: they describe no line")
    gamma = margin(X_folded, y, w_folded, bias=0)
    if gamma <= 0:
        raise ValueError(f"weights and bias must separate the classes, got a margin of {gamma:g}")
    with np.errstate(over="ignore"):
        return float(finite_result((np.linalg.norm(X_folded, axis=1).max() / gamma) ** 2, "X"))


@dataclass(frozen=True, eq=False)
class Descent:
    """The path of a full-batch gradient descent; row 0 is the start, row k the state after k updates."""

    weights: np.ndarray  # (epochs + 1, n_features)
    bias: np.ndarray  # (epochs + 1,)
    loss: np.ndarray  # (epochs + 1,)


def fit_delta(X, targets, *, learning_rate, epochs, initial_weights=None, initial_bias=0.0):
    """Train a linear neuron ŷ = X w + b by the delta rule: w ← w − η mean((ŷ − t) x), b ← b − η mean(ŷ − t).

    It is gradient descent on the mean squared error L = mean ½ (ŷ − t)². Unlike the perceptron's, its error is
    a real number, so a right answer given too loudly is corrected as well.

    Parameters
    ----------
    X : array_like, shape (n_examples, n_features)
    targets : array_like of real numbers, shape (n_examples,)
    learning_rate : float
        η > 0. From `largest_stable_rate` on, the loss no longer settles.
    epochs : int
        Number of updates; each uses all examples.
    initial_weights : array_like, shape (n_features,), or None
        ``None`` starts from zero.
    initial_bias : float

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        If an argument does not fit; the message names it.
    FloatingPointError
        If the loss is no longer finite, because the learning rate is too large.

    Notes
    -----
    Widrow and Hoff corrected after each example, and without the factor ½ their η is twice as effective.

    References
    ----------
    Bernard Widrow and Marcian E. Hoff (1960), "Adaptive switching circuits", IRE WESCON Convention Record 4.

    Examples
    --------
    >>> path = fit_delta([[1], [-1]], [3, -1], learning_rate=0.5, epochs=2)
    >>> path.weights[:, 0], path.bias, path.loss
    (array([0. , 1. , 1.5]), array([0.  , 0.5 , 0.75]), array([2.5    , 0.625  , 0.15625]))
    """
    X, _, *start = _check_data(X, None, initial_weights, initial_bias)
    t = as_floats(targets, "targets", shape=(len(X),))
    return _descend(X, t, identity, lambda z: 0.5 * (z - t) ** 2, learning_rate, epochs, *start)


def fit_logistic(X, y, *, learning_rate, epochs, initial_weights=None, initial_bias=0.0):
    """Train a sigmoid neuron ŷ = σ(X w + b), a smooth perceptron that answers with the probability of class 1.

    It is gradient descent on the mean cross-entropy L = mean(−y log ŷ − (1 − y) log(1 − ŷ)). The derivative with
    respect to z is ŷ − y, so the update reads as the delta rule's: w ← w − η mean((ŷ − y) x). Since σ′ ≤ ¼, the
    loss falls at every update for all η below 4 times the `largest_stable_rate`.

    Parameters, returned value and errors are those of `fit_delta`, but for ``y``: labels 0 and 1, shape
    (n_examples,). On separable classes the weights grow forever, as a surer answer always costs less.

    References
    ----------
    David R. Cox (1958), "The regression analysis of binary sequences", Journal of the Royal Statistical
    Society B 20(2).

    Examples
    --------
    >>> path = fit_logistic([[1], [-1]], [1, 0], learning_rate=1.0, epochs=1)
    >>> path.weights[:, 0], path.bias, path.loss.round(3)
    (array([0. , 0.5]), array([0., 0.]), array([0.693, 0.474]))
    """
    X, y, *start = _check_data(X, y, initial_weights, initial_bias)
    signs = 2 * y - 1
    # −log ŷ = log(1 + exp(−z)) for class 1 and log(1 + exp(z)) for class 0: no logarithm of a rounded 0
    return _descend(X, y, sigmoid, lambda z: np.logaddexp(0, -signs * z), learning_rate, epochs, *start)


def largest_stable_rate(X):
    """Return 2/λ, the learning rate at which `fit_delta` on ``X`` stops settling; λ is the largest eigenvalue of H.

    H = X̃ᵀX̃/n, with the folded rows x̃ = (x, 1), is the second derivative of the loss. Let e be the distance of
    (w, b) from the best one, where the gradient vanishes. The gradient elsewhere is H e, so one update makes it
    e − η H e; along an eigenvector of H it is multiplied by 1 − ηλ. That shrinks while |1 − ηλ| < 1, which is
    η < 2/λ; the largest λ is the first to fail.

    Examples
    --------
    >>> largest_stable_rate([[1], [-1]])
    2.0
    """
    X_folded = fold_bias(X)
    with np.errstate(over="ignore", invalid="ignore"):
        H = finite_result(X_folded.T @ X_folded / len(X_folded), "X")
    return float(2 / np.linalg.eigvalsh(H)[-1])


def _descend(X, targets, output, losses, learning_rate, epochs, weights, bias):
    """Gradient descent for every neuron whose loss has the derivative ``output(z) − targets``."""
    learning_rate = as_number(learning_rate, "learning_rate", above=0)
    path = []
    with np.errstate(over="ignore", invalid="ignore"):  # the error below says it better than a warning
        for epoch in range(as_count(epochs, "epochs") + 1):
            z = X @ weights + bias
            loss = float(np.mean(losses(z)))
            if not np.isfinite(loss):
                where = f"at epoch {epoch} with learning_rate {learning_rate:g}"
                raise FloatingPointError(f"the loss became {loss} {where}")
            path.append((weights, bias, loss))
            errors = (output(z) - targets) / len(X)
            weights = weights - learning_rate * (errors @ X)
            bias = bias - learning_rate * float(errors.sum())
    return Descent(*(np.array(column) for column in zip(*path, strict=True)))


def _length(w):
    """‖w‖, also where the squares are too small or too large for a float."""
    with np.errstate(over="ignore", under="ignore"):
        length = np.linalg.norm(w)
    if 0 < length < np.inf:
        return length
    largest = np.abs(w).max()
    return largest * np.linalg.norm(w / largest)


def _require_floats(weights, bias, epoch, learning_rate):
    if not (np.isfinite(weights).all() and np.isfinite(bias)):
        raise FloatingPointError(
            f"the weights left the floats in epoch {epoch}, at learning rate {learning_rate:g}: X is too large for it"
        )


def _check_data(X, y, initial_weights, initial_bias):
    X = as_examples(X).copy()  # the caller's may change; what we record must not
    y = None if y is None else as_labels(y, n_examples=len(X), n_classes=2)
    weights = np.zeros(X.shape[1]) if initial_weights is None else initial_weights
    weights = as_floats(weights, "initial_weights", shape=(X.shape[1],)).copy()
    return X, y, weights, as_number(initial_bias, "initial_bias")


def _check_settings(learning_rate, error_threshold, max_epochs):
    return (
        as_number(learning_rate, "learning_rate", above=0),
        as_number(error_threshold, "error_threshold", at_least=0, below=1),
        as_count(max_epochs, "max_epochs"),
    )

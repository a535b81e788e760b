"""Training: show the network a few examples, take one step downhill, and repeat until all were seen many times.

One pass over all examples is an epoch. The examples are shuffled once per epoch, so that a mini-batch is a
fair sample, and every step costs the same however many examples there are.
"""

import math
from dataclasses import dataclass

import numpy as np

from mlkit.network import Network
from mlkit.optimizers import get_optimizer
from mlkit.validation import as_count, as_generator, refuse_masked

FAR_FROM_ONE = 50  # a feature that is so many times larger or smaller than 1 has not been standardized


@dataclass(frozen=True, eq=False)
class History:
    """What happened in ``train``. With replicas every array but ``learning_rate`` has a last axis for them.

    Attributes
    ----------
    loss : ndarray, shape (n_steps,)
        The loss of each mini-batch, before the step that it caused.
    learning_rate : ndarray, shape (n_steps,)
    epoch_loss : ndarray, shape (n_epochs,)
        The mean of ``loss`` over the examples of each epoch.
    validation_loss, validation_accuracy : ndarray, shape (n_epochs,)
        After each epoch. Empty without validation data; the accuracy is empty for regression too.
    steps_per_epoch : int
        ⌈n_examples / batch_size⌉.
    best_epoch : int, ndarray of int, or None
        With early stopping: the epoch, counted from 0, whose weights the network has now.
    stopped_early : bool
        Whether patience ran out before the epochs did.
    """

    loss: np.ndarray
    learning_rate: np.ndarray
    epoch_loss: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    steps_per_epoch: int
    best_epoch: int | np.ndarray | None = None
    stopped_early: bool = False

    @property
    def n_steps(self):
        """Steps taken."""
        return len(self.loss)

    @property
    def n_epochs(self):
        """Epochs completed."""
        return len(self.epoch_loss)


def minibatches(X, y, batch_size, rng):
    """Yield the pairs ``(X_batch, y_batch)`` of one epoch, in an order newly drawn from ``rng``.

    Every example comes exactly once. When ``batch_size`` does not divide their number the last batch is
    short. Elsewhere: PyTorch's ``DataLoader`` and Keras's ``fit`` do the same; some codes drop the rest.

    Parameters
    ----------
    X, y : ndarray, shape (n_examples, ...)
    batch_size : int
        At least 1; n_examples or more gives one full batch.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        When lengths differ, there are no examples, or ``batch_size`` is no whole number.

    Examples
    --------
    >>> X, y = np.arange(5.0).reshape(5, 1), np.arange(5)
    >>> [len(y_batch) for X_batch, y_batch in minibatches(X, y, 2, np.random.default_rng(0))]
    [2, 2, 1]
    """
    refuse_masked(X, "X"), refuse_masked(y, "y")
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y) or len(X) == 0:
        raise ValueError(f"X and y must have the same number of examples, at least 1, got {X.shape} and {y.shape}")
    batch_size = as_count(batch_size, "batch_size")
    return _shuffled_batches(X, y, batch_size, as_generator(rng))


def _shuffled_batches(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    X, y = X.take(order, axis=0), y.take(order, axis=0)
    for start in range(0, len(X), batch_size):
        yield X[start : start + batch_size], y[start : start + batch_size]


def train(
    network,
    X,
    y,
    *,
    optimizer,
    epochs,
    rng,
    batch_size=32,
    validation=None,
    early_stopping=None,
    callback=None,
):
    """Train ``network`` in place, and return the ``History``.

    Parameters
    ----------
    network : Network
        With replicas all are trained on the same batches, each as it would be alone.
    X : array_like, shape (n_examples, n_features)
        Used in the type of the network's parameters.
    y : array_like
        Integer labels (n_examples,), or targets (n_examples, n_outputs).
    optimizer : str or Optimizer
        A name stands for its default settings. An ``Optimizer`` goes on where it was: its own ``t`` and state.
    epochs, batch_size : int
    rng : numpy.random.Generator
        Shuffles the examples.
    validation : pair (X, y) or None
        Examples to judge by after each epoch, and never to learn from.
    early_stopping : int or None
        The patience: stop when the validation loss has not been lower for so many epochs. Then, and also
        when the epochs run out first, the weights of the best epoch are put back, for each replica its own.
    callback : callable or None
        Called after every step as ``callback(step, network, loss)``, steps counted from 0. It may read the
        network, its gradients too, and should leave it unchanged.

    Raises
    ------
    ValueError
        When an argument does not fit; the network is then unchanged.
    FloatingPointError
        When the loss or a parameter becomes NaN or infinite: with the epoch, the step and the learning rate.

    Examples
    --------
    >>> from mlkit.network import Network
    >>> from mlkit.optimizers import Adam
    >>> X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    >>> rng = np.random.default_rng(0)
    >>> network = Network.mlp([2, 4, 2], rng=rng)
    >>> history = train(network, X, y, optimizer=Adam(0.05), epochs=200, batch_size=4, rng=rng)
    >>> history.n_steps, network.predict(X).tolist()
    (200, [0, 1, 1, 0])
    """
    X, targets = _as_data(network, X, y)
    held_out = None if validation is None else _as_held_out(network, validation)
    epochs, batch_size, rng = as_count(epochs, "epochs"), as_count(batch_size, "batch_size"), as_generator(rng)
    stopping = None if early_stopping is None else _EarlyStopping(network, early_stopping, held_out)
    optimizer, callback = get_optimizer(optimizer), _as_callback(callback)
    parameters, gradients = [network.parameter_vector], [network.gradient_vector]
    optimizer.prepare(parameters)
    notes = _Notes(network, optimizer, X, batch_size)

    for _ in range(epochs):
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite stops the run by itself
            for X_batch, y_batch in _shuffled_batches(X, targets, batch_size, rng):
                loss = network._backpropagate(X_batch, y_batch)  # forward, loss, backward
                notes.add_step(loss)
                notes.rates.append(optimizer._step(parameters, gradients))
                if callback is not None:
                    callback(notes.n_steps - 1, network, loss)
            notes.add_epoch(held_out)
        if stopping is not None and stopping.is_over(notes.validation_losses[-1]):
            break
    return notes.history(stopping, epochs)


class _Notes:
    """What one call of ``train`` writes down, and the watch that everything stays finite."""

    def __init__(self, network, optimizer, X, batch_size):
        self.network, self.optimizer, self.X = network, optimizer, X
        self.first_step = optimizer.t
        starts = np.arange(0, len(X), batch_size)
        self.batch_sizes = np.minimum(batch_size, len(X) - starts)
        self.is_finite = math.isfinite if network.replicas is None else _all_finite
        self.epoch = []  # the losses of the epoch that is going on
        self.losses, self.validation_losses, self.accuracies, self.rates = [], [], [], []

    @property
    def n_steps(self):
        return len(self.losses) * len(self.batch_sizes) + len(self.epoch)

    def add_step(self, loss):
        self.epoch.append(loss)
        if not self.is_finite(loss):
            self.stop("the loss became", loss)

    def add_epoch(self, held_out):
        parameters = self.network.parameter_vector
        if not _all_finite(parameters):
            self.stop("a parameter became", np.where(np.isfinite(parameters), 0, parameters).sum(axis=-1))
        if held_out is not None:
            loss, accuracy = self.network._evaluate(*held_out)
            if not _all_finite(loss):
                self.stop("the validation loss became", loss)
            self.validation_losses.append(loss)
            self.accuracies += [] if accuracy is None else [accuracy]
        self.losses.append(np.array(self.epoch, dtype=float))
        self.epoch.clear()

    def stop(self, what, value):
        """Raise the error that says where training left the numbers."""
        wrong = np.flatnonzero(~np.isfinite(value))
        replicas = "" if self.network.replicas is None else f" in replicas {wrong.tolist()}"
        step = self.n_steps - 1
        raise FloatingPointError(
            f"{what} {np.ravel(value)[wrong[0]]}{replicas} in epoch {len(self.losses)}, step {step} (both "
            f"counted from 0), at learning rate {self.optimizer.rate(self.first_step + step):g}: a smaller one may help"
            + _sizes_of_features(self.X)
        )

    def history(self, stopping, epochs):
        if stopping is not None:
            stopping.put_back_best()
        loss = np.stack(self.losses)  # (n_epochs, steps_per_epoch) or (n_epochs, steps_per_epoch, replicas)
        return History(
            loss=loss.reshape(self.n_steps, *loss.shape[2:]),
            learning_rate=np.array(self.rates),
            epoch_loss=np.average(loss, axis=1, weights=self.batch_sizes),
            validation_loss=np.array(self.validation_losses, dtype=float),
            validation_accuracy=np.array(self.accuracies, dtype=float),
            steps_per_epoch=len(self.batch_sizes),
            best_epoch=None if stopping is None else stopping.best_epoch[()],  # a number without replicas
            stopped_early=len(self.losses) < epochs,
        )


class _EarlyStopping:
    """Remembers the best weights so far; a replica whose patience ran out keeps the best it had until then."""

    def __init__(self, network, patience, held_out):
        if held_out is None:
            raise ValueError("early_stopping needs validation=(X, y): examples that are not learned from")
        self.patience = as_count(patience, "early_stopping")
        self.parameters = network.parameter_vector
        self.best_parameters = self.parameters.copy()
        self.best_loss = np.full(self.parameters.shape[:-1], np.inf)
        self.best_epoch = np.zeros(self.best_loss.shape, dtype=int)
        self.epoch = -1

    def is_over(self, validation_loss):
        """Take note of the loss after an epoch, and tell whether all patience is used up."""
        waiting = self.epoch - self.best_epoch < self.patience
        self.epoch += 1
        better = waiting & (validation_loss < self.best_loss)
        self.best_loss[better] = np.asarray(validation_loss)[better]
        self.best_epoch[better] = self.epoch
        self.best_parameters[better] = self.parameters[better]
        return not (self.epoch - self.best_epoch < self.patience).any()

    def put_back_best(self):
        self.parameters[...] = self.best_parameters


def _sizes_of_features(X):
    """What to look at when training left the floats and the features are of very different size: the usual cause."""
    sizes = np.abs(X).max(axis=0)
    smallest, largest = sizes.min(), sizes.max()
    if largest <= FAR_FROM_ONE and smallest * FAR_FROM_ONE >= 1:
        return ""
    return f"; the features of X have sizes from {smallest:.3g} to {largest:.3g}: see mlkit.datasets.standardize"


def _all_finite(values):
    return np.isfinite(values).all()


def _as_data(network, X, y, prefix=""):
    if not isinstance(network, Network):
        raise ValueError(f"network must be a Network, got {network!r}")
    X = network.as_inputs(X, f"{prefix}X")
    if X.ndim != 2:
        raise ValueError(f"{prefix}X must have shape (n_examples, n_features), got {X.shape}")
    y = network.as_targets(y, X, f"{prefix}y")
    if y.ndim != 2:
        raise ValueError(f"{prefix}y must hold one label or one row per example, got {y.shape}")
    return X, y


def _as_held_out(network, validation):
    if not isinstance(validation, list | tuple) or len(validation) != 2:
        raise ValueError(f"validation must be a pair (X, y), got {type(validation).__name__}")
    return _as_data(network, *validation, prefix="validation ")


def _as_callback(callback):
    if callback is not None and not callable(callback):
        raise ValueError(f"callback must be a function (step, network, loss), got {callback!r}")
    return callback

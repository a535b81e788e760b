"""A loss says in one number how wrong the outputs are; its gradient says which way each output should move.

Rows are examples. Every loss here is the mean over the n examples of the batch, and this is the one place
where anything is divided by n: layers only add up what arrives. Value and gradient stand together, because
whoever needs the second has nearly computed the first.

A loss *from logits* takes the numbers z before the output activation. The pair is then one function, its
gradient is the same for all three losses, (ŷ − y)/n, and nothing can overflow, however wrong the network is.
"""

import numpy as np

from mlkit.sums import largest_output, sum_of_products, sum_over_outputs
from mlkit.validation import as_choice, as_count, as_dtype, as_floats, as_labels


class Loss:
    """What all losses share: the checks at the door. The mathematics is in each ``formula``.

    Attributes
    ----------
    name : str
        The key in ``LOSSES``.
    output : str
        The activation that fits the network's last layer; for a loss from logits the one it contains.
    takes_logits : bool
        Whether ``outputs`` are the z before that activation.
    """

    name, output = "", "identity"
    takes_logits = False

    def value(self, outputs, targets):
        """Return the mean loss over the examples: a number, or one per replica."""
        return self.value_and_gradient(outputs, targets)[0]

    def gradient(self, outputs, targets):
        """Return ∂value/∂outputs, in the shape of ``outputs``."""
        return self.value_and_gradient(outputs, targets)[1]

    def value_and_gradient(self, outputs, targets):
        """Return the mean loss and its gradient.

        Parameters
        ----------
        outputs : array_like, shape (..., n_examples, n_outputs)
            Leading axes are replicas; the value then has their shape.
        targets : array_like
            Shape (n_examples, n_outputs), or the shape of ``outputs``, or integer labels (n_examples,).

        Raises
        ------
        ValueError
            When a shape does not fit: (n,) targets against (n, 1) outputs are refused, not broadcast.
            When a value cannot be what the loss takes it for, such as a probability of 1.2.
        """
        outputs = as_floats(outputs, "outputs")
        if outputs.ndim < 2 or 0 in outputs.shape:
            raise ValueError(f"outputs must have shape (..., n_examples, n_outputs), got {outputs.shape}")
        targets = as_targets(targets, outputs.shape, outputs.dtype)
        self.check_outputs(outputs, "outputs")
        self.check_targets(targets, "targets")
        with np.errstate(over="ignore"):  # a loss beyond the largest float is inf
            return self.formula(outputs, targets)

    def check_outputs(self, outputs, name):
        """Raise a ``ValueError`` for outputs this loss has no meaning for."""

    def check_targets(self, targets, name):
        """Raise a ``ValueError`` for targets this loss has no meaning for."""

    def formula(self, outputs, targets):
        """Return value and gradient of checked floats: what training calls at every step."""
        raise NotImplementedError

    def __repr__(self):
        return f"LOSSES[{self.name!r}]"

    def __reduce_ex__(self, protocol):
        """A copy of one of ours, or one from a file, is that one itself: networks compare losses by what they are."""
        return (get_loss, (self.name,)) if LOSSES.get(self.name) is self else super().__reduce_ex__(protocol)


class SquaredError(Loss):
    """Half the squared distance to the target: L = 1/n Σ ½‖ŷ − y‖²; its gradient is (ŷ − y)/n.

    The ½ is there to cancel the 2 of the derivative. It fits an identity output, and as there is no
    activation to contain, it is its own loss from logits.
    Source: Gauss, 1809, Theoria motus. Elsewhere: PyTorch's ``MSELoss`` and Keras have no ½ and divide by
    n · n_outputs; scikit-learn has the ½ and divides by n · n_outputs.

    >>> value, gradient = LOSSES["squared_error"].value_and_gradient([[1.0], [2.0]], [[1.0], [4.0]])
    >>> float(value), gradient.ravel().tolist()
    (1.0, [0.0, -1.0])
    """

    name, output = "squared_error", "identity"

    def formula(self, outputs, targets):
        n = outputs.shape[-2]
        error = outputs - targets
        value = 0.5 * sum_of_products(error, error) / n
        return value, error / n


class BinaryCrossEntropy(Loss):
    """The surprise at yes-or-no targets: L = −1/n Σ [y log p + (1 − y) log(1 − p)], summed over the outputs.

    Where the network was sure and wrong (p = 0 for y = 1) the loss is infinite, and so it is returned.
    Source: Good, 1952, Rational decisions. Elsewhere: PyTorch cuts log p at −100, Keras keeps p inside
    [1e-7, 1 − 1e-7]; both also divide by the number of outputs.

    >>> float(LOSSES["binary_cross_entropy"].value([[0.5], [0.25]], [1, 0]).round(4))
    0.4904
    """

    name, output = "binary_cross_entropy", "sigmoid"

    def check_outputs(self, outputs, name):
        _in_unit_interval(outputs, name)

    check_targets = check_outputs

    def formula(self, outputs, targets):
        n, p, y = outputs.shape[-2], outputs, targets
        value = -(_y_log_p(y, p) + _y_log_p(1 - y, 1 - p)).sum(axis=(-2, -1)) / n
        return value, (_y_over_p(1 - y, 1 - p) - _y_over_p(y, p)) / n


class BinaryCrossEntropyFromLogits(BinaryCrossEntropy):
    """Binary cross-entropy of p = σ(z): L = 1/n Σ [log(1 + eᶻ) − y z]; its gradient is (σ(z) − y)/n.

    log(1 + eᶻ) is computed as max(z, 0) + log(1 + e^−|z|), which is exact for |z| = 1000 as well.
    Elsewhere: PyTorch's ``BCEWithLogitsLoss``, Keras's ``from_logits=True``, both also divided by n_outputs.

    >>> float(LOSSES["binary_cross_entropy_from_logits"].value([[1000.0]], [[0.0]]))
    1000.0
    """

    name, takes_logits = "binary_cross_entropy_from_logits", True

    def check_outputs(self, outputs, name):
        _not_huge(outputs, name)

    def formula(self, outputs, targets):
        n, z, y = outputs.shape[-2], outputs, targets
        e = np.exp(-np.abs(z))
        value = (np.maximum(z, 0) - y * z + np.log1p(e)).sum(axis=(-2, -1)) / n
        p = np.where(z > 0, 1, e) / (1 + e)
        return value, (p - y) / n


class CategoricalCrossEntropy(Loss):
    """The surprise at the right class: L = −1/n Σ_examples Σ_k y_k log p_k, each row of p and of y summing to 1.

    Source: Bridle, 1990, Probabilistic interpretation of feedforward classification network outputs.
    Elsewhere: Keras rescales each row to sum 1 and keeps p inside [1e-7, 1 − 1e-7].

    >>> float(LOSSES["categorical_cross_entropy"].value([[0.25, 0.75]], [0]).round(4))
    1.3863
    """

    name, output = "categorical_cross_entropy", "softmax"

    def check_outputs(self, outputs, name):
        _rows_of_probabilities(outputs, name)

    check_targets = check_outputs

    def formula(self, outputs, targets):
        n, p, y = outputs.shape[-2], outputs, targets
        value = -_y_log_p(y, p).sum(axis=(-2, -1)) / n
        return value, -_y_over_p(y, p) / n


class CategoricalCrossEntropyFromLogits(CategoricalCrossEntropy):
    """Categorical cross-entropy of p = softmax(z): log p_k = z_k − log Σⱼ e^(zⱼ); the gradient is (p − y)/n.

    The largest logit of each row is subtracted first, so that no exponential overflows (log-sum-exp).
    Elsewhere: PyTorch's ``CrossEntropyLoss``; Keras's ``from_logits=True``.

    >>> float(LOSSES["categorical_cross_entropy_from_logits"].value([[1000.0, 0.0]], [1]))
    1000.0
    """

    name, takes_logits = "categorical_cross_entropy_from_logits", True

    def check_outputs(self, outputs, name):
        _not_huge(outputs, name)

    def formula(self, outputs, targets):
        n, y = outputs.shape[-2], targets
        z = outputs - largest_output(outputs)
        total = sum_over_outputs(np.exp(z))  # Σⱼ e^(zⱼ), shape (..., n, 1)
        log_p = z - np.log(total)
        return -sum_of_products(y, log_p) / n, (np.exp(log_p) - y) / n


LOSSES = {
    loss.name: loss
    for loss in [
        SquaredError(),
        BinaryCrossEntropy(),
        BinaryCrossEntropyFromLogits(),
        CategoricalCrossEntropy(),
        CategoricalCrossEntropyFromLogits(),
    ]
}


def get_loss(loss):
    """Return the ``Loss`` that is meant by a name from ``LOSSES`` or by a ``Loss`` itself."""
    return loss if isinstance(loss, Loss) else LOSSES[as_choice(loss, "loss", LOSSES)]


def one_hot(labels, n_classes, dtype=np.float64):
    """Return rows with a 1 in the column of the label, shape (n_examples, n_classes).

    >>> one_hot([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    labels = as_labels(labels, "labels", n_classes=as_count(n_classes, "n_classes"))
    return np.eye(n_classes, dtype=dtype)[labels]


def as_targets(targets, shape, dtype, name="targets"):
    """Return ``targets`` as floats that fit outputs of ``shape``; labels become one-hot, or one column of 0/1."""
    n_examples, n_outputs = shape[-2:]
    floats = as_floats(targets, name)
    if floats.ndim == 1 and np.asarray(targets).dtype.kind in "biu":
        labels = _as_labels_of_outputs(targets, name, n_examples, n_outputs)
        return one_hot(labels, n_outputs, dtype) if n_outputs > 1 else labels.astype(dtype)[:, np.newaxis]
    if floats.shape not in (shape, shape[-2:]):
        got = f"{floats.shape}" if floats.shape != (n_examples,) else _what_labels_lack(floats, name)
        raise ValueError(f"{name} must have shape {shape[-2:]} or be {n_examples} whole labels, got {got}")
    return as_dtype(floats, dtype, name)


def _as_labels_of_outputs(targets, name, n_examples, n_outputs):
    try:
        return as_labels(targets, name, n_examples=n_examples, n_classes=max(n_outputs, 2))
    except ValueError as error:
        cure = f"; numbers to be predicted come in a column: {name}.reshape(-1, 1)" if n_outputs == 1 else ""
        raise ValueError(f"{error}{cure}") from None


def _what_labels_lack(floats, name):
    """Labels that were read from a table are often 0.0 and 1.0; numbers to be predicted lack an axis."""
    cure = "astype(int)" if (floats == floats.round()).all() else "reshape(-1, 1)"
    return f"{len(floats)} labels of dtype {floats.dtype}: use {name}.{cure}"


def _y_log_p(y, p):
    """y log p, where 0 log 0 = 0: what cannot happen and is not asked for costs nothing."""
    with np.errstate(divide="ignore"):
        return np.multiply(y, np.log(p), out=np.zeros_like(p), where=y > 0)


def _y_over_p(y, p):
    """y / p, the derivative of y log p, where 0/0 = 0."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.divide(y, p, out=np.zeros_like(p), where=y > 0)


def _in_unit_interval(array, name):
    if array.min() < 0 or array.max() > 1:
        wrong = array.min() if array.min() < 0 else array.max()
        raise ValueError(f"{name} must lie between 0 and 1, got {wrong}")


def _rows_of_probabilities(array, name):
    _in_unit_interval(array, name)
    sums = array.sum(axis=-1)
    if not np.allclose(sums, 1, rtol=0, atol=1e-5):  # float32 rows are that far off
        wrong = sums.flat[np.abs(sums - 1).argmax()]
        raise ValueError(f"{name} must have rows that sum to 1, got a row that sums to {wrong}")


def _not_huge(logits, name):
    limit = np.finfo(logits.dtype).max / 4  # so that a difference of two logits is a float
    if np.abs(logits).max() > limit:
        raise ValueError(f"{name} must be logits of size at most {limit:.2g}, got {np.abs(logits).max()}")

"""Making a network, once: the layers must fit, the loss must suit them, and the parameters come together.

All parameters then live in one long array, ``parameter_vector``, of which every layer's weights are a view, so that
an optimizer moves them all with one line of NumPy. With replicas, networks of one shape side by side, it has a row
for each.
"""

from itertools import pairwise

import numpy as np

from mlkit.activations import ACTIVATIONS
from mlkit.layers import Activation, Dense, Layer
from mlkit.losses import LOSSES, get_loss
from mlkit.validation import as_count, check_size

_FITTING = {"softmax": "categorical_cross_entropy", "sigmoid": "binary_cross_entropy"}


def as_sizes(sizes, replicas):
    """Return the numbers of units of a multilayer perceptron, when there is room for so many weights."""
    if not isinstance(sizes, list | tuple) or len(sizes) < 2:
        raise ValueError(f"sizes must list the inputs, the hidden layers and the outputs, got {sizes!r}")
    sizes = [as_count(size, f"sizes[{i}]") for i, size in enumerate(sizes)]
    numbers = sum((n_inputs + 1) * n_outputs for n_inputs, n_outputs in pairwise(sizes))
    check_size(numbers * as_count(1 if replicas is None else replicas, "replicas"), "sizes and replicas")
    return sizes


def as_layers(layers):
    """Return the layers as a tuple when they can follow one another; from now on they belong to a network."""
    if not isinstance(layers, list | tuple) or not all(isinstance(layer, Layer) for layer in layers):
        raise ValueError(f"layers must be a list of layers, got {layers!r}")
    if len({id(layer) for layer in layers}) < len(layers) or any(layer.in_network for layer in layers):
        raise ValueError("layers must be new ones: a layer stands once, in one network; network.copy() makes others")
    dense = dense_of(layers)
    if not dense:
        raise ValueError("layers must hold at least one Dense layer: without one there is nothing to learn")
    for before, after in pairwise(dense):
        if before.n_outputs != after.n_inputs:
            raise ValueError(f"layers must fit: {after!r} follows {before!r}")
        if before.weights.dtype != after.weights.dtype or before.weights.shape[:-2] != after.weights.shape[:-2]:
            raise ValueError(f"layers must have one dtype and the same replicas: {after!r} follows {before!r}")
    for layer in layers:
        layer.in_network = True
    return tuple(layers)


def dense_of(layers):
    """Return the layers that learn."""
    return [layer for layer in layers if isinstance(layer, Dense)]


def purpose(layers, loss):
    """Return the loss, by default the one that fits the last layer, and what the outputs then are."""
    last = layers[-1].function.name if isinstance(layers[-1], Activation) else "identity"
    loss = get_loss(_FITTING.get(last, "squared_error") if loss is None else loss)
    wanted = "identity" if loss.takes_logits else loss.output
    if loss.output != "identity" and last in ACTIVATIONS and last != wanted:
        raise ValueError(f"loss {loss.name!r} needs outputs of {wanted}, but the last layer gives those of {last}")
    output = last if last in _FITTING else loss.output
    if output == "softmax" and dense_of(layers)[-1].n_outputs == 1:
        raise ValueError("softmax needs at least 2 outputs, of one it is always 1: use output='sigmoid'")
    return loss, output


def fuse(layers, loss):
    """Return the layers to pass and the loss to compute in training: a last activation that fits goes into the loss."""
    last = layers[-1]
    fits = isinstance(last, Activation) and last.function == ACTIVATIONS.get(loss.output)
    if not fits or loss.takes_logits or LOSSES.get(loss.name) is not loss:
        return layers, loss
    return layers[:-1], LOSSES.get(f"{loss.name}_from_logits", loss)


def gather(layers):
    """Move the parameters of all layers into one array, and give the layers views of it; the same for the gradients.

    Returns
    -------
    parameter_vector, gradient_vector : ndarray, shape (n_parameters,) or (replicas, n_parameters)
        W, b, W, b, … of the layers in order; the gradients are zero.
    """
    dense = dense_of(layers)
    replicas = dense[0].weights.shape[:-2]  # () without replicas
    arrays = [array.reshape(*replicas, -1) for layer in dense for array in layer.parameters]
    parameter_vector = np.concatenate(arrays, axis=-1)
    gradient_vector = np.zeros_like(parameter_vector)
    start = 0
    for layer in dense:
        middle = start + layer.n_inputs * layer.n_outputs
        stop = middle + layer.n_outputs
        pieces = [(np.s_[..., start:middle], layer.weights.shape), (np.s_[..., middle:stop], layer.biases.shape)]
        vectors = parameter_vector, gradient_vector
        layer.use(*([vector[piece].reshape(shape) for piece, shape in pieces] for vector in vectors))
        start = stop
    return parameter_vector, gradient_vector

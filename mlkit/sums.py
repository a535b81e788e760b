"""Sums and the largest number along one axis, quick for many small matrices too.

NumPy's own ``sum`` and ``max`` are slow along an axis of a few numbers when there are many of them. A sum over
rows or columns is therefore a product with ones, Σ_rows A = 1ᵀ A: ``A.sum`` would make the training of 50
replicas a third longer.
"""

from functools import lru_cache

import numpy as np


def sum_over_examples(array):
    """Return 1ᵀ A, the sum of the rows: (..., n_examples, n_outputs) becomes (..., 1, n_outputs).

    >>> sum_over_examples(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[4., 6.]])
    """
    return _ones(1, array.shape[-2], array.dtype) @ array


def sum_over_outputs(array):
    """Return A 1, the sum of each row: (..., n_examples, n_outputs) becomes (..., n_examples, 1).

    >>> sum_over_outputs(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3.],
           [7.]])
    """
    return array @ _ones(array.shape[-1], 1, array.dtype)


def sum_of_products(a, b):
    """Return Σ over examples and outputs of a ⊙ b: a number, or one per replica.

    >>> float(sum_of_products(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])))
    11.0
    """
    return np.vdot(a, b) if a.ndim == b.ndim == 2 else (a * b).sum(axis=(-2, -1))


def largest_output(array):
    """Return the largest of each row: (..., n_examples, n_outputs) becomes (..., n_examples, 1).

    >>> largest_output(np.array([[1.0, 2.0], [4.0, 3.0]]))
    array([[2.],
           [4.]])
    """
    if array.ndim == 2:
        return array.max(axis=-1, keepdims=True)
    return np.moveaxis(array, -1, 0).copy().max(axis=0)[..., np.newaxis]  # the short axis first


@lru_cache(maxsize=64)
def _ones(n_rows, n_columns, dtype):
    """A matrix of ones, made once."""
    matrix = np.ones((n_rows, n_columns), dtype)
    matrix.flags.writeable = False
    return matrix

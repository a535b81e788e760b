"""The limit: one training loop written by hand for exactly this network, with nothing general in it.

What a good NumPy programmer does when only speed counts: all parameters and gradients in one array each, what
is large made once and changed in place (small new arrays cost nothing), softmax and cross-entropy as one, no
functions called, nothing checked, nothing kept. The batches are those that ``mlkit.train`` draws, so that the
losses can be compared.
"""

import numpy as np


def train(X, Y, weights, *, activation, optimizer, batch_size, epochs, rng):
    """Return the loss of every step; ``weights`` is a list of matrices, the biases begin at zero."""
    depth = len(weights)
    n, dtype = len(X), X.dtype
    P, W, b = _one_array(weights, dtype)
    G, gW, gb = _one_array([np.zeros_like(w) for w in weights], dtype)
    M, V, T = np.zeros_like(P), np.zeros_like(P), np.empty_like(P)
    A = [None] * (depth + 1)
    ones = np.ones((1, batch_size), dtype)  # sums by matrix product: faster than np.sum at these sizes
    column = np.ones((weights[-1].shape[1], 1), dtype)
    Xs, Ys = np.empty_like(X), np.empty_like(Y)
    losses, t = [], 0
    relu, adam = activation == "relu", optimizer == "adam"
    for _ in range(epochs):
        order = rng.permutation(n)
        X.take(order, axis=0, out=Xs, mode="clip")
        Y.take(order, axis=0, out=Ys, mode="clip")
        for start in range(0, n, batch_size):
            a = A[0] = Xs[start : start + batch_size]
            y = Ys[start : start + batch_size]
            k = len(a)
            for i in range(depth - 1):
                a = a @ W[i]
                a += b[i]
                A[i + 1] = np.maximum(a, 0, out=a) if relu else np.tanh(a, out=a)
            z = a @ W[-1]
            z += b[-1]
            z -= np.maximum.reduce(z, axis=1, keepdims=True)
            d = np.exp(z)
            total = d @ column
            losses.append((np.add.reduce(np.log(total), axis=None) - np.vdot(y, z)) / k)
            d /= total
            d -= y
            d /= k
            for i in range(depth - 1, 0, -1):
                a = A[i]
                np.matmul(a.T, d, out=gW[i])
                np.matmul(ones[:, :k], d, out=gb[i])
                d = d @ W[i].T
                if relu:
                    d *= np.sign(a)  # 0 or 1: ReLU's derivative
                else:
                    a *= a
                    np.subtract(1, a, out=a)
                    d *= a
            np.matmul(A[0].T, d, out=gW[0])
            np.matmul(ones[:, :k], d, out=gb[0])
            if adam:
                t += 1
                M *= 0.9
                np.multiply(G, 0.1, out=T)
                M += T
                V *= 0.999
                np.multiply(G, G, out=T)
                T *= 0.001
                V += T
                unbias = (1 - 0.999**t) ** 0.5  # both bias corrections in two numbers, not in two more passes
                np.sqrt(V, out=T)
                T += 1e-8 * unbias
                np.divide(M, T, out=T)
                T *= 0.001 * unbias / (1 - 0.9**t)
                P -= T
            else:
                M *= 0.9
                np.multiply(G, 0.01, out=T)
                M -= T
                P += M
    return np.array(losses)


def _one_array(weights, dtype):
    """Return one array, and views of it as the weight matrices and the biases."""
    flat = np.concatenate([piece for w in weights for piece in (w.ravel(), np.zeros(w.shape[1]))]).astype(dtype)
    W, b, start = [], [], 0
    for w in weights:
        W.append(flat[start : start + w.size].reshape(w.shape))
        start += w.size
        b.append(flat[start : start + w.shape[1]].reshape(1, -1))
        start += w.shape[1]
    return flat, W, b

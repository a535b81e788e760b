"""The same training by four programs. Each ``prepare_*`` returns a function that trains once from the start."""

import warnings
from itertools import pairwise

import hand_fused
import numpy as np

import mlkit.optimizers
from mlkit.network import Network
from mlkit.training import train


def prepare_mlkit(case, X, y, weights, replicas=None):
    rng = np.random.default_rng(0)
    network = Network.mlp(case.sizes, activation=case.activation, dtype=X.dtype, replicas=replicas, rng=rng)
    for parameter, w in zip(network.parameters[::2], weights, strict=True):
        parameter[...] = w
    start = network.parameter_vector.copy()

    def run():
        network.parameter_vector[...] = start
        kind = {"momentum": mlkit.optimizers.Momentum, "adam": mlkit.optimizers.Adam}[case.optimizer]
        rng = np.random.default_rng(1)
        epochs = {"epochs": case.epochs, "batch_size": case.batch_size}
        return train(network, X, y, optimizer=kind(), rng=rng, **epochs).loss

    return run


def prepare_hand(case, X, y, weights):
    Y = np.eye(case.sizes[-1], dtype=X.dtype)[y]
    kind = {"activation": case.activation, "optimizer": case.optimizer}
    epochs = {"epochs": case.epochs, "batch_size": case.batch_size}
    return lambda: hand_fused.train(X, Y, weights, rng=np.random.default_rng(1), **kind, **epochs)


def prepare_sklearn(case, X, y, weights):
    from sklearn.neural_network import MLPClassifier

    solver = {"solver": "adam"} if case.optimizer == "adam" else {"solver": "sgd", "nesterovs_momentum": False}
    learning_rate = 0.001 if case.optimizer == "adam" else 0.01
    model = MLPClassifier(
        case.sizes[1:-1],
        activation=case.activation,
        alpha=0,
        batch_size=case.batch_size,
        learning_rate_init=learning_rate,
        max_iter=case.epochs,
        n_iter_no_change=case.epochs + 1,
        tol=0,
        random_state=0,
        **solver,
    )

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns that max_iter ended the training: so it should
            return np.array(model.fit(X, y).loss_curve_)

    return run


def prepare_torch(case, X, y, weights):
    import torch

    torch.set_num_threads(1)
    dtype = {np.dtype(np.float32): torch.float32, np.dtype(np.float64): torch.float64}[X.dtype]
    features, labels = torch.from_numpy(X), torch.from_numpy(y)
    layers = []
    for n_inputs, n_outputs in pairwise(case.sizes):
        layers += [torch.nn.Linear(n_inputs, n_outputs, dtype=dtype)]
        layers += [torch.nn.ReLU() if case.activation == "relu" else torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    kinds = {"momentum": lambda p: torch.optim.SGD(p, 0.01, momentum=0.9), "adam": torch.optim.Adam}

    def run():
        with torch.no_grad():
            for layer, w in zip(layers[::2], weights, strict=True):
                layer.weight.copy_(torch.from_numpy(w.T))
                layer.bias.zero_()
        return _train_torch(case, model, kinds[case.optimizer](model.parameters()), features, labels)

    return run


def _train_torch(case, model, optimizer, features, labels):
    import torch

    cross_entropy, rng, losses = torch.nn.CrossEntropyLoss(), np.random.default_rng(1), []
    for _ in range(case.epochs):
        order = torch.from_numpy(rng.permutation(len(features)))
        shuffled_features, shuffled_labels = features[order], labels[order]
        for start in range(0, len(features), case.batch_size):
            stop = start + case.batch_size
            loss = cross_entropy(model(shuffled_features[start:stop]), shuffled_labels[start:stop])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return np.array(losses)


CONTENDERS = {"hand": prepare_hand, "mlkit": prepare_mlkit, "sklearn": prepare_sklearn, "torch": prepare_torch}

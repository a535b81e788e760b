"""Training visits every example once per epoch, stops where it should, and treats replicas as if alone."""

import gc
import math
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkit.network import Network
from mlkit.optimizers import OPTIMIZERS, SGD, Adam, Momentum
from mlkit.schedules import linear
from mlkit.training import History, minibatches, train

quick = settings(max_examples=60, deadline=None, derandomize=True)


def noisy_xor(n_examples=200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.choice([-1.0, 1.0], size=(n_examples, 2))
    y = (X[:, 0] != X[:, 1]).astype(int)
    return X + rng.normal(0, 0.3, X.shape), y


def mlp(sizes=(2, 4, 2), seed=0, **kind):
    return Network.mlp(list(sizes), rng=np.random.default_rng(seed), **kind)


def run(network, X, y, *, seed=1, optimizer="adam", epochs=3, **kind):
    return train(network, X, y, optimizer=optimizer, epochs=epochs, rng=np.random.default_rng(seed), **kind)


# Mini-batches


@pytest.mark.parametrize(("n_examples", "batch_size", "lengths"), [(7, 3, [3, 3, 1]), (6, 3, [3, 3]), (2, 5, [2])])
def test_every_example_comes_once_and_the_last_batch_may_be_short(n_examples, batch_size, lengths):
    X = np.arange(2.0 * n_examples).reshape(n_examples, 2)
    batches = list(minibatches(X, np.arange(n_examples), batch_size, np.random.default_rng(0)))
    assert [len(y) for _, y in batches] == lengths
    assert sorted(np.concatenate([y for _, y in batches])) == list(range(n_examples))
    for X_batch, y_batch in batches:
        np.testing.assert_array_equal(X_batch, X[y_batch])  # each row with its own label


@quick
@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 5))
def test_for_any_sizes_the_batches_are_a_permutation(n_examples, batch_size, seed):
    X = np.arange(float(n_examples))[:, np.newaxis]
    batches = list(minibatches(X, X[:, 0], batch_size, np.random.default_rng(seed)))
    assert len(batches) == math.ceil(n_examples / batch_size)
    assert all(len(y) == batch_size for _, y in batches[:-1])
    np.testing.assert_array_equal(np.sort(np.concatenate([y for _, y in batches])), X[:, 0])


def test_one_generator_gives_a_new_order_each_epoch_and_the_same_from_the_same_seed():
    X, y = np.zeros((20, 1)), np.arange(20)

    def epochs(seed):
        rng = np.random.default_rng(seed)
        return [np.concatenate([b for _, b in minibatches(X, y, 8, rng)]).tolist() for _ in range(2)]

    assert epochs(0) == epochs(0)
    assert epochs(0)[0] != epochs(0)[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((3, 1)), np.zeros(2), 1, np.random.default_rng(0)), "X and y must have the same number"),
        ((np.zeros((0, 1)), np.zeros(0), 1, np.random.default_rng(0)), "X and y must have the same number"),
        ((1.0, 2.0, 1, np.random.default_rng(0)), "X and y must have the same number"),
        ((np.zeros((3, 1)), np.zeros(3), 0, np.random.default_rng(0)), "batch_size must be a whole number at least 1"),
        ((np.zeros((3, 1)), np.zeros(3), 2.0, np.random.default_rng(0)), "batch_size"),
        ((np.zeros((3, 1)), np.zeros(3), 2, 0), "rng must be a numpy.random.Generator"),
    ],
)
def test_what_cannot_be_cut_into_batches_is_named_at_once(arguments, message):
    with pytest.raises(ValueError, match=message):
        minibatches(*arguments)


# What training does


def test_training_is_the_loop_one_would_write():
    X, y = noisy_xor(70)
    network, other = mlp(), mlp()
    history = run(network, X, y, optimizer=Momentum(0.1), epochs=3, batch_size=32)
    optimizer, rng, losses = Momentum(0.1), np.random.default_rng(1), []
    for _ in range(3):
        for X_batch, y_batch in minibatches(X, y, 32, rng):
            losses.append(other.backpropagate(X_batch, y_batch))
            optimizer.step(other.parameters, other.gradients)
    np.testing.assert_array_equal(history.loss, losses)
    np.testing.assert_allclose(network.parameter_vector, other.parameter_vector, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_the_loss_of_noisy_xor(name):
    X, y = noisy_xor()
    learning_rate = {"sgd": 0.1, "momentum": 0.1, "nesterov": 0.1, "adadelta": 10.0}.get(name, 0.02)
    history = run(mlp(), X, y, optimizer=OPTIMIZERS[name](learning_rate), epochs=30)
    assert history.epoch_loss[-1] < 0.7 * history.epoch_loss[0]


def test_a_network_learns_noisy_xor():
    X, y = noisy_xor(400)
    network = mlp((2, 8, 2))
    history = run(network, X, y, optimizer=Adam(0.02), epochs=60)
    assert history.epoch_loss[-1] < 0.05
    X_new, y_new = noisy_xor(400, seed=9)
    assert (network.predict(X_new) == y_new).mean() > 0.98


def test_regression_learns_a_line():
    X = np.linspace(-1, 1, 40)[:, np.newaxis]
    network = mlp((1, 1), output="identity")
    history = run(network, X, 3 * X - 1, optimizer=SGD(0.5), epochs=40, batch_size=8, validation=(X, 3 * X - 1))
    np.testing.assert_allclose([a.item() for a in network.parameters], [3, -1], atol=1e-6)
    assert history.validation_loss.shape == (40,)
    assert history.validation_accuracy.shape == (0,)


def test_labels_and_one_hot_targets_train_the_same_network():
    X, y = noisy_xor()
    a, b = mlp(), mlp()
    run(a, X, y)
    run(b, X, np.eye(2)[y])
    np.testing.assert_array_equal(a.parameter_vector, b.parameter_vector)


def test_the_same_seed_trains_the_same_network_and_another_seed_another_one():
    X, y = noisy_xor()
    vectors = []
    for seed in (1, 1, 2):
        network = mlp()
        run(network, X, y, seed=seed)
        vectors.append(network.parameter_vector)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_is_trained_in_its_own_type(dtype):
    X, y = noisy_xor()
    network, before = mlp(dtype=dtype), X.copy()
    history = run(network, X, y, validation=(X, y))
    assert network.parameter_vector.dtype == dtype
    assert history.epoch_loss[-1] < history.epoch_loss[0]
    np.testing.assert_array_equal(X, before)


def test_an_optimizer_object_goes_on_where_it_was():
    X, y = noisy_xor()
    once, twice = mlp(), mlp()
    optimizer, rng = Adam(linear(0.05, steps=100)), np.random.default_rng(1)
    whole = run(once, X, y, optimizer=Adam(linear(0.05, steps=100)), epochs=4)
    parts = [train(twice, X, y, optimizer=optimizer, epochs=2, rng=rng) for _ in range(2)]
    np.testing.assert_array_equal(once.parameter_vector, twice.parameter_vector)
    np.testing.assert_array_equal(np.concatenate([part.learning_rate for part in parts]), whole.learning_rate)


def test_an_optimizer_that_served_one_network_does_not_serve_another():
    X, y = noisy_xor()
    optimizer = Adam(0.01)
    run(mlp(), X, y, optimizer=optimizer)
    with pytest.raises(ValueError, match="parameters must be those of the steps before: make a new Adam"):
        run(mlp(), X, y, optimizer=optimizer)


# What it writes down


@pytest.mark.parametrize("replicas", [None, 3])
def test_the_history_has_an_entry_per_step_and_per_epoch(replicas):
    X, y = noisy_xor(70)
    last = () if replicas is None else (replicas,)
    history = run(mlp(replicas=replicas), X, y, optimizer=SGD(linear(0.3, steps=9)), batch_size=32, validation=(X, y))
    assert isinstance(history, History)
    assert (history.n_steps, history.n_epochs, history.steps_per_epoch) == (9, 3, 3)
    assert history.loss.shape == (9, *last)
    assert history.epoch_loss.shape == history.validation_loss.shape == history.validation_accuracy.shape == (3, *last)
    np.testing.assert_allclose(history.learning_rate, 0.3 * (1 - np.arange(9) / 9), rtol=1e-14)
    batches = np.array([32, 32, 6]) / 70
    expected = [np.tensordot(batches, history.loss[3 * i : 3 * i + 3], 1) for i in range(3)]
    np.testing.assert_allclose(history.epoch_loss, expected, rtol=1e-13)
    assert history.best_epoch is None
    assert history.stopped_early is False


def test_the_validation_figures_are_those_of_the_network_after_each_epoch():
    (X, y), held_out = noisy_xor(), noisy_xor(50, seed=5)
    seen = []

    def callback(step, network, loss):
        if step % 7 == 6:
            seen.append(network.evaluate(*held_out))

    history = run(mlp(), X, y, callback=callback, validation=held_out)
    assert history.steps_per_epoch == 7
    np.testing.assert_array_equal(np.array(seen), np.stack([history.validation_loss, history.validation_accuracy], 1))


def test_validation_changes_nothing_about_the_training():
    (X, y), a, b = noisy_xor(), mlp(), mlp()
    run(a, X, y)
    run(b, X, y, validation=noisy_xor(seed=5))
    np.testing.assert_array_equal(a.parameter_vector, b.parameter_vector)


def test_the_callback_sees_every_step_its_loss_and_the_network_after_it():
    X, y = noisy_xor(64)
    network, seen, vectors = mlp(), [], []

    def callback(step, given, loss):
        assert given is network
        seen.append((step, loss))
        vectors.append(given.parameter_vector.copy())

    history = run(network, X, y, callback=callback)
    assert [step for step, _ in seen] == list(range(6))
    np.testing.assert_array_equal([loss for _, loss in seen], history.loss)
    np.testing.assert_array_equal(vectors[-1], network.parameter_vector)
    assert not np.array_equal(vectors[0], vectors[1])


def test_an_error_in_the_callback_comes_through():
    def callback(step, network, loss):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(mlp(), *noisy_xor(), callback=callback)


# Early stopping


def overfitting():
    """Few examples with wrong labels among them, and many units: the validation loss soon turns."""
    X, y = noisy_xor(40)
    y[::5] = 1 - y[::5]
    return X, y, noisy_xor(100, seed=5)


def test_early_stopping_puts_back_the_weights_of_the_best_epoch():
    X, y, held_out = overfitting()
    network = mlp((2, 30, 2))
    after_epoch = []

    def callback(step, network, loss):
        if step % 2 == 1:
            after_epoch.append(network.parameter_vector.copy())

    kind = {"optimizer": Adam(0.05), "epochs": 300, "validation": held_out, "callback": callback}
    history = run(network, X, y, early_stopping=5, **kind)
    assert history.stopped_early
    assert history.best_epoch == history.validation_loss.argmin()
    assert history.n_epochs == history.best_epoch + 1 + 5
    np.testing.assert_array_equal(network.parameter_vector, after_epoch[history.best_epoch])
    assert network.evaluate(*held_out)[0] == history.validation_loss.min()


def test_the_best_weights_are_put_back_also_when_the_epochs_run_out_first():
    X, y, held_out = overfitting()
    network = mlp((2, 30, 2))
    history = run(network, X, y, optimizer=Adam(0.05), epochs=60, validation=held_out, early_stopping=1000)
    assert not history.stopped_early
    assert history.n_epochs == 60
    assert history.best_epoch < 59
    assert network.evaluate(*held_out)[0] == history.validation_loss[history.best_epoch]


def test_each_replica_stops_as_it_would_alone():
    X, y, held_out = overfitting()
    kind = {"epochs": 40, "validation": held_out, "early_stopping": 3}
    together = mlp((2, 10, 2), replicas=5)
    singles = [together.replica(i) for i in range(5)]
    history = run(together, X, y, optimizer=Adam(0.05), **kind)
    alone = [run(network, X, y, optimizer=Adam(0.05), **kind) for network in singles]
    assert len({h.n_epochs for h in alone}) > 1  # they do not all stop together
    assert history.n_epochs == max(h.n_epochs for h in alone)
    np.testing.assert_array_equal(history.best_epoch, [h.best_epoch for h in alone])
    for i, network in enumerate(singles):
        np.testing.assert_allclose(together.parameter_vector[i], network.parameter_vector, rtol=0, atol=1e-12)


# Replicas


@pytest.mark.parametrize("optimizer", [lambda: Momentum(0.1), lambda: Adam(0.02)])
@pytest.mark.parametrize(("activation", "output"), [("tanh", "softmax"), ("relu", "softmax"), ("tanh", "sigmoid")])
def test_each_replica_is_trained_as_it_would_be_alone(optimizer, activation, output):
    X, y = noisy_xor(100)
    sizes = (2, 4, 2) if output == "softmax" else (2, 4, 1)
    together = mlp(sizes, replicas=6, activation=activation, output=output)
    singles = [together.replica(i) for i in range(6)]
    history = run(together, X, y, optimizer=optimizer(), epochs=20, validation=(X, y))
    for i, network in enumerate(singles):
        alone = run(network, X, y, optimizer=optimizer(), epochs=20, validation=(X, y))
        np.testing.assert_allclose(network.parameter_vector, together.parameter_vector[i], rtol=0, atol=1e-12)
        np.testing.assert_allclose(history.loss[:, i], alone.loss, rtol=0, atol=1e-12)
        np.testing.assert_allclose(history.validation_loss[:, i], alone.validation_loss, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(history.validation_accuracy[:, i], alone.validation_accuracy)


# When the numbers leave the floats


@pytest.mark.parametrize("kind", [{"output": "identity"}, {"output": "identity", "activation": "relu"}])
def test_divergence_stops_with_epoch_step_and_learning_rate_and_no_warning(kind):
    X, y = noisy_xor()
    with pytest.raises(FloatingPointError, match=r"became (nan|inf)") as caught:
        run(mlp((2, 4, 2), **kind), 50 * X, y, optimizer=SGD(linear(5.0, steps=10**6)), epochs=100, batch_size=50)
    epoch, step, rate = re.search(r"epoch (\d+), step (\d+) .*learning rate ([\d.]+):", str(caught.value)).groups()
    assert int(epoch) == int(step) // 4
    assert 0 < int(step) < 400
    assert float(rate) == pytest.approx(5, rel=1e-3)


def test_divergence_names_the_replicas():
    X, y = noisy_xor()
    network = mlp((2, 2), output="identity", replicas=3)
    network.parameter_vector[1] = 1e200
    with pytest.raises(FloatingPointError, match=r"the loss became inf in replicas \[1\] in epoch 0, step 0 "):
        run(network, X, y, optimizer=SGD(0.1))


def test_a_last_step_that_leaves_the_floats_is_noticed_too():
    X, y = np.ones((1, 1)), np.full((1, 1), 1e10)
    with pytest.raises(FloatingPointError, match=r"a parameter became inf in epoch 0, step 0 .*learning rate 1e\+300"):
        run(mlp((1, 1), output="identity"), X, y, optimizer=SGD(1e300), epochs=1)


def test_a_validation_loss_beyond_the_floats_is_noticed_too():
    X, y = np.ones((1, 1)), np.ones((1, 1))
    with pytest.raises(FloatingPointError, match="the validation loss became inf"):
        run(mlp((1, 1), output="identity"), X, y, optimizer=SGD(0.1), validation=(1e200 * X, y))


# Cost


def test_memory_does_not_grow_over_epochs():
    X, y = noisy_xor(400)
    network = mlp((2, 16, 2))
    run(network, X, y, epochs=2)  # what is made once
    peaks = []
    for epochs in (2, 40):
        gc.collect()
        tracemalloc.start()
        run(network, X, y, epochs=epochs)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    steps = 38 * 13
    assert peaks[1] - peaks[0] < 64 * steps  # the history: a few numbers per step; one batch alone is 4 KB


# The doors


def good():
    X, y = noisy_xor(20)
    return {"X": X, "y": y, "optimizer": "adam", "epochs": 1, "rng": np.random.default_rng(0)}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"X": np.ones((20, 3))}, r"X must have shape \(n_examples, 2\), got \(20, 3\)"),
        ({"X": np.ones((2, 20, 2))}, "X must have shape"),
        ({"X": np.full((20, 2), np.nan)}, "X must be finite"),
        ({"X": [["a", "b"]] * 20}, "X must hold real numbers"),
        ({"y": np.zeros(19, int)}, "y must hold 20 labels"),
        ({"y": np.full(20, 2)}, "y must hold labels from 0 to 1, got 2"),
        ({"y": np.zeros(20)}, r"y must have shape \(20, 2\)"),
        ({"y": np.ones((20, 2))}, "y must have rows that sum to 1"),
        ({"optimizer": "adamw"}, "optimizer must be one of"),
        ({"epochs": 0}, "epochs must be a whole number at least 1"),
        ({"epochs": 1.5}, "epochs"),
        ({"batch_size": -1}, "batch_size must be a whole number at least 1"),
        ({"rng": 0}, "rng must be a numpy.random.Generator"),
        ({"validation": np.ones((20, 2))}, r"validation must be a pair \(X, y\)"),
        ({"validation": (np.ones((5, 3)), np.zeros(5, int))}, "validation X must have shape"),
        ({"validation": (np.ones((5, 2)), np.zeros(4, int))}, "validation y must hold 5 labels"),
        ({"early_stopping": 3}, r"early_stopping needs validation=\(X, y\)"),
        ({"early_stopping": 0, "validation": noisy_xor(5)}, "early_stopping must be a whole number at least 1"),
        ({"callback": "print"}, "callback must be a function"),
        ({"network": "a network"}, "network must be a Network, got 'a network'"),
    ],
)
def test_what_cannot_be_trained_is_named_and_the_network_is_as_it_was(wrong, message):
    network = mlp()
    before = network.parameter_vector.copy()
    with pytest.raises(ValueError, match=message):
        train(**{"network": network, **good(), **wrong})
    np.testing.assert_array_equal(network.parameter_vector, before)


def test_replicas_are_trained_on_common_examples():
    X, y = noisy_xor(20)
    network = mlp(replicas=2)
    with pytest.raises(ValueError, match=r"X must have shape \(n_examples, n_features\), got \(2, 20, 2\)"):
        run(network, np.stack([X, X]), y)
    with pytest.raises(ValueError, match="y must hold one label or one row per example"):
        run(network, X, np.eye(2)[np.stack([y, y])])


# What is said when training leaves the floats, and of labels from a table


def test_labels_that_were_read_as_floats_are_told_the_cause():
    X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
    network = Network.mlp([2, 2], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"got 4 labels of dtype float64: use y\.astype\(int\)"):
        train(network, X, y, optimizer="sgd", epochs=1, rng=np.random.default_rng(0))


@pytest.mark.parametrize(("y", "said"), [([5, 7, 9], "got 5 at index 0"), ([0.5, 7, 9], "3 labels of dtype float64")])
def test_numbers_to_predict_are_told_to_stand_in_a_column(y, said):
    network = Network.mlp([1, 1], output="identity", rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=rf"{said}.*y\.reshape\(-1, 1\)"):
        train(network, [[1.0], [2], [3]], np.array(y), optimizer="sgd", epochs=1, rng=np.random.default_rng(0))


@pytest.mark.parametrize(("sizes", "named"), [([1.0, 1000.0, 0.001], True), ([1.0, 1.0, 1.0], False)])
def test_features_of_very_different_size_are_named_when_training_runs_away(sizes, named):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)) * sizes
    network = Network.mlp([3, 8, 1], activation="relu", output="identity", rng=rng)
    y = X.sum(axis=1, keepdims=True)
    with pytest.raises(FloatingPointError) as error:
        train(network, X, y, optimizer=SGD(50.0), epochs=300, rng=rng)
    assert ("the features of X have sizes from" in str(error.value)) is named
    assert ("mlkit.datasets.standardize" in str(error.value)) is named


def test_the_history_holds_the_rates_that_were_used():
    rates = iter([0.1, 0.05, 0.025])
    network = Network.mlp([2, 2], rng=np.random.default_rng(0))
    rng = np.random.default_rng(0)
    history = train(network, np.eye(2), [0, 1], optimizer=SGD(lambda step: next(rates)), epochs=3, rng=rng)
    assert history.learning_rate.tolist() == [0.1, 0.05, 0.025]


def test_a_rate_that_is_assigned_during_training_is_used_and_written_down():
    optimizer = SGD(0.1)

    def slower(step, network, loss):
        optimizer.learning_rate = 0.1 / (step + 2)

    network = Network.mlp([2, 2], rng=np.random.default_rng(0))
    settings = {"optimizer": optimizer, "epochs": 3, "rng": np.random.default_rng(0), "callback": slower}
    history = train(network, np.eye(2), [0, 1], **settings)
    np.testing.assert_allclose(history.learning_rate, [0.1, 0.05, 0.1 / 3])

"""Chapter 5: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

import math

import numpy as np

from mlkit import optimizers, training

# Other right answers


def step_in_a_loop(theta, gradients, learning_rate):
    g = np.zeros(len(theta))
    for row in gradients:
        g += row / len(gradients)
    new = theta.copy()
    new -= learning_rate * g
    return new


def batches_one_by_one(X, y, batch_size, rng):
    """A generator, which forgets what it has handed out."""
    order = np.arange(len(y))
    rng.shuffle(order)
    while len(order):
        yield X[order[:batch_size]], y[order[:batch_size]]
        order = order[batch_size:]


def batches_by_split(X, y, batch_size, rng):
    order = rng.choice(len(X), size=len(X), replace=False)
    cuts = np.split(order, range(batch_size, len(X), batch_size))
    return [[X[cut], y[cut]] for cut in cuts]


def momentum_by_elements(w, g, v, learning_rate, momentum=0.9):
    velocity = np.empty_like(v)
    for i in np.ndindex(v.shape):
        velocity[i] = momentum * v[i] + -learning_rate * g[i]
    return [w + velocity, velocity]


def step_of(optimizer, memory):
    """One step with an optimizer of mlkit, given the memory it had."""

    def step(w, g, *rest):
        known, settings, w = rest[:memory], rest[memory:], w.copy()
        one = optimizer(*settings)
        one.prepare([w])
        one.t = known[2] if memory == 3 else 0
        one.state = [tuple(a.copy() for a in known[:2])]
        one.step([w], [g])
        return (w, *one.state[0], *([one.t] if memory == 3 else []))

    return step


def rmsprop_by_difference(w, g, v, learning_rate, decay, epsilon=1e-8):
    new = v + (1 - decay) * (g * g - v)
    return w - (learning_rate / (new**0.5 + epsilon)) * g, new


def adam_in_one_fraction(w, g, m, v, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t += 1
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (g**2 - v)
    root = math.sqrt(1 - beta2**t)
    return w - learning_rate * root / (1 - beta1**t) * m / (np.sqrt(v) + epsilon * root), m, v, t


def schedule_of_cases(t, largest, warm_up, steps):
    if t >= steps:
        return 0
    if t <= warm_up:
        return largest / (warm_up + 1) * (t + 1)
    return largest * math.cos(math.pi / 2 * (t - warm_up) / (steps - warm_up)) ** 2


def schedule_of_numpy(t, largest, warm_up, steps):
    down = np.clip((t - warm_up) / (steps - warm_up), 0, 1)
    return np.where(t < warm_up, largest * (t + 1) / (warm_up + 1), largest / 2 + largest / 2 * np.cos(np.pi * down))


def rate_by_power_iteration(gradient, minimum):
    e = np.arange(1.0, len(minimum) + 1)
    for _ in range(300):
        image = gradient(minimum + e)
        e = image / np.linalg.norm(image)
    return 2 / np.linalg.norm(gradient(minimum + e))


def rate_by_trial(gradient, minimum):
    """Halve the interval between a rate that comes to rest and one that runs away."""
    low, high = 0.0, 1e3
    while high > 1.005 * low:
        middle = (low + high) / 2 if low == 0 else math.sqrt(low * high)
        e = np.ones(len(minimum)) / 3
        for _ in range(300):
            e = e - middle * gradient(minimum + e)
            if np.abs(e).max() > 1e6:
                break
        low, high = (middle, high) if np.abs(e).max() < 0.1 else (low, middle)
    return low


def rate_by_small_differences(gradient, minimum):
    d, h = len(minimum), 1e-4
    H = np.empty((d, d))
    for k in range(d):
        e = np.zeros(d)
        e[k] = h
        H[:, k] = (gradient(minimum + e) - gradient(minimum - e)) / (2 * h)
    return 2 / np.linalg.norm(H, 2)


RIGHT = [
    ("gradient-step", step_in_a_loop),
    ("gradient-step", lambda theta, gradients, learning_rate: theta - learning_rate * sum(gradients) / len(gradients)),
    (
        "gradient-step",
        lambda theta, gradients, rate: theta - np.ones(len(gradients)) @ gradients * rate / len(gradients),
    ),
    ("minibatches", batches_one_by_one),
    ("minibatches", batches_by_split),
    ("minibatches", training.minibatches),
    ("momentum", momentum_by_elements),
    ("momentum", step_of(optimizers.Momentum, 1)),
    ("momentum", lambda w, g, v, rate, mu: (w - (rate * g - mu * v), -(rate * g - mu * v))),
    ("rmsprop", rmsprop_by_difference),
    ("rmsprop", step_of(optimizers.RMSProp, 1)),
    ("adam", adam_in_one_fraction),
    ("adam", step_of(optimizers.Adam, 3)),
    ("schedule", schedule_of_cases),
    ("schedule", schedule_of_numpy),
    ("stable-rate", rate_by_power_iteration),
    ("stable-rate", rate_by_trial),
    ("stable-rate", rate_by_small_differences),
]


# Constants, and other things


NOTHING = [
    ("gradient-step", lambda theta, gradients, learning_rate: np.zeros(len(theta))),
    ("gradient-step", lambda gradients, learning_rate: gradients.mean(axis=0)),
    ("minibatches", lambda X, y, batch_size, rng: []),
    ("minibatches", lambda X, y, batch_size, rng: X),
    ("momentum", lambda w, g, v, learning_rate, momentum: (0 * w, 0 * v)),
    ("rmsprop", lambda w, g, v, learning_rate, decay, epsilon: (w + 1, 0 * v)),
    ("adam", lambda w, g, m, v, t, rate, beta1, beta2, epsilon: (w + 1, 0 * m, 0 * v, 1)),
    ("schedule", lambda t, largest, warm_up, steps: 0.1),
    ("schedule", 0.1),
    ("stable-rate", lambda gradient, minimum: 0.01),
]


# Mistakes as one would type them


def step_by_step(theta, gradients, learning_rate):
    for g in gradients:
        theta = theta - learning_rate * g
    return theta


def loop_that_replaces(theta, gradients, learning_rate):
    for i in range(len(gradients)):
        step = -learning_rate * gradients[i]
    return theta + step


def batches(X, y, batch_size, order, other=None):
    other = order if other is None else other
    pairs, start = [], 0
    while start < len(X):
        pairs.append((X[order][start : start + batch_size], y[other][start : start + batch_size]))
        start += batch_size
    return pairs


def whole_batches_only(X, y, batch_size, rng):
    order = rng.permutation(len(y))
    numbers = [order[i * batch_size : (i + 1) * batch_size] for i in range(len(y) // batch_size)]
    return [(X[i], y[i]) for i in numbers]


def each_batch_drawn_anew(X, y, batch_size, rng):
    sizes = [min(batch_size, len(X) - start) for start in range(0, len(X), batch_size)]
    numbers = [rng.choice(len(X), size=size, replace=False) for size in sizes]
    return [(X[i], y[i]) for i in numbers]


def batches_of_the_global_chance(X, y, batch_size, rng):
    return batches(X, y, batch_size, np.random.permutation(len(X)))  # noqa: NPY002


def batches_of_even_sizes(X, y, batch_size, rng):
    order, count = rng.permutation(len(X)), math.ceil(len(X) / batch_size)
    return list(zip(np.array_split(X[order], count), np.array_split(y[order], count), strict=True))


def batches_one_too_short(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    parts = [order[i : i + batch_size - 1] for i in range(0, len(X), batch_size)]
    return [(X[part], y[part]) for part in parts]


def shuffled_in_place(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    X[:], y[:] = X[order], y[order]
    return batches(X, y, batch_size, np.arange(len(X)))


def a_new_order_for_each_batch(X, y, batch_size, rng):
    pairs = []
    for start in range(0, len(X), batch_size):
        order = rng.permutation(len(X))[start : start + batch_size]
        pairs.append((X[order], y[order]))
    return pairs


def one_class_after_the_other(X, y, batch_size, rng):
    classes = rng.permutation(np.unique(y))
    return batches(X, y, batch_size, np.concatenate([rng.permutation(np.flatnonzero(y == c)) for c in classes]))


def momentum_of_pytorch(w, g, v, learning_rate, momentum):
    v = v * momentum
    v = v + g
    w = w - v * learning_rate
    return w, v


def rmsprop_typed(w, g, v, learning_rate, decay, epsilon):
    v = v * decay + np.power(g, 2) * (1 - decay)
    return w - learning_rate * g / np.sqrt(v + epsilon), v


def rmsprop_that_adds(w, g, v, learning_rate, decay, epsilon):
    v = v.copy()
    v += g * g
    return w - learning_rate / (np.sqrt(v) + epsilon) * g, v


def adam_typed(w, g, m, v, t, rate, beta1, beta2, epsilon, *, before=1, kept=1, power=True):
    t = t + before
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    first, second = (1 - beta1**t, 1 - beta2**t) if power else (1, 1)
    return w - rate * (m / first) / ((v / second) ** 0.5 + epsilon), m, v, t + kept - before


def with_options(**options):
    return lambda w, g, m, v, t, rate, beta1, beta2, epsilon: adam_typed(
        w, g, m, v, t, rate, beta1, beta2, epsilon, **options
    )


def corrected_ten_times(w, g, m, v, t, *settings):
    return adam_typed(w, g, m, v, t, *settings, power=t < 10)


def scheduled_to(curve):
    """A curve of one's own on the way down, and 0 written down for all steps after it."""

    def rate(t, largest, warm_up, steps):
        if t < warm_up:
            return largest / (warm_up + 1) * (t + 1)
        return largest * curve((t - warm_up) / (steps - warm_up)) if t < steps else 0.0

    return rate


def scheduled(t, largest, warm_up, steps, first=1, end=1.0):
    if t < warm_up:
        return (t + first) * largest / (warm_up + first)
    return 0.5 * largest * (np.cos(np.pi * min((t - warm_up) / (steps - warm_up), end)) + 1)


def hessian_by_columns(gradient, minimum):
    return np.stack([gradient(minimum + e) for e in np.identity(len(minimum))], axis=1)


def rate_blind_on_an_axis(gradient, minimum):
    e = np.zeros(len(minimum))
    e[0] = 1.0
    for _ in range(300):
        e = gradient(minimum + e) / np.linalg.norm(gradient(minimum + e))
    return 2 / np.linalg.norm(gradient(minimum + e))


def curvatures(gradient, minimum):
    return np.linalg.svd(hessian_by_columns(gradient, minimum), compute_uv=False)


VARIANTS = [
    ("gradient-step", "the sum for the mean", step_by_step),
    ("gradient-step", "only the last example", loop_that_replaces),
    ("gradient-step", "uphill", lambda theta, gradients, rate: theta - -rate * np.mean(gradients, 0)),
    ("gradient-step", None, lambda theta, gradients, rate: theta - rate * np.median(gradients, axis=0)),
    ("gradient-step", None, lambda theta, gradients, rate: np.squeeze(theta - rate * gradients.mean(axis=0))),
    ("gradient-step", None, lambda theta, gradients, rate: 0.99 * theta - rate * gradients.mean(axis=0)),
    ("gradient-step", "only the sign of the gradient", lambda theta, g, rate: theta - rate * np.sign(g.mean(axis=0))),
    (
        "minibatches",
        "X and y in different orders",
        lambda X, y, size, rng: batches(X, y, size, *map(rng.permutation, [len(X)] * 2)),
    ),
    ("minibatches", "not shuffled", lambda X, y, size, rng: batches(X, y, size, np.arange(len(X)))),
    ("minibatches", "the rest dropped", whole_batches_only),
    ("minibatches", "each batch drawn anew", each_batch_drawn_anew),
    ("minibatches", "each batch drawn anew", a_new_order_for_each_batch),
    ("minibatches", "chance from somewhere else", batches_of_the_global_chance),
    ("minibatches", "batches of even sizes", batches_of_even_sizes),
    ("minibatches", "one too early or late", batches_one_too_short),
    ("minibatches", "changed in place", shuffled_in_place),
    ("minibatches", "classes stay together", one_class_after_the_other),
    ("minibatches", "the same order for ever", lambda X, y, size, rng: batches(X, y, size, np.arange(len(X))[::-1])),
    ("minibatches", "y before X", lambda X, y, size, rng: batches(y, X, size, rng.permutation(len(X)))),
    ("momentum", "η outside the velocity", momentum_of_pytorch),
    ("momentum", "a step behind", lambda w, g, v, rate, mu: (v + w, -rate * g + v * mu)),
    ("momentum", "η and μ exchanged", lambda w, g, v, rate, mu: (w + (rate * v - mu * g), rate * v - mu * g)),
    ("momentum", "μ on both", lambda w, g, v, rate, mu: (w + mu * v - mu * rate * g, mu * v - mu * rate * g)),
    ("rmsprop", None, lambda w, g, v, rate, decay, epsilon: rmsprop_by_difference(w, g, v, rate, decay)),
    ("rmsprop", "values in another order", lambda *given: rmsprop_by_difference(*given)[::-1]),
    ("rmsprop", "ε inside the root", rmsprop_typed),
    ("rmsprop", "AdaGrad", rmsprop_that_adds),
    ("adam", "an old t returned", with_options(kept=0)),
    ("adam", "t not counted", with_options(before=0, kept=0)),
    ("adam", "t advanced too late", with_options(before=0)),
    ("adam", "no bias correction", with_options(power=False)),
    ("adam", None, corrected_ten_times),
    ("adam", None, lambda *given: tuple(adam_in_one_fraction(*given)[i] for i in (0, 3, 1, 2))),
    ("schedule", "a first step of 0", lambda *plan: scheduled(*plan, first=0)),
    ("schedule", "up again after the end", lambda *plan: scheduled(*plan, end=np.inf)),
    ("schedule", "a whole period", scheduled_to(lambda share: (1 + math.cos(2 * math.pi * share)) / 2)),
    ("schedule", "upside down", scheduled_to(lambda share: (1 - math.cos(math.pi * share)) / 2)),
    ("schedule", "below zero", scheduled_to(lambda share: math.cos(math.pi * share))),
    ("schedule", "degrees", scheduled_to(lambda share: (1 + math.cos(180 * share)) / 2)),
    ("schedule", None, lambda t, largest, warm_up, steps: scheduled(t, largest, warm_up or 1, steps)),
    ("stable-rate", None, rate_blind_on_an_axis),
    ("stable-rate", "one step and done", lambda gradient, minimum: 1 / curvatures(gradient, minimum).max()),
    ("stable-rate", "the flattest direction", lambda gradient, minimum: 2 / curvatures(gradient, minimum).min()),
    ("stable-rate", "only the diagonal", lambda gradient, minimum: 2 / np.max(hessian_by_columns(gradient, minimum))),
]

# Slips that all questions share and that leave the answer right, by a piece of the code that they write.
AS_GOOD = {}

"""Chapter 1, last third: the room beside a line, and what no line can separate."""

from functools import cache

import numpy as np

from mlkit import perceptron
from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question

from .one_neuron import CORNERS, LIMITS, LINE, ONE, STOPS, USUAL

# 5. margin


def judged(rng, n=12, wrong=0):
    """Examples, targets, weights and bias; all on their right side but for the first few."""
    X, weights, bias = rng.normal(size=(n, 3)), 2 * rng.normal(size=3), rng.normal()
    y = perceptron.predict(X, weights, bias)
    y[:wrong] = 1 - y[:wrong]
    return X, y, weights, bias


margin = Question(
    "01-perceptron/margin",
    takes=("X", "y", "weights", "bias"),
    observe=lambda answer, rng: [answer(*judged(rng, wrong=wrong)) for wrong in (0, 0, 4, 4)],
)


@margin.part("by hand: w = (3, 4), b = −10")
def _(answer, rng):
    w = np.array([3.0, 4.0])
    said = "with w = (3, 4), b = −10 the margin of {} is not right"
    close(a_number(answer(np.array([[0.0, 0.0]]), np.array([0]), w, -10.0)), 2, said.format("(0, 0), target 0,"))
    close(a_number(answer(np.array([[6.0, 8.0]]), np.array([1]), w, -10.0)), 8, said.format("(6, 8), target 1,"))
    close(a_number(answer(np.array([[6.0, 8.0], [0, 0]]), np.array([1, 0]), w, -10.0)), 2, said.format("the two"))


@margin.part("in the units of X: a longer w, with b in proportion, is the same line")
def _(answer, rng):
    X, y, weights, bias = judged(rng)
    before = a_number(answer(X, y, weights, bias))
    require(before > 0, "all examples are on their right side: the margin must be positive")
    for factor in (0.01, 3.0, 100.0):
        value = a_number(answer(X, y, factor * weights, factor * bias))
        close(value, before, f"weights and bias {factor:g} times as large draw the same line, but the margin changed")
    close(answer(2 * X, y, weights, 2 * bias), 2 * before, "the picture twice as large must have twice the margin")


@margin.part("one example on the wrong side makes it negative")
def _(answer, rng):
    X, y, weights, bias = judged(rng)
    depth = np.abs(X @ weights + bias) / np.linalg.norm(weights)
    for i in (0, 5, int(depth.argmax())):
        flipped = y.copy()
        flipped[i] = 1 - y[i]
        value = a_number(answer(X, flipped, weights, bias))
        require(value < 0, "one example is on the wrong side, but the margin is not negative")
        close(value, -depth[i], "one example is on the wrong side: the margin does not say how deep")


@margin.part("the nearest example decides, and what the definition says")
def _(answer, rng):
    X, y, weights, bias = judged(rng, 20)
    value = a_number(answer(X, y, weights, bias))
    nearest = np.abs(X @ weights + bias).argmin()
    close(answer(X[[nearest]], y[[nearest]], weights, bias), value, "with the nearest example alone it is different")
    for wrong in (0, 3):
        data = judged(rng, wrong=wrong)
        close(answer(*data), perceptron.margin(*data), "for some examples and some line the margin is not right")


def signed(X, y, weights, bias):
    return (2 * y - 1) * (X @ weights + bias)


margin.mistake(
    "not a distance yet",
    lambda X, y, w, b: signed(X, y, w, b).min(),
    "This is the smallest weighted sum, not a distance: it grows when the weights grow, although the line stays.",
    section=LINE,
)
margin.mistake(
    "the length squared",
    lambda X, y, w, b: signed(X, y, w, b).min() / (w @ w),
    "You divide by the square of the length of w. A square root is missing.",
    section=LINE,
)
margin.mistake(
    "the sign lost",
    lambda X, y, w, b: np.abs(X @ w + b).min() / np.linalg.norm(w),
    "Your distances have no sign, so an example on the wrong side looks as good as one on the right side.",
    section=STOPS,
)
margin.mistake(
    "the targets not used",
    lambda X, y, w, b: (X @ w + b).min() / np.linalg.norm(w),
    "You never use y, so every example of class 0 seems to be on the wrong side.",
    section=STOPS,
)
margin.mistake(
    "targets in place of signs",
    lambda X, y, w, b: (y * (X @ w + b)).min() / np.linalg.norm(w),
    "You multiply by the target, 0 or 1, and all distances of class 0 become 0. A sign is +1 or −1.",
    section=STOPS,
)
margin.mistake(
    "signs the wrong way round",
    lambda X, y, w, b: (-signed(X, y, w, b)).min() / np.linalg.norm(w),
    "Class 0 got the sign +1 and class 1 the sign −1: examples on the right side have negative distances.",
    section=STOPS,
)
margin.mistake(
    "the farthest example",
    lambda X, y, w, b: signed(X, y, w, b).max() / np.linalg.norm(w),
    "You take the largest distance. The margin is the room that every example has, so the worst one decides.",
    section=STOPS,
)
margin.mistake(
    "the average distance",
    lambda X, y, w, b: signed(X, y, w, b).mean() / np.linalg.norm(w),
    "You take the mean distance. The margin is the room that every example has, so the worst one decides.",
    section=STOPS,
)
margin.mistake(
    "the bias forgotten",
    lambda X, y, w, b: signed(X, y, w, 0).min() / np.linalg.norm(w),
    "You measure from the line through the origin: the bias is missing in the weighted sum.",
    section=LINE,
)
margin.mistake(
    "the bias in the length",
    lambda X, y, w, b: signed(X, y, w, b).min() / np.hypot(np.linalg.norm(w), b),
    "You count the bias into the length. That is the γ of the folded vectors; in the plane of the examples only the "
    "weights count.",
    section=STOPS,
)
margin.mistake(
    "a distance for each example",
    lambda X, y, w, b: signed(X, y, w, b) / np.linalg.norm(w),
    "You return the distances of all examples. One number is wanted.",
    section=STOPS,
)

# 6. breaker

breaker = Question("01-perceptron/breaker", takes=("rng",), draw=lambda rng: (rng,))


def best_line(X, y):
    """The largest share of the examples that any line in the plane puts on the right side.

    The order in which a turning line meets the examples changes only where it is parallel to a pair of them: one
    direction between each two of those is enough.
    """
    return _best_line(np.asarray(X, dtype=float).tobytes(), np.asarray(y, dtype=float).tobytes())


@cache
def _best_line(X, y):
    X, y = np.frombuffer(X).reshape(-1, 2), np.frombuffer(y)
    pairs = (X[:, None] - X)[np.triu_indices(len(X), k=1)]
    turns = np.unique((np.arctan2(pairs[:, 0], -pairs[:, 1]) % np.pi).round(9))
    angles = (turns + np.append(turns[1:], turns[0] + np.pi)) / 2
    z = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ X.T  # a row for each direction
    order = z.argsort(axis=1)
    sorted_z, right = np.take_along_axis(z, order, axis=1), np.cumsum(1 - 2 * y[order], axis=1) + y.sum()
    can_cut = np.diff(sorted_z, axis=1, append=np.inf) > 1e-9  # after this example, before the next
    right = right[can_cut]
    return float(np.maximum(right, len(y) - right).max() / len(y))


def room(X, y):
    """The smallest distance between two examples of different classes."""
    return np.linalg.norm(X[y == 1][:, None] - X[y == 0], axis=-1).min()


def a_data_set(result):
    X, y = a_tuple(result, 2)
    n = len(X) if isinstance(X, np.ndarray) and X.ndim else 0
    X = an_array(X, (max(n, 1), 2), "the first value, X,")
    y = an_array(y, (n,), "the second value, y,")
    require(20 <= n <= 100, f"there are {n} examples; from 20 to 100 are wanted")
    require(np.isin(y, (0, 1)).all(), "the targets must be 0 and 1, nothing else")
    share = y.mean()
    require(0.25 <= share <= 0.75, f"class 1 has {share:.0%} of the examples; each class needs a quarter or more")
    return X, y


@breaker.part("a fair set: 20 to 100 examples of two classes, none far away")
def _(answer, rng):
    X, _ = a_data_set(answer(rng))
    require(np.abs(X).max() <= 3, "some inputs are outside −3 … 3")


@breaker.part("a person can tell: different classes are 0.5 or more apart")
def _(answer, rng):
    for _ in range(3):
        apart = room(*a_data_set(answer(rng)))
        require(apart >= 0.5, f"two examples of different classes are only {apart:.3f} apart")


@breaker.part("no line separates the classes", points=2)
def _(answer, rng):
    X, y = a_data_set(answer(rng))
    require(best_line(X, y) < 1, "a line separates your classes: a perceptron that is patient enough will find it")


@breaker.part("no line gets more than 80% right")
def _(answer, rng):
    X, y = a_data_set(answer(rng))
    share = best_line(X, y)
    require(share <= 0.8, f"a line can still get {share:.0%} of your examples right")


def seen(test):
    """Say if a test of X and y finds the mistake; the answer must be at least a pair of arrays."""

    def found(answer, rng):
        X, y = map(np.asarray, a_tuple(answer(rng), 2))
        return bool(test(X, y))

    return found


def is_plane(X, y):
    return X.ndim == 2 and X.shape[1] == 2 and y.shape == X.shape[:1] and 20 <= len(y) <= 100


def clouds(rng, centers, spread=0.2, each=10):
    """Square clouds of examples around some centers."""
    return np.repeat(centers, each, axis=0) + rng.uniform(-spread, spread, (each * len(centers), 2))


def two_clouds(rng):
    return clouds(rng, [[-1.0, -1.0], [1.0, 1.0]]), np.repeat([0, 1], 10)


def narrow_gap(rng):
    X = rng.uniform(-2, 2, size=(60, 2))
    return X, (X[:, 0] > 0.1).astype(int)


def random_targets(rng):
    return rng.normal(size=(60, 2)).clip(-3, 3), rng.permutation(np.repeat([0, 1], 30))


def one_stray(rng):
    X, y = two_clouds(rng)
    X[0] = (2.5, 2.5)
    return X, y


def plus_and_minus(rng):
    return clouds(rng, CORNERS), np.repeat([-1, -1, 1, 1], 10)


def lying_down(rng):
    return clouds(rng, CORNERS).T, np.repeat([0, 0, 1, 1], 10)


def shuffled_apart(rng):
    return rng.permutation(clouds(rng, CORNERS)), np.repeat([0, 0, 1, 1], 10)


breaker.mistake(
    "targets −1 and 1",
    plus_and_minus,
    "Your targets are −1 and +1. Here the neuron's answers, and so its targets, are 0 and 1.",
    section=USUAL,
    found=seen(lambda X, y: set(np.unique(y)) == {-1, 1}),
)
breaker.mistake(
    "a row for each input",
    lying_down,
    "Your X lies on its side, with a row for each input. Rows are examples: shape (n, 2).",
    section=ONE,
    found=seen(lambda X, y: X.ndim == 2 and X.shape[0] == 2 and y.shape == X.shape[1:]),
)
breaker.mistake(
    "a gap that is only narrow",
    narrow_gap,
    "There is a line, with little room beside it. That makes many mistakes on the way, but their number is bounded: "
    "the perceptron gets there.",
    section=STOPS,
    found=seen(lambda X, y: is_plane(X, y) and best_line(X, y) == 1 and room(X, y) < 0.5),
)
breaker.mistake(
    "a line separates it",
    two_clouds,
    "A line separates your classes. Arrange them so that no line can: think of the four clouds at the end of "
    "the chapter.",
    section=LIMITS,
    found=seen(lambda X, y: is_plane(X, y) and best_line(X, y) == 1),
)
breaker.mistake(
    "noise, not a shape",
    random_targets,
    "Examples of both classes lie on top of each other: nothing can learn that, not even a large network. Draw classes "
    "with room between them. If you shuffle, shuffle X and y in the same order.",
    section=LIMITS,
    found=seen(lambda X, y: is_plane(X, y) and room(X, y) < 0.5),
)
breaker.mistake(
    "a few strays only",
    one_stray,
    "Most of your examples can be separated, and a few on the wrong side spoil it. Give every cloud of a class as much "
    "weight as the others.",
    section=LIMITS,
    found=seen(lambda X, y: is_plane(X, y) and 0.8 < best_line(X, y) < 1),
)

# 7. third_input

third_input = Question(
    "01-perceptron/third-input",
    takes=("X",),
    draw=lambda rng: (clouds(rng, CORNERS, each=3),),
)


def corner_clouds(rng):
    """Noisy XOR with room between the classes, in random order."""
    X, y = clouds(rng, CORNERS, spread=0.3, each=10), np.repeat([0, 0, 1, 1], 10)
    order = rng.permutation(40)
    return X[order], y[order]


def numbers(value, n):
    return an_array(value, (n,), booleans=True).astype(float)


@third_input.part("one number for each example, from its own inputs")
def _(answer, rng):
    X, _ = corner_clouds(rng)
    third = numbers(answer(X), 40)
    require(np.ptp(third) > 1e-9, "it is the same number for all examples")
    order = rng.permutation(40)
    close(numbers(answer(X[order]), 40), third[order], "with the rows of X in another order the numbers change")
    close(numbers(answer(X[:3]), 3), third[:3], "an example's number depends on which other examples are in X")


@third_input.part("the four corners come apart")
def _(answer, rng):
    third = numbers(answer(CORNERS), 4)
    # a weighted sum of the inputs is the same over each diagonal: only a difference here can help
    said = "the corners (1, 1), (−1, −1) and (1, −1), (−1, 1) still cannot be separated with it"
    require(abs(third[:2].sum() - third[2:].sum()) > 1e-3 * np.abs(third).max(), said)


@third_input.part("a perceptron with this input learns the four clouds", points=2)
def _(answer, rng):
    for _ in range(3):
        X, y = corner_clouds(rng)
        third = numbers(answer(X), 40)
        third = third / max(np.abs(third).max(), 1e-100)  # as large as the others, so that learning is quick
        fitted = perceptron.fit(np.column_stack([X, third]), y, max_epochs=1000)
        require(fitted.converged, "with it, a perceptron still makes mistakes in every one of 1000 epochs")


def rectangle(answer, rng):
    """What a function does on the corners of rectangles: f(a, c) + f(b, d) and f(a, d) + f(b, c)."""
    (a, b), (c, d) = rng.uniform(0.2, 2, size=(2, 2, 5)) * np.array([[1.0], [-1.0]])
    along = [numbers(answer(np.stack(corner, axis=1)), 5) for corner in ((a, c), (b, d), (a, d), (b, c))]
    return along[0] + along[1], along[2] + along[3]


def is_affine(answer, rng):
    X = rng.normal(size=(9, 2))
    third, folded = numbers(answer(X), 9), perceptron.fold_bias(X)
    return np.allclose(folded @ np.linalg.lstsq(folded, third, rcond=None)[0], third)


def same_at_corners(answer, rng):
    return np.ptp(numbers(answer(CORNERS), 4)) < 1e-9


third_input.mistake(
    "the same for all",
    lambda X: np.ones(len(X)),
    "A third input that is the same for all examples is one more bias. The neuron has one already.",
    section=ONE,
    found=lambda answer, rng: np.ptp(numbers(answer(rng.normal(size=(9, 2))), 9)) < 1e-9,
)
third_input.mistake(
    "a weighted sum",
    lambda X: X[:, 0] - X[:, 1],
    "What you add is a weighted sum of the two inputs. The neuron makes weighted sums itself, so it learns nothing "
    "new.",
    section=LIMITS,
    found=is_affine,
)
third_input.mistake(
    "the same at all corners",
    lambda X: np.hypot(X[:, 0], X[:, 1]),
    "Your number is the same at all four corners, as a distance from the middle is. It must tell one diagonal from the "
    "other.",
    section=LIMITS,
    found=same_at_corners,
)
third_input.mistake(
    "each input for itself",
    lambda X: X[:, 0] ** 3 + X[:, 1],
    "What you add treats x₁ and x₂ separately and then adds. XOR is about the two together: do they agree or not?",
    section=LIMITS,
    found=lambda answer, rng: np.allclose(*rectangle(answer, rng)),
)
third_input.mistake(
    "down the columns",
    lambda X: X.prod(axis=0),
    "You combine all examples and get one number for each input. Combine the inputs of each row.",
    section=ONE,
)
third_input.mistake(
    "one number for all examples",
    lambda X: X.prod(),
    "You combine everything into a single number. One for each row is wanted.",
    section=ONE,
)

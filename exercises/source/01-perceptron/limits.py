"""Chapter 1, last third: the room beside a line, and what no line can separate."""

from functools import cache

import numpy as np

from mlkit import perceptron
from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question

from .one_neuron import CORNERS, LIMITS, LINE, ONE, STOPS, USUAL

# 5. margin


def judged(rng, n=12, wrong=0, d=3):
    """Examples, targets, weights and bias; all on their right side but for the first few."""
    X, weights, bias = rng.normal(size=(n, d)), 2 * rng.normal(size=d), rng.normal()
    y = perceptron.predict(X, weights, bias)
    y[:wrong] = 1 - y[:wrong]
    return X, y, weights, bias


margin = Question(
    "01-perceptron/margin",
    draw=lambda rng: judged(rng, int(rng.integers(6, 15)), int(rng.choice([0, 1, 4])), int(rng.integers(2, 5))),
    drawings=16,
    section=STOPS,
    why="Divided by the length of w, a weighted sum is a distance from the line. The sign of the example's side makes "
    "it positive where the example belongs, and the smallest is the one that counts.",
    solution="""
        def margin(X, y, weights, bias):
            signs = 2 * y - 1  # target 1 should lie where z > 0, target 0 where z < 0
            distances = signs * (X @ weights + bias) / np.linalg.norm(weights)
            return distances.min()
        """,
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


margin.slips(
    ("not a distance yet", {" / np.linalg.norm(weights)": ""},
     "This is the smallest weighted sum, not a distance: it grows when the weights grow, although the line stays.",
     {"section": LINE}),
    ("the length squared", {"np.linalg.norm(weights)": "(weights @ weights)"},
     "You divide by the square of the length of w. A square root is missing.", {"section": LINE}),
    ("the sum for the length", {"np.linalg.norm(weights)": "np.abs(weights).sum()"},
     "You divide by the sum of the weights' sizes. The length of w is what Pythagoras says it is.", {"section": LINE}),
    ("the length of two weights", {"np.linalg.norm(weights)": "np.hypot(weights[0], weights[1])"},
     "The length of w has only its first two weights in it. An example may have any number of inputs.",
     {"section": LINE}),
    ("the length of the examples", {"np.linalg.norm(weights)": "np.linalg.norm(X, axis=1)"},
     "You divide by the length of each example. What makes the weighted sum longer although the line stays?",
     {"section": LINE}),
    ("the bias in the length", {"np.linalg.norm(weights)": "np.hypot(np.linalg.norm(weights), bias)"},
     "You count the bias into the length. That is the γ of the folded vectors; in the plane of the examples only the "
     "weights count."),
    ("the bias forgotten", {" + bias": ""},
     "You measure from the line through the origin: the bias is missing in the weighted sum.", {"section": LINE}),
    ("the sign lost", {"signs * (X @ weights + bias)": "np.abs(X @ weights + bias)"},
     "Your distances have no sign, so an example on the wrong side looks as good as one on the right side."),
    ("the targets not used", {"signs * (": "("},
     "You never use y, so every example of class 0 seems to be on the wrong side."),
    ("targets in place of signs", {"2 * y - 1": "y"},
     "All distances of class 0 count as 0. Is the target, 0 or 1, taken for a sign, which is +1 or −1?"),
    ("signs the wrong way round", {"2 * y - 1": "1 - 2 * y"},
     "Class 0 got the sign +1 and class 1 the sign −1: examples on the right side have negative distances."),
    ("the farthest example", {"min()": "max()"},
     "You take the largest distance. The margin is the room that every example has, so the worst one decides."),
    ("the average distance", {"min()": "mean()"},
     "You take the mean distance. The margin is the room that every example has, so the worst one decides."),
    ("the nearest on either side", {"distances.min()": "distances[np.abs(distances).argmin()]"},
     "You take the example that is nearest to the line. If another lies deeper on the wrong side, that one is worse."),
    ("the wrong ones left out", {"distances.min()": "distances[distances > 0].min()"},
     "Examples on the wrong side do not count in your margin. They are why it can be negative."),
    ("never negative", {"distances.min()": "max(distances.min(), 0.0)"},
     "Your margin is 0 where it should be negative. It also says how deep the worst example is on the wrong side."),
    ("which example, not how far", {".min()": ".argmin()"},
     "You return the number of the nearest example. Its distance is wanted."),
    ("a distance for each example", {"distances.min()": "distances"},
     "You return the distances of all examples. One number is wanted."),
    ("the bias not divided", {"(X @ weights + bias) / np.linalg.norm(weights)":
                              "(X @ weights / np.linalg.norm(weights) + bias)"},
     "You divide the product by the length of w, and not the bias. Which of the two is part of the weighted sum?",
     {"section": LINE}),
    ("one class alone", {"distances.min()": "distances[y == 1].min()"},
     "You look at the examples of class 1 alone. The margin is the room that every example has."),
    ("the smallest begins at 0", {"distances.min()": "min(0.0, distances.min())"},
     "Your margin is never above 0, although all examples may be on their right side. With which value does the "
     "smallest begin?"),
)  # fmt: skip

# 6. breaker

breaker = Question(
    "01-perceptron/breaker",
    observe=lambda answer, rng: lacking(*a_tuple(answer(rng), 2)),
    section=LIMITS,
    why="Any line that gets one of two opposite corners right gets a corner of the other class wrong, or the other "
    "corner of its own. So it has three of four clouds at best.",
    solution="""
        def breaker(rng):
            corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])
            X = np.repeat(corners, 10, axis=0) + rng.uniform(-0.4, 0.4, size=(40, 2))
            y = np.repeat([0, 0, 1, 1], 10)  # noisy XOR: each class has two opposite corners
            return X, y
        """,
)


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
    n = np.size(y)
    X = an_array(X, (n, 2), "the first value, X,")
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
    for seed in rng.integers(2**32, size=20):
        apart = room(*a_data_set(answer(np.random.default_rng(seed))))
        require(apart >= 0.5 - 1e-9, f"two examples of different classes are only {apart:.3f} apart")


@breaker.part("no line separates the classes", points=2)
def _(answer, rng):
    X, y = a_data_set(answer(rng))
    require(best_line(X, y) < 1, "a line separates your classes: a perceptron that is patient enough will find it")


@breaker.part("no line gets more than 80% right")
def _(answer, rng):
    for seed in rng.integers(2**32, size=3):
        share = best_line(*a_data_set(answer(np.random.default_rng(seed))))
        require(share <= 0.8, f"a line can still get {share:.0%} of your examples right")


def lacking(X, y):
    """What a data set has too few or too much of, and by how much: the same for all that are right."""
    X, y = np.asarray(X), np.asarray(y)
    if not is_plane(X, y) or set(np.unique(y)) != {0, 1}:
        return {"shapes": (X.shape, y.shape), "targets": np.unique(y)}
    return {
        "share": np.clip(y.mean(), 0.25, 0.75),
        "reach": max(np.abs(X).max(), 3),
        "room": min(room(X, y), 0.5),
        "line": max(best_line(X, y), 0.8),
    }


def is_plane(X, y):
    return X.ndim == 2 and X.shape[1] == 2 and y.shape == X.shape[:1] and 20 <= len(y) <= 100


def seen(test):
    """Say if a test of X and y finds the mistake; the answer must be at least a pair of arrays."""

    def found(answer, rng):
        X, y = map(np.asarray, a_tuple(answer(rng), 2))
        return bool(test(X, y))

    return found


def touching(X, y):
    return is_plane(X, y) and room(X, y) < 0.5 and best_line(X, y) < 1


def mixed(X, y):
    """Whether the nearest neighbor of an example, often a near one, says little about its class."""
    apart = np.linalg.norm(X[:, None] - X, axis=-1) + np.diag(np.full(len(X), np.inf))
    return room(X, y) < 0.1 and np.mean(y[apart.argmin(axis=1)] == y) < 0.65


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


def quarters_that_touch(rng):
    X = clouds(rng, CORNERS, spread=1.0, each=15)
    return X, (X[:, 0] * X[:, 1] < 0).astype(int)


def one_stray(rng):
    X, y = two_clouds(rng)
    X[0] = (2.5, 2.5)
    return X, y


breaker.mistake(
    "targets −1 and 1",
    lambda rng: (clouds(rng, CORNERS), np.repeat([-1, -1, 1, 1], 10)),
    "Your targets are −1 and +1. Here the neuron's answers, and so its targets, are 0 and 1.",
    section=USUAL,
    found=seen(lambda X, y: set(np.unique(y)) == {-1, 1}),
)
breaker.mistake(
    "a row for each input",
    lambda rng: (clouds(rng, CORNERS).T, np.repeat([0, 0, 1, 1], 10)),
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
    found=seen(lambda X, y: is_plane(X, y) and best_line(X, y) == 1),
)
breaker.mistake(
    "noise, not a shape",
    random_targets,
    "Your classes lie on top of each other: nothing can learn that, not even a large network. Draw classes with room "
    "between them. If you shuffle, shuffle X and y in the same order.",
    found=seen(lambda X, y: touching(X, y) and mixed(X, y)),
)
breaker.mistake(
    "classes that touch",
    quarters_that_touch,
    "Somewhere your classes come closer to each other than 0.5. What would leave a strip of that width free between "
    "them?",
    found=seen(lambda X, y: touching(X, y) and not mixed(X, y)),
)
breaker.mistake(
    "a line gets most of them",
    one_stray,
    "No line gets all of your examples, but one gets more than 80%. The others are too few: do all parts of your shape "
    "have about as many examples?",
    found=seen(lambda X, y: is_plane(X, y) and 0.8 < best_line(X, y) < 1),
)

# 7. third_input

third_input = Question(
    "01-perceptron/third-input",
    draw=lambda rng: (clouds(rng, CORNERS, each=3),),
    section=ONE,
    why="The product is positive at two opposite corners and negative at the other two. With it as an input, one "
    "weight and one bias are enough to tell them apart.",
    solution="""
        def third_input(X):
            return X[:, 0] * X[:, 1]  # positive where the signs agree, negative where they differ
        """,
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
        require(learned(answer, rng), "with it, a perceptron still makes mistakes in every one of 1000 epochs")


def learned(answer, rng):
    X, y = corner_clouds(rng)
    third = numbers(answer(X), 40)
    third = third / max(np.abs(third).max(), 1e-100)  # as large as the others, so that learning is quick
    return perceptron.fit(np.column_stack([X, third]), y, max_epochs=1000).converged


def rectangle(answer, rng):
    """What a function does on the corners of rectangles: f(a, c) + f(b, d) and f(a, d) + f(b, c)."""
    (a, b), (c, d) = rng.uniform(0.2, 2, size=(2, 2, 5)) * np.array([[1.0], [-1.0]])
    along = [numbers(answer(np.stack(corner, axis=1)), 5) for corner in ((a, c), (b, d), (a, d), (b, c))]
    return along[0] + along[1], along[2] + along[3]


def is_affine(answer, rng):
    X = rng.normal(size=(9, 2))
    third, folded = numbers(answer(X), 9), perceptron.fold_bias(X)
    return np.allclose(folded @ np.linalg.lstsq(folded, third, rcond=None)[0], third)


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
    found=lambda answer, rng: np.ptp(numbers(answer(CORNERS), 4)) < 1e-9,
)
third_input.mistake(
    "each input for itself",
    lambda X: X[:, 0] ** 3 + X[:, 1],
    "What you add treats x₁ and x₂ separately and then adds. XOR is about the two together: do they agree or not?",
    section=LIMITS,
    found=lambda answer, rng: np.allclose(*rectangle(answer, rng)) and not is_affine(answer, rng),
)
third_input.mistake(
    "right at the corners only",
    third_input.solution.edited({"X[:, 0] * X[:, 1]": "(X[:, 0] > X[:, 1]) * 1.0"}),
    "At the four corners your number does what it should, but not at all examples near them. What does it say of one "
    "that is a little beside its corner?",
    found=lambda answer, rng: not learned(answer, rng),
)
third_input.slips(
    ("down the columns", {"X[:, 0] * X[:, 1]": "X.prod(axis=0)"},
     "You combine all examples and get one number for each input. Combine the inputs of each row."),
    ("one number for all examples", {"X[:, 0] * X[:, 1]": "X.prod()"},
     "You combine everything into a single number. One for each row is wanted."),
    ("all three inputs", {"X[:, 0] * X[:, 1]": "np.column_stack([X, X[:, 0] * X[:, 1]])"},
     "You return all three inputs of each example. Only the third is wanted; X gets it as a column later."),
)  # fmt: skip

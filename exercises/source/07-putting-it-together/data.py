"""Chapter 7, questions 1 and 2: three parts of the data, and one scale measured on the first of them."""

import numpy as np

from mlkit import datasets
from mlkit.checks.expect import a_tuple, an_array, close, require
from mlkit.checks.question import Question

RECIPE = "The recipe"
CHOOSE = "Choose on one part, test on another"
DIGITS = "Handwritten digits"
USUAL = "Usual mistakes"
PARTS = ("training", "validation", "test")

# 1. splits

splits = Question(
    "07-putting-it-together/splits",
    takes=("X", "y", "rng"),
    observe=lambda answer, rng: [a for pair in answer(*numbered(), rng) for a in pair],
)


def numbered(n=200):
    """Examples that carry their number, sorted by class; four classes of one size."""
    number = np.arange(n)
    return np.stack([number, number**2], axis=1).astype(float), 4 * number // n


def as_parts(result, n, d):
    """The three pairs of X and y, if they have the shapes of parts of n examples."""
    parts = []
    for name, pair in zip(PARTS, a_tuple(result, 3), strict=True):
        X, y = a_tuple(pair, 2, f"the {name} part")
        require(hasattr(X, "shape") and len(X.shape) == 2, f"X of the {name} part is not an array with two axes")
        X = an_array(X, (len(X), d), f"X of the {name} part")
        parts.append((X, an_array(y, (len(X),), f"y of the {name} part")))
    sizes = [len(y) for _, y in parts]
    for name, size, share in zip(PARTS, sizes, (0.6, 0.2, 0.2), strict=True):
        require(abs(size - share * n) <= 0.02 * n + 1, f"the {name} part has {size} of {n} examples")
    return parts


def who(parts):
    """The numbers of the examples in each part."""
    return [X[:, 0].astype(int) for X, _ in parts]


@splits.part("three pairs: 60, 20 and 20 percent of the examples")
def _(answer, rng):
    for n in (200, 150):
        as_parts(answer(*numbered(n), rng), n, 2)


@splits.part("nobody is in two parts, nobody is lost, everybody keeps the label")
def _(answer, rng):
    for n in (200, 163):
        X, y = numbered(n)
        parts = as_parts(answer(X, y, rng), n, 2)
        members = np.concatenate(who(parts))
        require(len(np.unique(members)) == len(members), "some examples are there twice")
        require(len(members) == n, f"of {n} examples, {n - len(members)} are in no part")
        for name, (X_part, y_part) in zip(PARTS, parts, strict=True):
            close(y_part, y[X_part[:, 0].astype(int)], f"in the {name} part, some examples have another one's label")


@splits.part("drawn at random, from rng", points=2)
def _(answer, rng):
    seed = int(rng.integers(1000))
    one, same, other = (as_parts(answer(*numbered(), np.random.default_rng(s)), 200, 2) for s in (seed, seed, seed + 1))
    for name, (_, y) in zip(PARTS, one, strict=True):
        require(len(np.unique(y)) == 4, f"the data are sorted by class, and a class is missing in the {name} part")
    for name, a, b in zip(PARTS, who(one), who(same), strict=True):
        require(np.array_equal(a, b), f"the same seed gives another {name} part: something random is not from rng")
    shared = [len(np.intersect1d(a, b)) for a, b in zip(who(one)[1:], who(other)[1:], strict=True)]
    require(max(shared) < 25, "another seed gives the same parts, or nearly")


def cut(X, y, order, first=0.6, second=0.8):
    """Three pairs, cut from the examples in this order."""
    places = [round(first * len(y)), round(second * len(y))]
    return tuple((X[rows], y[rows]) for rows in np.split(order, places))


def each_drawn_anew(X, y, rng):
    n = len(y)
    return tuple((X[rows], y[rows]) for rows in (rng.permutation(n)[: round(s * n)] for s in (0.6, 0.2, 0.2)))


def shuffled_apart(X, y, rng):
    pairs = zip(cut(X, y, rng.permutation(len(y))), cut(X, y, rng.permutation(len(y))), strict=True)
    return tuple((a[0], b[1]) for a, b in pairs)


def six_arrays(X, y, rng):
    parts = cut(X, y, rng.permutation(len(y)))
    return *(X for X, _ in parts), *(y for _, y in parts)


def overlap(answer, rng):
    members = np.concatenate(who(answer(*numbered(), rng)))
    return len(np.unique(members)) < len(members)


def labels_do_not_fit(answer, rng):
    X, y = numbered()
    return any((y_part != y[X_part[:, 0].astype(int)]).any() for X_part, y_part in answer(X, y, rng))


def sizes(answer, rng):
    return np.array([len(y) for _, y in answer(*numbered(), rng)])


splits.mistake(
    "not shuffled",
    lambda X, y, rng: cut(X, y, np.arange(len(y))),
    "You cut the data in the order in which they came. These are sorted by class, as many real data are in some way.",
    section=RECIPE,
    found=lambda answer, rng: all((np.diff(rows) == 1).all() for rows in who(answer(*numbered(), rng))),
)
splits.mistake(
    "six arrays in a row",
    six_arrays,
    "You return six arrays. Three pairs are wanted: each part with its own images and labels.",
    section=RECIPE,
    found=lambda answer, rng: len(answer(*numbered(), rng)) == 6,
)
splits.mistake(
    "images and labels shuffled apart",
    shuffled_apart,
    "Images and labels are in two different orders. Draw one order, and use it for both.",
    section=RECIPE,
    found=labels_do_not_fit,
)
splits.mistake(
    "each part drawn anew",
    each_drawn_anew,
    "You draw each part from all examples, so some are in two parts. Shuffle once, and cut.",
    section=RECIPE,
    found=overlap,
)
splits.mistake(
    "a fifth of the rest",
    lambda X, y, rng: cut(X, y, rng.permutation(len(y)), 0.64, 0.8),
    "One of your small parts has 16 percent: a fifth of the four fifths that were left. Which share of the rest is a "
    "fifth of the whole?",
    section=DIGITS,
    found=lambda answer, rng: 32 in sizes(answer, rng),
)
splits.mistake(
    "the small parts first",
    lambda X, y, rng: cut(X, y, rng.permutation(len(y)), 0.2, 0.4),
    "The sizes are right, but the large part is not the first. The order is training, validation, test.",
    section=RECIPE,
    found=lambda answer, rng: sizes(answer, rng)[0] < 50 and sizes(answer, rng).max() > 100,
)
splits.mistake(
    "two parts only",
    lambda X, y, rng: cut(X, y, rng.permutation(len(y)))[:2],
    "You return two parts. One to learn from, one to choose by, and one that is looked at once make three.",
    section=CHOOSE,
    found=lambda answer, rng: len(answer(*numbered(), rng)) == 2,
)
splits.mistake(
    "examples lost at a cut",
    lambda X, y, rng: tuple((a[:-1], b[:-1]) for a, b in cut(X, y, rng.permutation(len(y)))),
    "A few examples are in no part. The upper end of a slice is not in the slice: the next one begins there.",
    section=RECIPE,
    found=lambda answer, rng: 195 <= sizes(answer, rng).sum() < 200,
)
splits.mistake(
    "a seed of its own",
    lambda X, y, rng: cut(X, y, np.random.default_rng(0).permutation(len(y))),
    "Every rng gives the same parts: you make a generator of your own with a fixed seed. Use the one you are given.",
    section=RECIPE,
    found=lambda answer, rng: np.array_equal(*(who(answer(*numbered(), np.random.default_rng(s)))[2] for s in (1, 2))),
)
splits.mistake(
    "randomness from elsewhere",
    lambda X, y, rng: cut(X, y, np.random.default_rng().permutation(len(y))),
    "The same rng gives other parts each time: the order is not drawn from it. Nobody can repeat such an experiment.",
    section=RECIPE,
    found=lambda answer, rng: (
        not np.array_equal(*(who(answer(*numbered(), np.random.default_rng(1)))[2] for _ in range(2)))
    ),
)

# 2. standardize

standardize = Question(
    "07-putting-it-together/standardize", takes=("train", "other"), draw=lambda rng: two_tables(rng, 13, 6)
)


EXACT, ROUNDED = 0.75, (0.1, 0.3, 14.62)  # three that no binary fraction is equal to: their mean may be rounded


def two_tables(rng, n=30, n_other=8, constant=EXACT):
    """Features of very different sizes; the last is the same in all of train, unless that is None, but not in other."""
    size, center = np.array([0.5, 2.0, 30.0, 0.25]), np.array([1.0, -3.0, 50.0, EXACT])
    train = center + size * rng.normal(size=(n, 4))
    other = center + 1.0 + 1.5 * size * rng.normal(size=(n_other, 4))
    if constant is not None:
        train[:, 3] = constant
    return train, other


def both(result, train, other):
    scaled, moved = a_tuple(result, 2)
    scaled = an_array(scaled, train.shape, "the first value, the training part,")
    return scaled, an_array(moved, other.shape, "the second value, the other part,")


@standardize.part("the training part: mean 0 and deviation 1 for each feature")
def _(answer, rng):
    train, other = two_tables(rng, constant=None)
    scaled, _ = both(answer(train, other), train, other)
    close(scaled.mean(axis=0), np.zeros(4), "the mean of a feature of the training part is not 0", atol=1e-6)
    close(scaled.std(axis=0), np.ones(4), "the deviation of a feature of the training part is not 1", rtol=1e-5)


@standardize.part("the other part: moved by the same amounts", points=2)
def _(answer, rng):
    train, other = two_tables(rng, constant=None)
    scaled, moved = both(answer(train, other), train, other)
    alone = both(answer(train, other[:1]), train, other[:1])
    close(alone[0], scaled, "the training part comes out differently when another part stands beside it")
    close(alone[1], moved[:1], "an example of the other part comes out differently when it is alone")
    again = both(answer(train, train[:5]), train, train[:5])[1]
    close(again, scaled[:5], "rows of the training part come out differently when they are in the other part")
    close(moved, datasets.standardize(train, other)[1], "the other part is not on the scale of the training part")


@standardize.part("a feature that never changes is only moved")
def _(answer, rng):
    for constant in (EXACT, *ROUNDED):
        train, other = two_tables(rng, constant=constant)
        scaled, moved = both(answer(train, other), train, other)
        said = f"a feature that is {constant} in all training examples does not become 0"
        close(scaled[:, 3], np.zeros(len(train)), said)
        said = f"where the training part is always {constant}, the other part must only be shifted, and keep its scale"
        close(moved[:, 3], other[:, 3] - constant, said)
        close(scaled, datasets.standardize(train), "beside a feature that never changes, the others are not right")


def scaled_by(mean, deviation):
    """Both parts with the mean and the deviation that the two functions find."""

    def wrong(train, other):
        scale = np.where(np.ptp(train, axis=0) == 0, 1, deviation(train))
        return (train - mean(train)) / scale, (other - mean(train)) / scale

    return wrong


def column_mean(X):
    return X.mean(axis=0)


def column_deviation(X):
    return X.std(axis=0)


def deviation_compared_with_0(train, other):
    mean, scale = column_mean(train), column_deviation(train)
    scale = np.where(scale > 0, scale, 1)
    return (train - mean) / scale, (other - mean) / scale


def tiny_number_added(train, other):
    mean, scale = column_mean(train), column_deviation(train) + 1e-8
    return (train - mean) / scale, (other - mean) / scale


def is_right(answer, rng, *constants):
    """Whether both parts are right where the last feature has one of these values in all training examples."""
    tables = [two_tables(rng, constant=constant) for constant in constants]
    return all(
        np.allclose(part, wanted)
        for given in tables
        for part, wanted in zip(answer(*given), datasets.standardize(*given), strict=True)
    )


def each_by_its_own(train, other):
    usual = scaled_by(column_mean, column_deviation)
    return usual(train, train)[0], usual(other, other)[0]


def all_together(train, other):
    together = np.concatenate([train, other])
    scaled = scaled_by(column_mean, column_deviation)(together, together)[0]
    return scaled[: len(train)], scaled[len(train) :]


standardize.mistake(
    "each part by its own numbers",
    each_by_its_own,
    "The other part is measured on itself. It has to be moved as a single new example would be: by what the training "
    "part says.",
    section=RECIPE,
)
standardize.mistake(
    "both parts measured together",
    all_together,
    "The other part has a say in the scale: you put the two together before measuring. Then it is no longer unseen.",
    section=USUAL,
)
standardize.mistake(
    "0 divided by 0",
    lambda train, other: ((train - train.mean(0)) / train.std(0), (other - train.mean(0)) / train.std(0)),
    "Where a feature never changes its deviation is 0, and you divide by it. Such a feature has no scale; only shift "
    "it.",
    section=DIGITS,
)
standardize.mistake(
    "a deviation that is 0 but for rounding",
    deviation_compared_with_0,
    "You ask whether the deviation is 0. Where all numbers are equal it should be, but with thirty times 0.1 it can "
    "come out as 4e-17, and what is divided by that is blown up. Rounding cannot touch the numbers themselves: ask "
    "them whether they change.",
    section=DIGITS,
    found=lambda answer, rng: is_right(answer, rng, EXACT) and not is_right(answer, rng, *ROUNDED),
)
standardize.mistake(
    "a tiny number added",
    tiny_number_added,
    "A tiny number added to the deviation avoids 0/0, but a dot of ink where the training part is blank is now blown "
    "up by the inverse of that number.",
    section=DIGITS,
    found=lambda answer, rng: np.abs(answer(*two_tables(rng))[1][:, 3]).max() > 1e3,
)
standardize.mistake(
    "set to 0 in the other part",
    lambda train, other: tuple(part * (train.std(0) > 0) for part in datasets.standardize(train, other)),
    "You clear the features that never change in the training part. In the other part they may change: shift them, no "
    "more.",
    section=RECIPE,
)
standardize.mistake(
    "one mean for all features",
    scaled_by(np.mean, np.std),
    "You use one mean and one deviation for the whole table. Each feature has its own.",
    section=RECIPE,
)
standardize.mistake(
    "along the rows",
    lambda train, other: tuple(datasets.standardize(part.T).T for part in (train, other)),
    "You standardize each example. It is the features that need one size, and they are the columns.",
    section=RECIPE,
    found=lambda answer, rng: np.allclose(answer(*two_tables(rng))[0].mean(axis=1), 0),
)
standardize.mistake(
    "the variance for the deviation",
    scaled_by(column_mean, lambda X: X.var(axis=0)),
    "You divide by the variance. Its root is the deviation.",
    section=RECIPE,
)
standardize.mistake(
    "n − 1 for n",
    scaled_by(column_mean, lambda X: X.std(axis=0, ddof=1)),
    "Your deviation divides by n − 1, as pandas and statistics books do. Then the deviation of the result is not quite "
    "1 in the sense of `np.std`, which divides by n.",
    section=RECIPE,
)
standardize.mistake(
    "not shifted",
    scaled_by(lambda X: 0.0, column_deviation),
    "The deviation is 1, but the mean is not 0: nothing is subtracted.",
    section=RECIPE,
)
standardize.mistake(
    "only shifted",
    scaled_by(column_mean, lambda X: np.ones(X.shape[1])),
    "The mean is 0, but the features still have their different sizes: nothing is divided.",
    section=RECIPE,
)
standardize.mistake(
    "squeezed between 0 and 1",
    scaled_by(lambda X: X.min(axis=0), lambda X: np.ptp(X, axis=0)),
    "You bring each feature between 0 and 1. That is another scaling; this one wants mean 0 and deviation 1.",
    section=RECIPE,
)

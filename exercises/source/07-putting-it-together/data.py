"""Chapter 7, questions 1 and 2: three parts of the data, and one scale measured on the first of them."""

import numpy as np

from mlkit import datasets
from mlkit.checks.expect import NotYet, a_tuple, an_array, close, require
from mlkit.checks.question import Question

RECIPE = "The recipe"
CHOOSE = "Choose on one part, test on another"
DIGITS = "Handwritten digits"
USUAL = "Usual mistakes"
PARTS = ("training", "validation", "test")

# 1. splits

splits = Question(
    "07-putting-it-together/splits",
    observe=lambda answer, rng: traits(answer, rng),  # defined below, with the mistakes
    section=RECIPE,
    solution="""
        def splits(X, y, rng):
            order, fifth = rng.permutation(len(y)), len(y) // 5
            learn, choose, test = order[2 * fifth :], order[:fifth], order[fifth : 2 * fifth]  # one order, cut twice
            return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])
        """,
    why="Pieces of one random order share nobody and lose nobody. As the same numbers pick the rows of X and of y, "
    "each label stays with its image.",
)


def numbered(n=200):
    """Examples that carry their number, sorted by class; four classes of one size."""
    number = np.arange(n)
    return np.stack([number, number**2], axis=1).astype(float), 4 * number // n


def pairs(result, d):
    """The three pairs of X and y, if that is what they are."""
    parts = []
    for name, pair in zip(PARTS, a_tuple(result, 3), strict=True):
        X, y = a_tuple(pair, 2, f"the {name} part")
        require(np.ndim(X) == 2, f"X of the {name} part is not an array with two axes: is it the first of the pair?")
        X = an_array(X, (len(X), d), f"X of the {name} part")
        parts.append((X, an_array(y, (len(X),), f"y of the {name} part")))
    return parts


def as_parts(result, n, d):
    """The three pairs, if they have the sizes of parts of n examples."""
    parts = pairs(result, d)
    for name, (X, _), share in zip(PARTS, parts, (0.6, 0.2, 0.2), strict=True):
        require(abs(len(X) - share * n) <= 0.02 * n + 1, f"the {name} part has {len(X)} of {n} examples")
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


# What can be said of parts in whatever order they were drawn


def traits(answer, rng):
    """Sizes, labels, places, members, and what depends on rng, in words; or the shapes, if these are no three pairs."""
    n, seed = 25 * int(rng.integers(4, 9)), int(rng.integers(1000))  # every way to round gives the same sizes

    def drawn(n, seed):
        return answer(*numbered(n), np.random.default_rng(seed))

    result = drawn(n, seed)
    try:
        parts = pairs(result, 2)
    except NotYet:
        return shapes(result)
    members, y = who(parts), numbered(n)[1]
    sizes = [round(25 * len(rows) / n) for rows in members]
    wrong = [np.any(part != y[rows]) for rows, (_, part) in zip(members, parts, strict=True)]
    labels = [no and np.all(np.diff(part) >= 0) for no, (_, part) in zip(wrong, parts, strict=True)]
    places = [steps.min() if np.ptp(steps := np.diff(np.sort(rows))) == 0 else 0 for rows in members]
    again = [same_members(members, who(drawn(n, s))) for s in (seed, seed + 1)]
    several = in_several(members)
    lost = (n - sum(map(len, members)), n + 3 > sum(map(len, who(drawn(n + 3, seed))))) if not any(several) else ()
    return tuple(map(str, (sizes, wrong, labels, places, again, several, lost)))


def in_several(members):
    """For each part, and for each two of them, whether somebody is there twice."""
    one, two, three = map(set, members)
    return [len(set(rows)) < len(rows) for rows in members] + [bool(one & two), bool(one & three), bool(two & three)]


def same_members(one, other):
    return all(set(a) == set(b) for a, b in zip(one, other, strict=True))


def shapes(result):
    return tuple(map(shapes, result)) if isinstance(result, (tuple, list)) else np.shape(result)


splits.slips(
    ("not shuffled", {"rng.permutation(len(y))": "np.arange(len(y))"},
     "You cut the data in the order in which they came. These are sorted by class, as many real data are in some way."),
    ("every fifth by its place",
     {"rng.permutation(len(y))": "np.arange(len(y))", "order[2 * fifth :], order[:fifth], order[fifth : 2 * fifth]":
      "order[order % 5 > 1], order[::5], order[1::5]"},
     "The place of an example decides in which part it is: nothing is random. Real data often have a rhythm, too."),
    ("images and labels shuffled apart",
     {"return (": "X, y = X[rng.permutation(len(y))], y[rng.permutation(len(y))]\n    return ("},
     "Images and labels are in two different orders. How can both follow one?"),
    ("labels left in their order", {"return (": "y = y[np.argsort(order)]\n    return ("},
     "The images are shuffled, and the labels stand in their old order. Each has to move with its image."),
    ("each part drawn anew",
     {"order[:fifth], order[fifth : 2 * fifth]": "rng.permutation(order)[:fifth], rng.permutation(order)[:fifth]"},
     "Any two of your parts share examples. How often do you draw from all of them?"),
    ("with repetition", {"rng.permutation(len(y))": "rng.integers(len(y), size=len(y))"},
     "Some examples are several times in one part: they are drawn with repetition. Others are never drawn."),
    ("validation out of the training part", {"order[:fifth]": "order[2 * fifth : 3 * fifth]"},
     "The examples of your validation part are in the training part as well. What is learned by heart is no test."),
    ("test out of the training part", {"order[fifth : 2 * fifth]": "order[2 * fifth : 3 * fifth]"},
     "The examples of your test part are in the training part as well. What is learned by heart is no test."),
    ("one part for two", {"order[fifth : 2 * fifth]": "order[:fifth]"},
     "Validation and test part hold the same examples. One to choose by, and one that nobody has looked at.",
     {"section": CHOOSE}),
    ("a fifth of the rest", {"order[2 * fifth :], order[:fifth]": "order[fifth:][len(order) * 4 // 25:], "
                             "order[fifth:][: len(order) * 4 // 25]", "order[fifth : 2 * fifth]": "order[:fifth]"},
     "The validation part has 16 percent: a fifth of the four fifths that were left. Which share of the rest is a "
     "fifth of the whole?", {"section": DIGITS}),
    ("the small parts first", {"return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])":
                               "return (X[choose], y[choose]), (X[test], y[test]), (X[learn], y[learn])"},
     "The sizes are right, but the large part is not the first. The order is training, validation, test."),
    ("six arrays in a row", {"return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])":
                             "return X[learn], y[learn], X[choose], y[choose], X[test], y[test]"},
     "You return six arrays. Three pairs are wanted: each part with its own images and labels."),
    ("all images, then all labels",
     {"return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])":
      "return (X[learn], X[choose], X[test]), (y[learn], y[choose], y[test])"},
     "Your pair is all images and all labels. Three pairs are wanted: each part with its own images and labels."),
    ("labels first", {"return (X[learn], y[learn]), (X[choose], y[choose]), (X[test], y[test])":
                      "return (y[learn], X[learn]), (y[choose], X[choose]), (y[test], X[test])"},
     "In each of your pairs the labels stand before the images. Which was to be first?"),
    ("two parts only", {", (X[test], y[test])": ""},
     "You return two parts. One to learn from, one to choose by, and one that is looked at once make three.",
     {"section": CHOOSE}),
    ("the remainder lost", {"order[2 * fifth :]": "order[2 * fifth : 5 * fifth]"},
     "Where the sizes are not whole numbers, a few examples are in no part. To which part can the remainder go?"),
    ("examples lost at the cuts",
     {"order[2 * fifth :]": "order[2 * fifth + 1 :]", "order[fifth : 2 * fifth]": "order[fifth + 1 : 2 * fifth]"},
     "At each cut an example is in no part. The upper end of a slice is not in the slice."),
    ("one example lost", {"order[2 * fifth :]": "order[2 * fifth : -1]"},
     "One example is in no part. Where does each of your slices begin, and which is the last that is in it?"),
    ("the same parts for every rng", {"rng.permutation": "np.random.default_rng(0).permutation"},
     "Every rng gives the same parts. Where does your order come from, if not from the rng that you are given?"),
    ("randomness from elsewhere", {"rng.permutation": "np.random.default_rng().permutation"},
     "The same rng gives other parts each time: the order is not drawn from it. Nobody can repeat such an experiment."),
)  # fmt: skip

# 2. standardize

standardize = Question(
    "07-putting-it-together/standardize",
    draw=lambda rng: two_tables(rng, int(rng.integers(9, 16)), int(rng.integers(4, 8))),
    returns=("train", "other"),
    section=RECIPE,
    solution="""
        def standardize(train, other):
            mean, scale = train.mean(axis=0), train.std(axis=0)  # of train alone: other counts as not yet seen
            changes = np.ptp(train, axis=0) > 0  # exactly, where a deviation of 0 may come out as 1e-17
            scale = np.where(changes, scale, 1)  # a constant feature is only shifted
            return (train - mean) / scale, (other - mean) / scale
        """,
    why="Both parts go through one and the same formula, whose two numbers for each feature come from the training "
    "part alone. So a new example can be moved in the same way, whoever stands beside it.",
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
    train[:, 1] *= 1e-5
    train[1, 2] = train[0, 2]
    scaled, _ = both(answer(train, other), train, other)
    close(scaled.mean(axis=0), np.zeros(4), "the mean of a feature of the training part is not 0", atol=1e-6)
    close(scaled.std(axis=0), np.ones(4), "the deviation of a feature of the training part is not 1", rtol=1e-5)
    train[:, 0] = 1.7e9 + 1000 * train[:, 0]  # seconds since 1970
    scaled, _ = both(answer(train, other), train, other)
    said = "numbers around 1.7e9 that differ by thousands: the deviation of this feature is not 1"
    close(scaled[:, 0].std(), 1.0, said, rtol=1e-5)


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


standardize.slips(
    ("each part by its own numbers",
     {"(other - mean) / scale":
      "(other - other.mean(axis=0)) / np.where(np.ptp(other, axis=0) > 0, other.std(axis=0), 1)"},
     "The other part is measured on itself. It has to be moved as a single new example would be: by what the training "
     "part says."),
    ("both parts measured together",
     {"mean, scale = train.mean(axis=0), train.std(axis=0)":
      "both = np.concatenate([train, other]); mean, scale = both.mean(axis=0), both.std(axis=0)",
      "np.ptp(train,": "np.ptp(both,"},
     "The other part has a say in the scale: you put the two together before measuring. Then it is no longer unseen.",
     {"section": USUAL, "found": lambda answer, rng: measured_together(answer, rng)}),
    ("measured on the other part",
     {"train.mean(axis=0), train.std(axis=0)": "other.mean(axis=0), other.std(axis=0)", "np.ptp(train,":
      "np.ptp(other,"},
     "Mean and deviation are those of the other part. Which of the two is known when you measure?"),
    ("0 divided by 0", {"np.where(changes, scale, 1)": "scale"},
     "Where a feature never changes its deviation is 0, and you divide by it. Such a feature has no scale.",
     {"section": DIGITS}),
    ("a deviation that is 0 but for rounding", {"np.ptp(train, axis=0) > 0": "scale > 0"},
     "You ask whether the deviation is 0. Where all numbers are equal it should be, but with thirty times 0.1 it can "
     "come out as 4e-17, and what is divided by that is blown up. Rounding cannot touch the numbers themselves: ask "
     "them whether they change.", {"section": DIGITS}),
    ("a number added to the deviation", {"np.where(changes, scale, 1)": "scale + 0.1"},
     "You add a number to the deviation, against 0/0. A large one changes every feature; a small one blows up a dot of "
     "ink where the training part is blank.",
     {"section": DIGITS, "found": lambda answer, rng: number_added(answer, rng)}),
    ("set to 0 in the other part", {"(other - mean) / scale": "(other - mean) / scale * changes"},
     "You clear the features that never change in the training part. In the other part they may change."),
    ("constant features left as they are",
     {"scale = np.where(changes, scale, 1)": "mean, scale = np.where(changes, mean, 0), np.where(changes, scale, 1)"},
     "A feature that never changes stays as it is with you. It has no scale, but it has a mean."),
    ("one mean for all features",
     {"train.mean(axis=0), train.std(axis=0)": "train.mean(), train.std()", "np.ptp(train, axis=0)": "np.ptp(train)"},
     "You use one mean and one deviation for the whole table. Each feature has its own."),
    ("along the rows",
     {"return (train - mean) / scale, (other - mean) / scale":
      "return tuple(((x.T - x.mean(axis=1)) / x.std(axis=1)).T for x in (train, other))"},
     "You standardize each example. It is the features that need one size, and they are the columns."),
    ("the variance for the deviation", {"train.std": "train.var"},
     "You divide by the variance. What is its relation to the deviation?"),
    ("n − 1 for n", {"std(axis=0)": "std(axis=0, ddof=1)"},
     "Your deviation divides by n − 1, as pandas and statistics books do. Then the deviation of the result is not "
     "quite 1 in the sense of `np.std`, which divides by n."),
    ("the range for the deviation", {"train.std(axis=0)": "np.ptp(train, axis=0)"},
     "You divide by the range, from the smallest to the largest. A single outlier sets that; a deviation was wanted."),
    ("squeezed between 0 and 1",
     {"train.mean(axis=0), train.std(axis=0)": "train.min(axis=0), np.ptp(train, axis=0)"},
     "You bring each feature between 0 and 1. That is another scaling; this one wants mean 0 and deviation 1."),
    ("the deviation from 0", {"train.std(axis=0)": "np.sqrt((train**2).mean(axis=0))"},
     "You divide by the root of the mean square, which is large for a feature far from 0. A deviation is measured from "
     "the mean."),
    ("digits lost far from 0",
     {"train.std(axis=0)": "np.sqrt(np.abs((train**2).mean(axis=0) - train.mean(axis=0) ** 2))"},
     "For a feature far from 0, your deviation loses its digits: two large numbers are subtracted that are nearly "
     "equal. Could the numbers be made small before they are squared?"),
    ("brackets", {"(train - mean) / scale, (other - mean) / scale": "train - mean / scale, other - mean / scale"},
     "Only the mean is divided, and the features keep their sizes: `/` comes before `−`."),
    ("scaled first", {"(train - mean) / scale, (other - mean) / scale": "train / scale - mean, other / scale - mean"},
     "You scale, and then subtract the mean from before. The mean has another size by then."),
    ("shifted the wrong way",
     {"(train - mean) / scale, (other - mean) / scale": "(train + mean) / scale, (other + mean) / scale"},
     "The mean is added, so that all features move twice as far from 0."),
    ("not shifted", {"(train - mean) / scale, (other - mean) / scale": "train / scale, other / scale"},
     "The deviation is 1, but the mean is not 0: nothing is subtracted."),
    ("only shifted", {"(train - mean) / scale, (other - mean) / scale": "train - mean, other - mean"},
     "The mean is 0, but the features still have their different sizes: nothing is divided."),
)  # fmt: skip


def measured_together(answer, rng):
    """By the numbers of both parts, whatever is done with the feature that never changes in one of them."""
    given = two_tables(rng)
    wanted = datasets.standardize(np.concatenate(given))
    return np.allclose(np.concatenate(answer(*given))[:, :3], wanted[:, :3])


def number_added(answer, rng):
    """Divided by the deviation and one number, the same for all features, or for those that change."""
    train, other = two_tables(rng)
    scaled, moved = answer(train, other)
    mean, scale = train.mean(axis=0), train.std(axis=0)
    added = (other - mean)[0] / moved[0] - scale
    if np.isclose(added[3], 1):  # the constant feature is only shifted
        added[:3] = added[0] if added[0] > 1e-6 else np.nan
    else:
        added[:] = added[3]
    scale = scale + added
    return np.allclose(scaled, (train - mean) / scale) and np.allclose(moved, (other - mean) / scale)

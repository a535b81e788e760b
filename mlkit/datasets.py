"""Something to learn from: small data sets whose answers are known, most of them flat enough to draw.

Every function returns ``X, y``: X is float64 of shape (n_examples, n_features), y holds the int64 labels
0 … k-1. What is drawn at random has classes of equal size, or one apart, in random order, and takes
``rng`` from the caller, so that the same seed gives the same data. `DATASETS` lists all sets by name.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlkit.validation import as_count, as_examples, as_flag, as_generator, as_labels, as_number


def noisy_xor(n_examples=1000, noise_variance=0.1, standardized=True, *, rng):
    """Draw four round clouds around (±1, ±1); the label is 1 where the signs of the center differ.

    No straight line does much better than three clouds out of four: see `noisy_xor_best_line_accuracy`.

    Parameters
    ----------
    n_examples : int
        At least 4. The clouds have equal sizes when it is divisible by 4, else sizes that differ by one.
    noise_variance : float
        σ² ≥ 0, the variance of the Gaussian noise on each coordinate: its square, not its standard deviation.
    standardized : bool
        Shift and scale each feature of this sample to mean 0 and variance 1; labels do not change.
    rng : numpy.random.Generator

    Returns
    -------
    X : ndarray, shape (n_examples, 2)
    y : ndarray of 0 and 1, shape (n_examples,)

    Raises
    ------
    ValueError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> X, y = noisy_xor(8, noise_variance=0, rng=np.random.default_rng(0))
    >>> bool(np.all((X[:, 0] * X[:, 1] < 0) == (y == 1)))
    True
    """
    n_examples = as_count(n_examples, "n_examples", at_least=4)
    sigma = math.sqrt(as_number(noise_variance, "noise_variance", at_least=0))
    cloud = _mixed_labels(n_examples, 4, as_generator(rng))
    centers = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])  # the signs differ in every second
    X = centers[cloud] + sigma * rng.standard_normal((n_examples, 2))
    return (standardize(X) if as_flag(standardized, "standardized") else X), cloud % 2


def noisy_xor_bayes_accuracy(noise_variance=0.1):
    """Return the best accuracy any classifier can reach on new points of `noisy_xor`.

    With σ² the noise variance, each class is an equal mixture of two Gaussians, so at the point (x₁, x₂)
    the density of class 0 is proportional to cosh((x₁ + x₂)/σ²), that of class 1 to cosh((x₁ − x₂)/σ²), with the
    same factor. The larger one is class 1 when |x₁ − x₂| > |x₁ + x₂|, that is when x₁x₂ < 0: the best rule
    looks at the signs. Noise keeps the sign of one coordinate with probability p = Φ(1/σ), and the rule is right
    when it keeps both or flips both: accuracy = p² + (1 − p)².

    Examples
    --------
    >>> round(noisy_xor_bayes_accuracy(0.1), 5)
    0.99844
    """
    sigma = math.sqrt(as_number(noise_variance, "noise_variance", above=0))
    p = _normal_cdf(1 / sigma)
    return p**2 + (1 - p) ** 2


def noisy_xor_best_line_accuracy(noise_variance=0.1):
    """Return the best accuracy any straight line can reach on new points of `noisy_xor`.

    Let the line have the unit normal n and lie at distance c from the origin; class 1 is predicted beyond it.
    Along n, the centers of class 1 lie at ±d, those of class 0 at ±s, and d² + s² = 2 for every direction.
    A pair of clouds at ±a has g(a) = Φ((a − c)/σ) + Φ((−a − c)/σ) beyond the line, so
    accuracy = ¼ (g(d) + 2 − g(s)). For c ≥ 0, g grows with a ≥ 0, so the best direction has d = √2, s = 0: a diagonal.
    (For c < 0, exchange the roles of d and s.) The derivative with respect to c vanishes where
    cosh(√2 c/σ²) = exp(1/σ²). So the best line cuts one cloud off, a little beyond half way to its center, as
    two clouds lie on the near side.

    Examples
    --------
    >>> round(noisy_xor_best_line_accuracy(0.1), 4)
    0.7411
    """
    variance = as_number(noise_variance, "noise_variance", above=0)
    sigma, u = math.sqrt(variance), 1 / variance
    arccosh_of_exp_u = u + math.log1p(math.sqrt(-math.expm1(-2 * u)))  # exp(u) itself may overflow
    c = variance * arccosh_of_exp_u / math.sqrt(2)
    beyond = _normal_cdf((math.sqrt(2) - c) / sigma) + _normal_cdf((-math.sqrt(2) - c) / sigma)
    return (beyond + 2 * _normal_cdf(c / sigma)) / 4


def blobs(n_examples=100, margin=0.5, *, rng):
    """Draw two clouds on either side of the line of `blobs_line`; the nearest of each lies at exactly ``margin``.

    The two nearest examples face each other across the line, 2 × ``margin`` apart. So ``margin`` is also
    the largest margin that any line can have. The same ``rng`` state with another margin gives the same clouds,
    moved closer together or further apart.

    Parameters
    ----------
    n_examples : int
        At least 2.
    margin : float
        Above 0, in the units of X, where a cloud is 1 long (standard deviation along the line) and ½ wide.
    rng : numpy.random.Generator

    Examples
    --------
    >>> from mlkit.perceptron import margin
    >>> X, y = blobs(20, margin=0.25, rng=np.random.default_rng(0))
    >>> round(margin(X, y, *blobs_line()), 12)
    0.25
    """
    y = _mixed_labels(as_count(n_examples, "n_examples", at_least=2), 2, as_generator(rng))
    margin = as_number(margin, "margin", above=0)
    along, away = rng.standard_normal((2, n_examples)) * [[1.0], [0.5]]
    for label in (0, 1):
        members = np.flatnonzero(y == label)
        away[members] -= away[members].min()
        along[members[np.argmin(away[members])]] = 0.0
    normal, bias = blobs_line()
    direction = np.array([-normal[1], normal[0]])
    distance = np.where(y == 1, margin + away, -(margin + away)) - bias  # from the origin, along the normal
    return distance[:, None] * normal + along[:, None] * direction, y


def blobs_line():
    """Return ``weights, bias`` of the line between the two `blobs`: 0.6 x₁ + 0.8 x₂ − 0.5 = 0, positive for class 1.

    ‖w‖ = 1, so that the weighted sum is the distance itself.
    """
    return np.array([0.6, 0.8]), -0.5


def moons(n_examples=200, noise=0.1, *, rng):
    """Draw two half circles of radius 1 that reach into each other; ``noise`` is the standard deviation on each axis.

    Examples
    --------
    >>> X, y = moons(6, noise=0, rng=np.random.default_rng(0))
    >>> np.linalg.norm(X - np.array([[0, 0], [1, 0.5]])[y], axis=1).round(6)
    array([1., 1., 1., 1., 1., 1.])
    """
    y = _mixed_labels(as_count(n_examples, "n_examples", at_least=2), 2, as_generator(rng))
    angle = rng.uniform(0, np.pi, n_examples)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    return _with_noise(np.where(y[:, None] == 0, upper, lower), noise, rng), y


def circles(n_examples=200, noise=0.05, factor=0.5, *, rng):
    """Draw a circle of radius 1 (class 0) around one of radius ``factor``, from 0 to 1 (class 1).

    ``noise`` is the standard deviation of the Gaussian noise on each axis.

    Examples
    --------
    >>> X, y = circles(4, noise=0, rng=np.random.default_rng(0))
    >>> np.linalg.norm(X, axis=1).round(6) + 0.5 * y
    array([1., 1., 1., 1.])
    """
    y = _mixed_labels(as_count(n_examples, "n_examples", at_least=2), 2, as_generator(rng))
    factor = as_number(factor, "factor", above=0, below=1)
    angle = rng.uniform(0, 2 * np.pi, n_examples)
    radius = np.where(y == 0, 1.0, factor)
    return _with_noise(_polar(radius, angle), noise, rng), y


def spirals(n_examples=300, noise=0.03, n_classes=2, turns=1.0, *, rng):
    """Draw ``n_classes`` spiral arms, one a class, that wind ``turns`` times around the origin.

    On each arm the radius runs from 0.1 to 1, and the angle grows in proportion to it. ``noise`` is the standard
    deviation of the Gaussian noise on each axis.

    Examples
    --------
    >>> X, y = spirals(9, n_classes=3, rng=np.random.default_rng(0))
    >>> X.shape, np.bincount(y)
    ((9, 2), array([3, 3, 3]))
    """
    n_classes = as_count(n_classes, "n_classes", at_least=2)
    y = _mixed_labels(as_count(n_examples, "n_examples", at_least=n_classes), n_classes, as_generator(rng))
    radius = rng.uniform(0.1, 1.0, n_examples)
    angle = 2 * np.pi * (as_number(turns, "turns", above=0, below=1000) * radius + y / n_classes)
    return _with_noise(_polar(radius, angle), noise, rng), y


def iris():
    """Load 150 iris flowers of three species: sepal length and width, petal length and width, in cm.

    Classes: 0 setosa, 1 versicolor, 2 virginica, 50 each, in this order. A line separates setosa from the others.

    References
    ----------
    Ronald A. Fisher (1936), "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7(2).
    Bundled with scikit-learn.

    Examples
    --------
    >>> X, y = iris()
    >>> X.shape, np.bincount(y)
    ((150, 4), array([50, 50, 50]))
    """
    return _bundled("iris")


def breast_cancer():
    """Load 569 tumors, each described by 30 measurements of cell nuclei in an image.

    Classes, as scikit-learn has them: 0 malignant (212), 1 benign (357). The features differ in size by factors of
    10 000, so `standardize` them first.

    References
    ----------
    W. Nick Street, William H. Wolberg, Olvi L. Mangasarian (1993), "Nuclear feature extraction for breast
    tumor diagnosis", Proceedings of SPIE 1905. Bundled with scikit-learn.

    Examples
    --------
    >>> X, y = breast_cancer()
    >>> X.shape, np.bincount(y)
    ((569, 30), array([212, 357]))
    """
    return _bundled("breast_cancer")


def digits():
    """Load 1797 handwritten digits of 8 × 8 pixels, row by row, as 64 features from 0 (empty) to 1 (full ink).

    The label is the digit. scikit-learn's `load_digits` has the same pixels as whole numbers from 0 to 16; here
    they are divided by 16.

    References
    ----------
    Ethem Alpaydin, Cenk Kaynak (1998), "Cascading classifiers", Kybernetika 34(4). Bundled with scikit-learn.

    Examples
    --------
    >>> X, y = digits()
    >>> X.shape, float(X.min()), float(X.max())
    ((1797, 64), 0.0, 1.0)
    """
    X, y = _bundled("digits")
    return X / 16, y


def split(X, y, test_fraction, *, rng):
    """Divide the examples at random into a training and a test part, class by class, so both have the same mixture.

    Parameters
    ----------
    X : array_like, shape (n_examples, n_features)
    y : array_like of integers, shape (n_examples,)
    test_fraction : float
        Between 0 and 1. Each class gives this share of its examples, rounded, to the test part.
    rng : numpy.random.Generator

    Returns
    -------
    X_train, X_test, y_train, y_test : ndarray
        In scikit-learn's order, each in random order.

    Raises
    ------
    ValueError
        If an argument does not fit, or a class would be missing from one of the parts.

    Examples
    --------
    >>> X, y = iris()
    >>> X_train, X_test, y_train, y_test = split(X, y, 0.2, rng=np.random.default_rng(0))
    >>> X_train.shape, np.bincount(y_test)
    ((120, 4), array([10, 10, 10]))
    """
    X = as_examples(X)
    y = as_labels(y, n_examples=len(X))
    test_fraction = as_number(test_fraction, "test_fraction", above=0, below=1)
    order = as_generator(rng).permutation(len(X))
    in_test = np.zeros(len(X), dtype=bool)
    for label in np.unique(y):
        members = order[y[order] == label]
        n_test = round(test_fraction * len(members))
        if n_test in (0, len(members)):
            raise ValueError(
                f"test_fraction must leave each class in both parts, got {test_fraction:g}, "
                f"which puts {n_test} of the {len(members)} examples of class {label} into the test part"
            )
        in_test[members[:n_test]] = True
    train, test = order[~in_test[order]], order[in_test[order]]
    return X[train], X[test], y[train], y[test]


def standardize(train, *others):
    """Shift and scale each feature to mean 0 and standard deviation 1, measured on ``train`` alone.

    The ``others`` (validation, test) are moved by the same amounts, as their own mean would tell the classifier
    something about data it must not have seen. A feature that is constant in ``train`` has no scale: it
    is shifted, and its scale stays 1.

    Parameters
    ----------
    train, *others : array_like, shape (n_examples, n_features)

    Returns
    -------
    ndarray, or a tuple of ndarrays when there are ``others``

    Raises
    ------
    ValueError
        If an array does not fit, or a feature is so large or so small that its squares leave the floats; the message
        names it.

    Examples
    --------
    >>> standardize([[1, 5], [3, 5]], [[4, 6]])
    (array([[-1.,  0.],
           [ 1.,  0.]]), array([[2., 1.]]))
    """
    train = as_examples(train, "train")
    others = [as_examples(other, "others") for other in others]
    for other in others:
        if other.shape[1] != train.shape[1]:
            raise ValueError(f"others must have {train.shape[1]} features like train, got shape {other.shape}")
    constant = train.min(axis=0) == train.max(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the floats is named below
        mean = np.where(
            constant, train[0], train.mean(axis=0, dtype=np.float64)
        )  # that of equal numbers may be rounded
        scale = np.where(constant, 1.0, train.std(axis=0, dtype=np.float64))
    lost = ~(np.isfinite(mean) & np.isfinite(scale) & (scale > 0))
    if lost.any():
        feature = int(np.argmax(lost))
        size = np.abs(train[:, feature]).max()
        raise ValueError(f"train must have features whose squares are floats, got size {size:.3g} in feature {feature}")
    parts = tuple(((part - mean) / scale).astype(part.dtype) for part in (train, *others))
    return parts if others else parts[0]


@dataclass(frozen=True)
class Dataset:
    """One row of the registry."""

    make: Callable  # make(n_examples, rng) -> X, y
    sentence: str
    n_classes: int
    n_features: int


def _sample(load):
    """Give a data set of fixed size the call ``(n_examples, rng)``: that many of its examples, drawn at random."""

    def make(n_examples, rng):
        X, y = load()
        if as_count(n_examples, "n_examples") > len(X):
            raise ValueError(f"n_examples must be at most {len(X)}, got {n_examples}")
        chosen = as_generator(rng).permutation(len(X))[:n_examples]
        return X[chosen], y[chosen]

    return make


DATASETS = {
    "noisy XOR": Dataset(
        lambda n_examples, rng: noisy_xor(n_examples, rng=rng),
        "Four clouds at the corners of a square; opposite corners share a label.",
        n_classes=2,
        n_features=2,
    ),
    "blobs": Dataset(
        lambda n_examples, rng: blobs(n_examples, rng=rng),
        "Two clouds with a gap that a straight line can follow.",
        n_classes=2,
        n_features=2,
    ),
    "moons": Dataset(
        lambda n_examples, rng: moons(n_examples, rng=rng),
        "Two half circles that reach into each other.",
        n_classes=2,
        n_features=2,
    ),
    "circles": Dataset(
        lambda n_examples, rng: circles(n_examples, rng=rng), "A circle inside a circle.", n_classes=2, n_features=2
    ),
    "spirals": Dataset(
        lambda n_examples, rng: spirals(n_examples, rng=rng),
        "Two spiral arms wound around each other.",
        n_classes=2,
        n_features=2,
    ),
    "three spirals": Dataset(
        lambda n_examples, rng: spirals(n_examples, n_classes=3, rng=rng),
        "Three spiral arms wound around one another.",
        n_classes=3,
        n_features=2,
    ),
    "iris": Dataset(
        _sample(iris), "Three species of iris, by the size of sepals and petals.", n_classes=3, n_features=4
    ),
    "breast cancer": Dataset(
        _sample(breast_cancer),
        "Malignant and benign tumors, by 30 measurements of their cells.",
        n_classes=2,
        n_features=30,
    ),
    "digits": Dataset(_sample(digits), "Handwritten digits of 8 × 8 pixels.", n_classes=10, n_features=64),
}


def _mixed_labels(n_examples, n_classes, rng):
    return rng.permutation(np.arange(n_examples) % n_classes)


def _with_noise(X, noise, rng):
    return X + as_number(noise, "noise", at_least=0) * rng.standard_normal(X.shape)


def _polar(radius, angle):
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _normal_cdf(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _bundled(name):
    from sklearn import datasets  # only here: scikit-learn takes a second to import

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return X.astype(np.float64), y.astype(np.int64)

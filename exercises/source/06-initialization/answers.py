"""Chapter 6: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

import copy
import math
import statistics

import numpy as np
from scipy.integrate import quad

from mlkit import initializers

from . import diagnosis, units


def size_in_a_loop(X, sigma):
    total = 0.0
    for row in X:
        total += sum(sigma**2 * x * x for x in row)
    return math.sqrt(total / len(X))


def scaling_by_standard_normals(fan_in, fan_out, rng, scale=1.0, mode="fan_in", distribution="normal"):
    fan = (fan_in + fan_out) / 2
    if mode != "fan_avg":
        fan = fan_in if mode == "fan_in" else fan_out
    if distribution == "uniform":
        return (2 * rng.random((fan_in, fan_out)) - 1) * (3 * scale / fan) ** 0.5
    return rng.standard_normal((fan_in, fan_out)) * (scale / fan) ** 0.5


def scaling_in_a_loop(fan_in, fan_out, rng, scale, mode, distribution):
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": statistics.mean([fan_in, fan_out])}[mode]
    W = np.zeros((fan_in, fan_out))
    for column in range(fan_out):
        if distribution == "normal":
            W[:, column] = rng.normal(scale=math.sqrt(scale / fan), size=fan_in)
        else:
            W[:, column] = rng.uniform(-math.sqrt(3 * scale / fan), math.sqrt(3 * scale / fan), fan_in)
    return W


def scaling_by_mlkit(fan_in, fan_out, rng, scale, mode, distribution):
    given = {"scale": scale, "mode": mode, "distribution": distribution}
    return initializers.variance_scaling(fan_in, fan_out, rng, **given)


def scaling_turned(fan_in, fan_out, rng, scale, mode, distribution):
    """Drawn as (outputs, inputs) and turned at the end."""
    return scaling_by_mlkit(
        fan_out, fan_in, rng, scale, {"fan_in": "fan_out", "fan_out": "fan_in"}.get(mode, mode), distribution
    ).T


def rules_by_formula(rule, fan_in, fan_out, rng, alpha):
    if rule == "lecun":
        variance = 1 / fan_in
    elif rule == "glorot":
        variance = 2 / (fan_in + fan_out)
    else:
        variance = 2 / (fan_in * (1 + alpha * alpha))
    return rng.normal(0, math.sqrt(variance), size=(fan_in, fan_out))


def rules_by_mlkit(rule, fan_in, fan_out, rng, alpha=0.0):
    W = getattr(initializers, f"{rule}_normal")(fan_in, fan_out, rng)
    return W * initializers.gain_leaky_relu(alpha) / math.sqrt(2) if rule == "he" else W


def units_in_a_loop(W, b, V):
    seen = []
    for j in range(W.shape[1]):
        mine = [*W[:, j], b[j], *V[j, :]]
        if mine not in seen:
            seen.append(mine)
    return len(seen)


def units_as_rows(W, b, V):
    return np.unique(np.hstack([W.T, b[:, None], V]), axis=0).shape[0]


def scale_by_quad(f):
    return 1 / quad(lambda z: f(z) ** 2 * statistics.NormalDist().pdf(z), -9, 9, limit=200)[0]


def scale_by_many_draws(f):
    return 1 / np.mean(f(np.random.default_rng(7).normal(size=1_000_000)) ** 2)


def scale_by_gauss_hermite(f):
    z, weights = np.polynomial.hermite_e.hermegauss(90)
    return weights.sum() / (weights * f(z) ** 2).sum()


def scale_with_normalized_weights(f):
    z = np.arange(-6, 6, 0.01)
    weights = np.exp(-0.5 * z * z)
    return float(weights.sum() / (weights * np.square(f(z))).sum())


def rms(array):
    return np.linalg.norm(array) / math.sqrt(array.size)


def doctor_in_loops(activation, outputs, deltas):
    if activation == "relu":
        for a in outputs:
            silent = [bool(np.all(unit == 0)) for unit in a.T]
            if sum(silent) > len(silent) / 2:
                return "dead"
    for a, d in zip(outputs, deltas, strict=True):
        if np.allclose(a, a[:, [0]], rtol=1e-7, atol=0) and np.allclose(d, d[:, [0]], rtol=1e-7, atol=0):
            return "symmetric"
    if activation in ("tanh", "sigmoid"):
        for a in outputs:
            a = 2 * a - 1 if activation == "sigmoid" else a  # a sigmoid's slope, as a share of the largest, is tanh's
            if np.mean(np.abs(a) > math.sqrt(0.9)) > 0.5:
                return "saturated"
    grows = [rms(outputs[-1]) / rms(outputs[0]), rms(deltas[0]) / rms(deltas[-1])]
    if any(g > 100 for g in grows):
        return "exploding"
    return "fading" if any(g < 0.01 for g in grows) else "healthy"


RIGHT = [
    ("size-of-sums", size_in_a_loop),
    ("size-of-sums", lambda X, sigma: sigma * np.linalg.norm(X) / np.sqrt(len(X))),
    ("size-of-sums", lambda X, sigma: sigma * ((X.var() + X.mean() ** 2) * X.shape[1]) ** 0.5),
    ("variance-scaling", scaling_by_standard_normals),
    ("variance-scaling", scaling_in_a_loop),
    ("variance-scaling", scaling_by_mlkit),
    ("variance-scaling", scaling_turned),
    ("variance-scaling", lambda *given: scaling_by_mlkit(*given).astype(np.float32)),
    ("initialize", rules_by_formula),
    ("initialize", rules_by_mlkit),
    ("different-units", units_in_a_loop),
    ("different-units", units_as_rows),
    ("different-units", units.brute_force),
    ("scale-for", scale_by_quad),
    ("scale-for", scale_by_many_draws),
    ("scale-for", scale_by_gauss_hermite),
    ("scale-for", scale_with_normalized_weights),
    ("diagnose", doctor_in_loops),
    ("diagnose", lambda activation, outputs, deltas: str(np.str_(doctor_in_loops(activation, outputs, deltas)))),
]


def grown(layers):
    return rms(layers[-1]) / rms(layers[0])


NOTHING = [
    ("size-of-sums", lambda X, sigma: 1.0),
    ("variance-scaling", lambda fan_in, fan_out, rng, scale, mode, distribution: np.zeros((fan_in, fan_out))),
    ("initialize", lambda rule, fan_in, fan_out, rng, alpha: np.ones((fan_in, fan_out))),
    ("different-units", lambda W, b, V: 1),
    ("different-units", lambda W, b, V: len(b)),
    ("scale-for", lambda f: 2.0),
    ("diagnose", lambda activation, outputs, deltas: 5),
    ("size-of-sums", 3.0),
    ("variance-scaling", lambda fan_in, fan_out, rng: rng.normal(size=(fan_in, fan_out))),
    *(("diagnose", lambda activation, outputs, deltas, name=name: name) for name in diagnosis.NAMES),
]


def typed(sigma_of, limit_of=lambda sigma: np.sqrt(3) * sigma, fan_avg=lambda i, o: (i + o) / 2, swap=False):
    """A learner's variance scaling with another standard deviation, limit or fan; other draws than the catalogue's."""

    def answer(fan_in, fan_out, rng, scale, mode, distribution):
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_avg(fan_in, fan_out)}
        if swap:
            fans["fan_in"], fans["fan_out"] = fan_out, fan_in
        sigma = sigma_of(scale, fans[mode])
        if distribution == "normal":
            return sigma * rng.standard_normal((fan_out, fan_in)).T
        return (2 * rng.random((fan_in, fan_out)) - 1) * limit_of(sigma)

    return answer


def right_sigma(scale, fan):
    return (scale / fan) ** 0.5


def seeded(fan_in, fan_out, rng, scale, mode, distribution):
    rng = np.random.default_rng(42)
    return scaling_by_standard_normals(fan_in, fan_out, rng, scale, mode, distribution)


def half_right(normal, uniform):
    """A learner's variance scaling from a draw of each kind: ``normal(rng, sigma, shape)``."""

    def answer(fan_in, fan_out, rng, scale, mode, distribution):
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": 0.5 * (fan_in + fan_out)}[mode]
        draw = normal if distribution == "normal" else uniform
        return draw(rng, right_sigma(scale, fan), (fan_in, fan_out))

    return answer


def normals(rng, sigma, shape):
    return rng.standard_normal(shape) * sigma


def evenly(rng, sigma, shape):
    return (rng.random(shape) - 0.5) * sigma * math.sqrt(12)


def even_rules(rule, fan_in, fan_out, rng, alpha):
    return evenly(rng, rules_by_formula(rule, fan_in, fan_out, rng, alpha).std(), (fan_in, fan_out))


def global_numbers(rule, fan_in, fan_out, rng, alpha):
    return rules_by_formula(rule, fan_in, fan_out, np.random, alpha)  # as in old code


def glorot_without_brackets(rule, fan_in, fan_out, rng, alpha):
    variance = {"lecun": 1 / fan_in, "glorot": 2 / fan_in + fan_out, "he": 2 / (1 + alpha**2) / fan_in}[rule]
    return math.sqrt(variance) * rng.normal(size=(fan_in, fan_out))


def ruled(**scales):
    """A learner's rules through variance scaling: scale and mode for each."""
    known = {
        "lecun": (1, "fan_in"),
        "glorot": (1, "fan_avg"),
        "he": (lambda alpha: 2 / (1 + alpha**2), "fan_in"),
    } | scales

    def answer(rule, fan_in, fan_out, rng, alpha):
        scale, mode = known[rule]
        scale = scale(alpha) if callable(scale) else scale
        return scaling_in_a_loop(fan_in, fan_out, rng, scale, mode, "normal")

    return answer


def units_that_are_close(W, b, V):
    units = np.column_stack([W.T, b, V])
    return sum(not any(np.allclose(one, other, atol=1e-3) for other in units[:j]) for j, one in enumerate(units))


def units_by_pairs(W, b, V):
    """Compares each unit with the next one, in what goes in and what comes out."""
    count = 1
    for j in range(1, len(b)):
        if not (np.array_equal(W[:, j], W[:, j - 1]) and b[j] == b[j - 1] and np.array_equal(V[j], V[j - 1])):
            count += 1
    return count


def summed(f, reach=10.0, step=0.01):
    z = np.arange(-reach, reach, step)
    return sum(f(z) ** 2 * [statistics.NormalDist().pdf(one) for one in z])


def coarse(f):
    z = np.linspace(-4, 4, 9)
    return 1 / np.average(f(z) ** 2, weights=np.exp(-(z**2) / 2))


def doctor(outputs_only=False, backward=True, silent=None, tenth=None, shout=False, alike=None, flat=None, measure=rms):
    """The doctor in loops, with something changed."""
    flat = flat or (lambda slope, least: (slope < least).mean() > 0.5)

    def answer(activation, outputs, deltas):
        if activation == "relu" and any(
            (silent or (lambda a: np.all(a == 0, axis=0).mean()))(a) > 0.5 for a in outputs
        ):
            return "dead"
        same = alike or (lambda a, d: equal(a) and equal(d))
        if any(same(a, d) for a, d in zip(outputs, deltas, strict=True)):
            return "symmetric"
        slope = {"tanh": lambda a: 1 - a * a, "sigmoid": lambda a: a - a * a, "relu": np.ones_like}[activation]
        if any(flat(slope(a), tenth or {"sigmoid": 0.025}.get(activation, 0.1)) for a in outputs):
            return "saturated"
        forward, back = measure(outputs[-1]) / measure(outputs[0]), measure(deltas[0]) / measure(deltas[-1])
        grows = [forward] + ([] if outputs_only else [back if backward else 1 / back])
        name = "exploding" if max(grows) > 100 else "fading" if min(grows) < 0.01 else "healthy"
        return name.upper() if shout else name

    return answer


def equal(x):
    return np.allclose(x, x[:, :1], atol=0)


def symmetric_if(sign, after=("dead",)):
    """A doctor who calls a network symmetric by another sign, unless one of these names was given before."""

    def answer(activation, outputs, deltas):
        said = doctor(alike=lambda a, d: False)(activation, outputs, deltas)
        return "symmetric" if said not in after and sign(outputs, deltas) else said

    return answer


VARIANTS = [
    ("size-of-sums", "the variance of the inputs", lambda X, sigma: sigma * math.sqrt(X.shape[1] * np.var(X))),
    ("size-of-sums", "the variance of each input", lambda X, sigma: sigma * np.linalg.norm(X.std(axis=0))),
    ("size-of-sums", "the variance in place of the size", lambda X, sigma: (sigma**2 * (X**2).sum(axis=1)).mean()),
    ("size-of-sums", "σ taken for the variance", lambda X, sigma: (sigma * np.sum(X**2) / len(X)) ** 0.5),
    ("size-of-sums", "as if nothing canceled", lambda X, sigma: sigma * X.shape[1] * (X * X).mean() ** 0.5),
    ("size-of-sums", "the mean of the examples' sizes", lambda X, sigma: np.linalg.norm(sigma * X, axis=1).mean()),
    (
        "size-of-sums",
        "drawn in place of computed",
        lambda X, sigma: rms(X @ np.random.default_rng().normal(0, sigma, (X.shape[1], 99))),
    ),
    (
        "size-of-sums",
        "drawn in place of computed",
        lambda X, sigma: rms(X @ np.random.default_rng(1).normal(0, sigma, (X.shape[1], 3000))),
    ),
    (
        "variance-scaling",
        "the variance given to both draws",
        typed(lambda c, n: c / n, limit_of=lambda s: np.sqrt(s * s)),
    ),
    ("variance-scaling", "a root left out", typed(lambda c, n: c / n)),
    ("variance-scaling", "the variance given to `normal`", half_right(lambda r, s, n: r.normal(0, s**2, n), evenly)),
    ("variance-scaling", "σ as the mean", half_right(lambda r, s, n: s + r.normal(size=n), evenly)),
    ("variance-scaling", "the width for the limit", half_right(normals, lambda r, s, n: 2 * evenly(r, s, n))),
    ("variance-scaling", "no negative weights", half_right(normals, lambda r, s, n: np.abs(evenly(r, s, n)))),
    ("variance-scaling", "always normal", half_right(normals, normals)),
    ("variance-scaling", None, lambda *given: 1 + scaling_in_a_loop(*given)),
    ("variance-scaling", "a copy of rng", lambda i, o, rng, *how: scaling_by_mlkit(i, o, copy.deepcopy(rng), *how)),
    ("variance-scaling", "the standard deviation as the uniform limit", typed(right_sigma, limit_of=lambda s: s)),
    ("variance-scaling", "√2 in the uniform limit", typed(right_sigma, limit_of=lambda s: np.sqrt(2) * s)),
    ("variance-scaling", "a root missing in the uniform limit", typed(right_sigma, limit_of=lambda s: 3 * s)),
    ("variance-scaling", "fan_in and fan_out exchanged", typed(right_sigma, swap=True)),
    ("variance-scaling", "the sum of the fans", typed(right_sigma, fan_avg=lambda i, o: i + o)),
    ("variance-scaling", None, typed(right_sigma, fan_avg=lambda i, o: (i + o) // 2)),
    ("variance-scaling", "the scale left out", typed(lambda c, n: n**-0.5)),
    ("variance-scaling", "the scale outside the root", typed(lambda c, n: c / np.sqrt(n))),
    ("variance-scaling", "the shape the other way round", lambda *given: scaling_in_a_loop(*given).T),
    ("variance-scaling", "a seed of its own", seeded),
    ("initialize", "rng not used", global_numbers),
    ("initialize", "uniform", even_rules),
    ("initialize", None, lambda rule, i, o, rng, alpha: rules_by_formula(rule, i, o, rng, alpha).std()),
    ("initialize", None, lambda rule, i, o, rng, alpha: np.ones((i, o)) / math.sqrt(i)),
    ("initialize", "Glorot: brackets lost", glorot_without_brackets),
    ("initialize", "0.01 whatever the rule", lambda rule, i, o, rng, alpha: rng.standard_normal((i, o)) * 0.01),
    ("initialize", "Glorot: the 2 counted twice", ruled(glorot=(2, "fan_avg"))),
    ("initialize", "Glorot: forward only", ruled(glorot=(1, "fan_in"))),
    ("initialize", "He: the 2 lost", ruled(he=(lambda alpha: 1 / (1 + alpha**2), "fan_in"))),
    ("initialize", "He: α not squared", ruled(he=(lambda alpha: 2 / (1 + alpha), "fan_in"))),
    ("initialize", "He: the gain as the scale", ruled(he=(initializers.gain_leaky_relu, "fan_in"))),
    ("initialize", "He: the outputs counted", ruled(he=(lambda alpha: 2 / (1 + alpha**2), "fan_out"))),
    ("initialize", "LeCun: a 2 as in He's rule", ruled(lecun=(2, "fan_in"))),
    ("initialize", None, ruled(he=(lambda alpha: 2 - alpha**2, "fan_in"))),
    ("different-units", "neighbors alone", units_by_pairs),
    (
        "different-units",
        "outgoing weights left out",
        lambda W, b, V: len({(*w, c) for w, c in zip(W.T, b, strict=True)}),
    ),
    ("different-units", "incoming weights alone", lambda W, b, V: len({tuple(w) for w in W.T})),
    ("different-units", "nearly equal units", lambda W, b, V: units_as_rows(W.round(1), b.round(1), V.round(1))),
    ("different-units", "nearly equal units", units_that_are_close),
    ("different-units", "the rank", lambda W, b, V: np.linalg.matrix_rank(np.column_stack([W.T, b, V]))),
    ("different-units", "the other side of the shape", lambda W, b, V: len(np.unique(np.vstack([W, b, V.T]), axis=1))),
    (
        "different-units",
        None,
        lambda W, b, V: max(units_as_rows(W, 0 * b, 0 * V), len(set(b)), len(np.unique(V, axis=0))),
    ),
    ("scale-for", "upside down", lambda f: summed(f) * 0.01),
    ("scale-for", "the gain", lambda f: (summed(f) * 0.01) ** -0.5),
    ("scale-for", "all scales off by one factor", lambda f: 1 / summed(f)),
    ("scale-for", "every z counts the same", lambda f: 1 / np.mean(f(np.linspace(-5, 5, 1001)) ** 2)),
    ("scale-for", "every z counts the same", lambda f: 1 / np.trapezoid(f(np.linspace(-3, 3, 901)) ** 2, dx=6 / 900)),
    ("scale-for", "a grid that is too short", lambda f: 100 / summed(f, reach=2.0)),
    (
        "scale-for",
        "positive z alone",
        lambda f: 1 / quad(lambda z: f(z) ** 2 * statistics.NormalDist().pdf(z), 0, 9)[0],
    ),
    ("scale-for", "the variance of the outputs", lambda f: 1 / f(np.random.default_rng(0).normal(size=10**6)).var()),
    ("scale-for", "too few draws", lambda f: 1 / np.mean(f(np.random.default_rng(4).normal(size=50)) ** 2)),
    ("scale-for", "too few draws", lambda f: 1 / np.mean(f(np.random.default_rng().normal(size=100)) ** 2)),
    ("scale-for", None, coarse),
    ("scale-for", None, lambda f: np.array([100 / summed(f)])),
    ("diagnose", "outputs alone", doctor(outputs_only=True)),
    ("diagnose", "deltas read forward", doctor(backward=False)),
    ("diagnose", "zeros in place of dead units", doctor(silent=lambda a: np.count_nonzero(a <= 0) / a.size)),
    ("diagnose", None, doctor(silent=lambda a: np.all(a == 0, axis=0).mean() + 1e-9)),  # half is enough
    ("diagnose", "a tenth of 1 for every slope", doctor(tenth=0.1)),
    ("diagnose", "the mean slope", doctor(flat=lambda slope, least: slope.mean() < least)),
    (
        "diagnose",
        "the sigmoid never saturated",
        doctor(flat=lambda slope, least: least > 0.05 and np.median(slope) < least),
    ),
    ("diagnose", "length in place of size", doctor(measure=np.linalg.norm)),
    ("diagnose", "tenfold is enough", doctor(measure=lambda x: np.mean(x * x))),
    ("diagnose", None, doctor(shout=True)),  # the table says how the names are written
    ("diagnose", "equal outputs are enough", doctor(alike=lambda a, d: equal(a))),
    ("diagnose", "equal deltas are enough", doctor(alike=lambda a, d: equal(d))),
    (
        "diagnose",
        "equal in different layers",
        symmetric_if(lambda outputs, deltas: any(map(equal, outputs)) and any(map(equal, deltas))),
    ),
    ("diagnose", "equal units in every layer", symmetric_if(lambda outputs, deltas: all(map(equal, outputs + deltas)))),
    (
        "diagnose",
        "symmetric before dead",
        symmetric_if(
            lambda outputs, deltas: any(equal(a) and equal(d) for a, d in zip(outputs, deltas, strict=True)), after=()
        ),
    ),
    (
        "diagnose",
        "small taken for equal",
        doctor(alike=lambda a, d: np.ptp(a, axis=1).max() + np.ptp(d, axis=1).max() < 1e-8),
    ),
]

# Slips that all questions share and that leave the answer right, by a piece of the code that they write.
AS_GOOD = {
    "variance-scaling": (
        "return -rng.normal(",
        "return -rng.uniform(",
    ),  # both distributions are the same on both sides
    "initialize": ("return -variance_scaling(",),
}

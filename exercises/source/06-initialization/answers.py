"""Chapter 6: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

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


def global_numbers(rule, fan_in, fan_out, rng, alpha):
    return np.random.randn(fan_in, fan_out) * np.sqrt(2 / fan_in)  # noqa: NPY002 - as in old code


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


def doctor(outputs_only=False, backward=True, silent=None, tenth=None, shout=False, alike=None):
    """The doctor in loops, with something changed."""

    def answer(activation, outputs, deltas):
        if activation == "relu" and any(
            (silent or (lambda a: np.all(a == 0, axis=0).mean()))(a) > 0.5 for a in outputs
        ):
            return "dead"
        same = alike or (lambda a, d: all(np.allclose(x, x[:, :1], atol=0) for x in (a, d)))
        if any(same(a, d) for a, d in zip(outputs, deltas, strict=True)):
            return "symmetric"
        slope = {"tanh": lambda a: 1 - a * a, "sigmoid": lambda a: a - a * a, "relu": np.ones_like}[activation]
        best = tenth or {"sigmoid": 0.025}.get(activation, 0.1)
        if max((slope(a) < best).mean() for a in outputs) > 0.5:
            return "saturated"
        grows = [grown(outputs)] + ([] if outputs_only else [1 / grown(deltas) if backward else grown(deltas)])
        name = "exploding" if max(grows) > 100 else "fading" if min(grows) < 0.01 else "healthy"
        return name.upper() if shout else name

    return answer


VARIANTS = [
    ("size-of-sums", "the variance of the inputs", lambda X, sigma: sigma * math.sqrt(X.shape[1] * np.var(X))),
    ("size-of-sums", "the variance in place of the size", lambda X, sigma: (sigma**2 * (X**2).sum(axis=1)).mean()),
    ("size-of-sums", "σ taken for the variance", lambda X, sigma: (sigma * np.sum(X**2) / len(X)) ** 0.5),
    ("size-of-sums", "as if nothing canceled", lambda X, sigma: sigma * X.shape[1] * (X * X).mean() ** 0.5),
    (
        "variance-scaling",
        "variance taken for standard deviation",
        typed(lambda c, n: c / n, limit_of=lambda s: np.sqrt(s * s)),
    ),
    (
        "variance-scaling",
        "variance taken for standard deviation, with the right width of the uniform draw",
        typed(lambda c, n: c / n),
    ),
    ("variance-scaling", "the standard deviation as the uniform limit", typed(right_sigma, limit_of=lambda s: s)),
    ("variance-scaling", "√2 in the uniform limit", typed(right_sigma, limit_of=lambda s: np.sqrt(2) * s)),
    ("variance-scaling", "a root missing in the uniform limit", typed(right_sigma, limit_of=lambda s: 3 * s)),
    ("variance-scaling", "fan_in and fan_out exchanged", typed(right_sigma, swap=True)),
    ("variance-scaling", "the sum of the fans", typed(right_sigma, fan_avg=lambda i, o: i + o)),
    ("variance-scaling", "the scale left out", typed(lambda c, n: n**-0.5)),
    ("variance-scaling", "the scale outside the root", typed(lambda c, n: c / np.sqrt(n))),
    ("variance-scaling", "the shape the other way round", lambda *given: scaling_in_a_loop(*given).T),
    ("variance-scaling", "a seed of its own", seeded),
    ("initialize", "rng not used", global_numbers),
    ("initialize", "Glorot: brackets lost", glorot_without_brackets),
    ("initialize", "0.01 whatever the rule", lambda rule, i, o, rng, alpha: rng.standard_normal((i, o)) * 0.01),
    ("initialize", "Glorot: the 2 counted twice", ruled(glorot=(2, "fan_avg"))),
    ("initialize", "Glorot: forward only", ruled(glorot=(1, "fan_in"))),
    ("initialize", "He: the 2 lost", ruled(he=(lambda alpha: 1 / (1 + alpha**2), "fan_in"))),
    ("initialize", "He: α not squared", ruled(he=(lambda alpha: 2 / (1 + alpha), "fan_in"))),
    ("initialize", "He: the gain as the scale", ruled(he=(initializers.gain_leaky_relu, "fan_in"))),
    ("initialize", "He: the outputs counted", ruled(he=(lambda alpha: 2 / (1 + alpha**2), "fan_out"))),
    ("different-units", "neighbors alone", units_by_pairs),
    (
        "different-units",
        "outgoing weights left out",
        lambda W, b, V: len({(*w, c) for w, c in zip(W.T, b, strict=True)}),
    ),
    ("different-units", "incoming weights alone", lambda W, b, V: len({tuple(w) for w in W.T})),
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
    ("diagnose", "deltas not looked at", doctor(outputs_only=True)),
    ("diagnose", "deltas read forward", doctor(backward=False)),
    ("diagnose", "zeros in place of dead units", doctor(silent=lambda a: np.count_nonzero(a <= 0) / a.size)),
    ("diagnose", "a tenth of 1 for every slope", doctor(tenth=0.1)),
    ("diagnose", "names written otherwise", doctor(shout=True)),
    ("diagnose", "equal outputs are enough", doctor(alike=lambda a, d: np.allclose(a, a[:, :1], atol=0))),
    (
        "diagnose",
        "small taken for equal",
        doctor(alike=lambda a, d: np.ptp(a, axis=1).max() + np.ptp(d, axis=1).max() < 1e-8),
    ),
]

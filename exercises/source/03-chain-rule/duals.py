"""Chapter 3, questions 5 and 6: dual numbers, and a gradient with a step that is small enough and not too small."""

import numpy as np

from mlkit.checks.expect import a_number, an_array, close, require
from mlkit.checks.guard import guarded
from mlkit.checks.question import Question

from .graphs import MAGNIFIERS, PATHS, STEP, written

GRADIENTS = "Gradients, Jacobians and their shapes"
WAYS = "Four ways to differentiate"

# 5. Dual numbers


def duals(product=None, exponential=None):
    """A class of dual numbers whose product and exponential may be wrong, as pairs (value, derivative)."""
    product = product or (lambda u, du, v, dv: (u * v, du * v + u * dv))
    exponential = exponential or (lambda u, du: (np.exp(u), np.exp(u) * du))

    class Dual:
        def __init__(self, value, derivative=0.0):
            self.value, self.derivative = value, derivative

        def __mul__(self, other):
            return Dual(*product(self.value, self.derivative, other.value, other.derivative))

        def exp(self):
            return Dual(*exponential(self.value, self.derivative))

    return Dual


class PairsNotDuals(duals()):
    def __mul__(self, other):
        return self.value * other.value, self.derivative * other.value + self.value * other.derivative


def a_few_duals(answer, rng):
    """A product of two, a product of three, an exponential, and one of a product."""
    x, w = (answer(*pair) for pair in rng.uniform(0.5, 1.5, size=(2, 2)))
    return [pair_of(dual) for dual in (x * w, x * w * x, x.exp(), (x * w).exp() * w)]


def pair_of(dual):
    """Value and derivative of what should be a dual number."""
    for name in ("value", "derivative"):
        kind = type(dual).__name__
        require(hasattr(dual, name), f"the result is of type {kind} and has no `{name}`; return a new Dual")
    return a_number(dual.value, "the value"), a_number(dual.derivative, "the derivative")


dual = Question("03-chain-rule/dual", observe=a_few_duals)


@dual.part("a product of two duals")
def _(answer, rng):
    written(answer, "__mul__")
    for u, du, v, dv in rng.normal(size=(5, 4)):
        value, derivative = pair_of(answer(u, du) * answer(v, dv))
        close(value, u * v, "the value of a product must be the product of the values")
        nudged = ((u + 1e-6 * du) * (v + 1e-6 * dv) - (u - 1e-6 * du) * (v - 1e-6 * dv)) / 2e-6
        close(derivative, nudged, "the derivative of a product is not what a nudge shows", rtol=1e-5, atol=1e-7)


@dual.part("an exponential")
def _(answer, rng):
    written(answer, "exp")
    for u, du in rng.normal(size=(5, 2)):
        value, derivative = pair_of(answer(u, du).exp())
        close(value, np.exp(u), "the value of an exponential must be the exponential of the value")
        nudged = (np.exp(u + 1e-6 * du) - np.exp(u - 1e-6 * du)) / 2e-6
        close(derivative, nudged, "the derivative of an exponential is not what a nudge shows", rtol=1e-5, atol=1e-7)


@dual.part("a whole formula, whichever input is chosen", points=2)
def _(answer, rng):
    written(answer, "__mul__", "exp")
    x, w = (float(v) for v in rng.uniform(-1, 1, size=2))
    slopes = {(1.0, 0.0): (2 * x + w * x**2) * np.exp(x * w), (0.0, 1.0): x**3 * np.exp(x * w)}
    for (dx, dw), wanted in slopes.items():
        X, W = answer(x, dx), answer(w, dw)
        _, derivative = pair_of(X * X * (X * W).exp())
        close(derivative, wanted, "in x·x·exp(x·w) the derivative with respect to one of the inputs is wrong")
        kept = [*pair_of(X), *pair_of(W)]
        close(np.array(kept), [x, dx, w, dw], "an operand was changed: a product must leave its operands as they were")


def returns_a_pair(answer, rng):
    results = (answer(1.0, 1.0) * answer(2.0, 0.0), answer(1.0, 1.0).exp())
    return any(isinstance(result, (tuple, list)) for result in results)


dual.mistake(
    "derivatives multiplied",
    duals(lambda u, du, v, dv: (u * v, du * dv)),
    "The derivative of a product is not the product of the derivatives: with the second factor a constant, yours would "
    "be 0.",
    section=WAYS,
)
dual.mistake(
    "second path forgotten",
    duals(lambda u, du, v, dv: (u * v, du * v)),
    "Only the first factor moves. A nudge of the input may reach the product through both factors.",
    section=PATHS,
)
dual.mistake(
    "each derivative with its own value",
    duals(lambda u, du, v, dv: (u * v, u * du + v * dv)),
    "Each derivative is multiplied by the value of its own factor. What does a nudge of one factor get multiplied by?",
    section=PATHS,
)
dual.mistake(
    "inner derivative forgotten",
    duals(exponential=lambda u, du: (np.exp(u), np.exp(u))),
    "The exponential is right as long as the derivative that comes in is 1. What if it is something else, as after a "
    "product?",
    section=MAGNIFIERS,
)
dual.mistake(
    "derivative exponentiated",
    duals(exponential=lambda u, du: (np.exp(u), np.exp(du))),
    "You took the exponential of the incoming derivative. The magnification of a function is taken at the value, and "
    "what comes in is magnified by it.",
    section=MAGNIFIERS,
)
dual.mistake(
    "a pair, not a Dual",
    PairsNotDuals,
    "A tuple is returned. It holds the right kind of numbers, but the next operation cannot go on with it: make a new "
    "Dual of them.",
    section=WAYS,
    found=returns_a_pair,
)


# 6. A gradient of any shape, with a step you choose


def moves_of(answer, x):
    """By how much ``f`` saw each entry moved, one array for each call, whatever the answer makes of it."""
    x, calls = np.asarray(x), []

    def watch(moved):
        require(not np.iscomplexobj(moved), "f takes real numbers")
        calls.append(np.asarray(moved, dtype=float) - x)
        return float(np.sum(np.sqrt(1 + (x + calls[-1]) ** 2)))

    guarded(lambda: answer(watch, x), 1.0)
    return np.array(calls).reshape(-1, *x.shape)


def largest_step(answer, size):
    """The largest step taken where all entries of x are about this large; 0 if nothing moves."""
    return np.abs(moves_of(answer, size * np.linspace(1, 1.5, 3))).max(initial=0)


def moved_together(answer, rng, shape):
    """How many entries differ from x in each call."""
    return (np.abs(moves_of(answer, rng.uniform(0.5, 1.5, size=shape))) > 0).reshape(-1, np.prod(shape)).sum(axis=1)


def balanced(x):
    return np.cbrt(np.finfo(float).eps) * max(1, abs(x))


def a_gradient(step, one_sided=False, width=2, keep=False):
    """A numeric gradient with this step, in which one thing may be wrong."""

    def numeric_gradient(f, x):
        x = np.array(x, dtype=float)
        gradient = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            h = step(x[i])
            up, down = x.copy(), x if keep else x.copy()
            up[i] += h
            down[i] -= 0 if one_sided else h
            gradient[i] = (f(up) - f(down)) / ((1 if one_sided else width) * h)
        return gradient

    return numeric_gradient


def all_at_once(f, x):
    x, h = np.asarray(x, dtype=float), 6e-6
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


def in_its_own_type(f, x):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        h, up, down = balanced(x[i]), x.copy(), x.copy()
        up[i], down[i] = x[i] + h, x[i] - h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def moves_all(answer, rng):
    moved = moved_together(answer, rng, (4,))
    return moved.size > 0 and moved.max() == 4 and set(moved.tolist()) <= {0, 4}


def leaves_them_moved(answer, rng):
    return moved_together(answer, rng, (4,)).max() > 1


def one_side_only(answer, rng):
    moves = moves_of(answer, rng.uniform(0.5, 1.5, size=3))
    return moves.any() and ((moves >= 0).all() or (moves <= 0).all())


def loses_the_step(answer, rng):
    whole = moves_of(answer, rng.integers(1, 5, size=3))
    exact = moves_of(answer, rng.uniform(0.5, 1.5, size=3))
    return (exact % 1).any() and not (whole % 1).any()


def no_step_at_zero(answer, rng):
    moves = moves_of(answer, np.zeros(3))
    return moves.size > 0 and not moves.any()


def gradient_of_a_sum(rng):
    c, x = rng.uniform(1, 2, size=(2, 3)), rng.uniform(0.5, 1.5, size=(2, 3))
    return lambda moved: (c * np.asarray(moved)).sum(), x


choose_h = Question("03-chain-rule/choose-h", takes=("f", "x"), draw=gradient_of_a_sum)


@choose_h.part("one slope for each entry, whatever the shape and type of x")
def _(answer, rng):
    for shape in ((4,), (2, 3), (2, 1, 2)):
        c = rng.normal(size=shape)
        for dtype in (float, np.float32, int):
            x = rng.integers(1, 5, size=shape).astype(dtype)
            said = f"it is not right for a weighted sum of the entries of x, of shape {shape} and type {x.dtype}"
            close(an_array(answer(lambda v, c=c: float((c * v).sum()), x), shape), c, said, rtol=1e-5, atol=1e-7)


@choose_h.part("one entry moves, all others stand still")
def _(answer, rng):
    for _ in range(3):
        x = rng.uniform(0.5, 1.5, size=4)
        found = an_array(answer(lambda v: float(np.prod(v)), x), (4,))
        said = "for the product of all entries it is not right: do the others stand still while one entry moves?"
        close(found, np.prod(x) / x, said, rtol=1e-7)


@choose_h.part("eight digits where x is of size 1, and at 0", points=2)
def _(answer, rng):
    x = np.append(rng.uniform(-1, 1, size=5), 0.0)
    for f, slope in ((np.sin, np.cos), (np.exp, np.exp), (np.cosh, np.sinh)):
        found = an_array(answer(lambda v, f=f: float(f(v).sum()), x), (6,))
        error = np.abs(found - slope(x)).max() / np.abs(slope(x)).max()
        require(error < 1e-8, "fewer than eight digits are right, and with a better step more of them would be")


@choose_h.part("seven digits where x is of size one million")
def _(answer, rng):
    x = 1e6 * rng.uniform(1, 3, size=4)
    found = an_array(answer(lambda v: float(np.sqrt(v).sum()), x), (4,))
    error = np.abs(found * 2 * np.sqrt(x) - 1).max()
    require(error < 1e-7, "fewer than seven digits are right. Near one million, numbers lie further apart than near 1")


choose_h.mistake(
    "all entries moved at once",
    all_at_once,
    "All entries of x move together, so that their slopes are mixed into one number. Each entry of the gradient needs "
    "a nudge of its own.",
    section=GRADIENTS,
    found=moves_all,
)
choose_h.mistake(
    "entries left moved",
    a_gradient(balanced, keep=True),
    "An entry that has been moved stays where it is while the next ones are measured. Put it back, or begin each time "
    "with a fresh copy of x.",
    section=GRADIENTS,
    found=leaves_them_moved,
)
choose_h.mistake(
    "whole numbers stay whole",
    in_its_own_type,
    "If x holds whole numbers, a small step is cut off (or refused) when it is stored, and nothing moves. Make a copy "
    "in double precision first.",
    section=STEP,
    found=loses_the_step,
)
choose_h.mistake(
    "no step at zero",
    a_gradient(lambda x: np.cbrt(np.finfo(float).eps) * abs(x)),
    "The step is proportional to x, so at x = 0 it is 0, and so is what you divide by.",
    section=STEP,
    found=no_step_at_zero,
)
choose_h.mistake(
    "one side only",
    a_gradient(lambda x: np.sqrt(np.finfo(float).eps) * max(1, abs(x)), one_sided=True),
    "You compare with x itself, on one side only. Even with its best step such a difference has only about eight "
    "digits, and often fewer.",
    section=STEP,
    found=one_side_only,
)
choose_h.mistake(
    "step too small",
    a_gradient(lambda x: 1e-12 * max(1, abs(x))),
    "Your step is so small that the two values agree in nearly all their digits, and the subtraction throws those "
    "away. Where do round-off and truncation balance?",
    section=STEP,
    found=lambda answer, rng: 0 < largest_step(answer, 1.0) < 1e-7,
)
choose_h.mistake(
    "step too large",
    a_gradient(lambda x: 1e-2 * max(1, abs(x))),
    "Your step is so large that the curve bends noticeably within it. Where do round-off and truncation balance?",
    section=STEP,
    found=lambda answer, rng: largest_step(answer, 1.0) > 1e-4,
)
choose_h.mistake(
    "one step for all sizes",
    a_gradient(lambda x: np.cbrt(np.finfo(float).eps)),
    "The step is the same near 1 and near one million. Where numbers themselves are larger, so are the gaps between "
    "neighboring floating-point numbers, and the step must grow with them.",
    section=STEP,
    found=lambda answer, rng: 0 < largest_step(answer, 1e6) < 1e-2,
)

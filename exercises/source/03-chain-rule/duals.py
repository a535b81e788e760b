"""Chapter 3, questions 5 and 6: dual numbers, and a gradient with a step that is small enough and not too small."""

import numpy as np

from mlkit.checks.expect import a_number, an_array, close, require
from mlkit.checks.guard import guarded
from mlkit.checks.question import Question

from .graphs import MAGNIFIERS, PATHS, STEP, returned, written

GRADIENTS = "Gradients, Jacobians and their shapes"
WAYS = "Four ways to differentiate"

# 5. Dual numbers


class Pair:
    """A value, and its derivative with respect to one chosen input; as the notebook has it."""

    def __init__(self, value, derivative=0.0):
        self.value, self.derivative = value, derivative

    def __add__(self, other):
        return type(self)(self.value + other.value, self.derivative + other.derivative)


def pair_of(dual, method):
    """Value and derivative of the dual number that a method should have returned."""
    returned(dual, method)
    for name in ("value", "derivative"):
        kind = type(dual).__name__
        require(hasattr(dual, name), f"the result is of type {kind} and has no `{name}`; return a new Dual")
    return a_number(dual.value, "the value"), a_number(dual.derivative, "the derivative")


def a_few_duals(answer, rng):
    """Some products and exponentials, and what is left of a dual that was used in both."""
    numbers = rng.normal(size=(3, 4))
    products = [pair_of(answer(u, du) * answer(v, dv), "__mul__") for u, du, v, dv in numbers]
    exponentials = [pair_of(answer(u, du).exp(), "exp") for u, du, _, _ in numbers]
    x, w = answer(0.5, 1.5), answer(-0.75, 1.25)
    _ = x * w, x.exp()
    return *np.transpose(products), *np.transpose(exponentials), np.array([x.value, x.derivative])


dual = Question(
    "03-chain-rule/dual",
    observe=a_few_duals,
    uses={"Pair": Pair},
    returns=(
        "the value of a product",
        "the derivative of a product",
        "the value of an exponential",
        "the derivative of an exponential",
        "a dual after it was used",
    ),
    section=WAYS,
    why="A nudge of the input moves both factors, and each one moves the product by as much as the other is large. In "
    "an exponential there is one path only, and along it the two derivatives multiply.",
    solution="""
        class Dual(Pair):
            def __mul__(self, other):
                through_both = self.derivative * other.value + self.value * other.derivative
                return Dual(self.value * other.value, through_both)

            def exp(self):
                value = np.exp(self.value)  # the exponential is its own slope
                return Dual(value, value * self.derivative)
        """,
)


@dual.part("a product of two duals")
def _(answer, rng):
    written(answer, "__mul__")
    constant = pair_of(answer(3.0), "__init__")[1]
    close(constant, 0, "a Dual that is made of a value alone must have the derivative 0, as a Pair has")
    for u, du, v, dv in (*rng.normal(size=(5, 4)), (1.5, 1.0, 1.5, -2.0)):
        value, derivative = pair_of(answer(u, du) * answer(v, dv), "__mul__")
        close(value, u * v, "the value of a product must be the product of the values")
        nudged = ((u + 1e-6 * du) * (v + 1e-6 * dv) - (u - 1e-6 * du) * (v - 1e-6 * dv)) / 2e-6
        close(derivative, nudged, "the derivative of a product is not what a nudge shows", rtol=1e-5, atol=1e-7)


@dual.part("an exponential")
def _(answer, rng):
    written(answer, "exp")
    for u, du in rng.normal(size=(5, 2)):
        value, derivative = pair_of(answer(u, du).exp(), "exp")
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
        product, _ = X * W, (X.exp(), W.exp())
        kept = [*pair_of(X, "__init__"), *pair_of(W, "__init__")]
        said = "an operand was changed: a product and an exponential must leave their operands as they were"
        close(np.array(kept), [x, dx, w, dw], said)
        require(hasattr(product, "exp"), f"a product is of type {type(product).__name__}, which has no `exp`")
        _, derivative = pair_of(X * X * product.exp(), "__mul__")
        close(derivative, wanted, "in x·x·exp(x·w) the derivative with respect to one of the inputs is wrong")


BOTH = "self.derivative * other.value + self.value * other.derivative"
NEW, OUT = "self.value * other.value, through_both", "value, value * self.derivative"

dual.slips(
    ("derivatives multiplied", {BOTH: "self.derivative * other.derivative"},
     "The derivative of a product is not the product of the derivatives: with the second factor a constant, yours "
     "would be 0."),
    ("derivatives added", {BOTH: "self.derivative + other.derivative"},
     "Your derivatives add up as in a sum. By how much does a nudge of one factor move the product?"),
    ("second path forgotten", {" + self.value * other.derivative": ""},
     "Only the first factor moves. A nudge of the input may reach the product through both factors.",
     {"section": PATHS}),
    ("first path forgotten", {"self.derivative * other.value + ": ""},
     "Only the second factor moves. A nudge of the input may reach the product through both factors.",
     {"section": PATHS}),
    ("each derivative with its own value", {BOTH: "self.derivative * self.value + other.value * other.derivative"},
     "Each derivative is multiplied by the value of its own factor. What does a nudge of one factor get multiplied by?",
     {"section": PATHS}),
    ("a minus between the paths", {"other.value + self": "other.value - self"},
     "What arrives through the second factor is subtracted. That is half of the quotient rule; where two paths meet, "
     "what do they do?", {"section": PATHS}),
    ("the quotient rule", {BOTH: "(self.derivative * other.value - self.value * other.derivative) / other.value**2"},
     "Your derivative is that of a quotient, and `*` is a product."),
    ("a product without derivative", {NEW: "self.value * other.value"},
     "Your product has the derivative 0, as a constant has: nothing is handed to the new Dual."),
    ("inner derivative forgotten", {"value * self.derivative": "value"},
     "The exponential is right as long as the derivative that comes in is 1. What if it is something else, as after a "
     "product?", {"section": MAGNIFIERS}),
    ("derivative exponentiated", {"value * self.derivative": "np.exp(self.derivative)"},
     "You took the exponential of the incoming derivative. The magnification of a function is taken at the value, and "
     "what comes in is magnified by it.", {"section": MAGNIFIERS}),
    ("derivative as it came", {"value * self.derivative": "self.derivative"},
     "The derivative goes through the exponential as it came. How much does the exponential magnify it there?",
     {"section": MAGNIFIERS}),
    ("magnified by the value", {"value * self.derivative": "self.value * self.derivative"},
     "What comes in is magnified by the value itself. How steep is the exponential at this value?",
     {"section": MAGNIFIERS}),
    ("the power rule", {"value * self.derivative": "self.value * np.exp(self.value - 1) * self.derivative"},
     "You use the rule for powers, in which the exponent comes down in front. Here it is the exponent that moves.",
     {"section": MAGNIFIERS}),
    ("magnifications added", {"value * self.derivative": "value + self.derivative"},
     "You add what comes in to the slope of the exponential. Two magnifiers in a row: how do they combine?",
     {"section": MAGNIFIERS}),
    ("a product in place", {f"return Dual({NEW})": f"self.value, self.derivative = {NEW}\n        return self"},
     "Your product writes into its left factor, which is then another number for all that follows. Make a new Dual."),
    ("an exponential in place", {f"return Dual({OUT})": f"self.value, self.derivative = {OUT}\n        return self"},
     "Your exponential writes into the dual itself, which is then another number for all that follows. Make a new "
     "one."),
    ("the new value too early", {"self.value * other.derivative": "self.value * other.value * other.derivative"},
     "What comes through the second factor is multiplied by the whole product. Is the new value used where the old one "
     "belongs?", {"section": PATHS}),
)  # fmt: skip


# 6. A gradient of any shape, with a step you choose


def moves_of(answer, x):
    """By how much ``f`` saw each entry moved, one array for each call, whatever the answer makes of it."""
    calls = []

    def watch(moved):
        require(np.shape(moved) == x.shape and not np.iscomplexobj(moved), "f takes real numbers in the shape of x")
        calls.append(np.array(moved, dtype=float) - x)
        return float(np.sum(np.sqrt(1 + (x + calls[-1]) ** 2)))

    guarded(lambda: answer(watch, x), 1.0)
    return np.array(calls).reshape(-1, *x.shape)


def steps_of(answer, *x):
    """The largest step of each entry; 0 if it never moves."""
    return np.abs(moves_of(answer, np.array(x))).max(axis=0, initial=0)


def type_seen(answer, dtype):
    """The name of the type of numbers that ``f`` gets if x is of this type."""
    seen = []
    guarded(lambda: answer(lambda moved: seen.append(np.asarray(moved).dtype.name) or 1.0, np.ones(3, dtype)), 1.0)
    return seen[-1] if seen else ""


def nearly_right(answer):
    """Whether there is a gradient, even if few of its digits are right."""
    x = np.array([0.5, -1.0, 1.5])
    return np.allclose(answer(lambda v: float(np.exp(v).sum()), x), np.exp(x), rtol=0.05)


def leaves_them_moved(answer, rng):
    moved = (moves_of(answer, np.array([0.5, 1, -1, 2])) != 0).sum(axis=1)
    return moved.max() > 1 and (np.diff(moved) >= 0).all() and moved[0] <= 1


def one_side_only(answer, rng):
    moves = moves_of(answer, np.array([0.5, 1, -1, 2]))
    alone = (moves != 0).sum(axis=1).max() == 1
    return alone and ((moves >= 0).all() or (moves <= 0).all())


def too_small(answer, rng):
    small = 0 < steps_of(answer, 1.0, 1.25, -1.5).max() < 1e-7
    return small and nearly_right(answer) and not one_side_only(answer, rng)


def too_large(answer, rng):
    return steps_of(answer, 1.0, 1.25, -1.5).min() > 1e-4 and nearly_right(answer)


def nothing_left_at_zero(answer, rng):
    return steps_of(answer, 0.0, 0.0).max() < 1e-8 and steps_of(answer, 1.0, -1.5).min() > 1e-7


def too_small_near_a_million(answer, rng):
    return steps_of(answer, 1e6, -1e6).min() < 1e-2 and steps_of(answer, 1.0, -1.5).min() > 1e-7


def as_large_as_the_largest(answer, rng):
    return steps_of(answer, 1.0, 1e6)[0] > 1e-2 and steps_of(answer, 1.0, -1.5).max() < 1e-4


def gradient_to_find(rng):
    """A function of all entries together, and a place: of several shapes and types, with zeros and negative entries."""
    shape, dtype = [(4,), (2, 3), (2, 1, 2)][rng.integers(3)], [float, float, np.float32, int][rng.integers(4)]
    c, d = rng.normal(size=(2, *shape))
    x = rng.integers(-3, 4, size=shape) / (1 if dtype is int else 2)
    return lambda v: float((c * np.sin(v)).sum() + (d * v).sum() ** 2), x.astype(dtype)


choose_h = Question(
    "03-chain-rule/choose-h",
    draw=gradient_to_find,
    drawings=8,
    section=STEP,
    why="A large step measures the bend of the curve as well, and a small one leaves few digits of the difference. For "
    "a central difference both errors are small where h is near the cube root of ε, times the size of the entry where "
    "that is above 1.",
    solution="""
        def numeric_gradient(f, x):
            x = np.array(x, dtype=float)  # a copy in double precision: whole numbers would cut the step off
            gradient = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                # truncation and round-off balance near the cube root of ε; numbers and their gaps grow together
                h = np.cbrt(np.finfo(float).eps) * max(1.0, abs(x[i]))
                up, down = x.copy(), x.copy()
                up[i] += h
                down[i] -= h
                gradient[i] = (f(up) - f(down)) / (up[i] - down[i])  # the step really taken, after rounding
            return gradient
        """,
)


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
        error = np.abs(found - slope(x)) / np.abs(slope(x)).max()
        more = "fewer than eight digits are right, and with a better step more of them would be"
        require(error[:-1].max() < 1e-8, more)
        require(error[-1] < 1e-8, f"at the entry that is exactly 0 {more}")


@choose_h.part("seven digits where x is of size one million")
def _(answer, rng):
    x = 1e6 * rng.uniform(1, 3, size=4) * [1, 1, -1, -1]
    found = an_array(answer(lambda v: float(np.sqrt(np.abs(v)).sum()), x), (4,))
    error = np.abs(found * 2 * np.sqrt(np.abs(x)) - np.sign(x))
    said = "fewer than seven digits are right. Near one million, numbers lie further apart than near 1"
    require(error[:2].max() < 1e-7, said)
    require(error[2:].max() < 1e-7, "near minus one million " + said)
    mixed = np.append(x, rng.uniform(1, 2, size=2))
    found = an_array(answer(lambda v: float(np.log(np.abs(v)).sum()), mixed), (6,))
    said = "beside entries of one million, those of size 1 are not right: is each entry's step its own?"
    require(np.abs(found * mixed - 1).max() < 1e-7, said)


COPIES, APART = "up, down = x.copy(), x.copy()", "(up[i] - down[i])"
CBRT, SIZE = "np.cbrt(np.finfo(float).eps)", "max(1.0, abs(x[i]))"

choose_h.slips(
    ("divided by h once", {APART: "h"},
     "Every slope is twice as steep as it should be. How far apart are the two places that you compare?"),
    ("all entries moved at once", {"up[i] += h": "up += h", "down[i] -= h": "down -= h", APART: "(2 * h)"},
     "All entries of x move together, so that their slopes are mixed into one number. Each entry of the gradient needs "
     "a nudge of its own.", {"section": GRADIENTS}),
    ("whole rows moved", {"np.ndindex(x.shape)": "range(len(x))", "abs(x[i])": "np.abs(x[i]).max()", APART: "(2 * h)"},
     "If x is a matrix, `x[i]` is a whole row, and all its entries move together. How do you visit each entry of an "
     "array with any number of axes?", {"section": GRADIENTS}),
    ("both values at one place", {COPIES: "up = down = x.copy()", APART: "(2 * h)"},
     "Every slope comes out as 0. Is f called at two different places? A second name for an array makes no copy of it.",
     {"section": GRADIENTS}),
    ("a result of whole numbers",
     {"x = np.array(x, dtype=float)": "given, x = x, np.array(x, dtype=float)", "zeros_like(x)": "zeros_like(given)"},
     "If x holds whole numbers, the slopes are cut to whole ones, too, when they are stored. Which type has the array "
     "that you store them in?"),
    ("whole numbers stay whole", {"x, dtype=float": "x", "zeros_like(x)": "zeros(x.shape)", APART: "(2 * h)"},
     "If x holds whole numbers, a small step is cut off (or refused) when it is stored. Make a copy in double "
     "precision first.", {"found": lambda answer, rng: "int" in type_seen(answer, int)}),
    ("measured in single precision", {"dtype=float": "dtype=np.float32", APART: "(2 * h)"},
     "f gets numbers in single precision, with seven digits, and the difference of two of its values has hardly any "
     "left. Measure in double precision, whatever x is given in.",
     {"found": lambda answer, rng: type_seen(answer, np.float32) == "float32" and "int" not in type_seen(answer, int)}),
    ("entries left moved", {COPIES: "up, down = x.copy(), x", f" * {SIZE}": ""},
     "An entry that has been moved stays where it is while the next ones are measured. Put it back, or begin each time "
     "with a fresh copy of x.", {"section": GRADIENTS, "found": leaves_them_moved}),
    ("one side only", {"np.cbrt": "np.sqrt", f" * {SIZE}": "", "down[i] -= h": "pass"},
     "You compare with x itself, on one side only. Even with its best step such a difference has only about eight "
     "digits, and often fewer.", {"found": one_side_only}),
    ("step too small", {CBRT: "1e-12"},
     "Your step is so small that the two values agree in nearly all their digits, and the subtraction throws those "
     "away. Where do round-off and truncation balance?", {"found": too_small}),
    ("step too large", {CBRT: "1e-2"},
     "Your step is so large that the curve bends noticeably within it. Where do round-off and truncation balance?",
     {"found": too_large}),
    ("no step at zero", {SIZE: "abs(x[i])"},
     "Your step shrinks with the entry, so that at 0 hardly any of it is left, or nothing at all to divide by.",
     {"found": nothing_left_at_zero}),
    ("step too small near a million", {f" * {SIZE}": ""},
     "Near one million, or minus one million, your step is too small. Where numbers themselves are larger, so are the "
     "gaps between neighboring floating-point numbers, and the step must grow with them.",
     {"found": too_small_near_a_million}),
    ("the step of the largest entry", {"abs(x[i])": "np.abs(x).max()"},
     "An entry of size 1 takes a huge step if another one is near a million. Whose size should the step of an entry "
     "depend on?", {"found": as_large_as_the_largest}),
)  # fmt: skip

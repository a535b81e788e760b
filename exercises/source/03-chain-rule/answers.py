"""Chapter 3: other right answers, answers to nothing, and known mistakes as one would type them; for the tests."""

import math

import numpy as np

from mlkit import graph
from mlkit.gradient_check import central_difference


def midpoint_slope(f, x, h=1e-5):
    left, right = x - h, x + h
    return (f(right) - f(left)) / (right - left)


class MeanOfTwoSlopes:
    def __call__(self, f, x, h):
        return 0.5 * (f(x + h) - f(x)) / h + 0.5 * (f(x) - f(x - h)) / h


class DivideByPower:
    """Keeps its result, and the local derivatives, instead of the operands."""

    def forward(self, a, b):
        self.result = a * b**-1
        self.locals = b**-1, -self.result * b**-1
        return self.result

    def backward(self, upstream):
        return [upstream * slope for slope in self.locals]


class DivideAndHandBackAnArray(DivideByPower):
    def backward(self, upstream):
        return upstream * np.array(self.locals)


def paths_from_the_end(edges, start, end):
    """One number for each node, filled in as it is needed."""
    known = {end: 1}

    def of(name):
        if name not in known:
            total = 0
            for following, slope in edges.get(name, ()):
                total += slope * of(following)
            known[name] = total
        return known[name]

    return of(start)


def paths_with_a_stack(edges, start, end):
    total, waiting = 0.0, [(start, 1.0)]
    while waiting:
        name, so_far = waiting.pop()
        if name == end:
            total += so_far
        else:
            waiting += [(following, so_far * slope) for following, slope in edges.get(name, ())]
    return total


def backward_in_an_array(steps):
    found = np.zeros(len(steps))
    found[len(steps) - 1] = 1
    for i in range(len(steps) - 1, -1, -1):
        operands, slopes = steps[i]
        for k in range(len(operands)):
            found[operands[k]] = found[operands[k]] + slopes[k] * found[i]
    return found


def backward_by_users(steps):
    """Each step collects from its users, which have all been finished before it."""
    found = [0.0] * (len(steps) - 1) + [1.0]
    for i in range(len(steps) - 2, -1, -1):
        users = [(n, s) for n, (ops, slopes) in enumerate(steps) for o, s in zip(ops, slopes, strict=True) if o == i]
        found[i] = sum(s * found[n] for n, s in users)
    return tuple(found)


class MlkitDual(graph.Dual):
    def exp(self):
        return graph.exp(self)


class DualOfNumbersToo:
    def __init__(self, value, derivative=0):
        self.value, self.derivative = value, derivative

    def __mul__(self, other):
        if not isinstance(other, DualOfNumbersToo):
            other = DualOfNumbersToo(other)
        u, v = self, other
        return DualOfNumbersToo(value=u.value * v.value, derivative=u.value * v.derivative + v.value * u.derivative)

    __rmul__ = __mul__

    def exp(self):
        return DualOfNumbersToo(math.exp(self.value), self.derivative * math.exp(self.value))


def restored_in_place(f, x):
    x = x.astype(np.float64)
    gradient = np.empty(x.shape)
    for i, old in np.ndenumerate(x):
        h = 1e-6 * (1 + abs(old))
        x[i] = old + h
        right = f(x)
        x[i] = old - h
        gradient[i] = (right - f(x)) / (2 * h)
        x[i] = old
    return gradient


def flattened(f, x):
    flat = np.asarray(x, dtype=float).ravel()
    rows = np.eye(flat.size) * (1e-5 * np.maximum(np.abs(flat), 1))
    both = [(f((flat + row).reshape(x.shape)), f((flat - row).reshape(x.shape)), row.sum()) for row in rows]
    return np.array([(up - down) / 2 / h for up, down, h in both]).reshape(x.shape)


RIGHT = [
    ("slope", midpoint_slope),
    ("slope", MeanOfTwoSlopes()),
    ("slope", lambda f, x, h: float(central_difference(lambda v: f(v.item()), np.array([x]), h)[0])),
    ("node", DivideByPower),
    ("node", DivideAndHandBackAnArray),
    ("paths", paths_from_the_end),
    ("paths", paths_with_a_stack),
    ("backward", backward_in_an_array),
    ("backward", backward_by_users),
    ("dual", MlkitDual),
    ("dual", DualOfNumbersToo),
    ("choose-h", central_difference),
    ("choose-h", restored_in_place),
    ("choose-h", flattened),
]


NOTHING = [
    ("slope", lambda f, x, h: 0.0),
    ("slope", lambda f, x, h: f(x)),
    ("node", object),
    ("paths", lambda edges, start, end: 0.0),
    ("backward", lambda steps: []),
    ("dual", float),
    ("choose-h", lambda f, x: np.zeros_like(x)),
]


# Mistakes as someone would type them


def forward_in_two_lines(f, x, h):
    now = f(x)
    return (f(x + h) - now) / h


def slope_with_default_step(f, x, h):
    h = 1e-6
    return (f(x + h) - f(x - h)) / (2 * h)


class NoUpstream:
    def forward(self, numerator, denominator):
        self.numerator, self.denominator = numerator, denominator
        return numerator / denominator

    def backward(self, upstream):
        d_numerator = 1.0 / self.denominator
        d_denominator = -self.numerator / (self.denominator * self.denominator)
        return d_numerator, d_denominator


class SharedCache:
    cache = {}  # one dictionary for all nodes: this is the mistake

    def forward(self, a, b):
        self.cache["a"], self.cache["b"] = a, b
        return a / b

    def backward(self, upstream):
        a, b = self.cache["a"], self.cache["b"]
        return upstream / b, -upstream * a / b / b


def returns_in_the_loop(edges, start, end):
    if start == end:
        return 1
    if start not in edges:
        return 0
    total = 0
    for name, slope in edges[start]:
        total += slope * returns_in_the_loop(edges, name, end)
        return total
    return total


def visited_list(edges, start, end):
    visited = []

    def walk(name):
        if name == end:
            return 1.0
        visited.append(name)
        total = 0.0
        for following, slope in edges.get(name, []):
            if following not in visited:
                total += slope * walk(following)
        return total

    return walk(start)


def looks_up_without_asking(edges, start, end):
    total = 0.0
    if start == end:
        return 1.0
    for name, slope in edges[start]:
        total = total + slope * looks_up_without_asking(edges, name, end)
    return total


def overwrites(steps):
    found = np.zeros(len(steps))
    found[-1] = 1
    for i in range(len(steps))[::-1]:
        operands, slopes = steps[i]
        for k, operand in enumerate(operands):
            found[operand] = found[i] * slopes[k]
    return found


def from_the_inputs(steps):
    d = [0] * len(steps)
    d[len(steps) - 1] = 1
    for i, (operands, slopes) in enumerate(steps):
        for o, s in zip(operands, slopes, strict=True):
            d[o] += s * d[i]
    return d


def path_by_path(steps):
    derivatives = [0.0] * len(steps)

    def hand_down(i, arrived):
        derivatives[i] += arrived
        for o, s in zip(*steps[i], strict=True):
            hand_down(o, arrived * s)

    hand_down(len(steps) - 1, 1.0)
    return derivatives


class ProductOfDerivatives(DualOfNumbersToo):
    def __mul__(self, other):
        return ProductOfDerivatives(self.value * other.value, self.derivative * other.derivative)

    def exp(self):
        return ProductOfDerivatives(np.exp(self.value), np.exp(self.value) * self.derivative)


class NoInnerDerivative(DualOfNumbersToo):
    def __mul__(self, other):
        derivative = self.derivative * other.value + other.derivative * self.value
        return NoInnerDerivative(self.value * other.value, derivative)

    def exp(self):
        slope = math.exp(self.value)
        return NoInnerDerivative(slope, slope)


class AddsFromCallToCall(NoUpstream):
    da = db = 0.0

    def backward(self, upstream):
        da, db = super().backward(upstream)
        self.da, self.db = self.da + upstream * da, self.db + upstream * db
        return self.da, self.db


def known_by_name(edges, start, end, known={}):  # noqa: B006 (this is the mistake)
    if start != end and start not in known:
        known[start] = sum(d * known_by_name(edges, name, end) for name, d in edges.get(start, []))
    return 1.0 if start == end else known[start]


def the_largest_only(edges, start, end):
    if start == end:
        return 1.0
    ways = edges.get(start, [])
    return max((d * the_largest_only(edges, name, end) for name, d in ways), key=abs, default=0.0)


def walked(hand_down):
    """A walk back in which something may be wrong."""

    def backward(steps):
        found = np.zeros(len(steps))
        found[-1] = 1
        for i in reversed(range(len(steps))):
            hand_down(found, i, np.array(steps[i][0], dtype=int), np.array(steps[i][1]))
        return found

    return backward


def all_in_one_line(found, i, operands, slopes):
    found[operands] += found[i] * slopes


def only_from_the_last(found, i, operands, slopes):
    if i == len(found) - 1:
        np.add.at(found, operands, found[i] * slopes)


def equal_pairs_once(found, i, operands, slopes):
    for operand, slope in set(zip(operands, slopes, strict=True)):
        found[operand] += found[i] * slope


def gives_up(steps):
    """Walks every path until it is tired."""
    found, waiting = [0.0] * len(steps), [(len(steps) - 1, 1.0)]
    for _ in range(20_000):
        if waiting:
            i, arrived = waiting.pop()
            found[i] += arrived
            waiting += [(o, arrived * s) for o, s in zip(*steps[i], strict=True)]
    return found


class InPlace(DualOfNumbersToo):
    def __mul__(self, other):
        self.value, self.derivative = (
            self.value * other.value,
            self.value * other.derivative + other.value * self.derivative,
        )
        return self


class ExpInPlace(DualOfNumbersToo):
    def exp(self):
        self.value = math.exp(self.value)
        self.derivative *= self.value
        return self


class MinusInTheProduct(DualOfNumbersToo):
    def __mul__(self, other):
        derivative = other.value * self.derivative - self.value * other.derivative
        return MinusInTheProduct(self.value * other.value, derivative)


def gradient_with(h, *, one_sided=False, keep=False):
    def numeric_gradient(f, x):
        x = np.array(x, dtype=float)
        flat, gradient = x.reshape(-1), np.zeros(x.size)  # a view: x moves too
        for i in range(x.size):
            old = flat[i]
            flat[i] = old if one_sided else old - h
            below = f(x)
            flat[i] = old + h
            gradient[i] = (f(x) - below) / (h if one_sided else 2 * h)
            flat[i] = flat[i] if keep else old
        return gradient.reshape(x.shape)

    return numeric_gradient


def moves_a_copy_of_its_type(f, x):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        moved = np.copy(x)
        h = 6e-6 * max(1, abs(x[i]))
        moved[i] = x[i] + h
        above = f(moved)
        moved[i] = x[i] - h
        gradient[i] = (above - f(moved)) / (2 * h)
    return gradient


def entry_by_entry(step, *, type_of_x=float, result=float):
    def numeric_gradient(f, x):
        x = np.array(x, dtype=type_of_x)
        gradient = np.zeros(x.shape, dtype=result)
        for i in np.ndindex(*x.shape):
            h = step(x, i)
            move = np.zeros_like(x)
            move[i] = h
            gradient[i] = (f(x + move) - f(x - move)) / (2 * h)
        return gradient

    return numeric_gradient


def put_back_by_adding(f, x):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        h = 6e-6 * max(1, abs(x[i]))
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
        x[i] += h
    return gradient


def the_same_array_twice(f, x):
    x, gradient = x.astype(float), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down, h = x, x, 6e-6 * max(1, abs(x[i]))
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def everything_at_once(f, x):
    h = 1e-6
    return (f(x + h) - f(x - h)) / (2 * h) * np.ones(x.shape)


VARIANTS = [
    ("slope", "forward difference", forward_in_two_lines),
    ("slope", "a step of its own", slope_with_default_step),
    ("slope", "brackets missing below", lambda f, x, h: (f(x + h) - f(x - h)) * h / 2),
    ("slope", "half steps", lambda f, x, h: f(x + 0.5 * h) / h - f(x - 0.5 * h) / h),
    ("slope", "one side, divided by both", lambda f, x, h: (f(x + h) - f(x)) * 0.5 / h),
    ("slope", "the second derivative", lambda f, x, h: (f(x + h) + f(x - h) - 2 * f(x)) / h / h),
    ("slope", None, lambda f, x, h: midpoint_slope(f, x, min(h, 1e-3))),
    ("slope", None, lambda f, x, h: midpoint_slope(f, x, h * max(1, abs(x)))),
    ("node", "upstream forgotten", NoUpstream),
    ("node", "operands kept in the class", SharedCache),
    ("node", None, AddsFromCallToCall),
    ("paths", "the first arrow only", returns_in_the_loop),
    ("paths", "each node visited once", visited_list),
    ("paths", "no arrows, no entry", looks_up_without_asking),
    ("paths", "one graph taken for another", known_by_name),
    ("paths", None, the_largest_only),
    ("backward", "= for +=", overwrites),
    ("backward", "nothing handed on", from_the_inputs),
    ("backward", "nothing handed on", walked(only_from_the_last)),
    ("backward", "a repeated operand counts once", walked(all_in_one_line)),
    ("backward", "equal arrows taken for one", walked(equal_pairs_once)),
    ("backward", None, gives_up),
    ("backward", "every path walked", path_by_path),
    ("dual", "derivatives multiplied", ProductOfDerivatives),
    ("dual", "inner derivative forgotten", NoInnerDerivative),
    ("dual", "a product in place", InPlace),
    ("dual", "an exponential in place", ExpInPlace),
    ("dual", "a minus between the paths", MinusInTheProduct),
    ("choose-h", "one side only", gradient_with(1e-8, one_sided=True)),
    ("choose-h", "step too small", gradient_with(1e-10)),
    ("choose-h", "step too large", gradient_with(1e-3)),
    ("choose-h", "step too small near a million", gradient_with(1e-5)),
    ("choose-h", "step too small near a million", entry_by_entry(lambda x, i: 6e-6 * max(1, x[i]))),
    ("choose-h", "no step at zero", entry_by_entry(lambda x, i: 6e-6 * max(1e-9, abs(x[i])))),
    ("choose-h", "the step of the largest entry", entry_by_entry(lambda x, i: 6e-6 * max(1, np.abs(x).max()))),
    (
        "choose-h",
        "measured in single precision",
        entry_by_entry(lambda x, i: 6e-6 * max(1, abs(x[i])), type_of_x=np.float32),
    ),
    ("choose-h", None, entry_by_entry(lambda x, i: 6e-6 * max(1, abs(x[i])), result=int)),
    ("choose-h", "changed in place", put_back_by_adding),
    ("choose-h", "both values at one place", the_same_array_twice),
    ("choose-h", "entries left moved", gradient_with(1e-5, keep=True)),
    ("choose-h", "whole numbers stay whole", moves_a_copy_of_its_type),
    ("choose-h", "all entries moved at once", everything_at_once),
]

# Slips that all questions share and that leave the answer right, by a piece of the code that they write.
AS_GOOD = {}

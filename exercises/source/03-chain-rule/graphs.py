"""Chapter 3, questions 1 to 4: a slope by nudging, one node, the sum over paths, and the walk back."""

import numpy as np

from mlkit.checks.expect import NotWritten, a_number, a_tuple, an_array, close, require
from mlkit.checks.guard import guarded, is_stub
from mlkit.checks.question import Question

MAGNIFIERS = "Two magnifiers in a row"
PATHS = "More than one path"
STEP = "How small should h be?"
METHODS = ("forward", "backward", "__mul__", "exp")


def written(kind, *names):
    """Say so if the class has none of its methods yet, or not all of those that this part needs."""
    if not any(hasattr(kind, name) for name in (*METHODS, *names)):
        raise NotWritten
    for name in names:
        require(hasattr(kind, name), f"it has no method `{name}`")
        if is_stub(getattr(kind, name)):
            raise NotWritten


# 1. The slope by nudging both ways


def a_curve(rng):
    """A smooth curve, a place, and a step large enough to tell the formulas apart."""
    a, b, c = rng.uniform(0.5, 1.5, size=3)
    return lambda x: a * np.exp(b * x) + c * x**3 + c, float(rng.uniform(-1, 1)), float(rng.uniform(0.1, 0.4))


slope = Question("03-chain-rule/slope", takes=("f", "x", "h"), draw=a_curve)


@slope.part("a straight line has one slope everywhere")
def _(answer, rng):
    for h in (0.001, 0.5, 1.7):
        m, c, x = (float(v) for v in rng.normal(size=3))
        measured = a_number(answer(lambda t, m=m, c=c: m * t + c, x, h))
        close(measured, m, "for a straight line the result must be the line's slope, for every step", rtol=1e-5)


@slope.part("exact for a parabola, however large h is")
def _(answer, rng):
    for h in (0.01, 0.5, 2.0):
        c, x = (float(v) for v in rng.normal(size=2))
        measured = a_number(answer(lambda t, c=c: (t - c) ** 2, x, h))
        said = "for a parabola a central difference has no error at all, however large h is; yours has one"
        close(measured, 2 * (x - c), said, rtol=1e-5, atol=1e-6)


@slope.part("half the step, a quarter of the error")
def _(answer, rng):
    b, x = float(rng.uniform(0.5, 1.5)), float(rng.normal())
    errors = [a_number(answer(lambda t: np.exp(b * t), x, h)) - b * np.exp(b * x) for h in (0.1, 0.05)]
    ratio = errors[0] / errors[1] if errors[1] else np.inf
    require(3.5 < ratio < 4.5, "when h is halved, the error must become about four times smaller")


slope.mistake(
    "forward difference",
    lambda f, x, h: (f(x + h) - f(x)) / h,
    "You look to the right of x only. The slope you measure belongs to a place a little beyond x, so that even a "
    "parabola comes out wrong.",
    section=STEP,
)
slope.mistake(
    "divided by h once",
    lambda f, x, h: (f(x + h) - f(x - h)) / h,
    "Every slope is twice as steep as it should be. How far apart are the two places that you compare?",
    section=STEP,
)
slope.mistake(
    "brackets missing below",
    lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
    "Python works from left to right: `a / 2 * h` divides by 2 and then multiplies by h.",
    section=STEP,
)
slope.mistake(
    "brackets missing above",
    lambda f, x, h: f(x + h) - f(x - h) / (2 * h),
    "Division comes before subtraction, so only the second value is divided. Put the difference in brackets.",
    section=STEP,
)
slope.mistake(
    "sides exchanged",
    lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
    "A rising line gets a negative slope: the value on the left and the value on the right have changed places.",
    section=STEP,
)
slope.mistake(
    "a step of its own",
    lambda f, x, h: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
    "The result is the same whatever h is given: a step is written inside the function, and the argument is not used.",
    section=STEP,
)


# 2. One node of a graph


def a_division(back):
    """A node that keeps its operands and hands back what ``back(a, b, upstream)`` says."""

    class Divide:
        def forward(self, a, b):
            self.a, self.b = a, b
            return a / b

        def backward(self, upstream):
            return back(self.a, self.b, upstream)

    return Divide


class KeptInTheClass:
    """All nodes of the kind share one pair of operands: the last one's."""

    def forward(self, a, b):
        KeptInTheClass.a, KeptInTheClass.b = a, b
        return a / b

    def backward(self, upstream):
        return upstream / self.b, -upstream * self.a / self.b**2


def two_divisions(answer, rng):
    """Two nodes are in use at the same time; what each hands back must be its own."""
    first, second = answer(), answer()
    a, b, c, d, up, upper = rng.uniform(0.5, 3, size=6)
    values = first.forward(a, b), second.forward(c, d)
    return values, tuple(first.backward(up)), tuple(second.backward(upper))


node = Question("03-chain-rule/node", observe=two_divisions)


@node.part("forward: the quotient")
def _(answer, rng):
    written(answer, "forward")
    a, b = rng.uniform(0.5, 3, size=2)
    value = a_number(answer().forward(a, b), "what forward returns")
    close(value, a / b, "forward must return its first operand divided by its second")


@node.part("backward: what a nudge of each operand does", points=2)
def _(answer, rng):
    written(answer, "forward", "backward")
    for a, b in rng.uniform(0.5, 3, size=(4, 2)) * [1, -1]:
        handed = handed_back(answer, a, b, 1.0)
        for k, (da, db) in enumerate([(1e-5, 0.0), (0.0, 1e-5)]):
            nudged = answer().forward(a + da, b + db) - answer().forward(a - da, b - db)
            which = f"what goes to the {('first', 'second')[k]} operand, for an upstream derivative of 1, "
            close(handed[k], nudged / 2e-5, which + "is not what a nudge of that operand does", rtol=1e-5)


@node.part("backward: times what has arrived")
def _(answer, rng):
    written(answer, "forward", "backward")
    first, second = answer(), answer()
    (a, b), (c, d), up = rng.uniform(0.5, 3, size=2), rng.uniform(0.5, 3, size=2), rng.normal()
    alone = np.array(handed_back(answer, a, b, 1.0))
    first.forward(a, b), second.forward(c, d)
    both = a_tuple(first.backward(up), 2, "what backward returns")
    said = "twice the upstream derivative must hand twice as much to both operands; and each node has its own operands"
    close(np.array([a_number(share) for share in both]), up * alone, said)


def handed_back(answer, a, b, upstream):
    """What a new node hands to its two operands."""
    new = answer()
    new.forward(a, b)
    return [a_number(share) for share in a_tuple(new.backward(upstream), 2, "what backward returns")]


node.mistake(
    "upstream forgotten",
    a_division(lambda a, b, up: (1 / b, -a / b**2)),
    "You hand down the local derivatives alone. The derivative that has arrived from above never gets through, as if "
    "every node were the last.",
    section=PATHS,
)
node.mistake(
    "lost minus sign",
    a_division(lambda a, b, up: (up / b, up * a / b**2)),
    "If the divisor grows, does the quotient of two positive numbers grow or shrink? Look at the sign of your second "
    "derivative.",
    section=PATHS,
)
node.mistake(
    "divisor not squared",
    a_division(lambda a, b, up: (up / b, -up * a / b)),
    "The second derivative has the right sign and the wrong size. Write the quotient as a power of b and differentiate "
    "that.",
    section=PATHS,
)
node.mistake(
    "operands exchanged",
    a_division(lambda a, b, up: (-up * a / b**2, up / b)),
    "The two derivatives are right, but each goes to the other operand. Hand back in the order of `forward`.",
    section=PATHS,
)
node.mistake(
    "operands kept in the class",
    KeptInTheClass,
    "With two nodes in use, one hands back what belongs to the other: the operands are kept in the class (or outside), "
    "where all nodes share them. Each node needs its own, in `self`.",
    section=PATHS,
)


# 3. The sum over paths


def local(rng):
    """A derivative away from 0, 1 and −1, where mistakes could hide."""
    return float(rng.choice([-1, 1]) * rng.uniform(1.2, 2))


def a_map(rng):
    """A random map without rounds: x leads to u, v, w, r in this order; from r one can still go on; s is a dead end."""
    names, edges = ["x", "u", "v", "w", "r", "on", "s"], {}
    for i, name in enumerate(names[:5]):
        later = [n for n in names[i + 1 : 6] if n == names[i + 1] or rng.random() < 0.6]
        edges[name] = [(n, local(rng)) for n in later]
    edges["x"] += [("v", local(rng)), ("s", local(rng)), ("v", local(rng))]
    edges["u"].insert(0, ("s", local(rng)))
    return edges


def all_paths(edges, start, end):
    """I + J + J² + … holds the sums over the paths of 0, 1, 2, … arrows: together, the inverse of I − J."""
    names = sorted(set(edges) | {n for out in edges.values() for n, _ in out})
    J = np.zeros((len(names), len(names)))
    for name, out in edges.items():
        for to, derivative in out:
            J[names.index(name), names.index(to)] += derivative
    return np.linalg.inv(np.eye(len(names)) - J)[names.index(start), names.index(end)]


def first_path_only(edges, start, end):
    if start == end:
        return 1.0
    for name, derivative in edges.get(start, []):
        return derivative * first_path_only(edges, name, end)
    return 0.0


def added_along(edges, start, end):
    if start == end:
        return 0.0
    return sum(derivative + added_along(edges, name, end) for name, derivative in edges.get(start, []))


def every_dead_end(edges, start, end):
    if start == end or start not in edges:
        return 1.0
    return sum(derivative * every_dead_end(edges, name, end) for name, derivative in edges[start])


def end_of_the_map(edges, start, end):
    if start not in edges:
        return float(start == end)
    return sum(derivative * end_of_the_map(edges, name, end) for name, derivative in edges[start])


def each_node_once(edges, start, end, seen=None):
    seen = set() if seen is None else seen
    if start == end:
        return 1.0
    seen.add(start)
    ways = [(n, d) for n, d in edges.get(start, [])]
    return sum(d * each_node_once(edges, n, end, seen) for n, d in ways if n not in seen)


def without_get(edges, start, end):
    return 1.0 if start == end else sum(d * without_get(edges, name, end) for name, d in edges[start])


def stumbles_at_a_dead_end(answer, rng):
    try:
        answer({"x": [("side", 2.0), ("r", 3.0)]}, "x", "r")
    except KeyError:
        return True
    return False


def several_walks(answer, rng):
    edges = a_map(rng)
    return [answer(edges, *ends) for ends in (("x", "r"), ("u", "on"), ("x", "w"), ("v", "v"), ("r", "u"))]


paths = Question("03-chain-rule/paths", takes=("edges", "start", "end"), observe=several_walks)


@paths.part("along a path, multiply")
def _(answer, rng):
    p, q, s = (local(rng) for _ in range(3))
    chain = {"x": [("u", p)], "u": [("v", q)], "v": [("r", s)]}
    close(a_number(answer(chain, "u", "v")), q, "one arrow from start to end: its local derivative is the answer")
    close(a_number(answer(chain, "x", "r")), p * q * s, "along a chain the derivatives do not combine as they should")


@paths.part("over the paths, add")
def _(answer, rng):
    p, q, s, t = (local(rng) for _ in range(4))
    fork = {"x": [("u", p), ("v", q)], "u": [("r", s)], "v": [("r", t)]}
    close(a_number(answer(fork, "x", "r")), p * s + q * t, "two paths, through u and through v: both must count")
    twice = {"x": [("r", p), ("r", q)]}
    close(a_number(answer(twice, "x", "r")), p + q, "two arrows between the same two nodes are two paths")


@paths.part("stops at the end, and gets nothing where no path leads")
def _(answer, rng):
    edges = {
        "x": [("side", local(rng)), ("u", 1.5)],
        "u": [("r", local(rng))],
        "r": [("on", local(rng))],
    }
    close(a_number(answer(edges, "u", "u")), 1.0, "a node's derivative with respect to itself is not what it should be")
    close(a_number(answer(edges, "r", "x")), 0.0, "where no path leads from start to end the derivative must be 0")
    close(a_number(answer(edges, "x", "u")), 1.5, "arrows that lead away from the end do not matter")


@paths.part("right on any map")
def _(answer, rng):
    for _ in range(5):
        edges = a_map(rng)
        for ends in (("x", "r"), ("x", "on"), ("u", "w")):
            said = "with many paths, some of which meet and part again, the result is not the sum over all of them"
            close(a_number(answer(edges, *ends)), all_paths(edges, *ends), said)


paths.mistake(
    "first path only",
    first_path_only,
    "Only one way is followed. A `return` inside the loop ends the function at its first round.",
    section=PATHS,
)
paths.mistake(
    "added along the path",
    added_along,
    "You add the local derivatives along a path. Two magnifiers in a row, of 3 and of ½: is the result larger by 3½?",
    section=MAGNIFIERS,
)
paths.mistake(
    "a dead end counts",
    every_dead_end,
    "A path that ends somewhere else counts as if it had arrived. What should a node without arrows contribute, if it "
    "is not the end?",
    section=PATHS,
)
paths.mistake(
    "runs past the end",
    end_of_the_map,
    "You look whether this is the end only at nodes without arrows. The end may have arrows of its own: stop there "
    "first.",
    section=PATHS,
)
paths.mistake(
    "each node visited once",
    each_node_once,
    "A node that was passed once is never entered again. But several paths may pass through it, and all of them count.",
    section=PATHS,
)
paths.mistake(
    "no arrows, no entry",
    without_get,
    "A node without arrows is not a key of `edges`, so `edges[...]` fails there. Ask for its list with a default.",
    section=PATHS,
    found=stumbles_at_a_dead_end,
)


# 4. The walk back


def a_record(rng, n_steps=7):
    """Three inputs, then operations on one or two earlier steps; the same one twice is allowed; one leads nowhere."""
    steps = [([], [])] * 3
    for n in range(3, 3 + n_steps):
        operands = [n - 1, *rng.integers(0, n, size=rng.integers(0, 2)).tolist()]
        steps.append((operands, [local(rng) for _ in operands]))
    steps.append(([0, 0], [local(rng), local(rng)]))
    return [*steps, ([n_steps + 2, 1, n_steps], [local(rng) for _ in range(3)])]


def doublings(n):
    """x + x, the result again plus itself, and so on: n arrows' pairs, and 2ⁿ paths."""
    return [([], [])] + [([i, i], [0.5, 0.5]) for i in range(n)]


def walked_paths(steps):
    """The sums over all paths from each step to the last, as in the question before."""
    J = np.zeros((len(steps), len(steps)))
    for n, (operands, locals_) in enumerate(steps):
        for operand, derivative in zip(operands, locals_, strict=True):
            J[operand, n] += derivative
    return np.linalg.inv(np.eye(len(steps)) - J)[:, -1]


def a_walk(share, order=reversed, seed=-1, adds=True):
    """A backward walk in which one thing may be wrong."""

    def backward(steps):
        found = [0.0] * len(steps)
        if seed is not None:
            found[seed] = 1.0
        for n in order(range(len(steps))):
            for operand, derivative in zip(*steps[n], strict=True):
                found[operand] = adds * found[operand] + share(found[n], derivative)
        return found

    return backward


def product(arrived, derivative):
    return arrived * derivative


def over_all_paths(steps):
    def to_the_result(i):
        if i == len(steps) - 1:
            return 1.0
        users = [(n, d) for n, step in enumerate(steps) for o, d in zip(*step, strict=True) if o == i]
        return sum(d * to_the_result(n) for n, d in users)

    return [to_the_result(i) for i in range(len(steps))]


def derivatives_of(answer, steps):
    """What the answer returns, a list or an array, as an array of one number for each step."""
    result = answer(steps)
    if not isinstance(result, np.ndarray):
        result = np.array([a_number(d, "a derivative") for d in a_tuple(result, len(steps))])
    return an_array(result, (len(steps),))


def is_slow(answer):
    return not guarded(lambda: answer(doublings(40)), 0.7).in_time


backward = Question("03-chain-rule/backward", takes=("steps",), draw=lambda rng: (a_record(rng),))


@backward.part("a chain, from the result back")
def _(answer, rng):
    p, q = local(rng), local(rng)
    found = derivatives_of(answer, [([], []), ([0], [p]), ([1], [q])])
    close(found[2], 1.0, "the derivative of the result with respect to itself is not what it should be")
    close(found[1], q, "one arrow before the result, its local derivative is all there is")
    close(found[0], p * q, "two arrows before the result, both of them count")


@backward.part("shares that arrive from several users add up")
def _(answer, rng):
    p, q, s, t = (local(rng) for _ in range(4))
    square = derivatives_of(answer, [([], []), ([0, 0], [p, q])])
    close(square[0], p + q, "a node that is both operands of a product gets two shares")
    fork = derivatives_of(answer, [([], []), ([0], [p]), ([0], [q]), ([1, 2], [s, t])])
    close(fork[0], p * s + q * t, "a node with two users gets a share from each")


@backward.part("right on any graph, each arrow walked once", points=2)
def _(answer, rng):
    for _ in range(5):
        steps = a_record(rng)
        said = "in a larger graph some derivatives are not the sum over all paths to the result"
        close(derivatives_of(answer, steps), walked_paths(steps), said)
    alone = derivatives_of(answer, [([], []), ([], []), ([0], [local(rng)])])
    close(alone[1], 0.0, "an input that leads nowhere cannot move the result")
    said = "a graph of 40 steps with 2 to the power of 40 paths takes too long: add up where paths meet, and walk each "
    require(not is_slow(answer), said + "arrow once")


backward.mistake(
    "= for +=",
    a_walk(product, adds=False),
    "A step used twice keeps only the share that came last: each new share overwrites the ones before.",
    section=PATHS,
)
backward.mistake(
    "walked forward",
    a_walk(product, order=iter),
    "You go through the steps from the first to the last. When a step's turn comes, nothing has arrived there yet that "
    "it could hand on.",
    section=PATHS,
)
backward.mistake(
    "nothing to start from",
    a_walk(product, seed=None),
    "All derivatives stay 0, since the walk has nothing to hand down. What is the derivative of the result with "
    "respect to itself?",
    section=PATHS,
)
backward.mistake(
    "local derivatives only",
    a_walk(lambda arrived, derivative: derivative),
    "Each arrow hands down its local derivative alone, without what has arrived at the node above it.",
    section=PATHS,
)
backward.mistake(
    "in the order of the walk",
    lambda steps: a_walk(product)(steps)[::-1],
    "The numbers are right but stand in the order in which you walked. Entry i must belong to step i.",
    section=PATHS,
)
backward.mistake(
    "every path walked",
    over_all_paths,
    "Each path is walked on its own, and a graph of 40 steps can have more than a million million of them. Give every "
    "step one number, where its shares add up, and walk each arrow once.",
    section=PATHS,
    found=lambda answer, rng: is_slow(answer),
)

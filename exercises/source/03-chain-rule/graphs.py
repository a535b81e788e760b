"""Chapter 3, questions 1 to 4: a slope by nudging, one node, the sum over paths, and the walk back."""

import numpy as np

from mlkit.checks.expect import NotWritten, NotYet, a_number, a_tuple, an_array, close, require
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


def returned(value, method):
    """The value, or a word if a method has returned nothing."""
    require(value is not None, f"`{method}` returned None: is a `return` missing?")
    return value


# 1. The slope by nudging both ways


def a_curve(rng):
    """A smooth curve, a place, and a step large enough to tell the formulas apart."""
    a, b, c = rng.uniform(0.5, 1.5, size=3)
    return lambda x: a * np.exp(b * x) + c * x**3 + c, float(rng.uniform(-3, 3)), float(rng.uniform(0.1, 0.8))


slope = Question(
    "03-chain-rule/slope",
    draw=a_curve,
    section=STEP,
    why="The line through two points of the curve, as far to the left of x as to the right, is nearly as steep as the "
    "curve at x: what the bend adds on one side it takes away on the other.",
    solution="""
        def slope(f, x, h):
            # the two places are 2h apart; x itself is not needed
            return (f(x + h) - f(x - h)) / (2 * h)
        """,
)


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
    b = float(rng.uniform(0.5, 1.5))
    for x in (float(rng.uniform(-1, 1)), float(rng.uniform(2, 3))):
        exact = b * np.exp(b * x)
        errors = {h: a_number(answer(lambda t: np.exp(b * t), x, h)) - exact for h in (0.1, 0.05, 2.0)}
        ratio = errors[0.1] / errors[0.05] if errors[0.05] else np.inf
        require(3.5 < ratio < 4.5, "when h is halved, the error must become about four times smaller")
        for h, error in errors.items():
            said = (
                f"h = {h}, and the error is that of another step: measure from x − h to x + h, with the h you are given"
            )
            close(error, exact * (np.sinh(b * h) / (b * h) - 1), said, rtol=1e-5)


slope.slips(
    ("forward difference", {"x - h": "x", "(2 * h)": "h"},
     "You look to the right of x only. The slope you measure belongs to a place a little beyond x, so that even a "
     "parabola comes out wrong."),
    ("backward difference", {"x + h": "x", "(2 * h)": "h"},
     "You look to the left of x only. The slope you measure belongs to a place a little before x, so that even a "
     "parabola comes out wrong."),
    ("one side, divided by both", {"x - h": "x"},
     "You compare the places x and x + h. How far apart are they, and what do you divide by?"),
    ("divided by h once", {"(2 * h)": "h"},
     "Every slope is twice as steep as it should be. How far apart are the two places that you compare?"),
    ("divided by 2 only", {"(2 * h)": "2"},
     "You take half of the difference, however far apart the two places are. A slope is a change per step."),
    ("not divided", {" / (2 * h)": ""},
     "You return how much f changes between the two places. A slope says how much it changes for each unit of x."),
    ("brackets missing below", {"(2 * h)": "2 * h"},
     "Python works from left to right: `a / 2 * h` divides by 2 and then multiplies by h."),
    ("brackets missing above", {"(f(x + h) - f(x - h))": "f(x + h) - f(x - h)"},
     "Division comes before subtraction, so only the second value is divided. Put the difference in brackets."),
    ("sides exchanged", {"f(x + h) - f(x - h)": "f(x - h) - f(x + h)"},
     "A rising line gets a negative slope: the value on the left and the value on the right have changed places."),
    ("half steps", {"x + h": "x + h / 2", "x - h": "x - h / 2", "(2 * h)": "h"},
     "You go half a step to each side. That is a central difference, too, but with the step h / 2: x should lie h away "
     "from both places."),
    ("a step of its own", {"x + h": "x + 1e-5", "x - h": "x - 1e-5", "2 * h": "2e-5"},
     "The result is the same whatever h is given: a small step is taken in its place."),
    ("the second derivative", {"- f(x - h)) / (2 * h)": "- 2 * f(x) + f(x - h)) / h**2"},
     "You measure how fast the slope changes, not the slope. For a straight line that is 0. Which values should you "
     "compare?"),
    ("two steps to the right", {"f(x - h)": "f(x)", "f(x + h)": "f(x + 2 * h)"},
     "You compare x with a place two steps to its right. The slope you measure belongs to the place in the middle, and "
     "that is not x."),
    ("steps that grow with x", {"x + h": "x * (1 + h)", "x - h": "x * (1 - h)", "2 * h": "2 * h * x"},
     "Your steps are h times x. Asked is for places that lie h away from x, whatever x is."),
    ("more exact than asked", {"(f(x + h) - f(x - h)) / (2 * h)":
                               "(8 * (f(x + h) - f(x - h)) - f(x + 2 * h) + f(x - 2 * h)) / (12 * h)"},
     "Your error falls faster than that of a central difference: you use more than two places. Asked is for two."),
    ("the size of the slope", {"(f(x + h) - f(x - h)) / (2 * h)": "abs(f(x + h) - f(x - h)) / (2 * h)"},
     "Your slope is never negative. Where a curve falls, it is."),
)  # fmt: skip


# 2. One node of a graph


def shares_of(new, upstream):
    """What a node that has computed its value hands to its two operands."""
    handed = returned(new.backward(upstream), "backward")
    handed = list(handed) if isinstance(handed, np.ndarray) and handed.ndim else handed
    return np.array([a_number(share, "a derivative") for share in a_tuple(handed, 2, "what backward returns")])


def two_divisions(answer, rng):
    """Two nodes are in use at the same time; what each hands back must be its own."""
    nodes = answer(), answer()
    operands = rng.uniform(0.5, 3, size=(2, 2)) * rng.choice([-1, 1], size=(2, 2))
    values = [a_number(new.forward(*pair)) for new, pair in zip(nodes, operands, strict=True)]
    shares = [shares_of(new, upstream) for new, upstream in zip(nodes, rng.normal(size=2), strict=True)]
    return np.array(values), *np.transpose(shares)


node = Question(
    "03-chain-rule/node",
    observe=two_divisions,
    returns=("the quotient", "the derivative for a", "the derivative for b"),
    section=PATHS,
    why="Each operand gets what has arrived, times what a nudge of this operand does to the quotient. That depends on "
    "the operands, so the node has to remember them.",
    solution="""
        class Divide:
            def forward(self, a, b):
                self.a, self.b = a, b  # the way back needs both
                return a / b

            def backward(self, upstream):
                return upstream / self.b, -upstream * self.a / self.b**2
        """,
)


@node.part("forward: the quotient")
def _(answer, rng):
    written(answer, "forward")
    for a, b in (*rng.uniform(0.5, 3, size=(3, 2)) * [[1, 1], [-1, 1], [0, -1]], (7, 2)):
        value = a_number(returned(answer().forward(a, b), "forward"), "what forward returns")
        close(value, a / b, "forward must return its first operand divided by its second")


@node.part("backward: what a nudge of each operand does", points=2)
def _(answer, rng):
    written(answer, "forward", "backward")
    for a, b in rng.uniform(0.5, 3, size=(4, 2)) * [[1, 1], [-1, 1], [1, -1], [0, 1]]:
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
    alone = handed_back(answer, a, b, 1.0)
    said = "twice the upstream derivative must hand twice as much to both operands"
    close(handed_back(answer, a, b, up), up * alone, said)
    first.forward(a, b), second.forward(c, d)
    close(shares_of(first, up), up * alone, "with two nodes in use, one hands back what does not belong to it")
    close(shares_of(first, 1.0), alone, "called a second time, backward hands back more than belongs to this call")
    first.forward(c, d)
    said = "after another call of forward, backward hands back what belongs to the operands before"
    close(shares_of(first, 1.0), handed_back(answer, c, d, 1.0), said)


def handed_back(answer, a, b, upstream):
    """What a new node hands to its two operands."""
    new = answer()
    new.forward(a, b)
    return shares_of(new, upstream)


BOTH = "upstream / self.b, -upstream * self.a / self.b**2"

node.slips(
    ("upstream forgotten", {BOTH: "1 / self.b, -self.a / self.b**2"},
     "You hand down the local derivatives alone. The derivative that has arrived from above never gets through, as if "
     "every node were the last."),
    ("upstream not handed to a", {"return upstream /": "return 1 /"},
     "What has arrived gets through to b and not to a, whose derivative is the same for every upstream."),
    ("upstream not handed to b", {"-upstream * self.a": "-self.a"},
     "What has arrived gets through to a and not to b, whose derivative is the same for every upstream."),
    ("divided by upstream", {BOTH: "1 / self.b / upstream, -self.a / self.b**2 / upstream"},
     "You divide by what has arrived. Two magnifiers in a row: how do they combine?", {"section": MAGNIFIERS}),
    ("lost minus sign", {"-upstream": "upstream"},
     "If the divisor grows, does the quotient of two positive numbers grow or shrink? Look at the sign of your second "
     "derivative."),
    ("divisor not squared", {"self.b**2": "self.b"},
     "The second derivative has the right sign and the wrong size. Write the quotient as a power of b and "
     "differentiate that."),
    ("brackets missing below", {"self.b**2": "self.b * self.b"},
     "Python works from left to right: `a / b * b` divides by b and then multiplies by it again."),
    ("a left out", {" * self.a": ""},
     "The second derivative does not depend on a. The larger a is, the more the quotient moves when b does."),
    ("a and b exchanged", {"self.a / self.b**2": "self.b / self.a**2"},
     "In the second derivative, a and b have changed places. Which of the two stands below the bar of the quotient?"),
    ("a product's derivatives", {BOTH: "upstream * self.b, upstream * self.a"},
     "These are the derivatives of a product. What does a nudge of each operand do to a quotient?"),
    ("operands exchanged", {BOTH: "-upstream * self.a / self.b**2, upstream / self.b"},
     "The two derivatives are right, but each goes to the other operand. Hand back in the order of `forward`."),
    ("operands kept in the class", {"self.a, self.b = a": "Divide.a, Divide.b = a"},
     "With two nodes in use, one hands back what belongs to the other: the operands are kept in the class (or "
     "outside), where all nodes share them. Each node needs its own, in `self`."),
)  # fmt: skip


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


def each_node_once(edges, start, end, seen=None):
    seen = set() if seen is None else seen
    if start == end:
        return 1.0
    seen.add(start)
    return sum(d * each_node_once(edges, n, end, seen) for n, d in edges.get(start, []) if n not in seen)


def remembering():
    """An answer that keeps what it has found for a name, from graph to graph."""
    known = {}

    def sum_over_paths(edges, start, end):
        if start == end:
            return 1.0
        if start not in known:
            known[start] = sum(d * sum_over_paths(edges, name, end) for name, d in edges.get(start, []))
        return known[start]

    return sum_over_paths


def takes_one_graph_for_another(answer, rng):
    """The first of two graphs with the same new names is right, and the second gets the result of the first."""
    start, end = (f"node {n}" for n in rng.integers(1e9, size=2))
    p, q = local(rng), local(rng)
    return answer({start: [(end, p)]}, start, end) == p == answer({start: [(end, q)]}, start, end)


def walked(answer, edges, start, end):
    """The number that comes back; a node without arrows that was looked up in vain is told in words."""
    try:
        return a_number(answer(edges, start, end))
    except KeyError as missing:
        if missing.args[0] in {start, *(name for out in edges.values() for name, _ in out)} - set(edges):
            raise NotYet("KeyError at a node without arrows: it is not a key of `edges`") from None
        raise


ENDS = (("x", "r"), ("u", "on"), ("x", "w"), ("v", "v"), ("r", "u"), ("s", "r"))


def a_walk(answer, rng):
    return walked(answer, a_map(rng), *ENDS[rng.integers(len(ENDS))])


paths = Question(
    "03-chain-rule/paths",
    observe=a_walk,
    drawings=8,
    section=PATHS,
    why="Every path begins with one of the arrows that leave the start, and goes on as a path from where that arrow "
    "leads. So the sum over all paths is made of smaller sums of the same kind.",
    solution="""
        def sum_over_paths(edges, start, end):
            if start == end:
                return 1.0
            # the first arrow's factor can be taken out of all the paths that begin with it
            return sum(derivative * sum_over_paths(edges, name, end) for name, derivative in edges.get(start, []))
        """,
)


@paths.part("along a path, multiply")
def _(answer, rng):
    p, q, s = (local(rng) for _ in range(3))
    chain = {"x": [("u", p)], "u": [("v", q)], "v": [("r", s)]}
    said = "one arrow from start to end: its local derivative is the answer"
    close(walked(answer, {"x": [("r", abs(p))]}, "x", "r"), abs(p), said)
    close(walked(answer, {"x": [("r", -abs(p))]}, "x", "r"), -abs(p), said + ", and it may be negative")
    close(walked(answer, chain, "u", "v"), q, said + ", even if arrows lead on from there")
    close(walked(answer, chain, "x", "r"), p * q * s, "along a chain the derivatives do not combine as they should")


@paths.part("over the paths, add")
def _(answer, rng):
    p, q, s, t = (local(rng) for _ in range(4))
    fork = {"x": [("u", p), ("v", q)], "u": [("r", s)], "v": [("r", t)]}
    said = "two paths, one through u and one through v: they do not come together as they should"
    close(walked(answer, fork, "x", "r"), p * s + q * t, said)
    for k in (q, p):
        twice = {"x": [("r", p), ("r", k)]}
        close(walked(answer, twice, "x", "r"), p + k, "two arrows between the same two nodes are two paths")


@paths.part("stops at the end, and gets nothing where no path leads")
def _(answer, rng):
    edges = {
        "x": [("side", local(rng)), ("u", 1.5)],
        "u": [("r", local(rng))],
        "r": [("on", local(rng))],
    }
    close(walked(answer, edges, "u", "u"), 1.0, "a node's derivative with respect to itself is not what it should be")
    for start in ("r", "side"):
        close(walked(answer, edges, start, "x"), 0.0, "where no path leads from start to end the derivative must be 0")
    close(walked(answer, edges, "x", "u"), 1.5, "arrows that lead away from the end do not matter")


@paths.part("right on any map")
def _(answer, rng):
    for _ in range(5):
        edges = a_map(rng)
        for ends in (("x", "r"), ("x", "on"), ("u", "w")):
            said = "with many paths, some of which meet and part again, the result is not the sum over all of them"
            close(walked(answer, edges, *ends), all_paths(edges, *ends), said)


OUT = "edges.get(start, [])"  # the arrows that leave the start

paths.slips(
    ("the first arrow only", {"sum(derivative": "next((derivative", f"{OUT})": f"{OUT}), 0.0)"},
     "From each node only the first arrow is followed. A `return` inside the loop ends the function at its first "
     "round."),
    ("the first path only", {"sum(derivative": "next((d for d in (derivative", f"{OUT})": f"{OUT}) if d), 0.0)"},
     "You stop at the first path that arrives. Others may lead there, too, and each brings its share."),
    ("added along the path", {"1.0": "0.0", "derivative * sum": "derivative + sum"},
     "You add the local derivatives along a path. Two magnifiers in a row, of 3 and of ½: is the result larger by 3½?",
     {"section": MAGNIFIERS}),
    ("paths counted", {"derivative * ": ""},
     "You count the paths: each counts 1, whatever the derivatives on its arrows are."),
    ("straight arrows only", {"sum_over_paths(edges, name, end)": "(name == end)"},
     "Only arrows that lead straight to the end count. A path may pass through other nodes."),
    ("two arrows taken for one", {OUT: f"dict({OUT}).items()"},
     "Of several arrows between the same two nodes you follow one: a dictionary keeps one value for each name."),
    ("from end to start", {"edges, start, end):": "edges, end, start):", "edges, name, end": "edges, end, name"},
     "You walk from the end to the start. The arrows only lead the other way, so that hardly anything arrives."),
    ("a dead end counts", {"if start == end:": "if start == end or start not in edges:"},
     "A path that ends somewhere else counts as if it had arrived. What should a node without arrows contribute, if it "
     "is not the end?"),
    ("runs past the end", {"if start == end:": "if start not in edges:", "return 1.0": "return float(start == end)"},
     "You look whether this is the end only at nodes without arrows. The end may have arrows of its own: stop there "
     "first."),
    ("no arrows, no entry", {OUT: "edges[start]"},
     "A node without arrows is not a key of `edges`, so `edges[...]` fails there. Ask for its list with a default."),
)  # fmt: skip
paths.mistake(
    "each node visited once",
    each_node_once,
    "A node that was passed once is never entered again. But several paths may pass through it, and all of them count.",
)
paths.mistake(
    "None where no path leads",
    lambda *given: paths.solution.answer(*given) or None,
    "Where no path leads to the end, nothing comes back. The task asks for a number there, too.",
)
paths.mistake(
    "one graph taken for another",
    remembering(),
    "What was found for a name is kept from call to call, and another graph with the same names gets the old result. A "
    "list or dictionary as default value of an argument is made only once; so is one outside the function.",
    found=takes_one_graph_for_another,
)


# 4. The walk back


def a_record(rng, n_steps=7):
    """Up to three inputs, steps of one or two operands, some leading nowhere, and a last step that uses two twice."""
    steps = [([], [])] * int(rng.integers(1, 4))
    used = list(range(len(steps)))
    for n in range(len(steps), len(steps) + n_steps):
        operands = [used[-1], *rng.choice(used, size=rng.integers(0, 2)).tolist()]
        steps.append((operands, [local(rng) for _ in operands]))
        if n % 3:
            used.append(n)
    p, q, r, s = (local(rng) for _ in range(4))
    return [*steps, ([used[-1], used[0], used[-2], used[-1], used[0]], [p, q, r, s, q])]


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
        kind = type(result).__name__
        require(isinstance(result, (list, tuple)), f"a list of one number for each step was wanted; yours is a {kind}")
        require(len(result) == len(steps), f"the list has {len(result)} entries, and the graph {len(steps)} steps")
        result = np.array([a_number(d, "a derivative") for d in result])
    return an_array(result, (len(steps),))


def is_slow(answer):
    return not guarded(lambda: answer(doublings(40)), 0.7).in_time


backward = Question(
    "03-chain-rule/backward",
    observe=lambda answer, rng: derivatives_of(answer, a_record(rng)),
    section=PATHS,
    why="A step is used only by later ones. Walking back from the last, all the shares of a step have come in before "
    "it hands them on, so that each arrow is walked once.",
    solution="""
        def backward(steps):
            derivatives = [0.0] * len(steps)
            derivatives[-1] = 1.0
            # when a step's turn comes, all its users have already handed down their shares
            for i in reversed(range(len(steps))):
                for operand, local in zip(*steps[i], strict=True):
                    derivatives[operand] += derivatives[i] * local
            return derivatives
        """,
)


@backward.part("a chain, from the result back")
def _(answer, rng):
    p, q = local(rng), local(rng)
    found = derivatives_of(answer, [([], []), ([0], [p]), ([1], [q])])
    close(found[2], 1.0, "the derivative of the result with respect to itself is not what it should be")
    close(found[1], q, "one arrow before the result, its local derivative is all there is")
    close(found[0], p * q, "two arrows before the result, both of them count")
    close(derivatives_of(answer, [([], [])]), [1.0], "a graph of one step: this step is the result itself")


@backward.part("shares that arrive from several users add up")
def _(answer, rng):
    p, q, s, t = (local(rng) for _ in range(4))
    for k in (q, p):
        square = derivatives_of(answer, [([], []), ([0, 0], [p, k])])
        close(square[0], p + k, "a node that is both operands of a step, as in x·x or x + x, gets two shares")
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
    many = "a graph of 40 steps with 2 to the power of 40 paths "
    require(not is_slow(answer), many + "takes too long: add up where paths meet, and walk each arrow once")
    close(derivatives_of(answer, doublings(40)), np.ones(41), many + "comes out wrong: are all of them counted?")


PAIRS = "zip(*steps[i], strict=True)"  # the operands of a step with their local derivatives
TWICE = "A step that has the same operand twice, as x·x has, gives it one share only. Two arrows lead there."

backward.slips(
    ("= for +=", {"+=": "="},
     "A step used twice keeps only the share that came last: each new share overwrites the ones before."),
    ("the first share only", {"+= derivatives[i] * local": "= derivatives[operand] or derivatives[i] * local"},
     "A step used twice keeps only the share that came first. What should happen to those that come later?"),
    ("a repeated operand counts once", {PAIRS: f"dict({PAIRS}).items()"}, TWICE),
    ("the first of a repeated operand", {PAIRS: "dict(zip(*(side[::-1] for side in steps[i]))).items()"}, TWICE),
    ("equal arrows taken for one", {PAIRS: f"set({PAIRS})"},
     "Two arrows between the same steps with the same local derivative, as in x + x, count once. A set keeps only one "
     "of two equal things."),
    ("the first operand only", {PAIRS: f"list({PAIRS})[:1]"},
     "Only the first operand of each step gets a share. Is there a `return` or `break` too early, or an index 0?"),
    ("the last operand only", {PAIRS: f"list({PAIRS})[-1:]"},
     "Only the last operand of each step gets a share. Is a line that belongs into the inner loop outside it?"),
    ("nothing handed on", {"reversed(range(len(steps)))": "range(len(steps))"},
     "Only the operands of the last step get anything, and they hand nothing on. Do you go through all the steps, and "
     "from which end?"),
    ("nothing leaves the result", {"range(len(steps))": "range(len(steps) - 1)"},
     "All derivatives but the last are 0: nothing is handed down from the result. Is the last step part of the walk, "
     "and is it its own derivative that you multiply by?"),
    ("stops at a dead end", {"for operand": "if not derivatives[i]:\n            break\n        for operand"},
     "You stop at the first step that does not lead to the result. Earlier steps may still have something to hand on."),
    ("nothing to start from", {"= 1.0": "= 0.0"},
     "All derivatives stay 0, since the walk has nothing to hand down. What is the derivative of the result with "
     "respect to itself?"),
    ("1 everywhere to start with", {"[0.0]": "[1.0]"},
     "Every step starts with 1, as if each were the result. What has arrived at the others before the walk begins?"),
    ("local derivatives only", {"derivatives[i] * ": ""},
     "Each arrow hands down its local derivative alone, without what has arrived at the node above it."),
    ("without local derivatives", {" * local": ""},
     "Each arrow hands down what has arrived as it is, as if every local derivative were 1."),
    ("an array of whole numbers", {"[0.0] * len(steps)": "np.zeros(len(steps), dtype=int)"},
     "Every share is cut to a whole number as it comes in. An array that is made of whole numbers keeps no fractions."),
)  # fmt: skip
backward.mistake(
    "every path walked",
    over_all_paths,
    "Each path is walked on its own, and a graph of 40 steps can have more than a million million of them. Give every "
    "step one number, where its shares add up, and walk each arrow once.",
    found=lambda answer, rng: is_slow(answer),
)

"""Slips that all questions share, made of the solution: one small change of its syntax tree each.

A sign, a factor left out, the other axis, brackets, a result in another place: these happen in every formula. They are
not written down for each question; `derived` makes them from its solution. A checker has two uses for them. What a
wrong answer returns is compared with what they return, to name the slip. And every one that changes the result must
lose marks, so that they try how much the parts of a question see.
"""

import ast
import copy
import itertools
from typing import NamedTuple

KINDS = {
    "a sign": "One sign is turned round: a minus is missing, or there is one too many.",
    "a factor left out": "Something that should multiply is missing.",
    "not divided": "Something that should divide is missing.",
    "multiplied where it should divide": "In one place you multiply where you should divide, or the other way round.",
    "upside down": "A fraction is upside down.",
    "a term left out": "One of two things that are added, or subtracted, is missing.",
    "a power left out": "A square (or another power) is missing.",
    "a function left out": "You computed with a number as it is, where a function of it belongs.",
    "brackets": "It is right but for brackets: a pair is missing, or encloses too much. `*` and `/` come "
    "before `+` and `−`, `**` before both, and `a / b * c` is (a/b)·c. In which order does yours compute?",
    "a mean for a sum": "You take a mean where a sum is wanted.",
    "a sum for a mean": "You take a sum where a mean is wanted.",
    "the smallest for the largest": "You take the smallest where the largest is wanted, or the other way round.",
    "the other axis": "You go along the other axis. Is an example a row or a column, and over which of them should "
    "you go?",
    "transposed": "A matrix is transposed where it should not be, or is not where it should.",
    "two sides exchanged": "The two sides of a matrix product are exchanged.",
    "the border": "Exactly on the border a comparison answers otherwise: is it `>` or `>=`?",
    "a comparison the wrong way": "A comparison looks the wrong way.",
    "and for or": "`and` and `or` are exchanged, or a `not` is missing.",
    "cut to whole numbers": "Somewhere a number is cut to a whole one: `//`, `int`, or an array of integers.",
    "another count": "You divide or multiply by another count: how many rows, or how many numbers in all?",
    "a number": "One of the numbers that are written in the formula is not the right one.",
    "one too early or late": "A count begins or ends one too early or too late.",
    "= for +=": "`=` forgets what was there, and `+=` adds to it. Which is needed?",
    "a step behind": "Two things are computed in the wrong order: one of them is used before it is renewed, or after.",
    "a line left out": "One step of the computation is missing.",
    "out of the loop too early": "Only the first round of the loop counts. Is there a `return` inside, or is the "
    "rest cut off?",
    "a condition left out": "A case that should be treated differently is not.",
    "values in another order": "All values are right, but you return them in another order.",
    "one name for another": "It is as if one quantity stood in the place of another.",
    "arguments in another order": "It is right if two of the arguments change places. In which order do they come?",
    "an argument not used": "One of the arguments plays no part in what you return.",
    "a factor n": "What you return, or one of the values, is the right one times, or divided by, the number of "
    "examples. Is it a sum or a mean that is wanted?",
    "changed in place": "You write into an array that you were given. Make a new one.",
    "a seed of its own": "Whatever generator comes in, the same is drawn. Is there one inside that always begins "
    "anew, or is something kept?",
}


class Slip(NamedTuple):
    """A small change of the solution: its kind, the piece of code that it concerns, and the changed tree."""

    kind: str
    what: str
    tree: ast.Module


def derived(text):
    """All slips of a solution, each changed in one place.

    >>> [(slip.kind, slip.what) for slip in derived("def f(a, b): return a - b")][:4]
    [('a sign', ''), ('a sign', 'b'), ('a term left out', 'b'), ('a term left out', 'a')]
    """
    tree = ast.parse(text)
    for node in list(ast.walk(tree)):
        for kind, what, new in _changes(node):
            yield Slip(kind, what, _with(tree, node, new))
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        for kind, what, body in [*_bodies(function.body), *_begun_otherwise(function), *_of_arguments(function)]:
            yield Slip(kind, what, _with(tree, function, _changed(function, body=body)))
        for node, new in _other_names(function):
            yield Slip("one name for another", node.id, _with(tree, node, new))


def _with(tree, node, new):
    """A copy of the tree with ``new`` in the place of ``node``: a copy takes what its memory already has."""
    return ast.fix_missing_locations(copy.deepcopy(tree, {id(node): new}))


def _changes(node):
    rules = RULES.get(type(node))
    return rules(node) if rules else ()


def _binary(node):
    left, right, op = node.left, node.right, type(node.op)
    if op in (ast.Add, ast.Sub):
        other = ast.Sub() if op is ast.Add else ast.Add()
        yield "a sign", _said(right), ast.BinOp(left, other, right)
        if _said(left) != "1":  # in `1 - x` that is the same as a factor left out
            yield "a term left out", _said(right), left
        yield "a term left out", _said(left), right if op is ast.Add else ast.UnaryOp(ast.USub(), right)
        if op is ast.Sub:
            yield "a sign", "", ast.BinOp(right, ast.Sub(), left)
    if op is ast.Mult:
        yield "a factor left out", _said(left), right
        yield "a factor left out", _said(right), left
        yield "multiplied where it should divide", _said(right), ast.BinOp(left, ast.Div(), right)
        yield "multiplied where it should divide", _said(left), ast.BinOp(right, ast.Div(), left)
    if op is ast.Div:
        yield "not divided", _said(right), left
        yield "multiplied where it should divide", _said(right), ast.BinOp(left, ast.Mult(), right)
        yield "upside down", "", ast.BinOp(right, ast.Div(), left)
        yield "cut to whole numbers", "", ast.BinOp(left, ast.FloorDiv(), right)
    if op is ast.Pow:
        yield "a power left out", "", left
    if op is ast.MatMult:
        yield "two sides exchanged", "", ast.BinOp(right, ast.MatMult(), left)
        yield "transposed", _said(left), ast.BinOp(_transposed(left), ast.MatMult(), right)
        yield "transposed", _said(right), ast.BinOp(left, ast.MatMult(), _transposed(right))
    for new in _other_brackets(left, node.op, right):
        yield "brackets", "", new


SUMS, PRODUCTS = (ast.Add, ast.Sub), (ast.Mult, ast.Div, ast.MatMult)


def _other_brackets(left, op, right):
    """What is computed if the brackets around one side are lost, or are set around more than they should be."""
    inside = {ast.Add: (), ast.Sub: SUMS, ast.Mult: SUMS, ast.MatMult: SUMS, ast.Div: SUMS + PRODUCTS, ast.Pow: ()}
    looser = SUMS + PRODUCTS if isinstance(op, ast.Pow) else SUMS if isinstance(op, PRODUCTS) else ()
    if _is(left, looser):
        yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, op, right))
    if _is(right, inside.get(type(op), ())):
        yield ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)
    if isinstance(op, SUMS) and _is(right, (*PRODUCTS, ast.Pow)):
        yield ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)
    if isinstance(op, SUMS) and _is(left, PRODUCTS):
        yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, op, right))
    if isinstance(op, ast.Mult) and _is(right, (ast.Pow,)):
        yield ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)


def _unary(node):
    if isinstance(node.op, ast.USub):
        yield "a sign", _said(node.operand), node.operand
    if isinstance(node.op, ast.Not):
        yield "and for or", "", node.operand


def _compare(node):
    if len(node.ops) != 1:
        return
    borders = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt}
    around = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
    op = type(node.ops[0])
    if op in borders:
        yield "the border", _said(node.left), _changed(node, ops=[borders[op]()])
    if op in around:
        yield "a comparison the wrong way", _said(node.left), _changed(node, ops=[around[op]()])


def _boolean(node):
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and for or", "", ast.BoolOp(other, node.values)
    for value in node.values:
        rest = [v for v in node.values if v is not value]
        yield "a condition left out", _said(value), rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


OTHER = {
    "mean": ("a sum for a mean", "sum"),
    "sum": ("a mean for a sum", "mean"),
    "min": ("the smallest for the largest", "max"),
    "max": ("the smallest for the largest", "min"),
    "maximum": ("the smallest for the largest", "minimum"),
    "minimum": ("the smallest for the largest", "maximum"),
    "any": ("and for or", "all"),
    "all": ("and for or", "any"),
}
LEFT_OUT = ("sqrt", "abs", "exp", "log", "log1p", "tanh", "sigmoid", "relu", "step", "cbrt", "round")


def _call(node):
    function = node.func
    name = getattr(function, "attr", getattr(function, "id", ""))
    if name in OTHER and isinstance(function, ast.Attribute):
        kind, other = OTHER[name]
        yield kind, "", _changed(node, func=_changed(function, attr=other))
    if name in ("min", "max") and isinstance(function, ast.Name):
        yield (
            "the smallest for the largest",
            "",
            _changed(node, func=ast.Name("max" if name == "min" else "min", ast.Load())),
        )
        if len(node.args) == 2:
            yield from (("a function left out", name, argument) for argument in node.args)
    if name in LEFT_OUT and len(node.args) == 1:
        yield "a function left out", name, node.args[0]
        if isinstance(node.args[0], ast.BinOp) and name in ("sqrt", "exp", "log", "tanh", "sigmoid"):
            inner = node.args[0]
            yield "brackets", name, ast.BinOp(_changed(node, args=[inner.left]), inner.op, inner.right)
    if name in ("sum", "mean") and node.args and _is(node.args[0], (ast.Pow,)):
        inner = node.args[0]
        yield "brackets", "", ast.BinOp(_changed(node, args=[inner.left, *node.args[1:]]), inner.op, inner.right)
    if name == "std":
        yield "a function left out", "", _changed(node, func=_changed(function, attr="var"))
    if name == "len":
        yield "another count", "", _changed(node, func=ast.parse("np.size", mode="eval").body)
    if name == "range":
        yield from (("one too early or late", "", _changed(node, args=args)) for args in _ranges(node.args))
    if name == "reversed":
        yield "a step behind", "", node.args[0]
    for n, keyword in enumerate(node.keywords):
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant) and keyword.value.value in (0, 1):
            other = ast.keyword("axis", ast.Constant(1 - keyword.value.value))
            yield "the other axis", "", _changed(node, keywords=[*node.keywords[:n], other, *node.keywords[n + 1 :]])
            rest = [*node.keywords[:n], *node.keywords[n + 1 :]]
            yield "the other axis", "", _changed(node, keywords=rest)


def _ranges(arguments):
    """One round fewer or more at each end."""
    first, *rest = arguments
    if not rest:
        yield [ast.BinOp(first, ast.Sub(), ast.Constant(1))]
        yield [ast.BinOp(first, ast.Add(), ast.Constant(1))]
        yield [ast.Constant(1), first]
    else:
        yield [ast.BinOp(first, ast.Add(), ast.Constant(1)), *rest]
        yield [first, ast.BinOp(rest[0], ast.Sub(), ast.Constant(1)), *rest[1:]]


def _constant(node):
    if type(node.value) is int:
        others = {node.value + 1, node.value - 1, 2 * node.value} - {node.value}
        yield from (("a number", str(node.value), ast.Constant(v)) for v in sorted(others))
    if type(node.value) is float:
        yield from (("a number", f"{node.value:g}", ast.Constant(v)) for v in (node.value + 1, 2 * node.value))


def _attribute(node):
    if node.attr == "T" and isinstance(node.ctx, ast.Load):
        yield "transposed", _said(node.value), node.value


def _subscript(node):
    if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        for side in ("lower", "upper"):
            bound = getattr(node.slice, side)
            if bound is not None:
                for op in (ast.Add(), ast.Sub()):
                    moved = _changed(node.slice, **{side: ast.BinOp(bound, op, ast.Constant(1))})
                    yield "one too early or late", "", _changed(node, slice=moved)


def _augmented(node):
    load = _changed(node.target, ctx=ast.Load())
    yield "= for +=", "", ast.Assign([node.target], node.value)
    if isinstance(node.op, SUMS):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "a sign", _said(load), ast.AugAssign(node.target, other, node.value)


def _if(node):
    yield "a condition left out", "", ast.If(ast.Constant(True), node.body, node.orelse)
    yield "a condition left out", "", ast.If(ast.Constant(False), node.body, node.orelse)


def _either(node):
    yield "a condition left out", "", node.body
    yield "a condition left out", "", node.orelse


def _return(node):
    if not isinstance(node.value, ast.Tuple):
        if node.value is not None and not isinstance(node.value, ast.Constant):
            yield "a sign", "", ast.Return(ast.UnaryOp(ast.USub(), node.value))
        return
    values = node.value.elts
    for i, value in enumerate(values):
        negative = [*values[:i], ast.UnaryOp(ast.USub(), value), *values[i + 1 :]]
        yield "a sign", "", ast.Return(ast.Tuple(negative, ast.Load()))
        for j in range(i + 1, len(values)):
            order = list(values)
            order[i], order[j] = order[j], order[i]
            yield "values in another order", "", ast.Return(ast.Tuple(order, ast.Load()))


RULES = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.IfExp: _either,
    ast.Return: _return,
}


def _bodies(body):
    """A block with one of its lines left out, two of them exchanged, or the return in the loop before it."""
    for i, line in enumerate(body):
        rest = [*body[:i], *body[i + 1 :]]
        if not isinstance(line, ast.Return) and rest:
            yield "a line left out", "", rest
        if i + 1 < len(body) and not isinstance(body[i + 1], ast.Return):
            yield "a step behind", "", [*body[:i], body[i + 1], line, *body[i + 2 :]]
        if isinstance(line, ast.For) and i + 1 < len(body) and isinstance(body[i + 1], ast.Return):
            inside = _changed(line, body=[*line.body, body[i + 1]])
            yield "out of the loop too early", "", [*body[:i], inside, *body[i + 1 :]]
        for part in ("body", "orelse"):
            for kind, what, inner in _bodies(getattr(line, part, []) if isinstance(line, (ast.For, ast.If)) else []):
                yield kind, what, [*body[:i], _changed(line, **{part: inner}), *body[i + 1 :]]


def _begun_otherwise(function):
    """With a generator of its own, two arguments exchanged, or one that plays no part: all ones in its place."""
    arguments = _arguments(function)
    if "rng" in arguments:
        yield "a seed of its own", "rng", [*ast.parse("rng = np.random.default_rng(0)").body, *function.body]
    for one, other in itertools.combinations(arguments, 2):
        exchanged = ast.parse(f"{one}, {other} = {other}, {one}").body
        yield "arguments in another order", "", [*exchanged, *function.body]
    for name in arguments:
        yield "an argument not used", name, [*ast.parse(f"{name} = np.ones_like({name})").body, *function.body]


def _of_arguments(function):
    """Results n times too large or too small, for the n rows of the first argument; and arguments written into."""
    arguments = _arguments(function)
    for i, line in enumerate(function.body):
        if isinstance(line, ast.Return) and arguments:
            count = ast.parse(f"len({arguments[0]})", mode="eval").body
            for op in (ast.Mult(), ast.Div()):
                for value in _values(line.value, op, count):
                    yield "a factor n", "", [*function.body[:i], ast.Return(value), *function.body[i + 1 :]]
        if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") in arguments:
            (name,) = line.targets
            place = ast.Subscript(ast.Name(name.id, ast.Load()), ast.Constant(...), ast.Store())
            written = ast.Assign([place], line.value)
            yield "changed in place", name.id, [*function.body[:i], written, *function.body[i + 1 :]]


def _values(returned, op, count):
    """Each of the returned values with one operation more."""
    if not isinstance(returned, ast.Tuple):
        yield ast.BinOp(returned, op, count)
        return
    for n, value in enumerate(returned.elts):
        yield ast.Tuple([*returned.elts[:n], ast.BinOp(value, op, count), *returned.elts[n + 1 :]], ast.Load())


def _arguments(function):
    return [argument.arg for argument in function.args.args if argument.arg != "self"]


def _other_names(function):
    """Each use of an argument or a local name, with each of the others in its place."""
    names = _arguments(function)
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    names = list(dict.fromkeys(names + [name for name in stored if name != "_"]))
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            yield from ((node, ast.Name(other, ast.Load())) for other in names if other != node.id)


def _changed(node, **fields):
    """A copy of one node with some of its fields replaced; what is below is shared."""
    return type(node)(**{name: getattr(node, name, None) for name in node._fields} | fields)


def _is(node, operators):
    return isinstance(node, ast.BinOp) and isinstance(node.op, operators)


def _transposed(node):
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _said(node):
    """A piece of code as it may be shown: short, or not at all."""
    text = ast.unparse(node)
    return text if len(text) <= 12 else ""

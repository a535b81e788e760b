"""What can be seen of a wrong answer from outside: true whatever its code is, so that nobody is accused of anything.

The answer and the solution get the same inputs. Is what comes back minus what is right, or n times as large? Is one of
two values right? Does an argument have no effect at all? A `Clue` says so in words, and asks where that may come from.
"""

import copy
from typing import NamedTuple

import numpy as np


class Clue(NamedTuple):
    """A fact about what an answer returns: its name, and a sentence with a question to ask oneself."""

    name: str
    hint: str


class Case(NamedTuple):
    """One drawing: what the answer returned, what the solution returned, and the arguments by name."""

    got: object
    wanted: object
    arguments: dict


def clue(cases, returns=()):
    """What the cases have in common, as a `Clue`, or ``None``. ``returns`` names the values that are returned.

    >>> cases = [Case(-x, x, {"z": 2 * x}) for x in (np.array([1.0, 3.0]), np.array([2.0, -5.0]))]
    >>> clue(cases).hint
    'What you return is minus what it should be. Where is a sign turned round?'
    """
    return _related(cases, returns) or _right_sometimes(cases)


def _related(cases, returns):
    """What holds in all cases."""
    wanted = [case.wanted for case in cases]
    if not all(isinstance(value, tuple) for value in wanted):
        return _of_one([case.got for case in cases], wanted, cases, returns[0] if len(returns) == 1 else "")
    got = [case.got for case in cases]
    if not all(isinstance(value, (tuple, list)) for value in got):
        return _one_of_several(got, wanted, returns)
    if any(len(g) != len(w) for g, w in zip(got, wanted, strict=True)):
        return None  # the table says how many came and how many were wanted
    return _other_order(got, wanted) or _of_several(got, wanted, cases, returns)


def _right_sometimes(cases):
    """Where an answer is right in some cases: what these have and the others have not, as a `Clue`."""
    right = [case for case in cases if same(case.got, case.wanted)]
    wrong = [case for case in cases if not same(case.got, case.wanted)]
    few = len(cases) // 2  # of something that is another in each case, nobody can say that it decides
    if min(len(right), len(wrong)) < 2:
        return None
    for name in cases[0].arguments:
        ours, theirs = ({_described(case, name) for case in some} for some in (right, wrong))
        if None not in ours | theirs and not ours & theirs and len(ours | theirs) <= few:
            said = f"It is right for {min(ours)}, and not for {min(theirs)}. What should be different there?"
            return Clue("right in some cases", said)
    return None


def _described(case, name):
    value = case.arguments[name]
    if isinstance(value, np.ndarray):
        return f"`{name}` of shape {value.shape}"
    return f"`{name} = {value!r}`" if isinstance(value, (str, int, np.integer)) else None


def _of_one(got, wanted, cases, name):
    relation = _relation(got, wanted, [case.arguments for case in cases])
    if relation is None or relation.name == RIGHT:
        return None
    return Clue(relation.name, f"{_subject(name)} is {relation.words}. {relation.question}")


def _subject(name):
    return f"What you return, {name}," if name else "What you return"


def _one_of_several(got, wanted, returns):
    """A single value where several were wanted, and it is one of them."""
    for n in range(len(wanted[0])):
        if all(same(g, w[n]) for g, w in zip(got, wanted, strict=True)):
            return Clue("one value for several", f"You return one value only, {_name(n, returns)}. Return all of them.")
    return None


def _other_order(got, wanted):
    """The right values, each at another's place."""
    count = len(wanted[0])
    for n in range(count):
        if not any(all(same(g[m], w[n]) for g, w in zip(got, wanted, strict=True)) for m in range(count)):
            return None
    if all(same(g, w) for g, w in zip(got, wanted, strict=True)):
        return None
    return Clue("values in another order", "All the values are right, but they stand in another order. Which is first?")


def _of_several(got, wanted, cases, returns):
    """What holds for each of several values."""
    arguments = [case.arguments for case in cases]
    count = len(wanted[0])
    found = [_relation([g[n] for g in got], [w[n] for w in wanted], arguments) for n in range(count)]
    if all(relation is None or relation.name == RIGHT for relation in found):
        right = [n for n, relation in enumerate(found) if relation]
        if not right or len(right) == count:
            return None
        wrong = [n for n in range(count) if n not in right]
        said = f"Right: {_names(right, returns)}. Not right: {_names(wrong, returns)}. Look there."
        return Clue("a part of the values", said)
    known = [(n, relation) for n, relation in enumerate(found) if relation and relation.name != RIGHT]
    said = []
    for words in dict.fromkeys(relation.words for _, relation in known):
        alike = [n for n, relation in known if relation.words == words]
        who = _at_the_start(_name(alike[0], returns)) if len(alike) == 1 else f"Each of {_names(alike, returns)}"
        said.append(f"{who}{',' if returns and len(alike) == 1 else ''} is {words}.")
    rest = [n for n, relation in enumerate(found) if relation and relation.name == RIGHT]
    said += [f"Right: {_names(rest, returns)}."] if rest else []
    return Clue(known[0][1].name, " ".join([*said, known[0][1].question]))


def _name(n, returns):
    ordinal = ("the first", "the second", "the third", "the fourth", "the fifth", "the sixth")[n]
    return f"{ordinal} value, {returns[n]}" if returns else f"{ordinal} value"


def _at_the_start(text):
    return text[0].upper() + text[1:]


def _names(numbers, returns):
    return ", ".join(returns[n] if returns else _name(n, ()) for n in numbers)


# One value: how it is related to the right one

RIGHT = "right"


class Relation(NamedTuple):
    """How what came is related to what is right."""

    name: str
    words: str
    question: str


def _relation(got, wanted, arguments):
    """The relation that holds in all cases, or ``None``."""
    arrays = [(_numbers(g), _numbers(w)) for g, w in zip(got, wanted, strict=True)]
    if all(map(same, got, wanted)):
        if all(_kind(g) == "b" != _kind(w) for g, w in arrays):
            return Relation("True and False", "made of True and False", "How do they become the numbers 1 and 0?")
        return Relation(RIGHT, "right", "")
    if any(g is None or w is None or not g.size for g, w in arrays):
        return None
    if any(g.shape != w.shape for g, w in arrays):
        return _other_shape(arrays)
    arrays = [(g.astype(float), w.astype(float)) for g, w in arrays]
    if not all(np.isfinite(w).all() for _, w in arrays):
        return None
    for find in (_changed_by_a_function, _times, _plus, _moved, _as_it_came, _constant, _in_some_places, _another_step):
        relation = find(arrays, arguments)
        if relation:
            return relation
    return None


def _other_shape(arrays):
    if all(g.ndim == w.ndim == 2 and same(g, w.T) for g, w in arrays):
        return Relation("transposed", "transposed", "Which of its axes belongs to what?")
    if all(g.size == w.size and same(g.ravel(), w.ravel()) for g, w in arrays):
        came = next(str(g.shape) for g, w in arrays if g.shape != w.shape)
        words = f"made of the right numbers, but has another shape, {came} in one case"
        return Relation("another shape", words, "Where does an axis come in, or get lost?")
    return None


FUNCTIONS = [  # what was done to the right value, if it is not the value itself
    ("a sign", "minus what it should be", "Where is a sign turned round?", lambda w: -w),
    ("transposed", "transposed", "Which of its axes belongs to what?", np.transpose),
    ("a square", "the square of what it should be", "Where is a root missing, or a square too much?", np.square),
    ("a root", "the root of what it should be", "Where is a root too much, or a square missing?", np.sqrt),
    ("upside down", "1 divided by what it should be", "Which fraction is upside down?", lambda w: 1 / w),
    ("without its sign", "without its sign: never below 0", "Where does the sign get lost?", np.abs),
    ("the rest to 1", "1 minus what it should be", "Which side does it count?", lambda w: 1 - w),
    ("an exponential", "the exponential of what it should be", "Is a logarithm missing?", np.exp),
    ("a logarithm", "the logarithm of what it should be", "Is an exponential missing?", np.log),
    ("cut to whole numbers", "cut to whole numbers", "Is it `//`, `int`, or an array of integers?", np.trunc),
    ("cut to whole numbers", "cut to whole numbers", "Is it `//`, `int`, or an array of integers?", np.floor),
    *[("rounded", "rounded", "Nobody asked for that: what follows needs all digits.",
       lambda w, n=n: np.round(w, n)) for n in range(5)],
    ("added up on the way", "a running sum of what it should be", "Is something not set back?", np.cumsum),
    ("in the reverse order", "in the reverse order", "At which end should it begin?", lambda w: w[::-1]),
    ("sorted", "sorted", "Which order was wanted?", np.sort),
]  # fmt: skip


def _changed_by_a_function(arrays, arguments):
    for name, words, question, function in FUNCTIONS:
        with np.errstate(all="ignore"):
            try:
                made = [function(w) for _, w in arrays]
            except (ValueError, IndexError, np.exceptions.AxisError):
                continue
        if all(same(g, m) for (g, _), m in zip(arrays, made, strict=True)):
            return Relation(name, words, question)
    return None


POWERS = {"{}": 1, "{}²": 2, "√{}": 0.5, "1/{}": -1, "1/{}²": -2, "1/√{}": -0.5}


def _times(arrays, arguments):
    """The right value times a factor; where the right value is 0, it may be any."""
    factors = [_factor(g, w) for g, w in arrays]
    if any(factor == 1 and same(g, w) for factor, (g, w) in zip(factors, arrays, strict=True)):
        return None  # right in this case
    known = [n for n, factor in enumerate(factors) if factor is not None and not np.isnan(factor)]
    if None in factors or len(known) < min(2, len(arrays)):
        return None
    factors = np.array(factors)[known]
    if np.ptp(factors) <= 1e-6 * np.abs(factors).max():
        times = f"{factors[0]:.4g} times what it should be"
        return Relation("a constant factor", times, "Which number is missing, or one too many?")
    for words, values in _sizes(arguments):
        for form, power in POWERS.items():
            with np.errstate(all="ignore"):
                if same(factors, np.array(values, dtype=float)[known] ** power):
                    times = form.format(words) + " times what it should be"
                    return Relation("a factor", times, "Where does it come in twice, or not at all?")
    if all(w.size > 1 for _, w in arrays):
        return Relation("a factor", "wrong by one common factor in each case", "What belongs to all of them alike?")
    return None


def _factor(g, w):
    """The factor between two arrays, if there is one; "not a number" if it may be any."""
    with np.errstate(all="ignore"):
        where = np.abs(w) > 1e-12
        if not same(g[~where], w[~where]):
            return None
        ratios = g[where] / w[where]
    if not ratios.size:
        return np.nan
    if not np.isfinite(ratios).all() or ratios.flat[0] == 0 or np.ptp(ratios) > 1e-6 * np.abs(ratios).max():
        return None
    return float(ratios.flat[0])


def _plus(arrays, arguments):
    """The right value and something more, the same everywhere."""
    more = [g - w for g, w in arrays]
    if not all(np.isfinite(m).all() and np.ptp(m) <= 1e-9 * max(1, np.abs(m).max()) for m in more):
        return None
    more = [float(m.flat[0]) for m in more]
    if np.ptp(more) <= 1e-9:
        words = f"{abs(more[0]):.4g} too {'large' if more[0] > 0 else 'small'}"
        return Relation("a constant too much", words, "What is added, or left out, everywhere?")
    for name, values in _sizes(arguments):
        for sign, side in ((1, "large"), (-1, "small")):
            if same(np.array(more), sign * np.array(values, dtype=float)):
                return Relation("too much", f"too {side} by {name}", "Where does it come in?")
    return None


def _sizes(arguments):
    """Numbers that an answer may multiply with by mistake, with their names: arguments, and sizes of arrays."""
    for name, first in arguments[0].items():
        values = [given.get(name) for given in arguments]
        if all(isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in values):
            yield f"`{name}`", values
            yield f"(1 − `{name}`)", [1 - v for v in values]
        if isinstance(first, np.ndarray):
            for axis in range(first.ndim):
                yield f"`{name}.shape[{axis}]`", [np.shape(v)[axis] for v in values]
            if first.ndim > 1:
                yield f"`{name}.size`", [np.size(v) for v in values]


def _moved(arrays, arguments):
    """Along the first axis, everything one place too late or too early."""
    if not all(w.ndim and len(w) > 2 for _, w in arrays):
        return None
    for step, way in ((1, "late"), (-1, "early")):
        inner = [(g[1:], w[:-1]) if step == 1 else (g[:-1], w[1:]) for g, w in arrays]
        if all(same(g, w) for g, w in inner) and not all(np.ptp(w) == 0 for _, w in arrays):
            words = f"one place too {way}"
            return Relation("one too early or late", words, "Where does counting begin: at 0 or at 1?")
    return None


def _as_it_came(arrays, arguments):
    for name in arguments[0]:
        given = [_numbers(a.get(name)) for a in arguments]
        if all(v is not None and same(g, v) for (g, _), v in zip(arrays, given, strict=True)):
            return Relation("as it came", f"`{name}`, as it came in", "Where does the new value get lost?")
    return None


def _constant(arrays, arguments):
    first = arrays[0][0]
    if len(arrays) > 1 and all(same(g, first) for g, _ in arrays) and not all(same(w, arrays[0][1]) for _, w in arrays):
        return Relation("always the same", "the same, whatever comes in", "Which of its inputs should it depend on?")
    if all(np.ptp(g) == 0 and g.size > 1 for g, _ in arrays) and not all(np.ptp(w) == 0 for _, w in arrays):
        return Relation("always the same", "the same number everywhere", "What should tell the places apart?")
    return None


def _in_some_places(arrays, arguments):
    """Right in some places, and these can be described."""
    wrong = [~np.isclose(g, w, rtol=1e-6, atol=1e-9, equal_nan=True) for g, w in arrays]
    if all(m.all() for m in wrong) or not all(m.ndim for m in wrong):
        return None
    for words, chosen in _places(arrays, arguments):
        if all(np.array_equal(m, c) for m, c in zip(wrong, chosen, strict=True)):
            where = "there" if words.startswith("except") else "elsewhere"
            return Relation("right in some places", f"right {words}", f"What is different {where}?")
    return None


def _another_step(arrays, arguments):
    """A result that is to be a step away from an argument: the other way, or of another length."""
    for name in arguments[0]:
        given = [_numbers(a.get(name)) for a in arguments]
        if not all(v is not None and v.shape == w.shape for v, (_, w) in zip(given, arrays, strict=True)):
            continue
        steps = [(g - v, w - v) for (g, w), v in zip(arrays, given, strict=True)]
        if all(same(g, -w) for g, w in steps):
            return Relation(
                "a sign", f"as far from `{name}` as it should be, but the other way", "Which sign is turned?"
            )
        relation = _times(steps, arguments)
        if relation:
            return Relation("a step of another length", f"a step from `{name}`, {relation.words}", relation.question)
    return None


def _places(arrays, arguments):
    rows = [np.zeros(w.shape, bool) for _, w in arrays]
    for n, which in ((0, "at index 0"), (-1, "at the last index")):
        chosen = copy.deepcopy(rows)
        for mask in chosen:
            if len(mask):
                mask[n] = True
        yield f"except {which}", chosen
        yield f"only {which}", [~mask for mask in chosen]
    for name in arguments[0]:
        given = [_numbers(a.get(name)) for a in arguments]
        if all(v is not None and v.shape == w.shape for v, (_, w) in zip(given, arrays, strict=True)):
            yield f"except where `{name}` is 0", [v == 0 for v in given]
            if not any((v > 0).any() for v in given) or not any((v < 0).any() for v in given):
                continue  # of one sign: that it is of this sign says nothing
            yield f"except where `{name}` is above 0", [v > 0 for v in given]
            yield f"except where `{name}` is below 0", [v < 0 for v in given]
            yield f"only where `{name}` is above 0", [v <= 0 for v in given]
            yield f"only where `{name}` is below 0", [v >= 0 for v in given]


def _numbers(value):
    """An array of numbers, or ``None``."""
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def _kind(array):
    return "" if array is None else array.dtype.kind


def same(a, b):
    """Equal up to rounding, through tuples and lists; texts are equal if they are the same.

    >>> same((np.ones(2), "a"), [np.ones(2) + 1e-12, "a"]), same(1.0, np.ones(1))
    (True, False)
    """
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    try:
        a, b = np.asarray(a), np.asarray(b)
    except ValueError:
        return False
    if not (a.dtype.kind in "biufc" and b.dtype.kind in "biufc"):
        return False
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)


def of_one_form(a, b):
    """As many values, each with as many axes: what is needed before anything may be said about the numbers.

    >>> of_one_form((np.ones(2), 1), (np.ones(3), 2)), of_one_form(np.ones(2), np.ones((2, 1)))
    (True, False)
    """
    several = isinstance(a, (tuple, list)) and isinstance(b, (tuple, list))
    if several and (isinstance(b, tuple) or not all(np.ndim(value) == 0 for value in b)):
        return len(a) == len(b) and all(map(of_one_form, a, b))
    try:
        return np.ndim(a) == np.ndim(b)
    except ValueError:
        return False


def other_values(value):
    """Other values of the same kind, to see what an argument does; none if there are none to be had.

    >>> other_values(3), other_values("relu")
    ((4, 7), ())
    """
    if isinstance(value, bool) or value is None:
        return ()
    if isinstance(value, (int, np.integer)):
        return value + 1, 2 * value + 1
    if isinstance(value, (float, np.floating)):
        return 1.25 * value + 0.0625, 0.5 * value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return 1.25 * value[::-1] + 0.0625, 0.5 * value
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and np.ptp(value):
        turned, one = value.min() + value.max() - value, value.copy()  # a label is still a label
        one.flat[0] = turned.flat[0]
        return turned, one
    return ()

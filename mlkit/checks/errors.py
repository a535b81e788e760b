"""Errors in words that help: which shapes do not fit, what asked one question of a whole array.

Some errors come to every beginner, in words that speak of NumPy's inside. Each has one sentence and one name here, for
all questions.
"""

import re
from typing import NamedTuple


class Usual(NamedTuple):
    """An error that everybody meets: its name, and what to ask oneself."""

    name: str
    hint: str


SHAPES = Usual(
    "shapes that do not fit",
    "Two arrays meet whose shapes do not fit. Print `.shape` of both just before that line: which axis of each did you "
    "want to meet?",
)
ONE_NUMBER = Usual(
    "one number at a time",
    "A function for single numbers got a whole array: those of Python's `math`, and `int` or `float`, know no arrays. "
    "NumPy has one of its own for all elements at once.",
)
ONE_QUESTION = Usual(
    "one question for a whole array",
    "`if`, `and`, `or`, `not`, and Python's `max` and `min` ask one question, but an array has an answer for each of "
    "its elements. Which operation of NumPy works element by element?",
)
POWER = Usual("`^` for a power", "In Python `^` is no power. Which operator is?")
IN_PLACE = Usual(
    "changed in place",
    "`+=`, `*=`, an index on the left of `=`, `sort` and `shuffle` change the array they are given, and the caller "
    "still needs it as it was. Which line writes into an input where it should make a new array?",
)


def in_words(error):
    """The error in a sentence, and which of the usual ones it is, or ``None``.

    >>> import numpy as np
    >>> try:
    ...     np.ones((5, 2)) @ np.ones((3, 4))
    ... except ValueError as error:
    ...     print(in_words(error)[0])
    the matrix product does not fit: its inner sizes are 2 on the left and 3 on the right
    """
    text = " ".join(str(error).split())
    for pattern, usual, sentence in KNOWN:
        found = re.search(pattern, text)
        if found:
            return sentence(**found.groupdict()), usual
    said = type(error).__name__ + (f": {text[:200]}" if text else "")
    if isinstance(error, NameError) and getattr(error, "name", None):
        said = f"`{error.name}` does not exist: has the cell run that imports or defines it?"
    return said, None


def _product(right, left):
    return f"the matrix product does not fit: its inner sizes are {left} on the left and {right} on the right"


def _side_by_side(shapes):
    first, *rest = re.findall(r"\(([^)]*)\)", shapes)
    return "element by element these shapes do not fit: " + " and ".join(f"({_spaced(s)})" for s in (first, *rest))


def _into(came, wanted):
    return f"an array of shape ({_spaced(came)}) does not fit into a place of shape ({_spaced(wanted)})"


def _a_power():
    return "`^` was asked of numbers with a point, and it is no power"


def _joined():
    return "arrays that should stand side by side or be solved together have shapes that do not fit"


def _spaced(shape):
    return re.sub(r",(?=\d)", ", ", shape)


def _a_question():
    return "one question (`if`, `and`, `or`, `max`, …) was asked of an array with many answers"


def _a_single_number():
    return "a function that takes one number (of `math`, or `int`, `float`) got an array"


KNOWN = [
    (r"matmul: .*\(size (?P<right>\d+) is different from (?P<left>\d+)\)", SHAPES, _product),
    (r"not aligned: (?P<left>\d+) \(dim \d+\) != (?P<right>\d+)", SHAPES, _product),
    (r"could not be broadcast together with (?:remapped )?shapes (?P<shapes>(?:\([\d,]*\) ?)+)", SHAPES, _side_by_side),
    (
        r"all the input array dimensions|all the input arrays must have same number|Incompatible dimensions",
        SHAPES,
        _joined,
    ),
    (
        r"could not broadcast input array from shape \((?P<came>[\d,]*)\) into shape \((?P<wanted>[\d,]*)\)",
        SHAPES,
        _into,
    ),
    (r"unsupported operand type\(s\) for \^|ufunc 'bitwise_xor' not supported", POWER, _a_power),
    (r"truth value of an array with more than one element is ambiguous", ONE_QUESTION, _a_question),
    (r"only (?:length-1|size-1|0-dimensional) arrays can be converted", ONE_NUMBER, _a_single_number),
]

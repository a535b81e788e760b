"""Every drawing function looks at what it is given: what cannot be drawn is named, and nothing is drawn of it."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from mlkit import plots
from mlkit.figures import new_axes
from mlkit.graph import Node

ROOT = Path(plots.__file__).parent


def axes():
    return new_axes(xlim=(-3, 3), ylim=(-3, 3))


def walked():
    node = Node(2.0, "x") * Node(3.0, "y")
    node.backward()
    return node


def half(points):
    return np.full(len(points), 0.5)


NUMBERS = [np.nan, np.inf, None, "text", 1j, True, [1, 2]]
PAIRS = [None, 3, "ab", [1, 2, 3], [np.nan, 1], [1j, 0], np.ma.masked_greater([1, 999], 100)]
ARRAYS = [None, 3.0, "ab", [["a"]], [1j, 2], [[1, 2], [3]], np.ma.masked_greater([1, 999], 100)]
FUNCTIONS = [None, 3, "tanh"]
LISTS = [None, 3, "names", [1, 2]]
NAMED = [None, 3, "names", [1, 2], {1: [1, 2]}]
POSITIVE = [*NUMBERS, 0, -1]
COUNTS = [*NUMBERS, 0, 1.5]
AXES = [None, 3, "axes"]
TEXTS = [3, ["a"]]
SHARES = [*ARRAYS, [2, -1], []]
CORNERS = ["middle", "no", 3, ["best"], True]
MINIMA = [None, 3, "ab", [1, 2, 3], [[np.nan, 1]], [[1, 2, 3]], np.ma.masked_greater([[1, 999]], 100)]
EDGES = [*ARRAYS, [2, 1]]
LABELS = [[0, 2], [0.5, 1], None]
FLAGS = [None, 1, "no", np.nan, [True]]
COLORS = [None, 3, "", "no color", [1, 2], [np.nan, 0, 0], 1j, True]
STYLES = [None, 3, "", "text", ["-"], True]
PLACED = [3, "a", {(5, 5): "a"}, {3: "a"}]
LIT = [None, 3, object(), "ab", [3], [(5, 5)], [[0, 0]], [(0, np.nan)]]
RUNS = [3, "text", [], [1, 2], [[1, 2, 3]], [["a", "b"]], [[1j, 2]], np.ma.masked_greater([[1, 999]], 100)]

# For each function: its right arguments, and for each argument whose door is tried, what must not come in.
X, Y = [[0.0, 1.0], [1.0, 0.0]], [0, 1]
DOORS = {
    "arrow": (
        (axes, (0, 0), (1, 1)),
        {"axes": AXES, "tail": PAIRS, "vector": PAIRS, "label": TEXTS, "color": COLORS},
    ),
    "bars": ((axes, ["a", "b"], [1, 2]), {"axes": AXES, "names": LISTS, "values": ARRAYS, "texts": [3, "ab", ["a"]]}),
    "boundaries": ((axes, {"a": ([1, 1], 0)}), {"axes": AXES, "lines": [*NAMED, {"a": 3}]}),
    "boundary": (
        (axes, [1, 1], 0.0),
        {"axes": AXES, "weights": PAIRS, "bias": NUMBERS, "label": TEXTS, "color": COLORS, "linestyle": STYLES},
    ),
    "checked_entries": (([{"W": [[""]]}],), {"columns": [None, 3, [], [3]], "width": POSITIVE}),
    "class_bars": (
        ([0.2, 0.8],),
        {"probabilities": SHARES, "truth": [*NUMBERS, -1, 2], "title": TEXTS, "width": POSITIVE, "height": POSITIVE},
    ),
    "compared": (
        (axes, [1, 2], {"a": [1, 2]}),
        {"axes": AXES, "x": ARRAYS, "named": NAMED, "at": [np.nan, "2", [1]], "legend": CORNERS},
    ),
    "confusion": (([[5, 1], [2, 4]],), {"counts": [*ARRAYS, [[1, -1], [0, 1]]], "width": POSITIVE, "title": TEXTS}),
    "contours": (
        (axes, half),
        {"axes": AXES, "surface": FUNCTIONS, "resolution": [*COUNTS, 1], "minima": MINIMA},
    ),
    "curve": ((axes, [1, 2], [1, 2]), {"axes": AXES, "x": ARRAYS, "y": ARRAYS, "at": [-1, 2, 1.0], "label": TEXTS}),
    "decision": (
        (X, Y, [1, 1], 0.0),
        {"X": ARRAYS, "y": LABELS, "weights": PAIRS, "bias": NUMBERS, "title": TEXTS, "size": POSITIVE},
    ),
    "graph": (
        (walked,),
        {"result": [None, 3, "node"], "step": [-1, 1.5, "2"], "width": POSITIVE, "height": POSITIVE},
    ),
    "graph_place": (
        (walked, 1),
        {"result": [None, 3, "node"], "step": [-1, 1.5, "2"], "width": POSITIVE, "height": POSITIVE},
    ),
    "graph_steps": ((walked,), {"result": [None, 3, "node"]}),
    "half_planes": ((axes, [1, 1], 0.0), {"axes": AXES, "weights": PAIRS, "bias": NUMBERS}),
    "hills": (
        (axes, [[1, 2]], [0, 1, 2]),
        {"axes": AXES, "samples": [3, [[np.nan]]], "edges": EDGES, "names": LISTS, "texts": [3, "ab"], "color": COLORS},
    ),
    "image": (([[0, 1]],), {"pixels": [*ARRAYS, [[2.0]]], "width": POSITIVE, "title": TEXTS}),
    "in_short": ((3.0,), {"value": [*NUMBERS, -1]}),
    "in_words": (([1, 1], 0.5), {"weights": PAIRS, "bias": NUMBERS}),
    "key": ((axes, ["a"]), {"axes": AXES, "names": LISTS, "corner": ["middle", None], "signs": [*LISTS, ["-"]]}),
    "magnified": (
        (np.sin, 1.0, 8),
        {"function": FUNCTIONS, "x": NUMBERS, "zoom": POSITIVE, "slope": NUMBERS, "title": TEXTS},
    ),
    "magnified_gap": ((np.sin, 1.0, 8, 0.5), {"function": FUNCTIONS, "x": NUMBERS, "zoom": POSITIVE, "slope": NUMBERS}),
    "magnified_window": ((axes, 1.0, 1.0, 8), {"axes": AXES, "x": NUMBERS, "y": NUMBERS, "zoom": POSITIVE}),
    "mapped_grid": ((axes, np.tanh), {"axes": AXES, "transform": FUNCTIONS, "reach": POSITIVE, "lines": COUNTS}),
    "marked_example": ((axes, [1, 1]), {"axes": AXES, "x": PAIRS}),
    "network": (
        ([2, 1],),
        {
            "sizes": [None, 3, [], "ab"],
            "inside": PLACED,
            "below": PLACED,
            "edges": PLACED,
            "lit": LIT,
            "notes": [3, [1]],
            "width": [*POSITIVE, 0.2],
            "height": [*POSITIVE, 0.8],
        },
    ),
    "neuron": (
        ([1, 2], [1, 2], 0.0, np.tanh),
        {"inputs": ARRAYS, "weights": ARRAYS, "output": FUNCTIONS, "bias": NUMBERS, "symbol": TEXTS, "width": POSITIVE},
    ),
    "new_chart": (
        ("x", "y"),
        {"xlabel": TEXTS, "title": TEXTS, "width": POSITIVE, "ylabel": TEXTS, "xlim": PAIRS, "ylim": PAIRS},
    ),
    "new_plane": (
        (),
        {"lim": POSITIVE, "width": POSITIVE, "center": PAIRS, "title": TEXTS, "xlabel": TEXTS, "ylabel": TEXTS},
    ),
    "path": (
        (axes, X),
        {"axes": AXES, "points": ARRAYS, "order": [-1, 1.5, None], "label": TEXTS, "show_start": FLAGS},
    ),
    "paths": ((axes, {"a": X}), {"axes": AXES, "named": NAMED}),
    "picked_out": (
        (axes, [1, 2], {"a": [1, 2]}, "a"),
        {"axes": AXES, "x": ARRAYS, "named": NAMED, "chosen": ["b"], "each": RUNS, "notes": [3, ["a"], {1: "a"}]},
    ),
    "points": ((axes, X, Y), {"axes": AXES, "X": ARRAYS, "y": [[0, 2], [0.5, 1]], "size": POSITIVE, "names": [3]}),
    "regions": ((axes, half), {"axes": AXES, "predict": FUNCTIONS, "resolution": [*COUNTS, 1]}),
    "remark": ((axes, "epoch 3"), {"axes": AXES, "words": TEXTS}),
    "rulers": (
        (axes, [[1, 2]], ["a"]),
        {"axes": AXES, "rows": [None, 3, [], ["a"]], "names": [*LISTS, ["a", "b"]], "texts": [*LISTS, ["a", "b"]]},
    ),
    "spot": ((axes, 1.0, 2.0), {"axes": AXES, "x": NUMBERS, "y": NUMBERS}),
    "strip": ((axes, [1, 2]), {"axes": AXES, "values": [*ARRAYS, []], "height": POSITIVE}),
    "tallies": (
        (axes, [0, 1], [3, 4], [3, 4]),
        {"axes": AXES, "places": ARRAYS, "counts": ARRAYS, "expected": ARRAYS, "names": [*LISTS, ["a"]]},
    ),
    "tangent": ((axes, 1.0, 1.0, 1.0), {"axes": AXES, "z": NUMBERS, "value": NUMBERS, "slope": NUMBERS, "reach": [0]}),
    "units": ((axes, {"w": [1, 2]}), {"axes": AXES, "weights": [None, 3, {}, {"w": ["a"]}]}),
}  # fmt: skip
MORE = {
    "class_bars": {"truth": 1},
    "hills": {"names": ["a"]},
    "new_chart": {"xlim": (0, 1), "ylim": (0, 1)},
    "rulers": {"texts": ["a"]},
}
SIZES_OF_GRAPHS = dict.fromkeys([(name, side) for name in ("graph", "graph_place") for side in ("width", "height")])
OPTIONAL = {("compared", "at"): None, ("magnified", "slope"): None} | SIZES_OF_GRAPHS  # None is an answer of its own
TRIED = [
    (name, argument, i)
    for name, (_, doors) in DOORS.items()
    for argument, all_ in doors.items()
    for i in range(len(all_))
]


def called(name, **changed):
    """Call a drawing function with its right arguments, but for those that are changed."""
    function, (given, _) = getattr(plots, name), DOORS[name]
    names = list(inspect.signature(function).parameters)
    arguments = {n: value() if value in (axes, walked) else value for n, value in zip(names, given, strict=False)}
    return function(**(arguments | MORE.get(name, {}) | changed))


def test_every_argument_of_every_drawing_function_is_tried():
    assert sorted(DOORS) == sorted(plots.__all__)
    for name, (_, doors) in DOORS.items():
        parameters = inspect.signature(getattr(plots, name)).parameters.values()
        assert set(doors) == {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}, name


@pytest.mark.parametrize("name", DOORS)
def test_what_fits_is_drawn(name):
    assert called(name) is not None


@pytest.mark.parametrize(("name", "argument", "i"), TRIED)
def test_what_does_not_fit_is_named(name, argument, i):
    wrong = DOORS[name][1][argument][i]
    if wrong is None and (name, argument) in OPTIONAL:
        pytest.skip("None is an answer of its own here")
    with pytest.raises(ValueError, match=rf"^(the limits of )?{argument}\b"):
        called(name, **{argument: wrong})


def test_a_gap_in_a_line_is_no_fault():
    assert len(plots.curve(axes(), [1, 2, 3], [1, np.nan, 3]).lines) == 1


@pytest.mark.parametrize("said", [[np.nan] * 6400, [2.0] * 6400, [0.5], "a"])
def test_a_classifier_that_says_no_probabilities_is_named(said):
    with pytest.raises(ValueError, match=r"^predict\(points\) must"):
        plots.regions(axes(), lambda points: said)


def test_no_function_hides_a_module():
    assert [name for name in plots.__all__ if (ROOT / f"{name}.py").exists()] == []

"""The graph's values are Python's, its derivatives are right on every path, and its steps can be replayed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkit import graph
from mlkit.gradient_check import GradientMismatch, check_gradient
from mlkit.graph import (
    OPERATIONS,
    Dual,
    Node,
    Operation,
    exp,
    forward_gradient,
    log,
    power,
    relu,
    reverse_gradient,
    sigmoid,
    tanh,
)

FUNCTIONS = {"exp": exp, "log": log, "tanh": tanh, "sigmoid": sigmoid, "relu": relu}
quick = settings(max_examples=60, deadline=None, derandomize=True)

# Formulas that use every operator, on both sides, with numbers and with variables; each at a point.
FORMULAS = {
    "sum": (lambda x, y: x + y + 2, [1.5, -3.0]),
    "number plus": (lambda x, y: 2 + x + 0 * y, [1.5, -3.0]),
    "difference": (lambda x, y: x - y - 1, [1.5, -3.0]),
    "number minus": (lambda x, y: 1 - x * y, [1.5, -3.0]),
    "product": (lambda x, y: 3 * x * y * 2, [1.5, -3.0]),
    "square by product": (lambda x, y: x * x + y, [1.5, -3.0]),
    "quotient": (lambda x, y: x / y / 4, [1.5, -3.0]),
    "number over": (lambda x, y: 2 / x - y, [1.5, -3.0]),
    "minus": (lambda x, y: -x * -y, [1.5, -3.0]),
    "power": (lambda x, y: x**3 + y**-2 + x**0.5 + y**1 + x**0, [1.5, -3.0]),
    "variable power": (lambda x, y: x**y, [1.5, -3.0]),
    "number to the power": (lambda x, y: 2**x + 0.5**y, [1.5, -3.0]),
    "functions": (lambda x, y: exp(x) * log(x) + tanh(y) * sigmoid(y) + relu(x) - relu(y), [1.5, -0.4]),
    "two paths": (lambda x, y: (x + y) * (x - y) + x, [1.5, -3.0]),
    "diamond": (lambda x, y: (lambda s: s * s + exp(s) / s)(x * y), [1.5, 0.5]),
    "neuron": (lambda x, y: -log(sigmoid(0.5 * x - 2 * y + 0.1)), [1.5, -3.0]),
    "input unused": (lambda x, y: x * 2, [1.5, -3.0]),
    "no input used": (lambda x, y: 4.0, [1.5, -3.0]),
}


@pytest.mark.parametrize(("formula", "point"), FORMULAS.values(), ids=FORMULAS.keys())
@pytest.mark.parametrize("gradient", [reverse_gradient, forward_gradient])
def test_derivatives_agree_with_differences(formula, point, gradient):
    check_gradient(lambda x: formula(*x.tolist()), gradient(formula, point), point, tolerance=1e-7)


@pytest.mark.parametrize(("formula", "point"), FORMULAS.values(), ids=FORMULAS.keys())
def test_numbers_nodes_and_duals_have_the_same_value(formula, point):
    number = formula(*point)
    for kind in (Node, Dual):
        result = formula(*(kind(v) for v in point))
        assert getattr(result, "value", result) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("operation", [*OPERATIONS.values(), power(3), power(-0.5)], ids=lambda o: o.symbol)
def test_every_local_derivative_is_right(operation):
    check_local_derivatives(operation)


def check_local_derivatives(operation):
    n_operands = operation.value.__code__.co_argcount if hasattr(operation.value, "__code__") else 1
    point = [0.8, 1.7][:n_operands]
    local = operation.local(*point, operation.value(*point))
    check_gradient(lambda x: operation.value(*x.tolist()), local, point)


@pytest.mark.parametrize(
    "wrong",
    [
        Operation("−", lambda a, b: a - b, lambda a, b, y: (1.0, 1.0)),
        Operation("×", lambda a, b: a * b, lambda a, b, y: (a, b)),
        Operation("÷", lambda a, b: a / b, lambda a, b, y: (1 / b, -a / b)),
        Operation("tanh", math.tanh, lambda a, y: (1 - y,)),
    ],
    ids=lambda o: o.symbol,
)
def test_a_wrong_local_derivative_is_caught(wrong):
    with pytest.raises(GradientMismatch):
        check_local_derivatives(wrong)


# Reverse mode


def test_derivatives_accumulate_over_paths():
    x = Node(3.0)
    y = x * x + x + x * 4
    y.backward()
    assert x.derivative == 2 * 3 + 1 + 4


def test_calling_backward_again_does_not_double_anything():
    x, w = Node(2.0), Node(-1.5)
    y = tanh(w * x) + w * w
    y.backward()
    first, steps = (x.derivative, w.derivative), y.backward_steps
    y.backward()
    assert (x.derivative, w.derivative) == first
    assert y.backward_steps == steps


def test_backward_from_another_result_starts_again():
    x = Node(2.0)
    square = x * x
    cube = square * x
    cube.backward()
    square.backward()
    assert x.derivative == 4.0
    cube.backward()
    assert x.derivative == 12.0
    assert square.derivative == 2.0


def test_a_chain_of_ten_thousand_nodes_meets_no_recursion_limit():
    x = Node(1.0)
    y = x
    for _ in range(10_000):
        y = y + x
    y.backward()
    assert (y.value, x.derivative, len(y.nodes())) == (10_001, 10_001, 10_001)
    dual = Dual(1.0, 1.0)
    total = dual
    for _ in range(10_000):
        total = total + dual
    assert total.derivative == 10_001


def test_many_paths_cost_no_more_than_their_edges():
    x = Node(1.0)
    y = x
    for _ in range(60):  # 2⁶⁰ paths
        y = (y + y) * 0.5
    y.backward()
    assert x.derivative == 1.0
    assert len(y.backward_steps) == 4 * 60


def test_relu_is_flat_at_its_corner():
    x = Node(0.0)
    relu(x).backward()
    assert x.derivative == 0.0
    assert relu(Dual(0.0, 1.0)).derivative == 0.0


def test_functions_saturate_without_a_warning():
    for value in (-1000.0, 1000.0):
        x = Node(value)
        (tanh(x) + sigmoid(x) + relu(x)).backward()
        assert x.derivative == (value > 0)
    assert exp(-1000.0) == 0.0


# The record of steps


@pytest.mark.parametrize(("formula", "point"), FORMULAS.values(), ids=FORMULAS.keys())
def test_the_forward_steps_replay_to_the_same_values(formula, point):
    result = formula(*(Node(v) for v in point))
    if not isinstance(result, Node):
        return
    values = []
    for i, step in enumerate(result.forward_steps()):
        assert step.index == i
        assert all(operand < i for operand in step.operands)  # computed before they are used
        operands = [values[k] for k in step.operands]
        if step.operation.startswith("**"):
            values.append(operands[0] ** float(step.operation[2:]))
        elif step.operation in ("", "constant"):
            values.append(step.value)
        else:
            values.append(OPERATIONS[step.operation].value(*operands))
        assert values[-1] == step.value
    assert values[-1] == result.value


@pytest.mark.parametrize(("formula", "point"), FORMULAS.values(), ids=FORMULAS.keys())
def test_the_backward_steps_replay_to_the_same_derivatives(formula, point):
    result = formula(*(Node(v) for v in point))
    if not isinstance(result, Node):
        return
    result.backward()
    nodes = result.nodes()
    totals, used = {len(nodes) - 1: 1.0}, set()
    for step in result.backward_steps:
        used.add(step.node)
        assert step.operand not in used  # a derivative is complete before it is handed on
        assert step.upstream == totals[step.node]
        assert step.contribution == step.upstream * step.local
        totals[step.operand] = totals.get(step.operand, 0.0) + step.contribution
        assert step.total == totals[step.operand]
    assert [node.derivative for node in nodes] == [totals[i] for i in range(len(nodes))]


def test_steps_carry_labels_symbols_and_constants():
    x = Node(2.0, label="x")
    y = 3 * x
    y.label = "y"
    assert [tuple(step) for step in y.forward_steps()] == [
        (0, "x", "", (), 2.0),
        (1, "3", "constant", (), 3.0),
        (2, "y", "×", (1, 0), 6.0),
    ]
    assert repr(x) == "Node(2, label='x')"
    assert repr(Node(2.5)) == "Node(2.5)"
    assert repr(Dual(1.0, 2.0)) == "Dual(1, 2)"


# Arbitrary formulas


@st.composite
def formulas(draw):
    """A formula of two variables as a list of steps, each on earlier results; all are smooth and bounded."""
    unary = {"tanh": tanh, "sigmoid": sigmoid, "exp∘tanh": lambda x: exp(tanh(x)), "square": lambda x: tanh(x) ** 2}
    binary = {
        "+": lambda a, b: a + b,
        "−": lambda a, b: a - b,
        "×": lambda a, b: a * b,
        "÷": lambda a, b: a / (2 + tanh(b)),
    }
    steps = []
    for i in range(2, 2 + draw(st.integers(1, 8))):
        earlier = st.integers(0, i - 1)
        if draw(st.booleans()):
            steps.append((unary[draw(st.sampled_from(sorted(unary)))], [draw(earlier)]))
        else:
            steps.append((binary[draw(st.sampled_from(sorted(binary)))], [draw(earlier), draw(earlier)]))

    def formula(*inputs):
        values = list(inputs)
        for function, places in steps:
            values.append(function(*(values[k] for k in places)))
        return tanh(values[-1])

    return formula


@quick
@given(formula=formulas(), x=st.floats(-1.5, 1.5), y=st.floats(-1.5, 1.5))
def test_forward_and_reverse_agree_on_arbitrary_formulas(formula, x, y):
    reverse, forward = reverse_gradient(formula, [x, y]), forward_gradient(formula, [x, y])
    assert reverse == pytest.approx(forward, rel=1e-10, abs=1e-13)
    check_gradient(lambda p: formula(*p.tolist()), reverse, [x, y], tolerance=1e-4)


# Doors


@pytest.mark.parametrize("kind", [Node, Dual])
@pytest.mark.parametrize("wrong", ["2", None, True, 1j, math.nan, math.inf, [1.0], np.ones(2)])
def test_what_is_no_number_is_refused(kind, wrong):
    with pytest.raises(ValueError, match="value must be a number"):
        kind(wrong)
    with pytest.raises(ValueError, match="must be a number"):
        kind(1.0) + wrong
    with pytest.raises(ValueError, match="must be a number"):
        wrong * kind(1.0)
    with pytest.raises(ValueError, match="must be a number"):
        kind(1.0) ** wrong
    for function in FUNCTIONS.values():
        with pytest.raises(ValueError, match="operand must be a number"):
            function(wrong)


@pytest.mark.parametrize("kind", [Node, Dual, float])
def test_points_without_a_finite_value_and_derivative_are_refused(kind):
    zero, minus, large = kind(0.0), kind(-1.0), kind(1e200)
    for symbol, attempt in {
        "log": lambda: log(zero),
        "exp": lambda: exp(large),
        "÷": lambda: Node(1.0) / 0 if kind is float else 1 / zero,
        "×": lambda: Node(1e200) * 1e200 if kind is float else large * large,
        "**0.5": lambda: Node(-1.0) ** 0.5 if kind is float else minus**0.5,
        "**-1": lambda: Node(0.0) ** -1 if kind is float else zero**-1,
        "**0.5 ": lambda: Node(0.0) ** 0.5 if kind is float else zero**0.5,  # a value, but no derivative
    }.items():
        with pytest.raises(ValueError, match="has no finite value and derivative at") as caught:
            attempt()
        assert str(caught.value).startswith(symbol.strip())


def test_a_derivative_too_large_for_a_float_is_not_silent():
    y = log(Node(1e-150)) * 1e300
    with pytest.raises(ValueError, match="derivative must be a number"):
        y.backward()
    with pytest.raises(ValueError, match="derivative must be a number"):
        log(Dual(1e-300, 1e100))


def test_nodes_and_duals_do_not_mix():
    with pytest.raises(ValueError, match="operand must not mix Node and Dual"):
        Node(1.0) + Dual(1.0)


def test_a_value_cannot_be_changed_behind_the_graph():
    with pytest.raises(AttributeError):
        Node(1.0).value = 2.0


def test_numpy_numbers_work_on_both_sides():
    x = Node(2.0)
    y = np.float64(3.0) * x + x * np.float32(0.5) - np.int64(1)
    assert isinstance(y, Node)
    assert y.value == 6.0


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items())
def test_functions_of_plain_numbers_return_floats(name, function):
    reference = {"sigmoid": lambda x: 1 / (1 + math.exp(-x)), "relu": lambda x: x}.get(name) or getattr(math, name)
    assert type(function(2)) is float
    assert function(2) == pytest.approx(reference(2.0), rel=1e-15)


def test_every_operation_of_the_table_is_reached():
    """The table, the functions and the operators say the same."""
    assert set(OPERATIONS) == {"+", "−", "×", "÷", *FUNCTIONS}
    assert all(symbol == operation.symbol for symbol, operation in OPERATIONS.items())
    x, y = Node(1.5), Node(2.5)
    results = [x + y, x - y, x * y, x / y, *(function(x) for function in FUNCTIONS.values())]
    assert {result.operation for result in results} == set(OPERATIONS)
    assert graph.power(2).symbol == (x**2).operation == "**2"


@pytest.mark.parametrize("gradient", [reverse_gradient, forward_gradient])
@pytest.mark.parametrize("point", [1.0, None, "12"])
def test_a_point_is_a_list_of_numbers(gradient, point):
    with pytest.raises(ValueError, match="point must be a list of numbers"):
        gradient(lambda x: x * x, point)

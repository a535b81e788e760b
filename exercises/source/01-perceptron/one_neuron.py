"""Chapter 1, first half: what one neuron answers, and how it changes after one mistake."""

import numpy as np

from mlkit import perceptron
from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question

ONE = "One neuron"
LINE = "What the weights mean: a line"
RULE = "Learning from one mistake"
ALGORITHM = "The whole algorithm"
STOPS = "Why it stops"
LIMITS = "What one neuron cannot do"
USUAL = "Usual mistakes"

CORNERS = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])  # the last two have the target 1
FLOWERS = np.array([[2.0, 1.0], [1.0, 3.0], [-1.0, -1.0]]), np.array([1, 0, 0])  # A, B and C of the chapter


def answers_of_a_neuron(value, n, what="the result"):
    """One 0 or 1 for each of n examples, and not the same for all."""
    value = an_array(value, (n,), what)
    require(np.isin(value, (0, 1)).all(), f"{what} must hold zeros and ones, nothing else")
    require(np.ptp(value) == 1, f"{what} is the same number everywhere, whatever the input")
    return value


# 1. step

step = Question(
    "01-perceptron/step",
    draw=lambda rng: (sums_in_a_row(rng),),
    section=ONE,
    why="One comparison asks every element, and True and False become 1 and 0. A strict one leaves z = 0 silent.",
    solution="""
        def step(z):
            return (z > 0).astype(int)  # as numbers: booleans cannot be subtracted
        """,
)


def some_sums(rng):
    """Ten weighted sums, two of them exactly 0."""
    return rng.permutation(np.concatenate([[0.0, 0.0, 0.5, 3.0, -0.5, -3.0], rng.normal(size=4)]))


def sums_in_a_row(rng):
    """Weighted sums with one or more axes, positive at both ends; one is exactly 1 and one hardly above 0."""
    inner = rng.permutation(np.append(some_sums(rng), [1.0, 1e-30]))
    return np.concatenate([[2.0], inner, [2.0]]).reshape(-1, *[1] * rng.integers(3))


@step.part("zeros and ones, in an array of the same shape")
def _(answer, rng):
    z = some_sums(rng)
    answers_of_a_neuron(answer(z), 10)
    an_array(answer(z.reshape(2, 5)), (2, 5))
    an_array(answer(z.reshape(5, 1, 2)), (5, 1, 2))


@step.part("1 above zero, 0 below")
def _(answer, rng):
    z = some_sums(rng)
    a = an_array(answer(z), (10,))
    require((a[z > 0] == 1).all(), "at a positive z the neuron must fire")
    require((a[z < 0] == 0).all(), "at a negative z the neuron must be silent")


@step.part("the border: silent at 0, firing just above")
def _(answer, rng):
    for tiny in (10.0 ** -rng.integers(5, 12), 1e-30):
        a = an_array(answer(np.array([0.0, tiny, -0.0, -tiny])), (4,))
        require(a[0] == a[2] == 0, "at z = 0 exactly, the neuron must be silent")
        require(a[1] == 1 and a[3] == 0, f"z = {tiny:g} and z = −{tiny:g} must come out differently")


step.slips(
    ("True and False", {".astype(int)": ""},
     "A comparison gives True and False. The learning rule will subtract outputs from targets, and NumPy does not "
     "subtract one boolean from another: turn them into numbers."),
    ("fires at zero", {"z > 0": "z >= 0"},
     "Your neuron fires at z = 0. There the comparison has to be a strict one."),
    ("the sign", {"(z > 0).astype(int)": "np.sign(z)"},
     "This is the sign of z: −1 below zero, 0 at zero, 1 above. A silent neuron says 0, not −1."),
    ("−1 for silent", {"(z > 0).astype(int)": "np.where(z > 0, 1, -1)"},
     "Your neuron says −1 when it is silent. Many books count that way; here outputs and targets are 0 and 1."),
    ("the wrong side", {"z > 0": "z < 0"},
     "Your neuron fires for negative sums and is silent for positive ones: the comparison looks the wrong way."),
    ("z let through", {"(z > 0)": "z * (z > 0)", ".astype(int)": ""},
     "Above zero, z itself comes out. A step forgets how large z was."),
    ("silent just above 0", {"z > 0": "z > 1e-9"},
     "Just above 0 your neuron is still silent. Is there a tolerance, or is something rounded on the way?"),
    ("silent up to 0.5", {"z > 0": "z > 0.5"},
     "Sums up to 0.5 leave your neuron silent. Is z rounded, or compared with 0.5 as a probability would be?"),
    ("silent below 1", {"z > 0": "z >= 1"},
     "Every sum below 1 leaves your neuron silent. Is z cut to a whole number, or compared with 1?"),
    ("compared with the mean", {"z > 0": "z > z.mean()"},
     "You compare each sum with the mean of them all. A neuron's border is the same whatever the other sums are."),
)  # fmt: skip
step.mistake(
    "one answer for all",
    step.solution.edited({"(z > 0).astype(int)": "np.full(z.shape, (z > 0).any() * 1)"}),
    "All sums get one and the same answer. Do you ask the array as a whole, where each of its elements has a question?",
    found=lambda answer, rng: np.ptp(answer(some_sums(rng))) == 0,
)


# 2. predict

predict = Question(
    "01-perceptron/predict",
    draw=lambda rng: a_neuron(rng, n=int(rng.integers(20, 40)), d=int(rng.integers(3, 6))),
    uses={"step": step.solution.answer},
    section=ONE,
    why="The product with the weights gives one weighted sum for each row of X. The bias joins all of them, and the "
    "step answers for all at once.",
    solution="""
        def predict(X, weights, bias):
            return step(X @ weights + bias)  # (n, d) @ (d,) is (n,); the bias is added to each sum once
        """,
)


def a_neuron(rng, n=40, d=2):
    """Examples on a grid of quarters, so that some lie exactly on the neuron's line; the weights are whole numbers."""
    X = rng.integers(-12, 13, size=(n, d)) / 4
    weights = rng.choice([-2.0, -1.0, 1.0, 2.0], size=d)
    X[0], X[1] = 0, np.sign(weights)
    X[0, 0] = rng.choice([-1, 1])  # lies on the line
    return X, weights, -float(X[0] @ weights)


@predict.part("one answer, 0 or 1, for each example")
def _(answer, rng):
    for n, d in ((40, 2), (30, 5), (25, 1)):
        X, weights, bias = a_neuron(rng, n, d)
        answers_of_a_neuron(answer(X, weights, bias), n)
    an_array(answer(X[:1], weights, bias), (1,))


@predict.part("the drawing of the chapter, and an example on the line")
def _(answer, rng):
    X = np.array([[0.5, -1.0], [0.0, 0.0], [-1.0, 0.5], [0.0, -0.5], [-0.25, 0.0]])
    a = an_array(answer(X, np.array([2.0, 1.0]), 0.5), (5,))
    names = ("(0.5, −1)", "(0, 0)", "(−1, 0.5)")
    for name, value, wanted in zip(names, a[:3], (1, 1, 0), strict=True):
        require(value == wanted, f"with w = (2, 1) and b = 0.5 the answer to {name} is not right")
    require(tuple(a[3:]) == (0, 0), "with w = (2, 1) and b = 0.5 the answer to an example on the line is not right")


@predict.part("only the direction matters; a large bias decides alone")
def _(answer, rng):
    X, weights, bias = a_neuron(rng, d=3)
    a = an_array(answer(X, weights, bias), (40,))
    close(answer(X, 8 * weights, 8 * bias), a, "weights and bias both 8 times as large must give the same answers")
    require(np.all(answer(X, weights, 1000.0) == 1), "with the bias 1000 every example must make it fire")
    require(np.all(answer(X, weights, -1000.0) == 0), "with the bias −1000 no example may make it fire")


@predict.part("what the neuron of the definition says")
def _(answer, rng):
    for d in (1, 2, 4):
        X, weights, bias = rng.normal(size=(50, d)), rng.normal(size=d), rng.normal()
        wanted = perceptron.predict(X, weights, bias)
        close(answer(X, weights, bias), wanted, f"for some of 50 examples with {d} inputs the answer is not right")


def with_two_inputs(X, weights, bias):
    """What a neuron answers that knows of two inputs only."""
    return step.solution.answer(X[:, 0] * weights[0] + X[:, 1] * weights[1] + bias)


predict.slips(
    ("the step forgotten", {"step(X @ weights + bias)": "X @ weights + bias"},
     "You return the weighted sums. The activation comes after them."),
    ("−1 for silent", {"step(X @ weights + bias)": "np.where(X @ weights + bias > 0, 1, -1)"},
     "Your neuron says −1 when it is silent. Many books count that way; here the answers are 0 and 1."),
    ("the sign", {"step(": "np.sign("},
     "You return the sign of the weighted sum, which is −1 below zero. A silent neuron says 0."),
    ("the wrong side", {"X @ weights + bias": "-(X @ weights + bias)"},
     "Your neuron fires where it should be silent, and is silent where it should fire: what is turned round?"),
    ("fires at zero", {"step(X @ weights + bias)": "np.where(X @ weights + bias >= 0, 1, 0)"},
     "An example exactly on the line makes your neuron fire. At z = 0 it is silent here."),
    ("silent up to 0.5", {"X @ weights + bias": "X @ weights + bias - 0.5"},
     "Weighted sums up to 0.5 leave your neuron silent. Is the sum rounded, or compared with 0.5?"),
    ("the bias forgotten", {" + bias": ""},
     "The bias has no effect on your answers: your line always goes through the origin."),
    ("the bias subtracted", {"+ bias": "- bias"},
     "The bias works backward: raising it makes fewer examples fire. Look at its sign in the weighted sum."),
    ("the bias as a factor", {"+ bias": "* bias"},
     "You multiply by the bias, and the line still goes through the origin. A bias shifts the weighted sum."),
    ("the bias too strong", {"+ bias": "+ len(weights) * bias"},
     "With d inputs the bias counts d times. Is it added to each product, or do you take a mean of the products?"),
    ("the bias added to the inputs", {"X @ weights + bias": "(X + bias) @ weights"},
     "The bias goes into every input and is multiplied by the weights. It belongs to the weighted sum, which comes "
     "later. Brackets?"),
    ("ones and bias out of step",
     {"X @ weights + bias": "np.column_stack([np.ones(len(X)), X]) @ np.append(weights, bias)"},
     "The bias meets an input, and a weight meets the constant 1. If the ones stand first in each row, where does the "
     "bias stand?", {"section": RULE}),
    ("one answer for each input", {"X @ weights": "X * weights"},
     "You multiply inputs and weights but never add the products up: there is one answer for each number in X "
     "instead of one for each row."),
    ("a sum over the examples", {"X @ weights": "(X * weights).sum(axis=0)"},
     "You add down the columns, over the examples. A neuron adds along each row, over the inputs of one example."),
    ("the first example only", {"+ bias)": "+ bias)[0]"},
     "You return one number, the answer to the first example. Does your `return` stand inside the loop?"),
    ("the last input forgotten", {"X @ weights": "X[:, :-1] @ weights[:-1]"},
     "The last input of each example has no effect. Where does your loop, or your slice, end?"),
)  # fmt: skip
predict.mistake(
    "two inputs only",
    with_two_inputs,
    "You use the first two inputs and no more. An example may have any number of them.",
    found=lambda answer, rng: all(uses_two_inputs(answer, *a_neuron(rng, d=d)) for d in (3, 4, 5)),
)


def uses_two_inputs(answer, X, weights, bias):
    return np.array_equal(answer(X, weights, bias), with_two_inputs(X, weights, bias))


# 3. update


# weighted sum and target: misses, false alarms and right answers, two on the line, and two far from it
KINDS = [(-0.5, 1), (0.5, 0), (0.75, 0), (2.0, 1), (0.25, 1), (-2.0, 0), (0.0, 1), (0.0, 0), (-90.0, 1), (90.0, 0)]


def a_case(rng, z, target, d):
    """Weights and a bias, an example with this weighted sum, its target, and a learning rate."""
    x, weights = rng.choice([-2.0, -1.0, 1.0, 2.0], size=(2, d))
    return weights, float(z - weights @ x), x, target, float(rng.choice([0.25, 0.5, 2.0]))


def one_of_each(rng, d=3):
    return [a_case(rng, *kind, d) for kind in KINDS]


update = Question(
    "01-perceptron/update",
    draw=lambda rng: a_case(rng, *KINDS[rng.integers(len(KINDS))], int(rng.integers(1, 5))),
    drawings=32,
    returns=("weights", "bias"),
    uses={"step": step.solution.answer},
    section=RULE,
    why="Target minus output is 1 after a miss, −1 after a false alarm and 0 after a right answer, so one formula does "
    "for all three. The bias learns as the weight of a constant input 1.",
    solution="""
        def update(weights, bias, x, target, learning_rate):
            error = target - step(x @ weights + bias)  # +1 a miss, −1 a false alarm, 0 a right answer
            return weights + learning_rate * error * x, bias + learning_rate * error
        """,
)


def weights_and_bias(result, d):
    weights, bias = a_tuple(result, 2)
    return an_array(weights, (d,), "the first value, the weights,"), a_number(bias, "the second value, the bias,")


@update.part("new weights and a new bias")
def _(answer, rng):
    for d in (1, 2, 5):
        moved = 0
        for case in one_of_each(rng, d):
            weights, _ = weights_and_bias(answer(*case), d)
            moved += np.any(weights != case[0])
        require(moved, "the weights never change, not even after a mistake")


@update.part("a right answer changes nothing")
def _(answer, rng):
    for weights, bias, x, target, rate in one_of_each(rng):
        if (weights @ x + bias > 0) == target:
            new_weights, new_bias = weights_and_bias(answer(weights, bias, x, target, rate), 3)
            said = f"with z = {weights @ x + bias:g} and target {target} the answer was right, but something changed"
            require(np.array_equal(new_weights, weights) and new_bias == bias, said)
    # the counterpart, so that doing nothing at all does not pass
    new_weights, _ = weights_and_bias(answer(np.zeros(2), 0.0, np.ones(2), 1, 1.0), 2)
    require(new_weights.any(), "from zero, an example with target 1 is a mistake and must change something")


@update.part("a mistake pulls the sum the right way, by as much as the chapter says")
def _(answer, rng):
    for weights, bias, x, target, rate in one_of_each(rng):
        if (weights @ x + bias > 0) != target:
            new_weights, new_bias = weights_and_bias(answer(weights, bias, x, target, rate), 3)
            change = (new_weights - weights) @ x + new_bias - bias
            way = "grow" if target else "shrink"
            require(change * (2 * target - 1) > 0, f"for a missed target {target} the weighted sum must {way}")
            close(abs(change), rate * (x @ x + 1), "the weighted sum moves the right way, but not by the right amount")


@update.part("the three examples worked by hand", points=2)
def _(answer, rng):
    rate = float(rng.choice([0.5, 2.0, 4.0]))
    weights, bias = np.zeros(2), 0.0
    steps = [((2, 1), 1), ((1, -2), 0), ((2, -1), -1)] + 3 * [((2, -1), -1)]  # the second round is all right
    examples = zip(*(np.concatenate([column, column]) for column in FLOWERS), "ABCABC", steps, strict=True)
    for x, target, name, (wanted, wanted_bias) in examples:
        weights, bias = weights_and_bias(answer(weights, bias, x, int(target), rate), 2)
        close(weights, rate * np.array(wanted), f"η = {rate:g}: after example {name} the weights are not right")
        close(bias, rate * wanted_bias, f"η = {rate:g}: after example {name} the bias is not right")


update.slips(
    ("a lost sign", {"target - step(x @ weights + bias)": "step(x @ weights + bias) - target"},
     "Your neuron learns to be wrong: after a mistake the weighted sum moves away from the target. Is the error target "
     "minus output, or the other way round?", {"section": USUAL}),
    ("a lost sign for the bias", {"bias + learning_rate": "bias - learning_rate"},
     "The weights move the right way and the bias the other way. It is a weight too, of a constant input 1."),
    ("no learning rate for the bias", {"bias + learning_rate *": "bias +"},
     "The weights move by a share η, the bias by a whole step. It is a weight too, of a constant input 1."),
    ("no learning rate for the weights", {"weights + learning_rate *": "weights +"},
     "The bias moves by a share η, the weights by whole steps."),
    ("the bias not learned", {"bias + learning_rate * error": "bias"},
     "The bias stays where it was. It is a weight too, of a constant input 1, and learns like the others."),
    ("no input in the weights' step", {"error * x": "error"},
     "All weights move by the same amount. How much of the blame has a weight whose input was 0?"),
    ("the bias times the input", {"bias + learning_rate * error": "bias + learning_rate * error * x"},
     "You multiply the change of the bias by x as well, and get one bias for each input. The bias's own input is 1."),
    ("the bias times the sum of the inputs", {"bias + learning_rate": "bias + x.sum() * learning_rate"},
     "The change of your bias grows with the sum of the inputs. The bias's own input is 1."),
    ("the sum in place of the output", {"step(x @ weights + bias)": "(x @ weights + bias)"},
     "You compare the target with the weighted sum. This rule compares it with the neuron's answer, which is 0 or 1. "
     "The other way is a rule of its own, the delta rule."),
    ("a sigmoid for the output", {"step(x @ weights + bias)": "1 / (1 + np.exp(-(x @ weights + bias)))"},
     "You compare the target with a sigmoid of the weighted sum, so right answers are changed a little as well. This "
     "rule compares it with the neuron's answer, which is 0 or 1."),
    ("right answers changed too", {"target - step(x @ weights + bias)": "2 * target - 1"},
     "You add or subtract the example every time, right or wrong. What does the neuron say about it before the change?",
     {"section": USUAL}),
    ("the target alone", {"target - step(x @ weights + bias)": "target"},
     "You add the example whenever its target is 1, and never subtract one. The change depends on target and output.",
     {"section": USUAL}),
    ("outputs −1 and 1", {"step(x @ weights + bias)": "np.where(x @ weights + bias > 0, 1, -1)"},
     "Your neuron says −1 when it is silent, and that does not go with a target of 0: right answers are changed."),
    ("targets −1 and 1", {"target - step": "2 * target - 1 - step"},
     "You turn the targets into −1 and 1, and that does not go with outputs of 0 and 1: right answers are changed."),
    ("every step twice as long", {"target - step(x @ weights + bias)": "2 * (target - step(x @ weights + bias))"},
     "All changes are twice as large as they should be. Do your targets and outputs run from −1 to 1?"),
    ("false alarms not corrected", {"target - step(x @ weights + bias)": "max(target - step(x @ weights + bias), 0)"},
     "After a false alarm nothing changes: where the target is 0 and the neuron fires, the example is a mistake, too."),
    ("misses not corrected", {"target - step(x @ weights + bias)": "min(target - step(x @ weights + bias), 0)"},
     "After a miss nothing changes: where the target is 1 and the neuron is silent, the example is a mistake, too."),
    ("fires at zero", {"step(x @ weights + bias)": "int(x @ weights + bias >= 0)"},
     "At z = 0 your neuron fires. So an example on the line with target 0 counts as a mistake and one with target 1 "
     "does not; here it is the other way round.", {"section": ONE}),
    ("always a mistake on the line",
     {"target - step(x @ weights + bias)": "(2 * target - 1) * ((2 * target - 1) * (x @ weights + bias) <= 0)"},
     "You count an example on the line as a mistake whatever its target. Books with targets −1 and 1 do so; here the "
     "neuron is silent at z = 0, and one of the two targets is right.", {"section": ONE}),
    ("silent up to 0.5", {"x @ weights + bias": "x @ weights + bias - 0.5"},
     "Weighted sums up to 0.5 count as silent with you. Is the sum rounded, or compared with 0.5?", {"section": ONE}),
    ("no bias in the output", {"x @ weights + bias": "x @ weights"},
     "You learn a bias, but the neuron answers without it before the change.", {"section": ONE}),
    ("only the change returned", {"weights + learning_rate": "learning_rate", "bias + learning_rate": "learning_rate"},
     "You return the change. The new weights and the new bias are wanted: the old ones with the change added."),
    ("the output computed twice",
     {"bias + learning_rate * error": "bias + learning_rate * (target - step(x @ (weights + learning_rate * error * x)"
      " + bias))"},
     "The bias is changed by an error computed with the new weights, which may already be 0. Compute the output once, "
     "before anything changes."),
)  # fmt: skip

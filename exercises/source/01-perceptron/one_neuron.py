"""Chapter 1, first half: what one neuron answers, and how it changes after one mistake."""

import numpy as np

from mlkit import perceptron
from mlkit.checks.expect import a_number, a_tuple, an_array, close, one_at_a_time, require
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


def is_boolean(value):
    return np.asarray(value).dtype.kind == "b"


# 1. step

step = Question("01-perceptron/step", takes=("z",), draw=lambda rng: (some_sums(rng).reshape(5, 2),))


def some_sums(rng):
    """Ten weighted sums, two of them exactly 0."""
    return rng.permutation(np.concatenate([[0.0, 0.0, 0.5, 3.0, -0.5, -3.0], rng.normal(size=4)]))


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
    tiny = 10.0 ** -rng.integers(5, 12)
    a = an_array(answer(np.array([0.0, tiny, -0.0, -tiny])), (4,))
    require(a[0] == a[2] == 0, "at z = 0 exactly, the neuron must be silent")
    require(a[1] == 1 and a[3] == 0, f"z = {tiny:g} and z = −{tiny:g} must come out differently")


step.mistake(
    "True and False",
    lambda z: z > 0,
    "A comparison gives True and False. The learning rule will subtract outputs from targets, and NumPy does not "
    "subtract booleans: turn them into numbers.",
    section=ONE,
    found=lambda answer, rng: is_boolean(answer(some_sums(rng))),
)
step.mistake(
    "fires at zero",
    lambda z: (z >= 0).astype(int),
    "Your neuron fires at z = 0. There the comparison has to be a strict one.",
    section=ONE,
)
step.mistake(
    "the sign",
    lambda z: np.sign(z),
    "This is the sign of z: −1 below zero, 0 at zero, 1 above. A silent neuron says 0, not −1.",
    section=ONE,
)
step.mistake(
    "−1 for silent",
    lambda z: np.where(z > 0, 1, -1),
    "Your neuron says −1 when it is silent. Many books count that way; here outputs and targets are 0 and 1.",
    section=ONE,
)
step.mistake(
    "the wrong side",
    lambda z: (z < 0).astype(int),
    "Your neuron fires for negative sums and is silent for positive ones: the comparison looks the wrong way.",
    section=ONE,
)
step.mistake(
    "z let through",
    lambda z: z * (z > 0),
    "Above zero, z itself comes out. A step forgets how large z was.",
    section=ONE,
)
step.mistake(
    "one question for a whole array",
    lambda z: 1 if z > 0 else 0,
    "`if` asks one question and wants one answer, but an array has many. Compare the array as a whole: NumPy then "
    "answers for each element.",
    section=ONE,
)

step.mistake(
    "one number at a time",
    lambda z: int(z > 0),
    "`int` makes one number of one number, and an array holds many. An array has a way to turn all its elements into "
    "numbers at once.",
    section=ONE,
    found=lambda answer, rng: one_at_a_time(answer, some_sums(rng)),
)


# 2. predict

predict = Question("01-perceptron/predict", takes=("X", "weights", "bias"), draw=lambda rng: a_neuron(rng))


def a_neuron(rng, n=40, d=2):
    """Examples on a grid, so that some lie exactly on the neuron's line, and whole-numbered weights and bias."""
    X = rng.integers(-3, 4, size=(n, d)).astype(float)
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


def does_not_fit(answer, rng):
    """A product whose shapes do not fit, however it is written."""
    try:
        answer(*a_neuron(rng, n=7, d=3))
    except ValueError as error:
        return "matmul" in str(error) or "aligned" in str(error)
    return False


predict.mistake(
    "True and False",
    lambda X, weights, bias: X @ weights + bias > 0,
    "A comparison gives True and False; the answers are wanted as numbers, 0 and 1. Your `step` does that.",
    section=ONE,
    found=lambda answer, rng: is_boolean(answer(*a_neuron(rng))),
)
predict.mistake(
    "the step forgotten",
    lambda X, weights, bias: X @ weights + bias,
    "You return the weighted sums. The activation comes after them.",
    section=ONE,
)
predict.mistake(
    "the bias forgotten",
    lambda X, weights, bias: np.where(X @ weights > 0, 1, 0),
    "The bias has no effect on your answers: your line always goes through the origin.",
    section=ONE,
)
predict.mistake(
    "the bias subtracted",
    lambda X, weights, bias: np.where(X @ weights - bias > 0, 1, 0),
    "The bias works backward: raising it makes fewer examples fire. Look at its sign in the weighted sum.",
    section=ONE,
)
predict.mistake(
    "the bias once for each input",
    lambda X, weights, bias: np.where((X * weights + bias).sum(axis=1) > 0, 1, 0),
    "You add the bias to every product and then sum, so it counts once for each input. It belongs to the sum, once.",
    section=ONE,
)
predict.mistake(
    "fires at zero",
    lambda X, weights, bias: np.where(X @ weights + bias >= 0, 1, 0),
    "An example exactly on the line makes your neuron fire. At z = 0 it is silent here.",
    section=ONE,
)
predict.mistake(
    "one answer for each input",
    lambda X, weights, bias: np.where(X * weights + bias > 0, 1, 0),
    "You multiply inputs and weights but never add the products up: there is one answer for each number in X "
    "instead of one for each row.",
    section=ONE,
)
predict.mistake(
    "a sum over the examples",
    lambda X, weights, bias: np.where((X * weights).sum(axis=0) + bias > 0, 1, 0),
    "You add down the columns, over the examples. A neuron adds along each row, over the inputs of one example.",
    section=ONE,
)
predict.mistake(
    "a column of answers",
    lambda X, weights, bias: np.where(X @ weights[:, None] + bias > 0, 1, 0),
    "You return a column, shape (n, 1). Compared with targets of shape (n,) NumPy would make an n × n table of it. "
    "Weights of shape (d,) give a result of shape (n,).",
    section=ONE,
)
predict.mistake(
    "factors that do not fit",
    lambda X, weights, bias: np.where(X.T @ weights + bias > 0, 1, 0),
    "The product's shapes do not fit: X is (n, d), one row for each example, and the weights are (d,). The d's have "
    "to meet in the middle.",
    section=ONE,
    found=does_not_fit,
)

# 3. update


def one_of_each(rng, d=3):
    """One case of each kind: a miss, a false alarm, two right answers, two on the line, and two far from it."""
    kinds = [(-0.5, 1), (0.5, 0), (2.0, 1), (-2.0, 0), (0.0, 1), (0.0, 0), (-90.0, 1), (90.0, 0)]
    for z, target in kinds:
        x, weights = rng.choice([-2.0, -1.0, 1.0, 2.0], size=(2, d))
        yield weights, float(z - weights @ x), x, target, float(rng.choice([0.25, 0.5, 2.0]))


update = Question(
    "01-perceptron/update",
    takes=("weights", "bias", "x", "target", "learning_rate"),
    observe=lambda answer, rng: [answer(*case) for case in one_of_each(rng)],
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


def error_of(weights, bias, x, target):
    return target - int(weights @ x + bias > 0)


def changed_in_place(weights, bias, x, target, rate):
    error = error_of(weights, bias, x, target)
    weights += rate * error * x
    return weights, bias + rate * error


def looked_twice(weights, bias, x, target, rate):
    weights = weights + rate * error_of(weights, bias, x, target) * x
    return weights, bias + rate * error_of(weights, bias, x, target)


update.mistake(
    "a lost sign",
    lambda w, b, x, t, r: (w - r * error_of(w, b, x, t) * x, b - r * error_of(w, b, x, t)),
    "Your neuron learns to be wrong: after a mistake the weighted sum moves away from the target. Is the error target "
    "minus output, or the other way round?",
    section=USUAL,
)
update.mistake(
    "the weights changed in place",
    changed_in_place,
    "`+=` on an array changes the array itself, the caller's too: the weights from before are lost. Make a new array "
    "instead.",
    section=RULE,
)
update.mistake(
    "no learning rate",
    lambda w, b, x, t, r: (w + error_of(w, b, x, t) * x, b + error_of(w, b, x, t)),
    "The learning rate has no effect on what you return.",
    section=RULE,
)
update.mistake(
    "no learning rate for the bias",
    lambda w, b, x, t, r: (w + r * error_of(w, b, x, t) * x, b + error_of(w, b, x, t)),
    "The weights move by a share η, the bias by a whole step. It is a weight too, of a constant input 1.",
    section=RULE,
)
update.mistake(
    "the bias not learned",
    lambda w, b, x, t, r: (w + r * error_of(w, b, x, t) * x, b),
    "The bias stays where it was. It is a weight too, of a constant input 1, and learns like the others.",
    section=RULE,
)
update.mistake(
    "the sum in place of the output",
    lambda w, b, x, t, r: (w + r * (t - w @ x - b) * x, b + r * (t - w @ x - b)),
    "You compare the target with the weighted sum. This rule compares it with the neuron's answer, which is 0 or 1. "
    "The other way is a rule of its own, the delta rule.",
    section=RULE,
)
update.mistake(
    "right answers changed too",
    lambda w, b, x, t, r: (w + r * (2 * t - 1) * x, b + r * (2 * t - 1)),
    "You add or subtract the example every time, right or wrong. What does the neuron say about it before the change?",
    section=USUAL,
)
update.mistake(
    "the target alone",
    lambda w, b, x, t, r: (w + r * t * x, b + r * t),
    "You add the example whenever its target is 1, and never subtract one. The change depends on target and output.",
    section=USUAL,
)
update.mistake(
    "fires at zero",
    lambda w, b, x, t, r: (w + r * (t - (w @ x + b >= 0)) * x, b + r * (t - (w @ x + b >= 0))),
    "At z = 0 your neuron fires. So an example on the line with target 0 counts as a mistake and one with target 1 "
    "does not; here it is the other way round.",
    section=ONE,
)
update.mistake(
    "the bias times the input",
    lambda w, b, x, t, r: (w + r * error_of(w, b, x, t) * x, b + r * error_of(w, b, x, t) * x),
    "You multiply the change of the bias by x as well, and get one bias for each input. The bias's own input is 1.",
    section=RULE,
)
update.mistake(
    "only the change returned",
    lambda w, b, x, t, r: (r * error_of(w, b, x, t) * x, r * error_of(w, b, x, t)),
    "You return the change. The new weights and the new bias are wanted: the old ones with the change added.",
    section=RULE,
)
update.mistake(
    "the output computed twice",
    looked_twice,
    "The bias is changed by an error computed with the new weights, which may already be 0. Compute the output once, "
    "before anything changes.",
    section=RULE,
)

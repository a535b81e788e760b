"""Chapter 4, questions 5 to 7: the gradients of a network, a bug to find, and XOR."""

import numpy as np

from mlkit import datasets
from mlkit.activations import sigmoid
from mlkit.checks.expect import NotYet, a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.gradient_check import central_difference

from .layers import CHECK, MATRICES, NEARLY, NEURON, dense_backward, dense_forward, nudged
from .losses import COST, PROGRAM, sigmoid_bce, some_logits

HIDDEN = "A hidden unit: sum over where it goes"
PARAMETERS = ("W1", "b1", "W2", "b2")

# 5. The gradients of a two-layer network


def a_batch(rng, n=7, d=3, m=4):
    """Data of two classes, and the four parameters of a network with one hidden layer."""
    X, (_, y) = rng.normal(size=(n, d)), some_logits(rng, n)
    return X, y, rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(m, 1)), rng.normal(size=1)


def network_loss(X, y, W1, b1, W2, b2):
    z = (np.tanh(X @ W1 + b1) @ W2 + b2)[:, 0]
    return (np.logaddexp(0, z) - y * z).mean()


NAMES = ("X", "y", *PARAMETERS)


def a_square_batch(rng):
    """With as many hidden units as inputs, a wrong product has a value too, by which it is recognized."""
    return a_batch(rng, int(rng.integers(5, 8)), *[int(rng.integers(2, 5))] * 2)


two_layer = Question(
    "04-backprop/two-layer",
    draw=a_square_batch,
    returns=("the loss", "dW1", "db1", "dW2", "db2"),
    uses={
        "dense_forward": dense_forward.solution.answer,
        "dense_backward": dense_backward.solution.answer,
        "sigmoid_bce": sigmoid_bce.solution.answer,
    },
    section=NEURON,
    why="Each layer needs the slope with respect to its own weighted sums, and what came into it. Going back, the "
    "output layer hands on a slope for its inputs, and the slope of tanh turns that into the delta of the hidden sums.",
    solution="""
        def network_gradients(X, y, W1, b1, W2, b2):
            A1 = np.tanh(dense_forward(X, W1, b1))
            loss, delta2 = sigmoid_bce(dense_forward(A1, W2, b2), y)
            dW2, db2, dA1 = dense_backward(A1, W2, delta2)
            delta1 = dA1 * (1 - A1**2)  # the slope of tanh, from its output
            dW1, db1, _ = dense_backward(X, W1, delta1)
            return loss, dW1, db1, dW2, db2
        """,
)
right_gradients = two_layer.solution.answer


def loss_and_gradients(answer, batch):
    """What the answer returns: a loss, and four arrays in the shapes of the parameters."""
    loss, *gradients = a_tuple(answer(*batch), 5)
    for name, gradient, parameter in zip(PARAMETERS, gradients, batch[2:], strict=True):
        an_array(gradient, parameter.shape, "d" + name)
    return a_number(loss, "the loss"), gradients


def are_slopes(answer, batch, *places):
    """The gradients of the parameters at these places must be what a nudge of each entry does to the loss."""
    _, gradients = loss_and_gradients(answer, batch)
    for place in places:
        wanted = nudged(lambda array, p=place: network_loss(*batch[:p], array, *batch[p + 1 :]), batch[place])
        said = f"d{NAMES[place]} is not what nudging each entry of {NAMES[place]} does to the loss"
        close(gradients[place - 2], wanted, said, **NEARLY)


@two_layer.part("the loss, and four gradients of the right shapes")
def _(answer, rng):
    for sizes in ((5, 3, 4), (1, 2, 3)):
        batch = a_batch(rng, *sizes)
        loss, _ = loss_and_gradients(answer, batch)
        close(loss, network_loss(*batch), "the loss of the network is not right: look at the way forward", **NEARLY)


@two_layer.part("the output layer")
def _(answer, rng):
    are_slopes(answer, a_batch(rng), 4, 5)


@two_layer.part("the hidden layer", points=2)
def _(answer, rng):
    X, *others = a_batch(rng)
    are_slopes(answer, (X, *others), 2, 3)
    are_slopes(answer, (rng.integers(0, 2, X.shape), *others), 2, 3)


def squared(answer, rng):
    """The loss is the squared error of the outputs, halved or not, whatever the gradients are."""
    X, y, W1, b1, W2, b2 = batch = a_batch(rng)
    error = np.mean((sigmoid(np.tanh(X @ W1 + b1) @ W2 + b2)[:, 0] - y) ** 2)
    return bool(np.isclose(answer(*batch)[0], [error, error / 2]).any())


SLOPE = "(1 - A1**2)"
FORWARD = "np.tanh(dense_forward(X, W1, b1))"
LOSS = "loss, delta2 = sigmoid_bce(dense_forward(A1, W2, b2), y)\n"
OUTPUT = "p = 1 / (1 + np.exp(-dense_forward(A1, W2, b2)))\n    "  # and the next line

two_layer.slips(
    ("slope of tanh left out", {f" * {SLOPE}": ""},
     "What comes back from the output layer is the slope with respect to the hidden outputs a. The step through tanh, "
     "to the weighted sums, is missing.", {"section": HIDDEN}),
    ("slope of tanh from z", {"A1**2)": "dense_forward(X, W1, b1) ** 2)"},
     "You take the slope of tanh from the weighted sums. The formula you use wants the outputs, after tanh.",
     {"section": CHECK}),
    ("tanh twice", {"A1**2)": "np.tanh(A1) ** 2)"},
     "In the slope, tanh is taken of what has been through tanh already.", {"section": HIDDEN}),
    ("too much is squared", {SLOPE: "(1 - A1) ** 2"},
     "In the slope of tanh the whole difference is squared. What is squared in the formula?", {"section": HIDDEN}),
    ("the square left out", {SLOPE: "(1 - A1)"},
     "In the slope of tanh the square is missing: yours is 0 for one sign of a, and large for the other.",
     {"section": HIDDEN}),
    ("slope of a sigmoid", {SLOPE: "A1 * (1 - A1)"},
     "The hidden units are tanh units, but their slope is that of a sigmoid.", {"section": HIDDEN}),
    ("slope of a ReLU", {SLOPE: "(A1 > 0)"},
     "The hidden units are tanh units, but their slope is that of a ReLU.", {"section": HIDDEN}),
    ("weights of the way back left out", {"dA1 * ": "delta2 * "},
     "Every hidden unit gets the delta of the output unchanged. It is to blame only as far as it is connected: where "
     "is the weight that leads there?", {"section": HIDDEN}),
    ("slope of the sigmoid left in", {LOSS: LOSS + f"    {OUTPUT}delta2 = delta2 * p * (1 - p)\n"},
     "The delta of the output contains the sigmoid's slope, as with the squared error. With the cross-entropy it "
     "cancels: multiply it out.", {"section": COST}),
    ("squared error", {LOSS: f"{OUTPUT}y = y[:, np.newaxis]\n    loss = np.mean((p - y) ** 2)\n"
                             "    delta2 = 2 * (p - y) * p * (1 - p) / len(y)\n"},
     "Your loss is the squared error. This network has the cross-entropy as its loss.",
     {"section": COST, "found": squared}),
    ("(n,) against (n, 1)", {LOSS: f"{OUTPUT}loss, delta2 = 0.0, (p - y) / len(y)\n"},
     "The outputs have the shape (n, 1) and y the shape (n,). NumPy makes a table of n × n of them, each output with "
     "every target. Make a column of y first.", {"section": PROGRAM}),
    ("(n,) against (n, 1) in the loss", {LOSS: LOSS + "    Z2 = dense_forward(A1, W2, b2)\n"
                                               "    loss = np.mean(np.logaddexp(0, Z2) - y * Z2)\n"},
     "The gradients are right, but your loss is a mean over n × n pairs, each output with every target: y came in "
     "with the shape (n,), and the outputs with (n, 1).", {"section": PROGRAM}),
    ("divided by n again", {"W2, delta2)": "W2, delta2 / len(X))"},
     "All gradients are too small, by the number of examples. The mean is taken once, in the loss."),
    ("1/n lost", {"W2, delta2)": "W2, delta2 * len(X))"},
     "All gradients are too large, by the number of examples. The loss is a mean, and its delta carries the 1/n."),
    ("means for the biases", {"loss, dW1, db1, dW2, db2": "loss, dW1, db1 / len(X), dW2, db2 / len(X)"},
     "The gradients of the biases are means over the examples. The mean is taken once, in the loss."),
    ("weighted sums for outputs", {"dense_backward(A1,": "dense_backward(dense_forward(X, W1, b1),"},
     "dW2 is made of the hidden units' weighted sums. What is it that W2 multiplies?", {"section": MATRICES}),
    ("no activation", {FORWARD: "dense_forward(X, W1, b1)", f" * {SLOPE}": ""},
     "Your hidden layer has no activation, so the network is no more than one neuron."),
    ("hidden sigmoids", {FORWARD: "1 / (1 + np.exp(-dense_forward(X, W1, b1)))", SLOPE: "A1 * (1 - A1)"},
     "Your hidden units are sigmoids. Here they are tanh units."),
    ("hidden ReLUs", {FORWARD: "np.maximum(dense_forward(X, W1, b1), 0)", SLOPE: "(A1 > 0)"},
     "Your hidden units are ReLUs. Here they are tanh units."),
)  # fmt: skip


# 6. Find the planted bug


def a_case(rng, scale=1.0, names=PARAMETERS, **bugs):
    """A loss, gradients with ``bugs`` in them (name=change of the gradient), and the parameters, as three arguments."""
    X, y, *arrays = a_batch(rng, 5, 2, 3)
    parameters = dict(zip(names, arrays, strict=True)) | {"unused": rng.normal(size=2)}

    def loss(values):
        if not isinstance(values, dict):
            raise NotYet("`loss` was called with something else than a dictionary of all arrays by name")
        return scale * float(network_loss(X, y, *[values[name] for name in names]))

    right = [scale * g for g in right_gradients(X, y, *arrays)[1:]]
    gradients = dict(zip(names, right, strict=True)) | {"unused": np.zeros(2)}
    for name, change in bugs.items():
        gradients[name] = change(gradients[name])
    return loss, gradients, parameters


def moved(place, share):
    """A bug: the entry at this place (a function of the gradient) is off by so large a share of the largest one."""

    def change(gradient):
        gradient = gradient.copy()
        gradient.flat[place(gradient)] += share * np.abs(gradient).max()
        return gradient

    return change


def first(gradient):
    return 0


def last(gradient):
    return gradient.size - 1


def smallest(gradient):
    return int(np.abs(gradient).argmin())


def largest(gradient):
    return int(np.abs(gradient).argmax())


one_entry, last_entry = moved(first, 0.5), moved(last, -0.5)
just_too_far, near_enough = moved(smallest, 1.3e-3), moved(largest, 8e-4)


def up_and_down(gradient):
    """Two entries are off by as much, one up and one down."""
    move = np.zeros(gradient.shape)
    move.flat[0], move.flat[-1] = 0.5, -0.5
    return gradient + move * np.abs(gradient).max()


def near(gradient):
    """All entries are off, up and down, by less than a thousandth of the largest one."""
    signs = np.resize([1, -1], gradient.size).reshape(gradient.shape)
    return gradient + 8e-4 * signs * np.abs(gradient).max()


def turned(gradient):
    return -gradient


def ones(gradient):
    return np.ones(gradient.shape)


def nothing(gradient):
    return np.zeros(gradient.shape)


OTHERS = ("weights", "shift", "weights_out", "shift_out")


def cases(rng):
    """Gradients of every kind: right, small, large, and wrong in one or several places."""
    yield a_case(rng, W1=near, b1=near, W2=near_enough)
    yield a_case(rng, W1=just_too_far, W2=nothing, unused=ones)
    yield a_case(rng, W1=moved(smallest, 5.5e-3), b1=moved(smallest, 5.5e-3), W2=lambda g: 7 * g, b2=moved(first, 4e-3))
    yield a_case(rng, W1=turned, b1=last_entry, W2=last_entry)
    yield a_case(rng, b1=up_and_down, b2=turned)
    yield a_case(rng, scale=1e-5, W1=one_entry)
    yield a_case(rng, scale=1e-12, W1=one_entry)
    yield a_case(rng, scale=1e4)
    yield a_case(rng, names=OTHERS, weights_out=one_entry)


def listed(found):
    """The names that an answer returns, in alphabetical order."""
    if not isinstance(found, (list, tuple, set)) or not all(isinstance(name, str) for name in found):
        raise NotYet("a list of names was wanted, such as `['b1']`, or an empty one")
    return sorted(found)


planted_bug = Question(
    "04-backprop/planted-bug",
    observe=lambda answer, rng: [" ".join(listed(answer(*case))) for case in cases(rng)],
    drawings=2,
    seconds=8.0,
    uses={"central_difference": central_difference},
    section=CHECK,
    why="A nudge measures what the loss really does, whoever wrote the gradient. The limit is a share of the largest "
    "entry, so it means the same for large and for tiny gradients, and an entry that is nearly 0 raises no alarm.",
    solution="""
        def suspects(loss, gradients, parameters):
            wrong = []
            for name, array in parameters.items():
                measured = central_difference(lambda moved, name=name: loss({**parameters, name: moved}), array)
                size = max(np.abs(measured).max(), np.abs(gradients[name]).max())
                # a limit that grows with the gradient, so that it means the same for large and tiny ones
                if np.abs(measured - gradients[name]).max() > 1e-3 * size:
                    wrong.append(name)
            return wrong
        """,
)


@planted_bug.part("right gradients are left in peace, and a wrong sign is not")
def _(answer, rng):
    case = a_case(rng, W1=turned)
    once, again = listed(answer(*case)), listed(answer(*case))
    require(once, "a whole array of the wrong sign was not found")
    require(once == again, "called twice with the same, it names others. What does it keep from call to call?")
    for scale in (1.0, 1e-5, 1e4):
        found = listed(answer(*a_case(rng, scale)))
        require(not found, f"with right gradients, and a loss of size {scale:g}, it accuses {', '.join(found)}")
    found = listed(answer(*a_case(rng, W1=near, b1=near)))
    said = "where every entry is off by a bit less than a thousandth of the largest one, it accuses "
    require(not found, said + ", ".join(found))


@planted_bug.part("one bug, in one array", points=2)
def _(answer, rng):
    kinds = {
        "half as large": lambda g: g / 2,
        "one entry wrong": one_entry,
        "another entry wrong": last_entry,
        "of the wrong sign": turned,
        "too large": lambda g: 6 * g,
        "wrong up and down by as much": up_and_down,
        "0 everywhere, and should not be": nothing,
    }
    for kind, bug in kinds.items():
        name = str(rng.choice(["W1", "b1", "W2"]))
        found = listed(answer(*a_case(rng, **{name: bug})))
        require(name in found, f"{name} was not found; its gradient: {kind}")
        require(found == [name], f"not only {name} is accused; its gradient: {kind}")


@planted_bug.part("several bugs, small ones, and tiny gradients")
def _(answer, rng):
    found = listed(answer(*a_case(rng, W1=one_entry, b2=turned)))
    require(found == ["W1", "b2"], "with two wrong arrays, it does not find these two and no other")
    for scale in (1e-5, 1e-12):
        found = listed(answer(*a_case(rng, scale=scale, b1=one_entry)))
        require(found == ["b1"], f"with a loss of size {scale:g}, and gradients as small, it misses the wrong one")
    found = listed(answer(*a_case(rng, names=OTHERS, shift=turned)))
    require(found == ["shift"], "with arrays of other names, it does not find the wrong one")
    found = listed(answer(*a_case(rng, unused=ones)))
    require(found == ["unused"], "an array that the loss does not use has a gradient that is not 0, and is not named")
    found = listed(answer(*a_case(rng, W1=just_too_far)))
    require(found == ["W1"], "one entry is off by a bit more than a thousandth of the largest one, and is not found")


def absolute(answer, rng):
    """One limit for all sizes: large errors of tiny gradients are missed, and tiny errors of large ones are not."""

    def found(scale, bug):
        return listed(answer(*a_case(rng, scale, W1=bug)))

    tiny = moved(largest, 1e-6)
    return found(1.0, one_entry) == ["W1"] and not found(1e-12, one_entry) and "W1" in found(1e8, tiny)


DIFFERENCE = "np.abs(measured - gradients[name]).max()"
WRONG = f"{DIFFERENCE} > 1e-3 * size"

planted_bug.slips(
    ("an absolute limit", {"1e-3 * size": "1e-5"},
     "A difference of 0.0001 is nothing for a gradient of 10 and everything for one of 0.0001. Compare it with the "
     "size of the gradient.", {"found": absolute}),
    ("np.allclose as it is", {WRONG: "not np.allclose(gradients[name], measured)"},
     "`np.allclose` compares each entry with its own size, and adds a limit of its own that knows nothing of the "
     "gradient. What should an entry be compared with here, and how near must it be?"),
    ("each entry against its own size",
     {WRONG: "not np.allclose(gradients[name], measured, rtol=1e-3, atol=0)"},
     "Each entry is compared with its own size, so one that is nearly 0 raises a false alarm. Whose size counts?"),
    ("a tiny number added to the size", {"1e-3 * size": "1e-3 * (size + 1e-8)"},
     "Bugs are not found where all numbers of an array are tiny. Is something small added to the size, as against 0/0, "
     "or is an array passed over?"),
    ("a limit too wide", {"1e-3": "1e-2"},
     "A difference is passed over that is more than a thousandth of its array's largest entry. Is the limit too wide, "
     "or is another size taken?"),
    ("a limit too narrow", {"1e-3": "1e-5"},
     "Bugs are found, but your limit is narrower than a thousandth of the largest entry, so the innocent are accused."),
    ("a distance of the whole arrays", {WRONG: "np.linalg.norm(measured - gradients[name]) > 1e-3 * ("
                                               "np.linalg.norm(measured) + np.linalg.norm(gradients[name]))"},
     "You compare a distance of whole arrays with their lengths, as gradient checks often do. Among many entries one "
     "that is wrong gets lost; here *some* wrong entry is enough."),
    ("no room for rounding", {WRONG: "not np.array_equal(measured, gradients[name])"},
     "Right gradients are accused. Do you ask for equal numbers, or are the slopes measured with a step that is too "
     "small, or too large?"),
    ("differences without their size", {DIFFERENCE: "(measured - gradients[name]).max()"},
     "You find gradients that are too small but not those that are too large: a difference may be negative."),
    ("differences the other way round", {DIFFERENCE: "(gradients[name] - measured).max()"},
     "You find gradients that are too large but not those that are too small: a difference may be negative."),
    ("the size without its sign", {"max(np.abs(measured).max(), np.abs(gradients[name]).max())":
                                   "max(measured.max(), gradients[name].max())"},
     "Your size of an array is its largest number. If all are negative, that is no size: the sign has to go first."),
    ("differences added up", {DIFFERENCE: "abs((measured - gradients[name]).sum())"},
     "You add up the differences before you look at their size, and an error up cancels an error down."),
    ("a mean difference", {DIFFERENCE: "np.abs(measured - gradients[name]).mean()"},
     "You take the mean of the differences. One wrong entry among many gets lost in it."),
    ("all entries must be wrong", {DIFFERENCE: "np.abs(measured - gradients[name]).min()"},
     "You accuse an array only if every entry is wrong. One wrong entry is enough."),
    ("one entry looked at", {DIFFERENCE: "np.abs(measured - gradients[name]).flat[0]"},
     "Only the first entry of each array is looked at. A bug may spare it."),
    ("only lengths compared",
     {DIFFERENCE: "abs(np.linalg.norm(measured) - np.linalg.norm(gradients[name]))",
      "max(np.abs(measured).max(), np.abs(gradients[name]).max())": "np.linalg.norm(measured)"},
     "You compare how long the two gradients are. One of them may point the other way."),
    ("zeros accused", {"> 1e-3 * size": ">= 1e-3 * size"},
     "A right gradient that is 0 everywhere is accused. What does your comparison make of 0 and 0?"),
    ("a measured 0 taken for right", {"if np": "if measured.any() and np"},
     "Where all measured slopes are 0, the given ones are not looked at. They may be wrong all the same."),
    ("the innocent accused", {"> 1e-3 * size": "<= 1e-3 * size"},
     "You return the names of the arrays that agree."),
    ("the first suspect only", {"wrong.append(name)": "return [name]"},
     "It stops at the first wrong array. Go through all of them before you return."),
)  # fmt: skip


# 7. A network learns XOR


def a_start(rng, d=2, m=8):
    """Parameters to begin with: random weights, biases 0."""
    return [rng.normal(size=(d, m)), np.zeros(m), rng.normal(size=(m, 1)) / np.sqrt(m), np.zeros(1)]


def a_run(rng):
    X, y, *parameters = a_batch(rng, n=8)
    return X, y, parameters, float(rng.uniform(0.3, 0.8)), int(rng.integers(3, 6))


train = Question(
    "04-backprop/train-xor",
    draw=a_run,
    returns=("the parameters", "the losses"),
    seconds=10.0,
    uses={"network_gradients": right_gradients},
    section=PROGRAM,
    why="The gradient points to where the loss grows fastest, so a small step against it makes the loss smaller. It "
    "holds at one place only: all four arrays move at once, and then it is computed anew.",
    solution="""
        def train(X, y, parameters, learning_rate, epochs):
            losses = []
            for _ in range(epochs):
                loss, *gradients = network_gradients(X, y, *parameters)
                losses.append(loss)
                # new arrays, made only when all gradients are there
                steps = zip(parameters, gradients, strict=True)
                parameters = [p - learning_rate * g for p, g in steps]
            return parameters, losses
        """,
)


def trained(answer, X, y, parameters, learning_rate, epochs):
    """The parameters, in their shapes, and the losses as an array."""
    new, losses = a_tuple(answer(X, y, parameters, learning_rate, epochs), 2)
    for name, before, after in zip(PARAMETERS, parameters, a_tuple(new, 4, "what comes first"), strict=True):
        an_array(after, before.shape, name)
    return new, np.asarray(losses, dtype=float)


@train.part("one loss for each epoch, from the start on")
def _(answer, rng):
    X, y, parameters, rate, epochs = a_run(rng)
    _, losses = trained(answer, X, y, parameters, rate, epochs)
    an_array(losses, (epochs,), "the list of losses")
    first = network_loss(X, y, *parameters)
    close(losses[0], first, "the first loss must be that of the parameters at the start, before any step")
    _, losses = trained(answer, X, y, parameters, 1e-12, 20)
    an_array(losses, (20,), "when the loss hardly changes, the list of losses")


@train.part("one step: downhill, by learning rate times gradient")
def _(answer, rng):
    for rate in (0.1, 0.7):
        X, y, parameters, _, _ = a_run(rng)
        new, _ = trained(answer, X, y, parameters, rate, 1)
        gradients = right_gradients(X, y, *parameters)[1:]
        for name, before, after, gradient in zip(PARAMETERS, parameters, new, gradients, strict=True):
            close(after, before - rate * gradient, f"after one epoch {name} has not made the step it should")


@train.part("many steps, each with a new gradient")
def _(answer, rng):
    X, y, parameters, rate, _ = a_run(rng)
    new, losses = trained(answer, X, y, parameters, rate, 6)
    wanted, wanted_losses = train.solution.answer(X, y, parameters, rate, 6)
    for name, after, right in zip(PARAMETERS, new, wanted, strict=True):
        close(after, right, f"after six epochs {name} is not where gradient descent leads")
    said = "the parameters are right after six epochs, but a loss on the way is not that of before its step"
    close(losses[:6], wanted_losses, said)


@train.part("it learns noisy XOR", points=2)
def _(answer, rng):
    X, y = datasets.noisy_xor(200, rng=rng)
    X_new, y_new = datasets.noisy_xor(400, rng=rng)
    (W1, b1, W2, b2), losses = trained(answer, X, y, a_start(rng), 1.0, 200)
    require(losses[-1] < losses[0] / 2, "after 200 epochs on noisy XOR the loss has not even halved")
    right = ((np.tanh(X_new @ W1 + b1) @ W2 + b2)[:, 0] > 0) == y_new
    require(right.mean() > 0.9, "after 200 epochs it is right for fewer than 90% of new points of noisy XOR")


def never_new(answer, rng):
    """The parameters are where many steps with the gradient of the start lead, whatever the losses are."""
    X, y, parameters, rate, epochs = a_run(rng)
    steps = zip(parameters, right_gradients(X, y, *parameters)[1:], strict=True)
    return all(map(np.allclose, answer(X, y, parameters, rate, epochs)[0], [p - epochs * rate * g for p, g in steps]))


APPEND = "        losses.append(loss)\n"
RETURN = "    return parameters, losses"
AFTER = "losses.append(network_gradients(X, y, *parameters)[0])\n"
STEPS = "[p - learning_rate * g for p, g in steps]"
WITH_NEW_W2 = """
        W1, b1, W2, b2 = parameters
        A1 = np.tanh(X @ W1 + b1)
        delta = (1 / (1 + np.exp(-A1 @ W2 - b2)) - np.reshape(y, (-1, 1))) / len(X)
        delta = delta @ (W2 - learning_rate * gradients[2]).T * (1 - A1**2)
        gradients[:2] = X.T @ delta, delta.sum(axis=0)
"""

train.slips(
    ("uphill", {"p - ": "p + "},
     "The loss grows from epoch to epoch: you add the gradient. It points to where the loss becomes larger."),
    ("learning rate not used", {"learning_rate * ": ""},
     "Your step is the whole gradient, whatever the learning rate is."),
    ("divided by n again", {"learning_rate * ": "learning_rate / len(X) * "},
     "Your steps are n times too short: the gradient is divided by the number of examples once more."),
    ("steps that get lost", {"parameters = [": "new = ["},
     "The parameters that come back are those that went in. Assigning to a loop variable gives a new name to an array; "
     "it does not put the array into the list."),
    ("one gradient for all steps",
     {"losses = []\n": "losses, start = [], parameters\n", "*parameters)": "*start)"},
     "All steps use the gradient of the start. A gradient is right at one place only: compute it anew in each epoch.",
     {"found": never_new}),
    ("output layer first", {APPEND: APPEND + WITH_NEW_W2},
     "The output weights are updated before the hidden deltas are computed, so these use the new ones. All gradients "
     "belong to one and the same set of parameters.", {"section": "Usual mistakes"}),
    ("one array after the other", {
        f"parameters = {STEPS}": "parameters = list(parameters)\n        for k in range(4):\n            "
        "parameters[k] = parameters[k] - learning_rate * network_gradients(X, y, *parameters)[k + 1]"},
     "The gradients are computed anew after each array has moved. All four belong to one and the same place.",
     {"section": "Usual mistakes"}),
    ("only the output layer learns",
     {STEPS: "[p - learning_rate * g * (k > 1) for k, (p, g) in enumerate(steps)]"},
     "W1 and b1 come back as they went in. The hidden layer should learn too."),
    ("the biases do not learn",
     {STEPS: "[p - learning_rate * g * (k % 2 == 0) for k, (p, g) in enumerate(steps)]"},
     "b1 and b2 come back as they went in. Biases are parameters too."),
    ("loss after the step", {APPEND: "", RETURN: f"        {AFTER}{RETURN}"},
     "Each loss is noted after its step, so the loss of the start is missing."),
    ("one loss too many", {RETURN: f"    {AFTER}{RETURN}"},
     "There is one loss more than there are epochs: the last one belongs to the parameters you return."),
)  # fmt: skip

"""Chapter 4, questions 5 to 7: the gradients of a network, a bug to find, and XOR."""

import numpy as np

from mlkit import datasets
from mlkit.activations import sigmoid
from mlkit.checks.expect import NotYet, a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question

from .layers import CHECK, MATRICES, NEARLY, NEURON, nudged
from .losses import BCE, PROGRAM, some_logits

HIDDEN = "A hidden unit: sum over where it goes"
PARAMETERS = ("W1", "b1", "W2", "b2")

# 5. The gradients of a two-layer network


def a_batch(rng, n=7, d=3, m=4):
    """Data of two classes, and the four parameters of a network with one hidden layer."""
    X, (_, y) = rng.normal(size=(n, d)), some_logits(rng, n)
    return X, y, rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(m, 1)), rng.normal(size=1)


def two_layers(X, y, W1, b1, W2, b2, *, slope=None, back=None, at_output=None):
    """Loss and gradients of a network with tanh and one sigmoid output; both slopes and the way back may be wrong."""
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    Z2 = A1 @ W2 + b2
    loss, delta2 = BCE.value_and_gradient(Z2, np.asarray(y, dtype=float).reshape(-1, 1))
    delta2 = delta2 if at_output is None else delta2 * at_output(sigmoid(Z2))
    delta1 = delta2 @ W2.T if back is None else back(delta2, W2, A1)
    delta1 = delta1 * (1 - A1**2 if slope is None else slope(Z1, A1))
    return loss, X.T @ delta1, delta1.sum(axis=0), A1.T @ delta2, delta2.sum(axis=0)


NAMES = ("X", "y", *PARAMETERS)


def row_of_targets(X, y, W1, b1, W2, b2):
    A1 = np.tanh(X @ W1 + b1)
    delta2 = (sigmoid(A1 @ W2 + b2) - y) / len(X)
    delta1 = (delta2 @ W2.T) * (1 - A1**2)
    return 0.0, X.T @ delta1, delta1.sum(axis=0), A1.T @ delta2, delta2.sum(axis=0)


two_layer = Question("04-backprop/two-layer", takes=NAMES, draw=lambda rng: a_batch(rng, 6, 3, 3))


def loss_and_gradients(answer, batch):
    """What the answer returns: a loss, and four arrays in the shapes of the parameters."""
    loss, *gradients = a_tuple(answer(*batch), 5)
    for name, gradient, parameter in zip(PARAMETERS, gradients, batch[2:], strict=True):
        an_array(gradient, parameter.shape, "d" + name)
    return a_number(loss, "the loss"), gradients


def nudged_parameter(batch, place):
    def loss(array):
        return two_layers(*batch[:place], array, *batch[place + 1 :])[0]

    return nudged(loss, batch[place])


@two_layer.part("the loss, and four gradients of the right shapes")
def _(answer, rng):
    for sizes in ((5, 3, 4), (1, 2, 3)):
        batch = a_batch(rng, *sizes)
        loss, _ = loss_and_gradients(answer, batch)
        close(loss, two_layers(*batch)[0], "the loss of the network is not right: look at the way forward", **NEARLY)


@two_layer.part("the output layer")
def _(answer, rng):
    batch = a_batch(rng)
    _, gradients = loss_and_gradients(answer, batch)
    for place in (4, 5):
        said = f"d{NAMES[place]} is not what nudging each entry of {NAMES[place]} does to the loss"
        close(gradients[place - 2], nudged_parameter(batch, place), said, **NEARLY)


@two_layer.part("the hidden layer", points=2)
def _(answer, rng):
    batch = a_batch(rng)
    _, gradients = loss_and_gradients(answer, batch)
    for place in (2, 3):
        said = f"d{NAMES[place]} is not what nudging each entry of {NAMES[place]} does to the loss"
        close(gradients[place - 2], nudged_parameter(batch, place), said, **NEARLY)


def hidden_wrong(name, hint, section=HIDDEN, **wrong):
    """A mistake that shows in the gradients of the hidden layer, whatever the others are."""

    def answer(*batch):
        return two_layers(*batch, **wrong)

    def found(given, rng):
        batch = a_batch(rng, 6, 3, 3)
        return np.allclose(given(*batch)[1], answer(*batch)[1], rtol=1e-6, atol=1e-9)

    two_layer.mistake(name, answer, hint, section=section, found=found)


hidden_wrong(
    "slope of tanh left out",
    "What comes back from the output layer is the slope with respect to the hidden outputs a. The step through tanh, "
    "to the weighted sums, is missing.",
    slope=lambda Z, A: 1,
)
hidden_wrong(
    "slope of tanh from z",
    "You take the slope of tanh from the weighted sums. The formula you use wants the outputs, after tanh.",
    section=CHECK,
    slope=lambda Z, A: 1 - Z**2,
)
hidden_wrong(
    "slope of a sigmoid",
    "The hidden units are tanh units, but their slope is that of a sigmoid.",
    slope=lambda Z, A: A * (1 - A),
)
hidden_wrong(
    "weights of the way back left out",
    "Every hidden unit gets the delta of the output unchanged. It is to blame only as far as it is connected: where is "
    "the weight that leads there?",
    back=lambda delta, W2, A: delta @ np.ones_like(W2).T,
)
two_layer.mistake(
    "slope of the sigmoid left in",
    lambda *batch: two_layers(*batch, at_output=lambda p: p * (1 - p)),
    "The delta of the output contains the sigmoid's slope, as with the squared error. With the cross-entropy it "
    "cancels: multiply it out.",
    section="The cost layer takes over the last activation",
)
two_layer.mistake(
    "(n,) against (n, 1)",
    row_of_targets,
    "The outputs have the shape (n, 1) and y the shape (n,). NumPy makes a table of n × n of them, each output with "
    "every target. Make a column of y first.",
    section=PROGRAM,
)
two_layer.mistake(
    "last layer first",
    lambda *batch: (lambda loss, dW1, db1, dW2, db2: (loss, dW2, db2, dW1, db1))(*two_layers(*batch)),
    "The gradients come in the order in which you found them. Return them in the order of the parameters.",
    section=MATRICES,
)
two_layer.mistake(
    "divided by n again",
    lambda X, y, *parameters: (lambda loss, *four: (loss, *[g / len(X) for g in four]))(*two_layers(X, y, *parameters)),
    "All gradients are too small, by the number of examples. The mean is taken once, in the loss.",
    section=NEURON,
)
two_layer.mistake(
    "1/n lost",
    lambda X, y, *parameters: (lambda loss, *four: (loss, *[g * len(X) for g in four]))(*two_layers(X, y, *parameters)),
    "All gradients are too large, by the number of examples. The loss is a mean, and its delta carries the 1/n.",
    section=NEURON,
)


# 6. Find the planted bug


def a_case(rng, scale=1.0, **bugs):
    """A loss, gradients with ``bugs`` in them (name=change of the gradient), and the parameters, as three arguments."""
    X, y, *arrays = a_batch(rng)
    parameters = dict(zip(PARAMETERS, arrays, strict=True)) | {"unused": rng.normal(size=2)}

    def loss(values):
        return scale * float(two_layers(X, y, *[values[name] for name in PARAMETERS])[0])

    right = [scale * g for g in two_layers(X, y, *arrays)[1:]]
    gradients = dict(zip(PARAMETERS, right, strict=True)) | {"unused": np.zeros(2)}
    for name, change in bugs.items():
        gradients[name] = change(gradients[name])
    return loss, gradients, parameters


def one_entry(gradient):
    """The first entry is off by half of the largest one."""
    gradient = gradient.copy()
    gradient.flat[0] += 0.5 * np.abs(gradient).max()
    return gradient


def last_entry(gradient):
    gradient = gradient.copy()
    gradient.flat[-1] -= 0.5 * np.abs(gradient).max()
    return gradient


def up_and_down(gradient):
    """Two entries are off by as much, one up and one down."""
    move = 0.5 * np.abs(gradient).max()
    gradient = gradient.copy()
    gradient.flat[0] += move
    gradient.flat[-1] -= move
    return gradient


def turned(gradient):
    return -gradient


def cases(rng):
    """Gradients of every kind: right, small, large, and wrong in one or several places."""
    yield a_case(rng), []
    yield a_case(rng, scale=1e-5, W1=one_entry), ["W1"]
    yield a_case(rng, scale=1e4), []
    yield a_case(rng, b1=last_entry), ["b1"]
    yield a_case(rng, W1=turned, W2=last_entry), ["W1", "W2"]
    yield a_case(rng, b1=up_and_down, b2=turned), ["b1", "b2"]
    yield a_case(rng, W2=lambda g: 7 * g), ["W2"]
    yield a_case(rng, W2=one_entry), ["W2"]


def suspects_by(wrong, h=1e-5, forward=False):
    """A search that calls an array wrong if ``wrong(numeric, gradient)``."""

    def suspects(loss, gradients, parameters):
        found = []
        for name, array in parameters.items():
            lower = loss(parameters) if forward else None
            numeric = np.zeros(array.shape)
            for i in np.ndindex(array.shape):
                move = np.zeros(array.shape)
                move[i] = h
                below = lower if forward else loss(parameters | {name: array - move})
                numeric[i] = (loss(parameters | {name: array + move}) - below) / (h if forward else 2 * h)
            if wrong(numeric, gradients[name]):
                found.append(name)
        return found

    return suspects


def is_off(numeric, gradient):
    return np.abs(numeric - gradient).max() > 1e-3 * max(np.abs(numeric).max(), np.abs(gradient).max())


def first_only(loss, gradients, parameters):
    return suspects_by(is_off)(loss, gradients, parameters)[:1]


def listed(found):
    """The names that an answer returns, in alphabetical order."""
    if not isinstance(found, (list, tuple, set)) or not all(isinstance(name, str) for name in found):
        raise NotYet("a list of names was wanted, such as `['b1']`, or an empty one")
    return sorted(found)


def all_cases(answer, rng):
    return [listed(answer(*case)) for case, _ in cases(rng)]


planted_bug = Question(
    "04-backprop/planted-bug", takes=("loss", "gradients", "parameters"), observe=all_cases, seconds=8.0
)


@planted_bug.part("right gradients are left in peace, and a wrong sign is not")
def _(answer, rng):
    require(listed(answer(*a_case(rng, W1=turned))), "a whole array of the wrong sign was not found")
    for scale in (1.0, 1e-5, 1e4):
        found = listed(answer(*a_case(rng, scale)))
        require(not found, f"with right gradients, and a loss of size {scale:g}, it accuses {', '.join(found)}")


@planted_bug.part("one bug, in one array", points=2)
def _(answer, rng):
    kinds = {
        "half as large": lambda g: g / 2,
        "one entry wrong": one_entry,
        "another entry wrong": last_entry,
        "of the wrong sign": turned,
        "too large": lambda g: 6 * g,
        "wrong up and down by as much": up_and_down,
    }
    for kind, bug in kinds.items():
        name = str(rng.choice(["W1", "b1", "W2"]))
        found = listed(answer(*a_case(rng, **{name: bug})))
        require(name in found, f"an array whose gradient is {kind} was not found")
        require(found == [name], f"with the gradient of one array {kind}, others are accused too")


@planted_bug.part("several bugs, and tiny gradients")
def _(answer, rng):
    found = listed(answer(*a_case(rng, W1=one_entry, b2=turned)))
    require(found == ["W1", "b2"], "with two wrong arrays, it does not find these two and no other")
    found = listed(answer(*a_case(rng, scale=1e-5, b1=one_entry)))
    require(found == ["b1"], "with a loss, and so gradients, a hundred thousand times smaller, it misses the wrong one")


def search_mistake(name, hint, wrong, section=CHECK, **how):
    planted_bug.mistake(name, suspects_by(wrong, **how), hint, section=section)


search_mistake(
    "an absolute limit",
    "A difference of 0.0001 is nothing for a gradient of 10 and everything for one of 0.0001. Compare it with the size "
    "of the gradient.",
    lambda numeric, gradient: np.abs(numeric - gradient).max() > 1e-4,
)
search_mistake(
    "differences without their size",
    "You find gradients that are too small but not those that are too large: a difference may be negative.",
    lambda numeric, gradient: (numeric - gradient).max() > 1e-3 * np.abs(numeric).max(),
)
search_mistake(
    "differences added up",
    "You add up the differences before you look at their size, and an error up cancels an error down.",
    lambda numeric, gradient: abs((numeric - gradient).sum()) > 1e-3 * np.abs(numeric).max(),
)
search_mistake(
    "all entries must be wrong",
    "You accuse an array only if every entry is wrong. One wrong entry is enough.",
    lambda numeric, gradient: (np.abs(numeric - gradient) > 1e-3 * np.abs(numeric).max()).all(),
)
search_mistake(
    "one entry looked at",
    "Only the first entry of each array is looked at. A bug may spare it.",
    lambda numeric, gradient: (
        abs(numeric.flat[0] - gradient.flat[0]) > 1e-3 * max(np.abs(numeric).max(), np.abs(gradient).max())
    ),
)
search_mistake(
    "only lengths compared",
    "You compare how long the two gradients are. One of them may point the other way.",
    lambda numeric, gradient: abs(np.linalg.norm(numeric) - np.linalg.norm(gradient)) > 1e-3 * np.linalg.norm(numeric),
)
search_mistake(
    "the innocent accused",
    "You return the names of the arrays that agree.",
    lambda numeric, gradient: not is_off(numeric, gradient),
)
planted_bug.mistake(
    "the first suspect only",
    first_only,
    "It stops at the first wrong array. Go through all of them before you return.",
    section=CHECK,
)


# 7. A network learns XOR


def a_start(rng, d=2, m=8):
    """Parameters to begin with: random weights, biases 0."""
    return [rng.normal(size=(d, m)), np.zeros(m), rng.normal(size=(m, 1)) / np.sqrt(m), np.zeros(1)]


def a_run(rng):
    X, y, *parameters = a_batch(rng, n=8)
    return X, y, parameters, 0.5, 3


def training(move=None, gradients=two_layers, late=False, extra=0, once=False):
    """Gradient descent in which one thing may be wrong."""
    move = move or (lambda p, rate, g: p - rate * g)

    def train(X, y, parameters, learning_rate, epochs):
        losses, first = [], parameters
        for _ in range(epochs):
            loss, *slopes = gradients(X, y, *(first if once else parameters))
            parameters = [move(p, learning_rate, g) for p, g in zip(parameters, slopes, strict=True)]
            losses.append(gradients(X, y, *parameters)[0] if late else loss)
        losses += [gradients(X, y, *parameters)[0]] * extra
        return parameters, losses

    return train


def in_place(X, y, parameters, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        loss, *slopes = two_layers(X, y, *parameters)
        losses.append(loss)
        for p, g in zip(parameters, slopes, strict=True):
            p -= learning_rate * g
    return parameters, losses


def output_layer_first(X, y, parameters, learning_rate, epochs):
    W1, b1, W2, b2 = parameters
    losses = []
    for _ in range(epochs):
        loss, _, _, dW2, db2 = two_layers(X, y, W1, b1, W2, b2)
        losses.append(loss)
        new = W2 - learning_rate * dW2
        _, dW1, db1, _, _ = two_layers(X, y, W1, b1, W2, b2, back=lambda delta, _, A1, W=new: delta @ W.T)
        W1, b1, W2, b2 = W1 - learning_rate * dW1, b1 - learning_rate * db1, new, b2 - learning_rate * db2
    return [W1, b1, W2, b2], losses


train = Question(
    "04-backprop/train-xor",
    takes=("X", "y", "parameters", "learning_rate", "epochs"),
    draw=a_run,
    seconds=10.0,
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
    first = two_layers(X, y, *parameters)[0]
    close(losses[0], first, "the first loss must be that of the parameters at the start, before any step")


@train.part("one step: downhill, by learning rate times gradient")
def _(answer, rng):
    for rate in (0.1, 0.7):
        X, y, parameters, _, _ = a_run(rng)
        new, _ = trained(answer, X, y, parameters, rate, 1)
        gradients = two_layers(X, y, *parameters)[1:]
        for name, before, after, gradient in zip(PARAMETERS, parameters, new, gradients, strict=True):
            close(after, before - rate * gradient, f"after one epoch {name} has not made the step it should")


@train.part("many steps, each with a new gradient")
def _(answer, rng):
    X, y, parameters, rate, _ = a_run(rng)
    new, _ = trained(answer, X, y, parameters, rate, 6)
    wanted, _ = training()(X, y, parameters, rate, 6)
    for name, after, right in zip(PARAMETERS, new, wanted, strict=True):
        close(after, right, f"after six epochs {name} is not where gradient descent leads")


@train.part("it learns noisy XOR", points=2)
def _(answer, rng):
    X, y = datasets.noisy_xor(200, rng=rng)
    X_new, y_new = datasets.noisy_xor(400, rng=rng)
    (W1, b1, W2, b2), losses = trained(answer, X, y, a_start(rng), 1.0, 200)
    require(losses[-1] < losses[0] / 2, "after 200 epochs on noisy XOR the loss has not even halved")
    right = ((np.tanh(X_new @ W1 + b1) @ W2 + b2)[:, 0] > 0) == y_new
    require(right.mean() > 0.9, "after 200 epochs it is right for fewer than 90% of new points of noisy XOR")


def train_mistake(name, hint, wrong, section=PROGRAM):
    train.mistake(name, wrong, hint, section=section)


train_mistake(
    "uphill",
    "The loss grows from epoch to epoch: you add the gradient. It points to where the loss becomes larger.",
    training(lambda p, rate, g: p + rate * g),
)
train_mistake(
    "learning rate not used",
    "Your step is the whole gradient, whatever the learning rate is.",
    training(lambda p, rate, g: p - g),
)
train_mistake(
    "steps that get lost",
    "The parameters that come back are those that went in. Assigning to a loop variable gives a new name to an array; "
    "it does not put the array into the list.",
    training(lambda p, rate, g: p),
)
train_mistake(
    "one gradient for all steps",
    "All steps use the gradient of the start. A gradient is right at one place only: compute it anew in each epoch.",
    training(once=True),
)
train_mistake(
    "output layer first",
    "The output weights are updated before the hidden deltas are computed, so these use the new ones. All gradients "
    "belong to one and the same set of parameters.",
    output_layer_first,
    section="Usual mistakes",
)
train_mistake(
    "loss after the step",
    "Each loss is noted after its step, so the loss of the start is missing.",
    training(late=True),
)
train_mistake(
    "one loss too many",
    "There is one loss more than there are epochs: the last one belongs to the parameters you return.",
    training(extra=1),
)
train_mistake(
    "start overwritten",
    "`-=` changes the arrays that were handed in, so that nobody can start from them again. Make new arrays, or copies "
    "at the beginning.",
    in_place,
)

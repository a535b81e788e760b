"""Chapter 5, questions 3 and 4: a step with momentum, and a step of RMSProp."""

import numpy as np

from mlkit.checks.expect import a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.optimizers import Momentum, RMSProp

from .steps import changes_an_input

SEVEN = "Seven ways to take a step"
USUAL = "Usual mistakes"


def moved(result, shape, memory):
    """The new parameters and the new memory, each of the shape of the old."""
    w, v = a_tuple(result, 2)
    return an_array(w, shape, "the first value, w,"), an_array(v, shape, f"the second value, {memory},")


def agrees_on_the_way(answer, optimizer, settings, memory, rng):
    """Five steps with an optimizer of mlkit and with the answer: the same parameters and the same memory."""
    w, v = rng.normal(size=(3, 2)), np.zeros((3, 2))
    known = w.copy()
    for step in range(1, 6):
        g = rng.normal(size=(3, 2))
        optimizer.step([known], [g])
        w, v = moved(answer(w, g, v, *settings), (3, 2), memory)
        close(v, optimizer.state[0][0], f"five steps with random gradients: {memory} is not right after step {step}")
        close(w, known, f"five steps with random gradients: w is not right after step {step}")


# 3. momentum


def rolling(rng, shape=(4,)):
    """A place, a gradient, a velocity, η and μ."""
    w, g, v = rng.normal(size=(3, *shape))
    return w, g, v, float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.55, 0.9))


momentum = Question("05-sgd/momentum", takes=("w", "g", "v", "learning_rate", "momentum"), draw=rolling)


@momentum.part("from rest, a step of gradient descent; then faster")
def _(answer, rng):
    for shape in ((3,), (2, 4)):
        w, g, _, rate, mu = rolling(rng, shape)
        new, v = moved(answer(w, g, np.zeros(shape), rate, mu), shape, "the velocity")
        require(((new - w) * g < 0).all(), "from rest, the first step does not go against the gradient")
        close(new - w, -rate * g, "from rest, the first step is not that of plain gradient descent")
        close(v, new - w, "the velocity returned is not how far the parameters have moved")
        further, _ = moved(answer(new, g, v, rate, mu), shape, "the velocity")
        require((np.abs(further - new) > np.abs(new - w)).all(), "the same gradient again must give a longer step")


@momentum.part("by hand: w = 1, g = 4 twice, η = 0.1, μ = 0.9")
def _(answer, rng):
    w, v = moved(answer(np.array([1.0]), np.array([4.0]), np.zeros(1), 0.1, 0.9), (1,), "the velocity")
    close(w, [0.6], "by hand: w is not right after the first step")
    w, v = moved(answer(w, np.array([4.0]), v, 0.1, 0.9), (1,), "the velocity")
    close(v, [-0.76], "by hand: the velocity is not right after the second step")
    close(w, [-0.16], "by hand: w is not right after the second step")


@momentum.part("on level ground the ball rolls on and slows down")
def _(answer, rng):
    w, g, v, rate, mu = rolling(rng)
    new, slower = moved(answer(w, 0 * g, v, rate, mu), (4,), "the velocity")
    close(slower, mu * v, f"where g is 0, the share μ = {mu:.2f} of the velocity must be left")
    close(new, w + slower, "where g is 0, the ball must roll on with the velocity it has left")


@momentum.part("a steady gradient gives a steady velocity; a random one as well")
def _(answer, rng):
    w, g, v, rate, mu = rolling(rng)
    for _ in range(300):
        w, v = moved(answer(w, g, v, rate, mu), (4,), "the velocity")
    close(v * (1 - mu), -rate * g, "with the same gradient 300 times, the velocity does not settle where it should")
    agrees_on_the_way(answer, Momentum(rate, mu), (rate, mu), "the velocity", rng)


def momentum_with(velocity, place):
    """A step with other formulas for the velocity and for the place."""

    def wrong(w, g, v, learning_rate, momentum):
        new = velocity(v, g, learning_rate, momentum)
        return place(w, g, new, v, learning_rate, momentum), new

    return wrong


def right_velocity(v, g, rate, mu):
    return mu * v - rate * g


def right_place(w, g, new, old, rate, mu):
    return w + new


def momentum_in_place(w, g, v, learning_rate, momentum):
    v *= momentum
    v -= learning_rate * g
    w += v
    return w, v


momentum.mistake(
    "changed in place",
    momentum_in_place,
    "`*=`, `-=` and `+=` on an array change the array you were given. Make new ones and return them.",
    section=SEVEN,
    found=changes_an_input(rolling),
)
momentum.mistake(
    "uphill",
    momentum_with(lambda v, g, rate, mu: mu * v + rate * g, right_place),
    "The gradient is added to the velocity, so the ball gathers speed uphill.",
    section=SEVEN,
)
momentum.mistake(
    "a velocity that is subtracted",
    momentum_with(lambda v, g, rate, mu: mu * v + rate * g, lambda w, g, new, *_: w - new),
    "Your velocity points uphill and is subtracted from w. Some books do so; here the velocity is the way that w goes.",
    section=SEVEN,
)
momentum.mistake(
    "subtracted twice",
    momentum_with(right_velocity, lambda w, g, new, *_: w - new),
    "The velocity is right, but you subtract it. It already points downhill.",
    section=SEVEN,
)
momentum.mistake(
    "η outside the velocity",
    momentum_with(lambda v, g, rate, mu: mu * v + g, lambda w, g, new, old, rate, mu: w - rate * new),
    "Your velocity is a sum of gradients, and η comes in only when w moves. PyTorch does so; here η belongs inside the "
    "velocity.",
    section=SEVEN,
)
momentum.mistake(
    "a mean of gradients",
    momentum_with(lambda v, g, rate, mu: mu * v - (1 - mu) * rate * g, right_place),
    "You weigh the new gradient with 1 − μ. That makes a mean of it; Momentum adds the whole step to what is left.",
    section=SEVEN,
)
momentum.mistake(
    "a step behind",
    momentum_with(right_velocity, lambda w, g, new, old, *_: w + old),
    "w moves with the velocity of the step before: from rest it does not move at all. Which is computed first?",
    section=SEVEN,
)
momentum.mistake(
    "two steps in one",
    momentum_with(right_velocity, lambda w, g, new, old, rate, mu: w + new - rate * g),
    "w moves with the velocity, and then against the gradient as well. The gradient is in the velocity already.",
    section=SEVEN,
)
momentum.mistake(
    "Nesterov",
    momentum_with(right_velocity, lambda w, g, new, old, rate, mu: w + mu * new - rate * g),
    "This is the step of Nesterov, which looks ahead. Here the ball moves with its velocity and no more.",
    section=SEVEN,
)
momentum.mistake(
    "the velocity forgotten",
    lambda w, g, v, learning_rate, momentum: (w + momentum * v - learning_rate * g, v),
    "w is right, but you return the velocity you were given. The next step would not know of this one.",
    section=SEVEN,
)
momentum.mistake(
    "μ at the wrong place",
    momentum_with(lambda v, g, rate, mu: v - mu * rate * g, right_place),
    "μ shrinks your gradient, and the velocity never fades. μ is the share of the velocity that is kept.",
    section=SEVEN,
)
momentum.mistake(
    "no friction",
    momentum_with(lambda v, g, rate, mu: v - rate * g, right_place),
    "The velocity never fades: μ is not used.",
    section=SEVEN,
)
momentum.mistake(
    "no memory",
    momentum_with(lambda v, g, rate, mu: -rate * g, right_place),
    "The old velocity is lost: `=` where something should be added to what is left of it?",
    section=SEVEN,
)
momentum.mistake(
    "in the other order",
    lambda w, g, v, learning_rate, momentum: (
        right_velocity(v, g, learning_rate, momentum),
        w + right_velocity(v, g, learning_rate, momentum),
    ),
    "Both are right, but the velocity comes first. Return w, then the velocity.",
    section=SEVEN,
)
momentum.mistake(
    "the velocity not returned",
    lambda w, g, v, learning_rate, momentum: w + right_velocity(v, g, learning_rate, momentum),
    "w is right, but the velocity is lost when the function ends. Return both.",
    section=SEVEN,
)

# 4. rmsprop


def scaled(rng, shape=(4,)):
    """A place, a gradient, a mean square, η, ρ, and an ε that shows."""
    w, g = rng.normal(size=(2, *shape))
    v = rng.uniform(0.3, 2, size=shape)
    return w, g, v, float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.2, 0.5))


rmsprop = Question("05-sgd/rmsprop", takes=("w", "g", "v", "learning_rate", "decay", "epsilon"), draw=scaled)
TINY = 1e-12


@rmsprop.part("v: a running mean of the squared gradient")
def _(answer, rng):
    for shape in ((3,), (2, 4)):
        w, g, v, rate, decay, epsilon = scaled(rng, shape)
        _, faded = moved(answer(w, 0 * g, v, rate, decay, epsilon), shape, "v")
        close(faded, decay * v, f"where g is 0, the share ρ = {decay:.2f} of v must be left")
        _, same = moved(answer(w, g, g**2, rate, decay, epsilon), shape, "v")
        close(same, g**2, "where v is the square of the gradient already, it must stay as it is")
        _, new = moved(answer(w, g, v, rate, decay, epsilon), shape, "v")
        close(new - faded, same - decay * g**2, "a part of v comes from the gradient; it must not depend on the old v")


@rmsprop.part("by hand: w = 1, g = 4 twice, η = 0.1, ρ = 0.75")
def _(answer, rng):
    w, v = moved(answer(np.array([1.0]), np.array([4.0]), np.zeros(1), 0.1, 0.75, TINY), (1,), "v")
    close(v, [4], "by hand: v is not right after the first step")
    close(w, [0.8], "by hand: w is not right after the first step")
    w, v = moved(answer(w, np.array([4.0]), v, 0.1, 0.75, TINY), (1,), "v")
    close(w, [0.8 - 0.4 / 7**0.5], "by hand: w is not right after the second step")


@rmsprop.part("downhill, each parameter in a scale of its own")
def _(answer, rng):
    w, g, v, rate, decay, _ = scaled(rng)
    step = moved(answer(w, g, v, rate, decay, TINY), (4,), "v")[0] - w
    require((step * g < 0).all(), "not every parameter moves against its gradient")
    back = moved(answer(w, -g, v, rate, decay, TINY), (4,), "v")[0] - w
    close(back, -step, "with all gradients turned round, the step must be turned round")
    unit = np.array([1000.0, 1, 1, 0.01])
    rescaled = moved(answer(w, unit * g, unit**2 * v, rate, decay, TINY), (4,), "v")[0] - w
    close(rescaled, step, "all gradients of a parameter 1000 times as large, and its step has changed")
    other = np.array([1.0, 1, 1, 5])
    one_changed = moved(answer(w, other * g, v, rate, decay, TINY), (4,), "v")[0] - w
    close(one_changed[:3], step[:3], "the gradient of one parameter changed, and others take another step, too")


@rmsprop.part("ε where it belongs; and five steps in a row")
def _(answer, rng):
    w, g, v, rate, decay, epsilon = scaled(rng)
    still, _ = moved(answer(w, 0 * g, 0 * v, rate, decay, 1e-8), (4,), "v")
    close(still, w, "where g and v are 0, the parameters must stay where they are")
    step = w - moved(answer(w, g, v, rate, decay, epsilon), (4,), "v")[0]
    full = w - moved(answer(w, g, v, rate, decay, TINY), (4,), "v")[0]
    require((np.abs(step) < np.abs(full)).all(), "a larger ε must make every step shorter")
    close(rate * g / step - rate * g / full, np.full(4, epsilon), "ε is there, but not where it belongs", rtol=1e-5)
    agrees_on_the_way(answer, RMSProp(rate, decay, epsilon), (rate, decay, epsilon), "v", rng)


def rmsprop_with(mean=None, step=None):
    """A step with another formula for the mean square, or for the step."""
    mean = mean or (lambda v, g, rho: rho * v + (1 - rho) * g**2)
    step = step or (lambda g, v, old, epsilon: g / (np.sqrt(v) + epsilon))

    def wrong(w, g, v, learning_rate, decay, epsilon):
        new = mean(v, g, decay)
        return w - learning_rate * step(g, new, v, epsilon), new

    return wrong


def rmsprop_in_place(w, g, v, learning_rate, decay, epsilon):
    v *= decay
    v += (1 - decay) * g**2
    w -= learning_rate * g / (np.sqrt(v) + epsilon)
    return w, v


rmsprop.mistake(
    "changed in place",
    rmsprop_in_place,
    "`*=`, `-=` and `+=` on an array change the array you were given. Make new ones and return them.",
    section=SEVEN,
    found=changes_an_input(scaled),
)
rmsprop.mistake(
    "ε inside the root",
    rmsprop_with(step=lambda g, v, old, epsilon: g / np.sqrt(v + epsilon)),
    "You add ε before you take the root. Some libraries do; here it comes after. The difference shows where v is tiny.",
    section=USUAL,
)
rmsprop.mistake(
    "ε outside the fraction",
    rmsprop_with(step=lambda g, v, old, epsilon: g / np.sqrt(v) + epsilon),
    "ε is added to the whole fraction and not below its bar, where it should keep 0/0 away. Brackets?",
    section=SEVEN,
)
rmsprop.mistake(
    "no ε",
    rmsprop_with(step=lambda g, v, old, epsilon: g / np.sqrt(v)),
    "ε is not used. A parameter whose gradient has always been 0 then divides 0 by 0.",
    section=SEVEN,
)
rmsprop.mistake(
    "not squared",
    rmsprop_with(mean=lambda v, g, rho: rho * v + (1 - rho) * g),
    "Your v is a mean of the gradients, without the square: it can be negative, and has no root then.",
    section=SEVEN,
)
rmsprop.mistake(
    "no root",
    rmsprop_with(step=lambda g, v, old, epsilon: g / (v + epsilon)),
    "You divide by the mean square itself. Gradients a thousand times as large then make steps a thousandth as long.",
    section=SEVEN,
)
rmsprop.mistake(
    "AdaGrad",
    rmsprop_with(mean=lambda v, g, rho: v + g**2),
    "You add up the squares, and nothing is forgotten. That is AdaGrad, whose steps only become shorter.",
    section=SEVEN,
)
rmsprop.mistake(
    "a sum that fades",
    rmsprop_with(mean=lambda v, g, rho: rho * v + g**2),
    "The old v shrinks, but the new square comes with its full weight. For a mean, the two weights must add up to 1.",
    section=SEVEN,
)
rmsprop.mistake(
    "the weights exchanged",
    rmsprop_with(mean=lambda v, g, rho: (1 - rho) * v + rho * g**2),
    "ρ is the weight of the new square in your mean. It should be the share of the old v that is kept.",
    section=SEVEN,
)
rmsprop.mistake(
    "a step behind",
    rmsprop_with(step=lambda g, v, old, epsilon: g / (np.sqrt(old) + epsilon)),
    "You divide by the v of the step before. At the first step that is 0, and almost anything can happen.",
    section=SEVEN,
)
rmsprop.mistake(
    "one scale for all",
    rmsprop_with(mean=lambda v, g, rho: rho * v + (1 - rho) * np.mean(g**2)),
    "All your parameters share one mean square. Each should have its own: that is what RMSProp is for.",
    section=SEVEN,
)
rmsprop.mistake(
    "uphill",
    rmsprop_with(step=lambda g, v, old, epsilon: -g / (np.sqrt(v) + epsilon)),
    "The step is right, but it leads uphill: a minus sign is lost.",
    section=SEVEN,
)
rmsprop.mistake(
    "only the sign of the gradient",
    rmsprop_with(mean=lambda v, g, rho: g**2),
    "Your v is the square of the last gradient alone. Then every step has the length η; the mean is missing.",
    section=SEVEN,
)
rmsprop.mistake(
    "the memory forgotten",
    lambda *step: (rmsprop_with()(*step)[0], step[2]),
    "w is right, but you return the v you were given. The next step would not know of this one.",
    section=SEVEN,
)

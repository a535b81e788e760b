"""Chapter 5, questions 3 and 4: a step with momentum, and a step of RMSProp."""

import numpy as np

from mlkit.checks.expect import a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.optimizers import Momentum, RMSProp

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


momentum = Question(
    "05-sgd/momentum",
    draw=rolling,
    returns=("w", "v"),
    section=SEVEN,
    solution="""
        def momentum_step(w, g, v, learning_rate, momentum):
            v = momentum * v - learning_rate * g  # a new array: `*=` would change the one we were given
            return w + v, v
        """,
    why="Gradients that point the same way add up in the velocity, until μ takes away as much as each new one brings. "
    "Those that point to and fro cancel.",
)


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


momentum.slips(
    ("uphill", {"- learning_rate": "+ learning_rate"},
     "The gradient is added to the velocity, so the ball gathers speed uphill."),
    ("a velocity that is subtracted", {"- learning_rate": "+ learning_rate", "w + v": "w - v"},
     "Your velocity points uphill and is subtracted from w. Some books do so; here the velocity is the way that w "
     "goes."),
    ("subtracted twice", {"w + v": "w - v"},
     "The velocity is right, but you subtract it. It already points downhill."),
    ("η outside the velocity", {"- learning_rate * g": "+ g", "w + v": "w - learning_rate * v"},
     "Your velocity is a sum of gradients, and η comes in only when w moves. PyTorch does so; here η belongs inside "
     "the velocity."),
    ("a mean of gradients", {"- learning_rate": "- (1 - momentum) * learning_rate"},
     "You weigh the new gradient with 1 − μ. That makes a mean of it; Momentum adds the whole step to what is left."),
    ("a step behind", {"v = momentum * v": "new = momentum * v", "w + v, v": "w + v, new"},
     "w moves with the velocity of the step before: from rest it does not move at all. Which is computed first?"),
    ("two steps in one", {"w + v": "w + v - learning_rate * g"},
     "w moves with the velocity, and then against the gradient as well. The gradient is in the velocity already."),
    ("Nesterov", {"w + v": "w + momentum * v - learning_rate * g"},
     "This is the step of Nesterov, which looks ahead. Here the ball moves with its velocity and no more."),
    ("the velocity forgotten", {"v = momentum * v": "new = momentum * v", "w + v, v": "w + new, v"},
     "w is right, but you return the velocity you were given. The next step would not know of this one."),
    ("μ at the wrong place", {"momentum * v - ": "v - momentum * "},
     "μ shrinks your gradient, and the velocity never fades. μ is the share of the velocity that is kept."),
    ("μ on both", {"momentum * v - learning_rate * g": "momentum * (v - learning_rate * g)"},
     "μ shrinks the new step as well as the old velocity. It is the share that is kept: of which of the two?"),
    ("the share that is lost", {"momentum * v": "(1 - momentum) * v"},
     "You keep 1 − μ of the velocity, and μ of it is lost. It should be the other way round."),
    ("η and μ exchanged", {"momentum * v - learning_rate": "learning_rate * v - momentum"},
     "η and μ have changed places: which belongs to the velocity, and which to the gradient?"),
    ("η twice", {"w + v": "w + learning_rate * v"},
     "η is in your velocity, and you multiply with it once more when w moves. Which of the two is wanted?"),
    ("the gradient squared", {"learning_rate * g": "learning_rate * g**2"},
     "You square the gradient, as RMSProp does for its mean. A square knows no direction."),
    ("no friction", {"momentum * v": "v"}, "The velocity never fades: μ is not used."),
    ("no memory", {"momentum * v ": ""},
     "The old velocity is lost: `=` where something should be added to what is left of it?"),
    ("a mean of gradients, η outside",
     {"- learning_rate * g": "+ (1 - momentum) * g", "w + v": "w - learning_rate * v"},
     "Your velocity is a running mean of the gradients, and η comes in when w moves. Here the velocity is what is left "
     "of the old one and a whole step downhill."),
    ("η times both", {"momentum * v - learning_rate * g": "learning_rate * (momentum * v - g)"},
     "η multiplies the old velocity, too. What is left of it is a matter of μ alone."),
    ("one step for all parameters", {"learning_rate * g": "learning_rate * np.mean(g) * np.ones_like(g)"},
     "All parameters go the same way: is the gradient averaged over them? Each has a slope of its own."),
)  # fmt: skip

# 4. rmsprop


def scaled(rng, shape=(4,)):
    """A place, a gradient, a mean square, η, ρ, and an ε that shows."""
    w, g = rng.normal(size=(2, *shape))
    v = rng.uniform(0.3, 2, size=shape)
    return w, g, v, float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.2, 0.5))


def scaled_or_still(rng):
    """The same; now and then one of the parameters has never had a gradient."""
    w, g, v, *settings = scaled(rng)
    moving = np.array([1, 1, rng.integers(2), 1])
    return w, moving * g, moving * v, *settings


rmsprop = Question(
    "05-sgd/rmsprop",
    draw=scaled_or_still,
    returns=("w", "v"),
    section=SEVEN,
    solution="""
        def rmsprop_step(w, g, v, learning_rate, decay, epsilon):
            v = decay * v + (1 - decay) * g**2  # the weights add up to 1: a mean
            return w - learning_rate * g / (np.sqrt(v) + epsilon), v
        """,
    why="The root of v is the usual size of a gradient. Divided by that, every parameter takes steps of about η, "
    "however steep its own slopes are.",
)
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


rmsprop.slips(
    ("ε inside the root", {"np.sqrt(v) + epsilon": "np.sqrt(v + epsilon)"},
     "You add ε before you take the root. Some libraries do; here it comes after. The difference shows where v is "
     "tiny.", {"section": USUAL}),
    ("ε outside the fraction", {"g / (np.sqrt(v) + epsilon)": "(g / np.sqrt(v) + epsilon)"},
     "ε is added to the whole fraction and not below its bar, where it should keep 0/0 away. Brackets?"),
    ("no ε", {" + epsilon": ""},
     "ε is not used. A parameter whose gradient has always been 0 then divides 0 by 0."),
    ("not squared", {"g**2": "g"},
     "Your v is a mean of the gradients, without the square: it can be negative, and has no root then."),
    ("no root", {"np.sqrt(v)": "v"},
     "You divide by the mean square itself. Gradients a thousand times as large then make steps a thousandth as long."),
    ("AdaGrad", {"decay * v + (1 - decay) * ": "v + "},
     "You add up the squares, and nothing is forgotten. That is AdaGrad, whose steps only become shorter."),
    ("a sum that fades", {"(1 - decay) * ": ""},
     "The old v shrinks, but the new square comes with its full weight. For a mean, the two weights must add up to 1."),
    ("the weights exchanged", {"decay * v + (1 - decay)": "(1 - decay) * v + decay"},
     "ρ is the weight of the new square in your mean. It should be the share of the old v that is kept."),
    ("a step behind", {"v = decay": "new = decay", "epsilon), v": "epsilon), new"},
     "You divide by the v of the step before. At the first step that is 0, and almost anything can happen."),
    ("one scale for all", {"g**2": "np.mean(g**2)"},
     "All your parameters share one mean square. Each should have its own: that is what RMSProp is for."),
    ("one root for all", {"np.sqrt(v)": "np.sqrt(np.mean(v))"},
     "All your parameters are divided by one number. Each should be divided by the root of its own mean square."),
    ("a mean of the sizes", {"g**2": "np.abs(g)"},
     "Your v is a mean of the gradients without their signs. It should be one of their squares."),
    ("uphill", {"w - learning_rate": "w + learning_rate"},
     "The step is right, but it leads uphill: a minus sign is lost."),
    ("only the sign of the gradient", {"decay * v + (1 - decay) * ": ""},
     "Your v is the square of the last gradient alone. Then every step has the length η; the mean is missing."),
    ("the memory forgotten", {"v = decay": "new = decay", "np.sqrt(v)": "np.sqrt(new)"},
     "w is right, but you return the v you were given. The next step would not know of this one."),
)  # fmt: skip

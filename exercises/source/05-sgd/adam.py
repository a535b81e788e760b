"""Chapter 5, question 5: a step of Adam, and what happens to those who do not count."""

import numpy as np

from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.optimizers import Adam

from .momentum_rmsprop import SEVEN, USUAL

TINY = 1e-12


def on_its_way(rng, shape=(4,)):
    """A place, a gradient, both means, some steps done, η, β₁, β₂, and an ε that shows."""
    w, g, m = rng.normal(size=(3, *shape))
    v, t = rng.uniform(0.3, 2, size=shape), int(rng.integers(1, 5))
    rate, beta1, beta2 = rng.uniform(0.1, 0.3), rng.uniform(0.6, 0.75), rng.uniform(0.8, 0.95)
    return w, g, m, v, t, float(rate), float(beta1), float(beta2), float(rng.uniform(0.2, 0.5))


def soon_or_late(rng):
    """The same after no step, a few, or many; now and then one of the parameters has never had a gradient."""
    w, g, m, v, _, *settings = on_its_way(rng)
    moving = np.array([1, 1, rng.integers(2), 1])
    return w, moving * g, moving * m, moving * v, int(rng.choice([0, 1, 2, 3, 12])), *settings


adam = Question(
    "05-sgd/adam",
    draw=soon_or_late,
    drawings=6,
    returns=("w", "m", "v", "t"),
    section=SEVEN,
    solution="""
        def adam_step(w, g, m, v, t, learning_rate, beta1, beta2, epsilon):
            t = t + 1  # first, so that it is never 0 below
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            m_hat = m / (1 - beta1**t)  # under names of their own: the means themselves go on uncorrected
            v_hat = v / (1 - beta2**t)
            return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v, t
        """,
    why="A mean that starts at 0 has given away only a part of its weights after t steps. Divided by this part it is a "
    "true mean from the first step on; and then the step is that of RMSProp, with a mean in the place of the gradient.",
)


def arrived(result, shape):
    """The new parameters, the two means and the count, each of its shape."""
    w, m, v, t = a_tuple(result, 4)
    w = an_array(w, shape, "the first value, w,")
    m, v = an_array(m, shape, "the second value, m,"), an_array(v, shape, "the third value, v,")
    return w, m, v, a_number(t, "the fourth value, t,")


@adam.part("two running means, and a count of the steps")
def _(answer, rng):
    for shape in ((3,), (2, 4)):
        w, g, m, v, t, *settings = on_its_way(rng, shape)
        *_, counted = arrived(answer(w, g, m, v, t, *settings), shape)
        require(counted != t, f"{t} steps were done before this one, and the count after it is the same")
        require(counted == t + 1, f"{t} steps were done before this one: the count after it is not right")
        _, m_faded, v_faded, _ = arrived(answer(w, 0 * g, m, v, t, *settings), shape)
        close(m_faded, settings[1] * m, "where g is 0, the share β₁ of m must be left")
        close(v_faded, settings[2] * v, "where g is 0, the share β₂ of v must be left")
        _, m_same, v_same, _ = arrived(answer(w, g, g, g**2, t, *settings), shape)
        close(m_same, g, "where m is the gradient already, it must stay as it is")
        close(v_same, g**2, "where v is the square of the gradient already, it must stay as it is")


@adam.part("the first step is η long, whatever the gradient")
def _(answer, rng):
    w, g, m, v, _, rate, beta1, beta2, _ = on_its_way(rng)
    g = np.sign(g) * (0.5 + np.abs(g))  # beside a gradient near 0, even the tiny ε would show
    for size in (1e-3, 1.0, -1e4):
        new, *_ = arrived(answer(w, size * g, 0 * m, 0 * v, 0, rate, beta1, beta2, TINY), (4,))
        require(((new - w) * size * g < 0).all(), "from the start, not every parameter moves against its gradient")
        said = f"gradients of size {abs(size):g}: the first step has not the length η"
        close(np.abs(new - w), np.full(4, rate), said)


@adam.part("by hand: gradients that agree, and gradients that do not", points=2)
def _(answer, rng):
    w, m, v, t = np.array([1.0]), np.zeros(1), np.zeros(1), 0
    for step in range(1, 41):
        w, m, v, t = arrived(answer(w, np.array([-5.0]), m, v, int(t), 0.1, 0.9, 0.999, TINY), (1,))
        close(w, [1 + 0.1 * step], f"the same gradient each time: step {step} has not the length η")
    w, m, v, t = arrived(answer(np.ones(1), np.ones(1), np.zeros(1), np.zeros(1), 0, 0.1, 0.9, 0.999, TINY), (1,))
    w, m, v, t = arrived(answer(w, -np.ones(1), m, v, int(t), 0.1, 0.9, 0.999, TINY), (1,))
    close(m, [-0.01], "by hand, gradients 1 and then −1: m is not right after the second step")
    close(w, [0.9 + 0.1 * 0.01 / 0.19], "by hand, gradients 1 and then −1: w is not right after the second step")


@adam.part("ε where it belongs; and five steps in a row")
def _(answer, rng):
    w, g, m, v, _, *settings = on_its_way(rng)
    still, *_ = arrived(answer(w, 0 * g, 0 * m, 0 * v, 0, *settings), (4,))
    close(still, w, "where all gradients have been 0, the parameters must stay where they are")
    optimizer, known, m, v, t = Adam(*settings), w.copy(), 0 * m, 0 * v, 0
    for step in range(1, 6):
        g = rng.normal(size=4)
        optimizer.step([known], [g])
        w, m, v, t = arrived(answer(w, g, m, v, int(t), *settings), (4,))
        close(m, optimizer.state[0][0], f"five steps with random gradients: m is not right after step {step}")
        close(v, optimizer.state[0][1], f"five steps with random gradients: v is not right after step {step}")
        close(w, known, f"five steps with ε = {settings[3]:.2f}: w is not right after step {step}")


adam.slips(
    ("an old t returned", {"epsilon), m, v, t": "epsilon), m, v, t - 1"},
     "The step is right, but you return the t that you were given. The next step would count the same again.",
     {"section": USUAL}),
    ("t not counted", {"t = t + 1": "t = t"},
     "t stays as it came in: your corrections use the steps done *before* this one, and the next call learns nothing "
     "of it.", {"section": USUAL}),
    ("t advanced too late", {"t = t + 1": "t = t", "epsilon), m, v, t": "epsilon), m, v, t + 1"},
     "You correct with the steps done *before* this one. At the first step that is 0, and you divide by 0.",
     {"section": USUAL}),
    ("t advanced twice", {"t = t + 1": "t = t + 2", "epsilon), m, v, t": "epsilon), m, v, t - 1"},
     "Your corrections are those of the step after this one. What is t in the formulas at the first step?"),
    ("no bias correction", {"m / (1 - beta1**t)": "m", "v / (1 - beta2**t)": "v"},
     "The means are used as they are. They started at 0 and are far too small in the first steps: correct both.",
     {"section": USUAL}),
    ("v not corrected", {"v / (1 - beta2**t)": "v"},
     "m is corrected, and v is not. It started at 0 as well, so the first steps are much too long."),
    ("m not corrected", {"m / (1 - beta1**t)": "m"},
     "v is corrected, and m is not. It started at 0 as well, so the first steps are too short."),
    ("the corrected means kept", {"epsilon), m, v, t": "epsilon), m_hat, v_hat, t"},
     "The step is right, but you return the corrected means. The next step would correct them once more."),
    ("1 − β for every t", {"beta1**t": "beta1", "beta2**t": "beta2"},
     "Your correction is the same at every step. It has to fade as the means fill up: where is t?"),
    ("β times t", {"beta1**t": "beta1 * t", "beta2**t": "beta2 * t"},
     "You multiply β by t in the correction. In a sum of a geometric series, t comes in otherwise."),
    ("corrected the wrong way", {"m / (1": "m * (1", "v / (1": "v * (1"},
     "Your correction makes the means smaller still. They are too small already."),
    ("the betas exchanged", {"beta1, beta2, epsilon": "beta2, beta1, epsilon"},
     "β₁ and β₂ have changed places: β₁ belongs to the mean of the gradient, β₂ to the mean of its square."),
    ("β₁ in both corrections", {"beta2**t": "beta1**t"},
     "Both corrections use β₁. Each mean forgets at a pace of its own, and its correction goes with it."),
    ("β₁ in both means", {"beta2 * v + (1 - beta2)": "beta1 * v + (1 - beta1)"},
     "Both means use β₁. The mean of the squares has a share of its own."),
    ("the weights exchanged",
     {"beta1 * m + (1 - beta1)": "(1 - beta1) * m + beta1", "beta2 * v + (1 - beta2)": "(1 - beta2) * v + beta2"},
     "β is the weight of what is new in your means. It should be the share of the old mean that is kept."),
    ("sums that fade", {"(1 - beta1) * ": "", "(1 - beta2) * ": ""},
     "The old means shrink, but what is new comes with its full weight. For a mean, two weights must add up to 1."),
    ("the old means used", {"m = beta1": "new_m = beta1", "v = beta2": "new_v = beta2",
                            "epsilon), m, v, t": "epsilon), new_m, new_v, t"},
     "You return the new means, but the step is made with those of the step before."),
    ("the old means returned", {"m = beta1": "new_m = beta1", "v = beta2": "new_v = beta2",
                                "m / (1": "new_m / (1", "v / (1": "new_v / (1"},
     "The step is right, but you return the means you were given. The next step would not know of this gradient."),
    ("ε inside the root", {"np.sqrt(v_hat) + epsilon": "np.sqrt(v_hat + epsilon)"},
     "You add ε before you take the root. Here it comes after; the difference shows where v is tiny.",
     {"section": USUAL}),
    ("ε outside the fraction", {"m_hat / (np.sqrt(v_hat) + epsilon)": "(m_hat / np.sqrt(v_hat) + epsilon)"},
     "ε is added to the whole fraction and not below its bar, where it should keep 0/0 away. Brackets?"),
    ("ε before the correction",
     {"np.sqrt(v_hat) + epsilon": "(np.sqrt(v) + epsilon) / np.sqrt(1 - beta2**t)"},
     "You add ε to the root of v before v is corrected. Some libraries do; in the paper's Algorithm 1 it comes after."),
    ("no ε", {" + epsilon": ""},
     "ε is not used. A parameter whose gradient has always been 0 then divides 0 by 0."),
    ("the root before the correction", {"np.sqrt(v_hat)": "np.sqrt(v) / (1 - beta2**t)"},
     "You take the root of v first and correct it then. It is the mean square that is too small, not its root."),
    ("not squared", {"g**2": "g"},
     "Your v is a mean of the gradients, without the square: it can be negative, and has no root then."),
    ("the mean squared", {"g**2": "m**2"},
     "Your v is a mean of squares of m. It is the gradient itself that should be squared."),
    ("no root", {"np.sqrt(v_hat)": "v_hat"},
     "You divide by the mean square itself. Gradients a thousand times as large then make steps a thousandth as long."),
    ("the gradient in place of m", {"m_hat / (np": "g / (np"},
     "You move against the gradient of this step alone. m is computed and then not used."),
    ("uphill", {"w - ": "w + "}, "The step is right, but it leads uphill: a minus sign is lost."),
)  # fmt: skip

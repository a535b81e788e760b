"""Chapter 5, question 5: a step of Adam, and what happens to those who do not count."""

import numpy as np

from mlkit.checks.expect import a_number, a_tuple, an_array, close, require
from mlkit.checks.question import Question
from mlkit.optimizers import Adam

from .momentum_rmsprop import SEVEN, USUAL
from .steps import changes_an_input

TINY = 1e-12


def on_its_way(rng, shape=(4,)):
    """A place, a gradient, both means, some steps done, η, β₁, β₂, and an ε that shows."""
    w, g, m = rng.normal(size=(3, *shape))
    v, t = rng.uniform(0.3, 2, size=shape), int(rng.integers(1, 5))
    rate, beta1, beta2 = rng.uniform(0.1, 0.3), rng.uniform(0.6, 0.75), rng.uniform(0.8, 0.95)
    return w, g, m, v, t, float(rate), float(beta1), float(beta2), float(rng.uniform(0.2, 0.5))


adam = Question(
    "05-sgd/adam",
    takes=("w", "g", "m", "v", "t", "learning_rate", "beta1", "beta2", "epsilon"),
    draw=on_its_way,
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
        close(
            np.abs(new - w), np.full(4, rate), f"gradients of size {abs(size):g}: the first step has not the length η"
        )


@adam.part("by hand: gradients that agree, and gradients that do not", points=2)
def _(answer, rng):
    w, m, v, t = np.array([1.0]), np.zeros(1), np.zeros(1), 0
    for step in range(1, 8):
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
        said = f"five steps with ε = {settings[3]:.2f}: w is not right after step {step}"
        close(w, known, said)


def root_then_epsilon(m, v, epsilon):
    return m / (np.sqrt(v) + epsilon)


def corrected(mean, beta, t):
    return mean / (1 - beta**t)


def beta_times_t(mean, beta, t):
    return mean / (1 - beta * t)


def uncorrected(mean, beta, t):
    return mean


def adam_with(first=corrected, second=corrected, step=root_then_epsilon, square=np.square, late=0, sign=-1):
    """Adam with another correction, another step, or another way of counting."""

    def wrong(w, g, m, v, t, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * square(g)
        m_hat, v_hat = first(m, beta1, t + 1 - late), second(v, beta2, t + 1 - late)
        return w + sign * learning_rate * step(m_hat, v_hat, epsilon), m, v, t + 1

    return wrong


right = adam_with()


def adam_in_place(w, g, m, v, t, learning_rate, beta1, beta2, epsilon):
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * g**2
    w -= learning_rate * corrected(m, beta1, t + 1) / (np.sqrt(corrected(v, beta2, t + 1)) + epsilon)
    return w, m, v, t + 1


def corrected_means_kept(w, g, m, v, t, learning_rate, beta1, beta2, epsilon):
    w, m, v, t = right(w, g, m, v, t, learning_rate, beta1, beta2, epsilon)
    return w, corrected(m, beta1, t), corrected(v, beta2, t), t


def epsilon_before(w, g, m, v, t, learning_rate, beta1, beta2, epsilon):
    _, m, v, t = right(w, g, m, v, t, learning_rate, beta1, beta2, epsilon)
    scale = np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - learning_rate * scale * m / (np.sqrt(v) + epsilon), m, v, t


def does_not_count(answer, rng):
    arguments = on_its_way(rng)
    return answer(*arguments)[3] == arguments[4]


adam.mistake(
    "changed in place",
    adam_in_place,
    "`*=`, `-=` and `+=` on an array change the array you were given. Make new ones and return them.",
    section=SEVEN,
    found=changes_an_input(on_its_way),
)
adam.mistake(
    "t not advanced",
    lambda *step: (*right(*step)[:3], step[4]),
    "You return the t that you were given. Every step would then be corrected as if it were the first.",
    section=USUAL,
    found=does_not_count,
)
adam.mistake(
    "t advanced too late",
    adam_with(late=1),
    "You correct with the steps done *before* this one. At the first step that is 0, and you divide by 0.",
    section=USUAL,
)
adam.mistake(
    "no bias correction",
    adam_with(uncorrected, uncorrected),
    "The means are used as they are. They started at 0 and are far too small in the first steps: correct both.",
    section=USUAL,
)
adam.mistake(
    "v not corrected",
    adam_with(corrected, uncorrected),
    "m is corrected, and v is not. It started at 0 as well, so the first steps are much too long.",
    section=SEVEN,
)
adam.mistake(
    "m not corrected",
    adam_with(uncorrected, corrected),
    "v is corrected, and m is not. It started at 0 as well, so the first steps are too short.",
    section=SEVEN,
)
adam.mistake(
    "the corrected means kept",
    corrected_means_kept,
    "The step is right, but you return the corrected means. The next step would correct them once more.",
    section=SEVEN,
)
adam.mistake(
    "1 − β for every t",
    adam_with(lambda mean, beta, t: mean / (1 - beta), lambda mean, beta, t: mean / (1 - beta)),
    "Your correction is the same at every step. It has to fade as the means fill up: where is t?",
    section=SEVEN,
)
adam.mistake(
    "β times t",
    adam_with(beta_times_t, beta_times_t),
    "You multiply β by t in the correction. In a sum of a geometric series, t comes in otherwise.",
    section=SEVEN,
)
adam.mistake(
    "corrected the wrong way",
    adam_with(lambda mean, beta, t: mean * (1 - beta**t), lambda mean, beta, t: mean * (1 - beta**t)),
    "Your correction makes the means smaller still. They are too small already.",
    section=SEVEN,
)
adam.mistake(
    "the betas exchanged",
    lambda w, g, m, v, t, rate, beta1, beta2, epsilon: right(w, g, m, v, t, rate, beta2, beta1, epsilon),
    "β₁ and β₂ have changed places: β₁ belongs to the mean of the gradient, β₂ to the mean of its square.",
    section=SEVEN,
)
adam.mistake(
    "ε inside the root",
    adam_with(step=lambda m, v, epsilon: m / np.sqrt(v + epsilon)),
    "You add ε before you take the root. Here it comes after; the difference shows where v is tiny.",
    section=USUAL,
)
adam.mistake(
    "ε outside the fraction",
    adam_with(step=lambda m, v, epsilon: m / np.sqrt(v) + epsilon),
    "ε is added to the whole fraction and not below its bar, where it should keep 0/0 away. Brackets?",
    section=SEVEN,
)
adam.mistake(
    "ε before the correction",
    epsilon_before,
    "You add ε to the root of v before v is corrected. Some libraries do; in the paper's Algorithm 1 it comes after.",
    section=SEVEN,
)
adam.mistake(
    "not squared",
    adam_with(square=lambda g: g),
    "Your v is a mean of the gradients, without the square: it can be negative, and has no root then.",
    section=SEVEN,
)
adam.mistake(
    "no root",
    adam_with(step=lambda m, v, epsilon: m / (v + epsilon)),
    "You divide by the mean square itself. Gradients a thousand times as large then make steps a thousandth as long.",
    section=SEVEN,
)
adam.mistake(
    "the gradient in place of m",
    lambda w, g, m, v, t, rate, beta1, beta2, epsilon: (
        w - rate * g / (np.sqrt(corrected(beta2 * v + (1 - beta2) * g**2, beta2, t + 1)) + epsilon),
        *right(w, g, m, v, t, rate, beta1, beta2, epsilon)[1:],
    ),
    "You move against the gradient of this step alone. m is computed and then not used.",
    section=SEVEN,
)
adam.mistake(
    "uphill",
    adam_with(sign=1),
    "The step is right, but it leads uphill: a minus sign is lost.",
    section=SEVEN,
)

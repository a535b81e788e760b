"""Chapter 5, questions 6 and 7: how large a step may be, from the first to the last, and at the most."""

import math

import numpy as np

from mlkit import schedules
from mlkit.checks.expect import a_number, close, require
from mlkit.checks.question import Question

SCHEDULES = "Schedules"
FAR = "How far to step"

# 6. schedule

PLANS = [(1.0, 4, 24), (0.3, 9, 60), (10.0, 1, 7)]  # largest rate, steps of warm-up, steps in all

schedule = Question(
    "05-sgd/schedule",
    takes=("t", "largest", "warm_up", "steps"),
    observe=lambda answer, rng: [answer(t, 2.0, 5, 20) for t in range(24)],
)


def rates(answer, plan, steps):
    """The rates at these steps, as an array."""
    return np.array([a_number(answer(int(t), *plan), f"the rate of step {t}") for t in steps])


def told(plan):
    return f"largest rate {plan[0]:g}, {plan[1]} of {plan[2]} steps to warm up"


@schedule.part("never negative, never above the largest rate, which comes right after the warm-up")
def _(answer, rng):
    for plan in (*PLANS, (float(rng.uniform(0.1, 5)), int(rng.integers(2, 9)), 30)):
        found = rates(answer, plan, range(plan[2]))
        require(found.min() >= 0, f"{told(plan)}: a rate is negative")
        require(found.max() <= plan[0] * (1 + 1e-9), f"{told(plan)}: a rate is above the largest one")
        close(found[plan[1]], plan[0], f"{told(plan)}: step {plan[1]} has not the largest rate")


@schedule.part("the warm-up climbs in equal notches, and does not begin at 0")
def _(answer, rng):
    for plan in (*PLANS, (float(rng.uniform(0.1, 5)), int(rng.integers(2, 9)), 30)):
        found = rates(answer, plan, range(plan[1] + 1))
        require(found[0] > 0, f"{told(plan)}: the first rate is 0, so the first step would be lost")
        notches = np.diff(found, prepend=0)
        close(notches, np.full(plan[1] + 1, notches.mean()), f"{told(plan)}: the notches of the climb are not equal")
    close(answer(0, 0.5, 0, 10), 0.5, "without a warm-up (0 steps) it must start with the largest rate")


@schedule.part("then half a cosine down")
def _(answer, rng):
    for largest, warm_up, half in ((1.0, 4, 10), (0.3, 0, 25), (float(rng.uniform(1, 5)), int(rng.integers(1, 9)), 12)):
        plan = (largest, warm_up, warm_up + 2 * half)
        found = rates(answer, plan, range(warm_up, plan[2] + 1))
        require((np.diff(found) < 0).all(), f"{told(plan)}: after the warm-up the rate does not fall at every step")
        close(found[half], largest / 2, f"{told(plan)}: halfway down, the rate is not half the largest one")
        close(found + found[::-1], np.full(2 * half + 1, largest), f"{told(plan)}: the two halves of the way differ")
        require(found[0] - found[1] < 0.5 * largest / half, f"{told(plan)}: the way down does not begin gently")
        known = schedules.warm_up(schedules.cosine(largest, steps=2 * half), steps=warm_up) if warm_up else None
        if known:
            steps = range(warm_up, plan[2] + 1)
            close(found, [known(t) for t in steps], f"{told(plan)}: the shape of the way down is not a cosine's")


@schedule.part("0 at the end, and it stays there")
def _(answer, rng):
    for plan in (*PLANS, (float(rng.uniform(0.1, 5)), 3, int(rng.integers(10, 50)))):
        found = rates(answer, plan, [plan[2], plan[2] + 1, plan[2] + 5, 2 * plan[2], 10 * plan[2]])
        require(abs(found[0]) < 1e-9, f"{told(plan)}: at step {plan[2]} the rate is not 0 yet")
        require(np.abs(found).max() < 1e-9, f"{told(plan)}: after step {plan[2]} the rate does not stay at 0")


def right_climb(t, warm_up):
    return (t + 1) / (warm_up + 1)


def right_share(t, warm_up, steps):
    return min((t - warm_up) / (steps - warm_up), 1)


def half_a_cosine(share):
    return (1 + math.cos(math.pi * share)) / 2


def schedule_with(climb=right_climb, share=right_share, curve=half_a_cosine):
    """The schedule with another climb, another share of the way, or another curve."""

    def wrong(t, largest, warm_up, steps):
        return largest * (climb(t, warm_up) if t < warm_up else curve(share(t, warm_up, steps)))

    return wrong


def another_curve(name, curve, hint):
    schedule.mistake(name, schedule_with(curve=curve), hint, section=SCHEDULES)


def begins_at_zero(answer, rng):
    return answer(0, 2.0, 5, 20) == 0 and answer(1, 2.0, 5, 20) > 0


schedule.mistake(
    "a first step of 0",
    schedule_with(climb=lambda t, warm_up: t / warm_up),
    "Your first rate is 0, and the first batch would be looked at for nothing. The steps count from 0, the notches "
    "from 1.",
    section=SCHEDULES,
    found=begins_at_zero,
)
schedule.mistake(
    "the top reached too early",
    schedule_with(climb=lambda t, warm_up: (t + 1) / warm_up),
    "The last step of your warm-up already has the largest rate, and the next one has it again. Count the notches.",
    section=SCHEDULES,
)
schedule.mistake(
    "no warm-up",
    lambda t, largest, warm_up, steps: largest * half_a_cosine(min(t / steps, 1)),
    "Your rate falls from the first step on: the warm-up is missing.",
    section=SCHEDULES,
)
schedule.mistake(
    "the cosine counted from step 0",
    schedule_with(share=lambda t, warm_up, steps: min(t / steps, 1)),
    "Your cosine has been running since step 0, so the rate jumps where it takes over. It begins after the warm-up.",
    section=SCHEDULES,
)
schedule.mistake(
    "an end that comes too late",
    schedule_with(share=lambda t, warm_up, steps: min((t - warm_up) / steps, 1)),
    "Your cosine takes as many steps as there are in all, and is not down when training ends. The warm-up has used "
    "some of them.",
    section=SCHEDULES,
)
schedule.mistake(
    "up again after the end",
    schedule_with(share=lambda t, warm_up, steps: (t - warm_up) / (steps - warm_up)),
    "After the last step your rate climbs again, as a cosine does. How much of the way can be behind you at most?",
    section=SCHEDULES,
)
another_curve(
    "twice as high",
    lambda share: 1 + math.cos(math.pi * share),
    "Your curve begins at twice the largest rate: 1 + cos runs from 2 to 0.",
)
another_curve(
    "below zero",
    lambda share: math.cos(math.pi * share),
    "Your rate becomes negative, since a cosine runs from 1 to −1. With a rate below 0 one walks uphill.",
)
another_curve(
    "a quarter of the period",
    lambda share: math.cos(math.pi * share / 2),
    "Your curve ends steeply, a quarter of the cosine's period. Half a period is gentle at both ends.",
)
another_curve(
    "a whole period",
    lambda share: half_a_cosine(2 * share),
    "Your rate goes down and up again: a whole period of the cosine. Half of one is wanted.",
)
another_curve(
    "no π",
    lambda share: (1 + math.cos(share)) / 2,
    "Your rate hardly falls: the cosine takes radians, and half a period is more than 1 of them.",
)
another_curve(
    "degrees",
    lambda share: (1 + math.cos(180 * share)) / 2,
    "Your rate jumps up and down: the cosine takes radians, not degrees.",
)
another_curve(
    "upside down",
    lambda share: (1 - math.cos(math.pi * share)) / 2,
    "After the warm-up your rate begins at 0 and climbs. A sign is turned round.",
)
another_curve(
    "a straight line",
    lambda share: 1 - share,
    "Your rate goes down in a straight line. That is the linear schedule; where is the cosine?",
)

# 7. stable-rate


def a_bowl(rng, d=3, tilted=True):
    """The second derivatives of a bowl, its gradient, and where it is lowest."""
    eigenvalues = rng.uniform(0.5, 1, size=d) * np.geomspace(0.4, 6, d)
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0] if tilted else np.eye(d)[rng.permutation(d)]
    H, minimum = (axes * eigenvalues) @ axes.T, 2 * rng.normal(size=d)
    return H, lambda theta: H @ (theta - minimum), minimum


stable_rate = Question(
    "05-sgd/stable-rate",
    takes=("gradient", "minimum"),
    draw=lambda rng: a_bowl(rng)[1:],
)


def factors(H, rate):
    """By how much a step with this rate multiplies the errors along the eigenvectors."""
    return np.abs(1 - rate * np.linalg.eigvalsh(H))


def a_rate(value):
    rate = a_number(value)
    require(0 < rate < np.inf, "the largest stable rate is a finite number above 0; yours is not")
    return rate


def is_the_limit(answer, H, gradient, minimum, which):
    rate = a_rate(answer(gradient, minimum))
    require(factors(H, 0.98 * rate).max() < 1, f"{which}: with 98% of your rate the walk still does not come to rest")
    require(factors(H, 1.02 * rate).max() > 1, f"{which}: with 2% more than your rate the walk still comes to rest")


@stable_rate.part("one parameter: the steeper, the shorter")
def _(answer, rng):
    curvature, at = float(rng.uniform(0.5, 4)), rng.normal(size=1)
    once, steeper = (a_rate(answer(lambda x, c=c: c * (x - at), at)) for c in (curvature, 3 * curvature))
    close(steeper * 3, once, "a bowl three times as steep must have a third of the rate", rtol=0.02)
    is_the_limit(answer, np.diag([curvature]), lambda x: curvature * (x - at), at, f"curvature {curvature:.2f}")


@stable_rate.part("several parameters, and a bowl along the axes")
def _(answer, rng):
    for d in (2, 4):
        is_the_limit(answer, *a_bowl(rng, d, tilted=False), f"{d} parameters")


@stable_rate.part("a tilted bowl, anywhere", points=2)
def _(answer, rng):
    for d in (2, 5):
        H, gradient, minimum = a_bowl(rng, d)
        is_the_limit(answer, H, gradient, minimum, f"{d} parameters, tilted")
    H, gradient, minimum = a_bowl(rng)
    is_the_limit(answer, 100 * H, lambda theta: 100 * gradient(theta), minimum, "3 parameters, very steep")


def hessian(gradient, minimum):
    return np.array([gradient(minimum + q) for q in np.eye(len(minimum))])


def from_eigenvalues(rule):
    return lambda gradient, minimum: rule(np.linalg.eigvalsh(hessian(gradient, minimum)))


def from_hessian(rule):
    return lambda gradient, minimum: rule(hessian(gradient, minimum))


stable_rate.mistake(
    "one step and done",
    from_eigenvalues(lambda values: 1 / values[-1]),
    "With your rate the steepest error is gone in one step. You may go farther: across the minimum and back, as long "
    "as each jump is shorter than the one before.",
    section=FAR,
)
stable_rate.mistake(
    "the best rate",
    from_eigenvalues(lambda values: 2 / (values[0] + values[-1])),
    "This is the best rate, where the steep and the flat error shrink equally fast. Asked for is where the walk stops "
    "being stable.",
    section=FAR,
)
stable_rate.mistake(
    "the flattest direction",
    from_eigenvalues(lambda values: 2 / values[0]),
    "You look at the smallest eigenvalue, the flattest direction. The steepest one runs away first. `eigvalsh` sorts "
    "from small to large.",
    section=FAR,
)
stable_rate.mistake(
    "the mean direction",
    from_eigenvalues(lambda values: 2 / values.mean()),
    "You take the mean of the eigenvalues. Stable means that no direction runs away, not one on average.",
    section=FAR,
)
stable_rate.mistake(
    "all directions added up",
    from_eigenvalues(lambda values: 2 / values.sum()),
    "You add up the curvatures of all directions. Each direction is a story of its own, and one of them decides.",
    section=FAR,
)
stable_rate.mistake(
    "upside down",
    from_eigenvalues(lambda values: values[-1] / 2),
    "Your rate grows with the steepness. The steeper the bowl, the shorter the steps must be.",
    section=FAR,
)
stable_rate.mistake(
    "the eigenvalue itself",
    from_eigenvalues(lambda values: values[-1]),
    "You return the largest eigenvalue. Which rate just keeps that direction from running away?",
    section=FAR,
)
stable_rate.mistake(
    "only the diagonal",
    from_hessian(lambda H: 2 / H.diagonal().max()),
    "You look at the steepness along the axes only. In a tilted bowl the steepest direction lies between them: ask for "
    "the eigenvalues.",
    section=FAR,
)
stable_rate.mistake(
    "the length of the Hessian",
    from_hessian(lambda H: 2 / np.linalg.norm(H)),
    "`np.linalg.norm` of a matrix is the root of the sum of all its squared entries, and larger than the largest "
    "eigenvalue.",
    section=FAR,
)
stable_rate.mistake(
    "a bowl that is not at 0",
    lambda gradient, minimum: 2 / np.linalg.eigvalsh([gradient(q) for q in np.eye(len(minimum))])[-1],
    "You ask for the gradient near θ = 0. The bowl stands somewhere else, and the error is counted from its minimum.",
    section=FAR,
)
stable_rate.mistake(
    "the slope at the minimum",
    lambda gradient, minimum: 2 / np.linalg.norm(gradient(minimum)),
    "At the minimum itself the gradient is 0 and says nothing of the steepness. Look a little beside it.",
    section=FAR,
)

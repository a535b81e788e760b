"""Chapter 5, questions 6 and 7: how large a step may be, from the first to the last, and at the most."""

import numpy as np

from mlkit import schedules
from mlkit.checks.clues import same
from mlkit.checks.expect import a_number, close, require
from mlkit.checks.question import Question

SCHEDULES = "Schedules"
FAR = "How far to step"

# 6. schedule

PLANS = [(1.0, 4, 24), (0.3, 9, 60), (10.0, 1, 7)]  # largest rate, steps of warm-up, steps in all


def a_plan(rng):
    """A largest rate, the steps of a warm-up, and the steps in all."""
    warm_up = int(rng.choice([0, 3, 5]))
    return float(rng.uniform(0.5, 5)), warm_up, warm_up + int(rng.integers(5, 12))


def all_rates(answer, rng):
    """The rates from the first step to a few after the end."""
    plan = a_plan(rng)
    return rates(answer, plan, range(plan[2] + 4))


def rates(answer, plan, steps):
    """The rates at these steps, as an array."""
    return np.array([a_number(answer(int(t), *plan), f"the rate of step {t}") for t in steps])


def told(plan):
    return f"largest rate {plan[0]:g}, {plan[1]} of {plan[2]} steps to warm up"


schedule = Question(
    "05-sgd/schedule",
    observe=all_rates,
    drawings=6,
    section=SCHEDULES,
    solution="""
        def scheduled_rate(t, largest, warm_up, steps):
            if t < warm_up:
                return largest * (t + 1) / (warm_up + 1)
            share = min((t - warm_up) / (steps - warm_up), 1)  # of the way down; never more than all of it
            return largest * (1 + np.cos(np.pi * share)) / 2
        """,
    why="After the warm-up, the share of the way that is done runs from 0 to 1, and half a period of the cosine from 1 "
    "to −1. One more and halved, that is a way from 1 to 0, gentle at both ends.",
)


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


schedule.slips(
    ("a first step of 0", {"(t + 1) / (warm_up + 1)": "t / warm_up"},
     "Your first rate is 0, and the first batch would be looked at for nothing. The steps count from 0, the notches "
     "from 1."),
    ("a notch too few", {"(t + 1) / (warm_up + 1)": "t / (warm_up + 1)"},
     "Your first rate is 0, and the last step before the top is two notches high. The steps count from 0, the notches "
     "from 1."),
    ("the top reached too early", {"(t + 1) / (warm_up + 1)": "(t + 1) / warm_up"},
     "The last step of your warm-up already has the largest rate, and the next one has it again. Count the notches."),
    ("rates of 0 in the warm-up", {"(t + 1) / (warm_up + 1)": "((t + 1) // (warm_up + 1))"},
     "All through the warm-up your rate is 0. Is the climb not there, or cut to whole numbers by a `//`?"),
    ("no climb", {" * (t + 1) / (warm_up + 1)": ""},
     "All through the warm-up you have the largest rate already. It should climb there."),
    ("no warm-up", {"t < warm_up": "False", "t - warm_up": "t", "steps - warm_up": "steps"},
     "Your rate falls from the first step on: the warm-up is missing."),
    ("the cosine counted from step 0", {"(t - warm_up) / (steps - warm_up)": "t / steps"},
     "Your cosine has been running since step 0, so the rate jumps where it takes over. It begins after the warm-up."),
    ("the warm-up taken off once", {"t - warm_up": "t"},
     "Your cosine has been running since step 0 and is down before the end: the warm-up is taken off the steps in all, "
     "and not off the steps done."),
    ("up again after the end", {"min((t - warm_up) / (steps - warm_up), 1)": "(t - warm_up) / (steps - warm_up)"},
     "After the last step your rate climbs again, as a cosine does. How much of the way can be behind you at most?"),
    ("the largest rate after the end", {"share = min(": "if t >= steps: return largest\n    share = min("},
     "After the end your rate is the largest one again."),
    ("begins anew after the end", {"if t < warm_up": "t = t % steps\n    if t < warm_up"},
     "After the last step your schedule begins anew. Some do, with restarts; this one has come to its end."),
    ("warm-up and steps exchanged", {"warm_up, steps": "steps, warm_up"},
     "`warm_up` and `steps` have changed places. In which order do the arguments come?"),
    ("the last rate for ever", {"share = min(": "t = min(t, steps - 1)\n    share = min("},
     "After the end the rate of the last step stays. It should be 0 from there on."),
)  # fmt: skip

COSINE = "(1 + np.cos(np.pi * share)) / 2"


def down_the_same_way(answer, wrong):
    """Whether the rates are the same up to the end; whatever comes after it is another matter."""
    plans = [a_plan(np.random.default_rng(n)) for n in range(4)]
    return all(same(*(rates(f, plan, range(plan[2])) for f in (answer, wrong))) for plan in plans)


schedule.slips(
    ("an end that comes too late", {"steps - warm_up": "steps"},
     "Your cosine takes as many steps as there are in all, and is not down when training ends. The warm-up has used "
     "some of them."),
    ("the largest rate twice", {"t - warm_up": "max(t - warm_up - 1, 0)"},
     "Your way down begins one step late, so that two steps have the largest rate. Where is its share 0?"),
    ("down one step too early", {"(steps - warm_up)": "max(steps - warm_up - 1, 1)"},
     "Your rate is 0 at the last step of training already. It should be 0 when all steps are done."),
    ("twice as high", {COSINE: "(1 + np.cos(np.pi * share))"},
     "Your curve begins at twice the largest rate: 1 + cos runs from 2 to 0."),
    ("below zero", {COSINE: "np.cos(np.pi * share)"},
     "Your rate becomes negative, since a cosine runs from 1 to −1. With a rate below 0 one walks uphill."),
    ("cut off at zero", {COSINE: "max(np.cos(np.pi * share), 0)"},
     "Your rate is 0 from halfway on: the negative half of the cosine is cut off. Lift the whole curve instead."),
    ("a quarter of the period", {COSINE: "np.cos(np.pi * share / 2)"},
     "Your curve ends steeply, a quarter of the cosine's period. Half a period is gentle at both ends."),
    ("a whole period", {COSINE: "(1 + np.cos(2 * np.pi * share)) / 2"},
     "Your rate goes down and up again: a whole period of the cosine. Half of one is wanted."),
    ("no π", {COSINE: "(1 + np.cos(share)) / 2"},
     "Your rate hardly falls: the cosine takes radians, and half a period is more than 1 of them."),
    ("degrees", {COSINE: "(1 + np.cos(180 * share)) / 2"},
     "Your rate jumps up and down: the cosine takes radians, not degrees."),
    ("a sine", {COSINE: "(1 + np.sin(np.pi * share)) / 2"},
     "Your rate leaves the warm-up at half its height and climbs: which function begins at its top?"),
    ("upside down", {COSINE: "(1 - np.cos(np.pi * share)) / 2"},
     "After the warm-up your rate begins at 0 and climbs. A sign is turned round."),
    ("a straight line", {COSINE: "(1 - share)"},
     "Your rate goes down in a straight line. That is the linear schedule; where is the cosine?"),
    ("brackets around the sum", {f"largest * {COSINE}": "0.5 * largest * 1 + np.cos(np.pi * share)"},
     "The cosine is not multiplied with the largest rate: `*` comes before `+`. Where does a bracket belong?"),
    ("squared", {COSINE: "((1 + np.cos(np.pi * share)) / 2)**2"},
     "Halfway down your rate is a quarter of the largest one: what should be used as it is, you square."),
    alike=down_the_same_way,
)  # fmt: skip

# 7. stable-rate


def a_bowl(rng, d=3, tilted=True):
    """The second derivatives of a bowl, its gradient, and where it is lowest."""
    eigenvalues = rng.uniform(0.5, 1, size=d) * np.geomspace(0.4, 6, d)
    axes = np.linalg.qr(rng.normal(size=(d, d)))[0] if tilted else np.eye(d)[rng.permutation(d)]
    H, minimum = (axes * eigenvalues) @ axes.T, 2 * rng.normal(size=d)
    return H, lambda theta: H @ (theta - minimum), minimum


def a_limit(answer, rng):
    """What is found for a bowl of some kind. As it is the same wherever the bowl stands, nothing more is drawn."""
    _, gradient, minimum = a_bowl(rng, int(rng.integers(1, 5)), tilted=rng.random() < 0.6)
    return answer(gradient, minimum)


stable_rate = Question(
    "05-sgd/stable-rate",
    observe=a_limit,
    drawings=8,
    section=FAR,
    solution="""
        def largest_stable_rate(gradient, minimum):
            errors = np.eye(len(minimum))  # one step along each axis
            hessian = np.array([gradient(minimum + e) for e in errors])  # columns as rows: it is symmetric
            eigenvalues = np.linalg.eigvalsh(hessian)  # from the smallest to the largest
            return 2 / eigenvalues[-1]
        """,
    why="A step multiplies the error along each eigenvector by 1 − ηλ, and the error shrinks as long as this number "
    "lies between −1 and 1. The largest λ is the first that takes it out of there.",
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
    for c in (curvature, curvature / 100):
        is_the_limit(answer, np.diag([c]), lambda x, c=c: c * (x - at), at, f"curvature {c:.2g}")


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


LARGEST, LIMIT = "eigenvalues[-1]", "2 / eigenvalues[-1]"

stable_rate.slips(
    ("one step and done", {LIMIT: "1 / eigenvalues[-1]"},
     "With your rate the steepest error is gone in one step. You may go farther: across the minimum and back, as long "
     "as each jump is shorter than the one before."),
    ("the best rate", {LARGEST: "(eigenvalues[0] + eigenvalues[-1])"},
     "This is the best rate, where the steep and the flat error shrink equally fast. Asked for is where the walk stops "
     "being stable."),
    ("the flattest direction", {LARGEST: "eigenvalues[0]"},
     "You look at the smallest eigenvalue, the flattest direction. The steepest one runs away first."),
    ("the eigenvalue that comes first", {"eigvalsh": "eigvals", LARGEST: "eigenvalues[0]"},
     "You take the eigenvalue that happens to come first. `eigvals` and `eig` do not sort them."),
    ("the mean direction", {LARGEST: "eigenvalues.mean()"},
     "You take the mean of the eigenvalues. Stable means that no direction runs away, not one on average."),
    ("all directions added up", {LARGEST: "eigenvalues.sum()"},
     "You add up the curvatures of all directions. Each direction is a story of its own, and one of them decides."),
    ("all directions multiplied", {LARGEST: "eigenvalues.prod()"},
     "You multiply the curvatures of all directions; the determinant does so, too. One direction alone decides."),
    ("upside down", {LIMIT: "eigenvalues[-1] / 2"},
     "Your rate grows with the steepness. The steeper the bowl, the shorter the steps must be."),
    ("the eigenvalue itself", {LIMIT: LARGEST},
     "You return the largest eigenvalue. Which rate just keeps that direction from running away?"),
    ("the condition number", {LIMIT: "eigenvalues[-1] / eigenvalues[0]"},
     "You return the largest eigenvalue by the smallest. That tells how narrow the valley is, and not how steep."),
    ("the root of the eigenvalue", {LARGEST: "np.sqrt(eigenvalues[-1])"},
     "You take a root of the largest eigenvalue. A bowl three times as steep would then not have a third of the rate."),
    ("only the diagonal", {LARGEST: "hessian.diagonal().max()"},
     "You look at the steepness along the axes only. In a tilted bowl the steepest direction lies between them."),
    ("only the first parameter", {LARGEST: "hessian[0, 0]"},
     "You look at the curvature along the first parameter alone. It need not be the steepest direction."),
    ("the longest column", {LARGEST: "np.linalg.norm(hessian, axis=0).max()"},
     "You take the longest of the gradients one step along each axis. In a tilted bowl the steepest direction lies "
     "between the axes."),
    ("a bound from the rows", {LARGEST: "np.abs(hessian).sum(axis=1).max()"},
     "You take the largest sum along a row of the Hessian. No eigenvalue is larger than that, but all may be smaller."),
    ("the length of the Hessian", {LARGEST: "np.linalg.norm(hessian)"},
     "`np.linalg.norm` of a matrix is the root of the sum of all its squared entries. Which direction is that?"),
    ("a Hessian of whole numbers", {"for e in errors])": "for e in errors]).astype(int)"},
     "The entries of your Hessian are cut to whole numbers. Of which type is the array that you write them into?"),
    ("a bowl that is not at 0", {"minimum + e": "e"},
     "You ask for the gradient near θ = 0. The bowl stands somewhere else, and the error is counted from its minimum."),
    ("the slope at the minimum", {LARGEST: "np.linalg.norm(gradient(minimum))"},
     "At the minimum itself the gradient is 0 and says nothing of the steepness. Look a little beside it."),
)  # fmt: skip

"""Whatever the secret seed is, the solutions earn the last point: every property is tried on well-posed inputs.

With ``MLKIT_ALL_SEEDS=1``, as in the weekly workflow, the slow questions too are tried on 400 seeds (20 minutes).
"""

import os

import pytest
from exercise_fixtures import question_keys, reference

from mlkit.checks import find_question

SEEDS = 400
FEWER = {
    "04-backprop/planted-bug": 100,  # each try measures hundreds of slopes already
    "04-backprop/train-xor": 100,  # each try trains three networks
    "05-sgd/momentum": 100,  # each try makes hundreds of steps
    "06-initialization/variance-scaling": 100,  # each try draws half a million weights already
    "06-initialization/initialize": 100,  # and a million
    "06-initialization/scale-for": 100,  # and millions
    "06-initialization/diagnose": 40,  # its patients come from a pool of 40; tests/test_questions_06.py tries them all
    "07-putting-it-together/compare": 100,  # each try draws a thousand test parts already
    "07-putting-it-together/fit": 5,  # each try trains seven networks: more than a second
    "07-putting-it-together/report": 10,  # each try trains six small ones
}


@pytest.mark.parametrize("key", question_keys())
def test_the_solution_earns_the_last_point_with_every_seed(key):
    question, answer = find_question(key), reference(key.partition("/")[0])[key]
    seeds = SEEDS if os.environ.get("MLKIT_ALL_SEEDS") else FEWER.get(key, SEEDS)
    problems = [said for seed in range(2, 2 + seeds) for said in question.problems(answer, seed)]
    assert problems == []


def test_a_seed_with_which_the_solution_fails_is_named():
    question = find_question("02-activations/relu")
    problems = question.problems(lambda z: z, 612)
    assert problems
    assert all(said.startswith("02-activations/relu, seed 612, ") for said in problems)
    assert len(question.problems(lambda z: z * [][0], 612)) == len(question.parts)

"""Try an answer in a file against a question, for reports: ``python -m mlkit.checks 05-sgd/momentum answer.py``."""

import argparse
import runpy
import sys

from mlkit.checks.question import find_question


def main(arguments=None):
    """Print the table that the answer gets; the exit status is 0 for full marks, 1 for less, 2 if there is none."""
    parser = argparse.ArgumentParser(prog="python -m mlkit.checks", description=__doc__)
    parser.add_argument("key", metavar="KEY", help="the question, as in its check cell: 05-sgd/momentum")
    parser.add_argument(
        "file", metavar="FILE", help="a file of Python that defines the answer under the name asked for"
    )
    wanted = parser.parse_args(arguments)
    try:
        question = find_question(wanted.key)
        answer = answer_in(wanted.file, question.solution)
    except (ValueError, OSError, SyntaxError) as problem:
        print(problem, file=sys.stderr)
        return 2
    score = question.score(answer)
    print(score)
    return int(score < score.points)


def answer_in(path, solution):
    """What the file defines under the name of the solution, with what the notebook has by then."""
    defined = runpy.run_path(path, init_globals=solution.uses)
    if solution.name not in defined:
        raise ValueError(f"{path} defines no `{solution.name}`")
    return defined[solution.name]


if __name__ == "__main__":
    sys.exit(main())

"""The command line. Whatever an instructor can put right is said in a sentence, with exit status 2."""

import argparse
import importlib.util
import os
import secrets
import sys
import warnings

from mlkit.grading.course import HOW_TO_PREPARE, REPOSITORY, Problem, open_course, require_prepared

EXAMPLE = """\
Tests of your own, one file for each assignment, named after it: 02-activations.py. For example:

    from mlkit.checks.expect import close
    from mlkit.checks.grading_day import private_test


    @private_test("02-activations/relu")
    def _(answer, rng):
        z = 1e6 * rng.normal(size=7)
        close(answer(z), z * (z > 0), "never shown")

`answer` is the learner's function, `rng` a generator of random numbers started from your secret seed. The last point
of a question is given only if all tests of the question hold, on other inputs than every day's, and yours hold too.
Learners are never shown these files, nor the messages in them.
"""


def main(arguments=None):
    """Run a command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        _require_nbgrader()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader's libraries warn each other; an instructor can do nothing
            return options.command(options) or 0
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What was done so far is kept; the same command does all of it again.", file=sys.stderr)
        return 130


def _require_nbgrader():
    if importlib.util.find_spec("nbgrader") is None:
        raise Problem('nbgrader is missing: python -m pip install -e ".[grading]"')


def prepare(options):
    """Create the private folder; what is there already stays."""
    course = open_course(options.course)
    (course.private / "tests").mkdir(parents=True, exist_ok=True)
    seed, readme = course.private / "seed", course.private / "tests" / "README"
    if not seed.exists():
        seed.write_text(f"{_a_seed_that_works(course)}\n", encoding="utf-8")
    readme.write_text(EXAMPLE, encoding="utf-8")
    for path, mode in ((course.private, 0o700), (seed, 0o600)):
        path.chmod(mode)
    print(f"{course.private} holds your secret seed. Tests of your own, if you want some: {readme} says how.")
    print("Next: python -m mlkit.grading collect NAME DOWNLOAD, then autograde, feedback, export.")


def _a_seed_that_works(course):
    """Draw a secret seed, and another one if a reference solution would lose a point with it."""
    from mlkit.grading.references import problems_with

    while True:
        seed = 10**8 + secrets.randbelow(9 * 10**8)
        _say("Trying a secret seed on the reference solutions of all assignments …")
        problems = problems_with(course, seed)
        if not problems:
            return seed
        _say("One of them would lose a point, so another seed is drawn. Please report:\n" + "\n".join(problems))


def generate(options):
    """Make the notebooks for learners from those with the solutions."""
    from mlkit.grading.student_version import generate as write

    course = open_course(options.course, private=False)
    if bool(options.name) == options.all:
        raise Problem("Say which assignment, or --all.")
    for name in course.names() if options.all else [options.name]:
        path, changed = write(course, name, options.keep_solutions)
        print(f"{path}: {'written' if changed else 'was up to date'}")


def collect(options):
    """Take in hand-ins from a folder or a zip."""
    from mlkit.grading.collect import collect as take

    course = open_course(options.course)
    require_prepared(course)  # else a folder that was mistyped would fill with hand-ins
    collected = take(course, options.name, options.path)
    for student, (_, file) in collected.taken.items():
        print(f"{student}: {file}")
    if collected.left:
        print(f"Not taken, {len(collected.left)}:", *collected.left, sep="\n    ")
    if not collected.taken:
        print("Nothing was taken.")
        return 2
    print(f"{len(collected.taken)} students. Next: python -m mlkit.grading autograde {options.name}")
    return 0


def autograde(options):
    """Grade every hand-in, or those of --student."""
    from mlkit.grading.autograde import Settings
    from mlkit.grading.autograde import autograde as grade

    settings = Settings(options.jobs, options.seconds, options.memory, options.sandbox)
    done = grade(open_course(options.course), options.name, settings, options.student, _say)
    following = "\n".join(f"    python -m mlkit.grading {step} {options.name}" for step in ("feedback", "export"))
    _say(f"{len(done)} graded. Next:\n{following}")


def feedback(options):
    """Write a page for each student."""
    from mlkit.grading.feedback import feedback as write

    folder = write(open_course(options.course), options.name)
    print(f"{folder}: a page for each student; return.zip holds them under the names the hand-ins had.")


def export(options):
    """Write the marks as CSV."""
    from mlkit.grading.export import export as write

    paths, waiting = write(open_course(options.course), options.name, options.title)
    print(*paths, sep="\n")
    if waiting:
        print(f"Without a mark for Canvas and Moodle until a person has read an answer: {', '.join(waiting)}.")


def _say(sentence):
    print(sentence, flush=True)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m mlkit.grading",
        description="From hand-out to marks.",
        epilog=("Everything private lies in the folder that NN_GRADING names. " + HOW_TO_PREPARE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--course", metavar="FOLDER", help=f"the exercises (default: {REPOSITORY.name}/exercises)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (prepare, generate, collect, autograde, feedback, export):
        added = commands.add_parser(command.__name__, help=command.__doc__, description=command.__doc__)
        added.set_defaults(command=command)
        _ARGUMENTS[command](added)
    return parser


def _with_name(parser):
    parser.add_argument("name", metavar="NAME", help="the assignment, such as 02-activations")


def _generate_arguments(parser):
    parser.add_argument("name", metavar="NAME", nargs="?", help="the assignment, such as 02-activations")
    parser.add_argument("--all", action="store_true", help="all assignments")
    parser.add_argument(
        "--keep-solutions", action="store_true", help="checks show no solution, not even after three tries"
    )


def _collect_arguments(parser):
    _with_name(parser)
    parser.add_argument("path", metavar="PATH", help="a folder of hand-ins, or the zip that Canvas or Moodle gives")


def _autograde_arguments(parser):
    _with_name(parser)
    parser.add_argument(
        "--jobs", type=_positive(int), default=os.cpu_count() or 1, help="hand-ins at a time (%(default)s)"
    )
    parser.add_argument(
        "--seconds", type=_positive(float), default=30, help="for one cell; ten times that for all (30)"
    )
    parser.add_argument("--memory", type=_positive(int), default=4096, help="megabytes for one hand-in (4096)")
    parser.add_argument(
        "--sandbox", choices=("auto", "none", "bwrap"), default="auto", help="bubblewrap if there (auto)"
    )
    parser.add_argument("--student", action="append", help="only this one; can be said several times")


def _export_arguments(parser):
    _with_name(parser)
    parser.add_argument("--title", help="of the column; Canvas knows an assignment by `Title (number)`")


def _positive(kind):
    def number(text):
        value = kind(text)
        if value <= 0:
            raise ValueError
        return value

    number.__name__ = "number above 0"
    return number


_ARGUMENTS = {
    prepare: lambda parser: None,
    generate: _generate_arguments,
    collect: _collect_arguments,
    autograde: _autograde_arguments,
    feedback: _with_name,
    export: _export_arguments,
}

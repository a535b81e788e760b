"""The instructor's whole path, on a class of hand-ins each of which is a trouble of its own."""

import copy
import csv
import json
import os
import re
import time
import zipfile

import nbformat
import numpy as np
import psutil
import pytest
from grading_fixtures import (
    NAME,
    RELU,
    ROOT,
    SECRET,
    SOFTMAX,
    answered,
    checks_of,
    grading,
    make_course,
    make_private,
    name_of,
    points,
)

from mlkit.checks import check
from mlkit.grading.sandbox import choose_sandbox, run_apart

pytest.importorskip("nbgrader", reason="pip install -e '.[grading]'")
pytestmark = [pytest.mark.build, pytest.mark.xdist_group("grading")]

R, S = points("relu"), points("softmax")
MIRRORED = float(check(f"{NAME}/relu", np.abs))
with np.errstate(all="ignore"):
    OVERFLOWING = float(check(f"{NAME}/softmax", lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)))
SEED = "123456789"
WRONG = "def relu(z):\n    return np.abs(z)"
NAIVE = "def softmax(z):\n    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)"
LOOP = "def relu(z):\n    while True:\n        pass"
SWALLOW = "\nimport time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass"
PATCH = """\
import mlkit.checks, mlkit.checks.question, mlkit.checks.score
mlkit.checks.question.Question.score = lambda self, answer: 99
mlkit.checks.score.Score.__repr__ = lambda self: "99.0"
mlkit.checks.question.find_question("02-activations/relu").parts.clear()
np.allclose = np.array_equal = lambda *a, **k: True
open("mlkit.py", "w").write("check = lambda key, answer: 99")
check = mlkit.checks.check = lambda key, answer: 99
def relu(z):
    return np.abs(z)"""
SNOOP = """\
import os
seen = []
def relu(z):
    folder = os.environ["NN_GRADING"]
    seen[:] = [open(folder + "/seed").read(), open(folder + "/tests/02-activations.py").read()]
    return z * (z > 0)"""
LEAVER = """\
import subprocess
subprocess.Popen(["sleep", "612"], start_new_session=True)
"""


def class_of_hand_ins(handout):
    """Hand-ins by student, and the points that relu and softmax are to get."""

    def of(**answers):
        return answered(handout, **answers)

    yield "correct", of(), R, S
    yield "untouched", json.loads(handout.read_text(encoding="utf-8")), 0, 0
    yield "partly-wrong", of(relu=WRONG), MIRRORED, S
    yield "overflowing", of(softmax=NAIVE), R, OVERFLOWING
    yield "syntax-error", of(relu="def relu(z)\n    return z"), 0, S
    yield "endless-loop", of(relu=LOOP), 0, S
    yield "endless-loop-outside", of(relu=f"{RELU}\nimport time\nwhile True:\n    time.sleep(0.01)"), R, S
    yield "swallows-interrupts", of(softmax=SOFTMAX + SWALLOW), R, 0
    yield "swallows-inside", of(relu="def relu(z):" + SWALLOW.replace("\n", "\n    ")), 0, S
    yield "exits", of(softmax=f"{SOFTMAX}\nimport os\nos._exit(3)"), R, 0
    yield "exits-inside", of(relu="def relu(z):\n    import os\n    os._exit(3)"), 0, S
    yield "kills-its-parent", of(softmax="import os\nos.kill(os.getppid(), 9)\n" + SOFTMAX), R, 0
    yield "prints-megabytes", of(relu=f"for n in range(20_000):\n    print('x' * 1000)\n{RELU}"), R, S
    warning = "import sys, warnings\nwarnings.warn('look out')\nprint('oh', file=sys.stderr)\n"
    yield "warns", of(relu=warning + RELU.replace("return", "warnings.warn('again'); return")), R, S
    yield "fills-memory", of(relu=f"{RELU}\nx = np.ones((1 << 40,))"), R, S
    yield "patches-mlkit", of(relu=PATCH), MIRRORED, S
    yield "fits-what-is-shown", of(relu="def relu(z):\n    return np.clip(z, 0, 1e6)"), R - 1, S
    yield "leaves-a-process", of(relu=LEAVER + RELU), R, S
    yield "snoops", _with_a_last_cell(of(relu=SNOOP), "print(seen)\nseen"), R, S
    yield "deleted-tests", _without(of(), checks_of), R, S
    yield "edited-tests", _with_tests(of(relu=WRONG), source="3.0"), MIRRORED, S
    yield "tests-as-text", _with_tests(of(), cell_type="markdown"), R, S
    yield "marking-lost", _without_marking(of()), R, S
    yield "answer-twice", _doubled(of(), "relu"), R, S
    yield "more-points", _worth(of(), 1000), R, S
    yield "renamed", of(), R, S


def _without(notebook, chosen):
    gone = [cell["id"] for cell in chosen(notebook)]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in gone]
    return notebook


def _with_tests(notebook, **changes):
    for cell in checks_of(notebook):
        cell.update(changes)
        if cell["cell_type"] == "markdown":
            del cell["outputs"], cell["execution_count"]
    return notebook


def _without_marking(notebook):
    notebook["cells"] = [cell | {"metadata": {}, "id": f"new-{n}"} for n, cell in enumerate(notebook["cells"])]
    return notebook


def _doubled(notebook, name):
    at = next(n for n, cell in enumerate(notebook["cells"]) if name_of(cell) == name)
    notebook["cells"].insert(at, copy.deepcopy(notebook["cells"][at]) | {"id": "copied"})
    return notebook


def _worth(notebook, many):
    for cell in checks_of(notebook):
        cell["metadata"]["nbgrader"]["points"] = many
    return notebook


def _with_a_last_cell(notebook, source):
    cell = {"cell_type": "code", "id": "last", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    notebook["cells"].append(cell)
    return notebook


class Graded:
    """The class after the whole path: what was printed, marks by student, and pages."""

    def __init__(self, folder):
        self.exercises, self.private = make_course(folder), make_private(folder)
        self.steps = [self.step("generate", NAME)]
        self.expected = self.hand_in(folder / "download")
        self.steps.append(self.step("collect", NAME, folder / "download"))
        start = time.monotonic()
        self.steps.append(self.step("autograde", NAME, "--jobs", 3, "--seconds", 4))
        self.seconds = time.monotonic() - start
        self.steps += [self.step("feedback", NAME), self.step("export", NAME)]

    def step(self, *arguments):
        return grading(self.exercises, self.private, *arguments)

    def hand_in(self, folder):
        """Write the hand-ins into a folder and return the marks they should get."""
        handout, expected = self.exercises / NAME / "activations.ipynb", {}
        for student, notebook, relu, softmax in class_of_hand_ins(handout):
            file = "my work (1).ipynb" if student == "renamed" else "activations.ipynb"
            (folder / student).mkdir(parents=True)
            (folder / student / file).write_text(json.dumps(notebook), encoding="utf-8")
            expected[student] = relu, softmax
        (folder / "broken").mkdir()
        (folder / "broken" / "activations.ipynb").write_text('{"cells": [', encoding="utf-8")
        return expected | {"broken": (0, 0)}

    def marks(self):
        with (self.private / "grades" / f"{NAME}.csv").open(encoding="utf-8-sig") as file:
            return {row["student"]: row for row in csv.DictReader(file)}

    def page(self, student):
        return (self.private / "feedback" / NAME / f"{student}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("grading"))


def test_every_step_succeeds(graded):
    for step in graded.steps:
        assert step.returncode == 0, step.stdout + step.stderr
        assert step.stderr == ""


def test_a_wrong_answer_earns_something_but_not_all():
    assert 0 < MIRRORED < R
    assert 0 < OVERFLOWING < S


def test_everybody_gets_the_marks_that_are_due(graded):
    marks = graded.marks()
    assert set(marks) == set(graded.expected)
    for student, wanted in graded.expected.items():
        got = tuple(float(marks[student][f"{name}-check"]) for name in ("relu", "softmax"))
        assert got == wanted, f"{student}\n{graded.steps[2].stdout}"


def test_every_lost_mark_is_explained(graded):
    for student, row in graded.marks().items():
        for name, most in (("relu", R), ("softmax", S)):
            why = re.search(rf"'#{name}-check'>.*?</td><td>[^<]*</td><td>([^<]*)</td>", graded.page(student))[1]
            assert bool(why) == (float(row[f"{name}-check"]) < most), (student, name, why)
            if why.startswith("see the table"):
                assert f"{name}: " in graded.page(student)
                assert "✗ not yet" in graded.page(student) or "○ not written yet" in graded.page(student)


@pytest.mark.parametrize(
    ("student", "sentence"),
    [
        ("syntax-error", "The cell with your answer stopped with SyntaxError"),
        ("endless-loop", "is there a loop that never ends?"),
        ("endless-loop-outside", "This cell was still running after 4 s and was stopped"),
        ("swallows-interrupts", "It did not heed the interrupt either, and so was left out."),
        ("swallows-inside", "Your answer was tried here, and was still running"),
        ("exits", "This cell ended the whole program"),
        ("exits-inside", "Your answer was tried here, and ended the whole program"),
        ("kills-its-parent", "This cell was not run, because the program that runs it had been stopped from within."),
        ("prints-megabytes", "… the rest is not shown here"),
        ("fits-what-is-shown", "does your answer fit one case only?"),
        ("deleted-tests", "The cell “relu-check” was missing and was put back."),
        ("edited-tests", "The cell “relu-check” was changed and was put back."),
        ("broken", "The file is not a notebook"),
    ],
)
def test_the_page_says_what_happened(graded, student, sentence):
    assert sentence in graded.page(student)


def test_nothing_private_is_given_back(graded):
    folders = [graded.private / "feedback", graded.private / "autograded", graded.private / "grades"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".zip"]
    texts = [path.read_text(encoding="utf-8") for path in files]
    texts.append((graded.private / "gradebook.db").read_bytes().decode("latin-1"))
    for text in texts:
        assert SECRET not in text
        assert SEED not in text
        assert "uniform(2e6" not in text
    assert "[removed: this belongs to the instructor]" in graded.page("snoops")


def test_a_page_needs_no_other_file_and_runs_nothing(graded):
    for student in graded.expected:
        page = graded.page(student)
        assert "default-src 'none'" in page
        assert not re.search(r"<script|<link|src='(?!data:)|href='(?!#)", page)


def test_the_instructor_is_told_whom_to_look_at(graded):
    told = graded.steps[2].stdout
    for student in ("patches-mlkit", "snoops", "leaves-a-process"):
        assert re.search(rf"{student}: .*look at it", told), told
    assert not re.search(r"\bcorrect: .*look at it", told)


def test_the_sandbox_is_named(graded):
    assert re.match(r"(Sandbox: bubblewrap|bubblewrap cannot be used here)", graded.steps[2].stdout)


def test_no_process_is_left(graded):
    """Each carries a mark in its environment that begins with the number of the process that graded."""
    for process in psutil.process_iter(["environ"]):
        mark = (process.info["environ"] or {}).get("NN_GRADING_PROCESS", "")
        assert not mark.startswith(f"{os.getpid()}-"), process


def test_pages_go_back_under_the_names_of_the_hand_ins(graded):
    with zipfile.ZipFile(graded.private / "feedback" / NAME / "return.zip") as back:
        assert {"correct/activations.html", "renamed/my work (1).html"} <= set(back.namelist())


def test_an_answer_in_words_waits_for_a_person(graded):
    assert "25 answers wait for a person" in graded.steps[2].stdout
    marks = graded.marks()
    assert marks["untouched"]["essay"] == "0"
    assert (marks["correct"]["essay"], marks["correct"]["by hand"]) == ("", "open")
    path = graded.private / "by-hand" / f"{NAME}.csv"
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"points": "1,5", "comment": "why does it overflow?"} for row in rows)
    assert graded.step("export", NAME).returncode == 0
    assert graded.marks()["correct"]["total"] == f"{R + S + 1.5:g}"
    assert graded.step("feedback", NAME).returncode == 0
    assert "why does it overflow?" in graded.page("correct")


def test_one_student_is_graded_again_and_marks_by_hand_stay(graded):
    chosen = ("--student", "correct", "--student", "leaves-a-process")
    again = graded.step("autograde", NAME, *chosen, "--seconds", 4, "--sandbox", "none")
    assert again.returncode == 0, again.stderr
    assert "NO SANDBOX" in again.stdout
    assert f"correct: {R + S:g} of {R + S + 2:g}" in again.stdout
    test_no_process_is_left(graded)
    notebook = nbformat.read(graded.private / "autograded" / "correct" / NAME / "activations.ipynb", as_version=4)
    nbformat.validate(notebook)


PEEK = """\
import os, pathlib, socket
def tried(action):
    try:
        return str(action())
    except OSError as error:
        return type(error).__name__
print(tried(lambda: socket.create_connection(("192.0.2.1", 80), timeout=2)))
print(tried(lambda: list(pathlib.Path("FOLDER").iterdir())))
print(tried(lambda: pathlib.Path("REPOSITORY/here").write_text("x")))
print(tried(lambda: list(pathlib.Path.home().glob(".ssh"))))
print(sorted(name for name in os.environ if "SECRET" in name), os.environ.get("NN_GRADING"))"""


def test_in_the_bubble_there_is_no_network_no_class_and_nothing_to_change(graded, monkeypatch):
    sandboxed, sentence = choose_sandbox("auto", graded.private)
    if not sandboxed:
        (pytest.fail if os.environ.get("MLKIT_REQUIRE_SANDBOX") == "1" else pytest.skip)(sentence)
    monkeypatch.setenv("MY_SECRET", "42")
    source = PEEK.replace("FOLDER", str(graded.private / "submitted")).replace("REPOSITORY", str(ROOT))
    job = {"cells": [{"n": "0", "source": source, "check": False}], "seconds": 10, "memory": 4096}
    result = run_apart(job, [], graded.private, sandboxed)
    assert result["outputs"]["0"][0]["text"].splitlines() == [
        "OSError",
        "FileNotFoundError",
        "OSError",
        "[]",
        "[] None",
    ]

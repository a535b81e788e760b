"""Each step of grading by itself: hand out, take in, put back, give back; and what is said if something is missing."""

import csv
import json
import os
import queue
import subprocess
import sys
import warnings
import zipfile

import nbformat
import pytest
from grading_fixtures import NAME, ROOT, answered, checks_of, make_course, make_private, name_of, points

from mlkit.checks.score import MIME, Score
from mlkit.grading import cell_runner, commands, export, sandbox
from mlkit.grading.collect import read_collected
from mlkit.grading.course import Course, Problem, open_course, require_prepared
from mlkit.grading.marks import marks_of, secrets, suspicions, without
from mlkit.grading.names import recognize
from mlkit.grading.references import problems_with
from mlkit.grading.repair import is_check, read_hand_in, restored

pytest.importorskip("nbgrader", reason='pip install -e ".[grading]"')


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course that is prepared, as the command line sees it."""
    exercises, private = make_course(tmp_path), make_private(tmp_path)
    monkeypatch.setenv("NN_GRADING", str(private))
    return Course(exercises, private)


@pytest.fixture
def handout(course):
    run(course, "generate", NAME)
    return course.student(NAME)


def run(course, *arguments):
    return commands.main(["--course", str(course.exercises), *map(str, arguments)])


# Hand out


def test_the_student_version_is_clean_and_always_the_same(course, handout, capsys):
    first = handout.read_bytes()
    assert run(course, "generate", "--all") == 0
    assert "was up to date" in capsys.readouterr().out
    assert handout.read_bytes() == first
    notebook = nbformat.reads(first.decode(), as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec"}
    assert [cell.id for cell in notebook.cells][:3] == ["title", "imports", "relu"]
    relu = notebook.cells[2]
    assert relu.source == "def relu(z):\n    # YOUR CODE HERE\n    ..."
    assert (relu.metadata.deletable, notebook.cells[3].metadata.editable) == (False, False)
    assert b"maximum" not in first
    assert b"exp" not in first


def test_a_source_that_cannot_be_handed_out_leaves_the_old_version(course, handout, capsys):
    before = handout.read_bytes()
    course.source(NAME).write_text("{", encoding="utf-8")
    assert run(course, "generate", NAME) == 2
    assert "cannot be read as a notebook" in capsys.readouterr().err
    assert handout.read_bytes() == before


def test_a_notebook_with_answers_is_not_written_over(course, handout, capsys):
    notebook = json.loads(handout.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution"))
    blank = cell["source"]
    cell["source"] = "def relu(z):\n    return abs(z)"
    write(handout, notebook)
    worked_on = handout.read_bytes()
    assert run(course, "generate", NAME) == 2
    assert "has answers in it, and they would be lost" in capsys.readouterr().err
    assert handout.read_bytes() == worked_on
    cell["source"] = blank
    notebook["cells"][0]["source"] = "An older text."
    write(handout, notebook)
    assert run(course, "generate", NAME) == 0
    assert "An older text." not in handout.read_text(encoding="utf-8")


def test_a_folder_that_was_never_prepared_takes_no_hand_ins(course, handout, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NN_GRADING", str(tmp_path / "mistyped"))
    assert run(course, "collect", NAME, tmp_path) == 2
    assert f"There is no secret seed, or no folder `tests`, in {tmp_path / 'mistyped'}" in capsys.readouterr().err
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("name", open_course(private=False).names())
def test_the_student_version_in_the_repository_is_the_current_one(name):
    from mlkit.grading.student_version import as_text, read_notebook, student_version

    ours = open_course(private=False)
    made = as_text(student_version(ours, read_notebook(ours.source(name))))
    kept = ours.student(name)
    assert kept.exists(), f"python -m mlkit.grading generate {name}"
    assert kept.read_bytes() == made, f"python -m mlkit.grading generate {name}"


# Take in


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_every_kind_of_name_is_recognized_and_nothing_is_dropped_in_silence(course, handout, tmp_path, capsys):
    text = handout.read_text(encoding="utf-8")
    old, new = text.replace("Exercises", "Old"), text.replace("Exercises", "New")
    other = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    files = {
        "ada/activations.ipynb": old,
        "ada/activations (2).ipynb": new,
        "lovelaceada_LATE_1234_56_activations.ipynb": old,
        "lovelaceada_1234_78_activations-1.ipynb": new,
        "Grace Hopper_12_assignsubmission_file_/what I did.ipynb": text,
        "Grace Hopper_13_assignsubmission_file_/activations.ipynb": text,
        "mary_sue_activations.ipynb": text,
        "torn_activations.ipynb": text[:100],
        "activations.ipynb": text,
        "essay.pdf": "",
        ".ipynb_checkpoints/activations-checkpoint.ipynb": text,
        "bob/notes.ipynb": other,
    }
    for name, content in files.items():
        write(tmp_path / "in" / name, content)
    assert run(course, "collect", NAME, tmp_path / "in") == 0
    said = capsys.readouterr().out
    names = ["Grace-Hopper-12", "Grace-Hopper-13", "ada", "bob", "lovelaceada-1234", "mary_sue", "torn"]
    assert sorted(course.hand_ins(NAME)) == names
    for student in ("ada", "lovelaceada-1234"):
        assert "New" in course.submitted(student, NAME).read_text(encoding="utf-8")
    for sentence in (
        "Not taken, 4:",
        "essay.pdf: not a notebook",
        "activations.ipynb: its name says of no student",
        "ada/activations.ipynb: ada/activations (2).ipynb of the same student is newer",
    ):
        assert sentence in said


def test_a_zip_is_read_without_unpacking_it_anywhere(course, handout, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as file:
        file.writestr("../../evil_activations.ipynb", handout.read_text(encoding="utf-8"))
    assert run(course, "collect", NAME, tmp_path / "all.zip") == 0
    assert course.hand_ins(NAME) == ["evil"]
    assert not list(tmp_path.rglob("evil_*"))


def test_the_notebook_of_another_chapter_is_not_taken(course, handout, tmp_path, capsys):
    other = course.exercises / "source" / "03-other" / "other.ipynb"
    write(
        other, course.source(NAME).read_text(encoding="utf-8").replace('"relu', '"frelu').replace('"softm', '"fsoftm')
    )
    write(other, other.read_text(encoding="utf-8").replace('"essay', '"fessay'))
    write(tmp_path / "in" / "ada_activations.ipynb", other.read_text(encoding="utf-8"))
    assert run(course, "collect", NAME, tmp_path / "in") == 2
    assert "it is the notebook of 03-other" in capsys.readouterr().out


def test_neither_a_folder_nor_a_zip(course, handout, capsys):
    assert run(course, "collect", NAME, handout) == 2
    assert "neither a folder nor a zip" in capsys.readouterr().err
    assert run(course, "collect", NAME, "elsewhere.zip") == 2
    assert f"There is no file {os.path.abspath('elsewhere.zip')}" in capsys.readouterr().err
    assert run(course, "collect", "02-activation", handout) == 2
    assert f"There is no assignment 02-activation. The assignments are: {NAME}" in capsys.readouterr().err


# Who is who


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def moodle(name, number, file="activations.ipynb"):
    return f"{name}_{number}_assignsubmission_file_/{file}"


def test_a_later_zip_never_replaces_the_work_of_somebody_else_of_that_name(course, handout, tmp_path):
    text = handout.read_text(encoding="utf-8")
    first = {moodle("Wei Wang", 2007): text.replace("Exercises", "By 2007"), moodle("Wei Wang", 2008): text}
    assert run(course, "collect", NAME, zipped(tmp_path / "1.zip", first)) == 0
    late = {moodle("Wei Wang", 2008): text.replace("Exercises", "By 2008, late")}
    assert run(course, "collect", NAME, zipped(tmp_path / "2.zip", late)) == 0
    assert course.hand_ins(NAME) == ["Wei-Wang-2007", "Wei-Wang-2008"]
    assert "By 2007" in course.submitted("Wei-Wang-2007", NAME).read_text(encoding="utf-8")
    assert "By 2008, late" in course.submitted("Wei-Wang-2008", NAME).read_text(encoding="utf-8")
    rows = read_collected(course, NAME)
    assert [(row["student"], row["moodle_id"]) for row in rows] == [
        ("Wei-Wang-2007", "2007"),
        ("Wei-Wang-2008", "2008"),
    ]


def test_a_student_keeps_the_name_under_which_a_number_was_first_seen(course, handout, tmp_path):
    """Also one from an earlier version, whose names had no number; and in another assignment."""
    text = handout.read_text(encoding="utf-8")
    table = course.table("collected", "01-perceptron")
    table.write_text("student,name,canvas_id,moodle_id,handed_in_as\nWei-Wang,Wei Wang,,2007,x\n", encoding="utf-8-sig")
    files = {moodle("Wei Wang", 2007): text, moodle("Wei Wang", 2008): text, "lovelaceada_5_6_activations.ipynb": text}
    assert run(course, "collect", NAME, zipped(tmp_path / "1.zip", files)) == 0
    assert course.hand_ins(NAME) == ["Wei-Wang", "Wei-Wang-2008", "lovelaceada-5"]
    again = {moodle("Wei Miller", 2008): text, "millerada_5_9_activations.ipynb": text}
    assert run(course, "collect", NAME, zipped(tmp_path / "2.zip", again)) == 0
    assert course.hand_ins(NAME) == ["Wei-Wang", "Wei-Wang-2008", "lovelaceada-5"]


def test_a_name_that_belongs_to_a_number_is_not_given_to_a_folder(course, handout, tmp_path, capsys):
    text = handout.read_text(encoding="utf-8")
    assert run(course, "collect", NAME, zipped(tmp_path / "1.zip", {"lovelaceada_5_6_activations.ipynb": text})) == 0
    other = {"lovelaceada-5/activations.ipynb": text.replace("Exercises", "Not hers")}
    assert run(course, "collect", NAME, zipped(tmp_path / "2.zip", other)) == 2
    said = capsys.readouterr().out
    assert "lovelaceada-5 is the student with number 5; give this one another name" in said
    assert said.rstrip().endswith("Nothing was taken.")
    assert "Not hers" not in course.submitted("lovelaceada-5", NAME).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "student"),
    [
        (["A B/hw2/activations.ipynb", "C D/hw2/activations.ipynb"], "hw2"),
        (["Activations/Ada - activations.ipynb", "Activations/Bo - activations.ipynb"], "Activations"),
        (["Activations_ada_attempt_1_my.ipynb", "Activations_bo_attempt_1_mine.ipynb"], "Activations"),
        (["a/LATE_x.ipynb", "b/LATE_x.ipynb"], None),
    ],
)
def test_several_people_never_become_one_student(course, handout, tmp_path, capsys, files, student):
    text = handout.read_text(encoding="utf-8")
    status = run(course, "collect", NAME, zipped(tmp_path / "1.zip", dict.fromkeys(files, text)))
    if student is None:
        assert (status, course.hand_ins(NAME)) == (0, ["a", "b"])
        return
    assert (status, course.hand_ins(NAME)) == (2, [])
    said = capsys.readouterr().err
    assert f"2 hand-ins would become one student, {student}," in said
    assert all(file in said for file in files)


@pytest.mark.parametrize(
    ("file", "student"),
    [
        ("José O'Brien_102_assignsubmission_file_/my homework/activations.ipynb", "José-O-Brien-102"),
        ("class/Ada L_7_assignsubmission_file_/a/b/c.ipynb", "Ada-L-7"),
        ("Teilnehmer_in 7_12_assignsubmission_file_/activations.ipynb", "Teilnehmer_in-7-12"),
        ("Ada L_7_assignsubmission_file_activations.ipynb", "Ada-L-7"),
        ("LATE_anon_x7Gh2_50038_mine.ipynb", "anon-x7Gh2"),
        ("anon_LATE_x7Gh2_50038_mine.ipynb", "anon-x7Gh2"),
        ("o_brienpat_1034_50036_mine.ipynb", "o_brienpat-1034"),
        ("o_brienpat_LATE_1034_50036_mine.ipynb", "o_brienpat-1034"),
        ("nn-ada/exercises/02-activations/activations.ipynb", "nn-ada"),
        ("किरण_8_assignsubmission_file_/activations.ipynb", "किरण-8"),
        ("Zoe A\u030angstro\u0308m_9_assignsubmission_file_/activations.ipynb", "Zoe-\u00c5ngstr\u00f6m-9"),
    ],
)
def test_a_name_says_whose_the_file_is(file, student):
    assert recognize(file, "activations").student == student


def test_a_seed_that_does_not_suit_the_course_is_drawn_again(course, monkeypatch, capsys):
    drawn = iter([1, 2, 3])
    monkeypatch.setattr("mlkit.grading.commands.secrets.randbelow", lambda most: next(drawn))
    troubles = {10**8 + 1: ["relu, seed 100000001: it is not steep"], 10**8 + 2: []}
    monkeypatch.setattr("mlkit.grading.references.problems_with", lambda course, seed: troubles[seed])
    (course.private / "seed").unlink()
    assert run(course, "prepare") == 0
    assert (course.private / "seed").read_text(encoding="utf-8") == "100000002\n"
    assert "it is not steep" in capsys.readouterr().out


def test_the_reference_solutions_are_tried_with_the_seed(course):
    """A question that fails with every seed is named with its key and the seed."""
    source = course.source(NAME)
    source.write_text(source.read_text(encoding="utf-8").replace("z * (z > 0)", "z * (z < 0)"), encoding="utf-8")
    problems = problems_with(course, 612)
    assert problems
    assert all(said.startswith("02-activations/relu, seed 612, ") for said in problems)


# Put back


def put_back(handout, changed, tmp_path):
    path = tmp_path / "hand-in.ipynb"
    write(path, changed)
    return restored(read_hand_in(path), nbformat.read(handout, as_version=4))


def sources(notebook):
    return [cell.source for cell in notebook.cells if is_check(cell)]


def test_what_was_handed_out_comes_back_as_it_is(handout, tmp_path):
    notebook, notes = put_back(handout, answered(handout), tmp_path)
    assert notes == []
    assert len(notebook.cells) == len(nbformat.read(handout, as_version=4).cells)


def test_deleted_checks_return_behind_their_answers(handout, tmp_path):
    changed = answered(handout)
    changed["cells"] = [cell for cell in changed["cells"] if cell not in checks_of(changed)]
    notebook, notes = put_back(handout, changed, tmp_path)
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    assert names[2:6] == ["relu", "relu-check", "softmax", "softmax-check"]
    assert len(notes) == 2


def test_everything_may_be_missing(handout, tmp_path):
    notebook, notes = put_back(handout, answered(handout) | {"cells": []}, tmp_path)
    assert len(sources(notebook)) == 2
    assert "another notebook" in notes[0]


@pytest.mark.parametrize("metadata", [None, [], {"nbgrader": None}, {"nbgrader": {"grade_id": ["relu"]}}, {"tags": 3}])
def test_metadata_may_be_anything(handout, tmp_path, metadata):
    changed = answered(handout)
    for cell in changed["cells"]:
        cell["metadata"] = metadata
    notebook, _ = put_back(handout, changed, tmp_path)
    assert len(sources(notebook)) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(notebook)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"cells": 3, "nbformat": 4}', "\udcff", '{"nbformat": 99}'])
def test_a_file_that_is_no_notebook_is_a_problem_and_no_crash(tmp_path, text):
    path = tmp_path / "hand-in.ipynb"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Problem, match="The file"):
        read_hand_in(path)


# Marks


def data_of(earned, points=4):
    return {MIME: Score(earned, key="01-a/b", points=points, lines=[], mistake=None).data}


@pytest.mark.parametrize(
    ("shown", "earned"),
    [
        (data_of(2), 2),
        (data_of(99, points=99), 4),
        (data_of(-1), 0),
        (data_of(float("nan")), 0),
        ({MIME: "full marks"}, 0),
        ({MIME: {}}, 0),
        ({"text/plain": "4.0", "text/html": "<table>4 of 4 points</table>"}, 0),
        ({}, 0),
    ],
)
def test_a_mark_is_read_from_the_data_of_a_score_between_0_and_the_most_there_is(handout, shown, earned):
    notebook = nbformat.read(handout, as_version=4)
    for cell in filter(is_check, notebook.cells):
        cell.metadata.nbgrader.points = 4
        cell.outputs = [nbformat.v4.new_output("execute_result", shown)]
    marks = marks_of(notebook, {}, notebook)
    assert [mark.earned for mark in marks] == [earned, earned, 0]
    assert all(mark.why for mark in marks if mark.earned < mark.points)


def test_what_runs_beside_a_hand_in_loads_no_pictures():
    program = (
        "import sys; from mlkit.grading import in_kernel; in_kernel.remember(); print('matplotlib' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "False\n"


def test_the_runner_of_cells_knows_scores_by_their_name():
    assert cell_runner.SCORE == MIME


def said(kind, **content):
    return {"msg_type": kind, "content": content, "parent_header": {"msg_id": "run"}}


class SlowKernel:
    """Answers at once, and is silent for a while before it sends what the cell printed."""

    def __init__(self, *later):
        self.later, self.silent = list(later), 3

    def execute(self, source, allow_stdin):
        return "run"

    def get_iopub_msg(self, timeout):
        if self.silent > 0 or not self.later:
            self.silent -= 1
            raise queue.Empty
        return self.later.pop(0)

    def get_shell_msg(self, timeout):
        return {"parent_header": {"msg_id": "run"}}

    def is_alive(self):
        return True


def ran(monkeypatch, *later):
    runner = object.__new__(cell_runner.CellRunner)
    runner.client = runner.manager = SlowKernel(*later)
    monkeypatch.setattr(cell_runner, "LAST_WORDS", 1 if later else 0.01)
    return runner.run("print(1)", seconds=60)


def test_output_that_comes_after_the_answer_is_not_lost(monkeypatch):
    printed = [said("stream", name="stdout", text="1\n"), said("status", execution_state="idle")]
    kept = [{"output_type": "stream", "name": "stdout", "text": "1\n"}]
    assert ran(monkeypatch, *printed) == (cell_runner.FINE, kept)


def test_a_cell_whose_last_word_is_lost_is_done_all_the_same(monkeypatch):
    assert ran(monkeypatch) == (cell_runner.FINE, [])


@pytest.mark.parametrize("length", [1, 7, cell_runner.LONGEST])
def test_text_that_is_too_long_ends_with_a_sentence_wherever_it_was_cut(length):
    outputs = cell_runner.Outputs()
    for _ in range(cell_runner.LONGEST // length + 2):
        outputs.take(said("stream", name="stdout", text="x" * length))
    text = outputs.kept[0]["text"]
    assert text == "x" * cell_runner.LONGEST + "\n… the rest of the output was cut off\n"


def test_secrets_are_taken_out_wherever_they_are(course):
    found = secrets(course.private)
    assert "123456789" in found
    text = {"a": ["the seed is 123456789", {"b": 3}]}
    assert without(found, text) == {"a": ["the seed is [removed: this belongs to the instructor]", {"b": 3}]}


def test_an_ordinary_answer_is_not_suspect(handout, tmp_path):
    notebook, _ = put_back(handout, answered(handout), tmp_path)
    assert suspicions(notebook) == []
    notebook, _ = put_back(handout, answered(handout, relu="import sys\nsys.modules.clear()"), tmp_path)
    assert suspicions(notebook) == ["sys.modules"]


def test_the_command_line_says_what_there_is():
    done = subprocess.run([sys.executable, "-m", "mlkit.grading", "--help"], capture_output=True, text=True, check=True)
    for command in ("prepare", "generate", "collect", "autograde", "feedback", "export"):
        assert f"\n    {command} " in done.stdout
    assert "export NN_GRADING" in done.stdout


# What is missing is said, with exit status 2, and nobody gets 0 for it


def test_without_nn_grading_the_command_says_so_and_stops(course, monkeypatch, capsys):
    monkeypatch.delenv("NN_GRADING")
    for step in (["autograde", NAME], ["collect", NAME, "."], ["feedback", NAME], ["export", NAME], ["prepare"]):
        assert run(course, *step) == 2
        assert "NN_GRADING is not set" in capsys.readouterr().err


def test_the_private_folder_is_refused_inside_the_repository(course, monkeypatch, capsys):
    for inside in (course.exercises.parent / "mine", ROOT / "mine"):
        monkeypatch.setenv("NN_GRADING", str(inside))
        assert run(course, "prepare") == 2
        assert "inside the repository" in capsys.readouterr().err
        assert not inside.exists()


def test_prepare_makes_a_seed_once(course, tmp_path, monkeypatch):
    monkeypatch.setenv("NN_GRADING", str(tmp_path / "new"))
    assert run(course, "prepare") == 0
    seed = (tmp_path / "new" / "seed").read_text(encoding="utf-8")
    assert int(seed) > 10**8
    assert run(course, "prepare") == 0
    assert (tmp_path / "new" / "seed").read_text(encoding="utf-8") == seed
    assert "private_test" in (tmp_path / "new" / "tests" / "README").read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", [None, "", "minus one", "-1"])
def test_without_a_seed_nobody_is_graded(course, seed, capsys):
    (course.private / "seed").unlink()
    if seed is not None:
        write(course.private / "seed", seed)
    with pytest.raises(Problem):
        require_prepared(course)
    assert run(course, "autograde", NAME) == 2
    assert "seed" in capsys.readouterr().err
    assert not (course.private / "gradebook.db").exists()


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (["autograde", NAME], "`collect` brings them"),
        (["autograde", NAME, "--student", "ada"], "There is no hand-in of 02-activations by ada"),
        (["autograde", "99-none"], "The assignments are: 02-activations"),
        (["feedback", NAME], "has been graded yet"),
        (["export", NAME], "has been graded yet"),
        (["generate"], "Say which assignment, or --all."),
    ],
)
def test_a_step_too_early_says_which_one_is_missing(course, step, sentence, capsys):
    assert run(course, *step) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.build
@pytest.mark.xdist_group("grading")
def test_a_reference_solution_that_loses_a_point_stops_the_grading(course, handout, capsys):
    write(course.submitted("ada", NAME), answered(handout))
    source = json.loads(course.source(NAME).read_text(encoding="utf-8"))
    answer = next(cell for cell in source["cells"] if name_of(cell) == "relu")
    answer["source"] = "def relu(z):\n    return abs(z)"
    write(course.source(NAME), source)
    assert run(course, "autograde", NAME, "--sandbox", "none") == 2
    said = capsys.readouterr().err
    assert "The reference solution does not earn full marks, so nobody was graded" in said
    assert "relu-check" in said
    assert "softmax-check" not in said
    assert not course.autograded("ada", NAME).exists()


def test_without_bubblewrap_that_is_said_or_refused(course, monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    used, sentence = sandbox.choose_sandbox("auto", course.private)
    assert not used
    assert "there is no command `bwrap`" in sentence
    assert "NO SANDBOX" in sentence
    with pytest.raises(Problem, match="bubblewrap cannot be used here"):
        sandbox.choose_sandbox("bwrap", course.private)


# Give back


@pytest.fixture
def rows(monkeypatch):
    """A gradebook with two students, one of whom waits for a person."""
    found = [
        export.gradebook.Row("lovelaceada-1234", "relu-check", 4, 3.5),
        export.gradebook.Row("lovelaceada-1234", "essay", 2, 2.0),
        export.gradebook.Row("Grace-Hopper", "relu-check", 4, 4.0),
        export.gradebook.Row("Grace-Hopper", "essay", 2, None),
    ]
    monkeypatch.setattr(export.gradebook, "read", lambda course, name: found)
    monkeypatch.setattr(export.by_hand, "apply", lambda course, name: None)


def collected(course):
    text = "student,name,canvas_id,moodle_id,handed_in_as\nlovelaceada-1234,lovelaceada,1234,,a.ipynb\n"
    course.table("collected", NAME).write_text(text + "Grace-Hopper,Grace Hopper,,12,b.ipynb\n", encoding="utf-8")


def table(course, ending=""):
    with (course.private / "grades" / f"{NAME}{ending}.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_the_tables_have_the_columns_that_canvas_and_moodle_read(course, rows, capsys):
    collected(course)
    assert run(course, "export", NAME, "--title", "Activations (77)") == 0
    assert "until a person has read an answer: Grace-Hopper" in capsys.readouterr().out
    assert table(course) == [
        ["student", "name", "relu-check", "essay", "total", "of", "by hand"],
        ["lovelaceada-1234", "lovelaceada", "3.5", "2", "5.5", "6", ""],
        ["Grace-Hopper", "Grace Hopper", "4", "", "4", "6", "open"],
    ]
    assert table(course, "-canvas") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Activations (77)"],
        ["    Points Possible", "", "", "", "", "6"],
        ["lovelaceada", "1234", "", "", "", "5.5"],
        ["Grace Hopper", "", "", "Grace-Hopper", "", ""],
    ]
    assert table(course, "-moodle")[0] == ["Full name", "ID number", "Email address", "Activations (77)"]
    assert table(course, "-moodle-worksheet") == [
        ["Identifier", "Full name", "Grade", "Last modified (grade)"],
        ["Participant 12", "Grace Hopper", "", "-"],
    ]


def test_a_list_of_students_says_who_is_who(course, rows):
    collected(course)
    head = "student,Student,ID,SIS User ID,SIS Login ID,Section,ID number,Email address\n"
    text = (
        head + ',"Lovelace, Ada",1234,s1,ada,Sec 1,m1,ada@example.org\nGrace-Hopper,Grace Hopper,5,s2,gh,Sec 1,m2,g@x\n'
    )
    write(course.private / "students.csv", text)
    run(course, "export", NAME)
    assert table(course, "-canvas")[2] == ["Lovelace, Ada", "1234", "s1", "ada", "Sec 1", "5.5"]
    assert table(course, "-moodle")[2] == ["Grace Hopper", "m2", "g@x", ""]


def test_a_name_that_begins_like_a_formula_is_harmless(course, rows):
    assert export._harmless("=1+1") == "'=1+1"
    assert export._harmless("-0.5") == "-0.5"


def test_points_given_by_hand_must_be_possible(course, handout, capsys):
    row = "ada,essay,2,three,,because"
    course.table("by-hand", NAME).write_text(f"student,question,of,points,comment,answer\n{row}\n", encoding="utf-8")
    assert run(course, "export", NAME) == 2
    assert "ada, essay: the points must be a number from 0 to 2, got 'three'" in capsys.readouterr().err


def test_the_points_of_a_check_cell_are_those_of_its_question(handout):
    notebook = nbformat.read(handout, as_version=4)
    assert [c.metadata.nbgrader.points for c in notebook.cells if is_check(c)] == [points("relu"), points("softmax")]

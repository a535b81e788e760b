"""An instructor grades three chapters with the commands of the teaching page: a first zip each, and a late file."""

import csv
import json
import re
import zipfile

import pytest
from walking import ROOT, Walk

# Another process may walk this one: it needs nothing of what the others have installed.
pytestmark = [pytest.mark.build, pytest.mark.xdist_group("instructor")]

# An assignment, and a right and a wrong answer to one of its questions; all others are left as they were handed out.
ASSIGNMENTS = {
    "01-perceptron": ("step", "def step(z):\n    return (z > 0).astype(int)", "def step(z):\n    return z >= 0"),
    "02-activations": ("relu", "def relu(z):\n    return z * (z > 0)", "def relu(z):\n    return abs(z)"),
    "05-sgd": (
        "gradient-step",
        "def gradient_step(theta, gradients, rate):\n    return theta - rate * gradients.mean(axis=0)",
        "def gradient_step(theta, gradients, rate):\n    return theta - rate * gradients.sum(axis=0)",
    ),
}
PEOPLE = {"right": ("Wei Wang", 2007), "wrong": ("Wei Wang", 2008), "untouched": ("José O'Brien", 2009)}


@pytest.fixture(scope="module")
def installed(clone):
    """The repository alone: the page says what an instructor installs."""
    return Walk([], clone)


def handed_in(folder, name, answer=None):
    """The notebook that learners get, with one answer in it."""
    (path,) = (folder / "exercises" / name).glob("*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if answer and cell["metadata"].get("nbgrader", {}).get("grade_id") == ASSIGNMENTS[name][0]:
            cell["source"] = answer
    return path.name, json.dumps(notebook)


def moodle_zip(path, folder, name, **answers):
    """A zip as Moodle makes it; keywords say who handed in what."""
    with zipfile.ZipFile(path, "w") as archive:
        for who, answer in answers.items():
            person, number = PEOPLE[who]
            file, text = handed_in(folder, name, answer)
            archive.writestr(f"{person}_{number}_assignsubmission_file_/{file}", text)
    return path


def table(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def marks(private, name):
    return {row["student"]: float(row["total"]) for row in table(private / "grades" / f"{name}.csv")}


@pytest.mark.walks("chapters/teaching.md", "Grading")
@pytest.mark.walks("chapters/teaching.md", "Hand out")
@pytest.mark.walks("chapters/teaching.md", "Grade")
def test_from_handing_out_to_marks_for_three_chapters_and_then_a_late_file(walk, tmp_path):
    walk.environment["HOME"] = str(tmp_path)
    private, clone = tmp_path / "nn-grading", walk.folder
    for part in ("-m venv", "activate", "pip install"):
        walk.run(part)
    assert "NN_GRADING is not set" in walk.run("grading prepare", status=2)  # the line before was forgotten
    walk.run("export NN_GRADING")
    assert "There is no secret seed" in walk.run("autograde 02-activations --jobs 2", status=2)
    said = walk.run("grading prepare")
    seed = (private / "seed").read_text(encoding="utf-8")
    assert "Trying a secret seed on the reference solutions" in said
    assert "grading prepare" not in walk.run("grading prepare"), "a second time it keeps the seed"
    assert (private / "seed").read_text(encoding="utf-8") == seed
    generate = "python -m mlkit.grading generate 02-activations"
    assert "was up to date" in walk.run(generate)
    handed_out = clone / "exercises" / "02-activations" / "activations.ipynb"
    assert "written" in walk.run("--keep-solutions")
    assert json.loads(handed_out.read_text(encoding="utf-8"))["metadata"]["course"] == {"solutions": "kept"}
    assert "written" in walk.run(generate), "and back to the one that shows them"
    assert "There is no file" in walk.run("grading collect", status=2), "the zip is not there yet"
    assert "The assignments are" in walk.run("grading collect", status=2, **{"02-activations": "02-activation"})
    for name, (question, right, wrong) in ASSIGNMENTS.items():
        (private / "seed").unlink()
        walk.run("grading prepare")
        given = {"right": right, "wrong": wrong, "untouched": None}
        grade(walk, private, name, moodle_zip(clone / "submissions.zip", clone, name, **given))
        first = marks(private, name)
        best = first.pop("Wei-Wang-2007")
        assert best == max(p["points"] for p in points_of(name) if p["grade_id"] == f"{question}-check")
        assert 0 <= first.pop("Wei-Wang-2008") < best
        assert first == {"José-O-Brien-2009": 0.0}
    late(walk, private, clone, tmp_path)


def late(walk, private, clone, tmp_path):
    """A week later, in a new terminal: one more file, of somebody who had handed in nothing right."""
    name = "02-activations"
    before = marks(private, name)
    walk.environment["HOME"] = str(tmp_path)
    grade(walk, private, name, moodle_zip(clone / "submissions.zip", clone, name, untouched=ASSIGNMENTS[name][1]))
    after = marks(private, name)
    assert after.pop("José-O-Brien-2009") == before["Wei-Wang-2007"]
    assert after.items() <= before.items()
    assert "ada" in walk.run("--student ada", status=2)
    walk.run("--student ada", ada="José-O-Brien-2009")
    assert marks(private, name) == after | {"José-O-Brien-2009": before["Wei-Wang-2007"]}


def points_of(name):
    (source,) = (ROOT / "exercises" / "source" / name).glob("*.ipynb")
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    return [m for cell in cells if "points" in (m := cell["metadata"].get("nbgrader", {}))]


def grade(walk, private, name, archive):
    """The four commands of an assignment, as they stand on the page but for its name."""
    own = {"02-activations": name}
    with zipfile.ZipFile(archive) as opened:
        assert f"{len(opened.namelist())} students. Next" in walk.run("grading collect", **own)
    assert "The reference solution has full marks." in walk.run("autograde 02-activations --jobs 2", **own)
    walk.run("grading feedback", **own)
    walk.run("grading export", **own)
    pages = private / "feedback" / name
    assert {page.stem for page in pages.glob("*.html")} == set(marks(private, name))
    with zipfile.ZipFile(pages / "return.zip") as back:
        assert len(back.namelist()) == len(marks(private, name))
        assert all(re.search(r"_\d+_assignsubmission_file_", page) for page in back.namelist())

"""The package as a wheel: somewhere else, without this folder, it draws, checks and trains."""

import subprocess
import sys
import sysconfig
import zipfile

import pytest
from book_fixtures import ROOT

from book.lab.site import own_wheel
from book.sources import Book

BOOK = Book()
pytestmark = pytest.mark.build
FIGURE = """
from mlkit.explore import explore
from mlkit.figures import new_axes, picture
def draw(slope):
    axes = new_axes(xlim=(-1, 1), ylim=(-2, 2))
    axes.plot([-1, 1], [-slope, slope])
    return picture(axes, alt=f"A line through the origin with slope {slope}.")
shown = explore(draw, slope=[-1, 0, 1], name="slope")._repr_mimebundle_()["text/html"]
assert "customElements.define" in shown and "--mlkit-" in shown and shown.count("<svg viewBox") == 1
"""
CHECK = """
from mlkit.checks import check, load_chapter
from mlkit.checks.question import chapters
assert check("02-activations/relu", abs).mistake == "absolute value"
assert sum(len(load_chapter(chapter)) for chapter in chapters()) == NUMBER
"""
TRAINING = """
import numpy as np
from mlkit.datasets import moons
from mlkit.network import Network
from mlkit.optimizers import Adam
from mlkit.training import train
rng = np.random.default_rng(0)
X, y = moons(200, rng=rng)
network = Network.mlp([2, 8, 2], rng=rng)
before, _ = network.evaluate(X, y)
train(network, X, y, optimizer=Adam(0.02), epochs=30, rng=rng)
after, accuracy = network.evaluate(X, y)
assert after < before / 2 and accuracy > 0.8
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return own_wheel(BOOK, tmp_path_factory.mktemp("wheel"))


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_has_the_questions_and_no_solution(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    rooms = sorted((ROOT / "exercises" / "source").glob("*/*.py"))
    wanted = [path.relative_to(ROOT / "exercises" / "source").as_posix() for path in rooms if path.stem != "answers"]
    prefix = "mlkit/checks/questions/"
    assert sorted(n.removeprefix(prefix) for n in names if n.startswith(prefix) and "/" in n[len(prefix) :]) == wanted
    assert [
        name for name in names if name.endswith((".ipynb", "answers.py")) or name.startswith(("book", "tests"))
    ] == []
    assert {"mlkit/explore/explore.js", "mlkit/explore/explore.css", "mlkit/grading/commands.py"} <= set(names)


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """An environment with the wheel; the packages it needs are seen, our editable installation is not."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = next(folder.glob("[bS][ic][nr]*/python*"))
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel)
    (home,) = {path.parent for path in folder.rglob("mlkit") if path.is_dir()}
    (home / "needed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")  # its own .pth files are not read
    return folder, python


@pytest.mark.parametrize("program", [FIGURE, CHECK, TRAINING], ids=["a figure", "a check", "a training"])
def test_it_works_elsewhere(elsewhere, program):
    folder, python = elsewhere
    here = "import mlkit, sys; assert mlkit.__file__.startswith(sys.prefix), mlkit.__file__\n"
    number = sum(len(room.read_text(encoding="utf-8").split("QUESTIONS = ")[1].splitlines()) - 2 for room in ROOMS)
    run(python, "-I", "-c", here + program.replace("NUMBER", str(number)), cwd=folder)


ROOMS = sorted((ROOT / "exercises" / "source").glob("*/__init__.py"))


def test_the_grading_tool_of_a_wheel_asks_for_the_exercises(elsewhere):
    folder, python = elsewhere
    done = subprocess.run(
        [python, "-m", "mlkit.grading", "generate", "01-perceptron"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "--course" in done.stderr
    assert "Traceback" not in done.stderr

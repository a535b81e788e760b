"""A maintainer's journeys: the plain lines of README, and every change that CONTRIBUTING describes, as it stands there.

The clone's table of contents is cut to two chapters, so that a build takes seconds. What is left out of the book is
named without a link, as whoever takes a chapter out would see it.
"""

import json
import re
import shutil
import subprocess
import sys

import pytest
from pypdf import PdfReader
from walking import JOURNEY, ROOT, commands_of, make_clone, restore
from walking import Walk as walking_in

from book.pdf import BROWSERS

pytestmark = [*JOURNEY]
SHORT = """\
format: jb-book
root: chapters/index
parts:
  - caption: The course
    chapters:
      - file: chapters/03-chain-rule
        sections:
          - file: exercises/03-chain-rule/chain-rule
            title: Exercises
  - caption: Reference
    chapters:
      - file: chapters/references
      - file: chapters/mlkit
"""


@pytest.fixture
def repository(here):
    """The clone as it was, but with a short book."""
    restore(here)
    (here / "_toc.yml").write_text(SHORT, encoding="utf-8")
    return here


def page(folder, name):
    return (folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def block(heading, language):
    """The only block of a language in a section of CONTRIBUTING."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[1]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return found


def only(walk, words):
    """Let pytest run no more than the tests whose names have these words: the command itself stays as it is."""
    walk.environment["PYTEST_ADDOPTS"] = f"-k '{words}'"


# README


@pytest.mark.walks("README.md", "Without make", "sh")
def test_the_plain_lines_of_readme(walk, repository):
    """`installed` has made the environment with the first two; JupyterLab is opened in the learner's journey."""
    said = walk.run("-m book")
    assert f"Open {repository / '_build' / 'html' / 'index.html'}" in said
    assert "<mlkit-explore" in page(repository, "chapters/03-chain-rule")
    only(walk, "schedules")
    assert " passed" in walk.run("-m pytest")
    browser = walk.command("playwright install chromium")  # hundreds of megabytes: only asked what it would do
    assert "Install location" in walking_in([f"{browser} --dry-run"], repository).run("playwright")
    walk.command("jupyter lab")


@pytest.mark.walks("README.md", "Without make", "powershell")
def test_on_windows_the_lines_are_the_same(walk):
    plain = commands_of("README.md", "Without make", "sh")
    for command in walk.commands:
        translated = walk.command(command).replace(".venv\\Scripts\\", ".venv/bin/").replace("\\", "/")
        assert translated.replace("py -3.11", "python3") in plain


@pytest.mark.walks("README.md", "The exercises")
def test_the_book_with_and_without_its_solutions(walk, repository):
    walking_in(["make book"], repository).run("make book")
    solutions = repository / "_build" / "html" / "exercises" / "solutions" / "03-chain-rule.html"
    assert solutions.exists()
    walk.run("make book SOLUTIONS=0")
    assert not solutions.exists()
    walk.command("make lab")  # the learner's journey


@pytest.mark.walks("README.md", "On paper")
@pytest.mark.walks("Makefile", "pdf")
def test_the_book_on_paper(walk, repository):
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("nothing here prints a PDF: Chromium is not on the PATH")
    said = walk.run("make pdf")
    with_answers = int(re.search(r"book\.pdf: (\d+) pages", said)[1])
    text = "".join(page.extract_text() for page in PdfReader(repository / "_build" / "book.pdf").pages)
    assert "Solutions: The chain rule" in text
    without = int(re.search(r"book\.pdf: (\d+) pages", walk.run("--answers none"))[1])
    assert without < with_answers


# CONTRIBUTING


@pytest.mark.walks("CONTRIBUTING.md", "Changing a chapter", "sh")
@pytest.mark.walks("CONTRIBUTING.md", "Checks")
def test_a_changed_sentence(walk, repository):
    (repository / "_toc.yml").write_text(SHORT.replace("03-chain-rule", "01-perceptron", 1), encoding="utf-8")
    chapter = repository / "chapters" / "01-perceptron.ipynb"
    before = chapter.read_text(encoding="utf-8").splitlines()
    walk.run("--to md:myst")
    draft = re.search(r"-o (\S+)", walk.command("--to md:myst"))[1]
    sentence = "A sentence that a maintainer has added."
    with open(draft, encoding="utf-8") as file:
        text = file.read()
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text.replace("\n## One neuron\n", f"\n## One neuron\n\n{sentence}\n", 1))
    walk.run("--to ipynb")
    after = chapter.read_text(encoding="utf-8").splitlines()
    added = [line for line in after if line not in before]
    assert any(sentence in line for line in added)
    assert len(added) <= 3, "a change of one line is a difference of one line"
    only(walk, "schedules")
    walk.run("make check")
    walk.run("make test")
    walk.environment.pop("PYTEST_ADDOPTS")
    assert "passed" in walk.run("tests/test_perceptron.py")
    assert "4 passed" in walk.run("make notebooks"), "two pages with code, an exercise, and its solutions"
    assert "xecuting notebook" not in walk.run("make book"), "the pages are made of the run before"
    assert sentence in page(repository, "chapters/01-perceptron")


def with_cell(path, code):
    """Add a cell of code to the end of a notebook, as an editor would."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "execution_count": None, "id": "new-cell", "metadata": {}, "outputs": []}
    notebook["cells"].append(cell | {"source": code.splitlines(keepends=True)})
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_figure_wrongly_and_then_as_the_page_has_it(installed, repository):
    code = block("Adding a figure", "python")
    chapter = repository / "chapters" / "03-chain-rule.ipynb"
    book = walking_in(["make book"], repository)
    with_cell(chapter, code.replace(', alt=f"A line through the origin with slope {slope}."', ', alt="a line"'))
    said = book.run("make book", status=None)
    for part in ("chapters/03-chain-rule", "figure 'slope'", "alt must say in words what the picture shows"):
        assert part in said
    restore(repository)
    (repository / "_toc.yml").write_text(SHORT, encoding="utf-8")
    with_cell(chapter, code)
    book.run("make book")
    assert "A line through the origin with slope -1." in page(repository, "chapters/03-chain-rule")


QUESTION = '''\
from mlkit.checks.expect import close
from mlkit.checks.question import Question

twice = Question(
    "03-chain-rule/twice",
    draw=lambda rng: (rng.normal(size=3),),
    section="Usual mistakes",
    why="What is added to itself is there twice.",
    solution="""
        def twice(x):
            return 2 * x
        """,
)


@twice.part("twice as large")
def _(answer, rng):
    x = rng.normal(size=4)
    close(answer(x), 2 * x, "it is not twice as large")


@twice.part("a number too")
def _(answer, rng):
    close(answer(1.5), 3.0, "of a single number it is not twice as large")


twice.slips(
    ("squared", {"2 * x": "x**2"}, "It is squared, not doubled."),
    ("halved", {"2 *": "0.5 *"}, "It is halved, not doubled."),
    ("minus", {"2 *": "-2 *"}, "It is doubled and turned round."),
    ("as it was", {"2 *": "1.0 *"}, "It is as it was. What should happen to it?"),
)
'''
SOLUTION = "def twice(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


CHECK = 'from mlkit.checks import check\n\ncheck("03-chain-rule/twice", twice)'


def question_cells(notebook):
    """The three cells of a question, the last two with nbgrader's marks as in the other cells."""
    yield {"cell_type": "markdown", "id": "twice-text", "metadata": {}, "source": ["## 9. Twice\n\nWrite `twice(x)`."]}
    for mark, name, source in (("solution", "twice", SOLUTION), ("grade", "twice-check", CHECK)):
        like = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get(mark))
        cell = json.loads(json.dumps(like)) | {"id": f"{name}-cell", "source": source.splitlines(keepends=True)}
        cell["metadata"]["nbgrader"] |= {"grade_id": name} | ({"points": 3} if mark == "grade" else {})
        yield cell


@pytest.mark.walks("CONTRIBUTING.md", "Adding an exercise")
def test_an_exercise_in_three_steps(walk, repository):
    room = repository / "exercises" / "source" / "03-chain-rule"
    (room / "more.py").write_text(QUESTION, encoding="utf-8")
    edit(room / "__init__.py", "import duals, graphs", "import duals, graphs, more")
    edit(room / "__init__.py", "    duals.choose_h,\n", "    duals.choose_h,\n    more.twice,\n")
    edit(room / "answers.py", "RIGHT = [\n", 'RIGHT = [\n    ("twice", lambda x: x + x),\n')
    edit(room / "answers.py", "NOTHING = [\n", 'NOTHING = [\n    ("twice", lambda x: 0 * x),\n')
    edit(room / "answers.py", "VARIANTS = [\n", 'VARIANTS = [\n    ("twice", "squared", lambda x: x**2),\n')
    source = room / "chain-rule.ipynb"
    notebook = json.loads(source.read_text(encoding="utf-8"))
    notebook["cells"] += list(question_cells(notebook))
    source.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    only(walk, "03-chain-rule and student_version")
    tests = walking_in([".venv/bin/python -m pytest -q"], repository, walk.environment)
    assert "generate 03-chain-rule" in tests.run("pytest", status=1), "the learners' version is forgotten"
    assert "written" in walk.run("grading generate", **{"NN-name": "03-chain-rule"})
    tests.run("pytest")
    learners = (repository / "exercises" / "03-chain-rule" / "chain-rule.ipynb").read_text(encoding="utf-8")
    assert "YOUR CODE HERE" in learners
    assert "return 2 * x" not in learners
    tests.environment["PYTEST_ADDOPTS"] = "-k 'twice' tests/test_questions.py tests/test_answers.py"
    assert "passed" in tests.run("pytest")


LEARNERS = """\
def momentum_step(w, g, v, learning_rate, momentum):
    v = momentum * v - 2 * learning_rate * g
    return w + v, v
"""


@pytest.mark.walks("CONTRIBUTING.md", "Adding a mistake")
def test_a_mistake_in_five_minutes_wrongly_and_then_as_the_page_has_it(walk, repository):
    walk.folder = repository
    (repository / "answer.py").write_text(LEARNERS, encoding="utf-8")
    assert "twice the step" not in walk.run("mlkit.checks", status=1)
    row = block("Adding a mistake", "text")
    wrong = row.replace('"- learning_rate":', '"learning_rate":')
    path = repository / "exercises" / "source" / "05-sgd" / "momentum_rmsprop.py"
    edit(path, "momentum.slips(\n", f"momentum.slips(\n{wrong}")
    assert "'learning_rate' must stand once in the solution" in walk.run("pytest", status=None)
    edit(path, wrong, row)
    assert "passed" in walk.run("pytest")
    assert "Likely mistake: twice the step. Your velocity" in walk.run("mlkit.checks", status=1)


DATA_SET = '''

def stripes(n_examples=200, *, rng):
    """Draw points of the unit square; whether a point belongs to class 1 changes five times from left to right.

    >>> X, y = stripes(8, rng=np.random.default_rng(0))
    >>> X.shape
    (8, 2)
    """
    y = _mixed_labels(as_count(n_examples, "n_examples"), 2, as_generator(rng))
    X = rng.random((n_examples, 2))
    X[:, 0] = (X[:, 0] + 2 * rng.integers(3, size=n_examples) + y) / 6
    return X, y
'''
ENTRY = """
    "stripes": Dataset(
        lambda n_examples, rng: stripes(n_examples, rng=rng), "Six stripes, side by side.", n_classes=2, n_features=2
    ),
}
"""


def test_a_data_set_is_tried_by_the_tests_once_it_is_in_the_registry(installed, repository):
    path = repository / "mlkit" / "datasets.py"
    edit(path, "\n\n@dataclass(frozen=True)\nclass Dataset", f"{DATA_SET}\n\n@dataclass(frozen=True)\nclass Dataset")
    text = path.read_text(encoding="utf-8")
    end = text.index("\n}\n", text.index("DATASETS = {"))
    path.write_text(text[:end] + ENTRY + text[end + 3 :], encoding="utf-8")
    tests = walking_in(
        [".venv/bin/python -m pytest -q tests/test_datasets.py mlkit/datasets.py -k stripes"], repository
    )
    passed = int(re.search(r"(\d+) passed", tests.run("pytest"))[1])
    assert passed >= 3


def test_a_chapter_taken_out_leaves_no_page(installed, repository):
    book = walking_in(["make book"], repository)
    book.run("make book")
    site = repository / "_build" / "html"
    edit(repository / "_toc.yml", "chapters/03-chain-rule", "chapters/notation")
    edit(repository / "_toc.yml", "exercises/03-chain-rule/chain-rule", "chapters/teaching")
    book.run("make book")
    assert [path for path in site.rglob("*") if "chain-rule" in path.name] == []
    index = page(repository, "chapters/index")
    assert "3. The chain rule" in index
    assert "03-chain-rule" not in index


# The Makefile


@pytest.mark.walks("Makefile", "help")
@pytest.mark.walks("Makefile", "bench")
def test_help_names_every_target_and_bench_begins(walk, tmp_path):
    said = walk.run("make help")
    for target in re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[
        1
    ].split():
        assert target == "help" or f"make {target}" in said
    with walk.start("make bench", tmp_path / "log.txt") as process:
        while "digits" not in (tmp_path / "log.txt").read_text(encoding="utf-8"):
            assert process.poll() is None, (tmp_path / "log.txt").read_text(encoding="utf-8")


@pytest.mark.walks("Makefile", "bench-page")
@pytest.mark.walks("CONTRIBUTING.md", "The page")
@pytest.mark.usefixtures("browser")  # without one it is skipped
def test_a_page_is_weighed(walk, tmp_path, book):
    said = subprocess.run(
        [sys.executable, ROOT / "tests/benchmarks/page.py", "--site", book, "--pages", "chapters/notation"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert re.search(r"^chapters/notation +\d+ KB +\d+ requests", said, re.MULTILINE)
    with walk.start("make bench-page", tmp_path / "log.txt") as process:
        while "-m book" not in (tmp_path / "log.txt").read_text(encoding="utf-8"):
            assert process.poll() is None, (tmp_path / "log.txt").read_text(encoding="utf-8")


@pytest.mark.walks("Makefile", "clean")
def test_clean_leaves_what_git_knows(walk, tmp_path):
    clone = make_clone(tmp_path / "clone")
    before = {path for path in clone.rglob("*") if ".git" not in path.parts}
    for made in ("_build/html", ".venv/bin", "mlkit/__pycache__", "one_neuron_at_a_time.egg-info"):
        (clone / made).mkdir(parents=True)
    walk.folder = clone
    walk.run("make clean")
    assert {path for path in clone.rglob("*") if ".git" not in path.parts} == before

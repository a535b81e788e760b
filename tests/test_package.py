"""The shape of the package: read in order, one idea to a file, light to import."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlkit

FOLDER = Path(mlkit.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
ORDER = [
    name for line in mlkit.__doc__.splitlines() if line.startswith("- ") for name in re.findall(r"``(\w+)``", line)
]


def module_of(path):
    return path.relative_to(FOLDER).parts[0].removesuffix(".py")


def imported(path):
    """The modules of mlkit that a file needs before its own first line can run."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mlkit":
            yield from [a.name for a in node.names] if node.module == "mlkit" else [node.module.split(".")[1]]


def test_the_map_names_every_module():
    doors = set(re.findall(r"``(\w+)``", mlkit.__doc__.partition("At every door")[2]))
    assert {module_of(path) for path in FILES} - {"__init__"} == {*ORDER, *doors} - {"mlkit"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_mathematics_never_imports_pictures(path):
    pictures = set(ORDER[ORDER.index("plots") :]) - {"validation"}
    if module_of(path) not in pictures | {"__init__"}:
        assert not set(imported(path)) & pictures


def test_no_cycles():
    needs = {}
    for path in FILES:
        needs.setdefault(module_of(path), set()).update(set(imported(path)) - {module_of(path)})
    done = set()
    while len(done) < len(needs):
        ready = {name for name, wanted in needs.items() if name not in done and wanted <= done}
        assert ready, f"these import each other: {sorted(set(needs) - done)}"
        done |= ready


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_one_idea_to_a_file(path):
    """At most about 200 lines of code; docstrings, which say what the code is for, are not counted against it.

    A list of questions is read question by question, not as a whole: it may be twice as long.
    """
    source = path.read_text(encoding="utf-8")
    told = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            told.update(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(source.splitlines(), 1)
    code = [n for n, line in lines if n not in told and line.strip() and not line.strip().startswith("#")]
    assert len(code) <= (450 if path.parent.name == "questions" else 210)


def test_importing_the_package_is_light():
    heavy = "sorted(m for m in ('sklearn', 'matplotlib', 'ipywidgets', 'scipy') if m in sys.modules)"
    command = f"import sys, mlkit, mlkit.training, mlkit.datasets, mlkit.graph, mlkit.perceptron; print({heavy})"
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_book_shows_every_module():
    page = (FOLDER.parent / "chapters" / "mlkit.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"automodule:: mlkit\.(\w+)", page))
    assert shown >= set(ORDER) - {"surroundings", "style", "svg", "page_assets"}

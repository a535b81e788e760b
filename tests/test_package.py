"""The shape of the package: read in the order in which it is imported, and light to import."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlkit

FOLDER = Path(mlkit.__file__).parent
EXERCISES = FOLDER.parent / "exercises"  # where the questions and the grading tool lie
HOMES = {"grading": EXERCISES / "grading", "checks": EXERCISES / "source"}
FILES = sorted(path for home in (FOLDER, *HOMES.values()) for path in home.rglob("*.py"))
ORDER = [
    name for line in mlkit.__doc__.splitlines() if line.startswith("- ") for name in re.findall(r"``(\w+)``", line)
]
DOORS = set(re.findall(r"``(\w+)``", mlkit.__doc__.partition("At every door")[2]))  # what any module may use


def module_of(path):
    """The module of mlkit that a file belongs to, wherever it lies."""
    elsewhere = [name for name, home in HOMES.items() if path.is_relative_to(home)]
    return elsewhere[0] if elsewhere else path.relative_to(FOLDER).parts[0].removesuffix(".py")


def imported(path):
    """The modules of mlkit that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mlkit":
            yield from [a.name for a in node.names] if node.module == "mlkit" else [node.module.split(".")[1]]


def test_the_map_names_every_module():
    assert {module_of(path) for path in FILES} - {"__init__"} == {*ORDER, *DOORS}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FOLDER.parent)))
def test_the_order_of_reading_is_the_order_of_imports(path):
    """So there is no circle, and the mathematics knows no pictures; nor does one hide inside a function."""
    module = module_of(path)
    if module != "__init__":
        before = set() if module in DOORS else set(ORDER[: ORDER.index(module)])
        assert set(imported(path)) - {module, "__init__", "__version__"} <= before | DOORS


def test_importing_the_package_is_light():
    heavy = "sorted(m for m in ('sklearn', 'matplotlib', 'ipywidgets', 'scipy') if m in sys.modules)"
    command = f"import sys, mlkit, mlkit.training, mlkit.datasets, mlkit.graph, mlkit.perceptron; print({heavy})"
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_book_shows_every_module():
    page = (FOLDER.parent / "chapters" / "mlkit.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"automodule:: mlkit\.(\w+)", page))
    assert shown >= set(ORDER) - {"surroundings", "style", "looks", "svg", "page_assets"}

"""A figure keeps its meaning: what a draw function reads is bound in one cell of its notebook, and in no other.

In JupyterLab a figure is drawn when a slider asks for it, which may be after the last cell has run. A name that a later
cell binds anew would then mean something else than when the figure was shown, and no error would tell.
"""

import ast
import json
import re
import symtable
from functools import cache

import pytest
from book_fixtures import ROOT

SOURCES = [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("chapters/*.md"), *ROOT.glob("exercises/source/*/*.ipynb")]


@cache
def code_cells(path):
    """The code of a notebook, or of a page of text with cells, cell by cell."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return ["".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    options = r"(?:---\n.*?^---\n)?(?::[^\n]*\n|\n)*"
    return re.findall(rf"^```\{{code-cell\}}[^\n]*\n{options}(.*?)^```", text, re.MULTILINE | re.DOTALL)


class Notebook:
    """Which names the cells of a notebook bind, and which ones its functions read."""

    def __init__(self, cells):
        self.binders, self.reads, self.figures = {}, {}, []
        for number, code in enumerate(cells):
            self._note(number, code)

    def _note(self, number, code):
        table = symtable.symtable(code, f"cell {number}", "exec")
        imported = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_imported()}
        for symbol in table.get_symbols():
            if symbol.is_assigned() and symbol.get_name() not in imported:
                self.binders.setdefault(symbol.get_name(), []).append(number)
        for child in table.get_children():
            self.reads.setdefault((number, child.get_name()), set()).update(globals_of(child))
        for call in ast.walk(ast.parse(code)):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "explore":
                self.figures.append((number, ast.unparse(call.args[0])))

    def read_by(self, number, function):
        """Every global name that a function reads, by itself or through the functions it calls."""
        waiting, found = [(number, function)], set()
        while waiting:
            for name in self.reads.get(waiting.pop(), ()):
                if name not in found:
                    found.add(name)
                    waiting += [(cell, name) for cell in self.binders.get(name, ()) if (cell, name) in self.reads]
        return found

    def bound_twice(self):
        """For each figure the names it depends on that two cells bind."""
        for number, function in self.figures:
            cell = max(c for c in self.binders[function] if c <= number)
            for name in sorted(self.read_by(cell, function)):
                if len(set(self.binders.get(name, ()))) > 1:
                    yield f"{function} (cell {number}) reads {name}, which cells {self.binders[name]} bind"


def globals_of(table):
    """The global names that a function reads, those inside it included."""
    own = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return own.union(*map(globals_of, table.get_children()))


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if any("explore(" in c for c in code_cells(p))], ids=lambda p: p.stem
)
def test_what_a_figure_reads_is_bound_once(path):
    notebook = Notebook(code_cells(path))
    assert notebook.figures
    assert list(notebook.bound_twice()) == []


def test_a_page_of_text_is_read_too():
    index = next(path for path in SOURCES if path.stem == "index")
    assert any("explore(" in code for code in code_cells(index))
    assert not any("{code-cell}" in code or code.startswith((":", "---")) for code in code_cells(index))


def test_a_name_that_a_later_cell_binds_anew_is_found():
    cells = [
        "STEPS = 40\nimport math",
        "def walk(rate):\n    return [rate * i for i in range(STEPS)]",
        "def draw(rate):\n    other = walk(rate)\n    return other",
        "explore(draw, rate=[1], name='rate')",
        "STEPS = 300\nimport math",
    ]
    assert list(Notebook(cells).bound_twice()) == ["draw (cell 3) reads STEPS, which cells [0, 4] bind"]
    assert list(Notebook(cells[:4]).bound_twice()) == []

"""The notebooks as people open them without Sphinx: in the lab, or anywhere, once they are downloaded.

Citations become author and year, with a link to a list of references; equations get the numbers that the book gives
them; labels go; links lead to what lies in the lab, and others become words. A first cell says where the work is kept,
or what has to be installed.
"""

import ast
import posixpath
import re
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from pybtex.database import parse_file
from pybtex.plugin import find_plugin

KERNEL = {"display_name": "Python (in the browser)", "language": "python", "name": "python"}
OURS = "in-your-browser"  # ids of cells that begin so are taken out of a copy to hand in
REFERENCES = "chapters/references.md"
START = "START.md"
LOADS = "import sklearn  # some data sets come with it; a browser loads the packages that cells import"
EQUATION = re.compile(r"\$\$ \(([\w-]+)\)$", re.MULTILINE)  # a displayed equation that the text refers to
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
WHERE = """\
**This notebook runs in your browser.** Nothing is installed, and nothing you write leaves your device. Your work is
kept in this browser on this device: in a private window, or when site data are deleted, it is lost. Two buttons in the
bar above help (on a phone they are behind its three dots): **Save a copy to hand in** puts the notebook as it is now on
your device as a file, and **Start again** brings back the untouched one. The first cell that you run takes some
seconds, because Python is being loaded. [All chapters and exercises]({start})"""
ELSEWHERE = """\
try:
    import mlkit.checks  # the course's own package; another project has the same name
except ImportError:
    print("This notebook needs the course's package. In a cell of its own, run: %pip install {wheel}")"""
WELCOME = """\
# {title}

Each chapter is a notebook, and so are its exercises; they run in your browser. Click one:

| chapter | its exercises |
| --- | --- |
{rows}

- **A chapter.** *Run* → *Run All Cells*, in the menu at the top, draws its figures. Then move the sliders, change the
  code, and run a cell again with <kbd>Shift</kbd> + <kbd>Enter</kbd>. Figures are drawn by your own device: give them
  a moment.
- **Exercises.** Run the cells above the first question. Write your answer in place of the dots and run it, then run the
  check cell below. The check says what is right and which mistake is the likely one; open that line for a hint and for
  the section to read again. After three different answers there is a solution, too.
- **A break.** Your work is kept in this browser. Run the cells again when you come back, since Python forgets.
"""


class Shelf:
    """What the lab holds: each file by its name, as it is to be written."""

    def __init__(self, book):
        self.book = book

    def files(self):
        """Names and texts of what the lab holds."""
        found = {f"{page}.ipynb": self._in_the_lab(page) for page in self.pages}
        return found | {REFERENCES: self._references(), START: self._welcome()}

    def downloads(self, wheel):
        """The notebooks by page, for a Python that may not have our package yet: ``wheel`` is where pip finds it."""
        return {page: self._to_take_away(page, wheel) for page in self.pages}

    @cached_property
    def pages(self):
        """The chapters and exercises that are notebooks, in the order of the book."""
        return [page for page in self.book.pages if self.book.file_of(page).suffix == ".ipynb"]

    def _in_the_lab(self, page):
        notebook = self._converted(page, self._in_lab)
        start = posixpath.relpath(START, posixpath.dirname(page))
        first = [new_markdown_cell(WHERE.format(start=start), id=OURS)]
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        if _reads_data(code, self.book.home / "mlkit"):
            first.append(new_code_cell(LOADS, id=f"{OURS}-data"))
        notebook.cells[1:1] = first  # the title stays above
        kept = {name: notebook.metadata[name] for name in ("course",) if name in notebook.metadata}
        notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL} | kept)
        return nbformat.writes(notebook)

    def _to_take_away(self, page, wheel):
        notebook = self._converted(page, self._on_the_site)
        notebook.cells.insert(1, new_code_cell(ELSEWHERE.format(wheel=wheel), id="elsewhere"))
        return nbformat.writes(notebook)

    def _converted(self, page, address):
        """A notebook whose links are those that ``address(name, page)`` gives; where it gives none, there are words."""
        notebook = self.book.notebook(self.book.file_of(page))
        numbers = self._numbers(notebook, page)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = self._readable(_with_numbers(cell.source, numbers), page, address)
            else:
                cell.outputs, cell.execution_count = [], None
        return notebook

    def _numbers(self, notebook, page):
        """The numbers of the equations that this chapter refers to, by label: as the book counts them."""
        texts = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        chapters = [each for each in self.pages if each.startswith("chapters/")]
        labels = enumerate(EQUATION.findall(texts), 1)
        return {label: f"{1 + chapters.index(page)}.{i}" for i, label in labels}

    def _readable(self, text, page, address):
        def link(words, name, fragment=""):
            found = address(name, page)
            return f"[{words}]({found}{fragment})" if found else words

        def cited(found):
            works = [self.works[key.strip()] for key in found[2].split(",")]
            if found[1]:  # as a part of the sentence
                return " and ".join(link(f"{work.authors} ({work.year})", REFERENCES) for work in works)
            return f"({'; '.join(link(f'{work.authors}, {work.year}', REFERENCES) for work in works)})"

        def linked(found):
            path, fragment = re.fullmatch(r"([^#]*)(#.*)?", found[2]).groups()
            if not path or re.match(r"[a-z]+:", path):
                return found[0]
            name = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            return link(found[1], name, fragment or "")

        text = LINK.sub(linked, re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.MULTILINE))
        return re.sub(r"\{cite(:t)?\}`([^`]+)`", cited, text)

    def _in_lab(self, name, page):
        """From one file of the lab to another."""
        name = START if name == "chapters/index.md" else name
        there = name in (REFERENCES, START) or name.removesuffix(".ipynb") in self.pages
        return posixpath.relpath(name, posixpath.dirname(page)) if there else None

    def _on_the_site(self, name, page):
        """The published page, if there is one."""
        known = posixpath.splitext(name)[0] in self.book.pages
        return self.book.site + posixpath.splitext(name)[0] + ".html" if self.book.site and known else None

    def _references(self):
        works = sorted(self.works.values(), key=lambda work: (work.authors, work.year))
        return "# References\n\n" + "".join(f"- {work.text}\n" for work in works)

    def _welcome(self):
        exercises = {Path(page).parent.name: page for page in self.pages if page.startswith("exercises/")}
        rows = []
        for page in self.pages:
            if page.startswith("chapters/"):
                sheet = exercises.get(Path(page).name)
                rows.append(f"| {len(rows) + 1}. [{self._title(page)}]({page}.ipynb) | {self._to_sheet(sheet)} |")
        return WELCOME.format(title=self.book.settings["title"], rows="\n".join(rows))

    def _title(self, page):
        text = self.book.notebook(self.book.file_of(page)).cells[0].source
        return re.search(r"^# (.*)", text, re.MULTILINE)[1]

    def _to_sheet(self, sheet):
        return f"[{self._title(sheet).removeprefix('Exercises: ')}]({sheet}.ipynb)" if sheet else ""

    @cached_property
    def works(self):
        """The bibliography, by key."""
        files = self.book.settings["bibtex_bibfiles"]
        entries = {}
        for name in files:
            entries |= parse_file(self.book.home / name).entries
        style = find_plugin("pybtex.style.formatting", "plain")()
        texts = {each.key: each.text.render_as("markdown") for each in style.format_entries(entries.values())}
        return {key: Work(entry, texts[key]) for key, entry in entries.items()}


class Work:
    """One work that is cited: its authors as one cites them, its year, and its line in the list of references."""

    def __init__(self, entry, text):
        names = [
            " ".join(map(str, person.rich_prelast_names + person.rich_last_names)) for person in entry.persons["author"]
        ]
        several = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        self.authors, self.year, self.text = several, entry.fields["year"], text.replace("\n", " ")


def _with_numbers(text, numbers):
    """A text whose equations, and references to them, show their numbers without Sphinx."""
    text = EQUATION.sub(lambda label: rf"\tag{{{numbers[label[1]]}}}$$", text)
    return re.sub(r"\{eq\}`([\w-]+)`", lambda label: f"({numbers[label[1]]})", text)


def _reads_data(code, mlkit):
    """Whether this code uses one of the data sets that scikit-learn brings; `mlkit.datasets` imports it only then."""
    functions = [
        each for each in ast.parse((mlkit / "datasets.py").read_text()).body if isinstance(each, ast.FunctionDef)
    ]
    importing = {each.name for each in functions if "from sklearn" in ast.unparse(each)}
    loaders = [each.name for each in functions if importing & {n.id for n in ast.walk(each) if isinstance(n, ast.Name)}]
    return bool(re.search(rf"\bdatasets\.({'|'.join(loaders)})\(", code))

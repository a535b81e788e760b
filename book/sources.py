"""What an author writes: where it is, what is wrong with it, and a copy of it to build from."""

import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
import yaml
from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

HERE = Path(__file__).resolve().parents[1]
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "source", "grading")


class Problem(Exception):
    """Something an author can put right: a sentence that names the file."""


@dataclass(frozen=True)
class Book:
    """The folder of the sources, and the one for all that is made from them."""

    home: Path = HERE
    output: Path = HERE / "_build"

    @property
    def html(self):
        """The pages, whole."""
        return self.output / "html"

    @property
    def making(self):
        """What is being made; the pages move from here to `html` when they are whole."""
        return self.output / ".making"

    @property
    def results(self):
        """What the chapters showed when they last ran."""
        return self.output / ".jupyter_cache"

    @cached_property
    def settings(self):
        """``_config.yml``."""
        return yaml.safe_load(self.text(self.home / "_config.yml"))

    @cached_property
    def pages(self):
        """What ``_toc.yml`` lists, in order: ``chapters/01-perceptron``."""
        try:
            return list(parse_toc_yaml(self.home / "_toc.yml"))
        except MalformedError as error:
            raise Problem(f"_toc.yml is not a table of contents: {error}") from None

    @property
    def exercises(self):
        """The notebooks with solutions of those exercises that are in the book."""
        asked = {Path(page).parent.name for page in self.pages if page.startswith("exercises/")}
        found = sorted((self.home / "exercises" / "source").glob("*/*.ipynb"))
        return [path for path in found if path.parent.name in asked]

    @property
    def site(self):
        """The address at which the book is published, ending with a slash; empty if none is set."""
        address = self.settings.get("html", {}).get("baseurl") or ""
        return address if not address else address.rstrip("/") + "/"

    @property
    def repository(self):
        """The address of the repository, without a slash at its end; empty if none is set."""
        return (self.settings.get("repository", {}).get("url") or "").rstrip("/")

    def address_of(self, wheel):
        """Where pip finds our own wheel: at the site, at the release, or where the reader has the repository."""
        if self.site:
            return f"{self.site}lab/static/pyodide/{wheel}"
        if self.repository:
            return f"{self.repository}/releases/download/v{wheel.split('-')[1]}/{wheel}"
        return "FOLDER, where FOLDER is that of the course's repository on your computer"

    def file_of(self, page):
        """The notebook or the text of a page."""
        found = [path for path in (self.home / f"{page}.ipynb", self.home / f"{page}.md") if path.exists()]
        if not found:
            raise Problem(f"_toc.yml lists {page}, but there is no {page}.ipynb and no {page}.md.")
        return found[0]

    def check(self):
        """Look at every file before anything is run; a `Problem` names the first that is broken."""
        for path in (self.home / "_config.yml", self.home / "_toc.yml"):
            try:
                yaml.safe_load(self.text(path))
            except yaml.YAMLError as error:
                raise Problem(f"{path.name} is not YAML: {error}") from None
        for path in map(self.file_of, self.pages):
            self.text(path) if path.suffix == ".md" else self.notebook(path)

    def text(self, path):
        """What is in a file, unless git has left a conflict there."""
        name = path.relative_to(self.home)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise Problem(f"{name} cannot be read: {error.strerror}.") from None
        conflict = re.search(r"^(<{7}|>{7})( |$)", text, re.MULTILINE)
        if conflict:
            line = text.count("\n", 0, conflict.start()) + 1
            raise Problem(f"{name}, line {line}: two versions stand here, {conflict[1]}. Settle the conflict first.")
        return text

    def notebook(self, path):
        """A notebook, if the file is a whole one."""
        try:
            return nbformat.reads(self.text(path), as_version=4)
        except Problem:
            raise
        except Exception as error:  # half a file, another file, a format of the future
            said = str(error).splitlines()[0][:100]
            raise Problem(f"{path.relative_to(self.home)} is not a whole notebook: {said}") from None

    def gather(self, generated, settings):
        """Copy the sources to where the book is made, and pages that were generated beside them; return the folder.

        ``generated`` maps names of files to their text; ``settings`` are added to the author's. The author's own
        folders are only read.
        """
        folder = self.making / "sources"
        for name in ("chapters", "exercises"):
            if (self.home / name).is_dir():
                shutil.copytree(self.home / name, folder / name, ignore=NOT_COPIED)
        kept = _merged({"sphinx": {"config": {"nb_execution_cache_path": str(self.results)}}}, settings)
        files = {"_toc.yml": self.text(self.home / "_toc.yml"), "_config.yml": _yaml(_merged(self.settings, kept))}
        for name, text in (files | generated).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder


def _merged(settings, more):
    """``settings`` with ``more`` in it, level by level."""
    both = {name: _merged(settings[name], more[name]) for name in more if isinstance(settings.get(name), dict)}
    return settings | more | both


def _yaml(contents):
    return yaml.safe_dump(contents, sort_keys=False, allow_unicode=True)

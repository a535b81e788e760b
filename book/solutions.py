"""Pages of solutions, made from the sources of the exercises; ``SOLUTIONS=0`` leaves them out."""

import os
import re

import yaml

WHY = "a mistake that a check has named is worth more than a solution that was read."


def solutions(book):
    """The pages, and the table of contents with them, by the name of the file; nothing if there are none."""
    if not book.exercises or os.environ.get("SOLUTIONS") == "0":
        return {}
    pages = {f"exercises/solutions/{source.parent.name}.md": page(book, source) for source in book.exercises}
    return pages | {"_toc.yml": _contents(book, pages)}


def page(book, source):
    """The questions' headings, each with its solution folded under it."""
    exercises = f"../{source.parent.name}/{source.name}"
    lines, heading = [], ""
    for cell in book.notebook(source).cells:
        found = re.findall(r"^#+ .*", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
        if found and not lines:
            title = found[0].removeprefix("# Exercises: ")
            lines = [
                f"# Solutions: {title}\n",
                f"The questions are in the [exercises]({exercises}). Try first: {WHY}\n",
            ]
        heading = found[-1] if found else heading
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            code = re.sub(r"^\s*### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.MULTILINE).rstrip()
            above = [f"{heading}\n"] if heading else []  # two cells of one question share its heading
            lines += [*above, f"````{{admonition}} Solution\n:class: dropdown\n```python\n{code}\n```\n````\n"]
            heading = ""
    return "\n".join(lines)


def _contents(book, pages):
    """``_toc.yml`` with each page after its exercises."""
    contents = yaml.safe_load(book.text(book.home / "_toc.yml"))
    for source in book.exercises:
        entries, exercises = _entries_with(contents, f"exercises/{source.parent.name}/{source.stem}")
        solution = {"file": f"exercises/solutions/{source.parent.name}", "title": "Solutions"}
        entries.insert(entries.index(exercises) + 1, solution)
    return yaml.safe_dump(contents, sort_keys=False, allow_unicode=True)


def _entries_with(node, page):
    """The list in a table of contents that has a page, and its entry there."""
    for value in node.values():
        entries = value if isinstance(value, list) else []
        for entry in entries:
            if entry.get("file", "").removesuffix(".ipynb") == page:
                return entries, entry
            found = _entries_with(entry, page)
            if found:
                return found
    return None

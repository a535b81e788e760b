"""The pages of the exercises say how to open them: a page is for reading, answers are written in a notebook."""

import nbformat
from nbformat.v4 import new_markdown_cell

HOW = """\
```{{admonition}} To work on these exercises
:class: note

This page shows the questions. Answers are written and checked in a notebook, which opens in three ways:

- **In your browser**, with nothing to install: *Open in the browser*, below the title, where the book has that button.
- **On your computer**: `make lab` in the folder of the course starts JupyterLab. The notebook is `{page}.ipynb`.
- **Elsewhere**: download it, and open it in Colab, in VS Code or in a Jupyter of your own.
```"""


def pages(book):
    """The notebooks of the exercises with these lines below their title, by the name of the file."""
    names = [page for page in book.pages if page.startswith("exercises/") and book.file_of(page).suffix == ".ipynb"]
    return {f"{page}.ipynb": nbformat.writes(_with_lines(book, page)) for page in names}


def _with_lines(book, page):
    notebook = book.notebook(book.file_of(page))
    notebook.cells.insert(1, new_markdown_cell(HOW.format(page=page), id="how-to-open"))
    return notebook

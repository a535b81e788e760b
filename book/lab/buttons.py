"""*Open in the browser* and *Download* on the pages of a site that has the lab, and the files that are downloaded."""

import html
import posixpath
import re

LAB = "lab/lab/index.html"  # JupyterLab's page below the root of the site
DOWNLOADS = "lab/download"
BUTTONS = """
<p class="lab-buttons" data-lab><a class="lab-open" href="{lab}?path={path}">Open in the browser</a>
<a href="{file}" download>Download</a> <span role="status"></span></p>"""
WITHOUT = re.compile(r'\s*<p class="lab-buttons".*?</p>', re.DOTALL)
TITLE = re.compile(r'<h1>[^\n]*<a class="headerlink".*?</h1>')


def add_buttons(book, pages):
    """Put them below the title of each page; a site that has them already gets them anew."""
    for page in pages:
        path = book.html / f"{page}.html"
        text = WITHOUT.sub("", path.read_text(encoding="utf-8"))
        end = TITLE.search(text).end()
        path.write_text(text[:end] + _buttons(page) + text[end:], encoding="utf-8")


def write_downloads(book, notebooks):
    """Write each notebook where *Download* finds it."""
    for page, text in notebooks.items():
        path = book.html / DOWNLOADS / f"{page}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _buttons(page):
    here = posixpath.dirname(page)
    lab, file = (posixpath.relpath(target, here) for target in (LAB, f"{DOWNLOADS}/{page}.ipynb"))
    return BUTTONS.format(lab=lab, path=html.escape(f"{page}.ipynb"), file=html.escape(file))

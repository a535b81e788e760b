"""What a page offers once `_config.yml` names the repository: a button for Binder, and links for a JupyterHub."""

from urllib.parse import quote, urlencode

MARK = "% links for a JupyterHub\n"
HUB = "https://YOUR-HUB"
TEXT = """\
### On a JupyterHub

A link of this kind gives each student a copy of the repository on your JupyterHub and opens one notebook of it; it
needs nbgitpuller there, and our package. Put the address of your hub in place of `YOUR-HUB`.

| notebook | link |
| --- | --- |
{rows}
"""


def settings(book):
    """What Jupyter Book is told beside ``_config.yml``."""
    if not book.repository:
        return {}
    theme = {
        "repository_url": book.repository,
        "repository_branch": _branch(book),
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
    }
    return {"sphinx": {"config": {"html_theme_options": theme}}}


def pages(book):
    """The teaching page with the links, if the book has one and they can be made."""
    name = "chapters/teaching.md"
    path = book.home / name
    if not book.repository or not path.exists():
        return {}
    notebooks = [page for page in book.pages if book.file_of(page).suffix == ".ipynb"]
    rows = "\n".join(f"| `{page}.ipynb` | `{hub_link(book, page)}` |" for page in notebooks)
    return {name: book.text(path).replace(MARK, TEXT.format(rows=rows))}


def hub_link(book, page):
    """The address at which nbgitpuller fetches the repository and JupyterLab opens a notebook of it."""
    folder = book.repository.rpartition("/")[2].removesuffix(".git")
    asked = {"repo": book.repository, "branch": _branch(book), "urlpath": f"lab/tree/{folder}/{page}.ipynb"}
    return f"{HUB}/hub/user-redirect/git-pull?{urlencode(asked, quote_via=quote)}"


def _branch(book):
    return book.settings["repository"].get("branch") or "main"

"""What a page knows of the world: the release it is of, and, once `_config.yml` names them, repository and address.

With a repository, notebooks have a button for Binder, and the teaching page has links for a JupyterHub.
"""

from datetime import date
from urllib.parse import quote, urlencode, urlsplit

import yaml

CARD = {"image": "chapters/assets/preview.png", "image_mini": "chapters/assets/logo.png", "line_color": "#00598c"}
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
    config = {"notfound_urls_prefix": urlsplit(book.site).path or "/", "ogp_site_url": book.site}
    # a card is shown by its full address
    config["ogp_social_cards"] = CARD if book.site else {"enable": False}
    citation = book.home / "CITATION.cff"
    if citation.exists():
        config["html_context"] = {"release_of_book": _release(yaml.safe_load(book.text(citation)))}
    if book.repository:
        config["html_theme_options"] = {
            "repository_url": book.repository,
            "repository_branch": _branch(book),
            "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
        }
    return {"sphinx": {"config": config}}


def _release(citation):
    """Version and date of the release, not of the build: two builds of one source are the same."""
    day = date.fromisoformat(str(citation["date-released"]))
    return {"version": str(citation["version"]), "date": f"{day.day} {day:%B %Y}"}


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

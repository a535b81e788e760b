"""What pages offer once the repository and the site have an address, and that nothing of it is there before."""

from urllib.parse import parse_qs, urlsplit

import pytest

from book import launch
from book.sources import Book

REPOSITORY = "https://example.org/people/a-course"


@pytest.fixture
def book():
    """The book, with an address of its repository."""
    book = Book()
    book.settings["repository"] = {"url": f"{REPOSITORY}/", "branch": "main"}
    return book


def test_without_an_address_nothing_is_offered():
    book = Book()
    assert (book.repository, book.site) == ("", "")
    assert launch.pages(book) == {}
    offered = launch.settings(book)["sphinx"]["config"]
    assert "html_theme_options" not in offered
    assert (offered["ogp_site_url"], offered["ogp_social_cards"]) == ("", {"enable": False})
    assert launch.MARK in book.text(book.home / "chapters" / "teaching.md")


def test_a_link_for_a_jupyterhub_names_the_repository_and_one_notebook(book):
    link = launch.hub_link(book, "chapters/01-perceptron")
    asked = parse_qs(urlsplit(link).query)
    assert asked["repo"] == [REPOSITORY]
    assert asked["branch"] == ["main"]
    assert asked["urlpath"] == ["lab/tree/a-course/chapters/01-perceptron.ipynb"]
    assert urlsplit(link).path == "/hub/user-redirect/git-pull"


def test_the_teaching_page_has_a_link_for_every_notebook_of_the_book(book):
    (text,) = launch.pages(book).values()
    for page in book.pages:
        assert (f"| `{page}.ipynb` |" in text) == (book.file_of(page).suffix == ".ipynb")
    assert launch.MARK not in text


def test_pip_finds_the_package_at_the_site_else_at_the_release_else_at_home(book):
    wheel = "one_neuron_at_a_time-1.2.3-py3-none-any.whl"
    assert book.address_of(wheel) == f"{REPOSITORY}/releases/download/v1.2.3/{wheel}"
    book.settings["html"]["baseurl"] = "https://example.org/book"
    assert book.address_of(wheel) == f"https://example.org/book/lab/static/pyodide/{wheel}"
    assert "FOLDER" in Book().address_of(wheel)

"""The book as one file to print: what is in it, where its links, numbers and outline lead, and where answers stand."""

import re

import pytest
from pypdf import PdfReader

from book.paper import Paper
from book.pdf import find_browser, main, write_pdf
from book.sources import Book, Problem

CHAPTER = """<html><head><link rel="stylesheet" href="../_static/site.css?v=1"></head><body>
<article class="bd-article"><section id="one"><h1>1. One<a class="headerlink" href="#one">#</a></h1>
<p>See <a href="two.html#b">two</a>, <a href="#here">here</a>, <a href="../_sources/one.txt">source</a>,
<a href="https://example.org/x">elsewhere</a>.</p>
<svg><clipPath id="cut"></clipPath><g clip-path="url(#cut)"></g></svg><img src="../_images/a.png">
<section id="here"><h2>1.1. Here</h2><details class="folded-code">code</details>
<p><strong>1.</strong> Why?</p>
<div class="dropdown admonition"><p class="admonition-title">Answer</p><p>Because.</p></div>
</section></section></article></body></html>"""
TWO = '<article class="bd-article"><section id="b"><h1>2. Two</h1><p>End.</p></section></article>'
EXERCISES = '<article class="bd-article"><section id="e"><h1>Exercises</h1><h2>1. Do</h2></section></article>'
SOLUTIONS = '<article class="bd-article"><section id="s"><h1>Solutions</h1><p>Done.</p></section></article>'
TOC = "format: jb-book\nroot: chapters/one\nchapters:\n- file: exercises/one/sheet\n- file: chapters/two\n"
CONFIG = 'title: A & B\nauthor: Us\nsphinx: {config: {html_theme_options: {extra_footer: "<p>Free.</p>"}}}\n'


@pytest.fixture
def site(tmp_path):
    """A book of which only the pages are there."""
    texts = {"_toc.yml": TOC, "_config.yml": CONFIG, "_build/html/index.html": ""}
    pages = {"chapters/one": CHAPTER, "chapters/two": TWO, "exercises/one/sheet": EXERCISES}
    pages["exercises/solutions/one"] = SOLUTIONS
    for name, text in (texts | {f"_build/html/{page}.html": text for page, text in pages.items()}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Book(tmp_path, tmp_path / "_build")


@pytest.fixture
def browser():
    try:
        return find_browser()
    except Problem as problem:
        pytest.skip(str(problem))


def test_names_are_unique_and_links_lead_to_their_places(site):
    text = Paper(site).html({})
    names = re.findall(r'\bid="([^"]+)"', text)
    assert len(names) == len(set(names))
    assert {*re.findall(r'href="#([^"]+)"', text)} <= {*names}
    assert 'href="#chapters-two--b">two</a>' in text
    assert 'href="#chapters-one--here">here</a>' in text
    assert "https://example.org/x" in text
    assert "source," in text
    assert "_sources" not in text
    assert 'clip-path="url(#chapters-one--cut)"' in text
    assert f'src="{(site.html / "_images" / "a.png").as_uri()}"' in text
    assert f'href="{(site.html / "_static" / "site.css").as_uri()}"' in text


def test_what_is_for_a_screen_is_not_printed(site):
    text = Paper(site).html({})
    assert "headerlink" not in text
    assert "folded-code" not in text
    assert "<title>A &amp; B</title>" in text
    assert "<p>Free.</p>" in text


@pytest.mark.parametrize(
    ("answers", "order"),
    [
        ("end", ["Why?", "Answers", "Because.", "Exercises", "Solutions", "Done.", "2. Two"]),
        ("below", ["Why?", "Because.", "Exercises", "Solutions", "Done.", "2. Two"]),
        ("none", ["Why?", "Exercises", "2. Two"]),
    ],
)
def test_answers_stand_where_they_are_wanted(site, answers, order):
    printed = re.sub(r"<[^>]*>", " ", Paper(site, answers).html({}).partition("</nav>")[2])
    found = re.findall(r"Why\?|Answers|Because\.|Exercises|Solutions|Done\.|2\. Two", printed)
    assert found == order
    assert ("1. Because." in " ".join(printed.split())) == (answers == "end"), (
        "an answer has the number of its question"
    )


def test_exercises_stand_below_their_chapter_in_the_contents_with_the_numbers_that_are_known(site):
    headings = list(Paper(site).headings())
    assert [(level, words) for level, words, _ in headings] == [
        (1, "1. One"), (2, "1.1. Here"), (2, "Answers"), (2, "Exercises"), (2, "Solutions"), (1, "2. Two"),
    ]  # fmt: skip
    text = Paper(site).html({"chapters-two": 7})
    assert '<a data-page="7" href="#chapters-two">2. Two</a>' in text or 'href="#chapters-two" data-page="7"' in text


def test_what_is_missing_is_said(site, tmp_path, capsys):
    assert main([str(tmp_path / "x.pdf"), "--browser", "no-such-program"]) == 1
    assert "There is no program no-such-program." in capsys.readouterr().err
    with pytest.raises(Problem, match="not built yet"):
        write_pdf(Book(tmp_path, tmp_path / "nowhere"), tmp_path / "x.pdf", "true")
    with pytest.raises(Problem, match="printed nothing"):
        write_pdf(site, tmp_path / "x.pdf", "false")


@pytest.mark.build
@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_a_book_is_printed_with_contents_numbers_and_outline(small, tmp_path, browser):
    folder, _ = small
    book, files = Book(folder, folder / "_build"), [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    assert write_pdf(book, files[0], browser) == write_pdf(book, files[1], browser)
    assert files[0].read_bytes() == files[1].read_bytes()
    reader = PdfReader(files[0])
    texts = [page.extract_text() for page in reader.pages]
    assert "Contents" in texts[1]
    lines = [[line.strip() for line in text.splitlines()] for text in texts]
    assert all(str(number) in on_page for number, on_page in enumerate(lines[1:], 2)), "each has its number"
    entries = [entry for entry in reader.outline if not isinstance(entry, list)]
    assert [entry.title for entry in entries] == ["A small book", "A small chapter", "The package"]
    for entry in entries:
        number = reader.get_destination_page_number(entry)
        assert entry.title in texts[number]
        assert re.search(rf"{entry.title}\s*{number + 1}\b", texts[1]), "the number in the contents"
    assert "A flat line" not in texts
    assert "slope = 1" in " ".join(texts).replace("−", "-"), "a figure has its values"
    assert "CreationDate" not in str(reader.metadata)
    linked = [a.get_object().get("/Dest") for page in reader.pages for a in page.get("/Annots", [])]
    assert {name for name in linked if name} <= reader.named_destinations.keys()

"""The pages of the book as one document for print: what is for a screen goes, and every link leads to its place."""

import re
from html import escape
from urllib.parse import urldefrag, urljoin

from bs4 import BeautifulSoup

from book.launch import settings

# What is for a screen alone, and what only scripts have a use for.
NOT_ON_PAPER = (
    "script, template, button, .headerlink, .to-figure, .folded-code, .toctree-wrapper, .mlkit-controls, .mlkit-spoken,"
    " .mlkit-handle, .lab-buttons"
)
NAMES = re.compile(r'\b(id|for|aria-labelledby|aria-describedby)="([^"]*)"')
TO_A_NAME = re.compile(r'(href="|url\(&quot;|url\()#([^")&]+)')
LOOK = """
@page { size: A4; margin: 16mm 18mm 18mm; @bottom-center { content: counter(page); font: 9pt sans-serif; } }
@page :first { @bottom-center { content: none; } }
html { font-size: 11.5px; }
body { max-width: none; min-height: 0; background: #fff; }
article.bd-article { padding: 0; margin: 0; line-height: 1.5; }
article.bd-article[id^="chapters-"] { break-before: page; }
article figure .output { zoom: 0.8; }
#chapters-mlkit { columns: 2; column-gap: 8mm; font-size: 8px; }
article.bd-article a { color: inherit; }
.title-page { text-align: center; padding-top: 70mm; }
.title-page h1 { font-size: 32pt; margin-bottom: 2rem; }
.book-contents { break-before: page; background: none; columns: 2; column-gap: 8mm; line-height: 1.35; }
.book-contents h1 { column-span: all; }
.book-contents ol { list-style: none; padding-left: 1.5em; margin: 0; }
.book-contents > ol { padding-left: 0; }
.book-contents > ol > li { margin-top: 0.4em; font-weight: 600; }
.book-contents > ol > li ol { font-weight: 400; }
.book-contents a { display: flex; align-items: baseline; color: inherit; text-decoration: none; }
.book-contents a::after { content: attr(data-page); order: 3; min-width: 2.2em; text-align: right; }
.book-contents a::before { content: ""; order: 2; flex: 1; margin-left: 0.5em; border-bottom: 1px dotted; }
"""
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8" /><title>{title}</title>
{styles}
<style>{look}</style></head>
<body>
<div class="title-page"><h1>{title}</h1>
<p>{author}</p>
<p>{release}</p>
<p>{rights}</p></div>
<nav class="book-contents"><h1>Contents</h1>
{contents}</nav>
{articles}
</body>
</html>
"""


class Paper:
    """The document that is printed. ``answers``: 'end' of each chapter, 'below' each question, or 'none'."""

    def __init__(self, book, answers="end"):
        self.book = book
        pages = [page for page in _built(book) if answers != "none" or not page.startswith("exercises/solutions/")]
        self.parts = [Part(book, page, pages, answers) for page in pages]

    def headings(self):
        """Titles and sections, in order: level, words, and name of the place."""
        for part in self.parts:
            for heading in part.article.select("h1, h2"):
                title = heading.parent.parent is part.article
                name = part.article["id"] if title else heading.parent["id"]
                yield int(heading.name[1]), " ".join(heading.get_text().split()), name

    def html(self, numbers):
        """The document, with the numbers of the pages in its contents as far as they are known, by name."""
        styles = dict.fromkeys(style for part in self.parts for style in part.styles)
        release = settings(self.book)["sphinx"]["config"].get("html_context", {}).get("release_of_book")
        return PAGE.format(
            title=escape(self.book.settings["title"]),
            author=escape(self.book.settings["author"]),
            release="Release {version}, {date}".format(**release) if release else "",
            rights=self.book.settings["sphinx"]["config"]["html_theme_options"]["extra_footer"],
            styles="\n".join(f'<link rel="stylesheet" href="{style}" />' for style in styles),
            look=LOOK,
            contents=_contents(self.headings(), numbers),
            articles="\n".join(str(part.article) for part in self.parts),
        )


class Part:
    """A page of the book in that document, where all names begin with its own."""

    def __init__(self, book, page, pages, answers):
        self.site, self.page, self.pages = book.html.as_uri() + "/", page, pages
        whole = BeautifulSoup((book.html / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        self.styles = [self._address(link["href"]).partition("?")[0] for link in whole.select("link[rel=stylesheet]")]
        text = NAMES.sub(lambda found: f'{found[1]}="{self._own_names(found[2])}"', str(whole.select_one("article")))
        text = TO_A_NAME.sub(lambda found: f"{found[1]}#{self._own_names(found[2])}", text)
        self.article = BeautifulSoup(text, "html.parser").article
        self.article["id"] = _name(page)
        for element in self.article.select(NOT_ON_PAPER):
            element.decompose()
        for picture in self.article.select("img[src]"):
            picture["src"] = self._address(picture["src"])
        _place_answers(self.article, answers)
        for link in self.article.select("a[href]"):
            self._lead(link)
        if page.startswith("exercises/"):
            _one_level_down(self.article)

    def _own_names(self, names):
        return " ".join(_name(self.page, name) for name in names.split())

    def _address(self, relative):
        return urljoin(f"{self.site}{self.page}.html", relative)

    def _lead(self, link):
        """To the place in this document; a file of the site that is not printed has none."""
        if link["href"].startswith("#"):
            return
        address, name = urldefrag(self._address(link["href"]))
        page = address.removeprefix(self.site).removesuffix(".html")
        if page in self.pages:
            link["href"] = f"#{_name(page, name)}"
        elif address.startswith("file:"):
            link.unwrap()


def _built(book):
    """The pages of the site, in its order: those of solutions follow their exercises."""
    for page in book.pages:
        yield page
        solutions = f"exercises/solutions/{page.split('/')[1]}"
        if page.startswith("exercises/") and (book.html / f"{solutions}.html").exists():
            yield solutions


def _name(page, name=""):
    slug = page.replace("/", "-")
    return f"{slug}--{name}" if name else slug


def _place_answers(article, answers):
    """Each answer stands folded below its question on the screen; on paper nothing can be folded."""
    folded = article.select(".admonition.dropdown")
    if not folded or answers == "below" or article["id"].startswith("exercises-"):
        return
    section = BeautifulSoup("<section><h2>Answers</h2></section>", "html.parser").section
    section["id"] = f"{article['id']}--answers"
    for answer in folded:
        question = answer.find_previous_sibling("p")
        number = question.strong if question else None
        answer.select_one(".admonition-title").decompose()
        first = answer.find("p")
        if number and first:
            first.insert(0, BeautifulSoup(f"{number} ", "html.parser"))
        answer.extract()
        for child in list(answer.children):
            section.append(child)
    if answers == "end":
        article.find("section").append(section)


def _one_level_down(article):
    """Exercises and solutions stand below their chapter."""
    for level in (3, 2, 1):
        for heading in article.find_all(f"h{level}"):
            heading.name = f"h{level + 1}"


def _contents(headings, numbers):
    """Chapters with their sections, and exercises among these, each with the number of its page."""
    lines, depth = [], 0
    for level, words, name in headings:
        lines.append("<ol>" * (level - depth) if level > depth else "</li>" + "</ol></li>" * (depth - level))
        lines.append(f'<li><a href="#{name}" data-page="{numbers.get(name, "")}">{escape(words)}</a>')
        depth = level
    return "".join(lines) + "</li></ol>" * depth

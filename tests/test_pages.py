"""What a page is made of besides its text: formulas, numbers, captions, icons, styles, and what it says of itself."""

import html
import re
import shutil
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from book_fixtures import ROOT, book_pages, source
from fontTools.ttLib import TTFont
from small_books import SMALL_BOOKS, build, small_book

from book import styles
from book.mathml import Converter, Mistake
from book.sources import Book

pytestmark = [pytest.mark.build, pytest.mark.xdist_group("book")]
PAGES = book_pages()
CHAPTERS = [page for page in PAGES if re.match(r"chapters/\d", page)]
CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
FOLDED = re.compile(r'<details class="folded-code"><summary>(.*?)</summary>')


def words(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def text_of(book, page):
    return source(book / f"{page}.html").html


def cells_of(page):
    return nbformat.read(ROOT / f"{page}.ipynb", as_version=4).cells


# Formulas


@pytest.fixture(scope="module")
def converter():
    return Converter()


def test_a_formula_is_one_for_eyes_and_ears(converter):
    made = converter.html(r"a_1 < b", display=False)
    element = ElementTree.fromstring(made)
    assert (element.tag, "".join(element.itertext())) == ("math", "a1<b")
    assert element.get("display") is None
    assert ElementTree.fromstring(converter.html("a_1", display=True)).get("display") == "block"


def test_no_style_stands_in_a_formula_and_the_style_sheet_has_it(converter):
    made = converter.html(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)
    assert " style=" not in made
    names = set(re.findall(r'class="([\w-]+)"', made))
    assert len(names) == 2
    assert all(re.search(rf"\.{name} {{ text-align: (left|right);", converter.style()) for name in names)


def test_a_box_and_a_prime_are_drawn_alike_by_all_browsers(converter):
    boxed = ElementTree.fromstring(converter.html(r"\boxed{x = 1}", display=True))
    assert (boxed.get("class"), "".join(boxed.itertext())) == ("boxed", "x=1")
    primed = converter.html("f'(x)", display=False)
    assert "msup" not in primed
    assert "".join(ElementTree.fromstring(primed).itertext()) == "f′(x)"


def test_the_font_gets_the_letters_that_a_browser_takes(converter):
    converter.html(r"h + \mathrm{d}\lambda", display=False)
    assert set("h+dλℎ𝜆") <= set(map(chr, converter.characters))
    assert "𝑑" not in map(chr, Converter().characters)


@pytest.mark.parametrize(
    ("tex", "rows"), [("a", 0), (r"a \\ b", 2), ("a\n\nb", 2), (r"\begin{aligned} a \\ b \\ c \end{aligned}", 3)]
)
def test_a_displayed_formula_has_the_lines_it_is_written_in(converter, tex, rows):
    assert converter.html(tex, display=True).count("<mtr") == rows


@pytest.mark.parametrize(("tex", "said"), [(r"\foo", r"\foo"), (r"\frac{1", '"}"'), (r"\begin{x}", '"x"')])
def test_a_formula_that_cannot_be_read_is_a_mistake(converter, tex, said):
    with pytest.raises(Mistake, match=re.escape(said)):
        converter.html(tex, display=False)


@pytest.mark.parametrize("page", PAGES)
def test_every_formula_of_a_page_is_there_and_no_script_for_it(page, book):
    text = text_of(book, page)
    assert text.count("<math") == text.count("data-tex=") == text.count('class="math ')
    assert "mathjax/" not in text
    if page in CHAPTERS:
        assert text.count("<math") > 50
    main = text.partition("<article")[2].partition("</article>")[0]
    assert not re.search(r"\\\(|\\\[|\\begin\{", re.sub(r'data-tex="[^"]*"|<pre>.*?</pre>', "", main, flags=re.DOTALL))


def test_a_line_is_not_broken_between_a_formula_and_its_comma(small):
    folder, _ = small
    page = (folder / "_build" / "html" / "chapters" / "index.html").read_text(encoding="utf-8")
    assert re.search(r'<span class="together"><span[^>]*><math>.*?</math></span>\.</span>', page)


def test_the_search_knows_words_and_no_tex(book):
    index = (book / "searchindex.js").read_text(encoding="utf-8")
    assert '"gradient' in index
    assert not {name for name in ("mathbf", "operatornam", "boldsymbol", "bigl", "frac") if f'"{name}":' in index}


@SMALL_BOOKS
def test_a_mistake_in_a_formula_stops_the_build_and_is_named(tmp_path):
    folder = small_book(tmp_path / "wrong", cells=[])
    (folder / "chapters" / "index.md").write_text("# A small book\n\nWith $\\foo_2$.\n", encoding="utf-8")
    built = build(folder)
    assert built.returncode != 0
    assert re.search(r'index\.md.*Unknown command "\\foo"', built.stderr)


@SMALL_BOOKS
def test_where_there_is_no_converter_the_pages_run_mathjax_and_the_build_says_so(tmp_path):
    folder = small_book(tmp_path / "without", cells=[])
    hidden = "import sys; sys.modules['math_core'] = None"
    (folder / "sitecustomize.py").write_text(hidden, encoding="utf-8")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    assert "with MathJax" in built.stdout
    page = (folder / "_build" / "html" / "chapters" / "index.html").read_text(encoding="utf-8")
    assert re.search(r'src="[^"]*mathjax/tex-chtml\.js', page)
    assert r"\(x^2\)" in page
    assert (folder / "_build" / "html" / "_static" / "mathjax" / "tex-chtml.js").exists()


# Numbers and captions


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_has_its_number_in_heading_title_sidebar_and_sections(page, book):
    text, number = text_of(book, page), int(page[9:11])
    title = re.search("^# (.*)", cells_of(page)[0].source, re.MULTILINE)[1]
    assert words(re.search(r"<h1>(.*?)<a class=.headerlink", text, re.DOTALL)[1]) == f"{number}. {title}"
    assert re.search(r"<title>(.*?) &#8212;", text)[1] == f"{number}. {title}"
    sidebar = text.partition('class="bd-links')[2].partition("</nav>")[0]
    assert f"{number}. {title}" in [words(link) for link in re.findall(r"<a [^>]*>(.*?)</a>", sidebar, re.DOTALL)]
    sections = [words(heading) for heading in re.findall(r"<h2>(.*?)<a class=.headerlink", text, re.DOTALL)]
    assert [section.split()[0] for section in sections] == [f"{number}.{i + 1}." for i in range(len(sections))]


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("exercises/")])
def test_exercises_stand_below_their_chapter_and_keep_their_own_numbers(page, book):
    text = text_of(book, page)
    headings = [words(heading) for heading in re.findall(r"<h[12]>(.*?)<a class=.headerlink", text, re.DOTALL)]
    wanted = [
        line.lstrip("# ")
        for cell in cells_of(page)
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if re.match("##? ", line)
    ]
    assert [heading.replace("’", "'") for heading in headings] == wanted
    sidebar = text.partition('class="bd-links')[2].partition("</nav>")[0]
    links = [words(link) for link in re.findall(r"<a [^>]*>(.*?)</a>", sidebar, re.DOTALL)]
    here = next(i for i, link in enumerate(links) if link.startswith(f"{int(page[10:12])}. "))
    assert links[here + 1 : here + 3] == ["Exercises", "Solutions"]


def figure_cells(page):
    """The cells whose output is a figure: they end with one."""
    cells = [cell for cell in cells_of(page) if cell.cell_type == "code"]
    return [cell for cell in cells if re.search(r"^(explore|picture)\(", cell.source, re.MULTILINE)]


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_figure_has_a_number_and_a_caption_that_begins_with_its_title(page, book):
    captions = CAPTION.findall(text_of(book, page))
    assert len(captions) == len(figure_cells(page)) > 0
    for i, caption in enumerate(captions, 1):
        assert words(caption).startswith(f"Figure {int(page[9:11])}.{i} ")
        assert re.search(r"<strong>[A-Z][^<]*\.</strong> [\w<]", caption), caption
        assert 10 <= len(words(caption).split()) <= 60


@pytest.mark.parametrize("page", CHAPTERS)
def test_an_equation_that_the_text_refers_to_has_a_number_and_each_reference_leads_there(page, book):
    text, number = text_of(book, page), int(page[9:11])
    numbers = dict(re.findall(r'id="(equation-[\w-]+)"[^>]*><span class="eqno">\((\d\.\d+)\)', text))
    assert list(numbers.values()) == [f"{number}.{i + 1}" for i in range(len(numbers))]
    links = re.findall(r'<a class="reference internal" href="#(equation-[\w-]+)">\(([\d.]+)\)</a>', text)
    assert {name for name, _ in links} == {*numbers}
    assert all(numbers[name] == shown for name, shown in links)
    labels = re.findall(r"^.*\$\$ \(([\w-]+)\)$", "\n".join(cell.source for cell in cells_of(page)), re.MULTILINE)
    assert len(labels) == len(numbers)


def test_titles_of_figures_differ(book):
    titles = [
        title
        for page in CHAPTERS
        for title in re.findall(r"<figcaption>.*?<strong>(.*?)</strong>", text_of(book, page), re.DOTALL)
    ]
    assert [title for title, count in Counter(titles).items() if count > 1] == []


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_code_of_a_figure_stands_once_below_it_and_says_whose_it_is(page, book):
    text = text_of(book, page)
    labels = [html.unescape(label) for label in FOLDED.findall(text)]
    assert len(labels) == len(set(labels)) > 0
    titles = [html.unescape(title) for title in re.findall(r"<figcaption>.*?<strong>(.*?)\.</strong>", text, re.DOTALL)]
    of_figures = [label.removeprefix("Code of this figure: ") for label in labels if "figure" in label]
    assert [title for title in titles if title in of_figures] == of_figures
    assert "Toggle hidden content" not in text
    hidden = sum("hide-input" in cell.metadata.get("tags", []) for cell in cells_of(page))
    inside = re.findall(r'<details class="folded-code">.*?</details>', text, re.DOTALL)
    assert sum(part.count("cell_input") for part in inside) == hidden


@pytest.mark.parametrize("page", CHAPTERS)
def test_by_keyboard_one_goes_from_figure_to_figure(page, book):
    text = text_of(book, page)
    figures = re.findall(r'<figure class="[^"]*" id="([^"]*)"', text)
    assert re.findall(r'<a class="to-figure" href="#([^"]*)"', text) == figures


# What a page says of itself, and what it needs


def tag_of(text, name):
    found = re.findall(rf'<meta (?:name|property)="{name}" content="([^"]*)"', text)
    return html.unescape(found[0]) if len(found) == 1 else found


def test_a_page_says_in_a_sentence_what_it_is_about_and_no_other_says_the_same(book):
    said = {page: tag_of(text_of(book, page), "description") for page in PAGES if page != "chapters/references"}
    assert [page for page, sentence in said.items() if not 20 < len(sentence) <= 180] == []
    assert len({*said.values()}) == len(said)
    for page in said:
        text = text_of(book, page)
        assert tag_of(text, "og:description") == said[page]
        assert tag_of(text, "og:title")
        assert not tag_of(text, "og:url"), "no address is set"
        assert text.count('name="viewport"') == 1


def test_titles_of_pages_differ_and_name_the_book_once(book):
    titles = [re.search("<title>(.*?)</title>", text_of(book, page))[1] for page in PAGES]
    assert len({*titles}) == len(titles)
    assert [title for title in titles if title.count("One Neuron at a Time") != 1] == []


def test_the_front_is_a_page_that_leads_on_and_a_lost_one_has_an_answer(book):
    front = (book / "index.html").read_text(encoding="utf-8")
    assert front.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "<title>Neural Networks, One Neuron at a Time</title>" in front
    assert tag_of(front, "description") == tag_of(text_of(book, "chapters/index"), "description")
    assert '<a href="chapters/index.html">' in front
    assert "Page not found" in (book / "404.html").read_text(encoding="utf-8")


def test_the_foot_says_which_release_this_is_and_how_it_is_cited(book):
    import yaml

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    for page in PAGES:
        foot = words(text_of(book, page).partition('<div class="extra_footer">')[2].partition("</footer>")[0])
        assert f"Version {cited['version']}, " in foot
        assert cited["date-released"][:4] in foot
        assert "How to cite" in foot
        assert "Report a mistake" not in foot, "there is no repository yet"
    assert f"version {cited['version']}" in text_of(book, "chapters/index").partition('id="how-to-cite"')[2]


@SMALL_BOOKS
def test_once_it_has_an_address_the_book_says_where_it_is(small, tmp_path):
    folder = tmp_path / "published"
    shutil.copytree(small[0], folder)
    shutil.copy(ROOT / "CITATION.cff", folder)
    assert not (folder / "_build" / "html" / "sitemap.xml").exists()
    config, address = folder / "_config.yml", "https://example.org/course/"
    text = config.read_text(encoding="utf-8").replace('baseurl: ""', f"baseurl: {address[:-1]}", 1)
    config.write_text(text.replace('url: ""', "url: https://github.com/people/course", 1), encoding="utf-8")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    site = folder / "_build" / "html"
    page = (site / "chapters" / "small.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{address}chapters/small.html"' in page
    assert tag_of(page, "og:url") == f"{address}chapters/small.html"
    card = tag_of(page, "og:image")
    assert card.startswith(address)
    assert (site / card.removeprefix(address)).stat().st_size > 5_000
    assert tag_of(page, "twitter:card") == "summary_large_image"
    images = re.findall(r'<img[^>]* src="([^":]*)"', page)
    assert any("binder" in image for image in images)
    assert [image for image in images if not (site / "chapters" / image).exists()] == []
    report = html.unescape(re.search(r'href="([^"]*)">Report a mistake on this page', page)[1])
    assert report.startswith("https://github.com/people/course/issues/new?title=In%20")
    assert "chapters/small.html" in report
    listed = [loc.text for loc in ElementTree.parse(site / "sitemap.xml").iter() if loc.tag.endswith("loc")]
    assert {address + f"chapters/{name}.html" for name in ("index", "small", "package")} == {*listed}
    assert f'href="{address}chapters/index.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert "/course/_static/site.css" in (site / "404.html").read_text(encoding="utf-8")


def test_every_icon_that_a_page_names_is_in_the_font(book):
    style = (book / "_static" / "site.css").read_text(encoding="utf-8")
    glyphs = TTFont(book / "_static" / "icons" / "solid-900.woff").getBestCmap()
    used = {
        name for page in PAGES for name in re.findall(r"\bfa-(?!solid|lg|regular|brands)[\w-]+", text_of(book, page))
    }
    assert len(used) > 8
    for name in used:
        assert ord(re.search(rf'\.{name}::before{{content: "(.)";?}}', style)[1]) in glyphs
    assert (book / "_static" / "icons" / "solid-900.woff").stat().st_size < 5_000


def test_whatever_the_style_sheet_names_is_there(book):
    static = book / "_static"
    named = re.findall(r"url\([\"']?(?!data:|#)([^\"')]+)", (static / "site.css").read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (static / name).exists()] == []
    assert not list(static.glob("**/*.map"))
    assert not (static / "mathjax").exists()
    assert not (static / "vendor").exists()


def test_every_sign_of_a_formula_is_in_the_font_and_the_font_knows_mathematics(book):
    font = TTFont(book / "_static" / "formulas" / "stix-two-math.woff2")
    formulas = [found for page in PAGES for found in re.findall(r"<math.*?</math>", text_of(book, page), re.DOTALL)]
    signs = {*map(ord, html.unescape(re.sub(r"<[^>]*>", "", "".join(formulas))))}
    assert len(signs) > 100
    assert {chr(sign) for sign in signs - font.getBestCmap().keys()} == set()
    assert "MATH" in font
    assert any("Open Font License" in str(entry) for entry in font["name"].names)


def test_the_site_is_small_enough_to_be_carried_about(book):
    assert sum(path.stat().st_size for path in book.rglob("*") if path.is_file()) < 12e6


@pytest.mark.parametrize("page", [*PAGES, "search"])
def test_whatever_opens_has_a_name_and_no_name_is_another_than_the_words_on_it(page, book):
    text = text_of(book, page)
    unnamed = [tag for tag in re.findall(r"<summary[^>]*><span class=\"toctree", text) if "aria-label" not in tag]
    assert unnamed == []
    assert 'aria-label="Below 1. The perceptron"' in text
    (button,) = re.findall(r"<button[^>]*search-button-field[^>]*>", text)
    assert "aria-label" not in button
    assert text.count('role="complementary"') == 1
    assert "doc-biblioentry" not in text
    assert "<p><ul" not in text
    ids = source(book / f"{page}.html").ids
    assert len(ids) == len(set(ids))


def test_no_script_holds_up_a_page(book):
    for page in PAGES:
        loaded = re.findall(r"<script[^>]*\bsrc=[^>]*>", text_of(book, page))
        assert [tag for tag in loaded if " defer" not in tag] == []
        assert "book.js" in loaded[0], "it makes room for what the others keep and add"


@pytest.mark.parametrize(
    ("selectors", "kept"),
    [
        (".a, .gone", ".a"),
        (".gone .a", ""),
        ("p, h1 > em", "p,h1 > em"),
        (".a:not(.gone), #gone", ".a:not(.gone)"),
        (":is(.gone, .a) b", ":is(.gone, .a) b"),
        (r".a\:b, .a\:c", r".a\:b"),
        ('[data-x="a,b"] .a', '[data-x="a,b"] .a'),
    ],
)
def test_of_a_rule_the_selectors_are_kept_that_can_apply(selectors, kept):
    assert styles._selectors(selectors, {"a", "a:b"}) == kept


def test_sheets_keep_an_order_that_no_page_contradicts():
    assert styles._in_order([["a", "c"], ["a", "b", "c", "d"], ["b", "d"]]) == ["a", "b", "c", "d"]


@pytest.fixture
def a_site(tmp_path):
    (tmp_path / "_static" / "styles").mkdir(parents=True)
    link = '<link rel="stylesheet" href="{}_static/{}?v=1" />\n'
    for name, root in {"index.html": "", "deep/page.html": "../"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        page = "".join(link.format(root, sheet) for sheet in ("styles/theme.css", "own.css"))
        (tmp_path / name).write_text(f'<head>{page}</head><p class="used">', encoding="utf-8")
    sheets = {
        "basic.css": ".used { color: red; }\n.gone { color: blue; }",
        "styles/theme.css": '@import "../basic.css";\n@media print { .gone { top: 0 } .used { left: url(x.png) } }',
        "own.css": "@font-face { font-family: F; }\n/* why */ p { margin: 0 }",
    }
    for name, text in sheets.items():
        (tmp_path / "_static" / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_sheets_of_a_site_become_one_in_their_order(a_site):
    styles.write_styles(a_site)
    made = (a_site / "_static" / "site.css").read_text(encoding="utf-8")
    lines = [".used{color: red;}", "@media print{.used{left: url(styles/x.png)}", "@font-face", "p{margin: 0}"]
    places = [made.index(line) for line in lines]
    assert places == sorted(places)
    assert "gone" not in made
    for name, root in {"index.html": "", "deep/page.html": "../"}.items():
        links = re.findall(r'href="([^"]*)"', (Path(a_site) / name).read_text(encoding="utf-8"))
        assert len(links) == 1
        assert links[0].startswith(f"{root}_static/site.css?v=")


def test_the_table_of_contents_has_each_page_once():
    assert len(Book().pages) == len({*Book().pages}) == len(PAGES)

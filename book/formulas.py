"""Sphinx asks here for the HTML of each formula; where nothing can make it beforehand, MathJax does it in the page."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from book.fonts import write_part_of_font
from book.mathml import Converter, Mistake, can_convert, font_with_mathematics

STYLE = "formulas.css"
FONT = "formulas/stix-two-math.woff2"  # below _static
FACE = f'@font-face {{ font-family: "Book Math"; src: url("{FONT}") format("woff2"); font-display: swap; }}\n'
CLASSES = "math notranslate nohighlight"
LOGGER = logging.getLogger(__name__)


def setup(app):
    """Formulas are made now if they can be; else by a script in the page, as in any other book."""
    if not can_convert():
        app.setup_extension("sphinx-mathjax-offline")
        return
    converter = Converter()
    inline, block = _visitors(converter)
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("config-inited", _choose_ours)
    app.connect("html-page-context", _with_style)
    app.connect("doctree-resolved", _keep_together_and_out_of_the_search)
    app.connect("build-finished", lambda app, exception: _write_style(app, exception, converter))


def _choose_ours(app, config):
    config.html_math_renderer = "mathml"


def _visitors(converter):
    """What Sphinx calls for a formula in a line and for one of its own line."""

    def made(node, display):
        try:
            return converter.html(_tex(node), display)
        except Mistake as mistake:
            LOGGER.warning("In a formula: %s In: %s", mistake, _tex(node), location=node)
            return ""

    def inline(translator, node):
        start = translator.starttag(node, "span", "", CLASS=CLASSES, **{"data-tex": _tex(node)})
        translator.body.append(f"{start}{made(node, display=False)}</span>")
        raise nodes.SkipNode

    def block(translator, node):
        translator.body.append(translator.starttag(node, "div", "", CLASS=CLASSES, **{"data-tex": _tex(node)}))
        if node["number"]:
            translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
            translator.add_permalink_ref(node, "Link to this equation")
            translator.body.append("</span>")
        translator.body.append(f"{made(node, display=True)}</div>\n")
        raise nodes.SkipNode

    return inline, block


def _tex(node):
    return node.get("tex") or node.astext()


def _keep_together_and_out_of_the_search(app, doctree, page):
    """A comma after a formula stays on its line; and the search, which takes words from texts, finds no TeX."""
    if app.builder.format != "html":
        return
    for node in list(doctree.findall(lambda node: isinstance(node, (nodes.math, nodes.math_block)))):
        if isinstance(node, nodes.math):
            _keep_together(node)
        node["tex"] = node.astext()
        node.clear()


def _keep_together(formula):
    """Wrap a formula with what touches it, such as a comma: a browser would break the line between them."""
    parent = formula.parent
    place = parent.index(formula)
    first, last = place, place + 1
    opening = closing = rest_before = rest_after = ""
    if place and isinstance(parent[place - 1], nodes.Text):
        first -= 1
        rest_before, opening = re.fullmatch(r"(|.*\s)(\S*)", parent[first].astext(), re.DOTALL).groups()
    if last < len(parent) and isinstance(parent[last], nodes.Text):
        closing, rest_after = re.fullmatch(r"(\S*)(.*)", parent[last].astext(), re.DOTALL).groups()
        last += 1
    if opening or closing:
        together = nodes.inline("", "", nodes.Text(opening), formula, nodes.Text(closing), classes=["together"])
        parent[first:last] = [nodes.Text(rest_before), together, nodes.Text(rest_after)]


def _with_style(app, pagename, templatename, context, doctree):
    if "<math" in context.get("body", ""):
        app.add_css_file(STYLE)
        context["font_of_formulas"] = f"_static/{FONT}"


def _write_style(app, exception, converter):
    """The style sheet for the formulas that there are, and the part of the font that they need."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / STYLE).write_text(FACE + converter.style(), encoding="utf-8")
    write_part_of_font(font_with_mathematics(), static / FONT, converter.characters)

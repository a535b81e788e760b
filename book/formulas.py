"""Sphinx asks here for the HTML of each formula, once for the whole book; where there is no engine MathJax does it."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from book.fonts import write_part_of_font
from book.typesetting import Mistake, Typesetter, can_typeset, folder_of_mathjax

FONTS = "formulas"  # below _static
STYLE = "formulas.css"
FACE = re.compile(r"@font-face[^{]*\{[^}]*\}")
GLYPH = re.compile(r'mjx-c\.mjx-c[0-9A-F]+(?:\.TEX(-\w+))?::before \{[^}]*content: "((?:[^"\\]|\\.)*)"')
PIECE = re.compile(r'mjx-stretchy-[hv][^{]*::before \{[^}]*content: "((?:[^"\\]|\\.)*)"')
STRETCHY = ("MJXTEX", "MJXTEX-S1", "MJXTEX-S4", "MJXTEX-A")
LOGGER = logging.getLogger(__name__)


def setup(app):
    """Formulas are typeset now if they can be; else by a script in the page, as in any other book."""
    if not can_typeset():
        app.setup_extension("sphinx-mathjax-offline")
        return
    typesetter = Typesetter(FONTS)
    inline, block = _visitors(typesetter)
    app.add_html_math_renderer("typeset", (inline, None), (block, None))
    app.connect("config-inited", _choose_ours)
    app.connect("html-page-context", _with_style)
    app.connect("doctree-resolved", _keep_tex_out_of_the_search)
    app.connect("build-finished", lambda app, exception: _finish(app, exception, typesetter))


def _choose_ours(app, config):
    config.html_math_renderer = "typeset"


def _visitors(typesetter):
    """What Sphinx calls for a formula in a line and for one of its own line."""

    def typeset(translator, node, display):
        try:
            translator.body.append(typesetter.html(in_lines(_tex(node)) if display else _tex(node), display))
        except Mistake as mistake:
            LOGGER.warning("%s: %s", mistake, _tex(node), location=node)

    def inline(translator, node):
        translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
        typeset(translator, node, display=False)
        translator.body.append("</span>")
        raise nodes.SkipNode

    def block(translator, node):
        translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
        if node["number"]:
            translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
            translator.add_permalink_ref(node, "Link to this equation")
            translator.body.append("</span>")
        typeset(translator, node, display=True)
        translator.body.append("</div>\n")
        raise nodes.SkipNode

    return inline, block


def in_lines(tex):
    """A displayed formula as Sphinx lets one write it: in lines that two backslashes end, or in parts set apart."""
    parts = [_split(part) for part in tex.split("\n\n") if part.strip()]
    return parts[0] if len(parts) == 1 else r"\begin{aligned}" + r" \\ ".join(parts) + r"\end{aligned}"


def _split(part):
    return rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part and r"\begin" not in part else part


def _tex(node):
    return node.get("tex") or node.astext()


def _keep_tex_out_of_the_search(app, doctree, page):
    """The search takes words from texts: a formula's TeX becomes an attribute."""
    if app.builder.format != "html":
        return
    for node in list(doctree.findall(lambda node: isinstance(node, (nodes.math, nodes.math_block)))):
        node["tex"] = node.astext()
        node.clear()


def _with_style(app, pagename, templatename, context, doctree):
    if "<mjx-container" in context.get("body", ""):
        app.add_css_file(STYLE)


def _finish(app, exception, typesetter):
    """Write the style for the formulas that there are, and of the fonts that it names what they need."""
    try:
        if exception is None and app.builder.format == "html":
            static = Path(app.outdir) / "_static"
            style = _with_fonts(typesetter.style(), static / FONTS)
            (static / STYLE).write_text(style, encoding="utf-8")
    finally:
        typesetter.close()


def _with_fonts(style, folder):
    """Write the fonts of a style sheet; return the sheet without those that it has no use for."""
    characters = _characters(style)
    for face in FACE.findall(style):
        family, font = re.search(r"font-family: (\S+);", face)[1], re.search(r"[\w-]+\.woff", face)[0]
        source = folder_of_mathjax() / "output/chtml/fonts/woff-v2" / font
        if not write_part_of_font(source, folder / font, characters.get(family, set())):
            style = style.replace(face, "")
    return style


def _characters(style):
    """The code points that a style sheet of MathJax takes from each font."""
    found = {"MJXZERO": {0xEFFC}}  # always named first: a font without height, so that no line grows
    for part, text in [*GLYPH.findall(style), *(("", text) for text in PIECE.findall(style))]:
        # what grows, such as a tall bracket, takes its pieces from the first of these fonts that has them
        families = STRETCHY if part in ("", "-S1", "-S4", "-A") else [f"MJXTEX{part}"]
        text = re.sub(r"\\([0-9a-fA-F]+) ?", lambda code: chr(int(code[1], 16)), text)
        for family in families:
            found.setdefault(family, set()).update(map(ord, text))
    return found

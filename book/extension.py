"""Repairs within Sphinx, which loads this file as one of its extensions: ``_config.yml`` names it."""

import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError

from book import figure_code, formulas, highlighting, icons, pages, repairs, styles
from mlkit import page_assets

# Below `_static`: what stands in `site.css` too; scripts that no page names; what only a theme's own makers need.
UNUSED = ("basic.css", "sphinx-thebe.js", "design-tabs.js", "locales", "**/*.map", "*webpack-macros.html")

MEASURING = re.compile(r'"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')


def setup(app):
    """Sphinx calls this to add the repairs below to the build."""
    if "sphinx.ext.autodoc" in app.extensions:
        app.connect("autodoc-process-docstring", _escape_bars)
    app.connect("doctree-read", _without_links_to_what_is_left_out)
    app.connect("doctree-resolved", _without_lists_in_paragraphs)
    app.connect("builder-inited", _write_assets)
    app.connect("html-page-context", _with_assets_in_files)
    app.connect("build-finished", _leave_out_what_no_page_uses, priority=900)
    for part in (pages, formulas, highlighting, figure_code):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}


def _without_links_to_what_is_left_out(app, doctree):
    """A chapter that was taken out of ``_toc.yml`` is still in its folder, and other pages still name it: as words."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        target = link.get("reftarget", "")
        left_out = link.get("refdomain") == "doc" and target not in app.env.found_docs
        if left_out and any((Path(app.srcdir) / f"{target}{ending}").exists() for ending in (".ipynb", ".md")):
            link.replace_self(link.children)


def _without_lists_in_paragraphs(app, doctree, page):
    """Of a function that returns several things napoleon makes a list in a paragraph, which HTML does not know."""
    for node in list(doctree.findall(nodes.paragraph)):
        if any(isinstance(child, nodes.bullet_list) for child in node.children):
            node.replace_self(node.children)


def _escape_bars(app, what, name, obj, options, lines):
    """In a docstring |z| is an absolute value; Sphinx would take it for a name to be replaced."""
    for i, line in enumerate(lines):
        parts = line.split("``")  # every second part is code
        lines[i] = "``".join(part if n % 2 else part.replace("|", r"\|") for n, part in enumerate(parts))


def _write_assets(app):
    """The style and the script of the figures, as files that Sphinx finds and a reader's browser keeps."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "explore.css").write_text(page_assets.stylesheet(), encoding="utf-8")
        (folder / "explore.js").write_text(page_assets.script(), encoding="utf-8")


def _with_assets_in_files(app, pagename, templatename, context, doctree):
    """A notebook brings style and script with its first figure; in the book they are files, which pages name.

    So a page has no style in its body, and a server may forbid all scripts that stand in a page.
    """
    body = context.get("body", "")
    if "mlkit-figure" in body:
        context["body"] = body.replace(page_assets.in_page(), "")
        app.add_css_file("explore.css")
        if "<mlkit-explore " in body:
            app.add_js_file("explore.js", loading_method="defer")


def _leave_out_what_no_page_uses(app, exception):
    """Half of what a theme puts into each site is for features that this one has not."""
    if exception or app.builder.format != "html":
        return
    html = Path(app.outdir)
    _without_measuring_everything(html / "_static" / "scripts" / "pydata-sphinx-theme.js")
    repairs.write_repairs(html)
    icons.write_icons(html)
    styles.write_styles(html)
    for unused in UNUSED:
        for path in list((html / "_static").glob(unused)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _without_measuring_everything(script):
    """The theme measures each block of code when a page has loaded, and again when anything in it changes, to learn
    which of them scroll: a step of a figure would lay out the whole chapter. Our own script lets the browser tell it.
    """
    text = script.read_text(encoding="utf-8")
    changed, count = MEASURING.subn("0", text)
    if count != 1:
        raise ExtensionError(
            "The theme's script is another one: see _without_measuring_everything in book/extension.py."
        )
    script.write_text(changed, encoding="utf-8")

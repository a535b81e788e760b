"""What a page says of itself: its number, in few words what it is about, and which scripts it waits for."""

import re
import textwrap
from html import escape
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree

from docutils import nodes
from sphinx.builders.html._assets import _JavaScript

SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
TEMPLATES = Path(__file__).parent / "templates"
# Scripts for features that this book has not. That for Thebe is declared twice, which browsers report as an error.
UNUSED = ("thebe", "design-tabs", "DOCUMENTATION_OPTIONS.theme_", "DOCUMENTATION_OPTIONS.pagename")
ADDRESS = re.compile(r'<meta property="og:url"[^>]*>\n?')
VIEWPORT = re.compile(r'<meta (?:content="[^"]*" name="viewport"|name="viewport" content="[^"]*")\s*/?>\n?')


def setup(app):
    app.connect("config-inited", _use_our_templates)
    app.connect("env-get-updated", _leave_exercises_without_numbers, priority=900)
    app.connect("html-page-context", _say_what_it_is, priority=400)  # before the cards for shared links are made
    app.connect("html-page-context", _without_what_is_not_so, priority=900)
    app.connect("build-finished", _write_sitemap)


def _use_our_templates(app, config):
    config.templates_path = [str(TEMPLATES), *config.templates_path]  # before those of the theme


def _leave_exercises_without_numbers(app, env):
    """They stand below their chapter, where Sphinx would number them as its sections; their questions have numbers."""
    for page in env.found_docs:
        if page.startswith("exercises/"):
            env.toc_secnumbers.pop(page, None)
            for node in [env.titles[page], *env.tocs[page].findall(nodes.reference)]:
                node.attributes.pop("secnumber", None)
    return []


def _write_sitemap(app, exception):
    """Once the book has an address: where its pages are, for whoever searches the web."""
    address = app.config.html_baseurl.rstrip("/") + "/" if app.config.html_baseurl else ""
    if exception or not address or app.builder.format != "html":
        return
    urls = "".join(
        f"<url><loc>{escape(urljoin(address, app.builder.get_target_uri(page)))}</loc></url>\n"
        for page in sorted(app.env.found_docs)
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{SITEMAPS}">\n{urls}</urlset>\n'
    (Path(app.outdir) / "sitemap.xml").write_text(text, encoding="utf-8")


def _say_what_it_is(app, pagename, templatename, context, doctree):
    context["logo_size"] = _size(Path(app.srcdir) / app.config.html_logo) if app.config.html_logo else ""
    if doctree is None:
        return
    context["first_figure"] = next((f["ids"][0] for f in doctree.findall(nodes.figure) if f["ids"]), None)
    words = _description(doctree)
    if words:
        context["metatags"] += f'<meta name="description" content="{escape(words)}" />\n'
        context["meta"] = (context["meta"] or {}) | {"og:description": words}


def _description(doctree, length=180):
    """The first sentences of the text, as many as there is room for."""
    texts = (_words(node) for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section))
    text = " ".join(next(texts, "").split())
    if len(text) <= length:
        return text
    sentences = re.match(rf".{{40,{length - 1}}}[.?!](?= )", text)
    return sentences[0] if sentences else textwrap.shorten(text, length, placeholder=" …")


def _words(paragraph):
    """The text without formulas: their TeX is for no reader."""
    copy = paragraph.deepcopy()
    for formula in list(copy.findall(nodes.math)):
        formula.parent.remove(formula)
    return copy.astext()


def _size(picture):
    """The attributes that keep its room on the page free, of a drawing that says how large it is."""
    root = ElementTree.parse(picture).getroot() if picture.suffix == ".svg" else {}
    return "".join(f' {name}="{root.get(name)}"' for name in ("width", "height") if root.get(name))


def _without_what_is_not_so(app, pagename, templatename, context, doctree):
    """No script holds up a page, none is there for features that we do not use, and nothing is said twice."""
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", ""))
    if not app.config.html_baseurl:
        context["metatags"] = ADDRESS.sub("", context["metatags"])
    scripts = [script for script in context.get("script_files", []) if not _is_unused(script)]
    # The search page has scripts in its template that need those before them at once.
    context["script_files"] = scripts if pagename == "search" else [_deferred(script) for script in scripts]


def _is_unused(script):
    return any(word in f"{script} {_attributes(script).get('body', '')}" for word in UNUSED)


def _attributes(script):
    return getattr(script, "attributes", {})


def _deferred(script):
    """The script, to be run when the page is there, in the old order."""
    attributes = _attributes(script)
    if not getattr(script, "filename", None) or "async" in attributes:
        return script
    return _JavaScript(script.filename, priority=script.priority, **attributes | {"defer": "defer"})

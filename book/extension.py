"""Repairs within Sphinx, which loads this file as one of its extensions: ``_config.yml`` names it."""

import re
from pathlib import Path

from sphinx import addnodes


def setup(app):
    """Sphinx calls this to add the repairs below to the build."""
    if "sphinx.ext.autodoc" in app.extensions:
        app.connect("autodoc-process-docstring", _escape_bars)
    app.connect("doctree-read", _without_links_to_what_is_left_out)
    app.connect("html-page-context", _without_thebe, priority=900)
    app.connect("build-finished", _without_font_preloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _without_links_to_what_is_left_out(app, doctree):
    """A chapter that was taken out of ``_toc.yml`` is still in its folder, and other pages still name it: as words."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        target = link.get("reftarget", "")
        left_out = link.get("refdomain") == "doc" and target not in app.env.found_docs
        if left_out and any((Path(app.srcdir) / f"{target}{ending}").exists() for ending in (".ipynb", ".md")):
            link.replace_self(link.children)


def _escape_bars(app, what, name, obj, options, lines):
    """In a docstring |z| is an absolute value; Sphinx would take it for a name to be replaced."""
    for i, line in enumerate(lines):
        parts = line.split("``")  # every second part is code
        lines[i] = "``".join(part if n % 2 else part.replace("|", r"\|") for n, part in enumerate(parts))


def _without_thebe(app, pagename, templatename, context, doctree):
    """Jupyter Book declares THEBE_JS_URL twice on each page, for a feature we do not use: browsers report an error."""
    scripts = context.get("script_files", [])
    for script in [s for s in scripts if "thebe" in f"{s} {getattr(s, 'attributes', {}).get('body', '')}".lower()]:
        scripts.remove(script)


def _without_font_preloads(app, exception):
    """The theme preloads its icon fonts in a way that browsers refuse when the page is opened as a file."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r'\s*<link rel="preload" as="font"[^>]*>', "", text), encoding="utf-8")

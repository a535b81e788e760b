"""Formulas as HTML when the book is built: MathJax's own files, run in V8, without Node and without a network.

A page then needs no script for its formulas, and none of them is a stop for the Tab key. Beside each stands the same
formula in MathML, for screen readers; an attribute keeps the TeX it was made from.
"""

import json
import re
from functools import cache, cached_property
from html import escape
from importlib.util import find_spec
from pathlib import Path

FILES = ("loader", "core", "adaptors/liteDOM", "input/tex-full", "output/chtml", "output/chtml/fonts/tex")  # in order
STYLED = re.compile(r'(<mjx-[^>]*?) style="([^"]*)"([^>]*>)')
WITHOUT_AN_ENGINE = "No engine for formulas here (the package mini-racer): the pages set them themselves, with MathJax."
BEFORE = """
var global = globalThis, console = { log() {}, warn() {}, error() {} };
globalThis.setTimeout = (call) => { Promise.resolve().then(call); return 0; };
globalThis.clearTimeout = () => {};
globalThis.MathJax = { loader: { load: [], paths: { mathjax: "" } }, startup: { typeset: false } };
"""
AFTER = """(() => {
  const { core, input, output, adaptors, handlers, mathjax } = MathJax._;
  const adaptor = adaptors.liteAdaptor.liteAdaptor();
  handlers.html_ts.RegisterHTMLHandler(adaptor);
  const font = new output.chtml.fonts.tex_ts.TeXFont({ fontURL: FONTS });
  const chtml = new output.chtml_ts.CHTML({ fontURL: FONTS, font });
  const tex = new input.tex_ts.TeX({ packages: ["base", "ams", "boldsymbol"] });
  const page = mathjax.mathjax.document("", { InputJax: tex, OutputJax: chtml });
  const mathml = new core.MmlTree.SerializedMmlVisitor.SerializedMmlVisitor();
  const mistake = (node) => node.isKind("merror") ? node.attributes.get("data-mjx-error")
    : (node.childNodes ?? []).map((child) => child && mistake(child)).find(Boolean);
  globalThis.typeset = (source, display) => {
    const item = new page.options.MathItem(source, tex, display);
    item.start.node = adaptor.body(page.document);
    item.setMetrics(16, 8, 1e6, 1e6, 1);
    item.compile(page);
    const wrong = mistake(item.root);
    if (wrong) return JSON.stringify({ wrong });
    item.typeset(page);
    return JSON.stringify({ html: adaptor.innerHTML(item.typesetRoot), mathml: mathml.visitTree(item.root, page) });
  };
  globalThis.style = () => adaptor.textContent(chtml.styleSheet(page));
})()"""


class Mistake(Exception):
    """What MathJax says of a formula that it cannot read."""


def folder_of_mathjax():
    """Where the MathJax lies that the book ships; none if it is not installed."""
    found = find_spec("sphinx-mathjax-offline")
    return Path(found.origin).parent / "static" / "mathjax" if found else None


@cache
def can_typeset():
    """Whether both are here, MathJax and the engine that runs it. For some machines nobody makes the engine."""
    try:
        from py_mini_racer import LibNotFoundError, MiniRacer
    except ImportError:
        return False
    try:
        MiniRacer().close()
    except (OSError, LibNotFoundError):  # its library is not for this machine
        return False
    return folder_of_mathjax() is not None


class Typesetter:
    """MathJax, ready to typeset. Close it: the engine has threads of its own, and Python waits for them."""

    def __init__(self, fonts):
        self.fonts = fonts  # the address of the fonts' folder, as the style sheet says it
        self._done = {}
        self._rules = {}  # of single elements: the style that MathJax gave them, and the name of a class for it

    @cached_property
    def _engine(self):
        from py_mini_racer import MiniRacer

        engine = MiniRacer()
        engine.eval(BEFORE + f"const FONTS = {json.dumps(self.fonts)};")
        for name in FILES:
            engine.eval((folder_of_mathjax() / f"{name}.js").read_text(encoding="utf-8"))
        engine.eval(AFTER)
        return engine

    def html(self, tex, display):
        """A formula as it stands in a page."""
        if (tex, display) not in self._done:
            made = json.loads(self._engine.call("typeset", tex, display))
            if "wrong" in made:
                raise Mistake(made["wrong"])
            made["html"] = STYLED.sub(self._with_a_class, made["html"])
            self._done[tex, display] = _container(made, tex, display)
        return self._done[tex, display]

    def style(self):
        """The style sheet for all formulas so far, and no other."""
        own = "".join(f".{name} {{{_first_of_all(rule)}}}\n" for rule, name in self._rules.items())
        return self._engine.call("style") + own

    def close(self):
        """End the engine, if it ever began."""
        if "_engine" in self.__dict__:
            self._engine.close()

    def _with_a_class(self, tag):
        """A start tag with a class in place of its style: a server may forbid styles that stand in a page."""
        before, rule, after = tag.groups()
        name = self._rules.setdefault(rule, f"mjs-{len(self._rules)}")
        rest = before + after
        return rest.replace('class="', f'class="{name} ', 1) if 'class="' in rest else f'{rest[:-1]} class="{name}">'


def _first_of_all(rule):
    """As a style in a tag comes before all rules, so does this one."""
    return " ".join(f"{part.strip()} !important;" for part in rule.split(";") if part.strip())


def _container(made, tex, display):
    """What is seen; beside it what is read aloud, and in an attribute what is copied."""
    spoken = re.sub(r">\s+<", "><", made["mathml"])
    shown = made["html"].replace("<mjx-math ", '<mjx-math aria-hidden="true" ', 1)
    kind = ' display="true"' if display else ""
    return (
        f'<mjx-container class="MathJax" jax="CHTML"{kind} data-tex="{escape(tex)}">{shown}'
        f'<mjx-assistive-mml display="{"block" if display else "inline"}">{spoken}</mjx-assistive-mml></mjx-container>'
    )

"""One style sheet for the site, with the rules that some page can need: a theme's own sheets are mostly for others."""

import hashlib
import re

import tinycss2

LINK = re.compile(
    r"""[ \t]*<link[ ](?=[^>]*\brel="stylesheet")[^>]*?
    \bhref="(?P<root>(?:\.\./)*|/[^"]*?)_static/(?P<name>[^"?]+)[^"]*"[^>]*>\n?""",
    re.VERBOSE,
)
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')]+)["']?\)?\s*;""")
WORD = re.compile(r"[\w-]+")
NAMES = re.compile(r'\b(?:class|id)="([^"]*)"')
SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)
# What Bootstrap's script sets on the parts of it that pages use; its other names are those of parts that they do not.
BOOTSTRAP = {"show", "showing", "hiding", "active", "fade", "collapse", "collapsing", "collapsed"}
BOOTSTRAP |= {"tooltip", "tooltip-inner", "tooltip-arrow"} | {
    f"bs-tooltip-{side}" for side in ("auto", "top", "end", "bottom", "start")
}
OF_A_CLASS = re.compile(r"[.#]((?:[\w-]|\\.)+)")
CONDITIONS = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")  # what they name need not be there
OF_THE_LAB = {"lab-buttons", "lab-open"}  # set when the lab is added to a site
NESTED = ("media", "supports", "layer", "container")
NAME = "site.css"


def write_styles(html):
    """Replace the style sheets that pages name, each of them by one for all; what no page and no script names goes."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(html.rglob("*.html"))}
    known = _names_in(pages.values(), sorted((html / "_static").rglob("*.js")))
    names = _in_order([[found["name"] for found in LINK.finditer(text)] for text in pages.values()])
    rules = '@charset "utf-8";\n' + "".join(_needed(html / "_static" / name, known) for name in names)
    (html / "_static" / NAME).write_text(rules, encoding="utf-8")
    mark = hashlib.sha256(rules.encode()).hexdigest()[:8]
    for path, text in pages.items():
        path.write_text(_with_one_link(text, mark), encoding="utf-8")
    for name in names:
        (html / "_static" / name).unlink()


def _names_in(pages, scripts):
    """Classes and ids of the pages, and every word of their scripts."""
    texts = [path.read_text(encoding="utf-8") for path in scripts if path.name != "bootstrap.js"]
    for page in pages:
        texts += [*NAMES.findall(page), *SCRIPT.findall(page)]
    return BOOTSTRAP.union(OF_THE_LAB, *map(WORD.findall, texts))


def _in_order(lists):
    """All names, in an order that none of the lists contradicts."""
    order = []
    for names in sorted(lists, key=len, reverse=True):
        place = 0
        for name in names:
            if name in order:
                place = order.index(name) + 1
            else:
                order.insert(place, name)
                place += 1
    return order


def _with_one_link(text, mark):
    first = LINK.search(text)
    if not first:
        return text
    link = f'<link rel="stylesheet" type="text/css" href="{first["root"]}_static/{NAME}?v={mark}" />\n'
    return text[: first.start()] + link + LINK.sub("", text[first.end() :])


def _needed(path, known):
    """The rules of a sheet that may apply, with the addresses in them as seen from `_static`."""
    text = path.read_text(encoding="utf-8")
    imported = "".join(_needed((path.parent / name).resolve(), known) for name in IMPORT.findall(text))
    text, parts = IMPORT.sub("", text), path.parts
    folder = "/".join(parts[parts.index("_static") + 1 : -1])
    if folder:
        text = re.sub(r"url\((?![\"']?(?:data:|#|/))[\"']?", rf"\g<0>{folder}/", text)
    return imported + _rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), known)


def _rules(rules, known):
    return "".join(_rule(rule, known) for rule in rules)


def _rule(rule, known):
    if rule.type == "qualified-rule":
        selectors = _selectors(tinycss2.serialize(rule.prelude), known)
        return f"{selectors}{{{_short(tinycss2.serialize(rule.content))}}}\n" if selectors else ""
    if rule.type == "at-rule" and rule.lower_at_keyword in NESTED and rule.content is not None:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        content = _rules(inner, known)
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}{{{content}}}\n" if content else ""
    return f"{rule.serialize()}\n" if rule.type == "at-rule" else ""


def _selectors(text, known):
    """Of the selectors, set apart by commas, those whose every class and id some page or script names."""
    kept = []
    for selector in _apart(text):
        needed = (name.replace("\\", "") for name in OF_A_CLASS.findall(CONDITIONS.sub("", selector)))
        if all(name in known for name in needed):
            kept.append(" ".join(selector.split()))
    return ",".join(kept)


def _apart(text):
    """Split at commas, but not within brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _short(declarations):
    return re.sub(r"\s*\n\s*", " ", re.sub(r"/\*.*?\*/", "", declarations, flags=re.DOTALL)).strip()

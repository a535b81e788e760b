"""The icons that pages use, as a font of a few kilobytes: the theme brings two thousand, twice, in 700 of them."""

import re
import shutil

from book.fonts import write_part_of_font

FAMILIES = {
    "solid-900": ("fas", "fa-solid", "fa"),
    "regular-400": ("far", "fa-regular"),
    "brands-400": ("fab", "fa-brands"),
}
NAMES = {
    "solid-900": "Font Awesome 6 Free",
    "regular-400": "Font Awesome 6 Free",
    "brands-400": "Font Awesome 6 Brands",
}
FACE = """@font-face {{ font-family: "{name}"; font-weight: {weight}; src: url("icons/{family}.woff") format("woff"); }}
:is({classes}) {{ font-family: "{name}"; font-weight: {weight}; }}
"""
STYLE = """:root {
  --fa-font-solid: normal 900 1em/1 "Font Awesome 6 Free";
  --fa-font-regular: normal 400 1em/1 "Font Awesome 6 Free";
  --fa-font-brands: normal 400 1em/1 "Font Awesome 6 Brands";
}
:is(.fa, .fas, .far, .fab, .fa-solid, .fa-regular, .fa-brands) {
  display: inline-block; font-style: normal; font-variant: normal; line-height: 1; text-rendering: auto;
}
.fa-lg { font-size: 1.25em; line-height: 0.05em; vertical-align: -0.075em; }
"""
SIGN = re.compile(r'"(?:\\([ef][0-9a-f]{3})|([\ue000-\uf8ff]))"')  # in a style sheet, as a number or as itself


def write_icons(html):
    """Replace the theme's icons in a site by those that its pages and style sheets name."""
    (home,) = (html / "_static" / "vendor" / "fontawesome").iterdir()
    codes = dict(re.findall(r'\.(fa-[\w-]+):before{content:"\\(\w+)"}', _one_by_one(home / "css" / "all.min.css")))
    used = {family: set() for family in FAMILIES}
    for page in html.rglob("*.html"):
        for classes in _classes_of_icons(page):
            family = next((family for family, names in FAMILIES.items() if classes & {*names}), "solid-900")
            used[family] |= classes & codes.keys()
    wanted = {family: {codes[name] for name in names} for family, names in used.items()}
    for sheet in (html / "_static" / "styles").glob("*.css"):  # a sign before the title of a note, for one
        found = SIGN.findall(sheet.read_text(encoding="utf-8"))
        wanted["solid-900"] |= {code or f"{ord(sign):x}" for code, sign in found}
    style = STYLE + "".join(_write_font(home, family, points, html) for family, points in wanted.items() if points)
    names = sorted(set().union(*used.values()))
    style += "".join(f'.{name}::before {{ content: "\\{codes[name]}"; }}\n' for name in names)
    (html / "_static" / "icons.css").write_text(style, encoding="utf-8")
    shutil.copy(home / "LICENSE.txt", html / "_static" / "icons" / "LICENSE.txt")
    shutil.rmtree(html / "_static" / "vendor")


def _one_by_one(path):
    """The style sheet with a rule for each name: `.fa-a:before,.fa-b:before{…}` becomes two."""
    text = path.read_text(encoding="utf-8")
    rules = re.findall(r'((?:\.fa-[\w-]+:before,?)+)({content:"\\\w+"})', text)
    return "".join(f"{name}{content}" for names, content in rules for name in names.split(","))


def _classes_of_icons(page):
    """Each set of classes with an icon in it, also where a script writes them."""
    found = re.findall(r'class="([^"]*\bfa-[^"]*)"', page.read_text(encoding="utf-8"))
    return [{*classes.split()} for classes in found]


def _write_font(home, family, points, html):
    """Write the font with these characters; return the style that names it."""
    target = html / "_static" / "icons" / f"{family}.woff"
    write_part_of_font(home / "webfonts" / f"fa-{family}.ttf", target, {int(point, 16) for point in points})
    classes = ", ".join(f".{name}" for name in FAMILIES[family])
    return FACE.format(name=NAMES[family], weight=family[-3:], family=family, classes=classes)

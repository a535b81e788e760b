"""The stylesheet and the script of the figures: on a page they stand once, with the first figure of the notebook."""

from functools import cache
from importlib.resources import files

from mlkit.style import PALETTE
from mlkit.surroundings import mode

_carrier = None  # the name of the first figure shown: shown again (a cell run twice), it brings the assets again


def page_assets(name):
    """Stylesheet and script for the first figure of a page, nothing for the others.

    A person at the kernel runs cells in any order and changes them, so there each picture brings the stylesheet.
    """
    global _carrier
    if mode() == "live":
        return f"<style>{stylesheet()}</style>\n"
    if _carrier is None:
        _carrier = name
    return f"<style>{stylesheet()}</style>\n<script>{script()}</script>\n" if name == _carrier else ""


def new_page():
    """Forget which figure was the first: the next one brings the assets again."""
    global _carrier
    _carrier = None


@cache
def stylesheet():
    """The palette as CSS variables, then ``explore.css``."""
    light = "".join(f"--mlkit-{name}:{color};" for name, (color, _) in PALETTE.items())
    dark = "".join(f"--mlkit-{name}:{color};" for name, (_, color) in PALETTE.items())
    themes = ':is(html[data-theme="dark"],[data-jp-theme-light="false"])'  # the book's dark theme, JupyterLab's
    variables = f":root{{{light}}}\n@media screen{{{themes}{{{dark}}}}}\n"
    return variables + _read("explore.css")


@cache
def script():
    """``explore.js``."""
    return _read("explore.js")


def _read(name):
    return (files("mlkit") / "explore" / name).read_text(encoding="utf-8")

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
        return style_in_page()
    if _carrier is None:
        _carrier = name
    return in_page() if name == _carrier else ""


def in_page():
    """Stylesheet and script as a page carries them; the book takes them out again, and has them in files."""
    return f"{style_in_page()}<script>{script()}</script>\n"


def style_in_page():
    """The stylesheet as a page carries it."""
    return f"<style>{stylesheet()}</style>\n"


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
    screen = f"@media screen{{{themes}{{{dark}}}}}\n"
    return f":root{{{light}}}\n{screen}{_forced_colors(light, dark)}" + _read("explore.css")


def _forced_colors(light, dark):
    """Where a reader's system sets the colors: text and page are its own, the others those for a page like it."""
    faint = "color-mix(in srgb,CanvasText 25%,Canvas)"
    own = f"--mlkit-ink:CanvasText;--mlkit-muted:CanvasText;--mlkit-grid:{faint};--mlkit-paper:Canvas;"
    rule = ":root:is([data-theme],*){%s}"
    shades = f"{rule % (light + own)}@media (prefers-color-scheme:dark){{{rule % (dark + own)}}}"
    return f"@media screen and (forced-colors:active){{{shades}}}\n"


@cache
def script():
    """``explore.js``."""
    return _read("explore.js")


def _read(name):
    return (files("mlkit") / "explore" / name).read_text(encoding="utf-8")

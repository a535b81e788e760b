"""Formulas as MathML, made when the book is built: what a browser draws is also what a screen reader reads.

A page then needs no script for its formulas, and none of them is a stop for the Tab key.
"""

import re
import unicodedata
from html import unescape
from importlib.resources import files
from importlib.util import find_spec

WITHOUT_A_CONVERTER = (
    "Nothing that makes MathML of TeX here (the package math-core): the pages set formulas themselves, with MathJax."
)
STYLED = re.compile(r' style="([^"]*)"')
BOXED = re.compile(r'(<math[^>]*>)<menclose notation="box">(.*)</menclose></math>')
PRIME = re.compile(r"<msup>(<m[io][^>]*>[^<]*</m[io]>)<mo>(′+)</mo></msup>")
# A letter alone is drawn in italics. Browsers take it from this part of a font.
ITALICS = {
    unicodedata.normalize("NFKC", chr(code)): code for code in (*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C))
}
ITALICS["h"] = 0x210E  # an old friend of physicists, it has a place of its own


class Mistake(Exception):
    """What the converter says of a formula that it cannot read."""


def can_convert():
    """Whether the converter is here. For some machines nobody makes it."""
    return find_spec("math_core") is not None


def font_with_mathematics():
    """A font that knows how formulas are built: how high a fraction stands, what a tall bracket is made of."""
    return files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"


class Converter:
    """Makes formulas, and knows which style and which characters all those so far need."""

    def __init__(self):
        from math_core import LatexToMathML

        self._latex = LatexToMathML(fancy_error=False)
        self._classes = {}  # of single elements: the style that the converter gave them, and the name of a class for it
        self.characters = set()

    def html(self, tex, display):
        """A formula as it stands in a page."""
        from math_core import LatexError

        try:
            made = self._latex.convert_with_local_state(in_lines(tex) if display else tex, displaystyle=display)
        except LatexError as error:
            raise Mistake(str(error)) from None
        # a prime is drawn raised as it is: not all browsers know that, and as an exponent it would be raised twice
        made = PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', BOXED.sub(_boxed, made))
        made = STYLED.sub(self._with_a_class, made)
        self.characters |= _characters(made)
        return made

    def style(self):
        """The rules for the classes of all formulas so far."""
        return "".join(f".{name} {{ {rule} }}\n" for rule, name in self._classes.items())

    def _with_a_class(self, style):
        """A class in place of a style: a server may forbid styles that stand in a page."""
        return f' class="{self._classes.setdefault(style[1], f"math-{len(self._classes)}")}"'


def in_lines(tex):
    """A displayed formula as Sphinx lets one write it: in lines that two backslashes end, or in parts set apart."""
    parts = [part for part in tex.split("\n\n") if part.strip()]
    in_one = r" \\ ".join(parts)
    return rf"\begin{{aligned}}{in_one}\end{{aligned}}" if len(parts) > 1 or _has_lines(in_one) else in_one


def _has_lines(tex):
    return r"\\" in tex and r"\begin" not in tex


def _boxed(found):
    """Browsers draw a box around any element, and not all of them one that MathML asks for."""
    start, inside = found.groups()
    return f'{start[:-1]} class="boxed">{inside}</math>'


def _characters(mathml):
    """The code points that a browser takes from the font to draw a formula."""
    single = re.findall(r"<mi>(.)</mi>", mathml)
    text = unescape(re.sub(r"<[^>]*>", "", mathml))
    return {*map(ord, text)} | {ITALICS[letter] for letter in single if letter in ITALICS}

"""Code in color, with an element for what has a color and none for the rest: that is two thirds of all words."""

from pygments.formatters import HtmlFormatter
from pygments.styles import get_style_by_name
from pygments.token import Text
from sphinx.highlighting import PygmentsBridge

LOOK = ("color", "bgcolor", "bold", "italic", "underline", "border")


def setup(app):
    app.connect("config-inited", _leave_plain_words_alone)


def _leave_plain_words_alone(app, config):
    names = [config.html_theme_options.get(f"pygments_{shade}_style", "default") for shade in ("light", "dark")]
    styles = [get_style_by_name(name) for name in names]

    class Formatter(HtmlFormatter):
        def format(self, tokens, out):
            super().format(((kind if _stands_out(kind, styles) else Text, text) for kind, text in tokens), out)

    PygmentsBridge.html_formatter = Formatter


def _stands_out(kind, styles):
    """Whether one of the styles draws this kind of word in another way than plain text."""
    return any(_look(style, kind) != _look(style, Text) for style in styles)


def _look(style, kind):
    found = style.style_for_token(kind)
    return [found[name] for name in LOOK]

"""The published life: every frame drawn, packed into the page, and moved by ``explore.js`` without a kernel."""

import base64
import json
from html import escape

from mlkit.explore.controls import described
from mlkit.explore.frames import draw_all, pack
from mlkit.page_assets import page_assets


class Published:
    """A slider figure for a page: what ``explore`` returns when the book is built."""

    def __init__(self, draw, controls, name, play, interval, count):
        self.pictures, self._png = draw_all(draw, controls, name, count)
        self.controls, self.name, self.play, self.interval = controls, name, play, interval
        self.html = self._html()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/plain": self._first.alt,
            "text/html": page_assets(self.name) + self.html,
            "image/png": base64.b64encode(self._png).decode(),
        }

    @property
    def _start(self):
        return tuple(c.start for c in self.controls)

    @property
    def _first(self):
        position = 0
        for control in self.controls:
            position = position * len(control.values) + control.start
        return self.pictures[position]

    def _html(self):
        data = {
            "play": self.play,
            "interval": self.interval,
            "controls": [{"name": c.name, "texts": c.texts, "start": c.start} for c in self.controls],
        }
        data = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return f"""\
<mlkit-explore name="{self.name}" id="explore-{self.name}">
{self._first.html(self.name)}
<p class="mlkit-values">{escape(described(self.controls, self._start))}</p>
<form class="mlkit-controls" autocomplete="off" aria-label="Controls of the figure">
{"".join(_control_html(self.name, c) for c in self.controls)}{_buttons_html(self.play)}</form>
<div class="mlkit-spoken" aria-live="polite"></div>
<script type="application/json">{data}</script>
<script type="text/plain">{pack(self.pictures, self.name)}</script>
<script>document.currentScript?.parentElement?.setUp?.()</script>
</mlkit-explore>
"""


def _control_html(figure, control):
    id_ = f"explore-{figure}_{control.name}"  # no figure has an underscore in its name: no two ids are the same
    label = f'<label for="{id_}">{escape(control.label)}</label>'
    if control.is_choice:
        options = "".join(
            f'<option value="{i}"{" selected" if i == control.start else ""}>{escape(text)}</option>'
            for i, text in enumerate(control.texts)
        )
        field = f'<select id="{id_}" name="{control.name}">{options}</select>'
    else:
        width = max(map(len, control.texts))
        text = escape(control.texts[control.start])
        field = (
            f'<input id="{id_}" name="{control.name}" type="range" min="0" max="{len(control.values) - 1}"'
            f' value="{control.start}" aria-valuetext="{text}">'
            f'<output for="{id_}" aria-live="off" style="min-width:{width}ch">{text}</output>'
        )
    return f'<div class="mlkit-control">{label}{field}</div>\n'


def _buttons_html(play):
    play = '<button type="button" class="mlkit-play">Play</button>' if play else ""
    return (
        f'<div class="mlkit-buttons">{play}<button type="button" class="mlkit-reset">Reset</button>'
        '<button type="button" class="mlkit-link">Copy link</button></div>\n'
    )

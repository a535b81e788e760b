"""The published life: every frame drawn, packed into the page, and moved by ``explore.js`` without a kernel."""

import base64
import json
from html import escape

from mlkit.explore.controls import described, words_of
from mlkit.explore.frames import draw_all, pack
from mlkit.page_assets import page_assets


class Published:
    """A slider figure for a page: what ``explore`` returns when the book is built."""

    def __init__(self, draw, controls, name, play, interval, handles, count):
        self.pictures, self._png = draw_all(draw, controls, name, count, handles)
        self.controls, self.name, self.play, self.interval = controls, name, play, interval
        self.handles = handles
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
        return f"""\
<mlkit-explore id="explore-{self.name}" data-name="{self.name}">
{self._first.html(self.name)}
<p class="mlkit-values">{escape(described(self.controls, self._start))}</p>
<p class="mlkit-still">This picture moves where its page may run a script; here it stays as it is.</p>
<form class="mlkit-controls" autocomplete="off" aria-label="Controls of the figure {self.name.replace("-", " ")}">
{self._controls()}</form>
<script type="application/json">{self._data()}</script>
<script type="text/plain">{pack(self.pictures, self.name)}</script>
<div class="mlkit-spoken" aria-live="polite"></div>
</mlkit-explore>
"""

    def _controls(self):
        fields = [_control_html(self.name, control) for control in self.controls]
        return "".join([_switch_html(self.panel_names), *fields, _buttons_html(self.play)])

    def _data(self):
        controls = [{"name": c.name, "texts": c.texts, "start": c.start} for c in self.controls]
        handles = {
            handle: {
                "controls": moved,
                "panel": self._first.handles[handle][0],
                "words": f"drag: {words_of(moved, self.controls)}",
            }
            for handle, moved in self.handles.items()
        }
        data = {"play": self.play, "interval": self.interval, "controls": controls, "handles": handles}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")

    @property
    def panel_names(self):
        """What each panel is called where one is shown at a time: its title or an axis that stays, else a number."""
        of_each_panel = zip(*(picture.names for picture in self.pictures), strict=True)
        found = [_first_that_stays(names) for names in of_each_panel]
        return [name if name and found.count(name) == 1 else f"picture {i}" for i, name in enumerate(found, 1)]


def _first_that_stays(names):
    """Of (title, y axis, x axis) in all frames, the first that never changes and is more than a letter, as x₂ is."""
    for texts in map(set, zip(*names, strict=True)):
        if len(texts) == 1 and len(max(texts)) > 2:
            return texts.pop()
    return None


def _switch_html(names):
    """Buttons for a narrow page, where one of several panels is shown at a time."""
    if len(names) == 1:
        return ""
    buttons = "".join(
        f'<button type="button" aria-pressed="{"true" if i == 0 else "false"}">{escape(name)}</button>'
        for i, name in enumerate(names)
    )
    return f'<div class="mlkit-switch" role="group" aria-label="which picture">{buttons}</div>\n'


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
        text = escape(control.texts[control.start])
        field = (
            f'<input id="{id_}" name="{control.name}" type="range" min="0" max="{len(control.values) - 1}"'
            f' value="{control.start}" aria-valuetext="{text}">'
            f'<output for="{id_}" aria-live="off">{text}</output>'
        )
    return f'<div class="mlkit-control">{label}{field}</div>\n'


def _buttons_html(play):
    play = '<button type="button" class="mlkit-play">Play</button>' if play else ""
    return (
        f'<div class="mlkit-buttons">{play}<button type="button" class="mlkit-reset">Reset</button>'
        '<button type="button" class="mlkit-link">Copy link</button></div>\n'
    )

"""The live life: the same figure in JupyterLab, drawn by the kernel when a slider asks for a frame."""

import asyncio
import base64
from html import escape

import ipywidgets as widgets

from mlkit.explore.controls import described, words_of
from mlkit.explore.frames import draw_frame
from mlkit.page_assets import style_in_page

CAPTION = "A ring marks what can be dragged on the published page; here the sliders below move it."


class Live:
    """A slider figure in front of a running kernel: what ``explore`` returns when a person is there."""

    def __init__(self, draw, controls, name, play, interval, handles):
        self._draw, self.controls, self.name = draw, controls, name
        self._handles = {handle: f"moved by {words_of(moved, controls)}" for handle, moved in handles.items()}
        self._seen = {}  # frames already drawn, by position
        self._wanted = None  # the newest position asked for and not yet shown
        self._frame = widgets.HTML()
        self.sliders = {c.name: _widget(c) for c in controls}
        # What cannot be drawn fails here, in the cell.
        first = draw_frame(draw, controls, self.positions, name, self._handles)
        self._png, self._alt = first.png(), first.alt
        first.recycle()
        self._seen[self.positions] = first.html(name, self._handles)
        self._show(self.positions)
        for slider in self.sliders.values():
            slider.observe(self._ask, names="index")
        caption = [widgets.HTML(f'<p class="mlkit-caption">{CAPTION}</p>')] if handles else []
        rows = [self._frame, *caption, *self.sliders.values(), self._buttons(play, interval)]
        self.box = widgets.VBox([widgets.HTML(style_in_page()), *rows])
        self.box.add_class("mlkit-live")

    @property
    def positions(self):
        """Where every control stands now."""
        return tuple(slider.index for slider in self.sliders.values())

    @property
    def html(self):
        """The frame on show."""
        return self._frame.value

    def reset(self, *_):
        """Every control back to its start."""
        for control in self.controls:
            self.sliders[control.name].index = control.start

    def _ask(self, _):
        """Note what is wanted; draw it once the messages already waiting are read, so that the last value wins."""
        drawing_soon = self._wanted is not None
        self._wanted = self.positions
        if self._wanted in self._seen:
            self._answer()
        elif not drawing_soon:
            try:
                asyncio.get_running_loop().call_later(0.01, self._answer)
            except RuntimeError:  # no kernel, no messages: draw at once
                self._answer()

    def _answer(self):
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._show(wanted)

    def _show(self, positions):
        html = self._seen.get(positions)
        if html is None:
            html = self._draw_html(positions)
        self._frame.value = html

    def _draw_html(self, positions):
        try:
            frame = draw_frame(self._draw, self.controls, positions, self.name, self._handles)
        except Exception as error:  # a frame that fails is shown as such and not kept: the next may be well
            where = escape(described(self.controls, positions))
            return f'<div class="mlkit-error" role="alert"><b>{where}</b><pre>{escape(str(error))}</pre></div>'
        frame.recycle()
        self._seen[positions] = frame.html(self.name, self._handles)
        return self._seen[positions]

    def _buttons(self, play, interval):
        reset = widgets.Button(description="Reset", tooltip="Every control back to its start")
        reset.on_click(self.reset)
        if play is None:
            return widgets.HBox([reset])
        slider = self.sliders[play]
        player = widgets.Play(max=len(slider.options) - 1, value=slider.index, interval=interval, show_repeat=False)
        widgets.jslink((player, "value"), (slider, "index"))  # in the browser: the kernel only draws
        return widgets.HBox([player, reset])

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = self.box._repr_mimebundle_()
        bundle["text/plain"] = self._alt
        bundle["image/png"] = base64.b64encode(self._png).decode()
        return bundle


def _widget(control):
    options = [(text, i) for i, text in enumerate(control.texts)]
    common = {"options": options, "index": control.start, "description": control.label}
    common["style"] = {"description_width": "initial"}
    if not control.is_choice:
        return widgets.SelectionSlider(**common, layout={"width": "min(100%, 32rem)"})
    if len(options) <= 4 and sum(map(len, control.texts)) <= 40:
        return widgets.ToggleButtons(**common)
    return widgets.Dropdown(**common, layout={"width": "max-content"})

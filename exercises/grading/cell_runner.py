"""A kernel that runs one cell at a time: within a time limit, and with output that is bounded."""

import json
import queue
import time
from math import inf

LONGEST = 100_000  # characters of text that are kept of one cell
LARGEST = 2_000_000  # characters of pictures that are kept of one cell
PATIENCE = 1.5  # seconds from an interrupt to the end of a cell, before the kernel is stopped
LAST_WORDS = 10  # seconds from a kernel's answer to the output that it still owes: megabytes take their time
SCORE = "application/vnd.mlkit.score+json"  # `MIME` of `mlkit.checks.score`, which takes long to import
FINE, SLOW, STUCK, DEAD = "fine", "interrupted", "stuck", "dead"


class CellRunner:
    """One kernel, started in the folder ``place``."""

    def __init__(self, place):
        from jupyter_client import KernelManager

        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(place), extra_arguments=["--HistoryManager.hist_file=:memory:"])
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, source, seconds):
        """Run a cell; return what became of it (`FINE`, `SLOW`, `STUCK` or `DEAD`) and its outputs."""
        message = self.client.execute(source, allow_stdin=False)
        outputs = Outputs()
        fate = self._listen(message, outputs, time.monotonic() + seconds)
        if fate == SLOW and not self._interrupted(message, outputs):
            fate = STUCK
        return fate, outputs.kept

    def _interrupted(self, message, outputs):
        """Interrupt, twice if need be; True if the cell then came to an end."""
        for _ in range(2):
            self.manager.interrupt_kernel()
            if self._listen(message, outputs, time.monotonic() + PATIENCE) == FINE:
                return True
        return False

    def _listen(self, message, outputs, deadline):
        """Collect outputs until the kernel says that it is done, is dead, or time is over."""
        replied = False
        while time.monotonic() < deadline:
            try:
                said = self.client.get_iopub_msg(timeout=0.25)
            except queue.Empty:
                if not self.manager.is_alive():
                    return DEAD
                if not replied and self._has_replied(message):  # output comes another way, and may come later
                    replied, deadline = True, time.monotonic() + LAST_WORDS
                continue
            if said["parent_header"].get("msg_id") == message and outputs.take(said):
                return FINE
        return FINE if replied else SLOW  # done, though its last word got lost in a flood of output

    def _has_replied(self, message):
        try:
            return self.client.get_shell_msg(timeout=0)["parent_header"].get("msg_id") == message
        except queue.Empty:
            return False

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


class Outputs:
    """The outputs of a cell as a notebook keeps them, up to a length."""

    def __init__(self):
        self.kept, self.text, self.pictures = [], LONGEST, LARGEST

    def take(self, message):
        """Keep what this message shows; True if it says that the cell is done."""
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            self._stream(content["name"], content["text"])
        elif kind in ("display_data", "execute_result"):
            self._display(kind, content)
        elif kind == "error":
            lines = [line[:2000] for line in content["traceback"][-30:]]
            self.kept.append({"output_type": "error", **_short(content, ("ename", "evalue")), "traceback": lines})
        elif kind == "clear_output":
            self.kept.clear()
        return kind == "status" and content["execution_state"] == "idle"

    def _stream(self, name, text):
        if self.text < 0:  # it has been said that the rest is cut off
            return
        if len(text) > self.text:
            text = text[: self.text] + "\n… the rest of the output was cut off\n"
        self.text -= len(text)
        last = self.kept[-1] if self.kept else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.kept.append({"output_type": "stream", "name": name, "text": text})

    def _display(self, kind, content):
        lengths = {mime: _length(mime, value) for mime, value in content["data"].items()}
        data = {mime: value for mime, value in content["data"].items() if lengths[mime] <= self.pictures}
        self.pictures -= sum(lengths[mime] for mime in data)
        made = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            made["execution_count"] = None
        self.kept.append(made)


def _length(mime, value):
    """Characters of a text, or of the data of a score; of anything else too many."""
    if isinstance(value, str):
        return len(value)
    return len(json.dumps(value)) if mime == SCORE else inf


def _short(content, names):
    return {name: str(content.get(name, ""))[:2000] for name in names}

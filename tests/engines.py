"""Two more browsers to read the book with: Firefox, told what to do in WebDriver BiDi, and WebKitGTK, in WebDriver.

Neither needs a driver of somebody else's. What a test says to them is the same for both, see ``Engine``.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

import psutil
from book_fixtures import LET_GO

from book.processes import end

SECONDS = 60  # the longest that anything may take: a browser that starts on a busy machine
DESK = (1280, 900)
STEPS = 8  # from where a pointer is pressed to where it is let go
FRAME = 17  # ms; a page sees each step of a pointer in a frame of its own


class Missing(Exception):
    """An engine cannot be had here; the message says what to install."""


class Engine:
    """A browser that shows one page at a time."""

    hands = ("mouse",)  # the pointers that it has

    def opens(self, path, fragment=""):
        """Open a file of the disk, and return once it is loaded with all that it asks for."""
        self.navigate(Path(path).as_uri() + fragment)

    def evaluate(self, function, *arguments):
        """Call a JavaScript function in the page and return what it returns, or promises."""
        called = f"await ({function})(...{json.dumps(arguments)})"
        return json.loads(self.run(f"(async () => JSON.stringify({called}) ?? 'null')()"))

    def wait_until(self, function, *arguments):
        """Wait until a JavaScript function in the page returns what is true."""
        wait_for(lambda: self.evaluate(function, *arguments), f"{function} {arguments}")

    def drag(self, start, end, hand="mouse"):
        """Press at a place of the window, (x, y), move to another one in steps, and let go."""
        places = [[a + (b - a) * step / STEPS for a, b in zip(start, end, strict=True)] for step in range(1, STEPS + 1)]
        self.point(hand, _move(start), _button("pointerDown"), *(_move(to, FRAME) for to in places))

    def click(self, place, hand="mouse"):
        """Press at a place of the window, and let go before it takes long: a finger that rests means something else."""
        self.point(hand, _move(place), _button("pointerDown"))

    def point(self, hand, *actions):
        """Do this with a pointer and let go; return once the page has heard of that."""
        self.evaluate(LET_GO)
        given = {"type": "pointer", "id": hand, "parameters": {"pointerType": hand}}
        self.act([given | {"actions": [*actions, _button("pointerUp")]}])
        self.evaluate("() => window.letGo.then(() => null)")


class Firefox(Engine):
    """``firefox --headless``, through the socket that it opens itself."""

    hands = ("mouse", "touch")

    def __init__(self, started):
        program, connect = _firefox(), _sockets()
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="mlkit-firefox-")))
        command = [program, "--headless", "--remote-debugging-port", "0", "--profile", folder]
        said = started.enter_context(running(command, folder, MOZ_CRASHREPORTER_DISABLE="1"))
        address = said(r"WebDriver BiDi listening on (ws://\S+)\n")
        # Firefox lets no web page in, and takes whoever names an origin for one.
        socket = connect(f"{address}/session", suppress_origin=True, timeout=SECONDS)
        self.socket = started.enter_context(contextlib.closing(socket))
        self.asked, self.heard = 0, []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])
        self.context = self.command("browsingContext.getTree")["contexts"][0]["context"]
        self.resize(*DESK)

    def command(self, method, **parameters):
        """Ask for something and wait for the answer, which comes after all that the page complained of before."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while (heard := json.loads(self.socket.recv())).get("id") != self.asked:
            self.hear(heard)
        if heard["type"] == "error":
            raise RuntimeError(f"{method}: {heard['message']}")
        return heard["result"]

    def hear(self, event):
        entry = event.get("params", {})
        if entry.get("level") in ("error", "warn"):
            frames = entry.get("stackTrace", {}).get("callFrames") or [{"url": "no script"}]
            self.heard.append(f"console {entry['level']}: {entry['text']} ({frames[0]['url']})")

    def navigate(self, address):
        self.heard.clear()
        self.command("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def complaints(self):
        """The errors and warnings that the page had since it was opened, or since this was asked the last time."""
        self.evaluate("() => null")
        complaints, self.heard = self.heard, []
        return complaints

    def run(self, expression):
        target = {"context": self.context}
        answer = self.command("script.evaluate", expression=expression, target=target, awaitPromise=True)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"]["value"]

    def act(self, actions):
        self.command("input.performActions", context=self.context, actions=actions)

    def resize(self, width, height):
        """Make the inside of the window so large."""
        viewport = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self.context, viewport=viewport)


class WebKit(Engine):
    """WebKitGTK's MiniBrowser, on a screen that nobody sees. Its window cannot be narrower than 447 pixels."""

    def __init__(self, started):
        screen, driver, browser = _webkit()
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="mlkit-webkit-")))
        said = started.enter_context(running([screen, "-displayfd", "1", "-screen", "0", "1600x1200x24"], folder))
        process = started.enter_context(_process([driver, "--port=0"], folder, _settings(folder, said(r"^(\d+)\n"))))
        self.driver = HTTPConnection("127.0.0.1", _port(process), timeout=SECONDS)
        started.callback(self.driver.close)
        options = {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}}
        session = self.command("/session", capabilities={"alwaysMatch": options})
        self.session = f"/session/{session['sessionId']}"
        self.resize(*DESK)

    def command(self, path, **body):
        self.driver.request("POST", path, json.dumps(body))
        response = self.driver.getresponse()
        answer = json.loads(response.read())["value"]
        if response.status != 200:
            raise RuntimeError(f"{path}: {answer['error']}: {answer['message']}")
        return answer

    def navigate(self, address):
        self.command(f"{self.session}/url", url=address)
        self.evaluate(LISTEN)

    def complaints(self):
        """As in Firefox, but since the page was loaded: WebDriver says nothing of consoles, so the page does itself."""
        return self.evaluate("() => window.complaints.splice(0)")

    def run(self, expression):
        return self.command(f"{self.session}/execute/sync", script=f"return {expression}", args=[])

    def act(self, actions):
        self.command(f"{self.session}/actions", actions=actions)

    def resize(self, width, height):
        """Make the inside of the window so large: the window itself is larger by its own frame."""
        self.command(f"{self.session}/window/rect", width=width, height=height)
        outer, inner = self.evaluate("() => [[outerWidth, outerHeight], [innerWidth, innerHeight]]")
        frame = [a - b for a, b in zip(outer, inner, strict=True)]
        self.command(f"{self.session}/window/rect", width=width + frame[0], height=height + frame[1])
        self.wait_until("(width, height) => innerWidth === width && innerHeight === height", width, height)


ENGINES = {"firefox": Firefox, "webkit": WebKit}

# From now on a page keeps its errors and warnings.
LISTEN = """() => {
  window.complaints = [];
  for (const level of ['error', 'warn']) {
    const before = console[level];
    console[level] = (...said) => {
      complaints.push(`console ${level}: ${said.join(' ')}`);
      before.apply(console, said);
    };
  }
  addEventListener('error', (event) => complaints.push(`page error: ${event.message}`));
  addEventListener('unhandledrejection', (event) => complaints.push(`page error: ${event.reason}`));
}"""


def _move(place, duration=0):
    x, y = map(round, place)
    return {"type": "pointerMove", "x": x, "y": y, "duration": duration}


def _button(kind):
    return {"type": kind, "button": 0}


@contextlib.contextmanager
def engine_started(name):
    """An engine, ready to open a page. On leaving, its processes end and its files are removed."""
    with contextlib.ExitStack() as started:
        yield ENGINES[name](started)


def wait_for(ask, what):
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + SECONDS
    while not (answer := ask()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {SECONDS} seconds")
        time.sleep(0.02)
    return answer


@contextlib.contextmanager
def running(command, folder, **settings):
    """Run a program; yields what waits until it has said something, and returns the part in brackets."""
    name = Path(command[0]).name
    log = folder / f"{name}.txt"

    def said(pattern):
        return wait_for(lambda: re.search(pattern, log.read_text(errors="replace"), re.MULTILINE), f"{name}: {pattern}")

    with _process(command, folder, os.environ | settings):
        yield lambda pattern: said(pattern)[1]


@contextlib.contextmanager
def _process(command, folder, environment):
    """A program at work, whose words go to a file; on leaving, nothing that it started goes on."""
    with open(folder / f"{Path(command[0]).name}.txt", "wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        _end(process)


def _end(process):
    """End a program and what it started, also what would outlive it."""
    parent = psutil.Process(process.pid)
    end([*parent.children(recursive=True), parent], within=10)
    process.wait()


def _port(process):
    """The port where a program listens, once it does."""
    watched = psutil.Process(process.pid)
    return wait_for(lambda: [c.laddr.port for c in watched.net_connections() if c.status == "LISTEN"], "a port")[0]


def _settings(folder, display):
    """What lets WebKitGTK run on a screen without a graphics card, and keep what it keeps in a folder of its own."""
    own = {"HOME": str(folder), "DISPLAY": f":{display}", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
    drawn = ("WEBKIT_DISABLE_COMPOSITING_MODE", "WEBKIT_DISABLE_DMABUF_RENDERER", "LIBGL_ALWAYS_SOFTWARE")
    desktop = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if name not in desktop}
    return kept | own | dict.fromkeys(drawn, "1")


def _firefox():
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if not program:
        raise Missing("no Firefox on the PATH: on Debian `apt install firefox-esr` brings one")
    return program


def _sockets():
    try:
        from websocket import create_connection
    except ImportError:
        raise Missing("to talk to Firefox: `python -m pip install websocket-client`") from None
    return create_connection


def _webkit():
    """The programs for the screen, for WebDriver, and for the pages."""
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    programs = [shutil.which("Xvfb"), shutil.which("WebKitWebDriver"), *map(str, browsers[-1:])]
    if len(programs) < 3 or not all(programs):
        raise Missing("no WebKitGTK: on Debian `apt install webkit2gtk-driver xvfb` brings it, and a screen for it")
    return programs

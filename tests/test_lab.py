"""JupyterLab for real: chapter 1 in a browser, all cells run, a slider moved, the same pictures as published.

The server listens on this machine only, and keeps whatever it writes in a temporary folder.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from book_fixtures import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.build, pytest.mark.xdist_group("lab")]
CHAPTER = "01-perceptron.ipynb"
PLACES = ("CONFIG", "DATA", "RUNTIME")

FIRST = ".mlkit-live >> nth=0"

# What a live figure shows: its picture, and the value written beside each control, in order.
LOOK = """(figure) => {
  const value = (control) => (control.querySelector('.widget-readout') ?? control.querySelector('.mod-active') ??
    control.querySelector('select')?.selectedOptions[0]).textContent.trim();
  return {
    html: figure.querySelector('.mlkit-figure').innerHTML,
    label: figure.querySelector('.mlkit-figure').getAttribute('aria-label'),
    texts: [...figure.querySelectorAll('.widget-hslider, .widget-toggle-buttons, .widget-dropdown')].map(value),
  };
}"""

# The published frame for the same texts; both go through one parser, so that only true differences remain. Rings are
# drawn by the kernel in JupyterLab, and by the script in the page.
SAME = """(seen) => {
  const { data, frames } = document.querySelector('mlkit-explore');
  const index = data.controls.reduce((n, c, i) => n * c.texts.length + c.texts.indexOf(seen.texts[i]), 0);
  const parsed = (html) => {
    const element = document.createElement('div');
    element.innerHTML = html;
    element.querySelectorAll('.mlkit-handle').forEach((ring) => ring.remove());
    return element.innerHTML.replace(/>\\s+</g, '><').trim();
  };
  const frame = frames.frames[index].map((line) => frames.lines[line]).join('\\n');
  return [parsed(seen.html) === parsed(frame), seen.label === frames.alts[index]];
}"""

# Milliseconds from a key press to the changed picture.
TIMED = """(figure) => {
  window.steps = [];
  figure.addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
  new MutationObserver(() => {
    if (window.pressed) window.steps.push(performance.now() - window.pressed);
    window.pressed = 0;
  }).observe(figure.querySelector('.mlkit-figure').closest('.widget-html-content'), { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One temporary folder for the server and all it writes."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(folder):
    """The address of a JupyterLab that serves a copy of the chapters, with the settings of ``make lab``."""
    for name in ("chapters", "lab"):
        shutil.copytree(ROOT / name, folder / name)
    port, token = free_port(), secrets.token_hex(16)
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": token,
        "LabApp.expose_app_in_browser": True,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--config", "lab/config.py"]
    command += [f"--{option}={value}" for option, value in options.items()]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env=environment(folder), cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(server, f"http://127.0.0.1:{port}/api/status?token={token}", folder / "log.txt")
            yield f"http://127.0.0.1:{port}", token
        finally:
            server.terminate()  # it ends its kernels first
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def environment(folder):
    """Nothing of the user's JupyterLab is read or written; that figures are live they find out for themselves."""
    places = {f"JUPYTER_{place}_DIR": folder / place.lower() for place in PLACES}
    places |= {"JUPYTERLAB_SETTINGS_DIR": folder / "settings", "IPYTHONDIR": folder / "ipython", "PYTHONPATH": ROOT}
    kept = {name: value for name, value in os.environ.items() if name not in ("MLKIT_EXPLORE", "JPY_SESSION_NAME")}
    return kept | {name: str(path) for name, path in places.items()}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(server, address, log):
    """Wait until the server answers."""
    until = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}", pytrace=False)


@pytest.fixture(scope="module")
def published(folder, browser):
    """The first slider figure of the chapter as it is published, alive on a page of its own."""
    notebook = json.loads((ROOT / "chapters" / CHAPTER).read_text(encoding="utf-8"))
    calls = [bool(re.search(r"\bexplore\(", "".join(cell["source"]))) for cell in notebook["cells"]]
    code = [c == "code" for c in (cell["cell_type"] for cell in notebook["cells"])]
    first = next(i for i, both in enumerate(zip(calls, code, strict=True)) if all(both))
    notebook["cells"] = notebook["cells"][: first + 1]
    (folder / "short.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output", "run", "short.ipynb"]
    settings = environment(folder) | {"MLKIT_EXPLORE": "published"}
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    cells = json.loads((folder / "run.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = [
        "".join(o["data"]["text/html"]) for c in cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})
    ]
    page = browser.new_page()
    page.set_content("<!doctype html>" + "\n".join(shown))
    page.wait_for_selector("mlkit-explore[alive]", timeout=10_000)
    yield page
    page.close()


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """Chapter 1, open in JupyterLab, with every cell run."""
    address, token = lab
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.route(lambda url: not url.startswith((address, "data:", "blob:")), lambda route: route.abort())
    page.goto(f"{address}/lab/tree/chapters/{CHAPTER}?token={token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel", timeout=60_000
    )
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.ready")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_selector(".mlkit-live .mlkit-figure svg", timeout=60_000)
    yield page
    page.close()


def settled(figure, published, but=None):
    """What the live figure shows once it shows the published frame for its values (and no longer ``but``)."""
    until = time.monotonic() + 10
    while True:
        seen = figure.evaluate(LOOK)
        if seen["texts"] != but and published.evaluate(SAME, seen) == [True, True]:
            return seen
        assert time.monotonic() < until, f"at {seen['texts']}, coming from {but}: not the published picture"
        figure.page.wait_for_timeout(20)


def test_chapter_1_is_live_in_jupyterlab_and_shows_the_published_pictures(notebook, published, record_property):
    for kind in ("stderr", "error"):
        assert notebook.locator(f"[data-mime-type='application/vnd.jupyter.{kind}']").all_text_contents() == []
    figure = notebook.locator(FIRST)
    rings = published.evaluate("() => Object.keys(document.querySelector('mlkit-explore').data.handles).length")
    assert figure.locator(".mlkit-handle").count() == rings > 0
    seen = [settled(figure, published)]
    handle = figure.locator(".noUi-handle").last
    handle.press("Home")
    assert handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemin")
    settled(figure, published)
    figure.evaluate(TIMED)
    for key in ("End", "Home", "ArrowRight"):
        before = figure.evaluate(LOOK)["texts"]
        notebook.keyboard.press(key)
        seen.append(settled(figure, published, but=before))
    assert len({now["html"] for now in seen}) > 1
    record_property("milliseconds from key press to picture", notebook.evaluate("() => steps"))


def test_play_moves_a_live_figure(notebook):
    figure = notebook.locator(".mlkit-live:has(.widget-play)").first
    before = figure.evaluate(LOOK)
    play = figure.locator(".widget-play button").first
    play.press("Enter")
    until = time.monotonic() + 15
    while (now := figure.evaluate(LOOK))["label"] == before["label"]:
        assert time.monotonic() < until, f"nothing plays: {before['texts']} then {now['texts']}"
        notebook.wait_for_timeout(50)
    play.press("Enter")
    assert now["texts"] != before["texts"]
    assert now["html"] != before["html"]

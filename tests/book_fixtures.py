"""The pages of the book as the tests see them: found in ``_toc.yml``, opened as files, watched for every complaint."""

import contextlib
import os
import re
import shutil
import weakref
from datetime import datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
RESTED = 600  # ms; after 400 of rest a figure writes the link and describes the new picture
AN_AGE = 10_000  # ms; whatever was begun is over, and no button says "Copied" any longer
STOPPED = weakref.WeakSet()  # the open pages where no time passes until a test lets it
# Two frames of the screen: what was asked for is painted.
FRAMES = 32  # ms
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
ALIVE = "() => [...document.querySelectorAll('mlkit-explore')].every((figure) => figure.hasAttribute('alive'))"
SETTLED = "async () => { await document.fonts.ready; await window.MathJax?.startup?.promise; }"

# Everything a reader can know about a figure; `expected` is what its frames say about where its controls stand.
LOOK = """(figure) => {
  const fields = [...figure.querySelectorAll('.mlkit-control :is(input, select)')];
  const texts = figure.data.controls.map((control) => control.texts);
  const positions = fields.map((field) => Number(field.value));
  const index = positions.reduce((sum, position, i) => sum * texts[i].length + position, 0);
  const fresh = document.createElement('div');
  fresh.innerHTML = figure.frames.frames[index].map((line) => figure.frames.lines[line]).join('\\n');
  const plain = (node) => node.nodeType === Node.TEXT_NODE ? node.data.trim() : `<${[node.nodeName,
    ...[...node.attributes].map((a) => `${a.name}="${a.value}"`).sort()].join(' ')}>${inside(node)}`;
  const drawn = (node) => !node.classList?.contains('mlkit-handle');
  const inside = (element) => [...element.childNodes].filter(drawn).map(plain).join(''); // attributes in any order
  const picture = figure.querySelector('.mlkit-figure');
  const box = (element) => {
    const { width, height, top, left } = element.getBoundingClientRect();
    return [width, height, top + scrollY, left + scrollX].map((x) => Math.round(10 * x) / 10);
  };
  const visible = picture.getBoundingClientRect();
  return {
    positions,
    texts: positions.map((position, i) => texts[i][position]),
    html: inside(picture),
    expected_html: inside(fresh),
    label: picture.getAttribute('aria-label'),
    expected_label: figure.frames.alts[index],
    said: fields.map((f) => f.getAttribute('aria-valuetext') ?? f.selectedOptions[0].textContent),
    written: fields.map((f) => (f.nextElementSibling ?? f.selectedOptions[0]).textContent),
    on_paper: figure.querySelector('.mlkit-values').textContent,
    labels: fields.map((field) => field.labels[0].textContent),
    spoken: figure.querySelector('.mlkit-spoken').textContent,
    button: figure.querySelector('.mlkit-play')?.textContent,
    box: box(figure),
    on_screen: visible.bottom > 0 && visible.top < innerHeight,
  };
}"""


def book_pages():
    """Every page that ``_toc.yml`` names, without ending: ``chapters/01-perceptron``."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))

    def walk(node):
        for item in node if isinstance(node, list) else [node]:
            if isinstance(item, dict):
                yield from (value for key, value in item.items() if key in ("root", "file"))
                yield from (page for value in item.values() if isinstance(value, list) for page in walk(value))

    return [re.sub(r"\.(md|ipynb)$", "", page) for page in walk(toc)]


@cache
def pages_with_figures():
    """The pages whose source calls ``explore``."""
    sources = {page: [ROOT / f"{page}.ipynb", ROOT / f"{page}.md"] for page in book_pages()}
    texts = {
        page: "".join(p.read_text(encoding="utf-8") for p in paths if p.exists()) for page, paths in sources.items()
    }
    return [page for page, text in texts.items() if "explore(" in text]


# A page as a browser saves it: what it has become, scripts included; its own files lie in a folder beside it, and links
# to other pages have their full address. What a property holds (where a slider stands) is not saved, only attributes.
SAVED = """({ folder, withScripts }) => {
  const shelf = document.implementation.createHTMLDocument(); // where nothing is loaded or comes alive
  shelf.head.append(Object.assign(shelf.createElement('base'), { href: document.baseURI }));
  const copy = shelf.importNode(document.documentElement, true);
  for (const link of copy.querySelectorAll('a[href]')) link.setAttribute('href', link.href);
  for (const name of ['src', 'href'])
    for (const element of copy.querySelectorAll(`:is(script, img, link)[${name}]`))
      element.setAttribute(name, element[name].replace(/.*\\/_static/, folder));
  if (!withScripts) copy.querySelectorAll('script').forEach((script) => script.remove());
  return copy.outerHTML;
}"""


# Where a handle is on the screen, in the middle of its ring; and where it would be with its controls at the end that is
# farther from where they are.
RING = """(figure, name) => {
  const handle = figure.handles.find((handle) => handle.dataset.handle === name);
  const { left, top, width, height } = handle.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""
GOAL = """(figure, name) => {
  const positions = [...figure.positions];
  for (const i of figure.data.handles[name].controls) {
    const last = figure.data.controls[i].texts.length - 1;
    positions[i] = positions[i] > last / 2 ? 0 : last;
  }
  const handle = figure.handles.find((handle) => handle.dataset.handle === name);
  const svg = handle.parentElement.querySelector('svg');
  const { left, top, width, height } = svg.getBoundingClientRect();
  const [x, y] = figure.placeOf(handle, figure.indexOf(positions));
  return [left + (x / svg.viewBox.baseVal.width) * width, top + (y / svg.viewBox.baseVal.height) * height];
}"""


class Figure:
    """A slider figure on an open page, moved as a reader without a mouse would move it."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.element = page.locator(f"#explore-{name}")
        self.handle = self.element.element_handle()  # a locator goes through the whole page each time it is asked
        self.data = self.evaluate("(figure) => figure.data")
        self.controls = [control["name"] for control in self.data["controls"]]
        self.counts = [len(control["texts"]) for control in self.data["controls"]]
        self.start = [control["start"] for control in self.data["controls"]]
        self.played = self.controls.index(self.data["play"]) if self.data["play"] else None

    def evaluate(self, script, argument=None):
        """Call a JavaScript function of the figure."""
        return self.handle.evaluate(script, argument)

    def is_slider(self, control):
        """A slider, or a list of choices."""
        name = self.controls[control]
        return self.evaluate("(figure, name) => figure.querySelector(`[name='${name}']`).type", name) == "range"

    def look(self):
        """What is on the screen once it is painted."""
        paint(self.page)
        return self.evaluate(LOOK)

    def focus(self, part):
        """Put the focus on a part of the figure, where it must be able to stay."""
        there = """(figure, part) => {
          figure.querySelector(part).focus();
          return document.activeElement === figure.querySelector(part);
        }"""
        assert self.evaluate(there, part), f"figure {self.name}: {part} takes no focus"

    def press(self, control, *keys):
        """Focus a control, by its number, and press keys."""
        self.focus(f"[name='{self.controls[control]}']")
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, kind):
        """Focus the button of a kind (play, reset, link) and press Enter."""
        self.focus(f".mlkit-{kind}")
        self.page.keyboard.press("Enter")

    def move_away(self):
        """Move every control to the end where it does not start."""
        for i, start in enumerate(self.start):
            self.press(i, "Home" if start == self.counts[i] - 1 else "End")

    def in_sight(self):
        """Scroll until the picture is in the middle of the screen."""
        self.evaluate("(figure) => figure.querySelector('.mlkit-figure').scrollIntoView({ block: 'center' })")

    def ring(self, handle):
        """Where a handle is on the screen."""
        return self.evaluate(RING, handle)

    def goal(self, handle):
        """Where it would be with its controls at the other end."""
        return self.evaluate(GOAL, handle)

    def wait_until(self, condition):
        """Wait for a JavaScript condition on ``figure``."""
        script = f"(name) => {{ const figure = document.getElementById(name); return {condition}; }}"
        self.page.wait_for_function(script, arg=f"explore-{self.name}", timeout=10_000)

    def run_until(self, condition, step=FRAMES // 2):
        """Let time pass on a stopped page, so many ms at a time, until a JavaScript condition on ``figure`` holds."""
        for _ in range(0, 20_000, step):
            if self.evaluate(f"(figure) => {condition}"):
                return
            self.page.clock.run_for(step)
        raise AssertionError(f"figure {self.name}: never {condition}")

    def rest(self):
        """Let the figure rest on a stopped page; then its picture has been read out."""
        self.page.clock.run_for(RESTED)
        seen = self.evaluate(LOOK)
        assert seen["spoken"] == seen["label"], f"figure {self.name} at {seen['texts']} says {seen['spoken']}"


@contextlib.contextmanager
def opened(context, page_at, fragment="", site="file:", forgiving=None):
    """Open a built page, a file or an address, alive and settled; on leaving, complain of whatever it complained of.

    It may ask for nothing outside ``site``. Complaints that the pattern ``forgiving`` finds do not count.
    """
    page = context.new_page()
    problems = watched(page, site)
    page.goto((page_at if isinstance(page_at, str) else page_at.as_uri()) + fragment)
    page.wait_for_function(ALIVE, timeout=10_000)
    page.evaluate(SETTLED)
    try:
        yield page
        problems = list(problems)  # what breaks off when the page closes is no complaint
        problems = [problem for problem in problems if not (forgiving and forgiving.search(problem))]
    finally:
        page.close()
    assert not problems, f"{page_at}{fragment}:\n" + "\n".join(problems)


class Tab:
    """A tab of a browser, in a context of its own since all pages of a context have one clock.

    While a page loads, its time passes as anywhere. Once the page has settled its clock stops, and all timers of its
    first hour have run: from then on time passes only where a test lets it, with ``page.clock.run_for``.
    """

    def __init__(self, context, script):
        self.page = context.new_page()
        self.page.add_init_script(script)
        self.page.clock.install()
        self.hour = datetime.now()
        self.problems = watched(self.page)
        STOPPED.add(self.page)

    def open(self, address, awake):
        self.problems.clear()
        self.page.emulate_media(media="screen")
        self.page.clock.resume()
        self.page.goto(address)
        self.page.wait_for_function(awake, timeout=10_000)
        self.page.evaluate(SETTLED)
        self.hour += timedelta(hours=1)
        self.page.clock.pause_at(self.hour)
        return self.page

    def leave(self):
        """Leave the page; returns its complaints, without what breaks off by that."""
        problems = list(self.problems)
        self.page.goto("about:blank")
        return problems


class Reader:
    """Someone who opens page after page in the same tab, at a desk or on a phone, and more tabs if need be.

    A tab that has shown a page before shows the next one in half the time. ``script`` comes before those of each page.
    """

    def __init__(self, new_context, script=""):
        self.new_context, self.script, self.idle = new_context, script, []

    @contextlib.contextmanager
    def opens(self, page_at, fragment="", awake=ALIVE, forgiving=None):
        """Open a page as ``opened`` does, once it is awake, and stop its clock."""
        tab = self.idle.pop() if self.idle else Tab(self.new_context(), self.script)
        try:
            yield tab.open(page_at.as_uri() + fragment, awake)
        except BaseException:
            tab.page.context.close()  # nobody knows what is in it
            raise
        problems = [problem for problem in tab.leave() if not (forgiving and forgiving.search(problem))]
        self.idle.append(tab)
        assert not problems, f"{page_at}{fragment}:\n" + "\n".join(problems)


def as_it_was(page):
    """Bring every figure of a stopped page to its start, leave nothing in its address, and let it rest."""
    page.clock.run_for(AN_AGE)
    page.evaluate("""() => {
      const figures = [...document.querySelectorAll('mlkit-explore')];
      for (const figure of figures) figure.moveTo([...figure.start].map(() => 0)), figure.reset();
      for (const figure of figures) figure.spoken.textContent = '';
      history.replaceState(null, '', location.pathname);
      scrollTo(0, 0);
    }""")
    page.clock.run_for(RESTED)
    assert page.evaluate("""() => [...document.querySelectorAll('mlkit-explore')]
      .every((figure) => figure.spoken.textContent)""")
    return page


def watched(page, site="file:"):
    """Collect a page's errors, its warnings, and whatever it asks for outside its site (which gets no answer)."""
    problems = []
    outside = re.compile(rf"^(?!{re.escape(site)}|data:|blob:|about:)")

    def on_console(message):
        if message.type in ("error", "warning"):
            problems.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def refuse(route):
        problems.append(f"asks for {route.request.url}")
        route.abort()

    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on("requestfailed", lambda request: problems.append(f"cannot load {request.url}"))
    page.on("websocket", lambda socket: problems.append(f"opens a socket to {socket.url}"))
    page.route(outside, refuse)
    return problems


def save_page(page, path, static, with_scripts=True):
    """Save an open page as the browser's "Save page as…, complete" does; some other ways of saving leave scripts out.

    ``static`` is the book's folder of that name. MathJax stays behind: a page whose formulas are set has no use for it.
    """
    folder = path.with_name(f"{path.stem}_files")
    shutil.copytree(static, folder, ignore=shutil.ignore_patterns("mathjax"))
    html = page.evaluate(SAVED, {"folder": folder.name, "withScripts": with_scripts})
    path.write_text(f"<!DOCTYPE html>\n{html}", encoding="utf-8")
    return path


def figures_on(page):
    """Every slider figure of an open page."""
    names = page.locator("mlkit-explore").evaluate_all("(all) => all.map((figure) => figure.dataset.name)")
    return [Figure(page, name) for name in names]


def paint(page):
    """Let what was asked for be painted."""
    if page in STOPPED:
        page.clock.run_for(FRAMES)
    else:
        page.evaluate(PAINTED)


# A promise that is kept when the page has heard that a pointer was let go, or that it scrolls in its place.
LET_GO = """() => {
  window.letGo = new Promise((done) => {
    for (const end of ['pointerup', 'pointercancel']) addEventListener(end, done, { once: true, capture: true });
  });
}"""


def swipe(page, start, end, steps=8):
    """A finger on the glass, from one place to another; on return the page has heard of all of it."""
    page.evaluate(LET_GO)
    glass = page.context.new_cdp_session(page)
    glass.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [dict(zip("xy", start, strict=True))]})
    for i in range(1, steps + 1):
        at = {axis: a + (b - a) * i / steps for axis, a, b in zip("xy", start, end, strict=True)}
        glass.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        paint(page)
    glass.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    glass.detach()
    page.evaluate("() => window.letGo.then(() => null)")
    paint(page)


def assert_true_to_its_frames(figure):
    """The picture, its alt text and every written value are those of where the controls stand."""
    seen = figure.look()
    where = f"figure {figure.name} at {seen['texts']}"
    assert seen["html"] == seen["expected_html"], f"{where} shows another frame"
    assert seen["label"] == seen["expected_label"], f"{where} describes another frame"
    assert seen["said"] == seen["texts"], f"{where} has aria-valuetext {seen['said']}"
    assert seen["written"] == seen["texts"], f"{where} writes {seen['written']}"
    assert all(seen["labels"]), f"{where} has controls without a label: {seen['labels']}"
    on_paper = ", ".join(f"{label} = {text}" for label, text in zip(seen["labels"], seen["texts"], strict=True))
    assert seen["on_paper"] == on_paper, f"{where} prints {seen['on_paper']}"
    return seen


def link_of(page, *names):
    """The fragment of a stopped page's address, once its figures have rested: it tells the states of these."""
    page.clock.run_for(RESTED)
    fragment = page.evaluate("() => location.hash")
    assert all(f"~{name}?" in fragment for name in names), f"{fragment} does not tell of all of {names}"
    return fragment


@cache
def source(path):
    """A built page, parsed; parsed once, since many pages link to it."""
    return Source(path)


class Source(HTMLParser):
    """A page as it is written: what it loads, links to, names and draws."""

    def __init__(self, path):
        super().__init__()
        self.path, self.html = path, path.read_text(encoding="utf-8")
        self.loads, self.links, self.ids, self.pictures, self.labelled, self.fields = [], [], [], [], [], []
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "id" in given:
            self.ids.append(given["id"])
        loaded = tag not in ("a", "link") or {"stylesheet", "icon", "preload"} & set(given.get("rel", "").split())
        names = ("href", "src", "poster", "data")
        (self.loads if loaded else self.links).extend(given[name] for name in names if given.get(name))
        if "mlkit-figure" in given.get("class", "").split():
            self.pictures.append(given)
        if tag == "label":
            self.labelled.append(given.get("for"))
        if tag in ("input", "select") and given.get("id", "").startswith("explore-"):
            self.fields.append(given["id"])


def lab_needed(what):
    """Skip where the lab cannot be had; fail where it is required."""
    if os.environ.get("MLKIT_REQUIRE_LAB") == "1":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)

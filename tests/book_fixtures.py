"""The pages of the book as the tests see them: found in ``_toc.yml``, opened as files, watched for every complaint."""

import contextlib
import re
import shutil
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
# Two frames of the screen: what was asked for is painted.
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
  const inside = (element) => [...element.childNodes].map(plain).join(''); // whatever the order of the attributes
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
  const copy = document.documentElement.cloneNode(true);
  for (const link of copy.querySelectorAll('a[href]')) link.setAttribute('href', link.href);
  for (const name of ['src', 'href'])
    for (const element of copy.querySelectorAll(`:is(script, img, link)[${name}]`))
      element.setAttribute(name, element[name].replace(/.*\\/_static/, folder));
  if (!withScripts) copy.querySelectorAll('script').forEach((script) => script.remove());
  return copy.outerHTML;
}"""


class Figure:
    """A slider figure on an open page, moved as a reader without a mouse would move it."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.element = page.locator(f'mlkit-explore[name="{name}"]')
        self.data = self.element.evaluate("(figure) => figure.data")
        self.controls = [control["name"] for control in self.data["controls"]]
        self.counts = [len(control["texts"]) for control in self.data["controls"]]
        self.start = [control["start"] for control in self.data["controls"]]
        self.played = self.controls.index(self.data["play"]) if self.data["play"] else None

    def is_slider(self, control):
        """A slider, or a list of choices."""
        return self.element.locator(f'[name="{self.controls[control]}"]').get_attribute("type") == "range"

    def look(self):
        """What is on the screen once it is painted."""
        self.page.evaluate(PAINTED)
        return self.element.evaluate(LOOK)

    def press(self, control, *keys):
        """Focus a control, by its number, and press keys."""
        self.element.locator(f'[name="{self.controls[control]}"]').focus()
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, kind):
        """Focus the button of a kind (play, reset, link) and press Enter."""
        self.element.locator(f".mlkit-{kind}").focus()
        self.page.keyboard.press("Enter")

    def move_away(self):
        """Move every control to the end where it does not start."""
        for i, start in enumerate(self.start):
            self.press(i, "Home" if start == self.counts[i] - 1 else "End")

    def wait_until(self, condition):
        """Wait for a JavaScript condition on ``figure``."""
        script = f"(name) => {{ const figure = document.getElementById(name); return {condition}; }}"
        self.page.wait_for_function(script, arg=f"explore-{self.name}", timeout=10_000)

    def wait_until_described(self):
        """Wait until the figure has rested and its picture was read out."""
        self.wait_until(
            "figure.querySelector('.mlkit-spoken').textContent ==="
            " figure.querySelector('.mlkit-figure').getAttribute('aria-label')"
        )


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
    names = page.locator("mlkit-explore").evaluate_all("(all) => all.map((figure) => figure.getAttribute('name'))")
    return [Figure(page, name) for name in names]


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
    """The fragment of the page's address, once it tells the states of these figures."""
    script = "(names) => names.every((name) => location.hash.includes(`~${name}?`))"
    page.wait_for_function(script, arg=list(names), timeout=10_000)
    return page.evaluate("() => location.hash")


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

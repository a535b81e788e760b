"""Time how fast the figures of the built book move, beside the way of the first edition, and how fast one is drawn.

    make book
    python tests/benchmarks/figures.py --json figures.json

On each page every figure takes steps through its frames, in turns: as ``explore.js`` does it, which touches only the
lines that changed, and as the first edition did, which parsed each frame whole and compared it with the picture on
show. A step is timed from the new values to the painted page, on a desktop, and on a phone's width with a processor
slowed four times. Drawing is timed in processor time, beside plain matplotlib.
"""

import one_thread  # noqa: F401  # isort: skip  (before NumPy is imported, or it is not heard)
import argparse
import io
import json
import shutil
import sys
import time
from pathlib import Path

import matplotlib.figure
import numpy as np
from playwright.sync_api import sync_playwright
from run import interleaved, ratio

from mlkit.explore.controls import read_controls
from mlkit.explore.frames import draw_all
from mlkit.figures import new_axes, picture

ROOT = Path(__file__).resolve().parents[2]
SCREENS = {
    "desktop": ({"viewport": {"width": 1280, "height": 900}}, 1),
    "phone": ({"viewport": {"width": 390, "height": 660}}, 4),
}

# Steps through the frames of a figure, in an order that jumps; how long each took until it was painted, in ms.
STEPS = """async ({ name, steps, whole }) => {
  const figure = document.getElementById(`explore-${name}`);
  figure.scrollIntoView({ block: 'center' });
  const counts = figure.data.controls.map((control) => control.texts.length);
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(null);
  }));
  const morphed = (old, fresh) => {
    const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
    after.forEach((node, i) => (i < before.length ? morph(before[i], node) : old.append(node)));
    before.slice(after.length).forEach((node) => node.remove());
  };
  const morph = (old, fresh) => {
    if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return undefined;
    }
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    return morphed(old, fresh);
  };
  const copy = figure.picture.cloneNode(true); // for the first edition's way
  if (whole) figure.picture.replaceWith(copy);
  const { lines, frames } = figure.frames;
  const inOneGo = () => {
    const fresh = document.createElement('div');
    fresh.innerHTML = frames[figure.indexOf(figure.positions)].map((line) => lines[line]).join('\\n');
    morphed(copy, fresh);
  };
  const byLines = figure.panels; // all that goes with a step (words, values) is done in both ways
  if (whole) figure.panels = byLines.map((panel, i) => ({ show: () => (i === 0 && inOneGo(), true) }));
  const times = [];
  for (let step = -5; step < steps; step++) { // the first ones, right after scrolling, do not count
    const positions = counts.map((count, i) => ((step + 5) * (2 * i + 1)) % count);
    await painted();
    const start = performance.now();
    figure.positions = positions;
    figure.putFields();
    figure.paint();
    const work = performance.now() - start;
    await painted();
    if (step >= 0) times.push([work, performance.now() - start]);
  }
  figure.panels = byLines;
  if (whole) copy.replaceWith(figure.picture);
  return times;
}"""


def measure_page(browser, page_file, steps, rounds):
    """Yield a result for each figure of a page and each screen."""
    for screen, (context, slower) in SCREENS.items():
        page = browser.new_context(**context).new_page()
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(page_file.as_uri())
        page.wait_for_function(
            "() => [...document.querySelectorAll('mlkit-explore')].every((f) => f.matches('[alive]'))"
        )
        page.evaluate("async () => { await document.fonts.ready; await window.MathJax?.startup?.promise; }")
        for name in page.locator("mlkit-explore").evaluate_all("(all) => all.map((figure) => figure.dataset.name)"):
            times = {way: [] for way in ("lines", "whole")}
            for _ in range(rounds):
                for way in times:
                    times[way] += page.evaluate(STEPS, {"name": name, "steps": steps, "whole": way == "whole"})
            lines, whole = (np.array(times[way]) for way in ("lines", "whole"))
            yield {
                "figure": name,
                "screen": screen,
                "p50": round(float(np.median(lines[:, 1])), 1),
                "p95": round(float(np.quantile(lines[:, 1], 0.95)), 1),
                "work": round(float(np.median(lines[:, 0])), 2),
                "whole/lines": ratio(whole[:, 0], lines[:, 0]),
            }
        page.context.close()


X = np.linspace(0, 1, 100)


def draw_ours(k):
    axes = new_axes(xlim=(0, 1), ylim=(-1, 1), xlabel="x", ylabel="y", title=f"k = {k}")
    axes.plot(X, np.sin(k * X))
    return picture(axes, alt=f"A sine of frequency {k} over one unit.")


def draw_plain(k):
    figure = matplotlib.figure.Figure(figsize=(4.6, 3.5))
    axes = figure.subplots()
    axes.plot(X, np.sin(k * X))
    axes.set(xlim=(0, 1), ylim=(-1, 1), xlabel="x", ylabel="y", title=f"k = {k}")
    figure.savefig(io.StringIO(), format="svg")


def measure_drawing(rounds, frames=100):
    """Processor time of a frame of a line plot, in ms: ours, as lines for a page, and plain matplotlib's SVG."""
    controls = read_controls({"k": range(frames)}, {}, {})
    runs = {
        "ours": lambda: draw_all(draw_ours, controls, "waves", frames, {}),
        "plain": lambda: [draw_plain(k) for k in range(0, frames, 5)],
    }
    seconds = interleaved(runs, rounds, clock=time.process_time)
    ours, plain = seconds["ours"] / frames, seconds["plain"] / len(range(0, frames, 5))
    return {"drawing, ms a frame": round(float(np.median(ours)) * 1000, 2), "plain/ours": ratio(plain, ours)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the results to this file")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default="", help="only pages whose name contains this")
    arguments = parser.parse_args()
    drawing = measure_drawing(arguments.rounds)
    sys.stdout.write(f"{json.dumps(drawing)}\n{'figure':>16} screen    p50    p95   work  whole/lines\n")
    results = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for page_file in sorted((ROOT / "_build" / "html" / "chapters").glob("*.html")):
            if arguments.only not in page_file.name or "<mlkit-explore " not in page_file.read_text(encoding="utf-8"):
                continue
            for result in measure_page(chromium, page_file, arguments.steps, arguments.rounds):
                results.append(result)
                whole = result["whole/lines"]["median"]
                numbers = f"{result['p50']:6.1f} {result['p95']:6.1f} {result['work']:6.2f} {whole:12.2f}"
                sys.stdout.write(f"{result['figure']:>16} {result['screen']:8}{numbers}\n")
                sys.stdout.flush()
        chromium.close()
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([drawing, *results], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Weigh and time the pages of the built book: bytes, Tab stops, figures that come alive, and what Lighthouse says.

    make bench-page

Pages are served compressed from this machine, as a host would. With Node, Lighthouse comes in as well: `npm install
--global lighthouse`, or LIGHTHOUSE names its program. Where it is missing its columns stay empty. The numbers of
Lighthouse depend on how busy the machine is; bytes and stops do not.
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".ipynb", ".woff")
# Milliseconds from the parsed document until every figure is alive.
ALIVE = """async () => {
  if (document.readyState === 'loading')
    await new Promise((done) => addEventListener('DOMContentLoaded', done, { once: true }));
  const figures = [...document.querySelectorAll('mlkit-explore')];
  while (!figures.every((figure) => figure.hasAttribute('alive'))) await new Promise((done) => setTimeout(done, 1));
  const [{ domContentLoadedEventStart }] = performance.getEntriesByType('navigation');
  return figures.length ? Math.max(0, performance.now() - domContentLoadedEventStart) : null;
}"""
STOPS = """() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')];
  const stops = all.filter((element) => element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }));
  return [stops.length, stops.findIndex((element) => element.matches('mlkit-explore *')) + 1];
}"""


class Compressed(http.server.SimpleHTTPRequestHandler):
    """Files as a host sends them."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        if path.suffix in COMPRESSED:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=31536000")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def serve(folder):
    """The address of a server for a folder; it ends with the program."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressed, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def weigh(browser, address):
    """What a page takes over the wire, in kilobytes, how often one presses Tab, and when its figures live."""
    context = browser.new_context(viewport={"width": 1350, "height": 940})
    page = context.new_page()
    wire, seen = page.context.new_cdp_session(page), []
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: seen.append(event["encodedDataLength"]))
    page.goto(address, wait_until="commit")
    alive = page.evaluate(ALIVE)
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    stops, slider = page.evaluate(STOPS)
    elements = page.evaluate("() => document.querySelectorAll('*').length")
    context.close()
    sizes = {"KB": sum(seen) / 1000, "requests": len(seen), "elements": elements}
    return sizes | {"stops": stops, "first slider": slider, "alive ms": alive}


def ask_lighthouse(program, address, preset):
    """The four scores out of 100 and the times, on a phone as Lighthouse imagines it or on a desktop."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [program, address, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags=--headless=new {' '.join(FLAGS)}", *preset]
        environment = os.environ | {"CHROME_PATH": browser_path()}
        subprocess.run(command, env=environment, capture_output=True, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))
    scores = [round(100 * found["categories"][name]["score"]) for name in CATEGORIES]
    audits = found["audits"]
    failed = [name for name, audit in audits.items() if audit.get("score") is not None and audit["score"] < 0.9]
    times = {name: round(audits[key]["numericValue"]) for name, key in TIMES.items()}
    return {"scores": scores, "failed": failed} | times


TIMES = {"FCP": "first-contentful-paint", "LCP": "largest-contentful-paint", "TBT": "total-blocking-time"}


def browser_path():
    return shutil.which("chromium") or shutil.which("google-chrome")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pages", nargs="*", help="pages such as chapters/04-backprop (default: index and chapters)")
    wanted = parser.parse_args()
    chapters = sorted(path.stem for path in (wanted.site / "chapters").glob("0*.html"))
    pages = wanted.pages or [f"chapters/{name}" for name in ["index", *chapters]]
    lighthouse = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")
    address, table = serve(wanted.site), {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=[*FLAGS])
        for page in pages:
            table[page] = weigh(browser, f"{address}/{page}.html")
        browser.close()
    for page in pages if lighthouse else []:
        for name, preset in {"mobile": [], "desktop": ["--preset=desktop"]}.items():
            table[page][name] = ask_lighthouse(lighthouse, f"{address}/{page}.html", preset)
    site = sum(path.stat().st_size for path in wanted.site.rglob("*") if path.is_file() and "lab" not in path.parts)
    print(f"the site: {site / 1e6:.1f} MB")
    for page, row in table.items():
        alive = "" if row["alive ms"] is None else f"{row['alive ms']:.0f} ms"
        print(f"{page:<32} {row['KB']:6.0f} KB {row['requests']:3} requests {row['elements']:6} elements"
              f" {row['stops']:4} stops, slider at {row['first slider']:<4} alive {alive}")  # fmt: skip
        for name in ("mobile", "desktop"):
            if name in row:
                scores, failed, *_ = row[name].values()
                times = ", ".join(f"{key} {row[name][key]} ms" for key in TIMES)
                print(f"    {name:<8}{' '.join(f'{score:3}' for score in scores)}  {times}")
                print(f"{'':12}below 0.9: {', '.join(failed)}")
    if wanted.json:
        wanted.json.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

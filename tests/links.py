"""Ask for every address that the texts and the references name: ``python tests/links.py``.

The weekly workflow does. It fails for an address that is gone; one that answers in another way (not to programs, not
today) is only listed. Of a DOI we ask whether it is registered, at doi.org, and do not follow it: publishers turn
programs away. Links within the book are no matter of this: the build stops at one that leads nowhere.
"""

import json
import re
import socket
import sys
import time
from collections import defaultdict
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ("*.md", "*.cff", "LICENSE", "chapters/*.md", "chapters/*.bib", "chapters/*.ipynb", "exercises/**/*.ipynb")
TEXTS += ("mlkit/**/*.py", ".github/**/*.yml")
ADDRESS = re.compile(r"https?://[^\s<>\"'`\\{}|]+")
DOI = re.compile(r"^\s*doi\s*=\s*[{\"]([^}\"]+)", re.MULTILINE)
NOBODY = re.compile(r"^$|(^|\.)(example\.\w+|localhost|127\.0\.0\.1)$")
DOI_HOST = "doi.org"
NO_SUCH_HOST = "no such host"
GONE = (404, 410, NO_SUCH_HOST)
SECONDS, TRIES, PAUSE = 30, 3, 5


def addresses(text):
    """The addresses in a text, DOIs of references among them.

    >>> addresses("See [it](https://example.org/a_(b)), or https://example.org/c. {doi}")
    ['https://example.org/a_(b)', 'https://example.org/c']
    >>> addresses("  doi = {10.1000/(1):a<b>},")
    ['https://doi.org/10.1000/(1):a%3Cb%3E']
    """
    found = [_without_what_follows(address) for address in ADDRESS.findall(text)]
    return found + [f"https://{DOI_HOST}/{quote(doi.strip(), safe='/():;,.-_')}" for doi in DOI.findall(text)]


def _without_what_follows(address):
    """The end of a sentence is no part of an address, nor is the bracket of a link around it."""
    while address and (address[-1] in ".,;:!?*" or (address[-1] in ")]" and not _balanced(address))):
        address = address[:-1]
    return address


def _balanced(address):
    return all(address.count(a) >= address.count(b) for a, b in ("()", "[]"))


def everywhere(root=ROOT):
    """Where each address stands, without names that are nobody to ask."""
    places = defaultdict(set)
    for path in sorted({path for pattern in TEXTS for path in root.glob(pattern)}):
        for address in addresses(_text(path)):
            if not NOBODY.search(urlsplit(address).hostname or ""):
                places[address].add(path.relative_to(root).as_posix())
    return places


def _text(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


class _StayAtDoi(HTTPRedirectHandler):
    """A registered DOI redirects: that is all the answer we need."""

    def redirect_request(self, request, *arguments):
        if urlsplit(request.full_url).hostname == DOI_HOST:
            return None
        return super().redirect_request(request, *arguments)


def answer(address, pause=PAUSE):
    """The status that a server answers with, or in words why there is none; asked again if it may be a mishap."""
    request = Request(address.partition("#")[0], headers={"User-Agent": "Mozilla/5.0 (a weekly check of links)"})
    for again in range(TRIES):
        time.sleep(again * pause)
        try:
            with build_opener(_StayAtDoi).open(request, timeout=SECONDS) as response:
                return response.status
        except HTTPError as error:
            said = error.code
            if said < 500 and said != 429:
                return said
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            said = NO_SUCH_HOST if getattr(reason, "errno", None) == socket.EAI_NONAME else str(reason)
    return said


def main(root=ROOT, pause=PAUSE):
    """Print what is gone and what gave no clear answer; returns the exit status."""
    places, gone, unclear = everywhere(root), [], []
    for address, where in sorted(places.items()):
        said = answer(address, pause)
        if said in GONE:
            gone.append(f"gone ({said}): {address} in {', '.join(sorted(where))}")
        elif not (isinstance(said, int) and said < 400):
            unclear.append(f"no clear answer ({said}): {address} in {', '.join(sorted(where))}")
    print(*unclear, *gone, sep="\n")
    print(f"{len(places)} addresses, {len(gone)} gone, {len(unclear)} without a clear answer")
    return int(bool(gone) or len(unclear) == len(places))  # no answer from anybody: the check itself is broken


if __name__ == "__main__":
    sys.exit(main())

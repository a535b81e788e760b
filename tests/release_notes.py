"""Print what CHANGELOG.md says of the version that a tag names: ``python tests/release_notes.py v0.1.0``.

The release workflow begins with it: a tag that fits neither the package nor CHANGELOG.md and CITATION.cff is refused,
with a sentence for each thing to put right.
"""

import re
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notes(version, changelog):
    """The lines below the heading of a version, up to the next heading; None if there is no such heading."""
    heading = rf"^## {re.escape(version)}(?![\w.])[^\n]*$"
    found = re.search(rf"{heading}(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found and found[1].strip()


def problems(tag, version, changelog, citation):
    """What keeps a tag from being released: a sentence for each.

    >>> list(problems("v0.2.0", "0.1.0", "## 0.2.0, 2027-01-31", "version: 0.2.0"))
    ['The tag is v0.2.0, but mlkit.__version__ is 0.1.0.', 'CHANGELOG.md says nothing below 0.2.0.']
    """
    named = tag.removeprefix("v")
    if tag != f"v{version}":
        yield f"The tag is {tag}, but mlkit.__version__ is {version}."
    if notes(named, changelog) is None:
        yield f"CHANGELOG.md has no heading of {named}."
    elif not notes(named, changelog):
        yield f"CHANGELOG.md says nothing below {named}."
    cited = re.findall(r"^version: *(\S+)", citation, re.MULTILINE)
    if cited != [named]:
        yield f"CITATION.cff is of version {' and '.join(cited) or 'none'}, not of {named}."


def main(tag, root=ROOT):
    """Print the notes; returns the exit status."""
    changelog, citation = ((root / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "CITATION.cff"))
    version = runpy.run_path(str(root / "mlkit" / "__init__.py"))["__version__"]  # needs no package installed
    wrong = list(problems(tag, version, changelog, citation))
    print(*(wrong or [notes(version, changelog)]), sep="\n", file=sys.stderr if wrong else sys.stdout)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

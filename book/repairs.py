"""What the theme writes and a screen reader would trip over, put right in the finished pages."""

import re

ENTRY = r'(<a class="[^"]*reference internal[^"]*" href="[^"]*">([^<"]*)</a><details[^>]*>)<summary>'
REPAIRS = (
    # A button is called what is written on it.
    (re.compile(r'(<button[^>]*\bsearch-button-field\b[^>]*?)\s+aria-label="[^"]*"'), r"\1"),
    # The page of the search has two such fields, and an id may be there only once.
    (re.compile(r'\s+id="search-input"'), ""),
    # Name and search stand in no other landmark.
    (
        re.compile(r'(<div class="bd-sidebar-primary bd-sidebar[^"]*")>'),
        r'\1 role="complementary" aria-label="Sidebar">',
    ),
    # An arrow alone says nothing.
    (re.compile(ENTRY), r'\1<summary aria-label="Below \2">'),
    # A role that was given up; the entries stand in a list.
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
)


def write_repairs(html):
    """Change each page of a site in its place."""
    for path in html.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for pattern, better in REPAIRS:
            text = pattern.sub(better, text)
        path.write_text(text, encoding="utf-8")

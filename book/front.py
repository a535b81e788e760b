"""The page at the root of the site: whoever opens it, or is sent its address, sees which book this is."""

import re
from html import escape

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1.0" />
<title>{title}</title>
{tags}
<link rel="icon" href="data:," />
<meta http-equiv="refresh" content="0; url={home}" />
</head>
<body>
<main>
<h1><a href="{home}">{title}</a></h1>
<p>{about}</p>
</main>
</body>
</html>
"""
TAG = re.compile(r'<meta (?:name|property)="(?:description|og:[^"]*|twitter:[^"]*)"[^>]*>')


def write_front(book, html):
    """It leads on to the first page, and says of itself what that page says."""
    home = f"{book.pages[0]}.html"
    head, _, _ = (html / home).read_text(encoding="utf-8").partition("</head>")
    tags = TAG.findall(head)
    canonical = [f'<link rel="canonical" href="{book.site}{home}" />'] if book.site else []
    about = next((re.search('content="([^"]*)"', tag)[1] for tag in tags if 'name="description"' in tag), "")
    title = escape(book.settings["title"])
    text = PAGE.format(title=title, tags="\n".join(tags + canonical), home=home, about=about)
    (html / "index.html").write_text(text, encoding="utf-8")

"""How the book is made: ``python -m book``, which is what ``make book`` runs.

Jupyter Book does the work. This folder adds what it leaves out: figures are drawn for the page, chapters run again when
mlkit changes and only then, two at a time, progress is printed, a failure names the chapter, the cell and the error,
and the last line is the page to open. Nothing here is imported by a chapter.

The files, in reading order: ``sources`` (what an author writes, and what is wrong with it), ``solutions`` (pages made
from the exercises), ``chapters`` (run them, keep what they showed), ``notebooks`` (run all of them, as the tests do),
``reports`` (what is said meanwhile and at the end), ``processes`` (one build at a time, nothing left behind),
``launch`` (buttons and links once the book is public), ``making`` (all of it) and ``extension`` (repairs within Sphinx,
which loads it by ``_config.yml``). ``lab`` is the course in a browser.
"""

"""The course in a browser, nothing installed: ``python -m book lab``, which is what ``make site`` runs after the book.

In reading order: ``runtime`` (Python for the browser: which files, and where they can be had), ``notebooks`` (the
course's own, as the lab shows them), ``site`` (JupyterLite makes a lab of both). ``extension`` holds two buttons of the
lab, and ``runtime.json`` the name, version and sha256 of each file.
"""

"""JupyterLab as ``make lab`` opens it: on the start page, with the whole repository in reach.

Nothing is written to your own settings, and yours hold here too (theme, keys); those in `overrides.json` are defaults.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

c = get_config()  # noqa: F821 (Jupyter hands it to this file)
c.ServerApp.root_dir = str(ROOT)  # chapters and exercises link to each other, so both must lie below it
c.LabApp.default_url = "/lab/tree/START.md"
c.LabApp.app_settings_dir = str(HERE)  # the folder of overrides.json, and of page_config.json: no panels of nbgrader
c.LabApp.workspaces_dir = str(ROOT / "_build" / "workspaces")  # the open tabs of this course, not of your other work

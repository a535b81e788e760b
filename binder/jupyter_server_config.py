"""The settings of `lab/config.py` for a server that somebody else starts, as Binder does."""

from pathlib import Path

c = get_config()  # noqa: F821 (Jupyter hands it to this file)
load_subconfig("config.py", path=str(Path(__file__).resolve().parent.parent / "lab"))  # noqa: F821
c.ServerApp.default_url = c.LabApp.default_url  # the server opens there too if it is not started as JupyterLab
c.JupyterNotebookApp.default_url = c.LabApp.default_url

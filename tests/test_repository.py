"""The repository as git hands it out."""

import re
import subprocess
import tomllib
from importlib import metadata

import pytest
import yaml
from book_fixtures import ROOT
from lowest_versions import lowest_versions
from packaging.utils import canonicalize_name
from packaging.version import Version

import mlkit


def git(*arguments, folder=ROOT):
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout.decode()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this copy has no history")
def test_a_checkout_on_windows_has_the_same_bytes(tmp_path):
    """Git for Windows is set to end lines with CR LF; checks that compare notebooks would call each of them changed."""
    folder = tmp_path / "windows"
    git("-c", "core.autocrlf=true", "clone", "-q", str(ROOT), str(folder))
    names = [name for name in git("ls-files", "-z", folder=folder).split("\0") if name]
    assert names
    stored = {name: git("show", f"HEAD:{name}", folder=folder) for name in names if not name.endswith(".png")}
    assert [n for n, text in stored.items() if (folder / n).read_bytes() != text.encode()] == []


def workflow(name):
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    return yaml.load(text, yaml.BaseLoader)  # YAML 1.1 takes the key `on` for a truth value


def test_the_book_is_published_only_when_the_tests_of_that_commit_are_green():
    publish = workflow("publish")
    assert publish["on"] == {"workflow_run": {"workflows": ["test"], "types": ["completed"], "branches": ["main"]}}
    build = publish["jobs"]["build"]
    assert "github.event.workflow_run.conclusion == 'success'" in build["if"]
    assert build["steps"][0]["with"]["ref"].startswith("${{ github.event.workflow_run.head_sha }}")
    assert publish["jobs"]["deploy"]["needs"] == "build"
    assert workflow("test")["name"] == "test"


# Versions


def pinned():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(n): Version(v) for n, v in (line.split("==") for line in lines if "==" in line)}


def test_every_lower_bound_is_tried_and_not_above_what_is_pinned():
    assert len(lowest_versions()) > 15
    for name, version in lowest_versions().items():
        assert Version(version) <= pinned()[canonicalize_name(name)], name
    assert any("make lowest" in step.get("run", "") for step in workflow("test")["jobs"]["lowest"]["steps"])


def test_the_distribution_has_a_name_of_its_own_and_the_version_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == "one-neuron-at-a-time"
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "mlkit.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", mlkit.__version__)
    assert metadata.version("one-neuron-at-a-time") == mlkit.__version__


# The Makefile


@pytest.mark.parametrize(("system", "folder"), [("Windows_NT", "Scripts"), ("", "bin")])
def test_a_first_run_looks_where_the_environment_will_be(system, folder, tmp_path):
    """On Windows it has `Scripts`, also when it is not made yet."""
    command = ["make", "-n", "book", f"VENV={tmp_path / 'new'}", f"OS={system}"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert f"new/{folder}/python -m pip install" in said
    assert f"new/{folder}/python -m book" in said

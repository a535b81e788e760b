"""The repository as git hands it out."""

import json
import os
import re
import subprocess
import tomllib
from importlib import metadata

import pytest
import release_notes
import yaml
from book_fixtures import ROOT
from exercise_fixtures import question_keys
from lowest_versions import lowest_versions
from packaging.utils import canonicalize_name
from packaging.version import Version
from traitlets.config.loader import PyFileConfigLoader

import mlkit

shell = pytest.mark.skipif(os.name == "nt", reason="it is a script for a shell")
WORKFLOWS = sorted(path.stem for path in (ROOT / ".github" / "workflows").glob("*.yml"))


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


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


# The workflows


def workflow(name):
    return yaml.load(text(f".github/workflows/{name}.yml"), yaml.BaseLoader)  # YAML 1.1 takes the key `on` for true


def commands(job):
    return [step["run"].strip() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_only_read_and_every_job_ends(name):
    """What may write runs no code of ours: it checks nothing out."""
    found = workflow(name)
    assert found["permissions"] == {"contents": "read"}
    for job in found["jobs"].values():
        assert int(job["timeout-minutes"]) <= 60
        writes = "write" in job.get("permissions", {}).values()
        assert not (writes and any("checkout" in step.get("uses", "") for step in job["steps"]))
    writing = {(name, job) for name in WORKFLOWS for job, j in workflow(name)["jobs"].items() if "permissions" in j}
    assert writing == {("publish", "deploy"), ("release", "release")}


def test_the_book_is_published_only_when_the_tests_of_that_commit_are_green():
    publish = workflow("publish")
    assert publish["on"] == {"workflow_run": {"workflows": ["test"], "types": ["completed"], "branches": ["main"]}}
    build = publish["jobs"]["build"]
    assert "github.event.workflow_run.conclusion == 'success'" in build["if"]
    assert build["steps"][0]["with"]["ref"].startswith("${{ github.event.workflow_run.head_sha }}")
    assert publish["jobs"]["deploy"]["needs"] == "build"
    assert workflow("test")["name"] == "test"


def test_a_tag_is_looked_at_then_all_is_tested_then_the_wheel_and_the_book_are_released():
    release = workflow("release")
    assert release["on"] == {"push": {"tags": ["v*"]}}
    build, publish = release["jobs"]["build"], release["jobs"]["release"]
    said = "\n".join(commands(build))
    wanted = ("release_notes.py", "make test", "pip wheel", "make book", "zip -q -r")
    assert sorted(wanted, key=said.index) == list(wanted)
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"contents": "write"}
    assert "--verify-tag" in commands(publish)[0]
    assert "--notes-file notes.md" in commands(publish)[0]


def test_what_takes_long_is_done_once_a_week():
    weekly = workflow("weekly")
    assert set(weekly["on"]) == {"schedule", "workflow_dispatch"}
    done = {name: commands(job) for name, job in weekly["jobs"].items()}
    assert done["all-seeds"] == ["make seeds"]
    assert done["parity"] == ["make parity"]
    assert done["links"] == ["python tests/links.py"]


def test_the_versions_of_all_actions_are_looked_after():
    (entry,) = yaml.safe_load(text(".github/dependabot.yml"))["updates"]
    assert (entry["package-ecosystem"], entry["schedule"]["interval"]) == ("github-actions", "weekly")
    assert entry["directory"] == "/"  # for actions that is .github/workflows, and an action.yml at the top
    assert entry["groups"]["actions"]["patterns"] == ["*"]
    assert list((ROOT / ".github").rglob("action.y*ml")) == []
    used = [s["uses"] for name in WORKFLOWS for j in workflow(name)["jobs"].values() for s in j["steps"] if "uses" in s]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action) for action in used)


def test_the_form_for_a_mistake_asks_for_what_is_needed_to_name_it():
    form = yaml.safe_load(text(".github/ISSUE_TEMPLATE/unnamed-mistake.yml"))
    assert {"name", "description", "title", "body"} == set(form)
    assert {field["type"] for field in form["body"]} <= {"markdown", "input", "textarea"}
    fields = {field["id"]: field for field in form["body"] if "id" in field}
    required = [name for name, field in fields.items() if field.get("validations", {}).get("required")]
    assert required == ["key", "answer", "said", "mistake"]
    assert fields["key"]["attributes"]["placeholder"] in question_keys()
    assert form["name"] in text("CONTRIBUTING.md")


# A release


def test_what_is_released_is_named_alike_everywhere():
    cited, settings = yaml.safe_load(text("CITATION.cff")), yaml.safe_load(text("_config.yml"))
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(cited)  # what the format wants
    assert cited["title"] == settings["title"] == re.match("# (.*)", text("README.md"))[1]
    assert [cited["authors"], cited["authors"][0]["name"]] == [project["authors"], settings["author"]]
    bibtex = re.search(r"```bibtex\n(.*?)```", text("README.md"), re.DOTALL)[1]
    assert f"title  = {{{cited['title']}}}" in bibtex
    assert f"author = {{{{{cited['authors'][0]['name']}}}}}" in bibtex
    assert f"year   = {{{cited['date-released'][:4]}}}" in bibtex
    assert f"version {cited['version']}}}" in bibtex
    assert f"\n## {cited['version']}, {cited['date-released']}\n" in text("CHANGELOG.md")


def test_this_version_can_be_released(capsys):
    assert release_notes.main(f"v{mlkit.__version__}") == 0
    said = capsys.readouterr().out
    assert len(said) > 50
    assert "##" not in said


CHANGES = "# Changes\n\n## Unreleased\n\n- soon\n\n## 0.2.0, 2027-01-31\n\n- a\n- b\n\n## 0.1.10\n\n## 0.1.0\n\n- c\n"


def test_notes_are_what_stands_below_the_heading_of_a_version():
    assert release_notes.notes("0.2.0", CHANGES) == "- a\n- b"
    assert release_notes.notes("0.1.0", CHANGES) == "- c"
    assert release_notes.notes("0.1", CHANGES) is None
    assert release_notes.notes("0.2.0", "## 0.2.0") == ""


@pytest.mark.parametrize(
    ("tag", "version", "cited", "said"),
    [
        ("v0.2.0", "0.2.0", "0.2.0", []),
        ("0.2.0", "0.2.0", "0.2.0", ["tag is 0.2.0"]),
        ("v0.2.0", "0.1.0", "0.2.0", ["mlkit.__version__ is 0.1.0"]),
        ("v0.2.0", "0.2.0", "0.1.0", ["CITATION.cff is of version 0.1.0"]),
        ("v0.1.10", "0.1.10", "0.1.10", ["says nothing below 0.1.10"]),
        ("v0.3.0", "0.2.0", "0.2.0", ["mlkit.__version__ is 0.2.0", "no heading of 0.3.0", "not of 0.3.0"]),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(tag, version, cited, said):
    found = list(release_notes.problems(tag, version, CHANGES, f"cff-version: 1.2.0\nversion: {cited}\n"))
    assert len(found) == len(said)
    assert all(part in problem for part, problem in zip(said, found, strict=True))


# JupyterLab without installing anything


def pythons_in_ci():
    steps = [step for job in workflow("test")["jobs"].values() for step in job["steps"]]
    return {step["with"]["python-version"] for step in steps if "python-version" in step.get("with", {})}


@shell
def test_the_dev_container_opens_jupyterlab_as_make_lab_does():
    lines = text(".devcontainer/devcontainer.json").splitlines()
    container = json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))
    docker = text(f".devcontainer/{container['build']['dockerfile']}")
    assert re.search(r"^FROM python:(.*)$", docker, re.MULTILINE)[1] in pythons_in_ci()
    assert f"useradd --create-home --shell /bin/bash {container['remoteUser']}\n" in docker
    made = container["onCreateCommand"].removeprefix("make ")
    shown = subprocess.run(
        ["make", "-n", "--no-print-directory", "lab"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert made in text("Makefile").replace("$(VENV)", ".venv")
    script = container["postAttachCommand"].removeprefix("bash ")
    subprocess.run(["bash", "-n", script], cwd=ROOT, check=True)
    assert f'exec {shown.splitlines()[-1]} "${{options[@]}}"\n' in text(script)
    assert f"--port {container['forwardPorts'][0]} " in text(script)


def test_binder_installs_what_make_lab_installs():
    assert text("binder/runtime.txt").strip().removeprefix("python-") in pythons_in_ci()
    constraints, package = (line for line in text("binder/requirements.txt").splitlines() if line.startswith("-"))
    assert (ROOT / "binder" / constraints.removeprefix("-c ")).resolve() == ROOT / "constraints.txt"
    assert package == "-e .[lab]"


@shell
def test_a_server_that_binder_starts_has_our_settings(tmp_path):
    environment = os.environ | {"NB_PYTHON_PREFIX": str(tmp_path)}
    subprocess.run([ROOT / "binder" / "postBuild"], cwd=ROOT, check=True, env=environment)
    settings = PyFileConfigLoader("jupyter_server_config.py", path=str(tmp_path / "etc" / "jupyter")).load_config()
    assert settings.ServerApp.root_dir == str(ROOT)
    assert settings.LabApp.app_settings_dir == str(ROOT / "lab")
    assert settings.LabApp.default_url == settings.ServerApp.default_url == "/lab/tree/START.md"
    assert (ROOT / "START.md").exists()


# Versions


def pinned():
    lines = text("constraints.txt").splitlines()
    return {canonicalize_name(n): Version(v) for n, v in (line.split("==") for line in lines if "==" in line)}


def test_every_lower_bound_is_tried_and_not_above_what_is_pinned():
    assert len(lowest_versions()) > 15
    for name, version in lowest_versions().items():
        assert Version(version) <= pinned()[canonicalize_name(name)], name
    assert any("make lowest" in step.get("run", "") for step in workflow("test")["jobs"]["lowest"]["steps"])


def test_the_distribution_has_a_name_of_its_own_and_the_version_of_the_package():
    project = tomllib.loads(text("pyproject.toml"))
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


@pytest.fixture
def makefile(tmp_path):
    """The Makefile where the environments are made, with a Python that only says what it was asked to do."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(text(name), encoding="utf-8")
    for environment in (".venv", ".venv-parity"):
        (tmp_path / environment / "bin").mkdir(parents=True)
        python = tmp_path / environment / "bin" / "python"
        python.write_text('#!/bin/sh\necho "$0 $@; $MLKIT_ALL_SEEDS; $MLKIT_REQUIRE_PARITY; $KERAS_BACKEND"\n')
        python.chmod(0o755)
        for made in ("python", "installed-test"):
            (tmp_path / environment / made).touch()

    def make(*arguments):
        keep = {name: value for name, value in os.environ.items() if not re.match("MLKIT_|KERAS_|MAKE|VENV", name)}
        command = ["make", "-s", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=keep, check=True, capture_output=True, text=True)
        return [line for line in done.stdout.splitlines() if ".venv" in line]

    return make


@shell
def test_all_seeds_are_asked_for(makefile):
    assert makefile("seeds") == [".venv/bin/python -m pytest -n 2 tests/test_questions_seeds.py; 1; ; "]


@shell
def test_a_comparison_that_cannot_be_made_is_a_failure_in_make_parity(makefile):
    installed, tried = makefile("parity")
    assert re.search(r" -c constraints.txt torch keras;", installed)
    assert tried.endswith("; ; 1; torch")
    sources = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("*.py")}
    compared = [
        name for name, source in sources.items() if re.search(r"^def test_.*\b(torch|keras)\):", source, re.MULTILINE)
    ]
    assert len(compared) >= 3
    assert all(f" tests/{name}" in tried for name in compared)
    assert [name for name, source in sources.items() if re.search(r"importorskip\(.(torch|keras)", source)] == []

"""No page tells a person to type what nobody has tried."""

import ast
from pathlib import Path

import pytest
import yaml
from walking import ROOT, Walk, commands_of, commands_on, pages

HERE = Path(__file__).resolve().parent


def walked_sections():
    """The sections that journeys name in ``pytest.mark.walks``: each fails if it leaves one of their commands out."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.walks":
                yield tuple(ast.literal_eval(argument) for argument in node.args)


def typed_by_ci():
    """The commands of the workflows: they run for every push, on machines that are new each time."""
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        yield from (step["run"].strip() for job in jobs for step in job.get("steps", ()) if "run" in step)


@pytest.fixture(scope="module")
def walked():
    return {command for section in walked_sections() for command in commands_of(*section)} | set(typed_by_ci())


@pytest.mark.parametrize("page", [page for page in pages() if commands_on(page)])
def test_every_command_on_a_page_is_walked(page, walked):
    assert [c for c in commands_on(page) if c.text not in walked] == []


def test_the_pages_that_people_start_from_have_commands():
    for page in ("README.md", "CONTRIBUTING.md", "chapters/teaching.md", "Makefile"):
        assert commands_on(page), page


def test_a_command_is_a_line_of_a_shell_block_or_a_program_in_a_line_of_text(tmp_path, monkeypatch):
    monkeypatch.setattr("walking.ROOT", tmp_path)
    text = "# Title\nYou need `make`. Say `make lab`, see `lab.py`.\n"
    text += "## Block\n```sh\n# first\n$ ls   # all\n```\n```python\npip = 1\n```\n"
    (tmp_path / "a-page-for-this-test.md").write_text(text, encoding="utf-8")
    found = [(c.heading, c.language, c.text) for c in commands_on("a-page-for-this-test.md")]
    assert found == [("Title", "", "make lab"), ("Block", "sh", "ls")]


def test_a_walk_is_a_terminal_that_refuses_what_is_not_on_the_page(tmp_path):
    walk = Walk(["export PLACE=here", "cd NAME", 'test "$PLACE" = here', "false"], tmp_path)
    (tmp_path / "some where").mkdir()
    walk.run("PLACE=here")
    walk.run("cd NAME", NAME="'some where'")
    assert walk.folder == tmp_path / "some where"
    walk.run("test")
    assert walk.missing() == ["false"]
    with pytest.raises(AssertionError, match="ended with 1"):
        walk.run("false")
    walk.run("false", status=None)
    with pytest.raises(AssertionError, match="stands in none"):
        walk.run("true")

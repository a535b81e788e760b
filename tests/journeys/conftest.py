"""A clone with everything installed as README says, and the walk through the commands of a page."""

import shutil

import pytest
from walking import ROOT, Walk, commands_of, make_clone, restore


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """The repository as a newcomer clones it, in a folder with a blank and an umlaut; nothing is installed."""
    return make_clone(tmp_path_factory.mktemp("journeys") / "Meine Bücher" / ROOT.name)


@pytest.fixture(scope="session")
def built_before(request, clone, built):
    """When all notebooks are tested anyway, the clone's chapters have run before: what they showed is kept."""
    if not any("notebooks" in item.fixturenames for item in request.session.items):
        return
    request.getfixturevalue("notebooks")
    (clone / "_build").mkdir()
    shutil.copytree(built / ".jupyter_cache", clone / "_build" / ".jupyter_cache")
    shutil.copy(built / "code.txt", clone / "_build")


@pytest.fixture(scope="session")
def installed(clone, built_before):
    """The same clone, after the lines of README that make and fill the environment."""
    walk = Walk(commands_of("README.md", "Without make", "sh"), clone)
    for part in ("-m venv", "pip install"):
        walk.run(part)
    return walk


@pytest.fixture(scope="module")
def here(installed):
    """The clone, left as it was found once the journey is over."""
    yield installed.folder
    restore(installed.folder)


@pytest.fixture
def walk(request, here, installed):
    """The commands of the sections that the test's marks name; each must be walked before the test ends."""
    marks = [mark.args for mark in request.node.iter_markers("walks")]
    walk = Walk([command for section in marks for command in commands_of(*section)], here)
    walk.walked |= installed.walked
    yield walk
    failed = getattr(request.node, "failed", False)
    assert failed or not walk.missing(), f"never walked: {walk.missing()}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.failed = report.failed
    return report

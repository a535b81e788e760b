"""The learner with a computer: a command, a page, a chapter, its exercises, a mistake that has a name, and tomorrow."""

import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import subprocess
import termios
import time

import pytest
from lab_screen import (
    IMPORTS,
    MISTAKE,
    QUESTION,
    RIGHT,
    SECONDS,
    WRONG,
    back_to_the_exercises,
    cell,
    check,
    check_of,
    close_the_chapter,
    follow_hint,
    full_marks,
    nothing_popped_up,
    run,
    save,
    shown,
    tab,
    the_exercises_open,
    to_the_top,
    write,
)
from walking import JOURNEY, Walk, clean_environment, commands_of, end, restore

pytestmark = [*JOURNEY, pytest.mark.browser]


# The terminal


@pytest.fixture
def home(tmp_path, here):
    """The home of somebody who never used Jupyter; tests may run as root, which Jupyter wants to be told."""
    restore(here)
    shutil.rmtree(here / "_build" / "workspaces", ignore_errors=True)
    settings = tmp_path / "home" / ".jupyter"
    settings.mkdir(parents=True)
    (settings / "jupyter_config.json").write_text(json.dumps({"ServerApp": {"allow_root": True}}), encoding="utf-8")
    return settings.parent


def without_myst(home):
    """Switch off the extension that renders the book's own Markdown, as a learner can in JupyterLab."""
    (home / ".jupyter" / "labconfig").mkdir()
    disabled = {"disabledExtensions": {"jupyterlab-myst": True}}
    (home / ".jupyter" / "labconfig" / "page_config.json").write_text(json.dumps(disabled), encoding="utf-8")


def with_windows(home):
    """Choose the way in which JupyterLab by itself draws a notebook: what is in sight first, the rest when idle."""
    settings = home / ".jupyter" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    chosen = json.dumps({"windowingMode": "contentVisibility"})
    (settings / "tracker.jupyterlab-settings").write_text(chosen, encoding="utf-8")


class Terminal:
    """A terminal in which one command runs. The browser it would open is ours: it only notes the address."""

    def __init__(self, command, folder, home):
        self.keyboard, self.screen = pty.openpty()
        self.log, self.address = home.parent / "log.txt", home.parent / "address"
        self.address.unlink(missing_ok=True)
        browser = home.parent / "browser"
        browser.write_text(
            f"#!/bin/sh\nprintf %s \"$1\" > '{self.address}.new' && mv '{self.address}'.new '{self.address}'"
        )
        browser.chmod(0o755)
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=folder, env=environment(home) | {"BROWSER": str(browser)},
                stdin=self.screen, stdout=out, stderr=out, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )  # fmt: skip

    def opened(self):
        """The address that the browser is sent to."""
        self._wait(self.address.exists, "opened no browser", 10 * SECONDS)  # it may fill the environment first
        return self.address.read_text(encoding="utf-8")

    def stop(self):
        """Press Ctrl-C, and once more when asked whether it is meant."""
        os.write(self.keyboard, b"\x03")
        self._wait(lambda: "Shut down this Jupyter server" in self.log.read_text(encoding="utf-8"), "asks nothing")
        os.write(self.keyboard, b"\x03")
        self.process.wait(SECONDS)

    def close(self):
        end(self.process)
        os.close(self.keyboard)
        os.close(self.screen)

    def _wait(self, event, complaint, seconds=SECONDS):
        until = time.monotonic() + seconds
        while not event():
            assert self.process.poll() is None and time.monotonic() < until, f"{complaint}: {self.log.read_text()}"
            time.sleep(0.05)


def environment(home):
    """Nothing of the user's Jupyter is read, nothing is written outside the clone and the temporary home."""
    kept = {name: v for name, v in clean_environment().items() if not re.match(r"JUPYTER|XDG_|IPYTHONDIR", name)}
    return kept | {"HOME": str(home)}


@contextlib.contextmanager
def started(command, folder, home):
    terminal = Terminal(command, folder, home)
    try:
        yield terminal
    finally:
        terminal.close()


# The screen


@pytest.fixture
def screen(browser):
    """A laptop's browser, in which nothing but this machine is asked for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.set_default_timeout(1000 * SECONDS)
    yield page
    context.close()
    assert [url for url in asked if not re.match(r"file:|data:|blob:|http://(localhost|127\.0\.0\.1):", url)] == []


def start_page(page, address):
    """What is seen first: the page of chapters and exercises, as a page, whole, and nothing on top of it."""
    page.goto(address)
    shown(page, "h1", has_text="Neural Networks, One Neuron at a Time").wait_for()
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    assert page.url.endswith("/lab/tree/START.md")
    last = shown(page, "li").last.bounding_box()
    assert last["y"] + last["height"] < page.viewport_size["height"]


# The journey


@pytest.mark.walks("Makefile", "lab")
def test_from_make_lab_to_full_marks_and_back_the_next_day(walk, home, screen):
    with started(walk.command("make lab"), walk.folder, home) as terminal:
        start_page(screen, terminal.opened())
        shown(screen, "a", has_text="1. The perceptron").click()
        shown(screen, "a", has_text="the exercises of this chapter").click()
        the_exercises_open(screen)
        too_early = cell(screen, f'check("{QUESTION.key}"')
        run(too_early)
        assert "update does not exist yet: run the cell above" in too_early.locator(".jp-OutputArea").text_content()
        run(cell(screen, IMPORTS))
        write(screen, "...", WRONG)
        said = check(screen)
        assert f"Likely mistake: {MISTAKE.name}." in said.locator("summary").text_content()
        assert not said.get_by_text(MISTAKE.hint.split("`")[0]).is_visible(), "first the name, then the hint"
        tab(screen, "01-perceptron.ipynb").click()
        to_the_top(screen)
        back_to_the_exercises(screen)
        follow_hint(screen)  # the chapter is open
        nothing_popped_up(screen)
        close_the_chapter(screen)
        back_to_the_exercises(screen)
        follow_hint(screen)  # the chapter is closed
        back_to_the_exercises(screen)
        write(screen, WRONG, RIGHT)
        said = check(screen).text_content()
        assert full_marks() in said
        assert f"This notebook so far: {QUESTION.points} of " in said
        save(screen)
        nothing_popped_up(screen)
        terminal.stop()
    assert not list(home.rglob("kernel-*.json")), "a kernel outlives its server"
    again = Walk(commands_of("README.md", "The exercises"), walk.folder).command("make lab")
    with started(again, walk.folder, home) as terminal:  # the next day
        start_page(screen, terminal.opened())
        shown(screen, "a", has_text=re.compile("^perceptron$")).click()
        the_exercises_open(screen)
        assert full_marks() in shown(screen, ".mlkit-check").text_content()
        run(cell(screen, IMPORTS))
        other = check_of(screen, "step")
        assert "0 of 4 points" in other, "not written yet"
        assert f"This notebook so far: {QUESTION.points} of " in other, "yesterday's points"
        assert full_marks() in check(screen).text_content()
        nothing_popped_up(screen)


def test_the_same_without_make_and_without_the_markdown_extension(here, home, screen):
    without_myst(home)
    with_windows(home)
    plain = Walk(commands_of("README.md", "Without make", "sh"), here).command("jupyter lab")
    with started(plain, here, home) as terminal:
        start_page(screen, terminal.opened())
        shown(screen, "a", has_text=re.compile("^perceptron$")).click()
        the_exercises_open(screen)
        shown(screen, ".jp-RenderedMarkdown", has_text="(exercises-1)=").wait_for()  # not rendered, hence not there
        run(cell(screen, IMPORTS))
        write(screen, "...", WRONG)
        check(screen)
        follow_hint(screen)  # the chapter is closed
        to_the_top(screen)
        back_to_the_exercises(screen)
        follow_hint(screen)  # the chapter is open
        nothing_popped_up(screen)

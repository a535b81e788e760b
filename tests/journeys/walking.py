"""What every journey needs: the commands as they stand on a page, and a clone to type them in.

A journey never retypes a command. It names the section of a page, and the page says what is typed: whoever changes
the page changes the journey. A command is a line of a shell block, or inline code that starts with a program's name.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import namedtuple
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# one process walks them all, since they share a clone
JOURNEY = [pytest.mark.build, pytest.mark.xdist_group("journeys")]
SHELLS = ("sh", "bash", "console", "powershell")
PROGRAMS = (
    r"(?:make|python3?|py|pip|jupyter|jupytext|jupyter-book|git|pytest|(?:\.\./)*\.?[\w-]*[/\\](?:bin|Scripts)[/\\]\S+)"
)
# A fenced block with its language, a heading, or code in a line; what is fenced is never searched for the others.
PIECES = re.compile(
    r"(?ms)^(?P<fence>`{3,})\{?(?P<language>[\w-]*)\}?[^\n]*\n(?P<block>.*?)^(?P=fence)`*[ \t]*$"
    r"|^#{1,6} +(?P<heading>[^\n]+?) *$"
    r"|(?<!`)(?P<ticks>`{1,2})(?!`)(?P<inline>[^`\n]+)(?P=ticks)(?!`)"
)

Command = namedtuple("Command", "page heading language text")


def pages():
    """Every text that may tell somebody to type something: pages of the repository and the book, and the Makefile."""
    texts = [
        *ROOT.glob("*.md"),
        *ROOT.glob("chapters/*.md"),
        *ROOT.glob("chapters/*.ipynb"),
        *ROOT.glob("exercises/*/*.ipynb"),
    ]
    return ["Makefile", *sorted(path.relative_to(ROOT).as_posix() for path in texts)]


@cache
def commands_on(page):
    """All commands of a page, each with the heading above it; of the Makefile every target that can be asked for."""
    if page == "Makefile":
        targets = re.search(r"^\.PHONY: (.*)$", _text(page), re.MULTILINE)[1].split()
        return [Command(page, target, "", f"make {target}") for target in targets]
    found, heading = [], ""
    for piece in PIECES.finditer(_text(page)):
        heading = piece["heading"] or heading
        if piece["inline"] and re.match(rf"{PROGRAMS}\s+\S", piece["inline"]):
            found.append(Command(page, heading, "", piece["inline"].strip()))
        if piece["language"] in SHELLS:
            found += [Command(page, heading, piece["language"], line) for line in _lines(piece["block"])]
    return found


def commands_of(page, heading, language=None):
    """The commands of one section, without those of the sections below it; if wanted, only the blocks of a language."""
    wanted = [c for c in commands_on(page) if c.heading == heading and language in (None, c.language)]
    assert wanted, (
        f"{page} has no command under “{heading}”; it has some under {sorted({c.heading for c in commands_on(page)})}"
    )
    return [command.text for command in wanted]


def _text(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    if not page.endswith(".ipynb"):
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def _lines(block):
    """A line is a command; what follows ` #` is for the reader, and a prompt is not typed."""
    lines = (re.sub(r"(^|\s+)#.*", "", line).removeprefix("$ ").rstrip() for line in block.splitlines())
    return [line for line in lines if line]


class Walk:
    """The commands of some sections, to be typed one by one in the folder of a clone.

    Parameters
    ----------
    commands : list of str
    folder : Path
        Where they are typed.
    environment : dict
        What differs from the environment of the tests.
    """

    def __init__(self, commands, folder, environment=()):
        self.commands, self.folder, self.walked = commands, folder, set()
        self.environment = clean_environment() | dict(environment)

    def command(self, part):
        """The one command that contains ``part``, as it stands on the page; it then counts as walked."""
        found = list(dict.fromkeys(command for command in self.commands if part in command))
        exact = [command for command in found if command == part]
        assert len(exact or found) == 1, f"{part!r} stands in {found or 'none'} of {self.commands}"
        self.walked.add((exact or found)[0])
        return (exact or found)[0]

    def run(self, part, *, status=0, timeout=600, **replacing):
        """Type the command that contains ``part``; words in capitals on the page are replaced. Returns what it printed.

        It must end with ``status``, or, when that is None, with any but 0. As in a terminal, what it exports, or
        where it goes, holds for the commands after it.
        """
        command = self.typed(part, **replacing)
        with tempfile.TemporaryDirectory() as kept:
            shell = f"{command}\nstatus=$?; env -0 > '{kept}/env'; pwd > '{kept}/pwd'; exit $status"
            done = subprocess.run(
                ["bash", "-c", shell], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, timeout=timeout,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=False,
            )  # fmt: skip
            self._go_on_from(Path(kept))
        fits = done.returncode != 0 if status is None else done.returncode == status
        assert fits, f"`{command}` ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def _go_on_from(self, kept):
        """The environment and the folder in which a command left the terminal."""
        if not (kept / "pwd").exists():  # it ended the shell
            return
        lines = (kept / "env").read_text(encoding="utf-8").split("\0")
        self.environment = dict(line.split("=", 1) for line in lines if "=" in line)
        self.folder = Path((kept / "pwd").read_text(encoding="utf-8").removesuffix("\n"))

    @contextlib.contextmanager
    def start(self, part, log, **replacing):
        """Type a command that goes on until it is stopped; on leaving, whatever it started is ended."""
        with log.open("w") as out:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {self.typed(part, **replacing)}"], cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
            try:
                yield process
            finally:
                end(process)

    def typed(self, part, **replacing):
        """The command with its placeholders replaced: ``NAME="02-activations"`` stands for the word NAME."""
        command = self.command(part)
        for word, value in replacing.items():
            assert re.search(rf"\b{word}\b", command), f"`{command}` has no {word}"
            command = re.sub(rf"\b{word}\b", lambda _, value=value: str(value), command)
        return command

    def missing(self):
        """The commands that were not walked."""
        return [command for command in self.commands if command not in self.walked]


def clean_environment():
    """The environment of somebody who has just opened a terminal: nothing of pytest's, no environment active."""
    ours = re.compile(
        r"PYTEST|MLKIT_EXPLORE|MLKIT_PROGRESS|MLKIT_TRIES|PYTHONPATH|PYTHONHASHSEED|VIRTUAL_ENV|NN_GRADING|JPY_|COV_|VENV$"
    )
    here = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return here | {"PIP_NO_COMPILE": "1"}  # Python compiles what it imports, which is a small part of what comes


def end(process):
    """End a process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
    process.wait()


def make_clone(folder):
    """Clone the repository as it lies here, changes that are not committed included, as if they were."""
    if not (ROOT / ".git").exists():  # a zip without history: its files are all there is
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".venv", "_build", "__pycache__", ".*_cache"))
        _git(folder, "init", "-q")
    else:
        _git(ROOT, "clone", "-q", str(ROOT), str(folder))
        for name in filter(None, _git(ROOT, "ls-files", "-z", "-d").split("\0")):
            (folder / name).unlink(missing_ok=True)
        for name in filter(None, _git(ROOT, "ls-files", "-z", "-m", "-o", "--exclude-standard").split("\0")):
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
    keep(folder)
    return folder


def keep(folder):
    """Commit whatever has changed in a clone."""
    _git(folder, "add", "-A")
    _git(
        folder,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "As it lies here",
    )


def restore(folder):
    """Undo what a journey changed; what git ignores (the environment, the built book) stays."""
    _git(folder, "reset", "-q", "--hard")
    _git(folder, "clean", "-f", "-d", "-q")


def _git(folder, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=folder if folder.exists() else None, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout

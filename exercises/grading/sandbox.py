"""The process around a hand-in: what it may see and change, how long it may take, and how it is stopped."""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from mlkit.grading.course import REPOSITORY, Problem

NO_SANDBOX = (
    "NO SANDBOX: hand-ins can read your files, use the network and change what you may change.\n"
    "Install bubblewrap (`bwrap`), or run this command in a container or on a machine that you can lose."
)
SANDBOXED = "Sandbox: bubblewrap. Hand-ins have no network, do not see your home folder, and write only where they run."
LARGEST_RESULT = 100_000_000  # bytes
MARK = "NN_GRADING_PROCESS"  # in the environment of every process of a hand-in, so that all can be found


def choose_sandbox(wanted, private):
    """Return whether to use bubblewrap, and a sentence for the instructor."""
    if wanted == "none":
        return False, NO_SANDBOX
    reason = _why_not(private)
    if not reason:
        return True, SANDBOXED
    if wanted == "bwrap":
        raise Problem(f"bubblewrap cannot be used here: {reason}")
    return False, f"bubblewrap cannot be used here: {reason}\n{NO_SANDBOX}"


def _why_not(private):
    """Try it: many containers forbid the namespaces that bubblewrap is made of."""
    if not shutil.which("bwrap"):
        return "there is no command `bwrap`."
    with tempfile.TemporaryDirectory() as folder:
        command = [*bubble(Path(folder), private), sys.executable, "-c", "import mlkit.checks, jupyter_client"]
        environment = environment_of_a_hand_in(Path(folder), "probe")
        try:
            tried = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    said = tried.stderr.strip().splitlines()
    return "" if tried.returncode == 0 else said[-1] if said else f"it ended with status {tried.returncode}."


def bubble(folder, private):
    """The words that put a command into a bubble: everything read-only, little of it seen, one folder writable."""
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    words += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    for hidden in sorted({"/tmp", "/var/tmp", "/run", str(Path.home()), str(private)}, key=len):
        words += ["--tmpfs", hidden] if hidden != "/" and Path(hidden).is_dir() else []
    for needed in (sys.base_prefix, sys.prefix, REPOSITORY, private / "seed", private / "tests"):
        words += ["--ro-bind-try", str(needed), str(needed)]
    return [*words, "--bind", str(folder), str(folder), "--chdir", str(folder)]


def environment_of_a_hand_in(folder, mark):
    """The environment variables a hand-in sees: none of the instructor's own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TZ") if name in os.environ}
    places = {"HOME": folder, "IPYTHONDIR": folder / ".ipython", "MPLCONFIGDIR": folder / ".matplotlib"}
    places |= {f"JUPYTER_{what}_DIR": folder / ".jupyter" for what in ("RUNTIME", "DATA", "CONFIG")}
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    ours = {"PYTHONPATH": REPOSITORY, "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONHASHSEED": "0", MARK: mark}
    ours["MLKIT_EXPLORE"] = "published"  # a figure with sliders shows its first picture
    return {name: str(value) for name, value in (kept | places | one_thread | ours).items()}


def run_apart(job, files, private, sandboxed, keep=None):
    """Run a job as ``run_one`` describes, with ``files`` beside it; return its result, or a sentence instead.

    ``keep`` is a folder for Matplotlib's list of fonts, which takes seconds to make; give it only for a notebook of
    your own.
    """
    mark = f"{os.getpid()}-{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(prefix="nn-", ignore_cleanup_errors=True) as folder:
        folder = Path(folder).resolve()
        _lay_out(folder, job, files, private)
        command = [sys.executable, "-m", "mlkit.grading.run_one", str(folder)]
        if sandboxed:
            command = bubble(folder, private) + command
        try:
            in_time = _wait(command, folder, environment_of_a_hand_in(folder, mark), job["seconds"] * 10)
        finally:
            stop_all(mark)
        for path in (folder / ".matplotlib").glob("fontlist*.json") if keep else []:
            shutil.copy(path, keep)
        return _read_result(folder / "result.json", job, in_time)


def _lay_out(folder, job, files, private):
    (folder / "beside").mkdir()
    (folder / ".matplotlib").mkdir()
    for path in files:
        shutil.copy(path, folder / (".matplotlib" if path.name.startswith("fontlist") else "beside"))
    (folder / "job.json").write_text(json.dumps(job | {"private": str(private)}), encoding="utf-8")


def _wait(command, folder, environment, seconds):
    """True if the process ended by itself in time."""
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **quiet)
    try:
        process.wait(seconds + 30)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        with contextlib.suppress(ProcessLookupError, AttributeError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def stop_all(mark):
    """End every process that carries the mark, also those that left their group; none outlives its hand-in."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark:
                process.kill()


def _read_result(path, job, in_time):
    """The result, as long as it is a plain file of a sensible size: a hand-in may have put anything in its place."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST_RESULT:
            return "The notebook interfered with the program that runs it."
        result = json.loads(path.read_text(encoding="utf-8"))
        return result.get("failure") or _completed(result, job, in_time)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return "The program ended without a result: the notebook stopped it, or needed more memory than it was given."


def _completed(result, job, in_time):
    """Say of each cell that was not reached why; what was reached counts."""
    why = "the program that runs it had been stopped from within"
    if not in_time:
        why = f"the notebook as a whole had been running for {job['seconds'] * 10:g} s"
    for cell in [] if result["done"] else job["cells"]:
        if cell["n"] not in result["outputs"]:
            result["notes"].setdefault(cell["n"], f"This cell was not run, because {why}.")
    return result

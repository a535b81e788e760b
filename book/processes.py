"""One build at a time in a folder, and nothing that goes on when it ends, however it ends."""

import contextlib

import psutil
from filelock import FileLock, Timeout


@contextlib.contextmanager
def alone(folder):
    """Wait until no other build is at work in ``folder``. On the way out nothing that was started goes on."""
    lock = FileLock(folder / ".lock")  # let go by the system, however a build ends
    if not _acquired(lock):
        print("Another build is at work in this folder: waiting until it is done.", flush=True)
        lock.acquire()
    try:
        yield
    except BaseException:
        end_what_was_started()
        raise
    finally:
        lock.release()


def _acquired(lock):
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def end_what_was_started():
    """Kernels do not hear Ctrl-C: they run in sessions of their own."""
    end(psutil.Process().children(recursive=True), within=3)


def end(processes, within):
    """Ask processes to end; kill those that have not after so many seconds."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(processes, timeout=within)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()

"""Run a learner's code, whatever it does: loops, exceptions, prints, warnings, changed inputs."""

import contextlib
import copy
import dis
import inspect
import linecache
import os
import signal
import sys
import sysconfig
import threading
import time
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlkit.checks import errors, questions
from mlkit.checks.expect import InputChanged, NotWritten, NotYet

# Folders of code that no learner wrote: this package with its questions, Python's library, and what was installed.
NOT_THE_LEARNERS = (
    str(Path(__file__).resolve().parents[1]),
    *questions.__path__,
    *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(np.__file__).parents[1]),
)
NOT_WRITTEN = "it is as it was handed out: if you have written it, run its cell first"
REFERENCE = 0.0032  # seconds that `_some_work` took where the limits were set
# Pyodide knows no processor's time: its clock also runs while other programs have the processor.
SHARED_CLOCK = 2 if sys.platform == "emscripten" else 1
PATIENCE = 4  # so many times as long may an answer take on the clock, because it waits or the machine is busy


class OutOfTime(BaseException):
    """Raised inside an answer that runs too long. Not an ``Exception``, so that ``except Exception`` lets it pass."""


class Outcome(NamedTuple):
    """What became of a call: its value, or the problem in a sentence; and what was noticed beside it.

    ``line`` is the learner's own line in which an error happened, ``usual`` the `mlkit.checks.errors.Usual` that it is.
    """

    value: Any = None
    problem: str = ""
    line: str = ""
    usual: Any = None
    written: bool = True
    in_time: bool = True
    printed: tuple = ()
    warned: tuple = ()

    @property
    def sentence(self):
        """The problem, with the line where it happened."""
        return f"{self.problem} (in the line `{self.line}`)" if self.line else self.problem


class _Sink:
    """Where printed text goes: counted, not kept, so that megabytes cost nothing."""

    encoding = "utf-8"

    def __init__(self):
        self.characters = 0

    def write(self, text):
        self.characters += len(text)
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False


def guarded(action, seconds):
    """Call ``action()`` in silence and within ``seconds`` of work; return an `Outcome`, never an exception.

    Only a ``KeyboardInterrupt`` passes: whoever presses the stop button means it.

    Examples
    --------
    >>> guarded(lambda: 1 / 0, seconds=1).problem[:35]
    'ZeroDivisionError: division by zero'
    >>> guarded(lambda: print("hello"), seconds=1).printed
    ('it printed 6 characters (not shown)',)
    """
    sink, outcome = _Sink(), Outcome()
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
            outcome = _attempt(action, seconds)
    return outcome._replace(printed=tuple(_printed(sink)), warned=tuple(_warned(caught)))


def _attempt(action, seconds):
    try:
        with time_limit(seconds):
            return Outcome(value=action())
    except OutOfTime:
        waited = seconds * pace()
        problem = f"it was still running after {waited:.0f} s and was stopped: is there a loop that never ends?"
        return Outcome(problem=problem, in_time=False)
    except NotWritten:
        return Outcome(problem=NOT_WRITTEN, written=False)
    except NotImplementedError as error:
        return Outcome(problem=f"NotImplementedError: {error}".rstrip(": "), written=False)
    except NotYet as said:
        return Outcome(problem=str(said), usual=said.usual)
    except KeyboardInterrupt:
        raise
    except SystemExit:
        return Outcome(problem="it ends the whole program (exit or sys.exit); return a value instead")
    except RecursionError:
        return Outcome(problem="it calls itself without end (RecursionError)")
    except BaseException as error:
        if "'ellipsis'" in str(error):  # the stub's `...` is still there and something was computed with it
            return Outcome(problem=NOT_WRITTEN, written=False)
        sentence, usual = errors.in_words(error)
        return Outcome(problem=sentence, line=_line_of(error), usual=usual)


def _line_of(error):
    """The learner's own line where it happened."""
    frames = [f for f in _frames(error.__traceback__) if _is_learners(f[0])]
    return linecache.getline(*frames[-1]).strip()[:80] if frames else ""


def _frames(traceback):
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _is_learners(filename, ours=NOT_THE_LEARNERS, normcase=os.path.normcase):
    return not normcase(filename).startswith(tuple(map(normcase, ours))) and not filename.startswith("<frozen")


def _printed(sink):
    if sink.characters:
        yield f"it printed {sink.characters:,} characters (not shown)"


def _warned(caught):
    said = dict.fromkeys(f"{w.category.__name__}: {str(w.message).splitlines()[0][:120]}" for w in caught)
    yield from [f"it warned: {text}" for text in list(said)[:2]]


def pace():
    """How many times as long as where the limits were set does work take here? 1 unless it is more than twice as long.

    In a browser, and where the clock is looked at by tracing, Python is several times slower. The same answer is to get
    the same verdict there, so it gets as many times the seconds.
    """
    return _pace(_has_alarm())


@cache
def _pace(has_alarm):
    previous = sys.gettrace()
    if not has_alarm:
        sys.settrace(lambda *event: lambda *event: None)
    try:
        took = min(_seconds(_some_work) for _ in range(5)) / REFERENCE
    finally:
        sys.settrace(previous)
    return took if took > 2 else 1.0


def _seconds(action):
    start = time.process_time()
    action()
    return time.process_time() - start


def _some_work():
    """Lines of Python and calls of NumPy on small arrays, as in most answers."""
    total, x = 0.0, np.linspace(-1, 1, 50)
    for i in range(500):
        for j in range(20):
            total += i * j
        total += float(np.tanh(x * i).sum())
    return total


class Limit:
    """So many seconds of work: of the processor's time, so that a busy machine costs an answer nothing.

    They are seconds of the machine where limits were set; a slower one has more of its own, see `pace`. An answer that
    only waits is stopped as well, after ``PATIENCE`` times as long. A limit ends with the one around it.
    """

    def __init__(self, seconds, around=None):
        self.seconds, self.around = seconds, around
        self.work, self.clock = time.process_time(), time.monotonic()

    def left(self):
        """The seconds of work that are left, at the most; 0 or less when time is up."""
        waited = (time.monotonic() - self.clock) / PATIENCE
        left = self.seconds - max(time.process_time() - self.work, waited) / pace()
        return left if self.around is None else min(left, self.around.left())


def _has_alarm():
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def time_limit(seconds):
    """Raise `OutOfTime` in the block once its `Limit` is reached, by an alarm where there is one, else by tracing."""
    with _alarm(seconds) if _has_alarm() else _tracing(seconds):
        yield


@contextlib.contextmanager
def _alarm(seconds):
    previous = signal.getsignal(signal.SIGALRM)
    limit = Limit(seconds, around=getattr(previous, "limit", None))

    def ring(signum, frame):
        if limit.left() <= 0:
            raise OutOfTime
        _ring_after(limit.left())

    ring.limit = limit
    begun = time.monotonic()
    signal.signal(signal.SIGALRM, ring)
    theirs, again = signal.getitimer(signal.ITIMER_REAL)
    _ring_after(limit.left())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        if theirs:  # of a limit around this one, or of somebody else
            signal.setitimer(signal.ITIMER_REAL, max(theirs - (time.monotonic() - begun), 0.001), again)


def _ring_after(seconds):
    """Again and again: `except:` may swallow the first."""
    signal.setitimer(signal.ITIMER_REAL, max(seconds * pace(), 0.001), 0.5)


@contextlib.contextmanager
def _tracing(seconds):
    """Windows, Pyodide and other threads know no alarm: look at the clock at each line of Python instead."""
    previous = sys.gettrace()
    limit = Limit(seconds, around=getattr(previous, "limit", None))

    def look(frame, event, argument):
        if limit.left() <= 0:
            raise OutOfTime
        return look

    look.limit = limit
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(previous)


class Watched:
    """A learner's function that works on copies, of a generator too: says what it got wrong before it is compared.

    Calling it raises `NotWritten` for a stub and `NotYet` if the arguments do not fit, an input was changed, or
    nothing was returned.
    """

    def __init__(self, function, takes, may_change=False):
        self.function, self.takes, self.may_change = function, takes, may_change

    def __call__(self, *arguments):
        given = copy.deepcopy(arguments)
        result = self.function(*given)
        if has_ellipsis(result):
            raise NotWritten
        if not self.may_change:
            for name, before, after in zip(self.takes, arguments, given, strict=False):
                if _was_changed(before, after):
                    instead = "compute with a copy and leave the input as it came"
                    raise InputChanged(f"it changed its input `{name}`: {instead}")
        if result is None:
            raise NotYet("it returned None: is a `return` missing?")
        if holds_itself(result):  # as a list that was appended to itself: it has no end
            raise NotYet("it returned something that holds itself")
        return result


def accept(answer, takes):
    """Say at once if ``answer`` is not a function of the arguments ``takes``, or still the stub."""
    if answer is None or answer is ...:
        raise NotWritten
    if not callable(answer):
        kind = type(answer).__name__
        raise NotYet(f"a function of ({', '.join(takes)}) was wanted, got {kind}: pass its name, without brackets")
    if is_stub(answer):
        raise NotWritten
    try:
        signature = inspect.signature(answer)
        signature.bind(*takes)
    except TypeError:
        raise NotYet(f"it must accept ({', '.join(takes)}); yours takes {signature}") from None
    except ValueError:
        return  # a compiled function tells no signature


def is_stub(function):
    """True for a function whose body is only a docstring, ``...`` or ``pass``.

    Examples
    --------
    >>> def stub(z):
    ...     "Return twice z."
    ...     ...
    >>> is_stub(stub), is_stub(lambda z: 2 * z)
    (True, False)
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    constants = set(code.co_consts) - {None, ...} - ({function.__doc__} if function.__doc__ else set())
    return _operations(code) == _operations(_empty.__code__) and not constants


def _operations(code):
    return [instruction.opname for instruction in dis.get_instructions(code)]


def _empty():
    pass


def has_ellipsis(value):
    """True if the stub's ``...`` is still the value, or one of the values."""
    return value is ... or (isinstance(value, (tuple, list)) and any(v is ... for v in value))


def holds_itself(value, around=()):
    """True if a list, tuple or dictionary stands somewhere inside itself."""
    if not isinstance(value, (list, tuple, dict)):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return any(value is a for a in around) or any(holds_itself(v, (*around, value)) for v in inside)


def _was_changed(before, after):
    if isinstance(before, np.ndarray):
        return not (before.shape == after.shape and np.array_equal(before, after, equal_nan=before.dtype.kind == "f"))
    if isinstance(before, dict):
        return list(before) != list(after) or any(_was_changed(before[name], after[name]) for name in before)
    if isinstance(before, (list, tuple)):
        return len(before) != len(after) or any(map(_was_changed, before, after))
    return isinstance(before, (int, float, str)) and before != after and before == before

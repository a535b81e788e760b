"""What runs in the kernel beside a hand-in: before each check, the checkers and NumPy are as we left them.

A hand-in shares its process with the checkers, and in Python nothing can be hidden from code in the same process. This
undoes what a hand-in might do without thinking, or with little: rebind ``check``, replace a function of ``mlkit`` or of
NumPy, change a test, forget a file named ``mlkit.py``. It does not stop somebody who studies this file.
"""

import builtins
import importlib
import os
import pkgutil
import sys
import types

import mlkit

LIBRARIES = ("builtins", "contextlib", "copy", "inspect", "math", "signal", "time", "zlib")
NUMPY = ("numpy", "numpy.linalg", "numpy.random")
PICTURES = ("explore", "figures", "grading", "looks", "page_assets", "plots", "style", "surroundings", "svg")
_kept = {}


def remember():
    """Keep, before a line of the hand-in has run, what decides about marks."""
    # pictures take long to import, and decide no mark
    ours = [f"mlkit.{m.name}" for m in pkgutil.iter_modules(mlkit.__path__) if m.name not in PICTURES]
    for name in ("mlkit", *ours, *NUMPY, *LIBRARIES):
        module = importlib.import_module(name)
        things = dict(vars(module))
        inside = [thing for thing in things.values() if getattr(thing, "__module__", None) == name]
        parts = [_memory(thing) for thing in inside if name.startswith("mlkit")]
        path = list(module.__path__) if hasattr(module, "__path__") else None
        _kept[name] = (module, things, list(filter(None, parts)), path)


def _memory(thing):
    """What is needed to make a class or a function what it was."""
    if isinstance(thing, type):
        return thing, dict(vars(thing)), [_memory(f) for f in vars(thing).values() if isinstance(f, types.FunctionType)]
    if isinstance(thing, types.FunctionType):
        return thing, (thing.__code__, thing.__defaults__, thing.__kwdefaults__), None
    return None


def before_check(private):
    """Undo changes, load the checkers anew from their files, and let them see the instructor's folder."""
    for name, (module, things, parts, path) in _kept.items():
        sys.modules[name] = module
        vars(module).update(things)
        for part in parts:
            _put_back(*part)
        if path is not None:
            module.__path__ = path[:]
    for name in [name for name in sys.modules if name == "mlkit.checks" or name.startswith("mlkit.checks.")]:
        del sys.modules[name]
    os.environ["NN_GRADING"] = private
    builtins.get_ipython().user_ns["check"] = importlib.import_module("mlkit.checks").check


def after_check():
    """Outside a check the instructor's folder is not named."""
    os.environ.pop("NN_GRADING", None)


def _put_back(thing, kept, methods):
    if isinstance(thing, types.FunctionType):
        thing.__code__, thing.__defaults__, thing.__kwdefaults__ = kept
        return
    for name in [*vars(thing)]:
        if name not in kept:
            delattr(thing, name)
    for name, value in kept.items():
        if vars(thing).get(name) is not value:
            setattr(thing, name, value)
    for method in methods:
        _put_back(*method)

"""A question's solution as text: what it computes, and what it computes once some of the text is replaced."""

import ast
import textwrap
from functools import cached_property

import numpy as np


class Solution:
    """A function or class as it stands in the notebook, without its description.

    Parameters
    ----------
    text : str
        One or more definitions; the last is the answer. It may be indented as a whole.
    uses : dict
        What the notebook has beside NumPy by then: imports, and answers to earlier questions.

    Examples
    --------
    >>> double = Solution("def double(z): return 2 * z", {})
    >>> double.answer(4), double.edited({"2 *": "3 *"})(4), double.takes
    (8, 12, ('z',))
    """

    def __init__(self, text, uses):
        self.text, self.uses = textwrap.dedent(text).strip() + "\n", {"np": np, **uses}

    @cached_property
    def answer(self):
        """What the solution defines."""
        return self.run(self.text)

    @property
    def name(self):
        """The name under which the notebook asks for the answer."""
        return ast.parse(self.text).body[-1].name

    @property
    def takes(self):
        """The names of its arguments, if it is a function; else ``None``."""
        last = ast.parse(self.text).body[-1]
        return tuple(a.arg for a in last.args.args) if isinstance(last, ast.FunctionDef) else None

    def edited(self, edits):
        """The answer with some of its text replaced: ``{what stands there, once: what is typed instead}``."""
        text = self.text
        for old, new in edits.items():
            if self.text.count(old) != 1 or text.count(old) != 1:
                raise ValueError(f"{old!r} must stand once in the solution, and stands there {text.count(old)} times")
            text = text.replace(old, new)
        return self.run(text)

    def run(self, code):
        """What this text, or its syntax tree, defines last."""
        tree = ast.parse(code) if isinstance(code, str) else code
        scope = dict(self.uses)
        exec(compile(tree, "<an answer>", "exec"), scope)
        return scope[tree.body[-1].name]

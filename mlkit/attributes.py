"""Attributes that look at what is assigned to them: arrays that others hold as well, numbers within bounds."""

from operator import attrgetter

from mlkit.validation import as_dtype, as_floats, as_number


def copied_into(name):
    """Return an attribute that is an array others hold as well: what is assigned is copied into it."""

    def assign(owner, values):
        array = vars(owner)[f"_{name}"]
        array[...] = as_dtype(as_floats(values, name, shape=array.shape), array.dtype, name)

    return property(attrgetter(f"_{name}"), assign, doc="")  # what it is stands in the docstring of its class


def settled(name):
    """Return an attribute that is read and never assigned."""
    return property(attrgetter(f"_{name}"), doc="")


class Checked:
    """An attribute that is a number within bounds: assigned at any time, and checked each time.

    There is no ``__get__``, so the number is read from the object itself, at no cost.

    >>> class Spring:
    ...     friction = Checked(at_least=0, below=1)
    >>> spring = Spring()
    >>> spring.friction = 1
    Traceback (most recent call last):
    ValueError: friction must be a number at least 0 and below 1, got 1
    """

    def __init__(self, **bounds):
        self.bounds = bounds

    def __set_name__(self, owner, name):
        self.name = name

    def __set__(self, owner, value):
        vars(owner)[self.name] = as_number(value, self.name, **self.bounds)

"""The known differences of zcio from what it reproduces: a module for each subject, with a list ``DIFFERENCES``.

A mismatch that no entry covers fails the tests, and so does an entry that is no longer true.
"""

import sys
import warnings

__all__ = [
    "HOT",
    "PYPY",
    "VERSION",
    "Difference",
    "Differences",
    "Exporter",
    "Index",
    "Int",
    "cpython",
    "raised",
]

PYPY = sys.implementation.name == "pypy"
VERSION = sys.version_info[:2]

#: The reason for several differences.
HOT = "the method is the runtime's own: overriding it in Python would cost every call some 100 ns"


def cpython(last):
    """Whether this is CPython up to the version ``last``."""
    return not PYPY and VERSION <= last


def raised(function, *args):
    """(type, text) of the exception that a call raised, or (None, result)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return None, function(*args)
    except Exception as error:
        return type(error), str(error)


class Index:
    """Only ``__index__``."""

    def __index__(self):
        return 1


class Int:
    """Only ``__int__``."""

    def __int__(self):
        return 1


class Exporter:
    """A buffer by PEP 688 only."""

    def __buffer__(self, flags):
        return memoryview(b"x")


class Difference:
    """A known difference.

    ``id``: its name. ``here``: whether this interpreter has it. ``where``, ``what``, ``why``: texts for people.
    ``covers(operation, args, expected, got)``: whether it explains a mismatch with the model. ``witness(cls)``: whether
    the class still has it.
    """

    def __init__(self, id, here, where, what, why, covers=None, witness=None):
        self.id = id
        self.here = here
        self.where = where
        self.what = what
        self.why = why
        self.covers = covers
        self.witness = witness


class Differences(list):
    """The known differences of one class."""

    def active(self, id):
        """Whether this interpreter has the difference with this id."""
        return [difference.here for difference in self if difference.id == id][0]

    def explained(self, operation, args, expected, got):
        """The id of the difference that covers an error other than the model's error, or None."""
        if expected.error is None or got.error is None:
            return None  # the machine makes no calls for which only one side raises
        for difference in self:
            if difference.here and difference.covers and difference.covers(operation, args, expected, got):
                return difference.id
        return None

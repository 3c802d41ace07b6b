"""The table of what can be compared."""

import importlib
import importlib.util

__all__ = ["THINGS", "Thing"]


class Thing:
    """``name``; ``subject``: the class or module of zcio; ``beside``: what it is compared with, for people."""

    def __init__(self, name, subject, beside):
        self.name = name
        self.subject = subject
        self.beside = beside

    def machines(self):
        """Its machines, by name. Raises ImportError where this zcio has none, or Hypothesis is missing."""
        return importlib.import_module("zcio.compat.%s_machine" % self.name).MACHINES

    def differences(self):
        """Where it knowingly is not what it reproduces, on any interpreter."""
        name = "zcio.compat.differences.%s" % self.name
        return importlib.import_module(name).DIFFERENCES if importlib.util.find_spec(name) else []

    def exists(self):
        """Whether this zcio can compare it."""
        return importlib.util.find_spec("zcio.compat.%s_machine" % self.name) is not None

    def resolve(self):
        """The class or module itself."""
        module, _, name = self.subject.partition(":")
        module = importlib.import_module(module)
        return getattr(module, name) if name else module


#: By name, in the order in which all of them are run.
THINGS = {
    thing.name: thing
    for thing in (
        Thing("mmap", "zcio.mmap:mmap", "a model of CPython 3.15's mmap.mmap (on 3.15, that one too)"),
        Thing("bytesio", "zcio.bytesio:BytesIO", "CPython 3.15's io.BytesIO"),
        Thing("cursor", "zcio.cursor:Cursor", "io.BytesIO and the buffer itself"),
        Thing("pipe", "zcio.pipe:Pipe", "a bytearray model"),
        Thing("splice", "zcio.splice", "reads and writes of the same files and pipes"),
    )
}

"""The table of the subjects that can be compared."""

import importlib
import importlib.util
import sys

__all__ = ["SUBJECTS", "Subject"]

# PyPy's own classes are not compared, since they differ from the models, which follow CPython, in too many details.
_OWN = "" if sys.implementation.name == "pypy" else ", and this interpreter's own"


class Subject:
    """Something that can be compared.

    Args:
        name: its name on the command line.
        subject: the class or module of zcio, as "module:class" or "module".
        beside: what it is compared with, as a text for people.
        own: the class of the running interpreter that it replaces, as "module:class", or None.
    """

    def __init__(self, name, subject, beside, own=None):
        self.name = name
        self.subject = subject
        self.beside = beside
        self.own = own

    def machines(self):
        """Its machines, by name. Raises ImportError if this zcio has none, or Hypothesis is missing."""
        return importlib.import_module("zcio.compat.%s_machine" % self.name).MACHINES

    def differences(self):
        """The known differences from what it reproduces, on any interpreter."""
        name = "zcio.compat.differences.%s" % self.name
        return importlib.import_module(name).DIFFERENCES if importlib.util.find_spec(name) else []

    def runtime_differences(self):
        """The known differences of the running interpreter's own class from what zcio's reproduces."""
        name = "zcio.compat.differences.%s_runtime" % self.name
        return importlib.import_module(name).RUNTIME if importlib.util.find_spec(name) else []

    def exists(self):
        """Whether this zcio can compare it."""
        return importlib.util.find_spec("zcio.compat.%s_machine" % self.name) is not None

    def resolve(self):
        """The class or module itself."""
        return _named(self.subject)

    def resolve_own(self):
        """The class of the running interpreter, or None."""
        return self.own and _named(self.own)


def _named(path):
    module, _, name = path.partition(":")
    module = importlib.import_module(module)
    return getattr(module, name) if name else module


#: By name, in the order in which all of them are run.
SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject(
            "mmap", "zcio.mmap:mmap", "a model of CPython 3.15's mmap.mmap" + _OWN, "zcio._mapping.stdlib:StdlibMmap"
        ),
        Subject(
            "bytesio",
            "zcio.bytesio:BytesIO",
            "a model of CPython 3.15's io.BytesIO" + _OWN,
            "zcio._bytesio.stdlib:StdlibBytesIO",
        ),
        Subject("cursor", "zcio.cursor:Cursor", "io.BytesIO and the buffer itself"),
        Subject("pipe", "zcio.pipe:Pipe", "a model over one bytes object"),
        Subject("aio", "zcio.aio:StreamReader", "this interpreter's asyncio.StreamReader"),
        Subject("splice", "zcio.splice", "reads and writes of the same files and pipes"),
        Subject("re", "zcio.re", "this interpreter's own re"),
        Subject("shutil", "zcio.shutil", "this interpreter's own shutil"),
    )
}

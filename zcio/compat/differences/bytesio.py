"""The known differences of zcio.BytesIO from CPython 3.15's io.BytesIO."""

import gc
import pickle
import sys

from zcio._bytesio.base import Base
from zcio._bytesio.stdlib import StdlibBytesIO
from zcio.compat.differences import HOT, PYPY, VERSION, Difference, Differences, Exporter, Index, Int, cpython, raised

__all__ = ["DIFFERENCES", "RUNTIME_IS_315", "active", "explained", "hot_buffer", "hot_number"]

#: Whether the standard library's class behaves as 3.15's, so that zcio derives from it without backports.
RUNTIME_IS_315 = Base is StdlibBytesIO
DATED = not PYPY and not RUNTIME_IS_315
CLOSED = "I/O operation on closed file."
EXPORTED = "Existing exports of data: object cannot be re-sized"


def closed_stream(cls):
    stream = cls(b"abc")
    stream.close()
    return stream


# ---- functions for ``covers`` ----


def closed_first(operation, args, expected, got):
    methods = ["write", "writelines", "__setstate__"] + ["read", "readline"] * (VERSION == (3, 6))
    return operation in methods and (got.error, got.value) in ((ValueError, CLOSED), (BufferError, EXPORTED))


def integer_words(operation, args, expected, got):
    methods = ["seek"] + ["read", "readline"] * (VERSION == (3, 6))
    return operation in methods and got.error is expected.error and got.error in (TypeError, OverflowError)


def released_words(operation, args, expected, got):
    return got.error is expected.error is ValueError and "released" in got.value and "released" in expected.value


def class_name(operation, args, expected, got):
    return operation == "__setstate__" and got.error is TypeError and expected.value == "_io." + got.value


def pickle_words(operation, args, expected, got):
    return operation == "pickle" and args[0] < 2 and got.error is expected.error is TypeError


# ---- functions for ``witness`` ----


def closes_without_memory(cls):
    stream = cls()
    stream.write(b"abc")
    stream.seek(2**46)
    return raised(stream.write, b"x")[0] is MemoryError and stream.closed


def export_inside_goes_unseen(cls):
    stream = cls(b"abc")
    views = []

    class Exporter:
        def __buffer__(self, flags):
            views.append(stream.getbuffer())
            return memoryview(b"A")

    found = raised(stream.write, Exporter())[0] is None
    for view in views:
        view.release()
    return found


def slices_do_not_count(cls):
    stream = cls(b"abc")
    view = stream.getbuffer()
    part = view[1:]
    del view
    gc.collect()
    found = raised(stream.write, b"x")[0] is None
    part.release()
    return found


def value_is_copied(cls):
    value = bytes(bytearray(1000))
    return cls(value).getvalue() is not value


def init_loses_the_value(cls):
    stream = cls(b"abc")
    with stream.getbuffer():
        refused = raised(stream.__init__, b"x") == (BufferError, EXPORTED)
    return refused and stream.getvalue() == b""


def no_sizeof(cls):
    return not hasattr(cls(), "__sizeof__")


DIFFERENCES = Differences([
    Difference(
        "class-name",
        True,
        "everywhere",
        "where the interpreter names the class in an error or a repr, it says 'BytesIO' or 'zcio.bytesio.BytesIO', not "
        "'_io.BytesIO'",
        "only a class written in C can have another name in the one place than in the other",
        class_name,
        lambda cls: raised(cls().__setstate__, 5)[1].startswith("BytesIO."),
    ),
    Difference(
        "pickle-words",
        True,
        "everywhere",
        "pickling by protocol 0 or 1 is a TypeError in other words, as for every subclass of io.BytesIO",
        "these protocols ask the base class written in C",
        pickle_words,
        lambda cls: "cannot pickle 'BytesIO' object" != raised(pickle.dumps, cls(), 0)[1],
    ),
    Difference(
        "arity-words",
        not RUNTIME_IS_315,
        "CPython up to 3.13, PyPy",
        "a wrong number of arguments, or a keyword, to truncate (PyPy: any method) is a TypeError in the interpreter's "
        "words for Python functions",
        "the methods are Python functions; parsing *args by hand would cost every call",
        witness=lambda cls: raised(cls().truncate, 1, 2)[1] != "truncate expected at most 1 argument, got 2",
    ),
    Difference(
        "several-steps",
        not hasattr(StdlibBytesIO, "peek"),
        "everywhere but on CPython 3.16",
        "peek is several steps: another thread that moves the position meanwhile interferes, as it does with a seek "
        "and a read",
        "the runtime's class has no such method",
    ),
    Difference(
        "hot-closed-first",
        DATED,
        "CPython up to 3.13",
        "write, writelines and __setstate__ (3.6: read and readline too) of a stream that is closed, or of which a "
        "view lives, tell of that first, not of a wrong argument",
        HOT,
        closed_first,
        lambda cls: raised(closed_stream(cls).write, "x") == (ValueError, CLOSED),
    ),
    Difference(
        "hot-init",
        DATED,
        "CPython up to 3.13",
        "__init__ called again under a view is refused, but the value is gone; of a closed stream it is a ValueError "
        "for anything but bytes",
        "__init__ is called by every construction: overriding it would more than double its time",
        witness=lambda cls: init_loses_the_value(cls) and raised(closed_stream(cls).__init__, 5)[0] is ValueError,
    ),
    Difference(
        "hot-integer-words",
        cpython((3, 9)),
        "CPython up to 3.9",
        "seek (3.6: read and readline too) has other words for what is no integer, or too large a one",
        HOT,
        integer_words,
        lambda cls: raised(cls().seek, 0, "x")[1] == "an integer is required (got type str)",
    ),
    Difference(
        "hot-int-accepted",
        cpython((3, 9)),
        "CPython up to 3.9",
        "seek takes a whence that has only __int__",
        HOT,
        witness=lambda cls: raised(cls().seek, 0, Int()) == (None, 0),
    ),
    Difference(
        "hot-index-refused",
        cpython((3, 7)),
        "CPython 3.6 and 3.7",
        "seek refuses a whence (3.6: read and readline a size, too) that has only __index__",
        HOT,
        witness=lambda cls: raised(cls().seek, 0, Index())[0] is TypeError,
    ),
    Difference(
        "hot-pep688",
        cpython((3, 11)),
        "CPython up to 3.11",
        "write, writelines, readinto, __setstate__ and construction refuse an object whose only buffer is a __buffer__ "
        "method (find and readuntil take it)",
        HOT,
        witness=lambda cls: raised(cls().write, Exporter())[0] is TypeError,
    ),
    Difference(
        "hot-reentrancy",
        DATED and VERSION >= (3, 12),
        "CPython 3.12 and 3.13",
        "a __buffer__ that makes a view of the very stream from within write or writelines goes unnoticed, one that "
        "closes it crashes, as in that runtime's own BytesIO",
        HOT,
        witness=export_inside_goes_unseen,
    ),
    Difference(
        "hot-memory-error",
        DATED,
        "CPython up to 3.13",
        "a write or truncate that finds no memory closes a stream that no longer shares the bytes it was made from",
        "the runtime's class frees its memory before it raises; only a class with memory of its own could do better",
        witness=closes_without_memory,
    ),
    Difference(
        "view-in-a-cycle",
        not PYPY and (3, 12) <= sys.version_info < (3, 12, 2),
        "CPython 3.12.0 and 3.12.1",
        "garbage collection of a stream whose view is in a reference cycle crashes, as with that runtime's own BytesIO",
        "it is the runtime's view that is at fault",
    ),
    Difference(
        "pypy-slices",
        PYPY and slices_do_not_count(StdlibBytesIO),
        "PyPy 3.9",
        "a slice of a view does not keep the stream from being resized once the view itself is gone; it then follows "
        "the stream or keeps what was there",
        "PyPy does not tell that a memoryview made of another one lives",
        witness=slices_do_not_count,
    ),
    Difference(
        "pypy-identity",
        PYPY,
        "PyPy",
        "getvalue() and read() of all return equal bytes, not the object that the stream was made from",
        "PyPy has its own storage for them",
        witness=value_is_copied,
    ),
    Difference(
        "pypy-sizeof",
        PYPY,
        "PyPy",
        "there is no __sizeof__",
        "PyPy has it of no object",
        witness=no_sizeof,
    ),
    Difference(
        "pypy-released-words",
        PYPY,
        "PyPy",
        "a released memoryview as an argument is a ValueError in PyPy's words",
        "they are the memoryview's",
        released_words,
    ),
])
active = DIFFERENCES.active
explained = DIFFERENCES.explained


def hot_number(operation, value):
    """``value``, or another number if this runtime's own method wrongly accepts or refuses ``value``."""
    kind = type(value)
    if operation == "whence":
        if active("hot-int-accepted") and not hasattr(kind, "__index__") and hasattr(kind, "__int__"):
            return "1"
        refused = active("hot-index-refused")
    else:
        refused = operation in ("read", "readline") and active("hot-index-refused") and VERSION == (3, 6)
    if refused and hasattr(kind, "__index__"):
        return int(value.__index__())
    return value


def hot_buffer(value):
    """``value``, or its bytes if this runtime's own methods do not support PEP 688."""
    if active("hot-pep688") and hasattr(type(value), "__buffer__"):
        return bytes(value.__buffer__(0))
    return value

"""The known differences of zcio.Cursor from CPython 3.15's io.BytesIO over the same memory."""

import io
import sys

from zcio.compat.differences import Difference

__all__ = ["DIFFERENCES", "explained"]

PYPY = sys.implementation.name == "pypy"
VERSION = sys.version_info[:2]

_HOT = "the method is the runtime's own over bytes: overriding it in Python would cost every call some 100 ns"


def _own_words(operation, args, expected, got):
    """The same exception with the text of an older runtime, or TypeError because it ignores ``__index__``."""
    if operation not in ("read", "readline", "readlines", "seek", "read1"):
        return False
    if expected.error is not None and got.error is expected.error:
        return True
    if VERSION < (3, 7) and got.error is ValueError and got.value == "I/O operation on closed file.":
        return expected.error in (OverflowError, TypeError)
    odd = any(type(arg) not in (int, bool, type(None)) for arg in args)
    return odd and got.error is TypeError


def _not_itself(cls):
    cursor = cls(bytearray(b"a\n"))
    return iter(cursor) is not cursor


def _reads_ahead(cls):
    memory = bytearray(b"a\nb\n")
    lines = iter(cls(memory))
    next(lines)
    memory[2] = 99
    return next(lines) == b"b\n"


def _stays_finished(cls):
    cursor = cls(bytearray(b"a\n"))
    lines = iter(cursor)
    list(lines)
    cursor.seek(0)
    return not list(lines)


DIFFERENCES = [
    Difference(
        "index-and-words-over-bytes",
        not PYPY and VERSION <= (3, 13),
        "over bytes, CPython up to 3.13: read, readline, readlines, seek",
        "an older runtime's words in the exceptions; read and readline of 3.6, and seek up to 3.7, refuse __index__;"
        " on 3.6 closed streams say so before they look at the argument",
        _HOT,
        covers=_own_words,
    ),
    Difference(
        "loop-is-its-own-iterator",
        True,
        "over other memory: iter(cursor)",
        "is an iterator of its own, not the cursor, and once at the end stays there",
        "it splits blocks of lines; the cursor's position is always that behind the last line given",
        witness=lambda cls: _not_itself(cls) and _stays_finished(cls),
    ),
    Difference(
        "loop-reads-ahead",
        True,
        "over other memory: a for loop",
        "may give up to 120 KiB of lines as the memory was when the loop came near them, if the memory is changed "
        "otherwise than through the cursor meanwhile; every method, next(cursor) and readline() included, reads the "
        "memory as it is",
        "as for any buffered file: looking at the memory for each line costs three times as much",
        witness=_reads_ahead,
    ),
    Difference(
        "one-thread-at-a-time",
        True,
        "over other memory: two threads, or a signal handler during a call",
        "a RuntimeError if the position moved while a method ran",
        "the methods are Python, several steps each; io.BytesIO is one step under the GIL",
    ),
    Difference(
        "views-of-3.6",
        VERSION < (3, 8),
        "Cursor(writable memory, readonly=True) on 3.6 and 3.7: getbuffer, read_view, read_buffer",
        "the views are writable",
        "no memoryview can be made read-only there",
        witness=lambda cls: not cls(bytearray(b"x"), readonly=True).getbuffer().readonly,
    ),
]


def explained(implementation, operation, args, expected, got):
    """The id of the difference that explains a mismatch, or None."""
    if not issubclass(implementation, io.BytesIO):
        return None
    for difference in DIFFERENCES:
        if difference.here and difference.covers is not None and difference.covers(operation, args, expected, got):
            return difference.id
    return None

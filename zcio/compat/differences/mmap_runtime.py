"""The differences of the running interpreter's own mmap from CPython 3.15's: what changes for programs that shadow it.

The machine compares that class too, and reports a difference that no entry covers. ``mmap.py`` beside this module lists
the older behaviour that zcio keeps.
"""

import errno
import sys

from zcio._mapping.stdlib import StdlibMmap
from zcio.compat.differences import PYPY, Difference, raised
from zcio.compat.differences.mmap import CLOSED, explained as zcio_explained

__all__ = ["COMPARED", "RUNTIME", "explained", "not_asked"]

#: PyPy's class differs in too much to be compared; tools/mmap_gains.py probes it.
COMPARED = not PYPY
MISSING = [name for name in ("madvise", "seekable", "set_name", "__buffer__") if not hasattr(StdlibMmap, name)]
NEW = "new in a later CPython"
MENDED = "changed in a later CPython"


def before(*version):
    return COMPARED and sys.version_info < version


# ---- functions for ``covers`` ----


def values(operation, args):
    """All arguments of the call."""
    if operation == "mmap":
        return list(args[0].args) + list(args[0].kwargs.values())
    return [arg[1] if isinstance(arg, tuple) else arg for arg in args]


def missing(operation, args, expected, got):
    return operation in MISSING and got.error is AttributeError


def words(operation, args, expected, got):
    return got.error is not None and got.error is expected.error and got.number == expected.number


def closed_first(operation, args, expected, got):
    return expected.error is not None and (got.error, got.value) == (ValueError, CLOSED)


def seek_result(operation, args, expected, got):
    return operation == "seek" and expected.error is None and (got.error, got.value) == (None, None)


def flush_result(operation, args, expected, got):
    return operation == "flush" and (got.error, got.value) == (None, 0)


def flush_parameters(operation, args, expected, got):
    given = values(operation, args)
    plain = len(given) == 2 and all(type(value) is int and value >= 0 for value in given)
    return operation == "flush" and given != [] and not plain


def size(operation, args, expected, got):
    return operation == "size" and (got.error, got.number) == (OSError, errno.EBADF)


def find_none(operation, args, expected, got):
    return operation in ("find", "rfind") and None in args[1:] and got.error is TypeError


def find_end(operation, args, expected, got):
    return operation in ("find", "rfind") and len(args) == 3 and args[1] is None and args[2] is not None


def find_nothing(operation, args, expected, got):
    if operation not in ("find", "rfind") or got.error is not None or expected.value != -1:
        return False
    needle = args[0].__buffer__(0) if not isinstance(args[0], bytes) and hasattr(args[0], "__buffer__") else args[0]
    return needle != "itself" and not memoryview(needle).nbytes


def exporters(operation, args, expected, got):
    return operation in ("find", "rfind") and got.error is TypeError and hasattr(type(args[0]), "__buffer__")


def int_accepted(operation, args, expected, got):
    if operation not in ("mmap", "seek", "madvise") or expected.error is not TypeError:
        return False
    kinds = map(type, values(operation, args))
    return any(hasattr(kind, "__int__") and not hasattr(kind, "__index__") for kind in kinds)


def index_refused(operation, args, expected, got):
    if operation not in ("mmap", "seek", "madvise") or got.error is not TypeError:
        return False
    return any(hasattr(type(value), "__index__") and not isinstance(value, int) for value in values(operation, args))


def trackfd(operation, args, expected, got):
    many = len(args[0].args) + len(args[0].kwargs) > 6 if operation == "mmap" else False
    return operation == "mmap" and ("trackfd" in args[0].kwargs or many) and got.error is TypeError


def representation(operation, args, expected, got):
    return operation == "__repr__" and got.error is None and "mmap.mmap object at " in got.value


def madvise_none(operation, args, expected, got):
    return operation == "madvise" and None in args and got.error is TypeError


def _closed(cls, name, *args):
    mapping = cls(-1, 4)
    mapping.close()
    return raised(getattr(mapping, name), *args)


def _ignores_end(cls):
    with cls(-1, 100) as mapping:
        mapping[50] = 1
        return raised(mapping.find, b"\1", None, 10) == (None, 50)


ASKED = [
    Difference(
        "own-missing",
        COMPARED and bool(MISSING),
        "CPython up to 3.14 (seekable: 3.12, __buffer__: 3.11, madvise: 3.7)",
        "there is no set_name, seekable, __buffer__ or madvise",
        NEW,
        missing,
        lambda cls: any(not hasattr(cls, name) for name in MISSING),
    ),
    Difference(
        "own-words",
        before(3, 15),
        "CPython up to 3.14",
        "exceptions of the same class have other words, or where a call is wrong in two ways tell of the other",
        MENDED,
        words,
    ),
    Difference(
        "own-closed-first",
        before(3, 14),
        "CPython up to 3.13",
        "a call with wrong arguments on a closed mapping tells of its being closed, not of the arguments",
        MENDED,
        closed_first,
        lambda cls: _closed(cls, "move", "x", 0, 0) == (ValueError, CLOSED),
    ),
    Difference(
        "own-seek-result",
        before(3, 13),
        "CPython up to 3.12",
        "seek returns None, not the position",
        MENDED,
        seek_result,
        lambda cls: cls(-1, 4).seek(2) is None,
    ),
    Difference(
        "own-flush-result",
        before(3, 8),
        "CPython up to 3.7",
        "flush returns 0, not None",
        MENDED,
        flush_result,
        lambda cls: cls(-1, 4).flush() == 0,
    ),
    Difference(
        "own-flush-parameters",
        before(3, 15),
        "CPython up to 3.14",
        "flush has no flags, and takes no offset without a size (up to 3.7 wrong ones go to the kernel)",
        MENDED,
        flush_parameters,
        lambda cls: raised(lambda: cls(-1, 4).flush(flags=1))[0] is TypeError,
    ),
    Difference(
        "own-size",
        before(3, 15),
        "CPython up to 3.14",
        "size() of a mapping without a descriptor is an OSError, not the length, or a ValueError where trackfd=False",
        MENDED,
        size,
        lambda cls: raised(cls(-1, 4).size)[0] is OSError,
    ),
    Difference(
        "own-find-none",
        before(3, 14),
        "CPython up to 3.13",
        "find and rfind refuse None for start and end",
        NEW,
        find_none,
        lambda cls: raised(cls(-1, 4).find, b"x", None)[0] is TypeError,
    ),
    Difference(
        "own-find-end",
        COMPARED and sys.version_info >= (3, 14),
        "CPython 3.14 and 3.15",
        "find and rfind ignore `end` where `start` is None",
        "a mistake there: the documentation says otherwise, and zcio does as it says",
        find_end,
        lambda cls: _ignores_end(cls),
    ),
    Difference(
        "own-find-nothing",
        before(3, 15),
        "CPython up to 3.14",
        "find and rfind of an empty needle give an offset, not -1, where start is beyond the end",
        MENDED,
        find_nothing,
        lambda cls: cls(-1, 4).find(b"", 5) == 4,
    ),
    Difference(
        "own-find-exporters",
        before(3, 12),
        "CPython up to 3.11",
        "find and rfind refuse an object whose only buffer is a __buffer__ method",
        NEW,
        exporters,
    ),
    Difference(
        "own-int-accepted",
        before(3, 10),
        "CPython up to 3.9",
        "the constructor, seek's whence and madvise's option take an object that has only __int__",
        MENDED,
        int_accepted,
    ),
    Difference(
        "own-index-refused",
        before(3, 8),
        "CPython 3.6 and 3.7",
        "the constructor and seek's whence refuse an object that has only __index__",
        MENDED,
        index_refused,
    ),
    Difference(
        "own-trackfd",
        before(3, 13),
        "CPython up to 3.12",
        "the constructor has no trackfd: it is a TypeError, as any seventh argument",
        NEW,
        trackfd,
        lambda cls: raised(lambda: cls(-1, 4, trackfd=True))[0] is TypeError,
    ),
    Difference(
        "own-repr",
        before(3, 9),
        "CPython up to 3.8",
        "repr() tells nothing of access, length, position and offset",
        NEW,
        representation,
        lambda cls: "length" not in repr(cls(-1, 4)),
    ),
    Difference(
        "own-madvise-none",
        before(3, 14) and "madvise" not in MISSING,
        "CPython 3.8 to 3.13",
        "madvise refuses None for its length",
        NEW,
        madvise_none,
        lambda cls: raised(lambda: cls(-1, 4).madvise(0, 0, None))[0] is TypeError,
    ),
]

#: Calls that the runtime's class is not given, because it would crash or get into another state than the model.
NOT_ASKED = [
    Difference(
        "own-resize-anonymous",
        before(3, 14),
        "CPython up to 3.13",
        "resize() lets shared anonymous memory grow, and reading what it grew by ends the process (SIGBUS)",
        MENDED,
        lambda operation, args, expected: operation == "resize"
        and expected.value == "mmap: can't expand a shared anonymous mapping",
        lambda cls: raised(cls(-1, 4096).resize, 8192) == (None, None),
    ),
    Difference(
        "own-exit",
        before(3, 14),
        "CPython up to 3.13",
        "__exit__() takes any number of arguments, and closes",
        MENDED,
        lambda operation, args, expected: operation == "__exit__" and expected.error is TypeError,
        lambda cls: raised(cls(-1, 4).__exit__) == (None, None),
    ),
]


RUNTIME = ASKED + NOT_ASKED


def explained(operation, args, expected, got):
    """The id of the difference that covers a mismatch of the runtime's class with the model, or None."""
    for difference in ASKED:
        if difference.here and difference.covers and difference.covers(operation, args, expected, got):
            return difference.id
    return zcio_explained(operation, args, expected, got)


def not_asked(operation, args, expected):
    """The id of the difference because of which the runtime's class is not given this call, or None."""
    for difference in NOT_ASKED:
        if difference.here and difference.covers(operation, args, expected):
            return difference.id
    return None

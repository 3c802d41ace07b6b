"""The known differences of zcio.mmap from CPython 3.15's mmap."""


import zcio.mmap
from zcio._mapping.stdlib import StdlibMmap
from zcio.compat.differences import HOT, PYPY, VERSION, Difference, Differences, Exporter, Index, Int, cpython, raised

__all__ = [
    "DIFFERENCES",
    "VIEWS_BLOCK",
    "active",
    "explained",
    "hot_buffer",
    "hot_number",
]

CLOSED = "mmap closed or invalid"


def closed_map(cls):
    mapping = cls(-1, 4)
    mapping.close()
    return mapping


def closed_first(operation, args, expected, got):
    methods = ["__setitem__", "__delitem__", "read", "write", "write_byte"] + ["seek"] * (VERSION == (3, 13))
    return operation in methods and (got.error, got.value) == (ValueError, CLOSED)


def range_first(operation, args, expected, got):
    return (
        operation in ("__setitem__", "__delitem__")
        and (got.error, got.value) == (IndexError, "mmap index out of range")
        and (
            (expected.error, expected.value) == (ValueError, "mmap item value must be in range(0, 256)")
            or expected.error is TypeError
            and expected.value.startswith(("mmap item value must be", "cannot fit", "mmap doesn't support item"))
        )
    )


# The new text was backported to some releases of 3.14.
SLICE_WORDS_DIFFER = "or None" in raised(b"".__getitem__, slice("x"))[1]


def slice_words(operation, args, expected, got):
    return (
        operation in ("__getitem__", "__setitem__", "__delitem__")
        and got.error is expected.error is TypeError
        and got.value == expected.value.replace("or have", "or None or have")
    )


def integer_words(operation, args, expected, got):
    name = type(args[0]).__name__ if args else ""
    words = (
        "an integer is required (got type %s)" % name,
        "integer argument expected, got %s" % name,
        "integer argument expected, got '%s'" % name,
        "'%s' object cannot be interpreted as an integer" % name,
    )
    return operation in ("read", "write_byte") and got.error is expected.error is TypeError and got.value in words


def whence_words(operation, args, expected, got):
    words = (
        "signed integer is greater than maximum",
        "signed integer is less than minimum",
        "Python int too large to convert to C long",
    )
    return operation == "seek" and got.error is expected.error is OverflowError and got.value in words


def class_name(operation, args, expected, got):
    return (
        operation == "operator"
        and got.error is expected.error is TypeError
        and got.value == expected.value.replace("'mmap.mmap'", "'mmap'")
    )


def closed_buffer(operation, args, expected, got):
    return (
        operation in ("memoryview", "find", "rfind")
        and got.error is expected.error is ValueError
        and (expected.value, got.value) == (CLOSED, "map closed or invalid")
    )


def buffer_flags(operation, args, expected, got):
    return (
        operation == "__buffer__"
        and got.error is expected.error is OverflowError
        and (expected.value, got.value) == ("buffer flags out of range", "buffer flags too large")
    )


def views_do_not_block(cls):
    mapping = cls(-1, 4)
    with memoryview(mapping):
        return raised(mapping.close) == (None, None)


def end_without_start(cls):
    with cls(-1, 100) as mapping:
        mapping[50] = 1
        return mapping.find(b"\1", None, 10) == -1


DIFFERENCES = Differences([
    Difference(
        "class-name",
        True,
        "everywhere",
        "where the interpreter names the class in an error, it says 'mmap' or 'zcio.mmap.mmap', not 'mmap.mmap'",
        "only a class written in C can have another name in the one place than in the other",
        class_name,
        lambda cls: "'mmap'" in raised(lambda: cls(-1, 1) < cls(-1, 1))[1],
    ),
    Difference(
        "iterable",
        True,
        "everywhere",
        "the class has __iter__, __reversed__ and __contains__, so it is a collections.abc.Iterable",
        "a subclass written in Python would give ints where CPython's own class gives bytes of length 1",
        witness=lambda cls: hasattr(cls, "__iter__") and hasattr(cls, "__reversed__"),
    ),
    Difference(
        "arity-words",
        True,
        "everywhere",
        "a wrong number of arguments, or a keyword, is a TypeError in the interpreter's words for Python functions",
        "the methods are Python functions; parsing *args by hand would cost every call",
        witness=lambda cls: raised(cls(-1, 1).find)[1] != "find expected at least 1 argument, got 0",
    ),
    Difference(
        "find-end",
        True,
        "everywhere (3.15.2's own find and rfind ignore `end` where `start` is None)",
        "find and rfind honour `end` also where `start` is None",
        "it is what the documentation of CPython says; that 3.15.2 does otherwise is a mistake there",
        witness=end_without_start,
    ),
    Difference(
        "hot-closed-first",
        cpython((3, 13)),
        "CPython up to 3.13",
        "item assignment and deletion, read, write, write_byte (3.13: seek) of a closed mapping tell of that "
        "first, not of a wrong argument or of its being read-only",
        HOT,
        closed_first,
        lambda cls: raised(closed_map(cls).write, "x") == (ValueError, CLOSED),
    ),
    Difference(
        "hot-range-first",
        cpython((3, 13)),
        "CPython up to 3.13",
        "an item's index is checked before the value assigned, and before deletion is refused",
        HOT,
        range_first,
        lambda cls: raised(cls(-1, 1).__setitem__, 5, "x")[0] is IndexError,
    ),
    Difference(
        "hot-slice-words",
        not PYPY and SLICE_WORDS_DIFFER,
        "CPython up to 3.14",
        "the words for a slice whose bounds are no integers have 'or None'",
        HOT,
        slice_words,
        lambda cls: "or None" in raised(cls(-1, 1).__getitem__, slice("x"))[1],
    ),
    Difference(
        "hot-integer-words",
        cpython((3, 9)),
        "CPython up to 3.9 (read: up to 3.7)",
        "write_byte and read have other words for what is no integer",
        HOT,
        integer_words,
        lambda cls: "required (got type" in raised(cls(-1, 1).write_byte, "x")[1],
    ),
    Difference(
        "hot-whence-words",
        cpython((3, 13)) and VERSION == (3, 13),
        "CPython 3.13",
        "seek has other words for a whence that is no C int",
        HOT,
        whence_words,
        lambda cls: raised(cls(-1, 1).seek, 0, 2**40)[1] == "signed integer is greater than maximum",
    ),
    Difference(
        "hot-int-accepted",
        cpython((3, 9)),
        "CPython up to 3.9",
        "write_byte takes an object that has only __int__",
        HOT,
        witness=lambda cls: raised(cls(-1, 1).write_byte, Int()) == (None, None),
    ),
    Difference(
        "hot-index-refused",
        cpython((3, 7)),
        "CPython 3.6 and 3.7 (read: 3.6)",
        "write_byte and read refuse an object that has only __index__",
        HOT,
        witness=lambda cls: raised(cls(-1, 1).write_byte, Index())[0] is TypeError,
    ),
    Difference(
        "hot-pep688",
        cpython((3, 11)),
        "CPython up to 3.11",
        "write and slice assignment refuse an object whose only buffer is a __buffer__ method (find takes it)",
        HOT,
        witness=lambda cls: raised(cls(-1, 1).write, Exporter())[0] is TypeError,
    ),
    Difference(
        "hot-reentrancy",
        cpython((3, 13)),
        "CPython up to 3.13 (which of these: the runtime's version)",
        "an __index__ or __buffer__ that closes or resizes the very mapping from within item or slice access, "
        "read, write or write_byte (3.13: seek) may crash, as it does in that runtime's own mmap",
        HOT,
    ),
    Difference(
        "buffer-flags-words",
        raised(bytearray().__getattribute__, "__buffer__")[0] is None
        and raised(bytearray().__buffer__, 2**31)[1] == "buffer flags too large",
        "CPython 3.12 and 3.13",
        "__buffer__ says 'buffer flags too large', not 'buffer flags out of range'",
        "it is the interpreter's own, of every class",
        buffer_flags,
        lambda cls: raised(cls(-1, 1).__buffer__, 2**31)[1] == "buffer flags too large",
    ),
    Difference(
        "audit-twice",
        PYPY or (3, 8) <= VERSION <= (3, 12),
        "CPython 3.8 to 3.12, PyPy",
        "with trackfd=False the audit event mmap.__new__ comes twice, the second time for fileno -1",
        "the mapping is made over an anonymous one of the runtime's, which reports itself",
    ),
    Difference(
        "pypy-audit-length",
        PYPY,
        "PyPy",
        "where the length is 0, the audit event mmap.__new__ tells the length found",
        "PyPy's own errors for such a length are others, so zcio finds it first",
    ),
    Difference(
        "pypy-views",
        PYPY,
        "PyPy",
        "close() and resize() succeed under live memoryviews, which then follow the mapping (native calls hold it)",
        "PyPy gives a buffer of its mmap without asking the subclass, and does not count them",
        witness=views_do_not_block,
    ),
    Difference(
        "pypy-resize-beside",
        PYPY,
        "PyPy",
        "resize() while another thread reads or writes m[i], a byte, or a memoryview of the mapping can crash",
        "PyPy lets other threads run while the kernel moves the mapping; the lock that the other methods take would "
        "cost these twice what they do",
    ),
    Difference(
        "pypy-closed-buffer",
        PYPY and raised(memoryview, closed_map(StdlibMmap))[1] != CLOSED,
        "PyPy before 8",
        "memoryview(mapping) of a closed mapping says 'map closed or invalid', also where it is a needle",
        "PyPy gives a buffer of its mmap without asking the subclass",
        closed_buffer,
        lambda cls: raised(memoryview, closed_map(cls))[1] == "map closed or invalid",
    ),
    Difference(
        "pypy-resize-zero",
        PYPY,
        "PyPy",
        "resize(0) of a mapped file fails before the file is cut, not after",
        "the mapping would be left without a file under it, and reading it would be a SIGBUS",
    ),
])
active = DIFFERENCES.active
explained = DIFFERENCES.explained


#: Whether close() and resize() raise while a view is alive.
VIEWS_BLOCK = not active("pypy-views")


def hot_number(operation, value):
    """``value``, or another number if this runtime's own method wrongly accepts or refuses ``value``."""
    kind = type(value)
    if operation == "write_byte" and active("hot-int-accepted") and not hasattr(kind, "__index__"):
        return "1" if hasattr(kind, "__int__") else value
    if active("hot-index-refused") and hasattr(kind, "__index__"):
        return int(value.__index__())
    return value


def hot_buffer(value):
    """``value``, or its bytes if this runtime's own methods do not support PEP 688."""
    if active("hot-pep688") and hasattr(type(value), "__buffer__") and not isinstance(value, zcio.mmap.mmap):
        return bytes(value.__buffer__(0))
    return value

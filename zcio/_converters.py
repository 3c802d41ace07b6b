"""Python values as the C of CPython 3.15 takes them: same conversions, same exceptions, same words.

All code of the caller that a conversion runs (``__index__``, ``__buffer__``) runs here, before a method looks at its
mapping. So a conversion that closes or resizes the map acts as if it had run before the call.
"""

import sys
from operator import index as _index

from zcio._call_guard import PYPY, guarded_call
from zcio._core import memory as core_memory

__all__ = [
    "as_bytes",
    "bytes_like",
    "bytes_of_mapping",
    "c_int",
    "c_long",
    "clipped",
    "integer",
    "moved_count",
    "needle_of",
    "optional_ssize",
    "ssize",
    "subscript",
    "truncated",
    "writable_like",
]

_MAX = sys.maxsize
_MIN = -sys.maxsize - 1
_INT_MAX = 2**31 - 1
_PEP_688 = sys.version_info >= (3, 12) and sys.implementation.name == "cpython"


def integer(value):
    """``value`` as an int itself: an int of a subclass may compare and add as it likes. Raises TypeError."""
    # Not int.__index__(), which on PyPy calls an overridden __int__.
    return value if type(value) is int else int.__add__(_index(value), 0)


def ssize(value):
    """``value`` as a Py_ssize_t. Raises TypeError, OverflowError."""
    if type(value) is not int:
        value = integer(value)
    if _MIN <= value <= _MAX:
        return value
    raise OverflowError("Python int too large to convert to C ssize_t")


def clipped(value):
    """Convert a slice's bound: the nearest Py_ssize_t.

    Raises:
        TypeError: ``value`` is no integer; in the words of slices.
    """
    if type(value) is not int:
        if not hasattr(type(value), "__index__"):
            raise TypeError("slice indices must be integers or None or have an __index__ method")
        value = integer(value)
    return min(max(value, _MIN), _MAX)


def c_long(value):
    """``value`` as a C long of 64 bits. Raises TypeError, OverflowError."""
    if type(value) is not int:
        value = integer(value)
    if _MIN <= value <= _MAX:
        return value
    raise OverflowError("Python int too large to convert to C long")


def c_int(value):
    """``value`` as the C int of PyArg_Parse's "i". Raises TypeError, OverflowError."""
    value = c_long(value)
    if value > _INT_MAX:
        raise OverflowError("signed integer is greater than maximum")
    if value < -_INT_MAX - 1:
        raise OverflowError("signed integer is less than minimum")
    return value


def truncated(value):
    """``value`` as the C int of an argument-clinic "int". Raises TypeError, OverflowError."""
    if type(value) is not int:
        value = integer(value)
    if -_INT_MAX - 1 <= value <= _INT_MAX:
        return value
    raise OverflowError("Python int too large to convert to C int")


def subscript(value, error):
    """``value`` as PyNumber_AsSsize_t converts a subscript. Raises TypeError, and ``error`` if it is too large."""
    number = integer(value)
    if _MIN <= number <= _MAX:
        return number
    raise error("cannot fit %r into an index-sized integer" % type(value).__name__)


def optional_ssize(value):
    """``value`` as the size that io's methods read, -1 for None. Raises TypeError, OverflowError."""
    if type(value) is int and _MIN <= value <= _MAX:
        return value
    if value is None:
        return -1
    if not hasattr(type(value), "__index__"):
        raise TypeError("argument should be integer or None, not %r" % type(value).__name__)
    return subscript(value, OverflowError)


def _memoryview(value):
    """Return ``memoryview(value)``, or None if ``value`` is not a buffer.

    What a ``__buffer__`` method written in Python raises is passed on.
    """
    kind = type(value)
    if _PEP_688:
        return memoryview(value) if hasattr(kind, "__buffer__") else None
    try:
        return memoryview(value)
    except TypeError as error:
        if error.__traceback__.tb_next is not None:
            raise  # not memoryview's own, but of a signal handler that ran right behind it
    if not hasattr(kind, "__buffer__"):
        return None
    view = kind.__buffer__(value, 0)
    if type(view) is not memoryview:
        raise TypeError("__buffer__ returned non-memoryview object")
    return view


def bytes_like(value):
    """Return a memoryview of ``value``, which the caller releases.

    Args:
        value: Any C-contiguous buffer, also an object of an old runtime with a ``__buffer__`` method.

    Raises:
        TypeError: ``value`` is not a buffer.
        BufferError: It is not C-contiguous.
    """
    view = _memoryview(value)
    if view is None:
        raise TypeError("a bytes-like object is required, not %r" % type(value).__name__)
    return view if view.c_contiguous else _contiguous(view)


def _contiguous(view):
    if not view.c_contiguous:
        view.release()
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return view


def writable_like(value, name):
    """Return a memoryview of ``value``, a writable C-contiguous buffer, which the caller releases.

    Args:
        value: The argument.
        name: Name of the method, for the error.

    Raises:
        TypeError: ``value`` is not such a buffer.
    """
    view = _memoryview(value)
    if view is not None:
        if view.c_contiguous and not view.readonly:
            return view
        view.release()
    kind = "None" if value is None else type(value).__name__
    raise TypeError("%s() argument must be read-write bytes-like object, not %s" % (name, kind))


#: ``bytes_of_mapping(mapping)`` copies a mapping; on PyPy, where a view does not keep it open, close() is refused.
bytes_of_mapping = guarded_call(lambda mapping: core_memory.copy(mapping, 0, None))


def as_bytes(value):
    """Return the bytes of ``value``, any C-contiguous buffer: a copy unless it is bytes. Raises as bytes_like."""
    if type(value) is bytes:
        return value
    if type(value) is bytearray:
        return bytes(value)
    if PYPY and hasattr(value, "_call_guard"):
        return bytes_of_mapping(value)
    with bytes_like(value) as view:
        return core_memory.copy(view, 0, view.nbytes)


def needle_of(value):
    """Return the bytes to search for, given what ``bytes.find`` takes: a bytes-like object or an int below 256.

    Raises:
        TypeError: ``value`` is neither.
        ValueError: It is an int out of range.
    """
    if type(value) is bytes:
        return value
    if type(value) is not int:
        if PYPY and hasattr(value, "_call_guard"):
            return bytes_of_mapping(value)
        view = _memoryview(value)  # asked for before __index__, as bytes.find does: numpy's integers have both
        if view is not None:
            with _contiguous(view):
                return core_memory.copy(view, 0, view.nbytes)
        if not hasattr(type(value), "__index__"):
            raise TypeError("argument should be integer or bytes-like object, not %r" % type(value).__name__)
        value = integer(value)
    if not 0 <= value <= 255:
        raise ValueError("byte must be in range(0, 256)")
    return bytes((value,))


def moved_count(count, most, mover):
    """The number of bytes that a method of ``mover`` says it has moved, as an int.

    Raises TypeError, and ValueError if it is not in the range from 0 to ``most``.
    """
    count = integer(count)
    if not 0 <= count <= most:
        raise ValueError("%r says that it moved %d of %d bytes" % (mover, count, most))
    return count

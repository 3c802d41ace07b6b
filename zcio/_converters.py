"""Python values as the C of CPython 3.15 takes them: same conversions, same exceptions, same words.

Everything a caller's own code may do (``__index__``, ``__buffer__``) happens here, before a mapping is looked at, so
that a conversion that closes or resizes the map acts as if it had run before the call.
"""

import sys
from operator import index as _index

from zcio._core import memory as core_memory

__all__ = [
    "as_bytes",
    "bytes_like",
    "c_int",
    "c_long",
    "clipped",
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


def _exact(value):
    # An int subclass may compare as it likes; the C code sees only its value.
    return int.__index__(_index(value))


def ssize(value):
    """``value`` as a Py_ssize_t. Raises TypeError, OverflowError."""
    if type(value) is not int:
        value = _exact(value)
    if _MIN <= value <= _MAX:
        return value
    raise OverflowError("Python int too large to convert to C ssize_t")


def clipped(value):
    """``value`` as the bound of a slice: of the Py_ssize_t the nearest one. Raises TypeError."""
    if type(value) is not int:
        value = _exact(value)
    return min(max(value, _MIN), _MAX)


def c_long(value):
    """``value`` as a C long of 64 bits. Raises TypeError, OverflowError."""
    if type(value) is not int:
        value = _exact(value)
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
        value = _exact(value)
    if -_INT_MAX - 1 <= value <= _INT_MAX:
        return value
    raise OverflowError("Python int too large to convert to C int")


def subscript(value, error):
    """``value`` as PyNumber_AsSsize_t converts a subscript. Raises TypeError, and ``error`` where it is too large."""
    number = value if type(value) is int else _exact(value)
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


def bytes_like(value):
    """A memoryview of ``value``, any C-contiguous buffer; the caller releases it.

    Raises TypeError ``a bytes-like object is required``, BufferError where it is not contiguous.
    """
    exporter = type(value)
    if _PEP_688 and hasattr(exporter, "__buffer__"):
        view = memoryview(value)
    else:
        try:
            view = memoryview(value)
        except TypeError:
            if not hasattr(exporter, "__buffer__"):
                raise TypeError("a bytes-like object is required, not %r" % exporter.__name__) from None
            view = exporter.__buffer__(value, 0)
            if type(view) is not memoryview:
                raise TypeError("__buffer__ returned non-memoryview object") from None
    if not view.c_contiguous:
        view.release()
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return view


def writable_like(value, name):
    """A memoryview of ``value``, any writable C-contiguous buffer, for the method ``name``; the caller releases it.

    Raises TypeError.
    """
    try:
        view = bytes_like(value)
        if not view.readonly:
            return view
        view.release()
    except (BufferError, TypeError):
        pass
    kind = "None" if value is None else type(value).__name__
    raise TypeError("%s() argument must be read-write bytes-like object, not %s" % (name, kind))


def as_bytes(value):
    """A bytes copy of ``value``, any C-contiguous buffer; ``value`` itself where it is bytes. Raises as bytes_like."""
    if type(value) is bytes:
        return value
    if type(value) is bytearray:
        return bytes(value)
    with bytes_like(value) as view:
        return core_memory.copy(view, 0, view.nbytes)

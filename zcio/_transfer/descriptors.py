"""Arguments of the transfers: descriptors, offsets, counts and flags."""

import sys
from operator import index as _index

from zcio._converters import c_int
from zcio._core.transfer import describe

__all__ = [
    "FILE",
    "PIPE",
    "SOCKET",
    "SPLICE_F_GIFT",
    "SPLICE_F_MORE",
    "SPLICE_F_MOVE",
    "SPLICE_F_NONBLOCK",
    "descriptor",
    "flag_bits",
    "not_negative",
    "plain",
    "readable",
    "writable",
]

# The kinds that describe() tells.
FILE, PIPE, SOCKET = 0, 1, 2

SPLICE_F_MOVE = 1
SPLICE_F_NONBLOCK = 2
SPLICE_F_MORE = 4
SPLICE_F_GIFT = 8
_FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT

_INT_MAX, _MAX = 2**31 - 1, 2**63 - 1


def plain(src, dst, count, src_offset, dst_offset):
    """Whether all of these are ints that need no conversion, or None where that has a meaning: one look at the usual
    arguments takes a fifth of the time of five."""
    return (
        type(src) is type(dst) is int
        and 0 <= src <= _INT_MAX
        and 0 <= dst <= _INT_MAX
        and (src_offset is None or type(src_offset) is int and 0 <= src_offset <= _MAX)
        and (dst_offset is None or type(dst_offset) is int and 0 <= dst_offset <= _MAX)
        and type(count) is int
        and 0 <= count <= _MAX
    )


def descriptor(value):
    """The descriptor of ``value``: an int, or an object with ``fileno()``. Raises TypeError, OverflowError, and
    ValueError for a TLS socket, whose descriptor carries what is encrypted."""
    if type(value) is int:
        return c_int(value)
    fileno = getattr(value, "fileno", None)
    if fileno is None:
        return c_int(value)
    ssl = sys.modules.get("ssl")
    if ssl is not None and isinstance(value, ssl.SSLSocket):
        raise ValueError("a TLS socket cannot be spliced: its descriptor carries the encrypted bytes")
    return c_int(fileno())


def _described(fd, name):
    try:
        return describe(fd)
    except OSError as error:
        raise ValueError("%s: invalid file descriptor %d (%s)" % (name, fd, error.strerror)) from None


def readable(fd, name):
    """What describe() tells of ``fd``. Raises ValueError where it is no descriptor open for reading."""
    about = _described(fd, name)
    if not about.readable:
        raise ValueError("%s: file descriptor %d is not open for reading" % (name, fd))
    return about


def writable(fd, name):
    """What describe() tells of ``fd``. Raises ValueError where it is no descriptor open for writing."""
    about = _described(fd, name)
    if not about.writable:
        raise ValueError("%s: file descriptor %d is not open for writing" % (name, fd))
    return about


def not_negative(value, name):
    """``value`` as an int of 63 bits, or None if it is that. Raises TypeError, ValueError, OverflowError."""
    if value is None:
        return None
    value = int.__index__(_index(value))
    if value < 0:
        raise ValueError("%s must not be negative" % name)
    if value > _MAX:
        raise OverflowError("%s is larger than any file" % name)
    return value


def flag_bits(flags):
    """``flags`` as an int of SPLICE_F_ bits. Raises TypeError, ValueError."""
    flags = int.__index__(_index(flags))
    if flags & ~_FLAGS:
        raise ValueError("unknown flags: %#x" % (flags & ~_FLAGS))
    return flags

"""Arguments of the transfers: descriptors, offsets, counts and flags.

A descriptor may be used in place of an object only if it carries the same bytes (pass_through()), and only while that
object is open: after close(), the number may belong to another file. So no code keeps the number (see Descriptor).
"""

import io
import sys

from zcio._converters import c_int, integer
from zcio._core.transfer import describe

__all__ = [
    "BUFFERED",
    "FILE",
    "PIPE",
    "SOCKET",
    "SPLICE_F_GIFT",
    "SPLICE_F_MORE",
    "SPLICE_F_MOVE",
    "SPLICE_F_NONBLOCK",
    "Descriptor",
    "descriptor",
    "flag_bits",
    "innermost",
    "is_path",
    "is_plain_socket",
    "not_negative",
    "once",
    "pass_through",
    "plain",
    "readable",
    "replaces_methods",
    "uninterrupted",
    "writable",
]

BUFFERED = (io.BufferedReader, io.BufferedWriter, io.BufferedRandom)
_NO_PATHS = frozenset((int, io.FileIO) + BUFFERED)

# The values of ``kind`` in the result of describe().
FILE, PIPE, SOCKET = 0, 1, 2

SPLICE_F_MOVE = 1
SPLICE_F_NONBLOCK = 2
SPLICE_F_MORE = 4
SPLICE_F_GIFT = 8
_FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT

_INT_MAX, _MAX = 2**31 - 1, 2**63 - 1


class Descriptor:
    """The descriptor of ``owner``, which it keeps: an iterable of one int, for which the owner is asked each time.

    A signal handler may close the owner and open another file, which then gets the number. So the number is asked for
    and used in one step (see uninterrupted()); and a transfer, which takes longer, compares what the number refers to
    with what describe() found in such a step.

    Args:
        owner: an ``io.FileIO``, a plain socket, or an int, which has no object to ask.
    """

    __slots__ = ("_fileno", "_owners")

    def __init__(self, owner):
        self._fileno = int if isinstance(owner, int) else type(owner).fileno
        self._owners = (owner,)

    def __iter__(self):
        return map(self._fileno, self._owners)

    def call(self, function, *arguments):
        """Return ``function(fd, *arguments)``. Raises ValueError if a file is closed; of a closed socket, fd is -1."""
        return uninterrupted(function, self._fileno, self._owners, *arguments)


def once(owner):
    """The descriptor of ``owner``, as an iterable for a single use; a Descriptor is for several."""
    return (owner,) if isinstance(owner, int) else map(type(owner).fileno, (owner,))


def plain(src, dst, count, src_offset, dst_offset):
    """Whether all arguments are ints in range, or offsets of None, and need no conversion.

    For these, the usual ones, one check takes a fifth of the time of converting each.
    """
    return (
        type(src) is type(dst) is int
        and 0 <= src <= _INT_MAX
        and 0 <= dst <= _INT_MAX
        and (src_offset is None or type(src_offset) is int and 0 <= src_offset <= _MAX)
        and (dst_offset is None or type(dst_offset) is int and 0 <= dst_offset <= _MAX)
        and type(count) is int
        and 0 <= count <= sys.maxsize
    )


# Methods that move bytes. If an instance overrides one (a mock, a hook), its descriptor must not be used instead of it.
_MOVES_BYTES = frozenset("read read1 readinto readinto1 peek write recv recv_into send fileno".split())


def replaces_methods(value):
    """Whether an instance of a class of the io module overrides methods that move bytes."""
    return not _MOVES_BYTES.isdisjoint(value.__dict__)


def innermost(value):
    """The raw file or socket inside a file object, or ``value`` itself; None if an instance overrides a method."""
    kind = type(value)
    if kind in BUFFERED:
        if replaces_methods(value):
            return None
        value = value.raw
        kind = type(value)
    if kind is io.FileIO:
        return None if replaces_methods(value) else value
    socket = sys.modules.get("socket")  # not imported for programs that do not use it
    if socket is not None and kind is socket.SocketIO:
        if replaces_methods(value):
            return None
        # A closed SocketIO has no socket; its fileno() raises the right error.
        return value if value._sock is None else value._sock
    return value


def pass_through(value):
    """Return the owner of the descriptor of ``value``, if that carries the same bytes in the same order as its methods.

    It does for these exact types: ints, ``io.FileIO``, ``socket.socket``, ``socket.SocketIO`` over such a socket, and
    the buffered classes of ``io`` over these (the caller takes care of their buffers). TLS sockets, compressed files,
    subclasses and unknown classes may transform the bytes.

    Args:
        value: any object.

    Returns:
        An argument for Descriptor, which may be closed; None if no descriptor may be used in place of the object.
    """
    if isinstance(value, int):
        return value
    inner = innermost(value)
    kind = type(inner)
    if kind is io.FileIO or is_plain_socket(inner):
        return inner
    socket = sys.modules.get("socket")
    return inner if socket is not None and kind is socket.SocketIO else None


def is_plain_socket(value):
    """Whether ``value`` is exactly a ``socket.socket``, and that class is not a replacement (by gevent, or a test)."""
    socket = sys.modules.get("socket")
    return socket is not None and type(value) is socket.socket and socket.socket.__module__ == "socket"


def is_path(value):
    """Whether ``value`` is a path, as os.fspath() takes it."""
    # hasattr() takes half a microsecond if there is no such attribute, and os.PathLike longer.
    return type(value) not in _NO_PATHS and (isinstance(value, (str, bytes)) or hasattr(type(value), "__fspath__"))


def descriptor(value, name):
    """Return the Descriptor of ``value`` for calls that need one.

    Args:
        value: an int, or an object for which pass_through() finds a descriptor.
        name: the argument, for the text of the exception.

    Raises:
        TypeError: there is none, or it must not be used in place of the object.
        ValueError: the object is a TLS socket or a file over one.
        OverflowError: the int is too large for a descriptor.
    """
    if is_path(value):
        raise TypeError("%s must be a descriptor, a socket or a file, not the path %r: open it" % (name, value))
    owner = pass_through(value)
    if isinstance(owner, int) or owner is None and not hasattr(value, "fileno"):
        if not hasattr(type(value), "__index__"):
            raise TypeError("%s must be a descriptor, a socket or a file, not %s" % (name, type(value).__name__))
        owner = c_int(value)
    if owner is not None:
        return Descriptor(owner)
    ssl = sys.modules.get("ssl")
    if ssl is not None and isinstance(innermost(value), ssl.SSLSocket):
        raise ValueError("%s: a TLS socket cannot be spliced: its descriptor carries the encrypted bytes" % name)
    raise TypeError(
        "%s must be a descriptor, a plain socket or a binary file of the io module, not %s, "
        "whose descriptor may carry other bytes than its methods do" % (name, type(value).__name__)
    )


def _described(descriptor, name):
    try:
        return describe(descriptor)
    except OSError as error:
        if error.errno is None:
            raise
        fd = next(iter(descriptor))
        raise ValueError("%s: invalid file descriptor %d (%s)" % (name, fd, error.strerror)) from None


def readable(descriptor, name):
    """The description of a Descriptor. Raises ValueError unless it is open for reading."""
    about = _described(descriptor, name)
    if not about.readable:
        raise ValueError("%s: file descriptor %d is not open for reading" % (name, about.fd))
    return about


def writable(descriptor, name):
    """The description of a Descriptor. Raises ValueError unless it is open for writing."""
    about = _described(descriptor, name)
    if not about.writable:
        raise ValueError("%s: file descriptor %d is not open for writing" % (name, about.fd))
    return about


def not_negative(value, name):
    """``value`` as an int of 63 bits, or None. Raises TypeError, ValueError, OverflowError."""
    if value is None:
        return None
    value = integer(value)
    if value < 0:
        raise ValueError("%s must not be negative" % name)
    if value > _MAX:
        raise OverflowError("%s is larger than any file" % name)
    return value


def uninterrupted(outer, inner, arguments, *more):
    """Return ``outer(inner(*arguments), *more)``, which no signal handler can interrupt between the two calls.

    Both must be functions written in C. A signal handler runs between two bytecode instructions, and here both calls
    are made within one: ``map`` calls the one and then the other. If they were two steps, a handler that closes a file
    between its fileno() and os.read() would make the read use whatever file gets the number next.
    """
    return next(map(outer, map(inner, *zip(arguments)), *zip(more)))


def flag_bits(flags):
    """``flags`` as an int of SPLICE_F_ bits. Raises TypeError, ValueError."""
    flags = integer(flags)
    if flags & ~_FLAGS:
        raise ValueError("unknown flags: %#x" % (flags & ~_FLAGS))
    return flags

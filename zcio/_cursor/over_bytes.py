"""Cursor over exact bytes on CPython: its own BytesIO, which shares them, with its speed; what would write refuses."""

import io

from zcio._bytesio.base import Base
from zcio._converters import as_bytes, bytes_like, optional_ssize, ssize
from zcio._cursor.base import Cursor
from zcio._positional_only import positional_only

__all__ = ["BytesCursor"]

_PEEKED = 128 * 1024  # 3.16's io.DEFAULT_BUFFER_SIZE

_close = Base.close
_init = Base.__init__
_new = io.BytesIO.__new__
_readline = Base.readline
_seek = Base.seek
_tell = Base.tell


def _source_of(cursor):
    source = cursor._source
    if source is None:
        raise ValueError("I/O operation on closed file.")
    return source


class BytesCursor(Cursor, Base):
    """A Cursor over bytes."""

    __slots__ = ("_source",)

    _narrowed = False

    @staticmethod
    def __new__(cls):
        self = _new(cls)
        self._source = None
        return self

    def __init__(self, buffer, readonly=False):
        if type(buffer) is not bytes:
            raise TypeError("a Cursor made over bytes stays over bytes, not %r" % type(buffer).__name__)
        _init(self, buffer)
        self._source = buffer

    # What IOBase does instead, looking for an overridden close(), takes longer than making the cursor.
    __del__ = _close

    @property
    def closed(self):
        """Whether close() was called."""
        return self._source is None

    def close(self):
        """Give the bytes back. Every later operation raises ValueError."""
        self._source = None
        _close(self)

    def __exit__(self, *exc_info):
        self.close()

    def getvalue(self):
        """The very object that the cursor was made over."""
        return _source_of(self)

    def getbuffer(self):
        """A read-only memoryview of all the bytes."""
        return memoryview(_source_of(self))

    def writable(self):
        """False."""
        _source_of(self)
        return False

    @positional_only
    def write(self, b):
        """Raises io.UnsupportedOperation: bytes cannot be changed."""
        bytes_like(b).release()
        _source_of(self)
        raise io.UnsupportedOperation("not writable")

    @positional_only
    def writelines(self, lines):
        """Raises io.UnsupportedOperation if there is a line to write."""
        _source_of(self)
        for line in lines:
            BytesCursor.write(self, line)

    @positional_only
    def truncate(self, size=None):
        """Raises io.UnsupportedOperation: the size is fixed."""
        _source_of(self)
        raise io.UnsupportedOperation("truncate")

    @positional_only
    def peek(self, size=0):
        """The next ``size`` bytes, or as many as there are, without advancing; up to 128 KiB where it is below 1."""
        size = ssize(size)
        start = _tell(self)
        return _source_of(self)[start : start + (size if size > 0 else _PEEKED)]

    def remaining(self):
        """How many bytes there are from the position to the end, 0 also behind that."""
        return max(0, len(_source_of(self)) - _tell(self))

    @positional_only
    def read_view(self, size=-1):
        """Read as read() does, but return a read-only memoryview of the bytes themselves."""
        size = optional_ssize(size)
        start = _tell(self)
        there = max(0, len(_source_of(self)) - start)
        if size < 0 or size > there:
            size = there
        if not size:
            return memoryview(b"")
        view = memoryview(self._source)[start : start + size]
        _seek(self, start + size)
        return view

    @positional_only
    def read_buffer(self, size=None):
        """``read_view`` by the name under which pyarrow asks for it."""
        return BytesCursor.read_view(self, size)

    @positional_only
    def find(self, sub):
        """The offset of the next ``sub``, any bytes-like object, from the position on, or -1; the position stays."""
        sub = as_bytes(sub)
        return _source_of(self).find(sub, _tell(self))

    @positional_only
    def readuntil(self, separator=b"\n"):
        """Read up to and including the next ``separator``, or to the end where there is none, as readline does.

        Returns bytes, b"" only at the end. Raises ValueError where ``separator``, any bytes-like object, is empty.
        """
        separator = as_bytes(separator)
        if not separator:
            raise ValueError("empty separator")
        start = _tell(self)
        found = _source_of(self).find(separator, start)
        stop = len(self._source) if found < 0 else found + len(separator)
        if stop <= start:
            return b""
        _seek(self, stop)
        return self._source[start:stop]

"""The methods that ``zcio.BytesIO`` adds to CPython 3.15's: 3.16's peek, views of the memory, searches.

Each makes several calls of the runtime's methods. If another thread moves the position in between, the result is wrong,
as with a seek() followed by a read().
"""

from zcio._bytesio.base import Base
from zcio._call_guard import PYPY
from zcio._converters import as_bytes, optional_ssize, ssize
from zcio._positional_only import positional_only

__all__ = ["Additions"]

_PEEKED = 128 * 1024  # 3.16's io.DEFAULT_BUFFER_SIZE

# A search copies the stream piece by piece. These are the sizes of the first and of the largest piece.
_FIRST_PIECE = 1024
_LARGEST_PIECE = 1024 * 1024

_read = Base.read
_readline = Base.readline
_seek = Base.seek
_tell = Base.tell

if PYPY:
    from zcio._bytesio.pypy import view_of as _view_of
else:

    def _view_of(stream, start, end):
        return Base.getbuffer(stream)[start:end]


def _remaining(stream, position):
    end = _seek(stream, 0, 2)
    _seek(stream, position)
    return max(0, end - position)


def _offset(stream, sub):
    """The offset of the next ``sub``, which is not empty, or -1. The position stays."""
    start = at = _tell(stream)
    overlap = len(sub) - 1
    piece = _FIRST_PIECE
    try:
        while True:
            block = _read(stream, piece + overlap)
            found = block.find(sub)
            if found >= 0:
                return at + found
            if len(block) < piece + overlap:
                return -1
            at = _seek(stream, at + piece)
            piece = min(2 * piece, _LARGEST_PIECE)
    finally:
        _seek(stream, start)


class Additions:
    """The additional methods of ``zcio.BytesIO``."""

    __slots__ = ()

    if hasattr(Base, "peek"):
        peek = Base.peek
    else:

        @positional_only
        def peek(self, size=0):
            """Return the next bytes without advancing the position, as CPython 3.16's ``io.BytesIO.peek``.

            Args:
                size: the largest number of bytes to return; up to 128 KiB if less than 1.

            Returns:
                bytes: b"" only at the end.

            Raises:
                ValueError: the stream is closed.
            """
            size = ssize(size)
            position = _tell(self)
            try:
                return _read(self, size if size > 0 else _PEEKED)
            finally:
                _seek(self, position)

    @positional_only
    def remaining(self):
        """Return the number of bytes from the position to the end.

        Returns:
            int: 0 also if the position is behind the end.

        Raises:
            ValueError: the stream is closed.
        """
        return _remaining(self, _tell(self))

    @positional_only
    def read_view(self, size=-1):
        """Read without a copy: a view of the stream's own memory.

        While the view is alive, the stream cannot be written or closed (BufferError), as with ``getbuffer()``. If the
        stream still shares the bytes object that it was made from, the first view copies it.

        Args:
            size: the largest number of bytes to read; all if None or negative.

        Returns:
            memoryview: writable. An empty view does not lock the stream.

        Raises:
            ValueError: the stream is closed.
        """
        size = optional_ssize(size)
        position = _tell(self)
        there = _remaining(self, position)
        if size < 0 or size > there:
            size = there
        if not size:
            return memoryview(b"")
        view = _view_of(self, position, position + size)
        _seek(self, position + size)
        return view

    @positional_only
    def read_buffer(self, size=None):
        """Read as read() does; pyarrow calls this name.

        It returns a copy, because pyarrow keeps the memory, and with a view close() would fail.

        Args:
            size: the largest number of bytes to read; all if None or negative.

        Returns:
            bytes: b"" only at the end.
        """
        return _read(self, optional_ssize(size))

    @positional_only
    def find(self, sub):
        """Find bytes from the position on, as ``bytes.find``. The position stays.

        Args:
            sub: any bytes-like object.

        Returns:
            int: the offset from the start of the stream, or -1.

        Raises:
            TypeError: ``sub`` is no bytes-like object.
            ValueError: the stream is closed.
        """
        sub = as_bytes(sub)
        if not sub:
            position = _tell(self)
            end = _seek(self, 0, 2)
            _seek(self, position)
            return position if position <= end else -1
        return _offset(self, sub)

    @positional_only
    def readuntil(self, separator=b"\n"):
        """Read up to and including the next separator, or to the end if there is none, as readline() does.

        Args:
            separator: any bytes-like object that is not empty.

        Returns:
            bytes: b"" only at the end.

        Raises:
            TypeError: ``separator`` is no bytes-like object.
            ValueError: ``separator`` is empty, or the stream is closed.
        """
        separator = as_bytes(separator)
        if not separator:
            raise ValueError("empty separator")
        if separator == b"\n":
            return _readline(self)
        found = _offset(self, separator)
        return _read(self, -1 if found < 0 else found + len(separator) - _tell(self))

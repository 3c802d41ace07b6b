"""Cursor over exact bytes on CPython: a BytesIO, which shares the bytes until they are written. Writes are refused."""

import io

from zcio._bytesio.base import Base
from zcio._converters import as_bytes, bytes_like, optional_ssize, ssize
from zcio._cursor.cursor import PEEKED, Cursor
from zcio._positional_only import positional_only

__all__ = ["BytesCursor"]

_init = Base.__init__
_new = Base.__new__
_getvalue = Base.getvalue  # returns the very object, since nothing is ever written
_seek = Base.seek
_tell = Base.tell


class BytesCursor(Base, Cursor):
    """A Cursor over bytes. Its methods are BytesIO's, then Cursor's, but for those that are defined here."""

    __slots__ = ()

    @staticmethod
    def __new__(cls, *args, **kwargs):
        return _new(cls)

    def __init__(self, buffer, readonly=False):
        if type(buffer) is not bytes:
            raise TypeError("a Cursor made over bytes stays over bytes, not %r" % type(buffer).__name__)
        _init(self, buffer)

    # IOBase's own looks for an overridden close(), which takes longer than making the cursor.
    __del__ = Base.close

    readinto1 = io.BufferedIOBase.readinto1
    __getstate__ = Cursor.__getstate__
    __setstate__ = Cursor.__setstate__

    def _check_open(self):
        _tell(self)

    def getbuffer(self):
        return memoryview(_getvalue(self))

    def writable(self):
        _tell(self)
        return False

    @positional_only
    def write(self, b):
        bytes_like(b).release()
        _tell(self)
        raise io.UnsupportedOperation("not writable")

    @positional_only
    def writelines(self, lines):
        _tell(self)
        for line in lines:
            BytesCursor.write(self, line)

    @positional_only
    def truncate(self, size=None):
        _tell(self)
        raise io.UnsupportedOperation("truncate")

    @positional_only
    def peek(self, size=0):
        size = ssize(size)
        start = _tell(self)
        return _getvalue(self)[start : start + (size if size > 0 else PEEKED)]

    def remaining(self):
        return max(0, len(_getvalue(self)) - _tell(self))

    @positional_only
    def read_view(self, size=-1):
        size = optional_ssize(size)
        start = _tell(self)
        there = max(0, len(_getvalue(self)) - start)
        if size < 0 or size > there:
            size = there
        if not size:
            return memoryview(b"")
        view = memoryview(_getvalue(self))[start : start + size]
        _seek(self, start + size)
        return view

    @positional_only
    def read_buffer(self, size=None):
        return BytesCursor.read_view(self, size)

    @positional_only
    def find(self, sub):
        sub = as_bytes(sub)
        return _getvalue(self).find(sub, _tell(self))

    @positional_only
    def readuntil(self, separator=b"\n"):
        separator = as_bytes(separator)
        if not separator:
            raise ValueError("empty separator")
        start = _tell(self)
        value = _getvalue(self)
        found = value.find(separator, start)
        stop = len(value) if found < 0 else found + len(separator)
        if stop <= start:
            return b""
        _seek(self, stop)
        return value[start:stop]

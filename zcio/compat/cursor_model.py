"""A simple model of Cursor: an io.BytesIO of CPython 3.15 over a bytearray that cannot grow."""

import io
import sys

from zcio._converters import as_bytes, optional_ssize, ssize, truncated

__all__ = ["Model"]


class Model:
    """``data``: the memory. ``fixed``: whether it is read-only."""

    def __init__(self, data, fixed):
        self.data = bytearray(data)
        self.fixed = fixed
        self.position = 0
        self.closed = False

    def _open(self):
        if self.closed:
            raise ValueError("I/O operation on closed file.")

    def _rest(self):
        self._open()
        return bytes(self.data[self.position :])

    def _take(self, size, found):
        found = found if size < 0 else found[:size]
        self.position += len(found)
        return found

    def peek(self, size=0):
        size = ssize(size)
        return self._rest()[: size if size > 0 else 131072]

    def remaining(self):
        return len(self._rest())

    def read(self, size=-1):
        size = optional_ssize(size)
        return self._take(size, self._rest())

    read1 = read_view = read_buffer = read

    def readinto(self, target):
        found = self._take(len(target), self._rest())
        target[: len(found)] = found
        return len(found)

    readinto1 = readinto

    def readline(self, size=-1):
        size = optional_ssize(size)
        return self._take(size, self._until(b"\n"))

    def _until(self, separator):
        found, there, _ = self._rest().partition(separator)
        return found + there

    def readuntil(self, separator=b"\n"):
        separator = as_bytes(separator)
        if not separator:
            raise ValueError("empty separator")
        return self._take(-1, self._until(separator))

    def readlines(self, size=None):
        self._open()
        if size is not None and not isinstance(size, int):
            raise TypeError("integer argument expected, got %r" % type(size).__name__)
        size = 0 if size is None else ssize(size)
        lines = []
        while self.remaining() and (size <= 0 or sum(map(len, lines)) < size):
            lines.append(self.readline())
        return lines

    def __next__(self):
        if not self.remaining():
            raise StopIteration
        return self.readline()

    def find(self, sub):
        sub = as_bytes(sub)
        self._open()
        return bytes(self.data).find(sub, self.position)

    def write(self, data):
        data = as_bytes(data)
        self._open()
        if self.fixed:
            raise io.UnsupportedOperation("not writable")
        stop = self.position + len(data)
        if data and stop > len(self.data):
            raise BufferError(
                "cannot write %d bytes to buffer of size %d at position %d"
                % (len(data), len(self.data), self.position)
            )
        if data:
            self.data[self.position : stop] = data
        self.position = stop
        return len(data)

    def writelines(self, lines):
        self._open()
        for line in lines:
            self.write(line)

    def seek(self, pos, whence=0):
        pos = ssize(pos)
        whence = truncated(whence)
        self._open()
        if whence not in (0, 1, 2):
            raise ValueError("invalid whence (%d, should be 0, 1 or 2)" % whence)
        if whence == 0 and pos < 0:
            raise ValueError("negative seek value %d" % pos)
        pos += (0, self.position, len(self.data))[whence]
        if pos > sys.maxsize:
            raise OverflowError("new position too large")
        self.position = max(0, pos)
        return self.position

    def tell(self):
        self._open()
        return self.position

    def truncate(self, size=None):
        self._open()
        raise io.UnsupportedOperation("truncate")

    def detach(self):
        raise io.UnsupportedOperation("detach")

    def fileno(self):
        raise io.UnsupportedOperation("fileno")

    def flush(self):
        self._open()

    def isatty(self):
        self._open()
        return False

    def readable(self):
        self._open()
        return True

    seekable = readable

    def writable(self):
        self._open()
        return not self.fixed

    def getbuffer(self):
        self._open()
        return bytes(self.data)

    def close(self):
        self.closed = True

    def __getstate__(self):
        return self.tell(), None

"""Cursor over any buffer: a position, and slices of the memory.

The usual calls take the shortest way, on which ``_end``, the size, is all that is asked. It is -1 while something is to
be done first: the memory was not read yet, lines are read ahead, or the cursor is closed; ``_ready`` sees to it.
``_limit`` is the same for writing. No call lies between looking at the position and moving it on the shortest way.
"""

import io
import sys
from itertools import chain

from zcio._arguments import as_bytes, bytes_like, optional_ssize, ssize, truncated, writable_like
from zcio._cursor.additions import Additions
from zcio._cursor.base import Cursor
from zcio._cursor.lines import STRETCH, blocks, stop_of
from zcio._cursor.memory import CLOSED, finder, flat, put_into, reader_and_writer, readonly_view
from zcio._holding import PYPY
from zcio._signature import positional_only

__all__ = ["MemoryCursor"]

_MAX = sys.maxsize
# How much readline() looks at first for the end of the line, where the memory has no find of its own.
_GLANCE = 128

_BYTES = ("B", 1, False)  # the format, dimensions and read-onliness of a memoryview that takes bytes

# What, beside bytes, is written as it is.
_PLAIN = None if PYPY else bytearray
_VIEW = None if PYPY else memoryview

# Compared by identity, which for small ints is that by value.
_START = 0
_ALL = -1

_new = io.BufferedIOBase.__new__


class MemoryCursor(Additions, Cursor):
    """A Cursor over any buffer."""

    __slots__ = (
        "_ahead",
        "_end",
        "_find",
        "_limit",
        "_memory",
        "_narrowed",
        "_position",
        "_size",
        "_source",
        "_view",
        "_writable",
        "_writer",
    )

    @staticmethod
    def __new__(cls, *args, **kwargs):
        self = _new(cls)
        # As if closed, until __init__ has run.
        self._view = self._source = self._memory = self._ahead = self._find = None
        self._position = 0
        self._end = self._limit = -1
        return self

    def __init__(self, buffer, readonly=False):
        view = memoryview(buffer) if type(buffer) is bytearray else flat(bytes_like(buffer))
        fixed = view.readonly
        if readonly and not fixed:
            self._narrowed = fixed = True
            view = readonly_view(view)
        else:
            self._narrowed = False
        if self._view is not None:
            MemoryCursor.close(self)
        self._size = view.nbytes
        self._writable = not fixed
        self._source = buffer
        self._memory = self._ahead = self._find = None
        self._position = 0
        self._end = self._limit = -1
        self._view = view

    def _ready(self):
        """Make the shortest way passable. Raises ValueError where the cursor is closed."""
        view = self._view
        if view is None:
            raise ValueError("I/O operation on closed file.")
        ahead = self._ahead
        if ahead is not None:
            self._ahead = None
            self._position += ahead.tell()
            ahead.seek(0, 2)
        if self._memory is None:
            self._find = finder(self._source, view)
            self._memory, self._writer = reader_and_writer(self._source, view)
        if self._writable:
            self._limit = self._size
        self._end = self._size

    @property
    def closed(self):
        """Whether close() was called."""
        return self._view is None

    def close(self):
        """Give the buffer back at once; views handed out keep holding it. Every later operation raises ValueError."""
        view = self._view
        if view is None:
            return
        self._end = self._limit = -1
        self._view = self._source = self._find = None
        self._memory = self._writer = CLOSED
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.seek(0, 2)
        try:
            view.release()
        except BufferError:
            pass  # another thread reads it just now, and drops it then

    if not PYPY:
        # Nothing, by a C function that does nothing: the memory goes with the last reference. What IOBase does instead,
        # looking for an overridden close(), takes as long as making the cursor.
        __del__ = io.IOBase.seekable

        def __init_subclass__(cls, **options):
            super().__init_subclass__(**options)
            if cls.__del__ is MemoryCursor.__del__:
                cls.__del__ = io.IOBase.__del__

    def __exit__(self, *exc_info):
        self.close()

    # ---- reading ----

    @positional_only
    def read(self, size=-1):
        """Read up to ``size`` bytes, all of the rest for None or a negative ``size``. Returns bytes."""
        if type(size) is int and size >= 0:
            start = self._position
            stop = start + size
            if stop <= self._end:
                data = self._memory[start:stop]
                self._position = stop
                return data
        start, stop = self._range(optional_ssize(size))
        data = self._memory[start:stop]
        self._position = stop
        return data

    read1 = read

    def _range(self, size):
        """The offsets of the next ``size`` bytes, all where it is negative; both the position where there is none."""
        if self._end < 0:
            self._ready()
        start = self._position
        stop = self._size
        if 0 <= size < stop - start:
            stop = start + size
        return start, max(start, stop)

    if PYPY:

        @positional_only
        def readinto(self, buffer):
            return self._read_into(writable_like(buffer, "readinto"))

    else:

        @positional_only
        def readinto(self, buffer):
            """Read into ``buffer``, any writable C-contiguous one, which may lie in the same memory. Returns how many
            bytes that was."""
            kind = type(buffer)
            if kind is bytearray:
                target = memoryview(buffer)
            elif kind is memoryview and (buffer.format, buffer.ndim, buffer.readonly) == _BYTES and buffer.c_contiguous:
                target = buffer
            else:
                return self._read_into(writable_like(buffer, "readinto"))
            size = len(target)
            start = self._position
            stop = start + size
            if stop <= self._end:
                target[:] = self._view[start:stop]  # a move, where the two overlap
                self._position = stop
                return size
            if kind is bytearray:
                target.release()  # lest a traceback hold it
            return self._read_into(writable_like(buffer, "readinto"))

    @positional_only
    def readinto1(self, buffer):
        """As readinto."""
        return self._read_into(writable_like(buffer, "readinto1"))

    def _read_into(self, target):
        with target:
            start, stop = self._range(target.nbytes)
            if start < stop:
                put_into(target, self._view, self._memory, start, stop)
                self._position = stop
            return stop - start

    @positional_only
    def readline(self, size=-1):
        """Read up to and including the next newline, at most ``size`` bytes where that is not negative."""
        start = self._position
        if size is _ALL and start < self._end:
            find = self._find
            if find is None:
                glance = self._memory[start : start + _GLANCE]
                length = glance.find(b"\n") + 1
                if length:
                    self._position = start + length
                    return glance[:length]
            else:
                memory = self._memory  # another thread may close the cursor during the call
                stop = find(b"\n", start, start + STRETCH) + 1
                if stop:
                    data = memory[start:stop]
                    self._position = stop
                    return data
        start, stop = self._range(optional_ssize(size))
        if start < stop:
            stop = stop_of(self, b"\n", start, stop)
        data = self._memory[start:stop]
        self._position = stop
        return data

    @positional_only
    def readlines(self, size=None):
        """The lines from the position on as a list of bytes, no more of them once they have ``size`` bytes."""
        self._check_open()
        if size is None:
            size = 0
        elif not isinstance(size, int):
            raise TypeError("integer argument expected, got %r" % type(size).__name__)
        size = ssize(size)
        lines = chain.from_iterable(blocks(self))
        if size <= 0:
            return list(lines)
        found = []
        for line in lines:
            found.append(line)
            size -= len(line)
            if size <= 0:
                break
        return found

    def __next__(self):
        line = MemoryCursor.readline(self)
        if not line:
            raise StopIteration
        return line

    if PYPY:

        def __iter__(self):
            return self

    else:

        def __iter__(self):
            """An iterator of the lines, which reads up to 16 KiB of them ahead; the position is always that of the line
            after the last one given."""
            if type(self).__next__ is not _next:
                return self
            return chain.from_iterable(blocks(self))

    # ---- writing ----

    @positional_only
    def write(self, b):
        """Write ``b``, any bytes-like object, which may lie in the same memory. Returns its length.

        Raises BufferError, and writes nothing, where it does not fit; io.UnsupportedOperation where the memory or the
        cursor is read-only.
        """
        kind = type(b)
        if kind is bytes or kind is _PLAIN or kind is _VIEW and b.format == "B" and b.ndim == 1 and b.c_contiguous:
            size = len(b)
            start = self._position
            stop = start + size
            if stop <= self._limit:
                self._writer[start:stop] = b
                self._position = stop
                return size
        if PYPY and kind is not bytes:
            return MemoryCursor.write(self, as_bytes(b))  # whose size nobody changes meanwhile
        with flat(bytes_like(b)) as data:
            if self._end < 0:
                self._ready()
            if not self._writable:
                raise io.UnsupportedOperation("not writable")
            size = data.nbytes
            if not size:
                return 0
            start = self._position
            if size > self._size - start:
                raise BufferError(
                    "cannot write %d bytes to buffer of size %d at position %d" % (size, self._size, start)
                )
            self._writer[start : start + size] = data
            self._position = start + size
            return size

    @positional_only
    def writelines(self, lines):
        """Write every one of ``lines``; those before one that does not fit stay written."""
        self._check_open()
        for line in lines:
            MemoryCursor.write(self, line)

    @positional_only
    def truncate(self, size=None):
        """Raises io.UnsupportedOperation: the size is fixed."""
        self._check_open()
        raise io.UnsupportedOperation("truncate")

    # ---- the position ----

    @positional_only
    def seek(self, pos, whence=0):
        """Go to ``pos``, counted from the start, the position (``whence`` 1) or the end (2). Returns the position.

        It may lie behind the end. Relative to the position or the end, what would be before the start is the start.
        Raises TypeError, OverflowError, and ValueError where ``pos`` or ``whence`` is out of range.
        """
        if whence is _START and type(pos) is int and 0 <= pos <= self._end:
            self._position = pos
            return pos
        pos = ssize(pos)
        whence = truncated(whence)
        if self._end < 0:
            self._ready()
        if whence == 0:
            if pos < 0:
                raise ValueError("negative seek value %d" % pos)
        elif whence == 1 or whence == 2:
            pos += self._position if whence == 1 else self._size
            if pos > _MAX:
                raise OverflowError("new position too large")
            pos = max(0, pos)
        else:
            raise ValueError("invalid whence (%d, should be 0, 1 or 2)" % whence)
        self._position = pos
        return pos

    def tell(self):
        """The position, in bytes from the start."""
        if self._end < 0:
            self._ready()
        return self._position

    # ---- the file as a whole ----

    def _check_open(self):
        if self._view is None:
            raise ValueError("I/O operation on closed file.")

    def getvalue(self):
        """The very object that the cursor was made over."""
        self._check_open()
        return self._source

    def getbuffer(self):
        """A memoryview of all the memory as bytes, which holds it also after close(); read-only, from Python 3.8 on,
        where the cursor is."""
        whole = self._view  # another thread may close; what is released raises ValueError
        self._check_open()
        return whole[:]

    def readable(self):
        """True."""
        self._check_open()
        return True

    seekable = readable

    def writable(self):
        """Whether neither the memory nor the cursor is read-only."""
        self._check_open()
        return self._writable

    def isatty(self):
        """False."""
        self._check_open()
        return False

    def flush(self):
        """Nothing: what is written is in the memory."""
        self._check_open()

    def __enter__(self):
        self._check_open()
        return self

    def detach(self):
        """Raises io.UnsupportedOperation."""
        raise io.UnsupportedOperation("detach")

    def fileno(self):
        """Raises io.UnsupportedOperation."""
        raise io.UnsupportedOperation("fileno")


_next = MemoryCursor.__next__

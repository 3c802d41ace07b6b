"""Cursor over any buffer: a position, and slices of the memory.

The usual calls, ``Calls``, take the shortest way, on which ``_end``, the size, is all that is asked. It is -1 while
something is to be done first: the memory was not read yet, lines are read ahead, reads of one size go on, or the cursor
is closed; ``_ready`` sees to it. ``_limit`` is the same for writing, and ``_reach``, which may be less, for CPython's
read().
"""

import io
import sys

from zcio._call_guard import PYPY
from zcio._converters import as_bytes, bytes_like, optional_ssize, ssize, truncated, writable_like
from zcio._cursor.additions import Additions
from zcio._cursor.base import Cursor
from zcio._cursor.memory import CLOSED, NO_SIZE, finder, flat, put_into, reader_and_writer, readonly_view, stop_of
from zcio._positional_only import positional_only

if PYPY:
    from zcio._cursor.calls_pypy import PATIENCE, UNKNOWN, Calls
else:
    from zcio._cursor.calls_cpython import PATIENCE, UNKNOWN, Calls

__all__ = ["MemoryCursor"]

_MAX = sys.maxsize

# What, beside bytes, is written as it is.
_PLAIN = None if PYPY else bytearray
_VIEW = None if PYPY else memoryview

# Compared by identity, which for a small int is that by value.
_START = 0

_new = io.BufferedIOBase.__new__


class MemoryCursor(Calls, Additions, Cursor):
    """A Cursor over any buffer."""

    __slots__ = (
        "_ahead",
        "_end",
        "_find",
        "_last_size",
        "_limit",
        "_lines_end",
        "_memory",
        "_narrowed",
        "_next_line",
        "_patience",
        "_position",
        "_reach",
        "_repeating",
        "_same",
        "_same_size",
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
        self._view = self._source = self._memory = self._ahead = self._find = self._repeating = None
        self._same_size = self._last_size = NO_SIZE
        self._patience = PATIENCE
        self._position = self._size = 0
        self._end = self._reach = self._limit = self._lines_end = -1
        self._next_line = UNKNOWN
        self._same = ()
        return self

    def __init__(self, buffer, readonly=False):
        kind = type(buffer)
        view = memoryview(buffer) if kind is bytearray or kind is bytes else flat(bytes_like(buffer))
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
        self._memory = self._ahead = self._find = self._repeating = None
        self._same_size = self._last_size = NO_SIZE
        self._patience = PATIENCE
        self._position = 0
        self._end = self._reach = self._limit = self._lines_end = -1
        self._next_line = UNKNOWN
        self._same = ()
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
        repeating = self._repeating
        if repeating is not None:
            self._stop_repeating(repeating)
        if self._memory is None:
            source = self._source
            self._find = finder(source, view)
            self._memory, self._writer = reader_and_writer(source, view)
        if self._writable:
            self._limit = self._size
        self._end = self._size
        self._reach = self._position
        if self._view is None:
            self._forget()  # another thread closed it meanwhile
            raise ValueError("I/O operation on closed file.")

    def _forget(self):
        self._end = self._reach = self._limit = -1
        self._source = self._find = self._repeating = None
        self._memory = self._writer = CLOSED
        self._next_line = UNKNOWN
        self._same = ()

    @property
    def closed(self):
        """Whether close() was called."""
        return self._view is None

    def close(self):
        """Give the buffer back at once; views handed out keep holding it. Every later operation raises ValueError."""
        view = self._view
        if view is None:
            return
        self._end = self._reach = self._limit = -1  # first, as what comes next is looked at only where these allow it
        self._view = None
        self._forget()
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

    def _range(self, size):
        """The offsets of the next ``size`` bytes, all where it is negative; both the position where there is none."""
        if self._end < 0:
            self._ready()
        start = self._position
        stop = self._size
        if 0 <= size < stop - start:
            stop = start + size
        return start, max(start, stop)

    @positional_only
    def readinto1(self, buffer):
        """As readinto."""
        return self._read_into(buffer, "readinto1")

    def _read_into(self, buffer, name):
        with writable_like(buffer, name) as target:
            view = self._view  # another thread may close; what is released raises ValueError
            start, stop = self._range(target.nbytes)
            if start < stop:
                put_into(target, view, self._memory, start, stop)
                self._position = stop
            return stop - start

    def _read_line(self, size):
        size = optional_ssize(size)
        view = self._view
        start, stop = self._range(size)
        if start < stop:
            stop = stop_of(self, view, b"\n", start, stop)
        data = self._memory[start:stop]
        self._position = stop
        if size < 0:
            self._look_ahead(start, stop)
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
        if size <= 0:
            return self._lines()
        found = []
        while size > 0:
            line = Calls.readline(self)
            if not line:
                break
            found.append(line)
            size -= len(line)
        return found

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
            self._writer[start : start + size] = b if kind is bytes else data
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
        if whence is _START and type(pos) is int:
            if 0 < pos <= self._end:
                self._position = pos
                return pos
            if 0 <= pos <= self._size:
                if self._end < 0:
                    self._ready()
                    self._reach = pos
                else:
                    self._rewound()
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

"""The class ``Cursor``: a position, and slices of the memory.

``_size`` is -1 while the cursor is closed. So the fast path of each method, which compares the position with the size
anyway, leaves a closed cursor to the slow path, which raises. In the same way ``_limit``, the end for writing, is -1 if
the cursor cannot be written.

One thread at a time may use a cursor. Before a method moves the position, it checks that no other thread has moved it
meanwhile. From CPython 3.11 on, no other thread can run between that check and the assignment.
"""

import io
import sys

from zcio._call_guard import PYPY
from zcio._converters import as_bytes, bytes_like, optional_ssize, ssize, truncated, writable_like
from zcio._cursor.memory import flat, memory_of, move, offset_of, readonly_view
from zcio._positional_only import positional_only

__all__ = ["PEEKED", "Cursor", "use_over_bytes"]

_MAX = sys.maxsize
_MIN = -sys.maxsize - 1

#: The default size of peek(): io.DEFAULT_BUFFER_SIZE of CPython 3.16.
PEEKED = 128 * 1024

# The numbers of bytes that are copied and searched for the end of a record: first, and before the core searches.
_GLANCE = 512
_LOOK = 8 * 1024

# The sizes of the first and of the largest block that a ``for`` loop splits into lines. glibc's malloc would mmap
# larger ones, which is slow.
_FIRST_BLOCK = 512
_LARGEST_BLOCK = 120 * 1024

_new = io.BufferedIOBase.__new__

#: A released view, on which every access raises ValueError.
_RELEASED = memoryview(b"")
_RELEASED.release()

#: The attributes of an instance: in ``__slots__`` or, in an instance of a user's subclass, in ``__dict__``.
_STATE = ("_limit", "_loop", "_memory", "_narrowed", "_position", "_size", "_source", "_view")

_over_bytes = None  # the class for exact bytes


def use_over_bytes(cls):
    """Make ``cls`` the class of cursors over exact bytes."""
    global _over_bytes
    _over_bytes = cls


class Cursor(io.BufferedIOBase):
    """A file object over memory that it neither owns nor copies.

    Writes land in the memory itself, whose size is fixed. It is all of ``io.BufferedIOBase``; arguments, results and
    errors are those of ``io.BytesIO`` of CPython 3.15.

    A small call costs 100 to 500 ns more than one of ``io.BytesIO``, except over ``bytes``. For many small reads of
    memory that does not change, use ``io.BufferedReader(cursor)``.

    One thread at a time may use a cursor; two threads that read or write it at once may get a RuntimeError. Methods
    read the memory when they are called; a ``for`` loop reads up to 120 KiB of lines ahead.

    Args:
        buffer: Any C-contiguous buffer of any item type and shape, as its bytes: bytes, bytearray, memoryview, mmap,
            array, numpy array. The cursor holds it until ``close()``.
        readonly: Whether writing is refused even if the memory is writable.

    Raises:
        TypeError: ``buffer`` is not a buffer.
        BufferError: ``buffer`` is not C-contiguous.
    """

    __module__ = "zcio"
    __slots__ = ()

    # The state of a closed cursor, for a subclass that does not call __init__.
    _size = _limit = -1
    _position = 0
    _narrowed = False
    _source = _loop = None
    _view = _memory = _RELEASED

    def __init__(self, buffer, readonly=False):
        view = memoryview(buffer) if type(buffer) is bytearray else flat(bytes_like(buffer))
        fixed = view.readonly
        self._narrowed = narrowed = bool(readonly) and not fixed
        if narrowed:
            view = readonly_view(view)
        if self._size >= 0:
            Cursor.close(self)
        self._source = buffer
        self._view = view
        self._memory = memory_of(buffer, view) if PYPY else view
        self._loop = None
        self._position = 0
        size = view.nbytes
        self._limit = -1 if fixed or narrowed else size
        self._size = size

    def __new__(cls, *args, **kwargs):
        if cls is Cursor:
            if args and type(args[0]) is bytes and _over_bytes is not None:
                return _over_bytes.__new__(_over_bytes)
            self = _new(_MemoryCursor)
            self._size = -1
            return self
        return _new(cls)

    __new__.__wrapped__ = __init__  # whose signature is that of the class

    # ---- the memory ----

    def _check_open(self):
        if self._size < 0:
            raise ValueError("I/O operation on closed file.")

    def _range(self, size):
        """The bounds of the next ``size`` bytes, or of all if negative. Both are the position if there are none."""
        start = self._position
        stop = self._size
        if stop < 0:
            raise _interference(self)
        if 0 <= size < stop - start:
            stop = start + size
        return start, max(start, stop)

    def _go_on(self, start, stop):
        """Move the position from ``start``, where the method began, to ``stop``."""
        if self._position != start:
            raise _interference(self)
        self._position = stop

    @property
    def closed(self):
        """Whether close() was called."""
        return self._size < 0

    def close(self):
        """Release the buffer; views that were returned still hold it. Every later operation raises ValueError."""
        self._size = self._limit = -1
        self._position = 0
        view = self._view
        self._view = self._memory = _RELEASED
        self._source = self._loop = None
        try:
            view.release()
        except BufferError as error:
            if type(error) is not BufferError:
                raise  # a signal handler's
            # Another thread is just reading the memory, and drops the view afterwards.

    def __exit__(self, *exc_info):
        self.close()

    def __enter__(self):
        self._check_open()
        return self

    def getvalue(self):
        """Return the object that the cursor was made over.

        Returns:
            The same object, not a copy.

        Raises:
            ValueError: the cursor is closed.
        """
        self._check_open()
        return self._source

    def getbuffer(self):
        """Return a view of all the memory.

        Returns:
            memoryview: of single bytes, and read-only if the cursor is (from Python 3.8 on). It holds the memory, also
                after close().

        Raises:
            ValueError: the cursor is closed.
        """
        self._check_open()
        return self._view[:]

    # ---- reading ----

    @positional_only
    def read(self, size=-1):
        """Read bytes, as ``io.BytesIO.read``.

        Args:
            size: the largest number of bytes to read; all if None or negative.

        Returns:
            bytes: a copy; b"" only at the end.

        Raises:
            ValueError: the cursor is closed.
            RuntimeError: another thread moved the position meanwhile.
        """
        if type(size) is not int or not -1 <= size <= _MAX:
            size = optional_ssize(size)
        start = self._position
        stop = self._size
        if 0 <= size < stop - start:
            stop = start + size
        elif stop < start:
            start, stop = Cursor._range(self, size)
        data = self._memory[start:stop].tobytes()
        if self._position != start:
            raise _interference(self)
        self._position = stop
        return data

    read1 = read

    @positional_only
    def readinto(self, buffer):
        """Read into a buffer, as ``io.BytesIO.readinto``.

        Args:
            buffer: any writable C-contiguous buffer, which may lie in the same memory.

        Returns:
            int: the number of bytes read; 0 at the end.

        Raises:
            TypeError: ``buffer`` is not writable.
        """
        target = memoryview(buffer) if type(buffer) is bytearray else writable_like(buffer, "readinto")
        start = self._position
        stop = start + target.nbytes
        if stop <= self._size:
            move(target, self._memory[start:stop], stop - start)
            target.release()
            if self._position != start:
                raise _interference(self)
            self._position = stop
            return stop - start
        return _read_into(self, target)

    @positional_only
    def readinto1(self, buffer):
        """Read into a buffer: the same as readinto()."""
        return _read_into(self, writable_like(buffer, "readinto1"))

    @positional_only
    def readline(self, size=-1):
        """Read up to and including the next newline, as ``io.BytesIO.readline``.

        Args:
            size: the largest number of bytes to read; the whole line if None or negative.

        Returns:
            bytes: b"" only at the end.
        """
        if type(size) is int and -1 <= size <= _GLANCE:
            start = self._position
            if start < self._size:
                glance = self._memory[start : start + (size if size >= 0 else _GLANCE)].tobytes()
                length = glance.find(b"\n") + 1
                if not length and len(glance) == size:
                    length = size
                if length:
                    if self._position != start:
                        raise _interference(self)
                    self._position = start + length
                    return glance[:length]
        return _read_until(self, b"\n", optional_ssize(size))

    @positional_only
    def readlines(self, size=None):
        """Read lines into a list, as ``io.BytesIO.readlines``.

        Args:
            size: read no further line once the lines have this many bytes; all lines if None or less than 1.

        Returns:
            list of bytes: the lines with their newlines.
        """
        self._check_open()
        if size is None:
            size = 0
        elif not isinstance(size, int):
            raise TypeError("integer argument expected, got %r" % type(size).__name__)
        size = ssize(size)
        start, stop = Cursor._range(self, -1)
        if 0 < size < stop - start:
            # The last line is the one with the byte that makes them ``size`` bytes.
            newline = _offset(self, b"\n", start + size - 1, stop)
            if newline >= 0:
                stop = newline + 1
        data = self._memory[start:stop].tobytes()
        Cursor._go_on(self, start, stop)
        return io.BytesIO(data).readlines()

    def __next__(self):
        line = Cursor.readline(self)
        if not line:
            raise StopIteration
        return line

    def __iter__(self):
        return _lines(self) if type(self) is _MemoryCursor else self

    @positional_only
    def peek(self, size=0):
        """Return the next bytes without advancing the position, as CPython 3.16's ``io.BytesIO.peek``.

        Args:
            size: the largest number of bytes to return; up to 128 KiB if less than 1.

        Returns:
            bytes: b"" only at the end.
        """
        size = ssize(size)
        start, stop = Cursor._range(self, size if size > 0 else PEEKED)
        return self._memory[start:stop].tobytes()

    def remaining(self):
        """Return the number of bytes from the position to the end.

        Returns:
            int: 0 also if the position is behind the end.
        """
        start, stop = Cursor._range(self, -1)
        return stop - start

    @positional_only
    def read_view(self, size=-1):
        """Read without a copy: a view of the memory itself.

        Args:
            size: the largest number of bytes to read; all if None or negative.

        Returns:
            memoryview: writable if the cursor is. It holds the memory until it is released, also after close().
        """
        start, stop = Cursor._range(self, optional_ssize(size))
        if start == stop:
            return memoryview(b"")
        view = self._view[start:stop]
        Cursor._go_on(self, start, stop)
        return view

    @positional_only
    def read_buffer(self, size=None):
        """Read as read_view() does; pyarrow calls this name."""
        return Cursor.read_view(self, size)

    @positional_only
    def find(self, sub):
        """Find bytes from the position on, as ``bytes.find``. The position stays.

        Args:
            sub: any bytes-like object.

        Returns:
            int: the offset from the start of the memory, or -1.

        Raises:
            TypeError: ``sub`` is no bytes-like object.
        """
        sub = as_bytes(sub)
        start, stop = Cursor._range(self, -1)
        if not sub:
            return start if start <= self._size else -1
        return _offset(self, sub, start, stop)

    @positional_only
    def readuntil(self, separator=b"\n"):
        """Read up to and including the next separator, or to the end if there is none, as readline() does.

        Args:
            separator: any bytes-like object that is not empty.

        Returns:
            bytes: b"" only at the end.

        Raises:
            ValueError: ``separator`` is empty.
        """
        separator = as_bytes(separator)
        if not separator:
            raise ValueError("empty separator")
        return _read_until(self, separator, -1)

    # ---- writing ----

    @positional_only
    def write(self, b):
        """Write bytes into the memory at the position.

        Args:
            b: any bytes-like object, which may lie in the same memory.

        Returns:
            int: the number of bytes written, all of ``b``.

        Raises:
            BufferError: ``b`` does not fit; nothing was written.
            io.UnsupportedOperation: the memory or the cursor is read-only.
        """
        data = b if type(b) is bytes else memoryview(b) if type(b) is bytearray else flat(bytes_like(b))
        try:
            start = self._position
            stop = start + len(data)
            if not start < stop <= self._limit:
                return _write_nothing(self, start, stop - start)
            self._memory[start:stop] = data
            self._loop = None
            if self._position != start:
                raise _interference(self)
            self._position = stop
            return stop - start
        finally:
            if data is not b:
                data.release()

    @positional_only
    def writelines(self, lines):
        """Write each of several bytes-like objects, as write() does.

        Args:
            lines: an iterable of bytes-like objects. If one does not fit, those before it stay written.

        Raises:
            BufferError: as write().
            io.UnsupportedOperation: as write().
        """
        self._check_open()
        for line in lines:
            Cursor.write(self, line)

    @positional_only
    def truncate(self, size=None):
        """Raise io.UnsupportedOperation, since the size is fixed, unlike what ``io.BytesIO.truncate`` has."""
        self._check_open()
        raise io.UnsupportedOperation("truncate")

    # ---- the position ----

    @positional_only
    def seek(self, pos, whence=0):
        """Set the position, as ``io.BytesIO.seek``. Relative to the position or the end it stops at the start.

        Args:
            pos: an offset in bytes.
            whence: what ``pos`` counts from: the start (0), the position (1) or the end (2).

        Returns:
            int: the new position, which may be behind the end.

        Raises:
            ValueError: ``pos`` is negative and ``whence`` 0, or ``whence`` is not 0, 1 or 2.
            OverflowError: ``pos`` is too large.
        """
        if type(pos) is not int or not _MIN <= pos <= _MAX:
            pos = ssize(pos)
        if type(whence) is not int or not 0 <= whence <= 2:
            whence = truncated(whence)
        if self._size < 0:
            raise _interference(self)
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
        """Return the position.

        Returns:
            int: bytes from the start.
        """
        if self._size < 0:
            raise _interference(self)
        return self._position

    # ---- what a file says of itself ----

    def readable(self):
        """Return True, as ``io.BytesIO.readable``."""
        self._check_open()
        return True

    seekable = readable

    def writable(self):
        """Return whether the cursor can be written to.

        Returns:
            bool: False if the memory or the cursor is read-only.
        """
        self._check_open()
        return self._limit >= 0

    def isatty(self):
        """Return False, as ``io.BytesIO.isatty``."""
        self._check_open()
        return False

    def flush(self):
        """Do nothing: what was written is in the memory."""
        self._check_open()

    def detach(self):
        """Raise io.UnsupportedOperation, as ``io.BytesIO.detach``."""
        raise io.UnsupportedOperation("detach")

    def fileno(self):
        """Raise io.UnsupportedOperation, as ``io.BytesIO.fileno``."""
        raise io.UnsupportedOperation("fileno")

    def __repr__(self):
        name = _public(type(self)).__name__
        if self.closed:
            return "<closed %s>" % name
        return "%s(%r%s)" % (name, _own(self).getvalue(self), ", readonly=True" if self._narrowed else "")

    # ---- pickle and copy: copy() makes another cursor over the same object, deepcopy() one over a copy of it ----

    @positional_only
    def __reduce_ex__(self, protocol):
        return _public(type(self)), (_own(self).getvalue(self), self._narrowed), self.__getstate__()

    def __getstate__(self):
        """Return the position and the attributes of the instance, or None. Raises ValueError if it is closed."""
        attributes = {name: value for name, value in self.__dict__.items() if name not in _STATE}
        return _own(self).tell(self), attributes or None

    @positional_only
    def __setstate__(self, state):
        """Take the position and attributes of ``__getstate__``. Raises TypeError, ValueError."""
        if type(state) is not tuple or len(state) != 2:
            raise TypeError("a Cursor's state is a tuple of position and attributes, not %r" % type(state).__name__)
        position, attributes = state
        _own(self).seek(self, position)
        if attributes is not None:
            self.__dict__.update(attributes)


class _MemoryCursor(Cursor):
    """A Cursor over anything but exact bytes. It has slots, which are twice as fast as a ``__dict__``."""

    __slots__ = _STATE

    # A C function that does nothing, since the view is released with the cursor. IOBase.__del__ would look up close(),
    # which takes as long as making a cursor, and a Python function here would lose an exception of a signal handler.
    __del__ = io.IOBase.seekable


def _interference(cursor):
    """The exception for a method that finds that the position was moved, or the cursor closed, while it ran."""
    if cursor._size < 0:
        return ValueError("I/O operation on closed file.")
    return RuntimeError("the Cursor is used by two threads at once, or by a signal handler during a call")


def _public(cls):
    """Cursor for the private subclasses, else ``cls``."""
    return Cursor if cls is _MemoryCursor or cls is _over_bytes else cls


def _own(cursor):
    """The class whose methods are those of ``cursor``, but for what a user's subclass overrides."""
    return _over_bytes if type(cursor) is _over_bytes else Cursor


def _offset(cursor, sub, start, stop):
    """The offset of ``sub``, which is not empty, inside ``[start:stop]``, or -1."""
    found = cursor._memory[start : min(start + _LOOK, stop)].tobytes().find(sub)
    if found >= 0:
        return start + found
    near = max(start, start + _LOOK - len(sub) + 1)
    return offset_of(cursor._memory, sub, near, stop) if near < stop else -1


def _read_until(cursor, separator, size):
    start, stop = Cursor._range(cursor, size)
    if start < stop:
        found = _offset(cursor, separator, start, stop)
        if found >= 0:
            stop = found + len(separator)
    data = cursor._memory[start:stop].tobytes()
    Cursor._go_on(cursor, start, stop)
    return data


def _write_nothing(cursor, start, size):
    """Return 0 if there is nothing to write; otherwise raise the error for writing ``size`` bytes at ``start``."""
    Cursor._check_open(cursor)
    if cursor._limit < 0:
        raise io.UnsupportedOperation("not writable")
    if size:
        raise BufferError("cannot write %d bytes to buffer of size %d at position %d" % (size, cursor._limit, start))
    return 0


def _read_into(cursor, target):
    with target:
        start, stop = Cursor._range(cursor, target.nbytes)
        if start < stop:
            move(target, cursor._memory[start:stop], stop - start)
            Cursor._go_on(cursor, start, stop)
        return stop - start


def _lines(cursor):
    """Yield the lines from the position on. io.BytesIO splits a block of them at a time.

    The position is always the end of the last line that was yielded. If the position is moved otherwise, or something
    is written through the cursor, the rest of the block is dropped.
    """
    size = _FIRST_BLOCK
    while True:
        position = cursor._position
        block = cursor._memory[position : position + size].tobytes() if position < cursor._size else b""
        end = position + block.rfind(b"\n") + 1
        if end == position:
            # A line longer than the block, the last one without a newline, or none.
            line = _read_until(cursor, b"\n", -1)
            if not line:
                return
            size = min(4 * size, _LARGEST_BLOCK)
            yield line
            continue
        cursor._loop = lines = io.BytesIO(block)
        for line in lines:
            stop = position + len(line)
            if stop > end:
                break
            if cursor._position != position or cursor._loop is not lines:
                size = _FIRST_BLOCK // 4
                break
            cursor._position = position = stop
            yield line
        size = min(4 * size, _LARGEST_BLOCK)

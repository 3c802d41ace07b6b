"""Makes PyPy's BytesIO behave as CPython 3.15's.

Every method converts its arguments first, then checks and raises in the order of C. PyPy's JIT inlines these methods,
which would be too slow on CPython.
"""

import gc
import sys
import weakref

from zcio._bytesio.stdlib import StdlibBytesIO
from zcio._call_guard import guarded_call
from zcio._converters import bytes_like, bytes_of_mapping, c_long, optional_ssize, ssize, truncated, writable_like
from zcio._positional_only import positional_only

__all__ = ["PyPyMethods", "view_of"]


class _Unset(bytes):
    """A sentinel that signatures show as b''."""


# The default of ``initial_bytes``. If that is not given, __init__() leaves a closed stream closed.
_UNSET = _Unset()

_MAX = sys.maxsize
_ADDRESS_SPACE = 2**47  # no stream can be larger

_closed = StdlibBytesIO.closed.__get__
_read = StdlibBytesIO.read
_readline = StdlibBytesIO.readline
_seek = StdlibBytesIO.seek
_tell = StdlibBytesIO.tell


def _check_open(stream):
    if _closed(stream):
        raise ValueError("I/O operation on closed file.")


def _is_live(reference):
    view = reference()
    if view is None:
        return False
    try:
        len(view)
    except ValueError:  # released
        return False
    return True


def _views_of(stream):
    """Weak references to the returned views that are still in use."""
    return [reference for reference in getattr(stream, "_views", ()) if _is_live(reference)]


def _check_exports(stream):
    if getattr(stream, "_views", None):
        if _views_of(stream):
            gc.collect()  # views that are garbage do not count
        stream._views = _views_of(stream)
        if stream._views:
            raise BufferError("Existing exports of data: object cannot be re-sized")


def _check_resizable(stream):
    _check_open(stream)
    _check_exports(stream)


def _length(stream):
    position = _tell(stream)
    length = _seek(stream, 0, 2)
    _seek(stream, position)
    return length


def _write(stream, data, size):
    """Write ``data``, bytes or a contiguous memoryview of ``size`` bytes."""
    _check_resizable(stream)
    if not size:
        return 0
    end = _tell(stream) + size
    if end > _ADDRESS_SPACE:
        # PyPy's own write() may crash.
        if end > _MAX:
            raise OverflowError("new buffer size too large")
        raise MemoryError
    _resize(StdlibBytesIO.write, stream, data)
    return size


def _write_any(stream, data):
    if hasattr(data, "_call_guard"):
        data = bytes_of_mapping(data)
    if type(data) is bytes:
        return _write(stream, data, len(data))
    with bytes_like(data) as view:
        return _write(stream, view, view.nbytes)


@guarded_call
def _read_into(buffer, stream, name):
    with writable_like(buffer, name) as view:
        _check_open(stream)
        return StdlibBytesIO.readinto(stream, view)


def _handed_out(stream, view):
    views = getattr(stream, "_views", None)
    if views is None:
        views = stream._views = []
    size = len(views)
    if size >= 8 and not size & size - 1:
        # Remove those that are no longer in use, but not at every call.
        views[:] = _views_of(stream)
    views.append(weakref.ref(view))
    return view


def view_of(stream, start, end):
    """A memoryview of ``[start:end]``, which keeps the stream from being resized."""
    with StdlibBytesIO.getbuffer(stream) as whole:
        return _handed_out(stream, whole[start:end])


def _resize(method, stream, *args):
    """Call a method of the runtime, which on newer PyPys raises BufferError even if all views are garbage."""
    try:
        return method(stream, *args)
    except BufferError:
        gc.collect()
        gc.collect()  # once more, for objects that finalizers have released
        return method(stream, *args)


class PyPyMethods(StdlibBytesIO):
    """The base of ``zcio.BytesIO`` on PyPy."""

    __slots__ = ("_views",)  # set when the first view is returned

    def __init__(self, initial_bytes=_UNSET):
        _check_exports(self)
        if type(initial_bytes) is bytes:
            _resize(StdlibBytesIO.__init__, self, initial_bytes)
            return
        if not _closed(self):
            _resize(StdlibBytesIO.__init__, self)
        if initial_bytes is not _UNSET and initial_bytes is not None:
            _write_any(self, initial_bytes)
            _seek(self, 0)

    # ---- reading ----

    @positional_only
    def read(self, size=-1):
        """Read bytes, as ``io.BytesIO.read``.

        Args:
            size: the largest number of bytes to read; all if None or negative.

        Returns:
            bytes: b"" only at the end.
        """
        size = optional_ssize(size)
        _check_open(self)
        return _read(self, size)

    @positional_only
    def read1(self, size=-1):
        """Read bytes, as ``io.BytesIO.read1``: the same as read()."""
        size = optional_ssize(size)
        _check_open(self)
        return _read(self, size)

    @positional_only
    def readline(self, size=-1):
        """Read up to and including the next newline, as ``io.BytesIO.readline``.

        Args:
            size: the largest number of bytes to read; the whole line if None or negative.

        Returns:
            bytes: b"" only at the end.
        """
        size = optional_ssize(size)
        _check_open(self)
        return _readline(self, size)

    @positional_only
    def readlines(self, size=None):
        """Read lines into a list, as ``io.BytesIO.readlines``.

        Args:
            size: read no further line once the lines have this many bytes; all lines if None or less than 1.

        Returns:
            list of bytes: the lines with their newlines.
        """
        _check_open(self)
        if size is not None and not isinstance(size, int):
            raise TypeError("integer argument expected, got %r" % type(size).__name__)
        size = 0 if size is None else ssize(size)
        lines = []
        got = 0
        while True:
            line = _readline(self)
            if not line:
                return lines
            lines.append(line)
            got += len(line)
            if 0 < size <= got:
                return lines

    @positional_only
    def readinto(self, buffer):
        """Read into a buffer, as ``io.BytesIO.readinto``.

        Args:
            buffer: any writable bytes-like object.

        Returns:
            int: the number of bytes read; 0 at the end.
        """
        return _read_into(buffer, self, "readinto")

    @positional_only
    def readinto1(self, buffer):
        """Read into a buffer, as ``io.BytesIO.readinto1``: the same as readinto()."""
        return _read_into(buffer, self, "readinto1")

    def __iter__(self):
        return self

    def __next__(self):
        _check_open(self)
        line = _readline(self)
        if not line:
            raise StopIteration
        return line

    @positional_only
    def getvalue(self):
        """Return the whole value.

        Returns:
            bytes: all of it, whatever the position.
        """
        _check_open(self)
        return StdlibBytesIO.getvalue(self)

    @positional_only
    def getbuffer(self):
        """Return a view of the whole value.

        Returns:
            memoryview: writable. While it lives the stream keeps its size.
        """
        _check_open(self)
        return _handed_out(self, StdlibBytesIO.getbuffer(self))

    # ---- writing ----

    @positional_only
    def write(self, b):
        """Write bytes at the position, as ``io.BytesIO.write``. A gap before the position is filled with zeros.

        Args:
            b: any bytes-like object.

        Returns:
            int: the number of bytes written, all of ``b``.

        Raises:
            TypeError: ``b`` is no bytes-like object.
            BufferError: there are views of the stream.
            OverflowError, MemoryError: there is no room; nothing has changed.
        """
        return _write_any(self, b)

    @positional_only
    def writelines(self, lines):
        """Write bytes-like objects, as ``io.BytesIO.writelines``. If one fails, those before it stay written."""
        _check_open(self)
        for line in lines:
            _write_any(self, line)

    @positional_only
    def truncate(self, size=None):
        """Cut the stream, as ``io.BytesIO.truncate`` of CPython 3.15.

        The position stays where it is. A stream that is shorter is not changed.

        Args:
            size: the new size in bytes; the position if None.

        Returns:
            int: ``size``.

        Raises:
            ValueError: ``size`` is negative, or the stream is closed.
            BufferError: there are views of the stream.
        """
        _check_resizable(self)
        if size is None:
            size = _tell(self)
        else:
            size = c_long(size)
            if size < 0:
                raise ValueError("negative size value %d" % size)
            _check_resizable(self)
        if size < _length(self):
            position = _tell(self)
            _resize(StdlibBytesIO.truncate, self, size)
            _seek(self, position)
        return size

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
            ValueError: ``pos`` is negative and ``whence`` 0, ``whence`` is not 0, 1 or 2, or the stream is closed.
            OverflowError: ``pos`` is too large.
        """
        pos = ssize(pos)
        whence = truncated(whence)
        _check_open(self)
        if whence == 0:
            if pos < 0:
                raise ValueError("negative seek value %d" % pos)
            return _seek(self, pos)
        if whence not in (1, 2):
            raise ValueError("invalid whence (%d, should be 0, 1 or 2)" % whence)
        if pos > 0 and pos > _MAX - (_tell(self) if whence == 1 else _length(self)):
            raise OverflowError("new position too large")
        return _seek(self, pos, whence)

    @positional_only
    def tell(self):
        """Return the position.

        Returns:
            int: bytes from the start.
        """
        _check_open(self)
        return _tell(self)

    # ---- properties of a file ----

    @positional_only
    def flush(self):
        """Do nothing, as ``io.BytesIO.flush``. Raises ValueError if the stream is closed."""
        _check_open(self)

    @positional_only
    def isatty(self):
        """Return False, as ``io.BytesIO.isatty``."""
        _check_open(self)
        return False

    @positional_only
    def readable(self):
        """Return True, as ``io.BytesIO.readable``."""
        _check_open(self)
        return True

    writable = seekable = readable

    @positional_only
    def close(self):
        """Release the value. Raises BufferError if there are views of the stream."""
        if not _closed(self):
            _check_exports(self)
            StdlibBytesIO.close(self)

    def __enter__(self):
        _check_open(self)
        return self

    def __exit__(self, *exc_info):
        self.close()

    # ---- pickling ----

    @positional_only
    def __getstate__(self):
        _check_open(self)
        return StdlibBytesIO.getvalue(self), _tell(self), dict(self.__dict__) or None

    @positional_only
    def __setstate__(self, state):
        name = type(self).__name__
        if not isinstance(state, tuple) or len(state) < 3:
            words = "%s.__setstate__ argument should be 3-tuple, got %s"
            raise TypeError(words % (name, type(state).__name__))
        value, position, attributes = state[:3]
        if not _closed(self):
            _check_exports(self)
            _resize(StdlibBytesIO.__init__, self)
        _write_any(self, value)
        if not isinstance(position, int):
            raise TypeError("second item of state must be an integer, not %s" % type(position).__name__)
        position = ssize(position)
        if position < 0:
            raise ValueError("position value cannot be negative")
        _seek(self, position)
        if attributes is not None:
            if not isinstance(attributes, dict):
                raise TypeError("third item of state should be a dict, got a %s" % type(attributes).__name__)
            self.__dict__.update(attributes)

"""Makes PyPy's mmap behave as CPython 3.15's.

Every method converts its arguments first, then checks and raises in the order of C. close() and resize() raise
BufferError during a native call. PyPy's JIT inlines these methods, which would be too slow on CPython.
"""

import errno
import os
import sys

from zcio._converters import as_bytes, integer, optional_ssize, ssize, subscript, truncated
from zcio._core import mapping as core_mapping
from zcio._mapping.backports import Backports
from zcio._mapping.constructor import ACCESS_COPY, ACCESS_READ, MAP_PRIVATE, PROT_READ, PROT_WRITE
from zcio._mapping.stdlib import StdlibMmap, is_closed, item_of, length_of, own_length, set_item_of
from zcio._positional_only import positional_only

__all__ = ["PyPyMethods"]

_MAX = sys.maxsize
_MIN = -sys.maxsize - 1
_ADDRESS_SPACE = 2**47  # no mapping can be larger

_PICKLING = ("__reduce__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")

_tell = StdlibMmap.tell


def _check_writable(mapping):
    if mapping._access == ACCESS_READ:
        raise TypeError("mmap can't modify a readonly memory map.")


def _check_open(mapping):
    if is_closed(mapping):
        raise ValueError("mmap closed or invalid")


def _bound(value):
    if value is None:
        return None
    if not hasattr(type(value), "__index__"):
        raise TypeError("slice indices must be integers or have an __index__ method")
    return integer(value)


def _unpacked(key):
    """The slice with its bounds converted to int or None, in the order of C."""
    step = _bound(key.step)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    return slice(_bound(key.start), _bound(key.stop), step)


def _check_room(mapping, size, of_file):
    """Raise OSError if mremap(2) would fail. PyPy ignores the failure, and then the mapping has no memory."""
    if size >= _ADDRESS_SPACE:
        code = errno.EFBIG if of_file else errno.EINVAL
        raise OSError(code, os.strerror(code))
    StdlibMmap(-1, size, MAP_PRIVATE, PROT_READ if of_file else PROT_READ | PROT_WRITE).close()
    core_mapping.may_grow(mapping, size)


def _resize(mapping, newsize):
    size = length_of(mapping)
    if not mapping._trackfd:
        raise ValueError("mmap can't resize with trackfd=False.")
    if mapping._access == ACCESS_READ or mapping._access == ACCESS_COPY:
        raise TypeError("mmap can't resize a readonly or copy-on-write memory map.")
    if newsize < 0 or _MAX - newsize < mapping._offset:
        raise ValueError("new size out of range")
    if newsize > size and not mapping._has_file and not mapping._flags & MAP_PRIVATE:
        raise ValueError("mmap: can't expand a shared anonymous mapping")
    if newsize == 0:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    if newsize > size:
        _check_room(mapping, newsize, mapping._has_file)
    StdlibMmap.resize(mapping, newsize)


# What the methods do with the memory. Each runs by CallGuard.read(), with arguments that are converted.


def _read(mapping, n):
    rest = max(0, length_of(mapping) - _tell(mapping))
    return StdlibMmap.read(mapping, rest if n < 0 or n > rest else n)


def _read_byte(mapping):
    if length_of(mapping) <= _tell(mapping):
        raise ValueError("read byte out of range")
    return StdlibMmap.read_byte(mapping)


def _readline(mapping):
    _check_open(mapping)
    return StdlibMmap.readline(mapping)


def _write(mapping, data):
    size = length_of(mapping)
    _check_writable(mapping)
    if size - _tell(mapping) < len(data):
        raise ValueError("data out of range")
    StdlibMmap.write(mapping, data)
    return len(data)


def _write_byte(mapping, byte):
    size = length_of(mapping)
    _check_writable(mapping)
    if _tell(mapping) >= size:
        raise ValueError("write byte out of range")
    StdlibMmap.write_byte(mapping, byte)


def _move(mapping, dest, src, count):
    size = length_of(mapping)
    _check_writable(mapping)
    if dest < 0 or src < 0 or count < 0 or size - dest < count or size - src < count:
        raise ValueError("source, destination, or count out of range")
    StdlibMmap.move(mapping, dest, src, count)


def _slice(mapping, key):
    start, stop, step = key.indices(length_of(mapping))
    if step == 1:
        return item_of(mapping, slice(start, stop)) if start < stop else b""
    return bytes([item_of(mapping, at) for at in range(start, stop, step)])


def _set_slice(mapping, key, data):
    start, stop, step = key.indices(length_of(mapping))
    where = range(start, stop, step)
    if len(where) != len(data):
        raise IndexError("mmap slice assignment is wrong size")
    if step == 1:
        if data:
            set_item_of(mapping, slice(start, stop), data)
    else:
        for at, byte in zip(where, data):
            set_item_of(mapping, at, byte)


def _index(mapping, at):
    size = length_of(mapping)
    if at < 0:
        at += size
    if not 0 <= at < size:
        raise IndexError("mmap index out of range")
    return at


def _item(mapping, at):
    return item_of(mapping, _index(mapping, at))


def _set_item(mapping, at, byte):
    set_item_of(mapping, _index(mapping, at), byte)


class PyPyMethods(Backports):
    """Methods of ``zcio.mmap.mmap`` on PyPy."""

    __slots__ = ()

    __len__ = own_length

    @positional_only
    def close(self):
        """Close the mapping. Raises BufferError while a search or another native call reads it."""
        self._call_guard.run_alone(lambda: StdlibMmap.close(self), "cannot close exported pointers exist")

    def __reduce_ex__(self, protocol):
        # Unless a subclass defines how it is pickled, PyPy would pickle its attributes without the memory.
        kind = type(self)
        if protocol >= 2 and all(getattr(kind, name, None) == getattr(object, name, None) for name in _PICKLING):
            raise TypeError("cannot pickle %r object" % kind.__name__)
        return super().__reduce_ex__(protocol)

    def __enter__(self):
        _check_open(self)
        return self

    def __exit__(self, *exc_info):
        if len(exc_info) != 3:
            raise TypeError("__exit__ expected 3 arguments, got %d" % len(exc_info))
        PyPyMethods.close(self)

    @positional_only
    def read(self, n=None):
        """Read bytes, as ``mmap.read``.

        Args:
            n: the largest number of bytes to read; all if None or negative.

        Returns:
            bytes: b"" only at the end.
        """
        return self._call_guard.read(_read, self, optional_ssize(n))

    @positional_only
    def read_byte(self):
        """Read one byte, as ``mmap.read_byte``. Raises ValueError at the end."""
        return self._call_guard.read(_read_byte, self)

    @positional_only
    def readline(self):
        """Read up to and including the next newline, or to the end, as ``mmap.readline``."""
        return self._call_guard.read(_readline, self)

    @positional_only
    def tell(self):
        """Return the position, in bytes from the start, as ``mmap.tell``."""
        _check_open(self)
        return _tell(self)

    @positional_only
    def write(self, bytes):
        """Write all of a bytes-like object at the position, or nothing if it does not fit, as ``mmap.write``."""
        return self._call_guard.read(_write, self, as_bytes(bytes))

    @positional_only
    def write_byte(self, byte):
        """Write one byte, an int below 256, at the position, as ``mmap.write_byte``."""
        byte = integer(byte)
        if not _MIN <= byte <= _MAX:
            raise OverflowError("Python int too large to convert to C long")
        if byte < 0:
            raise OverflowError("unsigned byte integer is less than minimum")
        if byte > 255:
            raise OverflowError("unsigned byte integer is greater than maximum")
        self._call_guard.read(_write_byte, self, byte)

    @positional_only
    def seek(self, pos, whence=0):
        """Set the position, as ``mmap.seek`` of CPython 3.13.

        Args:
            pos: an offset in bytes.
            whence: what ``pos`` counts from: the start (0), the position (1) or the end (2).

        Returns:
            int: the new position.

        Raises:
            ValueError: the position would be outside the mapping, or ``whence`` is not 0, 1 or 2.
        """
        pos = ssize(pos)
        whence = truncated(whence)
        size = length_of(self)
        if whence == 1:
            pos += _tell(self)
        elif whence == 2:
            pos += size
        elif whence != 0:
            raise ValueError("unknown seek type")
        if not 0 <= pos <= size:
            raise ValueError("seek out of range")
        StdlibMmap.seek(self, pos)
        return pos

    @positional_only
    def move(self, dest, src, count):
        """Copy ``count`` bytes from offset ``src`` to offset ``dest``, as ``mmap.move``. The two ranges may overlap."""
        self._call_guard.read(_move, self, ssize(dest), ssize(src), ssize(count))

    @positional_only
    def resize(self, newsize):
        """Resize the mapping and the file under it, as ``mmap.resize`` of CPython 3.15. The position stays.

        Args:
            newsize: the new length in bytes; the file gets ``offset + newsize`` bytes.

        Raises:
            BufferError: a native call reads the mapping.
            TypeError: the mapping is read-only or copy-on-write.
            ValueError: the mapping was made with ``trackfd=False``, shared anonymous memory would grow, or ``newsize``
                is out of range.
            OSError: the kernel refused.
        """
        newsize = ssize(newsize)
        length_of(self)  # raises if it is closed
        self._call_guard.run_alone(
            lambda: _resize(self, newsize), "mmap can't resize with extant buffers exported."
        )

    def __getitem__(self, key):
        _check_open(self)
        if type(key) is slice:
            return self._call_guard.read(_slice, self, _unpacked(key))
        if not hasattr(type(key), "__index__"):
            raise TypeError("mmap indices must be integers")
        return self._call_guard.read(_item, self, subscript(key, IndexError))

    def __setitem__(self, key, value):
        _check_writable(self)
        if type(key) is slice:
            key = _unpacked(key)
            self._call_guard.read(_set_slice, self, key, as_bytes(value))
            return
        if not hasattr(type(key), "__index__"):
            raise TypeError("mmap indices must be integer")
        at = subscript(key, IndexError)
        if not hasattr(type(value), "__index__"):
            raise TypeError("mmap item value must be an int")
        byte = subscript(value, TypeError)
        if not 0 <= byte <= 255:
            raise ValueError("mmap item value must be in range(0, 256)")
        self._call_guard.read(_set_item, self, at, byte)

    def __delitem__(self, key):
        _check_writable(self)
        if type(key) is slice:
            _unpacked(key)
            raise TypeError("mmap object doesn't support slice deletion")
        if not hasattr(type(key), "__index__"):
            raise TypeError("mmap indices must be integer")
        subscript(key, IndexError)
        raise TypeError("mmap doesn't support item deletion")

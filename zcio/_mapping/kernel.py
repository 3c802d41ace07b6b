"""What a mapping asks of the kernel: size, flush, madvise, set_name and resize as CPython 3.15 has them.

A mixin for runtimes below 3.15. The calls go through the core, which frees the GIL, so that a flush of a slow disk
does not stop the other threads.
"""

import sys

from zcio._call_guard import guarded_call
from zcio._converters import ssize, truncated
from zcio._core import mapping as core_mapping
from zcio._mapping.constants import NAMES
from zcio._mapping.constructor import (
    ACCESS_COPY,
    ACCESS_READ,
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    RUNTIME_TRACKFD,
)
from zcio._mapping.stdlib import StdlibMmap, length_of
from zcio._positional_only import positional_only

__all__ = ["Kernel"]

_MAX = sys.maxsize
_MS_SYNC = NAMES.get("MS_SYNC", 0)
_DEV_MODE = getattr(sys.flags, "dev_mode", False)
_NAME_PREFIX = b"cpython:mmap:"
_NAME_MAX = 80  # the kernel's limit with the terminator, the prefix and the colon

_madvise = guarded_call(core_mapping.madvise)
_msync = guarded_call(core_mapping.msync)
_set_name = guarded_call(core_mapping.set_name)
_size = StdlibMmap.size
_resize = StdlibMmap.resize


class Kernel:
    """size, flush, madvise, set_name and resize, for the final class of ``zcio.mmap``."""

    __slots__ = ()

    @positional_only
    def size(self):
        """The length of the mapped file in bytes; of an anonymous mapping, its own.

        Raises ValueError where it is closed or was made with ``trackfd=False``, OSError from fstat(2).
        """
        length = length_of(self)
        if not self._trackfd:
            raise ValueError("can't get size with trackfd=False")
        return _size(self) if self._has_file else length

    @positional_only
    def flush(self, offset=0, size=-1, *, flags=0):
        """Write ``size`` bytes from ``offset`` on back to the file, msync(2).

        ``size`` -1 means to the end; ``flags`` are MS_ASYNC, MS_SYNC, MS_INVALIDATE, 0 meaning MS_SYNC. Returns None.
        A read-only or copy-on-write mapping has nothing to write. Raises ValueError outside the mapping, OSError.
        """
        offset = ssize(offset)
        size = ssize(size)
        flags = truncated(flags)
        length = length_of(self)
        if size == -1:
            size = length - offset
        if offset < 0 or size < 0 or length - offset < size:
            raise ValueError("flush values out of range")
        if self._access == ACCESS_READ or self._access == ACCESS_COPY:
            return
        _msync(self, offset, size, flags or _MS_SYNC)

    @positional_only
    def madvise(self, option, start=0, length=None):
        """Advise the kernel on ``length`` bytes from ``start`` on (default: all), madvise(2). Returns None.

        Raises ValueError where the range does not begin inside the mapping, OSError.
        """
        option = truncated(option)
        start = ssize(start)
        size = length_of(self)
        if length is None:
            length = size
        else:
            length = ssize(length)
            size = length_of(self)
        if start < 0 or start >= size:
            raise ValueError("madvise start out of bounds")
        if length < 0:
            raise ValueError("madvise length invalid")
        if _MAX - start < length:
            raise OverflowError("madvise length too large")
        _madvise(self, start, min(length, size - start), option)

    @positional_only
    def set_name(self, name):
        """Name an anonymous mapping ``cpython:mmap:NAME`` in /proc/self/maps, where Python runs with ``-X dev``.

        Elsewhere the name is checked and nothing more. Raises TypeError, ValueError for a NUL, more than 66 bytes of
        UTF-8 or a mapping of a file, OSError EINVAL where the kernel cannot name mappings.
        """
        if not isinstance(name, str):
            what = "None" if name is None else type(name).__name__
            raise TypeError("set_name() argument must be str, not %s" % what)
        annotation = _NAME_PREFIX + name.encode("utf-8")
        if b"\0" in annotation:
            raise ValueError("embedded null character")
        if len(annotation) >= _NAME_MAX:
            raise ValueError("name is too long")
        if not self._flags & MAP_ANONYMOUS:
            raise ValueError("Cannot set annotation on non-anonymous mappings")
        if _DEV_MODE and not self.closed:
            _set_name(self, annotation)

    @positional_only
    def resize(self, newsize):
        """Resize the mapping, and the file it maps to ``offset + newsize`` bytes; the position stays. Returns None.

        Raises BufferError under live exports, TypeError where it is read-only or copy-on-write, ValueError where it was
        made with ``trackfd=False``, where a shared anonymous mapping would grow, or out of range, OSError.
        """
        newsize = ssize(newsize)
        length = length_of(self)
        if not self._trackfd and not RUNTIME_TRACKFD:
            try:
                self._check_resizeable()
            except TypeError:
                pass  # 3.15 asks for the descriptor before it asks for the access
            raise ValueError("mmap can't resize with trackfd=False.")
        grows = length < newsize <= _MAX - self._offset  # beyond that it is out of range, which the runtime says
        if grows and self._trackfd and not self._has_file and not self._flags & MAP_PRIVATE:
            self._check_resizeable()
            raise ValueError("mmap: can't expand a shared anonymous mapping")
        _resize(self, newsize)

    def _check_resizeable(self):
        # The runtime makes its checks and then refuses the size, which changes nothing. A size that is merely too
        # large for memory would not do: a 32-bit kernel grants even sys.maxsize bytes.
        try:
            _resize(self, -1)
        except ValueError:
            length_of(self)  # raises the same ValueError if it was for a closed mapping

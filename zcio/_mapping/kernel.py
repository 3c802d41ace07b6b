"""The methods of a mapping that make system calls: size, flush, madvise, set_name and resize of CPython 3.15.

A mixin for runtimes below 3.15. The core makes the calls without the GIL, so that a flush to a slow disk does not stop
other threads.
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
from zcio._mapping.stdlib import StdlibMmap, is_closed, length_of
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
    """size, flush, madvise, set_name and resize, for ``zcio.mmap.mmap``."""

    __slots__ = ()

    @positional_only
    def size(self):
        """Return the size of the mapped file, as ``mmap.size``.

        Returns:
            int: the number of bytes, which may differ from the length of the mapping; for anonymous memory, that
                length.

        Raises:
            ValueError: the mapping is closed, or was made with ``trackfd=False``.
            OSError: as fstat(2).
        """
        length = length_of(self)
        if not self._trackfd:
            raise ValueError("can't get size with trackfd=False")
        return _size(self) if self._has_file else length

    @positional_only
    def flush(self, offset=0, size=-1, *, flags=0):
        """Write changes back to the file: msync(2), as ``mmap.flush`` of CPython 3.15.

        A read-only or copy-on-write mapping has nothing to write.

        Args:
            offset: where to begin, in bytes; a multiple of PAGESIZE.
            size: the number of bytes; -1 means to the end.
            flags: MS_SYNC (also if 0), MS_ASYNC or MS_INVALIDATE.

        Raises:
            ValueError: the range does not lie inside the mapping.
            OSError: as msync(2); EINVAL if ``offset`` is not a multiple of PAGESIZE.
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
        """Advise the kernel how a range will be used: madvise(2), as ``mmap.madvise``.

        Args:
            option: a MADV_ constant.
            start: where the range begins, in bytes; a multiple of PAGESIZE.
            length: the number of bytes; to the end if None.

        Raises:
            ValueError: the range does not begin inside the mapping.
            OSError: as madvise(2).
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
        """Name anonymous memory in /proc/self/maps, as ``mmap.set_name`` of CPython 3.15.

        It has an effect only if Python runs with ``-X dev``; otherwise the name is only checked.

        Args:
            name: at most 66 bytes of UTF-8, without a NUL.

        Raises:
            TypeError: ``name`` is not a str.
            ValueError: ``name`` is too long or has a NUL, or the mapping is that of a file.
            OSError: EINVAL if the kernel cannot name mappings.
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
        if _DEV_MODE and not is_closed(self):
            _set_name(self, annotation)

    @positional_only
    def resize(self, newsize):
        """Resize the mapping and the file under it, as ``mmap.resize`` of CPython 3.15. The position stays.

        Args:
            newsize: the new length in bytes; the file gets ``offset + newsize`` bytes.

        Raises:
            BufferError: there are views of the mapping.
            TypeError: the mapping is read-only or copy-on-write.
            ValueError: the mapping was made with ``trackfd=False``, shared anonymous memory would grow, or ``newsize``
                is out of range.
            OSError: the kernel refused.
        """
        newsize = ssize(newsize)
        length = length_of(self)
        if not self._trackfd and not RUNTIME_TRACKFD:
            try:
                self._check_resizeable()
            except TypeError:
                pass  # 3.15 asks for the descriptor before it asks for the access
            raise ValueError("mmap can't resize with trackfd=False.")
        grows = length < newsize <= _MAX - self._offset  # above that, the runtime raises "out of range"
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

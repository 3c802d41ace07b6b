"""Methods that differ slightly below CPython 3.15: seek(), seekable(), move(), ``__exit__``, and those of PEP 688."""

import sys

from zcio._converters import ssize, subscript, truncated
from zcio._mapping.stdlib import StdlibMmap, length_of
from zcio._positional_only import positional_only

__all__ = ["Backports"]

_PyBUF_WRITABLE = 1
_MAX = sys.maxsize
_MIN = -sys.maxsize - 1

_seek = StdlibMmap.seek
_tell = StdlibMmap.tell
_move = StdlibMmap.move
_close = StdlibMmap.close


def _seek_returns_position():
    with StdlibMmap(-1, 2) as probe:
        return probe.seek(1) == 1


class Backports:
    """Methods of ``zcio.mmap.mmap`` on CPython below 3.15."""

    __slots__ = ()

    if not _seek_returns_position():

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
            if type(pos) is not int or not _MIN <= pos <= _MAX:
                pos = ssize(pos)
            if type(whence) is not int or not 0 <= whence <= 2:
                whence = truncated(whence)
            _seek(self, pos, whence)
            return _tell(self)

    if not hasattr(StdlibMmap, "seekable"):

        @positional_only
        def seekable(self):
            """Return True, as ``mmap.seekable`` of CPython 3.13."""
            return True

    @positional_only
    def move(self, dest, src, count):
        """Copy bytes inside the mapping, as ``mmap.move``. The two ranges may overlap.

        Args:
            dest: the offset to copy to.
            src: the offset to copy from.
            count: the number of bytes.

        Raises:
            TypeError: the mapping is read-only.
            ValueError: a range does not lie inside the mapping.
        """
        _move(self, ssize(dest), ssize(src), ssize(count))

    def __exit__(self, *exc_info):
        if len(exc_info) != 3:
            raise TypeError("__exit__ expected 3 arguments, got %d" % len(exc_info))
        _close(self)

    if not hasattr(StdlibMmap, "__buffer__"):

        @positional_only
        def __buffer__(self, flags):
            flags = subscript(flags, OverflowError)
            if not -(2**31) <= flags < 2**31:
                raise OverflowError("buffer flags out of range")
            length_of(self)
            view = memoryview(self)
            if flags & _PyBUF_WRITABLE and view.readonly:
                view.release()
                raise BufferError("Object is not writable.")
            return view

        @positional_only
        def __release_buffer__(self, buffer):
            if type(buffer) is not memoryview:
                raise TypeError("expected a memoryview object")
            if buffer.obj is not self:
                raise ValueError("memoryview's buffer is not this object")
            buffer.release()

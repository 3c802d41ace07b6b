"""find and rfind: the runtime's own C method in a small window, the core's vectorised search in a large one.

The core frees the GIL and answers signals every 50 ms, but to enter it costs about 300 ns; a window that the runtime's
method scans in less stays with it. A larger window is first tried with that method at the end where the search begins,
since what lies near is found sooner than the core is entered.
"""

import sys

from zcio import _lib
from zcio._mapping.arguments import as_bytes, ssize
from zcio._mapping.runtime import PYPY, Runtime, length_of, native
from zcio._mapping.signature import positional_only

__all__ = ["Searching"]

# Windows up to these sizes, in bytes, are searched by the runtime's method (benchmarks/thresholds.py measures them).
# Before 3.11 that method compares at every byte. On PyPy it is slow, and entering the core costs next to nothing.
if PYPY:
    FIND_WINDOW = RFIND_WINDOW = 0
elif sys.version_info >= (3, 11):
    FIND_WINDOW = 2048
    RFIND_WINDOW = 1024
else:
    FIND_WINDOW = RFIND_WINDOW = 256

# A longer needle goes to the core at once, which compares a bounded number of times per byte whatever it looks like.
SHORT_NEEDLE = 64

_MAX = sys.maxsize
_MIN = -sys.maxsize - 1
_find = Runtime.find
_rfind = Runtime.rfind
_tell = Runtime.tell


class Searching:
    """find and rfind, for the final class of ``zcio.mmap``."""

    __slots__ = ()

    @positional_only
    def find(self, view, start=None, end=None):
        """The lowest offset of ``view``, any bytes-like object, inside ``[start:end]``, or -1.

        ``start`` defaults to the position, ``end`` to the length; negative ones count from the end. An empty ``view``
        is found at ``start``. Raises TypeError, BufferError, OverflowError, and ValueError on a closed mapping.
        """
        if type(view) is not bytes:
            view = as_bytes(view)
        if start is not None and (type(start) is not int or not _MIN <= start <= _MAX):
            start = ssize(start)
        if end is not None and (type(end) is not int or not _MIN <= end <= _MAX):
            end = ssize(end)
        size = length_of(self)
        if size <= FIND_WINDOW and view:
            if end is None:
                return _find(self, view) if start is None else _find(self, view, start)
            return _find(self, view, _tell(self) if start is None else start, end)
        if start is None:
            start = _tell(self)
        elif start < 0:
            start += size
            if start < 0:
                start = 0
        if end is None or end > size:
            end = size
        elif end < 0:
            end += size
        if end - start <= FIND_WINDOW:
            if view:
                return _find(self, view, start, end) if 0 <= start <= end else -1
            return start if start <= end else -1
        if FIND_WINDOW and len(view) <= SHORT_NEEDLE:
            found = _find(self, view, start, start + FIND_WINDOW)
            if found >= 0:
                return found
            start += FIND_WINDOW + 1 - len(view)
        return native(_lib.find, self, view, start, end)

    @positional_only
    def rfind(self, view, start=None, end=None):
        """The highest offset of ``view``, any bytes-like object, inside ``[start:end]``, or -1.

        Defaults and errors are those of find; an empty ``view`` is found at ``end``.
        """
        if type(view) is not bytes:
            view = as_bytes(view)
        if start is not None and (type(start) is not int or not _MIN <= start <= _MAX):
            start = ssize(start)
        if end is not None and (type(end) is not int or not _MIN <= end <= _MAX):
            end = ssize(end)
        size = length_of(self)
        if size <= RFIND_WINDOW and view:
            if end is None:
                return _rfind(self, view) if start is None else _rfind(self, view, start)
            return _rfind(self, view, _tell(self) if start is None else start, end)
        if start is None:
            start = _tell(self)
        elif start < 0:
            start += size
            if start < 0:
                start = 0
        if end is None or end > size:
            end = size
        elif end < 0:
            end += size
        if end - start <= RFIND_WINDOW:
            if view:
                return _rfind(self, view, start, end) if 0 <= start <= end else -1
            return end if start <= end else -1
        if RFIND_WINDOW and len(view) <= SHORT_NEEDLE:
            found = _rfind(self, view, end - RFIND_WINDOW, end)
            if found >= 0:
                return found
            end -= RFIND_WINDOW + 1 - len(view)
        return native(_lib.rfind, self, view, start, end)

"""find() and rfind() of a mapping. The runtime's C method searches small windows, the Rust core large ones.

The core releases the GIL and lets signal handlers run every 50 ms. ``_search.dispatch`` says which windows are small.
As in C, a subclass's ``__len__`` and ``tell`` are not called.
"""

import sys

from zcio._call_guard import guarded_call
from zcio._converters import as_bytes, ssize
from zcio._core import search as core_search
from zcio._mapping.stdlib import StdlibMmap, length_of
from zcio._positional_only import positional_only
from zcio._search.dispatch import PROBE, WINDOW, mapping_find, window

__all__ = ["Searching"]

_MAX = sys.maxsize
_MIN = -sys.maxsize - 1
_rfind = StdlibMmap.rfind
_tell = StdlibMmap.tell
_core_find = guarded_call(core_search.find)
_core_rfind = guarded_call(core_search.rfind)


def _converted(mapping, view, start, end):
    """Convert arguments of any type. Returns the needle as bytes, ``0 <= start``, and ``0 <= end <= length``."""
    needle = as_bytes(view)
    size = length_of(mapping)  # as in C, raises for a closed mapping before the bounds are converted
    if not (
        (start is None or type(start) is int and _MIN <= start <= _MAX)
        and (end is None or type(end) is int and _MIN <= end <= _MAX)
    ):
        start = None if start is None else ssize(start)
        end = None if end is None else ssize(end)
        size = length_of(mapping)  # __index__ may have changed it
    if start is None:
        start = _tell(mapping)
    elif start < 0:
        start = max(start + size, 0)
    if end is None or end > size:
        end = size
    elif end < 0:
        end = max(end + size, 0)
    return needle, start, end


def _forward(mapping, needle, start, end):
    """find() of a needle that is not empty, between offsets ``start <= end`` inside the mapping."""
    length = len(needle)
    if end - start <= window(length, -1):
        return mapping_find(mapping, needle, start, end)
    if length <= PROBE < end - start:
        found = mapping_find(mapping, needle, start, start + PROBE)
        if found >= 0:
            return found
        start += PROBE + 1 - length
    return _core_find(mapping, needle, start, end)


def _backward(mapping, needle, start, end):
    """rfind() under the conditions of _forward()."""
    length = len(needle)
    if end - start <= window(length, -1):
        return _rfind(mapping, needle, start, end)
    if length <= PROBE < end - start:
        found = _rfind(mapping, needle, end - PROBE, end)
        if found >= 0:
            return found
        end -= PROBE + 1 - length
    return _core_rfind(mapping, needle, start, end)


class Searching:
    """find() and rfind(), for ``zcio.mmap.mmap``.

    The runtime's methods are not used for an empty ``view``, which before 3.15 they find even past the end.
    """

    __slots__ = ()

    @positional_only
    def find(self, view, start=None, end=None):
        """Find bytes, as ``mmap.find``.

        Args:
            view: any bytes-like object. An empty one is found at ``start``.
            start: the first offset of the window; the position if None. A negative one counts from the end.
            end: the offset behind the window; the length if None. A negative one counts from the end.

        Returns:
            int: the lowest offset of ``view`` inside ``[start:end]``, or -1.

        Raises:
            TypeError: an argument has the wrong type.
            BufferError: ``view`` is not C-contiguous.
            OverflowError: a bound is too large for a C ssize_t.
            ValueError: the mapping is closed.
        """
        if type(view) is bytes and view:
            size = length_of(self)
            first = _tell(self) if start is None else start
            last = size if end is None else end
            if type(first) is int and type(last) is int and 0 <= first <= last <= size:
                if last - first <= WINDOW:
                    return mapping_find(self, view, first, last)
                return _forward(self, view, first, last)
        needle, start, end = _converted(self, view, start, end)
        if start > end:
            return -1
        return _forward(self, needle, start, end) if needle else start

    @positional_only
    def rfind(self, view, start=None, end=None):
        """Find bytes from the end on, as ``mmap.rfind``. Arguments and errors are those of find().

        Returns:
            int: the highest offset of ``view`` inside ``[start:end]``, or -1. An empty ``view`` is found at ``end``.
        """
        if type(view) is bytes and view:
            size = length_of(self)
            first = _tell(self) if start is None else start
            last = size if end is None else end
            if type(first) is int and type(last) is int and 0 <= first <= last <= size:
                if last - first <= WINDOW:
                    return _rfind(self, view, first, last)
                return _backward(self, view, first, last)
        needle, start, end = _converted(self, view, start, end)
        if start > end:
            return -1
        return _backward(self, needle, start, end) if needle else end

"""find and rfind: the runtime's own C method in a small window, the core's vectorised search in a large one.

The core frees the GIL and answers signals every 50 ms, but to enter it costs some 350 ns; a window that the runtime's
method scans in less stays with it. A larger window is first tried with that method where the search begins, since what
lies near is found sooner than the core is entered.
"""

import sys

from zcio import _lib
from zcio._arguments import as_bytes, ssize
from zcio._holding import PYPY, held
from zcio._mapping.runtime import Runtime, length_of
from zcio._signature import positional_only

__all__ = ["Searching"]

# In bytes, from benchmarks/thresholds.py. FIND_WINDOW, RFIND_WINDOW: what the runtime's method searches whole, and
# BYTE_WINDOW where the needle is one byte (from 3.11 on that is memchr, and only the GIL speaks for the core); PROBE:
# how much of a larger window it tries first.
if PYPY:
    # Its method is slow, and entering the core costs next to nothing.
    FIND_WINDOW = RFIND_WINDOW = BYTE_WINDOW = PROBE = 0
elif sys.version_info >= (3, 11):
    FIND_WINDOW, RFIND_WINDOW, BYTE_WINDOW, PROBE = 1536, 6144, 256 * 1024, 256
else:
    # Its method compares at every byte.
    FIND_WINDOW, RFIND_WINDOW, BYTE_WINDOW, PROBE = 1024, 1024, 1024, 128

# A longer needle goes to the core at once, which compares a bounded number of times per byte whatever it looks like.
SHORT_NEEDLE = 64

_NEAR = sys.maxsize - PROBE
_find = Runtime.find
_rfind = Runtime.rfind
_tell = Runtime.tell
_core_find = held(_lib.find)
_core_rfind = held(_lib.rfind)


def _window(mapping, start, end):
    """The bounds of a search as offsets with ``0 <= start`` and ``0 <= end <= length``."""
    length_of(mapping)  # a closed mapping converts nothing
    if start is not None:
        start = ssize(start)
    if end is not None:
        end = ssize(end)
    size = length_of(mapping)
    if start is None:
        start = _tell(mapping)
    elif start < 0:
        start = max(start + size, 0)
    if end is None or end > size:
        end = size
    elif end < 0:
        end = max(end + size, 0)
    return start, end


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
        elif view:
            if end is None:
                if start is None:
                    size = length_of(self)
                    if size <= FIND_WINDOW or len(view) == 1 and size <= BYTE_WINDOW:
                        return _find(self, view)
                    start = _tell(self)
                far = True
            elif type(start) is int and type(end) is int and start >= 0:
                far = end - start > (FIND_WINDOW if len(view) > 1 else BYTE_WINDOW)
                if not far and end >= start and not PYPY:
                    return _find(self, view, start, end)
            else:
                far = False
            if far and PROBE and type(start) is int and 0 <= start < _NEAR and len(view) <= SHORT_NEEDLE:
                # What it excludes stays excluded, wherever the mapping ends.
                found = _find(self, view, start, start + PROBE)
                if found >= 0:
                    return found
                start += PROBE + 1 - len(view)
        start, end = _window(self, start, end)
        if start > end:
            return -1
        if not view:
            return start
        if end - start <= (FIND_WINDOW if len(view) > 1 else BYTE_WINDOW):
            return _find(self, view, start, end)
        return _core_find(self, view, start, end)

    @positional_only
    def rfind(self, view, start=None, end=None):
        """The highest offset of ``view``, any bytes-like object, inside ``[start:end]``, or -1.

        Defaults and errors are those of find; an empty ``view`` is found at ``end``.
        """
        if type(view) is not bytes:
            view = as_bytes(view)
        elif view:
            if end is None:
                if start is None:
                    size = length_of(self)
                    if size <= RFIND_WINDOW or len(view) == 1 and size <= BYTE_WINDOW:
                        return _rfind(self, view)
                far = False
            elif type(start) is int and type(end) is int and start >= 0:
                far = end - start > (RFIND_WINDOW if len(view) > 1 else BYTE_WINDOW)
                if not far and end >= start and not PYPY:
                    return _rfind(self, view, start, end)
            else:
                far = False
            if far and PROBE and end < _NEAR and len(view) <= SHORT_NEEDLE:
                found = _rfind(self, view, end - PROBE, end)
                if found >= 0:
                    return found
                end -= PROBE + 1 - len(view)
        start, end = _window(self, start, end)
        if start > end:
            return -1
        if not view:
            return end
        if end - start <= (RFIND_WINDOW if len(view) > 1 else BYTE_WINDOW):
            return _rfind(self, view, start, end)
        return _core_rfind(self, view, start, end)

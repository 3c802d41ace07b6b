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

# From benchmarks/thresholds.py, in bytes. The runtime's method searches windows of up to FIND_WINDOW (RFIND_WINDOW), or
# FIND_STRETCH (RFIND_STRETCH) for each byte of the needle, since it skips further with a longer one; for a needle of
# one byte BYTE_WINDOW, since from 3.11 on that is memchr, and only the GIL speaks for the core. PROBE is how much of a
# larger window it tries first. A needle longer than SHORT_NEEDLE goes to the core at once, which compares a bounded
# number of times per byte whatever it looks like.
if PYPY:
    # Its method is slow, and entering the core costs next to nothing.
    FIND_WINDOW = FIND_STRETCH = RFIND_WINDOW = RFIND_STRETCH = BYTE_WINDOW = PROBE = SHORT_NEEDLE = 0
elif sys.version_info >= (3, 11):
    FIND_WINDOW, FIND_STRETCH = 1536, 256
    RFIND_WINDOW, RFIND_STRETCH = 6144, 1024
    BYTE_WINDOW, PROBE, SHORT_NEEDLE = 256 * 1024, 128, 64
else:
    # Its method compares at every byte.
    FIND_WINDOW = RFIND_WINDOW = BYTE_WINDOW = 1024
    FIND_STRETCH = RFIND_STRETCH = 0
    PROBE, SHORT_NEEDLE = 128, 64


def _windows(window, stretch):
    """The largest window for the runtime's method, by the length of the needle; none for long needles."""
    windows = {length: max(window, stretch * length) for length in range(2, SHORT_NEEDLE + 1)}
    if SHORT_NEEDLE:
        windows[1] = BYTE_WINDOW
    return windows.get


_find_window = _windows(FIND_WINDOW, FIND_STRETCH)
_rfind_window = _windows(RFIND_WINDOW, RFIND_STRETCH)
_MAX = sys.maxsize
_MIN = -sys.maxsize - 1
_NEAR = _MAX - PROBE
_find = Runtime.find
_rfind = Runtime.rfind
_tell = Runtime.tell
_core_find = held(_lib.find)
_core_rfind = held(_lib.rfind)


def _plain(bound):
    return bound is None or type(bound) is int and _MIN <= bound <= _MAX


def _window(mapping, start, end):
    """The bounds of a search as offsets with ``0 <= start`` and ``0 <= end <= length``."""
    size = length_of(mapping)  # a closed mapping converts nothing
    if not _plain(start) or not _plain(end):
        start = None if start is None else ssize(start)
        end = None if end is None else ssize(end)
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
    """find and rfind, for the final class of ``zcio.mmap``.

    The usual arguments take the shortest way: each line of Python is a tenth of what the runtime's method takes in a
    small window. All others are brought into order first.
    """

    __slots__ = ()

    @positional_only
    def find(self, view, start=None, end=None):
        """The lowest offset of ``view``, any bytes-like object, inside ``[start:end]``, or -1.

        ``start`` defaults to the position, ``end`` to the length; negative ones count from the end. An empty ``view``
        is found at ``start``. Raises TypeError, BufferError, OverflowError, and ValueError on a closed mapping.
        """
        if type(view) is not bytes:
            view = as_bytes(view)
        elif end is None:
            if start is None and view:
                size = length_of(self)
                if size <= FIND_WINDOW or size <= _find_window(len(view), 0):
                    return _find(self, view)
        elif type(start) is int and type(end) is int and 0 <= end - start <= FIND_WINDOW and 0 <= start < _NEAR:
            if view:
                return _find(self, view, start, end)
        length = len(view)
        small = _find_window(length)
        if small is not None:
            if end is None:
                if start is None:
                    start = _tell(self)
                usual = type(start) is int and 0 <= start < _NEAR
            else:
                usual = type(start) is int and type(end) is int and 0 <= start < end <= _MAX and start < _NEAR
                if usual and end - start <= small:
                    return _find(self, view, start, end)
            if usual:
                found = _find(self, view, start, start + PROBE)
                if found >= 0:
                    return found if end is None or found + length <= end else -1
                # What that excludes stays excluded, wherever the mapping ends.
                start += PROBE + 1 - length
                size = length_of(self)
                if end is None or end > size:
                    end = size
                if end - start <= small:
                    return _find(self, view, start, end)
                return _core_find(self, view, start, end) if start < end else -1
        start, end = _window(self, start, end)
        if start > end:
            return -1
        if length == 0:
            return start
        return _core_find(self, view, start, end)

    @positional_only
    def rfind(self, view, start=None, end=None):
        """The highest offset of ``view``, any bytes-like object, inside ``[start:end]``, or -1.

        Defaults and errors are those of find; an empty ``view`` is found at ``end``.
        """
        if type(view) is not bytes:
            view = as_bytes(view)
        elif end is None:
            if start is None and view:
                size = length_of(self)
                if size <= RFIND_WINDOW or size <= _rfind_window(len(view), 0):
                    return _rfind(self, view)
        elif type(start) is int and type(end) is int and 0 <= end - start <= RFIND_WINDOW and 0 <= start < _NEAR:
            if view:
                return _rfind(self, view, start, end)
        length = len(view)
        small = _rfind_window(length)
        if small is not None:
            if end is None:
                if start is None:
                    end = length_of(self)
                    start = _tell(self)
                elif type(start) is int:
                    end = length_of(self)
            if type(start) is int and type(end) is int and 0 <= start < end - PROBE < _NEAR:
                if end - start <= small:
                    return _rfind(self, view, start, end)
                found = _rfind(self, view, end - PROBE, end)
                if found >= 0:
                    return found
                end = min(end - (PROBE + 1 - length), length_of(self))
                if end - start <= small:
                    return _rfind(self, view, start, end)
                return _core_rfind(self, view, start, end) if start < end else -1
        start, end = _window(self, start, end)
        if start > end:
            return -1
        if length == 0:
            return end
        return _core_rfind(self, view, start, end)

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
from zcio._near import BYTE_WINDOW, PROBE, WINDOW, find_near, window
from zcio._signature import positional_only

__all__ = ["Searching"]

_MAX = sys.maxsize
_MIN = -sys.maxsize - 1
_NEAR = _MAX - max(PROBE, BYTE_WINDOW)
# From 3.11.4 on the runtime's method sees that the mapping was closed by what it asked for a number: what the bounds
# are need not be looked at then, which is a sixth of what a small window costs here.
_RECHECKS = sys.version_info >= (3, 11, 4) and not PYPY
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


def _farther(mapping, view, start, end):
    """find(), where ``view`` is not what ends up to ``start``."""
    size = length_of(mapping)
    if end is None or end > size:
        end = size
    if start >= end:
        return -1
    length = len(view)
    start += 1 - length
    if end - start <= window(length):
        return _find(mapping, view, start, end)
    return _core_find(mapping, view, start, end)


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
        if view.__class__ is bytes and view:
            if end is None:
                if start.__class__ is int and 0 <= start < _NEAR:
                    stop = start + find_near(len(view), 0)
                    if stop > start:
                        found = _find(self, view, start, stop)
                        return found if found >= 0 else _farther(self, view, stop, None)
            elif _RECHECKS or start.__class__ is int is end.__class__:
                try:
                    size = end - start
                    if size >= 0 and (size <= WINDOW or size <= window(len(view), -1)):
                        return _find(self, view, start, end)
                except (ArithmeticError, TypeError, ValueError):
                    pass  # bounds that are no plain numbers, or a closed mapping: told of below
        if type(view) is not bytes:
            view = as_bytes(view)
        elif end is None and start is None and view:
            size = length_of(self)
            if size <= WINDOW or size <= window(len(view), 0):
                return _find(self, view)
        length = len(view)
        near = find_near(length)
        if near is not None:
            if start is None:
                start = _tell(self)
            if type(start) is int and 0 <= start < _NEAR:
                stop = start + near
                if end is None or type(end) is int and stop < end <= _MAX:
                    found = _find(self, view, start, stop)
                    return found if found >= 0 else _farther(self, view, stop, end)
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
        if end is not None and view.__class__ is bytes and view:
            if _RECHECKS or start.__class__ is int is end.__class__:
                try:
                    size = end - start
                    if size >= 0 and (size <= WINDOW or size <= window(len(view), -1)):
                        return _rfind(self, view, start, end)
                except (ArithmeticError, TypeError, ValueError):
                    pass  # as in find
        if type(view) is not bytes:
            view = as_bytes(view)
        elif end is None and start is None and view:
            size = length_of(self)
            if size <= WINDOW or size <= window(len(view), 0):
                return _rfind(self, view)
        length = len(view)
        small = window(length)
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

"""find and rfind: the runtime's own C method in a small window, the core's vectorised search in a large one.

The core frees the GIL and answers signals every 50 ms, but to enter it costs some 350 ns; a window that the runtime's
method scans in less stays with it. A larger window is first tried with that method where the search begins, since what
lies near is found sooner than the core is entered.
"""

import sys
from types import FunctionType

from zcio._call_guard import PYPY, guarded_call
from zcio._converters import as_bytes, ssize
from zcio._core import search as core_search
from zcio._mapping.stdlib import StdlibMmap, length_of
from zcio._positional_only import positional_only
from zcio._search.dispatch import BYTE_WINDOW, FIND_IS_REENTRANT, FIND_OVERREADS, PROBE, WINDOW, mapping_find, window

__all__ = ["Searching"]

_MAX = sys.maxsize
_MIN = -sys.maxsize - 1
_find = StdlibMmap.find
_rfind = StdlibMmap.rfind
_tell = StdlibMmap.tell
_core_find = guarded_call(core_search.find)
_core_rfind = guarded_call(core_search.rfind)


def _acting(mapping, view, start, end):
    """Whether code of the caller's own was run to learn what these are, and would be a second time."""
    if sys.version_info >= (3, 12):
        if isinstance(getattr(type(view), "__buffer__", None), FunctionType):
            return True
    elif hasattr(type(view), "__buffer__"):
        return False  # of which the runtime does not know yet: it looked no further
    if mapping.closed and isinstance(sys.exc_info()[1], ValueError):
        return False  # as it does of a closed mapping
    return type(start) is not int or type(end) is not int


def _window(mapping, start, end):
    """The bounds of a search as offsets with ``0 <= start`` and ``0 <= end <= length``."""
    size = length_of(mapping)  # a closed mapping converts nothing
    if not (
        (start is None or type(start) is int and _MIN <= start <= _MAX)
        and (end is None or type(end) is int and _MIN <= end <= _MAX)
    ):
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
    """find() of bytes, not empty, that are not in the first PROBE from ``start`` on, an offset; ``end`` may be None."""
    length = len(view)
    if length <= PROBE:
        start += PROBE + 1 - length
    if length == 1 and BYTE_WINDOW > WINDOW:  # what the core has no advantage in
        stop = start + BYTE_WINDOW
        found = _find(mapping, view, start, stop if end is None or stop < end else end)
        if found >= 0:
            return found
        start = stop
    size = length_of(mapping)
    if end is None or end > size:
        end = size
    if start >= end:
        return -1
    if end - start <= WINDOW:
        return mapping_find(mapping, view, start, end)
    return _core_find(mapping, view, start, end)


def _search(mapping, view, start, end):
    """find() of bytes, not empty, and offsets ``start < end`` inside the mapping."""
    length = len(view)
    if end - start <= window(length, -1):
        return mapping_find(mapping, view, start, end)
    if length == 1 and BYTE_WINDOW > WINDOW:
        found = mapping_find(mapping, view, start, start + BYTE_WINDOW)
        if found >= 0:
            return found
        start += BYTE_WINDOW
    return _core_find(mapping, view, start, end)


def _forward(mapping, view, start, end):
    """find() of any arguments, which are brought into order first."""
    if type(view) is not bytes:
        view = as_bytes(view)
    start, end = _window(mapping, start, end)
    if start > end:
        return -1
    if not view:
        return start
    return _search(mapping, view, start, end)


def _backward(mapping, view, start, end):
    """rfind() of any arguments, which are brought into order first."""
    if type(view) is not bytes:
        view = as_bytes(view)
    start, end = _window(mapping, start, end)
    if start > end:
        return -1
    length = len(view)
    if length == 0:
        return end
    if end - start <= window(length, -1):
        return _rfind(mapping, view, start, end)
    return _core_rfind(mapping, view, start, end)


_FIND_DOC = """The lowest offset of ``view``, any bytes-like object, inside ``[start:end]``, or -1.

``start`` defaults to the position, ``end`` to the length; negative ones count from the end. An empty ``view`` is found
at ``start``. Raises TypeError, BufferError, OverflowError, and ValueError on a closed mapping.
"""

_RFIND_DOC = """The highest offset of ``view``, any bytes-like object, inside ``[start:end]``, or -1.

Defaults and errors are those of find; an empty ``view`` is found at ``end``.
"""


class Searching:
    """find and rfind, for the final class of ``zcio.mmap``.

    A small window, and what lies near a start, take the shortest way: each line of Python is a tenth of what the
    runtime's method takes there. An empty ``view`` is not for that method, which before 3.15 finds one beyond the end.
    """

    __slots__ = ()

    if PYPY:

        @positional_only
        def find(self, view, start=None, end=None):
            return _forward(self, view, start, end)

        @positional_only
        def rfind(self, view, start=None, end=None):
            return _backward(self, view, start, end)

    elif FIND_IS_REENTRANT:
        # The runtime's method alone looks at what the view and the bounds of a small window are, and what it raises is
        # right. What comes before is nothing that the caller asked for: where that raises, the long way is taken.

        @positional_only
        def find(self, view, start=None, end=None):
            if end is not None:
                try:
                    if start <= end and end - start <= WINDOW and view:
                        asked = True
                        return _find(self, view, start, end)
                except Exception:
                    if "asked" in locals() and _acting(self, view, start, end):
                        raise
                if start.__class__ is int is end.__class__ and view.__class__ is bytes and view:
                    if 0 <= start < end - WINDOW and end <= _MAX:
                        found = _find(self, view, start, start + PROBE)
                        return found if found >= 0 else _farther(self, view, start, end)
            elif view.__class__ is bytes and view:
                if start.__class__ is int:
                    try:
                        found = _find(self, view, start, start + PROBE)
                    except OverflowError:
                        return _forward(self, view, start, end)
                    if found >= 0 or start + PROBE >= len(self):
                        return found
                    if start >= 0:
                        return _farther(self, view, start, None)
                elif start is None and len(self) <= WINDOW:
                    return _find(self, view)
            return _forward(self, view, start, end)

        @positional_only
        def rfind(self, view, start=None, end=None):
            if end is not None:
                try:
                    if start <= end and end - start <= WINDOW and view:
                        asked = True
                        return _rfind(self, view, start, end)
                except Exception:
                    if "asked" in locals() and _acting(self, view, start, end):
                        raise
                if start.__class__ is int is end.__class__ and view.__class__ is bytes and view:
                    if 0 <= start < end - WINDOW and end <= _MAX:
                        found = _rfind(self, view, end - PROBE, end)
                        if found >= 0:
                            return found
                        end -= max(PROBE + 1 - len(view), 0)
            elif view.__class__ is bytes and view:
                if start is None:
                    if len(self) <= WINDOW:
                        return _rfind(self, view)
                elif start.__class__ is int and len(self) - start <= WINDOW:
                    return _rfind(self, view, start)
            return _backward(self, view, start, end)

    else:
        # The runtime's methods are given ints alone: nobody who is asked for a number acts. Where find reads past a
        # window, it is given none that ends with the mapping.

        @positional_only
        def find(self, view, start=None, end=None):
            if start.__class__ is int and end.__class__ is int:
                if start <= end and end - start <= WINDOW and start >= 0:
                    try:
                        if end < len(self) if FIND_OVERREADS else view.__class__ is bytes and view:
                            return _find(self, view, start, end)
                    except TypeError:
                        pass
                elif view.__class__ is bytes and view and 0 <= start < end <= _MAX:
                    found = mapping_find(self, view, start, start + PROBE)
                    return found if found >= 0 else _farther(self, view, start, end)
            elif end is None and view.__class__ is bytes and view:
                size = length_of(self)
                if start is None:
                    start = _tell(self)
                if start.__class__ is int and start >= 0:
                    if size - start <= WINDOW:
                        return mapping_find(self, view, start, size)
                    found = _find(self, view, start, start + PROBE)
                    return found if found >= 0 else _farther(self, view, start, None)
            return _forward(self, view, start, end)

        @positional_only
        def rfind(self, view, start=None, end=None):
            if start.__class__ is int and end.__class__ is int:
                if start <= end and view.__class__ is bytes and view:
                    if end - start <= WINDOW:
                        return _rfind(self, view, start, end)
                    if start >= 0:
                        found = _rfind(self, view, end - PROBE, end)
                        if found >= 0:
                            return found
                        end -= max(PROBE + 1 - len(view), 0)
            elif end is None and view.__class__ is bytes and view:
                size = length_of(self)
                if start is None:
                    start = _tell(self)
                if start.__class__ is int and 0 <= start and size - start <= WINDOW:
                    return _rfind(self, view, start, size)
            return _backward(self, view, start, end)

    find.__doc__ = _FIND_DOC
    rfind.__doc__ = _RFIND_DOC

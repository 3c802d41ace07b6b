"""Searches over any buffer: bytes, bytearray, memoryview, array, mmap, numpy, of any item type and shape.

Offsets count bytes. ``start`` and ``end`` are as in ``bytes.find``: they default to the whole buffer and negative ones
count from the end. What is searched for is any bytes-like object or, as in ``bytes.find``, an int below 256. The
searches run without the GIL and answer signals.
"""

import sys
from itertools import chain

from zcio._call_guard import guarded_call
from zcio._converters import as_bytes, clipped
from zcio._core import memory as core_memory
from zcio._core import search as core_search
from zcio._search.dispatch import FIND, RFIND, WINDOW, window
from zcio._search.offsets import length_of, offset_batches
from zcio._search.shards import shards

__all__ = [
    "Finder",
    "count",
    "find",
    "find_all",
    "find_any",
    "line_views",
    "lines",
    "rfind",
    "rfind_any",
    "shards",
]

_MAX = sys.maxsize

# How much is copied and split at once by lines(): a chunk that stays in the processor's cache.
_CHUNK = 64 * 1024

_find = guarded_call(core_search.find)
_rfind = guarded_call(core_search.rfind)
_count = guarded_call(core_search.count)
_unguarded_copy = guarded_call(core_memory.copy)
_find_any = guarded_call(core_search.find_any)
_rfind_any = guarded_call(core_search.rfind_any)
_finder_find = guarded_call(core_search.finder_find)
_finder_rfind = guarded_call(core_search.finder_rfind)
_finder_count = guarded_call(core_search.finder_count)
_finder_find_into = guarded_call(core_search.finder_find_into)


def _copy(buffer, start, end):
    # A guarded mapping's own slices tell of pages that are gone.
    return buffer[start:end] if hasattr(buffer, "clear_fault") else _unguarded_copy(buffer, start, end)


def _needle(sub):
    if type(sub) is bytes:
        return sub
    if hasattr(type(sub), "__index__"):
        value = clipped(sub)
        if not 0 <= value <= 255:
            raise ValueError("byte must be in range(0, 256)")
        return bytes([value])
    return as_bytes(sub)


def _window(buffer, start, end):
    """The size of ``buffer`` and the bounds inside it."""
    start = 0 if start is None else clipped(start)
    if end is not None:
        end = clipped(end)
    size = length_of(buffer)
    if start < 0:
        start = max(start + size, 0)
    if end is None or end > size:
        end = size
    elif end < 0:
        end = max(end + size, 0)
    return size, start, end


def _bounds(buffer, start, end):
    """The bounds, none negative; those past the end are cut where the memory is looked at."""
    if start is None:
        start = 0
    if end is None:
        end = _MAX
    if type(start) is int is type(end) and 0 <= start <= _MAX and 0 <= end <= _MAX:
        return start, end
    start, end = clipped(start), clipped(end)
    if start < 0 or end < 0:
        size = length_of(buffer)
        if start < 0:
            start = max(start + size, 0)
        if end < 0:
            end = max(end + size, 0)
    return start, end


# find and rfind begin alike, written out since each call would cost as much as the search of a small window. What can't
# be compared, subtracted or looked up goes the long way, which takes more than the runtime's method. The loops end at
# once: a break leaves a try for what is outside of it, at no cost.


def find(buffer, sub, start=None, end=None):
    """The lowest offset of ``sub`` inside ``buffer[start:end]``, or -1. Raises TypeError, BufferError, ValueError."""
    while sub.__class__ is bytes:
        try:
            if end is not None:
                if start <= end and end - start <= WINDOW and sub:
                    method = FIND[buffer.__class__]
                    break
            elif start is None and len(buffer) <= WINDOW and sub:
                method = FIND[buffer.__class__]
                start, end = 0, _MAX
                break
        except Exception:
            pass
        return _find_far(buffer, sub, start, end)
    else:
        return _find_far(buffer, _needle(sub), start, end)
    try:
        return method(buffer, sub, start, end)
    except (OverflowError, TypeError):
        return _find_far(buffer, sub, start, end)


def _find_far(buffer, sub, start, end):
    if type(buffer) is bytes and len(buffer) <= window(len(sub), -1):
        return buffer.find(sub, start, end)
    start, end = _bounds(buffer, start, end)
    return _find(buffer, sub, start, end)


def rfind(buffer, sub, start=None, end=None):
    """The highest offset of ``sub`` inside ``buffer[start:end]``, or -1. Raises TypeError, BufferError, ValueError."""
    while sub.__class__ is bytes:
        try:
            if end is not None:
                if start <= end and end - start <= WINDOW and sub:
                    method = RFIND[buffer.__class__]
                    break
            elif start is None and len(buffer) <= WINDOW and sub:
                method = RFIND[buffer.__class__]
                start, end = 0, _MAX
                break
        except Exception:
            pass
        return _rfind_far(buffer, sub, start, end)
    else:
        return _rfind_far(buffer, _needle(sub), start, end)
    try:
        return method(buffer, sub, start, end)
    except (OverflowError, TypeError):
        return _rfind_far(buffer, sub, start, end)


def _rfind_far(buffer, sub, start, end):
    if type(buffer) is bytes and len(buffer) <= window(len(sub), -1):
        return buffer.rfind(sub, start, end)
    start, end = _bounds(buffer, start, end)
    return _rfind(buffer, sub, start, end)


def count(buffer, sub, start=None, end=None):
    """How many non-overlapping occurrences of ``sub`` lie inside ``buffer[start:end]``, as ``bytes.count``."""
    sub = _needle(sub)
    start, end = _bounds(buffer, start, end)
    return _count(buffer, sub, start, end)


def find_any(buffer, members, start=None, end=None):
    """The lowest offset inside ``buffer[start:end]`` of any byte of ``members``, or -1.

    ``members`` is a bytes-like object, taken as a set. Raises TypeError, BufferError, ValueError.
    """
    members = core_search.byte_set(as_bytes(members))
    start, end = _bounds(buffer, start, end)
    return _find_any(buffer, members, start, end)


def rfind_any(buffer, members, start=None, end=None):
    """The highest offset inside ``buffer[start:end]`` of any byte of ``members``, or -1. As find_any."""
    members = core_search.byte_set(as_bytes(members))
    start, end = _bounds(buffer, start, end)
    return _rfind_any(buffer, members, start, end)


def find_all(buffer, sub, start=None, end=None, *, overlapping=False):
    """An iterator of the offsets of ``sub`` inside ``buffer[start:end]``, in order, fetched in batches.

    An occurrence that overlaps the one before it is passed over unless ``overlapping``; an empty ``sub`` lies at every
    offset. The iterator raises ValueError once the buffer was closed or has another size than at the call.
    """
    return Finder(sub).find_all(buffer, start, end, overlapping=overlapping)


class Finder:
    """A byte string prepared to be searched for in many buffers or windows.

    ``Finder(sub)`` takes any bytes-like object, or an int below 256. It never changes, and any number of threads may
    use one. The methods are the functions of this module without ``sub``.
    """

    __slots__ = ("__weakref__", "_native", "_short", "needle")

    def __init__(self, sub):
        #: What is searched for, as bytes.
        self.needle = _needle(sub)
        self._short = self.needle or None  # the runtime's methods refuse None: an empty needle is not for them
        self._native = core_search.finder_new(self.needle)

    def __repr__(self):
        return "Finder(%r)" % (self.needle,)

    def __reduce__(self):
        return type(self), (self.needle,)

    def find(self, buffer, start=None, end=None):
        """The lowest offset inside ``buffer[start:end]``, or -1."""
        while True:
            try:
                if end is not None:
                    if start <= end and end - start <= WINDOW:
                        method = FIND[buffer.__class__]
                        break
                elif start is None and len(buffer) <= WINDOW:
                    method = FIND[buffer.__class__]
                    start, end = 0, _MAX
                    break
            except Exception:
                pass
            return self._find_far(buffer, start, end)
        try:
            return method(buffer, self._short, start, end)
        except (OverflowError, TypeError):
            return self._find_far(buffer, start, end)

    def _find_far(self, buffer, start, end):
        if type(buffer) is bytes and len(buffer) <= window(len(self.needle), -1):
            return buffer.find(self.needle, start, end)
        start, end = _bounds(buffer, start, end)
        return _finder_find(buffer, self._native, start, end)

    def rfind(self, buffer, start=None, end=None):
        """The highest offset inside ``buffer[start:end]``, or -1."""
        while True:
            try:
                if end is not None:
                    if start <= end and end - start <= WINDOW:
                        method = RFIND[buffer.__class__]
                        break
                elif start is None and len(buffer) <= WINDOW:
                    method = RFIND[buffer.__class__]
                    start, end = 0, _MAX
                    break
            except Exception:
                pass
            return self._rfind_far(buffer, start, end)
        try:
            return method(buffer, self._short, start, end)
        except (OverflowError, TypeError):
            return self._rfind_far(buffer, start, end)

    def _rfind_far(self, buffer, start, end):
        if type(buffer) is bytes and len(buffer) <= window(len(self.needle), -1):
            return buffer.rfind(self.needle, start, end)
        start, end = _bounds(buffer, start, end)
        return _finder_rfind(buffer, self._native, start, end)

    def count(self, buffer, start=None, end=None):
        """How many non-overlapping occurrences lie inside ``buffer[start:end]``."""
        start, end = _bounds(buffer, start, end)
        return _finder_count(buffer, self._native, start, end)

    def find_all(self, buffer, start=None, end=None, *, overlapping=False):
        """An iterator of the offsets inside ``buffer[start:end]``, in order, fetched in batches."""
        size, start, end = _window(buffer, start, end)
        return chain.from_iterable(
            offset_batches(buffer, self._native, len(self.needle), size, start, end, bool(overlapping))
        )

    def find_into(self, buffer, out, start=None, end=None, *, overlapping=False):
        """Write offsets inside ``buffer[start:end]`` to ``out``, a writable buffer of unsigned 64-bit integers.

        ``array.array("Q", ...)`` or a numpy array of uint64: as many as it holds, without a Python object for each.
        Returns (how many, the start for the next call), the latter None once the window is exhausted. Raises ValueError
        where ``out`` has no room, is not aligned, or shares memory with ``buffer``.
        """
        start, end = _bounds(buffer, start, end)
        return _finder_find_into(buffer, self._native, start, end, bool(overlapping), out)


def _check_size(buffer, size):
    if length_of(buffer) != size:
        raise ValueError("the buffer changed its size during iteration")


def lines(buffer, start=None, end=None, *, sep=b"\n", keepends=False):
    """An iterator of the records inside ``buffer[start:end]`` as bytes, each ended by ``sep`` or by the end.

    ``sep`` is left out unless ``keepends``. The memory in use is bounded by the longest record. The iterator raises
    ValueError once the buffer was closed or has another size than at the call.
    """
    sep = _separator(sep)
    size, start, end = _window(buffer, start, end)
    return _lines(buffer, sep, bool(keepends), size, start, end)


def _separator(sep):
    sep = _needle(sep)
    if not sep:
        raise ValueError("empty separator")
    return sep


def _lines(buffer, sep, keepends, size, start, end):
    while start < end:
        _check_size(buffer, size)
        stop = min(start + _CHUNK, end)
        chunk = _copy(buffer, start, stop)
        if stop < end and sep not in chunk:
            # A record longer than a chunk.
            at = _find(buffer, sep, max(start, stop - len(sep) + 1), end)
            stop = end if at < 0 else at + len(sep)
            chunk = _copy(buffer, start, stop)
        records = chunk.split(sep)
        rest = records.pop()
        if keepends:
            for record in records:
                yield record + sep
        else:
            yield from records
        if stop < end:
            start = stop - len(rest)
        else:
            if rest:
                yield rest
            return


def line_views(buffer, start=None, end=None, *, sep=b"\n", keepends=False):
    """As ``lines``, but memoryviews of the buffer itself: nothing is copied.

    Every view holds the buffer, which cannot be closed or resized before it is released.
    """
    sep = _separator(sep)
    size, start, end = _window(buffer, start, end)
    return _line_views(buffer, sep, bool(keepends), size, start, end)


def _line_views(buffer, sep, keepends, size, start, end):
    tail = len(sep) if keepends else 0
    for at in Finder(sep).find_all(buffer, start, end):
        _check_size(buffer, size)
        yield _view(buffer, start, at + tail)
        start = at + len(sep)
    if start < end:
        _check_size(buffer, size)
        yield _view(buffer, start, end)


def _view(buffer, start, end):
    view = memoryview(buffer)
    if view.format != "B" or view.ndim != 1:
        with view:
            view = view.cast("B")
    with view:  # lest PyPy's hold the buffer until it is collected
        return view[start:end]

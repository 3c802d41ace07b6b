"""Searches over any buffer: bytes, bytearray, memoryview, array, mmap, numpy, of any item type and shape.

Offsets count bytes. ``start`` and ``end`` are as in ``bytes.find``: they default to the whole buffer and negative ones
count from the end. What is searched for is any bytes-like object or, as in ``bytes.find``, an int below 256. Large
windows are searched without the GIL, and signal handlers run meanwhile.
"""

from zcio._batches import iterate as _iterate
from zcio._call_guard import guarded_call as _guarded_call
from zcio._converters import as_bytes as _as_bytes, needle_of as _needle_of
from zcio._core import search as _core_search
from zcio._search.finder import Finder
from zcio._search.lines import Records as _Records, record_batches as _record_batches, view_batches as _view_batches
from zcio._search.offsets import Offsets as _Offsets, offset_batches as _offset_batches
from zcio._search.shards import shards
from zcio._search.threads import count_by_threads as _count_by_threads, thread_count as _thread_count
from zcio._search.windows import (
    WHOLE as _WHOLE,
    backward as _backward,
    bounds as _bounds,
    check_type as _check_type,
    forward as _forward,
    total as _total,
    window_of as _window_of,
)

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

_find = _guarded_call(_core_search.find)
_rfind = _guarded_call(_core_search.rfind)
_count = _guarded_call(_core_search.count)
_find_any = _guarded_call(_core_search.find_any)
_rfind_any = _guarded_call(_core_search.rfind_any)

# The last sets of bytes that find_any and rfind_any were given, since building one costs more than a short search.
_byte_sets = {}
_MOST_BYTE_SETS = 64


def __dir__():
    return list(__all__)


def find(buffer, sub, start=None, end=None):
    """Return the lowest offset of ``sub`` inside ``buffer[start:end]``, or -1. As ``bytes.find``.

    Args:
        buffer: Any C-contiguous buffer.
        sub: Any bytes-like object, or an int below 256.
        start: First offset of the window.
        end: Offset behind the window.

    Raises:
        TypeError: An argument has the wrong type.
        BufferError: ``buffer`` or ``sub`` is not C-contiguous.
        ValueError: ``buffer`` is a closed mapping, or ``sub`` is an int out of range.
        MappingFault: ``buffer`` is a GuardedMmap whose file was truncated.
    """
    start, end = _WHOLE if start is None is end else _bounds(buffer, start, end)
    needle = sub if type(sub) is bytes else _needle_of(sub)
    return _forward(buffer, needle, start, end, _find, needle)


def rfind(buffer, sub, start=None, end=None):
    """Return the highest offset of ``sub`` inside ``buffer[start:end]``, or -1. As ``bytes.rfind``.

    Arguments and errors are those of ``find``.
    """
    start, end = _WHOLE if start is None is end else _bounds(buffer, start, end)
    needle = sub if type(sub) is bytes else _needle_of(sub)
    return _backward(buffer, needle, start, end, _rfind, needle)


def count(buffer, sub, start=None, end=None, *, threads=1):
    """Count the occurrences of ``sub`` inside ``buffer[start:end]`` that do not overlap. As ``bytes.count``.

    Args:
        buffer: As in ``find``.
        sub: As in ``find``.
        start: As in ``find``.
        end: As in ``find``.
        threads: The most threads to use; more than one only for windows of some megabytes, and if no two occurrences of
            ``sub`` can overlap.

    Raises:
        ValueError: As ``find``, or ``threads`` is less than 1. The other errors are those of ``find``.
    """
    start, end = _WHOLE if start is None is end else _bounds(buffer, start, end)
    needle = sub if type(sub) is bytes else _needle_of(sub)
    if type(threads) is int and threads == 1:
        return _total(buffer, needle, start, end, _count, needle)
    return _count_by_threads(
        lambda low, high: _total(buffer, needle, low, high, _count, needle), buffer, needle, start, end, threads
    )


def find_any(buffer, members, start=None, end=None):
    """Return the lowest offset inside ``buffer[start:end]`` of any byte of a set, or -1.

    Args:
        buffer: Any C-contiguous buffer.
        members: A bytes-like object with the bytes of the set.
        start: First offset of the window.
        end: Offset behind the window.

    Returns:
        int: The offset in bytes, or -1.

    Raises:
        TypeError: An argument has the wrong type.
        BufferError: ``buffer`` or ``members`` is not C-contiguous.
        ValueError: ``buffer`` is a closed mapping.
    """
    byte_set = _byte_set(members)
    _check_type(buffer)
    start, end = _WHOLE if start is None is end else _bounds(buffer, start, end)
    return _find_any(buffer, byte_set, start, end)


def rfind_any(buffer, members, start=None, end=None):
    """Return the highest offset inside ``buffer[start:end]`` of any byte of a set, or -1. As ``find_any``."""
    byte_set = _byte_set(members)
    _check_type(buffer)
    start, end = _WHOLE if start is None is end else _bounds(buffer, start, end)
    return _rfind_any(buffer, byte_set, start, end)


def _byte_set(members):
    members = members if type(members) is bytes else _as_bytes(members)
    found = _byte_sets.get(members)
    if found is None:
        found = _core_search.byte_set(members)
        if len(members) <= 256:
            if len(_byte_sets) >= _MOST_BYTE_SETS:
                _byte_sets.clear()
            _byte_sets[members] = found
    return found


def find_all(buffer, sub, start=None, end=None, *, overlapping=False, threads=1):
    """Iterate over the offsets of ``sub`` inside ``buffer[start:end]``, in order.

    The offsets are fetched in batches, which begin with one.

    Args:
        buffer: Any C-contiguous buffer.
        sub: Any bytes-like object, or an int below 256. An empty one lies at every offset.
        start: First offset of the window.
        end: Offset behind the window.
        overlapping: Whether an occurrence may overlap the one before it.
        threads: The most threads to use, as in ``count``. More than one search up to 64 MiB each ahead of
            the iterator.

    Returns:
        An iterator of ints, for one thread. It raises ValueError once the buffer was closed, or has another size than
        at the call.

    Raises:
        TypeError: An argument has the wrong type.
        BufferError: ``buffer`` or ``sub`` is not C-contiguous.
        ValueError: ``buffer`` is a closed mapping, ``sub`` is an int out of range, or ``threads`` is less than 1.
    """
    size, start, end = _window_of(buffer, start, end)
    needle = sub if type(sub) is bytes else _needle_of(sub)
    threads = _thread_count(threads)
    return _iterate(_Offsets, _offset_batches(buffer, needle, None, size, start, end, bool(overlapping), threads))


def lines(buffer, start=None, end=None, *, sep=b"\n", keepends=False):
    r"""Iterate over the records inside ``buffer[start:end]``, each ended by ``sep`` or by the end.

    At most 256 KiB of the buffer, or one record, is in memory a second time.

    Args:
        buffer: Any C-contiguous buffer.
        start: First offset of the window, as in slices.
        end: Offset behind the window, as in slices.
        sep: What ends a record: any bytes-like object that is not empty, or an int below 256.
        keepends: Whether the records include ``sep``. With ``sep=b"\n"`` that is the faster way.

    Returns:
        An iterator of bytes, for one thread. It raises ValueError once the buffer was closed, or has another size than
        at the call.

    Raises:
        TypeError: An argument has the wrong type.
        BufferError: ``buffer`` or ``sep`` is not C-contiguous.
        ValueError: ``buffer`` is a closed mapping, or ``sep`` is empty.
    """
    sep = _separator(sep)
    size, start, end = _window_of(buffer, start, end)
    return _iterate(_Records, _record_batches(buffer, sep, bool(keepends), size, start, end))


def line_views(buffer, start=None, end=None, *, sep=b"\n", keepends=False):
    """Iterate over the records as lines() does, but as memoryviews of the buffer: nothing is copied.

    Every view holds the buffer, which cannot be closed or resized before it is released, and so does the iterator from
    its first item to its end.

    Returns:
        An iterator of memoryviews, for one thread.
    """
    sep = _separator(sep)
    size, start, end = _window_of(buffer, start, end)
    return _iterate(_Records, _view_batches(buffer, sep, bool(keepends), size, start, end))


def _separator(sep):
    sep = _needle_of(sep)
    if not sep:
        raise ValueError("empty separator")
    return sep

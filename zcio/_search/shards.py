"""``shards()``, which cuts a file or buffer into parts between records, for several workers."""

import os

from zcio._call_guard import guarded_call
from zcio._converters import as_bytes, ssize
from zcio._core import search as core_search
from zcio._search.offsets import offset_batches
from zcio._search.threads import overlaps_itself
from zcio._search.windows import length_of
from zcio._stdlib_mmap import mmap

__all__ = ["shards"]

_find = guarded_call(core_search.find)


def shards(path_or_buffer, n, sep=b"\n"):
    """Cut a file or buffer into parts of about equal size that begin and end between records.

    A worker maps its part with ``zcio.mmap.open_path(path, offset=..., length=...)``, which accepts any offset.

    Args:
        path_or_buffer: A path (str or os.PathLike), or any buffer.
        n: The largest number of parts, at least 1.
        sep: The separator after each record: any bytes-like object that is not empty.

    Returns:
        list of (int, int): Offset and length of each part, in bytes and in order. No part is empty, and together they
            cover everything. If there are fewer than ``n`` records, there are fewer parts.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: ``n`` is less than 1, or ``sep`` is empty.
        OSError: The file cannot be opened or mapped.
    """
    n = ssize(n)
    sep = as_bytes(sep)
    if n < 1:
        raise ValueError("n must be at least 1, not %d" % n)
    if not sep:
        raise ValueError("empty separator")
    if not isinstance(path_or_buffer, (str, os.PathLike)):
        return _cut(path_or_buffer, length_of(path_or_buffer), n, sep)
    with open(path_or_buffer, "rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size == 0:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return _cut(mapped, len(mapped), n, sep)


def _cut(buffer, size, n, sep):
    ends = _ambiguous_ends if overlaps_itself(sep) else _plain_ends
    parts, start = [], 0
    for end in ends(buffer, size, n, sep):
        if end > start:
            parts.append((start, end - start))
            start = end
    if start < size:
        parts.append((start, size - start))
    return parts


def _next_target(size, n, end):
    """Return the first after ``end`` of the n - 1 offsets that would make equal parts, or None."""
    part = -(-(end + 1) * n // size) if end < size else n
    return size * part // n if part < n else None


def _plain_ends(buffer, size, n, sep):
    """Yield the first end of a record at or after each of the n - 1 offsets that would make equal parts."""
    end = 0
    target = _next_target(size, n, end)
    while target is not None:
        found = _find(buffer, sep, max(target - len(sep), end), size)
        if found < 0:
            return
        end = found + len(sep)
        yield end
        target = _next_target(size, n, end)


def _ambiguous_ends(buffer, size, n, sep):
    """As _plain_ends(), for a separator that overlaps itself: which occurrences count depends on all before them."""
    target = _next_target(size, n, 0)
    for offsets in offset_batches(buffer, sep, None, size, 0, size, False):
        for at in offsets:
            end = at + len(sep)
            if target is not None and end >= target:
                yield end
                target = _next_target(size, n, end)
        if target is None:
            return

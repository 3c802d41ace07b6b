"""Iterators over the offsets of all occurrences. Each native call fills an array with a batch of them."""

from itertools import chain

from zcio._batches import BatchIterator
from zcio._call_guard import guarded_call
from zcio._core import search as core_search
from zcio._search.dispatch import FIND, WINDOW
from zcio._search.threads import by_threads, can_be_cut, cuts
from zcio._search.windows import check_size, forward

__all__ = ["Offsets", "offset_batches"]

# How many occurrences are searched one by one, which is cheaper than a batch with so few. So is each in a small window
# that the runtime's own method can search.
_SINGLES = 3
# Numbers of offsets in a batch. The first one is small, because the caller may stop early; later ones grow until the
# cost of the native call no longer matters. For a long needle they grow further, since each call may read all of the
# needle once.
_SMALLEST = 64
_LARGEST = 1024
_PER_NEEDLE_BYTE = 1 / 8
# Several threads search so many bytes each, at least and at most, before the offsets that they found are returned: the
# start of a thread takes as long as searching 1 MiB. A thread that finds _MOST_FOUND offsets stops early.
_LEAST_PART = 4 * 1024 * 1024
_LARGEST_PART = 64 * 1024 * 1024
_MOST_FOUND = 128 * 1024

_find = guarded_call(core_search.find)
_find_into = guarded_call(core_search.finder_find_into)


class Offsets(BatchIterator):
    """Iterator of the offsets of a needle, in order. ``zcio.search.find_all`` returns it."""

    __slots__ = ()

    def __repr__(self):
        return "<find_all iterator at %#x>" % id(self)


def offset_batches(buffer, needle, prepared, size, start, end, overlapping, threads=1):
    """Yield lists of the offsets of a needle inside ``buffer[start:end]``, in order.

    Args:
        buffer: Any buffer, ``size`` bytes long.
        needle: Bytes.
        prepared: The core's finder of the needle if there is one, else None.
        size: The length of ``buffer`` when the caller asked for the iterator.
        start: First offset of the window; it may be greater than ``end``.
        end: End of the window, at most ``size``.
        overlapping: Whether occurrences may overlap.
        threads: The largest number of threads to use.

    Raises:
        ValueError: ``buffer`` was closed, or is no longer ``size`` bytes long.
    """
    if start > end:
        return
    if threads > 1 and end - start >= 2 * _LEAST_PART and can_be_cut(needle):
        for offsets in _batches_by_threads(buffer, needle, prepared, size, start, end, threads):
            yield offsets
        return
    step = 1 if overlapping or not needle else len(needle)
    method = FIND.get(type(buffer)) if needle else None
    singles = 1
    at = forward(buffer, needle, start, end, _find, needle)
    while at >= 0:
        yield (at,)
        start = at + step
        if start > end:
            return
        check_size(buffer, size)
        if method is not None and end - start <= WINDOW:
            at = method(buffer, needle, start, end)
        elif singles < _SINGLES:
            singles += 1
            at = _find(buffer, needle, start, end)
        else:
            break
    else:
        return
    for offsets, _ in _batches(buffer, needle, prepared, size, start, end, overlapping):
        if offsets:
            yield offsets


def _batches(buffer, needle, prepared, size, start, end, overlapping):
    """Yield lists of offsets, each with the offset at which the search goes on, or None at the end."""
    from array import array  # imported here because it imports collections, which takes longer than all of zcio.search

    if prepared is None:
        prepared = core_search.finder_new(needle)
    largest = max(_LARGEST, int(len(needle) * _PER_NEEDLE_BYTE))
    out = array("Q", bytes(8 * _SMALLEST))
    while start is not None:
        check_size(buffer, size)
        found, start = _find_into(buffer, prepared, start, end, overlapping, out)
        yield out[:found].tolist(), start
        if found == len(out) < largest:
            out = array("Q", bytes(8 * min(4 * len(out), largest)))


def _batches_by_threads(buffer, needle, prepared, size, start, end, threads):
    """Yield the lists of offset_batches() for a needle that can_be_cut(), found by several threads."""
    if prepared is None:
        prepared = core_search.finder_new(needle)

    def batches(low, high):
        # An occurrence belongs to the part in which it begins, so each part is searched beyond its end.
        return _batches(buffer, needle, prepared, size, low, min(high + len(needle) - 1, end), False)

    def found_in(low, high):
        found, total, resume = [], 0, None
        for offsets, after in batches(low, high):
            found.append(offsets)
            total += len(offsets)
            if total >= _MOST_FOUND:
                resume = after
                break
        return found, resume

    while start < end:
        stop = min(start + threads * _LARGEST_PART, end)
        bounds = cuts(start, stop, max(1, min(threads, (stop - start) // _LEAST_PART)))
        for (found, resume), high in zip(by_threads(found_in, bounds, threads), bounds[1:]):
            if resume is not None:
                found = chain(found, (offsets for offsets, _ in batches(resume, high)))
            for offsets in found:
                if offsets:
                    yield offsets
        start = stop

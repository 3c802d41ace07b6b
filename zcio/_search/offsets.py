"""Iterators over the offsets of all occurrences. Each native call fills an array with a batch of them."""

from zcio._batches import BatchIterator
from zcio._call_guard import guarded_call
from zcio._core import search as core_search
from zcio._search.dispatch import FIND, WINDOW
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

_find = guarded_call(core_search.find)
_find_into = guarded_call(core_search.finder_find_into)


class Offsets(BatchIterator):
    """Iterator of the offsets of a needle, in order. ``zcio.search.find_all`` returns it."""

    __slots__ = ()

    def __repr__(self):
        return "<find_all iterator at %#x>" % id(self)


def offset_batches(buffer, needle, prepared, size, start, end, overlapping):
    """Yield lists of the offsets of a needle inside ``buffer[start:end]``, in order.

    Args:
        buffer: Any buffer, ``size`` bytes long.
        needle: Bytes.
        prepared: The core's finder of the needle if there is one, else None.
        size: The length of ``buffer`` when the caller asked for the iterator.
        start: First offset of the window; it may be greater than ``end``.
        end: End of the window, at most ``size``.
        overlapping: Whether occurrences may overlap.

    Raises:
        ValueError: ``buffer`` was closed, or is no longer ``size`` bytes long.
    """
    if start > end:
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
    from array import array  # imported here because it imports collections, which takes longer than all of zcio.search

    if prepared is None:
        prepared = core_search.finder_new(needle)
    largest = max(_LARGEST, int(len(needle) * _PER_NEEDLE_BYTE))
    out = array("Q", bytes(8 * _SMALLEST))
    while start is not None:
        check_size(buffer, size)
        found, start = _find_into(buffer, prepared, start, end, overlapping, out)
        if found:
            yield out[:found].tolist()
        if found == len(out) < largest:
            out = array("Q", bytes(8 * min(4 * len(out), largest)))

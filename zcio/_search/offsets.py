"""Offsets of all occurrences, in batches: one native call fills an array, which is used again for the next batch."""

from itertools import chain

from zcio._call_guard import guarded_call
from zcio._core import search as core_search
from zcio._search.dispatch import FIND, WINDOW
from zcio._search.windows import check_size, forward

__all__ = ["Offsets", "offset_batches"]

# The first offset, and every one in a small window, is looked for alone. Then batches begin small, so that a caller who
# stops early has paid for little, and grow to where crossing into the core no longer counts. For a long needle they
# grow further, since the core may go through all of the needle once per batch.
_SMALLEST = 64
_LARGEST = 1024
_PER_NEEDLE_BYTE = 1 / 8

_find = guarded_call(core_search.find)
_find_into = guarded_call(core_search.finder_find_into)


class Offsets(chain):
    """Iterator of the offsets of a needle, in order. ``zcio.search.find_all`` returns it."""

    # A subclass of chain, so that the items of a batch come without a step of Python each.
    __slots__ = ()

    def __repr__(self):
        return "<find_all iterator at %#x>" % id(self)

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)


def offset_batches(buffer, needle, prepared, size, start, end, overlapping):
    """Yield lists of the offsets of a needle inside ``buffer[start:end]``, in order.

    Args:
        buffer: Any buffer, ``size`` bytes long.
        needle: Bytes.
        prepared: The core's finder of the needle if there is one, else None.
        size: The length that ``buffer`` had when the iteration was asked for.
        start: First offset of the window; it may lie behind ``end``.
        end: Offset behind the window, at most ``size``.
        overlapping: Whether occurrences may overlap.

    Raises:
        ValueError: ``buffer`` was closed, or is no longer ``size`` bytes long.
    """
    if start > end:
        return
    step = 1 if overlapping or not needle else len(needle)
    method = FIND.get(type(buffer)) if needle else None
    at = forward(buffer, needle, start, end, _find, needle)
    while at >= 0:
        yield (at,)
        start = at + step
        if start > end:
            return
        check_size(buffer, size)
        if method is None or end - start > WINDOW:
            break
        at = method(buffer, needle, start, end)
    else:
        return
    from array import array  # not above: it imports collections, which takes longer than all of zcio.search

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

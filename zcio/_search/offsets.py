"""Offsets by the batch: one native call fills an array, which is used again for the next."""

from array import array

from zcio._call_guard import guarded_call
from zcio._converters import bytes_like
from zcio._core import search as core_search

__all__ = ["length_of", "offset_batches"]

# Batches begin small, so that the first offsets come soon, and grow to what makes the crossing cheap; of a long needle
# further, since each call may begin with going through all of it.
_FIRST = 64
_LARGEST = 8192
_PER_BYTE = 1 / 8

_find_into = guarded_call(core_search.finder_find_into)


def length_of(buffer):
    """The length of any buffer in bytes. Raises TypeError, BufferError, and ValueError on a closed mapping."""
    kind = type(buffer)
    if kind is bytes or kind is bytearray:
        return len(buffer)
    with bytes_like(buffer) as view:
        return view.nbytes


def offset_batches(buffer, finder, length, size, start, end, overlapping):
    """Lists of the offsets of a finder's needle, ``length`` bytes long, inside ``buffer[start:end]``, in order.

    Raises ValueError once ``buffer`` was closed or is no longer ``size`` bytes long.
    """
    if start > end:
        return
    largest = max(_LARGEST, int(length * _PER_BYTE))
    out = array("Q", bytes(8 * _FIRST))
    while start is not None:
        if length_of(buffer) != size:
            raise ValueError("the buffer changed its size during iteration")
        found, start = _find_into(buffer, finder, start, end, overlapping, out)
        yield out[:found].tolist()
        if found == len(out) < largest:
            out = array("Q", bytes(8 * min(4 * len(out), largest)))

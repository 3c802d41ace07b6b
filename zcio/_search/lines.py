"""Records of a buffer, ended by a separator: as bytes, or as views of the buffer itself."""

from _io import BytesIO  # not io's, which zcio.shadow may have replaced
from itertools import chain, repeat
from operator import getitem

from zcio._call_guard import PYPY, guarded_call
from zcio._converters import bytes_like
from zcio._core import search as core_search
from zcio._search.offsets import offset_batches
from zcio._search.windows import check_size, copy, forward

__all__ = ["Records", "record_batches", "view_batches"]

# A block is copied out of the buffer and split at once. Blocks begin small, so that the first records come soon, and
# grow to what stays in the processor's cache. Sizes in bytes.
_SMALLEST_BLOCK = 512
_LARGEST_BLOCK = 64 * 1024

# bytes.split looks at every byte of the block, BytesIO.readline jumps from newline to newline, which is faster for
# lines of some length; longer records still are found and copied one by one.
_SPLIT_LENGTH = 128 if PYPY else 32
_BLOCK_LENGTH = _SPLIT_LENGTH if PYPY else 16 * 1024

_WITHOUT_LAST = slice(None, -1)
_find = guarded_call(core_search.find)


class Records(chain):
    """Iterator of records, in order. ``zcio.search.lines`` and ``zcio.search.line_views`` return it."""

    # A subclass of chain, so that the items of a batch come without a step of Python each.
    __slots__ = ()

    def __repr__(self):
        return "<lines iterator at %#x>" % id(self)


def record_batches(buffer, sep, keepends, size, start, end):
    """Yield iterables of the records inside ``buffer[start:end]`` as bytes.

    Args:
        buffer: Any buffer, ``size`` bytes long.
        sep: What ends a record, bytes, not empty.
        keepends: Whether the records include ``sep``.
        size: The length that ``buffer`` had when the iteration was asked for.
        start: First offset of the window.
        end: Offset behind the window, at most ``size``.

    Raises:
        ValueError: ``buffer`` was closed, or is no longer ``size`` bytes long.
    """
    block = _SMALLEST_BLOCK
    while start < end:
        check_size(buffer, size)
        at = forward(buffer, sep, start, end, _find, sep)
        if at < 0:
            yield (copy(buffer, start, end),)
            return
        stop = at + len(sep)
        yield (copy(buffer, start, stop if keepends else at),)
        length = stop - start
        start = stop
        if length <= _BLOCK_LENGTH and start < end:
            check_size(buffer, size)
            records, used = _split(copy(buffer, start, min(start + block, end)), sep, keepends, length)
            yield records
            start += used
            block = min(4 * block, _LARGEST_BLOCK)


def _split(block, sep, keepends, length):
    """Split a block into the records that it holds all of.

    Args:
        block: Bytes that begin with a record.
        sep: What ends a record.
        keepends: Whether the records include ``sep``.
        length: The length of a typical record.

    Returns:
        An iterable of the records, and the number of bytes they take.
    """
    if sep == b"\n" and (keepends or length > _SPLIT_LENGTH):
        used = block.rfind(b"\n") + 1
        records = BytesIO(block[:used])
        return (records if keepends else map(getitem, records, repeat(_WITHOUT_LAST))), used
    records = block.split(sep)
    used = len(block) - len(records.pop())
    return ([record + sep for record in records] if keepends else records), used


def view_batches(buffer, sep, keepends, size, start, end):
    """Yield iterables of the records inside ``buffer[start:end]`` as memoryviews. As record_batches().

    From the first record on, the generator itself holds the buffer until it ends.
    """
    with _view_of_bytes(buffer) as view:
        after = len(sep)
        for offsets in offset_batches(buffer, sep, None, size, start, end, False):
            starts = [start]
            starts += [at + after for at in offsets]
            stops = starts[1:] if keepends else offsets
            start = starts[-1]
            yield map(getitem, repeat(view), map(slice, starts, stops))
        if start < end:
            check_size(buffer, size)
            yield (view[start:end],)


def _view_of_bytes(buffer):
    view = bytes_like(buffer)
    if view.format == "B" and view.ndim == 1:
        return view
    with view:
        return view.cast("B")

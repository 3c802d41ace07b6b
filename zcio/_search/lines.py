"""Iterators over the records of a buffer, which a separator ends: as bytes, or as views of the buffer itself."""

from _io import BytesIO  # not io's, which zcio.shadow may have replaced
from itertools import repeat
from operator import getitem

from zcio._batches import BatchIterator
from zcio._call_guard import PYPY, guarded_call
from zcio._converters import bytes_like
from zcio._core import search as core_search
from zcio._search.offsets import offset_batches
from zcio._search.windows import backward, check_size, copy, forward

__all__ = ["Records", "record_batches", "view_batches"]

# Records are made from a copy of a block. The first block is small, so that the first record comes soon; later ones are
# as large as fits into the CPU's cache, together with the list of their records if there is one. Sizes in bytes.
_SMALLEST_BLOCK = 256
_LARGEST_BLOCK = 64 * 1024 if PYPY else 256 * 1024
_LARGEST_LISTED = 16 * 1024 if PYPY else 64 * 1024

# In a block of this size or more, the last separator is looked for first, so that only whole records are copied.
_TRIMMED_BLOCK = 16 * 1024

# bytes.split looks at every byte of a block; _jumping() uses memchr and is faster if records are longer than
# _SPLIT_LENGTH bytes on average. The average is taken over the first _SAMPLE bytes of the block.
_SPLIT_LENGTH = 48
_SAMPLE = 1024

# On PyPy, _jumping() leaves the search to the core if they are longer than this.
_CORE_LENGTH = 256

_find = guarded_call(core_search.find)
_rfind = guarded_call(core_search.rfind)


class Records(BatchIterator):
    """Iterator of records, in order. ``zcio.search.lines`` and ``zcio.search.line_views`` return it."""

    __slots__ = ()

    def __repr__(self):
        return "<lines iterator at %#x>" % id(self)


def record_batches(buffer, sep, keepends, size, start, end):
    """Yield iterables of the records inside ``buffer[start:end]`` as bytes.

    Args:
        buffer: Any buffer, ``size`` bytes long.
        sep: The separator, bytes that are not empty.
        keepends: Whether the records include ``sep``.
        size: The length of ``buffer`` when the caller asked for the iterator.
        start: First offset of the window.
        end: Offset behind the window, at most ``size``.

    Raises:
        ValueError: ``buffer`` was closed, or is no longer ``size`` bytes long.
    """
    size_of_block = _SMALLEST_BLOCK
    while start < end:
        check_size(buffer, size)
        block_end = min(start + size_of_block, end)
        records, stop = _records(buffer, sep, keepends, start, block_end)
        size_of_block = min(16 * size_of_block, _LARGEST_LISTED if type(records) is list else _LARGEST_BLOCK)
        if stop == start:  # the block has no separator
            at = forward(buffer, sep, max(start, block_end - len(sep) + 1), end, _find, sep)
            if at < 0:
                yield (copy(buffer, start, end),)
                return
            stop = at + len(sep)
            records = (copy(buffer, start, stop if keepends else at),)
        yield records
        del records  # so that the next block can reuse its memory
        start = stop


def _records(buffer, sep, keepends, start, end):
    """Return an iterable of the records that end inside ``buffer[start:end]``, and the end of the last one."""
    if end - start >= _TRIMMED_BLOCK:
        # What follows does not rely on it, since another thread may write to the buffer before the copy.
        last = backward(buffer, sep, start, end, _rfind, sep)
        if last < 0:
            return (), start
        end = last + len(sep)
    block = copy(buffer, start, end)
    if sep == b"\n" and (keepends or block.count(sep, 0, _SAMPLE) * _SPLIT_LENGTH < min(len(block), _SAMPLE)):
        block = block[: block.rfind(sep) + 1]
        return _jumping(block, keepends), start + len(block)
    records = block.split(sep)
    stop = start + len(block) - len(records.pop())
    return ([record + sep for record in records] if keepends else records), stop


if PYPY:

    def _jumping(block, keepends):
        """Return an iterator of the lines of a block, which is empty or ends with a newline."""
        by_core = block.count(b"\n", 0, _SAMPLE) * _CORE_LENGTH < _SAMPLE
        start = 0
        while start < len(block):
            stop = 1 + (_find(block, b"\n", start, len(block)) if by_core else block.index(b"\n", start))
            yield block[start : stop if keepends else stop - 1]
            start = stop

else:

    def _jumping(block, keepends):
        """Return an iterator of the lines of a block, which is empty or ends with a newline."""
        lines = BytesIO(block)
        return lines if keepends else map(getitem, lines, repeat(_WITHOUT_LAST))

    _WITHOUT_LAST = slice(None, -1)


def view_batches(buffer, sep, keepends, size, start, end):
    """Yield iterables of the records inside ``buffer[start:end]`` as memoryviews. As record_batches().

    From the first record on, the generator itself holds the buffer until it ends.
    """
    with _view_of_bytes(buffer) as view:
        for offsets in offset_batches(buffer, sep, None, size, start, end, False):
            yield _views(view, start, offsets, len(sep), keepends)
            start = offsets[-1] + len(sep)
        if start < end:
            check_size(buffer, size)
            yield (view[start:end],)


def _views(view, start, offsets, after, keepends):
    for at in offsets:
        stop = at + after
        yield view[start : stop if keepends else at]
        start = stop


def _view_of_bytes(buffer):
    view = bytes_like(buffer)
    if view.format == "B" and view.ndim == 1:
        return view
    with view:
        return view.cast("B")

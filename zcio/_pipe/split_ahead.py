"""Records that are split in advance, many at once, and returned one by one."""

from io import BytesIO
from operator import length_hint

from zcio._call_guard import PYPY
from zcio._core import search as core_search

__all__ = ["SplitAhead", "split_records"]

_LF = b"\n"
_FAR = 4096  # from this size in bytes on, the native count is faster than bytes.count


def _are_lines(data, separator):
    """Whether the records of ``data`` are its lines, so that ``BytesIO.readlines``, which is faster, may split it."""
    if separator == _LF:
        return True
    # So it is with a separator like b"\r\n", if every b"\n" in the data is part of one.
    if PYPY or separator.find(_LF) != len(separator) - 1:
        return False
    if len(data) < _FAR:
        return data.count(_LF) == data.count(separator)
    return core_search.count(data, _LF, 0, len(data)) == core_search.count(data, separator, 0, len(data))


def split_records(data, separator, skip_separator):
    """Split ``data``, which ends with ``separator``.

    Returns:
        (list of bytes, int): the records, and the offset at which the last of them ends. That is less than the length
        of ``data`` if the last two separators overlap.
    """
    if not skip_separator and _are_lines(data, separator):
        return BytesIO(data).readlines(), len(data)
    records = data.split(separator)
    end = len(data) - len(records.pop())
    if not skip_separator:
        records = [record + separator for record in records]
    return records, end


class SplitAhead:
    """One batch of adjoining, complete records with the same separator.

    Returning a record is only a step of an iterator, which is what makes the batch fast: nothing counts the records or
    moves the Pipe's ``_consumed``. The position is computed when it is needed, from the number of records that the
    iterator still has.

    Invariants:
        - ``records`` iterates over the records between the stream positions ``start`` and ``end``, in order. It is the
          iterator of a list, whose ``next()`` is atomic under the GIL, so two threads never get the same record.
        - ``end`` lies in the Pipe's head chunk, at or before the end of the written data. The records are copies.
        - ``separator`` is the very object that the caller gave, since the fast path compares identities;
          ``skip_separator`` is a bool. No record is longer than the Pipe's limit.
        - Between ``end`` and the position ``searched``, if that is not -1, no separator is complete.
        - ``size`` is the number of bytes that were taken for this batch. If the batch is used up, the next one takes
          more.
        - After ``drop()`` the iterator is exhausted, for other threads that hold it too, and ``position()`` is
          meaningless.
    """

    __slots__ = ("separator", "skip_separator", "records", "start", "end", "searched", "size", "_list", "_counted")

    def __init__(self, records, separator, skip_separator, start, end, searched, size):
        self.separator = separator
        self.skip_separator = skip_separator
        self.start = start
        self.end = end
        self.searched = searched
        self.size = size
        self._list = records
        self._counted = 0, start  # a number of records, and the position after them
        self.records = iter(records)

    def position(self):
        """The position in the stream after the last record that was returned."""
        left = length_hint(self.records)
        if not left:
            return self.end
        taken = len(self._list) - left
        counted, position = self._counted
        if taken > counted:
            gap = len(self.separator) if self.skip_separator else 0
            position += sum(map(len, self._list[counted:taken])) + gap * (taken - counted)
            self._counted = taken, position
        return position

    def used_up(self):
        """Whether every record was returned."""
        return not length_hint(self.records)

    def drop(self):
        """Discard the remaining records."""
        self._list.clear()

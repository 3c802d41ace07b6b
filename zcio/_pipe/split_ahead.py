"""Records that were split in advance, many at once, and are handed out one by one."""

from io import BytesIO
from operator import length_hint

from zcio._call_guard import PYPY
from zcio._core import search as core_search

__all__ = ["SplitAhead", "split_records"]

_LF = b"\n"
_FAR = 4096  # from this many bytes on the native count is faster than bytes.count


def _are_lines(data, separator):
    """Whether the lines of ``data`` are exactly its records, so that ``BytesIO.readlines`` may split it."""
    if separator == _LF:
        return True
    # A separator like b"\r\n", if no line of the data ends in a bare b"\n".
    if PYPY or separator.find(_LF) != len(separator) - 1:
        return False
    if len(data) < _FAR:
        return data.count(_LF) == data.count(separator)
    return core_search.count(data, _LF, 0, len(data)) == core_search.count(data, separator, 0, len(data))


def split_records(data, separator, skip_separator):
    """Split ``data``, bytes which end with ``separator``, into its records.

    Returns:
        (list of bytes, int): the records, and where the last of them ends. That is before the end of ``data`` if the
        last two separators overlap.
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

    While a Pipe has a batch, its ``_consumed`` may lag behind: the read position is ``position()``. Nobody counts the
    records as they are handed out; their number is asked of the iterator when somebody wants the position.

    Invariants:
        - ``records`` iterates over the records between the stream positions ``start`` and ``end``, in order. It is a
          list's iterator: ``next()`` is one step of the interpreter, so two threads never get the same record.
        - ``end`` is written data of the Pipe's head chunk; the batch keeps no chunk.
        - ``separator`` is the object that the caller gave (the fast path compares identities) and ``skip_separator`` a
          bool. No record is longer than the Pipe's limit.
        - ``size`` is the number of bytes that were looked at for this batch. The batch that follows one that was used
          up looks at more.
        - After ``drop()`` the iterator is exhausted for everybody who holds it, and ``position()`` is meaningless.
    """

    __slots__ = ("separator", "skip_separator", "records", "start", "end", "size", "_list", "_counted")

    def __init__(self, records, separator, skip_separator, start, end, size):
        self.separator = separator
        self.skip_separator = skip_separator
        self.start = start
        self.end = end
        self.size = size
        self._list = records
        self._counted = 0, start  # a number of records, and the position after them
        self.records = iter(records)

    def position(self):
        """The position in the stream after the last record that was handed out."""
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
        """Whether every record was handed out."""
        return not length_hint(self.records)

    def drop(self):
        """Discard the records that were not handed out."""
        self._list.clear()

"""Iterators over records that were split ahead, as fast as each runtime can be."""

from io import BytesIO

from zcio._call_guard import PYPY
from zcio._core import search as core_search

__all__ = ["is_lines", "iterated"]

_LF = b"\n"
_FAR = 4096  # from here on a native call counts faster than Python


if PYPY:

    class _Slices:
        """Looks for each record when it is asked for: the compiler makes few instructions of it. ``tell()`` and
        ``seek()`` as a BytesIO's."""

        __slots__ = ("_at", "_bare", "_data", "_separator")

        def __init__(self, data, separator, bare):
            self._data = data
            self._separator = separator
            self._bare = bare
            self._at = 0

        def __iter__(self):
            return self

        def __next__(self):
            data = self._data
            start = self._at
            stop = data.find(self._separator, start)
            if stop < 0:
                raise StopIteration
            end = stop + len(self._separator)
            self._at = end
            return data[start : stop if self._bare else end]

        def tell(self):
            return self._at

        def seek(self, offset, whence):
            self._at = len(self._data)

    def is_lines(data, separator):
        """Whether the lines of ``data`` are its records, and a BytesIO finds them fastest."""
        return False

    def _in_place(data, separator, bare):
        if len(separator) > 1 and separator[0] in separator[1:]:
            return None  # two of them may overlap
        return _Slices(data, separator, bare)

else:

    def is_lines(data, separator):
        """Whether the lines of ``data`` are its records, and a BytesIO finds them fastest."""
        if separator == _LF:
            return True
        # Of a separator like b"\r\n" where no line ends otherwise.
        if separator.find(_LF) != len(separator) - 1:
            return False
        size = len(data)
        if size < _FAR:
            return data.count(_LF) == data.count(separator)
        return core_search.count(data, _LF, 0, size) == core_search.count(data, separator, 0, size)

    def _in_place(data, separator, bare):
        return BytesIO(data) if not bare and (separator == _LF or is_lines(data, separator)) else None


def iterated(data, separator, bare):
    """``(iterator, records, gap, end)``: an iterator over the records of ``data``, which ends with ``separator``.

    Either it is one over the list ``records``, of records ``gap`` bytes apart, or ``records`` is None and its
    ``tell()`` says how far it is. ``end`` is where the last record ends.
    """
    ahead = _in_place(data, separator, bare)
    if ahead is not None:
        return ahead, None, 0, len(data)
    records = data.split(separator)
    end = len(data) - len(records.pop())  # where two separators overlap
    if bare:
        return iter(records), records, len(separator), end
    records = [record + separator for record in records]
    return iter(records), records, 0, end

"""Searches in what is unread, which go on where the last one for the same bytes ended."""

from operator import index

from zcio import _lib_pipe
from zcio._arguments import as_bytes
from zcio._pipe.stream import Stream

__all__ = ["Searching"]

# The first bytes are searched by Python: a separator that is near costs no native call.
_NEAR = 512


def _needle(value):
    if type(value) is bytes:
        return value
    if isinstance(value, int):
        return _byte(value)
    return as_bytes(value)


def _byte(value):
    if isinstance(value, int):
        if not 0 <= value <= 255:
            raise ValueError("byte must be in range(0, 256)")
        return bytes((value,))
    value = as_bytes(value)
    if len(value) != 1:
        raise ValueError("a single byte is required, not %d" % len(value))
    return value


def _offset(value):
    value = index(value)
    if value < 0:
        raise ValueError("offsets count from the first unread byte and cannot be negative")
    return value


class Searching(Stream):
    """find() and what readuntil() needs."""

    __slots__ = ("_sought", "_found", "_absent", "_mark")

    def __init__(self, pool):
        Stream.__init__(self, pool)
        self._sought = None  # the separators of the last seek
        self._found = []  # for each, the position of one, or None
        self._absent = []  # for each, the position before which none begins
        self._mark = None  # the chunk where the last scan ended

    def find(self, s, start=0, end=None):
        """The lowest offset of ``s``, any buffer or an int, in ``[start:end]`` of what is unread, or -1.

        Offsets count from the first unread byte; ``end`` is that of all there is where it is None or beyond. Consumes
        nothing. Raises ValueError for negative offsets, TypeError.
        """
        return self._find(_needle(s), start, end)

    def findbyte(self, byte, start=0, end=None):
        """find() of one byte: an int or a buffer of length 1. Raises ValueError for anything longer."""
        return self._find(_byte(byte), start, end)

    def _find(self, needle, start, end):
        start = _offset(start)
        stop = None if end is None else _offset(end)
        if self._ahead is not None:
            self._settle()
        begin = self._consumed
        limit = self._written
        if stop is not None:
            limit = min(limit, begin + stop)
        at = -1
        if begin + start <= limit:
            at = self._scan(needle, begin + start, limit) if needle else begin + start
        self._examined = max(self._examined, limit if at < 0 else at + len(needle))
        return -1 if at < 0 else at - begin

    def _scan(self, needle, start, end):
        """The lowest position of ``needle`` between two positions, or -1."""
        if end - start < len(needle):
            return -1
        head = self._head
        mark = self._mark
        if mark is None or not head.base <= mark.base <= start:
            mark = None
        pieces = self._pieces(start, end, mark)
        chunk, begin, stop = pieces[0]
        self._mark = pieces[-1][0] if len(pieces) > 1 else chunk
        if stop - begin > _NEAR:
            at = chunk.memory[begin : begin + _NEAR].find(needle)
        else:
            at = chunk.memory[begin:stop].find(needle)
            if at < 0 and len(pieces) == 1:
                return -1
        if at < 0:
            skip = max(0, min(_NEAR, stop - begin) - len(needle) + 1)
            at = _lib_pipe.spans_find([(chunk.memory, i, j) for chunk, i, j in pieces], needle, skip)
            if at < 0:
                return -1
        return start + at

    def _seek(self, separators, start, end):
        """``(begin, end)``, the positions of the separator that ends first between two positions, and where several
        end there, of the longest of them; or None. What was scanned for the same separators is not scanned again."""
        if self._sought != separators:
            self._sought = separators
            self._found = [None] * len(separators)
            self._absent = [0] * len(separators)
        best = None
        for number, separator in enumerate(separators):
            size = len(separator)
            found = self._found[number]
            if found is None or found < start:
                limit = end if best is None else best[1]
                at = max(start, self._absent[number])
                found = self._scan(separator, at, limit)
                if found < 0:
                    self._found[number] = None
                    self._absent[number] = max(at, limit - size + 1)
                    continue
                self._found[number] = found
                self._absent[number] = found
            if best is None or (found + size, found) < (best[1], best[0]):
                best = found, found + size
        return best

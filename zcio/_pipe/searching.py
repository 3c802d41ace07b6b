"""Searches in what is unread, which go on where the last one for the same bytes ended."""

from operator import index

from zcio._converters import as_bytes
from zcio._core import pipe as core_pipe
from zcio._pipe.state import PipeState

__all__ = ["Searching"]

# The first bytes are searched by Python: a separator that is near costs no native call.
NEAR = 512
# In so many chunks at first.
_PIECES = 4


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


class Searching(PipeState):
    """find() and what readuntil() needs."""

    __slots__ = ("_sought", "_absent", "_found")

    def __init__(self, pool):
        PipeState.__init__(self, pool)
        self._sought = None  # the separator, or the tuple of them, of the last seek
        self._absent = 0  # the position before which none begins; for several a list
        self._found = None  # for several: a list of the positions where each is next, or None where it is not known

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
        if self._split is not None:
            self._consumed = self._position()
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
        """The lowest position of ``needle``, not empty, between two positions, or -1."""
        chunk = self._head
        if end - start <= NEAR and chunk is not None and chunk.next is None:
            base = chunk.base
            at = chunk.memory[start - base : end - base].find(needle)
            return at if at < 0 else start + at
        if end - start < len(needle):
            return -1
        mark = self._mark
        if mark is None or not chunk.base <= mark.base <= start:
            mark = None
        size = len(needle)
        begin, most = start, _PIECES
        while True:
            # Few chunks at first: the next separator is mostly near, and there may be thousands of chunks.
            pieces = self._pieces(begin, end, mark, most)
            last, _, stop = pieces[-1]
            stop += last.base
            self._mark = last
            at, near = -1, 0
            if begin == start:
                chunk, i, j = pieces[0]
                near = min(NEAR, j - i)
                at = chunk.memory[i : i + near].find(needle)
            if at < 0 and near < stop - begin:
                at = core_pipe.spans_find(
                    [(chunk.memory, i, j) for chunk, i, j in pieces], needle, max(0, near - size + 1)
                )
            if at >= 0 or stop == end:
                return at if at < 0 else begin + at
            begin = max(begin, stop - size + 1)
            for mark, _, _ in reversed(pieces):
                if mark.base <= begin:
                    break
            most *= 4

    def _seek(self, separator, start, end):
        """``(begin, end)``, the positions of the next separator between two positions, or None. What was scanned for
        the same one is not scanned again.

        Of a tuple of separators that which ends first, and where several end there the longest.
        """
        if type(separator) is tuple:
            return self._seek_any(separator, start, end)
        if self._sought != separator:
            self._sought = separator
        elif self._absent > start:
            start = self._absent
        found = self._scan(separator, start, end)
        if found < 0:
            end += 1 - len(separator)
            self._absent = end if end > start else start
            return None
        self._absent = found
        return found, found + len(separator)

    def _seek_any(self, separators, start, end):
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
                self._found[number] = self._absent[number] = found
            if best is None or (found + size, found) < (best[1], best[0]):
                best = found, found + size
        return best

"""Searches in the unread data. Each resumes where the last search for the same needle ended."""

from zcio._call_guard import PYPY
from zcio._converters import as_bytes, integer
from zcio._core import pipe as core_pipe, search as core_search
from zcio._pipe.state import PipeState

__all__ = ["NEAR", "NEAR_BYTE", "Searching"]

# Up to about these sizes, for a needle of one byte and for longer ones, it is faster to copy the bytes and use
# bytes.find than to make a native call. So the first bytes are searched that way.
NEAR_BYTE = 256 if PYPY else 2048
NEAR = 128 if PYPY else 512
# Number of pieces in the first native search that crosses chunks. Each later search of the call gets four times as
# many.
_PIECES = 4
# Number of needles whose last search is remembered.
REMEMBERED = 32


def _byte(value):
    if isinstance(value, int):
        value = integer(value)
        if not 0 <= value <= 255:
            raise ValueError("byte must be in range(0, 256)")
        return bytes((value,))
    value = as_bytes(value)
    if len(value) != 1:
        raise ValueError("expected a single byte, got %d" % len(value))
    return value


def _offset(value):
    value = integer(value)
    if value < 0:
        raise ValueError("offsets count from the first unread byte and must not be negative")
    return value


class Searching(PipeState):
    """find() and the searches that readuntil() needs.

    ``_searched`` maps a needle to two positions between which no occurrence of it begins. Written data never changes,
    so an entry never becomes false. If there are too many entries, the oldest is removed.
    """

    __slots__ = ("_searched",)

    def __init__(self, pool):
        PipeState.__init__(self, pool)
        self._searched = {}

    def find(self, s, start=0, end=None):
        """Find bytes in the unread data, as ``bytes.find``, without consuming anything.

        Args:
            s: any bytes-like object, or a byte as an int.
            start: the offset from the first unread byte at which to begin.
            end: the offset at which to stop; the end of the data if None.

        Returns:
            int: the lowest offset of ``s`` in ``[start:end]``, or -1.

        Raises:
            ValueError: an offset is negative.
            TypeError: ``s`` is not a bytes-like object.
        """
        if type(s) is not bytes:
            s = _byte(s) if isinstance(s, int) else as_bytes(s)
        return self._find(s, start, end)

    def findbyte(self, byte, start=0, end=None):
        """Find one byte in the unread data, as find().

        Args:
            byte: an int, or a bytes-like object of length 1.
            start: the offset from the first unread byte at which to begin.
            end: the offset at which to stop; the end of the data if None.

        Returns:
            int: the lowest offset of ``byte`` in ``[start:end]``, or -1.

        Raises:
            ValueError: an offset is negative, or ``byte`` is not one byte.
        """
        return self._find(_byte(byte), start, end)

    def _find(self, needle, start, end):
        start = _offset(start)
        self._sync()
        consumed = self._consumed
        begin = consumed + start
        stop = self._written
        if end is not None:
            stop = min(stop, consumed + _offset(end))
        at = -1
        if begin <= stop:
            at = self._seek(needle, begin, stop) if needle else begin
        self._examined = max(self._examined, stop if at < 0 else at + len(needle))
        return -1 if at < 0 else at - consumed

    def _seek(self, needle, start, end, absent=0, far=False):
        """The lowest position of ``needle``, which is not empty, between two positions, or -1.

        Bytes that an earlier search for the same needle covered are not searched again. ``absent``: the caller knows
        that no occurrence begins between ``start`` and this position. ``far``: skip ``bytes.find``, because the needle
        is probably not among the next bytes.
        """
        low = begin = start
        known = self._searched.get(needle)
        if known is not None and known[0] <= start <= known[1]:
            low, begin = known
        if absent > begin:
            begin = absent
        at = self._scan(needle, begin, end, far) if end - begin >= len(needle) else -1
        self._remember(needle, low, at if at >= 0 else max(begin, end - len(needle) + 1))
        return at

    def _remember(self, needle, start, end):
        """Remember that no occurrence of ``needle`` begins between two positions."""
        searched = self._searched
        if len(searched) >= REMEMBERED and needle not in searched:
            del searched[next(iter(searched))]
        searched[needle] = start, end

    def _scan(self, needle, start, end, far):
        """The lowest position of ``needle``, or -1, between two positions that are at least its length apart."""
        chunk = self._head
        following = chunk.next
        while following is not None and following.base <= start:
            chunk = following
            following = chunk.next
        base = chunk.base
        if start < base:
            raise RuntimeError("another thread reads from this Pipe")
        stop = end if following is None or following.base > end else following.base
        begin = start
        if not far:
            window = min(stop, start + (NEAR_BYTE if len(needle) == 1 else NEAR))
            at = chunk.memory[start - base : window - base].find(needle)
            if at >= 0:
                return start + at
            if window == end:
                return -1
            begin = max(start, window - len(needle) + 1)
        if stop < end:
            return self._scan_chunks(needle, begin, end, chunk)
        at = core_search.find(chunk.memory, needle, begin - base, end - base)
        return at if at < 0 else at + base

    def _scan_chunks(self, needle, start, end, chunk):
        most = _PIECES
        while True:
            # Begin with few chunks: there may be thousands, and the needle is usually in one of the first.
            pieces = self._pieces(start, end, chunk, most)
            last, _, stop = pieces[-1]
            stop += last.base
            at = core_pipe.spans_find([(chunk.memory, i, j) for chunk, i, j in pieces], needle, 0)
            if at >= 0:
                return start + at
            if stop == end:
                return -1
            start = max(start, stop - len(needle) + 1)
            for chunk, _, _ in reversed(pieces):
                if chunk.base <= start:
                    break
            most *= 4

    def _first_of(self, separators):
        """``(begin, end)``, offsets in the unread data, of the separator that ends first, or None. For ``zcio.aio``.

        Of separators that end at the same byte it is the shortest.
        """
        self._sync()
        start, end = self._consumed, self._written
        best = None
        for separator in sorted(separators, key=len):
            at = self._seek(separator, start, end)
            if at >= 0:
                best, end = (at - start, at - start + len(separator)), at + len(separator) - 1
        if best is None:
            self._examined = self._written
        return best

    def _seek_any(self, separators, start, end):
        """``(begin, end)`` of the separator that ends first between two positions, or None.

        Of separators that end at the same byte it is the longest.
        """
        best = None
        for separator in separators:
            at = self._seek(separator, start, end if best is None else best[1])
            if at >= 0 and (best is None or (at + len(separator), at) < (best[1], best[0])):
                best = at, at + len(separator)
        return best

"""The read side of a Pipe: what ends with a separator."""

from io import BytesIO
from itertools import chain
from operator import index

from zcio._converters import as_bytes
from zcio._pipe.errors import LimitOverrunError
from zcio._pipe.reading import Reading
from zcio._pipe.searching import NEAR
from zcio._pipe.split_ahead import is_lines, iterated
from zcio._pipe.state import NOTHING_KNOWN

__all__ = ["Records", "limited", "separator_of"]

_LF = b"\n"
# Bytes split ahead at first; four times as many each time all of it was handed out, up to a chunk.
AHEAD = 1024
_AHEAD_MOST = 65536
_UNKNOWN = object()


def separator_of(value):
    """A separator, any buffer or int, as bytes; several as a tuple of bytes. Raises ValueError where one is empty, in
    asyncio's words."""
    if isinstance(value, (tuple, list)):
        found = tuple(map(separator_of, value))
        if not found:
            raise ValueError("Separator should contain at least one element")
        return found if len(found) > 1 else found[0]
    found = bytes((value,)) if isinstance(value, int) else as_bytes(value)
    if not found:
        raise ValueError("Separator should be at least one-byte string")
    return found


def limited(limit):
    if limit is None:
        return None
    limit = index(limit)
    if limit < 0:
        raise ValueError("limit must not be negative")
    return limit


class Records(Reading):
    """readuntil, readline, split, records."""

    __slots__ = ("_limit", "_near", "_key", "_bare", "_width", "_barren", "_run", "_patience", "_size")

    def __init__(self, pool, high_water, low_water, limit):
        Reading.__init__(self, pool, high_water, low_water)
        self._limit = limited(limit)
        self._near = NEAR if limit is None else min(NEAR, self._limit)  # no record of so many bytes is too long
        self._key = None  # the separator that _ahead was split by, or would be
        self._bare = False  # whether without it
        self._width = 0  # its length; 0 for several
        self._barren = -1  # up to this position none is complete in what is unread, and no record is too long
        self._run = 0  # how many readuntil() with it came one after the other
        self._patience = 1  # after how many of them it is worth to split ahead
        self._size = AHEAD

    @property
    def limit(self):
        """The most bytes of a record, without its separator, that readuntil(), readline(), split() and records() take
        where they are given no limit of their own; None: any number."""
        return self._limit

    # ---- one record ----

    def readuntil(self, separator=None, skip_separator=False, limit=None, seperator=None, skip_seperator=False):
        """The bytes up to and including ``separator``, without it where ``skip_separator``.

        ``separator``: any buffer, an int, or a tuple of them: then the one that ends first counts, and of those that
        end there the longest. None, and nothing is consumed, while there is none; what was searched is not searched
        again. Raises PartialReadError, or the exception given to eof(), where none will come; LimitOverrunError where
        the record is longer than ``limit`` (the Pipe's own by default), before it is complete; ValueError for an empty
        separator.

        ``seperator`` and ``skip_seperator`` are the same under older names.
        """
        if separator is self._key and skip_separator is self._bare and limit is None:
            # An iterator over what was split ahead; it is only there where the limit, if any, is the Pipe's own.
            for record in self._ahead or ():
                return record
            record = self._at_hand()
            if record is not _UNKNOWN:
                return record
        if seperator is not None:
            if separator is not None:
                raise TypeError("separator was given twice")
            separator = seperator
        if type(separator) is not bytes or not separator:
            separator = separator_of(separator)
        bare = bool(skip_separator or skip_seperator)
        while True:
            seen = self._written
            record = self._next(separator, bare, limit)
            if record is not None:
                return record
            if self._short(seen + 1, separator):
                if limit is None:
                    self._barren = seen
                return None
            # Another thread wrote meanwhile.

    def _at_hand(self):
        """The next record with the separator of the last one, consumed, where few bytes are unread and nothing is split
        ahead any more: the short way of what comes a record at a time. None where none is complete, _UNKNOWN where that
        is for _next() to say."""
        if self._eof:
            return _UNKNOWN
        written = self._written
        if self._barren == written:
            if self._split is not None:
                self._used_up()
            self._examined = written
            return None
        if self._split is not None or not 0 < written - self._consumed <= self._near:
            return _UNKNOWN
        head = self._head
        width = self._width
        if head.next is not None or not width or head.size > self._chunk_size:
            return _UNKNOWN
        start = self._consumed
        base = head.base
        data = head.memory[start - base : written - base]
        at = data.find(self._key)
        if at < 0:
            self._barren = self._examined = written
            return None
        end = at + width
        if end == len(data):
            self._barren = written
        elif self._run < self._patience:
            data = data[:end]
        else:
            return _UNKNOWN  # many, to be split ahead
        self._consumed = start + end
        self._run += 1
        if self._eof:
            self._advance(start + end)  # eof() came in between, and may have left the memory to us
        return data[:at] if self._bare else data

    def _next(self, separator, bare, limit):
        """The next complete record, consumed; None where there is none. Raises LimitOverrunError."""
        if self._key is not separator or self._bare is not bare:
            self._turn_to(separator, bare)
        if self._split is not None:
            if limit is None:
                for record in self._ahead or ():
                    return record
                self._used_up()
            else:
                self._leave()
        start = self._consumed
        written = self._written
        if start == written:
            return None
        if limit is None:
            limit = self._limit
            if self._run >= self._patience and type(separator) is bytes:
                record = self._split_ahead(separator, bare, start, written)
                if record is not None:
                    return record
        else:
            limit = limited(limit)
        if limit is None:
            found = self._seek(separator, start, self._written)
        else:
            found = self._lookup(separator, start, limit)
        if found is None:
            return None
        begin, end = found
        record = self._copy(start, begin if bare else end)
        self._advance(end)
        self._run += 1
        return record

    def _turn_to(self, separator, bare):
        if self._key != separator or self._bare is not bare:
            self._bare = bare
            self._barren = -1
            self._run = 0
            if self._split is not None:
                self._leave()
        self._key = separator  # this very object: the short way compares no more
        self._width = len(separator) if type(separator) is bytes else 0

    def _used_up(self):
        """As _leave(), where the last of what was split ahead was handed out."""
        end = self._split[4]
        self._ahead = self._split = None
        self._known = NOTHING_KNOWN
        self._patience = 1
        if self._size < _AHEAD_MOST:
            self._size *= 4
        self._advance(end)

    def _leave(self):
        left = Reading._leave(self)
        if left:
            # Another operation came in between. It may well do so again.
            self._barren = -1
            self._sought = None
            self._run = 0
            self._patience = min(self._patience * 2, 64)
            self._size = AHEAD
        else:
            self._patience = 1
        return left

    def _lookup(self, separator, start, limit):
        """``(begin, end)``, the positions of the next separator; None where there is none. Raises
        LimitOverrunError."""
        written = self._written
        found = self._seek(separator, start, written)
        if limit is None:
            return found
        if found is not None:
            if found[0] - start > limit:
                raise LimitOverrunError("a record is longer than the limit of %d bytes" % limit, found[0] - start)
        else:
            # All but what may be the beginning of a separator belongs to the record.
            longest = len(separator) if type(separator) is bytes else max(map(len, separator))
            known = written - start - longest + 1
            if known > limit:
                self._examined = max(self._examined, written)
                raise LimitOverrunError("a record without an end is longer than the limit of %d bytes" % limit, known)
        return found

    def readline(self, limit=None):
        """The bytes up to and including b"\\n"; at EOF what is left, b"" where nothing is. None while there is no whole
        line. Raises LimitOverrunError as readuntil(), and the exception given to eof()."""
        if _LF is self._key and self._bare is False and limit is None:
            # As in readuntil(), without the call.
            for record in self._ahead or ():
                return record
            record = self._at_hand()
            if record is not _UNKNOWN:
                return record
        while True:
            seen = self._written
            ended = self._eof  # set after the last byte
            line = self._next(_LF, False, limit)
            if line is not None:
                return line
            if ended:
                return self.read()
            if seen == self._written:
                self._examined = seen
                if limit is None:
                    self._barren = seen
                return None

    # ---- many records ----

    def _split_ahead(self, separator, bare, start, written):
        """Split what lies in the head chunk between two positions, as far as it pays, and return the first record,
        consumed. None where there is none in it."""
        head = self._head
        base = head.base
        following = head.next
        end = written if following is None or following.base > written else following.base
        if self._sought == separator and 2 * (self._absent - start) > end - start:
            return None  # most of it was searched: a record that comes in small pieces
        # No record in what is split is longer than the limit, since all of it is not.
        size = self._size
        limit = self._limit
        if limit is not None and size > limit:
            size = limit
        stop = end if end - start <= size else start + size
        data = head.memory[start - base : stop - base]
        width = len(separator)
        size = data.find(separator) + width
        cut = len(data)
        if size != cut:
            cut = data.rfind(separator) + width
        whole = stop == written
        if size < width:
            if whole:
                self._searched(separator, start, written)
            return None
        self._run += 1
        if cut < len(data):
            data = data[:cut]
        if size == cut:
            stop = start + cut
            self._advance(stop)
            if whole:
                self._barren = written
                self._searched(separator, stop, written)
            return data[:-width] if bare else data
        ahead, records, gap, cut = iterated(data, separator, bare)
        stop = start + cut
        if whole:
            self._barren = written
            self._searched(separator, stop, written)
        self._bound = 0
        self._split = ahead, records, start, gap, stop
        self._ahead = ahead
        return next(ahead)

    def _searched(self, separator, start, end):
        """Note that there is no ``separator`` between two positions."""
        self._sought = separator
        at = end + 1 - len(separator)
        self._absent = at if at > start else start

    def split(self, separator=_LF, keepends=False, limit=None):
        """All complete records, a list of bytes, without the separator unless ``keepends``. What follows the last
        separator stays, also at EOF, where read() gets it. ``separator`` and errors as in readuntil(); where a record
        is too long, those before it are returned first."""
        if self._split is not None:
            self._leave()
        separator = separator_of(separator)
        limit = self._limit if limit is None else limited(limit)
        start = self._consumed
        written = self._written
        several = type(separator) is tuple
        if several or written - start > NEAR or limit is not None:
            # Looked at before it is copied: it may be much, and as often.
            if self._lookup(separator, start, limit) is None:
                self._examined = max(self._examined, written)
                return []
            if several:
                return self._collect(separator, not keepends, limit)
        data = self._copy(start, written)
        size = len(separator)
        stop = data.rfind(separator) + size
        if stop < size:
            self._examined = max(self._examined, written)
            return []
        whole = data[:stop]
        if keepends and is_lines(whole, separator):
            records = BytesIO(whole).readlines()
        else:
            records = whole.split(separator)
            stop -= len(records.pop())  # where two of them overlap
            if keepends:
                records = [record + separator for record in records]
        if limit is not None and stop > limit and max(map(len, records)) > limit + (size if keepends else 0):
            return self._collect(separator, not keepends, limit)
        self._advance(start + stop)
        self._examined = max(self._examined, written)
        return records

    def _collect(self, separator, bare, limit):
        records = []
        try:
            while True:
                record = self._next(separator, bare, limit)
                if record is None:
                    self._examined = max(self._examined, self._written)
                    return records
                records.append(record)
        except LimitOverrunError:
            if not records:
                raise
            return records

    def records(self, separator=_LF, keepends=False, limit=None):
        """An iterator over the complete records, as fast as split(). Each is consumed as it is handed out: leaving the
        loop leaves the rest in the Pipe, and other operations may come in between. It ends where there is no complete
        record; errors as in readuntil()."""
        return chain.from_iterable(self._batches(separator_of(separator), not keepends, limit))

    def _batches(self, separator, bare, limit):
        while True:
            record = self._next(separator, bare, limit)
            if record is None:
                self._examined = max(self._examined, self._written)
                return
            yield (record,)
            if self._split is not None and self._bare is bare and self._key == separator:
                yield self._ahead

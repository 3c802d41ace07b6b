"""The read side of a Pipe: what ends with a separator."""

from itertools import chain
from operator import index

from zcio._arguments import as_bytes
from zcio._pipe.errors import LimitOverrunError
from zcio._pipe.reading import Reading

__all__ = ["MISSING", "Records", "limited", "separator_of"]

_LF = b"\n"
MISSING = "no %r in the %d bytes that are left"
# Bytes split ahead at first; four times as many each time all of it was handed out, up to a chunk.
AHEAD = 1024
_AHEAD_MOST = 65536


def separator_of(value):
    """A separator, any buffer or int, as bytes; several as a tuple of bytes. Raises ValueError where one is empty."""
    if isinstance(value, (tuple, list)):
        found = tuple(map(separator_of, value))
        if not found:
            raise ValueError("there must be a separator")
        return found if len(found) > 1 else found[0]
    found = bytes((value,)) if isinstance(value, int) else as_bytes(value)
    if not found:
        raise ValueError("a separator must not be empty")
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

    __slots__ = ("_limit", "_key", "_bare", "_run", "_patience", "_size")

    def __init__(self, pool, high_water, low_water, limit):
        Reading.__init__(self, pool, high_water, low_water)
        self._limit = limited(limit)
        self._key = None  # the separator that _ahead was split by, or would be
        self._bare = False  # whether without it
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
        if self._consumed == self._written and separator and not self._eof and self._ahead is None:
            # Read empty: the end of most rounds.
            self._examined = self._consumed
            return None
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
            if self._short(seen + 1, MISSING % (separator, seen - self._consumed)):
                return None
            # Another thread wrote meanwhile.

    def _next(self, separator, bare, limit):
        """The next complete record, consumed; None where there is none. Raises LimitOverrunError."""
        run = self._run
        if self._ahead is not None:
            if self._leave():
                run = 0
            else:
                # All of it was of use.
                self._size = min(self._size * 4, _AHEAD_MOST)
                self._patience = 1
        if self._key != separator or self._bare is not bare:
            self._bare = bare
            run = 0
        self._key = separator  # this very object: the short way compares no more
        usual = limit is None
        if usual:
            limit = self._limit
        start = self._consumed
        if start == self._written:
            return None
        if limit is None:
            found = self._seek(separator, start, self._written)
        else:
            found = self._lookup(separator, start, limited(limit))
        if found is None:
            return None
        begin, end = found
        record = self._copy(start, begin if bare else end)
        self._advance(end)
        self._run = run = run + 1
        if run > self._patience and usual and type(separator) is bytes and end < self._written:
            self._split_ahead(separator, bare)
        return record

    def _leave(self):
        left = Reading._leave(self)
        self._run = 0
        if left:
            # Another operation came in between. It may well do so again.
            self._patience = min(self._patience * 2, 64)
            self._size = AHEAD
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
            for record in self._ahead or ():
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
                return None

    # ---- many records ----

    def _split_ahead(self, separator, bare):
        """Split what lies in the head chunk, as far as it pays."""
        start = self._consumed
        # No record in what is split is longer than the limit, since all of it is not.
        size = self._size if self._limit is None else min(self._size, self._limit)
        chunk, i, j = self._pieces(start, self._written)[0]
        data = chunk.memory[i : min(j, i + size)]
        if not bare and separator == _LF and b"\r" not in data:
            # It ends lines at every carriage return, too. Where there is none, it is the fastest.
            records = data.splitlines(True)
            tail = b"" if data[-1:] == _LF else records.pop()
        else:
            records = data.split(separator)
            tail = records.pop()
            if not bare:
                records = [record + separator for record in records]
        if not records:
            return
        with self._lock:
            self._records = records
            self._settled = 0
            self._gap = len(separator) if bare else 0
            self._end = start + len(data) - len(tail)
            self._ahead = iter(records)

    def split(self, separator=_LF, keepends=False, limit=None):
        """All complete records, a list of bytes, without the separator unless ``keepends``. What follows the last
        separator stays, also at EOF, where read() gets it. ``separator`` and errors as in readuntil(); where a record
        is too long, those before it are returned first."""
        if self._ahead is not None:
            self._leave()
        separator = separator_of(separator)
        limit = self._limit if limit is None else limited(limit)
        start = self._consumed
        if self._lookup(separator, start, limit) is None:
            self._examined = max(self._examined, self._written)
            return []
        if type(separator) is tuple:
            return self._collect(separator, not keepends, limit)
        data = self._copy(start, self._written)
        records = data.split(separator)
        if limit is not None and max(map(len, records[:-1])) > limit:
            return self._collect(separator, not keepends, limit)
        self._advance(start + len(data) - len(records.pop()))
        self._examined = max(self._examined, start + len(data))
        if keepends:
            records = [record + separator for record in records]
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
            if self._ahead is not None and self._bare is bare and self._key == separator:
                yield self._ahead

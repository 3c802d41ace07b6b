"""The read side of a Pipe: what ends with a separator."""

from itertools import chain
from operator import index

from zcio._arguments import as_bytes
from zcio._pipe.errors import LimitOverrunError
from zcio._pipe.reading import Reading

__all__ = ["MISSING", "Records", "limited", "separators_of"]

_LF = b"\n"
MISSING = "no %r in the %d bytes that are left"
# Bytes split ahead at first; four times as many each time all of it was handed out, up to a chunk.
_AHEAD = 1024
_AHEAD_MOST = 65536


def separators_of(value):
    """A separator, any buffer or int, or a tuple of them, as a tuple of bytes."""
    if type(value) is bytes and value:
        return (value,)
    given = value if isinstance(value, (tuple, list)) else (value,)
    found = tuple(bytes((one,)) if isinstance(one, int) else as_bytes(one) for one in given)
    if not found or b"" in found:
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
        self._size = _AHEAD

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
            # An iterator over what was split ahead; it is only there without a limit.
            for record in self._ahead or ():
                return record
        if seperator is not None:
            if separator is not None:
                raise TypeError("separator was given twice")
            separator = seperator
        elif separator is None:
            raise TypeError("readuntil() needs a separator")
        return self._readuntil(separator, bool(skip_separator or skip_seperator), limit)

    def _readuntil(self, separator, bare, limit):
        separators = separators_of(separator)
        while True:
            seen = self._written
            record = self._next(separators, bare, limit)
            if record is not None:
                return record
            if self._short(seen + 1, MISSING % (separator, seen - self._consumed)):
                return None
            # Another thread wrote meanwhile.

    def _next(self, separators, bare, limit):
        """The next complete record, consumed; None where there is none. Raises LimitOverrunError."""
        limit = self._limit if limit is None else limited(limit)
        self._run_on(separators, bare)
        start = self._consumed
        found = self._lookup(separators, start, limit)
        if found is None:
            return None
        begin, end = found
        record = self._copy(start, begin if bare else end)
        self._advance(end)
        if self._run > self._patience and limit is None and len(separators) == 1:
            self._split_ahead()
        return record

    def _run_on(self, separators, bare):
        """Note a readuntil(), and drop what was split ahead for something else."""
        run = self._run
        if self._ahead is not None:
            if self._leave():
                run = 0
            else:
                self._size = min(self._size * 4, _AHEAD_MOST)
                self._patience = 1
        if self._key != separators[0] or self._bare is not bare or len(separators) > 1:
            self._key = separators[0] if len(separators) == 1 else None
            self._bare = bare
            run = 0
        self._run = run + 1

    def _leave(self):
        left = Reading._leave(self)
        self._run = 0
        if left:
            # Another operation came in between. It may well do so again.
            self._patience = min(self._patience * 2, 64)
            self._size = _AHEAD
        return left

    def _lookup(self, separators, start, limit):
        """``(begin, end)``, the positions of the next separator; None where there is none. Raises
        LimitOverrunError."""
        written = self._written
        found = self._seek(separators, start, written)
        if limit is None:
            return found
        if found is not None:
            if found[0] - start > limit:
                raise LimitOverrunError("a record is longer than the limit of %d bytes" % limit, found[0] - start)
        else:
            # All but what may be the beginning of a separator belongs to the record.
            known = written - start - max(map(len, separators)) + 1
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
            line = self._next((_LF,), False, limit)
            if line is not None:
                return line
            if ended:
                return self.read()
            if seen == self._written:
                self._examined = seen
                return None

    # ---- many records ----

    def _split_ahead(self):
        """Split what lies in the head chunk, as far as it pays."""
        start = self._consumed
        written = self._written
        if start == written:
            return
        chunk, i, j = self._pieces(start, written)[0]
        key = self._key
        records = chunk.memory[i : min(j, i + self._size)].split(key)
        records.pop()
        if not records:
            return
        gap = len(key)
        if not self._bare:
            records = [record + key for record in records]
            gap = 0
        with self._lock:
            self._records = records
            self._settled = 0
            self._gap = gap
            self._ahead = iter(records)

    def split(self, separator=_LF, keepends=False, limit=None):
        """All complete records, a list of bytes, without the separator unless ``keepends``. What follows the last
        separator stays, also at EOF, where read() gets it. ``separator`` and errors as in readuntil(); where a record
        is too long, those before it are returned first."""
        if self._ahead is not None:
            self._leave()
        separators = separators_of(separator)
        limit = self._limit if limit is None else limited(limit)
        start = self._consumed
        if self._lookup(separators, start, limit) is None:
            self._examined = max(self._examined, self._written)
            return []
        if limit is not None or len(separators) > 1:
            return self._collect(separators, not keepends, limit)
        key = separators[0]
        data = self._copy(start, self._written)
        records = data.split(key)
        self._advance(start + len(data) - len(records.pop()))
        self._examined = max(self._examined, start + len(data))
        if keepends:
            records = [record + key for record in records]
        return records

    def _collect(self, separators, bare, limit):
        records = []
        try:
            while True:
                record = self._next(separators, bare, limit)
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
        return chain.from_iterable(self._batches(separators_of(separator), not keepends, limit))

    def _batches(self, separators, bare, limit):
        while True:
            record = self._next(separators, bare, limit)
            if record is None:
                self._examined = max(self._examined, self._written)
                return
            yield (record,)
            if self._ahead is not None and self._bare is bare and (self._key,) == separators:
                yield self._ahead

"""The read side of a Pipe: operations that read up to a separator."""

from zcio._batches import BatchIterator, iterate
from zcio._converters import as_bytes, integer
from zcio._pipe.errors import LimitOverrunError
from zcio._pipe.reading import Reading
from zcio._pipe.searching import NEAR, NEAR_BYTE
from zcio._pipe.split_ahead import SplitAhead, split_records

__all__ = ["Records", "limited", "separator_of"]

_LF = b"\n"
# Size in bytes of the first batch that is split ahead. After a batch was used up, the next one is four times as large.
AHEAD = 256
_AHEAD_MOST = 65536
# After a record of this size, none are split ahead: copying a batch of them costs more than finding them one by one.
_SPLIT_MOST = 8192


def separator_of(value):
    """The bytes of a separator, or a tuple of bytes of several. Raises ValueError, with asyncio's text, if one is
    empty."""
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
    """``limit`` as an int or None. Raises TypeError, or ValueError if it is negative."""
    if limit is None:
        return None
    limit = integer(limit)
    if limit < 0:
        raise ValueError("limit must not be negative")
    return limit


class RecordIterator(BatchIterator):
    """The iterator that ``Pipe.records`` returns."""

    __slots__ = ()

    def __repr__(self):
        return "<records iterator at %#x>" % id(self)


class Records(Reading):
    """readuntil, readline, split, records.

    The search for the end of a record has six levels. Each calls the next one if it has to::

        _next           bytes.find in the next bytes, if they lie in a piece of bytes and no batch may begin
        _locate         bytes.find in the next bytes, if the last record was short
        _lookup         several separators; the limit
        _seek           skips the bytes that earlier searches for the same separator covered
        _scan           bytes.find in the next bytes, then the core in one chunk
        _scan_chunks    the core in several chunks
    """

    __slots__ = ("_limit", "_record_end", "_record_size", "_record_separator")

    def __init__(self, pool, high_water, low_water, limit):
        Reading.__init__(self, pool, high_water, low_water)
        self._limit = limited(limit)
        # The end, size and separator of the last record. If the next record follows it directly and has the same
        # separator, the caller is probably reading records in a row, and splitting ahead pays.
        self._record_end = -1
        self._record_size = 0
        self._record_separator = None

    @property
    def limit(self):
        """The largest number of bytes in a record, without its separator; None: any number.

        readuntil(), readline(), split() and records() use it if they are called without a limit.
        """
        return self._limit

    def _set_limit(self, limit):
        """Change ``limit``; for ``zcio.aio``, whose readers let it be assigned to."""
        self._leave()
        self._limit = limited(limit)

    # ---- one record ----

    def readuntil(self, separator=None, skip_separator=False, limit=None, seperator=None, skip_seperator=False):
        """Read the bytes up to and including ``separator``.

        If the record is not complete, the next call resumes the search where this one ended.

        Args:
            separator: any bytes-like object, an int, or a tuple of them. Of several, the record ends at the one that
                ends first and, of those that end there, at the longest.
            skip_separator: leave the separator out of the result.
            limit: the largest number of bytes before the separator; the Pipe's own limit if None.
            seperator: an older spelling of ``separator``.
            skip_seperator: an older spelling of ``skip_separator``.

        Returns:
            bytes or None: None, and nothing is consumed, while the record is not complete.

        Raises:
            PartialReadError: the stream ends before a separator; ``leftover`` has the bytes that remain. If eof() was
                given an exception, that instead.
            LimitOverrunError: the record is longer than the limit, whether or not it is complete.
            ValueError: a separator is empty.
        """
        ahead = self._ahead
        if ahead is not None and separator is ahead.separator and skip_separator is ahead.skip_separator:
            if limit is None is seperator and not skip_seperator:
                for record in ahead.records:  # a loop, since next() would raise StopIteration at the end of the batch
                    return record
        if seperator is not None:
            if separator is not None:
                raise TypeError("separator was given twice")
            separator = seperator
        return self._readuntil(separator, bool(skip_separator or skip_seperator), limit)

    def readuntil_zerocopy(
        self, separator=None, skip_separator=False, limit=None, seperator=None, skip_seperator=False
    ):
        """Read as readuntil() does, but return views as read_zerocopy() does."""
        if seperator is not None:
            if separator is not None:
                raise TypeError("separator was given twice")
            separator = seperator
        self._leave()
        return self._readuntil(separator, bool(skip_separator or skip_seperator), limit, self._views)

    def _readuntil(self, separator, skip_separator, limit, make=None):
        if type(separator) is not bytes or not separator:
            separator = separator_of(separator)
        while True:
            seen = self._written
            record = self._next(separator, skip_separator, limit, make)
            if record is not None:
                return record
            if self._must_wait(seen + 1, separator):
                return None
            # Another thread wrote meanwhile.

    def readline(self, limit=None):
        """Read the bytes up to and including b"\\n" or, at EOF, the bytes that are left.

        Args:
            limit: the largest number of bytes before the b"\\n"; the Pipe's own limit if None.

        Returns:
            bytes or None: None while the line is not complete; b"" at EOF if nothing is left.

        Raises:
            LimitOverrunError: as readuntil().
            BaseException: the exception given to eof(), once everything before it was read.
        """
        if limit is None:
            line = self._record_ahead(_LF)
            if line is not None:
                return line
        while True:
            seen = self._written
            ended = self._eof  # read before the search: if it is true, no more bytes can come meanwhile
            line = self._next(_LF, False, limit)
            if line is not None:
                return line
            if ended:
                return self.read()
            if seen == self._written:
                self._examined = seen
                return None

    def _record_ahead(self, separator):
        """The next record of the batch, if it was split for this separator object; else None."""
        ahead = self._ahead
        if ahead is not None and separator is ahead.separator and not ahead.skip_separator:
            for record in ahead.records:
                return record
        return None

    def _next(self, separator, skip_separator, limit, make=None):
        """Consume and return the next complete record; None if there is none. Raises LimitOverrunError.

        That is the next record of the batch that was split ahead, or of another batch after it; else one that
        _locate() finds. If the last record had the same separator, ended where this one begins and was no longer than
        _SPLIT_MOST, the records that follow are split ahead. Batches only save time; without them the result is the
        same.

        Args:
            separator: bytes, or a tuple of them.
            make: as for _take(). None makes bytes, and allows splitting ahead.
        """
        ahead = self._ahead
        if ahead is not None:
            if limit is None and skip_separator is ahead.skip_separator and separator == ahead.separator:
                for record in ahead.records:
                    return record
                end = ahead.end
                self._advance(end)
                if self._written == ahead.searched:
                    return None
                record = self._split_ahead(separator, skip_separator, end, 4 * ahead.size)
                if record is not None:
                    return record
            self._leave()
        start = self._consumed
        written = self._written
        if start == written:
            return None
        head = self._head
        memory = head.memory
        if type(memory) is bytes and type(separator) is bytes and limit is make is None:
            # zcio.aio adds what was received as pieces of bytes. Many records end soon, in the same piece.
            base = head.base
            offset = start - base
            at = memory.find(separator, offset, offset + NEAR_BYTE)
            stop = at + len(separator)
            end = base + stop
            if at >= 0 and end <= written and (self._limit is None or at - offset <= self._limit):
                if end == written or start != self._record_end or separator != self._record_separator:
                    record = memory[offset : at if skip_separator else stop]
                    self._record_end = end
                    self._record_size = end - start
                    self._record_separator = separator
                    if end < written and stop == len(memory):
                        self._advance(end)
                    else:
                        self._consumed = end
                        if end == written:
                            head.memory = b""  # as _advance() does
                    return record
        found = self._locate(separator, start, written, self._limit if limit is None else limited(limit))
        if found is None:
            return None
        begin, end = found
        if end < written and start == self._record_end and self._record_size < _SPLIT_MOST:
            if limit is None and make is None and separator == self._record_separator and type(separator) is bytes:
                record = self._split_ahead(separator, skip_separator, end, AHEAD)
                if record is not None:
                    return record
        record = (make or self._copy)(start, begin if skip_separator else end)
        self._record_end = end
        self._record_size = end - start
        self._record_separator = separator
        self._advance(end)
        return record

    def _locate(self, separator, start, end, limit):
        """``(begin, end)`` of the next separator between two positions, or None. Raises LimitOverrunError.

        As _lookup(), but it first tries ``bytes.find`` in the next bytes, if the last record was no longer than those.
        """
        if type(separator) is not bytes:
            return self._lookup(separator, start, end, limit)
        head = self._head
        memory = head.memory
        in_place = type(memory) is bytes  # such a chunk is searched without a copy, for one byte by memchr(3)
        near = NEAR if len(separator) > 1 else _AHEAD_MOST if in_place else NEAR_BYTE
        if self._record_size >= near:
            return self._lookup(separator, start, end, limit)
        base = head.base
        following = head.next
        stop = end
        if following is not None and following.base < stop:
            stop = following.base
        if limit is not None and limit < near:
            near = limit
        if stop - start > near:
            stop = start + near
        if in_place:
            at = base + memory.find(separator, start - base, stop - base)
        else:
            at = start + memory[start - base : stop - base].find(separator)
        if at >= start:
            return at, at + len(separator)
        if stop == end:
            return None
        return self._lookup(separator, start, end, limit, max(start, stop - len(separator) + 1))

    def _split_ahead(self, separator, skip_separator, known, amount):
        """Split the complete records in the next ``amount`` bytes of the head chunk, and consume and return the first.

        Returns None, and consumes nothing, if no record ends there after ``known``, a position at which a record ends.
        It takes more bytes than ``amount`` if the last record was large, but no more than the limit, so that no record
        of the batch can be longer.
        """
        amount = min(max(amount, 8 * self._record_size), _AHEAD_MOST)
        if self._limit is not None and amount > self._limit:
            amount = self._limit
        start = self._consumed
        written = self._written  # before the next chunk is looked for: what is written later may be in another one
        head = self._head
        base = head.base
        following = head.next
        stop = min(written if following is None else following.base, written, start + amount)
        memory = head.memory
        if type(memory) is not bytes:
            memory = memory[start - base : stop - base]
            base = start
        last = memory.rfind(separator, known - base, stop - base)
        if last < 0:
            return None
        records, size = split_records(memory[start - base : last + len(separator)], separator, skip_separator)
        self._record_end = end = start + size
        self._record_size = len(records[-1])
        self._record_separator = separator
        if len(records) == 1:
            self._leave()
            self._advance(end)
            return records[0]
        searched = written if stop == written else -1
        self._ahead = ahead = SplitAhead(records, separator, skip_separator, start, end, searched, amount)
        record = next(ahead.records, None)
        if record is None:
            raise RuntimeError("another thread reads from this Pipe")
        return record

    def _lookup(self, separator, start, end, limit, absent=0):
        """``(begin, end)`` of the next separator between two positions, or None. Raises LimitOverrunError.

        It handles several separators, several chunks and long records. ``absent``: as for _seek(); used only with a
        single separator.
        """
        if type(separator) is bytes:
            longest = len(separator)
            at = self._seek(separator, start, end, absent, far=True)
            found = None if at < 0 else (at, at + longest)
        else:
            longest = max(map(len, separator))
            found = self._seek_any(separator, start, end)
        if limit is not None:
            # If no separator was found, the record has all bytes except the last few, which may begin a separator.
            length = (end - longest + 1 if found is None else found[0]) - start
            if length > limit:
                if found is None:
                    self._examined = max(self._examined, end)
                raise LimitOverrunError("the record is longer than the limit of %d bytes" % limit, length)
        return found

    # ---- many records ----

    def split(self, separator=_LF, keepends=False, limit=None):
        """Read all complete records. Bytes after the last separator stay in the Pipe, also at EOF.

        Args:
            separator: as for readuntil().
            keepends: leave the separators in the records.
            limit: as for readuntil().

        Returns:
            list of bytes: the records; empty if none is complete.

        Raises:
            LimitOverrunError: the first record is longer than the limit. If a later one is, this call returns those
                before it, and the next call raises.
            ValueError: a separator is empty.
        """
        separator = separator_of(separator)
        self._leave()
        limit = self._limit if limit is None else limited(limit)
        start = self._consumed
        written = self._written
        several = type(separator) is tuple
        if several or limit is not None or written - start > NEAR:
            # Look for a separator before copying all the data: a caller may call again after each arrival of a few
            # bytes of one long record.
            if self._lookup(separator, start, written, limit) is None:
                self._examined = max(self._examined, written)
                return []
            if several:
                return self._collect(separator, not keepends, limit)
        data = self._copy(start, written)
        stop = data.rfind(separator) + len(separator)
        if stop < len(separator):
            self._examined = max(self._examined, written)
            return []
        records, end = split_records(data[:stop], separator, not keepends)
        if limit is not None and end > limit:
            if max(map(len, records)) > limit + (len(separator) if keepends else 0):
                return self._collect(separator, not keepends, limit)
        self._advance(start + end)
        self._examined = max(self._examined, written)
        return records

    def _collect(self, separator, skip_separator, limit):
        records = []
        try:
            while True:
                record = self._next(separator, skip_separator, limit)
                if record is None:
                    self._examined = max(self._examined, self._written)
                    return records
                records.append(record)
        except LimitOverrunError:
            if not records:
                raise
            return records

    def records(self, separator=_LF, keepends=False, limit=None):
        """Iterate over the complete records, as fast as split().

        A record is consumed when the iterator returns it: after a ``break`` the others are still in the Pipe, and other
        operations may be mixed with the loop. The iterator ends when no complete record is left.

        Args:
            separator: as for readuntil().
            keepends: leave the separators in the records.
            limit: as for readuntil().

        Returns:
            iterator of bytes, for one thread: the records.

        Raises:
            LimitOverrunError: as readuntil(), when the loop reaches the record.
            ValueError: a separator is empty.
        """
        return iterate(RecordIterator, self._batches(separator_of(separator), not keepends, limit))

    def _batches(self, separator, skip_separator, limit):
        while True:
            record = self._next(separator, skip_separator, limit)
            if record is None:
                self._examined = max(self._examined, self._written)
                return
            yield (record,)
            ahead = self._ahead
            if ahead is not None and ahead.skip_separator is skip_separator and ahead.separator == separator:
                yield ahead.records

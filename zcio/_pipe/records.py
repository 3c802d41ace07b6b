"""The read side of a Pipe: operations that look for a separator."""

from itertools import chain
from operator import index

from zcio._converters import as_bytes
from zcio._pipe.errors import LimitOverrunError
from zcio._pipe.reading import Reading
from zcio._pipe.searching import NEAR, NEAR_BYTE
from zcio._pipe.split_ahead import SplitAhead, split_records

__all__ = ["Records", "limited", "separator_of"]

_LF = b"\n"
# Bytes that are split ahead at first; four times as many each time that all of it was handed out.
AHEAD = 256
_AHEAD_MOST = 65536
# After a record of this size the next one is looked for by a native call at once.
LONG = 1024
# After a record of this size no records are split ahead: copying them all costs more than a step for each.
_SPLIT_MOST = 8192


def separator_of(value):
    """A separator, any bytes-like object or an int, as bytes; several as a tuple of bytes. Raises ValueError if one is
    empty, with asyncio's text."""
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
    """``limit`` as an int or None. Raises TypeError, and ValueError if it is negative."""
    if limit is None:
        return None
    limit = index(limit)
    if limit < 0:
        raise ValueError("limit must not be negative")
    return limit


class RecordIterator(chain):
    """What ``Pipe.records`` returns."""

    __slots__ = ()

    def __repr__(self):
        return "<records iterator at %#x>" % id(self)

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)


class Records(Reading):
    """readuntil, readline, split, records."""

    __slots__ = ("_limit", "_record_end", "_record_size", "_record_separator")

    def __init__(self, pool, high_water, low_water, limit):
        Reading.__init__(self, pool, high_water, low_water)
        self._limit = limited(limit)
        # Where the last record ended, its size and separator: if the next one follows it, it is worth splitting ahead.
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

        What was searched is not searched again by the next call.

        Args:
            separator: any bytes-like object, an int, or a tuple of them: then the one that ends first counts, and of
                those that end there the longest.
            skip_separator: leave the separator out of the result.
            limit: the largest number of bytes before the separator; the Pipe's own limit if None.
            seperator: an older spelling of ``separator``.
            skip_seperator: an older spelling of ``skip_separator``.

        Returns:
            bytes or None: None, and nothing is consumed, while the record is not complete.

        Raises:
            PartialReadError: the stream ends before. If eof() was given an exception, that instead.
            LimitOverrunError: the record is longer than the limit, be it complete or not.
            ValueError: a separator is empty.
        """
        ahead = self._ahead
        if ahead is not None and separator is ahead.separator and skip_separator is ahead.skip_separator:
            if limit is None is seperator and not skip_seperator:
                for record in ahead.records:  # next() would raise StopIteration where there is none
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
        """Read the bytes up to and including b"\\n"; at EOF what is left.

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
            ended = self._eof  # eof() comes after the last byte
            line = self._next(_LF, False, limit)
            if line is not None:
                return line
            if ended:
                return self.read()
            if seen == self._written:
                self._examined = seen
                return None

    def _record_ahead(self, separator):
        """readuntil() of a record that was split ahead for this very separator; None if there is none."""
        ahead = self._ahead
        if ahead is not None and separator is ahead.separator and not ahead.skip_separator:
            for record in ahead.records:
                return record
        return None

    def _next(self, separator, skip_separator, limit, make=None):
        """The next complete record, consumed; None if there is none. Raises LimitOverrunError.

        It tries in this order:

        1. a record that was split ahead;
        2. ``bytes.find`` in the next few bytes, since most records are short; in all of a chunk of bytes for one byte;
        3. _lookup(), which also takes several separators, many chunks and long records.

        The first two only save time; without them the result is the same. If the last record had the same separator,
        ended where this one begins and was no longer than _SPLIT_MOST, those that follow are split ahead.

        Args:
            separator: bytes, or a tuple of them.
            make: as for _take(); if None, the result is bytes and records may be split ahead.
        """
        amount = AHEAD
        ahead = self._ahead
        if ahead is not None:
            if limit is None and skip_separator is ahead.skip_separator and separator == ahead.separator:
                for record in ahead.records:
                    return record
                amount = 4 * ahead.size
                self._record_end = ahead.end
                self._record_separator = separator
            self._leave()
        start = self._consumed
        written = self._written
        if start == written:
            return None
        split = limit is None and make is None
        limit = self._limit if limit is None else limited(limit)
        head = self._head
        memory = head.memory
        is_bytes = type(memory) is bytes  # then it is searched where it is, and for one byte with memchr()
        # No separator begins between start and absent. The search begins at begin.
        absent = stop = start
        end = -1
        near = self._record_size < LONG or (is_bytes and len(separator) == 1)
        if make is None and near and type(separator) is bytes:
            known = self._searched.get(separator)
            begin = known[1] if known is not None and known[0] <= start < known[1] else start
            size = len(separator)
            base = head.base
            following = head.next
            stop = written if following is None or following.base > written else following.base
            # Only the next bytes are searched here: most records are short, or most of it was searched before.
            if is_bytes:
                if size > 1 and stop > begin + NEAR:
                    stop = begin + NEAR
                at = memory.find(separator, begin - base, stop - base)
                absent = base + at
            else:
                stop = min(stop, begin + (NEAR_BYTE if size == 1 else NEAR))
                at = memory[begin - base : stop - base].find(separator)
                absent = begin + at
            if at < 0:
                absent = max(begin, stop - size + 1)
            if limit is None or absent - start <= limit:
                if at >= 0:
                    begin, end = absent, absent + size
                elif stop == written:
                    self._remember(separator, start, absent)
                    return None
        if end < 0:
            found = self._lookup(separator, start, written, limit, absent)
            if found is None:
                return None
            begin, end = found
        if split and start == self._record_end and end < written and self._record_size < _SPLIT_MOST:
            if separator == self._record_separator and type(separator) is bytes:
                record = self._split_ahead(separator, skip_separator, start, end, amount, limit)
                if record is not None:
                    return record
        if is_bytes and make is None and end <= stop:
            record = memory[start - base : (begin if skip_separator else end) - base]
        else:
            record = (make or self._copy)(start, begin if skip_separator else end)
        self._record_end = end
        self._record_size = end - start
        self._record_separator = separator
        self._advance(end)
        return record

    def _split_ahead(self, separator, skip_separator, start, end, amount, limit):
        """The next record, consumed, which is complete, with those after it in the head chunk split ahead; None if
        there are none.

        Args:
            start: where the record begins.
            end: where its separator ends.
            amount: the number of bytes to split; more if the last record was long.
        """
        amount = max(amount, 8 * self._record_size)
        if amount > _AHEAD_MOST:
            amount = _AHEAD_MOST
        if limit is not None and amount > limit:
            amount = limit  # then no record can be too long
        head = self._head
        base = head.base
        following = head.next
        stop = self._written if following is None or following.base > self._written else following.base
        stop = min(stop, start + amount)
        if stop <= end:
            return None
        memory = head.memory
        if type(memory) is not bytes:
            memory = memory[start - base : stop - base]
            base = start
        last = memory.rfind(separator, end - base, stop - base)
        if last < 0:
            return None
        records, size = split_records(memory[start - base : last + len(separator)], separator, skip_separator)
        self._record_size = len(records[0])
        self._ahead = ahead = SplitAhead(records, separator, skip_separator, start, start + size, amount)
        return next(ahead.records)

    def _lookup(self, separator, start, end, limit, absent=0):
        """``(begin, end)``, the positions of the next separator between two positions; None if there is none. Raises
        LimitOverrunError.

        Args:
            absent: as for _seek(), if there is one separator.
        """
        if type(separator) is bytes:
            longest = len(separator)
            at = self._seek(separator, start, end, absent, self._record_size >= LONG)
            found = None if at < 0 else (at, at + longest)
        else:
            longest = max(map(len, separator))
            found = self._seek_any(separator, start, end)
        if limit is not None:
            # Without a separator all belongs to the record but what may be the beginning of one.
            length = (end - longest + 1 if found is None else found[0]) - start
            if length > limit:
                if found is None:
                    self._examined = max(self._examined, end)
                raise LimitOverrunError("the record is longer than the limit of %d bytes" % limit, length)
        return found

    # ---- many records ----

    def split(self, separator=_LF, keepends=False, limit=None):
        """Read all complete records. What follows the last separator stays, also at EOF, for read().

        Args:
            separator: as for readuntil().
            keepends: leave the separators in the records.
            limit: as for readuntil().

        Returns:
            list of bytes: the records; empty if none is complete.

        Raises:
            LimitOverrunError: the first record is too long. If a later one is, those before it are returned first.
            ValueError: a separator is empty.
        """
        separator = separator_of(separator)
        self._leave()
        limit = self._limit if limit is None else limited(limit)
        start = self._consumed
        written = self._written
        several = type(separator) is tuple
        if several or limit is not None or written - start > NEAR:
            # Before so much is copied, which may be asked for again and again: is there a record at all?
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

        Each is consumed as it is handed out: whoever leaves the loop leaves the rest in the Pipe, and other operations
        may come in between. The iterator ends when no record is complete.

        Args:
            separator: as for readuntil().
            keepends: leave the separators in the records.
            limit: as for readuntil().

        Returns:
            iterator of bytes: the records.

        Raises:
            LimitOverrunError: as readuntil(), when the loop comes to the record.
            ValueError: a separator is empty.
        """
        return RecordIterator.from_iterable(self._batches(separator_of(separator), not keepends, limit))

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

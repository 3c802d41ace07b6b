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
        ahead = self._ahead
        if ahead is not None and ahead.separator is _LF and not ahead.skip_separator and limit is None:
            for line in ahead.records:
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

    def _next(self, separator, skip_separator, limit, make=None):
        """The next complete record, consumed; None if there is none. Raises LimitOverrunError.

        It tries in this order:

        1. a record that was split ahead;
        2. to split records ahead, if the last record had the same separator and ended where this one begins;
        3. ``bytes.find`` in a copy of the next few bytes, since most records are short;
        4. _lookup(), which also takes several separators, many chunks and long records.

        The first three only save time; without them the result is the same. The second and third are for a single
        separator, a last record below LONG bytes and no ``make``.

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
        split = limit is None and make is None
        limit = self._limit if limit is None else limited(limit)
        start = self._consumed
        written = self._written
        if start == written:
            return None
        # No separator begins between start and absent. The search begins at begin.
        absent = begin = start
        if make is None and self._record_size < LONG and type(separator) is bytes:
            known = self._searched.get(separator)
            if known is not None and known[0] <= start < known[1]:
                begin = known[1]
            elif split and start == self._record_end and separator == self._record_separator:
                record = self._split_ahead(separator, skip_separator, start, amount, limit)
                if record is not None:
                    return record
            # The next bytes are copied and searched: most records are short, or most of it was searched before.
            size = len(separator)
            head = self._head
            base = head.base
            following = head.next
            end = written if following is None or following.base > written else following.base
            stop = begin + (NEAR_BYTE if size == 1 else NEAR)
            if stop > end:
                stop = end
            window = head.memory[begin - base : stop - base]
            at = window.find(separator)
            absent = begin
            if at >= 0:
                absent = begin + at
            elif stop - begin >= size:
                absent = stop - size + 1
            if limit is None or absent - start <= limit:
                if at >= 0:
                    end = absent + size
                    if begin > start:
                        window = head.memory[start - base : end - base]
                    self._record_was(separator, start, end)
                    self._advance(end)
                    return window[: absent - start if skip_separator else end - start]
                if stop == written:
                    self._remember(separator, start, absent)
                    return None
        found = self._lookup(separator, start, written, limit, absent)
        if found is None:
            return None
        begin, end = found
        record = (make or self._copy)(start, begin if skip_separator else end)
        self._record_was(separator, start, end)
        self._advance(end)
        return record

    def _record_was(self, separator, start, end):
        self._record_end = end
        self._record_size = end - start
        self._record_separator = separator

    def _split_ahead(self, separator, skip_separator, start, amount, limit):
        """The next record, consumed, if it is complete near the head chunk's beginning, with those after it split
        ahead; else None.

        Args:
            amount: the number of bytes to split; more if the last record was long.
        """
        if amount < 8 * self._record_size:
            amount = 8 * self._record_size
        if amount > _AHEAD_MOST:
            amount = _AHEAD_MOST
        if limit is not None and amount > limit:
            amount = limit  # then no record can be too long
        head = self._head
        base = head.base
        following = head.next
        end = self._written if following is None or following.base > self._written else following.base
        window = head.memory[start - base : min(end, start + amount) - base]
        size = len(separator)
        first = window.find(separator)
        if first < 0:
            return None
        stop = window.rfind(separator) + size
        if stop == first + size:
            self._record_was(separator, start, start + stop)
            self._advance(start + stop)
            return window[: first if skip_separator else stop]
        if stop < len(window):
            window = window[:stop]
        records, end = split_records(window, separator, skip_separator)
        self._record_size = len(records[0])
        self._ahead = ahead = SplitAhead(records, separator, skip_separator, start, start + end, amount)
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
        return chain.from_iterable(self._batches(separator_of(separator), not keepends, limit))

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

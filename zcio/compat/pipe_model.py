"""A simple model of Pipe, over one bytes object."""

from zcio.pipe import LimitOverrunError, PartialReadError

__all__ = ["Model"]


class Model:
    """The methods of zcio.Pipe, without the zerocopy ones."""

    def __init__(self, limit=None, high_water=None, low_water=None):
        self.unread = b""
        self.examined = 0  # the number of unread bytes that were examined
        self.ended = False
        self.exception = None
        self.limit = limit
        self.high = high_water
        self.low = low_water
        self.paused = False

    # ---- the write side ----

    def write(self, data):
        if self.ended:
            raise ValueError
        self._resume()
        self.unread += data
        if self.high is not None and len(self.unread) - self.examined > self.high:
            self.paused = True
        return len(data)

    def _resume(self):
        if self.high is not None and len(self.unread) - self.examined <= self.low:
            self.paused = False

    def eof(self, exception=None):
        if not self.ended:
            self.ended = True
            self.exception = exception

    def closed(self):
        return self.ended

    def wants_pause(self):
        self._resume()
        return self.paused

    # ---- the read side ----

    def _consume(self, count):
        data, self.unread = self.unread[:count], self.unread[count:]
        self.examined = max(0, self.examined - count)
        return data

    def _examine(self, count):
        self.examined = max(self.examined, min(count, len(self.unread)))

    def _short(self):
        """Return None for data that does not suffice, or raise after eof()."""
        self._examine(len(self.unread))
        if self.ended:
            raise self.exception or PartialReadError("", self.unread)

    def _nothing(self):
        """Return whether the stream has ended, or raise the exception of eof(). Called if there is no data at all."""
        self._examine(0)
        if self.ended and self.exception is not None:
            raise self.exception
        return self.ended

    def peek(self, nbytes=-1):
        if nbytes == 0:
            return b""
        if not self.unread:
            return b"" if self._nothing() else None
        data = self.unread if nbytes < 0 else self.unread[:nbytes]
        self._examine(len(data))
        return data

    def read(self, nbytes=-1):
        data = self.peek(nbytes)
        if data:
            self._consume(len(data))
        return data

    def peekexact(self, nbytes):
        if nbytes < 0:
            raise ValueError
        if len(self.unread) < nbytes:
            return self._short()
        self._examine(nbytes)
        return self.unread[:nbytes]

    def readexact(self, nbytes):
        data = self.peekexact(nbytes)
        return data if data is None else self._consume(nbytes)

    def skip(self, nbytes=-1):
        return len(self._consume(len(self.unread) if nbytes < 0 else nbytes))

    def skipexact(self, nbytes):
        data = self.readexact(nbytes)
        return data if data is None else nbytes

    def readinto(self, nbytes):
        """The bytes at the beginning of the buffer after the call."""
        return self.read(nbytes)

    def find(self, needle, start=0, end=None):
        if start < 0 or (end is not None and end < 0):
            raise ValueError
        end = len(self.unread) if end is None else min(end, len(self.unread))
        at = self.unread.find(needle, start, end)
        self._examine(end if at < 0 else at + len(needle))
        return at

    findbyte = find

    def _next(self, separator, limit):
        """``(begin, end)`` of the separator that ends first (of several, the longest), or None."""
        separators = separator if isinstance(separator, tuple) else (separator,)
        found = []
        for one in separators:
            at = self.unread.find(one)
            if at >= 0:
                found.append((at + len(one), at))
        limit = self.limit if limit is None else limit
        if found:
            end, begin = min(found)
            if limit is not None and begin > limit:
                raise LimitOverrunError("", begin)
            return begin, end
        known = len(self.unread) - max(map(len, separators)) + 1
        if self.unread and limit is not None and known > limit:
            self._examine(len(self.unread))
            raise LimitOverrunError("", known)
        return None

    def readuntil(self, separator, skip_separator=False, limit=None):
        found = self._next(separator, limit)
        if found is None:
            return self._short()
        data = self._consume(found[1])
        return data[: found[0]] if skip_separator else data

    def readline(self, limit=None):
        found = self._next(b"\n", limit)
        if found is not None:
            return self._consume(found[1])
        if self.ended:
            return self.read()
        self._examine(len(self.unread))
        return None

    def split(self, separator=b"\n", keepends=False, limit=None):
        records = []
        try:
            while True:
                found = self._next(separator, limit)
                if found is None:
                    self._examine(len(self.unread))
                    return records
                record = self._consume(found[1])
                records.append(record if keepends else record[: found[0]])
        except LimitOverrunError:
            if not records:
                raise
            return records

    def reached_eof(self):
        return self.ended and not self.unread

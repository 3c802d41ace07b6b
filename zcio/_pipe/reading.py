"""The read side of a Pipe: what is counted in bytes."""

from operator import index

from zcio._converters import bytes_like
from zcio._core import pipe as core_pipe
from zcio._pipe.writing import Writing

__all__ = ["Reading"]


def size(value):
    """``value`` as a number of bytes. Raises TypeError, ValueError where it is negative."""
    value = index(value)
    if value < 0:
        raise ValueError("the number of bytes must not be negative")
    return value


class Reading(Writing):
    """read, readexact, readinto, peek, peekexact, skip, skipexact, reached_eof."""

    __slots__ = ()

    def _upto(self, nbytes):
        """The position where a read of at most ``nbytes`` (all, where negative) ends; None and errors as
        ``_available``."""
        nbytes = index(nbytes)
        if nbytes == 0:
            return self._consumed
        end = self._available()
        if end is not None and nbytes > 0:
            end = min(end, self._consumed + nbytes)
        return end

    def _exactly(self, nbytes):
        """The position ``nbytes`` bytes on; None while fewer are there. Errors as readexact()."""
        nbytes = size(nbytes)
        end = self._consumed + nbytes
        if end > self._written and self._short(end, nbytes):
            return None
        if nbytes > self._chunk_size:
            self._wanted = end + nbytes  # what comes next may well be as long
        return end

    def _rebound(self):
        """Find out how far the short way of the exact reads goes."""
        written = self._written
        head = self._head
        if head is None or self._split is not None:
            return
        following = head.next
        if following is not None and following.base <= self._consumed < written:
            self._advance(self._consumed)  # the head chunk is read
            head = self._head
            following = head.next
        # Who reaches the end of a chunk that another follows, or that is to be given back then, goes the long way.
        if following is None:
            last = self._eof or head.size > self._chunk_size
            self._bound = written - 1 if last else written
        else:
            self._bound = min(written, following.base) - 1

    def read(self, nbytes=-1):
        """What is there, at most ``nbytes`` where that is not negative: bytes.

        None when nothing is there yet, b"" at EOF. Where eof() was given an exception, that is raised once everything
        before it was read.
        """
        if self._split is not None:
            self._leave()
        end = self._upto(nbytes)
        if end is None:
            return None
        data = self._copy(self._consumed, end)
        self._advance(end)
        return data

    def readexact(self, nbytes):
        """``nbytes`` bytes; None, and nothing is consumed, while fewer are there.

        Raises PartialReadError, or the exception given to eof(), where so many will never come; ValueError where
        ``nbytes`` is negative.
        """
        if type(nbytes) is int:
            start = self._consumed
            end = start + nbytes
            if self._bound < end <= self._written:
                self._rebound()
            if start < end <= self._bound:
                head = self._head
                base = head.base
                data = head.memory[start - base : end - base]
                self._consumed = end
                return data
        if self._split is not None:
            self._leave()
        end = self._exactly(nbytes)
        if end is None:
            return None
        data = self._copy(self._consumed, end)
        self._advance(end)
        return data

    def readinto(self, buffer):
        """Fill ``buffer``, any writable one, as far as there are bytes, and consume them. Returns how many; None when
        nothing is there yet, 0 at EOF. Raises as read(), TypeError where it is not writable."""
        if self._split is not None:
            self._leave()
        with bytes_like(buffer) as view:
            if view.readonly:
                raise TypeError("a read-write bytes-like object is required, not %r" % type(buffer).__name__)
            end = self._upto(view.nbytes)
            if end is None:
                return None
            done = 0
            for chunk, i, j in self._pieces(self._consumed, end):
                core_pipe.copy_in(view, done, chunk.memory, i, j - i)
                done += j - i
        self._advance(end)
        return done

    def peek(self, nbytes=-1):
        """What read() would return, without consuming it."""
        if self._split is not None:
            self._consumed = self._position()
        end = self._upto(nbytes)
        if end is None:
            return None
        self._examined = max(self._examined, end)
        return self._copy(self._consumed, end)

    def peekexact(self, nbytes):
        """What readexact() would return, without consuming it."""
        if type(nbytes) is int:
            start = self._consumed
            end = start + nbytes
            if self._bound < end <= self._written:
                self._rebound()
            if start < end <= self._bound:
                head = self._head
                base = head.base
                if end > self._examined:
                    self._examined = end
                return head.memory[start - base : end - base]
        if self._split is not None:
            self._consumed = self._position()
        end = self._exactly(nbytes)
        if end is None:
            return None
        self._examined = max(self._examined, end)
        return self._copy(self._consumed, end)

    def skip(self, nbytes=-1):
        """Consume what is there, at most ``nbytes`` where that is not negative. Returns how many bytes that were."""
        nbytes = index(nbytes)
        if self._split is not None:
            self._leave()
        start = self._consumed
        end = self._written
        if nbytes >= 0:
            end = min(end, start + nbytes)
        self._advance(end)
        return end - start

    def skipexact(self, nbytes):
        """Consume ``nbytes`` bytes and return that number; None, and nothing is consumed, while fewer are there.
        Raises as readexact()."""
        if type(nbytes) is int:
            end = self._consumed + nbytes
            if self._bound < end <= self._written:
                self._rebound()
            if self._consumed < end <= self._bound:
                self._consumed = end
                return nbytes
        if self._split is not None:
            self._leave()
        start = self._consumed
        end = self._exactly(nbytes)
        if end is None:
            return None
        self._advance(end)
        return end - start

    def reached_eof(self):
        """Whether eof() was called and everything before it is consumed."""
        return self._eof and not len(self)

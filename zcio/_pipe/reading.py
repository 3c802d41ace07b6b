"""The read side of a Pipe: operations on a number of bytes.

A method and its ``_zerocopy`` twin share one body. Its parameter ``make`` makes the result: ``_copy`` or ``_views``.
"""

from operator import index

from zcio._converters import bytes_like
from zcio._core import pipe as core_pipe
from zcio._pipe.writing import Writing

__all__ = ["Reading"]

# A view keeps its whole chunk from being reused; a copy of fewer bytes than these costs less than another chunk.
SMALL = 2048
# A view of a large chunk has to be at least a 32nd of it; but from _LARGE bytes on a copy costs more than any chunk.
_SHARE = 5
_LARGE = 32768


def size(value):
    """``value`` as a number of bytes. Raises TypeError, and ValueError if it is negative."""
    value = index(value)
    if value < 0:
        raise ValueError("the number of bytes must not be negative")
    return value


def _view(chunk, start, end):
    """A memoryview for a reader, of a piece of a chunk or of a copy."""
    length = end - start
    if length < SMALL or length << _SHARE < chunk.size and length < _LARGE:
        return memoryview(chunk.memory[start:end])
    return chunk.view(start, end)


class Reading(Writing):
    """read, readexact, readinto, peek, peekexact, skip, skipexact, reached_eof."""

    __slots__ = ()

    # ---- what the methods share ----

    def _views(self, start, end):
        """An iterator over memoryviews of the unread bytes between two positions."""
        return iter([_view(chunk, i, j) for chunk, i, j in self._pieces(start, end)])

    def _upto(self, nbytes):
        """The position where a read of at most ``nbytes`` ends, of all if negative; None and errors as
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
        if end > self._written and self._must_wait(end, nbytes):
            return None
        if nbytes > self._chunk_size:
            self._wanted = end + nbytes  # the next message is likely as long
        return end

    def _take(self, end, make):
        """The data up to ``end`` as ``make(start, end)`` gives it, consumed; None if ``end`` is None."""
        if end is None:
            return None
        data = make(self._consumed, end)
        self._advance(end)
        return data

    def _show(self, end, make):
        """As _take(), but examined and not consumed."""
        if end is None:
            return None
        if end > self._examined:
            self._examined = end
        return make(self._consumed, end)

    # ---- the methods ----

    def read(self, nbytes=-1):
        """Read what is there, as bytes.

        Args:
            nbytes: the largest number of bytes to return; all if negative.

        Returns:
            bytes or None: None while nothing is there yet, b"" at EOF.

        Raises:
            BaseException: the exception given to eof(), once everything before it was read.
        """
        self._leave()
        return self._take(self._upto(nbytes), self._copy)

    def read_zerocopy(self, nbytes=-1):
        """Read what is there without a copy.

        The bytes are consumed at once. The views are read-only (from Python 3.8 on) and stay valid as long as they
        live, whatever becomes of the Pipe. A piece is a copy all the same if a view would hold too much memory: below 2
        KiB, and below a 32nd of a larger chunk but at most 32 KiB.

        Args:
            nbytes: the largest number of bytes to read; all if negative.

        Returns:
            iterator of memoryview, or None: views of the chunks, none of them empty; None while nothing is there yet.

        Raises:
            BaseException: as read().
        """
        self._leave()
        return self._take(self._upto(nbytes), self._views)

    def readexact(self, nbytes):
        """Read a number of bytes.

        Args:
            nbytes: how many bytes to read.

        Returns:
            bytes or None: None, and nothing is consumed, while fewer are there.

        Raises:
            PartialReadError: the stream ends before. If eof() was given an exception, that instead.
            ValueError: ``nbytes`` is negative.
        """
        if type(nbytes) is int and self._ahead is None:
            start = self._consumed
            end = start + nbytes
            if start < end <= self._written:
                head = self._head
                following = head.next
                if end < (self._written if following is None else following.base):
                    # The head chunk stays in place.
                    base = head.base
                    self._consumed = end
                    return head.memory[start - base : end - base]
        self._leave()
        return self._take(self._exactly(nbytes), self._copy)

    def readexact_zerocopy(self, nbytes):
        """Read as readexact() does, but return views as read_zerocopy() does."""
        self._leave()
        return self._take(self._exactly(nbytes), self._views)

    def readinto(self, buffer):
        """Read into a buffer, as much as is there and fits.

        Args:
            buffer: any writable bytes-like object.

        Returns:
            int or None: the number of bytes; None while nothing is there yet, 0 at EOF.

        Raises:
            TypeError: ``buffer`` is not writable.
            BaseException: as read().
        """
        view = bytes_like(buffer)
        try:
            if view.readonly:
                raise TypeError("a read-write bytes-like object is required, not %r" % type(buffer).__name__)
            self._leave()
            end = self._upto(view.nbytes)
            if end is None:
                return None
            done = 0
            for chunk, i, j in self._pieces(self._consumed, end):
                core_pipe.copy_in(view, done, chunk.memory, i, j - i)
                done += j - i
        finally:
            # No release(): where a signal handler raised at the end of copy_in(), its frame may still use the view, and
            # before CPython 3.10 the BufferError would take the place of the handler's exception.
            del view
        self._advance(end)
        return done

    def peek(self, nbytes=-1):
        """Return what read() would return, without consuming it."""
        self._sync()
        return self._show(self._upto(nbytes), self._copy)

    def peek_zerocopy(self, nbytes=-1):
        """Return what read_zerocopy() would return, without consuming it."""
        self._sync()
        return self._show(self._upto(nbytes), self._views)

    def peekexact(self, nbytes):
        """Return what readexact() would return, without consuming it."""
        self._sync()
        return self._show(self._exactly(nbytes), self._copy)

    def peekexact_zerocopy(self, nbytes):
        """Return what readexact_zerocopy() would return, without consuming it."""
        self._sync()
        return self._show(self._exactly(nbytes), self._views)

    def skip(self, nbytes=-1):
        """Consume what is there.

        Args:
            nbytes: the largest number of bytes to consume; all if negative.

        Returns:
            int: the number of bytes consumed.
        """
        nbytes = index(nbytes)
        self._leave()
        start = self._consumed
        end = self._written
        if nbytes >= 0:
            end = min(end, start + nbytes)
        self._advance(end)
        return end - start

    def skipexact(self, nbytes):
        """Consume a number of bytes.

        Args:
            nbytes: how many bytes to consume.

        Returns:
            int or None: ``nbytes``; None, and nothing is consumed, while fewer are there.

        Raises:
            PartialReadError: as readexact().
            ValueError: as readexact().
        """
        self._leave()
        start = self._consumed
        end = self._exactly(nbytes)
        if end is None:
            return None
        self._advance(end)
        return end - start

    def reached_eof(self):
        """Return whether eof() was called and everything before it is consumed.

        Returns:
            bool: False while there is something to read, or may be later.
        """
        return self._eof and not len(self)

"""The read side of a Pipe: operations on a number of bytes.

A method and its ``_zerocopy`` twin share one body, whose parameter ``make`` is the function that makes the result from
two positions: ``_copy`` makes bytes, ``_views`` an iterator over memoryviews.
"""

from zcio._call_guard import guarded_call
from zcio._converters import bytes_like, integer
from zcio._core import pipe as core_pipe
from zcio._pipe.writing import Writing

__all__ = ["Reading"]

# A view keeps its whole chunk from being reused. So a piece below SMALL bytes is copied, which costs less than another
# chunk, and so is a piece below a 32nd of its chunk (a shift by _SHARE) that has less than _LARGE bytes.
SMALL = 2048
_SHARE = 5
_LARGE = 32768


def size(value):
    """``value`` as a number of bytes. Raises TypeError, or ValueError if it is negative."""
    if type(value) is not int:
        value = integer(value)
    if value < 0:
        raise ValueError("the number of bytes must not be negative")
    return value


def _view(chunk, start, end):
    """A memoryview of a piece of a chunk, or of a copy of the piece if that is small."""
    length = end - start
    if length < SMALL or length << _SHARE < chunk.size and length < _LARGE:
        return memoryview(chunk.memory[start:end])
    return chunk.view(start, end)


@guarded_call
def _read_into(buffer, pipe):
    view = bytes_like(buffer)
    try:
        if view.readonly:
            raise TypeError("a read-write bytes-like object is required, not %r" % type(buffer).__name__)
        pipe._leave()
        end = pipe._upto(view.nbytes)
        if end is None:
            return None
        done = 0
        for chunk, i, j in pipe._pieces(pipe._consumed, end):
            core_pipe.copy_in(view, done, chunk.memory, i, j - i)
            done += j - i
    finally:
        # Not view.release(): if a signal handler raised at the end of copy_in(), the frame of copy_in() still uses the
        # view, and before CPython 3.10 a BufferError would replace the handler's exception.
        del view
    pipe._advance(end)
    return done


class Reading(Writing):
    """read, readexact, readinto, peek, peekexact, skip, skipexact, reached_eof."""

    __slots__ = ()

    # ---- what the methods share ----

    def _views(self, start, end):
        """An iterator over memoryviews of the unread bytes between two positions."""
        return iter([_view(chunk, i, j) for chunk, i, j in self._pieces(start, end)])

    def _upto(self, nbytes):
        """The end position of a read of at most ``nbytes``, or of everything if negative; else as _available()."""
        if type(nbytes) is not int:
            nbytes = integer(nbytes)
        if nbytes == 0:
            return self._consumed
        end = self._available()
        if end is not None and nbytes > 0:
            end = min(end, self._consumed + nbytes)
        return end

    def _exactly(self, nbytes):
        """The end position of a read of exactly ``nbytes``; None while fewer are available. Raises as readexact()."""
        nbytes = size(nbytes)
        end = self._consumed + nbytes
        if end > self._written and self._must_wait(end, nbytes):
            return None
        if nbytes > self._chunk_size:
            self._wanted = end + nbytes  # the next message is probably as long
        return end

    def _take(self, end, make):
        """Consume the data up to ``end`` and return ``make(start, end)``; None if ``end`` is None."""
        if end is None:
            return None
        data = make(self._consumed, end)
        self._advance(end)
        return data

    def _show(self, end, make):
        """As _take(), but without consuming; the data counts as examined."""
        if end is None:
            return None
        if end > self._examined:
            self._examined = end
        return make(self._consumed, end)

    # ---- the methods ----

    def read(self, nbytes=-1):
        """Read the available data as bytes.

        Args:
            nbytes: the largest number of bytes to return; all if negative.

        Returns:
            bytes or None: None while there is no data yet, b"" at EOF.

        Raises:
            BaseException: the exception given to eof(), once everything before it was read.
        """
        if type(nbytes) is int and self._ahead is None:
            start = self._consumed
            written = self._written
            if start < written <= start + nbytes:
                head = self._head
                if head.next is None:
                    base = head.base
                    data = head.memory[start - base : written - base]
                    self._advance(written)
                    return data
        self._leave()
        return self._take(self._upto(nbytes), self._copy)

    def read_zerocopy(self, nbytes=-1):
        """Read the available data without a copy.

        The bytes are consumed at once. The views are read-only (from Python 3.8 on) and stay valid even if the Pipe is
        deleted. A small piece is copied, because a view would keep a whole chunk of memory: a piece below 2 KiB and, in
        a large chunk, one below a 32nd of the chunk and below 32 KiB.

        Args:
            nbytes: the largest number of bytes to read; all if negative.

        Returns:
            iterator of memoryview, or None: views of the chunks, none of them empty; None while there is no data yet.

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
            bytes or None: None, and nothing is consumed, while fewer are available.

        Raises:
            PartialReadError: the stream ends with fewer bytes, which its ``leftover`` has. If eof() was given an
                exception, that instead.
            ValueError: ``nbytes`` is negative.
        """
        if type(nbytes) is int and 0 < nbytes <= self._chunk_size and self._ahead is None:
            start = self._consumed
            end = start + nbytes
            if end > self._written and self._must_wait(end, nbytes):
                return None
            head = self._head
            following = head.next
            stop = self._written if following is None else following.base
            if end <= stop:
                base = head.base
                data = head.memory[start - base : end - base]
                if end < stop:
                    self._consumed = end  # bytes of the chunk remain, so there is nothing for _advance() to drop
                else:
                    self._advance(end)
                return data
        self._leave()
        return self._take(self._exactly(nbytes), self._copy)

    def readexact_zerocopy(self, nbytes):
        """Read as readexact() does, but return views as read_zerocopy() does."""
        self._leave()
        return self._take(self._exactly(nbytes), self._views)

    def readinto(self, buffer):
        """Read into a buffer as many bytes as are available and fit.

        Args:
            buffer: any writable bytes-like object.

        Returns:
            int or None: the number of bytes; None while there is no data yet, 0 at EOF.

        Raises:
            TypeError: ``buffer`` is not writable.
            BaseException: as read().
        """
        return _read_into(buffer, self)

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
        """Consume available data.

        Args:
            nbytes: the largest number of bytes to consume; all if negative.

        Returns:
            int: the number of bytes consumed.
        """
        nbytes = integer(nbytes)
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
            int or None: ``nbytes``; None, and nothing is consumed, while fewer are available.

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
        """Return whether eof() was called and all data was consumed.

        Returns:
            bool: False while there are unread bytes or more may be written.
        """
        return self._eof and not Reading.__len__(self)

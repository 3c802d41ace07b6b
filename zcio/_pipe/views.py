"""The read side of a Pipe: without a copy."""

from io import FileIO, RawIOBase
from operator import index

from zcio._call_guard import PYPY
from zcio._core import pipe as core_pipe
from zcio._pipe.records import Records, limited, separator_of
from zcio._transfer.descriptors import descriptor, is_plain_socket

__all__ = ["Views"]

# A view keeps its whole chunk from being used again; a copy of this many bytes costs less than another chunk.
SMALL = 2048
# Of a large chunk a view is to be a 32nd at least; but from here on a copy costs more than any chunk.
_SHARE = 5
_LARGE = 32768
# The most pieces that one system call takes everywhere.
_PIECES = 1024


if PYPY:

    def _sendable(pieces):
        # Its sockets take a memoryview byte by byte. So copies it is, of no more than a socket is likely to take.
        copies, size = [], 0
        for chunk, i, j in pieces:
            copies.append(chunk.memory[i:j])
            size += j - i
            if size >= 1 << 18:
                break
        return copies

else:

    def _sendable(pieces):
        return [memoryview(chunk.memory)[i:j] for chunk, i, j in pieces]


def _write(target, data):
    """Write ``data``, bytes that ``target`` may keep, by its own method. Returns how many it took, or None."""
    method = getattr(target, "write", None) or getattr(target, "send", None)
    if method is None:
        descriptor(target, "target")  # raises TypeError
    try:
        count = method(data)
    except BlockingIOError as error:
        return getattr(error, "characters_written", None) or None
    if count is None and not isinstance(target, RawIOBase):
        return len(data)
    if count is not None and not 0 <= count <= len(data):
        raise ValueError("%r took %r of %d bytes" % (target, count, len(data)))
    return count


def _view(chunk, start, end):
    """A memoryview for a reader of a piece of a chunk, or of a copy."""
    size = end - start
    if size < SMALL or size << _SHARE < chunk.size and size < _LARGE:
        return memoryview(chunk.memory[start:end])
    return chunk.view(start, end)


class Views(Records):
    """The zerocopy twins of the read methods, and writev_to."""

    __slots__ = ()

    def _views(self, start, end):
        """An iterator over memoryviews of the unread bytes between two positions; none for none."""
        return iter([_view(chunk, i, j) for chunk, i, j in self._pieces(start, end)])

    def read_zerocopy(self, nbytes=-1):
        """What read() would return, as an iterator over memoryviews of the chunks; None where that is None.

        The bytes are consumed at once. The views are read-only (from Python 3.8 on) and stay valid for as long as they
        live, whatever becomes of the Pipe. Pieces below 2 KiB are copies, and below a 32nd of a larger chunk, at most
        32 KiB: a view of them would keep a chunk.
        """
        if self._split is not None:
            self._leave()
        end = self._upto(nbytes)
        if end is None:
            return None
        views = self._views(self._consumed, end)
        self._advance(end)
        return views

    def readexact_zerocopy(self, nbytes):
        """readexact(), with views as read_zerocopy()."""
        if type(nbytes) is int:
            # As in readexact(), one view of the head chunk.
            start = self._consumed
            end = start + nbytes
            if self._bound < end <= self._written:
                self._rebound()
            if start < end <= self._bound:
                head = self._head
                base = head.base
                view = _view(head, start - base, end - base)
                self._consumed = end
                return iter((view,))
        if self._split is not None:
            self._leave()
        end = self._exactly(nbytes)
        if end is None:
            return None
        views = self._views(self._consumed, end)
        self._advance(end)
        return views

    def readuntil_zerocopy(
        self, separator=None, skip_separator=False, limit=None, seperator=None, skip_seperator=False
    ):
        """readuntil(), with views as read_zerocopy()."""
        if self._split is not None:
            self._leave()
        if seperator is not None:
            separator = seperator
        separator = separator_of(separator)
        limit = self._limit if limit is None else limited(limit)
        start = self._consumed
        while True:
            seen = self._written
            found = self._lookup(separator, start, limit)
            if found is not None:
                begin, end = found
                views = self._views(start, begin if skip_separator or skip_seperator else end)
                self._advance(end)
                return views
            if self._short(seen + 1, separator):
                return None

    def peek_zerocopy(self, nbytes=-1):
        """peek(), with views as read_zerocopy()."""
        if self._split is not None:
            self._consumed = self._position()
        end = self._upto(nbytes)
        if end is None:
            return None
        self._examined = max(self._examined, end)
        return self._views(self._consumed, end)

    def peekexact_zerocopy(self, nbytes):
        """peekexact(), with views as read_zerocopy()."""
        if self._split is not None:
            self._consumed = self._position()
        end = self._exactly(nbytes)
        if end is None:
            return None
        self._examined = max(self._examined, end)
        return self._views(self._consumed, end)

    def writev_to(self, target, nbytes=-1):
        """Write once what is unread, at most ``nbytes`` where that is not negative. What was written is consumed.

        From the chunks themselves to a file descriptor, a plain socket or an unbuffered file; to any other object (TLS,
        buffered, of an unknown class) by its write() or send(), a chunk at most.

        Returns the bytes written, which may be fewer; None where a non-blocking ``target`` takes nothing. Raises what
        ``target`` raises (OSError), and then nothing is consumed.
        """
        nbytes = index(nbytes)
        if self._split is not None:
            self._leave()
        start = self._consumed
        end = self._written
        if nbytes >= 0:
            end = min(end, start + nbytes)
        if start == end:
            return 0
        pieces = self._pieces(start, end, None, _PIECES)
        try:
            if is_plain_socket(target):
                count = target.sendmsg(_sendable(pieces))
            elif isinstance(target, int) or type(target) is FileIO:
                fd = descriptor(target, "target")
                count = core_pipe.writev(fd, [(chunk.memory, i, j) for chunk, i, j in pieces])
            else:
                chunk, i, j = pieces[0]
                count = _write(target, chunk.memory[i:j])
        except BlockingIOError:
            return None
        if count is None:
            return None
        self._advance(start + count)
        return count

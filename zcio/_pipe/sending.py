"""writev_to(), which writes unread data to a socket or file."""

from io import FileIO, RawIOBase

from zcio._call_guard import PYPY
from zcio._converters import integer, moved_count
from zcio._core import pipe as core_pipe
from zcio._pipe.records import Records
from zcio._transfer.descriptors import descriptor, is_plain_socket, pass_through

__all__ = ["Sending"]

# The number of pieces that one system call accepts on every system (IOV_MAX).
_PIECES = 1024


if PYPY:

    def _sendable(pieces):
        # PyPy's sockets would copy memoryviews byte by byte. So make bytes, of as much as a socket is likely to accept.
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
    """Write ``data``, bytes, by the target's own method. Returns how many it accepted, or None if it would block."""
    method = getattr(target, "write", None) or getattr(target, "send", None)
    if method is None:
        descriptor(target, "target")  # raises TypeError
    try:
        count = method(data)
    except BlockingIOError as error:
        if type(error) is not BlockingIOError:
            raise  # a signal handler's
        return getattr(error, "characters_written", None) or None
    if count is None and not isinstance(target, RawIOBase):
        return len(data)
    return None if count is None else moved_count(count, len(data), target)


class Sending(Records):
    """writev_to."""

    __slots__ = ()

    def writev_to(self, target, nbytes=-1):
        """Write unread data once, and consume what was written.

        To a file descriptor, a plain socket or an unbuffered file, one system call writes the chunks without a copy. To
        any other object (TLS, buffered, of an unknown class), its write() or send() writes at most one chunk.

        Args:
            target: a file descriptor, a socket or a file.
            nbytes: the largest number of bytes to write; all if negative.

        Returns:
            int or None: the number of bytes written, which may be fewer; None if a non-blocking ``target`` accepts
                none.

        Raises:
            OSError: writing failed; nothing is consumed.
            TypeError: ``target`` cannot be written to.
        """
        nbytes = integer(nbytes)
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
            elif isinstance(target, int) or type(target) is FileIO and pass_through(target) is not None:
                where = descriptor(target, "target")
                count = core_pipe.writev(where, [(chunk.memory, i, j) for chunk, i, j in pieces])
            else:
                chunk, i, j = pieces[0]
                count = _write(target, chunk.memory[i:j])
        except BlockingIOError as error:
            if type(error) is not BlockingIOError:
                raise  # a signal handler's
            return None
        if count is None:
            return None
        self._advance(start + count)
        return count

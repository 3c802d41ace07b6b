"""Positions in the stream and the chunks between them.

A position counts bytes from the Pipe's beginning: what was written, consumed, examined. One thread writes and one
reads: ``_written``, ``_tail`` and ``_offered`` are the writer's, ``_consumed``, ``_examined``, ``_head`` the reader's.
A side takes its last step, the position, when the bytes before it are in place; ``_lock`` guards what both may touch.

Records split ahead: ``_ahead`` iterates over the list ``_records``, which begin at ``_consumed``; each handed out moves
the position by its length and ``_gap``. Nobody counts them one by one: how many were taken is asked of the iterator
when somebody wants to know (``_settle``), and any other operation that consumes drops the rest (``_leave``).
"""

from _thread import allocate_lock
from operator import length_hint

from zcio import _lib_pipe
from zcio._pipe.errors import PartialReadError
from zcio._pipe.pool import default_pool

__all__ = ["Stream"]


class Stream:
    """What the two sides of a Pipe share."""

    __slots__ = (
        "_pool",
        "_chunk_size",
        "_written",
        "_tail",
        "_offered",
        "_spare",
        "_eof",
        "_exception",
        "_lock",
        "_consumed",
        "_examined",
        "_head",
        "_mark",
        "_ahead",
        "_records",
        "_settled",
        "_gap",
        "_end",
    )

    def __init__(self, pool):
        self._pool = default_pool() if pool is None else pool
        self._chunk_size = self._pool.chunk_size
        self._written = 0
        self._tail = None
        self._offered = -1  # how many bytes the last get_buffer handed out; -1 where there is none to account for
        self._spare = None
        self._eof = False
        self._exception = None
        self._lock = allocate_lock()
        self._consumed = 0
        self._examined = 0
        self._head = None
        self._mark = None  # the chunk where the last search ended
        self._ahead = None
        self._records = None
        self._settled = 0
        self._gap = 0
        self._end = 0  # the position behind the last of them

    def __len__(self):
        if self._ahead is not None:
            self._settle()
        return self._written - self._consumed

    # ---- records split ahead ----

    def _settle(self):
        """Bring ``_consumed`` up to what was handed out of the records split ahead. Either side may."""
        with self._lock:
            if self._ahead is not None:
                records = self._records
                taken = len(records) - length_hint(self._ahead)
                settled = self._settled
                if taken > settled:
                    self._settled = taken
                    if taken == len(records):
                        self._consumed = self._end
                    else:
                        handed = records[settled:taken]
                        self._consumed += sum(map(len, handed)) + self._gap * len(handed)

    def _leave(self):
        """Drop what was split ahead and is not handed out yet. Returns how many records that were."""
        self._settle()
        with self._lock:
            left = len(self._records) - self._settled
            self._ahead = None
            self._records.clear()  # whoever iterates over them is at their end
        self._advance(self._consumed)
        return left

    # ---- chunks ----

    def _advance(self, position):
        """Consume up to ``position``: chunks that end before it are let go."""
        head = self._head
        if head is not None:
            following = head.next
            while following is not None and following.base <= position:
                if head.size == self._chunk_size:
                    self._spare = head
                head = following
                following = head.next
            if head is not self._head:
                self._head = head
                self._mark = None  # it may be one of those
        self._consumed = position
        if position == self._written and (self._eof or (head is not None and head.size > self._chunk_size)):
            self.shrink()

    def shrink(self):
        """Give the memory back that holds nothing unread: for a Pipe that will be idle. A Pipe that is read empty
        otherwise keeps one chunk, and one more while data comes in."""
        if self._ahead is not None:
            self._settle()
        with self._lock:
            self._spare = None
            if self._offered < 0 and self._consumed == self._written:
                self._head = self._tail = self._mark = None

    def _pieces(self, start, end, chunk=None):
        """``[(chunk, start, end), ...]``: where the unread bytes between two positions lie, none of them empty.

        The search for ``start`` begins at ``chunk``, which must not lie behind it, or at the head.
        """
        if chunk is None:
            chunk = self._head
        pieces = []
        while start < end:
            following = chunk.next
            stop = end if following is None or following.base > end else following.base
            if start < stop:
                base = chunk.base
                pieces.append((chunk, start - base, stop - base))
                start = stop
            chunk = following
        return pieces

    def _copy(self, start, end):
        """The unread bytes between two positions."""
        if start == end:
            return b""
        head = self._head
        following = head.next
        base = head.base
        if following is None or end <= following.base:
            return head.memory[start - base : end - base]
        return _lib_pipe.join([(chunk.memory, i, j) for chunk, i, j in self._pieces(start, end)])

    # ---- what is there ----

    def _short(self, end, message):
        """Whether fewer bytes are there than up to position ``end``; then all of them are examined.

        Raises PartialReadError, or the exception given to eof(), where no more will come.
        """
        written = self._written
        if end <= written:
            return False
        if self._eof:
            # The flag is set after the last byte, so what is there now is all there will be.
            if end <= self._written:
                return False
            self._fail(message)
        self._examined = written
        return True

    def _fail(self, message):
        self._examined = self._written
        if self._exception is not None:
            raise self._exception
        raise PartialReadError(message, self._copy(self._consumed, self._written))

    def _available(self):
        """The position of the end of what is there; None where nothing is there yet, and ``_consumed`` at EOF.

        Raises the exception given to eof() where everything before it is consumed.
        """
        consumed = self._consumed
        written = self._written
        if written > consumed:
            return written
        self._examined = written
        if not self._eof:
            return None
        written = self._written
        if written == consumed and self._exception is not None:
            raise self._exception
        return written

    def _unexamined(self):
        if self._ahead is not None:
            self._settle()
        return self._written - max(self._examined, self._consumed)

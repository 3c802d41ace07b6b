"""Positions in the stream and the chunks between them.

A position counts bytes from the Pipe's beginning: what was written, consumed, examined. One thread writes and one
reads: ``_written``, ``_tail`` and ``_offered`` are the writer's, ``_consumed``, ``_examined``, ``_head`` the reader's.
A side takes its last step, the position, when the bytes before it are in place. To let the chunks go the reader must
know that the writer has none in hand: it holds ``_lock`` and says so in ``_guarded``, then looks at ``_offered``. The
writer sets that first and then looks at ``_guarded``, so that one of the two always sees the other.

Records split ahead: ``_ahead`` iterates over records that begin at ``_consumed``, which stays where it is while they
are handed out. It is a list's iterator, or what finds each record in its place (``ahead``). Nobody counts them one by
one: how many were taken is asked of the iterator when somebody wants to know (``_position``), and any other
operation that consumes drops the rest (``_leave``).
"""

import sys
from _thread import allocate_lock
from io import SEEK_END
from operator import length_hint

from zcio._core import pipe as core_pipe
from zcio._pipe.errors import PartialReadError
from zcio._pipe.pool import default_pool

__all__ = ["NOTHING_KNOWN", "PipeState"]

NOTHING_KNOWN = (None, 0, 0)

# Without a GIL a thread may see the steps of another in another order: there the writer always takes the lock.
_GUARDED = not getattr(sys, "_is_gil_enabled", lambda: True)()


class PipeState:
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
        "_guarded",
        "_consumed",
        "_examined",
        "_head",
        "_mark",
        "_bound",
        "_ahead",
        "_split",
        "_known",
        "_wanted",
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
        self._guarded = _GUARDED
        self._consumed = 0
        self._examined = 0
        self._head = None
        self._mark = None  # the chunk where the last search ended
        # Up to here the head chunk can be read from _consumed on with no more ado; only the reader looks at it. Never
        # beyond the truth: it may lag behind, as it does while there are records split ahead.
        self._bound = 0
        self._ahead = None
        # (_ahead, the list or None where _ahead is a BytesIO, the position of its beginning, the bytes between two
        # records, the position of its end)
        self._split = None
        self._wanted = 0  # a reader waits for what ends here, or behind it
        self._known = NOTHING_KNOWN  # (a list, so many of it were taken, the position behind them)

    def __len__(self):
        return self._written - (self._consumed if self._split is None else self._position())

    # ---- records split ahead ----

    def _position(self):
        """How far was read, the records split ahead that were handed out included. Either side may ask; where the
        other one reads meanwhile it is how far it had at least."""
        while True:
            split = self._split
            if split is None:
                return self._consumed
            iterator, records, position, gap, end = split
            if records is None:
                position += iterator.tell()
            else:
                left = length_hint(iterator)
                taken = len(records) - left
                known, before, reached = self._known
                if known is records:
                    position = reached
                else:
                    before = 0
                if taken > before:
                    if left:
                        handed = records[before:taken]
                        position += sum(map(len, handed)) + gap * len(handed)
                    else:
                        position = end
                    self._known = records, taken, position
            if split is self._split:
                return position

    def _beyond(self, position):
        """Whether reading got to ``position``; known late where records are split ahead, but when all are read."""
        split = self._split
        if split is None or split[1] is None:
            return self._position() >= position
        return self._consumed >= position or not length_hint(split[0])

    def _leave(self):
        """Drop what was split ahead and is not handed out yet. Returns whether that was anything."""
        iterator, records, _, _, end = self._split
        self._consumed = position = self._position()
        self._ahead = self._split = None
        left = position != end
        if left:
            # Whoever iterates over it is at its end.
            if records is None:
                iterator.seek(0, SEEK_END)
            else:
                records.clear()
        self._known = NOTHING_KNOWN
        self._advance(position)
        return left

    # ---- chunks ----

    def _advance(self, position):
        """Consume up to ``position``: chunks that end before it are let go."""
        head = self._head
        if head is not None:
            following = head.next
            if following is not None and following.base <= position:
                spare = None
                while following is not None and following.base <= position:
                    if head.size == self._chunk_size:
                        spare = head
                    head = following
                    following = head.next
                self._head = head
                self._mark = None  # it may be one of those
                if spare is not None:
                    spare.next = None  # or it would keep all that follow
                    self._spare = spare
        self._consumed = position
        if position == self._written and (self._eof or (head is not None and head.size > self._chunk_size)):
            self._let_go()

    def shrink(self):
        """Give the memory back that holds nothing unread: for a Pipe that will be idle. A Pipe that is read empty
        otherwise keeps one chunk, and one more while data comes in."""
        if self._split is not None and not len(self):
            self._leave()
        self._let_go()

    def _let_go(self):
        with self._lock:
            self._guarded = True
            try:
                self._spare = None
                if self._offered < 0 and self._consumed == self._written:
                    self._head = self._tail = self._mark = None
            finally:
                self._guarded = _GUARDED

    def _pieces(self, start, end, chunk=None, most=None):
        """``[(chunk, start, end), ...]``: where the unread bytes between two positions lie, none of them empty; no more
        than the first ``most`` of them.

        The search for ``start`` begins at ``chunk``, which must not lie behind it, or at the head.
        """
        if chunk is None:
            chunk = self._head
        pieces = []
        while start < end and len(pieces) != most:
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
        return core_pipe.join([(chunk.memory, i, j) for chunk, i, j in self._pieces(start, end)])

    # ---- what is there ----

    def _short(self, end, wanted):
        """Whether fewer bytes are there than up to position ``end``; then all of them are examined.

        Raises PartialReadError, or the exception given to eof(), where no more will come; ``wanted`` is what was: a
        number of bytes, or a separator.
        """
        written = self._written
        if end <= written:
            return False
        if self._eof:
            # The flag is set after the last byte, so what is there now is all there will be.
            if end <= self._written:
                return False
            self._fail(wanted)
        self._examined = written
        self._wanted = end
        return True

    def _fail(self, wanted):
        self._examined = self._written
        if self._exception is not None:
            raise self._exception
        left = self._written - self._consumed
        if isinstance(wanted, int):
            message = "%d bytes were asked for and %d are left" % (wanted, left)
        else:
            message = "no %r in the %d bytes that are left" % (wanted, left)
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
        return self._written - max(self._examined, self._position())

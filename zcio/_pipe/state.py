"""Positions in the stream, and the chunks between them.

A position counts bytes from the beginning of the stream: written, consumed, examined. One thread writes and one reads:
``_written``, ``_tail``, ``_granted`` and ``_spare`` belong to the writer, ``_consumed``, ``_examined``, ``_head``,
``_ahead`` and ``_searched`` to the reader. Each side stores its position last, when the bytes before it are in place.

Before the reader lets the last chunk go it must know that the writer is not using it: it takes ``_lock``, sets
``_guarded`` and then looks at ``_granted``. The writer sets ``_granted`` first and then looks at ``_guarded``, so at
least one of them sees the other.
"""

import sys
from _thread import allocate_lock

from zcio._core import pipe as core_pipe
from zcio._pipe.errors import PartialReadError
from zcio._pipe.pool import default_pool

__all__ = ["PipeState"]

# Without a GIL one thread may see the stores of another out of order, so there the writer always takes the lock.
_GUARDED = not getattr(sys, "_is_gil_enabled", lambda: True)()


class PipeState:
    """What the two sides of a Pipe share: its states and invariants.

    The write side (get_buffer and buffer_written, write, recv_from, eof) goes through these states::

                   get_buffer()                     eof()
        +---------+ ----------> +---------+        +-------+
        |  open   |             | granted | -----> | ended |   write, get_buffer: ValueError
        +---------+ <---------- +---------+        +-------+
             |   buffer_written(n), write()            ^
             +-----------------------------------------+
                              eof()

    and the read side, which looks at positions in the stream, through these::

                                second record in a row with one separator
        +-------------------+ ---------------------------------------> +--------------------+
        | at the offset     |                                          | records split ahead|
        |                   | <--------------------------------------- |                    |
        +-------------------+   all were handed out, or an operation   +--------------------+
                                that consumes something else

    The state makes no difference to any result.

    Invariants:
        - consumed <= read position <= written, and examined <= written. The read position is consumed, or that of the
          batch of records split ahead (``_pipe.split_ahead``).
        - The chunks from head to tail hold the bytes from consumed to written; each begins where the one before ends.
        - Bytes before written never change, unless the caller writes to an old get_buffer().
        - A chunk whose memory somebody has a view of is not written to again.
    """

    __slots__ = (
        "_pool",
        "_chunk_size",
        "_written",
        "_tail",
        "_granted",
        "_spare",
        "_eof",
        "_exception",
        "_lock",
        "_guarded",
        "_consumed",
        "_examined",
        "_head",
        "_ahead",
        "_wanted",
    )

    def __init__(self, pool):
        self._pool = default_pool() if pool is None else pool
        self._chunk_size = self._pool.chunk_size
        self._written = 0
        self._tail = None  # the chunk that is written to
        self._granted = -1  # number of bytes that get_buffer() handed out; -1 if none are outstanding
        self._spare = None  # a chunk of the usual size that was read, kept for the writer
        self._eof = False
        self._exception = None
        self._lock = allocate_lock()
        self._guarded = _GUARDED
        self._consumed = 0  # behind the read position while _ahead is a batch
        self._examined = 0  # a read method has looked at everything before this position
        self._head = None  # the chunk that holds _consumed
        self._ahead = None  # a SplitAhead, or None
        self._wanted = 0  # the reader waits for the byte before this position

    def __len__(self):
        # The position first, or the difference could be negative in a third thread.
        position = self._consumed if self._ahead is None else self._position()
        return self._written - position

    # ---- the batch of split records ----

    def _position(self):
        """The read position, counting the records of the batch that were handed out. Either thread may ask; if the
        other one reads meanwhile, the answer is a position that it had passed."""
        while True:
            ahead = self._ahead
            if ahead is None:
                return self._consumed
            position = ahead.position()
            if ahead is self._ahead:
                return position

    def _sync(self):
        """Bring ``_consumed`` up to date and keep the batch, for operations that consume nothing."""
        if self._ahead is not None:
            self._consumed = self._ahead.position()

    def _leave(self):
        """Bring ``_consumed`` up to date and drop the batch, for operations that consume."""
        ahead = self._ahead
        if ahead is not None:
            position = ahead.position()
            self._consumed = position
            self._ahead = None
            ahead.drop()
            self._advance(position)

    # ---- chunks ----

    def _advance(self, position):
        """Consume up to ``position``, and let go of the chunks that end before it. There is no batch."""
        if position < self._consumed:
            raise RuntimeError("another thread reads from this Pipe")
        head = self._head
        if head is not None:
            following = head.next
            if following is not None and following.base <= position:
                spare = None
                while following is not None and following.base <= position:
                    if head.capacity == self._chunk_size:
                        spare = head
                    head = following
                    following = head.next
                self._head = head
                if spare is not None:
                    spare.next = None  # otherwise it keeps every later chunk alive
                    self._spare = spare
        self._consumed = position
        if position == self._written and head is not None:
            if not head.capacity:
                head.memory = b""  # the chunk stays, for what is adopted next
            elif self._eof or head.capacity != self._chunk_size:
                self._let_go()

    def shrink(self):
        """Release memory that contains no unread data, for a Pipe that will be idle.

        Otherwise a Pipe keeps one chunk when it is read empty, so that the next data needs none, and a second one
        while more than one is in use.
        """
        if self._ahead is not None and self._ahead.used_up():
            self._leave()
        self._let_go()

    def _let_go(self):
        with self._lock:
            self._guarded = True
            try:
                self._spare = None
                if self._granted < 0 and self._consumed == self._written:
                    self._head = self._tail = None
            finally:
                self._guarded = _GUARDED

    def _pieces(self, start, end, chunk=None, most=None):
        """Where the unread bytes between two positions lie.

        Args:
            chunk: a chunk at or before ``start``, to begin the walk at; the head if None.
            most: the largest number of pieces to return; all if None.

        Returns:
            list of (chunk, start, end): pieces that are not empty, with offsets in the chunk.
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

    def _must_wait(self, end, wanted):
        """Whether the reader has to wait for data before the position ``end``; a read method then returns None.

        If so, everything that is there counts as examined (see ``wants_pause``), and the writer learns how much the
        reader waits for, so that the next chunk is large enough.

        Args:
            end: a position in the stream; ``written + 1`` for any more data.
            wanted: what was asked for, for the error text: a number of bytes or a separator.

        Returns:
            bool: False if the data is there by now, because another thread wrote it.

        Raises:
            PartialReadError: eof() was called, so the data will never come. If eof() was given an exception, that
                instead.
        """
        written = self._written
        if end <= written:
            return False
        if self._eof:
            # eof() comes after the last byte, so what is there now is all there will be.
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
            message = "expected %d bytes, only %d remain" % (wanted, left)
        else:
            message = "no %r in the remaining %d bytes" % (wanted, left)
        raise PartialReadError(message, self._copy(self._consumed, self._written))

    def _available(self):
        """The position where the unread data ends; None if there is none yet, and ``_consumed`` at EOF.

        Raises:
            BaseException: the exception given to eof(), once everything before it is consumed.
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

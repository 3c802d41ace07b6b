"""Positions in the stream, and the chunks between them.

A position counts bytes from the beginning of the stream: written, consumed, examined. One thread may write while
another one reads. The writer assigns ``_written``, ``_tail``, ``_granted`` and ``_spare``; the reader assigns
``_consumed``, ``_examined``, ``_head``, ``_ahead`` and ``_searched``. Each side stores its position last, when the
chunks are in a state that suits it.

The reader may free the memory of the last chunk only if the writer is not using it. So the reader sets ``_freeing`` to
its position and then looks at ``_granted`` and ``_written``; the writer sets ``_granted`` and then looks at
``_freeing``. At least one of them sees what the other one set. The reader then leaves the chunk alone; the writer lets
it go, whatever the reader does to it, and appends another one. So neither waits, and an exception of a signal handler
can leave the state at any step: a ``_freeing`` that was not reset costs a chunk at most.
"""

import sys
from _thread import allocate_lock

from zcio._core import pipe as core_pipe
from zcio._pipe.chunk import Chunk
from zcio._pipe.errors import PartialReadError
from zcio._pipe.pool import default_pool

__all__ = ["PipeState"]

_HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
# Without a GIL it is not negative, so that the writer always looks twice, and is behind every position.
_NOT_FREEING = -1 if _HAS_GIL else sys.maxsize


class PipeState:
    """The state of a Pipe, which the write side and the read side share.

    The write side (get_buffer and buffer_written, write, recv_from, eof) goes through these states::

                   get_buffer()                     eof()
        +---------+ ----------> +---------+        +-------+
        |  open   |             | granted | -----> | ended |   write, get_buffer: ValueError
        +---------+ <---------- +---------+        +-------+
             |   buffer_written(n), write()            ^
             +-----------------------------------------+
                              eof()

    The read side has two states, which make no difference to any result::

                                second record in a row with one separator
        +-------------------+ ---------------------------------------> +--------------------+
        | plain position    |                                          | records split ahead|
        |                   | <--------------------------------------- |                    |
        +-------------------+   all were returned, or an operation     +--------------------+
                                consumes something else

    Invariants:
        - consumed <= read position <= written, and examined <= written. The read position is consumed, or that of the
          batch of records split ahead (``_pipe.split_ahead``).
        - The chunks from head to tail hold the bytes from consumed to written; each begins where the one before ends.
        - Bytes before written never change, unless the caller writes to an old get_buffer().
        - While a view of a chunk's memory is alive, the chunk is not reused for other data.
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
        "_freeing",
        "_consumed",
        "_examined",
        "_head",
        "_ahead",
        "_wanted",
        "_barrier",
    )

    def __init__(self, pool):
        self._pool = default_pool() if pool is None else pool
        self._chunk_size = self._pool.chunk_size
        self._written = 0
        self._tail = Chunk(b"", 0)  # the chunk that is written to
        self._granted = -1  # size of the buffer that get_buffer() returned; -1 if none is outstanding
        self._spare = None  # a chunk of the usual size that was read, kept for the writer
        self._eof = False
        self._exception = None
        self._freeing = _NOT_FREEING  # the position of a reader that frees the last chunk's memory
        self._consumed = 0  # the read position, but less than that while _ahead is a batch
        self._examined = 0  # a read method has looked at everything before this position
        self._head = self._tail  # the chunk that holds _consumed, or the last one if nothing is unread
        self._ahead = None  # a SplitAhead, or None
        self._wanted = 0  # the position that _written has to reach before the waiting reader can go on
        # One for each Pipe, or threads that use different Pipes would wait for each other.
        self._barrier = None if _HAS_GIL else allocate_lock()

    def __len__(self):
        # Read the position first: otherwise, in a third thread, the difference could be negative.
        position = self._consumed if self._ahead is None else self._position()
        return self._written - position

    # ---- the batch of split records ----

    def _position(self):
        """The read position, including returned records of the batch. Any thread may ask; the answer may be
        outdated."""
        while True:
            ahead = self._ahead
            if ahead is None:
                return self._consumed
            position = ahead.position()
            if ahead is self._ahead:
                return position

    def _sync(self):
        """Bring ``_consumed`` up to date and keep the batch. For operations that consume nothing."""
        if self._ahead is not None:
            self._consumed = self._ahead.position()

    def _leave(self):
        """Bring ``_consumed`` up to date and drop the batch. For operations that consume."""
        ahead = self._ahead
        if ahead is not None:
            position = ahead.position()
            self._consumed = position
            self._ahead = None
            ahead.drop()
            self._advance(position)

    # ---- chunks ----

    def _advance(self, position):
        """Consume up to ``position``, and drop the chunks that end before it. There must be no batch."""
        if position < self._consumed:
            raise RuntimeError("another thread reads from this Pipe")
        head = self._head
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
        if position == self._written:
            if not head.capacity:
                head.memory = b""  # free the bytes, but keep the chunk for the next bytes that _adopt() is given
            elif self._eof or head.capacity != self._chunk_size:
                self._free_chunks()

    def shrink(self):
        """Release memory that contains no unread data. Call it before a Pipe is idle for long.

        Without it, an empty Pipe keeps one chunk for the next data, and a Pipe that uses several chunks keeps another
        spare one.
        """
        if self._ahead is not None and self._ahead.used_up():
            self._leave()
        self._free_chunks()

    def _fence(self):
        """A memory barrier: this thread loads nothing after it before the other side of the Pipe sees its stores."""
        if self._barrier is not None:  # under the GIL, threads see all stores in order
            with self._barrier:
                pass

    def _free_chunks(self):
        """Drop the spare chunk and, if nothing is unread and the writer uses none, the memory of the others."""
        self._spare = None
        tail = self._tail
        position = self._consumed
        self._freeing = position
        self._fence()
        if self._granted < 0 and self._written == position:
            self._head = tail
            tail.capacity = 0  # first, so that a second writer, which is an error, never takes b"" for room
            tail.memory = b""
        self._freeing = _NOT_FREEING

    def _pieces(self, start, end, chunk=None, most=None):
        """The pieces of chunks that hold the bytes between two positions, as (chunk, start, end) with offsets in the
        chunk.

        ``chunk``: a chunk at or before ``start`` to begin the walk at, or None for the head. ``most``: the largest
        number of pieces, or None for all.
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

    # ---- short data ----

    def _must_wait(self, end, wanted):
        """Whether the data before ``end`` has not been written yet; a read method then returns None.

        If so, all unread data counts as examined (see ``wants_pause``), and the writer learns how much the reader waits
        for, so that the next chunk is large enough.

        Args:
            end: a position in the stream; ``written + 1`` to wait for any more data.
            wanted: the number of bytes or the separator that was asked for, for the error text.

        Returns:
            bool: False if another thread has written the data meanwhile.

        Raises:
            PartialReadError: eof() was called, so the data will never come. If eof() was given an exception, that
                instead.
        """
        written = self._written
        if end <= written:
            return False
        if self._eof:
            # The writer calls eof() after its last write, so _written is final now.
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
            message = "the stream ended before %r; %d bytes remain" % (wanted, left)
        raise PartialReadError(message, self._copy(self._consumed, self._written))

    def _available(self):
        """The end of the unread data: None if there is none yet, ``_consumed`` at EOF. Raises the exception of
        eof()."""
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

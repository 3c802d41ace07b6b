"""The write side of a Pipe."""

from zcio._call_guard import PYPY
from zcio._converters import bytes_like, bytes_of_mapping, integer, moved_count
from zcio._core import pipe as core_pipe
from zcio._pipe.chunk import NOTICES_DEAD_VIEWS, Chunk, may_have_views
from zcio._pipe.searching import Searching
from zcio._transfer.descriptors import descriptor

__all__ = ["Writing"]

# If less than this is free, get_buffer() without a hint takes another chunk: receiving a few bytes at a time would cost
# more than the unused rest of the chunk.
_ROOM = 4096
# A new chunk has room for as much as is unread or waited for, up to this size, so that large records lie in few pieces.
# Not on PyPy, where large chunks would pile up until the garbage collector runs.
_MOST = 0 if PYPY else 1 << 20
# write() copies a memoryview of at most this size to bytes first, which costs less than two buffer exports. Not on
# PyPy, which makes that copy byte by byte.
_SMALL = 4096


def _writable(chunk):
    """The memory of a chunk with room. Raises RuntimeError if another thread, or a signal handler, has freed it."""
    memory = chunk.memory
    if type(memory) is bytes:
        raise RuntimeError("another thread uses this Pipe")
    return memory


class Writing(Searching):
    """get_buffer, buffer_written, write, eof, recv_from, and the watermarks."""

    __slots__ = ("_high", "_low", "_paused")

    def __init__(self, pool, high_water, low_water):
        Searching.__init__(self, pool)
        if high_water is None:
            if low_water is not None:
                raise ValueError("low_water without high_water")
        else:
            high_water = integer(high_water)
            low_water = max(1, high_water // 4) if low_water is None else integer(low_water)
            # With a low-water mark of 0, or equal to the high one, the writer could wait for ever.
            if not 0 < low_water < high_water:
                raise ValueError("expected 0 < low_water < high_water, got %d and %d" % (low_water, high_water))
        self._high = high_water
        self._low = low_water
        self._paused = False

    # ---- room ----

    def _largest(self):
        return max(self._chunk_size, _MOST)

    def _new_chunk(self, nbytes):
        """A chunk with room for at least ``nbytes``, to append at ``_written``. Raises MemoryError."""
        written = self._written
        size = max(nbytes, min(self._largest(), max(written - self._consumed, self._wanted - written)))
        if size > self._chunk_size:
            self._wanted = 0
            return Chunk(self._pool.take(size), written)
        chunk = self._spare
        self._spare = None
        if chunk is None or may_have_views(chunk):
            return Chunk(self._pool.take(self._chunk_size), written)
        chunk.shared = False
        chunk.base = written
        return chunk

    def _recycle(self, tail, nbytes):
        """Empty the last chunk, which must have no unread bytes, so that it has room for ``nbytes``.

        If views of its memory are alive, the chunk gets other memory. The reader leaves the chunk alone, because
        ``_granted`` is set. Raises MemoryError.
        """
        if not may_have_views(tail):
            self._spare = None
        else:
            spare = self._spare
            if spare is None or may_have_views(spare):
                spare = Chunk(self._pool.take(tail.size), 0)
            tail.memory, spare.memory = spare.memory, tail.memory
            tail.size, spare.size = spare.size, tail.size
            tail.capacity, spare.capacity = tail.size, spare.size
            # The old memory can be reused once its views are dead.
            self._spare = spare if NOTICES_DEAD_VIEWS else None
        tail.shared = False
        tail.base = self._written

    def _append(self, chunk):
        self._tail.next = chunk
        self._tail = chunk

    def _room(self, nbytes):
        """``(chunk, used)``: the last chunk and the offset of its free room, or (None, 0) if that is less than
        ``nbytes``.

        It sets ``_granted``, so the reader leaves this chunk alone until that is negative again. Raises ValueError
        after eof(), or MemoryError; the caller then resets ``_granted``.
        """
        if self._eof:
            raise ValueError("write to a Pipe after eof()")
        self._granted = 0
        if self._freeing >= 0:
            self._fence()
            if self._freeing == self._written:
                return None, 0  # the reader frees the last chunk's memory, now or later
        tail = self._tail
        used = self._written - tail.base
        room = tail.capacity - used
        # If everything was read and less than half the chunk is free, start again at its beginning.
        if (room < nbytes or 2 * room < self._chunk_size) and used and self._consumed == self._written:
            if nbytes <= tail.capacity == self._chunk_size and (room < nbytes or not may_have_views(tail)):
                self._recycle(tail, nbytes)
                return tail, 0
        return (None, 0) if room < nbytes else (tail, used)

    def get_buffer(self, sizehint=-1):
        """Get memory to write to. Call buffer_written() afterwards; another get_buffer() replaces this one.

        Fill the memory before buffer_written(): a search does not look again at bytes in which an earlier one has
        sought the same needle. Writing to a view after buffer_written() may change unread data, but never bytes that
        were already read. The memory returns to the pool when the last view of it is dead.

        Args:
            sizehint: the smallest number of bytes that is useful; if negative, any number.

        Returns:
            memoryview: writable, of at least ``max(1, sizehint)`` bytes, usually more.

        Raises:
            ValueError: eof() was called.
            MemoryError: the pool has no memory.
        """
        nbytes = sizehint if type(sizehint) is int else integer(sizehint)
        self._granted = 0
        tail = None if self._freeing >= 0 or self._eof else self._tail
        if tail is not None:
            memory = tail.memory  # before the capacity: see _free_chunks()
            used = self._written - tail.base
            room = tail.capacity - used
            if nbytes <= room and self._chunk_size <= 2 * room:
                self._granted = room
                return memoryview(memory)[used:]
        if nbytes < 0:
            nbytes = min(_ROOM, self._chunk_size // 4)
        nbytes = max(1, nbytes)
        try:
            chunk, used = self._room(nbytes)
            if chunk is None:
                chunk = self._new_chunk(nbytes)
                self._append(chunk)
            memory = _writable(chunk)
        except BaseException:
            self._granted = -1
            raise
        self._granted = chunk.size - used
        return memoryview(memory)[used:]

    def buffer_written(self, nbytes):
        """Make the first bytes of the last get_buffer() readable.

        Args:
            nbytes: how many bytes were written to it.

        Raises:
            ValueError: get_buffer() was not called since the last buffer_written(), or its buffer is smaller.
        """
        if type(nbytes) is not int:
            nbytes = integer(nbytes)
        granted = self._granted
        if not 0 <= nbytes <= granted:
            if granted < 0:
                raise ValueError("buffer_written() without get_buffer()")
            raise ValueError("get_buffer() gave %d bytes, not %d" % (granted, nbytes))
        self._commit(nbytes)

    def _commit(self, nbytes):
        """Make ``nbytes`` more bytes, which are in the chunks already, readable."""
        if self._granted < 0:
            raise RuntimeError("another thread writes to this Pipe")
        written = self._written + nbytes
        if self._high is not None and (self._paused or written - self._consumed > self._high):
            unexamined = self._unexamined()
            self._paused = unexamined + nbytes > self._high or (self._paused and unexamined > self._low)
        self._written = written
        self._granted = -1

    def write(self, data):
        """Append a copy of some bytes. ``feed`` is another name for this method.

        Args:
            data: any bytes-like object.

        Returns:
            int: the number of bytes in ``data``; all are written.

        Raises:
            ValueError: eof() was called.
            TypeError: ``data`` is not a bytes-like object.
            MemoryError: the pool has no memory; nothing was written.
        """
        if type(data) is memoryview and not PYPY and data.nbytes <= _SMALL and data.c_contiguous:
            data = bytes(data)
        if type(data) is bytes:
            size = len(data)
            if not self._eof:
                self._granted = 0
                tail = None if self._freeing >= 0 else self._tail
                if tail is not None:
                    memory = tail.memory  # before the capacity: see _free_chunks()
                    start = self._written - tail.base
                    end = start + size
                    if start < end <= tail.capacity and 2 * end <= self._chunk_size:
                        memory[start:end] = data
                        self._commit(size)
                        return size
            return self._write(data, size)
        if PYPY and hasattr(data, "_call_guard"):
            data = bytes_of_mapping(data)
            return self._write(data, len(data))
        view = bytes_like(data)  # not released: if a handler raises, the frame of copy_in() may still hold its export
        return self._write(view, view.nbytes)

    feed = write

    def _adopt(self, data):
        """Append ``data``, bytes, without a copy. For ``zcio.aio``, which has one thread and uses no watermarks.

        Pieces of less than a 16th of a chunk are joined: many small chunks would make every search slow. Returns the
        number of bytes from ``_consumed`` on, which counts returned records of a batch as unread.
        """
        if self._eof:
            raise ValueError("write to a Pipe after eof()")
        self._granted = -1
        written = self._written
        size = len(data)
        tail = self._tail
        if tail.capacity:
            self._append(Chunk(data, written))
        elif self._consumed == written:
            tail.memory = data
            tail.size = size
            tail.base = written
        elif 16 * size < self._chunk_size > 16 * tail.size:
            tail.memory += data
            tail.size += size
        else:
            self._append(Chunk(data, written))
        self._written = written = written + size
        return written - self._consumed

    def _write(self, source, size):
        # Keep the data in one piece even if that leaves the rest of a chunk unused, unless the data is very large.
        whole = size <= (self._largest() if self._written == self._consumed else self._chunk_size)
        try:
            chunk, used = self._room(size if whole else 1)
            first = 0 if chunk is None else min(size, chunk.size - used)
            more = []
            done = first
            while done < size:
                # Allocate all memory before writing anything, so that a MemoryError leaves the Pipe as it was.
                another = self._new_chunk(min(size - done, self._largest()))
                another.base = self._written + done
                more.append(another)
                done += another.size
            if first == size and type(source) is bytes:
                if size:
                    _writable(chunk)[used : used + size] = source
            else:
                if first:
                    core_pipe.copy_in(chunk.memory, used, source, 0, first)
                for another in more:
                    start = another.base - self._written
                    core_pipe.copy_in(another.memory, 0, source, start, min(size - start, another.size))
        except BaseException:
            self._granted = -1
            raise
        tail, written = self._tail, self._written
        try:
            for another in more:
                self._append(another)
            self._commit(size)
        except BaseException:
            if more and self._written == written:
                self._undo_append(tail, more[0])
            self._granted = -1
            raise
        return size

    def _undo_append(self, tail, first):
        """Remove ``first`` and the chunks after it, which were appended after ``tail`` and not committed."""
        if first.base == self._written:
            # The reader may have moved to this chunk already, so it stays, as an empty one.
            self._tail = tail
            self._append(first)
            tail = first
        tail.next = None
        self._tail = tail

    def eof(self, exception=None):
        """End the stream. Later calls have no effect.

        Args:
            exception: an exception for the read methods to raise, in place of PartialReadError, once the remaining data
                does not suffice.

        Raises:
            TypeError: ``exception`` is not an exception.
        """
        if exception is not None and not isinstance(exception, BaseException):
            if not (isinstance(exception, type) and issubclass(exception, BaseException)):
                raise TypeError("exception must be an exception, not %r" % type(exception).__name__)
        if self._eof:
            return
        self._granted = -1
        self._exception = exception
        self._eof = True
        self._free_chunks()

    def closed(self):
        """Return whether eof() was called; unread data may remain.

        Returns:
            bool: False while more data can be written.
        """
        return self._eof

    def recv_from(self, source, sizehint=-1):
        """Receive once, straight into the memory of the Pipe.

        Args:
            source: a file descriptor, or an object with ``recv_into()`` or ``readinto()``: a socket, or a binary file.
            sizehint: as for get_buffer(): the smallest buffer to receive into, in bytes.

        Returns:
            int or None: the number of bytes received; 0 at the end of ``source``, after calling eof(); None if a
                non-blocking ``source`` has no data yet. To follow a file that grows, read it and feed() the data.

        Raises:
            OSError: receiving failed; the Pipe is unchanged.
            ValueError: eof() was called.
            TypeError: ``source`` cannot be received from.
        """
        view = self.get_buffer(sizehint)
        offered = self._granted
        count = None
        try:
            if hasattr(source, "recv_into"):
                count = source.recv_into(view)
            elif hasattr(source, "readinto1"):  # buffered: readinto() would wait until the view is full
                count = source.readinto1(view)
            elif hasattr(source, "readinto"):
                count = source.readinto(view)
            else:
                tail = self._tail
                where = descriptor(source, "source")
                count = core_pipe.read(where, tail.memory, self._written - tail.base, tail.size)
            if count is not None:
                count = moved_count(count, offered, source)
        except BaseException as error:
            self._granted = -1
            if type(error) is not BlockingIOError:  # a subclass comes from a signal handler
                raise
        if count:
            self._commit(count)
        else:
            self._granted = -1
            if count is not None:
                self.eof()
        return count

    # ---- watermarks ----

    @property
    def high_water(self):
        """The number of unexamined bytes above which the writer should pause; None: never."""
        return self._high

    @property
    def low_water(self):
        """The number of unexamined bytes at which a paused writer should resume."""
        return self._low

    @property
    def wants_pause(self):
        """Whether the writer should pause.

        It becomes True when more than ``high_water`` bytes are unexamined, and False when at most ``low_water`` are.
        Bytes are examined once a read method has looked at them, even if it returned None because they were too few;
        otherwise a record larger than ``high_water`` could never arrive. ``len()`` examines nothing.
        """
        if self._paused and self._unexamined() <= self._low:
            self._paused = False
        return self._paused

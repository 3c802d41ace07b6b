"""The write side of a Pipe."""

from operator import index

from zcio._call_guard import PYPY
from zcio._converters import bytes_like
from zcio._core import pipe as core_pipe
from zcio._pipe.chunk import REVIVES, Chunk, alone
from zcio._pipe.searching import Searching
from zcio._transfer.descriptors import descriptor

__all__ = ["Writing"]

# With less room left, get_buffer() without a hint takes another chunk: tiny reads cost more than the rest of a chunk.
_ROOM = 4096
# A new chunk is as large as what is unread or waited for, up to this size, so that most of it lies in one piece and the
# chunks are few. Not on PyPy, where large ones would pile up until the garbage collector runs.
_MOST = 0 if PYPY else 1 << 20
# A memoryview of fewer bytes is copied to bytes first. Not on PyPy, where that takes a step for each byte.
_SMALL = 4096


class Writing(Searching):
    """get_buffer, buffer_written, write, eof, recv_from, and the watermarks."""

    __slots__ = ("_high", "_low", "_paused")

    def __init__(self, pool, high_water, low_water):
        Searching.__init__(self, pool)
        if high_water is None:
            if low_water is not None:
                raise ValueError("low_water without high_water")
        else:
            high_water = index(high_water)
            low_water = max(1, high_water // 4) if low_water is None else index(low_water)
            # With a low mark of 0, or of the high one, the writer could wait for ever.
            if not 0 < low_water < high_water:
                raise ValueError("expected 0 < low_water < high_water, got %d and %d" % (low_water, high_water))
        self._high = high_water
        self._low = low_water
        self._paused = False

    # ---- room ----

    def _largest(self):
        return max(self._chunk_size, _MOST)

    def _new_chunk(self, nbytes):
        """A chunk with room for at least ``nbytes``, for the end of the data. Raises MemoryError."""
        written = self._written
        size = max(nbytes, min(self._largest(), max(written - self._consumed, self._wanted - written)))
        if size > self._chunk_size:
            self._wanted = 0
            return Chunk(self._pool.take(size), written)
        chunk = self._spare
        self._spare = None
        if chunk is None or not alone(chunk):
            return Chunk(self._pool.take(self._chunk_size), written)
        chunk.shared = False
        chunk.base = written
        return chunk

    def _recycle(self, tail, nbytes):
        """Make the last chunk, in which nothing is unread, an empty one with room for ``nbytes``.

        If somebody has views of its memory, the chunk gets other memory. The reader does not look at the chunk now.
        Raises MemoryError.
        """
        if alone(tail):
            self._spare = None
        else:
            spare = self._spare
            if spare is None or not alone(spare):
                spare = Chunk(self._pool.take(tail.size), 0)
            tail.memory, spare.memory = spare.memory, tail.memory
            tail.size, spare.size = spare.size, tail.size
            tail.capacity, spare.capacity = tail.size, spare.size
            # The old memory is used again once the views of it are dead.
            self._spare = spare if REVIVES else None
        tail.shared = False
        tail.base = self._written

    def _append(self, chunk):
        if self._tail is None:
            self._head = chunk
        else:
            self._tail.next = chunk
        self._tail = chunk

    def _room(self, nbytes):
        """``(chunk, used)``: the last chunk and the offset in it where its room begins; no chunk if that has less room
        than ``nbytes``. From here on the reader leaves the chunks alone, until ``_granted`` is negative.

        Raises:
            ValueError: eof() was called.
            MemoryError: then ``_granted`` may be 0, and the caller resets it.
        """
        if self._eof:
            raise ValueError("write to a Pipe after eof()")
        self._granted = 0
        if self._guarded:
            with self._lock:
                pass  # wait until the reader has let the chunks go, or has seen that it must not
        tail = self._tail
        if tail is None:
            return None, 0
        used = self._written - tail.base
        room = tail.capacity - used
        # More than half a chunk is as good as a whole one.
        if (room < nbytes or 2 * room < self._chunk_size) and used and self._consumed == self._written:
            if nbytes <= tail.capacity == self._chunk_size and (room < nbytes or alone(tail)):
                self._recycle(tail, nbytes)
                return tail, 0
        return (None, 0) if room < nbytes else (tail, used)

    def get_buffer(self, sizehint=-1):
        """Get room to write to. A call of buffer_written() is to follow; another get_buffer() replaces this one.

        Writing to an old view may change data that nobody has read yet, but no bytes that were handed out. The memory
        returns to the pool after the last view of it.

        Args:
            sizehint: the smallest number of bytes that is of use; if negative, whatever there is.

        Returns:
            memoryview: writable, of at least ``max(1, sizehint)`` bytes, usually more.

        Raises:
            ValueError: eof() was called.
            MemoryError: the pool has no memory.
        """
        nbytes = sizehint if type(sizehint) is int else index(sizehint)
        self._granted = 0
        tail = None if self._guarded or self._eof else self._tail
        if tail is not None:
            used = self._written - tail.base
            room = tail.capacity - used
            if nbytes <= room and self._chunk_size <= 2 * room:
                self._granted = room
                return memoryview(tail.memory)[used:]
        if nbytes < 0:
            nbytes = min(_ROOM, self._chunk_size // 4)
        nbytes = max(1, nbytes)
        try:
            chunk, used = self._room(nbytes)
            if chunk is None:
                chunk = self._new_chunk(nbytes)
                self._append(chunk)
        except BaseException:
            self._granted = -1
            raise
        self._granted = chunk.size - used
        return memoryview(chunk.memory)[used:]

    def buffer_written(self, nbytes):
        """Make the first bytes of the last get_buffer() readable.

        Args:
            nbytes: how many bytes were written to it.

        Raises:
            ValueError: there was no get_buffer() since the last call, or it gave less.
        """
        if type(nbytes) is not int:
            nbytes = index(nbytes)
        granted = self._granted
        if not 0 <= nbytes <= granted:
            if granted < 0:
                raise ValueError("buffer_written() without get_buffer()")
            raise ValueError("get_buffer() gave %d bytes, not %d" % (granted, nbytes))
        self._commit(nbytes)

    def _commit(self, nbytes):
        """``nbytes`` more bytes are in place."""
        if self._granted < 0:
            raise RuntimeError("another thread writes to this Pipe")
        written = self._written + nbytes
        if self._high is not None and (self._paused or written - self._consumed > self._high):
            unexamined = self._unexamined()
            self._paused = unexamined + nbytes > self._high or (self._paused and unexamined > self._low)
        self._written = written
        self._granted = -1

    def write(self, data):
        """Append a copy of some bytes. feed() is another name of it.

        Args:
            data: any bytes-like object.

        Returns:
            int: the number of bytes written, all of ``data``.

        Raises:
            ValueError: eof() was called.
            TypeError: ``data`` is no bytes-like object.
            MemoryError: the pool has no memory; nothing was written.
        """
        if type(data) is memoryview and not PYPY and data.nbytes <= _SMALL and data.c_contiguous:
            data = bytes(data)  # a copy of little costs less than two buffer exports
        if type(data) is bytes:
            size = len(data)
            if not self._eof:
                self._granted = 0
                tail = None if self._guarded else self._tail
                if tail is not None:
                    start = self._written - tail.base
                    end = start + size
                    if 2 * end <= self._chunk_size and end <= tail.capacity:
                        tail.memory[start:end] = data
                        self._commit(size)
                        return size
            return self._write(data, size)
        with bytes_like(data) as view:
            return self._write(view, view.nbytes)

    feed = write

    def _adopt(self, data):
        """Append ``data``, bytes, without a copy; but pieces of less than a 16th of a chunk are joined, since many
        small chunks would make every search slow. For ``zcio.aio``, which has one thread and uses no watermarks.

        Returns:
            int: the number of unread bytes; more if some were split ahead.
        """
        if self._eof:
            raise ValueError("write to a Pipe after eof()")
        self._granted = -1
        written = self._written
        size = len(data)
        tail = self._tail
        if tail is None or tail.capacity:
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
        # In one piece even if that leaves room unused, unless it is very much.
        whole = size <= (self._largest() if self._written == self._consumed else self._chunk_size)
        try:
            chunk, used = self._room(size if whole else 1)
            first = 0 if chunk is None else min(size, chunk.size - used)
            more = []
            done = first
            while done < size:
                # All memory is allocated before anything is written.
                another = self._new_chunk(min(size - done, self._largest()))
                another.base = self._written + done
                more.append(another)
                done += another.size
            if first == size and type(source) is bytes:
                if size:
                    chunk.memory[used : used + size] = source
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
                self._take_back(tail, more[0])
            self._granted = -1
            raise
        return size

    def _take_back(self, tail, first):
        """Undo _append() of ``first`` and what follows it, after the chunk ``tail``, as nothing was committed."""
        if first.base == self._written:
            # The reader may have gone there already. It is as good as any empty chunk.
            self._tail = tail
            self._append(first)
            tail = first
        tail.next = None
        self._tail = tail

    def eof(self, exception=None):
        """End the stream. Only the first call counts.

        Args:
            exception: what the read methods raise instead of PartialReadError once the remaining data does not suffice.

        Raises:
            TypeError: ``exception`` is no exception.
        """
        if exception is not None and not isinstance(exception, BaseException):
            if not (isinstance(exception, type) and issubclass(exception, BaseException)):
                raise TypeError("exception must be an exception, not %r" % type(exception).__name__)
        if self._eof:
            return
        self._granted = -1
        self._exception = exception
        self._eof = True
        self._let_go()

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
            sizehint: as for get_buffer(): the least room to receive into, in bytes.

        Returns:
            int or None: the number of bytes received; 0 at the end, and then eof() was called; None if a non-blocking
                ``source`` has nothing.

        Raises:
            OSError: what ``source`` raises; the Pipe is as it was before.
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
                fd = descriptor(source, "source")
                count = core_pipe.read(fd, tail.memory, self._written - tail.base, tail.size)
            if count is not None and not 0 <= count <= offered:
                raise ValueError("%r received %r bytes into %d" % (source, count, offered))
        except BaseException as error:
            self._granted = -1
            if type(error) is not BlockingIOError:  # or of a class of its own, raised by a signal handler
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
        """The number of unexamined bytes above which the writer is to pause; None: never."""
        return self._high

    @property
    def low_water(self):
        """The number of unexamined bytes at which a paused writer is to resume."""
        return self._low

    @property
    def wants_pause(self):
        """Whether the writer is to pause.

        It becomes True when more than ``high_water`` bytes are unexamined, and False when they are down to
        ``low_water``. Bytes are examined once a read method has looked at them, even if it returned None because they
        were too few. So a record larger than ``high_water`` still arrives. len() examines nothing.
        """
        if self._paused and self._unexamined() <= self._low:
            self._paused = False
        return self._paused

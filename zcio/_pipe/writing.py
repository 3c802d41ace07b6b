"""The write side of a Pipe."""

from operator import index

from zcio._call_guard import PYPY
from zcio._converters import bytes_like
from zcio._core import pipe as core_pipe
from zcio._pipe.chunk import REVIVES, Chunk, alone
from zcio._pipe.searching import Searching
from zcio._transfer.descriptors import descriptor

__all__ = ["Writing"]

# With fewer bytes left, a get_buffer without a hint takes another chunk: tiny reads cost more than the rest of a chunk.
_ROOM = 4096
# A chunk grows with what is unread, or waited for, so that much of it lies in one piece: up to so many chunk sizes
# and, where a chunk is not as large anyway, so many bytes. On PyPy large ones would pile up until the garbage collector
# comes.
_GROWTH = 1 if PYPY else 16
_MOST = 1 << 20


class Writing(Searching):
    """get_buffer, buffer_written, write, eof, recv_from, and the watermarks."""

    __slots__ = ("_high", "_low", "_paused", "_least", "_half", "_most")

    def __init__(self, pool, high_water, low_water):
        Searching.__init__(self, pool)
        if high_water is None:
            if low_water is not None:
                raise ValueError("low_water without high_water")
        else:
            high_water = index(high_water)
            low_water = max(1, high_water // 4) if low_water is None else index(low_water)
            # A writer that is to go on below 0, or as soon as it is told to pause, could wait for ever.
            if not 0 < low_water < high_water:
                raise ValueError("0 < low_water < high_water must hold, not %d and %d" % (low_water, high_water))
        self._high = high_water
        self._low = low_water
        self._paused = False
        self._least = min(_ROOM, self._chunk_size // 4)
        self._half = self._chunk_size // 2  # so much room is as good as a whole chunk
        self._most = max(self._chunk_size, min(self._chunk_size * _GROWTH, _MOST))

    # ---- room ----

    def _new_chunk(self, nbytes):
        """A chunk for at least ``nbytes`` more, behind the last one."""
        written = self._written
        grown = max(nbytes, min(self._most, max(written - self._consumed, self._wanted - written)))
        if grown > self._chunk_size:
            self._wanted = 0
            return Chunk(self._pool.take(grown), written)
        chunk = self._spare
        self._spare = None
        if chunk is None or chunk.size < nbytes or not alone(chunk):
            return Chunk(self._pool.take(self._chunk_size), written)
        chunk.shared = False
        chunk.base = written
        return chunk

    def _emptied(self, tail, nbytes):
        """Make the last chunk, of which all is consumed, an empty one: with other memory, if somebody has views of it
        and there is no room for ``nbytes`` beside them. Returns whether it is. Nobody but the writer looks at the
        memory now. Raises MemoryError."""
        if alone(tail):
            self._spare = None
        else:
            if tail.size - self._written + tail.base >= nbytes:
                return False  # there is room beside what somebody has views of
            spare = self._spare
            if spare is None or not alone(spare):
                try:
                    spare = Chunk(self._pool.take(tail.size), 0)
                except BaseException:
                    self._offered = -1
                    raise
            # What has views is used again when they are dead.
            tail.memory, spare.memory = spare.memory, tail.memory
            tail.size, spare.size = spare.size, tail.size
            self._spare = spare if REVIVES else None
        tail.shared = False
        tail.base = self._written
        return True

    def _last(self):
        """The last chunk, or None. From here on the reader leaves the chunks alone, until ``_offered`` is negative."""
        self._offered = 0
        if self._guarded:
            with self._lock:
                pass  # it lets them go just now, or saw that it must not
        return self._tail

    def _append(self, chunk):
        if self._tail is None:
            self._head = chunk
        else:
            self._tail.next = chunk
        self._tail = chunk

    def _room(self, least):
        """``(chunk, used)``: the last chunk and where its room begins; no chunk where that is below ``least``."""
        if self._eof:
            raise ValueError("write to a Pipe after eof()")
        tail = self._last()
        if tail is None:
            return None, 0
        written = self._written
        used = written - tail.base
        room = tail.size - used
        if room < least or room < self._half:
            if used and self._consumed == written and least <= tail.size == self._chunk_size:
                if (room < least or alone(tail)) and self._emptied(tail, least):
                    used = 0
            if tail.size - used < least:
                return None, 0
        return tail, used

    def get_buffer(self, sizehint=-1):
        """Room to write to: a writable memoryview of at least ``max(1, sizehint)`` bytes, mostly more.

        To be followed by buffer_written(); another get_buffer() takes its place. Who writes to an old view changes what
        nobody has read yet, but no bytes that were handed out; the memory is given back after the last view of it.
        Raises ValueError after eof(), MemoryError.
        """
        nbytes = sizehint if type(sizehint) is int else index(sizehint)
        if nbytes < 0:
            nbytes = self._least
        if not self._eof:
            # As in _room(), without the calls.
            self._offered = 0
            tail = self._last() if self._guarded else self._tail
            if tail is not None:
                used = self._written - tail.base
                room = tail.size - used
                if room >= nbytes and room >= self._half and room:
                    self._offered = room
                    return memoryview(tail.memory)[used:]
        chunk, used = self._room(nbytes or 1)
        if chunk is None:
            used = 0
            try:
                chunk = self._new_chunk(nbytes)
            except BaseException:
                self._offered = -1
                raise
            self._append(chunk)
        self._offered = chunk.size - used
        return memoryview(chunk.memory)[used:]

    def buffer_written(self, nbytes):
        """The first ``nbytes`` of the last get_buffer() are filled: they can be read now.

        Raises ValueError without a get_buffer() to account for, or for more than it gave.
        """
        if type(nbytes) is not int:
            nbytes = index(nbytes)
        offered = self._offered
        if not 0 <= nbytes <= offered:
            if offered < 0:
                raise ValueError("buffer_written() without get_buffer()")
            raise ValueError("get_buffer() gave %d bytes, not %d" % (offered, nbytes))
        # As in _commit(), without the call.
        written = self._written + nbytes
        if self._high is not None and (self._paused or written - self._consumed > self._high):
            self._account(nbytes)
        self._written = written
        self._offered = -1

    def _commit(self, nbytes):
        written = self._written + nbytes
        if self._high is not None and (self._paused or written - self._consumed > self._high):
            self._account(nbytes)
        self._written = written
        self._offered = -1

    def _account(self, nbytes):
        """Whether to pause, with ``nbytes`` more."""
        unexamined = self._unexamined()
        if unexamined <= self._low:
            self._paused = False
        if unexamined + nbytes > self._high:
            self._paused = True

    def write(self, data):
        """Append a copy of ``data``, any buffer. Returns its length in bytes. Raises ValueError after eof(), TypeError,
        MemoryError; then nothing of it was written."""
        if type(data) is bytes:
            size = len(data)
            if not self._eof:
                # As in _room() and _commit(), without the calls.
                self._offered = 0
                tail = self._last() if self._guarded else self._tail
                if tail is not None:
                    written = self._written
                    used = written - tail.base
                    stop = used + size
                    if stop > self._half:
                        if written == self._consumed and used and size <= tail.size == self._chunk_size:
                            if self._emptied(tail, size):
                                used, stop = 0, size
                        if stop > tail.size:
                            return self._write(data, size)
                    try:
                        tail.memory[used:stop] = data
                    except BaseException:
                        self._offered = -1
                        raise
                    written += size
                    if self._high is not None and (self._paused or written - self._consumed > self._high):
                        self._account(size)
                    self._written = written
                    self._offered = -1
                    return size
            return self._write(data, size)
        with bytes_like(data) as view:
            return self._write(view, view.nbytes)

    def _write(self, source, size):
        # In one piece, although that leaves room unused, unless it is too much.
        whole = size <= (self._most if self._written == self._consumed else self._chunk_size)
        chunk, used = self._room(size if whole else 1)
        try:
            first = 0 if chunk is None else min(size, chunk.size - used)
            more = []
            done = first
            while done < size:
                # All memory is there before anything is written.
                another = self._new_chunk(min(size - done, self._most))
                another.base = self._written + done
                more.append(another)
                done += another.size
            if first:
                core_pipe.copy_in(chunk.memory, used, source, 0, first)
            for another in more:
                start = another.base - self._written
                if start == 0 and type(source) is bytes and size <= another.size:
                    another.memory[0:size] = source
                else:
                    core_pipe.copy_in(another.memory, 0, source, start, min(size - start, another.size))
        except BaseException:
            self._offered = -1
            raise
        for another in more:
            self._append(another)
        self._commit(size)
        return size

    feed = write

    def eof(self, exception=None):
        """No more will be written. ``exception``: what the read methods raise once what is there does not suffice, in
        place of PartialReadError. The first call counts. Raises TypeError where that is no exception."""
        if exception is not None and not isinstance(exception, BaseException):
            if not (isinstance(exception, type) and issubclass(exception, BaseException)):
                raise TypeError("exception must be an exception, not %r" % type(exception).__name__)
        if self._eof:
            return
        self._offered = -1
        self._exception = exception
        self._eof = True
        self._bound = 0  # the last byte is read on the long way, which gives the memory back
        self._let_go()

    def closed(self):
        """Whether eof() was called."""
        return self._eof

    def recv_from(self, source, sizehint=-1):
        """Receive once from a file descriptor, or an object with recv_into() or readinto(), straight into the Pipe.

        Returns the bytes received; 0 at the end, and then eof() was called; None where a non-blocking ``source`` has
        nothing. Raises what ``source`` raises (OSError), and then the Pipe is as it was.
        """
        view = self.get_buffer(sizehint)
        offered = self._offered
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
        except BlockingIOError:
            pass
        except BaseException:
            self._offered = -1
            raise
        if count:
            self._commit(count)
        else:
            self._offered = -1
            if count is not None:
                self.eof()
        return count

    # ---- watermarks ----

    @property
    def high_water(self):
        """Above how many unexamined bytes the writer is to pause; None: never."""
        return self._high

    @property
    def low_water(self):
        """At how many unexamined bytes it is to go on."""
        return self._low

    @property
    def wants_pause(self):
        """Whether the writer is to pause: more than ``high_water`` bytes were unexamined, and not ``low_water`` since.

        Examined is what a read method looked at, even where it then returned None for want of more: so a record larger
        than ``high_water`` still arrives. len() examines nothing.
        """
        if self._paused and self._unexamined() <= self._low:
            self._paused = False
        return self._paused

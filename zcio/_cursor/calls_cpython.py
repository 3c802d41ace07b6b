"""The calls of MemoryCursor that loops are made of, on CPython: few steps of Python, each on something written in C.

Each goes its shortest way where nothing is unusual, and else to its slow twin in ``over_memory``.
"""

import sys
from functools import lru_cache
from io import BytesIO
from itertools import chain
from struct import Struct, error

from zcio._converters import optional_ssize
from zcio._cursor.lines import blocks
from zcio._cursor.memory import NO_SIZE, STRETCH
from zcio._positional_only import positional_only

__all__ = ["PATIENCE", "UNKNOWN", "Calls"]

#: After how many reads it is looked whether they are still of one size; where that was soon over again, after more, and
#: at last no more.
PATIENCE = 8
_MANY = 2048
_ENDLESS = sys.maxsize

# What is read in more at once spends its time in copying.
_LARGEST_STEP = 64 * 1024

#: The next of the lines that are ahead is what this, a function, gives.
UNKNOWN = None

# Compared by identity, which for small ints is that by value.
_ALL = -1

# Up to here copying twice is faster than making views to copy once.
_SMALL = 1024

# The longest line, and how many bytes of lines, that are worth having ahead.
_SHORT = 128
_AHEAD = 4096


# What puts so many bytes into a buffer of at least as many, by size.
_pack_into = {}


@lru_cache(maxsize=64)
def _steps(size):
    """What makes an iterator over a buffer's bytes, ``size`` at a time, each in a tuple of its own."""
    return Struct("%ds" % size).iter_unpack


class Calls:
    __slots__ = ()

    @positional_only
    def read(self, size=-1):
        """Read up to ``size`` bytes, all of the rest for None or a negative ``size``. Returns bytes."""
        if size is self._same_size:
            for (data,) in self._same:
                return data
        if type(size) is int and size >= 0:
            start = self._position
            stop = start + size
            if stop <= self._reach:
                data = self._memory[start:stop]
                self._position = stop
                return data
        return self._read(size)

    read1 = read

    def _read(self, size):
        wanted = optional_ssize(size)
        if self._end < 0:
            self._ready()
        if size is self._last_size and self._position == self._reach:
            for (data,) in self._repeat(size):
                return data
        start, stop = self._range(wanted)
        data = self._memory[start:stop]
        if type(size) is int and 0 < size <= _LARGEST_STEP:
            if start > self._reach:
                self._wait_longer()  # a jump
            self._last_size = size
            self._reach = min(stop + self._patience * size, self._end)
        self._position = stop
        return data

    # Reads of one size in a row, which it is where so many ended where they should: an iterator of struct reads the
    # memory and counts, in C, until something else is asked for; then the position is asked of it.

    def _repeat(self, size):
        """An iterator that gives the next ``size`` bytes as often as there are as many, in tuples of one; an empty one
        where it would not be worth it."""
        start = self._position
        count = (self._end - start) // size
        view = self._view
        if count < PATIENCE or view is None:
            return ()
        try:
            same = _steps(size)(view[start : start + count * size])
        except ValueError:  # another thread closed the cursor
            return ()
        self._repeating = same, start, size, count
        self._next_line = None
        self._end = self._reach = self._limit = -1
        self._same = same
        self._same_size = size
        if self._view is None:
            self._forget()
        return same

    def _stop_repeating(self, repeating):
        self._same = ()
        self._same_size = NO_SIZE
        self._repeating = None
        same, start, size, count = repeating
        count -= same.__length_hint__()
        self._position = start + count * size
        if count > 2 * PATIENCE:
            self._patience = PATIENCE
        else:
            self._last_size = NO_SIZE
            self._wait_longer()

    def _wait_longer(self):
        patience = 4 * self._patience
        self._patience = patience if patience <= _MANY else _ENDLESS

    def _rewound(self):
        """It is read once more, perhaps in another way."""
        self._last_size = NO_SIZE
        self._reach = 0
        self._patience = max(min(self._patience, _MANY) // 2, PATIENCE)

    @positional_only
    def readinto(self, buffer):
        """Read into ``buffer``, any writable C-contiguous one, which may lie in the same memory. Returns how many bytes
        that was."""
        kind = type(buffer)
        try:
            if kind is bytearray:
                size = len(buffer)
                start = self._position
                stop = start + size
                if stop <= self._end:
                    if size <= _SMALL:
                        _pack_into[size](buffer, 0, self._memory[start:stop])
                    else:
                        memoryview(buffer)[:] = self._view[start:stop]  # a move, where the two overlap
                    self._position = stop
                    return size
            elif kind is memoryview and buffer.c_contiguous:
                size = len(buffer)
                start = self._position
                stop = start + size
                if stop <= self._end:
                    # Refused where the items are not bytes in one dimension.
                    buffer[:] = self._memory[start:stop] if size <= _SMALL else self._view[start:stop]
                    self._position = stop
                    return size
        except KeyError:
            _pack_into[size] = Struct("%ds" % size).pack_into
        except (NotImplementedError, TypeError, ValueError, error):
            pass  # not such a view; or another thread closed this, or resized that
        return self._read_into(buffer, "readinto")

    # A line that was read ahead is given only if the memory still begins with it, wherever the position is by now.

    @positional_only
    def readline(self, size=-1):
        """Read up to and including the next newline, at most ``size`` bytes where that is not negative."""
        if size is _ALL:
            ahead = self._next_line
            start = self._position
            if ahead is not None:
                line = ahead()
                stop = start + len(line)
                if line and self._memory[start:stop] == line:
                    self._position = stop
                    return line
            if start < self._end:
                find = self._find
                memory = self._memory  # another thread may close the cursor during the call
                stop = 0 if find is None else find(b"\n", start, start + STRETCH) + 1
                if stop:
                    line = memory[start:stop]
                    self._position = stop
                    if stop - start <= _SHORT:
                        self._look_ahead(start, stop)
                    return line
        return self._read_line(size)

    def __next__(self):
        ahead = self._next_line
        if ahead is not None:
            line = ahead()
            start = self._position
            stop = start + len(line)
            if line and self._memory[start:stop] == line:
                self._position = stop
                return line
        line = Calls.readline(self)
        if not line:
            raise StopIteration
        return line

    def _look_ahead(self, start, stop):
        """After the line at ``[start:stop]``: have lines ahead where one is read after the other."""
        self._next_line = None
        if start == self._lines_end and stop - start <= _SHORT:
            ahead = self._memory[stop : stop + _AHEAD]
            length = ahead.rfind(b"\n") + 1
            if length:
                self._next_line = BytesIO(ahead[:length]).readline
                stop += length
        self._lines_end = stop

    def _lines(self):
        return list(chain.from_iterable(blocks(self)))

    def __iter__(self):
        """An iterator of the lines, which reads up to 120 KiB of them ahead; the position is always that of the line
        after the last one given."""
        if type(self).__next__ is not _next:
            return self
        return chain.from_iterable(blocks(self))


_next = Calls.__next__

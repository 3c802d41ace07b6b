"""The calls of MemoryCursor that loops are made of, on CPython: few steps of Python, each on something written in C.

Each goes its shortest way where nothing is unusual, and else to its slow twin in ``over_memory``.
"""

from io import BytesIO
from itertools import chain
from struct import Struct, error

from zcio._cursor.lines import blocks
from zcio._cursor.memory import STRETCH
from zcio._signature import positional_only

__all__ = ["UNKNOWN", "Calls"]

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


class Calls:
    __slots__ = ()

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
        """An iterator of the lines, which reads up to 64 KiB of them ahead; the position is always that of the line
        after the last one given."""
        if type(self).__next__ is not _next:
            return self
        return chain.from_iterable(blocks(self))


_next = Calls.__next__

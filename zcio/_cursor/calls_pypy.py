"""The calls of MemoryCursor that loops are made of, on PyPy, whose compiler makes few instructions of them.

Each goes its shortest way where nothing is unusual, and else to its slow twin in ``over_memory``.
"""

from zcio._converters import optional_ssize
from zcio._core.memory import offset_in, put
from zcio._positional_only import positional_only

__all__ = ["PATIENCE", "UNKNOWN", "Calls"]

# In more bytes than this the core finds the newline faster.
_NEAR = 512

_LONGEST = 64 * 1024

#: About how long the next line is.
UNKNOWN = 40

# How much more than the last line's length is looked at for the next one's.
_MARGIN = 24

#: Reads of one size are not told from others.
PATIENCE = None


class Calls:
    __slots__ = ()

    @positional_only
    def read(self, size=-1):
        """Read up to ``size`` bytes, all of the rest for None or a negative ``size``. Returns bytes."""
        if type(size) is int and size >= 0:
            start = self._position
            stop = start + size
            if stop <= self._end:
                data = self._memory[start:stop]
                self._position = stop
                return data
        return self._read(size)

    read1 = read

    def _read(self, size):
        start, stop = self._range(optional_ssize(size))
        data = self._memory[start:stop]
        self._position = stop
        return data

    def _rewound(self):
        pass

    @positional_only
    def readinto(self, buffer):
        """Read into ``buffer``, any writable C-contiguous one, which may lie in the same memory. Returns how many bytes
        that was."""
        if type(buffer) is bytearray:
            size = len(buffer)
            start = self._position
            stop = start + size
            if stop <= self._end:
                data = self._memory[start:stop]
                try:
                    put(buffer, slice(0, size), data)
                    self._position = stop
                    return size
                except ValueError:  # resized by another thread
                    pass
        return self._read_into(buffer, "readinto")

    @positional_only
    def readline(self, size=-1):
        """Read up to and including the next newline, at most ``size`` bytes where that is not negative."""
        if type(size) is int and size == -1:
            start = self._position
            if start < self._end:
                near = 2 * self._next_line + _MARGIN
                glance = self._memory[start : min(start + near, self._end)]
                found = glance.find(b"\n") if near <= _NEAR else offset_in(glance, b"\n")
                if found >= 0:
                    self._next_line = min(found, _LONGEST)
                    found += 1
                    self._position = start + found
                    return glance[:found]
        return self._read_line(size)

    def _look_ahead(self, start, stop):
        """After the line at ``[start:stop]``: look at about as much for the next one."""
        self._next_line = min(stop - start, _LONGEST)

    def __next__(self):
        start = self._position
        if start < self._end:
            near = 2 * self._next_line + _MARGIN
            if near <= _NEAR:
                glance = self._memory[start : min(start + near, self._end)]
                found = glance.find(b"\n") + 1
                if found:
                    self._next_line = found
                    self._position = start + found
                    return glance[:found]
        line = Calls.readline(self)
        if not line:
            raise StopIteration
        return line

    def _lines(self):
        lines = []
        while True:
            line = Calls.readline(self)
            if not line:
                return lines
            lines.append(line)

    def __iter__(self):
        return self

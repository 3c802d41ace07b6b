"""What a Cursor over any buffer has beyond every standard library."""

from zcio._converters import as_bytes, optional_ssize, ssize
from zcio._cursor.memory import offset_of, stop_of
from zcio._positional_only import positional_only

__all__ = ["Additions"]

_PEEKED = 128 * 1024  # 3.16's io.DEFAULT_BUFFER_SIZE


class Additions:
    """For MemoryCursor, on whose ``_range`` and memory all of this works."""

    __slots__ = ()

    @positional_only
    def peek(self, size=0):
        """The next ``size`` bytes, or as many as there are, without advancing; up to 128 KiB where it is below 1."""
        size = ssize(size)
        start, stop = self._range(size if size > 0 else _PEEKED)
        return self._memory[start:stop]

    def remaining(self):
        """How many bytes there are from the position to the end, 0 also behind that."""
        start, stop = self._range(-1)
        return stop - start

    @positional_only
    def read_view(self, size=-1):
        """Read as read() does, but return a memoryview of the memory itself.

        It is writable where the cursor is, and holds the memory until it is released, also after close().
        """
        size = optional_ssize(size)
        whole = self._view  # another thread may close; what is released raises ValueError
        start, stop = self._range(size)
        if start == stop:
            return memoryview(b"")
        view = whole[start:stop]
        self._position = stop
        return view

    @positional_only
    def read_buffer(self, size=None):
        """``read_view`` by the name under which pyarrow asks for it."""
        return Additions.read_view(self, size)

    @positional_only
    def find(self, sub):
        """The offset of the next ``sub``, any bytes-like object, from the position on, or -1; the position stays."""
        sub = as_bytes(sub)
        view = self._view
        start, stop = self._range(-1)
        if not sub:
            return start if start <= self._size else -1
        return offset_of(self._memory, view, sub, start, stop)

    @positional_only
    def readuntil(self, separator=b"\n"):
        """Read up to and including the next ``separator``, or to the end where there is none, as readline does.

        Returns bytes, b"" only at the end. Raises ValueError where ``separator``, any bytes-like object, is empty.
        """
        separator = as_bytes(separator)
        if not separator:
            raise ValueError("empty separator")
        view = self._view
        start, stop = self._range(-1)
        if start < stop:
            stop = stop_of(self, view, separator, start, stop)
        data = self._memory[start:stop]
        self._position = stop
        return data

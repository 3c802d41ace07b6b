"""``StreamReader._buffer``, which is a bytearray in asyncio: the unread bytes of the Pipe under the same operations."""

__all__ = ["UnreadBytes"]


def _data(value):
    return value._bytes() if type(value) is UnreadBytes else value


class UnreadBytes:
    """The operations that clients perform on ``StreamReader._buffer``, over the reader's Pipe.

    asyncio does not document the attribute, but redis-py, aiosmtpd, aioconsole and ``loop.start_tls`` of CPython 3.15
    use it. Operations that only read work as on bytes. Of those that change a bytearray, there are the ones that make
    sense for a stream: append at the end, delete from the beginning, clear.
    """

    __slots__ = ("_pipe",)
    __hash__ = None

    def __init__(self, pipe):
        self._pipe = pipe

    def _bytes(self):
        pipe = self._pipe
        return pipe.peekexact(len(pipe))  # peek() would raise the exception of a lost connection

    def __len__(self):
        return len(self._pipe)

    def __reduce__(self):
        return bytearray, (self._bytes(),)

    def __bytes__(self):
        return self._bytes()

    def __buffer__(self, flags):
        # Python 3.12 and later.
        return memoryview(self._bytes())

    def __getitem__(self, key):
        data = self._bytes()[key]
        return bytearray(data) if isinstance(key, slice) else data

    def __delitem__(self, key):
        if not isinstance(key, slice):
            raise TypeError("only a slice at the beginning of the unread bytes can be deleted")
        start, stop, step = key.indices(len(self))
        if step != 1 or (start > 0 and stop > start):
            raise ValueError("only a slice at the beginning of the unread bytes can be deleted")
        self._pipe.skip(max(0, stop - start))

    def __iter__(self):
        return iter(self._bytes())

    def __contains__(self, item):
        return item in self._bytes()

    def __eq__(self, other):
        other = _data(other)
        if not isinstance(other, (bytes, bytearray, memoryview)):
            return NotImplemented
        return self._bytes() == other

    def __ne__(self, other):
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __add__(self, other):
        return bytearray(self._bytes()) + _data(other)

    def __iadd__(self, other):
        self.extend(other)
        return self

    def __repr__(self):
        return repr(bytearray(self._bytes()))

    def __getattr__(self, name):
        # The methods of bytes that have no own definition here: index, count, endswith, decode, split, ...
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return getattr(self._bytes(), name)
        except AttributeError:
            raise AttributeError("the unread bytes of a zcio StreamReader have no %r" % name) from None

    def find(self, sub, start=0, end=None):
        """As ``bytearray.find``."""
        if type(start) is int and start >= 0 and (end is None or type(end) is int and end >= 0):
            return self._pipe.find(sub, start, end)
        return self._bytes().find(sub, start, end)

    def startswith(self, prefix, *bounds):
        """As ``bytearray.startswith``."""
        return self._bytes().startswith(prefix, *bounds)

    def extend(self, data):
        """Append bytes, or an iterable of ints."""
        collected = bytearray()
        collected.extend(data)
        self._pipe._adopt(bytes(collected))

    def append(self, byte):
        """Append one byte, an int."""
        self._pipe._adopt(bytes((byte,)))

    def clear(self):
        """Drop everything that is unread."""
        self._pipe.skip()

    def copy(self):
        """As ``bytearray.copy``."""
        return bytearray(self._bytes())

    def take_bytes(self, n=None):
        """As ``bytearray.take_bytes`` of Python 3.15: remove and return the first ``n`` bytes, or all."""
        size = len(self)
        n = size if n is None else n + size if n < 0 else n
        if not 0 <= n <= size:
            raise IndexError("can't take %d bytes outside size %d" % (n, size))
        return self._pipe.readexact(n)

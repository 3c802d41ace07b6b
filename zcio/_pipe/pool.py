"""Pool, which lends chunks of memory to Pipes."""

import os
import sys

from zcio._converters import integer, ssize
from zcio._core import pipe as core_pipe

__all__ = ["Pool", "default_pool"]

_LARGEST = (sys.maxsize + 1) // 2  # the largest power of two that is a C ssize_t


class Pool:
    """Lends page-aligned chunks of memory to Pipes, and keeps returned ones for the next Pipe.

    A chunk returns when the last view of it dies; on PyPy that is when the garbage collector runs. Any number of
    threads may use a pool.

    Args:
        chunk_size: the number of bytes in a chunk. For more in one piece, a Pipe gets the next power of two.
        max_retained: the number of bytes of idle chunks to keep; above that, those idle for longest are unmapped.
        debug: overwrite returned memory with 0xDD, so that a use after free shows. None: if the environment variable
            ZCIO_PIPE_DEBUG is set.

    Raises:
        ValueError: a size is out of range.
        OverflowError: a size does not fit a C ssize_t.
        MemoryError: there is no memory for the pool.
    """

    __slots__ = ("chunk_size", "max_retained", "debug", "_handle")

    def __init__(self, chunk_size=65536, max_retained=16 << 20, debug=None):
        chunk_size, max_retained = ssize(chunk_size), ssize(max_retained)
        if not 0 < chunk_size <= _LARGEST:
            raise ValueError("chunk_size must be positive and no more than 2**%d" % (_LARGEST.bit_length() - 1))
        if max_retained < 0:
            raise ValueError("max_retained must not be negative")
        self.chunk_size = chunk_size
        self.max_retained = max_retained
        self.debug = bool(os.environ.get("ZCIO_PIPE_DEBUG")) if debug is None else bool(debug)
        self._handle = core_pipe.pool_new(max_retained, self.debug)

    def take(self, nbytes):
        """Take a chunk.

        Args:
            nbytes: the smallest size that is useful.

        Returns:
            A writable buffer of ``chunk_size`` bytes or, if that is too small, of the next power of two. The memory
            returns to the pool when the buffer and all views of it are dead.

        Raises:
            TypeError: ``nbytes`` is not an integer.
            MemoryError: there is no memory.
        """
        nbytes = integer(nbytes)
        size = self.chunk_size
        if nbytes > size:
            if nbytes > _LARGEST:
                raise MemoryError("no memory for a chunk of %d bytes" % nbytes)
            size = 1 << (nbytes - 1).bit_length()
        return core_pipe.chunk_new(self._handle, size)

    def stats(self):
        """Return the pool's counters.

        Returns:
            dict of str to int: chunks ``allocated``, ``reused`` and ``freed`` since the beginning; chunks ``lent`` now,
            with ``lent_bytes`` and ``lent_bytes_peak``; idle chunks ``retained`` now, with ``retained_bytes``.
        """
        return core_pipe.pool_stats(self._handle)

    def clear(self):
        """Unmap the idle chunks."""
        core_pipe.pool_clear(self._handle)

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)

    def __repr__(self):
        return "Pool(chunk_size=%d, max_retained=%d)" % (self.chunk_size, self.max_retained)


_default = []


def default_pool():
    """The pool of every Pipe that was given none."""
    if not _default:
        _default.append(Pool())  # if two threads do so at once, the second Pool is never used
    return _default[0]

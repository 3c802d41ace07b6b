"""The native calls of ``zcio.pipe``: pools and chunks, searches across chunks, read(2) and writev(2).

A chunk is an ``ffi.buffer``: its slices are bytes, and a memoryview of it keeps it alive. When it is collected, after
the last view of it, its memory returns to the pool.
"""

import errno
import sys

from zcio._core import BYTES, COPIES_BYTES, fail, ffi, from_buffer, lib, own_new, owner_of_next, pause

__all__ = ["chunk_new", "copy_in", "join", "pool_clear", "pool_new", "pool_stats", "read", "spans_find", "writev"]

_NOT_FOUND = lib.ZCIO_NOT_FOUND
_PAUSED = lib.ZCIO_PAUSED
_release = ffi.release

_POOL = ffi.typeof("zcio_pool *")
_POINTERS = ffi.typeof("uint8_t *[1]")
_SPANS = ffi.typeof("zcio_span[]")
_STATS = ffi.typeof("zcio_pool_stats")


def pool_new(max_retained, poison):
    """A pool that keeps at most ``max_retained`` bytes of idle chunks. Raises MemoryError."""
    return own_new(_POOL, lib.zcio_pool_free, lib.zcio_pool_new, max_retained, poison)


def pool_stats(pool):
    """The counters of a pool, as a dict of ints."""
    stats = ffi.new("zcio_pool_stats *")
    code = lib.zcio_pool_read_stats(pool, stats)
    if code < 0:
        fail(code)
    return {name: getattr(stats, name) for name, _ in _STATS.fields}


def pool_clear(pool):
    """Give the idle chunks back to the system."""
    code = lib.zcio_pool_clear(pool)
    if code < 0:
        fail(code)


def chunk_new(pool, size):
    """A chunk of ``size`` bytes. Raises MemoryError, OverflowError."""
    out = ffi.new(_POINTERS)
    # The call returns 0, which is the index of the address, or an error, which is negative and so no index.
    taken = map(out.__getitem__, map(lib.zcio_pool_take, (pool,), (size,), (out,)))
    make = owner_of_next(taken, lib.zcio_chunk_free, size)
    try:
        chunk = make()
    except (IndexError, MemoryError) as error:
        if error.__traceback__.tb_next is not None:
            raise  # a signal handler's; the chunk has its owner, or was not taken
        if out[0] != ffi.NULL:
            lib.zcio_chunk_free(out[0])  # there was no memory for its owner
        raise MemoryError("no memory for a chunk of %d bytes" % size) from None
    return ffi.buffer(chunk, size)


def is_chunk(buffer):
    """Whether ``buffer`` is a chunk that chunk_new() made."""
    if type(buffer) is not ffi.buffer:
        return False
    with from_buffer(BYTES, buffer) as memory:
        return lib.zcio_chunk_is_lent(memory) == 1


def copy_in(target, at, source, start, nbytes):
    """``target[at : at + nbytes] = source[start : start + nbytes]``, in bytes, for any two buffers. The caller has
    checked both ranges, and that the target is writable."""
    if COPIES_BYTES and type(source) is bytes:
        _check_range(target, at, at + nbytes)
        target[at : at + nbytes] = source[start : start + nbytes]
        return
    with from_buffer(BYTES, target) as to, from_buffer(BYTES, source) as what:
        _check_range(to, at, at + nbytes)
        _check_range(what, start, start + nbytes)
        ffi.memmove(to + at, what + start, nbytes)


def _check_range(memory, start, end):
    # Two threads on one side of a Pipe, or a signal handler that uses it, may make its positions wrong. Native code
    # must not access memory outside a chunk because of that.
    if not 0 <= start <= end <= len(memory):
        raise RuntimeError("another thread uses this Pipe")


class _Spans:
    """A context manager that gives the array of spans for a native call, and holds the buffer exports meanwhile."""

    __slots__ = ("pieces", "exports")

    def __init__(self, pieces):
        self.pieces = pieces
        self.exports = []

    def __enter__(self):
        array = ffi.new(_SPANS, len(self.pieces))
        for span, (buffer, start, end) in zip(array, self.pieces):
            memory = from_buffer(BYTES, buffer)
            self.exports.append(memory)
            _check_range(memory, start, end)
            span.data = memory + start
            span.len = end - start
        return array

    def __exit__(self, *exc_info):
        for memory in self.exports:
            _release(memory)


def spans_find(pieces, needle, start):
    """The lowest offset at or after ``start`` of ``needle``, bytes, in the concatenation of ``pieces``, or -1.

    ``pieces`` is a list of ``(chunk, start, end)``.
    """
    count, size = len(pieces), len(needle)
    with _Spans(pieces) as spans:
        found = lib.zcio_spans_find(spans, count, needle, size, start)
        while found <= _PAUSED:
            pause()
            found = lib.zcio_spans_find(spans, count, needle, size, _PAUSED - found)
    if found >= 0:
        return found
    if found != _NOT_FOUND:
        fail(found)
    return -1


def read(descriptor, buffer, start, end):
    """read(2) on a Descriptor into ``buffer[start:end]``, again after a signal. Returns the bytes read. Raises
    OSError."""
    with from_buffer(BYTES, buffer) as memory:
        _check_range(memory, start, end)
        while True:
            count = descriptor.call(lib.zcio_read, memory + start, end - start)
            if count >= 0:
                return count
            if count != -errno.EINTR:
                fail(count)
            pause()


def writev(descriptor, pieces):
    """writev(2) on a Descriptor of pieces as in spans_find, again after a signal. Returns the number of bytes written.
    Raises OSError."""
    with _Spans(pieces) as spans:
        while True:
            count = descriptor.call(lib.zcio_writev, spans, len(pieces))
            if count >= 0:
                return count
            if count != -errno.EINTR:
                fail(count)
            pause()


if sys.implementation.name == "pypy":

    def join(pieces):
        """The bytes of pieces as in spans_find, as one."""
        return b"".join([chunk[start:end] for chunk, start, end in pieces])

else:

    def join(pieces):
        """The bytes of pieces as in spans_find, as one."""
        return b"".join([memoryview(chunk)[start:end] for chunk, start, end in pieces])

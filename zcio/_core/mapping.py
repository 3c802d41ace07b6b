"""Mappings: the constants, and the system calls on a mapping, whose buffer export is held for the call."""

from zcio._core import BYTES, fail, ffi, from_buffer, lib

__all__ = [
    "madvise",
    "map_constants",
    "map_file",
    "may_grow",
    "msync",
    "set_name",
]


def map_constants():
    """The memory-mapping constants of this platform: a dict of ints by name."""
    words = lib.zcio_map_constants()
    if words == ffi.NULL:
        raise MemoryError("no memory for the constants")
    words = ffi.string(words).decode("ascii").split()
    return {name: int(value) for name, _, value in (word.partition("=") for word in words)}


def map_file(buffer, fd, offset, prot, flags):
    """Map a file over all of ``buffer``, atomically. Raises OSError; the buffer is then unchanged."""
    with from_buffer(BYTES, buffer) as memory:
        code = lib.zcio_map_file(memory, len(memory), fd, offset, prot, flags)
    if code < 0:
        fail(code)


def may_grow(buffer, size):
    """Raise OSError if mremap(2) would refuse to grow the mapping ``buffer`` to ``size`` bytes, apart from a lack of
    address space."""
    with from_buffer(BYTES, buffer) as memory:
        code = lib.zcio_may_grow(memory, len(memory), size)
    if code < 0:
        fail(code)


def _check_range(memory, offset, length):
    # A signal handler or another thread may have resized the mapping since its length was asked for.
    if offset + length > len(memory):
        raise ValueError("the mapping was resized meanwhile")


def msync(buffer, offset, length, flags):
    """msync(2) of a range of ``buffer``. Raises OSError, and ValueError if the range does not lie inside."""
    with from_buffer(BYTES, buffer) as memory:
        _check_range(memory, offset, length)
        code = lib.zcio_msync(memory, offset, length, flags)
    if code < 0:
        fail(code)


def madvise(buffer, offset, length, advice):
    """madvise(2) of a range of ``buffer``. Raises OSError, and ValueError if the range does not lie inside."""
    with from_buffer(BYTES, buffer) as memory:
        _check_range(memory, offset, length)
        code = lib.zcio_madvise(memory, offset, length, advice)
    if code < 0:
        fail(code)


def set_name(buffer, name):
    """Name an anonymous mapping in /proc/self/maps; ``name`` is bytes. Raises OSError: EINVAL if the kernel cannot."""
    with from_buffer(BYTES, buffer) as memory:
        code = lib.zcio_set_name(memory, len(memory), name)
    if code < 0:
        fail(code)

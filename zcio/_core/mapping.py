"""The constants of mappings, and system calls on mappings, whose buffer export is held during the call.

No variable has the export: if a signal handler raises, the frame, which the exception keeps, would hold it, and the
mapping could not be closed.
"""

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
    code = lib.zcio_map_file(from_buffer(BYTES, buffer), _size(buffer), fd, offset, prot, flags)
    if code < 0:
        fail(code)


def may_grow(buffer, size):
    """Raise OSError if mremap(2) would refuse to grow the mapping ``buffer`` to ``size`` bytes, apart from a lack of
    address space."""
    code = lib.zcio_may_grow(from_buffer(BYTES, buffer), _size(buffer), size)
    if code < 0:
        fail(code)


def _size(buffer):
    """The size of ``buffer`` in bytes. It stays if the export is held already."""
    return memoryview(buffer).nbytes


def _inside(buffer, offset, length):
    # A signal handler or another thread may have resized the mapping since the caller asked for its length.
    if offset + length > _size(buffer):
        raise ValueError("the mapping was resized meanwhile")
    return offset


def msync(buffer, offset, length, flags):
    """msync(2) of a range of ``buffer``. Raises OSError, and ValueError if the range does not lie inside."""
    code = lib.zcio_msync(from_buffer(BYTES, buffer), _inside(buffer, offset, length), length, flags)
    if code < 0:
        fail(code)


def madvise(buffer, offset, length, advice):
    """madvise(2) of a range of ``buffer``. Raises OSError, and ValueError if the range does not lie inside."""
    code = lib.zcio_madvise(from_buffer(BYTES, buffer), _inside(buffer, offset, length), length, advice)
    if code < 0:
        fail(code)


def set_name(buffer, name):
    """Name an anonymous mapping in /proc/self/maps; ``name`` is bytes. Raises OSError: EINVAL if the kernel cannot."""
    code = lib.zcio_set_name(from_buffer(BYTES, buffer), _size(buffer), name)
    if code < 0:
        fail(code)

"""Guards of mappings, from the core: a page that is gone is replaced by zeros and counted. Linux only."""

from zcio._core import BYTES, fail, ffi, lib

__all__ = [
    "NO_FAULTS",
    "guard_closing",
    "guard_first",
    "guard_forget",
    "guard_free",
    "guard_new",
    "guard_reinstall",
    "guard_remap_file",
    "guards",
]

_NOT_FOUND = lib.ZCIO_NOT_FOUND

#: The count of faults of a mapping without a guard: ``NO_FAULTS[0]`` is always 0.
NO_FAULTS = ffi.new("uint64_t[1]")


def guard_new(buffer, writable):
    """Guard the mapping ``buffer``. The first guard of the process installs the handler of SIGBUS.

    Args:
        buffer: A whole mapping.
        writable: Whether its pages can be written.

    Returns:
        The guard, which ends with guard_free() or its last reference, and a pointer to its count of faults.

    Raises:
        OSError: ENOMEM.
        NotImplementedError: On other systems than Linux.
    """
    out = ffi.new("zcio_guard **")
    with ffi.from_buffer(BYTES, buffer) as memory:
        code = lib.zcio_guard_new(memory, len(memory), writable, out)
    if code < 0:
        fail(code)
    guard = ffi.gc(out[0], lib.zcio_guard_free)
    return guard, lib.zcio_guard_count(guard)


def guard_closing(guard, closing):
    """Say that the mapping is about to be unmapped, or (``closing`` false) that this failed."""
    code = lib.zcio_guard_closing(guard, closing)
    if code < 0:
        fail(code)


def guard_free(guard):
    """End the guard now, whoever else refers to it. The mapping must be there still, or the guard be closing."""
    ffi.release(guard)


def guard_remap_file(buffer, guard):
    """Put the file back under the replaced pages of ``buffer``.

    Returns:
        The count of faults up to which no zeros are left.

    Raises:
        OSError: EIO if the file cannot be put back, as in a private mapping.
    """
    with ffi.from_buffer(BYTES, buffer):
        count = lib.zcio_guard_remap_file(guard)
    if count < 0:
        fail(count)
    return count


def guard_first(guard, since_remap=False):
    """Return the offset of the first fault since guard_forget() or guard_remap_file(), or None."""
    offset = lib.zcio_guard_first(guard, since_remap)
    if offset < 0:
        if offset != _NOT_FOUND:
            fail(offset)
        return None
    return offset


def guard_forget(guard):
    """Forget the first fault."""
    code = lib.zcio_guard_forget(guard)
    if code < 0:
        fail(code)


def guard_reinstall():
    """Move the handler of SIGBUS to the front again if another one was installed since. Raises OSError ENOMEM."""
    code = lib.zcio_guard_reinstall()
    if code < 0:
        fail(code)


def guards():
    """Return the number of guards in this process."""
    return lib.zcio_guards()

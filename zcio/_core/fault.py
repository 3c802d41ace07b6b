"""Guards of mappings whose pages can go away, as the core has them."""

from zcio._core import BYTES, fail, ffi, lib

__all__ = [
    "NO_FAULTS",
    "guard_first",
    "guard_forget",
    "guard_free",
    "guard_front",
    "guard_new",
    "guard_settle",
    "guards",
]

_NOT_FOUND = lib.ZCIO_NOT_FOUND

#: The count of faults of a mapping that has no guard (any more): ``NO_FAULTS[0]`` is 0.
NO_FAULTS = ffi.new("uint64_t[1]")


def guard_new(buffer, writable):
    """A guard of the mapping ``buffer``, and its count of faults, a pointer whose item 0 is read with the GIL held.

    The guard ends with its last reference or with guard_free. Raises OSError: ENOSYS where there is no such thing.
    """
    out = ffi.new("zcio_guard **")
    with ffi.from_buffer(BYTES, buffer) as memory:
        code = lib.zcio_guard_new(memory, len(memory), writable, out)
    if code < 0:
        fail(code)
    guard = ffi.gc(out[0], lib.zcio_guard_free)
    return guard, lib.zcio_guard_count(guard)


def guard_free(guard):
    """End the guard now, for whoever has it."""
    ffi.release(guard)


def guard_settle(buffer, guard):
    """Put the file back under replaced pages of ``buffer``. Returns the count of faults up to which that was done.

    Raises OSError EIO where the file cannot be put back.
    """
    with ffi.from_buffer(BYTES, buffer):
        count = lib.zcio_guard_settle(guard)
    if count < 0:
        fail(count)
    return count


def guard_first(guard, unsettled=False):
    """The offset of the first fault since guard_forget (``unsettled``: since guard_settle), or None."""
    offset = lib.zcio_guard_first(guard, unsettled)
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


def guard_front():
    """Have the handler of SIGBUS in front of one that was installed since. Raises OSError."""
    code = lib.zcio_guard_front()
    if code < 0:
        fail(code)


def guards():
    """How many guards there are in this process."""
    return lib.zcio_guards()

"""Guards of mappings: the core replaces a page that is gone by zeros and counts the fault. Linux only.

No local variable refers to the buffer export of a mapping. If a signal handler raised before the end of a ``with``, the
exception would keep the frame, the frame would hold the export, and the mapping could not be closed.
"""

from errno import EIO, ESTALE

from zcio._core import BYTES, fail, ffi, lib, own

__all__ = [
    "NO_FAULTS",
    "guard_closing",
    "guard_first",
    "guard_forget",
    "guard_free",
    "guard_count",
    "guard_new",
    "guard_place",
    "guard_reinstall",
    "guard_remap_file",
    "guard_stays",
    "guards",
]

_NOT_FOUND = lib.ZCIO_NOT_FOUND

#: The count of faults of a mapping without a guard: ``NO_FAULTS[0]`` is always 0.
NO_FAULTS = ffi.new("uint64_t[1]")


def guard_place():
    """Return ``place`` and an owner: ``place[0]`` is a guard or NULL, and ends at the latest with the owner."""
    place = ffi.new("zcio_guard **")
    return place, own(place, lib.zcio_guard_free, ffi.sizeof(place))


def guard_new(buffer, place, writable):
    """Guard the mapping ``buffer``. The first guard of the process installs the handler of SIGBUS.

    Args:
        buffer: A whole mapping.
        place: Where the guard comes to be; NULL is there.
        writable: Whether its pages can be written.

    Raises:
        OSError: ENOMEM.
        NotImplementedError: On other systems than Linux.
    """
    code = lib.zcio_guard_new(ffi.from_buffer(BYTES, buffer), memoryview(buffer).nbytes, writable, place)
    if code < 0:
        fail(code)


def guard_count(guard):
    """Return a pointer to the guard's count of faults, which is never freed."""
    return lib.zcio_guard_count(guard)


def guard_closing(guard):
    """Announce that the mapping is about to be unmapped."""
    code = lib.zcio_guard_closing(guard)
    if code < 0:
        fail(code)


def guard_stays(buffer, guard):
    """Undo guard_closing() if ``guard`` is for the mapping ``buffer``. Return whether it is."""
    return lib.zcio_guard_stays(guard, ffi.from_buffer(BYTES, buffer), memoryview(buffer).nbytes) == 1


def guard_free(place):
    """End the guard, if there is one. The mapping must be there still, or the guard be closing."""
    lib.zcio_guard_free(place)


def guard_remap_file(buffer, guard):
    """Map the file again in place of the pages of zeros in ``buffer``.

    Returns:
        The count of faults up to which no zeros are left. If it is negative, the file was not mapped again: -ESTALE if
        ``guard`` is for other memory than ``buffer``, else -EIO, for example if the mapping is private. It does not
        raise OSError for these, because the caller could not distinguish that from an OSError of a signal handler.
    """
    count = lib.zcio_guard_remap_file(guard, ffi.from_buffer(BYTES, buffer), memoryview(buffer).nbytes)
    if count < 0 and count not in (-EIO, -ESTALE):
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
    """Reset the first fault."""
    code = lib.zcio_guard_forget(guard)
    if code < 0:
        fail(code)


def guard_reinstall():
    """Move the handler of SIGBUS to the front again if another one was installed since. Raises OSError (ENOMEM)."""
    code = lib.zcio_guard_reinstall()
    if code < 0:
        fail(code)


def guards():
    """Return the number of guards in this process."""
    return lib.zcio_guards()

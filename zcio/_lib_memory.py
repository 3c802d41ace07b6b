"""Memory as ``zcio.Cursor`` reads and writes it.

The slices of an ``ffi.buffer`` are bytes, in one step. It owns the export of what it was made from, so what a thread
still reads cannot be taken away by another that drops its own reference.
"""

from zcio._lib import _BYTES, _from_buffer, ffi

__all__ = ["fill", "memory"]

_memmove = ffi.memmove


def memory(buffer):
    """The bytes of ``buffer``, any C-contiguous one, as an object whose slices are bytes; holds the buffer's export."""
    return ffi.buffer(_from_buffer(_BYTES, buffer))


def fill(buffer, start, data):
    """Put ``data``, bytes, at ``start`` of ``buffer``, which is writable. Raises BufferError where it does not fit."""
    with _from_buffer(_BYTES, buffer) as target:
        if start + len(data) > len(target):
            raise BufferError("the memory became shorter")
        _memmove(target + start, data, len(data))

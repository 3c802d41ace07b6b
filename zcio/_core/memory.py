"""Reading and writing memory, for ``zcio.Cursor``.

Slicing an ``ffi.buffer`` makes bytes within one bytecode. The ``ffi.buffer`` owns an export of the buffer under it, so
the memory stays valid while one thread reads it, even if another thread drops its own reference.
"""

import sys
from itertools import chain, starmap
from operator import getitem

from zcio._core import BYTES, ffi, from_buffer, lib

__all__ = ["copy", "fill", "memory", "offset_in", "put", "take"]

_address_of = ffi.from_buffer
_buffer = ffi.buffer
_one_by_one = chain.from_iterable
_STORE = ("__setitem__",)


def memory(buffer):
    """An object for the bytes of any C-contiguous buffer. Its slices are bytes; it holds an export of the buffer."""
    return _buffer(from_buffer(BYTES, buffer))


def offset_in(block, needle):
    """The offset of ``needle`` in ``block``, both bytes, or a negative number. For blocks that need less than 50 ms."""
    return lib.zcio_find(block, len(block), needle, len(needle), 0)


def _exports_hold():
    memory = bytearray(1)
    with memoryview(memory):
        try:
            memory.append(0)
        except BufferError:
            return True
    return False


if sys.implementation.name != "pypy":
    # In one expression, since a variable would hold the export for as long as an exception holds the frame.

    def take(buffer, key):
        """The slice ``key`` of ``buffer``, a bytearray or a memoryview of bytes in one dimension, as bytes."""
        return _buffer(_address_of(buffer))[key]

    def put(buffer, key, data):
        """Write ``data``, bytes, to the slice ``key`` of a writable ``buffer``, of the kinds that take() takes.

        Raises ValueError if the slice has another length.
        """
        _buffer(_address_of(buffer))[key] = data

elif _exports_hold():

    def take(buffer, key):
        """The slice ``key`` of ``buffer``, a bytearray or a memoryview of bytes in one dimension, as bytes."""
        with _address_of(buffer) as address:
            return _buffer(address)[key]

    def put(buffer, key, data):
        """Write ``data``, bytes, to the slice ``key`` of a writable ``buffer``, of the kinds that take() takes.

        Raises ValueError if the slice has another length.
        """
        with _address_of(buffer) as address:
            _buffer(address)[key] = data

else:
    # Up to version 7.3, PyPy resizes a bytearray in spite of exports, and another thread could do that between two
    # bytecodes. So the address is taken and the bytes are copied within one bytecode, by built-in functions that map()
    # calls.

    def take(buffer, key):
        """The slice ``key`` of ``buffer``, a bytearray or a memoryview of bytes in one dimension, as bytes."""
        for data in map(getitem, map(_buffer, map(_address_of, (buffer,))), (key,)):
            return data

    def put(buffer, key, data):
        """Write ``data``, bytes, to the slice ``key`` of a writable ``buffer``, of the kinds that take() takes.

        Raises ValueError if the slice has another length.
        """
        stores = map(getattr, map(_buffer, map(_address_of, (buffer,))), _STORE)
        for _ in _one_by_one(map(starmap, stores, (((key, data),),))):
            return


def fill(buffer, start, data):
    """Write ``data`` at ``start`` of a writable C-contiguous ``buffer``. Raises BufferError if it does not fit."""
    try:
        put(buffer, slice(start, start + len(data)), data)
    except ValueError:
        with memoryview(buffer) as view:  # raises ValueError if the buffer was released
            if start + len(data) <= view.nbytes:
                raise
        raise BufferError("the memory became shorter") from None


def copy(buffer, start, end):
    """``buffer[start:end]`` as bytes, of any buffer; on PyPy far faster than memoryview.tobytes()."""
    return _buffer(from_buffer(BYTES, buffer))[start:end]

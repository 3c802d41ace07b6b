"""Memory as ``zcio.Cursor`` reads and writes it.

The slices of an ``ffi.buffer`` are bytes, in one step. It owns the export of what it was made from, so what a thread
still reads cannot be taken away by another that drops its own reference.
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
    """The bytes of ``buffer``, any C-contiguous one, as an object whose slices are bytes; holds the buffer's export."""
    return _buffer(from_buffer(BYTES, buffer))


def offset_in(block, needle):
    """The offset of ``needle`` in ``block``, both bytes, all looked at in one go; negative where it is not there."""
    return lib.zcio_find(block, len(block), needle, len(needle), 0)


def _exports_hold():
    memory = bytearray(1)
    with memoryview(memory):
        try:
            memory.append(0)
        except BufferError:
            return True
    return False


if sys.implementation.name != "pypy" or _exports_hold():

    def take(buffer, key):
        """The slice ``key`` of ``buffer``, a bytearray or a memoryview of bytes in one dimension, as bytes."""
        with _address_of(buffer) as address:
            return _buffer(address)[key]

    def put(buffer, key, data):
        """Put ``data``, bytes, at the slice ``key`` of ``buffer``, as take() has it, which is writable.

        Raises ValueError where it does not fit.
        """
        with _address_of(buffer) as address:
            _buffer(address)[key] = data

else:
    # Up to its version 7.3 PyPy resizes a bytearray under every export. So between asking for the address and the copy
    # no bytecode runs, after which another thread might: iterators made of C functions ask each other, in one step.

    def take(buffer, key):
        """The slice ``key`` of ``buffer``, a bytearray or a memoryview of bytes in one dimension, as bytes."""
        for data in map(getitem, map(_buffer, map(_address_of, (buffer,))), (key,)):
            return data

    def put(buffer, key, data):
        """Put ``data``, bytes, at the slice ``key`` of ``buffer``, as take() has it, which is writable.

        Raises ValueError where it does not fit.
        """
        stores = map(getattr, map(_buffer, map(_address_of, (buffer,))), _STORE)
        for _ in _one_by_one(map(starmap, stores, (((key, data),),))):
            return


def fill(buffer, start, data):
    """put() at ``start`` of any writable C-contiguous ``buffer``. Raises BufferError where it does not fit."""
    try:
        put(buffer, slice(start, start + len(data)), data)
    except ValueError:
        with memoryview(buffer) as view:  # ValueError where it was given back
            if start + len(data) <= view.nbytes:
                raise
        raise BufferError("the memory became shorter") from None


def copy(buffer, start, end):
    """``buffer[start:end]`` as bytes, of any buffer; on PyPy far faster than memoryview.tobytes()."""
    with from_buffer(BYTES, buffer) as memory:
        return ffi.buffer(memory)[start:end]

"""``KINDS``: functions that make a buffer of each kind that a Cursor takes from the same bytes."""

import array
import ctypes
import mmap
import sys

import zcio.mmap
from zcio._core import ffi

PYPY = sys.implementation.name == "pypy"


def _mapping(module):
    def make(data):
        mapping = module.mmap(-1, max(1, len(data)))
        mapping[: len(data)] = data
        return mapping

    return make


def _ctypes_of(kind):
    def make(data):
        memory = (kind * (len(data) // ctypes.sizeof(kind)))()
        ctypes.memmove(memory, data, len(data))
        return memory

    return make


def _cffi(data):
    memory = ffi.buffer(ffi.new("uint8_t[]", len(data)))
    memory[:] = data
    return memory


def _numpy(data, dtype="u1", shape=None, fixed=False):
    import numpy

    made = numpy.frombuffer(bytearray(data), dtype)
    made = made if shape is None else made.reshape(shape)
    made.setflags(write=not fixed)
    return made


#: Each makes a buffer of 96 bytes that are those given.
KINDS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview of bytes": memoryview,
    "memoryview of bytearray": lambda data: memoryview(bytearray(data)),
    "slice of bytes": lambda data: memoryview(b"before" + data + b"behind")[6:-6],
    "slice of bytearray": lambda data: memoryview(bytearray(b"before" + data + b"behind"))[6:-6],
    "two dimensions": lambda data: memoryview(bytearray(data)).cast("B", [8, 12]),
    "three dimensions of shorts": lambda data: memoryview(bytearray(data)).cast("h", [2, 3, 8]),
    "bools": lambda data: memoryview(bytearray(data)).cast("?"),
    "chars, read-only": lambda data: memoryview(data).cast("c"),
    "doubles": lambda data: memoryview(bytearray(data)).cast("d"),
    "array of bytes": lambda data: array.array("B", data),
    "array of ints": lambda data: array.array("i", data),
    "mmap": _mapping(mmap),
    "zcio.mmap": _mapping(zcio.mmap),
    "memoryview of mmap": lambda data: memoryview(_mapping(mmap)(data)),
    "memoryview of zcio.mmap": lambda data: memoryview(_mapping(zcio.mmap)(data)),
    "ctypes chars": _ctypes_of(ctypes.c_char),
    "ctypes ints": _ctypes_of(ctypes.c_int),
    "ctypes rows": _ctypes_of(ctypes.c_short * 4),
    "cffi": _cffi,
}
if not PYPY:
    try:
        import numpy  # noqa: F401
    except ImportError:
        pass
    else:
        KINDS["numpy"] = _numpy
        KINDS["numpy, read-only"] = lambda data: _numpy(data, fixed=True)
        KINDS["numpy matrix"] = lambda data: _numpy(data, ">f4", (4, 6))
        KINDS["numpy records"] = lambda data: _numpy(data, [("a", "<u2"), ("b", "S6")])
        KINDS["numpy complex"] = lambda data: _numpy(data, "c16")

FIXED = {"bytes", "memoryview of bytes", "slice of bytes", "chars, read-only", "numpy, read-only"}


def content_of(buffer):
    """Its bytes as they are now."""
    return bytes(ffi.buffer(ffi.from_buffer("uint8_t[]", buffer)))

"""The files that the tests of clients use: Cursors over several kinds of memory, and BytesIO."""

import mmap

import pytest

from zcio import BytesIO, Cursor


def _over_mapping(data):
    mapping = mmap.mmap(-1, max(1, len(data)))
    mapping[: len(data)] = data
    return Cursor(memoryview(mapping)[: len(data)])


_READING = {
    "Cursor(bytes)": Cursor,
    "Cursor(bytearray)": lambda data: Cursor(bytearray(data)),
    "Cursor(memoryview)": lambda data: Cursor(memoryview(b"_" + data)[1:]),
    "Cursor(mmap)": _over_mapping,
    "BytesIO": BytesIO,
}
_FIXED = {"Cursor(bytes)": Cursor, "readonly": lambda data: Cursor(bytearray(data), readonly=True)}
_WRITING = {"Cursor": (lambda size: Cursor(bytearray(size)), lambda stream: bytes(stream.getvalue())),
            "BytesIO": (lambda size: BytesIO(), BytesIO.getvalue)}  # fmt: skip


def _each(names, makers):
    return pytest.mark.parametrize(names, [makers[name] for name in sorted(makers)], ids=sorted(makers))


#: A test of ``make(data)``, a stream of those bytes.
streams = _each("make", _READING)
#: The same where nothing can be written.
read_only = _each("make", _FIXED)
#: A test of ``make(size)``, a stream to write up to that many bytes to, and ``value_of(stream)``.
writable = _each("make, value_of", _WRITING)

"""The only importer of ``zcio._native``: codes become exceptions, buffers become (pointer, length).

Every native call runs without the GIL. While one reads memory, the buffer's export is held (``ffi.from_buffer``), so
that a mapping or bytearray under it refuses to be closed or resized; it is released before the function returns.
Calls that can take long come back after about 50 ms and are called again from where they stopped, so that signal
handlers run in between.
"""

import os
import sys

from zcio._faults import MappingFault

try:
    from zcio import _native
except ImportError as error:
    if "subinterpreter" in str(error):
        raise  # those with a GIL of their own (3.12) take no module made by cffi
    raise ImportError(
        "zcio's native module is not here (%s); in a source tree run `python -m pip install -e .` first" % error
    ) from None


ffi, lib = _native.ffi, _native.lib

__all__ = [
    "CoreError",
    "byte_set",
    "copy",
    "count",
    "find",
    "find_any",
    "finder_count",
    "finder_find",
    "finder_find_into",
    "finder_new",
    "finder_rfind",
    "madvise",
    "map_constants",
    "map_file",
    "may_grow",
    "msync",
    "native_path",
    "panic_probe",
    "rfind",
    "rfind_any",
    "search_level",
    "set_name",
    "version",
]

if lib.zcio_init() < 0:
    raise MemoryError("no memory for zcio's native module")

_NOT_FOUND = lib.ZCIO_NOT_FOUND
_PAUSED = lib.ZCIO_PAUSED
_BYTES = ffi.typeof("uint8_t[]")
_release = ffi.release  # at once, not when a traceback that holds the frame is dropped


if sys.implementation.name == "pypy":

    def _pause():
        """Between two slices of a long call, and after one that a signal broke off: let signal handlers run."""
        # Of a signal that another thread was told of PyPy's main thread learns only after thousands of steps of Python,
        # of which a loop over slices of 50 ms has few, and one that a system call ends in none.
        for _ in range(2000):
            pass

    def _from_buffer(kind, buffer):
        # PyPy's own takes the memory of a strided view as if nothing lay between its items.
        if type(buffer) is not bytes:
            with memoryview(buffer) as view:
                if not view.c_contiguous:
                    raise BufferError("memoryview: underlying buffer is not C-contiguous")
        return ffi.from_buffer(kind, buffer)

    _DIRECT = ()

else:

    def _pause():
        """Between two slices of a long call: signal handlers run by themselves."""

    _from_buffer = ffi.from_buffer

    # What cffi takes for a pointer as it is, in half the time: bytes, which nothing can take away.
    _DIRECT = (bytes,)


class CoreError(RuntimeError):
    """The native core failed in a way that is a bug of zcio: please report it with this text."""


def _fail(code):
    """Raise what the negative ``code`` of a native call stands for."""
    if code == lib.ZCIO_PANIC:
        text = ffi.new("uint8_t[]", 1024)
        said = bytes(ffi.buffer(text, lib.zcio_panic_message(text, 1024))).decode("utf-8", "replace")
        raise CoreError("the zcio core panicked: " + said)
    if code == lib.ZCIO_FAULT:
        raise MappingFault.at(None)
    if code == lib.ZCIO_BAD_ARGUMENT:
        raise CoreError("the zcio core was given an impossible argument")
    raise OSError(-code, os.strerror(-code))


def version():
    """The core's version, which is zcio's."""
    return ffi.string(lib.zcio_version()).decode("ascii")


def native_path():
    """The file of the native module."""
    return _native.__file__


def search_level():
    """The instruction set the searches use on this processor, such as ``"avx2"``."""
    return ffi.string(lib.zcio_search_level()).decode("ascii")


def panic_probe():
    """Make the core panic on purpose. Raises CoreError; for tests."""
    code = lib.zcio_panic_probe()
    if code < 0:
        _fail(code)


# ---- searches: `needle` is bytes, 0 <= start and end are offsets; a window past the buffer's end is cut ----


def find(buffer, needle, start, end):
    """The lowest offset of ``needle`` inside ``buffer[start:end]``, or -1."""
    direct = type(buffer) in _DIRECT
    hay = buffer if direct else _from_buffer(_BYTES, buffer)
    try:
        size = len(hay)
        if end > size:
            end = size
        size = len(needle)
        found = lib.zcio_find(hay, end, needle, size, start)
        while found <= _PAUSED:
            _pause()
            found = lib.zcio_find(hay, end, needle, size, _PAUSED - found)
    finally:
        if not direct:
            _release(hay)
    if found >= 0:
        return found
    if found != _NOT_FOUND:
        _fail(found)
    return -1


def rfind(buffer, needle, start, end):
    """The highest offset of ``needle`` inside ``buffer[start:end]``, or -1."""
    hay = _from_buffer(_BYTES, buffer)
    try:
        size = len(hay)
        if end > size:
            end = size
        end -= start
        if end < 0:
            return -1
        low = hay + start
        size = len(needle)
        found = lib.zcio_rfind(low, end, needle, size, end)
        while found <= _PAUSED:
            _pause()
            found = lib.zcio_rfind(low, end, needle, size, _PAUSED - found)
    finally:
        _release(hay)
    if found >= 0:
        return found + start
    if found != _NOT_FOUND:
        _fail(found)
    return -1


def count(buffer, needle, start, end):
    """How many non-overlapping occurrences of ``needle`` lie inside ``buffer[start:end]``."""
    size = len(needle)
    return _count(buffer, start, end, lambda hay, end, state: lib.zcio_count(hay, end, needle, size, state))


def _count(buffer, start, end, call):
    progress = ffi.new("zcio_progress *", (start, 0))
    total = 0
    with _from_buffer(_BYTES, buffer) as hay:
        end = min(end, len(hay))
        while not progress.done:
            found = call(hay, end, progress)
            if found < 0:
                _fail(found)
            total += found
            if not progress.done:
                _pause()
    return total


def finder_new(needle):
    """A finder for ``needle``, prepared for the finder_ functions; any number of threads may use it. It is freed with
    its last reference. Raises MemoryError."""
    finder = lib.zcio_finder_new(needle, len(needle))
    if finder == ffi.NULL:
        raise MemoryError("no memory for a needle of %d bytes" % len(needle))
    return ffi.gc(finder, lib.zcio_finder_free)


def finder_find(buffer, finder, start, end):
    """find() of the finder's needle."""
    return _forward(buffer, start, end, lambda hay, end, start: lib.zcio_finder_find(finder, hay, end, start))


def finder_rfind(buffer, finder, start, end):
    """rfind() of the finder's needle."""
    return _backward(buffer, start, end, lambda hay, size, to: lib.zcio_finder_rfind(finder, hay, size, to))


def finder_count(buffer, finder, start, end):
    """count() of the finder's needle."""
    return _count(buffer, start, end, lambda hay, end, state: lib.zcio_finder_count(finder, hay, end, state))


def finder_find_into(buffer, finder, start, end, overlapping, out):
    """Offsets of the finder's needle inside ``buffer[start:end]`` into ``out``, a writable buffer of uint64.

    Returns ``(how_many, next_start)``; ``next_start`` is None once the window is exhausted. Raises ValueError where
    ``out`` is not aligned, has no room, or shares memory with ``buffer``.
    """
    progress = ffi.new("zcio_progress *", (start, 0))
    found = 0
    with ffi.from_buffer("uint64_t[]", out, require_writable=True) as offsets, _from_buffer(_BYTES, buffer) as hay:
        end = min(end, len(hay))
        capacity = len(offsets)
        while not found and not progress.done:
            found = lib.zcio_finder_find_all(finder, hay, end, overlapping, progress, offsets, capacity)
            if found == lib.ZCIO_BAD_ARGUMENT:
                raise ValueError("out must be aligned, have room for an offset, and share no memory with the buffer")
            if found < 0:
                _fail(found)
            _pause()
    return found, (None if progress.done else progress.next)


def byte_set(members):
    """The set of the bytes in ``members``, for find_any and rfind_any."""
    bits = bytearray(32)
    for byte in members:
        bits[byte >> 3] |= 1 << (byte & 7)
    return bytes(bits)


def find_any(buffer, byte_set, start, end):
    """The lowest offset inside ``buffer[start:end]`` of a byte in ``byte_set``, or -1."""
    return _forward(buffer, start, end, lambda hay, end, start: lib.zcio_find_any(hay, end, byte_set, start))


def rfind_any(buffer, byte_set, start, end):
    """The highest offset inside ``buffer[start:end]`` of a byte in ``byte_set``, or -1."""
    return _backward(buffer, start, end, lambda hay, size, to: lib.zcio_rfind_any(hay, size, byte_set, to))


def _forward(buffer, start, end, call):
    direct = type(buffer) in _DIRECT
    hay = buffer if direct else _from_buffer(_BYTES, buffer)
    try:
        end = min(end, len(hay))
        found = call(hay, end, start)
        while found <= _PAUSED:
            _pause()
            found = call(hay, end, _PAUSED - found)
    finally:
        if not direct:
            _release(hay)
    if found >= 0:
        return found
    if found != _NOT_FOUND:
        _fail(found)
    return -1


def _backward(buffer, start, end, call):
    with _from_buffer(_BYTES, buffer) as hay:
        size = min(end, len(hay)) - start
        if size < 0:
            return -1
        low = hay + start
        found = call(low, size, size)
        while found <= _PAUSED:
            _pause()
            found = call(low, size, _PAUSED - found)
    if found >= 0:
        return found + start
    if found != _NOT_FOUND:
        _fail(found)
    return -1


# ---- memory ----


def copy(buffer, start, end):
    """``buffer[start:end]`` as bytes, of any buffer; on PyPy far faster than memoryview.tobytes()."""
    with _from_buffer(_BYTES, buffer) as memory:
        return ffi.buffer(memory)[start:end]


# ---- mappings: `buffer` is the mapping itself, whose export is held for the call ----


def map_constants():
    """The memory-mapping constants of this platform: a dict of ints by name."""
    words = lib.zcio_map_constants()
    if words == ffi.NULL:
        raise MemoryError("no memory for the constants")
    words = ffi.string(words).decode("ascii").split()
    return {name: int(value) for name, _, value in (word.partition("=") for word in words)}


def map_file(buffer, fd, offset, prot, flags):
    """Map a file in the place of the whole of ``buffer``, which nobody can see unmapped meanwhile. Raises OSError, with
    the buffer as it was."""
    with _from_buffer(_BYTES, buffer) as memory:
        code = lib.zcio_map_file(memory, len(memory), fd, offset, prot, flags)
    if code < 0:
        _fail(code)


def may_grow(buffer, size):
    """Raise OSError where mremap(2) does not let the mapping ``buffer`` grow to ``size`` bytes, for another reason than
    room."""
    with _from_buffer(_BYTES, buffer) as memory:
        code = lib.zcio_may_grow(memory, len(memory), size)
    if code < 0:
        _fail(code)


def msync(buffer, offset, length, flags):
    """msync(2) of a range that lies inside ``buffer``. Raises OSError."""
    with _from_buffer(_BYTES, buffer) as memory:
        code = lib.zcio_msync(memory, offset, length, flags)
    if code < 0:
        _fail(code)


def madvise(buffer, offset, length, advice):
    """madvise(2) of a range that lies inside ``buffer``. Raises OSError."""
    with _from_buffer(_BYTES, buffer) as memory:
        code = lib.zcio_madvise(memory, offset, length, advice)
    if code < 0:
        _fail(code)


def set_name(buffer, name):
    """Name an anonymous mapping in /proc/self/maps; ``name`` is bytes. Raises OSError, EINVAL where unsupported."""
    with _from_buffer(_BYTES, buffer) as memory:
        code = lib.zcio_set_name(memory, len(memory), name)
    if code < 0:
        _fail(code)

"""Searches. ``needle`` is bytes; ``start`` and ``end`` are offsets >= 0; a window that ends past the buffer is cut."""

from zcio._core import BYTES, COPIES_BYTES, DIRECT, fail, ffi, from_buffer, lib, memory, offsets_of, own_new, pause

__all__ = [
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
    "rfind",
    "rfind_any",
]

_buffer = ffi.buffer
_FINDER = ffi.typeof("zcio_finder *")
_PROGRESS = ffi.typeof("zcio_progress *")
_NOT_FOUND = lib.ZCIO_NOT_FOUND
_PAUSED = lib.ZCIO_PAUSED

# Releases an export at once, not when a traceback that holds the frame is dropped. Up to version 3.9, CPython also runs
# signal handlers when a ``finally`` begins and before a ``with`` calls __exit__. If one raises there, the export would
# stay, so it is released twice.
_release = ffi.release


def find(buffer, needle, start, end):
    """The lowest offset of ``needle`` inside ``buffer[start:end]``, or -1."""
    direct = type(buffer) in DIRECT
    hay = buffer if direct else from_buffer(BYTES, buffer)
    try:
        try:
            size = len(hay)
            if end > size:
                end = size
            size = len(needle)
            found = lib.zcio_find(hay, end, needle, size, start)
            while found <= _PAUSED:
                pause()
                found = lib.zcio_find(hay, end, needle, size, _PAUSED - found)
        finally:
            if not direct:
                _release(hay)
    finally:
        if not direct:
            _release(hay)
    if found >= 0:
        return found
    if found != _NOT_FOUND:
        fail(found)
    return -1


def rfind(buffer, needle, start, end):
    """The highest offset of ``needle`` inside ``buffer[start:end]``, or -1."""
    if COPIES_BYTES and start and type(buffer) is bytes:
        return _without_pointer(buffer, start, end, lambda buffer, end: rfind(buffer, needle, 0, end))
    direct = not start and type(buffer) in DIRECT
    hay = buffer if direct else from_buffer(BYTES, buffer)
    try:
        try:
            size = len(hay)
            if end > size:
                end = size
            end -= start
            if end < 0:
                return -1
            low = hay if direct else hay + start
            size = len(needle)
            found = lib.zcio_rfind(low, end, needle, size, end)
            while found <= _PAUSED:
                pause()
                found = lib.zcio_rfind(low, end, needle, size, _PAUSED - found)
        finally:
            if not direct:
                _release(hay)
    finally:
        if not direct:
            _release(hay)
    if found >= 0:
        return found + start
    if found != _NOT_FOUND:
        fail(found)
    return -1


def _without_pointer(buffer, start, end, search):
    """The result of a backward search in bytes, of which the core can be given no pointer to ``start``.

    To search what lies before ``start``, too, is faster than to copy the rest, unless that is far shorter.
    """
    end = min(end, len(buffer))
    if end < start:
        return -1
    if start <= 64 * (end - start):
        found = search(buffer, end)
        return found if found >= start else -1
    found = search(buffer[start:end], end - start)
    return found if found < 0 else found + start


def count(buffer, needle, start, end):
    """How many non-overlapping occurrences of ``needle`` lie inside ``buffer[start:end]``."""
    size = len(needle)
    return _count(buffer, start, end, lambda hay, end, state: lib.zcio_count(hay, end, needle, size, state))


def _count(buffer, start, end, call):
    progress = ffi.new(_PROGRESS)
    progress.next = start

    def count_in(hay):
        total = 0
        stop = min(end, len(hay))
        while not progress.done:
            found = call(hay, stop, progress)
            if found < 0:
                fail(found)
            total += found
            if not progress.done:
                pause()
        return total

    return _over(buffer, count_in)


def copy(buffer, start, end):
    """``buffer[start:end]`` as bytes. Raises MappingFault if they may be zeros in place of pages that are gone."""
    if not lib.zcio_guards():  # then there are no such pages, and this takes half as long
        return memory.copy(buffer, start, end)

    def checked(hay):
        size = max(min(end, len(hay)) - start, 0)
        low = hay + min(start, len(hay))
        data = _buffer(low, size)[:]
        found = lib.zcio_find(low, size, b"", 0, 0)  # finds it at once, but looks for such pages as every search does
        if found < 0:
            fail(found)
        return data

    return _over(buffer, checked, ())


def _over(buffer, function, direct=DIRECT):
    """``function(hay)``, with the address of ``buffer``, or the buffer itself if its class is one of ``direct``."""
    if type(buffer) in direct:
        return function(buffer)
    hay = from_buffer(BYTES, buffer)
    try:
        try:
            return function(hay)
        finally:
            _release(hay)
    finally:
        _release(hay)


def finder_new(needle):
    """A finder for ``needle``, prepared for the finder_ functions; any number of threads may use it. It is freed with
    its last reference. Raises MemoryError."""
    return own_new(_FINDER, lib.zcio_finder_free, lib.zcio_finder_new, needle, len(needle))


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

    Returns ``(how_many, next_start)``; ``next_start`` is None once the window is exhausted. Raises ValueError if
    ``out`` is not aligned, has no room, or shares memory with ``buffer``, and TypeError as offsets_of().
    """
    progress = ffi.new(_PROGRESS)
    progress.next = start

    def find_in(hay):
        found = 0
        stop = min(end, len(hay))
        with offsets_of(out) as offsets:
            capacity = len(offsets)
            while not found and not progress.done:
                found = lib.zcio_finder_find_all(finder, hay, stop, overlapping, progress, offsets, capacity)
                if found == lib.ZCIO_BAD_ARGUMENT:
                    raise ValueError(
                        "out must be aligned, have room for a 64-bit offset, and share no memory with the buffer"
                    )
                if found < 0:
                    fail(found)
                pause()
        return found

    return _over(buffer, find_in), (None if progress.done else progress.next)


def byte_set(members):
    """Return the set of the bytes in ``members`` as find_any() and rfind_any() take it: 256 bits."""
    bits = 0
    for byte in set(members):
        bits |= 1 << byte
    return bits.to_bytes(32, "little")


def find_any(buffer, byte_set, start, end):
    """The lowest offset inside ``buffer[start:end]`` of a byte in ``byte_set``, or -1."""
    return _forward(buffer, start, end, lambda hay, end, start: lib.zcio_find_any(hay, end, byte_set, start))


def rfind_any(buffer, byte_set, start, end):
    """The highest offset inside ``buffer[start:end]`` of a byte in ``byte_set``, or -1."""
    return _backward(buffer, start, end, lambda hay, size, to: lib.zcio_rfind_any(hay, size, byte_set, to))


def _forward(buffer, start, end, call):
    direct = type(buffer) in DIRECT
    hay = buffer if direct else from_buffer(BYTES, buffer)
    try:
        try:
            end = min(end, len(hay))
            found = call(hay, end, start)
            while found <= _PAUSED:
                pause()
                found = call(hay, end, _PAUSED - found)
        finally:
            if not direct:
                _release(hay)
    finally:
        if not direct:
            _release(hay)
    if found >= 0:
        return found
    if found != _NOT_FOUND:
        fail(found)
    return -1


def _backward(buffer, start, end, call):
    if COPIES_BYTES and start and type(buffer) is bytes:
        return _without_pointer(buffer, start, end, lambda buffer, end: _backward(buffer, 0, end, call))

    def search(hay):
        size = min(end, len(hay)) - start
        if size < 0:
            return _NOT_FOUND
        low = hay + start if start else hay
        found = call(low, size, size)
        while found <= _PAUSED:
            pause()
            found = call(low, size, _PAUSED - found)
        return found

    found = _over(buffer, search, () if start else DIRECT)
    if found >= 0:
        return found + start
    if found != _NOT_FOUND:
        fail(found)
    return -1

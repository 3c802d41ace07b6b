"""find(), rfind() and count() over any buffer, for the functions of ``zcio.search`` and for ``Finder``.

The runtime's C method searches small windows, the core large ones. So callers pass the needle twice: as bytes for the
runtime's methods, and as the core's function takes it (bytes, or a finder).
"""

import sys

from zcio._call_guard import guarded_call
from zcio._converters import bytes_like, clipped
from zcio._core import search as core_search
from zcio._search.dispatch import COUNT, COUNT_WINDOW, FIND, PROBE, RFIND, SLICE, window

__all__ = [
    "WHOLE",
    "backward",
    "bounds",
    "check_size",
    "check_type",
    "copy",
    "forward",
    "length_of",
    "total",
    "window_of",
]

_MAX = sys.maxsize

#: The bounds of a whole buffer, as bounds() returns them.
WHOLE = (0, _MAX)

_copy = guarded_call(core_search.copy)


def length_of(buffer):
    """Return the length of any buffer in bytes.

    Raises:
        TypeError: ``buffer`` is not a buffer.
        BufferError: It is not C-contiguous.
        ValueError: It is a closed mapping.
    """
    if type(buffer) in FIND:
        return len(buffer)
    view = bytes_like(buffer)
    size = view.nbytes
    view.release()
    return size


def check_type(buffer):
    """Raise TypeError if ``buffer`` is a str, with the usual text. Other objects that are not buffers fail later."""
    if isinstance(buffer, str):
        raise TypeError("a bytes-like object is required, not 'str'")


def check_size(buffer, size):
    """Raise ValueError if ``buffer`` was closed, or is no longer ``size`` bytes long."""
    if (len(buffer) if type(buffer) in SLICE else length_of(buffer)) != size:
        raise ValueError("the buffer changed its size during iteration")


def copy(buffer, start, end):
    """Return ``buffer[start:end]`` as bytes, given two offsets inside the buffer."""
    if type(buffer) in SLICE:
        return buffer[start:end]
    for kind in type(buffer).__mro__[1:]:  # a subclass, whose own __getitem__ is not called
        if kind in SLICE:
            return SLICE[kind](buffer, slice(start, end))
    return _copy(buffer, start, end)


def window_of(buffer, start, end):
    """Return the size of ``buffer`` and the bounds as bounds() does, with ``end`` at most the size."""
    if start is None is end:
        size = length_of(buffer)
        return size, 0, size
    start, end = bounds(buffer, start, end)
    size = length_of(buffer)  # after the bounds, whose __index__ may change it
    return size, start, min(end, size)


def bounds(buffer, start, end):
    """Convert the bounds of a window, which are as in slices, to two ints that are not negative.

    They may lie past the end: the length of ``buffer`` is asked for only if a bound is negative. Raises TypeError if a
    bound is not an integer, or ``buffer`` is not a buffer.
    """
    if start is None:
        start = 0
    if end is None:
        end = _MAX
    if type(start) is int is type(end) and 0 <= start <= _MAX and 0 <= end <= _MAX:
        return start, end
    start, end = clipped(start), clipped(end)
    if start < 0 or end < 0:
        size = length_of(buffer)
        if start < 0:
            start = max(start + size, 0)
        if end < 0:
            end = max(end + size, 0)
    return start, end


def forward(buffer, needle, start, end, core, prepared):
    """Find the lowest offset of a needle.

    Args:
        buffer: Any buffer.
        needle: Bytes.
        start: First offset; it may lie past the end.
        end: Offset behind the window; it may lie past the end.
        core: The core's function for large windows.
        prepared: The needle as ``core`` takes it.

    Returns:
        The offset, or -1.
    """
    method = FIND.get(type(buffer))
    if method is not None and needle:
        length = len(needle)
        near = window(length, -1)
        if end - start <= near or len(buffer) - start <= near:
            return method(buffer, needle, start, end)
        if length <= PROBE < end - start:
            found = method(buffer, needle, start, start + PROBE)
            if found >= 0:
                return found
            start += PROBE + 1 - length
    elif method is None:
        check_type(buffer)
    return core(buffer, prepared, start, end)


def backward(buffer, needle, start, end, core, prepared):
    """Find the highest offset of a needle. As forward()."""
    method = RFIND.get(type(buffer))
    if method is not None and needle:
        length = len(needle)
        size = len(buffer)
        if end > size:
            end = size
        if end - start <= window(length, -1):
            return method(buffer, needle, start, end)
        if length <= PROBE < end - start:
            found = method(buffer, needle, end - PROBE, end)
            if found >= 0:
                return found
            end -= PROBE + 1 - length
    elif method is None:
        check_type(buffer)
    return core(buffer, prepared, start, end)


def total(buffer, needle, start, end, core, prepared):
    """Count the occurrences of a needle that do not overlap. As forward()."""
    method = COUNT.get(type(buffer))
    if method is not None and needle and min(end, len(buffer)) - start <= COUNT_WINDOW:
        return method(buffer, needle, start, end)
    if method is None:
        check_type(buffer)
    return core(buffer, prepared, start, end)

"""Small windows: where the runtime's own C methods have an answer before the core is entered, and which those are."""

import sys

from zcio._call_guard import PYPY
from zcio._stdlib_mmap import mmap as _standard

__all__ = [
    "BYTE_WINDOW",
    "FIND",
    "PROBE",
    "FIND_OVERREADS",
    "RFIND",
    "FIND_IS_REENTRANT",
    "WINDOW",
    "mapping_find",
    "window",
]

# From benchmarks/thresholds.py, in bytes. The runtime's method searches windows of up to WINDOW, forward and backward,
# or STRETCH for each byte of the needle, since it skips further with a longer one; for a needle of one byte
# BYTE_WINDOW, since from 3.11 on that is memchr, and only the GIL speaks for the core. PROBE is how much of a larger
# window it tries first. A needle longer than SHORT_NEEDLE goes to the core at once, which compares a bounded number of
# times per byte whatever it looks like.
if PYPY:
    # Its method is slow, and entering the core costs next to nothing: not even an empty window is for it.
    WINDOW = BYTE_WINDOW = -1
    STRETCH = PROBE = SHORT_NEEDLE = 0
elif sys.version_info >= (3, 11):
    # As the distributions build it. Without optimisation at link time find takes three times as long, and the core
    # would be faster from a quarter of that on.
    WINDOW, STRETCH = 6144, 1024
    BYTE_WINDOW, PROBE, SHORT_NEEDLE = 256 * 1024, 2048, 64
else:
    # Its method compares at every byte.
    WINDOW = BYTE_WINDOW = 1024
    STRETCH = 0
    PROBE, SHORT_NEEDLE = 128, 64


#: Whether the methods of a mapping may be called with anything: before 3.11.4 they do not see that what was asked for a
#: number closed it.
FIND_IS_REENTRANT = sys.version_info >= (3, 11, 5) and not PYPY

#: Whether a mapping's find reads the byte after the window, where there may be no page (python/cpython issue 105235).
FIND_OVERREADS = (3, 11) <= sys.version_info < (3, 11, 5)


def _windows():
    windows = {length: max(WINDOW, STRETCH * length) for length in range(2, SHORT_NEEDLE + 1)}
    if SHORT_NEEDLE:
        windows[1] = BYTE_WINDOW
    return windows.get


#: The largest window for the runtime's method, by the length of the needle; None for one it should not search for.
window = _windows()


def _find_before_the_end(mapping, view, start, end):
    """The mapping's own find, which looks no further than the byte before the last; the end is compared here."""
    size = _length(mapping)
    if end < size or len(view) == 1:
        return _standard_find(mapping, view, start, end)
    found = _standard_find(mapping, view, start, size - 1)
    if found < 0:
        last = size - len(view)
        if last >= (start if start >= 0 else max(start + size, 0)) and _item(mapping, slice(last, size)) == view:
            return last
    return found


_length = _standard.mmap.__len__
_item = _standard.mmap.__getitem__
_standard_find = _standard.mmap.find

#: The runtime's ``find`` of a mapping, for a needle of bytes, not empty, and both bounds, ints.
mapping_find = _find_before_the_end if FIND_OVERREADS else _standard_find


def _of_ints(method):
    """The method for bounds that are ints: what others do, asked for a number, may change what is searched."""

    def of_ints(buffer, view, start, end):
        if type(start) is int is type(end):
            return method(buffer, view, start, end)
        raise TypeError("the bounds are no ints")

    return of_ints


def _of_bytes(method):
    """The method for a memoryview of bytes, with their copy; not of a map: the core tells of pages that are gone."""

    def of_bytes(view, sub, start, end):
        if type(start) is int is type(end) and start >= 0 and type(view.obj) in (bytes, bytearray):
            if view.nbytes == len(view) and view.c_contiguous:
                found = method(view[start:end].tobytes(), sub)
                return found + start if found >= 0 else -1
        raise TypeError("not from an offset to another of bytes")

    return of_bytes


def _methods(name, of_mapping):
    """The runtime's methods by the class of what they search, both bounds given. No empty needle is for them."""
    if PYPY:
        return {}
    return {
        bytes: getattr(bytes, name),
        bytearray: _of_ints(getattr(bytearray, name)),
        memoryview: _of_bytes(getattr(bytes, name)),
        _standard.mmap: of_mapping if FIND_IS_REENTRANT else _of_ints(of_mapping),
    }


FIND, RFIND = _methods("find", mapping_find), _methods("rfind", _standard.mmap.rfind)

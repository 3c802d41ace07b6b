"""Decides who searches: the runtime's own C method in a small window, the core's vectorised search in a large one.

A search by the core costs about 400 ns before it looks at a byte: a buffer export, its release, and the cffi call. In
that time the runtime's method searches a few hundred to a few thousand bytes. So that method searches a small window,
and the first PROBE bytes of a larger one. Everything that differs between runtimes is in this module.

The thresholds affect only speed, never a result. To change one, measure on CPython 3.10 and 3.13 at least, on an idle
machine: ``python benchmarks/thresholds.py`` prints the sizes, ``python benchmarks/cliffs.py search mmap`` how much
slower zcio is than its peers. Then run the tests in tests_py/search, which search on both sides of each threshold.
"""

import sys

from zcio._call_guard import PYPY
from zcio._stdlib_mmap import mmap as _stdlib

__all__ = [
    "BYTE_WINDOW",
    "COUNT",
    "COUNT_WINDOW",
    "FIND",
    "FIND_IS_REENTRANT",
    "FIND_OVERREADS",
    "PER_NEEDLE_BYTE",
    "PROBE",
    "RFIND",
    "SHORT_NEEDLE",
    "SLICE",
    "WINDOW",
    "mapping_find",
    "window",
]

# Sizes in bytes. The values are chosen to make the largest loss over all builds small, not to suit one build: without
# link-time optimisation, CPython 3.11 takes three times as long for the same window as the builds of distributions.
#
# WINDOW           largest window that is left to the runtime's method. At most about 2048, since zcio.mmap leaves such
#                  a window to it even if the needle is over SHORT_NEEDLE
# PER_NEEDLE_BYTE  the same for each byte of the needle, since a longer needle lets the method skip further
# BYTE_WINDOW      the same for a needle of one byte, for which the method is memchr(3)
# PROBE            part of a larger window that the runtime's method looks at first; 0 for none
# SHORT_NEEDLE     longest needle for the runtime's method, whose worst case is quadratic
# COUNT_WINDOW     largest window in which the runtime's method counts
if PYPY:
    # On PyPy a native call costs almost nothing, and the runtime's method is slow.
    WINDOW = BYTE_WINDOW = COUNT_WINDOW = -1
    PER_NEEDLE_BYTE = PROBE = SHORT_NEEDLE = 0
elif sys.version_info >= (3, 11):
    WINDOW, PER_NEEDLE_BYTE, BYTE_WINDOW = 2048, 256, 128 * 1024
    PROBE, SHORT_NEEDLE, COUNT_WINDOW = 512, 64, 2048
else:
    # The method of a mapping compares at every byte, even for a needle of one byte.
    WINDOW, PER_NEEDLE_BYTE, BYTE_WINDOW = 1024, 0, 1024
    PROBE, SHORT_NEEDLE, COUNT_WINDOW = 128, 64, 2048

#: Whether ``mmap.find`` survives an argument whose ``__index__`` closes the mapping. Before 3.11.5 it crashes.
FIND_IS_REENTRANT = sys.version_info >= (3, 11, 5) and not PYPY

#: Whether ``mmap.find`` reads the byte after the window, where there may be no page (python/cpython issue 105235).
FIND_OVERREADS = (3, 11) <= sys.version_info < (3, 11, 5) and not PYPY


def _windows():
    windows = {length: max(WINDOW, PER_NEEDLE_BYTE * length) for length in range(2, SHORT_NEEDLE + 1)}
    if SHORT_NEEDLE:
        windows[1] = BYTE_WINDOW
    return windows.get


#: ``window(length, -1)`` is the largest window, in bytes, for the runtime's method, given the length of the needle.
window = _windows()


_length = _stdlib.mmap.__len__
_item = _stdlib.mmap.__getitem__
_stdlib_find = _stdlib.mmap.find


def _find_without_overread(mapping, needle, start, end):
    """``mmap.find`` in a window that ends before the mapping's last byte; the last place is compared here."""
    size = _length(mapping)
    if end < size or len(needle) == 1:
        return _stdlib_find(mapping, needle, start, end)
    found = _stdlib_find(mapping, needle, start, size - 1)
    if found < 0:
        last = size - len(needle)
        if last >= (start if start >= 0 else max(start + size, 0)) and _item(mapping, slice(last, size)) == needle:
            return last
    return found


#: ``mmap.find`` of the runtime, safe for a needle of bytes that is not empty and bounds that are ints.
mapping_find = _find_without_overread if FIND_OVERREADS else _stdlib_find


def _count_in_copy(mapping, needle, start, end):
    return _item(mapping, slice(start, end)).count(needle)


# The runtime's methods by the exact class of the buffer, called with a needle of bytes that is not empty and two bounds
# that are ints. zcio.mmap's classes are added where they are defined.
FIND, RFIND, COUNT = {}, {}, {}
if not PYPY:
    FIND.update({bytes: bytes.find, bytearray: bytearray.find, _stdlib.mmap: mapping_find})
    RFIND.update({bytes: bytes.rfind, bytearray: bytearray.rfind, _stdlib.mmap: _stdlib.mmap.rfind})
    COUNT.update({bytes: bytes.count, bytearray: bytearray.count, _stdlib.mmap: _count_in_copy})

#: Methods that slice a buffer, called with a slice, by the class or a base of it: the fastest way to copy a part as
#: bytes. That of GuardedMmap raises MappingFault for pages that are gone, as the core's copy does for views.
SLICE = {bytes: bytes.__getitem__, _stdlib.mmap: _item}

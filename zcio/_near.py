"""Small windows: where the runtime's own C methods have an answer before the core is entered, and which those are."""

import sys

from zcio._holding import PYPY
from zcio._standard import mmap as _standard

__all__ = [
    "BYTE_WINDOW",
    "FIND",
    "FIND_WINDOW",
    "PROBE",
    "RFIND",
    "RFIND_WINDOW",
    "find_near",
    "find_window",
    "rfind_window",
]

# From benchmarks/thresholds.py, in bytes. The runtime's method searches windows of up to FIND_WINDOW (RFIND_WINDOW), or
# FIND_STRETCH (RFIND_STRETCH) for each byte of the needle, since it skips further with a longer one; for a needle of
# one byte BYTE_WINDOW, since from 3.11 on that is memchr, and only the GIL speaks for the core. PROBE is how much of a
# larger window it tries first. A needle longer than SHORT_NEEDLE goes to the core at once, which compares a bounded
# number of times per byte whatever it looks like.
if PYPY:
    # Its method is slow, and entering the core costs next to nothing: not even an empty window is for it.
    FIND_WINDOW = RFIND_WINDOW = -1
    FIND_STRETCH = RFIND_STRETCH = BYTE_WINDOW = PROBE = SHORT_NEEDLE = 0
elif sys.version_info >= (3, 11):
    # As the distributions build it. Without optimisation at link time find takes three times as long, and the core
    # would be faster from a quarter of that on.
    FIND_WINDOW, FIND_STRETCH = 6144, 1024
    RFIND_WINDOW, RFIND_STRETCH = 6144, 1024
    BYTE_WINDOW, PROBE, SHORT_NEEDLE = 256 * 1024, 128, 64
else:
    # Its method compares at every byte.
    FIND_WINDOW = RFIND_WINDOW = BYTE_WINDOW = 1024
    FIND_STRETCH = RFIND_STRETCH = 0
    PROBE, SHORT_NEEDLE = 128, 64


def _windows(window, stretch):
    """The largest window for the runtime's method, by the length of the needle; none for long needles."""
    windows = {length: max(window, stretch * length) for length in range(2, SHORT_NEEDLE + 1)}
    if SHORT_NEEDLE:
        windows[1] = BYTE_WINDOW
    return windows.get


#: The largest window for the runtime's method, by the length of the needle; None for one it should not search for.
find_window = _windows(FIND_WINDOW, FIND_STRETCH)
rfind_window = _windows(RFIND_WINDOW, RFIND_STRETCH)


def _nears():
    nears = {length: PROBE for length in range(2, SHORT_NEEDLE + 1)}
    if SHORT_NEEDLE:
        # What it searches as fast as the core is not asked how long it is.
        nears[1] = BYTE_WINDOW if BYTE_WINDOW > FIND_WINDOW else PROBE
    return nears.get


#: How much the runtime's method tries first where the core would be asked, by the length of the needle; None as above.
find_near = _nears()

#: The runtime's methods by the class of what they search. They take two ints, and no empty needle.
FIND = {} if PYPY else {kind: kind.find for kind in (bytes, bytearray, _standard.mmap)}
RFIND = {} if PYPY else {kind: kind.rfind for kind in (bytes, bytearray, _standard.mmap)}

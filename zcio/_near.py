"""Small windows: where the runtime's own C methods have an answer before the core is entered, and which those are."""

import sys

from zcio._holding import PYPY
from zcio._standard import mmap as _standard

__all__ = [
    "BYTE_WINDOW",
    "FIND",
    "PROBE",
    "RFIND",
    "WINDOW",
    "find_near",
    "window",
]

# From benchmarks/thresholds.py, in bytes. The runtime's method searches windows of up to WINDOW, forward and backward,
# or STRETCH for each byte of the needle, since it skips further with a longer one; for a needle of one byte
# BYTE_WINDOW, since from 3.11 on that is memchr, and only the GIL speaks for the core. PROBE is how much of a larger
# window it tries first. A needle longer than SHORT_NEEDLE goes to the core at once, which compares a bounded number of
# times per byte whatever it looks like.
if PYPY:
    # Its method is slow, and entering the core costs next to nothing: not even an empty window is for it.
    WINDOW = -1
    STRETCH = BYTE_WINDOW = PROBE = SHORT_NEEDLE = 0
elif sys.version_info >= (3, 11):
    # As the distributions build it. Without optimisation at link time find takes three times as long, and the core
    # would be faster from a quarter of that on.
    WINDOW, STRETCH = 6144, 1024
    BYTE_WINDOW, PROBE, SHORT_NEEDLE = 256 * 1024, 128, 64
else:
    # Its method compares at every byte.
    WINDOW = BYTE_WINDOW = 1024
    STRETCH = 0
    PROBE, SHORT_NEEDLE = 128, 64


def _windows():
    windows = {length: max(WINDOW, STRETCH * length) for length in range(2, SHORT_NEEDLE + 1)}
    if SHORT_NEEDLE:
        windows[1] = BYTE_WINDOW
    return windows.get


#: The largest window for the runtime's method, by the length of the needle; None for one it should not search for.
window = _windows()


def _nears():
    nears = {length: PROBE for length in range(2, SHORT_NEEDLE + 1)}
    if SHORT_NEEDLE:
        # What it searches as fast as the core is not asked how long it is.
        nears[1] = BYTE_WINDOW if BYTE_WINDOW > WINDOW else PROBE
    return nears.get


#: How much the runtime's method tries first where the core would be asked, by the length of the needle; None as above.
find_near = _nears()

#: The runtime's methods by the class of what they search. They take two ints, and no empty needle.
FIND = {} if PYPY else {kind: kind.find for kind in (bytes, bytearray, _standard.mmap)}
RFIND = {} if PYPY else {kind: kind.rfind for kind in (bytes, bytearray, _standard.mmap)}

"""The tests of an interpreter's own suites that must fail on zcio, each with the reason."""

import sys

__all__ = ["expected_failures"]

PYPY = sys.implementation.name == "pypy"
VERSION = sys.version_info[:2]

_SIZE_ERROR = "wants 3.13's OSError EBADF of size() with trackfd=False; 3.15 raises ValueError"
_READ1 = "wants read1() to need an argument, as 3.6's does"
_VALUE_FIRST = "wants IndexError of m[len(m)] = b'\\0'; 3.15 looks at the value first: TypeError"


def _mmap():
    # Up to 3.12 the suite asserts nothing that 3.15 does otherwise, and 3.15's own has nothing to except.
    if PYPY:
        return {"MmapTests.test_basic": _VALUE_FIRST}
    if (3, 13) <= VERSION < (3, 15):
        return {"MmapTests.test_trackfd_neg1": _SIZE_ERROR, "MmapTests.test_trackfd_parameter": _SIZE_ERROR}
    return {}


def _bytesio():
    return {"CBytesIOTest.test_read1": _READ1} if VERSION == (3, 6) and not PYPY else {}


_SUITES = {"bytesio": _bytesio, "guarded": _mmap, "mmap": _mmap}


def expected_failures(name):
    """``{test: reason}`` of the suite ``name`` on the running interpreter."""
    return _SUITES[name]()

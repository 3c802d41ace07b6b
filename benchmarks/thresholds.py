"""Measures the window sizes from which the core is faster than the runtime's own find, rfind and count.

The thresholds in zcio/_search/dispatch.py come from these numbers. For each needle, it prints the smallest window such
that the core is faster in this and every larger one. The time of the core includes the native call and, for find and
rfind, the search of the first PROBE bytes by the runtime's method. The needles of 2 to 16 bytes determine WINDOW, the
needle of one byte BYTE_WINDOW, those of 6 bytes and more PER_NEEDLE_BYTE, and count COUNT_WINDOW. Only a mapping is
measured; bytes and bytearray have the same thresholds. On PyPy the core searches every window.
"""

import sys

from zcio._call_guard import guarded_call
from zcio._core import search as core_search
from zcio._mapping.stdlib import StdlibMmap
from zcio._search.dispatch import COUNT, PROBE
from zcio.bench.texts import words
from zcio.bench.timing import race
from zcio.mmap import mmap

WINDOWS = [64, 128, 256, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 16384, 32768, 65536, 1 << 17, 1 << 18]


def break_even(runtime_method, core, made, needle, first):
    """The window in bytes from which on the core wins.

    Args:
        first: a function of the window, to the bounds in which the runtime's method looks before the core does; None
            if it does not.
    """

    def by_core():
        found = -1 if first is None else runtime_method(made, needle, *first(window))
        return max(found, core(made, needle, 0, window))

    least = None
    for window in reversed(WINDOWS):
        times = race(
            {
                "runtime": lambda: runtime_method(made, needle, 0, window),
                "core": by_core,
            },
            budget=0.05,
            rounds=5,
        )
        if times["core"] > times["runtime"]:
            break
        least = window
    return least


def main():
    """Print one line per needle and method."""
    if not COUNT:
        sys.exit("%s leaves everything to the core" % sys.implementation.name)
    print("core faster from, in bytes, on %s %s" % (sys.implementation.name, sys.version.split()[0]))
    made = mmap(-1, WINDOWS[-1])
    made[:] = words(len(made))
    for needle in (b"\xff", b"e\xff", b"shred\xff", b"nottheretonight\xff", b"e" * 63 + b"\xff"):
        for name, runtime_method, core, first in (
            ("find", StdlibMmap.find, core_search.find, lambda window: (0, PROBE)),
            ("rfind", StdlibMmap.rfind, core_search.rfind, lambda window: (window - PROBE, window)),
            ("count", COUNT[StdlibMmap], core_search.count, None),
        ):
            found = break_even(runtime_method, guarded_call(core), made, needle, first)
            print("%-6s %3d B needle  %s" % (name, len(needle), found or "never"))


if __name__ == "__main__":
    main()

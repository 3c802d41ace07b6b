"""``python benchmarks [--quick]``: every benchmark that needs nothing but what is installed."""

import sys

import mmap_find

if __name__ == "__main__":
    mmap_find.main("--quick" in sys.argv)

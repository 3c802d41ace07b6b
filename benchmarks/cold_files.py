"""A file searched from the page cache and from the disk: ``python benchmarks/cold_files.py [DIRECTORY]``, as root.

Prints GB/s, the best of three, of a search for an absent string in a file of 512 MiB, beside ``cat FILE >/dev/null``.
Before each cold run the page cache is dropped. DIRECTORY, by default the current one, must lie on a disk.
"""

import argparse
import os
import random
import subprocess
import time

from zcio import mmap

SIZE = 512 << 20
ABSENT = b"needle!"


def search(path):
    with mmap.open_path(path) as mapping:
        return mapping.find(ABSENT)


def search_with_advice(path):
    with mmap.open_path(path) as mapping:
        mapping.madvise(mmap.MADV_SEQUENTIAL)  # novm: zcio's mmap, not the standard library's
        return mapping.find(ABSENT)


def search_by_reading(path):
    buffer = bytearray(1 << 20)
    with open(path, "rb", 0) as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                return -1
            assert buffer.find(ABSENT, 0, count) < 0


def cat(path):
    with open(path, "rb") as file:
        subprocess.check_call(["cat"], stdin=file, stdout=subprocess.DEVNULL)
    return -1


WAYS = {
    "open_path, find": search,
    "the same after MADV_SEQUENTIAL": search_with_advice,
    "readinto 1 MiB, bytearray.find": search_by_reading,
    "cat": cat,
}


def drop_page_cache():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("3")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", nargs="?", default=".")
    path = os.path.join(parser.parse_args().directory, "cold_files.bin")
    letters = random.Random(1)
    text = b" ".join(b"%08x" % letters.getrandbits(32) for _ in range(1 << 17))[: 1 << 20].ljust(1 << 20)
    try:
        with open(path, "wb") as file:
            for _ in range(SIZE >> 20):
                file.write(text)
        print("%-34s %8s %8s" % ("GB/s", "cached", "cold"))
        for name, way in WAYS.items():
            figures = []
            for prepare in (lambda: cat(path), drop_page_cache):
                best = float("inf")
                for _ in range(3):
                    prepare()
                    begun = time.perf_counter()
                    assert way(path) == -1
                    best = min(best, time.perf_counter() - begun)
                figures.append(SIZE / best / 1e9)
            print("%-34s %8.2f %8.2f" % ((name,) + tuple(figures)), flush=True)
    finally:
        os.remove(path)


if __name__ == "__main__":
    main()

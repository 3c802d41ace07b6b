"""What a guard costs: GuardedMmap beside mmap, call by call, and what a fault takes.

The ratio behind plain is its time divided by the guarded one's: 0.5 says that the guard doubles the time.
"""

import os
import sys
import tempfile
import time

from timing import race, row

import zcio.mmap as mmap

SIZE = 1 << 20


def main(quick=False):
    """Print every comparison."""
    budget = 0.1 if quick else 0.3
    print("GuardedMmap on %s %s" % (sys.implementation.name, sys.version.split()[0]))
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"a line of the file\n" * (SIZE // 19 + 1))
        file.truncate(SIZE)
        made = {
            "zcio": mmap.open_path(file.name, "r+", guard=True),
            "plain": mmap.open_path(file.name, "r+"),
        }
        for question, size, call in (
            ("m[i]", 1, lambda m: m[77]),
            ("m[i:j], 20 bytes", 20, lambda m: m[70:90]),
            ("m[i] = x", 1, lambda m: m.__setitem__(77, 97)),
            ("seek and read(16)", 16, lambda m: m.seek(10) and m.read(16)),
            ("readline", 19, lambda m: m.seek(0) and None or m.readline()),
            ("find in 64 B window", 64, lambda m: m.find(b"\xff", 5000, 5064)),
            ("1 MiB find 6 B absent", SIZE, lambda m: m.find(b"shred\xff", 0)),
            ("1 MiB count 1 B", SIZE, lambda m: m.count(b"\n")),
            ("1 MiB list of lines", SIZE, lambda m: sum(map(len, m.lines()))),
            ("1 MiB slice", SIZE, lambda m: len(m[:])),
            ("len", 1, len),
        ):
            row(question, race({name: lambda m=m: call(m) for name, m in made.items()}, budget=budget), size)
        guarded = made["zcio"]
        os.truncate(file.name, 5000)
        for question, at in (("a fault, raised and put back", 9000), ("the same in a slice of 1 MiB", slice(None))):
            best = 1.0
            for _ in range(100 if quick else 1000):
                begin = time.perf_counter()
                try:
                    guarded[at]
                except mmap.MappingFault:
                    best = min(best, time.perf_counter() - begin)
            print("%-30s %8.1f us" % (question, best * 1e6))
        for m in made.values():
            m.close()


if __name__ == "__main__":
    main("--quick" in sys.argv)

"""zcio.mmap beside the standard library's mmap and fmmap (where it is installed): find, rfind, and what is inherited.

The ratio behind a rival is its time divided by zcio's: above 1 zcio is faster.
"""

import mmap as stdlib_mmap
import random
import sys

from timing import race, row

import zcio.mmap as zcio_mmap

try:
    import fmmap
except ImportError:
    fmmap = None

MODULES = {"zcio": zcio_mmap, "stdlib": stdlib_mmap}
if fmmap is not None:
    MODULES["fmmap"] = fmmap


def text(size):
    """Lines of words over a small alphabet, without the bytes 0 and 255."""
    words = [bytes(random.Random(seed).choices(b"etaoinshrdlu", k=2 + seed % 9)) for seed in range(500)]
    chooser = random.Random(7)
    unit = b"\n".join(b" ".join(chooser.choices(words, k=9)) for _ in range(3000))
    return (unit * (size // len(unit) + 1))[:size]


def maps(content):
    """The same bytes in one anonymous map of each rival."""
    made = {}
    for name, module in MODULES.items():
        made[name] = module.mmap(-1, len(content))
        made[name][:] = content
    return made


def ask(question, made, size, call, **options):
    """Race ``call`` over the maps and print the line."""
    row(question, race({name: (lambda m=m: call(m)) for name, m in made.items()}, **options), size)


def main(quick=False):
    """Print every comparison."""
    print("mmap on %s %s" % (sys.implementation.name, sys.version.split()[0]))
    for size in (64, 256, 1024, 4096, 64 << 10, 1 << 20, (8 if quick else 64) << 20):
        made = maps(text(size))
        label = "%d B" % size if size < 1024 else "%d KiB" % (size >> 10) if size < 1 << 20 else "%d MiB" % (size >> 20)
        budget = 0.1 if quick else 0.4
        for needle in (b"\xff", b"shred\xff", b"nottheretonight\xff"):
            for method in ("find", "rfind"):
                question = "%s %s %d B absent" % (label, method, len(needle))
                ask(question, made, size, lambda m: getattr(m, method)(needle), budget=budget)
    made = maps(text(1 << 20))
    print("small windows and near hits in 1 MiB")
    ask("find in 64 B window", made, 64, lambda m: m.find(b"\xff", 5000, 5064))
    ask("find near hit", made, 64, lambda m: m.find(b"\n"))
    print("inherited")
    ask("m[i]", made, 1, lambda m: m[77])
    ask("m[i:j]", made, 1, lambda m: m[70:90])
    ask("len", made, 1, len)

    def read(m):
        m.seek(10)
        return m.read(16)

    ask("seek and read(16)", made, 16, read)
    for m in made.values():
        m.close()


if __name__ == "__main__":
    main("--quick" in sys.argv)

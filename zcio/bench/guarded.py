"""The cost of a guard: GuardedMmap beside zcio's plain mmap, call by call."""

import tempfile

import zcio.mmap as mmap
from zcio.bench.timing import Row, race

__all__ = ["TITLE", "rows"]

TITLE = "guarded: what GuardedMmap costs beside the plain mmap"

SIZE = 1 << 20

_QUESTIONS = (
    ("m[i]", 1, lambda m: m[77]),
    ("m[i:j], 20 bytes", 20, lambda m: m[70:90]),
    ("m[i] = x", 1, lambda m: m.__setitem__(77, 97)),
    ("seek and read(16)", 16, lambda m: m.seek(10) and m.read(16)),
    ("readline", 19, lambda m: m.seek(0) and None or m.readline()),
    ("find in a 64 B window", 64, lambda m: m.find(b"\xff", 5000, 5064)),
    ("1 MiB, find 6 B absent", SIZE, lambda m: m.find(b"shred\xff", 0)),
    ("1 MiB, count 1 B", SIZE, lambda m: m.count(b"\n")),
    ("1 MiB, every line", SIZE, lambda m: sum(map(len, m.lines()))),
    ("1 MiB, slice", SIZE, lambda m: len(m[:])),
)


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.05 if quick else 0.2
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"a line of the file\n" * (SIZE // 19 + 1))
        file.truncate(SIZE)
        with mmap.open_path(file.name, "r+", guard=True) as guarded, mmap.open_path(file.name, "r+") as plain:
            for question, size, call in _QUESTIONS:
                yield Row(question, race({"zcio": lambda: call(guarded), "plain": lambda: call(plain)}, budget), size)

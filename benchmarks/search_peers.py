"""Searches of zcio beside the standard library's, fmmap's and StringZilla's: same bytes, same process, answers checked.

    python benchmarks/search_peers.py [--megabytes N] [--only WORD] [--losses]

Figures are GB/s, the best of several runs each. ``ratio`` is zcio divided by the best other one in the row; rows below
0.9 are marked. fmmap and StringZilla are used if installed (``pip install fmmap stringzilla``).
"""

import argparse
import mmap
import random
import sys
import time
from array import array
from functools import partial

from zcio import _core, search as zcio
from zcio.bench.texts import CORPORA, repeat

try:
    import fmmap
except ImportError:
    fmmap = None
try:
    import stringzilla
except ImportError:
    stringzilla = None

LENGTHS = (1, 2, 3, 4, 8, 16, 32, 64, 256, 4096)
MARK = 0.9


def needles(rng, hay, length):
    """(kind, needle) of absent needles: with a byte the corpus has not got, or like a piece of it but for one byte."""
    at = rng.randrange(len(hay) // 2)
    piece = hay[at : at + length]
    middle = length // 2
    yield "rare", piece[:middle] + b"\xff" + piece[middle + 1 :]
    letters = bytes(set(hay[:4096]))
    for kind, place in (("prefix", length - 1), ("suffix", 0), ("middle", middle)):
        for letter in rng.sample(letters, len(letters)):
            needle = piece[:place] + bytes([letter]) + piece[place + 1 :]
            if zcio.find(hay, needle) < 0:
                yield kind, needle
                break


def engines(hay):
    """(name, {way: function of a needle}) of everything that is installed."""
    yield "zcio", {
        "find": lambda needle: zcio.find(hay, needle),
        "rfind": lambda needle: zcio.rfind(hay, needle),
        "count": lambda needle: zcio.count(hay, needle),
    }
    yield "bytes", {"find": hay.find, "rfind": hay.rfind, "count": hay.count}
    mapping = mmap.mmap(-1, len(hay))
    mapping[:] = hay
    size = len(hay)
    yield "mmap", {"find": lambda n: mapping.find(n, 0, size), "rfind": lambda n: mapping.rfind(n, 0, size)}
    if fmmap is not None:
        other = fmmap.mmap(-1, len(hay))
        other[:] = hay
        yield "fmmap", {"find": lambda n: other.find(n, 0, size), "rfind": lambda n: other.rfind(n, 0, size)}
    if stringzilla is not None:
        view = stringzilla.Str(hay)
        yield "stringzilla", {"find": view.find, "rfind": view.rfind, "count": view.count}


def best(call, needle, least=0.03):
    """Seconds of the fastest of several calls; of one, if that takes long."""
    fastest, spent, calls = float("inf"), 0.0, 0
    while calls < 1 or (spent < least * 10 and (calls < 3 or spent < least)):
        begin = time.perf_counter()
        call(needle)
        took = time.perf_counter() - begin
        fastest = min(fastest, took)
        spent += took
        calls += 1
    return fastest


class Table:
    """Prints rows as they come and keeps count of the losses."""

    def __init__(self, names, only, losses):
        self.names, self.only, self.losses = names, only, losses
        self.rows, self.lost, self.worst = 0, 0, float("inf")
        print("%-34s" % "corpus way kind bytes" + "".join("%12s" % name for name in names) + "   ratio")

    def wants(self, label):
        return self.only in label

    def row(self, label, size, seconds):
        others = [value for name, value in seconds.items() if name != "zcio"]
        ratio = min(others) / seconds["zcio"]
        self.rows += 1
        self.worst = min(self.worst, ratio)
        lost = ratio < MARK
        self.lost += lost
        if lost or not self.losses:
            speeds = (size / seconds[name] / 1e9 if name in seconds else 0 for name in self.names)
            cells = "".join("%12.1f" % speed if speed else "%12s" % "-" for speed in speeds)
            print("%-34s%s %7.2f%s" % (label, cells, ratio, "  <" if lost else ""))
            sys.stdout.flush()


def absent(table, name, hay, rng):
    """find and rfind over the whole of ``hay``."""
    peers = list(engines(hay))
    for length in LENGTHS:
        for kind, needle in needles(rng, hay, length):
            for way in ("find", "rfind"):
                label = "%s %s %s %d" % (name, way, kind, length)
                if not table.wants(label):
                    continue
                seconds = {}
                for peer, ways in peers:
                    answer = ways[way](needle)
                    assert answer == -1, (label, peer, answer)
                    seconds[peer] = best(ways[way], needle)
                table.row(label, len(hay), seconds)


def dense(table, size):
    """count and find_all of a needle at several distances between its occurrences."""
    every_so_many = ((30, b"\n"), (30, b"needle"), (30, b"a needle of 15."), (1000, b"needle"), (65536, b"needle"))
    for every, needle in every_so_many:
        hay = repeat(needle + b"." * (every - len(needle)), size)
        wanted = hay.count(needle)
        label = "every %d count bytes %d" % (every, len(needle))
        if table.wants(label):
            seconds = {}
            for peer, ways in engines(hay):
                if "count" in ways:
                    assert ways["count"](needle) == wanted, (label, peer)
                    seconds[peer] = best(ways["count"], needle)
            table.row(label, size, seconds)
        label = "every %d find_all bytes %d" % (every, len(needle))
        if table.wants(label):
            loop = partial(python_loop, hay)
            assert loop(needle) == as_list(hay, needle) and into_arrays(hay, needle) == wanted, label
            seconds = {"zcio": best(partial(as_list, hay), needle), "bytes": best(loop, needle)}
            table.row(label, size, seconds)
            fastest = best(partial(into_arrays, hay), needle)
            print("    offsets into an array, no list: %.1f times the loop" % (seconds["bytes"] / fastest))


def python_loop(hay, needle):
    """What one writes without find_all."""
    offsets, at = [], hay.find(needle)
    while at >= 0:
        offsets.append(at)
        at = hay.find(needle, at + len(needle))
    return offsets


def as_list(hay, needle):
    """The same by zcio."""
    return list(zcio.find_all(hay, needle))


def into_arrays(hay, needle):
    """The same by batches into one reused array."""
    finder, out = zcio.Finder(needle), array("Q", bytes(8 * 8192))
    start = total = 0
    while start is not None:
        found, start = finder.find_into(hay, out, start)
        total += found
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=16)
    parser.add_argument("--only", default="", help="rows whose label contains this")
    parser.add_argument("--losses", action="store_true", help="print no other rows")
    arguments = parser.parse_args()
    size = arguments.megabytes << 20
    names = [name for name, _ in engines(b"x")]
    versions = sys.version.split()[0], _core.version(), _core.search_level(), size >> 20
    print("Python %s, zcio %s (%s), %d MB" % versions)
    table = Table(names, arguments.only, arguments.losses)
    for name, make in CORPORA.items():
        if not arguments.only.startswith("every"):
            rng = random.Random(name)
            absent(table, name, make(rng, size), rng)
    dense(table, size)
    print("%d rows, %d below %.1f, the lowest %.2f" % (table.rows, table.lost, MARK, table.worst))


if __name__ == "__main__":
    main()

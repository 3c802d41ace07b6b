"""Uses one of the classes that own native memory in the ``__del__`` of a cycle that the garbage collector found.

Run by test_del_in_cycles.py: memory that was freed too early may end the process.
"""

import gc
import os
import sys
import tempfile

import zcio
import zcio.mmap as zmmap
import zcio.re as zre
from zcio.search import Finder
from zcio.splice import Splicer

TEXT = b"needle in a haystack, " * 4000


def pipe():
    made = zcio.Pipe(zcio.Pool(chunk_size=4096))
    made.write(TEXT)
    return made, lambda: (made.find(b"no such"), made.readexact(50000), made.write(TEXT), made.read())


def view():
    memory = zcio.Pool(chunk_size=4096).take(4096)
    memory[:4] = b"view"
    return memory, lambda: bytes(memory[:4])


def pool():
    made = zcio.Pool(chunk_size=4096)
    made.take(100)
    return made, lambda: (len(made.take(100)), len(made.stats()), made.clear())


def finder():
    made = Finder(b"haystack")
    return made, lambda: (made.find(TEXT), made.count(TEXT))


def pattern():
    made = zre.compile(b"needle [a-z]+ a" + os.urandom(4).hex().encode())  # not one that re's cache keeps
    assert zre.explain(made).startswith("native")
    return made, lambda: (made.search(TEXT), made.count(TEXT))


def guarded():
    with tempfile.TemporaryFile() as file:
        file.write(TEXT)
        file.flush()
        made = zmmap.GuardedMmap(file.fileno(), 0)
    return made, lambda: (made.find(b"no such"), made.fault, made.close())


def splicer():
    inlet, outlet = os.pipe()
    os.write(outlet, TEXT[:4096])
    made = Splicer(inlet, os.open(os.devnull, os.O_WRONLY))
    made.step()
    return made, lambda: (made.step(), made.close())


class Owner:
    """Younger than what it uses, so that the collector finalizes it later."""

    def __init__(self, made, use):
        self.made, self.use, self.owner = made, use, self

    def __del__(self):
        told.append(self.use())


told = []
make = globals()[sys.argv[1]]
expected = make()[1]()
for _ in range(20):
    Owner(*make())
    for _ in range(5):  # PyPy finds it late
        if not told:
            gc.collect()
    others = [make() for _ in range(3)]  # take the memory that was freed
    assert told and told.pop() == expected, told
print("done")

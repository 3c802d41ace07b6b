"""Without address space left, calls raise MemoryError or OSError (ENOMEM), and existing objects stay usable."""

import sys

import pytest
from guarded_child import passes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS and /proc")

# `short(kib)` leaves so much room; `fails` wants one of the two errors.
LIMIT = """
import errno, resource
def short(kib):
    with open("/proc/self/statm") as statm:
        now = int(statm.read().split()[0]) * PAGE
    resource.setrlimit(resource.RLIMIT_AS, (now + kib * 1024, resource.getrlimit(resource.RLIMIT_AS)[1]))
def fails(call):
    try:
        result = call()
    except MemoryError:
        return
    except OSError as error:
        assert error.errno == errno.ENOMEM and type(error) is OSError, repr(error)
        return
    raise AssertionError(type(result))
big = 1 << 31
with open(path, "r+b") as file:
    m = mmap.mmap(file.fileno(), 0)
    g = mmap.GuardedMmap(file.fileno(), 0)
    file.truncate(big)
private = mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
private[:] = TEXT
file = open(path, "r+b")
def usable():
    for mapping in (m, g, private):
        assert mapping[:20] == TEXT[:20] and len(mapping) == SIZE
        assert mapping.find(b"not there" * 10, 0) == -1 and mapping.count(b"line") == TEXT.count(b"line")
        mapping.seek(0)
        assert mapping.readline() == LINE
        mapping[:4] = TEXT[:4]
        mapping.flush()
import zcio.search
zcio.search.find(bytes(1000), b"x")
usable()
short(8192)
"""


def test_constructors_and_growth():
    passes(
        LIMIT
        + """
for _ in range(20):
    fails(lambda: mmap.mmap(file.fileno(), 0))
    fails(lambda: mmap.mmap(file.fileno(), 0, trackfd=False))
    fails(lambda: mmap.mmap(-1, big))
    fails(lambda: mmap.mmap(-1, big, trackfd=False))
    fails(lambda: mmap.GuardedMmap(file.fileno(), 0))
    fails(lambda: mmap.GuardedMmap(-1, big))
    fails(lambda: mmap.open_path(path))
    fails(lambda: mmap.open_path(path, "r+", guard=True))
    fails(lambda: mmap.open_path(path, "c", trackfd=False))
    for mapping in (m, g, private):
        fails(lambda: mapping.resize(big))
    usable()
assert guards() == 1
file.close()
"""
    )


def test_searches():
    passes(
        LIMIT
        + """
needle = b"q" * (1 << 20)
for _ in range(5):
    fails(lambda: [zcio.search.Finder(needle) for _ in range(40)])
    fails(lambda: zcio.search.Finder(bytearray(64 << 20)))
    usable()
file.close()
"""
    )


def test_guards_until_no_more_fit():
    passes(
        LIMIT
        + """
many = []
def more():
    while True:
        many.append(mmap.open_path(path, "r+", length=SIZE, guard=True))
fails(more)
there = len(many)
assert there > 3 and guards() == 1 + there
while len(many) > there // 2:
    many.pop().close()
assert guards() == 1 + there // 2
truncate(PAGE)
for mapping in many:
    faults(lambda: mapping[-1])
    mapping.close()
faults(lambda: g[-1])
fill()
assert g[:] == TEXT
file.close()
"""
    )


def test_without_memory_to_map_the_file_again_every_access_raises():
    passes(
        LIMIT
        + """
short(0)
truncate(PAGE)
size = len(g)
faults(lambda: g[-1])
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_AS)[1]))
fill()
faults(lambda: g[-1])
faults(lambda: g[0])
g.close()
file.close()
"""
    )

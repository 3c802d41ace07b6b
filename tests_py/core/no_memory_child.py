"""Makes every allocation of the interpreter fail once in code that makes or enlarges an object of zcio.

    python tests_py/core/no_memory_child.py DIRECTORY [NAME ...]

prints a line for each case: its name and how many allocations failed. The exit status is 1 if a failure was reported by
anything but MemoryError, leaked a mapping, chunk or descriptor, or made an existing object unusable.
"""

import _testcapi
import faulthandler
import gc
import os
import socket
import sys

import zcio.mmap as mmap
import zcio.search as search
from zcio.bytesio import BytesIO
from zcio.cursor import Cursor
from zcio.pipe import Pipe, Pool
from zcio.splice import Splicer, copy, proxy, splice

LINE = b"a line of text\n"
SIZE = 3 * mmap.PAGESIZE
DATA = (LINE * SIZE)[:SIZE]
CASES = {}
# What the interpreter itself says, with other words in each version, when there is no memory for a lock, for the
# __dict__ of an object (3.8, 3.9) or for a frame (3.11).
OTHERS = (
    "can't allocate lock",
    "error return without exception set",
    "EvalFrameEx returned NULL without setting an error",
    "EvalFrameDefault returned NULL without setting an error",
    "EvalFrameDefault returned NULL without setting an exception",
)


def case(function):
    """Registers ``function(place)``, ``place`` a Place."""
    CASES[function.__name__.rstrip("_")] = function
    return function


class Place:
    def __init__(self, directory):
        self.path = os.path.join(directory, "source")
        self.target = os.path.join(directory, "target")
        with open(self.path, "wb") as file:
            file.write(DATA)
        self.source = open(self.path, "r+b")
        self.out = open(self.target, "w+b")
        self.pool = Pool(chunk_size=4096, max_retained=1 << 16)
        self.sockets = [socket.socketpair() for _ in range(2)]
        self.standing = mmap.GuardedMmap(self.source.fileno(), 0)

    def check(self):
        """What was there before is usable, and nothing else is left."""
        assert self.standing.find(b"absent", 0) == -1 and self.standing[:15] == LINE
        with open("/proc/self/maps") as maps:
            assert sum(self.path in line for line in maps) == 1, "a mapping is left"
        assert self.pool.stats()["lent"] == 0, "a chunk is left"


@case
def mapping(place):
    with mmap.mmap(place.source.fileno(), 0) as one:
        one.find(b"absent")
        one.resize(2 * SIZE)
        one.resize(SIZE)
        one.flush()


@case
def mapping_without_descriptor(place):
    mmap.mmap(place.source.fileno(), 0, trackfd=False).close()


@case
def mapping_by_path(place):
    mmap.open_path(place.path, "c").close()


@case
def guarded(place):
    with mmap.GuardedMmap(place.source.fileno(), 0) as one:
        one.count(b"line")
        one.resize(2 * SIZE)
        one.resize(SIZE)


@case
def cursor(place):
    with Cursor(bytearray(DATA)) as one:
        one.write(b"over")
        one.read(5)
        one.readline()
        one.read_view(7)
        one.readuntil(b"t")
        one.peek(5)
        one.find(b"line")
        one.getbuffer()


@case
def cursor_over_bytes(place):
    with Cursor(DATA) as one:
        one.readline()
        one.read_view(7)
        one.readuntil(b"t")


@case
def bytesio(place):
    with BytesIO(DATA) as one:
        one.seek(0, 2)
        one.write(DATA)
        one.truncate(4 * SIZE)
        one.seek(0)
        one.readuntil(b"t")
        one.getbuffer().release()


@case
def pipe(place):
    """Check that no byte is lost: the exception has the bytes that were not written."""
    one, written = Pipe(place.pool), 0
    try:
        for _ in range(6):
            one.write(DATA[:3000])
            written += 3000
        with one.get_buffer(5000) as room:
            room[:4] = b"abcd"
        one.buffer_written(4)
        one.peek(10)
        list(one.peek_zerocopy(5000))
        one.find(b"absent")
    finally:
        _testcapi.set_nomemory(1 << 30, 0)
        assert written <= len(one) <= written + 3000
        assert one.readexact(written) == DATA[:3000] * (written // 3000)


@case
def pool(place):
    Pipe(Pool(chunk_size=8192)).write(DATA)


@case
def finder(place):
    one = search.Finder(b"of")
    list(one.find_all(DATA[:200]))
    one.count(DATA)
    search.find_any(DATA, b"xyz")
    list(search.line_views(DATA[:100]))


@case
def splice_(place):
    splice(place.source, place.out)


@case
def copy_(place):
    copy(place.path, place.target)


@case
def copy_from_memory(place):
    copy(Cursor(DATA), place.target)


@case
def splicer(place):
    with Splicer(place.source, place.out, 100, offset=1) as one:
        one.step()


@case
def proxy_(place):
    """Check that all sent bytes have arrived, were handed back, or can still be read."""
    (client, a), (b, server) = place.sockets
    client.sendall(b"asked")
    server.sendall(b"answered")
    moved, undelivered = (0, 0), (b"", b"")
    reached = False
    client.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_WR)
    try:
        moved = proxy(a, b)
        reached = True
    except BaseException as error:
        moved = getattr(error, "moved", moved)
        undelivered = getattr(error, "undelivered", undelivered)
        raise
    finally:
        _testcapi.set_nomemory(1 << 30, 0)
        for far, near, way, sent in ((server, a, 0, b"asked"), (client, b, 1, b"answered")):
            far.setblocking(False)
            near.setblocking(False)
            there = b""
            for end in (far, near):
                try:
                    there += end.recv(100)
                except BlockingIOError:
                    pass
            assert len(there) + len(undelivered[way]) == len(sent), (way, there, undelivered, moved, reached)
        for end in (client, a, b, server):
            end.close()
        place.sockets[:] = [socket.socketpair() for _ in range(2)]


def run(name, place):
    """Return how many allocations failed, and a list of errors."""
    function, wrong, failed, through = CASES[name], [], 0, 0
    for _ in range(10):
        function(place)
    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))
    for nth in range(3000):
        if through > 40:  # some callers of malloc ignore that it failed
            break
        _testcapi.set_nomemory(nth, nth + 1)
        try:
            function(place)
            _testcapi.remove_mem_hooks()
            through += 1
        except BaseException as error:
            _testcapi.remove_mem_hooks()
            failed += 1
            through = 0
            if not isinstance(error, MemoryError) and not str(error).endswith(OTHERS):
                wrong.append((nth, repr(error)))
            error.__traceback__ = None
    gc.collect()
    try:
        place.check()
        function(place)
    except AssertionError as error:
        wrong.append(str(error))
    # Where there is no memory for its frame, close() is never called: that is a few of the hundreds of allocations.
    if len(os.listdir("/proc/self/fd")) - descriptors > 8:
        wrong.append("descriptors are left")
    return failed, wrong


def main(directory, names):
    """Return the exit status: 0 if every failure was a MemoryError and nothing leaked."""
    faulthandler.enable()
    place = Place(directory)
    status = 0
    for name in names or sorted(CASES):
        failed, wrong = run(name, place)
        print("%-28s %5d allocations failed  %s" % (name, failed, wrong[:5] or "ok"), flush=True)
        status |= bool(wrong) or not failed
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

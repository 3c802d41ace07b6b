"""Makes, uses and drops every class of zcio many times, and reports what the process has kept.

    python tests_py/every_class/leak_cycles.py CYCLES [NAME ...]

prints a line for each class: its name, the cycles, the growth in descriptors, mappings (lines of /proc/self/maps) and
KiB of memory since the first few cycles, and a verdict. The exit status is 1 if something leaks.
"""

import asyncio
import gc
import os
import socket
import sys
import tempfile
import time

import zcio.mmap as mmap
from zcio import _core, search
from zcio.bytesio import BytesIO
from zcio.cursor import Cursor
from zcio.pipe import PartialReadError, Pipe, Pool
from zcio.splice import Splicer, copy, proxy, splice

PYPY = sys.implementation.name == "pypy"
DATA = b"a line of text\n" * 400
CYCLES = {}
# A cycle that makes connections costs that many plain ones.
COSTS = {"proxy": 50, "aio": 100}
if PYPY:
    COSTS["bytesio"] = 10  # it looks for forgotten views in the whole heap
# A leak keeps at least the smallest allocation in each cycle. Less growth than that is noise.
KIB_PER_CYCLE = 0.03
KIB_OF_NOISE = 16384 if PYPY else 1024


def cycle(function):
    """Registers ``function(place)``, ``place`` a Place, as a cycle."""
    CYCLES[function.__name__.rstrip("_")] = function
    return function


class Place:
    """Files and sockets that the cycles share."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "source")
        self.target = os.path.join(directory, "target")
        with open(self.path, "wb") as file:
            file.write(DATA)
        self.source = open(self.path, "r+b")
        self.out = open(self.target, "w+b")
        self.full = open("/dev/full", "wb", 0)
        self.ours, self.theirs = socket.socketpair()
        self.pool = Pool(chunk_size=4096, max_retained=1 << 16)
        self.anonymous = mmap.mmap(-1, 1 << 14)

    def close(self):
        self.anonymous.close()
        for one in (self.source, self.out, self.full, self.ours, self.theirs):
            one.close()


def fails(errors, call):
    """``call()`` must raise one of ``errors``; returns what was raised, without what its frames hold."""
    try:
        call()
    except errors as error:
        return error.with_traceback(None)
    raise AssertionError("no error")


@cycle
def mmap_(place):
    one = mmap.mmap(place.source.fileno(), 0)
    view = memoryview(one)
    if not PYPY:
        fails(BufferError, one.close)
        fails(BufferError, lambda: one.resize(100))
    list(zip(range(3), one.lines()))
    one.find(b"absent")
    view.release()
    one.resize(len(DATA) + 10000)
    one.resize(len(DATA))
    one.close()
    fails(ValueError, lambda: one[0])
    fails((ValueError, OverflowError), lambda: mmap.mmap(place.source.fileno(), 1 << 62))
    fails(OSError, lambda: mmap.mmap(place.full.fileno(), 10000, trackfd=False))
    mmap.mmap(-1, 5000)  # never closed
    mmap.mmap(place.source.fileno(), 0, trackfd=False).close()
    with mmap.open_path(place.path) as other:
        fails(TypeError, lambda: other.write(b"x"))
    fails(OSError, lambda: mmap.open_path(place.path + " absent"))


@cycle
def guarded_mmap(place):
    one = mmap.GuardedMmap(place.source.fileno(), 0)
    one.count(b"line")
    one.resize(len(DATA) + 10000)
    os.ftruncate(place.source.fileno(), 0)
    fails(mmap.MappingFault, lambda: one[5000])
    fails(mmap.MappingFault, lambda: one.find(b"absent"))
    os.pwrite(place.source.fileno(), DATA, 0)
    one.close()
    mmap.open_path(place.path, guard=True)  # never closed
    fails((ValueError, OverflowError), lambda: mmap.GuardedMmap(place.source.fileno(), 1 << 62))


def use(file):
    file.read(10)
    file.readline()
    file.readuntil(b"text")
    file.peek(10)
    file.find(b"line")
    view = file.read_view(50)
    list(zip(range(3), file))
    fails(TypeError, lambda: file.seek("0"))
    fails(ValueError, lambda: file.seek(0, 9))
    view.release()
    file.close()
    fails(ValueError, file.read)


@cycle
def cursor_over_bytes(place):
    use(Cursor(DATA))
    fails(TypeError, lambda: Cursor("text"))


@cycle
def cursor_over_bytearray(place):
    memory = bytearray(DATA)
    cursor = Cursor(memory)
    cursor.write(b"over")
    fails(BufferError, lambda: cursor.write(DATA + DATA))
    cursor.seek(0)
    use(cursor)
    memory.append(1)
    Cursor(bytearray(DATA)).readline()  # never closed


@cycle
def cursor_over_mmap(place):
    place.anonymous[:15] = DATA[:15]
    use(Cursor(place.anonymous))
    Cursor(place.anonymous, readonly=True).read(3)  # never closed


@cycle
def bytesio(place):
    file = BytesIO(DATA)
    file.seek(0, 2)
    file.write(DATA)
    with file.getbuffer():
        fails(BufferError, lambda: file.truncate(1))
    file.seek(0)
    use(file)
    BytesIO(DATA).getbuffer()  # never closed


@cycle
def finder(place):
    one = search.Finder(b"of text")
    list(one.find_all(DATA))
    one.rfind(place.anonymous)
    one.find(DATA, 1 << 80)
    fails(TypeError, lambda: one.find(DATA, "1"))
    fails(TypeError, lambda: search.Finder("text"))
    next(search.find_all(DATA, b"line"))
    next(search.line_views(DATA)).release()
    search.find_any(DATA, b"xyz")


@cycle
def pipe_and_pool(place):
    pipe = Pipe(place.pool)
    pipe.write(DATA)
    with pipe.get_buffer(5000) as room:
        room[:3] = b"abc"
    pipe.buffer_written(3)
    views = list(pipe.read_zerocopy(5000))
    pipe.readuntil(b"\n")
    fails(ValueError, lambda: pipe.buffer_written(1 << 40))
    place.theirs.sendall(b"sent")
    pipe.recv_from(place.ours)
    pipe.writev_to(place.theirs)
    place.ours.recv(1 << 16)
    pipe.write(b"the rest")
    pipe.eof()
    fails(PartialReadError, lambda: pipe.readexact(1 << 20))
    pipe.read()
    del views
    own = Pool(chunk_size=4096)
    own.take(10000)
    dropped = Pipe(own)
    dropped.write(DATA)
    kept = list(dropped.peek_zerocopy())
    del dropped, own
    bytes(kept[0])


@cycle
def splice_(place):
    splice(place.source, place.out)
    place.theirs.sendall(b"four")
    splice(place.ours, place.out, nbytes=4)
    place.theirs.sendall(b"lost")
    assert fails(OSError, lambda: splice(place.ours, place.full, nbytes=4)).undelivered == b"lost"
    fails(ValueError, lambda: splice(1 << 20, place.out))
    fails(OverflowError, lambda: splice(place.source, place.out, offset=1 << 40))


@cycle
def copy_(place):
    copy(place.path, place.target)
    copy(place.source, place.out, offset=0)
    fails(OSError, lambda: copy(place.path, place.full))
    fails(OSError, lambda: copy(place.path + " absent", place.target))
    fails(OSError, lambda: copy(place.path, place.path + "/below"))

    def stop(done, total):
        raise KeyError(done)

    fails(KeyError, lambda: copy(place.path, place.target, progress=stop))


@cycle
def splicer(place):
    with Splicer(place.source, place.out, 100, offset=1) as one:
        one.step()
    place.theirs.sendall(b"some bytes")
    one = Splicer(place.ours, place.full, 10)
    fails(OSError, lambda: [one.step() for _ in range(10)])
    one.close()
    fails(ValueError, one.step)
    Splicer(place.source, place.out, 100, offset=1)  # never closed


@cycle
def proxy_(place):
    pairs = [socket.socketpair() for _ in range(2)]
    (client, a), (b, server) = pairs
    client.sendall(b"asked")
    server.sendall(b"answered")
    client.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_WR)
    assert proxy(a, b) == (5, 8)
    client.close()
    # b still writes to a client that has closed.
    server.close()
    a.close()
    fails((OSError, ValueError), lambda: proxy(a, b))
    b.close()


@cycle
def panic(place):
    for _ in range(50):
        fails(_core.CoreError, _core.panic_probe)


async def _connections():
    from zcio import aio

    async def serve(reader, writer):
        try:
            writer.write(await reader.readuntil(b"\n"))
            await writer.drain()
            await reader.readexactly(1000)
        except (aio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    server = await aio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    for _ in range(3):
        reader, writer = await aio.open_connection(*address[:2])
        writer.write(b"a line\n")
        assert await reader.readline() == b"a line\n"
        writer.write_eof()
        assert await reader.read() == b""
        try:
            await reader.readexactly(5)
            raise AssertionError("no error")
        except aio.IncompleteReadError:
            pass
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()


@cycle
def aio(place):
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_connections())
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()


def _collect():
    for _ in range(3):
        gc.collect()


def kept():
    """``(descriptors, mappings, KiB)`` of this process now."""
    _collect()
    with open("/proc/self/maps") as maps:
        mappings = sum(1 for _ in maps)
    with open("/proc/self/statm") as statm:
        kib = int(statm.read().split()[1]) * mmap.PAGESIZE // 1024
    return len(os.listdir("/proc/self/fd")), mappings, kib


def run(name, cycles):
    """``(cycles done, [growth of descriptors, mappings, KiB])``."""
    one, cycles = CYCLES[name], max(4, cycles // COSTS.get(name, 1))
    # Not on a disk, which would be all that is waited for.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as directory:
        place = Place(directory)
        try:
            # Caches fill, arenas grow, PyPy's JIT compiles (for longer): as much before it counts.
            for done in range(2 * cycles if PYPY else cycles // 2):
                one(place)
                if PYPY and done % 200 == 0:
                    gc.collect()
            before = kept()
            for done in range(cycles):
                one(place)
                if PYPY and done % 200 == 0:
                    gc.collect()
            after = kept()
        finally:
            place.close()
    return cycles, [now - then for then, now in zip(before, after)]


def main(cycles, names):
    """Return the exit status: 0 if nothing leaks."""
    status = 0
    for name in names or sorted(CYCLES):
        begun = time.time()
        done, (descriptors, mappings, kib) = run(name, cycles)
        # malloc may take or give back an arena, a mapping or two, at any time.
        leaks = descriptors > 0 or mappings > 16 or kib > KIB_OF_NOISE + done * KIB_PER_CYCLE
        status |= leaks
        print(
            "%-22s %7d cycles  %+3d descriptors  %+3d mappings  %+6d KiB  %5d s  %s"
            % (name, done, descriptors, mappings, kib, time.time() - begun, "LEAKS" if leaks else "ok"),
            flush=True,
        )
    return status


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))

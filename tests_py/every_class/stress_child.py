"""Eight threads that use all of zcio at once, in a process that test_stress starts; by hand:

    python tests_py/every_class/stress_child.py SEED SECONDS [fork]

They search, read, write, resize, close and replace shared maps, cursors and streams, and pass bytes through pipes of
one pool, keeping and dropping views meanwhile. An error is a crash, a hang, bytes of a pipe that are lost or changed,
or an exception that this use cannot explain. The seed decides what each thread does, but not when.
"""

import faulthandler
import gc
import hashlib
import os
import random
import sys
import tempfile
import threading
import time

import zcio.mmap as mmap
from zcio import search
from zcio.bytesio import BytesIO
from zcio.cursor import Cursor
from zcio.pipe import Pipe, Pool

PYPY = sys.implementation.name == "pypy"
PAGE = mmap.PAGESIZE
SIZES = [PAGE, 3 * PAGE, 64 * PAGE]
NEEDLES = [b"needle", b"\0\0", b"x", bytes(40), b"xyxyxz"]
# The exceptions of an object that another thread has just closed, resized, filled or viewed.
EXPLAINED = (ValueError, BufferError, IndexError, OSError, EOFError)


class Shared:
    """Objects that all threads use and any thread replaces."""

    def __init__(self, directory):
        self.directory = directory
        self.pool = Pool(chunk_size=1 << 12, max_retained=1 << 16, debug=True)
        self.maps = [self.new_map() for _ in range(4)]
        self.files = [self.new_file() for _ in range(4)]
        self.kept = [None] * 8

    def new_map(self):
        if random.random() < 0.5:
            made = mmap.mmap(-1, random.choice(SIZES))
        else:
            kind = random.choice([mmap.mmap, mmap.GuardedMmap])
            with tempfile.TemporaryFile(dir=self.directory) as file:
                file.truncate(random.choice(SIZES))
                made = kind(file.fileno(), 0)
        made[10:16] = b"needle"
        return made

    def new_file(self):
        kind = random.randrange(4)
        if kind == 0:
            return BytesIO(b"line\n" * 1000)
        if kind == 1:
            return Cursor(b"line\n" * 1000)
        if kind == 2:
            return Cursor(bytearray(b"line\n" * 1000))
        return Cursor(random.choice(self.maps))


def map_step(shared, rng):
    at = rng.randrange(4)
    made, needle = shared.maps[at], rng.choice(NEEDLES)
    start = rng.randrange(PAGE)
    rng.choice(
        [
            lambda: made.find(needle, start),
            lambda: made.rfind(needle, start),
            lambda: made.count(needle),
            lambda: list(zip(range(100), made.find_all(needle))),
            lambda: list(zip(range(100), made.lines())),
            lambda: made[start : start + 100],
            lambda: made.__setitem__(slice(start, start + 6), b"needle"),
            lambda: (made.seek(start), made.read(100), made.readline()),
            lambda: made.write(b"y" * 10),
            lambda: made.resize(rng.choice(SIZES)),
            lambda: made.flush(),
            lambda: keep(shared, rng, memoryview(made)[start:]),
            lambda: search.find_any(made, b"ne"),
            lambda: replace(shared.maps, at, shared.new_map),
        ]
    )()


def file_step(shared, rng):
    at = rng.randrange(4)
    made, size = shared.files[at], rng.randrange(-1, 300)
    step = rng.choice(
        [
            lambda: made.read(size),
            lambda: made.readline(),
            lambda: made.readinto(bytearray(max(size, 0))),
            lambda: made.write(b"w" * max(size, 0)),
            lambda: made.seek(rng.randrange(6000)),
            lambda: made.peek(size),
            lambda: made.find(b"line"),
            lambda: made.readuntil(b"ne\n"),
            lambda: list(zip(range(20), made)),
            lambda: keep(shared, rng, made.read_view(size)),
            lambda: keep(shared, rng, made.getbuffer()),
            lambda: made.getvalue(),
            lambda: replace(shared.files, at, shared.new_file),
        ]
    )
    try:
        step()
    except RuntimeError as error:
        # The exception of a Cursor that notices a second thread.
        if "used by two threads" not in str(error):
            raise


def keep(shared, rng, view):
    """Until another thread drops it, maybe after reading it."""
    at = rng.randrange(8)
    old, shared.kept[at] = shared.kept[at], view
    if old is not None:
        # PyPy resizes and closes a mapping in spite of its views, which nobody may read meanwhile.
        if rng.random() < 0.5 and not (PYPY and isinstance(old.obj, mmap.mmap)):
            bytes(old[:64])
        old.release()


def replace(of, at, new):
    old, of[at] = of[at], new()
    old.close()


def churn(shared, seed, until, failures):
    """One thread at the shared maps and files."""
    rng = random.Random(seed)
    steps = 0
    try:
        while time.monotonic() < until:
            try:
                (map_step if rng.random() < 0.5 else file_step)(shared, rng)
            except EXPLAINED:
                pass
            steps += 1
            if steps % 500 == 0:
                gc.collect()
    except BaseException as error:
        failures.append((seed, steps, repr(error)))
        raise


def feed(pipe, seed, until, digest, failures):
    """The writing side of a pipe."""
    rng = random.Random(seed)
    try:
        while time.monotonic() < until:
            if len(pipe) > 1 << 18:
                time.sleep(0.0002)
                continue
            data = bytes(rng.getrandbits(8) for _ in range(rng.randrange(1, 40))) * rng.randrange(1, 400) + b"\n"
            digest.update(data)
            if rng.random() < 0.5:
                pipe.write(data)
                continue
            done = 0
            while done < len(data):
                with pipe.get_buffer(rng.randrange(1, 5000)) as room:
                    count = min(len(room), len(data) - done)
                    room[:count] = data[done : done + count]
                pipe.buffer_written(count)
                done += count
    except BaseException as error:
        failures.append((seed, repr(error)))
        raise
    finally:
        pipe.eof()


def drink(pipe, seed, digest, failures):
    """The reading side: every byte is seen once, in order, and views stay as they were."""
    rng = random.Random(seed)
    held = []
    try:
        while True:
            way = rng.randrange(6)
            if way == 0:
                data = pipe.read(rng.randrange(1, 9000))
            elif way == 1:
                try:
                    data = pipe.readuntil(b"\n")
                except EOFError:
                    data = pipe.read()
            elif way == 2:
                data = b"".join(line for line in pipe.split(b"\n", keepends=True))
            elif way == 3:
                views = pipe.read_zerocopy(rng.randrange(1, 9000))
                views = list(views) if views is not None else []
                data = b"".join(views)
                held.append((views, data))
            elif way == 4:
                room = bytearray(rng.randrange(1, 5000))
                data = bytes(room[: pipe.readinto(room) or 0])
            else:
                ahead = pipe.peek(100)
                data = pipe.read(len(ahead)) if ahead else None
                if ahead and data != ahead:
                    raise AssertionError("peek saw something else")
            if data:
                digest.update(data)
            elif pipe.reached_eof():
                break
            if len(held) > 20:
                for views, data in held:
                    if b"".join(views) != data:
                        raise AssertionError("a view has changed")
                del held[:]
    except BaseException as error:
        failures.append((seed, repr(error)))
        raise


def main(seed, seconds, forks):
    """Exit status 0 if nothing was wrong."""
    print("seed %d" % seed, flush=True)
    random.seed(seed)
    faulthandler.enable()
    failures = []
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as directory:
        shared = Shared(directory)
        pipes = [Pipe(shared.pool) for _ in range(2)]
        written = [hashlib.sha256() for _ in pipes]
        read = [hashlib.sha256() for _ in pipes]
        threads = [
            threading.Thread(target=churn, args=(shared, seed + number, until, failures)) for number in range(4)
        ]
        for number, pipe in enumerate(pipes):
            threads.append(
                threading.Thread(target=feed, args=(pipe, seed + 10 + number, until, written[number], failures))
            )
            threads.append(threading.Thread(target=drink, args=(pipe, seed + 20 + number, read[number], failures)))
        for thread in threads:
            thread.start()
        while forks and time.monotonic() < until:
            child = os.fork()
            if child == 0:
                # The child has none of the other threads. A lock that one of them held must not block it.
                faulthandler.dump_traceback_later(30, exit=True)
                fresh = Pipe(Pool(chunk_size=4096))
                fresh.write(b"one\ntwo")
                wrong = fresh.readline() != b"one\n" or search.find(b"a needle", b"needle") != 2
                with mmap.mmap(-1, PAGE) as made:
                    made[0:6] = b"needle"
                    wrong = wrong or made.rfind(b"needle") != 0
                os._exit(wrong)
            _, status = os.waitpid(child, 0)
            if status:
                failures.append(("fork", status))
            time.sleep(0.05)
        for thread in threads:
            thread.join(seconds + 120)
            if thread.is_alive():
                faulthandler.dump_traceback()
                os._exit(3)
        if [one.digest() for one in written] != [one.digest() for one in read]:
            failures.append("bytes of a pipe were lost or changed")
        for view in shared.kept:
            if view is not None:
                view.release()
        for made in shared.files + shared.maps:
            made.close()
    print(failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), "fork" in sys.argv[3:]))

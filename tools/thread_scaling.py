"""Times one thread against two: searches, a compiled pattern, a Pool that both use, and pipes of their own.

    python tools/thread_scaling.py

Prints, for each, operations a second with one and with two threads, and their ratio: 2 is perfect, 1 means that the
threads wait for each other. Runs of one and two threads alternate, and the best of each counts.
"""

import os
import sys
import tempfile
import threading
import time

import zcio
from zcio import mmap, re as zcio_re, search

SECONDS = 0.3
REPEATS = 20
ROUNDS = 7


def throughput(work, threads):
    """Calls of `work(i)` a second, over all threads."""
    rates = [0.0] * threads
    start = threading.Barrier(threads + 1)
    stop = [False]

    def loop(i):
        call = work(i)
        count = 0
        start.wait()
        began = time.perf_counter()
        while not stop[0]:
            # Without a GIL, threads that use one object wait for each other even if they only read it, because they
            # count their references to it in one place. So they look at `stop` seldom.
            for _ in range(REPEATS):
                call()
            count += REPEATS
        rates[i] = count / (time.perf_counter() - began)

    workers = [threading.Thread(target=loop, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    time.sleep(SECONDS)
    stop[0] = True
    for worker in workers:
        worker.join()
    return sum(rates)


def subjects(directory):
    """Yield (what is timed, `make(i)`, which returns the function that thread `i` calls)."""
    data = bytes(range(1, 200)) * 5000
    path = os.path.join(directory, "data")
    with open(path, "wb") as file:
        file.write(data)
    shared = mmap.open_path(path)
    finder = search.Finder(b"\x00absent")
    yield "search.find, 1 MB of bytes", lambda i: lambda: search.find(data, b"\x00absent")
    yield "mmap.find, one map of 1 MB", lambda i: lambda: shared.find(b"\x00absent")
    yield "mmap.find, 64 bytes of it", lambda i: lambda: shared.find(b"\x00absent", 0, 64)
    yield "Finder.find, one Finder, 1 MB", lambda i: lambda: finder.find(data)
    yield "search.count, 1 MB", lambda i: lambda: search.count(data, b"\x07\x08\x09")
    pattern = zcio_re.compile(rb"\xc7\xc6|\xc6[\xc8-\xff]")
    yield "re, one pattern, 1 MB", lambda i: lambda: pattern.search(data)
    pool = zcio.Pool()

    def pipe(i):
        one = zcio.Pipe(pool=pool)
        record = b"x" * 999 + b"\n"

        def call():
            one.write(record)
            one.readuntil(b"\n")

        return call

    yield "Pipe each, one Pool, 1 kB", pipe

    def churn(i):
        def call():
            one = zcio.Pipe(pool=pool)
            one.write(b"x" * 9000)
            one.read()

        return call

    yield "Pipes made and dropped, one Pool", churn

    def cursor(i):
        one = zcio.Cursor(data)

        def call():
            one.seek(0)
            one.read(7)

        return call

    yield "Cursor each, seek and read", cursor


def main():
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print("%s, GIL %s, %d CPUs" % (sys.version.split("\n")[0], "on" if gil else "off", os.cpu_count()))
    with tempfile.TemporaryDirectory() as directory:
        for name, work in subjects(directory):
            best = {1: 0.0, 2: 0.0}
            for _ in range(ROUNDS):
                for threads in best:
                    best[threads] = max(best[threads], throughput(work, threads))
            print("%-34s %10.0f /s %10.0f /s  %.2f" % (name, best[1], best[2], best[2] / best[1]), flush=True)


if __name__ == "__main__":
    main()

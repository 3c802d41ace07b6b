"""Cursor over a bytearray and over bytes beside io.BytesIO, iocursor and pyarrow.BufferReader (those installed).

    python benchmarks/cursor.py

Every row is one question to all; ``<`` marks where zcio is slower. Of the two tables, the first is a Cursor over a
bytearray beside what the others do with it (io.BytesIO copies it when it is made), the second one over bytes.
"""

import io
import sys
from functools import partial

from timing import row

from zcio import Cursor
from zcio.bench import timing

try:
    from iocursor import Cursor as IOCursor
except ImportError:
    IOCursor = None
try:
    from pyarrow import BufferReader
except ImportError:
    BufferReader = None

# Many short rounds: what else the machine does then falls between some of them.
race = partial(timing.race, budget=0.2, rounds=60)

SIZE = 4 << 20
LINE = b"the quick brown fox jumps over the lazy\n"
CALLS = 100


def rivals(memory):
    """The makers of a stream over ``memory``."""
    made = {"zcio": Cursor, "BytesIO": io.BytesIO}
    if IOCursor is not None:
        made["iocursor"] = IOCursor
    if BufferReader is not None:
        made["BufferReader"] = BufferReader
    return made


def seek_and_read(stream, size):
    seek, read = stream.seek, stream.read
    for at in range(0, CALLS * 32, 32):
        seek(at)
        data = read(size)
    return len(data)


def seek_and_write(stream, data):
    seek, write = stream.seek, stream.write
    for at in range(0, CALLS * 32, 32):
        seek(at)
        written = write(data)
    return written


def read_into(stream, target):
    stream.seek(5)
    return stream.readinto(target)


def read_lines(stream):
    stream.seek(0)
    return sum(len(stream.readline()) for _ in range(1000))


def loop(stream):
    stream.seek(0)
    count = 0
    for _ in stream:
        count += 1
    return count


def make(kind, memory):
    for _ in range(CALLS):
        stream = kind(memory)
    return stream is not None


def compare(title, memory, writes):
    print("\n" + title)
    streams = {name: kind(memory) for name, kind in rivals(memory).items()}
    whole = {name: stream for name, stream in streams.items() if name != "BufferReader"}

    def ask(question, function, among, size, items, *args):
        row(question, race({name: partial(function, among[name], *args) for name in among}), size, items)

    ask("seek, read(16)", seek_and_read, streams, 16, CALLS, 16)
    ask("seek, read(4096)", seek_and_read, streams, 4096, CALLS, 4096)
    ask("seek, read(65536)", seek_and_read, streams, 65536, CALLS, 65536)
    for size in (16, 4096, 1 << 20):
        ask("seek, readinto of %d" % size, read_into, streams, size, 1, bytearray(size))
    if writes:
        ask("seek, write of 16", seek_and_write, whole, 16, CALLS, bytes(16))
        ask("seek, write of 4096", seek_and_write, whole, 4096, CALLS, bytes(4096))
    for stream in streams.values():
        stream.close()
    lines = type(memory)(LINE * (SIZE // len(LINE)))
    streams = {name: kind(lines) for name, kind in rivals(lines).items() if name != "BufferReader"}
    ask("readline", read_lines, streams, 0, 1000)
    ask("for line in stream", loop, streams, 0, SIZE // len(LINE))
    for stream in streams.values():
        stream.close()
    small = memory[:4096]
    row("make one over 4 KiB", race({n: partial(make, k, small) for n, k in rivals(small).items()}), 0, CALLS)


def main():
    print("Cursor on %s %s" % (sys.implementation.name, sys.version.split()[0]))
    compare("over a bytearray of 4 MiB", bytearray(SIZE), True)
    compare("over bytes", bytes(SIZE), False)


if __name__ == "__main__":
    main()

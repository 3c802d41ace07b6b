"""zcio.Cursor beside io.BytesIO, iocursor and pyarrow.BufferReader, over memory of another object.

io.BytesIO copies a bytearray when it is made, which is a row of its own.
"""

import io
from functools import partial

from zcio import Cursor
from zcio.bench.timing import Row, race, size_name

try:
    import iocursor
except ImportError:
    iocursor = None
try:
    import pyarrow
except ImportError:
    pyarrow = None

__all__ = ["TITLE", "rows"]

TITLE = "cursor: a file object over memory that somebody else owns"

SIZE = 4 << 20
LINE = b"the quick brown fox jumps over the lazy\n"
CALLS = 100


def _makers():
    made = {"zcio": Cursor, "BytesIO": io.BytesIO}
    if iocursor is not None:
        made["iocursor"] = iocursor.Cursor
    if pyarrow is not None:
        made["BufferReader"] = pyarrow.BufferReader
    return made


def _seek_and_read(stream, size):
    seek, read = stream.seek, stream.read
    for at in range(0, CALLS * 32, 32):
        seek(at)
        data = read(size)
    return len(data)


def _read_on(stream, size):
    stream.seek(0)
    read = stream.read
    for _ in range(CALLS):
        data = read(size)
    return len(data)


def _seek_and_write(stream, data):
    seek, write = stream.seek, stream.write
    for at in range(0, CALLS * 32, 32):
        seek(at)
        written = write(data)
    return written


def _read_into(stream, target):
    stream.seek(5)
    return stream.readinto(target)


def _read_lines(stream):
    stream.seek(0)
    return sum(len(stream.readline()) for _ in range(1000))


def _loop(stream):
    stream.seek(0)
    count = 0
    for _ in stream:
        count += 1
    return count


def _make(kind, memory):
    for _ in range(CALLS):
        stream = kind(memory)
    return stream is not None


def _over(name, memory, budget):
    makers = _makers()
    without_arrow = [rival for rival in makers if rival != "BufferReader"]

    def ask(question, among, function, *arguments):
        rivals = {rival: partial(function, streams[rival], *arguments) for rival in among}
        return Row("%s, %s" % (name, question), race(rivals, budget), items=items)

    streams = {rival: make(memory) for rival, make in makers.items()}
    items = CALLS
    for size in (16, 4096, 65536):
        yield ask("seek, read %s" % size_name(size), makers, _seek_and_read, size)
    for size in (16, 4096):
        yield ask("read %s after %s" % ((size_name(size),) * 2), makers, _read_on, size)
    if type(memory) is bytearray:
        for size in (16, 4096):
            yield ask("seek, write %s" % size_name(size), without_arrow, _seek_and_write, bytes(size))
    items = 1
    for size in (16, 4096, 1 << 20):
        yield ask("seek, readinto %s" % size_name(size), makers, _read_into, bytearray(size))
    for stream in streams.values():
        stream.close()
    lines = type(memory)(LINE * (SIZE // 8 // len(LINE)))
    streams = {rival: makers[rival](lines) for rival in without_arrow}
    items = 1000
    yield ask("readline", without_arrow, _read_lines)
    items = len(lines) // len(LINE)
    yield ask("for line in stream", without_arrow, _loop)
    for stream in streams.values():
        stream.close()
    for size in (4096, 1 << 20):
        rivals = {rival: partial(_make, make, memory[:size]) for rival, make in makers.items()}
        yield Row("%s, make one over %s" % (name, size_name(size)), race(rivals, budget), items=CALLS)


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.05 if quick else 0.2
    yield from _over("bytearray", bytearray(SIZE), budget)
    yield from _over("bytes", bytes(SIZE), budget)

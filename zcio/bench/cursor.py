"""zcio.Cursor beside io.BytesIO and iocursor: a file object over memory that somebody else owns."""

import io
import mmap as stdlib_mmap
import random

from zcio import Cursor
from zcio.bench.texts import CORPORA
from zcio.bench.timing import Row, race

try:
    import iocursor
except ImportError:
    iocursor = None

__all__ = ["TITLE", "rows"]

TITLE = "cursor: a file object over memory that somebody else owns"


def _read(stream):
    stream.seek(1000)
    return stream.read(16)


def _readinto(stream, buffer):
    stream.seek(1000)
    return stream.readinto(buffer)


def _lines(stream):
    stream.seek(0)
    return sum(map(len, stream))


def _write(stream):
    stream.seek(0)
    for _ in range(100):
        stream.write(b"sixteen bytes, a")
    return stream.tell()


def _makers():
    makers = {"zcio": Cursor, "BytesIO": io.BytesIO}
    if iocursor is not None:
        makers["iocursor"] = iocursor.Cursor
    return makers


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.1 if quick else 0.3
    data = CORPORA["logs"](random.Random("logs"), 1 << 20)
    makers = _makers()
    with stdlib_mmap.mmap(-1, len(data)) as mapped:
        mapped[:] = data
        for name, memory in (("bytes", data), ("bytearray", bytearray(data)), ("mmap", mapped)):
            # A BytesIO holds a copy, whose making is the first row's.
            rivals = {rival: (lambda make=make: _close(make(memory))) for rival, make in makers.items()}
            yield Row("%s of 1 MiB: make, read(16), close" % name, race(rivals, budget))
            streams = {rival: make(memory) for rival, make in makers.items()}
            for question, call, items in (
                ("seek and read(16)", _read, 1),
                ("seek and readinto 64 KiB", lambda stream: _readinto(stream, bytearray(1 << 16)), 1),
                ("every line", _lines, data.count(b"\n")),
                ("100 writes of 16 bytes", _write, 100),
            ):
                if question.startswith("100") and name == "bytes":
                    continue  # read-only
                rivals = {rival: (lambda stream=stream: call(stream)) for rival, stream in streams.items()}
                yield Row("%s: %s" % (name, question), race(rivals, budget), items=items)
            for stream in streams.values():
                stream.close()
            del streams, stream, rivals


def _close(stream):
    got = stream.read(16)
    stream.close()
    return got

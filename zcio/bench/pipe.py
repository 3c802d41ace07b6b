"""zcio.Pipe beside the usual receive buffers: a bytearray, asyncio.StreamReader, chunkedbuffer."""

import asyncio

from zcio import Pipe
from zcio.bench.timing import Row, race

try:
    import chunkedbuffer
except ImportError:
    chunkedbuffer = None

__all__ = ["TITLE", "rows"]

TITLE = "pipe: data comes in pieces, records and messages go out; the time of one"


def _pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def _pipe_readuntil(pieces):
    pipe, total = Pipe(), 0
    for piece in pieces:
        pipe.feed(piece)
        record = pipe.readuntil(b"\n")
        while record is not None:
            total += len(record)
            record = pipe.readuntil(b"\n")
    return total


def _pipe_records(pieces):
    pipe, total = Pipe(), 0
    for piece in pieces:
        pipe.feed(piece)
        for record in pipe.records(b"\n", keepends=True):
            total += len(record)
    return total


def _bytearray_records(pieces):
    """The usual loop of a protocol: find, slice, delete what was read."""
    buffer, total = bytearray(), 0
    for piece in pieces:
        buffer += piece
        start = 0
        end = buffer.find(b"\n")
        while end >= 0:
            record = bytes(buffer[start : end + 1])
            total += len(record)
            start = end + 1
            end = buffer.find(b"\n", start)
        del buffer[:start]
    return total


def _drive(coroutine):
    """Run a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("it waits")


def _stream_reader_records(pieces, loop):
    async def read():
        total = 0
        while True:
            record = await reader.readline()
            if not record:
                return total
            total += len(record)

    reader = asyncio.StreamReader(loop=loop)
    for piece in pieces:
        reader.feed_data(piece)
    reader.feed_eof()
    return _drive(read())


def _chunkedbuffer_records(pieces):
    pipe, total = chunkedbuffer.Pipe(), 0
    for piece in pieces:
        room = pipe.get_buffer(len(piece))
        room[: len(piece)] = piece
        pipe.buffer_written(len(piece))
        record = pipe.readuntil(b"\n")
        while record is not None:
            total += len(bytes(record))
            record = pipe.readuntil(b"\n")
    return total


def _pipe_messages(pieces):
    pipe, total = Pipe(), 0
    for piece in pieces:
        pipe.feed(piece)
        while True:
            head = pipe.peekexact(4)
            if head is None:
                break
            size = int.from_bytes(head, "big")
            if len(pipe) < size + 4:
                break
            pipe.skipexact(4)
            total += len(pipe.readexact(size))
    return total


def _bytearray_messages(pieces):
    buffer, total = bytearray(), 0
    for piece in pieces:
        buffer += piece
        start = 0
        while len(buffer) - start >= 4:
            size = int.from_bytes(buffer[start : start + 4], "big")
            if len(buffer) - start < size + 4:
                break
            total += len(bytes(buffer[start + 4 : start + 4 + size]))
            start += size + 4
        del buffer[:start]
    return total


def _stream_reader_messages(pieces, loop):
    async def read():
        total = 0
        while True:
            try:
                head = await reader.readexactly(4)
            except asyncio.IncompleteReadError:
                return total
            total += len(await reader.readexactly(int.from_bytes(head, "big")))

    reader = asyncio.StreamReader(loop=loop)
    for piece in pieces:
        reader.feed_data(piece)
    reader.feed_eof()
    return _drive(read())


def _pipe_frame_views(pieces, size):
    pipe, total = Pipe(), 0
    for piece in pieces:
        pipe.feed(piece)
        views = pipe.readexact_zerocopy(size)
        if views is not None:
            total += sum(map(len, views))
    return total


def _frames(pieces, size):
    buffer, total = bytearray(), 0
    for piece in pieces:
        buffer += piece
        if len(buffer) >= size:
            total += len(bytes(buffer[:size]))
            del buffer[:size]
    return total


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.05 if quick else 0.2
    size = 1 << 19 if quick else 1 << 21
    loop = asyncio.new_event_loop()
    try:
        for length in (30, 300):
            data = (b"x" * (length - 1) + b"\n") * (size // length)
            for piece in (1460, 65536):
                pieces = _pieces(data, piece)
                peers = {
                    "bytearray": lambda: _bytearray_records(pieces),
                    "StreamReader": lambda: _stream_reader_records(pieces, loop),
                }
                if chunkedbuffer is not None:
                    peers["chunkedbuffer"] = lambda: _chunkedbuffer_records(pieces)
                for way, call in (("records", _pipe_records), ("readuntil", _pipe_readuntil)):
                    question = "%s of %d B, data by %d" % (way, length, piece)
                    rivals = dict({"zcio": lambda: call(pieces)}, **peers)
                    yield Row(question, race(rivals, budget), items=size // length)
        for length in (16, 1000):
            data = (length.to_bytes(4, "big") + b"x" * length) * (size // length)
            pieces = _pieces(data, 65536)
            rivals = {
                "zcio": lambda: _pipe_messages(pieces),
                "bytearray": lambda: _bytearray_messages(pieces),
                "StreamReader": lambda: _stream_reader_messages(pieces, loop),
            }
            yield Row("messages of %d B with their length" % length, race(rivals, budget), items=size // length)
        pieces = _pieces(bytes(8 << 20), 65536)
        rivals = {
            "zcio": lambda: _pipe_frame_views(pieces, 1 << 20),
            "bytearray": lambda: _frames(pieces, 1 << 20),
        }
        yield Row("frames of 1 MiB, as views", race(rivals, budget), 8 << 20)
    finally:
        loop.close()

"""zcio.aio beside asyncio's streams: server and client in one process and one loop, over loopback."""

import asyncio
import contextlib

import zcio.aio
from zcio.bench.timing import Row, race

try:
    import uvloop
except ImportError:
    uvloop = None

__all__ = ["TITLE", "rows"]

TITLE = "aio: streams over loopback, server and client in one process"

_LINE = b"a line of thirty bytes, as is\n"
_CRLF = b"a line of thirty bytes, or so\r\n"
_BLOCK = 64 * 1024


# ---- what the server does with what it reads: each returns what can be compared ----


async def _readline(reader):
    total = 0
    while True:
        line = await reader.readline()
        if not line:
            return total
        total += len(line)


async def _readuntil(reader):
    total = 0
    while not reader.at_eof():
        try:
            total += len(await reader.readuntil(b"\r\n"))
        except asyncio.IncompleteReadError:
            pass
    return total


async def _async_for(reader):
    total = 0
    async for line in reader:
        total += len(line)
    return total


async def _batches(reader):
    total = 0
    async for lines in reader.batches(b"\n", keepends=True):
        for line in lines:
            total += len(line)
    return total


def _framed(size):
    async def readexactly(reader):
        total = 0
        while not reader.at_eof():
            try:
                length = int.from_bytes(await reader.readexactly(4), "big")
            except asyncio.IncompleteReadError:
                break
            total += len(await reader.readexactly(length))
        return total

    frame = size.to_bytes(4, "big") + bytes(size)
    return frame, readexactly


async def _views(reader):
    """Messages as _framed's, never copied."""
    total = 0
    pipe = reader.pipe
    while await reader.fill(4) >= 4:
        length = int.from_bytes(pipe.readexact(4), "big")
        await reader.fill(length)
        for view in pipe.readexact_zerocopy(length):
            total += len(view)
    return total


# ---- a connection ----


async def _end(writer, server, finished):
    writer.close()
    await finished
    server.close()
    await server.wait_closed()
    for _ in range(5):
        await asyncio.sleep(0)  # for the transports to close


async def _one_way(streams, handle, frame, count):
    """The client sends ``frame`` ``count`` times, the server handles it and sends its result back."""

    async def serve(reader, writer):
        writer.write(b"%d" % await handle(reader))
        writer.close()
        finished.set_result(None)

    block = frame * max(1, _BLOCK // len(frame))
    blocks, rest = divmod(count * len(frame), len(block))
    finished = asyncio.get_event_loop().create_future()
    server = await streams.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await streams.open_connection("127.0.0.1", port)
    for _ in range(blocks):
        writer.write(block)
        await writer.drain()
    writer.write(block[:rest])
    writer.write_eof()
    result = await reader.read()
    await _end(writer, server, finished)
    return result


async def _ping_pong(streams, handle, frame, count):
    """A line to and a line back, one after the other."""

    async def serve(reader, writer):
        while True:
            line = await reader.readline()
            if not line:
                break
            writer.write(line)
            await writer.drain()
        writer.close()
        finished.set_result(None)

    finished = asyncio.get_event_loop().create_future()
    server = await streams.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await streams.open_connection("127.0.0.1", port)
    total = 0
    for _ in range(count):
        writer.write(frame)
        await writer.drain()
        total += len(await reader.readline())
    await _end(writer, server, finished)
    return total


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.1 if quick else 1.5
    loops = {"": asyncio.new_event_loop}
    if uvloop is not None:
        loops["uvloop, "] = uvloop.new_event_loop
    lines = 10000 if quick else 100000
    megabytes = 8 if quick else 64
    small, read_small = _framed(100)
    medium, read_medium = _framed(64 << 10)
    large, read_large = _framed(1 << 20)
    questions = (
        ("lines, readline", _one_way, _readline, _readline, _LINE, lines),
        ("lines, async for", _one_way, _async_for, _async_for, _LINE, lines),
        ("lines with \\r\\n, async for", _one_way, _async_for, _async_for, _CRLF, lines),
        ("lines with \\r\\n, readuntil", _one_way, _readuntil, _readuntil, _CRLF, lines),
        ("lines, batches by async for", _one_way, _batches, _async_for, _LINE, lines),
        ("100 B messages, readexactly", _one_way, read_small, read_small, small, lines),
        ("64 KiB messages, readexactly", _one_way, read_medium, read_medium, medium, 16 * megabytes),
        ("1 MiB messages, readexactly", _one_way, read_large, read_large, large, megabytes),
        ("1 MiB messages, views by readexactly", _one_way, _views, read_large, large, megabytes),
        ("a line there and back", _ping_pong, None, None, _LINE, lines // 40),
    )
    for prefix, new_loop in loops.items():
        with contextlib.closing(new_loop()) as loop:
            for question, play, ours, theirs, frame, count in questions:
                rivals = {
                    "zcio": lambda: loop.run_until_complete(play(zcio.aio, ours, frame, count)),
                    "asyncio": lambda: loop.run_until_complete(play(asyncio, theirs, frame, count)),
                }
                yield Row(prefix + question, race(rivals, budget), items=count)

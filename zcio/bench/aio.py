"""zcio.aio beside asyncio's streams: server and client in one process and one loop, over loopback."""

import asyncio
import contextlib
import time

import zcio.aio
from zcio.bench.timing import Disagreement, Row

try:
    import uvloop
except ImportError:
    uvloop = None

__all__ = ["TITLE", "rows"]

TITLE = "aio: streams over loopback, server and client in one process"

_LINE = b"a line of thirty bytes, or so\r\n"
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


async def _one_way(streams, handle, frame, count):
    """The client sends ``frame`` ``count`` times, the server handles it and sends its result back."""

    async def serve(reader, writer):
        writer.write(b"%d" % await handle(reader))
        writer.close()

    block = frame * max(1, _BLOCK // len(frame))
    blocks, rest = divmod(count * len(frame), len(block))
    server = await streams.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    begin = time.perf_counter()
    reader, writer = await streams.open_connection("127.0.0.1", port)
    for _ in range(blocks):
        writer.write(block)
        await writer.drain()
    writer.write(block[:rest])
    writer.write_eof()
    result = await reader.read()
    took = time.perf_counter() - begin
    writer.close()
    server.close()
    await server.wait_closed()
    return took, result


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

    server = await streams.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await streams.open_connection("127.0.0.1", port)
    begin = time.perf_counter()
    total = 0
    for _ in range(count):
        writer.write(frame)
        await writer.drain()
        total += len(await reader.readline())
    took = time.perf_counter() - begin
    writer.close()
    server.close()
    await server.wait_closed()
    return took, total


def _race(new_loop, rivals, rounds):
    """The best time of each rival's function of nothing that makes a coroutine ``(seconds, answer)``."""
    best, answers = {}, {}
    with contextlib.closing(new_loop()) as loop:
        for _ in range(rounds):
            for name, run in rivals.items():
                took, answers[name] = loop.run_until_complete(run())
                best[name] = min(took, best.get(name, took))
    for name, answer in answers.items():
        if answer != answers["zcio"]:
            raise Disagreement("%s answers %.80r where zcio answers %.80r" % (name, answer, answers["zcio"]))
    return best


def rows(quick=False):
    """Every comparison, as it is measured."""
    rounds = 2 if quick else 5
    loops = {"": asyncio.new_event_loop}
    if uvloop is not None:
        loops["uvloop, "] = uvloop.new_event_loop
    lines = 50000 if quick else 200000
    kib, read_kib = _framed(100)
    big, read_big = _framed(64 << 10)
    huge, read_huge = _framed(1 << 20)
    megabytes = 64 if quick else 256
    questions = (
        ("lines, readline", _one_way, _readline, _readline, _LINE, lines),
        ("lines, async for", _one_way, _async_for, _async_for, _LINE, lines),
        ("lines, readuntil", _one_way, _readuntil, _readuntil, _LINE, lines),
        ("lines, batches by async for", _one_way, _batches, _async_for, _LINE, lines),
        ("100 B messages, readexactly", _one_way, read_kib, read_kib, kib, lines),
        ("64 KiB messages, readexactly", _one_way, read_big, read_big, big, 16 * megabytes),
        ("1 MiB messages, readexactly", _one_way, read_huge, read_huge, huge, megabytes),
        ("1 MiB messages, views by readexactly", _one_way, _views, read_huge, huge, megabytes),
        ("a line there and back", _ping_pong, None, None, _LINE, lines // 40),
    )
    for loop, new_loop in loops.items():
        for question, play, ours, theirs, frame, count in questions:
            rivals = {
                "zcio": lambda: play(zcio.aio, ours, frame, count),
                "asyncio": lambda: play(asyncio, theirs, frame, count),
            }
            yield Row(loop + question, _race(new_loop, rivals, rounds), len(frame) * count, count)

"""Compares zcio.aio with asyncio's streams, on asyncio's own loop and on uvloop.

    python benchmarks/aio_peers.py [--rounds N] [QUESTION ...]

A QUESTION is a part of a row's name, such as "ping". The peer is another process with plain blocking sockets over
loopback. A time is the CPU time, including the kernel's, of the process with the streams: the best play in a second of
a process that does no more. zcio and asyncio take turns, each time in a new process, because two processes with the
same work differ by several per cent. A row has the median of asyncio's time divided by zcio's, and between which
ratios the middle half of the rounds lies; answers are compared. The memory is the growth of the process's resident
memory for each idle connection, in KiB, after one line in each direction.

Where both sides wait for each other, streams and peer share one CPU (on Linux). On two, the time depends on whether the
other CPU has fallen asleep meanwhile: the same ratio then lies between 0.4 and 3.2.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import os
import signal
import socket
import statistics
import sys
import time

import zcio.aio

try:
    import uvloop
except ImportError:
    uvloop = None

BLOCK = 256 * 1024
SECONDS = 1
MEMORY = "memory"
RIVALS = {"zcio.aio": zcio.aio, "asyncio": asyncio}
LOOPS = {"asyncio": asyncio.new_event_loop}
if uvloop is not None:
    LOOPS["uvloop"] = uvloop.new_event_loop


def frame(size, end):
    """A record of ``size`` bytes with its separator."""
    return (b"a record as people send them; " * (size // 30 + 1))[: size - len(end)] + end


# ---- the peer, in another process ----


def sends(record, count):
    """Sends records, one after the other, as fast as they are taken."""

    def peer(socks):
        block = record * max(1, BLOCK // len(record))
        blocks, rest = divmod(count * len(record), len(block))
        for _ in range(blocks):
            socks[0].sendall(block)
        socks[0].sendall(block[:rest])
        socks[0].shutdown(socket.SHUT_WR)
        socks[0].recv(1)

    return peer


def takes(socks):
    """Reads until the end, then answers with the number of bytes."""
    total = 0
    buffer = bytearray(BLOCK)
    while True:
        count = socks[0].recv_into(buffer)
        if not count:
            break
        total += count
    socks[0].sendall(b"%d\n" % total)


def echoes(socks):
    """Sends back what arrives."""
    while True:
        data = socks[0].recv(BLOCK)
        if not data:
            return
        socks[0].sendall(data)


def asks(record, rounds):
    """Sends each connection a record and reads the answers, round by round."""

    def peer(socks):
        for _ in range(rounds):
            for sock in socks:
                sock.sendall(record)
            for sock in socks:
                missing = len(record)
                while missing:
                    missing -= len(sock.recv(missing))
        for sock in socks:
            sock.close()

    return peer


# ---- the streams; each returns what can be compared ----


async def readline(pairs):
    reader = pairs[0][0]
    count = total = 0
    while True:
        line = await reader.readline()
        if not line:
            return count, total
        count += 1
        total += len(line)


async def lines_of(pairs):
    count = total = 0
    async for line in pairs[0][0]:
        count += 1
        total += len(line)
    return count, total


async def readuntil(pairs):
    reader = pairs[0][0]
    count = total = 0
    try:
        while True:
            total += len(await reader.readuntil(b"\r\n"))
            count += 1
    except asyncio.IncompleteReadError as error:
        return count, total, error.partial


def readexactly(size):
    async def read(pairs):
        reader = pairs[0][0]
        count = 0
        try:
            while True:
                await reader.readexactly(size)
                count += 1
        except asyncio.IncompleteReadError as error:
            return count, error.partial

    return read


def views(size):
    """The same messages by zcio's views, never joined."""

    async def read(pairs):
        reader = pairs[0][0]
        pipe = reader.pipe
        count = 0
        while await reader.fill(size) >= size:
            for _ in pipe.readexact_zerocopy(size):
                pass
            count += 1
        return count, pipe.read()

    return read


def ping_pong(record, count):
    async def play(pairs):
        (reader, writer), total = pairs[0], 0
        for _ in range(count):
            writer.write(record)
            await writer.drain()
            total += len(await reader.readline())
        return total

    return play


def drains(block, count):
    async def write(pairs):
        reader, writer = pairs[0]
        for _ in range(count):
            writer.write(block)
            await writer.drain()
        writer.write_eof()
        return await reader.readline()

    return write


async def answers(pairs):
    async def serve(reader, writer):
        count = 0
        while True:
            line = await reader.readline()
            if not line:
                return count
            count += 1
            writer.write(line)
            await writer.drain()

    return await asyncio.gather(*[serve(*pair) for pair in pairs])


# ---- measuring ----


def connected(number):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(number)
        pairs = []
        for _ in range(number):
            ours = socket.socket()
            ours.connect(listener.getsockname())
            theirs = listener.accept()[0]
            for sock in (ours, theirs):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pairs.append((ours, theirs))
    return zip(*pairs)


def played(new_loop, streams, play, peer, number):
    """``(seconds, answer)`` of ``play`` with ``number`` connections to ``peer``."""
    ours, theirs = connected(number)
    pid = os.fork()
    if pid == 0:
        try:
            for sock in ours:
                sock.close()
            peer(theirs)
        except ConnectionError:
            pass
        finally:
            os._exit(0)
    for sock in theirs:
        sock.close()
    loop = new_loop()

    async def main():
        pairs = []
        for sock in ours:
            sock.setblocking(False)
            pairs.append(await streams.open_connection(sock=sock))
        before = time.process_time()
        answer = await play(pairs)
        took = time.process_time() - before
        for _, writer in pairs:
            writer.close()
        await asyncio.sleep(0.001)
        return took, answer

    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main())
    finally:
        loop.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def idle_memory(new_loop, streams, number=400):
    """The resident bytes of one idle connection, after lines there and back."""

    async def exchanged(number):
        ends = []
        for sock in itertools.chain(*connected(number)):
            sock.setblocking(False)
            ends.append(await streams.open_connection(sock=sock))
        for _ in range(3):
            for _, writer in ends:
                writer.write(b"a line there, ")
                await asyncio.sleep(0)
                writer.write(b"in two pieces\n")
            for reader, _ in ends:
                await reader.readline()
        return ends

    async def main():
        warm = await exchanged(20)
        before = resident()
        ends = await exchanged(number)
        return (resident() - before) // len(ends), warm

    loop = new_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(main())[0]


def measured(name, loop, rival):
    """The answer to one question, in a process that has done no more: bytes for the memory, else as played()."""
    if name == MEMORY:
        return idle_memory(LOOPS[loop], RIVALS[rival])
    _, *plays, peer, number, one_cpu = next(row for row in questions() if row[0] == name)
    if one_cpu and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # the peer inherits it
    play = plays[list(RIVALS).index(rival)]
    best = played(LOOPS[loop], RIVALS[rival], play, peer, number)
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        best = min(best, played(LOOPS[loop], RIVALS[rival], play, peer, number))
    return best


def in_new_process(*arguments):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, arguments)


def questions():
    """``(name, zcio's play, asyncio's play, peer, connections, on one CPU)``. The limit is asyncio's, 64 KiB."""
    for size in (1, 10, 30, 100, 300, 1000, 4000, 10000, 30000, 65000):
        count = min(100000, max(300, 30000000 // size))
        yield "readline, %d B" % size, readline, readline, sends(frame(size, b"\n"), count), 1, False
    for size in (30, 300):
        yield "async for, %d B" % size, lines_of, lines_of, sends(frame(size, b"\n"), 100000), 1, False
    for size in (2, 30, 300, 1000, 4000, 10000, 65000):
        count = min(100000, max(300, 30000000 // size))
        yield "readuntil \\r\\n, %d B" % size, readuntil, readuntil, sends(frame(size, b"\r\n"), count), 1, False
    for name, size, count in (("100 B", 100, 100000), ("64 KiB", 1 << 16, 2000), ("1 MiB", 1 << 20, 150)):
        read = readexactly(size)
        yield "readexactly, %s" % name, read, read, sends(bytes(size), count), 1, False
        if size > 100:
            yield "views, %s" % name, views(size), read, sends(bytes(size), count), 1, False
    for size in (30, 1000, 10000):
        play = ping_pong(frame(size, b"\n"), 300)  # short: one of them is undisturbed
        yield "ping-pong, %d B" % size, play, play, echoes, 1, True
    for size, count in ((100, 30000), (16384, 5000)):
        play = drains(bytes(size), count)
        yield "write and drain, %d B" % size, play, play, takes, 1, False
    yield "200 connections, 30 B", answers, answers, asks(frame(30, b"\n"), 5), 200, True


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--loop", choices=list(LOOPS))
    parser.add_argument("question", nargs="*")
    options = parser.parse_args()
    loops = [options.loop] if options.loop else list(LOOPS)

    def wanted(name):
        return not options.question or any(part in name for part in options.question)

    if wanted(MEMORY):
        for rival in RIVALS:
            sizes = [in_new_process(MEMORY, loop, rival) / 1024 for loop in loops]
            print("%-26s" % ("memory, " + rival), *["%15.1f KiB" % size for size in sizes])
    print("%-26s" % "asyncio's time by zcio's", *["%19s" % loop for loop in loops])
    slower = []
    for name, *_ in questions():
        if not wanted(name):
            continue
        cells = []
        for loop in loops:
            ratios = []
            for _ in range(options.rounds):
                (ours, answer), (theirs, expected) = [in_new_process(name, loop, rival) for rival in RIVALS]
                if answer != expected:
                    sys.exit("%s: %r and not %r" % (name, answer, expected))
                ratios.append(theirs / ours)
            ratios.sort()
            ratio = statistics.median(ratios)
            quarter = len(ratios) // 4
            cells.append("%5.2f (%.2f to %.2f)" % (ratio, ratios[quarter], ratios[-1 - quarter]))
            if ratio < 1:
                slower.append((ratio, name, loop))
        print("%-26s" % name, *["%19s" % cell for cell in cells], flush=True)
    for ratio, name, loop in sorted(slower):
        print("slower: %.2f %s (%s)" % (ratio, name, loop))


if __name__ == "__main__":
    main()

"""Splicer by hand and under asyncio, uvloop and trio; zcio.aio's proxy and sendfile."""

import asyncio
import io
import os
import select
import socket
import sys
import tempfile
import threading
import time

import pytest

import zcio.aio
from zcio._core import transfer as core_transfer
from zcio._transfer import splicer as splicing
from zcio.splice import SPLICE_F_NONBLOCK, Splicer

DATA = bytes(bytearray(range(249))) * 3000
LOOPS = ["asyncio"] + (["uvloop"] if sys.implementation.name == "cpython" else [])


@pytest.fixture
def file():
    with tempfile.TemporaryFile() as file:
        file.write(DATA)
        file.flush()
        file.seek(0)
        yield file


@pytest.fixture
def pair():
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
    yield ends
    for end in ends:
        end.close()


@pytest.fixture(params=LOOPS)
def run(request):
    """A function that runs a coroutine under asyncio's or uvloop's loop."""
    loop = pytest.importorskip(request.param).new_event_loop()
    yield lambda coroutine: loop.run_until_complete(asyncio.wait_for(coroutine, 60))
    loop.close()


# ---- by hand ----


@pytest.mark.parametrize("blocking", [False, True])
def test_by_hand(file, pair, blocking):
    a, b = pair
    a.setblocking(blocking)
    got = []
    with Splicer(file, a, offset=10) as splicer:
        assert (splicer.bytes_moved, splicer.pending, splicer.done, splicer.closed) == (0, 0, False, False)
        while not splicer.done:
            before = splicer.bytes_moved
            assert splicer.step() == splicer.bytes_moved - before
            assert splicer.wants_read is None
            if splicer.wants_write is not None:
                assert splicer.wants_write == a.fileno()
                assert not select.select([], [a], [], 0)[1]
                got.append(b.recv(1 << 20))
            assert len(b"".join(got)) <= splicer.bytes_moved
        assert splicer.step() == 0
        a.close()
        b.setblocking(True)
        while True:
            piece = b.recv(1 << 20)
            if not piece:
                break
            got.append(piece)
        assert b"".join(got) == DATA[10:] and splicer.bytes_moved == len(DATA) - 10
        assert splicer.method == ("read/write" if blocking else "sendfile")
        assert repr(splicer) == "<zcio.splice.Splicer: %d bytes moved, done>" % splicer.bytes_moved
    assert splicer.closed and splicer.undelivered == b"" and file.tell() == 0


def test_waits_for_the_source_then_for_the_destination(pair):
    source, feed = pair
    full, reader = socket.socketpair()
    full.setblocking(False)
    full.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 5000)
    splicer = Splicer(source.fileno(), full, 100000)
    assert splicer.step() == 0 and splicer.wants_read == source.fileno() and splicer.wants_write is None
    feed.setblocking(True)
    feed.sendall(DATA[:100000])
    splicer.step()
    while splicer.wants_write is None:
        splicer.step()
    assert splicer.wants_write == full.fileno() and splicer.pending
    moved = splicer.bytes_moved
    left = splicer.close()
    assert left == splicer.undelivered == splicer.close() and len(left) > 0
    assert splicer.wants_write is None and splicer.closed
    with pytest.raises(ValueError):
        splicer.step()
    full.close()
    got = b""
    while True:
        piece = reader.recv(1 << 16)
        if not piece:
            break
        got += piece
    assert len(got) == moved
    source.setblocking(False)
    rest = source.recv(1 << 20) if len(got + left) < 100000 else b""
    assert got + left + rest == DATA[:100000]
    reader.close()


def test_an_error_can_be_tried_again(pair):
    source, feed = pair
    feed.sendall(b"precious")
    with open("/dev/full", "wb", 0) as full:
        splicer = Splicer(source, full)
        for _ in range(2):
            with pytest.raises(OSError) as caught:
                splicer.step()
            assert caught.value.moved == 0 and splicer.pending == 8
        assert splicer.close() == b"precious"


def test_an_unclosed_splicer_warns_of_pending_bytes(pair):
    source, feed = pair
    feed.sendall(b"precious")
    with open("/dev/full", "wb", 0) as full:
        splicer = Splicer(source, full)
        with pytest.raises(OSError):
            splicer.step()
    with pytest.warns(ResourceWarning, match="8 pending bytes"):
        splicer.__del__()
    splicer.close()


def test_a_context_tells_the_exception(pair):
    source, feed = pair
    feed.sendall(b"precious")
    with open("/dev/full", "wb", 0) as full, pytest.raises(OSError) as caught:
        with Splicer(source, full) as splicer:
            splicer.step()
    assert (caught.value.moved, caught.value.undelivered) == (0, b"precious")


def test_arguments(file, pair):
    for call, error in [
        (lambda: Splicer(file, -1), ValueError),
        (lambda: Splicer(-1, file), ValueError),
        (lambda: Splicer(file, pair[0], -1), ValueError),
        (lambda: Splicer(file, pair[0], 1.5), TypeError),
        (lambda: Splicer(file, pair[0], flags=64), ValueError),
        (lambda: Splicer(file, pair[0], out_offset=5), OSError),
        (lambda: Splicer(file), TypeError),
        (lambda: Splicer(file, pair[0], 1, 2), TypeError),
    ]:
        with pytest.raises(error):
            call()
    with Splicer(file, pair[0], 5, flags=SPLICE_F_NONBLOCK) as splicer:
        splicer.step()
    assert pair[1].recv(100) == DATA[:5] and os.lseek(file.fileno(), 0, os.SEEK_CUR) == 5


def test_under_trio(file, pair):
    trio = pytest.importorskip("trio")
    a, b = pair

    async def send():
        with Splicer(file, a) as splicer:
            while not splicer.done:
                splicer.step()
                if splicer.wants_write is not None:
                    await trio.lowlevel.wait_writable(splicer.wants_write)
        a.close()

    async def receive(pieces):
        while True:
            await trio.lowlevel.wait_readable(b)
            piece = b.recv(1 << 16)
            if not piece:
                break
            pieces.append(piece)

    async def main():
        pieces = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            nursery.start_soon(receive, pieces)
        return b"".join(pieces)

    assert trio.run(main) == DATA


# ---- zcio.aio ----


async def received(loop, end):
    pieces = []
    while True:
        piece = await loop.sock_recv(end, 1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


@pytest.mark.parametrize("offset,count", [(0, None), (1000, None), (7, 400000), (0, 0)])
def test_sendfile(run, file, pair, offset, count):
    a, b = pair

    async def main():
        loop = asyncio.get_event_loop()
        receiving = loop.create_task(received(loop, b))
        sent = await zcio.aio.sendfile(a, file, offset, count)
        a.close()
        return sent, await receiving

    sent, got = run(main())
    end = len(DATA) if count is None else offset + count
    assert got == DATA[offset:end] and sent == len(got)
    assert file.tell() == end


def test_sendfile_that_is_cancelled(run, file, pair):
    a, b = pair

    async def main():
        loop = asyncio.get_event_loop()
        sending = loop.create_task(zcio.aio.sendfile(a, file))
        await asyncio.sleep(0.05)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        a.close()
        return await received(loop, b)

    got = run(main())
    assert 0 < len(got) < len(DATA) and DATA.startswith(got)
    assert file.tell() == len(got)


class SlowFile(io.BytesIO):
    reads = 0

    def read(self, count=-1):
        self.reads += 1
        time.sleep(0.3)
        return super().read(count)


@pytest.mark.parametrize("during", ["read", "send"])
def test_sendfile_of_a_file_without_a_descriptor_that_is_cancelled(run, pair, during):
    a, b = pair
    slow = SlowFile(DATA)

    async def main():
        sending = asyncio.get_event_loop().create_task(zcio.aio.sendfile(a, slow, 10))
        while not slow.reads or during == "send" and slow.tell() == 10:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        return slow.tell()

    assert run(main()) == 10
    time.sleep(0.4)
    assert slow.tell() == 10 and slow.reads == 1, "nobody reads it any more"


def test_sendfile_to_a_peer_that_closed(run, file, pair):
    pair[1].close()
    with pytest.raises(OSError) as caught:
        run(zcio.aio.sendfile(pair[0], file))
    assert (caught.value.moved, caught.value.undelivered) == (0, b"")


def test_proxy(run, pair):
    client, a = pair
    b, server = socket.socketpair()

    def serve():
        got = b""
        while True:
            piece = server.recv(1 << 16)
            if not piece:
                break
            got += piece
        time.sleep(0.1)  # the loop runs on meanwhile
        server.sendall(got[::-1])
        server.close()

    serving = threading.Thread(target=serve)
    serving.start()

    async def main():
        loop = asyncio.get_event_loop()
        ticks = []

        async def tick():
            while True:
                ticks.append(time.perf_counter())
                await asyncio.sleep(0.001)

        ticking = loop.create_task(tick())
        carrying = loop.create_task(zcio.aio.proxy(a, b))
        answer = loop.create_task(received(loop, client))
        await loop.sock_sendall(client, DATA)
        client.shutdown(socket.SHUT_WR)
        result = await answer, await carrying
        ticking.cancel()
        assert len(ticks) > 3
        return result

    answer, moved = run(main())
    serving.join()
    b.close()
    assert answer == DATA[::-1]
    assert moved == (len(DATA), len(DATA))


def test_one_direction_that_waits_does_not_hold_up_the_other(run, pair):
    # The slice of one direction is over (it moves a few bytes at a time) while the other waits for its source.
    client, a = pair
    b, server = socket.socketpair()
    client.sendall(DATA[:50000])
    client.shutdown(socket.SHUT_WR)

    def serve():
        while server.recv(1 << 16):
            pass
        server.close()

    serving = threading.Thread(target=serve)
    serving.start()
    core_transfer.inject("splice", times=1000000, most=5)
    try:
        assert run(asyncio.wait_for(zcio.aio.proxy(a, b), 20)) == (50000, 0)
    finally:
        assert core_transfer.inject_clear() > 10000
        b.close()
        serving.join()


def test_proxy_that_is_cancelled_leaves_the_loop_and_the_sockets_as_they_were(run, pair):
    client, a = pair
    b, server = socket.socketpair()

    async def main():
        loop = asyncio.get_event_loop()
        carrying = loop.create_task(zcio.aio.proxy(a, b))
        await loop.sock_sendall(client, b"first")
        await asyncio.sleep(0.05)
        carrying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await carrying
        assert not loop.remove_reader(a.fileno()) and not loop.remove_reader(b.fileno())

    run(main())
    assert os.get_blocking(b.fileno()) and not os.get_blocking(a.fileno())
    assert server.recv(100) == b"first"
    b.close()
    server.close()


def test_a_step_of_another_thread_while_it_is_closed_loses_nothing(file, pair, monkeypatch):
    splicer = Splicer(file, pair[0])
    close = splicing.transfer_close

    def close_after_a_step(where):
        while splicer.step():
            pass
        return close(where)

    monkeypatch.setattr(splicing, "transfer_close", close_after_a_step)
    splicer.close()
    received = b""
    while len(received) < splicer.bytes_moved:
        received += pair[1].recv(1 << 20)
    assert received == DATA[: len(received)]
    assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == len(received)

"""zcio.aio: when a transport is paused, and PipeProtocol."""

import asyncio

import pytest
from aio_support import Transport, feed, run, settle, unconnected

from zcio._pipe.pool import default_pool
from zcio.aio import PipeProtocol
from zcio.pipe import Pipe


def test_pauses_above_the_high_mark_and_resumes_at_the_low_one():
    async def main():
        protocol, reader = unconnected(limit=2000)
        transport = protocol._transport
        feed(protocol, b"x" * 4000)
        assert transport.log == []
        feed(protocol, b"x")
        assert transport.log == ["pause"]
        await reader.readexactly(2000)
        assert transport.paused and reader._paused
        await reader.readexactly(1)
        assert transport.log == ["pause", "resume"]

    run(main())


def test_a_sender_that_heeds_the_pauses_gets_everything_across():
    async def main():
        protocol, reader = unconnected(limit=100)
        ahead = []

        async def send():
            sent = 0
            while sent < 500:
                if not protocol._transport.paused:
                    feed(protocol, b"%04d\n" % sent)
                    sent += 1
                    ahead.append(len(reader.pipe))
                await asyncio.sleep(0)

        task = asyncio.ensure_future(send())
        for number in range(500):
            if number % 100 == 0:
                for _ in range(100):  # time to send too much
                    await asyncio.sleep(0)
            assert await reader.readline() == b"%04d\n" % number
        await task
        assert 200 < max(ahead) <= 205

    run(main())


@pytest.mark.parametrize("name, arguments", [("readexactly", (500000,)), ("readuntil", (b"|",)), ("fill", (500000,))])
def test_a_record_longer_than_the_high_mark_comes_in(name, arguments):
    async def main():
        protocol, reader = unconnected(limit=None)
        transport = protocol._transport
        feed(protocol, b"x" * 131073)
        assert transport.paused
        task = asyncio.ensure_future(getattr(reader, name)(*arguments))
        await settle()
        for _ in range(1000):
            if task.done():
                break
            assert not transport.paused
            feed(protocol, b"x" * 5000 if len(reader.pipe) < 499999 else b"|")
            await settle()
        result = await asyncio.wait_for(task, 10)
        assert len(result if name != "fill" else reader.pipe) >= 500000

    run(main())


def test_polling_for_the_end_resumes_the_transport():
    async def main():
        for ask in ("at_eof", "exception"):
            protocol, reader = unconnected(limit=100)
            feed(protocol, b"line\n" * 50)
            assert protocol._transport.paused
            for _ in range(50):
                await reader.readline()
            getattr(reader, ask)()
            assert not protocol._transport.paused

    run(main())


def test_a_transport_that_cannot_pause():
    class Unstoppable(Transport):
        def pause_reading(self):
            raise NotImplementedError

    async def main():
        protocol, reader = unconnected(limit=5, transport=Unstoppable())
        feed(protocol, b"x" * 100)
        assert await reader.readexactly(100) == b"x" * 100

    run(main())


class Lines(PipeProtocol):
    """A protocol without streams."""

    def __init__(self, pipe=None):
        PipeProtocol.__init__(self, pipe)
        self.lines = []
        self.ended = 0

    def data_ready(self):
        self.lines += self.pipe.records()
        self.ended += self.pipe.closed()


def test_pipe_protocol():
    for end in ("eof_received", "connection_lost"):
        protocol = Lines(Pipe(high_water=100))
        transport = Transport()
        protocol.connection_made(transport)
        feed(protocol, b"one\ntwo\nthr")
        assert (protocol.lines, len(protocol.pipe)) == ([b"one", b"two"], 3)
        feed(protocol, b"e" * 1000)  # looked at in data_ready(), so it is not too much
        protocol.data_received(b"\n")
        assert protocol.lines[2] == b"thre" + b"e" * 999
        assert transport.log == []
        if end == "eof_received":
            assert not protocol.eof_received()
        protocol.connection_lost(None)
        assert protocol.ended == 1 and protocol.transport is None


def test_pipe_protocol_that_is_read_outside_data_ready():
    protocol = PipeProtocol(Pipe(high_water=100))
    transport = Transport()
    protocol.connection_made(transport)
    feed(protocol, b"x" * 101)
    assert transport.log == ["pause"]
    protocol.pipe.read()
    protocol.adjust_reading()
    protocol.adjust_reading()
    assert transport.log == ["pause", "resume"]


@pytest.mark.skipif(not hasattr(asyncio, "BufferedProtocol"), reason="new in Python 3.7")
def test_a_buffered_protocol_gets_writable_room():
    protocol = PipeProtocol()
    assert isinstance(protocol, asyncio.BufferedProtocol)  # novm
    for hint in (-1, 0, 1, 65536, 10**9):
        room = protocol.get_buffer(hint)
        assert isinstance(room, memoryview) and not room.readonly and len(room) >= 1
        room[:1] = b"x"
        protocol.buffer_updated(1)
    assert protocol.pipe.read() == b"x" * 5


def test_a_cancelled_wait_for_many_bytes_lets_the_transport_pause():
    async def check():
        protocol, reader = unconnected(limit=500)
        waiting = asyncio.ensure_future(reader.readexactly(1 << 20))
        await settle()
        feed(protocol, b"x" * 5000)
        assert not protocol._transport.paused, "he needs them all"
        waiting.cancel()
        await settle()
        feed(protocol, b"x" * 5000)
        assert protocol._transport.paused
        assert await reader.readexactly(10000) == b"x" * 10000
        assert not protocol._transport.paused

    run(check())


def test_an_idle_connection_holds_no_memory_for_data():
    lent = default_pool().stats()["lent"]

    async def check():
        protocol, reader = unconnected()
        for name, arguments in (("readline", ()), ("read", (100,)), ("readexactly", (9,)), ("readuntil", (b"e\n",))):
            protocol.data_received(b"one ")
            protocol.data_received(b"line\n")
            assert await getattr(reader, name)(*arguments) == b"one line\n"
            assert default_pool().stats()["lent"] == lent and not reader.pipe._head.memory
        protocol.data_received(b"x" * 100000)
        assert default_pool().stats()["lent"] == lent

    run(check())


def test_bytes_by_the_piece_lie_in_few_chunks():
    async def check():
        protocol, reader = unconnected(limit=None)
        for number in range(50000):
            protocol.data_received(b"%d" % (number % 10))
        pipe = reader.pipe
        assert len(pipe._pieces(0, len(pipe))) <= 50000 // 4096 + 1
        protocol.data_received(b"\n")
        assert await reader.readline() == b"0123456789" * 5000 + b"\n"

    run(check())


def test_what_is_written_to_the_pipe_itself_comes_in_its_turn():
    async def check():
        protocol, reader = unconnected(chunk_size=64)
        pipe = reader.pipe
        expected = b""
        for size in (1, 3, 5, 70, 200):
            for number in range(4):
                protocol.data_received(b"a" * size)
                pipe.write(b"b" * size)
                room = pipe.get_buffer(size)
                room[:size] = b"c" * size
                pipe.buffer_written(size)
                pipe.write(b"")
                expected += b"a" * size + b"b" * size + b"c" * size
                if number % 2:
                    assert bytes(reader._buffer) == expected
                    assert await reader.readexactly(len(expected) - size) == expected[:-size]
                    expected = expected[-size:]
            assert await reader.read(1000) == expected
            expected = b""

    run(check())


def test_a_view_of_what_was_received_outlives_the_reader():
    async def check():
        protocol, reader = unconnected()
        data = bytes(range(256)) * 400
        protocol.data_received(data[:50000])
        protocol.data_received(data[50000:])
        views = list(reader.pipe.readexact_zerocopy(len(data)))
        protocol.data_received(b"z" * len(data))
        assert b"".join(views) == data and all(view.readonly for view in views)

    run(check())

"""zcio.aio over real connections: both ends, on asyncio's loop and uvloop's, plain, over Unix sockets and TLS."""

import asyncio
import contextlib
import gc
import os
import socket
import struct
import subprocess
import sys
import warnings

import pytest
from aio_support import LOOPS, new_loop, run, settle, uvloop_before  # noqa: F401

import zcio.aio

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


LINES = [b"%d %s\n" % (number, b"x" * (number % 50)) for number in range(5000)]


async def echo(reader, writer):
    async for line in reader:
        writer.write(line)
        await writer.drain()
    writer.close()


async def port_of(server):
    return server.sockets[0].getsockname()[1]


@contextlib.contextmanager
def closing(server):
    try:
        yield server
    finally:
        server.close()


async def closed(*writers):
    for writer in writers:
        writer.close()
        await writer.wait_closed()


async def exchange(reader, writer):
    """Send LINES in odd pieces and read them back."""

    async def send():
        stream = b"".join(LINES)
        for at in range(0, len(stream), 7001):
            writer.write(stream[at : at + 7001])
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    sender = asyncio.ensure_future(send())
    got = [await reader.readline() for _ in LINES]
    await sender
    assert got == LINES
    if writer.can_write_eof():
        assert await reader.readline() == b""
        assert reader.at_eof()


@pytest.mark.parametrize("loop", LOOPS)
def test_lines_there_and_back(loop):
    async def main():
        with closing(await zcio.aio.start_server(echo, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            assert writer.get_extra_info("peername")[1] == await port_of(server)
            assert writer.transport is not None and not writer.is_closing()
            await exchange(reader, writer)
            await closed(writer)
            assert writer.is_closing()
        await settle()

    run(main(), loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_unix_sockets(loop, tmp_path):
    path = str(tmp_path / "socket")

    async def main():
        with closing(await zcio.aio.start_unix_server(echo, path)):
            reader, writer = await zcio.aio.open_unix_connection(path, limit=1000)
            assert reader.pipe.limit == 1000
            await exchange(reader, writer)
            await closed(writer)
        await settle()

    run(main(), loop)


@pytest.mark.parametrize("theirs", ["server", "client"])
def test_beside_asyncio(theirs):
    """One end is asyncio's."""
    serving, connecting = (asyncio, zcio.aio) if theirs == "server" else (zcio.aio, asyncio)

    async def main():
        with closing(await serving.start_server(echo, "127.0.0.1", 0)) as server:
            reader, writer = await connecting.open_connection("127.0.0.1", await port_of(server))
            await exchange(reader, writer)
            writer.close()
            await settle()

    run(main())


@pytest.mark.parametrize("loop", LOOPS)
def test_large_messages(loop):
    """Larger than every watermark, in both directions at a time."""
    message = bytes(range(256)) * 20000

    async def swap(reader, writer):
        reading = asyncio.ensure_future(reader.readexactly(len(message)))
        writer.write(message)
        await writer.drain()
        assert await reading == message

    async def serve(reader, writer):
        await swap(reader, writer)
        await closed(writer)

    async def main():
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            await swap(reader, writer)
            assert await reader.read() == b""
            await closed(writer)

    run(main(), loop)


def test_writer_methods():
    async def serve(reader, writer):
        writer.writelines([b"a", bytearray(b"b"), memoryview(b"c")])
        assert writer.can_write_eof()
        writer.write_eof()
        assert await reader.read() == b"z"
        writer.close()

    async def main():
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            assert await reader.read(-1) == b"abc"
            writer.write(b"z")
            writer.write_eof()
            await writer.drain()
            assert repr(writer).startswith("<StreamWriter transport=")
            assert "reader=<StreamReader eof" in repr(writer)
            await closed(writer)
            with pytest.raises(ConnectionResetError):
                await writer.drain()
            await writer.wait_closed()

    run(main())


def test_a_cancelled_wait_closed_does_not_spoil_the_next():
    async def main():
        with closing(await zcio.aio.start_server(echo, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            waiting = asyncio.ensure_future(writer.wait_closed())
            await settle()
            waiting.cancel()
            await settle()
            assert waiting.cancelled()
            await closed(writer)
            await settle()

    run(main())


# ---- TLS ----


@pytest.mark.parametrize("loop", LOOPS)
def test_tls(loop, contexts):
    async def main():
        with closing(await zcio.aio.start_server(echo, "127.0.0.1", 0, ssl=contexts[0])) as server:
            port = await port_of(server)
            reader, writer = await zcio.aio.open_connection(
                "127.0.0.1", port, ssl=contexts[1], server_hostname="localhost"
            )
            assert writer.get_extra_info("ssl_object") is not None
            await exchange(reader, writer)
            await closed(writer)
            for _ in range(20):
                await asyncio.sleep(0.01)

    run(main(), loop)


@pytest.mark.skipif(not hasattr(asyncio.AbstractEventLoop, "start_tls"), reason="new in Python 3.7")
@pytest.mark.parametrize("loop", LOOPS)
def test_start_tls(loop, contexts):
    async def serve(reader, writer):
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go ahead\n")
        await writer.start_tls(contexts[0])
        await echo(reader, writer)

    async def main():
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"go ahead\n"
            await writer.start_tls(contexts[1], server_hostname="localhost")
            assert writer.get_extra_info("ssl_object") is not None
            assert reader._transport is writer._protocol._transport is writer.transport
            await exchange(reader, writer)
            await closed(writer)
            for _ in range(20):
                await asyncio.sleep(0.01)

    run(main(), loop)


@pytest.mark.skipif(not hasattr(asyncio.AbstractEventLoop, "start_tls"), reason="new in Python 3.7")
def test_start_tls_can_refuse_what_came_in_before(contexts):
    async def serve(reader, writer):
        writer.write(b"go ahead\nINJECTED\n")
        assert await reader.read() == b""
        await closed(writer)

    async def main():
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            await reader.fill(18)
            assert await reader.readline() == b"go ahead\n"
            with pytest.raises(RuntimeError, match="^9 unread bytes were received before TLS$"):
                await writer.start_tls(contexts[1], server_hostname="localhost", strict=True)
            await closed(writer)
            await settle()

    run(main())


# ---- what goes wrong ----


def reset(writer):
    """Close with a RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.mark.parametrize("loop", LOOPS)
def test_reset_in_the_middle(loop):
    async def serve(reader, writer):
        writer.write(b"whole\npart")
        await reader.readline()
        reset(writer)

    async def main():
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            await reader.fill(10)
            writer.write(b"now\n")
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(100)
            assert isinstance(reader.exception(), ConnectionResetError)
            assert await reader.readline() == b"whole\n"
            with pytest.raises(ConnectionResetError):
                await reader.readline()
            assert await reader.read(100) == b"part"
            with pytest.raises(ConnectionResetError):
                await writer.drain()
            with pytest.raises(ConnectionResetError):
                await writer.wait_closed()

    run(main(), loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_drain_raises_when_the_connection_ends(loop):
    async def serve(reader, writer):
        await reader.readexactly(1)
        reset(writer)

    async def main():
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            writer.write(bytes(50 << 20))
            drains = [asyncio.ensure_future(writer.drain()) for _ in range(3)]
            for result in await asyncio.gather(*drains, return_exceptions=True):
                assert isinstance(result, (ConnectionResetError, BrokenPipeError))
            writer.close()
            await settle()

    run(main(), loop)


def test_an_exception_of_the_callback_is_reported_and_closes_the_connection():
    async def serve(reader, writer):
        raise ZeroDivisionError

    async def main():
        told = []
        asyncio.get_event_loop().set_exception_handler(lambda loop, context: told.append(context))
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            assert await reader.read() == b""
            await closed(writer)
        assert [(context["message"], type(context["exception"])) for context in told] == [
            ("Unhandled exception in client_connected_cb", ZeroDivisionError)
        ]

    run(main())


# As in Python 3.13 nothing but the task keeps the writer, which may be freed before the task's end closes it.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_plain_function_and_a_cancelled_task_as_callback():
    async def main():
        made = []
        loop = asyncio.get_event_loop()

        def accept(reader, writer):
            made.append(loop.create_task(echo(reader, writer)))

        with closing(await zcio.aio.start_server(accept, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            await closed(writer)
            await made[0]

        async def sleep(reader, writer):
            made.append(writer._protocol._task)
            await asyncio.sleep(1000)

        with closing(await zcio.aio.start_server(sleep, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            while len(made) < 2:
                await asyncio.sleep(0)
            made[1].cancel()
            # Between the end of the task, whose frame refers to the streams, and the server's hearing of it.
            loop.call_soon(gc.collect)
            assert await reader.read() == b""
            await closed(writer)

    run(main())


def test_a_server_closed_before_its_connections():
    async def main():
        with closing(await zcio.aio.start_server(echo, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            writer.write(b"one\n")
            assert await reader.readline() == b"one\n"
        writer.write(b"two\n")
        assert await reader.readline() == b"two\n"
        await closed(writer)
        await server.wait_closed()
        await settle()

    run(main())


def test_bad_limits_are_refused_at_once():
    async def main():
        for limit in (0, -1):
            with pytest.raises(ValueError, match="Limit cannot be <= 0"):
                await zcio.aio.open_connection("127.0.0.1", 1, limit=limit)
            with pytest.raises(ValueError, match="Limit cannot be <= 0"):
                await zcio.aio.start_server(echo, "127.0.0.1", 0, limit=limit)
        with pytest.raises(ConnectionRefusedError):
            unused = socket.socket()
            unused.bind(("127.0.0.1", 0))
            try:
                await zcio.aio.open_connection(*unused.getsockname())
            finally:
                unused.close()

    run(main())


@pytest.mark.parametrize("loop", LOOPS)
def test_an_unclosed_writer_is_closed_with_a_warning(loop):
    async def main():
        ended = asyncio.get_event_loop().create_future()

        async def serve(reader, writer):
            ended.set_result(await reader.read())
            writer.close()

        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            writer.write(b"bye")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                del reader, writer
                for _ in range(3):
                    gc.collect()
            assert [str(one.message)[:24] for one in caught if one.category is ResourceWarning] == [
                "unclosed <StreamWriter t"
            ]
            assert await ended == b"bye"
        await settle()

    run(main(), loop)


def test_closed_streams_are_freed_without_the_garbage_collector():
    if sys.implementation.name != "cpython":
        pytest.skip("needs reference counts")
    import weakref

    async def main():
        server_side = []

        async def serve(reader, writer):
            server_side.append(weakref.ref(reader))
            async for line in reader:
                writer.write(line)
            writer.close()

        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection("127.0.0.1", await port_of(server))
            writer.write(b"x\n")
            writer.write_eof()
            assert await reader.read() == b"x\n"
            await closed(writer)
            for _ in range(20):
                await asyncio.sleep(0.01)
            gone = [weakref.ref(reader), weakref.ref(reader.pipe)] + server_side
            del reader, writer
            await settle()
            assert [ref() for ref in gone] == [None] * 3

    gc.disable()
    try:
        run(main())
    finally:
        gc.enable()


SHUTDOWN = """
import asyncio, sys
import zcio.aio

async def serve(reader, writer):
    async for line in reader:
        writer.write(line)
    writer.close()
    await writer.wait_closed()
    ended.set()

async def main():
    global ended
    ended = asyncio.Event()
    server = await zcio.aio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await zcio.aio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.write(b"x\\n")
    print((await reader.readline()).decode(), end="")
    if not sys.flags.dev_mode:
        return server, reader, writer
    server.close()
    writer.close()
    await writer.wait_closed()
    await ended.wait()

"""


@pytest.mark.skipif(sys.version_info < (3, 7), reason="asyncio.run() is new in Python 3.7")
@pytest.mark.parametrize("options", [[], ["-X", "dev"]])
def test_an_interpreter_ends_quietly_with_a_live_connection(options):
    """With everything open; and with every warning, where all is closed."""
    process = subprocess.Popen(
        [sys.executable] + options + ["-c", SHUTDOWN + "asyncio.run(main())"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
    )
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (0, b"x\n", b"")


def test_loops_are_what_they_say():
    """Otherwise the tests named after uvloop would run on the other."""
    loop = new_loop("uvloop")
    try:
        assert type(loop).__module__ == "uvloop"
    finally:
        loop.close()

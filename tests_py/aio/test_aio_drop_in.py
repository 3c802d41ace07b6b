"""zcio.aio in the place of asyncio's streams: what clients build by hand, peek into, override and run."""

import asyncio
import contextlib
import errno
import io
import os
import socket
import ssl
import subprocess
import sys

import pytest
from aio_support import LOOPS, feed, run, settle, unconnected, uvloop_before  # noqa: F401

import zcio.aio

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


@contextlib.contextmanager
def closing(server):
    try:
        yield server
    finally:
        server.close()


async def closed(writer):
    writer.close()
    await writer.wait_closed()


def port_of(server):
    return server.sockets[0].getsockname()[1]


# ---- the names of asyncio ----


def test_the_classes_are_subclasses_of_those_of_asyncio():
    for name in ("StreamReader", "StreamWriter", "StreamReaderProtocol"):
        assert issubclass(getattr(zcio.aio, name), getattr(asyncio, name))


def test_installing_swaps_the_names_and_uninstalling_puts_them_back():
    names = [name for name in zcio.aio.__all__ if hasattr(asyncio, name) and not name.endswith("Error")]
    before = {name: getattr(asyncio, name) for name in names}
    assert len(names) >= 9
    with zcio.aio.installed():
        for name in names:
            assert getattr(asyncio, name) is getattr(zcio.aio, name)
        assert asyncio.streams.StreamReader is zcio.aio.StreamReader
        with zcio.aio.installed():
            pass
        assert asyncio.open_connection is zcio.aio.open_connection, "the outer one still holds"
    assert {name: getattr(asyncio, name) for name in names} == before
    zcio.aio.install()
    zcio.aio.install()
    zcio.aio.uninstall()
    zcio.aio.uninstall()
    assert {name: getattr(asyncio, name) for name in names} == before


@pytest.mark.parametrize("loop", LOOPS)
def test_a_program_that_knows_only_asyncio(loop):
    async def echo(reader, writer):
        assert type(reader) is zcio.aio.StreamReader
        async for line in reader:
            writer.write(line)
        await closed(writer)

    async def main():
        with closing(await asyncio.start_server(echo, "127.0.0.1", 0)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
            assert type(reader) is zcio.aio.StreamReader and type(writer) is zcio.aio.StreamWriter
            writer.write(b"one\n")
            assert await reader.readline() == b"one\n"
            await closed(writer)
            await settle()

    with zcio.aio.installed():
        run(main(), loop)


# ---- built by hand ----


def test_streams_built_by_hand_as_the_documentation_of_asyncio_has_it():
    async def main():
        loop = asyncio.get_event_loop()
        here, there = socket.socketpair()
        reader = zcio.aio.StreamReader(limit=100, loop=loop)
        protocol = zcio.aio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, sock=here)
        writer = zcio.aio.StreamWriter(transport, protocol, reader, loop)
        there.sendall(b"hello\nrest")
        assert await reader.readline() == b"hello\n"
        there.shutdown(socket.SHUT_WR)
        assert await reader.read() == b"rest"
        writer.write(b"bye")
        await writer.drain()
        await closed(writer)
        assert there.recv(10) == b"bye"
        there.close()

    run(main())


def test_a_pipe_of_the_system_by_connect_read_pipe():
    async def main():
        loop = asyncio.get_event_loop()
        source, sink = os.pipe()
        reader = zcio.aio.StreamReader(loop=loop)
        with os.fdopen(source, "rb", 0) as file:
            transport, _ = await loop.connect_read_pipe(lambda: zcio.aio.StreamReaderProtocol(reader, loop=loop), file)
            os.write(sink, b"one\ntwo")
            assert await reader.readline() == b"one\n"
            os.close(sink)
            assert await reader.read() == b"two"
            transport.close()
            await settle()

    run(main())


def test_a_writer_over_any_protocol_with_a_drain_helper():
    async def main():
        loop = asyncio.get_event_loop()
        source, sink = os.pipe()
        with os.fdopen(sink, "wb", 0) as file:
            transport, protocol = await loop.connect_write_pipe(
                lambda: asyncio.streams.FlowControlMixin(loop=loop), file
            )
            writer = zcio.aio.StreamWriter(transport, protocol, None, loop)
            writer.write(b"data")
            await writer.drain()
            assert os.read(source, 10) == b"data"
            writer.close()
            await settle()
        os.close(source)

    run(main())


@pytest.mark.parametrize("side", ["protocol", "reader"])
def test_data_goes_through_the_methods_that_a_subclass_overrides(side):
    seen = []

    class Protocol(zcio.aio.StreamReaderProtocol):
        def data_received(self, data):
            seen.append(data)
            super().data_received(data.upper())

    class Reader(zcio.aio.StreamReader):
        def feed_data(self, data):
            seen.append(data)
            super().feed_data(data.upper())

    async def main():
        loop = asyncio.get_event_loop()
        here, there = socket.socketpair()
        reader = (Reader if side == "reader" else zcio.aio.StreamReader)(loop=loop)
        make = Protocol if side == "protocol" else zcio.aio.StreamReaderProtocol
        transport, _ = await loop.create_connection(lambda: make(reader, loop=loop), sock=here)
        there.sendall(b"line\n")
        assert await reader.readline() == b"LINE\n"
        assert seen == [b"line\n"]
        transport.close()
        there.close()
        await settle()

    run(main())


def test_lines_go_through_a_readuntil_that_is_overridden():
    class Reader(zcio.aio.StreamReader):
        async def readuntil(self, separator=b"\n"):
            return b">" + await super().readuntil(separator)

    async def main():
        reader = Reader()
        reader.feed_data(b"one\ntwo\n")
        assert await reader.readline() == b">one\n"
        assert await reader.__anext__() == b">two\n"

    run(main())


# ---- _buffer ----


def test_the_buffer_acts_as_the_bytearray_of_asyncio():
    async def main():
        protocol, reader = unconnected()
        assert not reader._buffer and len(reader._buffer) == 0 and reader._buffer == b""
        feed(protocol, b"hello\nworld")
        buffer = reader._buffer
        expected = bytearray(b"hello\nworld")
        assert buffer and len(buffer) == len(expected) and buffer == expected and expected == buffer
        assert buffer == bytes(expected) and bytes(expected) == buffer and not buffer != expected
        assert buffer.startswith(b"hell") and buffer.startswith(b"ell", 1) and not buffer.startswith(b"x")
        assert buffer.find(b"\n") == 5 and buffer.find(b"\n", 6) == -1 and buffer.find(b"o", -4) == 7
        assert buffer[0] == expected[0] and buffer[2:4] == expected[2:4] and bytes(buffer) == expected
        assert b"wor" in buffer and buffer.index(b"w") == 6 and buffer.decode() == "hello\nworld"
        assert list(buffer) == list(expected) and repr(buffer) == repr(expected) and buffer + b"!" == expected + b"!"
        del buffer[:6]
        assert reader._buffer == b"world"
        for wrong in (slice(1, 3), slice(None, None, 2)):
            with pytest.raises(ValueError, match="only a slice at the beginning"):
                del buffer[wrong]
        reader._buffer.extend(b"!")
        reader._buffer += b"?"
        reader._buffer.append(33)
        with pytest.raises(TypeError):
            reader._buffer.extend(5)
        assert await reader.readexactly(8) == b"world!?!"
        feed(protocol, b"more")
        assert buffer.take_bytes(1) == b"m" and buffer.take_bytes(-1) == b"or" and buffer.take_bytes() == b"e"
        feed(protocol, b"more")
        reader._buffer.clear()
        assert reader._buffer == b""
        reader._buffer = bytearray(b"new\n")
        assert await reader.readline() == b"new\n"
        if sys.version_info >= (3, 12):
            feed(protocol, b"view")
            assert memoryview(reader._buffer).tobytes() == b"view"
            assert ssl.MemoryBIO().write(reader._buffer) == 4

    run(main())


def test_the_limit_can_be_changed():
    async def main():
        protocol, reader = unconnected(limit=5)
        feed(protocol, b"0123456789\n")
        reader._limit = 10
        assert await reader.readline() == b"0123456789\n"
        assert reader._limit == reader.pipe.limit == 10

    run(main())


# ---- subprocesses ----

CHILD = "import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)\nprint('end', file=sys.stderr)"


@contextlib.contextmanager
def watching_children():
    """Before Python 3.8 only a watcher that is attached to the loop learns of a child's end."""
    if sys.version_info >= (3, 8):
        yield
        return
    with contextlib.closing(asyncio.SafeChildWatcher()) as watcher:
        watcher.attach_loop(asyncio.get_event_loop())
        asyncio.set_child_watcher(watcher)
        yield
        asyncio.set_child_watcher(None)


def test_a_subprocess_line_by_line():
    async def main():
        with watching_children():
            process = await zcio.aio.create_subprocess_exec(
                sys.executable, "-c", CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            assert type(process.stdout) is type(process.stderr) is zcio.aio.StreamReader
            for number in range(3):
                process.stdin.write(b"line %d\n" % number)
                await process.stdin.drain()
                assert await process.stdout.readline() == b"LINE %d\n" % number
            process.stdin.close()
            await process.stdin.wait_closed()
            assert await process.stderr.read() == b"end\n"
            assert await process.stdout.read() == b""
            assert await process.wait() == 0

    run(main())


def test_a_shell_whose_output_is_larger_than_every_buffer():
    async def main():
        with watching_children():
            process = await zcio.aio.create_subprocess_shell(
                "head -c 3000000 /dev/zero; echo done >&2", stdout=subprocess.PIPE, stderr=subprocess.PIPE, limit=1000
            )
            out, error = await process.communicate()
            assert (len(out), error, process.returncode) == (3000000, b"done\n", 0)

    run(main())


def test_the_subprocesses_of_asyncio_where_zcio_is_installed():
    async def main():
        with watching_children():
            process = await create("echo hello; exit 3", stdout=subprocess.PIPE)
            assert type(process.stdout) is zcio.aio.StreamReader
            assert await process.stdout.readline() == b"hello\n"
            assert await process.wait() == 3

    create = asyncio.create_subprocess_shell  # bound before
    with zcio.aio.installed():
        run(main())


# ---- TLS ----


@pytest.mark.skipif(not hasattr(asyncio.AbstractEventLoop, "start_tls"), reason="new in Python 3.7")
@pytest.mark.parametrize("loop", LOOPS)
def test_start_tls_of_a_server_that_has_received_the_handshake(loop, contexts):
    async def serve(reader, writer):
        await reader.fill(1)  # the client says hello at once
        assert reader.pipe.peek(1) == b"\x16"
        await writer.start_tls(contexts[0])
        assert await reader.readline() == b"secret\n"
        writer.write(b"answer\n")
        await writer.drain()
        await reader.read()
        await closed(writer)

    async def main():
        with closing(await zcio.aio.start_server(serve, "127.0.0.1", 0)) as server:
            reader, writer = await zcio.aio.open_connection(
                "127.0.0.1", port_of(server), ssl=contexts[1], server_hostname="localhost"
            )
            writer.write(b"secret\n")
            assert await reader.readline() == b"answer\n"
            await closed(writer)
            for _ in range(20):
                await asyncio.sleep(0.01)

    run(main(), loop)


@pytest.mark.skipif(hasattr(asyncio.AbstractEventLoop, "start_tls"), reason="exists from Python 3.7 on")
def test_start_tls_that_does_not_exist_says_so():
    async def main():
        protocol, reader = unconnected()
        writer = zcio.aio.StreamWriter(protocol._transport, protocol, reader, asyncio.get_event_loop())
        with pytest.raises(NotImplementedError, match="Python 3.7"):
            await writer.start_tls(None)
        writer._transport = None

    run(main())


# ---- sendfile ----


class Unknown:
    """A file of which zcio knows nothing."""

    def __init__(self, data):
        self._file = io.BytesIO(data)
        self.seek = self._file.seek
        self.read = self._file.read
        self.tell = self._file.tell


DATA = os.urandom(1000000)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("kind", ["path", "BytesIO", "unknown"])
@pytest.mark.parametrize("to", ["socket", "writer"])
@pytest.mark.parametrize("offset, count", [(0, None), (7, 500000), (999999, 5), (3, 0)])
def test_sendfile_of_any_file_object(loop, kind, to, offset, count, tmp_path):
    (tmp_path / "file").write_bytes(DATA)
    expected = DATA[offset:] if count is None else DATA[offset : offset + count]

    async def main():
        here, there = socket.socketpair()
        here.setblocking(False)
        reader, writer = await zcio.aio.open_connection(sock=there)
        reading = asyncio.ensure_future(reader.read())
        with contextlib.ExitStack() as stack:
            if kind == "path":
                file = stack.enter_context(open(str(tmp_path / "file"), "rb"))
            else:
                file = io.BytesIO(DATA) if kind == "BytesIO" else Unknown(DATA)
            if to == "socket":
                sent = await zcio.aio.sendfile(here, file, offset, count)
                here.close()
            else:
                _, sender = await zcio.aio.open_connection(sock=here)
                sender.write(b"head")
                sent = await zcio.aio.sendfile(sender, file, offset, count)
                await closed(sender)
            assert sent == len(expected) and file.tell() == offset + sent
        assert await reading == (b"head" if to == "writer" else b"") + expected
        await closed(writer)

    run(main(), loop)


@contextlib.contextmanager
def unseekable(kind):
    """A source that cannot seek, with 30,004 bytes in it, of which a buffered file has read some ahead."""
    reading, writing = os.pipe()
    with open(writing, "wb") as file:
        file.write(b"line" + DATA[:30000])
    with open(reading, "rb", buffering=0 if kind == "raw" else -1) as file:
        yield reading if kind == "descriptor" else file


@pytest.mark.parametrize("kind", ["descriptor", "raw", "buffered"])
@pytest.mark.parametrize("to", ["socket", "writer"])
def test_sendfile_of_a_pipe(kind, to):
    async def main():
        here, there = socket.socketpair()
        here.setblocking(False)
        _, sender = await zcio.aio.open_connection(sock=here) if to == "writer" else (None, here)
        with unseekable(kind) as file:
            assert (os.read(file, 4) if kind == "descriptor" else file.read(4)) == b"line"
            assert await zcio.aio.sendfile(sender, file, 0, 10) == 10
            assert await zcio.aio.sendfile(sender, file) == 29990
            with pytest.raises(OSError) as caught:
                await zcio.aio.sendfile(sender, file, 1)
            assert caught.value.errno == errno.ESPIPE
        if to == "writer":
            await closed(sender)
        here.close()
        with there, there.makefile("rb") as got:
            assert got.read() == DATA[:30000]

    run(main())


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_sendfile_of_a_file_that_has_no_size():
    async def main():
        here, there = socket.socketpair()
        _, sender = await zcio.aio.open_connection(sock=here)
        with open("/proc/self/status", "rb") as file:
            assert await zcio.aio.sendfile(sender, file, 0, 5) == 5
        await closed(sender)
        with there:
            assert there.recv(10) == b"Name:"

    run(main())


@pytest.mark.skipif(sys.version_info < (3, 7), reason="loops have no sendfile")
def test_sendfile_of_a_loop_that_fails_after_some_bytes_sends_none_again(tmp_path):
    (tmp_path / "file").write_bytes(DATA)

    class Loop(asyncio.SelectorEventLoop):
        async def sendfile(self, transport, file, offset=0, count=None):
            transport.write(b"some")
            raise AttributeError("of another object")

    async def main():
        here, there = socket.socketpair()
        reader, writer = await zcio.aio.open_connection(sock=there)
        _, sender = await zcio.aio.open_connection(sock=here)
        with open(str(tmp_path / "file"), "rb") as file:
            with pytest.raises(AttributeError, match="of another object"):
                await zcio.aio.sendfile(sender, file)
        await closed(sender)
        assert await reader.read() == b"some"
        await closed(writer)

    loop = Loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


@pytest.mark.parametrize("loop", LOOPS)
def test_sendfile_refuses_the_socket_of_a_transport_before_the_first_byte(loop, tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 33)

    async def main():
        here, there = socket.socketpair()
        reader, writer = await zcio.aio.open_connection(sock=here)
        there.setblocking(False)
        same = socket.socket(fileno=here.fileno())
        same.setblocking(False)
        try:
            with open(str(tmp_path / "file"), "rb") as file:
                for refused in (
                    zcio.aio.sendfile(same, file),
                    zcio.aio.sendfile(same.fileno(), file),
                    zcio.aio.sendfile(writer.get_extra_info("socket"), file),
                    zcio.aio.proxy(same.fileno(), there),
                    zcio.aio.proxy(there, same),
                ):
                    with pytest.raises(RuntimeError, match="is used by transport|a transport uses the socket"):
                        await refused
                with pytest.raises(TypeError, match="that comes first"):
                    await zcio.aio.sendfile(file, writer)
        finally:
            same.detach()
        with pytest.raises(BlockingIOError):
            there.recv(1)
        await closed(writer)
        there.close()

    run(main(), loop)


def test_sendfile_refuses_what_asyncio_refuses(tmp_path):
    path = str(tmp_path / "file")

    async def main():
        here, there = socket.socketpair()
        here.setblocking(False)
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with open(path, "w+") as text, open(path, "rb") as file:
            for arguments, words in (
                ((here, text), "binary mode"),
                ((here, io.StringIO("x")), "binary mode"),
                ((datagrams, file), "SOCK_STREAM"),
                ((here, file, -1), "offset"),
                ((here, file, 0, -1), "count"),
            ):
                with pytest.raises(ValueError, match=words):
                    await zcio.aio.sendfile(*arguments)
            for arguments, words in (((here, path), "not the path"), (("here", file), "sock must be .* not 'str'")):
                with pytest.raises(TypeError, match=words):
                    await zcio.aio.sendfile(*arguments)
            for sock in (here, there, datagrams):
                sock.close()

    run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")
def test_start_tls_gives_the_loop_what_asyncio_gives_it(monkeypatch):
    """CPython 3.14's test_streams compares the call."""

    async def main():
        given = {}

        async def start_tls(transport, protocol, context, **options):
            given.update(options)
            return transport

        loop = asyncio.get_event_loop()
        monkeypatch.setattr(loop, "start_tls", start_tls)
        protocol, reader = unconnected()
        writer = zcio.aio.StreamWriter(protocol._transport, protocol, reader, loop)
        await writer.start_tls(None)
        writer.transport.is_closing = lambda: True
        assert given == {
            "server_side": False,
            "server_hostname": None,
            "ssl_handshake_timeout": None,
            "ssl_shutdown_timeout": None,
        }

    run(main())

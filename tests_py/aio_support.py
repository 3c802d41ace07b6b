"""What the tests of zcio.aio share: loops, readers without a connection, a certificate."""

import asyncio
import contextlib
import gc
import shutil
import subprocess

import pytest

from zcio.aio import StreamReader, StreamReaderProtocol
from zcio.pipe import Pipe, Pool

LOOPS = ["asyncio", "uvloop"]


def new_loop(name="asyncio"):
    if name == "asyncio":
        return asyncio.new_event_loop()
    return pytest.importorskip("uvloop").new_event_loop()


def run(coroutine, loop="asyncio", seconds=30, collect=True):
    """The result of a coroutine, in a loop of its own in which nothing may go wrong unseen."""
    try:
        loop = new_loop(loop)
    except BaseException:
        coroutine.close()
        raise
    failed = []
    loop.set_exception_handler(lambda loop, context: failed.append(context))
    try:
        asyncio.set_event_loop(loop)
        result = loop.run_until_complete(asyncio.wait_for(coroutine, seconds))
        if collect:
            gc.collect()
        loop.run_until_complete(settle())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    assert not failed, failed
    return result


async def settle():
    """Let everything run that can."""
    for _ in range(6):
        await asyncio.sleep(0)


class Transport:
    """A transport that records which of its methods are called."""

    def __init__(self):
        self.paused = False
        self.log = []

    def pause_reading(self):
        assert not self.paused
        self.paused = True
        self.log.append("pause")

    def resume_reading(self):
        assert self.paused
        self.paused = False
        self.log.append("resume")

    def is_closing(self):
        return False

    def get_extra_info(self, name, default=None):
        return default


def unconnected(limit=65536, chunk_size=65536, transport=None, **options):
    """``(protocol, reader)`` on the running loop, with a Transport. feed() gives it ``chunk_size`` at most."""
    loop = asyncio.get_event_loop()
    reader = StreamReader(limit, loop, **options)
    reader.pipe = Pipe(Pool(chunk_size), limit)
    protocol = StreamReaderProtocol(reader, loop=loop)
    protocol.connection_made(transport or Transport())
    return protocol, reader


def feed(protocol, data):
    """What a transport does where ``data`` arrives."""
    if isinstance(protocol, StreamReaderProtocol):
        size = protocol._stream_reader.pipe._chunk_size
        for start in range(0, len(data), size):
            protocol.data_received(data[start : start + size])
        return
    if not hasattr(asyncio, "BufferedProtocol"):
        protocol.data_received(data)
        return
    while data:
        buffer = memoryview(protocol.get_buffer(-1))
        count = min(len(data), len(buffer))
        buffer[:count] = data[:count]
        protocol.buffer_updated(count)
        data = data[count:]


@pytest.fixture(scope="module", autouse=True)
def uvloop_before():
    """Make uvloop open what it opens once for the process, so that no test leaves it open."""
    try:
        import uvloop
    except ImportError:
        return
    with contextlib.closing(uvloop.new_event_loop()) as loop:
        loop.run_until_complete(asyncio.sleep(0))


def certificate(folder):
    """The paths of a new self-signed certificate for localhost and of its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        command.split() + ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return cert, key

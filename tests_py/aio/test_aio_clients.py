"""Clients and servers that know nothing of zcio run on its streams, installed in place of asyncio's."""

import asyncio
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import time

import pytest
from aio_support import certificate, run, uvloop_before  # noqa: F401

import zcio.aio

pytestmark = pytest.mark.skipif(sys.version_info < (3, 8), reason="the clients need newer interpreters")


@pytest.fixture(autouse=True)
def installed():
    with zcio.aio.installed():
        yield


@pytest.fixture
def daemon():
    """Start a server of the system on a free port of the loopback interface."""
    processes = []

    def start(program, *arguments):
        if shutil.which(program) is None:
            pytest.skip("needs " + program)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        command = [program] + [argument.format(port=port) for argument in arguments]
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return port
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise AssertionError("%s does not listen" % program)

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("parser", ["python", "hiredis"])
def test_redis(daemon, parser):
    redis = pytest.importorskip("redis.asyncio")
    if parser == "hiredis":
        pytest.importorskip("hiredis")
    port = daemon("redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "")
    from redis import _parsers

    names = {"python": "_AsyncRESP2Parser", "hiredis": "_AsyncHiredisParser"}

    async def main():
        pool = redis.ConnectionPool(host="127.0.0.1", port=port, parser_class=getattr(_parsers, names[parser]))
        client = redis.Redis(connection_pool=pool)
        pipeline = client.pipeline(transaction=False)
        for number in range(2000):
            pipeline.set("key%d" % number, b"x" * number)
            pipeline.get("key%d" % number)
        assert (await pipeline.execute())[1::2] == [b"x" * number for number in range(2000)]
        large = bytes(range(256)) * 10000
        await client.set("large", large)
        assert await client.get("large") == large
        assert type(pool._available_connections[0]._reader) is zcio.aio.StreamReader
        await client.aclose()
        await pool.disconnect()

    run(main())


def test_aiomcache(daemon):
    aiomcache = pytest.importorskip("aiomcache")
    port = daemon("memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", "{port}")

    async def main():
        client = aiomcache.Client("127.0.0.1", port)
        for size in (0, 1, 1000, 500000):
            await client.set(b"key", b"v" * size)
            assert await client.get(b"key") == b"v" * size
        await client.close()

    run(main())


@pytest.mark.parametrize("tls", [False, True])
def test_aiosmtpd(tls, tmp_path):
    smtp = pytest.importorskip("aiosmtpd.smtp")
    received = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            received.append(envelope.content)
            return "250 OK"

    text = b"Subject: test\r\n\r\n" + b"a line of text\r\n" * 5000
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(tmp_path))

    def send(port):
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            if tls:
                client.starttls(context=ssl._create_unverified_context())
            client.sendmail("a@localhost", "b@localhost", text)

    async def main():
        loop = asyncio.get_event_loop()
        server = await loop.create_server(
            lambda: smtp.SMTP(Handler(), loop=loop, tls_context=context), "127.0.0.1", 0
        )
        await loop.run_in_executor(None, send, server.sockets[0].getsockname()[1])
        server.close()
        await asyncio.sleep(0.05)

    run(main())
    assert received == [text]


def test_websockets():
    server = pytest.importorskip("websockets.asyncio.server")
    client = pytest.importorskip("websockets.asyncio.client")

    async def echo(socket):
        async for message in socket:
            await socket.send(message)

    async def main():
        async with server.serve(echo, "127.0.0.1", 0, max_size=None) as serving:
            address = "ws://127.0.0.1:%d" % serving.sockets[0].getsockname()[1]
            async with client.connect(address, max_size=None) as connection:
                for size in (1, 1000, 3000000):
                    await connection.send(b"x" * size)
                    assert await connection.recv() == b"x" * size

    run(main())


def test_asyncssh():
    asyncssh = pytest.importorskip("asyncssh")
    key = asyncssh.generate_private_key("ssh-ed25519")

    async def upper(process):
        async for line in process.stdin:
            process.stdout.write(line.upper())
        process.exit(3)

    async def main():
        server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[key],
            authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()),
            process_factory=upper,
        )
        connecting = asyncssh.connect("127.0.0.1", server.get_port(), known_hosts=None, client_keys=[key], config=None)
        async with connecting as client:
            text = "a line of text\n" * 50000
            done = await client.run("upper", input=text)
            assert (done.exit_status, done.stdout) == (3, text.upper())
            cat = await asyncio.create_subprocess_exec(
                "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            redirected = await client.create_process("upper", stdin=cat.stdout, stdout=asyncssh.PIPE)
            cat.stdin.write(text.encode())
            cat.stdin.close()
            assert await redirected.stdout.read() == text.upper()
            assert (await redirected.wait()).exit_status == 3
            await cat.wait()
        server.close()
        await server.wait_closed()

    run(main())

"""A program that is started at any time during a call of zcio inherits none of its descriptors."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest

import zcio.mmap as mmap
from zcio.pipe import Pipe
from zcio.splice import Splicer, copy, proxy, splice

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc"),
    pytest.mark.usefixtures("no_fd_leak_in_module"),
]


def inherited():
    """``{(descriptor, what it is)}`` of a program that is started now, without the closing that subprocess does."""
    out = subprocess.check_output(
        ["ls", "-l", "/proc/self/fd"], close_fds=False, stdin=subprocess.DEVNULL, timeout=60
    ).decode()
    found = [line.split(" -> ", 1) for line in out.splitlines() if " -> " in line]
    found = [(int(before.split()[-1]), what) for before, what in found]
    # Standard ones, and the directory that ls itself has open.
    return {(fd, what) for fd, what in found if fd > 2 and not what.startswith("/proc/")}


@pytest.fixture
def clean():
    """Descriptors that are inherited anyway, from the process that started the tests."""
    before = {what for _, what in inherited()}

    def check():
        left = {(fd, what) for fd, what in inherited() if what not in before}
        assert not left, left

    check()
    return check


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"text\n" * 10000)
    return str(path)


def test_a_descriptor_made_inheritable_is_seen(clean, path):
    fd = os.open(path, os.O_RDONLY)
    try:
        clean()
        os.set_inheritable(fd, True)
        with pytest.raises(AssertionError):
            clean()
    finally:
        os.close(fd)


@pytest.mark.parametrize("guard", [False, True])
@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_mappings(clean, path, mode, guard):
    with mmap.open_path(path, mode, guard=guard):
        clean()
    with open(path, "r+b") as file, (mmap.GuardedMmap if guard else mmap.mmap)(file.fileno(), 0) as mapping:
        if mode == "r+":
            mapping.resize(mmap.PAGESIZE * 3)
        clean()


def test_pipes_and_splicers(clean, path):
    a, b = socket.socketpair()
    c, d = socket.socketpair()
    with a, b, c, d, open(path, "rb") as file:
        pipe = Pipe()
        b.sendall(b"some bytes")
        pipe.recv_from(a)
        b.sendall(b"some bytes")
        with Splicer(a, c, 20) as splicer:
            splicer.step()
            clean()
        with Splicer(file, c, 20) as splicer:
            splicer.step()
            clean()


def test_during_a_copy_of_every_kind(clean, path, tmp_path):
    # The new file is there under its temporary name, and its directory may be open.
    copy(path, str(tmp_path / "to"), progress=lambda done, total: clean(), sync=True)
    with tempfile.TemporaryFile() as out:
        copy(path, out, progress=lambda done, total: clean())


@pytest.mark.parametrize("kind", ["splice", "proxy", "copy"])
def test_during_a_transfer_that_waits(clean, tmp_path, kind):
    a, b = socket.socketpair()
    c, d = socket.socketpair()
    with a, b, c, d:
        work = {
            "splice": lambda: splice(a, c),
            "proxy": lambda: proxy(a, c),
            "copy": lambda: copy(a, str(tmp_path / "to")),
        }[kind]
        thread = threading.Thread(target=work)
        thread.start()
        try:
            b.sendall(b"begun")
            time.sleep(0.05)
            for _ in range(3):
                clean()
        finally:
            for end in (b, d):
                end.shutdown(socket.SHUT_WR)
            thread.join(60)
        assert not thread.is_alive()


def test_connections():
    asyncio = pytest.importorskip("asyncio")
    from aio_support import run

    from zcio import aio

    async def talk():
        before = {what for _, what in inherited()}
        accepted = []

        async def serve(reader, writer):
            accepted.append(writer)
            await reader.read()
            writer.close()

        server = await aio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await aio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(b"x")
        while not accepted:
            await asyncio.sleep(0.01)
        left = {what for _, what in inherited()} - before
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return left

    assert run(talk()) == set()

"""Transfers and the rest of the process: signals, threads, descriptors and forks."""

import errno
import os
import signal
import socket
import sys
import tempfile
import threading
import time

import pytest
from splice_ends import read_all

from zcio._core import transfer as core_transfer
from zcio._transfer.proxying import Proxying
from zcio.splice import Splicer, proxy, splice

MB = bytes(1 << 20)


class Interrupted(Exception):
    pass


def blocked_on(kind, stack):
    """Transfers that wait for ever, as functions, by what they wait for."""
    read, write = os.pipe()
    a, b = socket.socketpair()
    c, d = socket.socketpair()
    file = tempfile.TemporaryFile()
    stack.extend([os.fdopen(read, "rb", 0), os.fdopen(write, "wb", 0), a, b, c, d, file])
    file.write(MB)
    file.flush()
    return {
        "an empty pipe": lambda: splice(read, file, nbytes=10),
        "a full pipe": lambda: splice(file, write),
        "an empty socket": lambda: splice(a, file),
        "an empty non-blocking socket": lambda: (a.setblocking(False), splice(a, c)),
        "a full socket": lambda: splice(file, a),
        "a full non-blocking socket": lambda: (a.setblocking(False), splice(file, a)),
        "a proxy": lambda: proxy(a, c),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "an empty pipe",
        "a full pipe",
        "an empty socket",
        "an empty non-blocking socket",
        "a full socket",
        "a full non-blocking socket",
        "a proxy",
    ],
)
def test_a_signal_is_answered_within_100_ms(kind):
    """Its handler runs and the transfer goes on; the next handler raises, and the transfer ends."""
    stack, rung = [], []

    def ring(number, frame):
        rung.append(time.perf_counter())
        if len(rung) == 2:
            raise Interrupted

    before = signal.signal(signal.SIGALRM, ring)
    try:
        run = blocked_on(kind, stack)
        started = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, 0.12, 0.12)
        with pytest.raises(Interrupted) as caught:
            run()
        ended = time.perf_counter()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        for end in stack:
            end.close()
    assert hasattr(caught.value, "moved") and hasattr(caught.value, "undelivered")
    assert len(rung) == 2
    assert rung[0] - started < 0.22 and rung[1] - started < 0.34 and ended - rung[1] < 0.1


def test_what_a_handler_interrupts_is_reported():
    source, feed = socket.socketpair()
    full, reader = socket.socketpair()
    full.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 5000)
    data = bytes(bytearray(range(256))) * 400
    feed.sendall(data)

    def ring(number, frame):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Interrupted) as caught:
            splice(source, full)
    finally:
        signal.signal(signal.SIGALRM, before)
    full.close()
    got = b""
    while True:
        piece = reader.recv(1 << 16)
        if not piece:
            break
        got += piece
    assert len(got) == caught.value.moved
    got += caught.value.undelivered
    source.setblocking(False)
    while len(got) < len(data):
        got += source.recv(1 << 16)
    assert got == data
    for end in (source, feed, reader):
        end.close()


def test_other_threads_run_on():
    """While a transfer waits, and while one works, the lock of the interpreter is free."""
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    read, write = os.pipe()
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as copy:
        os.ftruncate(file.fileno(), 64 << 20)
        ticker = threading.Thread(target=tick)
        ticker.start()
        closer = threading.Timer(0.3, os.close, (write,))
        closer.start()
        try:
            splice(read, copy)
            begun = time.perf_counter()
            while time.perf_counter() - begun < 0.3:
                splice(file, copy)
        finally:
            stop.set()
            ticker.join()
            closer.join()
            os.close(read)
    gaps = sorted(later - earlier for earlier, later in zip(ticks, ticks[1:]))
    # With the interpreter locked there would be no ticks at all; how late one comes is up to the scheduler.
    assert len(ticks) > 50 and gaps[len(gaps) // 2] < 0.02


def test_ten_thousand_calls_leave_no_descriptor():
    a, b = socket.socketpair()
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as copy, open("/dev/full", "wb", 0) as full:
        file.write(b"some bytes" * 2000)  # less would be read and written between files
        file.flush()
        before = os.listdir("/proc/self/fd")
        for index in range(10000):
            if index % 10 == 0:
                assert splice(file, a, nbytes=10) == 10 and b.recv(100) == b"some bytes"
            elif index % 10 == 1:
                b.sendall(b"back")
                assert splice(a, copy, nbytes=4) == 4
            elif index % 10 == 2:
                with Splicer(file, copy, 4, offset=1) as splicer:
                    splicer.step()
            elif index % 10 == 3:
                b.sendall(b"lost")
                with pytest.raises(OSError) as caught:
                    splice(a, full, nbytes=4)
                assert caught.value.undelivered == b"lost"
            else:
                assert splice(file, copy) == 20000
        assert os.listdir("/proc/self/fd") == before
    a.close()
    b.close()


def pipes():
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink("/proc/self/fd/" + name)
        except OSError:
            pass
    return {fd for fd, what in found.items() if what.startswith("pipe:")}


def stuck():
    """A Splicer with bytes in its pipe, and the sockets around it."""
    source, feed = socket.socketpair()
    full, reader = socket.socketpair()
    for end in (source, full):
        end.setblocking(False)
    full.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 5000)
    feed.sendall(MB[:100000])
    splicer = Splicer(source, full)
    while not splicer.wants_write:
        splicer.step()
    return splicer, [source, feed, full, reader]


def test_pipes_are_close_on_exec_reused_and_closed():
    before = pipes()
    first, ends = stuck()
    used = pipes() - before
    assert len(used) == 2 and not any(os.get_inheritable(fd) for fd in used)
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as copy:
        file.write(MB[:20000])
        file.flush()
        splice(file, copy)
        pooled = pipes() - before - used
        assert len(pooled) == 2, "while one transfer is under way, pipes wait for the next"
        splice(file, copy)
        assert pipes() - before - used == pooled
    assert first.pending
    assert first.close()
    assert pipes() == before, "with the last transfer all go"
    for end in ends:
        end.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_uses_other_pipes():
    splicer, ends = stuck()
    pending = splicer.pending
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as copy:
        file.write(b"of the parent" * 2000)
        file.flush()
        splice(file, copy)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                file.seek(0)
                file.write(b"of the child!" * 2000)
                file.flush()
                if splice(file, copy, out_offset=100) == 26000 and splicer.close() == b"":
                    assert os.pread(copy.fileno(), 30000, 100) == b"of the child!" * 2000
                    status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert splice(file, copy) == 26000
    assert len(splicer.close()) == pending, "the parent's bytes are still there"
    for end in ends:
        end.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_that_leaves_a_proxy_changes_nothing_for_the_parent():
    (a, client), (b, server) = socket.socketpair(), socket.socketpair()
    with a, b, client, server:
        b.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 5000)
        with Proxying(a, b) as proxying:
            client.sendall(MB[:100000])
            while not proxying._where.pending[0]:
                proxying.step()
            child = os.fork()
            if child == 0:
                try:
                    proxying.__exit__(KeyError, KeyError(), None)
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            assert not os.get_blocking(a.fileno()) and not os.get_blocking(b.fileno())
            client.shutdown(socket.SHUT_WR)
            server.shutdown(socket.SHUT_WR)
            thread = read_all(server.fileno())
            while not proxying.step():
                pass
        thread.join()
        assert thread.got == MB[:100000]


def test_without_the_right_to_large_pipes():
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as copy:
        file.write(MB)
        file.flush()
        core_transfer.inject("F_SETPIPE_SZ", times=100, errno=errno.EPERM)
        try:
            assert splice(file, copy) == len(MB)
        finally:
            assert core_transfer.inject_clear() > 0


def test_a_handle_is_used_by_one_thread_at_a_time(monkeypatch):
    splicer, ends = stuck()
    real = core_transfer.lib
    inside = []

    class Busy:
        def __getattr__(self, name):
            return getattr(real, name)

        def zcio_transfer_run(self, *arguments):
            inside.append(1)
            return real.ZCIO_BUSY

    monkeypatch.setattr(core_transfer, "lib", Busy())
    with pytest.raises(RuntimeError, match="another thread"):
        splicer.step()
    monkeypatch.undo()
    assert inside and splicer.close()
    for end in ends:
        end.close()


@pytest.mark.parametrize("module", ["zcio.splice", "zcio.syscalls"])
def test_importing_is_light(module):
    import subprocess

    code = "import sys; before = set(sys.modules); import %s; print(*(set(sys.modules) - before))" % module
    loaded = subprocess.check_output([sys.executable, "-c", code]).decode().split()
    assert module in loaded
    heavy = {"asyncio", "hypothesis", "argparse", "ssl", "socket", "subprocess", "tempfile", "threading", "zcio.aio"}
    assert heavy.intersection(loaded) == set()

"""Ctrl-C and other signals in the middle of every call of zcio that can wait or work for long."""

import array
import os
import signal
import socket
import sys
import tempfile
import threading
import time

import pytest

import zcio.mmap as mmap
import zcio.search as search
import zcio.syscalls as syscalls
from zcio._call_guard import PYPY
from zcio.pipe import Pipe
from zcio.splice import copy, proxy, splice

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the ways to wait are Linux's"),
    pytest.mark.usefixtures("no_fd_leak_in_module"),
]

GIB = 1 << 30
ABSENT = b"not there at all"


class Interrupted(Exception):
    pass


class Ends:
    """A pipe and two pairs of sockets, one end each of which is full and one empty; a file, and a path."""

    def __init__(self, folder):
        self.path = str(folder / "target")
        self.empty, self._write = os.pipe()
        self._read, self.full = os.pipe()
        self.a, self._b = socket.socketpair()
        self.c, self._d = socket.socketpair()
        self.file = tempfile.TemporaryFile()
        self.file.truncate(1 << 24)
        self.more = Pipe()
        self.more.write(bytes(1 << 20))
        for fill in (self.full, self.c.fileno()):
            os.set_blocking(fill, False)
            try:
                while True:
                    os.write(fill, bytes(4096))
            except BlockingIOError:
                os.set_blocking(fill, True)

    def feed(self):
        """Let every waiting call end: give bytes to readers and room to writers."""
        os.write(self._write, b"fed")
        self._b.sendall(b"fed")
        os.read(self._read, 1 << 20)
        for end in (self._b, self._d):
            end.setblocking(False)
        try:
            while True:
                self._d.recv(1 << 20)
        except BlockingIOError:
            pass

    def close(self):
        for fd in (self.empty, self._write, self._read, self.full):
            os.close(fd)
        for end in (self.a, self._b, self.c, self._d, self.file):
            end.close()


# Calls that wait for ever.
WAITING = {
    "copy from a pipe to a path": lambda ends: copy(ends.empty, ends.path),
    "copy from a socket": lambda ends: copy(ends.a, ends.file),
    "copy to a pipe": lambda ends: copy(ends.file, ends.full),
    "copy to a socket": lambda ends: copy(ends.file, ends.c),
    "splice from a pipe": lambda ends: splice(ends.empty, ends.file),
    "splice to a socket": lambda ends: splice(ends.file, ends.c),
    "proxy": lambda ends: proxy(ends.a, ends.c),
}
# Calls that wait for the first byte or the first room.
WAITING_ONCE = {
    "recv_from a pipe": lambda ends: ends.more.recv_from(ends.empty),
    "recv_from a socket": lambda ends: ends.more.recv_from(ends.a),
    "writev_to a pipe": lambda ends: ends.more.writev_to(ends.full, 100),
    "writev_to a socket": lambda ends: ends.more.writev_to(ends.c, 100),
    "splice(2)": lambda ends: syscalls.splice(ends.empty, ends.c.fileno(), 3),
    "tee(2)": lambda ends: syscalls.tee(ends.empty, ends.full, 3),
    "vmsplice(2)": lambda ends: syscalls.vmsplice(ends.full, [b"abc"], unsafe=True),
    "sendfile(2)": lambda ends: syscalls.sendfile(ends.c.fileno(), ends.file.fileno(), 0, 3),
}
# Calls that compute: one call over a window of a huge mapping.
WORKING = {
    "find": lambda huge, end: search.find(huge, ABSENT, 0, end),
    "rfind": lambda huge, end: search.rfind(huge, ABSENT, 0, end),
    "count": lambda huge, end: search.count(huge, ABSENT, 0, end),
    "find_any": lambda huge, end: search.find_any(huge, b"xyz", 0, end),
    "rfind_any": lambda huge, end: search.rfind_any(huge, b"xyz", 0, end),
    "find_all": lambda huge, end: next(search.find_all(huge, ABSENT, 0, end), None),
    "line_views": lambda huge, end: len(next(search.line_views(huge, 0, end))),
    "Finder.find": lambda huge, end: search.Finder(ABSENT).find(huge, 0, end),
    "Finder.find_into": lambda huge, end: search.Finder(ABSENT).find_into(huge, array.array("Q", [0] * 9), 0, end),
    "mmap.count": lambda huge, end: huge.count(ABSENT, 0, end),
}


@pytest.fixture
def ends(tmp_path):
    ends = Ends(tmp_path)
    yield ends
    ends.close()


@pytest.fixture(scope="module")
def huge():
    """64 GiB that take no memory: private pages never written are all the one page of zeros."""
    try:
        mapping = mmap.mmap(-1, 64 * GIB, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_NORESERVE)
    except (OSError, OverflowError):
        pytest.skip("no address space")
    try:
        mapping.madvise(mmap.MADV_HUGEPAGE)
    except (AttributeError, OSError):
        pass
    yield mapping
    mapping.close()


def interrupted(call):
    """Ctrl-C, from a thread, while ``call()`` waits or works. Returns how long it took to come through; None where
    ``call()`` was done before."""
    sent, done = [], []

    def send():
        sent.append(time.monotonic())
        # As a terminal does, but never to another thread.
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        done.append(True)

    # Late enough that the call already waits: a signal just before that would not interrupt it.
    timer = threading.Timer(0.1, send)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        call()
        # It comes now; not in join(), which before 3.11 waits for ever once it was interrupted.
        while not done:
            time.sleep(0.01)
        # Bytecodes, not a sleep: if another thread got the signal, PyPy runs the handler after some thousands of them.
        until = time.monotonic() + 5
        while time.monotonic() < until:
            pass
        raise AssertionError("SIGINT got lost")
    except KeyboardInterrupt as error:
        frames, at = [], error.__traceback__
        while at is not None:
            frames.append(at.tb_frame.f_code.co_name)
            at = at.tb_next
        # In here after the call, not inside of it.
        return time.monotonic() - sent[0] if len(frames) > 1 else None
    finally:
        while not done:
            time.sleep(0.01)
        timer.join()
        signal.signal(signal.SIGINT, before)


def soon(latencies):
    # At least one of a few signals is handled in time; on a busy machine not all are. On PyPy the kernel may deliver
    # it to the other thread, and the waiting thread then handles it only when its call returns for another reason.
    assert min(latencies) < 0.1 and max(latencies) < (60 if PYPY else 1), latencies


@pytest.mark.parametrize("name", sorted(WAITING) + sorted(WAITING_ONCE))
def test_ctrl_c_while_waiting(ends, name):
    call = WAITING.get(name) or WAITING_ONCE[name]
    soon([interrupted(lambda: call(ends)) for _ in range(2)])
    assert not os.path.exists(ends.path)


@pytest.mark.parametrize("name", sorted(WORKING))
def test_ctrl_c_while_working(huge, name):
    call, size, latencies = WORKING[name], GIB // 4, []
    while len(latencies) < 2:
        latency = interrupted(lambda size=size: call(huge, size))
        if latency is not None:
            latencies.append(latency)
        elif size == 64 * GIB:
            pytest.skip("too fast to be interrupted")
        else:
            size *= 2
    soon(latencies)


@pytest.mark.parametrize("name", sorted(WAITING) + sorted(WAITING_ONCE))
def test_a_handler_runs_and_the_call_goes_on(ends, name):
    """Send signals until a handler raises, or the call gets what it waits for."""
    rung = []

    def ring(number, frame):
        rung.append(number)
        if len(rung) == 3:
            ends.feed()
        if len(rung) == 6:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise Interrupted

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
    try:
        if name in WAITING_ONCE:
            assert WAITING_ONCE[name](ends) not in (0, None) and 3 <= len(rung) < 6
        else:
            with pytest.raises(Interrupted) as caught:
                WAITING[name](ends)
            assert len(rung) == 6 and caught.value.moved is not None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", sorted(WORKING))
def test_handlers_run_during_work_and_change_nothing(huge, name):
    rung = []
    call, size = WORKING[name], GIB // 4
    wanted = {"line_views": lambda: size, "count": lambda: 0, "mmap.count": lambda: 0, "find_all": lambda: None}
    wanted["Finder.find_into"] = lambda: (0, None)
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
    try:
        while len(rung) < 5:
            assert call(huge, size) == wanted.get(name, lambda: -1)()
            size = min(2 * size, 8 * GIB)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

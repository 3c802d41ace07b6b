"""A file or socket is closed during a transfer: no byte goes to another file that has got the same descriptor."""

import io
import os
import select
import signal
import socket
import threading
import time

import pytest
from signal_support import needs_alarms

from zcio.splice import Splicer, copy, proxy, splice

SIZE = 64 << 20
OTHER = b"of another"


@pytest.fixture
def other(tmp_path):
    """Opens a file that is not to be touched, once, and checks that it was not."""
    path = str(tmp_path / "other")
    with open(path, "wb") as file:
        file.write(OTHER)
    opened = []

    def instead_of(file):
        """Close ``file``, and let another have its number."""
        if not opened:
            fd = file.fileno()
            file.close()
            opened.append(open(path, "r+b", 0))
            assert opened[0].fileno() == fd

    yield instead_of
    assert opened
    with opened[0] as file:
        assert file.tell() == 0 and file.read() == OTHER


@pytest.fixture
def large(tmp_path):
    path = str(tmp_path / "large")
    with open(path, "wb") as file:
        for _ in range(64):
            file.write(b"x" * (SIZE >> 6))
    return path


def on_alarm(call, seconds=0.001):
    signal.signal(signal.SIGALRM, lambda number, frame: call())
    signal.setitimer(signal.ITIMER_REAL, seconds)


@pytest.fixture(autouse=True)
def no_alarm():
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@needs_alarms
@pytest.mark.parametrize("closes", ["src", "dst"])
@pytest.mark.parametrize("buffering", [0, -1])
def test_a_handler_closes_a_file_during_copy(tmp_path, large, other, closes, buffering):
    with open(large, "rb", buffering) as src, open(str(tmp_path / "dst"), "wb", buffering) as dst:
        on_alarm(lambda: other(src if closes == "src" else dst))
        try:
            moved = copy(src, dst, reflink="never")  # all of it, if that takes less than a slice of time
        except ValueError as error:
            assert "closed" in str(error)
            moved = getattr(error, "moved", 0)
    copied = (tmp_path / "dst").read_bytes()
    assert len(copied) == moved and OTHER not in copied


@needs_alarms
@pytest.mark.parametrize("closes", ["src", "dst"])
@pytest.mark.parametrize("buffering", [0, -1])
def test_a_handler_closes_a_device_during_copy(other, closes, buffering):
    with open("/dev/zero", "rb", buffering) as src, open("/dev/null", "wb", buffering) as dst:
        on_alarm(lambda: other(src if closes == "src" else dst))
        with pytest.raises(ValueError, match="closed"):
            copy(src, dst, count=1 << 40)


@needs_alarms
@pytest.mark.parametrize("closes", ["src", "dst"])
def test_a_handler_closes_a_pipe_or_file_that_waits(tmp_path, other, closes):
    inlet, outlet = os.pipe()
    with io.open(inlet, "rb") as src, open(str(tmp_path / "dst"), "wb") as dst, io.open(outlet, "wb", 0) as writer:
        writer.write(b"x" * 100)
        on_alarm(lambda: (other(src if closes == "src" else dst), closes == "dst" and writer.write(b"y")), 0.05)
        with pytest.raises(ValueError, match="closed"):
            copy(src, dst)


@needs_alarms
@pytest.mark.parametrize("closes", ["src", "dst"])
def test_a_handler_closes_a_socket_or_file_that_waits(tmp_path, other, closes):
    src, far = socket.socketpair()
    with src, far, open(str(tmp_path / "dst"), "wb") as dst:
        far.send(b"x" * 100)
        on_alarm(lambda: other(src if closes == "src" else dst), 0.05)
        with pytest.raises(ValueError, match="closed") as caught:
            copy(src, dst)
        assert caught.value.moved == 100


@needs_alarms
def test_a_handler_closes_a_pipe_that_memory_is_copied_to(other):
    inlet, outlet = os.pipe()
    with io.open(inlet, "rb", 0), io.open(outlet, "wb", 0) as dst:
        on_alarm(lambda: other(dst), 0.05)
        with pytest.raises(ValueError, match="closed"):
            copy(io.BytesIO(bytes(1 << 20)), dst)


@needs_alarms
def test_a_handler_closes_a_pipe_that_is_copied_to_memory(other):
    inlet, outlet = os.pipe()
    with io.open(inlet, "rb", 0) as src, io.open(outlet, "wb", 0):
        on_alarm(lambda: other(src), 0.05)
        with pytest.raises(ValueError, match="closed"):
            copy(src, io.BytesIO())


@pytest.mark.parametrize("size", [100, 1 << 20])
def test_an_object_that_is_read_closes_the_target(tmp_path, other, size):
    class Source:
        def read(self, count):
            other(dst)
            return b"x" * min(count, size)

    with open(str(tmp_path / "dst"), "wb") as dst, pytest.raises(ValueError, match="closed"):
        copy(Source(), dst, count=size)


def test_an_object_that_is_written_closes_the_source(tmp_path, other):
    class Sink:
        def write(self, data):
            other(src)
            return len(data)

    (tmp_path / "src").write_bytes(b"x" * (1 << 20))
    with open(str(tmp_path / "src"), "rb") as src, pytest.raises(ValueError, match="closed"):
        copy(src, Sink())


def test_a_closed_socket_object_is_noticed(other):
    a, b = socket.socketpair()

    class Source(object):
        def read(self, count):
            other(a)
            return b"x"

    with a, b, pytest.raises(ValueError, match="closed during the copy"):
        copy(Source(), a)


def blocking_pipe():
    reading, writing = os.pipe()
    return open(writing, "wb", 0), open(reading, "rb", 0)


@pytest.mark.parametrize("ends", [socket.socketpair, blocking_pipe])
@pytest.mark.parametrize("size", [1 << 19, 3 << 20])
def test_another_thread_closes_the_target_that_nobody_reads(tmp_path, size, ends):
    path = tmp_path / "src"
    path.write_bytes(bytes(size))
    near, far = ends()
    failed = []

    def run():
        try:
            copy(path, near)
        except ValueError as error:
            failed.append(error)

    copying = threading.Thread(target=run, daemon=True)
    copying.start()
    select.select([far], [], [])
    near.close()
    copying.join(10)
    assert not copying.is_alive() and 0 < failed[0].moved < size
    far.close()


@needs_alarms
@pytest.mark.parametrize("closes", ["src", "dst"])
def test_a_handler_closes_a_file_during_splice(tmp_path, large, other, closes):
    with open(large, "rb") as src, open(str(tmp_path / "dst"), "wb") as dst:
        on_alarm(lambda: other(src if closes == "src" else dst))
        try:
            splice(src, dst)  # all of it, if that takes less than a slice of time
        except (OSError, ValueError):
            pass
    assert OTHER not in (tmp_path / "dst").read_bytes()


@pytest.mark.parametrize("closes", [0, 1])
def test_an_end_of_a_splicer_is_closed_between_steps(tmp_path, large, other, closes):
    a, b = socket.socketpair()
    with open(large, "rb") as src, a, b:
        a.setblocking(False)
        splicer = Splicer(src, a)
        while splicer.wants_write is None:
            splicer.step()
        other((src, a)[closes])
        b.setblocking(False)
        try:
            while b.recv(1 << 20):
                pass
        except BlockingIOError:
            pass
        moved = splicer.bytes_moved
        with pytest.raises(OSError):
            splicer.step()
        assert splicer.bytes_moved == moved
        splicer.close()


@needs_alarms
def test_a_handler_closes_a_socket_during_proxy():
    a, far_a = socket.socketpair()
    b, far_b = socket.socketpair()
    others = []

    def close():
        fd = b.fileno()
        b.close()
        others.extend(socket.socketpair())
        assert others[0].fileno() == fd
        threading.Timer(0.1, far_a.sendall, [b"x"]).start()

    with a, far_a, b, far_b:
        on_alarm(close, 0.05)
        with pytest.raises(OSError):
            proxy(a, b)
        time.sleep(0.2)
        with others[0], others[1]:
            assert os.get_blocking(others[0].fileno())
            others[1].setblocking(False)
            with pytest.raises(BlockingIOError):
                others[1].recv(1)


@pytest.mark.parametrize("closes", ["src", "dst"])
def test_another_thread_closes_a_pipe_that_waits_for_an_object(closes):
    """read(2) and write(2) would wait in the kernel."""
    reading, writing = os.pipe()
    with open(reading, "rb", 0) as near, open(writing, "wb", 0) as far:
        ends = (near, io.BytesIO()) if closes == "src" else (io.BytesIO(bytes(1 << 20)), far)
        timers = [threading.Timer(0.1, near.close if closes == "src" else far.close)]
        timers.append(threading.Timer(20, far.close if closes == "src" else near.close))  # ends a copy that hangs
        for timer in timers:
            timer.start()
        with pytest.raises(ValueError, match="closed"):
            copy(*ends)
        for timer in timers:
            timer.cancel()
            timer.join()


@pytest.mark.parametrize("size", [10, 200000])
def test_another_thread_closes_the_target_while_a_pipe_is_waited_for(tmp_path, other, size):
    """What then comes through the pipe does not go to the file that has the descriptor now."""
    reading, writing = os.pipe()
    with open(reading, "rb", 0) as near, open(writing, "wb", 0) as far, open(str(tmp_path / "dst"), "wb", 0) as dst:

        def close():
            time.sleep(0.02)
            other(dst)
            os.set_blocking(writing, False)
            far.write(bytes(size))

        thread = threading.Thread(target=close)
        thread.start()
        with pytest.raises(ValueError, match="closed"):
            copy(near, dst)
        thread.join()
    assert os.path.getsize(str(tmp_path / "dst")) == 0

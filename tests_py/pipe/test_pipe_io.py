"""recv_from and writev_to: descriptors, sockets, raw files, and what can go wrong with them."""

import errno
import io
import os
import signal
import socket
import threading
import time

import pytest

from zcio.pipe import Pipe, Pool

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


@pytest.fixture
def ends():
    """``(source, sink)``: a pipe of the system."""
    source, sink = os.pipe()
    yield source, sink
    for fd in (source, sink):
        try:
            os.close(fd)
        except OSError:
            pass  # by the test


@pytest.fixture
def sockets():
    pair = socket.socketpair()
    yield pair
    for end in pair:
        end.close()


def test_a_descriptor_until_its_end(ends):
    source, sink = ends
    pipe = Pipe(Pool(chunk_size=10))
    os.write(sink, b"0123456789abcdef")
    assert pipe.recv_from(source) == 10
    assert pipe.recv_from(source, 100) == 6
    os.close(sink)
    assert pipe.recv_from(source) == 0
    assert pipe.closed() and pipe.read() == b"0123456789abcdef" and pipe.reached_eof()
    with pytest.raises(ValueError):
        pipe.recv_from(source)


def test_a_socket_until_its_end(sockets):
    ours, theirs = sockets
    pipe = Pipe()
    theirs.sendall(b"hello\r\nworld")
    assert pipe.recv_from(ours) == 12
    theirs.close()
    assert pipe.recv_from(ours) == 0
    assert pipe.readuntil(b"\r\n") == b"hello\r\n"
    assert pipe.readline() == b"world"


def test_a_raw_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100000)
    pipe = Pipe()
    with io.FileIO(str(path)) as file:
        while pipe.recv_from(file):
            pass
    assert pipe.read() == b"x" * 100000


def test_a_descriptor_of_an_unknown_class_is_refused(ends):
    class Has:
        def __init__(self, fd):
            self.fileno = lambda: fd

    source, sink = ends
    pipe = Pipe()
    pipe.write(b"data")
    with pytest.raises(TypeError, match="Has"):
        pipe.writev_to(Has(sink))
    with pytest.raises(TypeError, match="Has"):
        pipe.recv_from(Has(source))
    assert pipe.read() == b"data"


def test_a_file_that_overrides_write_is_written_by_it(ends):
    pipe = Pipe()
    pipe.write(b"data")
    written = []
    with io.FileIO(ends[1], "wb", closefd=False) as file:
        file.write = lambda data: written.append(data) or len(data)
        assert pipe.writev_to(file) == 4
    assert written == [b"data"]


def test_nothing_there_yet(ends, sockets):
    source, sink = ends
    os.set_blocking(source, False)
    ours, theirs = sockets
    ours.setblocking(False)
    with io.FileIO(source, closefd=False) as file:
        for what in (source, ours, file):
            pipe = Pipe()
            assert pipe.recv_from(what) is None
            assert not pipe.closed() and pipe.read() is None
            with pytest.raises(ValueError):
                pipe.buffer_written(1)


def test_errors_leave_the_pipe_as_it_was(ends, sockets):
    pipe = Pipe()
    pipe.write(b"before")
    with pytest.raises(OSError) as caught:
        pipe.recv_from(ends[1])
    assert caught.value.errno == errno.EBADF
    for wrong in ("path", None, object()):
        with pytest.raises(TypeError):
            pipe.recv_from(wrong)
    ours, theirs = sockets
    ours.settimeout(0.01)
    with pytest.raises(socket.timeout):
        pipe.recv_from(ours)
    ours.close()
    with pytest.raises(OSError):
        pipe.recv_from(ours)
    assert pipe.read() == b"before" and not pipe.closed()


def test_a_reset_in_the_middle():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    ours = socket.create_connection(listener.getsockname())
    theirs, _ = listener.accept()
    listener.close()
    theirs.sendall(b"half a rec")
    pipe = Pipe()
    assert pipe.recv_from(ours) == 10
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    theirs.close()
    with pytest.raises(ConnectionResetError) as caught:
        pipe.recv_from(ours)
    ours.close()
    assert pipe.readuntil(b"\n") is None
    pipe.eof(caught.value)
    with pytest.raises(ConnectionResetError):
        pipe.readuntil(b"\n")
    assert pipe.read() == b"half a rec"


class Lying:
    def __init__(self, count):
        self.count = count

    def recv_into(self, view):
        return self.count


def test_a_source_that_lies_is_found_out():
    for count in (-1, 1 << 40):
        pipe = Pipe()
        with pytest.raises(ValueError):
            pipe.recv_from(Lying(count))
        assert pipe.read() is None and not pipe.closed()


@pytest.mark.parametrize("kind", ["descriptor", "socket"])
def test_signals_are_answered_and_the_call_goes_on(ends, sockets, kind):
    source, sink = ends
    ours, theirs = sockets
    caught = []

    def handler(number, frame):
        caught.append(number)
        if len(caught) == 3:
            os.write(sink, b"data")
            theirs.sendall(b"data")

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        pipe = Pipe()
        assert pipe.recv_from(source if kind == "descriptor" else ours) == 4
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(caught) >= 3 and pipe.read() == b"data"


def test_an_exception_of_a_handler_comes_through(ends):
    class Interrupted(Exception):
        pass

    def handler(number, frame):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, handler)
    pipe = Pipe()
    try:
        with pytest.raises(Interrupted):
            # Again after a while, since the first one may come just before read(2).
            signal.setitimer(signal.ITIMER_REAL, 0.02, 1)
            pipe.recv_from(ends[0])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    os.write(ends[1], b"later")
    assert pipe.recv_from(ends[0]) == 5 and pipe.read() == b"later"


# ---- out ----


def test_all_chunks_in_one_call(ends, sockets):
    source, sink = ends
    ours, theirs = sockets
    text = b"0123456789" * 10
    for target, receive in ((sink, lambda: os.read(source, 1000)), (ours, lambda: theirs.recv(1000))):
        pipe = Pipe(Pool(chunk_size=7))
        assert pipe.writev_to(target) == 0
        pipe.write(text)
        assert pipe.writev_to(target, 0) == 0
        assert pipe.writev_to(target, 33) == 33 and receive() == text[:33]
        assert pipe.writev_to(target) == 67 and receive() == text[33:]
        assert len(pipe) == 0


def test_more_chunks_than_a_call_takes(ends):
    source, sink = ends
    pipe = Pipe(Pool(chunk_size=1))
    pipe.write(b"x" * 3000)
    counts = []
    while len(pipe):
        counts.append(pipe.writev_to(sink))
    assert sum(counts) == 3000 and len(os.read(source, 5000)) == 3000


@pytest.mark.parametrize("kind", ["descriptor", "socket"])
def test_short_writes_lose_nothing(ends, sockets, kind):
    source, sink = ends
    ours, theirs = sockets
    if kind == "descriptor":
        os.set_blocking(sink, False)
        target, receive = sink, lambda: os.read(source, 50000)
    else:
        ours.setblocking(False)
        target, receive = ours, lambda: theirs.recv(50000)
    text = bytes(bytearray(number * 7 & 255 for number in range(1000))) * 1500
    pipe = Pipe()
    pipe.write(text)
    got, blocked = [], 0
    while len(pipe):
        before = len(pipe)
        count = pipe.writev_to(target)
        if count is None:
            blocked += 1
            got.append(receive())
        assert len(pipe) == before - (count or 0)
    while sum(map(len, got)) < len(text):
        got.append(receive())
    assert b"".join(got) == text and blocked


def test_errors_consume_nothing(ends, sockets):
    source, sink = ends
    ours, theirs = sockets
    pipe = Pipe()
    pipe.write(b"data")
    with pytest.raises(OSError) as caught:
        pipe.writev_to(source)
    assert caught.value.errno == errno.EBADF
    os.close(source)
    with pytest.raises(BrokenPipeError):
        pipe.writev_to(sink)
    theirs.close()
    with pytest.raises(BrokenPipeError):
        pipe.writev_to(ours)
    for wrong in ("path", None):
        with pytest.raises(TypeError):
            pipe.writev_to(wrong)
    with pytest.raises(OverflowError):
        pipe.writev_to(1 << 40)
    assert pipe.read() == b"data"


class OneByOne:
    """A socket whose sendmsg says no, as that of ssl does."""

    def __init__(self):
        self.sent = b""

    def sendmsg(self, buffers):
        raise NotImplementedError

    def send(self, data):
        self.sent += bytes(data[:3])
        return min(3, len(data))


def test_a_socket_without_sendmsg():
    target = OneByOne()
    pipe = Pipe(Pool(chunk_size=4))
    pipe.write(b"0123456789")
    while pipe.writev_to(target):
        pass
    assert target.sent == b"0123456789"


def test_the_interpreter_goes_on_while_a_descriptor_blocks(ends):
    source, sink = ends
    pipe = Pipe()
    thread = threading.Thread(target=pipe.recv_from, args=(source,))
    thread.start()
    time.sleep(0.02)
    os.write(sink, b"data")
    thread.join(30)
    assert not thread.is_alive() and pipe.read() == b"data"

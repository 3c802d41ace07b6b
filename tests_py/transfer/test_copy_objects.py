"""copy() from and to sockets, pipes and file objects of every kind, and what it refuses."""

import errno
import fcntl
import gzip
import io
import os
import resource
import socket
import ssl
import tempfile
import threading
import time

import pytest
from aio_support import certificate
from copy_ends import DATA, drained

from zcio.pipe import Pipe
from zcio.splice import SPLICE_F_NONBLOCK, copy, proxy, splice

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


def test_sockets_and_pipes(original, tmp_path):
    a, b = socket.socketpair()
    with a, b:
        thread, got = drained(lambda: b.recv(1 << 16))
        copied = copy(original, a)
        a.shutdown(socket.SHUT_WR)
        thread.join()
        assert copied == len(DATA) and copied.method == "sendfile" and b"".join(got) == DATA
        thread = threading.Thread(target=lambda: (b.sendall(DATA), b.shutdown(socket.SHUT_WR)))
        thread.start()
        copied = copy(a, tmp_path / "dst")
        thread.join()
        assert copied == len(DATA) and copied.method == "splice" and (tmp_path / "dst").read_bytes() == DATA
    reading, writing = os.pipe()
    thread, got = drained(lambda: os.read(reading, 1 << 16))
    copied = copy(original, writing)
    os.close(writing)
    thread.join()
    os.close(reading)
    # copy() must not splice pages into a pipe: later writes to the file must not show there.
    assert copied.method == "read/write" and b"".join(got) == DATA


def test_later_writes_do_not_show_in_a_pipe(original):
    reading, writing = os.pipe()
    try:
        assert copy(original, writing, count=5000) == 5000
        with open(str(original), "r+b") as file:
            file.write(b"\0" * 5000)
        assert os.read(reading, 5000) == DATA[:5000]
    finally:
        os.close(reading)
        os.close(writing)


def test_read_ahead_of_a_pipe_comes_first(tmp_path):
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader:
        with os.fdopen(writing, "wb") as writer:
            writer.write(b"line\n" + DATA[:3000])
        assert reader.readline() == b"line\n"
        assert copy(reader, tmp_path / "dst", count=1000) == 1000
        assert copy(reader, tmp_path / "rest") == 2000
    assert (tmp_path / "dst").read_bytes() + (tmp_path / "rest").read_bytes() == DATA[:3000]


def test_a_sockets_timeout(tmp_path):
    a, b = socket.socketpair()
    with a, b:
        a.settimeout(0.2)
        b.send(b"12345")
        begun = time.monotonic()
        with pytest.raises(socket.timeout) as caught:
            copy(a, tmp_path / "dst")
        assert 0.15 < time.monotonic() - begun < 5
        assert caught.value.moved == 5 and not (tmp_path / "dst").exists()


def test_memory(original, tmp_path):
    target = io.BytesIO(b"....")
    target.seek(2)
    copied = copy(original, target)
    assert copied == len(DATA) and copied.method == "read/write" and target.getvalue() == b".." + DATA
    source = io.BytesIO(DATA)
    source.seek(5)
    assert copy(source, tmp_path / "dst", count=100) == 100
    assert source.tell() == 105 and (tmp_path / "dst").read_bytes() == DATA[5:105]
    assert copy(source, io.BytesIO(), offset=50, count=10) == 10 and source.tell() == 105


def test_the_descriptor_of_a_compressed_file_is_not_its_content(original, tmp_path):
    with gzip.open(str(tmp_path / "src.gz"), "wb") as packed:
        assert copy(original, packed) == len(DATA)
    with gzip.open(str(tmp_path / "src.gz"), "rb") as packed:
        assert copy(packed, tmp_path / "dst") == len(DATA)
    assert (tmp_path / "dst").read_bytes() == DATA


def test_temporary_files(original, tmp_path):
    with tempfile.NamedTemporaryFile() as file:
        copied = copy(original, file)
        assert copied.method != "read/write" and file.tell() == len(DATA)
        file.seek(0)
        assert file.read() == DATA


def test_short_writes_of_an_object(original):
    class Slow(io.RawIOBase):
        def __init__(self):
            self.got = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.got += bytes(data[:1000])
            return min(1000, len(data))

    slow = Slow()
    assert copy(original, slow) == len(DATA) and slow.got == DATA


class Receiving:
    """An object whose read() raises BlockingIOError while there is nothing, as sockets do."""

    def __init__(self, end):
        self.end = end
        self.read = end.recv
        self.fileno = end.fileno


def test_an_object_that_is_not_ready_is_waited_for(tmp_path):
    a, b = socket.socketpair()
    # select(2) takes no descriptor beyond 1023.
    high = fcntl.fcntl(a.fileno(), fcntl.F_DUPFD, 1500 if resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 1600 else 0)
    a.close()
    with b, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, high) as end:
        end.setblocking(False)
        late = threading.Timer(0.1, lambda: (b.sendall(b"late"), b.shutdown(socket.SHUT_WR)))
        late.start()
        assert copy(Receiving(end), tmp_path / "dst") == 4
        late.join()
    assert (tmp_path / "dst").read_bytes() == b"late"


def wrapped_pair(folder):
    """Two ends of a TLS connection."""
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    trusting = ssl.create_default_context(cafile=cert)
    a, b = socket.socketpair()
    accepted = []
    thread = threading.Thread(target=lambda: accepted.append(context.wrap_socket(b, server_side=True)))
    thread.start()
    client = trusting.wrap_socket(a, server_hostname="localhost")
    thread.join()
    return client, accepted[0]


def received(connection):
    try:
        return connection.recv(1 << 16)
    except OSError:
        return b""  # shut down without TLS's own goodbye


@pytest.mark.parametrize("blocking", [True, False])
def test_tls(original, tmp_path, blocking):
    client, server = wrapped_pair(tmp_path)
    with client, server:
        client.setblocking(blocking)
        late = threading.Timer(0.1, lambda: server.sendall(DATA))
        late.start()
        assert copy(client, tmp_path / "dst", count=len(DATA)) == len(DATA)
        late.join()
        assert (tmp_path / "dst").read_bytes() == DATA
        thread, got = drained(lambda: received(server))
        copied = copy(original, client)
        client.setblocking(True)
        client.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert (copied, copied.method) == (len(DATA), "read/write") and b"".join(got) == DATA


def test_a_file_over_non_blocking_tls_gives_all_of_its_bytes(tmp_path):
    client, server = wrapped_pair(tmp_path)
    with client, server:
        client.setblocking(False)
        late = threading.Timer(0.05, lambda: [server.sendall(DATA[i : i + 30000]) for i in range(0, len(DATA), 30000)])
        late.start()
        with client.makefile("rb") as reader:
            assert copy(reader, tmp_path / "dst", count=len(DATA)) == len(DATA)
        late.join()
        assert (tmp_path / "dst").read_bytes() == DATA
        # One that has no descriptor to wait for raises what it raised, and still loses nothing.
        server.sendall(b"more")
        got = io.BytesIO()
        with client.makefile("rwb") as reader, pytest.raises(ssl.SSLWantReadError) as caught:
            while True:
                copy(reader, got)
        assert caught.value.moved == 4 and got.getvalue() == b"more"


class Unready(io.RawIOBase):
    """A raw file that is not ready, and has no descriptor."""

    def readable(self):
        return True

    writable = readable

    def readinto(self, buffer):
        return None

    def write(self, data):
        return None


def test_an_object_without_a_descriptor_cannot_be_waited_for():
    for source, sink in ((Unready(), io.BytesIO()), (io.BytesIO(b"data"), Unready())):
        with pytest.raises(BlockingIOError, match="no descriptor to wait for") as caught:
            copy(source, sink)
        assert caught.value.moved == 0


class Miscounting:
    """An object whose methods return another number of bytes than they should."""

    def __init__(self, count):
        self.count = count

    def read(self, count):
        return b"x" * (count + 1)

    def write(self, data):
        return self.count

    readinto = write


@pytest.mark.parametrize("count", [-1, 1000000, 2.0, "1"])
def test_a_method_that_returns_no_number_of_bytes_is_an_error(count):
    wrong = Miscounting(count)
    pipe = Pipe()
    pipe.write(b"data")
    calls = [lambda: copy(io.BytesIO(b"data"), wrong), lambda: pipe.writev_to(wrong), lambda: pipe.recv_from(wrong)]
    for call in calls:
        with pytest.raises(ValueError if type(count) is int else TypeError):
            call()
    assert pipe.read() == b"data" and len(pipe) == 0
    with pytest.raises(ValueError, match="moved 5 of 4 bytes"):
        copy(wrong, io.BytesIO(), count=4)


def test_a_sink_that_writes_nothing_is_an_error():
    source = io.BytesIO(b"data")
    with pytest.raises(OSError, match="wrote none of 4 bytes") as caught:
        copy(source, Miscounting(0))
    assert caught.value.errno == errno.EIO and caught.value.moved == 0 and caught.value.undelivered == b"data"


@pytest.mark.parametrize("kind", ["socket", "descriptor", "file"])
def test_another_thread_closes_what_is_waited_for(kind):
    """With a sink in memory, Python itself waits. (epoll forgets a descriptor that is closed.)"""
    near, far = socket.socketpair()
    near.setblocking(False)
    with far:
        if kind == "descriptor":
            fd = near.detach()
            source, close = fd, lambda: os.close(fd)
        else:
            source = near if kind == "socket" else io.FileIO(near.detach())
            close = source.close
        closing = threading.Timer(0.1, close)
        closing.start()
        with pytest.raises((OSError, ValueError)):
            copy(source, io.BytesIO())
        closing.join()


class Scrambling(socket.socket):
    """A class that a program or a library may put in place of socket.socket."""

    def send(self, data, flags=0):
        return super().send(bytes(byte ^ 1 for byte in data), flags)

    def recv(self, count, flags=0):
        return bytes(byte ^ 1 for byte in super().recv(count, flags))

    def recv_into(self, buffer, count=0, flags=0):
        data = self.recv(len(buffer), flags)
        buffer[: len(data)] = data
        return len(data)


def test_a_class_in_the_place_of_sockets(original, tmp_path, monkeypatch):
    a, b = socket.socketpair()
    plain, scrambling = b, Scrambling(fileno=a.detach())
    monkeypatch.setattr(socket, "socket", Scrambling)
    with plain, scrambling, scrambling.makefile("rb") as reader:
        thread, got = drained(lambda: plain.recv(1 << 16))
        assert copy(original, scrambling) == len(DATA)
        with open(str(original), "rb") as file, pytest.raises(TypeError, match="carry other bytes"):
            splice(file, scrambling)
        scrambling.shutdown(socket.SHUT_WR)
        thread.join()
        assert b"".join(got) == bytes(byte ^ 1 for byte in DATA)
        plain.sendall(b"abc")
        plain.shutdown(socket.SHUT_WR)
        assert copy(reader, tmp_path / "dst") == 3 and (tmp_path / "dst").read_bytes() == b"`cb"


@pytest.mark.parametrize("closes", ["src", "dst"])
@pytest.mark.parametrize("buffering", [0, -1])
def test_progress_that_closes_a_file(tmp_path, closes, buffering):
    size = 64 << 20
    for name, byte in (("src", b"s"), ("other", b"o")):
        with open(str(tmp_path / name), "wb") as file:
            for _ in range(64):
                file.write(byte * (size >> 6))
    others = []

    def close(done, total):
        if not others:
            (src if closes == "src" else dst).close()
            others.append(open(str(tmp_path / "other"), "r+b", 0))  # which gets the same number

    with open(str(tmp_path / "src"), "rb", buffering) as src, open(str(tmp_path / "dst"), "wb", buffering) as dst:
        try:
            moved = copy(src, dst, progress=close, reflink="never")  # all, if that takes no tenth of a second
        except ValueError as error:
            assert "closed" in str(error)
            moved = error.moved
        with others[0] as other:
            assert other.tell() == 0 and set(other.read(1 << 20)) == set(b"o")
    copied = (tmp_path / "dst").read_bytes()
    assert len(copied) == moved and b"o" not in copied


def test_a_socket_that_listens_is_no_end(original, tmp_path):
    other = socket.socketpair()
    with socket.socket() as listening, other[0], other[1]:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        for call in (
            lambda: copy(listening, tmp_path / "dst"),
            lambda: splice(listening, other[0]),
            lambda: splice(listening, other[0], flags=SPLICE_F_NONBLOCK),
            lambda: copy(original, listening),
            lambda: proxy(listening, other[0]),
            lambda: proxy(other[0], listening),
        ):
            with pytest.raises(OSError) as caught:
                call()
            assert caught.value.errno == errno.ENOTCONN


def test_text_and_other_things_are_refused(original, tmp_path):
    with open(str(original), encoding="latin-1") as text:
        with pytest.raises(TypeError, match="binary"):
            copy(text, tmp_path / "dst")
    for wrong in (None, 1.5, object()):
        with pytest.raises(TypeError):
            copy(wrong, tmp_path / "dst")
        with pytest.raises(TypeError):
            copy(original, wrong)
    assert os.listdir(str(tmp_path)) == ["src"]


def test_wrong_arguments(original, tmp_path):
    dst = tmp_path / "dst"
    for wrong in (-1, "1", 1.0):
        with pytest.raises((TypeError, ValueError)):
            copy(original, dst, count=wrong)
        with pytest.raises((TypeError, ValueError)):
            copy(original, dst, offset=wrong)
    with pytest.raises(OverflowError):
        copy(original, dst, offset=2**63)
    with pytest.raises(ValueError):
        copy(original, dst, reflink="sometimes")
    with pytest.raises(TypeError, match="progress"):
        copy(original, dst, progress=1)
    with open(str(original), "rb") as reader:
        with pytest.raises(ValueError, match="not open for writing"):
            copy(original, reader)
    with pytest.raises(ValueError):
        copy(reader, dst)  # closed
    reading, writing = os.pipe()
    try:
        with pytest.raises(OSError):
            copy(reading, dst, offset=1)
    finally:
        os.close(reading)
        os.close(writing)
    assert os.listdir(str(tmp_path)) == ["src"]


def test_reflink_always_says_where_it_cannot(original, tmp_path):
    try:
        assert copy(original, tmp_path / "dst", reflink="always").method == "reflink"
    except OSError:
        assert not (tmp_path / "dst").exists()
    with pytest.raises(ValueError):
        copy(original, tmp_path / "dst", offset=1, reflink="always")

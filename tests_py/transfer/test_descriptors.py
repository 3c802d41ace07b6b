"""Which objects zcio takes for their descriptor, and that they live as long as it uses the descriptor."""

import bz2
import contextlib
import gc
import gzip
import io
import os
import platform
import socket
import ssl
import threading

import pytest
from aio_support import certificate

from zcio.pipe import Pipe
from zcio.splice import Splicer, copy, proxy, splice

pytestmark = [
    pytest.mark.usefixtures("no_fd_leak_in_module"),
    # Half of these tests pass files to which nothing but the call refers.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

# Each with a full collection on PyPy.
ROUNDS = 15 if platform.python_implementation() == "PyPy" else 150
DATA = b"the plaintext, which nobody on the wire may see. " * 2000


# ---- TLS ----


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    cert, key = certificate(tmp_path_factory.mktemp("certificate"))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert, key)
    return ssl.create_default_context(cafile=cert), serving


class Relay:
    """Carries bytes both ways between two sockets and keeps them."""

    def __init__(self):
        self.left, a = socket.socketpair()
        self.right, b = socket.socketpair()
        self.wire = bytearray()
        self._threads = [threading.Thread(target=self._carry, args=ends) for ends in ((a, b), (b, a))]
        for thread in self._threads:
            thread.start()

    def _carry(self, source, target):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(1 << 16)
                if not data:
                    break
                self.wire += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        self._closing.append(source)

    _closing = []

    def join(self):
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()
        while self._closing:
            self._closing.pop().close()


@contextlib.contextmanager
def connection(contexts):
    """The client's end of a TLS connection, the server's, and the bytes on the wire."""
    trusting, serving = contexts
    relay = Relay()
    ends = []
    thread = threading.Thread(target=lambda: ends.append(serving.wrap_socket(relay.right, server_side=True)))
    thread.start()
    client = trusting.wrap_socket(relay.left, server_hostname="localhost")
    thread.join(20)
    try:
        yield client, ends[0], relay.wire
    finally:
        client.close()
        ends[0].close()
        relay.join()


WRAPPED = {
    "socket": lambda tls, mode: tls,
    "buffered": lambda tls, mode: tls.makefile(mode),
    "both ways": lambda tls, mode: tls.makefile("rwb"),
    "raw": lambda tls, mode: tls.makefile(mode, buffering=0),
    "raw, both ways": lambda tls, mode: tls.makefile("rwb", buffering=0),
    "small buffer": lambda tls, mode: tls.makefile(mode, buffering=16),
}


def received(tls):
    got = bytearray()
    while len(got) < len(DATA):
        piece = tls.recv(1 << 16)
        if not piece:
            break
        got += piece
    return bytes(got)


def writev_all(source, target):
    pipe = Pipe()
    with open(source, "rb") as file:
        pipe.write(file.read())
    while len(pipe):
        pipe.writev_to(target)


SENDING = {
    "copy a path": copy,
    "copy a file": lambda source, target: copy(open(source, "rb"), target),
    "copy memory": lambda source, target: copy(io.BytesIO(DATA), target),
    "writev_to": writev_all,
}


@pytest.mark.parametrize("call", sorted(SENDING))
@pytest.mark.parametrize("wrapped", sorted(WRAPPED))
def test_only_ciphertext_is_sent(contexts, tmp_path, wrapped, call):
    (tmp_path / "src").write_bytes(DATA)
    with connection(contexts) as (client, server, wire):
        got = []
        thread = threading.Thread(target=lambda: got.append(received(server)))
        thread.start()
        target = WRAPPED[wrapped](client, "wb")
        SENDING[call](str(tmp_path / "src"), target)
        if target is not client:
            target.close()  # buffered data goes first
        thread.join(20)
        assert got == [DATA] and b"plaintext" not in wire


def recv_all(source, target):
    pipe = Pipe()
    while len(pipe) < len(DATA):
        assert pipe.recv_from(source)
    with open(target, "wb") as file:
        file.write(pipe.read())


RECEIVING = {
    "copy to a path": lambda source, target: copy(source, target, count=len(DATA)),
    "copy to a file": lambda source, target: copy(source, open(target, "wb", buffering=0), count=len(DATA)),
    "recv_from": recv_all,
}


@pytest.mark.parametrize("call", sorted(RECEIVING))
@pytest.mark.parametrize("wrapped", sorted(WRAPPED))
def test_what_is_received_is_decrypted(contexts, tmp_path, wrapped, call):
    with connection(contexts) as (client, server, wire):
        thread = threading.Thread(target=server.sendall, args=(DATA,))
        thread.start()
        source = WRAPPED[wrapped](client, "rb")
        RECEIVING[call](source, str(tmp_path / "dst"))
        if source is not client:
            source.close()
        thread.join(20)
        assert (tmp_path / "dst").read_bytes() == DATA and b"plaintext" not in wire


@pytest.mark.parametrize("wrapped", sorted(WRAPPED))
def test_where_only_a_descriptor_works_tls_is_refused(contexts, tmp_path, wrapped):
    (tmp_path / "src").write_bytes(DATA)
    a, b = socket.socketpair()
    with connection(contexts) as (client, server, wire), a, b, open(str(tmp_path / "src"), "rb") as file:
        for tls in (client, server):
            with contextlib.closing(WRAPPED[wrapped](tls, "rb")) as end:
                for call in (
                    lambda end: splice(file, end),
                    lambda end: splice(end, a, None),
                    lambda end: Splicer(file, end),
                    lambda end: Splicer(end, a),
                    lambda end: proxy(end, a),
                    lambda end: proxy(a, end),
                ):
                    with pytest.raises((ValueError, TypeError), match="descriptor"):
                        call(end)
        assert b"plaintext" not in wire and file.tell() == 0


class OverBio:
    """TLS as event loops do it: through memory BIOs, over a plain socket whose fileno() it returns."""

    def __init__(self, context, sock, **arguments):
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, **arguments)
        self._sock = sock
        self.fileno = sock.fileno
        self._until_done(self._tls.do_handshake)

    def _until_done(self, call, *arguments):
        while True:
            try:
                result = call(*arguments)
            except ssl.SSLWantReadError:
                result = None
            self._sock.sendall(self._out.read())
            if result is not None or call == self._tls.do_handshake and self._tls.cipher() and not self._wants():
                return result
            self._in.write(self._sock.recv(1 << 16))

    def _wants(self):
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return True
        self._sock.sendall(self._out.read())
        return False

    def read(self, count):
        return self._until_done(self._tls.read, count)

    def write(self, data):
        return self._until_done(self._tls.write, data)


def test_tls_through_memory(contexts, tmp_path):
    trusting, serving = contexts
    (tmp_path / "src").write_bytes(DATA)
    relay = Relay()
    servers = []
    thread = threading.Thread(target=lambda: servers.append(serving.wrap_socket(relay.right, server_side=True)))
    thread.start()
    client = OverBio(trusting, relay.left, server_hostname="localhost")
    thread.join(20)
    server = servers[0]
    try:
        with open(str(tmp_path / "src"), "rb") as file:
            for call in (splice, Splicer):
                with pytest.raises(TypeError, match="OverBio"):
                    call(file, client)
        got = []
        thread = threading.Thread(target=lambda: got.append(received(server)))
        thread.start()
        assert copy(tmp_path / "src", client) == len(DATA)
        thread.join(20)
        thread = threading.Thread(target=server.sendall, args=(DATA,))
        thread.start()
        assert copy(client, tmp_path / "dst", count=len(DATA)) == len(DATA)
        thread.join(20)
        assert got == [DATA] == [(tmp_path / "dst").read_bytes()] and b"plaintext" not in relay.wire
    finally:
        server.close()
        relay.left.close()
        relay.join()


def test_tls_through_memory_that_stays_empty_does_not_hang(contexts):
    tls = contexts[0].wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        copy(tls, io.BytesIO())


# ---- classes that are between the bytes and the descriptor ----


class UpperReader(io.BufferedReader):
    def read(self, size=-1):
        return super().read(size).upper()


class UpperFile(io.FileIO):
    def readinto(self, buffer):
        size = super().readinto(buffer)
        buffer[:size] = bytes(buffer[:size]).upper()
        return size

    def write(self, data):
        return super().write(bytes(data).upper())

    def read(self, size=-1):
        return super().read(size).upper()


class UpperRaw(io.RawIOBase):
    """As files that decompress: fileno() is that of the compressed file."""

    def __init__(self, path, mode="rb"):
        self._file = io.FileIO(path, mode)
        self.fileno = self._file.fileno
        self.close = self._file.close

    def readable(self):
        return True

    writable = readable

    def readinto(self, buffer):
        data = self._file.read(len(buffer)).upper()
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        return self._file.write(bytes(data).upper())


class Delegating:
    """As the wrappers of tempfile and codecs: other attributes are those of the file."""

    def __init__(self, path, mode="rb"):
        self._file = open(path, mode)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def read(self, size):
        return self._file.read(size).upper()

    def write(self, data):
        return self._file.write(data.upper())


def hooked(path, mode="rb"):
    """An ordinary file, of which a program has replaced a method."""
    file = open(path, mode)
    if mode == "rb":
        file.read = lambda size: io.BufferedReader.read(file, size).upper()
    else:
        file.write = lambda data: io.BufferedWriter.write(file, data.upper())
    return file


READERS = {
    "buffered": lambda path: UpperReader(io.FileIO(path)),
    "buffered over raw": lambda path: io.BufferedReader(UpperRaw(path)),
    "buffered over a file": lambda path: io.BufferedReader(UpperFile(path)),
    "file": UpperFile,
    "raw": UpperRaw,
    "delegating": Delegating,
    "hooked": hooked,
}
WRITERS = {
    "buffered over raw": lambda path: io.BufferedWriter(UpperRaw(path, "wb")),
    "buffered over a file": lambda path: io.BufferedWriter(UpperFile(path, "wb")),
    "file": lambda path: UpperFile(path, "wb"),
    "raw": lambda path: UpperRaw(path, "wb"),
    "delegating": lambda path: Delegating(path, "wb"),
    "hooked": lambda path: hooked(path, "wb"),
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_class_that_changes_what_is_read_is_read_by_its_methods(tmp_path, name):
    (tmp_path / "src").write_bytes(DATA)
    with contextlib.closing(READERS[name](str(tmp_path / "src"))) as file:
        with open(str(tmp_path / "other"), "wb") as other:
            for call in (splice, Splicer):
                with pytest.raises(TypeError, match="src|in_fd"):
                    call(file, other)
        assert copy(file, tmp_path / "dst") == len(DATA)
    assert (tmp_path / "dst").read_bytes() == DATA.upper()


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_class_that_changes_what_is_written_is_written_by_its_methods(tmp_path, name):
    (tmp_path / "src").write_bytes(DATA)
    with contextlib.closing(WRITERS[name](str(tmp_path / "dst"))) as file:
        with open(str(tmp_path / "src"), "rb") as other:
            for call in (splice, Splicer):
                with pytest.raises(TypeError, match="dst|out_fd"):
                    call(other, file)
        assert copy(tmp_path / "src", file) == len(DATA)
        pipe = Pipe()
        pipe.write(b"by writev_to")
        assert pipe.writev_to(file) == 12
    assert (tmp_path / "dst").read_bytes() == DATA.upper() + b"BY WRITEV_TO"


class UpperSocket(socket.socket):
    def send(self, data, flags=0):
        return super().send(bytes(data).upper(), flags)

    def recv(self, size, flags=0):
        return super().recv(size, flags).upper()


def test_a_socket_that_changes_the_bytes(tmp_path):
    (tmp_path / "src").write_bytes(b"abc")
    a, b = socket.socketpair()
    with UpperSocket(fileno=a.detach()) as a, b:
        for call in (lambda: proxy(a, b), lambda: proxy(b, a), lambda: splice(b, a, None), lambda: Splicer(b, a)):
            with pytest.raises(TypeError, match="UpperSocket"):
                call()
        assert copy(tmp_path / "src", a) == 3 and b.recv(10) == b"ABC"
        b.sendall(b"abc")
        assert copy(a, tmp_path / "dst", count=3) == 3 and (tmp_path / "dst").read_bytes() == b"ABC"
        pipe = Pipe()
        pipe.write(b"def")
        assert pipe.writev_to(a) == 3 and b.recv(10) == b"DEF"


@pytest.mark.parametrize("opener", [gzip.open, bz2.open], ids=["gzip", "bz2"])
def test_compressed_files(tmp_path, opener):
    with opener(str(tmp_path / "packed"), "wb") as packed:
        pipe = Pipe()
        pipe.write(DATA)
        while len(pipe):
            pipe.writev_to(packed)
    with opener(str(tmp_path / "packed"), "rb") as packed, open(str(tmp_path / "dst"), "wb") as dst:
        with pytest.raises(TypeError):
            splice(packed, dst)
        pipe = Pipe()
        while pipe.recv_from(packed):
            pass
    assert pipe.read() == DATA


def test_a_buffered_file_stays_in_order(tmp_path):
    with open(str(tmp_path / "file"), "wb") as file:
        file.write(b"one ")
        pipe = Pipe()
        pipe.write(b"two ")
        assert pipe.writev_to(file) == 4
        file.write(b"three")
    assert (tmp_path / "file").read_bytes() == b"one two three"


def test_text_has_no_descriptor(tmp_path):
    with open(str(tmp_path / "text"), "w") as text, open(str(tmp_path / "text"), "rb") as file:
        with pytest.raises(TypeError, match="TextIOWrapper"):
            splice(file, text)


def test_what_a_sink_is_given_it_may_keep():
    kept = []
    assert copy(io.BytesIO(b"abc"), type("Sink", (), {"write": lambda self, data: kept.append(data)})()) == 3
    gc.collect()
    assert kept == [b"abc"] and type(kept[0]) is bytes


class Reused:
    """A source that gives the same buffer again and again."""

    def __init__(self, times):
        self._times = times
        self._buffer = bytearray(4)

    def read(self, size):
        if not self._times:
            return b""
        self._times -= 1
        self._buffer[:] = b"%4d" % self._times
        return self._buffer


def test_a_source_may_give_its_buffer_again():
    kept = []
    copy(Reused(3), type("Sink", (), {"write": lambda self, data: kept.append(data)})())
    assert kept == [b"   2", b"   1", b"   0"]


# ---- the object lives as long as its descriptor is used ----


@contextlib.contextmanager
def busy_descriptors(folder):
    """Two threads that open and close another file, so that a descriptor closed too early is soon another's."""
    (folder / "other").write_bytes(b"of another file")
    done = threading.Event()

    def run():
        while not done.is_set():
            with open(str(folder / "other"), "r+b"):
                pass

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()
        assert (folder / "other").read_bytes() == b"of another file"


def step_through(src, dst):
    with Splicer(src, dst) as splicer:
        del src, dst
        while not splicer.done:
            gc.collect(0)
            splicer.step()


CALLS = {
    "splice": lambda src, dst: splice(open(src, "rb"), open(dst, "r+b"), None, None, 0, None),
    "splice a raw file": lambda src, dst: splice(open(src, "rb", 0), open(dst, "r+b", 0)),
    "Splicer": lambda src, dst: step_through(open(src, "rb"), open(dst, "r+b")),
    "copy": lambda src, dst: copy(open(src, "rb"), open(dst, "r+b")),
    "copy to a path": lambda src, dst: copy(open(src, "rb"), dst),
    "copy a path": lambda src, dst: copy(src, open(dst, "r+b")),
}


@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_file_that_only_the_call_holds_stays_open(tmp_path, call):
    src, dst = str(tmp_path / "src"), str(tmp_path / "dst")
    (tmp_path / "src").write_bytes(b"of the file that was given")
    with busy_descriptors(tmp_path):
        for _ in range(ROUNDS):
            (tmp_path / "dst").write_bytes(b"")
            CALLS[call](src, dst)
            assert (tmp_path / "dst").read_bytes() == b"of the file that was given"


def test_pipes_hold_what_they_read_and_write(tmp_path):
    (tmp_path / "src").write_bytes(b"of the file that was given")
    with busy_descriptors(tmp_path):
        for _ in range(ROUNDS):
            pipe = Pipe()
            assert pipe.recv_from(open(str(tmp_path / "src"), "rb", 0)) == 26
            assert pipe.writev_to(open(str(tmp_path / "dst"), "wb", 0)) == 26
            assert (tmp_path / "dst").read_bytes() == b"of the file that was given"


def duplicate(sock):
    return socket.socket(sock.family, sock.type, 0, os.dup(sock.fileno()))


def test_a_proxy_holds_its_sockets(tmp_path):
    with busy_descriptors(tmp_path):
        for _ in range(50):
            a, b = socket.socketpair()
            c, d = socket.socketpair()
            with a, b, c, d:
                a.sendall(b"there")
                d.sendall(b"and back")
                a.shutdown(socket.SHUT_WR)
                d.shutdown(socket.SHUT_WR)
                assert proxy(duplicate(b), duplicate(c)) == (5, 8)
                assert (d.recv(100), a.recv(100)) == (b"there", b"and back")

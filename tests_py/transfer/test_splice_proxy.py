"""zcio.splice.proxy: both directions, half-closes, failures, and a real nginx behind it."""

import errno
import hashlib
import os
import shutil
import socket
import subprocess
import threading
import time

import pytest

from zcio.splice import proxy

DATA = os.urandom(1 << 16) * 40


def tcp_pair():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        client = socket.create_connection(listening.getsockname())
        return client, listening.accept()[0]


PAIRS = {"unix": socket.socketpair, "tcp": tcp_pair}


@pytest.fixture(params=sorted(PAIRS))
def chain(request):
    """client - a, b - server"""
    (client, a), (b, server) = PAIRS[request.param](), PAIRS[request.param]()
    for end in (client, a, b, server):
        end.settimeout(60)
    a.setblocking(True)
    yield client, a, b, server
    for end in (client, a, b, server):
        end.close()


def drain(end):
    pieces = []
    while True:
        piece = end.recv(1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


class Running(threading.Thread):
    """Runs a function in a thread; ``result()`` waits, and raises the exception of the function."""

    def __init__(self, function, *arguments):
        super(Running, self).__init__()
        self._call = function, arguments
        self._result = self._error = None
        self.start()

    def run(self):
        function, arguments = self._call
        try:
            self._result = function(*arguments)
        except BaseException as error:
            self._error = error

    def result(self):
        self.join(60)
        assert not self.is_alive()
        if self._error is not None:
            raise self._error
        return self._result


def test_a_question_and_its_answer(no_fd_leak, chain):
    client, a, b, server = chain
    modes = a.gettimeout(), b.gettimeout(), os.get_blocking(a.fileno()), os.get_blocking(b.fileno())
    carrying = Running(proxy, a, b)
    asked = Running(drain, server)
    client.sendall(DATA)
    client.shutdown(socket.SHUT_WR)
    assert asked.result() == DATA, "the end of one side comes through while the other goes on"
    time.sleep(0.05)
    assert carrying.is_alive()
    answering = Running(server.sendall, DATA[:777777])
    answer = Running(drain, client)
    answering.result()
    server.close()
    assert answer.result() == DATA[:777777]
    result = carrying.result()
    assert result == (len(DATA), 777777) == (result.a_to_b, result.b_to_a)
    assert (a.gettimeout(), b.gettimeout(), os.get_blocking(a.fileno()), os.get_blocking(b.fileno())) == modes


def test_both_directions_at_once_before_either_side_reads(chain):
    # Each peer writes everything before it reads: a proxy that waited in one direction would stand still.
    client, a, b, server = chain
    carrying = Running(proxy, a, b)
    one = Running(lambda: (client.sendall(DATA), client.shutdown(1)))
    other = Running(lambda: (server.sendall(DATA), server.shutdown(1)))
    back, there = Running(drain, client), Running(drain, server)
    assert there.result() == back.result() == DATA
    one.result()
    other.result()
    assert carrying.result() == (len(DATA), len(DATA))


def test_nothing_to_carry(chain):
    client, a, b, server = chain
    client.close()
    server.close()
    assert proxy(a.fileno(), b.fileno()) == (0, 0)


def test_a_write_that_fails_ends_the_other_direction(chain):
    client, a, b, server = chain
    client.sendall(b"a question to nobody")
    server.sendall(b"the last words")
    server.shutdown(socket.SHUT_WR)
    server.close()
    time.sleep(0.05)
    if server.family == socket.AF_UNIX:
        with pytest.raises(BrokenPipeError) as caught:
            proxy(a, b)
        error = caught.value
        assert error.moved == (0, 14)
        assert error.undelivered == (b"a question to nobody", b"")
        assert client.recv(100) == b"the last words", "what was there is delivered"
    else:
        # TCP takes the bytes and finds out later.
        with pytest.raises((BrokenPipeError, ConnectionResetError)) as caught:
            sending = Running(keep_sending, client)
            try:
                proxy(a, b)
            finally:
                a.close()
                sending.result()
        error = caught.value
        assert error.moved.a_to_b >= 20 and error.moved.b_to_a in (0, 14)


def keep_sending(end):
    try:
        for _ in range(200):
            end.sendall(b"more" * 1000)
            time.sleep(0.005)
    except OSError:
        pass


def test_a_reset_ends_a_silent_proxy():
    # The client has said its last and is reset, the server says nothing: nobody would ever write.
    (client, a), (b, server) = tcp_pair(), tcp_pair()
    carrying = Running(proxy, a, b)
    client.shutdown(socket.SHUT_WR)
    assert server.recv(10) == b""
    time.sleep(0.1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    with pytest.raises((BrokenPipeError, ConnectionResetError)) as caught:
        carrying.result()
    assert caught.value.moved == (0, 0)
    for end in (a, b, server):
        end.close()


def test_arguments(chain, tmp_path):
    client, a, b, server = chain
    with pytest.raises(ValueError):
        proxy(a, a)
    with pytest.raises(ValueError):
        proxy(a, -1)
    with pytest.raises(TypeError):
        proxy(a, "b")
    with open(str(tmp_path / "file"), "w+b") as file:
        with pytest.raises(OSError) as caught:
            proxy(a, file)
    assert caught.value.errno == errno.ENOTSOCK
    assert os.get_blocking(a.fileno())


NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/root; sendfile on; }}
}}
"""


@pytest.fixture
def nginx(tmp_path):
    """A server on a free port: its address, and the content of its only file."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    folder = str(tmp_path)
    os.chmod(folder, 0o755)
    os.mkdir(os.path.join(folder, "root"))
    content = os.urandom(1 << 16) * 128
    with open(os.path.join(folder, "root", "file"), "wb") as file:
        file.write(content)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    config = os.path.join(folder, "nginx.conf")
    with open(config, "w") as file:
        if os.getuid() == 0:
            file.write("user root;")
        file.write(NGINX.format(folder=folder, port=address[1]))
    process = subprocess.Popen(
        [program, "-p", folder, "-e", os.path.join(folder, "error.log"), "-c", config],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(address).close()
                break
            except OSError:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.05)
        yield address, content
    finally:
        process.terminate()
        process.communicate()


def forward(listening, address, results):
    """Accept connections and carry each to ``address``, until the listening socket is shut down."""
    running = []
    while True:
        try:
            a, _ = listening.accept()
        except OSError:
            break

        def carry(a):
            with a, socket.create_connection(address) as b:
                results.append(proxy(a, b))

        running.append(Running(carry, a))
    for one in running:
        one.result()


def test_curl_downloads_from_nginx_through_it(nginx, tmp_path):
    address, content = nginx
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    results = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        serving = Running(forward, listening, address, results)
        url = "http://127.0.0.1:%d/file" % listening.getsockname()[1]
        outputs = [str(tmp_path / ("copy%d" % index)) for index in range(4)]
        clients = [subprocess.Popen([curl, "-sS", "--fail", "--noproxy", "*", "-o", out, url]) for out in outputs]
        assert [client.wait() for client in clients] == [0] * 4
        # A part of it, and keep-alive: two requests over one connection.
        part = subprocess.check_output([curl, "-sS", "--noproxy", "*", "-r", "100-199", url, "-r", "100-199", url])
        listening.shutdown(socket.SHUT_RDWR)
        serving.result()
    expected = hashlib.sha256(content).hexdigest()
    for out in outputs:
        with open(out, "rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() == expected
    assert part[:100] == content[100:200]
    assert len(results) == 5 and all(there > 50 for there, back in results)
    assert sum(back > len(content) for there, back in results) == 4

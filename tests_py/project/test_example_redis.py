"""The Redis client of the examples, with a real server on loopback."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from places import EXAMPLES

from zcio.pipe import PartialReadError, Pipe, Pool

EXAMPLE = os.path.join(EXAMPLES, "redis_client.py")
spec = importlib.util.spec_from_file_location("redis_client", EXAMPLE)
redis_client = importlib.util.module_from_spec(spec)
spec.loader.exec_module(redis_client)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("needs redis-server")
    port = free_port()
    directory = str(tmp_path_factory.mktemp("redis"))
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", directory, "--save", ""]
    with open(os.path.join(directory, "log"), "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, "redis-server does not answer"
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def client(port):
    with redis_client.Client("127.0.0.1", port) as client:
        yield client


def test_every_kind_of_reply(client):
    assert client("PING") == "PONG"
    assert client("SET", "key", "value") == "OK"
    assert client("GET", "key") == b"value"
    assert client("GET", "no such key") is None
    assert client("DEL", "list") in (0, 1)
    assert client("RPUSH", "list", "a", b"\r\n", "") == 3
    assert client("LRANGE", "list", 0, -1) == [b"a", b"\r\n", b""]
    assert client("LRANGE", "no such list", 0, -1) == []
    assert client("EVAL", "return {1, {2, {'three', false}}, {}}", 0) == [1, [2, [b"three", None]], []]
    with pytest.raises(redis_client.RedisError):
        client("INCR", "list")
    assert client("PING") == "PONG"


@pytest.mark.parametrize("size", [0, 1, 65533, 65534, 65535, 65536, 3000000])
def test_values_of_any_size_come_back(client, size):
    value = bytes(bytearray(number * 7 & 255 for number in range(1000))) * (size // 1000 + 1)
    value = value[:size]
    assert client("SET", "big", value) == "OK"
    assert client("GET", "big") == value


def test_many_commands_at_once(client):
    commands = [("SET", "k%d" % number, "v" * (number % 90)) for number in range(3000)]
    commands += [("GET", "k%d" % number) for number in range(3000)]
    commands += [("MGET",) + tuple("k%d" % number for number in range(1000))]
    client.send(*commands)
    assert [client.receive() for _ in range(3000)] == ["OK"] * 3000
    assert [client.receive() for _ in range(3000)] == [b"v" * (number % 90) for number in range(3000)]
    assert client.receive() == [b"v" * (number % 90) for number in range(1000)]


def test_the_server_goes_away(port):
    with redis_client.Client("127.0.0.1", port) as client:
        client.send(("PING",), ("QUIT",))
        assert (client.receive(), client.receive()) == ("PONG", "OK")
        with pytest.raises(PartialReadError):
            client.receive()


def test_the_command_line(port):
    out = subprocess.check_output(
        [sys.executable, "-W", "error", EXAMPLE, "127.0.0.1:%d" % port, "ECHO", "hello"],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
    )
    assert out.decode().strip() == "b'hello'"


@pytest.mark.parametrize("chunk_size", [1, 5, 4096])
@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_replies_in_any_pieces(step, chunk_size):
    replies = b"*3\r\n:1\r\n*2\r\n$4\r\n\r\n\r\n\r\n*0\r\n$-1\r\n+OK\r\n-ERR no\r\n$0\r\n\r\n"
    parser = redis_client.Parser(Pipe(Pool(chunk_size=chunk_size)))
    got = []
    for start in range(0, len(replies), step):
        parser.pipe.write(replies[start : start + step])
        reply = parser.next()
        while reply is not redis_client.INCOMPLETE:
            got.append(reply)
            reply = parser.next()
    error = got.pop(2)
    assert isinstance(error, redis_client.RedisError) and str(error) == "ERR no"
    assert got == [[1, [b"\r\n\r\n", []], None], "OK", b""]

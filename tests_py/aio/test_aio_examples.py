"""The examples of zcio.aio: echo, and an HTTP server that curl talks to."""

import os
import shutil
import socket
import subprocess
import sys
import zlib

import pytest
from places import EXAMPLES

import zcio


def environment():
    """Where this process has its zcio from, the example has it, too."""
    place = os.path.dirname(os.path.dirname(os.path.abspath(zcio.__file__)))
    return dict(os.environ, PYTHONPATH=place)


def start(name):
    # It says what an example leaves open.
    command = [sys.executable, "-W", "default::ResourceWarning", os.path.join(EXAMPLES, name)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())


def test_echo():
    process = start("aio_echo.py")
    out, error = process.communicate(timeout=60)
    lines = "".join("line %d\n" % number for number in range(0, 100000, 25000))
    assert (process.returncode, out.decode(), error) == (0, lines + "lines back: 100000\n", b"")


@pytest.fixture(scope="module")
def url():
    process = start("aio_http.py")
    try:
        yield process.stdout.readline().decode().strip()
    finally:
        process.kill()
        _, error = process.communicate()
    assert error == b""


def curl(*arguments, **options):
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    command = ["curl", "--silent", "--show-error", "--max-time", "60", "--noproxy", "*"] + list(arguments)
    return subprocess.check_output(command, timeout=90, **options).decode()


def test_curl_gets(url):
    assert curl(url + "some/where?a=b") == "you asked for /some/where?a=b\n"


def test_curl_gets_several_on_one_connection(url):
    words = "\n%{num_connects}\n"
    out = curl("--write-out", words, url + "1", url + "2", url + "3")
    assert out == "you asked for /1\n\n1\nyou asked for /2\n\n0\nyou asked for /3\n\n0\n"


@pytest.mark.parametrize("chunked", [False, True])
def test_curl_posts_a_large_body(url, chunked, tmp_path):
    body = os.urandom(1 << 20) * 20
    (tmp_path / "body").write_bytes(body)
    options = ["--header", "Transfer-Encoding: chunked"] if chunked else []
    out = curl("--data-binary", "@" + str(tmp_path / "body"), url, *options)
    assert out == "%d bytes, crc32 %08x\n" % (len(body), zlib.crc32(body))


def test_curl_reports_errors(url):
    assert curl("--request", "DELETE", url) == "GET and POST are what I know\n"
    assert curl("--write-out", "%{http_code}", "--header", "X: " + "x" * 70000, url) == "the head is too long\n400"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_requests_in_any_pieces(url, size):
    request = b"GET /one HTTP/1.1\r\nHost: h\r\n\r\n"
    request += b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    request += b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: t\r\n\r\n"
    request += b"GET /two HTTP/1.1\r\nConnection: close\r\n\r\n"
    host, port = url[len("http://") : -1].split(":")
    with socket.create_connection((host, int(port)), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(request), size):
            client.sendall(request[at : at + size])
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    bodies = [part.split(b"\r\n\r\n", 1)[1] for part in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    crc = zlib.crc32(b"abc0123456789")
    assert bodies == [b"you asked for /one\n", b"13 bytes, crc32 %08x\n" % crc, b"you asked for /two\n"]

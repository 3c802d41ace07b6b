"""curl downloads from a server whose answers are copy(file, socket)."""

import os
import shutil
import socket
import subprocess
import threading

import pytest

from zcio.splice import copy

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
DATA = os.urandom(1 << 20) * 5 + b"the end"


def serve(listener, path, copied):
    """Answer one request after the other, ranges too, until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as request:
            start, stop = 0, len(DATA)
            for line in iter(request.readline, b"\r\n"):
                if not line:
                    break
                if line.lower().startswith(b"range: bytes="):
                    start, stop = (int(number) for number in line.split(b"=")[1].split(b"-"))
                    stop += 1
            status = b"200 OK" if stop - start == len(DATA) else b"206 Partial Content"
            head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, stop - start)
            connection.sendall(head)
            copied.append(copy(path, connection, offset=start, count=stop - start))


@pytest.mark.parametrize("window", [None, (0, 0), (12345, 4000000), (5 << 20, len(DATA) - 1)])
def test_what_curl_gets(tmp_path, no_fd_leak, window):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    copied = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        server = threading.Thread(target=serve, args=(listener, path, copied))
        server.start()
        command = ["curl", "--silent", "--fail", "--noproxy", "*", "http://127.0.0.1:%d/" % listener.getsockname()[1]]
        if window:
            command += ["--range", "%d-%d" % window]
        got = subprocess.run(command, stdout=subprocess.PIPE, timeout=60)
        listener.shutdown(socket.SHUT_RDWR)  # ends accept()
        server.join()
    wanted = DATA[window[0] : window[1] + 1] if window else DATA
    assert (got.returncode, got.stdout == wanted) == (0, True)
    assert copied == [len(wanted)]
    assert copied[0].method == ("read/write" if len(wanted) <= 65536 else "sendfile")

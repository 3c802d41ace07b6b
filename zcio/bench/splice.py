"""zcio.splice beside shutil, os, and loops of read and write: files to files and to sockets."""

import os
import shutil
import socket
import tempfile
import threading
import time

from zcio.bench.timing import Row, race
from zcio.splice import copy, splice

__all__ = ["TITLE", "rows"]

TITLE = "splice: files to files and to sockets"

_PIECE = 1 << 16


def _read_write(source, target):
    total = 0
    with open(source, "rb", buffering=0) as src, open(target, "wb", buffering=0) as dst:
        buffer = bytearray(_PIECE)
        view = memoryview(buffer)
        got = src.readinto(buffer)
        while got:
            total += dst.write(view[:got])
            got = src.readinto(buffer)
    return total


def _copyfile(source, target):
    shutil.copyfile(source, target)
    return os.path.getsize(target)


class _Receiver:
    """A connected socket whose far side takes and drops what comes, in a thread."""

    def __init__(self):
        self.near, self.far = socket.socketpair()
        self.thread = threading.Thread(target=self._take)
        self.thread.start()

    def _take(self):
        buffer = bytearray(1 << 20)
        while self.far.recv_into(buffer):
            pass

    def close(self):
        self.near.close()
        self.thread.join()
        self.far.close()


def _sendall(path, sock):
    total = 0
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(_PIECE)
        view = memoryview(buffer)
        got = file.readinto(buffer)
        while got:
            sock.sendall(view[:got])
            total += got
            got = file.readinto(buffer)
    return total


def _sendfile(path, sock):
    total = 0
    with open(path, "rb", buffering=0) as file:
        while True:
            sent = os.sendfile(sock.fileno(), file.fileno(), total, 1 << 30)
            if not sent:
                return total
            total += sent


def _splice(path, sock):
    with open(path, "rb", buffering=0) as file:
        return splice(file.fileno(), sock.fileno(), 0, None)


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.1 if quick else 0.4
    for size in (4096, (8 if quick else 64) << 20):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "source")
            # One for each: replacing or emptying what another just wrote costs by what is not yet on the disk of it.
            targets = [os.path.join(folder, "target%d" % number) for number in range(3)]
            with open(source, "wb") as file:
                file.write(os.urandom(size))
            name = "%d KiB" % (size >> 10) if size < 1 << 20 else "%d MiB" % (size >> 20)
            rivals = {
                "zcio": lambda: int(copy(source, targets[0])),
                "shutil": lambda: _copyfile(source, targets[1]),
                "read, write": lambda: _read_write(source, targets[2]),
            }
            yield Row("%s, file to file" % name, race(rivals, budget, 5, time.perf_counter), size)
            receiver = _Receiver()
            try:
                rivals = {
                    "zcio": lambda: _splice(source, receiver.near),
                    "os.sendfile": lambda: _sendfile(source, receiver.near),
                    "read, sendall": lambda: _sendall(source, receiver.near),
                }
                yield Row("%s, file to socket" % name, race(rivals, budget, 5, time.perf_counter), size)
            finally:
                receiver.close()

"""zcio.splice beside py-splice, os.sendfile, an os.splice loop, shutil.copyfile, cp and a recv/send proxy.

    python benchmarks/splice_peers.py [MIB]

Whatever is not installed is left out. Files: the best time of several rounds, rivals in turn, the destination emptied
before each and compared once. Sockets: another process reads. Proxies: the processor's time (getrusage) of the proxy
alone. Ratios count; times are those of this machine on this day.
"""

import filecmp
import multiprocessing
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from zcio.splice import proxy, splice

try:
    from splice import splice as py_splice
except ImportError:
    py_splice = None

ROUNDS = 7
PIECE = 1 << 20


def spliced(read, write):
    """A loop over os.splice, as one would write it, with the default pipe."""
    inner, outer = os.pipe()
    try:
        while True:
            count = os.splice(read, outer, PIECE)  # novm
            if not count:
                break
            while count:
                count -= os.splice(inner, write, count)  # novm
    finally:
        os.close(inner)
        os.close(outer)


def sent(write, read, size):
    at = 0
    while at < size:
        at += os.sendfile(write, read, at, size - at)


def copied(read, write):
    """readinto and sendall."""
    buffer = bytearray(1 << 18)
    view = memoryview(buffer)
    with open(read, "rb", 0, closefd=False) as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                break
            left = view[:count]
            while left:
                left = left[os.write(write, left) :]


def race(rivals, prepare, check):
    best = {}
    for number in range(ROUNDS):
        for name, run in random.sample(sorted(rivals.items()), len(rivals)):
            prepare()
            begun = time.perf_counter()
            run()
            took = time.perf_counter() - begun
            best[name] = min(took, best.get(name, took))
            if number == 0:
                check(name)
    return best


def show(title, best, size, unit="GB/s"):
    """A row for each, the fastest first."""
    ours = best["zcio"]
    for name, took in sorted(best.items(), key=lambda one: one[1]):
        figure = "%5.2f GB/s" % (size / took / 1e9) if unit == "GB/s" else "%6.0f ms of CPU" % (took * 1e3)
        print("| %s | %s | %s | %.2fx |" % (title, name, figure, took / ours), flush=True)


def files(folder, size):
    src, dst = os.path.join(folder, "zcio-bench-src"), os.path.join(folder, "zcio-bench-dst")
    block = os.urandom(1 << 20)
    with open(src, "wb") as file:
        for _ in range(size >> 20):
            file.write(block)
    with open(dst, "wb"):
        pass
    read, write = os.open(src, os.O_RDONLY), os.open(dst, os.O_RDWR)

    def prepare():
        os.ftruncate(write, 0)
        os.sync()  # or else one pays for what the one before it left to be written
        os.lseek(read, 0, os.SEEK_SET)
        os.lseek(write, 0, os.SEEK_SET)

    def check(name):
        if not filecmp.cmp(src, dst, shallow=False):
            raise SystemExit("%s did not copy the file" % name)

    rivals = {"zcio": lambda: splice(read, write)}
    if py_splice is not None:
        rivals["py-splice"] = lambda: py_splice(read, write)
    if hasattr(os, "splice"):
        rivals["os.splice loop"] = lambda: spliced(read, write)
    rivals["shutil.copyfile"] = lambda: shutil.copyfile(src, dst)
    rivals["cp"] = lambda: subprocess.check_call(["cp", src, dst])
    try:
        show("file to file, " + folder, race(rivals, prepare, check), size)
    finally:
        os.close(read)
        os.close(write)
        os.unlink(src)
        os.unlink(dst)


def _swallow(end):
    while end.recv(1 << 20):
        pass


def tcp_pair():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        client = socket.create_connection(listening.getsockname())
        return client, listening.accept()[0]


def to_socket(pair, title, size):
    with tempfile.TemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
        file.flush()
        read = file.fileno()
        ours, theirs = pair()
        reader = multiprocessing.get_context("fork").Process(target=lambda: (ours.close(), _swallow(theirs)))
        reader.start()
        theirs.close()
        write = ours.fileno()
        rivals = {"zcio": lambda: splice(read, write), "os.sendfile": lambda: sent(write, read, size)}
        if hasattr(os, "splice"):
            rivals["os.splice loop"] = lambda: spliced(read, write)
        rivals["readinto and write"] = lambda: copied(read, write)
        show("file to " + title, race(rivals, lambda: os.lseek(read, 0, os.SEEK_SET), lambda name: None), size)
        ours.close()
        reader.join()


def by_recv_and_send(a, b):
    """Two threads, recv_into and sendall."""

    def carry(src, dst):
        buffer = bytearray(1 << 16)
        view = memoryview(buffer)
        while True:
            count = src.recv_into(buffer)
            if not count:
                break
            dst.sendall(view[:count])
        dst.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=carry, args=(b, a))
    back.start()
    carry(a, b)
    back.join()


def _send(end, size):
    block = bytes(1 << 20)
    for _ in range(size >> 20):
        end.sendall(block)
    end.shutdown(socket.SHUT_WR)
    _swallow(end)


def _receive(end):
    _swallow(end)
    end.shutdown(socket.SHUT_WR)


def proxied(size):
    def cpu(carry):
        (client, a), (b, server) = tcp_pair(), tcp_pair()
        fork = multiprocessing.get_context("fork")
        peers = [
            fork.Process(target=lambda: ([end.close() for end in (a, b, server)], _send(client, size))),
            fork.Process(target=lambda: ([end.close() for end in (a, b, client)], _receive(server))),
        ]
        for peer in peers:
            peer.start()
        client.close()
        server.close()
        before = resource.getrusage(resource.RUSAGE_SELF)
        carry(a, b)
        after = resource.getrusage(resource.RUSAGE_SELF)
        a.close()
        b.close()
        for peer in peers:
            peer.join()
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    best = {}
    for _ in range(ROUNDS):
        for name, carry in (("zcio", proxy), ("recv_into and sendall", by_recv_and_send)):
            took = cpu(carry)
            best[name] = min(took, best.get(name, took))
    show("TCP proxy, %d MiB" % (size >> 20), best, size, "CPU")


def main():
    size = int(sys.argv[1] if len(sys.argv) > 1 else 256) << 20
    print("| what | by | best of %d | against zcio |\n|---|---|---|---|" % ROUNDS)
    for folder in ("/dev/shm", tempfile.gettempdir()):
        if os.path.isdir(folder):
            files(folder, size)
    to_socket(socket.socketpair, "AF_UNIX", size)
    to_socket(tcp_pair, "TCP", size)
    proxied(size)


if __name__ == "__main__":
    main()

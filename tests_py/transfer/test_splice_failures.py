"""splice() with an end that is not ready, fails or is full loses no byte."""

import errno
import os
import socket
import sys
import tempfile
import threading

import pytest
from splice_ends import DATA, content, read_all

from zcio.splice import SPLICE_F_MORE, SPLICE_F_NONBLOCK, splice


def test_both_sides_slow(pipe):
    # The source trickles, the destination is read late: EAGAIN on either side, in turn.
    a, b = socket.socketpair()
    a.setblocking(False)
    read, write = pipe
    os.set_blocking(write.fileno(), False)
    os.set_blocking(read.fileno(), True)

    def feed():
        for start in range(0, len(DATA), 50000):
            b.sendall(DATA[start : start + 50000])
        b.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    reader = read_all(read.fileno())
    assert splice(a, write) == len(DATA)
    write.close()
    feeder.join()
    reader.join()
    a.close()
    assert reader.got == DATA


def test_nonblock_returns_what_was_moved(src, pair, pipe):
    a, b = pair
    read, write = pipe
    for blocking in (False, True):  # a blocking socket would wait, whatever flags the pipe is given
        a.setblocking(blocking)
        moved = splice(src, a, flags=SPLICE_F_NONBLOCK)
        assert 0 < moved < len(DATA)
        assert b.recv(moved, socket.MSG_WAITALL) == DATA[:moved]
    with pytest.raises(BlockingIOError) as caught:
        splice(read, a, flags=SPLICE_F_NONBLOCK)
    assert (caught.value.errno, caught.value.characters_written) == (errno.EAGAIN, 0)
    assert (caught.value.moved, caught.value.undelivered) == (0, b"")
    with pytest.raises(BlockingIOError):
        splice(b, write, flags=SPLICE_F_NONBLOCK)
    assert splice(src, write, flags=SPLICE_F_NONBLOCK) == 65536
    with pytest.raises(BlockingIOError):
        splice(src, write, flags=SPLICE_F_NONBLOCK)


def test_nonblock_returns_undelivered_bytes():
    (source, feed), (full, reader) = socket.socketpair(), socket.socketpair()
    full.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 5000)
    feed.sendall(DATA[:100000])
    try:
        with pytest.raises(BlockingIOError) as caught:
            while True:
                splice(source, full, flags=SPLICE_F_NONBLOCK)
        left = caught.value.undelivered
        assert left, "the destination was full before the source was empty"
        reader.setblocking(False)
        got = b""
        while True:
            try:
                got += reader.recv(1 << 16)
            except BlockingIOError:
                break
        rest = source.recv(1 << 20, socket.MSG_DONTWAIT) if len(got + left) < 100000 else b""
        assert DATA.startswith(got + left + rest)
        assert caught.value.characters_written == caught.value.moved
    finally:
        for end in (source, feed, full, reader):
            end.close()


@pytest.mark.parametrize("offset", [0, None])
def test_a_file_gets_back_what_was_not_delivered(src, offset):
    a, b = socket.socketpair()
    a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10000)
    a.setblocking(False)
    os.lseek(src.fileno(), 0, os.SEEK_SET)
    moved = splice(src, a, offset, flags=SPLICE_F_NONBLOCK)
    assert 0 < moved < len(DATA)
    assert os.lseek(src.fileno(), 0, os.SEEK_CUR) == (0 if offset == 0 else moved)
    b.close()
    with pytest.raises(OSError) as caught:
        splice(src, a, offset)
    assert caught.value.errno in (errno.EPIPE, errno.ECONNRESET)
    assert (caught.value.moved, caught.value.undelivered) == (0, b"")
    assert os.lseek(src.fileno(), 0, os.SEEK_CUR) == (0 if offset == 0 else moved)
    a.close()


def test_epipe_reports_what_was_taken(pair, no_fd_leak):
    source, feed = pair
    a, b = socket.socketpair()
    feed.sendall(b"nobody will read this")
    feed.shutdown(socket.SHUT_WR)
    b.close()
    with pytest.raises(BrokenPipeError) as caught:
        splice(source, a)
    a.close()
    assert (caught.value.moved, caught.value.undelivered) == (0, b"nobody will read this")
    # Straight into a pipe nothing is taken at all.
    read, write = os.pipe()
    os.close(read)
    with tempfile.TemporaryFile() as file:
        file.write(b"abc")
        file.flush()
        with pytest.raises(BrokenPipeError) as caught:
            splice(file, write)
    os.close(write)
    assert (caught.value.moved, caught.value.undelivered) == (0, b"")


def test_a_device_that_is_full(src, pair):
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError) as caught:
            splice(src, full)
        assert caught.value.errno == errno.ENOSPC
        assert (caught.value.moved, caught.value.undelivered) == (0, b"")
        pair[1].sendall(b"precious")
        with pytest.raises(OSError) as caught:
            splice(pair[0], full, nbytes=8)
        assert caught.value.errno == errno.ENOSPC
        assert (caught.value.moved, caught.value.undelivered) == (0, b"precious")
    finally:
        os.close(full)


def test_a_disk_that_gets_full(src, pair, small_disk):
    path, room, full = small_disk
    with open(path, "wb") as file:
        with pytest.raises(OSError) as caught:
            splice(src, file, None)
        assert caught.value.errno == full
        moved = caught.value.moved
        assert moved == os.fstat(file.fileno()).st_size and 0 < moved <= room
        assert os.lseek(src.fileno(), 0, os.SEEK_CUR) == moved and caught.value.undelivered == b""
    with open(path, "rb") as file:
        assert file.read() == DATA[:moved]
    # From a socket: all that was taken is either there or in the exception.
    source, feed = pair
    feeder = threading.Thread(target=lambda: (feed.sendall(DATA), feed.shutdown(socket.SHUT_WR)))
    feeder.start()
    with open(path, "wb") as file:
        with pytest.raises(OSError) as caught:
            splice(source, file)
        assert caught.value.errno == full
    with open(path, "rb") as file:
        got = file.read()
    assert len(got) == caught.value.moved
    got += caught.value.undelivered
    while len(got) < len(DATA):
        got += source.recv(1 << 16)
    feeder.join()
    assert got == DATA


@pytest.fixture(params=["tmpfs", "RLIMIT_FSIZE"])
def small_disk(request, tmp_path):
    """A path on a small disk, the room there in bytes, and the error when it is full."""
    import resource
    import subprocess

    room = 128 << 10
    if request.param == "tmpfs":
        folder = str(tmp_path / "small")
        os.mkdir(folder)
        mount = ["mount", "-t", "tmpfs", "-o", "size=%d" % room, "none", folder]
        try:
            subprocess.check_output(mount, stderr=subprocess.STDOUT)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("may not mount")
        yield os.path.join(folder, "file"), room, errno.ENOSPC
        subprocess.check_call(["umount", folder])
    else:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        yield str(tmp_path / "file"), room, errno.EFBIG
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_without_a_descriptor_to_spare(src, dst):
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_fd, out_fd = src.fileno(), dst.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(in_fd, out_fd) + 1, before[1]))
    try:
        moved = splice(in_fd, out_fd)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert moved == len(DATA) and content(dst) == DATA


def test_a_pipe_refers_to_the_files_pages(src, pipe):
    # splice(2) works this way, and the documentation warns of it.
    read, write = pipe
    assert splice(src, write, 0, 4096) == 4096
    os.pwrite(src.fileno(), b"CHANGED", 0)
    assert os.read(read.fileno(), 7) in (b"CHANGED", DATA[:7])


def test_more_does_not_hold_back_the_end(src):
    import time

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        with socket.create_connection(listening.getsockname()) as client:
            server, _ = listening.accept()
            with server:
                server.sendall(b"x")
                client.recv(1)
                best = 9.0
                for _ in range(3):
                    for nbytes in (None, 100001):
                        before = time.perf_counter()
                        moved = splice(src, server, 0, nbytes, SPLICE_F_MORE)
                        got = client.recv(moved, socket.MSG_WAITALL)
                        best = min(best, time.perf_counter() - before)
                        assert got == DATA[:moved]
                assert best < 0.15


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own limits")
def test_many_at_once(no_fd_leak):
    failures = []

    def work(index):
        data = DATA[index:]
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as copy:
            file.write(data)
            file.flush()
            for _ in range(20):
                if splice(file, copy) != len(data) or content(copy)[: len(data)] != data:
                    failures.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []

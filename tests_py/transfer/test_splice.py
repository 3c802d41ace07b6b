"""zcio.splice.splice: py-splice's semantics, what it refuses, and every hazard of the system calls below."""

import errno
import os
import socket
import ssl
import tempfile
import threading

import pytest
from splice_ends import DATA, content

from zcio.splice import SPLICE_F_GIFT, SPLICE_F_MORE, SPLICE_F_MOVE, splice

# ---- the semantics of py-splice ----


def test_the_examples_of_py_splice(src, dst, no_fd_leak):
    fd, to = src.fileno(), dst.fileno()
    assert splice(fd, to) == len(DATA)
    assert content(dst) == DATA
    assert splice(fd, to, offset=10) == len(DATA) - 10
    assert splice(fd, to, nbytes=20) == 20
    assert splice(fd, to, 10, 20) == 20
    assert content(dst)[:20] == DATA[10:30]
    for flags in (SPLICE_F_MOVE, SPLICE_F_MORE, SPLICE_F_GIFT, SPLICE_F_MOVE | SPLICE_F_MORE):
        assert splice(fd, to, flags=flags) == len(DATA)
    assert splice(fd, to, 5, 7, 0, 100) == 7
    assert splice(in_fd=fd, out_fd=to, offset=5, nbytes=7, flags=0, out_offset=100) == 7
    assert content(dst) == DATA[:100] + DATA[5:12] + DATA[107:]
    assert src.tell() == dst.tell() == 0


def test_the_end_of_the_file(src, dst):
    assert splice(src, dst, len(DATA)) == 0
    assert splice(src, dst, len(DATA) - 3, 100) == 3
    assert splice(src, dst, nbytes=0) == 0
    assert splice(src, dst, 0, len(DATA)) == len(DATA)
    with tempfile.TemporaryFile() as empty:
        assert splice(empty, dst) == splice(empty, dst, 0, 0) == 0
        with pytest.raises(OverflowError):
            splice(empty, dst, 0, 1)


def test_none_uses_the_positions(src, dst):
    os.lseek(src.fileno(), 100, os.SEEK_SET)
    os.lseek(dst.fileno(), 50, os.SEEK_SET)
    assert splice(src, dst, None, 30, 0, None) == 30
    assert (os.lseek(src.fileno(), 0, os.SEEK_CUR), os.lseek(dst.fileno(), 0, os.SEEK_CUR)) == (130, 80)
    assert splice(src, dst, offset=None, nbytes=20) == 20
    assert (os.lseek(src.fileno(), 0, os.SEEK_CUR), os.lseek(dst.fileno(), 0, os.SEEK_CUR)) == (150, 80)
    assert content(dst) == DATA[130:150] + bytes(30) + DATA[100:130]
    assert splice(src, dst, None, None, 0, None) == len(DATA) - 150
    assert splice(src, dst, None) == 0


class Index:
    def __index__(self):
        return 3


def test_arguments(src, dst, pipe, no_fd_leak):
    closed = os.dup(src.fileno())
    os.close(closed)
    path_only = os.open("/", 0o10000000)  # O_PATH
    write_only = os.open("/dev/null", os.O_WRONLY)
    read_only = os.open("/dev/null", os.O_RDONLY)
    try:
        for call, error in [
            (lambda: splice(closed, dst), ValueError),
            (lambda: splice(src, closed), ValueError),
            (lambda: splice(-1, dst), ValueError),
            (lambda: splice(path_only, dst), ValueError),
            (lambda: splice(write_only, dst), ValueError),
            (lambda: splice(src, read_only), ValueError),
            (lambda: splice(src, pipe[0]), ValueError),
            (lambda: splice(2**31, dst), OverflowError),
            (lambda: splice("0", dst), TypeError),
            (lambda: splice(1.0, dst), TypeError),
            (lambda: splice(None, dst), TypeError),
            (lambda: splice(src, dst, -1), ValueError),
            (lambda: splice(src, dst, 0, -1), ValueError),
            (lambda: splice(src, dst, 0, None, 0, -1), ValueError),
            (lambda: splice(src, dst, 1.5), TypeError),
            (lambda: splice(src, dst, 0, "3"), TypeError),
            (lambda: splice(src, dst, 2**63), OverflowError),
            (lambda: splice(src, dst, 0, 2**64), OverflowError),
            (lambda: splice(src, dst, 0, len(DATA) + 1), OverflowError),
            (lambda: splice(src, dst, len(DATA) + 1), OverflowError),
            (lambda: splice(src, dst, flags=16), ValueError),
            (lambda: splice(src, dst, flags=-1), ValueError),
            (lambda: splice(src, dst, flags=None), TypeError),
            (lambda: splice(src), TypeError),
            (lambda: splice(src, dst, 0, None, 0, 0, 0), TypeError),
        ]:
            with pytest.raises(error):
                call()
        assert content(dst) == b""
        assert splice(src, dst, Index(), Index(), False, Index()) == 3
        assert splice(src, dst, True, True) == 1
        assert content(dst) == DATA[1:2] + b"\0\0" + DATA[3:6]
        for arguments in [(pipe[0], dst, 1), (src, pipe[1], 0, None, 0, 1)]:
            with pytest.raises(OSError) as caught:
                splice(*arguments)
            assert caught.value.errno == errno.ESPIPE
        directory = os.open("/", os.O_RDONLY)
        with pytest.raises(OSError) as caught:
            splice(directory, dst)
        assert caught.value.errno == errno.EISDIR
        os.close(directory)
    finally:
        for fd in (path_only, write_only, read_only):
            os.close(fd)


def test_a_path_is_refused_by_its_name(dst):
    with pytest.raises(TypeError, match="in_fd must be .* not the path 'file': open it"):
        splice("file", dst)


def test_an_object_without_a_descriptor_is_refused_by_its_type(dst):
    with pytest.raises(TypeError, match="in_fd must be a descriptor, a socket or a file, not object"):
        splice(object(), dst)


def test_a_tls_socket_is_refused(src, pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if hasattr(ssl, "PROTOCOL_TLS_CLIENT") else ssl.PROTOCOL_TLS)
    context.check_hostname = False
    wrapped = context.wrap_socket(pair[0], do_handshake_on_connect=False)
    try:
        with pytest.raises(ValueError, match="TLS"):
            splice(src, wrapped)
    finally:
        wrapped.close()


# ---- one file, growing and shrinking files, unusual ones ----


def test_within_one_file(src):
    size = len(DATA)
    assert splice(src, src, 0, None, 0, size) == size
    assert content(src) == DATA + DATA
    assert splice(src, src, 10, 5, 0, 100) == 5
    assert content(src)[100:105] == DATA[10:15]
    other = os.open("/proc/self/fd/%d" % src.fileno(), os.O_RDWR)
    before = content(src)
    for to in (0, 5, 100):
        with pytest.raises(OSError) as caught:
            splice(src, other, 0, 200, 0, to)
        assert caught.value.errno == errno.EINVAL
    os.close(other)
    assert content(src) == before


def test_a_file_that_grows_and_one_that_shrinks(src, pair):
    a, b = pair
    a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20000)
    result = []
    mover = threading.Thread(target=lambda: result.append(splice(src, a)))
    mover.start()
    got = b.recv(1000, socket.MSG_WAITALL)
    os.pwrite(src.fileno(), b"grown" * 100, len(DATA))
    while len(got) < len(DATA) + 500:
        got += b.recv(1 << 16)
    mover.join()
    assert result == [len(got)] and got == DATA + b"grown" * 100

    mover = threading.Thread(target=lambda: result.append(splice(src, a)))
    mover.start()
    got = b.recv(1000, socket.MSG_WAITALL)
    os.ftruncate(src.fileno(), 2000)
    a_done = threading.Thread(target=lambda: (mover.join(), a.shutdown(socket.SHUT_WR)))
    a_done.start()
    while True:
        piece = b.recv(1 << 16)
        if not piece:
            break
        got += piece
    a_done.join()
    assert result[1] == len(got) <= len(DATA) and got[:1000] == DATA[:1000]


def test_files_made_up_when_they_are_read(dst, pair):
    fd = os.open("/proc/self/maps", os.O_RDONLY)
    try:
        moved = splice(fd, dst)
        assert moved > 100 and len(content(dst)) == moved
        assert b"libc" in content(dst) or b"python" in content(dst)
        assert splice(fd, dst, 0, 10) == 10  # though its size is said to be 0
        assert splice(fd, dst, 20, 10, 0, 0) == 10
        assert splice(fd, pair[0], 0, 50) == 50
        assert len(pair[1].recv(100)) == 50
    finally:
        os.close(fd)


def test_devices(src, dst):
    null, zero = os.open("/dev/null", os.O_RDWR), os.open("/dev/zero", os.O_RDONLY)
    try:
        assert splice(src, null) == len(DATA)
        assert splice(null, dst) == 0
        assert splice(zero, dst, nbytes=100000) == 100000
        assert content(dst) == bytes(100000)
        assert splice(zero, null, 0, 3 << 20) == 3 << 20
    finally:
        os.close(null)
        os.close(zero)


def test_a_target_that_only_appends(src, tmp_path):
    path = str(tmp_path / "log")
    with open(path, "ab") as log:
        log.write(b"begin ")
        log.flush()
        assert splice(src, log) == len(DATA)
        assert splice(src, log, None, 5, 0, None) == 5
        ends = socket.socketpair()
        ends[0].sendall(b" end")
        ends[0].close()
        assert splice(ends[1], log) == 4
        ends[1].close()
    with open(path, "rb") as log:
        assert log.read() == b"begin " + DATA + DATA[:5] + b" end"


def test_offsets_beyond_4_gib(src, dst):
    far = 8 << 30
    os.ftruncate(src.fileno(), far + 10)
    os.pwrite(src.fileno(), b"0123456789", far)
    assert splice(src, dst, far + 2, None, 0, far * 2) == 8
    assert os.fstat(dst.fileno()).st_size == far * 2 + 8
    assert os.pread(dst.fileno(), 100, far * 2) == b"23456789"
    os.lseek(src.fileno(), far - 1, os.SEEK_SET)
    assert splice(src, dst, None, 4) == 4
    assert os.lseek(src.fileno(), 0, os.SEEK_CUR) == far + 3
    assert os.pread(dst.fileno(), 4, 0) == b"\x00012"

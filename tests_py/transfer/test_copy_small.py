"""copy() of small files: one native call, which differs from the usual way in nothing but its speed."""

import errno
import itertools
import os
import socket
import sys
import threading

import pytest

from zcio._core import transfer as native
from zcio._transfer import copying
from zcio.splice import copy

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")

KINDS = ("descriptor", "raw", "buffered", "path")
SIZES = (0, 2, 5000, 65540, 1 << 20)
CODES = (errno.ENOSPC, errno.EIO, errno.EINTR, errno.EACCES, errno.EXDEV, errno.ENOSYS)
ARGUMENTS = ({}, {"count": 2}, {"offset": 1}, {"offset": 0, "count": 100000}, {"offset": 7, "count": 0})


@pytest.fixture
def strike():
    yield native.inject
    native.inject_clear()


@pytest.fixture
def pair():
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def files(folder, size):
    """The paths of a file with ``size`` bytes and of one with other content."""
    src, dst = str(folder / "src"), str(folder / "dst")
    with open(src, "wb") as one, open(dst, "wb") as other:
        one.write(bytes(range(251)) * (size // 251) + bytes(size % 251))
        other.write(b"old content")
    return src, dst


def outcome(src, dst, kinds, modes, arguments):
    """Everything that copy() returns or changes."""
    with open(src, modes[0], -1 if kinds[0] == "buffered" else 0) as one:
        with open(dst, modes[1], -1 if kinds[1] == "buffered" else 0) as other:
            ends = []
            for kind, path, file in zip(kinds, (src, dst), (one, other)):
                file.seek(3)
                if file.readable():
                    file.read(1)
                if kind == "buffered" and file.writable():
                    file.write(b"buffered")
                ends.append({"descriptor": file.fileno(), "path": path}.get(kind, file))
            copied = copy(*ends, **arguments)
            result = int(copied), copied.method, copied.in_place, one.tell(), other.tell()
            other.write(b"behind it")
    for path in (src, dst):
        with open(path, "rb") as file:
            result += (file.read(),)
    return result


def test_the_native_call_changes_no_result(tmp_path, monkeypatch):
    modes = itertools.cycle([("rb", "wb"), ("r+b", "r+b"), ("rb", "ab"), ("rb", "a+b")])
    arguments = itertools.cycle(ARGUMENTS)
    for src_kind, dst_kind, size in itertools.product(KINDS, KINDS, SIZES):
        case = (src_kind, dst_kind), next(modes), next(arguments)
        results = []
        for small in (copying._copy_small, lambda *arguments: None):
            with monkeypatch.context() as patch:
                patch.setattr(copying, "_copy_small", small)
                results.append(outcome(*files(tmp_path, size), *case))
        assert results[0] == results[1], (size, case)


def test_from_a_socket(tmp_path, monkeypatch):
    fast = copying._copy_from_stream
    for kind, mode, count in itertools.product(KINDS, ("wb", "r+b", "ab"), (None, 3, 70000)):
        results = []
        for from_stream in (fast, lambda *arguments: None):
            _, dst = files(tmp_path, 0)
            near, far = socket.socketpair()
            with monkeypatch.context() as patch, near, far, open(dst, mode, -1 if kind == "buffered" else 0) as file:
                patch.setattr(copying, "_copy_from_stream", from_stream)
                file.seek(5)
                file.write(b"before")
                far.sendall(b"sent" * 20000)
                far.shutdown(socket.SHUT_WR)
                copied = copy(near, {"descriptor": file.fileno(), "path": dst}.get(kind, file), count=count)
                results.append((int(copied), copied.method, copied.in_place, file.tell(), near.recv(8)))
                file.write(b"behind")
            with open(dst, "rb") as file:
                results[-1] += (file.read(),)
        assert results[0] == results[1], (kind, mode, count)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts the calls that CPython's profiler reports")
def test_few_calls(tmp_path):
    src, dst = files(tmp_path, 4096)
    events = []
    with open(src, "rb") as one, open(dst, "wb") as other:
        sys.setprofile(lambda frame, event, argument: events.append(event))
        copy(one, other)
        sys.setprofile(None)
    assert events.count("call") < 24  # in steps there were 71


def test_what_a_full_socket_does_not_take_follows(tmp_path, pair):
    near, far = pair
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    src, _ = files(tmp_path, 60000)
    got = []
    with open(src, "rb") as file:
        reader = threading.Thread(target=lambda: got.append(far.recv(60000, socket.MSG_WAITALL)))
        reader.start()
        assert copy(file, near) == 60000 and file.tell() == 60000
        reader.join()
        file.seek(0)
        assert got == [file.read()]
        # The timeout counts, and the exception says how much the socket has taken.
        near.settimeout(0.1)
        file.seek(0)
        with pytest.raises(socket.timeout) as caught:
            copy(file, near)
        assert 0 < caught.value.moved == file.tell() < 60000 and caught.value.undelivered == b""


@pytest.mark.parametrize("count", [None, 80000])
def test_by_sendfile(tmp_path, pair, strike, count):
    near, far = pair
    src, _ = files(tmp_path, 100000)
    with open(src, "rb") as file:
        for errors in (None, errno.EINTR, errno.EINVAL):
            if errors:
                strike("sendfile", errno=errors)
            file.seek(5)
            copied = copy(file, near, count=count)
            assert (copied, copied.method) == (count or 99995, "sendfile")
            assert file.tell() == 5 + copied
            file.seek(5)
            assert far.recv(copied, socket.MSG_WAITALL) == file.read(copied)


def test_between_a_pipe_and_a_file(tmp_path):
    src, dst = files(tmp_path, 5000)
    reading, writing = os.pipe()
    with open(reading, "rb", 0), open(writing, "wb", 0) as pipe, open(src, "rb", 0) as file, open(dst, "wb") as other:
        assert copy(file, writing, count=4000).method == "read/write"
        assert copy(reading, other, count=4000) == 4000 and other.tell() == 4000
        pipe.write(bytes(65536))  # fills the pipe
        reader = threading.Thread(target=os.read, args=(reading, 65536))
        reader.start()
        assert copy(file, pipe) == 1000  # waits for the reader
        reader.join()
    with open(src, "rb") as file, open(dst, "rb") as other:
        assert other.read() == file.read(4000)


@pytest.mark.parametrize("code", [errno.ECONNRESET, errno.EPIPE])
def test_the_error_of_a_socket_is_not_lost(tmp_path, pair, strike, code):
    """The kernel reports it once; a second send(2) would fail with another error."""
    src, _ = files(tmp_path, 5000)
    with open(src, "rb", 0) as file:
        strike("send", errno=code)
        with pytest.raises(OSError) as caught:
            copy(file, pair[0])
        assert (caught.value.errno, caught.value.moved, file.tell()) == (code, 0, 0)


@pytest.mark.parametrize("call", ["read", "write", "lseek"])
@pytest.mark.parametrize("code", [errno.EINTR, errno.EINVAL, 0])
def test_what_the_native_call_cannot_do_is_done_in_steps(tmp_path, strike, call, code):
    src, dst = files(tmp_path, 5000)
    with open(src, "rb", 0) as one, open(dst, "r+b", 0) as other:
        for skip in range(2):
            one.seek(10)
            other.seek(2)
            strike(call, skip, errno=code, most=1)
            assert copy(one, other) == 4990
            assert (one.tell(), other.tell()) == (5000, 4992)
    with open(src, "rb") as one, open(dst, "rb") as other:
        assert other.read() == b"ol" + one.read()[10:]


def test_a_failed_write_names_no_file_and_moves_no_position(tmp_path, strike):
    src, dst = files(tmp_path, 5000)
    with open(src, "rb") as one, open(dst, "wb") as other:
        strike("write", errno=errno.ENOSPC)
        with pytest.raises(OSError) as caught:
            copy(one, other)
        assert (caught.value.errno, caught.value.moved, caught.value.filename) == (errno.ENOSPC, 0, None)
        assert (one.tell(), other.tell()) == (0, 0)
    strike("write", times=2, errno=errno.ENOSPC)
    with pytest.raises(OSError) as caught:
        copy(src, dst)
    assert (caught.value.filename, caught.value.filename2) == (src, dst)
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "src"]


@pytest.mark.parametrize("call", ["stat", "open", "read", "write", "chmod", "listxattr", "close", "rename", "FICLONE"])
def test_paths_whose_native_call_fails_are_copied_in_steps(tmp_path, strike, call):
    for code, size, skip in itertools.product(CODES, (5000, 100000), range(4)):
        src, dst = files(tmp_path, size)
        strike(call, skip, errno=code)
        for target in (dst, dst + ".new"):
            assert copy(src, target) == size
        native.inject_clear()
        for target in (dst, dst + ".new"):
            with open(src, "rb") as one, open(target, "rb") as other:
                assert one.read() == other.read()
        os.unlink(dst + ".new")
        assert sorted(os.listdir(str(tmp_path))) == ["dst", "src"], (code, size, skip)


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="needs /proc")
def test_a_file_of_the_kernel_is_read_in_few_calls(tmp_path, strike):
    """Its size is 0, and a read gives a page at most."""
    with open("/proc/self/maps", "rb") as file:
        pages = len(file.read()) // 4096
    strike("read", skip=16 + 2 * pages, times=1000, errno=errno.EIO)
    result = native.small_copy()
    native.copy_path(b"/proc/self/maps", os.fsencode(str(tmp_path / "dst")), native.ATOMIC, result)
    assert result.all and result.count == os.path.getsize(str(tmp_path / "dst")) > 4096


def make_old(path):
    with open(path, "wb") as file:
        file.write(b"old")
    os.chmod(path, 0o640)


def make_targets(top):
    """Targets of all kinds in the directory ``top``: the results of copying to them are compared."""
    names = ["owner", "group", "mode", "read-only", "setuid", "attribute", "hard link", "to link", "programme", "large"]
    for name in names:
        make_old(os.path.join(top, name))
    os.link(os.path.join(top, "hard link"), os.path.join(top, "other name"))
    os.symlink("to link", os.path.join(top, "link"))
    os.symlink("nowhere", os.path.join(top, "dangling"))
    os.symlink("loop", os.path.join(top, "loop"))
    os.mkfifo(os.path.join(top, "fifo"))
    os.chmod(os.path.join(top, "mode"), 0o604)
    os.chmod(os.path.join(top, "read-only"), 0o444)
    os.chmod(os.path.join(top, "setuid"), 0o4755)
    with open(os.path.join(top, "large"), "wb") as file:
        file.write(bytes(100000))
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(os.path.join(top, "attribute"), "user.zcio", b"kept")
        except OSError:
            pass  # not on every file system
    if os.geteuid() == 0:
        os.chown(os.path.join(top, "owner"), 12345, -1)
        os.chown(os.path.join(top, "group"), -1, 12345)
    os.mkdir(os.path.join(top, "directory"))
    os.mkdir(os.path.join(top, "closed"))
    make_old(os.path.join(top, "closed", "there"))
    os.chmod(os.path.join(top, "closed"), 0o555)
    names += ["other name", "link", "dangling", "loop", "new", "directory", "directory/new", "no/new", "new/", ""]
    return names + ["directory/..", "closed/there", "closed/new", "x" * 300, "link/new", "../src", "../link to src"]


def what_a_copy_does(src, top, name, atomic, full):
    """The result or error of copying to ``name``, and what ``top`` looks like after that."""
    if full:
        native.inject("write", times=1000, errno=errno.ENOSPC)
    try:
        copied = copy(src, os.path.join(top, name) if name else name, atomic=atomic)
        result = int(copied), copied.method, copied.in_place
    except OSError as error:
        path = error.filename2 or error.filename or ""
        result = type(error), error.errno, path[len(top) :]
    native.inject_clear()
    for directory, _, names in sorted(os.walk(top)):
        for each in sorted(names):
            path = os.path.join(directory, each)
            about = os.lstat(path)
            result += (path[len(top) :], about.st_mode, about.st_uid, about.st_gid, about.st_nlink, about.st_size)
            result += tuple(os.listxattr(path, follow_symlinks=False)) if hasattr(os, "listxattr") else ()
            if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.R_OK):
                with open(path, "rb") as file:
                    result += (file.read(),)
    return result


@pytest.mark.parametrize("atomic", [True, False], ids=["atomic", "in place"])
@pytest.mark.parametrize("full", [False, True], ids=["room", "a full disk"])
def test_paths_copied_at_once_and_in_steps(tmp_path, monkeypatch, atomic, full):
    src, _ = files(tmp_path, 5000)
    os.symlink("src", str(tmp_path / "link to src"))
    results = []
    for number, at_once in enumerate((copying._copy_at_once, lambda *arguments: None)):
        monkeypatch.setattr(copying, "_copy_at_once", at_once)
        top = str(tmp_path / str(number))
        os.mkdir(top)
        results.append([(name, what_a_copy_does(src, top, name, atomic, full)) for name in make_targets(top)])
        os.chmod(os.path.join(top, "closed"), 0o755)
        assert not [name for _, _, names in os.walk(top) for name in names if name.endswith(".part")]
    for one, other in zip(*results):
        assert one == other


def test_no_name_for_a_new_file(tmp_path, strike):
    src, dst = files(tmp_path, 5000)
    strike("open", skip=2, times=1 << 20, errno=errno.EEXIST)  # the source and the directory are opened before
    result = native.small_copy()
    native.copy_path(os.fsencode(src), os.fsencode(dst + ".new"), native.ATOMIC, result)
    assert not result.all and 2 < native.inject_clear() < 1000


def test_relative_paths(tmp_path, monkeypatch):
    src, dst = files(tmp_path, 5000)
    monkeypatch.chdir(tmp_path)
    os.mkdir("in")
    os.symlink("in", "link")
    for target in ("dst", "new", "./in/new", "link/other"):
        assert not copy("src", target).in_place
        assert os.path.getsize(target) == 5000
    assert sorted(os.listdir("in")) == ["new", "other"] and len(os.listdir(".")) == 5


@pytest.mark.parametrize("size", [0, 2])
def test_a_descriptor_that_is_not_open_for_it_is_refused(tmp_path, size):
    src, dst = files(tmp_path, size)
    with open(src, "rb", 0) as one, open(dst, "rb", 0) as other:
        with pytest.raises(ValueError, match="not open for writing"):
            copy(one.fileno(), other.fileno())
        with open(src, "ab", 0) as unreadable, open(dst, "r+b", 0) as written:
            with pytest.raises(ValueError, match="not open for reading"):
                copy(unreadable, written)
        assert one.tell() == 0

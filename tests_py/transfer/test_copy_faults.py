"""copy() if a system call fails, moves too little or is interrupted: no byte is lost, and none is copied twice."""

import errno
import gc
import os
import signal
import subprocess
import sys
import threading

import pytest
from copy_ends import need_holes
from signal_support import ends_traced

from zcio._core import transfer as native
from zcio.splice import copy

DATA = os.urandom((1 << 20) + 300000)  # more than a single native call copies
# In the order in which they are tried.
METHODS = ("FICLONE", "copy_file_range", "sendfile", "splice")
ELSEWHERE = (errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


@pytest.fixture
def strike():
    yield native.inject
    native.inject_clear()


@pytest.fixture
def src(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize("code", ELSEWHERE, ids=lambda code: errno.errorcode[code])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_call_that_does_not_work_here_hands_over_at_the_exact_byte(src, tmp_path, strike, code, skip):
    for call in METHODS:
        if call != "FICLONE":  # which copies all in its first call, if the file system has it
            # So short that there is a second and a third call.
            strike(call, skip=0, times=skip, errno=0, most=1000)
        strike(call, skip=0, times=1000, errno=code)
    copied = copy(src, tmp_path / "dst")
    assert (tmp_path / "dst").read_bytes() == DATA
    assert copied == len(DATA) and copied.method == "read/write"
    assert native.inject_clear() > 2


@pytest.mark.parametrize("call", ("copy_file_range", "splice", "read", "write"))
@pytest.mark.parametrize("most", [1, 4095, 4097])
def test_short_transfers(src, tmp_path, strike, call, most):
    before = {"copy_file_range": METHODS[:1], "splice": METHODS[:3]}.get(call, METHODS)
    for other in before:
        strike(other, times=100000, errno=errno.EOPNOTSUPP)
    strike(call, times=50, most=most)
    assert copy(src, tmp_path / "dst") == len(DATA)
    assert (tmp_path / "dst").read_bytes() == DATA
    # sendfile(2) has no offset for the destination, so it is not tried.
    assert native.inject_clear() >= 50 + len(set(before) - {"sendfile"})


@pytest.mark.parametrize("call", ("copy_file_range", "FICLONE", "lseek", "fsync"))
def test_interrupted_calls_are_made_again(src, tmp_path, strike, call):
    strike(call, times=3, errno=errno.EINTR)
    with open(str(src), "r+b") as file:
        file.truncate(1 << 22)  # a hole, so that it is looked for
    assert copy(src, tmp_path / "dst", sync=True) == 1 << 22
    assert (tmp_path / "dst").read_bytes() == DATA + bytes((1 << 22) - len(DATA))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=lambda code: errno.errorcode[code])
@pytest.mark.parametrize("call", ("copy_file_range", "ftruncate", "fsync"))
def test_a_failure_leaves_the_old_file_and_tells_how_far_it_came(src, tmp_path, strike, call, code):
    with open(str(src), "r+b") as file:
        file.truncate(1 << 22)
    if call == "ftruncate":
        need_holes(src)
    (tmp_path / "dst").write_bytes(b"old")
    strike("FICLONE", times=1000, errno=errno.EOPNOTSUPP)
    if call == "copy_file_range":
        strike(call, times=1, most=1000)
    strike(call, times=1000, errno=code)
    with pytest.raises(OSError) as caught:
        copy(src, tmp_path / "dst", sync=True)
    error = caught.value
    assert error.errno == code and error.filename == str(src) and error.filename2 == str(tmp_path / "dst")
    if call == "copy_file_range":
        assert (error.moved, error.undelivered) == (1000, b"")
    assert (tmp_path / "dst").read_bytes() == b"old"
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "src"]


def test_positions_after_a_failure(src, tmp_path, strike):
    strike("FICLONE", times=1000, errno=errno.EOPNOTSUPP)
    strike("copy_file_range", times=1, most=1000)
    strike("copy_file_range", times=1000, errno=errno.ENOSPC)
    with open(str(src), "rb") as reader, open(str(tmp_path / "dst"), "wb") as writer:
        reader.read(7)
        with pytest.raises(OSError):
            copy(reader, writer)
        assert reader.tell() == 1007 and writer.tell() == 1000
        native.inject_clear()
        assert copy(reader, writer) == len(DATA) - 1007
    assert (tmp_path / "dst").read_bytes() == DATA[7:]


def test_a_false_end_of_copy_file_range(src, tmp_path, strike):
    strike("FICLONE", times=1000, errno=errno.EOPNOTSUPP)
    strike("copy_file_range", times=1000, most=0)
    assert copy(src, tmp_path / "dst") == len(DATA)
    assert (tmp_path / "dst").read_bytes() == DATA


def test_a_file_that_shrinks_meanwhile(src, tmp_path):
    def shrink(done, total):
        os.truncate(str(src), 100)

    copied = copy(src, tmp_path / "dst", progress=shrink)
    assert copied == len((tmp_path / "dst").read_bytes())


def test_a_broken_pipe(src):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with pytest.raises(BrokenPipeError) as caught:
            copy(src, writing)
        assert caught.value.moved == 0
    finally:
        os.close(writing)


@pytest.mark.skipif(os.name != "posix", reason="needs RLIMIT_FSIZE")
def test_a_real_limit(src, tmp_path):
    code = (
        "import resource, signal, sys; from zcio.splice import copy\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n"
        "try: copy(sys.argv[1], sys.argv[2])\n"
        "except OSError as error: print(error.errno, error.moved)\n"
    )
    said = subprocess.check_output([sys.executable, "-c", code, str(src), str(tmp_path / "dst")], timeout=60)
    number, moved = map(int, said.split())
    assert number == errno.EFBIG and moved <= 100000
    assert os.listdir(str(tmp_path)) == ["src"]


def test_ctrl_c(tmp_path):
    reading, writing = os.pipe()
    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            copy(reading, tmp_path / "dst")
        assert caught.value.moved == 0
    finally:
        os.close(reading)
        os.close(writing)
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("there", [None, b"old"])
@pytest.mark.parametrize("size, lines", [(5000, 10), (len(DATA), 100)], ids=["at once", "in steps"])
def test_an_exception_at_any_line_leaves_nothing(src, tmp_path, there, size, lines):
    """As Ctrl-C may come: between any two lines, up to where nothing but cleaning up is left."""
    os.truncate(str(src), size)
    target = tmp_path / "in" / "dst"
    target.parent.mkdir()
    new = src.read_bytes()

    def interrupted_at(line):
        steps = [0]

        def tracer(frame, event, arg):
            name = frame.f_globals.get("__name__", "")
            if not name.startswith("zcio._transfer") or frame.f_code.co_name == "_drop":
                return None
            if frame.f_code.co_name == "close" or (frame.f_code.co_name, event) == ("commit", "return"):
                steps[0] = -1  # cleaning up begins, whether all was done or not
            if event == "line" and steps[0] >= 0:
                steps[0] += 1
                if steps[0] == line:
                    raise KeyboardInterrupt
            return tracer

        return ends_traced(lambda: copy(str(src), str(target)), tracer)

    line = 1
    while True:
        if there is not None:
            target.write_bytes(there)
        elif target.exists():
            target.unlink()
        fds = os.listdir("/proc/self/fd")
        if not interrupted_at(line):
            break
        line += 1
        content = target.read_bytes() if target.exists() else None
        assert content in (there, new), line
        assert set(os.listdir(str(target.parent))) <= {"dst"}, line
        if len(os.listdir("/proc/self/fd")) != len(fds):
            gc.collect()  # on PyPy this closes a file that was opened right before the exception
        assert len(os.listdir("/proc/self/fd")) == len(fds), line
    assert line > lines
    assert target.read_bytes() == new


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize("raises", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_child_forked_meanwhile_leaves_the_file_to_its_parent(tmp_path, there, raises):
    source, target = tmp_path / "src", tmp_path / "dst"
    source.write_bytes(DATA)
    if there:
        target.write_bytes(b"old")
    children = []

    def progress(done, total):
        if not children:
            children.append(os.fork())
            if children[0]:
                assert os.waitpid(children[0], 0)[1] == 0
            elif raises:
                raise KeyError

    try:
        copied = copy(source, target, progress=progress)
    except BaseException as error:
        if children == [0]:
            os._exit(type(error) is not (KeyError if raises else RuntimeError))
        raise
    if children == [0]:
        os._exit(1)
    assert copied == len(DATA) and target.read_bytes() == DATA
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "src"]

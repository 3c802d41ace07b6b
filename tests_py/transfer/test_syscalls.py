"""zcio.syscalls beside the same calls of ``os``, and what both must refuse."""

import array
import contextlib
import errno
import os
import sys
import tempfile

import pytest

import zcio.mmap as mmap
from zcio import syscalls
from zcio._core import transfer as core_transfer
from zcio._stdlib_mmap import mmap as stdlib_mmap
from zcio.pipe import Pipe, Pool

PYPY = sys.implementation.name == "pypy"
DATA = bytes(range(256)) * 64


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Failing:
    def __index__(self):
        raise KeyError("mine")


@contextlib.contextmanager
def scene():
    """Descriptors by name: a file to read, one to write, a pipe's ends."""
    with tempfile.TemporaryFile() as src, tempfile.TemporaryFile() as dst:
        src.write(DATA)
        src.flush()
        src.seek(0)
        read, write = os.pipe()
        yield {"f": src.fileno(), "g": dst.fileno(), "r": read, "w": write}
        os.close(read)
        os.close(write)


@pytest.fixture
def ends():
    with scene() as ends:
        yield ends


def outcome(function, arguments, keywords):
    try:
        return function(*arguments, **keywords)
    except OSError as error:
        return type(error), error.errno, str(error)
    except Exception as error:
        return type(error), str(error)


# Values that cannot be an open descriptor.
BAD_DESCRIPTORS = [-1, 2**31, 2**63, -(2**63) - 1, 1.5, "a", None, b"a", Failing()]
BAD = BAD_DESCRIPTORS + [True, Index(3), 0, 7]

CALLS = {
    "splice": (["f", "w", 10], {"offset_src": 5, "flags": 0}),
    "copy_file_range": (["f", "g", 10], {"offset_src": 5, "offset_dst": 7}),
    "sendfile": (["g", "f", 3, 10], {}),
}


def variations(name):
    arguments, keywords = CALLS[name]
    yield arguments, keywords
    yield arguments[:-1], keywords
    yield arguments + [None, None, 0, 0], {}
    yield arguments, dict(keywords, nonsense=1)
    if name == "splice":
        yield ["r", "w", 10], {}
        yield ["f", "w", 10], {"offset_dst": 0}
        yield ["f", "g", 10], {}
        yield ["f", "w", 10], {"flags": 2**32}
        yield ["f", "w", 10], {"flags": 64}
    for place in range(len(arguments)):
        for bad in BAD_DESCRIPTORS if place < 2 else BAD:
            yield arguments[:place] + [bad] + arguments[place + 1 :], keywords
    for keyword in keywords:
        for bad in BAD:
            yield arguments, dict(keywords, **{keyword: bad})


def played(function, arguments, keywords):
    """The effect of a call on fresh descriptors: its result, positions and contents of the files and of the pipe."""
    with scene() as ends:
        if repr(arguments[0]) == "'r'":  # of bytes, -bb does not let us ask
            os.write(ends["w"], b"to be read")
        arguments = [ends.get(one, one) if isinstance(one, str) else one for one in arguments]
        got = outcome(function, arguments, keywords)
        positions = [os.lseek(ends[fd], 0, os.SEEK_CUR) for fd in "fg"]
        os.set_blocking(ends["r"], False)
        try:
            piped = os.read(ends["r"], 1 << 20)
        except BlockingIOError:
            piped = None
        return got, (positions, os.pread(ends["g"], 1 << 20, 0), piped)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_as_os_has_it(ends, name):
    theirs = getattr(os, name, None)
    if theirs is None:
        pytest.skip("os has no %s here" % name)
    ours = getattr(syscalls, name)
    # The words and corners of 3.15 are kept everywhere; there they must be the same to the letter.
    exact = sys.version_info >= (3, 15) and not PYPY
    compared = 0
    for arguments, keywords in variations(name):
        (their, their_rest), (our, our_rest) = played(theirs, arguments, keywords), played(ours, arguments, keywords)
        compared += 1
        if exact and type(our) is tuple and our[0] is TypeError and "argument" in our[1]:
            assert their[0] is TypeError  # missing, or one too many: Python functions have other words for it
        elif exact or type(our) is type(their) is int:
            assert (our, our_rest) == (their, their_rest), (arguments, keywords)
        elif isinstance(keywords.get("flags"), Index) or (name == "sendfile" and type(their) is not type(our)):
            continue  # __index__ of flags since 3.14; floats and __index__ of sendfile changed in 3.10
        elif our[0] is TypeError and their[0] is DeprecationWarning:
            continue  # 3.8 and 3.9 still take floats, with this warning
        elif our[0] is KeyError:
            assert their[0] in (KeyError, TypeError)  # the same for an exact int, whose __index__ is not called
        elif our[0] in (ValueError, OverflowError):
            assert their[0] in (OSError, ValueError, OverflowError)  # which of them it is has changed over the years
        else:
            assert our[0] is their[0], (arguments, keywords)
            assert len(our) == 2 or our == their, (arguments, keywords)
    assert compared > 30


def test_bad_arguments_everywhere(ends):
    f, g, w = ends["f"], ends["g"], ends["w"]
    for call, error in [
        (lambda: syscalls.splice(f, w, -1), ValueError),
        (lambda: syscalls.splice(f, w, 2**63), OverflowError),
        (lambda: syscalls.splice(f, w, 1.0), TypeError),
        (lambda: syscalls.splice(f, w, 1, "0"), TypeError),
        (lambda: syscalls.splice(f, w, 1, 2**63), OverflowError),
        (lambda: syscalls.splice(f, w, 1, flags=-1), ValueError),
        (lambda: syscalls.splice(f, w, 1, flags=2**32), OverflowError),
        (lambda: syscalls.splice(2**31, w, 1), OverflowError),
        (lambda: syscalls.splice(f, w, Failing()), KeyError),
        (lambda: syscalls.tee(f, w, -1), ValueError),
        (lambda: syscalls.tee(f, w, None), TypeError),
        (lambda: syscalls.sendfile(g, f, 0, -1), ValueError),
        (lambda: syscalls.sendfile(g, f, 0.5, 1), TypeError),
        (lambda: syscalls.copy_file_range(f, g, -5), ValueError),
        (lambda: syscalls.copy_file_range(f, g, 1, 2**64), OverflowError),
        (lambda: syscalls.vmsplice(w, [b"a"], syscalls.SPLICE_F_GIFT), ValueError),
        (lambda: syscalls.vmsplice(w, b"abc"), TypeError),
        (lambda: syscalls.vmsplice(w, ["abc"]), TypeError),
        (lambda: syscalls.vmsplice(w, [memoryview(b"abcd")[::2]]), BufferError),
        (lambda: syscalls.vmsplice(w, 5), TypeError),
    ]:
        with pytest.raises(error):
            call()
    for call, code in [
        (lambda: syscalls.splice(f, w, 1, 0, 0), errno.ESPIPE),
        (lambda: syscalls.splice(f, w, 1, -1), errno.EINVAL),
        (lambda: syscalls.splice(f, g, 1), errno.EINVAL),
        (lambda: syscalls.splice(-1, w, 1), errno.EBADF),
        (lambda: syscalls.tee(f, w, 1), errno.EINVAL),
        (lambda: syscalls.vmsplice(-1, [b"a"], unsafe=True), errno.EBADF),
        (lambda: syscalls.vmsplice(g, [b"a"], unsafe=True), errno.EBADF),
        (lambda: syscalls.sendfile(g, f, -1, 1), errno.EINVAL),
        (lambda: syscalls.sendfile(-1, f, 0, 1), errno.EBADF),
        (lambda: syscalls.copy_file_range(f, w, 1), errno.EINVAL),
    ]:
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno == code


def test_splice_and_tee_move_bytes(no_fd_leak, ends):
    assert syscalls.splice(ends["f"], ends["w"], 100, offset_src=256) == 100
    read, write = os.pipe()
    try:
        assert syscalls.tee(ends["r"], write, 1 << 16) == 100
        assert os.read(read, 1000) == DATA[:100]
    finally:
        os.close(read)
        os.close(write)
    assert syscalls.splice(ends["r"], ends["g"], 1 << 20, None, 50) == 100
    assert os.pread(ends["g"], 1000, 0) == bytes(50) + DATA[:100]
    assert os.lseek(ends["f"], 0, os.SEEK_CUR) == os.lseek(ends["g"], 0, os.SEEK_CUR) == 0
    assert syscalls.splice(ends["f"], ends["w"], 1, len(DATA)) == 0
    with pytest.raises(BlockingIOError):
        syscalls.splice(ends["r"], ends["g"], 1, flags=syscalls.SPLICE_F_NONBLOCK)


def test_sendfile_and_copy_file_range_move_bytes(ends):
    assert syscalls.sendfile(ends["g"], ends["f"], 3, 10) == 10
    assert syscalls.sendfile(out_fd=ends["g"], in_fd=ends["f"], offset=None, count=5) == 5
    assert os.lseek(ends["f"], 0, os.SEEK_CUR) == 5
    assert os.pread(ends["g"], 100, 0) == DATA[3:13] + DATA[:5]
    assert syscalls.copy_file_range(ends["f"], ends["g"], 7, 100, 200) == 7
    assert os.pread(ends["g"], 100, 200) == DATA[100:107]


def test_offsets_of_64_bits(ends):
    far = 5 << 32
    os.ftruncate(ends["f"], far + 3)
    os.pwrite(ends["f"], b"end", far)
    assert syscalls.splice(ends["f"], ends["w"], min(2**62, sys.maxsize), far) == 3
    assert os.read(ends["r"], 10) == b"end"
    assert syscalls.sendfile(ends["w"], ends["f"], far + 1, 2**31 - 1) == 2
    assert syscalls.copy_file_range(ends["f"], ends["g"], min(2**40, sys.maxsize), far, far) == 3
    assert os.fstat(ends["g"]).st_size == far + 3


def test_vmsplice_refers_and_copies(ends):
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    memory[:3] = b"one"
    assert syscalls.vmsplice(ends["w"], [memory, bytearray(b"two"), b""], unsafe=True) == 2 * mmap.PAGESIZE + 3
    memory[:3] = b"new"
    assert os.read(ends["r"], 3) == b"new", "the pipe refers to the memory"
    os.read(ends["r"], 1 << 16)
    memory.close()
    os.write(ends["w"], b"hello there")
    first, second = bytearray(5), bytearray(20)
    assert syscalls.vmsplice(ends["r"], [first, second]) == 11
    assert (first, second[:6]) == (b"hello", b" there")
    # A bytes object is never written to.
    os.write(ends["w"], b"XXX")
    constant = b"abc"
    with pytest.raises(TypeError):
        syscalls.vmsplice(ends["r"], [constant])
    assert constant == bytes(bytearray(b"abc"))


def test_vmsplice_takes_memory_that_stays(ends):
    chunk = Pool().take(100)
    chunk[:4] = b"pool"
    pipe = Pipe()
    pipe.write(b"x" * 100000)
    with stdlib_mmap.mmap(-1, mmap.PAGESIZE) as own, mmap.mmap(-1, mmap.PAGESIZE) as ours:
        own.write(b"stdlib")
        ours.write(b"zcio")
        views = [memoryview(own)[:6], memoryview(memoryview(ours)[1:])[:3], memoryview(chunk)[:4]]
        assert syscalls.vmsplice(ends["w"], views + [next(pipe.read_zerocopy())[:1]]) == 14
        assert os.read(ends["r"], 100) == b"stdlibciopoolx"
        for view in views:
            view.release()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: array.array("B", data), "cffi"])
def test_vmsplice_refuses_memory_that_may_go(ends, kind):
    if kind == "cffi":
        ffi = core_transfer.ffi
        kind = lambda data: ffi.buffer(ffi.from_buffer(data))  # noqa: E731
    with pytest.raises(TypeError, match="unsafe=True"):
        syscalls.vmsplice(ends["w"], [kind(b"gone")])
    with pytest.raises(TypeError, match="unsafe=True"):
        syscalls.vmsplice(ends["w"], [mmap.mmap(-1, 1), kind(b"gone")])
    kept = kind(b"gone")
    assert syscalls.vmsplice(ends["w"], [kept], unsafe=True) == 4
    assert os.read(ends["r"], 100) == b"gone"


@pytest.mark.skipif(PYPY, reason="PyPy 7.3 resizes a bytearray under any export")
def test_vmsplice_holds_its_buffers(ends, monkeypatch):
    memory = bytearray(b"held")
    real = core_transfer.lib
    seen = []

    class Watched:
        def __getattr__(self, name):
            return getattr(real, name)

        def zcio_vmsplice(self, *arguments):
            with pytest.raises(BufferError):
                memory.append(0)
            seen.append(arguments)
            return real.zcio_vmsplice(*arguments)

    monkeypatch.setattr(core_transfer, "lib", Watched())
    assert syscalls.vmsplice(ends["w"], [memory], unsafe=True) == 4
    assert seen
    memory.append(0)


@pytest.mark.skipif(not PYPY, reason="on CPython the exports themselves hold a mapping")
def test_vmsplice_holds_a_mapping_on_pypy(ends, monkeypatch):
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    real = core_transfer.vmsplice

    def watched(*arguments):
        with pytest.raises(BufferError):
            memory.close()
        return real(*arguments)

    monkeypatch.setattr(core_transfer, "vmsplice", watched)
    assert syscalls.vmsplice(ends["w"], [memory]) == mmap.PAGESIZE
    memory.close()


@pytest.mark.parametrize("name", ["splice", "tee", "vmsplice", "sendfile", "copy_file_range"])
def test_a_platform_without_the_call(ends, name):
    arguments = {
        "splice": (ends["f"], ends["w"], 1),
        "tee": (ends["r"], ends["w"], 1),
        "vmsplice": (ends["w"], []),
        "sendfile": (ends["g"], ends["f"], 0, 1),
        "copy_file_range": (ends["f"], ends["g"], 1),
    }[name]
    core_transfer.inject(name, errno=None)
    try:
        with pytest.raises(NotImplementedError, match=name):
            getattr(syscalls, name)(*arguments)
    finally:
        assert core_transfer.inject_clear() == 1


@pytest.mark.parametrize("name", ["splice", "sendfile", "copy_file_range"])
def test_an_interrupted_call_is_made_again(ends, name):
    core_transfer.inject(name, times=3, errno=errno.EINTR)
    try:
        if name == "splice":
            assert syscalls.splice(ends["f"], ends["w"], 10) == 10
        elif name == "sendfile":
            assert syscalls.sendfile(ends["g"], ends["f"], 0, 10) == 10
        else:
            assert syscalls.copy_file_range(ends["f"], ends["g"], 10) == 10
    finally:
        assert core_transfer.inject_clear() == 3

"""zcio.splice.copy beside what it stands for: the bytes, the positions, the permission bits, and nothing left over."""

import errno
import gzip
import io
import os
import pathlib
import shutil
import socket
import stat
import sys
import tempfile
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zcio.splice import Copied, copy

DATA = bytes(range(256)) * 3000 + b"the end"
METHODS = ("reflink", "copy_file_range", "sendfile", "splice", "read/write")

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


@pytest.fixture
def src(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(DATA)
    return path


def drained(read):
    """A thread that reads all, and where it puts it."""
    got = []

    def run():
        while True:
            piece = read()
            if not piece:
                return
            got.append(piece)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, got


# ---- paths ----


@pytest.mark.parametrize("kind", [str, os.fsencode, pathlib.Path], ids=["str", "bytes", "Path"])
def test_paths(src, tmp_path, kind):
    dst = tmp_path / "dst"
    copied = copy(kind(str(src)), kind(str(dst)))
    assert type(copied) is Copied and copied == len(DATA) and copied.method in METHODS
    assert dst.read_bytes() == DATA
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "src"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
@pytest.mark.parametrize("there", [None, 0o600, 0o640, 0o755])
def test_permission_bits_are_those_of_copyfile(src, tmp_path, mask, there):
    os.chmod(str(src), 0o711)
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "theirs")
    before = os.umask(mask)
    try:
        for path in (ours, theirs):
            if there is not None:
                open(path, "wb").close()
                os.chmod(path, there)
        copy(src, ours)
        shutil.copyfile(str(src), theirs)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(ours).st_mode) == stat.S_IMODE(os.stat(theirs).st_mode)


def test_nobody_else_can_read_it_before_it_is_there(src, tmp_path):
    modes = []

    def progress(done, total):
        for entry in os.scandir(str(tmp_path)):
            if entry.name not in ("src", "dst"):
                modes.append(stat.S_IMODE(entry.stat().st_mode))

    copy(src, tmp_path / "dst", progress=progress)
    assert modes and set(modes) == {0o600}


def test_old_content_stays_until_the_new_is_complete(src, tmp_path):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old")
    seen = []
    copy(src, dst, progress=lambda done, total: seen.append(dst.read_bytes()))
    assert set(seen) == {b"old"} and dst.read_bytes() == DATA


class Stop(BaseException):
    pass


@pytest.mark.parametrize("there", [False, True])
def test_a_failed_copy_leaves_no_trace(src, tmp_path, there):
    dst = tmp_path / "dst"
    if there:
        dst.write_bytes(b"old")

    def stop(done, total):
        raise Stop

    with pytest.raises(Stop) as caught:
        copy(src, dst, progress=stop)
    assert caught.value.moved == len(DATA)
    assert sorted(os.listdir(str(tmp_path))) == (["dst", "src"] if there else ["src"])
    assert not there or dst.read_bytes() == b"old"


def test_a_link_is_followed_and_stays(src, tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to("target")
    copy(src, link)
    assert os.readlink(str(link)) == "target" and target.read_bytes() == DATA


def test_a_dangling_link_makes_its_target(src, tmp_path):
    (tmp_path / "link").symlink_to("target")
    copy(src, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_bytes() == DATA


def test_a_dangling_link_is_as_it_was_after_a_failed_copy(src, tmp_path):
    def stop(done, total):
        raise Stop

    (tmp_path / "link").symlink_to("target")
    with pytest.raises(Stop):
        copy(src, tmp_path / "link", progress=stop)
    assert sorted(os.listdir(str(tmp_path))) == ["link", "src"]


@pytest.mark.parametrize("there", [True, False])
def test_the_kernel_is_asked_to_follow_a_link(src, tmp_path, monkeypatch, there):
    """It may refuse one that somebody else laid in a directory that all may write to (fs.protected_symlinks)."""
    target, link = tmp_path / "target", tmp_path / "link"
    if there:
        target.write_bytes(b"old")
    link.symlink_to("target")
    real = os.open

    def refuse(path, *arguments):
        if os.fspath(path) in (str(link), os.fsencode(str(link))):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError) as caught:
        copy(src, link)
    assert os.fspath(caught.value.filename) == str(link)
    assert target.read_bytes() == b"old" if there else not target.exists()
    assert sorted(os.listdir(str(tmp_path))) == (["link", "src", "target"] if there else ["link", "src"])


def test_a_link_of_somebody_else_in_a_directory_for_all(src, tmp_path):
    shared, target = tmp_path / "shared", tmp_path / "target"
    shared.mkdir()
    shared.chmod(0o1777)
    target.write_bytes(b"old")
    link = shared / "link"
    link.symlink_to(str(target))
    try:
        os.chown(str(link), 12345, 12345, follow_symlinks=False)
    except OSError:
        pytest.skip("only root can give a link away")
    try:
        open(str(link), "ab").close()
    except PermissionError:
        with pytest.raises(PermissionError):
            copy(src, link)
        assert target.read_bytes() == b"old"
    else:
        copy(src, link)  # fs.protected_symlinks is off
        assert target.read_bytes() == DATA


@pytest.mark.parametrize("when", ["opened", "located"])
def test_a_link_that_is_changed_meanwhile_leads_nowhere_else(src, tmp_path, monkeypatch, when):
    """Whatever of the two it led to is written, and the other one is as it was."""
    one, two, link = tmp_path / "one", tmp_path / "two", tmp_path / "link"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    link.symlink_to("one")
    module, name = (os, "open") if when == "opened" else (os.path, "realpath")
    real = getattr(module, name)

    def change(path, *arguments):
        result = real(path, *arguments)
        if os.fsdecode(path) == str(link):
            link.unlink()
            link.symlink_to("two")
        return result

    monkeypatch.setattr(module, name, change)
    copy(src, link)
    monkeypatch.undo()
    assert (one.read_bytes(), two.read_bytes()) == (DATA, b"2")
    assert sorted(os.listdir(str(tmp_path))) == ["link", "one", "src", "two"]


def test_new_content_is_not_set_user_id(src, tmp_path):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old")
    dst.chmod(0o6755)
    copy(src, dst)
    assert dst.read_bytes() == DATA and stat.S_IMODE(dst.stat().st_mode) == 0o755


def test_all_names_of_a_file_see_the_copy(src, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(DATA * 2)
    os.link(str(one), str(two))
    copy(src, one)
    assert two.read_bytes() == DATA and os.stat(str(one)).st_nlink == 2


def test_same_file(src, tmp_path):
    (tmp_path / "link").symlink_to("src")
    for dst in (src, tmp_path / "link"):
        with pytest.raises(shutil.SameFileError):
            copy(src, dst)
    assert src.read_bytes() == DATA


def test_errors_name_the_paths(src, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        copy(tmp_path / "none", tmp_path / "dst")
    assert os.fspath(caught.value.filename) == str(tmp_path / "none")
    with pytest.raises(FileNotFoundError) as caught:
        copy(src, tmp_path / "none" / "dst")
    assert os.fspath(caught.value.filename) == str(tmp_path / "none" / "dst")
    with pytest.raises(IsADirectoryError) as caught:
        copy(src, tmp_path)
    assert os.fspath(caught.value.filename) == str(tmp_path)
    with pytest.raises(IsADirectoryError):
        copy(tmp_path, tmp_path / "dst")
    assert os.listdir(str(tmp_path)) == ["src"]
    with pytest.raises(OSError) as caught:
        copy(src, "/dev/full")
    assert str(caught.value) == "[Errno 28] No space left on device: '%s' -> '/dev/full'" % src
    assert caught.value.moved == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_read_only_targets_are_not_replaced(src, tmp_path):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old")
    dst.chmod(0o444)
    with pytest.raises(PermissionError):
        copy(src, dst)
    assert dst.read_bytes() == b"old"


def test_sync_asks_for_the_file_and_the_directory(src, tmp_path, monkeypatch):
    from zcio._splicing import replacing

    synced = []
    real = replacing.fsync
    monkeypatch.setattr(replacing, "fsync", lambda fd: synced.append(os.fstat(fd).st_mode) or real(fd))
    copy(src, tmp_path / "dst", sync=True)
    assert [stat.S_IFMT(mode) for mode in synced] == [stat.S_IFREG, stat.S_IFDIR]
    del synced[:]
    copy(src, tmp_path / "dst")
    assert synced == []


def test_files_that_are_made_as_they_are_read(tmp_path):
    copied = copy("/proc/self/status", tmp_path / "dst")
    assert copied == os.path.getsize(str(tmp_path / "dst")) > 100


def test_empty(tmp_path):
    (tmp_path / "src").write_bytes(b"")
    (tmp_path / "dst").write_bytes(b"old")
    assert copy(tmp_path / "src", tmp_path / "dst") == 0
    assert (tmp_path / "dst").read_bytes() == b""


# ---- positions ----


def opened_raw(path, mode):
    return open(str(path), mode, buffering=0)


def opened(path, mode):
    return open(str(path), mode)


@pytest.mark.parametrize("open_src", [opened, opened_raw])
@pytest.mark.parametrize("open_dst", [opened, opened_raw])
def test_file_objects_are_left_where_reading_and_writing_would(src, tmp_path, open_src, open_dst):
    dst = tmp_path / "dst"
    with open_src(src, "rb") as reader, open_dst(dst, "w+b") as writer:
        assert reader.read(10) == DATA[:10]
        writer.write(b"head")
        assert copy(reader, writer, count=1000) == 1000
        assert reader.tell() == 1010 and writer.tell() == 1004
        assert reader.read(7) == DATA[1010:1017]
        writer.write(b"tail")
    assert dst.read_bytes() == b"head" + DATA[10:1010] + b"tail"


def test_descriptors_use_their_positions(src, tmp_path):
    reader = os.open(str(src), os.O_RDONLY)
    writer = os.open(str(tmp_path / "dst"), os.O_RDWR | os.O_CREAT)
    try:
        os.lseek(reader, 100, os.SEEK_SET)
        assert copy(reader, writer, count=50) == 50
        assert os.lseek(reader, 0, os.SEEK_CUR) == 150
        assert copy(reader, writer, count=50, offset=7) == 50
        assert os.lseek(reader, 0, os.SEEK_CUR) == 150
        assert os.lseek(writer, 0, os.SEEK_CUR) == 100
        assert os.pread(writer, 200, 0) == DATA[100:150] + DATA[7:57]
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("buffering", [0, -1])
def test_appending(src, tmp_path, buffering):
    dst = tmp_path / "dst"
    dst.write_bytes(b"head")
    with open(str(dst), "ab", buffering=buffering) as writer:
        writer.write(b"+")
        assert copy(src, writer) == len(DATA)
        assert writer.tell() == len(DATA) + 5
        writer.write(b"tail")
    assert dst.read_bytes() == b"head+" + DATA + b"tail"


def test_written_and_not_flushed_counts(tmp_path):
    with open(str(tmp_path / "src"), "w+b") as both:
        both.write(b"12345")
        both.seek(1)
        both.write(b"x")
        both.seek(0)
        assert copy(both, tmp_path / "dst") == 5
    assert (tmp_path / "dst").read_bytes() == b"1x345"


def test_offset_and_count(src, tmp_path):
    dst = tmp_path / "dst"
    for offset, count in [(0, 0), (5, 0), (5, 10), (len(DATA) - 3, 10), (len(DATA), 1), (len(DATA) + 9, None)]:
        wanted = DATA[offset:] if count is None else DATA[offset : offset + count]
        assert copy(src, dst, offset=offset, count=count) == len(wanted)
        assert dst.read_bytes() == wanted


def test_within_one_file(tmp_path):
    path = tmp_path / "one"
    path.write_bytes(b"0123456789")
    with open(str(path), "r+b") as file, open(str(path), "rb") as reader:
        file.seek(10)
        assert copy(reader, file) == 10
        reader.seek(0)
        file.seek(5)
        with pytest.raises(OSError):
            copy(reader, file)
    assert path.read_bytes() == b"0123456789" * 2


# ---- sparse files ----


def test_holes_stay_holes(tmp_path):
    size = 6 << 30
    src, dst = tmp_path / "src", tmp_path / "dst"
    with open(str(src), "wb") as file:
        for at in (0, 1 << 30, (5 << 30) + 12345):
            file.seek(at)
            file.write(b"data" * 3000)
        file.truncate(size)
    if os.stat(str(src)).st_blocks * 512 > 1 << 20:
        pytest.skip("this file system keeps no holes")
    assert copy(src, dst, reflink="never") == size
    about = os.stat(str(dst))
    assert about.st_size == size and about.st_blocks * 512 <= os.stat(str(src)).st_blocks * 512 + (1 << 20)
    with open(str(dst), "rb") as file:
        for at in (0, 1 << 30, (5 << 30) + 12345):
            file.seek(at)
            assert file.read(12001) == b"data" * 3000 + b"\0"


def test_holes_overwrite_what_was_there(tmp_path):
    with open(str(tmp_path / "src"), "wb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 19)
        file.write(b"x")
    (tmp_path / "dst").write_bytes(b"y" * (1 << 20))
    with open(str(tmp_path / "dst"), "r+b") as file:
        copy(tmp_path / "src", file)
    assert (tmp_path / "dst").read_bytes() == (tmp_path / "src").read_bytes()


def test_a_hole_in_the_middle_of_a_window(tmp_path):
    with open(str(tmp_path / "src"), "wb") as file:
        file.write(b"a" * 100000)
        file.seek(1 << 20)
        file.write(b"b" * 100000)
        file.truncate(2 << 20)
    whole = (tmp_path / "src").read_bytes()
    for offset, count in [(99999, 3), (100, 1 << 20), (200000, 100), (1 << 20, None), (3 << 19, 1 << 30)]:
        wanted = whole[offset:] if count is None else whole[offset : offset + count]
        with open(str(tmp_path / "src"), "rb") as file:
            file.seek(11)
            assert copy(file, tmp_path / "dst", offset=offset, count=count) == len(wanted)
            assert file.tell() == 11
        assert (tmp_path / "dst").read_bytes() == wanted


def test_nothing_copied_makes_no_hole(tmp_path):
    with open(str(tmp_path / "src"), "wb") as file:
        file.truncate(1 << 20)
    (tmp_path / "dst").write_bytes(b"old")
    with open(str(tmp_path / "dst"), "r+b") as file:
        file.seek(10)
        assert copy(tmp_path / "src", file, offset=2 << 20) == 0
        assert copy(tmp_path / "src", file, count=0) == 0
    assert (tmp_path / "dst").read_bytes() == b"old"


# ---- what is no file ----


def test_sockets_and_pipes(src, tmp_path):
    a, b = socket.socketpair()
    with a, b:
        thread, got = drained(lambda: b.recv(1 << 16))
        copied = copy(src, a)
        a.shutdown(socket.SHUT_WR)
        thread.join()
        assert copied == len(DATA) and copied.method == "sendfile" and b"".join(got) == DATA
        thread = threading.Thread(target=lambda: (b.sendall(DATA), b.shutdown(socket.SHUT_WR)))
        thread.start()
        copied = copy(a, tmp_path / "dst")
        thread.join()
        assert copied == len(DATA) and copied.method == "splice" and (tmp_path / "dst").read_bytes() == DATA
    reading, writing = os.pipe()
    thread, got = drained(lambda: os.read(reading, 1 << 16))
    copied = copy(src, writing)
    os.close(writing)
    thread.join()
    os.close(reading)
    # Never by reference: what is written to the file later must not show in the pipe.
    assert copied.method == "read/write" and b"".join(got) == DATA


def test_later_writes_do_not_show_in_a_pipe(src):
    reading, writing = os.pipe()
    try:
        assert copy(src, writing, count=5000) == 5000
        with open(str(src), "r+b") as file:
            file.write(b"\0" * 5000)
        assert os.read(reading, 5000) == DATA[:5000]
    finally:
        os.close(reading)
        os.close(writing)


def test_read_ahead_of_a_pipe_comes_first(tmp_path):
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader:
        with os.fdopen(writing, "wb") as writer:
            writer.write(b"line\n" + DATA[:3000])
        assert reader.readline() == b"line\n"
        assert copy(reader, tmp_path / "dst", count=1000) == 1000
        assert copy(reader, tmp_path / "rest") == 2000
    assert (tmp_path / "dst").read_bytes() + (tmp_path / "rest").read_bytes() == DATA[:3000]


def test_a_sockets_timeout(tmp_path):
    a, b = socket.socketpair()
    with a, b:
        a.settimeout(0.2)
        b.send(b"12345")
        begun = time.monotonic()
        with pytest.raises(socket.timeout) as caught:
            copy(a, tmp_path / "dst")
        assert 0.15 < time.monotonic() - begun < 5
        assert caught.value.moved == 5 and not (tmp_path / "dst").exists()


def test_memory(src, tmp_path):
    target = io.BytesIO(b"....")
    target.seek(2)
    copied = copy(src, target)
    assert copied == len(DATA) and copied.method == "read/write" and target.getvalue() == b".." + DATA
    source = io.BytesIO(DATA)
    source.seek(5)
    assert copy(source, tmp_path / "dst", count=100) == 100
    assert source.tell() == 105 and (tmp_path / "dst").read_bytes() == DATA[5:105]
    assert copy(source, io.BytesIO(), offset=50, count=10) == 10 and source.tell() == 105


def test_the_descriptor_of_a_compressed_file_is_not_its_content(src, tmp_path):
    with gzip.open(str(tmp_path / "src.gz"), "wb") as packed:
        assert copy(src, packed) == len(DATA)
    with gzip.open(str(tmp_path / "src.gz"), "rb") as packed:
        assert copy(packed, tmp_path / "dst") == len(DATA)
    assert (tmp_path / "dst").read_bytes() == DATA


def test_temporary_files(src, tmp_path):
    with tempfile.NamedTemporaryFile() as file:
        copied = copy(src, file)
        assert copied.method != "read/write" and file.tell() == len(DATA)
        file.seek(0)
        assert file.read() == DATA


def test_short_writes_of_an_object(src):
    class Slow(io.RawIOBase):
        def __init__(self):
            self.got = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.got += bytes(data[:1000])
            return min(1000, len(data))

    slow = Slow()
    assert copy(src, slow) == len(DATA) and slow.got == DATA


def test_text_and_other_things_are_refused(src, tmp_path):
    with open(str(src), encoding="latin-1") as text:
        with pytest.raises(TypeError, match="binary"):
            copy(text, tmp_path / "dst")
    for wrong in (None, 1.5, object()):
        with pytest.raises(TypeError):
            copy(wrong, tmp_path / "dst")
        with pytest.raises(TypeError):
            copy(src, wrong)
    assert os.listdir(str(tmp_path)) == ["src"]


def test_wrong_arguments(src, tmp_path):
    dst = tmp_path / "dst"
    for wrong in (-1, "1", 1.0):
        with pytest.raises((TypeError, ValueError)):
            copy(src, dst, count=wrong)
        with pytest.raises((TypeError, ValueError)):
            copy(src, dst, offset=wrong)
    with pytest.raises(OverflowError):
        copy(src, dst, offset=2**63)
    with pytest.raises(ValueError):
        copy(src, dst, reflink="sometimes")
    with open(str(src), "rb") as reader:
        with pytest.raises(ValueError, match="not open for writing"):
            copy(src, reader)
    with pytest.raises(ValueError):
        copy(reader, dst)  # closed
    reading, writing = os.pipe()
    try:
        with pytest.raises(OSError):
            copy(reading, dst, offset=1)
    finally:
        os.close(reading)
        os.close(writing)
    assert os.listdir(str(tmp_path)) == ["src"]


def test_reflink_always_says_where_it_cannot(src, tmp_path):
    try:
        assert copy(src, tmp_path / "dst", reflink="always").method == "reflink"
    except OSError:
        assert not (tmp_path / "dst").exists()
    with pytest.raises(ValueError):
        copy(src, tmp_path / "dst", offset=1, reflink="always")


# ---- progress ----


def test_progress(src, tmp_path):
    calls = []
    copy(src, tmp_path / "dst", progress=lambda *args: calls.append(args))
    assert calls[-1] == (len(DATA), len(DATA)) and len(calls) <= 3
    del calls[:]
    copy(src, tmp_path / "dst", count=100, progress=lambda *args: calls.append(args))
    assert calls[-1] == (100, 100)


def test_progress_of_what_has_no_size(tmp_path):
    reading, writing = os.pipe()

    def slowly():
        for _ in range(5):
            os.write(writing, b"x" * 10)
            time.sleep(0.12)
        os.close(writing)

    thread = threading.Thread(target=slowly)
    thread.start()
    calls = []
    copy(reading, tmp_path / "dst", progress=lambda *args: calls.append(args))
    thread.join()
    os.close(reading)
    assert calls[-1] == (50, 50) and all(total is None for _, total in calls[:-1])
    assert 2 <= len(calls) <= 8 and calls == sorted(calls, key=lambda call: call[0])


# ---- without Linux ----


def test_without_the_kernels_help(src, tmp_path, monkeypatch):
    from zcio._splicing import ends, replacing

    def missing(*args):
        raise NotImplementedError("fstat: not available on this platform")

    monkeypatch.setattr(ends, "readable", missing)
    monkeypatch.setattr(ends, "writable", missing)
    monkeypatch.setattr(replacing, "fsync", missing)
    copied = copy(src, tmp_path / "dst", sync=True)
    assert copied == len(DATA) and copied.method == "read/write" and (tmp_path / "dst").read_bytes() == DATA


# ---- everything at once ----


@given(
    size=st.integers(0, 5000),
    start=st.integers(0, 6000),
    target=st.integers(0, 6000),
    offset=st.none() | st.integers(0, 6000),
    count=st.none() | st.integers(0, 6000),
    holes=st.lists(st.integers(0, 60), max_size=3),
    appends=st.booleans(),
)
def test_any_window_of_any_file(size, start, target, offset, count, holes, appends):
    content = bytearray(os.urandom(size))
    with tempfile.TemporaryFile() as reader, tempfile.NamedTemporaryFile() as keeper:
        for hole in sorted(holes):
            reader.seek(hole * 4096)
            reader.write(b"!")
            content[len(content) :] = bytes(max(0, hole * 4096 - len(content)))
            content[hole * 4096 : hole * 4096 + 1] = b"!"
        reader.seek(0)
        reader.write(bytes(content[:size]))
        reader.seek(start)
        with open(keeper.name, "ab" if appends else "r+b") as writer:
            writer.write(b"old")
            if not appends:
                writer.seek(target)
            copied = copy(reader, writer, offset=offset, count=count)
            begin = start if offset is None else offset
            wanted = content[begin:] if count is None else content[begin : begin + count]
            assert copied == len(wanted)
            assert reader.tell() == (start + len(wanted) if offset is None else start)
            place = 3 if appends else target
            assert writer.tell() == place + len(wanted)
        expected = bytearray(b"old")
        if wanted:
            expected[len(expected) :] = bytes(max(0, place - len(expected)))
            expected[place : place + len(wanted)] = wanted
        with open(keeper.name, "rb") as result:
            assert result.read() == expected


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_descriptors_come_back(src, tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(300):
        copy(src, tmp_path / "dst", count=10)
    assert len(os.listdir("/proc/self/fd")) == before

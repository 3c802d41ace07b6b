"""copy() of files: the bytes, the positions and the holes are right, and nothing is left behind."""

import os
import sys
import tempfile
import threading
import time

import pytest
from copy_ends import DATA, need_holes
from hypothesis import given, strategies as st

from zcio.splice import copy

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


# ---- positions ----


def opened_raw(path, mode):
    return open(str(path), mode, buffering=0)


def opened(path, mode):
    return open(str(path), mode)


@pytest.mark.parametrize("open_src", [opened, opened_raw])
@pytest.mark.parametrize("open_dst", [opened, opened_raw])
def test_file_objects_are_left_where_reading_and_writing_would(original, tmp_path, open_src, open_dst):
    dst = tmp_path / "dst"
    with open_src(original, "rb") as reader, open_dst(dst, "w+b") as writer:
        assert reader.read(10) == DATA[:10]
        writer.write(b"head")
        assert copy(reader, writer, count=1000) == 1000
        assert reader.tell() == 1010 and writer.tell() == 1004
        assert reader.read(7) == DATA[1010:1017]
        writer.write(b"tail")
    assert dst.read_bytes() == b"head" + DATA[10:1010] + b"tail"


def test_descriptors_use_their_positions(original, tmp_path):
    reader = os.open(str(original), os.O_RDONLY)
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
def test_appending(original, tmp_path, buffering):
    dst = tmp_path / "dst"
    dst.write_bytes(b"head")
    with open(str(dst), "ab", buffering=buffering) as writer:
        writer.write(b"+")
        assert copy(original, writer) == len(DATA)
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


def test_offset_and_count(original, tmp_path):
    dst = tmp_path / "dst"
    for offset, count in [(0, 0), (5, 0), (5, 10), (len(DATA) - 3, 10), (len(DATA), 1), (len(DATA) + 9, None)]:
        wanted = DATA[offset:] if count is None else DATA[offset : offset + count]
        assert copy(original, dst, offset=offset, count=count) == len(wanted)
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
    original, dst = tmp_path / "src", tmp_path / "dst"
    with open(str(original), "wb") as file:
        for at in (0, 1 << 30, (5 << 30) + 12345):
            file.seek(at)
            file.write(b"data" * 3000)
        file.truncate(size)
    need_holes(original)
    assert copy(original, dst, reflink="never") == size
    about = os.stat(str(dst))
    assert about.st_size == size and about.st_blocks * 512 <= os.stat(str(original)).st_blocks * 512 + (1 << 20)
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


# ---- progress ----


def test_progress(original, tmp_path):
    calls = []
    copy(original, tmp_path / "dst", progress=lambda *args: calls.append(args))
    assert calls[-1] == (len(DATA), len(DATA)) and len(calls) <= 3
    del calls[:]
    copy(original, tmp_path / "dst", count=100, progress=lambda *args: calls.append(args))
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


def test_without_the_kernels_help(original, tmp_path, monkeypatch):
    from zcio._transfer import atomic_file, copying, endpoints

    def missing(*args):
        raise NotImplementedError("fstat: not available on this platform")

    monkeypatch.setattr(copying, "_copy_small", lambda *arguments: None)
    monkeypatch.setattr(endpoints, "readable", missing)
    monkeypatch.setattr(endpoints, "writable", missing)
    monkeypatch.setattr(atomic_file, "fsync", missing)
    copied = copy(original, tmp_path / "dst", sync=True)
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
def test_descriptors_come_back(original, tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(300):
        copy(original, tmp_path / "dst", count=10)
    assert len(os.listdir("/proc/self/fd")) == before

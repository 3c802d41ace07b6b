"""Packages that use mmap work with zcio's in its place, and do use it."""

import os
import struct
import subprocess
import sys
import zipfile

import pytest


def shadowed(code, *arguments):
    """Run ``code`` in a fresh interpreter where mmap is zcio's from the start. Returns its output."""
    command = [sys.executable, "-m", "zcio", "run", "-c", "import zcio.mmap, sys\n" + code] + list(arguments)
    return subprocess.check_output(command).decode()


def test_numpy_memmap(tmp_path):
    pytest.importorskip("numpy")
    code = """
import numpy
path = sys.argv[1]
array = numpy.memmap(path, dtype="<i4", mode="w+", shape=(100, 3), offset=8)
array[7] = [1, 2, 3]
array.flush()
assert type(array._mmap) is zcio.mmap.mmap
again = numpy.memmap(path, dtype="<i4", mode="r", shape=(100, 3), offset=8)
assert (again[7] == [1, 2, 3]).all() and again.sum() == 6 and type(again[5:].base) is not None
copy = numpy.memmap(path, dtype="<i4", mode="c", offset=8)
copy[:] = 9
assert again.sum() == 6 and copy.sum() == 2700
numpy.save(path + ".npy", numpy.arange(1000))
loaded = numpy.load(path + ".npy", mmap_mode="r")
assert type(loaded._mmap) is zcio.mmap.mmap and loaded[::7].sum() == numpy.arange(1000)[::7].sum()
"""
    shadowed(code, str(tmp_path / "array"))


def test_multiprocessing_heap():
    code = """
from multiprocessing import heap, sharedctypes
arena = heap.Arena(8192)
assert type(arena.buffer) is zcio.mmap.mmap
block = heap.BufferWrapper(1000)
block.create_memoryview()[:3] = b"abc"
assert bytes(block.create_memoryview()[:4]) == b"abc\\0"
array = sharedctypes.RawArray("d", 100)
array[5] = 1.5
assert sum(array) == 1.5
try:
    from multiprocessing.shared_memory import SharedMemory
except ImportError:
    pass
else:
    memory = SharedMemory(create=True, size=5000)
    try:
        assert type(memory._mmap) is zcio.mmap.mmap
        memory.buf[:3] = b"xyz"
        other = SharedMemory(memory.name)
        assert bytes(other.buf[:3]) == b"xyz"
        other.close()
    finally:
        memory.close()
        memory.unlink()
"""
    shadowed(code)


def test_zipfile_in_a_mapping(tmp_path):
    path = str(tmp_path / "a.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(50):
            archive.writestr("member-%d" % number, os.urandom(10) * (number * 20))
    # zipfile asks for seekable(), which the standard mmap has from 3.13 on.
    code = """
import mmap, zipfile
path = sys.argv[1]
with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
    assert type(mapped) is zcio.mmap.mmap
    with zipfile.ZipFile(mapped) as archive, zipfile.ZipFile(path) as plain:
        assert archive.namelist() == plain.namelist() and len(archive.namelist()) == 50
        assert archive.testzip() is None
        for name in archive.namelist():
            assert archive.read(name) == plain.read(name)
"""
    shadowed(code, path)


def test_smmap_and_gitpython(tmp_path):
    pytest.importorskip("smmap")
    pytest.importorskip("git")
    code = """
import os, git, gitdb, smmap
path = sys.argv[1]
repo = git.Repo.init(path, odbt=git.GitDB)
with repo.config_writer() as config:
    config.set_value("user", "name", "x").set_value("user", "email", "x@example.org")
for number in range(20):
    with open(os.path.join(path, "file"), "a") as file:
        file.write("line %d\\n" % number * 200)
    repo.index.add(["file"])
    repo.index.commit("commit %d" % number)
repo.git.gc()
packs = os.path.join(path, ".git", "objects", "pack")
pack = os.path.join(packs, [name for name in os.listdir(packs) if name.endswith(".pack")][0])
commits = list(git.Repo(path, odbt=git.GitDB).iter_commits())
assert [commit.message for commit in commits] == ["commit %d" % number for number in range(19, -1, -1)]
assert commits[0].tree["file"].data_stream.read().count(b"\\n") == 4000
entity = gitdb.pack.PackEntity(pack)
assert sum(1 for _ in entity.stream_iter()) == entity.index().size() and entity.is_valid_stream(commits[0].binsha, True)
manager = smmap.SlidingWindowMapManager(window_size=4096)
cursor = manager.make_cursor(pack).use_region(0, 100)
assert type(cursor.region().buffer()) is zcio.mmap.mmap, type(cursor.region().buffer())
assert bytes(cursor.buffer()[:4]) == b"PACK"
"""
    shadowed(code, str(tmp_path))


def mmdb(path, value):
    """A MaxMind DB of one record of 24-bit nodes: both halves of the IPv4 space are ``value``, a short string."""

    def text(words):
        return bytes([0x40 | len(words)]) + words

    def number(kind, value, size):
        return bytes([kind << 5 | size]) + value.to_bytes(size, "big")

    metadata = [
        (b"node_count", number(6, 1, 4)),
        (b"record_size", number(5, 24, 2)),
        (b"ip_version", number(5, 4, 2)),
        (b"database_type", text(b"Test")),
        (b"binary_format_major_version", number(5, 2, 2)),
        (b"binary_format_minor_version", number(5, 0, 2)),
        (b"build_epoch", bytes([0x08, 0x02]) + struct.pack(">Q", 1)),
        (b"languages", bytes([0x00, 0x04])),
        (b"description", bytes([0xE0])),
    ]
    tree = (1 + 16).to_bytes(3, "big") * 2
    with open(path, "wb") as file:
        file.write(tree + bytes(16) + text(value) + b"\xab\xcd\xefMaxMind.com" + bytes([0xE0 | len(metadata)]))
        file.write(b"".join(text(key) + what for key, what in metadata))


def test_maxminddb(tmp_path):
    pytest.importorskip("maxminddb")
    path = str(tmp_path / "a.mmdb")
    mmdb(path, b"here")
    code = """
import maxminddb
with maxminddb.open_database(sys.argv[1], maxminddb.MODE_MMAP) as reader:
    assert type(reader._buffer) is zcio.mmap.mmap
    assert reader.get("1.2.3.4") == reader.get("200.1.1.1") == "here"
    assert reader.metadata().database_type == "Test"
"""
    shadowed(code, path)

"""While native code reads memory, its owner can neither close nor resize it. Tested for every entry of zcio._core.

Each entry is called with a core that tries to take the memory away before each of its functions runs.
"""

import array
import os
import sys

import pytest

import zcio.mmap as mmap
import zcio.re
import zcio.search
from zcio import _core
from zcio._call_guard import guarded_call
from zcio._core import (
    mapping as core_mapping,
    memory as core_memory,
    pipe as core_pipe,
    regex as core_regex,
    search as core_search,
)
from zcio._transfer.descriptors import Descriptor

PAGE = mmap.PAGESIZE
SIZE = 256 * PAGE
PYPY = sys.implementation.name == "pypy"
TEXT = b"needle"

# Functions that read no memory of the caller, except immutable bytes.
READ_NOTHING = {
    "byte_set",
    "chunk_new",
    "finder_new",
    "map_constants",
    "pool_clear",
    "pool_new",
    "pool_stats",
}
# Reads with the GIL, in one go, so that nobody can come in between.
NO_NATIVE_CALL = {"copy", "copy_in", "fill", "join", "memory", "put", "take"}
# Only in bytes, which nothing changes or takes away during the call.
IN_BYTES = {"offset_in"}
# Core functions without a buffer.
HARMLESS = {
    "zcio_chunk_free",
    "zcio_chunk_is_lent",
    "zcio_finder_free",
    "zcio_finder_new",
    "zcio_guard_closing",
    "zcio_guard_count",
    "zcio_guard_first",
    "zcio_guard_forget",
    "zcio_guard_free",
    "zcio_guard_new",
    "zcio_guard_reinstall",
    "zcio_guard_remap_file",
    "zcio_guard_stays",
    "zcio_guards",
    "zcio_init",
    "zcio_map_constants",
    "zcio_panic_message",
    "zcio_panic_probe",
    "zcio_pool_clear",
    "zcio_pool_free",
    "zcio_pool_new",
    "zcio_pool_read_stats",
    "zcio_pool_take",
    "zcio_regex_compile",
    "zcio_regex_free",
    "zcio_regex_is_bounded",
    "zcio_regex_new",
    "zcio_scan_free",
    "zcio_scan_new",
    "zcio_search_level",
    "zcio_version",
}

# Those of zcio._core.transfer, which take descriptors; test_syscalls.py looks at the one that takes buffers, too.
TRANSFERS = {
    "zcio_clone_file",
    "zcio_copy_file_range",
    "zcio_copy_path",
    "zcio_copy_paths",
    "zcio_copy_small",
    "zcio_describe",
    "zcio_file_flags",
    "zcio_fsync",
    "zcio_inject",
    "zcio_inject_clear",
    "zcio_proxy_new",
    "zcio_proxy_run",
    "zcio_proxy_take_back",
    "zcio_transfer_close",
    "zcio_transfer_free",
    "zcio_transfer_begin",
    "zcio_transfer_new",
    "zcio_transfer_run",
    "zcio_transfer_take_back",
    "zcio_read_ready",
    "zcio_seek",
    "zcio_sendfile",
    "zcio_splice",
    "zcio_tee",
    "zcio_truncate",
    "zcio_vmsplice",
    "zcio_write_ready",
}


def finder():
    return core_search.finder_new(TEXT)


def with_file(path, call):
    fd = os.open(path, os.O_RDWR)
    try:
        return call(fd)
    finally:
        os.close(fd)


# Every entry that reads or fills any buffer, and how it is called.
SEARCHES = {
    "count": lambda buffer: core_search.count(buffer, TEXT, 0, SIZE),
    "find": lambda buffer: core_search.find(buffer, TEXT, 0, SIZE),
    "find_any": lambda buffer: core_search.find_any(buffer, core_search.byte_set(TEXT), 0, SIZE),
    "finder_count": lambda buffer: core_search.finder_count(buffer, finder(), 0, SIZE),
    "finder_find": lambda buffer: core_search.finder_find(buffer, finder(), 0, SIZE),
    "finder_find_into": lambda buffer: core_search.finder_find_into(
        buffer, finder(), 0, SIZE, False, array.array("Q", [0] * 8)
    ),
    "finder_rfind": lambda buffer: core_search.finder_rfind(buffer, finder(), 0, SIZE),
    "read": lambda buffer: with_file("/dev/zero", lambda fd: core_pipe.read(Descriptor(fd), buffer, 0, SIZE)),
    "rfind": lambda buffer: core_search.rfind(buffer, TEXT, 0, SIZE),
    "rfind_any": lambda buffer: core_search.rfind_any(buffer, core_search.byte_set(TEXT), 0, SIZE),
    "spans_find": lambda buffer: core_pipe.spans_find([(buffer, 0, SIZE)], TEXT, 0),
    "writev": lambda buffer: with_file("/dev/null", lambda fd: core_pipe.writev(Descriptor(fd), [(buffer, 0, SIZE)])),
}
# And those that take a mapping.
MAPPINGS = {
    "madvise": lambda mapping: core_mapping.madvise(mapping, 0, SIZE, mmap.MADV_NORMAL),
    "may_grow": lambda mapping: core_mapping.may_grow(mapping, SIZE),
    "map_file": lambda mapping: with_a_file(
        lambda fd: core_mapping.map_file(mapping, fd, 0, mmap.PROT_READ, mmap.MAP_SHARED)
    ),
    "msync": lambda mapping: core_mapping.msync(mapping, 0, SIZE, mmap.MS_SYNC),
    "set_name": lambda mapping: core_mapping.set_name(mapping, b"zcio"),
}


def with_a_file(call):
    """``call(fd)`` of a file as large as the tested mapping."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.truncate(SIZE)
        return call(file.fileno())


# The module through which the package calls each of them.
METHODS = {
    "find": lambda mapping: mapping.find(TEXT, 0),
    "rfind": lambda mapping: mapping.rfind(TEXT, 0),
    "search.find": lambda mapping: zcio.search.find(mapping, TEXT),
    "search.rfind": lambda mapping: zcio.search.rfind(mapping, TEXT),
    "search.count": lambda mapping: zcio.search.count(mapping, TEXT),
    "search.find_all": lambda mapping: list(zcio.search.find_all(mapping, TEXT)),
    "search.lines": lambda mapping: list(zcio.search.lines(mapping)),
}
if PYPY or sys.version_info < (3, 15):
    METHODS["flush"] = lambda mapping: mapping.flush()
    METHODS["madvise"] = lambda mapping: mapping.madvise(mmap.MADV_NORMAL)


class Watched:
    """The core, with ``intrude()`` called before each of its functions."""

    def __init__(self, lib, intrude):
        self.called = []
        self._lib = lib
        self._intrude = intrude

    def __getattr__(self, name):
        member = getattr(self._lib, name)
        if name in HARMLESS or not callable(member):
            return member

        def call(*arguments):
            self.called.append(name)
            self._intrude()
            return member(*arguments)

        return call


def watch(monkeypatch, intrude):
    core = Watched(_core.lib, intrude)
    for module in (core_mapping, core_memory, core_pipe, core_search):
        monkeypatch.setattr(module, "lib", core)
    return core


def taking_away(mapping):
    def intrude():
        with pytest.raises(BufferError):
            mapping.close()
        with pytest.raises(BufferError):
            mapping.resize(PAGE)
        assert len(mapping) == SIZE

    return intrude


def private_mapping():
    mapping = mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    mapping[SIZE // 2 : SIZE // 2 + len(TEXT)] = TEXT
    return mapping


def test_every_entry_is_looked_at():
    known = READ_NOTHING | NO_NATIVE_CALL | IN_BYTES | set(SEARCHES) | set(MAPPINGS)
    entries = set(core_mapping.__all__) | set(core_search.__all__) | set(core_memory.__all__) | set(core_pipe.__all__)
    assert entries == known, "an entry without a row here, or a row without an entry"


def test_every_function_of_the_core_is_looked_at(monkeypatch):
    reached = set()
    for name, entry in sorted(dict(SEARCHES, **MAPPINGS).items()):
        with monkeypatch.context() as patch:
            core = watch(patch, lambda: None)
            mapping = private_mapping()
            try:
                entry(mapping)
            except OSError:
                assert name == "set_name"  # the kernel cannot
            reached.update(core.called)
    functions = {name for name in dir(_core.lib) if name.startswith("zcio_")}
    functions.remove("zcio_regex_spans")  # test_a_pattern_holds_its_buffer
    assert functions - HARMLESS - TRANSFERS - reached == set()


def test_a_pattern_holds_its_buffer(monkeypatch):
    called = []
    spans = core_regex._spans

    def watched(*arguments):
        called.append(arguments)
        intrude()
        return spans(*arguments)

    mapping = private_mapping()
    intrude = taking_away(mapping)
    monkeypatch.setattr(core_regex, "_spans", watched)
    assert zcio.re.compile(b"(?:" + TEXT + b"|absent)").count(mapping) == 1
    assert called


@pytest.mark.parametrize("name", sorted(dict(SEARCHES, **MAPPINGS)))
def test_a_mapping_is_held(monkeypatch, name):
    mapping = private_mapping()
    core = watch(monkeypatch, taking_away(mapping))
    try:
        guarded_call(dict(SEARCHES, **MAPPINGS)[name])(mapping)
    except OSError:
        assert name == "set_name"  # the kernel cannot
    assert core.called
    # And let go of at once, nothing left to the garbage collector.
    mapping.resize(PAGE)
    mapping.close()


@pytest.mark.parametrize("name", sorted(SEARCHES))
@pytest.mark.skipif(PYPY, reason="PyPy 7.3 resizes a bytearray under any export")
def test_a_bytearray_is_held(monkeypatch, name):
    memory = bytearray(SIZE)

    def intrude():
        with pytest.raises(BufferError):
            memory.append(0)

    core = watch(monkeypatch, intrude)
    SEARCHES[name](memory)
    assert core.called
    memory.append(0)


@pytest.mark.skipif(PYPY, reason="PyPy 7.3 resizes a bytearray under any export")
def test_the_memory_that_offsets_are_written_to_is_held(monkeypatch):
    out = array.array("Q", [0] * 8)

    def intrude():
        with pytest.raises(BufferError):
            out.append(0)

    watch(monkeypatch, intrude)
    core_search.finder_find_into(TEXT * 3, finder(), 0, 3 * len(TEXT), False, out)
    out.append(0)
    assert out[:3].tolist() == [0, 6, 12]


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_and_functions_hold_a_mapping(monkeypatch, name):
    mapping = private_mapping()
    core = watch(monkeypatch, taking_away(mapping))
    METHODS[name](mapping)
    assert core.called or name == "search.lines"
    mapping.resize(PAGE)
    mapping.close()


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_a_call_that_fails_lets_go(monkeypatch, name):
    class Interrupted(Exception):
        pass

    def intrude():
        raise Interrupted

    mapping = private_mapping()
    watch(monkeypatch, intrude)
    with pytest.raises(Interrupted) as caught:
        guarded_call(SEARCHES[name])(mapping)
    # Even while the traceback is alive, which holds the frame of the call.
    assert caught.tb is not None
    mapping.resize(PAGE)
    mapping.close()

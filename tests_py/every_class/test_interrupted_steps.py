"""An exception of a signal handler at any step of a method reaches the caller, and the object stays usable."""

import array
import ctypes
import io
import os
import socket

import pytest
from interrupt_support import Interrupted, check_interruptions_arrive, needs_early_opcodes, needs_opcodes

from zcio import BytesIO, Cursor, search, shutil
from zcio._core import regex as core_regex, search as core_search
from zcio.mmap import ACCESS_READ, MADV_NORMAL, MAP_PRIVATE, mmap, open_path
from zcio.pipe import Pipe, Pool
from zcio.splice import Splicer, copy, splice

DATA = b"abc\ndefg\n" * 60


def names(table):
    return pytest.mark.parametrize("call", [table[name] for name in sorted(table)], ids=sorted(table))


# ---- Pipe ----


class Connected:
    """A Pipe and a connection on which something arrived."""

    def __init__(self):
        self.near, self.far = socket.socketpair()
        self.file = self.near.makefile("rb")
        self.far.sendall(b"hello" * 50)
        self.pipe = filled()


def filled():
    pipe = Pipe(Pool(chunk_size=256))
    pipe.write(DATA)
    return pipe


def check_pipe(pipe):
    size = len(pipe)
    data = pipe.read()
    assert data is None or len(data) == size
    if not pipe.closed():
        pipe.write(b"x" * 1000)
        pipe.write(b"y" * 10)
        assert pipe.read() == b"x" * 1000 + b"y" * 10


def check_connected(connected):
    connected.file.close()
    connected.near.close()
    connected.far.close()
    check_pipe(connected.pipe)


PIPE = {
    "write": lambda pipe: pipe.write(array.array("i", [1] * 500)),
    "write to an empty one": lambda pipe: (pipe.read(), pipe.shrink(), pipe.write(b"z" * 3000)),
    "write to a full chunk": lambda pipe: (pipe.read(), pipe.write(b"z" * 256), pipe.write(b"z" * 3000)),
    "get_buffer": lambda pipe: (pipe.get_buffer(900), pipe.buffer_written(5)),
    "read": lambda pipe: pipe.read(1000),
    "read_zerocopy": lambda pipe: list(pipe.read_zerocopy()),
    "readexact": lambda pipe: pipe.readexact(300),
    "readinto": lambda pipe: pipe.readinto(bytearray(700)),
    "readline": lambda pipe: [pipe.readline() for _ in range(40)],
    "readuntil": lambda pipe: pipe.readuntil((b"zz", b"fg\n")),
    "split": lambda pipe: pipe.split(b"\n"),
    "records": lambda pipe: list(pipe.records(b"\n")),
    "find": lambda pipe: pipe.find(b"absent"),
    "skip": lambda pipe: pipe.skip(700),
    "shrink": lambda pipe: (pipe.read(), pipe.shrink()),
    "eof": lambda pipe: pipe.eof(),
}

CONNECTED = {
    "recv_from a socket": lambda it: it.pipe.recv_from(it.near),
    "recv_from a descriptor": lambda it: it.pipe.recv_from(it.near.fileno()),
    "recv_from a file": lambda it: it.pipe.recv_from(it.file),
    "writev_to a socket": lambda it: it.pipe.writev_to(it.near),
    "writev_to a descriptor": lambda it: it.pipe.writev_to(it.near.fileno()),
    "writev_to memory": lambda it: it.pipe.writev_to(io.BytesIO()),
}


@needs_opcodes
@names(PIPE)
def test_a_pipe(call):
    check_interruptions_arrive(filled, call, check_pipe)


@needs_opcodes
def test_chunks_return_to_the_pool():
    pool = Pool(chunk_size=256)

    def check(subject):
        assert pool.stats()["lent"] == 0

    check_interruptions_arrive(lambda: None, lambda subject: Pipe(pool).write(b"x" * 3000), check)


@needs_opcodes
@pytest.mark.parametrize(
    "module, kind, make",
    [
        (core_search, "finder", lambda: search.Finder(b"needle").needle),
        (core_regex, "regex", lambda: core_regex.compile("needle", 6, None, False)),
    ],
    ids=["finder", "regex"],
)
def test_native_objects_are_freed(monkeypatch, module, kind, make):
    made, freed = [], []
    lib = module.lib

    class Counting:
        def __getattr__(self, name):
            function = getattr(lib, name)
            calls = {"zcio_%s_new" % kind: made, "zcio_%s_free" % kind: freed}.get(name)
            return function if calls is None else lambda *arguments: calls.append(name) or function(*arguments)

    def check(subject):
        assert len(made) == len(freed)

    monkeypatch.setattr(module, "lib", Counting())
    check_interruptions_arrive(lambda: None, lambda subject: make() and None, check)


@needs_opcodes
@names(CONNECTED)
def test_a_pipe_that_is_connected(call):
    check_interruptions_arrive(Connected, call, check_connected)


# ---- memory ----

MEMORY = {
    "make": lambda: (Cursor(bytearray(8)).close(), BytesIO(bytearray(8)).close()),
    "over ctypes": lambda: Cursor((ctypes.c_int * 3)()).read(5),
    "write": lambda: Cursor(bytearray(8)).write(array.array("i", [1])),
    "readinto": lambda: Cursor(bytearray(8)).readinto(array.array("i", [1])),
    "readlines": lambda: Cursor(bytearray(DATA)).readlines(100),
    "readuntil": lambda: Cursor(bytearray(DATA)).readuntil(b"fg"),
    "BytesIO.find": lambda: BytesIO(DATA).find(b"absent"),
    "search.lines": lambda: list(search.lines(memoryview(DATA))),
    "search.find_all": lambda: list(search.find_all(bytearray(DATA), b"abc")),
    "mmap.find": lambda: mmap(-1, 8192, flags=MAP_PRIVATE).find(bytearray(b"absent")),
    "mmap.resize": lambda: mmap(-1, 8192, flags=MAP_PRIVATE).resize(100),
}


@needs_opcodes
@names(MEMORY)
def test_memory(call):
    check_interruptions_arrive(lambda: None, lambda subject: call())


# open_path() leaves it to the file's destructor to close the descriptor, if a handler raises just after it was opened.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@needs_opcodes
def test_mapping_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    check_interruptions_arrive(lambda: None, lambda subject: open_path(path, offset=100).close())
    with path.open("rb") as file:
        check_interruptions_arrive(
            lambda: None, lambda subject: mmap(file.fileno(), 0, access=ACCESS_READ, trackfd=False).close()
        )


# ---- between descriptors ----


class Ends:
    def __init__(self, directory):
        self.directory = directory
        self.path, self.target = directory / "src", directory / "dst"
        self.path.write_bytes(DATA)
        self.target.write_bytes(b"old")
        self.source, self.sink = self.path.open("rb"), self.target.open("r+b")
        self.near, self.far = socket.socketpair()


def check_ends(ends):
    for end in (ends.source, ends.sink, ends.near, ends.far):
        end.close()
    assert sorted(os.listdir(str(ends.directory))) == ["dst", "src"]


def step_to_the_end(ends):
    with Splicer(ends.source, ends.sink) as splicer:
        while not splicer.done:
            splicer.step()


BETWEEN = {
    "splice": lambda ends: splice(ends.source, ends.sink),
    "Splicer": step_to_the_end,
    "copy paths": lambda ends: copy(ends.path, ends.target),
    "copy files": lambda ends: copy(ends.source, ends.sink),
    "copy from a socket": lambda ends: (ends.far.send(b"x"), copy(ends.near, ends.sink, count=1)),
    "copy from memory": lambda ends: copy(io.BytesIO(DATA), ends.near),
    "copy to memory": lambda ends: copy(ends.source, io.BytesIO()),
    "copyfile": lambda ends: shutil.copyfile(ends.path, ends.target),
    "copyfile, atomic": lambda ends: shutil.copyfile(ends.path, ends.target, atomic=True),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@needs_opcodes
@names(BETWEEN)
def test_between_descriptors(call, tmp_path):
    check_interruptions_arrive(lambda: Ends(tmp_path), call, check_ends)


@needs_opcodes
@pytest.mark.parametrize("kind", ["raw", "buffered"])
def test_an_interrupted_copy_tells_what_was_delivered(tmp_path, kind):
    (tmp_path / "src").write_bytes(DATA)
    src, dst = str(tmp_path / "src"), str(tmp_path / "dst")
    errors = []

    def copied(ends):
        try:
            copy(*ends)
        except Interrupted as error:
            errors.append(error)
            raise

    def check(ends):
        delivered = os.stat(dst).st_size
        assert delivered in (0, len(DATA)) and [end.tell() for end in ends] == [delivered] * 2
        # After copy() is done with it, an exception knows nothing of it.
        assert getattr(errors[-1], "moved", delivered) == delivered
        for end in ends:
            end.close()

    buffering = -1 if kind == "buffered" else 0
    check_interruptions_arrive(lambda: [open(src, "rb", buffering), open(dst, "wb", buffering)], copied, check)
    assert any(getattr(error, "moved", None) == len(DATA) for error in errors)


FINDER, OFFSETS = search.Finder(b"absent"), array.array("Q", [0] * 4)

# ---- exports that a ``with`` holds, where handlers run before its exit is called ----


def with_a_cursor():
    with Cursor(bytearray(DATA * 8)) as cursor:
        cursor.write(array.array("i", [1]))
        cursor.readline()


def with_a_mapping():
    with mmap(-1, 8192, flags=MAP_PRIVATE) as mapping:
        mapping.madvise(MADV_NORMAL)
        mapping.flush()


def in_a_mapping(*calls):
    def search_it():
        with mmap(-1, 8192, flags=MAP_PRIVATE) as mapping:
            for call in calls:
                call(mapping)

    return search_it


EXPORTS = {
    "cursor": with_a_cursor,
    "mapping": with_a_mapping,
    "find": in_a_mapping(lambda m: search.find(m, b"absent"), lambda m: search.find_any(m, b"x")),
    "rfind": in_a_mapping(lambda m: search.rfind(m, b"absent"), lambda m: search.rfind_any(m, b"x")),
    "count": in_a_mapping(lambda m: search.count(m, b"absent")),
    "finder": in_a_mapping(lambda m: FINDER.find_into(m, OFFSETS), lambda m: list(FINDER.find_all(m))),
    "lines": in_a_mapping(lambda m: list(m.lines()), lambda m: list(zip(range(1), m.find_all(b"\0")))),
    "needle": lambda: search.rfind(memoryview(DATA * 8), bytearray(b"absent")),
    "pipe": lambda: Pipe().write(array.array("i", [1] * 100)),
}


@needs_early_opcodes
@names(EXPORTS)
def test_no_export_is_left_to_an_outer_with(call):
    """Otherwise a BufferError would take the place of the handler's exception."""
    check_interruptions_arrive(lambda: None, lambda subject: call())

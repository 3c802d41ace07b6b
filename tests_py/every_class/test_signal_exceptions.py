"""An exception that a signal handler raises during a call of mmap, search, Cursor or BytesIO arrives exactly once."""

import array
import gc
import io

import pytest
from signal_support import Alarm, check_alarms_arrive, lost_alarms, needs_alarms

from zcio import BytesIO, Cursor, search
from zcio._mapping import constructor, guarded
from zcio.mmap import MADV_NORMAL, MAP_PRIVATE, GuardedMmap, mmap, open_path

pytestmark = needs_alarms

SIZE = 16384
TEXT = b"a line of text\n" * (SIZE // 15) + b"x" * (SIZE % 15)


def filled(kind):
    mapping = kind(-1, SIZE, flags=MAP_PRIVATE)
    mapping[:] = TEXT
    return mapping


BUFFERS = {
    "bytes": lambda: TEXT,
    "bytearray": lambda: bytearray(TEXT),
    "memoryview": lambda: memoryview(TEXT),
    "array": lambda: array.array("b", TEXT),
    "mmap": lambda: filled(mmap),
}

SEARCHES = {
    "find near": lambda b: search.find(b, b"line"),
    "find in a window": lambda b: search.find(b, b"xy", 0, 4000),
    "find far": lambda b: search.find(b, b"xy"),
    "find one byte": lambda b: search.find(b, 120, 5),
    "rfind in a window": lambda b: search.rfind(b, b"xy", 0, 4000),
    "rfind far": lambda b: search.rfind(b, bytearray(b"xy")),
    "count in a window": lambda b: search.count(b, b"line", 0, 300),
    "count": lambda b: search.count(b, b"line"),
    "find_any": lambda b: search.find_any(b, b"xyz"),
    "rfind_any": lambda b: search.rfind_any(b, b"yz"),
    "find_all": lambda b: list(search.find_all(b, b"line", 0, 2000)),
    "lines": lambda b: list(search.lines(b, 0, 2000)),
    "line_views": lambda b: list(search.line_views(b, 0, 2000)),
    "shards": lambda b: search.shards(b, 3),
    "Finder": lambda b: search.Finder(b"xy").find(b),
    "Finder.rfind": lambda b: search.Finder(b"xy").rfind(b, 0, 3000),
    "Finder.count": lambda b: search.Finder(b"xy").count(b),
    "Finder.find_into": lambda b: search.Finder(b"t").find_into(b, array.array("Q", bytes(64))),
}

METHODS = {
    "find near": lambda m: m.find(b"line"),
    "find in a window": lambda m: m.find(b"xy", 0, 4000),
    "find from a start": lambda m: m.find(b"xy", 5),
    "find far": lambda m: m.find(b"xy"),
    "find a bytearray": lambda m: m.find(bytearray(b"xy"), 0, 3000),
    "rfind in a window": lambda m: m.rfind(b"xy", 0, 4000),
    "rfind from a start": lambda m: m.rfind(b"xy", 5),
    "rfind far": lambda m: m.rfind(b"xy"),
    "count": lambda m: m.count(b"line"),
    "find_all": lambda m: list(m.find_all(b"line", 0, 2000)),
    "lines": lambda m: list(m.lines(0, 2000)),
    "line_views": lambda m: list(m.line_views(0, 2000)),
    "iteration": list,
    "reversed": lambda m: list(reversed(m)),
    "in": lambda m: b"x" in m,
    "not in": lambda m: b"\0" in m,
    "an int in": lambda m: 5 in m,
    "item": lambda m: m[5],
    "slice": lambda m: m[5:50],
    "assignment": lambda m: m.__setitem__(slice(0, 4), b"abcd"),
    "read": lambda m: (m.seek(0), m.read(100)),
    "readline": lambda m: (m.seek(0), m.readline()),
    "read_byte": lambda m: (m.seek(0), m.read_byte()),
    "write": lambda m: (m.seek(0), m.write(b"abcd")),
    "write_byte": lambda m: (m.seek(0), m.write_byte(97)),
    "seek": lambda m: m.seek(100),
    "seekable": lambda m: m.seekable(),
    "tell": lambda m: m.tell(),
    "size": lambda m: m.size(),
    "len": len,
    "move": lambda m: m.move(0, 100, 200),
    "flush": lambda m: m.flush(),
    "madvise": lambda m: m.madvise(MADV_NORMAL),
    "resize": lambda m: m.resize(SIZE),
    "repr": repr,
    "buffer": lambda m: m.__buffer__(0).release(),
}

STREAMS = {
    "make": lambda file: (BytesIO(bytearray(8)).close(), Cursor(bytearray(8)).close()),
    "read": lambda file: file.read(10),
    "readline": lambda file: file.readline(),
    "loop": lambda file: [line for line in file],
    "readlines": lambda file: file.readlines(100),
    "readinto": lambda file: file.readinto(array.array("i", [0, 0])),
    "write": lambda file: file.write(b"another"),
    "write array": lambda file: file.write(array.array("i", [0, 0])),
    "writelines": lambda file: file.writelines([b"one", bytearray(b"two")]),
    "peek": lambda file: file.peek(10),
    "find": lambda file: file.find(b"absent"),
    "readuntil": lambda file: file.readuntil(b"e\n"),
    "read_view": lambda file: file.read_view(10).release(),
    "getbuffer": lambda file: file.getbuffer().release(),
    "remaining": lambda file: file.remaining(),
}


def numbers(table):
    return pytest.mark.parametrize("call", [table[name] for name in sorted(table)], ids=sorted(table))


@pytest.mark.parametrize("make", [BUFFERS[name] for name in sorted(BUFFERS)], ids=sorted(BUFFERS))
@numbers(SEARCHES)
def test_functions_of_search(make, call):
    buffer = make()
    check_alarms_arrive(lambda: call(buffer), rounds=15)


@numbers(METHODS)
def test_methods_of_a_mapping(call):
    with filled(mmap) as mapping:
        check_alarms_arrive(lambda: call(mapping), rounds=30)


@numbers(METHODS)
def test_methods_of_a_guarded_mapping(call):
    with filled(GuardedMmap) as mapping:
        check_alarms_arrive(lambda: call(mapping), rounds=30)


@pytest.mark.parametrize("make", [BytesIO, Cursor], ids=["BytesIO", "Cursor"])
@numbers(STREAMS)
def test_methods_of_a_stream(make, call):
    file = make(bytearray(b"a line\n" * 200))
    check_alarms_arrive(lambda: (file.seek(0), call(file)), rounds=40)


@pytest.mark.parametrize(
    "error", [IndexError, LookupError, OSError, OverflowError, StopIteration, TypeError, ValueError]
)
@pytest.mark.parametrize("name", ["find in a window", "find far", "rfind in a window", "in", "not in"])
def test_whatever_the_handler_raises(name, error):
    """The handler's exception may be of a class that the library itself catches somewhere."""
    with filled(mmap) as mapping:
        check_alarms_arrive(lambda: METHODS[name](mapping), rounds=20, error=error)


# A file whose opening is broken off is closed with its last reference, which is worth a warning.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_opening_and_closing(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(TEXT)
    check_alarms_arrive(lambda: open_path(path, offset=5).close(), rounds=30)
    with io.open(str(path), "r+b") as file:
        check_alarms_arrive(lambda: mmap(file.fileno(), 0, trackfd=False).close(), rounds=30)
    gc.collect()


@pytest.mark.parametrize("step", [(constructor, "_map_file"), (guarded, "_watch")], ids=lambda step: step[1])
def test_an_exception_whose_frame_holds_the_export(step, tmp_path, monkeypatch):
    def interrupted(mapping, *_):
        held.append(memoryview(mapping))  # up to 3.9, the end of a `with` that an alarm broke off leaves it held
        raise Alarm

    held = []
    monkeypatch.setattr(*step, interrupted)
    path = tmp_path / "file"
    path.write_bytes(TEXT)
    with io.open(str(path), "r+b") as file:
        try:
            GuardedMmap(file.fileno(), 0, trackfd=False)
        except Alarm:
            assert held
        else:
            assert step[1] == "_map_file"
            assert not held  # CPython 3.13's own mmap maps without a descriptor
    del held[:]


def test_the_harness_sees_what_is_lost():
    def call():
        try:
            sum(range(500))
        except Exception:
            pass

    assert lost_alarms(call, rounds=50) > 10
    assert lost_alarms(lambda: sum(range(500)), rounds=50) == 0
    assert issubclass(Alarm, Exception)

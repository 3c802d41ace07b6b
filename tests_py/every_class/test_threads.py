"""The rules of docs/threads.md for Cursor, BytesIO and iterators."""

import gc
import sys
import threading

import pytest

import zcio.re
import zcio.search
from zcio import BytesIO, Cursor
from zcio._batches import BatchIterator, iterate
from zcio._pipe.records import RecordIterator
from zcio._search.lines import Records
from zcio._search.offsets import Offsets

COUNT = 4000
LINES = [b"%d\n" % number for number in range(COUNT)]


@pytest.fixture(autouse=True)
def frequent_switches():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def taken_by_threads(read, count=3):
    """Call ``read()`` in ``count`` threads until it returns b"". Returns what they read, and the exceptions of some."""
    found, errors = [], []

    def work():
        try:
            while True:
                data = read()
                if not data:
                    return
                found.append(data)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, errors


needs_atomic_check = pytest.mark.skipif(
    sys.version_info < (3, 11) or sys.implementation.name == "pypy",
    reason="the check of a Cursor is not atomic there, as documented",
)

NEXT = {
    "readline": lambda cursor: cursor.readline(),
    "next": lambda cursor: next(cursor, b""),
    "read": lambda cursor: cursor.read(4),
    "readuntil": lambda cursor: cursor.readuntil(b"\n"),
    "readinto": lambda cursor: (lambda target: bytes(target[: cursor.readinto(target)]))(bytearray(4)),
}


@needs_atomic_check
@pytest.mark.parametrize("name", sorted(NEXT))
def test_threads_that_read_one_cursor_get_an_error_rather_than_data_twice(name):
    data = b"".join(b"%03d\n" % number for number in range(1000))
    for _ in range(5):
        cursor = Cursor(bytearray(data))
        found, errors = taken_by_threads(lambda cursor=cursor: NEXT[name](cursor))
        assert len(set(found)) == len(found)
        assert [type(error) for error in errors] == [RuntimeError] * len(errors)
        assert all("two threads" in str(error) for error in errors)
        if not errors:
            assert sorted(found) == sorted(data.splitlines(True))


@needs_atomic_check
def test_threads_that_loop_over_one_cursor_get_no_line_twice():
    for _ in range(5):
        cursor = Cursor(bytearray(b"".join(LINES)))
        loops = threading.local()

        def read(cursor=cursor, loops=loops):
            if not hasattr(loops, "lines"):
                loops.lines = iter(cursor)
            return next(loops.lines, b"")

        found, errors = taken_by_threads(read)
        assert len(set(found)) == len(found)
        assert all(type(error) is RuntimeError for error in errors)


@pytest.mark.parametrize("make", [BytesIO, Cursor], ids=["BytesIO", "Cursor over bytes"])
def test_threads_that_read_lines_of_one_stream_get_each_once(make):
    if sys.implementation.name == "pypy":
        pytest.skip("its own BytesIO is several steps, too")
    stream = make(b"".join(LINES))
    found, errors = taken_by_threads(stream.readline)
    assert not errors
    assert sorted(found) == sorted(LINES)


class Interfering:
    """Memory that moves the position of its cursor when it is read, as another thread or a signal handler may."""

    def __init__(self, cursor):
        self.cursor = cursor
        self.memory = cursor._memory

    def __getitem__(self, key):
        self.cursor.seek(3)
        return self.memory[key]

    def __setitem__(self, key, data):
        self.cursor.seek(3)
        self.memory[key] = data


@pytest.mark.parametrize(
    "call",
    [
        lambda cursor: cursor.read(2),
        lambda cursor: cursor.read(),
        lambda cursor: cursor.readline(),
        lambda cursor: cursor.readline(2),
        lambda cursor: cursor.readuntil(b"c"),
        lambda cursor: cursor.readinto(bytearray(2)),
        lambda cursor: cursor.readinto(bytearray(20)),
        lambda cursor: cursor.write(b"x"),
        next,
    ],
)
def test_a_position_that_moved_during_a_call_is_a_runtime_error(call):
    cursor = Cursor(bytearray(b"abcdef\n"))
    cursor._memory = Interfering(cursor)
    with pytest.raises(RuntimeError, match="two threads at once"):
        call(cursor)
    assert cursor.tell() == 3


@pytest.mark.parametrize("kind", [Offsets, Records, RecordIterator])
def test_an_iterator_that_is_asked_while_it_runs_lives_on(kind):
    # As by another thread, or a signal handler: itertools.chain alone frees the generator that runs.
    def batches():
        with pytest.raises(ValueError, match="already executing"):
            next(found)
        gc.collect()
        yield (1, 2)

    found = iterate(kind, batches())
    assert next(found) == 1


@pytest.mark.parametrize("name", ["finditer", "spans"])
def test_iterators_of_a_pattern_live_on_too(name):
    assert isinstance(getattr(zcio.re.compile(b"ne+dle"), name)(b"y" * 100000), BatchIterator)


SHARED = {
    "find_all": lambda data: zcio.search.find_all(data, b"needle"),
    "finditer": lambda data: zcio.re.finditer(b"ne+dle", data),
    "line_views": lambda data: zcio.search.line_views(data, sep=b" "),
}


@pytest.mark.parametrize("name", sorted(SHARED))
def test_threads_that_share_an_iterator_get_no_item_twice(name):
    shared = SHARED[name]((b"y" * 500 + b"needle7 ") * 2000)
    found, errors = taken_by_threads(lambda: next(shared, None))
    places = [item.start() if name == "finditer" else id(item) if name == "line_views" else item for item in found]
    assert len(set(places)) == len(places) <= 2000
    assert all(type(error) is ValueError for error in errors)

"""A Cursor leaves no export behind: its memory and its arguments can be resized after a call. Threads may share one."""

import array
import gc
import io
import sys
import threading
import time

import pytest

import zcio.mmap
from zcio import Cursor

PYPY = sys.implementation.name == "pypy"
DATA = b"one\n" + b"two, a longer line\n" * 400 + b"the end"


def iterate(cursor):
    lines = iter(cursor)
    next(lines)
    return lines


#: Calls of a Cursor that could leave an export behind.
STEPS = {
    "nothing": lambda cursor: None,
    "read": lambda cursor: cursor.read(5),
    "read on and on": lambda cursor: [cursor.read(5) for _ in range(40)],
    "readinto": lambda cursor: cursor.readinto(bytearray(5)),
    "readinto a view": lambda cursor: cursor.readinto(memoryview(bytearray(5))),
    "readinto behind the end": lambda cursor: cursor.readinto(bytearray(9000)),
    "readinto ints": lambda cursor: cursor.readinto(array.array("i", [1, 2])),
    "readline": lambda cursor: cursor.readline(),
    "readline(3)": lambda cursor: cursor.readline(3),
    "readlines": lambda cursor: cursor.readlines(),
    "some lines": iterate,
    "all lines": list,
    "readuntil": lambda cursor: cursor.readuntil(b"the"),
    "find": lambda cursor: cursor.find(b"the"),
    "peek": lambda cursor: cursor.peek(),
    "write": lambda cursor: cursor.write(b"x"),
    "write a view": lambda cursor: cursor.write(memoryview(b"xyz")),
    "writelines": lambda cursor: cursor.writelines([b"x", bytearray(b"y")]),
    "released views": lambda cursor: [cursor.read_view(3).release(), cursor.getbuffer().release()],
    "dropped views": lambda cursor: bool(cursor.read_view(3)) and bool(cursor.getbuffer()),
    "getvalue": lambda cursor: len(cursor.getvalue()),
    "repr": repr,
    "init": lambda cursor: cursor.__init__(bytearray(5)),
}

#: Calls that fail. The exception, with its traceback, is kept while the memory is resized.
FAILURES = {
    "read": (TypeError, lambda cursor: cursor.read("x")),
    "readinto": (TypeError, lambda cursor: cursor.readinto(b"x")),
    "seek": (ValueError, lambda cursor: cursor.seek(-1)),
    "write": (TypeError, lambda cursor: cursor.write("x")),
    "write too much": (BufferError, lambda cursor: cursor.write(bytes(9000))),
    "write a large view": (BufferError, lambda cursor: cursor.write(memoryview(bytes(9000)))),
    "writelines": (TypeError, lambda cursor: cursor.writelines([b"x", 5])),
    "find": (TypeError, lambda cursor: cursor.find("x")),
    "readuntil": (ValueError, lambda cursor: cursor.readuntil(b"")),
    "truncate": (OSError, lambda cursor: cursor.truncate()),
    "init": (TypeError, lambda cursor: cursor.__init__("x")),
    "setstate": (TypeError, lambda cursor: cursor.__setstate__(5)),
}


def sources(memory):
    yield memory
    view = memoryview(memory)
    yield view
    view.release()


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize("step", sorted(set(STEPS) - {"dropped views"}))
def test_closing_gives_it_back_at_once(step, readonly):
    """Without a collection: PyPy 8 counts the views of a bytearray, and a dropped one until it is collected."""
    memory = bytearray(DATA)
    with memoryview(memory) as view, view[10:] as part:
        for source in (memory, view, part):
            cursor = Cursor(source, readonly=readonly)
            try:
                STEPS[step](cursor)
            except io.UnsupportedOperation:
                assert readonly
            cursor.close()
    memory += b"after close()"


@pytest.mark.skipif(PYPY, reason="what is dropped is held until it is collected")
@pytest.mark.parametrize("step", sorted(STEPS))
def test_memory_grows_again(step):
    memory = bytearray(DATA)
    for source in sources(memory):
        cursor = Cursor(source)
        kept = STEPS[step](cursor)
        cursor.close()
        del kept
        if source is memory:
            memory += b"after close()"
    with Cursor(memory) as cursor:
        kept = STEPS[step](cursor)
    memory += b"after with, whatever the step gave is kept"
    del kept
    cursor = Cursor(memory)
    STEPS[step](cursor)
    del cursor
    memory += b"after the last reference"
    cursor = Cursor(memory)
    cursor.itself = cursor, STEPS[step](cursor)
    del cursor
    gc.collect()
    memory += b"after garbage collection"


@pytest.mark.skipif(PYPY, reason="nothing is exported there")
@pytest.mark.parametrize("step", sorted(FAILURES))
def test_memory_grows_though_the_exception_is_kept(step):
    error, function = FAILURES[step]
    memory = bytearray(DATA)
    cursor = Cursor(memory)
    with pytest.raises(error) as caught:
        function(cursor)
    cursor.close()
    memory += b"after a failure"
    with pytest.raises(ValueError):
        cursor.read()
    assert caught.value is not None


@pytest.mark.skipif(PYPY, reason="nothing is exported there")
def test_what_is_passed_grows_though_the_exception_is_kept():
    target = bytearray(9000)
    for readonly in (False, True):
        with Cursor(bytearray(5), readonly) as cursor:
            with pytest.raises((BufferError, OSError)) as caught:
                cursor.write(target)
            target += b"after a write that failed"
        with pytest.raises(ValueError) as caught_too:
            cursor.write(target)
        target += b"of a closed one"
        with pytest.raises(ValueError) as caught_three:
            cursor.readinto(target)
        target += b"into it"
        assert caught.value and caught_too.value and caught_three.value


@pytest.mark.skipif(PYPY, reason="nothing is exported there")
def test_failing_to_make_one():
    memory = bytearray(8)
    with pytest.raises(BufferError) as caught:
        Cursor(memoryview(memory)[::2])
    assert "contiguous" in str(caught.value)
    with pytest.raises(TypeError) as caught_too:
        Cursor(memory, False, 5)
    del caught, caught_too
    gc.collect()
    memory += b"x"


@pytest.mark.parametrize("make", ["bytes", "bytearray", "slice", "mmap"])
def test_threads_on_one_cursor(make):
    """Pieces of the memory, no others, and writes inside it, or a RuntimeError."""
    piece = bytes(range(1, 17))
    size = 4096
    memory = bytearray(b"\xee" * 64 + piece[:15] * (size // 15) + b"\n" + b"\xee" * 64)
    source = memoryview(memory)[64:-64]
    if make == "bytes":
        source = bytes(source)
    elif make == "bytearray":
        source = bytearray(source)
    elif make == "mmap":
        source = zcio.mmap.mmap(-1, len(source))
        source[:] = bytes(memory[64:-64])
    there = len(source)
    allowed = set(piece) | {10}
    cursor = Cursor(source)
    writes = cursor.writable()
    failures = []
    stop = threading.Event()

    def reading(number):
        target = bytearray(100 + number)
        calls = (
            lambda: cursor.read(7 + number),
            lambda: b"".join([cursor.read(9 - number) for _ in range(40)]),
            cursor.readline,
            lambda: bytes(target[: cursor.readinto(target)]),
            lambda: cursor.peek(30),
            lambda: b"".join(cursor.readlines(500)),
            lambda: cursor.readuntil(b"\x05"),
            lambda: bytes(bytearray(cursor.read_view(9))),
        )
        for turn in range(400):
            try:
                data = calls[turn % len(calls)]()
            except RuntimeError:
                continue
            assert type(data) is bytes and set(data) <= allowed and len(data) <= there
            if turn % 20 == number:
                assert 0 <= cursor.seek(turn * 7 % there) <= there

    def writing(number):
        for turn in range(400):
            try:
                assert cursor.write(piece[:number]) == number
            except (BufferError, RuntimeError):
                pass
            cursor.seek(turn * 31 % there)

    def looping(number):
        while not stop.is_set():
            try:
                for line in cursor:
                    assert set(line) <= allowed and len(line) <= there
                    if stop.is_set():
                        break
            except RuntimeError:
                pass
            cursor.seek(0)

    def work(function, number):
        try:
            function(number)
        except BaseException as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        plan = [reading, reading, looping] + ([writing, writing] if writes else [])
        threads = [threading.Thread(target=work, args=(each, number)) for number, each in enumerate(plan, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            if thread is not threads[2]:
                thread.join()
        stop.set()
        threads[2].join()
    finally:
        sys.setswitchinterval(interval)
    assert failures == []
    cursor.close()
    if make == "slice":
        source.release()
        assert memory[:64] == memory[-64:] == b"\xee" * 64
    elif make == "mmap":
        source.close()


@pytest.mark.parametrize("view", [False, True])
def test_threads_that_close_it(view):
    """ValueError, or an answer; afterwards the memory is free."""
    memory = bytearray(DATA)
    failures = []
    calls = (
        lambda cursor: cursor.read(10),
        lambda cursor: cursor.readline(),
        lambda cursor: list(cursor),
        lambda cursor: cursor.readinto(bytearray(10)),
        lambda cursor: cursor.find(b"end"),
        lambda cursor: cursor.seek(0),
        lambda cursor: cursor.write(b"x"),
    )

    def work(cursor, started):
        started.set()
        try:
            while True:
                for call in calls:
                    call(cursor)
        except ValueError:
            pass
        except BaseException as error:
            failures.append(error)

    for turn in range(20):
        source = memoryview(memory) if view else memory
        cursor = Cursor(source)
        started = threading.Event()
        thread = threading.Thread(target=work, args=(cursor, started))
        thread.start()
        started.wait()
        time.sleep(turn / 10000)
        cursor.close()
        thread.join()
        if view:
            source.release()
        memory += b"grows"
    assert failures == []


@pytest.mark.skipif(PYPY, reason="its collector frees nothing in an order that shows")
def test_garbage_in_any_order():
    """The view freed first: it has no exports, in the place of which CPython up to 3.12 crashes."""
    for _ in range(2):
        cursor = Cursor(bytearray(DATA))
        cursor.read(1)
        view = cursor._view
        cursor.itself = [cursor, view]
        holder = [cursor]
        holder.append(holder)
        del cursor
        gc.collect()  # moves the cursor behind what is referred to from here
        del view, holder
        gc.collect()

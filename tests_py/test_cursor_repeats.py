"""Reads of one size in a row, which on CPython an iterator takes over: at any place of such a row everything else is as
if there were none."""

import array
import io
import threading

import pytest

import zcio.mmap
from zcio import Cursor

DATA = bytes(range(256)) * 3 + b"a line\nanother\n" * 20 + b"the end"

#: What a cursor and io.BytesIO give in the same way, wherever they are.
STEPS = {
    "tell": lambda file: file.tell(),
    "seek": lambda file: file.seek(11),
    "seek on": lambda file: file.seek(5, 1),
    "seek to the position": lambda file: file.seek(file.tell()),
    "seek to the end": lambda file: file.seek(0, 2),
    "seek behind the end": lambda file: file.seek(len(DATA) + 5),
    "read": lambda file: file.read(),
    "read None": lambda file: file.read(None),
    "read another size": lambda file: file.read(8),
    "read the same as a bool": lambda file: file.read(True),
    "read nothing": lambda file: file.read(0),
    "read1": lambda file: file.read1(7),
    "readinto": lambda file: file.readinto(bytearray(9)),
    "readline": lambda file: file.readline(),
    "readline twice": lambda file: [file.readline(), file.readline()],
    "readlines": lambda file: file.readlines(),
    "loop": lambda file: [line for _, line in zip(range(2), file)],
    "write": lambda file: file.write(b"#" * 10) if file.tell() < 600 else 0,
    "getbuffer": lambda file: bytes(file.getbuffer()),
    "close": lambda file: file.close(),
}


def sources():
    yield bytearray(DATA)
    yield memoryview(bytearray(b"x" + DATA))[1:]
    yield array.array("B", DATA)
    mapping = zcio.mmap.mmap(-1, len(DATA))
    mapping[:] = DATA
    yield mapping


@pytest.mark.parametrize("size", [1, 7, 16, 100, 300])
@pytest.mark.parametrize("step", sorted(STEPS))
def test_as_bytesio_at_every_place(step, size):
    function = STEPS[step]
    for source in sources():
        for times in list(range(30)) + [100, 200]:
            if source is not None and step == "write":
                memoryview(source)[:] = DATA
            with Cursor(source) as cursor, io.BytesIO(DATA) as model:
                for _ in range(times):
                    assert cursor.read(size) == model.read(size)
                if step == "loop":
                    given, expected = iter(cursor), iter(model)
                    assert [next(given, None) for _ in range(2)] == [next(expected, None) for _ in range(2)]
                else:
                    assert function(cursor) == function(model)
                if step == "close":
                    for _ in range(12):
                        with pytest.raises(ValueError, match="closed file"):
                            cursor.read(size)
                    continue
                for _ in range(20):
                    assert cursor.read(size) == model.read(size)
                    assert (cursor.remaining() == 0) == (model.tell() >= len(DATA))
                assert cursor.tell() == model.tell()


def test_what_is_written_meanwhile_is_read():
    memory = bytearray(1000)
    with Cursor(memory) as cursor:
        for turn in range(100):
            memory[turn * 10 : turn * 10 + 10] = b"%10d" % turn
            assert cursor.read(10) == b"%10d" % turn
        assert cursor.read(10) == b""
        assert cursor.tell() == 1000


def test_rows_that_are_broken_off_again_and_again():
    """At first each is followed for a while, at last none is; the bytes are the same."""
    with Cursor(bytearray(DATA)) as cursor, io.BytesIO(DATA) as model:
        for turn in range(300):
            for _ in range(turn % 23):
                assert cursor.read(3) == model.read(3)
            at = turn * 37 % len(DATA)
            assert cursor.seek(at) == model.seek(at)


def test_numbers_that_are_equal_but_no_ints():
    with Cursor(bytearray(DATA)) as cursor:
        for size in (7.0, "7"):
            for _ in range(20):
                cursor.read(7)
            with pytest.raises(TypeError):
                cursor.read(size)


def test_a_row_holds_nothing_after_another_thread_closed_the_cursor():
    for _ in range(50):
        memory = bytearray(1 << 16)
        cursor = Cursor(memory)
        ready = threading.Event()

        def reading(cursor=cursor, ready=ready):
            try:
                while True:
                    if len(cursor.read(16)) < 16:
                        cursor.seek(0)
                    ready.set()
            except ValueError:
                pass

        thread = threading.Thread(target=reading)
        thread.start()
        ready.wait(10)
        cursor.close()
        thread.join(10)
        assert not thread.is_alive()
        with pytest.raises(ValueError):
            cursor.read(16)
        memory.append(0)  # refused where something still holds it

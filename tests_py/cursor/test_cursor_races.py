"""A trace function does what another thread could do between any two steps of a Cursor's method: close the cursor, or
resize its memory. The method returns a right answer or raises the right exception, and no export is left behind.
"""

import sys
from functools import partial

import pytest

from zcio import Cursor

DATA = b"first line\nsecond\n" + bytes(range(60)) + b"\nlast\n"
PYPY = sys.implementation.name == "pypy"


class Trap:
    """Runs ``spring`` once, at step ``number`` of what zcio does in Python; ``steps`` are counted on."""

    def __init__(self, number, spring):
        self.number = number
        self.spring = spring
        self.steps = 0

    def __call__(self, frame, event, argument):
        if "zcio" not in frame.f_globals.get("__name__", ""):
            return None
        if (3, 7) <= sys.version_info < (3, 12) and not PYPY:  # slow on the others
            frame.f_trace_opcodes = True
        if event != "exception":
            self.steps += 1
            if self.steps == self.number:
                sys.settrace(None)
                self.spring()
                sys.settrace(self)
        return self


def at_every_step(prepare, call, spring, allowed):
    """``call(thing)`` on a new ``prepare()`` for each of its steps, with ``spring(thing)`` at that step."""
    number = 0
    while True:
        number += 1
        thing = prepare()
        trap = Trap(number, partial(spring, thing))
        outside = sys.gettrace()
        sys.settrace(trap)
        try:
            result, error = call(thing), None
        except BaseException as raised:
            result, error = None, raised.with_traceback(None)  # which would hold what the frames do
            error.__context__ = None
        finally:
            sys.settrace(outside)
        assert error is None or isinstance(error, allowed), (number, repr(error))
        yield thing, result, error
        if trap.steps < number:
            assert number > 3
            return


CALLS = {
    "read": lambda cursor: cursor.read(10),
    "read all": lambda cursor: cursor.read(),
    "read1": lambda cursor: cursor.read1(10),
    "readinto bytearray": lambda cursor: cursor.readinto(bytearray(10)),
    "readinto big": lambda cursor: cursor.readinto(bytearray(2000)),
    "readinto view": lambda cursor: cursor.readinto(memoryview(bytearray(10))),
    "readinto big view": lambda cursor: cursor.readinto(memoryview(bytearray(2000))),
    "readline": lambda cursor: cursor.readline(),
    "readline 5": lambda cursor: cursor.readline(5),
    "readlines": lambda cursor: cursor.readlines(),
    "readlines 5": lambda cursor: cursor.readlines(5),
    "next": next,
    "loop": list,
    "write": lambda cursor: cursor.write(b"twelve bytes"),
    "write bytearray": lambda cursor: cursor.write(bytearray(12)),
    "write view": lambda cursor: cursor.write(memoryview(bytearray(12)).cast("H")),
    "writelines": lambda cursor: cursor.writelines([b"1", b"2"]),
    "seek": lambda cursor: cursor.seek(3),
    "seek 2": lambda cursor: cursor.seek(-3, 2),
    "tell": lambda cursor: cursor.tell(),
    "peek": lambda cursor: cursor.peek(5),
    "remaining": lambda cursor: cursor.remaining(),
    "find": lambda cursor: cursor.find(b"last"),
    "readuntil": lambda cursor: cursor.readuntil(b"last"),
    "read_view": lambda cursor: cursor.read_view(5).release(),
    "getbuffer": lambda cursor: cursor.getbuffer().release(),
    "getvalue": lambda cursor: cursor.getvalue(),
    "state": lambda cursor: cursor.__getstate__(),
    "copy": lambda cursor: cursor.__reduce_ex__(4),
    "repr": repr,
    "with": lambda cursor: cursor.__enter__(),
    "close": lambda cursor: cursor.close(),
}
# A line ahead, a cursor in use, and a new one.
STATES = {
    "new": lambda cursor: None,
    "lines": lambda cursor: (cursor.readline(), cursor.readline(), cursor.seek(0)),
    "looping": lambda cursor: next(iter(cursor)),
}


@pytest.mark.parametrize("state, view", [("new", False), ("new", True), ("lines", False), ("looping", False)])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_closed_at_any_step(name, state, view):
    memory = bytearray(DATA + bytes(3000))

    def prepare():
        cursor = Cursor(memoryview(memory)[:] if view else memory)
        STATES[state](cursor)
        return cursor

    for cursor, _, _ in at_every_step(prepare, CALLS[name], lambda cursor: cursor.close(), ValueError):
        cursor.close()
        # A view of the test's own holds the memory, and on PyPy so may one that was not yet collected.
        if not view and not PYPY:
            memory.append(0)
            memory.pop()


@pytest.mark.parametrize("size", [10, 2000])
@pytest.mark.parametrize("spring", ["clear", "grow", "shrink"])
def test_target_resized_at_any_step(size, spring):
    springs = {
        "clear": lambda pair: pair[1].clear(),
        "grow": lambda pair: pair[1].extend(bytes(9)),
        "shrink": lambda pair: pair[1].__delitem__(slice(5, None)),
    }

    def resize(pair):
        try:
            springs[spring](pair)
        except BufferError:
            pass  # held for the call

    memory = bytearray(DATA * 40)
    with Cursor(memory) as cursor:

        def prepare():
            cursor.seek(0)
            return cursor, bytearray(size)

        for pair, result, error in at_every_step(prepare, lambda pair: pair[0].readinto(pair[1]), resize, BufferError):
            if error is None:
                assert result == cursor.tell()
                assert memory.startswith(bytes(pair[1][:result]))
    assert memory == DATA * 40


@pytest.mark.skipif(not PYPY, reason="elsewhere the memory cannot be resized under a cursor")
@pytest.mark.parametrize("view", [False, True], ids=["bytearray", "view"])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_memory_resized_at_any_step(name, view):
    kept = []

    def prepare():
        memory = bytearray(DATA + bytes(3000))
        kept[:] = [memory]
        cursor = Cursor(memoryview(memory) if view else memory)
        cursor.seek(0)
        return cursor

    def shrink(cursor):
        try:
            del kept[0][3:]
        except BufferError:
            pass

    for cursor, _, _ in at_every_step(prepare, CALLS[name], shrink, (BufferError, ValueError)):
        cursor.close()

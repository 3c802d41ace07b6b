"""Compares zcio.Cursor, over every kind of memory, with a model.

After each random call the results, exceptions, their texts, the memory and the position must be the same.
"""

import array
import copy
import ctypes
import io
import pickle

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import zcio.mmap
from zcio import Cursor
from zcio.compat import tally
from zcio.compat.cursor_model import Model
from zcio.compat.differences import cursor as differences
from zcio.compat.mismatch import mismatch, tolerate
from zcio.compat.outcome import Outcome

__all__ = ["MACHINES"]


def _mapping(data):
    mapping = zcio.mmap.mmap(-1, max(1, len(data)))
    mapping[: len(data)] = data
    return mapping


def _ctypes(data):
    memory = (ctypes.c_uint16 * (len(data) // 2))()
    ctypes.memmove(memory, data, len(data))
    return memory


#: Functions that make memory of an even number of bytes, at least two.
KINDS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "view of bytes": memoryview,
    "view of bytearray": lambda data: memoryview(bytearray(b"_" + data + b"_"))[1:-1],
    "matrix": lambda data: memoryview(bytearray(data)).cast("B", [len(data) // 2, 2]),
    "shorts": lambda data: array.array("H", data),
    "ctypes": _ctypes,
    "mmap": _mapping,
}


class Index:
    """Only an ``__index__``."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    def __repr__(self):
        return "Index(%r)" % self.value


_EDGES = [0, 1, -1, 127, 128, 129, 511, 512, 513, 4096]
_EDGES += [2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, -(2**63), 2**70]
numbers = st.one_of(st.integers(-5, 40), st.integers(-5, 9000), st.sampled_from(_EDGES))
sizes = st.one_of(
    numbers, st.none(), st.builds(Index, numbers), st.sampled_from([True, 1.5, "1", b"", sorted]), st.integers(0, 40)
)
pieces = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([b"\n", b"a\n", b"\n\n", b"line\n", b"\r\n", b"x" * 130, b"y" * 700 + b"\n", b"z\n" * 300]),
    st.builds(bytes, st.integers(0, 5000)),
)
contents = st.lists(pieces, max_size=8).map(b"".join).map(lambda data: data + b"\n" * (2 - len(data) % 2))
wrappers = st.sampled_from([bytes, bytes, bytearray, memoryview, lambda data: array.array("b", data)])


def plain(value):
    """Views as the bytes they show, so that they can be compared."""
    if isinstance(value, memoryview):
        found = bytes(bytearray(value))
        value.release()
        return found
    return value


def call(name, *args):
    return lambda cursor: plain(getattr(cursor, name)(*args))


class CursorMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.model = self.cursor = self.source = None
        self.lines = []
        self.leave = []

    @initialize(kind=st.sampled_from(sorted(KINDS)), data=contents, readonly=st.booleans())
    def open(self, kind, data, readonly):
        self.source = KINDS[kind](data)
        if kind == "mmap":
            self.leave.append(self.source)
        fixed = kind in ("bytes", "view of bytes")
        self.cursor = Cursor(self.source, readonly)
        self.model = Model(data, fixed or readonly)
        self.shown = "Cursor(%%r%s)" % (", readonly=True" if readonly and not fixed else "")
        # A second cursor over the same memory.
        self.outside = None if fixed else Cursor(self.source)

    def teardown(self):
        if self.cursor is not None:
            self.cursor.close()
        if self.outside is not None:
            self.outside.close()
        for source in self.leave:
            source.close()

    outside = None

    def step(self, operation, function, *args):
        expected, got = Outcome(function, self.model), Outcome(function, self.cursor)
        tally.count("Cursor." + operation, expected.error)
        if got != expected:
            reason = differences.explained(type(self.cursor), operation, args, expected, got)
            if not reason:
                what = (operation, args, type(self.cursor).__name__, expected, got)
                raise mismatch(operation, "%s%r of %s\n  expected %r\n  got      %r" % what)
            tolerate(reason)
            if not self.model.closed:
                # If only one side raised, the other one may have moved its position.
                position = min(self.model.position, self.cursor.tell())
                self.model.seek(position)
                self.cursor.seek(position)

    def method(self, name, *args):
        self.step(name, call(name, *args), *args)

    @invariant()
    def same_state(self):
        if self.model is None:
            return
        assert self.cursor.closed is self.model.closed
        assert self.model.closed or self.cursor.tell() == self.model.position
        if self.outside is not None:
            self.outside.seek(0)
            assert self.outside.read() == bytes(self.model.data), "the memory differs"

    @rule()
    def tell(self):
        self.method("tell")

    @rule(name=st.sampled_from(["read", "read1", "readline", "read_view", "read_buffer", "readlines"]), size=sizes)
    def read(self, name, size):
        self.method(name, size)

    @rule(name=st.sampled_from(["read", "read1", "readline", "readlines", "peek", "readuntil", "read_view"]))
    def read_plainly(self, name):
        self.method(name)

    @rule(size=st.integers(0, 30), times=st.sampled_from([1, 2, 5, 9, 10, 12, 30]))
    def read_some(self, size, times):
        for _ in range(times):
            self.method("read", size)

    @rule(size=sizes)
    def peek(self, size):
        if size is None or isinstance(size, (float, str, bytes)) or size is sorted:
            size = 3
        self.method("peek", size)

    @rule(name=st.sampled_from(["readinto", "readinto1"]), size=st.integers(0, 6000))
    def readinto(self, name, size):
        targets = [bytearray(b"?" * size), bytearray(b"?" * size)]

        def into(cursor):
            return getattr(cursor, name)(targets[cursor is self.model]), bytes(targets[cursor is self.model])

        self.step(name, into)

    @rule(steps=st.integers(1, 30), again=st.booleans())
    def loop(self, steps, again):
        """Some steps of a ``for`` loop. Other loops may be in progress."""

        def some(cursor):
            if cursor is self.model:
                found = []
                while len(found) < steps and cursor.remaining():
                    found.append(cursor.readline())
                return found
            lines = self.lines.pop() if again and self.lines else iter(cursor)
            found = [line for _, line in zip(range(steps), lines)]
            if found and len(found) == steps:
                self.lines.append(lines)
            return found

        if again and self.model.closed:
            return
        self.step("__iter__", some)

    @rule()
    def step_by_hand(self):
        self.step("__next__", lambda cursor: cursor.__next__())

    @rule(data=pieces, wrap=wrappers)
    def write(self, data, wrap):
        self.method("write", wrap(data))

    @precondition(lambda self: not self.model.fixed and not self.model.closed)
    @rule(data=st.binary(max_size=20), wrap=wrappers, at=st.integers(0, 10000))
    def write_somewhere(self, data, wrap, at):
        at %= len(self.model.data)
        self.method("seek", at)
        self.method("write", wrap(data[: len(self.model.data) - at]))

    @rule(lines=st.lists(st.binary(max_size=4), max_size=4))
    def writelines(self, lines):
        self.method("writelines", lines)

    @precondition(lambda self: not self.model.closed and self.outside is not None)
    @rule(data=st.binary(min_size=1, max_size=9), at=st.integers(0, 10000))
    def change_the_memory(self, data, at):
        """Change the memory directly, not through the cursor."""
        self.lines.clear()  # loops in progress may have read ahead, and not see the change
        at %= len(self.model.data)
        data = data[: len(self.model.data) - at]
        self.outside.seek(at)
        self.outside.write(data)
        self.model.data[at : at + len(data)] = data

    @rule(wrong=st.sampled_from(["text", 1, None]))
    def no_data(self, wrong):
        self.method("write", wrong)

    @rule(pos=st.one_of(numbers, st.builds(Index, numbers)), whence=st.sampled_from([0, 0, 0, 1, 2, 3, -1, Index(1)]))
    def seek(self, pos, whence):
        self.method("seek", pos, whence)

    @rule(pos=st.integers(0, 9000))
    def seek_plainly(self, pos):
        self.method("seek", pos)

    @precondition(lambda self: not self.model.closed)
    @rule(at=st.integers(0, 9000))
    def seek_within(self, at):
        self.method("seek", at % (len(self.model.data) + 1))

    @rule(sub=st.sampled_from([b"", b"\n", b"\n\n", b"line", b"x", b"\0", b"y\nz", bytearray(b"e\n")]))
    def search(self, sub):
        self.method("find", sub)
        self.method("readuntil", sub)

    @rule()
    def ask(self):
        for name in ("remaining", "readable", "writable", "seekable", "isatty", "flush", "getbuffer"):
            self.method(name)
        for name in ("truncate", "detach", "fileno", "__getstate__"):
            self.method(name)
        if not self.model.closed:
            assert self.cursor.getvalue() is self.source
            assert repr(self.cursor) == self.shown % (self.source,)

    @rule()
    def copy(self):
        if self.model.closed:
            for function in (copy.copy, copy.deepcopy, pickle.dumps):
                assert Outcome(function, self.cursor).error is ValueError
            return
        with copy.copy(self.cursor) as twin:
            assert twin.getvalue() is self.source and twin.tell() == self.model.position
            assert twin.writable() is self.cursor.writable()

    @rule(really=st.integers(0, 9))
    def close(self, really):
        if really == 0:
            self.method("close")
            # Writing ends the blocks of lines that loops hold.
            self.lines.clear()

    @rule()
    def as_text(self):
        """Read through io.TextIOWrapper, which calls read1()."""
        if self.model.closed:
            return
        self.method("seek", 0)
        wrapper = io.TextIOWrapper(self.cursor, "latin-1", newline="\n")
        assert wrapper.read().encode("latin-1") == bytes(self.model.data)
        wrapper.detach()
        self.method("seek", 0)


MACHINES = {"cursor": CursorMachine}

"""Compares zcio.aio.StreamReader with the interpreter's own asyncio.StreamReader.

Both get the same data in the same pieces, and the same reads, limits, ends, exceptions and cancellations. After each
step the results, exceptions and their texts must be the same.
"""

import asyncio
import sys

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import zcio.aio
from zcio.compat import tally
from zcio.pipe import Pipe, Pool

__all__ = ["MACHINES", "AioMachine"]

_Stdlib = asyncio.StreamReader

pieces = st.lists(
    st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r", b"x" * 9, b"abc\n" * 5, b"y" * 70]), max_size=8
).map(b"".join)
separators = st.sampled_from([b"\n", b"\r\n", b"bc", b"aa", b""])
if sys.version_info >= (3, 13):
    several = st.sampled_from([(b"\r", b"bc"), (b"aa", b"\n"), (b"\r\n", b"a"), (b"c\n", b"\n"), ()])
    separators = st.one_of(separators, several)
counts = st.integers(-2, 90)


class Reset(Exception):
    """The exception that the readers are given."""


class Transport:
    """A transport that can be paused."""

    def __init__(self):
        self.paused = False

    def pause_reading(self):
        assert not self.paused
        self.paused = True

    def resume_reading(self):
        assert self.paused
        self.paused = False


def _outcome(task):
    """The result or exception of a read, as a value that can be compared."""
    if not task.done():
        return "waits"
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    if error is None:
        return task.result()
    # A LimitOverrunError of zcio is one of asyncio, too.
    kind = asyncio.LimitOverrunError if isinstance(error, asyncio.LimitOverrunError) else type(error)
    return kind, str(error), getattr(error, "partial", None), getattr(error, "consumed", None)


class AioMachine(RuleBasedStateMachine):
    """The calls that a protocol and a coroutine make on a StreamReader."""

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.readers = None
        self.waiting = []  # pairs of tasks
        self.ended = False

    # ---- the comparison ----

    def settle(self):
        for _ in range(5):
            self.loop.run_until_complete(asyncio.sleep(0))
        left = []
        for name, pair in self.waiting:
            ours, theirs = map(_outcome, pair)
            tally.count(name, theirs[0] if type(theirs) is tuple else None)
            assert ours == theirs, "%s\n  expected %.200r\n  got      %.200r" % (name, theirs, ours)
            if not pair[0].done():
                left.append((name, pair))
        self.waiting = left

    def read(self, name, *args):
        if not self.waiting or not len(self.readers[0].pipe):
            # While one coroutine waits, no other one may read: asyncio's readuntil() would continue after it.
            tasks = [self.loop.create_task(getattr(reader, name)(*args)) for reader in self.readers]
            self.waiting.append((name, tasks))
            self.settle()

    @initialize(limit=st.sampled_from([1, 3, 10, 25, 65536]), chunk_size=st.sampled_from([1, 3, 16, 65536]))
    def make(self, limit, chunk_size):
        ours = zcio.aio.StreamReader(limit, self.loop)
        ours.pipe = Pipe(Pool(chunk_size), limit)
        self.readers = (ours, _Stdlib(limit, self.loop))
        for reader in self.readers:
            reader.set_transport(Transport())

    # ---- calls of a protocol ----

    @precondition(lambda self: not self.ended)
    @rule(data=pieces)
    def feed_data(self, data):
        for reader in self.readers:
            reader.feed_data(data)
        self.settle()

    @precondition(lambda self: not self.ended and len(self.readers[0].pipe) > 30)
    @rule()
    def feed_eof(self):
        self.ended = True
        for reader in self.readers:
            reader.feed_eof()
        self.settle()

    @precondition(lambda self: len(self.readers[0].pipe) > 60)
    @rule()
    def set_exception(self):
        for reader in self.readers:
            reader.set_exception(Reset("reset"))
        self.settle()

    # ---- calls of a coroutine ----

    @rule()
    def readline(self):
        self.read("readline")

    @rule(times=st.integers(1, 12))
    def lines(self, times):
        for _ in range(times):
            if not self.waiting:
                self.read("__anext__")

    @rule(separator=separators)
    def readuntil(self, separator):
        self.read("readuntil", separator)

    @rule(n=counts)
    def readexactly(self, n):
        self.read("readexactly", n)

    @rule(n=st.integers(0, 90))
    def read_some(self, n):
        self.read("read", n)

    @precondition(lambda self: self.ended and not self.waiting)
    @rule()
    def read_all(self):
        self.read("read")

    @precondition(lambda self: self.waiting)
    @rule()
    def cancel(self):
        for task in self.waiting[-1][1]:
            task.cancel()
        self.settle()

    @rule(prefix=st.sampled_from([b"", b"a", b"x", b"abc"]), n=st.integers(0, 20))
    def look_into_the_buffer(self, prefix, n):
        ours, theirs = (reader._buffer for reader in self.readers)
        assert ours.startswith(prefix) == theirs.startswith(prefix) and ours.find(prefix, n) == theirs.find(prefix, n)
        if not self.waiting:
            for buffer in (ours, theirs):
                del buffer[:n]

    # ---- at any time ----

    @invariant()
    def the_same(self):
        if self.readers is not None:
            ours, theirs = self.readers
            assert ours._buffer == theirs._buffer
            assert ours.at_eof() == theirs.at_eof()
            assert type(ours.exception()) is type(theirs.exception())
            assert bool(ours._waiter) == bool(theirs._waiter)
            if not self.waiting:
                theirs._maybe_resume_transport()  # zcio's at_eof() and exception() do this as well
                assert ours._transport.paused == theirs._transport.paused

    def teardown(self):
        for _, pair in self.waiting:
            for task in pair:
                task.cancel()
        for _ in range(5):
            self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


MACHINES = {"aio": AioMachine}

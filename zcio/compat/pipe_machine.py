"""Compares zcio.Pipe with a model on one bytes object: random writes in random pieces and random reads, over small
chunks.

After each step the results, exceptions and lengths must be the same, and every view that was returned must still show
the bytes that it showed at first.
"""

import os

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from zcio._pipe import reading, records, searching
from zcio.compat import tally
from zcio.compat.pipe_model import Model
from zcio.pipe import LimitOverrunError, PartialReadError, Pipe, Pool

__all__ = ["MACHINES", "PipeMachine", "RecordsMachine"]

# Few different bytes, so that separators occur everywhere.
ALPHABET = b"ab\r\n"
texts = st.binary(max_size=40).map(lambda data: bytes(ALPHABET[byte & 3] for byte in data))
long_texts = st.tuples(texts, st.integers(1, 60)).map(lambda pair: pair[0] * pair[1])
pieces = st.one_of(texts, texts, long_texts)
fragments = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"b", b"ab", b"ab\r", b"\r\nb", b"aa", b"bbbbbbbbbb"]), max_size=30
)
single = st.sampled_from([b"\n", b"\r\n", b"a", b"ab\r", b"\r\n\r\n", b"aa"])
separators = st.one_of(
    single,
    st.sampled_from([(b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"ab\r\n", b"b\r"), (b"aa", b"ab", b"b")]),
)
counts = st.one_of(st.integers(-2, 60), st.just(-1), st.integers(0, 3000))
sizes = st.one_of(st.integers(0, 60), st.integers(0, 3000))


class Part:
    """A number of bytes: some eighths of the number of unread ones, plus ``delta``."""

    def __init__(self, eighths, delta):
        self.eighths = eighths
        self.delta = delta

    def of(self, length):
        return max(0, length * self.eighths // 8 + self.delta)

    def __repr__(self):
        return "Part(%d, %d)" % (self.eighths, self.delta)


parts = st.builds(Part, st.integers(0, 8), st.integers(-1, 1))
counts = st.one_of(parts, counts)
sizes = st.one_of(parts, sizes)
limits = st.one_of(st.none(), st.none(), st.integers(0, 100))
hints = st.one_of(st.just(-1), st.integers(0, 100), st.integers(0, 6000))


DEFAULTS = searching.NEAR, searching.NEAR_BYTE, reading.SMALL, records.AHEAD


def set_thresholds(near, near_byte, small, ahead):
    """Set the thresholds of a Pipe, which affect only its speed."""
    searching.NEAR = records.NEAR = near
    searching.NEAR_BYTE = records.NEAR_BYTE = near_byte
    reading.SMALL, records.AHEAD = small, ahead


class Reset(Exception):
    """The exception that eof() is given."""


class RecordsMachine(RuleBasedStateMachine):
    """Writes, records and exact reads: the usual calls of a protocol."""

    def __init__(self):
        super().__init__()
        self.model = self.pipe = self.pool = None
        self.views = []

    # ---- the comparison ----

    def step(self, name, *args, **options):
        """Call a method of the model and of the Pipe, and compare. ``got`` converts the Pipe's result."""
        got = options.pop("got", lambda value: value)
        call = options.pop("call", None)
        results = []
        for side in (self.model, self.pipe):
            try:
                if side is self.model:
                    results.append(getattr(side, options.get("model", name))(*args))
                else:
                    results.append(got(call() if call else getattr(side, name)(*args)))
            except (Reset, PartialReadError, LimitOverrunError, ValueError) as error:
                results.append((type(error), getattr(error, "leftover", None), getattr(error, "consumed", None)))
        tally.count(name, results[0][0] if type(results[0]) is tuple else None)
        assert results[0] == results[1], "%s%r\n  expected %.200r\n  got      %.200r" % (name, args, *results)
        return results[0]

    def amount(self, number):
        return number.of(len(self.model.unread)) if isinstance(number, Part) else number

    def joined(self, views):
        """The bytes of an iterator over views. Keeps the views, to compare them again later."""
        if views is None:
            return None
        views = list(views)
        assert all(isinstance(view, memoryview) and len(view) for view in views)
        texts = [view.tobytes() for view in views]
        self.views = (self.views + list(zip(views, texts)))[-12:]
        return b"".join(texts)

    @initialize(
        chunk_size=st.sampled_from([1, 2, 3, 7, 64, 1000, 4096, 65536]),
        retained=st.sampled_from([0, 100, 1 << 20]),
        limit=st.one_of(st.none(), st.none(), st.integers(0, 300)),
        marks=st.one_of(st.none(), st.tuples(st.integers(1, 9), st.integers(1, 100))),
        near=st.sampled_from([1, 3, 10, 512]),
        small=st.sampled_from([1, 20, 2048]),
        ahead=st.sampled_from([1, 10, 1024]),
    )
    def open(self, chunk_size, retained, limit, marks, near, small, ahead):
        set_thresholds(near, near, small, ahead)  # small ones, so that short data reaches all code
        high = low = None
        if marks is not None:
            low, high = marks[0], sum(marks)
        self.pool = Pool(chunk_size=chunk_size, max_retained=retained, debug=True)
        self.pipe = Pipe(self.pool, limit=limit, high_water=high, low_water=low)
        self.model = Model(limit, high, low)

    # ---- writing ----

    @rule(data=pieces, kind=st.sampled_from([bytes, bytearray, memoryview]))
    def write(self, data, kind):
        self.step("write", data, call=lambda: self.pipe.write(kind(data)))

    @rule(data=pieces, hint=hints, times=st.integers(1, 3), spare=st.integers(0, 10))
    def fill(self, data, hint, times, spare):
        """Write the data with get_buffer() and buffer_written(), in as many pieces as the views require."""

        def fill():
            left = data
            while True:
                for _ in range(times):
                    view = self.pipe.get_buffer(hint)
                    assert len(view) >= max(1, hint) and not view.readonly
                part = left[: max(1, len(view) - spare)]
                view[: len(part)] = part
                self.pipe.buffer_written(len(part))
                left = left[len(part) :]
                if not left:
                    # Data that was returned must not change. This machine does not write to old views.
                    return len(data)

        self.step("write", data, call=fill)

    # ---- records ----

    @rule(parts=fragments, separator=separators, bare=st.booleans())
    def drip(self, parts, separator, bare):
        """Write a text in pieces, and try to read a record after each."""
        for part in parts:
            self.step("write", part)
            for _ in range(10):
                if not isinstance(self.step("readuntil", separator, bare), bytes):
                    break

    @rule(separator=separators, bare=st.booleans(), limit=limits, times=st.integers(1, 12))
    def readuntil(self, separator, bare, limit, times):
        for _ in range(times):
            if self.step("readuntil", separator, bare, limit) is None:
                break

    @rule(separator=separators, bare=st.booleans())
    def readuntil_limit(self, separator, bare):
        """Read a record with limits just below and just above its length."""
        found = self.model._next(separator, 1 << 60)
        for limit in range(max(0, found[0] - 1), found[1] + 1) if found else ():
            if isinstance(self.step("readuntil", separator, bare, limit), bytes):
                break

    @rule(
        separator=separators,
        keepends=st.booleans(),
        limit=limits,
        leave=st.integers(1, 30),
        between=st.integers(0, 3),
    )
    def records(self, separator, keepends, limit, leave, between):
        """Iterate over records with reads in between, and leave the loop in the middle."""
        records = self.pipe.records(separator, keepends, limit)
        for number in range(leave):
            try:
                got = next(records, None)
            except LimitOverrunError as error:
                got = LimitOverrunError, error.consumed
            try:
                found = self.model._next(separator, limit)
                if found is None:
                    self.model._examine(len(self.model.unread))
                    expected = None
                else:
                    record = self.model._consume(found[1])
                    expected = record if keepends else record[: found[0]]
            except LimitOverrunError as error:
                expected = LimitOverrunError, error.consumed
            tally.count("records")
            assert got == expected
            if not isinstance(got, bytes):
                break
            if between and number % 7 == 6:
                self.step("skip", between)
            assert len(self.pipe) == len(self.model.unread)

    @rule(nbytes=st.one_of(sizes, st.just(-1)), times=st.integers(1, 4))
    def readexact(self, nbytes, times):
        nbytes = self.amount(nbytes)
        for _ in range(times):
            self.step("readexact", nbytes)

    # ---- at any time ----

    @invariant()
    def the_same(self):
        if self.pipe is None:
            return
        assert len(self.pipe) == len(self.model.unread)
        assert self.pipe.closed() == self.model.closed()
        assert self.pipe.reached_eof() == self.model.reached_eof()
        assert self.pipe.wants_pause == self.model.wants_pause()
        for view, text in self.views:
            assert view.tobytes() == text

    def teardown(self):
        set_thresholds(*DEFAULTS)
        if self.pipe is not None:
            # The views outlive the Pipe and the Pool.
            self.pipe = self.pool = None
            for view, text in self.views:
                assert view.tobytes() == text


class PipeMachine(RecordsMachine):
    """All methods."""

    @rule(data=pieces, hint=hints)
    def receive(self, data, hint):
        """Receive the data with recv_from() from a descriptor, in as many calls as it takes."""
        if not data or self.model.ended:
            return
        data = data[:4000]  # a system pipe accepts that much at once
        source, sink = os.pipe()
        try:
            os.write(sink, data)
            done = 0
            while done < len(data):
                count = self.pipe.recv_from(source, hint)
                # The watermarks count each receive as a separate write.
                self.model.write(data[done : done + count])
                done += count
            assert done == len(data)
            tally.count("recv_from")
        finally:
            os.close(source)
            os.close(sink)

    @rule(nbytes=st.integers(-3, 50))
    def wrong_written(self, nbytes):
        if self.model.ended:
            return
        self.pipe.write(b"")
        for count in (nbytes, 0):
            try:
                self.pipe.buffer_written(count)
            except ValueError:
                continue
            raise AssertionError("buffer_written(%d) without get_buffer()" % count)
        self.model.write(b"")

    @precondition(lambda self: self.model and len(self.model.unread) > 200)
    @rule(exception=st.sampled_from([None, None, Reset()]))
    def eof(self, exception):
        self.step("eof", exception)
        for name in ("readexact", "peekexact", "skipexact"):
            self.step(name, len(self.model.unread) + 1)

    # ---- reading ----

    @rule(nbytes=counts)
    def read(self, nbytes):
        self.step("read", self.amount(nbytes))

    @rule(nbytes=counts)
    def peek(self, nbytes):
        self.step("peek", self.amount(nbytes))

    @rule(nbytes=st.one_of(sizes, st.just(-1)))
    def peekexact(self, nbytes):
        self.step("peekexact", self.amount(nbytes))

    @rule(nbytes=counts)
    def skip(self, nbytes):
        self.step("skip", self.amount(nbytes))

    @rule(nbytes=sizes)
    def skipexact(self, nbytes):
        self.step("skipexact", self.amount(nbytes))

    @rule(nbytes=sizes)
    def readinto(self, nbytes):
        nbytes = self.amount(nbytes)
        target = bytearray(nbytes)

        def call():
            count = self.pipe.readinto(target)
            return None if count is None else bytes(target[:count])

        self.step("readinto", nbytes, call=call)

    @rule(limit=limits, times=st.integers(1, 12))
    def readline(self, limit, times):
        for _ in range(times):
            self.step("readline", limit)

    @rule(separator=separators, keepends=st.booleans(), limit=limits)
    def split(self, separator, keepends, limit):
        self.step("split", separator, keepends, limit)

    @rule(needle=st.one_of(single, texts), start=st.integers(-1, 100), end=st.one_of(st.none(), st.integers(-1, 200)))
    def find(self, needle, start, end):
        self.step("find", needle, start, end)

    @rule(part=parts, size=st.integers(1, 40))
    def find_ends(self, part, size):
        """Find bytes of the data in windows that just contain them or just do not."""
        unread = self.model.unread
        start = min(part.of(len(unread)), len(unread))
        needle = bytes(unread[start : start + size])
        end = start + len(needle)
        for window in ((start, end), (start, end - 1), (start + 1, None), (start, None), (0, end), (0, None)):
            if needle:
                self.step("find", needle, *window)
        if end == len(unread) and needle:
            self.step("findbyte", needle[-1:], end - 1)

    @rule(byte=st.sampled_from(sorted(ALPHABET)), start=st.integers(0, 100), as_int=st.booleans())
    def findbyte(self, byte, start, as_int):
        byte = bytes([byte])
        self.step("findbyte", byte, start, call=lambda: self.pipe.findbyte(byte[0] if as_int else byte, start))

    # ---- without a copy ----

    @rule(nbytes=counts)
    def read_zerocopy(self, nbytes):
        nbytes = self.amount(nbytes)
        self.step("read", nbytes, call=lambda: self.joined(self.pipe.read_zerocopy(nbytes)))

    @rule(nbytes=counts)
    def peek_zerocopy(self, nbytes):
        nbytes = self.amount(nbytes)
        self.step("peek", nbytes, call=lambda: self.joined(self.pipe.peek_zerocopy(nbytes)))

    @rule(nbytes=st.one_of(sizes, st.just(-1)))
    def readexact_zerocopy(self, nbytes):
        nbytes = self.amount(nbytes)
        self.step("readexact", nbytes, call=lambda: self.joined(self.pipe.readexact_zerocopy(nbytes)))

    @rule(nbytes=sizes)
    def peekexact_zerocopy(self, nbytes):
        nbytes = self.amount(nbytes)
        self.step("peekexact", nbytes, call=lambda: self.joined(self.pipe.peekexact_zerocopy(nbytes)))

    @rule(separator=separators, bare=st.booleans(), limit=limits)
    def readuntil_zerocopy(self, separator, bare, limit):
        self.step(
            "readuntil",
            separator,
            bare,
            limit,
            call=lambda: self.joined(self.pipe.readuntil_zerocopy(separator, bare, limit)),
        )

    @rule(nbytes=st.integers(-1, 3000))
    def writev_to(self, nbytes):
        source, sink = os.pipe()
        try:
            count = self.pipe.writev_to(sink, nbytes)
            expected = self.model._consume(count)
            assert os.read(source, 1 << 20) == expected if count else expected == b""
            tally.count("writev_to")
        finally:
            os.close(source)
            os.close(sink)

    @rule(number=st.integers(0, 100))
    def drop_view(self, number):
        if self.views:
            del self.views[number % len(self.views)]

    @rule()
    def shrink(self):
        self.pipe.shrink()


MACHINES = {"pipe": PipeMachine, "records": RecordsMachine}

"""Compares zcio.BytesIO with a model of CPython 3.15's, and the standard library's class with the same model.

After each random call the results, exceptions, their texts, the bytes and the positions must be the same.
"""

import copy
import pickle

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import zcio.bytesio
from zcio._bytesio.stdlib import StdlibBytesIO
from zcio.compat import bytesio_strategies as given, tally
from zcio.compat.bytesio_model import MEMORY, Model, ModelView
from zcio.compat.differences import bytesio as differences
from zcio.compat.mismatch import mismatch, tolerate
from zcio.compat.outcome import Outcome

__all__ = ["MACHINES", "BytesIOMachine"]


#: Where to seek first: not at all, or to an offset modulo the length.
PLACES = st.one_of(st.none(), st.integers(0, 9000))


def call(name, *args):
    return lambda stream: getattr(stream, name)(*args)


def reinitialise(stream, *args):
    return stream.init(*args) if isinstance(stream, Model) else stream.__init__(*args)


def state_of(stream):
    """The state of a stream. An empty ``__dict__`` counts as none, because Python makes it when it is asked for."""
    value, position, attributes = stream.__getstate__()
    return value, position, attributes or None


class Party:
    """A class under test and its present stream. ``ours``: whether the class is zcio's."""

    def __init__(self, name, cls):
        self.name = name
        self.cls = cls
        self.stream = None
        self.ours = name == "zcio"


class BytesIOMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.parties = [Party("zcio", zcio.bytesio.BytesIO)]
        if not differences.PYPY:
            # Up to 3.13, zcio's class inherits from this one, so the model must hold for it too, except for overrides.
            self.parties.append(Party("stdlib", StdlibBytesIO))
        self.model = None
        self.views = []
        self.stuck_for = 0  # steps

    # ---- the comparison ----

    def judge(self, operation, args, expected, party, got):
        if got != expected:
            reason = differences.explained(operation, args, expected, got)
            if not reason:
                what = (party.name, operation, args, expected, got)
                raise mismatch(operation, "%s: %s%r\n  expected %r\n  got      %r" % what)
            tolerate(reason)

    def step(self, operation, function, *args, **options):
        """Call ``function`` with the model and with each party, and compare. ``args`` are for the lists of differences.

        ``ours_only``: the standard library's class lacks it or does it differently, and is set to the model's state.
        """
        ours_only = options.get("ours_only")
        expected = Outcome(function, self.model)
        tally.count(operation, expected.error)
        for party in self.parties:
            if party.ours or not ours_only:
                self.judge(operation, args, expected, party, Outcome(function, party.stream))
        if ours_only:
            self.align()

    def align(self):
        for party in self.parties:
            if party.ours or self.model.closed and party.stream.closed:
                continue
            if self.model.exports:
                party.stream.seek(self.model.position)
                continue
            attributes = party.stream.__dict__
            party.stream = party.cls(self.model.value)
            party.stream.__dict__.update(attributes)
            if self.model.closed:
                party.stream.close()
            else:
                party.stream.seek(self.model.position)

    def method(self, name, *args, **options):
        return self.step(name, call(name, *args), *args, **options)

    def near(self, number):
        return number.of(self.model) if isinstance(number, given.Near) else number

    def held(self):
        return b"" if self.model.closed else self.model.value

    @invariant()
    def same_state(self):
        self.check_state()
        if self.model is None:
            return
        # Steps on a stream that is closed or cannot change show little, so end such a state soon.
        self.stuck_for = self.stuck_for + 1 if self.model.closed or self.model.exports else 0
        if self.stuck_for > 6:
            self.stuck_for = 0
            self.release_all()
            if self.model.closed:
                self.init(b"some\nbytes " * 20)

    def check_state(self):
        for party in self.parties if self.model else ():
            assert party.stream.closed is self.model.closed
            if not self.model.closed:
                assert party.stream.tell() == self.model.position
            for views in self.views:
                if party.name in views:
                    assert bytes(bytearray(views[party.name])) == views["model"].tobytes()

    @rule()
    def compare_values(self):
        self.method("getvalue")
        self.step("__getstate__", state_of)

    def teardown(self):
        self.release_all()
        if self.model is not None:
            self.compare_values()
            self.check_state()

    # ---- making ----

    @initialize(data=given.data, plain=st.booleans())
    def first(self, data, plain):
        self.make(data, plain)

    @rule(data=given.data, plain=st.booleans())
    def make(self, data, plain):
        self.release_all()
        args = () if plain else (differences.hot_buffer(data.wrap(data.raw(self.held() if self.model else b""))),)
        expected = Outcome(lambda cls: cls(*args), Model)
        tally.count("BytesIO", expected.error)
        made = [Outcome(lambda cls: cls(*args), party.cls) for party in self.parties]
        if expected.error:
            for party, got in zip(self.parties, made):
                self.judge("BytesIO", args, expected, party, got)
        else:
            self.model = expected.value
            for party, got in zip(self.parties, made):
                assert got.error is None, (args, got)
                party.stream = got.value
        if self.model is None:
            self.model = Model()
            for party in self.parties:
                party.stream = party.cls()

    @rule(data=given.data, plain=st.booleans())
    def init_again(self, data, plain):
        args = () if plain else (differences.hot_buffer(data.wrap(data.raw(self.held()))),)
        self.init(*args)

    def init(self, *args):
        if differences.active("hot-init"):
            refused = self.model.closed and [type(arg) for arg in args] != [bytes]
            if refused or self.model.exports:
                return
        self.step("__init__", lambda stream: reinitialise(stream, *args), *args)

    # ---- reading ----

    def go(self, at):
        if at is not None and not self.model.closed:
            self.method("seek", at % (len(self.model.value) + 1))

    @rule(at=PLACES, name=st.sampled_from(["read", "read1", "readline"]), size=given.sizes, absent=st.booleans())
    def read(self, at, name, size, absent):
        self.go(at)
        size = differences.hot_number(name, self.near(size))
        ours_only = name == "read1" and differences.VERSION == (3, 6)
        self.method(name, *() if absent else (size,), ours_only=ours_only)

    @rule(at=PLACES, name=st.sampled_from(["read", "read1", "readline"]), size=st.sampled_from([None, -1]))
    def read_rest(self, at, name, size):
        self.go(at)
        self.method(name, size)

    @rule(at=PLACES, size=given.sizes)
    def readlines(self, at, size):
        self.go(at)
        self.method("readlines", self.near(size))

    @rule(count=st.integers(1, 4))
    def iterate(self, count):
        self.step("iter", lambda stream: iter(stream) is stream)
        for _ in range(count):
            self.step("__next__", lambda stream: next(stream, None))

    @rule(at=PLACES, name=st.sampled_from(["readinto", "readinto1"]), destination=given.targets)
    def readinto(self, at, name, destination):
        self.go(at)

        def into(stream):
            buffer = destination.make()
            return getattr(stream, name)(buffer), destination.bytes(buffer)

        self.step(name, into, destination)

    # ---- writing ----

    def make_room_for(self, *sizes):
        """Seek so that writing that many bytes has the same outcome on every machine: each has the memory, or none
        has."""
        first = self.model.position + next(filter(None, sizes), 0)
        end = self.model.position + sum(sizes)
        closes = differences.active("hot-memory-error") and first <= given.MAXSIZE
        if not self.model.closed and end > 20000 and (first < MEMORY or closes):
            self.method("seek", 0)

    @rule(data=given.data)
    def write(self, data):
        raw = data.raw(self.held())
        self.make_room_for(len(raw))
        self.method("write", differences.hot_buffer(data.wrap(raw)))

    @rule(parts=st.lists(given.data, max_size=3), kind=st.sampled_from([list, list, tuple, iter, None]))
    def writelines(self, parts, kind):
        raw = [part.raw(self.held()) for part in parts]
        self.make_room_for(*map(len, raw))
        lines = [differences.hot_buffer(part.wrap(data)) for part, data in zip(parts, raw)]
        if kind is None:
            self.method("writelines", None)
        else:
            self.step("writelines", lambda stream: stream.writelines(kind(lines)), lines)

    @rule(size=given.sizes, absent=st.booleans())
    def truncate(self, size, absent):
        args = () if absent else (self.near(size),)
        plain = absent or type(args[0]) is int and -given.MAXSIZE <= args[0] <= given.MAXSIZE or args[0] is None
        self.method("truncate", *args, ours_only=differences.DATED and not plain)

    # ---- the position and the stream as a whole ----

    @rule(pos=given.sizes, whence=given.whences, absent=st.booleans())
    def seek(self, pos, whence, absent):
        pos = self.near(pos)
        self.method("seek", *(pos,) if absent else (pos, differences.hot_number("whence", whence)))

    @rule()
    def ask(self):
        for name in ("tell", "flush", "isatty", "readable", "writable", "seekable"):
            self.method(name)
        self.step("__enter__", lambda stream: stream.__enter__() is stream)

    @rule(how=st.sampled_from(["close", "close", "with", "exit"]))
    def close(self, how):
        if how == "close":
            self.method("close")
        elif how == "exit":
            self.method("__exit__", None, None, None)
        else:
            self.step("with", self.in_a_with_block)

    @staticmethod
    def in_a_with_block(stream):
        with stream as entered:
            return entered.tell()

    @precondition(lambda self: self.model.closed)
    @rule(data=given.data)
    def open_again(self, data):
        self.init(data.raw(b""))

    # ---- pickling and copying ----

    @rule(state=given.states)
    def set_state(self, state):
        self.method("__setstate__", state.make())
        for party in self.parties:
            assert party.stream.__dict__ == self.model.attributes

    @rule(how=st.one_of(st.sampled_from([copy.copy, copy.deepcopy]), st.integers(0, pickle.HIGHEST_PROTOCOL)))
    def duplicate(self, how):
        def duplicated(stream):
            if isinstance(stream, Model):
                if how in (0, 1):
                    raise TypeError("cannot pickle 'BytesIO' object")
                return state_of(stream)
            made = how(stream) if callable(how) else pickle.loads(pickle.dumps(stream, how))
            assert type(made) is type(stream)
            return state_of(made)

        operation = "copy" if callable(how) else "pickle"
        self.step(operation, duplicated, how)

    # ---- zcio's additions ----

    @rule(size=given.sizes, absent=st.booleans())
    def peek(self, size, absent):
        self.method("peek", *() if absent else (self.near(size),), ours_only=True)
        self.method("remaining", ours_only=True)

    @rule(name=st.sampled_from(["find", "readuntil"]), data=given.data)
    def search(self, name, data):
        self.method(name, data.wrap(data.raw(self.held())), ours_only=True)

    # ---- views ----

    @rule()
    def export(self):
        self.take_views("getbuffer", call("getbuffer"))

    @rule(size=given.sizes)
    def read_view(self, size):
        size = self.near(size)
        self.take_views("read_view", call("read_view", size), size)

    @rule(size=given.sizes, absent=st.booleans())
    def read_buffer(self, size, absent):
        self.method("read_buffer", *() if absent else (self.near(size),), ours_only=True)

    def take_views(self, operation, function, *args):
        before = self.model.position
        views = {"model": Outcome(function, self.model)}
        tally.count(operation, views["model"].error)
        for party in self.parties:
            if party.ours or operation == "getbuffer":
                views[party.name] = Outcome(function, party.stream)
            elif not views["model"].error:
                # The same bytes by its own means.
                read = slice(before, self.model.position)
                views[party.name] = Outcome(self.slice_of, (party.stream, read))
                party.stream.seek(self.model.position)
        for party in self.parties:
            if party.name in views and (views["model"].error or views[party.name].error):
                self.judge(operation, args, views["model"], party, views[party.name])
        if not views["model"].error:
            self.views.append({name: outcome.value for name, outcome in views.items()})

    @staticmethod
    def slice_of(subject):
        stream, part = subject
        return stream.getbuffer()[part] if part.stop > part.start else b""

    @precondition(lambda self: self.views)
    @rule(at=st.integers(0, 5000), byte=st.integers(0, 255), which=st.integers(0, 100))
    def write_through_view(self, at, byte, which):
        views = self.views[which % len(self.views)]
        if len(views["model"]):
            for view in views.values():
                view[at % len(views["model"])] = byte

    @precondition(lambda self: self.views)
    @rule(which=st.integers(0, 100))
    def release(self, which):
        for view in self.views.pop(which % len(self.views)).values():
            if isinstance(view, (memoryview, ModelView)):
                view.release()

    @rule()
    def release_all(self):
        while self.views:
            self.release(0)

    # ---- arguments that act ----

    @rule(name=st.sampled_from(given.NUMBER_METHODS), action=st.sampled_from(given.ACTIONS), value=st.integers(-2, 5))
    def number_that_acts(self, name, action, value):
        if differences.active("hot-index-refused") and name in ("read", "readline", "whence"):
            return
        overridden = name == "truncate" or name == "read1" and differences.VERSION == (3, 6)
        self.act(name, action, lambda acting: acting.number(action, value), overridden)

    @rule(
        name=st.sampled_from(given.BUFFER_METHODS),
        action=st.sampled_from(given.ACTIONS),
        data=st.sampled_from([b"", b"xy"]),
    )
    def buffer_that_acts(self, name, action, data):
        if differences.DATED and name in ("write", "writelines", "__init__"):
            return
        self.act(name, action, lambda acting: acting.buffer(action, data), False)

    def act(self, name, action, argument, overridden):
        """Call the method with an argument whose conversion (``__index__``, ``__buffer__``) acts on the stream
        itself."""
        actors = []

        def asked(stream):
            actors.append(given.Actor(stream, reinitialise))
            return given.call(name, stream, argument(actors[-1]), reinitialise)

        ours_only = name in given.ADDED or differences.DATED and (overridden or action == "init")
        if ours_only:
            self.release_all()  # views keep a stream from being set to the model's state
        self.make_room_for(10)
        self.step(name, asked, argument, ours_only=ours_only)
        for actor in actors:
            actor.release()
        if ours_only:
            self.align()


MACHINES = {"bytesio": BytesIOMachine}

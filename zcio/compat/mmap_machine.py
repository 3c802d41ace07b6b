"""Compares zcio.mmap with a model of CPython 3.15's mmap, and the running interpreter's own with the same model.

After each random call the results, exceptions, their texts, the bytes and the positions must be the same.
"""

import copy
import pickle
import sys

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from zcio.compat import mmap_strategies as given, tally
from zcio.compat.differences import mmap as differences
from zcio.compat.mmap_comparison import Comparison, call
from zcio.compat.mmap_parties import Outcome, view_of

__all__ = ["MACHINES", "MmapMachine"]

PLACES = st.one_of(st.none(), given.within)
PAIRS = st.tuples(given.optional_numbers, given.optional_numbers, st.integers(0, 2))


def offsets(data, sub, start, end):
    """The offsets of ``sub`` inside ``data[start:end]``, without overlaps."""
    found, at = [], data.find(sub, start, end)
    while at >= 0:
        found.append(at)
        at = data.find(sub, at + max(1, len(sub)), end)
    return found


def records(data, sep):
    """The parts of ``data``, each with the ``sep`` that ends it."""
    parts = data.split(sep)
    return [part + sep for part in parts[:-1]] + [part for part in parts[-1:] if part]


class MmapMachine(Comparison):
    def teardown(self):
        self.drop()

    @invariant()
    def same_state(self):
        self.check_state()
        # Steps on a closed mapping show little, so open another one soon.
        self.closed_for = self.closed_for + 1 if self.model is not None and self.model.closed else 0
        if self.closed_for > 5 and self.opening is not None:
            self.reopen(self.opening)

    # ---- opening ----

    @initialize(opening=given.openings)
    def first(self, opening):
        self.reopen(opening)

    @rule(opening=given.openings)
    def reopen(self, opening):
        if self.open(opening):
            self.opening = opening
            if opening.kind == "regular" and opening.file_size == 0:
                self.fill(opening.content)

    @rule(openings=st.lists(given.wild_openings, min_size=1, max_size=5))
    def open_wildly(self, openings):
        self.readable = False  # the memory may lack PROT_READ
        for opening in openings:
            if self.open(opening):
                self.method("__repr__")
                if opening.kind == "regular" or opening.args[:1] == (-1,):
                    self.method("size")
        self.readable = True
        self.open(given.Opening((-1, 5000), {}))

    # ---- searching ----

    def search(self, name, data, bounds):
        start, end, absent = bounds
        args = (data.wrap(data.raw(self.mapped())), self.near(start), self.near(end))
        self.method(name, *args[: 3 - absent])

    @rule(data=given.data, bounds=PAIRS)
    def find(self, data, bounds):
        self.search("find", data, bounds)

    @rule(data=given.data, bounds=PAIRS)
    def rfind(self, data, bounds):
        self.search("rfind", data, bounds)

    @rule(size=given.needle_sizes, bounds=st.tuples(given.within, given.within), whole=st.booleans())
    def search_ends(self, size, bounds, whole):
        """Search for the bytes at the ends of the mapping or of a part of it, in windows that barely contain them or
        not."""
        if self.model.closed:
            return
        mapped = self.mapped()
        start, end = (0, len(mapped)) if whole else sorted(map(self.near, bounds))
        size = min(size, end - start)
        for at in (start, end - size):
            needle = mapped[at : at + size]
            windows = ((at, at + size), (at, at + size - 1), (at + 1, at + size), (start, end))
            for low, high in windows + ((at, end), (start, at + size), (start + 1, end), (start, end - 1)):
                if low < 0 or high < 0:
                    continue  # negative bounds would count from the end
                self.method("find", needle, low, high)
                self.method("rfind", needle, low, high)
                if low <= high <= low + 20480:
                    self.count(mapped, needle, low, high)
            self.method("seek", at)
            self.method("find", needle)
            self.method("rfind", needle)
            self.method("find", needle, at)
            self.method("rfind", needle, start)

    @rule(name=st.sampled_from(["find", "rfind"]), bounds=PAIRS)
    def search_itself(self, name, bounds):
        start, end = map(self.near, bounds[:2])
        self.step(name, lambda mapping: getattr(mapping, name)(mapping, start, end), "itself", start, end)

    @rule(data=given.data, bounds=st.tuples(given.within, given.within), sep=st.sampled_from([b"\n", b"aa", None]))
    def additions(self, data, bounds, sep):
        """Compare zcio's additional methods with those of bytes."""
        if self.model.closed:
            return
        start, end = sorted(map(self.near, bounds))
        mapped = self.mapped()
        sub, window = data.raw(mapped), (start, end)
        if sep is None:
            sep = mapped[max(0, end - 1) : end] or b"\n"  # the window's last byte
        self.count(mapped, sub, start, end)
        for name in ("lines", "line_views"):
            self.addition(name, window, {"sep": sep, "keepends": True}, records(mapped[start:end], sep))

    def count(self, mapped, sub, start, end):
        self.addition("count", (sub, start, end), {}, mapped.count(sub, start, end))
        self.addition("find_all", (sub, start, end), {}, offsets(mapped, sub, start, end))

    def addition(self, name, args, kwargs, expected):
        tally.count(name)
        self.last = name
        plain = list if isinstance(expected, list) else int
        for party in self.present():
            if party.name == "zcio":
                got = Outcome(lambda mapping: plain(getattr(mapping, name)(*args, **kwargs)), party.mapping)
                self.judge(name, args, Outcome(lambda _: expected, None), party, got)

    # ---- at the position ----

    def go(self, at):
        if at is not None and not self.model.closed:
            self.method("seek", self.near(at))

    @rule(at=PLACES, n=given.optional_numbers, absent=st.booleans())
    def read(self, at, n, absent):
        self.go(at)
        n = differences.hot_number("read", self.near(n))
        self.method("read", *() if absent else (n,))

    @rule(at=PLACES, name=st.sampled_from(["read_byte", "readline", "readline"]))
    def read_some(self, at, name):
        self.go(at)
        self.method(name)

    @rule(at=PLACES, data=given.data, upto=st.sampled_from([None, None, given.PAGE, 1]))
    def write(self, at, data, upto):
        """Write ``data``. ``upto``: extend it to the edge of a page, or to the end."""
        self.go(at)
        room = None
        if upto is not None and not self.model.closed:
            left = max(0, self.model.length - self.model.position)
            room = min(left, upto - self.model.position % upto if upto > 1 else left)
        self.method("write", differences.hot_buffer(data.wrap(data.raw(self.mapped(), room))))

    @rule(at=PLACES, byte=given.byte_values)
    def write_byte(self, at, byte):
        self.go(at)
        self.method("write_byte", differences.hot_number("write_byte", byte))

    @rule(pos=given.numbers, whence=given.whences, absent=st.booleans())
    def seek(self, pos, whence, absent):
        self.method("seek", *(self.near(pos),) + (() if absent else (whence,)))

    @rule(at=given.within, whence=st.integers(0, 2))
    def seek_within(self, at, whence):
        origin = (0, self.model.position, self.model.length)[whence]
        self.method("seek", self.near(at) - origin, whence)

    # ---- the mapping as a whole ----

    @rule()
    def ask(self):
        for name in ("size", "tell", "seekable", "__len__", "__repr__"):
            self.method(name)
        self.step("bool", bool)
        self.step("enter", lambda mapping: mapping.__enter__() is mapping)

    @rule(dest=given.numbers, src=given.numbers, count=given.numbers)
    def move(self, dest, src, count):
        self.method("move", self.near(dest), self.near(src), self.near(count))

    @rule(src=given.within, distance=st.integers(-70, 70), count=given.within)
    def move_a_little(self, src, distance, count):
        if not self.model.closed:
            src = self.near(src)
            dest = min(max(0, src + distance), self.model.length)
            self.method("move", dest, src, min(self.near(count), self.model.length - max(src, dest)))

    @rule(newsize=given.numbers)
    def resize(self, newsize):
        if not differences.VIEWS_BLOCK:
            self.release_all()
        newsize = self.near(newsize)
        if isinstance(newsize, (int, given.Index)):
            number = newsize.__index__()
            if not self.model.resize_is_defined(number):
                newsize = self.model.length if self.model.length else 1
        self.method("resize", newsize)

    @rule(delta=st.sampled_from([-5000, -4096, -1, 1, 2, 4096, 5000, 10000]))
    def resize_a_little(self, delta):
        if not self.model.closed and self.model.length + delta > 0:
            self.method("__setitem__", self.model.length - 1, 255)  # this byte must not get lost
            self.resize(self.model.length + delta)

    @rule(offset=given.flush_numbers, size=given.flush_numbers, flags=given.flush_flags, absent=st.integers(0, 3))
    def flush(self, offset, size, flags, absent):
        args = (self.near(offset), self.near(size))[: 3 - absent]
        self.method("flush", *args, **({"flags": flags} if absent == 0 else {}))

    @rule(option=given.advice, start=given.page_numbers, length=given.page_numbers, absent=st.integers(0, 2))
    def madvise(self, option, start, length, absent):
        self.method("madvise", *(option, self.near(start), self.near(length))[: 3 - absent])

    @precondition(lambda self: not getattr(sys.flags, "dev_mode", False))
    @rule(name=given.names)
    def set_name(self, name):
        self.method("set_name", name)

    @rule(how=st.sampled_from(["close", "close", "with", "exit", 0, 1, 2, 4]))
    def close(self, how):
        if not differences.VIEWS_BLOCK and not isinstance(how, int):
            self.release_all()
        if how == "close":
            self.method("close")
        elif how == "exit":
            self.method("__exit__", None, None, None)
        elif how == "with":
            self.step("with", self.in_a_with_block)
        else:
            self.method("__exit__", *[None] * how)

    @staticmethod
    def in_a_with_block(mapping):
        with mapping as entered:
            return entered.tell()

    # ---- a sequence ----

    @rule(content=given.contents)
    def fill(self, content):
        size = 0 if self.model.closed else self.model.length
        self.step("__setitem__", call("__setitem__", slice(None), content.bytes(size)), slice(None), content)

    @rule(at=given.indexes)
    def get_item(self, at):
        self.method("__getitem__", self.near(at))

    def near_slice(self, key):
        return slice(self.near(key.start), self.near(key.stop), key.step)

    @rule(key=given.slices)
    def get_slice(self, key):
        self.method("__getitem__", self.near_slice(key))

    @rule(at=given.indexes, byte=given.byte_values)
    def set_item(self, at, byte):
        self.method("__setitem__", self.near(at), byte)

    @rule(key=given.slices, data=given.data, fitting=st.sampled_from([True, True, True, False]))
    def set_slice(self, key, data, fitting):
        key = self.near_slice(key)
        raw = data.raw(self.mapped())
        if fitting and not self.model.closed:
            try:
                raw = data.raw(self.mapped(), len(self.mapped()[key]))
            except (TypeError, ValueError, OverflowError):
                pass
        self.method("__setitem__", key, differences.hot_buffer(data.wrap(raw)))

    @rule(key=st.one_of(given.indexes, given.slices))
    def delete(self, key):
        key = self.near_slice(key) if isinstance(key, slice) else self.near(key)
        self.method("__delitem__", key)

    @rule(item=given.members)
    def contains(self, item):
        self.step("in", lambda mapping: item in mapping, item)

    @rule(backwards=st.booleans())
    def iterate(self, backwards):
        if not self.model.closed and self.model.length > 20480:
            return  # too slow
        if backwards:
            self.step("reversed", lambda mapping: list(reversed(mapping)))
        else:
            self.step("iter", list)

    # ---- buffers ----

    @rule(flags=st.sampled_from(["memoryview", 0, 1, 1, "x", 2**31]))
    def export(self, flags):
        operation = "memoryview" if flags == "memoryview" else "__buffer__"
        ask = view_of if flags == "memoryview" else call("__buffer__", flags)
        expected = Outcome(ask, self.model)
        tally.count(operation, expected.error)
        views = {"model": expected.value}
        for party in self.present():
            by_method = flags != "memoryview" and (party.name == "zcio" or hasattr(party.cls, "__buffer__"))
            if expected.error and flags != "memoryview" and not by_method:
                continue  # Python before 3.12 cannot make this mistake
            got = Outcome(ask if by_method else view_of, party.mapping)
            if expected.error or got.error:
                self.judge(operation, (flags,), expected, party, got)
            else:
                assert got.value.readonly is expected.value.readonly
                assert (got.value.format, got.value.itemsize, got.value.ndim) == ("B", 1, 1)
                views[party.name] = got.value
        if not expected.error:
            self.views.append(views)

    @precondition(lambda self: self.views)
    @rule(at=st.integers(0, 20500), byte=st.integers(0, 255), which=st.integers(0, 100))
    def write_through_view(self, at, byte, which):
        views = self.views[which % len(self.views)]
        if not views["model"].readonly:
            at %= len(views["zcio"])
            tally.count("write through a view")
            for view in views.values():
                view[at] = byte

    @precondition(lambda self: self.views)
    @rule(which=st.integers(0, 100))
    def release(self, which):
        for view in self.views.pop(which % len(self.views)).values():
            view.release()

    def release_all(self):
        while self.views:
            self.release(0)

    # ---- an object ----

    @rule(protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
    def is_no_value(self, protocol):
        self.step("pickle", lambda mapping: pickle.dumps(mapping, protocol))
        self.step("copy", copy.copy)
        self.step("deepcopy", copy.deepcopy)
        self.step("hash", lambda mapping: hash(mapping) == object.__hash__(mapping))
        self.step("eq", lambda mapping: (mapping == mapping, mapping != mapping, mapping == 1, mapping == b""))
        for name in ("<", "+", "*"):
            source = "mapping %s mapping" % name
            self.step("operator", lambda mapping, source=source: eval(source, {"mapping": mapping}), name)


MACHINES = {"mmap": MmapMachine}

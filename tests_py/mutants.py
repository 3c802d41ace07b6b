"""Broken methods, one mistake each, that the machines of zcio.compat must notice.

``python tests_py/mutants.py`` prints a table: what each machine took to notice each of them.
"""

import sys
import tempfile
import unittest.mock

from hypothesis import HealthCheck, Phase, Verbosity, configuration, reporting, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from zcio.compat.things import THINGS

PYPY = sys.implementation.name == "pypy"
EXAMPLES = 400
MUTANTS = []


class Mutant:
    """``method`` of the class of ``thing``, replaced by ``broken(original, self, *args)``."""

    def __init__(self, thing, name, method, broken, here):
        self.thing = thing
        self.name = name
        self.method = method
        self.broken = broken
        self.here = here

    def __enter__(self):
        cls = THINGS[self.thing].resolve()
        # A Cursor is one of a private class.
        classes = [one for one in [cls] + cls.__subclasses__() * (self.thing == "cursor") if hasattr(one, self.method)]
        self.patches = [unittest.mock.patch.object(one, self.method, self.method_of(one)) for one in classes]
        for patch in self.patches:
            patch.start()

    def method_of(self, cls):
        original, broken = getattr(cls, self.method), self.broken

        def method(self, *args, **kwargs):
            return broken(original, self, *args, **kwargs)

        return method

    def __exit__(self, *exc_info):
        for patch in reversed(self.patches):
            patch.stop()


def mutant(thing, name, method, here=True):
    def add(broken):
        MUTANTS.append(Mutant(thing, name, method, broken, here))
        return broken

    return add


# ---- mmap ----


@mutant("mmap", "find: off by one", "find")
def _(original, self, *args):
    at = original(self, *args)
    return at + 1 if at > 0 else at


@mutant("mmap", "find: from the start, not the position", "find")
def _(original, self, *args):
    return original(self, *(args + (0,) if len(args) == 1 else args))


@mutant("mmap", "find: the last byte is not searched", "find")
def _(original, self, *args):
    at = original(self, *args)
    return -1 if at >= 0 and at == len(self) - 1 else at


@mutant("mmap", "rfind: `end` is ignored", "rfind")
def _(original, self, *args):
    return original(self, *args[:2])


@mutant("mmap", "read: the position is lost", "read")
def _(original, self, *args):
    at = self.tell()
    data = original(self, *args)
    if len(data) > 4096:
        self.seek(at)
    return data


@mutant("mmap", "read: one byte too many of a short rest", "read")
def _(original, self, *args):
    data = original(self, *args)
    return data + b"\0" if args and type(args[0]) is int and len(data) < args[0] else data


@mutant("mmap", "readline: the newline is dropped", "readline")
def _(original, self):
    line = original(self)
    return line[:-1] if line.endswith(b"\n") else line


@mutant("mmap", "read_byte: 0 at the end", "read_byte")
def _(original, self):
    return original(self) if self.closed or self.tell() < len(self) else 0


@mutant("mmap", "write: swallows that there is no room", "write")
def _(original, self, data):
    try:
        return original(self, data)
    except ValueError as error:
        if str(error) != "data out of range":
            raise
        return 0


@mutant("mmap", "write: cut short at a page edge", "write")
def _(original, self, data):
    written = original(self, data)
    if written > 1 and self.tell() % 4096 == 0:
        self[self.tell() - 1] = self[self.tell() - 1] ^ 1
    return written


@mutant("mmap", "write_byte: does not advance", "write_byte")
def _(original, self, byte):
    original(self, byte)
    self.seek(-1, 1)


@mutant("mmap", "m[i:j]: a wrong byte at a page edge", "__getitem__")
def _(original, self, key):
    got = original(self, key)
    if isinstance(key, slice) and key.step is None and len(got) > 4096:
        return got[:4096] + bytes([got[4096] ^ 1]) + got[4097:]
    return got


@mutant("mmap", "m[i]: from the end, one off", "__getitem__")
def _(original, self, key):
    return original(self, key - 1 if type(key) is int and -len(self) < key < 0 else key)


@mutant("mmap", "m[i:j] = b: another exception", "__setitem__")
def _(original, self, key, value):
    try:
        original(self, key, value)
    except IndexError as error:
        raise ValueError(str(error))


@mutant("mmap", "resize: loses the last byte", "resize")
def _(original, self, size):
    kept = self[-1:] if not self.closed else b""
    length = 0 if self.closed else len(self)
    original(self, size)
    if len(self) > length and kept != b"\0":
        self[length - 1] = 0


@mutant("mmap", "resize: moves the position", "resize")
def _(original, self, size):
    original(self, size)
    self.seek(0)


@mutant("mmap", "seek: no result", "seek")
def _(original, self, *args):
    original(self, *args)


@mutant("mmap", "seek: from the end, one off", "seek")
def _(original, self, pos, *args):
    at = original(self, pos, *args)
    return original(self, at - 1) if args and type(args[0]) is int and args[0] == 2 and at else at


@mutant("mmap", "flush: result 0", "flush")
def _(original, self, *args, **kwargs):
    original(self, *args, **kwargs)
    return 0


@mutant("mmap", "flush: checks no range", "flush")
def _(original, self, *args, **kwargs):
    try:
        return original(self, *args, **kwargs)
    except ValueError as error:
        if "out of range" not in str(error):
            raise


@mutant("mmap", "close: does not close", "close")
def _(original, self):
    pass


@mutant("mmap", "close: the BufferError is swallowed", "close", here=not PYPY)
def _(original, self):
    try:
        original(self)
    except BufferError:
        pass


@mutant("mmap", "with: does not close", "__exit__")
def _(original, self, *exc_info):
    if len(exc_info) != 3:
        original(self, *exc_info)


@mutant("mmap", "size: the map's, not the file's", "size")
def _(original, self):
    return min(original(self), len(self))


@mutant("mmap", "move: overlapping forwards, byte by byte", "move")
def _(original, self, dest, src, count):
    before = self[:]
    original(self, dest, src, count)
    dest, src, count = dest.__index__(), src.__index__(), count.__index__()
    for at in range(count if src < dest < src + count else 0):
        self[dest + at] = before[src + at] if at < dest - src else self[src + at]


@mutant("mmap", "madvise: any start", "madvise")
def _(original, self, option, start=0, length=None):
    try:
        return original(self, option, start, length)
    except ValueError as error:
        if "start" not in str(error):
            raise


@mutant("mmap", "set_name: any length", "set_name")
def _(original, self, name):
    return original(self, name[:66] if type(name) is str else name)


@mutant("mmap", "repr: without the offset", "__repr__")
def _(original, self):
    return original(self).partition(", offset")[0]


@mutant("mmap", "in: ints are members", "__contains__")
def _(original, self, item):
    return original(self, bytes([item]) if type(item) is int and 0 <= item < 256 else item)


@mutant("mmap", "iteration gives ints", "__iter__")
def _(original, self):
    return (item[0] for item in original(self))


@mutant("mmap", "reversed: without the last", "__reversed__")
def _(original, self):
    return iter(list(original(self))[1:])


@mutant("mmap", "pickle: possible", "__reduce_ex__")
def _(original, self, protocol):
    return bytes, ()


@mutant("mmap", "count: counts overlapping ones", "count")
def _(original, self, sub, start=None, end=None):
    return sum(1 for _ in self.find_all(sub, start, end, overlapping=True))


@mutant("mmap", "find_all: every 100th is lost", "find_all")
def _(original, self, *args, **kwargs):
    return (at for number, at in enumerate(original(self, *args, **kwargs), 1) if number % 100)


@mutant("mmap", "lines: an empty last one", "lines")
def _(original, self, *args, **kwargs):
    found = list(original(self, *args, **kwargs))
    return found + [b""] if found and found[-1].endswith(kwargs["sep"]) else found


# ---- bytesio ----


@mutant("bytesio", "write: no zeros in a gap", "write")
def _(original, self, data):
    if not self.closed and self.tell() > len(self.getvalue()):
        self.seek(0, 2)
    return original(self, data)


@mutant("bytesio", "truncate: moves the position", "truncate")
def _(original, self, *args):
    size = original(self, *args)
    self.seek(size)
    return size


@mutant("bytesio", "getbuffer: a view of a copy", "getbuffer")
def _(original, self):
    original(self).release()
    return memoryview(bytearray(self.getvalue()))


@mutant("bytesio", "seek: result is the argument", "seek")
def _(original, self, pos, *args):
    original(self, pos, *args)
    return pos


@mutant("bytesio", "readuntil: one byte less", "readuntil")
def _(original, self, *args, **kwargs):
    found = original(self, *args, **kwargs)
    return found[:-1] if len(found) > 3 else found


# ---- cursor ----


@mutant("cursor", "find: off by one", "find")
def _(original, self, *args, **kwargs):
    at = original(self, *args, **kwargs)
    return at + 1 if at > 0 else at


@mutant("cursor", "peek: takes what it shows", "peek")
def _(original, self, *args):
    shown = original(self, *args)
    self.seek(len(shown), 1)
    return shown


@mutant("cursor", "remaining: never below 1", "remaining")
def _(original, self):
    return max(1, original(self))


@mutant("cursor", "truncate: allowed", "truncate")
def _(original, self, *args):
    return self.tell()


# ---- pipe ----


@mutant("pipe", "readuntil: one byte less of long records", "readuntil")
def _(original, self, *args, **kwargs):
    record = original(self, *args, **kwargs)
    return record[:-1] if record and len(record) > 30 else record


@mutant("pipe", "skip: one too many told", "skip")
def _(original, self, *args):
    return original(self, *args) + 1


@mutant("pipe", "find: from one byte on", "find")
def _(original, self, what, start=0, end=None):
    return original(self, what, start + 1, end)


@mutant("pipe", "peekexact: consumes", "peekexact")
def _(original, self, n):
    shown = original(self, n)
    if shown:
        self.skip(1)
    return shown


# ---- how they are noticed ----


class Watch:
    """What a run came to: ``operation`` noticed it after ``steps`` in all; None where nothing was noticed."""

    def __init__(self):
        self.steps = 0
        self.operation = None
        self.words = None


def noticed(mutant, derandomize=True):
    """A Watch of the machines of the mutant's thing."""
    watch = Watch()
    checks = [getattr(HealthCheck, name) for name in ("too_slow", "data_too_large", "filter_too_much")]
    options = settings(
        max_examples=EXAMPLES,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=derandomize,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=checks,
        verbosity=Verbosity.normal,
    )
    for machine in THINGS[mutant.thing].machines().values():

        class Watched(machine):
            @invariant()
            def _count(self):
                watch.steps += watch.operation is None

        try:
            with mutant, reporting.with_reporter(lambda words: None):
                run_state_machine_as_test(Watched, settings=options)
        except Exception as error:
            watch.operation = getattr(error, "operation", None) or type(error).__name__
            watch.words = str(error)
            break
    return watch


def main():
    print("| thing | mutant | noticed by | steps |\n|---|---|---|---|")
    missed = 0
    for mutant in MUTANTS:
        if mutant.here and THINGS[mutant.thing].exists():
            watch = noticed(mutant, derandomize=False)
            missed += watch.operation is None
            row = (mutant.thing, mutant.name, watch.operation or "NOTHING", watch.steps)
            print("| %s | %s | %s | %d |" % row, flush=True)
    return missed


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        configuration.set_hypothesis_home_dir(scratch)
        sys.exit(main())

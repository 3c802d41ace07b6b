"""zcio.BytesIO beside io.BytesIO: inherited methods, zcio's own, and additions beside what one writes without them."""

from _io import BytesIO as StandardBytesIO

from zcio.bench.timing import Row, race, size_name
from zcio.bytesio import BytesIO

__all__ = ["TITLE", "rows"]

TITLE = "BytesIO: the methods of io.BytesIO, and the additions"

CLASSES = {"zcio": BytesIO, "stdlib": StandardBytesIO}


def _ask(question, value, call, budget, size=0, items=None):
    """Race ``call(stream)`` over a stream of ``value`` of each class."""
    streams = {name: cls(value) for name, cls in CLASSES.items()}
    for stream in streams.values():
        stream.write(value[:1])  # memory of its own
    rivals = {name: (lambda stream=stream: call(stream)) for name, stream in streams.items()}
    return Row(question, race(rivals, budget), size, items)


def _read(size):
    def call(stream):
        stream.seek(0)
        return stream.read(size)

    return call


def _readline(stream):
    stream.seek(0)
    return stream.readline()


def _iterate(stream):
    stream.seek(0)
    return sum(map(len, stream))


def _readinto(size):
    target = bytearray(size)

    def call(stream):
        stream.seek(0)
        return stream.readinto(target)

    return call


def _write(data):
    def call(stream):
        stream.seek(0)
        return stream.write(data)

    return call


def _getvalue(stream):
    return len(stream.getvalue())


def _construct(value, budget):
    rivals = {name: (lambda cls=cls: cls(value).tell()) for name, cls in CLASSES.items()}
    return Row("BytesIO(bytes) of %s" % size_name(len(value)), race(rivals, budget))


def _peek(ours):
    def call(stream):
        if ours:
            return stream.peek(16)
        position = stream.tell()
        data = stream.read(16)
        stream.seek(position)
        return data

    return call


def _take(size, ours):
    def call(stream):
        stream.seek(0)
        if ours:
            with stream.read_view(size) as view:
                return view[0]
        return stream.read(size)[0]

    return call


def _addition(question, value, call, budget):
    rivals = {}
    for name, cls in CLASSES.items():
        stream, act = cls(value), call(name == "zcio")
        rivals[name] = lambda stream=stream, act=act: act(stream)
    return Row(question, race(rivals, budget))


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.05 if quick else 0.2
    lines = b"some words on a line\n" * 1000
    bulk = bytes(bytearray(range(256))) * 4096
    for size in (16, 4096, len(bulk)):
        name = size_name(size)
        yield _ask("seek, read %s" % name, bulk, _read(size), budget, size)
        yield _ask("seek, readinto %s" % name, bulk, _readinto(size), budget, size)
        yield _ask("seek, write %s" % name, bulk, _write(bulk[:size]), budget, size)
    yield _ask("seek, readline", lines, _readline, budget)
    yield _ask("1000 lines by iteration", lines, _iterate, budget, items=1000)
    yield _ask("seek from the end", lines, lambda stream: stream.seek(-5, 2), budget)
    yield _ask("tell", lines, lambda stream: stream.tell(), budget)
    yield _ask("getvalue", lines, _getvalue, budget)
    for size in (0, 100, 1 << 20):
        yield _construct(bulk[:size], budget)
    yield _addition("peek 16 B (stdlib: tell, read, seek)", lines, _peek, budget)
    yield _addition("read_view 16 B (stdlib: read)", lines, lambda ours: _take(16, ours), budget)
    yield _addition("read_view 1 MiB (stdlib: read)", bulk + b"x", lambda ours: _take(len(bulk), ours), budget)

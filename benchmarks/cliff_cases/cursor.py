"""``zcio.Cursor`` beside io.BytesIO, which copies the memory when it is made, and iocursor."""

import array
import io
import mmap

import zcio.mmap
from cliff_cases import Cell, way
from cliff_cases.streams import LINE, LINES, READS, WRITES, cells_of, numpy, size_name
from zcio import Cursor

try:
    import iocursor
except ImportError:
    iocursor = None

SIZES = (64, 4096, 256 * 1024)


def _mapping(module, data):
    made = module.mmap(-1, len(data))
    made[:] = data
    return made


KINDS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "slice of bytearray": lambda data: memoryview(bytearray(b"____" + data))[4:],
    "mmap": lambda data: _mapping(mmap, data),
    "zcio.mmap": lambda data: _mapping(zcio.mmap, data),
    "array of ints": lambda data: array.array("i", data),
}
if numpy is not None:
    KINDS["numpy"] = lambda data: numpy.frombuffer(bytearray(data), "f8")

_WRITABLE = set(KINDS) - {"bytes"}


def _text(size, line=LINE):
    return (line * (size // len(line) + 1))[: size - 1] + b"\n"


def _peers(source):
    found = {"io.BytesIO": io.BytesIO(source)}
    if iocursor is not None:
        try:
            found["iocursor"] = iocursor.Cursor(source)
        except (BufferError, TypeError, ValueError):
            pass
    return found


def _additions(where, cursor, source):
    today = io.BytesIO(source)
    view = memoryview(source).cast("B") if type(source) is not bytes else memoryview(source)

    def cell(operation, ours, theirs, **names):
        return Cell(operation, where, way(ours, f=cursor, **names), {"io.BytesIO": way(theirs, f=today, **names)})

    yield cell("peek(8)", "f.seek(4); f.peek(8)", "f.seek(4); p = f.tell(); d = f.read(8); f.seek(p); d")
    yield cell("remaining()", "f.remaining()", "p = f.tell(); e = f.seek(0, 2); f.seek(p); e - p")
    yield cell("getvalue()", "f.getvalue(); 0", "f.getvalue(); 0")
    yield cell("find, near", "f.seek(0); f.find(b'fox')", "f.seek(0); f.getvalue().find(b'fox', f.tell())")
    near = "f.seek(0)\nv = f.getvalue()\nb = f.tell()\ne = v.find(b'fox', b) + 3\nf.seek(e)\nv[b:e]"
    yield cell("readuntil, near", "f.seek(0); f.readuntil(b'fox')", near)
    yield Cell(
        "read_view(16)",
        where,
        way("f.seek(0); f.read_view(16)", f=cursor),
        {"memoryview": way("v[0:16]", v=view)},
    )
    yield Cell("getbuffer()", where, way("f.getbuffer()", f=cursor), {"memoryview": way("v[:]", v=view)})


def _construction(where, source):
    makers = {"io.BytesIO": io.BytesIO}
    if iocursor is not None:
        makers["iocursor"] = iocursor.Cursor
    operations = {
        "make one": "make(source); 0",
        "make one, close it": "make(source).close()",
        "make one, read(4)": "make(source).read(4)",
        "make one, readline()": "make(source).readline()",
        "make one, loop, first line": "for line in make(source): break\nline",
        "with make(source): read()": "with make(source) as f: data = f.read()\ndata",
        "make one, seek(8), read(8)": "f = make(source); f.seek(8); f.read(8)",
        "make one, readinto(bytearray 16)": "make(source).readinto(target)",
    }
    for operation, code in operations.items():
        used = {"target": bytearray(16)} if "target" in code else {}
        today = {}
        for name, make in makers.items():
            try:
                make(source).close()
            except (BufferError, TypeError, ValueError):
                continue
            today[name] = way(code, make=make, source=source, **used)
        yield Cell(operation, where, way(code, make=Cursor, source=source, **used), today)


def _wrapped(where, source):
    cursor, today = io.BufferedReader(Cursor(source)), io.BytesIO(source)
    for size in (4, 16):
        code = "f.seek(0)\nfor _ in hundred: f.read(%d)\nf.tell()" % size
        names = {"hundred": range(100)}
        yield Cell(
            "BufferedReader: read(%d), a hundred times" % size,
            where,
            way(code, f=cursor, **names),
            {"io.BytesIO": way(code, f=today, **names)},
            100,
        )
    code = "f.seek(0); f.readline()"
    yield Cell(
        "TextIOWrapper: first line",
        where,
        way(code, f=io.TextIOWrapper(Cursor(source))),
        {"io.BytesIO": way(code, f=io.TextIOWrapper(io.BytesIO(source)))},
    )


def cells():
    for kind in sorted(KINDS):
        for size in SIZES:
            source = KINDS[kind](_text(size))
            where = "%s, %s" % (kind, size_name(size))
            yield from cells_of(READS + LINES, where, Cursor(source), _peers(source))
            yield from _additions(where, Cursor(source), source)
            yield from _construction(where, source)
            yield from _wrapped(where, source)
            if kind in _WRITABLE:
                yield from cells_of(WRITES, where, Cursor(source), _peers(source))
        for length in (4, 450, 5000):
            source = KINDS[kind](_text(64000, b"x" * (length - 1) + b"\n"))
            where = "%s, lines of %d B" % (kind, length)
            yield from cells_of(LINES, where, Cursor(source), _peers(source))

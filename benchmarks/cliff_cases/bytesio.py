"""``zcio.BytesIO`` beside io.BytesIO."""

import io

from cliff_cases import Cell, way
from cliff_cases.streams import LINE, LINES, READS, WRITES, cells_of, size_name
from zcio import BytesIO

SIZES = (64, 4096, 256 * 1024)

_LIFE = {
    "make one": "make(source); 0",
    "make an empty one": "make(); 0",
    "make one, close it": "make(source).close()",
    "make one, read(4)": "make(source).read(4)",
    "make one, readline()": "make(source).readline()",
    "with make(source): read()": "with make(source) as f: data = f.read()\ndata",
    "make one, getvalue()": "make(source).getvalue()",
    "make one, write(16)": "make(source).write(sixteen)",
    "make an empty one, write(16), getvalue()": "f = make(); f.write(sixteen); f.getvalue()",
    "make an empty one, write(16) fifty times": "f = make()\nfor _ in fifty: f.write(sixteen)\nf.getvalue()",
    "make one, __init__ again": "f = make(source); f.__init__(sixteen); f.getvalue()",
    "make one, truncate(16)": "f = make(source); f.write(b'x'); f.truncate(16)",
    "make one, getbuffer()": "make(source).getbuffer()",
    "make one, __getstate__()": "make(source).__getstate__()[1]",
}

_USE = {
    "truncate(): nothing to cut": "f.truncate(1 << 30)",
    "seek to the end, truncate()": "f.seek(0, 2); f.truncate()",
    "getvalue()": "f.getvalue()",
    "with getbuffer()": "with f.getbuffer() as view: view[3]\n0",
}


def _additions(where, source):
    ours, today = BytesIO(source), io.BytesIO(source)

    def cell(operation, code, theirs):
        return Cell(operation, where, way(code, f=ours), {"io.BytesIO": way(theirs, f=today)})

    yield cell("peek(8)", "f.seek(4); f.peek(8)", "f.seek(4); p = f.tell(); d = f.read(8); f.seek(p); d")
    yield cell("remaining()", "f.remaining()", "p = f.tell(); e = f.seek(0, 2); f.seek(p); e - p")
    yield cell("find, near", "f.seek(0); f.find(b'fox')", "f.seek(0); f.getvalue().find(b'fox', f.tell())")
    near = "f.seek(0)\nv = f.getvalue()\nb = f.tell()\ne = v.find(b'fox', b) + 3\nf.seek(e)\nv[b:e]"
    yield cell("readuntil, near", "f.seek(0); f.readuntil(b'fox')", near)
    view = "f.seek(0)\nwith f.getbuffer() as v: d = v[:16]\nf.seek(16)\nd.tobytes()"
    yield cell("read_view(16)", "f.seek(0)\nwith f.read_view(16) as v: d = v.tobytes()\nd", view)


def cells():
    for size in SIZES:
        source = (LINE * (size // len(LINE) + 1))[: size - 1] + b"\n"
        where = size_name(size)
        yield from cells_of(READS + LINES + WRITES, where, BytesIO(source), {"io.BytesIO": io.BytesIO(source)})
        for operation, code in _LIFE.items():
            names = {"source": source, "sixteen": b"0123456789abcdef", "fifty": range(50)}
            used = {name: value for name, value in names.items() if name in code}
            today = {"io.BytesIO": way(code, make=io.BytesIO, **used)}
            yield Cell(operation, where, way(code, make=BytesIO, **used), today)
        for operation, code in _USE.items():
            today = {"io.BytesIO": way(code, f=io.BytesIO(source))}
            yield Cell(operation, where, way(code, f=BytesIO(source)), today)
        yield from _additions(where, source)

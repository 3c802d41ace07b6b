"""``zcio.Pipe`` beside a bytearray, in which protocols usually keep received data."""

from cliff_cases import Cell, way
from zcio import Pipe


class Buffer:
    """The usual receive buffer in plain Python: a bytearray, and the offset at which the search for a record
    resumes."""

    def __init__(self):
        self.data = bytearray()
        self.searched = 0

    def feed(self, data):
        self.data += data

    def _take(self, size):
        taken = bytes(self.data[:size])
        del self.data[:size]
        self.searched = 0
        return taken

    def read(self, size=-1):
        return self._take(len(self.data) if size < 0 else size)

    def readexact(self, size):
        return self._take(size) if len(self.data) >= size else None

    def readuntil(self, separator):
        found = self.data.find(separator, self.searched)
        if found < 0:
            self.searched = max(0, len(self.data) - len(separator) + 1)
            return None
        return self._take(found + len(separator))

    def split(self, separator):
        *records, rest = bytes(self.data).split(separator)
        self.data[:] = rest
        return records

    def peek(self, size):
        return bytes(self.data[:size])

    def skip(self, size):
        del self.data[:size]
        return size

    def find(self, sub):
        return self.data.find(sub)

    def __len__(self):
        return len(self.data)


#: operation, code, number of operations; ``p`` is empty before and after.
_CODES = (
    ("feed(100), read()", "p.feed(piece); p.read()", 1),
    ("feed(100), readexact(100)", "p.feed(piece); p.readexact(100)", 1),
    ("feed(100), skip(100)", "p.feed(piece); p.skip(100)", 1),
    ("feed(memoryview 100), skip(100)", "p.feed(view); p.skip(100)", 1),
    ("feed(100), peek(4), read()", "p.feed(piece); p.peek(4); p.read()", 1),
    ("feed(100), find, read()", "p.feed(piece); at = p.find(b'\\n'); p.read(); at", 1),
    ("feed(100), len, read()", "p.feed(piece); at = len(p); p.read(); at", 1),
    ("one record a piece: readuntil", "p.feed(piece); p.readuntil(b'\\n')", 1),
    ("header and body: readexact", "p.feed(piece); p.readexact(4); p.readexact(96)", 2),
    ("line and body", "p.feed(message); p.readuntil(b'\\n'); p.readexact(200)", 2),
    ("long record in pieces of 1460", "for x in segments:\n p.feed(x)\n r = p.readuntil(b'\\r\\n\\r\\n')\nlen(r)", 137),
    ("lines of 3000 B in pieces of 1460", "for x in long:\n p.feed(x)\n p.readuntil(b'\\n')\np.read(); len(p)", 60),
    ("many lines: readuntil", "p.feed(many)\nwhile p.readuntil(b'\\n') is not None: pass\nlen(p)", 100),
    ("two separators by turns", "p.feed(pairs)\nfor _ in fifty: p.readuntil(b';'); p.readuntil(b'\\n')\nlen(p)", 100),
)


def cells():
    segments = [b"x" * 1460] * 136 + [b"x" * 100 + b"\r\n\r\n"]
    stream = (b"y" * 2999 + b"\n") * 30
    names = {
        "piece": b"z" * 99 + b"\n",
        "view": memoryview(b"z" * 99 + b"\n"),
        "message": b"Content-Length: 200\n" + b"b" * 200,
        "segments": segments,
        "long": [stream[at : at + 1460] for at in range(0, len(stream), 1460)],
        "many": (b"l" * 39 + b"\n") * 100,
        "pairs": b"key;value\n" * 50,
        "fifty": range(50),
    }
    for operation, code, calls in _CODES:
        used = {name: value for name, value in names.items() if name in code}
        today = {"bytearray": way(code, p=Buffer(), **used)}
        yield Cell(operation, "in use", way(code, p=Pipe(), **used), today, calls)
    making = (("make one", "make(); 0"), ("make one, feed(100), read()", "p = make(); p.feed(b); p.read()"))
    for operation, code in making:
        used = {"b": names["piece"]} if "feed" in code else {}
        yield Cell(operation, "new", way(code, make=Pipe, **used), {"bytearray": way(code, make=Buffer, **used)})
    batch = "list(p.split(b'\\n'))"
    for count in (1, 10, 1000):
        data = (b"l" * 39 + b"\n") * count
        code = "p.feed(d); " + batch
        today = {"bytearray": way(code, p=Buffer(), d=data)}
        yield Cell("split", "%d lines" % count, way(code, p=Pipe(), d=data), today, count)
        code = "p.feed(d); " + batch.replace("split", "records")
        yield Cell("records", "%d lines" % count, way(code, p=Pipe(), d=data), today, count)

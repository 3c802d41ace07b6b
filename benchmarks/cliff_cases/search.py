"""``zcio.search`` over buffers beside the methods of bytes, on a copy where the buffer has none."""

import array
import re

from cliff_cases import Cell, way
from cliff_cases.streams import LINE, numpy, size_name
from zcio import search

SIZES = (16, 64, 256, 4096, 65536, 1 << 20)

KINDS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": lambda data: memoryview(bytearray(data)),
    "array": lambda data: array.array("B", data),
}
if numpy is not None:
    KINDS["numpy"] = lambda data: numpy.frombuffer(bytearray(data), "u1")

#: operation, code with ``s`` (zcio.search) and ``b`` (the buffer), code today with ``d`` (its bytes).
_OPERATIONS = (
    ("find, near", "s.find(b, b'quick')", "d.find(b'quick')"),
    ("find, absent", "s.find(b, b'needleX')", "d.find(b'needleX')"),
    ("find(start 4), absent", "s.find(b, b'needleX', 4)", "d.find(b'needleX', 4)"),
    ("find(byte), absent", "s.find(b, b'\\0')", "d.find(b'\\0')"),
    ("rfind, absent", "s.rfind(b, b'needleX')", "d.rfind(b'needleX')"),
    ("rfind, at the end", "s.rfind(b, b'\\n')", "d.rfind(b'\\n')"),
    ("count", "s.count(b, b'quick')", "d.count(b'quick')"),
    ("count(byte)", "s.count(b, b'\\n')", "d.count(b'\\n')"),
    ("find_any", "s.find_any(b, b'\\0XZ')", "m = pattern.search(d)\nm.start() if m else -1"),
    ("first offset", "next(s.find_all(b, b'quick'), -1)", "d.find(b'quick')"),
    (
        "all offsets",
        "[at for at in s.find_all(b, b'quick')]",
        "f = []\ne = d.find(b'quick')\nwhile e >= 0: f.append(e); e = d.find(b'quick', e + 5)\nf",
    ),
    ("first line", "next(s.lines(b))", "d[: d.find(b'\\n')]"),
    ("all lines", "list(s.lines(b))", "d.split(b'\\n')[:-1]"),
    ("Finder.find, near", "finder.find(b)", "d.find(b'quick')"),
    ("make a Finder, find", "s.Finder(b'quick').find(b)", "d.find(b'quick')"),
    ("Finder.count", "finder.count(b)", "d.count(b'quick')"),
)


def cells():
    finder = search.Finder(b"quick")
    pattern = re.compile(b"[\0XZ]")
    for size in SIZES:
        data = (LINE * (size // len(LINE) + 1))[: size - 1] + b"\n"
        for kind, make in KINDS.items():
            buffer = make(data)
            where = "%s, %s" % (kind, size_name(size))
            for operation, code, code_today in _OPERATIONS:
                if kind not in ("bytes", "bytearray"):
                    name, code_today = "copy and methods", "d = x.tobytes()\n" + code_today
                elif kind == "bytearray" and "line" in operation:
                    name, code_today = "copy and methods", "d = bytes(x)\n" + code_today
                else:
                    name, code_today = "methods", "d = x\n" + code_today
                ours = way(code, s=search, b=buffer, **({"finder": finder} if "finder" in code else {}))
                today = way(code_today, x=buffer, **({"pattern": pattern} if "pattern" in code_today else {}))
                yield Cell(operation, where, ours, {name: today})

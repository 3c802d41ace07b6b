"""``zcio.mmap`` beside the standard library's mmap and fmmap."""

import mmap

import zcio.mmap
from cliff_cases import Cell, way
from cliff_cases.streams import LINE, size_name

try:
    import fmmap
except ImportError:
    fmmap = None

SIZES = (256, 4096, 65536, 1 << 20)

#: Peers whose iteration and ``in`` are not those of mmap: they give ints.
_OTHER_ITEMS = {"fmmap"}

#: Methods of every mmap: operation, code.
_SAME = (
    ("m[5]", "m[5]"),
    ("m[5:21]", "m[5:21]"),
    ("m[5] = 1", "m[5] = 113; m[5]"),
    ("len(m)", "len(m)"),
    ("seek(0); read(16)", "m.seek(0); m.read(16)"),
    ("seek(0); read_byte()", "m.seek(0); m.read_byte()"),
    ("seek(0); readline()", "m.seek(0); m.readline()"),
    ("seek(0); write(16)", "m.seek(0); m.write(m[:16])"),
    ("b'q' in m, near", "b'q' in m"),
    ("5 in m, absent", "5 in m"),
    ("first byte of iter(m)", "for b in m: break\nb"),
    ("find(ab), near", "m.seek(0); m.find(b'quick')"),
    ("find(ab, 0), near", "m.find(b'quick', 0)"),
    ("find(ab, 0, 64), near", "m.find(b'quick', 0, 64)"),
    ("find(byte, 0), near", "m.find(b'q', 0)"),
    ("find(ab, 0), absent", "m.find(b'needleX', 0)"),
    ("find(byte, 0), absent", "m.find(b'\\0', 0)"),
    ("find(sixteen, 0), absent", "m.find(b'the quick brOwn ', 0)"),
    ("rfind(ab), at the end", "m.rfind(b'lazy')"),
    ("rfind(ab), absent", "m.rfind(b'needleX')"),
    ("rfind(byte), at the end", "m.rfind(b'\\n')"),
)

_HARD = (
    ("rfind(64 of a)", "m.rfind(b'b' + b'a' * 63)"),
    ("rfind(64 zeros)", "m.rfind(bytes(64))"),
    ("find(64 of a)", "m.find(b'a' * 63 + b'b', 0)"),
)

#: operation, code with zcio's own methods, code today.
_OWN = (
    ("first line", "next(m.lines())", "m.seek(0); m.readline()[:-1]"),
    ("three lines", "[x for x, _ in zip(m.lines(), three)][-1]", "m.seek(0); [m.readline()[:-1] for _ in three][-1]"),
    ("all lines", "for line in m.lines(): pass\nline", "m.seek(0)\nfor line in iter(m.readline, b''): pass\nline[:-1]"),
    ("first line view", "bytes(next(m.line_views()))", "bytes(v[0 : m.find(b'\\n', 0)])"),
    (
        "all line views",
        "for line in m.line_views(): pass\nlen(line)",
        "a = 0\ne = m.find(b'\\n', 0)\nwhile e >= 0: line = v[a:e]; a = e + 1; e = m.find(b'\\n', a)\nlen(line)",
    ),
    ("first offset", "next(m.find_all(b'quick'))", "m.find(b'quick', 0)"),
    (
        "all offsets",
        "for at in m.find_all(b'quick'): pass\nat",
        "at = e = m.find(b'quick', 0)\nwhile e >= 0: at = e; e = m.find(b'quick', e + 5)\nat",
    ),
    ("count(ab)", "m.count(b'quick')", "m[:].count(b'quick')"),
    ("count(byte)", "m.count(b'\\n')", "m[:].count(b'\\n')"),
)


def _mapping(make, data):
    made = make(-1, len(data))
    made[:] = data
    return made


def cells():
    makers = {"mmap": mmap.mmap}
    if fmmap is not None:
        makers["fmmap"] = fmmap.mmap
    for size in SIZES:
        for length in (40, 450):
            line = (LINE * 12)[: length - 1] + b"\n"
            data = (line * (size // length + 1))[: size - 1] + b"\n"
            ours = _mapping(zcio.mmap.mmap, data)
            today = {name: _mapping(make, data) for name, make in makers.items()}
            where = "%s, lines of %d B" % (size_name(size), length)
            for operation, code in _SAME if length == 40 else ():
                left_out = _OTHER_ITEMS if " in m" in code else ()
                rivals = {name: way(code, m=m) for name, m in today.items() if name not in left_out}
                yield Cell(operation, where, way(code, m=ours), rivals)
            views = {name: memoryview(m) for name, m in today.items()}
            for operation, code, code_today in _OWN:
                extra = {"three": range(3)} if "three" in code else {}
                rivals = {name: way(code_today, m=m, v=views[name], **extra) for name, m in today.items()}
                yield Cell(operation, where, way(code, m=ours, **extra), rivals)
        for name, data in (("zeros", bytes(size)), ("aaaa", b"a" * size)):
            ours = _mapping(zcio.mmap.mmap, data)
            today = {name: _mapping(make, data) for name, make in makers.items()}
            for operation, code in _HARD:
                rivals = {name: way(code, m=m) for name, m in today.items()}
                yield Cell(operation, "%s of %s" % (size_name(size), name), way(code, m=ours), rivals)

"""Arguments for the mmap machine: edge-case numbers, needles and values of every kind of buffer, ways to open."""

import array
import ctypes
import sys

from hypothesis import strategies as st

MAXSIZE = sys.maxsize
PAGE = 4096

# From one byte to more than the windows that the runtime searches (some KiB, needles up to 64 bytes), and page borders.
SIZES = [
    1,
    2,
    3,
    63,
    64,
    65,
    100,
    127,
    128,
    129,
    255,
    256,
    257,
    300,
    511,
    512,
    513,
    1023,
    1024,
    1025,
    1100,
    2047,
    2048,
    2049,
    2050,
    2112,
]
SIZES += [2200, 4095, 4096, 4097, 5000, 8192, 8193, 12288, 20000, 132000]
USUAL_SIZES = SIZES + [2600, 5000, 5000, 8192, 12000, 20000] * 4


class Index:
    """Only ``__index__``."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    def __repr__(self):
        return "Index(%d)" % self.value


class IntOnly:
    """Only ``__int__``, which CPython 3.15 does not accept for an integer."""

    def __int__(self):
        return 3

    def __repr__(self):
        return "IntOnly()"


class MyInt(int):
    """A subclass of int."""

    def __repr__(self):
        return "MyInt(%d)" % self


class Exporter:
    """A buffer by PEP 688 only."""

    def __init__(self, data):
        self.data = data

    def __buffer__(self, flags):
        return memoryview(self.data)

    def __repr__(self):
        return "Exporter(%r)" % (self.data,)


class MyBytes(bytes):
    """A subclass of bytes."""

    def __repr__(self):
        return "MyBytes(%s)" % bytes.__repr__(self)


class Near:
    """A number near the length or the position, which is known only when the step runs."""

    def __init__(self, what, delta):
        self.what = what
        self.delta = delta

    def of(self, model):
        return getattr(model, self.what) + self.delta

    def __repr__(self):
        return "Near(%r, %d)" % (self.what, self.delta)


class Within(Near):
    """A number inside the mapping."""

    def __init__(self, number):
        self.number = number

    def of(self, model):
        return self.number * 7 % (model.length + 1)

    def __repr__(self):
        return "Within(%d)" % self.number


BAD_NUMBERS = ["1", 1.5, b"1", [], IntOnly(), {}]
_NEAR = [Near(what, delta) for what in ("length", "position") for delta in (-64, -2, -1, 0, 1, 2)]
_EDGES = [0, 1, 2, 3] + SIZES
_ODD = [MAXSIZE, MAXSIZE - 1, -MAXSIZE - 1, 2**31, -(2**31) - 1, 2**63, -(2**63) - 1, 2**100] + BAD_NUMBERS
_OBJECTS = [Index(0), Index(1), Index(-1), Index(70), Index(2049), Index(2**63), MyInt(1), True, False]
_NUMBERS = _EDGES + [-edge for edge in _EDGES] + _NEAR * 2 + _ODD + _OBJECTS

within = st.builds(Within, st.integers(0, 20500))
_bits = st.builds(Within, st.sampled_from([0, 1, 2, 3, 10, 50]))
_plain = st.integers(-20500, 20500)
numbers = st.one_of(st.sampled_from(_NUMBERS), _plain, within, _bits)
optional_numbers = st.one_of(st.none(), st.sampled_from(_NUMBERS), _plain, within, _bits)
indexes = st.one_of(st.sampled_from(_NUMBERS + [None]), st.sampled_from([0, 1, -1, -2]), _plain, within)
_GOOD_NUMBERS = [number for number in _NUMBERS if not any(number is bad for bad in BAD_NUMBERS)]  # -bb minds ==
_bounds = st.sampled_from([None] * 8 + _GOOD_NUMBERS * 4 + BAD_NUMBERS)
_steps = st.sampled_from(
    [None] * 6 + [1, 2, 3, -1, -2, 7, 100, -5000, 0, Index(2), Index(-1), MAXSIZE, -MAXSIZE - 1, "x"]
)
slices = st.builds(slice, _bounds, _bounds, _steps)
byte_values = st.sampled_from(
    list(b"ab\n\0\xff") * 3 + [-1, 256, Index(97), Index(256), MyInt(98), True] + _ODD + [None]
)
whences = st.sampled_from([0, 0, 1, 1, 2, 2, 3, -1, 9, 2**40, 2**70, 2.0, "0", None, Index(1), True])
flush_flags = st.sampled_from([0, 0, 0, 1, 2, 4, 5, 6, 3, 8, -1, 99, Index(4), 2**31, 2**63, "a", None, 4.0])
flush_numbers = st.sampled_from([0, 0, 0, 4096, 8192, -1, -2, -4096] + _NUMBERS)
page_numbers = st.sampled_from([0, 0, 0, 1, 4096, 4097, 8192, -1] + _NEAR + _ODD + [Index(4096), None])
advice = st.sampled_from([0, 1, 2, 3, 4, 4, 4, 10, 11, 16, 17, 999, -1, 2**31, 2**63, "0", None, 1.0, Index(0)])
names = st.sampled_from(
    ["", "x", "x" * 66, "x" * 67, "\xe9" * 33, "\xe9" * 34, "a\0b", "\udc80", "\0" * 80, b"x", None, 5]
)
members = st.sampled_from(
    [b"a", b"b", b"\n", b"\xff", b"", b"ab", 97, 0, "a", None, bytearray(b"a"), MyBytes(b"a"), 1.5]
)

# ---- contents: few different bytes, so that needles match often ----

PATTERNS = [
    b"a",
    b"ab",
    b"aab",
    b"aaaaaaab",
    b"ab\n",
    b"\0",
    b"\0\1",
    b"a" * 40 + b"\n",
    b"abcdefgh\xff",
    b"a" * 255 + b"b",
]
_pokes = st.lists(st.tuples(st.integers(0, 20500), st.sampled_from(list(b"ab\n\xff"))), max_size=3)


class Content:
    """A repeated pattern of any length, with a few bytes changed."""

    def __init__(self, pattern, pokes):
        self.pattern = pattern
        self.pokes = pokes

    def bytes(self, size):
        data = bytearray((self.pattern * (size // len(self.pattern) + 1))[:size])
        for at, byte in self.pokes:
            if size:
                data[at % size] = byte
        return bytes(data)

    def __repr__(self):
        return "Content(%r, %r)" % (self.pattern, self.pokes)


contents = st.builds(Content, st.sampled_from(PATTERNS), _pokes)

# ---- buffers ----

needle_sizes = st.sampled_from([1, 1, 2, 3, 4, 8, 16, 31, 33, 63, 64, 65, 100, 300])
_LENGTHS = [0, 1, 1, 1, 2, 2, 3, 4, 8, 16, 63, 64, 65, 66, 100, 300, 1100, 2100, 5000, 25000]


def _strided(data):
    return memoryview(bytes(bytearray(2 * len(data) + 2)))[::2]


def _released(data):
    view = memoryview(data)
    view.release()
    return view


def _wide(data):
    return array.array("H", data + b"\0" * (len(data) % 2))


KINDS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "array": lambda data: array.array("B", data),
    "array of H": _wide,
    "part of a memoryview": lambda data: memoryview(b"x" + data + b"x")[1:-1],
    "reversed memoryview": lambda data: memoryview(data + b"..")[::-1],
    "strided memoryview": _strided,
    "two dimensions": lambda data: memoryview(data).cast("B", (1, len(data))) if data else memoryview(data),
    "released memoryview": _released,
    "subclass of bytes": MyBytes,
    "ctypes": lambda data: (ctypes.c_ubyte * len(data))(*bytearray(data)),
    "PEP 688": Exporter,
    "str": lambda data: data.decode("latin-1"),
    "None": lambda data: None,
    "int": lambda data: 97,
    "float": lambda data: 1.5,
    "list": list,
}
_GOOD_KINDS = ["bytes"] * 14 + ["bytearray"] * 4 + ["memoryview"] * 4 + ["array", "array of H", "two dimensions"]
_GOOD_KINDS += ["part of a memoryview", "subclass of bytes", "ctypes", "PEP 688"] * 2
_kinds = st.sampled_from(_GOOD_KINDS + [kind for kind in KINDS if kind not in _GOOD_KINDS])


class Data:
    """Bytes in some kind of buffer: cut from the mapping, perhaps with one byte changed, or a pattern."""

    def __init__(self, kind, source, at, length, change):
        self.kind = kind
        self.source = source
        self.at = at
        self.length = length
        self.change = change

    def raw(self, mapped, length=None):
        length = self.length if length is None else length
        if self.source is not None or not mapped:
            data = bytearray(((self.source or b"a") * (length + 1))[:length])
        else:
            at = self.at % len(mapped)
            data = bytearray(mapped[at : at + length])
            data += bytes(length - len(data)) if self.change == "pad" else b""
        if data and self.change in (0, -1):
            data[self.change] ^= 1
        return bytes(data)

    def wrap(self, data):
        return KINDS[self.kind](data)

    def __repr__(self):
        return "Data(%r, %r, %d, %d, %r)" % (self.kind, self.source, self.at, self.length, self.change)


data = st.builds(
    Data,
    _kinds,
    st.one_of(st.none(), st.sampled_from([None] + PATTERNS)),
    st.integers(0, 20500),
    st.sampled_from(_LENGTHS),
    st.sampled_from([None, None, None, 0, -1, "pad"]),
)

# ---- ways to open ----


class Opening:
    """A call of the constructor. ``FILE`` stands for the descriptor; each party has its own."""

    FILE = "FILE"

    def __init__(self, args, kwargs, kind="regular", mode="rw", file_size=0, content=None):
        self.args = args
        self.kwargs = kwargs
        self.kind = kind
        self.mode = mode
        self.file_size = file_size
        self.content = content

    def call(self, cls, file):
        def filled(value):
            return file if value is Opening.FILE else value

        return cls(*map(filled, self.args), **{name: filled(value) for name, value in self.kwargs.items()})

    def __repr__(self):
        what = (self.args, self.kwargs, self.kind, self.mode, self.file_size, self.content)
        return "Opening(%r, %r, %r, %r, %r, %r)" % what


def _anonymous(size, keywords, offset, trackfd, content):
    keywords = dict(keywords, **({"offset": offset} if offset else {}))
    if not trackfd:
        keywords["trackfd"] = False
    return Opening((-1, size), keywords, content=content)


def _regular(size, how, offset, extra, whole, trackfd, content):
    mode, keywords = how
    keywords = dict(keywords, **({"offset": offset} if offset else {}))
    if not trackfd:
        keywords["trackfd"] = False
    length = 0 if whole else size
    return Opening((Opening.FILE, length), keywords, "regular", mode, offset + size + extra, content)


_ANONYMOUS_WAYS = [{}, {"flags": 2}, {"flags": 0x21}, {"flags": 0x22}, {"access": 1}, {"access": 2}, {"access": 3}]
_ANONYMOUS_WAYS += [{}, {"flags": 2}, {"prot": 1}, {"prot": 2}, {"flags": 2, "prot": 3}]
_FILE_WAYS = [
    ("rw", {}),
    ("rw", {}),
    ("rw", {}),
    ("r", {"access": 1}),
    ("rw", {"access": 1}),
    ("rw", {"access": 2}),
]
_FILE_WAYS += [
    ("r", {"access": 3}),
    ("rw", {"access": 3}),
    ("rw", {"flags": 2}),
    ("r", {"flags": 2}),
    ("r", {"prot": 1}),
]
_FILE_WAYS += [("rw", {"prot": 2}), ("rw", {"flags": 3}), ("rw", {"flags": 0x21}), ("rw", {"flags": 0x22})]
_rarely = st.sampled_from([False, False, False, True])

openings = st.one_of(
    st.builds(
        _anonymous,
        st.sampled_from(USUAL_SIZES),
        st.sampled_from(_ANONYMOUS_WAYS),
        st.sampled_from([0, 0, 4096, 2**33]),
        st.sampled_from([True, True, True, False]),
        contents,
    ),
    st.builds(
        _regular,
        st.sampled_from(USUAL_SIZES),
        st.sampled_from(_FILE_WAYS),
        st.sampled_from([0, 0, 0, 4096, 8192]),
        st.sampled_from([0, 0, 1, 5000]),
        _rarely,
        st.sampled_from([True, True, True, False]),
        contents,
    ),
)


def _wild(kind, mode, file_size, content, fileno, rest, positional, extra):
    names = ("fileno", "length", "flags", "prot", "access", "offset")
    values = [(name, value) for name, value in zip(names, (fileno,) + rest) if value is not Opening]
    args, keywords = [], {}
    for at, (name, value) in enumerate(values):
        if at < positional and name == names[at] and len(args) == at:
            args.append(value)
        else:
            keywords[name] = value
    keywords.update(extra)
    return Opening(tuple(args), keywords, kind, mode, file_size, content)


def _mostly(good, odd):
    # Opening itself stands for "not given".
    return st.sampled_from(good * (1 + 4 * len(odd) // len(good)) + odd)


# The first one is left out for arguments of which it is a valid value.
_INTS = [2**31, -(2**31) - 1, 2**63, -(2**63) - 1, "1", 1.0, None, IntOnly(), Index(1)]
wild_openings = st.builds(
    _wild,
    st.sampled_from(["regular"] * 6 + ["directory", "pipe"]),
    st.sampled_from(["r", "rw", "rw", "w"]),
    st.sampled_from([0, 1, 100, 4096, 5000, 9000]),
    contents,
    _mostly([Opening.FILE, -1], [-2, 10**6, Opening, Index(-1)] + _INTS[:-1]),
    st.tuples(
        _mostly([0, 1, 100, 4096, 5000], [MAXSIZE, 2**62, -1, -MAXSIZE - 1, Opening] + _INTS[1:]),
        _mostly([Opening, 1, 2], [0, 3, 0x20, 0x21, 0x22, Index(2)] + _INTS),
        _mostly([Opening, 3, 1], [0, 2, Index(3)] + _INTS),
        _mostly([Opening, 0, 1, 2, 3], [4, -1, Index(1)] + _INTS),
        _mostly([Opening, 0, 4096], [1, 8192, -1, -4096, Index(4096), 2**62, MAXSIZE, MAXSIZE - 4095] + _INTS),
    ),
    st.integers(0, 6),
    st.sampled_from(
        [{}] * 6 + [{"trackfd": value} for value in (True, False, 0, [], None, "no")] + [{"tagname": "x"}]
    ),
)

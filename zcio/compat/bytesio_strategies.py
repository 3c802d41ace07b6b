"""Arguments for the BytesIO machine: edge-case numbers, buffers of every kind, arguments that act on the stream."""

import array
import sys

from hypothesis import strategies as st

from zcio.compat.mmap_strategies import BAD_NUMBERS, KINDS, Data, Index, IntOnly, MyInt

__all__ = [
    "ACTIONS",
    "ADDED",
    "Actor",
    "BUFFER_METHODS",
    "MAXSIZE",
    "NUMBER_METHODS",
    "Near",
    "call",
    "data",
    "sizes",
    "states",
    "targets",
    "whences",
]

MAXSIZE = sys.maxsize


class Near:
    """A number near the length or the position, which is known only when the step runs."""

    def __init__(self, what, delta):
        self.what = what
        self.delta = delta

    def of(self, model):
        return (len(model.value) if self.what == "length" else model.position) + self.delta

    def __repr__(self):
        return "Near(%r, %d)" % (self.what, self.delta)


_NEAR = [Near(what, delta) for what in ("length", "position") for delta in (-2, -1, 0, 1, 2)]
_HUGE = [2**31 - 1, 2**31, -(2**31) - 1, 2**32, 2**46, 2**62, MAXSIZE - 1, MAXSIZE, -MAXSIZE - 1, 2**63, -(2**63) - 1]
_ODD = _HUGE + [2**100, Index(0), Index(3), Index(-1), Index(2**63), MyInt(2), True, None] + BAD_NUMBERS
sizes = st.one_of(
    st.integers(-3, 200), st.sampled_from(_NEAR), st.sampled_from(_NEAR * 2 + _ODD), st.sampled_from([None, -1])
)
_ODD_WHENCES = [2**31 - 1, 2**31, -(2**31) - 1, 2**63, Index(1), Index(7), IntOnly(), True, 1.0, "1", None]
whences = st.sampled_from([0, 0, 1, 1, 2, 2, 3, -1] + _ODD_WHENCES)

_PATTERNS = [b"a", b"ab\n", b"\n", b"ab", b"\0", b"abcdefgh\xff\n", b"a" * 60 + b"\n"]
_GOOD_KINDS = ["bytes"] * 8 + ["bytearray"] * 3 + ["memoryview", "array", "two dimensions", "part of a memoryview"]
_GOOD_KINDS += ["subclass of bytes", "ctypes", "PEP 688"]
_kinds = st.sampled_from(_GOOD_KINDS * 2 + [kind for kind in KINDS if kind not in _GOOD_KINDS])
data = st.builds(
    Data,
    _kinds,
    st.sampled_from([None] + _PATTERNS),
    st.integers(0, 300),
    st.sampled_from([0, 1, 1, 2, 2, 3, 4, 8, 16, 63, 64, 65, 100, 300, 1100, 2100, 5000]),
    st.sampled_from([None, None, None, 0, -1, "pad"]),
)

# ---- what readinto fills ----

_TARGETS = {
    "bytearray": bytearray,
    "memoryview": lambda size: memoryview(bytearray(size)),
    "part of a memoryview": lambda size: memoryview(bytearray(size + 2))[1:-1],
    "array of H": lambda size: array.array("H", bytes(2 * size)),
    "strided memoryview": lambda size: memoryview(bytearray(2 * size + 4))[::2],
    "bytes": bytes,
    "read-only memoryview": lambda size: memoryview(bytes(size)),
    "str": lambda size: "x",
    "None": lambda size: None,
    "int": lambda size: size,
}


class Target:
    """A buffer to read into; each party gets a new one."""

    def __init__(self, kind, size):
        self.kind = kind
        self.size = size

    def make(self):
        return _TARGETS[self.kind](self.size)

    @staticmethod
    def bytes(buffer):
        return bytes(bytearray(memoryview(buffer).cast("B"))) if len(buffer) else b""

    def __repr__(self):
        return "Target(%r, %d)" % (self.kind, self.size)


targets = st.builds(
    Target, st.sampled_from(["bytearray"] * 3 + sorted(_TARGETS)), st.sampled_from([0, 1, 2, 10, 100, 6000])
)

# ---- states ----


class State:
    """An argument of __setstate__; each call gets a new one."""

    def __init__(self, kind, value, position, attributes, extra):
        self.kind = kind
        self.items = [value, position, attributes, "extra"][: 3 + extra]

    def make(self):
        value = self.items[0]
        items = [bytearray(value) if type(value) is bytearray else value]
        items += [dict(item) if type(item) is dict else item for item in self.items[1:]]
        return self.kind(items)

    def __repr__(self):
        return "State(%s of %r)" % (self.kind.__name__, self.items)


states = st.builds(
    State,
    st.sampled_from([tuple] * 6 + [list, len]),
    st.sampled_from([b"xyz", b"", b"abc\n" * 20, bytearray(b"abc"), "str", None, 5, memoryview(b"12")]),
    st.sampled_from([0, 1, 2, 5, 100, MAXSIZE, True, MyInt(1), -1, 1.0, "1", None, Index(1), 2**63]),
    st.sampled_from([None, None, {}, {"a": 1}, {"b": 2, "c": 3}, 5, "x", []]),
    st.sampled_from([0, 0, 0, 0, 1, -1]),
)

# ---- arguments that act ----

ACTIONS = ["close", "seek", "write", "truncate", "getbuffer", "read", "init"]
ADDED = ("peek", "read_view", "find", "readuntil")
NUMBER_METHODS = ["read", "read1", "readline", "truncate", "seek", "whence", "peek"]
BUFFER_METHODS = ["write", "writelines", "__init__", "find", "readuntil"]


def call(name, stream, argument, reinitialise):
    """Call the method ``name`` of the stream so that it converts ``argument``."""
    if name == "whence":
        return stream.seek(1, argument)
    if name == "writelines":
        return stream.writelines([b"1", argument, b"2"])
    if name == "__init__":
        return reinitialise(stream, argument)
    return getattr(stream, name)(argument)


class Actor:
    """Makes arguments that act on one stream when they are converted."""

    def __init__(self, stream, reinitialise):
        self.stream = stream
        self.reinitialise = reinitialise
        self.views = []

    def do(self, action):
        stream = self.stream
        if action == "seek":
            stream.seek(3)
        elif action == "write":
            stream.write(b"12345")
        elif action == "truncate":
            stream.truncate(2)
        elif action == "getbuffer":
            self.views.append(stream.getbuffer())
        elif action == "init":
            self.reinitialise(stream, b"anew")
        else:
            getattr(stream, action)()

    def number(self, action, value):
        return _ActingNumber(self, action, value)

    def buffer(self, action, data):
        return _ActingBuffer(self, action, data)

    def release(self):
        while self.views:
            self.views.pop().release()


class _Acting:
    def __init__(self, actor, action, value):
        self.actor = actor
        self.action = action
        self.value = value


class _ActingNumber(_Acting):
    def __index__(self):
        self.actor.do(self.action)
        return self.value


class _ActingBuffer(_Acting):
    def __buffer__(self, flags):
        self.actor.do(self.action)
        return memoryview(self.value)

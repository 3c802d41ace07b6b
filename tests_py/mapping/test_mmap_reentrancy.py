"""An argument whose ``__index__``, ``__buffer__`` or ``__bool__`` closes, resizes or searches the very map: as if
done before the call, no crash. Of what zcio overrides; the runtime's own methods are "hot-reentrancy" in the table.
"""

import sys

import pytest

from zcio._core import mapping as core_mapping
from zcio.compat.differences.mmap import CLOSED, VERSION, active
from zcio.mmap import MAP_PRIVATE, mmap

SIZE = 8192


class Value:
    """Does something to a map when it is asked for its value."""

    def __init__(self, action, value):
        self.action = action
        self.value = value
        self.asked = 0

    def get(self, *args):
        self.asked += 1
        self.action()
        return self.value

    __index__ = get


class Buffer(Value):
    def __buffer__(self, flags):
        return memoryview(self.get())

    __index__ = None


class Truth(Value):
    def __bool__(self):
        return self.get()


@pytest.fixture
def mapping():
    with mmap(-1, SIZE, flags=MAP_PRIVATE) as mapping:
        mapping[:] = b"abc\n" * (SIZE // 4)
        mapping[SIZE - 1] = 0
        yield mapping


def calls(value, buffer):
    """(name, positional arguments, keywords) with ``value(n)`` for a number and ``buffer(b)`` for bytes."""
    found = [
        ("madvise", (value(0),), {}),
        ("madvise", (0, value(0)), {}),
        ("madvise", (0, 0, value(4096)), {}),
        ("flush", (value(0),), {}),
        ("flush", (0, value(1)), {}),
        ("flush", (), {"flags": value(4)}),
        ("resize", (value(4096),), {}),
        ("move", (value(0), 1, 2), {}),
        ("move", (0, value(1), 2), {}),
        ("move", (0, 1, value(2)), {}),
        ("__buffer__", (value(0),), {}),
    ]
    for name in ("find", "rfind"):
        for start in (0, 1, SIZE - 300, SIZE - 1):
            found.append((name, (b"\0", value(start)), {}))
            found.append((name, (b"\0", start, value(SIZE)), {}))
            found.append((name, (b"c\na" * 30, 0, value(SIZE)), {}))
            found.append((name, (buffer(b"\0"), start), {}))
            found.append((name, (buffer(b"\0"), start, SIZE), {}))
        found.append((name, (buffer(b"bc"),), {}))
        found.append((name, (buffer(b""), 5), {}))
    if not active("hot-reentrancy") or VERSION < (3, 13):
        found += [("seek", (value(4),), {}), ("seek", (4, value(0)), {})]
    if not active("hot-reentrancy"):
        found += [
            ("read", (value(4),), {}),
            ("write", (buffer(b"xy"),), {}),
            ("write_byte", (value(65),), {}),
            ("__getitem__", (value(4),), {}),
            ("__getitem__", (slice(value(4), 9),), {}),
            ("__getitem__", (slice(4, value(9)),), {}),
            ("__getitem__", (slice(4, 9, value(2)),), {}),
            ("__setitem__", (value(4), 65), {}),
            ("__setitem__", (4, value(65)), {}),
            ("__setitem__", (slice(value(4), 6), b"xy"), {}),
            ("__setitem__", (slice(4, value(6)), b"xy"), {}),
            ("__setitem__", (slice(4, 8, value(2)), b"xy"), {}),
            ("__setitem__", (slice(4, 6), buffer(b"xy")), {}),
        ]
    return found


def number(n):
    return n


COUNT = len(calls(number, number))


def outcome(function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)
    if isinstance(result, memoryview):
        with result:
            return None, len(result)
    return None, result


def act(mapping, action, which):
    """The call made with objects that do ``action``, and how often they were asked."""
    values = []

    def made(cls):
        def make(value):
            values.append(cls(action, value))
            return values[-1]

        return make

    name, args, kwargs = calls(made(Value), made(Buffer))[which]
    result = outcome(getattr(mapping, name), *args, **kwargs)
    return result, sum(value.asked for value in values)


def described(which):
    name, args, kwargs = calls(number, number)[which]
    # The separators of 90 bytes would make names of 300.
    return "%s%r" % (name, tuple(arg[:3] if isinstance(arg, bytes) else arg for arg in args))


@pytest.mark.parametrize("which", range(COUNT), ids=described)
class TestReentrancy:
    def test_closing(self, mapping, which):
        result, asked = act(mapping, mapping.close, which)
        assert (result, asked) == ((ValueError, CLOSED), 1)

    def test_closing_and_then_failing(self, mapping, which):
        def action():
            mapping.close()
            raise KeyError("mine")

        assert act(mapping, action, which) == ((KeyError, "'mine'"), 1)

    @pytest.mark.parametrize("size", [1, 4, 4096, SIZE - 1, 3 * SIZE])
    def test_resizing(self, mapping, which, size):
        result, asked = act(mapping, lambda: mapping.resize(size), which)
        assert asked == 1
        state = mapping[:], mapping.tell(), len(mapping)
        with mmap(-1, SIZE, flags=MAP_PRIVATE) as other:
            other[:] = b"abc\n" * (SIZE // 4)
            other[SIZE - 1] = 0
            other.resize(size)
            name, args, kwargs = calls(number, number)[which]
            assert result == outcome(getattr(other, name), *args, **kwargs)
            assert state == (other[:], other.tell(), len(other))

    def test_searching(self, mapping, which):
        found = []

        def action():
            found.append((mapping.find(b"\0", 0), mapping.rfind(b"abc", 0), mapping[0:3]))
            mapping.seek(8)

        result, asked = act(mapping, action, which)
        assert (found, asked) == ([(SIZE - 1, SIZE - 4, b"abc")], 1)
        with mmap(-1, SIZE, flags=MAP_PRIVATE) as other:
            other[:] = b"abc\n" * (SIZE // 4)
            other[SIZE - 1] = 0
            other.seek(8)
            name, args, kwargs = calls(number, number)[which]
            assert result == outcome(getattr(other, name), *args, **kwargs)
            assert mapping[:] == other[:]


def test_needle_that_is_a_view_of_the_map(mapping):
    with memoryview(mapping) as view:
        assert mapping.find(view) == 0
        assert mapping.rfind(view[5:]) == 5
        assert mapping.find(view[4:8], 5) == 8


def test_needle_that_closes_the_map_it_is_in():
    outer = mmap(-1, 5000)
    with pytest.raises(ValueError):
        outer.find(Buffer(outer.close, b"x"), 0, 5000)


@pytest.mark.parametrize("name", "fileno length flags prot access offset".split())
def test_constructor_numbers_that_make_and_close_maps(name):
    kwargs = {"fileno": -1, "length": 100, "flags": 1, "prot": 3, "access": 0, "offset": 0}
    value = Value(lambda: mmap(-1, 4096).close(), kwargs[name])
    kwargs[name] = value
    with mmap(**kwargs) as mapping:
        assert len(mapping) == 100
    assert value.asked == 1


def test_trackfd_is_asked_last(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    with open(str(path), "r+b") as file:
        truth = Truth(lambda: file.truncate(50), False)
        with pytest.raises(ValueError) as caught:
            mmap(file.fileno(), 100, trackfd=truth)
        assert str(caught.value) == "mmap length is greater than file size"
        assert truth.asked == 1
        with mmap(file.fileno(), 0, trackfd=Truth(lambda: file.truncate(20), True)) as mapping:
            assert len(mapping) == 20


def test_trackfd_that_closes_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    for tracked in (False, True):
        file = open(str(path), "r+b")
        with pytest.raises(OSError):
            mmap(file.fileno(), 100, trackfd=Truth(file.close, tracked))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="flags and errors are Linux's")
@pytest.mark.parametrize("fileno", [-2, 987654])
@pytest.mark.parametrize(
    "flags, length, code", [(32, 0, 22), (32, 1, 22), (33, 0, 22), (33, 1, 0), (34, 1, 0), (1, 0, 9), (2, 1, 9)]
)
def test_no_file_without_a_descriptor_of_it(fileno, flags, length, code):
    """What CPython 3.15 gives: with MAP_ANONYMOUS (32) the kernel does not look at the descriptor."""
    if code == 0:
        with mmap(fileno, length, flags, trackfd=False) as mapping:
            assert len(mapping) == length
        return
    with pytest.raises(OSError) as caught:
        mmap(fileno, length, flags, trackfd=False)
    assert caught.value.errno == code


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="flags and errors are Linux's")
@pytest.mark.parametrize("offset", [1, sys.maxsize])
@pytest.mark.parametrize("length", [0, 1])
@pytest.mark.parametrize("flags", [1, 2, 33, 34])
@pytest.mark.parametrize("fileno", [-2, 987654])
def test_odd_offset_is_refused_before_a_bad_descriptor(fileno, flags, length, offset):
    with pytest.raises(OSError) as caught:
        mmap(fileno, length, flags, offset=offset, trackfd=False)
    assert caught.value.errno == 22


@pytest.mark.parametrize("whence", [0, 1])
def test_comparison_that_closes(mapping, whence):
    class Equal:
        def __eq__(self, other):
            mapping.close()
            return False

    with pytest.raises(ValueError) as caught:
        assert Equal() in mapping
    assert str(caught.value) == CLOSED


def test_iteration_over_a_map_that_shrinks_and_closes(mapping):
    items = iter(mapping)
    assert next(items) == b"a"
    mapping.resize(2)
    assert list(items) == [b"b"]
    assert list(items) == []
    backwards = reversed(mapping)
    assert next(backwards) == b"b"
    mapping.close()
    with pytest.raises(ValueError):
        next(backwards)
    with pytest.raises(ValueError):
        next(iter(mapping))


def test_backwards_over_a_map_that_shrinks():
    with mmap(-1, SIZE, flags=MAP_PRIVATE) as mapping:
        backwards = reversed(mapping)
        assert next(backwards) == b"\0"
        mapping.resize(4096)
        assert list(backwards) == []


def test_no_system_call_outside_a_map_that_shrank_meanwhile():
    with mmap(-1, 4096, flags=MAP_PRIVATE) as mapping:
        for call in (core_mapping.madvise, core_mapping.msync):
            for offset, length in ((0, 4097), (4096, 1), (8192, 0)):
                with pytest.raises(ValueError, match="resized"):
                    call(mapping, offset, length, 0)

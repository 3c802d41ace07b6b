"""zcio.Cursor over every kind of buffer gives the same answers, and writes land in the memory."""

import copy
import gc
import io
import pickle
import sys
import weakref

import pytest
from cursor_buffers import FIXED, KINDS, content_of

from zcio import Cursor
from zcio._core import memory as core_memory

PYPY = sys.implementation.name == "pypy"
DATA = b"first line\nsecond\n\n" + bytes(range(60)) + b"\nlast of all, bye"
assert len(DATA) == 96

OVER_2_GB, OVER_4_GB = min(2**31, sys.maxsize), min(2**32 + 5, sys.maxsize)


class Index:
    def __init__(self, value, run=None):
        self.value = value
        self.run = run

    def __index__(self):
        if self.run is not None:
            self.run()
        return self.value


def refuses_index(cursor, name):
    """The runtime's own method over bytes, which before 3.8 converts no object with __index__."""
    last = {"read": (3, 6), "readline": (3, 6), "seek": (3, 7)}.get(name, (3, 0))
    return type(cursor).__name__ == "BytesCursor" and sys.version_info[:2] <= last


@pytest.fixture(params=sorted(KINDS))
def kind(request):
    return request.param


@pytest.fixture
def buffer(kind):
    buffer = KINDS[kind](DATA)
    yield buffer
    if hasattr(buffer, "close"):
        buffer.close()


@pytest.fixture
def cursor(buffer):
    with Cursor(buffer) as cursor:
        yield cursor


def twin():
    return io.BytesIO(DATA)


def test_is_what_it_says(cursor, buffer):
    assert isinstance(cursor, Cursor)
    assert isinstance(cursor, io.BufferedIOBase) and isinstance(cursor, io.IOBase)
    assert cursor.getvalue() is buffer
    assert repr(cursor) == "Cursor(%r)" % (buffer,)
    assert (cursor.readable(), cursor.seekable(), cursor.isatty(), cursor.closed) == (True, True, False, False)
    assert not hasattr(cursor, "name") and not hasattr(cursor, "mode")
    for name in ("detach", "fileno", "truncate"):
        with pytest.raises(io.UnsupportedOperation, match=name):
            getattr(cursor, name)()
    assert cursor.flush() is None
    assert cursor.tell() == 0


SIZES = [-1, None, -7, 0, 1, 16, 95, 96, 97, OVER_2_GB, OVER_4_GB, sys.maxsize, True, Index(5)]


@pytest.mark.parametrize("size", SIZES)
def test_reads_as_bytesio(cursor, size):
    for name in ("read", "read1", "readline"):
        for start in (0, 3, 50, 96, 97, OVER_2_GB, sys.maxsize):
            expected = twin()
            number = size.value if isinstance(size, Index) else size
            if number is not size and refuses_index(cursor, name):
                continue
            if sys.version_info < (3, 7) and name == "read1" and number is None:
                number = -1
            assert cursor.seek(start) == expected.seek(start) == start
            assert getattr(cursor, name)(size) == getattr(expected, name)(number)
            assert cursor.tell() == expected.tell()


@pytest.mark.parametrize("name", ["read", "read1", "readline", "read_view"])
def test_a_bad_size(cursor, name):
    if refuses_index(cursor, name):
        pytest.skip("3.6's own words")
    with pytest.raises(TypeError, match="^argument should be integer or None, not 'float'$"):
        getattr(cursor, name)(1.5)
    for size in (sys.maxsize + 1, -sys.maxsize - 2):
        with pytest.raises(OverflowError):
            getattr(cursor, name)(size)
    assert cursor.tell() == 0


def test_readinto(cursor):
    for name in ("readinto", "readinto1"):
        for make in (bytearray, lambda size: memoryview(bytearray(size)), KINDS["ctypes ints"], KINDS["zcio.mmap"]):
            target = make(40) if make in (bytearray,) else make(bytes(40))
            cursor.seek(5)
            assert getattr(cursor, name)(target) == 40
            assert content_of(target) == DATA[5:45]
            cursor.seek(90)
            assert getattr(cursor, name)(target) == 6
            assert content_of(target) == DATA[90:] + DATA[11:45]
            assert getattr(cursor, name)(target) == 0
            if hasattr(target, "close"):
                target.close()
        for wrong in (b"bytes", "text", None):
            with pytest.raises(TypeError, match=r"^%s\(\) argument must be read-write bytes-like object, not " % name):
                getattr(cursor, name)(wrong)


def test_readinto_a_view(cursor):
    memory = bytearray(96)
    view = memoryview(memory)
    targets = [(view, 96), (view[10:20], 10), (view.cast("i"), 96), (view.cast("B", [4, 24]), 96), (view[:0], 0)]
    for target, size in targets:
        memory[:] = bytes(96)
        cursor.seek(0)
        assert cursor.readinto(target) == size == cursor.tell()
        assert target.tobytes() == DATA[:size] and memory.count(b"\0") >= 95 - size
    cursor.seek(0)
    view.release()
    for wrong in (memoryview(memory)[::2], memoryview(b"fixed"), memoryview(memory)[::-1]):
        with pytest.raises(TypeError):
            cursor.readinto(wrong)
    assert cursor.tell() == 0


def test_lines(cursor):
    lines = twin().readlines()
    assert list(cursor) == lines and cursor.tell() == 96
    cursor.seek(0)
    assert cursor.readlines() == lines and cursor.tell() == 96
    cursor.seek(0)
    assert cursor.readlines(12) == lines[:2] and cursor.tell() == 18
    assert next(cursor) == b"\n"
    assert cursor.readline(4) == DATA[19:23]
    cursor.seek(0, 2)
    with pytest.raises(StopIteration):
        next(cursor)
    with pytest.raises(TypeError, match="integer argument expected"):
        cursor.readlines("1")


def test_iteration_knows_its_position(cursor):
    position = 0
    for line in cursor:
        position += len(line)
        assert cursor.tell() == position
    cursor.seek(0)
    lines = iter(cursor)
    assert next(lines) == b"first line\n"
    assert cursor.read(3) == b"sec"
    assert next(lines) == b"ond\n"
    cursor.seek(6)
    assert next(lines) == b"line\n"
    assert next(cursor) == b"second\n"
    assert next(lines) == b"\n"
    others = iter(cursor)
    assert next(others) == DATA[19:30]
    cursor.seek(0)
    assert [next(lines), next(others), next(lines)] == twin().readlines()[:3]
    cursor.close()
    with pytest.raises(ValueError):
        next(lines)


def test_writes_land_in_the_memory(cursor, buffer, kind):
    if kind in FIXED:
        assert not cursor.writable()
        for data in (b"x", b"", bytearray(200)):
            with pytest.raises(io.UnsupportedOperation, match="not writable"):
                cursor.write(data)
        with pytest.raises(io.UnsupportedOperation):
            cursor.writelines([b"x"])
        with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
            cursor.write("text")
        return
    assert cursor.writable()
    cursor.seek(10)
    assert cursor.write(b"abc") == 3 and cursor.tell() == 13
    assert cursor.write(memoryview(bytearray(b"defg")).cast("H")) == 4
    cursor.writelines([b"h", bytearray(b"ij")])
    expected = DATA[:10] + b"abcdefghij" + DATA[20:]
    assert content_of(buffer)[:96] == expected
    for start, data in ((90, b"1234567"), (96, b"1"), (97, b"1"), (sys.maxsize, bytearray(b"1")), (0, bytes(97))):
        cursor.seek(start)
        words = "^cannot write %d bytes to buffer of size 96 at position %d$" % (len(data), start)
        with pytest.raises(BufferError, match=words):
            cursor.write(data)
        assert cursor.tell() == start
        assert cursor.write(b"") == 0
    assert content_of(buffer)[:96] == expected
    cursor.seek(93)
    with pytest.raises(BufferError):
        cursor.writelines([b"X", b"too long"])
    assert content_of(buffer)[:96] == expected[:93] + b"X" + expected[94:]
    cursor.seek(0)
    assert cursor.write(bytes(96)) == 96
    assert content_of(buffer)[:96] == bytes(96)
    with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
        cursor.write("text")


def test_writes_of_every_kind_of_data():
    data = bytes(range(24))
    view = memoryview(data)
    kinds = [data, bytearray(data), view, memoryview(bytearray(data)), view.cast("i"), view.cast("B", [4, 6])]
    kinds += [KINDS["array of ints"](data), view.cast("d")]
    for written in kinds:
        memory = bytearray(40)
        with Cursor(memory) as cursor:
            cursor.seek(3)
            assert cursor.write(written) == 24 and cursor.tell() == 27
            with pytest.raises(BufferError, match="^cannot write 24 bytes to buffer of size 40 at position 27$"):
                cursor.write(written)
            for wrong in (view[::2], view[::-1]):
                with pytest.raises(BufferError):
                    cursor.write(wrong)
            assert cursor.write(view[:0]) == 0
            assert cursor.tell() == 27
        assert memory == bytes(3) + data + bytes(13)


def test_memory_is_not_filled_beyond_its_end():
    memory = bytearray(6)
    with pytest.raises(BufferError):
        core_memory.fill(memory, 4, b"abc")
    core_memory.fill(memory, 3, b"abc")
    assert memory == b"\0\0\0abc"


def test_readonly(buffer, kind):
    with Cursor(buffer, readonly=True) as cursor:
        assert repr(cursor) == "Cursor(%r%s)" % (buffer, "" if kind in FIXED else ", readonly=True")
        assert cursor.read() == DATA
        assert not cursor.writable()
        with pytest.raises(io.UnsupportedOperation, match="not writable"):
            cursor.write(b"x")
        if sys.version_info >= (3, 8):
            assert cursor.getbuffer().readonly
            cursor.seek(0)
            assert cursor.read_view(4).readonly


@pytest.mark.parametrize("pos, whence", [(0, 0), (5, 0), (200, 0), (sys.maxsize, 0), (-3, 1), (3, 1), (-99, 2), (7, 2)])
def test_seek(cursor, pos, whence):
    expected = twin()
    for stream in (cursor, expected):
        stream.seek(2)
    assert cursor.seek(pos, whence) == expected.seek(pos, whence) == cursor.tell()
    cursor.seek(2)
    assert refuses_index(cursor, "seek") or cursor.seek(Index(pos), Index(whence)) == expected.tell()


def test_a_bad_seek(cursor):
    cursor.seek(9)
    bad = [
        ((-1,), ValueError, "negative seek value -1"),
        ((0, 3), ValueError, r"invalid whence \(3, should be 0, 1 or 2\)"),
        ((sys.maxsize + 1,), OverflowError, "."),
        ((sys.maxsize, 1), OverflowError, "new position too large"),
        ((sys.maxsize, 2), OverflowError, "new position too large"),
        ((1.5,), TypeError, "."),
        ((1, 1.5), TypeError, "."),
    ]
    for args, error, words in bad:
        with pytest.raises(error, match=words):
            cursor.seek(*args)
        assert cursor.tell() == 9


def test_additions(cursor, kind):
    assert cursor.peek() == DATA and cursor.peek(5) == DATA[:5] and cursor.peek(-3) == DATA and cursor.tell() == 0
    assert cursor.remaining() == 96
    view = cursor.read_view(6)
    assert (view.tobytes(), view.ndim, view.format, cursor.tell()) == (b"first ", 1, "B", 6)
    assert cursor.find(b"\n") == 10 and cursor.find(b"first") == -1 and cursor.find(b"") == 6 and cursor.tell() == 6
    assert cursor.readuntil() == b"line\n"
    assert cursor.readuntil(b"on") == b"secon"
    assert cursor.readuntil(bytearray(b"absent")) == DATA[16:] and cursor.readuntil(b"x") == b""
    with pytest.raises(ValueError, match="empty separator"):
        cursor.readuntil(b"")
    cursor.seek(90)
    assert bytes(bytearray(cursor.read_buffer(100))) == DATA[90:]
    assert cursor.read_view() == b"" and cursor.remaining() == 0
    cursor.seek(200)
    assert cursor.remaining() == 0 and cursor.peek(1) == b"" and cursor.find(b"") == -1 and cursor.readuntil() == b""
    assert cursor.tell() == 200
    whole = cursor.getbuffer()
    assert whole.tobytes() == DATA and whole.readonly is (kind in FIXED)
    with pytest.raises(TypeError):
        cursor.peek(None)


def test_a_closed_cursor(buffer):
    cursor = Cursor(buffer)
    view = cursor.read_view(5)
    cursor.close()
    cursor.close()
    assert cursor.closed and repr(cursor) == "<closed Cursor>"
    calls = {
        "read": (), "read1": (1,), "readline": (), "readlines": (), "readinto": (bytearray(1),), "write": (b"",),
        "readinto1": (bytearray(1),), "writelines": ([],), "seek": (0,), "tell": (), "getvalue": (), "getbuffer": (),
        "readable": (), "writable": (), "seekable": (), "isatty": (), "flush": (), "peek": (), "remaining": (),
        "read_view": (), "read_buffer": (), "find": (b"",), "readuntil": (), "truncate": (), "__enter__": (),
        "__next__": (), "__getstate__": (),
    }  # fmt: skip
    for name, args in sorted(calls.items()):
        with pytest.raises(ValueError, match="closed"):
            getattr(cursor, name)(*args)
    assert view.tobytes() == b"first"
    for name in ("detach", "fileno"):
        with pytest.raises(io.UnsupportedOperation):
            getattr(cursor, name)()
    with pytest.raises(ValueError):
        next(iter(cursor))


def test_close_gives_the_memory_back():
    for leave in (Cursor.close.__get__ if hasattr(Cursor, "close") else None, None):
        memory = bytearray(b"abc\ndef\n")
        cursor = Cursor(memory)
        lines = iter(cursor)
        next(lines)
        cursor.read(1)
        if leave is None:
            with cursor:
                pass
        else:
            cursor.close()
        memory += b"grows"
        assert memory == b"abc\ndef\ngrows"


@pytest.mark.skipif(PYPY, reason="nothing is exported there")
def test_the_memory_stays_put_meanwhile():
    memory = bytearray(b"abcdef")
    cursor = Cursor(memory)
    with pytest.raises(BufferError):
        memory += b"x"
    view = cursor.read_view(2)
    cursor.close()
    with pytest.raises(BufferError):
        memory += b"x"
    view.release()
    memory += b"x"
    cursor = Cursor(memory)
    cursor.read(1)
    del cursor  # never closed
    memory += b"y"


def test_a_mapping_that_is_closed_meanwhile():
    """BufferError on CPython; PyPy lets it be closed, and then its memory is not touched."""
    for make in (KINDS["mmap"], KINDS["zcio.mmap"], KINDS["memoryview of zcio.mmap"]):
        source = make(DATA)
        mapping = source.obj if isinstance(source, memoryview) and hasattr(source, "obj") else source
        if isinstance(mapping, memoryview):
            continue
        cursor = Cursor(source)
        assert cursor.read(5) == b"first"
        try:
            mapping.close()
        except BufferError:
            cursor.close()
            if source is not mapping:
                source.release()
            mapping.close()
            continue
        for name, args in (("read", (4,)), ("readline", ()), ("write", (b"x",)), ("readinto", (bytearray(3),))):
            with pytest.raises((ValueError, BufferError)):
                getattr(cursor, name)(*args)
        cursor.close()


def test_overlapping_copies_are_moves():
    for shift in (1, 7, -1, -7):
        memory = bytearray(range(100))
        expected = bytearray(memory)
        expected[20 + shift : 70 + shift] = bytes(expected[20:70])
        with Cursor(memory) as cursor:
            cursor.seek(20 + shift)
            cursor.write(memoryview(memory)[20:70])
        assert memory == expected
        memory = bytearray(range(100))
        with Cursor(memory) as cursor:
            cursor.seek(20)
            assert cursor.readinto(memoryview(memory)[20 + shift : 70 + shift]) == 50
        assert memory == expected
        with Cursor(memory) as cursor:
            assert cursor.readinto(memory) == 100
            cursor.seek(0)
            assert cursor.write(memory) == 100
        assert memory == expected


@pytest.mark.parametrize("wrong", ["text", 1, None, [1], io.BytesIO()])
def test_no_buffer(wrong):
    with pytest.raises(TypeError, match="a bytes-like object is required, not '%s'" % type(wrong).__name__):
        Cursor(wrong)


def test_not_contiguous():
    with pytest.raises(BufferError, match="not C-contiguous"):
        Cursor(memoryview(bytes(10))[::2])
    with pytest.raises(TypeError):
        Cursor()
    with pytest.raises(TypeError):
        Cursor(b"", False, 1)
    assert Cursor(buffer=b"a", readonly=True).read() == b"a"


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, lambda data: memoryview(data).cast("b")])
def test_empty(make):
    with Cursor(make(b"")) as cursor:
        assert (cursor.read(), cursor.readline(), cursor.peek()) == (b"", b"", b"")
        assert list(cursor) == [] and cursor.remaining() == 0
        assert cursor.readinto(bytearray(3)) == 0
        assert cursor.find(b"") == 0 and cursor.find(b"x") == -1
        if cursor.writable():
            assert cursor.write(b"") == 0
            with pytest.raises(BufferError):
                cursor.write(b"1")


class Mine(Cursor):
    def __init__(self, buffer, label="none"):
        super().__init__(buffer)
        self.label = label

    def read(self, size=-1):
        return super().read(size).upper()


class Own(Cursor):
    def __next__(self):
        return super().__next__().upper()

    def close(self):
        if not self.closed:
            self.log.append("closed")
        super().close()


def test_subclasses(buffer):
    with Mine(buffer, "x") as cursor:
        assert type(cursor) is Mine and isinstance(cursor, Cursor) and isinstance(cursor, io.BufferedIOBase)
        assert repr(cursor) == "Mine(%r)" % (buffer,)
        assert (cursor.read(5), cursor.readline(), cursor.label) == (b"FIRST", b" line\n", "x")
        assert weakref.ref(cursor)() is cursor
    own = Own(buffer)
    own.log = log = []
    assert next(iter(own)) == b"FIRST LINE\n"
    del own
    if PYPY:
        for _ in range(3):
            gc.collect()
    assert log == ["closed"]
    made = Mine.__new__(Mine, 1, 2, 3)
    with pytest.raises(ValueError):
        made.read(1)


def test_attributes_and_weak_references(cursor):
    cursor.remark = "kept"
    assert cursor.remark == "kept"
    assert weakref.ref(cursor)() is cursor
    assert len({cursor}) == 1 and cursor == cursor


@pytest.mark.parametrize("kind", ["bytes", "bytearray", "array of ints"])
def test_pickle_and_copy(kind):
    cursor = Cursor(KINDS[kind](DATA))
    cursor.seek(7)
    cursor.remark = ["kept"]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(cursor, protocol))
        assert (again.tell(), again.remark, again.getvalue()) == (7, ["kept"], cursor.getvalue())
        assert type(again) is type(cursor)
    shared = copy.copy(cursor)
    assert shared.getvalue() is cursor.getvalue() and shared.remark is cursor.remark and shared.tell() == 7
    apart = copy.deepcopy(cursor)
    assert apart.getvalue() == cursor.getvalue() and apart.remark is not cursor.remark
    if kind != "bytes":
        assert apart.getvalue() is not cursor.getvalue()
    narrow = copy.copy(Cursor(bytearray(3), readonly=True))
    assert not narrow.writable()


def test_copies_ask_no_method_that_a_subclass_overrides():
    class Odd(Cursor):
        def tell(self):
            raise LookupError("not asked")

        getvalue = seek = tell

    cursor = Odd(bytearray(b"some bytes"))
    Cursor.seek(cursor, 3)
    again = copy.copy(cursor)
    assert type(again) is Odd and Cursor.tell(again) == 3 and Cursor.getvalue(again) is Cursor.getvalue(cursor)
    assert repr(cursor) == "Odd(bytearray(b'some bytes'))"


def test_memory_that_cannot_be_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(Cursor(memoryview(b"x")))


def test_a_number_that_closes_the_cursor(buffer):
    for name in ("read", "read1", "readline", "seek", "peek", "read_view"):
        cursor = Cursor(buffer)
        if refuses_index(cursor, name):
            continue
        with pytest.raises(ValueError, match="closed"):
            getattr(cursor, name)(Index(1, cursor.close))
    cursor = Cursor(buffer)
    assert refuses_index(cursor, "read") or cursor.read(Index(3, lambda: cursor.seek(4))) == DATA[4:7]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no __buffer__ before")
def test_a_buffer_that_closes_the_cursor():
    class Closing:
        def __buffer__(self, flags):
            cursor.close()
            return memoryview(bytearray(4))

    for name in ("write", "readinto"):
        cursor = Cursor(bytearray(10))
        with pytest.raises(ValueError, match="closed"):
            getattr(cursor, name)(Closing())


def test_long_lines():
    """Lines longer than the part of the memory that is searched or split at once."""
    # With a find() of their own, and without.
    makers = [KINDS[k] for k in ("bytes", "bytearray", "memoryview of bytearray", "slice of bytearray", "zcio.mmap")]
    for length in (127, 128, 129, 4095, 4096, 4097, 20000, 70000):
        data = b"x" * length + b"\n" + b"short\n" + b"y" * length
        for make in makers:
            source = make(data)
            with Cursor(source) as cursor:
                expected = io.BytesIO(data).readlines()
                assert list(cursor) == expected
                cursor.seek(0)
                assert [cursor.readline() for _ in expected] == expected
                cursor.seek(0)
                assert cursor.readline(length - 1) == data[: length - 1]
                cursor.seek(0)
                assert cursor.readuntil(b"\nshort") == data[: length + 6]
                assert cursor.find(b"y" * 20) == length + 7
            if hasattr(source, "close"):
                source.close()


def test_a_loop_that_writes_ahead_of_itself():
    memory = bytearray(b"one\ntwo\nthree\nfour\n")
    with Cursor(memory) as cursor:
        lines = []
        for line in cursor:
            lines.append(line)
            if line == b"one\n":
                cursor.write(b"TWO")
                cursor.seek(4)
        assert lines == [b"one\n", b"TWO\n", b"three\n", b"four\n"]


def test_init_again():
    first, second = bytearray(b"first"), bytearray(b"second")
    cursor = Cursor(first)
    cursor.read(2)
    with pytest.raises(TypeError):
        cursor.__init__("text")
    assert cursor.read(1) == b"r"
    cursor.__init__(second)
    first += b"!"
    assert cursor.read() == b"second"
    cursor.close()
    cursor.__init__(first)
    assert cursor.read() == b"first!"
    cursor.close()


def test_is_reached_from_the_package():
    import zcio
    import zcio.cursor

    assert zcio.Cursor is zcio.cursor.Cursor and "Cursor" in zcio.__all__
    assert Cursor.__module__ == "zcio" and Cursor.__name__ == "Cursor"

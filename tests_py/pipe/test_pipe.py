"""zcio.Pipe: each line of its contract."""

import array
import copy
import pickle
import types

import pytest
from signal_support import check_alarms_arrive, needs_alarms

from zcio._core import pipe as core_pipe, search as core_search
from zcio._pipe import searching, state, writing
from zcio.pipe import LimitOverrunError, PartialReadError, Pipe, Pool


def test_the_example_of_chunkedbuffer_works_unchanged():
    # `from chunkedbuffer import Pipe` is the only line that changes.
    pipe = Pipe()
    buffer = pipe.get_buffer(4)
    # The returned buffer may be larger than the size hint.
    buffer[:4] = b"test"
    pipe.buffer_written(4)
    assert pipe.readuntil(b"\r\n") == None  # noqa: E711
    buffer = pipe.get_buffer(2)
    buffer[:2] = b"\r\n"
    pipe.buffer_written(2)
    assert pipe.readuntil(b"\r\n") == b"test\r\n"


def test_the_package_exports_pipe():
    import zcio

    assert zcio.Pipe is Pipe


def filled(data=b"", ended=False, **options):
    pipe = Pipe(**options)
    if data:
        pipe.write(data)
    if ended:
        pipe.eof()
    return pipe


def test_the_spellings_of_chunkedbuffer():
    pipe = filled(b"one\r\ntwo\r\nthree")
    assert pipe.peakexact(3) == b"one"
    assert b"".join(pipe.peakexact_zerocopy(5)) == b"one\r\n"
    assert pipe.readuntil(seperator=b"\r\n") == b"one\r\n"
    assert pipe.readuntil(b"\r\n", skip_seperator=True) == b"two"
    assert pipe.readuntil_zerocopy(seperator=b"\r\n", skip_seperator=True) is None
    with pytest.raises(TypeError):
        pipe.readuntil()
    with pytest.raises(TypeError):
        pipe.readuntil(b"x", seperator=b"y")


SHORT = {
    "readexact": lambda pipe: pipe.readexact(6),
    "peekexact": lambda pipe: pipe.peekexact(6),
    "skipexact": lambda pipe: pipe.skipexact(6),
    "readuntil": lambda pipe: pipe.readuntil(b"\n"),
    "readexact_zerocopy": lambda pipe: pipe.readexact_zerocopy(6),
    "peekexact_zerocopy": lambda pipe: pipe.peekexact_zerocopy(6),
    "readuntil_zerocopy": lambda pipe: pipe.readuntil_zerocopy(b"\n"),
}


@pytest.mark.parametrize("name", sorted(SHORT))
def test_where_data_is_short(name):
    pipe = filled(b"short")
    assert SHORT[name](pipe) is None
    assert len(pipe) == 5
    pipe.eof()
    for _ in range(2):
        with pytest.raises(PartialReadError) as caught:
            SHORT[name](pipe)
        assert isinstance(caught.value, EOFError) and caught.value.leftover == b"short"
    assert pickle.loads(pickle.dumps(caught.value)).leftover == b"short"
    assert pipe.read() == b"short" and pipe.read() == b""
    with pytest.raises(PartialReadError) as caught:
        SHORT[name](pipe)
    assert caught.value.leftover == b""


@pytest.mark.parametrize("name", sorted(SHORT))
def test_the_exception_given_to_eof(name):
    pipe = filled(b"short")
    error = ConnectionResetError("by peer")
    pipe.eof(error)
    pipe.eof(ValueError("only the first counts"))
    with pytest.raises(ConnectionResetError):
        SHORT[name](pipe)
    assert pipe.readexact(2) == b"sh" and pipe.read() == b"ort"
    for call in (pipe.read, pipe.peek, pipe.read_zerocopy, pipe.peek_zerocopy, pipe.readline):
        with pytest.raises(ConnectionResetError):
            call()
    assert pipe.read(0) == b"" and pipe.reached_eof() and pipe.closed()
    with pytest.raises(TypeError):
        Pipe().eof("no exception")
    pipe = filled()
    pipe.eof(KeyError)
    with pytest.raises(KeyError):
        pipe.read()


def test_an_empty_pipe():
    pipe = Pipe()
    for name in ("read", "peek", "read_zerocopy", "peek_zerocopy", "readline"):
        assert getattr(pipe, name)() is None
    assert pipe.readinto(bytearray(5)) is None
    assert (pipe.skip(), pipe.skipexact(0), pipe.readexact(0), pipe.read(0)) == (0, 0, b"", b"")
    assert list(pipe.readexact_zerocopy(0)) == [] and pipe.split() == [] and list(pipe.records()) == []
    assert not pipe.closed() and not pipe.reached_eof()
    pipe.eof()
    assert (pipe.read(), pipe.peek(), pipe.readline(), pipe.readinto(bytearray(5))) == (b"", b"", b"", 0)
    assert list(pipe.read_zerocopy()) == [] and list(pipe.peek_zerocopy()) == []
    assert pipe.closed() and pipe.reached_eof()


def test_find_counts_from_the_first_unread_byte():
    pipe = filled(b"..abcabc", pool=Pool(chunk_size=3))
    pipe.skip(2)
    assert (pipe.find(b"abc"), pipe.find(b"abc", 1), pipe.find(b"abc", 0, 2), pipe.find(b"x")) == (0, 3, -1, -1)
    assert (pipe.find(bytearray(b"ca")), pipe.find(ord("b")), pipe.find(b""), pipe.find(b"", 7)) == (2, 1, 0, -1)
    assert (pipe.findbyte(b"c"), pipe.findbyte(ord("c"), 3), pipe.findbyte(b"c", 3, 5)) == (2, 5, -1)
    for wrong in (b"", b"ab", 256, -1):
        with pytest.raises(ValueError):
            pipe.findbyte(wrong)
    for start, end in ((-1, None), (0, -1)):
        with pytest.raises(ValueError):
            pipe.find(b"a", start, end)
    with pytest.raises(TypeError):
        pipe.find("text")


def test_buffer_written_takes_what_get_buffer_gave_and_no_more():
    pipe = Pipe()
    with pytest.raises(ValueError):
        pipe.buffer_written(0)
    view = pipe.get_buffer(10)
    for wrong in (-1, len(view) + 1, 1 << 70):
        with pytest.raises(ValueError):
            pipe.buffer_written(wrong)
    with pytest.raises(TypeError):
        pipe.buffer_written(1.5)
    view[:3] = b"abc"
    pipe.buffer_written(3)
    with pytest.raises(ValueError):
        pipe.buffer_written(1)
    pipe.get_buffer()
    pipe.write(b"d")
    with pytest.raises(ValueError):
        pipe.buffer_written(1)
    assert pipe.read() == b"abcd"


def test_nothing_is_written_after_eof():
    pipe = Pipe()
    pipe.get_buffer()
    pipe.eof()
    for call in (lambda: pipe.buffer_written(1), pipe.get_buffer, lambda: pipe.write(b"x"), lambda: pipe.recv_from(0)):
        with pytest.raises(ValueError):
            call()
    assert pipe.read() == b""


def test_room_of_any_size():
    pipe = Pipe(Pool(chunk_size=100))
    for hint in (-5, -1, 0, 1, 99, 100, 101, 5000, 1 << 20):
        view = pipe.get_buffer(hint)
        assert len(view) >= max(1, hint) and not view.readonly and view.format == "B" and view.contiguous
        pipe.buffer_written(1)
    for hint in (1 << 60, 1 << 62, 1 << 63, 1 << 100):
        with pytest.raises(MemoryError):
            pipe.get_buffer(hint)
        with pytest.raises(ValueError):
            pipe.buffer_written(1)
    with pytest.raises(TypeError):
        pipe.get_buffer("1")
    assert len(pipe.read()) == 9


@pytest.mark.parametrize("nbytes", [1 << 40, 1 << 63, 1 << 100])
def test_reads_of_hostile_sizes(nbytes):
    pipe = filled(b"data")
    assert pipe.readexact(nbytes) is None and pipe.peekexact(nbytes) is None and pipe.skipexact(nbytes) is None
    assert pipe.readexact_zerocopy(nbytes) is None
    assert pipe.peek(nbytes) == b"data" and pipe.find(b"a", nbytes) == -1 and pipe.find(b"a", 2, nbytes) == 3
    assert pipe.readuntil(b"a", limit=nbytes) == b"da"
    assert pipe.skip(nbytes) == 2 and pipe.read(nbytes) is None
    for call in (pipe.readexact, pipe.peekexact, pipe.skipexact, pipe.readexact_zerocopy):
        with pytest.raises(ValueError):
            call(-1)
        with pytest.raises(TypeError):
            call(1.0)
        with pytest.raises(TypeError):
            call(None)


def test_any_buffer_can_be_written():
    import ctypes

    pipe = Pipe(Pool(chunk_size=5))
    integers = (ctypes.c_int32 * 4)(1, 2, 3, 4)
    shaped = memoryview(bytes(range(12))).cast("B", (3, 4))
    given = [b"", b"a", bytearray(20), memoryview(b"xyz"), array.array("d", [1.5, 2]), integers, shaped]
    for data in given + [(ctypes.c_int * 0)()]:
        assert pipe.write(data) == memoryview(data).nbytes
        assert (pipe.read() or b"") == bytes(memoryview(data).tobytes())
    with pytest.raises(BufferError):
        pipe.write(memoryview(b"abcdef")[::2])
    for wrong in ("text", 5, None):
        with pytest.raises(TypeError):
            pipe.write(wrong)
    pipe.feed(b"fed")
    assert pipe.read() == b"fed"


def test_readinto_any_writable_buffer():
    pipe = filled(bytes(range(30)), pool=Pool(chunk_size=7))
    numbers = array.array("I", [0, 0])
    assert pipe.readinto(numbers) == 8 and numbers.tobytes() == bytes(range(8))
    assert pipe.readinto(memoryview(bytearray(3))[1:2]) == 1
    with pytest.raises(TypeError):
        pipe.readinto(b"read-only")
    with pytest.raises(TypeError):
        pipe.readinto("text")
    target = bytearray(100)
    assert pipe.readinto(target) == 21 and target[:21] == bytes(range(9, 30)) and not any(target[21:])


def test_separators():
    assert filled(b"a\r\nb\n").readuntil((b"\r\n", b"\n"), True) == b"a"
    assert filled(b"a\r\nb\n").readuntil((b"\n", b"\r\n"), True) == b"a", "of those that end there the longest"
    assert filled(b"a\nb\r\n").readuntil((b"\r\n", b"\n")) == b"a\n"
    assert filled(b"xabcd").readuntil((b"abcd", b"bc")) == b"xabc", "the one that ends first"
    assert filled(b"a\x00b").readuntil(0) == b"a\x00" and filled(b"a\x00b").readuntil(bytearray(1)) == b"a\x00"
    for wrong in (b"", (), (b"a", b""), bytearray()):
        with pytest.raises(ValueError):
            filled(b"abc").readuntil(wrong)
    with pytest.raises(TypeError):
        filled(b"abc").readuntil("a")


def test_several_separators_and_then_one():
    pipe = filled(b"a\nb\n")
    assert pipe.readuntil(b"\n") == b"a\n"
    assert list(pipe.readuntil_zerocopy((b"\r\n", b"\n"))) == [b"b\n"]
    pipe.write(b"c\nd\n")
    assert [pipe.readuntil(b"\n") for _ in range(3)] == [b"c\n", b"d\n", None]


def test_lines():
    pipe = filled(b"one\ntwo\r\nthr")
    assert (pipe.readline(), pipe.readline(), pipe.readline()) == (b"one\n", b"two\r\n", None)
    pipe.eof()
    assert (pipe.readline(), pipe.readline()) == (b"thr", b"")


def test_a_record_over_the_limit_stays_and_can_be_read():
    pipe = filled(b"12345\n123456\n1234567")
    assert pipe.readuntil(b"\n", limit=5) == b"12345\n"
    for _ in range(2):
        with pytest.raises(LimitOverrunError) as caught:
            pipe.readuntil(b"\n", limit=5)
        assert caught.value.consumed == 6 and isinstance(caught.value, ValueError)
    assert pickle.loads(pickle.dumps(caught.value)).consumed == 6
    for call in (pipe.readline, pipe.split, lambda limit: next(pipe.records(limit=limit))):
        with pytest.raises(LimitOverrunError):
            call(limit=5)
    with pytest.raises(LimitOverrunError):
        pipe.readuntil_zerocopy(b"\n", limit=5)
    assert pipe.readuntil(b"\n", limit=6) == b"123456\n"
    with pytest.raises(LimitOverrunError) as caught:
        pipe.readuntil(b"\r\n", limit=5)
    assert caught.value.consumed == 6, "the last byte may belong to the separator"
    assert pipe.read() == b"1234567"
    pipe = filled(b"123\n123456\n", limit=5)
    assert pipe.limit == 5 and pipe.split() == [b"123"], "what comes before it is not lost"
    with pytest.raises(LimitOverrunError):
        pipe.split()
    assert pipe.readline(limit=100) == b"123456\n"
    with pytest.raises(ValueError):
        Pipe(limit=-1)


def test_records_can_be_left_and_taken_up_again():
    pipe = filled(b"".join(b"%d\n" % number for number in range(5000)))
    seen = []
    for record in pipe.records():
        seen.append(int(record))
        if len(seen) == 1234:
            break
    assert pipe.readline() == b"1234\n"
    iterator = pipe.records(keepends=True)
    assert next(iterator) == b"1235\n"
    assert pipe.readexact(5) == b"1236\n"
    assert next(iterator) == b"1237\n"
    assert len(list(iterator)) == 5000 - 1238
    pipe.write(b"more\n")
    assert list(pipe.records()) == [b"more"]


# ---- watermarks ----


def test_a_writer_pauses_above_the_high_mark_and_goes_on_at_the_low_one():
    pipe = Pipe(high_water=10, low_water=4)
    assert (pipe.high_water, pipe.low_water) == (10, 4)
    pipe.write(b"x" * 10)
    assert not pipe.wants_pause
    pipe.write(b"x")
    assert pipe.wants_pause
    pipe.read(6)
    assert pipe.wants_pause
    pipe.read(1)
    assert not pipe.wants_pause
    pipe.write(b"x" * 6)
    assert not pipe.wants_pause


@pytest.mark.parametrize("name", sorted(SHORT))
def test_a_record_larger_than_the_high_mark_arrives(name):
    pipe = Pipe(high_water=4, low_water=2)
    pipe.write(b"short")
    assert pipe.wants_pause
    assert SHORT[name](pipe) is None
    assert not pipe.wants_pause, "all of it was examined, and more is needed"


def test_what_find_and_peek_look_at_is_examined():
    for look in (lambda pipe: pipe.find(b"?"), lambda pipe: pipe.peek(), lambda pipe: list(pipe.records(b"?"))):
        pipe = Pipe(high_water=4, low_water=2)
        pipe.write(b"short")
        assert len(pipe) == 5 and pipe.wants_pause
        look(pipe)
        assert not pipe.wants_pause
    pipe = Pipe(high_water=10, low_water=2)
    pipe.write(b"x" * 11)
    pipe.peek(9)
    assert not pipe.wants_pause
    pipe.peek(1)  # examined bytes stay examined
    assert not pipe.wants_pause


def test_what_is_split_ahead_is_not_examined_yet():
    pipe = Pipe(high_water=100, low_water=50)
    pipe.write(b"12345678\n" * 20)
    for expected in [True] * 14 + [False] * 6:
        pipe.readuntil(b"\n")
        assert pipe.wants_pause == expected


@pytest.mark.parametrize("marks", [(0, None), (10, 0), (10, 10), (10, 11), (-1, None), (None, 5), (1, None)])
def test_watermarks_that_would_block_for_ever_are_refused(marks):
    with pytest.raises(ValueError):
        Pipe(high_water=marks[0], low_water=marks[1])


def test_a_length_of_a_subclass_changes_no_method():
    class Odd(Pipe):
        def __len__(self):
            raise LookupError("not asked")

    pipe = Odd()
    pipe.feed(b"a line\nrest")
    assert not pipe.reached_eof()
    pipe.eof()
    assert not pipe.reached_eof()
    assert (pipe.readuntil(b"\n"), pipe.peek(), pipe.readexact(1)) == (b"a line\n", b"rest", b"r")
    assert pipe.find(b"t") == 2 and pipe.skip() == 3 and pipe.reached_eof()


# ---- steps ----


class CountingMemory:
    """A chunk's memory that counts the bytes copied out of it."""

    def __init__(self, raw, pipe):
        self.raw = raw
        self.pipe = pipe

    def __getitem__(self, key):
        data = self.raw[key]
        self.pipe.scanned += len(data)
        return data

    def __setitem__(self, key, data):
        self.raw[key] = data


class Counting(Pipe):
    """Counts the bytes that were searched or copied, and the pieces of chunks looked at."""

    __slots__ = ("scanned", "pieces")

    def __init__(self, *args):
        Pipe.__init__(self, *args)
        self.scanned = self.pieces = 0

    def _append(self, chunk):
        if not isinstance(chunk.memory, CountingMemory):  # a chunk that is used again is
            chunk.memory = CountingMemory(chunk.memory, self)
        Pipe._append(self, chunk)

    def _pieces(self, *args):
        found = Pipe._pieces(self, *args)
        self.pieces += len(found)
        return found


@pytest.fixture
def counted_native_searches(monkeypatch):
    def find(memory, needle, start, end):
        memory.pipe.scanned += end - start
        return core_search.find(memory.raw, needle, start, end)

    def spans_find(pieces, needle, start):
        for memory, begin, end in pieces:
            memory.pipe.scanned += end - begin
        return core_pipe.spans_find([(memory.raw, begin, end) for memory, begin, end in pieces], needle, start)

    def join(pieces):
        return core_pipe.join([(memory.raw, begin, end) for memory, begin, end in pieces])

    def copy_in(target, at, source, start, nbytes):
        core_pipe.copy_in(getattr(target, "raw", target), at, getattr(source, "raw", source), start, nbytes)

    monkeypatch.setattr(searching, "core_search", types.SimpleNamespace(find=find))
    monkeypatch.setattr(searching, "core_pipe", types.SimpleNamespace(spans_find=spans_find))
    monkeypatch.setattr(state, "core_pipe", types.SimpleNamespace(join=join))
    monkeypatch.setattr(writing, "core_pipe", types.SimpleNamespace(copy_in=copy_in))


SEPARATORS = [b"\n", b"\r\n", (b"\r\n", b"\n"), b"\r\n\r\n"]
LOOKS = {
    "readuntil": lambda pipe: pipe.readuntil(b"\r\n\r\n"),
    "readuntil one byte": lambda pipe: pipe.readuntil(b"\n"),
    "readuntil a tuple": lambda pipe: pipe.readuntil((b"\r\n", b"\n")),
    "readuntil_zerocopy": lambda pipe: pipe.readuntil_zerocopy(b"\r\n"),
    "readline": lambda pipe: pipe.readline(),
    "split": lambda pipe: pipe.split(b"\r\n"),
    "records": lambda pipe: list(pipe.records(b"\r\n")),
    "find": lambda pipe: pipe.find(b"\r\n") >= 0,
    "find from an offset": lambda pipe: pipe.find(b"\r\n", 10) >= 0,
    "three in turn": lambda pipe: pipe.find(b";") >= 0 or pipe.readuntil(b"\r\n") or pipe.readuntil(b"\n"),
    "with a limit": lambda pipe: pipe.readuntil(b"\r\n", limit=1 << 20),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_record_that_arrives_in_small_pieces_is_searched_once(name, counted_native_searches):
    look = LOOKS[name]
    pipe = Counting()
    size = 1 << 17
    searches = 3 if name == "three in turn" else 2 if name == "readuntil a tuple" else 1
    for _ in range(size // 16):
        pipe.write(b"x" * 16)
        assert not look(pipe)
    assert pipe.scanned <= searches * (size + size // 16 * 8) + 10000
    if name != "readuntil_zerocopy":  # no views are made of the counting memory
        pipe.write(b"\r\n\r\n")
        assert look(pipe)


def test_searched_before_a_record_was_consumed_is_not_searched_again(counted_native_searches):
    pipe = Counting()
    pipe.write(b"line\n" * 10000)
    for _ in range(5000):
        assert pipe.find(b";") == -1
        assert pipe.readuntil(b"\n") == b"line\n"
    assert pipe.scanned <= 3 * 50000 + 5000 * 600


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", (b"\r\n", b"\n")])
def test_a_record_costs_the_same_however_many_chunks_wait_behind_it(separator, counted_native_searches):
    pipe = Counting(Pool(chunk_size=64))
    pipe.write(b"x" * 98 + b"\r\n" + (b"x" * 98 + b"\r\n") * 999)
    pipe.pieces = 0
    for _ in range(1000):
        assert len(pipe.readuntil(separator)) == 100
    assert pipe.pieces <= 20 * 1000
    pipe.write(b"x" * 100000 + b"\r\n")
    assert len(pipe.readuntil(separator)) == 100002


def test_a_head_of_http_byte_by_byte(counted_native_searches):
    head = b"GET /index.html HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n"
    pipe = Counting(Pool(chunk_size=16))
    lines = []
    for number in range(len(head)):
        pipe.write(head[number : number + 1])
        line = pipe.readuntil(b"\r\n", True)
        if line is not None:
            lines.append(line)
    assert lines == head.split(b"\r\n")[:-1]
    assert pipe.scanned <= len(head) * max(map(len, lines))


def test_the_spelling_of_a_pipe():
    pipe = filled(b"abc")
    assert repr(pipe) == "<zcio.Pipe: 3 bytes unread>"
    pipe.eof()
    assert repr(pipe) == "<zcio.Pipe: 3 bytes unread, closed>"
    with pytest.raises(TypeError):
        Pipe("pool")


@pytest.mark.parametrize("between", [b"", b"\r", b"\r\n"])
def test_only_a_line_feed_ends_a_line_split_ahead(between):
    """Neither a lone carriage return nor the other line ends of str.splitlines() count."""
    line = bytes(value for value in range(256) if value not in b"\r\n") + b"\n"
    lines = [line, b"\n", line, b"a" + between, b"b\n", line] * 50
    expected = b"".join(lines).split(b"\n")
    pipe = Pipe()
    pipe.write(b"".join(lines))
    for want in expected[:-1]:
        assert pipe.readline() == want + b"\n"
    assert pipe.readline() is None and len(pipe) == 0


@pytest.mark.parametrize("name", ["readexact", "peekexact", "skipexact", "readexact_zerocopy", "peekexact_zerocopy"])
def test_sizes_that_are_numbers_by_index_alone(name):
    class Two:
        def __index__(self):
            return 2

    pipe = Pipe()
    pipe.write(b"abc")
    exactly = getattr(pipe, name)
    found = exactly(2)
    pipe = Pipe()
    pipe.write(b"abc")
    again = getattr(pipe, name)(Two())
    plain = name == "skipexact" or not name.endswith("zerocopy")
    assert again == found if plain else b"".join(again) == b"".join(found) == b"ab"


@pytest.mark.parametrize("separator", [b"aa", b"aba", b"\r\n\r\n"])
def test_separators_that_overlap_themselves(separator):
    # If two separators overlap, the first one counts, and the next record begins after it.
    for count in range(2, 12):
        data = (separator[:-1] * count + separator) * 3
        expected = data.split(separator)[:-1]
        for call in (
            lambda pipe, count: pipe.split(separator),
            lambda pipe, count: list(pipe.records(separator)),
            lambda pipe, count: [pipe.readuntil(separator, True) for _ in range(count)],
            lambda pipe, count: [record[: -len(separator)] for record in pipe.split(separator, keepends=True)],
        ):
            pipe = filled(data)
            assert call(pipe, len(expected)) == expected
            left = data.split(separator)[-1]
            assert len(pipe) == len(left) and pipe.readuntil(separator) is None
            pipe.write(separator)
            record = (left + separator).split(separator)[0] + separator
            assert pipe.readuntil(separator) == record


# ---- copies ----


@pytest.mark.parametrize("thing", [Pipe(), Pool()], ids=lambda thing: type(thing).__name__)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_what_owns_native_memory_cannot_be_copied(thing, duplicate):
    with pytest.raises(TypeError) as caught:
        duplicate(thing)
    assert str(caught.value) == "cannot pickle %r object" % type(thing).__name__


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_exceptions_survive_pickling(protocol):
    for error in (PartialReadError("expected 3 bytes", b"ab"), LimitOverrunError("too long", 12)):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert type(again) is type(error) and again.args == error.args and vars(again) == vars(error)
        again = copy.deepcopy(error)
        assert type(again) is type(error) and again.args == error.args and vars(again) == vars(error)


# ---- the old spellings, while records are split ahead ----


def test_old_spellings_are_honoured_while_records_are_split_ahead():
    line = b"a;bc\n"
    for call, expected in (
        (lambda pipe: pipe.readuntil(b"\n", skip_seperator=True), b"a;bc"),
        (lambda pipe: pipe.readuntil(seperator=b";"), b"a;"),
        (lambda pipe: pipe.readuntil(seperator=b"\n", skip_seperator=True), b"a;bc"),
        (lambda pipe: b"".join(pipe.readuntil_zerocopy(seperator=b";", skip_seperator=True)), b"a"),
    ):
        pipe = filled(line * 100)
        for _ in range(5):
            assert pipe.readuntil(b"\n") == line
        assert call(pipe) == expected
    for name in ("readuntil", "readuntil_zerocopy"):
        pipe = filled(line * 100)
        for _ in range(5):
            assert pipe.readuntil(b"\n") == line
        with pytest.raises(TypeError):
            getattr(pipe, name)(b"\n", seperator=b";")


# ---- views ----


@pytest.mark.parametrize("size", [0, 1, 4096, 4097, 100000])
def test_views_of_any_size_and_item_are_written_as_their_bytes(size):
    data = bytes(range(256)) * (size // 256 + 1)
    for view, expected in (
        (memoryview(data)[:size], data[:size]),
        (memoryview(bytearray(data))[3 : 3 + size], data[3 : 3 + size]),
        (memoryview(array.array("I", range(size // 4))), array.array("I", range(size // 4)).tobytes()),
    ):
        pipe = Pipe()
        assert pipe.write(view) == len(expected) and (pipe.read() or b"") == expected
    pipe = Pipe()
    with pytest.raises(BufferError):
        pipe.write(memoryview(bytes(100))[::2])
    released = memoryview(b"x")
    released.release()
    with pytest.raises(ValueError):
        pipe.write(released)
    assert len(pipe) == 0


# ---- signals ----

SIGNALLED = {
    "readuntil": lambda pipe: pipe.readuntil(b"\n"),
    "readuntil_zerocopy": lambda pipe: list(pipe.readuntil_zerocopy(b"\n")),
    "readline": lambda pipe: pipe.readline(),
    "records": lambda pipe: list(pipe.records()),
    "split": lambda pipe: pipe.split(),
    "find": lambda pipe: pipe.find(b"absent"),
    "readexact": lambda pipe: pipe.readexact(5),
    "peek": lambda pipe: pipe.peek(),
    "readinto": lambda pipe: pipe.readinto(bytearray(5)),
}


@needs_alarms
@pytest.mark.parametrize("name", SIGNALLED)
def test_exceptions_of_signal_handlers_arrive_once(name):
    look = SIGNALLED[name]

    def call():
        pipe = filled(b"a line\n" * 300)
        for _ in range(3):
            look(pipe)
            pipe.write(b"another line\n")

    check_alarms_arrive(call, rounds=60)

"""zcio.search over any buffer, compared with the methods of bytes."""

import array
import functools
import inspect
import mmap as stdlib_mmap
import pickle
import random
import sys
import threading
import time
from unittest import mock

import pytest
from hypothesis import given, strategies as st

import zcio
import zcio.mmap
from zcio import search
from zcio._call_guard import PYPY
from zcio._search import dispatch, lines, offsets, threads as by_threads, windows

# Few letters, so that needles occur; sizes past one batch of offsets come from repeating the unit.
UNITS = st.binary(max_size=12).map(lambda data: bytes(b"ab\nc"[byte % 4] for byte in data))
HAYS = st.builds(lambda unit, times, tail: unit * times + tail, UNITS, st.sampled_from([0, 1, 2, 7, 400]), UNITS)
NEEDLES = st.binary(max_size=4).map(lambda data: bytes(b"ab\nc"[byte % 4] for byte in data))
BOUNDS = st.one_of(st.none(), st.integers(-60, 60), st.integers(-6000, 6000), st.just(2**62))


def anonymous(kind, data):
    """A mapping that holds ``data``, which must not be empty."""
    mapping = kind(-1, len(data))
    mapping[:] = data
    return mapping


BUFFERS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "slice of a memoryview": lambda data: memoryview(b"x" + data + b"yz")[1:-2],
    "two dimensions": lambda data: memoryview(data).cast("B", [1, len(data)]),
    "array": lambda data: array.array("b", data),
    "stdlib mmap": lambda data: anonymous(stdlib_mmap.mmap, data),
    "zcio mmap": lambda data: anonymous(zcio.mmap.mmap, data),
}


any_buffer = pytest.mark.parametrize("make", [BUFFERS[name] for name in sorted(BUFFERS)], ids=sorted(BUFFERS))


def naive_offsets(data, sub, start, end, overlapping):
    """The naive answer to find_all."""
    found, at = [], data.find(sub, start, end)
    while at >= 0:
        found.append(at)
        at = data.find(sub, at + (1 if overlapping else max(len(sub), 1)), end)
    return found


@any_buffer
@given(data=HAYS.filter(len), sub=NEEDLES, start=BOUNDS, end=BOUNDS, overlapping=st.booleans())
def test_as_bytes_answers(make, data, sub, start, end, overlapping):
    buffer = make(data)
    assert search.find(buffer, sub, start, end) == data.find(sub, start, end)
    assert search.rfind(buffer, sub, start, end) == data.rfind(sub, start, end)
    assert search.count(buffer, sub, start, end) == data.count(sub, start, end)
    # find_all begins where slicing would begin, and bytes.find takes the same bounds.
    low = slice(start, end).indices(len(data))[0]
    if start is not None and start > len(data):
        low = start
    found = list(search.find_all(buffer, sub, start, end, overlapping=overlapping))
    assert found == naive_offsets(data, sub, low, end, overlapping)


@given(
    letters=st.sampled_from([b"ACGT" * 64, b"ACGTN\n01" * 32, b"\0\xff" * 128]),
    seed=st.integers(0, 2**32),
    size=st.integers(17000, 60000),
    length=st.sampled_from([6, 7, 9, 10, 11, 13, 14, 15, 16, 17, 23, 41, 100]),
    place=st.integers(0, 10**6),
    other=st.booleans(),
)
def test_few_letters(letters, seed, size, length, place, other):
    """Longer than the first 16 KiB, by which the core chooses how to search the rest."""
    data = random.Random(seed).getrandbits(8 * size).to_bytes(size, "little").translate(letters)
    at = place % (size - length)
    needle = data[at : at + length]
    if other:
        needle = needle[:-2] + letters[:2]
    assert search.find(data, needle) == data.find(needle)
    assert search.rfind(data, needle) == data.rfind(needle)
    assert search.find(data, needle, at + 1) == data.find(needle, at + 1)
    assert search.rfind(data, needle, 0, at + length - 1) == data.rfind(needle, 0, at + length - 1)
    assert search.count(data, needle) == data.count(needle)
    assert list(search.find_all(data, needle, overlapping=True)) == naive_offsets(data, needle, 0, None, True)


def small_blocks(size, **others):
    """For the time of a `with`, lines() copies blocks of so many bytes."""
    sizes = {"_SMALLEST_BLOCK": size, "_LARGEST_BLOCK": 4 * size, "_LARGEST_LISTED": 2 * size}
    return mock.patch.multiple(lines, _TRIMMED_BLOCK=2 * size, _SPLIT_LENGTH=4, _CORE_LENGTH=8, **sizes, **others)


@any_buffer
@given(data=HAYS.filter(len), sep=NEEDLES.filter(len), start=BOUNDS, end=BOUNDS, block=st.sampled_from([1, 3, 64, 512]))
def test_lines_as_split(make, data, sep, start, end, block):
    buffer = make(data)
    expected = data[start:end].split(sep)
    if not expected[-1]:
        expected.pop()
    with small_blocks(block):
        assert list(search.lines(buffer, start, end, sep=sep)) == expected
        kept = list(search.lines(buffer, start, end, sep=sep, keepends=True))
        assert b"".join(kept) == data[start:end]
        assert [record[: -len(sep)] if record.endswith(sep) else record for record in kept] == expected
    views = list(search.line_views(buffer, start, end, sep=sep))
    assert [bytes(view) for view in views] == expected
    for view in views:
        view.release()
    views = list(search.line_views(buffer, start, end, sep=sep, keepends=True))
    assert b"".join(map(bytes, views)) == data[start:end]


@pytest.mark.parametrize("keepends", [False, True])
@pytest.mark.parametrize("block", [1, 4, 64])
def test_lines_whose_end_is_overwritten_before_they_are_copied(block, keepends):
    def overwritten(buffer, sep, start, end, *core):
        at = windows.backward(buffer, sep, start, end, *core)
        if at >= 0:
            buffer[at] = ord("-")
        return at

    buffer = bytearray(b"one\ntwo\n\nthree\n" * 100)
    with small_blocks(block, backward=overwritten):
        records = list(search.lines(buffer, keepends=keepends))
    assert buffer.count(b"-") > 1
    assert records == bytes(buffer).splitlines(keepends)


@any_buffer
@given(data=HAYS.filter(len), sub=NEEDLES, start=BOUNDS, end=BOUNDS, overlapping=st.booleans())
def test_a_finder_answers_as_the_functions(make, data, sub, start, end, overlapping):
    buffer = make(data)
    finder = search.Finder(bytearray(sub))
    assert finder.needle == sub
    for _ in range(2):
        assert finder.find(buffer, start, end) == search.find(buffer, sub, start, end)
        assert finder.rfind(buffer, start, end) == search.rfind(buffer, sub, start, end)
        assert finder.count(buffer, start, end) == search.count(buffer, sub, start, end)
    found = list(finder.find_all(buffer, start, end, overlapping=overlapping))
    assert found == list(search.find_all(buffer, sub, start, end, overlapping=overlapping))


@any_buffer
@given(data=HAYS.filter(len), members=st.binary(max_size=3), more=NEEDLES, start=BOUNDS, end=BOUNDS)
def test_any_byte_of_a_set(make, data, members, more, start, end):
    buffer = make(data)
    members += more
    inside = range(*slice(start, end).indices(len(data)))
    found = [at for at in inside if data[at] in members]
    assert search.find_any(buffer, members, start, end) == (found[0] if found else -1)
    assert search.rfind_any(buffer, bytearray(members), start, end) == (found[-1] if found else -1)


@pytest.mark.parametrize("overlapping", [False, True])
def test_offsets_into_an_array(overlapping):
    data = b"aXaaXaaa" * 3000
    finder, out, start, found = search.Finder(b"aa"), array.array("Q", bytes(8 * 100)), 3, []
    while start is not None:
        how_many, start = finder.find_into(data, out, start, -2, overlapping=overlapping)
        found += out[:how_many].tolist()
    assert found == list(finder.find_all(data, 3, -2, overlapping=overlapping))
    with pytest.raises(TypeError, match="out must be a read-write bytes-like object, not bytes"):
        finder.find_into(data, bytes(80))
    for kind in "IdHf":
        with pytest.raises(TypeError, match="out must be a buffer of 64-bit integers, not of items of the format"):
            finder.find_into(data, array.array(kind, bytes(80)))


def test_offsets_go_nowhere_without_room_of_their_own():
    finder, memory = search.Finder(b"a"), bytearray(b"a" * 80)
    places = [
        (b"aXa", array.array("Q")),
        (b"aXa", bytearray(7)),
        (b"aXa", memoryview(memory)[1:73].cast("Q")),
        (memory, memoryview(memory).cast("Q")),
        (memoryview(memory)[:41], memoryview(memory)[40:].cast("Q")),
    ]
    for buffer, out in places:
        with pytest.raises(ValueError, match="out must be aligned"):
            finder.find_into(buffer, out)
    assert memory == b"a" * 80
    assert finder.find_into(memoryview(memory)[:40], memoryview(memory)[40:].cast("Q")) == (5, 5)
    assert memory[:40] == b"a" * 40 and memory[40:] == array.array("Q", range(5)).tobytes()


def test_a_finder_as_an_object():
    finder = search.Finder(b"ab")
    assert repr(finder) == "Finder(b'ab')"
    assert pickle.loads(pickle.dumps(finder)).find(b"..ab") == 2
    assert search.Finder(97).needle == b"a"
    with pytest.raises(TypeError):
        search.Finder("ab")


def test_records_of_every_length_in_one_buffer():
    """So that blocks of every size begin, end and lie inside of records."""
    lengths = [0, 1, 5, 31, 32, 33, 100, 500, 512, 2047, 2048, 2049, 5000, 32767, 32768, 100000]
    for order in (lengths, lengths[::-1], sorted(lengths, key=lambda length: length % 7)):
        data = b"".join(b"x" * length + b"\n" * repeats for length in order for repeats in (1, 3)) + b"end"
        assert list(search.lines(data)) == data.split(b"\n")
        assert list(search.lines(data, keepends=True)) == data.splitlines(True)
        assert [bytes(view) for view in search.line_views(data)] == data.split(b"\n")
        wide = data.replace(b"\n", b"\r\n")
        assert list(search.lines(wide, sep=b"\r\n")) == data.split(b"\n")


def test_numpy_of_any_type_and_shape():
    numpy = pytest.importorskip("numpy")
    words = numpy.arange(4096, dtype="<u4").reshape(16, 256)
    needle = (1234).to_bytes(4, "little")
    assert search.find(words, needle) == words.tobytes().find(needle)
    assert search.count(words, b"\0") == words.tobytes().count(b"\0")
    with pytest.raises((BufferError, ValueError)):
        search.find(words[:, ::2], needle)


@pytest.mark.parametrize("function", [search.find, search.rfind, search.count])
def test_what_may_be_searched_for(function):
    data = b"..ab.."
    expected = function(data, b"ab")
    assert expected in (1, 2)
    for sub in (bytearray(b"ab"), memoryview(b"ab"), memoryview(b"xabx")[1:3], array.array("B", b"ab")):
        assert function(data, sub) == expected
    assert function(data, ord("a")) == expected
    for sub, error in ((256, ValueError), (-1, ValueError), ("ab", TypeError), (None, TypeError)):
        with pytest.raises(error):
            function(data, sub)
    with pytest.raises(BufferError):
        function(data, memoryview(b"abcd")[::2])
    with pytest.raises(BufferError):
        function(memoryview(b"abcd")[::2], b"a")
    with pytest.raises(TypeError):
        function("text", b"a")
    with pytest.raises(TypeError):
        function(data, b"a", "0")


@any_buffer
@pytest.mark.parametrize("length", [1, 2, 17, 64, 65])
def test_about_the_borders_of_small_windows(make, length):
    """Where the runtime's own methods hand over to the core: needles at, before and behind each border."""
    needle = b"n" * (length - 1) + b"!"
    borders = {dispatch.WINDOW, dispatch.BYTE_WINDOW if length == 1 else 64}
    borders |= {length * dispatch.PER_NEEDLE_BYTE, dispatch.COUNT_WINDOW}
    for border in borders:
        for size in {max(border + delta, length) for delta in (-1, 0, 1, length, 200)}:
            data = bytearray(b"n" * size)
            for at in {0, 1, size - length, max(size - 2 * length, 0)}:
                data[:] = b"n" * size
                data[at : at + length] = needle[: size - at]
                whole = bytes(data)
                buffer = make(whole)
                windows = ((None, None), (0, border), (1, border + 1), (size - border, size), (-border, size + 9))
                for start, end in windows:
                    expected = whole.find(needle, start, end), whole.rfind(needle, start, end)
                    for searcher in (search.Finder(needle).find, search.Finder(needle).rfind):
                        assert searcher(buffer, start, end) == expected[searcher.__name__ == "rfind"]
                    assert search.find(buffer, needle, start, end) == expected[0], (size, at, start, end)
                    assert search.rfind(buffer, needle, start, end) == expected[1], (size, at, start, end)
                    assert search.count(buffer, needle, start, end) == whole.count(needle, start, end)


@pytest.mark.parametrize("bound", [2**64, -(2**64)])
@any_buffer
def test_bounds_beyond_any_size(make, bound):
    """Cut, as bytes.find cuts them, whichever way a window of this size takes."""
    for data in (b"abc", b"abc" * 3000):
        buffer = make(data)
        for start, end in ((bound, None), (None, bound), (bound, bound), (1, bound), (bound, 2)):
            for name in ("find", "rfind", "count"):
                expected = getattr(data, name)(b"b", start, end)
                assert getattr(search, name)(buffer, b"b", start, end) == expected
                assert getattr(search.Finder(b"b"), name)(buffer, start, end) == expected
            assert list(search.lines(buffer, start, end)) == [data[start:end]][: len(data[start:end])]
            assert list(search.find_all(buffer, b"b", start, end)) == naive_offsets(data, b"b", start, end, False)
    with pytest.raises(ValueError, match="range"):
        search.find(b"abc", bound)


def test_small_windows_of_a_closed_mapping():
    for kind in (stdlib_mmap.mmap, zcio.mmap.mmap):
        mapping = anonymous(kind, b"abc")
        mapping.close()
        for name in ("find", "rfind"):
            for arguments in ((), (0, 3), (0, None)):
                with pytest.raises(ValueError):
                    getattr(search, name)(mapping, b"a", *arguments)
                with pytest.raises(ValueError):
                    getattr(search.Finder(b"a"), name)(mapping, *arguments)


def test_a_long_needle_gets_large_batches(monkeypatch):
    """Each batch costs as much as the needle is long: a batch of a fixed size would make that quadratic."""
    calls = []

    def find_into(*arguments):
        calls.append(arguments)
        return original(*arguments)

    original = offsets._find_into
    monkeypatch.setattr(offsets, "_find_into", find_into)
    length = 1 << 20
    assert sum(1 for _ in search.find_all(bytes(2 * length), bytes(length), overlapping=True)) == length + 1
    assert len(calls) < 30


@pytest.mark.parametrize("name", ["find", "rfind", "count", "find_all"])
def test_words_of_errors_are_those_of_bytes(name):
    function = getattr(search, name)
    with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
        function("text", b"a")
    with pytest.raises(TypeError, match="argument should be integer or bytes-like object, not 'str'"):
        function(b"data", "a")
    with pytest.raises(TypeError, match="slice indices must be integers or None or have an __index__ method"):
        function(b"data", "a", "0")  # bytes.find, too, looks at the bounds first
    with pytest.raises(ValueError, match="byte must be in range"):
        function(b"data", 256)


def test_a_buffer_that_is_a_number_too_is_searched_for_as_a_buffer():
    """As bytes.find does."""

    class Both(bytearray):
        def __index__(self):
            raise LookupError("not asked")

    assert search.find(b"abcd", Both(b"bc")) == b"abcd".find(Both(b"bc")) == 1
    numpy = pytest.importorskip("numpy")
    assert search.find(b"abcd", numpy.frombuffer(b"bc", "u1")) == 1
    for data in (b"\n", b"x" + numpy.int64(10).tobytes()):
        for name in ("find", "rfind", "count"):
            assert getattr(search, name)(data, numpy.int64(10)) == getattr(data, name)(numpy.int64(10))


@pytest.mark.skipif(sys.version_info < (3, 7), reason="modules have no __dir__")
def test_the_public_surface():
    for module in (zcio, search, zcio.mmap):
        assert dir(module) == sorted(module.__all__)
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value) and not (isinstance(value, type) and issubclass(value, OSError)):
                assert value.__doc__, name
                inspect.signature(value)
    for kind in (search.Finder, zcio.mmap.mmap):
        for name in dir(kind):
            value = getattr(kind, name)
            if not name.startswith("_") and inspect.isfunction(value):
                assert value.__doc__, name
    assert repr(search.find_all(b"", b"a")).startswith("<find_all iterator at 0x")
    assert repr(search.lines(b"")).startswith("<lines iterator at 0x")
    assert search.Finder.__module__ == "zcio.search"


def test_an_iterator_is_its_own_iterator():
    offsets = search.find_all(b"aa", b"a")
    assert iter(offsets) is offsets and next(offsets) == 0 and list(offsets) == [1]


def test_an_empty_separator_is_refused():
    for function in (search.lines, search.line_views):
        with pytest.raises(ValueError, match="empty separator"):
            function(b"data", sep=b"")


@any_buffer
@given(data=HAYS.filter(len), sub=NEEDLES, start=BOUNDS, end=BOUNDS, threads=st.integers(1, 5), most=st.integers(1, 3))
def test_threads_find_what_one_finds(make, data, sub, start, end, threads, most):
    data = data * 3
    buffer = make(data)
    finder = search.Finder(sub)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_threads, "SHARE", 5)
        patch.setattr(offsets, "_LEAST_PART", 4)
        patch.setattr(offsets, "_LARGEST_PART", 4 + len(data) // 9)
        patch.setattr(offsets, "_MOST_FOUND", most)
        for function in (functools.partial(search.count, buffer, sub), functools.partial(finder.count, buffer)):
            assert function(start, end, threads=threads) == data.count(sub, start, end)
        for function in (functools.partial(search.find_all, buffer, sub), functools.partial(finder.find_all, buffer)):
            for overlapping in (False, True):
                found = list(function(start, end, overlapping=overlapping, threads=threads))
                assert found == list(search.find_all(data, sub, start, end, overlapping=overlapping))


def test_threads_divide_the_count(monkeypatch):
    monkeypatch.setattr(by_threads, "SHARE", 100)
    parts = []
    monkeypatch.setattr(search, "_total", lambda *arguments: parts.append(arguments[2:4]) or 1)
    assert search.count(bytes(1000), b"abc", 100, 900, threads=4) == 4
    assert sorted(parts) == [(100, 302), (300, 502), (500, 702), (700, 900)]
    assert search.count(bytes(1000), b"aba", threads=4) == 1  # occurrences may overlap
    assert search.count(bytes(1000), b"a" + b"b" * 2000, threads=4) == 1


def test_an_error_in_a_thread_is_raised(monkeypatch):
    monkeypatch.setattr(by_threads, "SHARE", 100)

    def total(buffer, needle, start, end, *_):
        if start:
            raise KeyError(start)
        return 1

    monkeypatch.setattr(search, "_total", total)
    with pytest.raises(KeyError):
        search.count(bytes(1000), b"abc", threads=2)


def test_after_an_exception_no_thread_begins_another_part():
    calls = []

    def function(start, stop):
        calls.append(start)
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        time.sleep(0.001)

    with pytest.raises(KeyboardInterrupt):
        by_threads.by_threads(function, list(range(10001)), 3)
    assert len(calls) < 5000


def test_a_mapping_is_searched_by_threads(monkeypatch):
    data = b"one line\n" * 400000
    with anonymous(zcio.mmap.mmap, data) as mapping:
        assert mapping.count(b"line", 1, threads=3) == data.count(b"line", 1)
        monkeypatch.setattr(offsets, "_LEAST_PART", 100000)
        monkeypatch.setattr(offsets, "_LARGEST_PART", 200000)
        found = mapping.find_all(b"line", 1, threads=3)
        assert next(found) == 4 and sum(1 for _ in found) == 399999
    for threads, error in ((0, ValueError), (-1, ValueError), ("2", TypeError), (None, TypeError)):
        for function in (search.count, search.find_all):
            with pytest.raises(error):
                function(data, b"a", threads=threads)


def test_threads_notice_that_the_buffer_changes(monkeypatch):
    monkeypatch.setattr(offsets, "_LEAST_PART", 100)
    monkeypatch.setattr(offsets, "_LARGEST_PART", 100)
    buffer = bytearray(b"abc" * 1000)
    found = search.find_all(buffer, b"abc", threads=2)
    assert next(found) == 0
    buffer += b"abc"
    with pytest.raises(ValueError, match="changed its size"):
        list(found)


def test_released_line_views_hold_nothing():
    """Without a collection, on PyPy too."""
    data = bytearray(b"one\ntwo")
    for view in search.line_views(data):
        view.release()
    data += b"grows"
    numbers = array.array("I", [10, 10])
    for view in search.line_views(numbers):
        view.release()
    numbers.append(10)


@pytest.mark.parametrize("scan", ["find_all", "lines"])
def test_closed_or_resized_midway(scan):
    data = b"a line of text\n" * 20000

    def begun(mapping):
        running = mapping.find_all(b"\n") if scan == "find_all" else mapping.lines()
        assert next(running) is not None
        return running

    mapping = anonymous(zcio.mmap.mmap, data)
    running = begun(mapping)
    mapping.close()
    with pytest.raises(ValueError, match="closed or invalid"):
        list(running)
    mapping = anonymous(zcio.mmap.mmap, data)
    running = begun(mapping)
    mapping.resize(4096)
    with pytest.raises(ValueError, match="changed its size"):
        list(running)


def test_line_views_hold_a_mapping_until_they_end():
    mapping = anonymous(zcio.mmap.mmap, b"a line of text\n" * 20000)
    views = mapping.line_views()
    next(views).release()
    if PYPY:  # whose mappings can be resized under views
        mapping.resize(4096)
        with pytest.raises(ValueError, match="changed its size"):
            list(views)
        return
    with pytest.raises(BufferError):
        mapping.resize(4096)
    for view in views:
        view.release()
    mapping.resize(4096)
    for view in mapping.line_views():
        view.release()
        break
    mapping.close()


def test_methods_of_a_mapping_use_the_whole_of_it():
    data = b"one\ntwo\nthree"
    mapping = anonymous(zcio.mmap.mmap, data)
    mapping.seek(5)
    assert mapping.count(b"\n") == 2
    assert list(mapping.find_all(b"\n")) == [3, 7]
    assert list(mapping.find_all(b"e", 3)) == [11, 12]
    assert list(mapping.lines()) == [b"one", b"two", b"three"]
    assert [bytes(view) for view in mapping.line_views(keepends=True)] == [b"one\n", b"two\n", b"three"]
    assert mapping.tell() == 5


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), array.array("I")])
def test_an_empty_buffer(empty):
    assert (search.find(empty, b"a"), search.find(empty, b""), search.rfind(empty, b"")) == (-1, 0, 0)
    assert (search.count(empty, b"a"), search.count(empty, b"")) == (0, 1)
    assert list(search.find_all(empty, b"")) == [0]
    assert list(search.lines(empty)) == list(search.line_views(empty)) == []

"""Sizes around 2**31, 2**32 and 2**63 for every entry of zcio.mmap and zcio.search: an error or the right answer."""

import array
import sys

import pytest
from hypothesis import given, strategies as st

import zcio.mmap as mmap
import zcio.search as search

TEXT = b"abcabc" * 700
EDGES = [2**7, 2**15, 2**31, 2**32, 2**47, 2**62, 2**63, 2**64, 2**127]
hostile = st.builds(
    lambda edge, near, sign: sign * (edge + near), st.sampled_from(EDGES), st.integers(-3, 3), st.sampled_from([1, -1])
)
sizes = st.one_of(hostile, st.integers(-5, len(TEXT) + 5))
bounds = st.one_of(st.none(), sizes)
ERRORS = (OverflowError, ValueError, IndexError, OSError, MemoryError, TypeError)
MIN, MAX = -sys.maxsize - 1, sys.maxsize


@pytest.fixture(scope="module", params=["mmap", "GuardedMmap"])
def mapping(request):
    if request.param == "GuardedMmap" and not sys.platform.startswith("linux"):
        pytest.skip("guards are Linux's")
    with getattr(mmap, request.param)(-1, len(TEXT)) as mapping:
        mapping[:] = TEXT
        yield mapping


def same(call, *expected):
    """What ``call`` gives is the first of ``expected``, or it raises OverflowError, which is fine where the others
    are beyond a ssize_t."""
    wanted, numbers = expected[0], expected[1:]
    if all(number is None or MIN <= number <= MAX for number in numbers):
        assert call() == wanted
    else:
        with pytest.raises(OverflowError):
            call()


def check_functions(buffer, start, end):
    assert search.find(buffer, b"ca", start, end) == TEXT.find(b"ca", start, end)
    assert search.rfind(buffer, b"ca", start, end) == TEXT.rfind(b"ca", start, end)
    assert search.count(buffer, b"ca", start, end) == TEXT.count(b"ca", start, end)
    found = [at for at in range(len(TEXT) - 1) if TEXT[at : at + 2] == b"ca"]
    low, high, _ = slice(start, end).indices(len(TEXT))
    found = [at for at in found if low <= at and at + 2 <= high]
    assert list(search.find_all(buffer, b"ca", start, end)) == found
    finder = search.Finder(b"ca")
    assert finder.find(buffer, start, end) == TEXT.find(b"ca", start, end)
    out = array.array("Q", [0] * 3000)
    assert finder.find_into(buffer, out, start, end) == (len(found), None)
    assert b"".join(search.lines(buffer, start, end, keepends=True)) == TEXT[low:high]
    assert b"".join(map(bytes, search.line_views(buffer, start, end))) == TEXT[low:high]
    assert search.find_any(buffer, b"c", start, end) == TEXT.find(b"c", start, end)
    assert search.rfind_any(buffer, b"c", start, end) == TEXT.rfind(b"c", start, end)


@given(start=bounds, end=bounds)
def test_searches(mapping, start, end):
    check_functions(TEXT, start, end)
    check_functions(mapping, start, end)
    # The methods count a missing start from the position, which is 0.
    same(lambda: mapping.find(b"ca", start, end), TEXT.find(b"ca", start, end), start, end)
    same(lambda: mapping.rfind(b"ca", start, end), TEXT.rfind(b"ca", start, end), start, end)
    assert mapping.count(b"ca", start, end) == TEXT.count(b"ca", start, end)


@given(numbers=st.tuples(hostile, sizes, sizes))
def test_methods_refuse_and_change_nothing(mapping, numbers):
    a, b, c = numbers
    for call in (
        lambda: mapping[a],
        lambda: mapping.__setitem__(a, 1),
        lambda: mapping.seek(a),
        lambda: mapping.seek(a, 1),
        lambda: mapping.seek(a, 2),
        lambda: mapping.move(a, b, c),
        lambda: mapping.move(b, a, c),
        lambda: mapping.flush(a),
        lambda: mapping.flush(0, a),
        lambda: mapping.madvise(mmap.MADV_NORMAL, a),
        lambda: mapping.resize(a),
        lambda: mapping.write_byte(a),
    ):
        if 0 <= a < len(TEXT) or -len(TEXT) <= a < 0:
            continue  # that is no hostile size
        try:
            result = call()
        except ERRORS:
            pass
        else:
            # A private flush or a move of nothing at most.
            assert result is None and a == -1, (result, a, b, c)
    assert mapping[a:b] == TEXT[a:b] and mapping[a:b:c or 1] == TEXT[a : b : c or 1]
    assert len(mapping) == len(TEXT) and mapping.tell() == 0 and mapping[:] == TEXT


@given(length=hostile, offset=sizes, trackfd=st.booleans(), guard=st.booleans())
def test_constructors_refuse(length, offset, trackfd, guard, small_file):
    if 0 < length <= 2**20 or guard and not sys.platform.startswith("linux"):
        return
    cls = mmap.GuardedMmap if guard else mmap.mmap
    with open(small_file, "r+b") as file:
        with pytest.raises(ERRORS):
            cls(file.fileno(), length, offset=offset, trackfd=trackfd).close()
        with pytest.raises(ERRORS):
            cls(file.fileno(), len(TEXT), offset=length, trackfd=trackfd).close()
    if abs(length) > 2**40:
        with pytest.raises(ERRORS):
            cls(-1, length, trackfd=trackfd).close()
    with pytest.raises(ERRORS):
        mmap.open_path(small_file, length=length, offset=offset, guard=guard).close()
    with pytest.raises(ERRORS):
        mmap.open_path(small_file, offset=length, guard=guard).close()


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "file"
    path.write_bytes(TEXT)
    return str(path)


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy's own resize is not asked")
def test_a_refused_resize_asks_the_runtime_for_no_size_that_it_could_grant(monkeypatch):
    # On 32-bit Linux it granted sys.maxsize bytes of a shared anonymous mapping, which kill the process when touched.
    kernel = pytest.importorskip("zcio._mapping.kernel")
    granted, resize = [], kernel._resize

    def recorded(mapping, size):
        resize(mapping, size) if size < 2**30 else granted.append(size)

    monkeypatch.setattr(kernel, "_resize", recorded)
    with mmap.mmap(-1, len(TEXT)) as mapping:
        with pytest.raises(ValueError, match="expand a shared anonymous mapping"):
            mapping.resize(2 * len(TEXT))
        with memoryview(mapping), pytest.raises(BufferError):
            mapping.resize(2 * len(TEXT))
        assert granted == [] and len(mapping) == len(TEXT)
    with pytest.raises(ValueError, match="closed"):
        mapping.resize(2 * len(TEXT))

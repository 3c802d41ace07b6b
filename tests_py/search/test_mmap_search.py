"""find and rfind against the model, many searches in one map: windows and needles about every threshold."""

import array

import pytest
from hypothesis import HealthCheck, given as for_all, settings, strategies as st

from zcio._call_guard import PYPY
from zcio._search import dispatch
from zcio.compat import mmap_strategies as given
from zcio.compat.mmap_model import Model
from zcio.compat.mmap_parties import Outcome
from zcio.mmap import GuardedMmap, mmap

SEARCHES = st.lists(
    st.tuples(given.data, given.optional_numbers, given.optional_numbers, given.numbers), min_size=5, max_size=20
)


def outcome(subject, name, position, args):
    Outcome(lambda subject: subject.seek(position), subject)
    return Outcome(lambda subject: getattr(subject, name)(*args), subject)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@for_all(size=st.sampled_from(given.USUAL_SIZES), content=given.contents, searches=SEARCHES)
@pytest.mark.parametrize("name", ["find", "rfind"])
def test_search(name, size, content, searches):
    model = Model(-1, size)
    with mmap(-1, size) as mapping:
        model[:] = mapping[:] = content.bytes(size)
        for data, start, end, position in searches:
            start, end, position = [
                number.of(model) if isinstance(number, given.Near) else number for number in (start, end, position)
            ]
            args = (data.wrap(data.raw(model._all())), start, end)
            expected, got = [outcome(each, name, position, args) for each in (model, mapping)]
            assert got == expected


#: The sizes at which the core takes over from the runtime's methods.
BORDERS = {dispatch.PROBE, dispatch.SHORT_NEEDLE, dispatch.BYTE_WINDOW, dispatch.WINDOW}
for length in (2, 3, 63, 64):
    BORDERS |= {length * dispatch.PER_NEEDLE_BYTE}


def sizes():
    found = {border + delta for border in BORDERS for delta in (-1, 0, 1, 2, 70)}
    return sorted(size for size in found if size > 0)


@pytest.mark.parametrize("size", sizes())
def test_borders(size):
    """One needle in every place near the borders of a window, of every length about the borders."""
    with mmap(-1, size + 200) as mapping:
        for length in (1, 2, 3, 63, 64, 65, 100) if size < 70000 else (1,):
            needle = b"ab" * (length // 2) + b"c" * (length % 2)
            places = {0, 1, size - length} | BORDERS | {size - border for border in BORDERS}
            for place in sorted(place for place in places if 0 <= place <= size):
                for at in sorted({max(0, place + delta) for delta in (-length - 1, -length, -length + 1, -1, 0, 1)}):
                    mapping[at : at + length] = needle
                    for start, end in (
                        (0, size),
                        (1, size + 1),
                        (at, at + length),
                        (at + 1, size),
                        (0, at + length - 1),
                    ):
                        fits = start <= at and at + length <= end
                        expected = at if fits else -1
                        assert mapping.find(needle, start, end) == expected
                        assert mapping.rfind(needle, start, end) == expected
                    mapping[at : at + length] = bytes(length)


@pytest.mark.parametrize("size", [100, 5000, 20000])
@pytest.mark.parametrize("bounds", [(0, 2**63), (2**63, 2**63 + 5), (2**63, None), (None, 2**63), (0, -(2**63) - 1)])
def test_a_bound_that_is_no_size(size, bounds):
    with mmap(-1, size) as mapping:
        for needle in (b"\0", b"\0\0", b"ab", b"", bytearray(b"\0")):
            for search in (mapping.find, mapping.rfind):
                with pytest.raises(OverflowError, match="Python int too large to convert to C ssize_t"):
                    search(needle, *bounds)


@pytest.mark.parametrize("error", [OverflowError, TypeError, ValueError, ZeroDivisionError])
@pytest.mark.parametrize("method", ["find", "rfind"])
def test_a_bound_that_cannot_be_subtracted_is_asked_for_its_index(method, error):
    """As one of numpy may refuse to be."""

    class Odd:
        asked = 0

        def __index__(self):
            self.asked += 1
            return 90

        def __sub__(self, other):
            raise error("no")

        __rsub__ = __sub__

    with mmap(-1, 100) as mapping:
        mapping[50:52] = b"ab"
        for bounds in [(10, Odd()), (Odd(), 95), (Odd(), Odd())]:
            assert getattr(mapping, method)(b"ab", *bounds) == (50 if bounds[0] == 10 else -1)
            assert all(bound.asked == 1 for bound in bounds if isinstance(bound, Odd))


@pytest.mark.parametrize("size", [100, 5000, 20000, 2**20])
@pytest.mark.parametrize("bounds", [(0, 1e6), (0.0, 20000), (0.0, None), (None, 5.0), (0, "9"), (0, b"9"), (1j, 2j)])
def test_a_bound_that_is_no_index(size, bounds):
    with mmap(-1, size) as mapping:
        for needle in (b"\0", b"\0\0", b"ab", b"", bytearray(b"\0")):
            for search in (mapping.find, mapping.rfind):
                with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
                    search(needle, *bounds)


@pytest.mark.parametrize("size", [100, 8000, 20000, 2**20])
def test_needles_of_every_kind(size):
    """Among them are buffers whose truth value does not say whether they are empty."""

    class Sized(bytearray):
        def __init__(self, content, truth):
            super().__init__(content)
            self.truth = truth

        def __bool__(self):
            if self.truth is None:
                raise LookupError("neither true nor false")
            return self.truth

        __hash__ = None

    with mmap(-1, size) as mapping:
        mapping[70:72] = b"ab"
        for kind in (bytearray, memoryview, lambda content: array.array("b", content)):
            assert mapping.find(kind(b"ab")) == mapping.find(kind(b"ab"), 0) == mapping.find(kind(b"ab"), 0, size) == 70
            assert (
                mapping.rfind(kind(b"ab")) == mapping.rfind(kind(b"ab"), 7) == mapping.rfind(kind(b"ab"), 0, 99) == 70
            )
            assert [mapping.find(kind(b""), *bounds) for bounds in [(), (7,), (7, 9), (size, size + 5)]] == [
                0,
                7,
                7,
                size,
            ]
            assert [mapping.rfind(kind(b""), *bounds) for bounds in [(), (7,), (7, 9), (size, size + 5)]] == [
                size,
                size,
                9,
                size,
            ]
            for bounds in [(size + 1,), (size + 1, size + 3), (size + 1, size + 10000)]:
                assert mapping.find(kind(b""), *bounds) == mapping.rfind(kind(b""), *bounds) == -1
        for truth in (True, False, None):
            assert mapping.find(Sized(b"ab", truth), 0, size) == mapping.rfind(Sized(b"ab", truth), 0, size) == 70
            assert mapping.find(Sized(b"ab", truth)) == mapping.rfind(Sized(b"ab", truth)) == 70
        for truth in (False, None):
            assert mapping.find(Sized(b"", truth), size + 1, size + 2) == -1


@pytest.mark.skipif(PYPY, reason="searches nothing with the runtime's method")
@for_all(
    content=st.binary(min_size=1, max_size=40).map(lambda data: bytes(b"ab"[byte % 2] for byte in data)),
    view=st.sampled_from([b"a", b"b", b"ab", b"ba", b"aab", b"abab", b"b" * 7]),
    start=st.integers(-50, 50),
    end=st.integers(-50, 50),
)
def test_find_without_overread(content, view, start, end):
    """The search for interpreters whose own method reads past the end, tested on all others, too."""
    with mmap(-1, len(content)) as mapping:
        mapping[:] = content
        assert dispatch._find_without_overread(mapping, view, start, end) == content.find(view, start, end)


@pytest.mark.parametrize("size", [100, 3000, 100000])
@pytest.mark.parametrize("kind", [mmap, GuardedMmap])
def test_what_a_subclass_overrides_changes_no_search(kind, size):
    """As in C, whose methods look at the mapping itself."""

    class Odd(kind):
        def __len__(self):
            return 10

        def __getitem__(self, key):
            raise LookupError("not asked")

        def tell(self):
            return 7

        def find(self, *args):
            raise LookupError("not asked")

        rfind = find

    with Odd(-1, size) as mapping:
        end = kind.__len__(mapping)
        mapping[size - 20 : size - 10] = b"needle one"
        assert kind.find(mapping, b"needle") == kind.find(mapping, b"needle", 0) == size - 20
        assert kind.find(mapping, b"needle", 0, end) == kind.rfind(mapping, b"needle") == size - 20
        assert kind.rfind(mapping, b"needle", 5) == size - 20
        assert mapping.count(b"needle") == 1
        assert list(mapping.find_all(b"ne")) == [size - 20, size - 12]
        assert b"needle".join(mapping.lines(sep=b"needle")) == kind.__getitem__(mapping, slice(None))
        assert len(list(mapping.line_views(sep=b"needle"))) == 2


def test_words_of_errors():
    with mmap(-1, 100) as mapping:
        for name in ("find", "rfind"):
            with pytest.raises(TypeError, match=name + r"\(\) missing 1 required positional argument") as caught:
                getattr(mapping, name)()
            assert "Searching" not in str(caught.value)
            with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
                getattr(mapping, name)("text")
            with pytest.raises(TypeError, match="'str' object cannot be interpreted as an integer"):
                getattr(mapping, name)(b"a", "0")

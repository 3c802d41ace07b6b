"""zcio.search.shards, and open_path at an offset inside a page."""

import pytest
from hypothesis import given, strategies as st

from zcio.mmap import PAGESIZE, mmap, open_path
from zcio.search import lines, shards

TEXTS = st.binary(max_size=60).map(lambda data: bytes(b"ab\n"[byte % 3] for byte in data))
SEPARATORS = st.sampled_from([b"\n", b"ab", b"aa", b"\n\n", b"aba"])


@given(data=TEXTS, times=st.sampled_from([1, 40]), n=st.integers(1, 12), sep=SEPARATORS)
def test_parts_are_records_and_all_of_them(data, times, n, sep):
    data *= times
    parts = shards(data, n, sep)
    assert len(parts) <= n
    at = 0
    for offset, length in parts:
        assert offset == at and length > 0
        at += length
    assert at == len(data)
    together = [record for offset, length in parts for record in lines(data, offset, offset + length, sep=sep)]
    assert together == list(lines(data, sep=sep))


def test_parts_are_about_equal():
    data = b"a line of thirty bytes, about\n" * 10000
    parts = shards(data, 7)
    assert len(parts) == 7
    assert max(length for _, length in parts) - min(length for _, length in parts) <= 60


def test_of_a_file_each_worker_maps_its_own(tmp_path, no_fd_leak):
    records = [b"record %d" % number for number in range(30000)]
    path = tmp_path / "records"
    path.write_bytes(b"\n".join(records))
    for name in (str(path), path):
        together = []
        for offset, length in shards(name, 4):
            with open_path(name, offset=offset, length=length) as part:
                assert len(part) < length + PAGESIZE
                assert part.start == part.tell() == offset % PAGESIZE
                together.extend(part.lines())
        assert together == records


@pytest.mark.parametrize("guard", [False, True])
def test_a_part_of_a_file_is_scanned_once(tmp_path, guard):
    """Although its mapping may begin before it, in the same page as the end of the part before."""
    path = tmp_path / "records"
    path.write_bytes(b"".join(b"record %d\n" % number for number in range(3000)))
    counts = {"count": 0, "find_all": 0, "lines": 0, "line_views": 0}
    for offset, length in shards(path, 7):
        with open_path(path, offset=offset, length=length, guard=guard) as part:
            assert part[part.start :] == path.read_bytes()[offset : offset + length]
            counts["count"] += part.count(b"\n")
            counts["find_all"] += len(list(part.find_all(b"\n")))
            counts["lines"] += len(list(part.lines()))
            counts["line_views"] += sum(1 for view in part.line_views())
            assert part.count(b"record", 0, part.start) + part.count(b"record") >= part.count(b"record", 0)
    assert set(counts.values()) == {3000}


def test_start_is_zero_but_for_an_offset_inside_a_page(tmp_path):
    path = tmp_path / "records"
    path.write_bytes(b"x" * 3 * PAGESIZE)
    for offset in (0, PAGESIZE):
        with open_path(path, offset=offset) as mapped:
            assert mapped.start == 0
    with mmap(-1, 5) as mapped:
        assert mapped.start == 0
        with pytest.raises(AttributeError):
            mapped.start = 3


def test_an_offset_inside_a_page(tmp_path):
    path = tmp_path / "bytes"
    data = bytes(range(256)) * 64
    path.write_bytes(data)
    for offset in (0, 1, 4095, 4096, 5000, len(data) - 1):
        with open_path(path, offset=offset) as mapped:
            assert mapped.read() == data[offset:]
        with open_path(path, offset=offset, length=1) as mapped:
            assert mapped.read() == data[offset : offset + 1]
    for offset in (len(data), len(data) + 1):
        with pytest.raises(ValueError, match="offset is greater"):
            open_path(path, offset=offset)
    with pytest.raises(ValueError, match="length is greater"):
        open_path(path, offset=5000, length=len(data))


def test_bad_arguments(tmp_path):
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert shards(empty, 3) == shards(b"", 3) == []
    for n, sep in ((0, b"\n"), (-1, b"\n"), (2, b"")):
        with pytest.raises(ValueError):
            shards(b"data", n, sep)
    with pytest.raises(TypeError):
        shards(b"data", "2")
    with pytest.raises(TypeError):
        shards(b"data", 2, "\n")
    with pytest.raises(TypeError):
        shards(5, 2)
    with pytest.raises(FileNotFoundError):
        shards(str(tmp_path / "missing"), 2)


@pytest.mark.parametrize("sep", [b"\n", b"\n\n"])
def test_more_parts_than_there_can_be(sep):
    text = b"a\n\nbc\n\n\n\ndef"
    assert shards(text, 2**63 - 1, sep) == shards(text, len(text), sep)
    assert shards(b"", 2**63 - 1, sep) == []

"""Records split ahead: the invariants of a batch, and that it changes no result."""

import pytest

from zcio._pipe import records as pipe_records
from zcio._pipe.split_ahead import SplitAhead, split_records
from zcio.pipe import Pipe, Pool


def batch(data=b"a\nbb\n\ncccc\n", separator=b"\n", skip_separator=False, start=100):
    records, end = split_records(data, separator, skip_separator)
    return SplitAhead(records, separator, skip_separator, start, start + end, -1, len(data))


@pytest.mark.parametrize("skip_separator", [False, True])
@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"--"])
def test_the_position_follows_the_records_that_were_handed_out(separator, skip_separator):
    parts = [b"a", b"bb", b"", b"cccc"]
    ahead = batch(b"".join(part + separator for part in parts), separator, skip_separator)
    position = 100
    assert ahead.position() == position and not ahead.used_up()
    for part in parts:
        assert next(ahead.records) == part + (b"" if skip_separator else separator)
        position += len(part) + len(separator)
        assert ahead.position() == ahead.position() == position
    assert ahead.used_up() and position == ahead.end


def test_the_position_may_be_asked_late():
    ahead = batch(b"x\n" * 1000)
    for _ in range(700):
        next(ahead.records)
    assert ahead.position() == 100 + 1400


def test_asking_for_the_position_after_each_record_counts_each_record_once():
    class Record(bytes):
        counted = 0

        def __len__(self):
            Record.counted += 1
            return bytes.__len__(self)

    ahead = SplitAhead([Record(b"x\n") for _ in range(1000)], b"\n", False, 0, 2000, -1, 2000)
    for number in range(1, 1001):
        next(ahead.records)
        assert ahead.position() == 2 * number
    assert Record.counted < 1000


def test_a_dropped_iterator_of_records_is_exhausted():
    ahead = batch()
    held = ahead.records
    assert next(held) == b"a\n"
    ahead.drop()
    assert list(held) == [] and ahead.used_up()


def test_separators_that_overlap_leave_the_rest():
    assert split_records(b"xaaay" + b"aaa", b"aa", True) == ([b"x", b"ay"], 7)
    assert split_records(b"xaaay" + b"aaa", b"aa", False) == ([b"xaa", b"ayaa"], 7)


@pytest.mark.parametrize(
    "data",
    [b"a\r\nb\r\n", b"a\nb\r\nc\r\n", b"\r\n\n\r\n", b"a\r\n" * 3000, b"a\n\r\n" * 3000],
    ids=["crlf", "lf crlf", "empty", "many crlf", "many lf crlf"],
)
@pytest.mark.parametrize("skip_separator", [False, True])
def test_lines_that_end_otherwise_are_not_taken_for_records(data, skip_separator):
    records, end = split_records(data, b"\r\n", skip_separator)
    expected = data.split(b"\r\n")[:-1]
    assert end == len(data)
    assert records == [record + (b"" if skip_separator else b"\r\n") for record in expected]


# ---- in a Pipe ----

DATA = b"".join(b"%d;%d\n" % (number, number) for number in range(3000))


def filled(data=DATA):
    pipe = Pipe()
    pipe.write(data)
    return pipe


def test_the_first_record_is_not_split_ahead_and_the_second_is():
    pipe = filled()
    pipe.readline()
    assert pipe._ahead is None
    pipe.readline()
    assert pipe._ahead is not None


BETWEEN = {
    "read": lambda pipe: pipe.read(3),
    "readexact": lambda pipe: pipe.readexact(3),
    "readexact_zerocopy": lambda pipe: b"".join(pipe.readexact_zerocopy(3)),
    "readinto": lambda pipe: pipe.readinto(bytearray(3)),
    "skip": lambda pipe: pipe.skip(3),
    "skipexact": lambda pipe: pipe.skipexact(3),
    "peek": lambda pipe: pipe.peek(3),
    "peekexact": lambda pipe: pipe.peekexact(3),
    "find": lambda pipe: pipe.find(b"7"),
    "findbyte": lambda pipe: pipe.findbyte(b"7", 4),
    "another separator": lambda pipe: pipe.readuntil(b";"),
    "a tuple": lambda pipe: pipe.readuntil((b";", b"\n")),
    "without the separator": lambda pipe: pipe.readuntil(b"\n", True),
    "with a limit": lambda pipe: pipe.readuntil(b"\n", False, 100),
    "an equal separator": lambda pipe: pipe.readuntil(bytes(bytearray(b"\n"))),
    "split": lambda pipe: pipe.split(b";")[:3],
    "records": lambda pipe: next(pipe.records(b";")),
    "write": lambda pipe: pipe.write(b"more\n"),
    "shrink": lambda pipe: pipe.shrink(),
    "len": len,
}


@pytest.mark.parametrize("name", BETWEEN)
@pytest.mark.parametrize("taken", [2, 3, 40, 2999])
def test_any_operation_between_records_acts_as_if_nothing_were_split(name, taken):
    pipe = filled()
    for _ in range(taken):
        pipe.readline()
    left = DATA.split(b"\n", taken)[-1]
    fresh = filled(left)
    for _ in range(3):
        between = BETWEEN[name]
        try:
            expected = between(fresh)
        except Exception as error:
            with pytest.raises(type(error)):
                between(pipe)
        else:
            assert between(pipe) == expected
        assert len(pipe) == len(fresh)
        for _ in range(3):
            assert pipe.readline() == fresh.readline()
    assert pipe.read() == fresh.read()


def test_an_iterator_over_records_goes_on_after_other_operations():
    pipe = filled(b"".join(b"%03d\n" % number for number in range(500)))
    records = pipe.records()
    taken = [next(records) for _ in range(10)]
    assert pipe.readexact(4) == b"010\n"
    taken += list(records)
    assert taken == [b"%03d" % number for number in range(500) if number != 10]


def test_a_batch_that_was_used_up_makes_the_next_one_larger_up_to_a_chunk():
    pipe = Pipe(Pool(chunk_size=1 << 20))
    pipe.write((b"x" * 9 + b"\n") * 40000)
    sizes = []
    while pipe.readline():
        size = pipe._ahead.size if pipe._ahead else 0
        if size and sizes[-1:] != [size]:
            sizes.append(size)
    assert sizes == [256, 1024, 4096, 16384, 65536]


def test_a_batch_that_another_thread_took_is_a_runtime_error(monkeypatch):
    """Not StopIteration, which would silently end a caller's generator."""

    def taken(*arguments):
        ahead = SplitAhead(*arguments)
        list(ahead.records)
        return ahead

    monkeypatch.setattr(pipe_records, "SplitAhead", taken)
    pipe = Pipe()
    pipe.write(b"a\nb\nc\n")
    with pytest.raises(RuntimeError, match="another thread"):
        for _ in range(3):
            pipe.readline()

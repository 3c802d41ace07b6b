"""A Pipe takes no more memory than needed, writes to no chunk that has views, and keeps long messages in one piece."""

import pytest
from pipe_support import CHUNK, PYPY, collect, pump

from zcio._pipe.chunk import NOTICES_DEAD_VIEWS
from zcio.pipe import Pipe, Pool

READS = {
    "readuntil": lambda pipe: all(pipe.readuntil(b"\n") for _ in range(CHUNK // 16)),
    "records": lambda pipe: sum(1 for _ in pipe.records()) == CHUNK // 16,
    "split": lambda pipe: len(pipe.split()) == CHUNK // 16,
    "readexact": lambda pipe: all(pipe.readexact(16) for _ in range(CHUNK // 16)),
    "read": lambda pipe: len(pipe.read()) == CHUNK,
    "small views": lambda pipe: all(sum(map(len, pipe.readexact_zerocopy(16))) for _ in range(CHUNK // 16)),
}
if not PYPY:  # on PyPy the views live until the garbage collector runs
    READS["views"] = lambda pipe: sum(map(len, pipe.read_zerocopy())) == CHUNK


@pytest.mark.parametrize("name", sorted(READS))
def test_in_the_steady_state_no_chunk_is_allocated(name):
    pool = Pool(chunk_size=CHUNK)
    pipe = Pipe(pool)
    for number in range(100):
        if number == 3:
            before = pool.stats()["allocated"]
        pump(pipe, b"123456789012345\n" * (CHUNK // 16))
        assert READS[name](pipe)
    assert pool.stats()["allocated"] == before <= 2


def test_in_the_steady_state_with_a_backlog():
    pool = Pool(chunk_size=CHUNK)
    pipe = Pipe(pool)
    for number in range(200):
        if number == 10:
            before = pool.stats()["allocated"]
        pump(pipe, b"x" * 5000)
        if number > 2:
            assert len(pipe.readexact(5000)) == 5000
    assert len(pipe) == 15000
    if not PYPY:  # where a chunk beyond the spare one comes back when the garbage collector finds it
        assert pool.stats()["allocated"] == before


FILLS = {
    "feed": lambda pipe, data: pipe.feed(data),
    "feed a bytearray": lambda pipe, data: pipe.feed(bytearray(data)),
    "get_buffer": pump,
}


@pytest.mark.skipif(PYPY, reason="the views live until the garbage collector comes")
@pytest.mark.parametrize("size", [CHUNK, CHUNK - 1, CHUNK // 2 + 1, 3000])
@pytest.mark.parametrize("fill", sorted(FILLS))
def test_messages_whose_last_view_lives_take_turns_in_two_chunks(fill, size):
    pool = Pool(chunk_size=CHUNK)
    pipe = Pipe(pool)
    for number in range(100):
        if number == 3:
            before = pool.stats()
        FILLS[fill](pipe, bytes([number]) * size)
        (view,) = pipe.readexact_zerocopy(size)
        assert view == bytes([number]) * size
    if NOTICES_DEAD_VIEWS:
        assert pool.stats() == before and before["allocated"] == 2


@pytest.mark.parametrize("fill", sorted(FILLS))
def test_views_that_are_kept_stay_what_they_were(fill):
    pool = Pool(chunk_size=CHUNK, debug=True)
    pipe = Pipe(pool)
    kept = []
    for number in range(100 if PYPY else 300):
        data = bytes([number % 251]) * (number * 379 % (2 * CHUNK) + 1)
        FILLS[fill](pipe, data)
        if number % 5 == 0:
            assert b"".join(pipe.peek_zerocopy()) == data
        kept.append((data, list(pipe.readexact_zerocopy(len(data)))))
        if number % 7 == 0:
            del kept[:: number % 3 + 2]
        if number % 100 == 0:
            collect()
        for expected, pieces in kept[-20:]:
            assert b"".join(pieces) == expected
    del kept, pieces, pipe
    collect()
    assert pool.stats()["lent"] == 0


@pytest.mark.skipif(PYPY, reason="chunks do not grow there: they would lie idle until the garbage collector comes")
@pytest.mark.parametrize("asks", [False, True])
def test_a_long_message_in_pieces_lies_in_one_piece(asks):
    pool = Pool(chunk_size=CHUNK)
    pipe = Pipe(pool)
    for number in range(10):
        if number == 3:
            before = pool.stats()["allocated"]
        for _ in range(16):
            if asks:
                assert pipe.readexact_zerocopy(16 * CHUNK) is None
            pipe.feed(bytes([number]) * CHUNK)
        views_of_it = list(pipe.readexact_zerocopy(16 * CHUNK))
        assert b"".join(views_of_it) == bytes([number]) * 16 * CHUNK
        # Of the first one nothing is known but what was asked for.
        assert len(views_of_it) == 1 if asks or number else len(views_of_it) <= 5
    assert pool.stats()["allocated"] == before
    for _ in range(3):
        # None as long comes: that is not expected twice.
        pipe.feed(b"short")
        assert pipe.readexact(5) == b"short"
    del views_of_it
    assert pool.stats()["lent_bytes"] == CHUNK


@pytest.mark.parametrize("size", [CHUNK // 8, 2 * CHUNK])
def test_a_pool_whose_chunks_are_of_another_size_from_now_on(size):
    pool = Pool(chunk_size=CHUNK)
    pipe = Pipe(pool)
    kept = []
    for number in range(5):
        pump(pipe, bytes([number]) * CHUNK)
        kept.extend(pipe.readexact_zerocopy(CHUNK))
        pool.chunk_size = size
        assert pipe.feed(b"x" * 3000) == 3000 and pipe.read() == b"x" * 3000
        room = pipe.get_buffer()
        pipe.buffer_written(len(room))
        assert pipe.skip() == len(room)
    assert b"".join(kept) == b"".join(bytes([number]) * CHUNK for number in range(5))


def test_a_chunk_that_cannot_be_had_leaves_the_pipe_as_it_was(monkeypatch):
    pipe = Pipe(Pool(chunk_size=CHUNK))
    pipe.feed(bytes(CHUNK))
    (view,) = pipe.readexact_zerocopy(CHUNK)

    def take(self, nbytes):
        raise MemoryError

    for fill in FILLS.values():
        with monkeypatch.context() as patched:
            patched.setattr(Pool, "take", take)
            with pytest.raises(MemoryError):
                fill(pipe, b"x" * CHUNK)
        with pytest.raises(ValueError):
            pipe.buffer_written(0)
    assert len(pipe) == 0 and view == bytes(CHUNK)
    pipe.feed(b"y" * CHUNK)
    assert pipe.readexact(CHUNK) == b"y" * CHUNK


@pytest.mark.parametrize("size, lent", [(32767, 0), (32768, 1 << 24)])
def test_a_piece_that_is_little_of_a_large_chunk_is_a_copy(size, lent):
    pool = Pool()
    # The last read of such a chunk goes the long way.
    for name, written in (("peekexact_zerocopy", size), ("readexact_zerocopy", 2 * size), ("readexact_zerocopy", size)):
        pipe = Pipe(pool)
        pipe.get_buffer(1 << 24)[:written] = b"x" * written
        pipe.buffer_written(written)
        pieces = list(getattr(pipe, name)(size))
        del pipe
        collect()
        assert pool.stats()["lent_bytes"] == lent
        assert b"".join(pieces) == b"x" * size
        del pieces
        collect()


class Raced(Pipe):
    """A Pipe of which another thread, which breaks the rules, frees the last chunk while this one writes to it."""

    def _room(self, nbytes):
        found = Pipe._room(self, nbytes)
        if nbytes == 200:
            self._granted = -1
            self._free_chunks()
        return found


@pytest.mark.parametrize("write", [lambda pipe: pipe.write(b"x" * 200), lambda pipe: pipe.get_buffer(200)])
def test_a_writer_that_lost_its_chunk_gets_a_runtime_error(write):
    pipe = Raced(Pool(chunk_size=256))
    pipe.write(b"a" * 150)
    assert pipe.skip() == 150
    with pytest.raises(RuntimeError, match="another thread"):
        write(pipe)
    pipe.write(b"b")
    assert pipe.read() == b"b"

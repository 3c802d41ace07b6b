"""zcio.aio.StreamReader beside asyncio's on the same bytes, and its added methods."""

import asyncio
import pickle
import sys

import pytest
from aio_support import Transport, feed, run, settle, unconnected
from hypothesis import given, strategies as st

from zcio.aio import IncompleteReadError, LimitOverrunError, StreamReader

# ---- beside asyncio ----

PIECE = st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r", b"x" * 9, b"abc\n" * 5])
PIECES = st.lists(PIECE, max_size=8).map(b"".join)
SEPARATORS = st.sampled_from([b"\n", b"\r\n", b"bc", b"aa"])
if sys.version_info >= (3, 13):
    SEPARATORS = SEPARATORS | st.sampled_from([(b"\r", b"bc"), (b"aa", b"\n"), (b"\r\n", b"a")])
READS = st.one_of(
    st.tuples(st.just("readline")),
    st.tuples(st.just("__anext__")),
    st.tuples(st.just("readuntil"), SEPARATORS),
    st.tuples(st.just("readexactly"), st.integers(-1, 30)),
    st.tuples(st.just("read"), st.integers(-1, 30)),
)
STEPS = st.lists(st.one_of(st.tuples(st.just("feed"), PIECES), READS, READS), max_size=40)


def outcome(task):
    """The result or exception of a read, as a value that can be compared."""
    if not task.done():
        return "waits"
    try:
        return task.result()
    except IncompleteReadError as error:
        return "incomplete", error.partial, error.expected, str(error)
    except asyncio.LimitOverrunError as error:
        return "overrun", error.consumed, str(error)
    except (RuntimeError, StopAsyncIteration, ValueError) as error:
        return type(error), str(error)


def compare(step, pair):
    """Whether both wait for it still. Raises AssertionError if the two differ."""
    got, expected = map(outcome, pair)
    assert got == expected, step
    return type(got) is str and got == "waits"


async def side_by_side(steps, limit, chunk_size, tasks):
    loop = asyncio.get_event_loop()
    theirs = asyncio.StreamReader(limit=limit, loop=loop)
    protocol, ours = unconnected(limit, chunk_size)
    waiting = []
    for step in steps + [("eof",)]:
        if step[0] == "feed":
            feed(protocol, step[1])
            theirs.feed_data(step[1])
        elif step[0] == "eof":
            protocol.eof_received()
            theirs.feed_eof()
        elif waiting and (len(ours.pipe) or ("read", -1) in (step, waiting[0][0])):
            # Nobody else may take what there is: asyncio's readuntil() would go on behind it, and read() has taken it
            # already. Without any, a second one is refused.
            continue
        else:
            pair = [asyncio.ensure_future(getattr(reader, step[0])(*step[1:])) for reader in (ours, theirs)]
            waiting.append((step, pair))
            tasks += pair
        await settle()
        waiting = [waited for waited in waiting if compare(*waited)]
        if not waiting:
            assert ours.at_eof() == theirs.at_eof()
    assert not waiting
    assert (await ours.read(), ours.at_eof()) == (await theirs.read(), theirs.at_eof())


async def compared(*arguments):
    tasks = []
    try:
        await side_by_side(*arguments, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@given(STEPS, st.sampled_from([1, 3, 10, 25, 65536]), st.sampled_from([1, 3, 16, 65536]))
def test_results_and_exceptions_are_those_of_asyncio(steps, limit, chunk_size):
    run(compared(steps, limit, chunk_size), collect=False)


# ---- waiting ----


def test_a_second_reader_is_refused_as_asyncio_does():
    async def main():
        protocol, reader = unconnected()
        first = asyncio.ensure_future(reader.readline())
        await settle()
        for name, arguments in (("split", ()), ("readuntil", ()), ("readexactly", (1,)), ("read", (1,)), ("fill", ())):
            with pytest.raises(RuntimeError, match=name + r"\(\) called while another coroutine is already waiting"):
                await getattr(reader, name)(*arguments)
        feed(protocol, b"one\n")
        assert await first == b"one\n"

    run(main())


def test_a_cancelled_read_has_taken_nothing():
    async def main():
        protocol, reader = unconnected()
        for name, arguments in (
            ("readline", ()),
            ("readuntil", (b"|",)),
            ("readexactly", (100,)),
            ("read", (-1,)),
            ("split", (b"|",)),
            ("fill", (100,)),
        ):
            feed(protocol, b"abc")
            task = asyncio.ensure_future(getattr(reader, name)(*arguments))
            await settle()
            feed(protocol, b"def")
            await settle()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await reader.readexactly(6) == b"abcdef"

    run(main())


def test_a_reader_woken_late_does_not_let_the_next_one_sleep_for_ever():
    async def main():
        protocol, reader = unconnected()
        first = asyncio.ensure_future(reader.readexactly(2))
        await settle()
        feed(protocol, b"ab")  # wakes the first, which has not run yet
        assert reader.pipe.read() == b"ab"
        waiting = reader.readexactly(2).__await__()
        future = next(waiting)  # the second waits before the first runs
        first.cancel()
        await settle()
        assert first.cancelled()
        feed(protocol, b"cd")
        assert future.done()
        with pytest.raises(StopIteration) as caught:
            next(waiting)
        assert caught.value.value == b"cd"

    run(main())


def test_a_wait_for_many_bytes_wakes_up_once():
    async def main():
        protocol, reader = unconnected()
        task = asyncio.ensure_future(reader.readexactly(1000))
        await settle()
        waiter = reader._waiter
        for _ in range(99):
            feed(protocol, b"0123456789")
            await settle()
            assert reader._waiter is waiter
        feed(protocol, b"0123456789+")
        assert await task == b"0123456789" * 100
        assert await reader.read(10) == b"+"

    run(main())


# ---- limits ----


def test_a_record_over_the_limit_stays():
    async def main():
        protocol, reader = unconnected(limit=10, overrun="keep")
        feed(protocol, b"x" * 20)
        for read in (reader.readline, reader.readuntil, reader.split, reader.__anext__):
            with pytest.raises(LimitOverrunError, match="not found") as caught:
                await read()
            assert caught.value.consumed == 20
            assert isinstance(caught.value, asyncio.LimitOverrunError) and isinstance(caught.value, ValueError)
        copy = pickle.loads(pickle.dumps(caught.value))
        assert type(copy) is LimitOverrunError and (copy.args, copy.consumed) == (caught.value.args, 20)
        feed(protocol, b"\nshort\n")
        with pytest.raises(LimitOverrunError, match="is found") as caught:
            await reader.readline()
        assert await reader.readexactly(caught.value.consumed + 1) == b"x" * 20 + b"\n"
        assert await reader.readline() == b"short\n"

    run(main())


def test_a_line_over_the_limit_is_dropped_as_asyncio_does():
    async def main():
        protocol, reader = unconnected(limit=10)
        feed(protocol, b"x" * 20 + b"\nshort\n" + b"y" * 20)
        with pytest.raises(ValueError, match="is found") as caught:
            await reader.readline()
        assert type(caught.value) is ValueError
        assert await reader.readline() == b"short\n"
        with pytest.raises(ValueError, match="is not found"):
            await reader.readline()
        assert len(reader.pipe) == 0
        with pytest.raises(ValueError, match="overrun must be"):
            unconnected(overrun="other")

    run(main())


def test_retrying_a_long_line_does_not_stop_the_loop():
    async def main():
        protocol, reader = unconnected(limit=10, overrun="keep")
        feed(protocol, b"x" * 20)

        async def stubborn():
            while True:
                try:
                    return await reader.readline()
                except ValueError:
                    pass

        task = asyncio.ensure_future(stubborn())
        await settle()
        assert not task.done()
        task.cancel()
        await settle()
        assert task.cancelled()

    run(main())


@pytest.mark.parametrize("limit", [1, 7, 31, 32, 1000, None])
def test_records_split_ahead_are_within_the_limit(limit):
    """The same lines and the same error, at the same line, as without splitting ahead."""
    lines = [b"y" * (number * 7 % 33) + b"\n" for number in range(200)]

    async def main():
        protocol, reader = unconnected(limit=limit, overrun="keep")
        feed(protocol, b"".join(lines))
        for line in lines:
            if limit is not None and len(line) - 1 > limit:
                with pytest.raises(LimitOverrunError) as caught:
                    await reader.readline()
                assert caught.value.consumed == len(line) - 1
                assert await reader.readexactly(len(line)) == line
            else:
                assert await reader.readline() == line

    run(main())


# ---- the end ----


def test_what_came_before_a_reset_is_read_before_its_exception():
    async def main():
        protocol, reader = unconnected()
        feed(protocol, b"one\ntwo\nthr")
        error = ConnectionResetError("gone")
        protocol.connection_lost(error)
        assert reader.exception() is error
        assert await reader.readline() == b"one\n"
        assert await reader.split() == [b"two"]
        reads = (
            reader.readline(),
            reader.readuntil(b"|"),
            reader.readexactly(4),
            reader.read(-1),
            reader.split(),
            reader.fill(4),
            reader.__anext__(),
            reader.batches().__anext__(),
            reader.records().__anext__(),
        )
        for coroutine in reads:
            with pytest.raises(ConnectionResetError) as caught:
                await coroutine
            assert caught.value is error
        assert await reader.fill(3) == 3
        assert not reader.at_eof()
        assert await reader.read(100) == b"thr"
        with pytest.raises(ConnectionResetError):
            await reader.read(100)

    run(main())


@pytest.mark.parametrize("error", [None, ConnectionResetError("gone")])
def test_the_end_wakes_a_waiting_reader(error):
    async def main():
        reads = (("readline", ()), ("readexactly", (9,)), ("read", (-1,)), ("split", ()), ("fill", (9,)))
        for name, arguments in reads:
            protocol, reader = unconnected()
            feed(protocol, b"some")
            task = asyncio.ensure_future(getattr(reader, name)(*arguments))
            await settle()
            assert not task.done()
            protocol.connection_lost(error)
            await settle()
            assert task.done()
            if error is not None:
                assert task.exception() is error
                assert reader.pipe.read() == b"some"
            elif name in ("readexactly", "split"):
                assert task.exception().partial == b"some" and reader.at_eof()
            else:
                assert task.result() == (4 if name == "fill" else b"some")

    run(main())


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="needs reference counts")
@pytest.mark.parametrize("name", ["readline", "readuntil", "read", "readexactly"])
def test_what_was_read_is_not_kept(name):
    piece = bytes(bytearray(2000)) + b"\r\n"
    large = bytes(5000)  # the piece after it is not joined to it
    arguments = {"readline": (), "readuntil": (b"\r\n",)}.get(name, (len(piece),))

    async def main():
        reader = unconnected()[1]
        references = []

        def count():
            references.append(sys.getrefcount(piece))

        async def read():
            data = await getattr(reader, name)(*arguments)
            assert len(data) == len(piece)

        count()
        reader.feed_data(piece)  # the only one
        count()
        await read()
        count()
        reader.feed_data(large)
        reader.feed_data(piece)
        reader.feed_data(large)
        await reader.readexactly(len(large))
        count()
        await read()
        count()
        assert [number - references[0] for number in references] == [0, 1, 0, 1, 0]

    run(main())


@pytest.mark.parametrize("separator", [5, True, (5,), (b"\n", 5), [b"\n"], "x", None])
def test_a_separator_is_bytes_or_a_tuple_of_bytes(separator):
    async def main():
        reader = unconnected()[1]
        reader.feed_data(b"\x05\n\x01")
        with pytest.raises(TypeError):
            await reader.readuntil(separator)
        assert len(reader.pipe) == 3

    run(main())


@pytest.mark.parametrize("limit, longest", [(float("inf"), 300000), (5.0, 5), (5.9, 5), (1e5, 100000)])
def test_a_limit_may_be_a_float_as_asyncio_only_compares_it(limit, longest):
    async def main():
        loop = asyncio.get_event_loop()
        for assigned in (False, True):
            for make in (StreamReader, asyncio.StreamReader):
                reader = make(10 if assigned else limit, loop)
                if assigned:
                    reader._limit = limit
                transport = Transport()
                reader.set_transport(transport)
                reader.feed_data(b"x" * longest + b"\n")
                assert not transport.paused
                assert len(await reader.readuntil()) == longest + 1
                if limit < 300000:
                    reader.feed_data(b"x" * (longest + 1) + b"\n")
                    with pytest.raises(asyncio.LimitOverrunError):
                        await reader.readuntil()
                    reader.feed_data(b"x" * longest)
                    assert transport.paused

    run(main())


# ---- additions to asyncio's ----


def test_batches_records_and_split():
    async def main():
        protocol, reader = unconnected(chunk_size=16)
        feed(protocol, b"a\nbb\n\nccc\nd")
        assert await reader.split() == [b"a", b"bb", b"", b"ccc"]
        waiting = asyncio.ensure_future(reader.split(b"\n", keepends=True))
        await settle()
        feed(protocol, b"d")
        await settle()
        assert not waiting.done()
        feed(protocol, b"\ne\nf|g|")
        assert await waiting == [b"dd\n", b"e\n"]
        assert await reader.batches(b"|").__anext__() == [b"f", b"g"]
        feed(protocol, b"1,2,3\r\n4,")
        records = reader.records((b",", b"\r\n"))
        assert [await records.__anext__() for _ in range(4)] == [b"1", b"2", b"3", b"4"]
        protocol.eof_received()
        assert await reader.split() == []
        for ended in (records, reader.batches()):
            with pytest.raises(StopAsyncIteration):
                await ended.__anext__()

    run(main())


@pytest.mark.parametrize("keepends", [False, True])
def test_a_record_without_its_end_is_an_error(keepends):
    async def main():
        for make in ("records", "batches"):
            protocol, reader = unconnected()
            feed(protocol, b"whole;par")
            protocol.eof_received()
            got = []
            with pytest.raises(IncompleteReadError) as caught:
                async for item in getattr(reader, make)(b";", keepends):
                    got.append(item)
            whole = b"whole;" if keepends else b"whole"
            assert got == [whole if make == "records" else [whole]]
            assert (caught.value.partial, caught.value.expected) == (b"par", None)
            assert reader.at_eof()

    run(main())


@pytest.mark.parametrize("keepends", [False, True])
@pytest.mark.parametrize("separator", [b"\n", b"\r\n"])
def test_records_that_arrive_one_by_one(separator, keepends):
    async def main():
        protocol, reader = unconnected(limit=5)
        records = reader.records(separator, keepends)
        end = separator if keepends else b""
        for record in (b"", b"a", b"12345", b"bc", b""):
            feed(protocol, record + separator)
            assert await records.__anext__() == record + end
            waiting = asyncio.ensure_future(records.__anext__())
            await settle()
            feed(protocol, record + separator)
            assert await waiting == record + end
            assert len(reader.pipe) == 0
        feed(protocol, b"123456" + separator)
        with pytest.raises(LimitOverrunError):
            await records.__anext__()
        assert reader.pipe.read() == b"123456" + separator

    run(main())


def test_leaving_a_loop_leaves_the_rest():
    async def main():
        protocol, reader = unconnected()
        feed(protocol, b"".join(b"%d\n" % number for number in range(100)))
        expected = iter(range(100))
        for make in (lambda: reader, lambda: reader.records(keepends=True)):
            async for line in make():
                assert int(line) == next(expected)
                if int(line) % 10 == 9:
                    break
            assert await reader.readline() == b"%d\n" % next(expected)
            assert reader.pipe.readline() == b"%d\n" % next(expected)
            assert await reader.readuntil(b"\n") == b"%d\n" % next(expected)
            assert int(await reader.read(3)) == next(expected)
        assert reader.pipe.read().startswith(b"%d\n" % next(expected))

    run(main())


def test_fill_serves_reads_without_a_copy():
    async def main():
        protocol, reader = unconnected()

        async def messages():
            found = []
            while await reader.fill(4) >= 4:
                size = int.from_bytes(reader.pipe.peekexact(4), "big")
                assert await reader.fill(4 + size) >= 4 + size
                reader.pipe.skipexact(4)
                found.append(b"".join(map(bytes, reader.pipe.readexact_zerocopy(size))))
            return found

        task = asyncio.ensure_future(messages())
        sent = [bytes([number]) * (number * 997) for number in range(0, 200, 37)]
        stream = b"".join(len(message).to_bytes(4, "big") + message for message in sent)
        for at in range(0, len(stream), 4001):
            feed(protocol, stream[at : at + 4001])
            await settle()
        protocol.eof_received()
        assert await task == sent

    run(main())


def test_repr_tells_the_state():
    async def main():
        protocol, reader = unconnected(limit=5)
        feed(protocol, b"abc")
        assert repr(reader).startswith("<StreamReader 3 bytes limit=5 transport=")
        protocol.connection_lost(OSError("x"))
        told = "<StreamReader 3 bytes limit=5 exception=%r transport=%r>"
        assert repr(reader) == told % (OSError("x"), reader._transport)

    run(main())


@pytest.mark.parametrize("separator", [b"", (), (b"", b"a")])
def test_separators_that_cannot_be_are_refused_in_the_words_of_asyncio(separator):
    async def check():
        words = "Separator should contain at least one element" if separator == () else None
        words = words or "Separator should be at least one-byte string"
        protocol, reader = unconnected()
        feed(protocol, b"abc")
        theirs = asyncio.StreamReader()
        theirs.feed_data(b"abc")
        for one in (reader,) if isinstance(separator, tuple) and sys.version_info < (3, 13) else (reader, theirs):
            with pytest.raises(ValueError) as caught:
                await one.readuntil(separator)
            assert str(caught.value) == words
            assert await one.readuntil(b"b") == b"ab"

    run(check())

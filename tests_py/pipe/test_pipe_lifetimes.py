"""Chunks return to their Pool, and none is lent again while somebody has a view of it."""

import functools
import itertools
import os
import sys
import threading

import pytest
from pipe_support import CHUNK, collect, pump

from zcio._core import pipe as core_pipe
from zcio._pipe import reading
from zcio._transfer.descriptors import Descriptor
from zcio.pipe import Pipe, Pool


def test_a_view_outlives_its_pipe_and_pool_and_stays_unchanged():
    pool = Pool(chunk_size=CHUNK, debug=True)
    pipe = Pipe(pool)
    pump(pipe, b"a" * CHUNK)
    kept = [view[100:5000] for view in pipe.readexact_zerocopy(CHUNK)]
    for _ in range(3):
        pump(pipe, b"b" * CHUNK)
        assert len(list(pipe.read_zerocopy())) == 1
        collect()
    assert pool.stats()["lent"] >= 1
    del pipe, pool
    collect()
    assert bytes(kept[0]) == b"a" * 4900
    slices = kept[0][7:9].cast("c")
    del kept
    collect()
    assert slices.tolist() == [b"a", b"a"]


def test_a_chunk_comes_back_with_its_last_view_poisoned():
    pool = Pool(chunk_size=CHUNK, debug=True)
    pipe = Pipe(pool)
    pump(pipe, b"a" * CHUNK)
    views_of_it = list(pipe.read_zerocopy())
    del pipe
    collect()
    assert pool.stats()["lent"] == 1 and pool.stats()["retained"] == 0
    del views_of_it
    collect()
    assert pool.stats()["lent"] == 0 and pool.stats()["retained_bytes"] == CHUNK
    assert bytes(Pipe(pool).get_buffer()) == b"\xdd" * CHUNK


def test_a_view_to_write_to_keeps_its_chunk_from_others():
    pool = Pool(chunk_size=CHUNK)
    stale = Pipe(pool).get_buffer()
    collect()
    pipe = Pipe(pool)
    pump(pipe, b"a" * 5000)
    stale[:] = b"x" * len(stale)
    assert pipe.read() == b"a" * 5000


def test_a_buffer_written_after_its_time_changes_nothing_handed_out_as_bytes():
    pipe = Pipe(Pool(chunk_size=CHUNK))
    lines = b"".join(b"%d\r\n" % number for number in range(1000))
    buffer = pipe.get_buffer()
    buffer[: len(lines)] = lines
    pipe.buffer_written(len(lines))
    got = [pipe.readuntil(b"\r\n") for _ in range(10)] + [pipe.peek(10), pipe.readexact(100)]
    copies = [bytes(bytearray(data)) for data in got]
    buffer[:] = b"x" * len(buffer)
    assert got == copies


@pytest.mark.parametrize("size", [1, 30, reading.SMALL - 1, reading.SMALL, CHUNK])
def test_small_views_are_copies(size):
    pool = Pool(chunk_size=CHUNK)
    pipe = Pipe(pool)
    pump(pipe, b"a" * CHUNK)
    kept = list(pipe.readexact_zerocopy(size))
    del pipe
    collect()
    assert pool.stats()["lent"] == (1 if size >= reading.SMALL else 0)
    assert b"".join(map(bytes, kept)) == b"a" * size


@pytest.mark.skipif(sys.version_info < (3, 8), reason="3.6 and 3.7 have no way to make a read-only view")
@pytest.mark.parametrize("size", [10, CHUNK])
def test_views_are_read_only(size):
    pipe = Pipe(Pool(chunk_size=CHUNK))
    pump(pipe, b"a" * CHUNK)
    for view in pipe.readexact_zerocopy(size):
        assert view.readonly
        with pytest.raises(TypeError):
            view[0] = 0


def test_one_huge_message_leaves_nothing_behind():
    pool = Pool(max_retained=1 << 20)
    pipe = Pipe(pool)
    size = 500 << 20
    view = pipe.get_buffer(size)
    view[size - 1] = ord("!")
    del view
    pipe.buffer_written(size)
    assert pipe.find(b"!") == size - 1  # the search looks at it from one end to the other
    assert pipe.skip(size) == size
    collect()
    stats = pool.stats()
    assert stats["lent_bytes"] == 0 and stats["retained_bytes"] <= 1 << 20 and stats["freed"] == 1


def test_many_small_chunks_are_let_go_without_recursion():
    pool = Pool(chunk_size=1, max_retained=0)
    pipe = Pipe(pool)
    pipe.write(b"x" * 20000)
    del pipe
    collect()
    assert pool.stats()["lent"] == 0


def test_shrink_gives_idle_memory_back():
    pool = Pool(chunk_size=CHUNK)
    pipe = Pipe(pool)
    pipe.write(b"x" * 3 * CHUNK)
    pipe.read()
    pipe.shrink()
    collect()
    assert pool.stats()["lent"] == 0
    pool.clear()
    assert pool.stats()["retained"] == 0
    pipe.write(b"more")
    pipe.shrink()
    assert pipe.read() == b"more"


def test_a_pool_says_what_it_is():
    assert repr(Pool(chunk_size=5, max_retained=7)) == "Pool(chunk_size=5, max_retained=7)"
    for wrong in (0, -1):
        with pytest.raises(ValueError):
            Pool(chunk_size=wrong)
    with pytest.raises(ValueError):
        Pool(max_retained=-1)
    with pytest.raises(OverflowError):
        Pool(chunk_size=1 << 100)
    with pytest.raises(TypeError):
        Pool(chunk_size="1")


def test_debug_is_asked_for_in_the_environment(monkeypatch):
    monkeypatch.setenv("ZCIO_PIPE_DEBUG", "1")
    assert Pool().debug and not Pool(debug=False).debug
    monkeypatch.delenv("ZCIO_PIPE_DEBUG")
    assert not Pool().debug


def work(functions):
    """Run the functions in a thread each; the first error of any is raised."""
    errors = []

    def run(function):
        try:
            function()
        except BaseException as error:  # told by the main thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


READERS = {
    "readuntil": lambda pipe: pipe.readuntil(b"\n"),
    "readline": lambda pipe: pipe.readline() or None,
    "readuntil_zerocopy": lambda pipe: pipe.readuntil_zerocopy(b"\n"),
    "records": lambda pipe: b"".join(pipe.records(keepends=True)) or None,
    "split": lambda pipe: b"".join(pipe.split(keepends=True)) or None,
    "read": lambda pipe: pipe.read() or None,
    "shrink": lambda pipe: (pipe.read() or None, pipe.shrink())[0],
    "views": lambda pipe: pipe.read_zerocopy(),
    "mixed": lambda pipe: pipe.readexact(3) or pipe.readuntil(b"\n") or pipe.read(2),
}


@pytest.mark.parametrize("chunk_size", [64, 4096])
@pytest.mark.parametrize("name", sorted(READERS))
def test_one_thread_writes_and_one_reads(name, chunk_size):
    pool = Pool(chunk_size=chunk_size, max_retained=10 * chunk_size, debug=True)
    pipe = Pipe(pool, high_water=5000)
    lines = [b"%d %s\n" % (number, b"x" * (number * 7 % 60)) for number in range(4000)]
    text = b"".join(lines)
    got = []
    interval = sys.getswitchinterval() if hasattr(sys, "getswitchinterval") else None

    def write():
        done = 0
        step = 1
        while done < len(text):
            if pipe.wants_pause:
                continue
            step = step * 5 % 397 + 1
            part = text[done : done + step]
            if step % 2:
                pipe.write(part)
            else:
                view = pipe.get_buffer(len(part))
                view[: len(part)] = part
                pipe.buffer_written(len(part))
            done += len(part)
        pipe.eof()

    def read():
        while not pipe.reached_eof():
            try:
                data = READERS[name](pipe)
            except EOFError as error:
                data = pipe.read()
                assert data == error.leftover
            if data:
                got.append(data if type(data) is bytes else b"".join(data))

    try:
        if interval is not None:
            sys.setswitchinterval(1e-5)
        work([write, read])
    finally:
        if interval is not None:
            sys.setswitchinterval(interval)
    assert b"".join(got) == text
    if name in ("readuntil", "readline", "readuntil_zerocopy"):
        assert got == lines


def test_views_live_while_another_thread_writes(monkeypatch):
    monkeypatch.setattr(reading, "SMALL", 1)
    pool = Pool(chunk_size=256, max_retained=1 << 12, debug=True)
    pipe = Pipe(pool, high_water=2000)
    text = b"".join(b"%d," % number for number in range(20000))

    def write():
        done, step = 0, 1
        while done < len(text):
            if pipe.wants_pause:
                continue
            step = step * 5 % 397 + 1
            (pump if step % 3 == 0 else Pipe.feed)(pipe, text[done : done + step])
            done += step

    def read():
        done, step = 0, 1
        kept = []
        while done < len(text):
            step = step * 7 % 401 + 1
            size = min(step, len(text) - done)
            got = pipe.readexact_zerocopy(size)
            while got is None:
                got = pipe.readexact_zerocopy(size)
            kept.append((list(got), done, size))
            done += size
            if len(kept) > step % 8:
                pieces, start, size = kept.pop(step % len(kept))
                assert b"".join(pieces) == text[start : start + size]
        for pieces, start, size in kept:
            assert b"".join(pieces) == text[start : start + size]

    interval = sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-5)
        work([write, read])
    finally:
        sys.setswitchinterval(interval)
    collect()
    pipe.shrink()
    collect()
    assert len(pipe) == 0 and pool.stats()["lent"] == 0


def stopped_at(code, number, first, second):
    """Runs ``first`` and, when it comes to the line of that number in ``code``, counted from its ``def``, ``second`` in
    another thread. Returns whether it came there."""
    other = threading.Thread(target=second)

    def lines(frame, event, argument):
        if event == "line" and frame.f_lineno - code.co_firstlineno == number and other.ident is None:
            other.start()
            other.join(0.02)  # it may have to wait
        return lines

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: lines if frame.f_code is code else None)
    try:
        first()
    finally:
        sys.settrace(before)
    if other.ident is None:
        return False
    other.join()
    return True


def test_splitting_ahead_stopped_at_any_line_takes_nothing_that_was_read_before():
    reached = 0
    for number in range(40):
        pipe = Pipe(Pool(chunk_size=64))
        pipe.write(b"\n" * 60)
        assert pipe.read() == b"\n" * 60
        pipe.write(b"1\n2\n3\nhalf a line")  # over the first of those, in the same chunk
        assert pipe.readline() == b"1\n"
        lines = []
        read = functools.partial(lines.extend, map(Pipe.readline, [pipe]))
        reached += stopped_at(Pipe._split_ahead.__code__, number, read, functools.partial(pipe.write, b"x" * 60))
        pipe.write(b"\n")
        lines += iter(pipe.readline, None)
        assert lines in ([b"2\n", b"3\n", b"half a line" + end] for end in (b"\n", b"x" * 60 + b"\n"))
    assert reached > 5


def write_in_one_go(pipe):
    pipe.write(b"new")


def write_to_a_buffer(pipe):
    pump(pipe, b"new")


@pytest.mark.parametrize("write", [write_in_one_go, write_to_a_buffer])
@pytest.mark.parametrize("stopped", ["reader", "writer"])
def test_letting_go_stopped_at_any_line_loses_nothing_that_is_written_meanwhile(write, stopped):
    if stopped == "reader":
        codes = [Pipe._free_chunks.__code__]
    else:
        names = ["write", "_write", "get_buffer", "buffer_written", "_room", "_commit"]
        codes = [getattr(Pipe, name).__code__ for name in names]
    reached = 0
    for code in codes:
        for number in range(40):
            pipe = Pipe(Pool(chunk_size=64, debug=True))
            pipe.write(b"old")
            assert pipe.read() == b"old"
            pair = [pipe.shrink, functools.partial(write, pipe)]
            if stopped == "writer":
                pair.reverse()
            if stopped_at(code, number, *pair):
                reached += 1
                assert pipe.read() == b"new", (code.co_name, number)
    assert reached > 5


@pytest.mark.parametrize(
    "read",
    [lambda pipe: pipe.readexact(5), lambda pipe: pipe.find(b"absent"), lambda pipe: pipe.readuntil(b"w"), Pipe.peek],
    ids=["readexact", "find", "readuntil", "peek"],
)
def test_a_second_reader_at_any_line_is_a_runtime_error_at_worst(read):
    def read_all(more):
        pipe.read()
        pipe.shrink()
        if more:
            pipe.write(b"new" * 50)

    def first():
        try:
            read(pipe)
        except RuntimeError as error:
            noticed.append(error)

    noticed = []
    for name in ("readexact", "_scan", "_scan_chunks", "_pieces", "_copy", "_next", "_advance"):
        for number, more in itertools.product(range(40), (False, True)):
            pipe = Pipe(Pool(chunk_size=64, debug=True))
            pipe.write(b"old" * 50)
            stopped_at(getattr(Pipe, name).__code__, number, first, functools.partial(read_all, more))
    assert all("another thread" in str(error) for error in noticed)


@pytest.mark.skipif(not hasattr(sys, "settrace") or sys.version_info < (3, 7), reason="follows opcodes")
def test_letting_go_broken_off_at_any_opcode_leaves_the_pipe_usable():
    """Up to 3.9 CPython runs signal handlers after almost every opcode, also between a ``with`` block and its exit."""

    def opcodes(frame, event, argument):
        nonlocal left
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if not left:
                raise KeyboardInterrupt
        return opcodes

    before = sys.gettrace()
    broken_off = 0
    for number in range(1, 60):
        left = number
        pipe = Pipe(Pool(chunk_size=64, debug=True))
        pipe.write(b"old")
        assert pipe.read() == b"old"
        sys.settrace(lambda frame, event, argument: opcodes if frame.f_code is Pipe._free_chunks.__code__ else None)
        try:
            pipe.shrink()
        except KeyboardInterrupt:
            broken_off += 1
        finally:
            sys.settrace(before)
        for data in (b"new", b"newer"):
            pipe.write(data)
            assert pipe.read() == data
            pipe.shrink()
    assert broken_off > 10 or sys.version_info >= (3, 12) or sys.implementation.name == "pypy"


def test_views_dropped_in_other_threads():
    pool = Pool(chunk_size=4096, debug=True)
    handed = []

    def produce():
        pipe = Pipe(pool)
        for number in range(300):
            data = bytes([number & 127]) * 4096
            pipe.write(data)
            handed.extend((view, data) for view in pipe.read_zerocopy())

    def drop():
        for _ in range(3000):
            try:
                view, data = handed.pop()
            except IndexError:
                continue  # without a GIL, asking first would not keep the other thread from taking the last one
            assert view == data[: len(view)]

    work([produce, produce, drop, drop])
    while handed:
        view, data = handed.pop()
        assert view == data[: len(view)]
    view = None
    collect()
    assert pool.stats()["lent"] == 0


class ReadsWhileItSends:
    def __init__(self, pipe):
        self.pipe = pipe

    def send(self, data):
        self.pipe.read()
        return 1


class WritesWhileItReceives:
    def __init__(self, pipe):
        self.pipe = pipe

    def recv_into(self, view):
        self.pipe.write(b"x")
        return 1


def test_a_second_reader_or_writer_gets_an_error():
    pipe = Pipe()
    pipe.write(b"abc")
    with pytest.raises(RuntimeError, match="another thread reads"):
        pipe.writev_to(ReadsWhileItSends(pipe))
    with pytest.raises(RuntimeError, match="another thread writes"):
        pipe.recv_from(WritesWhileItReceives(pipe))
    assert pipe.read() == b"x"


@pytest.mark.parametrize("start, end", [(-1, 5), (0, 4097), (4096, 4097), (5, 4)])
def test_native_code_stays_inside_a_chunk(start, end):
    # Two threads that write at once, or a signal handler that does, can confuse the positions.
    chunk = Pool(chunk_size=4096).take(1)
    source, sink = os.pipe()
    try:
        os.write(sink, b"x" * 100)
        for call in (
            lambda: core_pipe.copy_in(chunk, start, bytes(10000), 0, end - start),
            lambda: core_pipe.copy_in(bytearray(10000), 0, chunk, start, end - start),
            lambda: core_pipe.spans_find([(chunk, 0, 5), (chunk, start, end)], b"absent", 0),
            lambda: core_pipe.writev(Descriptor(sink), [(chunk, start, end)]),
            lambda: core_pipe.read(Descriptor(source), chunk, start, end),
        ):
            with pytest.raises(RuntimeError, match="another thread"):
                call()
        assert os.read(source, 1000) == b"x" * 100
    finally:
        os.close(source)
        os.close(sink)

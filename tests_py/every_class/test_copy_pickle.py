"""copy, deepcopy and pickle of every public class and exception: each gives an equal object, or the standard library's
TypeError; none gives two objects that own one thing."""

import asyncio
import copy
import functools
import importlib
import inspect
import mmap as stdlib_mmap
import pickle
import re
import socket
import sys

import pytest

import zcio.aio
import zcio.mmap
import zcio.pipe
import zcio.re
import zcio.search
import zcio.shadow
import zcio.splice
from zcio import BytesIO, Cursor

MODULES = ("aio", "bytesio", "cursor", "mmap", "pipe", "re", "search", "shadow", "shutil", "splice", "syscalls")


def copies(thing):
    """The thing by every way of duplicating it."""
    yield copy.copy(thing)
    yield copy.deepcopy(thing)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        yield pickle.loads(pickle.dumps(thing, protocol))


def state_of_stream(stream):
    return type(stream), stream.getvalue(), stream.tell(), stream.read()


def state_of_exception(error):
    return type(error), str(error), error.args, sorted(vars(error).items())


def moved(stream):
    stream.seek(2)
    return stream


def noted(error):
    error.note = "kept"
    return error


#: What can be duplicated: (class, makers of one, what must be equal).
WORK = [
    (BytesIO, lambda: moved(BytesIO(b"abcdef")), state_of_stream),
    (Cursor, lambda: moved(Cursor(b"abcdef")), state_of_stream),
    (Cursor, lambda: moved(Cursor(bytearray(b"abcdef"))), state_of_stream),
    (zcio.search.Finder, lambda: zcio.search.Finder(b"needle"), lambda finder: (type(finder), finder.needle)),
    (
        zcio.splice.Copied,
        lambda: zcio.splice.Copied(7, "splice", False),
        lambda copied: (type(copied), int(copied), copied.method, copied.in_place),
    ),
    (zcio.pipe.PartialReadError, lambda: noted(zcio.pipe.PartialReadError("short", b"left")), state_of_exception),
    (zcio.pipe.LimitOverrunError, lambda: noted(zcio.pipe.LimitOverrunError("long", 5)), state_of_exception),
    (zcio.aio.LimitOverrunError, lambda: noted(zcio.aio.LimitOverrunError("long", 5)), state_of_exception),
    (zcio.mmap.MappingFault, lambda: noted(zcio.mmap.MappingFault(5, "gone")), state_of_exception),
    (zcio.shadow.BoundEarlier, lambda: noted(zcio.shadow.BoundEarlier(["a", "b"])), state_of_exception),
]
#: The standard library's own classes.
THEIRS = {OSError, asyncio.IncompleteReadError}


def stream_parts():
    loop = asyncio.new_event_loop()
    near, far = socket.socketpair()
    near.setblocking(False)
    reader, writer = loop.run_until_complete(zcio.aio.open_connection(sock=near))

    def close():
        writer.close()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()
        far.close()

    return reader, writer, close


def of_streams(which):
    def make():
        *parts, close = stream_parts()
        return parts[which], close

    return make


def closing(make):
    def made():
        thing = make()
        return thing, thing.close

    return made


def plain(make):
    return lambda: (make(), lambda: None)


def stream_protocol():
    loop = asyncio.new_event_loop()
    return zcio.aio.StreamReaderProtocol(zcio.aio.StreamReader(loop=loop), loop=loop), loop.close


def splicer():
    near, far = socket.socketpair()
    made = zcio.splice.Splicer(near, far)

    def close():
        made.close()
        near.close()
        far.close()

    return made, close


#: What cannot: (class, a function that returns one and what closes it).
REFUSE = [
    (zcio.mmap.mmap, closing(lambda: zcio.mmap.mmap(-1, 4096))),
    (zcio.mmap.GuardedMmap, closing(lambda: zcio.mmap.GuardedMmap(-1, 4096))),
    (zcio.pipe.Pipe, plain(zcio.pipe.Pipe)),
    (zcio.pipe.Pool, plain(zcio.pipe.Pool)),
    (zcio.splice.Splicer, splicer),
    (zcio.aio.PipeProtocol, plain(zcio.aio.PipeProtocol)),
    (zcio.aio.StreamReader, of_streams(0)),
    (zcio.aio.StreamReaderProtocol, stream_protocol),
    (zcio.aio.StreamWriter, of_streams(1)),
]
#: What never changes, of which a copy is the object itself, as in the standard library's re.
UNCHANGING = {zcio.re.Pattern, zcio.re.Match}


def test_no_public_class_is_left_out():
    public = set()
    for name in MODULES:
        try:
            module = importlib.import_module("zcio." + name)
        except ImportError:
            continue
        found = [getattr(module, each) for each in module.__all__]
        public.update(one for one in found if inspect.isclass(one) and one.__module__.startswith("zcio"))
    assert public - THEIRS == {cls for cls, *_ in WORK + REFUSE} | UNCHANGING


@pytest.mark.parametrize("cls, make, state", WORK, ids=lambda value: getattr(value, "__qualname__", None))
def test_a_copy_is_equal(cls, make, state):
    thing = make()
    expected = state(make())
    assert isinstance(thing, cls)
    for twin in copies(thing):
        assert twin is not thing
        assert state(twin) == expected


@pytest.mark.parametrize("cls, make", REFUSE, ids=lambda value: getattr(value, "__qualname__", None))
def test_what_owns_something_refuses(cls, make):
    thing, close = make()
    words = "^cannot pickle '([a-z.]+[.])?%s' object$" % re.escape(cls.__name__)
    if cls is zcio.mmap.mmap and sys.version_info < (3, 8):
        words = "pickle"  # the runtime's own
    ways = [copy.copy, copy.deepcopy]
    ways += [functools.partial(pickle.dumps, protocol=protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    try:
        for way in ways:
            with pytest.raises(TypeError, match=words):
                way(thing)
    finally:
        close()


def test_patterns_and_matches_of_re():
    pattern = zcio.re.compile(b"[a-z]+[0-9]")
    match = pattern.search(b"-" * 1000000 + b"abc7")
    assert type(pattern) is zcio.re.Pattern and type(match) is zcio.re.Match
    for thing in (pattern, match):
        assert copy.copy(thing) is thing
        assert copy.deepcopy(thing) is thing
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(pattern, protocol)) == pattern
        with pytest.raises(TypeError, match="^cannot pickle 're.Match' object$"):
            pickle.dumps(match, protocol)


@pytest.mark.parametrize("source", [memoryview(b"abc"), "mmap"], ids=["memoryview", "mmap"])
def test_a_cursor_over_what_cannot_be_copied_refuses(source):
    if source == "mmap":
        if sys.implementation.name == "pypy":
            pytest.skip("its mmap can be pickled, though not restored")
        source = stdlib_mmap.mmap(-1, 4096)
    cursor = Cursor(source)
    words = r"^cannot pickle '?(mmap[.]mmap|mmap|memoryview)'? objects?(\nwhen serializing .*)*$"  # notes from 3.14 on
    if sys.version_info < (3, 8):
        words = None  # the runtime's own
    for way in (copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=words):
            way(cursor)
    # Another cursor over the same memory, which both only use.
    twin = copy.copy(cursor)
    assert twin.getvalue() is source
    cursor.close()
    assert twin.read(1) == bytes(twin.getvalue()[:1])
    twin.close()
    if hasattr(source, "close"):
        source.close()


ITERATORS = {
    "find_all": lambda: zcio.search.find_all(b"a.a.a", b"a"),
    "lines": lambda: zcio.search.lines(b"a\nb\nc"),
    "line_views": lambda: zcio.search.line_views(b"a\nb\nc"),
    "records": lambda: zcio.pipe.Pipe().records(),
}


@pytest.mark.parametrize("name", sorted(ITERATORS))
def test_iterators_are_not_copied(name):
    # A copy would be another way to the same generator: each would have a part of the items.
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="pickle"):
            duplicate(ITERATORS[name]())


def test_a_copy_of_the_unread_bytes_of_a_reader():
    loop = asyncio.new_event_loop()
    reader = zcio.aio.StreamReader(loop=loop)
    loop.close()
    reader.feed_data(b"abc")
    for made in copies(reader._buffer):
        assert type(made) is bytearray
        made.extend(b"def")
        assert made == b"abcdef" and reader._buffer == b"abc"

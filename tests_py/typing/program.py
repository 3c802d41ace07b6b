"""A user's program, which mypy --strict and pyright must accept, and which test_typing.py runs."""

import io
import mmap as stdlib_mmap
import os
import socket
import sys
import tempfile
from array import array
from typing import BinaryIO, Iterator, List, Optional, Tuple

import zcio
import zcio.mmap as mmap
from zcio import BytesIO, Cursor, Pipe, Pool, aio, re, search, shadow, splice, syscalls
from zcio.pipe import LimitOverrunError, PartialReadError


def takes_stdlib(mapping: stdlib_mmap.mmap) -> int:
    """Any function written for the standard library's class."""
    return len(mapping)


def mapping(path: str) -> None:
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_WRITE, trackfd=True) as m:
        assert takes_stdlib(m) == 12
        position: int = m.seek(2)
        found: int = m.find(b"l", position)
        counted: int = m.count(b"l", 0, None)
        offsets: List[int] = list(m.find_all(memoryview(b"l"), overlapping=True))
        assert (found, counted, offsets) == (2, 3, [2, 3, 9])
        assert m.seekable() is True
        first: int = m[0]
        piece: bytes = m[1:3]
        m[0:1] = bytearray(b"H")
        m.flush(0, -1, flags=mmap.MS_SYNC)
        m.madvise(mmap.MADV_WILLNEED)
        records: Iterator[bytes] = m.lines(sep=b" ")
        assert (first, piece, list(records)) == (104, b"el", [b"Hello", b"world\n"])
        for view in m.line_views():
            text: bytes = view.tobytes()
            view.release()
            assert text == b"Hello world"
    with mmap.open_path(path, "c", length=5) as own:
        own.write(b"jelly")
        size: int = own.size()
        assert (size, own[:]) == (12, b"jelly")


def searching(buffer: bytes) -> None:
    at: int = search.find(buffer, b"wor")
    last: int = search.rfind(bytearray(buffer), ord("o"))
    some: int = search.find_any(memoryview(buffer), b"xyz ")
    finder = search.Finder(b"l")
    out = array("Q", bytes(8 * 2))
    batch: Tuple[int, Optional[int]] = finder.find_into(buffer, out)
    needle: bytes = finder.needle
    parts: List[Tuple[int, int]] = search.shards(buffer, 2, b" ")
    assert (at, last, some, batch, needle) == (6, 7, 5, (2, 4), b"l")
    assert parts == [(0, 6), (6, 5)]


def streams(data: bytes) -> None:
    stream: io.BytesIO = BytesIO(bytearray(data))
    assert isinstance(stream, BytesIO)
    view: memoryview = stream.read_view(5)
    line: bytes = stream.readuntil(b"\n")
    assert (view.tobytes(), line, stream.peek(2), stream.find(b"a"), stream.remaining()) == (data, b"", b"", -1, 0)
    view.release()
    own = bytearray(data)
    with Cursor(own) as cursor:
        cursor.write(b"J")
        same: bytearray = cursor.getvalue()
        rest: bytes = cursor.read()
        assert same is own and rest == b"ello" and cursor.peek() == b""


def piping(data: bytes) -> None:
    pool = Pool(chunk_size=65536)
    pipe = Pipe(pool, limit=100)
    room: memoryview = pipe.get_buffer(len(data))
    room[: len(data)] = data
    pipe.buffer_written(len(data))
    head: Optional[bytes] = pipe.readuntil((b" ", b"\n"), skip_separator=True)
    views: Optional[Iterator[memoryview]] = pipe.readexact_zerocopy(2)
    assert head == b"hello" and views is not None
    two: bytes = b"".join(views)
    records: List[bytes] = list(pipe.records(b"l"))
    statistics: int = pool.stats()["lent"]
    assert (two, records, statistics) == (b"wo", [b"r"], 1)
    pipe.eof()
    try:
        pipe.readexact(5)
    except PartialReadError as error:
        leftover: bytes = error.leftover
        assert leftover == b"d"
    except LimitOverrunError as error:
        consumed: int = error.consumed
        assert consumed > 100


def moving(path: str) -> None:
    copied: int = splice.copy(path, path + ".copy", progress=lambda done, total: None)
    how: str = splice.copy(path, path + ".copy").method
    here, there = socket.socketpair()
    with here, there, open(path, "rb") as file:
        sent: int = splice.splice(file, here, 0, None)
        received: bytes = there.recv(100)
        with splice.Splicer(file.fileno(), here.fileno(), 5) as splicer:
            while not splicer.done:
                moved: int = splicer.step()
                assert moved >= 0
        more: bytes = there.recv(100)
    inlet, outlet = os.pipe()
    count: int = syscalls.vmsplice(outlet, [b"kept"], unsafe=True)
    os.close(inlet)
    os.close(outlet)
    assert (copied, how != "", sent, received[:5], more, count) == (12, True, 12, b"Hello", b"Hello", 4)


def matching(text: bytearray) -> None:
    pattern = re.compile(rb"(l+)")
    match: Optional["re.Match[bytes]"] = re.search(pattern, text)
    replaced: bytes = re.sub(pattern, lambda found: found.group(1).upper(), text)
    assert match and (match.start(), replaced) == (2, b"heLLo"), replaced
    assert re.findall("l", "hello") == ["l", "l"]


async def serving(sock: socket.socket, file: BinaryIO) -> int:
    """Only read by the checkers."""
    sent: int = await aio.sendfile(sock, file)
    a_to_b, b_to_a = await aio.proxy(sock, sock)
    return sent + a_to_b + b_to_a


def shadowing() -> None:
    with shadow.shadowed(strict=False):
        held: List[str] = shadow.bound_earlier()
    assert "__main__.stdlib_mmap" in held
    try:
        shadow.install(strict=True)
    except shadow.BoundEarlier as error:
        assert list(error.names) == held


def refused() -> None:
    """Never called: what the checkers must find."""
    search.find("text", b"t")  # type: ignore[arg-type]
    search.lines(b"", sep="\n")  # type: ignore[arg-type]
    mmap.open_path("name", "w")  # type: ignore[call-overload]
    for view in search.line_views(b"ab"):
        view.upper()  # type: ignore[attr-defined]


def main() -> int:
    version: str = zcio.__version__
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "greeting")
        with open(path, "wb") as file:
            file.write(b"hello world\n")
        mapping(path)
        moving(path)
    streams(b"hello")
    piping(b"hello world")
    searching(b"hello world")
    matching(bytearray(b"hello"))
    shadowing()
    print("zcio", version)
    return 0


if __name__ == "__main__":
    sys.exit(main())

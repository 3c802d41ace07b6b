"""A user's program: what it says of types, mypy --strict and pyright must believe; it runs, too."""

import mmap as stdlib_mmap
import os
import sys
import tempfile
from array import array
from typing import Iterator, List, Optional, Tuple

import zcio
import zcio.mmap as mmap
from zcio import search, shadow


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
    mmap.open_path("name", "w")  # type: ignore[arg-type]
    for view in search.line_views(b"ab"):
        view.upper()  # type: ignore[attr-defined]


def main() -> int:
    version: str = zcio.__version__
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "greeting")
        with open(path, "wb") as file:
            file.write(b"hello world\n")
        mapping(path)
    searching(b"hello world")
    shadowing()
    print("zcio", version)
    return 0


if __name__ == "__main__":
    sys.exit(main())

import os
from collections.abc import Iterator
from typing import Final, SupportsIndex

from typing_extensions import Buffer, TypeAlias

__all__ = [
    "Finder",
    "count",
    "find",
    "find_all",
    "find_any",
    "line_views",
    "lines",
    "rfind",
    "rfind_any",
    "shards",
]

# A bytes-like object, or one byte as an int.
_Needle: TypeAlias = Buffer | SupportsIndex
_Place: TypeAlias = SupportsIndex | None

def find(buffer: Buffer, sub: _Needle, start: _Place = None, end: _Place = None) -> int: ...
def rfind(buffer: Buffer, sub: _Needle, start: _Place = None, end: _Place = None) -> int: ...
def count(
    buffer: Buffer, sub: _Needle, start: _Place = None, end: _Place = None, *, threads: SupportsIndex = 1
) -> int: ...
def find_any(buffer: Buffer, members: Buffer, start: _Place = None, end: _Place = None) -> int: ...
def rfind_any(buffer: Buffer, members: Buffer, start: _Place = None, end: _Place = None) -> int: ...
def find_all(
    buffer: Buffer,
    sub: _Needle,
    start: _Place = None,
    end: _Place = None,
    *,
    overlapping: bool = False,
    threads: SupportsIndex = 1,
) -> Iterator[int]: ...
def lines(
    buffer: Buffer, start: _Place = None, end: _Place = None, *, sep: _Needle = b"\n", keepends: bool = False
) -> Iterator[bytes]: ...
def line_views(
    buffer: Buffer, start: _Place = None, end: _Place = None, *, sep: _Needle = b"\n", keepends: bool = False
) -> Iterator[memoryview]: ...
def shards(
    path_or_buffer: str | os.PathLike[str] | os.PathLike[bytes] | Buffer, n: SupportsIndex, sep: Buffer = b"\n"
) -> list[tuple[int, int]]: ...

class Finder:
    needle: Final[bytes]
    def __init__(self, sub: _Needle) -> None: ...
    def find(self, buffer: Buffer, start: _Place = None, end: _Place = None) -> int: ...
    def rfind(self, buffer: Buffer, start: _Place = None, end: _Place = None) -> int: ...
    def count(
        self, buffer: Buffer, start: _Place = None, end: _Place = None, *, threads: SupportsIndex = 1
    ) -> int: ...
    def find_all(
        self,
        buffer: Buffer,
        start: _Place = None,
        end: _Place = None,
        *,
        overlapping: bool = False,
        threads: SupportsIndex = 1,
    ) -> Iterator[int]: ...
    def find_into(
        self, buffer: Buffer, out: Buffer, start: _Place = None, end: _Place = None, *, overlapping: bool = False
    ) -> tuple[int, int | None]: ...
    def __reduce__(self) -> tuple[type[Finder], tuple[bytes]]: ...

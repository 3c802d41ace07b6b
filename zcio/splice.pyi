import io
import os
from collections.abc import Callable
from types import TracebackType
from typing import IO, Final, Literal, NamedTuple, Protocol, SupportsIndex

from typing_extensions import Self, TypeAlias

__all__ = [
    "SPLICE_F_GIFT",
    "SPLICE_F_MORE",
    "SPLICE_F_MOVE",
    "SPLICE_F_NONBLOCK",
    "Copied",
    "Splicer",
    "copy",
    "proxy",
    "splice",
]

SPLICE_F_GIFT: Final[int]
SPLICE_F_MORE: Final[int]
SPLICE_F_MOVE: Final[int]
SPLICE_F_NONBLOCK: Final[int]

class _HasFileno(Protocol):
    def fileno(self) -> int: ...

_Descriptor: TypeAlias = SupportsIndex | _HasFileno
_Place: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes] | _Descriptor | IO[bytes] | io.BufferedIOBase

class _Proxied(NamedTuple):
    a_to_b: int
    b_to_a: int

def splice(
    in_fd: _Descriptor,
    out_fd: _Descriptor,
    offset: SupportsIndex | None = 0,
    nbytes: SupportsIndex | None = None,
    flags: SupportsIndex = 0,
    out_offset: SupportsIndex | None = 0,
) -> int: ...
class Copied(int):
    method: Literal["reflink", "copy_file_range", "sendfile", "splice", "read/write"]
    in_place: bool
    def __new__(cls, count: int, method: str, in_place: bool = True) -> Self: ...

def copy(
    src: _Place,
    dst: _Place,
    *,
    count: SupportsIndex | None = None,
    offset: SupportsIndex | None = None,
    progress: Callable[[int, int | None], object] | None = None,
    sync: bool = False,
    reflink: Literal["auto", "always", "never"] = "auto",
    atomic: bool = True,
) -> Copied: ...
def proxy(a: _Descriptor, b: _Descriptor) -> _Proxied: ...

class Splicer:
    done: bool
    undelivered: bytes
    def __init__(
        self,
        src: _Descriptor,
        dst: _Descriptor,
        nbytes: SupportsIndex | None = None,
        *,
        offset: SupportsIndex | None = None,
        out_offset: SupportsIndex | None = None,
        flags: SupportsIndex = 0,
    ) -> None: ...
    def step(self) -> int: ...
    @property
    def wants_read(self) -> int | None: ...
    @property
    def wants_write(self) -> int | None: ...
    @property
    def bytes_moved(self) -> int: ...
    @property
    def pending(self) -> int: ...
    @property
    def method(self) -> str: ...
    @property
    def closed(self) -> bool: ...
    def close(self) -> bytes: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
    def __del__(self) -> None: ...

from collections.abc import Iterable
from typing import Final, SupportsIndex

from typing_extensions import Buffer

__all__ = [
    "SPLICE_F_GIFT",
    "SPLICE_F_MORE",
    "SPLICE_F_MOVE",
    "SPLICE_F_NONBLOCK",
    "copy_file_range",
    "sendfile",
    "splice",
    "tee",
    "vmsplice",
]

SPLICE_F_GIFT: Final[int]
SPLICE_F_MORE: Final[int]
SPLICE_F_MOVE: Final[int]
SPLICE_F_NONBLOCK: Final[int]

def splice(
    src: SupportsIndex,
    dst: SupportsIndex,
    count: SupportsIndex,
    offset_src: SupportsIndex | None = None,
    offset_dst: SupportsIndex | None = None,
    flags: SupportsIndex = 0,
) -> int: ...
def tee(src: SupportsIndex, dst: SupportsIndex, count: SupportsIndex, flags: SupportsIndex = 0) -> int: ...
def vmsplice(
    fd: SupportsIndex, buffers: Iterable[Buffer], flags: SupportsIndex = 0, *, unsafe: bool = False
) -> int: ...
def sendfile(
    out_fd: SupportsIndex, in_fd: SupportsIndex, offset: SupportsIndex | None, count: SupportsIndex
) -> int: ...
def copy_file_range(
    src: SupportsIndex,
    dst: SupportsIndex,
    count: SupportsIndex,
    offset_src: SupportsIndex | None = None,
    offset_dst: SupportsIndex | None = None,
) -> int: ...

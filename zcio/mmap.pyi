import mmap as _standard
import os
import sys
from collections.abc import Iterator
from typing import Final, Literal, SupportsIndex, overload

from typing_extensions import Buffer, Self

ACCESS_DEFAULT: Final = 0
ACCESS_READ: Final = 1
ACCESS_WRITE: Final = 2
ACCESS_COPY: Final = 3
ALLOCATIONGRANULARITY: Final[int]
PAGESIZE: Final[int]

__all__ = [
    "ACCESS_COPY",
    "ACCESS_DEFAULT",
    "ACCESS_READ",
    "ACCESS_WRITE",
    "ALLOCATIONGRANULARITY",
    "GuardedMmap",
    "MappingFault",
    "PAGESIZE",
    "error",
    "mmap",
    "open_path",
]
if sys.platform != "win32":
    __all__ += [
        "MADV_DONTNEED",
        "MADV_FREE",
        "MADV_NORMAL",
        "MADV_RANDOM",
        "MADV_SEQUENTIAL",
        "MADV_WILLNEED",
        "MAP_ANON",
        "MAP_ANONYMOUS",
        "MAP_FIXED",
        "MAP_PRIVATE",
        "MAP_SHARED",
        "MS_ASYNC",
        "MS_INVALIDATE",
        "MS_SYNC",
        "PROT_EXEC",
        "PROT_NONE",
        "PROT_READ",
        "PROT_WRITE",
    ]
if sys.platform == "linux":
    __all__ += [
        "MADV_COLD",
        "MADV_COLLAPSE",
        "MADV_DODUMP",
        "MADV_DOFORK",
        "MADV_DONTDUMP",
        "MADV_DONTFORK",
        "MADV_DONTNEED_LOCKED",
        "MADV_GUARD_INSTALL",
        "MADV_GUARD_REMOVE",
        "MADV_HUGEPAGE",
        "MADV_HWPOISON",
        "MADV_KEEPONFORK",
        "MADV_MERGEABLE",
        "MADV_NOHUGEPAGE",
        "MADV_PAGEOUT",
        "MADV_POPULATE_READ",
        "MADV_POPULATE_WRITE",
        "MADV_REMOVE",
        "MADV_SOFT_OFFLINE",
        "MADV_UNMERGEABLE",
        "MADV_WIPEONFORK",
        "MAP_32BIT",
        "MAP_ABOVE4G",
        "MAP_DENYWRITE",
        "MAP_DROPPABLE",
        "MAP_EXECUTABLE",
        "MAP_FIXED_NOREPLACE",
        "MAP_GROWSDOWN",
        "MAP_HUGETLB",
        "MAP_HUGE_16GB",
        "MAP_HUGE_16MB",
        "MAP_HUGE_1GB",
        "MAP_HUGE_1MB",
        "MAP_HUGE_256MB",
        "MAP_HUGE_2GB",
        "MAP_HUGE_2MB",
        "MAP_HUGE_32MB",
        "MAP_HUGE_512KB",
        "MAP_HUGE_512MB",
        "MAP_HUGE_64KB",
        "MAP_HUGE_8MB",
        "MAP_HUGE_MASK",
        "MAP_HUGE_SHIFT",
        "MAP_LOCKED",
        "MAP_NONBLOCK",
        "MAP_NORESERVE",
        "MAP_POPULATE",
        "MAP_SHARED_VALIDATE",
        "MAP_STACK",
        "MAP_SYNC",
        "MREMAP_DONTUNMAP",
        "MREMAP_FIXED",
        "MREMAP_MAYMOVE",
    ]

error = OSError

# A stdlib mmap, so that it goes wherever one is asked for, with the interface of 3.15 on every version.
class mmap(_standard.mmap):
    if sys.platform != "win32":
        def __new__(
            cls,
            fileno: int,
            length: int,
            flags: int = ...,
            prot: int = ...,
            access: int = 0,
            offset: int = 0,
            *,
            trackfd: bool = True,
        ) -> Self: ...
        def flush(self, offset: int = 0, size: int = -1, /, *, flags: int = 0) -> None: ...
        def madvise(self, option: int, start: int = 0, length: int | None = None, /) -> None: ...
        def set_name(self, name: str, /) -> None: ...
    def move(self, dest: int, src: int, count: int, /) -> None: ...
    def resize(self, newsize: int, /) -> None: ...
    def size(self) -> int: ...
    @property
    def start(self) -> int: ...
    # The position, which is why 3.12's None is overridden.
    def seek(self, pos: SupportsIndex, whence: int = os.SEEK_SET, /) -> int: ...  # type: ignore[override]
    def seekable(self) -> Literal[True]: ...
    def find(self, view: Buffer, start: SupportsIndex | None = None, end: SupportsIndex | None = None, /) -> int: ...
    def rfind(self, view: Buffer, start: SupportsIndex | None = None, end: SupportsIndex | None = None, /) -> int: ...
    def __reversed__(self) -> Iterator[bytes]: ...
    def count(
        self,
        sub: Buffer | SupportsIndex,
        start: SupportsIndex | None = None,
        end: SupportsIndex | None = None,
        *,
        threads: SupportsIndex = 1,
    ) -> int: ...
    def find_all(
        self,
        sub: Buffer | SupportsIndex,
        start: SupportsIndex | None = None,
        end: SupportsIndex | None = None,
        *,
        overlapping: bool = False,
        threads: SupportsIndex = 1,
    ) -> Iterator[int]: ...
    def lines(
        self,
        start: SupportsIndex | None = None,
        end: SupportsIndex | None = None,
        *,
        sep: Buffer | SupportsIndex = b"\n",
        keepends: bool = False,
    ) -> Iterator[bytes]: ...
    def line_views(
        self,
        start: SupportsIndex | None = None,
        end: SupportsIndex | None = None,
        *,
        sep: Buffer | SupportsIndex = b"\n",
        keepends: bool = False,
    ) -> Iterator[memoryview]: ...

class MappingFault(OSError):
    offset: int | None
    @classmethod
    def at(cls, offset: int | None, filename: str | bytes | None = None) -> Self: ...

class GuardedMmap(mmap):
    @property
    def fault(self) -> MappingFault | None: ...
    def clear_fault(self) -> MappingFault | None: ...
    def close(self) -> None: ...
    def move(self, dest: int, src: int, count: int, /) -> None: ...
    def read(self, n: int | None = None, /) -> bytes: ...
    def read_byte(self) -> int: ...
    def readline(self) -> bytes: ...
    def resize(self, newsize: int, /) -> None: ...
    def write(self, bytes: Buffer, /) -> int: ...
    def write_byte(self, byte: int, /) -> None: ...

@overload
def open_path(
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    mode: Literal["r", "r+", "c"] = "r",
    *,
    length: SupportsIndex = 0,
    offset: SupportsIndex = 0,
    access: int | None = None,
    trackfd: bool = True,
    guard: Literal[False] = False,
) -> mmap: ...
@overload
def open_path(
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    mode: Literal["r", "r+", "c"] = "r",
    *,
    length: SupportsIndex = 0,
    offset: SupportsIndex = 0,
    access: int | None = None,
    trackfd: bool = True,
    guard: Literal[True],
) -> GuardedMmap: ...
@overload
def open_path(
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    mode: Literal["r", "r+", "c"] = "r",
    *,
    length: SupportsIndex = 0,
    offset: SupportsIndex = 0,
    access: int | None = None,
    trackfd: bool = True,
    guard: bool,
) -> mmap: ...

if sys.platform != "win32":
    MADV_DONTNEED: Final[int]
    MADV_FREE: Final[int]
    MADV_NORMAL: Final[int]
    MADV_RANDOM: Final[int]
    MADV_SEQUENTIAL: Final[int]
    MADV_WILLNEED: Final[int]
    MAP_ANON: Final[int]
    MAP_ANONYMOUS: Final[int]
    MAP_FIXED: Final[int]
    MAP_PRIVATE: Final[int]
    MAP_SHARED: Final[int]
    MS_ASYNC: Final[int]
    MS_INVALIDATE: Final[int]
    MS_SYNC: Final[int]
    PROT_EXEC: Final[int]
    PROT_NONE: Final[int]
    PROT_READ: Final[int]
    PROT_WRITE: Final[int]

if sys.platform == "linux":
    MADV_COLD: Final[int]
    MADV_COLLAPSE: Final[int]
    MADV_DODUMP: Final[int]
    MADV_DOFORK: Final[int]
    MADV_DONTDUMP: Final[int]
    MADV_DONTFORK: Final[int]
    MADV_DONTNEED_LOCKED: Final[int]
    MADV_GUARD_INSTALL: Final[int]
    MADV_GUARD_REMOVE: Final[int]
    MADV_HUGEPAGE: Final[int]
    MADV_HWPOISON: Final[int]
    MADV_KEEPONFORK: Final[int]
    MADV_MERGEABLE: Final[int]
    MADV_NOHUGEPAGE: Final[int]
    MADV_PAGEOUT: Final[int]
    MADV_POPULATE_READ: Final[int]
    MADV_POPULATE_WRITE: Final[int]
    MADV_REMOVE: Final[int]
    MADV_SOFT_OFFLINE: Final[int]
    MADV_UNMERGEABLE: Final[int]
    MADV_WIPEONFORK: Final[int]
    MAP_32BIT: Final[int]
    MAP_ABOVE4G: Final[int]
    MAP_DENYWRITE: Final[int]
    MAP_DROPPABLE: Final[int]
    MAP_EXECUTABLE: Final[int]
    MAP_FIXED_NOREPLACE: Final[int]
    MAP_GROWSDOWN: Final[int]
    MAP_HUGETLB: Final[int]
    MAP_HUGE_16GB: Final[int]
    MAP_HUGE_16MB: Final[int]
    MAP_HUGE_1GB: Final[int]
    MAP_HUGE_1MB: Final[int]
    MAP_HUGE_256MB: Final[int]
    MAP_HUGE_2GB: Final[int]
    MAP_HUGE_2MB: Final[int]
    MAP_HUGE_32MB: Final[int]
    MAP_HUGE_512KB: Final[int]
    MAP_HUGE_512MB: Final[int]
    MAP_HUGE_64KB: Final[int]
    MAP_HUGE_8MB: Final[int]
    MAP_HUGE_MASK: Final[int]
    MAP_HUGE_SHIFT: Final[int]
    MAP_LOCKED: Final[int]
    MAP_NONBLOCK: Final[int]
    MAP_NORESERVE: Final[int]
    MAP_POPULATE: Final[int]
    MAP_SHARED_VALIDATE: Final[int]
    MAP_STACK: Final[int]
    MAP_SYNC: Final[int]
    MREMAP_DONTUNMAP: Final[int]
    MREMAP_FIXED: Final[int]
    MREMAP_MAYMOVE: Final[int]

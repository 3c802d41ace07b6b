import os
from collections.abc import Callable, Iterable
from shutil import (
    Error as Error,
)
from shutil import (
    ExecError as ExecError,
)
from shutil import (
    ReadError as ReadError,
)
from shutil import (
    RegistryError as RegistryError,
)
from shutil import (
    SameFileError as SameFileError,
)
from shutil import (
    SpecialFileError as SpecialFileError,
)
from shutil import __all__ as __all__
from shutil import (
    chown as chown,
)
from shutil import (
    copymode as copymode,
)
from shutil import (
    copystat as copystat,
)
from shutil import (
    disk_usage as disk_usage,
)
from shutil import (
    get_archive_formats as get_archive_formats,
)
from shutil import (
    get_terminal_size as get_terminal_size,
)
from shutil import (
    get_unpack_formats as get_unpack_formats,
)
from shutil import (
    ignore_patterns as ignore_patterns,
)
from shutil import (
    make_archive as make_archive,
)
from shutil import (
    register_archive_format as register_archive_format,
)
from shutil import (
    register_unpack_format as register_unpack_format,
)
from shutil import (
    rmtree as rmtree,
)
from shutil import (
    unpack_archive as unpack_archive,
)
from shutil import (
    unregister_archive_format as unregister_archive_format,
)
from shutil import (
    unregister_unpack_format as unregister_unpack_format,
)
from shutil import (
    which as which,
)
from typing import Protocol, TypeVar

_Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_To = TypeVar("_To", bound=_Path)
_Data = TypeVar("_Data", bytes, str)
_DataOut = TypeVar("_DataOut", bytes, str, contravariant=True)
_DataIn = TypeVar("_DataIn", bytes, str, covariant=True)

class _Reads(Protocol[_DataIn]):
    def read(self, length: int = ..., /) -> _DataIn: ...

class _Writes(Protocol[_DataOut]):
    def write(self, data: _DataOut, /) -> object: ...

COPY_BUFSIZE: int

def copyfileobj(fsrc: _Reads[_Data], fdst: _Writes[_Data], length: int = 0) -> None: ...
def copyfile(
    src: _Path,
    dst: _To,
    *,
    follow_symlinks: bool = True,
    atomic: bool = False,
    sparse: bool = True,
    progress: Callable[[int, int | None], object] | None = None,
) -> _To: ...
def copy(
    src: _Path,
    dst: _To,
    *,
    follow_symlinks: bool = True,
    atomic: bool = False,
    sparse: bool = True,
    progress: Callable[[int, int | None], object] | None = None,
) -> _To | str | bytes: ...
def copy2(
    src: _Path,
    dst: _To,
    *,
    follow_symlinks: bool = True,
    atomic: bool = False,
    sparse: bool = True,
    progress: Callable[[int, int | None], object] | None = None,
) -> _To | str | bytes: ...
def copytree(
    src: str | os.PathLike[str],
    dst: _To,
    symlinks: bool = False,
    ignore: Callable[[str, list[str]], Iterable[str]] | None = None,
    copy_function: Callable[..., object] = ...,
    ignore_dangling_symlinks: bool = False,
    dirs_exist_ok: bool = False,
    *,
    atomic: bool = False,
    sparse: bool = True,
    progress: Callable[[int, int, int, int], object] | None = None,
    workers: int = 1,
) -> _To: ...
def move(
    src: _Path,
    dst: _Path,
    copy_function: Callable[..., object] = ...,
    *,
    atomic: bool = False,
    sparse: bool = True,
    progress: Callable[[int, int, int, int], object] | None = None,
    workers: int = 1,
) -> str | bytes | os.PathLike[str] | os.PathLike[bytes] | None: ...

import os
from collections.abc import Callable, Iterable
from shutil import (
    Error as Error,
    ExecError as ExecError,
    ReadError as ReadError,
    RegistryError as RegistryError,
    SameFileError as SameFileError,
    SpecialFileError as SpecialFileError,
    __all__ as __all__,
    chown as chown,
    copymode as copymode,
    copystat as copystat,
    disk_usage as disk_usage,
    get_archive_formats as get_archive_formats,
    get_terminal_size as get_terminal_size,
    get_unpack_formats as get_unpack_formats,
    ignore_patterns as ignore_patterns,
    make_archive as make_archive,
    register_archive_format as register_archive_format,
    register_unpack_format as register_unpack_format,
    rmtree as rmtree,
    unpack_archive as unpack_archive,
    unregister_archive_format as unregister_archive_format,
    unregister_unpack_format as unregister_unpack_format,
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

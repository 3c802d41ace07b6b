import os
from collections.abc import Callable, Iterable
from shutil import *  # noqa: F403
from shutil import __all__ as __all__
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
    src: _Path, dst: _Path, copy_function: Callable[..., object] = ...
) -> str | bytes | os.PathLike[str] | os.PathLike[bytes] | None: ...

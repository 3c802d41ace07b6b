from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal

from typing_extensions import TypeAlias

__all__ = ["BoundEarlier", "bound_earlier", "install", "shadowed", "uninstall"]

class BoundEarlier(RuntimeError):
    names: Sequence[str]
    def __init__(self, names: Sequence[str]) -> None: ...

_Name: TypeAlias = Literal["mmap", "bytesio", "aio", "shutil"]

def bound_earlier(*names: _Name, bytesio: bool = False) -> list[str]: ...
def install(*names: _Name, strict: bool = False, bytesio: bool = False) -> None: ...
def uninstall() -> None: ...
def shadowed(
    *names: _Name, strict: bool = False, bytesio: bool = False
) -> AbstractContextManager[None]: ...

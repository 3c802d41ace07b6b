import re as _re
import sys
from collections.abc import Callable, Iterator
from re import (
    ASCII as ASCII,
)
from re import (
    DEBUG as DEBUG,
)
from re import (
    DOTALL as DOTALL,
)
from re import (
    IGNORECASE as IGNORECASE,
)
from re import (
    LOCALE as LOCALE,
)
from re import (
    MULTILINE as MULTILINE,
)
from re import (
    UNICODE as UNICODE,
)
from re import (
    VERBOSE as VERBOSE,
)
from re import (
    A as A,
)
from re import (
    I as I,
)
from re import (
    L as L,
)
from re import (
    M as M,
)
from re import (
    Match as Match,
)
from re import (
    RegexFlag as RegexFlag,
)
from re import (
    S as S,
)
from re import (
    U as U,
)
from re import (
    X as X,
)
from re import (
    error as error,
)
from re import (
    escape as escape,
)
from re import (
    purge as purge,
)
from typing import Any, Optional, Union, overload

from typing_extensions import Buffer, TypeAlias, final

if sys.version_info >= (3, 11):
    from re import NOFLAG as NOFLAG
if sys.version_info >= (3, 13):
    from re import PatternError as PatternError
else:
    from re import TEMPLATE as TEMPLATE
    from re import T as T

@final
class Pattern:
    def __new__(cls, *args: Any, **kwargs: Any) -> Pattern: ...
    def __class_getitem__(cls, item: Any) -> Any: ...
    @property
    def pattern(self) -> bytes: ...
    @property
    def flags(self) -> int: ...
    @property
    def groups(self) -> int: ...
    @property
    def groupindex(self) -> dict[str, int]: ...
    def search(self, string: Buffer, pos: int = 0, endpos: int = ...) -> Optional[Match[bytes]]: ...
    def match(self, string: Buffer, pos: int = 0, endpos: int = ...) -> Optional[Match[bytes]]: ...
    def fullmatch(self, string: Buffer, pos: int = 0, endpos: int = ...) -> Optional[Match[bytes]]: ...
    def scanner(self, string: Buffer, pos: int = 0, endpos: int = ...) -> Any: ...
    def finditer(self, string: Buffer, pos: int = 0, endpos: int = ...) -> Iterator[Match[bytes]]: ...
    def findall(self, string: Buffer, pos: int = 0, endpos: int = ...) -> list[Any]: ...
    def split(self, string: Buffer, maxsplit: int = 0) -> list[Any]: ...
    def sub(self, repl: Union[Buffer, Callable[[Match[bytes]], Buffer]], string: Buffer, count: int = 0) -> bytes: ...
    def subn(
        self, repl: Union[Buffer, Callable[[Match[bytes]], Buffer]], string: Buffer, count: int = 0
    ) -> tuple[bytes, int]: ...
    def count(self, buffer: Buffer, pos: int = 0, endpos: int = ..., *, threads: int = 1) -> int: ...
    def spans(self, buffer: Buffer, pos: int = 0, endpos: int = ...) -> Iterator[tuple[int, int]]: ...
    def spans_into(self, buffer: Buffer, out: Buffer, pos: int = 0, endpos: int = ...) -> tuple[int, Optional[int]]: ...
    def lines(self, buffer: Buffer, pos: int = 0, endpos: int = ..., *, keepends: bool = False) -> Iterator[bytes]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Pattern: ...
    def __deepcopy__(self, memo: Any, /) -> Pattern: ...

_StrPattern: TypeAlias = Union[str, _re.Pattern[str]]
_BytesPattern: TypeAlias = Union[Buffer, Pattern, _re.Pattern[bytes]]
_Flags: TypeAlias = Union[int, RegexFlag]

@overload
def compile(pattern: _StrPattern, flags: _Flags = 0) -> _re.Pattern[str]: ...
@overload
def compile(pattern: _BytesPattern, flags: _Flags = 0) -> Pattern: ...
def explain(pattern: Union[str, Buffer, Pattern, _re.Pattern[Any]], flags: _Flags = 0) -> str: ...
@overload
def search(pattern: _StrPattern, string: str, flags: _Flags = 0) -> Optional[Match[str]]: ...
@overload
def search(pattern: _BytesPattern, string: Buffer, flags: _Flags = 0) -> Optional[Match[bytes]]: ...
@overload
def match(pattern: _StrPattern, string: str, flags: _Flags = 0) -> Optional[Match[str]]: ...
@overload
def match(pattern: _BytesPattern, string: Buffer, flags: _Flags = 0) -> Optional[Match[bytes]]: ...
@overload
def fullmatch(pattern: _StrPattern, string: str, flags: _Flags = 0) -> Optional[Match[str]]: ...
@overload
def fullmatch(pattern: _BytesPattern, string: Buffer, flags: _Flags = 0) -> Optional[Match[bytes]]: ...
@overload
def finditer(pattern: _StrPattern, string: str, flags: _Flags = 0) -> Iterator[Match[str]]: ...
@overload
def finditer(pattern: _BytesPattern, string: Buffer, flags: _Flags = 0) -> Iterator[Match[bytes]]: ...
@overload
def findall(pattern: _StrPattern, string: str, flags: _Flags = 0) -> list[Any]: ...
@overload
def findall(pattern: _BytesPattern, string: Buffer, flags: _Flags = 0) -> list[Any]: ...
@overload
def split(pattern: _StrPattern, string: str, maxsplit: int = 0, flags: _Flags = 0) -> list[Any]: ...
@overload
def split(pattern: _BytesPattern, string: Buffer, maxsplit: int = 0, flags: _Flags = 0) -> list[Any]: ...
@overload
def sub(
    pattern: _StrPattern, repl: Union[str, Callable[[Match[str]], str]], string: str, count: int = 0, flags: _Flags = 0
) -> str: ...
@overload
def sub(
    pattern: _BytesPattern,
    repl: Union[Buffer, Callable[[Match[bytes]], Buffer]],
    string: Buffer,
    count: int = 0,
    flags: _Flags = 0,
) -> bytes: ...
@overload
def subn(
    pattern: _StrPattern, repl: Union[str, Callable[[Match[str]], str]], string: str, count: int = 0, flags: _Flags = 0
) -> tuple[str, int]: ...
@overload
def subn(
    pattern: _BytesPattern,
    repl: Union[Buffer, Callable[[Match[bytes]], Buffer]],
    string: Buffer,
    count: int = 0,
    flags: _Flags = 0,
) -> tuple[bytes, int]: ...

from socket import socket
from typing import NamedTuple, Protocol, SupportsIndex

from typing_extensions import TypeAlias

__all__ = ["proxy", "sendfile"]

class _HasFileno(Protocol):
    def fileno(self) -> int: ...

_Socket: TypeAlias = socket | SupportsIndex

class _Proxied(NamedTuple):
    a_to_b: int
    b_to_a: int

async def proxy(a: _Socket, b: _Socket) -> _Proxied: ...
async def sendfile(
    sock: _Socket, file: _HasFileno | SupportsIndex, offset: SupportsIndex = 0, count: SupportsIndex | None = None
) -> int: ...

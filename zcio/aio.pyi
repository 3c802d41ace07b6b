import asyncio
import asyncio.subprocess
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager
from socket import socket
from typing import IO, Any, Literal, NamedTuple, Protocol, SupportsIndex

from typing_extensions import Buffer, Self, TypeAlias

from zcio.pipe import LimitOverrunError as _PipeLimitOverrunError, Pipe

__all__ = [
    "IncompleteReadError",
    "LimitOverrunError",
    "PipeProtocol",
    "StreamReader",
    "StreamReaderProtocol",
    "StreamWriter",
    "create_subprocess_exec",
    "create_subprocess_shell",
    "install",
    "installed",
    "open_connection",
    "proxy",
    "sendfile",
    "start_server",
    "uninstall",
]
if sys.platform != "win32":
    __all__ += ["open_unix_connection", "start_unix_server"]

IncompleteReadError = asyncio.IncompleteReadError

_Argument: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
# A separator, or several in a tuple.
_Separator: TypeAlias = Buffer | tuple[Buffer, ...]
_Connected: TypeAlias = Callable[[StreamReader, StreamWriter], Awaitable[None] | None]

class LimitOverrunError(asyncio.LimitOverrunError, _PipeLimitOverrunError):
    consumed: int
    def __init__(self, message: str, consumed: int) -> None: ...

class PipeProtocol(asyncio.BufferedProtocol):
    pipe: Pipe
    transport: asyncio.Transport | None
    def __init__(self, pipe: Pipe | None = None) -> None: ...
    def data_ready(self) -> None: ...
    def adjust_reading(self) -> None: ...
    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...
    def get_buffer(self, sizehint: int) -> memoryview: ...
    def buffer_updated(self, nbytes: int) -> None: ...
    def data_received(self, data: bytes) -> None: ...
    def eof_received(self) -> bool | None: ...
    def connection_lost(self, exc: Exception | None) -> None: ...

class StreamReader(asyncio.StreamReader):
    pipe: Pipe
    def __init__(
        self,
        limit: int | None = 65536,
        loop: asyncio.AbstractEventLoop | None = None,
        *,
        overrun: Literal["drop", "keep"] = "drop",
    ) -> None: ...
    def exception(self) -> Exception | None: ...
    def set_exception(self, exc: Exception) -> None: ...
    def set_transport(self, transport: asyncio.BaseTransport) -> None: ...
    def feed_eof(self) -> None: ...
    def at_eof(self) -> bool: ...
    def feed_data(self, data: Iterable[SupportsIndex]) -> None: ...
    async def readline(self) -> bytes: ...
    async def readuntil(self, separator: _Separator = b"\n") -> bytes: ...
    async def readexactly(self, n: int) -> bytes: ...
    async def read(self, n: int = -1) -> bytes: ...
    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> bytes: ...
    async def fill(self, nbytes: SupportsIndex = 1) -> int: ...
    async def split(self, separator: _Separator = b"\n", keepends: bool = False) -> list[bytes]: ...
    def batches(self, separator: _Separator = b"\n", keepends: bool = False) -> AsyncIterator[list[bytes]]: ...
    def records(self, separator: _Separator = b"\n", keepends: bool = False) -> AsyncIterator[bytes]: ...

class StreamWriter(asyncio.StreamWriter):
    def __init__(
        self,
        transport: asyncio.WriteTransport,
        protocol: asyncio.BaseProtocol,
        reader: asyncio.StreamReader | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None: ...
    @property
    def transport(self) -> asyncio.WriteTransport: ...
    def write(self, data: Buffer) -> None: ...
    def writelines(self, data: Iterable[Buffer]) -> None: ...
    def write_eof(self) -> None: ...
    def can_write_eof(self) -> bool: ...
    def close(self) -> None: ...
    def is_closing(self) -> bool: ...
    async def wait_closed(self) -> None: ...
    def get_extra_info(self, name: str, default: Any = None) -> Any: ...
    async def drain(self) -> None: ...
    async def start_tls(
        self,
        sslcontext: ssl.SSLContext,
        *,
        server_hostname: str | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        strict: bool = False,
    ) -> None: ...
    def __del__(self) -> None: ...  # type: ignore[override]

class StreamReaderProtocol(asyncio.StreamReaderProtocol):
    def __init__(
        self,
        stream_reader: StreamReader,
        client_connected_cb: _Connected | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None: ...
    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...
    def connection_lost(self, exc: Exception | None) -> None: ...
    def data_received(self, data: bytes) -> None: ...
    def eof_received(self) -> bool: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...
    def __del__(self) -> None: ...  # type: ignore[override]

def install() -> None: ...
def uninstall() -> None: ...
def installed() -> AbstractContextManager[None]: ...
async def create_subprocess_exec(
    program: _Argument,
    *args: _Argument,
    stdin: int | IO[Any] | None = None,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
    limit: int | None = 65536,
    **kwds: Any,
) -> asyncio.subprocess.Process: ...
async def create_subprocess_shell(
    cmd: str | bytes,
    stdin: int | IO[Any] | None = None,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
    *,
    limit: int | None = 65536,
    **kwds: Any,
) -> asyncio.subprocess.Process: ...
async def open_connection(
    host: str | None = None,
    port: int | str | None = None,
    *,
    limit: int | None = 65536,
    overrun: Literal["drop", "keep"] = "drop",
    **kwds: Any,
) -> tuple[StreamReader, StreamWriter]: ...
async def start_server(
    client_connected_cb: _Connected,
    host: str | list[str] | None = None,
    port: int | str | None = None,
    *,
    limit: int | None = 65536,
    overrun: Literal["drop", "keep"] = "drop",
    **kwds: Any,
) -> asyncio.Server: ...

if sys.platform != "win32":
    async def open_unix_connection(
        path: str | None = None,
        *,
        limit: int | None = 65536,
        overrun: Literal["drop", "keep"] = "drop",
        **kwds: Any,
    ) -> tuple[StreamReader, StreamWriter]: ...
    async def start_unix_server(
        client_connected_cb: _Connected,
        path: str | None = None,
        *,
        limit: int | None = 65536,
        overrun: Literal["drop", "keep"] = "drop",
        **kwds: Any,
    ) -> asyncio.Server: ...

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

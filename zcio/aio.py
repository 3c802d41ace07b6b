"""asyncio streams that receive into a Pipe: a drop-in for asyncio's streams and subprocesses.

    reader, writer = await zcio.aio.open_connection(host, port)
    async for line in reader:
        ...

The names, results and exceptions are those of asyncio's streams; a record costs less, and ``reader.pipe`` reads without
a copy. ``install()`` puts these streams in place of asyncio's, for programs that know nothing of zcio.
``PipeProtocol`` is the base class for protocols of your own. ``proxy`` and ``sendfile`` move bytes in the kernel.
"""

import socket
from asyncio import IncompleteReadError

from zcio._aio.errors import LimitOverrunError
from zcio._aio.installing import install, installed, uninstall
from zcio._aio.protocol import PipeProtocol
from zcio._aio.reader import StreamReader
from zcio._aio.stream_protocol import StreamReaderProtocol
from zcio._aio.streams import open_connection, start_server
from zcio._aio.subprocess import create_subprocess_exec, create_subprocess_shell
from zcio._aio.transfers import proxy, sendfile
from zcio._aio.writer import StreamWriter

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

if hasattr(socket, "AF_UNIX"):
    from zcio._aio.streams import open_unix_connection, start_unix_server

    __all__ += ["open_unix_connection", "start_unix_server"]

del socket

"""asyncio streams that receive into a Pipe: ``import zcio.aio`` where it was asyncio's open_connection, start_server.

    reader, writer = await zcio.aio.open_connection(host, port)
    async for line in reader:
        ...

The names, results and exceptions of asyncio's streams, at less cost a record; ``reader.pipe`` reads without a copy.
``PipeProtocol`` is for those who write protocols. ``proxy`` and ``sendfile`` move bytes in the kernel.
"""

import socket
from asyncio import IncompleteReadError

from zcio._aio.errors import LimitOverrunError
from zcio._aio.protocol import PipeProtocol
from zcio._aio.reader import StreamReader
from zcio._aio.streams import open_connection, start_server
from zcio._aio.transfers import proxy, sendfile
from zcio._aio.writer import StreamWriter

__all__ = [
    "IncompleteReadError",
    "LimitOverrunError",
    "PipeProtocol",
    "StreamReader",
    "StreamWriter",
    "open_connection",
    "proxy",
    "sendfile",
    "start_server",
]

if hasattr(socket, "AF_UNIX"):
    from zcio._aio.streams import open_unix_connection, start_unix_server

    __all__ += ["open_unix_connection", "start_unix_server"]

del socket

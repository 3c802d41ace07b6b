"""Functions that connect or serve, and give a StreamReader and a StreamWriter for each connection."""

import asyncio
import socket
import sys
import warnings

from zcio._aio.reader import DEFAULT_LIMIT, StreamReader
from zcio._aio.stream_protocol import StreamReaderProtocol
from zcio._aio.writer import StreamWriter

__all__ = ["open_connection", "running_loop", "start_server"]

# Python 3.6 has no get_running_loop(). Within a coroutine get_event_loop() returns the same.
_running_loop = asyncio.get_event_loop if sys.version_info < (3, 7) else asyncio.get_running_loop  # novm


def running_loop(options):
    """The running loop. Before Python 3.10 asyncio took an argument ``loop``, which is removed from ``options``."""
    if sys.version_info >= (3, 10) or options.get("loop") is None:
        if sys.version_info < (3, 10):
            options.pop("loop", None)
        return _running_loop()
    if sys.version_info >= (3, 8):
        warnings.warn(
            "The loop argument is deprecated since Python 3.8, and scheduled for removal in Python 3.10.",
            DeprecationWarning,
            stacklevel=3,
        )
    return options.pop("loop")


def _protocol(loop, limit, overrun, callback=None):
    reader = StreamReader(limit, loop, overrun=overrun)
    return reader, StreamReaderProtocol(reader, callback, loop)


async def open_connection(host=None, port=None, *, limit=DEFAULT_LIMIT, overrun="drop", **kwds):
    """Connect, as asyncio.open_connection().

    Args:
        host: as for ``loop.create_connection``.
        port: as for ``loop.create_connection``.
        limit: as for StreamReader.
        overrun: as for StreamReader.
        **kwds: the other arguments of ``loop.create_connection``.

    Returns:
        (StreamReader, StreamWriter)

    Raises:
        OSError: as ``loop.create_connection``.
        ValueError: as StreamReader.
    """
    loop = running_loop(kwds)
    reader, protocol = _protocol(loop, limit, overrun)
    transport, _ = await loop.create_connection(lambda: protocol, host, port, **kwds)
    return reader, StreamWriter(transport, protocol, reader, loop)


async def start_server(
    client_connected_cb, host=None, port=None, *, limit=DEFAULT_LIMIT, overrun="drop", **kwds
):
    """Serve, as asyncio.start_server().

    Args:
        client_connected_cb: called with a StreamReader and a StreamWriter for each connection; if it returns a
            coroutine, that becomes a task. Its exceptions go to the loop's exception handler, and the connection is
            closed.
        host: as for ``loop.create_server``.
        port: as for ``loop.create_server``.
        limit: as for StreamReader.
        overrun: as for StreamReader.
        **kwds: the other arguments of ``loop.create_server``.

    Returns:
        The loop's server object.

    Raises:
        OSError: as ``loop.create_server``.
        ValueError: as StreamReader.
    """
    loop = running_loop(kwds)
    StreamReader(limit, loop, overrun=overrun)  # raises for wrong arguments now, not at the first connection
    return await loop.create_server(
        lambda: _protocol(loop, limit, overrun, client_connected_cb)[1], host, port, **kwds
    )


if hasattr(socket, "AF_UNIX"):
    __all__ += ["open_unix_connection", "start_unix_server"]

    async def open_unix_connection(path=None, *, limit=DEFAULT_LIMIT, overrun="drop", **kwds):
        """Connect to a Unix socket, as ``asyncio.open_unix_connection``, with what open_connection() adds."""
        loop = running_loop(kwds)
        reader, protocol = _protocol(loop, limit, overrun)
        transport, _ = await loop.create_unix_connection(lambda: protocol, path, **kwds)
        return reader, StreamWriter(transport, protocol, reader, loop)

    async def start_unix_server(
        client_connected_cb, path=None, *, limit=DEFAULT_LIMIT, overrun="drop", **kwds
    ):
        """Serve a Unix socket, as ``asyncio.start_unix_server``, with what start_server() adds."""
        loop = running_loop(kwds)
        StreamReader(limit, loop, overrun=overrun)
        return await loop.create_unix_server(
            lambda: _protocol(loop, limit, overrun, client_connected_cb)[1], path, **kwds
        )

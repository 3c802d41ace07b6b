"""Connections and servers with a pair of streams."""

import asyncio
import socket
import sys

from zcio._aio.reader import StreamReader
from zcio._aio.stream_protocol import StreamProtocol
from zcio._aio.writer import StreamWriter
from zcio.pipe import Pipe

__all__ = ["open_connection", "start_server"]

_LIMIT = 64 * 1024

# Within a coroutine both return the loop that runs it.
_running_loop = asyncio.get_event_loop if sys.version_info < (3, 7) else asyncio.get_running_loop  # novm


def _pipe(limit, pool):
    if limit is not None and limit <= 0:
        raise ValueError("Limit cannot be <= 0")
    low = _LIMIT if limit is None else limit
    return Pipe(pool, limit=limit, high_water=2 * low, low_water=low)


def _streams(protocol):
    reader = StreamReader(protocol)
    return reader, StreamWriter(protocol.transport, protocol, reader)


def _server_protocol(loop, callback, limit, pool):
    def connected(protocol):
        transport = protocol.transport
        reader, writer = _streams(protocol)
        result = callback(reader, writer)
        if asyncio.iscoroutine(result):
            # The loop holds its tasks weakly.
            protocol.task = loop.create_task(result)
            # The writer is kept until then, or it would complain of not being closed just before it is.
            protocol.task.add_done_callback(lambda task, writer=writer: _finished(task, protocol, transport))

    return StreamProtocol(loop, _pipe(limit, pool), connected)


def _finished(task, protocol, transport):
    protocol.task = None
    if task.cancelled():
        transport.close()
    elif task.exception() is not None:
        context = {"message": "Unhandled exception in client_connected_cb", "exception": task.exception()}
        protocol.loop.call_exception_handler(dict(context, transport=transport))
        transport.close()


async def open_connection(host=None, port=None, *, limit=_LIMIT, pool=None, **kwds):
    """Connect, as asyncio.open_connection(). Returns ``(StreamReader, StreamWriter)``.

    ``limit``: the most bytes of a record, without its separator, for the methods that look for one; None: any number.
    Twice that, 128 KiB for None, is received ahead of the reader. ``pool``: where the Pipe's chunks come from. Other
    arguments are those of the loop's create_connection(). Raises as that does; ValueError for a limit below 1.
    """
    loop = _running_loop()
    protocol = StreamProtocol(loop, _pipe(limit, pool))
    await loop.create_connection(lambda: protocol, host, port, **kwds)
    return _streams(protocol)


async def start_server(client_connected_cb, host=None, port=None, *, limit=_LIMIT, pool=None, **kwds):
    """Serve, as asyncio.start_server(). Returns the loop's server object.

    ``client_connected_cb(reader, writer)`` is called for each connection; where it is a coroutine function, as a task:
    an exception of it goes to the loop's exception handler, and closes the connection. ``limit`` and ``pool`` as in
    open_connection(); other arguments are those of the loop's create_server(). Raises as that does; ValueError for a
    limit below 1.
    """
    loop = _running_loop()
    _pipe(limit, pool)
    return await loop.create_server(
        lambda: _server_protocol(loop, client_connected_cb, limit, pool), host, port, **kwds
    )


if hasattr(socket, "AF_UNIX"):
    __all__ += ["open_unix_connection", "start_unix_server"]

    async def open_unix_connection(path=None, *, limit=_LIMIT, pool=None, **kwds):
        """open_connection() to a Unix socket, as asyncio.open_unix_connection()."""
        loop = _running_loop()
        protocol = StreamProtocol(loop, _pipe(limit, pool))
        await loop.create_unix_connection(lambda: protocol, path, **kwds)
        return _streams(protocol)

    async def start_unix_server(client_connected_cb, path=None, *, limit=_LIMIT, pool=None, **kwds):
        """start_server() on a Unix socket, as asyncio.start_unix_server()."""
        loop = _running_loop()
        _pipe(limit, pool)
        return await loop.create_unix_server(
            lambda: _server_protocol(loop, client_connected_cb, limit, pool), path, **kwds
        )

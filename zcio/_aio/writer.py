"""The writing side of a connection."""

import asyncio
import sys
import warnings

from zcio._aio.reader import StreamReader

__all__ = ["StreamWriter"]

_Stdlib = asyncio.StreamWriter


def _receive(protocol, data):
    """Give ``data`` to a protocol as its transport would."""
    if not hasattr(protocol, "get_buffer"):
        protocol.data_received(data)
        return
    while data:
        room = memoryview(protocol.get_buffer(len(data)))
        count = min(len(data), len(room))
        room[:count] = data[:count]
        protocol.buffer_updated(count)
        data = data[count:]


class StreamWriter(_Stdlib):
    """asyncio.StreamWriter, with the methods and results of Python 3.15's on every interpreter.

    One that nobody refers to any more and that is not closed is closed with a ResourceWarning.

    Args:
        transport: the transport to write to.
        protocol: any protocol with asyncio's ``_drain_helper()``.
        reader: the StreamReader of the connection, or None.
        loop: the event loop.
    """

    # For __del__, if the constructor failed.
    _transport = None
    _warn = staticmethod(warnings.warn)  # there until the end of the interpreter

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)

    def __init__(self, transport, protocol, reader, loop):
        self._transport = transport
        self._protocol = protocol
        assert reader is None or isinstance(reader, asyncio.StreamReader)  # drain() needs exception()
        self._reader = reader
        self._loop = loop

    @property
    def _complete_fut(self):
        future = self._loop.create_future()
        future.set_result(None)
        return future

    def __repr__(self):
        info = [self.__class__.__name__, "transport=%r" % self._transport]
        if self._reader is not None:
            info.append("reader=%r" % self._reader)
        return "<%s>" % " ".join(info)

    @property
    def transport(self):
        """The asyncio transport."""
        return self._transport

    def write(self, data):
        """Send data, or buffer it until it can be sent. A call of drain() is to follow.

        Args:
            data: a bytes-like object.
        """
        self._transport.write(data)

    def writelines(self, data):
        """Send several pieces of data, as write() does.

        Args:
            data: an iterable of bytes-like objects.
        """
        self._transport.writelines(data)

    def write_eof(self):
        """Close the way out once everything is sent; the way in stays open."""
        return self._transport.write_eof()

    def can_write_eof(self):
        """Return whether write_eof() is possible.

        Returns:
            bool: False with TLS.
        """
        return self._transport.can_write_eof()

    def close(self):
        """Close the connection once everything is sent."""
        return self._transport.close()

    def is_closing(self):
        """Return whether the connection is closed or being closed.

        Returns:
            bool: False while data can be written.
        """
        reader = self._reader
        if reader is not None and reader._paused:
            reader._maybe_resume_transport()  # whoever only asks, and reads no more, has to learn of the end
        return self._transport.is_closing()

    async def wait_closed(self):
        """Wait until the connection is closed.

        Raises:
            Exception: the one that the connection was lost by.
        """
        self.is_closing()
        closed = self._protocol._get_close_waiter(self)
        if asyncio.isfuture(closed):
            if not closed.done():
                await asyncio.wait([closed])  # its cancellation does not cancel the future
            closed.result()
        else:
            await closed

    def get_extra_info(self, name, default=None):
        """Ask the transport about the connection, as ``asyncio.BaseTransport.get_extra_info``.

        Args:
            name: "peername", "sockname", "socket", "ssl_object" and others.
            default: the result if the transport knows nothing of the name.

        Returns:
            what the transport knows, or ``default``.
        """
        return self._transport.get_extra_info(name, default)

    async def drain(self):
        """Wait until the transport wants more data to send.

        Raises:
            ConnectionResetError: the connection is closed.
            Exception: the one that the connection was lost by.
        """
        if self._reader is not None:
            exc = self._reader.exception()
            if exc is not None:
                raise exc
        if self._transport.is_closing():
            # Let connection_lost() be called: a loop of write() and drain() must learn of it.
            await asyncio.sleep(0)
        await self._protocol._drain_helper()

    async def start_tls(
        self,
        sslcontext,
        *,
        server_hostname=None,
        ssl_handshake_timeout=None,
        ssl_shutdown_timeout=None,
        strict=False
    ):
        """Go on with TLS, as ``asyncio.StreamWriter.start_tls`` of Python 3.15.

        What a server has received and not read is taken for the beginning of the handshake.

        Args:
            sslcontext: an ``ssl.SSLContext``.
            server_hostname: the name that a client expects in the server's certificate.
            ssl_handshake_timeout: seconds to wait for the handshake; asyncio's default if None.
            ssl_shutdown_timeout: seconds to wait for the end of TLS; asyncio's default if None.
            strict: refuse if there are unread bytes. A client should: somebody between it and the server may have added
                them, and they would pass for the server's.

        Raises:
            RuntimeError: ``strict``, and there are unread bytes.
            NotImplementedError: Python 3.6 has no ``loop.start_tls``.
        """
        loop, protocol, reader = self._loop, self._protocol, self._reader
        if not hasattr(loop, "start_tls"):
            raise NotImplementedError("start_tls() needs Python 3.7 or later")
        server_side = protocol._client_connected_cb is not None
        await self.drain()
        pipe = reader.pipe if isinstance(reader, StreamReader) else None
        if strict and pipe is not None and len(pipe):
            raise RuntimeError("%d bytes are unread that were received before TLS" % len(pipe))
        options = {"server_side": server_side, "server_hostname": server_hostname}
        options["ssl_handshake_timeout"] = ssl_handshake_timeout
        if sys.version_info >= (3, 11) or ssl_shutdown_timeout is not None:
            options["ssl_shutdown_timeout"] = ssl_shutdown_timeout
        transport = self._transport
        if server_side and pipe is not None and len(pipe):
            hello = pipe.read()
            # The first step of start_tls() gives the transport its TLS protocol, which is started in the next turn of
            # the loop. What is called in the turn after that comes before anything that is received from now on.
            loop.call_soon(loop.call_soon, lambda: _receive(transport.get_protocol(), hello))
        new_transport = await loop.start_tls(transport, protocol, sslcontext, **options)
        self._transport = new_transport
        replace = getattr(protocol, "_replace_transport", None)
        if replace is None:
            protocol._replace_writer(self)  # asyncio's before 3.12
        else:
            replace(new_transport)

    def __del__(self):
        transport = self._transport
        if transport is not None and not transport.is_closing():
            if self._loop.is_closed():
                self._warn("loop is closed", ResourceWarning)
            else:
                self.close()
                self._warn("unclosed %r" % self, ResourceWarning)

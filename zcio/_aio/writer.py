"""The writing side of a connection."""

import asyncio
import sys
import warnings

from zcio._aio.reader import StreamReader

__all__ = ["StreamWriter"]

_Stdlib = asyncio.StreamWriter


def _deliver(data, protocol):
    """Pass ``data`` to a protocol, as a transport that has received it would."""
    if not hasattr(protocol, "get_buffer"):
        protocol.data_received(data)
        return
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        count = min(len(data), len(buffer))
        buffer[:count] = data[:count]
        protocol.buffer_updated(count)
        data = data[count:]


class StreamWriter(_Stdlib):
    """asyncio.StreamWriter, with the methods and results of Python 3.15 on every interpreter.

    A writer that is garbage collected before it was closed is closed with a ResourceWarning.

    Args:
        transport: the transport to write to.
        protocol: any protocol with asyncio's ``_drain_helper()``.
        reader: the StreamReader of the connection, or None.
        loop: the event loop.
    """

    _warn = staticmethod(warnings.warn)  # for __del__ while the interpreter shuts down

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
        """Send data, or buffer it until it can be sent. Follow it with ``await writer.drain()``.

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
        """Close the connection for writing once the buffered data is sent; it stays open for reading."""
        return self._transport.write_eof()

    def can_write_eof(self):
        """Return whether write_eof() is possible.

        Returns:
            bool: False with TLS, which cannot be half closed.
        """
        return self._transport.can_write_eof()

    def close(self):
        """Close the connection once the buffered data is sent."""
        return self._transport.close()

    def is_closing(self):
        """Return whether the connection is closed or being closed.

        Returns:
            bool: False while data can be written.
        """
        reader = self._reader
        if reader is not None and reader._paused:
            # A caller that only polls is_closing() must still learn that the peer closed: a paused transport would not.
            reader._maybe_resume_transport()
        return self._transport.is_closing()

    async def wait_closed(self):
        """Wait until the connection is closed.

        Raises:
            Exception: the one that closed the connection.
        """
        self.is_closing()  # resumes a paused transport
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
            default: the result if the transport does not have the information.

        Returns:
            The transport's information, or ``default``.
        """
        return self._transport.get_extra_info(name, default)

    async def drain(self):
        """Wait until the transport's buffer has room for more data.

        Raises:
            ConnectionResetError: the connection is closed.
            Exception: the one that closed the connection.
        """
        if self._reader is not None:
            exc = self._reader.exception()
            if exc is not None:
                raise exc
        if self._transport.is_closing():
            # Give the event loop the chance to call connection_lost(); otherwise a loop of write() and drain() that
            # never has to wait would not notice the lost connection.
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
        """Upgrade the connection to TLS, as ``asyncio.StreamWriter.start_tls`` of Python 3.15.

        On a server, bytes that were received and not read are taken for the beginning of the handshake.

        Args:
            sslcontext: an ``ssl.SSLContext``.
            server_hostname: the name that a client expects in the server's certificate.
            ssl_handshake_timeout: seconds to wait for the handshake; asyncio's default if None.
            ssl_shutdown_timeout: seconds to wait for the end of TLS; asyncio's default if None.
            strict: raise RuntimeError if there are unread bytes. A client should pass True: an attacker between it and
                the server may have injected them, and they would later be read as if they had come through TLS.

        Raises:
            RuntimeError: ``strict`` is true and there are unread bytes.
            NotImplementedError: Python 3.6 has no ``loop.start_tls``.
        """
        loop, protocol, reader = self._loop, self._protocol, self._reader
        if not hasattr(loop, "start_tls"):
            raise NotImplementedError("start_tls() needs Python 3.7 or later")
        server_side = protocol._client_connected_cb is not None
        await self.drain()
        pipe = reader.pipe if isinstance(reader, StreamReader) else None
        if strict and pipe is not None and len(pipe):
            raise RuntimeError("%d unread bytes were received before TLS" % len(pipe))
        options = {"server_side": server_side, "server_hostname": server_hostname}
        options["ssl_handshake_timeout"] = ssl_handshake_timeout
        if sys.version_info >= (3, 11) or ssl_shutdown_timeout is not None:
            options["ssl_shutdown_timeout"] = ssl_shutdown_timeout
        transport = self._transport
        if server_side and pipe is not None and len(pipe):
            hello = pipe.read()
            # loop.start_tls() first sets the transport's TLS protocol, and starts it in the next iteration of the event
            # loop. A callback in the iteration after that runs before anything else is received. Called earlier, the
            # TLS protocol would not be started; called later, the bytes would be out of order.
            loop.call_soon(loop.call_soon, lambda: _deliver(hello, transport.get_protocol()))
        new_transport = await loop.start_tls(transport, protocol, sslcontext, **options)
        self._transport = new_transport
        replace = getattr(protocol, "_replace_transport", None)
        if replace is None:
            protocol._replace_writer(self)  # asyncio's protocol before 3.12
        else:
            replace(new_transport)

    def __del__(self):
        transport = getattr(self, "_transport", None)  # absent if the constructor failed
        if transport is not None and not transport.is_closing():
            if self._loop.is_closed():
                self._warn("loop is closed", ResourceWarning)
            else:
                self.close()
                self._warn("unclosed %r" % self, ResourceWarning)

"""The writing side of a connection."""

import asyncio
import warnings

__all__ = ["StreamWriter"]


class StreamWriter:
    """asyncio.StreamWriter's methods, those of CPython 3.13 on every interpreter.

    Made by open_connection() and start_server(). One that nobody refers to any more and that is not closed is closed
    with a ResourceWarning.
    """

    # What __del__ needs: of one that was not made completely, and at the end of the interpreter.
    _transport = None
    _warn = staticmethod(warnings.warn)

    def __init__(self, transport, protocol, reader):
        self._transport = transport
        self._protocol = protocol
        self._reader = reader

    @property
    def transport(self):
        """The asyncio transport."""
        return self._transport

    def write(self, data):
        """Send ``data``, any buffer, or keep it until it can be sent. To be followed by drain()."""
        self._transport.write(data)

    def writelines(self, data):
        """Send several buffers, as write()."""
        self._transport.writelines(data)

    def write_eof(self):
        """Close the way out once everything is sent."""
        return self._transport.write_eof()

    def can_write_eof(self):
        """Whether write_eof() is possible: not with TLS."""
        return self._transport.can_write_eof()

    def close(self):
        """Close the connection once everything is sent."""
        return self._transport.close()

    def is_closing(self):
        """Whether the connection is closed or being closed."""
        self._protocol.hear_on()
        return self._transport.is_closing()

    async def wait_closed(self):
        """Wait until the connection is closed. Raises what it was lost by."""
        closed = self._protocol.closed
        self._protocol.hear_on()
        if not closed.done():
            await asyncio.wait([closed])  # whose cancellation does not cancel the future
        closed.result()

    def get_extra_info(self, name, default=None):
        """What the transport knows: "peername", "sockname", "socket", "ssl_object", ..."""
        return self._transport.get_extra_info(name, default)

    async def drain(self):
        """Wait while there is more to send than the transport wants to keep. Raises what the connection was lost by,
        ConnectionResetError where it was closed."""
        protocol = self._protocol
        if protocol.exception is not None:
            raise protocol.exception
        if self._transport.is_closing():
            # Lets connection_lost() be called: who writes and drains in a loop has to hear of it.
            await asyncio.sleep(0)
        if protocol.must_wait():
            await protocol.wait_for_room()

    if hasattr(asyncio.AbstractEventLoop, "start_tls"):

        async def start_tls(
            self, sslcontext, *, server_hostname=None, ssl_handshake_timeout=None, ssl_shutdown_timeout=None
        ):
            """Go on with TLS. The arguments are those of the loop's start_tls().

            Raises RuntimeError where bytes came in that nobody has read: were they sent before the handshake, they
            would pass for protected ones; and where they belong to it, it could not succeed.
            """
            protocol = self._protocol
            await self.drain()
            if len(protocol.pipe):
                raise RuntimeError("%d bytes are unread that came in before TLS" % len(protocol.pipe))
            options = {"server_hostname": server_hostname, "ssl_handshake_timeout": ssl_handshake_timeout}
            if ssl_shutdown_timeout is not None:
                options["ssl_shutdown_timeout"] = ssl_shutdown_timeout
            transport = await protocol.loop.start_tls(
                self._transport, protocol, sslcontext, server_side=protocol.server_side, **options
            )
            self._transport = transport
            protocol.replace_transport(transport)

    def __repr__(self):
        return "<%s transport=%r reader=%r>" % (type(self).__name__, self._transport, self._reader)

    def __del__(self):
        transport = self._transport
        if transport is not None and not transport.is_closing():
            if self._protocol.loop.is_closed():
                self._warn("loop is closed", ResourceWarning)
            else:
                self.close()
                self._warn("unclosed %r" % self, ResourceWarning)

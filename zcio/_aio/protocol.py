"""A protocol that receives into a Pipe."""

import asyncio

from zcio.pipe import Pipe

__all__ = ["PipeProtocol"]

_HIGH_WATER = 128 * 1024

# Python 3.6 has no BufferedProtocol. There, transports call data_received() with bytes, which are copied.
_Base = getattr(asyncio, "BufferedProtocol", asyncio.Protocol)


class PipeProtocol(_Base):
    """An asyncio.BufferedProtocol whose transport receives into the chunks of a Pipe.

    A subclass overrides ``data_ready()`` and reads from ``self.pipe`` there. The transport is paused while
    ``Pipe.wants_pause`` is true. Code that reads from the Pipe outside ``data_ready()`` must call ``adjust_reading()``
    afterwards, or a paused transport stays paused.

    Args:
        pipe: the Pipe to receive into; if None, a new one with a ``high_water`` of 128 KiB.
    """

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)

    def __init__(self, pipe=None):
        self.pipe = Pipe(high_water=_HIGH_WATER) if pipe is None else pipe
        self.transport = None
        self._reading_paused = False

    def data_ready(self):
        """Called when bytes have arrived or the stream has ended; a subclass overrides it.

        It is called after each receive and once at the end of the stream; ``self.pipe.closed()`` is true at the end.
        This implementation does nothing.
        """

    def adjust_reading(self):
        """Pause or resume the transport according to ``self.pipe.wants_pause``."""
        wanted = self.pipe.wants_pause
        if wanted is not self._reading_paused:
            self._pause_reading(wanted)

    def _pause_reading(self, wanted):
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        try:
            if wanted:
                transport.pause_reading()
            else:
                transport.resume_reading()
        except NotImplementedError:
            return  # the transport cannot be paused: as asyncio's streams do, buffer all that arrives
        self._reading_paused = wanted

    # ---- called by the transport ----

    def connection_made(self, transport):
        """Remember the transport, as ``asyncio.BaseProtocol.connection_made``."""
        self.transport = transport

    def get_buffer(self, sizehint):
        """Return memory of the Pipe to receive into, as ``asyncio.BufferedProtocol.get_buffer``."""
        if self.pipe.closed():
            return memoryview(bytearray(1))  # asyncio's TLS asks once more after the end, and receives nothing
        # The hint is ignored: it is the size of the loop's own buffer, mostly 64 KiB, and not what will arrive. If it
        # were honoured, each small read would take a new chunk.
        return self.pipe.get_buffer()

    def buffer_updated(self, nbytes):
        """Add the received bytes to the Pipe, as ``asyncio.BufferedProtocol.buffer_updated``, and call data_ready()."""
        self.pipe.buffer_written(nbytes)
        self.data_ready()
        self.adjust_reading()

    def data_received(self, data):
        """Add received bytes to the Pipe, as ``asyncio.Protocol.data_received``, and call data_ready().

        Transports that do not support buffered protocols call it: those of Python 3.6 and of connect_read_pipe().
        """
        self.pipe.write(data)
        self.data_ready()
        self.adjust_reading()

    def eof_received(self):
        """End the Pipe, as ``asyncio.Protocol.eof_received``, and call data_ready()."""
        self.pipe.eof()
        self.data_ready()

    def connection_lost(self, exc):
        """End the Pipe with the exception, as ``asyncio.BaseProtocol.connection_lost``, and call data_ready()."""
        pipe = self.pipe
        if not pipe.closed():
            pipe.eof(exc)
            self.data_ready()
        self.transport = None

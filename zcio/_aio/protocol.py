"""A protocol that receives into a Pipe."""

import asyncio

from zcio.pipe import Pipe

__all__ = ["PipeProtocol"]

_HIGH_WATER = 128 * 1024

# Python 3.6 has none; there data comes as bytes and is copied.
_Base = getattr(asyncio, "BufferedProtocol", asyncio.Protocol)


class PipeProtocol(_Base):
    """An asyncio.BufferedProtocol whose transport receives into the chunks of a Pipe.

    A subclass overrides ``data_ready()`` and reads from ``self.pipe`` there. The transport is paused while the Pipe
    wants it (see ``Pipe.wants_pause``). Whoever reads elsewhere than in data_ready() calls ``adjust_reading()``
    afterwards.

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
        """To be overridden: bytes have arrived, or the stream has ended.

        The transport calls it after each receive, and once at the end; ``self.pipe.closed()`` tells which. It does
        nothing.
        """

    def adjust_reading(self):
        """Pause or resume the transport, as ``self.pipe.wants_pause`` says."""
        wanted = self.pipe.wants_pause
        if wanted is not self._reading_paused:
            self._pause_reading(wanted)

    def _pause_reading(self, wanted):
        """Pause the transport or, where not ``wanted``, resume it."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        try:
            if wanted:
                transport.pause_reading()
            else:
                transport.resume_reading()
        except NotImplementedError:
            return  # one that cannot pause: all is taken, as asyncio's streams do
        self._reading_paused = wanted

    # ---- what the transport calls ----

    def connection_made(self, transport):
        """Remember the transport, as ``asyncio.BaseProtocol.connection_made``."""
        self.transport = transport

    def get_buffer(self, sizehint):
        """Give the transport memory of the Pipe, as ``asyncio.BufferedProtocol.get_buffer``."""
        if self.pipe.closed():
            return memoryview(bytearray(1))  # asyncio's TLS asks once more after the end, and gets nothing
        # The hint is what a loop's own buffer would have, mostly 64 KiB: a chunk for each small read would be a waste.
        return self.pipe.get_buffer()

    def buffer_updated(self, nbytes):
        """Take what was received, as ``asyncio.BufferedProtocol.buffer_updated``, and call data_ready()."""
        self.pipe.buffer_written(nbytes)
        self.data_ready()
        self.adjust_reading()

    def data_received(self, data):
        """Take bytes, as ``asyncio.Protocol.data_received``, and call data_ready().

        Some transports know no buffered protocols: those of Python 3.6 and of connect_read_pipe().
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

"""The protocol between a transport and a pair of streams: who waits for what."""

from collections import deque

from zcio._aio.protocol import PipeProtocol
from zcio._call_guard import PYPY

__all__ = ["StreamProtocol"]

# Who waits for more than a chunk gets room for it at once, within reason: the number may be a stranger's.
_CHUNK = 64 * 1024
_ROOM = 1024 * 1024
# Where the transport fills all it is given, and who waits does not wait for little, four chunks at a time are cheaper;
# not on PyPy, whose collector gives larger ones back too late.
_FLOOD = _CHUNK if PYPY else 4 * _CHUNK
_SMALL = 4 * 1024
_NEVER = 1 << 63


def _settle(waiter, exc):
    if not waiter.done():
        if exc is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(exc)


class StreamProtocol(PipeProtocol):
    """Wakes the one who waits for bytes, those who wait for room to write, and those who wait for the end.

    ``connected``: called with the protocol once there is a transport.
    """

    def __init__(self, loop, pipe, connected=None):
        PipeProtocol.__init__(self, pipe)
        self.loop = loop
        self.server_side = connected is not None
        self.exception = None  # what the connection was lost by
        self.closed = loop.create_future()
        self.task = None  # of the server's callback
        self._connected = connected
        self._over_tls = False
        self._reader = None  # the future of who waits for bytes
        self._target = 0  # up to which position in the stream
        self._flood = False  # whether the transport filled all of the last buffer
        self._resume_at = _NEVER  # the position from which on a paused transport may be resumed
        self._writing_paused = False
        self._writers = deque()  # the futures of who waits for room
        self._lost = False

    # ---- the way in ----

    def get_buffer(self, sizehint):
        pipe = self.pipe
        missing = self._target - pipe._written
        if missing > _SMALL and self._waits():
            if missing > _CHUNK:
                return pipe.get_buffer(min(missing, _ROOM))
            if self._flood:
                return pipe.get_buffer(_FLOOD)
        if pipe._eof:
            return PipeProtocol.get_buffer(self, sizehint)
        return pipe.get_buffer()

    def buffer_updated(self, nbytes):
        pipe = self.pipe
        self._flood = nbytes == pipe._granted
        pipe.buffer_written(nbytes)
        waiter = self._reader
        if waiter is not None and pipe._written >= self._target:
            self._reader = None
            if not waiter.done():
                waiter.set_result(None)
        elif pipe._paused or self._reading_paused:
            self._balance()

    def data_received(self, data):
        self.pipe.write(data)
        self.data_ready()
        self._balance()

    def _waits(self):
        waiter = self._reader
        return waiter is not None and not waiter.done()

    def _balance(self):
        # Whoever waits will look at all there is, so what he waits for must go on coming, however much it is.
        if not self._waits():
            self.adjust_reading()

    def data_ready(self):
        waiter = self._reader
        if waiter is not None and (self.pipe._written >= self._target or self.pipe._eof):
            self._reader = None
            _settle(waiter, None)

    def arrival(self, name, missing=1):
        """A future that is done once ``missing`` more bytes arrived, or at the end. Raises RuntimeError where somebody
        waits already."""
        if self._reader is not None and not self._reader.done():
            raise RuntimeError("%s() called while another coroutine is already waiting for incoming data" % name)
        self._reader = waiter = self.loop.create_future()
        self._target = self.pipe._written + missing
        if self._reading_paused:
            self._pause_reading(False)
        return waiter

    def hear_on(self):
        """Resume the transport where enough was consumed meanwhile: whoever asks how the connection does, and reads no
        more, has to hear of its end."""
        # Asked for each record: the exact count, which is dearer, is worth it from here on only.
        if self._reading_paused and self.pipe._position() >= self._resume_at:
            self.adjust_reading()

    def _pause_reading(self, wanted):
        if wanted:
            self._resume_at = self.pipe._written - self.pipe.low_water
        PipeProtocol._pause_reading(self, wanted)
        if not self._reading_paused:
            self._resume_at = _NEVER

    def eof_received(self):
        PipeProtocol.eof_received(self)
        # True keeps the way out open; TLS cannot do that, and warns.
        return not self._over_tls

    # ---- the way out ----

    def pause_writing(self):
        self._writing_paused = True

    def resume_writing(self):
        self._writing_paused = False
        for waiter in self._writers:
            _settle(waiter, None)

    def must_wait(self):
        """Whether there is more to send than the transport wants to keep. Raises ConnectionResetError where there is
        no connection any more."""
        if self._lost:
            raise ConnectionResetError("Connection lost")
        return self._writing_paused

    async def wait_for_room(self):
        """Wait until the transport wants more to send. Raises what the connection is lost by meanwhile."""
        waiter = self.loop.create_future()
        self._writers.append(waiter)
        try:
            await waiter
        finally:
            self._writers.remove(waiter)

    # ---- the connection ----

    def connection_made(self, transport):
        self.replace_transport(transport)
        if self._connected is not None:
            connected, self._connected = self._connected, None
            connected(self)

    def replace_transport(self, transport):
        """From now on the connection is ``transport``, which reads."""
        self.transport = transport
        self._reading_paused = False
        self._resume_at = _NEVER
        self._over_tls = transport.get_extra_info("sslcontext") is not None

    def connection_lost(self, exc):
        self.exception = exc
        self._lost = True
        PipeProtocol.connection_lost(self, exc)
        for waiter in self._writers:
            _settle(waiter, exc)
        _settle(self.closed, exc)
        if exc is not None and not self.closed.cancelled():
            self.closed.exception()  # nobody has to ask for it

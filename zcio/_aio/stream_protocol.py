"""StreamReaderProtocol, which connects a transport with a StreamReader and a StreamWriter."""

import asyncio
import weakref
from collections import deque

from zcio._aio.reader import StreamReader, current_loop
from zcio._aio.writer import StreamWriter

__all__ = ["StreamReaderProtocol"]

_Stdlib = asyncio.StreamReaderProtocol

class StreamReaderProtocol(_Stdlib):
    """asyncio.StreamReaderProtocol for zcio's reader and writer.

    The private attributes have the names and meaning of Python 3.15, because clients subclass this class, override its
    methods, and read ``_stream_reader``, ``_transport``, ``_over_ssl``, ``_closed``, ``_paused`` and others.

    It is deliberately not a BufferedProtocol: the bytes object that a transport has received becomes a chunk of the
    reader's Pipe without a copy, and an idle connection holds no buffer.

    Args:
        stream_reader: a StreamReader, which is referenced weakly until a connection is made.
        client_connected_cb: called with a reader and a writer for a new connection; if it returns a coroutine, that
            becomes a task. Its exceptions go to the loop's exception handler, and the connection is closed.
        loop: the event loop; the current one if None.
    """

    _source_traceback = None

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)

    def __init__(self, stream_reader, client_connected_cb=None, loop=None):
        self._loop = current_loop() if loop is None else loop
        # The attributes of asyncio.streams.FlowControlMixin.
        self._paused = False
        self._drain_waiters = deque()
        self._connection_lost = False
        self._stream_reader_wr = None
        if stream_reader is not None:
            self._stream_reader_wr = weakref.ref(stream_reader)
            self._source_traceback = stream_reader._source_traceback
        if client_connected_cb is not None:
            # A caller that connects holds its reader. A server's reader is held only here until a connection is made.
            self._strong_reader = stream_reader
        self._reject_connection = False
        self._task = None
        self._transport = None
        self._client_connected_cb = client_connected_cb
        self._over_ssl = False
        self._closed = self._loop.create_future()

    @property
    def _stream_reader(self):
        return None if self._stream_reader_wr is None else self._stream_reader_wr()

    # ---- the connection ----

    def _replace_transport(self, transport):
        self._transport = transport
        self._over_ssl = transport.get_extra_info("sslcontext") is not None
        reader = self._stream_reader
        if reader is not None:
            reader._replace_transport(transport)

    def connection_made(self, transport):
        """Start the streams, as ``asyncio.StreamReaderProtocol.connection_made``."""
        if self._reject_connection:
            context = {
                "message": "An open stream was garbage collected prior to establishing network connection; "
                'call "stream.close()" explicitly.'
            }
            if self._source_traceback:
                context["source_traceback"] = self._source_traceback
            self._loop.call_exception_handler(context)
            transport.abort()
            return
        self._transport = transport
        reader = self._stream_reader
        if reader is not None:
            reader.set_transport(transport)
        self._over_ssl = transport.get_extra_info("sslcontext") is not None
        if self._client_connected_cb is not None:
            self._call_back(reader, transport)
            self._strong_reader = None

    def _call_back(self, reader, transport):
        writer = StreamWriter(transport, self, reader, self._loop)
        try:
            result = self._client_connected_cb(reader, writer)
        except Exception as exc:
            self._callback_failed(exc, transport)
            return
        if asyncio.iscoroutine(result):

            def done(task):
                if task.cancelled():
                    transport.close()
                elif task.exception() is not None:
                    self._callback_failed(task.exception(), transport)

            self._task = self._loop.create_task(result)  # the loop holds its tasks weakly
            self._task.add_done_callback(done)

    def _callback_failed(self, exc, transport):
        self._loop.call_exception_handler(
            {"message": "Unhandled exception in client_connected_cb", "exception": exc, "transport": transport}
        )
        transport.close()

    def connection_lost(self, exc):
        """End the streams, as ``asyncio.StreamReaderProtocol.connection_lost``."""
        reader = self._stream_reader
        if reader is not None:
            if exc is None:
                reader.feed_eof()
            elif getattr(type(reader), "set_exception", None) is StreamReader.set_exception:
                reader._connection_lost(exc)
            else:
                reader.set_exception(exc)
        if not self._closed.done():
            if exc is None:
                self._closed.set_result(None)
            else:
                self._closed.set_exception(exc)
        self._connection_lost = True
        for waiter in self._drain_waiters:
            if not waiter.done():
                if exc is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(exc)
        self._stream_reader_wr = None
        self._task = None
        self._transport = None

    def _get_close_waiter(self, stream):
        return self._closed

    def __del__(self):
        closed = getattr(self, "_closed", None)  # absent if the constructor failed
        if closed is not None and closed.done() and not closed.cancelled():
            closed.exception()  # marks it as retrieved: else asyncio would log it if nobody calls wait_closed()

    # ---- receiving ----

    def data_received(self, data):
        """Feed the reader, as ``asyncio.StreamReaderProtocol.data_received``."""
        reference = self._stream_reader_wr
        reader = None if reference is None else reference()
        if reader is not None:
            reader.feed_data(data)

    def eof_received(self):
        """End the reader, as ``asyncio.StreamReaderProtocol.eof_received``.

        Returns:
            bool: whether the transport stays open for writing. False with TLS, which cannot be half closed.
        """
        reader = self._stream_reader
        if reader is not None:
            reader.feed_eof()
        return not self._over_ssl

    # ---- flow control ----

    def pause_writing(self):
        """Make drain() wait, as ``asyncio.BaseProtocol.pause_writing``."""
        assert not self._paused
        self._paused = True

    def resume_writing(self):
        """Wake the coroutines that wait in drain(), as ``asyncio.BaseProtocol.resume_writing``."""
        assert self._paused
        self._paused = False
        for waiter in self._drain_waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _drain_helper(self):
        if self._connection_lost:
            raise ConnectionResetError("Connection lost")
        if not self._paused:
            return
        waiter = self._loop.create_future()
        self._drain_waiters.append(waiter)
        try:
            await waiter
        finally:
            self._drain_waiters.remove(waiter)

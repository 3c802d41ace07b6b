"""The reading side of a connection."""

import asyncio
import asyncio.streams
import sys
import traceback
import warnings

from zcio._aio.errors import LimitOverrunError
from zcio._aio.iterators import Batches, Records
from zcio._aio.unread import UnreadBytes
from zcio._converters import as_bytes, integer
from zcio._pipe.errors import LimitOverrunError as PipeLimitOverrunError, PartialReadError
from zcio._pipe.records import separator_of
from zcio.pipe import Pipe

__all__ = ["DEFAULT_LIMIT", "StreamReader", "current_loop"]

DEFAULT_LIMIT = 64 * 1024
_LF = b"\n"

_Stdlib = asyncio.StreamReader


if (3, 10) <= sys.version_info < (3, 12):

    def current_loop():
        """The loop of a stream that was given none. If no loop runs, the caller's caller gets a DeprecationWarning."""
        loop = asyncio._get_running_loop()
        if loop is None:
            warnings.warn("There is no current event loop", DeprecationWarning, stacklevel=3)
            loop = asyncio.get_event_loop_policy().get_event_loop()
        return loop

else:

    def current_loop():
        """The loop of a stream that was given none."""
        return asyncio.streams.events.get_event_loop()


def _record_limit(limit):
    """The Pipe's limit. asyncio only compares its own, so that it may be a float, infinity too."""
    if isinstance(limit, float):
        return None if limit == float("inf") else int(limit)
    return limit


class StreamReader(_Stdlib):
    """asyncio.StreamReader over a Pipe, with the methods, results and exceptions of Python 3.15.

    Added are ``pipe``, the Pipe itself, for reads without a copy; ``fill()``, which waits until such a read has the
    bytes it needs; ``split()``, ``batches()`` and ``records()``. Two things differ from asyncio: after the connection
    is lost, reads return the data that arrived before, and only then raise the exception; and a cancelled ``read()``
    has consumed nothing.

    Only the thread of the event loop may use it, and only one coroutine at a time may wait for data.

    Args:
        limit: the largest number of bytes in a record, without its separator. The transport is paused while more than
            twice as many bytes are unread. None: records of any length, and a pause above 128 KiB.
        loop: the event loop; the current one if None.
        overrun: what ``readline()`` does with a line longer than the limit. ``"drop"`` removes it, as asyncio does.
            ``"keep"`` leaves it, as ``readuntil()`` does; the exception has the number of its bytes as ``consumed``.

    Raises:
        ValueError: ``limit`` is below 1, or ``overrun`` is neither ``"drop"`` nor ``"keep"``.
    """

    _source_traceback = None
    # False if a subclass overrides readuntil() or, for lines, readline(): then the methods that asyncio builds on these
    # must call the override.
    _plain_readuntil = True
    _plain_lines = True

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls._plain_readuntil = cls.readuntil is StreamReader.readuntil
        cls._plain_lines = cls._plain_readuntil and cls.readline is StreamReader.readline

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)

    def __init__(self, limit=DEFAULT_LIMIT, loop=None, *, overrun="drop"):
        if limit is not None and limit <= 0:
            raise ValueError("Limit cannot be <= 0")
        if overrun not in ("drop", "keep"):
            raise ValueError("overrun must be 'drop' or 'keep', not %r" % (overrun,))
        self._loop = current_loop() if loop is None else loop
        self.pipe = Pipe(limit=_record_limit(limit))
        self._high_water = 2 * (limit or DEFAULT_LIMIT)  # more unread bytes pause the transport
        self._overrun = overrun
        self._eof = False
        self._waiter = None  # the future of the coroutine that waits for data
        self._wanted = 1  # the number of unread bytes that it waits for
        self._exception = None
        self._lost = False  # whether _exception closed the connection; then reads return unread data before raising it
        self._transport = None
        self._paused = False
        if self._loop.get_debug():
            self._source_traceback = traceback.extract_stack(sys._getframe(1))

    # ---- private attributes of asyncio's StreamReader that clients use ----

    @property
    def _limit(self):
        return self.pipe.limit

    @_limit.setter
    def _limit(self, limit):
        self.pipe._set_limit(_record_limit(limit))
        self._high_water = 2 * (limit or DEFAULT_LIMIT)

    @property
    def _buffer(self):
        return UnreadBytes(self.pipe)

    @_buffer.setter
    def _buffer(self, data):
        # ``reader._buffer += data`` extends the Pipe first, and then assigns its UnreadBytes here: nothing left to do.
        if type(data) is not UnreadBytes or data._pipe is not self.pipe:
            data = bytes(data)
            self.pipe.skip()
            self.pipe._adopt(data)

    def __repr__(self):
        info = ["StreamReader"]
        if len(self.pipe):
            info.append("%d bytes" % len(self.pipe))
        if self._eof:
            info.append("eof")
        if self._limit != DEFAULT_LIMIT:
            info.append("limit=%s" % self._limit)
        if self._waiter:
            info.append("waiter=%r" % self._waiter)
        if self._exception:
            info.append("exception=%r" % self._exception)
        if self._transport:
            info.append("transport=%r" % self._transport)
        if self._paused:
            info.append("paused")
        return "<%s>" % " ".join(info)

    # ---- called by a protocol ----

    def exception(self):
        """Return the exception that was set.

        Returns:
            Exception or None: what set_exception() was given; None if it was not called.
        """
        if self._paused:
            self._maybe_resume_transport()
        return self._exception

    def set_exception(self, exc):
        """Make every read raise an exception from now on, including the one that is waiting.

        Args:
            exc: the exception.
        """
        self._exception = exc
        self._lost = False
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.cancelled():
                waiter.set_exception(exc)

    def _connection_lost(self, exc):
        """``exc`` closed the connection: reads raise it once the data that arrived before does not suffice."""
        self._exception = exc
        self._lost = True
        self.pipe.eof(exc)
        self._wakeup_waiter()

    def _wakeup_waiter(self):
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.cancelled():
                waiter.set_result(None)

    def set_transport(self, transport):
        """Set the transport that the reader pauses and resumes.

        Args:
            transport: an asyncio transport; only one may be set.
        """
        assert self._transport is None, "Transport already set"
        self._transport = transport

    def _replace_transport(self, transport):
        assert self._transport is not None, "Transport not set"
        self._transport = transport
        self._paused = False

    def feed_eof(self):
        """End the stream: no more data will come."""
        self._eof = True
        self.pipe.eof()
        self._wakeup_waiter()

    def at_eof(self):
        """Return whether the stream has ended and all its data was read.

        Returns:
            bool: False while there are unread bytes or more may arrive.
        """
        if self._paused:
            self._maybe_resume_transport()
        return self._eof and not len(self.pipe)

    def feed_data(self, data):
        """Append data, as a protocol does. Bytes are not copied.

        Args:
            data: any bytes-like object.
        """
        assert not self._eof, "feed_data after feed_eof"
        if not data:
            return
        unread = self.pipe._adopt(data if type(data) is bytes else as_bytes(data))
        waiter = self._waiter
        if waiter is not None:
            if unread >= self._wanted:
                self._waiter = None
                if not waiter.done():
                    waiter.set_result(None)
            elif not waiter.done():
                return  # do not pause: the waiting coroutine needs more bytes, even beyond the high-water mark
        if unread > self._high_water and not self._paused and self._transport is not None:
            if len(self.pipe) > self._high_water:
                try:
                    self._transport.pause_reading()
                except NotImplementedError:
                    # The transport cannot be paused: all data is buffered. Forget it so as not to try again.
                    self._transport = None
                else:
                    self._paused = True

    # ---- pausing and waiting ----

    def _maybe_resume_transport(self):
        if self._paused and 2 * len(self.pipe) <= self._high_water:
            self._paused = False
            self._transport.resume_reading()

    async def _wait_for_data(self, func_name, nbytes=1):
        """Wait until ``nbytes`` bytes are unread, or for the end of the data. Resumes a paused transport."""
        # Two waiting coroutines could not know which of them gets the next data.
        if self._waiter is not None:
            raise RuntimeError(
                "%s() called while another coroutine is already waiting for incoming data" % func_name
            )
        assert not self._eof, "_wait_for_data after EOF"
        # Waiting for data from a paused transport would never end.
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._wanted = nbytes
        self._waiter = waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            # By the time this coroutine runs again, another one may wait; its future must stay.
            if self._waiter is waiter:
                self._waiter = None

    def _check(self):
        """Raise the exception that was set, unless it closed the connection: then reads return unread data first."""
        if self._exception is not None and not self._lost:
            raise self._exception

    # ---- reading ----

    async def readline(self):
        """Read a line with its newline or, at the end of the stream, the bytes that are left.

        Returns:
            bytes: b"" if nothing is left.

        Raises:
            ValueError: the line is longer than the limit. What has arrived of it is dropped; with ``overrun="keep"``
                nothing is dropped, and the exception is a LimitOverrunError.
            Exception: the one that was set, or that closed the connection.
        """
        pipe = self.pipe
        if self._exception is None and self._plain_readuntil:
            line = pipe._record_ahead(_LF)
            if line is not None:
                return line
            while self._exception is None:
                try:
                    line = pipe._next(_LF, False, None)
                except PipeLimitOverrunError:
                    break
                if line is None:
                    if not self._eof:
                        await self._wait_for_data("readuntil")
                        continue
                    line = pipe.read()
                if self._paused:
                    self._maybe_resume_transport()
                return line
        try:
            return await self.readuntil(_LF)
        except asyncio.IncompleteReadError as error:
            return error.partial
        except asyncio.LimitOverrunError as error:
            if self._overrun == "keep":
                # A caller that retries in a loop must not keep the event loop from running.
                await asyncio.sleep(0)
                raise
            at = error.consumed
            if pipe.find(_LF, at, at + 1) == at:
                pipe.skip(at + 1)
            else:
                pipe.skip()
            self._maybe_resume_transport()
            message = error.args[0]
        raise ValueError(message)

    async def readuntil(self, separator=_LF):
        """Read the bytes up to and including a separator.

        Args:
            separator: a bytes-like object, or a tuple of them; the record ends at the one that ends first.

        Returns:
            bytes: the record with its separator.

        Raises:
            LimitOverrunError: the record is longer than the limit; it is not consumed.
            IncompleteReadError: the stream ended before a separator; ``partial`` has the bytes that were left.
            ValueError: a separator is empty.
            Exception: the one that was set, or that closed the connection.
        """
        if type(separator) is not bytes or not separator:
            # Unlike a Pipe's, a separator is not an int, and several are not a list.
            several = isinstance(separator, tuple)
            separator = separator_of(tuple(map(as_bytes, separator)) if several else as_bytes(separator))
            if type(separator) is tuple:
                return await self._record_until_any(separator)
        pipe = self.pipe
        if self._exception is None:
            record = pipe._record_ahead(separator)
            if record is not None:
                return record
        while self._exception is None:
            try:
                record = pipe._next(separator, False, None)
            except PipeLimitOverrunError as error:
                raise self._overrun_error(error, separator) from None
            if record is not None:
                if self._paused:
                    self._maybe_resume_transport()
                return record
            if self._eof:
                raise asyncio.IncompleteReadError(pipe.read(), None)
            await self._wait_for_data("readuntil")
        return await self._record("readuntil", separator, False)

    async def _record(self, name, separator, skip_separator):
        pipe = self.pipe
        while True:
            if self._exception is not None:
                self._check()
            try:
                record = pipe.readuntil(separator, skip_separator)
            except PartialReadError:
                raise asyncio.IncompleteReadError(pipe.read(), None) from None
            except PipeLimitOverrunError as error:
                raise self._overrun_error(error, separator) from None
            if record is not None:
                if self._paused:
                    self._maybe_resume_transport()
                return record
            await self._wait_for_data(name)

    async def _record_until_any(self, separators):
        """readuntil() of several separators. If some end at the same byte, the shortest is compared with the limit."""
        pipe = self.pipe
        longest = max(map(len, separators))
        while True:
            self._check()
            found = pipe._first_of(separators)
            limit = pipe.limit
            if found is not None:
                begin, end = found
                if limit is not None and begin > limit:
                    raise LimitOverrunError("Separator is found, but chunk is longer than limit", begin)
                record = pipe.readexact(end)
                if self._paused:
                    self._maybe_resume_transport()
                return record
            offset = max(0, len(pipe) + 1 - longest)
            if limit is not None and offset > limit:
                raise LimitOverrunError("Separator is not found, and chunk exceed the limit", offset)
            if self._exception is not None:
                raise self._exception
            if self._eof:
                raise asyncio.IncompleteReadError(pipe.read(), None)
            await self._wait_for_data("readuntil")

    def _overrun_error(self, error, separator):
        """The exception of asyncio for a LimitOverrunError of the Pipe."""
        at = error.consumed
        separator = separator_of(separator)
        for one in separator if type(separator) is tuple else (separator,):
            if self.pipe.find(one, at, at + len(one)) == at:
                return LimitOverrunError("Separator is found, but chunk is longer than limit", at)
        return LimitOverrunError("Separator is not found, and chunk exceed the limit", at)

    async def readexactly(self, n):
        """Read a number of bytes.

        Args:
            n: how many bytes to read.

        Returns:
            bytes: exactly ``n`` bytes.

        Raises:
            IncompleteReadError: the stream ended before; ``partial`` has the bytes that were left.
            ValueError: ``n`` is negative.
            Exception: the one that was set, or that closed the connection.
        """
        if n < 0:
            raise ValueError("readexactly size can not be less than zero")
        pipe = self.pipe
        while True:
            if self._exception is not None:
                self._check()
            try:
                data = pipe.readexact(n)
            except PartialReadError:
                raise asyncio.IncompleteReadError(pipe.read(), n) from None
            if data is not None:
                if self._paused:
                    self._maybe_resume_transport()
                return data
            await self._wait_for_data("readexactly", n)

    async def read(self, n=-1):
        """Read up to a number of bytes as soon as any are available, or everything up to EOF.

        Args:
            n: the largest number of bytes to read; everything up to EOF if negative.

        Returns:
            bytes: b"" at EOF.

        Raises:
            Exception: the one that was set, or that closed the connection.
        """
        pipe = self.pipe
        if n < 0:
            while not pipe.closed():
                self._check()
                # Wake up only at the end, or each time the data has doubled: waking up for each arrival would be slow.
                await self._wait_for_data("read", 2 * len(pipe) + DEFAULT_LIMIT)
            if self._exception is not None:
                raise self._exception  # the data is incomplete, and stays in the Pipe
        while True:
            if self._exception is not None:
                self._check()
            data = pipe.read(n)
            if data is not None:
                if self._paused:
                    self._maybe_resume_transport()
                return data
            await self._wait_for_data("read")

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self._exception is None and self._plain_lines:
            line = self.pipe._record_ahead(_LF)
            if line is not None:
                return line
        line = await self.readline()
        if line == b"":
            raise StopAsyncIteration
        return line

    # ---- additions to asyncio's StreamReader ----

    async def fill(self, nbytes=1):
        """Wait until a number of bytes can be read from ``pipe``.

        Args:
            nbytes: how many bytes to wait for.

        Returns:
            int: how many can be read; fewer than ``nbytes`` only at EOF.

        Raises:
            Exception: the one that was set, or that closed the connection before ``nbytes`` bytes arrived.
        """
        nbytes = integer(nbytes)
        pipe = self.pipe
        if self._paused:
            self._maybe_resume_transport()
        self._check()
        while len(pipe) < nbytes:
            if self._exception is not None:
                raise self._exception
            if pipe.closed():
                break
            await self._wait_for_data("fill", nbytes)
        return len(pipe)

    async def split(self, separator=_LF, keepends=False):
        """Read all complete records that have arrived, and wait for one if there are none.

        It costs little more than reading one record.

        Args:
            separator: as for readuntil().
            keepends: leave the separators in the records.

        Returns:
            list of bytes: the records; empty at EOF.

        Raises:
            LimitOverrunError: as readuntil().
            IncompleteReadError: as readuntil().
            ValueError: as readuntil().
            Exception: as readuntil().
        """
        pipe = self.pipe
        while True:
            self._check()
            try:
                records = pipe.split(separator, keepends)
                if not records:
                    if pipe.reached_eof() and self._exception is None:
                        return records
                    # No complete record: readuntil() raises if there will never be one, and otherwise returns None.
                    record = pipe.readuntil(separator, not keepends)
                    records = [] if record is None else [record]
            except PartialReadError:
                raise asyncio.IncompleteReadError(pipe.read(), None) from None
            except PipeLimitOverrunError as error:
                raise self._overrun_error(error, separator) from None
            if self._paused:
                self._maybe_resume_transport()
            if records:
                return records
            await self._wait_for_data("split")

    def batches(self, separator=_LF, keepends=False):
        """Iterate over batches of records until EOF; each is a list that split() returned.

        Args:
            separator: as for readuntil().
            keepends: leave the separators in the records.

        Returns:
            async iterator of list of bytes: it raises what split() raises.
        """
        return Batches(self, separator, keepends)

    def records(self, separator=_LF, keepends=False):
        """Iterate over the records until EOF.

        Args:
            separator: as for readuntil().
            keepends: leave the separators in the records.

        Returns:
            async iterator of bytes: it raises what split() raises.
        """
        return Records(self, separator, keepends)

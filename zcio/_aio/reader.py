"""The reading side of a connection."""

import asyncio
from operator import index

from zcio._aio.errors import LimitOverrunError
from zcio._aio.iterators import Batches, Records
from zcio._pipe.errors import LimitOverrunError as PipeLimitOverrunError
from zcio._pipe.errors import PartialReadError
from zcio._pipe.records import separator_of

__all__ = ["StreamReader"]

_LF = b"\n"
# read() to the end looks for the end each time as much came in as was there, and at least this.
_LEAST = 64 * 1024


class StreamReader:
    """asyncio.StreamReader's methods over a Pipe that the transport receives into.

    Made by open_connection() and start_server(). Beside asyncio's methods: ``pipe``, the Pipe itself, for reads
    without a copy, and ``fill()`` to wait for what they need; ``split()``, ``batches()`` and ``records()``.

    Where asyncio's differs: what arrived before the connection was lost is read first, then its exception is raised; a
    line over the limit stays where it is, as any other record does.
    """

    __slots__ = ("pipe", "_protocol", "__weakref__")

    def __init__(self, protocol):
        self.pipe = protocol.pipe
        self._protocol = protocol

    async def readline(self):
        """The bytes up to and including b"\\n"; at EOF what is left, b"" where nothing is. Raises LimitOverrunError and
        the exception that the connection was lost by."""
        pipe = self.pipe
        protocol = self._protocol
        while True:
            try:
                # At its end readline() gives what is left, which is no line where the connection was lost.
                line = pipe.readline() if pipe._exception is None else pipe.readuntil(_LF)
            except PipeLimitOverrunError as error:
                raise (await self._overrun(error, _LF)) from None
            if line is not None:
                if protocol._reading_paused:
                    protocol.hear_on()
                return line
            await protocol.arrival("readuntil")  # which asyncio's readline() calls

    async def readuntil(self, separator=_LF):
        """The bytes up to and including ``separator``, or the first of a tuple of them.

        Raises LimitOverrunError; IncompleteReadError with what was left as ``partial`` where the stream ends before;
        the exception that the connection was lost by; ValueError for an empty separator.
        """
        return await self._record("readuntil", separator, False)

    async def readexactly(self, n):
        """``n`` bytes. Raises IncompleteReadError with what was left as ``partial`` where the stream ends before; the
        exception that the connection was lost by; ValueError where ``n`` is negative."""
        pipe = self.pipe
        protocol = self._protocol
        if n < 0:
            raise ValueError("readexactly size can not be less than zero")
        while True:
            try:
                data = pipe.readexact(n)
            except PartialReadError:
                raise asyncio.IncompleteReadError(pipe.read(), n) from None
            if data is not None:
                if protocol._reading_paused:
                    protocol.hear_on()
                return data
            await protocol.arrival("readexactly", n - len(pipe))

    async def read(self, n=-1):
        """At most ``n`` bytes, as soon as there is one; all up to EOF where ``n`` is negative; b"" at EOF. Raises the
        exception that the connection was lost by."""
        pipe = self.pipe
        protocol = self._protocol
        if n < 0:
            while not pipe.closed():
                await protocol.arrival("read", max(_LEAST, len(pipe)))
            if pipe._exception is not None:
                raise pipe._exception  # what there is stays: it is not all
        while True:
            data = pipe.read(n)
            if data is not None:
                if protocol._reading_paused:
                    protocol.hear_on()
                return data
            await protocol.arrival("read")

    def __aiter__(self):
        return self

    async def __anext__(self):
        line = await self.readline()
        if line:
            return line
        raise StopAsyncIteration

    def at_eof(self):
        """Whether everything was read and no more will come."""
        if self._protocol._reading_paused:
            self._protocol.hear_on()
        pipe = self.pipe
        return pipe._eof and not len(pipe)

    def exception(self):
        """What the connection was lost by; None where it was not, or by nothing bad."""
        self._protocol.hear_on()
        return self._protocol.exception

    # ---- what asyncio has not got ----

    async def fill(self, nbytes=1):
        """Wait until ``nbytes`` can be read from ``pipe``. Returns how many can: fewer only at EOF. Raises the
        exception that the connection was lost by where it is fewer."""
        nbytes = index(nbytes)
        pipe = self.pipe
        protocol = self._protocol
        if protocol._reading_paused:
            protocol.hear_on()
        there = len(pipe)
        if there < nbytes:
            if not pipe.closed():
                await protocol.arrival("fill", nbytes - there)
                there = len(pipe)
            if there < nbytes and pipe._exception is not None:
                raise pipe._exception
        return there

    async def split(self, separator=_LF, keepends=False):
        """All records that are complete, a list of bytes, at least one: many at the price of one. [] at EOF.

        Without their separator unless ``keepends``. ``separator`` and errors as in readuntil().
        """
        pipe = self.pipe
        protocol = self._protocol
        while True:
            try:
                records = pipe.split(separator, keepends)
                if not records:
                    if pipe.reached_eof() and pipe._exception is None:
                        return records
                    # Tells why there is none.
                    record = pipe.readuntil(separator, not keepends)
                    records = [] if record is None else [record]
            except PartialReadError:
                raise asyncio.IncompleteReadError(pipe.read(), None) from None
            except PipeLimitOverrunError as error:
                raise (await self._overrun(error, separator)) from None
            if protocol._reading_paused:
                protocol.hear_on()
            if records:
                return records
            await protocol.arrival("split")

    def batches(self, separator=_LF, keepends=False):
        """An async iterator over what split() returns, until EOF."""
        return Batches(self, separator, keepends)

    def records(self, separator=_LF, keepends=False):
        """An async iterator over the records, until EOF. Without their separator unless ``keepends``. ``separator`` and
        errors as in readuntil()."""
        return Records(self, separator, keepends)

    # ---- the long way ----

    async def _record(self, name, separator, bare):
        pipe = self.pipe
        protocol = self._protocol
        while True:
            try:
                record = pipe.readuntil(separator, bare)
            except PartialReadError:
                raise asyncio.IncompleteReadError(pipe.read(), None) from None
            except PipeLimitOverrunError as error:
                raise (await self._overrun(error, separator)) from None
            if record is not None:
                if protocol._reading_paused:
                    protocol.hear_on()
                return record
            await protocol.arrival(name)

    async def _overrun(self, error, separator):
        """asyncio's exception for a Pipe's."""
        # Whoever tries again and again, as with asyncio's readline(), which drops the line, must not stop the loop.
        await asyncio.sleep(0)
        at = error.consumed
        separator = separator_of(separator)
        for one in separator if type(separator) is tuple else (separator,):
            if self.pipe.find(one, at, at + len(one)) == at:
                return LimitOverrunError("Separator is found, but chunk is longer than limit", at)
        return LimitOverrunError("Separator is not found, and chunk exceed the limit", at)

    def __repr__(self):
        info = [type(self).__name__, "%d bytes" % len(self.pipe)]
        if self.pipe.closed():
            info.append("eof")
        if self.pipe.limit is not None:
            info.append("limit=%d" % self.pipe.limit)
        if self.exception() is not None:
            info.append("exception=%r" % self.exception())
        if self._protocol.transport is not None:
            info.append("transport=%r" % self._protocol.transport)
        if self._protocol._reading_paused:
            info.append("paused")
        return "<%s>" % " ".join(info)

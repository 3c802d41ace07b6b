"""Mistakes in zcio.aio.StreamReader."""

from mutants.mutant import mutant


@mutant("aio", "readline: a line over the limit stays", "readline")
async def _(original, self):
    self._overrun = "keep"
    return await original(self)


@mutant("aio", "readuntil: one byte less of long records", "readuntil")
async def _(original, self, separator=b"\n"):
    record = await original(self, separator)
    return record[:-1] if len(record) > 30 else record


@mutant("aio", "readexactly: b'' at the end", "readexactly")
async def _(original, self, n):
    try:
        return await original(self, n)
    except EOFError:
        return b""


@mutant("aio", "read: forgets the exception", "read")
async def _(original, self, n=-1):
    self._exception = None
    return await original(self, n)


@mutant("aio", "feed_data: never pauses", "feed_data")
def _(original, self, data):
    transport, self._transport = self._transport, None
    original(self, data)
    self._transport = transport


@mutant("aio", "_maybe_resume_transport: never", "_maybe_resume_transport")
def _(original, self):
    pass


@mutant("aio", "at_eof: as soon as the end is known", "at_eof")
def _(original, self):
    return self._eof


@mutant("aio", "__anext__: the end is an empty line", "__anext__")
async def _(original, self):
    try:
        return await original(self)
    except StopAsyncIteration:
        return b""

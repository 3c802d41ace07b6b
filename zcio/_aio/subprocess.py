"""Subprocesses whose standard streams are zcio's StreamReader and StreamWriter."""

from asyncio import subprocess as _stdlib

from zcio._aio.reader import DEFAULT_LIMIT, StreamReader
from zcio._aio.streams import running_loop
from zcio._aio.writer import StreamWriter

__all__ = ["create_subprocess_exec", "create_subprocess_shell"]


class SubprocessStreamProtocol(_stdlib.SubprocessStreamProtocol):
    """asyncio's protocol of a subprocess, with zcio's streams."""

    def __init__(self, limit, loop):
        super().__init__(limit, loop)
        self._stdin_closed = loop.create_future()

    def connection_made(self, transport):
        self._transport = transport
        self._pipe_fds = []
        for fd, name in ((1, "stdout"), (2, "stderr")):
            pipe = transport.get_pipe_transport(fd)
            if pipe is not None:
                reader = StreamReader(self._limit, self._loop)
                reader.set_transport(pipe)
                setattr(self, name, reader)
                self._pipe_fds.append(fd)
        stdin = transport.get_pipe_transport(0)
        if stdin is not None:
            self.stdin = StreamWriter(stdin, protocol=self, reader=None, loop=self._loop)

    def pipe_connection_lost(self, fd, exc):
        if fd == 0:
            if self.stdin is not None:
                self.stdin.close()
            self.connection_lost(exc)
            if exc is None:
                self._stdin_closed.set_result(None)
            else:
                self._stdin_closed.set_exception(exc)
                self._stdin_closed.exception()  # marks it as retrieved: else asyncio would log it
        else:
            reader = {1: self.stdout, 2: self.stderr}.get(fd)
            if reader is not None:
                if exc is None:
                    reader.feed_eof()
                else:
                    reader.set_exception(exc)
            if fd in self._pipe_fds:
                self._pipe_fds.remove(fd)
            self._maybe_close_transport()

    def _get_close_waiter(self, stream):
        return self._stdin_closed if stream is self.stdin else None


def _factory(loop, limit):
    return lambda: SubprocessStreamProtocol(limit, loop)


async def create_subprocess_shell(cmd, stdin=None, stdout=None, stderr=None, *, limit=DEFAULT_LIMIT, **kwds):
    """Run a shell command, as asyncio.create_subprocess_shell().

    Args:
        cmd: the command.
        stdin: as for ``subprocess.Popen``.
        stdout: as for ``subprocess.Popen``.
        stderr: as for ``subprocess.Popen``.
        limit: as for StreamReader.
        **kwds: the other arguments of ``loop.subprocess_shell``.

    Returns:
        asyncio.subprocess.Process: with streams of zcio.

    Raises:
        OSError: as ``loop.subprocess_shell``.
    """
    loop = running_loop(kwds)
    transport, protocol = await loop.subprocess_shell(
        _factory(loop, limit), cmd, stdin=stdin, stdout=stdout, stderr=stderr, **kwds
    )
    return _stdlib.Process(transport, protocol, loop)


async def create_subprocess_exec(
    program, *args, stdin=None, stdout=None, stderr=None, limit=DEFAULT_LIMIT, **kwds
):
    """Run a program, as asyncio.create_subprocess_exec().

    Args:
        program: the program.
        *args: its arguments.
        stdin: as for ``subprocess.Popen``.
        stdout: as for ``subprocess.Popen``.
        stderr: as for ``subprocess.Popen``.
        limit: as for StreamReader.
        **kwds: the other arguments of ``loop.subprocess_exec``.

    Returns:
        asyncio.subprocess.Process: with streams of zcio.

    Raises:
        OSError: as ``loop.subprocess_exec``.
    """
    loop = running_loop(kwds)
    transport, protocol = await loop.subprocess_exec(
        _factory(loop, limit), program, *args, stdin=stdin, stdout=stdout, stderr=stderr, **kwds
    )
    return _stdlib.Process(transport, protocol, loop)

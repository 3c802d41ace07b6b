"""``proxy`` and ``sendfile`` under asyncio's event loop, uvloop's, or any other with add_reader() and add_writer()."""

import asyncio
import functools
import io
import os
import socket
import stat

from zcio._converters import integer
from zcio._transfer.descriptors import BUFFERED, Descriptor, pass_through
from zcio._transfer.endpoints import source
from zcio._transfer.proxying import Proxying
from zcio._transfer.splicer import Splicer

__all__ = ["proxy", "sendfile"]

_BLOCK = 256 * 1024


class _Readiness:
    """Waits until descriptors are ready. As a context manager, it removes its callbacks from the loop at the end."""

    def __init__(self):
        self._loop = asyncio.get_event_loop()
        self._reads = set()
        self._writes = set()
        self._waiter = None

    async def any(self, reads, writes):
        """Wait until one of ``reads`` is readable or one of ``writes`` writable; if both are empty, yield once."""
        self._watch(reads, writes)
        if not reads and not writes:
            await asyncio.sleep(0)
            return
        self._waiter = self._loop.create_future()
        await self._waiter

    def _watch(self, reads, writes):
        loop = self._loop
        for fd in self._reads - reads:
            loop.remove_reader(fd)
        for fd in self._writes - writes:
            loop.remove_writer(fd)
        for fd in reads - self._reads:
            loop.add_reader(fd, self._wake)
        for fd in writes - self._writes:
            loop.add_writer(fd, self._wake)
        self._reads, self._writes = reads, writes

    def _wake(self):
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._watch(set(), set())


async def proxy(a, b):
    """Move bytes both ways between two connected sockets until both have ended, as ``zcio.splice.proxy`` does.

    No transport may use the sockets meanwhile.

    Args:
        a: as for ``zcio.splice.proxy``.
        b: as for ``zcio.splice.proxy``.

    Returns:
        (int, int): as ``zcio.splice.proxy``.

    Raises:
        RuntimeError: a transport uses one of the sockets; nothing was moved.
        ValueError: as ``zcio.splice.proxy``.
        OSError: as ``zcio.splice.proxy``. Every exception, CancelledError included, has ``moved`` and ``undelivered``.
    """
    _refuse_transports(asyncio.get_event_loop(), a, b)
    with Proxying(a, b) as proxying, _Readiness() as ready:
        while not proxying.step():
            await ready.any(*proxying.wants())
        return proxying.moved


def _check_arguments(sock, file, offset, count, loop):
    """Raise for wrong arguments, as asyncio's sendfile does. ``sock`` is None if the file goes to a StreamWriter."""
    if isinstance(file, (str, bytes, os.PathLike)):
        raise TypeError("file must be a binary file object or a descriptor, not the path %r: open it" % (file,))
    if isinstance(file, asyncio.StreamWriter):
        raise TypeError("file must be a binary file object or a descriptor, not a StreamWriter: that comes first")
    if type(sock).__name__ in ("TransportSocket", "PseudoSocket"):  # from asyncio's or uvloop's get_extra_info()
        raise RuntimeError("a transport uses the socket: pass the StreamWriter instead")
    if not (sock is None or hasattr(sock, "fileno") or hasattr(sock, "__index__")):
        kind = type(sock).__name__
        raise TypeError("sock must be a StreamWriter, a socket or its descriptor, not %r" % kind)
    mode = getattr(file, "mode", "b")
    if isinstance(file, io.TextIOBase) or isinstance(mode, str) and "b" not in mode:
        raise ValueError("file should be opened in binary mode")
    if offset < 0:
        raise ValueError("offset must be a non-negative integer (got %r)" % (offset,))
    if count is not None and count < 0:
        raise ValueError("count must be a non-negative integer (got %r)" % (count,))
    if isinstance(sock, socket.socket):
        if sock.type & 0xF != socket.SOCK_STREAM:
            raise ValueError("only SOCK_STREAM type sockets are supported")
        if loop.get_debug() and sock.gettimeout() != 0:
            raise ValueError("the socket must be non-blocking")


async def sendfile(sock, file, offset=0, count=None):
    """Send a file over a connection, as ``loop.sock_sendfile`` and ``loop.sendfile``, under any event loop.

    The bytes of a descriptor or a plain file stay in the kernel. Any other file object, such as a BytesIO or GzipFile,
    is read in a thread, because that may block, and the bytes are sent.

    Args:
        sock: a StreamWriter, or a connected non-blocking socket that no transport uses, or its descriptor. Data written
            to a StreamWriter earlier is sent first.
        file: a binary file object, or a descriptor. A pipe or socket is sent up to its end.
        offset: the position in the file to begin at, in bytes.
        count: the number of bytes to send; up to the end of the file if None.

    Returns:
        int: the number of bytes sent. A ``file`` that can seek is then positioned after the last of them. If an
            exception is raised, CancelledError included, it is so too; but for a file that is read in a thread, after
            the last block of 256 KiB that was sent as a whole, as with asyncio.

    Raises:
        RuntimeError: a transport uses the socket; nothing was sent.
        TypeError: ``sock`` or ``file`` has another type; a path, for example. Or ``sock`` is a descriptor, and the file
            has to be read by its methods.
        ValueError: an argument is out of range, the file is a text file, or the socket is not a stream socket.
        OSError: as ``os.sendfile``; ESPIPE for an ``offset`` in a pipe or socket. If the bytes stay in the kernel and
            ``sock`` is no StreamWriter, every exception has ``moved`` and ``undelivered``.
    """
    loop = asyncio.get_event_loop()
    offset = integer(offset)
    count = None if count is None else integer(count)
    if isinstance(sock, asyncio.StreamWriter):
        _check_arguments(None, file, offset, count, loop)
        return await _send_to_writer(sock, file, offset, count)
    _check_arguments(sock, file, offset, count, loop)
    _refuse_transports(loop, sock)
    status = _status(file)
    # What a buffered file has read ahead from a pipe or socket cannot be read from the descriptor again.
    if status is None or type(file) in BUFFERED and not stat.S_ISREG(status.st_mode):
        if not isinstance(sock, socket.socket):
            raise TypeError("sock must be a socket, not its descriptor, for a file that has to be read by its methods")
        return await _read_and_send(functools.partial(loop.sock_sendall, sock), file, offset, count)
    with Splicer(file, sock, count, offset=offset) as splicer, _Readiness() as ready:
        try:
            while True:
                splicer.step()
                if splicer.done:
                    return splicer.bytes_moved
                reads, writes = splicer.wants_read, splicer.wants_write
                await ready.any(set() if reads is None else {reads}, set() if writes is None else {writes})
        finally:
            if _can_seek(file):
                file.seek(offset + splicer.bytes_moved)


def _refuse_transports(loop, *socks):
    """Raise RuntimeError if a transport of the loop uses one of the sockets."""
    for sock in socks:
        owner = pass_through(sock)
        if owner is not None:
            loop.remove_writer(*Descriptor(owner))


def _status(file):
    """The result of fstat(2) if a descriptor carries the bytes of ``file``, else None."""
    owner = pass_through(file)
    return None if owner is None else Descriptor(owner).call(os.fstat)


def _can_seek(file):
    seekable = getattr(file, "seekable", None)
    return hasattr(file, "seek") and (seekable is None or seekable())


def _has_sendfile(loop):
    """Whether the loop implements ``sendfile``; uvloop and the loops of Python 3.6 do not."""
    method = getattr(type(loop), "sendfile", None)
    return method is not None and method is not getattr(asyncio.AbstractEventLoop, "sendfile", None)


async def _send_to_writer(writer, file, offset, count):
    await writer.drain()
    loop, transport = writer._loop, writer.transport
    if _has_sendfile(loop) and count != 0 and not isinstance(file, int):
        status = _status(file)
        # The loop's sendfile() takes whatever has no size, such as a pipe or a file of /proc, for an empty file.
        if status is not None and stat.S_ISREG(status.st_mode) and status.st_size:
            return await loop.sendfile(transport, file, offset, count)

    async def send(data):
        writer.write(data)
        await writer.drain()

    return await _read_and_send(send, file, offset, count)


async def _read_and_send(send, file, offset, count):
    """Read ``file`` in a thread, since reading may block, and send the bytes."""
    call = functools.partial(asyncio.get_event_loop().run_in_executor, None)
    end = source(file)
    if end.descriptor is None and _can_seek(file):
        file.seek(offset)
        await call(end.start, None)
    else:
        await call(end.start, offset if end.is_file or offset else None)
    sent = 0
    reading = None
    try:
        while sent != count:
            size = _BLOCK if count is None else min(_BLOCK, count - sent)
            reading = call(end.read_some, size, sent)
            data = await asyncio.shield(reading)
            if not data:
                break
            await send(data)
            sent += len(data)
        return sent
    finally:
        if _can_seek(file):
            # If this task was cancelled, the thread may still read, and would move the position afterwards.
            while reading is not None and not reading.done():
                await asyncio.wait([reading])
            file.seek(offset + sent)

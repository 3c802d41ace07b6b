"""Transfers that asyncio drives, under any loop with add_reader() and add_writer(): its own, or uvloop's."""

import asyncio

from zcio._transfer.proxying import Proxying
from zcio._transfer.splicer import Splicer

__all__ = ["proxy", "sendfile"]


class _Readiness:
    """Waits for descriptors; a context manager, which leaves the loop as it was."""

    def __init__(self):
        self._loop = asyncio.get_event_loop()
        self._reads = set()
        self._writes = set()
        self._waiter = None

    async def any(self, reads, writes):
        """Until one of ``reads`` can be read or one of ``writes`` written; one turn of the loop if there are none."""
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
    """``zcio.splice.proxy`` for asyncio: carry bytes both ways between two connected sockets (or their descriptors) in
    the kernel, until both sides have ended. Returns ``(a_to_b, b_to_a)``, the bytes each way.

    No transport may use the sockets meanwhile. Raises as ``zcio.splice.proxy``; every exception, that of a
    cancellation included, has ``moved`` and ``undelivered``.
    """
    with Proxying(a, b) as proxying, _Readiness() as ready:
        while not proxying.step():
            await ready.any(*proxying.wants())
        return proxying.moved


async def sendfile(sock, file, offset=0, count=None):
    """``loop.sock_sendfile`` for every loop, uvloop's too, and never through Python's memory: send the file ``file``
    (an object with ``fileno()``, or a descriptor) over the connected socket ``sock``, from ``offset`` on, ``count``
    bytes or up to its end. Returns how many bytes were sent.

    A ``file`` with ``seek()`` then stands behind the last byte sent, also where an exception leaves. Raises
    ValueError, TypeError, OverflowError, OSError; every exception has ``moved`` and ``undelivered``.
    """
    with Splicer(file, sock, count, offset=offset) as splicer, _Readiness() as ready:
        try:
            while True:
                splicer.step()
                if splicer.done:
                    return splicer.bytes_moved
                reads, writes = splicer.wants_read, splicer.wants_write
                await ready.any(set() if reads is None else {reads}, set() if writes is None else {writes})
        finally:
            if hasattr(file, "seek"):
                file.seek(offset + splicer.bytes_moved)

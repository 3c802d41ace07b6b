"""``zcio.aio`` beside asyncio's streams, over a socket pair."""

import asyncio
import socket

import zcio.aio
from cliff_cases import Cell, way

_COUNT = 16


async def _lines(reader):
    for _ in range(_COUNT):
        line = await reader.readline()
    return len(line)


async def _exact(reader, size):
    for _ in range(_COUNT):
        data = await reader.readexactly(size)
    return len(data)


class _Connection:
    """A reader of ``module`` and the socket at the other end."""

    def __init__(self, module):
        self.loop = asyncio.new_event_loop()
        near, self.far = socket.socketpair()
        near.setblocking(False)
        self.reader, self.writer = self.loop.run_until_complete(module.open_connection(sock=near, limit=1 << 20))

    def close(self):
        self.writer.close()
        self.loop.run_until_complete(asyncio.sleep(0.01))
        self.loop.close()
        self.far.close()


def _way(connection, data, size):
    names = {"send": connection.far.sendall, "run": connection.loop.run_until_complete, "reader": connection.reader}
    if size is None:
        return way("send(data); run(lines(reader))", data=data, lines=_lines, **names)
    return way("send(data); run(exact(reader, size))", data=data, exact=_exact, size=size, **names)


def cells():
    ours, today = _Connection(zcio.aio), _Connection(asyncio)
    try:
        for size in (40, 450, 4000, 10000):
            data = (b"x" * (size - 1) + b"\n") * _COUNT
            for operation, exact in (("readline", None), ("readexactly", size)):
                rivals = {"asyncio": _way(today, data, exact)}
                yield Cell(operation, "%d B, %d pipelined" % (size, _COUNT), _way(ours, data, exact), rivals, _COUNT)
    finally:
        ours.close()
        today.close()

"""A server that sends every line back, and a client of it, in one process: zcio.aio where asyncio's streams would do.

The server takes all lines that are there at a time, so that many cost one await and one write.
"""

import asyncio
import contextlib

import zcio.aio


async def serve(reader, writer):
    async for lines in reader.batches(b"\n", keepends=True):
        writer.writelines(lines)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await zcio.aio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    reader, writer = await zcio.aio.open_connection(host, port)
    for number in range(100000):
        writer.write(b"line %d\n" % number)
    writer.write_eof()
    count = 0
    async for line in reader:
        if count % 25000 == 0:
            print(line.decode(), end="")
        count += 1
    print("lines back:", count)
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()


if __name__ == "__main__":
    with contextlib.closing(asyncio.new_event_loop()) as loop:  # asyncio.run() is new in Python 3.7
        loop.run_until_complete(main())

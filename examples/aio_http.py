"""A small HTTP/1.1 server on zcio.aio: it answers GET with what it was asked, and POST with the body's size and sum.

    python aio_http.py [PORT]

Connections stay open for more requests; bodies come with a length or in chunks, are never held whole, and are looked
at where the kernel wrote them.
"""

import asyncio
import contextlib
import sys
import zlib

import zcio.aio


class BadRequest(Exception):
    """What the client sent is not HTTP as it is spoken here."""


async def read_head(reader):
    """``(method, target, headers)``; None where the client is done."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except zcio.aio.IncompleteReadError as error:
        if error.partial:
            raise BadRequest("the request ends within its head")
        return None
    except zcio.aio.LimitOverrunError:
        raise BadRequest("the head is too long")
    first, *lines = head[:-4].split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        raise BadRequest("not a request line: %r" % first)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise BadRequest("not a header: %r" % line)
        headers[name.strip().lower()] = value.strip()
    return words[0], words[1], headers


async def pieces(reader, count):
    """The next ``count`` bytes of the stream as views of the chunks that they came in."""
    while count:
        there = await reader.fill(1)
        if not there:
            raise BadRequest("the body ends early")
        part = min(there, count)
        for view in reader.pipe.readexact_zerocopy(part):
            yield view
        count -= part


def number(text, base):
    try:
        value = int(text, base)
    except ValueError:
        value = -1
    if value < 0:
        raise BadRequest("not a size: %r" % text)
    return value


async def read_body(reader, headers):
    """``(size, CRC-32)`` of the body."""
    size = crc = 0
    chunked = headers.get(b"transfer-encoding", b"").lower() == b"chunked"
    left = 0 if chunked else number(headers.get(b"content-length", b"0"), 10)
    while left or chunked:
        if chunked:
            left = number((await reader.readuntil(b"\r\n"))[:-2].partition(b";")[0], 16)
            if not left:
                while await reader.readuntil(b"\r\n") != b"\r\n":
                    pass  # a trailer
                break
        async for view in pieces(reader, left):
            crc = zlib.crc32(view, crc)
        size += left
        left = 0
        if chunked and await reader.readexactly(2) != b"\r\n":
            raise BadRequest("a chunk is longer than it says")
    return size, crc


def response(status, text, close=False):
    head = "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n%s\r\n"
    body = text.encode()
    return (head % (status, len(body), "Connection: close\r\n" if close else "")).encode() + body


async def serve(reader, writer):
    try:
        while True:
            request = await read_head(reader)
            if request is None:
                break
            method, target, headers = request
            if headers.get(b"expect", b"").lower() == b"100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            size, crc = await read_body(reader, headers)
            if method == b"GET":
                writer.write(response("200 OK", "you asked for %s\n" % target.decode("latin-1")))
            elif method == b"POST":
                writer.write(response("200 OK", "%d bytes, crc32 %08x\n" % (size, crc)))
            else:
                writer.write(response("405 Method Not Allowed", "GET and POST are what I know\n"))
            await writer.drain()
            if headers.get(b"connection", b"").lower() == b"close":
                break
    except (BadRequest, zcio.aio.IncompleteReadError, zcio.aio.LimitOverrunError) as error:
        writer.write(response("400 Bad Request", "%s\n" % error, close=True))
    except ConnectionError:
        pass  # the client went away
    finally:
        writer.close()


async def main(port):
    server = await zcio.aio.start_server(serve, "127.0.0.1", port)
    print("http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_event_loop().create_future()


if __name__ == "__main__":
    if sys.argv[1:] and not sys.argv[1].isdigit():
        sys.exit(__doc__)
    with contextlib.closing(asyncio.new_event_loop()) as loop, contextlib.suppress(KeyboardInterrupt):
        loop.run_until_complete(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))

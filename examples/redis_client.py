"""A small Redis client: the RESP protocol parsed on a zcio.Pipe.

    python examples/redis_client.py HOST:PORT COMMAND [ARGUMENT ...]

The Pipe receives straight into its chunks. A line of the protocol costs a split, a bulk string one copy.
"""

import socket
import sys

from zcio.pipe import Pipe

__all__ = ["Client", "Parser", "RedisError", "encode"]

INCOMPLETE = object()


class RedisError(Exception):
    """What Redis answers with ``-``."""


def encode(*arguments):
    """A command as Redis takes it: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        if not isinstance(argument, bytes):
            argument = str(argument).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(argument), argument))
    return b"".join(parts)


class Parser:
    """Replies from a Pipe, however they are cut: what has arrived of one is never parsed twice."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.bulk = None  # the length of the bulk string whose first line was read
        self.open = []  # the arrays that are not complete: (items so far, length), the outer ones first

    def _item(self):
        """A reply that is no array, ``(length,)`` for the first line of an array, or INCOMPLETE."""
        if self.bulk is None:
            line = self.pipe.readuntil(b"\r\n", True)
            if line is None:
                return INCOMPLETE
            kind, text = line[:1], line[1:]
            if kind == b"+":
                return text.decode()
            if kind == b"-":
                return RedisError(text.decode())
            if kind == b":":
                return int(text)
            if kind not in (b"$", b"*"):
                raise ValueError("not a reply of Redis: %r" % line)
            length = int(text)
            if length < 0:
                return None
            if kind == b"*":
                return (length,)
            self.bulk = length
        body = self.pipe.readexact(self.bulk + 2)
        if body is None:
            return INCOMPLETE
        self.bulk = None
        return body[:-2]

    def next(self):
        """The next reply: str, int, bytes, None, list, or RedisError as a value; INCOMPLETE while it is not there.
        Raises PartialReadError where it never will be."""
        while True:
            item = self._item()
            if item is INCOMPLETE:
                return item
            if type(item) is tuple:
                if item[0]:
                    self.open.append(([], item[0]))
                    continue
                item = []
            while self.open:
                items, length = self.open[-1]
                items.append(item)
                if len(items) < length:
                    break
                self.open.pop()
                item = items
            else:
                return item


class Client:
    """A connection to a server: ``client("SET", "key", "value")``."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.parser = Parser(Pipe())

    def send(self, *commands):
        """Send commands, each a tuple of arguments, without waiting for replies."""
        self.socket.sendall(b"".join(encode(*command) for command in commands))

    def receive(self):
        """The next reply, as Parser.next() has it. Raises ConnectionError, PartialReadError."""
        while True:
            reply = self.parser.next()
            if reply is not INCOMPLETE:
                return reply
            self.parser.pipe.recv_from(self.socket)

    def __call__(self, *arguments):
        """Send one command and return its reply. Raises RedisError."""
        self.send(arguments)
        reply = self.receive()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.socket.close()


def main(place, *command):
    host, _, port = place.rpartition(":")
    with Client(host, int(port)) as client:
        print(client(*command))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

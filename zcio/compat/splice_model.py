"""A model of splice() with read() and write(), and all kinds of sources and destinations."""

import errno
import fcntl
import os
import select
import socket
import struct
import tempfile
import termios

__all__ = ["DESTINATIONS", "NONBLOCK", "SOURCES", "moved_by_read_and_write"]

NONBLOCK = 2
_RDHUP = 0x2000
_SPARE = 5  # seconds to wait for bytes that loopback delivers at once


class End:
    """A source or destination: its descriptor ``fd``, whether it ``has_offsets``, and the objects to close."""

    has_offsets = False
    ended = False

    def __init__(self, fd, *also):
        self.fd = fd
        self.also = also

    def close(self):
        for one in (self.fd,) + self.also:
            if isinstance(one, int):
                os.close(one)
            else:
                one.close()
        self.also = ()

    def position(self):
        return os.lseek(self.fd, 0, os.SEEK_CUR) if self.has_offsets else None

    def seek(self, position):
        if self.has_offsets:
            os.lseek(self.fd, position, os.SEEK_SET)

    def truncate(self, size):
        pass

    def feed(self, data):
        """Add data to be read from it."""

    def end(self):
        """End the data to be read from it."""
        self.ended = True

    def available(self):
        """The number of bytes that can be read now, or None if that is unknown."""
        return None

    def taken(self):
        """The bytes that arrived since the last call; for a file, its whole content."""
        return b""


def _temporary(flags):
    fd, path = tempfile.mkstemp()
    os.close(fd)
    fd = os.open(path, flags)
    os.unlink(path)
    return fd


class File(End):
    has_offsets = True
    ended = True

    def __init__(self):
        super().__init__(_temporary(os.O_RDWR))

    def truncate(self, size):
        os.ftruncate(self.fd, size)

    def feed(self, data):
        os.pwrite(self.fd, data, os.fstat(self.fd).st_size)

    def taken(self):
        return os.pread(self.fd, 1 << 22, 0)


class AppendFile(File):
    def __init__(self):
        End.__init__(self, _temporary(os.O_RDWR | os.O_APPEND))


class Memory(File):
    def __init__(self):
        make = getattr(os, "memfd_create", None)
        End.__init__(self, _temporary(os.O_RDWR) if make is None else make("zcio"))


class Proc(End):
    has_offsets = True
    ended = True

    def __init__(self):
        super().__init__(os.open("/proc/version", os.O_RDONLY))


class Null(End):
    ended = True

    def __init__(self):
        super().__init__(os.open("/dev/null", os.O_RDWR))


class _Stream(End):
    def _wait(self, ready):
        poll = select.poll()
        poll.register(self.fd, select.POLLIN | _RDHUP)
        for _ in range(_SPARE * 100):
            if ready(poll):
                return
            select.select([], [], [], 0.01)
        raise AssertionError("loopback did not deliver")

    def available(self):
        return struct.unpack("i", fcntl.ioctl(self.fd, termios.FIONREAD, b"\0\0\0\0"))[0]

    def feed(self, data):
        if not self.ended:
            want = self.available() + len(data)
            self._send(data)
            self._wait(lambda poll: self.available() == want)


class PipeOut(_Stream):
    """A pipe to read from."""

    def __init__(self):
        read, self._write = os.pipe()
        super().__init__(read)

    def _send(self, data):
        os.write(self._write, data)

    def end(self):
        if not self.ended:
            os.close(self._write)
        self.ended = True

    def close(self):
        self.end()
        super().close()


def _unix():
    return socket.socketpair()


def _tcp():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        one = socket.create_connection(listening.getsockname())
        return one, listening.accept()[0]


class _SocketOut(_Stream):
    """A socket to read from."""

    make = None

    def __init__(self):
        mine, self._peer = self.make()
        super().__init__(mine.fileno(), self._peer)
        self._mine = mine

    def _send(self, data):
        self._peer.sendall(data)

    def end(self):
        if not self.ended:
            self._peer.shutdown(socket.SHUT_WR)
            self._wait(lambda poll: any(events & _RDHUP for _, events in poll.poll(0)))
        self.ended = True

    def close(self):
        self._mine.close()
        self._peer.close()


class UnixOut(_SocketOut):
    make = staticmethod(_unix)


class TcpOut(_SocketOut):
    make = staticmethod(_tcp)


class _Into(End):
    """A destination whose other side is read after each call."""

    def taken(self):
        pieces = []
        while select.select([self._reader], [], [], 0)[0]:
            piece = os.read(self._reader, 1 << 16)
            if not piece:
                break
            pieces.append(piece)
        return b"".join(pieces)


class PipeInto(_Into):
    def __init__(self):
        self._reader, write = os.pipe()
        super().__init__(write, self._reader)


class _SocketInto(_Into):
    make = None

    def __init__(self):
        self._mine, self._peer = self.make()
        self._reader = self._peer.fileno()
        super().__init__(self._mine.fileno())

    def arrived(self, count):
        """Wait until ``count`` bytes have arrived."""
        for _ in range(_SPARE * 100):
            if struct.unpack("i", fcntl.ioctl(self._reader, termios.FIONREAD, b"\0\0\0\0"))[0] >= count:
                return
            select.select([], [], [], 0.01)
        raise AssertionError("%d bytes were said to be sent and did not arrive" % count)

    def close(self):
        self._mine.close()
        self._peer.close()


class UnixInto(_SocketInto):
    make = staticmethod(_unix)


class TcpInto(_SocketInto):
    make = staticmethod(_tcp)


SOURCES = {
    "file": File,
    "memfd": Memory,
    "pipe": PipeOut,
    "unix": UnixOut,
    "tcp": TcpOut,
    "/proc": Proc,
    "/dev/null": Null,
}
DESTINATIONS = {
    "file": File,
    "memfd": Memory,
    "append": AppendFile,
    "pipe": PipeInto,
    "unix": UnixInto,
    "tcp": TcpInto,
    "/dev/null": Null,
}


def _check(src, dst, offset, nbytes, out_offset):
    for number in (nbytes, offset, out_offset):
        if number is not None and number < 0:
            raise ValueError("negative")
    for end, number in ((src, offset), (dst, out_offset)):
        if number and not end.has_offsets:
            raise OSError(errno.ESPIPE, os.strerror(errno.ESPIPE))
    if src.has_offsets:
        size = os.fstat(src.fd).st_size
        if size == 0 and os.pread(src.fd, 1, offset or 0):
            return
        if (nbytes is not None and nbytes > size) or (offset is not None and offset > size):
            raise OverflowError("beyond the end")


def moved_by_read_and_write(src, dst, offset, nbytes, flags, out_offset):
    """The documented behaviour of splice(), with calls of read() and write()."""
    _check(src, dst, offset, nbytes, out_offset)
    moved = 0
    while nbytes is None or moved < nbytes:
        count = min(1 << 16, 1 << 16 if nbytes is None else nbytes - moved)
        if flags & NONBLOCK and not src.ended and not src.available():
            if not moved:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), 0)
            break
        if src.has_offsets and offset is not None:
            piece = os.pread(src.fd, count, offset + moved)
        else:
            piece = os.read(src.fd, count)
        if not piece:
            break
        while piece:
            if dst.has_offsets and out_offset is not None:
                written = os.pwrite(dst.fd, piece, out_offset + moved)
            else:
                written = os.write(dst.fd, piece)
            piece = piece[written:]
            moved += written
    return moved

"""The two ends of a copy: what callers may give, and where in it the bytes come from or go to.

A descriptor is handed to the core; what only looks like a file (in memory, compressed, encrypted) is read and written
by its own methods, since its ``fileno()``, where it has one, is not where its bytes are.
"""

import io
import os
import sys
from errno import ESPIPE

from zcio._transfer.descriptors import FILE, readable, writable

__all__ = ["PIECE", "End", "sink", "source"]

# What is read and written at once where the kernel cannot move the bytes itself.
PIECE = 1 << 18

_BUFFERED = (io.BufferedReader, io.BufferedWriter, io.BufferedRandom)


def _is_socket(value):
    # Without importing what the program itself has not.
    socket = sys.modules.get("socket")
    if socket is None or not isinstance(value, socket.socket):
        return False
    ssl = sys.modules.get("ssl")
    return ssl is None or not isinstance(value, ssl.SSLSocket)


def _is_raw(value):
    if type(value) is io.FileIO:
        return True
    socket = sys.modules.get("socket")
    return socket is not None and type(value) is socket.SocketIO


def _unwrapped(value):
    # A NamedTemporaryFile, and TemporaryFile on some systems.
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None and isinstance(value, tempfile._TemporaryFileWrapper):
        return value.file
    return value


class End:
    """One end of a copy.

    ``fd``: the descriptor, or None where ``file`` is read and written by its own methods. ``about``: what describe()
    says of it. ``is_file``: whether it is a regular file or block device, read or written at offsets. ``offset``:
    where in a file, else None. ``lead``: bytes the file object had read ahead from something that cannot be read
    again. ``timeout``: of the socket, in seconds, or None.
    """

    def __init__(self, fd=None, about=None, file=None, timeout=None, appends=False):
        self.fd = fd
        self.about = about
        self.file = file
        self.timeout = timeout
        self.appends = appends
        self.offset = None
        self.lead = b""
        self.is_file = fd is not None and about.kind == FILE
        self._moves = True

    def begin(self, offset):
        """Find where to start: at ``offset``, or with None at the position."""
        if self.fd is not None and type(self.file) in _BUFFERED and _can(self.file, "writable"):
            self.file.flush()
        if offset is not None:
            self._moves = False
            if self.fd is None:
                self._back = self.file.tell()
                self.file.seek(offset)
            elif not self.is_file:
                raise OSError(ESPIPE, "%s: offset" % os.strerror(ESPIPE))
            self.offset = offset
        elif self.is_file and not self.appends:
            buffered = type(self.file) in _BUFFERED
            self.offset = self.file.tell() if buffered else os.lseek(self.fd, 0, os.SEEK_CUR)
        elif self.fd is not None and type(self.file) is io.BufferedReader:
            # What it has read from a pipe or socket is nowhere else; peek reads only where it has nothing.
            self.lead = self.file.peek(1)

    def settle(self, moved):
        """Leave the position where a reader or writer of ``moved`` bytes would have."""
        if not self._moves:
            if self.fd is None:
                self.file.seek(self._back)
        elif self.is_file:
            buffered = type(self.file) in _BUFFERED
            if self.appends:
                if buffered:
                    self.file.seek(0, os.SEEK_END)
            elif buffered:
                self.file.seek(self.offset + moved)
            else:
                os.lseek(self.fd, self.offset + moved, os.SEEK_SET)

    def take(self, count, done):
        """At most ``count`` bytes, of those after the first ``done``; b"" at the end. Waits."""
        if self.lead:
            data = self.file.read1(min(count, len(self.lead)))
            self.lead = self.lead[len(data) :]
            return data
        if self.fd is None:
            return self._ready(lambda: self.file.read(count))
        if self.is_file:
            return os.pread(self.fd, count, self.offset + done)
        return self._ready(lambda: os.read(self.fd, count))

    def give(self, data, done):
        """Write some of ``data``, which begins ``done`` bytes after the start. Returns how much. Waits."""
        if self.fd is None:
            return self._ready(lambda: self.file.write(data), write=True)
        if self.is_file and not self.appends:
            return os.pwrite(self.fd, data, self.offset + done)
        return self._ready(lambda: os.write(self.fd, data), write=True)

    def _ready(self, call, write=False):
        """What ``call()`` gives once it can. A raw file in non-blocking mode answers None where others raise."""
        while True:
            wants_write = write
            try:
                result = call()
            except BlockingIOError as error:
                result = getattr(error, "characters_written", None) or None
            except OSError as error:
                wants_write = _tls_wants_write(error)
                if wants_write is None:
                    raise
                result = None
            if result is not None:
                return result
            _wait(self.file if self.fd is None else self.fd, wants_write, self.timeout)


def _tls_wants_write(error):
    """Which way a non-blocking TLS socket waits; None where ``error`` is of another kind."""
    ssl = sys.modules.get("ssl")
    if ssl is None or not isinstance(error, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
        return None
    return isinstance(error, ssl.SSLWantWriteError)


def _wait(file, for_writing, timeout):
    """Wait until a descriptor, or an object with one, is ready. Raises socket.timeout."""
    import selectors

    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_WRITE if for_writing else selectors.EVENT_READ)
        if selector.select(timeout):
            return
    from socket import timeout as timed_out

    raise timed_out("timed out")


def _can(file, what):
    try:
        return getattr(file, what)()
    except (AttributeError, ValueError):
        return False


def _by_descriptor(fd, name, check, file=None, timeout=None):
    try:
        return End(fd, check(fd, name), file, timeout)
    except NotImplementedError:
        # Not Linux: all is read and written.
        return End(file=io.FileIO(fd, "rb" if name == "src" else "wb", closefd=False) if file is None else file)


def _end(value, name, method, check):
    """The End that ``value`` is: an int, a socket, a file object, or an object with only ``fileno()``."""
    if isinstance(value, int):
        return _by_descriptor(value, name, check)
    value = _unwrapped(value)
    if isinstance(value, io.TextIOBase):
        raise TypeError("%s: copy() moves bytes; open the file in binary mode" % name)
    if _is_socket(value):
        fd = value.fileno()
        return _by_descriptor(fd, name, check, timeout=value.gettimeout() or None)
    if type(value) in _BUFFERED and _is_raw(value.raw) or _is_raw(value):
        fd = value.fileno()
        return _by_descriptor(fd, name, check, value)
    if hasattr(value, method):
        return End(file=value)
    if hasattr(value, "fileno"):
        fd = value.fileno()
        return _by_descriptor(fd, name, check)
    raise TypeError("%s must be a path, a descriptor, a socket or a binary file, not %s" % (name, type(value).__name__))


def source(value):
    """The End that is read from ``value``. Raises TypeError, and ValueError where it is closed or not for reading."""
    return _end(value, "src", "read", readable)


def sink(value):
    """The End that is written to ``value``. Raises TypeError, and ValueError where it is closed or not for writing."""
    end = _end(value, "dst", "write", writable)
    end.appends = end.fd is not None and end.about.append
    return end

"""The two ends of a copy: what callers may give, and where in it the bytes come from or go to.

A descriptor is handed to the core only where it may stand for the object (descriptors.pass_through()). Everything else
(in memory, compressed, TLS, a class that nobody here knows) is read and written by its own methods.
"""

import io
import os
import sys
from errno import ESPIPE

from zcio._transfer.descriptors import BUFFERED, FILE, innermost, pass_through, readable, writable

__all__ = ["PIECE", "Endpoint", "sink", "source"]

# Bytes read and written at once where the kernel cannot move them itself.
PIECE = 1 << 16


class Endpoint:
    """One end of a copy.

    ``fd``: the descriptor, or None if ``file`` is read and written by its own methods. ``file``: the object that the
    caller gave, kept because the descriptor lasts as long as it. ``about``: what describe() says of it. ``is_file``:
    whether it is a regular file or block device, read or written at offsets. ``offset``: where in a file, else None.
    ``lead``: bytes the file object had read ahead from something that cannot be read again. ``timeout``: of the socket,
    in seconds, or None. ``appends``: whether it was opened with O_APPEND. ``owner``, an argument: the FileIO or socket
    inside ``file`` that has the descriptor.
    """

    def __init__(self, file, fd=None, about=None, owner=None, call=None):
        self.file = file
        self._owners = (owner,)
        self._fileno = getattr(type(owner), "fileno", None)
        self.fd = fd
        self.about = about
        self.timeout = None
        self.appends = False
        self.offset = None
        self.lead = b""
        self.is_file = fd is not None and about.kind == FILE
        self._buffered = fd is not None and type(file) in BUFFERED
        self._call = call
        self._moves = True

    def on_descriptor(self, function, *arguments):
        """``function(fd, *arguments)``. Raises ValueError if a file was closed, OSError (EBADF) if a socket was: no
        signal handler can close it in between, since these are C functions that ask each other in one step."""
        if self._fileno is None:
            return function(self.fd, *arguments)  # an int, of which nobody can say whose it is
        return next(map(function, map(self._fileno, self._owners), *zip(arguments)))

    def start(self, offset):
        """Find where to start: at ``offset``, or with None at the position."""
        if self._buffered and self.file.writable():
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
            self.offset = self.file.tell() if self._buffered else os.lseek(self.fd, 0, os.SEEK_CUR)
        elif self._buffered and type(self.file) is io.BufferedReader:
            # What it has read from a pipe or socket is nowhere else; peek reads only where it has nothing.
            self.lead = self.file.peek(1)

    def is_closed(self):
        """Whether ``file`` was closed, so that its descriptor may be another's by now."""
        if self.fd is None or isinstance(self.file, int):
            return False
        closed = getattr(self.file, "closed", None)  # a socket has no such attribute
        return self.file.fileno() < 0 if closed is None else closed

    def restore_position(self, moved):
        """Leave the position where a reader or writer of ``moved`` bytes would have."""
        if self.is_closed():
            return
        if not self._moves:
            if self.fd is None:
                self.file.seek(self._back)
        elif self.is_file:
            if self.appends:
                if self._buffered:
                    self.file.seek(0, os.SEEK_END)
            elif self._buffered:
                self.file.seek(self.offset + moved)
            else:
                self.on_descriptor(os.lseek, self.offset + moved, os.SEEK_SET)

    def read_some(self, count, done):
        """At most ``count`` bytes, of those after the first ``done``; b"" at the end. Waits."""
        if self.lead:
            data = self.file.read1(min(count, len(self.lead)))
            self.lead = self.lead[len(data) :]
        elif self.fd is None:
            data = self._ready(lambda: self._call(count))
        elif self.is_file:
            data = self.on_descriptor(os.pread, count, self.offset + done)
        else:
            data = self._ready(lambda: self.on_descriptor(os.read, count))
        return data if type(data) is bytes else bytes(memoryview(data))

    def write_some(self, data, done):
        """Write some of ``data``, bytes that the sink may keep, which begin ``done`` bytes after the start. Returns how
        much. Waits."""
        if self.fd is None:
            return self._ready(lambda: self._call(data), data)
        if self.is_file and not self.appends:
            return self.on_descriptor(os.pwrite, data, self.offset + done)
        return self._ready(lambda: self.on_descriptor(os.write, data), data)

    def _ready(self, call, data=None):
        """The result of ``call()`` once it can: that of reading or, with ``data``, the bytes written."""
        while True:
            try:
                result = call()
            except OSError as error:
                wants_write = _waits_to_write(error, data is not None)
                if wants_write is None or self.fd is None and not hasattr(self.file, "fileno"):
                    raise
                result = getattr(error, "characters_written", None) or None
            else:
                wants_write = data is not None
                if result is None and wants_write and not isinstance(self.file, io.RawIOBase):
                    return len(data)  # a write() that returns nothing, as shutil.copyfileobj takes it
            if result is not None:
                return result
            _wait(self.file if self.fd is None else self.fd, wants_write, self.timeout)


def _waits_to_write(error, writing):
    """Whether what raised ``error`` waits to write (else to read); None where it does not wait for either."""
    kind = type(error)  # exactly: a signal handler may raise a class of its own
    if kind is BlockingIOError:
        return writing
    ssl = sys.modules.get("ssl")
    if ssl is None or kind not in (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    return kind is ssl.SSLWantWriteError


def _wait(file, for_writing, timeout):
    """Wait until a descriptor, or an object with one, is ready. Raises socket.timeout."""
    import selectors

    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_WRITE if for_writing else selectors.EVENT_READ)
        if selector.select(timeout):
            return
    from socket import timeout as timed_out

    raise timed_out("timed out")


def _timeout(file):
    """The timeout of a plain socket or of a file over one, in seconds; None: there is none."""
    if type(file) in BUFFERED:
        file = file.raw
    file = getattr(file, "_sock", file)
    gettimeout = getattr(file, "gettimeout", None)
    return None if gettimeout is None else gettimeout() or None


def _endpoint(value, name, methods, check):
    tempfile = sys.modules.get("tempfile")
    file = value
    if tempfile is not None and type(value) is tempfile._TemporaryFileWrapper:
        file = value.file  # the wrapper, which closes it, is kept by the caller of copy()
    fd = pass_through(file)
    if fd is not None:
        try:
            end = Endpoint(file, fd, check(fd, name), innermost(file))
        except NotImplementedError as error:
            if type(error) is not NotImplementedError:
                raise  # a signal handler's
            # Not Linux: all is read and written.
            if isinstance(file, int):
                file = io.FileIO(fd, "rb" if name == "src" else "wb", closefd=False)
        else:
            if not end.is_file:
                end.timeout = _timeout(file)
            return end
    if isinstance(file, io.TextIOBase):
        raise TypeError("%s: copy() moves bytes; open the file in binary mode" % name)
    for method in methods:
        call = getattr(file, method, None)
        if call is not None:
            return Endpoint(file, call=call)
    raise TypeError(
        "%s must be a path, a descriptor, or an object with %s(), not %s"
        % (name, "() or ".join(methods), type(value).__name__)
    )


def source(value):
    """The Endpoint that is read from ``value``. Raises TypeError, and ValueError where it is closed or not for
    reading."""
    return _endpoint(value, "src", ("read", "recv"), readable)


def sink(value):
    """The Endpoint that is written to ``value``. Raises TypeError, and ValueError where it is closed or not for
    writing."""
    end = _endpoint(value, "dst", ("write", "send"), writable)
    end.appends = end.fd is not None and end.about.append
    if end.is_file and not end.about.size and not end.appends:
        try:
            os.pwrite(end.fd, b"", 0)
        except OSError as error:
            if error.errno != ESPIPE:
                raise
            end.is_file = False  # made up by the kernel, and written only from where it stands (/proc/self/comm)
    return end

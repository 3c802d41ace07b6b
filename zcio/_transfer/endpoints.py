"""The source and the sink of a copy: the object that the caller gave, and the position in it.

The core moves the bytes if both ends have a descriptor that carries the same bytes as the object
(descriptors.pass_through()). Any other object (in memory, compressed, TLS, of an unknown class) is read or written by
its own methods.
"""

import io
import os
import sys
from errno import EAGAIN, EIO, ESPIPE
from time import monotonic

from zcio._converters import moved_count
from zcio._core.transfer import WAITS, read_ready, write_ready
from zcio._transfer.descriptors import (
    BUFFERED,
    FILE,
    Descriptor,
    pass_through,
    readable,
    replaces_methods,
    writable,
)

__all__ = ["PIECE", "Endpoint", "is_closed", "sink", "source", "timeout_of"]

# Bytes per read and write, if the kernel cannot move them itself.
PIECE = 1 << 16

# Seconds after which a wait looks again, because epoll does not report a descriptor that another thread has closed.
_LOOK_AGAIN = 0.05


class Endpoint:
    """One end of a copy.

    Attributes:
        file: the object that the caller gave.
        descriptor: its Descriptor, or None if ``file`` is read and written by its own methods.
        about: the description of the descriptor.
        is_file: whether it is a regular file or block device, which is read or written at offsets.
        offset: where to begin in a file; None for anything else, and for a file that is appended to.
        lead: bytes that a buffered reader had already read from a pipe or socket.
        timeout: the timeout of the socket in seconds, or None.
        appends: whether it was opened with O_APPEND.

    The argument ``call`` is the method of ``file`` that reads or writes.
    """

    def __init__(self, file, descriptor=None, about=None, call=None):
        self.file = file
        self.descriptor = descriptor
        self.about = about
        self.timeout = None
        self.appends = False
        self.offset = None
        self.lead = b""
        self.is_file = descriptor is not None and about.kind == FILE
        self._buffered = descriptor is not None and type(file) in BUFFERED
        self._call = call
        self._moves = True

    def start(self, offset):
        """Set ``offset`` and ``lead``: the copy starts at ``offset`` or, if that is None, at the position."""
        if self._buffered and self.file.writable():
            self.file.flush()
        if offset is not None:
            self._moves = False
            if self.descriptor is None:
                self._back = self.file.tell()
                self.file.seek(offset)
            elif not self.is_file:
                raise OSError(ESPIPE, "%s: offset" % os.strerror(ESPIPE))
            self.offset = offset
        elif self.is_file and not self.appends:
            self.offset = self.file.tell() if self._buffered else self.descriptor.call(os.lseek, 0, os.SEEK_CUR)
        elif self._buffered and type(self.file) is io.BufferedReader:
            # Bytes that it has read ahead from a pipe or socket cannot be read again. peek() returns them, and reads
            # only if there are none.
            self.lead = self.file.peek(1)

    def is_closed(self):
        """Whether ``file`` was closed; then its descriptor may belong to another file."""
        return self.descriptor is not None and is_closed(self.file)

    def restore_position(self, moved):
        """Set the position to where reading or writing ``moved`` bytes would have left it."""
        if self.is_closed():
            return
        if not self._moves:
            if self.descriptor is None:
                self.file.seek(self._back)
        elif self.is_file:
            if self.appends:
                if self._buffered:
                    self.file.seek(0, os.SEEK_END)
            elif self._buffered:
                self.file.seek(self.offset + moved)
            else:
                self.descriptor.call(os.lseek, self.offset + moved, os.SEEK_SET)

    def read_some(self, count, done):
        """Read at most ``count`` bytes, after ``done`` bytes were read; b"" at the end. Waits."""
        if self.lead:
            data = self.file.read1(min(count, len(self.lead)))
            self.lead = self.lead[len(data) :]
        elif self.descriptor is None:
            data = self._ready(lambda: self._call(count))
            data = data if type(data) is bytes else bytes(memoryview(data))
            moved_count(len(data), count, self.file)
        elif self.is_file:
            data = self.descriptor.call(os.pread, count, self.offset + done)
        else:
            # Not os.read(), which would go on with the same number after a signal handler.
            memory = bytearray(count)
            size = self._when_ready(lambda: read_ready(self.descriptor, memory))
            data = bytes(memory[:size])
        return data

    def write_some(self, data, done):
        """Write some of ``data``, bytes, after ``done`` bytes were written. Returns how many were. Waits.

        Raises OSError (EIO) if the object's own method writes none without saying why: the next call would do the same.
        """
        if self.descriptor is None:
            count = moved_count(self._ready(lambda: self._call(data), data), len(data), self.file)
            if not count:
                raise OSError(EIO, "%r wrote none of %d bytes" % (self.file, len(data)))
            return count
        if self.is_file and not self.appends:
            return self.descriptor.call(os.pwrite, data, self.offset + done)
        return self._when_ready(lambda: write_ready(self.descriptor, data))

    def _when_ready(self, call):
        """Call read_ready() or write_ready() by ``call()`` until it has moved something. Returns the number of bytes.

        Raises ValueError if the file was closed meanwhile.
        """
        limit = None if self.timeout is None else monotonic() + self.timeout
        while True:
            code = call()
            if code >= 0:
                return code
            if self.is_closed():
                raise ValueError("%r was closed during the copy" % self.file)
            if code != WAITS:
                raise OSError(-code, os.strerror(-code))
            if limit is not None and monotonic() >= limit:
                from socket import timeout

                raise timeout("timed out")

    def _ready(self, call, data=None):
        """Wait until ``call()``, a method of the object, does not block, and return its result: data or, if it writes
        ``data``, a number."""
        while True:
            try:
                result = call()
            except OSError as error:
                wants_write = _waits_to_write(error, data is not None)
                result = getattr(error, "characters_written", None) or None
                if wants_write is None or result is None and not self._can_be_waited_for():
                    raise
            else:
                wants_write = data is not None
                if result is None and wants_write and not isinstance(self.file, io.RawIOBase):
                    return len(data)  # a write() without a result has written all, as shutil.copyfileobj assumes
            if result is not None:
                return result
            if not self._can_be_waited_for():
                text = "%s, and no descriptor to wait for: %r" % (os.strerror(EAGAIN), self.file)
                raise BlockingIOError(EAGAIN, text)
            _wait(self.file, wants_write)

    def _can_be_waited_for(self):
        try:
            return self.file.fileno() >= 0
        except (AttributeError, io.UnsupportedOperation):
            return False


def _waits_to_write(error, writing):
    """Whether ``error`` means to wait until a write is possible (True) or a read (False); None if neither."""
    kind = type(error)  # an exact comparison, because a subclass comes from a signal handler
    if kind is BlockingIOError:
        return writing
    ssl = sys.modules.get("ssl")
    if ssl is None or kind not in (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    return kind is ssl.SSLWantWriteError


def _wait(file, for_writing):
    """Wait until an object with a descriptor may be ready, or for _LOOK_AGAIN."""
    import selectors

    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_WRITE if for_writing else selectors.EVENT_READ)
        selector.select(_LOOK_AGAIN)


def is_closed(file):
    """Whether a file or socket was closed; False for an int, of which that is not known."""
    if isinstance(file, int):
        return False
    closed = getattr(file, "closed", None)  # sockets lack the attribute
    return file.fileno() < 0 if closed is None else closed


def timeout_of(file):
    """The timeout of a plain socket, or of a file over one, in seconds; None if there is none."""
    if type(file) in BUFFERED:
        file = file.raw
    file = getattr(file, "_sock", file)
    gettimeout = getattr(file, "gettimeout", None)
    return None if gettimeout is None else gettimeout() or None


def _endpoint(value, name, methods, check):
    tempfile = sys.modules.get("tempfile")
    file = value
    if tempfile is not None and type(value) is tempfile._TemporaryFileWrapper:
        file = value.file  # the caller of copy() keeps the wrapper, which would close the file
    owner = pass_through(file)
    if owner is not None:
        descriptor = Descriptor(owner)
        try:
            end = Endpoint(file, descriptor, check(descriptor, name))
        except NotImplementedError as error:
            if type(error) is not NotImplementedError:
                raise  # a signal handler's
            # Other systems than Linux: read and write.
            if isinstance(file, int):
                file = io.FileIO(owner, "rb" if name == "src" else "wb", closefd=False)
        else:
            if not end.is_file:
                end.timeout = timeout_of(file)
            return end
    if isinstance(file, io.TextIOBase):
        raise TypeError("%s: copy() moves bytes; open the file in binary mode, or give its .buffer" % name)
    if type(file) in BUFFERED + (io.BufferedRWPair,) and methods[0] == "read" and not replaces_methods(file):
        # If the raw file raises, as that of a non-blocking TLS socket does, read(count) loses what it has read by then.
        # read1() reads once. Its b"" means the end, or that the raw file has nothing to read yet; read(1) tells which.
        return Endpoint(file, call=lambda count: file.read1(count) or file.read(1))
    for method in methods:
        call = getattr(file, method, None)
        if call is not None:
            return Endpoint(file, call=call)
    raise TypeError(
        "%s must be a path, a descriptor, or an object with %s(), not %s"
        % (name, "() or ".join(methods), type(value).__name__)
    )


def source(value):
    """The Endpoint to read from ``value``. Raises TypeError, or ValueError if it is closed or not for reading."""
    return _endpoint(value, "src", ("read", "recv"), readable)


def sink(value):
    """The Endpoint to write to ``value``. Raises TypeError, or ValueError if it is closed or not for writing."""
    end = _endpoint(value, "dst", ("write", "send"), writable)
    end.appends = end.descriptor is not None and end.about.append
    if end.is_file and not end.about.size and not end.appends:
        try:
            end.descriptor.call(os.pwrite, b"", 0)
        except OSError as error:
            if error.errno != ESPIPE:
                raise
            end.is_file = False  # a virtual file such as /proc/self/comm, which can only be written at its position
    return end

"""A model of io.BytesIO of CPython 3.15, with 3.16's peek and zcio's additions, in the simplest possible way."""

from zcio.compat.mmap_model_arguments import INT_MAX, MAXSIZE, buffer, c_long, clinic_int, ssize, subscript

__all__ = ["MEMORY", "Model", "ModelView"]

CLOSED = "I/O operation on closed file."
EXPORTED = "Existing exports of data: object cannot be re-sized"
#: No machine has memory for more than this, and every machine for less than INT_MAX. No size in between is used.
MEMORY = 2**46


def optional_size(size):
    """An optional size, converted as in the io module: -1 for None."""
    if size is None:
        return -1
    if not hasattr(type(size), "__index__"):
        raise TypeError("argument should be integer or None, not '%s'" % type(size).__name__)
    return subscript(size, OverflowError)


def writable_view(target, name):
    """The memoryview of a writable contiguous buffer."""
    try:
        view = memoryview(target)
        if not view.readonly and view.c_contiguous:
            return view
    except TypeError:
        pass
    kind = "None" if target is None else type(target).__name__
    raise TypeError("%s() argument must be read-write bytes-like object, not %s" % (name, kind))


class Model:
    def __init__(self, initial_bytes=None):
        self.value = b""
        self.position = 0
        self.exports = 0
        self.closed = False
        self.attributes = {}
        self.init(initial_bytes)

    def init(self, initial_bytes=None):
        """``__init__`` called again."""
        self.check_exports()
        if type(initial_bytes) is bytes:
            self.value, self.position, self.closed = initial_bytes, 0, False
            return
        self.empty()
        if initial_bytes is not None:
            self.write(initial_bytes)
            self.position = 0

    def empty(self):
        if not self.closed:
            self.value, self.position = b"", 0

    def check_open(self):
        if self.closed:
            raise ValueError(CLOSED)

    def check_exports(self):
        if self.exports:
            raise BufferError(EXPORTED)

    # ---- reading ----

    def read(self, size=-1):
        size = optional_size(size)
        self.check_open()
        data = self.value[self.position :]
        if size >= 0:
            data = data[:size]
        self.position += len(data)
        return data

    read1 = read_buffer = read

    def readline(self, size=-1):
        size = optional_size(size)
        self.check_open()
        line, newline, _ = self.value[self.position :].partition(b"\n")
        return self.read(len(line + newline) if size < 0 else min(size, len(line + newline)))

    def readlines(self, size=None):
        self.check_open()
        if size is not None and not isinstance(size, int):
            raise TypeError("integer argument expected, got '%s'" % type(size).__name__)
        size = 0 if size is None else ssize(size)
        lines = []
        while self.remaining():
            lines.append(self.readline())
            if 0 < size <= sum(map(len, lines)):
                break
        return lines

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def readinto(self, target, name="readinto"):
        view = writable_view(target, name)
        self.check_open()
        data = self.read(view.nbytes)
        if data:
            view.cast("B")[: len(data)] = data
        return len(data)

    def readinto1(self, target):
        return self.readinto(target, "readinto1")

    def getvalue(self):
        self.check_open()
        return self.value

    def getbuffer(self):
        self.check_open()
        self.exports += 1
        return ModelView(self, 0, len(self.value))

    # ---- writing ----

    def write(self, data):
        data = buffer(data)
        self.check_open()
        self.check_exports()
        if data:
            end = self.position + len(data)
            if end > MAXSIZE:
                raise OverflowError("new buffer size too large")
            if end > INT_MAX:
                raise MemoryError
            before = self.value[: self.position].ljust(self.position, b"\0")
            self.value = before + data + self.value[end:]
            self.position = end
        return len(data)

    def writelines(self, lines):
        self.check_open()
        for line in lines:
            self.write(line)

    def truncate(self, size=None):
        self.check_open()
        self.check_exports()
        size = self.position if size is None else c_long(size)
        if size < 0:
            raise ValueError("negative size value %d" % size)
        self.check_open()
        self.check_exports()
        self.value = self.value[:size]
        return size

    # ---- the position ----

    def seek(self, pos, whence=0):
        pos = ssize(pos)
        whence = clinic_int(whence)
        self.check_open()
        if whence == 0 and pos < 0:
            raise ValueError("negative seek value %d" % pos)
        if whence not in (0, 1, 2):
            raise ValueError("invalid whence (%d, should be 0, 1 or 2)" % whence)
        pos += (0, self.position, len(self.value))[whence]
        if pos > MAXSIZE:
            raise OverflowError("new position too large")
        self.position = max(0, pos)
        return self.position

    def tell(self):
        self.check_open()
        return self.position

    # ---- attributes of a file ----

    def flush(self):
        self.check_open()

    def isatty(self):
        self.check_open()
        return False

    def readable(self):
        self.check_open()
        return True

    writable = seekable = readable

    def close(self):
        self.check_exports()
        self.closed = True

    def __enter__(self):
        self.check_open()
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __iter__(self):
        return self

    # ---- pickling ----

    def __getstate__(self):
        return self.getvalue(), self.position, dict(self.attributes) or None

    def __setstate__(self, state):
        if not isinstance(state, tuple) or len(state) < 3:
            words = "_io.BytesIO.__setstate__ argument should be 3-tuple, got %s"
            raise TypeError(words % type(state).__name__)
        self.check_exports()
        self.empty()
        self.write(state[0])
        if not isinstance(state[1], int):
            raise TypeError("second item of state must be an integer, not %s" % type(state[1]).__name__)
        position = ssize(state[1])
        if position < 0:
            raise ValueError("position value cannot be negative")
        self.position = position
        if state[2] is not None:
            if not isinstance(state[2], dict):
                raise TypeError("third item of state should be a dict, got a %s" % type(state[2]).__name__)
            self.attributes.update(state[2])

    # ---- zcio's additions ----

    def peek(self, size=0):
        size = ssize(size)
        self.check_open()
        return self.value[self.position :][: size if size > 0 else 128 * 1024]

    def remaining(self):
        self.check_open()
        return len(self.value[self.position :])

    def read_view(self, size=-1):
        size = optional_size(size)
        self.check_open()
        size = self.remaining() if size < 0 else min(size, self.remaining())
        if size:
            self.exports += 1
        start, self.position = self.position, self.position + size
        return ModelView(self if size else None, start, start + size)

    def find(self, sub):
        sub = buffer(sub)
        self.check_open()
        return self.value.find(sub, self.position)

    def readuntil(self, separator=b"\n"):
        separator = buffer(separator)
        if not separator:
            raise ValueError("empty separator")
        found = self.find(separator)
        return self.read(-1 if found < 0 else found + len(separator) - self.position)


class ModelView:
    """A memoryview of part of a Model. An empty one does not count as an export."""

    def __init__(self, model, start, end):
        self.model = model
        self.start = start
        self.end = end

    def tobytes(self):
        return self.model.value[self.start : self.end] if self.model else b""

    def __setitem__(self, at, byte):
        at += self.start
        self.model.value = self.model.value[:at] + bytes([byte]) + self.model.value[at + 1 :]

    def __len__(self):
        return self.end - self.start

    def release(self):
        if self.model is not None:
            self.model.exports -= 1
            self.model = None

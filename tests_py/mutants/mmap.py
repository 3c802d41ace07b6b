"""Mistakes in zcio.mmap."""

from mutants.mutant import PYPY, mutant


@mutant("mmap", "find: off by one", "find")
def _(original, self, *args):
    at = original(self, *args)
    return at + 1 if at > 0 else at


@mutant("mmap", "find: from the start, not the position", "find")
def _(original, self, *args):
    return original(self, *(args + (0,) if len(args) == 1 else args))


@mutant("mmap", "find: the last byte is not searched", "find")
def _(original, self, *args):
    at = original(self, *args)
    return -1 if at >= 0 and at == len(self) - 1 else at


@mutant("mmap", "rfind: `end` is ignored", "rfind")
def _(original, self, *args):
    return original(self, *args[:2])


@mutant("mmap", "read: the position is lost", "read")
def _(original, self, *args):
    at = self.tell()
    data = original(self, *args)
    if len(data) > 4096:
        self.seek(at)
    return data


@mutant("mmap", "read: one byte too many of a short rest", "read")
def _(original, self, *args):
    data = original(self, *args)
    return data + b"\0" if args and type(args[0]) is int and len(data) < args[0] else data


@mutant("mmap", "readline: the newline is dropped", "readline")
def _(original, self):
    line = original(self)
    return line[:-1] if line.endswith(b"\n") else line


@mutant("mmap", "read_byte: 0 at the end", "read_byte")
def _(original, self):
    return original(self) if self.closed or self.tell() < len(self) else 0


@mutant("mmap", "write: swallows that there is no room", "write")
def _(original, self, data):
    try:
        return original(self, data)
    except ValueError as error:
        if str(error) != "data out of range":
            raise
        return 0


@mutant("mmap", "write: cut short at a page edge", "write")
def _(original, self, data):
    written = original(self, data)
    if written > 1 and self.tell() % 4096 == 0:
        self[self.tell() - 1] = self[self.tell() - 1] ^ 1
    return written


@mutant("mmap", "write_byte: does not advance", "write_byte")
def _(original, self, byte):
    original(self, byte)
    self.seek(-1, 1)


@mutant("mmap", "m[i:j]: a wrong byte at a page edge", "__getitem__")
def _(original, self, key):
    got = original(self, key)
    if isinstance(key, slice) and key.step is None and len(got) > 4096:
        return got[:4096] + bytes([got[4096] ^ 1]) + got[4097:]
    return got


@mutant("mmap", "m[i]: from the end, one off", "__getitem__")
def _(original, self, key):
    return original(self, key - 1 if type(key) is int and -len(self) < key < 0 else key)


@mutant("mmap", "m[i:j] = b: another exception", "__setitem__")
def _(original, self, key, value):
    try:
        original(self, key, value)
    except IndexError as error:
        raise ValueError(str(error))


@mutant("mmap", "resize: loses the last byte", "resize")
def _(original, self, size):
    kept = self[-1:] if not self.closed else b""
    length = 0 if self.closed else len(self)
    original(self, size)
    if len(self) > length and kept != b"\0":
        self[length - 1] = 0


@mutant("mmap", "resize: moves the position", "resize")
def _(original, self, size):
    original(self, size)
    self.seek(0)


@mutant("mmap", "seek: no result", "seek")
def _(original, self, *args):
    original(self, *args)


@mutant("mmap", "seek: from the end, one off", "seek")
def _(original, self, pos, *args):
    at = original(self, pos, *args)
    return original(self, at - 1) if args and type(args[0]) is int and args[0] == 2 and at else at


@mutant("mmap", "flush: result 0", "flush")
def _(original, self, *args, **kwargs):
    original(self, *args, **kwargs)
    return 0


@mutant("mmap", "flush: checks no range", "flush")
def _(original, self, *args, **kwargs):
    try:
        return original(self, *args, **kwargs)
    except ValueError as error:
        if "out of range" not in str(error):
            raise


@mutant("mmap", "close: does not close", "close")
def _(original, self):
    pass


@mutant("mmap", "close: the BufferError is swallowed", "close", here=not PYPY)
def _(original, self):
    try:
        original(self)
    except BufferError:
        pass


@mutant("mmap", "with: does not close", "__exit__")
def _(original, self, *exc_info):
    if len(exc_info) != 3:
        original(self, *exc_info)


@mutant("mmap", "size: the map's, not the file's", "size")
def _(original, self):
    return min(original(self), len(self))


@mutant("mmap", "move: overlapping forwards, byte by byte", "move")
def _(original, self, dest, src, count):
    before = self[:]
    original(self, dest, src, count)
    dest, src, count = dest.__index__(), src.__index__(), count.__index__()
    for at in range(count if src < dest < src + count else 0):
        self[dest + at] = before[src + at] if at < dest - src else self[src + at]


@mutant("mmap", "madvise: any start", "madvise")
def _(original, self, option, start=0, length=None):
    try:
        return original(self, option, start, length)
    except ValueError as error:
        if "start" not in str(error):
            raise


@mutant("mmap", "set_name: any length", "set_name")
def _(original, self, name):
    return original(self, name[:66] if type(name) is str else name)


@mutant("mmap", "repr: without the offset", "__repr__")
def _(original, self):
    return original(self).partition(", offset")[0]


@mutant("mmap", "in: ints are members", "__contains__")
def _(original, self, item):
    return original(self, bytes([item]) if type(item) is int and 0 <= item < 256 else item)


@mutant("mmap", "iteration gives ints", "__iter__")
def _(original, self):
    return (item[0] for item in original(self))


@mutant("mmap", "reversed: without the last", "__reversed__")
def _(original, self):
    return iter(list(original(self))[1:])


@mutant("mmap", "pickle: possible", "__reduce_ex__")
def _(original, self, protocol):
    return bytes, ()


@mutant("mmap", "count: counts overlapping ones", "count")
def _(original, self, sub, start=None, end=None):
    return sum(1 for _ in self.find_all(sub, start, end, overlapping=True))


@mutant("mmap", "find_all: every 100th is lost", "find_all")
def _(original, self, *args, **kwargs):
    return (at for number, at in enumerate(original(self, *args, **kwargs), 1) if number % 100)


@mutant("mmap", "lines: an empty last one", "lines")
def _(original, self, *args, **kwargs):
    found = list(original(self, *args, **kwargs))
    return found + [b""] if found and found[-1].endswith(kwargs["sep"]) else found


@mutant("mmap", "find: the last byte of the window is not searched", "find")
def _(original, self, sub, start=None, end=None):
    if type(end) is int and type(start) is int and 0 <= start < end < len(self):
        end -= 1
    return original(self, sub, start, end)


@mutant("mmap", "rfind: the first byte of the window is not searched", "rfind")
def _(original, self, sub, start=None, end=None):
    if type(end) is int and type(start) is int and 0 <= start < end:
        start += 1
    return original(self, sub, start, end)


@mutant("mmap", "find: one byte beyond the window counts", "find")
def _(original, self, sub, start=None, end=None):
    return original(self, sub, start, end + 1 if type(end) is int and 0 <= end < len(self) else end)


@mutant("mmap", "rfind: nothing at the very end", "rfind")
def _(original, self, sub, *args):
    at = original(self, sub, *args)
    return -1 if 0 <= at == len(self) - memoryview(sub).nbytes else at


@mutant("mmap", "find: a long needle at the very end", "find")
def _(original, self, sub, *args):
    at = original(self, sub, *args)
    return -1 if at >= 0 and memoryview(sub).nbytes > 32 and at + memoryview(sub).nbytes == len(self) else at


@mutant("mmap", "count: not the one at the end of the window", "count")
def _(original, self, sub, start=None, end=None):
    found = original(self, sub, start, end)
    return found - 1 if found and self[end - len(sub) : end] == sub else found


@mutant("mmap", "find_all: not the one at the start of the window", "find_all")
def _(original, self, sub, start=None, end=None, **kwargs):
    return (at for at in original(self, sub, start, end, **kwargs) if at != start)

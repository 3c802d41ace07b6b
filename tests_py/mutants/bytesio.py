"""Mistakes in zcio.BytesIO."""

from mutants.mutant import mutant


@mutant("bytesio", "write: no zeros in a gap", "write")
def _(original, self, data):
    if not self.closed and self.tell() > len(self.getvalue()):
        self.seek(0, 2)
    return original(self, data)


@mutant("bytesio", "truncate: moves the position", "truncate")
def _(original, self, *args):
    size = original(self, *args)
    self.seek(size)
    return size


@mutant("bytesio", "getbuffer: a view of a copy", "getbuffer")
def _(original, self):
    original(self).release()
    return memoryview(bytearray(self.getvalue()))


@mutant("bytesio", "seek: result is the argument", "seek")
def _(original, self, pos, *args):
    original(self, pos, *args)
    return pos


@mutant("bytesio", "readuntil: one byte less", "readuntil")
def _(original, self, *args, **kwargs):
    found = original(self, *args, **kwargs)
    return found[:-1] if len(found) > 3 else found


@mutant("bytesio", "read_view: keeps no export", "read_view")
def _(original, self, *args):
    view = original(self, *args)
    copy = memoryview(bytearray(view))
    view.release()
    return copy


@mutant("bytesio", "write: under a view, instead of a BufferError", "write")
def _(original, self, data):
    try:
        return original(self, data)
    except BufferError:
        return len(data)


@mutant("bytesio", "peek: takes what it shows", "peek")
def _(original, self, *args):
    shown = original(self, *args)
    self.seek(len(shown), 1)
    return shown


@mutant("bytesio", "truncate: a negative size is 0", "truncate")
def _(original, self, *args):
    return original(self, 0) if args and type(args[0]) is int and args[0] < 0 else original(self, *args)


@mutant("bytesio", "readinto: one byte too few told", "readinto")
def _(original, self, target):
    count = original(self, target)
    return count - 1 if count > 5 else count


@mutant("bytesio", "readlines: goes on at the hint", "readlines")
def _(original, self, *args):
    return original(self)


@mutant("bytesio", "find: from the start", "find")
def _(original, self, sub):
    return self.getvalue().find(sub)


@mutant("bytesio", "close: under a view", "close")
def _(original, self):
    try:
        original(self)
    except BufferError:
        pass


@mutant("bytesio", "__setstate__: forgets the position", "__setstate__")
def _(original, self, state):
    original(self, state)
    self.seek(0)


@mutant("bytesio", "read: None is 0", "read")
def _(original, self, *args):
    return original(self, *(0,) if args == (None,) else args)

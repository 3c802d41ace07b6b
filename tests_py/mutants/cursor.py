"""Mistakes in zcio.Cursor."""

from mutants.mutant import mutant


@mutant("cursor", "find: off by one", "find")
def _(original, self, *args, **kwargs):
    at = original(self, *args, **kwargs)
    return at + 1 if at > 0 else at


@mutant("cursor", "peek: takes what it shows", "peek")
def _(original, self, *args):
    shown = original(self, *args)
    self.seek(len(shown), 1)
    return shown


@mutant("cursor", "remaining: never below 1", "remaining")
def _(original, self):
    return max(1, original(self))


@mutant("cursor", "truncate: allowed", "truncate")
def _(original, self, *args):
    return self.tell()


@mutant("cursor", "write: what fits of too much is written", "write")
def _(original, self, data):
    try:
        return original(self, data)
    except BufferError:
        room = self.remaining()
        if room:
            original(self, memoryview(data).cast("B")[:room])
        raise


@mutant("cursor", "readonly: ignored", "writable")
def _(original, self):
    return original(self) or True


@mutant("cursor", "seek: behind the end is the end", "seek")
def _(original, self, pos, *args):
    at = original(self, pos, *args)
    end = len(memoryview(self.getvalue()).cast("B"))
    return original(self, min(at, end))


@mutant("cursor", "read: one byte too few at the end", "read")
def _(original, self, *args):
    data = original(self, *args)
    return data[:-1] if data and not self.remaining() else data


@mutant("cursor", "readline: over a long line", "readline")
def _(original, self, *args):
    line = original(self, *args)
    return line[:128] if len(line) > 500 else line


@mutant("cursor", "read_view: a copy one byte on", "read_view")
def _(original, self, *args):
    view = original(self, *args)
    return memoryview(bytes(view)[1:]) if len(view) > 10 else view


@mutant("cursor", "readinto: does not advance", "readinto")
def _(original, self, target):
    count = original(self, target)
    if count:
        self.seek(-1, 1)
    return count


@mutant("cursor", "close: forgets to", "close")
def _(original, self):
    pass


@mutant("cursor", "copy: at the start", "__getstate__")
def _(original, self):
    return (0,) + original(self)[1:]


@mutant("cursor", "loop: the position runs ahead of the lines", "__iter__")
def _(original, self):
    for line in original(self):
        self.seek(0, 2)
        yield line

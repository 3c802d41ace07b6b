"""Mistakes in zcio.Pipe."""

from mutants.mutant import mutant


@mutant("pipe", "readuntil: one byte less of long records", "readuntil")
def _(original, self, *args, **kwargs):
    record = original(self, *args, **kwargs)
    return record[:-1] if record and len(record) > 30 else record


@mutant("pipe", "skip: one too many told", "skip")
def _(original, self, *args):
    return original(self, *args) + 1


@mutant("pipe", "find: from one byte on", "find")
def _(original, self, what, start=0, end=None):
    return original(self, what, start + 1, end)


@mutant("pipe", "peekexact: consumes", "peekexact")
def _(original, self, n):
    shown = original(self, n)
    if shown:
        self.skip(1)
    return shown


@mutant("pipe", "limit: one byte more is let through", "readuntil")
def _(original, self, separator=b"\n", skip_separator=False, limit=None):
    return original(self, separator, skip_separator, limit if limit is None else limit + 1)


@mutant("pipe", "PartialReadError: the leftover is lost", "readexact")
def _(original, self, n):
    try:
        return original(self, n)
    except EOFError as error:
        error.leftover = b""
        raise


@mutant("pipe", "reached_eof: while there still is something", "reached_eof")
def _(original, self):
    return self.closed() or original(self)


@mutant("pipe", "read: b'' for nothing yet", "read")
def _(original, self, *args):
    found = original(self, *args)
    return b"" if found is None else found


@mutant("pipe", "views: the first comes twice, the second not", "read_zerocopy")
def _(original, self, *args):
    views = original(self, *args)
    if views is None:
        return None
    views = list(views)
    return iter(views[:1] * 2 + views[2:] if len(views) > 1 else views)


@mutant("pipe", "peek: takes what it shows", "peek")
def _(original, self, *args):
    shown = original(self, *args)
    if shown:
        self.skip(len(shown))
    return shown


@mutant("pipe", "skipexact: skips where there is too little", "skipexact")
def _(original, self, n):
    found = original(self, n)
    if found is None:
        self.skip(1)
    return found


@mutant("pipe", "split: the last record without its end", "split")
def _(original, self, *args):
    found = original(self, *args)
    return found[:-1] + [found[-1][:-1]] if found else found


@mutant("pipe", "readinto: one byte not filled", "readinto")
def _(original, self, target):
    count = original(self, target)
    if count:
        target[count - 1] ^= 1
    return count


@mutant("pipe", "write: forgets what crosses a chunk", "write")
def _(original, self, data):
    return original(self, bytes(data)[:-1] if len(data) > 100 else data)


@mutant("pipe", "findbyte: -1 at the last byte", "findbyte")
def _(original, self, *args):
    at = original(self, *args)
    return -1 if at == len(self) - 1 else at


@mutant("pipe", "eof: forgets the exception", "eof")
def _(original, self, exception=None):
    return original(self)

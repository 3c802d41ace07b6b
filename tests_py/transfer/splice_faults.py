"""The fault matrix: every system call of a transfer fails in every way.

The command ``python tests_py/transfer/splice_faults.py`` prints it.

In each cell a transfer runs with one fault, at the first or the third call of that name. In every case the bytes that
arrived, those handed back with the exception and those that are left in the source must be the original ones, in order.
"""

import errno
import os
import socket
import tempfile
import threading

from zcio._core import transfer as core_transfer
from zcio._core.transfer import METHODS, method_bits
from zcio._transfer.descriptors import descriptor, readable, writable
from zcio._transfer.moving import move
from zcio.splice import Splicer, copy, proxy, splice

DATA = bytes(bytearray(range(253))) * 1500

# The faults of a call, as keywords of inject().
FAULTS = {
    "EINTR": {"errno": errno.EINTR},
    "EAGAIN": {"errno": errno.EAGAIN},
    "short": {"most": 1000},
    "ENOSPC": {"errno": errno.ENOSPC},
    "EPIPE": {"errno": errno.EPIPE},
    "ENOSYS": {"errno": errno.ENOSYS},
    "EXDEV": {"errno": errno.EXDEV},
    "answers 0": {"most": 0},
}


class Source:
    """A source of DATA; ``rest()`` gives what is still in it."""

    def __init__(self, kind):
        self.kind = kind
        self.feeder = None
        if kind == "file":
            self.end = tempfile.TemporaryFile()
            self.end.write(DATA)
            self.end.flush()
            os.lseek(self.end.fileno(), 0, os.SEEK_SET)
            return
        if kind == "pipe":
            read, write = os.pipe()
            self.end, feed = os.fdopen(read, "rb", 0), os.fdopen(write, "wb", 0)
        else:
            self.end, feed = socket.socketpair()
        self.feeder = threading.Thread(target=self._feed, args=(feed,))
        self.feeder.start()

    @staticmethod
    def _feed(feed):
        with feed:
            left = memoryview(DATA)
            while left:
                left = left[os.write(feed.fileno(), left) :]

    def rest(self):
        pieces = []
        os.set_blocking(self.end.fileno(), True)
        while True:
            piece = os.read(self.end.fileno(), 1 << 16)
            if not piece:
                break
            pieces.append(piece)
        self.end.close()
        if self.feeder is not None:
            self.feeder.join()
        return b"".join(pieces)


class Destination:
    """A destination; ``got()`` gives what arrived."""

    def __init__(self, kind):
        self.reader = None
        self.pieces = []
        if kind in ("file", "append"):
            fd, path = tempfile.mkstemp()
            os.close(fd)
            self.file = open(path, "rb")
            self.end = open(path, "ab" if kind == "append" else "wb", 0)
            os.unlink(path)
            return
        if kind == "pipe":
            read, write = os.pipe()
            self.file, self.end = os.fdopen(read, "rb", 0), os.fdopen(write, "wb", 0)
        else:
            self.end, self.file = socket.socketpair()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        while True:
            piece = os.read(self.file.fileno(), 1 << 16)
            if not piece:
                break
            self.pieces.append(piece)
        if isinstance(self.file, socket.socket):
            self.file.shutdown(socket.SHUT_WR)

    def got(self):
        self.end.close()
        if self.reader is None:
            self.pieces.append(self.file.read())
        else:
            self.reader.join()
        self.file.close()
        return b"".join(self.pieces)


def stepping(source, destination):
    with Splicer(source, destination, offset=None) as splicer:
        while not splicer.done:
            splicer.step()
        return splicer.bytes_moved


def at_positions(source, destination):
    return splice(source, destination, None, None, 0, None)


def by(source, destination, *methods):
    src, dst = readable(descriptor(source, "src"), "src"), writable(descriptor(destination, "dst"), "dst")
    return move(src, dst, None, None, None, 0, method_bits(*methods))[0]


def by_all_ways(source, destination):
    return by(source, destination, *METHODS)


def by_reading(source, destination):
    return by(source, destination, "read/write")


def in_little_pieces(source, destination):
    """By a call for each, which is not worth a pipe: the position and the counts of an error are those of all."""
    done, count = 0, 1
    try:
        while count:
            count = splice(source, destination, done, 9000, 0, done)
            done += count
        return done
    except OSError as error:
        error.moved = done = done + error.moved
        raise
    finally:
        os.lseek(source.fileno(), done, os.SEEK_SET)


def with_progress(source, destination):
    told = []
    copied = copy(source, destination, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == copied and told == sorted(told)
    return int(copied)


# Name: source, destination, how, the calls it makes.
TRANSFERS = {
    "file to file, by copy_file_range": ("file", "file", by_all_ways, ["copy_file_range", "lseek"]),
    "file to file": ("file", "file", lambda src, dst: splice(src, dst, None), ["splice", "pipe2", "F_SETPIPE_SZ"]),
    "file to socket": ("file", "socket", at_positions, ["sendfile", "poll"]),
    "file to pipe": ("file", "pipe", at_positions, ["splice", "poll"]),
    "pipe to file": ("pipe", "file", at_positions, ["splice", "poll"]),
    "pipe to pipe": ("pipe", "pipe", at_positions, ["splice", "poll"]),
    "socket to socket": ("socket", "socket", at_positions, ["splice", "poll", "pipe2"]),
    "socket to file": ("socket", "file", at_positions, ["splice", "poll"]),
    "socket to O_APPEND": ("socket", "append", at_positions, ["read", "write", "splice"]),
    "socket to socket, by reading": ("socket", "socket", by_reading, ["read", "send", "poll"]),
    "file to file, in little pieces": ("file", "file", in_little_pieces, ["read", "write"]),
    "Splicer, socket to file": ("socket", "file", stepping, ["splice", "poll"]),
    "Splicer, file to socket": ("file", "socket", stepping, ["read", "send"]),
    "Splicer, pipe to pipe": ("pipe", "pipe", stepping, ["splice", "poll"]),
    "copy, file to file": ("file", "file", with_progress, ["FICLONE", "copy_file_range"]),
    "copy, file to socket": ("file", "socket", with_progress, ["sendfile", "poll"]),
    "copy, file to pipe": ("file", "pipe", with_progress, ["read", "write"]),
    "copy, pipe to file": ("pipe", "file", with_progress, ["splice", "poll"]),
    "copy, socket to socket": ("socket", "socket", with_progress, ["splice", "pipe2"]),
}
CALLS = [(name, call) for name, transfer in TRANSFERS.items() for call in transfer[3]]
PROXY_CALLS = ["splice", "poll", "shutdown", "pipe2"]


def ran(run, call, fault, skip):
    """``run()`` with the fault: its result or the OSError it raised, and how often the fault struck."""
    core_transfer.inject(call, skip=skip, **FAULTS[fault])
    try:
        return run(), core_transfer.inject_clear()
    except OSError as error:
        return error, core_transfer.inject_clear()
    finally:
        core_transfer.inject_clear()


def said(result, whole):
    if not isinstance(result, OSError):
        return "all moved" if result == whole else "moved %s, no error" % (result,)
    return "%s, moved %s" % (errno.errorcode[result.errno], "some" if any_of(result.moved) else "0")


def any_of(moved):
    return any(moved) if isinstance(moved, tuple) else moved


def transfer_cell(name, call, fault, skip):
    """The result of a cell, as text. AssertionError if a byte is lost, doubled or not accounted for."""
    src_kind, dst_kind, how, _ = TRANSFERS[name]
    source, destination = Source(src_kind), Destination(dst_kind)
    try:
        result, struck = ran(lambda: how(source.end, destination.end), call, fault, skip)
    finally:
        got, rest = destination.got(), source.rest()
    if isinstance(result, OSError):
        undelivered = getattr(result, "undelivered", b"")
        moved = getattr(result, "moved", 0)
        result.moved = moved
    else:
        undelivered, moved = b"", result
    assert len(got) == moved, "%d bytes arrived, %d were told" % (len(got), moved)
    assert got + undelivered + rest == DATA, "of %d bytes %d arrived, %d came back, %d are left" % (
        len(DATA),
        len(got),
        len(undelivered),
        len(rest),
    )
    return said(result, len(DATA)) if struck else "-"


def proxy_cell(call, fault, skip):
    """The same for a proxy, with DATA going one way and the end coming back."""
    source, destination = Source("socket"), Destination("socket")
    result, struck = ran(lambda: proxy(source.end, destination.end), call, fault, skip)
    got, rest = destination.got(), source.rest()
    error = isinstance(result, OSError)
    undelivered = result.undelivered[0] if error else b""
    assert len(got) == (result.moved[0] if error else result[0])
    assert got + undelivered + rest == DATA
    return said(result, (len(DATA), 0)) if struck else "-"


def main():
    rows = [(name, call, lambda fault, skip, n=name, c=call: transfer_cell(n, c, fault, skip)) for name, call in CALLS]
    rows += [("proxy", call, lambda fault, skip, c=call: proxy_cell(c, fault, skip)) for call in PROXY_CALLS]
    print("| transfer | call | " + " | ".join(FAULTS) + " |")
    print("|---|---|" + "---|" * len(FAULTS))
    for name, call, cell in rows:
        cells = []
        for fault in FAULTS:
            first, third = cell(fault, 0), cell(fault, 2)
            cells.append(first if third in (first, "-") else "%s; 3rd: %s" % (first, third))
        print("| %s | %s | %s |" % (name, call, " | ".join(cells)), flush=True)


if __name__ == "__main__":
    main()

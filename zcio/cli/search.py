"""``python -m zcio search``: the offsets of a byte string in files, as ``grep -obUaF`` prints them."""

import argparse
import os
import sys

from zcio import mmap, search

__all__ = ["add_parser", "run"]

# How much of a stream is read at once, and the most offsets that are formatted in one go.
_CHUNK = 1 << 20
_LINES = 8192


def _limit(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("LIMIT must be a number, and not negative")
    return int(text)


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "search",
        help="print where a byte string lies in files",
        description="Print the byte offset of every occurrence of PATTERN, a fixed string, in each FILE, as "
        "`grep -obUaF` does. Files are mapped, not read; `-` is standard input.",
        epilog="Exit status: 0 if an occurrence was found, 1 if none, 2 if a file could not be searched.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("-c", "--count", action="store_true", help="print how many occurrences there are")
    what.add_argument("-r", "--last", action="store_true", help="print the last occurrence only")
    parser.add_argument("-n", "--limit", type=_limit, metavar="LIMIT", help="stop after LIMIT occurrences per file")
    parser.add_argument("--hex", action="store_true", help="PATTERN is given in hexadecimal, such as 504b0506")
    parser.add_argument("pattern", metavar="PATTERN")
    parser.add_argument("files", metavar="FILE", nargs="+")
    parser.set_defaults(run=run)


def _complain(text):
    sys.stdout.flush()
    print("zcio search: " + text, file=sys.stderr)


def _windows(path, overlap):
    """The content of ``path`` as (offset, buffer) windows: one mapping, or pieces of what cannot be mapped.

    Each piece begins with the last ``overlap()`` bytes of the one before.
    """
    if path == "-":
        yield from _pieces(sys.stdin.buffer, overlap)
        return
    with open(path, "rb", buffering=0) as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            # Empty, or not a regular file, or one of /proc, whose size is 0 whatever it holds.
            mapped = None
        if mapped is None:
            yield from _pieces(file, overlap)
        else:
            with mapped:
                yield 0, mapped


def _pieces(file, overlap):
    offset, kept = 0, b""
    while True:
        chunk = file.read(_CHUNK)
        if not chunk:
            return
        piece = kept + chunk
        yield offset, piece
        keep = min(overlap(), len(piece))
        kept = piece[len(piece) - keep :]
        offset += len(piece) - keep


class _File:
    """One file's search: what was found so far, and how to say it."""

    def __init__(self, path, pattern, prefix):
        self.path = path
        self.pattern = pattern
        self.prefix = os.fsencode(path if path != "-" else "(standard input)") + b":" if prefix else b""
        self.line = self.prefix.replace(b"%", b"%%") + b"%d:" + pattern.replace(b"%", b"%%") + b"\n"
        self.covered = 0  # the absolute offset up to which windows were searched
        self.resume = 0  # where the next occurrence may begin without overlapping the last one

    def overlap(self):
        """How many bytes of the end of a window may belong to an occurrence that the next one completes."""
        return max(0, min(len(self.pattern) - 1, self.covered - self.resume))

    def windows(self):
        """(offset, buffer, start): each window and where in it to begin."""
        for offset, buffer in _windows(self.path, self.overlap):
            self.covered = offset + len(buffer)
            yield offset, buffer, max(0, self.resume - offset)

    def count(self):
        """How many occurrences there are."""
        total = 0
        for offset, buffer, start in self.windows():
            if isinstance(buffer, mmap.mmap):
                return search.count(buffer, self.pattern)
            for at in search.find_all(buffer, self.pattern, start):
                total += 1
                self.resume = offset + at + len(self.pattern)
        return total

    def last(self):
        """The offset of the last occurrence, or -1."""
        last = -1
        for offset, buffer, _ in self.windows():
            at = search.rfind(buffer, self.pattern)
            if at >= 0:
                last = offset + at
        return last

    def batches(self, limit):
        """Lists of offsets, at most ``limit`` in all."""
        left = limit
        for offset, buffer, start in self.windows():
            batch = []
            for at in search.find_all(buffer, self.pattern, start):
                if left == 0:
                    break
                batch.append(offset + at)
                self.resume = offset + at + len(self.pattern)
                if left is not None:
                    left -= 1
                if len(batch) == _LINES:
                    yield batch
                    batch = []
            if batch:
                yield batch
            if left == 0:
                return


def _search(path, pattern, prefix, arguments):
    """Search one file and print. Returns whether anything was found."""
    file = _File(path, pattern, prefix)
    out = sys.stdout.buffer
    if arguments.count:
        total = file.count() if arguments.limit is None else sum(map(len, file.batches(arguments.limit)))
        out.write(file.prefix + b"%d\n" % total)
        return total > 0
    if arguments.last:
        at = file.last() if arguments.limit != 0 else -1
        if at >= 0:
            out.write(file.line % at)
        return at >= 0
    found = False
    for batch in file.batches(arguments.limit):
        out.write(file.line * len(batch) % tuple(batch))
        found = True
    return found


def run(arguments):
    """Search every file. Returns the exit status: 0 found, 1 not found, 2 after an error."""
    try:
        pattern = bytes.fromhex(arguments.pattern) if arguments.hex else os.fsencode(arguments.pattern)
    except ValueError:
        _complain("PATTERN is not hexadecimal: %s" % arguments.pattern)
        return 2
    if not pattern:
        _complain("PATTERN is empty")
        return 2
    found = failed = False
    for path in arguments.files:
        try:
            found |= _search(path, pattern, len(arguments.files) > 1, arguments)
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            _complain("%s: %s" % (path, getattr(error, "strerror", None) or error))
            failed = True
    return 2 if failed else 0 if found else 1

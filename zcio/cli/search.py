"""``python -m zcio search``: prints the offsets of a byte string in files, as ``grep -obUaF`` does."""

import argparse
import os
from array import array
from errno import EAGAIN

import zcio.re
from zcio import mmap, search
from zcio.cli.grep_windows import MAPPING
from zcio.cli.parsing import permute, positive_number
from zcio.cli.streams import complain, is_output, standard_input, write

__all__ = ["add_parser", "run"]

_CHUNK = 1 << 20  # bytes per read of a stream
_LINES = 8192  # the most lines of output that are formatted at once


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
    what.add_argument("--last", action="store_true", help="print the last occurrence only")
    parser.add_argument("--limit", type=_limit, metavar="LIMIT", help="stop after LIMIT occurrences per file")
    parser.add_argument(
        "--threads",
        type=positive_number,
        default=1,
        metavar="N",
        help="up to N threads for a file (for a regular expression, with -c)",
    )
    parser.add_argument("--hex", action="store_true", help="PATTERN is given in hexadecimal, such as 504b0506")
    parser.add_argument(
        "-E", "--extended-regexp", action="store_true", help="PATTERN is a regular expression of Python"
    )
    parser.add_argument("-i", "--ignore-case", action="store_true", help="ignore the case of ASCII letters")
    parser.add_argument("-e", "--regexp", metavar="PATTERN", dest="pattern", help="PATTERN, which may begin with -")
    parser.add_argument("files", metavar="[PATTERN] FILE", nargs="+")
    parser.set_defaults(run=run)
    permute(parser)


def _complain(text):
    complain("search", text)


class _WriteError(Exception):
    """Output could not be written; the argument is the OSError."""


def _write(data):
    try:
        write(data)
    except OSError as error:
        raise _WriteError(error) from None


def _windows(path, overlap, prints_more):
    """Yield the content of ``path`` as (offset, buffer): one mapping or, if that cannot be mapped, pieces of a stream.

    Each piece begins with the last ``overlap()`` bytes of the piece before it. ``prints_more``: whether there may be
    output before the end of the file is reached, so that the file must not be the output.
    """
    with standard_input() if path == "-" else open(path, "rb", buffering=0) as file:
        if prints_more and is_output(file):
            raise ValueError("input file is also the output")
        try:
            # Standard input is read from its position on.
            mapped = None if path == "-" else MAPPING(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            # It is empty, or not a regular file, or a file of /proc, whose size is always 0.
            mapped = None
        if mapped is None:
            yield from _pieces(file, overlap)
        else:
            try:
                yield 0, mapped
            finally:
                try:
                    mapped.close()
                except BufferError:
                    pass  # an exception's traceback refers to a view of it, and it is closed with that


def _pieces(file, overlap):
    offset, kept = 0, b""
    while True:
        chunk = file.read(_CHUNK)
        if chunk is None:
            raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
        if not chunk:
            return
        piece = kept + chunk
        yield offset, piece
        keep = min(overlap(), len(piece))
        kept = piece[len(piece) - keep :]
        offset += len(piece) - keep


class _File:
    """The search for a byte string in one file, and its lines of output."""

    def __init__(self, path, pattern, prefix, prints_more):
        self.path = path
        self.pattern = pattern
        self.prints_more = prints_more
        self.prefix = os.fsencode(path if path != "-" else "(standard input)") + b":" if prefix else b""
        self.line = self.prefix.replace(b"%", b"%%") + b"%d:" + pattern.replace(b"%", b"%%") + b"\n"
        self.covered = 0  # the offset in the file up to which windows were searched
        self.resume = 0  # the end of the last occurrence: the next one may not begin before it

    def overlap(self):
        """The most bytes at the end of the window that may belong to an occurrence that ends in the next window."""
        return max(0, min(len(self.pattern) - 1, self.covered - self.resume))

    def windows(self):
        """Yield (offset, buffer, start): each window, and the position in it at which to begin."""
        for offset, buffer in _windows(self.path, self.overlap, self.prints_more):
            self.covered = offset + len(buffer)
            yield offset, buffer, max(0, self.resume - offset)

    def count(self, threads):
        """The number of occurrences, counted by up to ``threads`` threads if the file is mapped."""
        total = 0
        for offset, buffer, start in self.windows():
            if isinstance(buffer, mmap.mmap):
                return search.count(buffer, self.pattern, threads=threads)
            for at in search.find_all(buffer, self.pattern, start):
                total += 1
                self.resume = offset + at + len(self.pattern)
        return total

    def last(self):
        """The batch with the last occurrence, or an empty one."""
        batch = []
        for offset, buffer, _ in self.windows():
            at = search.rfind(buffer, self.pattern)
            if at >= 0:
                batch = [offset + at]
        return batch

    def text(self, batch):
        """The lines of output for a batch."""
        return self.line * len(batch) % tuple(batch)

    def batches(self, limit, threads=1):
        """Yield batches of offsets, at most ``limit`` in all, found by up to ``threads`` threads."""
        left = limit
        for offset, buffer, start in self.windows():
            batch = []
            for at in search.find_all(buffer, self.pattern, start, threads=threads if left is None else 1):
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


class _RegexFile(_File):
    """The search for a regular expression in one file. A file that cannot be mapped is read as a whole."""

    def __init__(self, path, pattern, prefix, prints_more):
        _File.__init__(self, path, b"", prefix, prints_more)
        self.compiled = pattern

    def buffers(self):
        """Yield the content in one buffer, or nothing if the file is empty."""
        pieces = []
        for _, buffer in _windows(self.path, lambda: 0, self.prints_more):
            if isinstance(buffer, mmap.mmap):
                yield buffer
                return
            pieces.append(buffer)
        if pieces:
            yield b"".join(pieces)

    def count(self, threads):
        """The number of matches, counted by up to ``threads`` threads."""
        return sum(self.compiled.count(buffer, threads=threads) for buffer in self.buffers())

    def last(self):
        """The batch with the last match, or an empty one."""
        last = []
        for batch in self.batches(None):
            last = batch[-1:]
        return last

    def text(self, batch):
        """The lines of output for a batch."""
        return b"".join(batch)

    def batches(self, limit, threads=1):
        """Yield batches of lines of output, at most ``limit`` lines in all. One thread finds them."""
        left = limit
        offsets = array("Q", bytes(16 * _LINES))
        for buffer in self.buffers():
            position = 0
            while position is not None and (left is None or left > 0):
                # Not spans(): on PyPy, an iterator that is not exhausted would keep the mapping open.
                found, position = self.compiled.spans_into(buffer, offsets, position)
                flat = offsets[: 2 * (found if left is None else min(left, found))]
                if left is not None:
                    left -= len(flat) // 2
                if flat:
                    yield [
                        self.prefix + b"%d:" % start + buffer[start:end] + b"\n"
                        for start, end in zip(flat[::2], flat[1::2])
                    ]


def _search(file, arguments):
    """Search one file and print. Returns whether anything was found."""
    limit = arguments.limit
    if arguments.count:
        total = file.count(arguments.threads) if limit is None else sum(map(len, file.batches(limit)))
        _write(file.prefix + b"%d\n" % total)
        return total > 0
    batches = file.batches(limit, arguments.threads)
    if arguments.last:
        batches = [] if limit == 0 else [file.last()]
    found = False
    for batch in batches:
        _write(file.text(batch))
        found |= bool(batch)
    return found


def _compiled(pattern, arguments):
    """The compiled regular expression, or None to search for a byte string. Raises ValueError."""
    if not (arguments.extended_regexp or arguments.ignore_case):
        return None
    source = pattern if arguments.extended_regexp else zcio.re.escape(pattern)
    try:
        return zcio.re.compile(source, zcio.re.IGNORECASE if arguments.ignore_case else 0)
    except zcio.re.error as error:
        raise ValueError("invalid pattern: %s" % error) from None


def run(arguments):
    """Search every file. Returns the exit status: 0 found, 1 not found, 2 after an error."""
    if arguments.pattern is None:
        arguments.pattern = arguments.files.pop(0)
    if not arguments.files:
        arguments.subparser.error("the following arguments are required: FILE")
    try:
        pattern = bytes.fromhex(arguments.pattern) if arguments.hex else os.fsencode(arguments.pattern)
    except ValueError:
        _complain("PATTERN is not hexadecimal, two digits for each byte: %s" % arguments.pattern)
        return 2
    if not pattern:
        _complain("PATTERN is empty")
        return 2
    try:
        compiled = _compiled(pattern, arguments)
    except ValueError as error:
        _complain(str(error))
        return 2
    found = failed = False
    prints_more = not arguments.count and arguments.limit != 1  # as GNU grep's
    for path in arguments.files:
        try:
            kind = _File if compiled is None else _RegexFile
            wanted = pattern if compiled is None else compiled
            found |= _search(kind(path, wanted, len(arguments.files) > 1, prints_more), arguments)
        except _WriteError as failure:
            raise failure.args[0] from None
        except (OSError, ValueError) as error:
            _complain("%s: %s" % (path, getattr(error, "strerror", None) or error))
            failed = True
        except MemoryError:
            _complain("%s: memory exhausted" % path)
            failed = True
    return 2 if failed else 0 if found else 1

"""``python -m zcio grep``: lines of files that match Python's regular expressions, with GNU grep's options and output.

The patterns are those of zcio.re over bytes, each line taken by itself. Where the core can search them, whole files are
searched for the next matching line; other patterns are tried on one line after another.
"""

import argparse
import errno
import fnmatch
import os
import re
import sys

from zcio import mmap
from zcio._core import regex as core
from zcio._core import search as core_search
from zcio._re.program import Program
from zcio.cli.intermixing import intermix

__all__ = ["add_parser", "run"]

# A file is binary if a null byte is among its first bytes; one further on makes it binary from there on.
_HEAD = 32 * 1024
_FLUSH = 1 << 16

_FILE_COLOR = b"\33[35m\33[K%s\33[m\33[K"
_NUMBER_COLOR = b"\33[32m\33[K%s\33[m\33[K"
_SEPARATOR_COLOR = b"\33[36m\33[K%s\33[m\33[K"
_MATCH_COLOR = b"\33[01;31m\33[K%s\33[m\33[K"


def _number(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("invalid number: %r" % text)
    return int(text)


def _threads(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("N must be a number, at least 1")
    return int(text)


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "grep",
        help="print the lines of files that match a pattern",
        description="Print the lines of each FILE that match PATTERNS, one regular expression of Python's re (bytes) a "
        "line, as GNU grep does. Files are mapped, not read; without a FILE, or for `-`, it is standard input.",
        epilog="Exit status: 0 if a line was selected, 1 if none, 2 after an error (with -q only if no line was).",
        add_help=False,
    )
    parser.add_argument("--help", action="help", help="show this help message and exit")
    add = parser.add_argument
    add(
        "-E",
        "--extended-regexp",
        action="store_true",
        help="ignored: the patterns are Python's, and those are extended",
    )
    add("-F", "--fixed-strings", action="store_true", help="PATTERNS are strings")
    add("-e", "--regexp", action="append", metavar="PATTERNS", help="search for these, too")
    add("-f", "--file", action="append", metavar="FILE", help="take PATTERNS from FILE")
    add("-i", "--ignore-case", action="store_true", help="ignore the case of ASCII letters")
    add("-w", "--word-regexp", action="store_true", help="match only whole words")
    add("-x", "--line-regexp", action="store_true", help="match only whole lines")
    add("-z", "--null-data", action="store_true", help="lines end in a null byte instead of a newline")
    add("-s", "--no-messages", action="store_true", help="say nothing of files that cannot be read")
    add("-v", "--invert-match", action="store_true", help="select the lines that do not match")
    add("-m", "--max-count", type=_number, metavar="NUM", help="stop after NUM selected lines of a file")
    add("-b", "--byte-offset", action="store_true", help="print the offset of each line, with -o of each match")
    add("-n", "--line-number", action="store_true", help="print the number of each line")
    add("-H", "--with-filename", action="store_true", default=None, dest="names", help="print file names")
    add("-h", "--no-filename", action="store_false", dest="names", help="print no file names")
    add("-o", "--only-matching", action="store_true", help="print only what matches, one match a line")
    add("-q", "--quiet", "--silent", action="store_true", help="print nothing, stop at the first selected line")
    add("-a", "--text", action="store_true", help="print lines of binary files, too")
    add("-r", "--recursive", action="store_true", help="search the files of directories, too")
    add("--include", action="append", default=[], metavar="GLOB", help="with -r: only files that match GLOB")
    add("--exclude", action="append", default=[], metavar="GLOB", help="skip files that match GLOB")
    add(
        "-L",
        "--files-without-match",
        action="store_const",
        const="without",
        dest="list",
        help="print only names of files without a selected line",
    )
    add(
        "-l",
        "--files-with-matches",
        action="store_const",
        const="with",
        dest="list",
        help="print only names of files with a selected line",
    )
    add("-c", "--count", action="store_true", help="print only how many lines were selected")
    add("-B", "--before-context", type=_number, metavar="NUM", help="print NUM lines before each")
    add("-A", "--after-context", type=_number, metavar="NUM", help="print NUM lines after each")
    add("-C", "--context", type=_number, metavar="NUM", help="print NUM lines before and after each")
    add("--color", "--colour", nargs="?", const="auto", default="never", choices=("always", "never", "auto"))
    add("--threads", type=_threads, default=1, metavar="N", help="with -c: use up to N threads for a file")
    add("operands", nargs="*", metavar="[PATTERNS] FILE")
    parser.set_defaults(run=run)
    intermix(parser)


class _Usage(Exception):
    """The command line asks for what cannot be done; the text says why."""


def _patterns(arguments):
    """The patterns, as a list of bytes."""
    texts = [os.fsencode(text) for text in arguments.regexp or []]
    found = [line for text in texts for line in text.split(b"\n")]
    for path in arguments.file or []:
        try:
            with sys.stdin.buffer if path == "-" else open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise _Usage("%s: %s" % (path, error.strerror)) from None
        if data:
            found += (data[:-1] if data.endswith(b"\n") else data).split(b"\n")
    if arguments.regexp is None and arguments.file is None:
        if not arguments.operands:
            raise _Usage("no PATTERNS given")
        found += os.fsencode(arguments.operands.pop(0)).split(b"\n")
    return found


class _Matcher:
    """What a line must match: ``stdlib`` for one line; ``program`` for whole files, None if the core cannot."""

    def __init__(self, patterns, arguments):
        if arguments.fixed_strings:
            patterns = [re.escape(pattern) for pattern in patterns]
        flags = re.IGNORECASE if arguments.ignore_case else 0
        self.never = not patterns
        try:
            for pattern in patterns:
                re.compile(pattern, flags)
            source = patterns[0] if len(patterns) == 1 else b"|".join(b"(?:%s)" % pattern for pattern in patterns)
            if arguments.line_regexp:
                source = b"\\A(?:%s)\\Z" % source
            self.stdlib = re.compile(b"(?<!\\w)(?:%s)(?!\\w)" % source if self._words(arguments) else source, flags)
            self.program = None
            if not (self.never or arguments.null_data):
                whole = re.compile(source, flags)
                program = Program(whole.pattern, whole.flags, by_line=True, words=self._words(arguments))
                self.program = program if program.reason is None else None
        except re.error as error:
            raise _Usage("invalid pattern: %s" % error) from None

    @staticmethod
    def _words(arguments):
        return arguments.word_regexp and not arguments.line_regexp

    def matches(self, line):
        """(start, end) of what to show of a line."""
        return [match.span() for match in self.stdlib.finditer(line) if match.start() < match.end()]


class _File:
    """The lines of one open buffer, and which are selected."""

    def __init__(self, buffer, matcher, arguments):
        self.buffer = buffer
        self.hold = core.Hold(buffer)
        self.size = self.hold.size
        self.data = self.hold.view()
        self.matcher = matcher
        self.invert = arguments.invert_match
        self.end = b"\0" if arguments.null_data else b"\n"

    def lines(self, start, stop):
        """Where the lines between two offsets start and end, their ends included."""
        while start < stop:
            at = core_search.find(self.buffer, self.end, start, stop)
            following = stop if at < 0 else at + 1
            yield start, following
            start = following

    def matching(self):
        """The spans of the lines that match."""
        program = self.matcher.program
        if self.matcher.never or not self.size:
            return
        if program is None:
            search, data, end = self.matcher.stdlib.search, self.data, self.end
            for start, stop in self.lines(0, self.size):
                line = data[start:stop]
                if search(line[:-1] if line[-1:] == end else line):
                    yield start, stop
            return
        search = program.search()
        try:
            for flat in search.batches(self.hold, 0, self.size, lines=True, capacity=16):
                yield from zip(flat[::2], flat[1::2])
        finally:
            program.put_back(search)

    def selected(self):
        """The spans of the selected lines."""
        if not self.invert:
            yield from self.matching()
            return
        at = 0
        for start, stop in self.matching():
            yield from self.lines(at, start)
            at = stop
        yield from self.lines(at, self.size)

    def count(self, most, threads):
        """How many lines are selected, at most ``most``."""
        program = self.matcher.program
        if most is None and program is not None and self.size:
            found = program.count_lines(self.buffer, self.hold, threads)
            if not self.invert:
                return found
            total = core_search.count(self.buffer, self.end, 0, self.size)
            return total + (self.data[self.size - 1 : self.size] != self.end) - found
        total = 0
        for _ in self.selected():
            if total == most:
                break
            total += 1
        return total


class _Printer:
    """Writes lines as grep does."""

    def __init__(self, arguments, names, out):
        self.arguments = arguments
        self.names = names
        self.out = out
        self.color = arguments.color == "always" or (arguments.color == "auto" and out.isatty())
        context = arguments.context
        self.before = context if arguments.before_context is None else arguments.before_context
        self.after = context if arguments.after_context is None else arguments.after_context
        self.has_context = self.before is not None or self.after is not None
        self.printed = False

    def painted(self, color, text):
        return color % text if self.color else text

    def name(self, name, sep):
        """A name by itself, or the beginning of what is said of a file."""
        return self.painted(_FILE_COLOR, name) + sep

    def prefix(self, name, number, offset, sep):
        sep = self.painted(_SEPARATOR_COLOR, sep)
        text = self.name(name, sep) if self.names else b""
        if self.arguments.line_number:
            text += self.painted(_NUMBER_COLOR, b"%d" % number) + sep
        if self.arguments.byte_offset:
            text += self.painted(_NUMBER_COLOR, b"%d" % offset) + sep
        return text

    def line(self, file, name, number, start, stop, is_selected):
        line = file.data[start:stop]
        if line[-1:] == file.end:
            line = line[:-1]
        sep = b":" if is_selected else b"-"
        matches = is_selected != file.invert
        write = self.out.write
        if self.arguments.only_matching:
            if is_selected and matches:
                for first, last in file.matcher.matches(line):
                    text = self.painted(_MATCH_COLOR, line[first:last])
                    write(self.prefix(name, number, start + first, sep) + text + file.end)
            return
        if self.color and matches:
            parts, at = [], 0
            for first, last in file.matcher.matches(line):
                parts += [line[at:first], _MATCH_COLOR % line[first:last]]
                at = last
            line = b"".join(parts) + line[at:]
        write(self.prefix(name, number, start, sep) + line + file.end)

    def selected(self, file, name, is_binary_from):
        """Print the selected lines of a file and their context. Returns whether there were any."""
        most = self.arguments.max_count
        numbers = _Numbers(file) if self.arguments.line_number else None
        count = 0
        shown_to = 0  # the end of the last line printed
        pending = None  # where trailing context would begin
        for start, stop in file.selected():
            if count == most:
                break
            if is_binary_from is not None and stop > is_binary_from:
                self.out.flush()
                print("zcio grep: %s: binary file matches" % os.fsdecode(name), file=sys.stderr)
                return True
            if self.has_context:
                first = self._before(file, start, shown_to)
                if pending is not None:
                    shown_to = self._trailing(file, name, pending, first, numbers)
                    first = max(first, shown_to)
                if self.printed and first > shown_to or self.printed and not count:
                    self.out.write(self.painted(_SEPARATOR_COLOR, b"--") + b"\n")
                for at, end in file.lines(first, start):
                    self.line(file, name, numbers and numbers.of(at), at, end, False)
            self.line(file, name, numbers and numbers.of(start), start, stop, True)
            self.printed = True
            count += 1
            shown_to = pending = stop
        if pending is not None and self.after and self.has_context:
            self._trailing(file, name, pending, file.size, numbers)
        return count > 0

    def _before(self, file, start, shown_to):
        """Where the leading context of the line at ``start`` begins."""
        for _ in range(self.before or 0):
            if start <= shown_to:
                break
            start = core_search.rfind(file.buffer, file.end, shown_to, start - 1) + 1 or shown_to
        return start

    def _trailing(self, file, name, start, stop, numbers):
        """Print trailing context up to ``stop``. Returns where it ends."""
        left = self.after or 0
        for at, end in file.lines(start, stop):
            if not left:
                break
            self.line(file, name, numbers and numbers.of(at), at, end, False)
            start = end
            left -= 1
        return start


class _Numbers:
    """Counts lines up to offsets that only grow."""

    def __init__(self, file):
        self.file = file
        self.at = 0
        self.number = 1

    def of(self, offset):
        self.number += core_search.count(self.file.buffer, self.file.end, self.at, offset)
        self.at = offset
        return self.number


class _Grep:
    """One run: what was found and what failed so far."""

    def __init__(self, arguments, matcher, names):
        self.arguments = arguments
        self.matcher = matcher
        self.out = sys.stdout.buffer
        self.printer = _Printer(arguments, names, self.out)
        self.found = self.failed = False

    def complain(self, path, error):
        self.failed = True
        if not self.arguments.no_messages:
            self.out.flush()
            print("zcio grep: %s: %s" % (path, getattr(error, "strerror", None) or error), file=sys.stderr)

    def path(self, path, given=True):
        """Search what a path names; ``given`` on the command line."""
        arguments = self.arguments
        if path != "-":
            if os.path.isdir(path):
                if arguments.recursive:
                    self.directory(path)
                else:
                    self.complain(path, OSError(errno.EISDIR, os.strerror(errno.EISDIR)))
                    self.buffer(b"", os.fsencode(path))
                return
            name = path if given else os.path.basename(path)
            if any(fnmatch.fnmatchcase(name, glob) for glob in arguments.exclude):
                return
            if arguments.include and not any(fnmatch.fnmatchcase(name, glob) for glob in arguments.include):
                return
        try:
            self.file(path)
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            self.complain(path, error)

    def directory(self, path):
        try:
            entries = list(os.scandir(path))
        except OSError as error:
            self.complain(path, error)
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                self.directory(entry.path)
            elif entry.is_file(follow_symlinks=False):
                self.path(entry.path, False)
            if self.found and self.arguments.quiet:
                return

    def file(self, path):
        if path == "-":
            if sys.stdin is None:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            self.buffer(sys.stdin.buffer.read(), b"(standard input)")
            return
        with open(path, "rb", buffering=0) as file:
            try:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except (OSError, ValueError):
                # Empty, or not a regular file, or one of /proc, whose size is 0 whatever it holds.
                self.buffer(file.read(), self.shown(path))
                return
        with mapped:
            self.buffer(mapped, self.shown(path))

    def shown(self, path):
        if not self.arguments.operands and path.startswith("./"):
            path = path[2:]  # of the working directory that -r searches by itself
        return os.fsencode(path)

    def buffer(self, buffer, name):
        arguments, printer = self.arguments, self.printer
        file = _File(buffer, self.matcher, arguments)
        try:
            if arguments.quiet or arguments.list:
                found = arguments.max_count != 0 and any(True for _ in file.selected())
                if not arguments.quiet and found == (arguments.list == "with"):
                    self.out.write(printer.name(name, b"\n"))
            elif arguments.count:
                count = file.count(arguments.max_count, arguments.threads)
                found = count > 0
                prefix = printer.name(name, printer.painted(_SEPARATOR_COLOR, b":")) if printer.names else b""
                self.out.write(prefix + b"%d\n" % count)
            else:
                null = -1
                if not arguments.text and not arguments.null_data:
                    null = core_search.find(buffer, b"\0", 0, file.size)
                found = printer.selected(file, name, None if null < 0 else 0 if null < _HEAD else null)
        finally:
            file.hold.release()
        self.found |= found


def run(arguments):
    """Search every file. Returns the exit status: 0 a line was selected, 1 none, 2 after an error."""
    try:
        matcher = _Matcher(_patterns(arguments), arguments)
    except _Usage as why:
        print("zcio grep: %s" % why, file=sys.stderr)
        return 2
    if sys.stdout is None:
        print("zcio grep: write error: %s" % os.strerror(errno.EBADF), file=sys.stderr)
        return 2
    if arguments.max_count == 0 and arguments.list != "without":
        return 1  # as GNU grep, which looks at no file then
    paths = arguments.operands or (["."] if arguments.recursive else ["-"])
    names = arguments.names
    if names is None:
        names = len(paths) > 1 or arguments.recursive
    grep = _Grep(arguments, matcher, names)
    for path in paths:
        grep.path(path)
        if grep.found and arguments.quiet:
            return 0
    return 2 if grep.failed else 0 if grep.found else 1

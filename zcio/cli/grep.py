"""``python -m zcio grep``: lines of files that match Python's regular expressions, with GNU grep's options and output.

This file has the options, the patterns and the walk over files; grep_windows reads a file, grep_output selects lines
and prints. What is printed, and the status, are those of GNU grep 3.8 in the C locale, byte for byte.
"""

import argparse
import errno
import fnmatch
import io
import os
import re
import stat
import sys
from functools import partial

from zcio.cli.grep_matcher import Matcher
from zcio.cli.grep_output import Output, Search, WriteError
from zcio.cli.grep_windows import Windows
from zcio.cli.intermixing import intermix

__all__ = ["add_parser", "run"]


def _number(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("invalid number: %r" % text)
    return int(text)


def _threads(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("N must be a number, at least 1")
    return int(text)


class _Glob(argparse.Action):
    """Collects (GLOB, whether it is to be included), in the order given."""

    def __call__(self, parser, namespace, value, option=None):
        namespace.globs += ((value, option.startswith("--i")),)


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "grep",
        help="print the lines of files that match a pattern",
        description="Print the lines of each FILE that match PATTERNS, one regular expression of Python's re (bytes) a "
        "line, as GNU grep does. Large files are mapped, not read; without a FILE, or for `-`, it is standard input.",
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
    add("--include", action=_Glob, dest="globs", default=(), metavar="GLOB", help="only files that match GLOB")
    add("--exclude", action=_Glob, dest="globs", default=(), metavar="GLOB", help="skip files that match GLOB")
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
            with _standard_input() if path == "-" else open(path, "rb") as file:
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


def _standard_input():
    """Standard input, without a buffer, left open when this is closed."""
    if sys.stdin is None:  # closed by whoever started this process
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return io.FileIO(sys.stdin.fileno(), closefd=False)


class _Grep:
    """One run: what was found and what failed so far."""

    def __init__(self, arguments, matcher, names, out):
        self.arguments = arguments
        self.matcher = matcher
        self.names = names
        self.out = out
        self.found = self.failed = False
        self.is_listing = arguments.quiet or arguments.list is not None
        try:
            about = os.fstat(sys.stdout.fileno())
        except (OSError, ValueError):
            about = None  # a program put something else there
        # The file that output goes to, which is not searched: it might never end.
        self.target = None
        if about is not None and stat.S_ISREG(about.st_mode) and not self.is_listing and arguments.max_count != 1:
            self.target = about.st_dev, about.st_ino

    def complain(self, path, reason):
        """Say that something is wrong with a path."""
        self.failed = True
        if not self.arguments.no_messages:
            self.out.complain("%s: %s" % (path, reason))

    def skips(self, *names):
        """Whether --include and --exclude rule out a file of these names: the last one that matches decides."""
        globs = self.arguments.globs
        for glob, is_included in reversed(globs):
            if any(fnmatch.fnmatchcase(name, glob) for name in names):
                return not is_included
        return bool(globs) and globs[0][1]

    def operand(self, path):
        """Search what the command line names."""
        if path == "-":
            self.file(path, "(standard input)", _standard_input)
        elif os.path.isdir(path) and self.arguments.recursive:
            self.directory(path)
        elif os.path.isdir(path) or not self.skips(*_tails(path)):
            self.file(path, path, partial(open, path, "rb", 0))

    def directory(self, path):
        """Search the files below a directory; symbolic links and devices are no such files."""
        try:
            entries = list(os.scandir(path))
        except OSError as error:
            self.complain(path, error.strerror)
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                self.directory(entry.path)
            elif entry.is_file(follow_symlinks=False) and not self.skips(entry.name):
                self.file(entry.path, self.shown(entry.path), partial(open, entry.path, "rb", 0))
            if self.found and self.arguments.quiet:
                return

    def shown(self, path):
        """What a file found by -r is called."""
        return path[2:] if not self.arguments.operands and path.startswith("./") else path

    def file(self, path, name, opened):
        """Search the file that ``opened()`` opens."""
        try:
            file = opened()
        except IsADirectoryError as error:
            self.complain(path, error.strerror)
            self.search(None, path)
            return
        except OSError as error:
            self.complain(name, error.strerror)
            return
        with file:
            if self.target is not None and self.is_target(file):
                self.complain(name, "input file is also the output")
            else:
                self.search(file, name)

    def is_target(self, file):
        """Whether output goes to ``file``."""
        about = os.fstat(file.fileno())
        return (about.st_dev, about.st_ino) == self.target

    def search(self, file, name):
        """Search an open file, or one that cannot be opened, as if it were empty."""
        arguments = self.arguments
        search = Search(arguments, self.matcher, self.names, os.fsencode(name), self.out)
        if file is not None:
            is_input = name == "(standard input)"
            begun = _position(file) if is_input else None
            windows = Windows(file, search.end, arguments.text or arguments.null_data)
            try:
                search.run(windows)
                if is_input and not self.is_listing:
                    _leave(file, windows, begun, search)
            except OSError as error:
                self.complain(name, error.strerror)
            except ValueError as error:
                self.complain(name, error)
        search.finish()
        self.found |= search.count > 0


def _tails(path):
    """A path, and what follows each of its slashes."""
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _position(file):
    """Where a file stands; None if it cannot be positioned."""
    try:
        return file.tell()
    except OSError:
        return None


def _leave(file, windows, begun, search):
    """Leave standard input for the next program: behind the last line that -m allowed, or at its end."""
    if search.left == 0:
        if begun is not None:
            file.seek(begun + search.last_selected)
    elif not windows.exhausted:
        if begun is not None:
            file.seek(0, os.SEEK_END)
        else:
            while file.read(1 << 16):
                pass


def run(arguments):
    """Search every file. Returns the exit status: 0 a line was selected, 1 none, 2 after an error."""
    if sys.stdout is None:
        print("zcio grep: write error: %s" % os.strerror(errno.EBADF), file=sys.stderr)
        return 2
    out = Output(sys.stdout.buffer)
    try:
        try:
            patterns = _patterns(arguments)
            if not patterns:
                # Nothing matches then; GNU grep selects the lines that do not match the empty pattern.
                patterns = [b""]
                arguments.invert_match = not arguments.invert_match
                arguments.word_regexp = arguments.line_regexp = False
            matcher = Matcher(patterns, arguments)
        except _Usage as why:
            out.complain(str(why))
            return 2
        except re.error as why:
            out.complain("invalid pattern: %s" % why)
            return 2
        selects_nothing = arguments.max_count == 0 or (
            set(patterns) == {b""}
            and arguments.invert_match
            and not (arguments.word_regexp or arguments.line_regexp)
        )
        if selects_nothing and arguments.list != "without":
            return 1  # as GNU grep, which looks at no file then
        status = _run(arguments, matcher, out)
        out.flush()
        return status
    except MemoryError:
        out.complain("memory exhausted")
        return 2
    except WriteError as failed:
        if isinstance(failed.error, BrokenPipeError):
            raise failed.error
        # What is left in the buffer cannot be written either, and the interpreter would say so at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        out.complain("write error: %s" % failed.error.strerror)
        return 2


def _run(arguments, matcher, out):
    paths = arguments.operands or (["."] if arguments.recursive else ["-"])
    names = arguments.names
    if names is None:
        names = len(paths) > 1 or (arguments.recursive and os.path.isdir(paths[0]))
    grep = _Grep(arguments, matcher, names, out)
    for path in paths:
        grep.operand(path)
        if grep.found and arguments.quiet:
            return 0
    return 2 if grep.failed else 0 if grep.found else 1

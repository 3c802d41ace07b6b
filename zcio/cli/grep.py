"""``python -m zcio grep``: GNU grep's options and output, with Python's regular expressions.

This module has the options, the patterns and the walk over files. grep_windows reads a file, grep_matcher matches
lines, grep_output selects and prints them. Output and exit status are those of GNU grep 3.8 in the C locale.
"""

import argparse
import fnmatch
import os
import re
import sys
from functools import partial

from zcio.cli.grep_matcher import Matcher
from zcio.cli.grep_output import Output, Search, WriteError
from zcio.cli.grep_windows import Windows
from zcio.cli.parsing import permute, positive_number
from zcio.cli.streams import discard, is_output, standard_input

__all__ = ["add_parser", "run"]


def _number(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("invalid number: %r" % text)
    return int(text)


def _max_count(text):
    # To GNU grep, a negative number means no limit.
    return None if text[:1] == "-" and text[1:].isdecimal() else _number(text)


class _Glob(argparse.Action):
    """Appends (GLOB, whether it comes from --include) to the list of globs."""

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
    add("-m", "--max-count", type=_max_count, metavar="NUM", help="stop after NUM selected lines of a file")
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
    colours = ("always", "never", "auto")
    colour_help = "colour what matches; auto: on a terminal (default: never; without a word: auto)"
    add("--color", "--colour", nargs="?", const="auto", default="never", choices=colours, help=colour_help)
    add("--threads", type=positive_number, default=1, metavar="N", help="with -c: use up to N threads for a file")
    add("operands", nargs="*", metavar="[PATTERNS] FILE")
    parser.set_defaults(run=run)
    permute(parser)


class _UsageError(Exception):
    """The command line is wrong; the text says why."""


def _patterns(arguments):
    """The list of patterns. Takes the first operand if no option gives patterns."""
    texts = [os.fsencode(text) for text in arguments.regexp or []]
    found = [line for text in texts for line in text.split(b"\n")]
    for path in arguments.file or []:
        try:
            with standard_input() if path == "-" else open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise _UsageError("%s: %s" % (path, error.strerror)) from None
        if data:
            found += (data[:-1] if data.endswith(b"\n") else data).split(b"\n")
    if arguments.regexp is None and arguments.file is None:
        if not arguments.operands:
            arguments.subparser.error("the following arguments are required: PATTERNS")
        found += os.fsencode(arguments.operands.pop(0)).split(b"\n")
    return found


class _Grep:
    """One run over all files.

    ``found``: whether a line was selected. ``failed``: whether a file could not be searched.
    """

    def __init__(self, arguments, matcher, names, out):
        self.arguments = arguments
        self.matcher = matcher
        self.names = names
        self.out = out
        self.found = self.failed = False
        self.is_listing = arguments.quiet or arguments.list is not None
        # If a file may grow as it is read because it is the output, it is not searched.
        self.prints_more = not (self.is_listing or arguments.count or arguments.max_count == 1)

    def complain(self, path, reason):
        """Report an error of a file, unless -s was given."""
        self.failed = True
        if not self.arguments.no_messages:
            self.out.complain("%s: %s" % (path, reason))

    def skips(self, *names):
        """Whether --include and --exclude rule out a file with these names. The last glob that matches decides."""
        globs = self.arguments.globs
        for glob, is_included in reversed(globs):
            if any(fnmatch.fnmatchcase(name, glob) for name in names):
                return not is_included
        return bool(globs) and globs[0][1]

    def operand(self, path):
        """Search a file or directory named on the command line."""
        if path == "-":
            self.file(path, "(standard input)", standard_input)
        elif os.path.isdir(path) and self.arguments.recursive:
            self.directory(path)
        elif os.path.isdir(path) or not self.skips(*_tails(path)):
            self.file(path, path, partial(open, path, "rb", 0))

    def directory(self, path):
        """Search the regular files below a directory; symbolic links are not followed."""
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
        """The name to print for a file found by -r."""
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
            if self.prints_more and is_output(file):
                self.complain(name, "input file is also the output")
            else:
                self.search(file, name)

    def search(self, file, name):
        """Search an open file, or None: like GNU grep, search a directory as if it were empty."""
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
    """The path itself, and the part of it that follows each of its slashes."""
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _position(file):
    """The position of a file, or None if it has none."""
    try:
        return file.tell()
    except OSError:
        return None


def _leave(file, windows, begun, search):
    """Leave standard input positioned after the last line that -m allowed, or at its end, for the next program."""
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
    out = Output()
    try:
        try:
            patterns = _patterns(arguments)
            if not patterns:
                # An empty file of patterns matches no line: the opposite of the empty pattern, as GNU grep does it.
                patterns = [b""]
                arguments.invert_match = not arguments.invert_match
                arguments.word_regexp = arguments.line_regexp = False
            matcher = Matcher(patterns, arguments)
        except _UsageError as error:
            out.complain(str(error))
            return 2
        except re.error as error:
            out.complain("invalid pattern: %s" % error)
            return 2
        selects_nothing = arguments.max_count == 0 or (
            set(patterns) == {b""}
            and arguments.invert_match
            and not (arguments.word_regexp or arguments.line_regexp)
        )
        if selects_nothing and arguments.list != "without":
            return 1  # like GNU grep, without opening any file
        status = _run(arguments, matcher, out)
        out.flush()
        return status
    except MemoryError:
        out.complain("memory exhausted")
        return 2
    except WriteError as failure:
        if isinstance(failure.error, BrokenPipeError):
            raise failure.error
        # The rest of the buffer cannot be written either, and the interpreter would report that at exit.
        discard(sys.stdout)
        out.complain("write error: %s" % failure.error.strerror)
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

"""Selects the lines of one file for ``zcio grep``, and prints them as GNU grep does."""

import contextlib
import os
import sys

from zcio._core import regex as core, search as core_search
from zcio.cli import streams

__all__ = ["Output", "Search", "WriteError"]

_FILE_COLOR = b"\33[35m\33[K%s\33[m\33[K"
_NUMBER_COLOR = b"\33[32m\33[K%s\33[m\33[K"
_SEPARATOR_COLOR = b"\33[36m\33[K%s\33[m\33[K"
_MATCH_COLOR = b"\33[01;31m\33[K%s\33[m\33[K"


class WriteError(Exception):
    """Output could not be written; ``error`` is the OSError."""

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


class Output:
    """Standard output and error messages.

    ``used``: whether a line was selected in any file; if so, a separator precedes the next group of context lines.
    """

    def __init__(self):
        self.used = False
        self.is_terminal = sys.stdout.isatty()

    def write(self, data):
        """Write data. Raises WriteError."""
        try:
            streams.write(data)
        except OSError as error:
            raise WriteError(error) from None

    def flush(self):
        """Flush the buffer. Raises WriteError."""
        try:
            sys.stdout.flush()
        except OSError as error:
            raise WriteError(error) from None

    def complain(self, text):
        """Print a message to standard error."""
        streams.complain("grep", text)


class Search:
    """The search of one file.

    ``count``: the number of selected lines. ``left``: how many more may be selected, or None if there is no limit.
    ``last_selected``: the end of the last selected line. Offsets in attributes are relative to the file, those in
    arguments to the buffer of the window.
    """

    def __init__(self, arguments, matcher, names, name, out):
        self.arguments = arguments
        self.matcher = matcher
        self.names = names
        self.name = name
        self.out = out
        self.end = b"\0" if arguments.null_data else b"\n"
        self.is_listing = arguments.quiet or arguments.list is not None
        self.is_counting = arguments.count and not self.is_listing
        self.is_quiet = self.is_listing or self.is_counting
        self.stops_at_first = self.is_listing
        self.color = arguments.color == "always" or (
            arguments.color == "auto" and out.is_terminal and os.environ.get("TERM") not in (None, "dumb")
        )
        self.before = arguments.context if arguments.before_context is None else arguments.before_context
        self.after = arguments.context if arguments.after_context is None else arguments.after_context
        self.is_plain = not (
            names
            or self.color
            or arguments.line_number
            or arguments.byte_offset
            or arguments.only_matching
            or self.before is not None
            or self.after is not None
        )
        self.count = self.last_selected = 0
        self.left = arguments.max_count
        self.pending = 0  # how many lines of trailing context are still to be printed
        self.shown_to = None  # the end of the last line that was printed
        self.binary_from = None  # the number of lines selected before the file turned out to be binary
        self.numbered_to = 0  # the offset up to which lines were counted
        self.number = 0  # the number of lines before that offset

    def run(self, windows):
        """Select and print lines until the file ends or no more lines are wanted."""
        program, threads = self.matcher.program, self.arguments.threads
        if self.is_counting and self.left is None and program is not None:
            splits_at_nulls = program.splits_at_nulls and not self.arguments.invert_match
            if threads > 1 or splits_at_nulls or windows.is_text:
                count = windows.count(self.count_window, threads, splits_at_nulls)
                if count is not None:
                    self.count = count
                    return
        with contextlib.closing(iter(windows)) as each:
            for window in each:
                if windows.binary and self.binary_from is None:
                    self.binary_from = self.count
                    if not self.is_counting:
                        self.is_quiet = self.stops_at_first = True
                with core.Hold(window.buffer) as hold:
                    if not self.window(window, hold):
                        return
                    windows.keep = window.base + self.context_start(window, window.stop, self.before or 0)
                    if self.arguments.line_number:
                        self.number_of(window, window.stop)
                if self.out.is_terminal:
                    self.out.flush()

    def finish(self):
        """Print the count, the file's name or the message about a binary file, if one is due."""
        arguments = self.arguments
        if self.is_counting:
            prefix = self.painted(_FILE_COLOR, self.name) + self.painted(_SEPARATOR_COLOR, b":") if self.names else b""
            self.out.write(prefix + b"%d\n" % self.count)
        elif arguments.list is not None and not arguments.quiet:
            if (self.count > 0) == (arguments.list == "with"):
                self.out.write(self.painted(_FILE_COLOR, self.name) + b"\n")
        elif self.binary_from is not None and self.binary_from < self.count and not arguments.quiet:
            self.out.complain("%s: binary file matches" % os.fsdecode(self.name))

    # Selecting.

    def window(self, window, hold):
        """Select and print lines of one window. Returns whether the search continues."""
        if self.is_counting and self.left is None and self.matcher.program is not None:
            self.count += self.count_window(window, hold)
            return True
        if self.left != 0:
            for start, stop in self.selected(window, hold):
                self.count += 1
                if not self.is_quiet:
                    self.show(window, start, stop)
                self.out.used = True
                self.pending = 0 if self.is_quiet else self.after or 0
                self.last_selected = window.base + stop
                if self.left is not None:
                    self.left -= 1
                if self.left == 0 or self.stops_at_first:
                    break
        if self.pending:
            self.show_pending(window, window.stop)
        if self.left == 0 and not self.pending:
            return False
        return not (self.stops_at_first and self.count > (self.binary_from or 0))

    def count_window(self, window, hold):
        """The number of selected lines in a window."""
        program = self.matcher.program
        search = program.search()
        try:
            found = search.count(hold, window.start, window.stop, lines=True)[0]
        finally:
            program.put_back(search)
        if not self.arguments.invert_match:
            return found
        total = core_search.count(window.buffer, self.end, window.start, window.stop)
        return total + (hold.view()[window.stop - 1 : window.stop] != self.end) - found

    def selected(self, window, hold):
        """Yield (start, stop) of each selected line."""
        if not self.arguments.invert_match:
            yield from self.matching(window, hold)
            return
        at = window.start
        for start, stop in self.matching(window, hold):
            yield from self.lines(window, at, start)
            at = stop
        yield from self.lines(window, at, window.stop)

    def matching(self, window, hold):
        """Yield (start, stop) of each line that matches."""
        program = self.matcher.program
        if program is not None:
            search = program.search()
            for flat in search.batches(hold, window.start, window.stop, lines=True, capacity=16):
                yield from zip(flat[::2], flat[1::2])
            program.put_back(search)
            return
        data, is_match = hold.view(), self.matcher.is_match
        for start, stop in self.lines(window, window.start, window.stop):
            line = data[start:stop]
            if is_match(line[:-1] if line[-1:] == self.end else line):
                yield start, stop

    def lines(self, window, start, stop):
        """Yield (start, stop) of each line between two positions in the buffer."""
        while start < stop:
            at = core_search.find(window.buffer, self.end, start, stop)
            following = stop if at < 0 else at + 1
            yield start, following
            start = following

    # Printing.

    def painted(self, color, text):
        """``text`` in a colour, if colours are on."""
        return color % text if self.color else text

    def show(self, window, start, stop):
        """Print a selected line, after the context lines that are due before it."""
        if self.is_plain:
            self.write_line(window, start, stop, False)
            return
        if self.pending:
            self.show_pending(window, start)
        first = self.context_start(window, start, self.before or 0)
        has_context = self.before is not None or self.after is not None
        if has_context and self.out.used and window.base + first != self.shown_to:
            self.out.write(self.painted(_SEPARATOR_COLOR, b"--") + b"\n")
        for at, end in self.lines(window, first, start):
            self.line(window, at, end, False)
        self.line(window, start, stop, True)

    def show_pending(self, window, stop):
        """Print trailing context, up to ``stop``."""
        first = 0 if self.shown_to is None else max(0, self.shown_to - window.base)
        for start, end in self.lines(window, first, stop):
            if not self.pending:
                break
            self.line(window, start, end, False)
            self.pending -= 1

    def context_start(self, window, at, most):
        """The start of the leading context of the line at ``at``: up to ``most`` lines that were not printed yet."""
        least = 0 if self.shown_to is None else max(0, self.shown_to - window.base)
        for _ in range(most):
            if at <= least:
                break
            at = core_search.rfind(window.buffer, self.end, least, at - 1) + 1 or least
        return at

    def number_of(self, window, at):
        """The number of lines that end before ``at``; counts only the part since the last call."""
        last = self.numbered_to - window.base
        between = core_search.count(window.buffer, self.end, min(last, at), max(last, at))
        self.number += between if at >= last else -between
        self.numbered_to = window.base + at
        return self.number

    def prefix(self, window, start, separator):
        """The file name and the line number to print before the line at ``start`` or a match in it."""
        text = self.painted(_FILE_COLOR, self.name) + separator if self.names else b""
        if self.arguments.line_number:
            text += self.painted(_NUMBER_COLOR, b"%d" % (self.number_of(window, start) + 1)) + separator
        return text

    def offset(self, window, at, separator):
        """The byte offset to print before the line or the match at ``at``."""
        if self.arguments.byte_offset:
            return self.painted(_NUMBER_COLOR, b"%d" % (window.base + at)) + separator
        return b""

    def line(self, window, start, stop, is_selected):
        """Print a line with its prefix or, with -o, the matches in it."""
        arguments = self.arguments
        self.shown_to = window.base + stop
        matches = is_selected != arguments.invert_match
        if arguments.only_matching and not matches:
            return
        separator = b":" if is_selected else b"-"
        separator = self.painted(_SEPARATOR_COLOR, separator)
        prefix = self.prefix(window, start, separator)
        if arguments.only_matching:
            text = window.buffer[start:stop]
            for first, last in self.matcher.spans(text[:-1] if text[-1:] == self.end else text):
                offset = self.offset(window, start + first, separator)
                self.out.write(prefix + offset + self.painted(_MATCH_COLOR, text[first:last]) + self.end)
            return
        self.out.write(prefix + self.offset(window, start, separator))
        self.write_line(window, start, stop, self.color and matches)

    def write_line(self, window, start, stop, is_painted):
        """Print a line without a prefix."""
        line = window.buffer[start:stop]
        if line[-1:] != self.end:
            line += self.end
        if is_painted:
            parts, at = [], 0
            for first, last in self.matcher.spans(line[:-1]):
                parts += [line[at:first], _MATCH_COLOR % line[first:last]]
                at = last
            line = b"".join(parts) + line[at:]
        self.out.write(line)

"""The line that ``python -m zcio copy --progress`` shows."""

import os
import stat
import sys
from _thread import allocate_lock
from time import monotonic

__all__ = ["Meter"]


class Meter:
    """Shows on standard error how many files and bytes are copied, and how many there are.

    On a terminal it is one line, written again ten times a second. Elsewhere it is a new line every ten seconds, so
    that a log of a short copy has none. Any thread may call file() and what that returns.
    """

    def __init__(self, sources, recursive):
        self._files = self._done = 0
        self._all = self._total = 0
        for source in sources:
            self._count(source, recursive)
        self._on_terminal = sys.stderr.isatty()
        self._next = monotonic() + self._interval()
        self._width = 0
        self._lock = allocate_lock()

    def _interval(self):
        return 0.1 if self._on_terminal else 10

    def _count(self, source, recursive):
        """Add a file or directory to the totals. What cannot be read is reported when it is copied."""
        self._add(source, os.stat)
        if recursive and source != "-":
            for directory, _, names in os.walk(source):
                for name in names:
                    self._add(os.path.join(directory, name), os.lstat)

    def _add(self, path, status):
        try:
            about = status(path)
        except OSError as error:
            if error.errno is None:
                raise  # a signal handler's
            return
        if stat.S_ISREG(about.st_mode):
            self._all += 1
            self._total += about.st_size

    def file(self):
        """A function for the argument ``progress`` of copy(), for one file."""
        before = None

        def progress(done, total):
            nonlocal before
            with self._lock:
                if before is None:
                    before = 0
                    self._files += 1
                self._done += done - before
                before = done
                if monotonic() >= self._next:
                    self._next = monotonic() + self._interval()
                    self._show()

        return progress

    def _show(self):
        # The totals grow with a tree that grows meanwhile, and with standard input, whose size is not known.
        text = "%d of %d files, %s of %s" % (
            self._files,
            max(self._all, self._files),
            _readable(self._done),
            _readable(max(self._total, self._done)),
        )
        width, self._width = self._width, len(text)
        # On a terminal, the next line, or an error message, overwrites this one.
        sys.stderr.write(text.ljust(width) + "\r" if self._on_terminal else text + "\n")
        sys.stderr.flush()

    def close(self):
        """Write the last line, on a terminal."""
        if self._on_terminal:
            self._show()
            sys.stderr.write("\n")


def _readable(size):
    """A number of bytes as text."""
    if size < 1024:
        return "%d bytes" % size
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        if size < 1024 or unit == "TiB":
            return "%.1f %s" % (size, unit)

"""Standard input, output and error as the commands use them: as GNU programs do, whatever was closed or is full."""

import io
import os
import stat
import sys
from errno import EAGAIN

__all__ = ["complain", "discard", "is_output", "open_closed", "report", "standard_input", "write"]


def open_closed():
    """Open the null device in place of each standard stream that was closed when the process started.

    Otherwise print() would write messages for standard error to standard output, and a file opened later would get the
    stream's descriptor. Input and output are opened the wrong way round, so that using them fails with EBADF.
    """
    for name, flags, mode in (
        ("stdin", os.O_WRONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, flags), mode))


def complain(command, text):
    """Print an error message of a subcommand, or of none if ``command`` is None, as report() does."""
    report("%s: %s" % ("zcio " + command if command else "zcio", text))


def report(text):
    """Print a line to standard error, after what was written to standard output. A failure to do so is ignored."""
    try:
        sys.stdout.flush()
    except OSError:
        pass  # the next write reports it
    try:
        # In one piece, since print() would write the newline by itself, and another thread's line might come between.
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def discard(stream):
    """Redirect a stream to the null device, so that the interpreter's flush at exit does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write(data):
    """Write all of a bytes object to standard output, also if that is unbuffered (python -u). Raises OSError."""
    while data:
        written = sys.stdout.buffer.write(data)
        if written is None:
            raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
        data = data[written:]


def standard_input():
    """Return standard input as an unbuffered file; closing that leaves the descriptor open."""
    return io.FileIO(sys.stdin.fileno(), closefd=False)


def is_output(file):
    """Whether standard output goes to ``file``, a regular file, which would grow as it is read."""
    try:
        output = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):
        return False  # standard output was replaced by an object without a descriptor
    about = os.fstat(file.fileno())
    return stat.S_ISREG(output.st_mode) and (output.st_dev, output.st_ino) == (about.st_dev, about.st_ino)

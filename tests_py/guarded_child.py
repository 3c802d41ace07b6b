"""Runs code in a child process, so that SIGBUS fails one test instead of ending the run."""

import os
import signal
import subprocess
import sys
import textwrap

PREAMBLE = """
import os, sys, tempfile, threading, time, signal, faulthandler
import mmap as std
import zcio.mmap as mmap
import zcio.search
from zcio._core.fault import guards
PAGE = mmap.PAGESIZE
SIZE = 64 * PAGE
LINE = b"a line of the file\\n"
TEXT = (LINE * (SIZE // len(LINE) + 1))[:SIZE]
handle, path = tempfile.mkstemp(dir=os.environ.get("GUARDED_TEST_DIR"))
os.close(handle)

def fill(size=SIZE):
    with open(path, "r+b") as file:
        file.write(TEXT[:size])

def truncate(size=0):
    # By another process, as in life.
    child = os.fork()
    if child == 0:
        os.truncate(path, size)
        os._exit(0)
    os.waitpid(child, 0)

def faults(call, *arguments):
    try:
        result = call(*arguments)
    except mmap.MappingFault as error:
        return error
    raise AssertionError("no MappingFault but %r" % (result,))

READS = [
    lambda m: m[:],
    lambda m: m[::7],
    lambda m: m[len(m) - 1],
    lambda m: m.find(b"not there", 0),
    lambda m: m.find(b"\\xff", 0),
    lambda m: m.rfind(b"not there", 0),
    lambda m: m.rfind(b"e", len(m) - 100),
    lambda m: m.count(b"not there"),
    lambda m: list(m.find_all(b"not there")),
    lambda m: list(m.lines()),
    lambda m: list(m.line_views()),
    lambda m: list(m.lines(sep=b"not there")),
    lambda m: list(m),
    lambda m: list(reversed(m)),
    lambda m: 255 in m or b"\\xff" in m,
    lambda m: (m.seek(0), m.read()),
    lambda m: (m.seek(-1, 2), m.read(1)),
    lambda m: (m.seek(-1, 2), m.read_byte()),
    lambda m: (m.seek(-20, 2), m.readline()),
    lambda m: zcio.search.find(m, b"not there"),
    lambda m: zcio.search.rfind(m, b"not there"),
    lambda m: zcio.search.count(m, b"not there"),
    lambda m: zcio.search.find_any(m, b"\\xff\\xfe"),
    lambda m: zcio.search.rfind_any(m, b"\\xff\\xfe"),
    lambda m: zcio.search.Finder(b"not there").find(m),
    lambda m: zcio.search.Finder(b"not there").rfind(m),
    lambda m: zcio.search.Finder(b"not there").count(m),
    lambda m: list(zcio.search.find_all(m, b"not there")),
    lambda m: list(zcio.search.lines(m)),
    lambda m: list(zcio.search.lines(m, sep=b"not there")),
]
WRITES = [
    lambda m: m.__setitem__(slice(None), TEXT),
    lambda m: m.__setitem__(slice(None, None, 5), TEXT[::5]),
    lambda m: m.__setitem__(-1, TEXT[-1]),
    lambda m: (m.seek(0), m.write(TEXT)),
    lambda m: (m.seek(-1, 2), m.write_byte(TEXT[-1])),
    lambda m: m.move(len(m) - 19, 0, 19),
]
fill()
try:
"""

CLOSING = """
finally:
    if os.path.exists(path):
        os.unlink(path)
"""


def run(code, *options, **environment):
    """Runs it between preamble and closing. Returns (exit status, output, errors)."""
    source = PREAMBLE + textwrap.indent(textwrap.dedent(code), "    ") + CLOSING
    process = subprocess.Popen(
        [sys.executable] + list(options) + ["-c", source],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ, **environment),
    )
    try:
        out, err = process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError("hangs") from None
    return process.returncode, out.decode(), err.decode(errors="replace")


def passes(code, *options, **environment):
    """Runs it; it must end well. Returns its output."""
    status, out, err = run(code, *options, **environment)
    assert status == 0, "status %d\n%s\n%s" % (status, out[-2000:], err[-4000:])
    return out


def dies_of_sigbus(code, *options, **environment):
    """Runs it; SIGBUS must end it. Returns its output and errors."""
    status, out, err = run(code, *options, **environment)
    assert status == -signal.SIGBUS, "status %d\n%s\n%s" % (status, out[-2000:], err[-4000:])
    return out, err

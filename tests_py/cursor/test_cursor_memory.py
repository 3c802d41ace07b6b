"""Reading through a Cursor takes no memory, while a BytesIO copies everything."""

import os
import subprocess
import sys

import pytest

import zcio

SIZE = 96 << 20
PYPY = sys.implementation.name == "pypy"
# PyPy's collector frees the bytes that were read only after a while, which is longer the larger the heap is.
LIMIT = SIZE // 2 if PYPY else SIZE // 100

# Prints by how many bytes the peak memory usage grew.
CHILD = """
import sys
sys.path[:0] = [%(place)r]
import gc, io, re, resource, zipfile
from zcio import Cursor
size = %(size)d
%(setup)s
def peak():
    # getrusage() counts what the parent had in use before it became this program.
    try:
        with open("/proc/self/status") as status:
            return int(re.search("VmHWM:[^0-9]*([0-9]+) kB", status.read()).group(1)) * 1024
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
try:
    # From here on: what making it took is not to hide what using it takes.
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
except OSError:
    pass
gc.collect()
before = peak()
use(%(stream)s)
print(peak() - before)
"""

ZIP = """
memory = bytearray(size)
# An archive with one member, stored, of nearly all the memory, made in it.
with Cursor(memory) as stream, zipfile.ZipFile(stream, "w") as archive:
    with archive.open(zipfile.ZipInfo("zeros"), "w") as member:
        for _ in range(size // (1 << 20) - 1):
            member.write(bytes(1 << 20))
    archive.close()
    end = stream.tell()
del memory[end:]
def use(stream):
    with zipfile.ZipFile(stream) as archive, archive.open("zeros") as member:
        total = 0
        while True:
            block = member.read(1 << 16)
            if not block:
                break
            total += len(block)
            if not total % (1 << 20):
                gc.collect()  # PyPy's would let what was read before pile up for a while
    assert total == (size // (1 << 20) - 1) << 20
"""

NUMPY = """
import numpy
memory = bytearray(size)
with Cursor(memory) as stream:
    for _ in range(size // (1 << 20) - 1):
        numpy.save(stream, numpy.zeros((1 << 20) - 128, "u1"))
    end = stream.tell()
def use(stream):
    while stream.tell() < end:
        assert numpy.load(stream).nbytes == (1 << 20) - 128
"""


def growth(setup, stream, size=SIZE):
    place = os.path.dirname(os.path.dirname(os.path.abspath(zcio.__file__)))
    code = CHILD % {"place": place, "size": size, "setup": setup, "stream": stream}
    return int(subprocess.check_output([sys.executable, "-c", code], timeout=200))


def test_zipfile():
    assert growth(ZIP, "Cursor(memory)") < LIMIT
    if not PYPY:
        # Not all: some of the memory that making the archive took is used again.
        assert growth(ZIP, "__import__('zcio').BytesIO(memory)") > SIZE * 3 // 4


@pytest.mark.skipif(PYPY, reason="no numpy there")
def test_numpy():
    pytest.importorskip("numpy")
    # One array of 1 MiB at a time, and the memory for reading it.
    assert growth(NUMPY, "Cursor(memory)") < 4 << 20
    assert growth(NUMPY, "__import__('zcio').BytesIO(memory)") > SIZE * 9 // 10

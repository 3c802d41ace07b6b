"""`import zcio.mmap` loads few modules and takes little time."""

import os
import subprocess
import sys

import _cffi_backend

import zcio

HEAVY = {
    "argparse",
    "asyncio",
    "cffi",
    "ctypes",
    "dataclasses",
    "email",
    "hypothesis",
    "importlib.metadata",
    "inspect",
    "logging",
    "pkg_resources",
    "re",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "typing",
    "zcio.cli",
}

STREAMS = """
import asyncio, socket, ssl, sys
before = set(sys.modules)
import zcio, zcio.mmap, zcio.pipe
assert not {"zcio.aio", "zcio._aio"} & set(sys.modules)
import zcio.aio
print(sorted(set(sys.modules) - before))
"""

MODULES = """
import sys
sys.path += %r
import mmap
before = set(sys.modules)
import zcio.mmap
print(sorted(set(sys.modules) - before), sorted(before))
"""

TIME = """
from time import process_time
import mmap
begin = process_time()
import zcio.mmap
print(process_time() - begin)
"""


def output(code, *options):
    return subprocess.check_output([sys.executable] + list(options) + ["-c", code]).decode()


def test_imports_nothing_heavy():
    # Without site, whose .pth files may import anything.
    places = [os.path.dirname(os.path.dirname(os.path.abspath(zcio.__file__)))]
    if getattr(_cffi_backend, "__file__", None):
        places.append(os.path.dirname(os.path.abspath(_cffi_backend.__file__)))
    new, before = output(MODULES % places, "-S").strip().split("] [")
    assert "'zcio.mmap'" in new
    assert {name for name in HEAVY if repr(name) in new} == set()
    # Modules that the interpreter itself has loaded do not count.
    assert {name for name in HEAVY if repr(name) in before} <= {"re", "threading", "typing", "importlib.metadata"}


def test_streams_import_nothing_heavy_but_asyncio():
    new = output(STREAMS)
    assert "'zcio._aio.reader'" in new
    assert {name for name in HEAVY if repr(name) in new} == set()


# PyPy, which runs what it imports before it has compiled anything, takes longer over all modules.
LIMIT = 0.040 if sys.implementation.name == "pypy" else 0.020


def test_costs_little_over_the_standard_mmap():
    # The processor's time, and the best of several processes, so that it is not what else the machine does. The
    # first one may have to compile the modules.
    best = 1.0
    for _ in range(30):
        best = min(best, float(output(TIME)))
        if best <= LIMIT:
            return
    raise AssertionError("%.1f ms" % (best * 1000))

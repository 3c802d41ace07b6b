"""`import zcio.mmap` loads few modules."""

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

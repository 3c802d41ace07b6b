"""``python -m zcio info``: prints versions and features of this installation, for bug reports."""

import os
import platform
import subprocess
import sys
import sysconfig

import zcio
from zcio import _core, mmap
from zcio._core import mapping as core_mapping
from zcio._processor import processor_name

__all__ = ["add_parser", "run"]


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "info",
        help="print versions, processor and kernel features",
        description="Print the versions of zcio and the interpreter, the instruction set the searches use, and what "
        "this kernel offers.",
    )
    parser.set_defaults(run=run)


def _attempt(action):
    try:
        action()
    except (OSError, SystemError, ValueError, NotImplementedError) as error:
        return "no (%s)" % error
    return "yes"


def _advice(name):
    advice = getattr(mmap, name, None)
    if advice is None:
        return "no such constant"
    with mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE) as probe:
        return _attempt(lambda: probe.madvise(advice))


def _named_mapping():
    with mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE) as probe:
        return _attempt(lambda: core_mapping.set_name(probe, b"zcio"))


def _untracked():
    with open(sys.executable, "rb") as file:
        return _attempt(lambda: mmap.mmap(file.fileno(), 1, access=mmap.ACCESS_READ, trackfd=False).close())


def _processor():
    """The name of the processor, and the number of CPUs that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return "%s, %d usable" % (processor_name(), usable)


def _commit():
    """The commit that this zcio was built from. setup.py writes it into wheels and sdists; in a checkout, git knows."""
    package = os.path.dirname(os.path.abspath(zcio.__file__))
    try:
        with open(os.path.join(package, "commit.txt")) as file:
            return file.read().strip()
    except FileNotFoundError:
        pass
    checkout = os.path.dirname(package)
    if not os.path.exists(os.path.join(checkout, ".git")):
        return "unknown"
    command = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    try:
        said = subprocess.check_output(command, cwd=checkout, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said.decode().strip() + " (a checkout)"


def _facts():
    yield "zcio", _core.version()
    yield "commit", _commit()
    yield "interpreter", "%s %s" % (platform.python_implementation(), sys.version.split()[0])
    if sys.implementation.name == "pypy":
        yield "pypy", ".".join(map(str, sys.pypy_version_info[:3]))
    yield "free-threaded", "yes" if sysconfig.get_config_var("Py_GIL_DISABLED") else "no"
    yield "native module", _core.native_path()
    yield "cffi", _core.cffi_version()
    yield "platform", "%s %s" % (platform.system(), platform.machine())
    yield "processor", _processor()
    yield "kernel", platform.release()
    yield "C library", " ".join(platform.libc_ver()) or "unknown"
    yield "page size", "%d bytes" % mmap.PAGESIZE
    yield "search level", _core.search_level()
    yield "mmap without descriptor", _untracked()
    yield "named mappings", _named_mapping()
    for name in ("MADV_HUGEPAGE", "MADV_POPULATE_READ", "MADV_PAGEOUT", "MADV_COLLAPSE", "MADV_GUARD_INSTALL"):
        yield name, _advice(name)


def run(arguments):
    """Print the facts. Returns 0."""
    facts = list(_facts())
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        print("%-*s  %s" % (width, name, value))
    return 0

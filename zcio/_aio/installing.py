"""zcio's streams in the place of asyncio's, for programs that know nothing of zcio."""

import asyncio
import asyncio.streams
import asyncio.subprocess
import contextlib

from zcio._aio import streams, subprocess
from zcio._aio.reader import StreamReader
from zcio._aio.stream_protocol import StreamReaderProtocol
from zcio._aio.writer import StreamWriter

__all__ = ["install", "installed", "is_installed", "replaced", "uninstall"]

_OURS = {"StreamReader": StreamReader, "StreamReaderProtocol": StreamReaderProtocol, "StreamWriter": StreamWriter}
_OURS.update((name, getattr(streams, name)) for name in streams.__all__ if name != "running_loop")
_SUBPROCESSES = {name: getattr(subprocess, name) for name in subprocess.__all__}
_MODULES = (
    (asyncio, dict(_OURS, **_SUBPROCESSES)),
    (asyncio.streams, _OURS),
    (asyncio.subprocess, _SUBPROCESSES),
)

_former = []  # [(module, {name: value})], what install() replaced


def install():
    """Make asyncio's names of streams and subprocesses give zcio's; again is no harm.

    These are the names in ``asyncio``, ``asyncio.streams`` and ``asyncio.subprocess``. A module that has imported one
    of the functions before goes on calling asyncio's, which then makes zcio's streams; one that has imported a class
    goes on using asyncio's.
    """
    if not _former:
        for module, names in _MODULES:
            _former.append((module, {name: getattr(module, name) for name in names}))
            for name, value in names.items():
                setattr(module, name, value)


def is_installed():
    """Whether install() holds."""
    return bool(_former)


def replaced():
    """The classes and functions of asyncio that install() replaces, or has replaced."""
    if _former:
        return [value for _, names in _former for value in names.values()]
    return [getattr(module, name) for module, names in _MODULES for name in names]


def uninstall():
    """Put back what was there before ``install()``."""
    while _former:
        module, names = _former.pop()
        for name, value in names.items():
            setattr(module, name, value)


@contextlib.contextmanager
def installed():
    """Install zcio's streams for the length of a ``with`` block, as install() and uninstall() do."""
    before = bool(_former)
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()

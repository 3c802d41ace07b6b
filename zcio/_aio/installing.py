"""Replaces asyncio's streams by zcio's, for programs that know nothing of zcio."""

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

_replaced = []  # what install() replaced, as (module, {name: value}); empty if it is not in force


def install():
    """Replace asyncio's streams and functions for subprocesses by zcio's. A second call does nothing.

    The names are replaced in ``asyncio``, ``asyncio.streams`` and ``asyncio.subprocess``. A module that imported one of
    the functions earlier still calls asyncio's function, but that function then makes zcio's streams. A module that
    imported one of the classes earlier keeps asyncio's class.
    """
    if not _replaced:
        for module, names in _MODULES:
            _replaced.append((module, {name: getattr(module, name) for name in names}))
            for name, value in names.items():
                setattr(module, name, value)


def is_installed():
    """Whether install() is in force."""
    return bool(_replaced)


def replaced():
    """The classes and functions of asyncio that install() replaces or, if it is in force, has replaced."""
    if _replaced:
        return [value for _, names in _replaced for value in names.values()]
    return [getattr(module, name) for module, names in _MODULES for name in names]


def uninstall():
    """Restore what ``install()`` replaced."""
    while _replaced:
        module, names = _replaced.pop()
        for name, value in names.items():
            setattr(module, name, value)


@contextlib.contextmanager
def installed():
    """Install zcio's streams for the duration of a ``with`` block, as install() and uninstall() do."""
    before = is_installed()
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()

"""Replaces asyncio's streams by zcio's, for programs that know nothing of zcio."""

import asyncio
import asyncio.streams
import asyncio.subprocess
import contextlib

from zcio._aio import streams, subprocess
from zcio._aio.reader import StreamReader
from zcio._aio.stream_protocol import StreamReaderProtocol
from zcio._aio.writer import StreamWriter
from zcio._replacing import Replacements

__all__ = ["STREAMS", "install", "installed", "uninstall"]

_OURS = {"StreamReader": StreamReader, "StreamReaderProtocol": StreamReaderProtocol, "StreamWriter": StreamWriter}
_OURS.update((name, getattr(streams, name)) for name in streams.__all__ if name != "running_loop")
_SUBPROCESSES = {name: getattr(subprocess, name) for name in subprocess.__all__}
STREAMS = Replacements(
    (vars(module), name, value)
    for module, names in (
        (asyncio, _OURS),
        (asyncio.streams, _OURS),
        (asyncio, _SUBPROCESSES),
        (asyncio.subprocess, _SUBPROCESSES),
    )
    for name, value in names.items()
)


def install():
    """Replace asyncio's streams and functions for subprocesses by zcio's. A second call does nothing.

    The names are replaced in ``asyncio``, ``asyncio.streams`` and ``asyncio.subprocess``. A module that imported one of
    the functions earlier still calls asyncio's function, but that function then makes zcio's streams. A module that
    imported one of the classes earlier keeps asyncio's class.
    """
    STREAMS.install()


def uninstall():
    """Restore what ``install()`` replaced."""
    STREAMS.uninstall()


@contextlib.contextmanager
def installed():
    """Install zcio's streams for the duration of a ``with`` block; at its end the state before it is restored.

    Returns:
        A context manager, which gives None.
    """
    before = STREAMS.present()
    try:
        install()
        yield
    finally:
        STREAMS.restore(before)

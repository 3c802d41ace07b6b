"""Helpers for the tests of a Pipe's memory."""

import gc
import sys

__all__ = ["CHUNK", "PYPY", "collect", "pump"]

PYPY = sys.implementation.name == "pypy"
CHUNK = 8192


def collect():
    """On PyPy, collect garbage until everything that is unreachable is freed."""
    if PYPY:
        # The next round frees objects that a destructor of this one has released.
        for _ in range(2):
            gc.collect()


def pump(pipe, data):
    """Write through get_buffer()."""
    view = pipe.get_buffer(len(data))
    view[: len(data)] = data
    pipe.buffer_written(len(data))

"""What the tests of a Pipe's memory share."""

import gc
import sys

__all__ = ["CHUNK", "PYPY", "collect", "pump"]

PYPY = sys.implementation.name == "pypy"
CHUNK = 8192


def collect():
    """What nobody refers to is gone."""
    if PYPY:
        # What a destructor lets go of is found in the next round.
        for _ in range(4):
            gc.collect()


def pump(pipe, data):
    """Write through get_buffer()."""
    view = pipe.get_buffer(len(data))
    view[: len(data)] = data
    pipe.buffer_written(len(data))

"""Sources and destinations for the tests of copy(), and how to read what arrived."""

import os
import threading

import pytest

from zcio._core.transfer import seek
from zcio._transfer.descriptors import Descriptor

DATA = bytes(range(256)) * 3000 + b"the end"


def need_holes(path):
    """Skip the test if the file system does not report the holes of the file at ``path``, as most of FUSE do not."""
    with open(str(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if seek(Descriptor(file.fileno()), 0, 4) == size:  # SEEK_HOLE, which PyPy lacks
            pytest.skip("this file system does not report holes")


def drained(read):
    """A thread that reads all, and where it puts it."""
    got = []

    def run():
        while True:
            piece = read()
            if not piece:
                return
            got.append(piece)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, got

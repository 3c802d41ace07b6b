"""Fixtures for the tests of splice() and copy(): the data to move, and pairs of sources and destinations."""

import os
import socket
import tempfile

import copy_ends
import pytest
from splice_ends import DATA


@pytest.fixture
def src():
    with tempfile.TemporaryFile() as file:
        file.write(DATA)
        file.flush()
        file.seek(0)
        yield file


@pytest.fixture
def dst():
    with tempfile.TemporaryFile() as file:
        yield file


@pytest.fixture
def pipe():
    ends = [os.fdopen(fd, mode, 0) for fd, mode in zip(os.pipe(), ("rb", "wb"))]
    yield ends
    for end in ends:
        end.close()


@pytest.fixture
def pair():
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


@pytest.fixture
def original(tmp_path):
    """The file that copy() copies."""
    path = tmp_path / "src"
    path.write_bytes(copy_ends.DATA)
    return path

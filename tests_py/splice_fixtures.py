"""Pairs of ends for the tests of splice(), as fixtures."""

import os
import socket
import tempfile

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

"""Sources and destinations for the tests of splice(), and how to read what arrived."""

import os
import threading

DATA = bytes(bytearray(range(251))) * 2000


def content(file):
    return os.pread(file.fileno(), 1 << 24, 0)


def read_all(fd):
    """A thread that reads to the end; ``join()`` it, then ``.got``."""

    def run():
        pieces = []
        while True:
            piece = os.read(fd, 1 << 16)
            if not piece:
                break
            pieces.append(piece)
        thread.got = b"".join(pieces)

    thread = threading.Thread(target=run)
    thread.start()
    return thread

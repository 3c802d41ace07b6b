"""Sources and destinations for the tests of copy(), and how to read what arrived."""

import threading

DATA = bytes(range(256)) * 3000 + b"the end"


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

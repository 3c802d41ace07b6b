"""One chunk in a Pipe."""

import sys

__all__ = ["REVIVES", "Chunk", "alone"]

# Python 3.6 and 3.7 have no way to make a read-only view.
_readonly = getattr(memoryview, "toreadonly", lambda view: view)


class Chunk:
    """Memory and its place in the stream. A Pipe's chunks are a linked list: the writer appends, the reader removes.

    The memory comes from a pool, or is a ``bytes`` object that the Pipe was given. That is never written to, and is let
    go as soon as it is read.
    """

    __slots__ = ("memory", "size", "capacity", "base", "shared", "next")

    def __init__(self, memory, base):
        self.memory = memory  # slices of it are bytes
        self.size = len(memory)
        self.capacity = 0 if type(memory) is bytes else self.size  # the number of bytes that the writer may fill
        self.base = base  # the position in the stream of its first byte
        self.shared = False  # whether the reader was given a view of it
        self.next = None

    def view(self, start, end):
        """A read-only view for a reader."""
        self.shared = True
        view = _readonly(memoryview(self.memory))
        return view if end - start == self.size else view[start:end]


# Whether alone() notices that the views of a chunk are dead.
REVIVES = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()

if REVIVES:
    from sys import getrefcount

    def _references(chunk):
        return getrefcount(chunk.memory)

    _ALONE = _references(Chunk(bytearray(1), 0))

    def alone(chunk):
        """Whether no view of the chunk is alive, so that it can be filled again. Every view that was handed out, for
        writing or reading, holds a reference to the memory as long as it, or a slice of it, lives."""
        return getrefcount(chunk.memory) == _ALONE

else:

    def alone(chunk):
        """Whether no reader was given a view of the chunk, so that it can be filled again."""
        return not chunk.shared

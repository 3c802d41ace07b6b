"""The chunks of memory in a Pipe."""

import sys

__all__ = ["NOTICES_DEAD_VIEWS", "Chunk", "may_have_views"]

# Python 3.6 and 3.7 cannot make a read-only view of writable memory.
_readonly = getattr(memoryview, "toreadonly", lambda view: view)


class Chunk:
    """Memory and its position in the stream. A Pipe has a linked list of chunks: the writer appends, the reader
    removes.

    The memory comes from a pool, or is a ``bytes`` object that the Pipe was given; that is never written to, and is
    dropped as soon as it was read.
    """

    __slots__ = ("memory", "size", "capacity", "base", "shared", "next")

    def __init__(self, memory, base):
        self.memory = memory  # slicing it gives bytes
        self.size = len(memory)
        self.capacity = 0 if type(memory) is bytes else self.size  # the number of bytes that the writer may fill
        self.base = base  # the position in the stream of its first byte
        self.shared = False  # whether the reader was given a view of it
        self.next = None

    def view(self, start, end):
        """A read-only view for the caller of a read method."""
        self.shared = True
        view = _readonly(memoryview(self.memory))
        return view if end - start == self.size else view[start:end]


# Whether may_have_views() notices that the last view of a chunk has died. If it does not, a Pipe never reuses a chunk
# of which it once returned a view.
NOTICES_DEAD_VIEWS = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()

if NOTICES_DEAD_VIEWS:
    from sys import getrefcount

    def _references(chunk):
        return getrefcount(chunk.memory)

    _WITHOUT_VIEWS = _references(Chunk(bytearray(1), 0))

    def may_have_views(chunk):
        """Whether a view of the chunk is alive, so that the chunk cannot be reused. A view, and each slice of it, holds
        a reference to the memory, so the reference count tells."""
        return getrefcount(chunk.memory) != _WITHOUT_VIEWS

else:

    def may_have_views(chunk):
        """Whether a reader was ever given a view of the chunk, so that the chunk cannot be reused."""
        return chunk.shared

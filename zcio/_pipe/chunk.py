"""One chunk in a Pipe."""

__all__ = ["Chunk"]

# Python 3.6 and 3.7 have no way to make a read-only view.
_readonly = getattr(memoryview, "toreadonly", lambda view: view)


class Chunk:
    """Memory and its place in the stream. A Pipe's chunks are a linked list: one thread appends, one takes away."""

    __slots__ = ("memory", "writable", "readable", "size", "base", "shared", "next")

    def __init__(self, memory, base):
        self.memory = memory  # slices of it are bytes
        self.writable = memoryview(memory)
        self.readable = _readonly(self.writable)
        self.size = len(memory)
        self.base = base  # the position in the stream of its first byte
        self.shared = False  # whether the reader was given views of it
        self.next = None

"""The memory of a Cursor: ``[start:stop].tobytes()`` reads it, and ``[start:stop] = data`` writes it.

On CPython it is a memoryview. On PyPy, a memoryview copies byte by byte, and does not prevent that a bytearray is
resized or a mapping closed. So there the classes of this module access the memory through its owner every time.
"""

from zcio._call_guard import PYPY
from zcio._core import ffi, memory as core_memory, search as core_search

__all__ = ["flat", "memory_of", "move", "offset_of", "readonly_view"]

# The formats that memoryview.cast() supports on every interpreter.
_CAST = frozenset(prefix + code for code in "cbBhHiIlLqQfd" for prefix in ("", "@"))


def readonly_view(view):
    """A read-only view; on Python 3.6 and 3.7, which cannot make one, ``view`` itself."""
    if view.readonly or not hasattr(view, "toreadonly"):
        return view
    made = view.toreadonly()
    view.release()
    return made


def flat(view):
    """A one-dimensional view of bytes in place of ``view``, a C-contiguous memoryview, which may be released."""
    if view.ndim == 1 and view.format == "B":
        return view
    if not view.nbytes:
        # No interpreter can cast a view with a zero in its shape.
        made = memoryview(b"" if view.readonly else bytearray())
        view.release()
        return made
    if view.format in _CAST:
        made = view.cast("B")
        view.release()
        return made
    # cast() refuses other formats, such as those of ctypes arrays.
    made = memoryview(core_memory.memory(view))
    return readonly_view(made) if view.readonly else made


if PYPY:
    from zcio._converters import as_bytes
    from zcio._mapping.stdlib import StdlibMmap, item_of, set_item_of

    _PIECE = 1024 * 1024

    class _Slice:
        """``memory[key]``, not yet read."""

        __slots__ = ("key", "memory")

        def __init__(self, memory, key):
            self.memory = memory
            self.key = key

        def tobytes(self):
            return self.memory.take(self.key)

    class _Memory:
        __slots__ = ("owner", "size")

        def __init__(self, owner, size):
            self.owner = owner
            self.size = size

        def __getitem__(self, key):
            return _Slice(self, key)

        def take(self, key):
            """The bytes ``[key]``, fewer at the end."""
            stop = min(key.stop, self.size)
            return core_memory.take(self.owner, slice(key.start, stop)) if key.start < stop else b""

        def __setitem__(self, key, data):
            core_memory.fill(self.owner, key.start, as_bytes(data))

    class _OfBytes(_Memory):
        __slots__ = ()

        def take(self, key):
            return self.owner[key]

    class _OfBytesView(_Memory):
        __slots__ = ()

        def take(self, key):
            return bytes(self.owner[key])

    class _OfBytearray(_Memory):
        # PyPy may resize the bytearray at any time.
        __slots__ = ()

        def __setitem__(self, key, data):
            try:
                core_memory.put(self.owner, key, as_bytes(data))
            except ValueError:
                raise BufferError("the bytearray under the cursor became shorter") from None

    class _OfMapping(_Memory):
        # PyPy may close the mapping at any time, and another thread may resize it during an access. The CallGuard of a
        # zcio mapping prevents the latter.
        __slots__ = ("guard",)

        def __init__(self, mapping, size):
            self.owner = mapping
            self.size = size
            self.guard = getattr(mapping, "_call_guard", None)

        def take(self, key):
            key = slice(key.start, min(key.stop, self.size))
            if key.start >= key.stop:
                return b""
            return item_of(self.owner, key) if self.guard is None else self.guard.read(item_of, self.owner, key)

        def __setitem__(self, key, data):
            data = as_bytes(data)
            if self.guard is None:
                self._put(key, data)
            else:
                self.guard.read(self._put, key, data)

        def _put(self, key, data):
            if key.stop > StdlibMmap.__len__(self.owner):
                raise BufferError("the mapping under the cursor became shorter")
            if key.start < key.stop:
                set_item_of(self.owner, key, data)

    def memory_of(source, view):
        """The memory of ``source``, whose flat view is ``view``."""
        if type(source) is bytes:
            return _OfBytes(source, len(source))
        if isinstance(source, bytearray):
            return _OfBytearray(source, len(source))
        if isinstance(source, StdlibMmap):
            return _OfMapping(source, view.nbytes)
        if isinstance(view.obj, bytes):
            return _OfBytesView(view, view.nbytes)
        return _Memory(view, view.nbytes)

    def move(target, piece, size):
        """Copy ``piece``, a slice of a memory and ``size`` bytes long, to the start of the memoryview ``target``."""
        core_memory.fill(target, 0, piece.tobytes())

    def offset_of(memory, sub, start, stop):
        """The offset of ``sub``, which is not empty, inside ``[start:stop]``, or -1."""
        # Search copies: the core works without the GIL, and on PyPy nothing holds the memory.
        overlap = len(sub) - 1
        while stop - start > overlap:
            block = memory[start : min(start + _PIECE + overlap, stop)].tobytes()
            found = core_search.find(block, sub, 0, len(block))
            if found >= 0:
                return start + found
            start += _PIECE
        return -1

else:

    memory_of = None  # the flat view is the memory

    #: ``move(target, piece, size)`` copies ``piece``, a slice of a memory and ``size`` bytes long, to the start of the
    #: memoryview ``target``; the two may overlap.
    move = ffi.memmove

    def offset_of(memory, sub, start, stop):
        """The offset of ``sub``, which is not empty, inside ``[start:stop]``, or -1."""
        return core_search.find(memory, sub, start, stop)

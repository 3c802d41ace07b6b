"""The memory under a Cursor: how it is made flat, and how it is read and written on each runtime.

On CPython an ``ffi.buffer`` reads faster than a memoryview, and a memoryview writes. On PyPy a memoryview copies byte
by byte and holds nothing: an address is asked for at every access, and what moves or vanishes is reached through its
own methods.
"""

from functools import partial

from zcio._call_guard import PYPY, CallGuard
from zcio._core import memory as core_memory
from zcio._core import search as core_search
from zcio._mapping.stdlib import StdlibMmap as Mapping
from zcio._search.dispatch import mapping_find

__all__ = [
    "CLOSED",
    "NO_SIZE",
    "STRETCH",
    "finder",
    "flat",
    "offset_of",
    "put_into",
    "reader_and_writer",
    "readonly_view",
    "stop_of",
]

# How much is looked at for the end of a record in one go, before the core is asked.
STRETCH = 4096


#: What no argument is.
NO_SIZE = object()


class _Closed:
    """In the place of memory that was given back."""

    __slots__ = ()

    def __getitem__(self, key):
        raise ValueError("I/O operation on closed file.")

    def __setitem__(self, key, value):
        raise ValueError("I/O operation on closed file.")


CLOSED = _Closed()


def readonly_view(view):
    """``view`` made read-only, which 3.6 and 3.7 cannot do; ``view`` itself or in its place."""
    if view.readonly or not hasattr(view, "toreadonly"):
        return view
    made = view.toreadonly()
    view.release()
    return made


def flat(view):
    """``view``, a C-contiguous memoryview, as one of bytes in one dimension; ``view`` itself or in its place."""
    if view.ndim == 1 and view.format == "B":
        return view
    if not view.nbytes:
        # No interpreter casts a view with a zero in its shape.
        made = memoryview(b"" if view.readonly else bytearray())
        view.release()
        return made
    try:
        made = view.cast("B")
    except (NotImplementedError, TypeError, ValueError):
        # A format that memoryview does not know; that of every array of ctypes is one.
        made = memoryview(core_memory.memory(view))
        return readonly_view(made) if view.readonly else made
    view.release()
    return made


if PYPY:
    from zcio._mapping.stdlib import item_of, set_item_of

    _PIECE = 1024 * 1024

    take = core_memory.take
    put = core_memory.put

    class _OfBytearray:
        # It may be resized at any time.
        __slots__ = ("data",)

        def __init__(self, data):
            self.data = data

        def __getitem__(self, key):
            return take(self.data, key)

        def __setitem__(self, key, data):
            try:
                put(self.data, key, data)
            except ValueError:
                raise BufferError("the bytearray under the cursor became shorter") from None

    class _OfMapping:
        # It may be closed at any time, and resized while another thread is here, but for the lock of one of zcio's.
        __slots__ = ("lock", "mapping", "size")

        def __init__(self, mapping, size):
            self.mapping = mapping
            self.size = size
            self.lock = (getattr(mapping, "_call_guard", None) or CallGuard()).lock

        def __getitem__(self, key):
            stop = min(key.stop, self.size)
            with self.lock:
                return item_of(self.mapping, slice(key.start, stop)) if key.start < stop else b""

        def __setitem__(self, key, data):
            with self.lock:
                if key.stop > Mapping.__len__(self.mapping):
                    raise BufferError("the mapping under the cursor became shorter")
                if key.start < key.stop:
                    set_item_of(self.mapping, key, data)

    class _OfView:
        __slots__ = ("size", "view")

        def __init__(self, view):
            self.view = view
            self.size = view.nbytes

        def __getitem__(self, key):
            stop = min(key.stop, self.size)
            return take(self.view, slice(key.start, stop)) if key.start < stop else b""

        def __setitem__(self, key, data):
            core_memory.fill(self.view, key.start, data)

    def reader_and_writer(source, view):
        """What ``[start:stop]`` reads bytes from, and what such slices of are written, for ``flat`` ``view``."""
        if type(source) is bytes:
            memory = source
        elif isinstance(source, bytearray):
            memory = _OfBytearray(source)
        elif isinstance(source, Mapping):
            memory = _OfMapping(source, view.nbytes)
        else:
            memory = _OfView(view)
        return memory, memory

    def offset_of(memory, view, sub, start, stop):
        """The offset of ``sub``, at least a byte of it, inside ``[start:stop]``, or -1."""
        # From copies: the core works without the GIL, and nothing holds the memory here.
        overlap = len(sub) - 1
        while stop - start > overlap:
            block = memory[start : min(start + _PIECE + overlap, stop)]
            found = core_search.find(block, sub, 0, len(block))
            if found >= 0:
                return start + found
            start += _PIECE
        return -1

    def _offset_inside(block, sub):
        """The offset of ``sub`` inside ``block``, both bytes, or -1."""
        return core_memory.offset_in(block, sub)

    def put_into(target, view, memory, start, stop):
        """Copy ``[start:stop]`` of the memory to the start of ``target``, a writable memoryview."""
        core_memory.fill(target, 0, memory[start:stop])

    def finder(source, view):
        """None: a copy is searched faster than anything else."""
        return None

else:

    def reader_and_writer(source, view):
        """What ``[start:stop]`` reads bytes from, and what such slices of are written, for ``flat`` ``view``."""
        if type(source) is bytes:
            return source, view
        # Of a bytearray itself, as no collector of garbage looks at its exports: freeing a memoryview before what holds
        # an export of it has crashed CPython.
        return core_memory.memory(source if type(source) is bytearray else view), view

    def finder(source, view):
        """A ``find(sub, start, stop)`` of the runtime's own over the memory, or None where there is none."""
        if type(source) is memoryview:
            source = source.obj
            if type(source) not in (bytes, bytearray) or len(source) != view.nbytes:
                return None
        if type(source) in (bytes, bytearray):
            return source.find
        return partial(mapping_find, source) if isinstance(source, Mapping) else None

    def offset_of(memory, view, sub, start, stop):
        """The offset of ``sub``, at least a byte of it, inside ``[start:stop]``, or -1."""
        return core_search.find(view, sub, start, stop)

    #: The offset of the second inside the first, both bytes, or -1.
    _offset_inside = bytes.find

    def put_into(target, view, memory, start, stop):
        """Copy ``[start:stop]`` of the memory to the start of ``target``, a writable memoryview."""
        # The two may overlap: a memoryview moves.
        flat(target)[: stop - start] = view[start:stop]


def stop_of(cursor, view, separator, start, stop):
    """The offset behind the next ``separator`` in ``[start:stop]`` of the cursor's ``view``, or ``stop``."""
    near = min(start + STRETCH, stop)
    find = cursor._find
    if find is None:
        found = _offset_inside(cursor._memory[start:near], separator)
        found += start if found >= 0 else 0
    else:
        found = find(separator, start, near)
    if found >= 0:
        return found + len(separator)
    if near < stop:
        found = offset_of(cursor._memory, view, separator, max(start, near - len(separator) + 1), stop)
    return found + len(separator) if found >= 0 else stop

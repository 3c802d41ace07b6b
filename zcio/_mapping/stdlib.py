"""The runtime's own mmap class, from which zcio's derives, and access to it that no subclass can override."""

from zcio._call_guard import PYPY
from zcio._stdlib_mmap import mmap as _standard

__all__ = ["StdlibMmap", "is_closed", "length_of"] + ["item_of", "own_length", "set_item_of"] * PYPY

StdlibMmap = _standard.mmap

#: ``is_closed(mapping)``, without a subclass's ``closed``.
is_closed = StdlibMmap.closed.__get__

if PYPY:
    from zcio._core import memory as core_memory

    _length = StdlibMmap.__len__

    def length_of(mapping):
        """The length of a mapping, without a subclass's ``__len__``. Raises ValueError if it is closed."""
        length = _length(mapping)
        if is_closed(mapping):  # asked last, because another thread may close it meanwhile, and the length is then 0
            raise ValueError("mmap closed or invalid")
        return length

    def __len__(self):
        return length_of(self)

    own_length = __len__

    def _has_own_length(mapping):
        # PyPy 8 checks every index against the mapping's __len__, which a subclass may override.
        length = type(mapping).__len__
        return length is own_length or length is _length

    def item_of(mapping, key):
        """The item or bytes at ``key``, an index or slice of step 1 inside an open mapping. Calls no override."""
        if _has_own_length(mapping):
            return StdlibMmap.__getitem__(mapping, key)
        if type(key) is slice:
            return core_memory.copy(mapping, key.start, key.stop)
        return core_memory.copy(mapping, key, key + 1)[0]

    def set_item_of(mapping, key, value):
        """Write an int or bytes at ``key``, as for item_of(), to an open and writable mapping."""
        if _has_own_length(mapping):
            StdlibMmap.__setitem__(mapping, key, value)
        elif type(key) is slice:
            core_memory.fill(mapping, key.start, value)
        else:
            core_memory.fill(mapping, key, bytes([value]))

else:
    #: The length of a mapping, without a subclass's ``__len__``. Raises ValueError if it is closed.
    length_of = StdlibMmap.__len__

"""The runtime's own class underneath, and the length of a live mapping."""

from zcio._holding import PYPY
from zcio._standard import mmap as _standard

__all__ = ["Runtime", "length_of"]

Runtime = _standard.mmap

if PYPY:
    _length = Runtime.__len__
    _closed = Runtime.closed.__get__

    def length_of(mapping):
        """Its length, whatever a subclass makes of ``__len__``. Raises ValueError where it is closed."""
        if _closed(mapping):
            raise ValueError("mmap closed or invalid")
        return _length(mapping)

else:
    #: Its length, whatever a subclass makes of ``__len__``. Raises ValueError where it is closed.
    length_of = Runtime.__len__

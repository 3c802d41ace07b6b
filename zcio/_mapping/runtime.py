"""The runtime underneath: its class, a live mapping's length, and native calls that nothing can pull the map from.

On CPython the buffer export that ``_lib`` holds makes close() and resize() refuse. PyPy's mmap lets both go ahead
under live exports, so there each mapping counts the native calls on it, and ``zcio``'s close() and resize() ask.
"""

import sys
from mmap import mmap as Runtime

__all__ = ["PYPY", "Holds", "Runtime", "held", "length_of"]

PYPY = sys.implementation.name == "pypy"

if PYPY:
    from _thread import RLock

    _length = Runtime.__len__
    _closed = Runtime.closed.__get__

    class Holds:
        """How many native calls read a mapping just now; reentrant, since a signal handler may come in between."""

        __slots__ = ("lock", "calls")

        def __init__(self):
            self.lock = RLock()
            self.calls = 0

        def __enter__(self):
            with self.lock:
                self.calls += 1

        def __exit__(self, *exc_info):
            with self.lock:
                self.calls -= 1

    def held(function):
        """``function(mapping, ...)`` of ``_lib``, made to hold the mapping. Raises ValueError where it is closed."""

        def call(mapping, *arguments):
            with mapping._holds:
                if _closed(mapping):
                    raise ValueError("mmap closed or invalid")
                return function(mapping, *arguments)

        return call

    def length_of(mapping):
        """Its length, whatever a subclass makes of ``__len__``. Raises ValueError where it is closed."""
        if _closed(mapping):
            raise ValueError("mmap closed or invalid")
        return _length(mapping)

else:
    Holds = None

    def held(function):
        """``function(mapping, ...)`` of ``_lib``, which itself holds the mapping's export."""
        return function

    #: Its length, whatever a subclass makes of ``__len__``. Raises ValueError where it is closed.
    length_of = Runtime.__len__

"""Native calls on a buffer that nothing can take away meanwhile.

On CPython the buffer export that ``_core`` holds makes a mapping's or bytearray's close() and resize() refuse. PyPy's
mmap lets both go ahead under live exports, so there a ``zcio`` mapping counts the native calls on it (its attribute
``_call_guard``), and its close() and resize() ask. The standard library's own mmap objects cannot be protected on PyPy.
"""

import sys

__all__ = ["PYPY", "CallGuard", "guarded_call"]

PYPY = sys.implementation.name == "pypy"

if PYPY:
    import os
    from _thread import RLock, get_ident
    from _weakrefset import WeakSet

    class CallGuard:
        """Which threads' native calls read a mapping just now; reentrant, since a signal handler may come between."""

        __slots__ = ("__weakref__", "calls", "lock")

        def __init__(self):
            self.lock = RLock()
            self.calls = []
            _all.add(self)

        def __enter__(self):
            with self.lock:
                self.calls.append(get_ident())

        def __exit__(self, *exc_info):
            with self.lock:
                self.calls.remove(get_ident())

    _all = WeakSet()

    def _after_fork():
        # The other threads are not in the child, neither are their calls, nor do they let go of a lock.
        for holds in _all:
            holds.lock = RLock()
            holds.calls = [thread for thread in holds.calls if thread == get_ident()]

    os.register_at_fork(after_in_child=_after_fork)  # novm: PyPy 3.7 has it

    def guarded_call(function):
        """``function(buffer, ...)`` of ``_core``, made to hold a mapping. Raises ValueError where that is closed."""

        def call(buffer, *arguments):
            holds = getattr(buffer, "_call_guard", None)
            if holds is None:
                return function(buffer, *arguments)
            with holds:
                if buffer.closed:
                    raise ValueError("mmap closed or invalid")
                return function(buffer, *arguments)

        return call

else:
    CallGuard = None

    def guarded_call(function):
        """``function(buffer, ...)`` of ``_core``, which itself holds the buffer's export."""
        return function

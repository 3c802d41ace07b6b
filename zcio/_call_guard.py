"""Keeps a mapping from being closed or resized while a native call reads it.

On CPython the buffer export that ``_core`` holds makes close() and resize() refuse. PyPy's mmap lets both go ahead, so
there a ``zcio`` mapping lists the native calls on it (its attribute ``_call_guard``), and its close() and resize() look
at the list. The standard library's own mmap objects cannot be protected on PyPy.
"""

import sys

__all__ = ["PYPY", "Call", "CallGuard", "guarded_call"]

PYPY = sys.implementation.name == "pypy"

if PYPY:
    import gc
    import os
    from _thread import RLock, get_ident
    from _weakref import ref
    from _weakrefset import WeakSet

    class Call:
        """One native call. It is over at the latest when nothing refers to it any more."""

        __slots__ = ("__weakref__", "thread")

        def __init__(self):
            self.thread = get_ident()

    class CallGuard:
        """The native calls that read one mapping at the moment.

        close() and resize() hold ``lock`` and refuse if the guard is busy(). The lock is reentrant, since a signal
        handler may run in between. A handler may also raise at any step, so the references to calls are weak: if a call
        is cut off before its end(), it goes with its frame. The lock has no such cure: if a handler raises between the
        end of a ``with`` block and the lock's exit, other threads wait for ever (documented in docs/threads.md).
        """

        __slots__ = ("__weakref__", "_calls", "lock")

        def __init__(self):
            self.lock = RLock()
            self._calls = {}  # weak references by id, since a WeakSet cannot be counted while another thread changes it
            _all.add(self)

        def start(self, call):
            """Add a call, which the caller refers to until its end."""
            with self.lock:
                self._calls[id(call)] = ref(call)

        def end(self, call):
            """Remove a call, whether it was added or not."""
            self._calls.pop(id(call), None)

        def busy(self):
            """Return whether a native call reads the mapping; the caller holds ``lock``."""
            if self._calls:
                gc.collect()  # calls that were cut off
                self._calls = {key: call for key, call in list(self._calls.items()) if call() is not None}
            return bool(self._calls)

        def after_fork(self):
            """Forget the other threads' calls, which are over in the child, and a lock that they may have held."""
            own = get_ident()
            self.lock = RLock()
            calls = [(key, call, call()) for key, call in self._calls.items()]
            self._calls = {key: call for key, call, there in calls if there is not None and there.thread == own}

    _all = WeakSet()

    def _after_fork():
        for guard in _all:
            guard.after_fork()

    os.register_at_fork(after_in_child=_after_fork)  # novm: PyPy 3.7 has it

    def guarded_call(function):
        """Make ``function(buffer, ...)`` of ``_core`` hold a mapping. Raises ValueError if the mapping is closed."""

        def call(buffer, *arguments):
            guard = getattr(buffer, "_call_guard", None)
            if guard is None:
                return function(buffer, *arguments)
            this = Call()
            try:
                guard.start(this)
                if buffer.closed:
                    raise ValueError("mmap closed or invalid")
                return function(buffer, *arguments)
            finally:
                guard.end(this)

        return call

else:
    Call = CallGuard = None

    def guarded_call(function):
        """Return ``function(buffer, ...)`` of ``_core``, which itself holds the buffer's export."""
        return function

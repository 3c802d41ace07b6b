"""Keeps a mapping from being closed or resized while a native call reads it.

On CPython the buffer export that ``_core`` holds makes close() and resize() refuse. PyPy's mmap lets both go ahead, so
there a ``zcio`` mapping lists the native calls on it (its attribute ``_call_guard``), and its close() and resize() look
at the list. The standard library's own mmap objects cannot be protected on PyPy.
"""

import sys

__all__ = ["PYPY", "Call", "CallGuard", "first_of", "guarded_call"]

PYPY = sys.implementation.name == "pypy"


def first_of(steps):
    """Return the first item of a generator, and raise what it raises, such as a signal handler's exception.

    If a StopIteration leaves a generator, Python raises a RuntimeError instead, whose cause is the StopIteration. This
    function raises the StopIteration.
    """
    try:
        return next(steps)
    except RuntimeError as error:
        raised, place = error.__cause__, error.__traceback__.tb_next
        # Python raises its own RuntimeError in the generator itself, so its traceback has no frame below that. If there
        # is one, the generator's code raised the RuntimeError.
        if place is not None and (place.tb_next is not None or place.tb_frame.f_code is not steps.gi_code):
            raise
        if not isinstance(raised, StopIteration):
            raise
    try:
        raise raised
    finally:
        del raised  # its traceback refers to this frame


if PYPY:
    import gc
    import os
    from _thread import _count as _count_threads, get_ident  # the main thread is not counted
    from _weakref import ref
    from _weakrefset import WeakSet
    from itertools import count
    from time import sleep

    from zcio._stdlib_mmap import mmap as _stdlib

    _closed = _stdlib.mmap.closed.__get__  # not a subclass's own
    _numbers = count()
    _AGAIN = object()
    _PAUSE = 0.0002

    def _if_open(function, buffer, *arguments):
        if _closed(buffer):
            raise ValueError("mmap closed or invalid")
        return function(buffer, *arguments)

    class Call:
        """A use of a mapping that spans several native calls. It is over when nothing refers to it any more."""

        __slots__ = ("__weakref__", "number", "thread")

        def __init__(self):
            self.number = next(_numbers)
            self.thread = get_ident()

    class CallGuard:
        """The native calls that read one mapping at the moment, and the threads that close or resize it.

        A native call runs by run(), inside a generator, whose ``gi_running`` is true until the call is over, however it
        ends. So does read(), for a short use of the memory. A Call is for what start() and end() have to enclose.

        close() and resize() run by run_alone(). They refuse if a native call reads the mapping, and wait for the end of
        what other threads read(): during resize() and move(), PyPy lets other threads run, to which the memory may be
        gone.

        A lock would not do: a signal handler may raise at any step, and a lock held at that moment would stay held for
        ever. What is used instead leaves nothing behind: once an exception has ended a method, its generator does not
        run, and its Call, which only the frame kept alive, is gone. Nor would the frames of the other threads do:
        PyPy's JIT crashes if one is looked at while it compiles or runs what belongs to it.

        PyPy has a GIL, so no other thread runs while this one looks at its generators.
        """

        __slots__ = ("__weakref__", "_calls", "_readers", "_running", "_writers")

        def __init__(self):
            # Generators and threads by number, so that they are in the order in which they came.
            self._writers = {}  # in run_alone()
            self._running = {}  # in run()
            self._readers = {}  # in read()
            self._calls = {}  # weak references by number; a WeakSet cannot be counted while another thread changes it
            _all.add(self)

        def run(self, function, buffer, *arguments):
            """Return ``function(buffer, *arguments)``, a native call. Raises ValueError if ``buffer`` is closed."""
            return self._listed(self._running, _if_open, function, buffer, *arguments)

        def read(self, function, *arguments):
            """Return ``function(*arguments)``, which uses the memory and waits for nothing."""
            # threading.Thread.start() returns once the thread is counted; _thread.start_new_thread() may return before.
            if not _count_threads():
                return function(*arguments)
            return self._listed(self._readers, function, *arguments)

        def _listed(self, calls, function, *arguments):
            """Return ``function(*arguments)``, which is listed in ``calls``, once no other thread is in run_alone()."""
            while True:
                number, own = next(_numbers), []
                own.append(self._steps(calls, number, own, function, arguments))
                try:
                    result = first_of(own[0])
                finally:
                    calls.pop(number, None)  # or who looks at the list does it
                if result is not _AGAIN:
                    return result
                self.enter()

        def _steps(self, calls, number, own, function, arguments):
            calls[number] = own.pop(), get_ident()
            yield function(*arguments) if self._writer() is None else _AGAIN

        def start(self, call):
            """Add a call, which the caller refers to until its end."""
            self._calls[call.number] = ref(call)
            self.enter()

        def end(self, call):
            """Remove a call, whether it was added or not."""
            self._calls.pop(call.number, None)

        def enter(self):
            """Wait until nobody closes or resizes the mapping."""
            steps = self._writer()
            while steps is not None:
                while steps.gi_running:
                    sleep(_PAUSE)
                steps = self._writer()

        def _writer(self):
            """The generator of another thread's run_alone() that this thread has to wait for, or None.

            If this thread is itself a writer, which a signal handler has interrupted, the later ones wait for it.
            """
            if self._writers:
                own = get_ident()
                for number, (steps, thread) in list(self._writers.items()):
                    if not steps.gi_running:
                        self._writers.pop(number, None)
                    elif thread == own:
                        return None
                    else:
                        return steps
            return None

        def run_alone(self, function, error):
            """Return ``function()``, during which nobody else begins to use the memory.

            Args:
                function: the function. Signal handlers of this thread may run meanwhile.
                error: the text of the BufferError.

            Raises:
                BufferError: a native call reads the mapping.
            """
            number, own = next(_numbers), []
            own.append(self._alone(number, own, function, error))
            try:
                return first_of(own[0])
            finally:
                self._writers.pop(number, None)  # or _writer() does it

        def _alone(self, number, own, function, error):
            self._writers[number] = own.pop(), get_ident()
            self.enter()
            while self._is_read():
                sleep(_PAUSE)
            if self._is_busy():
                raise BufferError(error)
            yield function()

        def _is_read(self):
            """Whether another thread is in read()."""
            own = get_ident()
            for number, (steps, thread) in list(self._readers.items()):
                if not steps.gi_running:
                    self._readers.pop(number, None)
                elif thread != own:
                    return True
            return False

        def _is_busy(self):
            """Whether a native call reads the mapping."""
            for number, (steps, _) in list(self._running.items()):
                if steps.gi_running:
                    return True
                self._running.pop(number, None)
            if self._calls:
                gc.collect()  # calls that were cut off
                for number, call in list(self._calls.items()):
                    if call() is None:
                        self._calls.pop(number, None)
            return bool(self._calls)

        def after_fork(self):
            """Forget the other threads, which are not in the child, and their calls."""
            own = get_ident()
            for entries in (self._writers, self._running, self._readers):
                for number, (_, thread) in list(entries.items()):
                    if thread != own:
                        entries.pop(number, None)
            calls = [(number, call, call()) for number, call in self._calls.items()]
            self._calls = {number: call for number, call, there in calls if there is not None and there.thread == own}

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
            return guard.run(function, buffer, *arguments)

        return call

else:
    Call = CallGuard = None

    def guarded_call(function):
        """Return ``function(buffer, ...)`` of ``_core``, which itself holds the buffer's export."""
        return function

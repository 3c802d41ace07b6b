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
    from _thread import get_ident
    from _weakref import ref
    from _weakrefset import WeakSet
    from itertools import count
    from time import sleep

    from zcio._stdlib_mmap import mmap as _stdlib

    _closed = _stdlib.mmap.closed.__get__  # not a subclass's own
    _numbers = count()
    _PAUSE = 0.0002

    class Call:
        """A use of a mapping that spans several native calls. It is over when nothing refers to it any more."""

        __slots__ = ("__weakref__", "number", "thread")

        def __init__(self):
            self.number = next(_numbers)
            self.thread = get_ident()

    class CallGuard:
        """The native calls that read one mapping at the moment, and the threads that close or resize it.

        A native call runs by run(), inside a generator, whose ``gi_running`` is true until the call is over, however it
        ends. A Call is for what start() and end() have to enclose.

        close() and resize() run by run_alone(): they refuse if a native call reads the mapping. During resize(), PyPy
        lets other threads run although the memory is not there, so nobody else may be in a method that uses it.
        Therefore each of these methods begins with ::

            reading = self._call_guard
            reading.enter()

        and resize() waits while a frame with that ``reading`` is on the stack of another thread; so does close() after
        a move(), during which other threads run, too.

        A lock would not do: a signal handler may raise at any step, and a lock held at that moment would stay held for
        ever. What is used instead leaves nothing behind: once an exception has ended a method, its frame is on no
        stack, its generator does not run, and its Call, which only the frame kept alive, is gone.

        PyPy has a GIL, so no other thread runs while this one looks at its frames. Methods like __getitem__ use no
        generator, because it would cost more than their own work.
        """

        __slots__ = ("__weakref__", "_calls", "_running", "moves", "writers")

        def __init__(self):
            self.moves = False  # whether move() was ever called
            self.writers = {}  # generators and threads in run_alone(), by number, in the order in which they came
            self._running = {}  # generators and threads in run(), by number
            self._calls = {}  # weak references by number; a WeakSet cannot be counted while another thread changes it
            _all.add(self)

        def run(self, function, buffer, *arguments):
            """Return ``function(buffer, *arguments)``, a native call. Raises ValueError if ``buffer`` is closed."""
            number, own = next(_numbers), []
            own.append(self._native_call(number, own, function, buffer, arguments))
            try:
                return first_of(own[0])
            finally:
                self._running.pop(number, None)  # or _is_busy() does it

        def _native_call(self, number, own, function, buffer, arguments):
            self._running[number] = own.pop(), get_ident()
            self.enter()
            if _closed(buffer):
                raise ValueError("mmap closed or invalid")
            yield function(buffer, *arguments)

        def start(self, call):
            """Add a call, which the caller refers to until its end."""
            self._calls[call.number] = ref(call)
            self.enter()

        def end(self, call):
            """Remove a call, whether it was added or not."""
            self._calls.pop(call.number, None)

        def enter(self):
            """Wait until nobody closes or resizes the mapping."""
            while self.writers and self.wait():
                pass

        def wait(self):
            """Wait until the writers that came before have ended. Returns whether the caller has to look again.

            That is not so if this thread is itself a writer, which a signal handler has interrupted: the later ones
            wait for it.
            """
            own = get_ident()
            for number, (steps, thread) in list(self.writers.items()):
                if not steps.gi_running:
                    self.writers.pop(number, None)
                elif thread == own:
                    return False
                else:
                    while steps.gi_running:
                        sleep(_PAUSE)
            return True

        def run_alone(self, function, error, resizes=False):
            """Return ``function()``, during which no native call begins.

            Args:
                function: the function. Signal handlers of this thread may run meanwhile.
                error: the text of the BufferError.
                resizes: whether to wait until no other thread is in a method that uses the memory.

            Raises:
                BufferError: a native call reads the mapping.
            """
            number, own = next(_numbers), []
            own.append(self._steps(number, own, function, error, resizes))
            try:
                return first_of(own[0])
            finally:
                self.writers.pop(number, None)  # or wait() does it

        def _steps(self, number, own, function, error, resizes):
            self.writers[number] = own.pop(), get_ident()
            while len(self.writers) > 1 and self.wait():
                pass
            while (resizes or self.moves) and self._is_read():
                sleep(_PAUSE)
            if self._is_busy():
                raise BufferError(error)
            yield function()

        def _is_read(self):
            """Whether another thread is in a method that uses the memory, and does not wait()."""
            own = get_ident()
            for thread, frame in sys._current_frames().items():
                while frame is not None and thread != own:
                    if frame.f_code is _WAIT and frame.f_locals["self"] is self:
                        break
                    if "reading" in frame.f_code.co_varnames and frame.f_locals.get("reading") is self:
                        return True
                    frame = frame.f_back
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
            self.writers = {number: entry for number, entry in self.writers.items() if entry[1] == own}
            self._running = {number: entry for number, entry in self._running.items() if entry[1] == own}
            calls = [(number, call, call()) for number, call in self._calls.items()]
            self._calls = {number: call for number, call, there in calls if there is not None and there.thread == own}

    _WAIT = CallGuard.wait.__code__
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

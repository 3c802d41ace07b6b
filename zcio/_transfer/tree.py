"""What copies a whole tree: threads for the files, and progress over all of them."""

import os
import shutil as standard_shutil
import stat
import time
from _thread import allocate_lock

from zcio._converters import ssize
from zcio._transfer.progress import INTERVAL

__all__ = ["TreeProgress", "Workers", "standard_shutil"]


class Workers:
    """Runs functions that return lists of errors, and gives the errors in the order in which the functions came.

    ``count`` threads, or with 1 the caller's own at once. A context manager: when it ends, no thread runs any more. An
    exception of a function, or of the caller, drops what has not begun yet.
    """

    def __init__(self, count):
        count = ssize(count)
        if count < 1:
            raise ValueError("workers must be at least 1")
        self._pool = None
        if count > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(count)
        self._steps = []  # lists of errors, futures of such, and calls to make when all before have ended

    def run(self, function, *arguments):
        """Call ``function(*arguments)``, in a thread if there are any."""
        self._steps.append(self._pool.submit(function, *arguments) if self._pool else function(*arguments))

    def after(self, function, *arguments):
        """Call ``function(*arguments)`` when all that came before has ended."""
        self._steps.append((function, arguments) if self._pool else function(*arguments))

    def failed(self, errors):
        """Take down ``errors`` at this place."""
        self._steps.append(errors)

    def finish(self):
        """Wait for all, and return the errors in order."""
        errors = []
        for step in self._steps:
            if isinstance(step, list):
                errors.extend(step)
            elif isinstance(step, tuple):
                function, arguments = step
                errors.extend(function(*arguments))
            else:
                errors.extend(step.result())
        return errors

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self._pool is not None:
            for step in self._steps:
                if kind is not None and not isinstance(step, (list, tuple)):
                    step.cancel()
            self._pool.shutdown()


class TreeProgress:
    """Calls ``callback(done, total, files, all_files)`` every INTERVAL seconds at most, and at the end. Any thread may
    call copied()."""

    def __init__(self, callback, top, symlinks):
        if not callable(callback):
            raise TypeError("progress must be callable, not %s" % type(callback).__name__)
        self._callback = callback
        self._follow = not symlinks
        self._done = self._files = self._total = self._all = 0
        for directory, _, names in os.walk(os.fspath(top), followlinks=self._follow):
            for name in names:
                self._total += self._size(os.path.join(directory, name))
                self._all += 1
        self._next = time.monotonic()
        self._lock = allocate_lock()

    def _size(self, path):
        try:
            about = os.stat(path, follow_symlinks=self._follow)
        except OSError:
            return 0
        return about.st_size if stat.S_ISREG(about.st_mode) else 0

    def copied(self, path):
        """The file ``path`` is copied."""
        size = self._size(path)
        with self._lock:
            self._done += size
            self._files += 1
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + INTERVAL
            now = self._now()
        self._callback(*now)

    def _now(self):
        # A tree that grows meanwhile never has more copied than there is.
        return self._done, max(self._total, self._done), self._files, max(self._all, self._files)

    def end(self):
        """All is copied, or was tried."""
        self._callback(*self._now())

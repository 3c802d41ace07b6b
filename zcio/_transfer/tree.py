"""The parts of ``zcio.shutil.copytree`` and of the command: native calls for many files, threads, and the progress."""

import collections
import os
import shutil as standard_shutil
import stat
import time

from zcio._converters import ssize
from zcio._core.transfer import COPY_PATHS, copy_paths
from zcio._transfer.progress import INTERVAL

__all__ = ["ALL", "CONTENT", "NOTHING", "TreeProgress", "Workers", "copy_batch", "standard_shutil"]

# The part of a file that copy_batch() copied.
NOTHING, CONTENT, ALL, _UNTRIED = range(4)

# Number of batches that may wait or run for each thread. With more, the caller would walk the tree far ahead and hold
# the GIL all the while.
_AHEAD = 2


def copy_batch(pairs, target, metadata, as_before):
    """Copy small files in native calls. Yields NOTHING, CONTENT or ALL for each.

    Args:
        pairs: a list of paths of sources and targets.
        target: as for copy_paths().
        metadata: the same.
        as_before: the same.
    """
    names = [os.fsencode(src) + b"\0" + os.fsencode(dst) + b"\0" for src, dst in pairs]
    at = 0
    while at < len(names):
        parts = copy_paths(b"".join(names[at:]), target, metadata, as_before)
        while at < len(names) and parts & 3 != _UNTRIED:
            yield parts & 3
            parts >>= 2
            at += 1


class Workers:
    """Copies files in threads, and returns the errors in the order in which one thread would have met them.

    ``count`` threads take batches of up to COPY_PATHS files; with 1, the calling thread takes those of ``most`` files.
    ``copy`` is called with a list of files and returns for each a list of errors or, if there are several and copying
    this one may take long, a function to call for that. It is a context manager: at the end no thread runs any more. An
    exception of ``copy``, or of the caller, cancels what has not begun.
    """

    def __init__(self, count, copy, most=1):
        count = ssize(count)
        if count < 1:
            raise ValueError("workers must be at least 1")
        self._copy = copy
        self._pool = None
        self._most = most
        if count > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(count)
            self._most = COPY_PATHS
        self._ahead = count * _AHEAD
        self._place = 0
        self._batch = []
        self._places = []  # of the files in the batch
        self._running = collections.deque()  # pairs: places, future
        self._last = []  # triples: place, function, arguments
        self._errors = []  # pairs: place, errors

    def add(self, file):
        """Copy ``file``, at once or in a thread."""
        self._batch.append(file)
        self._places.append(self._next_place())
        if len(self._batch) >= self._most:
            self._flush()

    def after(self, function, *arguments):
        """Call ``function(*arguments)``, which returns a list of errors, once all files added before are copied."""
        if self._most == 1:
            self.failed(function(*arguments))
        else:
            self._last.append((self._next_place(), function, arguments))

    def failed(self, errors):
        """Record ``errors`` as having occurred after the files added so far."""
        if errors:
            self._errors.append((self._next_place(), errors))

    def finish(self):
        """Wait until everything is copied, and return the errors in order."""
        if self._batch:
            self._flush()
        while self._running:
            self._take_result()
        for place, function, arguments in self._last:
            self._errors.append((place, function(*arguments)))
        self._errors.sort(key=lambda pair: pair[0])
        return [error for _, errors in self._errors for error in errors]

    def _next_place(self):
        self._place += 1
        return self._place

    def _flush(self):
        files, places = self._batch, self._places
        self._batch, self._places = [], []
        if self._pool is None:
            self._take(places, self._copy(files))
            return
        self._running.append((places, self._pool.submit(self._copy, files)))
        while len(self._running) > self._ahead:
            self._take_result()

    def _take_result(self):
        places, future = self._running.popleft()
        self._take(places, future.result())

    def _take(self, places, results):
        for place, errors in zip(places, results):
            if callable(errors) and self._pool is None:
                errors = errors()
            if callable(errors):
                self._running.append(([place], self._pool.submit(_listed, errors)))
            elif errors:
                self._errors.append((place, errors))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self._pool is not None:
            for _, future in self._running:
                future.cancel()
            self._pool.shutdown()


def _listed(copy):
    return [copy()]


class TreeProgress:
    """Calls ``callback(done, total, files, all_files)`` about every INTERVAL seconds, and at the end.

    Links that are copied as links do not count. Any thread may call copied().
    """

    def __init__(self, callback, top, symlinks):
        if not callable(callback):
            raise TypeError("progress must be callable, not %s" % type(callback).__name__)
        self._callback = callback
        self._follow = not symlinks
        self._copied = []  # the size of each file; no lock, which a signal handler that raises could leave held
        self._total = self._all = 0
        for directory, _, names in os.walk(os.fspath(top), followlinks=self._follow):
            for name in names:
                path = os.path.join(directory, name)
                if self._follow or not os.path.islink(path):
                    self._total += self._size(path)
                    self._all += 1
        self._next = time.monotonic()

    def _size(self, path):
        try:
            about = os.stat(path, follow_symlinks=self._follow)
        except OSError as error:
            if error.errno is None:
                raise  # a signal handler's
            return 0
        return about.st_size if stat.S_ISREG(about.st_mode) else 0

    def copied(self, path):
        """Note that the file ``path`` was copied."""
        self._copied.append(self._size(path))
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + INTERVAL
            self._callback(*self._now())

    def _now(self):
        # If the tree grows meanwhile, the totals grow with the number of files copied.
        copied = list(self._copied)
        done, files = sum(copied), len(copied)
        return done, max(self._total, done), files, max(self._all, files)

    def end(self):
        """Make the last report."""
        self._callback(*self._now())

"""Finder, a needle that is prepared once and searched for many times."""

from zcio._batches import iterate
from zcio._call_guard import guarded_call
from zcio._converters import needle_of
from zcio._core import search as core_search
from zcio._search.offsets import Offsets, offset_batches
from zcio._search.threads import count_by_threads, thread_count
from zcio._search.windows import WHOLE, backward, bounds, forward, total, window_of

__all__ = ["Finder"]

_find = guarded_call(core_search.finder_find)
_rfind = guarded_call(core_search.finder_rfind)
_count = guarded_call(core_search.finder_count)
_find_into = guarded_call(core_search.finder_find_into)


class Finder:
    """A byte string prepared to be searched for in many buffers or windows.

    A Finder never changes, and any number of threads may use one. The methods are the functions of ``zcio.search``
    without ``sub``.

    Args:
        sub: What to search for: any bytes-like object, or an int below 256.

    Raises:
        TypeError: ``sub`` is neither.
        ValueError: ``sub`` is an int out of range.
    """

    __module__ = "zcio.search"
    __slots__ = ("__weakref__", "_native", "needle")

    def __init__(self, sub):
        #: What is searched for, as bytes.
        self.needle = needle_of(sub)
        self._native = core_search.finder_new(self.needle)

    def __repr__(self):
        return "Finder(%r)" % (self.needle,)

    def __reduce__(self):
        return type(self), (self.needle,)

    def find(self, buffer, start=None, end=None):
        """Return the lowest offset inside ``buffer[start:end]``, or -1. As ``zcio.search.find``."""
        start, end = WHOLE if start is None is end else bounds(buffer, start, end)
        return forward(buffer, self.needle, start, end, _find, self._native)

    def rfind(self, buffer, start=None, end=None):
        """Return the highest offset inside ``buffer[start:end]``, or -1. As ``zcio.search.rfind``."""
        start, end = WHOLE if start is None is end else bounds(buffer, start, end)
        return backward(buffer, self.needle, start, end, _rfind, self._native)

    def count(self, buffer, start=None, end=None, *, threads=1):
        """Count the occurrences inside ``buffer[start:end]`` that do not overlap. As ``zcio.search.count``."""
        start, end = WHOLE if start is None is end else bounds(buffer, start, end)
        needle, native = self.needle, self._native
        if type(threads) is int and threads == 1:
            return total(buffer, needle, start, end, _count, native)
        return count_by_threads(
            lambda low, high: total(buffer, needle, low, high, _count, native), buffer, needle, start, end, threads
        )

    def find_all(self, buffer, start=None, end=None, *, overlapping=False, threads=1):
        """Iterate over all offsets inside ``buffer[start:end]``. As ``zcio.search.find_all``."""
        size, start, end = window_of(buffer, start, end)
        threads = thread_count(threads)
        batches = offset_batches(buffer, self.needle, self._native, size, start, end, bool(overlapping), threads)
        return iterate(Offsets, batches)

    def find_into(self, buffer, out, start=None, end=None, *, overlapping=False):
        """Write offsets inside ``buffer[start:end]`` to an array, without a Python object for each.

        Args:
            buffer: Any buffer.
            out: A writable buffer of unsigned 64-bit integers, such as ``array.array("Q", ...)`` or a numpy array of
                uint64.
            start: As in ``bytes.find``.
            end: As in ``bytes.find``.
            overlapping: Whether occurrences may overlap.

        Returns:
            The number of offsets written, and the start for the next call, which is None once the window is exhausted.

        Raises:
            TypeError: ``out`` has items of another kind, or is read-only.
            ValueError: ``out`` has no room, is not aligned, or shares memory with ``buffer``.
        """
        start, end = bounds(buffer, start, end)
        return _find_into(buffer, self._native, start, end, bool(overlapping), out)

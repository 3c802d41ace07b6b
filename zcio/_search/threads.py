"""Searching in several threads. Each searches a part of the buffer; the core does that without the GIL."""

from zcio._converters import ssize
from zcio._search.windows import length_of

__all__ = [
    "SHARE",
    "by_threads",
    "can_be_cut",
    "count_by_threads",
    "cuts",
    "part_count",
    "sum_by_threads",
    "thread_count",
]

#: The least number of bytes for which starting a thread pays.
SHARE = 1 << 20

# The size of a part, in bytes, if there are more parts than threads. After an exception, such as that of Ctrl-C, all
# threads first finish the parts that they have begun.
_LARGE = 16 * 1024 * 1024

# The longest needle that is checked for overlapping itself, which takes quadratic time.
_LONGEST = 1024


def overlaps_itself(needle):
    """Return whether two occurrences can overlap, as those of "aa" in "aaa" do."""
    return any(needle[:length] == needle[-length:] for length in range(1, len(needle)))


def can_be_cut(needle):
    """Whether the occurrences of a needle that do not overlap are the same for the parts as for the whole: which ones
    count must not depend on those before. Long needles are not looked at."""
    return 0 < len(needle) <= _LONGEST and not overlaps_itself(needle)


def thread_count(threads):
    """``threads`` as an int. Raises TypeError if it is not an integer, and ValueError if it is less than 1."""
    threads = ssize(threads)
    if threads < 1:
        raise ValueError("threads must be at least 1")
    return threads


def part_count(size, threads):
    """The number of parts into which to cut so many bytes for a number of threads."""
    return max(1, min(size // SHARE, max(threads, size // _LARGE))) if threads > 1 else 1


def cuts(start, end, parts):
    """The bounds of equal parts of a window, ``parts + 1`` offsets."""
    return [start + (end - start) * part // parts for part in range(parts + 1)]


def count_by_threads(count, buffer, needle, start, end, threads):
    """Count the occurrences of a needle inside ``buffer[start:end]``.

    Args:
        count: A function of two offsets that counts the occurrences between them.
        buffer: Any buffer.
        needle: Bytes. Unless can_be_cut(), one thread counts all occurrences.
        start: First offset; it may lie past the end.
        end: End of the window; it may lie past the end.
        threads: The largest number of threads to use.

    Raises:
        TypeError: ``threads`` is not an integer.
        ValueError: ``threads`` is less than 1.
    """
    threads = thread_count(threads)
    size = min(end, length_of(buffer)) - start
    parts = part_count(size, threads)
    if parts == 1 or not can_be_cut(needle):
        return count(start, end)
    # An occurrence belongs to the part in which it begins, so each part but the last is searched beyond its end.
    end = start + size
    bounds = cuts(start, end, parts)
    return sum_by_threads(lambda low, high: count(low, min(high + len(needle) - 1, end)), bounds, threads)


def sum_by_threads(function, bounds, threads):
    """The sum of ``function(start, stop)`` over the parts between ``bounds``, called in several threads."""
    return sum(by_threads(function, bounds, threads))


def by_threads(function, bounds, threads):
    """The list of ``function(start, stop)`` for the parts between ``bounds``, in order, called in several threads.

    If a call raises an exception, no thread begins another part.
    """
    # Imported here because that takes longer than all of zcio.search.
    import threading
    from collections import deque

    left = deque(enumerate(zip(bounds, bounds[1:])))
    results, errors = [None] * len(left), []

    def work():
        while True:
            try:
                part, (start, stop) = left.popleft()
            except IndexError:
                return
            results[part] = function(start, stop)

    def work_in_thread():
        try:
            work()
        except BaseException as error:
            errors.append(error)
            left.clear()

    workers = [threading.Thread(target=work_in_thread) for _ in range(min(threads, len(left)) - 1)]
    for worker in workers:
        worker.start()
    try:
        work()
    finally:
        left.clear()
        for worker in workers:
            worker.join()
    if errors:
        raise errors[0]
    return results

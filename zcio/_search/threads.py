"""Counting in several threads. Each counts in a part of the buffer; the core searches without the GIL."""

from zcio._converters import ssize
from zcio._search.windows import length_of

__all__ = ["SHARE", "count_by_threads", "overlaps_itself", "sum_by_threads"]

#: The least number of bytes for which starting a thread pays.
SHARE = 1 << 20

# The longest needle that is checked for overlapping itself, which takes quadratic time.
_LONGEST = 1024


def overlaps_itself(needle):
    """Return whether two occurrences can overlap, as those of "aa" in "aaa" do."""
    return any(needle[:length] == needle[-length:] for length in range(1, len(needle)))


def count_by_threads(count, buffer, needle, start, end, threads):
    """Count the occurrences of a needle inside ``buffer[start:end]``.

    Args:
        count: A function of two offsets that counts the occurrences between them.
        buffer: Any buffer.
        needle: Bytes. If it is long, or overlaps itself, one thread counts all occurrences: which ones count then
            depends on all before them.
        start: First offset; it may lie past the end.
        end: End of the window; it may lie past the end.
        threads: The largest number of threads to use.

    Raises:
        TypeError: ``threads`` is not an integer.
        ValueError: ``threads`` is less than 1.
    """
    threads = ssize(threads)
    if threads < 1:
        raise ValueError("threads must be at least 1")
    size = min(end, length_of(buffer)) - start
    parts = min(threads, size // SHARE)
    if parts <= 1 or not 0 < len(needle) <= _LONGEST or overlaps_itself(needle):
        return count(start, end)
    # An occurrence belongs to the part in which it begins, so each part but the last is searched beyond its end.
    end = start + size
    cuts = [start + size * part // parts for part in range(parts + 1)]
    return sum_by_threads(lambda low, high: count(low, min(high + len(needle) - 1, end)), cuts)


def sum_by_threads(function, cuts):
    """The sum of ``function(start, stop)`` over the parts between ``cuts``, each in a thread."""
    import threading  # imported here because that takes longer than all of zcio.search

    totals, errors = [], []

    def work(start, stop):
        try:
            totals.append(function(start, stop))
        except BaseException as error:
            errors.append(error)

    workers = [threading.Thread(target=work, args=part) for part in zip(cuts[1:-1], cuts[2:])]
    for worker in workers:
        worker.start()
    try:
        totals.append(function(cuts[0], cuts[1]))
    finally:
        for worker in workers:
            worker.join()
    if errors:
        raise errors[0]
    return sum(totals)

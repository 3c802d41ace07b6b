"""Counts by several threads, each of a part of the buffer. The core searches without the GIL."""

from zcio._converters import ssize
from zcio._search.windows import length_of

__all__ = ["SHARE", "count_by_threads", "overlaps_itself", "sum_by_threads"]

#: A thread is not worth its start for fewer bytes than this.
SHARE = 1 << 20

# Whether occurrences of a longer needle can overlap is not examined: that takes quadratic time.
_LONGEST = 1024


def overlaps_itself(needle):
    """Return whether two occurrences can overlap, as of "aa" in "aaa": which ones count then depends on all before."""
    return any(needle[:length] == needle[-length:] for length in range(1, len(needle)))


def count_by_threads(count, buffer, needle, start, end, threads):
    """Count the occurrences of a needle inside ``buffer[start:end]``.

    Args:
        count: Called with two offsets, counts the occurrences between them.
        buffer: Any buffer.
        needle: Bytes. If it is long, or occurrences can overlap, one thread counts them all.
        start: First offset; it may lie past the end.
        end: Offset behind the window; it may lie past the end.
        threads: The most threads to use.

    Raises:
        TypeError: ``threads`` is no integer.
        ValueError: ``threads`` is less than 1.
    """
    threads = ssize(threads)
    if threads < 1:
        raise ValueError("threads must be at least 1")
    size = min(end, length_of(buffer)) - start
    parts = min(threads, size // SHARE)
    if parts <= 1 or not 0 < len(needle) <= _LONGEST or overlaps_itself(needle):
        return count(start, end)
    # An occurrence belongs to the part in which it begins, so all parts but the last end one needle later.
    end = start + size
    cuts = [start + size * part // parts for part in range(parts + 1)]
    return sum_by_threads(lambda low, high: count(low, min(high + len(needle) - 1, end)), cuts)


def sum_by_threads(function, cuts):
    """The sum of ``function(start, stop)`` over the parts between ``cuts``, each in a thread."""
    import threading  # not above: it takes longer than all of zcio.search

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

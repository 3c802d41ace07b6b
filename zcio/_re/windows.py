"""Parts of one text for several threads, cut where no match can lie across."""

import threading

from zcio._core import search as core_search

__all__ = ["edges", "sum_by_threads"]

# A thread is not worth its start for less text than this.
_SHARE = 1 << 20


def edges(buffer, start, end, parts):
    """Offsets that cut ``buffer[start:end]`` into at most ``parts`` parts, each but the last ended by a newline."""
    parts = min(parts, max(1, (end - start) // _SHARE))
    found = [start]
    for part in range(1, parts):
        at = start + (end - start) * part // parts
        newline = core_search.find(buffer, b"\n", max(at, found[-1]), end)
        if newline < 0 or newline + 1 >= end:
            break
        found.append(newline + 1)
    found.append(end)
    return found


def sum_by_threads(function, cuts):
    """The sum of ``function(start, stop)`` over the parts between ``cuts``, each in a thread."""
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
